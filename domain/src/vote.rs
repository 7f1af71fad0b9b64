//! Helpfulness: what a visitor can say to an item without words.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::limits::FIRST_SHOWN_COUNT;

/// A kind word of one tap. There is no negative one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reaction {
    /// "I hear you".
    Heard,
    /// "This helped".
    Helped,
    /// "Me too".
    MeToo,
}

/// A text that names no reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a reaction; expected heard, helped or me-too")]
pub struct InvalidReaction;

impl Reaction {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 3] = [Self::Heard, Self::Helped, Self::MeToo];

    /// The name in addresses and storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Heard => "heard",
            Self::Helped => "helped",
            Self::MeToo => "me-too",
        }
    }
}

impl fmt::Display for Reaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Reaction {
    type Err = InvalidReaction;

    fn from_str(text: &str) -> Result<Self, InvalidReaction> {
        Self::ALL.into_iter().find(|r| r.as_str() == text).ok_or(InvalidReaction)
    }
}

/// How many voters gave each reaction to one item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct VoteCounts {
    /// "I hear you".
    pub heard: u32,
    /// "This helped".
    pub helped: u32,
    /// "Me too".
    pub me_too: u32,
}

impl VoteCounts {
    /// The count of one reaction.
    pub const fn of(&self, reaction: Reaction) -> u32 {
        match reaction {
            Reaction::Heard => self.heard,
            Reaction::Helped => self.helped,
            Reaction::MeToo => self.me_too,
        }
    }

    /// The count as a visitor may see it: `None` below [`FIRST_SHOWN_COUNT`].
    pub fn shown(&self, reaction: Reaction) -> Option<u32> {
        Some(self.of(reaction)).filter(|&n| n >= FIRST_SHOWN_COUNT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reaction_reads_back_as_written() {
        for reaction in Reaction::ALL {
            assert_eq!(reaction.to_string().parse(), Ok(reaction));
        }
        assert_eq!("downvote".parse::<Reaction>(), Err(InvalidReaction));
    }

    #[test]
    fn a_count_shows_from_three() {
        let counts = VoteCounts { heard: 2, helped: 3, me_too: 0 };

        assert_eq!(counts.shown(Reaction::Heard), None);
        assert_eq!(counts.shown(Reaction::Helped), Some(3));
    }
}
