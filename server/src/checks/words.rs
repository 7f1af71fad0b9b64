//! What the words of a post or reply say by themselves: signs of danger, of people who give themselves away, of harm to readers.

use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::signals::Signals;
use peer_support_domain::site::LanguageTag;
use peer_support_domain::wire::{Found, FoundPlace};

/// Reads words for the six signals.
pub(crate) struct Words(Signals);

impl Words {
    /// With the rules and weights that this server was built with.
    pub(crate) fn new() -> Self {
        Self(
            Signals::parse(peer_support_signals::FILE)
                .expect("the build made the file and its tests read it"),
        )
    }

    /// A flag for each signal that was found.
    pub(crate) fn flags(&self, text: &str, language: Option<&LanguageTag>) -> Flags {
        let report = self.0.of(text, language.map(LanguageTag::as_str));
        report.told().map(|(signal, _)| Flag::of_signal(signal)).collect()
    }

    /// What was found, where in the text and why.
    pub(crate) fn found(&self, text: &str, language: Option<&LanguageTag>) -> Vec<Found> {
        let report = self.0.of(text, language.map(LanguageTag::as_str));
        report
            .told()
            .map(|(signal, finding)| {
                let places = finding.places.iter().map(|place| FoundPlace {
                    start: place.span.start,
                    end: place.span.end,
                    reason: place.reason.as_str().to_owned(),
                });
                // Whole percents: what lies below is noise.
                let percent = (finding.score.clamp(0.0, 1.0) * 100.0).round() as u8;
                Found { flag: Flag::of_signal(signal), percent, places: places.collect() }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_danger_are_flagged_and_shown_where_they_stand() {
        let words = Words::new();
        let text = "The garden is quiet. I want to kill myself tonight.";

        assert!(words.flags(text, None).contains(Flag::Crisis));
        let found = words.found(text, None);
        let crisis = found.iter().find(|found| found.flag == Flag::Crisis).expect("it is found");
        assert!(crisis.percent >= 50);
        let place = &crisis.places[0];
        let said: String = text.chars().take(place.end as usize).skip(place.start as usize).collect();
        assert!(said.contains("kill myself"), "{said}");
    }

    #[test]
    fn ordinary_words_are_not_flagged() {
        let words = Words::new();

        for text in ["A walk after lunch helps me to sleep.", "My sister visits on Sunday and we cook."] {
            assert!(words.flags(text, None).is_empty(), "{:?}", words.found(text, None));
        }
    }
}
