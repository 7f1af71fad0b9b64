//! What a visitor needs to know of a site.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire;

use super::caller::Caller;
use super::params::Path;
use super::problem::Problem;
use super::{App, cache};

/// `GET /api/v1/sites/{site}`.
pub(super) async fn get_site(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let site = app.sites.get(&site).ok_or(Problem::UnknownSite)?;
    caller.may_use(site)?;
    let site = wire::Site {
        id: site.id.clone(),
        name: site.name.clone(),
        topics: site.topics.clone(),
        decision_target_ms: site.decision_target_ms,
        mode: site.mode,
        cards: app.store.cards(site.id.clone()).await?.unwrap_or_default(),
    };
    Ok(cache::public_json(&headers, &site))
}
