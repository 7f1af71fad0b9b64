//! Wrong tries to sign in, counted by name.

use peer_support_domain::audit::Act;
use peer_support_domain::limits::{SIGN_IN_LONGEST_WAIT_MS, SIGN_IN_TRIES, SIGN_IN_TRIES_COUNT_MS};
use peer_support_domain::lock_out::wait_ms;
use rusqlite::Connection;

use super::{audit, execute, first, moderators};
use crate::store::audit::NewAct;
use crate::store::{Attempt, Credentials, ModeratorId, SecretHash, StoreError, UNKNOWN_NAMES};

pub(super) fn take(
    db: &Connection,
    name: &str,
    name_hash: &SecretHash,
    now: i64,
) -> Result<Attempt, StoreError> {
    let counted = first(
        db,
        "insert into sign_in_attempts (name_hash, moderator_key, n_tries, tried_at, waits_until)
         values (?1, (select key from moderators where name = ?2 and closed_at is null), 1, ?3, 0)
         on conflict (name_hash) do update
         set n_tries = case when tried_at <= ?4 then 1 else n_tries + 1 end,
           moderator_key = excluded.moderator_key,
           tried_at = ?3
         where waits_until <= ?3
           or waits_until > ?5
         returning n_tries",
        // Nobody waits longer than that; the clock was ahead when the others were tried.
        (name_hash, name, now, now.saturating_sub(SIGN_IN_TRIES_COUNT_MS), now + SIGN_IN_LONGEST_WAIT_MS),
        |row| Ok(row.get::<_, u32>(0)?),
    )?;
    let Some(n_tries) = counted else {
        let waits_until =
            first(db, "select waits_until from sign_in_attempts where name_hash = ?1", [name_hash], |row| {
                Ok(row.get::<_, i64>(0)?)
            })?;
        return Ok(Attempt::Wait(waits_until.unwrap_or(now) - now));
    };
    execute(
        db,
        "update sign_in_attempts set waits_until = ?2 where name_hash = ?1",
        (name_hash, now + wait_ms(n_tries)),
    )?;
    execute(
        db,
        "delete from sign_in_attempts
         where moderator_key is null
           and name_hash in (
             select name_hash
             from sign_in_attempts
             where moderator_key is null
               and tried_at > 0
             order by tried_at desc
             limit -1 offset ?1
           )",
        [UNKNOWN_NAMES],
    )?;
    let credentials = first(
        db,
        "select key, name, role, password, authenticator,
           (select group_concat(sites.id || ' ' || site_roles.role)
            from site_roles
            join sites on sites.key = site_roles.site_key
            where site_roles.moderator_key = moderators.key) as site_roles
         from moderators
         left join credentials on moderator_key = key
         where name = ?1
           and closed_at is null",
        [name],
        |row| {
            Ok(Credentials {
                moderator: moderators::moderator(row)?,
                password: row.get("password")?,
                authenticator: row.get("authenticator")?,
            })
        },
    )?;
    if let Some(credentials) = credentials.as_ref().filter(|_| n_tries == SIGN_IN_TRIES + 1) {
        // The ones before were wrong, and made the account wait; once in a row of them.
        audit::record(db, NewAct::of(Act::LockedOut, None, now).about(credentials.moderator.id))?;
    }
    Ok(Attempt::Taken(credentials))
}

pub(super) fn forgive(db: &Connection, moderator: ModeratorId) -> Result<(), StoreError> {
    execute(db, "delete from sign_in_attempts where moderator_key = ?1", [moderator.0])?;
    Ok(())
}
