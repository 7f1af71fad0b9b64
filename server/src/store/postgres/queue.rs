//! What waits for moderators, and what they decide.

use peer_support_domain::cursor::Cursor;
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::ItemId;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::objection::ObjectionOutcome;
use peer_support_domain::post::{Decision, NewText, State};
use peer_support_domain::report::ReportReason;
use peer_support_domain::roles::Reach;
use peer_support_domain::site::SiteId;
use peer_support_domain::statistics::Tally;
use peer_support_domain::wire::Page;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::{AssertSqlSafe, Row};

use super::{
    audit, bits, claims, cursor_key, drills, flags, item_id, items, key, kind, live, notes, objections,
    outbox, own, parsed, parsed_if_any, proposals, reports, side_texts, tallies,
};
use crate::store::audit::{NewAct, of_decision};
use crate::store::side::{Side, SideTexts};
use crate::store::tally::{self, Done};
use crate::store::{
    Claim, ModeratorId, NewDecision, Queued, Rule, StoreError, Undecided, page, published_change,
    queue_flags, report_counts, rows_of_page, waits_since,
};

/// Items as moderators read them, without what is asked for apart; a condition follows.
const ITEMS: &str = "select items.key, items.id, sites.id as site, items.kind, topics.id as topic, texts.text, texts.lang,
           texts.notes, post_texts.text as in_reply_to, items.created_at,
           coalesce(items.drill_state, items.state) as state, items.flags, items.escalated_at, items.objected_at, items.queue_place,
           coalesce(items.drill_state, items.state) <> 'published' or coalesce(items.reported_at, items.flagged_at, items.edited_at) is not null
             as has_open_flags,
           claims.moderator_key as reader_key, moderators.name as reader, claims.expires_at as claimed_until,
           (select count(*) from decisions where item_id = items.id) as n_decisions
         from items
         left join claims on claims.item_key = items.key
         left join moderators on moderators.key = claims.moderator_key
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
         join topics on topics.key = coalesce(items.topic_key, posts.topic_key)";

/// The queue of several sites is merged from that of each, so that no row of another is read.
pub(super) async fn queue(
    db: &mut PgConnection,
    reach: &Reach,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page<Queued>, StoreError> {
    let after = cursor_key(db, after, i64::MIN).await?;
    let mut rows = match reach {
        Reach::Everywhere => rows_of(db, None, after, limit).await?,
        Reach::Sites(sites) => {
            let mut merged = Vec::new();
            for site in sites {
                merged.extend(rows_of(db, Some(site), after, limit).await?);
            }
            let mut placed = Vec::new();
            for row in merged {
                placed.push((row.try_get::<i64, _>("queue_place")?, key(&row), row));
            }
            placed.sort_unstable_by_key(|(place, key, _)| (*place, *key));
            placed.into_iter().map(|(.., row)| row).collect()
        }
    };
    rows.truncate(limit.saturating_add(1));
    let queued = to_queued(db, &rows).await?;
    Ok(page(queued, limit, |item: &Queued| Cursor { key: item.place.unwrap_or_default(), item: item.id }))
}

/// Items with all that belongs to them.
async fn to_queued(db: &mut PgConnection, rows: &[PgRow]) -> Result<Vec<Queued>, StoreError> {
    let keys: Vec<i64> = rows.iter().map(key).collect();
    let reasons = reports::reasons(db, &keys).await?;
    let mut queued: Vec<Queued> =
        rows.iter().map(|row| without_texts(row, &reasons)).collect::<Result<_, _>>()?;
    for (place, row) in rows.iter().enumerate() {
        // Few are objected to at a time.
        if row.try_get::<Option<i64>, _>("objected_at")?.is_some() {
            queued[place].objection = objections::queued(db, queued[place].id).await?;
        }
    }
    for (item_key, sides) in side_texts::of_items(db, &keys).await? {
        if let Some(place) = keys.iter().position(|key| *key == item_key) {
            if let Some(objection) = &mut queued[place].objection {
                objection.original_text.clone_from(&sides.original);
            }
            sides.put_beside(&mut queued[place]);
        }
    }
    for (item_key, hand_over) in claims::hand_overs(db, &keys).await? {
        if let Some(place) = keys.iter().position(|key| *key == item_key) {
            queued[place].hand_overs.push(hand_over);
        }
    }
    let ids: Vec<ItemId> = queued.iter().map(|queued| queued.id).collect();
    for (item, proposal) in proposals::open_of(db, &ids).await? {
        if let Some(place) = ids.iter().position(|id| *id == item) {
            queued[place].proposal = Some(proposal);
        }
    }
    for (place, row) in rows.iter().enumerate() {
        // Few are passed on at a time.
        if row.try_get::<Option<i64>, _>("escalated_at")?.is_some() {
            queued[place].escalation = outbox::last(db, queued[place].id).await?;
        }
    }
    Ok(queued)
}

/// The items of these keys, whether or not they wait, the one that came last first.
pub(super) async fn of_keys(db: &mut PgConnection, keys: &[i64]) -> Result<Vec<Queued>, StoreError> {
    let sql = format!(
        "{ITEMS}
         where items.key = any($1)
         order by items.key desc"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(keys).fetch_all(&mut *db).await?;
    to_queued(db, &rows).await
}

/// What waits behind `after` on one site, or on all, the first first.
async fn rows_of(
    db: &mut PgConnection,
    site: Option<&SiteId>,
    (place, key_before): (i64, i64),
    limit: usize,
) -> Result<Vec<PgRow>, StoreError> {
    // The number stands in the text: with a plan for any limit, one would be made anew for each page.
    let n_rows = rows_of_page(limit);
    // So does whether it is one site: each has an index.
    let of_site = match site {
        Some(_) => "and items.site_key = (select key from sites where id = $3)",
        None => "and $3::text is null",
    };
    let sql = format!(
        "{ITEMS}
         where items.queue_place is not null
           {of_site}
           and (items.queue_place, items.key) > ($1, $2)
           and (items.post_key is null or posts.state = 'published')
         order by items.queue_place, items.key
         limit {n_rows}"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(place).bind(key_before).bind(site.map(SiteId::as_str));
    Ok(rows.fetch_all(db).await?)
}

/// An item without what stands in other tables.
fn without_texts(row: &PgRow, reasons: &[(i64, ReportReason)]) -> Result<Queued, StoreError> {
    let item_key = key(row);
    let place: Option<i64> = row.try_get("queue_place")?;
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
        claim: claim(row)?,
        hand_overs: Vec::new(),
        n_decisions: n_decisions(row)?,
        escalation: None,
        objection: None,
        proposal: None,
        waits_since: place.map(waits_since),
        place,
    })
}

/// Who read an item last.
fn claim(row: &PgRow) -> Result<Option<Claim>, StoreError> {
    let Some(moderator) = row.try_get("reader_key")? else { return Ok(None) };
    let moderator = ModeratorId(moderator);
    Ok(Some(Claim { moderator, name: row.try_get("reader")?, until: row.try_get("claimed_until")? }))
}

fn n_decisions(row: &PgRow) -> Result<u32, StoreError> {
    Ok(u32::try_from(row.try_get::<i64, _>("n_decisions")?).unwrap_or(u32::MAX))
}

pub(super) async fn decide(
    pool: &PgPool,
    new: &NewDecision,
) -> Result<Option<Result<State, Undecided>>, StoreError> {
    let mut tx = pool.begin().await?;
    let decided = carry_out(&mut tx, new, None).await?;
    if let Some(Ok(_) | Err(Undecided::Proposed(_))) = decided {
        tx.commit().await?;
    }
    Ok(decided)
}

/// As [`decide`], in the transaction of the caller; with a `second` person, what was proposed before.
pub(super) async fn carry_out(
    tx: &mut PgConnection,
    new: &NewDecision,
    second: Option<ModeratorId>,
) -> Result<Option<Result<State, Undecided>>, StoreError> {
    let found = sqlx::query(
        "select key, post_key, coalesce(drill_state, state) as state, drill_state is not null as is_made_up, coalesce(reported_at, flagged_at) is not null as is_review, flags, created_at,
           imported_at, coalesce(reported_at, asked_at, escalated_at) is not null as is_looked_at
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
    let (is_review, is_made_up): (bool, bool) = (row.try_get("is_review")?, row.try_get("is_made_up")?);
    let flags = flags(&row)?;
    // When it was sent here.
    let sent_at: Option<i64> = match row.try_get::<Option<i64>, _>("imported_at")? {
        Some(_) => None,
        None => Some(row.try_get("created_at")?),
    };
    let is_only_spam = flags.is_only_spam() && !row.try_get::<bool, _>("is_looked_at")?;
    // In statements of their own: they see what was committed while the one above waited for the row.
    let stored = sqlx::query("select item_key as key, text, notes, lang from item_texts where item_key = $1")
        .bind(key)
        .fetch_optional(&mut *tx)
        .await?;
    let stored: Option<(String, ContentNotes, Option<String>)> = stored
        .map(|row| Ok::<_, StoreError>((row.try_get("text")?, notes(&row)?, row.try_get("lang")?)))
        .transpose()?;
    let text = stored.as_ref().map(|(text, ..)| text.clone());
    if let Some(theirs) = claims::of_another(tx, key, second.unwrap_or(new.moderator), new.at).await? {
        return Ok(Some(Err(Undecided::Claimed(theirs))));
    }
    if let Some(open) = proposals::open(tx, new.item).await?.filter(|_| second.is_none()) {
        let is_same = (open.moderator, open.decision) == (new.moderator, new.decision);
        let undecided = if is_same { Undecided::Proposed(before) } else { Undecided::ProposalWaits };
        return Ok(Some(Err(undecided)));
    }
    if let Some(n_read) = new.how.n_decisions {
        let n_now: i64 = sqlx::query_scalar("select count(*) from decisions where item_id = $1")
            .bind(bits(new.item))
            .fetch_one(&mut *tx)
            .await?;
        if n_now != i64::from(n_read) {
            return Ok(Some(Err(Undecided::Meanwhile)));
        }
    }
    if new.how.is_for_spam && before == State::Held && !is_only_spam {
        return Ok(Some(Err(Undecided::NotSpam)));
    }
    let sides = side_texts::of_item(tx, key).await?;
    let new_text = sides.waiting.as_ref().and_then(|_| new.decision.about_new_text(before));
    let objection = objections::open(tx, new.item).await?;
    let after = match new_text {
        Some(_) => Ok(before),
        None if objection.is_some() => before.after_objection(new.decision),
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
    // What is about a new text leaves the objection open, unless that text takes the place of the one it is about.
    let objection = objection.filter(|_| new_text != Some(NewText::Dropped));
    let is_same_person = match &objection {
        Some(open) if new_text.is_none() => objections::is_same_person(tx, open, key, new.moderator).await?,
        _ => Ok(false),
    };
    let is_same_person = match is_same_person {
        Ok(is_same_person) => is_same_person,
        Err(undecided) => return Ok(Some(Err(undecided))),
    };
    if second.is_none() && proposals::is_for_two(tx, key, new.decision).await? {
        if new.how.notes.is_some() || !new.how.taken_out.is_empty() {
            return Ok(Some(Err(Undecided::ForTwoUnchanged)));
        }
        proposals::propose(tx, key, new).await?;
        return Ok(Some(Err(Undecided::Proposed(before))));
    }
    let gives_back = before == State::Published && new.decision == Decision::Restore;
    if let (true, Some((_, notes, _)), Some(original)) = (gives_back, &stored, &sides.original) {
        own::swap_text(tx, key, original, *notes).await?;
        side_texts::forget(tx, &[key], &[Side::Original]).await?;
    } else if let (State::Published, Some((text, notes, lang))) = (after, &stored) {
        let is_taken = new_text == Some(NewText::Taken);
        let (text, notes) = match &sides.waiting {
            Some((text, notes)) if is_taken => (text, *notes),
            _ => (text, *notes),
        };
        match SideTexts::edited(new, text, notes, lang.as_deref()) {
            Ok(Some((left, notes))) => own::swap_text(tx, key, &left, notes).await?,
            Ok(None) if is_taken => own::swap_text(tx, key, text, notes).await?,
            Ok(None) => {}
            Err(undecided) => return Ok(Some(Err(undecided))),
        }
        if is_taken {
            side_texts::forget(tx, &[key], &[Side::Original]).await?;
        }
        if !new.how.taken_out.is_empty() && (is_taken || sides.original.is_none()) {
            side_texts::add(tx, key, Side::Original, None, notes, text, new.at).await?;
        }
    }
    if new_text.is_some() || before == State::Held {
        side_texts::forget(tx, &[key], &Side::CHANGES).await?;
    }
    sqlx::query(
        "update items
         set state = case when drill_state is null then $2 else 'declined' end,
           drill_state = case when drill_state is not null then $2 end, reason = $3, reported_at = null, flagged_at = null, asked_at = null, escalated_at = null,
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
    if is_made_up {
        drills::note_decision(tx, key, new).await?;
    }
    // The same reports do not hide it again.
    sqlx::query("update reports set is_decided = true where item_key = $1")
        .bind(key)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "insert into decisions (item_id, moderator_key, decision, reason, decided_at, n_taken_out, notes, second_key)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(bits(new.item))
    .bind(new.moderator.0)
    .bind(new.decision.as_str())
    .bind(&new.reason)
    .bind(new.at)
    .bind(i64::try_from(new.how.taken_out.len()).unwrap_or(i64::MAX))
    .bind(new.how.notes.map(|notes| i64::from(notes.bits())))
    .bind(second.map(|second| second.0))
    .execute(&mut *tx)
    .await?;
    if let Some(post_key) = post_key {
        items::count_reply(tx, post_key, published_change(before, after)).await?;
    }
    if before != State::Published && after == State::Published && !is_made_up {
        live::tell(tx, new.item).await?;
    }
    claims::end(tx, key, new.item).await?;
    let outcome = objection.as_ref().map(|_| match new_text {
        Some(_) => ObjectionOutcome::Changed,
        None => ObjectionOutcome::of(new.decision, before),
    });
    let done = Done {
        decision: new.decision,
        before,
        after,
        is_post: post_key.is_none(),
        waited_ms: sent_at.map(|sent_at| new.at - sent_at),
        flags,
        is_about_new_text: new_text.is_some(),
        objection: outcome,
    };
    for tally in tally::of_decision(done) {
        tallies::count(tx, new.item, tally, new.at).await?;
    }
    if post_key.is_some() && before != State::Published && after == State::Published {
        tallies::count_first_reply(tx, new.item, new.at).await?;
    }
    for act in of_decision(new) {
        audit::record(tx, act).await?;
    }
    if let (Some(open), Some(outcome)) = (&objection, outcome) {
        objections::answer(tx, open, outcome, is_same_person, new).await?;
    }
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
    .execute(&mut *db)
    .await?;
    tallies::count(db, item, Tally::DecidedByRule(decision), at).await?;
    audit::record(db, NewAct::of_rule(decision, rule.as_str(), at).on(item)).await
}
