//! What a visitor needs to know of a site.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use peer_support_domain::site::SiteId;

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
    let present = app.present(site).await?;
    let shown = app.shown(site, &present).await?;
    Ok(cache::public_json(&headers, &shown))
}
