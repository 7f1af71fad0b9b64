//! Moderators' sessions: how they are opened, and how they end.

use peer_support_domain::account::AccountEvent;
use peer_support_domain::audit::Act;
use peer_support_domain::limits::SESSION_SEEN_MS;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{PgExecutor, Row};

use super::{attempts, audit, claims, credentials, moderators};
use crate::store::audit::NewAct;
use crate::store::{
    ListedSession, MINUTE_MS, ModeratorId, NewSession, OpenSession, SecondFactor, SecretHash, SessionId,
    StoreError, begun_span, unused_before,
};

pub(super) async fn sign_in(
    pool: &PgPool,
    code: &SecretHash,
    session: &NewSession,
) -> Result<Option<OpenSession>, StoreError> {
    let mut tx = pool.begin().await?;
    let used: Option<(i64, i64)> = sqlx::query_as(
        "delete from sign_in_codes
         where code_hash = $1
         returning moderator_key, expires_at",
    )
    .bind(&code[..])
    .fetch_optional(&mut *tx)
    .await?;
    let Some((moderator_key, code_expires_at)) = used else { return Ok(None) };
    let opened = if code_expires_at <= session.begun_at {
        None
    } else {
        open(&mut tx, ModeratorId(moderator_key), AccountEvent::SignedInByCode, session).await?
    };
    tx.commit().await?;
    Ok(opened)
}

pub(super) async fn sign_in_by_password(
    pool: &PgPool,
    moderator: ModeratorId,
    password: &str,
    second: SecondFactor,
    session: &NewSession,
) -> Result<Option<OpenSession>, StoreError> {
    let mut tx = pool.begin().await?;
    // Whoever changes the password meanwhile waits, and ends this session then.
    let is_same: Option<i64> = sqlx::query_scalar(
        "select moderator_key
         from credentials
         where moderator_key = $1
           and password = $2
         for update",
    )
    .bind(moderator.0)
    .bind(password)
    .fetch_optional(&mut *tx)
    .await?;
    if is_same.is_none() {
        return Ok(None);
    }
    let (used, event) = match second {
        SecondFactor::Step(step) => (
            sqlx::query(
                "update credentials
                 set step = $2
                 where moderator_key = $1
                   and authenticator is not null
                   and step < $2",
            )
            .bind(moderator.0)
            .bind(step)
            .execute(&mut *tx)
            .await?,
            AccountEvent::SignedIn,
        ),
        SecondFactor::RecoveryCode(code) => (
            sqlx::query(
                "delete from account_recovery_codes
                 where moderator_key = $1
                   and code_hash = $2",
            )
            .bind(moderator.0)
            .bind(&code[..])
            .execute(&mut *tx)
            .await?,
            AccountEvent::SignedInByRecoveryCode,
        ),
    };
    if used.rows_affected() == 0 {
        return Ok(None);
    }
    let opened = open(&mut tx, moderator, event, session).await?;
    tx.commit().await?;
    Ok(opened)
}

/// Opens a session, unless the account was closed meanwhile.
async fn open(
    db: &mut PgConnection,
    moderator: ModeratorId,
    event: AccountEvent,
    session: &NewSession,
) -> Result<Option<OpenSession>, StoreError> {
    let open: Option<i64> = sqlx::query_scalar(
        "select key
         from moderators
         where key = $1
           and closed_at is null
         for share",
    )
    .bind(moderator.0)
    .fetch_optional(&mut *db)
    .await?;
    if open.is_none() {
        return Ok(None);
    }
    if let Some(before) = &session.replaces {
        end_of_token(db, before).await?;
    }
    sqlx::query(
        "insert into sessions (session_hash, moderator_key, is_by_code, device, begun_at, seen_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&session.hash[..])
    .bind(moderator.0)
    .bind(event == AccountEvent::SignedInByCode)
    .bind(&session.device)
    .bind(begun_span(session.begun_at, MINUTE_MS))
    .bind(begun_span(session.begun_at, SESSION_SEEN_MS))
    .bind(session.expires_at)
    .execute(&mut *db)
    .await?;
    attempts::forgive(&mut *db, moderator).await?;
    credentials::note(&mut *db, moderator, event, session.begun_at).await?;
    self::session(&mut *db, &session.hash, session.begun_at).await
}

pub(super) async fn session<'e>(
    db: impl PgExecutor<'e>,
    session: &SecretHash,
    now: i64,
) -> Result<Option<OpenSession>, StoreError> {
    sqlx::query(
        "select moderators.key, name, role, sessions.key as session_key, is_by_code, seen_at,
           password is not null and authenticator is not null as is_set_up,
           (select string_agg(sites.id || ' ' || site_roles.role, ',')
            from site_roles
            join sites on sites.key = site_roles.site_key
            where site_roles.moderator_key = moderators.key) as site_roles
         from sessions
         join moderators on moderators.key = sessions.moderator_key
         left join credentials on credentials.moderator_key = sessions.moderator_key
         where session_hash = $1
           and expires_at > $2
           and seen_at > $3",
    )
    .bind(&session[..])
    .bind(now)
    .bind(unused_before(now))
    .fetch_optional(db)
    .await?
    .map(|row| {
        Ok(OpenSession {
            moderator: moderators::moderator(&row)?,
            id: SessionId(row.try_get("session_key")?),
            is_by_code: row.try_get("is_by_code")?,
            seen_at: row.try_get("seen_at")?,
            is_set_up: row.try_get("is_set_up")?,
        })
    })
    .transpose()
}

pub(super) async fn see(pool: &PgPool, session: SessionId, at: i64) -> Result<(), StoreError> {
    sqlx::query("update sessions set seen_at = greatest(seen_at, $2) where key = $1")
        .bind(session.0)
        .bind(begun_span(at, SESSION_SEEN_MS))
        .execute(pool)
        .await?;
    Ok(())
}

pub(super) async fn of(
    pool: &PgPool,
    moderator: ModeratorId,
    now: i64,
) -> Result<Vec<ListedSession>, StoreError> {
    sqlx::query(
        "select key, device, begun_at, seen_at
         from sessions
         where moderator_key = $1
           and expires_at > $2
           and seen_at > $3
         order by key desc",
    )
    .bind(moderator.0)
    .bind(now)
    .bind(unused_before(now))
    .fetch_all(pool)
    .await?
    .iter()
    .map(|row| {
        Ok(ListedSession {
            id: SessionId(row.try_get("key")?),
            device: row.try_get("device")?,
            begun_at: row.try_get("begun_at")?,
            seen_at: row.try_get("seen_at")?,
        })
    })
    .collect()
}

pub(super) async fn end(
    pool: &PgPool,
    moderator: ModeratorId,
    session: SessionId,
    at: i64,
) -> Result<bool, StoreError> {
    let mut tx = pool.begin().await?;
    let ended = sqlx::query(
        "delete from sessions
         where moderator_key = $1
           and key = $2",
    )
    .bind(moderator.0)
    .bind(session.0)
    .execute(&mut *tx)
    .await?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    audit::record(&mut tx, NewAct::of(Act::SessionEnded, Some(moderator), at).about(moderator)).await?;
    tx.commit().await?;
    Ok(true)
}

/// As the account's owner asks.
pub(super) async fn end_the_others(
    pool: &PgPool,
    moderator: ModeratorId,
    kept: SessionId,
    at: i64,
) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    end_others(&mut *tx, moderator, kept).await?;
    let act = NewAct::of(Act::OtherSessionsEnded, Some(moderator), at).about(moderator);
    audit::record(&mut tx, act).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn end_others<'e>(
    db: impl PgExecutor<'e>,
    moderator: ModeratorId,
    kept: SessionId,
) -> Result<(), StoreError> {
    sqlx::query(
        "delete from sessions
         where moderator_key = $1
           and key <> $2",
    )
    .bind(moderator.0)
    .bind(kept.0)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn sign_out(pool: &PgPool, session: &SecretHash) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    end_of_token(&mut tx, session).await?;
    Ok(tx.commit().await?)
}

async fn end_of_token(db: &mut PgConnection, session: &SecretHash) -> Result<(), StoreError> {
    claims::release_of_session(db, session).await?;
    sqlx::query("delete from sessions where session_hash = $1").bind(&session[..]).execute(db).await?;
    Ok(())
}
