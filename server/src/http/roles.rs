//! Who has which role on a site, and giving and taking them.

use axum::Json;
use axum::extract::State;
use peer_support_domain::limits::ACCOUNT_NAME_CHARS;
use peer_support_domain::post::Role;
use peer_support_domain::roles::NotGiven;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{AccountRole, PutRole, SiteRoles};

use super::App;
use super::body::Body;
use super::params::Path;
use super::problem::Problem;
use super::session::{SignedIn, SignedInToWrite};
use crate::store::{ModeratorId, NewRole, RoleChanged};

/// `GET /api/v1/console/sites/{site}/roles`.
pub(super) async fn get_roles(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedIn { moderator, .. }: SignedIn,
) -> Result<Json<SiteRoles>, Problem> {
    app.site_for(&moderator, &site, Role::Admin)?;
    app.roles_on(&site, moderator.id).await
}

/// `PUT /api/v1/console/sites/{site}/roles`: gives, changes or takes away one role. What was taken away ends at once, also in
/// sessions that are open.
pub(super) async fn put_role(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(PutRole { name, role }): Body<PutRole>,
) -> Result<Json<SiteRoles>, Problem> {
    app.site_for(&moderator, &site, Role::Admin)?;
    let name = name.trim().to_owned();
    let n_chars = name.chars().count();
    if !ACCOUNT_NAME_CHARS.contains(&n_chars) {
        let (min, max) = ACCOUNT_NAME_CHARS.into_inner();
        let what = format!("has {n_chars} characters; expected {min} to {max}");
        return Err(Problem::Field("name".to_owned(), what));
    }
    let at = app.clock.now_ms();
    let new = NewRole { name, site: Some(site.clone()), role, by: Some(moderator.id), at };
    match app.store.set_role(new).await? {
        RoleChanged::Done(_) => app.roles_on(&site, moderator.id).await,
        // What nobody has is taken from nobody, whether or not another site's team has an account of this name.
        RoleChanged::NoSuchAccount if role.is_none() => app.roles_on(&site, moderator.id).await,
        RoleChanged::NoSuchAccount => Err(Problem::UnknownAccount),
        // They were an admin when they asked.
        RoleChanged::NotGiven(NotGiven::NoAdmin) => Err(Problem::Role),
        RoleChanged::NotGiven(not_given) => Err(Problem::RoleNotGiven(not_given)),
    }
}

impl App {
    async fn roles_on(&self, site: &SiteId, asks: ModeratorId) -> Result<Json<SiteRoles>, Problem> {
        let accounts = self.store.moderators().await?.into_iter().filter_map(|account| {
            Some(AccountRole {
                role: account.roles.on(site)?,
                is_everywhere: account.roles.everywhere.is_some(),
                is_yours: account.id == asks,
                name: account.name,
            })
        });
        Ok(Json(SiteRoles { accounts: accounts.collect() }))
    }
}
