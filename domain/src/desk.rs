//! The moderators' desk: what happens to an item there besides a decision.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::post::names;

/// What changed about an item, for moderators who are at the desk. It says nothing of what the item holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeskChange {
    /// It waits from now on, or there is something new about it.
    New,
    /// Somebody reads it.
    Claimed,
    /// Nobody reads it any more, or it was handed over.
    Freed,
    /// Somebody decided, or its author took it back.
    Decided,
}

names!(DeskChange, InvalidDeskChange, "is nothing that changes at the desk", {
    New => "new",
    Claimed => "claimed",
    Freed => "freed",
    Decided => "decided",
});
