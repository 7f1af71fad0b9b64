//! The clock of an item: how long it waits, and how long it should. It goes on by itself, and is never read out by itself.

use leptos::prelude::*;
use peer_support_domain::wire::QueueItem;

use crate::browser;
use crate::locale::tr;
use crate::work::Work;

/// Since when an item waits, and until when it should; `None` for what does not wait.
#[must_use]
pub fn span_of(item: &QueueItem) -> Option<(i64, i64)> {
    Some((item.waits_since?, item.decision_expected_at?))
}

/// Whether it waits for too long.
pub fn is_late(work: Work, span: Option<(i64, i64)>) -> Memo<bool> {
    Memo::new(move |_| span.is_some_and(|(_, due)| work.now_ms.get() > due))
}

/// In a few words, for the list: `1 hr, 40 min left`, `overdue by 20 min`.
pub fn short(work: Work, (_, due): (i64, i64)) -> Memo<String> {
    Memo::new(move |_| match work.now_ms.get() {
        now if now > due => tr!("overdue-by", late = browser::duration(now - due, false)),
        now => tr!("clock-left", left = browser::duration(due - now, false)),
    })
}

/// All of it, for the item: `waiting 14 minutes, target 2 hours, due 21:30`.
#[component]
pub fn Clock(work: Work, span: (i64, i64)) -> impl IntoView {
    let (since, due) = span;
    let is_late = is_late(work, Some(span));
    // A memo, so that the words change once a minute and not at every tick.
    let words = Memo::new(move |_| {
        let now = work.now_ms.get();
        let waited = browser::duration(now - since, true);
        let target = browser::duration(due - since, true);
        if now > due {
            let late = browser::duration(now - due, true);
            tr!("clock-late", late = late, waited = waited, target = target)
        } else {
            tr!("clock-waits", waited = waited, target = target, due = browser::clock(due, now))
        }
    });
    view! {
        <p class="clock" class:overdue=is_late>
            <time datetime=browser::machine_time(due)>{words}</time>
        </p>
    }
}
