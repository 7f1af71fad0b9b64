use futures_util::future::join_all;
use peer_support_domain::delivery::{DeliveryFailure, Occasion};
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{DEAD_DELIVERY_RETENTION_MS, DELIVERY_CLAIM_MS};
use peer_support_domain::post::Decision;
use peer_support_domain::report::ReportReason;
use peer_support_domain::roles::Reach;
use peer_support_server::store::{
    self, DueDelivery, Edit, Escalated, NewDelivery, NewEscalation, NewItem, NewReport, Store, Tried,
};

use crate::subject::*;

const NOTE: &str = "I am not sure what to say to her.";

impl Subject {
    async fn escalated(&self, item: ItemId) -> Option<Escalated> {
        let moderator = self.moderator().await.id;
        let new = NewEscalation { item, moderator, note: NOTE.to_owned(), at: START + 30 * MINUTE };
        self.escalate(new).await.unwrap()
    }

    /// What the site's team is to be told of.
    async fn noticed(&self) -> Vec<(Occasion, Option<ItemId>)> {
        self.notices(100).await.unwrap().into_iter().map(|notice| (notice.occasion, notice.item)).collect()
    }

    /// A notification on the channels of these names.
    async fn addressed(&self, channels: &[&str]) {
        self.escalated(self.added(story(1)).await).await;
        let notice = self.notices(1).await.unwrap().remove(0);
        self.address(notice.id, deliveries(channels)).await.unwrap();
    }

    async fn due(&self, at: i64) -> Vec<DueDelivery> {
        self.claim_deliveries(at, 10).await.unwrap()
    }
}

fn deliveries(channels: &[&str]) -> Vec<NewDelivery> {
    let new = |channel: &&str| NewDelivery { id: format!("msg_{channel}"), channel: (*channel).to_owned() };
    channels.iter().map(new).collect()
}

#[tokio::test]
async fn what_is_passed_on_stands_first_with_who_and_why_until_it_is_decided() {
    each_store(async |store| {
        store.added(story(1)).await;
        let passed_on = store.added(story(2)).await;

        let done = store.escalated(passed_on).await;

        let Some(Escalated::Done(escalation)) = done else { panic!("{done:?}") };
        assert_eq!((escalation.note.as_str(), escalation.at), (NOTE, START + 30 * MINUTE));
        assert_eq!(store.queue_ids(9).await, [passed_on, item(1)]);
        let queue = Store::queue(&**store, Reach::Everywhere, None, 9).await.unwrap().items;
        assert_eq!(queue[0].escalation.as_ref(), Some(&escalation));
        assert_eq!((queue[0].waits_since, &queue[1].escalation), (START + 2 * MINUTE, &None));
        assert_eq!(store.noticed().await, [(Occasion::Escalated, Some(passed_on))]);

        store.decided(passed_on, Decision::Approve).await.unwrap();
        assert_eq!(store.queue_ids(9).await, [item(1)]);
        let again = store.escalated(passed_on).await;
        assert_eq!(again, Some(Escalated::NotWaiting), "nobody waits for a decision");
        let recorded = store.rows("select item_id, escalated_at from escalations").await;
        assert_eq!(recorded.len(), 1);
        for change in ["update escalations set note = ''", "delete from escalations"] {
            assert!(store.execute(change).await.is_err(), "{change}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_item_is_passed_on_once_and_published_ones_too() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        store.flag(post, Flag::Flood, START).await.unwrap();
        store.added(story(2)).await;

        let moderator = store.moderator().await.id;
        let new = || NewEscalation { item: post, moderator, note: NOTE.to_owned(), at: START };
        let both = join_all([store.escalate(new()), store.escalate(new())]).await;
        let both: Vec<_> = both.into_iter().map(Result::unwrap).collect();

        let n_done = both.iter().filter(|outcome| matches!(outcome, Some(Escalated::Done(_)))).count();
        assert_eq!(n_done, 1, "{both:?}");
        assert!(both.iter().any(|outcome| matches!(outcome, Some(Escalated::Before(_)))), "{both:?}");
        assert_eq!(store.noticed().await.len(), 1);
        assert_eq!(store.queue_ids(9).await, [post, item(2)]);
        let nowhere = NewEscalation { item: item(99), ..new() };
        assert_eq!(store.escalate(nowhere).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn the_team_is_told_of_each_risk_to_life_once_when_it_comes_up() {
    each_store(async |store| {
        let at_risk = NewItem { flags: Flags::from_iter([Flag::Crisis]), ..story(1) };
        let held = store.added(at_risk).await;
        store.added(story(2)).await;
        let endangered = store.added(published(story(3))).await;
        let changed = store.added(published(story(4))).await;
        let worse = Edit { flags: Flags::from_iter([Flag::Crisis]), ..edit("It has become much worse.") };
        let report = |n: u64| NewReport {
            item: endangered,
            reporter: voter(n),
            reason: ReportReason::Danger,
            receipt: secret(7_000 + n),
            at: START + 60 * MINUTE,
            has_force: false,
            hiding: None,
        };

        store.report(report(1)).await.unwrap().unwrap();
        store.report(report(2)).await.unwrap().unwrap();
        store.edit_own(recovery(1), worse.clone()).await.unwrap().unwrap();
        store.edit_own(recovery(4), worse.clone()).await.unwrap().unwrap();

        let risks = [held, endangered, changed].map(|item| (Occasion::Risk, Some(item)));
        assert_eq!(store.noticed().await, risks);

        // What was decided and comes up once more is told once more.
        store.decided(endangered, Decision::Approve).await.unwrap();
        store.report(report(3)).await.unwrap().unwrap();
        assert_eq!(store.noticed().await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn a_notice_becomes_notifications_once_whoever_addresses_it() {
    each_store(async |store| {
        store.escalated(store.added(story(1)).await).await;
        let notice = store.notices(10).await.unwrap().remove(0);

        store.address(notice.id, deliveries(&["pager", "email"])).await.unwrap();
        store.address(notice.id, deliveries(&["other", "another"])).await.unwrap();

        assert_eq!(store.notices(10).await.unwrap(), []);
        let claimed = store.due(START + 30 * MINUTE).await;
        let channels: Vec<_> = claimed.iter().map(|claimed| claimed.channel.as_str()).collect();
        assert_eq!(channels, ["pager", "email"]);
        assert_eq!(claimed[0].created_at, START + 30 * MINUTE);
    })
    .await;
}

#[tokio::test]
async fn each_notification_is_claimed_by_one_server_at_a_time() {
    each_store(async |store| {
        store.addressed(&["a", "b", "c", "d", "e"]).await;
        let now = START + 30 * MINUTE;

        let servers = join_all((0..4).map(|_| store.claim_deliveries(now, 2))).await;

        let mut ids: Vec<_> =
            servers.into_iter().flat_map(Result::unwrap).map(|claimed| claimed.id).collect();
        ids.extend(store.due(now).await.into_iter().map(|claimed| claimed.id));
        ids.sort_unstable();
        assert_eq!(ids, ["msg_a", "msg_b", "msg_c", "msg_d", "msg_e"]);
    })
    .await;
}

#[tokio::test]
async fn what_a_crash_left_unsettled_is_sent_again_under_the_same_id() {
    each_store(async |store| {
        store.addressed(&["pager"]).await;
        let now = START + 30 * MINUTE;
        let first = store.due(now).await;

        assert_eq!(store.due(now + DELIVERY_CLAIM_MS - 1).await, []);
        let second = store.due(now + DELIVERY_CLAIM_MS).await;

        assert_eq!((first[0].id.as_str(), first[0].n_tries), ("msg_pager", 1));
        assert_eq!((second[0].id.as_str(), second[0].n_tries), ("msg_pager", 2));
        // The first server was only slow, and comes too late with what it thinks.
        let late = Tried::GivenUp { failure: DeliveryFailure::TimedOut, at: now };
        store.settle_delivery("msg_pager".to_owned(), 1, late).await.unwrap();
        assert_eq!(store.dead_deliveries(Reach::Everywhere).await.unwrap(), []);
        store.settle_delivery("msg_pager".to_owned(), 2, Tried::Arrived).await.unwrap();
        assert_eq!(store.due(i64::MAX).await, []);
    })
    .await;
}

#[tokio::test]
async fn what_is_given_up_is_listed_until_it_is_sent_again_or_discarded() {
    each_store(async |store| {
        store.addressed(&["pager", "email"]).await;
        let now = START + 30 * MINUTE;
        for claimed in store.due(now).await {
            let tried = Tried::GivenUp { failure: DeliveryFailure::Refused, at: now };
            store.settle_delivery(claimed.id, claimed.n_tries, tried).await.unwrap();
        }

        let dead = store.dead_deliveries(Reach::Everywhere).await.unwrap();

        assert_eq!(dead.len(), 2);
        let pager = dead.iter().find(|delivery| delivery.channel == "pager").unwrap();
        assert_eq!((pager.item, pager.occasion), (Some(item(1)), Occasion::Escalated));
        assert_eq!((pager.n_tries, pager.failure), (1, DeliveryFailure::Refused));
        assert_eq!(store.due(i64::MAX).await, []);

        assert!(store.resend_delivery("msg_pager".to_owned(), Reach::Everywhere, now).await.unwrap());
        assert!(store.discard_delivery("msg_email".to_owned(), Reach::Everywhere).await.unwrap());
        for (resent, gone) in [("msg_pager", "msg_email"), ("msg_none", "msg_none")] {
            assert!(!store.resend_delivery(resent.to_owned(), Reach::Everywhere, now).await.unwrap());
            assert!(!store.discard_delivery(gone.to_owned(), Reach::Everywhere).await.unwrap());
        }
        assert_eq!(store.dead_deliveries(Reach::Everywhere).await.unwrap(), []);
        let again = store.due(now).await;
        assert_eq!((again[0].id.as_str(), again[0].n_tries), ("msg_pager", 1));
    })
    .await;
}

#[tokio::test]
async fn what_was_given_up_long_ago_is_purged() {
    each_store(async |store| {
        store.addressed(&["pager", "email"]).await;
        let now = START + 30 * MINUTE;
        for (claimed, at) in store.due(now).await.into_iter().zip([now, now + 1]) {
            let tried = Tried::GivenUp { failure: DeliveryFailure::Refused, at };
            store.settle_delivery(claimed.id, claimed.n_tries, tried).await.unwrap();
        }

        store.purge(now + 1 + DEAD_DELIVERY_RETENTION_MS, START).await.unwrap();

        assert_eq!(store.dead_deliveries(Reach::Everywhere).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_copy_brings_what_waits_to_be_sent_along_and_makes_nothing_of_its_own() {
    each_store(async |store| {
        store.added(NewItem { flags: Flags::from_iter([Flag::Crisis]), ..story(7) }).await;
        store.escalated(item(7)).await;
        let notice = store.notices(10).await.unwrap().remove(0);
        store.address(notice.id, deliveries(&["pager"])).await.unwrap();
        let copy = store.folder.path().join("outbox-copy");
        store.backup(&copy, terms()).await.unwrap();

        for target in [sqlite().await, postgres().await] {
            store::restore(&target.address, &copy, START, false).await.unwrap();
            let restored = target.reopened().await;

            assert_eq!(restored.noticed().await, [(Occasion::Escalated, Some(item(7)))]);
            assert_eq!(restored.due(i64::MAX - DELIVERY_CLAIM_MS).await[0].id, "msg_pager");
            assert!(
                Store::queue(&*restored, Reach::Everywhere, None, 9).await.unwrap().items[0]
                    .escalation
                    .is_some()
            );
            restored.close().await;
        }
    })
    .await;
}
