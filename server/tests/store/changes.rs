//! What an author changes after sending, and the private words: who reads them, and when they are gone.

use futures_util::future::join_all;
use peer_support_domain::limits::{EARLIER_TEXTS, IDEMPOTENCY_WINDOW_MS, WORDS_OF_A_SIDE};
use peer_support_domain::note::{ContentNote, ContentNotes};
use peer_support_domain::post::{Decision, State};
use peer_support_domain::wire::Word;
use peer_support_server::store::{Edit, Edited, How, NewDecision, OwnItem, Queued, Said, Store, Undecided};

use crate::subject::*;

const NEW: &str = "A newer text that its author likes better.";

impl Subject {
    /// The item that waits the longest.
    async fn first_in_queue(&self) -> Queued {
        Store::queue(&**self, Reach::Everywhere, None, 1)
            .await
            .unwrap()
            .items
            .into_iter()
            .next()
            .expect("something waits")
    }

    async fn changed(&self, n: u64, edit: Edit) -> OwnItem {
        match self.edit_own(recovery(n), edit).await.unwrap() {
            Some(Edited::Done(own)) => own,
            other => panic!("{other:?}"),
        }
    }

    async fn mine(&self, n: u64) -> OwnItem {
        self.own(recovery(n)).await.unwrap().unwrap()
    }

    /// Decides about an item after reading `text`.
    async fn decided_on(&self, n: u64, decision: Decision, text: Option<&str>) -> Result<State, Undecided> {
        let moderator = self.moderator().await.id;
        let reason = decision.needs_reason().then(|| format!("because of {decision}"));
        let read_text = text.map(str::to_owned);
        let new = NewDecision {
            item: item(n),
            moderator,
            decision,
            read_text,
            reason,
            at: START,
            how: How::default(),
        };
        self.decide(new).await.unwrap().expect("there is such an item")
    }
}

#[tokio::test]
async fn what_an_author_wrote_before_stays_for_moderators_until_they_decide() {
    each_store(async |store| {
        store.added(story(1)).await;
        let first = store.mine(1).await.text;
        store.changed(1, edit("The second thought about it.")).await;
        store.changed(1, edit("The second thought about it.")).await;
        let back = store.changed(1, edit(first.clone())).await;

        let queued = store.first_in_queue().await;
        assert_eq!((queued.text, back.text), (first.clone(), first.clone()));
        assert_eq!(queued.earlier_texts, [first.as_str(), "The second thought about it."]);
        assert_eq!(queued.published_text, None);
        store.decided(item(1), Decision::Approve).await.unwrap();
        store.changed(1, edit(NEW)).await;

        assert_eq!(store.first_in_queue().await.earlier_texts, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_new_text_of_what_is_published_waits_while_others_read_the_old_one() {
    each_store(async |store| {
        let post = store.added(published(story(1))).await;
        store.added(published(reply(2, post))).await;
        store.added(story(90)).await;
        let old = store.mine(2).await.text;
        let notes: ContentNotes = [ContentNote::Death].into_iter().collect();

        let own = store.changed(2, Edit { notes: Some(notes), ..edit(NEW) }).await;

        assert_eq!((own.text.as_str(), own.waiting_text.as_deref()), (old.as_str(), Some(NEW)));
        assert_eq!(own, store.mine(2).await);
        let queued = store.first_in_queue().await;
        assert_eq!((queued.id, queued.state, queued.notes), (item(2), State::Published, notes));
        assert_eq!((queued.text.as_str(), queued.published_text), (NEW, Some(old.clone())));
        assert_eq!(queued.waits_since, edit(NEW).at);
        assert_eq!(store.queue_ids(1).await, [item(2), item(90)]);
        assert_eq!(store.replies(post, None, 9).await.unwrap().unwrap().items[0].text, old);
        store.decided_on(2, Decision::Approve, Some(NEW)).await.unwrap();
        let shown = store.replies(post, None, 9).await.unwrap().unwrap().items.remove(0);
        assert_eq!((shown.text.as_str(), shown.notes), (NEW, notes));
        assert_eq!(store.post(post).await.unwrap().unwrap().n_replies, 1);
        assert_eq!(store.queue_ids(9).await, [item(90)]);
        let own = store.mine(2).await;
        assert_eq!((own.waiting_text, own.edited_at, own.author), (None, None, Some(author(2))));
    })
    .await;
}

#[tokio::test]
async fn only_the_new_text_that_was_read_is_approved() {
    each_store(async |store| {
        store.added(published(story(1))).await;
        let old = store.mine(1).await.text;
        store.changed(1, edit("A newer text that a moderator has read.")).await;
        store.changed(1, edit(NEW)).await;

        for unread in [None, Some(old.as_str()), Some("A newer text that a moderator has read.")] {
            let outcome = store.decided_on(1, Decision::Approve, unread).await;
            assert_eq!(outcome, Err(Undecided::TextChanged), "{unread:?}");
        }
        let declined = store.decided_on(1, Decision::Decline, Some(&old)).await;

        assert_eq!(declined, Err(Undecided::TextChanged));
        let queued = store.first_in_queue().await;
        assert_eq!(queued.earlier_texts, ["A newer text that a moderator has read."]);
        assert_eq!(store.decided_on(1, Decision::Approve, Some(NEW)).await, Ok(State::Published));
        assert_eq!(store.post(item(1)).await.unwrap().unwrap().text, NEW);
    })
    .await;
}

#[tokio::test]
async fn a_declined_change_leaves_what_is_published_and_says_why() {
    each_store(async |store| {
        store.added(published(story(1))).await;
        let old = store.mine(1).await.text;
        store.changed(1, edit(NEW)).await;

        assert_eq!(store.decided_on(1, Decision::Decline, Some(NEW)).await, Ok(State::Published));

        let own = store.mine(1).await;
        assert_eq!((own.text.as_str(), own.state, own.waiting_text), (old.as_str(), State::Published, None));
        assert_eq!(own.reason.as_deref(), Some("because of decline"));
        assert_eq!(store.queue_ids(9).await, []);
        let nothing_waits = store.decided_on(1, Decision::Decline, Some(NEW)).await;
        assert!(matches!(nothing_waits, Err(Undecided::NotAllowed(_))), "{nothing_waits:?}");
        assert_eq!(store.changed(1, edit(NEW)).await.reason, None);
    })
    .await;
}

#[tokio::test]
async fn hiding_needs_no_reading_again_and_the_new_text_waits_for_the_item_to_be_back() {
    each_store(async |store| {
        store.added(published(story(1))).await;
        store.changed(1, edit(NEW)).await;

        let hidden = store.decided_on(1, Decision::Hide, Some("what was read a while ago")).await;

        assert_eq!(hidden, Ok(State::Hidden));
        assert_eq!(store.queue_ids(9).await, []);
        let own = store.mine(1).await;
        assert_eq!((own.state, own.waiting_text.as_deref()), (State::Hidden, Some(NEW)));
        let late = store.edit_own(recovery(1), edit("Yet another one.")).await.unwrap();
        assert_eq!(late, Some(Edited::NotEditable(State::Hidden)));
        assert_eq!(store.decided_on(1, Decision::Restore, None).await, Ok(State::Published));
        assert_eq!(store.queue_ids(9).await, [item(1)]);
    })
    .await;
}

#[tokio::test]
async fn sending_the_published_text_again_takes_the_new_one_back() {
    each_store(async |store| {
        store.added(published(story(1))).await;
        let old = store.mine(1).await.text;
        store.changed(1, edit("A newer text, withdrawn later.")).await;

        let own = store.changed(1, edit(old)).await;

        assert_eq!((own.waiting_text, own.edited_at), (None, None));
        assert_eq!(store.queue_ids(9).await, []);
        store.purge(START, START).await.unwrap();
        assert!(!store.files_hold("withdrawn later").await);
    })
    .await;
}

#[tokio::test]
async fn there_is_an_end_to_changing_until_a_moderator_decides() {
    each_store(async |store| {
        store.added(story(1)).await;
        store.added(published(story(2))).await;
        for n in 0..=EARLIER_TEXTS {
            store.changed(2, edit(format!("Attempt {n} to say it right."))).await;
        }
        for n in 0..EARLIER_TEXTS {
            store.changed(1, edit(format!("Attempt {n} to say it right."))).await;
        }

        for n in [1, 2] {
            let one_more = store.edit_own(recovery(n), edit(NEW)).await.unwrap();
            assert_eq!(one_more, Some(Edited::TooOften), "{n}");
        }

        store.decided(item(1), Decision::Approve).await.unwrap();
        assert_eq!(store.changed(1, edit(NEW)).await.waiting_text.as_deref(), Some(NEW));
    })
    .await;
}

#[tokio::test]
async fn of_an_edit_and_an_approval_at_once_nothing_unread_is_published() {
    each_store(async |store| {
        store.moderator().await;
        for n in 0..10 {
            store.added(published(story(n))).await;
            store.changed(n, edit("A newer text that a moderator has read.")).await;

            let (outcome, _) = tokio::join!(
                store.decided_on(n, Decision::Approve, Some("A newer text that a moderator has read.")),
                store.changed(n, edit(NEW))
            );

            let shown = store.post(item(n)).await.unwrap().unwrap().text;
            assert_ne!(shown, NEW);
            assert_eq!(outcome.is_ok(), shown == "A newer text that a moderator has read.", "{outcome:?}");
            assert_eq!(store.mine(n).await.waiting_text.as_deref(), Some(NEW));
        }
    })
    .await;
}

fn said(is_moderators: bool, text: &str, at: i64) -> Word {
    Word { is_moderators, text: text.into(), created_at: at }
}

#[tokio::test]
async fn a_moderator_and_the_author_say_private_words() {
    each_store(async |store| {
        store.added(story(1)).await;
        store.added(story(2)).await;
        let moderator = store.moderator().await.id;

        let asked = store.say(item(1), moderator, "Are you safe?".into(), START).await.unwrap();
        let answered =
            store.say_own(recovery(1), "Yes, tonight.".into(), START + MINUTE, None).await.unwrap();

        let words = [said(true, "Are you safe?", START), said(false, "Yes, tonight.", START + MINUTE)];
        assert_eq!(asked, Some(Said::Done(words[0].clone())));
        assert_eq!(answered, Some(Said::Done(words[1].clone())));
        assert_eq!(store.mine(1).await.words, words);
        assert_eq!(store.first_in_queue().await.words, words);
        assert_eq!(store.mine(2).await.words, []);
        let by = store.rows("select moderator_key is not null from side_texts order by key").await;
        assert_ne!(by[0], by[1], "who of the moderators wrote is on record");
        assert_eq!(store.say(item(9), moderator, "Nobody there?".into(), START).await.unwrap(), None);
        assert_eq!(store.say_own(recovery(9), "Nobody here.".into(), START, None).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_word_sent_again_is_said_once_and_each_side_has_its_number() {
    each_store(async |store| {
        store.added(story(1)).await;
        let moderator = store.moderator().await.id;
        let first = store.say_own(recovery(1), "The same".into(), START, None).await.unwrap();

        let again =
            join_all((0..5).map(|n| store.say_own(recovery(1), "The same".into(), START + n, None))).await;

        let Some(Said::Done(word)) = first else { panic!("{first:?}") };
        let before = Some(Said::Before(word));
        assert!(again.into_iter().all(|again| again.unwrap() == before));
        for n in 1..WORDS_OF_A_SIDE {
            store.say_own(recovery(1), format!("Word {n}"), START, None).await.unwrap().unwrap();
        }
        assert_eq!(
            store.say_own(recovery(1), "More".into(), START, None).await.unwrap(),
            Some(Said::TooMany)
        );
        let other_side = store.say(item(1), moderator, "More".into(), START).await.unwrap();
        assert!(matches!(other_side, Some(Said::Done(_))), "{other_side:?}");
        assert_eq!(store.mine(1).await.words.len(), WORDS_OF_A_SIDE + 1);
    })
    .await;
}

#[tokio::test]
async fn a_word_under_a_key_is_said_once_whatever_was_said_since_and_goes_with_its_item() {
    each_store(async |store| {
        store.added(story(1)).await;
        let moderator = store.moderator().await.id;
        let say = async |key, request, text: &str, at| {
            store.say_own(recovery(1), text.into(), at, Some(sending(key, request))).await.unwrap().unwrap()
        };
        let first = say(1, 1, "Yes, tonight.", START).await;
        store.say(item(1), moderator, "Good.".into(), START).await.unwrap().unwrap();

        let again = join_all((0..5).map(|n| say(1, 1, "Yes, tonight.", START + n * MINUTE))).await;
        let same_words = say(2, 2, "Yes, tonight.", START + MINUTE).await;
        let reused = say(1, 3, "Something else.", START + MINUTE).await;

        let word = said(false, "Yes, tonight.", START);
        assert_eq!(first, Said::Done(word.clone()));
        assert!(again.iter().all(|again| *again == Said::Before(word.clone())), "{again:?}");
        assert_eq!(same_words, Said::Done(said(false, "Yes, tonight.", START + MINUTE)), "another sending");
        assert_eq!(reused, Said::KeyReused);
        let before = |key, request| store.said_before("Yes, tonight.".into(), sending(key, request));
        assert_eq!(before(1, 1).await.unwrap(), Some(Said::Before(word)));
        assert_eq!(before(9, 1).await.unwrap(), None);
        assert_eq!(store.mine(1).await.words.len(), 3);

        store.delete_own(recovery(1)).await.unwrap().unwrap();

        assert_eq!(say(1, 1, "Yes, tonight.", START).await, Said::ItemDeleted);
        assert_eq!(before(1, 1).await.unwrap(), None, "nor is a hash of the words left");
    })
    .await;
}

#[tokio::test]
async fn keys_of_words_are_forgotten_after_a_day() {
    each_store(async |store| {
        store.added(story(1)).await;
        let at = |at| store.say_own(recovery(1), "Yes, tonight.".into(), at, Some(sending(1, 1)));
        at(START).await.unwrap().unwrap();

        for (now, n_left) in [(START + IDEMPOTENCY_WINDOW_MS - 1, 1), (START + IDEMPOTENCY_WINDOW_MS, 0)] {
            store.purge(now, START).await.unwrap();
            assert_eq!(store.rows("select key_hash from word_keys").await.len(), n_left);
        }
    })
    .await;
}

#[tokio::test]
async fn a_word_of_the_authors_waits_in_the_queue_wherever_its_item_stands() {
    each_store(async |store| {
        store.added(published(story(1))).await;
        store.added(story(2)).await;
        store.decided(item(2), Decision::Decline).await.unwrap();
        store.added(published(story(3))).await;
        store.decided(item(3), Decision::Hide).await.unwrap();
        let moderator = store.moderator().await.id;
        for n in [1, 2, 3] {
            store
                .say_own(recovery(n), "Is anybody there?".into(), START + n as i64, None)
                .await
                .unwrap()
                .unwrap();
            store.say_own(recovery(n), "Hello?".into(), START + 100, None).await.unwrap().unwrap();
        }

        assert_eq!(store.queue_ids(1).await, [item(1), item(2), item(3)]);
        assert_eq!(store.first_in_queue().await.waits_since, START + 1);
        store.say(item(2), moderator, "Yes.".into(), START + 200).await.unwrap().unwrap();
        assert_eq!(store.queue_ids(1).await, [item(1), item(3)]);
        store.decided(item(3), Decision::Restore).await.unwrap();
        assert_eq!(store.queue_ids(1).await, [item(1)]);
        store.delete_own(recovery(1)).await.unwrap().unwrap();
        assert_eq!(store.queue_ids(1).await, []);
        let late = store.say(item(1), moderator, "Yes.".into(), START).await.unwrap();
        assert_eq!(late, Some(Said::ItemDeleted));
    })
    .await;
}

/// Of item `n`: what it said first, what waits, and a word of each side.
async fn with_side_texts(store: &Subject, n: u64) {
    let moderator = store.moderator().await.id;
    store.changed(n, edit(format!("Replaced text {n}, or so."))).await;
    store.changed(n, edit(format!("Current text {n}, or so."))).await;
    store.say(item(n), moderator, format!("Asked about {n}, or so."), START).await.unwrap().unwrap();
    store.say_own(recovery(n), format!("Answered about {n}, or so."), START, None).await.unwrap().unwrap();
}

const SIDE_TEXTS: [&str; 4] = ["Replaced text", "Current text", "Asked about", "Answered about"];

async fn found(store: &Subject, n: u64) -> Vec<&'static str> {
    let mut found = Vec::new();
    for text in SIDE_TEXTS {
        if store.files_hold(&format!("{text} {n}, ")).await {
            found.push(text);
        }
    }
    found
}

#[tokio::test]
async fn all_that_belongs_to_a_deleted_item_is_gone_from_the_files() {
    each_store(async |store| {
        // Neighbours of many lengths, so that rows would move if they could.
        for n in 0..12 {
            let text = format!("neighbour {n} ").repeat(1 + (n as usize * 37) % 100);
            store.added(story(n)).await;
            store.changed(n, edit(text)).await;
        }
        store.added(story(100)).await;
        store.added(published(story(101))).await;
        store.added(published(story(102))).await;
        for n in [100, 101, 102] {
            with_side_texts(store, n).await;
            assert_eq!(found(store, n).await, SIDE_TEXTS, "the test must be able to find them");
        }

        for n in (0..12).step_by(2).chain([100, 101]) {
            store.delete_own(recovery(n)).await.unwrap().unwrap();
        }

        for n in [100, 101] {
            assert_eq!(found(store, n).await, Vec::<&str>::new(), "{n}");
        }
        assert_eq!(found(store, 102).await, SIDE_TEXTS, "its neighbour keeps its own");
        assert_eq!(store.mine(102).await.words.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn what_was_replaced_is_gone_from_the_files_once_it_is_decided() {
    each_store(async |store| {
        for n in [1, 2] {
            store.added(story(n)).await;
            with_side_texts(store, n).await;
        }
        for n in [3, 4] {
            store.added(published(story(n))).await;
            with_side_texts(store, n).await;
        }
        store.decided(item(1), Decision::Approve).await.unwrap();
        store.decided(item(2), Decision::Decline).await.unwrap();
        store.decided_on(3, Decision::Approve, Some("Current text 3, or so.")).await.unwrap();
        store.decided_on(4, Decision::Decline, Some("Current text 4, or so.")).await.unwrap();

        store.purge(START, START).await.unwrap();

        let kept = ["Current text", "Asked about", "Answered about"];
        for n in [1, 2, 3] {
            assert_eq!(found(store, n).await, kept, "{n}");
        }
        assert_eq!(found(store, 4).await, kept[1..]);
        for n in [1, 2, 3] {
            assert!(!store.files_hold(&format!("Story number {n}, ")).await, "what it said first: {n}");
        }
        assert!(store.files_hold("Story number 4, ").await, "the old text stays");
    })
    .await;
}

#[tokio::test]
async fn what_nobody_decided_about_is_purged_with_all_that_belongs_to_it() {
    each_store(async |store| {
        let limit = edit("").at + MINUTE;
        store.added(story(1)).await;
        with_side_texts(store, 1).await;
        let post = store.added(published(story(2))).await;
        with_side_texts(store, 2).await;
        store.added(story(200)).await;
        with_side_texts(store, 200).await;
        store.delete_own(recovery(200)).await.unwrap();
        store.added(story(201)).await;
        with_side_texts(store, 201).await;

        store.purge(START, limit).await.unwrap();

        assert_eq!(store.own(recovery(1)).await.unwrap(), None);
        assert_eq!(found(store, 1).await, Vec::<&str>::new());
        assert_eq!(found(store, 2).await, SIDE_TEXTS[2..], "the item stays, and what was said about it");
        let own = store.mine(2).await;
        assert_eq!((own.id, own.waiting_text, own.edited_at), (post, None, None));
        assert_eq!(found(store, 201).await, SIDE_TEXTS, "it is younger");
    })
    .await;
}

#[tokio::test]
async fn what_was_published_is_purged_when_its_site_says() {
    each_store(async |store| {
        let site: peer_support_domain::site::SiteId = "demo".parse().unwrap();
        let limit = START + 100 * MINUTE;
        let old = store.added(published(story(1))).await;
        store.added(published(reply(2, old))).await;
        // Their replies go with them, however young.
        store.added(published(reply(150, old))).await;
        store.added(reply(151, old)).await;
        with_side_texts(store, 2).await;
        store.vote(helped(old, voter(1))).await.unwrap();
        store.vote(helped(item(2), voter(1))).await.unwrap();
        let hidden = store.added(published(story(3))).await;
        store.decided(hidden, Decision::Hide).await.unwrap();
        let young = store.added(published(story(101))).await;
        store.added(published(reply(102, young))).await;
        let held = store.added(story(4)).await;

        let elsewhere = store.purge_published("other".parse().unwrap(), limit).await.unwrap();
        let n_purged = store.purge_published(site.clone(), limit).await.unwrap();

        assert_eq!((elsewhere, n_purged), (0, 5), "a post with its three replies, one hidden");
        for n in [1, 2, 150, 151, 3] {
            assert_eq!(store.own(recovery(n)).await.unwrap(), None, "{n}");
            assert!(!store.files_hold(&format!("Story number {n}, ")).await, "{n}");
        }
        assert_eq!(found(store, 2).await, Vec::<&str>::new());
        assert_eq!(store.rows("select * from votes").await.len(), 0);
        assert_eq!(store.post(young).await.unwrap().unwrap().n_replies, 1);
        assert_eq!(store.queue_ids(9).await, [held]);
        assert_eq!(store.purge_published(site, limit).await.unwrap(), 0);
    })
    .await;
}
