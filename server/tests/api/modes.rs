//! What a site takes from visitors, as its owner chose.

use axum::http::Method;
use peer_support_domain::post::Role;
use serde_json::json;

use crate::client::{REPLY, STORY, Server, each_server_with, problem};

/// Of a site in `mode`: the owner's post, and a visitor's with its code. The server of the same database that is open
/// took the visitor's, before the owner changed the mode.
async fn posts(server: &Server, open: &Server) -> (String, String, String) {
    let lead = open.moderator(Role::Lead).await;
    let new = json!({ "kind": "story", "text": "The owner writes what this place is for." });
    let owners = lead.write(Method::POST, "/console/sites/demo/posts", Some(&new)).await.ok().json();
    let (visitors, code) = open.published_story(STORY).await;
    server.get(&format!("/posts/{visitors}")).await.ok();
    (owners["id"].as_str().unwrap().to_owned(), visitors, code)
}

#[tokio::test]
async fn a_limited_site_takes_replies_below_what_the_owner_wrote_and_nothing_else() {
    each_server_with("limited", async |server, open| {
        let (owners, visitors, _) = posts(server, open).await;
        let closed = problem(403, "site-closed", "");
        assert_eq!(server.get("/sites/demo").await.ok().json()["mode"], "limited");

        let post = server.post("/sites/demo/posts", &json!({ "kind": "story", "text": STORY })).await;
        assert_eq!(post.problem(), closed);
        let reply = json!({ "text": REPLY });
        assert_eq!(server.post(&format!("/posts/{visitors}/replies"), &reply).await.problem(), closed);
        server.post(&format!("/posts/{owners}/replies"), &reply).await.ok();
        // The other site is what it was.
        server.post("/sites/other/posts", &json!({ "kind": "story", "text": STORY })).await.ok();
    })
    .await;
}

#[tokio::test]
async fn a_read_only_site_takes_no_words_but_lets_people_read_and_vote_and_take_theirs_back() {
    each_server_with("read-only", async |server, open| {
        let (owners, visitors, code) = posts(server, open).await;
        let (_, held) = open.story(STORY).await;
        let closed = problem(403, "site-closed", "");
        assert_eq!(server.get("/sites/demo").await.ok().json()["mode"], "read-only");

        let post = server.post("/sites/demo/posts", &json!({ "kind": "story", "text": STORY })).await;
        assert_eq!(post.problem(), closed);
        for post in [&owners, &visitors] {
            let reply = server.post(&format!("/posts/{post}/replies"), &json!({ "text": REPLY })).await;
            assert_eq!(reply.problem(), closed);
        }
        let text = json!({ "text": "Another text, which would have to be read first." });
        let edit = server.call(Method::PATCH, "/mine", &[("recovery-code", &held)], Some(&text)).await;
        assert_eq!(edit.problem(), closed);

        assert_eq!(server.get("/sites/demo/posts").await.ok().texts().len(), 2);
        let vote = format!("/items/{visitors}/votes/helped");
        let voter = json!({ "voter": "3".repeat(32) });
        let counts = server.call(Method::PUT, &vote, &[], Some(&voter)).await.ok().json();
        assert_eq!(counts["helped"], 1);
        server.mine(&code).await.ok();
        server.call(Method::DELETE, "/mine", &[("recovery-code", &code)], None).await.ok();
        assert_eq!(server.get("/sites/demo/posts").await.ok().texts().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_was_stored_before_the_site_closed_is_answered_when_it_is_sent_again() {
    each_server_with("read-only", async |server, open| {
        let (_, visitors, code) = posts(server, open).await;
        let story = json!({ "kind": "story", "text": "One more story, whose receipt was lost on the way." });
        let replies = format!("/posts/{visitors}/replies");
        let requests = [
            ("/sites/demo/posts", story, vec![("idempotency-key", "key-of-the-post")]),
            (&replies, json!({ "text": REPLY }), vec![("idempotency-key", "key-of-the-reply")]),
            (
                &replies,
                json!({ "text": "And one by the author of the story." }),
                vec![("idempotency-key", "key-by-the-author"), ("recovery-code", &code)],
            ),
        ];
        for (path, body, headers) in &requests {
            let before = open.call(Method::POST, path, headers, Some(body)).await.ok();

            let again = server.call(Method::POST, path, headers, Some(body)).await.ok();

            assert_eq!(again.json(), before.json());
            let other =
                json!({ "kind": "story", "text": "Other words under the same key, which nobody took." });
            let refused =
                server.call(Method::POST, path, &[headers[0], ("recovery-code", &code)], Some(&other)).await;
            assert_eq!(refused.problem(), problem(422, "idempotency-key-reused", "Idempotency-Key"));
            let fresh =
                server.call(Method::POST, path, &[("idempotency-key", "a new key")], Some(body)).await;
            assert_eq!(fresh.problem(), problem(403, "site-closed", ""));
        }
    })
    .await;
}

#[tokio::test]
async fn on_a_limited_site_a_held_text_can_still_be_changed() {
    each_server_with("limited", async |server, open| {
        let (_, held) = open.story(STORY).await;

        let text = json!({ "text": "Another text, which a moderator will read." });
        let edited = server.call(Method::PATCH, "/mine", &[("recovery-code", &held)], Some(&text)).await.ok();

        assert_eq!(edited.json()["text"], text["text"]);
    })
    .await;
}
