//! What became published, told once it is on the disk.

use rusqlite::Connection;

use super::{all, execute, item_id, kind, parsed};
use crate::store::{Published, StoreError, Tidings};

/// Makes the place where tidings wait for the end of their transaction. It belongs to the writing connection alone, and
/// what a transaction takes back goes from here as well.
pub(super) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch("create temp table published (item_key integer not null) strict")
}

/// Has readers told of this item when the transaction is on the disk.
pub(super) fn tell(db: &Connection, item_key: i64) -> Result<(), StoreError> {
    execute(db, "insert into temp.published (item_key) values (?1)", [item_key])?;
    Ok(())
}

/// Takes what waits to be told, now that it is on the disk. A reply to what nobody can read is no news.
pub(super) fn take(db: &Connection) -> Result<Vec<Published>, StoreError> {
    let tidings = all(
        db,
        "select items.key, items.id, sites.id as site, items.kind, topics.id as topic, posts.id as thread
         from temp.published
         join items on items.key = published.item_key
         join sites on sites.key = items.site_key
         left join topics on topics.key = items.topic_key
         left join items as posts on posts.key = items.post_key
         where items.state = 'published'
           and (items.post_key is null or posts.state = 'published')
         order by published.rowid",
        [],
        |row| {
            let what = match kind(row)? {
                Some(kind) => Tidings::Post { kind, topic: parsed(row, "topics", "topic")? },
                None => Tidings::Reply { thread: item_id(row, "thread")? },
            };
            Ok(Published { site: parsed(row, "sites", "site")?, item: item_id(row, "id")?, what })
        },
    )?;
    execute(db, "delete from temp.published", [])?;
    Ok(tidings)
}
