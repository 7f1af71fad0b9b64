//! Whom to call, text or chat with.

use peer_support_domain::bundle;
use peer_support_domain::country::Country;
use peer_support_domain::helpline::{AsOf, Directory, Line, rank};
use peer_support_domain::hours::{LocalTime, TimeZone};

use super::line::line;
use super::quiet;
use crate::api;
use crate::browser;
use crate::dom::{El, button, classed, el};
use crate::locale::{Locale, key, tr};
use crate::session::{Load, Session, shown_in};
use crate::signal::Signal;

/// The emergency numbers and best lines of every country, so that help needs no request.
pub static ESSENTIALS: &str = include_str!(concat!(env!("OUT_DIR"), "/essentials.txt"));

/// Lines that stand open; the others are one tap away. A wall of numbers helps nobody choose.
const N_BEST: usize = 2;

/// What is inside the wasm for `country`.
pub fn essentials(country: Country) -> Option<Directory> {
    bundle::essentials(ESSENTIALS, country)
}

/// The lines of the chosen country: those inside the wasm at once, and the whole directory when it has come.
pub fn help_now(session: Session, t: Locale) -> El {
    el("div").children_of(move || match session.country.get() {
        Some(country) => vec![in_country(session, t, country)],
        None => vec![quiet(&tr!(t, "choose-country"))],
    })
}

fn in_country(session: Session, t: Locale, country: Country) -> El {
    let directory = Signal::new(Load::Waiting);
    let address = session.kept().config.directory_address(country);
    api::directory(address, shown_in(directory));
    let lines = move || match &*directory.share() {
        Load::Ready(whole) if whole.country == country => lines_of(t, country, &whole.lines),
        _ => lines_of(t, country, &essentials(country).map(|some| some.lines).unwrap_or_default()),
    };
    let failure = move || match *directory.share() {
        Load::Failed(_) => vec![quiet(&tr!(t, "directory-failed"))],
        _ => Vec::new(),
    };
    let name = t.country(country.as_str());
    classed("section", "help")
        .attr("aria-labelledby", "help-title")
        .child(el("h2").attr("id", "help-title").text(&tr!(t, "help-title", country = name)))
        .children(other_country(session, t, country))
        .children_of(lines)
        .children_of(failure)
        .child(classed("p", "quiet").text(&tr!(t, "not-called")))
}

/// One tap to the other country that the visitor may be in.
fn other_country(session: Session, t: Locale, country: Country) -> Option<El> {
    let kept = session.kept();
    let candidates = &kept.config.candidates;
    let other =
        candidates.iter().copied().find(|other| *other != country && candidates.contains(&country))?;
    let (name, other_name) = (t.country(country.as_str()), t.country(other.as_str()));
    let switch = classed("p", "not-in").child(el("span").text(&tr!(t, "not-in", country = name))).child(
        button("plain", &tr!(t, "use-country", country = other_name), move || {
            session.country.set(Some(other))
        }),
    );
    Some(switch)
}

/// The best lines open, the rest behind one tap.
fn lines_of(t: Locale, country: Country, lines: &[Line]) -> Vec<El> {
    if lines.is_empty() {
        let name = t.country(country.as_str());
        return vec![quiet(&tr!(t, "no-lines", country = name))];
    }
    let today = browser::today();
    // Formatting a time costs a millisecond on an old phone, and most lines of a country share a zone.
    let mut known: Vec<(TimeZone, Option<LocalTime>)> = Vec::new();
    for zone in lines.iter().filter_map(|line| line.time_zone.as_ref()) {
        if !known.iter().any(|(known, _)| known == zone) {
            known.push((zone.clone(), browser::local_time(zone)));
        }
    }
    let local_time = |zone: &TimeZone| known.iter().find(|(known, _)| known == zone)?.1;
    let mut rows: Vec<_> = rank(lines, &[], local_time)
        .into_iter()
        .enumerate()
        .map(|(place, line)| self::line(t, line, line.state(local_time), place == 0, today))
        .collect();
    let more = rows.split_off(N_BEST.min(rows.len()));
    let n_more = u32::try_from(more.len()).unwrap_or_default();
    let mut shown = vec![classed("ul", "lines").children(rows)];
    if n_more > 0 {
        let summary = el("summary").text(&t.count(&key!("more-lines"), n_more));
        shown.push(classed("details", "more").child(summary).child(classed("ul", "lines").children(more)));
    }
    shown
}

/// The visitor's date, where the browser tells it.
pub type Today = Option<AsOf>;
