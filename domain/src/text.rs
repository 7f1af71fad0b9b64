//! The words of visitors: one normal form, counted as people count, without characters that deceive.

#[cfg(feature = "unicode")]
use std::fmt;
#[cfg(feature = "unicode")]
use std::ops::RangeInclusive;
#[cfg(feature = "unicode")]
use std::str::FromStr;

use crate::limits;

/// Why a text cannot be taken. It never repeats the text: errors end up in logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Fewer or more graphemes than fit.
    #[error("has {n_graphemes} characters; expected {min} to {max}")]
    Length {
        /// What a reader counts as characters.
        n_graphemes: usize,
        /// The fewest allowed.
        min: usize,
        /// The most allowed.
        max: usize,
    },
    /// More bytes than are looked at.
    #[error("has {0} bytes; expected at most {max}", max = limits::TEXT_BYTES)]
    TooManyBytes(usize),
    /// A character that hides or reorders others.
    #[error("has the invisible or control character U+{:04X}", u32::from(*.0))]
    Character(char),
    /// Marks piled on one character.
    #[error("has more than {} marks on one character", limits::SCALARS_PER_GRAPHEME - 1)]
    Marks,
}

/// Whether `c` is refused in a visitor's text.
///
/// Refused are control characters besides line feed and tab, bidirectional overrides, embeddings and isolates (they make
/// a text read differently from what was checked), and zero-width characters that only hide words from checks. The
/// joiners U+200C and U+200D stay: Persian and emoji need them; so do the plain marks U+200E and U+200F, and the tag
/// characters of flags.
pub fn is_refused(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{200b}'
        | '\u{2060}'..='\u{2064}'
        | '\u{feff}'
        | '\u{180e}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{3164}'
        | '\u{ffa0}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => true,
        // Interlinear marks and the replacement character: broken input.
        '\u{fff9}'..='\u{fffd}' => true,
        // Private use has no agreed meaning; language tags are long dead.
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' | '\u{e0001}' => true,
        // Line and paragraph separators break lines that a `<textarea>` cannot show.
        '\u{2028}' | '\u{2029}' => true,
        c => c.is_control(),
    }
}

/// Normalises line ends to `\n`, composes to NFC, trims, and counts: the common part of all texts.
#[cfg(feature = "unicode")]
fn parse(text: &str, graphemes: RangeInclusive<usize>) -> Result<String, InvalidText> {
    use unicode_normalization::UnicodeNormalization;
    use unicode_segmentation::UnicodeSegmentation;

    if text.len() > limits::TEXT_BYTES {
        return Err(InvalidText::TooManyBytes(text.len()));
    }
    let text: String = text.replace("\r\n", "\n").replace('\r', "\n").nfc().collect();
    let text = text.trim();
    if let Some(refused) = text.chars().find(|&c| is_refused(c)) {
        return Err(InvalidText::Character(refused));
    }
    let mut n_graphemes = 0;
    for grapheme in text.graphemes(true) {
        if grapheme.chars().nth(limits::SCALARS_PER_GRAPHEME).is_some() {
            return Err(InvalidText::Marks);
        }
        // A lone joiner or directional mark takes no place, so it does not fill a text.
        let is_visible =
            !grapheme.chars().all(|c| matches!(c, '\u{200c}'..='\u{200f}' | '\u{ad}' | '\u{61c}'));
        n_graphemes += usize::from(is_visible);
    }
    if !graphemes.contains(&n_graphemes) {
        return Err(InvalidText::Length { n_graphemes, min: *graphemes.start(), max: *graphemes.end() });
    }
    Ok(text.to_owned())
}

/// Cuts a text into parts of at most `first` and then `rest` graphemes: between paragraphs where it can, else between
/// sentences, else between words. Nothing but the white space at the cuts is lost.
#[cfg(feature = "unicode")]
#[must_use]
pub fn parts(text: &str, first: usize, rest: usize) -> Vec<&str> {
    use unicode_segmentation::UnicodeSegmentation;

    let mut parts = Vec::new();
    let mut left = text.trim();
    let mut most = first;
    while let Some((end, _)) = left.grapheme_indices(true).nth(most) {
        // A cut in the first half would leave a part that is hardly one.
        let (head, half) =
            (&left[..end], left[..end].grapheme_indices(true).nth(most / 2).map_or(0, |(at, _)| at));
        let sentence = |mark: char| {
            head.rfind(&[mark, ' '].iter().collect::<String>()[..]).map(|at| at + mark.len_utf8())
        };
        let cut = [head.rfind("\n\n"), head.rfind('\n')]
            .into_iter()
            .chain([['.', '?', '!', '…', '。', '؟'].into_iter().filter_map(sentence).max(), head.rfind(' ')])
            .flatten()
            .find(|&cut| cut > half)
            .unwrap_or(end);
        parts.push(left[..cut].trim_end());
        left = left[cut..].trim_start();
        most = rest;
    }
    if !left.is_empty() {
        parts.push(left);
    }
    parts
}

/// Makes a newtype over text with a range of graphemes.
#[cfg(feature = "unicode")]
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $range:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The text, in NFC, with `\n` line ends, trimmed.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, given away.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidText;

            fn from_str(text: &str) -> Result<Self, InvalidText> {
                parse(text, $range).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        /// Shows nothing: what people write stays out of logs.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        crate::id::string_serde!($name);
    };
}

#[cfg(feature = "unicode")]
use serde::{Deserialize, Serialize};

#[cfg(feature = "unicode")]
text!(
    /// The text of a post.
    PostText,
    limits::POST_GRAPHEMES
);

#[cfg(feature = "unicode")]
text!(
    /// The text of a reply.
    ReplyText,
    limits::REPLY_GRAPHEMES
);

#[cfg(feature = "unicode")]
text!(
    /// Why a moderator decided so, for the author to read.
    ReasonText,
    limits::REASON_GRAPHEMES
);

#[cfg(feature = "unicode")]
text!(
    /// Why a moderator passes an item on to a lead, for their team only.
    EscalationNote,
    limits::ESCALATION_GRAPHEMES
);

#[cfg(feature = "unicode")]
text!(
    /// A step of a site's playbook, for its moderators.
    StepText,
    limits::STEP_GRAPHEMES
);

#[cfg(feature = "unicode")]
text!(
    /// What moderators see of a reason to start from.
    ReasonName,
    limits::REASON_NAME_GRAPHEMES
);

#[cfg(feature = "unicode")]
text!(
    /// The heading of a card.
    CardTitle,
    limits::CARD_TITLE_GRAPHEMES
);

#[cfg(feature = "unicode")]
text!(
    /// The text of a card.
    CardText,
    limits::CARD_TEXT_GRAPHEMES
);

#[cfg(feature = "unicode")]
text!(
    /// A private word between a moderator and an author.
    WordText,
    limits::WORD_GRAPHEMES
);

#[cfg(feature = "unicode")]
text!(
    /// What a moderator says to whoever reads an item next.
    HandOverText,
    limits::HAND_OVER_GRAPHEMES
);

#[cfg(all(test, feature = "unicode"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn post(text: &str) -> Result<PostText, InvalidText> {
        text.parse()
    }

    proptest! {
        #[test]
        fn a_parsed_text_parses_to_itself(text in "\\PC{0,200}") {
            if let Ok(parsed) = post(&text) {
                prop_assert_eq!(post(parsed.as_str()), Ok(parsed));
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            let _ = post(&text);
        }
    }

    #[test]
    fn length_is_counted_as_people_count() {
        let family = "👨‍👩‍👧‍👦";

        assert!(post(&family.repeat(20)).is_ok());
        assert_eq!(
            post(&family.repeat(19)),
            Err(InvalidText::Length { n_graphemes: 19, min: 20, max: 2000 })
        );
        assert!(post(&"é".repeat(2_000)).is_ok());
        assert!(post(&"e\u{301}".repeat(2_001)).is_err());
    }

    #[test]
    fn white_space_and_invisible_characters_do_not_fill_a_text() {
        assert!(post(&" \n".repeat(40)).is_err());
        assert!(post(&"\u{200d}".repeat(40)).is_err());
        assert!(post(&"\u{200e}".repeat(40)).is_err());
    }

    #[test]
    fn characters_that_hide_or_reorder_are_refused() {
        let words = "it was a long and heavy day";
        for refused in ['\u{200b}', '\u{202e}', '\u{2066}', '\u{feff}', '\0', '\u{7f}', '\u{2028}'] {
            assert_eq!(post(&format!("{words}{refused}{words}")), Err(InvalidText::Character(refused)));
        }
    }

    #[test]
    fn persian_and_flags_are_taken() {
        assert!(post("می‌خواهم با کسی حرف بزنم، شب‌ها سخت است").is_ok());
        assert!(post("🏴󠁧󠁢󠁥󠁮󠁧󠁿 a day at the sea with my sister").is_ok());
    }

    #[test]
    fn piled_marks_are_refused() {
        assert_eq!(post(&format!("a long enough text {}", "\u{301}".repeat(40))), Err(InvalidText::Marks));
    }

    #[test]
    fn line_ends_and_composition_have_one_form() {
        let text = post("  cafe\u{301} in the morning\r\nand a walk\rhome  ").unwrap();

        assert_eq!(text.as_str(), "café in the morning\nand a walk\nhome");
    }

    #[test]
    fn a_long_text_is_cut_where_a_reader_would_pause() {
        let by_paragraph = format!("{}\n\n{}", "one ".repeat(12).trim_end(), "two ".repeat(12).trim_end());
        assert_eq!(parts(&by_paragraph, 60, 60), by_paragraph.split("\n\n").collect::<Vec<_>>());
        assert_eq!(
            parts("It rained. It was cold. We walked", 26, 10),
            ["It rained. It was cold.", "We walked"]
        );
        assert_eq!(parts("a long walk home", 12, 12), ["a long walk", "home"]);
        assert_eq!(
            parts(&"é".repeat(25), 10, 5),
            ["é".repeat(10), "é".repeat(5), "é".repeat(5), "é".repeat(5)]
        );
        assert_eq!(parts(" short ", 10, 10), ["short"]);
        assert!(parts(" ", 10, 10).is_empty());
    }

    proptest! {
        #[test]
        fn every_part_fits_and_no_word_is_lost(text in "[a-z.é\n ]{0,400}", first in 2..60_usize, rest in 2..60_usize) {
            let parts = parts(&text, first, rest);

            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(parts.iter().map(|part| letters(part)).collect::<String>(), letters(&text));
            for (place, part) in parts.iter().enumerate() {
                let most = if place == 0 { first } else { rest };
                prop_assert!((1..=most).contains(&part.chars().count()), "{}", part);
            }
        }
    }

    #[test]
    fn what_was_written_does_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", post("nobody should read this in a log")), "Ok(PostText(…))");
    }
}
