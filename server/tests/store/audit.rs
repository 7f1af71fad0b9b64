use peer_support_domain::audit::Act;
use peer_support_domain::limits::SIGN_IN_TRIES;
use peer_support_domain::note::ContentNote;
use peer_support_domain::post::{Decision, Role};
use peer_support_domain::redaction::Span;
use peer_support_domain::report::ReportReason;
use peer_support_domain::wire::{AuditLine, SiteSetting};
use peer_support_server::audit::{self, AuditHash};
use peer_support_server::store::{
    self, AuditFrom, Hiding, How, NewClaim, NewDecision, NewEscalation, NewItem, NewReport,
};

use crate::subject::*;

async fn log(store: &Subject) -> Vec<AuditLine> {
    store.audit(AuditFrom::After(0), 1_000).await.unwrap()
}

async fn verified(store: &Subject, expected: Option<&str>) -> Result<(i64, String), String> {
    let expected = expected.map(|hash| hash.parse::<AuditHash>().unwrap());
    audit::verify(&store.shared(), expected).await.map_err(|error| error.to_string())
}

/// Stops the trigger that keeps rows as they are, as somebody could who has the database.
async fn unlock(store: &Subject) {
    let drop = match store.address {
        store::Address::Sqlite(_) => "drop trigger audit_is_not_changed; drop trigger audit_is_not_removed;",
        store::Address::Postgres(_) => "drop trigger audit_is_not_changed on audit",
    };
    store.execute(drop).await.unwrap();
}

/// A log of nine lines.
async fn filled(store: &Subject) {
    for n in 0..8 {
        store.added(story(n)).await;
        store.decided(item(n), Decision::ALL[n as usize % 2]).await.unwrap();
    }
}

#[tokio::test]
async fn each_act_is_a_line_in_the_order_in_which_it_came() {
    each_store(async |store| {
        let ada = store.moderator().await;
        let grace = store.add_moderator("Grace".into(), Role::Lead, START).await.unwrap().unwrap();
        store.added(story(1)).await;
        let claim =
            |moderator, takes_over| NewClaim { item: item(1), moderator, takes_over, at: START + 999 };
        store.claim(claim(ada.id, false)).await.unwrap();
        store.claim(claim(grace.id, true)).await.unwrap();
        store.release(item(1), grace.id).await.unwrap();
        let note = "Words that are nobody else's.".to_owned();
        store.escalate(NewEscalation { item: item(1), moderator: ada.id, note, at: START }).await.unwrap();
        let decision = NewDecision {
            item: item(1),
            moderator: ada.id,
            decision: Decision::Approve,
            read_text: Some("Story number 1, which goes on for a while.".into()),
            reason: None,
            at: START + 1_500,
            how: How {
                n_decisions: Some(0),
                notes: Some([ContentNote::Abuse].into_iter().collect()),
                taken_out: vec![Span { start: 0, end: 5 }],
                is_for_spam: false,
            },
        };
        store.decide(decision).await.unwrap().unwrap().unwrap();
        let hiding = Some(Hiding { n_reporters: 1, unless_seen_after: START });
        let report = NewReport {
            item: item(1),
            reporter: voter(1),
            reason: ReportReason::Unkind,
            receipt: secret(1),
            at: START + MINUTE + 59_999,
            has_force: true,
            hiding,
        };
        store.report(report).await.unwrap();
        let sensitive = SiteSetting::Sensitive(true);
        store.change_site("demo".parse().unwrap(), sensitive, Some(grace.id), START).await.unwrap();
        store.put_cards("demo".parse().unwrap(), Vec::new(), None, START).await.unwrap();
        store.add_sign_in_code("Grace".into(), secret(2), START, START + MINUTE).await.unwrap();
        store.sign_in(secret(2), session(3, START, START + MINUTE)).await.unwrap().unwrap();
        for n in 0..=SIGN_IN_TRIES {
            store.take_attempt("Ada".into(), secret(9), START + i64::from(n) * MINUTE).await.unwrap();
        }
        store.close_moderator("Grace".into(), START).await.unwrap();

        let told: Vec<String> = log(store)
            .await
            .into_iter()
            .map(|line| {
                let site = line.site.map(|site| site.to_string());
                let item =
                    line.item.map(|found| if found == item(1) { "item 1" } else { "another" }.to_owned());
                let about = [line.name, site, item, line.account, line.why].into_iter().flatten();
                let at = line.at - START;
                format!("{} {at} {}: {}", line.n, line.act, about.collect::<Vec<_>>().join(", "))
            })
            .collect();

        let after = SIGN_IN_TRIES * 60_000;
        assert_eq!(
            told,
            [
                "1 0 account-made: Ada, moderator".to_owned(),
                "2 0 account-made: Grace, lead".to_owned(),
                "3 0 taken-over: Grace, demo, item 1, Ada".to_owned(),
                "4 0 passed-on: Ada, demo, item 1".to_owned(),
                "5 1000 approved: Ada, demo, item 1".to_owned(),
                "6 1000 words-taken-out: Ada, demo, item 1".to_owned(),
                "7 1000 folded: Ada, demo, item 1".to_owned(),
                "8 60000 hidden: demo, item 1, reports".to_owned(),
                "9 0 sensitive-begun: Grace, demo".to_owned(),
                "10 0 cards-written: demo".to_owned(),
                "11 0 code-made: Grace".to_owned(),
                "12 0 signed-in-by-code: Grace, Grace".to_owned(),
                format!("13 {after} locked-out: Ada"),
                "14 0 account-closed: Grace".to_owned(),
            ]
        );
        assert_eq!(verified(store, None).await.unwrap().0, 14);
        let rows = store.rows("select * from audit").await;
        assert!(!rows.concat().join(" ").contains("nobody"), "no words");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_recorded_of_what_was_not_done() {
    each_store(async |store| {
        store.added(story(1)).await;
        store.decided(item(1), Decision::Approve).await.unwrap();
        let before = log(store).await;

        store.decided(item(1), Decision::Approve).await.unwrap_err();
        assert_eq!(store.add_moderator("Ada".into(), Role::Admin, START).await.unwrap(), None);
        assert!(!store.close_moderator("Nobody".into(), START).await.unwrap());
        store.sign_in(secret(7), session(8, START, START + MINUTE)).await.unwrap();

        assert_eq!(log(store).await, before);
    })
    .await;
}

#[tokio::test]
async fn rows_of_the_log_are_neither_changed_nor_removed() {
    each_store(async |store| {
        filled(store).await;

        for change in ["update audit set name = 'Eve' where n = 2", "delete from audit where n = 2"] {
            let refused = store.execute(change).await.unwrap_err();
            assert!(refused.contains("only ever added"), "{refused}");
        }
        if let store::Address::Postgres(_) = store.address {
            assert!(store.execute("truncate audit").await.is_err());
        }
    })
    .await;
}

#[tokio::test]
async fn a_row_that_was_removed_or_altered_past_the_store_is_named() {
    each_store(async |store| {
        filled(store).await;
        let noted = verified(store, None).await.unwrap();
        assert_eq!(noted.0, 9);
        unlock(store).await;

        for (tamper, put_back, told) in [
            (
                "update audit set name = 'Eve' where n = 4",
                "update audit set name = 'Ada' where n = 4",
                "line 4 was changed, or the one before it together with its hash",
            ),
            (
                "update audit set at = at + 1000 where n = 1",
                "update audit set at = at - 1000 where n = 1",
                "line 1 was changed, or the one before it together with its hash",
            ),
            (
                "update audit set act = 'hidden' where n = 9",
                "update audit set act = 'declined' where n = 9",
                "line 9 was changed, or the one before it together with its hash",
            ),
            (
                "update audit set act = 'forgotten' where n = 5",
                "update audit set act = 'declined' where n = 5",
                "audit.act of row 5 holds what no rule allows",
            ),
        ] {
            store.execute(tamper).await.unwrap();
            let found = verified(store, None).await.unwrap_err();
            store.execute(put_back).await.unwrap();
            assert_eq!(found, told, "{tamper}");
            assert_eq!(verified(store, Some(&noted.1)).await.unwrap(), noted, "{put_back}");
        }

        store.execute("delete from audit where n = 9").await.unwrap();
        assert_eq!(verified(store, None).await.unwrap().0, 8, "an end that is gone shows by a hash alone");
        let found = verified(store, Some(&noted.1)).await.unwrap_err();
        assert!(found.starts_with("no line has the hash that was noted: after line 8"), "{found}");
        store.execute("delete from audit where n = 3").await.unwrap();
        assert_eq!(verified(store, None).await.unwrap_err(), "line 3 is missing");
        store.execute("update audit set n = n - 1 where n = 4").await.unwrap();
        assert!(verified(store, None).await.unwrap_err().starts_with("line 3 was changed"));
    })
    .await;
}

#[tokio::test]
async fn an_exported_log_is_checked_without_the_database() {
    each_store(async |store| {
        filled(store).await;
        let file = store.folder.path().join("audit.jsonl");

        let n_lines = audit::export(&store.shared(), Some(&file)).await.unwrap();
        let checked = audit::verify_file(&file, None).unwrap();

        assert_eq!((n_lines, checked), (9, verified(store, None).await.unwrap()));
        assert!(audit::export(&store.shared(), Some(&file)).await.is_err(), "nothing is overwritten");
        let whole = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = whole.lines().collect();
        let without = [&lines[..6], &lines[7..]].concat().join("\n");
        std::fs::write(&file, without).unwrap();
        assert_eq!(audit::verify_file(&file, None).unwrap_err().to_string(), "line 7 is missing");
    })
    .await;
}

#[tokio::test]
async fn acts_at_the_same_time_follow_each_other_without_a_gap() {
    each_store(async |store| {
        let moderator = store.moderator().await.id;
        for n in 0..40 {
            store.added(story(n)).await;
        }

        let decisions = (0..40).map(|n| store.decide(approval(item(n), moderator)));
        let done = futures_util::future::join_all(decisions).await;

        assert!(done.into_iter().all(|decided| decided.unwrap().unwrap().is_ok()));
        assert_eq!(verified(store, None).await.unwrap().0, 41);
        assert!(log(store).await[1..].iter().all(|line| line.act == Act::Approved));
    })
    .await;
}

fn approval(item: peer_support_domain::id::ItemId, moderator: store::ModeratorId) -> NewDecision {
    let decision = Decision::Approve;
    NewDecision { item, moderator, decision, read_text: None, reason: None, at: START, how: How::default() }
}

#[tokio::test]
async fn deleting_what_a_line_is_about_leaves_the_chain_whole_and_a_copy_goes_on_with_it() {
    each_store(async |store| {
        filled(store).await;
        store.delete_own(recovery(0)).await.unwrap().unwrap();
        store.purge(START + 1_000 * 24 * 60 * MINUTE, START + 999 * 24 * 60 * MINUTE).await.unwrap();
        let copy = store.folder.path().join("copy");
        store.backup(&copy, terms()).await.unwrap();
        let noted = verified(store, None).await.unwrap();

        for target in [sqlite().await, postgres().await] {
            store::restore(&target.address, &copy, START, false).await.unwrap();
            let target = target.reopened().await;
            assert_eq!(log(&target).await, log(store).await, "restored to {:?}", target.address);
            target.added(NewItem { created_at: START, ..story(50) }).await;
            target.decided(item(50), Decision::Approve).await.unwrap();
            assert_eq!(verified(&target, Some(&noted.1)).await.unwrap().0, 10);
            target.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn pages_of_the_log_go_back_from_any_line() {
    each_store(async |store| {
        filled(store).await;

        let numbers = async |from| -> Vec<i64> {
            store.audit(from, 3).await.unwrap().into_iter().map(|line| line.n).collect()
        };

        assert_eq!(numbers(AuditFrom::Before(i64::MAX)).await, [9, 8, 7]);
        assert_eq!(numbers(AuditFrom::Before(7)).await, [6, 5, 4]);
        assert_eq!(numbers(AuditFrom::After(7)).await, [8, 9]);
    })
    .await;
}
