//! What authors object to, and what becomes of it.

use peer_support_domain::desk::DeskChange;
use peer_support_domain::id::{ItemId, RecoveryHash};
use peer_support_domain::limits::WORDS_OF_A_SIDE;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::objection::{ObjectionOutcome, restricts};
use peer_support_domain::post::{Decision, Role, State};
use peer_support_domain::wire::{Objection, Statement};
use rusqlite::Connection;

use super::{audit, bits, claims, execute, first, live, own, parsed, parsed_if_any, roles, side_texts};
use crate::store::audit::NewAct;
use crate::store::side::{Side, SideTexts};
use crate::store::{ModeratorId, NewDecision, Objected, QueuedObjection, StoreError, Undecided};

/// What is told to the author of an item about the last decision.
pub(super) fn statement(
    db: &Connection,
    item: ItemId,
    state: State,
) -> Result<Option<Statement>, StoreError> {
    if state == State::Deleted {
        return Ok(None);
    }
    let last = first(
        db,
        "select key, decision, rule is not null, n_taken_out
         from decisions
         where item_id = ?1
         order by decisions.key desc
         limit 1",
        [bits(item)],
        |row| {
            let decision: Decision = parsed(row, "decisions", "decision")?;
            Ok((row.get::<_, i64>(0)?, decision, row.get(2)?, row.get(3)?))
        },
    )?;
    let Some((decision_key, decision, is_by_rule, n_taken_out)) = last else { return Ok(None) };
    let objection = first(
        db,
        "select key, objected_at, outcome
         from objections
         where item_id = ?1
           and ?2 in (decision_key, answer_key)
         order by objections.key desc
         limit 1",
        (bits(item), decision_key),
        |row| {
            Ok(Objection {
                at: row.get("objected_at")?,
                outcome: parsed_if_any(row, "objections", "outcome")?,
            })
        },
    )?;
    let is_restricted = restricts(decision, state, n_taken_out);
    Ok((is_restricted || objection.is_some()).then_some(Statement {
        decision,
        is_by_rule,
        may_object: is_restricted && objection.is_none(),
        objection,
    }))
}

pub(super) fn object(
    db: &Connection,
    recovery: &RecoveryHash,
    text: Option<&str>,
    at: i64,
) -> Result<Option<Objected>, StoreError> {
    let Some((key, item, sides)) = own::with_sides(db, recovery)? else { return Ok(None) };
    match item.statement {
        Some(Statement { may_object: true, .. }) => {}
        Some(Statement { objection: Some(_), .. }) => return Ok(Some(Objected::Before(item))),
        _ => return Ok(Some(Objected::NothingToObject)),
    }
    if let Some(text) = text {
        if sides.n_words(false) >= WORDS_OF_A_SIDE {
            return Ok(Some(Objected::TooManyWords));
        }
        side_texts::add(db, key, Side::AuthorsWord, None, ContentNotes::default(), text, at)?;
    }
    execute(
        db,
        "insert into objections (item_id, decision_key, objected_at)
         select ?1, max(key), ?2
         from decisions
         where item_id = ?1",
        (bits(item.id), at),
    )?;
    execute(db, "update items set objected_at = ?2 where key = ?1", (key, at))?;
    live::tell_desk(db, item.id, DeskChange::New)?;
    Ok(own::own(db, recovery)?.map(Objected::Done))
}

/// An objection that nobody has answered.
pub(super) struct Open {
    key: i64,
    at: i64,
    /// Who made the decision.
    by: Option<ModeratorId>,
    decision_key: i64,
}

pub(super) fn open(db: &Connection, item: ItemId) -> Result<Option<Open>, StoreError> {
    first(
        db,
        "select objections.key, objected_at, moderator_key, decision_key
         from objections
         join decisions on decisions.key = objections.decision_key
         where objections.item_id = ?1
           and outcome is null
         order by objections.key desc
         limit 1",
        [bits(item)],
        |row| {
            let by: Option<i64> = row.get(2)?;
            Ok(Open { key: row.get(0)?, at: row.get(1)?, by: by.map(ModeratorId), decision_key: row.get(3)? })
        },
    )
}

/// The objection as moderators read it.
pub(super) fn queued(
    db: &Connection,
    item: ItemId,
    sides: &SideTexts,
) -> Result<Option<QueuedObjection>, StoreError> {
    let Some(Open { at, by, decision_key, .. }) = open(db, item)? else { return Ok(None) };
    let decision = first(
        db,
        "select decisions.key, decisions.item_id, decisions.decision, moderators.name, decisions.rule, decisions.reason,
           decisions.n_taken_out, decisions.decided_at
         from decisions
         left join moderators on moderators.key = decisions.moderator_key
         where decisions.key = ?1",
        [decision_key],
        claims::past_decision,
    )?;
    let original_text = sides.original.clone();
    Ok(decision.map(|decision| QueuedObjection { at, decision, by, original_text }))
}

/// Whether `moderator` answers an objection to their own decision, because nobody else is there who may.
pub(super) fn is_same_person(
    db: &Connection,
    open: &Open,
    item_key: i64,
    moderator: ModeratorId,
) -> Result<Result<bool, Undecided>, StoreError> {
    if open.by != Some(moderator) {
        return Ok(Ok(false));
    }
    let deciders = roles::deciders(db, item_key)?;
    let is_alone = deciders.iter().all(|(other, _)| *other == moderator);
    let is_lead = deciders.iter().any(|(other, role)| *other == moderator && *role >= Role::Lead);
    Ok(if is_alone && is_lead { Ok(true) } else { Err(Undecided::OwnDecision { is_alone }) })
}

/// Notes how the last decision about its item answered an objection.
pub(super) fn answer(
    db: &Connection,
    open: &Open,
    outcome: ObjectionOutcome,
    is_same_person: bool,
    new: &NewDecision,
) -> Result<(), StoreError> {
    execute(
        db,
        "update objections
         set outcome = ?2, answer_key = (select max(key) from decisions where item_id = ?3), is_same_person = ?4,
           answered_at = ?5
         where key = ?1",
        (open.key, outcome.as_str(), bits(new.item), is_same_person, new.at),
    )?;
    execute(db, "update items set objected_at = null where id = ?1", [bits(new.item)])?;
    let act = NewAct::of(outcome, Some(new.moderator), new.at).on(new.item);
    audit::record(db, if is_same_person { act.because("same-person") } else { act })
}
