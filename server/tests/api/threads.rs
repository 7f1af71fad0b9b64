//! What stands around an item, for moderators.

use peer_support_domain::post::Role;
use serde_json::json;

use crate::client::{REPLY, STORY, a_server, each_server, problem};

#[tokio::test]
async fn a_moderator_reads_what_a_reply_answers_what_stands_around_it_and_what_was_decided() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        let (declined, _) = server.reply(&post, "You are all wrong.").await;
        server.decide(&declined, &json!({ "decision": "decline", "reason": "Please be kind." })).await;
        let (published, _) = server.published_reply(&post, REPLY).await;
        let (held, _) = server.reply(&post, "And the third week?").await;
        let viewer = server.moderator(Role::Viewer).await;

        let thread = viewer.get(&format!("/console/items/{held}/thread")).await.ok().json();

        assert_eq!(thread["post"]["text"], STORY);
        let replies = thread["replies"].as_array().unwrap();
        let told: Vec<_> = replies.iter().map(|reply| (&reply["id"], &reply["state"])).collect();
        assert_eq!(
            told,
            [
                (&json!(declined), &json!("declined")),
                (&json!(published), &json!("published")),
                (&json!(held), &json!("held")),
            ]
        );
        let decisions = thread["decisions"].as_array().unwrap();
        let reasons: Vec<_> = decisions.iter().map(|past| past["reason"].as_str()).collect();
        assert_eq!(reasons, [None, Some("Please be kind."), None]);
    })
    .await;
}

#[tokio::test]
async fn nobody_reads_a_thread_without_the_right_to() {
    a_server(async |server| {
        let (post, code) = server.published_story(STORY).await;
        let (held, _) = server.reply(&post, REPLY).await;
        let path = format!("/console/items/{held}/thread");

        let nobody = server.get(&path).await;
        let moderator = server.moderator(Role::Viewer).await;
        let both = moderator.get(&format!("{path}?before={c}&after={c}", c = "0".repeat(26))).await;
        let none = moderator.get(&format!("{path}?before=here")).await;
        let header = [("recovery-code", code.as_str())];
        server.call(axum::http::Method::DELETE, "/mine", &header, None).await.ok();

        assert_eq!(nobody.problem(), problem(401, "not-signed-in", ""));
        assert_eq!(both.problem(), problem(400, "parameter-invalid", "before"));
        assert_eq!(none.problem(), problem(400, "parameter-invalid", "before"));
        assert_eq!(moderator.get(&path).await.problem(), problem(404, "not-found", "id"));
    })
    .await;
}
