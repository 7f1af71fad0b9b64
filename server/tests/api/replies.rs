//! Replies to posts.

use serde_json::json;

use crate::client::{REPLY, STORY, each_server, problem};

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
