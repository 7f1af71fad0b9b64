//! Taking deleted texts out of the tables' files, by rewriting the partition that held them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Executor};
use tokio::time::Instant;

use crate::store::StoreError;

/// How long to wait for transactions that began before a deletion and could still read the text. Backups are the longest.
const OLD_READERS_WITHIN: Duration = Duration::from_secs(60);
/// How often to look whether they have ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Notes, in the transaction that deletes a text, that its partition must be rewritten.
pub(super) async fn plan(db: &mut PgConnection, partition: &str) -> Result<(), StoreError> {
    sqlx::query("insert into text_rewrites (partition_name) values ($1)").bind(partition).execute(db).await?;
    Ok(())
}

/// Rewrites partitions; deletions that come while one is being rewritten share the next rewriting of it.
pub(super) struct Rewriter {
    pool: PgPool,
    partitions: Mutex<HashMap<String, Arc<Partition>>>,
}

#[derive(Default)]
struct Partition {
    /// Deletions that were committed so far.
    n_asked: AtomicU64,
    /// How many of them the last rewriting covered; held while rewriting.
    n_covered: tokio::sync::Mutex<u64>,
}

impl Rewriter {
    pub(super) fn new(pool: PgPool) -> Self {
        Self { pool, partitions: Mutex::default() }
    }

    /// Returns when nothing is left in the partition's file of what was deleted, and committed, before the call.
    ///
    /// Goes on in the background when the caller gives up.
    pub(super) async fn rewrite(self: &Arc<Self>, partition_name: String) -> Result<(), StoreError> {
        let this = Arc::clone(self);
        tokio::spawn(async move { this.rewrite_once(&partition_name).await }).await.map_err(StoreError::database)?
    }

    async fn rewrite_once(&self, partition_name: &str) -> Result<(), StoreError> {
        let partition = {
            let mut partitions = self.partitions.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(partitions.entry(partition_name.to_owned()).or_default())
        };
        let number = partition.n_asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut n_covered = partition.n_covered.lock().await;
        if *n_covered >= number {
            return Ok(());
        }
        let covers = partition.n_asked.load(Ordering::SeqCst);
        rewrite_now(&self.pool, partition_name).await?;
        *n_covered = covers;
        Ok(())
    }

    /// Rewrites what any server planned and has not done, for example because it was killed.
    pub(super) async fn finish_all(self: &Arc<Self>) -> Result<(), StoreError> {
        let partition_names: Vec<String> =
            sqlx::query_scalar("select distinct partition_name from text_rewrites").fetch_all(&self.pool).await?;
        for partition_name in partition_names {
            self.rewrite(partition_name).await?;
        }
        Ok(())
    }

    /// Waits for the rewriting that is under way.
    pub(super) async fn settle(&self) {
        let partitions: Vec<_> =
            self.partitions.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for partition in partitions {
            drop(partition.n_covered.lock().await);
        }
    }
}

async fn rewrite_now(pool: &PgPool, partition_name: &str) -> Result<(), StoreError> {
    let planned: Vec<i64> = sqlx::query_scalar("select key from text_rewrites where partition_name = $1")
        .bind(partition_name)
        .fetch_all(pool)
        .await?;
    let until = Instant::now() + OLD_READERS_WITHIN;
    while is_readable(pool, &planned).await? {
        if Instant::now() > until {
            return Err(StoreError::database(
                "a long transaction could still read what was deleted; it is tried again with the next purge",
            ));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    // Names cannot be parameters. This one was made by our migration and read from the catalogue. The table is written
    // to a new file and the old one is cut to no bytes; readers of these texts wait for that long.
    pool.execute(AssertSqlSafe(format!("vacuum full {partition_name}"))).await?;
    sqlx::query("delete from text_rewrites where key = any($1)").bind(&planned).execute(pool).await?;
    Ok(())
}

/// Whether a transaction is still open that began before these deletions were committed: rewriting would keep what it
/// can read. A vacuum by PostgreSQL itself reads no texts for others and does not count.
async fn is_readable(pool: &PgPool, planned: &[i64]) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "select exists (
           select 1
           from text_rewrites
           join (
             select greatest(age(backend_xmin), age(backend_xid)) as age
             from pg_stat_activity
             where (datname is null or datname = current_database())
               and pid <> pg_backend_pid()
               and (query not like 'autovacuum: VACUUM %' or query like 'autovacuum: VACUUM ANALYZE %')
             union all
             select age(xmin)
             from pg_replication_slots
             union all
             select age(transaction)
             from pg_prepared_xacts
             where database = current_database()
           ) as readers on readers.age >= age(text_rewrites.xmin)
           where key = any($1)
         ) or exists (
           -- A connection that is being made reads the catalogue before it is known to which database it goes.
           select 1
           from pg_locks
           where locktype = 'virtualxid'
             and not exists (
               select 1
               from pg_stat_activity
               where pg_stat_activity.pid = pg_locks.pid
             )
         )",
    )
    .bind(planned)
    .fetch_one(pool)
    .await?)
}
