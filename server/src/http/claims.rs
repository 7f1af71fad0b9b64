//! Who reads which item at the moderators' desk, and handing items over.

use axum::Json;
use axum::extract::State as FromState;
use axum::http::StatusCode;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::Role;
use peer_support_domain::roles::Reach;
use peer_support_domain::site::SiteId;
use peer_support_domain::text::HandOverText;
use peer_support_domain::wire::{Claim, Colleagues, HandOver, NewHandOver, TakeClaim};

use super::App;
use super::body::Body;
use super::params::{Path, Query};
use super::problem::Problem;
use super::session::{SignedIn, SignedInToWrite};
use crate::store::{self, Claimed, HandedOver, Moderator, NewClaim};

/// A claim as `moderator` is told of it; `None` when it has run out.
pub(super) fn told(claim: Option<store::Claim>, moderator: &Moderator, now: i64) -> Option<Claim> {
    let store::Claim { moderator: id, name, until } = claim.filter(|claim| claim.until > now)?;
    Some(Claim { name, is_yours: id == moderator.id, until })
}

/// `PUT /api/v1/console/items/{id}/claim`. Viewers read without a claim: they keep no item from anybody.
pub(super) async fn put_claim(
    FromState(app): FromState<App>,
    Path(item): Path<ItemId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(TakeClaim { takes_over }): Body<TakeClaim>,
) -> Result<Json<Claim>, Problem> {
    app.item_for(&moderator, item, Role::Moderator).await?;
    let claim = NewClaim { item, moderator: moderator.id, takes_over, at: app.clock.now_ms() };
    match app.store.claim(claim).await?.ok_or(Problem::UnknownItem)? {
        Claimed::Yours(store::Claim { name, until, .. }) => Ok(Json(Claim { name, is_yours: true, until })),
        Claimed::Theirs(claim) => Err(Problem::Claimed(claim)),
    }
}

/// `DELETE /api/v1/console/items/{id}/claim`.
pub(super) async fn delete_claim(
    FromState(app): FromState<App>,
    Path(item): Path<ItemId>,
    SignedInToWrite(moderator): SignedInToWrite,
) -> Result<StatusCode, Problem> {
    app.item_for(&moderator, item, Role::Moderator).await?;
    app.store.release(item, moderator.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/console/items/{id}/hand-over`.
pub(super) async fn post_hand_over(
    FromState(app): FromState<App>,
    Path(item): Path<ItemId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(NewHandOver { to, note }): Body<NewHandOver<HandOverText>>,
) -> Result<(StatusCode, Json<HandOver>), Problem> {
    app.item_for(&moderator, item, Role::Moderator).await?;
    let hand_over = store::NewHandOver {
        item,
        moderator: moderator.id,
        to,
        note: note.into_string(),
        at: app.clock.now_ms(),
    };
    match app.store.hand_over(hand_over).await?.ok_or(Problem::UnknownItem)? {
        HandedOver::Done(hand_over) => Ok((StatusCode::CREATED, Json(hand_over))),
        HandedOver::NoSuchColleague => Err(Problem::UnknownColleague),
        HandedOver::Claimed(claim) => Err(Problem::Claimed(claim)),
        HandedOver::TooMany => Err(Problem::TooManyHandOvers),
        HandedOver::ItemDeleted => Err(Problem::ItemDeleted),
    }
}

/// `GET /api/v1/console/colleagues`: who else may decide on a site, or on any site where the moderator has a role.
pub(super) async fn get_colleagues(
    FromState(app): FromState<App>,
    SignedIn { moderator, .. }: SignedIn,
    query: Query,
) -> Result<Json<Colleagues>, Problem> {
    let site = query.get::<SiteId>("site")?;
    if let Some(site) = &site {
        app.site_for(&moderator, site, Role::Viewer)?;
    }
    let decides = |other: &Moderator| match (&site, other.roles.reach(Role::Moderator)) {
        (Some(site), reach) => reach.has(site),
        (None, Reach::Everywhere) => moderator.roles.most().is_some(),
        (None, Reach::Sites(sites)) => sites.iter().any(|site| moderator.roles.on(site).is_some()),
    };
    let all = app.store.moderators().await?.into_iter();
    let others = all.filter(|other| other.id != moderator.id && decides(other));
    Ok(Json(Colleagues { names: others.map(|other| other.name).collect() }))
}
