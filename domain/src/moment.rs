//! How long ago something was, as people say it.

/// A unit of relative time; the names are those of `Intl.RelativeTimeFormat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    /// The name that `Intl.RelativeTimeFormat` knows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How many whole units ago `then` was at `now`, in the largest unit of which one is over; minutes for what is younger.
///
/// What lies ahead counts as now: the clocks of server and visitor may differ.
#[must_use]
pub fn ago(then_ms: i64, now_ms: i64) -> (u32, Unit) {
    let since = now_ms.saturating_sub(then_ms).max(0);
    let (unit_ms, unit) = match since {
        ..HOUR_MS => (MINUTE_MS, Unit::Minute),
        HOUR_MS..DAY_MS => (HOUR_MS, Unit::Hour),
        _ if since < 7 * DAY_MS => (DAY_MS, Unit::Day),
        _ if since < 30 * DAY_MS => (7 * DAY_MS, Unit::Week),
        _ if since < 365 * DAY_MS => (30 * DAY_MS, Unit::Month),
        _ => (365 * DAY_MS, Unit::Year),
    };
    (u32::try_from(since / unit_ms).unwrap_or(u32::MAX), unit)
}

/// How long `ms` are, in whole minutes, rounded down: the largest unit of which one is over, and the next smaller one where
/// it adds something. `0 minutes` for less than one.
#[must_use]
pub fn lasting(ms: i64) -> Vec<(u32, Unit)> {
    let ms = ms.max(0);
    let number = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    let (days, hours, minutes) = (ms / DAY_MS, ms % DAY_MS / HOUR_MS, ms % HOUR_MS / MINUTE_MS);
    let parts = match (days, hours) {
        (0, 0) => return vec![(number(minutes), Unit::Minute)],
        (0, hours) => [(hours, Unit::Hour), (minutes, Unit::Minute)],
        (days, hours) => [(days, Unit::Day), (hours, Unit::Hour)],
    };
    parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, unit)| (number(n), unit)).collect()
}

/// Hours to name for a wait of `wait_ms`: whole ones, rounded up, at least one.
#[must_use]
pub fn hours_to_wait(wait_ms: i64) -> u32 {
    u32::try_from(wait_ms.saturating_add(HOUR_MS - 1).max(HOUR_MS) / HOUR_MS).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_at_most_two_units() {
        for (ms, parts) in [
            (-1, &[(0, Unit::Minute)][..]),
            (MINUTE_MS - 1, &[(0, Unit::Minute)]),
            (14 * MINUTE_MS, &[(14, Unit::Minute)]),
            (2 * HOUR_MS, &[(2, Unit::Hour)]),
            (2 * HOUR_MS + 5 * MINUTE_MS, &[(2, Unit::Hour), (5, Unit::Minute)]),
            (DAY_MS + 59 * MINUTE_MS, &[(1, Unit::Day)]),
            (3 * DAY_MS + 4 * HOUR_MS, &[(3, Unit::Day), (4, Unit::Hour)]),
        ] {
            assert_eq!(lasting(ms), parts, "{ms}");
        }
    }

    #[test]
    fn time_is_told_in_the_largest_unit_that_is_over() {
        let now = 1_800_000_000_000;
        for (since, told) in [
            (0, (0, Unit::Minute)),
            (59 * MINUTE_MS, (59, Unit::Minute)),
            (HOUR_MS, (1, Unit::Hour)),
            (DAY_MS - 1, (23, Unit::Hour)),
            (6 * DAY_MS, (6, Unit::Day)),
            (29 * DAY_MS, (4, Unit::Week)),
            (60 * DAY_MS, (2, Unit::Month)),
            (800 * DAY_MS, (2, Unit::Year)),
        ] {
            assert_eq!(ago(now - since, now), told, "{since} ms");
        }
    }

    #[test]
    fn a_clock_that_runs_ahead_tells_now() {
        assert_eq!(ago(2_000, 1_000), (0, Unit::Minute));
        assert_eq!(ago(i64::MIN, i64::MAX).1, Unit::Year);
    }

    #[test]
    fn a_wait_is_never_told_shorter_than_it_is() {
        assert_eq!(hours_to_wait(2 * HOUR_MS), 2);
        assert_eq!(hours_to_wait(2 * HOUR_MS + 1), 3);
        assert_eq!(hours_to_wait(-5), 1);
        assert_eq!(hours_to_wait(i64::MAX), u32::MAX);
    }
}
