//! Forgetting what is past its time.

use peer_support_domain::limits::{
    ACCOUNT_EVENT_RETENTION_MS, IDEMPOTENCY_WINDOW_MS, NEW_AUTHENTICATOR_MS, SIGN_IN_TRIES_COUNT_MS,
};
use peer_support_domain::site::SiteId;
use sqlx::postgres::{PgConnection, PgPool};

use super::{rewrite, search, side_texts};
use crate::store::StoreError;
use crate::store::side::Side;

/// Items of one transaction, so that others do not wait long for their locks.
const BATCH_ITEMS: i64 = 500;

pub(super) async fn expired(pool: &PgPool, now: i64) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    let before = now.saturating_sub(IDEMPOTENCY_WINDOW_MS);
    sqlx::query("delete from idempotency_keys where created_at <= $1").bind(before).execute(&mut *tx).await?;
    sqlx::query("delete from word_keys where created_at <= $1").bind(before).execute(&mut *tx).await?;
    sqlx::query("delete from sign_in_codes where expires_at <= $1").bind(now).execute(&mut *tx).await?;
    sqlx::query("delete from claims where expires_at <= $1").bind(now).execute(&mut *tx).await?;
    sqlx::query("delete from sessions where expires_at <= $1 or seen_at <= $2")
        .bind(now)
        .bind(crate::store::unused_before(now))
        .execute(&mut *tx)
        .await?;
    sqlx::query("delete from sign_in_attempts where tried_at <= $1")
        .bind(now.saturating_sub(SIGN_IN_TRIES_COUNT_MS))
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "update credentials
         set new_authenticator = null, new_authenticator_at = null
         where new_authenticator_at <= $1",
    )
    .bind(now.saturating_sub(NEW_AUTHENTICATOR_MS))
    .execute(&mut *tx)
    .await?;
    sqlx::query("delete from account_events where at <= $1")
        .bind(now.saturating_sub(ACCOUNT_EVENT_RETENTION_MS))
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "update proposals
         set outcome = 'lapsed', reason = null, settled_at = $1
         where outcome is null
           and not exists (select 1 from items where items.id = proposals.item_id)",
    )
    .bind(now)
    .execute(&mut *tx)
    .await?;
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
    let n_removed = remove(&mut tx, &keys).await?;
    tx.commit().await?;
    Ok(n_removed)
}

/// Removes items and the replies to them; how many.
pub(super) async fn remove(db: &mut PgConnection, keys: &[i64]) -> Result<u64, StoreError> {
    let thread: Vec<i64> = sqlx::query_scalar(
        "select key
         from items
         where key = any($1)
         union
         select key
         from items
         where post_key = any($1)",
    )
    .bind(keys)
    .fetch_all(&mut *db)
    .await?;
    rewrite::delete_texts(db, &thread).await?;
    for partition in search::forget(db, keys).await? {
        rewrite::plan(db, &partition).await?;
    }
    side_texts::forget(db, &thread, &Side::ALL).await?;
    sqlx::query("delete from items where key = any($1)").bind(keys).execute(db).await?;
    Ok(thread.len() as u64)
}

/// Removes some of a site's items of those that were published and are past their time, with the replies to them; how many.
/// Their texts are gone from the files when all that is planned is rewritten.
pub(super) async fn published(pool: &PgPool, site: &SiteId, before: i64) -> Result<u64, StoreError> {
    let mut tx = pool.begin().await?;
    let mut keys: Vec<i64> = sqlx::query_scalar(
        "select key
         from items
         where site_key = (select key from sites where id = $1)
           and kind in ('s', 'c', 'q')
           and is_answered in (false, true)
           and state = 'published'
           and kind is not null
           and created_at < $2
           and (imported_at is null or imported_at < $2)
         limit $3
         for update skip locked",
    )
    .bind(site.as_str())
    .bind(before)
    .bind(BATCH_ITEMS)
    .fetch_all(&mut *tx)
    .await?;
    let hidden: Vec<i64> = sqlx::query_scalar(
        "select key
         from items
         where site_key = (select key from sites where id = $1)
           and state = 'hidden'
           and created_at < $2
           and (imported_at is null or imported_at < $2)
         limit $3
         for update skip locked",
    )
    .bind(site.as_str())
    .bind(before)
    .bind(BATCH_ITEMS)
    .fetch_all(&mut *tx)
    .await?;
    keys.extend(hidden);
    let n_removed = remove(&mut tx, &keys).await?;
    tx.commit().await?;
    Ok(n_removed)
}

/// Drops new texts of published items that waited since `before`, and what their authors replaced.
pub(super) async fn changes(pool: &PgPool, before: i64) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    let keys: Vec<i64> = sqlx::query_scalar(
        "select key
         from items
         where key in (
             select item_key
             from side_texts
             where side = 'w'
               and created_at < $1
           )
         order by key
         for no key update",
    )
    .bind(before)
    .fetch_all(&mut *tx)
    .await?;
    side_texts::forget(&mut tx, &keys, &Side::CHANGES).await?;
    sqlx::query("update items set edited_at = null where key = any($1)")
        .bind(&keys)
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}
