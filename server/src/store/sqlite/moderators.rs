//! Moderators' accounts.

use peer_support_domain::account::AccountEvent;
use peer_support_domain::audit::Act;
use peer_support_domain::post::Role;
use peer_support_domain::roles::Roles;
use rusqlite::{Connection, Row};

use super::{all as all_rows, audit, credentials, execute, first, roles};
use crate::store::audit::{NO_ROLE, NewAct};
use crate::store::{Moderator, ModeratorId, SecretHash, StoreError};

/// Accounts that are open, with their roles.
pub(super) const OPEN: &str = "select key, name, role,
           (select group_concat(sites.id || ' ' || site_roles.role)
            from site_roles
            join sites on sites.key = site_roles.site_key
            where site_roles.moderator_key = moderators.key) as site_roles
         from moderators
         where closed_at is null";

pub(super) fn add(
    db: &Connection,
    name: &str,
    role: Option<Role>,
    at: i64,
) -> Result<Option<Moderator>, StoreError> {
    let added = first(
        db,
        "insert into moderators (name, role, created_at)
         values (?1, ?2, ?3)
         on conflict do nothing
         returning key",
        (name, role.map(Role::as_str), at),
        |row| {
            let roles = Roles { everywhere: role, ..Roles::default() };
            Ok(Moderator { id: ModeratorId(row.get(0)?), name: name.to_owned(), roles })
        },
    )?;
    if let Some(added) = &added {
        let act = NewAct::of(Act::AccountMade, None, at).about(added.id);
        audit::record(db, act.because(role.map_or(NO_ROLE, Role::as_str)))?;
    }
    Ok(added)
}

pub(super) fn all(db: &Connection) -> Result<Vec<Moderator>, StoreError> {
    all_rows(db, &format!("{OPEN} order by name"), [], moderator)
}

pub(super) fn close(db: &Connection, name: &str, at: i64) -> Result<bool, StoreError> {
    let closed = first(
        db,
        "update moderators
         set closed_at = ?2
         where name = ?1
           and closed_at is null
         returning key",
        (name, at),
        |row| Ok(ModeratorId(row.get(0)?)),
    )?;
    let Some(moderator) = closed else { return Ok(false) };
    credentials::take_away(db, moderator)?;
    audit::record(db, NewAct::of(Act::AccountClosed, None, at).about(moderator))?;
    Ok(true)
}

pub(super) fn reset(db: &Connection, name: &str, at: i64) -> Result<bool, StoreError> {
    let Some(moderator) = open_account(db, name)? else { return Ok(false) };
    credentials::take_away(db, moderator)?;
    credentials::note(db, moderator, AccountEvent::Reset, at)?;
    Ok(true)
}

pub(super) fn open_account(db: &Connection, name: &str) -> Result<Option<ModeratorId>, StoreError> {
    first(
        db,
        "select key
         from moderators
         where name = ?1
           and closed_at is null",
        [name],
        |row| Ok(ModeratorId(row.get(0)?)),
    )
}

pub(super) fn add_sign_in_code(
    db: &Connection,
    name: &str,
    code: &SecretHash,
    at: i64,
    expires_at: i64,
) -> Result<bool, StoreError> {
    let Some(moderator) = open_account(db, name)? else { return Ok(false) };
    execute(
        db,
        "insert into sign_in_codes (code_hash, moderator_key, expires_at)
         values (?1, ?2, ?3)",
        (code, moderator.0, expires_at),
    )?;
    credentials::note(db, moderator, AccountEvent::CodeMade, at)?;
    Ok(true)
}

pub(super) fn moderator(row: &Row<'_>) -> Result<Moderator, StoreError> {
    Ok(Moderator { id: ModeratorId(row.get("key")?), name: row.get("name")?, roles: roles::roles(row)? })
}
