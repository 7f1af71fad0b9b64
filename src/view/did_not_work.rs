//! "This did not work": said of a contact, without a word about who says so; and the way to the next line at once.

use peer_support_domain::helpline::Line;
use peer_support_domain::wire::{LineProblem, NewLineReport};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::line::Contacts;
use super::{actions, choice, waiting};
use crate::browser;
use crate::dom::{El, button, classed, el};
use crate::locale::{Locale, tr};
use crate::session::Session;
use crate::signal::Signal;

/// How far the visitor has come with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Offered,
    Asked,
    Sending,
    Said { is_passed_on: bool },
}

/// The offer on a line's card; none where the panel has no site that could pass it on.
pub fn did_not_work(session: Session, t: Locale, line: &Line, values: &Contacts) -> Option<El> {
    if session.kept().config.site.is_empty() {
        return None;
    }
    let (id, values) = (line.id.clone(), values.clone());
    let step = Signal::new(Step::Offered);
    let contact = Signal::new(String::new());
    // The buttons change; this stays, and takes the focus meanwhile.
    let place = classed("div", "report")
        .attr("role", "group")
        .attr("aria-label", &tr!(t, "did-not-work"))
        .attr("tabindex", "-1");
    let node = place.node().clone();
    let go = move |next: Step| {
        browser::focus_on(&node);
        step.set(next);
    };
    let next = {
        let node = place.node().clone();
        move || {
            button("link", &tr!(t, "try-next"), {
                let node = node.clone();
                move || to_next(session, &node)
            })
        }
    };
    let offer = go.clone();
    Some(place.children_of(move || match step.get() {
        Step::Offered => {
            let offer = offer.clone();
            vec![button("link", &tr!(t, "did-not-work"), move || offer(Step::Asked))]
        }
        Step::Asked => {
            let values = values.borrow().clone();
            contact.set(values.first().cloned().unwrap_or_default());
            let problem = |(problem, name): (LineProblem, String)| {
                let (id, go) = (id.clone(), go.clone());
                button("plain", &name, move || {
                    let report = NewLineReport { line: id.clone(), contact: contact.now(), problem };
                    // Once, however often it is pressed. The answer leaves the focus alone: it may be elsewhere by then.
                    go(Step::Sending);
                    let said = move |is_passed_on| step.set(Step::Said { is_passed_on });
                    session.kept().api.report_line(&report, said);
                })
            };
            let problems = [
                (LineProblem::NoAnswer, tr!(t, "problem-no-answer")),
                (LineProblem::WrongNumber, tr!(t, "problem-wrong-number")),
                (LineProblem::Closed, tr!(t, "problem-closed")),
                (LineProblem::Other, tr!(t, "problem-other")),
            ];
            let which = (values.len() > 1).then(|| {
                let choices = values.iter().map(|value| (value.clone(), value.clone())).collect();
                choice(&tr!(t, "which-contact"), "small", choices, "", move |value| contact.set(value))
            });
            let mut shown = vec![el("p").text(&tr!(t, "what-happened"))];
            shown.extend(which);
            shown.push(actions(problems.map(problem)));
            shown.push(next());
            shown
        }
        Step::Sending => vec![waiting(t), next()],
        Step::Said { is_passed_on } => {
            let text = if is_passed_on { tr!(t, "report-thanks") } else { tr!(t, "report-failed") };
            vec![el("p").attr("role", "status").text(&text), next()]
        }
    }))
}

/// Moves the focus to the next line, to the longer list, or, where there is none, to the emergency number.
fn to_next(session: Session, from: &Element) {
    let card = from.closest("li").ok().flatten();
    let next = card.and_then(|card| card.next_element_sibling()?.query_selector("h3").ok()?);
    let root = session.root().and_then(|root| root.dyn_into::<Element>().ok());
    let other = || root?.query_selector(".more:not([open], [hidden]) summary, .strip a").ok()?;
    if let Some(next) = next.or_else(other) {
        browser::focus_on(&next);
        browser::bring_into_sight(&next);
    }
}
