//! What accounts may do, and on which sites.

use peer_support_domain::account::AccountEvent;
use peer_support_domain::desk::DeskChange;
use peer_support_domain::post::Role;
use peer_support_domain::roles::Roles;
use peer_support_domain::site::SiteId;
use rusqlite::{Connection, Row};

use super::{all, audit, credentials, execute, first, item_id, items, live, moderators, parsed};
use crate::store::audit::NewAct;
use crate::store::{Moderator, ModeratorId, NewRole, RoleChanged, StoreError, deciders_on, roles_of_text};

/// The roles of the account in `row`, which has its `role` for all sites and the `site_roles`.
pub(super) fn roles(row: &Row<'_>) -> Result<Roles, StoreError> {
    let everywhere: Option<String> = row.get("role")?;
    let by_site: Option<String> = row.get("site_roles")?;
    roles_of_text(row.get("key")?, everywhere.as_deref(), by_site.as_deref())
}

/// The account of a key.
fn account(db: &Connection, moderator: ModeratorId) -> Result<Option<Moderator>, StoreError> {
    first(db, &format!("{} and key = ?1", moderators::OPEN), [moderator.0], moderators::moderator)
}

fn site_of(db: &Connection, item_key: i64) -> Result<Option<SiteId>, StoreError> {
    first(
        db,
        "select sites.key, sites.id
         from items
         join sites on sites.key = items.site_key
         where items.key = ?1",
        [item_key],
        |row| parsed(row, "sites", "id"),
    )
}

/// The role of an open account on the site of an item.
pub(super) fn on_item(
    db: &Connection,
    moderator: ModeratorId,
    item_key: i64,
) -> Result<Option<Role>, StoreError> {
    let account = account(db, moderator)?;
    Ok(account.zip(site_of(db, item_key)?).and_then(|(account, site)| account.roles.on(&site)))
}

/// Who may decide about an item, and by which role.
pub(super) fn deciders(db: &Connection, item_key: i64) -> Result<Vec<(ModeratorId, Role)>, StoreError> {
    let Some(site) = site_of(db, item_key)? else { return Ok(Vec::new()) };
    Ok(deciders_on(&site, moderators::all(db)?))
}

pub(super) fn set(db: &Connection, new: &NewRole) -> Result<RoleChanged, StoreError> {
    let Some(before) = moderators::open_account(db, &new.name)? else {
        return Ok(RoleChanged::NoSuchAccount);
    };
    let Some(before) = account(db, before)? else { return Ok(RoleChanged::NoSuchAccount) };
    if let (Some(by), Some(site)) = (new.by, &new.site) {
        let by = account(db, by)?.unwrap_or_else(|| Moderator::without_roles(by));
        if let Err(not_given) = by.roles.may_change(site, &before.roles, by.id == before.id) {
            return Ok(RoleChanged::NotGiven(not_given));
        }
    }
    let role = new.role.map(Role::as_str);
    match &new.site {
        None => {
            execute(db, "update moderators set role = ?2 where key = ?1", (before.id.0, role))?;
        }
        Some(site) => {
            let site_key = items::site_key_or_new(db, site)?;
            match role {
                Some(role) => execute(
                    db,
                    "insert into site_roles (moderator_key, site_key, role)
                     values (?1, ?2, ?3)
                     on conflict (moderator_key, site_key) do update set role = excluded.role",
                    (before.id.0, site_key, role),
                )?,
                None => execute(
                    db,
                    "delete from site_roles
                     where moderator_key = ?1
                       and site_key = ?2",
                    (before.id.0, site_key),
                )?,
            };
        }
    }
    let Some(after) = account(db, before.id)? else { return Ok(RoleChanged::NoSuchAccount) };
    if after.roles == before.roles {
        return Ok(RoleChanged::Done(after));
    }
    credentials::remember(db, before.id, AccountEvent::RolesChanged, new.at)?;
    audit::record(db, NewAct::of_role(new, before.id))?;
    release_lost(db, &after)?;
    if after.roles.most().is_none() {
        execute(db, "delete from sessions where moderator_key = ?1", [after.id.0])?;
    }
    Ok(RoleChanged::Done(after))
}

/// What a moderator reads on sites where they decide no more is free.
fn release_lost(db: &Connection, moderator: &Moderator) -> Result<(), StoreError> {
    let claimed: Vec<(i64, _, SiteId)> = all(
        db,
        "select items.key, items.id, sites.id as site
         from claims
         join items on items.key = claims.item_key
         join sites on sites.key = items.site_key
         where claims.moderator_key = ?1",
        [moderator.id.0],
        |row| Ok((row.get("key")?, item_id(row, "id")?, parsed(row, "sites", "site")?)),
    )?;
    for (key, item, site) in claimed {
        if moderator.roles.on(&site) < Some(Role::Moderator) {
            execute(db, "delete from claims where item_key = ?1", [key])?;
            live::tell_desk(db, item, DeskChange::Freed)?;
        }
    }
    Ok(())
}
