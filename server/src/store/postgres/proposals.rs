//! What one moderator proposes and another confirms, where a site wants two people to decide.

use peer_support_domain::audit::Act;
use peer_support_domain::desk::DeskChange;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::Decision;
use peer_support_domain::two_persons::needs_second;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::items::{AtTheDesk, locked};
use super::{audit, bits, claims, corrupt, flags, item_id, key, live, parsed, queue};
use crate::store::audit::NewAct;
use crate::store::{How, ModeratorId, NewDecision, NewSettlement, Proposal, Settled, StoreError, Undecided};

/// What waits for a second person about some items.
pub(super) async fn open_of(
    db: &mut PgConnection,
    items: &[ItemId],
) -> Result<Vec<(ItemId, Proposal)>, StoreError> {
    let ids: Vec<i64> = items.iter().map(|item| bits(*item)).collect();
    let rows = sqlx::query(
        "select proposals.key, item_id, proposals.moderator_key, moderators.name, decision, reason, n_decisions, proposed_at
         from proposals
         join moderators on moderators.key = proposals.moderator_key
         where item_id = any($1)
           and outcome is null",
    )
    .bind(ids)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((item_id(row, "item_id")?, proposal(row)?))).collect()
}

/// What waits for a second person about an item.
pub(super) async fn open(db: &mut PgConnection, item: ItemId) -> Result<Option<Proposal>, StoreError> {
    Ok(open_of(db, &[item]).await?.pop().map(|(_, proposal)| proposal))
}

fn proposal(row: &PgRow) -> Result<Proposal, StoreError> {
    let n_decisions: i32 = row.try_get("n_decisions")?;
    Ok(Proposal {
        key: key(row),
        moderator: ModeratorId(row.try_get("moderator_key")?),
        by: row.try_get("name")?,
        decision: parsed(row, "proposals", "decision")?,
        reason: row.try_get("reason")?,
        n_decisions: n_decisions.try_into().map_err(|_| corrupt("proposals", "n_decisions", key(row)))?,
        at: row.try_get("proposed_at")?,
    })
}

/// Whether two people decide this about an item.
pub(super) async fn is_for_two(
    db: &mut PgConnection,
    item_key: i64,
    decision: Decision,
) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "select items.key, items.flags,
           coalesce((
             select is_on
             from site_changes
             where site_changes.site_key = items.site_key
               and what = 'two_persons'
             order by site_changes.key desc
             limit 1
           ), false) as asks_two
         from items
         where items.key = $1",
    )
    .bind(item_key)
    .fetch_one(db)
    .await?;
    Ok(row.try_get("asks_two")? && needs_second(decision, flags(&row)?))
}

/// Keeps a decision until another moderator confirms or rejects it. What was hidden stands in the queue from then on.
pub(super) async fn propose(
    db: &mut PgConnection,
    item_key: i64,
    new: &NewDecision,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into proposals (item_id, moderator_key, decision, reason, n_decisions, proposed_at)
         select $1, $2, $3, $4, count(*), $5
         from decisions
         where item_id = $1",
    )
    .bind(bits(new.item))
    .bind(new.moderator.0)
    .bind(new.decision.as_str())
    .bind(&new.reason)
    .bind(new.at)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "update items
         set asked_at = coalesce(asked_at, $2)
         where key = $1
           and coalesce(drill_state, state) = 'hidden'",
    )
    .bind(item_key)
    .bind(new.at)
    .execute(&mut *db)
    .await?;
    sqlx::query("delete from claims where item_key = $1").bind(item_key).execute(&mut *db).await?;
    let act = NewAct::of(Act::Proposed, Some(new.moderator), new.at).on(new.item);
    audit::record(db, act.because(new.decision.as_str())).await?;
    live::tell_desk(db, new.item, DeskChange::New).await
}

/// Ends a proposal. What it said is in the decision, if there is one, and nowhere else.
async fn end(
    db: &mut PgConnection,
    proposal: i64,
    outcome: &str,
    by: Option<ModeratorId>,
    at: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "update proposals
         set outcome = $2, reason = null, settled_by_key = $3, settled_at = $4
         where key = $1",
    )
    .bind(proposal)
    .bind(outcome)
    .bind(by.map(|by| by.0))
    .bind(at)
    .execute(db)
    .await?;
    Ok(())
}

/// Ends what was proposed about an item whose author changed it or took it back: nobody proposed anything about what it is now.
pub(super) async fn lapse(db: &mut PgConnection, item: ItemId, at: i64) -> Result<(), StoreError> {
    match open(&mut *db, item).await? {
        Some(proposal) => end(db, proposal.key, "lapsed", None, at).await,
        None => Ok(()),
    }
}

pub(super) async fn settle(pool: &PgPool, new: &NewSettlement) -> Result<Option<Settled>, StoreError> {
    let mut tx = pool.begin().await?;
    let Some(AtTheDesk { key: item_key, state, .. }) = locked(&mut tx, new.item).await? else {
        return Ok(None);
    };
    let Some(proposal) = open(&mut tx, new.item).await? else { return Ok(Some(Settled::NoProposal)) };
    let is_own = proposal.moderator == new.moderator;
    if new.confirms && is_own {
        return Ok(Some(Settled::Own));
    }
    if let Some(theirs) = claims::of_another(&mut tx, item_key, new.moderator, new.at).await? {
        return Ok(Some(Settled::Undecided(Undecided::Claimed(theirs))));
    }
    if !new.confirms {
        let outcome = if is_own { "withdrawn" } else { "rejected" };
        end(&mut tx, proposal.key, outcome, Some(new.moderator), new.at).await?;
        audit::record(&mut tx, NewAct::of(Act::ProposalRejected, Some(new.moderator), new.at).on(new.item))
            .await?;
        sqlx::query(
            "update items
             set asked_at = nullif(asked_at, $2)
             where key = $1
               and coalesce(drill_state, state) = 'hidden'",
        )
        .bind(item_key)
        .bind(proposal.at)
        .execute(&mut *tx)
        .await?;
        sqlx::query("delete from claims where item_key = $1").bind(item_key).execute(&mut *tx).await?;
        live::tell_desk(&mut tx, new.item, DeskChange::New).await?;
        tx.commit().await?;
        return Ok(Some(Settled::Done(state)));
    }
    let decision = NewDecision {
        item: new.item,
        moderator: proposal.moderator,
        decision: proposal.decision,
        read_text: new.read_text.clone(),
        reason: proposal.reason,
        at: new.at,
        how: How { n_decisions: Some(proposal.n_decisions), ..How::default() },
    };
    match queue::carry_out(&mut tx, &decision, Some(new.moderator)).await? {
        Some(Ok(state)) => {
            end(&mut tx, proposal.key, "confirmed", Some(new.moderator), new.at).await?;
            let act = NewAct::of(Act::ProposalConfirmed, Some(new.moderator), new.at).on(new.item);
            audit::record(&mut tx, act).await?;
            tx.commit().await?;
            Ok(Some(Settled::Done(state)))
        }
        Some(Err(undecided)) => Ok(Some(Settled::Undecided(undecided))),
        None => Ok(None),
    }
}
