//! Places of a text that the moderator takes out, as they are gathered.

use peer_support_domain::redaction::Span;

/// `spans` and `new`, in order, those that touch joined.
#[must_use]
pub fn with(spans: &[Span], new: Span) -> Vec<Span> {
    let mut all: Vec<Span> =
        spans.iter().copied().chain([new]).filter(|span| span.start < span.end).collect();
    all.sort_unstable_by_key(|span| span.start);
    let mut joined: Vec<Span> = Vec::new();
    for span in all {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

/// The place between two offsets of a browser's text box, which counts in UTF-16, without white space at its ends.
#[must_use]
pub fn of_utf16(text: &str, start: u32, end: u32) -> Span {
    let mut at = 0;
    let (mut first, mut last) = (None, 0);
    for (n, c) in (0..).zip(text.chars()) {
        if at >= start && at < end && !c.is_whitespace() {
            first.get_or_insert(n);
            last = n + 1;
        }
        at += c.len_utf16() as u32;
    }
    first.map_or(Span { start: 0, end: 0 }, |first| Span { start: first, end: last })
}

/// The words at a place.
#[must_use]
pub fn words(text: &str, span: Span) -> String {
    text.chars().skip(span.start as usize).take((span.end - span.start) as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const fn span(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    #[test]
    fn places_stand_in_order_and_those_that_touch_are_one() {
        let spans = with(&with(&[], span(8, 10)), span(2, 4));
        assert_eq!(spans, [span(2, 4), span(8, 10)]);
        assert_eq!(with(&spans, span(4, 9)), [span(2, 10)]);
        assert_eq!(with(&spans, span(5, 5)), spans);
    }

    #[test]
    fn a_selection_is_counted_as_the_server_counts() {
        let text = "🙂 call 555 now";
        let place = of_utf16(text, 7, 12);

        assert_eq!((place, words(text, place).as_str()), (span(7, 10), "555"));
        assert_eq!(of_utf16(text, 2, 3), span(0, 0), "white space alone is nothing");
    }
}
