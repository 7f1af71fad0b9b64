//! What comes from another system: stored where nobody sees it, and shown all at once.

use peer_support_domain::ranking;
use peer_support_domain::site::SiteId;
use peer_support_domain::vote::VoteCounts;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::{bits, corrupt, items, key, rewrite, unhurried};
use crate::store::{Import, ImportId, ImportedItem, NewImport, StoreError, kind_letter};

/// Items of one transaction that takes back, so that others do not wait long for their locks.
const BATCH_ITEMS: i64 = 1_000;

pub(super) async fn of_file(
    pool: &PgPool,
    site: &SiteId,
    file_hash: &[u8; 32],
) -> Result<Option<Import>, StoreError> {
    sqlx::query(
        "select imports.key, file_hash, key_hash, choices, finished_at
         from imports
         join sites on sites.key = imports.site_key
         where sites.id = $1
           and file_hash = $2",
    )
    .bind(site.as_str())
    .bind(&file_hash[..])
    .fetch_optional(pool)
    .await?
    .as_ref()
    .map(import)
    .transpose()
}

pub(super) async fn unfinished(pool: &PgPool, site: &SiteId) -> Result<Vec<Import>, StoreError> {
    let rows = sqlx::query(
        "select imports.key, file_hash, key_hash, choices, finished_at
         from imports
         join sites on sites.key = imports.site_key
         where sites.id = $1
           and finished_at is null
         order by imports.key",
    )
    .bind(site.as_str())
    .fetch_all(pool)
    .await?;
    rows.iter().map(import).collect()
}

fn import(row: &PgRow) -> Result<Import, StoreError> {
    let hash = |column| -> Result<Option<[u8; 32]>, StoreError> {
        let bytes: Option<&[u8]> = row.try_get(column)?;
        bytes.map(|bytes| bytes.try_into().map_err(|_| corrupt("imports", column, key(row)))).transpose()
    };
    Ok(Import {
        id: ImportId(row.try_get("key")?),
        file_hash: hash("file_hash")?.ok_or_else(|| corrupt("imports", "file_hash", key(row)))?,
        key_hash: hash("key_hash")?,
        choices: row.try_get("choices")?,
        finished_at: row.try_get("finished_at")?,
    })
}

pub(super) async fn begin(pool: &PgPool, new: &NewImport) -> Result<ImportId, StoreError> {
    let mut tx = pool.begin().await?;
    let site_key = items::site_key(&mut tx, &new.site).await?;
    sqlx::query(
        "insert into imports (site_key, file_hash, key_hash, choices, begun_at)
         values ($1, $2, $3, $4, $5)
         on conflict do nothing",
    )
    .bind(site_key)
    .bind(&new.file_hash[..])
    .bind(&new.key_hash[..])
    .bind(&new.choices)
    .bind(new.begun_at)
    .execute(&mut *tx)
    .await?;
    let key = sqlx::query_scalar("select key from imports where site_key = $1 and file_hash = $2")
        .bind(site_key)
        .bind(&new.file_hash[..])
        .fetch_optional(&mut *tx)
        .await?;
    tx.commit().await?;
    key.map(ImportId).ok_or(StoreError::ImportClosed)
}

/// The key of the site of an import that is open, and stays so until the transaction ends.
async fn open_site(db: &mut PgConnection, import: ImportId) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar("select site_key from imports where key = $1 and finished_at is null for update")
        .bind(import.0)
        .fetch_optional(db)
        .await?)
}

pub(super) async fn stage(
    pool: &PgPool,
    import: ImportId,
    staged: &[ImportedItem],
) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    let site_key = open_site(&mut tx, import).await?.ok_or(StoreError::ImportClosed)?;
    let mut topic_keys = Vec::with_capacity(staged.len());
    for item in staged {
        topic_keys.push(match &item.topic {
            Some((_, topic)) => Some(items::topic_key(&mut tx, site_key, topic).await?),
            None => None,
        });
    }
    let column = |of: fn(&ImportedItem) -> i64| staged.iter().map(of).collect::<Vec<_>>();
    // One statement for all: a round trip for each would take most of the time.
    sqlx::query(
        "with new as (
           insert into import_items
             (key, import_key, id, post_id, topic_key, kind, state, is_example, is_owners, recovery, created_at, helpful_at)
           select nextval(pg_get_serial_sequence('items', 'key')), $1, id, post_id, topic_key, kind, state, is_example,
             is_owners, recovery, created_at, helpful_at
           from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::boolean[], $8::bytea[],
               $9::bigint[], $10::bigint[], $14::boolean[])
             with ordinality as given
               (id, post_id, topic_key, kind, state, is_example, recovery, created_at, helpful_at, is_owners, place)
           where not exists (select 1 from import_items where import_items.id = given.id)
           order by place
           returning key, id
         )
         insert into item_texts (item_key, lang, author, notes, text)
         select new.key, texts.lang, texts.author, texts.notes, texts.text
         from unnest($2::bigint[], $11::text[], $12::bytea[], $13::text[], $15::bytea[])
           as texts (id, lang, author, text, notes)
         join new on new.id = texts.id",
    )
    .bind(import.0)
    .bind(column(|item| bits(item.id)))
    .bind(staged.iter().map(|item| item.post.map(bits)).collect::<Vec<_>>())
    .bind(topic_keys)
    .bind(staged.iter().map(|item| item.topic.as_ref().map(|(kind, _)| kind_letter(*kind))).collect::<Vec<_>>())
    .bind(staged.iter().map(|item| item.state.as_str()).collect::<Vec<_>>())
    .bind(staged.iter().map(|item| item.is_example).collect::<Vec<_>>())
    .bind(staged.iter().map(|item| item.recovery.as_bytes().to_vec()).collect::<Vec<_>>())
    .bind(column(|item| item.created_at))
    .bind(column(|item| ranking::helpful_at_ms(item.created_at, VoteCounts::default())))
    .bind(staged.iter().map(|item| item.lang.as_ref().map(|lang| lang.as_str())).collect::<Vec<_>>())
    .bind(staged.iter().map(|item| item.author.map(|author| author.as_bytes().to_vec())).collect::<Vec<_>>())
    .bind(staged.iter().map(|item| item.text.as_str()).collect::<Vec<_>>())
    .bind(staged.iter().map(|item| item.is_owners).collect::<Vec<_>>())
    .bind(staged.iter().map(|item| vec![item.notes.bits()]).collect::<Vec<_>>())
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Makes items of all that is staged. In one transaction, however many they are: that is what shows them at once.
pub(super) async fn finish(pool: &PgPool, import: ImportId, n_items: u64, at: i64) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    unhurried(&mut tx).await?;
    let Some(site_key) = open_site(&mut tx, import).await? else { return Ok(()) };
    let n_staged: i64 = sqlx::query_scalar("select count(*) from import_items where import_key = $1")
        .bind(import.0)
        .fetch_one(&mut *tx)
        .await?;
    if n_staged.cast_unsigned() != n_items {
        return Err(StoreError::ImportDiffers(n_staged.cast_unsigned(), n_items));
    }
    sqlx::query(
        "insert into items
           (key, id, site_key, topic_key, kind, state, is_example, is_owners, recovery, created_at, helpful_at, imported_at,
            n_replies)
         overriding system value
         select key, id, $2, topic_key, kind, state, is_example, is_owners, recovery, created_at, helpful_at, $3,
           (select count(*)
            from import_items as replies
            where replies.import_key = $1
              and replies.post_id = import_items.id
              and replies.state = 'published')
         from import_items
         where import_key = $1
           and post_id is null",
    )
    .bind(import.0)
    .bind(site_key)
    .bind(at)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into items
           (key, id, site_key, post_key, state, is_example, is_owners, recovery, created_at, helpful_at, imported_at)
         overriding system value
         select import_items.key, import_items.id, $2, posts.key, import_items.state, import_items.is_example,
           import_items.is_owners, import_items.recovery, import_items.created_at, import_items.helpful_at, $3
         from import_items
         join items as posts on posts.id = import_items.post_id
         where import_items.import_key = $1
           and import_items.post_id is not null",
    )
    .bind(import.0)
    .bind(site_key)
    .bind(at)
    .execute(&mut *tx)
    .await?;
    sqlx::query("update imports set finished_at = $2, key_hash = null where key = $1")
        .bind(import.0)
        .bind(at)
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

/// Removes some of what finished imports have staged, which are items now; how many.
pub(super) async fn sweep(pool: &PgPool) -> Result<u64, StoreError> {
    let swept = sqlx::query(
        "delete from import_items
         where key in (
           select import_items.key
           from imports
           join import_items on import_items.import_key = imports.key
           where finished_at is not null
           limit $1
           for update of import_items skip locked
         )",
    )
    .bind(BATCH_ITEMS)
    .execute(pool)
    .await?;
    Ok(swept.rows_affected())
}

/// Takes back some of what an unfinished import has staged; how many. Their texts are gone from the files when all that is
/// planned is rewritten. When none is left, and it was swept when it was finished, its record goes.
pub(super) async fn abandon(pool: &PgPool, import: ImportId) -> Result<u64, StoreError> {
    let mut tx = pool.begin().await?;
    if open_site(&mut tx, import).await?.is_some() {
        let keys: Vec<i64> = sqlx::query_scalar(
            "delete from import_items
             where key in (select key from import_items where import_key = $1 limit $2)
             returning key",
        )
        .bind(import.0)
        .bind(BATCH_ITEMS)
        .fetch_all(&mut *tx)
        .await?;
        rewrite::delete_texts(&mut tx, &keys).await?;
        if !keys.is_empty() {
            tx.commit().await?;
            return Ok(keys.len() as u64);
        }
    }
    sqlx::query(
        "delete from imports
         where key = $1
           and not exists (select 1 from import_items where import_key = $1)",
    )
    .bind(import.0)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(0)
}

/// The unfinished imports that were begun before a moment; all of them without one.
pub(super) async fn begun_before(pool: &PgPool, moment: Option<i64>) -> Result<Vec<ImportId>, StoreError> {
    let keys: Vec<i64> = sqlx::query_scalar(
        "select key
         from imports
         where finished_at is null
           and ($1::bigint is null or begun_at < $1)",
    )
    .bind(moment)
    .fetch_all(pool)
    .await?;
    Ok(keys.into_iter().map(ImportId).collect())
}
