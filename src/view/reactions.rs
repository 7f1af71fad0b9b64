//! Answers without words.

use peer_support_domain::id::ItemId;
use peer_support_domain::post::Kind;
use peer_support_domain::vote::{Reaction, VoteCounts};

use super::notice;
use crate::browser;
use crate::dom::{self, El, classed, el};
use crate::locale::{Locale, tr};
use crate::session::Session;
use crate::signal::Signal;

/// Three buttons that stay pressed. A press shows at once and is taken back, with a sentence, when it did not arrive. What
/// they say depends on what the post is for; a reply has no kind.
pub fn reactions(
    session: Session,
    t: Locale,
    item: ItemId,
    counts: VoteCounts,
    kind: Option<Kind>,
) -> [El; 2] {
    let counts = Signal::new(counts);
    let has_failed = Signal::new(false);
    let name = |reaction: Reaction| match reaction {
        Reaction::Heard => tr!(t, "react-heard"),
        Reaction::Helped if kind == Some(Kind::Coping) => tr!(t, "react-tried"),
        Reaction::Helped => tr!(t, "react-helped"),
        Reaction::MeToo => tr!(t, "react-me-too"),
    };
    let buttons =
        Reaction::ALL.map(|reaction| button(session, t, item, reaction, &name(reaction), counts, has_failed));
    let sorry = move || has_failed.get().then(|| notice(&tr!(t, "vote-failed"))).into_iter().collect();
    [
        classed("div", "reactions")
            .attr("role", "group")
            .attr("aria-label", &tr!(t, "reactions"))
            .children(buttons),
        el("div").children_of(sorry),
    ]
}

fn button(
    session: Session,
    t: Locale,
    item: ItemId,
    reaction: Reaction,
    name: &str,
    counts: Signal<VoteCounts>,
    has_failed: Signal<bool>,
) -> El {
    let is_given = Signal::new(session.has_given(item, reaction));
    let is_waiting = Signal::new(false);
    let give = move || {
        // One request at a time: two that overtake each other would leave the server with the older wish.
        if is_waiting.now() {
            return;
        }
        is_waiting.set(true);
        let wish = !is_given.now();
        is_given.set(wish);
        has_failed.set(false);
        let kept = session.kept();
        kept.api.vote(item, reaction, wish, kept.key.voter(item), move |answer| {
            match answer {
                Ok(new) => {
                    session.remember_vote(item, reaction, wish);
                    counts.set(new);
                }
                Err(_) => {
                    is_given.set(!wish);
                    has_failed.set(true);
                }
            }
            is_waiting.set(false);
        });
    };
    let count = move || match counts.get().shown(reaction) {
        Some(count) if !session.reading().is_calm.get() => {
            [" ", &browser::number(&t.language(), count)].concat()
        }
        _ => String::new(),
    };
    dom::button("reaction", name, give)
        .text_of(count)
        .attr_of("aria-pressed", move || Some(if is_given.get() { "true" } else { "false" }))
}
