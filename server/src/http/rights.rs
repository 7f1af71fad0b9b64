//! What a moderator may do: with an item, by the role on its site; with a site; or with all sites where they have a role.
//!
//! Where somebody has no role, nothing is there for them: what they ask for is answered as what never was.

use peer_support_domain::id::ItemId;
use peer_support_domain::post::Role;
use peer_support_domain::roles::Reach;
use peer_support_domain::site::SiteId;

use super::App;
use super::problem::Problem;
use crate::config::Site;
use crate::store::Moderator;

impl Moderator {
    /// Refuses whoever has less than the role `least` on `site`, and hides the site from who has none; `absent` says so.
    fn must_be(&self, least: Role, site: &SiteId, absent: Problem) -> Result<(), Problem> {
        match self.roles.on(site) {
            None => Err(absent),
            Some(role) if role < least => Err(Problem::Role),
            Some(_) => Ok(()),
        }
    }

    /// The sites on which they have the role `least`.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(super) fn reach(&self, least: Role) -> Result<Reach, Problem> {
        match self.roles.reach(least) {
            Reach::Sites(sites) if sites.is_empty() && least > Role::Viewer => Err(Problem::Role),
            reach => Ok(reach),
        }
    }
}

impl App {
    /// The site `site` of this server, for a moderator who has the role `least` on it.
    pub(super) fn site_for(
        &self,
        moderator: &Moderator,
        site: &SiteId,
        least: Role,
    ) -> Result<&Site, Problem> {
        moderator.must_be(least, site, Problem::UnknownSite)?;
        self.sites.get(site).ok_or(Problem::UnknownSite)
    }

    /// The site of an item, for a moderator who has the role `least` on it. An item stays where it was written, so this
    /// holds for what is done next.
    pub(super) async fn item_for(
        &self,
        moderator: &Moderator,
        item: ItemId,
        least: Role,
    ) -> Result<SiteId, Problem> {
        let site = self.store.home_of(item).await?.ok_or(Problem::UnknownItem)?;
        moderator.must_be(least, &site, Problem::UnknownItem)?;
        Ok(site)
    }
}
