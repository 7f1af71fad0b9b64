//! What the checks notice: the ordered list that a submission passes, and what votes and reports tell.
//!
//! A notice holds an item for a person to read and decides nothing else. All of it is remembered in memory, bounded.

use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::{ItemId, VoterId};
use peer_support_domain::site::SiteId;

use super::flood::Floods;
use super::network::Network;
use super::repeat::{N_TEXTS, REMEMBERED_MS, Repeats};
use super::report_force::Reporting;
use super::vote_ring::Rings;
use crate::clock::Random;
use crate::store::{Store, StoreError, Vote};

/// What the checks remember.
pub(crate) struct Notices {
    floods: Floods,
    repeats: Repeats,
    rings: Rings,
    reporting: Reporting,
}

impl Notices {
    /// Nothing is remembered yet.
    pub(crate) fn new(random: &Random) -> Self {
        Self {
            floods: Floods::default(),
            repeats: Repeats::new(random),
            rings: Rings::default(),
            reporting: Reporting::default(),
        }
    }

    /// Remembers what came lately, as the store still has it: a restart is not to let through what the hour before did not.
    pub(crate) async fn recall(&self, store: &dyn Store, now: i64) -> Result<(), StoreError> {
        for recent in store.recent_texts(now - REMEMBERED_MS, N_TEXTS).await? {
            self.floods.see(&recent.site, recent.created_at);
            self.repeats.recall(&recent.site, recent.item, &recent.text, recent.created_at);
        }
        Ok(())
    }

    /// What the checks notice about a new post or reply, each in its turn.
    pub(crate) fn of_submission(&self, site: &SiteId, item: ItemId, text: &str, now: i64) -> Flags {
        let checks: [(Flag, &dyn Fn() -> bool); 2] = [
            (Flag::Flood, &|| self.floods.see(site, now)),
            (Flag::Repeat, &|| self.repeats.see(site, item, text, now)),
        ];
        // Each runs, whatever the others noticed: they remember what they see.
        checks.into_iter().filter(|(_, check)| check()).map(|(flag, _)| flag).collect()
    }

    /// Remembers the new text of an item in place of the one before.
    pub(crate) fn rewritten(&self, site: &SiteId, item: ItemId, text: &str, now: i64) {
        self.repeats.forget(item);
        self.repeats.see(site, item, text, now);
    }

    /// Forgets the text of an item that is deleted, or was not stored.
    pub(crate) fn forget(&self, item: ItemId) {
        self.repeats.forget(item);
    }

    /// What is noticed about an item by a vote that was counted.
    pub(crate) fn of_vote(
        &self,
        site: &SiteId,
        vote: &Vote,
        network: Option<Network>,
        now: i64,
    ) -> Option<Flag> {
        self.rings.see(site, vote, network.map(|network| network.hash), now).then_some(Flag::VoteRing)
    }

    /// Whether a report counts towards hiding the item, where `n_hide` hide it.
    pub(crate) fn has_force(
        &self,
        item: ItemId,
        reporter: VoterId,
        network: Option<Network>,
        n_hide: u32,
        now: i64,
    ) -> bool {
        self.reporting.has_force(item, reporter, network.map(|network| network.hash), n_hide, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "Since the summer I have been sleeping badly, and on some mornings I cannot get up at all.";

    #[test]
    fn every_check_runs_whatever_the_others_noticed() {
        let notices = Notices::new(&Random::new(|bytes| bytes.fill(7)));
        let demo: SiteId = "demo".parse().unwrap();
        let notice = |n| notices.of_submission(&demo, ItemId::from_bits(n), TEXT, 0);

        assert!(notice(0).is_empty());
        assert_eq!(notice(1), Flags::from_iter([Flag::Repeat]));
        for n in 2..30 {
            notice(n);
        }
        assert_eq!(notice(30), Flags::from_iter([Flag::Repeat, Flag::Flood]));
    }

    #[test]
    fn a_text_that_was_changed_or_deleted_is_no_longer_remembered() {
        let notices = Notices::new(&Random::new(|bytes| bytes.fill(7)));
        let demo: SiteId = "demo".parse().unwrap();
        notices.of_submission(&demo, ItemId::from_bits(1), TEXT, 0);

        notices.rewritten(&demo, ItemId::from_bits(1), &TEXT.replace(' ', " other "), 0);
        assert!(notices.of_submission(&demo, ItemId::from_bits(2), TEXT, 0).is_empty());
        notices.forget(ItemId::from_bits(2));

        assert!(notices.of_submission(&demo, ItemId::from_bits(3), TEXT, 0).is_empty());
    }
}
