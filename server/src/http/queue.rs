//! What waits for a moderator, and what they decide.

use axum::Json;
use axum::extract::State as FromState;
use axum::http::StatusCode;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::Role;
use peer_support_domain::redaction;
use peer_support_domain::roles::Reach;
use peer_support_domain::site::SiteId;
use peer_support_domain::text::{ReasonText, WordText};
use peer_support_domain::wire::{Decide, Decided, NewWord, ObjectedTo, Page, QueueItem, Word};

use super::body::Body;
use super::mine::said_word;
use super::params::{Path, Query};
use super::problem::Problem;
use super::session::{SignedIn, SignedInToWrite};
use super::{App, claims, proposals};
use crate::store::{How, Moderator, NewDecision, Queued, Undecided};

/// `GET /api/v1/console/queue`: first where a life may be at risk, then what readers reported, then what is held and what a check flagged; the longest
/// waiting first in each. Of one site, or of all where the moderator has a role.
pub(super) async fn get_queue(
    FromState(app): FromState<App>,
    SignedIn { moderator, .. }: SignedIn,
    query: Query,
) -> Result<Json<Page<QueueItem>>, Problem> {
    let now = app.clock.now_ms();
    let reach = match query.get::<SiteId>("site")? {
        None => moderator.reach(Role::Viewer)?,
        Some(site) => {
            app.site_for(&moderator, &site, Role::Viewer)?;
            Reach::Sites(vec![site])
        }
    };
    let page = app.store.queue(reach, query.get("cursor")?, query.limit()?).await?;
    let items = page.items.into_iter().map(|item| to_queue_item(&app, item, &moderator, now));
    Ok(Json(Page { items: items.collect(), next: page.next }))
}

/// An item as `moderator` reads it.
pub(super) fn to_queue_item(app: &App, item: Queued, moderator: &Moderator, now: i64) -> QueueItem {
    QueueItem {
        waits_since: item.waits_since,
        // What a site that is gone had left waiting waits since it came.
        decision_expected_at: item
            .waits_since
            .map(|since| since + app.sites.get(&item.site).map_or(0, |site| site.target_ms(since))),
        found: app.words.found(&item.text, item.lang.as_ref()),
        id: item.id,
        site: item.site,
        kind: item.kind,
        topic: item.topic,
        text: item.text,
        lang: item.lang,
        notes: item.notes,
        in_reply_to: item.in_reply_to,
        created_at: item.created_at,
        state: item.state,
        published_text: item.published_text,
        earlier_texts: item.earlier_texts,
        flags: item.flags.iter().collect(),
        reports: item.reports,
        words: item.words,
        claim: claims::told(item.claim, moderator, now),
        hand_overs: item.hand_overs,
        n_decisions: item.n_decisions,
        escalation: item.escalation,
        objection: item.objection.map(|objection| ObjectedTo {
            at: objection.at,
            decision: objection.decision,
            is_yours: objection.by == Some(moderator.id),
            original_text: objection.original_text,
        }),
        proposal: item.proposal.map(|proposal| proposals::told(proposal, moderator)),
    }
}

/// `POST /api/v1/console/items/{id}/decision`.
pub(super) async fn post_decision(
    FromState(app): FromState<App>,
    Path(item): Path<ItemId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(Decide { decision, reason, read_text, n_decisions, notes, taken_out }): Body<Decide<ReasonText>>,
) -> Result<(StatusCode, Json<Decided>), Problem> {
    app.item_for(&moderator, item, Role::Moderator).await?;
    if decision.needs_reason() && reason.is_none() {
        return Err(Problem::Field("reason".to_owned(), "is missing; the author is told why".to_owned()));
    }
    if !decision.publishes() && (notes.is_some() || !taken_out.is_empty()) {
        let field = if notes.is_some() { "notes" } else { "taken_out" };
        return Err(Problem::Field(field.to_owned(), "goes with what is published only".to_owned()));
    }
    if !taken_out.is_empty() {
        let read_text = read_text.as_deref().ok_or_else(|| {
            Problem::Field("read_text".to_owned(), "is missing; places are taken out of it".to_owned())
        })?;
        redaction::without(read_text, &taken_out, redaction::mark(None))
            .map_err(|invalid| Problem::Field("taken_out".to_owned(), invalid.to_string()))?;
    }
    let decision = NewDecision {
        item,
        moderator: moderator.id,
        decision,
        read_text,
        reason: reason.map(ReasonText::into_string),
        at: app.clock.now_ms(),
        how: How { n_decisions, notes, taken_out, is_for_spam: false },
    };
    match app.store.decide(decision).await?.ok_or(Problem::UnknownItem)? {
        Ok(state) => Ok((StatusCode::OK, Json(Decided { id: item, state, waits_for_second: false }))),
        Err(Undecided::Proposed(state)) => {
            Ok((StatusCode::ACCEPTED, Json(Decided { id: item, state, waits_for_second: true })))
        }
        Err(undecided) => Err(explained(&app, item, undecided).await?),
    }
}

/// Why nothing was decided, with who decided before.
pub(super) async fn explained(app: &App, item: ItemId, undecided: Undecided) -> Result<Problem, Problem> {
    let before = match undecided {
        Undecided::NotAllowed(_) | Undecided::Meanwhile => app.store.last_decision(item).await?,
        _ => None,
    };
    Ok(before.map_or(Problem::Undecided(undecided), |before| Problem::DecidedBefore(Box::new(before))))
}

/// `POST /api/v1/console/items/{id}/words`: a private word to an item's author, whom only its recovery code lets read it.
pub(super) async fn post_word(
    FromState(app): FromState<App>,
    Path(item): Path<ItemId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(NewWord { text }): Body<NewWord<WordText>>,
) -> Result<(StatusCode, Json<Word>), Problem> {
    app.item_for(&moderator, item, Role::Moderator).await?;
    let said = app.store.say(item, moderator.id, text.into_string(), app.clock.now_ms()).await?;
    said_word(said.ok_or(Problem::UnknownItem)?)
}
