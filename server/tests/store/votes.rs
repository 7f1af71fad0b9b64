use std::collections::HashSet;

use futures_util::future::join_all;
use peer_support_domain::cursor::Order;
use peer_support_domain::post::Decision;
use peer_support_domain::vote::{Reaction, VoteCounts};
use peer_support_server::store::Vote;

use crate::subject::*;

#[tokio::test]
async fn a_vote_sent_twice_counts_once() {
    each_store(async |store| {
        let item = store.added(published(story(1))).await;

        store.vote(helped(item, voter(1))).await.unwrap();
        let counts = store.vote(helped(item, voter(1))).await.unwrap().unwrap();

        assert_eq!(counts, VoteCounts { helped: 1, ..VoteCounts::default() });
        assert_eq!(store.post(item).await.unwrap().unwrap().votes, counts);
    })
    .await;
}

#[tokio::test]
async fn a_vote_can_be_taken_back_and_given_again() {
    each_store(async |store| {
        let item = store.added(published(story(1))).await;
        store.vote(helped(item, voter(1))).await.unwrap();
        store.vote(helped(item, voter(2))).await.unwrap();

        let back = store.unvote(helped(item, voter(1))).await.unwrap().unwrap();
        let twice = store.unvote(helped(item, voter(1))).await.unwrap().unwrap();
        let again = store.vote(helped(item, voter(1))).await.unwrap().unwrap();

        assert_eq!((back.helped, twice.helped, again.helped), (1, 1, 2));
    })
    .await;
}

#[tokio::test]
async fn each_reaction_counts_by_itself() {
    each_store(async |store| {
        let item = store.added(published(story(1))).await;

        for reaction in Reaction::ALL {
            store.vote(Vote { item, reaction, voter: voter(1) }).await.unwrap();
        }
        let counts = store.unvote(Vote { item, reaction: Reaction::Heard, voter: voter(1) }).await.unwrap();

        assert_eq!(counts, Some(VoteCounts { heard: 0, helped: 1, me_too: 1 }));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_visible_takes_no_votes() {
    each_store(async |store| {
        let held = store.added(story(1)).await;
        let hidden = store.added(published(story(2))).await;
        let reply_to_hidden = store.added(published(reply(3, hidden))).await;
        store.vote(helped(reply_to_hidden, voter(1))).await.unwrap().unwrap();
        store.decided(hidden, Decision::Hide).await.unwrap();

        for item in [held, hidden, reply_to_hidden, item(99)] {
            assert_eq!(store.vote(helped(item, voter(2))).await.unwrap(), None);
            assert_eq!(store.unvote(helped(item, voter(1))).await.unwrap(), None);
        }
        store.decided(hidden, Decision::Restore).await.unwrap();

        assert_eq!(store.vote(helped(reply_to_hidden, voter(1))).await.unwrap().unwrap().helped, 1);
        assert_eq!(store.rows("select * from votes").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn two_votes_of_one_key_share_no_value() {
    each_store(async |store| {
        let (first, second) =
            (store.added(published(story(1))).await, store.added(published(story(2))).await);

        // A browser sends another voter id for each item; nothing that the store adds may link them.
        store.vote(helped(first, voter(1))).await.unwrap();
        store.vote(helped(second, voter(2))).await.unwrap();

        let rows = store.rows("select * from votes").await;
        assert_eq!(rows.len(), 2);
        let values = |row: &Vec<String>| {
            row.iter().filter(|v| !v.ends_with("helped")).cloned().collect::<HashSet<_>>()
        };
        assert!(values(&rows[0]).is_disjoint(&values(&rows[1])), "{rows:?}");
        assert_eq!(rows[0].len(), 3, "a new column may link votes: {rows:?}");
    })
    .await;
}

#[tokio::test]
async fn the_order_helpful_follows_the_votes() {
    each_store(async |store| {
        let old = store.added(published(story(1))).await;
        let middle = store.added(published(story(2))).await;
        let new = store.added(published(story(3))).await;
        let order = async || store.feed_ids(feed(Order::Helpful, 2)).await;
        assert_eq!(order().await, [new, middle, old]);

        for n in 0..2 {
            store.vote(helped(old, voter(n))).await.unwrap();
        }
        assert_eq!(order().await, [new, middle, old], "two votes give no lead");
        store.vote(helped(old, voter(2))).await.unwrap();
        assert_eq!(order().await, [old, new, middle]);
        store.unvote(helped(old, voter(0))).await.unwrap();

        assert_eq!(order().await, [new, middle, old]);
    })
    .await;
}

#[tokio::test]
async fn a_thousand_toggles_at_once_end_at_the_exact_count() {
    each_store(async |store| {
        let item = store.added(published(story(1))).await;

        // Five toggles by each of 200 voters; one of them in each direction comes twice. The last one is a vote for all
        // but every fourth.
        join_all((0..200).map(|n| async move {
            let vote = helped(item, voter(n));
            store.vote(vote).await.unwrap();
            store.unvote(vote).await.unwrap();
            store.vote(vote).await.unwrap();
            store.vote(vote).await.unwrap();
            if n % 4 == 0 {
                store.unvote(vote).await.unwrap();
            } else {
                store.vote(vote).await.unwrap();
            }
        }))
        .await;

        assert_eq!(store.post(item).await.unwrap().unwrap().votes.helped, 150);
        assert_eq!(store.rows("select voter from votes").await.len(), 150);
    })
    .await;
}
