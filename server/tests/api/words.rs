//! The private word: a moderator and an author, and nobody else.

use axum::http::Method;
use peer_support_domain::limits::WORDS_OF_A_SIDE;
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{Answer, Moderator, NOW, STORY, Server, each_server, problem};

async fn answer_by_code(server: &Server, code: &str, text: &str) -> Answer {
    let headers = [("recovery-code", code)];
    server.call(Method::POST, "/mine/words", &headers, Some(&json!({ "text": text }))).await
}

async fn say(moderator: &Moderator<'_>, item: &str, text: &str) -> Answer {
    moderator
        .write(Method::POST, &format!("/console/items/{item}/words"), Some(&json!({ "text": text })))
        .await
}

#[tokio::test]
async fn a_moderator_and_an_author_speak_in_private() {
    each_server(async |server| {
        let (id, code) = server.story(STORY).await;
        let moderator = server.moderator(Role::Moderator).await;

        let asked = say(&moderator, &id, "Are you safe tonight?").await.ok();
        server.wait_ms(60_000);
        let answered = answer_by_code(server, &code, "I am with my sister.").await.ok();

        assert_eq!((asked.status.as_u16(), answered.status.as_u16()), (201, 201));
        let words = json!([
            { "is_moderators": true, "text": "Are you safe tonight?", "created_at": NOW },
            { "is_moderators": false, "text": "I am with my sister.", "created_at": NOW + 60_000 },
        ]);
        let mine = server.mine(&code).await.ok();
        assert_eq!(mine.json()["words"], words);
        assert!(!mine.text().contains("moderator 0"), "the author does not learn who it was");
        assert_eq!(moderator.get("/console/queue").await.ok().json()["items"][0]["words"], words);
    })
    .await;
}

#[tokio::test]
async fn nobody_else_reads_or_writes_it() {
    each_server(async |server| {
        let (id, code) = server.published_story(STORY).await;
        let (_, other_code) = server.story("Another story that somebody else sent here.").await;
        let moderator = server.moderator(Role::Moderator).await;
        let viewer = server.moderator(Role::Viewer).await;
        say(&moderator, &id, "Only for you.").await.ok();
        let path = format!("/console/items/{id}/words");
        let body = json!({ "text": "a strange word" });

        assert!(!server.get(&format!("/posts/{id}")).await.ok().text().contains("Only for you."));
        assert!(!server.get("/sites/demo/posts").await.ok().text().contains("Only for you."));
        assert_eq!(server.mine(&other_code).await.ok().json().get("words"), None);
        assert_eq!(say(&viewer, &id, "a word").await.problem(), problem(403, "role-not-allowed", ""));
        assert_eq!(server.post(&path, &body).await.problem(), problem(401, "not-signed-in", ""));
        let unknown = answer_by_code(server, "0000-0000-0000-0000-0000", "a word").await;
        assert_eq!(unknown.problem(), problem(404, "not-found", "Recovery-Code"));
        let nowhere = say(&moderator, "0000000000000", "a word").await;
        assert_eq!(nowhere.problem(), problem(404, "not-found", "id"));
        assert_eq!(server.mine(&code).await.ok().json()["words"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_word_of_an_authors_waits_in_the_queue_until_a_moderator_answers() {
    each_server(async |server| {
        let (id, code) = server.published_story(STORY).await;
        let moderator = server.moderator(Role::Moderator).await;
        server.wait_ms(60_000);

        answer_by_code(server, &code, "May I take the name out?").await.ok();

        let item = moderator.get("/console/queue").await.ok().json()["items"][0].clone();
        assert_eq!((&item["id"], &item["state"]), (&json!(id), &json!("published")));
        assert_eq!(item["decision_expected_at"], NOW + 60_000 + 2 * 60 * 60 * 1_000);
        say(&moderator, &id, "Yes, change it here.").await.ok();
        assert_eq!(moderator.get("/console/queue").await.ok().json()["items"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn an_author_can_object_to_what_was_declined() {
    each_server(async |server| {
        let (id, code) = server.story(STORY).await;
        server.decide(&id, &json!({ "decision": "decline", "reason": "It names a person." })).await;

        answer_by_code(server, &code, "It is the name of my dog.").await.ok();

        let queue = server.moderator(Role::Viewer).await.get("/console/queue").await.ok().json();
        assert_eq!((&queue["items"][0]["id"], &queue["items"][0]["state"]), (&json!(id), &json!("declined")));
    })
    .await;
}

#[tokio::test]
async fn words_keep_to_their_limits_and_a_retry_says_nothing_twice() {
    each_server(async |server| {
        let (id, code) = server.story(STORY).await;
        let moderator = server.moderator(Role::Moderator).await;
        for text in ["a", &"long ".repeat(300)] {
            let author = answer_by_code(server, &code, text).await;
            let moderators = say(&moderator, &id, text).await;
            assert_eq!(author.problem(), problem(422, "text-invalid", "text"));
            assert_eq!(moderators.problem(), problem(422, "text-invalid", "text"));
        }

        answer_by_code(server, &code, "The same.").await.ok();
        server.wait_ms(1_000);
        let again: Value = answer_by_code(server, &code, "The same.").await.ok().json();
        assert_eq!(again["created_at"], NOW);
        for n in 1..WORDS_OF_A_SIDE {
            answer_by_code(server, &code, &format!("Word {n}")).await.ok();
        }
        let one_more = answer_by_code(server, &code, "One more.").await;

        assert_eq!(one_more.problem(), problem(409, "too-many-words", ""));
        say(&moderator, &id, "The other side still can.").await.ok();
        let words = server.mine(&code).await.ok().json()["words"].clone();
        assert_eq!(words.as_array().unwrap().len(), WORDS_OF_A_SIDE + 1);
    })
    .await;
}

#[tokio::test]
async fn a_word_sent_again_under_its_key_is_said_once_also_after_a_moderator_answered() {
    each_server(async |server| {
        let (id, code) = server.story(STORY).await;
        let moderator = server.moderator(Role::Moderator).await;
        let send = async |code: &str, key: &str, text: &str| {
            let headers = [("recovery-code", code), ("idempotency-key", key)];
            server.call(Method::POST, "/mine/words", &headers, Some(&json!({ "text": text }))).await
        };
        let first = send(&code, "key-of-the-word", "I am with my sister.").await.ok();
        say(&moderator, &id, "Good to know.").await.ok();
        server.wait_ms(60_000);

        let again = send(&code, "key-of-the-word", "I am with my sister.").await.ok();
        let reused = send(&code, "key-of-the-word", "I am at home.").await;
        let short = send(&code, "short", "I am at home.").await;
        send(&code, "another-key", "I am with my sister.").await.ok();

        assert_eq!((again.status, again.json()), (first.status, first.json()));
        assert_eq!(reused.problem(), problem(422, "idempotency-key-reused", "Idempotency-Key"));
        assert_eq!(short.problem(), problem(400, "header-invalid", "Idempotency-Key"));
        let (_, other) = server.story("Another story that somebody else sent here.").await;
        send(&other, "key-of-the-word", "I am somebody else.").await.ok();
        let words = server.mine(&code).await.ok().json()["words"].clone();
        let texts: Vec<_> = words.as_array().unwrap().iter().map(|word| &word["text"]).collect();
        assert_eq!(texts, ["I am with my sister.", "Good to know.", "I am with my sister."]);
    })
    .await;
}

#[tokio::test]
async fn words_are_gone_with_the_item() {
    each_server(async |server| {
        let (id, code) = server.story(STORY).await;
        let moderator = server.moderator(Role::Moderator).await;
        say(&moderator, &id, "Are you safe tonight?").await.ok();

        let headers = [("recovery-code", code.as_str())];
        let deleted = server.call(Method::DELETE, "/mine", &headers, None).await.ok().json();

        assert_eq!(deleted.get("words"), None);
        assert_eq!(server.mine(&code).await.ok().json().get("words"), None);
        let too_late = problem(409, "item-deleted", "");
        assert_eq!(say(&moderator, &id, "Are you there?").await.problem(), too_late);
        assert_eq!(answer_by_code(server, &code, "No.").await.problem(), too_late);
    })
    .await;
}
