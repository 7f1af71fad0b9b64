//! What the holder of a recovery code can do.

use peer_support_domain::id::RecoveryHash;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::State;
use peer_support_domain::ranking;
use peer_support_domain::vote::VoteCounts;
use rusqlite::{Connection, Row};

use super::{counts, execute, first, item_id, items, kind, notes, parsed};
use crate::store::{Edit, Edited, OwnItem, StoreError};

/// An item with the keys of its row, its text and the post it answers.
struct Found {
    key: i64,
    text_key: Option<i64>,
    post_key: Option<i64>,
    item: OwnItem,
}

pub(super) fn own(db: &Connection, recovery: &RecoveryHash) -> Result<Option<OwnItem>, StoreError> {
    Ok(find(db, recovery)?.map(|found| found.item))
}

fn find(db: &Connection, recovery: &RecoveryHash) -> Result<Option<Found>, StoreError> {
    first(
        db,
        "select items.key, items.id, coalesce(posts.id, items.id) as thread, sites.id as site, items.kind,
           item_texts.text, coalesce(item_texts.notes, x'00') as notes, items.state, items.reason,
           items.reported_at, items.created_at, items.n_replies,
           items.n_heard, items.n_helped, items.n_me_too, items.text_key, items.post_key
         from items
         join sites on sites.key = items.site_key
         left join items as posts on posts.key = items.post_key
         left join item_texts on item_texts.key = items.text_key
         where items.recovery = ?1",
        [recovery.as_bytes()],
        found,
    )
}

fn found(row: &Row<'_>) -> Result<Found, StoreError> {
    let state = parsed(row, "items", "state")?;
    Ok(Found {
        key: row.get("key")?,
        text_key: row.get("text_key")?,
        post_key: row.get("post_key")?,
        item: OwnItem {
            id: item_id(row, "id")?,
            thread: item_id(row, "thread")?,
            site: parsed(row, "sites", "site")?,
            kind: kind(row)?,
            text: row.get::<_, Option<String>>("text")?.unwrap_or_default(),
            notes: notes(row)?,
            state,
            reason: row.get("reason")?,
            is_hidden_by_reports: state == State::Hidden
                && row.get::<_, Option<i64>>("reported_at")?.is_some(),
            created_at: row.get("created_at")?,
            n_replies: row.get("n_replies")?,
            votes: counts(row)?,
        },
    })
}

pub(super) fn edit(
    db: &Connection,
    recovery: &RecoveryHash,
    edit: &Edit,
) -> Result<Option<Edited>, StoreError> {
    let Some(mut found) = find(db, recovery)? else { return Ok(None) };
    let (true, Some(text_key)) = (found.item.state.is_editable(), found.text_key) else {
        return Ok(Some(Edited::NotEditable(found.item.state)));
    };
    let notes = edit.notes.unwrap_or(found.item.notes);
    execute(
        db,
        "insert into item_texts (lang, author, notes, text)
         select lang, author, ?3, ?2
         from item_texts
         where key = ?1",
        (text_key, &edit.text, [notes.bits()]),
    )?;
    let new_text_key = db.last_insert_rowid();
    execute(db, "update items set text_key = ?2 where key = ?1", (found.key, new_text_key))?;
    overwrite_text(db, text_key)?;
    found.item.text = edit.text.clone();
    found.item.notes = notes;
    Ok(Some(Edited::Done(found.item)))
}

pub(super) fn delete(db: &Connection, recovery: &RecoveryHash) -> Result<Option<OwnItem>, StoreError> {
    let Some(Found { key, text_key, post_key, mut item }) = find(db, recovery)? else { return Ok(None) };
    let Some(text_key) = text_key else { return Ok(Some(item)) };
    overwrite_text(db, text_key)?;
    execute(db, "delete from votes where item_key = ?1", [key])?;
    execute(db, "update idempotency_keys set request_hash = null where item_key = ?1", [key])?;
    execute(
        db,
        "update items
         set state = 'deleted', text_key = null, reason = null, flags = 0, reported_at = null, flagged_at = null, n_heard = 0, n_helped = 0, n_me_too = 0, helpful_at = ?2
         where key = ?1",
        (key, ranking::helpful_at_ms(item.created_at, VoteCounts::default())),
    )?;
    if let (Some(post_key), State::Published) = (post_key, item.state) {
        items::count_reply(db, post_key, -1)?;
    }
    item.state = State::Deleted;
    item.text.clear();
    item.notes = ContentNotes::default();
    item.reason = None;
    item.is_hidden_by_reports = false;
    item.votes = VoteCounts::default();
    Ok(Some(item))
}

/// Overwrites what an author gave with as many bytes, in place: see the table's comment.
pub(super) fn overwrite_text(db: &Connection, text_key: i64) -> Result<(), StoreError> {
    execute(
        db,
        "update item_texts
         set lang = case when lang is not null then printf('%*s', octet_length(lang), '') end,
             author = case when author is not null then zeroblob(length(author)) end,
             notes = x'00',
             text = printf('%*s', octet_length(text), '')
         where key = ?1",
        [text_key],
    )?;
    execute(
        db,
        "update upkeep
         set overwritten_bytes = overwritten_bytes + (select octet_length(text) from item_texts where key = ?1)
         where key = 1",
        [text_key],
    )?;
    Ok(())
}
