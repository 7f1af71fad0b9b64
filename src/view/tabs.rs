//! The three tabs.

use crate::config::Tab;
use crate::dom::{El, button, classed};
use crate::locale::{Locale, tr};
use crate::peers;
use crate::session::Session;

/// One stop for the Tab key; arrows, Home and End go from one to the other and show it at once.
pub fn tabs(session: Session, t: Locale) -> El {
    // Arrows go where they point, also where the first tab stands on the right.
    let (right, left) = if tr!(t, "dir") == "rtl" { (2, 1) } else { (1, 2) };
    let tab = |tab: Tab| {
        let name = match tab {
            Tab::Help => tr!(t, "tab-help"),
            Tab::Stories => tr!(t, "tab-stories"),
            Tab::Write => tr!(t, "tab-write"),
        };
        button("tab", &name, move || session.show(tab))
            .attr("role", "tab")
            // Intent: what is fetched now is there when the press comes.
            .on("pointerenter", move |_| {
                if tab != Tab::Help {
                    peers::fetch(session, tab);
                }
            })
            .attr("id", tab.tab_id())
            .attr("aria-controls", tab.panel_id())
            .attr_of("aria-selected", move || Some(if session.tab.get() == tab { "true" } else { "false" }))
            .attr_of("tabindex", move || Some(if session.tab.get() == tab { "0" } else { "-1" }))
    };
    classed("div", "tabs")
        .attr("role", "tablist")
        .attr("aria-label", &tr!(t, "title"))
        .on_key(move |event| {
            let now = session.tab.now() as usize;
            let next = match event.key().as_str() {
                "ArrowRight" => (now + right) % 3,
                "ArrowLeft" => (now + left) % 3,
                "Home" => 0,
                "End" => 2,
                _ => return,
            };
            event.prevent_default();
            session.show(Tab::ALL[next]);
            session.focus(Tab::ALL[next].tab_id());
        })
        .children(Tab::ALL.map(tab))
}
