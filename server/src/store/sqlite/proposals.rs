//! What one moderator proposes and another confirms, where a site wants two people to decide.

use peer_support_domain::audit::Act;
use peer_support_domain::desk::DeskChange;
use peer_support_domain::flag::Flags;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::Decision;
use peer_support_domain::two_persons::needs_second;
use rusqlite::{Connection, Row};

use super::items::{AtTheDesk, at_the_desk};
use super::{audit, bits, claims, execute, first, flags, live, parsed, queue};
use crate::store::audit::NewAct;
use crate::store::{How, ModeratorId, NewDecision, NewSettlement, Proposal, Settled, StoreError, Undecided};

/// What waits for a second person about an item.
pub(super) fn open(db: &Connection, item: ItemId) -> Result<Option<Proposal>, StoreError> {
    first(
        db,
        "select proposals.key, proposals.moderator_key, moderators.name, decision, reason, n_decisions, proposed_at
         from proposals
         join moderators on moderators.key = proposals.moderator_key
         where item_id = ?1
           and outcome is null",
        [bits(item)],
        proposal,
    )
}

fn proposal(row: &Row<'_>) -> Result<Proposal, StoreError> {
    Ok(Proposal {
        key: row.get("key")?,
        moderator: ModeratorId(row.get("moderator_key")?),
        by: row.get("name")?,
        decision: parsed(row, "proposals", "decision")?,
        reason: row.get("reason")?,
        n_decisions: row.get("n_decisions")?,
        at: row.get("proposed_at")?,
    })
}

/// Whether two people decide this about an item.
pub(super) fn is_for_two(db: &Connection, item_key: i64, decision: Decision) -> Result<bool, StoreError> {
    let found: Option<(Flags, bool)> = first(
        db,
        "select items.key, items.flags,
           coalesce((
             select is_on
             from site_changes
             where site_changes.site_key = items.site_key
               and what = 'two_persons'
             order by site_changes.key desc
             limit 1
           ), 0) as asks_two
         from items
         where items.key = ?1",
        [item_key],
        |row| Ok((flags(row)?, row.get("asks_two")?)),
    )?;
    Ok(found.is_some_and(|(flags, asks_two)| asks_two && needs_second(decision, flags)))
}

/// Keeps a decision until another moderator confirms or rejects it. What was hidden stands in the queue from then on.
pub(super) fn propose(db: &Connection, item_key: i64, new: &NewDecision) -> Result<(), StoreError> {
    execute(
        db,
        "insert into proposals (item_id, moderator_key, decision, reason, n_decisions, proposed_at)
         select ?1, ?2, ?3, ?4, count(*), ?5
         from decisions
         where item_id = ?1",
        (bits(new.item), new.moderator.0, new.decision.as_str(), &new.reason, new.at),
    )?;
    execute(
        db,
        "update items
         set asked_at = coalesce(asked_at, ?2)
         where key = ?1
           and coalesce(drill_state, state) = 'hidden'",
        (item_key, new.at),
    )?;
    execute(db, "delete from claims where item_key = ?1", [item_key])?;
    let act = NewAct::of(Act::Proposed, Some(new.moderator), new.at).on(new.item);
    audit::record(db, act.because(new.decision.as_str()))?;
    live::tell_desk(db, new.item, DeskChange::New)
}

/// Ends a proposal. What it said is in the decision, if there is one, and nowhere else.
fn end(
    db: &Connection,
    proposal: i64,
    outcome: &str,
    by: Option<ModeratorId>,
    at: i64,
) -> Result<(), StoreError> {
    execute(
        db,
        "update proposals
         set outcome = ?2, reason = null, settled_by_key = ?3, settled_at = ?4
         where key = ?1",
        (proposal, outcome, by.map(|by| by.0), at),
    )?;
    Ok(())
}

/// Ends what was proposed about an item whose author changed it or took it back: nobody proposed anything about what it is now.
pub(super) fn lapse(db: &Connection, item: ItemId, at: i64) -> Result<(), StoreError> {
    match open(db, item)? {
        Some(proposal) => end(db, proposal.key, "lapsed", None, at),
        None => Ok(()),
    }
}

pub(super) fn settle(db: &Connection, new: &NewSettlement) -> Result<Option<Settled>, StoreError> {
    let Some(AtTheDesk { key: item_key, state, .. }) = at_the_desk(db, new.item)? else { return Ok(None) };
    let Some(proposal) = open(db, new.item)? else { return Ok(Some(Settled::NoProposal)) };
    let is_own = proposal.moderator == new.moderator;
    if new.confirms && is_own {
        return Ok(Some(Settled::Own));
    }
    if let Some(theirs) = claims::of_another(db, item_key, new.moderator, new.at)? {
        return Ok(Some(Settled::Undecided(Undecided::Claimed(theirs))));
    }
    if !new.confirms {
        end(db, proposal.key, if is_own { "withdrawn" } else { "rejected" }, Some(new.moderator), new.at)?;
        audit::record(db, NewAct::of(Act::ProposalRejected, Some(new.moderator), new.at).on(new.item))?;
        execute(
            db,
            "update items
             set asked_at = nullif(asked_at, ?2)
             where key = ?1
               and coalesce(drill_state, state) = 'hidden'",
            (item_key, proposal.at),
        )?;
        execute(db, "delete from claims where item_key = ?1", [item_key])?;
        live::tell_desk(db, new.item, DeskChange::New)?;
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
    match queue::carry_out(db, &decision, Some(new.moderator))? {
        Some(Ok(state)) => {
            end(db, proposal.key, "confirmed", Some(new.moderator), new.at)?;
            audit::record(db, NewAct::of(Act::ProposalConfirmed, Some(new.moderator), new.at).on(new.item))?;
            Ok(Some(Settled::Done(state)))
        }
        Some(Err(undecided)) => Ok(Some(Settled::Undecided(undecided))),
        None => Ok(None),
    }
}
