//! Votes of friends or programs: whether an item's votes came in a way in which readers do not vote.
//!
//! Three ways are seen, all from what this server remembers for a day at most: nearly all that the site gets in a minute goes
//! to one item; many votes come from few networks; or the same networks vote together on one item after the other. Networks
//! are salted hashes that nobody can turn back, voters another id on each item, so nobody is followed from item to item: it
//! is always a group of networks that is recognised, and never a person.
//!
//! What it cannot see: a ring that takes its time, one whose members come from different networks each time, votes that reach
//! other servers of the database, and anything from before the salt last changed or the server last started. And it errs: a
//! class that reads a story together looks the same. So the votes go on counting, the item goes on being read, and a
//! moderator is told.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use peer_support_domain::id::{ItemId, VoterId};
use peer_support_domain::site::SiteId;

use crate::store::Vote;

/// How long a vote is remembered.
const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1_000;
/// Items of a site whose votes are remembered, those that were voted on last: with all their votes about 3 MB.
const N_ITEMS: usize = 1_000;
/// Votes of one item that are remembered.
const N_VOTES: usize = 64;

/// So many voters on one item within [`BURST_MS`] are a burst …
const BURST_VOTERS: usize = 10;
const BURST_MS: i64 = 60 * 1_000;
/// … when they are so many in a hundred of all voters of the site meanwhile: on a busy evening everything gets votes.
const BURST_SHARE: usize = 80;

/// So many voters on one item, of whom there are so many to a network, are from few networks. Two in a household are usual;
/// ten behind the network of a school or a ward are what a moderator can tell apart and we cannot.
const FEW_NETWORKS_VOTERS: usize = 10;
const VOTERS_A_NETWORK: usize = 5;

/// So many networks that vote on one item within [`TOGETHER_MS`] are a group …
const GROUP_NETWORKS: usize = 4;
const TOGETHER_MS: i64 = 10 * 60 * 1_000;
/// … which is the same as another when so many in a hundred of the larger one are in both …
const SAME_SHARE: usize = 75;
/// … and it is a ring when it came together on so many items. Regular readers meet on an item now and then, but not within
/// minutes of each other each time.
const RING_ITEMS: usize = 3;

/// The votes of each site lately.
#[derive(Default)]
pub(crate) struct Rings(Mutex<HashMap<SiteId, VecDeque<Voted>>>);

/// What is remembered of one item. In a site's list, those that were voted on last stand at the end.
struct Voted {
    item: ItemId,
    /// The oldest first.
    votes: VecDeque<Ballot>,
    /// The largest group that came together on it.
    group: BTreeSet<u64>,
    was_told: bool,
}

#[derive(Clone, Copy)]
struct Ballot {
    at: i64,
    voter: VoterId,
    network: Option<u64>,
}

impl Rings {
    /// Remembers a vote that was counted, and says whether the item's votes look made. It says so once for each item.
    pub(crate) fn see(&self, site: &SiteId, vote: &Vote, network: Option<u64>, now: i64) -> bool {
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let items = sites.entry(site.clone()).or_default();
        let place = items.iter().position(|voted| voted.item == vote.item);
        let mut voted = place.and_then(|place| items.remove(place)).unwrap_or_else(|| Voted {
            item: vote.item,
            votes: VecDeque::new(),
            group: BTreeSet::new(),
            was_told: false,
        });
        // One voter may say three things, and take each back.
        let is_new = voted.votes.iter().all(|ballot| ballot.voter != vote.voter);
        if is_new {
            while voted.votes.front().is_some_and(|first| first.at <= now - REMEMBERED_MS)
                || voted.votes.len() >= N_VOTES
            {
                voted.votes.pop_front();
            }
            voted.votes.push_back(Ballot { at: now, voter: vote.voter, network });
            let group: BTreeSet<u64> =
                voted.since(now - TOGETHER_MS).filter_map(|ballot| ballot.network).collect();
            if group.len() >= GROUP_NETWORKS.max(voted.group.len()) {
                voted.group = group;
            }
        }
        let is_ring = is_new
            && !voted.was_told
            && (voted.is_burst(items, now) || voted.is_from_few_networks() || voted.is_of_a_ring(items));
        voted.was_told |= is_ring;
        items.retain(|other| other.votes.back().is_some_and(|last| last.at > now - REMEMBERED_MS));
        if items.len() >= N_ITEMS {
            items.pop_front();
        }
        items.push_back(voted);
        is_ring
    }
}

impl Voted {
    fn since(&self, moment: i64) -> impl Iterator<Item = &Ballot> {
        self.votes.iter().filter(move |ballot| ballot.at > moment)
    }

    fn is_burst(&self, others: &VecDeque<Voted>, now: i64) -> bool {
        let n_here = self.since(now - BURST_MS).count();
        if n_here < BURST_VOTERS {
            return false;
        }
        let n_elsewhere: usize = others.iter().map(|other| other.since(now - BURST_MS).count()).sum();
        n_here * 100 >= (n_here + n_elsewhere) * BURST_SHARE
    }

    fn is_from_few_networks(&self) -> bool {
        let networks: Vec<u64> = self.votes.iter().filter_map(|ballot| ballot.network).collect();
        let n_different = networks.iter().collect::<BTreeSet<_>>().len();
        networks.len() >= FEW_NETWORKS_VOTERS && networks.len() >= n_different * VOTERS_A_NETWORK
    }

    fn is_of_a_ring(&self, others: &VecDeque<Voted>) -> bool {
        let is_same = |other: &&Voted| {
            let n_both = self.group.intersection(&other.group).count();
            n_both >= GROUP_NETWORKS && n_both * 100 >= self.group.len().max(other.group.len()) * SAME_SHARE
        };
        self.group.len() >= GROUP_NETWORKS && others.iter().filter(is_same).count() + 1 >= RING_ITEMS
    }
}

#[cfg(test)]
mod tests {
    use peer_support_domain::vote::Reaction;

    use super::*;

    const MINUTE: i64 = 60 * 1_000;

    fn demo() -> SiteId {
        "demo".parse().unwrap()
    }

    fn vote(item: u64, voter: u64) -> Vote {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&voter.to_be_bytes());
        bytes[8..].copy_from_slice(&item.to_be_bytes());
        Vote { item: ItemId::from_bits(item), reaction: Reaction::Helped, voter: VoterId::from_bytes(bytes) }
    }

    #[test]
    fn readers_who_come_one_by_one_are_no_ring() {
        let rings = Rings::default();
        for item in 0..20 {
            for voter in 0..12 {
                // Every few minutes somebody, from a network that a few of them share.
                let at = item as i64 * 60 * MINUTE + voter as i64 * 4 * MINUTE;
                assert!(!rings.see(&demo(), &vote(item, voter), Some(item * 5 + voter % 6), at));
            }
        }
    }

    #[test]
    fn ten_voters_in_a_minute_on_one_item_are_told_once() {
        let rings = Rings::default();

        let told: Vec<_> =
            (0..20).filter(|&n| rings.see(&demo(), &vote(1, n), None, n as i64 * 1_000)).collect();

        assert_eq!(told, [9]);
    }

    #[test]
    fn on_a_busy_evening_everything_gets_votes() {
        let rings = Rings::default();
        for n in 0..60 {
            assert!(!rings.see(&demo(), &vote(n % 4, n), Some(n), n as i64 * 500), "{n}");
        }
    }

    #[test]
    fn one_voter_is_no_burst_however_often_they_change_their_mind() {
        let rings = Rings::default();
        for n in 0..40 {
            let reaction = Reaction::ALL[n % 3];
            assert!(!rings.see(&demo(), &Vote { reaction, ..vote(1, 1) }, Some(1), n as i64 * 100));
        }
    }

    #[test]
    fn ten_voters_from_two_networks_are_told() {
        let rings = Rings::default();

        let told: Vec<_> = (0..12)
            .filter(|&n| rings.see(&demo(), &vote(1, n), Some(n % 2), n as i64 * 5 * MINUTE))
            .collect();

        assert_eq!(told, [9]);
    }

    #[test]
    fn the_same_networks_that_meet_on_a_third_item_are_told() {
        let rings = Rings::default();
        let mut told = Vec::new();
        for item in 0..3 {
            for member in 0..5 {
                let at = item as i64 * 90 * MINUTE + member as i64 * MINUTE;
                // On each item another voter id, and one member from somewhere else.
                let network = if member == 4 { 100 + item } else { member };
                if rings.see(&demo(), &vote(item, 10 * item + member), Some(network), at) {
                    told.push(item);
                }
            }
        }

        assert_eq!(told, [2]);
    }

    #[test]
    fn the_same_networks_at_other_times_of_the_day_are_regular_readers() {
        let rings = Rings::default();
        for item in 0..6 {
            for member in 0..5 {
                let at = item as i64 * 90 * MINUTE + member as i64 * 15 * MINUTE;
                assert!(!rings.see(&demo(), &vote(item, member), Some(member), at));
            }
        }
    }

    #[test]
    fn sites_know_nothing_of_each_other_and_what_is_remembered_is_bounded() {
        let rings = Rings::default();
        for n in 0..8 {
            rings.see(&demo(), &vote(1, n), None, 0);
        }
        assert!(!rings.see(&"other".parse().unwrap(), &vote(1, 8), None, 0));
        for item in 0..N_ITEMS as u64 + 50 {
            rings.see(&demo(), &vote(item, 1), None, 0);
        }
        for n in 0..N_VOTES as u64 + 20 {
            rings.see(&demo(), &vote(1, n), None, 0);
        }

        let sites = rings.0.lock().unwrap();
        assert_eq!(sites[&demo()].len(), N_ITEMS);
        assert_eq!(sites[&demo()].back().unwrap().votes.len(), N_VOTES);
    }
}
