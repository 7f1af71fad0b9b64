//! What a site writes for its moderators: steps by the colour of an item, and reasons to start from.

use axum::Json;
use axum::extract::State;
use peer_support_domain::limits::{PLAYBOOK_STEPS, REASON_TEMPLATES};
use peer_support_domain::post::Role;
use peer_support_domain::safe_wording;
use peer_support_domain::site::SiteId;
use peer_support_domain::text::{ReasonName, ReasonText, StepText};
use peer_support_domain::wire::{Playbook, ReasonTemplate, Reasons, WrittenPlaybook, WrittenReasons};

use super::App;
use super::body::Body;
use super::params::Path;
use super::problem::Problem;
use super::session::{SignedIn, SignedInToWrite};

/// `GET /api/v1/console/sites/{site}/playbook`.
pub(super) async fn get_playbook(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedIn { moderator, .. }: SignedIn,
) -> Result<Json<WrittenPlaybook>, Problem> {
    app.site_for(&moderator, &site, Role::Viewer)?;
    Ok(Json(WrittenPlaybook { playbook: app.store.playbook(site).await? }))
}

/// `PUT /api/v1/console/sites/{site}/playbook`.
pub(super) async fn put_playbook(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(Playbook { green, amber, red }): Body<Playbook<StepText>>,
) -> Result<Json<WrittenPlaybook>, Problem> {
    app.site_for(&moderator, &site, Role::Lead)?;
    let steps = |colour: &str, steps: Vec<StepText>| {
        if !PLAYBOOK_STEPS.contains(&steps.len()) {
            let what = format!("has {} steps; expected at most {}", steps.len(), PLAYBOOK_STEPS.end());
            return Err(Problem::Field(colour.to_owned(), what));
        }
        Ok(steps.into_iter().map(StepText::into_string).collect())
    };
    let playbook =
        Playbook { green: steps("green", green)?, amber: steps("amber", amber)?, red: steps("red", red)? };
    app.store.put_playbook(site, playbook.clone(), moderator.id, app.clock.now_ms()).await?;
    Ok(Json(WrittenPlaybook { playbook: Some(playbook) }))
}

/// `GET /api/v1/console/sites/{site}/reasons`.
pub(super) async fn get_reasons(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedIn { moderator, .. }: SignedIn,
) -> Result<Json<WrittenReasons>, Problem> {
    app.site_for(&moderator, &site, Role::Viewer)?;
    Ok(Json(WrittenReasons { reasons: app.store.reasons(site).await? }))
}

/// `PUT /api/v1/console/sites/{site}/reasons`: authors read them, so unsafe wording is refused.
pub(super) async fn put_reasons(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(Reasons { reasons }): Body<Reasons<ReasonName, ReasonText>>,
) -> Result<Json<WrittenReasons>, Problem> {
    app.site_for(&moderator, &site, Role::Lead)?;
    if !REASON_TEMPLATES.contains(&reasons.len()) {
        let what = format!("has {} reasons; expected at most {}", reasons.len(), REASON_TEMPLATES.end());
        return Err(Problem::Field("reasons".to_owned(), what));
    }
    let reasons: Vec<ReasonTemplate> = reasons
        .into_iter()
        .map(|reason| ReasonTemplate { name: reason.name.into_string(), text: reason.text.into_string() })
        .collect();
    for (place, reason) in reasons.iter().enumerate() {
        if let Some(finding) = safe_wording::findings(&reason.text).first() {
            return Err(Problem::Field(format!("reasons[{place}].text"), finding.to_string()));
        }
    }
    app.store.put_reasons(site, reasons.clone(), moderator.id, app.clock.now_ms()).await?;
    Ok(Json(WrittenReasons { reasons: Some(reasons) }))
}
