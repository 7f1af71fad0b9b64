//! A flood: unusually many posts and replies on one site in a short time, whoever sends them.
//!
//! It sees numbers only. What comes in while a site is linked from a newspaper looks the same as an attack, so a flagged
//! text is held for a person to read and nothing else happens to it. Each server counts what it takes itself.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use peer_support_domain::site::SiteId;

/// What counts as a short time.
const WINDOW_MS: i64 = 10 * 60 * 1_000;
/// So many in the window are no flood on any site: a group that meets at an hour writes that much.
const LEAST: u32 = 30;
/// So many times as many as usual are one.
const TIMES_USUAL: u32 = 5;
/// Hours in which what is usual is looked for: a day, because nights are quiet.
const HOURS: usize = 24;
const HOUR_MS: i64 = 60 * 60 * 1_000;
/// Windows in an hour.
const WINDOWS: u32 = (HOUR_MS / WINDOW_MS) as u32;
/// Moments that are remembered of a site: once it has as many, it is flooded by any measure.
const N_MOMENTS: usize = 10_000;

/// What came to each site lately.
#[derive(Default)]
pub(crate) struct Floods(Mutex<HashMap<SiteId, Flow>>);

#[derive(Default)]
struct Flow {
    /// In the window, the oldest first.
    moments: VecDeque<i64>,
    /// What came in each hour of the last day in which anything did: its number since the epoch, and how many.
    hours: VecDeque<(i64, u32)>,
}

impl Floods {
    /// Counts one more post or reply, and says whether it is one of too many.
    pub(crate) fn see(&self, site: &SiteId, now: i64) -> bool {
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Flow { moments, hours } = sites.entry(site.clone()).or_default();
        while moments.front().is_some_and(|&first| first <= now - WINDOW_MS) || moments.len() >= N_MOMENTS {
            moments.pop_front();
        }
        moments.push_back(now);
        let hour = now.div_euclid(HOUR_MS);
        while hours.front().is_some_and(|&(first, _)| first <= hour - HOURS as i64) {
            hours.pop_front();
        }
        match hours.back_mut() {
            Some((last, n)) if *last == hour => *n += 1,
            _ => hours.push_back((hour, 1)),
        }
        let usual = median(hours) / WINDOWS;
        moments.len() as u64 > u64::from(LEAST.max(TIMES_USUAL.saturating_mul(usual)))
    }
}

/// What came in the hour in the middle, of the last day's in order of their number: a flood of some hours does not raise it,
/// and what goes on for half a day is what the site gets now.
fn median(hours: &VecDeque<(i64, u32)>) -> u32 {
    let mut counts = [0; HOURS];
    for (count, (_, n)) in counts.iter_mut().zip(hours) {
        *count = *n;
    }
    counts.sort_unstable();
    counts[HOURS / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demo() -> SiteId {
        "demo".parse().unwrap()
    }

    /// How many of `n`, one every `every_ms` from `from`, are taken for a flood.
    fn n_flagged(floods: &Floods, from: i64, n: i64, every_ms: i64) -> usize {
        (0..n).filter(|n| floods.see(&demo(), from + n * every_ms)).count()
    }

    #[test]
    fn a_site_that_was_quiet_is_flooded_by_more_than_thirty_in_ten_minutes() {
        let floods = Floods::default();

        assert_eq!(n_flagged(&floods, 0, i64::from(LEAST), 1_000), 0);
        assert_eq!(n_flagged(&floods, 30_000, 20, 1_000), 20);
        assert!(!floods.see(&"other".parse().unwrap(), 60_000), "another site");
        assert_eq!(n_flagged(&floods, WINDOW_MS + 60_000, 5, 1_000), 0, "it is over");
    }

    #[test]
    fn a_busy_site_may_have_more() {
        let floods = Floods::default();
        // Two a minute, day and night: 20 in a window.
        assert_eq!(n_flagged(&floods, 0, 2 * 60 * 24, 30_000), 0);

        let n = n_flagged(&floods, 24 * HOUR_MS, 100, 1_000);

        assert!((10..=40).contains(&n), "{n} of those beyond five times as many as usual");
    }

    #[test]
    fn a_flood_becomes_usual_only_when_it_lasts_for_half_a_day() {
        let floods = Floods::default();
        let n_an_hour = 6 * 60;

        let first = n_flagged(&floods, 0, n_an_hour, 10_000);
        n_flagged(&floods, HOUR_MS, 9 * n_an_hour, 10_000);
        let tenth = n_flagged(&floods, 10 * HOUR_MS, n_an_hour, 10_000);
        n_flagged(&floods, 11 * HOUR_MS, 12 * n_an_hour, 10_000);
        let last = n_flagged(&floods, 23 * HOUR_MS, n_an_hour, 10_000);

        assert!(first as i64 > n_an_hour * 8 / 10, "only {first} of {n_an_hour}");
        assert_eq!((tenth as i64, last), (n_an_hour, 0));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let floods = Floods::default();
        n_flagged(&floods, 0, 2 * N_MOMENTS as i64, 1);

        assert_eq!(floods.0.lock().unwrap()[&demo()].moments.len(), N_MOMENTS);
    }
}
