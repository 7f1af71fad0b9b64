//! Answers without words.

use peer_support_domain::id::ItemId;
use peer_support_domain::post::Kind;
use peer_support_domain::vote::{Reaction, VoteCounts};

use super::notice;
use crate::browser;
use crate::dom::{El, button, classed, el, yes_no};
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
    let reading = session.reading();
    let button = |reaction: Reaction| {
        let count = move || match counts.get().shown(reaction) {
            Some(count) if !reading.is_calm.get() => [" ", &browser::number(&t.language(), count)].concat(),
            _ => String::new(),
        };
        let give = move || {
            has_failed.set(false);
            reading.change_vote(item, reaction, |vote| vote.is_wished = !vote.is_wished);
            send(session, item, reaction, counts, has_failed);
        };
        button("reaction", &name(reaction), give)
            .text_of(count)
            .attr_of("aria-pressed", move || yes_no(reading.wishes(item, reaction)))
    };
    let sorry = move || has_failed.get().then(|| notice(&tr!(t, "vote-failed"))).into_iter().collect();
    [
        classed("div", "reactions")
            .attr("role", "group")
            .attr("aria-label", &tr!(t, "reactions"))
            .children(Reaction::ALL.map(button)),
        el("div").children_of(sorry),
    ]
}

/// Sends what is wished last. One request at a time: two that overtake each other would leave the server with the older wish. What
/// is wished meanwhile goes after it, also when the item is no longer shown.
fn send(
    session: Session,
    item: ItemId,
    reaction: Reaction,
    counts: Signal<VoteCounts>,
    has_failed: Signal<bool>,
) {
    let reading = session.reading();
    let mut was = None;
    reading.change_vote(item, reaction, |vote| {
        was = (!vote.is_sent).then_some(vote.is_wished);
        vote.is_sent = true;
    });
    let Some(wish) = was else { return };
    let kept = session.kept();
    kept.api.vote(item, reaction, wish, kept.key.voter(item), move |answer| {
        if !session.is_there() {
            return;
        }
        let mut is_last = true;
        reading.change_vote(item, reaction, |vote| {
            is_last = vote.is_wished == wish;
            vote.is_sent = false;
            match answer {
                Ok(_) => vote.is_given = wish,
                Err(_) if is_last => vote.is_wished = vote.is_given,
                Err(_) => {}
            }
        });
        match answer {
            Ok(new) => counts.set(new),
            Err(_) => has_failed.set(is_last),
        }
        if !is_last {
            send(session, item, reaction, counts, has_failed);
        }
    });
}
