//! All of a site, for its owner.

use std::path::Path;

use peer_support_domain::site::SiteId;
use rusqlite::{Connection, Row};
use tokio::sync::mpsc::Sender;

use super::{author, counts, item_id, kind, notes, open_to_read, parsed, parsed_if_any};
use crate::store::{ExportedItem, StoreError};

/// Items handed over at a time.
const BATCH_ITEMS: usize = 256;

/// Sends the items of one snapshot, by a connection of its own: others go on reading meanwhile, and writing; only deletions
/// are answered when it is done, as with a copy.
pub(super) fn export(
    path: &Path,
    site: &SiteId,
    is_all: bool,
    to: &Sender<Vec<ExportedItem>>,
) -> Result<(), StoreError> {
    let mut connection = open_to_read(path)?;
    // For the order of the posts: their moments and keys, no words.
    connection.pragma_update(None, "temp_store", "file")?;
    let db = connection.transaction()?;
    let mut posts = db.prepare(
        "select key
         from items
         where site_key = (select key from sites where id = ?1)
           and kind is not null
           and drill_state is null
           and (state = 'published' or (?2 and state <> 'deleted'))
         order by created_at, key",
    )?;
    let mut keys = posts.query((site.as_str(), is_all))?;
    let mut batch = Vec::with_capacity(BATCH_ITEMS);
    while let Some(row) = keys.next()? {
        thread(&db, row.get(0)?, is_all, &mut batch)?;
        if batch.len() >= BATCH_ITEMS && to.blocking_send(std::mem::take(&mut batch)).is_err() {
            return Ok(());
        }
    }
    // Nobody may be there any more.
    let _ = to.blocking_send(batch);
    Ok(())
}

/// Adds a post and its replies.
fn thread(db: &Connection, key: i64, is_all: bool, to: &mut Vec<ExportedItem>) -> Result<(), StoreError> {
    let mut post = db.prepare_cached(
        "select items.key, items.id, null as post, items.kind, topics.id as topic, items.state, item_texts.text,
           item_texts.lang, item_texts.author, item_texts.notes, items.created_at, items.n_heard, items.n_helped, items.n_me_too,
           items.is_example, items.is_owners
         from items
         join topics on topics.key = items.topic_key
         join item_texts on item_texts.key = items.text_key
         where items.key = ?1",
    )?;
    let mut replies = db.prepare_cached(
        "select items.key, items.id, posts.id as post, null as kind, null as topic, items.state, item_texts.text,
           item_texts.lang, item_texts.author, item_texts.notes, items.created_at, items.n_heard, items.n_helped, items.n_me_too,
           items.is_example, items.is_owners
         from items
         join items as posts on posts.key = items.post_key
         join item_texts on item_texts.key = items.text_key
         where items.post_key = ?1
           and (items.state = 'published' or (?2 and items.state <> 'deleted'))
         order by items.created_at, items.key",
    )?;
    for item in post.query_and_then([key], item)? {
        to.push(item?);
    }
    for item in replies.query_and_then((key, is_all), item)? {
        to.push(item?);
    }
    Ok(())
}

fn item(row: &Row<'_>) -> Result<ExportedItem, StoreError> {
    let post: Option<i64> = row.get("post")?;
    Ok(ExportedItem {
        id: item_id(row, "id")?,
        post: post.map(|_| item_id(row, "post")).transpose()?,
        kind: kind(row)?,
        topic: parsed_if_any(row, "topics", "topic")?,
        state: parsed(row, "items", "state")?,
        text: row.get("text")?,
        lang: parsed_if_any(row, "item_texts", "lang")?,
        notes: notes(row)?,
        author: author(row)?,
        created_at: row.get("created_at")?,
        votes: counts(row)?,
        is_example: row.get("is_example")?,
        is_owners: row.get("is_owners")?,
    })
}
