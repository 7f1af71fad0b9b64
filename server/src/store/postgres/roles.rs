//! What accounts may do, and on which sites.

use peer_support_domain::account::AccountEvent;
use peer_support_domain::desk::DeskChange;
use peer_support_domain::post::Role;
use peer_support_domain::roles::Roles;
use peer_support_domain::site::SiteId;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::{AssertSqlSafe, Row};

use super::{audit, credentials, item_id, items, key, live, moderators, parsed};
use crate::store::audit::NewAct;
use crate::store::{Moderator, ModeratorId, NewRole, RoleChanged, StoreError, deciders_on, roles_of_text};

/// The roles of the account in `row`, which has its `role` for all sites and the `site_roles`.
pub(super) fn roles(row: &PgRow) -> Result<Roles, StoreError> {
    let everywhere: Option<String> = row.try_get("role")?;
    let by_site: Option<String> = row.try_get("site_roles")?;
    roles_of_text(key(row), everywhere.as_deref(), by_site.as_deref())
}

/// The account of a key.
async fn account(db: &mut PgConnection, moderator: ModeratorId) -> Result<Option<Moderator>, StoreError> {
    sqlx::query(AssertSqlSafe(format!("{} and key = $1", moderators::OPEN)))
        .bind(moderator.0)
        .fetch_optional(db)
        .await?
        .as_ref()
        .map(moderators::moderator)
        .transpose()
}

async fn site_of(db: &mut PgConnection, item_key: i64) -> Result<Option<SiteId>, StoreError> {
    sqlx::query(
        "select sites.key, sites.id
         from items
         join sites on sites.key = items.site_key
         where items.key = $1",
    )
    .bind(item_key)
    .fetch_optional(db)
    .await?
    .as_ref()
    .map(|row| parsed(row, "sites", "id"))
    .transpose()
}

/// The role of an open account on the site of an item.
pub(super) async fn on_item(
    db: &mut PgConnection,
    moderator: ModeratorId,
    item_key: i64,
) -> Result<Option<Role>, StoreError> {
    let site = site_of(db, item_key).await?;
    let account = account(db, moderator).await?;
    Ok(account.zip(site).and_then(|(account, site)| account.roles.on(&site)))
}

/// Who may decide about an item, and by which role.
pub(super) async fn deciders(
    db: &mut PgConnection,
    item_key: i64,
) -> Result<Vec<(ModeratorId, Role)>, StoreError> {
    let Some(site) = site_of(db, item_key).await? else { return Ok(Vec::new()) };
    Ok(deciders_on(&site, moderators::all(db).await?))
}

pub(super) async fn set(pool: &PgPool, new: &NewRole) -> Result<RoleChanged, StoreError> {
    let mut tx = pool.begin().await?;
    // Both accounts are locked in one order, so that of two who take each other's role away one is first.
    sqlx::query(
        "select key
         from moderators
         where name = $1
            or key = $2
         order by key
         for update",
    )
    .bind(&new.name)
    .bind(new.by.map(|by| by.0))
    .fetch_all(&mut *tx)
    .await?;
    let Some(before) = moderators::open_account(&mut tx, &new.name).await? else {
        return Ok(RoleChanged::NoSuchAccount);
    };
    let Some(before) = account(&mut tx, before).await? else { return Ok(RoleChanged::NoSuchAccount) };
    if let (Some(by), Some(site)) = (new.by, &new.site) {
        let by = account(&mut tx, by).await?.unwrap_or_else(|| Moderator::without_roles(by));
        if let Err(not_given) = by.roles.may_change(site, &before.roles, by.id == before.id) {
            return Ok(RoleChanged::NotGiven(not_given));
        }
    }
    let role = new.role.map(Role::as_str);
    match &new.site {
        None => {
            sqlx::query("update moderators set role = $2 where key = $1")
                .bind(before.id.0)
                .bind(role)
                .execute(&mut *tx)
                .await?;
        }
        Some(site) => {
            let site_key = items::site_key(&mut tx, site).await?;
            let change = match role {
                Some(role) => sqlx::query(
                    "insert into site_roles (moderator_key, site_key, role)
                     values ($1, $2, $3)
                     on conflict (moderator_key, site_key) do update set role = excluded.role",
                )
                .bind(before.id.0)
                .bind(site_key)
                .bind(role),
                None => sqlx::query(
                    "delete from site_roles
                     where moderator_key = $1
                       and site_key = $2",
                )
                .bind(before.id.0)
                .bind(site_key),
            };
            change.execute(&mut *tx).await?;
        }
    }
    let Some(after) = account(&mut tx, before.id).await? else { return Ok(RoleChanged::NoSuchAccount) };
    if after.roles == before.roles {
        return Ok(RoleChanged::Done(after));
    }
    credentials::remember(&mut tx, before.id, AccountEvent::RolesChanged, new.at).await?;
    audit::record(&mut tx, NewAct::of_role(new, before.id)).await?;
    release_lost(&mut tx, &after).await?;
    if after.roles.most().is_none() {
        sqlx::query("delete from sessions where moderator_key = $1")
            .bind(after.id.0)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(RoleChanged::Done(after))
}

/// What a moderator reads on sites where they decide no more is free.
async fn release_lost(db: &mut PgConnection, moderator: &Moderator) -> Result<(), StoreError> {
    let claimed = sqlx::query(
        "select items.key, items.id, sites.id as site
         from claims
         join items on items.key = claims.item_key
         join sites on sites.key = items.site_key
         where claims.moderator_key = $1",
    )
    .bind(moderator.id.0)
    .fetch_all(&mut *db)
    .await?;
    for row in &claimed {
        let site: SiteId = parsed(row, "sites", "site")?;
        if moderator.roles.on(&site) < Some(Role::Moderator) {
            sqlx::query("delete from claims where item_key = $1").bind(key(row)).execute(&mut *db).await?;
            live::tell_desk(db, item_id(row, "id")?, DeskChange::Freed).await?;
        }
    }
    Ok(())
}
