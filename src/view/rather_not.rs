//! "What I'd rather not see": words and topics that are hidden, and calm.

use super::stories::topic_choices;
use crate::dom::{El, button, classed, el, set_value, value_of};
use crate::locale::{Locale, tr};
use crate::session::Session;
use crate::signal::Signal;

/// Folded: most never need it. What is chosen holds at once, and as long as this panel is there.
pub fn rather_not(session: Session, t: Locale) -> El {
    let muted = session.reading().muted;
    let is_calm = session.reading().is_calm;
    let typed = Signal::new(String::new());
    let input = el("input")
        .attr("id", "muted-word")
        .attr("type", "text")
        .attr("dir", "auto")
        .attr("autocomplete", "off")
        .attr("aria-describedby", "muted-hint")
        .on("input", move |event| typed.set(value_of(&event)));
    let field = input.node().clone();
    let add = move || {
        let mut more = muted.now();
        if more.add(&typed.now()) {
            muted.set(more);
        }
        typed.set(String::new());
        set_value(&field, "");
        session.focus("muted-word");
    };
    let on_enter = add.clone();
    let input = input.on_key(move |event| {
        if event.key() == "Enter" {
            event.prevent_default();
            on_enter();
        }
    });
    let words = move || {
        let chip = |word: &str| {
            let own = word.to_owned();
            let remove = move || {
                muted.update(|muted| muted.remove(&own));
                session.focus("muted-word");
            };
            button("chip", word, remove).attr("aria-label", &tr!(t, "remove", need = word))
        };
        muted.share().words().map(chip).collect()
    };
    let topics = move || {
        let topic = |(id, name): (String, String)| {
            let id = id.parse().ok()?;
            let is_muted = muted.share_now().has_topic(&id);
            Some(tick(&name, is_muted, move || muted.update(|muted| muted.toggle_topic(&id))))
        };
        topic_choices(session, t, false).into_iter().filter_map(topic).collect()
    };
    let rows = classed("div", "lines")
        .child(classed("p", "hint").attr("id", "muted-hint").text(&tr!(t, "rather-not-hint")))
        .child(classed("label", "field").attr("for", "muted-word").text(&tr!(t, "muted-word")))
        .child(classed("div", "add").child(input).child(button("plain", &tr!(t, "add"), add)))
        .child(classed("div", "options").attr("aria-live", "polite").children_of(words))
        .child(
            classed("fieldset", "kinds")
                .child(el("legend").text(&tr!(t, "muted-topics")))
                .child(classed("div", "options").children_of(topics)),
        )
        .child(tick(&tr!(t, "calm"), is_calm.now(), move || is_calm.set(!is_calm.now())));
    classed("details", "more").child(el("summary").text(&tr!(t, "rather-not"))).child(rows)
}

fn tick(name: &str, is_ticked: bool, on_change: impl Fn() + 'static) -> El {
    let input = el("input")
        .attr("type", "checkbox")
        .attr_some("checked", is_ticked.then_some(""))
        .on("change", move |_| on_change());
    classed("label", "option").child(input).child(el("span").text(name))
}
