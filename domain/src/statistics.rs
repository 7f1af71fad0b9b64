//! What is counted of a site, quarter by quarter, and what of it may be shown.
//!
//! Counts are made when something happens and say nothing else of it, so they stay when the items go.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::anonymity::{Shown, protect};
use crate::automated::Automated;
use crate::flag::Flag;
use crate::limits::SHOWN_FROM_ITEMS;
use crate::line_report::{Day, LineProblem};
use crate::objection::ObjectionOutcome;
use crate::post::{Decision, Kind};
use crate::report::ReportReason;

/// Three months of a year in UTC: `2026-Q3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter {
    /// How many since the year 0.
    since_zero: i32,
}

/// A text that is no quarter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a quarter; expected one such as 2026-Q3")]
pub struct InvalidQuarter;

impl Quarter {
    /// That of a moment, in milliseconds since the epoch.
    #[must_use]
    pub fn of_ms(at: i64) -> Self {
        Self::of_day(Day::of_ms(at))
    }

    /// That of a day.
    #[must_use]
    pub fn of_day(day: Day) -> Self {
        let day = day.to_string();
        let mut parts = day.split('-').map(|part| part.parse().unwrap_or(0));
        let (year, month) = (parts.next().unwrap_or(0), parts.next().unwrap_or(1));
        Self { since_zero: year * 4 + (month - 1) / 3 }
    }

    /// Its year.
    #[must_use]
    pub const fn year(self) -> i32 {
        self.since_zero / 4
    }

    /// How it is stored.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.since_zero
    }

    /// The quarters of a year that are over.
    pub fn of_year(year: i32, now: i64) -> impl Iterator<Item = Self> {
        let first = year.clamp(0, 9_999) * 4;
        (first..first + 4)
            .map(|since_zero| Self { since_zero })
            .filter(move |quarter| *quarter < Self::of_ms(now))
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-Q{}", self.since_zero / 4, self.since_zero % 4 + 1)
    }
}

impl FromStr for Quarter {
    type Err = InvalidQuarter;

    fn from_str(text: &str) -> Result<Self, InvalidQuarter> {
        let (year, quarter) = text.split_once("-Q").ok_or(InvalidQuarter)?;
        let year: i32 = year.parse().map_err(|_| InvalidQuarter)?;
        let quarter: i32 = quarter.parse().map_err(|_| InvalidQuarter)?;
        let found = Self { since_zero: year.checked_mul(4).ok_or(InvalidQuarter)? + quarter - 1 };
        if found.to_string() == text { Ok(found) } else { Err(InvalidQuarter) }
    }
}

crate::id::string_serde!(Quarter);

/// Minutes within which something happened, as it is counted; what took longer is counted as that.
const WITHIN_MINUTES: [u32; 11] = [5, 15, 30, 60, 120, 240, 480, 720, 1_440, 2_880, 10_080];
const WITHIN_NAMES: [&str; 12] =
    ["5", "15", "30", "60", "120", "240", "480", "720", "1440", "2880", "10080", "longer"];
const MINUTE_MS: i64 = 60_000;

/// Something that is counted, one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tally {
    /// A visitor sent a post of this kind, or a reply.
    Sent(Option<Kind>),
    /// What was sent was held, and this was noticed about it; several may be.
    HeldFor(Flag),
    /// A moderator decided about an item.
    Decided(Decision),
    /// A moderator left what was published, and reported or flagged, as it is.
    Kept,
    /// A rule decided.
    DecidedByRule(Decision),
    /// What was held was decided about, so long after it was sent.
    DecidedAfter(i64),
    /// What was declined had this noticed about it; `None` when it had nothing.
    DeclinedFor(Option<Flag>),
    /// A post was published.
    PostPublished,
    /// Somebody else than its author answered a post for the first time where everyone can read it, so long after it was sent.
    FirstReplyAfter(i64),
    /// A reader reported an item.
    Reported(ReportReason),
    /// An objection was answered.
    ObjectionAnswered(ObjectionOutcome),
    /// A visitor said that a contact of a helpline did not work.
    LineReported(LineProblem),
}

/// A table of counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// What visitors sent, by kind.
    Sent,
    /// What was noticed about what was held.
    HeldFor,
    /// What was decided, by whom.
    Decided,
    /// What was noticed about what was declined.
    DeclinedFor,
    /// Posts that were published, and those that got a first answer.
    Answered,
    /// What readers reported.
    Reported,
    /// Objections that were answered.
    Objections,
    /// What visitors said of helplines.
    LineReports,
}

crate::post::names!(Table, InvalidTable, "is no table of the statistics", {
    Sent => "sent",
    HeldFor => "held-for",
    Decided => "decided",
    DeclinedFor => "declined-for",
    Answered => "answered",
    Reported => "reported",
    Objections => "objections",
    LineReports => "line-reports",
});

/// Rows of what rules decided: the rule of approvals, and that of reports.
pub(crate) const BY_RULE: [&str; 2] = ["approve-by-rule", "hide-by-rule"];
const KEPT: &str = "keep";
const REPLY: &str = "reply";
const NOTHING: &str = "nothing";
const WITH_ANSWER: &str = "with-answer";
const WITHOUT_ANSWER: &str = "without-answer";
const PUBLISHED: (&str, &str) = ("answered", "published");
const DECIDED_WITHIN: &str = "decided-within";
const REPLIED_WITHIN: &str = "replied-within";

impl Tally {
    /// Its names in storage: what, and which of it.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Sent(kind) => (Table::Sent.as_str(), kind.map_or(REPLY, Kind::as_str)),
            Self::HeldFor(flag) => (Table::HeldFor.as_str(), flag.as_str()),
            Self::Decided(decision) => (Table::Decided.as_str(), decision.as_str()),
            Self::Kept => (Table::Decided.as_str(), KEPT),
            Self::DecidedByRule(Decision::Hide) => (Table::Decided.as_str(), BY_RULE[1]),
            Self::DecidedByRule(_) => (Table::Decided.as_str(), BY_RULE[0]),
            Self::DecidedAfter(ms) => (DECIDED_WITHIN, within(ms)),
            Self::DeclinedFor(flag) => (Table::DeclinedFor.as_str(), flag.map_or(NOTHING, Flag::as_str)),
            Self::PostPublished => PUBLISHED,
            Self::FirstReplyAfter(ms) => (REPLIED_WITHIN, within(ms)),
            Self::Reported(reason) => (Table::Reported.as_str(), reason.as_str()),
            Self::ObjectionAnswered(outcome) => (Table::Objections.as_str(), outcome.as_str()),
            Self::LineReported(problem) => (Table::LineReports.as_str(), problem.as_str()),
        }
    }
}

fn within(ms: i64) -> &'static str {
    let place = WITHIN_MINUTES.iter().position(|&minutes| ms <= i64::from(minutes) * MINUTE_MS);
    WITHIN_NAMES[place.unwrap_or(WITHIN_MINUTES.len())]
}

impl Table {
    /// The names of its rows, in order.
    fn rows(self) -> Vec<&'static str> {
        match self {
            Self::Sent => Kind::ALL.map(Kind::as_str).into_iter().chain([REPLY]).collect(),
            Self::HeldFor => Flag::ALL.map(Flag::as_str).to_vec(),
            Self::Decided => {
                Decision::ALL.map(Decision::as_str).into_iter().chain([KEPT]).chain(BY_RULE).collect()
            }
            Self::DeclinedFor => Flag::ALL.map(Flag::as_str).into_iter().chain([NOTHING]).collect(),
            Self::Answered => vec![WITH_ANSWER, WITHOUT_ANSWER],
            Self::Reported => ReportReason::ALL.map(ReportReason::as_str).to_vec(),
            Self::Objections => ObjectionOutcome::ALL.map(ObjectionOutcome::as_str).to_vec(),
            Self::LineReports => LineProblem::ALL.map(LineProblem::as_str).to_vec(),
        }
    }

    /// Whether each thing counts in one row only, so that the rows have a sum.
    const fn has_sum(self) -> bool {
        !matches!(self, Self::HeldFor | Self::DeclinedFor)
    }
}

/// How many there were of something in a quarter, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// What.
    pub what: String,
    /// Which of it.
    pub which: String,
    /// How many.
    pub n: u64,
}

/// A quarter of a site, as far as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Which.
    pub quarter: Quarter,
    /// Every table.
    pub tables: Vec<ShownTable>,
    /// What rules decided, against people.
    pub automated: Automated,
    /// From sending to the decision about what was held.
    pub decision: Wait,
    /// From sending a post to the first answer of somebody else.
    pub first_reply: Wait,
}

/// A table, as far as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownTable {
    /// Which.
    pub table: Table,
    /// The sum of its rows; absent where one thing may count in several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<Shown>,
    /// Its rows, in order.
    pub rows: Vec<ShownRow>,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownRow {
    /// What it counts.
    pub name: String,
    /// How many.
    pub n: Shown,
}

/// How long something took; nothing is said of fewer than [`SHOWN_FROM_ITEMS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Half of them took at most so many minutes; `None` when longer than a week, or too few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_minutes: Option<u32>,
    /// Nine of ten took at most so many minutes; `None` as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90_minutes: Option<u32>,
    /// Whether there were enough to say anything.
    pub is_known: bool,
}

impl Statistics {
    /// What may be shown of what was `counted`.
    #[must_use]
    pub fn of(quarter: Quarter, counted: &[Counted]) -> Self {
        let n = |what: &str, which: &str| {
            let found = counted.iter().filter(|counted| counted.what == what && counted.which == which);
            found.map(|counted| counted.n).sum::<u64>()
        };
        let tables = Table::ALL.map(|table| {
            let names = table.rows();
            let counts: Vec<u64> = match table {
                Table::Answered => {
                    let answered = WITHIN_NAMES.iter().map(|name| n(REPLIED_WITHIN, name)).sum();
                    // A first answer may be to a post of an earlier quarter.
                    vec![answered, n(PUBLISHED.0, PUBLISHED.1).saturating_sub(answered)]
                }
                table => names.iter().map(|name| n(table.as_str(), name)).collect(),
            };
            let (sum, shown) = if table.has_sum() {
                let (sum, shown) = protect(&counts);
                (Some(sum), shown)
            } else {
                (None, counts.into_iter().map(Shown::alone).collect())
            };
            let rows = names.into_iter().zip(shown).map(|(name, n)| ShownRow { name: name.to_owned(), n });
            ShownTable { table, sum, rows: rows.collect() }
        });
        let tables = Vec::from(tables);
        let wait = |what| Wait::of(WITHIN_NAMES.map(|name| n(what, name)));
        Self {
            quarter,
            automated: Automated::of(&tables),
            tables,
            decision: wait(DECIDED_WITHIN),
            first_reply: wait(REPLIED_WITHIN),
        }
    }
}

impl Wait {
    fn of(counts: [u64; 12]) -> Self {
        let n: u64 = counts.iter().sum();
        if n < SHOWN_FROM_ITEMS {
            return Self::default();
        }
        // The smallest bound within which at least so many of ten fall.
        let within = |tenths: u64| {
            let mut so_far = 0;
            let place = counts.iter().position(|count| {
                so_far += count;
                so_far * 10 >= n * tenths
            });
            place.and_then(|place| WITHIN_MINUTES.get(place)).copied()
        };
        Self { median_minutes: within(5), p90_minutes: within(9), is_known: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

    fn counted(tallies: &[(Tally, u64)]) -> Vec<Counted> {
        let one = |(tally, n): &(Tally, u64)| {
            let (what, which) = tally.names();
            Counted { what: what.into(), which: which.into(), n: *n }
        };
        tallies.iter().map(one).collect()
    }

    fn quarter() -> Quarter {
        "2026-Q3".parse().unwrap()
    }

    #[test]
    fn quarters_read_back_as_written_and_only_those_that_are_over_are_of_a_year() {
        // 2026-11-26.
        let now = 20_783 * DAY_MS;

        assert_eq!(Quarter::of_ms(now).to_string(), "2026-Q4");
        assert_eq!(Quarter::of_ms(0).to_string(), "1970-Q1");
        let over: Vec<String> = Quarter::of_year(2026, now).map(|quarter| quarter.to_string()).collect();
        assert_eq!(over, ["2026-Q1", "2026-Q2", "2026-Q3"]);
        assert_eq!(Quarter::of_year(2027, now).count(), 0);
        assert!(
            ["2026-Q0", "2026-Q5", "2026-3", "26-Q1", "2026-Q"]
                .iter()
                .all(|text| text.parse::<Quarter>().is_err())
        );
    }

    #[test]
    fn each_thing_that_is_counted_stands_in_a_row() {
        let mut all = vec![Tally::Sent(None), Tally::Kept, Tally::DeclinedFor(None)];
        all.extend(Kind::ALL.map(|kind| Tally::Sent(Some(kind))));
        all.extend(Flag::ALL.map(Tally::HeldFor));
        all.extend(Flag::ALL.map(|flag| Tally::DeclinedFor(Some(flag))));
        all.extend(Decision::ALL.map(Tally::Decided));
        all.extend([Decision::Approve, Decision::Hide].map(Tally::DecidedByRule));
        all.extend(ReportReason::ALL.map(Tally::Reported));
        all.extend(ObjectionOutcome::ALL.map(Tally::ObjectionAnswered));
        all.extend(LineProblem::ALL.map(Tally::LineReported));

        for tally in all {
            let statistics = Statistics::of(quarter(), &counted(&[(tally, 40)]));
            let exact = statistics.tables.iter().flat_map(|table| &table.rows);
            let exact = exact.filter(|row| row.n != Shown::Few).count();
            assert_eq!(exact, 1, "{tally:?}");
        }
    }

    #[test]
    fn shares_and_waits_come_from_the_same_counts() {
        let tallies = [
            (Tally::PostPublished, 50),
            (Tally::FirstReplyAfter(4 * MINUTE_MS), 12),
            (Tally::FirstReplyAfter(100 * MINUTE_MS), 10),
            (Tally::FirstReplyAfter(30 * DAY_MS), 3),
            (Tally::DecidedAfter(1), 9),
        ];

        let statistics = Statistics::of(quarter(), &counted(&tallies));

        let answered = statistics.tables.iter().find(|table| table.table == Table::Answered).unwrap();
        assert_eq!(answered.sum, Some(Shown::Exactly(50)));
        assert_eq!(answered.rows[0].n, Shown::Exactly(25));
        let wait = Wait { median_minutes: Some(120), p90_minutes: None, is_known: true };
        assert_eq!(statistics.first_reply, wait);
        assert_eq!(statistics.decision, Wait::default(), "nine are too few");
    }
}
