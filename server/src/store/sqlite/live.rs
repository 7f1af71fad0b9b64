//! What became published, told once it is on the disk.

use peer_support_domain::desk::DeskChange;
use peer_support_domain::id::ItemId;
use peer_support_domain::wire::DeskNews;
use rusqlite::Connection;

use super::{all, bits, execute, item_id, kind, parsed};
use crate::store::{AtDesk, Published, StoreError, Tidings};

/// Makes the place where tidings wait for the end of their transaction. It belongs to the writing connection alone, and
/// what a transaction takes back goes from here as well.
pub(super) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "create temp table if not exists published (item_key integer not null) strict;
         create temp table if not exists desk_news (item_id integer not null, what text not null, site text not null) strict;",
    )
}

/// Has readers told of this item when the transaction is on the disk.
pub(super) fn tell(db: &Connection, item_key: i64) -> Result<(), StoreError> {
    execute(db, "insert into temp.published (item_key) values (?1)", [item_key])?;
    Ok(())
}

/// Has moderators told that something changed about this item when the transaction is on the disk.
pub(super) fn tell_desk(db: &Connection, item: ItemId, what: DeskChange) -> Result<(), StoreError> {
    execute(
        db,
        "insert into temp.desk_news (item_id, what, site)
         select items.id, ?2, sites.id
         from items
         join sites on sites.key = items.site_key
         where items.id = ?1",
        (bits(item), what.as_str()),
    )?;
    Ok(())
}

/// Takes what moderators wait to be told.
pub(super) fn take_desk(db: &Connection) -> Result<Vec<AtDesk>, StoreError> {
    let news = all(
        db,
        "select rowid as key, item_id, what, site
         from temp.desk_news
         order by rowid",
        [],
        |row| {
            let news = DeskNews { item: item_id(row, "item_id")?, what: parsed(row, "desk_news", "what")? };
            Ok(AtDesk { site: parsed(row, "sites", "site")?, news })
        },
    )?;
    execute(db, "delete from temp.desk_news", [])?;
    Ok(news)
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
