//! What others wrote, in the order and of the kinds that the visitor chose.

use peer_support_domain::cursor::Order;
use peer_support_domain::post::Kind;

use super::choice;
use super::pages::{self, Source};
use crate::dom::{El, classed, el};
use crate::locale::{Locale, TOPICS, tr};
use crate::session::{Load, Session, shown_in};
use crate::signal::Signal;

/// What the feed shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// In which order.
    pub order: Order,
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only of this topic; any when empty.
    pub topic: String,
}

/// Asks what the site is, once the peer space is entered; before that nobody needs to know.
pub fn ask_site(session: Session) {
    if !matches!(*session.site.share_now(), Load::Ready(_)) {
        session.kept().api.site(shown_in(session.site));
    }
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

/// The topics of the site, as choices; none until they are known.
pub fn topic_choices(session: Session, t: Locale) -> Vec<(String, String)> {
    match &*session.site.share() {
        Load::Ready(site) => {
            let choice = |id: &str| (id.to_owned(), topic_name(session, t, id));
            site.topics.iter().map(|topic| choice(topic.id.as_str())).collect()
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

/// The feed, and how to choose from it.
pub fn stories(session: Session, t: Locale) -> El {
    ask_site(session);
    let chosen = Signal::new(Choices { order: Order::New, kind: None, topic: String::new() });
    let order_name = |order: Order| match order {
        Order::New => tr!(t, "order-new"),
        Order::Helpful => tr!(t, "order-helpful"),
        Order::Unanswered => tr!(t, "order-unanswered"),
    };
    let orders = Order::ALL.map(|order| (order.to_string(), order_name(order)));
    let kinds = Kind::ALL.map(|kind| (kind.to_string(), kind_name(t, kind)));
    let all = |name: String| std::iter::once((String::new(), name));
    let by_order = choice(&tr!(t, "order"), "small", orders, Order::New.as_str(), move |order| {
        chosen.update(|chosen| chosen.order = order.parse().unwrap_or(Order::New));
    });
    let by_kind = choice(&tr!(t, "kind"), "small", all(tr!(t, "all-kinds")).chain(kinds), "", move |kind| {
        chosen.update(|chosen| chosen.kind = kind.parse().ok());
    });
    let by_topic = move || {
        let topics = all(tr!(t, "all-topics")).chain(topic_choices(session, t));
        vec![choice(&tr!(t, "topic"), "small", topics, &chosen.now().topic, move |topic| {
            chosen.update(|chosen| chosen.topic = topic);
        })]
    };
    classed("section", "stories")
        .attr("aria-labelledby", "stories-title")
        .child(el("h2").attr("id", "stories-title").text(&tr!(t, "stories-title")))
        .child(classed("div", "choices").child(by_order).child(by_kind).children_of(by_topic))
        .child(el("div").children_of(move || vec![pages::page(session, t, Source::Feed(chosen.get()), None)]))
}
