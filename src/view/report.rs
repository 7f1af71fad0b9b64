//! "Report": a reader's word that something should be looked at again, and what became of it.

use peer_support_domain::id::ItemId;
use peer_support_domain::post::State;
use peer_support_domain::report::ReportReason;
use peer_support_domain::wire;

use super::{actions, copy_button, failed, waiting};
use crate::api::Failure;
use crate::browser;
use crate::dom::{self, El, button, classed, el};
use crate::locale::{Locale, REASONS, tr};
use crate::session::Session;
use crate::signal::Signal;

/// How far the reader has come with it.
#[derive(Clone, PartialEq, Eq)]
enum Step {
    Offered,
    Asked,
    Sending,
    Failed(ReportReason, Failure),
    Taken(wire::Report),
}

/// The offer at the foot of an item; once it was reported, the receipt.
pub fn report(session: Session, t: Locale, item: ItemId) -> El {
    let step = Signal::new(session.reading().report_of(item).map_or(Step::Offered, Step::Taken));
    // The buttons change; this stays, and takes the focus meanwhile.
    let place = classed("div", "report")
        .attr("role", "group")
        .attr("aria-label", &tr!(t, "report-item"))
        .attr("tabindex", "-1");
    let node = place.node().clone();
    let go = move |next: Step| {
        browser::focus_on(&node);
        step.set(next);
    };
    let send = {
        let go = go.clone();
        move |reason: ReportReason| {
            go(Step::Sending);
            let kept = session.kept();
            let new = wire::NewReport { reason, reporter: kept.key.reporter(item) };
            kept.api.report(item, new, move |answer| match answer {
                Ok(report) => {
                    let answer = (item, report.clone());
                    session.reading().reports.update(|reports| reports.push(answer));
                    step.set(Step::Taken(report));
                }
                Err(failure) => step.set(Step::Failed(reason, failure)),
            });
        }
    };
    place.children_of(move || match &*step.share() {
        Step::Offered => {
            let go = go.clone();
            vec![button("link", &tr!(t, "report-item"), move || go(Step::Asked))]
        }
        Step::Asked => {
            let reason = |reason: ReportReason| {
                let send = send.clone();
                let name = t.by_name(REASONS, reason.as_str()).unwrap_or_default();
                button("plain", &name, move || send(reason))
            };
            let go = go.clone();
            let cancel = button("link", &tr!(t, "cancel"), move || go(Step::Offered));
            vec![el("p").text(&tr!(t, "report-why")), actions(ReportReason::ALL.map(reason)), cancel]
        }
        Step::Sending => vec![waiting(t)],
        Step::Failed(reason, failure) => {
            let (send, reason) = (send.clone(), *reason);
            vec![failed(t, *failure, move || send(reason))]
        }
        Step::Taken(report) => taken(session, t, report.clone()),
    })
}

/// What happens next, whom to call meanwhile when somebody is in danger, and the receipt.
fn taken(session: Session, t: Locale, report: wire::Report) -> Vec<El> {
    let mut shown = vec![el("p").attr("role", "status").text(&tr!(t, "report-taken"))];
    if report.reason == ReportReason::Danger {
        shown.push(el("p").text(&tr!(t, "report-call")));
        // The numbers are the panel's, in another module: what it shows of them is here all the same.
        let strip = session.root().and_then(|root| browser::first(&root, ".strip"));
        // Without its name, which only one part of the panel may have.
        let copy = strip.and_then(|strip| dom::copy(&strip));
        shown.extend(copy.map(|copy| copy.attr_some("aria-label", None).attr_some("part", None)));
    }
    let Some(code) = report.code else { return shown };
    let became = Signal::new(String::new());
    let look = {
        let code = code.clone();
        move || {
            session.kept().api.reported(&code, move |answer| {
                became.set(match answer {
                    Ok(report) => became_of(t, &report),
                    Err(failure) => super::say(t, failure),
                });
            });
        }
    };
    let written = classed("div", "code-card")
        .child(el("p").text(&tr!(t, "report-code")))
        .child(el("code").attr("dir", "ltr").text(&code))
        .child(actions([copy_button(t, "plain", code), button("plain", &tr!(t, "report-look"), look)]))
        .child(el("p").attr("role", "status").text_of(move || became.get()));
    shown.push(written);
    shown
}

/// What became of a report, in a sentence.
pub fn became_of(t: Locale, report: &wire::Report) -> String {
    match report.state {
        State::Hidden | State::Declined | State::Deleted => tr!(t, "report-gone"),
        State::Held | State::Published if !report.is_decided => tr!(t, "report-undecided"),
        State::Held | State::Published => tr!(t, "report-stays"),
    }
}
