//! The made-up items of fire drills: from a file of the project's own, which people review. Nobody wrote these texts in need.

use peer_support_domain::drill::{Handling, Urgency};
use peer_support_domain::site::LanguageTag;
use serde::Deserialize;

use crate::clock::Random;

/// All of them, a line each. They say nothing of any way to hurt oneself, and name nobody.
const TEXTS: &str = include_str!("../drills/texts.json");

/// A text, and what is right to do about it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MadeUp {
    /// Its language.
    pub(crate) lang: LanguageTag,
    /// How it looks.
    pub(crate) urgency: Urgency,
    /// Any of these is right.
    pub(crate) expected: Vec<Handling>,
    /// The text.
    pub(crate) text: String,
}

fn texts() -> Vec<MadeUp> {
    serde_json::from_str(TEXTS).expect("the tests read it")
}

/// The languages in which there are texts, in the order of the file.
pub(crate) fn languages() -> Vec<LanguageTag> {
    let mut languages: Vec<LanguageTag> = texts().into_iter().map(|text| text.lang).collect();
    languages.dedup();
    languages
}

/// So many different texts of each urgency, by chance and in any order; fewer where there are no more.
pub(crate) fn draw(lang: &LanguageTag, n_red: usize, n_amber: usize, random: &Random) -> Vec<MadeUp> {
    let shuffled = |texts: Vec<MadeUp>| {
        let mut drawn: Vec<_> =
            texts.into_iter().map(|text| (u64::from_be_bytes(random.bytes()), text)).collect();
        drawn.sort_by_key(|(chance, _)| *chance);
        drawn.into_iter().map(|(_, text)| text)
    };
    let of = |urgency: Urgency, n| {
        let suitable = texts().into_iter().filter(|text| text.lang == *lang && text.urgency == urgency);
        shuffled(suitable.collect()).take(n)
    };
    shuffled(of(Urgency::Red, n_red).chain(of(Urgency::Amber, n_amber)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use peer_support_domain::flag::{Flag, Flags};
    use peer_support_domain::limits::DRILL_ITEMS;
    use peer_support_domain::text::PostText;

    use super::*;
    use crate::checks::Words;

    #[test]
    fn every_text_may_be_sent_and_is_noticed_as_its_urgency_says() {
        let words = Words::new();
        let mut wrong = Vec::new();
        for MadeUp { lang, urgency, expected, text } in texts() {
            assert!(text.parse::<PostText>().is_ok(), "{text}");
            assert!(!expected.is_empty(), "{text}");
            let flags = words.flags(&text, Some(&lang));
            let is_red = flags.has_any_of(Flags::OF_RISK);
            if flags.is_empty() || is_red != (urgency == Urgency::Red) || flags.contains(Flag::MethodDetail) {
                wrong.push(format!("{urgency} {:?}: {text}", flags.iter().collect::<Vec<_>>()));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn there_are_enough_texts_in_each_language_and_none_twice() {
        let random = Random::system();
        assert_eq!(
            languages().iter().map(|lang| lang.as_str()).collect::<Vec<_>>(),
            ["en", "es", "de", "fr", "pt"]
        );
        for lang in languages() {
            let drawn = draw(&lang, 5, 5, &random);

            assert_eq!(drawn.len(), *DRILL_ITEMS.end(), "{lang}");
            assert!(drawn.iter().all(|text| text.lang == lang));
            assert_eq!(drawn.iter().filter(|text| text.urgency == Urgency::Red).count(), 5);
            assert_eq!(drawn.iter().map(|text| &text.text).collect::<BTreeSet<_>>().len(), drawn.len());
        }
    }
}
