//! What the database learns of one person on several threads: that nothing in it tells their items, votes and reports
//! from those of others.
//!
//! Two people do the same things in turn. After each, the whole database is compared with how it was: the rows that are
//! new or changed are the trace of that act. What two traces of one person share must be in a trace of the other, too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hmac::{Hmac, Mac};
use peer_support_server::store::CopyTerms;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::json;
use sha2::Sha256;

use crate::client::{NOW, Server, each_server};

const MINUTE_MS: i64 = 60_000;
const N_THREADS: usize = 20;

/// Who acts, by the key of their tab: as `domain/src/id.rs` says what is derived from it.
struct Person([u8; 16]);

impl Person {
    fn derive(&self, purpose: &str, id: &str) -> String {
        let mut hmac = Hmac::<Sha256>::new_from_slice(&self.0).unwrap();
        hmac.update(format!("{purpose}:{id}").as_bytes());
        hmac.finalize().into_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    async fn replies(&self, server: &Server, thread: &str, n: usize) {
        let body = json!({ "text": format!("Reply {n}, in words of its own."), "author": self.derive("author", thread) });
        let key = [("idempotency-key", &*format!("{:?} {n}", self.0))];
        let path = format!("/posts/{thread}/replies");
        server.call(axum::http::Method::POST, &path, &key, Some(&body)).await.ok();
    }

    async fn votes(&self, server: &Server, item: &str) {
        let body = json!({ "voter": self.derive("voter", item) });
        let path = format!("/items/{item}/votes/helped");
        server.call(axum::http::Method::PUT, &path, &[], Some(&body)).await.ok();
    }

    async fn reports(&self, server: &Server, item: &str) {
        let body = json!({ "reason": "unkind", "reporter": self.derive("reporter", item) });
        server.post(&format!("/items/{item}/reports"), &body).await.ok();
    }
}

/// A row of a table, column by column.
type Row = Vec<(String, Stored)>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stored {
    Nothing,
    Number(i64),
    /// Text or bytes: of long ones the beginning, because another hash of one thing may be cut elsewhere.
    Bytes(Vec<u8>),
}

/// Every row of every table, as a backup holds it.
async fn whole_database(server: &Server, folder: &Path, n: usize) -> BTreeSet<(String, Row)> {
    let file = folder.join(format!("{n}.sqlite3"));
    let terms = CopyTerms { made_at: NOW, expires_at: NOW + MINUTE_MS };
    server.store.backup(&file, terms).await.unwrap();
    let database = Connection::open(&file).unwrap();
    let mut tables =
        database.prepare("select name from sqlite_master where type = 'table' and rootpage > 0").unwrap();
    let tables: Vec<String> =
        tables.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let mut found = BTreeSet::new();
    for table in tables {
        let mut all = database.prepare(&format!("select * from \"{table}\"")).unwrap();
        let columns: Vec<String> = all.column_names().into_iter().map(str::to_owned).collect();
        let mut rows = all.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let value = |place| match row.get_ref(place).unwrap() {
                ValueRef::Null => Stored::Nothing,
                ValueRef::Integer(number) => Stored::Number(number),
                ValueRef::Real(number) => Stored::Number(number.to_bits().cast_signed()),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    Stored::Bytes(bytes[..bytes.len().min(8)].to_vec())
                }
            };
            let row = columns.iter().enumerate().map(|(place, name)| (name.clone(), value(place))).collect();
            found.insert((table.clone(), row));
        }
    }
    std::fs::remove_file(file).unwrap();
    found
}

/// What one act left: numbers with their place, bytes wherever they are.
type Trace = BTreeSet<(String, Stored)>;

fn trace(before: &BTreeSet<(String, Row)>, after: &BTreeSet<(String, Row)>) -> Trace {
    let values = after.difference(before).flat_map(|(table, row)| {
        row.iter().filter(|(_, value)| *value != Stored::Nothing).map(move |(column, value)| match value {
            // A short text is a word of the program's, such as a state.
            Stored::Bytes(bytes) if bytes.len() >= 8 => (String::new(), value.clone()),
            _ => (format!("{table}.{column}"), value.clone()),
        })
    });
    values.collect()
}

/// What at least two of these traces have in common, and none of the `others`.
fn linked(own: &[Trace], others: &[Trace]) -> Vec<(String, Stored)> {
    let mut times: BTreeMap<&(String, Stored), usize> = BTreeMap::new();
    for value in own.iter().flatten() {
        *times.entry(value).or_default() += 1;
    }
    let is_of_others = |value: &(String, Stored)| others.iter().any(|trace| trace.contains(value));
    times
        .into_iter()
        .filter(|(value, n)| *n > 1 && !is_of_others(value))
        .map(|(value, _)| value.clone())
        .collect()
}

#[tokio::test]
async fn nothing_that_is_stored_links_two_acts_of_one_person() {
    each_server(async |server| {
        let folder = tempfile::tempdir().unwrap();
        let mut threads = Vec::new();
        for n in 0..N_THREADS {
            server.wait_ms(MINUTE_MS);
            threads.push(server.published_story(&format!("Thread {n}: what helped me this week.")).await.0);
        }
        let people = [Person([1; 16]), Person([2; 16])];
        let mut traces = [Vec::new(), Vec::new()];
        let mut n_looks = 0;
        let mut look = async || {
            n_looks += 1;
            whole_database(server, folder.path(), n_looks).await
        };
        let mut before = look().await;

        for (n, thread) in threads.iter().enumerate() {
            // Long enough for the next reply, and with a remainder, so that moments differ where they are not cut.
            server.wait_ms(5 * MINUTE_MS + 1_234);
            // Now one is first and now the other, as with people who know nothing of each other.
            for turn in [n % 2, (n + 1) % 2] {
                let (person, traces) = (&people[turn], &mut traces[turn]);
                let mut note = async |traces: &mut Vec<Trace>| {
                    let after = look().await;
                    traces.push(trace(&before, &after));
                    before = after;
                    server.wait_ms(77);
                };
                if n < 5 {
                    person.replies(server, thread, n).await;
                    note(traces).await;
                }
                person.votes(server, thread).await;
                note(traces).await;
                if n < 3 {
                    person.reports(server, thread).await;
                    note(traces).await;
                }
            }
        }

        let [one, other] = &traces;
        assert_eq!((one.len(), other.len()), (28, 28));
        assert!(traces.iter().flatten().all(|trace| !trace.is_empty()), "every act leaves a trace");
        assert_eq!(linked(one, other), []);
        assert_eq!(linked(other, one), []);

        // Within one thread a person is to be known again: this is how a link would show.
        server.wait_ms(5 * MINUTE_MS);
        people[0].replies(server, &threads[0], N_THREADS).await;
        let after = look().await;
        let again = trace(&before, &after);
        assert_ne!(linked(&[one[0].clone(), again], other), []);
    })
    .await;
}

#[tokio::test]
async fn no_moment_of_a_visitors_act_is_finer_than_a_minute() {
    each_server(async |server| {
        let folder = tempfile::tempdir().unwrap();
        let (thread, _) = server.published_story("What helped me this week: a walk.").await;
        let before = whole_database(server, folder.path(), 1).await;
        server.wait_ms(5 * MINUTE_MS + 1_234);
        let person = Person([1; 16]);

        person.replies(server, &thread, 0).await;
        person.votes(server, &thread).await;
        person.reports(server, &thread).await;

        let after = whole_database(server, folder.path(), 2).await;
        let mut n_moments = 0;
        for (table, row) in after.difference(&before) {
            for (column, value) in row {
                // `helpful_at` is a place in an order: the moment of the item, moved by its votes.
                if let (true, Stored::Number(moment)) =
                    (column.ends_with("_at") && column != "helpful_at", value)
                {
                    assert_eq!(moment % MINUTE_MS, 0, "{table}.{column}");
                    n_moments += 1;
                }
            }
        }
        assert!(n_moments >= 3, "reply, key and report say when");
    })
    .await;
}
