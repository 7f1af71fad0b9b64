//! How often something may be done, counted exactly, in bounded memory.

use std::collections::HashMap;

const MINUTE_MS: u32 = 60 * 1_000;
pub(super) const HOUR_MS: u32 = 60 * MINUTE_MS;

/// How often something may be done in any minute and in any hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// At least 1.
    pub a_minute: u32,
    /// At least 1.
    pub an_hour: u32,
}

/// When something was done within the last hour, the earliest first, in milliseconds since the salt was drawn.
///
/// Moments, and no bucket that fills: so the limit holds in every hour and not only on average, and the time to wait is exact.
#[derive(Default)]
pub(super) struct Moments(Vec<u32>);

impl Moments {
    /// Milliseconds until it may be done again; 0 when it may now.
    pub(super) fn wait_ms(&mut self, rate: Rate, now: u32) -> u32 {
        self.forget_past(now);
        let wait = |n: u32, window_ms: u32| {
            // The one that has to be so long ago before there is room for one more.
            let place = self.0.len().checked_sub(n as usize)?;
            Some(self.0.get(place)?.saturating_add(window_ms).saturating_sub(now))
        };
        wait(rate.a_minute, MINUTE_MS).max(wait(rate.an_hour, HOUR_MS)).unwrap_or(0)
    }

    /// Notes that it was done.
    pub(super) fn add(&mut self, now: u32) {
        // The clock may have been set back a little.
        let now = self.0.last().map_or(now, |&last| last.max(now));
        self.0.push(now);
    }

    /// Notes that it was done elsewhere, unless that makes more than may be in an hour.
    pub(super) fn add_at_most(&mut self, an_hour: u32, now: u32) {
        self.forget_past(now);
        if self.0.len() < an_hour as usize {
            self.add(now);
        }
    }

    fn forget_past(&mut self, now: u32) {
        let n_past = self.0.partition_point(|&at| at.saturating_add(HOUR_MS) <= now);
        self.0.drain(..n_past);
    }

    /// Forgets the last time.
    pub(super) fn take_back(&mut self) {
        self.0.pop();
    }

    /// How often it was done within the last hour, as of the last look.
    pub(super) fn n_in_hour(&self) -> usize {
        self.0.len()
    }
}

/// What is remembered of each network, or of each author or item seen from it; of so many at most.
///
/// Forgetting something makes the server milder to it, so an attacker would like to have everything else forgotten. When
/// it is full, what nobody used in time goes first, and then the older half of what the largest network *around* has: whoever
/// owns a /32 of IPv6, with its 65,536 networks, pushes out their own.
pub(super) struct Remembered<V> {
    by_around: HashMap<u64, HashMap<u64, Kept<V>>>,
    n_kept: usize,
    n_most: usize,
    /// What was not used for so long says nothing any more.
    lifetime_ms: u32,
}

struct Kept<V> {
    value: V,
    used_at: u32,
}

impl<V: Default> Remembered<V> {
    pub(super) fn new(n_most: usize, lifetime_ms: u32) -> Self {
        Self { by_around: HashMap::new(), n_kept: 0, n_most, lifetime_ms }
    }

    /// What is remembered under `key`; made when there is nothing.
    pub(super) fn of(&mut self, around: u64, key: u64, now: u32) -> &mut V {
        let is_known = self.by_around.get(&around).is_some_and(|inside| inside.contains_key(&key));
        if !is_known {
            if self.n_kept >= self.n_most {
                self.make_room(now);
            }
            self.n_kept += 1;
        }
        let kept = self.by_around.entry(around).or_default().entry(key);
        let kept = kept.or_insert_with(|| Kept { value: V::default(), used_at: now });
        kept.used_at = now;
        &mut kept.value
    }

    /// What is remembered under `key`, if anything.
    pub(super) fn known(&mut self, around: u64, key: u64) -> Option<&mut V> {
        self.by_around.get_mut(&around)?.get_mut(&key).map(|kept| &mut kept.value)
    }

    fn make_room(&mut self, now: u32) {
        let oldest = now.saturating_sub(self.lifetime_ms);
        for inside in self.by_around.values_mut() {
            inside.retain(|_, kept| kept.used_at >= oldest);
        }
        self.by_around.retain(|_, inside| !inside.is_empty());
        self.n_kept = self.by_around.values().map(HashMap::len).sum();
        if self.n_kept < self.n_most {
            return;
        }
        // Of equally large ones, that which was not used for longest.
        let used_at = |inside: &HashMap<u64, Kept<V>>| inside.values().map(|kept| kept.used_at).max();
        let largest = self
            .by_around
            .iter_mut()
            .max_by_key(|(_, inside)| (inside.len(), std::cmp::Reverse(used_at(inside))));
        let Some((&around, inside)) = largest else { return };
        let mut by_age: Vec<_> = inside.iter().map(|(&key, kept)| (kept.used_at, key)).collect();
        by_age.sort_unstable();
        by_age.truncate(by_age.len().div_ceil(2));
        for (_, key) in &by_age {
            inside.remove(key);
        }
        self.n_kept -= by_age.len();
        if inside.is_empty() {
            self.by_around.remove(&around);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.n_kept
    }
}

/// How many there were in the last minute, from two numbers.
#[derive(Default)]
pub(super) struct Load {
    minute: u32,
    n_before: u32,
    n_now: u32,
}

impl Load {
    /// Counts so many more; how many there were in the last minute, as if those of the minute before had been spread evenly.
    pub(super) fn add(&mut self, n: u32, now: u32) -> u32 {
        let minute = now / MINUTE_MS;
        if minute != self.minute {
            self.n_before = if minute == self.minute + 1 { self.n_now } else { 0 };
            (self.minute, self.n_now) = (minute, 0);
        }
        self.n_now = self.n_now.saturating_add(n);
        let still = u64::from(self.n_before) * u64::from(MINUTE_MS - now % MINUTE_MS) / u64::from(MINUTE_MS);
        self.n_now.saturating_add(u32::try_from(still).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u32 = 1_000;
    const POSTS: Rate = Rate { a_minute: 1, an_hour: 20 };

    #[test]
    fn the_time_to_wait_is_exact_in_the_minute_and_in_the_hour() {
        let mut moments = Moments::default();

        for n in 0..20 {
            let now = n * 90 * SECOND;
            assert_eq!(moments.wait_ms(POSTS, now), 0, "{n}");
            moments.add(now);
            let wait = if n < 19 { 59 * SECOND } else { HOUR_MS - now - SECOND };
            assert_eq!(moments.wait_ms(POSTS, now + SECOND), wait, "{n}");
        }
        assert_eq!(moments.wait_ms(POSTS, HOUR_MS - 1), 1);
        assert_eq!(moments.wait_ms(POSTS, HOUR_MS), 0);
    }

    #[test]
    fn no_hour_has_more_than_are_allowed_however_they_are_spread() {
        let rate = Rate { a_minute: 3, an_hour: 10 };
        let mut moments = Moments::default();
        let mut done = Vec::new();

        for now in (0..4 * HOUR_MS).step_by(7 * SECOND as usize) {
            if moments.wait_ms(rate, now) == 0 {
                moments.add(now);
                done.push(now);
            }
        }

        assert_eq!(done.len(), 40, "it is never stricter than it says either");
        for (window_ms, n_most) in [(MINUTE_MS, 3), (HOUR_MS, 10)] {
            for (place, &at) in done.iter().enumerate() {
                let n = done[place..].iter().take_while(|&&later| later < at + window_ms).count();
                assert!(n <= n_most, "{n} from {at} on");
            }
        }
    }

    #[test]
    fn what_was_taken_back_does_not_count() {
        let mut moments = Moments::default();
        moments.add(5);

        moments.take_back();

        assert_eq!(moments.wait_ms(POSTS, 6), 0);
    }

    #[test]
    fn a_flood_from_one_large_network_pushes_out_its_own() {
        let mut remembered = Remembered::<u32>::new(1_000, HOUR_MS);
        for key in 0..300 {
            *remembered.of(key, key, 0) = 7;
        }

        for key in 0..65_536 {
            *remembered.of(9_999, key, 1 + key as u32) = 1;
            assert!(remembered.len() <= 1_000);
        }

        assert!((0..300).all(|key| remembered.known(key, key) == Some(&mut 7)), "nobody else was forgotten");
        assert!(remembered.known(9_999, 65_535).is_some(), "nor the attacker's newest");
    }

    #[test]
    fn a_flood_from_everywhere_is_bounded_and_pushes_out_the_oldest() {
        let mut remembered = Remembered::<u32>::new(100, HOUR_MS);

        for key in 0..1_000_u32 {
            remembered.of(key.into(), key.into(), key);
            assert!(remembered.len() <= 100);
        }

        assert!((900..1_000).all(|key| remembered.known(key, key).is_some()));
    }

    #[test]
    fn what_was_not_used_for_its_lifetime_goes_first() {
        let mut remembered = Remembered::<u32>::new(10, HOUR_MS);
        for key in 0..5 {
            remembered.of(key, key, 0);
        }
        for key in 5..10 {
            remembered.of(1, key, HOUR_MS);
        }

        remembered.of(77, 77, HOUR_MS + 1);

        assert_eq!(remembered.len(), 6);
        assert!((5..10).all(|key| remembered.known(1, key).is_some()));
    }

    #[test]
    fn the_load_is_that_of_the_last_minute() {
        let mut load = Load::default();
        for _ in 0..60 {
            load.add(1, 30 * SECOND);
        }

        assert_eq!(load.add(1, 59 * SECOND), 61);
        assert_eq!(load.add(1, 90 * SECOND), 31, "half of the minute before, and this one");
        assert_eq!(load.add(1, 10 * 60 * SECOND), 1);
    }
}
