//! "Worried about calling?": what keeps people from it, answered as honestly as can be said of all countries at once.
//!
//! The answers are long, so that not even the English ones are part of the wasm.

use std::cell::RefCell;

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use super::results::found;
use super::{failed, waiting};
use crate::api;
use crate::dom::{El, classed, el};
use crate::locale::{Locale, tr};
use crate::session::{Load, Session, shown_in};
use crate::signal::Signal;

/// What people ask, by the keys of `locales/`; the answers have `-answer` behind.
const QUESTIONS: [&str; 5] = ["worry-what", "worry-free", "worry-bill", "worry-silent", "worry-police"];

/// The section, fetched when it is opened unless it is there already.
pub fn worried(session: Session, t: Locale) -> El {
    let is_opened = Signal::new(false);
    let answers = el("div").children_of(move || {
        if !is_opened.get() {
            return Vec::new();
        }
        match t.file() {
            Some(file) => all(&file, session),
            None => vec![fetched(session, t)],
        }
    });
    classed("details", "more worried")
        .on("toggle", move |_| is_opened.set(true))
        .child(el("summary").text(&tr!(t, "worried")))
        .child(answers)
}

fn fetched(session: Session, t: Locale) -> El {
    let file = Signal::new(Load::Waiting);
    let ask = move || api::texts(session.kept().config.locale_address("en"), shown_in(file));
    ask();
    el("div").children_of(move || match &*file.share() {
        Load::Waiting => vec![waiting(t)],
        Load::Failed(failure) => vec![failed(t, *failure, ask)],
        Load::Ready(file) => all(file, session),
    })
}

fn all(file: &JsValue, session: Session) -> Vec<El> {
    let text = |key: &str| {
        Reflect::get(file, &key.into()).ok().and_then(|text| text.as_string()).unwrap_or_default()
    };
    let mut shown = vec![classed("p", "quiet").text(&text("worry-differs"))];
    for question in QUESTIONS {
        shown.push(el("h3").text(&text(question)));
        shown.push(el("p").text(&text(&[question, "-answer"].concat())));
        if question == "worry-free" {
            shown.push(costs(session, &text("worry-is-free"), &text("worry-cost-unknown")));
        }
    }
    shown
}

/// What is known of the lines that stand open: that one is free, where a source says so, and else that nothing is known.
fn costs(session: Session, is_free: &str, is_unknown: &str) -> El {
    let mut rows = Vec::new();
    found(session, &RefCell::default(), &mut |found| {
        for shown in &found.lines[..found.n_best] {
            let says = if shown.line.is_free { is_free } else { is_unknown };
            let name = el("b").attr("dir", "auto").text(shown.line.name.as_str());
            rows.push(el("li").child(name).text(": ").text(says));
        }
    });
    el("ul").children(rows)
}
