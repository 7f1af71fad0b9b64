//! Passwords, authenticators and recovery codes of moderators, and the record of what happened to their accounts.

use peer_support_domain::account::AccountEvent;
use peer_support_domain::limits::{ACCOUNT_EVENTS, NEW_AUTHENTICATOR_MS};
use rusqlite::Connection;

use super::{all, attempts, audit, execute, first, sessions};
use crate::store::audit::of_account;
use crate::store::{
    AccountState, MINUTE_MS, ModeratorId, SecretHash, SessionId, StoreError, begun_span, corrupt,
};

/// Records what happened to an account, for its owner and for good.
pub(super) fn note(
    db: &Connection,
    moderator: ModeratorId,
    event: AccountEvent,
    at: i64,
) -> Result<(), StoreError> {
    remember(db, moderator, event, at)?;
    audit::record(db, of_account(event, moderator, at))
}

/// As [`note`], in the account's own list only.
pub(super) fn remember(
    db: &Connection,
    moderator: ModeratorId,
    event: AccountEvent,
    at: i64,
) -> Result<(), StoreError> {
    execute(
        db,
        "insert into account_events (moderator_key, event, at)
         values (?1, ?2, ?3)",
        (moderator.0, event.as_str(), begun_span(at, MINUTE_MS)),
    )?;
    Ok(())
}

pub(super) fn account(db: &Connection, moderator: ModeratorId) -> Result<AccountState, StoreError> {
    let has = first(
        db,
        "select password is not null, authenticator is not null
         from credentials
         where moderator_key = ?1",
        [moderator.0],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let (has_password, has_authenticator) = has.unwrap_or_default();
    let n_recovery_codes = first(
        db,
        "select count(*) from account_recovery_codes where moderator_key = ?1",
        [moderator.0],
        |row| Ok(row.get(0)?),
    )?;
    let events = all(
        db,
        "select key, event, at
         from account_events
         where moderator_key = ?1
         order by key desc
         limit ?2",
        (moderator.0, ACCOUNT_EVENTS as i64),
        |row| {
            let event = row.get_ref(1)?.as_str().ok().and_then(|event| event.parse().ok());
            let event = event.ok_or_else(|| corrupt("account_events", "event", super::key(row)))?;
            Ok((event, row.get(2)?))
        },
    )?;
    let n_recovery_codes = n_recovery_codes.unwrap_or_default();
    Ok(AccountState { has_password, has_authenticator, n_recovery_codes, events })
}

pub(super) fn set_password(
    db: &Connection,
    moderator: ModeratorId,
    password: &str,
    kept: SessionId,
    at: i64,
) -> Result<bool, StoreError> {
    let n_set = execute(
        db,
        "insert into credentials (moderator_key, password)
         select key, ?2
         from moderators
         where key = ?1
           and closed_at is null
         on conflict (moderator_key) do update
         set password = excluded.password",
        (moderator.0, password),
    )?;
    if n_set == 0 {
        return Ok(false);
    }
    sessions::end_others(db, moderator, kept)?;
    attempts::forgive(db, moderator)?;
    note(db, moderator, AccountEvent::PasswordSet, at)?;
    Ok(true)
}

pub(super) fn begin_authenticator(
    db: &Connection,
    moderator: ModeratorId,
    sealed: &[u8],
    at: i64,
) -> Result<bool, StoreError> {
    let n_begun = execute(
        db,
        "insert into credentials (moderator_key, new_authenticator, new_authenticator_at)
         select key, ?2, ?3
         from moderators
         where key = ?1
           and closed_at is null
         on conflict (moderator_key) do update
         set new_authenticator = excluded.new_authenticator,
           new_authenticator_at = excluded.new_authenticator_at",
        (moderator.0, sealed, at),
    )?;
    Ok(n_begun == 1)
}

pub(super) fn new_authenticator(
    db: &Connection,
    moderator: ModeratorId,
    now: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    first(
        db,
        "select new_authenticator
         from credentials
         where moderator_key = ?1
           and new_authenticator_at > ?2",
        (moderator.0, now.saturating_sub(NEW_AUTHENTICATOR_MS)),
        |row| Ok(row.get(0)?),
    )
}

pub(super) fn set_authenticator(
    db: &Connection,
    moderator: ModeratorId,
    sealed: &[u8],
    step: i64,
    codes: &[SecretHash],
    at: i64,
) -> Result<bool, StoreError> {
    let n_set = execute(
        db,
        "update credentials
         set authenticator = new_authenticator,
           step = ?3,
           new_authenticator = null,
           new_authenticator_at = null
         where moderator_key = ?1
           and new_authenticator = ?2",
        (moderator.0, sealed, step),
    )?;
    if n_set == 0 {
        return Ok(false);
    }
    replace_codes(db, moderator, codes)?;
    note(db, moderator, AccountEvent::AuthenticatorSet, at)?;
    Ok(true)
}

pub(super) fn set_recovery_codes(
    db: &Connection,
    moderator: ModeratorId,
    codes: &[SecretHash],
    at: i64,
) -> Result<bool, StoreError> {
    let has_authenticator = first(
        db,
        "select 1
         from credentials
         where moderator_key = ?1
           and authenticator is not null",
        [moderator.0],
        |_| Ok(()),
    )?;
    if has_authenticator.is_none() {
        return Ok(false);
    }
    replace_codes(db, moderator, codes)?;
    note(db, moderator, AccountEvent::RecoveryCodesMade, at)?;
    Ok(true)
}

fn replace_codes(db: &Connection, moderator: ModeratorId, codes: &[SecretHash]) -> Result<(), StoreError> {
    execute(db, "delete from account_recovery_codes where moderator_key = ?1", [moderator.0])?;
    for code in codes {
        execute(
            db,
            "insert into account_recovery_codes (moderator_key, code_hash)
             values (?1, ?2)",
            (moderator.0, code),
        )?;
    }
    Ok(())
}

/// Takes away all that an account signs in with, and ends its sessions.
pub(super) fn take_away(db: &Connection, moderator: ModeratorId) -> Result<(), StoreError> {
    for sql in [
        "delete from sign_in_codes where moderator_key = ?1",
        "delete from sessions where moderator_key = ?1",
        "delete from claims where moderator_key = ?1",
        "delete from account_recovery_codes where moderator_key = ?1",
        "delete from credentials where moderator_key = ?1",
    ] {
        execute(db, sql, [moderator.0])?;
    }
    attempts::forgive(db, moderator)
}
