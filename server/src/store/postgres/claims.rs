//! Who reads which item at the moment, and to whom items were handed over.

use peer_support_domain::audit::Act;
use peer_support_domain::desk::DeskChange;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{CLAIM_MS, HAND_OVERS_OF_ITEM};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::{Role, State};
use peer_support_domain::wire::{HandOver, PastDecision};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::items::{AtTheDesk, locked};
use super::{audit, bits, corrupt, drills, item_id, key, live, parsed, roles, side_texts};
use crate::store::audit::NewAct;
use crate::store::side::Side;
use crate::store::{Claim, Claimed, HandedOver, ModeratorId, NewClaim, NewHandOver, SecretHash, StoreError};

/// Who reads an item.
pub(super) async fn of(db: &mut PgConnection, item_key: i64, now: i64) -> Result<Option<Claim>, StoreError> {
    let row = sqlx::query(
        "select claims.moderator_key, moderators.name, claims.expires_at
         from claims
         join moderators on moderators.key = claims.moderator_key
         where claims.item_key = $1
           and claims.expires_at > $2",
    )
    .bind(item_key)
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let moderator = ModeratorId(row.try_get(0)?);
        Ok(Claim { moderator, name: row.try_get(1)?, until: row.try_get(2)? })
    })
    .transpose()
}

/// Who reads an item, when it is another than this moderator.
pub(super) async fn of_another(
    db: &mut PgConnection,
    item_key: i64,
    moderator: ModeratorId,
    now: i64,
) -> Result<Option<Claim>, StoreError> {
    Ok(of(db, item_key, now).await?.filter(|claim| claim.moderator != moderator))
}

pub(super) async fn claim(pool: &PgPool, new: &NewClaim) -> Result<Option<Claimed>, StoreError> {
    let mut tx = pool.begin().await?;
    let Some(AtTheDesk { key, state, is_made_up }) = locked(&mut tx, new.item).await? else {
        return Ok(None);
    };
    if state == State::Deleted {
        return Ok(None);
    }
    if is_made_up {
        drills::note_claim(&mut tx, key, new.at).await?;
    }
    let before = of(&mut tx, key, new.at).await?;
    let is_new = before.as_ref().is_none_or(|claim| claim.moderator != new.moderator);
    match before.filter(|_| is_new) {
        Some(theirs) if !new.takes_over => return Ok(Some(Claimed::Theirs(theirs))),
        Some(theirs) => {
            record(&mut tx, new.item, Act::TakenOver, new.moderator, Some(theirs.moderator), new.at).await?;
        }
        None => {}
    }
    sqlx::query(
        "insert into claims (item_key, moderator_key, expires_at)
         values ($1, $2, $3)
         on conflict (item_key) do update set moderator_key = excluded.moderator_key, expires_at = excluded.expires_at",
    )
    .bind(key)
    .bind(new.moderator.0)
    .bind(new.at + CLAIM_MS)
    .execute(&mut *tx)
    .await?;
    if is_new {
        live::tell_desk(&mut tx, new.item, DeskChange::Claimed).await?;
    }
    let claim = of(&mut tx, key, new.at).await?;
    tx.commit().await?;
    Ok(claim.map(Claimed::Yours))
}

pub(super) async fn release(pool: &PgPool, id: ItemId, moderator: ModeratorId) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    let Some(AtTheDesk { key, .. }) = locked(&mut tx, id).await? else { return Ok(()) };
    let released = sqlx::query(
        "delete from claims
         where item_key = $1
           and moderator_key = $2",
    )
    .bind(key)
    .bind(moderator.0)
    .execute(&mut *tx)
    .await?;
    if released.rows_affected() > 0 {
        live::tell_desk(&mut tx, id, DeskChange::Freed).await?;
    }
    Ok(tx.commit().await?)
}

/// What the moderator of a session reads is free.
pub(super) async fn release_of_session(
    db: &mut PgConnection,
    session: &SecretHash,
) -> Result<(), StoreError> {
    let freed = sqlx::query(
        "with freed as (
           delete from claims
           where moderator_key = (select moderator_key from sessions where session_hash = $1)
           returning item_key
         )
         select items.key, items.id
         from freed
         join items on items.key = freed.item_key",
    )
    .bind(&session[..])
    .fetch_all(&mut *db)
    .await?;
    for row in &freed {
        live::tell_desk(db, item_id(row, "id")?, DeskChange::Freed).await?;
    }
    Ok(())
}

/// Nobody reads an item any more, and what was said on handing it over is done with.
pub(super) async fn end(db: &mut PgConnection, item_key: i64, id: ItemId) -> Result<(), StoreError> {
    sqlx::query("delete from claims where item_key = $1").bind(item_key).execute(&mut *db).await?;
    side_texts::forget(db, &[item_key], &[Side::HandOver]).await?;
    live::tell_desk(db, id, DeskChange::Decided).await
}

pub(super) async fn hand_over(pool: &PgPool, new: &NewHandOver) -> Result<Option<HandedOver>, StoreError> {
    let mut tx = pool.begin().await?;
    let Some(AtTheDesk { key, state, .. }) = locked(&mut tx, new.item).await? else { return Ok(None) };
    if state == State::Deleted {
        return Ok(Some(HandedOver::ItemDeleted));
    }
    if let Some(theirs) = of_another(&mut tx, key, new.moderator, new.at).await? {
        return Ok(Some(HandedOver::Claimed(theirs)));
    }
    let to = match &new.to {
        None => None,
        Some(name) => match colleague(&mut tx, name, key).await? {
            Some(colleague) => Some(colleague),
            None => return Ok(Some(HandedOver::NoSuchColleague)),
        },
    };
    let before: Vec<HandOver> =
        hand_overs(&mut tx, &[key]).await?.into_iter().map(|(_, hand_over)| hand_over).collect();
    let is_same = |last: &&HandOver| last.note == new.note && last.to == new.to;
    if let Some(last) = before.last().filter(is_same) {
        return Ok(Some(HandedOver::Done(last.clone())));
    }
    if before.len() >= HAND_OVERS_OF_ITEM {
        return Ok(Some(HandedOver::TooMany));
    }
    let side = Side::HandOver;
    side_texts::add(&mut tx, key, side, Some(new.moderator), ContentNotes::default(), &new.note, new.at)
        .await?;
    sqlx::query(
        "update side_texts
         set to_moderator_key = $2
         where item_key = $1
           and key = (select max(key) from side_texts where item_key = $1)",
    )
    .bind(key)
    .bind(to.map(|to| to.0))
    .execute(&mut *tx)
    .await?;
    record(&mut tx, new.item, Act::HandedOver, new.moderator, to, new.at).await?;
    sqlx::query("delete from claims where item_key = $1").bind(key).execute(&mut *tx).await?;
    live::tell_desk(&mut tx, new.item, DeskChange::Freed).await?;
    let last = hand_overs(&mut tx, &[key]).await?.pop();
    tx.commit().await?;
    Ok(last.map(|(_, hand_over)| HandedOver::Done(hand_over)))
}

/// The open account of this name, when it may decide about this item.
async fn colleague(
    db: &mut PgConnection,
    name: &str,
    item_key: i64,
) -> Result<Option<ModeratorId>, StoreError> {
    let colleague: Option<i64> = sqlx::query_scalar(
        "select key
         from moderators
         where name = $1
           and closed_at is null",
    )
    .bind(name)
    .fetch_optional(&mut *db)
    .await?;
    let Some(colleague) = colleague.map(ModeratorId) else { return Ok(None) };
    let role = roles::on_item(db, colleague, item_key).await?;
    Ok((role >= Some(Role::Moderator)).then_some(colleague))
}

/// The notes with which items were handed over, each with its item's key, the oldest first.
pub(super) async fn hand_overs(
    db: &mut PgConnection,
    item_keys: &[i64],
) -> Result<Vec<(i64, HandOver)>, StoreError> {
    let rows = sqlx::query(
        "select side_texts.item_key, side_texts.text, side_texts.created_at, moderators.name,
           colleagues.name as to_name
         from side_texts
         join moderators on moderators.key = side_texts.moderator_key
         left join moderators as colleagues on colleagues.key = side_texts.to_moderator_key
         where side_texts.item_key = any($1)
           and side_texts.side = 'h'
         order by side_texts.item_key, side_texts.key",
    )
    .bind(item_keys)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let hand_over = HandOver {
                from: row.try_get("name")?,
                to: row.try_get("to_name")?,
                note: row.try_get("text")?,
                at: row.try_get("created_at")?,
            };
            Ok((row.try_get("item_key")?, hand_over))
        })
        .collect()
}

async fn record(
    db: &mut PgConnection,
    item: ItemId,
    act: Act,
    moderator: ModeratorId,
    other: Option<ModeratorId>,
    at: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into desk_events (item_id, event, moderator_key, other_key, at)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(bits(item))
    .bind(act.as_str().replace('-', "_"))
    .bind(moderator.0)
    .bind(other.map(|other| other.0))
    .bind(at)
    .execute(&mut *db)
    .await?;
    let act = NewAct::of(act, Some(moderator), at).on(item);
    let act = match other {
        Some(other) => act.about(other),
        None => act,
    };
    audit::record(db, act).await
}

pub(super) async fn last_decision(pool: &PgPool, item: ItemId) -> Result<Option<PastDecision>, StoreError> {
    let row = sqlx::query(
        "select decisions.key, decisions.item_id, decisions.decision, moderators.name, decisions.rule, decisions.reason,
           decisions.n_taken_out, decisions.decided_at
         from decisions
         left join moderators on moderators.key = decisions.moderator_key
         where decisions.item_id = $1
         order by decisions.key desc
         limit 1",
    )
    .bind(bits(item))
    .fetch_optional(pool)
    .await?;
    row.as_ref().map(past_decision).transpose()
}

pub(super) fn past_decision(row: &PgRow) -> Result<PastDecision, StoreError> {
    Ok(PastDecision {
        item: item_id(row, "item_id")?,
        decision: parsed(row, "decisions", "decision")?,
        by: row.try_get("name")?,
        rule: row.try_get("rule")?,
        reason: row.try_get("reason")?,
        n_taken_out: u32::try_from(row.try_get::<i64, _>("n_taken_out")?)
            .map_err(|_| corrupt("decisions", "n_taken_out", key(row)))?,
        at: row.try_get("decided_at")?,
    })
}
