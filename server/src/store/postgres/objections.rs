//! What authors object to, and what becomes of it.

use peer_support_domain::desk::DeskChange;
use peer_support_domain::id::{ItemId, RecoveryHash};
use peer_support_domain::limits::WORDS_OF_A_SIDE;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::objection::{ObjectionOutcome, restricts};
use peer_support_domain::post::{Decision, Role, State};
use peer_support_domain::wire::{Objection, Statement};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool};

use super::{audit, bits, claims, corrupt, key, live, own, parsed, parsed_if_any, roles, side_texts};
use crate::store::audit::NewAct;
use crate::store::side::Side;
use crate::store::{ModeratorId, NewDecision, Objected, QueuedObjection, StoreError, Undecided};

/// What is told to the author of an item about the last decision.
pub(super) async fn statement(
    db: &mut PgConnection,
    item: ItemId,
    state: State,
) -> Result<Option<Statement>, StoreError> {
    if state == State::Deleted {
        return Ok(None);
    }
    let last = sqlx::query(
        "select key, decision, rule is not null as is_by_rule, n_taken_out
         from decisions
         where item_id = $1
         order by decisions.key desc
         limit 1",
    )
    .bind(bits(item))
    .fetch_optional(&mut *db)
    .await?;
    let Some(last) = last else { return Ok(None) };
    let decision: Decision = parsed(&last, "decisions", "decision")?;
    let n_taken_out = u32::try_from(last.try_get::<i64, _>("n_taken_out")?)
        .map_err(|_| corrupt("decisions", "n_taken_out", key(&last)))?;
    let objection = sqlx::query(
        "select key, objected_at, outcome
         from objections
         where item_id = $1
           and $2 in (decision_key, answer_key)
         order by objections.key desc
         limit 1",
    )
    .bind(bits(item))
    .bind(key(&last))
    .fetch_optional(db)
    .await?;
    let objection = objection.map(|row| {
        let outcome = parsed_if_any(&row, "objections", "outcome")?;
        Ok::<_, StoreError>(Objection { at: row.try_get("objected_at")?, outcome })
    });
    let objection = objection.transpose()?;
    let is_restricted = restricts(decision, state, n_taken_out);
    Ok((is_restricted || objection.is_some()).then_some(Statement {
        decision,
        is_by_rule: last.try_get("is_by_rule")?,
        may_object: is_restricted && objection.is_none(),
        objection,
    }))
}

pub(super) async fn object(
    pool: &PgPool,
    recovery: &RecoveryHash,
    text: Option<&str>,
    at: i64,
) -> Result<Option<Objected>, StoreError> {
    let mut tx = pool.begin().await?;
    let Some((key, item, sides)) = own::with_sides(&mut tx, recovery).await? else { return Ok(None) };
    match item.statement {
        Some(Statement { may_object: true, .. }) => {}
        Some(Statement { objection: Some(_), .. }) => return Ok(Some(Objected::Before(item))),
        _ => return Ok(Some(Objected::NothingToObject)),
    }
    if let Some(text) = text {
        if sides.n_words(false) >= WORDS_OF_A_SIDE {
            return Ok(Some(Objected::TooManyWords));
        }
        side_texts::add(&mut tx, key, Side::AuthorsWord, None, ContentNotes::default(), text, at).await?;
    }
    sqlx::query(
        "insert into objections (item_id, decision_key, objected_at)
         select $1, max(key), $2
         from decisions
         where item_id = $1",
    )
    .bind(bits(item.id))
    .bind(at)
    .execute(&mut *tx)
    .await?;
    sqlx::query("update items set objected_at = $2 where key = $1")
        .bind(key)
        .bind(at)
        .execute(&mut *tx)
        .await?;
    live::tell_desk(&mut tx, item.id, DeskChange::New).await?;
    let done = own::with_sides(&mut tx, recovery).await?;
    tx.commit().await?;
    Ok(done.map(|(_, item, _)| Objected::Done(item)))
}

/// An objection that nobody has answered.
pub(super) struct Open {
    key: i64,
    at: i64,
    /// Who made the decision.
    by: Option<ModeratorId>,
    decision_key: i64,
}

pub(super) async fn open(db: &mut PgConnection, item: ItemId) -> Result<Option<Open>, StoreError> {
    let row = sqlx::query(
        "select objections.key, objected_at, moderator_key, decision_key
         from objections
         join decisions on decisions.key = objections.decision_key
         where objections.item_id = $1
           and outcome is null
         order by objections.key desc
         limit 1",
    )
    .bind(bits(item))
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let by: Option<i64> = row.try_get("moderator_key")?;
        let (at, decision_key) = (row.try_get("objected_at")?, row.try_get("decision_key")?);
        Ok(Open { key: key(&row), at, by: by.map(ModeratorId), decision_key })
    })
    .transpose()
}

/// The objection as moderators read it, without the author's words.
pub(super) async fn queued(
    db: &mut PgConnection,
    item: ItemId,
) -> Result<Option<QueuedObjection>, StoreError> {
    let Some(Open { at, by, decision_key, .. }) = open(db, item).await? else { return Ok(None) };
    let row = sqlx::query(
        "select decisions.key, decisions.item_id, decisions.decision, moderators.name, decisions.rule, decisions.reason,
           decisions.n_taken_out, decisions.decided_at
         from decisions
         left join moderators on moderators.key = decisions.moderator_key
         where decisions.key = $1",
    )
    .bind(decision_key)
    .fetch_one(db)
    .await?;
    let decision = claims::past_decision(&row)?;
    Ok(Some(QueuedObjection { at, decision, by, original_text: None }))
}

/// Whether `moderator` answers an objection to their own decision, because nobody else is there who may.
pub(super) async fn is_same_person(
    db: &mut PgConnection,
    open: &Open,
    item_key: i64,
    moderator: ModeratorId,
) -> Result<Result<bool, Undecided>, StoreError> {
    if open.by != Some(moderator) {
        return Ok(Ok(false));
    }
    let deciders = roles::deciders(db, item_key).await?;
    let is_alone = deciders.iter().all(|(other, _)| *other == moderator);
    let is_lead = deciders.iter().any(|(other, role)| *other == moderator && *role >= Role::Lead);
    Ok(if is_alone && is_lead { Ok(true) } else { Err(Undecided::OwnDecision { is_alone }) })
}

/// Notes how the last decision about its item answered an objection.
pub(super) async fn answer(
    db: &mut PgConnection,
    open: &Open,
    outcome: ObjectionOutcome,
    is_same_person: bool,
    new: &NewDecision,
) -> Result<(), StoreError> {
    sqlx::query(
        "update objections
         set outcome = $2, answer_key = (select max(key) from decisions where item_id = $3), is_same_person = $4,
           answered_at = $5
         where key = $1",
    )
    .bind(open.key)
    .bind(outcome.as_str())
    .bind(bits(new.item))
    .bind(is_same_person)
    .bind(new.at)
    .execute(&mut *db)
    .await?;
    sqlx::query("update items set objected_at = null where id = $1")
        .bind(bits(new.item))
        .execute(&mut *db)
        .await?;
    let act = NewAct::of(outcome, Some(new.moderator), new.at).on(new.item);
    audit::record(db, if is_same_person { act.because("same-person") } else { act }).await
}
