//! The schema: by which changes it came to be, and which servers go on serving while another one makes them.

use std::collections::BTreeSet;

use sqlx::Executor;
use sqlx::migrate::{Migrate, Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnection;

use crate::store::StoreError;

/// How every server calls itself at the database, with `/` and the number of changes that it knows behind.
const PROGRAM: &str = "peer-support-server";

/// One change of the schema.
#[derive(Clone, Copy)]
pub(super) struct Change {
    name: &'static str,
    sql: &'static str,
    /// How many changes a server must know to go on serving while this one is made and afterwards; `None` when it must know
    /// this one.
    borne_from: Option<i64>,
}

impl Change {
    /// One before and after which no server works that does not know it.
    const fn alone(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, borne_from: None }
    }

    /// One that is borne by servers that know this many changes: for them, all that they read and write stays as it is, and
    /// no table is locked for longer than a moment.
    const fn borne_from(n_known: i64, name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, borne_from: Some(n_known) }
    }

    /// What is written down about it, for servers that do not know it.
    fn description(&self) -> String {
        match self.borne_from {
            Some(n_known) => format!("{}{BORNE}{n_known}", self.name),
            None => self.name.to_owned(),
        }
    }
}

/// What stands between a change's name and the number of changes that a server must know.
const BORNE: &str = ", borne from ";

/// In the order they were shipped. What has shipped is never edited.
pub(super) const CHANGES: &[Change] = &[
    Change::alone("items", include_str!("migrations/0001_items.sql")),
    Change::alone("line_reports", include_str!("migrations/0002_line_reports.sql")),
    Change::alone("flags", include_str!("migrations/0003_flags.sql")),
    Change::alone("notes", include_str!("migrations/0004_notes.sql")),
    Change::alone("cards", include_str!("migrations/0005_cards.sql")),
    Change::alone("reports", include_str!("migrations/0006_reports.sql")),
    Change::alone("imports", include_str!("migrations/0007_imports.sql")),
    Change::alone("side_texts", include_str!("migrations/0008_side_texts.sql")),
    Change::alone("search", include_str!("migrations/0009_search.sql")),
    Change::alone("word_keys", include_str!("migrations/0010_word_keys.sql")),
    Change::alone("accounts", include_str!("migrations/0011_accounts.sql")),
    Change::alone("risk", include_str!("migrations/0012_risk.sql")),
    Change::alone("desk", include_str!("migrations/0013_desk.sql")),
    Change::alone("outbox", include_str!("migrations/0014_outbox.sql")),
    Change::alone("sites", include_str!("migrations/0015_sites.sql")),
    Change::alone("record", include_str!("migrations/0016_record.sql")),
    Change::alone("find", include_str!("migrations/0017_find.sql")),
    Change::alone("rights", include_str!("migrations/0018_rights.sql")),
    Change::alone("drills", include_str!("migrations/0019_drills.sql")),
    Change::borne_from(19, "clock", include_str!("migrations/0020_clock.sql")),
];

/// How a server that knows these changes calls itself at the database, so that others see which version is at work.
pub(super) fn program_name(changes: &[Change]) -> String {
    format!("{PROGRAM}/{}", changes.len())
}

/// How many changes the server of this name knows; none when it is of a time when servers did not say.
fn known_by(program_name: &str) -> i64 {
    program_name.rsplit_once('/').and_then(|(_, n_known)| n_known.parse().ok()).unwrap_or(0)
}

/// Makes the changes that were not made yet, under an advisory lock, which `connection` holds until it is closed.
///
/// # Errors
///
/// [`StoreError::NewerSchema`] when changes were made that these do not bear, [`StoreError::OlderServers`] when servers are at
/// work that do not bear what is to be done; then nothing is changed.
pub(super) async fn bring_up_to_date(
    connection: &mut PgConnection,
    changes: &'static [Change],
) -> Result<(), StoreError> {
    connection.lock().await.map_err(StoreError::database)?;
    let is_new: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is null")
        .fetch_one(&mut *connection)
        .await?;
    let made: Vec<(i64, String)> = if is_new {
        Vec::new()
    } else {
        // Where sqlx writes down what it did.
        let made = "select version, description from _sqlx_migrations";
        sqlx::query_as(made).fetch_all(&mut *connection).await?
    };
    let n_known = changes.len() as i64;
    let is_borne = |description: &str| {
        let needed = description.rsplit_once(BORNE).and_then(|(_, needed)| needed.parse::<i64>().ok());
        needed.is_some_and(|needed| needed <= n_known)
    };
    if made.iter().any(|(version, description)| *version > n_known && !is_borne(description)) {
        return Err(StoreError::NewerSchema);
    }
    let made: BTreeSet<i64> = made.into_iter().map(|(version, _)| version).collect();
    let pending = changes.iter().zip(1..).filter(|(_, version)| !made.contains(version));
    if let Some(needed) = pending.map(|(change, version)| change.borne_from.unwrap_or(version)).max() {
        let n_older = n_older_connections(connection, needed).await?;
        if n_older > 0 {
            return Err(StoreError::OlderServers(n_older));
        }
    }
    // Whoever waits for a table's lock holds up all who come to the table after.
    connection.execute("set lock_timeout = '5s'").await?;
    let migrations = changes.iter().zip(1..).map(|(change, version)| {
        let sql = sqlx::SqlStr::from_static(change.sql);
        Migration::new(version, change.description().into(), MigrationType::Simple, sql, false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.set_locking(false).set_ignore_missing(true).run(connection).await.map_err(StoreError::database)
}

/// How many connections servers have that know fewer changes than are needed.
async fn n_older_connections(connection: &mut PgConnection, needed: i64) -> Result<usize, StoreError> {
    let names: Vec<String> = sqlx::query_scalar(
        "select application_name
         from pg_stat_activity
         where datname = current_database()
           and split_part(application_name, '/', 1) = $1",
    )
    .bind(PROGRAM)
    .fetch_all(connection)
    .await?;
    Ok(names.iter().filter(|name| known_by(name) < needed).count())
}

#[cfg(test)]
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../../../tests/support/postgres.rs"]
mod cluster;

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::super::Postgres;
    use super::cluster::Cluster;
    use super::*;
    use crate::store::Store;

    const N_KNOWN: i64 = CHANGES.len() as i64;

    /// The changes of this version, and one more.
    fn and_one(change: Change) -> &'static [Change] {
        Vec::leak([CHANGES, &[change][..]].concat())
    }

    /// What the next version may do while this one serves.
    static ADDITIVE: LazyLock<&[Change]> = LazyLock::new(|| {
        let sql =
            "create table moods (item_key bigint primary key references items on delete cascade, mood text);
                   alter table items add column mood text;";
        and_one(Change::borne_from(N_KNOWN, "moods", sql))
    });
    /// What it may do only when this one is gone.
    static BREAKING: LazyLock<&[Change]> = LazyLock::new(|| {
        and_one(Change::alone("no_drills", "alter table items rename column flags to marks"))
    });

    async fn new_database() -> String {
        Cluster::shared().new_database("template1").await
    }

    #[tokio::test]
    async fn a_server_goes_on_and_starts_again_while_the_next_version_adds_to_the_schema() {
        let url = new_database().await;
        let older = Postgres::connect(&url).await.unwrap();

        let newer = Postgres::connect_knowing(&url, &ADDITIVE).await.unwrap();

        for store in [&older, &newer, &Postgres::connect(&url).await.unwrap()] {
            store.ping().await.unwrap();
            store.index().await.unwrap();
            store.purge(0, 0).await.unwrap();
            store.close().await;
        }
    }

    #[tokio::test]
    async fn what_an_older_server_does_not_bear_waits_until_it_has_gone() {
        let url = new_database().await;
        let older = Postgres::connect(&url).await.unwrap();

        let refused = Postgres::connect_knowing(&url, &BREAKING).await.err();

        assert!(matches!(refused, Some(StoreError::OlderServers(1..))), "{refused:?}");
        older.index().await.unwrap();
        older.close().await;
        Postgres::connect_knowing(&url, &BREAKING).await.unwrap().close().await;
        let refused = Postgres::connect(&url).await.err();
        assert!(matches!(refused, Some(StoreError::NewerSchema)), "{refused:?}");
    }

    #[tokio::test]
    async fn a_change_that_waits_for_a_table_gives_up_before_all_others_wait_for_it() {
        let url = new_database().await;
        let older = Postgres::connect(&url).await.unwrap();
        let mut reading = older.pool.begin().await.unwrap();
        reading.execute("lock table items in access share mode").await.unwrap();

        let refused = Postgres::connect_knowing(&url, &ADDITIVE).await.err().unwrap();

        assert!(refused.to_string().contains("lock timeout"), "{refused}");
        reading.rollback().await.unwrap();
        Postgres::connect_knowing(&url, &ADDITIVE).await.unwrap().close().await;
        older.close().await;
    }

    #[tokio::test]
    async fn a_server_of_a_time_when_none_said_its_version_counts_as_older_than_all() {
        let url = new_database().await;
        let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
        Postgres::connect(&url).await.unwrap().close().await;
        let silent = sqlx::PgPool::connect_with(options.application_name(PROGRAM)).await.unwrap();

        let refused = Postgres::connect_knowing(&url, &ADDITIVE).await.err();

        assert!(matches!(refused, Some(StoreError::OlderServers(1))), "{refused:?}");
        silent.close().await;
    }
}
