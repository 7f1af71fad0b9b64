//! What is passed on to a lead, and what a site's team is told.

use peer_support_domain::audit::Act;
use peer_support_domain::delivery::Occasion;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{DEAD_DELIVERIES, DEAD_DELIVERY_RETENTION_MS, DELIVERY_CLAIM_MS};
use peer_support_domain::roles::Reach;
use peer_support_domain::wire::{Delivery, Escalation};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::{audit, bits, corrupt, drills, item_id, key, parsed, sites_in};
use crate::store::audit::NewAct;
use crate::store::{
    DueDelivery, Escalated, FIRST_TIER, NewDelivery, NewEscalation, Notice, NoticeId, StoreError, Tried,
};

pub(super) async fn escalate(pool: &PgPool, new: &NewEscalation) -> Result<Option<Escalated>, StoreError> {
    let mut tx = pool.begin().await?;
    let found = sqlx::query(
        "select key, queue_place is not null as waits, escalated_at is not null as is_escalated
         from items
         where id = $1
         for no key update",
    )
    .bind(bits(new.item))
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = found else { return Ok(None) };
    let item_key = key(&row);
    if row.try_get("is_escalated")? {
        let before =
            last(&mut tx, new.item).await?.ok_or_else(|| corrupt("items", "escalated_at", item_key))?;
        return Ok(Some(Escalated::Before(before)));
    }
    if !row.try_get::<bool, _>("waits")? {
        return Ok(Some(Escalated::NotWaiting));
    }
    sqlx::query(
        "insert into escalations (item_id, moderator_key, note, escalated_at)
         values ($1, $2, $3, $4)",
    )
    .bind(bits(new.item))
    .bind(new.moderator.0)
    .bind(&new.note)
    .bind(new.at)
    .execute(&mut *tx)
    .await?;
    sqlx::query("update items set escalated_at = $2 where key = $1")
        .bind(item_key)
        .bind(new.at)
        .execute(&mut *tx)
        .await?;
    drills::note_passing_on(&mut tx, item_key, new.at).await?;
    notice(&mut tx, item_key, Occasion::Escalated, new.at).await?;
    audit::record(&mut tx, NewAct::of(Act::PassedOn, Some(new.moderator), new.at).on(new.item)).await?;
    let done = last(&mut tx, new.item).await?.ok_or_else(|| corrupt("items", "escalated_at", item_key))?;
    tx.commit().await?;
    Ok(Some(Escalated::Done(done)))
}

/// The last time an item was passed on.
pub(super) async fn last(db: &mut PgConnection, item: ItemId) -> Result<Option<Escalation>, StoreError> {
    let found = sqlx::query_as(
        "select name, note, escalated_at
         from escalations
         join moderators on moderators.key = escalations.moderator_key
         where item_id = $1
         order by escalations.key desc
         limit 1",
    )
    .bind(bits(item))
    .fetch_optional(db)
    .await?;
    Ok(found.map(|(by, note, at)| Escalation { by, note, at }))
}

/// Whether an item stands where a life may be at risk.
pub(super) async fn is_at_risk(db: &mut PgConnection, item_key: i64) -> Result<bool, StoreError> {
    let place: Option<Option<i64>> = sqlx::query_scalar("select queue_place from items where key = $1")
        .bind(item_key)
        .fetch_optional(db)
        .await?;
    Ok(place.flatten().is_some_and(|place| place < FIRST_TIER))
}

/// Tells the team of an item that came where a life may be at risk, unless it `was` there before.
pub(super) async fn notice_risk(
    db: &mut PgConnection,
    item_key: i64,
    was: bool,
    at: i64,
) -> Result<(), StoreError> {
    if !was && is_at_risk(db, item_key).await? {
        notice(db, item_key, Occasion::Risk, at).await?;
    }
    Ok(())
}

async fn notice(db: &mut PgConnection, item_key: i64, occasion: Occasion, at: i64) -> Result<(), StoreError> {
    sqlx::query(
        "insert into notices (site_key, occasion, item_id, noticed_at)
         select site_key, $2, id, $3
         from items
         where key = $1",
    )
    .bind(item_key)
    .bind(occasion.as_str())
    .bind(at)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn notices(pool: &PgPool, limit: usize) -> Result<Vec<Notice>, StoreError> {
    let rows = sqlx::query(
        "select notices.key, sites.id as site, occasion, item_id, noticed_at
         from notices
         join sites on sites.key = notices.site_key
         order by notices.key
         limit $1",
    )
    .bind(limit as i64)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Notice {
                id: NoticeId(key(row)),
                site: parsed(row, "sites", "site")?,
                occasion: parsed(row, "notices", "occasion")?,
                item: item_if_any(row)?,
                at: row.try_get("noticed_at")?,
            })
        })
        .collect()
}

pub(super) async fn address(
    pool: &PgPool,
    notice: NoticeId,
    deliveries: &[NewDelivery],
) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    // Another server that addresses it too waits here, and then finds nothing.
    let there = sqlx::query("select key from notices where key = $1 for update")
        .bind(notice.0)
        .fetch_optional(&mut *tx)
        .await?;
    if there.is_none() {
        return Ok(());
    }
    for new in deliveries {
        sqlx::query(
            "insert into deliveries (id, site_key, occasion, item_id, channel, created_at, due_at)
             select $2, site_key, occasion, item_id, $3, noticed_at, noticed_at
             from notices
             where key = $1",
        )
        .bind(notice.0)
        .bind(&new.id)
        .bind(&new.channel)
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query("delete from notices where key = $1").bind(notice.0).execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}

/// Several servers claim at once, and each one gets what no other has.
pub(super) async fn claim(pool: &PgPool, now: i64, limit: usize) -> Result<Vec<DueDelivery>, StoreError> {
    let rows = sqlx::query(
        "with due as (
           select key
           from deliveries
           where due_at <= $1
           order by due_at, key
           limit $2
           for update skip locked
         ), claimed as (
           update deliveries
           set n_tries = n_tries + 1, due_at = $3
           where key in (select key from due)
           returning *
         )
         select claimed.key, claimed.id, sites.id as site, occasion, item_id, channel, created_at, n_tries
         from claimed
         join sites on sites.key = claimed.site_key
         order by claimed.key",
    )
    .bind(now)
    .bind(limit as i64)
    .bind(now.saturating_add(DELIVERY_CLAIM_MS))
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(DueDelivery {
                id: row.try_get("id")?,
                site: parsed(row, "sites", "site")?,
                occasion: parsed(row, "deliveries", "occasion")?,
                item: item_if_any(row)?,
                channel: row.try_get("channel")?,
                created_at: row.try_get("created_at")?,
                n_tries: n_tries(row)?,
            })
        })
        .collect()
}

pub(super) async fn settle(pool: &PgPool, id: &str, n_tries: u32, tried: Tried) -> Result<(), StoreError> {
    let (failure, due_at, given_up_at) = match tried {
        Tried::Arrived => {
            sqlx::query("delete from deliveries where id = $1").bind(id).execute(pool).await?;
            return Ok(());
        }
        Tried::Failed { failure, again_at } => (failure, Some(again_at), None),
        Tried::GivenUp { failure, at } => (failure, None, Some(at)),
    };
    sqlx::query(
        "update deliveries
         set failure = $3, due_at = $4, given_up_at = $5
         where id = $1
           and n_tries = $2
           and given_up_at is null",
    )
    .bind(id)
    .bind(i32::try_from(n_tries).map_err(StoreError::database)?)
    .bind(failure.as_str())
    .bind(due_at)
    .bind(given_up_at)
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn dead(pool: &PgPool, reach: &Reach) -> Result<Vec<Delivery>, StoreError> {
    let rows = sqlx::query(
        "select deliveries.key, deliveries.id, sites.id as site, occasion, item_id, channel, created_at, n_tries, failure
         from deliveries
         join sites on sites.key = deliveries.site_key
         where given_up_at is not null
           and ($2::text[] is null or sites.id = any($2))
         order by given_up_at desc, deliveries.key desc
         limit $1",
    )
    .bind(DEAD_DELIVERIES as i64)
    .bind(sites_in(reach))
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Delivery {
                id: row.try_get("id")?,
                site: parsed(row, "sites", "site")?,
                occasion: parsed(row, "deliveries", "occasion")?,
                item: item_if_any(row)?,
                channel: row.try_get("channel")?,
                created_at: row.try_get("created_at")?,
                n_tries: n_tries(row)?,
                failure: parsed(row, "deliveries", "failure")?,
            })
        })
        .collect()
}

pub(super) async fn resend(pool: &PgPool, id: &str, reach: &Reach, at: i64) -> Result<bool, StoreError> {
    let resent = sqlx::query(
        "update deliveries
         set n_tries = 0, due_at = $2, given_up_at = null
         where id = $1
           and given_up_at is not null
           and ($3::text[] is null or site_key in (select key from sites where sites.id = any($3)))",
    )
    .bind(id)
    .bind(at)
    .bind(sites_in(reach))
    .execute(pool)
    .await?;
    Ok(resent.rows_affected() == 1)
}

pub(super) async fn discard(pool: &PgPool, id: &str, reach: &Reach) -> Result<bool, StoreError> {
    let gone = sqlx::query(
        "delete from deliveries
         where id = $1
           and given_up_at is not null
           and ($2::text[] is null or site_key in (select key from sites where sites.id = any($2)))",
    )
    .bind(id)
    .bind(sites_in(reach))
    .execute(pool)
    .await?;
    Ok(gone.rows_affected() == 1)
}

/// Forgets what was given up long ago.
pub(super) async fn purge(pool: &PgPool, now: i64) -> Result<(), StoreError> {
    sqlx::query("delete from deliveries where given_up_at < $1")
        .bind(now.saturating_sub(DEAD_DELIVERY_RETENTION_MS))
        .execute(pool)
        .await?;
    Ok(())
}

fn item_if_any(row: &PgRow) -> Result<Option<ItemId>, StoreError> {
    match row.try_get::<Option<i64>, _>("item_id")? {
        Some(_) => item_id(row, "item_id").map(Some),
        None => Ok(None),
    }
}

fn n_tries(row: &PgRow) -> Result<u32, StoreError> {
    u32::try_from(row.try_get::<i32, _>("n_tries")?).map_err(|_| corrupt("deliveries", "n_tries", key(row)))
}
