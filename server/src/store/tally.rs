//! What a decision counts as, in statistics.

use peer_support_domain::flag::Flags;
use peer_support_domain::objection::ObjectionOutcome;
use peer_support_domain::post::{Decision, State};
use peer_support_domain::statistics::Tally;

/// A moderator's decision that was carried out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    pub(super) decision: Decision,
    /// Where the item stood.
    pub(super) before: State,
    pub(super) after: State,
    /// Whether it is a post.
    pub(super) is_post: bool,
    /// How long after the item was sent; `None` when it came from another system.
    pub(super) waited_ms: Option<i64>,
    pub(super) flags: Flags,
    /// Whether it was about a new text of what is published.
    pub(super) is_about_new_text: bool,
    pub(super) objection: Option<ObjectionOutcome>,
}

/// What it counts as. A new text of what is published is none: it was counted when it came first.
pub(super) fn of_decision(done: Done) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = done.objection.into_iter().map(Tally::ObjectionAnswered).collect();
    match (done.before, done.decision) {
        _ if done.is_about_new_text || done.objection.is_some() => {}
        (State::Held, decision) => {
            tallies.push(Tally::Decided(decision));
            tallies.extend(done.waited_ms.map(Tally::DecidedAfter));
            if decision == Decision::Decline {
                let mut flags = done.flags.iter().peekable();
                if flags.peek().is_none() {
                    tallies.push(Tally::DeclinedFor(None));
                }
                tallies.extend(flags.map(|flag| Tally::DeclinedFor(Some(flag))));
            }
        }
        (State::Published, Decision::Approve) => tallies.push(Tally::Kept),
        (_, decision) => tallies.push(Tally::Decided(decision)),
    }
    if done.is_post && done.before == State::Held && done.after == State::Published {
        tallies.push(Tally::PostPublished);
    }
    tallies
}
