//! The whole panel: what always stands, and the view between.

use super::{emergency_strip, failed, foot, help_now, tabs, top_bar, waiting};
use crate::api;
use crate::config::{Tab, Theme};
use crate::dom::{El, classed, el, follow};
use crate::locale::{LANGUAGES, Locale, tr};
use crate::peers;
use crate::session::{Load, Session};

/// The panel in the visitor's language; drawn anew when that changes.
pub fn panel(session: Session, t: Locale) -> El {
    speak(session, t, session.kept().config.locale.clone());
    classed("div", "whole").children_of(move || {
        t.track();
        vec![in_language(session, t)]
    })
}

/// Changes the language, as soon as its texts are there. Without them the panel stays as it is, and readable.
///
/// The loader knows languages by two letters: `pt` is Brazilian here, and `zh` is written in simplified signs. Whoever reads
/// traditional ones reads these with little effort, and English often with more; the same goes for Portugal.
pub fn speak(session: Session, t: Locale, language: String) {
    let Some(language) = LANGUAGES.iter().find(|tag| tag.starts_with(&*language)) else { return };
    let language = *language;
    if language == t.language() {
        return;
    }
    if language == "en" {
        t.speak("en", None);
        return peers::speak(session);
    }
    let address = session.kept().config.locale_address(language);
    api::texts(address, move |answer| {
        if let Ok(texts) = answer
            && session.is_there()
        {
            t.speak(language, Some(texts));
            peers::speak(session);
        }
    });
}

fn in_language(session: Session, t: Locale) -> El {
    let kept = session.kept();
    let theme = match kept.config.theme {
        Theme::Auto => None,
        Theme::Light => Some("light"),
        Theme::Dark => Some("dark"),
    };
    let is_inline = kept.config.is_inline;
    let panel = classed("div", "panel shell")
        .attr("part", "panel")
        .attr("lang", &t.language())
        .attr("dir", &tr!(t, "dir"))
        .attr_some("data-theme", theme)
        .on_key(move |event| {
            // What is open inside has already taken the key for itself.
            if event.key() == "Escape" && !event.default_prevented() && !is_inline {
                event.prevent_default();
                session.kept().config.close();
            }
        })
        .child(top_bar::top_bar(session, t))
        .child(emergency_strip::emergency_strip(session, t))
        .child(tabs::tabs(session, t));
    // The views share what scrolls, and each keeps its place in it.
    let scroll = classed("div", "scroll");
    let node = scroll.node().clone();
    let panel = panel.child(
        scroll
            .children(Tab::ALL.map(|tab| tab_panel(session, t, tab)))
            // What is about to come would push it away from under the finger.
            .child(foot::foot(session, t).attr_of("hidden", move || {
                let is_waiting = matches!(*session.peers.share(), Some(Load::Waiting));
                (is_waiting && session.tab.get() != Tab::Help).then_some("")
            })),
    );
    // After the view was shown that this follows, too.
    follow(Box::new(move || {
        let tab = session.tab.get();
        node.set_scroll_top(session.kept().places_in_view.get()[tab as usize]);
    }));
    panel
}

/// One view, drawn when it is first shown; from then on only hidden, so that what was opened and written in it stays.
fn tab_panel(session: Session, t: Locale, tab: Tab) -> El {
    let panel = el("div")
        .attr("role", "tabpanel")
        .attr("id", tab.panel_id())
        .attr("aria-labelledby", tab.tab_id())
        .attr_of("hidden", move || (session.tab.get() != tab).then_some(""));
    let place = match tab {
        Tab::Help => None,
        Tab::Stories => Some(0),
        Tab::Write => Some(1),
    };
    let Some(place) = place else {
        return panel.children_of(move || {
            let is_visited = session.was_visited[tab as usize].get();
            is_visited.then(|| help_now::help_now(session, t)).into_iter().collect()
        });
    };
    // What the peer space has drawn stays in its place when the panel is drawn anew in another language.
    panel.child(session.kept().places[place].clone()).children_of(move || match &*session.peers.share() {
        Some(Load::Waiting) => vec![waiting(t)],
        Some(Load::Failed(failure)) => vec![failed(t, *failure, move || peers::fetch(session, tab))],
        None | Some(Load::Ready(())) => Vec::new(),
    })
}
