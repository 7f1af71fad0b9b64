//! What moderators do with an item at their desk besides deciding.

use serde::{Deserialize, Serialize};

use crate::desk::DeskChange;
use crate::id::ItemId;
use crate::post::Decision;

/// Who reads an item at the moment; nobody else decides about it meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The moderator.
    pub name: String,
    /// Whether it is the one who asks.
    pub is_yours: bool,
    /// Until when, unless it is renewed.
    pub until: i64,
}

/// `PUT /console/items/{id}/claim`: reads it, or goes on to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeClaim {
    /// Whether to take it from whoever reads it; that is recorded.
    #[serde(default)]
    pub takes_over: bool,
}

/// `POST /console/items/{id}/hand-over`: gives it to whoever reads it next.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewHandOver<Text = String> {
    /// The colleague whom it is for; the whole team when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What they must know.
    pub note: Text,
}

/// The note with which a moderator handed an item over. It keeps nobody from deciding: who it is for may not be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// Who did.
    pub from: String,
    /// The colleague whom it is for; the whole team when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What they must know.
    pub note: String,
    /// When.
    pub at: i64,
}

/// `GET /console/colleagues`: who may decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colleagues {
    /// Their names, without the one who asks.
    pub names: Vec<String>,
}

/// A decision that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastDecision {
    /// The item.
    pub item: ItemId,
    /// What.
    pub decision: Decision,
    /// The moderator; absent when a rule decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The rule: `reports` or `approvals`; absent when a moderator decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many places were taken out of the text.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub n_taken_out: u32,
    /// When.
    pub at: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// The event `desk` of `GET /console/live`: something changed; what is there now is to be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskNews {
    /// The item.
    pub item: ItemId,
    /// What.
    pub what: DeskChange,
}
