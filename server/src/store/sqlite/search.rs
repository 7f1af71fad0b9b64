//! The full text search: see [`blocks`](crate::store::blocks).
//!
//! Its slices stand in rows of constant length, as [`packed`] says, which are only ever added at the end or overwritten in place, as
//! texts are: so nothing of a post that was forgotten is left in unused space. Compaction removes blocks whose posts are all gone.

use std::collections::BTreeMap;

use peer_support_domain::cursor::Cursor;
use peer_support_domain::full_text::{N_BITS, Signature};
use peer_support_domain::id::ItemId;
use peer_support_domain::post::Kind;
use peer_support_domain::site::TopicId;
use peer_support_domain::wire::{Page, Post};
use rusqlite::{Connection, Row};

use super::{all, execute, first, items, kind, packed, parsed};
use crate::store::blocks::{BLOCK_POSTS, Block, N_LOOKS, SLICE_BYTES, places_in_all, rarest_first};
use crate::store::{SearchQuery, StoreError, corrupt, kind_letter};

/// A block's first row has the key `block * N_BITS`, the others stand behind it by their first bit.
const N_SLICES: i64 = N_BITS as i64;

pub(super) fn search(db: &Connection, query: &SearchQuery) -> Result<Page<Post>, StoreError> {
    let nothing = Page { items: Vec::new(), next: None };
    let Some(site_key) = items::site_key(db, &query.site)? else { return Ok(nothing) };
    let topic_key = match &query.topic {
        None => None,
        Some(topic) => match items::topic_key(db, site_key, topic)? {
            None => return Ok(nothing),
            found => found,
        },
    };
    let mut looking = Looking {
        db,
        query,
        topic_key,
        before: query.after.map_or(i64::MAX, |cursor| cursor.key),
        found: Vec::new(),
        n_looks: 0,
    };
    looking.after_blocks(site_key)?;
    looking.in_blocks(site_key)?;

    let has_more = looking.is_done();
    let (mut found, mut last) = (looking.found, looking.before);
    if found.len() > query.limit {
        found.truncate(query.limit);
        last = found.last().copied().unwrap_or(last);
    }
    let mut posts = Vec::with_capacity(found.len());
    for key in found {
        posts.push(items::post_of_key(db, key)?.ok_or_else(|| corrupt("items", "topic_key", key))?);
    }
    let item = posts.last().map_or(ItemId::from_bits(0), |post| post.id);
    let next = has_more.then_some(Cursor { key: last, item });
    Ok(Page { items: posts, next })
}

/// One search, on its way from the newest post to the oldest.
struct Looking<'a> {
    db: &'a Connection,
    query: &'a SearchQuery,
    topic_key: Option<i64>,
    /// The key of the post that was looked into last; older ones are to come.
    before: i64,
    found: Vec<i64>,
    /// Posts that were looked into, and blocks that were asked.
    n_looks: usize,
}

impl Looking<'_> {
    fn is_done(&self) -> bool {
        self.found.len() > self.query.limit || self.n_looks >= N_LOOKS
    }

    /// Looks into the posts that are in no block yet.
    fn after_blocks(&mut self, site_key: i64) -> Result<(), StoreError> {
        let mut statement = self.db.prepare_cached(
            "select items.key, item_texts.text
             from items
             join item_texts on item_texts.key = items.text_key
             where items.site_key = ?1
               and items.kind is not null
               and items.key > ?2
               and items.key < ?3
               and items.state = 'published'
               and (?4 is null or items.kind = ?4)
               and (?5 is null or items.topic_key = ?5)
             order by items.key desc",
        )?;
        let kind = self.query.kind.map(kind_letter);
        let last_in_block = last_in_block(self.db, site_key)?;
        let mut rows = statement.query((site_key, last_in_block, self.before, kind, self.topic_key))?;
        while !self.is_done()
            && let Some(row) = rows.next()?
        {
            self.look_into(row)?;
        }
        Ok(())
    }

    fn in_blocks(&mut self, site_key: i64) -> Result<(), StoreError> {
        let mut blocks = self.db.prepare_cached(
            "select key, first_item_key, edited
             from search_blocks
             where site_key = ?1
               and first_item_key < ?2
             order by first_item_key desc",
        )?;
        let mut bits = self.query.words.bits(self.query.kind, self.query.topic.as_ref());
        let mut rows = blocks.query((site_key, self.before))?;
        let mut is_first = true;
        while !self.is_done()
            && let Some(row) = rows.next()?
        {
            let block_key = row.get(0)?;
            if is_first {
                let slices: Vec<_> =
                    bits.iter().map(|&bit| slice(self.db, block_key, bit)).collect::<Result<_, _>>()?;
                rarest_first(&mut bits, slices.iter().map(<[u8; SLICE_BYTES]>::as_slice));
            }
            is_first = false;
            self.n_looks += 1;
            self.in_block(block_key, row.get(2)?, &bits)?;
            if !self.is_done() {
                self.before = row.get(1)?;
            }
        }
        Ok(())
    }

    fn in_block(
        &mut self,
        block_key: i64,
        edited: [u8; SLICE_BYTES],
        bits: &[usize],
    ) -> Result<(), StoreError> {
        let mut joined = [0xff; SLICE_BYTES];
        for &bit in bits {
            let slice = slice(self.db, block_key, bit)?;
            joined.iter_mut().zip(slice).for_each(|(left, byte)| *left &= byte);
            if joined == [0; SLICE_BYTES] {
                break;
            }
        }
        joined.iter_mut().zip(edited).for_each(|(left, byte)| *left |= byte);
        if joined == [0; SLICE_BYTES] {
            return Ok(());
        }
        self.n_looks += 1;
        let places = places_in_all([joined.as_slice()].into_iter());
        let keys = keys_of_block(self.db, block_key)?;
        let kind = self.query.kind.map(kind_letter);
        let mut statement = self.db.prepare_cached(
            "select items.key, item_texts.text
             from items
             join item_texts on item_texts.key = items.text_key
             where items.key = ?1
               and items.state = 'published'
               and (?2 is null or items.kind = ?2)
               and (?3 is null or items.topic_key = ?3)",
        )?;
        for place in places {
            let &key = keys.get(place).ok_or_else(|| corrupt("search_blocks", "item_keys", block_key))?;
            if self.is_done() {
                break;
            }
            if key >= self.before {
                continue;
            }
            let mut rows = statement.query((key, kind, self.topic_key))?;
            match rows.next()? {
                Some(row) => self.look_into(row)?,
                None => {
                    self.before = key;
                    self.n_looks += 1;
                }
            }
        }
        Ok(())
    }

    fn look_into(&mut self, row: &Row<'_>) -> Result<(), StoreError> {
        let key = row.get(0)?;
        let text = row.get_ref(1)?.as_str().map_err(|_| corrupt("item_texts", "text", key))?;
        if self.query.words.matches(text) {
            self.found.push(key);
        }
        self.before = key;
        self.n_looks += 1;
        Ok(())
    }
}

fn slice(db: &Connection, block_key: i64, bit: usize) -> Result<[u8; SLICE_BYTES], StoreError> {
    let key = block_key * N_SLICES + bit as i64;
    let found = first(
        db,
        "select key, slices
         from search_slices
         where key <= ?1
         order by key desc
         limit 1",
        [key],
        |row| {
            let place = key - row.get::<_, i64>(0)?;
            let slices = row.get_ref(1)?.as_blob().unwrap_or_default();
            Ok(usize::try_from(place).ok().and_then(|place| packed::slice(slices, place)))
        },
    )?;
    found.flatten().ok_or_else(|| corrupt("search_slices", "slices", key))
}

/// The key of the site's newest post that is in a block; below all keys when there is none.
fn last_in_block(db: &Connection, site_key: i64) -> Result<i64, StoreError> {
    let last = first(
        db,
        "select last_item_key
         from search_blocks
         where site_key = ?1
         order by first_item_key desc
         limit 1",
        [site_key],
        |row| Ok(row.get(0)?),
    )?;
    Ok(last.unwrap_or(i64::MIN))
}

fn keys_of_block(db: &Connection, block_key: i64) -> Result<Vec<i64>, StoreError> {
    first(db, "select item_keys from search_blocks where key = ?1", [block_key], |row| {
        Ok(packed::keys(row.get_ref(0)?.as_blob().unwrap_or_default()))
    })?
    .flatten()
    .ok_or_else(|| corrupt("search_blocks", "item_keys", block_key))
}

/// Makes one block of posts that are in none, where a site has as many; how many posts.
pub(super) fn add_block(db: &Connection) -> Result<usize, StoreError> {
    let sites: Vec<i64> = all(db, "select key from sites order by key", [], |row| Ok(row.get(0)?))?;
    for site_key in sites {
        let posts: Vec<(i64, Option<Signature>)> = all(
            db,
            "select items.key, items.kind, topics.id as topic, item_texts.text
             from items
             join topics on topics.key = items.topic_key
             left join item_texts on item_texts.key = items.text_key
             where items.site_key = ?1
               and items.kind is not null
               and items.key > ?2
             order by items.key
             limit ?3",
            (site_key, last_in_block(db, site_key)?, BLOCK_POSTS as i64),
            |row| Ok((row.get("key")?, signature(row)?)),
        )?;
        if posts.len() < BLOCK_POSTS {
            continue;
        }
        let (keys, signatures): (Vec<i64>, Vec<_>) = posts.into_iter().unzip();
        let (first_key, last_key) = (keys[0], keys[BLOCK_POSTS - 1]);
        execute(
            db,
            "insert into search_blocks (site_key, first_item_key, last_item_key, edited, item_keys)
             values (?1, ?2, ?3, ?4, ?5)",
            (site_key, first_key, last_key, [0; SLICE_BYTES], packed::keys_to_bytes(&keys)),
        )?;
        let first_row = db.last_insert_rowid() * N_SLICES;
        for (bit, slices) in packed::rows(&Block::of(signatures)) {
            execute(
                db,
                "insert into search_slices (key, slices) values (?1, ?2)",
                (first_row + bit as i64, slices),
            )?;
        }
        return Ok(BLOCK_POSTS);
    }
    Ok(0)
}

/// Bytes of the rows that [`remove_unused`] would remove.
pub(super) fn unused_bytes(db: &Connection) -> Result<i64, StoreError> {
    let n_rows = unused_blocks(db)?.into_iter().map(|block_key| {
        first(
            db,
            "select count(*)
             from search_slices
             where key >= ?1
               and key < ?2",
            [block_key * N_SLICES, (block_key + 1) * N_SLICES],
            |row| Ok(row.get::<_, i64>(0)?),
        )
    });
    let n_rows: i64 = n_rows.map(|n| n.map(Option::unwrap_or_default)).sum::<Result<_, _>>()?;
    Ok(n_rows * packed::ROW_BYTES as i64)
}

/// Removes blocks of which every post was purged. That moves other rows, so the file has to be rewritten afterwards.
pub(super) fn remove_unused(db: &Connection) -> Result<(), StoreError> {
    for block_key in unused_blocks(db)? {
        execute(
            db,
            "delete from search_slices
             where key >= ?1
               and key < ?2",
            [block_key * N_SLICES, (block_key + 1) * N_SLICES],
        )?;
        execute(db, "delete from search_blocks where key = ?1", [block_key])?;
    }
    Ok(())
}

fn unused_blocks(db: &Connection) -> Result<Vec<i64>, StoreError> {
    all(
        db,
        "select key
         from search_blocks
         where not exists (
           select 1
           from items
           where items.site_key = search_blocks.site_key
             and items.kind is not null
             and items.key between search_blocks.first_item_key and search_blocks.last_item_key
         )",
        [],
        |row| Ok(row.get(0)?),
    )
}

/// The signature of a post in a row with `kind`, `topic` and `text`; `None` when its text is gone.
fn signature(row: &Row<'_>) -> Result<Option<Signature>, StoreError> {
    let Some(text) = row.get::<_, Option<String>>("text")? else { return Ok(None) };
    let kind: Kind = kind(row)?.ok_or_else(|| corrupt("items", "kind", super::key(row)))?;
    let topic: TopicId = parsed(row, "topics", "topic")?;
    Ok(Some(Signature::of_post(kind, &topic, &text)))
}

/// Clears what the index holds of these items, before their rows go. Replies are not in it.
pub(super) fn forget(db: &Connection, item_keys: &[i64]) -> Result<(), StoreError> {
    clear(db, item_keys, false)
}

/// Brings the index up to date with an item whose text was replaced.
pub(super) fn refresh(db: &Connection, item_key: i64) -> Result<(), StoreError> {
    clear(db, &[item_key], true)
}

/// After the newest items were removed: SQLite gives their keys to the next ones, which are then in no block.
pub(super) fn end_with_newest(db: &Connection) -> Result<(), StoreError> {
    let newest_key: Option<i64> =
        first(db, "select max(key) from items", [], |row| Ok(row.get(0)?))?.flatten();
    let newest_key = newest_key.unwrap_or_default();
    // Behind all others, until they are removed.
    execute(
        db,
        "update search_blocks
         set first_item_key = -key, last_item_key = -key - 1
         where first_item_key > ?1",
        [newest_key],
    )?;
    execute(
        db,
        "update search_blocks
         set last_item_key = ?1
         where last_item_key > ?1",
        [newest_key],
    )?;
    Ok(())
}

/// Clears the bits of these items. Others cannot be set where slices have no room for them, so a search looks into those that
/// `are_edited`.
fn clear(db: &Connection, item_keys: &[i64], are_edited: bool) -> Result<(), StoreError> {
    let mut by_block: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for &item_key in item_keys {
        let block: Option<(i64, i64)> = first(
            db,
            "select key, last_item_key
             from search_blocks
             where site_key = (select site_key from items where key = ?1)
               and first_item_key <= ?1
             order by first_item_key desc
             limit 1",
            [item_key],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if let Some((block_key, last_key)) = block
            && item_key <= last_key
        {
            by_block.entry(block_key).or_default().push(item_key);
        }
    }
    for (block_key, item_keys) in by_block {
        let keys = keys_of_block(db, block_key)?;
        let places: Vec<usize> = item_keys.iter().filter_map(|key| keys.binary_search(key).ok()).collect();
        if !places.is_empty() {
            clear_in_block(db, block_key, &places)?;
            mark_in_block(db, block_key, &places, are_edited)?;
        }
    }
    Ok(())
}

fn clear_in_block(db: &Connection, block_key: i64, places: &[usize]) -> Result<(), StoreError> {
    let rows: Vec<(i64, Vec<u8>)> = all(
        db,
        "select key, slices
         from search_slices
         where key >= ?1
           and key < ?2
         order by key",
        [block_key * N_SLICES, (block_key + 1) * N_SLICES],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    for (key, before) in rows {
        let mut slices = packed::slices(&before).ok_or_else(|| corrupt("search_slices", "slices", key))?;
        for slice in &mut slices {
            places.iter().for_each(|place| slice[place / 8] &= !(1 << (place % 8)));
        }
        let after = packed::row_again(slices.iter().map(<[u8; SLICE_BYTES]>::as_slice));
        if before != after {
            execute(db, "update search_slices set slices = ?2 where key = ?1", (key, after))?;
        }
    }
    Ok(())
}

fn mark_in_block(
    db: &Connection,
    block_key: i64,
    places: &[usize],
    are_edited: bool,
) -> Result<(), StoreError> {
    let before: Option<[u8; SLICE_BYTES]> =
        first(db, "select edited from search_blocks where key = ?1", [block_key], |row| Ok(row.get(0)?))?;
    let before = before.ok_or_else(|| corrupt("search_blocks", "key", block_key))?;
    let mut edited = before;
    for place in places {
        let bit = 1 << (place % 8);
        edited[place / 8] = edited[place / 8] & !bit | if are_edited { bit } else { 0 };
    }
    if before != edited {
        execute(db, "update search_blocks set edited = ?2 where key = ?1", (block_key, edited))?;
    }
    Ok(())
}
