//! What waits for moderators, and what they decide.

use peer_support_domain::cursor::Cursor;
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::ItemId;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::{Decision, NewText, State};
use peer_support_domain::wire::Page;
use rusqlite::{Connection, Row};

use super::{
    all, bits, claims, cursor_key, execute, first, flags, item_id, items, key, kind, live, notes, outbox,
    own, parsed, parsed_if_any, reports, side_texts,
};
use crate::store::side::{Side, SideTexts};
use crate::store::{
    Claim, ModeratorId, NewDecision, Queued, Rule, StoreError, Undecided, page, published_change,
    queue_flags, report_counts, rows_of_page, waits_since,
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
           items.state <> 'published' or coalesce(items.reported_at, items.flagged_at, items.edited_at) is not null
             as has_open_flags,
           items.reported_at, items.escalated_at, items.queue_place,
           claims.moderator_key as reader_key, moderators.name as reader, claims.expires_at as claimed_until,
           (select count(*) from decisions where item_id = items.id) as n_decisions
         from items
         left join claims on claims.item_key = items.key
         left join moderators on moderators.key = claims.moderator_key
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
        |row| to_queued(db, row),
    )?;
    Ok(page(queued, limit, |item| Cursor { key: item.place.unwrap_or_default(), item: item.id }))
}

/// An item with all that belongs to it.
pub(super) fn to_queued(db: &Connection, row: &Row<'_>) -> Result<Queued, StoreError> {
    let place: Option<i64> = row.get("queue_place")?;
    let reports = match row.get::<_, Option<i64>>("reported_at")? {
        Some(_) => report_counts(reports::reasons(db, key(row))?),
        None => Vec::new(),
    };
    let mut queued = Queued {
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
        flags: queue_flags(flags(row)?, row.get("has_open_flags")?, &reports),
        reports,
        published_text: None,
        earlier_texts: Vec::new(),
        words: Vec::new(),
        claim: claim(row)?,
        hand_overs: claims::hand_overs(db, key(row))?,
        n_decisions: row.get("n_decisions")?,
        escalation: None,
        waits_since: place.map(waits_since),
        place,
    };
    side_texts::of_item(db, key(row))?.put_beside(&mut queued);
    if row.get::<_, Option<i64>>("escalated_at")?.is_some() {
        queued.escalation = outbox::last(db, queued.id)?;
    }
    Ok(queued)
}

/// Who read an item last.
fn claim(row: &Row<'_>) -> Result<Option<Claim>, StoreError> {
    let Some(moderator) = row.get("reader_key")? else { return Ok(None) };
    let moderator = ModeratorId(moderator);
    Ok(Some(Claim { moderator, name: row.get("reader")?, until: row.get("claimed_until")? }))
}

/// What a decision is about.
struct Found {
    key: i64,
    post_key: Option<i64>,
    state: State,
    text_key: Option<i64>,
    text: Option<String>,
    notes: ContentNotes,
    lang: Option<String>,
    /// Whether readers reported it or a check flagged it.
    is_review: bool,
    /// Whether it may be declined together with others.
    is_only_spam: bool,
}

pub(super) fn decide(
    db: &Connection,
    new: &NewDecision,
) -> Result<Option<Result<State, Undecided>>, StoreError> {
    let found = first(
        db,
        "select items.key, items.post_key, items.state, items.text_key, item_texts.text, item_texts.lang,
           coalesce(item_texts.notes, x'00') as notes, coalesce(items.reported_at, items.flagged_at) is not null as is_review,
           items.flags, coalesce(items.reported_at, items.asked_at, items.escalated_at) is not null as is_looked_at
         from items
         left join item_texts on item_texts.key = items.text_key
         where items.id = ?1",
        [bits(new.item)],
        |row| {
            Ok(Found {
                key: row.get("key")?,
                post_key: row.get("post_key")?,
                state: parsed(row, "items", "state")?,
                text_key: row.get("text_key")?,
                text: row.get("text")?,
                notes: notes(row)?,
                lang: row.get("lang")?,
                is_review: row.get("is_review")?,
                is_only_spam: flags(row)?.is_only_spam() && !row.get::<_, bool>("is_looked_at")?,
            })
        },
    )?;
    let Some(Found { key, post_key, state: before, text_key, text, notes, lang, is_review, is_only_spam }) =
        found
    else {
        return Ok(None);
    };
    if let Some(theirs) = claims::of_another(db, key, new.moderator, new.at)? {
        return Ok(Some(Err(Undecided::Claimed(theirs))));
    }
    if let Some(n_read) = new.how.n_decisions {
        let n_now: u32 = db
            .prepare_cached("select count(*) from decisions where item_id = ?1")?
            .query_row([bits(new.item)], |row| row.get(0))?;
        if n_now != n_read {
            return Ok(Some(Err(Undecided::Meanwhile)));
        }
    }
    if new.how.is_for_spam && before == State::Held && !is_only_spam {
        return Ok(Some(Err(Undecided::NotSpam)));
    }
    let sides = side_texts::of_item(db, key)?;
    let new_text = sides.waiting.as_ref().and_then(|_| new.decision.about_new_text(before));
    let after = match new_text {
        Some(_) => Ok(before),
        None if is_review => before.after_review(new.decision),
        None => before.after(new.decision),
    };
    let after = match after {
        Ok(after) => after,
        Err(not_allowed) => return Ok(Some(Err(not_allowed.into()))),
    };
    if !sides.were_read(new, text.as_deref(), new_text.is_some()) {
        return Ok(Some(Err(Undecided::TextChanged)));
    }
    if let (State::Published, Some(text_key), Some(text)) = (after, text_key, &text) {
        let is_taken = new_text == Some(NewText::Taken);
        let (text, notes) = match &sides.waiting {
            Some((text, notes)) if is_taken => (text, *notes),
            _ => (text, notes),
        };
        match SideTexts::edited(new, text, notes, lang.as_deref()) {
            Ok(Some((left, notes))) => own::swap_text(db, key, text_key, &left, notes)?,
            Ok(None) if is_taken => own::swap_text(db, key, text_key, text, notes)?,
            Ok(None) => {}
            Err(undecided) => return Ok(Some(Err(undecided))),
        }
        if is_taken {
            side_texts::forget(db, key, &[Side::Original])?;
        }
        if !new.how.taken_out.is_empty() && (is_taken || sides.original.is_none()) {
            side_texts::add(db, key, Side::Original, None, notes, text, new.at)?;
        }
    }
    if new_text.is_some() || before == State::Held {
        side_texts::forget(db, key, &Side::CHANGES)?;
    }
    execute(
        db,
        "update items
         set state = ?2, reason = ?3, reported_at = null, flagged_at = null, asked_at = null, escalated_at = null,
           flags = flags & ~?5,
           edited_at = case when ?4 then null else edited_at end
         where key = ?1",
        (key, after.as_str(), &new.reason, new_text.is_some(), Flags::from_iter([Flag::Danger]).bits()),
    )?;
    // The same reports do not hide it again.
    execute(db, "update reports set is_decided = 1 where item_key = ?1", [key])?;
    execute(
        db,
        "insert into decisions (item_id, moderator_key, decision, reason, decided_at, n_taken_out, notes)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            bits(new.item),
            new.moderator.0,
            new.decision.as_str(),
            &new.reason,
            new.at,
            new.how.taken_out.len() as i64,
            new.how.notes.map(|notes| notes.bits()),
        ),
    )?;
    if let Some(post_key) = post_key {
        items::count_reply(db, post_key, published_change(before, after))?;
    }
    if before != State::Published && after == State::Published {
        live::tell(db, key)?;
    }
    claims::end(db, key, new.item)?;
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
