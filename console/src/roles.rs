//! What whoever is signed in may do, and on which site.

use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::post::Role;
use peer_support_domain::site::SiteId;

use crate::api;
use crate::locale::tr;
use crate::work::{Door, Work};

impl Work {
    /// Asks for the sites anew, and what may be done on each.
    pub(crate) fn look_for_sites(self) {
        spawn_local(async move {
            // Until it is answered, and where it fails, the page shows what the account may do anywhere; the server refuses the
            // rest.
            if let Ok(sites) = api::sites().await {
                if self.site.with_untracked(|chosen| {
                    chosen.as_ref().is_some_and(|chosen| !sites.iter().any(|site| site.id == *chosen))
                }) {
                    self.site.set(None);
                }
                self.sites.set(sites);
            }
        });
    }

    /// Shows what waits on one site, or on all.
    pub fn choose_site(self, site: Option<SiteId>) {
        self.site.set(site);
        self.reload();
    }

    /// The most that may be done on any site.
    pub(crate) fn most(self) -> Option<Role> {
        self.door.with(|door| match door {
            Door::Open(session) => session.role,
            _ => None,
        })
    }

    /// What may be done on a site.
    pub(crate) fn role_on(self, site: &SiteId) -> Option<Role> {
        let known =
            self.sites.with(|sites| sites.iter().find(|known| known.id == *site).map(|site| site.role));
        // Of a site that the server does not name any more, who has a role for all sites sees what is left.
        known.or_else(|| self.most())
    }

    /// Whether whoever is signed in may decide about what is read.
    pub fn may_decide(self) -> bool {
        let site = self.desk.with(|desk| desk.reading().map(|reading| reading.item.site.clone()));
        let role = site.map_or_else(|| self.most(), |site| self.role_on(&site));
        role >= Some(Role::Moderator)
    }

    /// Whether there is a site for which whoever is signed in may write cards and posts of the owner.
    pub fn may_write_for_everyone(self) -> bool {
        self.most() >= Some(Role::Lead)
    }
}

/// What a role is called.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Viewer => tr!("role-viewer"),
        Role::Moderator => tr!("role-moderator"),
        Role::Lead => tr!("role-lead"),
        Role::Admin => tr!("role-admin"),
    }
}
