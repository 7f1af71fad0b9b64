//! What moderators pass on to a lead, and the notifications that leave the server because of it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::Role;
use peer_support_domain::site::SiteId;
use peer_support_domain::text::EscalationNote;
use peer_support_domain::wire::{Delivery, Escalate, Escalation, TestedChannel};

use super::App;
use super::body::Body;
use super::params::{DeliveryId, Path};
use super::problem::Problem;
use super::session::{SignedIn, SignedInToWrite};
use crate::store::{Escalated, NewEscalation};

/// `POST /api/v1/console/items/{id}/escalation`. Sent again by the same moderator with the same words, it is answered again.
pub(super) async fn post_escalation(
    State(app): State<App>,
    Path(item): Path<ItemId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(Escalate { note }): Body<Escalate<EscalationNote>>,
) -> Result<(StatusCode, Json<Escalation>), Problem> {
    app.item_for(&moderator, item, Role::Moderator).await?;
    let note = note.into_string();
    let (name, at) = (moderator.name, app.clock.now_ms());
    let new = NewEscalation { item, moderator: moderator.id, note: note.clone(), at };
    match app.store.escalate(new).await?.ok_or(Problem::UnknownItem)? {
        Escalated::Done(escalation) => {
            app.outbox.ring();
            Ok((StatusCode::CREATED, Json(escalation)))
        }
        Escalated::Before(before) if before.by == name && before.note == note => {
            Ok((StatusCode::CREATED, Json(before)))
        }
        Escalated::Before(_) => Err(Problem::EscalatedBefore),
        Escalated::NotWaiting => Err(Problem::NotWaiting),
    }
}

/// `GET /api/v1/console/deliveries`: notifications that did not arrive, of the sites that the moderator leads.
pub(super) async fn get_deliveries(
    State(app): State<App>,
    SignedIn { moderator, .. }: SignedIn,
) -> Result<Json<Vec<Delivery>>, Problem> {
    Ok(Json(app.store.dead_deliveries(moderator.reach(Role::Lead)?).await?))
}

/// `POST /api/v1/console/deliveries/{delivery}`: tries it again from the start.
pub(super) async fn post_delivery(
    State(app): State<App>,
    Path(DeliveryId(delivery)): Path<DeliveryId>,
    SignedInToWrite(moderator): SignedInToWrite,
) -> Result<StatusCode, Problem> {
    let reach = moderator.reach(Role::Lead)?;
    if !app.store.resend_delivery(delivery, reach, app.clock.now_ms()).await? {
        return Err(Problem::UnknownDelivery);
    }
    app.outbox.ring();
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/v1/console/deliveries/{delivery}`.
pub(super) async fn delete_delivery(
    State(app): State<App>,
    Path(DeliveryId(delivery)): Path<DeliveryId>,
    SignedInToWrite(moderator): SignedInToWrite,
) -> Result<StatusCode, Problem> {
    let reach = moderator.reach(Role::Lead)?;
    if !app.store.discard_delivery(delivery, reach).await? {
        return Err(Problem::UnknownDelivery);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/console/sites/{site}/test-notification`: tries every channel of a site once, now.
pub(super) async fn post_test(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedInToWrite(moderator): SignedInToWrite,
) -> Result<Json<Vec<TestedChannel>>, Problem> {
    app.site_for(&moderator, &site, Role::Lead)?;
    Ok(Json(app.outbox.test(&site).await))
}
