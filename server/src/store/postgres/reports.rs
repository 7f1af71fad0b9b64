//! What readers report, and when that alone hides an item.

use peer_support_domain::desk::DeskChange;
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{REPORT_RETENTION_MS, REPORTS_OF_ITEM};
use peer_support_domain::post::{Decision, State};
use peer_support_domain::report::ReportReason;
use peer_support_domain::roles::Reach;
use peer_support_domain::statistics::Tally;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool};

use super::{bits, item_id, items, key, live, outbox, parsed, queue, tallies};
use crate::store::{Hiding, NewReport, ReportStanding, Reported, Rule, SecretHash, StoreError, hour_of};

pub(super) async fn report(pool: &PgPool, new: &NewReport) -> Result<Option<Reported>, StoreError> {
    let mut tx = pool.begin().await?;
    let Some(item) = locked_item(&mut tx, new).await? else { return Ok(None) };
    let standing =
        |state, is_decided| ReportStanding { item: new.item, reason: new.reason, state, is_decided };
    if let Some(is_decided) = item.is_decided {
        sqlx::query(
            "update reports
             set reason = $3, receipt = $4
             where item_key = $1
               and reporter = $2",
        )
        .bind(item.key)
        .bind(&new.reporter.as_bytes()[..])
        .bind(new.reason.as_str())
        .bind(&new.receipt[..])
        .execute(&mut *tx)
        .await?;
        if !is_decided {
            mark_danger(&mut tx, item.key, new).await?;
        }
        let state = hide_if_due(&mut tx, &item, new).await?;
        live::tell_desk(&mut tx, new.item, DeskChange::New).await?;
        tx.commit().await?;
        return Ok(Some(Reported::CountedBefore(standing(state, is_decided))));
    }
    let n_waiting: i64 = sqlx::query_scalar(
        "select count(*)
         from reports
         where item_key = $1
           and not is_decided",
    )
    .bind(item.key)
    .fetch_one(&mut *tx)
    .await?;
    if n_waiting >= i64::from(REPORTS_OF_ITEM) {
        return Ok(Some(Reported::Enough(standing(item.state, false))));
    }
    sqlx::query(
        "insert into reports (item_key, reporter, reason, receipt, reported_at, has_force)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(item.key)
    .bind(&new.reporter.as_bytes()[..])
    .bind(new.reason.as_str())
    .bind(&new.receipt[..])
    .bind(hour_of(new.at))
    .bind(new.has_force)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "update items
         set reported_at = coalesce(reported_at, $2)
         where key = $1",
    )
    .bind(item.key)
    .bind(hour_of(new.at))
    .execute(&mut *tx)
    .await?;
    tallies::count(&mut tx, new.item, Tally::Reported(new.reason), new.at).await?;
    mark_danger(&mut tx, item.key, new).await?;
    let state = hide_if_due(&mut tx, &item, new).await?;
    live::tell_desk(&mut tx, new.item, DeskChange::New).await?;
    tx.commit().await?;
    Ok(Some(Reported::Counted(standing(state, false))))
}

/// Puts what a reader says somebody is in danger of before all else, until a moderator has decided.
async fn mark_danger(db: &mut PgConnection, item_key: i64, new: &NewReport) -> Result<(), StoreError> {
    if new.reason == ReportReason::Danger {
        let was_at_risk = outbox::is_at_risk(db, item_key).await?;
        let danger = Flags::from_iter([Flag::Danger]).bits();
        sqlx::query("update items set flags = flags | $2 where key = $1")
            .bind(item_key)
            .bind(i32::from(danger))
            .execute(&mut *db)
            .await?;
        outbox::notice_risk(db, item_key, was_at_risk, new.at).await?;
    }
    Ok(())
}

struct ReportedItem {
    key: i64,
    post_key: Option<i64>,
    state: State,
    /// Whether a moderator has decided about the report that this reader made before; `None` when there is none.
    is_decided: Option<bool>,
}

/// The item of a report, when everyone can see it or this reader reported it before. Until the transaction ends, nobody
/// else reports it or decides about it.
async fn locked_item(db: &mut PgConnection, new: &NewReport) -> Result<Option<ReportedItem>, StoreError> {
    items::locked(db, new.item).await?;
    // In a statement of its own: it sees what was committed while the one above waited for the row.
    sqlx::query(
        "select items.key, items.post_key, items.state, reports.is_decided
         from items
         left join items as posts on posts.key = items.post_key
         left join reports on reports.item_key = items.key and reports.reporter = $2
         where items.id = $1
           and (
             reports.is_decided is not null
             or items.state = 'published' and (items.post_key is null or posts.state = 'published')
           )",
    )
    .bind(bits(new.item))
    .bind(&new.reporter.as_bytes()[..])
    .fetch_optional(db)
    .await?
    .map(|row| {
        Ok(ReportedItem {
            key: row.try_get("key")?,
            post_key: row.try_get("post_key")?,
            state: parsed(&row, "items", "state")?,
            is_decided: row.try_get("is_decided")?,
        })
    })
    .transpose()
}

/// The reasons of the reports about each of these items about which nobody has decided.
pub(super) async fn reasons(
    db: &mut PgConnection,
    item_keys: &[i64],
) -> Result<Vec<(i64, ReportReason)>, StoreError> {
    sqlx::query(
        "select item_key as key, reason
         from reports
         where item_key = any($1)
           and not is_decided",
    )
    .bind(item_keys)
    .fetch_all(db)
    .await?
    .iter()
    .map(|row| Ok((key(row), parsed(row, "reports", "reason")?)))
    .collect()
}

/// Hides a published item when enough readers reported it and no moderator is there; where it stands then.
async fn hide_if_due(
    db: &mut PgConnection,
    item: &ReportedItem,
    new: &NewReport,
) -> Result<State, StoreError> {
    let Some(Hiding { n_reporters, unless_seen_after }) = new.hiding else { return Ok(item.state) };
    if item.state != State::Published {
        return Ok(item.state);
    }
    let n_with_force: i64 = sqlx::query_scalar(
        "select count(*)
         from reports
         where item_key = $1
           and has_force
           and not is_decided",
    )
    .bind(item.key)
    .fetch_one(&mut *db)
    .await?;
    if n_with_force < i64::from(n_reporters) || is_moderator_there(db, item.key, unless_seen_after).await? {
        return Ok(item.state);
    }
    sqlx::query(
        "update items
         set state = 'hidden', reason = null
         where key = $1",
    )
    .bind(item.key)
    .execute(&mut *db)
    .await?;
    if let Some(post_key) = item.post_key {
        items::count_reply(db, post_key, -1).await?;
    }
    queue::record_by_rule(db, new.item, Rule::Reports, Decision::Hide, new.at).await?;
    Ok(State::Hidden)
}

/// Whether somebody who may decide about this item was there.
async fn is_moderator_there(
    db: &mut PgConnection,
    item_key: i64,
    seen_after: i64,
) -> Result<bool, StoreError> {
    let seen_at: Option<i64> = sqlx::query_scalar(
        "select greatest(
           coalesce((select moderator_seen_at from presence where key = 1), $2),
           coalesce((select moderator_seen_at from site_presence where site_key = items.site_key), $2)
         )
         from items
         where key = $1",
    )
    .bind(item_key)
    .bind(seen_after)
    .fetch_optional(db)
    .await?;
    Ok(seen_at.is_some_and(|seen_at| seen_at > seen_after))
}

pub(super) async fn see_moderator(pool: &PgPool, reach: &Reach, at: i64) -> Result<(), StoreError> {
    if let Reach::Sites(sites) = reach {
        let mut tx = pool.begin().await?;
        for site in sites {
            let site_key = items::site_key(&mut tx, site).await?;
            sqlx::query(
                "insert into site_presence (site_key, moderator_seen_at)
                 values ($1, $2)
                 on conflict (site_key) do update
                   set moderator_seen_at = greatest(site_presence.moderator_seen_at, excluded.moderator_seen_at)",
            )
            .bind(site_key)
            .bind(at)
            .execute(&mut *tx)
            .await?;
        }
        return Ok(tx.commit().await?);
    }
    sqlx::query(
        "insert into presence (key, moderator_seen_at)
         values (1, $1)
         on conflict (key) do update
           set moderator_seen_at = greatest(presence.moderator_seen_at, excluded.moderator_seen_at)",
    )
    .bind(at)
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn report_of(
    pool: &PgPool,
    receipt: &SecretHash,
) -> Result<Option<ReportStanding>, StoreError> {
    sqlx::query(
        "select items.key, items.id, items.state, reports.reason, reports.is_decided
         from reports
         join items on items.key = reports.item_key
         where reports.receipt = $1",
    )
    .bind(&receipt[..])
    .fetch_optional(pool)
    .await?
    .map(|row| {
        Ok(ReportStanding {
            item: item_id(&row, "id")?,
            reason: parsed(&row, "reports", "reason")?,
            state: parsed(&row, "items", "state")?,
            is_decided: row.try_get("is_decided")?,
        })
    })
    .transpose()
}

pub(super) async fn flag(pool: &PgPool, item: ItemId, flag: Flag, at: i64) -> Result<bool, StoreError> {
    let mut tx = pool.begin().await?;
    let flagged = sqlx::query(
        "update items
         set flags = flags | $2, flagged_at = case when flags & $2 = 0 then coalesce(flagged_at, $3) else flagged_at end
         where id = $1
           and state = 'published'",
    )
    .bind(bits(item))
    .bind(i32::from(Flags::from_iter([flag]).bits()))
    .bind(at)
    .execute(&mut *tx)
    .await?;
    live::tell_desk(&mut tx, item, DeskChange::New).await?;
    tx.commit().await?;
    Ok(flagged.rows_affected() == 1)
}

/// Forgets what was decided long ago; its receipt opens nothing any more.
pub(super) async fn purge(pool: &PgPool, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "delete from reports
         where is_decided
           and reported_at < $1",
    )
    .bind(now.saturating_sub(REPORT_RETENTION_MS))
    .execute(pool)
    .await?;
    Ok(())
}
