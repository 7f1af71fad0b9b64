//! Who reads which item at the moment, and to whom items were handed over.

use peer_support_domain::audit::Act;
use peer_support_domain::desk::DeskChange;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{CLAIM_MS, HAND_OVERS_OF_ITEM};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::{Role, State};
use peer_support_domain::wire::{HandOver, PastDecision};
use rusqlite::{Connection, Row};

use super::items::{AtTheDesk, at_the_desk};
use super::{all, audit, bits, drills, execute, first, item_id, live, moderators, parsed, roles, side_texts};
use crate::store::audit::NewAct;
use crate::store::side::Side;
use crate::store::{Claim, Claimed, HandedOver, ModeratorId, NewClaim, NewHandOver, SecretHash, StoreError};

/// Who reads an item.
pub(super) fn of(db: &Connection, item_key: i64, now: i64) -> Result<Option<Claim>, StoreError> {
    first(
        db,
        "select claims.moderator_key, moderators.name, claims.expires_at
         from claims
         join moderators on moderators.key = claims.moderator_key
         where claims.item_key = ?1
           and claims.expires_at > ?2",
        (item_key, now),
        |row| Ok(Claim { moderator: ModeratorId(row.get(0)?), name: row.get(1)?, until: row.get(2)? }),
    )
}

/// Who reads an item, when it is another than this moderator.
pub(super) fn of_another(
    db: &Connection,
    item_key: i64,
    moderator: ModeratorId,
    now: i64,
) -> Result<Option<Claim>, StoreError> {
    Ok(of(db, item_key, now)?.filter(|claim| claim.moderator != moderator))
}

pub(super) fn claim(db: &Connection, new: &NewClaim) -> Result<Option<Claimed>, StoreError> {
    let Some(AtTheDesk { key, state, is_made_up }) = at_the_desk(db, new.item)? else { return Ok(None) };
    if state == State::Deleted {
        return Ok(None);
    }
    if is_made_up {
        drills::note_claim(db, key, new.at)?;
    }
    let before = of(db, key, new.at)?;
    let is_new = before.as_ref().is_none_or(|claim| claim.moderator != new.moderator);
    match before.filter(|_| is_new) {
        Some(theirs) if !new.takes_over => return Ok(Some(Claimed::Theirs(theirs))),
        Some(theirs) => record(db, new.item, Act::TakenOver, new.moderator, Some(theirs.moderator), new.at)?,
        None => {}
    }
    execute(
        db,
        "insert into claims (item_key, moderator_key, expires_at)
         values (?1, ?2, ?3)
         on conflict (item_key) do update set moderator_key = excluded.moderator_key, expires_at = excluded.expires_at",
        (key, new.moderator.0, new.at + CLAIM_MS),
    )?;
    if is_new {
        live::tell_desk(db, new.item, DeskChange::Claimed)?;
    }
    Ok(of(db, key, new.at)?.map(Claimed::Yours))
}

pub(super) fn release(db: &Connection, id: ItemId, moderator: ModeratorId) -> Result<(), StoreError> {
    let Some(AtTheDesk { key, .. }) = at_the_desk(db, id)? else { return Ok(()) };
    let n_released = execute(
        db,
        "delete from claims
         where item_key = ?1
           and moderator_key = ?2",
        (key, moderator.0),
    )?;
    if n_released > 0 {
        live::tell_desk(db, id, DeskChange::Freed)?;
    }
    Ok(())
}

/// What the moderator of a session reads is free.
pub(super) fn release_of_session(db: &Connection, session: &SecretHash) -> Result<(), StoreError> {
    let freed: Vec<ItemId> = all(
        db,
        "select items.key, items.id
         from sessions
         join claims on claims.moderator_key = sessions.moderator_key
         join items on items.key = claims.item_key
         where sessions.session_hash = ?1",
        [session],
        |row| item_id(row, "id"),
    )?;
    execute(
        db,
        "delete from claims
         where moderator_key = (select moderator_key from sessions where session_hash = ?1)",
        [session],
    )?;
    freed.into_iter().try_for_each(|item| live::tell_desk(db, item, DeskChange::Freed))
}

/// Nobody reads an item any more, and what was said on handing it over is done with.
pub(super) fn end(db: &Connection, item_key: i64, id: ItemId) -> Result<(), StoreError> {
    execute(db, "delete from claims where item_key = ?1", [item_key])?;
    side_texts::forget(db, item_key, &[Side::HandOver])?;
    live::tell_desk(db, id, DeskChange::Decided)
}

pub(super) fn hand_over(db: &Connection, new: &NewHandOver) -> Result<Option<HandedOver>, StoreError> {
    let Some(AtTheDesk { key, state, .. }) = at_the_desk(db, new.item)? else { return Ok(None) };
    if state == State::Deleted {
        return Ok(Some(HandedOver::ItemDeleted));
    }
    if let Some(theirs) = of_another(db, key, new.moderator, new.at)? {
        return Ok(Some(HandedOver::Claimed(theirs)));
    }
    let to = match &new.to {
        None => None,
        Some(name) => match colleague(db, name, key)? {
            Some(colleague) => Some(colleague),
            None => return Ok(Some(HandedOver::NoSuchColleague)),
        },
    };
    let before = hand_overs(db, key)?;
    let is_same = |last: &&HandOver| last.note == new.note && last.to == new.to;
    if let Some(last) = before.last().filter(is_same) {
        return Ok(Some(HandedOver::Done(last.clone())));
    }
    if before.len() >= HAND_OVERS_OF_ITEM {
        return Ok(Some(HandedOver::TooMany));
    }
    let side = Side::HandOver;
    side_texts::add(db, key, side, Some(new.moderator), ContentNotes::default(), &new.note, new.at)?;
    execute(
        db,
        "update side_texts
         set to_moderator_key = ?2
         where key = ?1",
        (db.last_insert_rowid(), to.map(|to| to.0)),
    )?;
    record(db, new.item, Act::HandedOver, new.moderator, to, new.at)?;
    execute(db, "delete from claims where item_key = ?1", [key])?;
    live::tell_desk(db, new.item, DeskChange::Freed)?;
    Ok(hand_overs(db, key)?.pop().map(HandedOver::Done))
}

/// The open account of this name, when it may decide about this item.
fn colleague(db: &Connection, name: &str, item_key: i64) -> Result<Option<ModeratorId>, StoreError> {
    let Some(colleague) = moderators::open_account(db, name)? else { return Ok(None) };
    let role = roles::on_item(db, colleague, item_key)?;
    Ok((role >= Some(Role::Moderator)).then_some(colleague))
}

/// The notes with which an item was handed over, the oldest first.
pub(super) fn hand_overs(db: &Connection, item_key: i64) -> Result<Vec<HandOver>, StoreError> {
    all(
        db,
        "select side_texts.text, side_texts.created_at, moderators.name, colleagues.name as to_name
         from side_texts
         join moderators on moderators.key = side_texts.moderator_key
         left join moderators as colleagues on colleagues.key = side_texts.to_moderator_key
         where side_texts.item_key = ?1
           and side_texts.side = 'h'
           and side_texts.side <> 'x'
         order by side_texts.key",
        [item_key],
        |row| {
            Ok(HandOver {
                from: row.get("name")?,
                to: row.get("to_name")?,
                note: row.get("text")?,
                at: row.get("created_at")?,
            })
        },
    )
}

fn record(
    db: &Connection,
    item: ItemId,
    act: Act,
    moderator: ModeratorId,
    other: Option<ModeratorId>,
    at: i64,
) -> Result<(), StoreError> {
    execute(
        db,
        "insert into desk_events (item_id, event, moderator_key, other_key, at)
         values (?1, ?2, ?3, ?4, ?5)",
        (bits(item), act.as_str().replace('-', "_"), moderator.0, other.map(|other| other.0), at),
    )?;
    let act = NewAct::of(act, Some(moderator), at).on(item);
    audit::record(
        db,
        match other {
            Some(other) => act.about(other),
            None => act,
        },
    )
}

pub(super) fn last_decision(db: &Connection, item: ItemId) -> Result<Option<PastDecision>, StoreError> {
    first(
        db,
        "select decisions.key, decisions.item_id, decisions.decision, moderators.name, decisions.rule, decisions.reason,
           decisions.n_taken_out, decisions.decided_at
         from decisions
         left join moderators on moderators.key = decisions.moderator_key
         where decisions.item_id = ?1
         order by decisions.key desc
         limit 1",
        [bits(item)],
        past_decision,
    )
}

pub(super) fn past_decision(row: &Row<'_>) -> Result<PastDecision, StoreError> {
    Ok(PastDecision {
        item: item_id(row, "item_id")?,
        decision: parsed(row, "decisions", "decision")?,
        by: row.get("name")?,
        rule: row.get("rule")?,
        reason: row.get("reason")?,
        n_taken_out: row.get("n_taken_out")?,
        at: row.get("decided_at")?,
    })
}
