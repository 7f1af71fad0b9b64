//! "Something is wrong here": what readers report, what becomes of it, and that nobody else sees who did.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use peer_support_domain::limits::REPORTS_A_MINUTE;
use peer_support_domain::post::Role;
use peer_support_server::http::Peer;
use serde_json::{Value, json};

use crate::client::{Answer, REPLY, STORY, Server, a_server, each_server, problem, text_of};

const MINUTE_MS: i64 = 60 * 1_000;

/// The `n`th reader reports `item`.
async fn report(server: &Server, item: &str, n: u32) -> Answer {
    let body = json!({ "reason": "unkind", "reporter": format!("{n:032x}") });
    server.post(&format!("/items/{item}/reports"), &body).await
}

async fn receipt(server: &Server, code: &str) -> Answer {
    server.call(Method::GET, "/report", &[("report-code", code)], None).await
}

/// The same, through a connection that comes from `peer`.
async fn report_from(server: &Server, peer: &str, item: &str, n: u32) -> Answer {
    let body = json!({ "reason": "unkind", "reporter": format!("{n:032x}") });
    let request = Request::post(format!("/api/v1/items/{item}/reports"))
        .header("host", "127.0.0.1:8787")
        .header("content-type", "application/json")
        .extension(Peer(peer.parse().unwrap()));
    server.send(request.body(Body::from(body.to_string())).unwrap()).await
}

/// The receipt code of a report that counts.
async fn reported(server: &Server, item: &str, n: u32) -> String {
    let answer = report(server, item, n).await.ok();
    assert_eq!(answer.status, StatusCode::CREATED);
    text_of(&answer.json()["code"])
}

#[tokio::test]
async fn a_report_is_answered_with_a_receipt_that_tells_what_became_of_it() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;

        let answer = report(server, &post, 1).await.ok();
        assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::CREATED, "no-store"));
        let code = text_of(&answer.json()["code"]);
        assert_eq!(
            answer.json(),
            json!({ "code": code, "reason": "unkind", "state": "published", "is_decided": false })
        );
        let waiting = receipt(server, &code.to_lowercase().replace('-', " ")).await.ok().json();
        assert_eq!(waiting, json!({ "reason": "unkind", "state": "published", "is_decided": false }));
        let moderator = server.moderator(Role::Moderator).await;
        moderator.decide(&post, &json!({ "decision": "hide", "reason": "It is unkind." })).await.ok();

        let seen = receipt(server, &code).await.ok().json();
        assert_eq!(seen, json!({ "reason": "unkind", "state": "hidden", "is_decided": true }));
    })
    .await;
}

#[tokio::test]
async fn who_reports_again_is_told_so_and_gets_another_receipt() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        let first = reported(server, &post, 1).await;

        let again = report(server, &post, 1).await.ok();

        assert_eq!(again.status, StatusCode::OK);
        let second = text_of(&again.json()["code"]);
        assert_eq!(receipt(server, &first).await.problem(), problem(404, "not-found", "Report-Code"));
        receipt(server, &second).await.ok();
        let queue = server.moderator(Role::Viewer).await.get("/console/queue").await.ok().json();
        assert_eq!(queue["items"][0]["reports"], json!([{ "reason": "unkind", "n": 1 }]));
        assert_eq!(queue["items"][0]["flags"], json!(["reported"]));
    })
    .await;
}

#[tokio::test]
async fn three_readers_hide_an_item_when_no_moderator_was_there_for_a_while() {
    each_server(async |server| {
        let (post, code) = server.published_story(STORY).await;
        server.wait_ms(15 * MINUTE_MS);
        for n in 1..=2 {
            reported(server, &post, n).await;
        }
        server.get(&format!("/posts/{post}")).await.ok();

        let last = report(server, &post, 3).await.ok().json();

        assert_eq!(last["state"], "hidden");
        assert_eq!(server.get(&format!("/posts/{post}")).await.problem(), problem(404, "not-found", "id"));
        let mine = server.mine(&code).await.ok().json();
        assert_eq!((&mine["state"], &mine["is_hidden_by_reports"]), (&json!("hidden"), &json!(true)));
        assert_eq!(mine.get("reason"), None);
        // The answer that was lost on the way is asked for again.
        assert_eq!(report(server, &post, 3).await.ok().json()["state"], "hidden");

        server.story("Something that waits a little less urgently.").await;
        let moderator = server.moderator(Role::Moderator).await;
        let first = &moderator.get("/console/queue").await.ok().json()["items"][0];
        assert_eq!((&first["id"], &first["state"]), (&json!(post), &json!("hidden")));
        moderator.decide(&post, &json!({ "decision": "restore" })).await.ok();
        server.wait_ms(15 * MINUTE_MS);
        for n in 1..=3 {
            assert_eq!(report(server, &post, n).await.ok().json()["state"], "published");
        }
        assert_eq!(server.mine(&code).await.ok().json().get("is_hidden_by_reports"), None);
        server.get(&format!("/posts/{post}")).await.ok();
    })
    .await;
}

#[tokio::test]
async fn one_network_alone_hides_nothing_and_does_not_bury_the_queue() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        server.wait_ms(20 * MINUTE_MS);
        for n in 1..=5 {
            let answer = report_from(server, &format!("198.51.100.{n}"), &post, n).await.ok();
            assert_eq!((answer.status, &answer.json()["state"]), (StatusCode::CREATED, &json!("published")));
        }

        let elsewhere = report_from(server, "203.0.113.1", &post, 6).await.ok().json();
        assert_eq!(elsewhere["state"], "hidden");

        let (post, _) = server.published_story("Another story that people from one place do not like.").await;
        server.wait_ms(MINUTE_MS);
        for n in 10..10 + REPORTS_A_MINUTE {
            report_from(server, "198.51.100.1", &post, n).await.ok();
        }
        let one_more = report_from(server, "198.51.100.1", &post, 99).await;
        assert_eq!(one_more.problem(), problem(429, "rate-limited", ""));
        report_from(server, "203.0.113.1", &post, 99).await.ok();
    })
    .await;
}

#[tokio::test]
async fn while_a_moderator_is_there_reports_only_queue() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        let (moderator, viewer) =
            (server.moderator(Role::Moderator).await, server.moderator(Role::Viewer).await);
        server.wait_ms(20 * MINUTE_MS);
        moderator.get("/console/queue").await.ok();
        server.wait_ms(14 * MINUTE_MS);
        for n in 1..=4 {
            assert_eq!(report(server, &post, n).await.ok().json()["state"], "published");
        }
        server.wait_ms(MINUTE_MS);

        // Who can only read could not restore it.
        viewer.get("/console/queue").await.ok();

        assert_eq!(report(server, &post, 5).await.ok().json()["state"], "hidden");
    })
    .await;
}

#[tokio::test]
async fn a_moderator_may_keep_what_was_reported() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        let code = reported(server, &post, 1).await;
        let moderator = server.moderator(Role::Moderator).await;

        let kept = moderator.decide(&post, &json!({ "decision": "approve", "read_text": STORY })).await.ok();

        assert_eq!(kept.json()["state"], "published");
        assert!(moderator.get("/console/queue").await.ok().texts().is_empty());
        assert_eq!(receipt(server, &code).await.ok().json()["is_decided"], true);
        let again = moderator.decide(&post, &json!({ "decision": "approve" })).await;
        assert_eq!(again.problem(), problem(409, "decision-outdated", ""));
    })
    .await;
}

#[tokio::test]
async fn a_report_that_says_nothing_or_is_about_nothing_is_refused() {
    each_server(async |server| {
        let (held, _) = server.story(STORY).await;
        let (post, _) = server.published_story(STORY).await;
        let path = format!("/items/{post}/reports");

        for (body, field) in [
            (json!({ "reporter": "1".repeat(32) }), "reason"),
            (json!({ "reason": "rude", "reporter": "1".repeat(32) }), "reason"),
            (json!({ "reason": "other" }), "reporter"),
            (json!({ "reason": "other", "reporter": "me" }), "reporter"),
        ] {
            assert_eq!(
                server.post(&path, &body).await.problem(),
                problem(422, "field-invalid", field),
                "{body}"
            );
        }
        for item in [held.as_str(), "0000000000000"] {
            assert_eq!(report(server, item, 1).await.problem(), problem(404, "not-found", "id"));
        }
        for (code, found) in [("0000-0000-0000-0000-0000", 404), ("7K2M", 400)] {
            let answer = receipt(server, code).await.problem();
            assert_eq!((answer.0, answer.2.as_str()), (found, "Report-Code"));
        }
        assert_eq!(server.get("/report").await.problem(), problem(400, "header-invalid", "Report-Code"));
    })
    .await;
}

#[tokio::test]
async fn pages_report_on_their_own_sites_only() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        let body = json!({ "reason": "other", "reporter": "1".repeat(32) });
        let path = format!("/items/{post}/reports");
        let home = ("origin", "http://localhost:3000");
        let elsewhere = ("origin", "https://other.example");

        let refused = server.call(Method::POST, &path, &[elsewhere], Some(&body)).await;
        assert_eq!(refused.problem(), problem(403, "origin-not-allowed", "Origin"));
        let code = server.call(Method::POST, &path, &[home], Some(&body)).await.ok().json();
        let code = ("report-code", code["code"].as_str().unwrap());

        server.call(Method::GET, "/report", &[home, code], None).await.ok();
        let refused = server.call(Method::GET, "/report", &[elsewhere, code], None).await;
        assert_eq!(refused.problem(), problem(403, "origin-not-allowed", "Origin"));
    })
    .await;
}

/// Every name that an object in this answer has anywhere.
fn names(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            into.extend(fields.keys().cloned());
            fields.values().for_each(|value| names(value, into));
        }
        Value::Array(values) => values.iter().for_each(|value| names(value, into)),
        _ => {}
    }
}

#[tokio::test]
async fn no_visitor_and_no_author_sees_a_report_a_reporter_or_a_flag() {
    each_server(async |server| {
        let (post, code) = server.published_story(STORY).await;
        let (answer, _) = server.published_reply(&post, REPLY).await;
        let before = server.get("/sites/demo/posts").await.body;
        for n in 1..=2 {
            reported(server, &post, n).await;
            reported(server, &answer, n).await;
        }
        let item = post.parse().unwrap();
        server.store.flag(item, peer_support_domain::flag::Flag::VoteRing, 0).await.unwrap();

        assert_eq!(server.get("/sites/demo/posts").await.body, before);
        for answer in [
            server.get("/sites/demo").await,
            server.get("/sites/demo/posts").await,
            server.get(&format!("/posts/{post}")).await,
            server.get(&format!("/posts/{post}/replies")).await,
            server.mine(&code).await,
        ] {
            let text = answer.ok().text();
            let mut found = Vec::new();
            names(&serde_json::from_str(&text).unwrap(), &mut found);
            assert!(!found.iter().any(|name| name.contains("report") || name.contains("flag")), "{found:?}");
            assert!(!text.contains("unkind") && !text.contains("vote-ring"), "{text}");
        }
        let forbidden = server.get("/console/queue").await;
        assert_eq!(forbidden.problem(), problem(401, "not-signed-in", ""));
    })
    .await;
}

/// A reply by the author of key `n`.
async fn reply_by(server: &Server, post: &str, n: u32, text: &str) -> Value {
    let body = json!({ "text": text, "author": format!("{n:032x}") });
    server.post(&format!("/posts/{post}/replies"), &body).await.ok().json()
}

#[tokio::test]
async fn who_was_approved_three_times_in_a_thread_is_published_at_once() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        let moderator = server.moderator(Role::Moderator).await;
        for text in
            ["The first that I write here.", "And a second thought on this.", "A third and last word."]
        {
            let receipt = reply_by(server, &post, 1, text).await;
            assert_eq!(receipt["state"], "held");
            moderator.decide(receipt["id"].as_str().unwrap(), &json!({ "decision": "approve" })).await.ok();
        }

        let known = reply_by(server, &post, 1, "Something quite different again.").await;
        let stranger = reply_by(server, &post, 2, "Hello, I am new in this thread.").await;

        assert_eq!((&known["state"], known.get("decision_expected_at")), (&json!("published"), None));
        assert_eq!(stranger["state"], "held");
        let shown = server.get(&format!("/posts/{post}/replies")).await.ok().texts();
        assert_eq!(shown.last().unwrap(), "Something quite different again.");
        assert_eq!(server.get(&format!("/posts/{post}")).await.json()["n_replies"], 4);
    })
    .await;
}

#[tokio::test]
async fn the_same_words_again_are_flagged_and_those_of_a_deleted_text_are_not() {
    each_server(async |server| {
        let (_, code) = server.story(STORY).await;
        server.story(&format!("{STORY} Really!")).await;
        let queue = server.moderator(Role::Viewer).await.get("/console/queue").await.ok().json();
        assert_eq!(queue["items"][0].get("flags"), None);
        assert_eq!(queue["items"][1]["flags"], json!(["repeat"]));

        for code in [code, server.story(STORY).await.1] {
            server.call(Method::DELETE, "/mine", &[("recovery-code", &code)], None).await.ok();
        }
        let (_, code) =
            server.story("My sister asked me to come along on Sunday, and for once I did not say no.").await;
        let edit = json!({ "text": "Something else altogether, about the dog that I used to walk." });
        server.call(Method::PATCH, "/mine", &[("recovery-code", &code)], Some(&edit)).await.ok();
        let words = "My sister asked me to come along on Sunday, and for once I did not say no.";
        server.story(words).await;

        let queue = server.moderator(Role::Viewer).await.get("/console/queue").await.ok().json();
        let flagged: Vec<_> =
            queue["items"].as_array().unwrap().iter().map(|item| item.get("flags").is_some()).collect();
        assert_eq!(flagged, [true, false, false]);
    })
    .await;
}

#[tokio::test]
async fn a_flood_is_seen_by_the_second_and_not_by_the_minute_that_is_stored() {
    a_server(async |server| {
        // 30 in ten minutes are no flood. These came in the last second of a minute, and the next one less than ten minutes
        // later, in the eleventh minute by the clock on the wall.
        server.wait_ms(59_000);
        for n in 0..30 {
            server
                .story(&format!("{n} and nothing but the number {n} over and over, {n} of us in all."))
                .await;
        }
        server.wait_ms(10 * MINUTE_MS - 1_000);

        let (id, _) =
            server.story("Something quite different, which came a little later than the others.").await;

        let queue = server.moderator(Role::Viewer).await.get("/console/queue?limit=100").await.ok().json();
        let items = queue["items"].as_array().unwrap();
        let last = items.iter().find(|item| item["id"] == *id).unwrap();
        assert_eq!(last["flags"], json!(["flood"]));
    })
    .await;
}

#[tokio::test]
async fn what_was_sent_twice_by_a_bad_network_is_no_repeat() {
    each_server(async |server| {
        let key = [("idempotency-key", "a key of the browser")];
        let body = json!({ "kind": "story", "text": STORY });
        for _ in 0..3 {
            server.call(Method::POST, "/sites/demo/posts", &key, Some(&body)).await.ok();
        }

        server.wait_ms(MINUTE_MS);
        server.story("Another story, which has nothing to do with the one that was sent before.").await;

        let queue = server.moderator(Role::Viewer).await.get("/console/queue").await.ok().json();
        assert_eq!(queue["items"].as_array().unwrap().len(), 2);
        assert!(queue["items"].as_array().unwrap().iter().all(|item| item.get("flags").is_none()), "{queue}");
    })
    .await;
}

#[tokio::test]
async fn votes_that_come_as_readers_do_not_vote_count_and_are_told_to_moderators() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        for n in 0..10 {
            let voter = json!({ "voter": format!("{n:032x}") });
            let path = format!("/items/{post}/votes/helped");
            server.call(Method::PUT, &path, &[], Some(&voter)).await.ok();
            server.wait_ms(1_000);
        }

        let moderator = server.moderator(Role::Moderator).await;
        let queue = moderator.get("/console/queue").await.ok().json();
        assert_eq!(queue["items"][0]["flags"], json!(["vote-ring"]));
        assert_eq!(queue["items"][0]["state"], "published");
        assert_eq!(server.get(&format!("/posts/{post}")).await.ok().json()["votes"]["helped"], 10);
        moderator.decide(&post, &json!({ "decision": "approve" })).await.ok();
        assert!(moderator.get("/console/queue").await.ok().texts().is_empty());
    })
    .await;
}
