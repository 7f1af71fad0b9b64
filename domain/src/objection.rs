//! Objections: an author says that a decision about their words was wrong, and somebody else looks at it again.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::post::{Decision, State, names};

/// What became of an objection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectionOutcome {
    /// The decision stays.
    Upheld,
    /// The decision was changed.
    Changed,
}

names!(ObjectionOutcome, InvalidObjectionOutcome, "is no outcome of an objection; expected upheld or changed", {
    Upheld => "upheld",
    Changed => "changed",
});

/// Whether an item that stands at `state` does so against its author's wish, because of the last `decision` about it, which took
/// `n_taken_out` places out of its text. A declined new text of what is published restricts nothing: another one may be sent.
#[must_use]
pub const fn restricts(decision: Decision, state: State, n_taken_out: u32) -> bool {
    matches!((decision, state), (Decision::Decline, State::Declined) | (Decision::Hide, State::Hidden))
        || n_taken_out > 0 && matches!(state, State::Published)
}

impl ObjectionOutcome {
    /// What a `decision` about an item that stood at `state` makes of the objection.
    #[must_use]
    pub const fn of(decision: Decision, state: State) -> Self {
        match (decision, state) {
            (Decision::Restore, _) | (Decision::Approve, State::Declined) => Self::Changed,
            _ => Self::Upheld,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_to_an_objection_leaves_the_decision_or_changes_it() {
        let mut answers = Vec::new();
        for state in State::ALL {
            for decision in Decision::ALL {
                if let Ok(after) = state.after_objection(decision) {
                    let outcome = ObjectionOutcome::of(decision, state);
                    let is_changed =
                        after != state || (state, decision) == (State::Published, Decision::Restore);
                    assert_eq!(
                        outcome == ObjectionOutcome::Changed,
                        is_changed,
                        "{decision} what is {state}"
                    );
                    answers.push((state, decision));
                }
            }
        }

        assert_eq!(
            answers,
            [
                (State::Published, Decision::Approve),
                (State::Published, Decision::Restore),
                (State::Declined, Decision::Approve),
                (State::Declined, Decision::Decline),
                (State::Hidden, Decision::Hide),
                (State::Hidden, Decision::Restore),
            ]
        );
    }
}
