//! What stands under every view: who is here, when it is watched, and the way back to one's own words.

use peer_support_domain::moment;

use crate::config::Tab;
use crate::dom::{El, button, classed, el};
use crate::locale::{Locale, key, tr};
use crate::session::{Load, Mine, Session};

/// Peers, not professionals; and how soon somebody reads, once the site has said so.
pub fn foot(session: Session, t: Locale) -> El {
    let within = move || match &*session.site.share() {
        Load::Ready(site) => t.count(&key!("within-hours"), moment::hours_to_wait(site.decision_target_ms)),
        _ => String::new(),
    };
    let who = [&tr!(t, "foot-peers"), " ", &tr!(t, "foot-read"), " "].concat();
    classed("div", "foot").child(el("p").text(&who).text_of(within)).child(button(
        "link",
        &tr!(t, "have-code"),
        move || open_mine(session, Mine { code: None }),
    ))
}

/// Goes to what the visitor wrote before.
pub fn open_mine(session: Session, mine: Mine) {
    session.mine.set(Some(mine));
    session.show(Tab::Write);
    session.focus("mine-title");
}
