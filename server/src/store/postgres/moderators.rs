//! Moderators' accounts.

use peer_support_domain::account::AccountEvent;
use peer_support_domain::audit::Act;
use peer_support_domain::post::Role;
use peer_support_domain::roles::Roles;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::{AssertSqlSafe, PgExecutor, Row};

use super::{audit, credentials, roles};
use crate::store::audit::{NO_ROLE, NewAct};
use crate::store::{Moderator, ModeratorId, SecretHash, StoreError};

/// Accounts that are open, with their roles.
pub(super) const OPEN: &str = "select key, name, role,
           (select string_agg(sites.id || ' ' || site_roles.role, ',')
            from site_roles
            join sites on sites.key = site_roles.site_key
            where site_roles.moderator_key = moderators.key) as site_roles
         from moderators
         where closed_at is null";

pub(super) async fn add(
    pool: &PgPool,
    name: &str,
    role: Option<Role>,
    at: i64,
) -> Result<Option<Moderator>, StoreError> {
    let mut tx = pool.begin().await?;
    let key: Option<i64> = sqlx::query_scalar(
        "insert into moderators (name, role, created_at)
         values ($1, $2, $3)
         on conflict do nothing
         returning key",
    )
    .bind(name)
    .bind(role.map(Role::as_str))
    .bind(at)
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(key) = key {
        let act = NewAct::of(Act::AccountMade, None, at).about(ModeratorId(key));
        audit::record(&mut tx, act.because(role.map_or(NO_ROLE, Role::as_str))).await?;
    }
    tx.commit().await?;
    let roles = Roles { everywhere: role, ..Roles::default() };
    Ok(key.map(|key| Moderator { id: ModeratorId(key), name: name.to_owned(), roles }))
}

pub(super) async fn all(db: impl PgExecutor<'_>) -> Result<Vec<Moderator>, StoreError> {
    sqlx::query(AssertSqlSafe(format!("{OPEN} order by name collate \"C\"")))
        .fetch_all(db)
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
    audit::record(&mut tx, NewAct::of(Act::AccountClosed, None, at).about(moderator)).await?;
    tx.commit().await?;
    Ok(true)
}

pub(super) async fn reset(pool: &PgPool, name: &str, at: i64) -> Result<bool, StoreError> {
    let mut tx = pool.begin().await?;
    let Some(moderator) = open_account(&mut tx, name).await? else { return Ok(false) };
    credentials::take_away(&mut tx, moderator).await?;
    credentials::note(&mut tx, moderator, AccountEvent::Reset, at).await?;
    tx.commit().await?;
    Ok(true)
}

/// The account, whose full lock waits for codes and sessions that are being made for it.
pub(super) async fn open_account(
    db: &mut PgConnection,
    name: &str,
) -> Result<Option<ModeratorId>, StoreError> {
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
    credentials::note(&mut tx, moderator, AccountEvent::CodeMade, at).await?;
    tx.commit().await?;
    Ok(true)
}

pub(super) fn moderator(row: &PgRow) -> Result<Moderator, StoreError> {
    Ok(Moderator {
        id: ModeratorId(row.try_get("key")?),
        name: row.try_get("name")?,
        roles: roles::roles(row)?,
    })
}
