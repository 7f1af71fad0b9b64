//! Searching what moderators may read, and hiding what nobody reported.

use axum::http::Method;
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{Answer, Moderator, NOW, REPLY, STORY, a_server, each_server, problem};

impl Moderator<'_> {
    async fn look_for(&self, find: &Value) -> Answer {
        self.write(Method::POST, "/console/search", Some(find)).await
    }
}

#[tokio::test]
async fn what_nobody_reported_is_found_hidden_and_shown_again() {
    each_server(async |server| {
        let (id, code) = server.published_story(STORY).await;
        server.published_story("Another one, about long walks by the river.").await;
        let moderator = server.moderator(Role::Moderator).await;

        let found = moderator.look_for(&json!({ "words": "school", "state": "published" })).await.ok();
        assert_eq!(found.texts(), [STORY]);
        let item = &found.json()["items"][0];
        assert_eq!((&item["waits_since"], &item["decision_expected_at"]), (&Value::Null, &Value::Null));

        let hide = json!({ "decision": "hide", "reason": "It names your school.", "read_text": STORY, "n_decisions": 1 });
        assert_eq!(moderator.decide(&id, &hide).await.ok().json()["state"], "hidden");
        assert_eq!(server.get(&format!("/posts/{id}")).await.problem(), problem(404, "not-found", "id"));
        assert_eq!(server.mine(&code).await.ok().json()["reason"], "It names your school.");

        let hidden = moderator.look_for(&json!({ "words": "school", "state": "hidden" })).await.ok();
        assert_eq!(hidden.texts(), [STORY]);
        moderator.decide(&id, &json!({ "decision": "restore", "n_decisions": 2 })).await.ok();
        assert_eq!(server.get(&format!("/posts/{id}")).await.ok().json()["text"], STORY);
    })
    .await;
}

#[tokio::test]
async fn what_waits_is_found_with_its_clock_and_what_it_answers() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        server.reply(&post, REPLY).await;
        let viewer = server.moderator(Role::Viewer).await;

        let found = viewer.look_for(&json!({ "kind": "reply", "state": "held" })).await.ok().json();

        let item = &found["items"][0];
        assert_eq!((&item["text"], &item["in_reply_to"]), (&json!(REPLY), &json!(STORY)));
        assert_eq!(item["waits_since"], NOW);
        assert_eq!(item["decision_expected_at"], NOW + 2 * 60 * 60 * 1_000);
        assert_eq!(found.get("looked_back_to"), None, "all was looked into");
    })
    .await;
}

#[tokio::test]
async fn nobody_searches_without_the_right_to_and_what_is_wrong_is_named() {
    a_server(async |server| {
        let viewer = server.moderator(Role::Viewer).await;

        let nobody = server.post("/console/search", &json!({})).await;
        assert_eq!(nobody.problem(), problem(401, "not-signed-in", ""));
        for (find, field) in [
            (json!({ "words": "?" }), "words"),
            (json!({ "words": "a".repeat(201) }), "words"),
            (json!({ "state": "lost" }), "state"),
            (json!({ "kind": "poem" }), "kind"),
            (json!({ "cursor": "there" }), "cursor"),
        ] {
            assert_eq!(
                viewer.look_for(&find).await.problem(),
                problem(422, "field-invalid", field),
                "{find}"
            );
        }
        let page = viewer.write(Method::POST, "/console/search?limit=101", Some(&json!({}))).await;
        assert_eq!(page.problem(), problem(400, "parameter-invalid", "limit"));
    })
    .await;
}
