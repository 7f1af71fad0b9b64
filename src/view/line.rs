//! One helpline: its name, when it answers, how to reach it, and how far to trust it.

use peer_support_domain::contact::{Contact, Kind};
use peer_support_domain::helpline::{Freshness, Line};
use peer_support_domain::hours::HoursState;
use peer_support_domain::wording::around;

use super::help_now::Today;
use super::{icon, icons};
use crate::browser::{self, Names};
use crate::dom::{El, classed, el};
use crate::locale::{Locale, key, tr};

/// A line as a card. `state` is whether it answers now, as far as that is known; the first one stands out.
pub fn line(t: Locale, line: &Line, state: Option<HoursState>, is_first: bool, today: Today) -> El {
    let is_open = matches!(state, Some(HoursState::Open { .. }));
    let hours = classed("b", if is_open { "open" } else { "" }).text(&hours(t, state));
    let region = line.region.as_ref().map(|region| region.as_str().to_owned());
    let topics = line.topics.iter().filter_map(|topic| t.by_name("line-topic-", topic.as_str()));
    let span = |fact: String| el("span").text(&fact);
    let page =
        line.website.as_ref().filter(|_| !line.contacts.iter().any(|contact| contact.kind() == Kind::Web));
    let page = page.map(|page| link(page.as_str(), "way", icons::PAGE, &tr!(t, "website"), page.host()));

    classed("li", if is_first { "card crisis" } else { "card" })
        .child(el("h3").attr("dir", "auto").text(line.name.as_str()))
        .child(classed("p", "facts").child(hours).children(facts(t, line).into_iter().map(span)))
        .child(classed("p", "facts").children(region.into_iter().chain(topics).map(span)))
        .child(
            classed("div", "ways")
                .children(line.contacts.iter().flat_map(|contact| way(t, contact)))
                .children(page),
        )
        .child(classed("p", "trust").text(&trust(t, line, today)))
}

fn hours(t: Locale, state: Option<HoursState>) -> String {
    let language = t.language();
    match state {
        None => tr!(t, "hours-unknown"),
        Some(HoursState::Open { closes_in_min: None }) => tr!(t, "open-always"),
        Some(HoursState::Open { closes_in_min: Some(minutes) }) => {
            tr!(t, "open-until", time = browser::clock_in(&language, minutes))
        }
        Some(HoursState::Closed { opens_in_min }) => {
            tr!(t, "opens-at", time = browser::clock_in(&language, opens_in_min))
        }
    }
}

fn facts(t: Locale, line: &Line) -> Vec<String> {
    let names = Names::new(&t.language(), "language");
    let languages: Vec<_> = line.languages.iter().map(|language| names.of(language.as_str())).collect();
    let free = line.is_free.then(|| tr!(t, "free"));
    free.into_iter().chain((!languages.is_empty()).then(|| languages.join(", "))).collect()
}

/// Who says so and how long ago, in words, with a warning where it is due.
fn trust(t: Locale, line: &Line, today: Today) -> String {
    let n_sources = line.contacts.iter().map(|contact| contact.confirmations).max().unwrap_or(1);
    let mut said = t.count(&key!("listed"), u32::from(n_sources));
    if let Some(as_of) = line.as_of {
        said = [&said, " · ", &tr!(t, "newest", date = as_of.to_string())].concat();
        let warning = today.and_then(|today| match as_of.freshness(today) {
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

/// One way to reach it, as a link that opens the phone, the messages or the page; and what has to be known about it.
fn way(t: Locale, contact: &Contact) -> Vec<El> {
    let value = contact.value();
    let (class, shape) = match contact.kind() {
        Kind::Phone => ("way dial", icons::PHONE),
        Kind::Sms | Kind::WhatsApp | Kind::Email => ("way", icons::MESSAGE),
        Kind::Chat | Kind::Web => ("way", icons::PAGE),
    };
    let (text, value) = match contact.kind() {
        Kind::Phone => (tr!(t, "call"), value),
        Kind::Sms => match contact.keyword() {
            Some(keyword) => (tr!(t, "text-keyword", keyword = keyword.as_str()), value),
            None => (tr!(t, "text"), value),
        },
        Kind::WhatsApp => (tr!(t, "whatsapp"), value),
        Kind::Chat => (tr!(t, "chat"), host(value)),
        Kind::Email => (tr!(t, "email"), value),
        Kind::Web => (tr!(t, "website"), host(value)),
    };
    let mut shown = vec![link(&contact.href(), class, shape, &text, value)];
    if let Some(note) = &contact.note {
        shown.push(classed("p", "trust").attr("dir", "auto").attr("lang", "en").text(note.as_str()));
    }
    if !contact.confirmed {
        shown.push(classed("p", "trust doubt").text(&tr!(t, "unconfirmed")));
    }
    shown
}

/// A link whose `text` has a place for the number, or has the address beside it. No referrer tells where it was found.
fn link(href: &str, class: &str, shape: &str, text: &str, value: &str) -> El {
    let (before, after) = around(text, "number");
    let target = href.starts_with("http").then_some("_blank");
    let words = el("span").text(before).text(" ").child(el("b").attr("dir", "ltr").text(value)).text(after);
    classed("a", class)
        .attr("href", href)
        .attr_some("target", target)
        .attr("rel", "noreferrer noopener")
        .attr("referrerpolicy", "no-referrer")
        .child(icon(shape))
        .child(words)
}

fn host(address: &str) -> &str {
    address.split('/').nth(2).unwrap_or(address)
}
