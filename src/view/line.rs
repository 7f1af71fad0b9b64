//! One helpline: its name, when it answers, how to reach it, and how far to trust it.

use std::cell::RefCell;
use std::rc::Rc;

use peer_support_domain::contact::{Contact, Kind};
use peer_support_domain::helpline::{Audience, Freshness, Line};
use peer_support_domain::hours::Opening;
use peer_support_domain::lookup::Shown;
use peer_support_domain::wording::around;

use super::{copy_button, did_not_work, icon, icons};
use crate::browser::{self, Names};
use crate::dom::{El, button, classed, el, yes_no};
use crate::locale::{AUDIENCES, LINE_TOPICS, Locale, key, tr};
use crate::session::Session;
use crate::signal::Signal;

/// The numbers and addresses that a card shows now, in their order: the offer to say that one did not work outlives others.
pub type Contacts = Rc<RefCell<Vec<String>>>;

/// What stands on the card of a line. `opening` is whether it answers now, as far as that is known.
pub fn line(
    session: Session,
    t: Locale,
    shown: &Shown<'_>,
    opening: Option<Opening>,
    values: &Contacts,
) -> El {
    let line = shown.line;
    let is_open = matches!(opening, Some(Opening::Always | Opening::OpenUntil { .. }));
    let mut facts = vec![classed("b", if is_open { "open" } else { "" }).text(&hours(t, line, opening))];
    if line.hours.as_ref().is_some_and(|hours| !hours.is_always()) {
        facts.push(fact(&tr!(t, "holidays-unknown")));
    }
    facts.extend(line.is_free.then(|| fact(&tr!(t, "free"))));
    let is_touched = browser::is_touched();
    let mut contacts = Vec::new();
    let mut ways = classed("div", "ways");
    values.borrow_mut().clear();
    for is_later in [false, true] {
        for contact in shown.contacts.iter().copied() {
            // What a phone does itself comes first.
            if (is_touched && !contact.kind().is_number()) == is_later {
                contacts.push(contact);
                ways = ways.children(way(t, contact, is_touched));
                values.borrow_mut().push(contact.value().to_owned());
            }
        }
    }
    el("li")
        .child(el("h3").attr("dir", "auto").attr("tabindex", "-1").text(line.name.as_str()))
        .child(classed("p", "facts").children(facts))
        .child(ways)
        .child(classed("p", "facts").children(about(t, line)))
        .child(classed("p", "trust").text(&trust(t, line)))
        .children(more(t, line, &contacts, is_touched))
        .children(did_not_work::did_not_work(session, t, line, values))
}

fn fact(text: &str) -> El {
    el("span").text(text)
}

/// When it answers, by the visitor's clock, and by its own where that shows another time.
pub fn hours(t: Locale, line: &Line, opening: Option<Opening>) -> String {
    let language = t.language();
    let (ms, is_open) = match opening {
        None => return tr!(t, "hours-unknown"),
        Some(Opening::Always) => return tr!(t, "open-always"),
        Some(Opening::OpenUntil { ms }) => (ms, true),
        Some(Opening::OpensAt { ms }) => (ms, false),
    };
    let time = browser::time_of_day(&language, ms, None);
    let there = browser::time_of_day(&language, ms, line.time_zone.as_ref());
    match (is_open, time == there) {
        (true, true) => tr!(t, "open-until", time = time),
        (true, false) => tr!(t, "open-until-both", time = time, there = there),
        (false, true) => tr!(t, "opens-at", time = time),
        (false, false) => tr!(t, "opens-at-both", time = time, there = there),
    }
}

/// Whom it is for, where, what about, in which languages.
fn about(t: Locale, line: &Line) -> Vec<El> {
    let mut facts: Vec<String> = Vec::new();
    facts.extend(line.audiences.iter().filter_map(|audience| t.by_name(AUDIENCES, audience.as_str())));
    facts.extend(line.region.as_ref().map(|region| region.as_str().to_owned()));
    facts.extend(line.topics.iter().filter_map(|topic| t.by_name(LINE_TOPICS, topic.as_str())));
    let names = Names::new(&t.language(), "language");
    facts.extend(line.languages.iter().map(|language| names.of(language.as_str())));
    if line.contacts.iter().any(can_write) && !line.audiences.contains(&Audience::Deaf) {
        facts.push(tr!(t, "can-write"));
    }
    facts.iter().map(|text| fact(text)).collect()
}

/// Whether nobody has to speak: it is written to, or its note names a text phone or a relay service.
fn can_write(contact: &Contact) -> bool {
    // By hand, as in `hours.rs` of `domain`: the library's search in texts would be there for this alone.
    let has =
        |note: &str, word: &str| note.as_bytes().windows(word.len()).any(|part| part == word.as_bytes());
    let names_one =
        |note: &str| ["TTY", "TTD", "elay", "extphone", "Deaf", "deaf"].iter().any(|word| has(note, word));
    matches!(contact.kind(), Kind::Sms | Kind::Chat | Kind::WhatsApp)
        || contact.note.as_ref().is_some_and(|note| names_one(note.as_str()))
}

/// Who says so and how long ago, in words, with a warning where it is due.
fn trust(t: Locale, line: &Line) -> String {
    let n_sources = line.contacts.iter().map(|contact| contact.confirmations).max().unwrap_or(1);
    let mut said = t.count(key!("listed"), u32::from(n_sources));
    if let Some(as_of) = line.as_of {
        said = [&said, " · ", &tr!(t, "newest", date = as_of.to_string())].concat();
        let warning = browser::today().and_then(|today| match as_of.freshness(today) {
            Freshness::Fresh => None,
            Freshness::Aging => Some(tr!(t, "aging")),
            Freshness::Old => Some(tr!(t, "old")),
        });
        if let Some(warning) = warning {
            said = [&said, ". ", &warning].concat();
        }
    }
    said
}

/// What few need: the number from abroad, the page, and on a phone the number in large print.
fn more(t: Locale, line: &Line, contacts: &[&Contact], is_touched: bool) -> Option<El> {
    let mut rows = Vec::new();
    for contact in contacts {
        if is_touched && contact.kind().is_number() {
            rows.extend(large(t, contact));
        }
        if let Some(e164) = contact.e164().filter(|_| contact.kind() != Kind::WhatsApp) {
            let text = tr!(t, "from-abroad");
            rows.push(el("p").child(words(&text, e164.as_str())));
        }
    }
    if let Some(page) = &line.website
        && !contacts.iter().any(|contact| contact.kind() == Kind::Web)
    {
        rows.push(link(page.as_str(), "way", icons::PAGE, &tr!(t, "website"), page.host()));
    }
    if rows.is_empty() {
        return None;
    }
    let details = classed("details", "about").child(el("summary").text(&tr!(t, "about-line")));
    Some(details.child(classed("div", "ways").children(rows)))
}

/// One way to reach it, as a link that opens the phone, the messages or the page; and what has to be known about it. Where
/// no finger presses it, it can be copied, and be read out from large print.
pub fn way(t: Locale, contact: &Contact, is_touched: bool) -> Vec<El> {
    let (class, shape) = match contact.kind() {
        Kind::Phone => ("way dial", icons::PHONE),
        Kind::Sms | Kind::WhatsApp | Kind::Email => ("way", icons::MESSAGE),
        Kind::Chat | Kind::Web => ("way", icons::PAGE),
    };
    let (text, value) = said(t, contact);
    let mut shown = vec![link(&contact.href(), class, shape, &text, value)];
    if !is_touched && contact.kind().is_number() {
        shown.extend(large(t, contact));
    }
    if let Some(note) = &contact.note {
        shown.push(classed("p", "trust").attr("dir", "auto").attr("lang", "en").text(note.as_str()));
    }
    if !contact.confirmed {
        shown.push(classed("p", "trust doubt").text(&tr!(t, "unconfirmed")));
    }
    shown
}

/// How a contact is used, in words with a place for the second, which is its number or host.
pub fn said(t: Locale, contact: &Contact) -> (String, &str) {
    let value = contact.value();
    match contact.kind() {
        Kind::Phone => (tr!(t, "call"), value),
        Kind::Sms => match contact.keyword() {
            Some(keyword) => (tr!(t, "text-keyword", keyword = keyword.as_str()), value),
            None => (tr!(t, "text"), value),
        },
        Kind::WhatsApp => (tr!(t, "whatsapp"), value),
        Kind::Chat => (tr!(t, "chat"), host(value)),
        Kind::Email => (tr!(t, "email"), value),
        Kind::Web => (tr!(t, "website"), host(value)),
    }
}

/// *Copy*, and *Show large*: to read the number out to somebody, or to type it off a screen across the room.
fn large(t: Locale, contact: &Contact) -> [El; 2] {
    let is_large = Signal::new(false);
    let (text, value) = said(t, contact);
    let (text, value) = (text, value.to_owned());
    let show = button("link", &tr!(t, "show-large"), move || is_large.set(!is_large.now()))
        .attr_of("aria-expanded", move || yes_no(is_large.get()));
    // By the number it is told from the same of another one, when it is drawn anew.
    let tools = classed("p", "tools")
        .attr("data-of", &contact.href())
        .on_key(move |event| {
            // Closes the large print, and not the panel.
            if event.key() == "Escape" && is_large.now() {
                event.prevent_default();
                is_large.set(false);
            }
        })
        .child(copy_button(t, "link", value.clone()))
        .child(show);
    let print = classed("div", "print").attr("role", "status").attr("data-of", &contact.href());
    let print = print.children_of(move || {
        if is_large.get() { vec![classed("p", "large").child(words(&text, &value))] } else { Vec::new() }
    });
    [tools, print]
}

/// A link whose `text` has a place for the number, or has the address beside it. No referrer tells where it was found.
fn link(href: &str, class: &str, shape: &str, text: &str, value: &str) -> El {
    let target = href.starts_with("http").then_some("_blank");
    classed("a", class)
        .attr("href", href)
        .attr_some("target", target)
        .attr("rel", "noreferrer noopener")
        .attr("referrerpolicy", "no-referrer")
        .child(icon(shape))
        .child(words(text, value))
}

/// `text` with the number in its place.
pub fn words(text: &str, value: &str) -> El {
    let (before, after) = around(text, "number");
    el("span").text(before).text(" ").child(el("b").attr("dir", "ltr").text(value)).text(after)
}

fn host(address: &str) -> &str {
    address.split('/').nth(2).unwrap_or(address)
}
