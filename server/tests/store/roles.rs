//! What accounts may do, on all sites or on one.

use futures_util::future::join_all;
use peer_support_domain::account::AccountEvent;
use peer_support_domain::desk::DeskChange;
use peer_support_domain::post::{Kind, Role};
use peer_support_domain::report::ReportReason;
use peer_support_domain::roles::{NotGiven, Reach, Roles};
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::DeskNews;
use peer_support_server::store::{
    AtDesk, Claimed, HandedOver, Hiding, Moderator, ModeratorId, NewClaim, NewHandOver, NewItem, NewReport,
    NewRole, Place, RoleChanged, Store,
};

use crate::subject::*;

/// Changes of roles that stand in the audit log.
const RECORDED: &str = "select n from audit where act = 'role-changed'";

fn site(id: &str) -> SiteId {
    id.parse().unwrap()
}

fn at(sites: &[&str]) -> Reach {
    Reach::Sites(sites.iter().map(|id| site(id)).collect())
}

/// A held story on another site than the demo.
fn story_elsewhere(n: u64) -> NewItem {
    let place = Place::Post { site: site("other"), kind: Kind::Story, topic: "low-mood".parse().unwrap() };
    NewItem { place, ..story(n) }
}

impl Subject {
    /// An account whose only role is this one, on this site.
    async fn only(&self, name: &str, on: &str, role: Role) -> Moderator {
        self.add_account(name.into(), None, START).await.unwrap().unwrap();
        match self.given(name, on, Some(role), None).await {
            RoleChanged::Done(account) => account,
            other => panic!("{other:?}"),
        }
    }

    async fn given(&self, name: &str, on: &str, role: Option<Role>, by: Option<ModeratorId>) -> RoleChanged {
        let new = NewRole { name: name.into(), site: Some(site(on)), role, by, at: START };
        self.set_role(new).await.unwrap()
    }

    async fn given_everywhere(&self, name: &str, role: Option<Role>) -> RoleChanged {
        let new = NewRole { name: name.into(), site: None, role, by: None, at: START };
        self.set_role(new).await.unwrap()
    }

    /// The roles that the session of `name` has, which is signed in by it.
    async fn signed_in(&self, name: &str, n: u64) -> Roles {
        self.add_sign_in_code(name.into(), secret(n), START, START + MINUTE).await.unwrap();
        let opened = self.sign_in(secret(n), session(n + 100, START, START + 60 * MINUTE)).await.unwrap();
        opened.unwrap().moderator.roles
    }

    async fn roles_of_session(&self, n: u64) -> Option<Roles> {
        let session = Store::session(&**self, secret(n + 100), START).await.unwrap();
        session.map(|session| session.moderator.roles)
    }
}

#[tokio::test]
async fn a_role_is_told_wherever_its_account_is() {
    each_store(async |store| {
        let ada = store.only("Ada", "demo", Role::Lead).await;
        store.given("Ada", "other", Some(Role::Viewer), None).await;
        store.add_moderator("Sam".into(), Role::Moderator, START).await.unwrap().unwrap();

        let signed_in = store.signed_in("Ada", 1).await;

        assert_eq!(ada.roles, Roles { everywhere: None, by_site: [(site("demo"), Role::Lead)].into() });
        let both = [(site("demo"), Role::Lead), (site("other"), Role::Viewer)].into();
        assert_eq!(signed_in, Roles { everywhere: None, by_site: both });
        let listed = store.moderators().await.unwrap();
        assert_eq!(listed[0].roles, signed_in);
        assert_eq!(listed[1].roles, Roles::everywhere(Role::Moderator));
        assert_eq!(store.roles_of_session(1).await, Some(signed_in));
    })
    .await;
}

#[tokio::test]
async fn who_has_roles_on_some_sites_finds_what_waits_on_those_and_pages_through_it_in_order() {
    each_store(async |store| {
        for n in 0..9 {
            let new = if n % 3 == 0 { story_elsewhere(n) } else { story(n) };
            store.added(new).await;
        }
        // All at one moment, so that only the order of the rows tells them apart.
        for n in 10..16 {
            let new = if n % 2 == 0 { story_elsewhere(n) } else { story(n) };
            store.added(NewItem { created_at: START, ..new }).await;
        }
        let ids = async |reach: Reach, limit| {
            let mut ids = Vec::new();
            let mut after = None;
            loop {
                let page = Store::queue(&**store, reach.clone(), after, limit).await.unwrap();
                ids.extend(page.items.iter().map(|queued| queued.id));
                after = page.next;
                if after.is_none() {
                    return ids;
                }
            }
        };
        let all = ids(Reach::Everywhere, 100).await;
        let there = ids(at(&["other"]), 100).await;
        let here: Vec<_> = all.iter().copied().filter(|id| !there.contains(id)).collect();

        assert_eq!((all.len(), there.len()), (15, 6));
        assert!(all.iter().copied().filter(|id| there.contains(id)).eq(there.iter().copied()));
        for limit in [1, 2, 100] {
            assert_eq!(ids(at(&["demo"]), limit).await, here);
            assert_eq!(ids(at(&["other"]), limit).await, there);
            assert_eq!(ids(at(&["other", "demo", "nowhere"]), limit).await, all);
            assert_eq!(ids(at(&[]), limit).await, []);
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_taken_away_ends_at_once() {
    each_store(async |store| {
        store.added(story(1)).await;
        store.added(story_elsewhere(2)).await;
        let ada = store.only("Ada", "demo", Role::Moderator).await;
        store.given("Ada", "other", Some(Role::Moderator), None).await;
        store.signed_in("Ada", 1).await;
        for n in 1..3 {
            let claim = NewClaim { item: item(n), moderator: ada.id, takes_over: false, at: START };
            assert!(matches!(store.claim(claim).await.unwrap().unwrap(), Claimed::Yours(_)));
        }
        let mut desk = store.listen_at_desk().await.unwrap();

        store.given("Ada", "demo", Some(Role::Viewer), None).await;

        let freed = DeskNews { item: item(1), what: DeskChange::Freed };
        assert_eq!(desk.next().await, Some(AtDesk { site: site("demo"), news: freed }));
        assert_eq!(store.rows("select * from claims").await.len(), 1, "the other one is still theirs");
        let left = store.roles_of_session(1).await.unwrap();
        assert_eq!(left.on(&site("demo")), Some(Role::Viewer));

        store.given("Ada", "demo", None, None).await;
        assert_eq!(store.roles_of_session(1).await.unwrap().on(&site("demo")), None);

        store.given("Ada", "other", None, None).await;
        assert_eq!(store.roles_of_session(1).await, None, "the session ends with the last role");
        assert_eq!(store.rows("select * from claims").await.len(), 0);
        let events = store.account(ada.id).await.unwrap().events;
        let n_changes = events.iter().filter(|(event, _)| *event == AccountEvent::RolesChanged).count();
        assert_eq!(n_changes, 5, "{events:?}");
    })
    .await;
}

#[tokio::test]
async fn a_role_for_all_sites_is_given_and_taken_by_a_command_alone() {
    each_store(async |store| {
        let grace = store.add_moderator("Grace".into(), Role::Admin, START).await.unwrap().unwrap();
        let ada = store.only("Ada", "demo", Role::Admin).await;

        let by_ada = store.given("Grace", "demo", Some(Role::Viewer), Some(ada.id)).await;
        let by_command = store.given_everywhere("Grace", Some(Role::Lead)).await;
        let nobody = store.given_everywhere("Nobody", Some(Role::Lead)).await;

        assert_eq!(by_ada, RoleChanged::NotGiven(NotGiven::Everywhere));
        assert_eq!(
            by_command,
            RoleChanged::Done(Moderator { roles: Roles::everywhere(Role::Lead), ..grace.clone() })
        );
        assert_eq!(nobody, RoleChanged::NoSuchAccount);
        store.signed_in("Grace", 1).await;
        store.given_everywhere("Grace", None).await;
        assert_eq!(store.roles_of_session(1).await, None);
    })
    .await;
}

#[tokio::test]
async fn nobody_makes_themself_more_or_gives_anything_where_they_are_no_admin() {
    each_store(async |store| {
        let ada = store.only("Ada", "demo", Role::Admin).await;
        let lead = store.only("Lea", "demo", Role::Lead).await;
        store.only("Sam", "other", Role::Viewer).await;

        for (name, on, by, why) in [
            ("Ada", "demo", &ada, NotGiven::Own),
            ("Ada", "other", &ada, NotGiven::NoAdmin),
            ("Sam", "other", &ada, NotGiven::NoAdmin),
            ("Lea", "demo", &lead, NotGiven::NoAdmin),
            ("Sam", "demo", &lead, NotGiven::NoAdmin),
        ] {
            let refused = store.given(name, on, Some(Role::Admin), Some(by.id)).await;
            assert_eq!(refused, RoleChanged::NotGiven(why), "{} for {name} on {on}", by.name);
        }
        assert!(matches!(
            store.given("Sam", "demo", Some(Role::Viewer), Some(ada.id)).await,
            RoleChanged::Done(_)
        ));
        assert_eq!(store.rows(RECORDED).await.len(), 4, "what was refused left nothing");
    })
    .await;
}

#[tokio::test]
async fn of_two_admins_who_take_each_others_role_away_one_is_left() {
    each_store(async |store| {
        let ada = store.only("Ada", "demo", Role::Admin).await;
        let eve = store.only("Eve", "demo", Role::Admin).await;

        let both = join_all([
            store.given("Eve", "demo", None, Some(ada.id)),
            store.given("Ada", "demo", None, Some(eve.id)),
        ])
        .await;

        let n_done = both.iter().filter(|changed| matches!(changed, RoleChanged::Done(_))).count();
        assert_eq!(n_done, 1, "{both:?}");
        let left = store.moderators().await.unwrap();
        let n_admins = left.iter().filter(|account| account.roles.on(&site("demo")).is_some()).count();
        assert_eq!(n_admins, 1);
    })
    .await;
}

#[tokio::test]
async fn an_item_is_handed_to_who_may_decide_on_its_site_alone() {
    each_store(async |store| {
        store.added(story(1)).await;
        let ada = store.only("Ada", "demo", Role::Moderator).await;
        store.only("Sam", "other", Role::Admin).await;
        store.only("Vic", "demo", Role::Viewer).await;
        store.only("Lea", "demo", Role::Lead).await;

        for (to, is_done) in [("Sam", false), ("Vic", false), ("Lea", true)] {
            let (to, note) = (Some(to.to_owned()), "For you".into());
            let new = NewHandOver { item: item(1), moderator: ada.id, to, note, at: START };
            let handed = store.hand_over(new).await.unwrap().unwrap();

            assert_eq!(matches!(handed, HandedOver::Done(_)), is_done, "{handed:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn reports_hide_nothing_where_a_moderator_of_that_site_is_there() {
    each_store(async |store| {
        store.added(published(story(1))).await;
        store.added(published(story_elsewhere(2))).await;
        store.see_moderator(at(&["demo"]), START).await.unwrap();
        store.see_moderator(at(&["demo"]), START - MINUTE).await.unwrap();

        for n in 1..3 {
            let report = NewReport {
                item: item(n),
                reporter: voter(1),
                reason: ReportReason::Danger,
                receipt: secret(n),
                at: START,
                has_force: true,
                hiding: Some(Hiding { n_reporters: 1, unless_seen_after: START - 1 }),
            };
            store.report(report).await.unwrap().unwrap();
        }

        assert!(store.post(item(1)).await.unwrap().is_some());
        assert!(store.post(item(2)).await.unwrap().is_none(), "who is there has no role on that site");
    })
    .await;
}

#[tokio::test]
async fn changes_of_roles_stay_as_they_were_recorded() {
    each_store(async |store| {
        store.only("Ada", "demo", Role::Admin).await;

        assert!(store.execute("update audit set why = 'viewer'").await.is_err());
        assert!(store.execute("delete from audit").await.is_err());
        assert_eq!(store.rows(RECORDED).await.len(), 1);
    })
    .await;
}
