//! What an author can do with a recovery code, and what nobody can do without.

use axum::http::Method;
use peer_support_domain::limits::EARLIER_TEXTS;
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{Answer, NOW, REPLY, STORY, Server, each_server, problem};

async fn edit(server: &Server, code: &str, text: &str) -> Answer {
    server.call(Method::PATCH, "/mine", &[("recovery-code", code)], Some(&json!({ "text": text }))).await
}

async fn delete(server: &Server, code: &str) -> Answer {
    server.call(Method::DELETE, "/mine", &[("recovery-code", code)], None).await
}

#[tokio::test]
async fn an_author_sees_where_a_held_post_stands() {
    each_server(async |server| {
        let (id, code) = server.story(STORY).await;

        let answer = server.mine(&code).await.ok();

        assert_eq!(answer.header("cache-control"), "no-store");
        let mine = answer.json();
        assert_eq!((&mine["id"], &mine["thread"]), (&json!(id), &json!(id)));
        assert_eq!(
            (&mine["text"], &mine["state"], &mine["kind"]),
            (&json!(STORY), &json!("held"), &json!("story"))
        );
        assert_eq!(mine["decision_expected_at"], NOW + 2 * 60 * 60 * 1_000);
    })
    .await;
}

#[tokio::test]
async fn a_code_is_read_as_people_type_it() {
    each_server(async |server| {
        let (id, code) = server.story(STORY).await;

        let typed = code.to_lowercase().replace('-', " ").replace('0', "o");

        assert_eq!(server.mine(&typed).await.ok().json()["id"], json!(id));
    })
    .await;
}

#[tokio::test]
async fn an_author_sees_the_moderators_reason() {
    each_server(async |server| {
        let (id, code) = server.story(STORY).await;
        server.decide(&id, &json!({ "decision": "decline", "reason": "It names a person." })).await;

        let mine = server.mine(&code).await.ok().json();

        assert_eq!(mine["state"], "declined");
        assert_eq!(mine["reason"], "It names a person.");
        assert_eq!(mine.get("decision_expected_at"), None);
    })
    .await;
}

#[tokio::test]
async fn an_author_edits_while_it_is_held_and_moderators_read_the_new_text() {
    each_server(async |server| {
        let (_, code) = server.story(STORY).await;
        let new = "What I wanted to say: walking in with a friend helped.";

        let mine = edit(server, &code, new).await.ok().json();

        assert_eq!(mine["text"], new);
        assert_eq!(mine["state"], "held");
        let moderator = server.moderator(Role::Viewer).await;
        assert_eq!(moderator.get("/console/queue").await.ok().texts(), [new]);
    })
    .await;
}

const NEW: &str = "Something quite different from what was approved.";

#[tokio::test]
async fn what_others_have_read_is_not_changed_under_them() {
    each_server(async |server| {
        let (id, code) = server.published_story(STORY).await;
        server.wait_ms(60_000);

        let mine = edit(server, &code, NEW).await.ok().json();

        assert_eq!((&mine["text"], &mine["waiting_text"]), (&json!(STORY), &json!(NEW)));
        assert_eq!(
            (&mine["state"], &mine["decision_expected_at"]),
            (&json!("published"), &json!(NOW + 7_260_000))
        );
        assert_eq!(server.get(&format!("/posts/{id}")).await.json()["text"], STORY);
        let moderator = server.moderator(Role::Moderator).await;
        let item = moderator.get("/console/queue").await.ok().json()["items"][0].clone();
        assert_eq!((&item["text"], &item["published_text"]), (&json!(NEW), &json!(STORY)));
        assert_eq!(
            (&item["state"], &item["decision_expected_at"]),
            (&json!("published"), &json!(NOW + 7_260_000))
        );
    })
    .await;
}

#[tokio::test]
async fn a_moderator_approves_the_new_text_that_they_read() {
    each_server(async |server| {
        let (id, code) = server.published_story(STORY).await;
        let moderator = server.moderator(Role::Moderator).await;
        edit(server, &code, NEW).await.ok();

        for unread in [json!({ "decision": "approve" }), json!({ "decision": "approve", "read_text": STORY })]
        {
            assert_eq!(moderator.decide(&id, &unread).await.problem(), problem(409, "text-changed", ""));
        }
        let read = json!({ "decision": "approve", "read_text": NEW });
        let decided = moderator.decide(&id, &read).await.ok().json();

        assert_eq!(decided["state"], "published");
        assert_eq!(server.get(&format!("/posts/{id}")).await.json()["text"], NEW);
        let mine = server.mine(&code).await.ok().json();
        assert_eq!((&mine["text"], mine.get("waiting_text")), (&json!(NEW), None));
        assert!(moderator.get("/console/queue").await.ok().texts().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_declined_change_leaves_the_old_text_and_tells_the_author_why() {
    each_server(async |server| {
        let (id, code) = server.published_story(STORY).await;
        edit(server, &code, NEW).await.ok();

        server.decide(&id, &json!({ "decision": "decline", "reason": "It names a person." })).await;

        assert_eq!(server.get(&format!("/posts/{id}")).await.json()["text"], STORY);
        let mine = server.mine(&code).await.ok().json();
        assert_eq!((&mine["text"], mine.get("waiting_text")), (&json!(STORY), None));
        assert_eq!((&mine["state"], &mine["reason"]), (&json!("published"), &json!("It names a person.")));
        let again = edit(server, &code, NEW).await.ok().json();
        assert_eq!((&again["waiting_text"], again.get("reason")), (&json!(NEW), None));
    })
    .await;
}

#[tokio::test]
async fn moderators_read_what_was_written_before() {
    each_server(async |server| {
        let (_, code) = server.story(STORY).await;
        edit(server, &code, "What I said first was not what I meant to say.").await.ok();
        let mine = edit(server, &code, NEW).await.ok();

        let moderator = server.moderator(Role::Viewer).await;
        let item = moderator.get("/console/queue").await.ok().json()["items"][0].clone();

        let before = json!([STORY, "What I said first was not what I meant to say."]);
        assert_eq!((&item["text"], &item["earlier_texts"]), (&json!(NEW), &before));
        assert!(!mine.text().contains("school"), "the author sees the text that counts");
    })
    .await;
}

#[tokio::test]
async fn a_text_is_changed_only_so_often_before_it_is_decided() {
    each_server(async |server| {
        let (_, code) = server.story(STORY).await;
        for n in 0..EARLIER_TEXTS {
            edit(server, &code, &format!("{STORY} This is attempt {n}.")).await.ok();
        }

        let answer = edit(server, &code, NEW).await;

        assert_eq!(answer.problem(), problem(409, "too-many-changes", ""));
    })
    .await;
}

#[tokio::test]
async fn an_edit_keeps_to_the_limits_of_what_is_edited() {
    each_server(async |server| {
        let (post, post_code) = server.published_story(STORY).await;
        let (_, held_code) = server.story(STORY).await;
        let (_, reply_code) = server.reply(&post, REPLY).await;

        assert_eq!(edit(server, &held_code, "Me too").await.problem(), problem(422, "text-invalid", "text"));
        assert_eq!(edit(server, &reply_code, "Me too").await.ok().json()["text"], "Me too");
        assert_eq!(edit(server, &reply_code, "a").await.problem(), problem(422, "text-invalid", "text"));
        assert_eq!(server.mine(&post_code).await.ok().json()["text"], STORY);
    })
    .await;
}

#[tokio::test]
async fn an_author_deletes_at_any_time_and_the_text_is_gone() {
    each_server(async |server| {
        let moderator = server.moderator(Role::Moderator).await;
        let (held, held_code) = server.story(STORY).await;
        let (published, published_code) = server.published_story(STORY).await;
        let (declined, declined_code) = server.story(STORY).await;
        moderator.decide(&declined, &json!({ "decision": "decline", "reason": "names a person" })).await.ok();

        for (id, code) in [(held, held_code), (published, published_code), (declined, declined_code)] {
            let mine = delete(server, &code).await.ok().json();

            assert_eq!((&mine["state"], &mine["text"]), (&json!("deleted"), &json!("")));
            assert_eq!(server.get(&format!("/posts/{id}")).await.problem(), problem(404, "not-found", "id"));
            assert_eq!(edit(server, &code, STORY).await.problem().0, 409);
            assert_eq!(delete(server, &code).await.ok().json()["state"], "deleted", "again does no harm");
        }
        assert!(moderator.get("/console/queue").await.ok().texts().is_empty());
        assert!(server.get("/sites/demo/posts").await.texts().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_author_sees_the_answers_to_a_published_post() {
    each_server(async |server| {
        let (id, code) = server.published_story(STORY).await;
        server.published_reply(&id, REPLY).await;
        let voter: Value = json!({ "voter": "1".repeat(32) });
        server.call(Method::PUT, &format!("/items/{id}/votes/heard"), &[], Some(&voter)).await.ok();

        let mine = server.mine(&code).await.ok().json();

        assert_eq!((&mine["state"], &mine["n_replies"]), (&json!("published"), &json!(1)));
        assert_eq!(mine["votes"]["heard"], 1);
    })
    .await;
}

#[tokio::test]
async fn a_code_opens_one_item_only() {
    each_server(async |server| {
        let (_, code) = server.story(STORY).await;
        let (other, other_code) = server.story("Another story that somebody else sent here.").await;

        delete(server, &code).await.ok();

        let mine = server.mine(&other_code).await.ok().json();
        assert_eq!((&mine["id"], &mine["state"]), (&json!(other), &json!("held")));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_code_opens_nothing_and_is_told_from_a_slip_of_the_pen() {
    each_server(async |server| {
        let (_, code) = server.story(STORY).await;
        let mut slip = code.clone().into_bytes();
        slip[0] = if slip[0] == b'7' { b'8' } else { b'7' };
        let slip = String::from_utf8(slip).unwrap();
        // Of the right form, and nobody's.
        let unknown = "0000-0000-0000-0000-0000";

        let header = |field| problem(400, "header-invalid", field);
        assert_eq!(server.mine(&slip).await.problem(), header("Recovery-Code"));
        assert_eq!(server.mine("7K2M").await.problem(), header("Recovery-Code"));
        assert_eq!(server.get("/mine").await.problem(), header("Recovery-Code"));
        for answer in
            [server.mine(unknown).await, edit(server, unknown, STORY).await, delete(server, unknown).await]
        {
            assert_eq!(answer.problem(), problem(404, "not-found", "Recovery-Code"));
        }
    })
    .await;
}
