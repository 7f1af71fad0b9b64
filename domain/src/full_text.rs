//! Finding posts by their words, in any language.
//!
//! A text is brought into a plain form, in which a search is nothing but asking whether it contains some strings. So what
//! somebody types is never a query in any language: there is no syntax that quotes, operators or stray characters could
//! reach. Scripts that write words apart are compared word by word, the last one by its beginning, so that a search works
//! while it is typed; scripts without spaces are compared anywhere.
//!
//! Looking into every text would take too long when there are many. A [`Signature`] tells cheaply which texts cannot
//! match: 2,048 bits, one for each run of two or three characters that occurs. It holds no word, and clearing its bits
//! forgets it.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::id::string_serde;
use crate::limits::{SEARCH_CHARS, SEARCH_WORDS};
use crate::post::Kind;
use crate::site::TopicId;
use serde::{Deserialize, Serialize};

/// Bits of a signature. A post of 300 characters sets about 230 of them: few enough for a word of five letters to tell
/// one text in some thousands apart, and 256 bytes a post.
pub const N_BITS: usize = 2_048;
/// Bits of the words that are asked for: more narrow nothing down, and each has to be read.
const ASKED_BITS: usize = 40;
/// Bits for a kind or a topic: three make a mistake of one in some hundred, which reading the post then finds out.
const BITS_OF_NAME: u64 = 3;

/// What somebody looks for.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchWords {
    typed: String,
    /// What the plain form of a matching text contains, all of it: ` word `, ` beginning`, or a run of a script without
    /// spaces.
    needles: Vec<String>,
}

/// Words that cannot be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSearchWords {
    /// Only signs and spaces.
    #[error("has no letter or digit to look for")]
    Nothing,
    /// Too long.
    #[error("has {0} characters; expected at most {SEARCH_CHARS}")]
    TooLong(usize),
}

impl FromStr for SearchWords {
    type Err = InvalidSearchWords;

    /// Of more than [`SEARCH_WORDS`] words the first ones are taken, and the last of them is whole.
    fn from_str(text: &str) -> Result<Self, InvalidSearchWords> {
        let n_chars = text.chars().count();
        if n_chars > SEARCH_CHARS {
            return Err(InvalidSearchWords::TooLong(n_chars));
        }
        let plain = plain(text);
        let words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
        let mut needles: Vec<String> = Vec::new();
        for (place, word) in words.iter().take(SEARCH_WORDS).enumerate() {
            let needle = match word {
                run if run.starts_with(is_spaceless) => (*run).to_owned(),
                beginning if place + 1 == words.len() => format!(" {beginning}"),
                word => format!(" {word} "),
            };
            if !needles.contains(&needle) {
                needles.push(needle);
            }
        }
        if needles.is_empty() {
            return Err(InvalidSearchWords::Nothing);
        }
        Ok(Self { typed: text.to_owned(), needles })
    }
}

impl SearchWords {
    /// What was typed.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// Whether `text` has all the words.
    pub fn matches(&self, text: &str) -> bool {
        let plain = plain(text);
        self.needles.iter().all(|needle| plain.contains(needle))
    }

    /// Bits that the [`Signature`] of every matching post has set, each once: all of a few words, some of many.
    pub fn bits(&self, kind: Option<Kind>, topic: Option<&TopicId>) -> Vec<usize> {
        let mut signature = Signature::default();
        for needle in &self.needles {
            let chars: Vec<char> = needle.chars().collect();
            match chars.as_slice() {
                // The beginning of a word, or one character of a script without spaces.
                [_] | [' ', _] => signature.set(&chars),
                [' ', ..] => chars.windows(3).for_each(|three| signature.set(three)),
                _ => chars.windows(2).for_each(|two| signature.set(two)),
            }
        }
        let mut names = Signature::default();
        names.set_names(kind, topic);
        let mut bits: Vec<usize> = signature.bits().take(ASKED_BITS).chain(names.bits()).collect();
        bits.sort_unstable();
        bits.dedup();
        bits
    }
}

impl fmt::Display for SearchWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

/// Shows nothing: what people look for stays out of logs.
impl fmt::Debug for SearchWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SearchWords(…)")
    }
}

string_serde!(SearchWords);

/// What a post's words, kind and topic leave of themselves: a post whose signature lacks a bit of
/// [`SearchWords::bits`] does not match; one that has all of them may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature([u64; N_BITS / 64]);

impl Default for Signature {
    fn default() -> Self {
        Self([0; N_BITS / 64])
    }
}

impl Signature {
    /// The signature of a post. Stores keep it: another way to make it needs all of them made anew.
    pub fn of_post(kind: Kind, topic: &TopicId, text: &str) -> Self {
        let mut signature = Self::default();
        signature.set_names(Some(kind), Some(topic));
        for word in plain(text).split(' ').filter(|word| !word.is_empty()) {
            if word.starts_with(is_spaceless) {
                let chars: Vec<char> = word.chars().collect();
                chars.windows(1).for_each(|one| signature.set(one));
                chars.windows(2).for_each(|two| signature.set(two));
            } else {
                let chars: Vec<char> = format!(" {word} ").chars().collect();
                signature.set(&chars[..2]);
                chars.windows(3).for_each(|three| signature.set(three));
            }
        }
        signature
    }

    /// The bits that are set, in ascending order.
    pub fn bits(&self) -> impl Iterator<Item = usize> {
        (0..N_BITS).filter(|bit| self.0[bit / 64] >> (bit % 64) & 1 == 1)
    }

    fn set(&mut self, chars: &[char]) {
        self.set_bit(mixed(chars.iter().fold(chars.len() as u64, |mix, &c| mixed(mix ^ u64::from(c)))));
    }

    fn set_names(&mut self, kind: Option<Kind>, topic: Option<&TopicId>) {
        for name in [kind.map(Kind::as_str), topic.map(TopicId::as_str)].into_iter().flatten() {
            let mix = name.bytes().fold(name.len() as u64, |mix, byte| mixed(mix ^ u64::from(byte)));
            (0..BITS_OF_NAME).for_each(|n| self.set_bit(mixed(mix ^ (n + 1) << 32)));
        }
    }

    fn set_bit(&mut self, mix: u64) {
        // The uppermost bits of a product depend on all bits of its factors.
        let bit = (mix >> 32) as usize % N_BITS;
        self.0[bit / 64] |= 1 << (bit % 64);
    }
}

/// Spreads numbers that are alike; as in SplitMix64.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb)
}

/// Words, and runs of scripts without spaces, in small letters without accents: each between two single spaces.
fn plain(text: &str) -> String {
    let mut plain = Plain { text: String::with_capacity(text.len() + 2), is_last_spaceless: false };
    plain.push(' ');
    // No accent reaches over a space, and words of ASCII have none: most of them, where many are looked into.
    for word in text.split_ascii_whitespace() {
        if word.is_ascii() {
            word.chars().for_each(|c| plain.push(c.to_ascii_lowercase()));
        } else {
            let letters = word.nfkd().filter(|&c| !is_passed_over(c));
            letters.flat_map(char::to_lowercase).map(one_form).nfc().for_each(|c| plain.push(c));
        }
        plain.push(' ');
    }
    plain.text
}

/// A text on its way into the plain form.
struct Plain {
    text: String,
    is_last_spaceless: bool,
}

impl Plain {
    fn push(&mut self, c: char) {
        let is_word = c.is_alphanumeric() || is_combining_mark(c);
        let is_spaceless = is_spaceless(c);
        if !self.text.ends_with(' ') && (!is_word || is_spaceless != self.is_last_spaceless) {
            self.text.push(' ');
        }
        if is_word {
            self.text.push(c);
            self.is_last_spaceless = is_spaceless;
        }
    }
}

/// Accents; the vowel signs of Hebrew and Arabic, which most people leave out; and what is not seen.
fn is_passed_over(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36f}'
            | '\u{591}'..='\u{5c7}'
            | '\u{610}'..='\u{61a}'
            | '\u{640}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
    )
}

/// Letters that people write in more ways than one.
fn one_form(c: char) -> char {
    match c {
        'ς' => 'σ',
        'ı' => 'i',
        'ی' | 'ى' => 'ي',
        'ک' => 'ك',
        'ة' => 'ه',
        '٠'..='٩' => (b'0' + (c as u32 - 0x660) as u8) as char,
        '۰'..='۹' => (b'0' + (c as u32 - 0x6f0) as u8) as char,
        c => c,
    }
}

/// Whether `c` is of a script that writes words without spaces between them, or, as Korean does, with endings joined to
/// them: Thai, Lao, Burmese, Khmer, kana, Han, Hangul.
fn is_spaceless(c: char) -> bool {
    matches!(
        c,
        '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1100}'..='\u{11ff}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3005}'..='\u{3007}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> SearchWords {
        text.parse().unwrap_or_else(|e| panic!("{text:?} {e}"))
    }

    fn finds(typed: &str, text: &str) -> bool {
        let words = words(typed);
        let topic = "low-mood".parse().unwrap();
        let signature: Vec<usize> = Signature::of_post(Kind::Story, &topic, text).bits().collect();
        let may_match = words.bits(Some(Kind::Story), Some(&topic)).iter().all(|bit| signature.contains(bit));
        let matches = words.matches(text);
        assert!(may_match || !matches, "{typed:?} in {text:?} is lost by the signature");
        matches
    }

    #[test]
    fn every_word_must_be_there_and_the_last_one_may_be_unfinished() {
        let text = "My first week back at school was hard. Walking in with a friend helped.";

        for typed in ["school", "sch", "s", "SCHOOL hard", "hard school", "week  back", "friend, hel", "My"] {
            assert!(finds(typed, text), "{typed}");
        }
        for typed in ["chool", "scho hard", "school easy", "schools"] {
            assert!(!finds(typed, text), "{typed}");
        }
    }

    #[test]
    fn accents_and_ways_to_write_a_letter_make_no_difference() {
        for (typed, text) in [
            ("cafe", "Im Café"),
            ("CAFÉ", "im cafe\u{301}"),
            ("école", "C'est l'école"),
            ("sueno", "no tengo sueño"),
            ("strasse", "Strasse"),
            ("οδος", "ΟΔΌΣ"),
            ("istanbul", "İstanbul"),
            ("елка", "ёлка"),
            ("ＡＢＣ", "abc"),
            ("میخواهم", "می‌خواهم با کسی حرف بزنم"),
            ("مدرسه", "المدرسة مَدْرَسة"),
            ("שלום", "שָׁלוֹם"),
            ("हिन्दी", "मेरी हिन्दी"),
            ("don't", "I don’t know"),
            ("3", "٣"),
        ] {
            assert!(finds(typed, text), "{typed} in {text}");
        }
    }

    #[test]
    fn scripts_without_spaces_are_found_anywhere() {
        for (typed, text) in [
            ("焦虑", "最近我很焦虑，睡不着。"),
            ("虑", "最近我很焦虑，睡不着。"),
            ("眠れ", "最近よく眠れません。"),
            ("ガイド", "心のガイド"),
            ("นอนไม่หลับ", "ช่วงนี้ฉันนอนไม่หลับเลย"),
            ("학교", "오늘 학교에서 힘들었어요"),
            ("app 焦虑", "我用app，很焦虑"),
            ("焦虑 睡", "睡不着，焦虑"),
        ] {
            assert!(finds(typed, text), "{typed} in {text}");
        }
        assert!(!finds("焦睡", "焦虑，睡不着"));
        assert!(!finds("か", "が"), "another sound");
    }

    #[test]
    fn nothing_to_look_for_and_too_much_are_refused() {
        for nothing in ["", "  ", "?!", "\"'()*-:", "🧡", "\u{200d}", "\u{301}"] {
            assert_eq!(nothing.parse::<SearchWords>(), Err(InvalidSearchWords::Nothing), "{nothing:?}");
        }
        assert_eq!("a".repeat(201).parse::<SearchWords>(), Err(InvalidSearchWords::TooLong(201)));
        let many = (0..40).map(|n| format!("w{n} ")).collect::<String>();
        assert_eq!(words(&many).needles.len(), SEARCH_WORDS);
    }

    #[test]
    fn what_is_looked_for_does_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", words("my own words")), "SearchWords(…)");
    }

    /// Stores keep signatures: a change here needs a migration that empties `search_blocks`.
    #[test]
    fn signatures_stay_what_they_were() {
        let signature = Signature::of_post(Kind::Coping, &"grief".parse().unwrap(), "A walk 焦虑");

        assert_eq!(
            signature.bits().collect::<Vec<_>>(),
            [81, 178, 462, 573, 627, 782, 1010, 1436, 1443, 1453, 1534, 1595, 1634, 1873, 1948, 2001]
        );
    }

    #[test]
    fn a_word_tells_most_texts_apart() {
        let topic = "general".parse().unwrap();
        let text = "For most of the winter I did not open my curtains. I was not sad in the way films show it. I was \
            just far away from everything, like behind glass. What changed was small. My sister asked if she could \
            come and sit with me, no talking needed. She brought her knitting. After an hour she asked if she could.";
        let signature: Vec<usize> = Signature::of_post(Kind::Story, &topic, text).bits().collect();
        assert!((150..320).contains(&signature.len()), "{} bits", signature.len());

        let absent =
            ["school", "anxiety", "doctor", "medication", "birthday", "soup", "kitchen", "interview"];
        let n_mistaken = absent
            .iter()
            .filter(|word| words(word).bits(None, None).iter().all(|bit| signature.contains(bit)))
            .count();
        assert!(n_mistaken <= 1, "{n_mistaken}");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            let _ = text.parse::<SearchWords>();
        }

        #[test]
        fn whatever_is_typed_the_signature_never_hides_a_match(
            typed in "[a-dÀ-ö焦虑がกข\"'*()^:. -]{1,12}",
            text in "[a-dÀ-ö焦虑がกข\"'*()^:. -]{0,60}",
        ) {
            if typed.parse::<SearchWords>().is_ok() {
                finds(&typed, &text);
            }
        }

        #[test]
        fn a_text_is_found_by_each_of_its_words(text in "\\PC{1,80}") {
            for word in plain(&text).split(' ').filter(|word| !word.is_empty()) {
                if word.chars().count() <= SEARCH_CHARS && word.parse::<SearchWords>().is_ok() {
                    prop_assert!(finds(word, &text), "{word:?} in {text:?}");
                }
            }
        }

        #[test]
        fn words_of_ascii_take_the_same_form_as_beside_all_others(text in "[ \na-dX-Z0-3.À-ö焦が학กि\u{301}\u{327}-]{0,40}") {
            // A wide space is no ASCII, so nothing is here.
            let wide = text.replace([' ', '\n'], "\u{3000}") + "\u{3000}";
            prop_assert_eq!(plain(&text), plain(&wide));
        }

        #[test]
        fn signs_around_words_change_nothing(typed in "[a-z]{1,8}( [a-z]{1,8}){0,2}") {
            let plain = words(&typed);
            for around in [format!("\"{typed}\""), format!("({typed})"), format!("{typed}*"), format!("-{typed}:")] {
                prop_assert_eq!(&words(&around).needles, &plain.needles);
            }
        }
    }
}
