//! A thread beside one of its items, for moderators.

use peer_support_domain::cursor::Cursor;
use peer_support_domain::flag::Flags;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{THREAD_DECIDED_AMONG, THREAD_DECISIONS};
use peer_support_domain::post::State;
use peer_support_domain::wire::{PastDecision, Thread, ThreadItem};
use rusqlite::{Connection, Row};

use super::{
    all, author, bits, claims, corrupt, cursor_key, first, flags, item_id, key, notes, parsed, parsed_if_any,
    state_number,
};
use crate::store::{Replies, StoreError, rows_of_page};

/// Where a reply stands in its thread: its moment, and its key.
type Place = (i64, i64);

pub(super) fn thread(db: &Connection, id: ItemId, replies: Replies) -> Result<Option<Thread>, StoreError> {
    let found = first(
        db,
        "select items.key, items.post_key, items.created_at, sites.id as site
         from items
         join sites on sites.key = items.site_key
         left join items as posts on posts.key = items.post_key
         where items.id = ?1
           and items.state <> 'deleted'
           and (items.post_key is null or posts.state <> 'deleted')",
        [bits(id)],
        |row| {
            let post_key: Option<i64> = row.get("post_key")?;
            Ok((key(row), post_key, row.get("created_at")?, parsed(row, "sites", "site")?))
        },
    )?;
    let Some((item_key, post_key, created_at, site)) = found else { return Ok(None) };
    let thread_key = post_key.unwrap_or(item_key);
    let of_item = post_key.map_or((i64::MIN, i64::MIN), |_| (created_at, item_key));
    let place = match replies {
        Replies::Around => of_item,
        Replies::Before(cursor, _) => cursor_key(db, Some(cursor), i64::MAX)?,
        Replies::After(cursor, _) => cursor_key(db, Some(cursor), i64::MIN)?,
    };
    let (n_before, n_after) = replies.numbers(post_key.is_some());
    let mut keys = if n_before == 0 { Vec::new() } else { before(db, thread_key, place, n_before)? };
    let has_before = keys.len() > n_before;
    keys.truncate(n_before);
    keys.reverse();
    if replies == Replies::Around {
        keys.extend(post_key.map(|_| item_key));
    }
    let behind = if n_after == 0 { Vec::new() } else { after(db, thread_key, place, n_after)? };
    let has_after = behind.len() > n_after;
    keys.extend(behind.into_iter().take(n_after));
    let shown: Vec<ThreadItem> = keys.into_iter().map(|key| of_key(db, key)).collect::<Result<_, _>>()?;
    let cursor = |item: &ThreadItem| Cursor { key: item.created_at, item: item.id };
    Ok(Some(Thread {
        site,
        post: of_key(db, thread_key)?,
        before: shown.first().filter(|_| has_before).map(cursor),
        after: shown.last().filter(|_| has_after).map(cursor),
        replies: shown,
        decisions: match replies {
            Replies::Around => decisions(db, thread_key, id)?,
            _ => Vec::new(),
        },
    }))
}

/// The keys of up to `limit` replies before a place, and of one more, the last first. Each state has its range of the index.
fn before(db: &Connection, thread_key: i64, place: Place, limit: usize) -> Result<Vec<i64>, StoreError> {
    let mut places: Vec<Place> = Vec::new();
    for state in State::ALL {
        places.extend(all(
            db,
            "select created_at, key
             from items
             where post_key = ?1
               and state_number = ?2
               and (created_at, key) < (?3, ?4)
             order by created_at desc, key desc
             limit ?5",
            (thread_key, state_number(state), place.0, place.1, rows_of_page(limit)),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?);
    }
    places.sort_unstable_by(|a, b| b.cmp(a));
    Ok(places.into_iter().take(limit + 1).map(|(_, key)| key).collect())
}

/// As [`before`], after a place, the first first.
fn after(db: &Connection, thread_key: i64, place: Place, limit: usize) -> Result<Vec<i64>, StoreError> {
    let mut places: Vec<Place> = Vec::new();
    for state in State::ALL {
        places.extend(all(
            db,
            "select created_at, key
             from items
             where post_key = ?1
               and state_number = ?2
               and (created_at, key) > (?3, ?4)
             order by created_at, key
             limit ?5",
            (thread_key, state_number(state), place.0, place.1, rows_of_page(limit)),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?);
    }
    places.sort_unstable();
    Ok(places.into_iter().take(limit + 1).map(|(_, key)| key).collect())
}

fn of_key(db: &Connection, key: i64) -> Result<ThreadItem, StoreError> {
    first(
        db,
        "select items.key, items.id, coalesce(items.drill_state, items.state) as state, items.flags, items.created_at, text, lang, author,
           coalesce(notes, x'00') as notes
         from items
         left join item_texts on item_texts.key = items.text_key
         where items.key = ?1",
        [key],
        |row| {
            Ok(ThreadItem {
                id: item_id(row, "id")?,
                state: parsed(row, "items", "state")?,
                text: row.get("text")?,
                lang: parsed_if_any(row, "item_texts", "lang")?,
                notes: notes(row)?,
                author: author(row)?,
                created_at: row.get("created_at")?,
                is_at_risk: flags(row)?.has_any_of(Flags::OF_RISK),
            })
        },
    )?
    .ok_or_else(|| corrupt("items", "post_key", key))
}

/// What was decided about the post, the item and the newest replies, the last first.
fn decisions(db: &Connection, thread_key: i64, item: ItemId) -> Result<Vec<PastDecision>, StoreError> {
    let mut keys = before(db, thread_key, (i64::MAX, i64::MAX), THREAD_DECIDED_AMONG)?;
    keys.truncate(THREAD_DECIDED_AMONG);
    keys.push(thread_key);
    let mut ids = vec![bits(item)];
    for key in keys {
        ids.extend(first(db, "select id from items where key = ?1", [key], |row| Ok(row.get::<_, i64>(0)?))?);
    }
    ids.sort_unstable();
    ids.dedup();
    let mut found: Vec<(i64, PastDecision)> = Vec::new();
    for id in ids {
        found.extend(all(
            db,
            "select decisions.key, decisions.item_id, decisions.decision, moderators.name, decisions.rule,
               decisions.reason, decisions.n_taken_out, decisions.decided_at
             from decisions
             left join moderators on moderators.key = decisions.moderator_key
             where decisions.item_id = ?1
             order by decisions.key desc
             limit ?2",
            (id, THREAD_DECISIONS as i64),
            |row: &Row<'_>| Ok((key(row), claims::past_decision(row)?)),
        )?);
    }
    found.sort_unstable_by_key(|(key, _)| std::cmp::Reverse(*key));
    Ok(found.into_iter().take(THREAD_DECISIONS).map(|(_, decision)| decision).collect())
}
