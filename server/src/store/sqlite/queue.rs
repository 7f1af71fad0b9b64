//! What waits for moderators, and what they decide.

use peer_support_domain::cursor::Cursor;
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::ItemId;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::objection::ObjectionOutcome;
use peer_support_domain::post::{Decision, NewText, State};
use peer_support_domain::roles::Reach;
use peer_support_domain::statistics::Tally;
use peer_support_domain::wire::Page;
use rusqlite::{Connection, Row};

use super::{
    all, audit, bits, claims, cursor_key, drills, execute, first, flags, item_id, items, key, kind, live,
    notes, objections, outbox, own, parsed, parsed_if_any, proposals, reports, side_texts, state_number,
    tallies,
};
use crate::store::audit::{NewAct, of_decision};
use crate::store::side::{Side, SideTexts};
use crate::store::tally::{self, Done};
use crate::store::{
    Claim, ModeratorId, NewDecision, Queued, Rule, StoreError, Undecided, page, published_change,
    queue_flags, report_counts, rows_of_page, waits_since,
};

/// Where something of the queue stands: its place, and its key among those of the same place.
type Standing = (i64, i64);

/// What waits behind `after`, the first first: on one site, or on all.
fn standings(
    db: &Connection,
    site_key: Option<i64>,
    (place, key_before): Standing,
    limit: usize,
) -> Result<Vec<Standing>, StoreError> {
    let row = |row: &Row<'_>| Ok((row.get("queue_place")?, key(row)));
    let Some(site_key) = site_key else {
        return all(
            db,
            "select items.key, items.queue_place
             from items
             left join items as posts on posts.key = items.post_key
             where items.queue_place is not null
               and (items.queue_place, items.key) > (?1, ?2)
               and (items.post_key is null or posts.state = 'published')
             order by items.queue_place, items.key
             limit ?3",
            (place, key_before, rows_of_page(limit)),
            row,
        );
    };
    all(
        db,
        "select items.key, items.queue_place
         from items
         left join items as posts on posts.key = items.post_key
         where items.queue_place is not null
           and items.site_key = ?4
           and (items.queue_place, items.key) > (?1, ?2)
           and (items.post_key is null or posts.state = 'published')
         order by items.queue_place, items.key
         limit ?3",
        (place, key_before, rows_of_page(limit), site_key),
        row,
    )
}

/// The queue of several sites is merged from that of each, so that no row of another is read.
pub(super) fn queue(
    db: &Connection,
    reach: &Reach,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page<Queued>, StoreError> {
    let after = cursor_key(db, after, i64::MIN)?;
    let standings = match reach {
        Reach::Everywhere => standings(db, None, after, limit)?,
        Reach::Sites(sites) => {
            let mut merged = Vec::new();
            for site in sites {
                if let Some(site_key) = items::site_key(db, site)? {
                    merged.extend(standings(db, Some(site_key), after, limit)?);
                }
            }
            merged.sort_unstable();
            merged
        }
    };
    let n_rows = limit.saturating_add(1);
    let queued = standings.into_iter().take(n_rows).map(|(_, key)| of_key(db, key));
    let mut queued: Vec<Queued> = queued.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    // Decided about since it was listed.
    queued.retain(|item| item.place.is_some());
    Ok(page(queued, limit, |item: &Queued| Cursor { key: item.place.unwrap_or_default(), item: item.id }))
}

/// One item as moderators read it, whether or not it waits.
pub(super) fn of_key(db: &Connection, item_key: i64) -> Result<Option<Queued>, StoreError> {
    first(
        db,
        "select items.key, items.id, sites.id as site, items.kind, topics.id as topic, item_texts.text, item_texts.lang,
           item_texts.notes, post_texts.text as in_reply_to, items.created_at,
           coalesce(items.drill_state, items.state) as state, items.flags,
           coalesce(items.drill_state, items.state) <> 'published' or coalesce(items.reported_at, items.flagged_at, items.edited_at) is not null
             as has_open_flags,
           items.reported_at, items.escalated_at, items.objected_at, items.queue_place,
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
         where items.key = ?1",
        [item_key],
        |row| to_queued(db, row),
    )
}

/// An item with all that belongs to it.
fn to_queued(db: &Connection, row: &Row<'_>) -> Result<Queued, StoreError> {
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
        objection: None,
        proposal: None,
        waits_since: place.map(waits_since),
        place,
    };
    let sides = side_texts::of_item(db, key(row))?;
    if row.get::<_, Option<i64>>("objected_at")?.is_some() {
        queued.objection = objections::queued(db, queued.id, &sides)?;
    }
    sides.put_beside(&mut queued);
    queued.proposal = proposals::open(db, queued.id)?;
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
    /// Whether it is one of a fire drill.
    is_made_up: bool,
    text_key: Option<i64>,
    text: Option<String>,
    notes: ContentNotes,
    lang: Option<String>,
    /// Whether readers reported it or a check flagged it.
    is_review: bool,
    flags: Flags,
    /// When it was sent here.
    sent_at: Option<i64>,
    /// Whether somebody asked for a closer look at it.
    is_looked_at: bool,
}

pub(super) fn decide(
    db: &Connection,
    new: &NewDecision,
) -> Result<Option<Result<State, Undecided>>, StoreError> {
    carry_out(db, new, None)
}

/// As [`decide`]; with a `second` person, what was proposed before.
pub(super) fn carry_out(
    db: &Connection,
    new: &NewDecision,
    second: Option<ModeratorId>,
) -> Result<Option<Result<State, Undecided>>, StoreError> {
    let found = first(
        db,
        "select items.key, items.post_key, coalesce(items.drill_state, items.state) as state,
           items.drill_state is not null as is_made_up, items.text_key, item_texts.text, item_texts.lang,
           coalesce(item_texts.notes, x'00') as notes, coalesce(items.reported_at, items.flagged_at) is not null as is_review,
           items.flags, items.created_at, items.imported_at,
           coalesce(items.reported_at, items.asked_at, items.escalated_at) is not null as is_looked_at
         from items
         left join item_texts on item_texts.key = items.text_key
         where items.id = ?1",
        [bits(new.item)],
        |row| {
            Ok(Found {
                key: row.get("key")?,
                post_key: row.get("post_key")?,
                state: parsed(row, "items", "state")?,
                is_made_up: row.get("is_made_up")?,
                text_key: row.get("text_key")?,
                text: row.get("text")?,
                notes: notes(row)?,
                lang: row.get("lang")?,
                is_review: row.get("is_review")?,
                flags: flags(row)?,
                sent_at: match row.get::<_, Option<i64>>("imported_at")? {
                    Some(_) => None,
                    None => Some(row.get("created_at")?),
                },
                is_looked_at: row.get("is_looked_at")?,
            })
        },
    )?;
    let Some(Found {
        key,
        post_key,
        state: before,
        is_made_up,
        text_key,
        text,
        notes,
        lang,
        is_review,
        is_looked_at,
        flags,
        sent_at,
    }) = found
    else {
        return Ok(None);
    };
    if let Some(theirs) = claims::of_another(db, key, second.unwrap_or(new.moderator), new.at)? {
        return Ok(Some(Err(Undecided::Claimed(theirs))));
    }
    if let Some(open) = proposals::open(db, new.item)?.filter(|_| second.is_none()) {
        let is_same = (open.moderator, open.decision) == (new.moderator, new.decision);
        let undecided = if is_same { Undecided::Proposed(before) } else { Undecided::ProposalWaits };
        return Ok(Some(Err(undecided)));
    }
    if let Some(n_read) = new.how.n_decisions {
        let n_now: u32 = db
            .prepare_cached("select count(*) from decisions where item_id = ?1")?
            .query_row([bits(new.item)], |row| row.get(0))?;
        if n_now != n_read {
            return Ok(Some(Err(Undecided::Meanwhile)));
        }
    }
    if new.how.is_for_spam && before == State::Held && (is_looked_at || !flags.is_only_spam()) {
        return Ok(Some(Err(Undecided::NotSpam)));
    }
    let sides = side_texts::of_item(db, key)?;
    let new_text = sides.waiting.as_ref().and_then(|_| new.decision.about_new_text(before));
    let objection = objections::open(db, new.item)?;
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
        Some(open) if new_text.is_none() => objections::is_same_person(db, open, key, new.moderator)?,
        _ => Ok(false),
    };
    let is_same_person = match is_same_person {
        Ok(is_same_person) => is_same_person,
        Err(undecided) => return Ok(Some(Err(undecided))),
    };
    if second.is_none() && proposals::is_for_two(db, key, new.decision)? {
        if new.how.notes.is_some() || !new.how.taken_out.is_empty() {
            return Ok(Some(Err(Undecided::ForTwoUnchanged)));
        }
        proposals::propose(db, key, new)?;
        return Ok(Some(Err(Undecided::Proposed(before))));
    }
    let gives_back = before == State::Published && new.decision == Decision::Restore;
    if let (true, Some(text_key), Some(original)) = (gives_back, text_key, &sides.original) {
        own::swap_text(db, key, text_key, original, notes)?;
        side_texts::forget(db, key, &[Side::Original])?;
    } else if let (State::Published, Some(text_key), Some(text)) = (after, text_key, &text) {
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
         set state_number = ?6,
           drill_state = case when drill_state is not null then ?2 end, reason = ?3, reported_at = null, flagged_at = null, asked_at = null, escalated_at = null,
           flags = flags & ~?5,
           edited_at = case when ?4 then null else edited_at end
         where key = ?1",
        (
            key,
            after.as_str(),
            &new.reason,
            new_text.is_some(),
            Flags::from_iter([Flag::Danger]).bits(),
            state_number(if is_made_up { State::Declined } else { after }),
        ),
    )?;
    if is_made_up {
        drills::note_decision(db, key, new)?;
    }
    // The same reports do not hide it again.
    execute(db, "update reports set is_decided = 1 where item_key = ?1", [key])?;
    execute(
        db,
        "insert into decisions (item_id, moderator_key, decision, reason, decided_at, n_taken_out, notes, second_key)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            bits(new.item),
            new.moderator.0,
            new.decision.as_str(),
            &new.reason,
            new.at,
            new.how.taken_out.len() as i64,
            new.how.notes.map(|notes| notes.bits()),
            second.map(|second| second.0),
        ),
    )?;
    if let Some(post_key) = post_key {
        items::count_reply(db, post_key, published_change(before, after))?;
    }
    if before != State::Published && after == State::Published && !is_made_up {
        live::tell(db, key)?;
    }
    claims::end(db, key, new.item)?;
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
        tallies::count(db, new.item, tally, new.at)?;
    }
    if post_key.is_some() && before != State::Published && after == State::Published {
        tallies::count_first_reply(db, new.item, new.at)?;
    }
    for act in of_decision(new) {
        audit::record(db, act)?;
    }
    if let (Some(open), Some(outcome)) = (&objection, outcome) {
        objections::answer(db, open, outcome, is_same_person, new)?;
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
    tallies::count(db, item, Tally::DecidedByRule(decision), at)?;
    audit::record(db, NewAct::of_rule(decision, rule.as_str(), at).on(item))
}
