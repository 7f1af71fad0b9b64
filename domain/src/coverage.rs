//! When a site's moderators are there, and what visitors may do while they are not.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::hours::{InvalidOpeningHours, LocalTime, Opening, OpeningHours, TimeZone, Weekday};
use crate::limits::COVERAGE_WINDOWS;
use crate::line_report::Day;
use crate::post::names;
use crate::site::SiteMode;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const MINUTE_MS: i64 = 60 * 1_000;
/// Days that one window looks at: yesterday, whose hours may go on past midnight, today and what follows.
const WINDOW_DAYS: i32 = 7;

/// What holds while no moderator is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AwayRule {
    /// Visitors may write, and all of it is held.
    HoldAll,
    /// Visitors read and vote, and write nothing.
    ReadOnly,
    /// As while moderators are there; what enough readers report is hidden until one looks.
    FlagThreshold,
}

names!(AwayRule, InvalidAwayRule, "is not a rule; expected hold-all, read-only or flag-threshold", {
    HoldAll => "hold-all",
    ReadOnly => "read-only",
    FlagThreshold => "flag-threshold",
});

/// When moderators are there, week after week and on days of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Whose clock it is.
    pub zone: TimeZone,
    /// Week after week.
    pub hours: OpeningHours,
    /// Days on which other hours hold; none of them on a closed day.
    pub exceptions: BTreeMap<Day, DayHours>,
    /// What holds outside of all these hours.
    pub away: AwayRule,
}

/// The hours of one day: `closed`, or `10:00-14:00,18:00-20:00`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayHours(Option<OpeningHours>);

impl FromStr for DayHours {
    type Err = InvalidOpeningHours;

    fn from_str(text: &str) -> Result<Self, InvalidOpeningHours> {
        if text == "closed" {
            return Ok(Self(None));
        }
        // Times alone: days of their own would say something about days that these hours are not for.
        if text.contains(|c: char| c == ';' || c.is_alphabetic()) {
            return Err(InvalidOpeningHours::Time);
        }
        // Read as those of every day, of which one is used.
        format!("Mo-Su {text}").parse().map(|hours| Self(Some(hours)))
    }
}

impl fmt::Display for DayHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("closed"),
            Some(hours) => f.write_str(hours.to_string().trim_start_matches("Mo-Su ")),
        }
    }
}

/// Whether moderators are there at a moment, and until when that stays so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staffing {
    /// Whether they are.
    pub is_staffed: bool,
    /// The first moment at which that changes; `None` when it does not within some weeks.
    pub until: Option<i64>,
}

impl Coverage {
    /// Whether moderators are there at `now_ms`, by a clock in [`zone`](Self::zone) that tells what it shows as if it were in
    /// UTC. `None` when the clock cannot tell.
    pub fn at(&self, now_ms: i64, clock: impl Fn(i64) -> Option<i64>) -> Option<Staffing> {
        let local_time = |ms| clock(ms).map(local_time);
        let mut from_ms = now_ms;
        let mut is_staffed = None;
        for _ in 0..COVERAGE_WINDOWS {
            let today = Day::of_ms(clock(from_ms)?).since_epoch();
            let opening = self.window(today)?.opening_at(from_ms, local_time)?;
            let (is_open, until) = match opening {
                Opening::Always => (true, None),
                Opening::OpenUntil { ms } => (true, Some(ms)),
                Opening::OpensAt { ms } => (false, Some(ms)),
            };
            let before = *is_staffed.get_or_insert(is_open);
            if before != is_open {
                return Some(Staffing { is_staffed: before, until: Some(from_ms) });
            }
            // Beyond the window its days stand for others: there one looks anew.
            let end = midnight(today + WINDOW_DAYS - 2, from_ms, &clock)?;
            match until {
                Some(ms) if ms < end => return Some(Staffing { is_staffed: before, until: Some(ms) }),
                _ => from_ms = end,
            }
        }
        Some(Staffing { is_staffed: is_staffed?, until: None })
    }

    /// The hours of a day, as they are written: for a calendar.
    #[must_use]
    pub fn on(&self, day: Day) -> DayHours {
        let of_week = || {
            let hours = self.of_week(weekday(day.since_epoch()));
            DayHours(if hours.is_empty() { None } else { format!("Mo-Su {}", hours.join(",")).parse().ok() })
        };
        self.exceptions.get(&day).cloned().unwrap_or_else(of_week)
    }

    /// The hours of a week whose days are yesterday, today and the five after it, each with its exception.
    fn window(&self, today: i32) -> Option<OpeningHours> {
        if self.exceptions.is_empty() {
            return Some(self.hours.clone());
        }
        let mut rules = Vec::new();
        for day in today - 1..today + WINDOW_DAYS - 1 {
            let weekday = weekday(day);
            let spans = match Day::from_since_epoch(day).and_then(|day| self.exceptions.get(&day)) {
                Some(DayHours(None)) => Vec::new(),
                Some(DayHours(Some(hours))) => written(hours, weekday),
                None => self.of_week(weekday),
            };
            if !spans.is_empty() {
                rules.push(format!("{} {}", weekday.abbreviation(), spans.join(",")));
            }
        }
        match rules.is_empty() {
            true => Some(OpeningHours::NEVER),
            false => rules.join("; ").parse().ok(),
        }
    }

    fn of_week(&self, weekday: Weekday) -> Vec<String> {
        written(&self.hours, weekday)
    }
}

/// The spans of a day as they are written.
fn written(hours: &OpeningHours, weekday: Weekday) -> Vec<String> {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    hours.on(weekday).map(|span| format!("{}-{}", time(span.opens()), time(span.closes()))).collect()
}

fn weekday(since_epoch: i32) -> Weekday {
    // The first of January 1970 was a Thursday.
    Weekday::ALL[(since_epoch + 3).rem_euclid(7) as usize]
}

fn local_time(local_ms: i64) -> LocalTime {
    let since_epoch = local_ms.div_euclid(DAY_MS) as i32;
    let minute_of_day = (local_ms.rem_euclid(DAY_MS) / MINUTE_MS) as u16;
    LocalTime { weekday: weekday(since_epoch), minute_of_day }
}

/// The first moment at which `clock` shows `day` or a later one, after `from_ms`.
fn midnight(day: i32, from_ms: i64, clock: &impl Fn(i64) -> Option<i64>) -> Option<i64> {
    let shows = |ms: i64| clock(ms).map(|local| local.div_euclid(DAY_MS) >= i64::from(day));
    // The clock is at most a day from that of UTC.
    let (mut before, mut after) = (from_ms, (i64::from(day) + 1) * DAY_MS + DAY_MS);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        *(if shows(middle)? { &mut after } else { &mut before }) = middle;
    }
    Some(after)
}

/// What an admin may put in the place of what the hours say, until a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ForcedRule {
    /// As while moderators are there.
    Staffed,
    /// Visitors may write, and all of it is held.
    HoldAll,
    /// Visitors write nothing.
    ReadOnly,
}

names!(ForcedRule, InvalidForcedRule, "is not a rule; expected staffed, hold-all or read-only", {
    Staffed => "staffed",
    HoldAll => "hold-all",
    ReadOnly => "read-only",
});

/// A forced rule, and until when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forced {
    /// The rule.
    pub rule: ForcedRule,
    /// The first moment at which it does not hold.
    pub until: i64,
}

/// All that decides what visitors may do.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// What the site's owner chose.
    pub mode: SiteMode,
    /// Whether moderators are there; `None` where the site has no hours.
    pub staffing: Option<Staffing>,
    /// What holds while they are not.
    pub away: AwayRule,
    /// What an admin forced, while it holds.
    pub forced: Option<Forced>,
    /// Whether a sensitive period was begun.
    pub is_sensitive: bool,
}

/// What visitors may do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Present {
    /// What they may write.
    pub mode: SiteMode,
    /// Whether all of it waits for a moderator, whoever wrote it.
    pub holds_all: bool,
    /// Whether moderators are there; `None` where nobody said when they are.
    pub is_staffed: Option<bool>,
    /// When that may change.
    pub until: Option<i64>,
    /// Whether a sensitive period was begun.
    pub is_sensitive: bool,
}

impl Circumstances {
    /// What holds now. An admin's word comes before the hours, and a sensitive period holds all whoever is there; the mode
    /// that the owner chose is never loosened.
    #[must_use]
    pub fn present(self) -> Present {
        let by_hours = match self.staffing {
            Some(Staffing { is_staffed: false, .. }) => match self.away {
                AwayRule::HoldAll => Some(ForcedRule::HoldAll),
                AwayRule::ReadOnly => Some(ForcedRule::ReadOnly),
                AwayRule::FlagThreshold => None,
            },
            _ => None,
        };
        let rule = self.forced.map_or(by_hours, |forced| Some(forced.rule));
        let mode = if rule == Some(ForcedRule::ReadOnly) { SiteMode::ReadOnly } else { self.mode };
        let is_staffed = match (self.forced, self.staffing) {
            (Some(Forced { rule: ForcedRule::Staffed, .. }), _) => Some(true),
            (_, staffing) => staffing.map(|staffing| staffing.is_staffed),
        };
        Present {
            mode,
            holds_all: self.is_sensitive || rule == Some(ForcedRule::HoldAll),
            is_staffed,
            until: self
                .forced
                .map(|forced| forced.until)
                .or(self.staffing.and_then(|staffing| staffing.until)),
            is_sensitive: self.is_sensitive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(zone: &str) -> impl Fn(i64) -> Option<i64> {
        let zone = jiff::tz::TimeZone::get(zone).unwrap();
        move |ms| {
            let at = jiff::Timestamp::from_millisecond(ms).ok()?;
            Some(ms + i64::from(zone.to_offset(at).seconds()) * 1_000)
        }
    }

    fn ms(instant: &str) -> i64 {
        instant.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    fn coverage(hours: &str, exceptions: &[(&str, &str)]) -> Coverage {
        Coverage {
            zone: "Europe/London".parse().unwrap(),
            hours: hours.parse().unwrap(),
            exceptions: exceptions
                .iter()
                .map(|(day, hours)| (day.parse().unwrap(), hours.parse().unwrap()))
                .collect(),
            away: AwayRule::HoldAll,
        }
    }

    fn staffing(coverage: &Coverage, now: &str) -> Staffing {
        coverage.at(ms(now), clock("Europe/London")).unwrap()
    }

    #[test]
    fn hours_hold_week_after_week() {
        let coverage = coverage("Mo-Fr 09:00-17:00", &[]);

        let open = staffing(&coverage, "2026-11-26T10:00:00Z");
        let closed = staffing(&coverage, "2026-11-27T17:00:00Z");

        assert_eq!(open, Staffing { is_staffed: true, until: Some(ms("2026-11-26T17:00:00Z")) });
        assert_eq!(closed, Staffing { is_staffed: false, until: Some(ms("2026-11-30T09:00:00Z")) });
    }

    #[test]
    fn hours_of_one_day_name_no_other_days() {
        for text in ["09:00-17:00; Sa,Su 10:00-12:00", "Mo 09:00-17:00", ";", ""] {
            assert!(text.parse::<DayHours>().is_err(), "{text:?}");
        }
        for text in ["closed", "09:00-12:00,14:00-26:00", "00:00-24:00"] {
            assert_eq!(text.parse::<DayHours>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_day_of_its_own_takes_the_place_of_the_week() {
        let coverage = coverage(
            "Mo-Fr 09:00-17:00",
            &[
                ("2026-12-24", "09:00-12:00"),
                ("2026-12-25", "closed"),
                ("2026-12-28", "closed"),
                ("2026-12-26", "20:00-26:00"),
            ],
        );

        for (now, is_staffed, until) in [
            ("2026-12-24T10:00:00Z", true, "2026-12-24T12:00:00Z"),
            ("2026-12-24T13:00:00Z", false, "2026-12-26T20:00:00Z"),
            ("2026-12-27T01:00:00Z", true, "2026-12-27T02:00:00Z"),
            ("2026-12-27T03:00:00Z", false, "2026-12-29T09:00:00Z"),
        ] {
            let expected = Staffing { is_staffed, until: Some(ms(until)) };
            assert_eq!(staffing(&coverage, now), expected, "{now}");
        }
        assert_eq!(coverage.on("2026-12-25".parse().unwrap()).to_string(), "closed");
        assert_eq!(coverage.on("2026-12-26".parse().unwrap()).to_string(), "20:00-26:00");
        assert_eq!(coverage.on("2026-12-23".parse().unwrap()).to_string(), "09:00-17:00");
        assert_eq!(coverage.on("2026-12-27".parse().unwrap()).to_string(), "closed");
    }

    #[test]
    fn a_holiday_of_weeks_ends_when_it_ends() {
        let days: Vec<String> = (1..=31).map(|day| format!("2026-12-{day:02}")).collect();
        let closed: Vec<(&str, &str)> = days.iter().map(|day| (day.as_str(), "closed")).collect();

        let away = staffing(&coverage("24/7", &closed), "2026-12-02T10:00:00Z");
        let there = staffing(&coverage("24/7", &closed), "2026-11-25T10:00:00Z");

        assert_eq!(away, Staffing { is_staffed: false, until: Some(ms("2027-01-01T00:00:00Z")) });
        assert_eq!(there, Staffing { is_staffed: true, until: Some(ms("2026-12-01T00:00:00Z")) });
    }

    #[test]
    fn the_clock_on_the_wall_decides_when_it_is_moved() {
        let coverage = coverage("Mo-Su 09:00-17:00", &[("2027-06-01", "closed")]);

        let before = staffing(&coverage, "2027-03-27T18:00:00Z");

        assert_eq!(before.until, Some(ms("2027-03-28T08:00:00Z")), "summer time begins on that Sunday");
    }

    #[test]
    fn somebody_who_is_always_there_stays() {
        let always = Staffing { is_staffed: true, until: None };

        assert_eq!(staffing(&coverage("24/7", &[]), "2026-11-26T10:00:00Z"), always);
        assert_eq!(staffing(&coverage("24/7", &[("2020-01-01", "closed")]), "2026-11-26T10:00:00Z"), always);
    }

    #[test]
    fn what_holds_now_follows_from_hours_admins_and_sensitive_periods() {
        let away = Some(Staffing { is_staffed: false, until: Some(7) });
        let calm = Circumstances {
            mode: SiteMode::Open,
            staffing: None,
            away: AwayRule::HoldAll,
            forced: None,
            is_sensitive: false,
        };
        let forced = |rule| Some(Forced { rule, until: 9 });
        let told = |c: Circumstances| {
            let now = c.present();
            (now.mode, now.holds_all, now.is_staffed, now.until)
        };
        use SiteMode::{Limited, Open, ReadOnly};

        assert_eq!(told(calm), (Open, false, None, None));
        let c = Circumstances { staffing: away, ..calm };
        assert_eq!(told(c), (Open, true, Some(false), Some(7)));
        assert_eq!(
            told(Circumstances { away: AwayRule::ReadOnly, ..c }),
            (ReadOnly, false, Some(false), Some(7))
        );
        assert_eq!(
            told(Circumstances { away: AwayRule::FlagThreshold, ..c }),
            (Open, false, Some(false), Some(7))
        );
        assert_eq!(
            told(Circumstances { forced: forced(ForcedRule::Staffed), mode: Limited, ..c }),
            (Limited, false, Some(true), Some(9)),
            "never looser than the owner chose"
        );
        assert_eq!(
            told(Circumstances { forced: forced(ForcedRule::ReadOnly), ..calm }),
            (ReadOnly, false, None, Some(9))
        );
        assert_eq!(
            told(Circumstances { forced: forced(ForcedRule::Staffed), is_sensitive: true, ..c }),
            (Open, true, Some(true), Some(9)),
            "a sensitive period holds all, whoever is there"
        );
    }
}
