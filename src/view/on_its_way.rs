//! Words that were sent and are not there yet: what happens to them, and how to stop it.

use crate::api::Failure;
use crate::browser;
use crate::dom::{El, button, classed, el};
use crate::locale::{Locale, tr};
use crate::sending;
use crate::session::{Draft, Sending, Session};

/// Time is told in minutes, and never too short.
const TO_THE_NEXT_MINUTE_MS: i64 = 59_000;

/// The words as they were sent, and what becomes of them.
pub fn on_its_way(session: Session, t: Locale, draft: Draft) -> El {
    let id = if draft.thread.is_some() { "reply-on-its-way" } else { "post-on-its-way" };
    let title = [id, "-title"].concat();
    let try_now = move || {
        let waits =
            matches!(draft.sending.get(), Sending::Later { why: Failure::Offline | Failure::Server, .. });
        waits.then(|| button("main", &tr!(t, "try-now"), move || sending::try_now(session, draft, None)))
    };
    let without_work = move || {
        let is_working = draft.sending.get() == Sending::Working;
        is_working
            .then(|| button("plain", &tr!(t, "send-no-work"), move || sending::without_work(session, draft)))
    };
    let stop = button("plain", &tr!(t, "stop-sending"), move || sending::give_up(session, draft));
    classed("section", "write")
        .attr("id", id)
        .attr("aria-labelledby", &title)
        .child(el("h2").attr("id", &title).attr("tabindex", "-1").text(&tr!(t, "on-its-way")))
        .child(classed("p", "notice").attr("role", "status").text_of(move || status(t, draft)))
        .child(classed("p", "words card").attr("dir", "auto").text(&draft.text.now()))
        .child(
            classed("p", "actions")
                .children_of(move || try_now().into_iter().chain(without_work()).collect())
                .child(stop),
        )
}

fn status(t: Locale, draft: Draft) -> String {
    let waits = match draft.sending.get() {
        Sending::Working => return tr!(t, "way-work"),
        Sending::Later { why: Failure::Rate(_), at_ms } => {
            let time = browser::time_of_day(&t.language(), at_ms + TO_THE_NEXT_MINUTE_MS, None);
            tr!(t, "way-rate", time = time)
        }
        Sending::Later { why: Failure::Offline, .. } => tr!(t, "way-offline"),
        Sending::Later { .. } => tr!(t, "way-server"),
        _ => return tr!(t, "sending"),
    };
    [&waits, " ", &tr!(t, "way-open")[..]].concat()
}
