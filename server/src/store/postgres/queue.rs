//! What waits for moderators, and what they decide.

use peer_support_domain::cursor::Cursor;
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::ItemId;
use peer_support_domain::post::{Decision, NewText, State};
use peer_support_domain::report::ReportReason;
use peer_support_domain::wire::Page;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::{
    bits, cursor_key, flags, item_id, items, key, kind, live, notes, outbox, own, parsed, parsed_if_any,
    reports, side_texts,
};
use crate::store::side::Side;
use crate::store::{
    NewDecision, Queued, Rule, StoreError, Undecided, page, published_change, queue_flags, report_counts,
    rows_of_page, waits_since,
};

pub(super) async fn queue(
    db: &mut PgConnection,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page<Queued>, StoreError> {
    let (place, key_before) = cursor_key(db, after, i64::MIN).await?;
    let rows = sqlx::query(
        "select items.key, items.id, sites.id as site, items.kind, topics.id as topic, texts.text, texts.lang,
           texts.notes, post_texts.text as in_reply_to, items.created_at, items.state, items.flags, items.escalated_at, items.queue_place,
           items.state <> 'published' or coalesce(items.reported_at, items.flagged_at, items.edited_at) is not null
             as has_open_flags
         from items
         join sites on sites.key = items.site_key
         cross join lateral (
           select lang, notes, text
           from item_texts
           where item_key = items.key
           offset 0
         ) as texts
         left join items as posts on posts.key = items.post_key
         left join lateral (
           select text
           from item_texts
           where item_key = posts.key
           offset 0
         ) as post_texts on true
         join topics on topics.key = coalesce(items.topic_key, posts.topic_key)
         where items.queue_place is not null
           and (items.queue_place, items.key) > ($1, $2)
           and (items.post_key is null or posts.state = 'published')
         order by items.queue_place, items.key
         limit $3",
    )
    .bind(place)
    .bind(key_before)
    .bind(rows_of_page(limit))
    .fetch_all(&mut *db)
    .await?;
    let keys: Vec<i64> = rows.iter().map(key).collect();
    let reasons = reports::reasons(db, &keys).await?;
    let mut queued: Vec<Queued> =
        rows.iter().map(|row| to_queued(row, &reasons)).collect::<Result<_, _>>()?;
    for (item_key, sides) in side_texts::of_items(db, &keys).await? {
        if let Some(place) = keys.iter().position(|key| *key == item_key) {
            sides.put_beside(&mut queued[place]);
        }
    }
    for (place, row) in rows.iter().enumerate() {
        // Few are passed on at a time.
        if row.try_get::<Option<i64>, _>("escalated_at")?.is_some() {
            queued[place].escalation = outbox::last(db, queued[place].id).await?;
        }
    }
    Ok(page(queued, limit, |item: &Queued| Cursor { key: item.place, item: item.id }))
}

fn to_queued(row: &PgRow, reasons: &[(i64, ReportReason)]) -> Result<Queued, StoreError> {
    let item_key = key(row);
    let of_item = reasons.iter().filter(|(key, _)| *key == item_key);
    let reports = report_counts(of_item.map(|&(_, reason)| reason));
    Ok(Queued {
        id: item_id(row, "id")?,
        site: parsed(row, "sites", "site")?,
        kind: kind(row)?,
        topic: parsed(row, "topics", "topic")?,
        text: row.try_get("text")?,
        lang: parsed_if_any(row, "item_texts", "lang")?,
        notes: notes(row)?,
        in_reply_to: row.try_get("in_reply_to")?,
        created_at: row.try_get("created_at")?,
        state: parsed(row, "items", "state")?,
        flags: queue_flags(flags(row)?, row.try_get("has_open_flags")?, &reports),
        reports,
        published_text: None,
        earlier_texts: Vec::new(),
        words: Vec::new(),
        escalation: None,
        waits_since: waits_since(row.try_get("queue_place")?),
        place: row.try_get("queue_place")?,
    })
}

pub(super) async fn decide(
    pool: &PgPool,
    new: &NewDecision,
) -> Result<Option<Result<State, Undecided>>, StoreError> {
    let mut tx = pool.begin().await?;
    let found = sqlx::query(
        "select key, post_key, state, coalesce(reported_at, flagged_at) is not null as is_review
         from items
         where id = $1
         for no key update",
    )
    .bind(bits(new.item))
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = found else { return Ok(None) };
    let (key, post_key): (i64, Option<i64>) = (row.try_get("key")?, row.try_get("post_key")?);
    let before: State = parsed(&row, "items", "state")?;
    let is_review: bool = row.try_get("is_review")?;
    // In statements of their own: they see what was committed while the one above waited for the row.
    let text: Option<String> = sqlx::query_scalar("select text from item_texts where item_key = $1")
        .bind(key)
        .fetch_optional(&mut *tx)
        .await?;
    let sides = side_texts::of_item(&mut tx, key).await?;
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
    if let (Some(NewText::Taken), Some((text, notes))) = (new_text, &sides.waiting) {
        own::swap_text(&mut tx, key, text, *notes).await?;
    }
    if new_text.is_some() || before == State::Held {
        side_texts::forget(&mut tx, &[key], &Side::CHANGES).await?;
    }
    sqlx::query(
        "update items
         set state = $2, reason = $3, reported_at = null, flagged_at = null, asked_at = null, escalated_at = null,
           flags = flags & ~$5,
           edited_at = case when $4 then null else edited_at end
         where key = $1",
    )
    .bind(key)
    .bind(after.as_str())
    .bind(&new.reason)
    .bind(new_text.is_some())
    .bind(i32::from(Flags::from_iter([Flag::Danger]).bits()))
    .execute(&mut *tx)
    .await?;
    // The same reports do not hide it again.
    sqlx::query("update reports set is_decided = true where item_key = $1")
        .bind(key)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "insert into decisions (item_id, moderator_key, decision, reason, decided_at)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(bits(new.item))
    .bind(new.moderator.0)
    .bind(new.decision.as_str())
    .bind(&new.reason)
    .bind(new.at)
    .execute(&mut *tx)
    .await?;
    if let Some(post_key) = post_key {
        items::count_reply(&mut tx, post_key, published_change(before, after)).await?;
    }
    if before != State::Published && after == State::Published {
        live::tell(&mut tx, new.item).await?;
    }
    tx.commit().await?;
    Ok(Some(Ok(after)))
}

/// Records what a rule decided.
pub(super) async fn record_by_rule(
    db: &mut PgConnection,
    item: ItemId,
    rule: Rule,
    decision: Decision,
    at: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into decisions (item_id, rule, decision, decided_at)
         values ($1, $2, $3, $4)",
    )
    .bind(bits(item))
    .bind(rule.as_str())
    .bind(decision.as_str())
    .bind(at)
    .execute(db)
    .await?;
    Ok(())
}
