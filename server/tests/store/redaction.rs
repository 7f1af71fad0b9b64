//! Publishing folded, and without what a moderator took out.

use peer_support_domain::note::{ContentNote, ContentNotes};
use peer_support_domain::post::{Decision, State};
use peer_support_domain::redaction::Span;
use peer_support_server::store::{How, NewDecision, NewItem, Undecided};

use crate::subject::*;

const TEXT: &str = "Call me at 0151 555 4567, or ask for Marigold at the desk.";
const NUMBER: Span = Span { start: 11, end: 24 };
const NAME: Span = Span { start: 37, end: 45 };

fn death() -> ContentNotes {
    [ContentNote::Death].into_iter().collect()
}

impl Subject {
    async fn approved(
        &self,
        read_text: &str,
        taken_out: &[Span],
        notes: Option<ContentNotes>,
    ) -> Result<State, Undecided> {
        let how = How { notes, taken_out: taken_out.to_vec(), ..How::default() };
        let new = NewDecision {
            item: item(1),
            moderator: self.moderator().await.id,
            decision: Decision::Approve,
            read_text: Some(read_text.into()),
            reason: None,
            at: START,
            how,
        };
        self.decide(new).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn others_read_it_without_what_was_taken_out_and_its_author_reads_all() {
    each_store(async |store| {
        let lang = Some("es".parse().unwrap());
        store.added(NewItem { text: TEXT.into(), lang, ..story(1) }).await;

        let approved = store.approved(TEXT, &[NUMBER, NAME], Some(death())).await;

        assert_eq!(approved, Ok(State::Published));
        let left = "Call me at [quitado], or ask for [quitado] at the desk.";
        let post = store.post(item(1)).await.unwrap().unwrap();
        assert_eq!((post.text.as_str(), post.notes), (left, death()));
        let own = store.own(recovery(1)).await.unwrap().unwrap();
        assert_eq!((own.text.as_str(), own.original_text.as_deref()), (left, Some(TEXT)));
        assert_eq!(store.last_decision(item(1)).await.unwrap().unwrap().n_taken_out, 2);
        let recorded = store.rows("select reason from decisions").await;
        assert!(!format!("{recorded:?}").contains("Marigold"));

        store.delete_own(recovery(1)).await.unwrap();
        store.purge(START, 0).await.unwrap();
        assert!(!store.files_hold("Marigold").await, "it goes with the item");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_taken_out_of_another_text_than_was_read() {
    each_store(async |store| {
        store.added(NewItem { text: TEXT.into(), ..story(1) }).await;
        store.edit_own(recovery(1), edit("Call me at home, and ask for somebody there.")).await.unwrap();

        assert_eq!(store.approved(TEXT, &[NAME], None).await, Err(Undecided::TextChanged));
        assert_eq!(store.own(recovery(1)).await.unwrap().unwrap().state, State::Held);
    })
    .await;
}

#[tokio::test]
async fn a_new_text_takes_the_place_of_all_that_was_before() {
    each_store(async |store| {
        store.added(NewItem { text: TEXT.into(), ..story(1) }).await;
        store.approved(TEXT, &[NUMBER], None).await.unwrap();
        let newer = "Ask for Primrose at the desk, who knows me well.";
        store.edit_own(recovery(1), edit(newer)).await.unwrap();

        store.approved(newer, &[Span { start: 8, end: 16 }], None).await.unwrap();

        let own = store.own(recovery(1)).await.unwrap().unwrap();
        assert_eq!(own.text, "Ask for [removed] at the desk, who knows me well.");
        assert_eq!(own.original_text.as_deref(), Some(newer));
        store.edit_own(recovery(1), edit("Ask for the nurse at the desk, please.")).await.unwrap();
        store.approved("Ask for the nurse at the desk, please.", &[], None).await.unwrap();
        assert_eq!(store.own(recovery(1)).await.unwrap().unwrap().original_text, None);
        store.purge(START, 0).await.unwrap();
        assert!(!store.files_hold("Marigold").await && !store.files_hold("Primrose").await);
    })
    .await;
}

#[tokio::test]
async fn what_is_kept_can_be_folded() {
    each_store(async |store| {
        store.added(published(NewItem { text: TEXT.into(), ..story(1) })).await;
        store.flag(item(1), peer_support_domain::flag::Flag::VoteRing, START).await.unwrap();

        assert_eq!(store.approved(TEXT, &[], Some(death())).await, Ok(State::Published));

        let post = store.post(item(1)).await.unwrap().unwrap();
        assert_eq!((post.text.as_str(), post.notes), (TEXT, death()));
        assert_eq!(store.own(recovery(1)).await.unwrap().unwrap().original_text, None);
    })
    .await;
}
