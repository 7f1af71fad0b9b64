//! What the words of an item say by themselves: where, and why it is thought.

use leptos::prelude::*;
use peer_support_domain::redaction::Span;
use peer_support_domain::wire::{Found, FoundPlace};

use super::noticed::flag_name;
use crate::locale::{Key, key, tr};

/// Each reason with its name.
const REASONS: &[(&str, Key)] = &[
    ("nothing_found", key!("because-nothing_found")),
    ("direct_statement", key!("because-direct_statement")),
    ("veiled_statement", key!("because-veiled_statement")),
    ("passive_wish", key!("because-passive_wish")),
    ("plan", key!("because-plan")),
    ("goodbye", key!("because-goodbye")),
    ("burden", key!("because-burden")),
    ("attempt", key!("because-attempt")),
    ("self_harm", key!("because-self_harm")),
    ("abuse_danger", key!("because-abuse_danger")),
    ("child_danger", key!("because-child_danger")),
    ("friend_danger", key!("because-friend_danger")),
    ("slang", key!("because-slang")),
    ("phone", key!("because-phone")),
    ("email", key!("because-email")),
    ("handle", key!("because-handle")),
    ("link", key!("because-link")),
    ("address", key!("because-address")),
    ("id_number", key!("because-id_number")),
    ("name", key!("because-name")),
    ("school_or_work", key!("because-school_or_work")),
    ("method_wording", key!("because-method_wording")),
    ("method", key!("because-method")),
    ("method_search", key!("because-method_search")),
    ("pact", key!("because-pact")),
    ("glamour", key!("because-glamour")),
    ("disorder_tips", key!("because-disorder_tips")),
    ("concealment", key!("because-concealment")),
    ("hostile_wording", key!("because-hostile_wording")),
    ("baiting", key!("because-baiting")),
    ("threat", key!("because-threat")),
    ("insult", key!("because-insult")),
    ("hate", key!("because-hate")),
    ("solicitation_wording", key!("because-solicitation_wording")),
    ("advertisement", key!("because-advertisement")),
    ("contact_request", key!("because-contact_request")),
    ("fundraising", key!("because-fundraising")),
    ("survey", key!("because-survey")),
    ("advice_wording", key!("because-advice_wording")),
    ("stop_medication", key!("because-stop_medication")),
    ("avoid_care", key!("because-avoid_care")),
    ("dosing", key!("because-dosing")),
    ("unproven_cure", key!("because-unproven_cure")),
];

/// A text whose places of note are marked. What a mark means stands beside the text, in the list of what was noticed.
#[component]
pub fn Marked(
    #[prop(into)] text: Signal<String>,
    #[prop(into)] found: Signal<Vec<Found>>,
    out: Memo<Vec<Span>>,
) -> impl IntoView {
    move || {
        let parts = parts(&text.get(), &found.get(), &out.get());
        let parts = parts.into_iter().map(|(part, reasons, is_out)| {
            if is_out {
                view! { <del>{part}</del> }.into_any()
            } else if reasons.is_empty() {
                part.into_any()
            } else {
                view! { <mark title=reasons.join(", ")>{part}</mark> }.into_any()
            }
        });
        parts.collect_view()
    }
}

/// A piece of a text, the names of the reasons that hold for it, and whether it is taken out.
type Part = (String, Vec<&'static str>, bool);

/// The text in pieces.
fn parts(text: &str, found: &[Found], out: &[Span]) -> Vec<Part> {
    let places: Vec<&FoundPlace> = found.iter().flat_map(|found| &found.places).collect();
    let mut parts: Vec<Part> = Vec::new();
    for (at, letter) in (0..).zip(text.chars()) {
        let mut reasons: Vec<&'static str> = Vec::new();
        for place in &places {
            let name = reason_name(&place.reason);
            if (place.start..place.end).contains(&at) && !reasons.contains(&name) {
                reasons.push(name);
            }
        }
        let is_out = out.iter().any(|span| (span.start..span.end).contains(&at));
        match parts.last_mut() {
            Some((part, same, was_out)) if *same == reasons && *was_out == is_out => part.push(letter),
            _ => parts.push((letter.to_string(), reasons, is_out)),
        }
    }
    parts
}

/// A line for the list of what was noticed.
pub fn line(found: &Found) -> String {
    let mut reasons: Vec<&str> = Vec::new();
    for place in &found.places {
        let name = reason_name(&place.reason);
        if !reasons.contains(&name) {
            reasons.push(name);
        }
    }
    let what = flag_name(found.flag).unwrap_or_default();
    tr!("found", what = what, percent = found.percent.to_string(), why = reasons.join(", "))
}

/// The name of a reason; of one that this page does not know, that its place is not known.
pub fn reason_name(reason: &str) -> &'static str {
    let known = REASONS.iter().find(|(known, _)| *known == reason);
    known.map_or(key!("because-nothing_found"), |(_, key)| *key).text()
}

#[cfg(test)]
mod tests {
    use peer_support_domain::flag::Flag;
    use peer_support_domain::signals::Reason;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn place(start: u32, end: u32, reason: &str) -> FoundPlace {
        FoundPlace { start, end, reason: reason.to_owned() }
    }

    fn found(places: Vec<FoundPlace>) -> Found {
        Found { flag: Flag::Crisis, percent: 90, places }
    }

    #[test]
    fn marks_lie_on_letters_whatever_their_bytes() {
        let marked =
            parts("Ünï côde 🙂 end", &[found(vec![place(4, 8, "plan"), place(9, 10, "slang")])], &[]);
        let marked: Vec<_> = marked.iter().map(|(part, reasons, _)| (&part[..], reasons.len())).collect();

        assert_eq!(marked, [("Ünï ", 0), ("côde", 1), (" ", 0), ("🙂", 1), (" end", 0)]);
    }

    #[test]
    fn places_that_overlap_share_a_mark_where_they_do() {
        let two = [found(vec![place(0, 4, "plan")]), found(vec![place(2, 6, "phone"), place(5, 99, "plan")])];
        let marked = parts("abcdefgh", &two, &[]);
        let marked: Vec<_> = marked.iter().map(|(part, reasons, _)| (&part[..], reasons.len())).collect();

        assert_eq!(marked, [("ab", 1), ("cd", 2), ("e", 1), ("f", 2), ("gh", 1)]);
    }

    #[test]
    fn every_reason_has_a_name() {
        for reason in Reason::all() {
            assert!(REASONS.iter().any(|(known, _)| *known == reason.as_str()), "{}", reason.as_str());
        }
    }
}
