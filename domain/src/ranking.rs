//! The order "helpful": a lower bound of helpfulness that halves every week.

use crate::limits::{FIRST_SHOWN_COUNT, HELPFUL_HALF_LIFE_MS};
use crate::vote::VoteCounts;

/// z² for a 95 % interval.
const Z_SQUARED: f64 = 1.96 * 1.96;
/// The helpfulness of an item without votes, so that votes lift an item over newer ones by a bounded time.
const FLOOR: f64 = 0.1;

/// Where an item stands in the order "helpful": the moment, in milliseconds since the epoch, at which an item without
/// votes would have to be posted to stand beside it. Higher is further up.
///
/// Score(t) = helpfulness × 2^(−age / half-life) sorts items the same way at every t, and the same way as its logarithm
/// does, so one number that changes only with votes gives the order for good: pages stay stable and an index serves them.
pub fn helpful_at_ms(posted_at_ms: i64, counts: VoteCounts) -> i64 {
    let lead = (FLOOR + (1.0 - FLOOR) * helpfulness(counts)) / FLOOR;
    posted_at_ms + (lead.log2() * HELPFUL_HALF_LIFE_MS as f64) as i64
}

/// The Wilson lower bound of the share of readers who were helped, in [0, 1).
///
/// With kind words only, every vote is a success and Wilson's formula is n ∕ (n + z²). "This helped" counts whole and the
/// others half. Below [`FIRST_SHOWN_COUNT`] votes it is 0: one early friend gives no lead.
fn helpfulness(counts: VoteCounts) -> f64 {
    let n_votes = u64::from(counts.heard) + u64::from(counts.helped) + u64::from(counts.me_too);
    if n_votes < u64::from(FIRST_SHOWN_COUNT) {
        return 0.0;
    }
    let weight = f64::from(counts.helped) + (f64::from(counts.heard) + f64::from(counts.me_too)) / 2.0;
    weight / (weight + Z_SQUARED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn helped(n: u32) -> VoteCounts {
        VoteCounts { helped: n, ..VoteCounts::default() }
    }

    proptest! {
        #[test]
        fn another_helpful_vote_never_lowers_an_item(heard in 0..10_000_u32, n in 0..10_000_u32, me_too in 0..10_000_u32) {
            let counts = VoteCounts { heard, helped: n, me_too };
            let more = VoteCounts { helped: n + 1, ..counts };

            prop_assert!(helpful_at_ms(0, more) >= helpful_at_ms(0, counts));
        }

        #[test]
        fn votes_never_lift_an_item_by_more_than_four_half_lives(heard: u32, n: u32, me_too: u32) {
            let counts = VoteCounts { heard, helped: n, me_too };

            prop_assert!(helpful_at_ms(0, counts) <= 4 * HELPFUL_HALF_LIFE_MS);
        }

        #[test]
        fn fewer_votes_than_are_shown_give_no_lead_whatever_they_say(ways in prop::collection::vec(0..3_usize, 0..3)) {
            let n = |way| ways.iter().filter(|&&w| w == way).count() as u32;
            let counts = VoteCounts { heard: n(0), helped: n(1), me_too: n(2) };

            prop_assert_eq!(helpful_at_ms(0, counts), helpful_at_ms(0, VoteCounts::default()));
        }

        #[test]
        fn whatever_its_votes_an_item_fades_behind_what_was_posted_four_weeks_later(
            heard: u32,
            n: u32,
            me_too: u32,
            later in 4 * HELPFUL_HALF_LIFE_MS + 1..1_000_000_000_000_i64,
        ) {
            let counts = VoteCounts { heard, helped: n, me_too };

            prop_assert!(helpful_at_ms(0, counts) < helpful_at_ms(later, VoteCounts::default()));
        }

        #[test]
        fn two_items_keep_their_order_as_long_as_nobody_votes(
            (one, other) in ((0..5_000_u32, any::<i32>()), (0..5_000_u32, any::<i32>())),
            shift in 0..1_000_000_000_000_i64,
        ) {
            let at = |(n, posted_at): (u32, i32), shift: i64| helpful_at_ms(i64::from(posted_at) + shift, helped(n));

            // Time passes for both alike, so what is counted from another moment stands in the same order.
            prop_assert_eq!(at(one, 0).cmp(&at(other, 0)), at(one, shift).cmp(&at(other, shift)));
        }

        #[test]
        fn of_two_equal_items_the_newer_stands_higher(n in 0..1_000_u32, age in 1..1_000_000_000_000_i64) {
            prop_assert!(helpful_at_ms(0, helped(n)) < helpful_at_ms(age, helped(n)));
        }
    }

    #[test]
    fn one_early_vote_gives_no_lead() {
        assert_eq!(helpful_at_ms(0, helped(1)), helpful_at_ms(0, helped(0)));
        assert!(helpful_at_ms(0, helped(3)) > helpful_at_ms(0, helped(0)));
    }

    #[test]
    fn this_helped_weighs_more_than_me_too() {
        let me_too = VoteCounts { me_too: 10, ..VoteCounts::default() };

        assert!(helpful_at_ms(0, helped(10)) > helpful_at_ms(0, me_too));
    }
}
