//! The lines for what is asked: one or two that stand open, the others one tap away. A wall of numbers helps nobody choose.

use std::cell::RefCell;
use std::rc::Rc;

use peer_support_domain::helpline::{Directory, Line};
use peer_support_domain::hours::{Opening, TimeZone};
use peer_support_domain::lookup::{Shown, Visitor, look_up};
use peer_support_domain::search::named;

use super::{keep, line, quiet, search};
use crate::browser::{self, Clock};
use crate::directories::{Here, Rung};
use crate::dom::{El, classed, el};
use crate::locale::{Locale, key, tr};
use crate::session::Session;
use crate::signal::Signal;

/// Lines that stand open at most.
const N_BEST: usize = 2;
const MINUTE_MS: i64 = 60_000;

/// When each line of a directory opens or closes, in the order of its lines: asked of the browser once a minute and not
/// at every letter that is typed.
#[derive(Default)]
pub struct Openings {
    of: Option<Rc<Option<Here>>>,
    minute: i64,
    known: Vec<Option<Opening>>,
}

impl Openings {
    fn refresh(&mut self, here: &Rc<Option<Here>>, directory: &Directory) {
        let now_ms = browser::now_ms();
        let is_of_these = self.of.as_ref().is_some_and(|of| Rc::ptr_eq(of, here));
        if is_of_these && self.minute == now_ms / MINUTE_MS {
            return;
        }
        // Most lines of a country share a zone.
        let mut clocks: Vec<(TimeZone, Clock)> = Vec::new();
        let mut opening = |line: &Line| {
            let hours = line.hours.as_ref()?;
            let clock = line.time_zone.as_ref().map(|zone| {
                let place = clocks.iter().position(|(known, _)| known == zone).unwrap_or_else(|| {
                    clocks.push((zone.clone(), Clock::new(zone)));
                    clocks.len() - 1
                });
                &clocks[place].1
            });
            hours.opening_at(now_ms, |ms| clock?.at(ms))
        };
        self.known = directory.lines.iter().map(&mut opening).collect();
        self.minute = now_ms / MINUTE_MS;
        self.of = Some(here.clone());
    }

    fn opening(&self, directory: &Directory, line: &Line) -> Option<Opening> {
        let place = directory.lines.iter().position(|other| std::ptr::eq(other, line))?;
        self.known.get(place).copied().flatten()
    }
}

/// What a lookup found, in the order to show it.
pub struct Found<'a> {
    /// Where it was found.
    pub directory: &'a Directory,
    /// All lines.
    pub lines: Vec<Shown<'a>>,
    /// How many of them stand open.
    pub n_best: usize,
    /// Whether the first fits what was asked.
    pub serves: bool,
    /// When a line answers.
    pub opening: &'a dyn Fn(&Line) -> Option<Opening>,
}

/// Looks up what is asked, and gives it to `show`. Whoever calls it inside a view is asked again when that changes.
pub fn found(session: Session, openings: &RefCell<Openings>, show: &mut dyn FnMut(Found<'_>)) {
    let shared = session.here.share();
    let Some(here) = &*shared else { return };
    let directory = &here.directory;
    openings.borrow_mut().refresh(&shared, directory);
    let opening = |line: &Line| openings.borrow().opening(directory, line);
    let ask = session.needs.ask(session.region.get());
    let visitor = Visitor { speaks: &browser::languages(), today: browser::today() };
    let found = look_up(directory, &ask, &visitor, opening);
    let mut serves = found.serves;
    let mut n_best = found.best.len();
    let mut lines = found.best;
    lines.extend(found.more);
    let name = session.needs.name.get();
    if !name.is_empty() {
        let named = named(&directory.lines, &name);
        for line in named.iter().rev() {
            if let Some(place) = lines.iter().position(|shown| std::ptr::eq(shown.line, *line)) {
                lines[..=place].rotate_right(1);
            }
        }
        if !named.is_empty() {
            (n_best, serves) = (named.len().min(N_BEST), true);
        }
    }
    show(Found { directory, lines, n_best, serves, opening: &opening });
}

/// The lines, and a word on what they are the answer to.
pub fn results(session: Session, t: Locale) -> El {
    let openings = Rc::new(RefCell::default());
    let is_unseen = Signal::new(true);
    // What the list shows: it is drawn anew when that changes, and not at every letter.
    let listed = Signal::new(Vec::new());
    let (asked, drawn) = (openings.clone(), openings.clone());
    let said = move || {
        let (mut said, mut list) = ((String::new(), true), Vec::new());
        found(session, &asked, &mut |found| {
            said = sentence(session, t, &found);
            list = outline(&found);
        });
        is_unseen.set(said.1);
        if *listed.share_now() != list {
            listed.set(list);
        }
        said.0
    };
    let status = el("p")
        .attr("role", "status")
        .attr_of("class", move || Some(if is_unseen.get() { "unseen" } else { "notice" }))
        .text_of(said);
    classed("div", "results")
        .child(status)
        .children_of(move || {
            listed.share();
            let here = session.here.share();
            let mut shown = Vec::new();
            found_now(session, &drawn, &mut |found| shown = lists(session, t, &found, &drawn));
            let is_alone = here.as_ref().as_ref().is_some_and(|here| here.rung == Rung::Alone);
            shown.extend(is_alone.then(|| quiet(&tr!(t, "directory-failed"))));
            shown
        })
        .child(keep::keep(session, t, openings))
}

/// All that is shown of a directory, in its order: where each contact lies, and how many lines stand open.
fn outline(found: &Found<'_>) -> Vec<usize> {
    let contacts = found.lines.iter().flat_map(|shown| &shown.contacts);
    let mut outline: Vec<usize> = contacts.map(|contact| std::ptr::from_ref(*contact).addr()).collect();
    outline.push(found.n_best);
    outline
}

/// What the list shows, for those who do not see it change, in which case the second is true; and for all where it is not
/// what was asked for.
fn sentence(session: Session, t: Locale, found: &Found<'_>) -> (String, bool) {
    let needs: Vec<_> = session.needs.all.share().iter().map(|need| search::name(t, need)).collect();
    let (needs, name) = (needs.join(", "), session.needs.name.get());
    let best: Vec<_> = found.lines[..found.n_best.min(found.lines.len())]
        .iter()
        .map(|shown| shown.line.name.as_str())
        .collect();
    let best = best.join(", ");
    let country = t.country(found.directory.country.as_str());
    match () {
        () if found.lines.is_empty() => (String::new(), true),
        () if !found.serves => (tr!(t, "none-exact", country = country), false),
        () if !needs.is_empty() => (tr!(t, "found", needs = needs, names = best), true),
        () if name.is_empty() => (String::new(), true),
        () if named(&found.directory.lines, &name).is_empty() => match session.terms.share().is_some() {
            // Two letters say nothing yet.
            true if name.trim().chars().count() > 2 => (tr!(t, "not-understood"), false),
            _ => (String::new(), true),
        },
        () => (tr!(t, "found", needs = name, names = best), true),
    }
}

fn lists(session: Session, t: Locale, found: &Found<'_>, openings: &Rc<RefCell<Openings>>) -> Vec<El> {
    if found.lines.is_empty() {
        let name = t.country(found.directory.country.as_str());
        return vec![quiet(&tr!(t, "no-lines", country = name))];
    }
    let n_best = found.n_best.min(found.lines.len());
    let mut shown = vec![classed("ul", "lines").children(rows(session, t, found, 0, n_best))];
    let n_more = u32::try_from(found.lines.len() - n_best).unwrap_or_default();
    if n_more > 0 {
        // Drawn when it is opened: a country may have a hundred lines, and each letter typed draws anew.
        let is_opened = Signal::new(false);
        let openings = openings.clone();
        let list = classed("ul", "lines").children_of(move || {
            let mut shown = Vec::new();
            if is_opened.get() {
                found_now(session, &openings, &mut |found| {
                    shown = rows(session, t, &found, n_best, found.lines.len());
                });
            }
            shown
        });
        let summary = el("summary").text(&t.count(key!("more-lines"), n_more));
        let more = classed("details", "more").on("toggle", move |_| is_opened.set(true));
        shown.push(more.child(summary).child(list));
    }
    shown
}

/// As [`found`], for what is drawn by the list that stands: it goes when that changes.
fn found_now(session: Session, openings: &RefCell<Openings>, show: &mut dyn FnMut(Found<'_>)) {
    leptos::prelude::untrack(|| found(session, openings, show));
}

fn rows(session: Session, t: Locale, found: &Found<'_>, from: usize, to: usize) -> Vec<El> {
    let row = |(place, shown): (usize, &Shown<'_>)| {
        line::line(session, t, shown, (found.opening)(shown.line), from + place == 0)
    };
    found.lines[from..to].iter().enumerate().map(row).collect()
}
