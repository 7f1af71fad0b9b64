//! "I hear you", "This helped", "Me too": once per voter and item, taken back any time.

use axum::Json;
use axum::extract::State;
use peer_support_domain::id::ItemId;
use peer_support_domain::vote::{Reaction, VoteCounts};
use peer_support_domain::wire;

use super::App;
use super::body::Body;
use super::caller::Caller;
use super::params::Path;
use super::problem::Problem;
use crate::store::Vote;

/// `PUT /api/v1/items/{id}/votes/{reaction}`: counts once, however often it is sent.
pub(super) async fn put_vote(
    State(app): State<App>,
    Path((item, reaction)): Path<(ItemId, Reaction)>,
    caller: Caller,
    Body(wire::PutVote { voter }): Body<wire::PutVote>,
) -> Result<Json<VoteCounts>, Problem> {
    app.site_of(item, &caller).await?;
    let counts = app.store.vote(Vote { item, reaction, voter }).await?.ok_or(Problem::UnknownItem)?;
    Ok(Json(counts))
}

/// `DELETE /api/v1/items/{id}/votes/{reaction}`: takes it back.
pub(super) async fn delete_vote(
    State(app): State<App>,
    Path((item, reaction)): Path<(ItemId, Reaction)>,
    caller: Caller,
    Body(wire::PutVote { voter }): Body<wire::PutVote>,
) -> Result<Json<VoteCounts>, Problem> {
    app.site_of(item, &caller).await?;
    let counts = app.store.unvote(Vote { item, reaction, voter }).await?.ok_or(Problem::UnknownItem)?;
    Ok(Json(counts))
}
