//! All of a site, for its owner.

use futures_util::TryStreamExt;
use peer_support_domain::site::SiteId;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{Executor, Row};
use tokio::sync::mpsc::Sender;

use super::{author, counts, item_id, kind, notes, parsed, parsed_if_any, unhurried};
use crate::store::{ExportedItem, StoreError};

/// Items handed over at a time.
const BATCH_ITEMS: usize = 256;

pub(super) async fn export(
    pool: &PgPool,
    site: &SiteId,
    is_all: bool,
    to: &Sender<Vec<ExportedItem>>,
) -> Result<(), StoreError> {
    let mut tx = pool.begin_with("begin transaction isolation level repeatable read read only").await?;
    unhurried(&mut tx).await?;
    // Before the first look, as in a copy: emptying a table would show even to those who look at an older moment.
    tx.execute("lock table item_texts in access share mode").await?;
    // What is put in order, perhaps in a file, has no words; each text is looked up when its turn comes.
    let mut rows = sqlx::query(
        "select ordered.*, texts.text, texts.lang, texts.author, texts.notes
         from (
           select items.key, items.id, posts.id as post, items.kind, topics.id as topic, items.state, items.created_at,
             items.n_heard, items.n_helped, items.n_me_too, items.is_example, items.is_owners
           from items
           left join items as posts on posts.key = items.post_key
           left join topics on topics.key = items.topic_key
           where items.site_key = (select key from sites where id = $1)
             and items.drill_state is null
             and (items.state = 'published' or ($2 and items.state <> 'deleted'))
             and (posts.state is null or posts.state = 'published' or ($2 and posts.state <> 'deleted'))
           order by coalesce(posts.created_at, items.created_at), coalesce(posts.key, items.key),
             items.post_key is not null, items.created_at, items.key
           offset 0
         ) as ordered
         cross join lateral (
           select lang, author, notes, text
           from item_texts
           where item_key = ordered.key
           offset 0
         ) as texts",
    )
    .bind(site.as_str())
    .bind(is_all)
    .fetch(&mut *tx);
    let mut batch = Vec::with_capacity(BATCH_ITEMS);
    while let Some(row) = rows.try_next().await? {
        batch.push(item(&row)?);
        if batch.len() >= BATCH_ITEMS && to.send(std::mem::take(&mut batch)).await.is_err() {
            return Ok(());
        }
    }
    // Nobody may be there any more.
    let _ = to.send(batch).await;
    Ok(())
}

fn item(row: &PgRow) -> Result<ExportedItem, StoreError> {
    let post: Option<i64> = row.try_get("post")?;
    Ok(ExportedItem {
        id: item_id(row, "id")?,
        post: post.map(|_| item_id(row, "post")).transpose()?,
        kind: kind(row)?,
        topic: parsed_if_any(row, "topics", "topic")?,
        state: parsed(row, "items", "state")?,
        text: row.try_get("text")?,
        lang: parsed_if_any(row, "item_texts", "lang")?,
        notes: notes(row)?,
        author: author(row)?,
        created_at: row.try_get("created_at")?,
        votes: counts(row)?,
        is_example: row.try_get("is_example")?,
        is_owners: row.try_get("is_owners")?,
    })
}
