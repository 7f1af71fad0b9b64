//! Moderators' accounts.

use peer_support_domain::account::AccountEvent;
use peer_support_domain::audit::Act;
use peer_support_domain::post::Role;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::{audit, credentials, parsed};
use crate::store::audit::NewAct;
use crate::store::{Moderator, ModeratorId, SecretHash, StoreError};

pub(super) async fn add(
    pool: &PgPool,
    name: &str,
    role: Role,
    at: i64,
) -> Result<Option<Moderator>, StoreError> {
    let mut tx = pool.begin().await?;
    let added = sqlx::query(
        "insert into moderators (name, role, created_at)
         values ($1, $2, $3)
         on conflict do nothing
         returning key, name, role",
    )
    .bind(name)
    .bind(role.as_str())
    .bind(at)
    .fetch_optional(&mut *tx)
    .await?
    .as_ref()
    .map(moderator)
    .transpose()?;
    if let Some(added) = &added {
        let act = NewAct::of(Act::AccountMade, None, at).to_account(added.id);
        audit::record(&mut tx, act.because(role.as_str())).await?;
    }
    tx.commit().await?;
    Ok(added)
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
    let Some(moderator) = open_account(&mut tx, name).await? else { return Ok(false) };
    sqlx::query("update moderators set closed_at = $2 where key = $1")
        .bind(moderator.0)
        .bind(at)
        .execute(&mut *tx)
        .await?;
    credentials::take_away(&mut tx, moderator).await?;
    audit::record(&mut tx, NewAct::of(Act::AccountClosed, None, at).to_account(moderator)).await?;
    tx.commit().await?;
    Ok(true)
}

pub(super) async fn reset(pool: &PgPool, name: &str, at: i64) -> Result<bool, StoreError> {
    let mut tx = pool.begin().await?;
    let Some(moderator) = open_account(&mut tx, name).await? else { return Ok(false) };
    credentials::take_away(&mut tx, moderator).await?;
    credentials::note(&mut *tx, moderator, AccountEvent::Reset, at).await?;
    tx.commit().await?;
    Ok(true)
}

/// The account, whose full lock waits for codes and sessions that are being made for it.
async fn open_account(db: &mut PgConnection, name: &str) -> Result<Option<ModeratorId>, StoreError> {
    let key: Option<i64> = sqlx::query_scalar(
        "select key
         from moderators
         where name = $1
           and closed_at is null
         for update",
    )
    .bind(name)
    .fetch_optional(db)
    .await?;
    Ok(key.map(ModeratorId))
}

pub(super) async fn add_sign_in_code(
    pool: &PgPool,
    name: &str,
    code: &SecretHash,
    at: i64,
    expires_at: i64,
) -> Result<bool, StoreError> {
    let mut tx = pool.begin().await?;
    let Some(moderator) = open_account(&mut tx, name).await? else { return Ok(false) };
    sqlx::query(
        "insert into sign_in_codes (code_hash, moderator_key, expires_at)
         values ($1, $2, $3)",
    )
    .bind(&code[..])
    .bind(moderator.0)
    .bind(expires_at)
    .execute(&mut *tx)
    .await?;
    credentials::note(&mut *tx, moderator, AccountEvent::CodeMade, at).await?;
    tx.commit().await?;
    Ok(true)
}

pub(super) fn moderator(row: &PgRow) -> Result<Moderator, StoreError> {
    Ok(Moderator {
        id: ModeratorId(row.try_get("key")?),
        name: row.try_get("name")?,
        role: parsed(row, "moderators", "role")?,
    })
}
