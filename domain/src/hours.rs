//! When a helpline answers: a subset of OpenStreetMap's `opening_hours`, in the line's own time zone.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::contact::text_type;

const MINUTES_PER_DAY: u16 = 24 * 60;
const MINUTES_PER_WEEK: u16 = 7 * MINUTES_PER_DAY;
const MINUTE_MS: i64 = 60_000;
/// Changes of a zone's clock that are looked at before the next change of a line's state: at most a week lies between,
/// and the busiest zones (Morocco around Ramadan) change four times a year.
const MAX_CLOCK_CHANGES: u8 = 4;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// All days, from Monday. JavaScript's `getDay()` counts from Sunday: take `ALL[(day + 6) % 7]`.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// `Mo` to `Su`, as `opening_hours` writes it.
    #[must_use]
    pub fn abbreviation(self) -> &'static str {
        ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"][self as usize]
    }

    fn read(text: &str) -> Option<Weekday> {
        Weekday::ALL.into_iter().find(|day| day.abbreviation() == text)
    }
}

/// A moment of the week on a clock in the line's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// The day on that clock.
    pub weekday: Weekday,
    /// Minutes since its midnight, 0 to 1439; more is read as 1439.
    pub minute_of_day: u16,
}

impl LocalTime {
    fn minute_of_week(self) -> u16 {
        self.weekday as u16 * MINUTES_PER_DAY + self.minute_of_day.min(MINUTES_PER_DAY - 1)
    }
}

/// From when to when a line answers on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    opens: u16,
    closes: u16,
}

impl Span {
    /// Minutes after midnight, below 24:00.
    #[must_use]
    pub fn opens(self) -> u16 {
        self.opens
    }

    /// Minutes after the same midnight, later than [`Span::opens`] and up to 48:00: 25:30 is half past one the next day.
    #[must_use]
    pub fn closes(self) -> u16 {
        self.closes
    }
}

/// When a line answers, week after week. Public holidays are not known.
///
/// Read from `24/7` or from rules like `Mo-Fr 09:00-17:00; Sa,Su 15:00-27:00`. As in OpenStreetMap, a later rule
/// replaces an earlier one on its days, and a time that ends before it begins ends on the next day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OpeningHours(Week);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Week {
    Always,
    /// Sorted by day, then by span; empty only when it never answers.
    Spans(Vec<(Weekday, Span)>),
}

/// Whether a line answers at a moment, and how long that lasts.
///
/// The minutes are counted on an even clock: in the two nights a year in which clocks change they are an hour off.
/// [`Opening`] is right in these too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoursState {
    /// It answers now.
    Open {
        /// Minutes until it closes, 1 or more; `None` when it never does.
        closes_in_min: Option<u16>,
    },
    /// It does not answer now.
    Closed {
        /// Minutes until it opens, 1 or more.
        opens_in_min: u16,
    },
}

impl HoursState {
    fn is_open(self) -> bool {
        matches!(self, HoursState::Open { .. })
    }

    /// Minutes until it changes; `None` when it never does.
    fn minutes(self) -> Option<u16> {
        match self {
            HoursState::Open { closes_in_min } => closes_in_min,
            HoursState::Closed { opens_in_min } => Some(opens_in_min),
        }
    }
}

/// Whether a line answers at an instant, and until when that stays so. Instants are milliseconds since 1970-01-01 UTC.
///
/// Unlike [`HoursState`] it is right across the nights in which clocks change and the days that a zone at the date
/// line leaves out, because it asks the zone's clock at both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It never closes.
    Always,
    /// It answers now.
    OpenUntil {
        /// The first instant at which it does not.
        ms: i64,
    },
    /// It does not answer now.
    OpensAt {
        /// The first instant at which it does.
        ms: i64,
    },
}

/// Why a text is not understood as opening hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOpeningHours {
    /// Not a day or a range of days.
    #[error("days not understood; expected Mo, Mo-Fr or Sa,Su")]
    Days,
    /// Not a span of time.
    #[error("time not understood; expected 09:00-17:00, up to 48:00 for times past midnight")]
    Time,
    /// Two spans of one day share a moment.
    #[error("two times of one day overlap")]
    Overlap,
}

impl OpeningHours {
    /// Day and night, every day.
    pub const ALWAYS: OpeningHours = OpeningHours(Week::Always);

    /// Not on any day: of a week that is all holidays. It is never read from a text.
    pub(crate) const NEVER: OpeningHours = OpeningHours(Week::Spans(Vec::new()));

    /// Whether it was written as `24/7`.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.0 == Week::Always
    }

    /// The spans of one day, in order; the whole day when it is always open.
    pub fn on(&self, weekday: Weekday) -> impl Iterator<Item = Span> {
        let (always, spans) = match &self.0 {
            Week::Always => (Some(Span { opens: 0, closes: MINUTES_PER_DAY }), &[][..]),
            Week::Spans(spans) => (None, &spans[..]),
        };
        always.into_iter().chain(spans.iter().filter(move |(day, _)| *day == weekday).map(|(_, span)| *span))
    }

    /// Whether the line answers at `time`, and for how long or when again.
    #[must_use]
    pub fn state_at(&self, time: LocalTime) -> HoursState {
        let Week::Spans(spans) = &self.0 else { return HoursState::Open { closes_in_min: None } };
        let now = time.minute_of_week();

        // Minutes until each span next begins, and how long it lasts, seen from `from`. One that has begun
        // begins "in a week", less the time since.
        let from = |from: u16| {
            spans.iter().map(move |(day, span)| {
                let opens = (*day as u16 * MINUTES_PER_DAY + span.opens) % MINUTES_PER_WEEK;
                let wait = (opens + MINUTES_PER_WEEK - from) % MINUTES_PER_WEEK;
                (wait, span.closes - span.opens)
            })
        };
        // How long the span around `at` still lasts, if there is one.
        let rest = |at: u16| {
            from(at)
                .filter_map(|(wait, length)| {
                    let since = (MINUTES_PER_WEEK - wait) % MINUTES_PER_WEEK;
                    length.checked_sub(since).filter(|rest| *rest > 0)
                })
                .max()
        };

        let mut open_for = 0;
        while let Some(rest) = rest((now + open_for) % MINUTES_PER_WEEK) {
            open_for += rest;
            if open_for >= MINUTES_PER_WEEK {
                return HoursState::Open { closes_in_min: None };
            }
        }
        if open_for > 0 {
            return HoursState::Open { closes_in_min: Some(open_for) };
        }
        HoursState::Closed { opens_in_min: from(now).map(|(wait, _)| wait).min().unwrap_or(MINUTES_PER_WEEK) }
    }

    /// Whether the line answers at the instant `now_ms`, and until when.
    ///
    /// `local_time` tells what the clock in the line's zone shows at an instant. `None` when it cannot, unless the
    /// line never closes.
    ///
    /// The clock on the wall decides. An opening time that a clock leaves out in spring is the instant at which it
    /// jumps; one that it shows twice in autumn counts both times, as it does for those who answer by that clock.
    pub fn opening_at(&self, now_ms: i64, local_time: impl Fn(i64) -> Option<LocalTime>) -> Option<Opening> {
        let never_closes = |time| self.state_at(time) == HoursState::Open { closes_in_min: None };
        if never_closes(LocalTime { weekday: Weekday::Monday, minute_of_day: 0 }) {
            return Some(Opening::Always);
        }
        let mut from_ms = now_ms - now_ms.rem_euclid(MINUTE_MS);
        let mut from = local_time(from_ms)?;
        let is_open = self.state_at(from).is_open();
        let changes_at = |ms| if is_open { Opening::OpenUntil { ms } } else { Opening::OpensAt { ms } };
        // Each round ends at a change of the state or of the clock, and no clock changes more than twice in a week.
        for _ in 0..MAX_CLOCK_CHANGES {
            let minutes = i64::from(self.state_at(from).minutes()?);
            let keeps_even = |minutes: i64| {
                let expected = (i64::from(from.minute_of_week()) + minutes) % i64::from(MINUTES_PER_WEEK);
                local_time(from_ms + minutes * MINUTE_MS)
                    .map(|time| i64::from(time.minute_of_week()) == expected)
            };
            if keeps_even(minutes)? {
                return Some(changes_at(from_ms + minutes * MINUTE_MS));
            }
            let (mut even, mut uneven) = (0, minutes);
            while uneven - even > 1 {
                let middle = (even + uneven) / 2;
                *(if keeps_even(middle)? { &mut even } else { &mut uneven }) = middle;
            }
            from_ms += uneven * MINUTE_MS;
            from = local_time(from_ms)?;
            if self.state_at(from).is_open() != is_open {
                return Some(changes_at(from_ms));
            }
        }
        None
    }
}

impl FromStr for OpeningHours {
    type Err = InvalidOpeningHours;

    fn from_str(text: &str) -> Result<Self, InvalidOpeningHours> {
        if text == "24/7" {
            return Ok(OpeningHours::ALWAYS);
        }
        let mut week = Vec::new();
        // By one character, and put in order by hand below: the library's search in texts and its sort, which nothing else in the
        // wasm has need of, are 1.1 KB of it by brotli.
        for (place, rule) in text.split(';').enumerate() {
            let rule = if place == 0 { Some(rule) } else { rule.strip_prefix(' ') };
            let rule = rule.ok_or(InvalidOpeningHours::Time)?;
            let (days, times) = match rule.split_once(' ') {
                Some((days, times)) => (read_days(days).ok_or(InvalidOpeningHours::Days)?, times),
                None => (Weekday::ALL.to_vec(), rule),
            };
            week.retain(|(day, _)| !days.contains(day));
            for time in times.split(',') {
                let span = read_span(time).ok_or(InvalidOpeningHours::Time)?;
                for day in &days {
                    let place = week.partition_point(|other| *other < (*day, span));
                    if week.get(place) != Some(&(*day, span)) {
                        week.insert(place, (*day, span));
                    }
                }
            }
        }
        let overlap = week.windows(2).any(|two| two[0].0 == two[1].0 && two[0].1.closes > two[1].1.opens);
        if overlap { Err(InvalidOpeningHours::Overlap) } else { Ok(OpeningHours(Week::Spans(week))) }
    }
}

/// `Mo`, `Mo-Fr`, `Fr-Mo` or several of them with commas; each day once.
fn read_days(text: &str) -> Option<Vec<Weekday>> {
    let mut days = Vec::new();
    for range in text.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (Weekday::read(first)? as usize, Weekday::read(last)? as usize);
        let n_days = (last + 7 - first) % 7 + 1;
        days.extend(Weekday::ALL.into_iter().cycle().skip(first).take(n_days));
    }
    Some(Weekday::ALL.into_iter().filter(|day| days.contains(day)).collect())
}

/// `09:00-17:00`, `15:00-27:00` or `22:00-02:00`.
fn read_span(text: &str) -> Option<Span> {
    let (opens, closes) = text.split_once('-')?;
    let (opens, closes) = (read_time(opens)?, read_time(closes)?);
    let closes = if closes <= opens { closes + MINUTES_PER_DAY } else { closes };
    (opens < MINUTES_PER_DAY && closes <= 2 * MINUTES_PER_DAY).then_some(Span { opens, closes })
}

fn read_time(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |text: &str| match text.as_bytes() {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            Some(u16::from(tens - b'0') * 10 + u16::from(ones - b'0'))
        }
        _ => None,
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    (hours <= 48 && minutes < 60).then_some(hours * 60 + minutes)
}

impl fmt::Display for OpeningHours {
    /// `24/7`, or one rule for each set of days with the same times, as [`FromStr`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_always() {
            return f.write_str("24/7");
        }
        let times = |day: Weekday| self.on(day).collect::<Vec<_>>();
        let mut separator = "";
        for (index, first) in Weekday::ALL.into_iter().enumerate() {
            let spans = times(first);
            let is_written = Weekday::ALL[..index].iter().any(|day| times(*day) == spans);
            if spans.is_empty() || is_written {
                continue;
            }
            f.write_str(separator)?;
            separator = "; ";
            write_days(f, &Weekday::ALL.map(|day| times(day) == spans))?;
            for (n, span) in spans.iter().enumerate() {
                f.write_str(if n == 0 { " " } else { "," })?;
                let clock = |minute: u16| (minute / 60, minute % 60);
                let ((h, m), (to_h, to_m)) = (clock(span.opens), clock(span.closes));
                write!(f, "{h:02}:{m:02}-{to_h:02}:{to_m:02}")?;
            }
        }
        Ok(())
    }
}

/// Writes the chosen days as ranges, from the first that does not follow another: `Su-Th`, not `Mo-Th,Su`.
fn write_days(f: &mut fmt::Formatter<'_>, chosen: &[bool; 7]) -> fmt::Result {
    let start =
        if chosen[0] && chosen[6] { (1..7).rfind(|day| !chosen[*day]).map_or(0, |day| day + 1) } else { 0 };
    let is_chosen = |day: usize| day < start + 7 && chosen[day % 7];
    let mut separator = "";
    let mut day = start;
    while day < start + 7 {
        if !is_chosen(day) {
            day += 1;
            continue;
        }
        let mut last = day;
        while is_chosen(last + 1) {
            last += 1;
        }
        write!(f, "{separator}{}", Weekday::ALL[day % 7].abbreviation())?;
        if last > day {
            write!(f, "-{}", Weekday::ALL[last % 7].abbreviation())?;
        }
        separator = ",";
        day = last + 1;
    }
    Ok(())
}

impl TryFrom<String> for OpeningHours {
    type Error = InvalidOpeningHours;

    fn try_from(text: String) -> Result<Self, InvalidOpeningHours> {
        text.parse()
    }
}

impl From<OpeningHours> for String {
    fn from(hours: OpeningHours) -> String {
        hours.to_string()
    }
}

/// The IANA name of a time zone: `Europe/London`. Whether it exists, only the browser's `Intl` or a zone list can say.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(String);

/// The text has not the form of an IANA zone name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a time zone; expected Area/City")]
pub struct InvalidTimeZone;

impl TimeZone {
    /// The name, as `Intl.DateTimeFormat` takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TimeZone {
    type Err = InvalidTimeZone;

    fn from_str(text: &str) -> Result<Self, InvalidTimeZone> {
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-+".contains(&b))
        };
        let is_well_formed = (2..=3).contains(&text.split('/').count()) && text.split('/').all(is_part);
        if is_well_formed { Ok(Self(text.to_owned())) } else { Err(InvalidTimeZone) }
    }
}

text_type! { TimeZone, InvalidTimeZone; }

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hours(text: &str) -> OpeningHours {
        text.parse().unwrap()
    }

    /// The clock of a zone, as the zone database has it.
    fn clock(zone: &str) -> impl Fn(i64) -> Option<LocalTime> {
        let zone = jiff::tz::TimeZone::get(zone).unwrap();
        move |ms| {
            let time = jiff::Timestamp::from_millisecond(ms).ok()?.to_zoned(zone.clone());
            let day = usize::try_from(time.weekday().to_monday_zero_offset()).ok()?;
            let minute_of_day = u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).ok()?;
            Some(LocalTime { weekday: Weekday::ALL[day], minute_of_day })
        }
    }

    fn ms(instant: &str) -> i64 {
        instant.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    fn opening(text: &str, zone: &str, now: &str) -> Opening {
        hours(text).opening_at(ms(now), clock(zone)).unwrap()
    }

    fn until(instant: &str) -> Opening {
        Opening::OpenUntil { ms: ms(instant) }
    }

    fn from(instant: &str) -> Opening {
        Opening::OpensAt { ms: ms(instant) }
    }

    fn at(text: &str, weekday: Weekday, hour: u16, minute: u16) -> HoursState {
        hours(text).state_at(LocalTime { weekday, minute_of_day: hour * 60 + minute })
    }

    fn open(minutes: u16) -> HoursState {
        HoursState::Open { closes_in_min: Some(minutes) }
    }

    fn closed(minutes: u16) -> HoursState {
        HoursState::Closed { opens_in_min: minutes }
    }

    const FOR_EVER: HoursState = HoursState::Open { closes_in_min: None };

    #[test]
    fn a_line_is_open_from_its_first_minute_to_the_one_before_it_closes() {
        use Weekday::{Friday, Monday, Sunday};
        let office = "Mo-Fr 09:00-17:00";

        assert_eq!(at(office, Monday, 8, 59), closed(1));
        assert_eq!(at(office, Monday, 9, 0), open(480));
        assert_eq!(at(office, Monday, 16, 59), open(1));
        assert_eq!(at(office, Friday, 17, 0), closed((2 * 24 + 16) * 60));
        assert_eq!(at(office, Sunday, 9, 0), closed(24 * 60));
    }

    #[test]
    fn times_past_midnight_belong_to_the_evening_before() {
        use Weekday::{Monday, Saturday, Sunday};

        for text in ["Mo-Su 15:00-27:00", "Mo-Su 15:00-03:00", "15:00-27:00"] {
            assert_eq!(at(text, Monday, 2, 59), open(1), "{text}: Sunday's evening on Monday");
            assert_eq!(at(text, Monday, 3, 0), closed(12 * 60), "{text}");
            assert_eq!(at(text, Monday, 23, 0), open(4 * 60), "{text}");
        }
        assert_eq!(at("Sa 22:00-26:00", Sunday, 1, 0), open(60));
        assert_eq!(at("Sa 22:00-26:00", Saturday, 1, 0), closed(21 * 60));
    }

    #[test]
    fn spans_that_touch_are_one() {
        use Weekday::{Monday, Saturday, Sunday};

        assert_eq!(at("Mo-Sa 00:00-24:00", Saturday, 23, 0), open(60));
        assert_eq!(at("Mo-Sa 00:00-24:00", Monday, 0, 0), open(6 * 24 * 60));
        assert_eq!(at("Mo-Sa 00:00-24:00", Sunday, 23, 59), closed(1));
        assert_eq!(at("Mo-Su 09:00-24:00", Monday, 23, 59), open(1));
        assert_eq!(at("Mo 09:00-12:00,12:00-14:00", Monday, 11, 0), open(180));
    }

    #[test]
    fn what_never_closes_says_so_however_it_is_written() {
        for text in ["24/7", "Mo-Su 00:00-24:00", "Mo-Su 12:00-36:00", "Mo-Fr 00:00-24:00; Sa,Su 00:00-24:00"]
        {
            assert_eq!(at(text, Weekday::Wednesday, 3, 7), FOR_EVER, "{text}");
        }
    }

    #[test]
    fn a_later_rule_replaces_an_earlier_one_on_its_days() {
        let text = "Mo-Fr 08:00-20:00; We 12:00-14:00";

        assert_eq!(at(text, Weekday::Wednesday, 9, 0), closed(180));
        assert_eq!(at(text, Weekday::Thursday, 9, 0), open(660));
        assert_eq!(hours(text).to_string(), "Mo-Tu,Th-Fr 08:00-20:00; We 12:00-14:00");
    }

    #[test]
    fn ranges_of_days_go_round_the_week() {
        let spans = |text: &str, day| hours(text).on(day).count();

        assert_eq!(spans("Su-Th 09:00-16:30", Weekday::Sunday), 1);
        assert_eq!(spans("Su-Th 09:00-16:30", Weekday::Friday), 0);
        assert_eq!(spans("Fr-Mo 09:00-16:30", Weekday::Monday), 1);
    }

    #[test]
    fn rules_are_written_as_people_write_them() {
        for text in [
            "24/7",
            "Mo-Su 15:30-24:30",
            "Su-Th 08:00-20:00; Fr-Sa 09:00-17:00",
            "Mo,We,Fr 14:00-18:00",
            "Sa-Mo 09:00-12:00,13:00-27:00",
        ] {
            assert_eq!(hours(text).to_string(), text);
        }
    }

    #[test]
    fn a_day_is_shown_by_its_spans() {
        let hours = hours("Mo,We,Fr 14:00-18:00; Tu,Th 09:00-13:00,15:30-24:30");
        let tuesday: Vec<_> = hours.on(Weekday::Tuesday).map(|span| (span.opens(), span.closes())).collect();

        assert_eq!(tuesday, [(540, 780), (930, 1470)]);
        assert_eq!(OpeningHours::ALWAYS.on(Weekday::Sunday).map(Span::closes).collect::<Vec<_>>(), [1440]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        use InvalidOpeningHours::{Days, Overlap, Time};
        let wrong = |text: &str| text.parse::<OpeningHours>().unwrap_err();

        for text in
            ["Mo", "9:00-17:00", "Mo 09:00", "Mo 09:00-17:60", "Mo 24:00-25:00", "Mo 09:00-48:01", "", "off"]
        {
            assert_eq!(wrong(text), Time, "{text:?}");
        }
        for text in
            ["PH 09:00-17:00", "Mo-Xx 09:00-17:00", "Mo, 09:00-17:00", "mo 09:00-17:00", " 09:00-17:00"]
        {
            assert_eq!(wrong(text), Days, "{text:?}");
        }
        assert_eq!(wrong("Mo 09:00-12:00,11:00-13:00"), Overlap);
    }

    #[test]
    fn zones_have_an_area_and_a_city() {
        for text in ["Europe/London", "America/Argentina/Buenos_Aires", "America/Port-au-Prince"] {
            assert_eq!(text.parse::<TimeZone>().unwrap().as_str(), text);
        }
        for text in ["", "UTC", "Europe/", "Europe/Lon don", "a/b/c/d"] {
            assert_eq!(text.parse::<TimeZone>(), Err(InvalidTimeZone), "{text:?}");
        }
    }

    #[test]
    fn an_instant_is_told_by_the_clock_of_the_line() {
        let office = "Mo-Fr 09:00-17:00";

        // A Tuesday in winter, and one in summer.
        assert_eq!(opening(office, "Europe/London", "2026-11-24T08:00:30Z"), from("2026-11-24T09:00:00Z"));
        assert_eq!(opening(office, "Europe/London", "2026-07-07T08:00:00Z"), until("2026-07-07T16:00:00Z"));
        assert_eq!(opening(office, "Asia/Kathmandu", "2026-11-24T03:14:59Z"), from("2026-11-24T03:15:00Z"));
        assert_eq!(
            opening("Mo-Su 15:00-03:00", "America/Mexico_City", "2026-11-24T08:00:00Z"),
            until("2026-11-24T09:00:00Z")
        );
    }

    #[test]
    fn a_night_in_which_the_clock_changes_is_an_hour_shorter_or_longer() {
        let evenings = "Mo-Su 18:00-26:00";

        // London: from 01:00 GMT to 02:00 BST on 29 March, and back at 02:00 BST on 25 October 2026. The clock
        // never shows 01:30 in the one night, and twice in the other.
        assert_eq!(
            opening("Su 09:00-12:00", "Europe/London", "2026-03-29T00:00:00Z"),
            from("2026-03-29T08:00:00Z")
        );
        assert_eq!(
            opening("Su 09:00-12:00", "Europe/London", "2026-10-25T00:00:00Z"),
            from("2026-10-25T09:00:00Z")
        );
        assert_eq!(opening(evenings, "Europe/London", "2026-03-28T20:00:00Z"), until("2026-03-29T01:00:00Z"));
        assert_eq!(opening(evenings, "Europe/London", "2026-10-24T20:00:00Z"), until("2026-10-25T02:00:00Z"));
        assert_eq!(
            opening("Su 01:30-05:00", "Europe/London", "2026-03-29T00:00:00Z"),
            from("2026-03-29T01:00:00Z"),
            "what the clock leaves out begins when it jumps"
        );
        assert_eq!(
            opening("Su 00:00-01:30", "Europe/London", "2026-10-25T00:00:00Z"),
            until("2026-10-25T00:30:00Z")
        );
        assert_eq!(
            opening("Su 00:00-01:30", "Europe/London", "2026-10-25T00:45:00Z"),
            from("2026-10-25T01:00:00Z"),
            "what the clock shows twice counts twice"
        );

        // New York: back at 02:00 EDT on 1 November 2026.
        assert_eq!(
            opening("Su 08:00-12:00", "America/New_York", "2026-11-01T04:00:00Z"),
            from("2026-11-01T13:00:00Z")
        );
        // Lord Howe Island moves by half an hour: back at 02:00 on 5 April, on at 02:00 on 4 October 2026.
        assert_eq!(
            opening("Su 09:00-12:00", "Australia/Lord_Howe", "2026-04-04T13:00:00Z"),
            from("2026-04-04T22:30:00Z")
        );
        assert_eq!(
            opening("Su 02:15-12:00", "Australia/Lord_Howe", "2026-10-03T14:00:00Z"),
            from("2026-10-03T15:30:00Z")
        );
        // Santiago changes at midnight: from 23:59 on 5 September to 01:00 on the 6th.
        assert_eq!(
            opening("Su 00:00-10:00", "America/Santiago", "2026-09-06T03:00:00Z"),
            from("2026-09-06T04:00:00Z")
        );
        assert_eq!(
            opening("Sa 09:00-24:00", "America/Santiago", "2026-09-06T03:00:00Z"),
            until("2026-09-06T04:00:00Z")
        );
    }

    #[test]
    fn days_that_a_zone_at_the_date_line_leaves_out_are_no_days() {
        // Samoa went from Thursday 29 to Saturday 31 December 2011.
        assert_eq!(
            opening("Fr 09:00-17:00", "Pacific/Apia", "2011-12-30T08:00:00Z"),
            from("2012-01-05T19:00:00Z")
        );
        assert_eq!(
            opening("Th 09:00-24:00", "Pacific/Apia", "2011-12-30T08:00:00Z"),
            until("2011-12-30T10:00:00Z")
        );
        assert_eq!(
            opening("Th-Sa 00:00-24:00", "Pacific/Apia", "2011-12-30T08:00:00Z"),
            until("2011-12-31T10:00:00Z")
        );
        // It is already Tuesday in Kiritimati, and still Monday in Pago Pago.
        assert_eq!(
            opening("Tu 00:00-24:00", "Pacific/Kiritimati", "2026-11-23T10:00:00Z"),
            until("2026-11-24T10:00:00Z")
        );
        assert_eq!(
            opening("Tu 00:00-24:00", "Pacific/Pago_Pago", "2026-11-23T10:00:00Z"),
            from("2026-11-24T11:00:00Z")
        );
    }

    #[test]
    fn what_never_closes_needs_no_clock_and_everything_else_one() {
        for text in ["24/7", "Mo-Su 00:00-24:00", "Mo-Fr 00:00-24:00; Sa,Su 00:00-24:00"] {
            assert_eq!(hours(text).opening_at(0, |_| None), Some(Opening::Always), "{text}");
        }
        assert_eq!(hours("Mo-Fr 09:00-17:00").opening_at(0, |_| None), None);
    }

    proptest! {
        /// Against the plain way: look at every minute of the coming fortnight.
        #[test]
        fn an_opening_changes_when_the_clock_says_so_and_not_before(
            zone in proptest::sample::select(vec![
                "Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca",
                "Africa/Cairo", "Asia/Gaza", "Pacific/Apia", "Pacific/Kiritimati", "Asia/Kathmandu",
            ]),
            // Near the changes of 2026, and any moment from 2011 to 2030.
            now_s in prop_oneof![1_774_000_000..1_776_000_000_i64, 1_792_000_000..1_794_000_000_i64, 1_293_840_000..1_893_456_000_i64],
            text in "(Mo|Tu-Th|Fr,Su|Sa-Mo|Mo-Su) (0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]-([0-3][0-9]|4[0-7]):[0-5][0-9]",
        ) {
            let Ok(hours) = text.parse::<OpeningHours>() else { return Ok(()) };
            let now_ms = now_s * 1000;
            let clock = clock(zone);
            let is_open = |ms: i64| hours.state_at(clock(ms).unwrap()).is_open();
            let first_minute_ms = now_ms - now_ms.rem_euclid(MINUTE_MS);
            let minutes = (1..14 * 24 * 60).map(|minute| first_minute_ms + minute * MINUTE_MS);
            let changes_at = minutes.into_iter().find(|ms| is_open(*ms) != is_open(now_ms));

            let opening = hours.opening_at(now_ms, &clock).unwrap();

            match (opening, is_open(now_ms), changes_at) {
                (Opening::Always, true, None) => {}
                (Opening::OpenUntil { ms }, true, Some(expected)) | (Opening::OpensAt { ms }, false, Some(expected)) => {
                    prop_assert_eq!(ms, expected);
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }

        /// Against the plain way: look at every minute of three weeks.
        #[test]
        fn the_state_agrees_with_counting_minutes(
            spans in proptest::collection::vec((0..7_usize, 0..288_u16, 1..289_u16), 1..6),
            now in 0..10_080_usize,
        ) {
            let mut week: Vec<_> = spans
                .into_iter()
                .map(|(day, opens, length)| {
                    let opens = opens * 5;
                    (Weekday::ALL[day], Span { opens, closes: opens + length * 5 })
                })
                .collect();
            week.sort_unstable();
            let mut minutes = vec![false; 7 * 1440];
            for (day, span) in &week {
                for minute in span.opens..span.closes {
                    minutes[(*day as usize * 1440 + minute as usize) % (7 * 1440)] = true;
                }
            }
            let until = |open: bool| (0..7 * 1440).find(|ahead| minutes[(now + ahead) % (7 * 1440)] == open);
            let expected = match (minutes[now], until(true), until(false)) {
                (true, _, closes) => HoursState::Open { closes_in_min: closes.map(|minutes| minutes as u16) },
                (false, opens, _) => HoursState::Closed { opens_in_min: opens.unwrap() as u16 },
            };

            let time = LocalTime { weekday: Weekday::ALL[now / 1440], minute_of_day: (now % 1440) as u16 };

            prop_assert_eq!(OpeningHours(Week::Spans(week)).state_at(time), expected);
        }
    }
}
