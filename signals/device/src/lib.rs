//! The text signals on a visitor's device. The panel fetches this when somebody begins to write, with the file of rules and
//! weights that `signals/` makes; what they write stays here.

use std::cell::RefCell;

use peer_support_domain::signals::{Signal, Signals};
use wasm_bindgen::prelude::*;

/// What a person who writes is told of. The rest is for moderators.
const TOLD: [Signal; 3] = [Signal::Crisis, Signal::PersonalData, Signal::MethodDetail];

thread_local! {
    static SIGNALS: RefCell<Option<Signals>> = const { RefCell::new(None) };
}

/// Takes the file of rules and weights; `false` when it is none.
#[wasm_bindgen]
#[must_use]
pub fn learn(file: &[u8]) -> bool {
    let signals = Signals::parse(file).ok();
    let is_one = signals.is_some();
    SIGNALS.set(signals);
    is_one
}

/// What is in `text`: for each place three numbers, which of crisis (0), personal data (1) and method detail (2) it is, and
/// where it begins and ends, in UTF-16 code units, as the browser counts. Nothing before [`learn`].
#[wasm_bindgen]
#[must_use]
pub fn read(text: &str) -> Vec<u32> {
    SIGNALS.with_borrow(|signals| signals.as_ref().map_or_else(Vec::new, |signals| places(signals, text)))
}

fn places(signals: &Signals, text: &str) -> Vec<u32> {
    let report = signals.of(text, None);
    let unit = |scalars: u32| -> u32 {
        let before = text.chars().take(scalars as usize);
        before.map(|letter| letter.len_utf16() as u32).sum()
    };
    let mut places = Vec::new();
    for (signal, finding) in report.told() {
        if let Some(number) = (0..).zip(TOLD).find_map(|(number, told)| (told == signal).then_some(number)) {
            for place in &finding.places {
                places.extend([number, unit(place.span.start), unit(place.span.end)]);
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_browsers_count() {
        let text = "🙂🙂 write to me at jo@example.org";
        assert!(read(text).is_empty(), "it has learned nothing yet");
        assert!(!learn(b"something else"));
        assert!(learn(peer_support_signals::FILE));

        let found = read(text);

        let units: Vec<u16> = text.encode_utf16().collect();
        let place = found.chunks(3).find(|place| place[0] == 1).expect("the address is found");
        let said = String::from_utf16(&units[place[1] as usize..place[2] as usize]).unwrap();
        assert_eq!(said, "jo@example.org");
    }
}
