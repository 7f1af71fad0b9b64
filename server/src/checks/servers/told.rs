//! What a server tells the others that it counted, and how that is written.

use crate::checks::work::Solved;

/// Something that was counted. Networks, authors, sites and items stand in it as the day's salt hides them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Something was done that may be done so many times in an hour.
    Moment {
        /// The larger network around who did it.
        around: u64,
        /// Who did it, and what.
        key: u64,
        /// How often it may be done in an hour: more is not remembered.
        an_hour: u32,
    },
    /// A vote.
    Vote {
        /// The larger network around who voted.
        around: u64,
        /// The network on the item.
        key: u64,
        /// The vote itself: the same one counts once.
        ballot: u64,
        /// How many a network has on an item: more are not remembered.
        a_day: u32,
    },
    /// A vote that was taken back.
    VoteBack {
        /// The larger network around who voted.
        around: u64,
        /// The network on the item.
        key: u64,
        /// The vote.
        ballot: u64,
    },
    /// A solution of work that was used.
    Spent {
        /// Which.
        solved: Solved,
        /// The request it was used for, which may use it again.
        request: Option<[u8; 32]>,
    },
    /// Posts and replies that somebody wanted to send.
    Writes {
        /// Where to.
        site: u64,
        /// How many.
        n: u32,
    },
}

const MOMENT: u8 = 1;
const VOTE: u8 = 2;
const VOTE_BACK: u8 = 3;
const SPENT: u8 = 4;
const SPENT_FOR: u8 = 5;
const WRITES: u8 = 6;

impl Told {
    /// Writes it behind what `to` holds: a byte that says which it is, then its numbers, the largest digits first.
    pub fn write(&self, to: &mut Vec<u8>) {
        let mut parts = |kind: u8, parts: &[&[u8]]| {
            to.push(kind);
            parts.iter().for_each(|part| to.extend_from_slice(part));
        };
        match *self {
            Self::Moment { around, key, an_hour } => {
                parts(MOMENT, &[&around.to_be_bytes(), &key.to_be_bytes(), &an_hour.to_be_bytes()]);
            }
            Self::Vote { around, key, ballot, a_day } => parts(
                VOTE,
                &[&around.to_be_bytes(), &key.to_be_bytes(), &ballot.to_be_bytes(), &a_day.to_be_bytes()],
            ),
            Self::VoteBack { around, key, ballot } => {
                parts(VOTE_BACK, &[&around.to_be_bytes(), &key.to_be_bytes(), &ballot.to_be_bytes()]);
            }
            Self::Spent { solved: Solved { ends_at, hash }, request: None } => {
                parts(SPENT, &[&ends_at.to_be_bytes(), &hash]);
            }
            Self::Spent { solved: Solved { ends_at, hash }, request: Some(request) } => {
                parts(SPENT_FOR, &[&ends_at.to_be_bytes(), &hash, &request]);
            }
            Self::Writes { site, n } => parts(WRITES, &[&site.to_be_bytes(), &n.to_be_bytes()]),
        }
    }

    /// All that is written in `bytes`; `None` when anything in it is not understood, also what a newer version tells.
    pub fn read_all(mut bytes: &[u8]) -> Option<Vec<Self>> {
        let mut all = Vec::new();
        while !bytes.is_empty() {
            all.push(Self::read(&mut bytes)?);
        }
        Some(all)
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let [kind] = take(bytes)?;
        Some(match kind {
            MOMENT => Self::Moment { around: number(bytes)?, key: number(bytes)?, an_hour: short(bytes)? },
            VOTE => Self::Vote {
                around: number(bytes)?,
                key: number(bytes)?,
                ballot: number(bytes)?,
                a_day: short(bytes)?,
            },
            VOTE_BACK => {
                Self::VoteBack { around: number(bytes)?, key: number(bytes)?, ballot: number(bytes)? }
            }
            SPENT => Self::Spent { solved: solved(bytes)?, request: None },
            SPENT_FOR => Self::Spent { solved: solved(bytes)?, request: Some(take(bytes)?) },
            WRITES => Self::Writes { site: number(bytes)?, n: short(bytes)? },
            _ => return None,
        })
    }
}

/// The first `N` of `bytes`, which are then behind them.
pub(super) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    take(bytes).map(u64::from_be_bytes)
}

fn short(bytes: &mut &[u8]) -> Option<u32> {
    take(bytes).map(u32::from_be_bytes)
}

fn solved(bytes: &mut &[u8]) -> Option<Solved> {
    Some(Solved { ends_at: i64::from_be_bytes(take(bytes)?), hash: take(bytes)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_of_each() -> [Told; 6] {
        let solved = Solved { ends_at: 1_800_000_000_000, hash: [7; 32] };
        [
            Told::Moment { around: 1, key: u64::MAX, an_hour: 20 },
            Told::Vote { around: 3, key: 4, ballot: 5, a_day: 30 },
            Told::VoteBack { around: 6, key: 7, ballot: 8 },
            Told::Spent { solved, request: None },
            Told::Spent { solved, request: Some([9; 32]) },
            Told::Writes { site: 10, n: 11 },
        ]
    }

    fn written(all: &[Told]) -> Vec<u8> {
        let mut bytes = Vec::new();
        all.iter().for_each(|told| told.write(&mut bytes));
        bytes
    }

    #[test]
    fn what_is_told_reads_back_as_it_was_written() {
        assert_eq!(Told::read_all(&written(&one_of_each())).unwrap(), one_of_each());
        assert_eq!(Told::read_all(&[]).unwrap(), []);
    }

    #[test]
    fn what_is_cut_short_or_of_another_version_is_not_understood() {
        for told in one_of_each() {
            let bytes = written(&[told]);
            for n in 1..bytes.len() {
                assert_eq!(Told::read_all(&bytes[..n]), None, "{told:?}, {n} bytes");
            }
        }
        assert_eq!(Told::read_all(&[0]), None);
        assert_eq!(Told::read_all(&[&written(&one_of_each())[..], &[99]].concat()), None);
    }
}
