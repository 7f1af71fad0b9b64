//! Cards: what moderators pin above the posts of a site, and which sites there are to write to.

use axum::Json;
use axum::extract::State;
use peer_support_domain::limits::CARDS;
use peer_support_domain::post::Role;
use peer_support_domain::site::SiteId;
use peer_support_domain::text::{CardText, CardTitle};
use peer_support_domain::wire::{Card, Cards, ConsoleSite};

use super::App;
use super::body::Body;
use super::params::Path;
use super::problem::Problem;
use super::session::{SignedIn, SignedInToWrite};

/// `GET /api/v1/console/sites`: the sites of this server on which the moderator has a role.
pub(super) async fn get_sites(
    State(app): State<App>,
    SignedIn { moderator, .. }: SignedIn,
) -> Json<Vec<ConsoleSite>> {
    let sites = app.sites.iter().filter_map(|site| {
        Some(ConsoleSite {
            id: site.id.clone(),
            name: site.name.clone(),
            role: moderator.roles.on(&site.id)?,
            topics: site.topics.clone(),
        })
    });
    Json(sites.collect())
}

/// `GET /api/v1/console/sites/{site}/cards`.
pub(super) async fn get_cards(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedIn { moderator, .. }: SignedIn,
) -> Result<Json<Cards>, Problem> {
    app.site_for(&moderator, &site, Role::Viewer)?;
    Ok(Json(Cards { cards: app.store.cards(site).await?.unwrap_or_default() }))
}

/// `PUT /api/v1/console/sites/{site}/cards`: the whole list; what is not in it is gone.
pub(super) async fn put_cards(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(Cards { cards }): Body<Cards<CardTitle, CardText>>,
) -> Result<Json<Cards>, Problem> {
    app.site_for(&moderator, &site, Role::Lead)?;
    if !CARDS.contains(&cards.len()) {
        let what = format!("has {} cards; expected at most {}", cards.len(), CARDS.end());
        return Err(Problem::Field("cards".to_owned(), what));
    }
    let cards: Vec<Card> = cards
        .into_iter()
        .map(|card| Card {
            kind: card.kind,
            title: card.title.into_string(),
            text: card.text.into_string(),
            lang: card.lang,
        })
        .collect();
    app.store.put_cards(site, cards.clone(), Some(moderator.id), app.clock.now_ms()).await?;
    Ok(Json(Cards { cards }))
}
