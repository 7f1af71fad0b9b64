//! A moderator's password: long enough, in one normal form, and not the first thing that anybody would try.

use std::fmt;
use std::str::FromStr;

use crate::limits::{PASSWORD_BYTES, PASSWORD_CHARS};

/// A password as it is hashed: NFKC, so that the same keys on another system give the same one. Nothing is trimmed or cut.
///
/// There are no rules of composition: they make passwords harder to remember and no harder to guess.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a text is no password. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// Fewer or more characters than a password has.
    #[error("has {0} characters; expected {min} to {max}", min = PASSWORD_CHARS.start(), max = PASSWORD_CHARS.end())]
    Length(usize),
    /// More bytes than are looked at.
    #[error("has {0} bytes; expected at most {PASSWORD_BYTES}")]
    TooManyBytes(usize),
}

impl FromStr for Password {
    type Err = InvalidPassword;

    fn from_str(text: &str) -> Result<Self, InvalidPassword> {
        use unicode_normalization::UnicodeNormalization;

        if text.len() > PASSWORD_BYTES {
            return Err(InvalidPassword::TooManyBytes(text.len()));
        }
        let password: String = text.nfkc().collect();
        let n_chars = password.chars().count();
        if !PASSWORD_CHARS.contains(&n_chars) {
            return Err(InvalidPassword::Length(n_chars));
        }
        Ok(Self(password))
    }
}

impl Password {
    /// What is hashed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether almost nothing is left of it without `names` (the account's, the sites') and the most common passwords, in
    /// capitals or not, with anything between them: `Rowan-House-2026`, `password123456`; or whether it is one short word over
    /// and over, or walks of neighbouring keys and letters: `rowing rowing rowing`, `1qaz2wsx3edc`.
    #[must_use]
    pub fn is_guessable<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        let mut left = plain(&self.0);
        let mut different: Vec<char> = left.chars().collect();
        different.sort_unstable();
        different.dedup();
        if different.len() < DIFFERENT_CHARS || is_repeated(&left) {
            return true;
        }
        let mut known: Vec<String> = names.into_iter().map(plain).collect();
        known.extend(COMMON.split_whitespace().map(str::to_owned));
        // A short name is a part of many words.
        known.retain(|word| word.chars().count() >= KNOWN_CHARS);
        known.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
        for word in known {
            left = left.replace(&word, "");
        }
        without_walks(&left) < LEFT_CHARS
    }
}

/// Whether `text` is something shorter than a password, at least twice over.
fn is_repeated(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let longest = (chars.len() / 2).min(*PASSWORD_CHARS.start() - 1);
    (1..=longest).any(|period| chars.iter().zip(&chars[period..]).all(|(before, after)| before == after))
}

/// The characters of `text`, where a walk from each to a neighbour counts as one.
fn without_walks(text: &str) -> usize {
    let chars: Vec<char> = text.chars().collect();
    let mut n_chars = 0;
    let mut rest = &chars[..];
    while !rest.is_empty() {
        let n_steps = rest.windows(2).take_while(|pair| are_neighbours(pair[0], pair[1])).count();
        // Shorter ones stand in many words.
        let n_taken = if n_steps + 1 >= WALK_CHARS { n_steps + 1 } else { 1 };
        n_chars += 1;
        rest = &rest[n_taken..];
    }
    n_chars
}

/// Whether two characters follow each other in the alphabet, are the same, or lie beside each other on a keyboard.
fn are_neighbours(a: char, b: char) -> bool {
    let place = |c: char| {
        KEYBOARD.iter().enumerate().find_map(|(row, keys)| keys.find(c).map(|column| (row, column)))
    };
    let on_keyboard = place(a).zip(place(b)).is_some_and(|((row, column), (other_row, other_column))| {
        row.abs_diff(other_row) <= 1 && column.abs_diff(other_column) <= 1
    });
    u32::from(a).abs_diff(u32::from(b)) <= 1 || on_keyboard
}

/// The rows of the keys, as most keyboards have them.
const KEYBOARD: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
/// Characters of a walk.
const WALK_CHARS: usize = 4;

/// Shows nothing.
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Letters and digits alone, in lower case.
fn plain(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;

    text.nfkc().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Characters that must be left: a program tries a year or three more signs behind each known word.
const LEFT_CHARS: usize = 5;
/// Characters of a known word.
const KNOWN_CHARS: usize = 3;
/// Different letters and digits of a password.
const DIFFERENT_CHARS: usize = 5;

/// What stands on every list of the most common passwords, in the languages of the console, and what this program suggests.
const COMMON: &str = "
    password passw0rd p4ssw0rd passwort contraseña contrasena motdepasse senha clave secret secreto geheim letmein welcome
    welkom bienvenido willkommen login access admin administrator root user usuario guest test testing temp changeme default
    moderator moderador moderation moderacion support peersupport soporte apoyo helpline volunteer voluntario charity
    qwertyuiop qwerty qwertz azerty asdfghjkl asdfgh asdf zxcvbnm zxcvbn qazwsx 1q2w3e4r 1q2w3e 1qaz2wsx q1w2e3r4 zaq12wsx
    abcdefghijklmnopqrstuvwxyz abcdefghijkl abcdefgh abcdef abcd abc aabbcc
    12345678901234567890 1234567890 123456789 12345678 1234567 123456 12345 1234 123 0987654321 987654321 654321 4321 321
    123123 112233 121212 111111 000000 666666 777777 888888 999999 123321 101010 159753 147258369 2020 2021 2022 2023 2024
    2025 2026 2027 2028 2029 2030
    iloveyou teamo tequiero ichliebedich lovely sunshine princess princesa dragon monkey football futbol fussball baseball
    superman batman pokemon starwars trustno1 whatever freedom shadow master michael jesus christmas summer winter spring
    autumn hello hola hallo bonjour
";

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Result<Password, InvalidPassword> {
        text.parse()
    }

    #[test]
    fn a_password_is_counted_in_characters_and_cut_nowhere() {
        assert_eq!(password("eleven char"), Err(InvalidPassword::Length(11)));
        assert_eq!(password(" twelve chars ").unwrap().as_bytes(), b" twelve chars ");
        assert!(password(&"ü".repeat(128)).is_ok());
        assert_eq!(password(&"ü".repeat(129)), Err(InvalidPassword::Length(129)));
        assert_eq!(password(&"a".repeat(5_000)), Err(InvalidPassword::TooManyBytes(5_000)));
        assert!(password("👩‍🚀 a rocket 🚀").is_ok());
    }

    #[test]
    fn the_same_keys_on_another_system_are_the_same_password() {
        let (composed, apart) = (password("caf\u{e9} by the sea"), password("cafe\u{301} by the sea"));
        let (wide, narrow) = (password("ｒｏｗｉｎｇ boats"), password("rowing boats"));

        assert_eq!(composed, apart);
        assert_eq!(wide, narrow);
        assert_ne!(password("Rowing boats"), password("rowing boats"));
    }

    #[test]
    fn names_and_the_most_common_passwords_are_refused_whatever_is_put_between_them() {
        for guessable in [
            "password1234",
            "PASSWORD-2026",
            "Pass word, pass word",
            "qwertyuiop123",
            "iloveyou-iloveyou",
            "aaaaaaaaaaaaaaaa",
            "1212 1212 1212",
            "Ada Lovelace",
            "ada.lovelace.1815",
            "RowanHouse!2026",
            "............ .",
            "1qaz2wsx3edc4rfv",
            "asdfghjklasdfghjkl;",
            "zaq1xsw2cde3",
            "poiuytrewqlkjhg",
            "abcdefghijklmnop",
            "98765432109876",
            "rowing rowing rowing",
            "Pear!Pear!Pear!",
            "peer-support-2026",
        ] {
            assert!(
                password(guessable).unwrap().is_guessable(["Ada Lovelace", "Rowan House", "peer support"]),
                "{guessable}"
            );
        }
        for good in [
            "three pears in a boat",
            "Ada likes rowing boats",
            "tea before noon",
            "ninguna nube en abril",
            "f7#kQ2!mZp9x",
            "пять синих лодок",
            "we were there before",
            "a red pear, a red boat",
        ] {
            assert!(!password(good).unwrap().is_guessable(["Ada", "Rowan House"]), "{good}");
        }
    }

    #[test]
    fn a_password_shows_nowhere() {
        assert_eq!(format!("{:?}", password("three pears in a boat").unwrap()), "Password(…)");
    }
}
