//! Where a site wants two people to decide.

use futures_util::future::join_all;
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::limits::CLAIM_MS;
use peer_support_domain::post::{Decision, Role, State};
use peer_support_domain::roles::Reach;
use peer_support_domain::wire::SiteSetting;
use peer_support_server::store::{
    Claimed, How, Moderator, NewClaim, NewDecision, NewItem, NewSettlement, Queued, Settled, Store, Undecided,
};

use crate::subject::*;

const WHY: &str = "It names a way to do it.";

impl Subject {
    async fn who(&self, name: &str) -> Moderator {
        self.add_moderator(name.into(), Role::Moderator, START).await.unwrap().unwrap()
    }

    async fn asks_two(&self, is_on: bool) {
        let site = "demo".parse().unwrap();
        self.change_site(site, SiteSetting::TwoPersons(is_on), None, START).await.unwrap();
    }

    async fn says(&self, n: u64, who: &Moderator, decision: Decision) -> Result<State, Undecided> {
        let new = NewDecision {
            item: item(n),
            moderator: who.id,
            decision,
            read_text: None,
            reason: decision.needs_reason().then(|| WHY.to_owned()),
            at: START + MINUTE,
            how: How::default(),
        };
        self.decide(new).await.unwrap().unwrap()
    }

    async fn settles(&self, n: u64, who: &Moderator, confirms: bool) -> Settled {
        let new = NewSettlement {
            item: item(n),
            moderator: who.id,
            confirms,
            read_text: None,
            at: START + 2 * MINUTE,
        };
        self.settle_proposal(new).await.unwrap().unwrap()
    }

    async fn queued(&self, n: u64) -> Option<Queued> {
        let page = Store::queue(&**self, Reach::Everywhere, None, 100).await.unwrap();
        page.items.into_iter().find(|queued| queued.id == item(n))
    }

    async fn state_of(&self, n: u64) -> State {
        self.own(recovery(n)).await.unwrap().unwrap().state
    }
}

fn red(n: u64) -> NewItem {
    NewItem { flags: Flags::from_iter([Flag::Crisis]), ..story(n) }
}

#[tokio::test]
async fn to_decline_what_is_red_waits_for_a_second_person() {
    each_store(async |store| {
        let (ada, sam) = (store.who("Ada").await, store.who("Sam").await);
        store.asks_two(true).await;
        store.added(red(1)).await;

        let proposed = store.says(1, &ada, Decision::Decline).await;

        assert_eq!(proposed, Err(Undecided::Proposed(State::Held)));
        assert_eq!(store.says(1, &ada, Decision::Decline).await, proposed, "said again, it is the same");
        assert_eq!(store.state_of(1).await, State::Held);
        let waits = store.queued(1).await.unwrap().proposal.unwrap();
        assert_eq!(
            (waits.by.as_str(), waits.decision, waits.reason.as_deref()),
            ("Ada", Decision::Decline, Some(WHY))
        );
        assert_eq!(
            store.own(recovery(1)).await.unwrap().unwrap().reason,
            None,
            "its author is told nothing yet"
        );
        assert_eq!(store.says(1, &sam, Decision::Approve).await, Err(Undecided::ProposalWaits));
        assert_eq!(store.settles(1, &ada, true).await, Settled::Own);

        assert_eq!(store.settles(1, &sam, true).await, Settled::Done(State::Declined));

        assert_eq!(store.own(recovery(1)).await.unwrap().unwrap().reason.as_deref(), Some(WHY));
        let decision = store.last_decision(item(1)).await.unwrap().unwrap();
        assert_eq!((decision.by.as_deref(), decision.reason.as_deref()), (Some("Ada"), Some(WHY)));
        assert_eq!(store.rows("select key from decisions where second_key is not null").await.len(), 1);
        assert_eq!(store.settles(1, &sam, true).await, Settled::NoProposal);
        assert!(store.queued(1).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn what_was_hidden_is_shown_again_by_two() {
    each_store(async |store| {
        let (ada, sam) = (store.who("Ada").await, store.who("Sam").await);
        store.added(published(story(1))).await;
        store.says(1, &ada, Decision::Hide).await.unwrap();
        store.asks_two(true).await;
        assert!(store.queued(1).await.is_none());

        let proposed = store.says(1, &ada, Decision::Restore).await;

        assert_eq!(proposed, Err(Undecided::Proposed(State::Hidden)));
        assert!(store.queued(1).await.unwrap().proposal.is_some(), "it waits where others see it");
        store.say(item(1), sam.id, "We are looking at it.".into(), START).await.unwrap().unwrap();
        assert!(store.queued(1).await.is_some(), "and goes on waiting");
        assert_eq!(store.settles(1, &sam, false).await, Settled::Done(State::Hidden));
        assert!(store.queued(1).await.is_none());
        store.says(1, &sam, Decision::Restore).await.unwrap_err();
        assert_eq!(store.settles(1, &ada, true).await, Settled::Done(State::Published));
        assert!(store.post(item(1)).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn all_else_takes_one_and_so_does_everything_without_the_rule() {
    each_store(async |store| {
        let ada = store.who("Ada").await;
        store.added(red(1)).await;
        assert_eq!(store.says(1, &ada, Decision::Decline).await, Ok(State::Declined));
        store.asks_two(true).await;
        store.added(red(2)).await;
        store.added(story(3)).await;

        assert_eq!(store.says(2, &ada, Decision::Approve).await, Ok(State::Published));
        assert_eq!(store.says(2, &ada, Decision::Hide).await, Ok(State::Hidden));
        assert_eq!(store.says(3, &ada, Decision::Decline).await, Ok(State::Declined));

        store.asks_two(false).await;
        assert_eq!(store.says(2, &ada, Decision::Restore).await, Ok(State::Published));
    })
    .await;
}

#[tokio::test]
async fn of_two_who_settle_at_once_one_does() {
    each_store(async |store| {
        let ada = store.who("Ada").await;
        let (sam, lea) = (store.who("Sam").await, store.who("Lea").await);
        store.asks_two(true).await;
        for n in 1..9 {
            store.added(red(n)).await;
            store.says(n, &ada, Decision::Decline).await.unwrap_err();

            let both = join_all([store.settles(n, &sam, true), store.settles(n, &lea, n % 2 == 0)]).await;

            let n_done = both.iter().filter(|settled| matches!(settled, Settled::Done(_))).count();
            assert_eq!(n_done, 1, "{both:?}");
            let is_declined = store.state_of(n).await == State::Declined;
            let n_decisions = store.rows("select key from decisions").await.len();
            assert!(n % 2 == 1 || is_declined);
            assert!(n_decisions <= n as usize, "one decision at most for each");
        }
    })
    .await;
}

#[tokio::test]
async fn of_two_who_propose_at_once_one_waits_for_the_other() {
    each_store(async |store| {
        let (ada, sam) = (store.who("Ada").await, store.who("Sam").await);
        store.asks_two(true).await;
        store.added(red(1)).await;

        let both =
            join_all([store.says(1, &ada, Decision::Decline), store.says(1, &sam, Decision::Decline)]).await;

        assert!(both.contains(&Err(Undecided::Proposed(State::Held))), "{both:?}");
        assert!(both.contains(&Err(Undecided::ProposalWaits)), "{both:?}");
        assert_eq!(store.rows("select key from proposals").await.len(), 1);
        assert_eq!(store.rows("select key from decisions").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_proposal_lapses_when_its_author_changes_or_deletes_the_text() {
    each_store(async |store| {
        let (ada, sam) = (store.who("Ada").await, store.who("Sam").await);
        store.asks_two(true).await;
        for n in 1..3 {
            store.added(red(n)).await;
            store.says(n, &ada, Decision::Decline).await.unwrap_err();
        }

        store.edit_own(recovery(1), edit("Another text, which nobody has read yet.")).await.unwrap();
        store.delete_own(recovery(2)).await.unwrap();

        assert_eq!(store.queued(1).await.unwrap().proposal, None);
        for n in 1..3 {
            assert_eq!(store.settles(n, &sam, true).await, Settled::NoProposal);
        }
        let said = store.rows("select key from proposals where reason is not null").await;
        assert_eq!(said.len(), 0, "what it said went with it");
    })
    .await;
}

#[tokio::test]
async fn who_reads_what_was_proposed_keeps_others_from_settling_it() {
    each_store(async |store| {
        let (ada, sam, lea) = (store.who("Ada").await, store.who("Sam").await, store.who("Lea").await);
        store.asks_two(true).await;
        store.added(red(1)).await;
        let claim =
            |who: &Moderator| NewClaim { item: item(1), moderator: who.id, takes_over: false, at: START };
        store.claim(claim(&ada)).await.unwrap().unwrap();
        store.says(1, &ada, Decision::Decline).await.unwrap_err();

        let taken = store.claim(claim(&sam)).await.unwrap().unwrap();

        assert!(matches!(taken, Claimed::Yours(_)), "who proposed reads it no more: {taken:?}");
        let refused = store.settles(1, &lea, true).await;
        let Settled::Undecided(Undecided::Claimed(claim)) = refused else { panic!("{refused:?}") };
        assert_eq!((claim.name.as_str(), claim.until), ("Sam", START + CLAIM_MS));
        assert_eq!(store.settles(1, &sam, true).await, Settled::Done(State::Declined));
    })
    .await;
}

#[tokio::test]
async fn the_second_person_confirms_the_text_that_they_read() {
    each_store(async |store| {
        let (ada, sam) = (store.who("Ada").await, store.who("Sam").await);
        store.asks_two(true).await;
        store.added(red(1)).await;
        store.says(1, &ada, Decision::Decline).await.unwrap_err();

        let read = Some("Another text than there is.".to_owned());
        let new =
            NewSettlement { item: item(1), moderator: sam.id, confirms: true, read_text: read, at: START };
        let refused = store.settle_proposal(new).await.unwrap().unwrap();

        assert_eq!(refused, Settled::Undecided(Undecided::TextChanged));
        assert!(store.queued(1).await.unwrap().proposal.is_some(), "it waits as before");
        assert_eq!(store.settles(1, &ada, false).await, Settled::Done(State::Held), "taken back");
    })
    .await;
}
