use std::collections::BTreeMap;

use peer_support_domain::cursor::Order;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::{Decision, Kind, State};
use peer_support_server::store::{
    self, Address, CopyTerms, ExportedItem, ImportId, ImportedItem, NewImport, StoreError,
};
use tokio::sync::mpsc::channel;

use crate::subject::*;

/// Before [`START`], as everything that comes from another system.
const LONG_AGO: i64 = START - 1_000 * 24 * 60 * MINUTE;

fn import(file: u64) -> NewImport {
    NewImport {
        site: "demo".parse().unwrap(),
        file_hash: secret(file),
        key_hash: secret(1_000 + file),
        choices: "--kind story".into(),
        begun_at: START,
    }
}

fn old_post(n: u64) -> ImportedItem {
    ImportedItem {
        id: item(n),
        post: None,
        topic: Some((Kind::Story, "low-mood".parse().unwrap())),
        text: format!("Old story number {n}, from somewhere else."),
        lang: None,
        notes: Default::default(),
        author: Some(author(n)),
        recovery: recovery(n),
        created_at: LONG_AGO + n.cast_signed() * MINUTE,
        state: State::Published,
        is_example: false,
        is_owners: false,
    }
}

fn old_reply(n: u64, post: u64) -> ImportedItem {
    let text = format!("Old reply number {n}.");
    ImportedItem { post: Some(item(post)), topic: None, text, ..old_post(n) }
}

fn held(item: ImportedItem) -> ImportedItem {
    ImportedItem { state: State::Held, ..item }
}

impl Subject {
    async fn exported(&self, is_all: bool) -> Vec<ExportedItem> {
        let (to, mut received) = channel(100);
        self.export("demo".parse().unwrap(), is_all, to).await.unwrap();
        let mut items = Vec::new();
        while let Some(batch) = received.recv().await {
            items.extend(batch);
        }
        items
    }

    /// An import of two threads, the replies first, that nobody finished.
    async fn begun(&self, file: u64) -> ImportId {
        let import = self.begin_import(import(file)).await.unwrap();
        let items =
            vec![old_reply(12, 1), old_reply(11, 1), old_post(2), held(old_reply(21, 2)), old_post(1)];
        self.stage_import(import, items).await.unwrap();
        import
    }
}

#[tokio::test]
async fn an_import_shows_all_at_once_and_nothing_before() {
    each_store(async |store| {
        let import = store.begun(1).await;
        let before = (
            store.feed_ids(feed(Order::New, 9)).await,
            store.queue_ids(9).await,
            store.exported(true).await,
            store.post(item(1)).await.unwrap(),
            store.own(recovery(1)).await.unwrap(),
            store.site_of(item(1)).await.unwrap(),
        );

        store.finish_import(import, 5, START).await.unwrap();

        assert_eq!(before, (vec![], vec![], vec![], None, None, None));
        assert_eq!(store.feed_ids(feed(Order::New, 1)).await, [item(2), item(1)]);
        assert_eq!(store.feed_ids(feed(Order::Unanswered, 9)).await, [item(2)]);
        assert_eq!(store.feed_ids(feed(Order::Helpful, 9)).await, [item(2), item(1)]);
        assert_eq!(store.reply_ids(item(1), 1).await, [item(11), item(12)]);
        assert_eq!(store.post(item(1)).await.unwrap().unwrap().n_replies, 2);
        store.added(story(31)).await;
        assert_eq!(store.queue_ids(1).await, [item(31), item(21)], "who writes here is read first");
        assert_eq!(store.decided(item(21), Decision::Approve).await, Ok(State::Published));
        assert_eq!(store.post(item(2)).await.unwrap().unwrap().n_replies, 1);
        store.vote(helped(item(1), voter(1))).await.unwrap().unwrap();
        store.added(reply(30, item(1))).await;
        assert_eq!(store.rows("select * from import_items").await.len(), 0, "swept");
    })
    .await;
}

#[tokio::test]
async fn what_is_stored_twice_for_an_import_is_there_once() {
    each_store(async |store| {
        let import = store.begun(1).await;

        assert_eq!(store.begun(1).await, import, "the same file is the same import");
        let short = store.finish_import(import, 6, START).await;
        store.finish_import(import, 5, START).await.unwrap();
        store.finish_import(import, 5, START + MINUTE).await.unwrap();
        let late = store.stage_import(import, vec![old_post(3)]).await;

        assert!(matches!(short, Err(StoreError::ImportDiffers(5, 6))), "{short:?}");
        assert!(matches!(late, Err(StoreError::ImportClosed)), "{late:?}");
        assert_eq!(store.rows("select * from items").await.len(), 5);
        assert_eq!(store.rows("select * from item_texts").await.len(), 5);
        let finished = store.import_of("demo".parse().unwrap(), secret(1)).await.unwrap().unwrap();
        assert_eq!((finished.finished_at, finished.key_hash), (Some(START), None));
        assert_eq!(store.unfinished_imports("demo".parse().unwrap()).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn an_abandoned_import_is_gone_from_the_files() {
    each_store(async |store| {
        store.added(published(story(50))).await;
        let import = store.begun(1).await;
        assert!(
            store.files_hold("Old story number 1,").await && store.files_hold("Old reply number 12.").await
        );

        let n_items = store.abandon_import(import).await.unwrap();

        assert_eq!(n_items, 5);
        assert!(!store.files_hold("Old story number").await && !store.files_hold("Old reply number").await);
        assert!(store.files_hold("Story number 50,").await);
        assert_eq!(store.import_of("demo".parse().unwrap(), secret(1)).await.unwrap(), None);
        // And it can be begun again.
        let import = store.begun(1).await;
        store.finish_import(import, 5, START).await.unwrap();
        assert_eq!(store.abandon_import(import).await.unwrap(), 0, "what is shown stays");
        assert_eq!(store.exported(true).await.len(), 6);
    })
    .await;
}

#[tokio::test]
async fn an_import_that_nobody_goes_on_with_is_purged_after_its_time() {
    each_store(async |store| {
        store.begun(1).await;

        store.purge(START, START).await.unwrap();
        assert!(store.files_hold("Old story number 1,").await);
        store.purge(START, START + 1).await.unwrap();

        assert!(!store.files_hold("Old story number").await);
        assert_eq!(store.unfinished_imports("demo".parse().unwrap()).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn what_was_imported_is_kept_as_if_it_had_come_today() {
    each_store(async |store| {
        let import = store.begin_import(import(1)).await.unwrap();
        store.stage_import(import, vec![held(old_post(1)), old_post(2)]).await.unwrap();
        store.finish_import(import, 2, START).await.unwrap();

        assert_eq!(store.purge(START, START).await.unwrap(), 0, "years old, and imported just now");
        assert_eq!(store.purge(START, START + 1).await.unwrap(), 1);
        assert!(store.post(item(2)).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn an_export_has_what_everyone_reads_in_order_and_on_request_the_rest() {
    each_store(async |store| {
        let import = store.begun(1).await;
        store.finish_import(import, 5, START).await.unwrap();
        for n in 3..7 {
            store.added(published(story(n))).await;
        }
        store.added(published(reply(8, item(3)))).await;
        store.decided(item(4), Decision::Hide).await.unwrap();
        store.added(published(reply(9, item(5)))).await;
        store.delete_own(recovery(5)).await.unwrap();
        store.added(story(10)).await;
        store.added(story(13)).await;
        store.decided(item(13), Decision::Decline).await.unwrap();
        store.vote(helped(item(6), voter(1))).await.unwrap();

        let published = store.exported(false).await;
        let all = store.exported(true).await;

        let ids = |items: &[ExportedItem]| items.iter().map(|item| item.id).collect::<Vec<_>>();
        assert_eq!(ids(&published), [1, 11, 12, 2, 3, 8, 6].map(item));
        assert_eq!(ids(&all), [1, 11, 12, 2, 21, 3, 8, 4, 6, 10, 13].map(item));
        let states: BTreeMap<ItemId, State> = all.iter().map(|item| (item.id, item.state)).collect();
        assert_eq!(
            [4, 10, 13, 21].map(|n| states[&item(n)]),
            [State::Hidden, State::Held, State::Declined, State::Held]
        );
        let reply = &published[5];
        assert_eq!((reply.post, reply.kind, reply.topic.as_ref()), (Some(item(3)), None, None));
        assert_eq!((published[6].author, published[6].votes.helped), (Some(author(6)), 1));
        let (to, received) = channel(1);
        drop(received);
        store.export("demo".parse().unwrap(), true, to).await.unwrap();
        assert_eq!(store.exported(false).await, published);
    })
    .await;
}

#[tokio::test]
async fn a_copy_has_finished_imports_and_nothing_of_others() {
    each_store(async |store| {
        let finished = store.begin_import(import(1)).await.unwrap();
        store.stage_import(finished, vec![old_reply(11, 1), old_post(1)]).await.unwrap();
        store.finish_import(finished, 2, START).await.unwrap();
        let unfinished = store.begin_import(import(2)).await.unwrap();
        store.stage_import(unfinished, vec![old_post(2)]).await.unwrap();
        let copy = store.folder.path().join("copy");
        store.backup(&copy, terms()).await.unwrap();

        for target in [sqlite().await, postgres().await] {
            store::restore(&target.address, &copy, START, false).await.unwrap();
            let target = target.reopened().await;

            assert_eq!(target.exported(true).await, store.exported(true).await);
            assert!(!target.files_hold("Old story number 2,").await);
            let import = target.import_of("demo".parse().unwrap(), secret(1)).await.unwrap().unwrap();
            assert_eq!(import.finished_at, Some(START));
            assert_eq!(target.import_of("demo".parse().unwrap(), secret(2)).await.unwrap(), None);
            assert_eq!(target.purge(START, START).await.unwrap(), 0, "it knows when they came");
            let again = target.begun(3).await;
            assert!(target.finish_import(again, 5, START).await.is_err(), "their ids are taken");
            target.abandon_import(again).await.unwrap();
            target.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_expired_copy_is_restored_only_when_that_is_asked_for() {
    each_store(async |store| {
        store.added(published(story(1))).await;
        let copy = store.folder.path().join("copy");
        let terms = CopyTerms { made_at: START, expires_at: START + MINUTE };
        store.backup(&copy, terms).await.unwrap();
        let target = store.another().await;

        let expired = store::restore(&target.address, &copy, START + MINUTE, false).await;
        assert!(matches!(expired, Err(StoreError::Expired(Some(at))) if at == START + MINUTE), "{expired:?}");
        assert_eq!(target.feed_ids(feed(Order::New, 9)).await, []);
        target.close().await;
        store::restore(&target.address, &copy, START + MINUTE, true).await.unwrap();

        let target = Subject::of(target.address.clone()).await;
        assert_eq!(target.feed_ids(feed(Order::New, 9)).await, [item(1)]);
        assert_eq!(target.rows("select * from copy_terms").await.len(), 0, "it is no copy any more");
        target.close().await;
        if let Address::Sqlite(_) = store.address {
            let said = rusqlite::Connection::open(&copy).unwrap();
            let by: i64 = said.query_row("select expires_at from copy_terms", [], |row| row.get(0)).unwrap();
            assert_eq!(by, START + MINUTE);
        }
    })
    .await;
}
