//! Texts, as their signals are read, and the file that they are read with.

use std::sync::LazyLock;

use peer_support_domain::signals::known::Known;
use peer_support_domain::signals::model::Model;
use peer_support_domain::signals::rules::Rules;
use peer_support_domain::signals::{Signals, pack};

use crate::{says_what_is_wrong, text};

/// Those that are shipped.
static SHIPPED: LazyLock<Signals> =
    LazyLock::new(|| Signals::parse(peer_support_signals::FILE).expect("the file of the build is one"));

/// How long a text to read may be: as a post's. Longer ones only take longer.
const MOST_BYTES: usize = 4_096;

pub fn run(bytes: &[u8]) {
    match bytes {
        [b'R', rest @ ..] if rest.starts_with(b"ULES\n") => rules(text(&rest[5..])),
        [b'F', rest @ ..] if rest.starts_with(b"ILE\n") => file(&rest[4..]),
        [b'M', rest @ ..] if rest.starts_with(b"ODEL\n") => model(&rest[5..]),
        _ => reads(&SHIPPED, text(bytes)),
    }
}

/// A text in any language, said or not: scores are from 0 to 1, and each place lies in the text.
fn reads(signals: &Signals, whole: &str) {
    let (language, whole) = match whole.split_once('\n') {
        Some((tag, rest)) if tag.len() <= 12 => (Some(tag), rest),
        _ => (None, whole),
    };
    let whole = match whole.char_indices().map(|(at, _)| at).find(|at| *at > MOST_BYTES) {
        Some(end) => &whole[..end],
        None => whole,
    };
    let n_chars = whole.chars().count() as u32;
    let report = signals.of(whole, language);
    for (signal, finding) in report.iter() {
        let name = signal.as_str();
        assert!((0.0..=1.0).contains(&finding.score), "{name}: {}", finding.score);
        let mut last = 0;
        for place in &finding.places {
            assert!((0.0..=1.0).contains(&place.score), "{name}: {}", place.score);
            assert!(
                place.score <= finding.score,
                "{name}: {place:?} is surer than all of it, {}",
                finding.score
            );
            assert!(
                place.span.start < place.span.end && place.span.end <= n_chars,
                "{name}: {place:?} of {n_chars}"
            );
            assert!(place.span.start >= last, "{name}: places are out of order");
            last = place.span.start;
        }
        assert_eq!(finding.is_found(), finding.score >= 0.5);
    }
    // Reading is a function of the text.
    let again = signals.of(whole, language);
    assert!(report.iter().zip(again.iter()).all(|(one, other)| one.1 == other.1));
}

fn rules(text: &str) {
    let mut rules = Rules::default();
    match rules.add("en", text) {
        Ok(()) => {
            let _ = (rules.grave(), rules.n_patterns());
            let file = pack([("rules/en", text.as_bytes())]);
            if let Ok(signals) = Signals::parse(&file) {
                reads(&signals, "I am tired of it all, and nobody is there");
                reads(&signals, text);
            }
        }
        Err(error) => says_what_is_wrong(&error.to_string()),
    }
}

fn file(bytes: &[u8]) {
    match Signals::parse(bytes) {
        Ok(signals) => reads(&signals, "en\nI am tired of it all; call me at 555 0100, or at home"),
        Err(error) => says_what_is_wrong(&error.to_string()),
    }
    let _ = Known::parse(bytes).has_number("116 123");
}

fn model(bytes: &[u8]) {
    let Some(model) = Model::parse(bytes) else { return };
    let written = model.bytes();
    assert_eq!(Model::parse(&written).map(|model| model.bytes()).as_ref(), Some(&written));
    let signals = Signals::parse(&pack([("weights/crisis", bytes)])).expect("it is a model");
    reads(&signals, "en\nI do not want to be here, and I cannot say it to anybody.");
}
