use futures_util::future::join_all;
use peer_support_domain::cursor::Order;
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{REPORT_RETENTION_MS, REPORTS_OF_ITEM};
use peer_support_domain::post::{Decision, State};
use peer_support_domain::report::ReportReason;
use peer_support_domain::roles::Reach;
use peer_support_domain::wire::ReportCount;
use peer_support_server::store::{Added, Hiding, NewItem, NewReport, Queued, Reported, Store};

use crate::subject::*;

/// The `n`th reader reports `item` at [`START`]; three hide it, unless a moderator was there within the last ten minutes.
fn report(item: ItemId, n: u64) -> NewReport {
    NewReport {
        item,
        reporter: voter(n),
        reason: ReportReason::Unkind,
        receipt: receipt(n),
        at: START,
        has_force: true,
        hiding: Some(Hiding { n_reporters: 3, unless_seen_after: START - 10 * MINUTE }),
    }
}

fn receipt(n: u64) -> [u8; 32] {
    secret(1_000 + n)
}

impl Subject {
    /// What became of a report about an item that is there.
    async fn reported(&self, new: NewReport) -> Reported {
        self.report(new).await.unwrap().unwrap()
    }

    /// Where an item stands, by the receipt of a report about it.
    async fn standing(&self, n: u64) -> (State, bool) {
        let standing = self.report_of(receipt(n)).await.unwrap().unwrap();
        (standing.state, standing.is_decided)
    }

    async fn queue_items(&self) -> Vec<Queued> {
        Store::queue(&**self, Reach::Everywhere, None, 100).await.unwrap().items
    }
}

#[tokio::test]
async fn a_report_brings_a_published_item_into_the_queue_with_its_reasons() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        store.added(story(2)).await;

        for n in 1..=2 {
            let reported = store.reported(NewReport { hiding: None, ..report(post, n) }).await;
            assert!(matches!(reported, Reported::Counted(_)), "{reported:?}");
        }
        let danger = NewReport { reason: ReportReason::Danger, hiding: None, ..report(post, 3) };
        store.reported(danger).await;

        assert_eq!(store.queue_ids(1).await, [post, item(2)], "what was reported stands first");
        let queued = &store.queue_items().await[0];
        assert_eq!(queued.state, State::Published);
        assert_eq!(queued.flags, Flags::from_iter([Flag::Reported, Flag::Danger]));
        assert_eq!(
            queued.reports,
            [
                ReportCount { reason: ReportReason::Danger, n: 1 },
                ReportCount { reason: ReportReason::Unkind, n: 2 }
            ]
        );
        assert!(store.queue_items().await[1].reports.is_empty());
        assert!(store.post(post).await.unwrap().is_some(), "others read it meanwhile");
    })
    .await;
}

#[tokio::test]
async fn one_reader_counts_once_and_the_newer_receipt_is_the_one_that_opens() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        store.reported(report(post, 1)).await;

        for n in 2..6 {
            let again = NewReport { receipt: receipt(n), reason: ReportReason::Selling, ..report(post, 1) };
            let reported = store.reported(again).await;
            assert!(matches!(reported, Reported::CountedBefore(_)), "{reported:?}");
        }

        assert_eq!(store.post(post).await.unwrap().unwrap().id, post, "one reader hides nothing");
        let queued = &store.queue_items().await[0];
        assert_eq!(queued.reports, [ReportCount { reason: ReportReason::Selling, n: 1 }]);
        assert_eq!(store.report_of(receipt(1)).await.unwrap(), None);
        assert_eq!(store.standing(5).await, (State::Published, false));
    })
    .await;
}

#[tokio::test]
async fn reports_of_many_readers_at_once_are_counted_each_once() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;

        let outcomes = join_all((0..20).flat_map(|n| {
            [0, 100].map(|other| {
                store.report(NewReport { receipt: receipt(n + other), hiding: None, ..report(post, n) })
            })
        }))
        .await;

        let outcomes: Vec<_> = outcomes.into_iter().map(|outcome| outcome.unwrap().unwrap()).collect();
        let n_new = outcomes.iter().filter(|outcome| matches!(outcome, Reported::Counted(_))).count();
        assert_eq!(n_new, 20);
        assert_eq!(
            store.queue_items().await[0].reports,
            [ReportCount { reason: ReportReason::Unkind, n: 20 }]
        );
    })
    .await;
}

#[tokio::test]
async fn enough_readers_hide_an_item_while_no_moderator_is_there() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        let answer = store.added(published(reply(2, post))).await;
        store.added(published(reply(3, post))).await;

        for n in 1..=2 {
            store.reported(report(answer, n)).await;
        }
        assert_eq!(store.reply_ids(post, 5).await, [answer, item(3)]);
        let Reported::Counted(standing) = store.reported(report(answer, 3)).await else { panic!() };

        assert_eq!((standing.state, standing.is_decided), (State::Hidden, false));
        assert_eq!(store.reply_ids(post, 5).await, [item(3)]);
        assert_eq!(store.post(post).await.unwrap().unwrap().n_replies, 1);
        let own = store.own(recovery(2)).await.unwrap().unwrap();
        assert_eq!((own.state, own.is_hidden_by_reports, own.reason), (State::Hidden, true, None));
        let queued = &store.queue_items().await[0];
        assert_eq!((queued.id, queued.state), (answer, State::Hidden));
        let recorded = store
            .rows("select decision, coalesce(rule, '-'), coalesce(moderator_key, -1) from decisions")
            .await;
        assert_eq!(recorded.len(), 1);
        assert!(recorded[0][0].ends_with("hide") && recorded[0][1].ends_with("reports"), "{recorded:?}");
        assert!(recorded[0][2].ends_with("-1"), "{recorded:?}");
        // Who had reported it can still send the report again; who had not finds nothing.
        assert!(matches!(store.reported(report(answer, 3)).await, Reported::CountedBefore(_)));
        assert_eq!(store.report(report(answer, 4)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn reports_hide_nothing_while_a_moderator_is_there_and_the_next_one_after() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        store.see_moderator(Reach::Everywhere, START - MINUTE).await.unwrap();
        // An older sight of another moderator changes nothing.
        store.see_moderator(Reach::Everywhere, START - 60 * MINUTE).await.unwrap();

        for n in 1..=5 {
            store.reported(report(post, n)).await;
        }
        assert_eq!(store.standing(5).await.0, State::Published);

        let later = START + 20 * MINUTE;
        let hiding = Some(Hiding { n_reporters: 3, unless_seen_after: later - 10 * MINUTE });
        store.reported(NewReport { at: later, hiding, ..report(post, 6) }).await;

        assert_eq!(store.standing(6).await.0, State::Hidden);
    })
    .await;
}

#[tokio::test]
async fn a_report_without_force_is_read_and_hides_nothing() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        for n in 1..=5 {
            store.reported(NewReport { has_force: false, ..report(post, n) }).await;
        }
        assert_eq!(store.standing(5).await.0, State::Published);
        assert_eq!(store.queue_items().await[0].reports[0].n, 5);

        for n in 6..=8 {
            store.reported(report(post, n)).await;
        }

        assert_eq!(store.standing(8).await.0, State::Hidden);
    })
    .await;
}

#[tokio::test]
async fn what_was_restored_is_not_hidden_again_by_the_same_reports() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        for n in 1..=3 {
            store.reported(report(post, n)).await;
        }
        assert_eq!(store.feed_ids(feed(Order::New, 5)).await, []);

        store.decided(post, Decision::Restore).await.unwrap();

        assert_eq!(store.feed_ids(feed(Order::New, 5)).await, [post]);
        assert_eq!(store.queue_ids(5).await, []);
        assert_eq!(
            store.standing(2).await,
            (State::Published, true),
            "the receipt says that somebody looked"
        );
        for n in 1..=3 {
            let again = store.reported(report(post, n)).await;
            assert!(matches!(again, Reported::CountedBefore(standing) if standing.is_decided), "{again:?}");
        }
        for n in 4..=5 {
            store.reported(report(post, n)).await;
        }
        assert_eq!(store.standing(5).await, (State::Published, false));
        assert_eq!(store.queue_items().await[0].reports[0].n, 2, "only what nobody decided about");
        store.reported(report(post, 6)).await;
        assert_eq!(store.standing(6).await, (State::Hidden, false), "three others do");
    })
    .await;
}

#[tokio::test]
async fn a_moderator_may_leave_what_was_reported_as_it_is() {
    each_store(async |store| {
        let (kept, hidden) = (store.added(published(story(1))).await, store.added(published(story(2))).await);
        assert!(store.decided(kept, Decision::Approve).await.is_err(), "nothing waits yet");
        store.reported(report(kept, 1)).await;
        for n in 2..=4 {
            store.reported(report(hidden, n)).await;
        }

        assert_eq!(store.decided(kept, Decision::Approve).await, Ok(State::Published));
        assert_eq!(store.decided(hidden, Decision::Hide).await, Ok(State::Hidden));

        assert_eq!(store.queue_ids(5).await, []);
        assert_eq!(store.standing(1).await, (State::Published, true));
        assert_eq!(store.standing(2).await, (State::Hidden, true));
        let own = store.own(recovery(2)).await.unwrap().unwrap();
        assert_eq!((own.is_hidden_by_reports, own.reason.as_deref()), (false, Some("because of hide")));
        assert!(store.decided(hidden, Decision::Hide).await.is_err(), "it is decided");
    })
    .await;
}

#[tokio::test]
async fn only_what_everyone_can_see_is_reported() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        let answer = store.added(published(reply(2, post))).await;
        store.added(story(3)).await;
        store.decided(post, Decision::Hide).await.unwrap();

        for (n, item) in [(1, post), (2, answer), (3, item(3)), (4, item(9))] {
            assert_eq!(store.report(report(item, n)).await.unwrap(), None);
        }
        assert_eq!(store.rows("select * from reports").await.len(), 0);
        assert_eq!(store.home_of(item(3)).await.unwrap().unwrap().as_str(), "demo");
        assert_eq!(store.home_of(item(9)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn an_item_that_many_report_keeps_no_more_than_are_counted() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        let n_kept = u64::from(REPORTS_OF_ITEM);
        for n in 0..n_kept {
            store.reported(NewReport { hiding: None, ..report(post, n) }).await;
        }

        let one_more = store.reported(report(post, n_kept)).await;

        assert!(matches!(one_more, Reported::Enough(_)), "{one_more:?}");
        assert_eq!(store.report_of(receipt(n_kept)).await.unwrap(), None);
        assert_eq!(store.rows("select * from reports").await.len() as u64, n_kept);
    })
    .await;
}

#[tokio::test]
async fn reports_come_and_go_with_their_item_and_keep_no_moment() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        let late = NewReport { at: START + 59 * MINUTE, ..report(post, 1) };
        store.reported(late).await;
        let moments = store
            .rows("select r.reported_at, i.reported_at from reports r join items i on i.key = r.item_key");
        let moments = moments.await;
        assert!(moments[0].iter().all(|moment| moment.ends_with(&START.to_string())), "{moments:?}");

        store.delete_own(recovery(1)).await.unwrap();
        assert_eq!(store.standing(1).await, (State::Deleted, false), "the receipt says what became of it");
        assert_eq!(store.queue_ids(5).await, []);
        store.purge(START, i64::MAX).await.unwrap();

        assert_eq!(store.report_of(receipt(1)).await.unwrap(), None);
        assert_eq!(store.rows("select * from reports").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn decided_reports_are_forgotten_in_time_and_waiting_ones_are_not() {
    each_store(async |store| {
        let (decided, waiting) =
            (store.added(published(story(1))).await, store.added(published(story(2))).await);
        store.reported(report(decided, 1)).await;
        store.reported(report(waiting, 2)).await;
        store.decided(decided, Decision::Approve).await.unwrap();

        store.purge(START + REPORT_RETENTION_MS, START).await.unwrap();
        assert_eq!(store.standing(1).await, (State::Published, true));
        store.purge(START + REPORT_RETENTION_MS + 1, START).await.unwrap();

        assert_eq!(store.report_of(receipt(1)).await.unwrap(), None);
        assert_eq!(store.standing(2).await, (State::Published, false));
    })
    .await;
}

#[tokio::test]
async fn the_queue_has_what_was_reported_first_and_the_longest_waiting_first_in_each_part() {
    each_store(async |store| {
        let hour = 60 * MINUTE;
        let posts = [1, 2, 3, 4].map(|n| published(NewItem { created_at: START - 1_000 * hour, ..story(n) }));
        for post in posts {
            store.added(post).await;
        }
        for n in [13, 11, 12] {
            store.added(story(n)).await;
        }
        store.reported(NewReport { at: START + 9 * hour, ..report(item(1), 1) }).await;
        for n in 2..=4 {
            let at = START + 2 * hour * n as i64;
            let hiding = Some(Hiding { n_reporters: 3, unless_seen_after: at });
            store.reported(NewReport { at, hiding, ..report(item(2), n) }).await;
        }
        assert!(store.flag(item(3), Flag::VoteRing, START + 12 * MINUTE + 1).await.unwrap());

        let expected = [item(2), item(1), item(11), item(12), item(3), item(13)];
        for limit in 1..=7 {
            assert_eq!(store.queue_ids(limit).await, expected, "in pages of {limit}");
        }
        let queued = store.queue_items().await;
        assert_eq!(queued[0].state, State::Hidden);
        assert_eq!(
            (queued[4].state, queued[4].flags),
            (State::Published, Flags::from_iter([Flag::VoteRing]))
        );
    })
    .await;
}

#[tokio::test]
async fn a_flag_makes_a_published_item_wait_once() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        store.added(story(2)).await;

        assert!(store.flag(post, Flag::VoteRing, START).await.unwrap());
        assert!(!store.flag(item(2), Flag::VoteRing, START).await.unwrap(), "nobody votes on what is held");
        assert!(!store.flag(item(3), Flag::VoteRing, START).await.unwrap());
        assert_eq!(store.queue_ids(5).await, [post, item(2)]);
        store.decided(post, Decision::Approve).await.unwrap();
        assert!(store.flag(post, Flag::VoteRing, START + MINUTE).await.unwrap());

        assert_eq!(store.queue_ids(5).await, [item(2)], "a moderator has looked at that");
        assert!(store.post(post).await.unwrap().is_some());
    })
    .await;
}

/// A reply of the first author in the thread, who publishes at once after three approvals.
fn known_reply(n: u64, post: ItemId) -> NewItem {
    NewItem { author: Some(author(1)), publish_after_approvals: 3, ..reply(n, post) }
}

impl Subject {
    /// Where a new reply stands.
    async fn state_of_added(&self, new: NewItem) -> State {
        match self.add(new, None).await.unwrap() {
            Added::Stored(stored) => stored.state,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn after_three_approvals_in_a_thread_an_author_is_published_at_once() {
    each_store(async |store| {
        let post = store.added(published(NewItem { author: None, ..story(50) })).await;
        let mut listener = store.listen().await.unwrap();
        for n in 1..=3 {
            assert_eq!(store.state_of_added(known_reply(n, post)).await, State::Held, "{n}");
            store.decided(item(n), Decision::Approve).await.unwrap();
        }

        let fourth = store.state_of_added(known_reply(4, post)).await;

        assert_eq!(fourth, State::Published);
        for n in 1..=4 {
            assert_eq!(listener.next().await.unwrap().item, item(n), "who listens is told");
        }
        assert_eq!(store.reply_ids(post, 2).await, [1, 2, 3, 4].map(item));
        assert_eq!(store.post(post).await.unwrap().unwrap().n_replies, 4);
        let recorded = store.rows("select decision, rule from decisions where moderator_key is null").await;
        assert_eq!(recorded.len(), 1);
        assert!(recorded[0][0].ends_with("approve") && recorded[0][1].ends_with("approvals"), "{recorded:?}");
        store.delete_own(recovery(4)).await.unwrap();
        assert_eq!(store.post(post).await.unwrap().unwrap().n_replies, 3);
    })
    .await;
}

#[tokio::test]
async fn what_a_check_noticed_is_held_whoever_wrote_it() {
    each_store(async |store| {
        let post = store.added(published(NewItem { author: Some(author(1)), ..story(50) })).await;
        for n in 1..=2 {
            store.added(published(known_reply(n, post))).await;
        }
        let held = |new: NewItem| async move { store.state_of_added(new).await };

        for (n, flag) in (60..).zip(Flag::ALL) {
            let flags = Flags::from_iter([flag]);
            assert_eq!(held(NewItem { flags, ..known_reply(n, post) }).await, State::Held, "{flag}");
        }
        let another = NewItem { author: Some(author(2)), ..known_reply(20, post) };
        assert_eq!(held(another).await, State::Held);
        assert_eq!(held(NewItem { author: None, ..known_reply(21, post) }).await, State::Held);
        let never = NewItem { publish_after_approvals: 0, ..known_reply(22, post) };
        assert_eq!(held(never).await, State::Held);
        let new_post = NewItem { author: Some(author(1)), publish_after_approvals: 1, ..story(23) };
        assert_eq!(held(new_post).await, State::Held, "a post begins a thread");
        assert_eq!(store.post(post).await.unwrap().unwrap().n_replies, 2);

        assert_eq!(held(known_reply(24, post)).await, State::Published, "the post itself was approved too");
        assert_eq!(store.post(post).await.unwrap().unwrap().n_replies, 3);
    })
    .await;
}

#[tokio::test]
async fn who_was_declined_hidden_or_reported_in_the_thread_waits_again() {
    each_store(async |store| {
        let mut n = 100;
        for case in ["declined", "hidden", "reported", "none of these"] {
            n += 10;
            let post = store.added(published(NewItem { author: None, ..story(n) })).await;
            for m in 1..=4 {
                store.added(published(known_reply(n + m, post))).await;
            }
            match case {
                "declined" => {
                    let new = NewItem { publish_after_approvals: 0, ..known_reply(n + 5, post) };
                    store.added(new).await;
                    store.decided(item(n + 5), Decision::Decline).await.unwrap();
                }
                "hidden" => {
                    store.decided(item(n + 1), Decision::Hide).await.unwrap();
                }
                "reported" => {
                    store.reported(report(item(n + 1), n)).await;
                }
                _ => {}
            }

            let state = store.state_of_added(known_reply(n + 6, post)).await;

            assert_eq!(state == State::Published, case == "none of these", "{case}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_recent_texts_are_those_that_wait_or_are_read() {
    each_store(async |store| {
        assert!(store.recent_texts(0, 9).await.unwrap().is_empty());
        for n in 1..=6 {
            store.added(story(n)).await;
        }
        store.decided(item(3), Decision::Approve).await.unwrap();
        store.decided(item(4), Decision::Decline).await.unwrap();
        store.delete_own(recovery(5)).await.unwrap();

        let recent = store.recent_texts(START + MINUTE, 9).await.unwrap();

        let items: Vec<_> = recent.iter().map(|recent| recent.item).collect();
        assert_eq!(items, [item(2), item(3), item(6)]);
        assert_eq!((recent[0].text.as_str(), recent[0].site.as_str()), (story(2).text.as_str(), "demo"));
        assert_eq!(store.recent_texts(0, 4).await.unwrap().len(), 2, "of the last four");
    })
    .await;
}
