//! What waits for moderators, and what they decide.

use peer_support_domain::cursor::Cursor;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::{Decision, State};
use peer_support_domain::wire::Page;
use rusqlite::Connection;

use super::{
    all, bits, cursor_key, execute, first, flags, item_id, items, key, kind, live, notes, parsed,
    parsed_if_any, reports,
};
use crate::store::{
    NewDecision, Queued, Rule, StoreError, Undecided, page, published_change, queue_flags, report_counts,
    rows_of_page,
};

pub(super) fn queue(
    db: &Connection,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page<Queued>, StoreError> {
    let (place, key_before) = cursor_key(db, after, i64::MIN)?;
    let queued = all(
        db,
        "select items.key, items.id, sites.id as site, items.kind, topics.id as topic, item_texts.text, item_texts.lang,
           item_texts.notes, post_texts.text as in_reply_to, items.created_at, items.state, items.flags,
           items.reported_at, items.queue_place
         from items
         join sites on sites.key = items.site_key
         join item_texts on item_texts.key = items.text_key
         left join items as posts on posts.key = items.post_key
         left join item_texts as post_texts on post_texts.key = posts.text_key
         join topics on topics.key = coalesce(items.topic_key, posts.topic_key)
         where items.queue_place is not null
           and (items.queue_place, items.key) > (?1, ?2)
           and (items.post_key is null or posts.state = 'published')
         order by items.queue_place, items.key
         limit ?3",
        (place, key_before, rows_of_page(limit)),
        |row| {
            let reports = match row.get::<_, Option<i64>>("reported_at")? {
                Some(_) => report_counts(reports::reasons(db, key(row))?),
                None => Vec::new(),
            };
            Ok(Queued {
                id: item_id(row, "id")?,
                site: parsed(row, "sites", "site")?,
                kind: kind(row)?,
                topic: parsed(row, "topics", "topic")?,
                text: row.get("text")?,
                lang: parsed_if_any(row, "item_texts", "lang")?,
                notes: notes(row)?,
                in_reply_to: row.get("in_reply_to")?,
                created_at: row.get("created_at")?,
                state: parsed(row, "items", "state")?,
                flags: queue_flags(flags(row)?, &reports),
                reports,
                place: row.get("queue_place")?,
            })
        },
    )?;
    Ok(page(queued, limit, |item| Cursor { key: item.place, item: item.id }))
}

pub(super) fn decide(
    db: &Connection,
    new: &NewDecision,
) -> Result<Option<Result<State, Undecided>>, StoreError> {
    let found = first(
        db,
        "select items.key, items.post_key, items.state, item_texts.text,
           coalesce(items.reported_at, items.flagged_at) is not null
         from items
         left join item_texts on item_texts.key = items.text_key
         where items.id = ?1",
        [bits(new.item)],
        |row| Ok((row.get(0)?, row.get(1)?, parsed(row, "items", "state")?, row.get(3)?, row.get(4)?)),
    )?;
    let Some((key, post_key, before, text, is_review)) = found else { return Ok(None) };
    let (key, post_key, before, text, is_review): (i64, Option<i64>, State, Option<String>, bool) =
        (key, post_key, before, text, is_review);
    let after = if is_review { before.after_review(new.decision) } else { before.after(new.decision) };
    let after = match after {
        Ok(after) => after,
        Err(not_allowed) => return Ok(Some(Err(not_allowed.into()))),
    };
    if new.read_text.is_some() && new.read_text != text {
        return Ok(Some(Err(Undecided::TextChanged)));
    }
    execute(
        db,
        "update items
         set state = ?2, reason = ?3, reported_at = null, flagged_at = null
         where key = ?1",
        (key, after.as_str(), &new.reason),
    )?;
    // The same reports do not hide it again.
    execute(db, "update reports set is_decided = 1 where item_key = ?1", [key])?;
    execute(
        db,
        "insert into decisions (item_id, moderator_key, decision, reason, decided_at)
         values (?1, ?2, ?3, ?4, ?5)",
        (bits(new.item), new.moderator.0, new.decision.as_str(), &new.reason, new.at),
    )?;
    if let Some(post_key) = post_key {
        items::count_reply(db, post_key, published_change(before, after))?;
    }
    if before != State::Published && after == State::Published {
        live::tell(db, key)?;
    }
    Ok(Some(Ok(after)))
}

/// Records what a rule decided.
pub(super) fn record_by_rule(
    db: &Connection,
    item: ItemId,
    rule: Rule,
    decision: Decision,
    at: i64,
) -> Result<(), StoreError> {
    execute(
        db,
        "insert into decisions (item_id, rule, decision, decided_at)
         values (?1, ?2, ?3, ?4)",
        (bits(item), rule.as_str(), decision.as_str(), at),
    )?;
    Ok(())
}
