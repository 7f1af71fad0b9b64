//! Signing in, reading the queue, deciding.

use axum::http::{Method, StatusCode};
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{NOW, REPLY, STORY, a_server, a_server_with, each_server, problem};

const APPROVE: fn() -> Value = || json!({ "decision": "approve" });

#[tokio::test]
async fn a_code_signs_in_once() {
    each_server(async |server| {
        let code = json!({ "code": server.sign_in_code(Role::Lead).await.to_string() });

        let first = server.post("/console/session", &code).await;
        let second = server.post("/console/session", &code).await;

        assert_eq!(first.status, StatusCode::CREATED);
        assert_eq!(first.json()["role"], "lead");
        assert_eq!(second.problem(), problem(401, "sign-in-failed", "code"));
        assert_eq!(second.header("set-cookie"), "");
    })
    .await;
}

#[tokio::test]
async fn the_session_is_kept_from_scripts_and_from_other_sites() {
    let code = async |server: &crate::client::Server| json!({ "code": server.sign_in_code(Role::Viewer).await.to_string() });
    each_server(async |server| {
        let plain = server.post("/console/session", &code(server).await).await.ok();
        let cookie = plain.header("set-cookie");
        assert!(cookie.starts_with("peer-support-console="), "{cookie}");
        assert!(cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"), "{cookie}");
        assert_eq!(plain.header("cache-control"), "no-store");
    })
    .await;
    let https = "public_url = \"https://support.example\"";
    a_server_with(https, "/nowhere".as_ref(), async |server| {
        let cookie = server.post("/console/session", &code(server).await).await.ok();
        let cookie = cookie.header("set-cookie");
        assert!(cookie.starts_with("__Host-peer-support-console="), "{cookie}");
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_or_by_signing_out() {
    const HOUR_MS: i64 = 60 * 60 * 1_000;
    each_server(async |server| {
        let (one, two) = (server.moderator(Role::Viewer).await, server.moderator(Role::Viewer).await);
        assert_eq!(one.get("/console/session").await.ok().json()["csrf"], json!(one.csrf));

        let out = one.write(Method::DELETE, "/console/session", None).await.ok();
        assert!(out.header("set-cookie").contains("Max-Age=0"));
        assert_eq!(one.get("/console/session").await.problem(), problem(401, "not-signed-in", ""));

        for _ in 0..11 {
            server.wait_ms(HOUR_MS);
            two.get("/console/queue").await.ok();
        }
        server.wait_ms(HOUR_MS - 1);
        two.get("/console/queue").await.ok();
        server.wait_ms(1);
        assert_eq!(two.get("/console/queue").await.problem(), problem(401, "not-signed-in", ""));
    })
    .await;
}

#[tokio::test]
async fn nothing_of_the_console_is_there_without_a_session() {
    each_server(async |server| {
        let (id, _) = server.story(STORY).await;
        let decision = format!("/console/items/{id}/decision");
        let forged = [("cookie", "peer-support-console=0000"), ("csrf-token", "0000")];

        for (method, path, body) in [
            (Method::GET, "/console/session", None),
            (Method::GET, "/console/queue", None),
            (Method::DELETE, "/console/session", None),
            (Method::POST, decision.as_str(), Some(APPROVE())),
        ] {
            for headers in [&[][..], &forged] {
                let answer = server.call(method.clone(), path, headers, body.as_ref()).await;
                assert_eq!(answer.problem(), problem(401, "not-signed-in", ""), "{method} {path}");
            }
        }
        assert_eq!(server.get(&format!("/posts/{id}")).await.problem().0, 404);
    })
    .await;
}

#[tokio::test]
async fn a_write_without_the_sessions_own_token_is_refused() {
    each_server(async |server| {
        let (id, _) = server.story(STORY).await;
        let (mine, other) = (server.moderator(Role::Lead).await, server.moderator(Role::Lead).await);
        let path = format!("/console/items/{id}/decision");
        let cookie = ("cookie", mine.cookie.as_str());

        for headers in [&[cookie][..], &[cookie, ("csrf-token", "")], &[cookie, ("csrf-token", &other.csrf)]]
        {
            let decision = server.call(Method::POST, &path, headers, Some(&APPROVE())).await;
            assert_eq!(decision.problem(), problem(403, "csrf-token-invalid", "Csrf-Token"));
            let out = server.call(Method::DELETE, "/console/session", headers, None).await;
            assert_eq!(out.problem(), problem(403, "csrf-token-invalid", "Csrf-Token"));
        }
        assert_eq!(server.get(&format!("/posts/{id}")).await.problem().0, 404, "still held");
        mine.decide(&id, &APPROVE()).await.ok();
    })
    .await;
}

#[tokio::test]
async fn the_queue_shows_who_waits_longest_first_and_what_a_reply_answers() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        server.wait_ms(60_000);
        server.reply(&post, REPLY).await;
        server.wait_ms(60_000);
        server.story("A second story, which waits a minute less.").await;

        let moderator = server.moderator(Role::Viewer).await;
        let answer = moderator.get("/console/queue").await.ok();

        assert_eq!(answer.header("cache-control"), "no-store");
        let queue = answer.json();
        let (first, second) = (&queue["items"][0], &queue["items"][1]);
        assert_eq!((&first["text"], &first["in_reply_to"]), (&json!(REPLY), &json!(STORY)));
        assert_eq!(first.get("kind"), None);
        assert_eq!(first["decision_expected_at"], NOW + 60_000 + 2 * 60 * 60 * 1_000);
        assert_eq!(
            (&second["kind"], &second["topic"], &second["site"]),
            (&json!("story"), &json!("low-mood"), &json!("demo"))
        );
        assert_eq!(queue["items"].as_array().unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn the_queue_comes_in_pages() {
    each_server(async |server| {
        for n in 0..5 {
            server.story(&format!("Story number {n}, long enough to be read.")).await;
        }
        let moderator = server.moderator(Role::Viewer).await;

        let first = moderator.get("/console/queue?limit=3").await.ok();
        let cursor = first.json()["next"].as_str().unwrap().to_owned();
        let second = moderator.get(&format!("/console/queue?limit=3&cursor={cursor}")).await.ok();

        assert_eq!((first.texts().len(), second.texts().len()), (3, 2));
        assert!(first.texts().iter().all(|text| !second.texts().contains(text)));
        assert_eq!(second.json()["next"], json!(null));
    })
    .await;
}

#[tokio::test]
async fn a_viewer_reads_and_does_not_decide() {
    each_server(async |server| {
        let (id, _) = server.story(STORY).await;
        let viewer = server.moderator(Role::Viewer).await;
        assert_eq!(viewer.get("/console/queue").await.ok().texts(), [STORY]);

        assert_eq!(viewer.decide(&id, &APPROVE()).await.problem(), problem(403, "role-not-allowed", ""));
        for role in [Role::Moderator, Role::Lead, Role::Admin] {
            let (id, _) = server.story(STORY).await;
            server.moderator(role).await.decide(&id, &APPROVE()).await.ok();
        }
    })
    .await;
}

#[tokio::test]
async fn decisions_move_an_item_along_its_states() {
    each_server(async |server| {
        let (id, _) = server.story(STORY).await;
        let moderator = server.moderator(Role::Moderator).await;
        let why = |decision: &str| json!({ "decision": decision, "reason": "It names a person." });

        for (decision, state) in [
            (APPROVE(), "published"),
            (why("hide"), "hidden"),
            (json!({ "decision": "restore" }), "published"),
        ] {
            let decided = moderator.decide(&id, &decision).await.ok().json();
            assert_eq!(decided, json!({ "id": id, "state": state }));
        }
        for outdated in [APPROVE(), why("decline"), json!({ "decision": "restore" })] {
            let answer = moderator.decide(&id, &outdated).await;
            assert_eq!(answer.problem(), problem(409, "decision-outdated", ""), "{outdated}");
        }
        assert_eq!(server.get(&format!("/posts/{id}")).await.ok().json()["text"], STORY);
    })
    .await;
}

#[tokio::test]
async fn an_author_is_told_why() {
    each_server(async |server| {
        let (id, _) = server.story(STORY).await;
        let moderator = server.moderator(Role::Moderator).await;

        for decision in [json!({ "decision": "decline" }), json!({ "decision": "decline", "reason": "no" })] {
            let answer = moderator.decide(&id, &decision).await;
            assert_eq!(answer.problem(), problem(422, "field-invalid", "reason"), "{decision}");
        }
        let answer = moderator.decide("0000000000000", &APPROVE()).await;
        assert_eq!(answer.problem(), problem(404, "not-found", "id"));
    })
    .await;
}

#[tokio::test]
async fn wrong_codes_are_looked_at_for_a_while_and_then_wait() {
    each_server(async |server| {
        let right = server.sign_in_code(Role::Viewer).await;
        let wrong = json!({ "code": "0000-0000-0000-0000-0000" });
        let mut answer = server.post("/console/session", &wrong).await;
        for _ in 0..50 {
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                break;
            }
            assert_eq!(answer.problem(), problem(401, "sign-in-failed", "code"));
            answer = server.post("/console/session", &wrong).await;
        }
        assert_eq!(answer.problem(), problem(429, "too-many-attempts", ""));
        assert_eq!(answer.header("retry-after"), "1");

        server.wait_ms(1_000);

        server.post("/console/session", &json!({ "code": right.to_string() })).await.ok();
    })
    .await;
}

#[tokio::test]
async fn a_mistyped_code_is_told_from_a_wrong_one() {
    a_server(async |server| {
        for code in [json!("7K2M"), json!("0000-0000-0000-0000-0001"), json!(5)] {
            let answer = server.post("/console/session", &json!({ "code": code })).await;

            assert_eq!(answer.problem(), problem(422, "field-invalid", "code"));
        }
    })
    .await;
}
