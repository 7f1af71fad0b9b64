//! Moderators' accounts, how they sign in, and their sessions.

use peer_support_domain::post::Role;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use super::parsed;
use crate::store::{Moderator, ModeratorId, SecretHash, StoreError};

pub(super) async fn add(
    pool: &PgPool,
    name: &str,
    role: Role,
    at: i64,
) -> Result<Option<Moderator>, StoreError> {
    sqlx::query(
        "insert into moderators (name, role, created_at)
         values ($1, $2, $3)
         on conflict do nothing
         returning key, name, role",
    )
    .bind(name)
    .bind(role.as_str())
    .bind(at)
    .fetch_optional(pool)
    .await?
    .as_ref()
    .map(moderator)
    .transpose()
}

pub(super) async fn all(pool: &PgPool) -> Result<Vec<Moderator>, StoreError> {
    sqlx::query(
        "select key, name, role
         from moderators
         where closed_at is null
         order by name collate \"C\"",
    )
    .fetch_all(pool)
    .await?
    .iter()
    .map(moderator)
    .collect()
}

pub(super) async fn close(pool: &PgPool, name: &str, at: i64) -> Result<bool, StoreError> {
    let mut tx = pool.begin().await?;
    // The full lock waits for codes and sessions that are being made for the account.
    let key: Option<i64> = sqlx::query_scalar(
        "select key
         from moderators
         where name = $1
           and closed_at is null
         for update",
    )
    .bind(name)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(key) = key else { return Ok(false) };
    sqlx::query("update moderators set closed_at = $2 where key = $1")
        .bind(key)
        .bind(at)
        .execute(&mut *tx)
        .await?;
    sqlx::query("delete from sign_in_codes where moderator_key = $1").bind(key).execute(&mut *tx).await?;
    sqlx::query("delete from sessions where moderator_key = $1").bind(key).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(true)
}

pub(super) async fn add_sign_in_code(
    pool: &PgPool,
    name: &str,
    code: &SecretHash,
    expires_at: i64,
) -> Result<bool, StoreError> {
    let added = sqlx::query(
        "insert into sign_in_codes (code_hash, moderator_key, expires_at)
         select $2, key, $3
         from moderators
         where name = $1
           and closed_at is null
         for share",
    )
    .bind(name)
    .bind(&code[..])
    .bind(expires_at)
    .execute(pool)
    .await?;
    Ok(added.rows_affected() == 1)
}

pub(super) async fn sign_in(
    pool: &PgPool,
    code: &SecretHash,
    session: &SecretHash,
    now: i64,
    expires_at: i64,
) -> Result<Option<Moderator>, StoreError> {
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
    let row = if code_expires_at <= now {
        None
    } else {
        sqlx::query(
            "select key, name, role
             from moderators
             where key = $1
               and closed_at is null
             for share",
        )
        .bind(moderator_key)
        .fetch_optional(&mut *tx)
        .await?
    };
    if row.is_some() {
        sqlx::query(
            "insert into sessions (session_hash, moderator_key, expires_at)
             values ($1, $2, $3)",
        )
        .bind(&session[..])
        .bind(moderator_key)
        .bind(expires_at)
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    row.as_ref().map(moderator).transpose()
}

pub(super) async fn session(
    pool: &PgPool,
    session: &SecretHash,
    now: i64,
) -> Result<Option<Moderator>, StoreError> {
    sqlx::query(
        "select moderators.key, name, role
         from sessions
         join moderators on moderators.key = sessions.moderator_key
         where session_hash = $1
           and expires_at > $2",
    )
    .bind(&session[..])
    .bind(now)
    .fetch_optional(pool)
    .await?
    .as_ref()
    .map(moderator)
    .transpose()
}

pub(super) async fn sign_out(pool: &PgPool, session: &SecretHash) -> Result<(), StoreError> {
    sqlx::query("delete from sessions where session_hash = $1").bind(&session[..]).execute(pool).await?;
    Ok(())
}

fn moderator(row: &PgRow) -> Result<Moderator, StoreError> {
    Ok(Moderator {
        id: ModeratorId(row.try_get("key")?),
        name: row.try_get("name")?,
        role: parsed(row, "moderators", "role")?,
    })
}
