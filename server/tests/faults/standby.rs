//! What is published is read at the machine of PostgreSQL that stands by, as long as that is there and not too far behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::http::Method;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::program::{Answer, Caller, PATIENCE, Place, Program, Session, until};
use crate::replicas::{along, is_told, two_machines};
use crate::rounds::report;
use crate::support::postgres::Cluster;

/// What `docs/scaling.md` promises.
const MAX_AGE: Duration = Duration::from_secs(5);

const FEED: &str = "/api/v1/sites/demo/posts?limit=100";

/// A server that reads at a standby.
struct Reading {
    server: Program,
    place: Place,
    primary: Cluster,
    standby: Cluster,
    /// The URL of the database at the one that stands by.
    at_standby: String,
    caller: Caller,
    _folder: TempDir,
}

impl Reading {
    async fn start() -> Self {
        let [(primary, first), (standby, second)] = two_machines().await;
        let folder = TempDir::new().unwrap();
        let url = format!("postgres://postgres@127.0.0.1:{first},127.0.0.1:{second}/support");
        let place = Place::on_postgres(folder.path(), &url).with("PEER_SUPPORT_READ_FROM_STANDBY", "true");
        let server = place.serve().await;
        let at_standby = format!("postgres://postgres@127.0.0.1:{second}/support");
        let caller = Caller::new();
        let reading = Self { server, place, primary, standby, at_standby, caller, _folder: folder };
        reading.reads_at_standby(&reading.server).await;
        reading
    }

    /// Waits until a feed is read at the one that stands by.
    async fn reads_at_standby(&self, server: &Program) {
        let mut standby = PgConnection::connect(&self.at_standby).await.unwrap();
        let before = n_read(&mut standby).await;
        until("a feed to be read at the standby", async || {
            let feed = self.caller.get(&server.address, FEED).await.unwrap();
            assert!(feed.status.is_success(), "{feed}");
            n_read(&mut standby).await > before
        })
        .await;
    }

    /// What everyone can read, asked for once: the feed, and of its first post all that belongs to it.
    async fn read(&self) -> [Answer; 5] {
        let server = &self.server.address;
        let feed = self.caller.get(server, FEED).await.unwrap();
        let id = feed.json()["items"][0]["id"].as_str().unwrap().to_owned();
        let (post, replies) = (format!("/api/v1/posts/{id}"), format!("/api/v1/posts/{id}/replies?limit=5"));
        let words = json!({ "words": "night" });
        [
            self.caller.get(server, &post).await.unwrap(),
            self.caller.get(server, &replies).await.unwrap(),
            self.caller
                .call(server, Method::POST, "/api/v1/sites/demo/search", &[], Some(&words))
                .await
                .unwrap(),
            self.caller.get(server, "/readyz").await.unwrap(),
            feed,
        ]
    }

    /// A post that everyone can read: its id, and its author's recovery code.
    async fn published(&self, session: &Session, text: &str) -> (String, String) {
        let server = &self.server.address;
        let new = json!({ "kind": "story", "text": text });
        let path = "/api/v1/sites/demo/posts";
        let receipt = self.caller.call(server, Method::POST, path, &[], Some(&new)).await.unwrap().json();
        let text = |name: &str| receipt[name].as_str().unwrap().to_owned();
        let (id, code) = (text("id"), text("recovery_code"));
        self.decide(session, &id, &json!({ "decision": "approve" })).await;
        (id, code)
    }

    async fn decide(&self, session: &Session, id: &str, decision: &Value) {
        let path = format!("/api/v1/console/items/{id}/decision");
        let headers = session.headers();
        let answer = self
            .caller
            .call(&self.server.address, Method::POST, &path, &headers, Some(decision))
            .await
            .unwrap();
        assert!(answer.status.is_success(), "{answer}");
    }
}

/// How many posts and replies were read there.
async fn n_read(standby: &mut PgConnection) -> i64 {
    let read = "select coalesce(sum(idx_tup_fetch + seq_tup_read), 0)::bigint
                from pg_stat_user_tables
                where relname = 'items'";
    sqlx::query_scalar(read).fetch_one(standby).await.unwrap()
}

fn ids(feed: &Answer) -> Vec<String> {
    let feed = feed.json();
    let items = feed["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_on_at_the_standby_while_the_machine_that_takes_writes_stands_still() {
    let reading = Reading::start().await;

    reading.primary.stand_still();

    let began = Instant::now();
    while began.elapsed() < MAX_AGE + Duration::from_secs(3) {
        for answer in reading.read().await {
            assert!(answer.status.is_success(), "after {:?}: {answer}", began.elapsed());
        }
    }
    reading.primary.go_on();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_goes_away_or_stands_still_is_not_noticed_by_who_reads() {
    let reading = Arc::new(Reading::start().await);
    let is_over = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for _ in 0..8 {
        let (reading, is_over) = (reading.clone(), is_over.clone());
        readers.spawn(async move {
            while !is_over.load(Ordering::SeqCst) {
                for answer in reading.read().await {
                    assert!(answer.status.is_success(), "{answer}");
                }
            }
        });
    }

    reading.standby.crash_and_restart();
    reading.reads_at_standby(&reading.server).await;
    reading.standby.stand_still();
    let began = Instant::now();
    reading.read().await;
    report("standby stands still", "until all was read elsewhere", began.elapsed());
    reading.standby.go_on();
    reading.reads_at_standby(&reading.server).await;

    is_over.store(true, Ordering::SeqCst);
    for read in readers.join_all().await {
        read
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_or_deleted_is_read_no_longer_than_said_where_the_standby_lags() {
    let mut reading = Reading::start().await;
    let session = reading.server.moderator(&reading.caller).await;
    let other = reading.place.serve().await;
    let (hidden, _) = reading.published(&session, "Shown for now, and hidden in a moment.").await;
    let (deleted, code) =
        reading.published(&session, "Written today, and taken back the same evening.").await;
    let feed = async |server: &Program| ids(&reading.caller.get(&server.address, FEED).await.unwrap());
    until("both to be read at the other server", async || {
        let feed = feed(&other).await;
        feed.contains(&hidden) && feed.contains(&deleted)
    })
    .await;
    reading.reads_at_standby(&other).await;

    let mut standby = PgConnection::connect(&reading.at_standby).await.unwrap();
    standby.execute("select pg_wal_replay_pause()").await.unwrap();
    reading.decide(&session, &hidden, &json!({ "decision": "hide", "reason": "Names somebody." })).await;
    let path = "/api/v1/mine";
    let header = [("recovery-code", code.as_str())];
    let answer =
        reading.caller.call(&reading.server.address, Method::DELETE, path, &header, None).await.unwrap();
    assert!(answer.status.is_success(), "{answer}");
    let acknowledged = Instant::now();

    let here = feed(&reading.server).await;
    assert!(!here.contains(&hidden) && !here.contains(&deleted), "who did it finds it done");
    loop {
        let began = Instant::now();
        let there = feed(&other).await;
        if !there.contains(&hidden) && !there.contains(&deleted) {
            break;
        }
        assert!(
            began.duration_since(acknowledged) <= MAX_AGE,
            "still read by who asked {:?} later",
            began - acknowledged
        );
    }
    report("standby lags", "until what was hidden is not read elsewhere", acknowledged.elapsed());
    for post in [&hidden, &deleted] {
        let answer = reading.caller.get(&other.address, &format!("/api/v1/posts/{post}")).await.unwrap();
        assert_eq!(answer.problem().as_deref(), Some("not-found"), "{answer}");
    }
    standby.execute("select pg_wal_replay_resume()").await.unwrap();
    reading.reads_at_standby(&other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_is_told_of_a_post_finds_it_where_the_standby_lags() {
    let mut reading = Reading::start().await;
    let session = reading.server.moderator(&reading.caller).await;
    let other = reading.place.serve().await;
    reading.reads_at_standby(&other).await;
    let mut standby = PgConnection::connect(&reading.at_standby).await.unwrap();
    standby.execute("select pg_wal_replay_pause()").await.unwrap();
    let mut stream = along(&other).await;

    let (id, _) = reading.published(&session, "New, and told to all who read along.").await;

    let telling = tokio::time::timeout(PATIENCE, is_told(&mut stream));
    assert!(telling.await.expect("waited to be told of what is published"), "the stream goes on");
    let feed = ids(&reading.caller.get(&other.address, FEED).await.unwrap());
    assert!(feed.contains(&id));
    standby.execute("select pg_wal_replay_resume()").await.unwrap();
}
