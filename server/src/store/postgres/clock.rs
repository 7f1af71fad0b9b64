//! What the clock said.

use sqlx::postgres::PgPool;

use crate::store::StoreError;
use crate::store::clock::SeenClock;

/// Notes that it says `now`; from when it is believed, if it is not.
pub(super) async fn doubts(pool: &PgPool, now: i64) -> Result<Option<i64>, StoreError> {
    let mut tx = pool.begin().await?;
    sqlx::query("insert into clock (key, seen_at) values (1, $1) on conflict do nothing")
        .bind(now)
        .execute(&mut *tx)
        .await?;
    let (seen_at, doubted_at) =
        sqlx::query_as("select seen_at, doubted_at from clock where key = 1 for update")
            .fetch_one(&mut *tx)
            .await?;
    let seen = SeenClock { seen_at, doubted_at }.after(now);
    sqlx::query("update clock set seen_at = $1, doubted_at = $2 where key = 1")
        .bind(seen.seen_at)
        .bind(seen.doubted_at)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(seen.believed_at())
}
