//! Notifications to a site's team: what they are about, how often they are tried, and why one did not arrive.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::limits::{DELIVERY_FIRST_WAIT_MS, DELIVERY_LONGEST_WAIT_MS, DELIVERY_TRIES};
use crate::post::names;

/// What somebody of the team should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// A moderator passed an item on to a lead.
    Escalated,
    /// A life may be at risk, by the words of an item or by a reader's.
    Risk,
    /// Items wait longer than the site means to let them.
    Late,
    /// Somebody tries whether notifications arrive.
    Test,
}

names!(Occasion, InvalidOccasion, "is no occasion of a notification; expected escalated, risk, late or test", {
    Escalated => "escalated",
    Risk => "risk",
    Late => "late",
    Test => "test",
});

/// Why a notification did not arrive: a class and no more, because what a receiver answers may hold anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryFailure {
    /// The name of the receiver leads nowhere, or nothing answers there.
    Unreachable,
    /// The name leads to an address inside of the network, which the configuration does not allow.
    AddressNotAllowed,
    /// No safe connection came about.
    Tls,
    /// There was no answer in time.
    TimedOut,
    /// The receiver refused it, and would again.
    Refused,
    /// The receiver could not take it now.
    ReceiverFailed,
    /// The channel is not configured any more.
    ChannelGone,
}

names!(DeliveryFailure, InvalidDeliveryFailure, "is no failure of a delivery", {
    Unreachable => "unreachable",
    AddressNotAllowed => "address-not-allowed",
    Tls => "tls",
    TimedOut => "timed-out",
    Refused => "refused",
    ReceiverFailed => "receiver-failed",
    ChannelGone => "channel-gone",
});

/// How long after the `n_tries`th try failed the next one comes, in milliseconds; `None` when that was the last.
///
/// Three times as long each time, up to [`DELIVERY_LONGEST_WAIT_MS`]: together a day, the longest that nobody looks after a
/// receiver. `chance` spreads it by a quarter to either side, so that what failed together does not come back together.
#[must_use]
pub fn wait_ms(n_tries: u32, chance: u8) -> Option<i64> {
    if n_tries >= DELIVERY_TRIES {
        return None;
    }
    let mut wait = DELIVERY_FIRST_WAIT_MS;
    for _ in 1..n_tries {
        wait = (wait * 3).min(DELIVERY_LONGEST_WAIT_MS);
    }
    Some(wait * 3 / 4 + wait / 2 * i64::from(chance) / i64::from(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MS: i64 = 60_000;

    #[test]
    fn each_try_waits_longer_than_the_one_before_and_the_last_is_the_last() {
        let waits: Vec<_> = (1..=DELIVERY_TRIES)
            .map(|n| wait_ms(n, 127).map(|ms| (ms + MINUTE_MS / 2) / MINUTE_MS))
            .collect();

        assert_eq!(waits[..5], [Some(1), Some(3), Some(9), Some(27), Some(81)]);
        assert_eq!(waits.last(), Some(&None));
        assert_eq!(wait_ms(u32::MAX, 0), None);
    }

    #[test]
    fn a_receiver_that_is_away_for_a_day_still_hears_of_it() {
        let shortest: i64 = (1..).map_while(|n| wait_ms(n, 0)).sum();
        let longest: i64 = (1..).map_while(|n| wait_ms(n, u8::MAX)).sum();

        assert!((17..31).contains(&(shortest / MINUTE_MS / 60)), "{shortest}");
        assert!((17..31).contains(&(longest / MINUTE_MS / 60)), "{longest}");
    }

    #[test]
    fn what_failed_together_does_not_come_back_together() {
        for n_tries in 1..DELIVERY_TRIES {
            let (early, late) = (wait_ms(n_tries, 0).unwrap(), wait_ms(n_tries, u8::MAX).unwrap());
            assert!(late - early >= early / 2, "{n_tries}: {early} and {late}");
        }
    }
}
