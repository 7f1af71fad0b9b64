//! Searching what moderators may read: a look into one item after the other, the newest first. An index of what was not
//! published would have to forget as that of the public search does (decision 0006), for what few look for.

use peer_support_domain::cursor::Cursor;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::FIND_LOOKS;
use rusqlite::Connection;

use super::{all, corrupt, first, queue, sites_in};
use crate::store::{FindQuery, Finds, StoreError};

pub(super) fn find(db: &Connection, query: &FindQuery) -> Result<Finds, StoreError> {
    let candidates = candidates(db, query)?;
    let mut found: Vec<i64> = Vec::new();
    let mut n_looks: usize = 0;
    for &key in candidates.iter().take(FIND_LOOKS) {
        if found.len() == query.limit {
            break;
        }
        n_looks += 1;
        if does_hold(db, query, key)? {
            found.push(key);
        }
    }
    let last = n_looks.checked_sub(1).map(|place| candidates[place]).filter(|_| n_looks < candidates.len());
    let of_key = |key| queue::of_key(db, key)?.ok_or_else(|| corrupt("items", "topic_key", key));
    let items = found.into_iter().map(of_key).collect::<Result<_, _>>()?;
    let next = match last {
        None => None,
        Some(key) => first(db, "select created_at from items where key = ?1", [key], |row| Ok(row.get(0)?))?
            .map(|sent_at| (Cursor { key, item: ItemId::from_bits(0) }, sent_at)),
    };
    Ok(Finds { items, next })
}

/// The keys of items to look into, the newest first, and one more: by an index where what is looked for is rare.
fn candidates(db: &Connection, query: &FindQuery) -> Result<Vec<i64>, StoreError> {
    let before = query.find.cursor.map_or(i64::MAX, |cursor| cursor.key);
    let n_rows = FIND_LOOKS as i64 + 1;
    let state = query.find.state.map(|state| state.as_str());
    if query.find.is_mine {
        return all(
            db,
            "select item_key
             from claims
             where moderator_key = ?1
               and expires_at > ?2
               and item_key < ?3
             order by item_key desc
             limit ?4",
            (query.moderator.0, query.now, before, n_rows),
            |row| Ok(row.get(0)?),
        );
    }
    if let Some(state @ ("held" | "declined" | "hidden")) = state {
        return all(
            db,
            "select key
             from items
             where state = ?1
               and (state = 'held' or state = 'declined' or state = 'hidden')
               and key < ?2
             union
             select key
             from items
             where drill_state = ?1
               and drill_state is not null
               and key < ?2
             order by key desc
             limit ?3",
            (state, before, n_rows),
            |row| Ok(row.get(0)?),
        );
    }
    all(
        db,
        "select key
         from items
         where key < ?1
         order by key desc
         limit ?2",
        (before, n_rows),
        |row| Ok(row.get(0)?),
    )
}

/// Whether all that is looked for holds for an item.
fn does_hold(db: &Connection, query: &FindQuery, key: i64) -> Result<bool, StoreError> {
    let find = &query.find;
    let mut statement = db.prepare_cached(
        "select item_texts.text,
           (select text from side_texts where item_key = items.key and side = 'w' and side <> 'x') as waiting
         from items
         join item_texts on item_texts.key = items.text_key
         join sites on sites.key = items.site_key
         left join items as posts on posts.key = items.post_key
         join topics on topics.key = coalesce(items.topic_key, posts.topic_key)
         where items.key = ?1
           and items.state <> 'deleted'
           and (items.post_key is null or posts.state <> 'deleted')
           and (?2 is null or coalesce(items.drill_state, items.state) = ?2)
           and (?3 is null or sites.id = ?3)
           and (?9 is null or instr(?9, ' ' || sites.id || ' ') > 0)
           and (?4 is null or coalesce(items.kind, 'r') = ?4)
           and (?5 is null or topics.id = ?5)
           and (?6 = 0 or items.flags & ?6 <> 0)
           and (?7 = 0 or exists (select 1 from reports where item_key = items.key))
           and (?8 is null or item_texts.lang = ?8 or substr(item_texts.lang, 1, length(?8) + 1) = ?8 || '-')",
    )?;
    let mut rows = statement.query((
        key,
        find.state.map(|state| state.as_str()),
        find.site.as_ref().map(|site| site.as_str()),
        query.kind_letter(),
        find.topic.as_ref().map(|topic| topic.as_str()),
        query.flag_bits(),
        query.is_reported(),
        find.lang.as_ref().map(|lang| lang.as_str()),
        sites_in(&query.reach),
    ))?;
    let Some(row) = rows.next()? else { return Ok(false) };
    let text = row.get_ref("text")?.as_str().map_err(|_| corrupt("item_texts", "text", key))?;
    let waiting = row.get_ref("waiting")?.as_str_or_null().map_err(|_| corrupt("side_texts", "text", key))?;
    Ok(query.matches(text, waiting))
}
