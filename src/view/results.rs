//! The lines for what is asked: one or two that stand open, the others one tap away. A wall of numbers helps nobody choose.

use std::cell::RefCell;
use std::mem;
use std::rc::Rc;

use leptos::prelude::{Owner, untrack};
use peer_support_domain::helpline::{Directory, Line, LineId};
use peer_support_domain::hours::{Opening, TimeZone};
use peer_support_domain::lookup::{Shown, Visitor, look_up};
use peer_support_domain::search::named;

use super::line::Contacts;
use super::{keep, line, quiet, search};
use crate::browser::{self, Clock};
use crate::directories::{Here, Rung};
use crate::dom::{El, classed, el, follow};
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
                let first = lines.remove(place);
                lines.insert(0, first);
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
    let is_opened = Signal::new(());
    let lists = [(); 2].map(|()| classed("ul", "lines"));
    let summary = el("summary");
    let more = classed("details", "more")
        .on("toggle", move |_| is_opened.set(()))
        .child(summary.clone())
        .child(lists[1].clone());
    let drawn = Rc::new(RefCell::new(Drawn {
        of: session.here.share_now(),
        cards: Vec::new(),
        n_best: 0,
        lists: lists.clone(),
        more: more.clone(),
        summary,
        owner: Owner::current().unwrap_or_default(),
    }));
    let (asked, before, others) = (openings.clone(), drawn.clone(), more.node().clone());
    let said = move || {
        let (mut said, mut list) = ((String::new(), true), Vec::new());
        found(session, &asked, &mut |found| {
            said = sentence(session, t, &found);
            list = outline(&found);
        });
        is_unseen.set(said.1);
        if *listed.share_now() != list {
            let is_asked = Rc::ptr_eq(&before.borrow().of, &session.here.share_now());
            if is_asked {
                // Other lines are asked for: a country may have a hundred, and each letter typed draws anew.
                let _ = others.remove_attribute("open");
            }
            listed.set(list);
        }
        said.0
    };
    let status = el("p")
        .attr("role", "status")
        .attr_of("class", move || Some(if is_unseen.get() { "unseen" } else { "notice" }))
        .text_of(said);
    let asked = openings.clone();
    follow(Box::new(move || {
        listed.share();
        is_opened.get();
        // As it is now: the list goes on standing when that changes.
        untrack(|| found(session, &asked, &mut |found| drawn.borrow_mut().draw(session, t, found)));
    }));
    let [best, _] = lists;
    classed("div", "results")
        .child(status)
        .child(best)
        .child(more)
        .children_of(move || {
            let here = session.here.share();
            let Some(Here { directory, rung }) = &*here else { return Vec::new() };
            let country = t.country(directory.country.as_str());
            let nothing = directory.lines.is_empty().then(|| quiet(&tr!(t, "no-lines", country = country)));
            let failed = (*rung == Rung::Alone).then(|| quiet(&tr!(t, "directory-failed")));
            nothing.into_iter().chain(failed).collect()
        })
        .child(keep::keep(session, t, openings))
}

/// The lines as they are shown.
struct Drawn {
    /// What they were found in.
    of: Rc<Option<Here>>,
    /// In their order.
    cards: Vec<Card>,
    /// How many of them stand open.
    n_best: usize,
    /// Where they stand: those that are open, and the others.
    lists: [El; 2],
    /// What opens the others.
    more: El,
    summary: El,
    /// Of the whole view.
    owner: Owner,
}

/// A line as it is shown. It stays when lines are drawn anew: somebody may be reading about it, or about to press a number.
struct Card {
    id: LineId,
    card: El,
    contacts: Contacts,
    /// What its parts belong to, which may be of different ages.
    owners: Vec<Owner>,
}

impl Drawn {
    /// Draws what was found: the lines that stand open, and the others when they are opened.
    fn draw(&mut self, session: Session, t: Locale, found: Found<'_>) {
        let Found { mut lines, n_best, opening, .. } = found;
        let mut n_best = n_best.min(lines.len());
        let here = session.here.share_now();
        if !Rc::ptr_eq(&self.of, &here) {
            // Nobody asked for something else, more is known: a line that somebody is at keeps its place.
            for (at, card) in self.cards.iter().take(self.n_best).enumerate() {
                let place = lines.iter().position(|shown| shown.line.id == card.id);
                let is_used = card.card.node().query_selector("a:hover,:focus,[open],[aria-expanded=true]");
                if let (Some(place), Ok(Some(_))) = (place, is_used) {
                    n_best += usize::from(place >= n_best);
                    let shown = lines.remove(place);
                    lines.insert(at.min(lines.len()), shown);
                }
            }
            self.of = here;
        }
        let n_shown = if self.more.node().has_attribute("open") { lines.len() } else { n_best };
        let focused = session.root().and_then(|root| browser::first(&root, ".lines :focus"));
        let focused = focused.and_then(|focused| Some((focused.clone(), focused.closest("li").ok()??)));
        let mut old = mem::take(&mut self.cards);
        for (place, shown) in lines.iter().take(n_shown).enumerate() {
            let line = shown.line;
            let mut card = match old.iter().position(|card| card.id == line.id) {
                Some(at) => old.swap_remove(at),
                None => Card {
                    id: line.id.clone(),
                    card: el("li"),
                    contacts: Contacts::default(),
                    owners: Vec::new(),
                },
            };
            let owner = self.owner.child();
            let new = owner.with(|| line::line(session, t, shown, opening(line), &card.contacts));
            if card.card.turn_into(&new) {
                card.owners.push(owner);
            }
            card.card.clone().attr("class", if place == 0 { "card crisis" } else { "card" });
            self.cards.push(card);
        }
        let cards: Vec<_> = self.cards.iter().map(|card| card.card.clone()).collect();
        let (best, more) = cards.split_at(n_best);
        self.lists[0].hold(best);
        self.lists[1].hold(more);
        self.n_best = n_best;
        // What was moved has lost the focus; and where it was on what is no longer so, it goes to the name of the line.
        if let Some((focused, card)) = focused {
            browser::focus_on(&focused);
            if !focused.is_connected()
                && let Ok(Some(name)) = card.query_selector("h3")
            {
                browser::focus_on(&name);
            }
        }
        let n_more = u32::try_from(lines.len() - n_best).unwrap_or_default();
        self.summary.turn_into(&el("p").child(el("span").text(&t.count(key!("more-lines"), n_more))));
        self.more.clone().attr_some("hidden", (n_more == 0).then_some(""));
    }
}

/// All that is shown of a directory, in its order: where each contact lies, and how many lines stand open.
fn outline(found: &Found<'_>) -> Vec<usize> {
    let mut outline = vec![found.n_best];
    for shown in &found.lines {
        for contact in &shown.contacts {
            outline.push(std::ptr::from_ref(*contact).addr());
        }
    }
    outline
}

/// The library's way is 0.2 KB by brotli.
fn joined(names: Vec<String>) -> String {
    let mut joined = String::new();
    for name in names {
        if !joined.is_empty() {
            joined += ", ";
        }
        joined += &name;
    }
    joined
}

/// What the list shows, for those who do not see it change, in which case the second is true; and for all where it is not
/// what was asked for.
fn sentence(session: Session, t: Locale, found: &Found<'_>) -> (String, bool) {
    let needs: Vec<_> = session.needs.all.share().iter().map(|need| search::name(t, need)).collect();
    let (needs, name) = (joined(needs), session.needs.name.get());
    let best: Vec<_> = found.lines[..found.n_best.min(found.lines.len())]
        .iter()
        .map(|shown| shown.line.name.as_str().to_owned())
        .collect();
    let best = joined(best);
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
