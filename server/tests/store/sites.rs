use peer_support_domain::coverage::{Forced, ForcedRule};
use peer_support_domain::delivery::Occasion;
use peer_support_domain::limits::LATE_NOTICE_EVERY_MS;
use peer_support_domain::post::Decision;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{Playbook, ReasonTemplate, SiteSetting};
use peer_support_server::store::{self, SiteSettings};

use crate::subject::*;

fn demo() -> SiteId {
    "demo".parse().unwrap()
}

#[tokio::test]
async fn what_was_changed_last_holds_and_all_of_it_is_recorded_for_good() {
    each_store(async |store| {
        let moderator = store.moderator().await;
        let forced = Forced { rule: ForcedRule::ReadOnly, until: START + 60 * MINUTE };
        let changes = [
            (SiteSetting::Sensitive(true), None),
            (SiteSetting::Forced(forced), Some(moderator.id)),
            (SiteSetting::Sensitive(false), Some(moderator.id)),
            (SiteSetting::Unforced, Some(moderator.id)),
            (SiteSetting::Forced(forced), None),
        ];
        assert_eq!(store.site_settings(demo()).await.unwrap(), SiteSettings::default());

        let mut held = Vec::new();
        for (n, (what, who)) in (0..).zip(changes) {
            store.change_site(demo(), what, who, START + n).await.unwrap();
            let settings = store.site_settings(demo()).await.unwrap();
            held.push((settings.forced.is_some(), settings.is_sensitive));
        }

        assert_eq!(held, [(false, true), (true, true), (true, false), (false, false), (true, false)]);
        assert_eq!(store.site_settings(demo()).await.unwrap().forced, Some(forced));
        let other = "other".parse().unwrap();
        assert_eq!(store.site_settings(other).await.unwrap(), SiteSettings::default());
        let recorded = store.site_changes(demo()).await.unwrap();
        let what: Vec<_> = recorded.iter().rev().map(|change| change.what).collect();
        assert_eq!(what, changes.map(|(what, _)| what));
        assert_eq!((&recorded[0].by, &recorded[1].by), (&None, &Some(moderator.name)));
        for change in ["update site_changes set changed_at = 0", "delete from site_changes"] {
            assert!(store.execute(change).await.is_err(), "{change}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_waits_is_told_with_since_when_and_of_its_site_alone() {
    each_store(async |store| {
        store.added(story(1)).await;
        store.added(story(2)).await;
        store.added(published(story(3))).await;
        store.edit_own(recovery(3), edit("A newer text, which waits.")).await.unwrap();
        store.decided(item(2), Decision::Approve).await.unwrap();

        let waiting = store.waiting(demo(), 9).await.unwrap();

        assert_eq!(waiting, [START + MINUTE, edit("").at]);
        assert_eq!(store.waiting(demo(), 1).await.unwrap().len(), 1);
        assert!(store.waiting("other".parse().unwrap(), 9).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_team_is_told_that_items_wait_once_an_hour_at_most() {
    each_store(async |store| {
        assert!(store.notice_late(demo(), START).await.unwrap());
        assert!(!store.notice_late(demo(), START + LATE_NOTICE_EVERY_MS - 1).await.unwrap());
        assert!(store.notice_late("other".parse().unwrap(), START).await.unwrap());
        assert!(store.notice_late(demo(), START + LATE_NOTICE_EVERY_MS).await.unwrap());

        let notices = store.notices(9).await.unwrap();
        assert_eq!(notices.len(), 3);
        assert!(notices.iter().all(|notice| (notice.occasion, notice.item) == (Occasion::Late, None)));
    })
    .await;
}

#[tokio::test]
async fn what_a_site_wrote_is_what_was_put_last() {
    each_store(async |store| {
        let moderator = store.moderator().await.id;
        let steps = |red: &[&str]| Playbook {
            green: Vec::new(),
            amber: vec!["Read it twice.".to_owned()],
            red: red.iter().map(|step| (*step).to_owned()).collect(),
        };
        let reason = |name: &str| ReasonTemplate {
            name: name.to_owned(),
            text: "Thank you.\nTab\t“\\”.".to_owned(),
        };
        assert_eq!(
            (store.playbook(demo()).await.unwrap(), store.reasons(demo()).await.unwrap()),
            (None, None)
        );

        for red in [&["Breathe.", "Pass it on."][..], &["Pass it on."]] {
            store.put_playbook(demo(), steps(red), moderator, START).await.unwrap();
            assert_eq!(store.playbook(demo()).await.unwrap(), Some(steps(red)));
        }
        for reasons in [vec![reason("b"), reason("a")], vec![reason("a")], Vec::new()] {
            store.put_reasons(demo(), reasons.clone(), moderator, START).await.unwrap();
            assert_eq!(store.reasons(demo()).await.unwrap(), Some(reasons));
        }

        assert_eq!(store.playbook("other".parse().unwrap()).await.unwrap(), None);
        assert_eq!(store.site_changes(demo()).await.unwrap().len(), 5, "each is recorded");
    })
    .await;
}

#[tokio::test]
async fn a_copy_brings_what_holds_and_its_record_along() {
    each_store(async |store| {
        let forced = Forced { rule: ForcedRule::HoldAll, until: START + 60 * MINUTE };
        store.change_site(demo(), SiteSetting::Forced(forced), None, START).await.unwrap();
        store.change_site(demo(), SiteSetting::Sensitive(true), None, START).await.unwrap();
        store.notice_late(demo(), START).await.unwrap();
        let moderator = store.moderator().await.id;
        let reasons = vec![ReasonTemplate { name: "Names".to_owned(), text: "Thank\tyou.\\N".to_owned() }];
        store.put_reasons(demo(), reasons.clone(), moderator, START).await.unwrap();
        let copy = store.folder.path().join("sites-copy");
        store.backup(&copy, terms()).await.unwrap();

        for target in [sqlite().await, postgres().await] {
            store::restore(&target.address, &copy, START, false).await.unwrap();
            let restored = target.reopened().await;

            let expected = SiteSettings { forced: Some(forced), is_sensitive: true, asks_two: false };
            assert_eq!(restored.site_settings(demo()).await.unwrap(), expected);
            assert_eq!(restored.site_changes(demo()).await.unwrap().len(), 3);
            assert_eq!(restored.reasons(demo()).await.unwrap(), Some(reasons.clone()));
            assert!(!restored.notice_late(demo(), START + 1).await.unwrap());
            restored.close().await;
        }
    })
    .await;
}
