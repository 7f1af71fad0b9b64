use peer_support_domain::card::CardKind;
use peer_support_domain::cursor::Order;
use peer_support_domain::wire::Card;
use peer_support_server::store::{self, NewItem};

use crate::subject::*;

fn card(kind: CardKind, title: &str) -> Card {
    Card { kind, title: title.into(), text: format!("{title}, and more.\nTab\t“\\”."), lang: None }
}

#[tokio::test]
async fn a_sites_cards_are_the_list_that_was_put_last() {
    each_store(async |store| {
        let moderator = store.moderator().await.id;
        let site = || "demo".parse().unwrap();
        assert_eq!(store.cards(site()).await.unwrap(), None);
        let first = vec![card(CardKind::Rules, "Be kind"), card(CardKind::Here, "Who is here")];
        let then = vec![
            Card { lang: Some("en-GB".parse().unwrap()), ..card(CardKind::Hours, "At night") },
            card(CardKind::Trusted, "Asking"),
            card(CardKind::Rules, "Be kind"),
        ];

        store.put_cards(site(), first.clone(), None, START).await.unwrap();
        assert_eq!(store.cards(site()).await.unwrap(), Some(first));
        store.put_cards(site(), then.clone(), Some(moderator), START + MINUTE).await.unwrap();
        assert_eq!(store.cards(site()).await.unwrap(), Some(then));
        store.put_cards(site(), Vec::new(), Some(moderator), START + 2 * MINUTE).await.unwrap();

        assert_eq!(
            store.cards(site()).await.unwrap(),
            Some(Vec::new()),
            "taken away, which is not never written"
        );
        assert_eq!(store.cards("other".parse().unwrap()).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn every_change_of_cards_is_recorded_for_good() {
    each_store(async |store| {
        let moderator = store.moderator().await.id;
        let cards = vec![card(CardKind::Rules, "Be kind")];
        store.put_cards("demo".parse().unwrap(), cards, Some(moderator), START).await.unwrap();
        store.put_cards("demo".parse().unwrap(), Vec::new(), Some(moderator), START + MINUTE).await.unwrap();

        let recorded =
            store.rows("select moderator_key, n_cards, changed_at from card_changes order by key").await;

        let told: Vec<String> = recorded.iter().map(|row| row.join(" ").replace("Integer", "")).collect();
        let who = moderator.0;
        assert_eq!(told, [format!("{who} 1 {START}"), format!("{who} 0 {}", START + MINUTE)]);
        for change in ["update card_changes set changed_at = 0", "delete from card_changes"] {
            assert!(store.execute(change).await.is_err(), "{change}");
        }
    })
    .await;
}

#[tokio::test]
async fn cards_move_with_a_copy_to_either_store() {
    each_store(async |store| {
        let cards = vec![card(CardKind::Rules, "Be kind"), card(CardKind::Here, "Who is here")];
        store.put_cards("demo".parse().unwrap(), cards.clone(), None, START).await.unwrap();
        let copy = store.folder.path().join("copy");
        store.backup(&copy, terms()).await.unwrap();

        for target in [sqlite().await, postgres().await] {
            store::restore(&target.address, &copy, START, false).await.unwrap();
            let target = target.reopened().await;

            assert_eq!(target.cards("demo".parse().unwrap()).await.unwrap(), Some(cards.clone()));
            target.put_cards("demo".parse().unwrap(), cards.clone(), None, START).await.unwrap();
            target.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_the_owner_writes_is_published_at_once_and_known_as_theirs() {
    each_store(async |store| {
        let moderator = store.moderator().await.id;
        let owners =
            NewItem { owner: Some(moderator), author: None, is_example: false, ..published(story(1)) };
        store.added(owners).await;
        store.added(published(story(2))).await;

        let feed = store.feed(feed(Order::New, 9)).await.unwrap().items;

        assert_eq!(feed.iter().map(|post| post.is_owners).collect::<Vec<_>>(), [false, true]);
        assert!(store.post(item(1)).await.unwrap().unwrap().is_owners);
        assert!(!store.post(item(1)).await.unwrap().unwrap().is_example);
        let decisions = store.rows("select moderator_key, decision from decisions").await;
        assert_eq!(decisions.len(), 1, "whoever wrote it stands in the record");
        let copy = store.folder.path().join("copy");
        store.backup(&copy, terms()).await.unwrap();
        for target in [sqlite().await, postgres().await] {
            store::restore(&target.address, &copy, START, false).await.unwrap();
            let target = target.reopened().await;
            assert!(target.post(item(1)).await.unwrap().unwrap().is_owners);
            target.close().await;
        }
    })
    .await;
}
