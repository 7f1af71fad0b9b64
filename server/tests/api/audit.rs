//! The audit log, as leads read it and take it away.

use axum::http::Method;
use peer_support_domain::post::Role;
use peer_support_server::store::Chain;
use serde_json::{Value, json};

use crate::client::{STORY, each_server, problem};

const REASON: &str = "Please leave out the name of your school.";

#[tokio::test]
async fn leads_read_what_was_done_page_by_page_and_nothing_that_anybody_wrote() {
    each_server(async |server| {
        let (id, code) = server.story(STORY).await;
        let moderator = server.moderator(Role::Moderator).await;
        moderator.decide(&id, &json!({ "decision": "decline", "reason": REASON })).await.ok();
        let lead = server.moderator(Role::Lead).await;

        let page = lead.get("/console/audit?limit=100").await.ok();
        let first = lead.get("/console/audit?limit=1").await.ok().json();
        let next = first["next"].as_i64().unwrap();
        let second = lead.get(&format!("/console/audit?limit=1&before={next}")).await.ok().json();

        let lines = page.json()["lines"].as_array().unwrap().clone();
        assert_eq!(page.json()["next"], Value::Null);
        assert_eq!((&first["lines"][0], &second["lines"][0]), (&lines[0], &lines[1]));
        let declined = lines.iter().find(|line| line["act"] == "declined").unwrap();
        assert_eq!((&declined["item"], &declined["site"]), (&json!(id), &json!("demo")));
        assert_eq!(declined["at"].as_i64().unwrap() % 1_000, 0);
        for unsaid in [STORY, REASON, &code] {
            assert!(!page.text().contains(unsaid), "{unsaid}");
        }
        let not_a_number = lead.get("/console/audit?before=x").await;
        assert_eq!(not_a_number.problem(), problem(400, "parameter-invalid", "before"));
    })
    .await;
}

#[tokio::test]
async fn the_whole_log_is_taken_away_in_lines_that_anybody_can_check() {
    each_server(async |server| {
        for _ in 0..3 {
            let (id, _) = server.story(STORY).await;
            server.decide(&id, &json!({ "decision": "approve" })).await;
        }
        let admin = server.moderator(Role::Admin).await;

        let file = admin.get("/console/audit/export").await.ok();

        assert_eq!(file.header("content-type"), "application/jsonl");
        assert_eq!(file.header("content-disposition"), "attachment; filename=\"audit.jsonl\"");
        let mut chain = Chain::new(None);
        file.text().lines().try_for_each(|line| chain.follow_text(line)).unwrap();
        let newest = admin.get("/console/audit?limit=1").await.ok().json();
        let (n, hash) = chain.end().unwrap();
        assert_eq!(
            (json!(n), json!(hash)),
            (newest["lines"][0]["n"].clone(), newest["lines"][0]["hash"].clone())
        );
    })
    .await;
}

#[tokio::test]
async fn who_leads_nobody_does_not_read_the_log() {
    each_server(async |server| {
        for path in ["/console/audit", "/console/audit/export"] {
            for role in [Role::Viewer, Role::Moderator] {
                let refused = server.moderator(role).await.get(path).await;
                assert_eq!(refused.problem(), problem(403, "role-not-allowed", ""));
            }
            assert_eq!(server.get(path).await.problem(), problem(401, "not-signed-in", ""));
            let lead = server.moderator(Role::Lead).await;
            let changed = lead.write(Method::DELETE, path, None).await;
            assert_eq!(changed.status.as_u16(), 405, "nobody takes a line away");
        }
    })
    .await;
}
