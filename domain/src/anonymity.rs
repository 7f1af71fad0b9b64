//! Which numbers of a table may be shown, so that none tells of fewer than [`SHOWN_FROM_ITEMS`] people's words: not by itself, and not
//! by taking the others from the total.
//!
//! A table is one of a site and quarter. Quarters do not overlap and are shown when they are over, and there are no sums of several:
//! so nobody gets a small number by taking one table from another, or today's from yesterday's.

use serde::{Deserialize, Serialize};

use crate::limits::SHOWN_FROM_ITEMS;

/// A number, as far as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// This.
    Exactly(u64),
    /// Fewer than [`SHOWN_FROM_ITEMS`], perhaps none.
    Few,
    /// At least as many, and withheld: it would tell what another one is.
    Withheld,
}

impl Shown {
    /// A number that is part of no table.
    #[must_use]
    pub const fn alone(n: u64) -> Self {
        if n < SHOWN_FROM_ITEMS { Self::Few } else { Self::Exactly(n) }
    }
}

/// The parts of a table whose sum is a number of its own: what is shown of that sum, and of each part.
///
/// Small parts are not shown. As long as somebody who knows the sum, and that a number is small or withheld, could then tell one
/// of them more closely than its word does, the smallest part that still shows is withheld too; and in the end the sum.
#[must_use]
pub fn protect(counts: &[u64]) -> (Shown, Vec<Shown>) {
    let sum = counts.iter().sum();
    let mut shown: Vec<Shown> = counts.iter().map(|&n| Shown::alone(n)).collect();
    if sum < SHOWN_FROM_ITEMS {
        return (Shown::Few, shown);
    }
    while !is_safe(counts, &shown) {
        let is_shown = |place: &usize| matches!(shown[*place], Shown::Exactly(_));
        match (0..counts.len()).filter(is_shown).min_by_key(|&place| counts[place]) {
            Some(smallest) => shown[smallest] = Shown::Withheld,
            None => return (Shown::Withheld, shown),
        }
    }
    (Shown::Exactly(sum), shown)
}

/// Whether a small number among those that do not show may be any small number, and a withheld one any of as many numbers, for all
/// that the sum and the others tell.
fn is_safe(counts: &[u64], shown: &[Shown]) -> bool {
    const LARGEST: u64 = SHOWN_FROM_ITEMS - 1;
    let n_of = |what| shown.iter().filter(|&&one| one == what).count() as u64;
    let (n_few, n_withheld) = (n_of(Shown::Few), n_of(Shown::Withheld));
    let hidden: u64 = counts
        .iter()
        .zip(shown)
        .filter(|(_, shown)| !matches!(shown, Shown::Exactly(_)))
        .map(|(n, _)| n)
        .sum();
    match (n_few, n_withheld) {
        (0, 0) => true,
        // Each may be none, with the others as large as small numbers are, or the largest small one, with the others none.
        (_, 0) => (LARGEST..=LARGEST * (n_few - 1)).contains(&hidden),
        // The largest small one fits beside withheld ones that are as small as those are; then these have as much room.
        _ => hidden >= SHOWN_FROM_ITEMS * n_withheld + LARGEST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The least and the most that each number may be for whoever sees the table; by trying, not by the rule above.
    fn possible(sum: u64, shown: &[Shown], place: usize) -> (u64, u64) {
        let hidden =
            sum - shown.iter().map(|shown| if let Shown::Exactly(n) = shown { *n } else { 0 }).sum::<u64>();
        let others = || {
            shown.iter().enumerate().filter(move |(other, _)| *other != place).map(|(_, shown)| match shown {
                Shown::Exactly(_) => (0, 0),
                Shown::Few => (0, SHOWN_FROM_ITEMS - 1),
                Shown::Withheld => (SHOWN_FROM_ITEMS, hidden),
            })
        };
        let least_of_others: u64 = others().map(|(least, _)| least).sum();
        let most_of_others: u64 = others().map(|(_, most)| most).sum();
        let fits = |n: &u64| n + least_of_others <= hidden && hidden <= n + most_of_others;
        let range = match shown[place] {
            Shown::Few => 0..=SHOWN_FROM_ITEMS - 1,
            Shown::Withheld => SHOWN_FROM_ITEMS..=hidden,
            Shown::Exactly(n) => n..=n,
        };
        let may_be: Vec<u64> = range.filter(fits).collect();
        (may_be[0], may_be[may_be.len() - 1])
    }

    fn tables() -> impl Strategy<Value = Vec<u64>> {
        proptest::collection::vec(prop_oneof![3 => 0..20_u64, 1 => 0..300_u64], 0..9)
    }

    proptest! {
        #[test]
        fn no_small_number_is_shown_and_none_is_false(counts in tables()) {
            let (sum, shown) = protect(&counts);

            for (n, shown) in counts.iter().zip(&shown).chain([(&counts.iter().sum::<u64>(), &sum)]) {
                match shown {
                    Shown::Exactly(told) => prop_assert!(told == n && *n >= SHOWN_FROM_ITEMS),
                    Shown::Few => prop_assert!(*n < SHOWN_FROM_ITEMS),
                    Shown::Withheld => prop_assert!(*n >= SHOWN_FROM_ITEMS),
                }
            }
        }

        #[test]
        fn nobody_tells_a_hidden_number_from_the_others_and_the_sum(counts in tables()) {
            let (sum, shown) = protect(&counts);

            if let Shown::Exactly(sum) = sum {
                let hidden = |place: &usize| !matches!(shown[*place], Shown::Exactly(_));
                for place in (0..shown.len()).filter(hidden) {
                    let (least, most) = possible(sum, &shown, place);
                    match shown[place] {
                        Shown::Exactly(_) => unreachable!("it shows"),
                        Shown::Few => prop_assert_eq!((least, most), (0, SHOWN_FROM_ITEMS - 1)),
                        Shown::Withheld => prop_assert!(most - least >= SHOWN_FROM_ITEMS - 1, "{least} to {most}"),
                    }
                }
            }
        }

        #[test]
        fn where_nothing_is_small_all_is_shown(counts in proptest::collection::vec(SHOWN_FROM_ITEMS..500, 1..9)) {
            let (sum, shown) = protect(&counts);

            prop_assert_eq!(sum, Shown::Exactly(counts.iter().sum()));
            prop_assert!(shown.iter().zip(&counts).all(|(shown, n)| *shown == Shown::Exactly(*n)));
        }
    }

    #[test]
    fn a_lone_small_number_hides_another_one() {
        use Shown::{Exactly, Few, Withheld};

        assert_eq!(protect(&[40, 3, 25]), (Exactly(68), vec![Exactly(40), Few, Withheld]));
        assert_eq!(
            protect(&[40, 3, 12]),
            (Exactly(55), vec![Withheld, Few, Withheld]),
            "15 would tell too much"
        );
        assert_eq!(protect(&[5, 6, 7, 30]), (Exactly(48), vec![Few, Few, Few, Exactly(30)]));
        assert_eq!(protect(&[3, 4]), (Few, vec![Few, Few]));
        assert_eq!(protect(&[9, 9]), (Withheld, vec![Few, Few]), "they could only be these");
        assert_eq!(protect(&[]), (Few, vec![]));
    }
}
