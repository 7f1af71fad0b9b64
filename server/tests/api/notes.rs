//! Content notes: what an author says a text is about, for those who would rather not meet it unprepared.

use axum::http::Method;
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{Answer, REPLY, STORY, Server, each_server, problem, text_of};

async fn with_key(server: &Server, path: &str, new: &Value) -> Answer {
    server.call(Method::POST, path, &[("idempotency-key", "notes-once")], Some(new)).await
}

#[tokio::test]
async fn notes_are_shown_with_a_post_and_a_reply_to_everyone_who_reads_them() {
    each_server(async |server| {
        let notes = json!(["suicide", "death"]);
        let new = json!({ "kind": "story", "text": STORY, "notes": notes });
        let receipt = server.post("/sites/demo/posts", &new).await.ok().json();
        let (post, code) = (text_of(&receipt["id"]), text_of(&receipt["recovery_code"]));
        let moderator = server.moderator(Role::Moderator).await;
        assert_eq!(moderator.get("/console/queue").await.ok().json()["items"][0]["notes"], notes);
        assert_eq!(server.mine(&code).await.ok().json()["notes"], notes);
        server.decide(&post, &json!({ "decision": "approve" })).await;

        let new = json!({ "text": REPLY, "notes": ["eating"] });
        let reply = server.post(&format!("/posts/{post}/replies"), &new).await.ok().json();
        server.decide(&text_of(&reply["id"]), &json!({ "decision": "approve" })).await;

        assert_eq!(server.get(&format!("/posts/{post}")).await.ok().json()["notes"], notes);
        assert_eq!(server.get("/sites/demo/posts").await.ok().json()["items"][0]["notes"], notes);
        let replies = server.get(&format!("/posts/{post}/replies")).await.ok().json();
        assert_eq!(replies["items"][0]["notes"], json!(["eating"]));
    })
    .await;
}

#[tokio::test]
async fn what_has_no_notes_says_nothing_of_them() {
    each_server(async |server| {
        let (post, code) = server.published_story(STORY).await;

        assert_eq!(server.get(&format!("/posts/{post}")).await.ok().json().get("notes"), None);
        assert_eq!(server.mine(&code).await.ok().json().get("notes"), None);
    })
    .await;
}

#[tokio::test]
async fn an_edit_changes_the_notes_that_it_names_and_keeps_them_otherwise() {
    each_server(async |server| {
        let new = json!({ "kind": "story", "text": STORY, "notes": ["abuse"] });
        let receipt = server.post("/sites/demo/posts", &new).await.ok().json();
        let code = text_of(&receipt["recovery_code"]);
        let edited = async |edit: Value| {
            let headers = [("recovery-code", code.as_str())];
            server.call(Method::PATCH, "/mine", &headers, Some(&edit)).await.ok().json()
        };

        let kept = edited(json!({ "text": format!("{STORY} And again.") })).await;
        let changed = edited(json!({ "text": STORY, "notes": ["death"] })).await;
        let taken_off = edited(json!({ "text": STORY, "notes": [] })).await;

        assert_eq!((&kept["notes"], &changed["notes"]), (&json!(["abuse"]), &json!(["death"])));
        assert_eq!(taken_off.get("notes"), None);
    })
    .await;
}

#[tokio::test]
async fn the_same_text_with_other_notes_is_another_request() {
    each_server(async |server| {
        let new = json!({ "kind": "story", "text": STORY, "notes": ["abuse"] });
        let other = json!({ "kind": "story", "text": STORY, "notes": ["eating"] });
        with_key(server, "/sites/demo/posts", &new).await.ok();

        let same = with_key(server, "/sites/demo/posts", &new).await;
        let answer = with_key(server, "/sites/demo/posts", &other).await;

        assert_eq!(same.status.as_u16(), 201);
        assert_eq!(answer.problem(), problem(422, "idempotency-key-reused", "Idempotency-Key"));
    })
    .await;
}

#[tokio::test]
async fn notes_that_there_are_not_are_refused() {
    each_server(async |server| {
        for notes in [json!(["spoiler"]), json!(["death", "death"]), json!("death")] {
            let new = json!({ "kind": "story", "text": STORY, "notes": notes });
            let answer = server.post("/sites/demo/posts", &new).await;

            assert_eq!(
                (answer.status.as_u16(), answer.problem().1.as_str()),
                (422, "field-invalid"),
                "{notes}"
            );
        }
    })
    .await;
}
