//! "This did not work": what a visitor can say of a contact, which is nothing about themselves. It is only counted.

use std::fmt;
use std::str::FromStr;

use crate::contact::{Contact, Kind};
use crate::id::string_serde;
use crate::limits::REPORTED_CONTACT_CHARS;
use crate::post::names;
use serde::{Deserialize, Serialize};

/// What was wrong with a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineProblem {
    /// Nobody answered, though it should be open.
    NoAnswer,
    /// Somebody else answered, or the number or the page does not exist.
    WrongNumber,
    /// The service said, or a recording did, that it has ended.
    Closed,
    /// Anything else.
    Other,
}

names!(LineProblem, InvalidLineProblem, "is not a problem; expected no_answer, wrong_number, closed or other", {
    NoAnswer => "no_answer",
    WrongNumber => "wrong_number",
    Closed => "closed",
    Other => "other",
});

/// The contact that a report is about: [`Contact::value`], as it was shown.
///
/// Any page can send a report, so only what has the shape of a contact is one: no prose reaches those who read reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportedContact(String);

/// Why a text is no contact that a report can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReportedContact {
    /// Longer than any contact.
    #[error("has {0} characters; expected at most {REPORTED_CONTACT_CHARS}")]
    Length(usize),
    /// Neither a number, a page nor an e-mail address.
    #[error("is not a contact; expected a number, a web address or an e-mail address")]
    Shape,
}

impl ReportedContact {
    /// The contact as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReportedContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ReportedContact {
    type Err = InvalidReportedContact;

    fn from_str(text: &str) -> Result<Self, InvalidReportedContact> {
        let n_chars = text.chars().count();
        if n_chars > REPORTED_CONTACT_CHARS {
            return Err(InvalidReportedContact::Length(n_chars));
        }
        // One kind of each shape: text messages look as calls do, chats as pages.
        let contact = [Kind::Phone, Kind::Web, Kind::Email]
            .into_iter()
            .find_map(|kind| Contact::new(kind, text, None, None).ok())
            .ok_or(InvalidReportedContact::Shape)?;
        Ok(Self(contact.value().to_owned()))
    }
}

string_serde!(ReportedContact);

/// A day in UTC, written `2026-11-24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    since_epoch: i32,
}

/// A text that is no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a day; expected one such as 2026-11-24")]
pub struct InvalidDay;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// The last day of the year 9999: later ones would be written with more digits. Earlier than 1970 no report was made.
const LAST: i32 = 2_932_896;

impl Day {
    /// The day of a moment, in milliseconds since the epoch; the nearest that can be written.
    #[must_use]
    pub fn of_ms(moment_ms: i64) -> Self {
        let since_epoch = moment_ms.div_euclid(DAY_MS).clamp(0, i64::from(LAST));
        Self { since_epoch: since_epoch as i32 }
    }

    /// How many days after 1970-01-01, for storage.
    #[must_use]
    pub fn since_epoch(self) -> i32 {
        self.since_epoch
    }

    /// The day so many days after 1970-01-01; `None` before that and after the year 9999.
    #[must_use]
    pub fn from_since_epoch(since_epoch: i32) -> Option<Self> {
        (0..=LAST).contains(&since_epoch).then_some(Self { since_epoch })
    }

    /// Year, month and day of the month.
    fn date(self) -> (i32, i32, i32) {
        // Counted in years that begin in March, so that leap days end them (Hinnant, "chrono-compatible low-level date
        // algorithms"): 719,468 days from March of the year 0 to the epoch, 146,097 in 400 years.
        let days = self.since_epoch + 719_468;
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let is_next_year = month >= 10;
        let month = if is_next_year { month - 9 } else { month + 3 };
        (era * 400 + year + i32::from(is_next_year), month, day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = InvalidDay;

    fn from_str(text: &str) -> Result<Self, InvalidDay> {
        let mut parts =
            text.splitn(3, '-').map(|part| part.parse::<i32>().ok().filter(|n| (0..=9_999).contains(n)));
        let mut part = || parts.next().flatten().ok_or(InvalidDay);
        let (year, month, day) = (part()?, part()?, part()?);
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let day_of_year = (153 * month + 2) / 5 + day - 1;
        let since_epoch = 365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468;
        // What is written in another way, or is in no calendar, comes back as another text.
        Self::from_since_epoch(since_epoch).filter(|day| day.to_string() == text).ok_or(InvalidDay)
    }
}

string_serde!(Day);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_day_comes_back_as_it_was_written(since_epoch in 0..=LAST) {
            let day = Day::from_since_epoch(since_epoch).unwrap();

            prop_assert_eq!(day.to_string().parse(), Ok(day));
            prop_assert_eq!(Day::of_ms(i64::from(since_epoch) * DAY_MS), day);
            prop_assert_eq!(Day::of_ms(i64::from(since_epoch + 1) * DAY_MS - 1), day);
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text: String, number: i64) {
            let _ = text.parse::<Day>();
            let _ = format!("{number}-{number}-{number}").parse::<Day>();
            let _ = text.parse::<ReportedContact>();
            let _ = Day::of_ms(number).to_string();
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (moment_ms, written) in [
            (0, "1970-01-01"),
            (951_782_400_000, "2000-02-29"),
            (951_868_800_000, "2000-03-01"),
            (1_767_225_600_000, "2026-01-01"),
            (1_767_225_599_999, "2025-12-31"),
            (4_107_542_400_000, "2100-03-01"),
            (253_402_300_799_999, "9999-12-31"),
            (i64::MAX, "9999-12-31"),
            (-1, "1970-01-01"),
        ] {
            assert_eq!(Day::of_ms(moment_ms).to_string(), written);
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in
            ["", "2026", "2026-1-1", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32"]
        {
            assert_eq!(text.parse::<Day>(), Err(InvalidDay), "{text:?}");
        }
        for text in ["1969-12-31", "+2026-01-01", "2026-01-01 ", "-1-01-01", "10000-01-01"] {
            assert_eq!(text.parse::<Day>(), Err(InvalidDay), "{text:?}");
        }
    }

    #[test]
    fn a_report_is_about_what_has_the_shape_of_a_contact() {
        for contact in ["116 123", "+44 116 123", "*16", "https://example.org/chat?x=1", "jo@samaritans.org"]
        {
            assert_eq!(contact.parse::<ReportedContact>().unwrap().as_str(), contact);
        }
        for text in
            ["", "call me", "1", "you are all liars", "javascript:alert(1)", "=1+1", "jo@", "116\n123"]
        {
            assert_eq!(text.parse::<ReportedContact>(), Err(InvalidReportedContact::Shape), "{text:?}");
        }
        let long = |n_chars: usize| format!("https://example.org/{}", "x".repeat(n_chars - 20));
        assert!(long(REPORTED_CONTACT_CHARS).parse::<ReportedContact>().is_ok());
        assert_eq!(
            long(REPORTED_CONTACT_CHARS + 1).parse::<ReportedContact>(),
            Err(InvalidReportedContact::Length(REPORTED_CONTACT_CHARS + 1))
        );
    }
}
