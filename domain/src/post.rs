//! Posts and replies: what they are about, and where they stand between being written and being read.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Makes the text form of an enum: `as_str`, `Display`, `FromStr` and an error that lists what was expected.
macro_rules! names {
    ($name:ident, $invalid:ident, $expected:literal, { $($variant:ident => $text:literal),+ $(,)? }) => {
        impl $name {
            /// All of them, in the order they are shown.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// The name in JSON, addresses and storage.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        #[doc = concat!("A text that names no [`", stringify!($name), "`].")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        #[error($expected)]
        pub struct $invalid;

        impl FromStr for $name {
            type Err = $invalid;

            fn from_str(text: &str) -> Result<Self, $invalid> {
                Self::ALL.into_iter().find(|x| x.as_str() == text).ok_or($invalid)
            }
        }

        crate::id::string_serde!($name);
    };
}
pub(crate) use names;

/// What a post is for. Replies have no kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// "This is what happened to me."
    Story,
    /// "This is what helps me."
    Coping,
    /// "What do others do?"
    Question,
}

names!(Kind, InvalidKind, "is not a kind of post; expected story, coping or question", {
    Story => "story",
    Coping => "coping",
    Question => "question",
});

/// What an item is: a post of one kind, or a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// A post that tells.
    Story,
    /// A post about what helps.
    Coping,
    /// A post that asks.
    Question,
    /// A reply.
    Reply,
}

names!(ItemKind, InvalidItemKind, "is not a kind of item; expected story, coping, question or reply", {
    Story => "story",
    Coping => "coping",
    Question => "question",
    Reply => "reply",
});

impl ItemKind {
    /// The kind of a post; `None` for a reply.
    #[must_use]
    pub const fn of_post(self) -> Option<Kind> {
        match self {
            Self::Story => Some(Kind::Story),
            Self::Coping => Some(Kind::Coping),
            Self::Question => Some(Kind::Question),
            Self::Reply => None,
        }
    }
}

/// Where a post or reply stands between being written and being read.
///
/// ```text
/// held ──▶ published ◀──▶ hidden        any ──▶ deleted (the text is gone)
///   └────▶ declined
/// ```
///
/// When its author objects, somebody else decides once more ([`State::after_objection`]): then `declined` leads to `published`
/// too.
///
/// What others have read is not changed under them: a new text of what is published waits beside it, until a moderator
/// decides about that text and the item stays published ([`Decision::about_new_text`]).
///
/// ```text
/// published, a new text waits ──approve──▶ published: the new text replaces the old one
///                             ──decline──▶ published: the new text is gone, and its author is told why
///                             ──hide─────▶ hidden: the new text goes on waiting, and waits for nobody while it is hidden
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits for a moderator; only its author sees it.
    Held,
    /// Everyone sees it.
    Published,
    /// A moderator said no, with a reason; only its author sees it.
    Declined,
    /// Was published and is not any more; only its author sees it.
    Hidden,
    /// Its text is gone.
    Deleted,
}

names!(State, InvalidState, "is not a state; expected held, published, declined, hidden or deleted", {
    Held => "held",
    Published => "published",
    Declined => "declined",
    Hidden => "hidden",
    Deleted => "deleted",
});

/// What a moderator may decide about a post or reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Publish what is held.
    Approve,
    /// Refuse what is held; the author is told why.
    Decline,
    /// Take back what is published.
    Hide,
    /// Publish again what was hidden.
    Restore,
}

names!(Decision, InvalidDecision, "is not a decision; expected approve, decline, hide or restore", {
    Approve => "approve",
    Decline => "decline",
    Hide => "hide",
    Restore => "restore",
});

/// No arrow of [`State`] leads from here by this decision: the moderator decided on an outdated view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {decision} what is {state}")]
pub struct NotAllowed {
    /// Where the item stands.
    pub state: State,
    /// What was asked.
    pub decision: Decision,
}

impl State {
    /// The state after a moderator's `decision`.
    ///
    /// # Errors
    ///
    /// [`NotAllowed`] when no arrow above leads there.
    pub const fn after(self, decision: Decision) -> Result<Self, NotAllowed> {
        match (self, decision) {
            (Self::Held, Decision::Approve) | (Self::Hidden, Decision::Restore) => Ok(Self::Published),
            (Self::Held, Decision::Decline) => Ok(Self::Declined),
            (Self::Published, Decision::Hide) => Ok(Self::Hidden),
            _ => Err(NotAllowed { state: self, decision }),
        }
    }

    /// The state after a moderator's `decision` about a published item that readers reported or a check flagged, or one that
    /// reports have hidden: as [`after`](Self::after), and it may also stay as it is, by approving what is published or
    /// hiding what is hidden.
    ///
    /// # Errors
    ///
    /// As [`after`](Self::after).
    pub const fn after_review(self, decision: Decision) -> Result<Self, NotAllowed> {
        match (self, decision) {
            (Self::Published, Decision::Approve) | (Self::Hidden, Decision::Hide) => Ok(self),
            _ => self.after(decision),
        }
    }

    /// The state after a moderator's `decision` about an objection: the decision that its author objects to stays, or is
    /// changed. Restoring what is published gives the words back that were taken out of it.
    ///
    /// # Errors
    ///
    /// [`NotAllowed`] when the decision is no answer to an objection.
    pub const fn after_objection(self, decision: Decision) -> Result<Self, NotAllowed> {
        match (self, decision) {
            (Self::Published, Decision::Approve | Decision::Restore)
            | (Self::Declined, Decision::Decline)
            | (Self::Hidden, Decision::Hide) => Ok(self),
            (Self::Declined, Decision::Approve) | (Self::Hidden, Decision::Restore) => Ok(Self::Published),
            _ => Err(NotAllowed { state: self, decision }),
        }
    }

    /// Whether its author may still change the text in place. What others have read is not changed under them.
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::Held)
    }

    /// Whether its author may send a new text, which waits while others read the old one.
    pub const fn lets_a_text_wait(self) -> bool {
        matches!(self, Self::Published)
    }
}

/// What becomes of a new text that waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewText {
    /// It replaces the one that others read.
    Taken,
    /// It is gone; the one that others read stays.
    Dropped,
}

impl Decision {
    /// Whether others read the text afterwards.
    pub const fn publishes(self) -> bool {
        matches!(self, Self::Approve | Self::Restore)
    }

    /// Whether the author must be told why.
    pub const fn needs_reason(self) -> bool {
        matches!(self, Self::Decline | Self::Hide)
    }

    /// What this decision makes of a new text that waits beside an item of this `state`, which then stays as it is; `None`
    /// when it is not about that text, which goes on waiting while the item moves by its own arrows.
    pub const fn about_new_text(self, state: State) -> Option<NewText> {
        match (state, self) {
            (State::Published, Self::Approve) => Some(NewText::Taken),
            (State::Published, Self::Decline) => Some(NewText::Dropped),
            _ => None,
        }
    }
}

/// What a moderator's account may do on a site. Each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads the queue.
    Viewer,
    /// Decides.
    Moderator,
    /// Decides what two must agree on.
    Lead,
    /// Manages accounts.
    Admin,
}

names!(Role, InvalidRole, "is not a role; expected viewer, moderator, lead or admin", {
    Viewer => "viewer",
    Moderator => "moderator",
    Lead => "lead",
    Admin => "admin",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_drawn_arrows_can_be_walked() {
        let mut arrows = Vec::new();
        for state in State::ALL {
            for decision in Decision::ALL {
                if let Ok(after) = state.after(decision) {
                    arrows.push((state, decision, after));
                }
            }
        }

        assert_eq!(
            arrows,
            [
                (State::Held, Decision::Approve, State::Published),
                (State::Held, Decision::Decline, State::Declined),
                (State::Published, Decision::Hide, State::Hidden),
                (State::Hidden, Decision::Restore, State::Published),
            ]
        );
    }

    #[test]
    fn what_was_reported_may_stay_as_it_is() {
        for (state, stays_by) in [(State::Published, Decision::Approve), (State::Hidden, Decision::Hide)] {
            for decision in Decision::ALL {
                let expected = if decision == stays_by { Ok(state) } else { state.after(decision) };
                assert_eq!(state.after_review(decision), expected, "{decision} what is {state}");
            }
        }
    }

    #[test]
    fn only_approving_and_declining_what_is_published_is_about_a_text_that_waits() {
        let mut about = Vec::new();
        for state in State::ALL {
            for decision in Decision::ALL {
                about.extend(decision.about_new_text(state).map(|becomes| (state, decision, becomes)));
            }
        }

        assert_eq!(
            about,
            [
                (State::Published, Decision::Approve, NewText::Taken),
                (State::Published, Decision::Decline, NewText::Dropped),
            ]
        );
        assert!(State::ALL.into_iter().all(|state| !(state.is_editable() && state.lets_a_text_wait())));
    }

    #[test]
    fn what_was_deleted_stays_deleted() {
        assert!(Decision::ALL.into_iter().all(|decision| State::Deleted.after(decision).is_err()));
        assert!(Decision::ALL.into_iter().all(|decision| State::Deleted.after_review(decision).is_err()));
    }

    #[test]
    fn names_read_back_as_written() {
        assert!(Kind::ALL.into_iter().all(|kind| kind.to_string().parse() == Ok(kind)));
        assert!(State::ALL.into_iter().all(|state| state.to_string().parse() == Ok(state)));
        assert!(Role::ALL.into_iter().all(|role| role.to_string().parse() == Ok(role)));
        assert_eq!("Story".parse::<Kind>(), Err(InvalidKind));
    }
}
