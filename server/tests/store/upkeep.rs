use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::task::Poll;

use futures_util::future::join_all;
use peer_support_domain::cursor::Order;
use peer_support_domain::delivery::DeliveryFailure;
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::limits::IDEMPOTENCY_WINDOW_MS;
use peer_support_domain::note::ContentNote;
use peer_support_domain::post::{Decision, Kind, Role, State};
use peer_support_domain::report::ReportReason;
use peer_support_domain::roles::Reach;
use peer_support_domain::wire::{LineProblem, SiteSetting};
use peer_support_server::store::{
    self, Added, Address, AuditFrom, Hiding, NewClaim, NewDelivery, NewEscalation, NewHandOver, NewItem,
    NewLineReport, NewReport, NewRole, NewSession, Objected, StoreError, Tried,
};

use crate::subject::*;
use crate::support::postgres::Cluster;

/// Set for the process that [`what_was_acknowledged_survives_kill_9`] starts and kills: the store to write to.
const WRITE_TO: &str = "PEER_SUPPORT_TEST_WRITE_TO";

#[tokio::test]
async fn what_is_past_its_time_is_purged_and_nothing_else() {
    each_store(async |store| {
        let limit = START + 100 * MINUTE;
        let gone_post = store.added(published(story(1))).await;
        store.added(published(reply(2, gone_post))).await;
        store.delete_own(recovery(1)).await.unwrap();
        store.added(story(3)).await;
        store.added(story(4)).await;
        store.decided(item(4), Decision::Decline).await.unwrap();
        let kept_post = store.added(published(story(5))).await;
        store.added(published(reply(6, kept_post))).await;
        store.added(story(7)).await;
        store.decided(item(7), Decision::Approve).await.unwrap();
        store.decided(item(7), Decision::Hide).await.unwrap();
        store.vote(helped(kept_post, voter(1))).await.unwrap();
        for n in 101..104 {
            store.added(story(n)).await;
        }
        store.decided(item(102), Decision::Decline).await.unwrap();
        store.delete_own(recovery(103)).await.unwrap();

        let n_purged = store.purge(START, limit).await.unwrap();

        assert_eq!(n_purged, 4, "a tombstone with its reply, one held, one declined");
        for n in 1..5 {
            assert_eq!(store.own(recovery(n)).await.unwrap(), None, "{n}");
            assert!(!store.files_hold(&format!("Story number {n}, ")).await, "{n}");
        }
        for n in [5, 6, 7, 101, 102, 103] {
            assert!(store.own(recovery(n)).await.unwrap().is_some(), "{n}");
        }
        assert_eq!(store.post(kept_post).await.unwrap().unwrap().votes.helped, 1);
        assert_eq!(store.purge(START, limit).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn an_idempotency_key_is_remembered_for_its_window() {
    each_store(async |store| {
        let new = NewItem { created_at: START, ..story(1) };
        store.add(new.clone(), Some(sending(1, 1))).await.unwrap();
        let later = NewItem { id: item(2), recovery: recovery(2), ..new.clone() };

        store.purge(START + IDEMPOTENCY_WINDOW_MS - 1, START).await.unwrap();
        let within = store.add(later.clone(), Some(sending(1, 1))).await.unwrap();
        store.purge(START + IDEMPOTENCY_WINDOW_MS, START).await.unwrap();
        let after = store.add(later, Some(sending(1, 1))).await.unwrap();

        assert!(matches!(within, Added::Before(_)), "{within:?}");
        assert!(matches!(after, Added::Stored(_)), "{after:?}");
    })
    .await;
}

#[tokio::test]
async fn expired_codes_and_sessions_are_purged() {
    each_store(async |store| {
        let name = store.moderator().await.name;
        for n in 0..3 {
            store.add_sign_in_code(name.clone(), secret(n), START, START + n as i64 * MINUTE).await.unwrap();
        }
        store.sign_in(secret(2), session(10, START, START + 2 * MINUTE)).await.unwrap().unwrap();

        store.purge(START, START).await.unwrap();
        let counts = (
            store.rows("select * from sign_in_codes").await.len(),
            store.rows("select * from sessions").await.len(),
        );
        store.purge(START + 2 * MINUTE, START).await.unwrap();

        assert_eq!(counts, (1, 1));
        assert_eq!(store.rows("select * from sign_in_codes").await.len(), 0);
        assert_eq!(store.rows("select * from sessions").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_purge_gives_space_back_and_keeps_everything_else() {
    each_store(async |store| {
        // Beyond what is worth a compaction.
        let long = "A long text. ".repeat(2_000);
        for n in 0..400 {
            store.added(NewItem { text: format!("{long}{n}"), ..story(n) }).await;
        }
        for n in 0..20 {
            store.added(published(story(1_000 + n))).await;
        }
        // Empties SQLite's log, so that the database is as big as what is in it.
        store.delete_own(recovery(1_019)).await.unwrap().unwrap();
        let (before, feed_before) = (file_bytes(store).await, store.feed_ids(feed(Order::New, 9)).await);

        store.purge(START, START + 1_000 * MINUTE).await.unwrap();

        assert_eq!(store.feed_ids(feed(Order::New, 9)).await, feed_before);
        assert_eq!(store.own(recovery(1_000)).await.unwrap().unwrap().text, story(1_000).text);
        assert!(!store.files_hold("A long text.").await);
        let after = file_bytes(store).await;
        assert!(after < before / 10, "{after} of {before} bytes are left");
        store.added(story(5_000)).await;
    })
    .await;
}

/// The size of the database.
async fn file_bytes(store: &Subject) -> u64 {
    match &store.address {
        Address::Sqlite(path) => std::fs::metadata(path).unwrap().len(),
        Address::Postgres(_) => {
            let size = "select sum(pg_total_relation_size(relid))::text from pg_partition_tree('item_texts')";
            store.rows(size).await[0][0].parse().unwrap()
        }
    }
}

/// Everything that a store tells, for comparing two of them.
async fn content(store: &Subject) -> Vec<String> {
    let mut content = Vec::new();
    for order in Order::ALL {
        content.push(format!("{:?}", store.feed(feed(order, 1_000)).await.unwrap()));
    }
    for post in store.feed(feed(Order::New, 1_000)).await.unwrap().items {
        content.push(format!("{:?}", store.replies(post.id, None, 1_000).await.unwrap()));
    }
    content.push(format!(
        "{:?}",
        peer_support_server::store::Store::queue(&**store, Reach::Everywhere, None, 1_000).await.unwrap()
    ));
    for n in 0..40 {
        content.push(format!("{:?}", store.own(recovery(n)).await.unwrap()));
    }
    content.push(format!("{:?}", store.line_reports(Reach::Everywhere, None, 1_000).await.unwrap()));
    content.push(format!("{:?}", store.moderators().await.unwrap()));
    content.push(format!("{:?}", store.session(secret(50), START).await.unwrap()));
    for moderator in store.moderators().await.unwrap() {
        content.push(format!("{:?}", store.sessions(moderator.id, START).await.unwrap()));
        content.push(format!("{:?}", store.account(moderator.id).await.unwrap()));
        content.push(format!("{:?}", store.new_authenticator(moderator.id, START).await.unwrap()));
    }
    let kept = "select password, step, n_tries, waits_until from credentials, sign_in_attempts";
    content.push(format!(
        "{:?}",
        store.rows(kept).await[0].iter().map(|value| digits(value)).collect::<Vec<_>>()
    ));
    content.push(format!("{}", store.rows("select * from votes").await.len()));
    content.push(format!("{}", store.rows("select * from decisions").await.len()));
    content.push(format!("{}", store.rows("select * from decisions where rule is not null").await.len()));
    content.push(format!("{}", store.rows("select * from presence").await.len()));
    content.push(format!("{:?}", store.site_settings("demo".parse().unwrap()).await.unwrap()));
    content.push(format!("{}", store.rows("select * from proposals").await.len()));
    content.push(format!("{}", store.rows("select * from site_presence").await.len()));
    content.push(format!("{:?}", store.drills("demo".parse().unwrap()).await.unwrap()));
    content.push(format!("{}", store.rows("select * from items where drill_state is not null").await.len()));
    content.push(format!("{}", store.rows("select * from desk_events").await.len()));
    content.push(format!("{:?}", store.dead_deliveries(Reach::Everywhere).await.unwrap()));
    content.push(format!("{:?}", store.notices(99).await.unwrap()));
    content.push(format!("{:?}", store.audit(AuditFrom::After(0), 1_000).await.unwrap()));
    for table in ["escalations", "deliveries", "objections"] {
        content.push(format!("{}", store.rows(&format!("select * from {table}")).await.len()));
    }
    for n in 0..9 {
        content.push(format!("{:?}", store.report_of(secret(n)).await.unwrap()));
    }
    content
}

/// The digits of a value, which the databases show in different ways.
fn digits(value: &str) -> String {
    value.chars().filter(char::is_ascii_digit).collect()
}

/// One of everything.
async fn fill(store: &Subject) {
    for n in 0..9 {
        store.added(post(n, Kind::ALL[n as usize % 3], ["grief", "low-mood"][n as usize % 2])).await;
        store.vote(helped(item(n), voter(n))).await.unwrap();
    }
    store.added(published(reply(10, item(1)))).await;
    store.added(NewItem { flags: Flags::default().with(Flag::NoWork), ..reply(11, item(1)) }).await;
    store.decided(item(2), Decision::Hide).await.unwrap();
    store.delete_own(recovery(3)).await.unwrap();
    store.add(NewItem { lang: None, author: None, ..story(12) }, Some(sending(1, 1))).await.unwrap();
    store.decided(item(12), Decision::Decline).await.unwrap();
    assert!(matches!(store.object(recovery(12), None, START).await.unwrap(), Some(Objected::Done(_))));
    store.added(NewItem { notes: [ContentNote::Abuse].into_iter().collect(), ..published(story(14)) }).await;
    store.added(NewItem { text: "tab\tline\n\\N \\. “x” \u{1f9e1}".into(), ..story(13) }).await;
    store.edit_own(recovery(13), edit("tab\tline\n\\N \\.\n\\.\n “x” \u{1f9e1} end")).await.unwrap();
    for n in 0..3 {
        let hiding = Some(Hiding { n_reporters: 2, unless_seen_after: START });
        let report = NewReport {
            item: item(5 + n % 2),
            reporter: voter(n),
            reason: ReportReason::Danger,
            receipt: secret(n),
            at: START,
            has_force: true,
            hiding,
        };
        store.report(report).await.unwrap();
    }
    store.flag(item(4), Flag::VoteRing, START).await.unwrap();
    store.see_moderator(Reach::Everywhere, START).await.unwrap();
    let demo = || "demo".parse().unwrap();
    store.see_moderator(Reach::Sites(vec![demo()]), START).await.unwrap();
    store.add_account("Only \\N here".into(), None, START).await.unwrap().unwrap();
    let here = NewRole {
        name: "Only \\N here".into(),
        site: Some(demo()),
        role: Some(Role::Lead),
        by: None,
        at: START,
    };
    store.set_role(here).await.unwrap();
    store.edit_own(recovery(4), edit("A newer text, which waits.")).await.unwrap();
    store.edit_own(recovery(4), edit("A text newer still, which waits.")).await.unwrap();
    let moderator = store.moderator().await.id;
    store.say(item(4), moderator, "A private word".into(), START).await.unwrap();
    let (name, note) = ("Ada".into(), "tab\t and \\N".into());
    let hand_over = NewHandOver { item: item(7), moderator, to: Some(name), note, at: START };
    store.hand_over(hand_over).await.unwrap().unwrap();
    let claim = NewClaim { item: item(7), moderator, takes_over: false, at: START };
    store.claim(claim).await.unwrap().unwrap();
    store.say_own(recovery(4), "and its answer".into(), START, Some(sending(60, 61))).await.unwrap();
    for _ in 0..2 {
        let contact = "https://example.org/chat?q=\\N".parse().unwrap();
        store.report_line(NewLineReport { contact, ..no_answer() }).await.unwrap();
    }
    let name = store.add_moderator("Grace \\ 'Q'".into(), Role::Lead, START).await.unwrap().unwrap().name;
    store.add_sign_in_code(name.clone(), secret(49), START, START + MINUTE).await.unwrap();
    store.sign_in(secret(49), session(50, START, START + MINUTE)).await.unwrap().unwrap();
    let second = NewSession { device: Some("Kitchen\t\\N".into()), ..session(52, START, START + MINUTE) };
    store.add_sign_in_code(name.clone(), secret(53), START, START + MINUTE).await.unwrap();
    let opened = store.sign_in(secret(53), second).await.unwrap().unwrap();
    let account = opened.moderator.id;
    store.set_password(account, "$argon2id$v=19$12345".into(), opened.id, START).await.unwrap();
    store.add_sign_in_code(name.clone(), secret(49), START, START + MINUTE).await.unwrap();
    store.sign_in(secret(49), session(50, START, START + MINUTE)).await.unwrap().unwrap();
    for sealed in [vec![0, 255, 92], vec![7, 8]] {
        store.begin_authenticator(account, sealed.clone(), START).await.unwrap();
        if sealed.len() == 3 {
            store.set_authenticator(account, sealed, 77, vec![secret(54), secret(55)], START).await.unwrap();
        }
    }
    store.take_attempt(name.clone(), secret(56), START).await.unwrap();
    let passed_on =
        NewEscalation { item: item(13), moderator, note: "a note\t\\N\nof two lines".into(), at: START };
    store.escalate(passed_on).await.unwrap().unwrap();
    let addressed =
        ["pager", "email"].map(|name| NewDelivery { id: name.into(), channel: name.into() }).to_vec();
    let notices = store.notices(9).await.unwrap();
    store.address(notices[0].id, addressed).await.unwrap();
    let given_up = Tried::GivenUp { failure: DeliveryFailure::TimedOut, at: START };
    store.claim_deliveries(START, 1).await.unwrap();
    store.settle_delivery("pager".into(), 1, given_up).await.unwrap();
    store.settle_delivery("email".into(), 1, given_up).await.unwrap();
    store.add_sign_in_code(name, secret(51), START, START + MINUTE).await.unwrap();
    store.change_site(demo(), SiteSetting::TwoPersons(true), None, START).await.unwrap();
    store.decided(item(2), Decision::Restore).await.unwrap_err();
    store.drilling_about(&[41, 42]).await;
    store.decided(item(41), Decision::Approve).await.unwrap();
}

#[tokio::test]
async fn a_copy_restores_to_the_same_content_on_either_store() {
    each_store(async |store| {
        fill(store).await;
        let copy = store.folder.path().join("copy");
        store.backup(&copy, terms()).await.unwrap();
        let expected = content(store).await;
        store.added(story(30)).await;

        for target in [sqlite().await, postgres().await] {
            store::restore(&target.address, &copy, START, false).await.unwrap();
            let target = target.reopened().await;

            assert_eq!(content(&target).await, expected, "restored to {:?}", target.address);
            // What comes next collides with nothing that was restored.
            assert!(matches!(target.add(story(12), Some(sending(1, 1))).await.unwrap(), Added::Before(_)));
            target.added(story(30)).await;
            target.added(reply(31, item(1))).await;
            target.vote(helped(item(1), voter(30))).await.unwrap().unwrap();
            target.decided(item(30), Decision::Approve).await.unwrap();
            target.delete_own(recovery(13)).await.unwrap().unwrap();
            target.report_line(NewLineReport { problem: LineProblem::Other, ..no_answer() }).await.unwrap();
            let edith = target.add_moderator("Edith".into(), Role::Admin, START).await.unwrap().unwrap();
            target.add_sign_in_code(edith.name, secret(60), START, START + MINUTE).await.unwrap();
            target.sign_in(secret(60), session(61, START, START + MINUTE)).await.unwrap().unwrap();
            target.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_copy_made_while_others_write_is_whole() {
    each_store(async |store| {
        store.added(published(story(1))).await;
        let copy = store.folder.path().join("copy");

        let writing = join_all((0..100).map(|n| async move {
            store
                .added(NewItem { created_at: START + n as i64, ..published(reply(1_000 + n, item(1))) })
                .await
        }));
        let backing_up = async {
            // In the middle of it.
            while store.post(item(1)).await.unwrap().unwrap().n_replies < 10 {
                tokio::task::yield_now().await;
            }
            store.backup(&copy, terms()).await.unwrap();
        };
        tokio::join!(writing, backing_up);
        let target = store.another().await;
        store::restore(&target.address, &copy, START, false).await.unwrap();
        let target = target.reopened().await;

        // Counter and rows are of one moment.
        let n_replies = target.post(item(1)).await.unwrap().unwrap().n_replies as usize;
        assert!((10..=100).contains(&n_replies), "{n_replies}");
        assert_eq!(target.reply_ids(item(1), 100).await.len(), n_replies);
        target.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_copy_overwrites_nothing() {
    each_store(async |store| {
        store.added(story(1)).await;
        let copy = store.folder.path().join("copy");
        store.backup(&copy, terms()).await.unwrap();

        let again = store.backup(&copy, terms()).await;
        let restored = store::restore(&store.address, &copy, START, false).await;
        let other = store.another().await;
        std::fs::write(store.folder.path().join("broken"), &std::fs::read(&copy).unwrap()[..5_000]).unwrap();
        std::fs::write(store.folder.path().join("text"), "not a copy").unwrap();

        assert!(again.is_err());
        assert!(matches!(restored, Err(StoreError::NotEmpty)), "{restored:?}");
        for name in ["broken", "text", "missing"] {
            let restored =
                store::restore(&other.address, &store.folder.path().join(name), START, false).await;
            assert!(restored.is_err(), "{name}");
        }
        assert_eq!(store.queue_ids(9).await, [item(1)]);
        assert_eq!(other.queue_ids(9).await, []);
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    each_store(async |store| {
        let newer = match store.address {
            Address::Sqlite(_) => "pragma user_version = 1000",
            Address::Postgres(_) => {
                "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (1000, 'newer', true, '', 0)"
            }
        };
        store.execute(newer).await.unwrap();
        store.close().await;

        let opened = store::open(&store.address).await;

        assert!(matches!(opened.as_ref().err(), Some(StoreError::NewerSchema)), "{:?}", opened.err());
    })
    .await;
}

#[tokio::test]
async fn many_servers_can_start_on_one_empty_database() {
    let address = Address::Postgres(Cluster::shared().new_database("template1").await);

    let opened = join_all((0..5).map(|_| store::open(&address))).await;

    for store in opened {
        store.unwrap().close().await;
    }
}

#[tokio::test]
async fn two_servers_on_one_database_see_and_count_the_same() {
    each_store(async |store| {
        let other = store::open(&store.address).await.unwrap();
        let post = store.added(published(story(1))).await;

        join_all((0..40).map(|n| async move { store.vote(helped(post, voter(n))).await.unwrap() })).await;
        let both = join_all((0..40).map(|n| {
            let (other, n) = (&other, 100 + n);
            async move {
                tokio::join!(store.vote(helped(post, voter(n))), other.vote(helped(post, voter(n / 2 * 2))))
            }
        }))
        .await;

        assert!(both.iter().all(|(a, b)| a.is_ok() && b.is_ok()));
        assert_eq!(other.post(post).await.unwrap().unwrap().votes.helped, 80);
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_closed_store_finishes_what_it_took_and_takes_no_more() {
    each_store(async |store| {
        let mut adding = Box::pin(join_all((0..50).map(|n| store.add(story(n), None))));
        // Every one of them is begun, and none needs to be finished.
        let is_begun = std::future::poll_fn(|cx| Poll::Ready(adding.as_mut().poll(cx).is_pending())).await;
        assert!(is_begun);
        let ((), added) = tokio::join!(store.close(), adding);

        let n_stored = added.iter().filter(|outcome| outcome.is_ok()).count();
        let reopened = store::open(&store.address).await.unwrap();
        assert_eq!(reopened.queue(Reach::Everywhere, None, 100).await.unwrap().items.len(), n_stored);
        reopened.close().await;
        assert!(store.add(story(99), None).await.is_err());
        assert!(store.ping().await.is_err());
        assert!(store.feed(feed(Order::New, 1)).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_text_whose_deletion_a_crash_cut_short_is_gone_after_the_next_start() {
    each_store(async |store| {
        store.added(published(story(1))).await;
        store.added(published(story(2))).await;
        // Committed, and the process ends before it can clean up: what the methods do in their first transaction.
        let cut_short = match store.address {
            Address::Sqlite(_) => {
                "pragma secure_delete = on;
                 update item_texts set text = printf('%*s', octet_length(text), '') where text like 'Story number 1,%';"
            }
            Address::Postgres(_) => {
                "with gone as (
                   delete from item_texts where text like 'Story number 1,%' returning tableoid::regclass::text as name
                 )
                 insert into text_rewrites (partition_name) select name from gone"
            }
        };
        store.execute(cut_short).await.unwrap();
        assert!(store.files_hold("Story number 1,").await);
        store.close().await;

        store::open(&store.address).await.unwrap().close().await;

        assert!(!store.files_hold("Story number 1,").await);
        assert!(store.files_hold("Story number 2,").await);
    })
    .await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    if let Ok(address) = std::env::var(WRITE_TO) {
        return write_until_killed(&Address::from_str(&address).unwrap()).await;
    }
    each_store(async |store| {
        let mut writer = Writer::start(&store.address);
        let mut acknowledged = writer.acknowledged(250);

        writer.process.kill().unwrap();

        acknowledged.extend(writer.rest());
        assert_all_there(store, &acknowledged).await;
    })
    .await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_crash_of_postgresql() {
    let cluster = Cluster::start();
    let address = Address::Postgres(cluster.new_database("template1").await);
    store::open(&address).await.unwrap().close().await;
    let mut writer = Writer::start(&address);
    let mut acknowledged = writer.acknowledged(250);

    cluster.crash_and_restart();

    writer.process.kill().unwrap();
    acknowledged.extend(writer.rest());
    let store = Subject::of(address).await;
    assert_all_there(&store, &acknowledged).await;
    store.close().await;
}

/// This test binary once more, adding stories to a store and saying which were acknowledged.
struct Writer {
    process: std::process::Child,
    said: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Writer {
    fn start(address: &Address) -> Self {
        let address = match address {
            Address::Sqlite(path) => format!("sqlite:{}", path.display()),
            Address::Postgres(url) => url.clone(),
        };
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "upkeep::what_was_acknowledged_survives_kill_9", "--nocapture"])
            .env(WRITE_TO, address)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, said }
    }

    /// Waits until this many were acknowledged.
    fn acknowledged(&mut self, n: usize) -> Vec<u64> {
        let numbers: Vec<u64> = self.said.by_ref().map_while(Result::ok).filter_map(number).take(n).collect();
        assert_eq!(numbers.len(), n, "the writer ended early");
        numbers
    }

    /// What was acknowledged besides, until it ended.
    fn rest(mut self) -> Vec<u64> {
        let numbers = self.said.by_ref().map_while(Result::ok).filter_map(number).collect();
        self.process.wait().unwrap();
        numbers
    }
}

fn number(line: String) -> Option<u64> {
    line.strip_prefix("stored ")?.parse().ok()
}

async fn write_until_killed(address: &Address) {
    let store = store::open(address).await.unwrap();
    let stored = join_all((0..10).map(|writer| {
        let store = &store;
        async move {
            for n in (writer..100_000).step_by(10) {
                let Ok(Added::Stored(_)) = store.add(story(n), Some(sending(n, n))).await else { return };
                println!("stored {n}");
            }
        }
    }));
    stored.await;
}

async fn assert_all_there(store: &Subject, acknowledged: &[u64]) {
    assert!(acknowledged.len() >= 250);
    for &n in acknowledged {
        let own = store
            .own(recovery(n))
            .await
            .unwrap()
            .unwrap_or_else(|| panic!("{n} of {acknowledged:?} is lost"));
        assert_eq!((own.id, own.state, own.text), (item(n), State::Held, story(n).text));
    }
    // No half item: every one is whole, also those that were stored without its being said.
    let n_items = store.rows("select id from items").await.len();
    assert!(n_items >= acknowledged.len());
    assert_eq!(store.rows("select text from item_texts").await.len(), n_items);
    assert_eq!(store.rows("select key_hash from idempotency_keys").await.len(), n_items);
    assert_eq!(store.queue_ids(100).await.into_iter().collect::<BTreeSet<_>>().len(), n_items);
    // And the database goes on.
    store.added(story(200_000)).await;
}

#[tokio::test]
async fn a_folder_is_made_and_only_its_owner_reads_the_database() {
    use std::os::unix::fs::PermissionsExt;
    let store = sqlite().await;
    store.added(story(1)).await;
    let Address::Sqlite(path) = &store.address else { unreachable!("it is SQLite") };

    let copy = store.folder.path().join("copy");
    store.backup(&copy, terms()).await.unwrap();

    let mut n_files = 0;
    let mut check = |file: &Path| {
        n_files += 1;
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
    };
    for entry in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        check(&entry.unwrap().path());
    }
    check(&copy);
    assert!(n_files >= 4, "the database, its log and index, and the copy");
    store.close().await;
}
