//! Flags: what the server's checks noticed about an item, for its moderators only.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::post::names;

/// One thing that was noticed. It holds the item for a person to read; it decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flag {
    /// The same or nearly the same text came before.
    Repeat,
    /// It is one of unusually many at a time.
    Flood,
    /// Its votes came in a way that friends or programs make, not readers.
    VoteRing,
    /// Its sender did not do the work that was asked for at the time.
    NoWork,
    /// Readers reported it.
    Reported,
}

names!(Flag, InvalidFlag, "is not a flag; expected repeat, flood, vote-ring, no-work or reported", {
    Repeat => "repeat",
    Flood => "flood",
    VoteRing => "vote-ring",
    NoWork => "no-work",
    Reported => "reported",
});
