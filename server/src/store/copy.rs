//! Copies of all data in one file, which is always a SQLite database of this program: either store writes it and either
//! can be restored from it, so a site can move from one to the other.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use futures_util::TryStreamExt;
use rusqlite::params_from_iter;
use rusqlite::types::{Value, ValueRef};
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::{AssertSqlSafe, Column, Executor, Row, TypeInfo};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::postgres::{Postgres, unhurried};
use super::sqlite::{self, Sqlite};
use super::{CopyTerms, Store, StoreError};

/// Rows or pieces that may wait between the two databases.
const N_WAITING: usize = 64;
/// Bytes of a piece sent to PostgreSQL.
const PIECE_BYTES: usize = 64 * 1024;

/// A table as both databases say it.
struct Table {
    name: &'static str,
    /// What is read from PostgreSQL, in the order of `sqlite_columns`.
    from_postgres: &'static str,
    sqlite_columns: &'static [&'static str],
    /// What is read from SQLite, in the order of `postgres_columns`.
    from_sqlite: &'static str,
    postgres_columns: &'static str,
    /// Whether PostgreSQL numbers its rows in a column `key`.
    is_numbered: bool,
}

/// Each after those it refers to, as posts before their replies: imported ones are not always the older rows.
const TABLES: [Table; 38] = [
    Table {
        name: "sites",
        from_postgres: "select key, id from sites order by key",
        sqlite_columns: &["key", "id"],
        from_sqlite: "select key, id from sites order by key",
        postgres_columns: "key, id",
        is_numbered: true,
    },
    Table {
        name: "topics",
        from_postgres: "select key, site_key, id from topics order by key",
        sqlite_columns: &["key", "site_key", "id"],
        from_sqlite: "select key, site_key, id from topics order by key",
        postgres_columns: "key, site_key, id",
        is_numbered: true,
    },
    Table {
        name: "items",
        from_postgres: "select key, id, site_key, topic_key, kind, post_key,
                          case state when 'held' then 0 when 'published' then 1 when 'declined' then 2 when 'hidden' then 3
                            when 'deleted' then 4 end,
                          is_example, is_owners,
                          case when state <> 'deleted' then key end, reason, recovery, created_at, helpful_at,
                          n_replies, n_heard, n_helped, n_me_too, flags, reported_at, flagged_at, imported_at,
                          edited_at, asked_at, escalated_at, objected_at, drill_state
                        from items
                        order by post_key is not null, key",
        sqlite_columns: &[
            "key",
            "id",
            "site_key",
            "topic_key",
            "kind",
            "post_key",
            "state_number",
            "is_example",
            "is_owners",
            "text_key",
            "reason",
            "recovery",
            "created_at",
            "helpful_at",
            "n_replies",
            "n_heard",
            "n_helped",
            "n_me_too",
            "flags",
            "reported_at",
            "flagged_at",
            "imported_at",
            "edited_at",
            "asked_at",
            "escalated_at",
            "objected_at",
            "drill_state",
        ],
        from_sqlite:
            "select key, id, site_key, topic_key, kind, post_key, state, is_example, is_owners, reason, recovery,
                        created_at, helpful_at, n_replies, n_heard, n_helped, n_me_too, flags, reported_at, flagged_at,
                        imported_at, edited_at, asked_at, escalated_at, objected_at, drill_state
                      from items
                      order by post_key is not null, key",
        postgres_columns: "key, id, site_key, topic_key, kind, post_key, state, is_example, is_owners, reason, recovery, \
                           created_at, helpful_at, n_replies, n_heard, n_helped, n_me_too, flags, reported_at, flagged_at, \
                           imported_at, edited_at, asked_at, escalated_at, objected_at, drill_state",
        is_numbered: true,
    },
    Table {
        name: "drills",
        from_postgres: "select key, site_key, begun_at, until_at, ended_at, ending from drills order by key",
        sqlite_columns: &["key", "site_key", "begun_at", "until_at", "ended_at", "ending"],
        from_sqlite: "select key, site_key, begun_at, until_at, ended_at, ending from drills order by key",
        postgres_columns: "key, site_key, begun_at, until_at, ended_at, ending",
        is_numbered: true,
    },
    Table {
        name: "drill_items",
        from_postgres: "select key, drill_key, urgency, expected, item_key, claimed_at, passed_on_at, decided_at, outcome
                        from drill_items
                        order by key",
        sqlite_columns: &[
            "key",
            "drill_key",
            "urgency",
            "expected",
            "item_key",
            "claimed_at",
            "passed_on_at",
            "decided_at",
            "outcome",
        ],
        from_sqlite: "select key, drill_key, urgency, expected, item_key, claimed_at, passed_on_at, decided_at, outcome
                      from drill_items
                      order by key",
        postgres_columns: "key, drill_key, urgency, expected, item_key, claimed_at, passed_on_at, decided_at, outcome",
        is_numbered: true,
    },
    Table {
        name: "item_texts",
        // Not the texts of an import that is not finished: it cannot go on elsewhere.
        from_postgres: "select item_key, lang, author, notes, text
                        from item_texts
                        join items on items.key = item_texts.item_key
                        order by item_key",
        sqlite_columns: &["key", "lang", "author", "notes", "text"],
        from_sqlite: "select items.key, lang, author, notes, text
                      from items
                      join item_texts on item_texts.key = items.text_key
                      order by items.key",
        postgres_columns: "item_key, lang, author, notes, text",
        is_numbered: false,
    },
    Table {
        name: "votes",
        from_postgres: "select item_key, reaction, voter from votes order by item_key, reaction, voter",
        sqlite_columns: &["item_key", "reaction", "voter"],
        from_sqlite: "select item_key, reaction, voter from votes order by item_key, reaction, voter",
        postgres_columns: "item_key, reaction, voter",
        is_numbered: false,
    },
    Table {
        name: "reports",
        from_postgres: "select item_key, reporter, reason, receipt, reported_at, has_force, is_decided
                        from reports
                        order by item_key, reporter",
        sqlite_columns: &[
            "item_key",
            "reporter",
            "reason",
            "receipt",
            "reported_at",
            "has_force",
            "is_decided",
        ],
        from_sqlite: "select item_key, reporter, reason, receipt, reported_at, has_force, is_decided
                      from reports
                      order by item_key, reporter",
        postgres_columns: "item_key, reporter, reason, receipt, reported_at, has_force, is_decided",
        is_numbered: false,
    },
    Table {
        name: "idempotency_keys",
        from_postgres: "select key_hash, request_hash, item_key, created_at from idempotency_keys order by key_hash",
        sqlite_columns: &["key_hash", "request_hash", "item_key", "created_at"],
        from_sqlite: "select key_hash, request_hash, item_key, created_at from idempotency_keys order by key_hash",
        postgres_columns: "key_hash, request_hash, item_key, created_at",
        is_numbered: false,
    },
    Table {
        name: "word_keys",
        from_postgres: "select key_hash, request_hash, item_key, created_at from word_keys order by key_hash",
        sqlite_columns: &["key_hash", "request_hash", "item_key", "created_at"],
        from_sqlite: "select key_hash, request_hash, item_key, created_at from word_keys order by key_hash",
        postgres_columns: "key_hash, request_hash, item_key, created_at",
        is_numbered: false,
    },
    Table {
        name: "moderators",
        from_postgres: "select key, name, role, created_at, closed_at from moderators order by key",
        sqlite_columns: &["key", "name", "role", "created_at", "closed_at"],
        from_sqlite: "select key, name, role, created_at, closed_at from moderators order by key",
        postgres_columns: "key, name, role, created_at, closed_at",
        is_numbered: true,
    },
    Table {
        name: "site_roles",
        from_postgres: "select moderator_key, site_key, role from site_roles order by moderator_key, site_key",
        sqlite_columns: &["moderator_key", "site_key", "role"],
        from_sqlite: "select moderator_key, site_key, role from site_roles order by moderator_key, site_key",
        postgres_columns: "moderator_key, site_key, role",
        is_numbered: false,
    },
    Table {
        name: "side_texts",
        from_postgres: "select key, item_key, side, moderator_key, to_moderator_key, notes, text, created_at
                        from side_texts
                        order by key",
        sqlite_columns: &["key", "item_key", "side", "moderator_key", "to_moderator_key", "notes", "text", "created_at"],
        from_sqlite: "select key, item_key, side, moderator_key, to_moderator_key, notes, text, created_at
                      from side_texts
                      where side <> 'x'
                      order by key",
        postgres_columns: "key, item_key, side, moderator_key, to_moderator_key, notes, text, created_at",
        is_numbered: true,
    },
    Table {
        name: "sign_in_codes",
        from_postgres: "select code_hash, moderator_key, expires_at from sign_in_codes order by code_hash",
        sqlite_columns: &["code_hash", "moderator_key", "expires_at"],
        from_sqlite: "select code_hash, moderator_key, expires_at from sign_in_codes order by code_hash",
        postgres_columns: "code_hash, moderator_key, expires_at",
        is_numbered: false,
    },
    Table {
        name: "sessions",
        from_postgres: "select key, session_hash, moderator_key, is_by_code, device, begun_at, seen_at, expires_at
                        from sessions
                        order by key",
        sqlite_columns: &["key", "session_hash", "moderator_key", "is_by_code", "device", "begun_at", "seen_at", "expires_at"],
        from_sqlite: "select key, session_hash, moderator_key, is_by_code, device, begun_at, seen_at, expires_at
                      from sessions
                      order by key",
        postgres_columns: "key, session_hash, moderator_key, is_by_code, device, begun_at, seen_at, expires_at",
        is_numbered: true,
    },
    Table {
        name: "credentials",
        from_postgres: "select moderator_key, password, authenticator, step, new_authenticator, new_authenticator_at
                        from credentials
                        order by moderator_key",
        sqlite_columns: &["moderator_key", "password", "authenticator", "step", "new_authenticator", "new_authenticator_at"],
        from_sqlite: "select moderator_key, password, authenticator, step, new_authenticator, new_authenticator_at
                      from credentials
                      order by moderator_key",
        postgres_columns: "moderator_key, password, authenticator, step, new_authenticator, new_authenticator_at",
        is_numbered: false,
    },
    Table {
        name: "account_recovery_codes",
        from_postgres: "select moderator_key, code_hash
                        from account_recovery_codes
                        order by moderator_key, code_hash",
        sqlite_columns: &["moderator_key", "code_hash"],
        from_sqlite: "select moderator_key, code_hash
                      from account_recovery_codes
                      order by moderator_key, code_hash",
        postgres_columns: "moderator_key, code_hash",
        is_numbered: false,
    },
    Table {
        name: "sign_in_attempts",
        from_postgres: "select name_hash, moderator_key, n_tries, tried_at, waits_until
                        from sign_in_attempts
                        order by name_hash",
        sqlite_columns: &["name_hash", "moderator_key", "n_tries", "tried_at", "waits_until"],
        from_sqlite: "select name_hash, moderator_key, n_tries, tried_at, waits_until
                      from sign_in_attempts
                      order by name_hash",
        postgres_columns: "name_hash, moderator_key, n_tries, tried_at, waits_until",
        is_numbered: false,
    },
    Table {
        name: "account_events",
        from_postgres: "select key, moderator_key, event, at
                        from account_events
                        order by key",
        sqlite_columns: &["key", "moderator_key", "event", "at"],
        from_sqlite: "select key, moderator_key, event, at
                      from account_events
                      order by key",
        postgres_columns: "key, moderator_key, event, at",
        is_numbered: true,
    },
    Table {
        name: "decisions",
        from_postgres: "select key, item_id, moderator_key, rule, decision, reason, decided_at, n_taken_out, notes, second_key
                        from decisions
                        order by key",
        sqlite_columns: &["key", "item_id", "moderator_key", "rule", "decision", "reason", "decided_at", "n_taken_out", "notes", "second_key"],
        from_sqlite: "select key, item_id, moderator_key, rule, decision, reason, decided_at, n_taken_out, notes, second_key
                      from decisions
                      order by key",
        postgres_columns: "key, item_id, moderator_key, rule, decision, reason, decided_at, n_taken_out, notes, second_key",
        is_numbered: true,
    },
    Table {
        name: "proposals",
        from_postgres: "select key, item_id, moderator_key, decision, reason, n_decisions, proposed_at, outcome, settled_by_key, settled_at from proposals order by key",
        sqlite_columns: &["key", "item_id", "moderator_key", "decision", "reason", "n_decisions", "proposed_at", "outcome", "settled_by_key", "settled_at"],
        from_sqlite: "select key, item_id, moderator_key, decision, reason, n_decisions, proposed_at, outcome, settled_by_key, settled_at from proposals order by key",
        postgres_columns: "key, item_id, moderator_key, decision, reason, n_decisions, proposed_at, outcome, settled_by_key, settled_at",
        is_numbered: true,
    },
    Table {
        name: "objections",
        from_postgres: "select key, item_id, decision_key, objected_at, outcome, answer_key, is_same_person, answered_at
                        from objections
                        order by key",
        sqlite_columns: &["key", "item_id", "decision_key", "objected_at", "outcome", "answer_key", "is_same_person", "answered_at"],
        from_sqlite: "select key, item_id, decision_key, objected_at, outcome, answer_key, is_same_person, answered_at
                      from objections
                      order by key",
        postgres_columns: "key, item_id, decision_key, objected_at, outcome, answer_key, is_same_person, answered_at",
        is_numbered: true,
    },
    Table {
        name: "tallies",
        from_postgres: "select key, site_key, quarter, what, which, n from tallies order by key",
        sqlite_columns: &["key", "site_key", "quarter", "what", "which", "n"],
        from_sqlite: "select key, site_key, quarter, what, which, n from tallies order by key",
        postgres_columns: "key, site_key, quarter, what, which, n",
        is_numbered: true,
    },
    Table {
        name: "audit",
        from_postgres: "select n, at, site, moderator, name, act, item_id, account, why, hash from audit order by n",
        sqlite_columns: &["n", "at", "site", "moderator", "name", "act", "item_id", "account", "why", "hash"],
        from_sqlite: "select n, at, site, moderator, name, act, item_id, account, why, hash from audit order by n",
        postgres_columns: "n, at, site, moderator, name, act, item_id, account, why, hash",
        is_numbered: false,
    },
    Table {
        name: "claims",
        from_postgres: "select item_key, moderator_key, expires_at from claims order by item_key",
        sqlite_columns: &["item_key", "moderator_key", "expires_at"],
        from_sqlite: "select item_key, moderator_key, expires_at from claims order by item_key",
        postgres_columns: "item_key, moderator_key, expires_at",
        is_numbered: false,
    },
    Table {
        name: "desk_events",
        from_postgres: "select key, item_id, event, moderator_key, other_key, at from desk_events order by key",
        sqlite_columns: &["key", "item_id", "event", "moderator_key", "other_key", "at"],
        from_sqlite: "select key, item_id, event, moderator_key, other_key, at from desk_events order by key",
        postgres_columns: "key, item_id, event, moderator_key, other_key, at",
        is_numbered: true,
    },
    Table {
        name: "escalations",
        from_postgres: "select key, item_id, moderator_key, note, escalated_at from escalations order by key",
        sqlite_columns: &["key", "item_id", "moderator_key", "note", "escalated_at"],
        from_sqlite: "select key, item_id, moderator_key, note, escalated_at from escalations order by key",
        postgres_columns: "key, item_id, moderator_key, note, escalated_at",
        is_numbered: true,
    },
    Table {
        name: "notices",
        from_postgres: "select key, site_key, occasion, item_id, noticed_at from notices order by key",
        sqlite_columns: &["key", "site_key", "occasion", "item_id", "noticed_at"],
        from_sqlite: "select key, site_key, occasion, item_id, noticed_at from notices order by key",
        postgres_columns: "key, site_key, occasion, item_id, noticed_at",
        is_numbered: true,
    },
    Table {
        name: "deliveries",
        from_postgres: "select key, id, site_key, occasion, item_id, channel, created_at, n_tries, due_at, failure,
                          given_up_at
                        from deliveries
                        order by key",
        sqlite_columns: &[
            "key",
            "id",
            "site_key",
            "occasion",
            "item_id",
            "channel",
            "created_at",
            "n_tries",
            "due_at",
            "failure",
            "given_up_at",
        ],
        from_sqlite: "select key, id, site_key, occasion, item_id, channel, created_at, n_tries, due_at, failure, given_up_at
                      from deliveries
                      order by key",
        postgres_columns: "key, id, site_key, occasion, item_id, channel, created_at, n_tries, due_at, failure, given_up_at",
        is_numbered: true,
    },
    Table {
        name: "site_changes",
        from_postgres: "select key, site_key, what, rule, until_at, is_on, moderator_key, changed_at
                        from site_changes
                        order by key",
        sqlite_columns: &["key", "site_key", "what", "rule", "until_at", "is_on", "moderator_key", "changed_at"],
        from_sqlite: "select key, site_key, what, rule, until_at, is_on, moderator_key, changed_at
                      from site_changes
                      order by key",
        postgres_columns: "key, site_key, what, rule, until_at, is_on, moderator_key, changed_at",
        is_numbered: true,
    },
    Table {
        name: "site_texts",
        from_postgres: "select key, site_key, shelf, place, name, text from site_texts order by key",
        sqlite_columns: &["key", "site_key", "shelf", "place", "name", "text"],
        from_sqlite: "select key, site_key, shelf, place, name, text from site_texts order by key",
        postgres_columns: "key, site_key, shelf, place, name, text",
        is_numbered: true,
    },
    Table {
        name: "late_notices",
        from_postgres: "select site_key, noticed_at from late_notices order by site_key",
        sqlite_columns: &["site_key", "noticed_at"],
        from_sqlite: "select site_key, noticed_at from late_notices order by site_key",
        postgres_columns: "site_key, noticed_at",
        is_numbered: false,
    },
    Table {
        name: "cards",
        from_postgres: "select key, site_key, place, kind, title, text, lang from cards order by key",
        sqlite_columns: &["key", "site_key", "place", "kind", "title", "text", "lang"],
        from_sqlite: "select key, site_key, place, kind, title, text, lang from cards order by key",
        postgres_columns: "key, site_key, place, kind, title, text, lang",
        is_numbered: true,
    },
    Table {
        name: "card_changes",
        from_postgres: "select key, site_key, moderator_key, n_cards, changed_at from card_changes order by key",
        sqlite_columns: &["key", "site_key", "moderator_key", "n_cards", "changed_at"],
        from_sqlite: "select key, site_key, moderator_key, n_cards, changed_at from card_changes order by key",
        postgres_columns: "key, site_key, moderator_key, n_cards, changed_at",
        is_numbered: true,
    },
    Table {
        name: "presence",
        from_postgres: "select key, moderator_seen_at from presence",
        sqlite_columns: &["key", "moderator_seen_at"],
        from_sqlite: "select key, moderator_seen_at from presence",
        postgres_columns: "key, moderator_seen_at",
        is_numbered: false,
    },
    Table {
        name: "site_presence",
        from_postgres: "select site_key, moderator_seen_at from site_presence order by site_key",
        sqlite_columns: &["site_key", "moderator_seen_at"],
        from_sqlite: "select site_key, moderator_seen_at from site_presence order by site_key",
        postgres_columns: "site_key, moderator_seen_at",
        is_numbered: false,
    },
    Table {
        name: "line_reports",
        from_postgres: "select key, site_key, day, line, contact, problem, n_reports from line_reports order by key",
        sqlite_columns: &["key", "site_key", "day", "line", "contact", "problem", "n_reports"],
        from_sqlite: "select key, site_key, day, line, contact, problem, n_reports from line_reports order by key",
        postgres_columns: "key, site_key, day, line, contact, problem, n_reports",
        is_numbered: true,
    },
    Table {
        name: "imports",
        from_postgres: "select key, site_key, file_hash, key_hash, choices, begun_at, finished_at
                        from imports
                        where finished_at is not null
                        order by key",
        sqlite_columns: &["key", "site_key", "file_hash", "key_hash", "choices", "begun_at", "finished_at"],
        from_sqlite: "select key, site_key, file_hash, key_hash, choices, begun_at, finished_at
                      from imports
                      where finished_at is not null
                      order by key",
        postgres_columns: "key, site_key, file_hash, key_hash, choices, begun_at, finished_at",
        is_numbered: true,
    },
];

/// Copies one snapshot of the database to `file`, which must not exist.
pub(super) async fn from_postgres(pool: &PgPool, file: &Path, terms: CopyTerms) -> Result<(), StoreError> {
    let file = file.to_owned();
    let (rows, received) = channel(N_WAITING);
    let written = tokio::task::spawn_blocking(move || write_rows(&file, received, terms));
    let sent = send_rows(pool, rows).await;
    // When the file cannot be written, sending fails only because of that.
    written.await.map_err(StoreError::database)??;
    sent
}

/// Sends each row together with the place of its table; the last message says that all were sent.
async fn send_rows(pool: &PgPool, rows: Sender<Option<(usize, Vec<Value>)>>) -> Result<(), StoreError> {
    let mut tx = pool.begin_with("begin transaction isolation level repeatable read read only").await?;
    unhurried(&mut tx).await?;
    // Before the first look: emptying a table, as deletions do, would show even to those who look at an older moment.
    tx.execute("lock table item_texts, side_texts in access share mode").await?;
    for (place, table) in TABLES.iter().enumerate() {
        let mut found = sqlx::query(table.from_postgres).fetch(&mut *tx);
        while let Some(row) = found.try_next().await? {
            rows.send(Some((place, values(&row)?))).await.map_err(|_| StoreError::Closed)?;
        }
    }
    rows.send(None).await.map_err(|_| StoreError::Closed)
}

fn values(row: &PgRow) -> Result<Vec<Value>, StoreError> {
    let value = |place: usize| -> Result<Option<Value>, sqlx::Error> {
        Ok(match row.column(place).type_info().name() {
            "INT8" => row.try_get::<Option<i64>, _>(place)?.map(Value::Integer),
            "INT4" => row.try_get::<Option<i32>, _>(place)?.map(|n| Value::Integer(n.into())),
            "BOOL" => row.try_get::<Option<bool>, _>(place)?.map(|is| Value::Integer(is.into())),
            "BYTEA" => row.try_get::<Option<Vec<u8>>, _>(place)?.map(Value::Blob),
            _ => row.try_get::<Option<String>, _>(place)?.map(Value::Text),
        })
    };
    Ok((0..row.len())
        .map(|place| value(place).map(|v| v.unwrap_or(Value::Null)))
        .collect::<Result<_, _>>()?)
}

fn write_rows(
    file: &Path,
    mut rows: Receiver<Option<(usize, Vec<Value>)>>,
    terms: CopyTerms,
) -> Result<(), StoreError> {
    let mut copy = sqlite::create_copy(file)?;
    let tx = copy.transaction()?;
    loop {
        match rows.blocking_recv() {
            Some(Some((place, values))) => {
                tx.prepare_cached(&insert(&TABLES[place]))?.execute(params_from_iter(values))?;
            }
            Some(None) => break,
            // The file stays without its data, so that it is not taken for a copy.
            None => return Ok(()),
        }
    }
    sqlite::write_terms(&tx, terms)?;
    tx.commit()?;
    sqlite::finish_copy(copy, file)
}

/// Made of the names above only.
fn insert(table: &Table) -> String {
    let places = vec!["?"; table.sqlite_columns.len()].join(", ");
    format!("insert into {} ({}) values ({places})", table.name, table.sqlite_columns.join(", "))
}

/// Fills an empty SQLite database from a copy.
pub(super) async fn to_sqlite(path: &Path, file: &Path) -> Result<(), StoreError> {
    if path.exists() {
        let there = Sqlite::open(path).await?;
        let is_empty = there.is_empty().await;
        there.close().await;
        if !is_empty? {
            return Err(StoreError::NotEmpty);
        }
    }
    let (to, from) = (path.to_owned(), file.to_owned());
    tokio::task::spawn_blocking(move || replace(&to, &from)).await.map_err(StoreError::database)??;
    // Brings an older copy up to date, and flushes the folder's entry with the first commit.
    let there = Sqlite::open(path).await?;
    let settled = there.settle_restored().await;
    there.close().await;
    settled
}

/// Puts a whole copy in place of the files of an empty database.
fn replace(path: &Path, file: &Path) -> Result<(), StoreError> {
    sqlite::check_copy(file)?;
    let replaced = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        // Under another name first: half a database must not be taken for a whole one.
        let half = with_suffix(path, ".restoring");
        let mut to = sqlite::create_private(&half, false)?;
        to.set_len(0)?;
        std::io::copy(&mut fs::File::open(file)?, &mut to)?;
        to.sync_all()?;
        for suffix in ["", "-wal", "-shm"] {
            match fs::remove_file(with_suffix(path, suffix)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&half, path)
    };
    replaced().map_err(StoreError::database)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Fills an empty PostgreSQL database from a copy.
pub(super) async fn to_postgres(url: &str, file: &Path) -> Result<(), StoreError> {
    let store = Postgres::connect(url).await?;
    let restored = fill(store.pool(), file).await;
    store.close().await;
    restored
}

async fn fill(pool: &PgPool, file: &Path) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    unhurried(&mut tx).await?;
    // Others wait, rather than add to what is being filled.
    tx.execute("lock table sites, items, moderators, decisions in exclusive mode").await?;
    let is_empty: bool = sqlx::query_scalar(
        "select not exists (select 1 from sites)
           and not exists (select 1 from moderators)
           and not exists (select 1 from decisions)",
    )
    .fetch_one(&mut *tx)
    .await?;
    if !is_empty {
        return Err(StoreError::NotEmpty);
    }
    let file = file.to_owned();
    let (pieces, mut received) = channel(N_WAITING);
    let read = tokio::task::spawn_blocking(move || read_pieces(&file, &pieces));
    let filled = receive_pieces(&mut tx, &mut received).await;
    drop(received);
    // When PostgreSQL refuses a row, reading fails only because of that.
    let read = read.await.map_err(StoreError::database)?;
    filled?;
    read?;
    for table in TABLES.iter().filter(|table| table.is_numbered) {
        let next = format!(
            "select setval(pg_get_serial_sequence('{0}', 'key'), coalesce(max(key), 0) + 1, false) from {0}",
            table.name
        );
        tx.execute(AssertSqlSafe(next)).await?;
    }
    Ok(tx.commit().await?)
}

/// Part of a table in the format of `copy`, with its place.
type Piece = (usize, Vec<u8>);

async fn receive_pieces(db: &mut PgConnection, pieces: &mut Receiver<Piece>) -> Result<(), StoreError> {
    let mut waiting = pieces.recv().await;
    while let Some((place, first)) = waiting.take() {
        let Table { name, postgres_columns, .. } = &TABLES[place];
        let mut copy = db.copy_in_raw(&format!("copy {name} ({postgres_columns}) from stdin")).await?;
        copy.send(first).await?;
        loop {
            match pieces.recv().await {
                Some((same, piece)) if same == place => {
                    copy.send(piece).await?;
                }
                other => {
                    waiting = other;
                    break;
                }
            }
        }
        copy.finish().await?;
    }
    Ok(())
}

fn read_pieces(file: &Path, pieces: &Sender<Piece>) -> Result<(), StoreError> {
    let copy = sqlite::check_copy(file)?;
    for (place, table) in TABLES.iter().enumerate() {
        let mut statement = copy.prepare(table.from_sqlite)?;
        let n_columns = statement.column_count();
        let mut rows = statement.query([])?;
        let mut piece = String::new();
        while let Some(row) = rows.next()? {
            for column in 0..n_columns {
                if column > 0 {
                    piece.push('\t');
                }
                write_value(&mut piece, row.get_ref(column)?)?;
            }
            piece.push('\n');
            if piece.len() >= PIECE_BYTES {
                let full = std::mem::take(&mut piece).into_bytes();
                pieces.blocking_send((place, full)).map_err(|_| StoreError::Closed)?;
            }
        }
        if !piece.is_empty() {
            pieces.blocking_send((place, piece.into_bytes())).map_err(|_| StoreError::Closed)?;
        }
    }
    Ok(())
}

/// One value in the text format of `copy`.
fn write_value(piece: &mut String, value: ValueRef<'_>) -> Result<(), StoreError> {
    match value {
        ValueRef::Null => piece.push_str("\\N"),
        ValueRef::Integer(number) => write!(piece, "{number}").map_err(StoreError::database)?,
        ValueRef::Blob(bytes) => {
            piece.push_str("\\\\x");
            for byte in bytes {
                write!(piece, "{byte:02x}").map_err(StoreError::database)?;
            }
        }
        ValueRef::Text(text) => {
            for c in std::str::from_utf8(text).map_err(StoreError::database)?.chars() {
                match c {
                    '\\' => piece.push_str("\\\\"),
                    '\t' => piece.push_str("\\t"),
                    '\n' => piece.push_str("\\n"),
                    '\r' => piece.push_str("\\r"),
                    c => piece.push(c),
                }
            }
        }
        ValueRef::Real(_) => return Err(StoreError::database("the copy holds a number that no column has")),
    }
    Ok(())
}
