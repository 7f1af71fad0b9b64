//! What waits for a moderator, and what they decide.

use axum::Json;
use axum::extract::State as FromState;
use axum::http::StatusCode;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::Role;
use peer_support_domain::text::{ReasonText, WordText};
use peer_support_domain::wire::{Decide, Decided, NewWord, Page, QueueItem, Word};

use super::App;
use super::body::Body;
use super::mine::said_word;
use super::params::{Path, Query};
use super::problem::Problem;
use super::session::{SignedIn, SignedInToWrite};
use crate::store::NewDecision;

/// `GET /api/v1/console/queue`: first where a life may be at risk, then what readers reported, then what is held and what a check flagged, of all sites; the
/// longest waiting first in each.
pub(super) async fn get_queue(
    FromState(app): FromState<App>,
    _: SignedIn,
    query: Query,
) -> Result<Json<Page<QueueItem>>, Problem> {
    let page = app.store.queue(query.get("cursor")?, query.limit()?).await?;
    let items = page.items.into_iter().map(|item| QueueItem {
        // What a site that is gone had left waiting waits since it came.
        decision_expected_at: item.waits_since
            + app.sites.get(&item.site).map_or(0, |site| site.target_ms(item.waits_since)),
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
        escalation: item.escalation,
    });
    Ok(Json(Page { items: items.collect(), next: page.next }))
}

/// `POST /api/v1/console/items/{id}/decision`.
pub(super) async fn post_decision(
    FromState(app): FromState<App>,
    Path(item): Path<ItemId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(Decide { decision, reason, read_text }): Body<Decide<ReasonText>>,
) -> Result<Json<Decided>, Problem> {
    if moderator.role < Role::Moderator {
        return Err(Problem::Role);
    }
    if decision.needs_reason() && reason.is_none() {
        return Err(Problem::Field("reason".to_owned(), "is missing; the author is told why".to_owned()));
    }
    let decision = NewDecision {
        item,
        moderator: moderator.id,
        decision,
        read_text,
        reason: reason.map(ReasonText::into_string),
        at: app.clock.now_ms(),
    };
    let state = app.store.decide(decision).await?.ok_or(Problem::UnknownItem)??;
    Ok(Json(Decided { id: item, state }))
}

/// `POST /api/v1/console/items/{id}/words`: a private word to an item's author, whom only its recovery code lets read it.
pub(super) async fn post_word(
    FromState(app): FromState<App>,
    Path(item): Path<ItemId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(NewWord { text }): Body<NewWord<WordText>>,
) -> Result<(StatusCode, Json<Word>), Problem> {
    if moderator.role < Role::Moderator {
        return Err(Problem::Role);
    }
    let said = app.store.say(item, moderator.id, text.into_string(), app.clock.now_ms()).await?;
    said_word(said.ok_or(Problem::UnknownItem)?)
}
