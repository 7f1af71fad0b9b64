//! The numbers on a card of their own: to print, or to save as a file that needs neither us nor a network.

use std::cell::RefCell;
use std::rc::Rc;

use peer_support_domain::helpline::{Directory, Line};

use super::actions;
use super::emergency_strip::service_name;
use super::line::{said, words};
use super::results::{Openings, found};
use crate::browser;
use crate::directories::Here;
use crate::dom::{El, button, classed, el, yes_no};
use crate::locale::{Locale, tr};
use crate::session::Session;
use crate::signal::Signal;

/// The file's name says nothing to others who see the folder.
const FILE_NAME: &str = "card.html";
/// Lines that can be chosen: with the emergency numbers they fill a page.
const MOST_LINES: usize = 6;
const CSS: &str = "body{font:18px/1.4 system-ui,sans-serif;max-width:40em;margin:1em auto;padding:0 1em}\
    h1{font-size:1.4em}h2{font-size:1.1em;margin:1em 0 0}p{margin:.3em 0}b{font-size:1.3em}a{color:inherit}\
    section{break-inside:avoid}";

/// A line on the card, by its place in the directory, and whether it stays there.
struct Entry {
    place: usize,
    is_kept: Signal<bool>,
}

/// The button, and behind it the choice of lines.
pub fn keep(session: Session, t: Locale, openings: Rc<RefCell<Openings>>) -> El {
    let is_open = Signal::new(false);
    let open = button("plain", &tr!(t, "keep"), move || is_open.set(!is_open.now()))
        .attr_of("aria-expanded", move || yes_no(is_open.get()));
    classed("div", "keep").child(open).children_of(move || {
        if !is_open.get() {
            return Vec::new();
        }
        let mut entries = Vec::new();
        found(session, &openings, &mut |found| {
            for (at, shown) in found.lines.iter().take(MOST_LINES).enumerate() {
                let place = found.directory.lines.iter().position(|line| std::ptr::eq(line, shown.line));
                entries.extend(place.map(|place| Entry { place, is_kept: Signal::new(at < found.n_best) }));
            }
        });
        vec![chooser(t, session.here.share(), entries)]
    })
}

fn chooser(t: Locale, here: Rc<Option<Here>>, entries: Vec<Entry>) -> El {
    let row = |entry: &Entry| {
        let is_kept = entry.is_kept;
        let input = el("input")
            .attr("type", "checkbox")
            .attr_some("checked", is_kept.now().then_some(""))
            .on("change", move |_| is_kept.set(!is_kept.now()));
        let name = here
            .iter()
            .filter_map(|here| here.directory.lines.get(entry.place))
            .map(|line| line.name.as_str());
        let name = name.collect::<String>();
        classed("label", "option").child(input).child(el("span").attr("dir", "auto").text(&name))
    };
    let rows: Vec<_> = entries.iter().map(row).collect();
    // One function for both buttons, because what it is made of is long.
    let make = Rc::new(move |prints: bool| {
        let Some(here) = &*here else { return };
        let card = card(t, &here.directory, &entries);
        // Where no window may be opened, the file can be printed.
        if !prints || !browser::print(&tr!(t, "card-title"), CSS, card.node()) {
            save(t, &card);
        }
    });
    let print = make.clone();
    classed("div", "card")
        .child(classed("fieldset", "kinds").child(el("legend").text(&tr!(t, "card-choose"))).children(rows))
        .child(el("p").text(&tr!(t, "card-warning")))
        .child(actions(vec![
            button("main", &tr!(t, "print"), move || print(true)),
            button("plain", &tr!(t, "card-save"), move || make(false)),
        ]))
}

/// What is on the card: nothing of ours but the words.
fn card(t: Locale, directory: &Directory, entries: &[Entry]) -> El {
    let country = t.country(directory.country.as_str());
    let mut emergency = el("section").child(el("h2").text(&[&tr!(t, "danger"), " ", &country[..]].concat()));
    for number in directory.emergency_to_show() {
        let name = [&service_name(t, number.service), ": {number}"].concat();
        emergency = emergency.child(link(&number.number.tel(), &name, number.number.as_str()));
    }
    let main = el("main").attr("lang", &t.language()).attr("dir", &tr!(t, "dir"));
    let mut main = main.child(el("h1").text(&tr!(t, "card-title"))).child(emergency);
    for entry in entries.iter().filter(|entry| entry.is_kept.now()) {
        if let Some(line) = directory.lines.get(entry.place) {
            main = main.child(section(t, line));
        }
    }
    let date = browser::today().map(|today| today.to_string()).unwrap_or_default();
    main.child(el("p").text(&[&tr!(t, "not-called"), " ", &date[..]].concat()))
}

fn section(t: Locale, line: &Line) -> El {
    let mut section = el("section").child(el("h2").attr("dir", "auto").text(line.name.as_str()));
    if line.hours.as_ref().is_some_and(|hours| hours.is_always()) {
        section = section.child(el("p").text(&tr!(t, "open-always")));
    }
    // What is confirmed alone, where anything is: paper is not mended.
    let is_confirmed = line.is_confirmed();
    for contact in line.contacts.iter().filter(|contact| contact.confirmed == is_confirmed) {
        let (text, value) = said(t, contact);
        // On paper nobody sees where a link leads.
        let value = if contact.kind().is_number() { value } else { contact.value() };
        section = section.child(link(&contact.href(), &text, value));
        if let Some(note) = &contact.note {
            section = section.child(el("p").attr("lang", "en").text(note.as_str()));
        }
        if !contact.confirmed {
            section = section.child(el("p").text(&tr!(t, "unconfirmed")));
        }
    }
    section
}

fn link(href: &str, text: &str, value: &str) -> El {
    el("p").child(el("a").attr("href", href).attr("rel", "noreferrer").child(words(text, value)))
}

/// A page that is whole in itself. What it says is written by the browser, so that whatever is in a name stays text.
fn save(t: Locale, card: &El) {
    let (title, body) = (tr!(t, "card-title"), card.node().outer_html());
    let head = "<!doctype html><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
        <meta name=\"referrer\" content=\"no-referrer\"><title>";
    browser::save_file(FILE_NAME, &[head, &title, "</title><style>", CSS, "</style>", &body].concat());
}
