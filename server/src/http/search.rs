//! Searching the published posts.

use axum::Json;
use axum::extract::State;
use peer_support_domain::full_text::SearchWords;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{Page, Post, Search};

use super::App;
use super::body::Body;
use super::caller::Caller;
use super::params::{Path, Query};
use super::problem::Problem;
use crate::store::SearchQuery;

/// `POST /api/v1/sites/{site}/search`: changes nothing, and is kept nowhere; what people look for stands in the body because
/// addresses end up in logs.
pub(super) async fn post_search(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    query: Query,
    caller: Caller,
    Body(Search { words, kind, topic, cursor }): Body<Search<SearchWords>>,
) -> Result<Json<Page<Post>>, Problem> {
    caller.may_use(app.sites.get(&site).ok_or(Problem::UnknownSite)?)?;
    let query = SearchQuery { site, words, kind, topic, after: cursor, limit: query.limit()? };
    Ok(Json(app.store.search(query).await?))
}
