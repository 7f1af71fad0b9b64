//! Room on the disk: nothing new is stored while there is only as much as deleting what is there may need.

use rusqlite::Connection;

use super::{LOG_PAGES, PAGE_BYTES};
use crate::store::StoreError;

/// Bytes that are kept free. A deletion writes what it changes into the write-ahead log first, and a purge takes up to 500 items
/// in one go.
const KEPT_BYTES: u64 = 32 * 1024 * 1024;

/// # Errors
///
/// [`StoreError::NoRoom`] when no more is free than is kept.
pub(super) fn check(db: &Connection) -> Result<(), StoreError> {
    match free_bytes(db) {
        Some(free) if free < KEPT_BYTES => Err(StoreError::NoRoom { kept_mib: KEPT_BYTES / 1024 / 1024 }),
        _ => Ok(()),
    }
}

/// Whether the write-ahead log could take what is kept before it is moved into the database.
pub(super) fn is_scarce(db: &Connection) -> bool {
    free_bytes(db).is_some_and(|free| free < KEPT_BYTES + LOG_PAGES as u64 * u64::from(PAGE_BYTES))
}

/// What is free of the disk that the database is on; `None` when the system does not say.
#[cfg(unix)]
fn free_bytes(db: &Connection) -> Option<u64> {
    let disk = rustix::fs::statvfs(db.path()?).ok().filter(|disk| disk.f_blocks > 0)?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_: &Connection) -> Option<u64> {
    None
}
