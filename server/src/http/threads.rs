//! What stands around an item, for moderators who decide about it.

use axum::Json;
use axum::extract::State;
use peer_support_domain::cursor::Cursor;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::Role;
use peer_support_domain::wire::Thread;

use super::App;
use super::params::{Path, Query};
use super::problem::Problem;
use super::session::SignedIn;
use crate::store::Replies;

/// `GET /api/v1/console/items/{id}/thread`: the replies around the item, or before or after a place of an earlier answer.
pub(super) async fn get_thread(
    State(app): State<App>,
    Path(item): Path<ItemId>,
    SignedIn { moderator, .. }: SignedIn,
    query: Query,
) -> Result<Json<Thread>, Problem> {
    app.item_for(&moderator, item, Role::Viewer).await?;
    let limit = query.limit()?;
    let replies = match (query.get::<Cursor>("before")?, query.get::<Cursor>("after")?) {
        (None, None) => Replies::Around,
        (Some(cursor), None) => Replies::Before(cursor, limit),
        (None, Some(cursor)) => Replies::After(cursor, limit),
        (Some(_), Some(_)) => {
            return Err(Problem::Parameter("before", "goes without after".to_owned()));
        }
    };
    Ok(Json(app.store.thread(item, replies).await?.ok_or(Problem::UnknownItem)?))
}
