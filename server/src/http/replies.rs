//! Replies to a post.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::State as ItemState;
use peer_support_domain::site::SiteMode;
use peer_support_domain::text::ReplyText;
use peer_support_domain::wire;

use super::body::Body;
use super::caller::Caller;
use super::params::{Path, Query, Recovery};
use super::problem::Problem;
use super::submission::{Envelope, Submission};
use super::{App, cache};
use crate::secret::{author_tag, recovery_hash};
use crate::store::Place;

/// `GET /api/v1/posts/{id}/replies`: a page of the published replies, the oldest first.
pub(super) async fn get_replies(
    State(app): State<App>,
    Path(post): Path<ItemId>,
    query: Query,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (after, limit) = (query.get("cursor")?, query.limit()?);
    app.site_of(post, &caller).await?;
    let page = app.store.replies(post, after, limit).await?.ok_or(Problem::UnknownItem)?;
    Ok(cache::public_json(&headers, &page))
}

/// `POST /api/v1/posts/{id}/replies`: a new reply, held until a moderator decides. By the recovery code of an item of this
/// thread, it is by that item's author.
pub(super) async fn post_reply(
    State(app): State<App>,
    Path(post): Path<ItemId>,
    caller: Caller,
    envelope: Envelope,
    code: Option<Recovery>,
    Body(new): Body<wire::NewReply<ReplyText>>,
) -> Result<(StatusCode, Json<wire::Receipt>), Problem> {
    let site = app.site_of(post, &caller).await?;
    let present = app.present(site).await?;
    let closed = site.closed_topics(&present);
    let is_taken = match present.mode {
        SiteMode::Open if closed.is_empty() => true,
        SiteMode::ReadOnly => false,
        mode => app
            .store
            .post(post)
            .await?
            .is_some_and(|post| mode.takes_replies(post.is_owners) && !closed.contains(&post.topic)),
    };
    let mut request = serde_json::to_vec(&new).expect("it came as JSON");
    let author = match code {
        None => new.author.as_ref().map(author_tag),
        Some(Recovery(code)) => {
            let code = recovery_hash(&code);
            request.extend(code.as_bytes());
            app.guard.admit_code(envelope.network, app.clock.now_ms())?;
            let Some(own) = app.store.own(code).await? else {
                app.guard.count_wrong_code(envelope.network, app.clock.now_ms());
                return Err(Problem::UnknownRecoveryCode);
            };
            // A deleted item has no author any more.
            if own.thread != post || own.state == ItemState::Deleted {
                return Err(Problem::CodeOfAnotherThread);
            }
            own.author
        }
    };
    let submission = Submission {
        place: Place::Reply { post },
        is_taken,
        holds_all: present.holds_all,
        request,
        id: new.id,
        text: new.text.into_string(),
        lang: new.lang,
        notes: new.notes,
        author,
        recovery: new.recovery,
        owner: None,
    };
    submission.add(&app, site, envelope).await
}
