//! How much a site's rules decided by themselves, against its people: what Article 15 of the Digital Services Act asks for.
//!
//! It is worked out from the numbers that show, and from nothing else: whoever reads it learns nothing that the tables beside it do
//! not tell. Where a number is not shown there, this one lies between two.

use serde::{Deserialize, Serialize};

use crate::anonymity::Shown;
use crate::limits::SHOWN_FROM_ITEMS;
use crate::statistics::{BY_RULE, ShownTable, Table};

/// A number that is at least and at most so large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Between {
    /// Not less.
    pub least: u64,
    /// Not more; absent where nothing tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u64>,
}

impl Between {
    fn plus(self, other: Self) -> Self {
        Self { least: self.least + other.least, most: self.most.zip(other.most).map(|(a, b)| a + b) }
    }

    /// What is left of it without `part`.
    fn without(self, part: Self) -> Self {
        let least = part.most.map_or(0, |most| self.least.saturating_sub(most));
        Self { least, most: self.most.map(|most| most.saturating_sub(part.least)) }
    }

    /// Where both hold.
    fn and(self, other: Self) -> Self {
        let most = match (self.most, other.most) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { least: self.least.max(other.least), most }
    }
}

impl From<Shown> for Between {
    fn from(shown: Shown) -> Self {
        match shown {
            Shown::Exactly(n) => Self { least: n, most: Some(n) },
            Shown::Few => Self { least: 0, most: Some(SHOWN_FROM_ITEMS - 1) },
            Shown::Withheld => Self { least: SHOWN_FROM_ITEMS, most: None },
        }
    }
}

/// What rules decided, and what people did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Automated {
    /// What visitors sent and a rule held until somebody had read it.
    pub held: Between,
    /// What the rule of approvals published.
    pub published: Between,
    /// What the rule of reports hid.
    pub hidden: Between,
    /// Decisions of people.
    pub by_people: Between,
    /// Of a hundred decisions, so many were a rule's; absent where nothing tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Between>,
}

impl Automated {
    /// What the tables of a quarter tell.
    #[must_use]
    pub fn of(tables: &[ShownTable]) -> Self {
        let [published, hidden] = BY_RULE.map(|rule| of_rows(tables, |name| name == rule));
        let by_people = of_rows(tables, |name| !BY_RULE.contains(&name));
        let sent = tables.iter().find(|table| table.table == Table::Sent).and_then(|table| table.sum);
        // Whatever a visitor sends is held, unless the rule of approvals publishes it.
        let held = sent.map(Between::from).unwrap_or_default().without(published);
        let by_rules = held.plus(published).and(sent.map(Between::from).unwrap_or_default()).plus(hidden);
        Self { held, published, hidden, by_people, percent: percent(by_rules, by_people) }
    }
}

/// How many were decided of these rows of the table of decisions.
fn of_rows(tables: &[ShownTable], is_one: impl Fn(&str) -> bool) -> Between {
    let Some(table) = tables.iter().find(|table| table.table == Table::Decided) else {
        return Between::default();
    };
    let add = |ones: bool| {
        let rows = table.rows.iter().filter(|row| is_one(&row.name) == ones);
        rows.fold(Between { least: 0, most: Some(0) }, |sum, row| sum.plus(row.n.into()))
    };
    match table.sum {
        Some(sum) => add(true).and(Between::from(sum).without(add(false))),
        None => add(true),
    }
}

fn percent(by_rules: Between, by_people: Between) -> Option<Between> {
    let (most_by_rules, most_by_people) = (by_rules.most?, by_people.most?);
    let (least, most) = (
        (by_rules.least * 100).checked_div(by_rules.least + most_by_people)?,
        (most_by_rules * 100).div_ceil((most_by_rules + by_people.least).max(1)),
    );
    // That it is between nothing and all says nothing.
    ((least, most) != (0, 100)).then_some(Between { least, most: Some(most) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anonymity::protect;
    use crate::post::Decision;
    use crate::statistics::{Counted, Quarter, Statistics, Tally};
    use proptest::prelude::*;

    fn automated(n: [u64; 5]) -> Automated {
        let [sent, published, hidden, approved, declined] = n;
        let tallies = [
            (Tally::Sent(None), sent),
            (Tally::DecidedByRule(Decision::Approve), published),
            (Tally::DecidedByRule(Decision::Hide), hidden),
            (Tally::Decided(Decision::Approve), approved),
            (Tally::Decided(Decision::Decline), declined),
        ];
        let counted = tallies.map(|(tally, n)| {
            let (what, which) = tally.names();
            Counted { what: what.into(), which: which.into(), n }
        });
        Statistics::of(Quarter::of_ms(0), &counted).automated
    }

    fn exactly(n: u64) -> Between {
        Between { least: n, most: Some(n) }
    }

    #[test]
    fn what_shows_is_told_exactly() {
        let told = automated([200, 50, 30, 100, 20]);

        assert_eq!((told.held, told.published, told.hidden), (exactly(150), exactly(50), exactly(30)));
        // Hidden and restored by people are few, so that their share is known to be between two numbers.
        let percent = told.percent.unwrap();
        assert!(percent.least <= 65 && percent.most >= Some(66), "{percent:?}");
    }

    #[test]
    fn what_is_few_stays_few() {
        let told = automated([100, 3, 0, 80, 12]);

        assert_eq!(told.published, Between { least: 0, most: Some(9) });
        assert_eq!(told.held, Between { least: 91, most: Some(100) });
        assert_eq!(automated([4, 0, 0, 3, 1]).percent, None, "nothing is told of so few");
    }

    proptest! {
        #[test]
        fn the_truth_lies_between(
            sent in 0..300_u64, part in 0..300_u64, hidden in 0..60_u64, approved in 0..200_u64, declined in 0..60_u64
        ) {
            let published = part.min(sent);
            let told = automated([sent, published, hidden, approved, declined]);
            let by_rules = sent + hidden;
            let all = by_rules + approved + declined;
            let holds = |between: Between, n: u64| between.least <= n && between.most.is_none_or(|most| n <= most);

            prop_assert!(holds(told.held, sent - published), "{told:?}");
            prop_assert!(holds(told.published, published) && holds(told.hidden, hidden), "{told:?}");
            prop_assert!(holds(told.by_people, approved + declined), "{told:?}");
            if let Some(percent) = told.percent {
                prop_assert!(percent.least * all <= by_rules * 100, "{told:?}");
                prop_assert!(percent.most.unwrap() * all >= by_rules * 100, "{told:?}");
            }
        }

        #[test]
        fn numbers_that_are_not_shown_are_not_told(counts in proptest::collection::vec(0..40_u64, 4)) {
            let told = automated([counts[0] + counts[1], counts[1], counts[2], counts[3], 0]);
            let (_, shown) = protect(&[counts[3], 0, 0, 0, 0, counts[1], counts[2]]);

            for (between, shown) in [(told.published, shown[5]), (told.hidden, shown[6])] {
                if shown != Shown::Exactly(between.least) {
                    prop_assert!(between.most != Some(between.least), "{told:?}");
                }
            }
        }
    }
}
