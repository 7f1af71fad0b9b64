use std::fs;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use peer_support_domain::post::{Decision, Kind};
use peer_support_server::store::{
    Address, Listener, NewItem, Place, Published, SERVERS_MESSAGE_BYTES, Tidings,
};
use sqlx::Executor;

use crate::subject::*;
use crate::support::postgres::Cluster;

/// What is heard next.
async fn heard<T: Clone>(listener: &mut Listener<T>) -> Option<T> {
    let next = tokio::time::timeout(Duration::from_secs(60), listener.next()).await;
    next.expect("waited for something to be told")
}

fn post_told(n: u64) -> Option<Published> {
    let what = Tidings::Post { kind: Kind::Story, topic: "low-mood".parse().unwrap() };
    Some(Published { site: "demo".parse().unwrap(), item: item(n), what })
}

fn reply_told(n: u64, thread: u64) -> Option<Published> {
    let what = Tidings::Reply { thread: item(thread) };
    Some(Published { site: "demo".parse().unwrap(), item: item(n), what })
}

#[tokio::test]
async fn what_becomes_published_is_told_and_nothing_else() {
    each_store(async |store| {
        let mut listener = store.listen().await.unwrap();
        let mut another = store.listen().await.unwrap();

        store.added(story(1)).await;
        store.added(story(2)).await;
        store.decided(item(1), Decision::Decline).await.unwrap();
        store.decided(item(1), Decision::Approve).await.unwrap_err();
        store.decided(item(2), Decision::Approve).await.unwrap();
        for listener in [&mut listener, &mut another] {
            assert_eq!(heard(listener).await, post_told(2));
        }
        store.decided(item(2), Decision::Hide).await.unwrap();
        store.decided(item(2), Decision::Restore).await.unwrap();
        store.vote(helped(item(2), voter(1))).await.unwrap();
        store.added(published(story(3))).await;
        store.add(published(story(3)), None).await.unwrap();
        store.added(published(story(4))).await;

        for listener in [&mut listener, &mut another] {
            assert_eq!(heard(listener).await, post_told(2));
            assert_eq!(heard(listener).await, post_told(3));
            assert_eq!(heard(listener).await, post_told(4));
        }
    })
    .await;
}

#[tokio::test]
async fn a_reply_is_told_with_its_thread_while_that_can_be_read() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        store.added(reply(11, post)).await;
        store.added(reply(12, post)).await;
        let mut listener = store.listen().await.unwrap();

        store.decided(item(11), Decision::Approve).await.unwrap();
        store.added(published(reply(13, post))).await;
        assert_eq!(heard(&mut listener).await, reply_told(11, 1));
        assert_eq!(heard(&mut listener).await, reply_told(13, 1));

        store.decided(post, Decision::Hide).await.unwrap();
        store.decided(item(12), Decision::Approve).await.unwrap();
        store.added(published(story(2))).await;
        assert_eq!(heard(&mut listener).await, post_told(2));
    })
    .await;
}

#[tokio::test]
async fn a_listener_hears_of_its_own_sites_topics_and_kinds_what_it_needs_to_choose() {
    each_store(async |store| {
        let mut listener = store.listen().await.unwrap();
        let place = Place::Post {
            site: "other".parse().unwrap(),
            kind: Kind::Question,
            topic: "sleep".parse().unwrap(),
        };

        store.added(NewItem { place, ..published(story(1)) }).await;

        let what = Tidings::Post { kind: Kind::Question, topic: "sleep".parse().unwrap() };
        let expected = Published { site: "other".parse().unwrap(), item: item(1), what };
        assert_eq!(heard(&mut listener).await, Some(expected));
    })
    .await;
}

#[tokio::test]
async fn when_the_store_closes_nobody_waits_for_more() {
    each_store(async |store| {
        let mut listener = store.listen().await.unwrap();

        store.close().await;

        assert_eq!(heard(&mut listener).await, None);
    })
    .await;
}

#[tokio::test]
async fn every_server_of_a_database_hears_what_another_publishes() {
    let here = postgres().await;
    let there = Subject::of(here.address.clone()).await;
    let mut listeners = [here.listen().await.unwrap(), there.listen().await.unwrap()];

    here.added(published(story(1))).await;
    there.added(story(2)).await;
    there.decided(item(2), Decision::Approve).await.unwrap();

    for listener in &mut listeners {
        assert_eq!(heard(listener).await, post_told(1));
        assert_eq!(heard(listener).await, post_told(2));
    }
    // One connection of each listens, however many read along.
    let _third = here.listen().await.unwrap();
    assert_eq!(listening(&here).await.len(), 2);
    there.close().await;
    here.close().await;
}

#[tokio::test]
async fn a_server_whose_listening_connection_is_cut_says_so_and_listens_again() {
    let store = postgres().await;
    let mut before = store.listen().await.unwrap();
    let cut = listening(&store).await;

    store.rows(&format!("select pg_terminate_backend({})", cut[0])).await;

    // Told only when the new connection listens: whoever looks at what is there after that misses nothing.
    assert_eq!(heard(&mut before).await, None);
    assert_ne!(listening(&store).await, cut);
    let mut after = store.listen().await.unwrap();
    store.added(published(story(1))).await;
    assert_eq!(heard(&mut after).await, post_told(1));
    store.close().await;
}

#[tokio::test]
async fn what_servers_say_reaches_each_of_them_and_is_in_no_table_and_no_log_of_writes() {
    // Of its own, because all of its log is looked through.
    let cluster = Cluster::start();
    let address = Address::Postgres(cluster.new_database("template1").await);
    let (here, there) = (Subject::of(address.clone()).await, Subject::of(address).await);
    let mut listeners = Vec::new();
    for store in [&here, &there] {
        listeners.push(store.listen_to_servers().await.unwrap().expect("there may be others"));
    }

    let words = b"what one server says to all of them".to_vec();
    let messages = vec![words.clone(), vec![0xa5; SERVERS_MESSAGE_BYTES], Vec::new()];
    here.tell_servers(messages.clone()).await.unwrap();
    let NewItem { text, .. } = story(1);
    here.added(story(1)).await;

    for listener in &mut listeners {
        for message in &messages {
            assert_eq!(heard(listener).await.as_ref(), Some(message));
        }
    }
    cluster.connect("postgres").await.execute("checkpoint").await.unwrap();
    for (folder, is_stored) in [("base", true), ("pg_wal", true), ("global", false)] {
        let files = files_in(&cluster.data().join(folder));
        let hold = |bytes: &[u8]| files.iter().any(|file| n_held(file, bytes) > 0);
        assert_eq!(hold(text.as_bytes()), is_stored, "{folder}: what is stored would be found");
        assert!(!hold(&words) && !hold(STANDARD_NO_PAD.encode(&words).as_bytes()), "{folder}");
    }
    here.close().await;
    there.close().await;
}

/// All files in a folder and in those in it.
fn files_in(folder: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        // A file may go while we look.
        .flat_map(|path| if path.is_dir() { files_in(&path) } else { fs::read(path).into_iter().collect() })
        .collect()
}

/// The connections to the store's database that listen.
async fn listening(store: &Subject) -> Vec<String> {
    assert!(matches!(store.address, Address::Postgres(_)));
    let rows = store
        .rows(
            "select pid from pg_stat_activity
             where datname = current_database()
               and query ilike 'listen %'",
        )
        .await;
    rows.into_iter().flatten().collect()
}
