//! The full text search: see [`blocks`](crate::store::blocks).
//!
//! A deletion clears bits and has the partition that held them rewritten, as it does with texts.

use peer_support_domain::cursor::Cursor;
use peer_support_domain::full_text::Signature;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::Kind;
use peer_support_domain::site::TopicId;
use peer_support_domain::wire::{Page, Post};
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::{AssertSqlSafe, Executor, Row};

use super::{items, key, kind, parsed, rewrite};
use crate::store::blocks::{
    BLOCK_POSTS, Block, N_LOOKS, SLICE_BYTES, key_at, keys_to_bytes, place_of, places_in_all, rarest_first,
};
use crate::store::{SearchQuery, StoreError, corrupt, kind_letter};

/// Posts or blocks that are asked for at a time, when what a page of a common word needs was not enough: each question
/// takes a moment, however little it asks.
const MORE_AT_A_TIME: usize = 512;
/// Posts that could be looked into in the time in which a block is asked for its other slices.
const MORE_SLICES_LOOKS: usize = 8;
/// Blocks of them whose posts are looked into together.
const BLOCKS_AT_A_TIME: usize = 32;
/// Held shared by whoever takes a text away or replaces it, and alone by whoever puts texts into a block: otherwise the
/// block could be made with a text that is gone meanwhile.
const TEXTS_CHANGE: i64 = 0x7365_6172_6368;

pub(super) async fn search(pool: &PgPool, query: &SearchQuery) -> Result<Page<Post>, StoreError> {
    let mut tx = pool.begin().await?;
    // Else most of the time goes into planning for so many partitions, anew for each question.
    tx.execute("set local plan_cache_mode = force_generic_plan").await?;
    let page = search_planned(&mut tx, query).await?;
    tx.commit().await?;
    Ok(page)
}

async fn search_planned(db: &mut PgConnection, query: &SearchQuery) -> Result<Page<Post>, StoreError> {
    let nothing = Page { items: Vec::new(), next: None };
    let site_key: Option<i64> = sqlx::query_scalar("select key from sites where id = $1")
        .bind(query.site.as_str())
        .fetch_optional(&mut *db)
        .await?;
    let Some(site_key) = site_key else { return Ok(nothing) };
    let topic_key: Option<i64> = sqlx::query_scalar("select key from topics where site_key = $1 and id = $2")
        .bind(site_key)
        .bind(query.topic.as_ref().map(TopicId::as_str))
        .fetch_optional(&mut *db)
        .await?;
    if query.topic.is_some() && topic_key.is_none() {
        return Ok(nothing);
    }
    let before = query.after.map_or(i64::MAX, |cursor| cursor.key);
    let mut looking = Looking { db, query, topic_key, before, found: Vec::new(), n_looks: 0 };
    looking.after_blocks(site_key).await?;
    looking.in_blocks(site_key).await?;

    let has_more = looking.is_done();
    let (mut found, mut last) = (looking.found, looking.before);
    if found.len() > query.limit {
        found.truncate(query.limit);
        last = found.last().copied().unwrap_or(last);
    }
    let mut rows = items::posts_of_keys(looking.db, &found).await?;
    // The order of `found`.
    rows.sort_unstable_by_key(|(key, _)| std::cmp::Reverse(*key));
    let posts: Vec<Post> = rows.into_iter().map(|(_, post)| post).collect();
    let item = posts.last().map_or(ItemId::from_bits(0), |post| post.id);
    let next = has_more.then_some(Cursor { key: last, item });
    Ok(Page { items: posts, next })
}

/// One search, on its way from the newest post to the oldest.
struct Looking<'a> {
    db: &'a mut PgConnection,
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
    async fn after_blocks(&mut self, site_key: i64) -> Result<(), StoreError> {
        let last_in_block = last_in_block(self.db, site_key).await?;
        let mut n_asked = self.query.limit + 1;
        while !self.is_done() {
            // The number stands in the text: a plan for any limit is one for many.
            let sql = format!(
                "select items.key, texts.text
                 from items
                 cross join lateral (
                   select text
                   from item_texts
                   where item_key = items.key
                   offset 0
                 ) as texts
                 where items.site_key = $1
                   and items.kind is not null
                   and items.key > $2
                   and items.key < $3
                   and items.state = 'published'
                   and ($4::text is null or items.kind = $4)
                   and ($5::bigint is null or items.topic_key = $5)
                 order by items.key desc
                 limit {n_asked}"
            );
            let rows = sqlx::query(AssertSqlSafe(sql))
                .bind(site_key)
                .bind(last_in_block)
                .bind(self.before)
                .bind(self.query.kind.map(kind_letter))
                .bind(self.topic_key)
                .fetch_all(&mut *self.db)
                .await?;
            for row in &rows {
                if self.is_done() {
                    return Ok(());
                }
                self.look_into(row.try_get(0)?, Some(row.try_get(1)?));
            }
            if rows.len() < n_asked {
                return Ok(());
            }
            n_asked = MORE_AT_A_TIME;
        }
        Ok(())
    }

    async fn in_blocks(&mut self, site_key: i64) -> Result<(), StoreError> {
        let mut bits = self.query.words.bits(self.query.kind, self.query.topic.as_ref());
        // A common word is in the newest block, which is asked for all bits; a rare one takes many blocks, and few questions
        // for them. Each slice takes a moment, so most blocks are asked for no more than the bits that the fewest posts have.
        let (mut n_asked, mut n_first) = (1, bits.len());
        let (looks_before, mut n_blocks) = (self.n_looks, 0);
        while !self.is_done() {
            let (first_bits, other_bits) = bits.split_at(n_first);
            let rows = sqlx::query(
                "select blocks.key, blocks.first_item_key, slices.joined
                 from (
                   select key, first_item_key
                   from search_blocks
                   where site_key = $1
                     and first_item_key < $2
                   order by first_item_key desc
                   limit $5
                 ) as blocks
                 cross join lateral (
                   select string_agg(substring(bits from place for $4), '' order by nth) as joined
                   from search_bits
                   cross join unnest($3::integer[]) with ordinality as places (place, nth)
                   where block_key = blocks.key
                 ) as slices
                 order by blocks.first_item_key desc",
            )
            .bind(site_key)
            .bind(self.before)
            .bind(places_of(first_bits))
            .bind(SLICE_BYTES as i32)
            .bind(n_asked as i64)
            .fetch_all(&mut *self.db)
            .await?;
            let is_last = rows.len() < n_asked;
            let mut blocks = Vec::with_capacity(rows.len());
            for row in &rows {
                let slices: Option<&[u8]> = row.try_get("joined")?;
                let slices = slices.ok_or_else(|| corrupt("search_bits", "block_key", key(row)))?;
                blocks.push((key(row), row.try_get("first_item_key")?, slices.to_vec()));
            }
            self.ask_more(&mut blocks, other_bits).await?;
            for blocks in blocks.chunks(BLOCKS_AT_A_TIME) {
                if self.is_done() {
                    return Ok(());
                }
                self.in_some_blocks(blocks, n_first).await?;
            }
            if is_last {
                return Ok(());
            }
            if n_blocks == 0 {
                n_first = rarest_first(&mut bits, blocks[0].2.chunks(SLICE_BYTES));
            }
            n_blocks += blocks.len();
            let looks_of_block = ((self.n_looks - looks_before) / n_blocks).max(1);
            let n_left = N_LOOKS.saturating_sub(self.n_looks) / looks_of_block;
            n_asked = (n_asked * 4).min(MORE_AT_A_TIME).min(n_left.max(1));
        }
        Ok(())
    }

    /// Adds the slices of `bits` to those blocks, each with its key and the slices it was asked for, that have posts left.
    async fn ask_more(
        &mut self,
        blocks: &mut [(i64, i64, Vec<u8>)],
        bits: &[usize],
    ) -> Result<(), StoreError> {
        if bits.is_empty() {
            return Ok(());
        }
        let has_posts = |slices: &[u8]| !places_in_all(slices.chunks(SLICE_BYTES)).is_empty();
        let left: Vec<i64> =
            blocks.iter().filter(|(_, _, slices)| has_posts(slices)).map(|(key, ..)| *key).collect();
        self.n_looks += MORE_SLICES_LOOKS * left.len();
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "select block_key, string_agg(substring(bits from place for $3), '')
             from search_bits
             cross join unnest($2::integer[]) as place
             where block_key = any($1)
             group by block_key",
        )
        .bind(&left)
        .bind(places_of(bits))
        .bind(SLICE_BYTES as i32)
        .fetch_all(&mut *self.db)
        .await?;
        for (block_key, more) in rows {
            if let Some((_, _, slices)) = blocks.iter_mut().find(|(key, ..)| *key == block_key) {
                slices.extend(more);
            }
        }
        Ok(())
    }

    /// Looks into the posts that the slices of these blocks leave, the newest first. Each block was asked for so many slices,
    /// and reading one takes about as long as looking into a post.
    async fn in_some_blocks(
        &mut self,
        blocks: &[(i64, i64, Vec<u8>)],
        n_slices: usize,
    ) -> Result<(), StoreError> {
        let places: Vec<(i64, Vec<usize>)> = blocks
            .iter()
            .map(|(block_key, _, slices)| (*block_key, places_in_all(slices.chunks(SLICE_BYTES))))
            .filter(|(_, places)| !places.is_empty())
            .collect();
        self.n_looks += n_slices * blocks.len();
        let keys = self.keys_at(&places).await?;
        let (first, more) = keys.split_at(keys.len().min(self.query.limit + 1));
        for keys in std::iter::once(first).chain(more.chunks(MORE_AT_A_TIME)) {
            let rows: Vec<(i64, String)> = sqlx::query_as(
                "select items.key, texts.text
                 from items
                 cross join lateral (
                   select text
                   from item_texts
                   where item_key = items.key
                   offset 0
                 ) as texts
                 where items.key = any($1)
                   and items.state = 'published'
                   and ($2::text is null or items.kind = $2)
                   and ($3::bigint is null or items.topic_key = $3)",
            )
            .bind(keys)
            .bind(self.query.kind.map(kind_letter))
            .bind(self.topic_key)
            .fetch_all(&mut *self.db)
            .await?;
            for &key in keys {
                if self.is_done() {
                    return Ok(());
                }
                let row = rows.iter().find(|(of, _)| *of == key);
                self.look_into(key, row.map(|(_, text)| text.as_str()));
            }
        }
        if !self.is_done()
            && let Some((_, first_item_key, _)) = blocks.last()
        {
            self.before = *first_item_key;
        }
        Ok(())
    }

    /// The keys of the posts at these places of blocks that were not looked into yet, in the same order.
    async fn keys_at(&mut self, places: &[(i64, Vec<usize>)]) -> Result<Vec<i64>, StoreError> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let blocks: Vec<i64> = places.iter().map(|(block_key, _)| *block_key).collect();
        let bytes: Vec<(i64, Vec<u8>)> =
            sqlx::query_as("select key, item_keys from search_blocks where key = any($1)")
                .bind(blocks)
                .fetch_all(&mut *self.db)
                .await?;
        let mut keys = Vec::new();
        for (block_key, places) in places {
            let corrupt = || corrupt("search_blocks", "item_keys", *block_key);
            let (_, bytes) = bytes.iter().find(|(key, _)| key == block_key).ok_or_else(corrupt)?;
            for &place in places {
                let key = key_at(bytes, place).ok_or_else(corrupt)?;
                if key < self.before {
                    keys.push(key);
                }
            }
        }
        Ok(keys)
    }

    /// `text` is `None` where the post is not one of those that are looked for.
    fn look_into(&mut self, key: i64, text: Option<&str>) {
        if text.is_some_and(|text| self.query.words.matches(text)) {
            self.found.push(key);
        }
        self.before = key;
        self.n_looks += 1;
    }
}

/// Where the slices of these bits begin, counted from 1 as PostgreSQL does.
fn places_of(bits: &[usize]) -> Vec<i32> {
    bits.iter().map(|&bit| (bit * SLICE_BYTES + 1) as i32).collect()
}

/// The key of the site's newest post that is in a block; below all keys when there is none.
async fn last_in_block(db: &mut PgConnection, site_key: i64) -> Result<i64, StoreError> {
    let last: Option<i64> = sqlx::query_scalar(
        "select last_item_key
         from search_blocks
         where site_key = $1
         order by first_item_key desc
         limit 1",
    )
    .bind(site_key)
    .fetch_optional(db)
    .await?;
    Ok(last.unwrap_or(i64::MIN))
}

/// Makes one block of posts that are in none, where a site has as many; how many posts.
pub(super) async fn add_block(pool: &PgPool) -> Result<usize, StoreError> {
    let newest_key = newest_settled_key(pool).await?;
    let mut tx = pool.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)").bind(TEXTS_CHANGE).execute(&mut *tx).await?;
    let sites: Vec<i64> =
        sqlx::query_scalar("select key from sites order by key").fetch_all(&mut *tx).await?;
    for site_key in sites {
        let last_in_block = last_in_block(&mut tx, site_key).await?;
        let rows = sqlx::query(
            "select items.key, items.kind, topics.id as topic, texts.text
             from items
             join topics on topics.key = items.topic_key
             left join lateral (
               select text
               from item_texts
               where item_key = items.key
               offset 0
             ) as texts on true
             where items.site_key = $1
               and items.kind is not null
               and items.key > $2
               and items.key <= $3
             order by items.key
             limit $4",
        )
        .bind(site_key)
        .bind(last_in_block)
        .bind(newest_key)
        .bind(BLOCK_POSTS as i64)
        .fetch_all(&mut *tx)
        .await?;
        if rows.len() < BLOCK_POSTS {
            continue;
        }
        let keys: Vec<i64> = rows.iter().map(key).collect();
        let signatures = rows.iter().map(signature).collect::<Result<Vec<_>, _>>()?;
        // Those whose posts were all purged; nothing is left in their bits.
        sqlx::query(
            "with unused as (
               delete from search_blocks
               where not exists (
                 select 1
                 from items
                 where items.site_key = search_blocks.site_key
                   and items.kind is not null
                   and items.key between search_blocks.first_item_key and search_blocks.last_item_key
               )
               returning key
             )
             delete from search_bits
             using unused
             where block_key = unused.key",
        )
        .execute(&mut *tx)
        .await?;
        let block_key: i64 = sqlx::query_scalar(
            "insert into search_blocks (site_key, first_item_key, last_item_key, item_keys)
             values ($1, $2, $3, $4)
             returning key",
        )
        .bind(site_key)
        .bind(keys[0])
        .bind(keys[BLOCK_POSTS - 1])
        .bind(keys_to_bytes(&keys))
        .fetch_one(&mut *tx)
        .await?;
        sqlx::query("insert into search_bits (block_key, bits) values ($1, $2)")
            .bind(block_key)
            .bind(Block::of(signatures).as_bytes())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        return Ok(BLOCK_POSTS);
    }
    Ok(0)
}

/// A key below which no post can appear any more: keys are drawn before their transactions end, in any order, and a post
/// that appeared behind the last block would never come into one. Those of an import have theirs before it is finished.
async fn newest_settled_key(pool: &PgPool) -> Result<i64, StoreError> {
    let mut tx = pool.begin().await?;
    // Waits for those who are adding posts, for the moment that the next statement takes.
    tx.execute("lock table items, import_items in share mode").await?;
    let key: Option<i64> = sqlx::query_scalar(
        "select least(
           (select max(key) from items),
           (select min(import_items.key) - 1
            from imports
            join import_items on import_items.import_key = imports.key
            where finished_at is null)
         )",
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(key.unwrap_or(i64::MIN))
}

/// The signature of a post in a row with `kind`, `topic` and `text`; `None` when its text is gone.
fn signature(row: &PgRow) -> Result<Option<Signature>, StoreError> {
    let Some(text) = row.try_get::<Option<&str>, _>("text")? else { return Ok(None) };
    let kind: Kind = kind(row)?.ok_or_else(|| corrupt("items", "kind", key(row)))?;
    let topic: TopicId = parsed(row, "topics", "topic")?;
    Ok(Some(Signature::of_post(kind, &topic, text)))
}

/// Clears what the index holds of these items; the partitions that must be rewritten for it. Replies are not in it.
pub(super) async fn forget(db: &mut PgConnection, item_keys: &[i64]) -> Result<Vec<String>, StoreError> {
    let changes: Vec<_> = item_keys.iter().map(|&key| (key, None)).collect();
    put(db, &changes).await
}

/// Brings the index up to date with an item whose text was replaced; what it held of the one before is gone from the files
/// when all that is planned is rewritten.
pub(super) async fn refresh(db: &mut PgConnection, item_key: i64) -> Result<(), StoreError> {
    let row = sqlx::query(
        "select items.key, items.kind, topics.id as topic, item_texts.text
         from items
         join topics on topics.key = items.topic_key
         left join item_texts on item_texts.item_key = items.key
         where items.key = $1",
    )
    .bind(item_key)
    .fetch_optional(&mut *db)
    .await?;
    if let Some(row) = row {
        for partition in put(db, &[(item_key, signature(&row)?)]).await? {
            rewrite::plan(db, &partition).await?;
        }
    }
    Ok(())
}

async fn put(db: &mut PgConnection, changes: &[(i64, Option<Signature>)]) -> Result<Vec<String>, StoreError> {
    sqlx::query("select pg_advisory_xact_lock_shared($1)").bind(TEXTS_CHANGE).execute(&mut *db).await?;
    let item_keys: Vec<i64> = changes.iter().map(|&(key, _)| key).collect();
    let blocks: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "select key, item_keys
         from search_blocks
         where key in (
           select blocks.key
           from items
           cross join lateral (
             select key
             from search_blocks
             where site_key = items.site_key
               and first_item_key <= items.key
             order by first_item_key desc
             limit 1
           ) as blocks
           where items.key = any($1)
         )
         order by key",
    )
    .bind(&item_keys)
    .fetch_all(&mut *db)
    .await?;
    let mut partitions = Vec::new();
    for (block_key, keys) in blocks {
        let places: Vec<_> = changes
            .iter()
            .filter_map(|(key, signature)| Some((place_of(&keys, *key)?, signature.as_ref())))
            .collect();
        if places.is_empty() {
            continue;
        }
        let bits: Vec<u8> =
            sqlx::query_scalar("select bits from search_bits where block_key = $1 for no key update")
                .bind(block_key)
                .fetch_one(&mut *db)
                .await?;
        let mut block = Block::from_bytes(bits).ok_or_else(|| corrupt("search_bits", "bits", block_key))?;
        for (place, signature) in places {
            block.put(place, signature);
        }
        let partition: String = sqlx::query_scalar(
            "update search_bits
             set bits = $2
             where block_key = $1
             returning tableoid::regclass::text",
        )
        .bind(block_key)
        .bind(block.as_bytes())
        .fetch_one(&mut *db)
        .await?;
        if !partitions.contains(&partition) {
            partitions.push(partition);
        }
    }
    Ok(partitions)
}
