//! Posts and replies: adding them, and reading what is published.

use peer_support_domain::cursor::{Cursor, Order};
use peer_support_domain::desk::DeskChange;
use peer_support_domain::id::{AuthorTag, ItemId};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::{Decision, Kind, State};
use peer_support_domain::ranking;
use peer_support_domain::site::{SiteId, TopicId};
use peer_support_domain::statistics::Tally;
use peer_support_domain::vote::VoteCounts;
use peer_support_domain::wire::{Page, Post, Reply};
use rusqlite::{Connection, Row};

use super::{
    all, audit, author, bits, corrupt, counts, cursor_key, execute, first, item_id, key, kind, live, notes,
    outbox, parsed, parsed_if_any, queue, state_number, tallies,
};
use crate::store::audit::NewAct;
use crate::store::{
    APPROVALS_AMONG, Added, FeedQuery, Idempotency, NewItem, Place, RecentText, Rule, StoreError, Stored,
    kind_letter, may_skip_the_queue, page, rows_of_page,
};

pub(super) fn add(
    db: &Connection,
    item: &NewItem,
    idempotency: Option<&Idempotency>,
) -> Result<Added, StoreError> {
    if let Some(idempotency) = idempotency
        && let Some(before) = added_before(db, idempotency)?
    {
        return Ok(before);
    }
    let is_taken = first(
        db,
        "select 1
         from items
         where id = ?1
         union all
         select 1
         from items
         where substr(recovery, 1, 4) = substr(?2, 1, 4)
           and recovery = ?2",
        (bits(item.id), item.recovery.as_bytes()),
        |_| Ok(()),
    )?;
    if is_taken.is_some() {
        return Ok(Added::IdTaken);
    }
    let (site_key, topic_key, kind, post_key) = match &item.place {
        Place::Post { site, kind, topic } => {
            let site_key = site_key_or_new(db, site)?;
            (site_key, Some(topic_key_or_new(db, site_key, topic)?), Some(kind_letter(*kind)), None)
        }
        Place::Reply { post } => match published_post(db, *post)? {
            Some((post_key, site_key)) => (site_key, None, None, Some(post_key)),
            None => return Ok(Added::NoSuchPost),
        },
    };
    let is_approved_before = match (post_key, may_skip_the_queue(item)) {
        (Some(post_key), Some(author)) => {
            is_approved_before(db, post_key, author, item.publish_after_approvals)?
        }
        _ => false,
    };
    let state = if is_approved_before { State::Published } else { item.state };
    let item_key = add_row(db, item, (site_key, topic_key, kind, post_key), state)?;
    if let (Some(post_key), State::Published) = (post_key, state) {
        count_reply(db, post_key, 1)?;
    }
    if state == State::Published {
        live::tell(db, item_key)?;
    }
    if state == State::Held {
        live::tell_desk(db, item.id, DeskChange::New)?;
    }
    if !item.is_example && item.owner.is_none() {
        let kind = match &item.place {
            Place::Post { kind, .. } => Some(*kind),
            Place::Reply { .. } => None,
        };
        tallies::count(db, item.id, Tally::Sent(kind), item.created_at)?;
        for flag in item.flags.iter().filter(|_| state == State::Held) {
            tallies::count(db, item.id, Tally::HeldFor(flag), item.created_at)?;
        }
    }
    if post_key.is_some() && state == State::Published {
        tallies::count_first_reply(db, item.id, item.created_at)?;
    }
    if is_approved_before {
        queue::record_by_rule(db, item.id, Rule::Approvals, Decision::Approve, item.created_at)?;
    }
    if let Some(owner) = item.owner {
        execute(
            db,
            "insert into decisions (item_id, moderator_key, decision, decided_at)
             values (?1, ?2, ?3, ?4)",
            (bits(item.id), owner.0, Decision::Approve.as_str(), item.created_at),
        )?;
        audit::record(db, NewAct::of(Decision::Approve, Some(owner), item.created_at).on(item.id))?;
    }
    if let Some(Idempotency { key_hash, request_hash }) = idempotency {
        execute(
            db,
            "insert into idempotency_keys (key_hash, request_hash, item_key, created_at)
             values (?1, ?2, ?3, ?4)",
            (key_hash, request_hash, item_key, item.created_at),
        )?;
    }
    Ok(Added::Stored(Stored { id: item.id, state, created_at: item.created_at }))
}

/// Adds a held post of a fire drill: a row as of any other, marked, and counted nowhere.
pub(super) fn add_made_up(db: &Connection, item: &NewItem) -> Result<(), StoreError> {
    let Place::Post { site, kind, topic } = &item.place else { return Ok(()) };
    let site_key = site_key_or_new(db, site)?;
    let topic_key = topic_key_or_new(db, site_key, topic)?;
    let place = (site_key, Some(topic_key), Some(kind_letter(*kind)), None);
    let item_key = add_row(db, item, place, State::Held)?;
    execute(db, "update items set drill_state = state where key = ?1", [item_key])?;
    live::tell_desk(db, item.id, DeskChange::New)
}

/// Adds the row of an item and its text, and has the team told where a life may be at risk; the row's key. `place`: the keys of
/// its site and topic, its kind, and the key of its post.
fn add_row(
    db: &Connection,
    item: &NewItem,
    (site_key, topic_key, kind, post_key): (i64, Option<i64>, Option<&str>, Option<i64>),
    state: State,
) -> Result<i64, StoreError> {
    let text_key = add_text(
        db,
        item.lang.as_ref().map(|lang| lang.as_str()),
        item.author.as_ref().map(|author| author.as_bytes().as_slice()),
        item.notes,
        &item.text,
    )?;
    execute(
        db,
        "insert into items
           (id, site_key, topic_key, kind, post_key, state_number, is_example, is_owners, text_key, recovery, created_at,
            helpful_at, flags)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        (
            bits(item.id),
            site_key,
            topic_key,
            kind,
            post_key,
            state_number(state),
            item.is_example,
            item.owner.is_some(),
            text_key,
            item.recovery.as_bytes(),
            item.created_at,
            ranking::helpful_at_ms(item.created_at, VoteCounts::default()),
            item.flags.bits(),
        ),
    )?;
    let item_key = db.last_insert_rowid();
    outbox::notice_risk(db, item_key, false, item.created_at)?;
    Ok(item_key)
}

/// Where an item stands, as moderators are told.
pub(super) struct AtTheDesk {
    pub(super) key: i64,
    pub(super) state: State,
    /// Whether it is one of a fire drill.
    pub(super) is_made_up: bool,
}

pub(super) fn at_the_desk(db: &Connection, item: ItemId) -> Result<Option<AtTheDesk>, StoreError> {
    first(
        db,
        "select key, coalesce(drill_state, state) as state, drill_state is not null as is_made_up
         from items
         where id = ?1",
        [bits(item)],
        |row| {
            Ok(AtTheDesk {
                key: key(row),
                state: parsed(row, "items", "state")?,
                is_made_up: row.get("is_made_up")?,
            })
        },
    )
}

/// Whether moderators approved so much of `author` in this thread, took nothing back, and no reader reports anything. What
/// this rule published counts as well: its author had the approvals before.
fn is_approved_before(
    db: &Connection,
    post_key: i64,
    author: AuthorTag,
    n_approvals: u32,
) -> Result<bool, StoreError> {
    let is_posts_author = first(
        db,
        "select 1
         from items
         join item_texts on item_texts.key = items.text_key
         where items.key = ?1
           and author = ?2",
        (post_key, author.as_bytes()),
        |_| Ok(()),
    )?;
    // Whether each of the author's replies in `state` is reported.
    let replies = |state: State| -> Result<Vec<bool>, StoreError> {
        let replies: Vec<(Option<[u8; 8]>, bool)> = all(
            db,
            "select author, reported_at is not null
             from items
             join item_texts on item_texts.key = items.text_key
             where post_key = ?1
               and state_number = ?2
             order by created_at desc, items.key desc
             limit ?3",
            (post_key, state_number(state), APPROVALS_AMONG),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let of_author = replies.into_iter().filter(|(found, _)| *found == Some(*author.as_bytes()));
        Ok(of_author.map(|(_, is_reported)| is_reported).collect())
    };
    let published = replies(State::Published)?;
    let n_published = published.len() as u32 + u32::from(is_posts_author.is_some());
    Ok(n_published >= n_approvals
        && !published.contains(&true)
        && replies(State::Declined)?.is_empty()
        && replies(State::Hidden)?.is_empty())
}

pub(super) fn added_before(db: &Connection, idempotency: &Idempotency) -> Result<Option<Added>, StoreError> {
    first(
        db,
        "select items.key, items.id, items.state, items.created_at, idempotency_keys.request_hash
         from idempotency_keys
         join items on items.key = idempotency_keys.item_key
         where key_hash = ?1",
        [idempotency.key_hash],
        |row| {
            let request_hash: Option<[u8; 32]> = row.get("request_hash")?;
            if request_hash.is_some_and(|hash| hash != idempotency.request_hash) {
                return Ok(Added::KeyReused);
            }
            Ok(Added::Before(Stored {
                id: item_id(row, "id")?,
                state: parsed(row, "items", "state")?,
                created_at: row.get("created_at")?,
            }))
        },
    )
}

/// Adds a row behind all others; its key.
pub(super) fn add_text(
    db: &Connection,
    lang: Option<&str>,
    author: Option<&[u8]>,
    notes: ContentNotes,
    text: &str,
) -> Result<i64, StoreError> {
    execute(
        db,
        "insert into item_texts (lang, author, notes, text)
         values (?1, ?2, ?3, ?4)",
        (lang, author, [notes.bits()], text),
    )?;
    Ok(db.last_insert_rowid())
}

/// Adds to or takes from the number of a post's published replies.
pub(super) fn count_reply(db: &Connection, post_key: i64, change: i32) -> Result<(), StoreError> {
    if change == 0 {
        return Ok(());
    }
    execute(
        db,
        "update items
         set n_replies = n_replies + ?2
         where key = ?1",
        (post_key, change),
    )?;
    Ok(())
}

pub(super) fn site_key_or_new(db: &Connection, site: &SiteId) -> Result<i64, StoreError> {
    if let Some(key) = site_key(db, site)? {
        return Ok(key);
    }
    execute(db, "insert into sites (id) values (?1)", [site.as_str()])?;
    Ok(db.last_insert_rowid())
}

pub(super) fn topic_key_or_new(db: &Connection, site_key: i64, topic: &TopicId) -> Result<i64, StoreError> {
    if let Some(key) = topic_key(db, site_key, topic)? {
        return Ok(key);
    }
    execute(db, "insert into topics (site_key, id) values (?1, ?2)", (site_key, topic.as_str()))?;
    Ok(db.last_insert_rowid())
}

pub(super) fn site_key(db: &Connection, site: &SiteId) -> Result<Option<i64>, StoreError> {
    first(db, "select key from sites where id = ?1", [site.as_str()], |row| Ok(row.get(0)?))
}

pub(super) fn topic_key(db: &Connection, site_key: i64, topic: &TopicId) -> Result<Option<i64>, StoreError> {
    let params = (site_key, topic.as_str());
    first(db, "select key from topics where site_key = ?1 and id = ?2", params, |row| Ok(row.get(0)?))
}

/// The keys of a published post and its site.
fn published_post(db: &Connection, id: ItemId) -> Result<Option<(i64, i64)>, StoreError> {
    first(
        db,
        "select key, site_key
         from items
         where id = ?1
           and kind is not null
           and state = 'published'",
        [bits(id)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// A feed is merged from ranges of an index, one a kind and one for answered and unanswered posts each, so that every
/// combination of filters and order reads no more rows than it shows for each range.
pub(super) fn feed(db: &Connection, query: &FeedQuery) -> Result<Page<Post>, StoreError> {
    let nothing = Page { items: Vec::new(), next: None };
    let Some(site_key) = site_key(db, &query.site)? else { return Ok(nothing) };
    let topic_key = match &query.topic {
        None => None,
        Some(topic) => match topic_key(db, site_key, topic)? {
            None => return Ok(nothing),
            found => found,
        },
    };
    let is_oldest_first = query.order == Order::Unanswered;
    let after = cursor_key(db, query.after, if is_oldest_first { i64::MIN } else { i64::MAX })?;
    let kinds = query.kind.map_or(Kind::ALL.to_vec(), |kind| vec![kind]);
    let answered: &[bool] = match query.order {
        Order::New => &[false, true],
        Order::Unanswered => &[false],
        // Its index does not tell them apart.
        Order::Helpful => &[false],
    };

    let mut places = Vec::new();
    for &kind in &kinds {
        for &is_answered in answered {
            places.extend(range(db, query, site_key, topic_key, kind, is_answered, after)?);
        }
    }
    if is_oldest_first {
        places.sort_unstable();
    } else {
        places.sort_unstable_by(|a, b| b.cmp(a));
    }
    places.truncate(query.limit.saturating_add(1));

    let mut posts = Vec::with_capacity(places.len());
    for (moment, key) in places {
        let post = post_of_key(db, key)?.ok_or_else(|| corrupt("items", "topic_key", key))?;
        posts.push((moment, post));
    }
    let Page { items, next } =
        page(posts, query.limit, |(moment, post)| Cursor { key: *moment, item: post.id });
    Ok(Page { items: items.into_iter().map(|(_, post)| post).collect(), next })
}

/// The moments and keys of the first posts of one kind after `after`.
fn range(
    db: &Connection,
    query: &FeedQuery,
    site_key: i64,
    topic_key: Option<i64>,
    kind: Kind,
    is_answered: bool,
    (moment, key): (i64, i64),
) -> Result<Vec<(i64, i64)>, StoreError> {
    let kind = kind_letter(kind);
    let n_rows = rows_of_page(query.limit);
    let place = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    match (query.order, topic_key) {
        (Order::New, None) => all(
            db,
            "select created_at, key
             from items
             where site_key = ?1
               and kind = ?2
               and is_answered = ?3
               and state = 'published'
               and (created_at, key) < (?4, ?5)
             order by created_at desc, key desc
             limit ?6",
            (site_key, kind, is_answered, moment, key, n_rows),
            place,
        ),
        (Order::New, Some(topic_key)) => all(
            db,
            "select created_at, key
             from items
             where topic_key = ?1
               and kind = ?2
               and is_answered = ?3
               and state = 'published'
               and (created_at, key) < (?4, ?5)
             order by created_at desc, key desc
             limit ?6",
            (topic_key, kind, is_answered, moment, key, n_rows),
            place,
        ),
        (Order::Helpful, None) => all(
            db,
            "select helpful_at, key
             from items
             where site_key = ?1
               and kind = ?2
               and state = 'published'
               and (helpful_at, key) < (?3, ?4)
             order by helpful_at desc, key desc
             limit ?5",
            (site_key, kind, moment, key, n_rows),
            place,
        ),
        (Order::Helpful, Some(topic_key)) => all(
            db,
            "select helpful_at, key
             from items
             where topic_key = ?1
               and kind = ?2
               and state = 'published'
               and (helpful_at, key) < (?3, ?4)
             order by helpful_at desc, key desc
             limit ?5",
            (topic_key, kind, moment, key, n_rows),
            place,
        ),
        (Order::Unanswered, None) => all(
            db,
            "select created_at, key
             from items
             where site_key = ?1
               and kind = ?2
               and is_answered = ?3
               and state = 'published'
               and (created_at, key) > (?4, ?5)
             order by created_at, key
             limit ?6",
            (site_key, kind, is_answered, moment, key, n_rows),
            place,
        ),
        (Order::Unanswered, Some(topic_key)) => all(
            db,
            "select created_at, key
             from items
             where topic_key = ?1
               and kind = ?2
               and is_answered = ?3
               and state = 'published'
               and (created_at, key) > (?4, ?5)
             order by created_at, key
             limit ?6",
            (topic_key, kind, is_answered, moment, key, n_rows),
            place,
        ),
    }
}

pub(super) fn post(db: &Connection, id: ItemId) -> Result<Option<Post>, StoreError> {
    match published_post(db, id)? {
        Some((key, _)) => post_of_key(db, key),
        None => Ok(None),
    }
}

pub(super) fn post_of_key(db: &Connection, key: i64) -> Result<Option<Post>, StoreError> {
    first(
        db,
        "select items.key, items.id, items.kind, topics.id as topic, text, lang, notes, author, created_at, n_replies,
           n_heard, n_helped, n_me_too, is_example, is_owners
         from items
         join topics on topics.key = items.topic_key
         join item_texts on item_texts.key = items.text_key
         where items.key = ?1",
        [key],
        |row| {
            Ok(Post {
                id: item_id(row, "id")?,
                kind: kind(row)?.ok_or_else(|| corrupt("items", "kind", self::key(row)))?,
                topic: parsed(row, "topics", "topic")?,
                text: row.get("text")?,
                lang: parsed_if_any(row, "item_texts", "lang")?,
                notes: notes(row)?,
                author: author(row)?,
                created_at: row.get("created_at")?,
                n_replies: row.get("n_replies")?,
                votes: counts(row)?,
                is_example: row.get("is_example")?,
                is_owners: row.get("is_owners")?,
            })
        },
    )
}

pub(super) fn replies(
    db: &Connection,
    post: ItemId,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Option<Page<Reply>>, StoreError> {
    let Some((post_key, _)) = published_post(db, post)? else { return Ok(None) };
    let (moment, key) = cursor_key(db, after, i64::MIN)?;
    let replies = all(
        db,
        "select items.key, items.id, text, lang, notes, author, created_at, n_heard, n_helped, n_me_too, is_example, is_owners
         from items
         join item_texts on item_texts.key = items.text_key
         where post_key = ?1
           and state_number = ?5
           and (created_at, items.key) > (?2, ?3)
         order by created_at, items.key
         limit ?4",
        (post_key, moment, key, rows_of_page(limit), state_number(State::Published)),
        |row| {
            Ok(Reply {
                id: item_id(row, "id")?,
                text: row.get("text")?,
                lang: parsed_if_any(row, "item_texts", "lang")?,
                notes: notes(row)?,
                author: author(row)?,
                created_at: row.get("created_at")?,
                votes: counts(row)?,
                is_example: row.get("is_example")?,
                is_owners: row.get("is_owners")?,
            })
        },
    )?;
    Ok(Some(page(replies, limit, |reply| Cursor { key: reply.created_at, item: reply.id })))
}

pub(super) fn site_of(db: &Connection, item: ItemId) -> Result<Option<SiteId>, StoreError> {
    first(
        db,
        "select sites.key, sites.id
         from items
         join sites on sites.key = items.site_key
         left join items as posts on posts.key = items.post_key
         where items.id = ?1
           and items.state = 'published'
           and (items.post_key is null or posts.state = 'published')",
        [bits(item)],
        |row| parsed(row, "sites", "id"),
    )
}

pub(super) fn home_of(db: &Connection, item: ItemId) -> Result<Option<SiteId>, StoreError> {
    first(
        db,
        "select sites.key, sites.id
         from items
         join sites on sites.key = items.site_key
         where items.id = ?1",
        [bits(item)],
        |row| parsed(row, "sites", "id"),
    )
}

pub(super) fn recent_texts(db: &Connection, since: i64, limit: usize) -> Result<Vec<RecentText>, StoreError> {
    all(
        db,
        "select items.key, items.id, sites.id as site, text, created_at
         from items
         join sites on sites.key = items.site_key
         join item_texts on item_texts.key = items.text_key
         where items.key > (select max(key) from items) - ?1
           and created_at > ?2
           and state in ('held', 'published')
           and drill_state is null
         order by items.key",
        (i64::try_from(limit).unwrap_or(i64::MAX), since),
        |row| {
            Ok(RecentText {
                site: parsed(row, "sites", "site")?,
                item: item_id(row, "id")?,
                text: row.get("text")?,
                created_at: row.get("created_at")?,
            })
        },
    )
}
