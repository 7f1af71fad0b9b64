use futures_util::future::join_all;
use peer_support_domain::cursor::Order;
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::ItemId;
use peer_support_domain::post::{Decision, NotAllowed, Role, State};
use peer_support_server::store::{How, ModeratorId, NewDecision, NewItem, Store, Undecided};

use crate::subject::*;

#[tokio::test]
async fn the_queue_holds_what_waits_the_longest_waiting_first() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        let gone = store.added(published(story(2))).await;
        for n in [13, 11, 14] {
            store.added(story(n)).await;
        }
        store.added(reply(12, post)).await;
        store.added(reply(10, gone)).await;
        store.decided(item(14), Decision::Decline).await.unwrap();
        store.decided(gone, Decision::Hide).await.unwrap();

        assert_eq!(store.queue_ids(2).await, [item(11), item(12), item(13)]);
        let queued = Store::queue(&**store, Reach::Everywhere, None, 2).await.unwrap().items;
        assert_eq!(queued[0].text, "Story number 11, which goes on for a while.");
        assert_eq!((queued[0].in_reply_to.as_deref(), queued[0].kind.is_some()), (None, true));
        assert_eq!(queued[1].in_reply_to.as_deref(), Some("Story number 1, which goes on for a while."));
        assert_eq!(
            (queued[1].topic.as_str(), queued[1].site.as_str(), queued[1].kind),
            ("low-mood", "demo", None)
        );
        store.decided(gone, Decision::Restore).await.unwrap();
        assert_eq!(store.queue_ids(2).await[0], item(10));
    })
    .await;
}

#[tokio::test]
async fn what_the_checks_noticed_stands_in_the_queue_and_goes_with_the_text() {
    each_store(async |store| {
        let flags = Flags::default().with(Flag::Repeat).with(Flag::NoWork);
        store.added(NewItem { flags, ..story(1) }).await;
        store.added(story(2)).await;

        let queued = Store::queue(&**store, Reach::Everywhere, None, 2).await.unwrap().items;
        store.delete_own(recovery(1)).await.unwrap().unwrap();

        assert_eq!((queued[0].flags, queued[1].flags), (flags, Flags::default()));
        assert_eq!(store.rows("select id from items where flags <> 0").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn every_arrow_can_be_walked_and_no_other() {
    each_store(async |store| {
        let ways: [(State, &[Decision]); 4] = [
            (State::Held, &[]),
            (State::Published, &[Decision::Approve]),
            (State::Declined, &[Decision::Decline]),
            (State::Hidden, &[Decision::Approve, Decision::Hide]),
        ];
        let mut n = 0;
        for (state, way) in ways {
            for decision in Decision::ALL {
                n += 1;
                store.added(story(n)).await;
                for step in way {
                    store.decided(item(n), *step).await.unwrap();
                }

                let outcome = store.decided(item(n), decision).await;

                let expected = state.after(decision);
                assert_eq!(
                    outcome,
                    expected.map_err(|refused| refused.to_string()),
                    "{decision} what is {state}"
                );
                let now = store.own(recovery(n)).await.unwrap().unwrap();
                assert_eq!(now.state, expected.unwrap_or(state));
                assert_eq!(store.post(item(n)).await.unwrap().is_some(), now.state == State::Published);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_deleted_cannot_be_decided_and_what_is_not_there_is_none() {
    each_store(async |store| {
        store.added(story(1)).await;
        store.delete_own(recovery(1)).await.unwrap();
        let moderator = store.moderator().await.id;
        let decision = |item| approval(item, moderator, None);

        let deleted = store.decide(decision(item(1))).await.unwrap();
        let unknown = store.decide(decision(item(2))).await.unwrap();

        assert_eq!(
            deleted,
            Some(Err(NotAllowed { state: State::Deleted, decision: Decision::Approve }.into()))
        );
        assert_eq!(unknown, None);
        assert_eq!(store.rows("select * from decisions").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn of_two_moderators_at_once_one_decides() {
    each_store(async |store| {
        store.moderator().await;
        for n in 0..10 {
            store.added(story(n)).await;

            let outcomes = tokio::join!(
                store.decided(item(n), Decision::Approve),
                store.decided(item(n), Decision::Decline)
            );

            assert!(outcomes.0.is_ok() != outcomes.1.is_ok(), "{outcomes:?}");
        }
        assert_eq!(store.rows("select * from decisions").await.len(), 10);
    })
    .await;
}

#[tokio::test]
async fn decisions_are_recorded_for_good() {
    each_store(async |store| {
        store.added(story(1)).await;
        store.decided(item(1), Decision::Approve).await.unwrap();
        store.decided(item(1), Decision::Hide).await.unwrap();
        let recorded = store
            .rows("select decision, reason, decided_at, moderator_key from decisions order by key")
            .await;
        assert_eq!(recorded.len(), 2);
        assert!(recorded[1][1].ends_with("because of hide"), "{recorded:?}");

        let update = store.execute("update decisions set reason = 'another'").await;
        let delete = store.execute("delete from decisions").await;

        assert!(update.unwrap_err().contains("only ever added"));
        assert!(delete.unwrap_err().contains("only ever added"));
        // Neither its author nor time takes the record along.
        store.delete_own(recovery(1)).await.unwrap();
        store.purge(START, i64::MAX).await.unwrap();
        assert_eq!(store.rows("select * from items").await.len(), 0);
        assert_eq!(
            store
                .rows("select decision, reason, decided_at, moderator_key from decisions order by key")
                .await,
            recorded
        );
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_code_opens_one_session() {
    each_store(async |store| {
        let moderator = store.moderator().await;
        assert!(
            store.add_sign_in_code(moderator.name.clone(), secret(1), START, START + MINUTE).await.unwrap()
        );

        let attempts =
            join_all((0..20).map(|n| store.sign_in(secret(1), session(100 + n, START, START + 9 * MINUTE))))
                .await;

        let opened: Vec<_> =
            attempts.into_iter().zip(0..).filter_map(|(who, n)| Some((who.unwrap()?, n))).collect();
        assert_eq!(opened.len(), 1, "{opened:?}");
        assert_eq!(opened[0].0.moderator, moderator);
        let session = secret(100 + opened[0].1);
        assert_eq!(store.session(session, START).await.unwrap().as_ref(), Some(&opened[0].0));
        assert_eq!(store.session(session, START + 9 * MINUTE).await.unwrap(), None, "it expires");
        assert_eq!(store.session(secret(7), START).await.unwrap(), None);
        store.sign_out(session).await.unwrap();
        assert_eq!(store.session(session, START).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn an_expired_sign_in_code_opens_nothing() {
    each_store(async |store| {
        let name = store.moderator().await.name;
        store.add_sign_in_code(name, secret(1), START - MINUTE, START).await.unwrap();

        assert_eq!(store.sign_in(secret(1), session(2, START, START + MINUTE)).await.unwrap(), None);
        assert_eq!(
            store.sign_in(secret(1), session(2, START - 1, START + MINUTE)).await.unwrap(),
            None,
            "nor later"
        );
        assert_eq!(store.session(secret(2), START).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_closed_account_is_out_at_once() {
    each_store(async |store| {
        let admin = store.add_moderator("Grace".into(), Role::Admin, START).await.unwrap().unwrap();
        assert_eq!((admin.name.as_str(), admin.roles.everywhere), ("Grace", Some(Role::Admin)));
        assert_eq!(store.add_moderator("Grace".into(), Role::Viewer, START).await.unwrap(), None);
        let other = store.add_moderator("Ada".into(), Role::Viewer, START).await.unwrap().unwrap();
        assert_eq!(store.moderators().await.unwrap(), [other.clone(), admin.clone()]);
        for n in 1..3 {
            store.add_sign_in_code("Grace".into(), secret(n), START, START + MINUTE).await.unwrap();
        }
        store.sign_in(secret(1), session(10, START, START + MINUTE)).await.unwrap().unwrap();

        assert!(store.close_moderator("Grace".into(), START).await.unwrap());

        assert_eq!(store.session(secret(10), START).await.unwrap(), None);
        assert_eq!(store.sign_in(secret(2), session(11, START, START + MINUTE)).await.unwrap(), None);
        assert!(!store.add_sign_in_code("Grace".into(), secret(3), START, START + MINUTE).await.unwrap());
        assert!(!store.close_moderator("Grace".into(), START).await.unwrap());
        assert_eq!(store.moderators().await.unwrap(), [other]);
        assert_eq!(
            store.add_moderator("Grace".into(), Role::Viewer, START).await.unwrap(),
            None,
            "the name stays taken"
        );
    })
    .await;
}

#[tokio::test]
async fn hiding_a_post_takes_it_from_the_feed_until_it_is_restored() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        store.added(published(reply(2, post))).await;

        store.decided(post, Decision::Hide).await.unwrap();
        assert_eq!(store.feed_ids(feed(Order::New, 5)).await, []);
        store.decided(post, Decision::Restore).await.unwrap();

        assert_eq!(store.feed_ids(feed(Order::New, 5)).await, [post]);
        assert_eq!(store.reply_ids(post, 5).await, [item(2)]);
        assert_eq!(store.post(post).await.unwrap().unwrap().n_replies, 1);
    })
    .await;
}

#[tokio::test]
async fn a_text_that_its_author_changed_since_it_was_read_is_not_published() {
    each_store(async |store| {
        store.added(story(1)).await;
        let moderator = store.moderator().await.id;
        let read = store.own(recovery(1)).await.unwrap().unwrap().text;
        store.edit_own(recovery(1), edit("words that no moderator has read yet")).await.unwrap();

        let changed = store.decide(approval(item(1), moderator, Some(read))).await.unwrap();
        let state = store.own(recovery(1)).await.unwrap().unwrap().state;
        let again = approval(item(1), moderator, Some("words that no moderator has read yet".into()));
        let read_anew = store.decide(again).await.unwrap();

        assert_eq!(changed, Some(Err(Undecided::TextChanged)));
        assert_eq!(state, State::Held);
        assert_eq!(read_anew, Some(Ok(State::Published)));
        assert_eq!(store.rows("select * from decisions").await.len(), 1);
    })
    .await;
}

/// An approval of what was read as `read_text`.
fn approval(item: ItemId, moderator: ModeratorId, read_text: Option<String>) -> NewDecision {
    NewDecision {
        item,
        moderator,
        decision: Decision::Approve,
        read_text,
        reason: None,
        at: START,
        how: How::default(),
    }
}
