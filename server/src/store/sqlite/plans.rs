//! Every statement of a public route finds its rows by an index, in order, however many there are.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use peer_support_domain::cursor::{Cursor, Order};
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::{AuthorTag, ItemId, RecoveryHash, VoterId};
use peer_support_domain::line_report::{Day, LineProblem};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::{Decision, Kind, Role, State};
use peer_support_domain::report::ReportReason;
use peer_support_domain::roles::Reach;
use peer_support_domain::vote::Reaction;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use rusqlite::{Connection, StatementStatus};
use serde_json::json;

use super::{Sqlite, items, live, open_to_read, search};
use crate::store::{
    AuditFrom, Edit, FeedQuery, FindQuery, Hiding, How, Idempotency, ModeratorId, NewDecision, NewItem,
    NewLineReport, NewReport, NewSession, Place, SearchQuery, SecondFactor, Store, Vote,
};

/// What ran, as it was prepared, and how many steps of SQLite's machine it took, on the connection where it ran last.
static STATEMENTS: Mutex<BTreeMap<String, i32>> = Mutex::new(BTreeMap::new());

fn watch(connection: &Connection) {
    connection.trace_v2(
        TraceEventCodes::SQLITE_TRACE_PROFILE,
        Some(|event| {
            if let TraceEvent::Profile(statement, _) = event {
                let n_steps = statement.get_status(StatementStatus::VmStep);
                statements().insert(statement.sql().into_owned(), n_steps);
            }
        }),
    );
}

fn statements() -> MutexGuard<'static, BTreeMap<String, i32>> {
    STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn item(n: u64) -> ItemId {
    ItemId::from_bits(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn new_item(n: u64, place: Place) -> NewItem {
    let mut recovery = [0; 16];
    recovery[..8].copy_from_slice(&item(n).bits().to_be_bytes());
    NewItem {
        id: item(n),
        place,
        text: format!("Text number {n}"),
        lang: None,
        notes: ContentNotes::default(),
        author: Some(AuthorTag::from_bytes(n.to_be_bytes())),
        recovery: RecoveryHash::from_bytes(recovery),
        created_at: n.cast_signed(),
        state: State::Published,
        is_example: false,
        flags: Flags::default(),
        owner: None,
        publish_after_approvals: 0,
    }
}

fn post(n: u64) -> NewItem {
    let topic = ["grief", "work", "low-mood"][n as usize / 3 % 3].parse().expect("it is a topic");
    new_item(
        n,
        Place::Post { site: "demo".parse().expect("it is a site"), kind: Kind::ALL[n as usize % 3], topic },
    )
}

fn feeds() -> Vec<FeedQuery> {
    let mut feeds = Vec::new();
    for order in Order::ALL {
        for kind in [None, Some(Kind::Coping)] {
            for topic in [None, Some("grief")] {
                for after in [None, Some(Cursor { key: 120, item: item(120) })] {
                    let topic = topic.map(|topic| topic.parse().expect("it is a topic"));
                    let site = "demo".parse().expect("it is a site");
                    feeds.push(FeedQuery { site, kind, topic, order, after, limit: 10 });
                }
            }
        }
    }
    feeds
}

fn searches() -> Vec<SearchQuery> {
    let mut searches = Vec::new();
    for kind in [None, Some(Kind::Coping)] {
        for topic in [None, Some("grief")] {
            for after in [None, Some(Cursor { key: 250, item: item(250) })] {
                searches.push(SearchQuery {
                    site: "demo".parse().expect("it is a site"),
                    words: "text number".parse().expect("they are words"),
                    kind,
                    topic: topic.map(|topic| topic.parse().expect("it is a topic")),
                    after,
                    limit: 10,
                });
            }
        }
    }
    searches
}

/// Asks every public route and the console's everything once.
async fn ask_everything(store: &Sqlite, moderator: ModeratorId) {
    for query in feeds() {
        store.feed(query).await.unwrap();
    }
    for query in searches() {
        store.search(query).await.unwrap();
    }
    store.post(item(1)).await.unwrap().unwrap();
    store.site_of(item(1)).await.unwrap().unwrap();
    let after = Some(Cursor { key: 1, item: item(1) });
    store.replies(item(1), None, 10).await.unwrap().unwrap();
    store.replies(item(1), after, 10).await.unwrap().unwrap();
    let vote = Vote { item: item(1), reaction: Reaction::Helped, voter: VoterId::from_bytes([1; 16]) };
    store.vote(vote).await.unwrap().unwrap();
    store.unvote(vote).await.unwrap().unwrap();
    let sending = |n| Some(Idempotency { key_hash: [n; 32], request_hash: [n; 32] });
    let held = NewItem { state: State::Held, ..new_item(1 << 40, Place::Reply { post: item(1) }) };
    let recovery = held.recovery;
    store.add(held.clone(), sending(1)).await.unwrap();
    store.add(held, sending(1)).await.unwrap();
    store.own(recovery).await.unwrap().unwrap();
    let edit = Edit { text: "Another text".into(), notes: None, flags: Flags::default(), at: 0 };
    store.edit_own(recovery, edit.clone()).await.unwrap().unwrap();
    store.say_own(recovery, "A word".into(), 0, None).await.unwrap().unwrap();
    store.say(item(1 << 40), moderator, "An answer".into(), 0).await.unwrap().unwrap();
    for text in ["A newer text", "A text newer still", "Text number 7"] {
        let edit = Edit { text: text.into(), ..edit.clone() };
        store.edit_own(new_item(7, Place::Reply { post: item(1) }).recovery, edit).await.unwrap().unwrap();
    }
    store.queue(Reach::Everywhere, None, 10).await.unwrap();
    store.queue(Reach::Everywhere, after, 10).await.unwrap();
    let demo = || Reach::Sites(vec!["demo".parse().expect("it is a site")]);
    store.queue(demo(), None, 10).await.unwrap();
    store.queue(demo(), after, 10).await.unwrap();
    for find in [
        json!({}),
        json!({ "words": "number", "kind": "story", "topic": "grief", "flag": "vote-ring", "lang": "en" }),
        json!({ "state": "held" }),
        json!({ "state": "hidden", "words": "number" }),
        json!({ "state": "published", "cursor": after }),
        json!({ "is_mine": true }),
    ] {
        for reach in [Reach::Everywhere, demo()] {
            let find = serde_json::from_value(find.clone()).unwrap();
            store.find(FindQuery { find, reach, moderator, now: 0, limit: 10 }).await.unwrap();
        }
    }
    store.see_moderator(demo(), 0).await.unwrap();
    let report = NewReport {
        item: item(2),
        reporter: VoterId::from_bytes([1; 16]),
        reason: ReportReason::Other,
        receipt: [1; 32],
        at: 0,
        has_force: true,
        hiding: Some(Hiding { n_reporters: 1, unless_seen_after: 0 }),
    };
    store.see_moderator(Reach::Everywhere, 0).await.unwrap();
    store.report(report).await.unwrap().unwrap();
    store.report(report).await.unwrap().unwrap();
    store.report_of([1; 32]).await.unwrap().unwrap();
    store.home_of(item(2)).await.unwrap().unwrap();
    assert!(store.flag(item(3), Flag::VoteRing, 0).await.unwrap());
    let known = NewItem { publish_after_approvals: 1, ..new_item(1 << 41, Place::Reply { post: item(1) }) };
    store
        .add(
            NewItem { state: State::Held, author: Some(AuthorTag::from_bytes(1_u64.to_be_bytes())), ..known },
            None,
        )
        .await
        .unwrap();
    store.queue(Reach::Everywhere, None, 10).await.unwrap();
    store.add_sign_in_code("Ada".into(), [1; 32], 0, 10).await.unwrap();
    let new =
        |byte, replaces| NewSession { hash: [byte; 32], device: None, begun_at: 0, expires_at: 10, replaces };
    let session = store.sign_in([1; 32], new(2, None)).await.unwrap().unwrap().id;
    store.session([2; 32], 0).await.unwrap().unwrap();
    store.see_session(session, 0).await.unwrap();
    store.set_password(moderator, "hash".into(), session, 0).await.unwrap();
    store.begin_authenticator(moderator, vec![1], 0).await.unwrap();
    store.new_authenticator(moderator, 0).await.unwrap().unwrap();
    store.set_authenticator(moderator, vec![1], 1, vec![[3; 32]], 0).await.unwrap();
    store.set_recovery_codes(moderator, vec![[4; 32]], 0).await.unwrap();
    store.take_attempt("Ada".into(), [5; 32], 1).await.unwrap();
    for (byte, second) in [(6, SecondFactor::Step(2)), (7, SecondFactor::RecoveryCode([4; 32]))] {
        let new = new(byte, Some([2; 32]));
        store.sign_in_by_password(moderator, "hash".into(), second, new).await.unwrap().unwrap();
    }
    store.account(moderator).await.unwrap();
    assert_eq!(store.sessions(moderator, 0).await.unwrap().len(), 2);
    store.end_session(moderator, session, 0).await.unwrap();
    store.end_other_sessions(moderator, session, 0).await.unwrap();
    store.sign_out([2; 32]).await.unwrap();
    let decision = |decision| NewDecision {
        item: item(1 << 40),
        moderator,
        decision,
        read_text: None,
        reason: None,
        at: 0,
        how: How::default(),
    };
    let report = NewLineReport {
        site: "demo".parse().expect("it is a site"),
        day: Day::of_ms(0),
        line: "gb-samaritans".parse().expect("it is a line"),
        contact: "116 123".parse().expect("it is a contact"),
        problem: LineProblem::NoAnswer,
    };
    assert!(store.report_line(report).await.unwrap());
    store.line_reports(Reach::Everywhere, None, 10).await.unwrap();
    store.line_reports(Reach::Everywhere, after, 10).await.unwrap();
    store.line_reports(demo(), after, 10).await.unwrap();
    store.audit(AuditFrom::After(0), 10).await.unwrap();
    store.audit(AuditFrom::Before(9), 10).await.unwrap();
    store.decide(decision(Decision::Approve)).await.unwrap().unwrap().unwrap();
    store.decide(decision(Decision::Hide)).await.unwrap().unwrap().unwrap();
    store.object(recovery, Some("Another word".into()), 0).await.unwrap().unwrap();
    store.queue(Reach::Everywhere, None, 10).await.unwrap();
    store.decide(decision(Decision::Restore)).await.unwrap().unwrap().unwrap();
    store.delete_own(recovery).await.unwrap().unwrap();
}

#[tokio::test]
async fn no_statement_of_a_route_scans_or_sorts_or_takes_longer_when_there_is_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("database");
    let store = Sqlite::open(&path).await.unwrap();
    let add = async |numbers: std::ops::Range<u64>| {
        let added = numbers.map(|n| store.add(post(n), None));
        for outcome in futures_util::future::join_all(added).await {
            outcome.unwrap();
        }
    };
    let n_steps = || {
        let reader = open_to_read(&path).unwrap();
        watch(&reader);
        for query in feeds() {
            assert_eq!(items::feed(&reader, &query).unwrap().items.len(), 10);
        }
        for query in searches() {
            assert_eq!(search::search(&reader, &query).unwrap().items.len(), 10);
        }
        statements().values().sum::<i32>()
    };
    add(0..300).await;
    let with_few = n_steps();
    add(300..3_000).await;
    let with_many = n_steps();
    // From here on searches find most posts in blocks.
    assert_eq!(store.index().await.unwrap(), 2_048);
    let with_blocks = n_steps();
    add(3_000..6_000).await;
    assert_eq!(store.index().await.unwrap(), 3 * 1_024);
    let with_more_blocks = n_steps();

    store.readers.idle.lock().unwrap().iter().for_each(watch);
    // Accounts are made on the command line.
    let moderator = store.add_moderator("Ada".into(), Role::Lead, 0).await.unwrap().unwrap().id;
    store
        .writer
        .maintain(|db| {
            watch(db);
            Ok(())
        })
        .await
        .unwrap();
    ask_everything(&store, moderator).await;
    let plans = Connection::open(&path).unwrap();
    live::prepare(&plans).unwrap();
    let mut n_statements = 0;
    for sql in statements().keys().filter(|sql| is_about_rows(sql)) {
        n_statements += 1;
        let mut plan = plans.prepare(&format!("explain query plan {sql}")).unwrap();
        let mut steps = plan.raw_query();
        while let Some(step) = steps.next().unwrap() {
            let step: String = step.get("detail").unwrap();
            // What waits to be told is of one transaction, and read whole; accounts are few.
            let may_scan = ["SCAN CONSTANT ROW", "SCAN temp.published", "SCAN temp.desk_news"]
                .contains(&step.as_str())
                || step.starts_with("SCAN moderators");
            assert!(!step.starts_with("SCAN ") || may_scan, "{step}: {sql}");
            assert!(!step.contains("TEMP B-TREE"), "{step}: {sql}");
        }
    }

    assert!(n_statements > 30, "only {n_statements} statements were seen");
    assert!(with_few > 0);
    assert!(
        with_many * 100 < with_few * 105,
        "{with_few} steps for few posts, {with_many} for ten times as many"
    );
    assert!(
        with_more_blocks * 100 < with_blocks * 105,
        "{with_blocks} steps with two blocks, {with_more_blocks} with five"
    );
    store.close().await;
}

/// Not those that begin and end transactions, or set the connection up.
fn is_about_rows(sql: &str) -> bool {
    ["select", "insert", "update", "delete"].iter().any(|word| sql.starts_with(word))
}
