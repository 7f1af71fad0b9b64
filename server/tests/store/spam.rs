//! Declining several items as spam.

use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::post::{Decision, State};
use peer_support_domain::roles::Reach;
use peer_support_server::store::{How, NewDecision, NewEscalation, NewItem, Store, Undecided};

use crate::subject::*;

impl Subject {
    async fn declined_as_spam(&self, n: u64) -> Result<State, Undecided> {
        let decision = NewDecision {
            item: item(n),
            moderator: self.moderator().await.id,
            decision: Decision::Decline,
            read_text: None,
            reason: Some("It sells something.".into()),
            at: START,
            how: How { n_decisions: Some(0), is_for_spam: true, ..How::default() },
        };
        self.decide(decision).await.unwrap().unwrap()
    }

    async fn flagged(&self, n: u64, flags: &[Flag]) {
        self.added(NewItem { flags: flags.iter().copied().collect(), ..story(n) }).await;
    }
}

#[tokio::test]
async fn only_what_is_held_as_spam_and_nothing_else_is_declined_together() {
    each_store(async |store| {
        store.flagged(1, &[Flag::Solicitation, Flag::PersonalData]).await;
        store.flagged(2, &[Flag::Repeat]).await;
        store.flagged(3, &[]).await;
        store.flagged(4, &[Flag::Solicitation, Flag::Crisis]).await;
        store.flagged(5, &[Flag::Flood, Flag::Hostile]).await;

        assert_eq!(store.declined_as_spam(1).await, Ok(State::Declined));
        assert_eq!(store.declined_as_spam(2).await, Ok(State::Declined));
        for n in 3..=5 {
            assert_eq!(store.declined_as_spam(n).await, Err(Undecided::NotSpam), "{n}");
        }
        assert_eq!(store.declined_as_spam(1).await, Err(Undecided::Meanwhile));
        assert_eq!(Store::queue(&**store, Reach::Everywhere, None, 9).await.unwrap().items.len(), 3);
        assert_eq!(store.rows("select * from decisions").await.len(), 2, "one for each that was declined");
    })
    .await;
}

#[tokio::test]
async fn what_was_asked_about_or_passed_on_is_not_declined_as_spam() {
    each_store(async |store| {
        store.flagged(1, &[Flag::Solicitation]).await;
        store.flagged(2, &[Flag::Solicitation]).await;
        store.say_own(recovery(1), "Why is it held?".into(), START, None).await.unwrap().unwrap();
        let moderator = store.moderator().await.id;
        let escalation = NewEscalation { item: item(2), moderator, note: "I know them.".into(), at: START };
        store.escalate(escalation).await.unwrap().unwrap();

        assert_eq!(store.declined_as_spam(1).await, Err(Undecided::NotSpam));
        assert_eq!(store.declined_as_spam(2).await, Err(Undecided::NotSpam));
    })
    .await;
}

#[tokio::test]
async fn what_is_published_is_never_declined_as_spam() {
    each_store(async |store| {
        let flags = Flags::from_iter([Flag::Solicitation]);
        store.added(NewItem { flags, ..published(story(1)) }).await;

        assert!(matches!(store.declined_as_spam(1).await, Err(Undecided::NotAllowed(_))));
    })
    .await;
}
