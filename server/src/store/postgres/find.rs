//! Searching what moderators may read: a look into one item after the other, the newest first. An index of what was not
//! published would have to forget as that of the public search does (decision 0006), for what few look for.

use peer_support_domain::cursor::Cursor;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::FIND_LOOKS;
use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::{key, queue, sites_in};
use crate::store::{FindQuery, Finds, StoreError};

/// Items whose texts are fetched at a time: what is looked for is often near the beginning.
const LOOKS_AT_A_TIME: usize = 256;

pub(super) async fn find(db: &mut PgConnection, query: &FindQuery) -> Result<Finds, StoreError> {
    let candidates = candidates(db, query).await?;
    let mut found: Vec<i64> = Vec::new();
    let mut n_looks: usize = 0;
    'looking: for keys in candidates[..candidates.len().min(FIND_LOOKS)].chunks(LOOKS_AT_A_TIME) {
        let holding = holding(db, query, keys).await?;
        for key in keys {
            if found.len() == query.limit {
                break 'looking;
            }
            n_looks += 1;
            if holding.contains(key) {
                found.push(*key);
            }
        }
    }
    let last = n_looks.checked_sub(1).map(|place| candidates[place]).filter(|_| n_looks < candidates.len());
    let next = match last {
        None => None,
        Some(key) => sqlx::query_scalar("select created_at from items where key = $1")
            .bind(key)
            .fetch_optional(&mut *db)
            .await?
            .map(|sent_at| (Cursor { key, item: ItemId::from_bits(0) }, sent_at)),
    };
    Ok(Finds { items: queue::of_keys(db, &found).await?, next })
}

/// The keys of items to look into, the newest first, and one more: by an index where what is looked for is rare.
async fn candidates(db: &mut PgConnection, query: &FindQuery) -> Result<Vec<i64>, StoreError> {
    let before = query.find.cursor.map_or(i64::MAX, |cursor| cursor.key);
    let n_rows = FIND_LOOKS as i64 + 1;
    let state = query.find.state.map(|state| state.as_str());
    let keys = if query.find.is_mine {
        sqlx::query_scalar(
            "select item_key
             from claims
             where moderator_key = $1
               and expires_at > $2
               and item_key < $3
             order by item_key desc
             limit $4",
        )
        .bind(query.moderator.0)
        .bind(query.now)
        .bind(before)
        .bind(n_rows)
        .fetch_all(db)
        .await?
    } else if let Some(state @ ("held" | "declined" | "hidden")) = state {
        sqlx::query_scalar(
            "(
               select key
               from items
               where state = $1
                 and (state = 'held' or state = 'declined' or state = 'hidden')
                 and key < $2
               order by key desc
               limit $3
             )
             union
             select key
             from items
             where drill_state = $1
               and drill_state is not null
               and key < $2
             order by key desc
             limit $3",
        )
        .bind(state)
        .bind(before)
        .bind(n_rows)
        .fetch_all(db)
        .await?
    } else {
        sqlx::query_scalar(
            "select key
             from items
             where key < $1
             order by key desc
             limit $2",
        )
        .bind(before)
        .bind(n_rows)
        .fetch_all(db)
        .await?
    };
    Ok(keys)
}

/// Those of `keys` for which all that is looked for holds.
async fn holding(db: &mut PgConnection, query: &FindQuery, keys: &[i64]) -> Result<Vec<i64>, StoreError> {
    let find = &query.find;
    let rows = sqlx::query(
        "select items.key, texts.text,
           (select text from side_texts where item_key = items.key and side = 'w') as waiting
         from items
         cross join lateral (
           select lang, text
           from item_texts
           where item_key = items.key
           offset 0
         ) as texts
         join sites on sites.key = items.site_key
         left join items as posts on posts.key = items.post_key
         join topics on topics.key = coalesce(items.topic_key, posts.topic_key)
         where items.key = any($1)
           and items.state <> 'deleted'
           and (items.post_key is null or posts.state <> 'deleted')
           and ($2::text is null or coalesce(items.drill_state, items.state) = $2)
           and ($3::text is null or sites.id = $3)
           and ($9::text[] is null or sites.id = any($9))
           and ($4::text is null or coalesce(items.kind, 'r') = $4)
           and ($5::text is null or topics.id = $5)
           and ($6::integer = 0 or items.flags & $6 <> 0)
           and (not $7::boolean or exists (select 1 from reports where item_key = items.key))
           and ($8::text is null or texts.lang = $8 or starts_with(texts.lang, $8 || '-'))",
    )
    .bind(keys)
    .bind(find.state.map(|state| state.as_str()))
    .bind(find.site.as_ref().map(|site| site.as_str()))
    .bind(query.kind_letter())
    .bind(find.topic.as_ref().map(|topic| topic.as_str()))
    .bind(i32::from(query.flag_bits()))
    .bind(query.is_reported())
    .bind(find.lang.as_ref().map(|lang| lang.as_str()))
    .bind(sites_in(&query.reach))
    .fetch_all(db)
    .await?;
    let mut holding = Vec::new();
    for row in &rows {
        if query.matches(row.try_get("text")?, row.try_get("waiting")?) {
            holding.push(key(row));
        }
    }
    Ok(holding)
}
