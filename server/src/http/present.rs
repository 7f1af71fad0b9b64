//! What holds on a site now, and what its team may change about that.

use axum::Json;
use axum::extract::State;
use peer_support_domain::coverage::Present;
use peer_support_domain::limits::FORCED_RULE_MS;
use peer_support_domain::line_report::Day;
use peer_support_domain::post::Role;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{self, CalendarDay, PutForced, PutSensitive, SitePresent, SiteSetting};

use super::App;
use super::body::Body;
use super::params::Path;
use super::problem::Problem;
use super::session::{SignedIn, SignedInToWrite};
use crate::config::Site;
use crate::store::{ModeratorId, StoreError};

/// Days of the calendar: this week and the next.
const CALENDAR_DAYS: i32 = 14;

impl App {
    /// What holds on a site now.
    pub(super) async fn present(&self, site: &Site) -> Result<Present, StoreError> {
        let settings = self.store.site_settings(site.id.clone()).await?;
        Ok(site.present(&settings, self.clock.now_ms()))
    }

    /// What visitors are told of a site now.
    pub(super) async fn shown(&self, site: &Site, present: &Present) -> Result<wire::Site, StoreError> {
        Ok(wire::Site {
            id: site.id.clone(),
            name: site.name.clone(),
            topics: site.topics.clone(),
            decision_target_ms: site.target_of(present),
            mode: present.mode,
            is_staffed: present.is_staffed,
            changes_at: present.until,
            is_sensitive: present.is_sensitive,
            closed_topics: site.closed_topics(present).to_vec(),
            cards: self.store.cards(site.id.clone()).await?.unwrap_or_default(),
        })
    }

    async fn site_present(&self, site: &Site) -> Result<SitePresent, StoreError> {
        let now = self.clock.now_ms();
        let settings = self.store.site_settings(site.id.clone()).await?;
        let present = site.present(&settings, now);
        let calendar = site.coverage.as_ref().map_or_else(Vec::new, |hours| {
            let today = Day::of_ms(hours.local_ms(now).unwrap_or(now)).since_epoch();
            // The epoch was a Thursday.
            let monday = today - (today + 3).rem_euclid(7);
            let days = (monday..monday + CALENDAR_DAYS).filter_map(Day::from_since_epoch);
            let day = |day: Day| CalendarDay {
                day,
                hours: hours.coverage.on(day).to_string(),
                is_exception: hours.coverage.exceptions.contains_key(&day),
                is_today: day.since_epoch() == today,
            };
            days.map(day).collect()
        });
        Ok(SitePresent {
            shown: self.shown(site, &present).await?,
            holds_all: present.holds_all,
            asks_two: settings.asks_two,
            forced: settings.forced.filter(|forced| forced.until > now),
            zone: site.coverage.as_ref().map(|hours| hours.coverage.zone.to_string()),
            calendar,
            changes: self.store.site_changes(site.id.clone()).await?,
        })
    }

    pub(super) async fn change_site(
        &self,
        site: &SiteId,
        what: SiteSetting,
        moderator: ModeratorId,
    ) -> Result<Json<SitePresent>, Problem> {
        let site = self.sites.get(site).ok_or(Problem::UnknownSite)?;
        let now = self.clock.now_ms();
        self.store.change_site(site.id.clone(), what, Some(moderator), now).await?;
        Ok(Json(self.site_present(site).await?))
    }
}

/// `GET /api/v1/console/sites/{site}/present`.
pub(super) async fn get_present(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedIn { moderator, .. }: SignedIn,
) -> Result<Json<SitePresent>, Problem> {
    let site = app.site_for(&moderator, &site, Role::Viewer)?;
    Ok(Json(app.site_present(site).await?))
}

/// `PUT /api/v1/console/sites/{site}/forced`: a rule in the place of what the hours say, until a moment; or the hours again.
pub(super) async fn put_forced(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(PutForced { forced }): Body<PutForced>,
) -> Result<Json<SitePresent>, Problem> {
    app.site_for(&moderator, &site, Role::Admin)?;
    let now = app.clock.now_ms();
    if let Some(forced) = forced
        && !(now + 1..=now + FORCED_RULE_MS).contains(&forced.until)
    {
        let what = "is not within the next 31 days; for longer, change the configuration".to_owned();
        return Err(Problem::Field("forced.until".to_owned(), what));
    }
    let what = forced.map_or(SiteSetting::Unforced, SiteSetting::Forced);
    app.change_site(&site, what, moderator.id).await
}

/// `PUT /api/v1/console/sites/{site}/sensitive`: begins or ends a sensitive period.
pub(super) async fn put_sensitive(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(PutSensitive { is_sensitive }): Body<PutSensitive>,
) -> Result<Json<SitePresent>, Problem> {
    app.site_for(&moderator, &site, Role::Lead)?;
    app.change_site(&site, SiteSetting::Sensitive(is_sensitive), moderator.id).await
}
