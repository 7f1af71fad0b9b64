//! What an author is told of a decision about their words, and how they object to it.

use serde::{Deserialize, Serialize};

use super::PastDecision;
use crate::objection::ObjectionOutcome;
use crate::post::Decision;

/// The statement of reasons about the last decision that keeps an author's words, or some of them, from others. The reason itself
/// stands in [`Mine`](super::Mine).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// What was decided; `approve` when words were taken out of what is published.
    pub decision: Decision,
    /// Whether a rule decided by itself, and no person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_by_rule: bool,
    /// Whether the author may object: once to each decision, and not to the answer to an objection.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_object: bool,
    /// Their objection, and what became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objection: Option<Objection>,
}

/// An author's objection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// When it was sent.
    pub at: i64,
    /// What became of it; absent until somebody answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<ObjectionOutcome>,
}

/// `POST /mine/objection`; answered with [`Mine`](super::Mine).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewObjection<Text = String> {
    /// Why, in a private word to the moderators.
    #[serde(default = "nothing", skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
}

const fn nothing<Text>() -> Option<Text> {
    None
}

/// What an author objects to, for moderators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectedTo {
    /// When.
    pub at: i64,
    /// The decision.
    pub decision: PastDecision,
    /// Whether whoever asks made it: then somebody else answers, as long as there is somebody.
    pub is_yours: bool,
    /// What the author had written before words were taken out of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_text: Option<String>,
}
