//! "Remember on this device": off at first, chosen knowingly, and undone by one tap.

use super::{notice, quiet};
use crate::dom::{El, button, classed, el};
use crate::locale::{Locale, tr};
use crate::session::Session;
use crate::signal::Signal;

/// The choice to remember, with what it means; once it is made, the way to undo it.
pub fn remember(session: Session, t: Locale) -> El {
    let is_refused = Signal::new(false);
    let choice = move || {
        if session.is_kept.get() {
            return Vec::new();
        }
        let input = el("input").attr("type", "checkbox").attr("aria-describedby", "remember-why").on(
            "change",
            move |_| {
                let is_kept = session.remember();
                is_refused.set(!is_kept);
                if is_kept {
                    session.focus("forget");
                }
            },
        );
        let label = classed("label", "option").child(input).child(el("span").text(&tr!(t, "remember")));
        let refused = is_refused.get().then(|| notice(&tr!(t, "remember-failed")));
        let why = classed("p", "hint").attr("id", "remember-why").text(&tr!(t, "remember-why"));
        [label, why].into_iter().chain(refused).collect()
    };
    classed("div", "remember").children_of(choice).child(forget(session, t, "forget"))
}

/// The way to forget, where anything is remembered.
pub fn forget(session: Session, t: Locale, id: &'static str) -> El {
    let was_forgotten = Signal::new(false);
    el("div").children_of(move || {
        if session.is_kept.get() {
            let forget = button("link", &tr!(t, "forget"), move || {
                was_forgotten.set(true);
                session.forget();
            });
            let what = el("p").text(&tr!(t, "remember-leave"));
            return vec![what, forget.attr("id", id)];
        }
        was_forgotten.get().then(|| quiet(&tr!(t, "forgotten"))).into_iter().collect()
    })
}
