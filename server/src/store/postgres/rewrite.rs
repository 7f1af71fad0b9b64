//! Taking deleted texts out of the tables' files, by rewriting the partition that held them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Executor};
use tokio::time::Instant;

use crate::store::StoreError;

/// How long to wait for others that read the partition. Backups are the longest; after one that takes longer, the next
/// purge rewrites it.
const READERS_WITHIN: Duration = Duration::from_secs(60);
/// How long to stand in the line for the partition at a time: others who come to read it wait behind us.
const LOCK_WITHIN_MS: u64 = 100;
/// How long to let them pass before the next try.
const TRY_EVERY: Duration = Duration::from_millis(100);

/// Notes, in the transaction that deletes a text, that its partition must be rewritten.
pub(super) async fn plan(db: &mut PgConnection, partition: &str) -> Result<(), StoreError> {
    sqlx::query("insert into text_rewrites (partition_name) values ($1)").bind(partition).execute(db).await?;
    Ok(())
}

/// Deletes the texts of these items; the partitions that are planned to be rewritten for it.
pub(super) async fn delete_texts(
    db: &mut PgConnection,
    item_keys: &[i64],
) -> Result<Vec<String>, StoreError> {
    let partitions: Vec<String> = sqlx::query_scalar(
        "with gone as (
           delete from item_texts
           where item_key = any($1)
           returning tableoid
         )
         select distinct tableoid::regclass::text
         from gone",
    )
    .bind(item_keys)
    .fetch_all(&mut *db)
    .await?;
    for partition in &partitions {
        plan(db, partition).await?;
    }
    Ok(partitions)
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
        tokio::spawn(async move { this.rewrite_once(&partition_name).await })
            .await
            .map_err(StoreError::database)?
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
            sqlx::query_scalar("select distinct partition_name from text_rewrites")
                .fetch_all(&self.pool)
                .await?;
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
    let until = Instant::now() + READERS_WITHIN;
    loop {
        match rewrite_once_unread(pool, partition_name).await {
            Err(error) if is_lock_timeout(&error) && Instant::now() < until => {
                tokio::time::sleep(TRY_EVERY).await
            }
            outcome => return outcome,
        }
    }
}

/// Writes what is left of the partition to a new file; the old one is cut to no bytes with the commit.
///
/// `vacuum full` would keep what any older transaction can still read, also one of another database. Emptying the table
/// keeps nothing, and hides nothing from others: each statement locks the tables that it reads before it looks, and
/// [`copy`](crate::store::copy) locks them before its first look.
async fn rewrite_once_unread(pool: &PgPool, partition_name: &str) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    // Names cannot be parameters. This one was made by our migration and read from the catalogue.
    let sql = format!(
        "set local statement_timeout = 0;
         set local lock_timeout = {LOCK_WITHIN_MS};
         lock table {partition_name} in access exclusive mode;
         create temporary table kept (like {partition_name} including storage) on commit drop;
         insert into kept select * from {partition_name};
         truncate {partition_name};
         insert into {partition_name} select * from kept order by 1;
         delete from text_rewrites where partition_name = '{partition_name}';"
    );
    tx.execute(AssertSqlSafe(sql)).await?;
    Ok(tx.commit().await?)
}

fn is_lock_timeout(error: &StoreError) -> bool {
    // lock_not_available
    matches!(error, StoreError::Database(error) if super::sql_state(&**error).as_deref() == Some("55P03"))
}
