//! What belongs to an item besides its text.

use peer_support_domain::desk::DeskChange;
use peer_support_domain::id::{ItemId, RecoveryHash};
use peer_support_domain::limits::WORDS_OF_A_SIDE;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::State;
use peer_support_domain::wire::Word;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::items::{AtTheDesk, locked};
use super::{claims, corrupt, item_id, key, live, notes, parsed, rewrite};
use crate::store::side::{Side, SideText, SideTexts};
use crate::store::{Idempotency, ModeratorId, Said, StoreError};

pub(super) async fn add(
    db: &mut PgConnection,
    item_key: i64,
    side: Side,
    moderator: Option<ModeratorId>,
    notes: ContentNotes,
    text: &str,
    at: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into side_texts (item_key, side, moderator_key, notes, text, created_at)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(item_key)
    .bind(side.letter())
    .bind(moderator.map(|moderator| moderator.0))
    .bind(&[notes.bits()][..])
    .bind(text)
    .bind(at)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn of_item(db: &mut PgConnection, item_key: i64) -> Result<SideTexts, StoreError> {
    let rows = sqlx::query(
        "select key, side, notes, text, created_at
         from side_texts
         where item_key = $1
         order by key",
    )
    .bind(item_key)
    .fetch_all(db)
    .await?;
    rows.iter().map(to_side_text).collect()
}

/// Those of several items, each with its item's key.
pub(super) async fn of_items(
    db: &mut PgConnection,
    item_keys: &[i64],
) -> Result<Vec<(i64, SideTexts)>, StoreError> {
    let rows = sqlx::query(
        "select key, item_key, side, notes, text, created_at
         from side_texts
         where item_key = any($1)
         order by item_key, key",
    )
    .bind(item_keys)
    .fetch_all(db)
    .await?;
    let item_key = |row: &PgRow| row.try_get::<i64, _>("item_key").unwrap_or_default();
    rows.chunk_by(|a, b| item_key(a) == item_key(b))
        .map(|rows| Ok((item_key(&rows[0]), rows.iter().map(to_side_text).collect::<Result<_, _>>()?)))
        .collect()
}

fn to_side_text(row: &PgRow) -> Result<SideText, StoreError> {
    Ok(SideText {
        side: Side::of_letter(row.try_get("side")?).ok_or_else(|| corrupt("side_texts", "side", key(row)))?,
        notes: notes(row)?,
        text: row.try_get("text")?,
        created_at: row.try_get("created_at")?,
    })
}

/// The text that waits is one that its author replaced now.
pub(super) async fn let_waiting_be_earlier(db: &mut PgConnection, item_key: i64) -> Result<(), StoreError> {
    sqlx::query(
        "update side_texts
         set side = 'e'
         where item_key = $1
           and side = 'w'",
    )
    .bind(item_key)
    .execute(db)
    .await?;
    Ok(())
}

/// Removes texts of these sides that belong to these items; the partitions that are planned to be rewritten for it.
pub(super) async fn forget(
    db: &mut PgConnection,
    item_keys: &[i64],
    sides: &[Side],
) -> Result<Vec<String>, StoreError> {
    let partitions: Vec<String> = sqlx::query_scalar(
        "with gone as (
           delete from side_texts
           where item_key = any($1)
             and side = any($2)
           returning tableoid
         )
         select distinct tableoid::regclass::text
         from gone",
    )
    .bind(item_keys)
    .bind(sides.iter().map(|side| side.letter()).collect::<Vec<_>>())
    .fetch_all(&mut *db)
    .await?;
    for partition in &partitions {
        rewrite::plan(db, partition).await?;
    }
    Ok(partitions)
}

pub(super) async fn say_own(
    pool: &PgPool,
    recovery: &RecoveryHash,
    text: &str,
    at: i64,
    idempotency: Option<&Idempotency>,
) -> Result<Option<Said>, StoreError> {
    let mut tx = pool.begin().await?;
    let found = sqlx::query(
        "select key, id, state
         from items
         where recovery = $1
         for no key update",
    )
    .bind(&recovery.as_bytes()[..])
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = found else { return Ok(None) };
    let state: State = parsed(&row, "items", "state")?;
    if state != State::Deleted
        && let Some(idempotency) = idempotency
        && let Some(before) = said_before(&mut tx, text, idempotency).await?
    {
        return Ok(Some(before));
    }
    let said = say_about(&mut tx, (key(&row), state), None, text, at, idempotency.is_some()).await?;
    if let (Said::Done(_), Some(idempotency)) = (&said, idempotency) {
        sqlx::query(
            "insert into word_keys (key_hash, request_hash, item_key, created_at)
             values ($1, $2, $3, $4)",
        )
        .bind(&idempotency.key_hash[..])
        .bind(&idempotency.request_hash[..])
        .bind(key(&row))
        .bind(at)
        .execute(&mut *tx)
        .await?;
    }
    if matches!(said, Said::Done(_)) {
        live::tell_desk(&mut tx, item_id(&row, "id")?, DeskChange::New).await?;
    }
    tx.commit().await?;
    Ok(Some(said))
}

pub(super) async fn said_before(
    db: &mut PgConnection,
    text: &str,
    idempotency: &Idempotency,
) -> Result<Option<Said>, StoreError> {
    let found: Option<(Vec<u8>, i64)> = sqlx::query_as(
        "select request_hash, created_at
         from word_keys
         where key_hash = $1",
    )
    .bind(&idempotency.key_hash[..])
    .fetch_optional(db)
    .await?;
    Ok(found.map(|(request_hash, created_at)| {
        if request_hash == idempotency.request_hash {
            Said::Before(Word { is_moderators: false, text: text.to_owned(), created_at })
        } else {
            Said::KeyReused
        }
    }))
}

pub(super) async fn say(
    pool: &PgPool,
    item: ItemId,
    moderator: ModeratorId,
    text: &str,
    at: i64,
) -> Result<Option<Said>, StoreError> {
    let mut tx = pool.begin().await?;
    let Some(AtTheDesk { key, state, .. }) = locked(&mut tx, item).await? else { return Ok(None) };
    if let Some(theirs) = claims::of_another(&mut tx, key, moderator, at).await? {
        return Ok(Some(Said::Claimed(theirs)));
    }
    let said = say_about(&mut tx, (key, state), Some(moderator), text, at, false).await?;
    tx.commit().await?;
    Ok(Some(said))
}

/// `is_new`: a key tells it from the same word before.
async fn say_about(
    db: &mut PgConnection,
    (item_key, state): (i64, State),
    moderator: Option<ModeratorId>,
    text: &str,
    at: i64,
    is_new: bool,
) -> Result<Said, StoreError> {
    if state == State::Deleted {
        return Ok(Said::ItemDeleted);
    }
    let texts = of_item(db, item_key).await?;
    let is_moderators = moderator.is_some();
    if !is_new && let Some(before) = texts.said_before(is_moderators, text) {
        return Ok(Said::Before(before.clone()));
    }
    if texts.n_words(is_moderators) >= WORDS_OF_A_SIDE {
        return Ok(Said::TooMany);
    }
    let side = if is_moderators { Side::ModeratorsWord } else { Side::AuthorsWord };
    add(db, item_key, side, moderator, ContentNotes::default(), text, at).await?;
    sqlx::query(
        "update items
         set asked_at = case
           when not $2 then coalesce(asked_at, $3)
           when coalesce(drill_state, state) = 'hidden'
             then (select proposed_at from proposals where item_id = items.id and outcome is null)
         end
         where key = $1",
    )
    .bind(item_key)
    .bind(is_moderators)
    .bind(at)
    .execute(db)
    .await?;
    Ok(Said::Done(Word { is_moderators, text: text.to_owned(), created_at: at }))
}
