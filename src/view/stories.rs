//! What others wrote, in the order and of the kinds that the visitor chose, or found by its words.

use peer_support_domain::cursor::Order;
use peer_support_domain::post::Kind;
use peer_support_domain::site::{SiteMode, TopicId};
use peer_support_domain::wire;

use super::cards::cards;
use super::pages::{self, Source};
use super::rather_not::rather_not;
use super::{choice, list, options};
use crate::api::Failure;
use crate::browser::Pause;
use crate::dom::{El, classed, el, value_of};
use crate::live;
use crate::locale::{Locale, TOPICS, tr};
use crate::session::{Load, Session, shown_in};

/// Asks what the site is, once the peer space is entered; before that nobody needs to know.
pub fn ask_site(session: Session) {
    let kept = session.kept();
    // Once: with a second answer what stands would be drawn anew.
    if !kept.is_site_asked.replace(true) {
        let (asked, show) = (kept.clone(), shown_in(session.site));
        kept.api.site(move |answer: Result<wire::Site, Failure>| {
            asked.is_site_asked.set(answer.is_ok());
            show(answer);
        });
    }
}

/// Who runs the site, once that is known.
pub fn site_name(session: Session, t: Locale) -> String {
    match &*session.site.share() {
        Load::Ready(site) => site.name.clone(),
        _ => tr!(t, "the-site"),
    }
}

/// Whether a post takes replies: what would be refused is not offered. As long as nobody said so, it takes them.
pub fn takes_replies(session: Session, is_owners: bool, topic: &TopicId) -> bool {
    match &*session.site.share() {
        Load::Ready(site) => site.mode.takes_replies(is_owners) && !site.closed_topics.contains(topic),
        _ => true,
    }
}

/// What the site takes at the moment, when that is not all.
pub fn mode(session: Session, t: Locale) -> Vec<El> {
    let said = match &*session.site.share() {
        Load::Ready(site) => match site.mode {
            SiteMode::Open if site.is_sensitive => tr!(t, "mode-sensitive"),
            SiteMode::Open => return Vec::new(),
            SiteMode::Limited => tr!(t, "mode-limited"),
            SiteMode::ReadOnly => tr!(t, "mode-read-only"),
        },
        _ => return Vec::new(),
    };
    vec![classed("p", "notice").text(&said)]
}

/// The label of a topic: the site's own, or that of `locales/`, or its id.
pub fn topic_name(session: Session, t: Locale, id: &str) -> String {
    let own = match &*session.site.share() {
        Load::Ready(site) => {
            site.topics.iter().find(|topic| topic.id.as_str() == id).and_then(|topic| topic.label.clone())
        }
        _ => None,
    };
    own.or_else(|| t.by_name(TOPICS, id)).unwrap_or_else(|| id.to_owned())
}

/// The topics of the site, as choices; none until they are known. To write in, those that are closed are left out.
pub fn topic_choices(session: Session, t: Locale, is_to_write: bool) -> Vec<(String, String)> {
    match &*session.site.share() {
        Load::Ready(site) => {
            let choice = |id: &str| (id.to_owned(), topic_name(session, t, id));
            let open =
                site.topics.iter().filter(|topic| !is_to_write || !site.closed_topics.contains(&topic.id));
            open.map(|topic| choice(topic.id.as_str())).collect()
        }
        _ => Vec::new(),
    }
}

/// The name of a kind of post.
pub fn kind_name(t: Locale, kind: Kind) -> String {
    match kind {
        Kind::Story => tr!(t, "kind-story"),
        Kind::Coping => tr!(t, "kind-coping"),
        Kind::Question => tr!(t, "kind-question"),
    }
}

/// What is pinned, how to choose, and the feed.
pub fn stories(session: Session, t: Locale) -> El {
    ask_site(session);
    let feed = move || vec![pages::first(session, t, Source::Feed(session.reading().chosen.get()))];
    let view = classed("section", "stories")
        .attr("aria-labelledby", "stories-title")
        .child(el("h2").attr("id", "stories-title").text(&tr!(t, "stories-title")))
        .children_of(move || mode(session, t))
        .child(cards(session, t))
        .child(choices(session, t))
        .child(rather_not(session, t))
        .child(el("div").children_of(feed));
    live::follow(session, &view);
    view
}

/// Search field, order, kind and topic.
fn choices(session: Session, t: Locale) -> El {
    let chosen = session.reading().chosen;
    let order_name = |order: Option<Order>| match order {
        None => tr!(t, "order-mixed"),
        Some(Order::New) => tr!(t, "order-new"),
        Some(Order::Helpful) => tr!(t, "order-helpful"),
        Some(Order::Unanswered) => tr!(t, "order-unanswered"),
    };
    let orders = [None, Some(Order::Unanswered), Some(Order::Helpful), Some(Order::New)];
    let orders = orders.map(|order| (order.map_or("", Order::as_str).to_owned(), order_name(order))).into();
    let mut kinds = vec![(String::new(), tr!(t, "all-kinds"))];
    kinds.extend(Kind::ALL.map(|kind| (kind.to_string(), kind_name(t, kind))));
    let now = chosen.now();
    let by_order =
        choice(&tr!(t, "order"), "small", orders, now.order.map_or("", Order::as_str), move |order| {
            chosen.update(|chosen| chosen.order = order.parse().ok());
        })
        // What is searched for comes with the best first.
        .attr_of("hidden", move || (!chosen.share().words.is_empty()).then_some(""));
    let kind = now.kind.map_or("", Kind::as_str);
    let by_kind = choice(&tr!(t, "kind"), "small", kinds, kind, move |kind| {
        chosen.update(|chosen| chosen.kind = kind.parse().ok());
    });
    let choose = move |topic| chosen.update(|chosen| chosen.topic = topic);
    // Somebody may be at the list when the topics come.
    let by_topic = list(&tr!(t, "topic"), "small", Box::new(choose))
        .children(options(vec![(String::new(), tr!(t, "all-topics"))], ""))
        .children_of(move || options(topic_choices(session, t, false), &chosen.now().topic));
    classed("div", "choices").child(search_field(session, t)).child(by_order).child(by_kind).child(by_topic)
}

/// What is typed is looked for after a pause, or at once by Enter.
fn search_field(session: Session, t: Locale) -> El {
    let chosen = session.reading().chosen;
    let pause = Pause::default();
    let look = move |typed: String| {
        // A pause may end when the panel is gone.
        if session.is_there() && chosen.now().words != typed {
            chosen.update(|chosen| chosen.words = typed);
        }
    };
    let name = tr!(t, "search-posts");
    el("input")
        .attr("class", "wide")
        .attr("type", "text")
        .attr("role", "searchbox")
        .attr("inputmode", "search")
        .attr("enterkeyhint", "search")
        .attr("autocomplete", "off")
        .attr("dir", "auto")
        .attr("aria-label", &name)
        .attr("placeholder", &name)
        .value(&chosen.now().words)
        .on("input", {
            let pause = pause.clone();
            move |event| {
                let typed = value_of(&event).trim().to_owned();
                pause.then(move || look(typed));
            }
        })
        .on("change", move |event| look(value_of(&event).trim().to_owned()))
}
