//! What must be known of all comments before the first is stored: who answers whom. It is a database in a file without a name
//! that is gone with the process, so a million comments do not fill the memory; no word and no id of the old system is in it.

use std::collections::HashSet;

use peer_support_domain::id::ItemId;
use rusqlite::{Connection, OptionalExtension};

/// What the index may keep in the memory; the rest is in the file.
const CACHE_KIB: i64 = 48 * 1024;
/// Comments looked at in one go.
const BATCH: i64 = 10_000;
const MINUTE_MS: i64 = 60_000;
/// Stands for the post of a comment that has none: it answers what is not there, or itself.
const NONE: i64 = 0;

/// The comments of a file.
pub(super) struct Index(Connection);

/// A comment, as all of the file makes it.
pub(super) struct Place {
    /// Whether it is the first of its id in the file.
    pub is_first: bool,
    /// The post it is or answers; `None` when that is not in the file.
    pub post: Option<ItemId>,
    /// Whether the post can be one.
    pub has_post: bool,
    /// How many of its thread and minute came before it.
    pub nth: i64,
}

impl Index {
    pub(super) fn new() -> rusqlite::Result<Self> {
        let db = Connection::open("")?;
        db.pragma_update(None, "journal_mode", "off")?;
        db.pragma_update(None, "synchronous", "off")?;
        db.pragma_update(None, "cache_size", -CACHE_KIB)?;
        db.execute_batch(
            "create table comments (
               id integer primary key,
               parent integer,
               post integer,
               number integer not null,
               sent_at integer not null,
               is_kept integer not null,
               nth integer not null default 0
             ) strict;
             begin;",
        )?;
        Ok(Self(db))
    }

    /// Adds the comment that stands at `number` in the file. `is_kept`: it can be a post, or the part of a thread if it
    /// answers another.
    pub(super) fn add(
        &self,
        number: u64,
        id: ItemId,
        parent: Option<ItemId>,
        sent_at: i64,
        is_kept: bool,
    ) -> rusqlite::Result<()> {
        let (id, parent) = (bits(id), parent.map(bits));
        let post = parent.is_none().then_some(id);
        self.0
            .prepare_cached(
                "insert into comments (id, parent, post, number, sent_at, is_kept)
                 values (?1, ?2, ?3, ?4, ?5, ?6)
                 on conflict do nothing",
            )?
            .execute((id, parent, post, number.cast_signed(), sent_at, is_kept))?;
        Ok(())
    }

    /// Finds the post of each comment, and, of those of one minute, which came first.
    pub(super) fn settle(&self) -> rusqlite::Result<()> {
        let mut after = i64::MIN;
        loop {
            let ids: Vec<i64> = self
                .0
                .prepare_cached(
                    "select id from comments where post is null and id > ?1 order by id limit ?2",
                )?
                .query_map((after, BATCH), |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let Some(&last) = ids.last() else { break };
            for id in ids {
                self.find_post(id)?;
            }
            after = last;
        }
        self.0.execute(
            "update comments
             set nth = ranked.nth
             from (
               select id, row_number() over (
                   partition by post, sent_at / ?1
                   order by id <> post, sent_at, number
                 ) - 1 as nth
               from comments
             ) as ranked
             where ranked.id = comments.id
               and ranked.nth > 0",
            [MINUTE_MS],
        )?;
        Ok(())
    }

    /// Goes up from one comment to its post, and notes it for all that were met on the way, so that nothing is gone up twice.
    fn find_post(&self, id: i64) -> rusqlite::Result<()> {
        let mut look = self.0.prepare_cached("select parent, post from comments where id = ?1")?;
        let (mut way, mut seen) = (Vec::new(), HashSet::new());
        let mut at = id;
        let post = loop {
            let found: Option<(Option<i64>, Option<i64>)> =
                look.query_row([at], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            match found {
                Some((_, Some(post))) => break post,
                Some((Some(parent), None)) if seen.insert(at) => {
                    way.push(at);
                    at = parent;
                }
                _ => break NONE,
            }
        };
        let mut note = self.0.prepare_cached("update comments set post = ?2 where id = ?1")?;
        for id in way {
            note.execute((id, post))?;
        }
        Ok(())
    }

    /// Where a comment that was added stands.
    pub(super) fn place(&self, number: u64, id: ItemId) -> rusqlite::Result<Place> {
        self.0
            .prepare_cached(
                "select comments.number, comments.post, coalesce(posts.is_kept, 0), comments.nth
                 from comments
                 left join comments as posts on posts.id = comments.post
                 where comments.id = ?1",
            )?
            .query_row([bits(id)], |row| {
                let post: i64 = row.get(1)?;
                Ok(Place {
                    is_first: row.get::<_, i64>(0)? == number.cast_signed(),
                    post: (post != NONE).then(|| ItemId::from_bits(post.cast_unsigned())),
                    has_post: row.get(2)?,
                    nth: row.get(3)?,
                })
            })
    }
}

fn bits(id: ItemId) -> i64 {
    id.bits().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> ItemId {
        ItemId::from_bits(n)
    }

    #[test]
    fn a_chain_of_ten_thousand_answers_and_a_ring_are_settled() {
        let index = Index::new().unwrap();
        index.add(0, id(1), None, 0, true).unwrap();
        for n in 2..=10_000 {
            index.add(n, id(n), Some(id(n - 1)), 0, true).unwrap();
        }
        index.add(10_001, id(20_001), Some(id(20_002)), 0, true).unwrap();
        index.add(10_002, id(20_002), Some(id(20_001)), 0, true).unwrap();

        index.settle().unwrap();

        assert_eq!(index.place(10_000, id(10_000)).unwrap().post, Some(id(1)));
        assert_eq!(index.place(10_001, id(20_001)).unwrap().post, None);
    }

    #[test]
    fn of_one_minute_the_post_comes_first_and_then_the_order_of_writing() {
        let index = Index::new().unwrap();
        index.add(0, id(3), Some(id(1)), 30_000, true).unwrap();
        index.add(1, id(2), Some(id(1)), 20_000, true).unwrap();
        index.add(2, id(1), None, 40_000, true).unwrap();

        index.settle().unwrap();

        let nth = |number, n| index.place(number, id(n)).unwrap().nth;
        assert_eq!((nth(2, 1), nth(1, 2), nth(0, 3)), (0, 1, 2));
    }
}
