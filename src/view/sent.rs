//! After sending: what happens next, and the code that leads back.

use peer_support_domain::moment;
use peer_support_domain::post::State;
use peer_support_domain::recovery::RecoveryCode;

use super::foot::open_mine;
use super::remember::remember;
use super::{actions, copy_button};
use crate::browser;
use crate::dom::{El, button, classed, el};
use crate::locale::{Locale, key, tr};
use crate::session::{Draft, Load, Mine, Sent, Session};

/// The file's name says nothing to others who see the folder.
const FILE_NAME: &str = "code.txt";

/// Where the words stand, when that changes, and their code.
pub fn sent(session: Session, t: Locale, draft: Draft, sent: &Sent) -> El {
    let Sent { code, receipt } = sent;
    let code = *code;
    let state = match receipt.state {
        State::Published => tr!(t, "sent-published"),
        _ => tr!(t, "sent-held"),
    };
    let within = receipt.decision_expected_at.map(|at| {
        let within = t.count(key!("within-hours"), moment::hours_to_wait(at - receipt.created_at));
        let site = match &*session.site.share_now() {
            Load::Ready(site) => site.name.clone(),
            _ => session.kept().config.site.clone(),
        };
        el("p").text(&[&tr!(t, "who-reads", site = site), " ", &within[..]].concat())
    });
    let copy = copy_button(t, "plain", code.to_string());
    let save =
        button("plain", &tr!(t, "save-file"), move || browser::save_file(FILE_NAME, &code.to_string()));
    let print = button("plain", &tr!(t, "print"), move || print(code));
    let (id, again) = match draft.thread {
        None => ("sent-post", tr!(t, "write-another")),
        Some(_) => ("sent-reply", tr!(t, "done")),
    };
    let card = classed("div", "code-card")
        .child(el("h3").text(&tr!(t, "your-code")))
        .child(el("code").attr("dir", "ltr").text(&code.to_string()))
        .child(actions([copy, print, save]))
        .child(el("p").text(&tr!(t, "keep-code")))
        .child(el("p").text(&[&tr!(t, "code-where"), " ", &tr!(t, "code-paper")].concat()));
    let again = button("main", &again, move || draft.clear());
    let see = button("plain", &tr!(t, "see-it"), move || open_mine(session, Mine { code: Some(code) }));
    classed("section", "sent")
        .child(el("h2").attr("id", id).attr("tabindex", "-1").text(&state))
        .children(within)
        .child(card)
        .child(remember(session, t))
        .child(actions([again, see]))
}

/// The code on a sheet of its own, and nothing that says what it is for.
fn print(code: RecoveryCode) {
    let code = code.to_string();
    let sheet = el("main").child(el("code").attr("dir", "ltr").text(&code));
    // Where no window may be opened, it can be saved.
    if !browser::print(&code, "code{font:600 24px monospace}", sheet.node()) {
        browser::save_file(FILE_NAME, &code);
    }
}
