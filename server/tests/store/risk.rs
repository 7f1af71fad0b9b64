use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::ItemId;
use peer_support_domain::post::{Decision, State};
use peer_support_domain::report::ReportReason;
use peer_support_server::store::{Edit, Edited, How, NewDecision, NewItem, NewReport, Queued, Store};

use crate::subject::*;

fn flagged(new: NewItem, flags: &[Flag]) -> NewItem {
    NewItem { flags: flags.iter().copied().collect(), ..new }
}

impl Subject {
    async fn report_as(&self, item: ItemId, reader: u64, reason: ReportReason) {
        let new = NewReport {
            item,
            reporter: voter(reader),
            reason,
            receipt: secret(5_000 + reader),
            at: START + 60 * MINUTE,
            has_force: false,
            hiding: None,
        };
        self.report(new).await.unwrap().unwrap();
    }

    async fn first_queued(&self) -> Queued {
        Store::queue(&**self, Reach::Everywhere, None, 1).await.unwrap().items.remove(0)
    }
}

#[tokio::test]
async fn where_a_life_may_be_at_risk_stands_first_whoever_waits_longer() {
    each_store(async |store| {
        let waits_longest = store.added(story(1)).await;
        let reported = store.added(published(story(2))).await;
        let endangered = store.added(published(story(3))).await;
        let other = store.added(flagged(story(4), &[Flag::Hostile, Flag::PersonalData])).await;
        let at_risk = store.added(flagged(story(5), &[Flag::Crisis])).await;
        store.report_as(reported, 1, ReportReason::Unkind).await;
        store.report_as(endangered, 2, ReportReason::Danger).await;

        let all = [at_risk, endangered, reported, waits_longest, other];
        assert_eq!(store.queue_ids(1).await, all);
        assert_eq!(store.queue_ids(100).await, all);
        assert_eq!(
            store.first_queued().await.waits_since,
            Some(START + 5 * MINUTE),
            "the moment itself, not its place"
        );

        // What a moderator has decided about is as urgent as anything else when it is reported once more.
        store.decided(endangered, Decision::Approve).await.unwrap();
        store.decided(at_risk, Decision::Approve).await.unwrap();
        store.report_as(endangered, 3, ReportReason::Selling).await;
        store.report_as(at_risk, 4, ReportReason::Selling).await;
        let ids = store.queue_ids(100).await;
        assert_eq!(ids.len(), 5);
        assert_eq!(ids[3..], [waits_longest, other]);
    })
    .await;
}

#[tokio::test]
async fn a_risk_is_not_forgotten_with_the_words_and_what_else_they_told_is() {
    each_store(async |store| {
        let before = [Flag::Crisis, Flag::PersonalData, Flag::Repeat];
        let held = store.added(flagged(story(1), &before)).await;
        store.added(story(2)).await;

        let milder =
            Edit { flags: Flags::from_iter([Flag::Hostile]), ..edit("I would rather not say any more.") };
        let edited = store.edit_own(recovery(1), milder).await.unwrap().unwrap();

        assert!(matches!(edited, Edited::Done(_)), "{edited:?}");
        let queued = store.first_queued().await;
        assert_eq!(queued.id, held);
        assert_eq!(queued.flags, Flags::from_iter([Flag::Repeat, Flag::Crisis, Flag::Hostile]));
    })
    .await;
}

#[tokio::test]
async fn a_new_text_of_what_is_published_stands_first_when_it_sounds_of_danger() {
    each_store(async |store| {
        store.added(story(1)).await;
        let post = store.added(published(story(2))).await;
        let worse = Edit { flags: Flags::from_iter([Flag::Crisis]), ..edit("It has become much worse.") };

        store.edit_own(recovery(2), worse).await.unwrap().unwrap();

        let queued = store.first_queued().await;
        assert_eq!((queued.id, queued.state), (post, State::Published));
        assert!(queued.flags.contains(Flag::Crisis));
        assert_eq!(queued.waits_since, Some(edit("").at));

        let moderator = store.moderator().await.id;
        let approve = NewDecision {
            item: post,
            moderator,
            decision: Decision::Approve,
            read_text: Some("It has become much worse.".to_owned()),
            reason: None,
            at: START + 90 * MINUTE,
            how: How::default(),
        };
        store.decide(approve).await.unwrap().unwrap().unwrap();
        assert_eq!(store.queue_ids(10).await, [item(1)]);
    })
    .await;
}
