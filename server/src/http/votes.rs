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
use super::sender::Sender;
use crate::store::Vote;

/// `PUT /api/v1/items/{id}/votes/{reaction}`: counts once, however often it is sent.
pub(super) async fn put_vote(
    State(app): State<App>,
    Path((item, reaction)): Path<(ItemId, Reaction)>,
    caller: Caller,
    Sender(network): Sender,
    Body(wire::PutVote { voter }): Body<wire::PutVote>,
) -> Result<Json<VoteCounts>, Problem> {
    let site = app.site_of(item, &caller).await?;
    let vote = Vote { item, reaction, voter };
    let now = app.clock.now_ms();
    app.guard.admit_vote(&vote, network, site.rules.votes_a_day, now)?;
    let counts = app.store.vote(vote).await?;
    if counts.is_none() {
        app.guard.forget_vote(&vote, network, now);
    }
    let counts = counts.ok_or(Problem::UnknownItem)?;
    if let Some(flag) = app.notices.of_vote(&site.id, &vote, network, now) {
        app.store.flag(item, flag, now).await?;
    }
    Ok(Json(counts))
}

/// `DELETE /api/v1/items/{id}/votes/{reaction}`: takes it back, whoever is over a limit.
pub(super) async fn delete_vote(
    State(app): State<App>,
    Path((item, reaction)): Path<(ItemId, Reaction)>,
    caller: Caller,
    Sender(network): Sender,
    Body(wire::PutVote { voter }): Body<wire::PutVote>,
) -> Result<Json<VoteCounts>, Problem> {
    app.site_of(item, &caller).await?;
    let vote = Vote { item, reaction, voter };
    let counts = app.store.unvote(vote).await?.ok_or(Problem::UnknownItem)?;
    app.guard.forget_vote(&vote, network, app.clock.now_ms());
    Ok(Json(counts))
}
