//! Forgetting what is past its time, and giving the space back.

use peer_support_domain::limits::{
    ACCOUNT_EVENT_RETENTION_MS, IDEMPOTENCY_WINDOW_MS, NEW_AUTHENTICATOR_MS, SIGN_IN_TRIES_COUNT_MS,
};
use peer_support_domain::site::SiteId;
use rusqlite::Connection;

use super::{all, execute, items, live, own, search, side_texts};
use crate::store::StoreError;
use crate::store::side::Side;

/// Items of one transaction, so that others can write in between.
const BATCH_ITEMS: i64 = 500;
/// Compaction rewrites the file, and nobody can write meanwhile: worth it when a quarter of the file is unused …
const COMPACT_SHARE: i64 = 4;
/// … and that is more than any disk would miss.
const COMPACT_BYTES: i64 = 4 * 1024 * 1024;

pub(super) fn expired(db: &Connection, now: i64) -> Result<(), StoreError> {
    let before = now.saturating_sub(IDEMPOTENCY_WINDOW_MS);
    execute(db, "delete from idempotency_keys where created_at <= ?1", [before])?;
    execute(db, "delete from word_keys where created_at <= ?1", [before])?;
    execute(db, "delete from sign_in_codes where expires_at <= ?1", [now])?;
    execute(db, "delete from claims where expires_at <= ?1", [now])?;
    execute(
        db,
        "delete from sessions where expires_at <= ?1 or seen_at <= ?2",
        [now, crate::store::unused_before(now)],
    )?;
    execute(
        db,
        "delete from sign_in_attempts where tried_at <= ?1",
        [now.saturating_sub(SIGN_IN_TRIES_COUNT_MS)],
    )?;
    execute(
        db,
        "update credentials
         set new_authenticator = null, new_authenticator_at = null
         where new_authenticator_at <= ?1",
        [now.saturating_sub(NEW_AUTHENTICATOR_MS)],
    )?;
    execute(
        db,
        "delete from account_events where at <= ?1",
        [now.saturating_sub(ACCOUNT_EVENT_RETENTION_MS)],
    )?;
    execute(
        db,
        "update proposals
         set outcome = 'lapsed', reason = null, settled_at = ?1
         where outcome is null
           and not exists (select 1 from items where items.id = proposals.item_id)",
        [now],
    )?;
    Ok(())
}

/// Removes some items of those that are past their time, with the replies to them; how many.
pub(super) fn items(db: &Connection, unpublished_before: i64) -> Result<u64, StoreError> {
    let mut n_items = 0;
    for state in ["held", "declined", "deleted"] {
        let keys: Vec<i64> = all(
            db,
            "select key
             from items
             where state = ?1
               and (state = 'held' or state = 'declined' or state = 'deleted')
               and created_at < ?2
               and (imported_at is null or imported_at < ?2)
             limit ?3",
            (state, unpublished_before, BATCH_ITEMS),
            |row| Ok(row.get(0)?),
        )?;
        search::forget(db, &keys)?;
        for key in keys {
            n_items += remove(db, key)?;
        }
    }
    if n_items > 0 {
        search::end_with_newest(db)?;
    }
    Ok(n_items)
}

/// Removes an item and the replies to it; how many.
pub(super) fn remove(db: &Connection, key: i64) -> Result<u64, StoreError> {
    let thread: Vec<(i64, Option<i64>)> = all(
        db,
        "select key, text_key
         from items
         where key = ?1
         union all
         select key, text_key
         from items
         where post_key = ?1",
        [key],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    for (item_key, text_key) in &thread {
        if let Some(text_key) = text_key {
            own::overwrite_text(db, *text_key)?;
        }
        side_texts::forget(db, *item_key, &Side::ALL)?;
    }
    execute(db, "delete from items where key = ?1", [key])?;
    Ok(thread.len() as u64)
}

/// Removes some of a site's items of those that were published and are past their time, with the replies to them; how many.
pub(super) fn published(db: &Connection, site: &SiteId, before: i64) -> Result<u64, StoreError> {
    let Some(site_key) = items::site_key(db, site)? else { return Ok(0) };
    let posts: Vec<i64> = all(
        db,
        "select key
         from items
         where site_key = ?1
           and kind in ('s', 'c', 'q')
           and is_answered in (0, 1)
           and state = 'published'
           and kind is not null
           and created_at < ?2
           and (imported_at is null or imported_at < ?2)
         limit ?3",
        (site_key, before, BATCH_ITEMS),
        |row| Ok(row.get(0)?),
    )?;
    let hidden: Vec<i64> = all(
        db,
        "select key
         from items
         where site_key = ?1
           and state = 'hidden'
           and created_at < ?2
           and (imported_at is null or imported_at < ?2)
         limit ?3",
        (site_key, before, BATCH_ITEMS),
        |row| Ok(row.get(0)?),
    )?;
    let keys = [posts, hidden].concat();
    search::forget(db, &keys)?;
    let mut n_items = 0;
    for key in keys {
        n_items += remove(db, key)?;
    }
    if n_items > 0 {
        search::end_with_newest(db)?;
    }
    Ok(n_items)
}

/// Drops new texts of published items that waited since `before`, and what their authors replaced.
pub(super) fn changes(db: &Connection, before: i64) -> Result<(), StoreError> {
    let keys: Vec<i64> = all(
        db,
        "select item_key
         from side_texts
         where side = 'w'
           and created_at < ?1",
        [before],
        |row| Ok(row.get(0)?),
    )?;
    for key in keys {
        side_texts::forget(db, key, &Side::CHANGES)?;
        execute(db, "update items set edited_at = null where key = ?1", [key])?;
    }
    Ok(())
}

/// Gives the space of overwritten texts back, when there is much of it.
pub(super) fn compact(db: &mut Connection) -> Result<(), StoreError> {
    let overwritten_bytes: i64 =
        db.query_row("select overwritten_bytes from upkeep where key = 1", [], |row| row.get(0))?;
    let file_bytes: i64 =
        db.query_row("select page_count * page_size from pragma_page_count, pragma_page_size", [], |row| {
            row.get(0)
        })?;
    if overwritten_bytes + search::unused_bytes(db)? < COMPACT_BYTES.max(file_bytes / COMPACT_SHARE) {
        return Ok(());
    }
    let transaction = db.transaction()?;
    search::remove_unused(&transaction)?;
    transaction.execute_batch(
        "delete from item_texts where text like ' %';
         delete from side_texts where side = 'x';
         update upkeep set overwritten_bytes = 0, is_vacuum_due = 1 where key = 1;",
    )?;
    transaction.commit()?;
    finish_compaction(db)
}

/// Removing rows moves others and leaves copies of them in unused space, which only a rewritten file is free of.
pub(super) fn finish_compaction(db: &Connection) -> Result<(), StoreError> {
    let is_due: bool =
        db.query_row("select is_vacuum_due from upkeep where key = 1", [], |row| row.get(0))?;
    if is_due {
        // In a file: the whole database may not fit into memory. The file has no name, and is gone when it is closed.
        db.pragma_update(None, "temp_store", "file")?;
        let vacuumed = db.execute_batch("vacuum");
        db.pragma_update(None, "temp_store", "memory")?;
        // Another place for temporary tables begins without any.
        live::prepare(db)?;
        vacuumed?;
        db.execute("update upkeep set is_vacuum_due = 0 where key = 1", [])?;
        super::writer::empty_log(db)?;
    }
    Ok(())
}
