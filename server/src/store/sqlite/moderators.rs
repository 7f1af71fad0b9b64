//! Moderators' accounts, how they sign in, and their sessions.

use peer_support_domain::post::Role;
use rusqlite::{Connection, Row};

use super::{all as all_rows, execute, first, parsed};
use crate::store::{Moderator, ModeratorId, SecretHash, StoreError};

pub(super) fn add(db: &Connection, name: &str, role: Role, at: i64) -> Result<Option<Moderator>, StoreError> {
    first(
        db,
        "insert into moderators (name, role, created_at)
         values (?1, ?2, ?3)
         on conflict do nothing
         returning key, name, role",
        (name, role.as_str(), at),
        moderator,
    )
}

pub(super) fn all(db: &Connection) -> Result<Vec<Moderator>, StoreError> {
    all_rows(
        db,
        "select key, name, role
         from moderators
         where closed_at is null
         order by name",
        [],
        moderator,
    )
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
        |row| Ok(row.get::<_, i64>(0)?),
    )?;
    let Some(key) = closed else { return Ok(false) };
    execute(db, "delete from sign_in_codes where moderator_key = ?1", [key])?;
    execute(db, "delete from sessions where moderator_key = ?1", [key])?;
    Ok(true)
}

pub(super) fn add_sign_in_code(
    db: &Connection,
    name: &str,
    code: &SecretHash,
    expires_at: i64,
) -> Result<bool, StoreError> {
    let n_added = execute(
        db,
        "insert into sign_in_codes (code_hash, moderator_key, expires_at)
         select ?2, key, ?3
         from moderators
         where name = ?1
           and closed_at is null",
        (name, code, expires_at),
    )?;
    Ok(n_added == 1)
}

pub(super) fn sign_in(
    db: &Connection,
    code: &SecretHash,
    session: &SecretHash,
    now: i64,
    expires_at: i64,
) -> Result<Option<Moderator>, StoreError> {
    let used = first(
        db,
        "delete from sign_in_codes
         where code_hash = ?1
         returning moderator_key, expires_at",
        [code],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
    )?;
    let Some((moderator_key, code_expires_at)) = used else { return Ok(None) };
    if code_expires_at <= now {
        return Ok(None);
    }
    execute(
        db,
        "insert into sessions (session_hash, moderator_key, expires_at)
         values (?1, ?2, ?3)",
        (session, moderator_key, expires_at),
    )?;
    self::session(db, session, now)
}

pub(super) fn session(
    db: &Connection,
    session: &SecretHash,
    now: i64,
) -> Result<Option<Moderator>, StoreError> {
    first(
        db,
        "select moderators.key, name, role
         from sessions
         join moderators on moderators.key = sessions.moderator_key
         where session_hash = ?1
           and expires_at > ?2",
        (session, now),
        moderator,
    )
}

pub(super) fn sign_out(db: &Connection, session: &SecretHash) -> Result<(), StoreError> {
    execute(db, "delete from sessions where session_hash = ?1", [session])?;
    Ok(())
}

fn moderator(row: &Row<'_>) -> Result<Moderator, StoreError> {
    Ok(Moderator {
        id: ModeratorId(row.get("key")?),
        name: row.get("name")?,
        role: parsed(row, "moderators", "role")?,
    })
}
