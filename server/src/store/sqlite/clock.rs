//! What the clock said.

use rusqlite::Connection;

use super::{execute, first};
use crate::store::StoreError;
use crate::store::clock::SeenClock;

/// Notes that it says `now`; from when it is believed, if it is not.
pub(super) fn doubts(db: &Connection, now: i64) -> Result<Option<i64>, StoreError> {
    let seen = first(db, "select seen_at, doubted_at from clock where key = 1", (), |row| {
        Ok(SeenClock { seen_at: row.get(0)?, doubted_at: row.get(1)? })
    })?;
    let seen = seen.unwrap_or(SeenClock { seen_at: now, doubted_at: None }).after(now);
    execute(
        db,
        "insert or replace into clock (key, seen_at, doubted_at) values (1, ?1, ?2)",
        (seen.seen_at, seen.doubted_at),
    )?;
    Ok(seen.believed_at())
}
