//! Searching what moderators may read.

use peer_support_domain::cursor::Cursor;
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::full_text::SearchWords;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{CLAIM_MS, FIND_LOOKS};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::{Decision, ItemKind, Kind, State};
use peer_support_domain::report::ReportReason;
use peer_support_domain::roles::Reach;
use peer_support_domain::wire::FindItems;
use peer_support_server::store::{
    FindQuery, Finds, ImportedItem, NewClaim, NewImport, NewItem, NewReport, Place,
};

use crate::subject::*;

type Find = FindItems<SearchWords>;

impl Subject {
    async fn looked_for(&self, find: Find, limit: usize) -> Finds {
        let moderator = self.moderator().await.id;
        self.find(FindQuery { find, reach: Reach::Everywhere, moderator, now: START, limit }).await.unwrap()
    }

    /// The ids of all that is found, as far back as there is anything.
    async fn found(&self, find: Find) -> Vec<ItemId> {
        let mut ids = Vec::new();
        let mut cursor = None;
        loop {
            let finds = self.looked_for(Find { cursor, ..find.clone() }, 2).await;
            assert!(finds.items.len() <= 2);
            ids.extend(finds.items.iter().map(|item| item.id));
            match finds.next {
                Some((next, _)) => cursor = Some(next),
                None => return ids,
            }
        }
    }
}

fn words(words: &str) -> Find {
    Find { words: Some(words.parse().unwrap()), ..Find::default() }
}

fn of_state(state: State) -> Find {
    Find { state: Some(state), ..Find::default() }
}

#[tokio::test]
async fn items_of_every_state_but_deleted_are_found_the_newest_first() {
    each_store(async |store| {
        for n in 1..=6 {
            store.added(story(n)).await;
        }
        store.decided(item(2), Decision::Approve).await.unwrap();
        store.decided(item(3), Decision::Decline).await.unwrap();
        store.decided(item(4), Decision::Approve).await.unwrap();
        store.decided(item(4), Decision::Hide).await.unwrap();
        store.delete_own(recovery(5)).await.unwrap().unwrap();
        store.added(reply(7, item(2))).await;

        let ids = |numbers: &[u64]| -> Vec<ItemId> { numbers.iter().map(|&n| item(n)).collect() };
        assert_eq!(store.found(Find::default()).await, ids(&[7, 6, 4, 3, 2, 1]));
        for (state, numbers) in [
            (State::Held, &[7, 6, 1][..]),
            (State::Published, &[2]),
            (State::Declined, &[3]),
            (State::Hidden, &[4]),
            (State::Deleted, &[]),
        ] {
            assert_eq!(store.found(of_state(state)).await, ids(numbers), "{state}");
        }
        let hidden = store.looked_for(of_state(State::Hidden), 1).await.items.remove(0);
        assert_eq!((hidden.waits_since, hidden.n_decisions), (None, 2));
        let held = store.looked_for(of_state(State::Held), 1).await.items.remove(0);
        assert_eq!(held.waits_since, Some(story(7).created_at));
        store.delete_own(recovery(2)).await.unwrap().unwrap();
        assert_eq!(store.found(of_state(State::Held)).await, ids(&[6, 1]), "a reply to what is gone is gone");
    })
    .await;
}

#[tokio::test]
async fn words_are_found_in_texts_and_in_new_texts_that_wait() {
    each_store(async |store| {
        for (n, text) in [(1, "Long walks by the river help me."), (2, "Im Café war es laut und voll.")] {
            store.added(NewItem { text: text.into(), ..story(n) }).await;
        }
        store.decided(item(1), Decision::Approve).await.unwrap();
        store.edit_own(recovery(1), edit("Short walks by the sea help me.")).await.unwrap().unwrap();

        assert_eq!(store.found(words("river")).await, [item(1)]);
        assert_eq!(store.found(words("walks sea")).await, [item(1)]);
        assert_eq!(store.found(words("cafe")).await, [item(2)]);
        assert_eq!(store.found(words("mountain")).await, []);
    })
    .await;
}

#[tokio::test]
async fn what_is_known_about_an_item_narrows_the_search() {
    each_store(async |store| {
        let place = |site: &str, kind, topic: &str| Place::Post {
            site: site.parse().unwrap(),
            kind,
            topic: topic.parse().unwrap(),
        };
        let flags = Flags::from_iter([Flag::Crisis, Flag::Hostile]);
        store.added(NewItem { place: place("demo", Kind::Question, "work"), ..published(story(1)) }).await;
        store.added(NewItem { flags, ..reply(2, item(1)) }).await;
        let lang = Some("es-MX".parse().unwrap());
        store.added(NewItem { place: place("other", Kind::Story, "low-mood"), lang, ..story(3) }).await;
        let report = NewReport {
            item: item(1),
            reporter: voter(1),
            reason: ReportReason::Unkind,
            receipt: secret(1),
            at: START,
            has_force: true,
            hiding: None,
        };
        store.report(report).await.unwrap().unwrap();
        store.decided(item(1), Decision::Approve).await.unwrap();
        let moderator = store.moderator().await.id;
        let claim = NewClaim { item: item(3), moderator, takes_over: false, at: START };
        store.claim(claim).await.unwrap();

        let kind = |kind| Find { kind: Some(kind), ..Find::default() };
        let flag = |flag| Find { flag: Some(flag), ..Find::default() };
        let lang = |lang: &str| Find { lang: Some(lang.parse().unwrap()), ..Find::default() };
        let topic = |topic: &str| Find { topic: Some(topic.parse().unwrap()), ..Find::default() };
        let site = |site: &str| Find { site: Some(site.parse().unwrap()), ..Find::default() };
        let mine = Find { is_mine: true, ..Find::default() };
        for (find, found) in [
            (kind(ItemKind::Question), &[1][..]),
            (kind(ItemKind::Reply), &[2]),
            (kind(ItemKind::Coping), &[]),
            (flag(Flag::Hostile), &[2]),
            (flag(Flag::Reported), &[1]),
            (flag(Flag::Solicitation), &[]),
            (lang("es"), &[3]),
            (lang("es-MX"), &[3]),
            (lang("en"), &[2, 1]),
            (topic("work"), &[2, 1]),
            (site("other"), &[3]),
            (site("nobody"), &[]),
            (mine.clone(), &[3]),
            (Find { flag: Some(Flag::Crisis), ..of_state(State::Held) }, &[2]),
            (Find { state: Some(State::Held), ..mine.clone() }, &[3]),
            (Find { state: Some(State::Published), ..mine.clone() }, &[]),
        ]
        .map(|(find, found)| (find, found.iter().map(|&n| item(n)).collect::<Vec<_>>()))
        {
            assert_eq!(store.found(find.clone()).await, found, "{find:?}");
        }
        let later =
            FindQuery { find: mine, reach: Reach::Everywhere, moderator, now: START + CLAIM_MS, limit: 2 };
        assert!(store.find(later).await.unwrap().items.is_empty(), "the claim has run out");
    })
    .await;
}

#[tokio::test]
async fn one_search_looks_into_so_many_items_and_says_where_to_go_on() {
    each_store(async |store| {
        let n_items = FIND_LOOKS as u64 + 2;
        let old = |n: u64| ImportedItem {
            id: item(n),
            post: None,
            topic: Some((Kind::Story, "low-mood".parse().unwrap())),
            text: format!("Story number {n}, {}", if n == 1 { "with a marigold." } else { "as any other." }),
            lang: None,
            notes: ContentNotes::default(),
            author: None,
            recovery: recovery(n),
            created_at: story(n).created_at,
            state: State::Published,
            is_example: false,
            is_owners: false,
        };
        let import = NewImport {
            site: "demo".parse().unwrap(),
            file_hash: secret(1),
            key_hash: secret(2),
            choices: String::new(),
            begun_at: START,
        };
        let import = store.begin_import(import).await.unwrap();
        store.stage_import(import, (1..=n_items).map(old).collect()).await.unwrap();
        store.finish_import(import, n_items, START).await.unwrap();

        let first = store.looked_for(words("marigold"), 25).await;
        let (cursor, looked_back_to): (Cursor, i64) = first.next.expect("there is more");
        let second = store.looked_for(Find { cursor: Some(cursor), ..words("marigold") }, 25).await;

        assert!(first.items.is_empty());
        assert_eq!(looked_back_to, story(3).created_at);
        assert_eq!(second.items[0].id, item(1));
        assert_eq!(second.next, None);
    })
    .await;
}
