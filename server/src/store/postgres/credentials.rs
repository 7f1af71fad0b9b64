//! Passwords, authenticators and recovery codes of moderators, and the record of what happened to their accounts.

use peer_support_domain::account::AccountEvent;
use peer_support_domain::limits::{ACCOUNT_EVENTS, NEW_AUTHENTICATOR_MS};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool};

use super::{attempts, audit, parsed, sessions};
use crate::store::audit::of_account;
use crate::store::{AccountState, MINUTE_MS, ModeratorId, SecretHash, SessionId, StoreError, begun_span};

/// Records what happened to an account, for its owner and for good.
pub(super) async fn note(
    db: &mut PgConnection,
    moderator: ModeratorId,
    event: AccountEvent,
    at: i64,
) -> Result<(), StoreError> {
    remember(db, moderator, event, at).await?;
    audit::record(db, of_account(event, moderator, at)).await
}

/// As [`note`], in the account's own list only.
pub(super) async fn remember(
    db: &mut PgConnection,
    moderator: ModeratorId,
    event: AccountEvent,
    at: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into account_events (moderator_key, event, at)
         values ($1, $2, $3)",
    )
    .bind(moderator.0)
    .bind(event.as_str())
    .bind(begun_span(at, MINUTE_MS))
    .execute(&mut *db)
    .await?;
    Ok(())
}

pub(super) async fn account(pool: &PgPool, moderator: ModeratorId) -> Result<AccountState, StoreError> {
    let has: Option<(bool, bool)> = sqlx::query_as(
        "select password is not null, authenticator is not null
         from credentials
         where moderator_key = $1",
    )
    .bind(moderator.0)
    .fetch_optional(pool)
    .await?;
    let (has_password, has_authenticator) = has.unwrap_or_default();
    let n_recovery_codes: i64 =
        sqlx::query_scalar("select count(*) from account_recovery_codes where moderator_key = $1")
            .bind(moderator.0)
            .fetch_one(pool)
            .await?;
    let events = sqlx::query(
        "select key, event, at
         from account_events
         where moderator_key = $1
         order by key desc
         limit $2",
    )
    .bind(moderator.0)
    .bind(ACCOUNT_EVENTS as i64)
    .fetch_all(pool)
    .await?
    .iter()
    .map(|row| Ok((parsed(row, "account_events", "event")?, row.try_get("at")?)))
    .collect::<Result<_, StoreError>>()?;
    let n_recovery_codes = u32::try_from(n_recovery_codes).unwrap_or(u32::MAX);
    Ok(AccountState { has_password, has_authenticator, n_recovery_codes, events })
}

pub(super) async fn set_password(
    pool: &PgPool,
    moderator: ModeratorId,
    password: &str,
    kept: SessionId,
    at: i64,
) -> Result<bool, StoreError> {
    let mut tx = pool.begin().await?;
    let set = sqlx::query(
        "insert into credentials (moderator_key, password)
         select key, $2
         from moderators
         where key = $1
           and closed_at is null
         for share
         on conflict (moderator_key) do update
         set password = excluded.password",
    )
    .bind(moderator.0)
    .bind(password)
    .execute(&mut *tx)
    .await?;
    if set.rows_affected() == 0 {
        return Ok(false);
    }
    sessions::end_others(&mut *tx, moderator, kept).await?;
    attempts::forgive(&mut *tx, moderator).await?;
    note(&mut tx, moderator, AccountEvent::PasswordSet, at).await?;
    tx.commit().await?;
    Ok(true)
}

pub(super) async fn begin_authenticator(
    pool: &PgPool,
    moderator: ModeratorId,
    sealed: &[u8],
    at: i64,
) -> Result<bool, StoreError> {
    let begun = sqlx::query(
        "insert into credentials (moderator_key, new_authenticator, new_authenticator_at)
         select key, $2, $3
         from moderators
         where key = $1
           and closed_at is null
         for share
         on conflict (moderator_key) do update
         set new_authenticator = excluded.new_authenticator,
           new_authenticator_at = excluded.new_authenticator_at",
    )
    .bind(moderator.0)
    .bind(sealed)
    .bind(at)
    .execute(pool)
    .await?;
    Ok(begun.rows_affected() == 1)
}

pub(super) async fn new_authenticator(
    pool: &PgPool,
    moderator: ModeratorId,
    now: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(sqlx::query_scalar(
        "select new_authenticator
         from credentials
         where moderator_key = $1
           and new_authenticator_at > $2",
    )
    .bind(moderator.0)
    .bind(now.saturating_sub(NEW_AUTHENTICATOR_MS))
    .fetch_optional(pool)
    .await?)
}

pub(super) async fn set_authenticator(
    pool: &PgPool,
    moderator: ModeratorId,
    sealed: &[u8],
    step: i64,
    codes: &[SecretHash],
    at: i64,
) -> Result<bool, StoreError> {
    let mut tx = pool.begin().await?;
    let set = sqlx::query(
        "update credentials
         set authenticator = new_authenticator,
           step = $3,
           new_authenticator = null,
           new_authenticator_at = null
         where moderator_key = $1
           and new_authenticator = $2",
    )
    .bind(moderator.0)
    .bind(sealed)
    .bind(step)
    .execute(&mut *tx)
    .await?;
    if set.rows_affected() == 0 {
        return Ok(false);
    }
    replace_codes(&mut tx, moderator, codes).await?;
    note(&mut tx, moderator, AccountEvent::AuthenticatorSet, at).await?;
    tx.commit().await?;
    Ok(true)
}

pub(super) async fn set_recovery_codes(
    pool: &PgPool,
    moderator: ModeratorId,
    codes: &[SecretHash],
    at: i64,
) -> Result<bool, StoreError> {
    let mut tx = pool.begin().await?;
    // Two who make new ones at once would leave those of both.
    let has_authenticator: Option<i64> = sqlx::query_scalar(
        "select moderator_key
         from credentials
         where moderator_key = $1
           and authenticator is not null
         for update",
    )
    .bind(moderator.0)
    .fetch_optional(&mut *tx)
    .await?;
    if has_authenticator.is_none() {
        return Ok(false);
    }
    replace_codes(&mut tx, moderator, codes).await?;
    note(&mut tx, moderator, AccountEvent::RecoveryCodesMade, at).await?;
    tx.commit().await?;
    Ok(true)
}

async fn replace_codes(
    db: &mut PgConnection,
    moderator: ModeratorId,
    codes: &[SecretHash],
) -> Result<(), StoreError> {
    sqlx::query("delete from account_recovery_codes where moderator_key = $1")
        .bind(moderator.0)
        .execute(&mut *db)
        .await?;
    for code in codes {
        sqlx::query(
            "insert into account_recovery_codes (moderator_key, code_hash)
             values ($1, $2)",
        )
        .bind(moderator.0)
        .bind(&code[..])
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Takes away all that an account signs in with, and ends its sessions.
pub(super) async fn take_away(db: &mut PgConnection, moderator: ModeratorId) -> Result<(), StoreError> {
    for sql in [
        "delete from sign_in_codes where moderator_key = $1",
        "delete from sessions where moderator_key = $1",
        "delete from claims where moderator_key = $1",
        "delete from account_recovery_codes where moderator_key = $1",
        "delete from credentials where moderator_key = $1",
    ] {
        sqlx::query(sql).bind(moderator.0).execute(&mut *db).await?;
    }
    attempts::forgive(db, moderator).await
}
