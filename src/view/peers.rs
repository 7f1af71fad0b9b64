//! The views of the peer space. They are a module of their own, which the panel fetches when somebody enters them.

use peer_support_domain::moment;
use wasm_bindgen::JsCast;

use super::{stories, write};
use crate::browser;
use crate::config::Tab;
use crate::dom::{El, el, follow_attribute};
use crate::locale::{Locale, key, tr};
use crate::sending;
use crate::session::{Load, Session};

/// *Stories* and *Write*, each drawn when it is first shown, and anew when the language changes.
pub fn views(session: Session, t: Locale) -> [El; 2] {
    browser::when_online(move || sending::back_online(session));
    if let Some(root) = session.root() {
        let is_calm = move || session.reading().is_calm.get().then_some("");
        follow_attribute(root.unchecked_ref(), "data-calm", Box::new(is_calm));
    }
    browser::each_minute(move || session.reading().now_ms.set(browser::now_ms()));
    [Tab::Stories, Tab::Write].map(|tab| {
        el("div").children_of(move || {
            t.track();
            if !session.was_visited[tab as usize].get() {
                return Vec::new();
            }
            let view =
                if tab == Tab::Stories { stories::stories(session, t) } else { write::write(session, t) };
            vec![view, within(session, t)]
        })
    })
}

/// How soon somebody reads what is sent, once the site has said so.
fn within(session: Session, t: Locale) -> El {
    el("p").attr("class", "quiet within").text_of(move || match &*session.site.share() {
        Load::Ready(site) => {
            let within = t.count(key!("within-hours"), moment::hours_to_wait(site.decision_target_ms));
            match (site.is_staffed, site.changes_at) {
                (Some(true), _) => [&tr!(t, "team-here"), " ", &within[..]].concat(),
                (Some(false), Some(at)) => {
                    let time = browser::time_of_day(&t.language(), at, None);
                    [&tr!(t, "team-back", time = time), " ", &within[..]].concat()
                }
                _ => within,
            }
        }
        _ => String::new(),
    })
}
