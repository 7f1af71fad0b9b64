//! Fire drills: made-up items, which the desk cannot tell from what people write, and which go without a trace but their numbers.
//!
//! A made-up item is a row of `items` with a `drill_state`: where it stands, as the desk is told. Its `state` is held or declined
//! whatever is decided, so that what reads published items finds none; the database refuses anything else. Counts, the audit log,
//! exports and checks that look back leave such rows out. What is recorded of it elsewhere goes with it at the end.

use peer_support_domain::drill::{Ending, Handling, Urgency, is_right};
use peer_support_domain::limits::DRILL_LINGER_MS;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{Drill, DrillItem};

use super::{ModeratorId, NewItem, StoreError, corrupt};

/// A fire drill to be begun.
#[derive(Clone, Debug)]
pub struct NewDrill {
    /// Where.
    pub site: SiteId,
    /// Held posts of the site.
    pub items: Vec<NewDrillItem>,
    /// Who begins it.
    pub by: ModeratorId,
    /// Now.
    pub at: i64,
    /// When it is over in any case.
    pub until: i64,
}

/// A made-up item of a drill.
#[derive(Clone, Debug)]
pub struct NewDrillItem {
    /// As anybody could have sent it.
    pub item: NewItem,
    /// How it looks.
    pub urgency: Urgency,
    /// What is right to do about it: any of these.
    pub expected: Vec<Handling>,
}

/// What may be done right, as it is stored: names with spaces between.
pub(super) fn expected_text(expected: &[Handling]) -> String {
    expected.iter().map(|handling| handling.as_str()).collect::<Vec<_>>().join(" ")
}

/// A row of `drill_items`.
pub(super) struct DrillRow {
    pub(super) key: i64,
    pub(super) urgency: String,
    pub(super) expected: String,
    pub(super) claimed_at: Option<i64>,
    pub(super) passed_on_at: Option<i64>,
    pub(super) decided_at: Option<i64>,
    pub(super) outcome: Option<String>,
}

impl DrillRow {
    /// As it is told, of a drill that began then.
    pub(super) fn told(self, begun_at: i64) -> Result<DrillItem, StoreError> {
        let broken = |column| corrupt("drill_items", column, self.key);
        let expected = self.expected.split(' ').map(str::parse).collect::<Result<Vec<Handling>, _>>();
        let expected = expected.map_err(|_| broken("expected"))?;
        let outcome = self.outcome.as_deref().map(str::parse).transpose().map_err(|_| broken("outcome"))?;
        let after = |at: Option<i64>| at.map(|at| at - begun_at);
        Ok(DrillItem {
            urgency: self.urgency.parse().map_err(|_| broken("urgency"))?,
            is_right: is_right(&expected, self.passed_on_at.is_some(), outcome),
            expected,
            claimed_after_ms: after(self.claimed_at),
            passed_on_after_ms: after(self.passed_on_at),
            decided_after_ms: after(self.decided_at),
            outcome,
        })
    }
}

/// A row of `drills`.
pub(super) struct Running {
    pub(super) key: i64,
    pub(super) until_at: i64,
    pub(super) n_items: i64,
    pub(super) n_decided: i64,
    pub(super) last_decided_at: Option<i64>,
}

impl Running {
    /// Why it is over now; `None` while it goes on.
    pub(super) fn ending(&self, at: i64, is_restart: bool) -> Option<Ending> {
        let is_all_decided = self.n_decided == self.n_items;
        let lingers = self.last_decided_at.is_some_and(|last| at < last + DRILL_LINGER_MS);
        match () {
            () if is_all_decided && (is_restart || !lingers) => Some(Ending::AllDecided),
            () if is_restart => Some(Ending::Restart),
            () if self.until_at <= at => Some(Ending::Time),
            () => None,
        }
    }
}

/// A drill without its items.
pub(super) fn told(
    key: i64,
    begun_at: i64,
    until: i64,
    ended_at: Option<i64>,
    ending: Option<&str>,
    items: Vec<DrillItem>,
) -> Result<Drill, StoreError> {
    let ending = ending.map(str::parse).transpose().map_err(|_| corrupt("drills", "ending", key))?;
    Ok(Drill { begun_at, until, ended_at, ending, items })
}
