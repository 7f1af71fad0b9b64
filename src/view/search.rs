//! What is it about? A field for plain words, and the same by choosing.

use leptos::prelude::untrack;
use peer_support_domain::contact::Kind;
use peer_support_domain::helpline::{Audience, Topic};
use peer_support_domain::lookup::{regions, topics};

use super::{list, options};
use crate::api;
use crate::browser::Names;
use crate::dom::{El, button, classed, el, value_of, yes_no};
use crate::locale::{AUDIENCES, LINE_TOPICS, Locale, tr};
use crate::needs::Need;
use crate::session::Session;
use crate::signal::Signal;

static CALL: [Need; 1] = [Need::Kind(Kind::Phone)];
static TEXT: [Need; 1] = [Need::Kind(Kind::Sms)];
static CHAT: [Need; 1] = [Need::Kind(Kind::Chat)];
static OPEN: [Need; 1] = [Need::OpenNow];
/// Asks for lines that are written to as well: `look_up` sees to it.
static DEAF: [Need; 1] = [Need::Audience(Audience::Deaf)];

/// Fetches the words that the field understands, in the language of the panel, and in the same breath the long texts:
/// what was fetched once works without a network.
pub fn fetch_terms(session: Session, t: Locale) {
    let language = t.language();
    if session.terms.share_now().as_ref().as_ref().is_some_and(|(known, _)| *known == language) {
        return;
    }
    let kept = session.kept();
    let long = kept.config.locale_address("en");
    api::terms(kept.config.terms_address(&language), move |answer| {
        if !session.is_there() {
            return;
        }
        if let Ok(terms) = answer {
            session.terms.set(Some((language, terms)));
            session.understand();
        }
        if t.file().is_none() {
            api::texts(long, move |answer| t.keep_english(answer.ok()));
        }
    });
}

/// The field, the toggles, and what was recognised.
pub fn search(session: Session, t: Locale) -> El {
    let field = el("input")
        .attr("id", "about")
        .attr("type", "text")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("enterkeyhint", "search")
        .attr("placeholder", &tr!(t, "about-hint"))
        .value(&session.needs.typed.now())
        .on("input", move |event| {
            session.needs.typed.set(value_of(&event));
            session.understand();
        });
    let toggle = move |name: String, needs: &'static [Need]| {
        let is_on = move || session.needs.all.share().contains(&needs[0]);
        button("toggle", &name, move || {
            session.want(needs, !session.needs.all.share_now().contains(&needs[0]));
        })
        .attr_of("aria-pressed", move || yes_no(is_on()))
    };
    let narrow = classed("div", "narrow")
        .attr("role", "group")
        .attr("aria-label", &tr!(t, "how"))
        .children(selects(session, t))
        .children(vec![
            toggle(tr!(t, "deaf"), &DEAF),
            toggle(tr!(t, "way-call"), &CALL),
            toggle(tr!(t, "way-text"), &TEXT),
            toggle(tr!(t, "way-chat"), &CHAT),
            toggle(tr!(t, "open-now"), &OPEN),
        ])
        .children_of(move || chips(session, t));
    classed("div", "search")
        .attr("role", "search")
        .child(classed("label", "field").attr("for", "about").text(&tr!(t, "about")))
        .child(field)
        .child(narrow)
}

/// Topic, and region where lines differ by it: what this country has, and no more.
fn selects(session: Session, t: Locale) -> [El; 2] {
    let topics = move || {
        let here = session.here.share();
        let mut choices = vec![(String::new(), tr!(t, "any-topic"))];
        for topic in here.iter().flat_map(|here| topics(&here.directory)) {
            let name = t.by_name(LINE_TOPICS, topic.as_str());
            choices.extend(name.map(|name| (topic.as_str().to_owned(), name)));
        }
        options(choices, "")
    };
    let choose = move |name: String| {
        let mut old = session.needs.all.now();
        old.retain(|need| matches!(need, Need::Topic(_)));
        session.want(&old, false);
        if let Some(topic) = Topic::ALL.iter().find(|topic| topic.as_str() == name) {
            session.want(&[Need::Topic(*topic)], true);
        }
    };
    // What is chosen stands below as what is recognised does, so the list goes back to its name.
    let unchosen = move || {
        session.needs.all.share();
        String::new()
    };
    let topic = list(&tr!(t, "topic"), "small", Box::new(choose)).children_of(topics).value_follows(unchosen);

    let is_needed = Signal::new(false);
    let chosen = move || session.region.get().map_or_else(String::new, |region| region.as_str().to_owned());
    let regions = move || {
        let here = session.here.share();
        let Some(here) = &*here else { return Vec::new() };
        let regions = regions(&here.directory);
        is_needed.set(!regions.is_empty());
        let country = t.country(here.directory.country.as_str());
        let mut choices = vec![(String::new(), tr!(t, "all-of", country = country))];
        choices.extend(regions.iter().map(|region| (region.as_str().to_owned(), region.as_str().to_owned())));
        options(choices, &untrack(chosen))
    };
    let choose = move |name: String| session.region.set(name.parse().ok());
    let region = list(&tr!(t, "region"), "small", Box::new(choose))
        .attr_of("hidden", move || (!is_needed.get()).then_some(""))
        .children_of(regions)
        .value_follows(chosen);
    [topic, region]
}

/// What was recognised and has no toggle of its own, each to be taken away again.
fn chips(session: Session, t: Locale) -> Vec<El> {
    let all = session.needs.all.share();
    let has_toggle =
        |need: &Need| [&CALL[..], &TEXT, &CHAT, &OPEN, &DEAF].iter().any(|needs| needs[0] == *need);
    let chip = |need: &Need| {
        let (name, need) = (name(t, need), need.clone());
        button("chip", &name, move || {
            session.want(std::slice::from_ref(&need), false);
            session.focus("about");
        })
        .attr("aria-label", &tr!(t, "remove", need = name))
    };
    all.iter().filter(|need| !has_toggle(need)).map(chip).collect()
}

/// A need in words.
pub fn name(t: Locale, need: &Need) -> String {
    let known = match need {
        Need::Topic(topic) => t.by_name(LINE_TOPICS, topic.as_str()),
        Need::Audience(audience) => t.by_name(AUDIENCES, audience.as_str()),
        Need::Kind(Kind::Phone) => Some(tr!(t, "way-call")),
        Need::Kind(Kind::Sms) => Some(tr!(t, "way-text")),
        Need::Kind(Kind::Chat) => Some(tr!(t, "way-chat")),
        Need::Kind(Kind::WhatsApp) => Some("WhatsApp".to_owned()),
        Need::Kind(Kind::Email) => Some(tr!(t, "email")),
        Need::Kind(Kind::Web) => Some(tr!(t, "website")),
        Need::Language(language) => Some(Names::new(&t.language(), "language").of(language.as_str())),
        Need::OpenNow => Some(tr!(t, "open-now")),
    };
    known.unwrap_or_default()
}
