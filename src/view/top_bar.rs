//! The bar at the top: what this is, in which language and for which country, and the way out.

use super::{choice, country_picker, icon, icons, panel};
use crate::browser::Names;
use crate::dom::{El, button, classed, el};
use crate::locale::{LANGUAGES, Locale, tr};
use crate::session::Session;

/// Title, *Leave quickly*, language and country. Leaving is always in sight, never behind a menu.
pub fn top_bar(session: Session, t: Locale) -> El {
    let close = (!session.kept().config.is_inline).then(|| {
        button("close", "", move || session.kept().config.close())
            .attr("aria-label", &tr!(t, "close"))
            .child(icon(icons::CLOSE))
    });
    let leave = button("leave", "", move || session.kept().config.leave())
        .attr("part", "leave")
        .child(icon(icons::LEAVE))
        .child(el("span").text(&tr!(t, "leave")));
    classed("div", "top").child(el("h1").text(&tr!(t, "title"))).children(close).child(leave).child(
        classed("div", "where")
            .child(country_picker::country_picker(session, t))
            .child(language_picker(session, t)),
    )
}

/// The languages, each by its own name.
fn language_picker(session: Session, t: Locale) -> El {
    let choices = LANGUAGES
        .iter()
        .map(|language| ((*language).to_owned(), Names::new(language, "language").of(language)))
        .collect();
    let speak = move |language| panel::speak(session, t, language);
    choice(&tr!(t, "language"), "small", choices, &t.language(), speak)
}
