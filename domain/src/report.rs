//! Reports: a reader's word that an item should be looked at again.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::post::names;

/// Why, in plain words. Views say them in the visitor's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportReason {
    /// "Someone may be in danger."
    Danger,
    /// "It is unkind or hateful."
    Unkind,
    /// "It shows who someone is."
    Identifies,
    /// "It tells how to hurt oneself or others."
    Harmful,
    /// "It wants to sell something, or to get people elsewhere."
    Selling,
    /// "Something else."
    Other,
}

names!(
    ReportReason, InvalidReportReason,
    "is not a reason; expected danger, unkind, identifies, harmful, selling or other", {
    Danger => "danger",
    Unkind => "unkind",
    Identifies => "identifies",
    Harmful => "harmful",
    Selling => "selling",
    Other => "other",
});
