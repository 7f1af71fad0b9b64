//! Whom to call, text or chat with.

use peer_support_domain::country::Country;
use peer_support_domain::lookup::{Visitor, look_up};

use super::line::way;
use super::{quiet, results, search, worried};
use crate::browser;
use crate::directories::essentials;
use crate::dom::{El, button, classed, el};
use crate::locale::{Locale, tr};
use crate::session::Session;

/// The lines of the chosen country; or, where that is not known, the question for it.
pub fn help_now(session: Session, t: Locale) -> El {
    search::fetch_terms(session, t);
    el("div").children_of(move || match session.country.get() {
        Some(country) => vec![in_country(session, t, country)],
        None => vec![where_are_you(session, t)],
    })
}

fn in_country(session: Session, t: Locale, country: Country) -> El {
    let name = t.country(country.as_str());
    classed("section", "help")
        .attr("aria-labelledby", "help-title")
        .child(classed("h2", "unseen").attr("id", "help-title").attr("tabindex", "-1").text(&tr!(
            t,
            "help-title",
            country = name
        )))
        .child(search::search(session, t))
        .child(results::results(session, t))
        .child(classed("p", "quiet").text(&tr!(t, "not-called")))
        .child(worried::worried(session, t))
}

/// Asked where time zone and languages disagree, or tell nothing. The numbers of each country stand beside its button.
fn where_are_you(session: Session, t: Locale) -> El {
    let candidates = session.kept().config.candidates.clone();
    let why = if candidates.is_empty() { tr!(t, "choose-country") } else { tr!(t, "where-why") };
    classed("section", "help")
        .attr("aria-labelledby", "where-title")
        .child(el("h2").attr("id", "where-title").text(&tr!(t, "where-title")))
        .child(quiet(&why))
        .children(candidates.into_iter().map(|country| candidate(session, t, country)))
}

fn candidate(session: Session, t: Locale, country: Country) -> El {
    let name = t.country(country.as_str());
    let directory = essentials(country);
    let nothing = Default::default();
    let found = look_up(
        &directory,
        &nothing,
        &Visitor { speaks: &browser::languages(), today: browser::today() },
        |_| None,
    );
    let line = found.best.first().map(|shown| {
        let name = el("p").attr("dir", "auto").text(shown.line.name.as_str());
        let way = shown.contacts.first().map(|contact| way(t, contact, true));
        classed("div", "ways").child(name).children(way.unwrap_or_default())
    });
    classed("div", "card").child(el("h3").text(&name)).children(line).child(button(
        "main",
        &tr!(t, "i-am-in", country = name),
        move || {
            session.enter(country);
            session.focus("help-title");
        },
    ))
}
