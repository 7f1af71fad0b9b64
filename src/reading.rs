//! What a reader of the peer space chose and did. It is as old as the panel and goes with it: nothing of it is kept, and
//! nothing sent.

use peer_support_domain::cursor::Order;
use peer_support_domain::id::ItemId;
use peer_support_domain::mute::Muted;
use peer_support_domain::post::Kind;
use peer_support_domain::vote::Reaction;
use peer_support_domain::wire;

use crate::browser;
use crate::signal::Signal;

/// What the feed shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Only posts with these words, the best first; any when empty.
    pub words: String,
    /// In which order; a mix of all when there is none.
    pub order: Option<Order>,
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only of this topic; any when empty.
    pub topic: String,
}

/// What a reader says to an item without words.
#[derive(Clone, Copy)]
pub struct Vote {
    item: ItemId,
    reaction: Reaction,
    /// Whether it was pressed last, and not taken back.
    pub is_wished: bool,
    /// Whether the server has it.
    pub is_given: bool,
    /// Whether a wish is on its way.
    pub is_sent: bool,
}

/// What a reader chose and did, each a signal of the panel's owner.
#[derive(Clone, Copy)]
pub struct Reading {
    /// What the feed shows.
    pub chosen: Signal<Choices>,
    /// What is hidden by the reader's choice.
    pub muted: Signal<Muted>,
    /// Whether numbers and movement are left out.
    pub is_calm: Signal<bool>,
    /// Whether the pinned cards are folded.
    pub has_read_pins: Signal<bool>,
    /// The time that "2 hours ago" is told by.
    pub now_ms: Signal<i64>,
    /// The items whose words were unfolded in spite of their content notes.
    pub unfolded: Signal<Vec<ItemId>>,
    /// The answers to the reader's reports.
    pub reports: Signal<Vec<(ItemId, wire::Report)>>,
    votes: Signal<Vec<Vote>>,
}

impl Vote {
    fn is_of(&self, item: ItemId, reaction: Reaction) -> bool {
        (self.item, self.reaction) == (item, reaction)
    }
}

impl Reading {
    /// Nothing chosen and nothing done yet.
    pub fn new() -> Reading {
        Reading {
            chosen: Signal::new(Choices::default()),
            muted: Signal::new(Muted::default()),
            is_calm: Signal::new(false),
            has_read_pins: Signal::new(false),
            now_ms: Signal::new(browser::now_ms()),
            unfolded: Signal::new(Vec::new()),
            reports: Signal::new(Vec::new()),
            votes: Signal::new(Vec::new()),
        }
    }

    /// Whether the words of `item` were unfolded.
    pub fn has_unfolded(self, item: ItemId) -> bool {
        self.unfolded.share_now().contains(&item)
    }

    /// Unfolds the words of `item`, or folds them again.
    pub fn unfold(self, item: ItemId, is_unfolded: bool) {
        self.unfolded.update(|unfolded| {
            unfolded.retain(|other| *other != item);
            if is_unfolded {
                unfolded.push(item);
            }
        });
    }

    /// Whether `reaction` to `item` was pressed last, and not taken back.
    pub fn wishes(self, item: ItemId, reaction: Reaction) -> bool {
        self.votes.share().iter().any(|vote| vote.is_of(item, reaction) && vote.is_wished)
    }

    /// Changes what is known of `reaction` to `item`.
    pub fn change_vote(self, item: ItemId, reaction: Reaction, change: impl FnOnce(&mut Vote)) {
        self.votes.update(|votes| {
            let place = votes.iter().position(|vote| vote.is_of(item, reaction)).unwrap_or_else(|| {
                votes.push(Vote { item, reaction, is_wished: false, is_given: false, is_sent: false });
                votes.len() - 1
            });
            change(&mut votes[place]);
        });
    }

    /// What the server said to the reader's report of `item`.
    pub fn report_of(self, item: ItemId) -> Option<wire::Report> {
        self.reports.share_now().iter().find(|(other, _)| *other == item).map(|(_, report)| report.clone())
    }
}
