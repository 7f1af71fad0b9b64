//! What belongs to an item besides its text.

use peer_support_domain::desk::DeskChange;
use peer_support_domain::id::{ItemId, RecoveryHash};
use peer_support_domain::limits::WORDS_OF_A_SIDE;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::State;
use peer_support_domain::wire::Word;
use rusqlite::Connection;

use super::items::{AtTheDesk, at_the_desk};
use super::{all, claims, corrupt, execute, first, item_id, key, live, notes, parsed};
use crate::store::side::{Side, SideText, SideTexts};
use crate::store::{Idempotency, ModeratorId, Said, StoreError};

/// Adds a row behind all others.
pub(super) fn add(
    db: &Connection,
    item_key: i64,
    side: Side,
    moderator: Option<ModeratorId>,
    notes: ContentNotes,
    text: &str,
    at: i64,
) -> Result<(), StoreError> {
    execute(
        db,
        "insert into side_texts (item_key, side, moderator_key, notes, text, created_at)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
        (item_key, side.letter(), moderator.map(|moderator| moderator.0), [notes.bits()], text, at),
    )?;
    Ok(())
}

pub(super) fn of_item(db: &Connection, item_key: i64) -> Result<SideTexts, StoreError> {
    let texts = all(
        db,
        "select key, side, notes, text, created_at
         from side_texts
         where item_key = ?1
           and side <> 'x'
         order by key",
        [item_key],
        |row| {
            let side = Side::of_letter(row.get_ref("side")?.as_str().unwrap_or_default());
            Ok(SideText {
                side: side.ok_or_else(|| corrupt("side_texts", "side", key(row)))?,
                notes: notes(row)?,
                text: row.get("text")?,
                created_at: row.get("created_at")?,
            })
        },
    )?;
    Ok(texts.into_iter().collect())
}

/// The text that waits is one that its author replaced now.
pub(super) fn let_waiting_be_earlier(db: &Connection, item_key: i64) -> Result<(), StoreError> {
    execute(
        db,
        "update side_texts
         set side = 'e'
         where item_key = ?1
           and side = 'w'
           and side <> 'x'",
        [item_key],
    )?;
    Ok(())
}

/// Overwrites texts of these sides that belong to an item, in place.
pub(super) fn forget(db: &Connection, item_key: i64, sides: &[Side]) -> Result<(), StoreError> {
    let letters: String = sides.iter().map(|side| side.letter()).collect();
    execute(
        db,
        "update upkeep
         set overwritten_bytes = overwritten_bytes + (
             select coalesce(sum(octet_length(text)), 0)
             from side_texts
             where item_key = ?1
               and instr(?2, side) > 0
               and side <> 'x'
           )
         where key = 1",
        (item_key, &letters),
    )?;
    execute(
        db,
        "update side_texts
         set side = 'x', notes = x'00', text = printf('%*s', octet_length(text), '')
         where item_key = ?1
           and instr(?2, side) > 0
           and side <> 'x'",
        (item_key, &letters),
    )?;
    Ok(())
}

pub(super) fn say_own(
    db: &Connection,
    recovery: &RecoveryHash,
    text: &str,
    at: i64,
    idempotency: Option<&Idempotency>,
) -> Result<Option<Said>, StoreError> {
    let found = first(
        db,
        "select key, id, state
         from items
         where substr(recovery, 1, 4) = substr(?1, 1, 4)
           and recovery = ?1",
        [recovery.as_bytes()],
        |row| Ok((row.get("key")?, item_id(row, "id")?, parsed(row, "items", "state")?)),
    )?;
    let Some((key, item, state)) = found else { return Ok(None) };
    if state != State::Deleted
        && let Some(idempotency) = idempotency
        && let Some(before) = said_before(db, text, idempotency)?
    {
        return Ok(Some(before));
    }
    let said = say_about(db, key, state, None, text, at, idempotency.is_some())?;
    if let (Said::Done(_), Some(Idempotency { key_hash, request_hash })) = (&said, idempotency) {
        execute(
            db,
            "insert into word_keys (key_hash, request_hash, item_key, created_at)
             values (?1, ?2, ?3, ?4)",
            (key_hash, request_hash, key, at),
        )?;
    }
    if matches!(said, Said::Done(_)) {
        live::tell_desk(db, item, DeskChange::New)?;
    }
    Ok(Some(said))
}

pub(super) fn said_before(
    db: &Connection,
    text: &str,
    idempotency: &Idempotency,
) -> Result<Option<Said>, StoreError> {
    let found: Option<([u8; 32], i64)> = first(
        db,
        "select request_hash, created_at
         from word_keys
         where key_hash = ?1",
        [idempotency.key_hash],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(found.map(|(request_hash, created_at)| {
        if request_hash == idempotency.request_hash {
            Said::Before(Word { is_moderators: false, text: text.to_owned(), created_at })
        } else {
            Said::KeyReused
        }
    }))
}

pub(super) fn say(
    db: &Connection,
    item: ItemId,
    moderator: ModeratorId,
    text: &str,
    at: i64,
) -> Result<Option<Said>, StoreError> {
    let Some(AtTheDesk { key, state, .. }) = at_the_desk(db, item)? else { return Ok(None) };
    if let Some(theirs) = claims::of_another(db, key, moderator, at)? {
        return Ok(Some(Said::Claimed(theirs)));
    }
    say_about(db, key, state, Some(moderator), text, at, false).map(Some)
}

/// `is_new`: a key tells it from the same word before.
fn say_about(
    db: &Connection,
    item_key: i64,
    state: State,
    moderator: Option<ModeratorId>,
    text: &str,
    at: i64,
    is_new: bool,
) -> Result<Said, StoreError> {
    if state == State::Deleted {
        return Ok(Said::ItemDeleted);
    }
    let texts = of_item(db, item_key)?;
    let is_moderators = moderator.is_some();
    if !is_new && let Some(before) = texts.said_before(is_moderators, text) {
        return Ok(Said::Before(before.clone()));
    }
    if texts.n_words(is_moderators) >= WORDS_OF_A_SIDE {
        return Ok(Said::TooMany);
    }
    let side = if is_moderators { Side::ModeratorsWord } else { Side::AuthorsWord };
    add(db, item_key, side, moderator, ContentNotes::default(), text, at)?;
    execute(
        db,
        "update items
         set asked_at = case
           when not ?2 then coalesce(asked_at, ?3)
           when coalesce(drill_state, state) = 'hidden'
             then (select proposed_at from proposals where item_id = items.id and outcome is null)
         end
         where key = ?1",
        (item_key, is_moderators, at),
    )?;
    Ok(Said::Done(Word { is_moderators, text: text.to_owned(), created_at: at }))
}
