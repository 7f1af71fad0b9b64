//! Declining several items as spam at once.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Claim, PastDecision};
use crate::id::ItemId;
use crate::post::names;

/// `POST /console/decline-spam`: each of these items is declined by itself, for the same reason, unless somebody should look at it
/// more closely.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclineSpam<Text = String> {
    /// Why, for their authors.
    pub reason: Text,
    /// The items, as they were read.
    pub items: Vec<ReadItem>,
}

/// An item as a moderator read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadItem {
    /// The item.
    pub id: ItemId,
    /// Its text.
    pub read_text: String,
    /// How many decisions there were about it.
    pub n_decisions: u32,
}

/// The answer: an outcome for each item, in the order in which they were sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclinedSpam {
    /// What became of each.
    pub outcomes: Vec<SpamOutcome>,
}

/// What became of one of several items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpamOutcome {
    /// The item.
    pub id: ItemId,
    /// What.
    pub became: Became,
    /// Who reads it, when somebody else does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// What was decided before, when something was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<PastDecision>,
}

/// What became of an item that was to be declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Became {
    /// It is declined.
    Declined,
    /// Somebody else reads it; it waits.
    Claimed,
    /// It was decided about before.
    Decided,
    /// Its author changed the text; it waits.
    TextChanged,
    /// It is not only spam, by what is known about it now; it waits.
    NotSpam,
    /// There is no such item any more.
    Gone,
}

names!(Became, InvalidBecame,
    "is nothing that becomes of an item; expected declined, claimed, decided, text-changed, not-spam or gone", {
    Declined => "declined",
    Claimed => "claimed",
    Decided => "decided",
    TextChanged => "text-changed",
    NotSpam => "not-spam",
    Gone => "gone",
});
