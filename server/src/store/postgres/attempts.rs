//! Wrong tries to sign in, counted by name.

use peer_support_domain::audit::Act;
use peer_support_domain::limits::{SIGN_IN_LONGEST_WAIT_MS, SIGN_IN_TRIES, SIGN_IN_TRIES_COUNT_MS};
use peer_support_domain::lock_out::wait_ms;
use sqlx::Row;
use sqlx::postgres::PgPool;

use super::{audit, moderators};
use crate::store::audit::NewAct;
use crate::store::{Attempt, Credentials, ModeratorId, SecretHash, StoreError, UNKNOWN_NAMES};

pub(super) async fn take(
    pool: &PgPool,
    name: &str,
    name_hash: &SecretHash,
    now: i64,
) -> Result<Attempt, StoreError> {
    let mut tx = pool.begin().await?;
    let counted: Option<i64> = sqlx::query_scalar(
        "insert into sign_in_attempts as counted (name_hash, moderator_key, n_tries, tried_at, waits_until)
         values ($1, (select key from moderators where name = $2 and closed_at is null), 1, $3, 0)
         on conflict (name_hash) do update
         set n_tries = case when counted.tried_at <= $4 then 1 else counted.n_tries + 1 end,
           moderator_key = excluded.moderator_key,
           tried_at = $3
         where counted.waits_until <= $3
           or counted.waits_until > $5
         returning n_tries",
    )
    .bind(&name_hash[..])
    .bind(name)
    .bind(now)
    .bind(now.saturating_sub(SIGN_IN_TRIES_COUNT_MS))
    // Nobody waits longer than that; the clock was ahead when the others were tried.
    .bind(now + SIGN_IN_LONGEST_WAIT_MS)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(n_tries) = counted else {
        let waits_until: Option<i64> =
            sqlx::query_scalar("select waits_until from sign_in_attempts where name_hash = $1")
                .bind(&name_hash[..])
                .fetch_optional(&mut *tx)
                .await?;
        return Ok(Attempt::Wait(waits_until.unwrap_or(now) - now));
    };
    sqlx::query("update sign_in_attempts set waits_until = $2 where name_hash = $1")
        .bind(&name_hash[..])
        .bind(now + wait_ms(u32::try_from(n_tries).unwrap_or(u32::MAX)))
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "delete from sign_in_attempts
         where moderator_key is null
           and name_hash in (
             select name_hash
             from sign_in_attempts
             where moderator_key is null
               and tried_at > 0
             order by tried_at desc
             offset $1
             for update skip locked
           )",
    )
    .bind(UNKNOWN_NAMES)
    .execute(&mut *tx)
    .await?;
    let row = sqlx::query(
        "select key, name, role, password, authenticator,
           (select string_agg(sites.id || ' ' || site_roles.role, ',')
            from site_roles
            join sites on sites.key = site_roles.site_key
            where site_roles.moderator_key = moderators.key) as site_roles
         from moderators
         left join credentials on moderator_key = key
         where name = $1
           and closed_at is null",
    )
    .bind(name)
    .fetch_optional(&mut *tx)
    .await?;
    let credentials = row.map(|row| {
        Ok::<_, StoreError>(Credentials {
            moderator: moderators::moderator(&row)?,
            password: row.try_get("password")?,
            authenticator: row.try_get("authenticator")?,
        })
    });
    let credentials = credentials.transpose()?;
    if let Some(credentials) = credentials.as_ref().filter(|_| n_tries == i64::from(SIGN_IN_TRIES) + 1) {
        // The ones before were wrong, and made the account wait; once in a row of them.
        let act = NewAct::of(Act::LockedOut, None, now).about(credentials.moderator.id);
        audit::record(&mut tx, act).await?;
    }
    tx.commit().await?;
    Ok(Attempt::Taken(credentials))
}

pub(super) async fn forgive<'e>(
    db: impl sqlx::PgExecutor<'e>,
    moderator: ModeratorId,
) -> Result<(), StoreError> {
    sqlx::query("delete from sign_in_attempts where moderator_key = $1")
        .bind(moderator.0)
        .execute(db)
        .await?;
    Ok(())
}
