//! What holds on a site, by its hours, by its team's word and in a sensitive period.

use axum::http::Method;
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{NOW, REPLY, STORY, Server, each_server, each_server_as, problem};

const HOUR_MS: i64 = 60 * 60 * 1_000;
/// The tests' clock begins on a Friday at 08:00 in UTC: an hour before somebody comes.
const OPENS_AT: i64 = NOW + HOUR_MS;

fn covered(outside: &str) -> String {
    format!(
        "
        [sites.coverage]
        zone = \"Europe/London\"
        hours = \"Mo-Fr 09:00-17:00\"
        outside = \"{outside}\"
        exceptions = {{ 2027-01-18 = \"closed\" }}
        "
    )
}

async fn site(server: &Server) -> Value {
    server.get("/sites/demo").await.ok().json()
}

async fn post(server: &Server, topic: &str) -> crate::client::Answer {
    server.post("/sites/demo/posts", &json!({ "kind": "story", "topic": topic, "text": STORY })).await
}

async fn put(server: &Server, role: Role, what: &str, body: Value) -> crate::client::Answer {
    let moderator = server.moderator(role).await;
    moderator.write(Method::PUT, &format!("/console/sites/demo/{what}"), Some(&body)).await
}

#[tokio::test]
async fn visitors_are_told_who_is_there_until_when_and_how_long_it_takes() {
    each_server_as(&covered("hold-all"), async |server| {
        let before = site(server).await;
        let (_, code) = server.story(STORY).await;
        server.wait_ms(HOUR_MS);
        let there = site(server).await;

        assert_eq!((&before["is_staffed"], &before["changes_at"]), (&json!(false), &json!(OPENS_AT)));
        assert_eq!((&before["decision_target_ms"], &before["mode"]), (&json!(2 * HOUR_MS), &json!("open")));
        assert_eq!(there["is_staffed"], true);
        assert_eq!(there["changes_at"], NOW + 9 * HOUR_MS);
        assert_eq!(there["decision_target_ms"], HOUR_MS, "as staffed_target_hours says");
        // What came before keeps what its author was told.
        let mine = server.mine(&code).await.ok().json();
        assert_eq!(mine["decision_expected_at"], NOW + 2 * HOUR_MS);
    })
    .await;
}

#[tokio::test]
async fn outside_of_its_hours_a_site_does_what_its_owner_chose() {
    for (outside, mode, state) in [
        ("read-only", "read-only", ""),
        ("hold-all", "open", "held"),
        ("flag-threshold", "open", "published"),
    ] {
        each_server_as(&covered(outside), async |server| {
            server.wait_ms(HOUR_MS);
            let author = "1".repeat(32);
            let (thread, _) = server.published_story(STORY).await;
            let reply = json!({ "text": REPLY, "author": author });
            for _ in 0..3 {
                server.wait_ms(60_000);
                let sent = server.post(&format!("/posts/{thread}/replies"), &reply).await.ok().json();
                server.decide(sent["id"].as_str().unwrap(), &json!({ "decision": "approve" })).await;
            }

            server.wait_ms(9 * HOUR_MS);

            let reply = json!({ "text": "And the evening was quiet again.", "author": author });
            let sent = server.post(&format!("/posts/{thread}/replies"), &reply).await;
            assert_eq!(site(server).await["mode"], mode);
            if outside == "read-only" {
                assert_eq!(sent.problem(), problem(403, "site-closed", ""));
                assert_eq!(post(server, "anxiety").await.problem(), problem(403, "site-closed", ""));
            } else {
                assert_eq!(sent.ok().json()["state"], state, "{outside}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn an_admin_forces_a_rule_until_a_moment_and_takes_it_back() {
    each_server_as(&covered("hold-all"), async |server| {
        let until = NOW + 3 * HOUR_MS;
        let rule = |rule: &str, until: i64| json!({ "forced": { "rule": rule, "until": until } });
        let refused = put(server, Role::Lead, "forced", rule("read-only", until)).await;
        assert_eq!(refused.problem(), problem(403, "role-not-allowed", ""));
        for wrong in [NOW, NOW + 32 * 24 * HOUR_MS] {
            let refused = put(server, Role::Admin, "forced", rule("read-only", wrong)).await;
            assert_eq!(refused.problem(), problem(422, "field-invalid", "forced.until"));
        }
        let refused = put(server, Role::Admin, "forced", rule("closed", until)).await;
        assert_eq!(refused.problem(), problem(422, "field-invalid", "forced.rule"));

        let present = put(server, Role::Admin, "forced", rule("read-only", until)).await.ok().json();
        assert_eq!(present["forced"], json!({ "rule": "read-only", "until": until }));
        assert_eq!(present["shown"], site(server).await, "the preview is what visitors see");
        assert_eq!(post(server, "anxiety").await.problem(), problem(403, "site-closed", ""));
        server.wait_ms(3 * HOUR_MS);
        post(server, "anxiety").await.ok();

        let again =
            put(server, Role::Admin, "forced", rule("read-only", server.now() + HOUR_MS)).await.ok().json();
        assert_eq!(again["shown"]["mode"], "read-only");
        let back = put(server, Role::Admin, "forced", json!({})).await.ok().json();
        assert_eq!((&back["shown"]["mode"], &back["forced"]), (&json!("open"), &Value::Null));
        let what: Vec<_> = back["changes"].as_array().unwrap().iter().map(|change| &change["what"]).collect();
        assert_eq!((what.len(), what[0]), (3, &json!("unforced")));
        assert!(back["changes"][0]["by"].as_str().unwrap().starts_with("moderator "));
    })
    .await;
}

#[tokio::test]
async fn the_calendar_is_this_week_and_the_next_with_the_days_of_their_own() {
    each_server_as(&covered("hold-all"), async |server| {
        let viewer = server.moderator(Role::Viewer).await;

        let present = viewer.get("/console/sites/demo/present").await.ok().json();

        let days = present["calendar"].as_array().unwrap();
        assert_eq!((days.len(), &days[0]["day"]), (14, &json!("2027-01-11")));
        let expected =
            json!({ "day": "2027-01-15", "hours": "09:00-17:00", "is_exception": false, "is_today": true });
        assert_eq!(days[4], expected);
        assert_eq!(days[5]["hours"], "closed");
        let expected =
            json!({ "day": "2027-01-18", "hours": "closed", "is_exception": true, "is_today": false });
        assert_eq!(days[7], expected);
        assert_eq!((&present["zone"], &present["holds_all"]), (&json!("Europe/London"), &json!(true)));
        let nowhere = viewer.get("/console/sites/nobody/present").await;
        assert_eq!(nowhere.problem(), problem(404, "not-found", "site"));
    })
    .await;
}

#[tokio::test]
async fn in_a_sensitive_period_all_is_held_and_memorial_topics_are_closed() {
    each_server_as("", async |server| {
        let (thread, _) = server.published_story(STORY).await;
        server.wait_ms(60_000);
        let memory = post(server, "in-memory").await.ok().json()["id"].as_str().unwrap().to_owned();
        server.decide(&memory, &json!({ "decision": "approve" })).await;
        let refused = put(server, Role::Moderator, "sensitive", json!({ "is_sensitive": true })).await;
        assert_eq!(refused.problem(), problem(403, "role-not-allowed", ""));

        let present = put(server, Role::Lead, "sensitive", json!({ "is_sensitive": true })).await.ok().json();

        assert_eq!((&present["shown"]["is_sensitive"], &present["holds_all"]), (&json!(true), &json!(true)));
        assert_eq!(present["shown"]["closed_topics"], json!(["in-memory"]));
        assert_eq!(present["shown"], site(server).await);
        server.wait_ms(60_000);
        let closed = problem(403, "site-closed", "");
        assert_eq!(post(server, "in-memory").await.problem(), closed);
        let reply = json!({ "text": REPLY });
        assert_eq!(server.post(&format!("/posts/{memory}/replies"), &reply).await.problem(), closed);
        server.post(&format!("/posts/{thread}/replies"), &reply).await.ok();
        post(server, "anxiety").await.ok();

        let over = put(server, Role::Lead, "sensitive", json!({ "is_sensitive": false })).await.ok().json();
        assert_eq!(over["shown"].get("is_sensitive"), None);
        server.wait_ms(60_000);
        post(server, "in-memory").await.ok();
    })
    .await;
}

#[tokio::test]
async fn an_author_is_told_when_it_takes_longer_than_it_should_and_the_team_too() {
    each_server(async |server| {
        let (id, code) = server.story(STORY).await;
        let noticed = async || server.outbox.notice_late(&*server.store).await.unwrap();
        let told = async || server.mine(&code).await.ok().json().get("is_late").cloned();

        server.wait_ms(2 * HOUR_MS);
        assert_eq!((told().await, noticed().await), (None, 0), "it is just in time");
        server.wait_ms(1);
        assert_eq!((told().await, noticed().await), (Some(json!(true)), 1));
        assert_eq!(noticed().await, 0, "not again within the hour");
        server.wait_ms(HOUR_MS);
        assert_eq!(noticed().await, 1);

        server.decide(&id, &json!({ "decision": "approve" })).await;
        server.wait_ms(HOUR_MS);
        assert_eq!((told().await, noticed().await), (None, 0));
    })
    .await;
}
