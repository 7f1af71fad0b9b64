//! Moderators' sessions: how they are opened, and how they end.

use peer_support_domain::account::AccountEvent;
use peer_support_domain::audit::Act;
use peer_support_domain::limits::SESSION_SEEN_MS;
use rusqlite::Connection;

use super::{all, attempts, audit, claims, credentials, execute, first, moderators};
use crate::store::audit::NewAct;
use crate::store::{
    ListedSession, MINUTE_MS, ModeratorId, NewSession, OpenSession, SecondFactor, SecretHash, SessionId,
    StoreError, begun_span, unused_before,
};

pub(super) fn sign_in(
    db: &Connection,
    code: &SecretHash,
    session: &NewSession,
) -> Result<Option<OpenSession>, StoreError> {
    let used = first(
        db,
        "delete from sign_in_codes
         where code_hash = ?1
         returning moderator_key, expires_at",
        [code],
        |row| Ok((ModeratorId(row.get(0)?), row.get::<_, i64>(1)?)),
    )?;
    let Some((moderator, code_expires_at)) = used else { return Ok(None) };
    if code_expires_at <= session.begun_at {
        return Ok(None);
    }
    open(db, moderator, AccountEvent::SignedInByCode, session)
}

pub(super) fn sign_in_by_password(
    db: &Connection,
    moderator: ModeratorId,
    password: &str,
    second: SecondFactor,
    session: &NewSession,
) -> Result<Option<OpenSession>, StoreError> {
    let is_same = first(
        db,
        "select 1
         from credentials
         where moderator_key = ?1
           and password = ?2",
        (moderator.0, password),
        |_| Ok(()),
    )?;
    if is_same.is_none() {
        return Ok(None);
    }
    let (n_used, event) = match second {
        SecondFactor::Step(step) => (
            execute(
                db,
                "update credentials
                 set step = ?2
                 where moderator_key = ?1
                   and authenticator is not null
                   and step < ?2",
                (moderator.0, step),
            )?,
            AccountEvent::SignedIn,
        ),
        SecondFactor::RecoveryCode(code) => (
            execute(
                db,
                "delete from account_recovery_codes
                 where moderator_key = ?1
                   and code_hash = ?2",
                (moderator.0, code),
            )?,
            AccountEvent::SignedInByRecoveryCode,
        ),
    };
    if n_used == 0 { Ok(None) } else { open(db, moderator, event, session) }
}

fn open(
    db: &Connection,
    moderator: ModeratorId,
    event: AccountEvent,
    session: &NewSession,
) -> Result<Option<OpenSession>, StoreError> {
    if let Some(before) = &session.replaces {
        sign_out(db, before)?;
    }
    execute(
        db,
        "insert into sessions (session_hash, moderator_key, is_by_code, device, begun_at, seen_at, expires_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            session.hash,
            moderator.0,
            event == AccountEvent::SignedInByCode,
            &session.device,
            begun_span(session.begun_at, MINUTE_MS),
            begun_span(session.begun_at, SESSION_SEEN_MS),
            session.expires_at,
        ),
    )?;
    attempts::forgive(db, moderator)?;
    credentials::note(db, moderator, event, session.begun_at)?;
    self::session(db, &session.hash, session.begun_at)
}

pub(super) fn session(
    db: &Connection,
    session: &SecretHash,
    now: i64,
) -> Result<Option<OpenSession>, StoreError> {
    first(
        db,
        "select moderators.key, name, role, sessions.key, is_by_code, seen_at,
           password is not null and authenticator is not null,
           (select group_concat(sites.id || ' ' || site_roles.role)
            from site_roles
            join sites on sites.key = site_roles.site_key
            where site_roles.moderator_key = moderators.key) as site_roles
         from sessions
         join moderators on moderators.key = sessions.moderator_key
         left join credentials on credentials.moderator_key = sessions.moderator_key
         where session_hash = ?1
           and expires_at > ?2
           and seen_at > ?3",
        (session, now, unused_before(now)),
        |row| {
            Ok(OpenSession {
                moderator: moderators::moderator(row)?,
                id: SessionId(row.get(3)?),
                is_by_code: row.get(4)?,
                seen_at: row.get(5)?,
                is_set_up: row.get(6)?,
            })
        },
    )
}

pub(super) fn see(db: &Connection, session: SessionId, at: i64) -> Result<(), StoreError> {
    execute(
        db,
        "update sessions set seen_at = max(seen_at, ?2) where key = ?1",
        (session.0, begun_span(at, SESSION_SEEN_MS)),
    )?;
    Ok(())
}

pub(super) fn of(
    db: &Connection,
    moderator: ModeratorId,
    now: i64,
) -> Result<Vec<ListedSession>, StoreError> {
    all(
        db,
        "select key, device, begun_at, seen_at
         from sessions
         where moderator_key = ?1
           and expires_at > ?2
           and seen_at > ?3
         order by key desc",
        (moderator.0, now, unused_before(now)),
        |row| {
            Ok(ListedSession {
                id: SessionId(row.get(0)?),
                device: row.get(1)?,
                begun_at: row.get(2)?,
                seen_at: row.get(3)?,
            })
        },
    )
}

pub(super) fn end(
    db: &Connection,
    moderator: ModeratorId,
    session: SessionId,
    at: i64,
) -> Result<bool, StoreError> {
    let n_ended = execute(
        db,
        "delete from sessions
         where moderator_key = ?1
           and key = ?2",
        (moderator.0, session.0),
    )?;
    if n_ended == 0 {
        return Ok(false);
    }
    audit::record(db, NewAct::of(Act::SessionEnded, Some(moderator), at).about(moderator))?;
    Ok(true)
}

/// As the account's owner asks.
pub(super) fn end_the_others(
    db: &Connection,
    moderator: ModeratorId,
    kept: SessionId,
    at: i64,
) -> Result<(), StoreError> {
    end_others(db, moderator, kept)?;
    audit::record(db, NewAct::of(Act::OtherSessionsEnded, Some(moderator), at).about(moderator))
}

pub(super) fn end_others(db: &Connection, moderator: ModeratorId, kept: SessionId) -> Result<(), StoreError> {
    execute(
        db,
        "delete from sessions
         where moderator_key = ?1
           and key <> ?2",
        (moderator.0, kept.0),
    )?;
    Ok(())
}

pub(super) fn sign_out(db: &Connection, session: &SecretHash) -> Result<(), StoreError> {
    claims::release_of_session(db, session)?;
    execute(db, "delete from sessions where session_hash = ?1", [session])?;
    Ok(())
}
