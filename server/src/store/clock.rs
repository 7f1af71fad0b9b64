//! Whether the clock can be believed, as each store decides.
//!
//! A machine without a battery, or with a wrong time server, may think that months have passed. So a store remembers when a
//! server last saw the clock.

use peer_support_domain::limits::{CLOCK_DOUBT_MS, CLOCK_LEAP_MS};

/// What a store remembers of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SeenClock {
    /// When it was last believed.
    pub seen_at: i64,
    /// Since when it is doubted, by itself.
    pub doubted_at: Option<i64>,
}

impl SeenClock {
    /// When it now says `now`. It is believed when it went on from where it was, or back, and after a leap when it went on from
    /// there for a while.
    pub(super) fn after(self, now: i64) -> Self {
        let believed = Self { seen_at: now, doubted_at: None };
        if now <= self.seen_at.saturating_add(CLOCK_LEAP_MS) {
            return believed;
        }
        match self.doubted_at.map(|since| now.saturating_sub(since)) {
            Some(0..CLOCK_DOUBT_MS) => self,
            Some(CLOCK_DOUBT_MS..=CLOCK_LEAP_MS) => believed,
            _ => Self { doubted_at: Some(now), ..self },
        }
    }

    /// From when it is believed when it goes on like this, if it is not.
    pub(super) fn believed_at(self) -> Option<i64> {
        self.doubted_at.map(|since| since.saturating_add(CLOCK_DOUBT_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 60 * 60 * 1_000;
    const DAY_MS: i64 = 24 * HOUR_MS;

    /// Whether each of these moments, one after the other, is believed.
    fn believed(moments: &[i64]) -> Vec<bool> {
        let mut clock = SeenClock { seen_at: 0, doubted_at: None };
        let mut see = |now: &i64| {
            clock = clock.after(*now);
            clock.believed_at().is_none()
        };
        moments.iter().map(&mut see).collect()
    }

    #[test]
    fn a_clock_that_goes_on_or_back_is_believed() {
        assert_eq!(believed(&[HOUR_MS, 7 * DAY_MS, 14 * DAY_MS, 8 * DAY_MS, -40 * DAY_MS]), [true; 5]);
    }

    #[test]
    fn a_clock_that_leapt_is_believed_when_it_has_gone_on_from_there_for_a_day() {
        let leapt = 40 * DAY_MS;

        let moments = [leapt, leapt + HOUR_MS, leapt + DAY_MS - 1, leapt + DAY_MS, leapt + DAY_MS + HOUR_MS];

        assert_eq!(believed(&moments), [false, false, false, true, true]);
    }

    #[test]
    fn a_clock_that_leaps_again_or_was_set_right_begins_anew() {
        let leapt = 40 * DAY_MS;

        assert_eq!(believed(&[leapt, 2 * leapt, 2 * leapt + HOUR_MS]), [false; 3]);
        assert_eq!(believed(&[leapt, HOUR_MS, leapt, leapt + HOUR_MS]), [false, true, false, false]);
        assert_eq!(believed(&[2 * leapt, leapt, leapt + 2 * HOUR_MS]), [false; 3]);
    }
}
