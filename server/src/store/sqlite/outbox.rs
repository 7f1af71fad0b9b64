//! What is passed on to a lead, and what a site's team is told.

use peer_support_domain::audit::Act;
use peer_support_domain::delivery::{DeliveryFailure, Occasion};
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{DEAD_DELIVERIES, DEAD_DELIVERY_RETENTION_MS, DELIVERY_CLAIM_MS};
use peer_support_domain::roles::Reach;
use peer_support_domain::wire::{Delivery, Escalation};
use rusqlite::{Connection, Row};

use super::{all, audit, bits, corrupt, drills, execute, first, item_id, key, parsed, sites_in};
use crate::store::audit::NewAct;
use crate::store::{
    DueDelivery, Escalated, FIRST_TIER, NewDelivery, NewEscalation, Notice, NoticeId, StoreError, Tried,
};

pub(super) fn escalate(db: &Connection, new: &NewEscalation) -> Result<Option<Escalated>, StoreError> {
    let found = first(
        db,
        "select key, queue_place is not null, escalated_at is not null
         from items
         where id = ?1",
        [bits(new.item)],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?)),
    )?;
    let Some((item_key, waits, is_escalated)) = found else { return Ok(None) };
    if is_escalated {
        let before = last(db, new.item)?.ok_or_else(|| corrupt("items", "escalated_at", item_key))?;
        return Ok(Some(Escalated::Before(before)));
    }
    if !waits {
        return Ok(Some(Escalated::NotWaiting));
    }
    execute(
        db,
        "insert into escalations (item_id, moderator_key, note, escalated_at)
         values (?1, ?2, ?3, ?4)",
        (bits(new.item), new.moderator.0, &new.note, new.at),
    )?;
    execute(db, "update items set escalated_at = ?2 where key = ?1", (item_key, new.at))?;
    drills::note_passing_on(db, item_key, new.at)?;
    notice(db, item_key, Occasion::Escalated, new.at)?;
    audit::record(db, NewAct::of(Act::PassedOn, Some(new.moderator), new.at).on(new.item))?;
    let done = last(db, new.item)?.ok_or_else(|| corrupt("items", "escalated_at", item_key))?;
    Ok(Some(Escalated::Done(done)))
}

/// The last time an item was passed on.
pub(super) fn last(db: &Connection, item: ItemId) -> Result<Option<Escalation>, StoreError> {
    first(
        db,
        "select name, note, escalated_at
         from escalations
         join moderators on moderators.key = escalations.moderator_key
         where item_id = ?1
         order by escalations.key desc
         limit 1",
        [bits(item)],
        |row| Ok(Escalation { by: row.get(0)?, note: row.get(1)?, at: row.get(2)? }),
    )
}

/// Whether an item stands where a life may be at risk.
pub(super) fn is_at_risk(db: &Connection, item_key: i64) -> Result<bool, StoreError> {
    let place: Option<Option<i64>> =
        first(db, "select queue_place from items where key = ?1", [item_key], |row| Ok(row.get(0)?))?;
    Ok(place.flatten().is_some_and(|place| place < FIRST_TIER))
}

/// Tells the team of an item that came where a life may be at risk, unless it `was` there before.
pub(super) fn notice_risk(db: &Connection, item_key: i64, was: bool, at: i64) -> Result<(), StoreError> {
    if !was && is_at_risk(db, item_key)? {
        notice(db, item_key, Occasion::Risk, at)?;
    }
    Ok(())
}

fn notice(db: &Connection, item_key: i64, occasion: Occasion, at: i64) -> Result<(), StoreError> {
    execute(
        db,
        "insert into notices (site_key, occasion, item_id, noticed_at)
         select site_key, ?2, id, ?3
         from items
         where key = ?1",
        (item_key, occasion.as_str(), at),
    )?;
    Ok(())
}

pub(super) fn notices(db: &Connection, limit: usize) -> Result<Vec<Notice>, StoreError> {
    all(
        db,
        "select notices.key, sites.id as site, occasion, item_id, noticed_at
         from notices
         join sites on sites.key = notices.site_key
         order by notices.key
         limit ?1",
        [limit as i64],
        |row| {
            Ok(Notice {
                id: NoticeId(key(row)),
                site: parsed(row, "sites", "site")?,
                occasion: parsed(row, "notices", "occasion")?,
                item: item_if_any(row)?,
                at: row.get("noticed_at")?,
            })
        },
    )
}

pub(super) fn address(
    db: &Connection,
    notice: NoticeId,
    deliveries: &[NewDelivery],
) -> Result<(), StoreError> {
    for new in deliveries {
        execute(
            db,
            "insert into deliveries (id, site_key, occasion, item_id, channel, created_at, due_at)
             select ?2, site_key, occasion, item_id, ?3, noticed_at, noticed_at
             from notices
             where key = ?1",
            (notice.0, &new.id, &new.channel),
        )?;
    }
    execute(db, "delete from notices where key = ?1", [notice.0])?;
    Ok(())
}

/// Whether anything is to be tried.
pub(super) fn is_due(db: &Connection, now: i64) -> Result<bool, StoreError> {
    let due = first(db, "select 1 from deliveries where due_at <= ?1 limit 1", [now], |_| Ok(()))?;
    Ok(due.is_some())
}

pub(super) fn claim(db: &Connection, now: i64, limit: usize) -> Result<Vec<DueDelivery>, StoreError> {
    let due: Vec<i64> = all(
        db,
        "select key
         from deliveries
         where due_at <= ?1
         order by due_at, key
         limit ?2",
        (now, limit as i64),
        |row| Ok(row.get(0)?),
    )?;
    let mut claimed = Vec::new();
    for due in due {
        execute(
            db,
            "update deliveries
             set n_tries = n_tries + 1, due_at = ?2
             where key = ?1",
            (due, now.saturating_add(DELIVERY_CLAIM_MS)),
        )?;
        claimed.extend(first(
            db,
            "select deliveries.key, deliveries.id, sites.id as site, occasion, item_id, channel, created_at, n_tries
             from deliveries
             join sites on sites.key = deliveries.site_key
             where deliveries.key = ?1",
            [due],
            |row| {
                Ok(DueDelivery {
                    id: row.get("id")?,
                    site: parsed(row, "sites", "site")?,
                    occasion: parsed(row, "deliveries", "occasion")?,
                    item: item_if_any(row)?,
                    channel: row.get("channel")?,
                    created_at: row.get("created_at")?,
                    n_tries: row.get("n_tries")?,
                })
            },
        )?);
    }
    Ok(claimed)
}

pub(super) fn settle(db: &Connection, id: &str, n_tries: u32, tried: Tried) -> Result<(), StoreError> {
    let (failure, due_at, given_up_at) = match tried {
        Tried::Arrived => {
            execute(db, "delete from deliveries where id = ?1", [id])?;
            return Ok(());
        }
        Tried::Failed { failure, again_at } => (failure, Some(again_at), None),
        Tried::GivenUp { failure, at } => (failure, None, Some(at)),
    };
    execute(
        db,
        "update deliveries
         set failure = ?3, due_at = ?4, given_up_at = ?5
         where id = ?1
           and n_tries = ?2
           and given_up_at is null",
        (id, n_tries, failure.as_str(), due_at, given_up_at),
    )?;
    Ok(())
}

pub(super) fn dead(db: &Connection, reach: &Reach) -> Result<Vec<Delivery>, StoreError> {
    all(
        db,
        "select deliveries.key, deliveries.id, sites.id as site, occasion, item_id, channel, created_at, n_tries, failure
         from deliveries
         join sites on sites.key = deliveries.site_key
         where given_up_at is not null
           and (?2 is null or instr(?2, ' ' || sites.id || ' ') > 0)
         order by given_up_at desc, deliveries.key desc
         limit ?1",
        (DEAD_DELIVERIES as i64, sites_in(reach)),
        |row| {
            Ok(Delivery {
                id: row.get("id")?,
                site: parsed(row, "sites", "site")?,
                occasion: parsed(row, "deliveries", "occasion")?,
                item: item_if_any(row)?,
                channel: row.get("channel")?,
                created_at: row.get("created_at")?,
                n_tries: row.get("n_tries")?,
                failure: parsed::<DeliveryFailure>(row, "deliveries", "failure")?,
            })
        },
    )
}

pub(super) fn resend(db: &Connection, id: &str, reach: &Reach, at: i64) -> Result<bool, StoreError> {
    let n_rows = execute(
        db,
        "update deliveries
         set n_tries = 0, due_at = ?2, given_up_at = null
         where id = ?1
           and given_up_at is not null
           and (?3 is null or instr(?3, (select ' ' || id || ' ' from sites where key = site_key)) > 0)",
        (id, at, sites_in(reach)),
    )?;
    Ok(n_rows == 1)
}

pub(super) fn discard(db: &Connection, id: &str, reach: &Reach) -> Result<bool, StoreError> {
    let n_rows = execute(
        db,
        "delete from deliveries
         where id = ?1
           and given_up_at is not null
           and (?2 is null or instr(?2, (select ' ' || id || ' ' from sites where key = site_key)) > 0)",
        (id, sites_in(reach)),
    )?;
    Ok(n_rows == 1)
}

/// Forgets what was given up long ago.
pub(super) fn purge(db: &Connection, now: i64) -> Result<(), StoreError> {
    let before = now.saturating_sub(DEAD_DELIVERY_RETENTION_MS);
    execute(db, "delete from deliveries where given_up_at < ?1", [before])?;
    Ok(())
}

fn item_if_any(row: &Row<'_>) -> Result<Option<ItemId>, StoreError> {
    match row.get::<_, Option<i64>>("item_id")? {
        Some(_) => item_id(row, "item_id").map(Some),
        None => Ok(None),
    }
}
