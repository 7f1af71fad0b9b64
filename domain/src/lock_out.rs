//! How long an account waits after wrong tries to sign in.

use crate::limits::{SIGN_IN_LONGEST_WAIT_MS, SIGN_IN_TRIES};

/// How long after the last of `n_tries` in a row that were wrong the next one is looked at, in milliseconds: not at all for
/// the first ones, then twice as long each time, up to [`SIGN_IN_LONGEST_WAIT_MS`].
///
/// Somebody who mistypes does not notice it; a program gets about a hundred tries a day.
#[must_use]
pub fn wait_ms(n_tries: u32) -> i64 {
    let Some(doublings) = n_tries.checked_sub(SIGN_IN_TRIES) else { return 0 };
    1_000_i64
        .checked_shl(doublings.min(32))
        .map_or(SIGN_IN_LONGEST_WAIT_MS, |ms| ms.min(SIGN_IN_LONGEST_WAIT_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_tries_wait_for_nothing_and_each_later_one_twice_as_long() {
        let waits: Vec<i64> = (0..18).map(|n| wait_ms(n) / 1_000).collect();

        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(wait_ms(u32::MAX), SIGN_IN_LONGEST_WAIT_MS);
    }

    #[test]
    fn a_program_gets_about_a_hundred_tries_a_day() {
        let (mut n_tries, mut at) = (0, 0);
        while at < 24 * 60 * 60 * 1_000 {
            n_tries += 1;
            at += wait_ms(n_tries);
        }

        assert!((100..=115).contains(&n_tries), "{n_tries}");
    }
}
