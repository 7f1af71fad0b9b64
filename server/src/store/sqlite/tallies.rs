//! Counting what happens, for statistics.

use peer_support_domain::id::ItemId;
use peer_support_domain::site::SiteId;
use peer_support_domain::statistics::{Counted, Quarter, Tally};
use rusqlite::Connection;

use super::{all, bits, execute, first};
use crate::store::StoreError;

/// Counts something that happened to an item, unless it is one of a fire drill.
pub(super) fn count(db: &Connection, item: ItemId, tally: Tally, at: i64) -> Result<(), StoreError> {
    let (what, which) = tally.names();
    execute(
        db,
        "insert into tallies (site_key, quarter, what, which, n)
         select site_key, ?2, ?3, ?4, 1
         from items
         where id = ?1
           and drill_state is null",
        (bits(item), Quarter::of_ms(at).number(), what, which),
    )?;
    Ok(())
}

/// Counts something that happened on a site.
pub(super) fn count_of_site(
    db: &Connection,
    site_key: i64,
    tally: Tally,
    quarter: Quarter,
) -> Result<(), StoreError> {
    let (what, which) = tally.names();
    execute(
        db,
        "insert into tallies (site_key, quarter, what, which, n)
         values (?1, ?2, ?3, ?4, 1)",
        (site_key, quarter.number(), what, which),
    )?;
    Ok(())
}

/// Counts a reply that everyone can read from now on, when its post was waiting for one of somebody else than its author.
pub(super) fn count_first_reply(db: &Connection, reply: ItemId, at: i64) -> Result<(), StoreError> {
    let post_sent_at: Option<i64> = first(
        db,
        "select posts.created_at
         from items as replies
         join item_texts as reply_texts on reply_texts.key = replies.text_key
         join items as posts on posts.key = replies.post_key
         join item_texts as post_texts on post_texts.key = posts.text_key
         where replies.id = ?1
           and posts.imported_at is null
           and (reply_texts.author = post_texts.author) is not true
           and not exists (
             select 1
             from items as others
             join item_texts as other_texts on other_texts.key = others.text_key
             where others.post_key = posts.key
               and others.state = 'published'
               and others.key <> replies.key
               and (other_texts.author = post_texts.author) is not true
           )",
        [bits(reply)],
        |row| Ok(row.get(0)?),
    )?;
    match post_sent_at {
        Some(sent_at) => count(db, reply, Tally::FirstReplyAfter(at - sent_at), at),
        None => Ok(()),
    }
}

pub(super) fn of_quarter(
    db: &Connection,
    site: &SiteId,
    quarter: Quarter,
) -> Result<Vec<Counted>, StoreError> {
    all(
        db,
        "select what, which, sum(n)
         from tallies
         where site_key = (select key from sites where id = ?1)
           and quarter = ?2
         group by what, which",
        (site.as_str(), quarter.number()),
        |row| {
            let n: i64 = row.get(2)?;
            Ok(Counted { what: row.get(0)?, which: row.get(1)?, n: n.unsigned_abs() })
        },
    )
}

/// Adds up rows of the same name, of this quarter and the one before.
pub(super) fn add_up(db: &Connection, now: i64) -> Result<(), StoreError> {
    let last: Option<i64> = first(db, "select max(key) from tallies", [], |row| Ok(row.get(0)?))?.flatten();
    let since = Quarter::of_ms(now).number() - 1;
    execute(
        db,
        "insert into tallies (site_key, quarter, what, which, n)
         select site_key, quarter, what, which, sum(n)
         from tallies
         where key <= ?1
           and quarter >= ?2
         group by site_key, quarter, what, which",
        (last, since),
    )?;
    execute(db, "delete from tallies where key <= ?1 and quarter >= ?2", (last, since))?;
    Ok(())
}
