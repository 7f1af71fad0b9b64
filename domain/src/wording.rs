//! Texts with places to fill: "Call {number}".

/// `text` with `{name}` replaced by its value, for each of `values`. A place that nobody fills stays to be seen.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let known = after
            .split_once('}')
            .and_then(|(name, after)| Some((values.iter().find(|(known, _)| *known == name)?.1, after)));
        match known {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// What stands before and behind `{name}` in `text`, so that a number in it can be shown larger.
///
/// All of it stands before when there is no such place.
#[must_use]
pub fn around<'a>(text: &'a str, name: &str) -> (&'a str, &'a str) {
    text.split_once('{')
        .and_then(|(before, after)| Some((before, after.strip_prefix(name)?.strip_prefix('}')?)))
        .unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_by_name_in_any_order() {
        let text = fill("Text {keyword} to {number}", &[("number", "85258"), ("keyword", "SHOUT")]);

        assert_eq!(text, "Text SHOUT to 85258");
    }

    #[test]
    fn a_value_is_not_filled_again() {
        assert_eq!(fill("{a}", &[("a", "{b}"), ("b", "no")]), "{b}");
    }

    #[test]
    fn what_nobody_fills_stays() {
        assert_eq!(fill("{who} and {", &[("a", "1")]), "{who} and {");
    }

    #[test]
    fn a_text_divides_at_its_place() {
        assert_eq!(around("Call {number} now", "number"), ("Call ", " now"));
        assert_eq!(around("Call now", "number"), ("Call now", ""));
    }
}
