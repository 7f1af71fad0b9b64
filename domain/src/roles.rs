//! What an account may do, and where: a role for each site, or one for all sites of the server.

use std::collections::BTreeMap;

use crate::post::Role;
use crate::site::SiteId;

/// The roles of one account. On a site counts the higher one of that site's and of that for all sites.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    /// The role for all sites, given by a command on the server.
    pub everywhere: Option<Role>,
    /// The roles for single sites.
    pub by_site: BTreeMap<SiteId, Role>,
}

/// The sites that somebody has to do with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of them, also those that the configuration does not name any more.
    Everywhere,
    /// These; perhaps none.
    Sites(Vec<SiteId>),
}

/// Why somebody may not change a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotGiven {
    /// They manage no accounts on this site.
    #[error("roles on a site are given by its admins")]
    NoAdmin,
    /// Nobody makes themself more, or leaves a site without anybody who could give the role back.
    #[error("nobody changes their own role")]
    Own,
    /// The account has its role for all sites, and only a command on the server changes that.
    #[error("the account has its role for all sites; a command on the server changes it")]
    Everywhere,
}

impl Roles {
    /// One role for all sites.
    pub fn everywhere(role: Role) -> Self {
        Self { everywhere: Some(role), by_site: BTreeMap::new() }
    }

    /// The role on a site; `None` for who has nothing to do with it, and is not to learn of it.
    pub fn on(&self, site: &SiteId) -> Option<Role> {
        self.everywhere.max(self.by_site.get(site).copied())
    }

    /// The most that it may do on any site.
    pub fn most(&self) -> Option<Role> {
        self.everywhere.max(self.by_site.values().copied().max())
    }

    /// The sites on which it has at least the role `least`.
    pub fn reach(&self, least: Role) -> Reach {
        if self.everywhere >= Some(least) {
            return Reach::Everywhere;
        }
        let sites = self.by_site.iter().filter(|(_, role)| **role >= least);
        Reach::Sites(sites.map(|(site, _)| site.clone()).collect())
    }

    /// Whether who has these roles may change what the account of `theirs` may do on `site`.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn may_change(&self, site: &SiteId, theirs: &Self, is_own: bool) -> Result<(), NotGiven> {
        if self.on(site) < Some(Role::Admin) {
            return Err(NotGiven::NoAdmin);
        }
        if is_own {
            return Err(NotGiven::Own);
        }
        if theirs.everywhere.is_some() {
            return Err(NotGiven::Everywhere);
        }
        Ok(())
    }
}

impl Reach {
    /// Whether this site belongs to it.
    pub fn has(&self, site: &SiteId) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Sites(sites) => sites.contains(site),
        }
    }

    /// As far as it is on this one site.
    pub fn only(self, site: SiteId) -> Self {
        let is_in = self.has(&site);
        Self::Sites(if is_in { vec![site] } else { Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(id: &str) -> SiteId {
        id.parse().unwrap()
    }

    fn on(id: &str, role: Role) -> Roles {
        Roles { everywhere: None, by_site: BTreeMap::from([(site(id), role)]) }
    }

    #[test]
    fn a_role_of_one_site_is_none_on_another() {
        let roles = on("demo", Role::Admin);

        assert_eq!(roles.on(&site("demo")), Some(Role::Admin));
        assert_eq!(roles.on(&site("other")), None);
        assert_eq!(roles.reach(Role::Viewer), Reach::Sites(vec![site("demo")]));
        assert_eq!(roles.most(), Some(Role::Admin));
        assert_eq!(Roles::default().most(), None);
        assert_eq!(Roles::default().reach(Role::Viewer), Reach::Sites(Vec::new()));
    }

    #[test]
    fn the_higher_one_of_two_roles_counts() {
        let roles = Roles { everywhere: Some(Role::Moderator), ..on("demo", Role::Lead) };

        assert_eq!(roles.on(&site("demo")), Some(Role::Lead));
        assert_eq!(roles.on(&site("other")), Some(Role::Moderator));
        assert_eq!(roles.reach(Role::Moderator), Reach::Everywhere);
        assert_eq!(roles.reach(Role::Lead), Reach::Sites(vec![site("demo")]));
        assert_eq!(Roles { everywhere: Some(Role::Admin), ..roles }.on(&site("demo")), Some(Role::Admin));
    }

    #[test]
    fn an_admin_changes_the_roles_of_others_on_their_own_site_and_nowhere_else() {
        let (admin, other) = (on("demo", Role::Admin), on("other", Role::Admin));
        let viewer = on("demo", Role::Viewer);

        assert_eq!(admin.may_change(&site("demo"), &viewer, false), Ok(()));
        assert_eq!(admin.may_change(&site("demo"), &other, false), Ok(()));
        assert_eq!(admin.may_change(&site("other"), &viewer, false), Err(NotGiven::NoAdmin));
        assert_eq!(admin.may_change(&site("demo"), &admin, true), Err(NotGiven::Own));
        for role in [Role::Viewer, Role::Moderator, Role::Lead] {
            assert_eq!(on("demo", role).may_change(&site("demo"), &viewer, false), Err(NotGiven::NoAdmin));
        }
    }

    #[test]
    fn a_role_for_all_sites_is_changed_on_the_server_alone() {
        let everywhere = Roles::everywhere(Role::Admin);

        assert_eq!(everywhere.may_change(&site("demo"), &on("demo", Role::Admin), false), Ok(()));
        assert_eq!(everywhere.may_change(&site("demo"), &everywhere, false), Err(NotGiven::Everywhere));
        let viewer = Roles::everywhere(Role::Viewer);
        assert_eq!(
            on("demo", Role::Admin).may_change(&site("demo"), &viewer, false),
            Err(NotGiven::Everywhere)
        );
    }

    #[test]
    fn a_reach_is_narrowed_to_a_site_that_is_in_it() {
        let demo = Reach::Sites(vec![site("demo")]);

        assert_eq!(Reach::Everywhere.only(site("demo")), demo);
        assert_eq!(demo.clone().only(site("demo")), demo);
        assert_eq!(demo.only(site("other")), Reach::Sites(Vec::new()));
    }
}
