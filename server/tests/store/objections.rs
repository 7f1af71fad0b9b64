use peer_support_domain::audit::Act;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::WORDS_OF_A_SIDE;
use peer_support_domain::objection::ObjectionOutcome;
use peer_support_domain::post::{Decision, NotAllowed, Role, State};
use peer_support_domain::redaction::Span;
use peer_support_domain::report::ReportReason;
use peer_support_domain::roles::Reach;
use peer_support_domain::wire::{Objection, Statement};
use peer_support_server::store::{
    AuditFrom, Hiding, How, ModeratorId, NewDecision, NewReport, Objected, Store, Undecided,
};

use crate::subject::*;

const TEXT: &str = "Story number 1, which goes on for a while.";

fn decision(item: ItemId, moderator: ModeratorId, decision: Decision) -> NewDecision {
    let reason = decision.needs_reason().then(|| "Because.".to_owned());
    NewDecision { item, moderator, decision, read_text: None, reason, at: START, how: How::default() }
}

fn taking_out(moderator: ModeratorId) -> NewDecision {
    let how = How { taken_out: vec![Span { start: 0, end: 5 }], ..How::default() };
    NewDecision { read_text: Some(TEXT.into()), how, ..decision(item(1), moderator, Decision::Approve) }
}

async fn decide(store: &Subject, new: NewDecision) -> Result<State, Undecided> {
    store.decide(new).await.unwrap().expect("there is such an item")
}

async fn object(store: &Subject, n: u64, text: Option<&str>) -> Objected {
    let at = START + MINUTE;
    store.object(recovery(n), text.map(str::to_owned), at).await.unwrap().expect("there is such an item")
}

async fn statement(store: &Subject, n: u64) -> Option<Statement> {
    store.own(recovery(n)).await.unwrap().unwrap().statement
}

async fn two(store: &Subject) -> (ModeratorId, ModeratorId) {
    let grace = store.add_moderator("Grace".into(), Role::Moderator, START).await.unwrap().unwrap();
    (store.add_moderator("Ada".into(), Role::Moderator, START).await.unwrap().unwrap().id, grace.id)
}

#[tokio::test]
async fn an_author_reads_what_was_decided_and_whether_they_may_object() {
    each_store(async |store| {
        let (ada, _) = two(store).await;
        for n in 1..=3 {
            store.added(story(n)).await;
        }
        assert_eq!(statement(store, 1).await, None);
        decide(store, taking_out(ada)).await.unwrap();
        decide(store, decision(item(2), ada, Decision::Decline)).await.unwrap();
        decide(store, decision(item(3), ada, Decision::Approve)).await.unwrap();
        assert_eq!(statement(store, 3).await, None, "nothing was decided against it");
        assert_eq!(object(store, 3, None).await, Objected::NothingToObject);
        let report = NewReport {
            item: item(3),
            reporter: voter(1),
            reason: ReportReason::Unkind,
            receipt: secret(1),
            at: START,
            has_force: true,
            hiding: Some(Hiding { n_reporters: 1, unless_seen_after: START }),
        };
        store.report(report).await.unwrap();

        let told = |decision, is_by_rule| {
            Some(Statement { decision, is_by_rule, may_object: true, objection: None })
        };
        assert_eq!(statement(store, 1).await, told(Decision::Approve, false));
        assert_eq!(statement(store, 2).await, told(Decision::Decline, false));
        assert_eq!(statement(store, 3).await, told(Decision::Hide, true));
    })
    .await;
}

#[tokio::test]
async fn what_is_objected_to_waits_with_what_readers_reported_for_who_did_not_decide() {
    each_store(async |store| {
        let (ada, grace) = two(store).await;
        for n in 0..3 {
            store.added(story(n)).await;
        }
        decide(store, decision(item(1), ada, Decision::Decline)).await.unwrap();

        let Objected::Done(done) = object(store, 1, Some("It names nobody.")).await else { panic!() };
        let again = object(store, 1, Some("It names nobody.")).await;

        let objection = Some(Objection { at: START + MINUTE, outcome: None });
        let told = Statement { decision: Decision::Decline, is_by_rule: false, may_object: false, objection };
        assert_eq!(done.statement, Some(told));
        assert_eq!(done.words.len(), 1);
        assert_eq!(again, Objected::Before(done), "sent again, it is the same");
        assert_eq!(store.queue_ids(9).await, [item(1), item(0), item(2)]);
        let queued = Store::queue(&**store, Reach::Everywhere, None, 9).await.unwrap().items.swap_remove(0);
        let objection = queued.objection.unwrap();
        assert_eq!((objection.at, objection.by), (START + MINUTE, Some(ada)));
        assert_eq!(objection.decision.by.as_deref(), Some("Ada"));
        assert_eq!(queued.words[0].text, "It names nobody.");

        let own = decide(store, decision(item(1), ada, Decision::Approve)).await;
        assert_eq!(own, Err(Undecided::OwnDecision { is_alone: false }));
        let no_answer = NotAllowed { state: State::Declined, decision: Decision::Hide };
        assert_eq!(decide(store, decision(item(1), grace, Decision::Hide)).await, Err(no_answer.into()));
        assert_eq!(decide(store, decision(item(1), grace, Decision::Approve)).await, Ok(State::Published));
        assert_eq!(store.queue_ids(9).await, [item(0), item(2)]);
        assert_eq!(store.post(item(1)).await.unwrap().unwrap().text, TEXT);
        let outcome = statement(store, 1).await.unwrap().objection.unwrap().outcome;
        assert_eq!(outcome, Some(ObjectionOutcome::Changed));
        let acts = store.audit(AuditFrom::Before(i64::MAX), 2).await.unwrap();
        assert_eq!(acts[0].act, Act::ObjectionChanged);
        assert_eq!((acts[1].act, acts[0].name.as_deref()), (Act::Approved, Some("Grace")));
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_leaves_the_decision_is_the_last_word() {
    each_store(async |store| {
        let (ada, grace) = two(store).await;
        store.added(published(story(1))).await;
        decide(store, decision(item(1), ada, Decision::Hide)).await.unwrap();
        object(store, 1, None).await;

        let reason = Some("I read it anew, and agree.".to_owned());
        let stays = NewDecision { reason: reason.clone(), ..decision(item(1), grace, Decision::Hide) };
        assert_eq!(decide(store, stays).await, Ok(State::Hidden));

        let mine = store.own(recovery(1)).await.unwrap().unwrap();
        assert_eq!((mine.state, mine.reason), (State::Hidden, reason));
        let told = mine.statement.unwrap();
        assert_eq!(told.objection.unwrap().outcome, Some(ObjectionOutcome::Upheld));
        assert!(!told.may_object);
        assert!(matches!(object(store, 1, None).await, Objected::Before(_)));
        assert_eq!(store.queue_ids(9).await, []);
        // A later decision is another one.
        decide(store, decision(item(1), grace, Decision::Restore)).await.unwrap();
        decide(store, decision(item(1), grace, Decision::Hide)).await.unwrap();
        assert!(statement(store, 1).await.unwrap().may_object);
    })
    .await;
}

#[tokio::test]
async fn words_that_were_taken_out_are_given_back_or_stay_out() {
    each_store(async |store| {
        for answer in [Decision::Restore, Decision::Approve] {
            let store = store.another().await;
            let (ada, grace) = two(&store).await;
            store.added(story(1)).await;
            decide(&store, taking_out(ada)).await.unwrap();
            object(&store, 1, None).await;
            let queued =
                Store::queue(&*store, Reach::Everywhere, None, 9).await.unwrap().items.swap_remove(0);
            assert_eq!(queued.objection.unwrap().original_text.as_deref(), Some(TEXT));

            assert_eq!(decide(&store, decision(item(1), grace, answer)).await, Ok(State::Published));

            let mine = store.own(recovery(1)).await.unwrap().unwrap();
            let outcome = mine.statement.unwrap().objection.unwrap().outcome.unwrap();
            let read = store.post(item(1)).await.unwrap().unwrap().text;
            if answer == Decision::Restore {
                assert_eq!((outcome, read.as_str()), (ObjectionOutcome::Changed, TEXT));
                assert_eq!(mine.original_text, None);
            } else {
                assert_eq!((outcome, read.contains("Story")), (ObjectionOutcome::Upheld, false));
                assert_eq!(mine.original_text.as_deref(), Some(TEXT));
            }
            store.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn where_nobody_else_may_decide_a_lead_answers_alone_and_that_is_recorded() {
    each_store(async |store| {
        let ada = store.add_moderator("Ada".into(), Role::Moderator, START).await.unwrap().unwrap().id;
        store.add_moderator("Viv".into(), Role::Viewer, START).await.unwrap().unwrap();
        store.added(story(1)).await;
        store.added(story(2)).await;
        decide(store, decision(item(1), ada, Decision::Decline)).await.unwrap();
        object(store, 1, None).await;

        let alone = decide(store, decision(item(1), ada, Decision::Decline)).await;
        assert_eq!(alone, Err(Undecided::OwnDecision { is_alone: true }), "a moderator may not");

        store.close_moderator("Ada".into(), START).await.unwrap();
        let lead = store.add_moderator("Lea".into(), Role::Lead, START).await.unwrap().unwrap().id;
        decide(store, decision(item(2), lead, Decision::Decline)).await.unwrap();
        object(store, 2, None).await;
        decide(store, decision(item(2), lead, Decision::Decline)).await.unwrap();

        let last = store.audit(AuditFrom::Before(i64::MAX), 1).await.unwrap().swap_remove(0);
        assert_eq!((last.act, last.why.as_deref()), (Act::ObjectionUpheld, Some("same-person")));
        assert_eq!(store.rows("select key from objections where is_same_person").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_words_of_an_objection_go_with_the_item_and_are_as_many_as_others() {
    each_store(async |store| {
        let (ada, _) = two(store).await;
        store.added(story(1)).await;
        store.added(story(2)).await;
        for n in 1..=2 {
            decide(store, decision(item(n), ada, Decision::Decline)).await.unwrap();
        }
        object(store, 1, Some("These very words of mine.")).await;
        for n in 0..WORDS_OF_A_SIDE {
            store.say_own(recovery(2), format!("word {n}"), START, None).await.unwrap().unwrap();
        }

        assert_eq!(object(store, 2, Some("one more")).await, Objected::TooManyWords);
        assert!(matches!(object(store, 2, None).await, Objected::Done(_)), "without words there is room");
        store.delete_own(recovery(1)).await.unwrap().unwrap();
        assert!(!store.files_hold("These very words of mine.").await);
        assert_eq!(store.queue_ids(9).await, [item(2)], "nobody has to answer");
        assert_eq!(object(store, 1, None).await, Objected::NothingToObject);
    })
    .await;
}
