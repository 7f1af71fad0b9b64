//! What stands around an item, for moderators.

use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::limits::{THREAD_AROUND, THREAD_DECIDED_AMONG, THREAD_DECISIONS};
use peer_support_domain::post::{Decision, State};
use peer_support_domain::wire::{Thread, ThreadItem};
use peer_support_server::store::{NewItem, Replies};

use crate::subject::*;

impl Subject {
    async fn beside(&self, n: u64) -> Thread {
        self.thread(item(n), Replies::Around).await.unwrap().expect("there is such an item")
    }

    /// A published post 1, and held replies to it with these numbers.
    async fn with_replies(&self, numbers: std::ops::RangeInclusive<u64>) {
        self.added(published(story(1))).await;
        for n in numbers {
            self.added(reply(n, item(1))).await;
        }
    }
}

fn ids(items: &[ThreadItem]) -> Vec<peer_support_domain::id::ItemId> {
    items.iter().map(|item| item.id).collect()
}

fn of_numbers(numbers: impl IntoIterator<Item = u64>) -> Vec<peer_support_domain::id::ItemId> {
    numbers.into_iter().map(item).collect()
}

#[tokio::test]
async fn a_reply_stands_among_those_before_and_after_it_wherever_they_stand() {
    each_store(async |store| {
        store.with_replies(2..=16).await;
        for (n, decision) in [(6, Decision::Approve), (7, Decision::Decline), (8, Decision::Approve)] {
            store.decided(item(n), decision).await.unwrap();
        }
        store.decided(item(8), Decision::Hide).await.unwrap();
        store.delete_own(recovery(10)).await.unwrap().unwrap();

        let thread = store.beside(9).await;

        assert_eq!(thread.site.as_str(), "demo");
        assert_eq!((thread.post.id, thread.post.state), (item(1), State::Published));
        assert_eq!(ids(&thread.replies), of_numbers(4..=14));
        let states: Vec<State> = thread.replies.iter().map(|reply| reply.state).collect();
        use State::{Declined, Deleted, Held, Hidden, Published};
        assert_eq!(states, [Held, Held, Published, Declined, Hidden, Held, Deleted, Held, Held, Held, Held]);
        assert_eq!(thread.replies[6].text, None, "what its author deleted");
        assert_eq!(thread.replies[5].text.as_deref(), Some("Story number 9, which goes on for a while."));
        assert_eq!(thread.replies[5].author, Some(author(9)));
        assert!(thread.before.is_some() && thread.after.is_some());
    })
    .await;
}

#[tokio::test]
async fn pages_of_a_thread_never_repeat_or_skip_a_reply() {
    each_store(async |store| {
        store.with_replies(2..=30).await;
        // Two of the same moment are told apart.
        for n in [40, 41] {
            store.added(NewItem { created_at: story(20).created_at, ..reply(n, item(1)) }).await;
        }
        let thread = store.beside(18).await;
        let mut all = ids(&thread.replies);

        let mut before = thread.before;
        while let Some(cursor) = before {
            let page = store.thread(item(18), Replies::Before(cursor, 4)).await.unwrap().unwrap();
            assert!(page.replies.len() <= 4 && page.decisions.is_empty() && page.after.is_none());
            all.splice(0..0, ids(&page.replies));
            before = page.before;
        }
        let mut after = thread.after;
        while let Some(cursor) = after {
            let page = store.thread(item(18), Replies::After(cursor, 4)).await.unwrap().unwrap();
            assert!(page.replies.len() <= 4 && page.before.is_none());
            all.extend(ids(&page.replies));
            after = page.after;
        }

        assert_eq!(all, of_numbers((2..=20).chain([40, 41]).chain(21..=30)));
    })
    .await;
}

#[tokio::test]
async fn a_post_stands_before_its_first_replies_and_alone_when_there_are_none() {
    each_store(async |store| {
        store.with_replies(2..=4).await;
        store.added(story(50)).await;

        let thread = store.beside(1).await;
        let alone = store.beside(50).await;

        assert_eq!(ids(&thread.replies), of_numbers(2..=4));
        assert_eq!((thread.before, thread.after), (None, None));
        assert_eq!((alone.post.id, alone.replies, alone.decisions), (item(50), Vec::new(), Vec::new()));
        assert_eq!(store.thread(item(99), Replies::Around).await.unwrap(), None, "there is no such item");
    })
    .await;
}

#[tokio::test]
async fn what_was_decided_in_a_thread_stands_there_the_last_first() {
    each_store(async |store| {
        store.with_replies(2..=4).await;
        store.added(published(story(60))).await;
        store.decided(item(60), Decision::Hide).await.unwrap();
        store.decided(item(2), Decision::Decline).await.unwrap();
        store.decided(item(3), Decision::Approve).await.unwrap();
        store.decided(item(1), Decision::Hide).await.unwrap();

        let decisions = store.beside(4).await.decisions;

        let told: Vec<_> = decisions.iter().map(|past| (past.item, past.decision)).collect();
        assert_eq!(
            told,
            [(item(1), Decision::Hide), (item(3), Decision::Approve), (item(2), Decision::Decline)]
        );
        assert_eq!(decisions[2].by.as_deref(), Some("Ada"));
        assert_eq!(decisions[2].reason.as_deref(), Some("because of decline"));
        assert_eq!(decisions[2].at, START);
    })
    .await;
}

#[tokio::test]
async fn of_a_long_thread_no_more_decisions_are_told_than_anybody_reads() {
    each_store(async |store| {
        let n_replies = THREAD_DECIDED_AMONG as u64 + 3;
        store.with_replies(2..=n_replies).await;
        for n in 2..=5 {
            store.decided(item(n), Decision::Approve).await.unwrap();
        }

        // The newest 200 begin with the third reply.
        let told = |thread: Thread| -> Vec<_> { thread.decisions.iter().map(|past| past.item).collect() };
        assert_eq!(told(store.beside(n_replies).await), of_numbers([5, 4]));
        assert_eq!(told(store.beside(2).await), of_numbers([5, 4, 2]));
        for n in 6..=30 {
            store.decided(item(n), Decision::Approve).await.unwrap();
        }
        let thread = store.beside(n_replies).await;
        assert_eq!(thread.decisions.len(), THREAD_DECISIONS);
        assert_eq!(thread.replies.len(), THREAD_AROUND + 1);
    })
    .await;
}

#[tokio::test]
async fn a_thread_holds_nothing_that_was_taken_out_or_deleted() {
    each_store(async |store| {
        store.with_replies(2..=2).await;
        let flags = Flags::from_iter([Flag::Crisis]);
        store.added(NewItem { flags, ..reply(3, item(1)) }).await;
        let moderator = store.moderator().await;
        let text = "Story number 2, which goes on for a while.";
        let taken_out = vec![peer_support_domain::redaction::Span { start: 0, end: 5 }];
        let decision = peer_support_server::store::NewDecision {
            item: item(2),
            moderator: moderator.id,
            decision: Decision::Approve,
            read_text: Some(text.into()),
            reason: None,
            at: START,
            how: peer_support_server::store::How { taken_out, ..Default::default() },
        };
        store.decide(decision).await.unwrap().unwrap().unwrap();

        let thread = store.beside(3).await;

        assert_eq!(thread.replies[0].text.as_deref(), Some("[removed] number 2, which goes on for a while."));
        assert_eq!(thread.decisions[0].n_taken_out, 1);
        let at_risk: Vec<bool> = thread.replies.iter().map(|reply| reply.is_at_risk).collect();
        assert_eq!(at_risk, [false, true]);
        store.delete_own(recovery(1)).await.unwrap().unwrap();
        assert_eq!(store.thread(item(3), Replies::Around).await.unwrap(), None, "its post is gone");
    })
    .await;
}
