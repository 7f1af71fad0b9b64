use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::post::{Decision, State};
use peer_support_domain::report::ReportReason;
use peer_support_domain::statistics::Quarter;
use peer_support_server::store::{self, Hiding, How, NewDecision, NewItem, NewReport};

use crate::subject::*;

/// What was counted in the quarter of [`START`], in the order of the alphabet.
async fn counted(store: &Subject) -> Vec<String> {
    let counted = store.counted("demo".parse().unwrap(), Quarter::of_ms(START)).await.unwrap();
    let mut told: Vec<_> =
        counted.into_iter().map(|one| format!("{} {} {}", one.what, one.which, one.n)).collect();
    told.sort();
    told
}

async fn decide(store: &Subject, n: u64, decision: Decision, at: i64) {
    let moderator = store.moderator().await.id;
    let reason = decision.needs_reason().then(|| "Because.".to_owned());
    let new =
        NewDecision { item: item(n), moderator, decision, read_text: None, reason, at, how: How::default() };
    store.decide(new).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn what_happens_is_counted_once_and_stays_when_the_items_go() {
    each_store(async |store| {
        let flags = Flags::default().with(Flag::Crisis).with(Flag::PersonalData);
        store.added(story(0)).await;
        store.added(NewItem { flags, ..story(1) }).await;
        store.added(published(story(2))).await;
        decide(store, 0, Decision::Approve, START + 20 * MINUTE).await;
        decide(store, 1, Decision::Decline, START + 4 * 60 * MINUTE).await;
        // The author's own reply is no answer; the second of somebody else is not the first.
        store.added(NewItem { author: Some(author(0)), ..reply(3, item(0)) }).await;
        store.added(reply(4, item(0))).await;
        store.added(NewItem { publish_after_approvals: 1, ..reply(5, item(0)) }).await;
        for n in 3..=5 {
            decide(store, n, Decision::Approve, START + 30 * MINUTE).await;
        }
        for n in 0..2 {
            let report = NewReport {
                item: item(0),
                reporter: voter(n),
                reason: ReportReason::Unkind,
                receipt: secret(n),
                at: START,
                has_force: true,
                hiding: Some(Hiding { n_reporters: 2, unless_seen_after: START }),
            };
            store.report(report).await.unwrap();
            store.report(report).await.unwrap();
        }
        decide(store, 0, Decision::Restore, START).await;
        store.object(recovery(1), None, START).await.unwrap().unwrap();
        store.close_moderator("Ada".into(), START).await.unwrap();
        let grace = store.add_moderator("Grace".into(), peer_support_domain::post::Role::Lead, START).await;
        let moderator = grace.unwrap().unwrap().id;
        let answer = NewDecision {
            item: item(1),
            moderator,
            decision: Decision::Decline,
            read_text: None,
            reason: Some("It stays.".into()),
            at: START,
            how: How::default(),
        };
        store.decide(answer).await.unwrap().unwrap().unwrap();
        store.report_line(no_answer()).await.unwrap();

        let expected = [
            "answered published 1",
            "decided approve 4",
            "decided decline 1",
            "decided hide-by-rule 1",
            "decided restore 1",
            "decided-within 240 1",
            "decided-within 30 4",
            "declined-for crisis 1",
            "declined-for personal-data 1",
            "held-for crisis 1",
            "held-for personal-data 1",
            "line-reports no_answer 1",
            "objections upheld 1",
            "replied-within 30 1",
            "reported unkind 2",
            "sent reply 3",
            "sent story 2",
        ];
        assert_eq!(counted(store).await, expected);
        store.purge(START + 60 * MINUTE, START + 1_000 * 24 * 60 * MINUTE).await.unwrap();
        assert_eq!(counted(store).await, expected, "added up");
        store.purge(START + 60 * MINUTE, START).await.unwrap();
        assert_eq!(store.rows("select n from tallies").await.len(), expected.len());
        assert_eq!(store.own(recovery(1)).await.unwrap().map(|mine| mine.state), None::<State>);

        let copy = store.folder.path().join("copy");
        store.backup(&copy, terms()).await.unwrap();
        for target in [sqlite().await, postgres().await] {
            store::restore(&target.address, &copy, START, false).await.unwrap();
            let target = target.reopened().await;
            assert_eq!(counted(&target).await, expected, "restored to {:?}", target.address);
            target.added(story(70)).await;
            target.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_of_another_quarter_or_site_is_counted_there() {
    each_store(async |store| {
        store.added(story(0)).await;
        let later = START + 100 * 24 * 60 * MINUTE;
        store.added(NewItem { created_at: later, ..story(1) }).await;

        assert_eq!(counted(store).await, ["sent story 1"]);
        let next = store.counted("demo".parse().unwrap(), Quarter::of_ms(later)).await.unwrap();
        assert_eq!((next.len(), next[0].n), (1, 1));
        assert_eq!(store.counted("other".parse().unwrap(), Quarter::of_ms(START)).await.unwrap(), []);
    })
    .await;
}
