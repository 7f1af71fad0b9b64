//! What the holder of a recovery code can do.

use peer_support_domain::desk::DeskChange;
use peer_support_domain::flag::Flags;
use peer_support_domain::id::RecoveryHash;
use peer_support_domain::limits::EARLIER_TEXTS;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::State;
use peer_support_domain::ranking;
use peer_support_domain::vote::VoteCounts;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::{
    author, claims, count, counts, item_id, items, kind, live, notes, outbox, parsed, proposals, rewrite,
    search, side_texts,
};
use crate::store::side::{Side, SideTexts};
use crate::store::{Edit, Edited, OwnItem, StoreError};

/// An item with the keys of its row and the post it answers.
struct Found {
    key: i64,
    post_key: Option<i64>,
    item: OwnItem,
    sides: SideTexts,
}

pub(super) async fn own(pool: &PgPool, recovery: &RecoveryHash) -> Result<Option<OwnItem>, StoreError> {
    Ok(find(&mut *pool.acquire().await?, recovery).await?.map(|found| found.item))
}

async fn find(db: &mut PgConnection, recovery: &RecoveryHash) -> Result<Option<Found>, StoreError> {
    let row = sqlx::query(
        "select items.key, items.id, coalesce(posts.id, items.id) as thread, sites.id as site, items.kind,
           item_texts.text, coalesce(item_texts.notes, '\\x00') as notes, item_texts.author, items.state, items.reason,
           items.reported_at, items.edited_at, items.created_at, items.n_replies,
           items.n_heard, items.n_helped, items.n_me_too, items.post_key
         from items
         join sites on sites.key = items.site_key
         left join items as posts on posts.key = items.post_key
         left join item_texts on item_texts.item_key = items.key
         where items.recovery = $1",
    )
    .bind(&recovery.as_bytes()[..])
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let mut found = found(&row)?;
    found.sides = side_texts::of_item(db, found.key).await?;
    found.item.waiting_text = found.sides.waiting.as_ref().map(|(text, _)| text.clone());
    found.item.original_text = found.sides.original.clone();
    found.item.words = found.sides.words.clone();
    Ok(Some(found))
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
            author: author(row)?,
            original_text: None,
            waiting_text: None,
            edited_at: row.try_get("edited_at")?,
            words: Vec::new(),
        },
        sides: SideTexts::default(),
    })
}

pub(super) async fn edit(
    pool: &PgPool,
    recovery: &RecoveryHash,
    edit: &Edit,
) -> Result<Option<Edited>, StoreError> {
    let mut tx = pool.begin().await?;
    let Some(found) = find_locked(&mut tx, recovery).await? else { return Ok(None) };
    let (key, was_at_risk) = (found.key, outbox::is_at_risk(&mut tx, found.key).await?);
    let notes = edit.notes.unwrap_or(found.item.notes);
    let edited = match found.item.state {
        state if state.is_editable() => replace(&mut tx, found, edit, notes).await?,
        state if state.lets_a_text_wait() => let_wait(&mut tx, found, edit, notes).await?,
        state => Edited::NotEditable(state),
    };
    outbox::notice_risk(&mut tx, key, was_at_risk, edit.at).await?;
    tx.commit().await?;
    Ok(Some(edited))
}

/// Replaces the text of what nobody but moderators has read, who can still read the one before.
async fn replace(
    db: &mut PgConnection,
    found: Found,
    edit: &Edit,
    notes: ContentNotes,
) -> Result<Edited, StoreError> {
    let Found { key, mut item, sides, .. } = found;
    if edit.text != item.text {
        if sides.earlier.len() >= EARLIER_TEXTS {
            return Ok(Edited::TooOften);
        }
        side_texts::add(db, key, Side::Earlier, None, item.notes, &item.text, edit.at).await?;
    }
    swap_text(db, key, &edit.text, notes).await?;
    flag_words(db, key, edit).await?;
    proposals::lapse(db, item.id, edit.at).await?;
    live::tell_desk(db, item.id, DeskChange::New).await?;
    item.text = edit.text.clone();
    item.notes = notes;
    Ok(Edited::Done(item))
}

/// Lets a new text wait beside the one that others read; sending that one again takes the new one back.
async fn let_wait(
    db: &mut PgConnection,
    found: Found,
    edit: &Edit,
    notes: ContentNotes,
) -> Result<Edited, StoreError> {
    let Found { key, mut item, sides, .. } = found;
    if edit.text == item.text && notes == item.notes {
        side_texts::forget(db, &[key], &Side::CHANGES).await?;
        sqlx::query("update items set edited_at = null where key = $1").bind(key).execute(db).await?;
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
        side_texts::let_waiting_be_earlier(db, key).await?;
    }
    side_texts::add(db, key, Side::Waiting, None, notes, &edit.text, edit.at).await?;
    flag_words(db, key, edit).await?;
    proposals::lapse(db, item.id, edit.at).await?;
    live::tell_desk(db, item.id, DeskChange::New).await?;
    sqlx::query(
        "update items
         set edited_at = coalesce(edited_at, $2), reason = null
         where key = $1",
    )
    .bind(key)
    .bind(edit.at)
    .execute(db)
    .await?;
    item.waiting_text = Some(edit.text.clone());
    item.edited_at = item.edited_at.or(Some(edit.at));
    item.reason = None;
    Ok(Edited::Done(item))
}

/// Puts what was noticed about new words in the place of what was noticed about the old ones.
async fn flag_words(db: &mut PgConnection, key: i64, edit: &Edit) -> Result<(), StoreError> {
    sqlx::query(
        "update items
         set flags = (flags & ~$2) | $3
         where key = $1",
    )
    .bind(key)
    .bind(i32::from(Flags::OF_WORDS.bits()))
    .bind(i32::from(edit.flags.bits()))
    .execute(db)
    .await?;
    Ok(())
}

/// Puts a new text in the place of an item's; the old one is gone from the files when all that is planned is rewritten.
pub(super) async fn swap_text(
    db: &mut PgConnection,
    item_key: i64,
    text: &str,
    notes: ContentNotes,
) -> Result<(), StoreError> {
    let partition: String = sqlx::query_scalar(
        "update item_texts
         set text = $2, notes = $3
         where item_key = $1
         returning tableoid::regclass::text",
    )
    .bind(item_key)
    .bind(text)
    .bind(&[notes.bits()][..])
    .fetch_one(&mut *db)
    .await?;
    rewrite::plan(db, &partition).await?;
    search::refresh(db, item_key).await
}

/// Deletes the item's texts; also the partitions to rewrite, none when they were gone before.
pub(super) async fn delete(
    pool: &PgPool,
    recovery: &RecoveryHash,
) -> Result<Option<(OwnItem, Vec<String>)>, StoreError> {
    let mut tx = pool.begin().await?;
    let Some(Found { key, post_key, mut item, .. }) = find_locked(&mut tx, recovery).await? else {
        return Ok(None);
    };
    if item.state == State::Deleted {
        return Ok(Some((item, Vec::new())));
    }
    let mut partitions = rewrite::delete_texts(&mut tx, &[key]).await?;
    partitions.extend(side_texts::forget(&mut tx, &[key], &Side::ALL).await?);
    for cleared in search::forget(&mut tx, &[key]).await? {
        rewrite::plan(&mut tx, &cleared).await?;
        partitions.push(cleared);
    }
    sqlx::query("delete from votes where item_key = $1").bind(key).execute(&mut *tx).await?;
    sqlx::query("update idempotency_keys set request_hash = null where item_key = $1")
        .bind(key)
        .execute(&mut *tx)
        .await?;
    sqlx::query("delete from word_keys where item_key = $1").bind(key).execute(&mut *tx).await?;
    sqlx::query(
        "update items
         set state = 'deleted', reason = null, flags = 0, reported_at = null, flagged_at = null, edited_at = null,
           asked_at = null, n_heard = 0, n_helped = 0, n_me_too = 0, helpful_at = $2
         where key = $1",
    )
    .bind(key)
    .bind(ranking::helpful_at_ms(item.created_at, VoteCounts::default()))
    .execute(&mut *tx)
    .await?;
    if let (Some(post_key), State::Published) = (post_key, item.state) {
        items::count_reply(&mut tx, post_key, -1).await?;
    }
    claims::end(&mut tx, key, item.id).await?;
    // When it was taken back is not recorded.
    proposals::lapse(&mut tx, item.id, item.created_at).await?;
    tx.commit().await?;
    item.state = State::Deleted;
    item.text.clear();
    item.notes = ContentNotes::default();
    item.author = None;
    item.original_text = None;
    item.waiting_text = None;
    item.edited_at = None;
    item.words.clear();
    item.reason = None;
    item.is_hidden_by_reports = false;
    item.votes = VoteCounts::default();
    Ok(Some((item, partitions)))
}
