//! The same request sent again, because the answer to the first was lost on the way.

use std::collections::HashSet;

use axum::http::{Method, StatusCode};
use futures_util::future::join_all;
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{Answer, REPLY, STORY, Server, a_server, each_server, problem, text_of};

async fn post_with_key(server: &Server, path: &str, key: &str, body: &Value) -> Answer {
    server.call(Method::POST, path, &[("idempotency-key", key)], Some(body)).await
}

async fn waiting(server: &Server) -> usize {
    let moderator = server.moderator(Role::Viewer).await;
    moderator.get("/console/queue?limit=100").await.ok().texts().len()
}

#[tokio::test]
async fn a_post_sent_twice_under_one_key_is_posted_once_and_answered_alike() {
    each_server(async |server| {
        let new = json!({ "kind": "story", "text": STORY });

        let first = post_with_key(server, "/sites/demo/posts", "a key of mine", &new).await.ok();
        server.wait_ms(60_000);
        let again = post_with_key(server, "/sites/demo/posts", "a key of mine", &new).await.ok();

        assert_eq!(first.json(), again.json(), "with the same id, moment and recovery code");
        assert_eq!(waiting(server).await, 1);
        let code = text_of(&again.json()["recovery_code"]);
        assert_eq!(server.mine(&code).await.ok().json()["text"], STORY);
    })
    .await;
}

#[tokio::test]
async fn fifty_sendings_at_once_under_one_key_post_once() {
    each_server(async |server| {
        let new = json!({ "kind": "story", "text": STORY });
        let sendings = (0..50).map(|_| post_with_key(server, "/sites/demo/posts", "fifty-at-once", &new));

        let answers = join_all(sendings).await;

        assert!(answers.iter().all(|answer| answer.status == StatusCode::CREATED));
        let receipts: HashSet<_> = answers.iter().map(Answer::text).collect();
        assert_eq!(receipts.len(), 1, "{receipts:?}");
        assert_eq!(waiting(server).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_reply_sent_twice_under_one_key_is_posted_once() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        let path = format!("/posts/{post}/replies");
        let new = json!({ "id": "0123456789abc", "text": REPLY, "recovery": "a".repeat(32) });

        let first = post_with_key(server, &path, "reply-key", &new).await.ok();
        let again = post_with_key(server, &path, "reply-key", &new).await.ok();

        assert_eq!(first.json(), again.json());
        assert_eq!(waiting(server).await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_stored_is_known_by_its_code_when_its_key_is_forgotten() {
    each_server(async |server| {
        let new =
            json!({ "id": "0123456789abc", "kind": "story", "text": STORY, "recovery": "a".repeat(32) });
        let first = post_with_key(server, "/sites/demo/posts", "forgotten", &new).await.ok();

        let again = post_with_key(server, "/sites/demo/posts", "another-one", &new).await.ok();
        let of_server = post_with_key(server, "/sites/demo/posts", "no-id-of-mine", &{
            let mut new = new.clone();
            new["id"] = Value::Null;
            new
        })
        .await
        .ok();

        assert_eq!(first.json(), again.json());
        assert_eq!(first.json(), of_server.json());
        for (field, other) in
            [("text", json!(REPLY)), ("id", json!("1123456789abc")), ("recovery", json!("b".repeat(32)))]
        {
            let mut new = new.clone();
            new[field] = other;
            let answer = post_with_key(server, "/sites/demo/posts", "one-more-key", &new).await;
            assert_eq!(answer.problem(), problem(409, "id-taken", "id"), "another {field}");
        }
        assert_eq!(waiting(server).await, 1);
    })
    .await;
}

#[tokio::test]
async fn another_request_under_a_used_key_is_refused() {
    each_server(async |server| {
        let new = json!({ "kind": "story", "text": STORY });
        let other = json!({ "kind": "question", "text": STORY });
        post_with_key(server, "/sites/demo/posts", "used-once", &new).await.ok();

        let answer = post_with_key(server, "/sites/demo/posts", "used-once", &other).await;

        assert_eq!(answer.problem(), problem(422, "idempotency-key-reused", "Idempotency-Key"));
        assert_eq!(waiting(server).await, 1);
    })
    .await;
}

#[tokio::test]
async fn two_sites_do_not_meet_in_one_key() {
    each_server(async |server| {
        let new = json!({ "kind": "story", "text": STORY });

        let demo = post_with_key(server, "/sites/demo/posts", "same-key", &new).await.ok().json();
        let other = post_with_key(server, "/sites/other/posts", "same-key", &new).await.ok().json();

        assert_ne!(demo["id"], other["id"]);
        assert_ne!(demo["recovery_code"], other["recovery_code"]);
    })
    .await;
}

#[tokio::test]
async fn two_posts_without_a_key_are_two() {
    each_server(async |server| {
        server.story(STORY).await;
        server.story(STORY).await;

        assert_eq!(waiting(server).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_too_short_or_too_long_is_refused() {
    a_server(async |server| {
        let new = json!({ "kind": "story", "text": STORY });
        for key in ["", "seven77", &"k".repeat(129), "κλειδί-κλειδί"] {
            let answer = post_with_key(server, "/sites/demo/posts", key, &new).await;

            assert_eq!(answer.problem(), problem(400, "header-invalid", "Idempotency-Key"), "{key:?}");
        }
        assert_eq!(waiting(server).await, 0);
    })
    .await;
}
