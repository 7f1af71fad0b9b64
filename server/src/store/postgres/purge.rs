//! Forgetting what is past its time.

use peer_support_domain::limits::IDEMPOTENCY_WINDOW_MS;
use sqlx::postgres::PgPool;

use super::rewrite;
use crate::store::StoreError;

/// Items of one transaction, so that others do not wait long for their locks.
const BATCH_ITEMS: i64 = 500;

pub(super) async fn expired(pool: &PgPool, now: i64) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    sqlx::query("delete from idempotency_keys where created_at <= $1")
        .bind(now.saturating_sub(IDEMPOTENCY_WINDOW_MS))
        .execute(&mut *tx)
        .await?;
    sqlx::query("delete from sign_in_codes where expires_at <= $1").bind(now).execute(&mut *tx).await?;
    sqlx::query("delete from sessions where expires_at <= $1").bind(now).execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}

/// Removes some items of those that are past their time, with the replies to them; how many. Their texts are gone from
/// the files when all that is planned is rewritten.
pub(super) async fn items(pool: &PgPool, unpublished_before: i64) -> Result<u64, StoreError> {
    let mut tx = pool.begin().await?;
    // Servers that purge at the same time take different items.
    let keys: Vec<i64> = sqlx::query_scalar(
        "select key
         from items
         where (state = 'held' or state = 'declined' or state = 'deleted')
           and created_at < $1
           and (imported_at is null or imported_at < $1)
         order by key
         limit $2
         for update skip locked",
    )
    .bind(unpublished_before)
    .bind(BATCH_ITEMS)
    .fetch_all(&mut *tx)
    .await?;
    let n_replies = sqlx::query_scalar::<_, i64>(
        "select count(*)
         from items
         where post_key = any($1)
           and not key = any($1)",
    )
    .bind(&keys)
    .fetch_one(&mut *tx)
    .await?;
    let partitions: Vec<String> = sqlx::query_scalar(
        "with gone as (
           delete from item_texts
           using items
           where items.key = item_texts.item_key
             and (items.key = any($1) or items.post_key = any($1))
           returning item_texts.tableoid
         )
         select distinct tableoid::regclass::text
         from gone",
    )
    .bind(&keys)
    .fetch_all(&mut *tx)
    .await?;
    for partition in &partitions {
        rewrite::plan(&mut tx, partition).await?;
    }
    sqlx::query("delete from items where key = any($1)").bind(&keys).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(keys.len() as u64 + n_replies.cast_unsigned())
}
