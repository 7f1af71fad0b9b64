//! Replies to a post.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use peer_support_domain::id::ItemId;
use peer_support_domain::site::SiteMode;
use peer_support_domain::text::ReplyText;
use peer_support_domain::wire;

use super::body::Body;
use super::caller::Caller;
use super::params::{Path, Query};
use super::problem::Problem;
use super::submission::{Envelope, Submission};
use super::{App, cache};
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

/// `POST /api/v1/posts/{id}/replies`: a new reply, held until a moderator decides.
pub(super) async fn post_reply(
    State(app): State<App>,
    Path(post): Path<ItemId>,
    caller: Caller,
    envelope: Envelope,
    Body(new): Body<wire::NewReply<ReplyText>>,
) -> Result<(StatusCode, Json<wire::Receipt>), Problem> {
    let site = app.site_of(post, &caller).await?;
    let is_taken = match site.mode {
        SiteMode::Open => true,
        SiteMode::Limited => app.store.post(post).await?.is_some_and(|post| post.is_owners),
        SiteMode::ReadOnly => false,
    };
    if !is_taken {
        return Err(Problem::SiteClosed);
    }
    let submission = Submission {
        place: Place::Reply { post },
        request: serde_json::to_vec(&new).expect("it came as JSON"),
        id: new.id,
        text: new.text.into_string(),
        lang: new.lang,
        notes: new.notes,
        author: new.author,
        recovery: new.recovery,
        owner: None,
    };
    submission.add(&app, site, envelope).await
}
