//! What the visitor sees, one component a file, and the few small pieces that all of them share.

mod cards;
mod country_picker;
mod did_not_work;
mod emergency_strip;
pub mod foot;
mod help_now;
mod keep;
mod line;
mod mine;
mod my_posts;
mod newer;
mod notes;
mod noticing;
mod on_its_way;
mod pages;
pub mod panel;
pub mod peers;
mod post;
mod rather_not;
mod reactions;
mod remember;
mod replies;
mod report;
mod results;
mod search;
mod sent;
mod stories;
mod tabs;
mod talk;
mod top_bar;
mod words;
mod worried;
mod write;

use wasm_bindgen_futures::spawn_local;

use crate::api::Failure;
use crate::browser;
use crate::dom::{El, button, classed, el, svg, value_of};
use crate::locale::{Locale, tr};
use crate::signal::Signal;

/// The shapes of the few icons, drawn on 24 × 24.
mod icons {
    pub const PHONE: &str =
        "M6 3h3l2 5-2.5 1.5a12 12 0 0 0 6 6L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z";
    pub const MESSAGE: &str = "M4 5h16v11H10l-5 4v-4H4z";
    pub const PAGE: &str = "M14 4h6v6m0-6-9 9M18 14v6H4V6h6";
    pub const LEAVE: &str = "M14 4h6v16h-6M4 12h11m-4-4 4 4-4 4";
    pub const CLOSE: &str = "M6 6l12 12M18 6 6 18";
    pub const TRUSTED: &str = "M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6zm-3.5 9 2.5 2.5 4.5-5";
    pub const RULES: &str = "M9 6h11M9 12h11M9 18h11M4 6h1m-1 6h1m-1 6h1";
    pub const HERE: &str =
        "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7 10c0-8 14-8 14 0M16 3a4 4 0 0 1 0 8m2.5 3c2.5 1 3.5 4 3.5 7";
    pub const HOURS: &str = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zm0-14v5l3 3";
}

/// An icon beside a word that says the same.
fn icon(path: &str) -> El {
    svg("svg")
        .attr("class", "icon")
        .attr("viewBox", "0 0 24 24")
        .attr("aria-hidden", "true")
        .child(svg("path").attr("d", path))
}

/// A sentence that stands back, and is read out when it comes.
fn quiet(text: &str) -> El {
    classed("p", "quiet").attr("role", "status").text(text)
}

/// A sentence that must not be missed.
fn notice(text: &str) -> El {
    classed("p", "notice").attr("role", "alert").text(text)
}

/// A request that is not answered yet.
fn waiting(t: Locale) -> El {
    quiet(&tr!(t, "loading"))
}

/// What `failure` means, in a sentence with a next step.
fn say(t: Locale, failure: Failure) -> String {
    match failure {
        Failure::Offline => tr!(t, "failed-offline"),
        Failure::Server => tr!(t, "failed-server"),
        Failure::Rate(_) => tr!(t, "failed-rate"),
        Failure::Text => tr!(t, "failed-text"),
        Failure::Closed => tr!(t, "failed-closed"),
        Failure::Missing => tr!(t, "failed-missing"),
        Failure::Outdated => tr!(t, "edit-too-late"),
    }
}

/// A request that failed, and the way to make it again.
fn failed(t: Locale, failure: Failure, retry: impl Fn() + 'static) -> El {
    classed("div", "notice").attr("role", "alert").child(el("p").text(&say(t, failure))).child(button(
        "plain",
        &tr!(t, "try-again"),
        retry,
    ))
}

/// Buttons in a row.
fn actions(buttons: impl IntoIterator<Item = El>) -> El {
    classed("p", "actions").children(buttons)
}

/// A button that copies `text`, and says so.
fn copy_button(t: Locale, class: &str, text: String) -> El {
    let said = Signal::new(tr!(t, "copy"));
    let copy = move || {
        let text = text.clone();
        spawn_local(async move {
            let is_copied = browser::copy(&text).await;
            said.set(if is_copied { tr!(t, "copied") } else { tr!(t, "copy-failed") });
        });
    };
    button(class, "", copy).attr("aria-live", "polite").text_of(move || said.get())
}

/// A `<select>` with a label for those who do not see it: value and name of each choice.
fn choice(
    label: &str,
    class: &str,
    choices: Vec<(String, String)>,
    chosen: &str,
    on_choose: impl Fn(String) + 'static,
) -> El {
    list(label, class, Box::new(on_choose)).children(options(choices, chosen))
}

/// A `<select>` without a choice: what can be chosen comes by [`options`], also when more becomes known, while somebody is at it.
fn list(label: &str, class: &str, on_choose: Box<dyn Fn(String)>) -> El {
    classed("select", class).attr("aria-label", label).on("change", move |event| on_choose(value_of(&event)))
}

/// What can be chosen: value and name of each.
fn options(choices: Vec<(String, String)>, chosen: &str) -> Vec<El> {
    let mut options = Vec::new();
    for (value, name) in choices {
        let is_chosen = (value == chosen).then_some("");
        options.push(el("option").attr("value", &value).attr_some("selected", is_chosen).text(&name));
    }
    options
}
