//! Searching what moderators may read.

use axum::Json;
use axum::extract::State;
use peer_support_domain::full_text::SearchWords;
use peer_support_domain::post::Role;
use peer_support_domain::roles::Reach;
use peer_support_domain::wire::{FindItems, FoundItems};

use super::App;
use super::body::Body;
use super::params::Query;
use super::problem::Problem;
use super::queue::to_queue_item;
use super::session::SignedIn;
use crate::store::FindQuery;

/// `POST /api/v1/console/search`: changes nothing, and is kept nowhere; what moderators look for stands in the body because
/// addresses end up in logs.
pub(super) async fn post_search(
    State(app): State<App>,
    SignedIn { moderator, .. }: SignedIn,
    query: Query,
    Body(find): Body<FindItems<SearchWords>>,
) -> Result<Json<FoundItems>, Problem> {
    let now = app.clock.now_ms();
    let reach = match &find.site {
        Some(site) => Reach::Sites(vec![app.site_for(&moderator, site, Role::Viewer)?.id.clone()]),
        None => moderator.reach(Role::Viewer)?,
    };
    let query = FindQuery { find, reach, moderator: moderator.id, now, limit: query.limit()? };
    let finds = app.store.find(query).await?;
    let items = finds.items.into_iter().map(|item| to_queue_item(&app, item, &moderator, now)).collect();
    let (next, looked_back_to) = finds.next.unzip();
    Ok(Json(FoundItems { items, next, looked_back_to }))
}
