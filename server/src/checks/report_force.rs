//! Whether a report counts towards hiding an item: nobody shall hide it from one place alone.
//!
//! Readers are known by ids that their devices make up, so one person can report as many. Of one network all but one of the
//! reports that it takes to hide an item count, so that it takes a second place; where the network is not known, all do.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use peer_support_domain::id::{ItemId, VoterId};

/// How long a network's reports are remembered.
const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1_000;
/// Reports that are remembered, of all sites: about 250 KB.
const N_REPORTS: usize = 5_000;

/// Reports lately, the oldest first.
#[derive(Default)]
pub(crate) struct Reporting(Mutex<VecDeque<Remembered>>);

struct Remembered {
    at: i64,
    item: ItemId,
    reporter: VoterId,
    network: u64,
}

impl Reporting {
    /// Whether this report counts, where `n_hide` hide the item.
    pub(crate) fn has_force(
        &self,
        item: ItemId,
        reporter: VoterId,
        network: Option<u64>,
        n_hide: u32,
        now: i64,
    ) -> bool {
        let Some(network) = network else { return true };
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while reports.front().is_some_and(|first| first.at <= now - REMEMBERED_MS)
            || reports.len() >= N_REPORTS
        {
            reports.pop_front();
        }
        let mut from_there = reports.iter().filter(|report| report.item == item && report.network == network);
        if from_there.clone().any(|report| report.reporter == reporter) {
            return true;
        }
        // Where one report hides, one from anywhere does.
        let n_allowed = n_hide.saturating_sub(1).max(1) as usize;
        if from_there.nth(n_allowed - 1).is_some() {
            return false;
        }
        reports.push_back(Remembered { at: now, item, reporter, network });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reporter(n: u8) -> VoterId {
        VoterId::from_bytes([n; 16])
    }

    const ITEM: ItemId = ItemId::from_bits(1);

    #[test]
    fn one_network_alone_lacks_one_report() {
        let reporting = Reporting::default();

        let forces = [1, 2, 3, 4].map(|n| reporting.has_force(ITEM, reporter(n), Some(7), 3, 0));

        assert_eq!(forces, [true, true, false, false]);
        assert!(reporting.has_force(ITEM, reporter(1), Some(7), 3, 0), "the same reader again");
        assert!(reporting.has_force(ITEM, reporter(5), Some(8), 3, 0), "from elsewhere");
        assert!(reporting.has_force(ItemId::from_bits(2), reporter(3), Some(7), 3, 0), "another item");
        assert!(reporting.has_force(ITEM, reporter(3), Some(7), 3, REMEMBERED_MS), "a day later");
    }

    #[test]
    fn where_networks_are_not_known_or_one_report_is_enough_reports_count() {
        let reporting = Reporting::default();

        assert!((0..9).all(|n| reporting.has_force(ITEM, reporter(n), None, 3, 0)));
        assert!(reporting.has_force(ITEM, reporter(1), Some(7), 1, 0));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let reporting = Reporting::default();
        for n in 0..N_REPORTS as u64 + 9 {
            reporting.has_force(ItemId::from_bits(n), reporter(1), Some(7), 3, 0);
        }

        assert_eq!(reporting.0.lock().unwrap().len(), N_REPORTS);
    }
}
