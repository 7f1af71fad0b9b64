//! Posts and replies: adding them, and reading what is published.

use peer_support_domain::cursor::{Cursor, Order};
use peer_support_domain::desk::DeskChange;
use peer_support_domain::id::{AuthorTag, ItemId};
use peer_support_domain::post::{Decision, Kind, State};
use peer_support_domain::ranking;
use peer_support_domain::site::{SiteId, TopicId};
use peer_support_domain::statistics::Tally;
use peer_support_domain::vote::VoteCounts;
use peer_support_domain::wire::{Page, Post, Reply};
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::{AssertSqlSafe, Row};

use super::{
    audit, author, bits, corrupt, count, counts, cursor_key, item_id, key, kind, live, notes, outbox, parsed,
    parsed_if_any, queue, tallies,
};
use crate::store::audit::NewAct;
use crate::store::{
    APPROVALS_AMONG, Added, FeedQuery, Idempotency, NewItem, Place, RecentText, Rule, StoreError, Stored,
    kind_letter, may_skip_the_queue, page, rows_of_page,
};

pub(super) async fn add(
    pool: &PgPool,
    item: &NewItem,
    idempotency: Option<&Idempotency>,
) -> Result<Added, StoreError> {
    let mut tx = pool.begin().await?;
    if let Some(idempotency) = idempotency
        && let Some(before) = added_before(&mut tx, idempotency).await?
    {
        return Ok(before);
    }
    let (site_key, topic_key, kind, post_key) = match &item.place {
        Place::Post { site, kind, topic } => {
            let site_key = site_key(&mut tx, site).await?;
            (site_key, Some(topic_key(&mut tx, site_key, topic).await?), Some(kind_letter(*kind)), None)
        }
        Place::Reply { post } => match published_post(&mut tx, *post).await? {
            Some((post_key, site_key)) => (site_key, None, None, Some(post_key)),
            None => return Ok(Added::NoSuchPost),
        },
    };
    let is_approved_before = match (post_key, may_skip_the_queue(item)) {
        (Some(post_key), Some(author)) => {
            is_approved_before(&mut tx, post_key, author, item.publish_after_approvals).await?
        }
        _ => false,
    };
    let state = if is_approved_before { State::Published } else { item.state };
    let Some(item_key) = add_row(&mut tx, item, (site_key, topic_key, kind, post_key), state).await? else {
        // The insert waited for whoever was storing the same id. Perhaps that was the same request.
        return match idempotency {
            Some(idempotency) => Ok(added_before(&mut tx, idempotency).await?.unwrap_or(Added::IdTaken)),
            None => Ok(Added::IdTaken),
        };
    };
    if let (Some(post_key), State::Published) = (post_key, state) {
        count_reply(&mut tx, post_key, 1).await?;
    }
    if state == State::Published {
        live::tell(&mut tx, item.id).await?;
    }
    if state == State::Held {
        live::tell_desk(&mut tx, item.id, DeskChange::New).await?;
    }
    if !item.is_example && item.owner.is_none() {
        let kind = match &item.place {
            Place::Post { kind, .. } => Some(*kind),
            Place::Reply { .. } => None,
        };
        tallies::count(&mut tx, item.id, Tally::Sent(kind), item.created_at).await?;
        for flag in item.flags.iter().filter(|_| state == State::Held) {
            tallies::count(&mut tx, item.id, Tally::HeldFor(flag), item.created_at).await?;
        }
    }
    if post_key.is_some() && state == State::Published {
        tallies::count_first_reply(&mut tx, item.id, item.created_at).await?;
    }
    if is_approved_before {
        queue::record_by_rule(&mut tx, item.id, Rule::Approvals, Decision::Approve, item.created_at).await?;
    }
    if let Some(owner) = item.owner {
        sqlx::query(
            "insert into decisions (item_id, moderator_key, decision, decided_at)
             values ($1, $2, $3, $4)",
        )
        .bind(bits(item.id))
        .bind(owner.0)
        .bind(Decision::Approve.as_str())
        .bind(item.created_at)
        .execute(&mut *tx)
        .await?;
        audit::record(&mut tx, NewAct::of(Decision::Approve, Some(owner), item.created_at).on(item.id))
            .await?;
    }
    if let Some(idempotency) = idempotency {
        let added = sqlx::query(
            "insert into idempotency_keys (key_hash, request_hash, item_key, created_at)
             values ($1, $2, $3, $4)
             on conflict do nothing",
        )
        .bind(&idempotency.key_hash[..])
        .bind(&idempotency.request_hash[..])
        .bind(item_key)
        .bind(item.created_at)
        .execute(&mut *tx)
        .await?;
        if added.rows_affected() == 0 {
            // Another request of this key was stored meanwhile: this one is undone.
            tx.rollback().await?;
            let before = added_before(&mut *pool.acquire().await?, idempotency).await?;
            return Ok(before.unwrap_or(Added::KeyReused));
        }
    }
    tx.commit().await?;
    Ok(Added::Stored(Stored { id: item.id, state, created_at: item.created_at }))
}

/// Adds a held post of a fire drill: a row as of any other, marked, and counted nowhere.
pub(super) async fn add_made_up(db: &mut PgConnection, item: &NewItem) -> Result<(), StoreError> {
    let Place::Post { site, kind, topic } = &item.place else { return Ok(()) };
    let site_key = site_key(db, site).await?;
    let topic_key = topic_key(db, site_key, topic).await?;
    let place = (site_key, Some(topic_key), Some(kind_letter(*kind)), None);
    let item_key = add_row(db, item, place, State::Held).await?;
    sqlx::query("update items set drill_state = state where key = $1")
        .bind(item_key)
        .execute(&mut *db)
        .await?;
    live::tell_desk(db, item.id, DeskChange::New).await
}

/// Adds the row of an item and its text, and has the team told where a life may be at risk; the row's key, or nothing when the
/// id or the code is taken. `place`: the keys of its site and topic, its kind, and the key of its post.
async fn add_row(
    db: &mut PgConnection,
    item: &NewItem,
    (site_key, topic_key, kind, post_key): (i64, Option<i64>, Option<&str>, Option<i64>),
    state: State,
) -> Result<Option<i64>, StoreError> {
    let item_key: Option<i64> = sqlx::query_scalar(
        "insert into items
           (id, site_key, topic_key, kind, post_key, state, is_example, is_owners, recovery, created_at, helpful_at,
            flags)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict do nothing
         returning key",
    )
    .bind(bits(item.id))
    .bind(site_key)
    .bind(topic_key)
    .bind(kind)
    .bind(post_key)
    .bind(state.as_str())
    .bind(item.is_example)
    .bind(item.owner.is_some())
    .bind(&item.recovery.as_bytes()[..])
    .bind(item.created_at)
    .bind(ranking::helpful_at_ms(item.created_at, VoteCounts::default()))
    .bind(i32::from(item.flags.bits()))
    .fetch_optional(&mut *db)
    .await?;
    let Some(item_key) = item_key else { return Ok(None) };
    sqlx::query(
        "insert into item_texts (item_key, lang, author, notes, text)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(item_key)
    .bind(item.lang.as_ref().map(|lang| lang.as_str()))
    .bind(item.author.as_ref().map(|author| &author.as_bytes()[..]))
    .bind(&[item.notes.bits()][..])
    .bind(&item.text)
    .execute(&mut *db)
    .await?;
    outbox::notice_risk(db, item_key, false, item.created_at).await?;
    Ok(Some(item_key))
}

/// Where an item stands, as moderators are told.
pub(super) struct AtTheDesk {
    pub(super) key: i64,
    pub(super) state: State,
    /// Whether it is one of a fire drill.
    pub(super) is_made_up: bool,
}

/// Where an item stands once nobody else is changing it; until the transaction ends, nobody else does.
pub(super) async fn locked(db: &mut PgConnection, item: ItemId) -> Result<Option<AtTheDesk>, StoreError> {
    let row = sqlx::query(
        "select key, coalesce(drill_state, state) as state, drill_state is not null as is_made_up
         from items
         where id = $1
         for no key update",
    )
    .bind(bits(item))
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let (state, is_made_up) = (parsed(&row, "items", "state")?, row.try_get("is_made_up")?);
        Ok(AtTheDesk { key: key(&row), state, is_made_up })
    })
    .transpose()
}

/// Whether moderators approved so much of `author` in this thread, took nothing back, and no reader reports anything. What
/// this rule published counts as well: its author had the approvals before.
async fn is_approved_before(
    db: &mut PgConnection,
    post_key: i64,
    author: AuthorTag,
    n_approvals: u32,
) -> Result<bool, StoreError> {
    let is_posts_author: bool =
        sqlx::query_scalar("select exists (select 1 from item_texts where item_key = $1 and author = $2)")
            .bind(post_key)
            .bind(&author.as_bytes()[..])
            .fetch_one(&mut *db)
            .await?;
    // Whether each of the author's replies in each state is reported.
    let mut replies: [Vec<bool>; 3] = Default::default();
    for (of_author, state) in replies.iter_mut().zip([State::Published, State::Declined, State::Hidden]) {
        let found: Vec<(Option<Vec<u8>>, bool)> = sqlx::query_as(
            "select author, reported_at is not null
             from items
             cross join lateral (
               select author
               from item_texts
               where item_key = items.key
               offset 0
             ) as texts
             where post_key = $1
               and state = $2
             order by created_at desc, items.key desc
             limit $3",
        )
        .bind(post_key)
        .bind(state.as_str())
        .bind(APPROVALS_AMONG)
        .fetch_all(&mut *db)
        .await?;
        let is_authors = |found: &Option<Vec<u8>>| found.as_deref() == Some(&author.as_bytes()[..]);
        of_author
            .extend(found.iter().filter(|(found, _)| is_authors(found)).map(|(_, is_reported)| is_reported));
    }
    let [published, declined, hidden] = replies;
    let n_published = published.len() as u32 + u32::from(is_posts_author);
    Ok(n_published >= n_approvals && !published.contains(&true) && declined.is_empty() && hidden.is_empty())
}

pub(super) async fn added_before(
    db: &mut PgConnection,
    idempotency: &Idempotency,
) -> Result<Option<Added>, StoreError> {
    let row = sqlx::query(
        "select items.key, items.id, items.state, items.created_at, idempotency_keys.request_hash
         from idempotency_keys
         join items on items.key = idempotency_keys.item_key
         where key_hash = $1",
    )
    .bind(&idempotency.key_hash[..])
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let request_hash: Option<&[u8]> = row.try_get("request_hash")?;
    if request_hash.is_some_and(|hash| hash != idempotency.request_hash) {
        return Ok(Some(Added::KeyReused));
    }
    Ok(Some(Added::Before(Stored {
        id: item_id(&row, "id")?,
        state: parsed(&row, "items", "state")?,
        created_at: row.try_get("created_at")?,
    })))
}

/// Adds to or takes from the number of a post's published replies.
pub(super) async fn count_reply(db: &mut PgConnection, post_key: i64, change: i32) -> Result<(), StoreError> {
    if change == 0 {
        return Ok(());
    }
    sqlx::query(
        "update items
         set n_replies = n_replies + $2
         where key = $1",
    )
    .bind(post_key)
    .bind(change)
    .execute(db)
    .await?;
    Ok(())
}

/// The key of a site, which is made when it is new.
pub(super) async fn site_key(db: &mut PgConnection, site: &SiteId) -> Result<i64, StoreError> {
    let select = "select key from sites where id = $1";
    if let Some(key) = sqlx::query_scalar(select).bind(site.as_str()).fetch_optional(&mut *db).await? {
        return Ok(key);
    }
    sqlx::query("insert into sites (id) values ($1) on conflict do nothing")
        .bind(site.as_str())
        .execute(&mut *db)
        .await?;
    Ok(sqlx::query_scalar(select).bind(site.as_str()).fetch_one(db).await?)
}

/// The key of a topic, which is made when it is new.
pub(super) async fn topic_key(
    db: &mut PgConnection,
    site_key: i64,
    topic: &TopicId,
) -> Result<i64, StoreError> {
    let select = "select key from topics where site_key = $1 and id = $2";
    if let Some(key) =
        sqlx::query_scalar(select).bind(site_key).bind(topic.as_str()).fetch_optional(&mut *db).await?
    {
        return Ok(key);
    }
    sqlx::query("insert into topics (site_key, id) values ($1, $2) on conflict do nothing")
        .bind(site_key)
        .bind(topic.as_str())
        .execute(&mut *db)
        .await?;
    Ok(sqlx::query_scalar(select).bind(site_key).bind(topic.as_str()).fetch_one(db).await?)
}

/// The keys of a published post and its site.
async fn published_post(db: &mut PgConnection, id: ItemId) -> Result<Option<(i64, i64)>, StoreError> {
    Ok(sqlx::query_as(
        "select key, site_key
         from items
         where id = $1
           and kind is not null
           and state = 'published'",
    )
    .bind(bits(id))
    .fetch_optional(db)
    .await?)
}

/// A feed is merged from ranges of an index, one a kind and one for answered and unanswered posts each, so that every
/// combination of filters and order reads no more rows than it shows for each range.
pub(super) async fn feed(db: &mut PgConnection, query: &FeedQuery) -> Result<Page<Post>, StoreError> {
    let is_oldest_first = query.order == Order::Unanswered;
    let (moment, key) =
        cursor_key(db, query.after, if is_oldest_first { i64::MIN } else { i64::MAX }).await?;
    let kinds: Vec<&str> = match query.kind {
        Some(kind) => vec![kind_letter(kind)],
        None => Kind::ALL.into_iter().map(kind_letter).collect(),
    };
    let sql = match (query.order, &query.topic) {
        (Order::New, None) => {
            "select found.created_at, found.key
             from unnest($3::text[]) as kinds (kind)
             cross join unnest(array[false, true]) as answers (is_answered)
             cross join lateral (
               select created_at, key
               from items
               where site_key = (select key from sites where id = $1)
                 and $2::text is null
                 and kind = kinds.kind
                 and is_answered = answers.is_answered
                 and state = 'published'
                 and (created_at, key) < ($4, $5)
               order by created_at desc, key desc
               limit $6
             ) as found
             order by found.created_at desc, found.key desc
             limit $6"
        }
        (Order::New, Some(_)) => {
            "select found.created_at, found.key
             from unnest($3::text[]) as kinds (kind)
             cross join unnest(array[false, true]) as answers (is_answered)
             cross join lateral (
               select created_at, key
               from items
               where topic_key = (
                   select topics.key
                   from topics
                   join sites on sites.key = topics.site_key
                   where sites.id = $1
                     and topics.id = $2
                 )
                 and kind = kinds.kind
                 and is_answered = answers.is_answered
                 and state = 'published'
                 and (created_at, key) < ($4, $5)
               order by created_at desc, key desc
               limit $6
             ) as found
             order by found.created_at desc, found.key desc
             limit $6"
        }
        (Order::Helpful, None) => {
            "select found.helpful_at, found.key
             from unnest($3::text[]) as kinds (kind)
             cross join lateral (
               select helpful_at, key
               from items
               where site_key = (select key from sites where id = $1)
                 and $2::text is null
                 and kind = kinds.kind
                 and state = 'published'
                 and (helpful_at, key) < ($4, $5)
               order by helpful_at desc, key desc
               limit $6
             ) as found
             order by found.helpful_at desc, found.key desc
             limit $6"
        }
        (Order::Helpful, Some(_)) => {
            "select found.helpful_at, found.key
             from unnest($3::text[]) as kinds (kind)
             cross join lateral (
               select helpful_at, key
               from items
               where topic_key = (
                   select topics.key
                   from topics
                   join sites on sites.key = topics.site_key
                   where sites.id = $1
                     and topics.id = $2
                 )
                 and kind = kinds.kind
                 and state = 'published'
                 and (helpful_at, key) < ($4, $5)
               order by helpful_at desc, key desc
               limit $6
             ) as found
             order by found.helpful_at desc, found.key desc
             limit $6"
        }
        (Order::Unanswered, None) => {
            "select found.created_at, found.key
             from unnest($3::text[]) as kinds (kind)
             cross join lateral (
               select created_at, key
               from items
               where site_key = (select key from sites where id = $1)
                 and $2::text is null
                 and kind = kinds.kind
                 and is_answered = false
                 and state = 'published'
                 and (created_at, key) > ($4, $5)
               order by created_at, key
               limit $6
             ) as found
             order by found.created_at, found.key
             limit $6"
        }
        (Order::Unanswered, Some(_)) => {
            "select found.created_at, found.key
             from unnest($3::text[]) as kinds (kind)
             cross join lateral (
               select created_at, key
               from items
               where topic_key = (
                   select topics.key
                   from topics
                   join sites on sites.key = topics.site_key
                   where sites.id = $1
                     and topics.id = $2
                 )
                 and kind = kinds.kind
                 and is_answered = false
                 and state = 'published'
                 and (created_at, key) > ($4, $5)
               order by created_at, key
               limit $6
             ) as found
             order by found.created_at, found.key
             limit $6"
        }
    };
    // Written into the statement: PostgreSQL takes a limit that it does not know for a tenth of all posts, finds a plan for
    // that dear, and plans anew each time.
    let sql = sql.replace("$6", &rows_of_page(query.limit).to_string());
    let places: Vec<(i64, i64)> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(query.site.as_str())
        .bind(query.topic.as_ref().map(TopicId::as_str))
        .bind(kinds)
        .bind(moment)
        .bind(key)
        .fetch_all(&mut *db)
        .await?;

    let keys: Vec<i64> = places.iter().map(|&(_, key)| key).collect();
    let rows = posts_of_keys(db, &keys).await?;

    let has_more = places.len() > query.limit;
    let shown = &places[..places.len().min(query.limit)];
    let mut items = Vec::with_capacity(shown.len());
    let mut next = None;
    for &(moment, item_key) in shown {
        if let Some((_, post)) = rows.iter().find(|(key, _)| *key == item_key) {
            next = Some(Cursor { key: moment, item: post.id });
            items.push(post.clone());
        }
    }
    Ok(Page { items, next: next.filter(|_| has_more) })
}

/// The published posts of these keys, in any order.
pub(super) async fn posts_of_keys(
    db: &mut PgConnection,
    keys: &[i64],
) -> Result<Vec<(i64, Post)>, StoreError> {
    // `offset 0` keeps PostgreSQL from reading all texts to join them at once, which it takes for cheap while they are few.
    // One that was hidden since the places were read is left out.
    let rows = sqlx::query(
        "select items.key, items.id, items.kind, topics.id as topic, text, lang, notes, author, created_at, n_replies,
           n_heard, n_helped, n_me_too, is_example, is_owners
         from items
         join topics on topics.key = items.topic_key
         cross join lateral (
           select lang, notes, author, text
           from item_texts
           where item_key = items.key
           offset 0
         ) as texts
         where items.key = any($1)
           and items.state = 'published'",
    )
    .bind(keys)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((key(row), to_post(row)?))).collect()
}

pub(super) async fn post(pool: &PgPool, id: ItemId) -> Result<Option<Post>, StoreError> {
    sqlx::query(
        "select items.key, items.id, items.kind, topics.id as topic, text, lang, notes, author, created_at, n_replies,
           n_heard, n_helped, n_me_too, is_example, is_owners
         from items
         join topics on topics.key = items.topic_key
         join item_texts on item_texts.item_key = items.key
         where items.id = $1
           and items.state = 'published'",
    )
    .bind(bits(id))
    .fetch_optional(pool)
    .await?
    .as_ref()
    .map(to_post)
    .transpose()
}

fn to_post(row: &PgRow) -> Result<Post, StoreError> {
    Ok(Post {
        id: item_id(row, "id")?,
        kind: kind(row)?.ok_or_else(|| corrupt("items", "kind", key(row)))?,
        topic: parsed(row, "topics", "topic")?,
        text: row.try_get("text")?,
        lang: parsed_if_any(row, "item_texts", "lang")?,
        notes: notes(row)?,
        author: author(row)?,
        created_at: row.try_get("created_at")?,
        n_replies: count(row, "n_replies")?,
        votes: counts(row)?,
        is_example: row.try_get("is_example")?,
        is_owners: row.try_get("is_owners")?,
    })
}

pub(super) async fn replies(
    db: &mut PgConnection,
    post: ItemId,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Option<Page<Reply>>, StoreError> {
    let Some((post_key, _)) = published_post(db, post).await? else { return Ok(None) };
    let (moment, key) = cursor_key(db, after, i64::MIN).await?;
    let rows = sqlx::query(
        "select items.key, items.id, text, lang, notes, author, created_at, n_heard, n_helped, n_me_too, is_example, is_owners
         from items
         cross join lateral (
           select lang, notes, author, text
           from item_texts
           where item_key = items.key
           offset 0
         ) as texts
         where post_key = $1
           and state = 'published'
           and (created_at, items.key) > ($2, $3)
         order by created_at, items.key
         limit $4",
    )
    .bind(post_key)
    .bind(moment)
    .bind(key)
    .bind(rows_of_page(limit))
    .fetch_all(db)
    .await?;
    let replies = rows.iter().map(to_reply).collect::<Result<_, _>>()?;
    Ok(Some(page(replies, limit, |reply: &Reply| Cursor { key: reply.created_at, item: reply.id })))
}

fn to_reply(row: &PgRow) -> Result<Reply, StoreError> {
    Ok(Reply {
        id: item_id(row, "id")?,
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

pub(super) async fn site_of(pool: &PgPool, item: ItemId) -> Result<Option<SiteId>, StoreError> {
    sqlx::query(
        "select sites.key, sites.id
         from items
         join sites on sites.key = items.site_key
         left join items as posts on posts.key = items.post_key
         where items.id = $1
           and items.state = 'published'
           and (items.post_key is null or posts.state = 'published')",
    )
    .bind(bits(item))
    .fetch_optional(pool)
    .await?
    .as_ref()
    .map(|row| parsed(row, "sites", "id"))
    .transpose()
}

pub(super) async fn home_of(pool: &PgPool, item: ItemId) -> Result<Option<SiteId>, StoreError> {
    sqlx::query(
        "select sites.key, sites.id
         from items
         join sites on sites.key = items.site_key
         where items.id = $1",
    )
    .bind(bits(item))
    .fetch_optional(pool)
    .await?
    .as_ref()
    .map(|row| parsed(row, "sites", "id"))
    .transpose()
}

pub(super) async fn recent_texts(
    pool: &PgPool,
    since: i64,
    limit: usize,
) -> Result<Vec<RecentText>, StoreError> {
    sqlx::query(
        "select items.key, items.id, sites.id as site, texts.text, created_at
         from items
         join sites on sites.key = items.site_key
         cross join lateral (
           select text
           from item_texts
           where item_key = items.key
           offset 0
         ) as texts
         where items.key > (select max(key) from items) - $1
           and created_at > $2
           and state in ('held', 'published')
           and drill_state is null
         order by items.key",
    )
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .bind(since)
    .fetch_all(pool)
    .await?
    .iter()
    .map(|row| {
        Ok(RecentText {
            site: parsed(row, "sites", "site")?,
            item: item_id(row, "id")?,
            text: row.try_get("text")?,
            created_at: row.try_get("created_at")?,
        })
    })
    .collect()
}
