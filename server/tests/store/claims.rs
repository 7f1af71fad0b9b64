//! Who reads which item, and handing items over.

use futures_util::future::join_all;
use peer_support_domain::desk::DeskChange;
use peer_support_domain::flag::Flag;
use peer_support_domain::limits::{CLAIM_MS, HAND_OVERS_OF_ITEM};
use peer_support_domain::post::{Decision, Role, State};
use peer_support_domain::wire::{DeskNews, HandOver};
use peer_support_server::store::{
    AtDesk, Claim, Claimed, HandedOver, How, Moderator, NewClaim, NewDecision, NewHandOver, Said, Store,
    Undecided,
};

use crate::subject::*;

impl Subject {
    async fn named(&self, name: &str) -> Moderator {
        self.add_moderator(name.into(), Role::Moderator, START).await.unwrap().unwrap()
    }

    async fn claimed(&self, n: u64, moderator: &Moderator, at: i64) -> Option<Claimed> {
        let claim = NewClaim { item: item(n), moderator: moderator.id, takes_over: false, at };
        self.claim(claim).await.unwrap()
    }

    async fn decided_by(&self, n: u64, moderator: &Moderator, at: i64) -> Result<State, Undecided> {
        self.decide(decline(n, moderator, at, None)).await.unwrap().unwrap()
    }

    async fn handed_over(&self, n: u64, from: &Moderator, to: Option<&str>, note: &str) -> HandedOver {
        let to = to.map(str::to_owned);
        let new = NewHandOver { item: item(n), moderator: from.id, to, note: note.into(), at: START };
        self.hand_over(new).await.unwrap().unwrap()
    }
}

fn decline(n: u64, moderator: &Moderator, at: i64, n_decisions: Option<u32>) -> NewDecision {
    NewDecision {
        item: item(n),
        moderator: moderator.id,
        decision: Decision::Decline,
        read_text: None,
        reason: Some("Not here.".into()),
        at,
        how: How { n_decisions, ..How::default() },
    }
}

fn claim_of(moderator: &Moderator, until: i64) -> Claim {
    Claim { moderator: moderator.id, name: moderator.name.clone(), until }
}

#[tokio::test]
async fn what_one_moderator_reads_no_other_decides_until_they_leave_it() {
    each_store(async |store| {
        store.added(story(1)).await;
        let (ada, sam) = (store.named("Ada").await, store.named("Sam").await);
        let adas = claim_of(&ada, START + CLAIM_MS);

        let first = store.claimed(1, &ada, START).await;
        let second = store.claimed(1, &sam, START).await;
        let decided = store.decided_by(1, &sam, START).await;
        let said = store.say(item(1), sam.id, "A word".into(), START).await.unwrap();
        let handed = store.handed_over(1, &sam, None, "For you").await;

        assert_eq!(first, Some(Claimed::Yours(adas.clone())));
        assert_eq!(second, Some(Claimed::Theirs(adas.clone())));
        assert_eq!(decided, Err(Undecided::Claimed(adas.clone())));
        assert_eq!(said, Some(Said::Claimed(adas.clone())));
        assert_eq!(handed, HandedOver::Claimed(adas.clone()));
        assert_eq!(
            Store::queue(&**store, Reach::Everywhere, None, 2).await.unwrap().items[0].claim,
            Some(adas)
        );
        assert_eq!(store.rows("select * from decisions").await.len(), 0);
        store.release(item(1), sam.id).await.unwrap();
        assert!(store.decided_by(1, &sam, START).await.is_err(), "nobody ends another's claim");
        store.release(item(1), ada.id).await.unwrap();
        assert_eq!(store.decided_by(1, &sam, START).await, Ok(State::Declined));
        assert_eq!(store.claimed(2, &ada, START).await, None, "there is no such item");
    })
    .await;
}

#[tokio::test]
async fn a_claim_goes_with_the_decision_with_time_and_with_the_session() {
    each_store(async |store| {
        for n in 1..5 {
            store.added(story(n)).await;
        }
        let (ada, sam) = (store.named("Ada").await, store.named("Sam").await);
        store.add_sign_in_code("Ada".into(), secret(1), START, START + MINUTE).await.unwrap();
        store.sign_in(secret(1), session(2, START, START + 60 * MINUTE)).await.unwrap().unwrap();
        for n in 1..4 {
            store.claimed(n, &ada, START).await;
        }

        store.decided_by(1, &ada, START).await.unwrap();
        assert_eq!(store.rows("select * from claims").await.len(), 2);

        let renewed = store.claimed(2, &ada, START + MINUTE).await;
        assert_eq!(renewed, Some(Claimed::Yours(claim_of(&ada, START + MINUTE + CLAIM_MS))));
        assert!(store.decided_by(2, &sam, START + CLAIM_MS).await.is_err(), "it was renewed");
        assert_eq!(store.decided_by(2, &sam, START + MINUTE + CLAIM_MS).await, Ok(State::Declined));

        store.sign_out(secret(2)).await.unwrap();
        assert_eq!(store.decided_by(3, &sam, START).await, Ok(State::Declined));

        store.claimed(4, &ada, START).await;
        store.close_moderator("Ada".into(), START).await.unwrap();
        assert_eq!(store.decided_by(4, &sam, START).await, Ok(State::Declined));
        assert_eq!(store.rows("select * from claims").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn taking_an_item_over_is_recorded_for_good() {
    each_store(async |store| {
        store.added(story(1)).await;
        let (ada, sam) = (store.named("Ada").await, store.named("Sam").await);
        store.claimed(1, &ada, START).await;
        let take = NewClaim { item: item(1), moderator: sam.id, takes_over: true, at: START };

        let taken = store.claim(take).await.unwrap();
        store.claim(take).await.unwrap();

        assert_eq!(taken, Some(Claimed::Yours(claim_of(&sam, START + CLAIM_MS))));
        assert!(matches!(store.decided_by(1, &ada, START).await, Err(Undecided::Claimed(_))));
        assert_eq!(store.decided_by(1, &sam, START).await, Ok(State::Declined));
        let recorded = store.rows("select event from desk_events").await;
        assert_eq!(recorded.len(), 1, "once: {recorded:?}");
        assert!(
            store.execute("update desk_events set at = 1").await.unwrap_err().contains("only ever added")
        );
        assert!(store.execute("delete from desk_events").await.unwrap_err().contains("only ever added"));
    })
    .await;
}

#[tokio::test]
async fn of_twenty_moderators_who_decide_one_item_at_once_one_does() {
    each_store(async |store| {
        let mut moderators = Vec::new();
        for n in 0..20 {
            moderators.push(store.named(&format!("Moderator {n}")).await);
        }
        // Held, and published and flagged: then keeping it and hiding it would both be allowed after each other.
        store.added(story(1)).await;
        store.added(published(story(2))).await;
        store.flag(item(2), Flag::VoteRing, START).await.unwrap();
        for n in [1, 2] {
            let outcomes = join_all(moderators.iter().zip(0..).map(|(moderator, place)| {
                let (yes, no) = (Decision::Approve, [Decision::Decline, Decision::Hide][n as usize - 1]);
                let decision = if place % 2 == 0 { yes } else { no };
                store.decide(NewDecision { decision, ..decline(n, moderator, START, Some(0)) })
            }))
            .await;

            let n_decided = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Some(Ok(_))))).count();
            assert_eq!(n_decided, 1, "{outcomes:?}");
            let told = store.last_decision(item(n)).await.unwrap().unwrap();
            assert!(told.by.unwrap().starts_with("Moderator "));
        }
        assert_eq!(store.rows("select * from decisions").await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_note_of_handing_over_stays_until_the_decision_and_leaves_the_files() {
    each_store(async |store| {
        store.added(story(1)).await;
        store.added(story(2)).await;
        let (ada, sam) = (store.named("Ada").await, store.named("Sam").await);
        store.add_moderator("Vera".into(), Role::Viewer, START).await.unwrap().unwrap();
        store.claimed(1, &ada, START).await;
        let note = "They wrote twice today; I know them from the choir, so please you.";

        let handed = store.handed_over(1, &ada, Some("Sam"), note).await;
        let again = store.handed_over(1, &ada, Some("Sam"), note).await;

        let hand_over = HandOver { from: "Ada".into(), to: Some("Sam".into()), note: note.into(), at: START };
        assert_eq!(handed, HandedOver::Done(hand_over.clone()));
        assert_eq!(again, handed, "the same note is the same one");
        assert_eq!(store.handed_over(1, &ada, Some("Vera"), note).await, HandedOver::NoSuchColleague);
        assert_eq!(store.handed_over(1, &ada, Some("Nobody"), note).await, HandedOver::NoSuchColleague);
        let queued = Store::queue(&**store, Reach::Everywhere, None, 2).await.unwrap().items;
        assert_eq!((&queued[0].hand_overs, &queued[0].claim), (&vec![hand_over], &None));
        assert!(
            queued[0].words.is_empty() && store.own(recovery(1)).await.unwrap().unwrap().words.is_empty()
        );

        store.decided_by(1, &sam, START).await.unwrap();
        store.handed_over(2, &ada, None, "Another note about somebody from the choir.").await;
        store.delete_own(recovery(2)).await.unwrap();
        store.purge(START, 0).await.unwrap();
        assert!(!store.files_hold("from the choir").await);
        assert_eq!(store.rows("select * from desk_events").await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_item_is_not_handed_over_without_end() {
    each_store(async |store| {
        store.added(story(1)).await;
        let ada = store.named("Ada").await;
        for n in 0..HAND_OVERS_OF_ITEM {
            assert!(matches!(store.handed_over(1, &ada, None, &n.to_string()).await, HandedOver::Done(_)));
        }

        assert_eq!(store.handed_over(1, &ada, None, "one more").await, HandedOver::TooMany);
    })
    .await;
}

#[tokio::test]
async fn who_is_at_the_desk_hears_what_changes_and_not_what_it_says() {
    each_store(async |store| {
        let mut desk = store.listen_at_desk().await.unwrap();
        let ada = store.named("Ada").await;
        store.added(story(1)).await;
        store.claimed(1, &ada, START).await;
        store.claimed(1, &ada, START + 1).await;
        store.release(item(1), ada.id).await.unwrap();
        store.edit_own(recovery(1), edit("A newer text of the same story.")).await.unwrap();
        store.decided_by(1, &ada, START).await.unwrap();
        store.added(story(2)).await;
        store.delete_own(recovery(2)).await.unwrap();

        for (n, what) in [
            (1, DeskChange::New),
            (1, DeskChange::Claimed),
            (1, DeskChange::Freed),
            (1, DeskChange::New),
            (1, DeskChange::Decided),
            (2, DeskChange::New),
            (2, DeskChange::Decided),
        ] {
            let news = DeskNews { item: item(n), what };
            assert_eq!(desk.next().await, Some(AtDesk { site: "demo".parse().unwrap(), news }));
        }
    })
    .await;
}
