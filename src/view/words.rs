//! The box that people write in, and what it says about their words' length.

use std::ops::RangeInclusive;

use crate::browser;
use crate::dom::{El, classed, el, value_of};
use crate::locale::{Locale, key};
use crate::signal::Signal;

/// How many characters before the end the count begins to show.
const NEAR_THE_END: usize = 200;

/// A text box for `text`. The count shows while the words are too few, nearly too many or too many, and else keeps out of
/// the way. `id` is the box's own; its hint has it too, with `-hint` behind. `under` lies below the box and scrolls with it.
pub fn words(
    t: Locale,
    id: &str,
    label: &str,
    hint: impl Fn() -> String + 'static,
    text: Signal<String>,
    graphemes: RangeInclusive<usize>,
    under: Option<El>,
) -> [El; 4] {
    let hint_id = [id, "-hint"].concat();
    let count = move || length(t, &graphemes, browser::n_graphemes(&text.get()));
    [
        classed("label", "field").attr("for", id).text(label),
        classed("p", "hint").attr("id", &hint_id).text_of(hint),
        boxed(
            under,
            el("textarea")
                .attr("id", id)
                .attr("rows", "5")
                .attr("dir", "auto")
                .attr("autocomplete", "off")
                .attr("aria-describedby", &hint_id)
                .value(&text.now())
                .on("input", move |event| text.set(value_of(&event))),
        ),
        classed("p", "count").text_of(count),
    ]
}

fn boxed(under: Option<El>, field: El) -> El {
    let Some(under) = under else { return field };
    let (lower, upper) = (under.node().clone(), field.node().clone());
    let field = field.on("scroll", move |_| lower.set_scroll_top(upper.scroll_top()));
    classed("div", "box").child(under).child(field)
}

/// What there is to say about `n` characters, where so many are asked for; nothing when all is well or nothing written.
pub fn length(t: Locale, graphemes: &RangeInclusive<usize>, n: usize) -> String {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (min, max) = (*graphemes.start(), *graphemes.end());
    match n {
        0 => String::new(),
        n if n < min => t.count(key!("too-short"), number(min - n)),
        n if n > max => t.count(key!("too-long"), number(n - max)),
        n if n + NEAR_THE_END >= max => t.count(key!("left"), number(max - n)),
        _ => String::new(),
    }
}
