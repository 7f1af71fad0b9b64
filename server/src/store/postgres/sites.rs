//! What was changed about a site, and which of its items wait too long.

use peer_support_domain::coverage::{Forced, ForcedRule};
use peer_support_domain::limits::{LATE_NOTICE_EVERY_MS, SITE_CHANGES};
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{SiteChange, SiteSetting};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::{audit, corrupt, items, key, parsed_if_any};
use crate::store::audit::{NewAct, act_of};
use crate::store::{FAR, ModeratorId, SiteSettings, StoreError, waits_since};

pub(super) async fn settings(pool: &PgPool, site: &SiteId) -> Result<SiteSettings, StoreError> {
    let rows = sqlx::query(
        "select last.key, what, rule, until_at, is_on
         from sites
         cross join (values ('forced'), ('sensitive'), ('two_persons')) as kinds (kind)
         cross join lateral (
           select key, what, rule, until_at, is_on
           from site_changes
           where site_key = sites.key
             and what = kind
           order by key desc
           limit 1
         ) as last
         where sites.id = $1",
    )
    .bind(site.as_str())
    .fetch_all(pool)
    .await?;
    let mut settings = SiteSettings::default();
    for row in &rows {
        match setting(row)? {
            SiteSetting::Forced(forced) => settings.forced = Some(forced),
            SiteSetting::Unforced | SiteSetting::Playbook | SiteSetting::Reasons => {}
            SiteSetting::Sensitive(is_on) => settings.is_sensitive = is_on,
            SiteSetting::TwoPersons(is_on) => settings.asks_two = is_on,
        }
    }
    Ok(settings)
}

pub(super) async fn change(
    pool: &PgPool,
    site: &SiteId,
    what: SiteSetting,
    moderator: Option<ModeratorId>,
    at: i64,
) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    record(&mut tx, site, what, moderator, at).await?;
    Ok(tx.commit().await?)
}

/// Adds to the record.
pub(super) async fn record(
    db: &mut PgConnection,
    site: &SiteId,
    what: SiteSetting,
    moderator: Option<ModeratorId>,
    at: i64,
) -> Result<(), StoreError> {
    let site_key = items::site_key(&mut *db, site).await?;
    let (name, forced, is_on) = match what {
        SiteSetting::Forced(forced) => ("forced", Some(forced), None),
        SiteSetting::Unforced => ("forced", None, None),
        SiteSetting::Sensitive(is_on) => ("sensitive", None, Some(is_on)),
        SiteSetting::TwoPersons(is_on) => ("two_persons", None, Some(is_on)),
        SiteSetting::Playbook => ("playbook", None, None),
        SiteSetting::Reasons => ("reasons", None, None),
    };
    sqlx::query(
        "insert into site_changes (site_key, what, rule, until_at, is_on, moderator_key, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(site_key)
    .bind(name)
    .bind(forced.map(|forced| forced.rule.as_str()))
    .bind(forced.map(|forced| forced.until))
    .bind(is_on)
    .bind(moderator.map(|moderator| moderator.0))
    .bind(at)
    .execute(&mut *db)
    .await?;
    audit::record(db, NewAct::of(act_of(what), moderator, at).at_site(site)).await
}

pub(super) async fn changes(pool: &PgPool, site: &SiteId) -> Result<Vec<SiteChange>, StoreError> {
    let rows = sqlx::query(
        "select site_changes.key, what, rule, until_at, is_on, moderators.name as name, changed_at
         from site_changes
         join sites on sites.key = site_changes.site_key
         left join moderators on moderators.key = site_changes.moderator_key
         where sites.id = $1
         order by site_changes.key desc
         limit $2",
    )
    .bind(site.as_str())
    .bind(SITE_CHANGES as i64)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(SiteChange { by: row.try_get("name")?, what: setting(row)?, at: row.try_get("changed_at")? })
        })
        .collect()
}

fn setting(row: &PgRow) -> Result<SiteSetting, StoreError> {
    let rule: Option<ForcedRule> = parsed_if_any(row, "site_changes", "rule")?;
    match (row.try_get("what")?, row.try_get("is_on")?, rule, row.try_get("until_at")?) {
        ("sensitive", Some(is_on), None, None) => Ok(SiteSetting::Sensitive(is_on)),
        ("two_persons", Some(is_on), None, None) => Ok(SiteSetting::TwoPersons(is_on)),
        ("forced", None, Some(rule), Some(until)) => Ok(SiteSetting::Forced(Forced { rule, until })),
        ("forced", None, None, None) => Ok(SiteSetting::Unforced),
        ("playbook", None, None, None) => Ok(SiteSetting::Playbook),
        ("reasons", None, None, None) => Ok(SiteSetting::Reasons),
        _ => Err(corrupt("site_changes", "what", key(row))),
    }
}

pub(super) async fn waiting(pool: &PgPool, site: &SiteId, limit: usize) -> Result<Vec<i64>, StoreError> {
    let places: Vec<i64> = sqlx::query_scalar(
        "select queue_place
         from items
         join sites on sites.key = items.site_key
         where queue_place < $2
           and sites.id = $1
         order by queue_place
         limit $3",
    )
    .bind(site.as_str())
    .bind(FAR)
    .bind(limit as i64)
    .fetch_all(pool)
    .await?;
    Ok(places.into_iter().map(waits_since).collect())
}

pub(super) async fn notice_late(pool: &PgPool, site: &SiteId, at: i64) -> Result<bool, StoreError> {
    let mut tx = pool.begin().await?;
    let site_key = items::site_key(&mut tx, site).await?;
    let told = sqlx::query(
        "insert into late_notices (site_key, noticed_at)
         values ($1, $2)
         on conflict (site_key) do update set noticed_at = excluded.noticed_at
         where late_notices.noticed_at <= $3",
    )
    .bind(site_key)
    .bind(at)
    .bind(at.saturating_sub(LATE_NOTICE_EVERY_MS))
    .execute(&mut *tx)
    .await?;
    if told.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(
        "insert into notices (site_key, occasion, noticed_at)
         values ($1, 'late', $2)",
    )
    .bind(site_key)
    .bind(at)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(true)
}
