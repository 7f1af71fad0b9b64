//! Replies to posts.

use axum::http::Method;
use serde_json::{Value, json};

use crate::client::{Answer, REPLY, STORY, Server, each_server, problem, text_of};

#[tokio::test]
async fn an_approved_reply_stands_under_its_post() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        let (reply, _) = server.published_reply(&post, REPLY).await;

        let page = server.get(&format!("/posts/{post}/replies")).await.ok().json();

        assert_eq!(page["items"][0]["id"], json!(reply));
        assert_eq!(page["items"][0]["text"], REPLY);
        assert_eq!(server.get(&format!("/posts/{post}")).await.json()["n_replies"], 1);
    })
    .await;
}

#[tokio::test]
async fn replies_come_in_pages_the_oldest_first() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        for n in 0..5 {
            server.published_reply(&post, &format!("Reply {n}")).await;
            server.wait_ms(1_000);
        }

        let first = server.get(&format!("/posts/{post}/replies?limit=3")).await.ok();
        let cursor = first.json()["next"].as_str().unwrap().to_owned();
        let second = server.get(&format!("/posts/{post}/replies?limit=3&cursor={cursor}")).await.ok();

        assert_eq!(first.texts(), ["Reply 0", "Reply 1", "Reply 2"]);
        assert_eq!(second.texts(), ["Reply 3", "Reply 4"]);
        assert_eq!(second.json()["next"], json!(null));
    })
    .await;
}

#[tokio::test]
async fn one_author_is_the_same_within_a_thread() {
    each_server(async |server| {
        let author = "7".repeat(32);
        let new = json!({ "kind": "story", "text": STORY, "author": author });
        let post =
            server.post("/sites/demo/posts", &new).await.ok().json()["id"].as_str().unwrap().to_owned();
        server.decide(&post, &json!({ "decision": "approve" })).await;
        let reply = json!({ "text": REPLY, "author": author });
        let reply = server.post(&format!("/posts/{post}/replies"), &reply).await.ok().json();
        server.decide(reply["id"].as_str().unwrap(), &json!({ "decision": "approve" })).await;

        let tag = server.get(&format!("/posts/{post}")).await.json()["author"].clone();
        let replies = server.get(&format!("/posts/{post}/replies")).await.json();

        assert!(tag.is_string());
        assert_eq!(replies["items"][0]["author"], tag);
    })
    .await;
}

#[tokio::test]
async fn a_code_replies_as_the_author_of_what_it_opens() {
    each_server(async |server| {
        let new = json!({ "kind": "story", "text": STORY, "author": "7".repeat(32) });
        let receipt = server.post("/sites/demo/posts", &new).await.ok().json();
        let (post, code) = (text_of(&receipt["id"]), text_of(&receipt["recovery_code"]));
        server.decide(&post, &json!({ "decision": "approve" })).await;
        let tag = server.get(&format!("/posts/{post}")).await.ok().json()["author"].clone();
        // From another device: its own key would be somebody else's.
        let reply = json!({ "text": REPLY, "author": "8".repeat(32) });

        let receipt = reply_by_code(server, &post, &code, &reply).await.ok().json();
        server.decide(&text_of(&receipt["id"]), &json!({ "decision": "approve" })).await;
        let by_its_own = json!({ "text": "And once more, from here." });
        let own_code = text_of(&receipt["recovery_code"]);
        let second = reply_by_code(server, &post, &own_code, &by_its_own).await.ok().json();
        server.decide(&text_of(&second["id"]), &json!({ "decision": "approve" })).await;

        let replies = server.get(&format!("/posts/{post}/replies")).await.ok().json();
        assert_eq!((&replies["items"][0]["author"], &replies["items"][1]["author"]), (&tag, &tag));
        assert!(tag.is_string());
    })
    .await;
}

#[tokio::test]
async fn a_code_that_opens_nothing_in_the_thread_replies_as_nobody() {
    each_server(async |server| {
        let (post, code) = server.published_story(STORY).await;
        let (_, elsewhere) = server.published_story("Another story that somebody else sent here.").await;
        let reply = json!({ "text": REPLY });

        let of_another_thread = reply_by_code(server, &post, &elsewhere, &reply).await;
        let unknown = reply_by_code(server, &post, "0000-0000-0000-0000-0000", &reply).await;
        let slip = reply_by_code(server, &post, "7K2M", &reply).await;
        let (deleted_reply, its_code) = server.published_reply(&post, REPLY).await;
        server.call(Method::DELETE, "/mine", &[("recovery-code", &its_code)], None).await.ok();
        let deleted = reply_by_code(server, &post, &its_code, &reply).await;

        let elsewhere = problem(403, "code-of-another-thread", "Recovery-Code");
        assert_eq!(
            (of_another_thread.problem(), deleted.problem()),
            (elsewhere.clone(), elsewhere),
            "{deleted_reply}"
        );
        assert_eq!(unknown.problem(), problem(404, "not-found", "Recovery-Code"));
        assert_eq!(slip.problem(), problem(400, "header-invalid", "Recovery-Code"));
        reply_by_code(server, &post, &code, &reply).await.ok();
    })
    .await;
}

#[tokio::test]
async fn one_key_with_another_code_is_another_request() {
    each_server(async |server| {
        let (post, code) = server.published_story(STORY).await;
        let reply = json!({ "text": REPLY });
        let path = format!("/posts/{post}/replies");
        let key = ("idempotency-key", "reply-once");
        let headers = [key, ("recovery-code", code.as_str())];
        let first = server.call(Method::POST, &path, &headers, Some(&reply)).await.ok().json();

        let again = server.call(Method::POST, &path, &headers, Some(&reply)).await.ok().json();
        let other = server.call(Method::POST, &path, &[key], Some(&reply)).await;

        assert_eq!(first, again);
        assert_eq!(other.problem(), problem(422, "idempotency-key-reused", "Idempotency-Key"));
    })
    .await;
}

async fn reply_by_code(server: &Server, post: &str, code: &str, reply: &Value) -> Answer {
    let headers = [("recovery-code", code)];
    server.call(Method::POST, &format!("/posts/{post}/replies"), &headers, Some(reply)).await
}

#[tokio::test]
async fn there_are_no_replies_to_what_is_not_there_and_none_to_replies() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        let (reply, _) = server.published_reply(&post, REPLY).await;

        for nowhere in ["0000000000000", &reply] {
            let path = format!("/posts/{nowhere}/replies");
            let answer = server.post(&path, &json!({ "text": REPLY })).await;
            assert_eq!(answer.problem(), problem(404, "not-found", "id"), "{nowhere}");
            assert_eq!(server.get(&path).await.problem(), problem(404, "not-found", "id"), "{nowhere}");
        }
    })
    .await;
}
