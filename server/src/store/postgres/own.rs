//! What the holder of a recovery code can do.

use peer_support_domain::id::RecoveryHash;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::State;
use peer_support_domain::ranking;
use peer_support_domain::vote::VoteCounts;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::{count, counts, item_id, items, kind, notes, parsed, rewrite};
use crate::store::{Edit, Edited, OwnItem, StoreError};

/// An item with the keys of its row and the post it answers.
struct Found {
    key: i64,
    post_key: Option<i64>,
    item: OwnItem,
}

pub(super) async fn own(pool: &PgPool, recovery: &RecoveryHash) -> Result<Option<OwnItem>, StoreError> {
    Ok(find(&mut *pool.acquire().await?, recovery).await?.map(|found| found.item))
}

async fn find(db: &mut PgConnection, recovery: &RecoveryHash) -> Result<Option<Found>, StoreError> {
    sqlx::query(
        "select items.key, items.id, coalesce(posts.id, items.id) as thread, sites.id as site, items.kind,
           item_texts.text, coalesce(item_texts.notes, '\\x00') as notes, items.state, items.reason,
           items.reported_at, items.created_at, items.n_replies,
           items.n_heard, items.n_helped, items.n_me_too, items.post_key
         from items
         join sites on sites.key = items.site_key
         left join items as posts on posts.key = items.post_key
         left join item_texts on item_texts.item_key = items.key
         where items.recovery = $1",
    )
    .bind(&recovery.as_bytes()[..])
    .fetch_optional(db)
    .await?
    .as_ref()
    .map(found)
    .transpose()
}

/// As [`find`], once nobody else is changing the item, and until the transaction ends nobody will.
async fn find_locked(db: &mut PgConnection, recovery: &RecoveryHash) -> Result<Option<Found>, StoreError> {
    sqlx::query(
        "select key
         from items
         where recovery = $1
         for no key update",
    )
    .bind(&recovery.as_bytes()[..])
    .fetch_optional(&mut *db)
    .await?;
    find(db, recovery).await
}

fn found(row: &PgRow) -> Result<Found, StoreError> {
    let state = parsed(row, "items", "state")?;
    Ok(Found {
        key: row.try_get("key")?,
        post_key: row.try_get("post_key")?,
        item: OwnItem {
            id: item_id(row, "id")?,
            thread: item_id(row, "thread")?,
            site: parsed(row, "sites", "site")?,
            kind: kind(row)?,
            text: row.try_get::<Option<String>, _>("text")?.unwrap_or_default(),
            notes: notes(row)?,
            state,
            reason: row.try_get("reason")?,
            is_hidden_by_reports: state == State::Hidden
                && row.try_get::<Option<i64>, _>("reported_at")?.is_some(),
            created_at: row.try_get("created_at")?,
            n_replies: count(row, "n_replies")?,
            votes: counts(row)?,
        },
    })
}

pub(super) async fn edit(
    pool: &PgPool,
    recovery: &RecoveryHash,
    edit: &Edit,
) -> Result<Option<Edited>, StoreError> {
    let mut tx = pool.begin().await?;
    let Some(mut found) = find_locked(&mut tx, recovery).await? else { return Ok(None) };
    if !found.item.state.is_editable() {
        return Ok(Some(Edited::NotEditable(found.item.state)));
    }
    let notes = edit.notes.unwrap_or(found.item.notes);
    sqlx::query("update item_texts set text = $2, notes = $3 where item_key = $1")
        .bind(found.key)
        .bind(&edit.text)
        .bind(&[notes.bits()][..])
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    found.item.text = edit.text.clone();
    found.item.notes = notes;
    Ok(Some(Edited::Done(found.item)))
}

/// Deletes the item's text; also the partition to rewrite, unless the text was gone before.
pub(super) async fn delete(
    pool: &PgPool,
    recovery: &RecoveryHash,
) -> Result<Option<(OwnItem, Option<String>)>, StoreError> {
    let mut tx = pool.begin().await?;
    let Some(Found { key, post_key, mut item }) = find_locked(&mut tx, recovery).await? else {
        return Ok(None);
    };
    if item.state == State::Deleted {
        return Ok(Some((item, None)));
    }
    let partition: String = sqlx::query_scalar(
        "delete from item_texts
         where item_key = $1
         returning tableoid::regclass::text",
    )
    .bind(key)
    .fetch_one(&mut *tx)
    .await?;
    rewrite::plan(&mut tx, &partition).await?;
    sqlx::query("delete from votes where item_key = $1").bind(key).execute(&mut *tx).await?;
    sqlx::query("update idempotency_keys set request_hash = null where item_key = $1")
        .bind(key)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "update items
         set state = 'deleted', reason = null, flags = 0, reported_at = null, flagged_at = null, n_heard = 0, n_helped = 0, n_me_too = 0, helpful_at = $2
         where key = $1",
    )
    .bind(key)
    .bind(ranking::helpful_at_ms(item.created_at, VoteCounts::default()))
    .execute(&mut *tx)
    .await?;
    if let (Some(post_key), State::Published) = (post_key, item.state) {
        items::count_reply(&mut tx, post_key, -1).await?;
    }
    tx.commit().await?;
    item.state = State::Deleted;
    item.text.clear();
    item.notes = ContentNotes::default();
    item.reason = None;
    item.is_hidden_by_reports = false;
    item.votes = VoteCounts::default();
    Ok(Some((item, Some(partition))))
}
