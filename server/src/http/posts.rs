//! Posts: the feed of a site, one post, a new one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use peer_support_domain::cursor::Order;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::Role;
use peer_support_domain::site::{SiteId, TopicId};
use peer_support_domain::text::PostText;
use peer_support_domain::wire;

use super::body::Body;
use super::cache::Answer;
use super::caller::Caller;
use super::params::{IdempotencyKey, Path, Query};
use super::problem::Problem;
use super::session::SignedInToWrite;
use super::submission::{Envelope, Submission};
use super::{App, cache};
use crate::config::Site;
use crate::secret::author_tag;
use crate::store::{FeedQuery, Place};

/// `GET /api/v1/sites/{site}/posts`: a page of the published posts.
pub(super) async fn get_feed(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    query: Query,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.may_use(app.sites.get(&site).ok_or(Problem::UnknownSite)?)?;
    let query = FeedQuery {
        site,
        kind: query.get("kind")?,
        topic: query.get("topic")?,
        order: query.get("order")?.unwrap_or(Order::New),
        after: query.get("cursor")?,
        limit: query.limit()?,
    };
    // Only of first pages: there are as many others as there are cursors.
    let version = if query.after.is_none() { app.store.version() } else { None };
    if let Some(answer) = version.and_then(|version| app.feeds.get(version, &query)) {
        return Ok(answer.to(&headers));
    }
    let answer = Arc::new(Answer::json(&app.store.feed(query.clone()).await?));
    if let Some(version) = version {
        app.feeds.keep(version, query, answer.clone());
    }
    Ok(answer.to(&headers))
}

/// `GET /api/v1/posts/{id}`: a published post.
pub(super) async fn get_post(
    State(app): State<App>,
    Path(id): Path<ItemId>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    app.site_of(id, &caller).await?;
    let post = app.store.post(id).await?.ok_or(Problem::UnknownItem)?;
    Ok(cache::public_json(&headers, &post))
}

/// `POST /api/v1/sites/{site}/posts`: a new post, held until a moderator decides.
pub(super) async fn post_post(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    caller: Caller,
    envelope: Envelope,
    Body(new): Body<wire::NewPost<PostText>>,
) -> Result<(StatusCode, Json<wire::Receipt>), Problem> {
    let site = app.sites.get(&site).ok_or(Problem::UnknownSite)?;
    caller.may_use(site)?;
    let present = app.present(site).await?;
    let submission = submission(site, new, site.closed_topics(&present))?;
    let is_open = match &submission.place {
        Place::Post { topic, .. } => !site.closed_topics(&present).contains(topic),
        Place::Reply { .. } => true,
    };
    let submission = Submission {
        is_taken: is_open && present.mode.takes_posts(),
        holds_all: present.holds_all,
        ..submission
    };
    submission.add(&app, site, envelope).await
}

/// `POST /api/v1/console/sites/{site}/posts`: a post of the site's owner, published at once.
pub(super) async fn post_owners_post(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedInToWrite(moderator): SignedInToWrite,
    key: Option<IdempotencyKey>,
    Body(new): Body<wire::NewPost<PostText>>,
) -> Result<(StatusCode, Json<wire::Receipt>), Problem> {
    let site = app.site_for(&moderator, &site, Role::Lead)?;
    let submission = submission(site, new, &[])?;
    // The owner stands under it, and no author's tag.
    let submission = Submission { owner: Some(moderator.id), author: None, ..submission };
    submission.add(&app, site, Envelope::of_owner(key)).await
}

/// Without a topic, it goes to the first that is not closed.
fn submission(site: &Site, new: wire::NewPost<PostText>, closed: &[TopicId]) -> Result<Submission, Problem> {
    let topic = match &new.topic {
        Some(topic) => site.topics.iter().find(|known| known.id == *topic).ok_or(Problem::UnknownTopic)?,
        None => {
            let open = site.topics.iter().find(|topic| !closed.contains(&topic.id));
            open.or(site.topics.first()).ok_or(Problem::UnknownTopic)?
        }
    };
    Ok(Submission {
        place: Place::Post { site: site.id.clone(), kind: new.kind, topic: topic.id.clone() },
        is_taken: true,
        holds_all: false,
        request: serde_json::to_vec(&new).expect("it came as JSON"),
        id: new.id,
        text: new.text.into_string(),
        lang: new.lang,
        notes: new.notes,
        author: new.author.as_ref().map(author_tag),
        recovery: new.recovery,
        owner: None,
    })
}
