//! Flags: what the server's checks and an item's readers noticed about it, for its moderators only.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::post::names;
use crate::signals::Signal;

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
    /// Its words sound as if a life were at risk.
    Crisis,
    /// It holds what may tell who somebody is.
    PersonalData,
    /// It tells how to hurt oneself, asks for it or praises it.
    MethodDetail,
    /// It is unkind to a reader or to a group.
    Hostile,
    /// It sells, lures away or collects.
    Solicitation,
    /// It gives advice that may harm.
    HarmfulAdvice,
    /// A reader said that somebody may be in danger.
    Danger,
}

impl Flag {
    /// The flag of a signal that was found in the words.
    #[must_use]
    pub const fn of_signal(signal: Signal) -> Self {
        match signal {
            Signal::Crisis => Self::Crisis,
            Signal::PersonalData => Self::PersonalData,
            Signal::MethodDetail => Self::MethodDetail,
            Signal::Hostile => Self::Hostile,
            Signal::Solicitation => Self::Solicitation,
            Signal::HarmfulAdvice => Self::HarmfulAdvice,
        }
    }
}

names!(Flag, InvalidFlag,
    "is not a flag; expected repeat, flood, vote-ring, no-work, reported, crisis, personal-data, method-detail, hostile, \
     solicitation, harmful-advice or danger", {
    Repeat => "repeat",
    Flood => "flood",
    VoteRing => "vote-ring",
    NoWork => "no-work",
    Reported => "reported",
    Crisis => "crisis",
    PersonalData => "personal-data",
    MethodDetail => "method-detail",
    Hostile => "hostile",
    Solicitation => "solicitation",
    HarmfulAdvice => "harmful-advice",
    Danger => "danger",
});

/// The flags of one item, each once; a bit each in storage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u16);

impl Flags {
    /// What is told by the words alone, and told anew when they change; a risk to life is not forgotten with the words.
    pub const OF_WORDS: Self = Self(
        1 << Flag::PersonalData as u16
            | 1 << Flag::MethodDetail as u16
            | 1 << Flag::Hostile as u16
            | 1 << Flag::Solicitation as u16
            | 1 << Flag::HarmfulAdvice as u16,
    );

    /// What says that a life may be at risk.
    pub const OF_RISK: Self = Self(1 << Flag::Crisis as u16 | 1 << Flag::Danger as u16);

    /// What says that somebody sells something, or sends the same again and again.
    pub const OF_SPAM: Self =
        Self(1 << Flag::Solicitation as u16 | 1 << Flag::Repeat as u16 | 1 << Flag::Flood as u16);
    /// What may be said of spam besides. Each other flag asks for a closer look.
    const BESIDE_SPAM: Self = Self(
        1 << Flag::NoWork as u16
            | 1 << Flag::VoteRing as u16
            | 1 << Flag::PersonalData as u16
            | 1 << Flag::HarmfulAdvice as u16,
    );

    /// The flags whose bits are set, the first of [`Flag::ALL`] being the lowest; `None` when another bit is set.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Option<Self> {
        if bits >> Flag::ALL.len() == 0 { Some(Self(bits)) } else { None }
    }

    /// A bit for each flag, for storage.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `flag` is one of them.
    #[must_use]
    pub const fn contains(self, flag: Flag) -> bool {
        self.0 >> flag as u16 & 1 == 1
    }

    /// Whether one of `others` is among them.
    #[must_use]
    pub const fn has_any_of(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether it is spam by these flags, and nothing else that asks for a closer look: no risk, no report, nothing hostile.
    #[must_use]
    pub const fn is_only_spam(self) -> bool {
        self.has_any_of(Self::OF_SPAM) && self.0 & !(Self::OF_SPAM.0 | Self::BESIDE_SPAM.0) == 0
    }

    /// These and `flag`.
    #[must_use]
    pub const fn with(self, flag: Flag) -> Self {
        Self(self.0 | 1 << flag as u16)
    }

    /// The flags, in the order of [`Flag::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.into_iter().filter(move |&flag| self.contains(flag))
    }
}

impl FromIterator<Flag> for Flags {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        flags.into_iter().fold(Self::default(), Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_a_closer_look_is_never_only_spam() {
        let spam = Flags::from_iter([Flag::Solicitation]);
        let beside = [Flag::NoWork, Flag::VoteRing, Flag::PersonalData, Flag::HarmfulAdvice];

        for flag in [Flag::Solicitation, Flag::Repeat, Flag::Flood] {
            assert!(Flags::from_iter([flag]).is_only_spam(), "{flag}");
        }
        for flag in Flag::ALL {
            let may_stand = beside.contains(&flag) || Flags::OF_SPAM.contains(flag);
            assert_eq!(spam.with(flag).is_only_spam(), may_stand, "{flag}");
        }
        assert!(!Flags::default().is_only_spam());
        assert!(!Flags::from_iter(beside).is_only_spam());
    }

    #[test]
    fn flags_read_back_as_they_are_stored() {
        for bits in 0..1 << Flag::ALL.len() {
            let flags = Flags::from_bits(bits).unwrap();

            assert_eq!(flags.bits(), bits);
            assert_eq!(flags.iter().collect::<Flags>(), flags);
            assert_eq!(flags.is_empty(), bits == 0);
        }
        assert_eq!(Flags::from_bits(1 << Flag::ALL.len()), None, "a flag that there is not");
    }
}
