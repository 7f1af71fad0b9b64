//! A fire drill: made-up items in a site's queue, which time its team and then vanish.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::post::{Decision, names};

/// How a made-up item looks in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// A life sounds to be at risk.
    Red,
    /// Something else is noticed.
    Amber,
}

names!(Urgency, InvalidUrgency, "is no urgency; expected red or amber", {
    Red => "red",
    Amber => "amber",
});

/// What is done with a made-up item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Handling {
    /// Everyone could read it.
    Approve,
    /// Everyone could read it, without some words.
    TakeOut,
    /// Only its author could.
    Decline,
    /// It was passed on to a lead.
    PassOn,
}

names!(Handling, InvalidHandling, "is no handling; expected approve, take-out, decline or pass-on", {
    Approve => "approve",
    TakeOut => "take-out",
    Decline => "decline",
    PassOn => "pass-on",
});

impl Handling {
    /// What the first decision about a made-up item is, which is held then.
    #[must_use]
    pub const fn of(decision: Decision, takes_out: bool) -> Self {
        match decision {
            Decision::Approve | Decision::Restore if takes_out => Self::TakeOut,
            Decision::Approve | Decision::Restore => Self::Approve,
            Decision::Decline | Decision::Hide => Self::Decline,
        }
    }
}

/// Whether what was done is one of what would be right; `None` while nothing was. What was passed on in time is in good hands,
/// whatever is decided then.
#[must_use]
pub fn is_right(expected: &[Handling], is_passed_on: bool, outcome: Option<Handling>) -> Option<bool> {
    if is_passed_on && expected.contains(&Handling::PassOn) {
        return Some(true);
    }
    outcome.map(|outcome| expected.contains(&outcome))
}

/// Why a drill is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Everything was decided.
    AllDecided,
    /// Somebody ended it.
    Stopped,
    /// Its time was over.
    Time,
    /// The server was started again meanwhile, so that the times would say nothing.
    Restart,
}

names!(Ending, InvalidEnding, "is no ending of a drill", {
    AllDecided => "all-decided",
    Stopped => "stopped",
    Time => "time",
    Restart => "restart",
});

/// The middle one of some times; the longer of the two in the middle. `None` when there is none.
#[must_use]
pub fn middle(mut times_ms: Vec<i64>) -> Option<i64> {
    times_ms.sort_unstable();
    times_ms.get(times_ms.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_that_of_the_times_in_order() {
        assert_eq!(middle(Vec::new()), None);
        assert_eq!(middle(vec![5]), Some(5));
        assert_eq!(middle(vec![9, 1, 5]), Some(5));
        assert_eq!(middle(vec![9, 1, 5, 7]), Some(7));
    }

    #[test]
    fn what_should_be_passed_on_is_right_once_it_was_whatever_is_decided_then() {
        let red = [Handling::PassOn];

        assert_eq!(is_right(&red, false, None), None);
        assert_eq!(is_right(&red, true, None), Some(true));
        assert_eq!(is_right(&red, true, Some(Handling::Decline)), Some(true));
        assert_eq!(is_right(&red, false, Some(Handling::Decline)), Some(false));
    }

    #[test]
    fn one_of_several_right_ways_is_enough() {
        let either = [Handling::TakeOut, Handling::Decline];

        assert_eq!(is_right(&either, false, Some(Handling::Decline)), Some(true));
        assert_eq!(is_right(&either, false, Some(Handling::of(Decision::Approve, true))), Some(true));
        assert_eq!(is_right(&either, false, Some(Handling::of(Decision::Approve, false))), Some(false));
        assert_eq!(is_right(&[Handling::Decline], true, Some(Handling::Approve)), Some(false));
        assert_eq!(is_right(&[Handling::Decline], true, None), None);
    }
}
