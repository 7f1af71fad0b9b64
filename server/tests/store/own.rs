use peer_support_domain::cursor::Order;
use peer_support_domain::note::{ContentNote, ContentNotes};
use peer_support_domain::post::{Decision, Kind, State};
use peer_support_domain::vote::VoteCounts;
use peer_support_server::store::{Added, Edit, Edited, NewItem, OwnItem, Store};

use crate::subject::*;

#[tokio::test]
async fn the_author_sees_their_item_in_every_state() {
    each_store(async |store| {
        let post = store.added(story(1)).await;
        let held = store.own(recovery(1)).await.unwrap().unwrap();
        let expected = OwnItem {
            id: post,
            thread: post,
            site: "demo".parse().unwrap(),
            kind: Some(Kind::Story),
            text: "Story number 1, which goes on for a while.".into(),
            notes: ContentNotes::default(),
            author: Some(author(1)),
            original_text: None,
            waiting_text: None,
            edited_at: None,
            statement: None,
            words: Vec::new(),
            state: State::Held,
            reason: None,
            is_hidden_by_reports: false,
            created_at: START + MINUTE,
            n_replies: 0,
            votes: VoteCounts::default(),
        };
        assert_eq!(held, expected);

        store.decided(post, Decision::Approve).await.unwrap();
        store.vote(helped(post, voter(1))).await.unwrap();
        store.added(published(reply(2, post))).await;
        let published = store.own(recovery(1)).await.unwrap().unwrap();
        let votes = VoteCounts { helped: 1, ..VoteCounts::default() };
        assert_eq!(published, OwnItem { state: State::Published, n_replies: 1, votes, ..expected });
        store.decided(post, Decision::Hide).await.unwrap();
        let hidden = store.own(recovery(1)).await.unwrap().unwrap();
        assert_eq!((hidden.state, hidden.reason.as_deref()), (State::Hidden, Some("because of hide")));
        store.decided(post, Decision::Restore).await.unwrap();
        assert_eq!(store.own(recovery(1)).await.unwrap().unwrap(), published);

        let reply = store.own(recovery(2)).await.unwrap().unwrap();
        assert_eq!((reply.id, reply.thread, reply.kind), (item(2), post, None));
        assert_eq!(store.own(recovery(3)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_text_can_be_edited_while_it_is_held() {
    each_store(async |store| {
        store.added(story(1)).await;

        let edited =
            store.edit_own(recovery(1), edit("Another text, which the author likes better.")).await.unwrap();

        assert!(matches!(edited, Some(Edited::Done(own)) if own.text.starts_with("Another text")));
        store.decided(item(1), Decision::Approve).await.unwrap();
        let post = store.post(item(1)).await.unwrap().unwrap();
        assert_eq!(post.text, "Another text, which the author likes better.");
        assert_eq!((post.lang.unwrap().as_str(), post.author), ("en", Some(author(1))));
        assert_eq!(store.edit_own(recovery(9), edit("nobody's")).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn content_notes_stand_wherever_the_text_does() {
    each_store(async |store| {
        let notes: ContentNotes = [ContentNote::Suicide, ContentNote::Death].into_iter().collect();
        let post = store.added(NewItem { notes, ..story(1) }).await;
        let other: ContentNotes = [ContentNote::Eating].into_iter().collect();

        let queued = Store::queue(&**store, None, 1).await.unwrap().items;
        assert_eq!((queued[0].notes, store.own(recovery(1)).await.unwrap().unwrap().notes), (notes, notes));
        let kept = store.edit_own(recovery(1), edit("It is said in another way.")).await.unwrap();
        assert!(matches!(kept, Some(Edited::Done(own)) if own.notes == notes));
        let changed = Edit { notes: Some(other), ..edit("It is about something else.") };
        store.edit_own(recovery(1), changed).await.unwrap().unwrap();
        store.decided(post, Decision::Approve).await.unwrap();
        store.added(NewItem { notes, ..published(reply(2, post)) }).await;

        assert_eq!(store.post(post).await.unwrap().unwrap().notes, other);
        assert_eq!(store.feed(feed(Order::New, 1)).await.unwrap().items[0].notes, other);
        assert_eq!(store.replies(post, None, 1).await.unwrap().unwrap().items[0].notes, notes);
        assert_eq!(store.delete_own(recovery(2)).await.unwrap().unwrap().notes, ContentNotes::default());
        assert_eq!(store.own(recovery(2)).await.unwrap().unwrap().notes, ContentNotes::default());
    })
    .await;
}

#[tokio::test]
async fn a_deleted_item_leaves_a_tombstone_for_its_author() {
    each_store(async |store| {
        store.add(published(story(1)), Some(sending(1, 1))).await.unwrap();
        store.vote(helped(item(1), voter(1))).await.unwrap();

        let deleted = store.delete_own(recovery(1)).await.unwrap().unwrap();
        let again = store.delete_own(recovery(1)).await.unwrap().unwrap();

        assert_eq!((deleted.state, deleted.text.as_str(), deleted.votes.helped), (State::Deleted, "", 0));
        assert_eq!(again, deleted);
        assert_eq!(store.own(recovery(1)).await.unwrap(), Some(deleted));
        assert_eq!(store.delete_own(recovery(2)).await.unwrap(), None);
        let edited = store.edit_own(recovery(1), edit("It comes not back.")).await.unwrap();
        assert_eq!(edited, Some(Edited::NotEditable(State::Deleted)));
        assert_eq!(store.rows("select * from votes").await.len(), 0);
        // A request that is still on its way finds the item gone rather than making it anew.
        let late = store.add(story(1), Some(sending(1, 1))).await.unwrap();
        assert!(matches!(late, Added::Before(stored) if stored.state == State::Deleted), "{late:?}");
    })
    .await;
}

#[tokio::test]
async fn an_item_without_author_and_language_can_be_deleted() {
    each_store(async |store| {
        store.added(NewItem { lang: None, author: None, ..story(1) }).await;

        let deleted = store.delete_own(recovery(1)).await.unwrap().unwrap();

        assert_eq!(deleted.state, State::Deleted);
        assert!(!store.files_hold("Story number 1,").await);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_text_is_gone_from_the_files() {
    each_store(async |store| {
        for n in 0..40 {
            store.added(published(story(n))).await;
        }
        let text = "The one sentence that nobody may ever find again.";
        store.added(NewItem { text: text.into(), ..story(100) }).await;
        store.decided(item(100), Decision::Approve).await.unwrap();
        // Read, so that it is in every cache there is.
        assert_eq!(store.feed_ids(feed(Order::New, 100)).await.len(), 41);
        assert!(store.files_hold(text).await, "the test must be able to find it");

        store.delete_own(recovery(100)).await.unwrap().unwrap();

        assert!(!store.files_hold("nobody may ever find").await);
        assert!(store.files_hold("Story number 39").await);
    })
    .await;
}

#[tokio::test]
async fn a_replaced_text_is_gone_with_the_one_that_replaced_it() {
    each_store(async |store| {
        // Texts of many lengths, long and short replacements, neighbours that go: whatever makes a database move rows.
        let long = |word: &str, n: u64| format!("{word}{n:03} ").repeat(1 + (n as usize * 37) % 300);
        for n in 0..60 {
            store.added(NewItem { text: long("first", n), ..story(n) }).await;
        }
        for n in 0..60 {
            store.edit_own(recovery(n), edit(long("second", 60 - n))).await.unwrap().unwrap();
        }
        for n in (0..60).step_by(2) {
            store.edit_own(recovery(n), edit(long("third", 3 * n % 61))).await.unwrap().unwrap();
        }
        assert!(store.files_hold("second").await && store.files_hold("third").await);

        for n in (0..60).filter(|n| n % 7 != 3) {
            store.delete_own(recovery(n)).await.unwrap().unwrap();
        }
        store.purge(START, START + 1_000 * MINUTE).await.unwrap();

        for word in ["first0", "second0", "third0"] {
            assert!(!store.files_hold(word).await, "{word}");
        }
    })
    .await;
}

#[tokio::test]
async fn texts_are_gone_from_the_files_when_many_are_deleted_while_others_read() {
    each_store(async |store| {
        for n in 0..30 {
            store.added(NewItem { text: format!("Vanishing text {n}, soon."), ..published(story(n)) }).await;
        }

        let deleting = async {
            futures_util::future::join_all((0..30).map(|n| async move {
                store.delete_own(recovery(n)).await.unwrap().unwrap();
                assert!(!store.files_hold(&format!("Vanishing text {n}, ")).await, "{n}");
            }))
            .await;
        };
        let reading = async {
            for _ in 0..50 {
                store.feed(feed(Order::New, 50)).await.unwrap();
            }
        };
        tokio::join!(deleting, reading);

        assert!(!store.files_hold("Vanishing").await);
    })
    .await;
}
