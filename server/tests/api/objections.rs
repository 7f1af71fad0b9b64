//! What an author is told of a decision, and how somebody else looks at it again.

use axum::http::Method;
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{Answer, STORY, Server, each_server, problem};

async fn object(server: &Server, code: &str, body: &Value) -> Answer {
    server.call(Method::POST, "/mine/objection", &[("recovery-code", code)], Some(body)).await
}

#[tokio::test]
async fn an_author_objects_and_somebody_else_answers() {
    each_server(async |server| {
        let (id, code) = server.story(STORY).await;
        let first = server.moderator(Role::Moderator).await;
        let other = server.moderator(Role::Moderator).await;
        let decline = json!({ "decision": "decline", "reason": "It names your school." });
        first.decide(&id, &decline).await.ok();
        assert_eq!(
            server.mine(&code).await.ok().json()["statement"],
            json!({ "decision": "decline", "may_object": true })
        );

        let objected = object(server, &code, &json!({ "text": "It is not my school." })).await.ok().json();

        let at = server.now();
        assert_eq!(objected["statement"], json!({ "decision": "decline", "objection": { "at": at } }));
        assert_eq!(objected["words"][0]["text"], "It is not my school.");
        for (reader, is_yours) in [(&first, true), (&other, false)] {
            let queue = reader.get("/console/queue").await.ok().json();
            let objection = &queue["items"][0]["objection"];
            assert_eq!(objection["is_yours"], is_yours);
            assert_eq!(objection["decision"]["reason"], "It names your school.");
        }
        assert_eq!(first.decide(&id, &decline).await.problem(), problem(409, "first-decider", ""));
        other.decide(&id, &json!({ "decision": "approve" })).await.ok();
        let mine = server.mine(&code).await.ok().json();
        assert_eq!(mine["state"], "published");
        assert_eq!(mine["statement"]["objection"]["outcome"], "changed");
    })
    .await;
}

#[tokio::test]
async fn only_what_was_decided_against_is_objected_to_and_with_few_words() {
    each_server(async |server| {
        let (id, code) = server.published_story(STORY).await;

        let nothing = object(server, &code, &json!({})).await;
        assert_eq!(nothing.problem(), problem(409, "nothing-to-object", ""));
        server.decide(&id, &json!({ "decision": "hide", "reason": "Not here." })).await;
        let long = object(server, &code, &json!({ "text": "x".repeat(1_001) })).await;
        assert_eq!(long.problem(), problem(422, "text-invalid", "text"));
        let strange = server.call(Method::POST, "/mine/objection", &[], Some(&json!({}))).await;
        assert_eq!(strange.status.as_u16(), 400, "without a code");
        object(server, &code, &json!({})).await.ok();
        object(server, &code, &json!({})).await.ok();
    })
    .await;
}

#[tokio::test]
async fn who_is_alone_is_told_what_to_do() {
    each_server(async |server| {
        let (id, code) = server.story(STORY).await;
        let alone = server.moderator(Role::Moderator).await;
        let decline = json!({ "decision": "decline", "reason": "Not here." });
        alone.decide(&id, &decline).await.ok();
        object(server, &code, &json!({})).await.ok();

        let refused = alone.decide(&id, &decline).await;

        assert_eq!(refused.problem(), problem(409, "first-decider", ""));
        assert!(refused.json()["detail"].as_str().unwrap().contains("nobody else may decide"));
    })
    .await;
}
