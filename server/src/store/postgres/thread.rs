//! A thread beside one of its items, for moderators.

use peer_support_domain::cursor::Cursor;
use peer_support_domain::flag::Flags;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{THREAD_DECIDED_AMONG, THREAD_DECISIONS};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::wire::{PastDecision, Thread, ThreadItem};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use super::{author, bits, claims, corrupt, cursor_key, flags, item_id, key, notes, parsed, parsed_if_any};
use crate::store::{Replies, StoreError, rows_of_page};

/// Where a reply stands in its thread: its moment, and its key.
type Place = (i64, i64);

pub(super) async fn thread(
    db: &mut PgConnection,
    id: ItemId,
    replies: Replies,
) -> Result<Option<Thread>, StoreError> {
    let found = sqlx::query(
        "select items.key, items.post_key, items.created_at, sites.id as site
         from items
         join sites on sites.key = items.site_key
         left join items as posts on posts.key = items.post_key
         where items.id = $1
           and items.state <> 'deleted'
           and (items.post_key is null or posts.state <> 'deleted')",
    )
    .bind(bits(id))
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = found else { return Ok(None) };
    let item_key = key(&row);
    let post_key: Option<i64> = row.try_get("post_key")?;
    let thread_key = post_key.unwrap_or(item_key);
    let created_at: i64 = row.try_get("created_at")?;
    let of_item = post_key.map_or((i64::MIN, i64::MIN), |_| (created_at, item_key));
    let place = match replies {
        Replies::Around => of_item,
        Replies::Before(cursor, _) => cursor_key(db, Some(cursor), i64::MAX).await?,
        Replies::After(cursor, _) => cursor_key(db, Some(cursor), i64::MIN).await?,
    };
    let (n_before, n_after) = replies.numbers(post_key.is_some());
    let mut keys = if n_before == 0 { Vec::new() } else { before(db, thread_key, place, n_before).await? };
    let has_before = keys.len() > n_before;
    keys.truncate(n_before);
    keys.reverse();
    if replies == Replies::Around {
        keys.extend(post_key.map(|_| item_key));
    }
    let behind = if n_after == 0 { Vec::new() } else { after(db, thread_key, place, n_after).await? };
    let has_after = behind.len() > n_after;
    keys.extend(behind.into_iter().take(n_after));
    keys.push(thread_key);
    let mut shown = of_keys(db, &keys).await?;
    let post = shown.pop().ok_or_else(|| corrupt("items", "post_key", item_key))?;
    let cursor = |item: &ThreadItem| Cursor { key: item.created_at, item: item.id };
    Ok(Some(Thread {
        site: parsed(&row, "sites", "site")?,
        post,
        before: shown.first().filter(|_| has_before).map(cursor),
        after: shown.last().filter(|_| has_after).map(cursor),
        replies: shown,
        decisions: match replies {
            Replies::Around => decisions(db, thread_key, item_key).await?,
            _ => Vec::new(),
        },
    }))
}

/// The keys of up to `limit` replies before a place, and of one more, the last first. Each state has its range of the index.
async fn before(
    db: &mut PgConnection,
    thread_key: i64,
    place: Place,
    limit: usize,
) -> Result<Vec<i64>, StoreError> {
    let keys = sqlx::query_scalar(
        "select places.key
         from (values ('held'), ('published'), ('declined'), ('hidden'), ('deleted')) as states (state)
         cross join lateral (
           select created_at, key
           from items
           where post_key = $1
             and items.state = states.state
             and (created_at, key) < ($2, $3)
           order by created_at desc, key desc
           limit $4
         ) as places
         order by places.created_at desc, places.key desc
         limit $4",
    )
    .bind(thread_key)
    .bind(place.0)
    .bind(place.1)
    .bind(rows_of_page(limit))
    .fetch_all(db)
    .await?;
    Ok(keys)
}

/// As [`before`], after a place, the first first.
async fn after(
    db: &mut PgConnection,
    thread_key: i64,
    place: Place,
    limit: usize,
) -> Result<Vec<i64>, StoreError> {
    let keys = sqlx::query_scalar(
        "select places.key
         from (values ('held'), ('published'), ('declined'), ('hidden'), ('deleted')) as states (state)
         cross join lateral (
           select created_at, key
           from items
           where post_key = $1
             and items.state = states.state
             and (created_at, key) > ($2, $3)
           order by created_at, key
           limit $4
         ) as places
         order by places.created_at, places.key
         limit $4",
    )
    .bind(thread_key)
    .bind(place.0)
    .bind(place.1)
    .bind(rows_of_page(limit))
    .fetch_all(db)
    .await?;
    Ok(keys)
}

/// The items of these keys, in their order.
async fn of_keys(db: &mut PgConnection, keys: &[i64]) -> Result<Vec<ThreadItem>, StoreError> {
    let rows = sqlx::query(
        "select items.key, items.id, coalesce(items.drill_state, items.state) as state, items.flags, items.created_at, texts.text, texts.lang, texts.author,
           texts.notes
         from unnest($1::bigint[]) with ordinality as asked (key, nth)
         join items on items.key = asked.key
         left join lateral (
           select text, lang, author, notes
           from item_texts
           where item_key = items.key
           offset 0
         ) as texts on true
         order by asked.nth",
    )
    .bind(keys)
    .fetch_all(db)
    .await?;
    rows.iter().map(to_thread_item).collect()
}

fn to_thread_item(row: &PgRow) -> Result<ThreadItem, StoreError> {
    let text: Option<String> = row.try_get("text")?;
    Ok(ThreadItem {
        id: item_id(row, "id")?,
        state: parsed(row, "items", "state")?,
        lang: parsed_if_any(row, "item_texts", "lang")?,
        notes: if text.is_some() { notes(row)? } else { ContentNotes::default() },
        text,
        author: author(row)?,
        created_at: row.try_get("created_at")?,
        is_at_risk: flags(row)?.has_any_of(Flags::OF_RISK),
    })
}

/// What was decided about the post, the item and the newest replies, the last first.
async fn decisions(
    db: &mut PgConnection,
    thread_key: i64,
    item_key: i64,
) -> Result<Vec<PastDecision>, StoreError> {
    let mut keys = before(db, thread_key, (i64::MAX, i64::MAX), THREAD_DECIDED_AMONG).await?;
    keys.truncate(THREAD_DECIDED_AMONG);
    keys.extend([thread_key, item_key]);
    let rows = sqlx::query(
        "select found.key, found.item_id, found.decision, moderators.name, found.rule, found.reason, found.n_taken_out,
           found.decided_at
         from (
           select *
           from decisions
           where item_id = any(array(select id from items where key = any($1)))
           offset 0
         ) as found
         left join moderators on moderators.key = found.moderator_key
         order by found.key desc
         limit $2",
    )
    .bind(keys)
    .bind(THREAD_DECISIONS as i64)
    .fetch_all(db)
    .await?;
    rows.iter().map(claims::past_decision).collect()
}
