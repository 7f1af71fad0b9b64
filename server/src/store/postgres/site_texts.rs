//! What a site wrote for its moderators.

use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{Playbook, ReasonTemplate, SiteSetting};
use sqlx::postgres::{PgConnection, PgPool};

use super::{items, sites};
use crate::store::{ModeratorId, StoreError};

pub(super) async fn playbook(pool: &PgPool, site: &SiteId) -> Result<Option<Playbook>, StoreError> {
    if !was_written(pool, site, "playbook").await? {
        return Ok(None);
    }
    let mut steps: [Vec<String>; 3] = Default::default();
    for (steps, colour) in steps.iter_mut().zip(["green", "amber", "red"]) {
        steps.extend(shelf(pool, site, colour).await?.into_iter().map(|(_, text)| text));
    }
    let [green, amber, red] = steps;
    Ok(Some(Playbook { green, amber, red }))
}

pub(super) async fn put_playbook(
    pool: &PgPool,
    site: &SiteId,
    playbook: &Playbook,
    moderator: ModeratorId,
    at: i64,
) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    let site_key = items::site_key(&mut tx, site).await?;
    let Playbook { green, amber, red } = playbook;
    for (colour, steps) in [("green", green), ("amber", amber), ("red", red)] {
        let steps: Vec<_> = steps.iter().map(|step| (None, step.as_str())).collect();
        put(&mut tx, site_key, colour, &steps).await?;
    }
    sites::record(&mut tx, site, SiteSetting::Playbook, Some(moderator), at).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn reasons(pool: &PgPool, site: &SiteId) -> Result<Option<Vec<ReasonTemplate>>, StoreError> {
    if !was_written(pool, site, "reasons").await? {
        return Ok(None);
    }
    let texts = shelf(pool, site, "reason").await?;
    let to_reason =
        |(name, text): (Option<String>, String)| ReasonTemplate { name: name.unwrap_or_default(), text };
    Ok(Some(texts.into_iter().map(to_reason).collect()))
}

pub(super) async fn put_reasons(
    pool: &PgPool,
    site: &SiteId,
    reasons: &[ReasonTemplate],
    moderator: ModeratorId,
    at: i64,
) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    let site_key = items::site_key(&mut tx, site).await?;
    let texts: Vec<_> =
        reasons.iter().map(|reason| (Some(reason.name.as_str()), reason.text.as_str())).collect();
    put(&mut tx, site_key, "reason", &texts).await?;
    sites::record(&mut tx, site, SiteSetting::Reasons, Some(moderator), at).await?;
    Ok(tx.commit().await?)
}

async fn was_written(pool: &PgPool, site: &SiteId, what: &str) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "select exists (
           select 1
           from site_changes
           join sites on sites.key = site_changes.site_key
           where sites.id = $1
             and what = $2
         )",
    )
    .bind(site.as_str())
    .bind(what)
    .fetch_one(pool)
    .await?)
}

async fn shelf(
    pool: &PgPool,
    site: &SiteId,
    shelf: &str,
) -> Result<Vec<(Option<String>, String)>, StoreError> {
    Ok(sqlx::query_as(
        "select name, text
         from site_texts
         where site_key = (select key from sites where id = $1)
           and shelf = $2
         order by place",
    )
    .bind(site.as_str())
    .bind(shelf)
    .fetch_all(pool)
    .await?)
}

async fn put(
    db: &mut PgConnection,
    site_key: i64,
    shelf: &str,
    texts: &[(Option<&str>, &str)],
) -> Result<(), StoreError> {
    // Of two who save at once, one waits and then replaces what the other wrote.
    sqlx::query("select key from sites where key = $1 for update").bind(site_key).fetch_one(&mut *db).await?;
    sqlx::query("delete from site_texts where site_key = $1 and shelf = $2")
        .bind(site_key)
        .bind(shelf)
        .execute(&mut *db)
        .await?;
    for (place, (name, text)) in (0_i32..).zip(texts) {
        sqlx::query(
            "insert into site_texts (site_key, shelf, place, name, text)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(site_key)
        .bind(shelf)
        .bind(place)
        .bind(*name)
        .bind(*text)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}
