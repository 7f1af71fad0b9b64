//! Places that a moderator takes out of a text before others read it.

use serde::{Deserialize, Serialize};

use crate::limits::TAKEN_OUT_PLACES;

/// A place in a text, in Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first one.
    pub start: u32,
    /// The one after the last.
    pub end: u32,
}

/// Why nothing is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSpans {
    /// More than [`TAKEN_OUT_PLACES`].
    #[error("has more than {TAKEN_OUT_PLACES} places")]
    TooMany,
    /// One is empty, overlaps the one before, is out of order, or ends after the text.
    #[error("has a place that is empty, out of order or beyond the end of the text")]
    Place,
    /// No letter and no number would be left; decline it instead.
    #[error("leaves nothing to read")]
    NothingLeft,
}

/// What stands in the place of what was taken out, in the text's language where we have it. Words, because a screen reader reads
/// them and skips or spells out signs.
#[must_use]
pub fn mark(lang: Option<&str>) -> &'static str {
    match lang.and_then(|lang| lang.split('-').next()) {
        Some("es") => "[quitado]",
        Some("fr") => "[retiré]",
        Some("de") => "[entfernt]",
        Some("pt") => "[retirado]",
        Some("it") => "[tolto]",
        Some("pl") => "[usunięto]",
        Some("uk") => "[прибрано]",
        Some("ar") => "[محذوف]",
        Some("hi") => "[हटाया गया]",
        Some("zh") => "[已去除]",
        Some("ja") => "[削除済み]",
        _ => "[removed]",
    }
}

/// The text with `mark` in the place of each span.
///
/// # Errors
///
/// [`InvalidSpans`]: the spans are not of this text, or take all of it.
pub fn without(text: &str, spans: &[Span], mark: &str) -> Result<String, InvalidSpans> {
    if spans.len() > TAKEN_OUT_PLACES {
        return Err(InvalidSpans::TooMany);
    }
    let letters: Vec<char> = text.chars().collect();
    let (mut rest, mut left) = (0, String::with_capacity(text.len()));
    let mut has_words = false;
    let mut keep = |kept: &[char], left: &mut String| {
        has_words |= kept.iter().any(|c| c.is_alphanumeric());
        left.extend(kept);
    };
    for &Span { start, end } in spans {
        let (start, end) = (start as usize, end as usize);
        if start < rest || start >= end || end > letters.len() {
            return Err(InvalidSpans::Place);
        }
        keep(&letters[rest..start], &mut left);
        left.push_str(mark);
        rest = end;
    }
    keep(&letters[rest..], &mut left);
    if has_words { Ok(left) } else { Err(InvalidSpans::NothingLeft) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn span(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    #[test]
    fn places_give_way_to_the_mark() {
        assert_eq!(
            without("Ünï 🙂 call 555 now", &[span(4, 5), span(11, 14)], "[x]").unwrap(),
            "Ünï [x] call [x] now"
        );
        assert_eq!(without("as it is", &[], "[x]").unwrap(), "as it is");
    }

    #[test]
    fn places_of_another_text_are_refused() {
        let text = "twelve chars";
        for spans in
            [vec![span(3, 3)], vec![span(5, 13)], vec![span(0, 4), span(3, 6)], vec![span(6, 8), span(0, 2)]]
        {
            assert_eq!(without(text, &spans, "[x]"), Err(InvalidSpans::Place), "{spans:?}");
        }
        let many: Vec<Span> = (0..=TAKEN_OUT_PLACES as u32).map(|n| span(2 * n, 2 * n + 1)).collect();
        assert_eq!(without(&"ab".repeat(200), &many, "[x]"), Err(InvalidSpans::TooMany));
    }

    #[test]
    fn a_text_of_which_nothing_is_left_is_refused() {
        assert_eq!(without("gone!", &[span(0, 4)], "[removed]"), Err(InvalidSpans::NothingLeft));
    }

    #[test]
    fn every_language_of_the_panel_has_a_mark() {
        let marks: std::collections::BTreeSet<_> =
            ["en", "es", "fr", "de", "pt-BR", "it", "pl", "uk", "ar", "hi", "zh-Hans", "ja"]
                .map(|language| mark(Some(language)))
                .into();
        assert_eq!(marks.len(), 12, "{marks:?}");
        assert_eq!(mark(Some("es-MX")), "[quitado]");
        assert_eq!((mark(None), mark(Some("nl"))), ("[removed]", "[removed]"));
    }

    proptest! {
        #[test]
        fn no_spans_make_it_panic(text: String, spans in prop::collection::vec((any::<u32>(), any::<u32>()), 0..4)) {
            let spans: Vec<Span> = spans.into_iter().map(|(start, end)| span(start % 20, end % 20)).collect();
            let _ = without(&text, &spans, "[x]");
        }
    }
}
