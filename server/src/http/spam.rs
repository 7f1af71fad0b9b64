//! Declining several items as spam at once.

use axum::Json;
use axum::extract::State;
use peer_support_domain::flag::Flag;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::SPAM_ITEMS;
use peer_support_domain::post::{Decision, Role};
use peer_support_domain::text::ReasonText;
use peer_support_domain::wire::{Became, Claim, DeclineSpam, DeclinedSpam, ReadItem, SpamOutcome};

use super::App;
use super::body::Body;
use super::problem::Problem;
use super::session::SignedInToWrite;
use crate::store::{How, ModeratorId, NewDecision, Undecided};

/// `POST /api/v1/console/decline-spam`: a decision for each item, each by itself, so that one that somebody else reads or decided
/// keeps none of the others.
pub(super) async fn post_decline_spam(
    State(app): State<App>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(DeclineSpam { reason, items }): Body<DeclineSpam<ReasonText>>,
) -> Result<Json<DeclinedSpam>, Problem> {
    moderator.reach(Role::Moderator)?;
    if !SPAM_ITEMS.contains(&items.len()) {
        let (min, max) = SPAM_ITEMS.into_inner();
        let what = format!("has {} items; expected {min} to {max}", items.len());
        return Err(Problem::Field("items".to_owned(), what));
    }
    let reason = reason.into_string();
    let mut unknown = Vec::new();
    // Before the first decision, so that nothing is half done.
    for item in &items {
        match app.item_for(&moderator, item.id, Role::Moderator).await {
            Ok(_) => {}
            Err(Problem::UnknownItem) => unknown.push(item.id),
            Err(problem) => return Err(problem),
        }
    }
    let mut outcomes = Vec::with_capacity(items.len());
    for item in items {
        outcomes.push(if unknown.contains(&item.id) {
            outcome(item.id, Became::Gone)
        } else {
            declined(&app, moderator.id, &reason, item).await?
        });
    }
    Ok(Json(DeclinedSpam { outcomes }))
}

fn outcome(id: ItemId, became: Became) -> SpamOutcome {
    SpamOutcome { id, became, claim: None, decided: None }
}

async fn declined(
    app: &App,
    moderator: ModeratorId,
    reason: &str,
    ReadItem { id, read_text, n_decisions }: ReadItem,
) -> Result<SpamOutcome, Problem> {
    // Also what a newer version of the server finds in words that came before it.
    if app.words.found(&read_text, None).iter().any(|found| found.flag == Flag::Crisis) {
        return Ok(outcome(id, Became::NotSpam));
    }
    let decision = NewDecision {
        item: id,
        moderator,
        decision: Decision::Decline,
        read_text: Some(read_text),
        reason: Some(reason.to_owned()),
        at: app.clock.now_ms(),
        how: How { n_decisions: Some(n_decisions), is_for_spam: true, ..How::default() },
    };
    Ok(match app.store.decide(decision).await? {
        None => outcome(id, Became::Gone),
        Some(Ok(_)) => outcome(id, Became::Declined),
        Some(Err(Undecided::Claimed(claim))) => {
            let claim = Claim { name: claim.name, is_yours: false, until: claim.until };
            SpamOutcome { claim: Some(claim), ..outcome(id, Became::Claimed) }
        }
        Some(Err(Undecided::TextChanged)) => outcome(id, Became::TextChanged),
        // None of them is about what is spam and nothing else.
        Some(Err(
            Undecided::NotSpam
            | Undecided::OwnDecision { .. }
            | Undecided::Proposed(_)
            | Undecided::ForTwoUnchanged,
        )) => outcome(id, Became::NotSpam),
        Some(Err(Undecided::NotAllowed(_) | Undecided::Meanwhile | Undecided::ProposalWaits)) => {
            SpamOutcome { decided: app.store.last_decision(id).await?, ..outcome(id, Became::Decided) }
        }
    })
}
