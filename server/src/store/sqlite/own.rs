//! What the holder of a recovery code can do.

use peer_support_domain::desk::DeskChange;
use peer_support_domain::flag::Flags;
use peer_support_domain::id::RecoveryHash;
use peer_support_domain::limits::EARLIER_TEXTS;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::State;
use peer_support_domain::ranking;
use peer_support_domain::vote::VoteCounts;
use rusqlite::{Connection, Row};

use super::{
    author, claims, counts, execute, first, item_id, items, kind, live, notes, objections, outbox, parsed,
    proposals, search, side_texts, state_number,
};
use crate::store::side::{Side, SideTexts};
use crate::store::{Edit, Edited, OwnItem, StoreError};

/// An item with the keys of its row, its text and the post it answers.
struct Found {
    key: i64,
    text_key: Option<i64>,
    post_key: Option<i64>,
    item: OwnItem,
    sides: SideTexts,
}

pub(super) fn own(db: &Connection, recovery: &RecoveryHash) -> Result<Option<OwnItem>, StoreError> {
    Ok(find(db, recovery)?.map(|found| found.item))
}

/// An item with the key of its row and what belongs to it.
pub(super) fn with_sides(
    db: &Connection,
    recovery: &RecoveryHash,
) -> Result<Option<(i64, OwnItem, SideTexts)>, StoreError> {
    Ok(find(db, recovery)?.map(|Found { key, item, sides, .. }| (key, item, sides)))
}

fn find(db: &Connection, recovery: &RecoveryHash) -> Result<Option<Found>, StoreError> {
    let found = first(
        db,
        "select items.key, items.id, coalesce(posts.id, items.id) as thread, sites.id as site, items.kind,
           item_texts.text, coalesce(item_texts.notes, x'00') as notes, item_texts.author, items.state, items.reason,
           items.reported_at, items.edited_at, items.created_at, items.n_replies,
           items.n_heard, items.n_helped, items.n_me_too, items.text_key, items.post_key
         from items
         join sites on sites.key = items.site_key
         left join items as posts on posts.key = items.post_key
         left join item_texts on item_texts.key = items.text_key
         where substr(items.recovery, 1, 4) = substr(?1, 1, 4)
           and items.recovery = ?1",
        [recovery.as_bytes()],
        found,
    )?;
    let Some(mut found) = found else { return Ok(None) };
    found.sides = side_texts::of_item(db, found.key)?;
    found.item.waiting_text = found.sides.waiting.as_ref().map(|(text, _)| text.clone());
    found.item.original_text = found.sides.original.clone();
    found.item.words = found.sides.words.clone();
    found.item.statement = objections::statement(db, found.item.id, found.item.state)?;
    Ok(Some(found))
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
            author: author(row)?,
            original_text: None,
            waiting_text: None,
            edited_at: row.get("edited_at")?,
            words: Vec::new(),
            statement: None,
        },
        sides: SideTexts::default(),
    })
}

pub(super) fn edit(
    db: &Connection,
    recovery: &RecoveryHash,
    edit: &Edit,
) -> Result<Option<Edited>, StoreError> {
    let Some(found) = find(db, recovery)? else { return Ok(None) };
    let (key, was_at_risk) = (found.key, outbox::is_at_risk(db, found.key)?);
    let notes = edit.notes.unwrap_or(found.item.notes);
    let edited = match (found.item.state, found.text_key) {
        (state, Some(text_key)) if state.is_editable() => replace(db, found, text_key, edit, notes),
        (state, Some(_)) if state.lets_a_text_wait() => let_wait(db, found, edit, notes),
        (state, _) => Ok(Edited::NotEditable(state)),
    }?;
    outbox::notice_risk(db, key, was_at_risk, edit.at)?;
    Ok(Some(edited))
}

/// Replaces the text of what nobody but moderators has read, who can still read the one before.
fn replace(
    db: &Connection,
    found: Found,
    text_key: i64,
    edit: &Edit,
    notes: ContentNotes,
) -> Result<Edited, StoreError> {
    let Found { key, mut item, sides, .. } = found;
    if edit.text != item.text {
        if sides.earlier.len() >= EARLIER_TEXTS {
            return Ok(Edited::TooOften);
        }
        side_texts::add(db, key, Side::Earlier, None, item.notes, &item.text, edit.at)?;
    }
    swap_text(db, key, text_key, &edit.text, notes)?;
    flag_words(db, key, edit)?;
    proposals::lapse(db, item.id, edit.at)?;
    live::tell_desk(db, item.id, DeskChange::New)?;
    item.text = edit.text.clone();
    item.notes = notes;
    Ok(Edited::Done(item))
}

/// Lets a new text wait beside the one that others read; sending that one again takes the new one back.
fn let_wait(db: &Connection, found: Found, edit: &Edit, notes: ContentNotes) -> Result<Edited, StoreError> {
    let Found { key, mut item, sides, .. } = found;
    if edit.text == item.text && notes == item.notes {
        side_texts::forget(db, key, &Side::CHANGES)?;
        execute(db, "update items set edited_at = null where key = ?1", [key])?;
        item.waiting_text = None;
        item.edited_at = None;
        return Ok(Edited::Done(item));
    }
    if let Some((text, noted)) = &sides.waiting {
        if (text, *noted) == (&edit.text, notes) {
            return Ok(Edited::Done(item));
        }
        if sides.earlier.len() >= EARLIER_TEXTS {
            return Ok(Edited::TooOften);
        }
        side_texts::let_waiting_be_earlier(db, key)?;
    }
    side_texts::add(db, key, Side::Waiting, None, notes, &edit.text, edit.at)?;
    flag_words(db, key, edit)?;
    proposals::lapse(db, item.id, edit.at)?;
    live::tell_desk(db, item.id, DeskChange::New)?;
    execute(
        db,
        "update items
         set edited_at = coalesce(edited_at, ?2), reason = null
         where key = ?1",
        (key, edit.at),
    )?;
    item.waiting_text = Some(edit.text.clone());
    item.edited_at = item.edited_at.or(Some(edit.at));
    item.reason = None;
    Ok(Edited::Done(item))
}

/// Puts what was noticed about new words in the place of what was noticed about the old ones.
fn flag_words(db: &Connection, key: i64, edit: &Edit) -> Result<(), StoreError> {
    execute(
        db,
        "update items
         set flags = (flags & ~?2) | ?3
         where key = ?1",
        (key, Flags::OF_WORDS.bits(), edit.flags.bits()),
    )?;
    Ok(())
}

/// Puts a new row in the place of an item's text, and overwrites the old one.
pub(super) fn swap_text(
    db: &Connection,
    item_key: i64,
    text_key: i64,
    text: &str,
    notes: ContentNotes,
) -> Result<(), StoreError> {
    execute(
        db,
        "insert into item_texts (lang, author, notes, text)
         select lang, author, ?3, ?2
         from item_texts
         where key = ?1",
        (text_key, text, [notes.bits()]),
    )?;
    let new_text_key = db.last_insert_rowid();
    execute(db, "update items set text_key = ?2 where key = ?1", (item_key, new_text_key))?;
    overwrite_text(db, text_key)?;
    search::refresh(db, item_key)
}

pub(super) fn delete(db: &Connection, recovery: &RecoveryHash) -> Result<Option<OwnItem>, StoreError> {
    let Some(Found { key, text_key, post_key, mut item, .. }) = find(db, recovery)? else { return Ok(None) };
    let Some(text_key) = text_key else { return Ok(Some(item)) };
    search::forget(db, &[key])?;
    overwrite_text(db, text_key)?;
    side_texts::forget(db, key, &Side::ALL)?;
    execute(db, "delete from votes where item_key = ?1", [key])?;
    execute(db, "update idempotency_keys set request_hash = null where item_key = ?1", [key])?;
    execute(db, "delete from word_keys where item_key = ?1", [key])?;
    execute(
        db,
        "update items
         set state_number = ?3, text_key = null, reason = null, flags = 0, reported_at = null, flagged_at = null,
           edited_at = null, asked_at = null, objected_at = null, n_heard = 0, n_helped = 0, n_me_too = 0, helpful_at = ?2
         where key = ?1",
        (
            key,
            ranking::helpful_at_ms(item.created_at, VoteCounts::default()),
            state_number(State::Deleted),
        ),
    )?;
    if let (Some(post_key), State::Published) = (post_key, item.state) {
        items::count_reply(db, post_key, -1)?;
    }
    claims::end(db, key, item.id)?;
    // When it was taken back is not recorded.
    proposals::lapse(db, item.id, item.created_at)?;
    item.state = State::Deleted;
    item.text.clear();
    item.notes = ContentNotes::default();
    item.author = None;
    item.original_text = None;
    item.waiting_text = None;
    item.edited_at = None;
    item.words.clear();
    item.reason = None;
    item.statement = None;
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
