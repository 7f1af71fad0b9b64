//! Cards: what a site's moderators pin above the posts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::post::names;

/// What a card is about; views put an icon beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CardKind {
    /// Information that can be trusted, with its source in the text.
    Trusted,
    /// The house rules.
    Rules,
    /// Who is here.
    Here,
    /// When it is watched.
    Hours,
}

names!(CardKind, InvalidCardKind, "is not a kind of card; expected trusted, rules, here or hours", {
    Trusted => "trusted",
    Rules => "rules",
    Here => "here",
    Hours => "hours",
});
