//! The recovery code: what an author keeps to come back to one post or reply, from any device.

use std::fmt;
use std::str::FromStr;

use crate::id::ALPHABET;

/// Random digits of a code: 19 × 5 = 95 bits.
const N_DIGITS: usize = 19;
/// Digits of a group as it is shown: short enough to copy by hand without losing the place.
const GROUP: usize = 4;

/// A recovery code, such as `7K2M-Q0XD-9F3A-VH5T-1B8C`: 95 random bits and a check digit.
///
/// It opens one item and nothing else, and is unrelated to the key of the tab. The server stores only a
/// [`RecoveryHash`](crate::id::RecoveryHash) of it. The check digit catches every single wrong character and every two
/// that changed places, so that a slip of the pen can be told from a code that is unknown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RecoveryCode([u8; N_DIGITS]);

/// Why a text is not a recovery code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecoveryCode {
    /// Not 20 letters and digits.
    #[error("has {0} letters and digits; a code has 20, in five groups of four")]
    Length(usize),
    /// A character that no code has.
    #[error("has a character that codes do not use; they use 0-9 and A-Z without I, L, O and U")]
    Character,
    /// The check digit does not fit the rest.
    #[error("has a typing mistake: its last character does not fit the others")]
    Check,
}

impl RecoveryCode {
    /// The code made of the first 95 of these `random` bits.
    pub fn from_random(random: [u8; 12]) -> Self {
        let bits = random.iter().fold(0_u128, |bits, &byte| bits << 8 | u128::from(byte));
        let mut digits = [0; N_DIGITS];
        for (place, digit) in digits.iter_mut().enumerate() {
            *digit = (bits >> (5 * place) & 31) as u8;
        }
        Self(digits)
    }

    /// The code in lower case without hyphens: what is hashed.
    pub fn canonical(&self) -> String {
        self.symbols().map(|s| char::from(ALPHABET[usize::from(s)])).collect()
    }

    fn symbols(&self) -> impl Iterator<Item = u8> {
        self.0.into_iter().chain([check_digit(&self.0)])
    }
}

impl fmt::Display for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for (place, symbol) in self.symbols().enumerate() {
            if place > 0 && place % GROUP == 0 {
                f.write_char('-')?;
            }
            f.write_char(char::from(ALPHABET[usize::from(symbol)].to_ascii_uppercase()))?;
        }
        Ok(())
    }
}

/// Shows nothing: a code in a log would open the item.
impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

impl FromStr for RecoveryCode {
    type Err = InvalidRecoveryCode;

    /// Reads a code as people type it: in either case, with any spaces and hyphens, `o` for 0, `i` or `l` for 1.
    fn from_str(text: &str) -> Result<Self, InvalidRecoveryCode> {
        let mut symbols = [0; N_DIGITS + 1];
        let mut n_symbols = 0;
        for c in text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '‑' | '–' | '—'))
        {
            let plain = match c.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                c => c,
            };
            let symbol = ALPHABET
                .iter()
                .position(|&s| char::from(s) == plain)
                .ok_or(InvalidRecoveryCode::Character)?;
            if let Some(place) = symbols.get_mut(n_symbols) {
                *place = symbol as u8;
            }
            n_symbols += 1;
        }
        if n_symbols != symbols.len() {
            return Err(InvalidRecoveryCode::Length(n_symbols));
        }
        let (digits, check) = symbols.split_at(N_DIGITS);
        let digits = digits.try_into().expect("split at this length");
        if check[0] != check_digit(&digits) {
            return Err(InvalidRecoveryCode::Check);
        }
        Ok(Self(digits))
    }
}

/// Σ digitᵢ·αⁱ⁺¹ in the field of 32 elements. As no two powers of α below 31 are equal and none is 1, any single
/// wrong character and any exchange of two different ones, the check digit included, changes the sum.
fn check_digit(digits: &[u8; N_DIGITS]) -> u8 {
    // Horner's rule, the last digit first.
    digits.iter().rev().fold(0, |sum, digit| times_alpha(sum ^ digit))
}

/// Multiplies by α, the root of x⁵ + x² + 1, which is primitive.
fn times_alpha(element: u8) -> u8 {
    let shifted = element << 1;
    if shifted & 0b10_0000 == 0 { shifted } else { shifted ^ 0b10_0101 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_code_reads_back_as_shown(random: [u8; 12]) {
            let code = RecoveryCode::from_random(random);

            prop_assert_eq!(code.to_string().parse(), Ok(code));
            prop_assert_eq!(code.canonical().parse(), Ok(code));
        }

        #[test]
        fn one_wrong_character_is_noticed(random: [u8; 12], place in 0..20_usize, other in 0..32_usize) {
            let code = RecoveryCode::from_random(random);
            let mut typed = code.canonical().into_bytes();
            prop_assume!(typed[place] != ALPHABET[other]);
            typed[place] = ALPHABET[other];

            let read = String::from_utf8(typed).unwrap().parse::<RecoveryCode>();

            prop_assert_eq!(read, Err(InvalidRecoveryCode::Check));
        }

        #[test]
        fn two_exchanged_characters_are_noticed(random: [u8; 12], a in 0..20_usize, b in 0..20_usize) {
            let code = RecoveryCode::from_random(random);
            let mut typed = code.canonical().into_bytes();
            prop_assume!(typed[a] != typed[b]);
            typed.swap(a, b);

            let read = String::from_utf8(typed).unwrap().parse::<RecoveryCode>();

            prop_assert_eq!(read, Err(InvalidRecoveryCode::Check));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            let _ = text.parse::<RecoveryCode>();
        }
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = RecoveryCode::from_random([7; 12]);
        let typed = format!(
            " {} ",
            code.to_string().replace('-', " ").to_lowercase().replace('0', "o").replace('1', "l")
        );

        assert_eq!(typed.parse(), Ok(code));
    }

    #[test]
    fn a_short_code_is_told_from_a_wrong_one() {
        assert_eq!("7K2M-Q0XD".parse::<RecoveryCode>(), Err(InvalidRecoveryCode::Length(8)));
        assert_eq!("7K2M!".parse::<RecoveryCode>(), Err(InvalidRecoveryCode::Character));
    }

    #[test]
    fn a_code_does_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", RecoveryCode::from_random([7; 12])), "RecoveryCode(…)");
    }
}
