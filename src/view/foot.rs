//! What stands under every view: who is here, and the way back to one's own words.

use super::remember::forget;
use crate::config::Tab;
use crate::dom::{El, button, classed, el};
use crate::locale::{Locale, tr};
use crate::peers;
use crate::session::{Mine, Session};

/// Peers, not professionals; and what leaving quickly cannot do.
pub fn foot(session: Session, t: Locale) -> El {
    let who = [&tr!(t, "foot-peers"), " ", &tr!(t, "foot-read")[..]].concat();
    classed("div", "foot")
        .child(el("p").text(&who))
        .child(button("link", &tr!(t, "have-code"), move || peers::mine(session)))
        .child(el("p").text(&tr!(t, "leave-honest")))
        .child(forget(session, t, "forget-all"))
}

/// Goes to what the visitor wrote before.
pub fn open_mine(session: Session, mine: Mine) {
    session.mine.set(Some(mine));
    session.show(Tab::Write);
    session.focus("mine-title");
}
