use std::collections::HashSet;

use peer_support_domain::cursor::Order;
use peer_support_domain::post::Decision;
use peer_support_domain::ranking;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_toggles_at_once_end_at_the_exact_counts() {
    each_store(async |store| {
        let item = store.added(published(story(1))).await;

        // Of 120 voters, each about eight times and in every way, in no order: most of them against themselves.
        let toggles: Vec<_> = (0..1_000_u64)
            .map(|n| {
                let (shared, n) = (store.shared(), n * 7_919 % 1_000);
                let vote = Vote { item, reaction: Reaction::ALL[n as usize % 3], voter: voter(n / 3 % 120) };
                tokio::spawn(async move {
                    if n % 5 < 3 { shared.vote(vote).await } else { shared.unvote(vote).await }
                })
            })
            .collect();
        for toggle in toggles {
            toggle.await.unwrap().unwrap().unwrap();
        }

        let post = store.post(item).await.unwrap().unwrap();
        let rows = store.rows("select reaction, voter from votes").await;
        let n =
            |reaction: Reaction| rows.iter().filter(|row| row[0].ends_with(reaction.as_str())).count() as u32;
        let in_table =
            VoteCounts { heard: n(Reaction::Heard), helped: n(Reaction::Helped), me_too: n(Reaction::MeToo) };
        assert_eq!(post.votes, in_table);
        assert!(rows.len() > 50, "{in_table:?}");
        let helpful_at = store.rows("select helpful_at from items").await.concat().concat();
        let expected = ranking::helpful_at_ms(post.created_at, in_table);
        assert_eq!(helpful_at.trim_start_matches("Integer"), expected.to_string());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_voter_who_taps_a_hundred_times_at_once_counts_once() {
    each_store(async |store| {
        let item = store.added(published(story(1))).await;

        let taps: Vec<_> = (0..100)
            .map(|_| {
                let shared = store.shared();
                tokio::spawn(async move { shared.vote(helped(item, voter(1))).await })
            })
            .collect();
        for tap in taps {
            assert_eq!(tap.await.unwrap().unwrap().unwrap().helped, 1);
        }

        assert_eq!(store.post(item).await.unwrap().unwrap().votes.helped, 1);
    })
    .await;
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip_what_votes_left_alone() {
    each_store(async |store| {
        for n in 0..30 {
            store.added(published(story(n))).await;
        }
        // Between any two pages, votes lift one post to the top that was to come last, and one that was seen.
        let lift = async |n: u64| {
            for by in 0..4 {
                store.vote(helped(item(n), voter(by))).await.unwrap().unwrap();
            }
        };
        for order in [Order::Helpful, Order::New] {
            let mut seen = Vec::new();
            let mut query = feed(order, 7);
            let mut lifted = 0;
            loop {
                let page = store.feed(query.clone()).await.unwrap();
                seen.extend(page.items.iter().map(|post| post.id));
                query.after = page.next;
                if query.after.is_none() {
                    break;
                }
                lift(lifted).await;
                lift(29 - lifted).await;
                lifted += 1;
            }

            let still: Vec<_> = (lifted..30 - lifted).rev().map(item).collect();
            let seen_still: Vec<_> = seen.iter().copied().filter(|id| still.contains(id)).collect();
            assert_eq!(seen_still, still, "each once, in its order, by {order}");
            let distinct: HashSet<_> = seen.iter().collect();
            assert_eq!(distinct.len(), seen.len(), "and nothing twice, because votes only lift");
        }
    })
    .await;
}

#[tokio::test]
async fn an_unanswered_post_stands_first_until_somebody_answers() {
    each_store(async |store| {
        for n in 1..=3 {
            store.added(published(story(n))).await;
        }
        for n in 0..9 {
            store.vote(helped(item(3), voter(n))).await.unwrap();
        }
        let waiting = async || store.feed_ids(feed(Order::Unanswered, 2)).await;

        assert_eq!(waiting().await[0], item(1), "the longest waiting, whatever votes others have");
        store.added(reply(10, item(1))).await;
        assert_eq!(waiting().await[0], item(1), "what is held is no answer yet");
        store.decided(item(10), Decision::Approve).await.unwrap();

        assert_eq!(waiting().await[0], item(2));
    })
    .await;
}
