//! Fire drills: made-up items in a site's queue, for its leads and admins.
//!
//! Whoever works at the desk cannot tell them by anything that a route answers: each is stored as a post of a visitor is.

use axum::Json;
use axum::extract::State as FromState;
use axum::http::StatusCode;
use peer_support_domain::drill::Urgency;
use peer_support_domain::id::{AuthorTag, ItemId, RecoveryHash};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::{Kind, Role, State};
use peer_support_domain::site::{SiteId, TopicId};
use peer_support_domain::wire::{Drills, NewDrill};

use super::App;
use super::body::Body;
use super::params::Path;
use super::problem::Problem;
use super::session::{SignedIn, SignedInToWrite};
use crate::config::Site;
use crate::drill::{self, MadeUp};
use crate::store::{self, NewDrillItem, NewItem, Place};

const MINUTE_MS: i64 = 60 * 1_000;

/// `GET /api/v1/console/sites/{site}/drills`.
pub(super) async fn get_drills(
    FromState(app): FromState<App>,
    Path(site): Path<SiteId>,
    SignedIn { moderator, .. }: SignedIn,
) -> Result<Json<Drills>, Problem> {
    app.site_for(&moderator, &site, Role::Lead)?;
    app.store.end_drills(app.clock.now_ms(), false).await?;
    app.drills(site).await
}

/// `POST /api/v1/console/sites/{site}/drills`: begins one. Its items come at once, and the team is alerted as it would be.
pub(super) async fn post_drill(
    FromState(app): FromState<App>,
    Path(site): Path<SiteId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(new): Body<NewDrill>,
) -> Result<(StatusCode, Json<Drills>), Problem> {
    let site = app.site_for(&moderator, &site, Role::Lead)?;
    new.check().map_err(|invalid| Problem::Field(invalid.field.to_owned(), invalid.what))?;
    if !drill::languages().contains(&new.lang) {
        return Err(Problem::Field("lang".to_owned(), "there are no texts in this language".to_owned()));
    }
    let texts = drill::draw(&new.lang, new.n_red, new.n_amber, &app.random);
    for (field, urgency, n) in [("n_red", Urgency::Red, new.n_red), ("n_amber", Urgency::Amber, new.n_amber)]
    {
        let n_there = texts.iter().filter(|text| text.urgency == urgency).count();
        if n_there < n {
            let what = format!("there are {n_there} such texts in this language");
            return Err(Problem::Field(field.to_owned(), what));
        }
    }
    let at = app.clock.now_ms();
    app.store.end_drills(at, false).await?;
    let drill = store::NewDrill {
        site: site.id.clone(),
        items: texts.into_iter().map(|text| app.made_up(site, text)).collect(),
        by: moderator.id,
        at,
        until: at + i64::from(new.minutes) * MINUTE_MS,
    };
    if !app.store.begin_drill(drill).await? {
        return Err(Problem::DrillRuns);
    }
    app.outbox.ring();
    Ok((StatusCode::CREATED, app.drills(site.id.clone()).await?))
}

/// `DELETE /api/v1/console/sites/{site}/drills`: ends the one that is running. When it answers, its items are gone.
pub(super) async fn delete_drill(
    FromState(app): FromState<App>,
    Path(site): Path<SiteId>,
    SignedInToWrite(moderator): SignedInToWrite,
) -> Result<Json<Drills>, Problem> {
    app.site_for(&moderator, &site, Role::Lead)?;
    app.store.stop_drill(site.clone(), moderator.id, app.clock.now_ms()).await?;
    app.drills(site).await
}

impl App {
    async fn drills(&self, site: SiteId) -> Result<Json<Drills>, Problem> {
        Ok(Json(Drills { drills: self.store.drills(site).await?, languages: drill::languages() }))
    }

    /// A post as a visitor of the site could send it. Its words are read for signals as theirs are; the checks that compare what
    /// comes with what came do not see it, because they would then find it in what visitors send.
    fn made_up(&self, site: &Site, MadeUp { lang, urgency, expected, text }: MadeUp) -> NewDrillItem {
        let item = NewItem {
            id: ItemId::from_bits(u64::from_be_bytes(self.random.bytes())),
            place: Place::Post { site: site.id.clone(), kind: Kind::Story, topic: self.some_topic(site) },
            flags: self.words.flags(&text, Some(&lang)),
            text,
            lang: Some(lang),
            notes: ContentNotes::default(),
            author: Some(AuthorTag::from_bytes(self.random.bytes())),
            recovery: RecoveryHash::from_bytes(self.random.bytes()),
            created_at: self.clock.minute_ms(),
            state: State::Held,
            publish_after_approvals: 0,
            is_example: false,
            owner: None,
        };
        NewDrillItem { item, urgency, expected }
    }

    /// One of the topics of a site, and none for people who died.
    fn some_topic(&self, site: &Site) -> TopicId {
        let topics = site.topics.iter().map(|topic| &topic.id);
        let open: Vec<_> = topics.filter(|id| !site.memorial_topics.contains(id)).collect();
        let n = usize::from(u16::from_be_bytes(self.random.bytes()));
        let chosen = open.get(n % open.len().max(1)).copied();
        chosen.unwrap_or_else(|| &site.topics[0].id).clone()
    }
}
