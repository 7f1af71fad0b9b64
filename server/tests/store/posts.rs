use std::collections::{BTreeSet, HashSet};

use futures_util::future::join_all;
use peer_support_domain::cursor::{Cursor, Order};
use peer_support_domain::id::ItemId;
use peer_support_domain::post::{Decision, Kind, State};
use peer_support_domain::wire::Post;
use peer_support_server::store::{Added, FeedQuery, NewItem, Place, Store, Stored};

use crate::subject::*;

#[tokio::test]
async fn a_published_post_reads_back_as_it_was_sent() {
    each_store(async |store| {
        let text = "Zwei Zeilen,\ndie zweite mit “Zitat”, \\, \u{1f9e1} und 'Strich'.";
        let new = NewItem { text: text.into(), lang: Some("de-AT".parse().unwrap()), ..story(1) };
        store.added(new).await;
        store.decided(item(1), Decision::Approve).await.unwrap();

        let read = store.post(item(1)).await.unwrap().unwrap();

        let expected = Post {
            id: item(1),
            kind: Kind::Story,
            topic: "low-mood".parse().unwrap(),
            text: text.into(),
            lang: Some("de-AT".parse().unwrap()),
            notes: Default::default(),
            author: Some(author(1)),
            created_at: START + MINUTE,
            n_replies: 0,
            votes: Default::default(),
            is_example: false,
            is_owners: false,
        };
        assert_eq!(read, expected);
        assert_eq!(store.feed(feed(Order::New, 5)).await.unwrap().items, [expected]);
        assert_eq!(store.site_of(item(1)).await.unwrap().unwrap().as_str(), "demo");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_published_is_invisible_through_every_read() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        let unseen = [State::Held, State::Declined, State::Hidden, State::Deleted];
        for (n, state) in (10..).step_by(10).zip(unseen) {
            store.added(story(n)).await;
            store.added(reply(n + 1, post)).await;
            for id in [n, n + 1] {
                match state {
                    State::Held => {}
                    State::Declined => drop(store.decided(item(id), Decision::Decline).await.unwrap()),
                    State::Hidden => {
                        store.decided(item(id), Decision::Approve).await.unwrap();
                        if id == n {
                            // Its replies are out of reach with it.
                            store.added(published(reply(n + 2, item(n)))).await;
                        }
                        store.decided(item(id), Decision::Hide).await.unwrap();
                    }
                    _ => {
                        store.decided(item(id), Decision::Approve).await.unwrap();
                        store.delete_own(recovery(id)).await.unwrap().unwrap();
                    }
                }
            }

            for id in [n, n + 1, n + 2] {
                assert_eq!(store.post(item(id)).await.unwrap(), None, "{state}");
                assert_eq!(store.replies(item(id), None, 9).await.unwrap(), None, "{state}");
                assert_eq!(store.site_of(item(id)).await.unwrap(), None, "{state}");
                assert_eq!(store.vote(helped(item(id), voter(1))).await.unwrap(), None, "{state}");
                let answer = store.add(reply(id + 500, item(id)), None).await.unwrap();
                assert_eq!(answer, Added::NoSuchPost, "{state}");
            }
        }

        for order in Order::ALL {
            assert_eq!(store.feed_ids(feed(order, 9)).await, [post], "{order}");
        }
        assert_eq!(store.reply_ids(post, 9).await, []);
        assert_eq!(store.post(post).await.unwrap().unwrap().n_replies, 0);
    })
    .await;
}

#[tokio::test]
async fn the_same_request_is_stored_once() {
    each_store(async |store| {
        let stored = Stored { id: item(1), state: State::Held, created_at: START + MINUTE };

        let first = store.add(story(1), Some(sending(7, 1))).await.unwrap();
        let again = store.add(story(1), Some(sending(7, 1))).await.unwrap();
        // A server that draws the id draws another one.
        let drawn = store.add(story(2), Some(sending(7, 1))).await.unwrap();
        let other = store.add(story(3), Some(sending(7, 2))).await.unwrap();

        assert_eq!(first, Added::Stored(stored));
        assert_eq!(again, Added::Before(stored));
        assert_eq!(drawn, Added::Before(stored));
        assert_eq!(other, Added::KeyReused);
        assert_eq!(store.queue_ids(9).await, [item(1)]);
        assert_eq!(store.rows("select * from item_texts").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn one_key_sent_fifty_times_at_once_stores_one_item() {
    each_store(async |store| {
        for same_id in [true, false] {
            let key = u64::from(same_id);
            let sent = join_all((0..50).map(|n| {
                let n = 100 * (key + 1) + if same_id { 0 } else { n };
                store.add(story(n), Some(sending(key, 1)))
            }))
            .await;

            let answers: Vec<Added> = sent.into_iter().map(Result::unwrap).collect();
            let stored: Vec<_> = answers.iter().filter(|a| matches!(a, Added::Stored(_))).collect();
            let before: HashSet<_> = answers
                .iter()
                .filter_map(|a| match a {
                    Added::Before(stored) => Some(stored.id),
                    _ => None,
                })
                .collect();
            assert_eq!(stored.len(), 1, "{answers:?}");
            assert_eq!(answers.iter().filter(|a| matches!(a, Added::Before(_))).count(), 49, "{answers:?}");
            assert!(matches!(stored[0], Added::Stored(s) if before == HashSet::from([s.id])));
        }
        assert_eq!(store.queue_ids(9).await.len(), 2);
        assert_eq!(store.rows("select * from item_texts").await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_id_or_a_recovery_hash_is_used_once() {
    each_store(async |store| {
        store.added(story(1)).await;

        let same_id = store.add(NewItem { recovery: recovery(2), ..story(1) }, None).await.unwrap();
        let same_recovery =
            store.add(NewItem { recovery: recovery(1), ..story(2) }, Some(sending(1, 1))).await.unwrap();

        assert_eq!((same_id, same_recovery), (Added::IdTaken, Added::IdTaken));
        assert_eq!(store.rows("select * from items").await.len(), 1);
        assert_eq!(store.rows("select * from item_texts").await.len(), 1);
        assert_eq!(store.rows("select * from idempotency_keys").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn every_filter_and_order_shows_exactly_what_it_names() {
    each_store(async |store| {
        let mut posts = Vec::new();
        for n in 0..36 {
            let kind = Kind::ALL[n as usize % 3];
            let topic = ["low-mood", "grief"][n as usize / 3 % 2];
            store.added(post(n, kind, topic)).await;
            let is_answered = n % 4 == 0;
            if is_answered {
                store.added(published(reply(1_000 + n, item(n)))).await;
            }
            posts.push((item(n), kind, topic, is_answered));
        }
        // The same on another site shows nowhere.
        let elsewhere = match post(500, Kind::Story, "grief") {
            NewItem { place: Place::Post { kind, topic, .. }, id, .. } => NewItem {
                place: Place::Post { site: "other".parse().unwrap(), kind, topic },
                id,
                ..post(500, Kind::Story, "grief")
            },
            _ => unreachable!("it is a post"),
        };
        store.added(elsewhere).await;

        for order in Order::ALL {
            for kind in [None, Some(Kind::Story), Some(Kind::Coping), Some(Kind::Question)] {
                for topic in [None, Some("low-mood"), Some("grief"), Some("work")] {
                    let mut expected: Vec<ItemId> = posts
                        .iter()
                        .filter(|p| kind.is_none_or(|kind| p.1 == kind))
                        .filter(|p| topic.is_none_or(|topic| p.2 == topic))
                        .filter(|p| order != Order::Unanswered || !p.3)
                        .map(|p| p.0)
                        .collect();
                    if order != Order::Unanswered {
                        expected.reverse();
                    }
                    for limit in [1, 5, 100] {
                        let topic = topic.map(|topic| topic.parse().unwrap());
                        let query = FeedQuery { kind, topic, ..feed(order, limit) };
                        assert_eq!(store.feed_ids(query.clone()).await, expected, "{query:?}");
                    }
                }
            }
        }
        let unknown = FeedQuery { site: "nowhere".parse().unwrap(), ..feed(Order::New, 5) };
        assert_eq!(store.feed_ids(unknown).await, []);
    })
    .await;
}

#[tokio::test]
async fn posts_of_one_millisecond_are_all_paged_through_once() {
    each_store(async |store| {
        for n in 0..20 {
            store.added(NewItem { created_at: START, ..post(n, Kind::ALL[n as usize % 3], "grief") }).await;
        }

        for order in Order::ALL {
            let ids = store.feed_ids(feed(order, 3)).await;

            assert_eq!(ids.len(), 20, "{order}");
            assert_eq!(ids.into_iter().collect::<BTreeSet<_>>().len(), 20, "{order}");
        }
    })
    .await;
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip_while_posts_come_and_go() {
    each_store(async |store| {
        let constant: Vec<ItemId> = (0..60).map(|n| item(2 * n)).collect();
        for n in 0..60 {
            store.added(post(2 * n, Kind::ALL[n as usize % 3], "grief")).await;
        }
        // Posts that will go: one beside each of the first ones.
        for n in 0..30 {
            store.added(post(2 * n + 1, Kind::Story, "grief")).await;
        }

        let coming_and_going = async {
            for n in 0..30 {
                store.delete_own(recovery(2 * n + 1)).await.unwrap().unwrap();
                store.added(post(1_000 + n, Kind::Story, "grief")).await;
            }
        };
        let reading = async {
            for _ in 0..4 {
                for order in Order::ALL {
                    let read = store.feed_ids(feed(order, 7)).await;
                    let mut expected = constant.clone();
                    if order != Order::Unanswered {
                        expected.reverse();
                    }
                    assert_eq!(read.iter().collect::<HashSet<_>>().len(), read.len(), "a post came twice");
                    let seen: Vec<ItemId> = read.into_iter().filter(|id| constant.contains(id)).collect();
                    assert_eq!(seen, expected, "{order}");
                }
            }
        };

        tokio::join!(coming_and_going, reading);
    })
    .await;
}

#[tokio::test]
async fn a_page_can_follow_a_post_that_is_gone() {
    each_store(async |store| {
        for n in 0..6 {
            store.added(published(story(n))).await;
        }
        let first = store.feed(feed(Order::New, 3)).await.unwrap();
        store.delete_own(recovery(3)).await.unwrap().unwrap();
        store.purge(i64::MAX, START + 100 * MINUTE).await.unwrap();

        let next = store.feed(FeedQuery { after: first.next, ..feed(Order::New, 3) }).await.unwrap();

        let ids: Vec<ItemId> = next.items.iter().map(|post| post.id).collect();
        assert_eq!(ids, [item(2), item(1), item(0)]);
        assert_eq!(next.next, None);
    })
    .await;
}

#[tokio::test]
async fn any_cursor_is_taken() {
    each_store(async |store| {
        store.added(published(story(1))).await;
        store.added(published(reply(2, item(1)))).await;

        for key in [i64::MIN, -1, 0, i64::MAX] {
            let after = Some(Cursor { key, item: ItemId::from_bits(u64::MAX) });
            for order in Order::ALL {
                store.feed(FeedQuery { after, ..feed(order, 100) }).await.unwrap();
            }
            store.replies(item(1), after, 100).await.unwrap().unwrap();
            Store::queue(&**store, Reach::Everywhere, after, 100).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn replies_are_read_oldest_first_and_counted() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        let other = store.added(published(story(2))).await;
        store.added(published(reply(50, other))).await;
        for n in [14, 12, 13, 11, 15] {
            store.added(reply(n, post)).await;
        }
        for n in 11..15 {
            store.decided(item(n), Decision::Approve).await.unwrap();
        }

        assert_eq!(store.reply_ids(post, 2).await, [item(11), item(12), item(13), item(14)]);
        assert_eq!(store.post(post).await.unwrap().unwrap().n_replies, 4);
        assert_eq!(store.feed_ids(feed(Order::Unanswered, 9)).await, []);
        let reply = &store.replies(post, None, 1).await.unwrap().unwrap().items[0];
        assert_eq!(
            (reply.text.as_str(), reply.author),
            ("Story number 11, which goes on for a while.", Some(author(11)))
        );

        store.decided(item(11), Decision::Hide).await.unwrap();
        store.delete_own(recovery(12)).await.unwrap().unwrap();
        assert_eq!(store.post(post).await.unwrap().unwrap().n_replies, 2);
        store.decided(item(11), Decision::Restore).await.unwrap();
        store.delete_own(recovery(13)).await.unwrap().unwrap();
        store.delete_own(recovery(14)).await.unwrap().unwrap();
        store.delete_own(recovery(14)).await.unwrap().unwrap();
        assert_eq!(store.post(post).await.unwrap().unwrap().n_replies, 1);
        store.delete_own(recovery(11)).await.unwrap().unwrap();

        assert_eq!(store.post(post).await.unwrap().unwrap().n_replies, 0);
        assert_eq!(store.feed_ids(feed(Order::Unanswered, 9)).await, [post]);
    })
    .await;
}

#[tokio::test]
async fn approvals_at_once_count_every_reply() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        for n in 10..40 {
            store.added(reply(n, post)).await;
        }
        store.moderator().await;

        let decided = join_all((10..40).map(|n| store.decided(item(n), Decision::Approve))).await;

        assert!(decided.iter().all(|state| *state == Ok(State::Published)));
        assert_eq!(store.post(post).await.unwrap().unwrap().n_replies, 30);
    })
    .await;
}

#[tokio::test]
async fn the_version_grows_with_all_that_is_committed_by_whatever_program() {
    let store = sqlite().await;
    let of_another_program = Subject::of(store.address.clone()).await;
    let mut seen = store.version().unwrap();

    for (n, by) in [(1, &store), (2, &of_another_program), (3, &store)] {
        by.added(published(story(n))).await;
        let now = store.version().unwrap();
        assert!(now > seen, "{n}: {now}, before {seen}");
        store.feed_ids(feed(Order::New, 9)).await;
        assert_eq!(store.version(), Some(now), "who only reads changes nothing");
        seen = now;
    }
    store.close().await;
    assert_eq!(store.version(), None);
}
