//! Fire drills, as leads begin them and moderators meet them.

use std::path::Path;

use axum::http::Method;
use peer_support_domain::limits::DRILL_LINGER_MS;
use peer_support_domain::post::Role;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Moderator, STORY, Server, each_server, empty_database, problem, text_of};
use crate::program::{Program, files_in, path_text};

const DRILLS: &str = "/console/sites/demo/drills";
const MINUTE: i64 = 60_000;

fn drill(n_red: usize, n_amber: usize) -> Value {
    json!({ "n_red": n_red, "n_amber": n_amber, "lang": "en", "minutes": 60 })
}

async fn begin(lead: &Moderator<'_>, n_red: usize, n_amber: usize) -> Value {
    lead.write(Method::POST, DRILLS, Some(&drill(n_red, n_amber))).await.ok().json()
}

async fn queue(moderator: &Moderator<'_>) -> Vec<Value> {
    moderator.get("/console/queue?limit=100").await.ok().json()["items"].as_array().unwrap().clone()
}

fn longest_word(item: &Value) -> String {
    let text = text_of(&item["text"]);
    let words = text.split(|c: char| !c.is_alphabetic()).max_by_key(|word| word.len());
    words.unwrap().to_owned()
}

#[tokio::test]
async fn nothing_tells_a_made_up_item_from_what_a_visitor_wrote() {
    each_server(async |server| {
        let lead = server.member("Lea", &[("demo", Role::Lead)]).await;
        let sam = server.member("Sam", &[("demo", Role::Moderator)]).await;
        begin(&lead, 1, 1).await;
        for made_up in queue(&sam).await {
            // The same words, written by somebody on the same site.
            let new = json!({
                "kind": "story", "topic": made_up["topic"], "text": made_up["text"], "lang": "en", "author": "1".repeat(32),
            });
            let id = text_of(&server.post("/sites/demo/posts", &new).await.ok().json()["id"]);
            let twin = |items: Vec<Value>| items.into_iter().find(|item| item["id"] == id).unwrap();
            let alike = |mut item: Value| {
                item.as_object_mut().unwrap().remove("id");
                item
            };

            let real = twin(queue(&sam).await);

            assert_eq!(alike(made_up.clone()), alike(real));
            let made_up_id = text_of(&made_up["id"]);
            let mut told = Vec::new();
            for id in [&made_up_id, &id] {
                let about = |what: &str| format!("/console/items/{id}/{what}");
                let claim = json!({ "takes_over": false });
                let word = json!({ "text": "We read it." });
                let note = json!({ "note": "Please look." });
                let mut answers = Vec::new();
                for (method, what, body) in [
                    (Method::PUT, "claim", claim),
                    (Method::POST, "words", word),
                    (Method::POST, "hand-over", json!({ "note": "For the next one." })),
                    (Method::POST, "escalation", note),
                    (Method::POST, "decision", json!({ "decision": "approve", "n_decisions": 0 })),
                    (Method::POST, "decision", json!({ "decision": "approve", "n_decisions": 0 })),
                ] {
                    let answer = sam.write(method, &about(what), Some(&body)).await;
                    answers.push(format!("{} {}", answer.status, answer.text()));
                }
                answers.push(sam.get(&about("thread")).await.ok().text());
                let find = json!({ "words": longest_word(&made_up) });
                let found = sam.write(Method::POST, "/console/search", Some(&find)).await.ok().json();
                let found = found["items"].as_array().unwrap().iter().find(|item| item["id"] == **id);
                answers.push(found.unwrap().to_string());
                answers.push(format!("{}", queue(&sam).await.iter().any(|item| item["id"] == **id)));
                told.push(answers.join("\n").replace(id.as_str(), "ID"));
            }
            // The author's public tag is drawn for one, and another's for the other.
            let without_author = |told: &str| {
                let mut parts = told.split("\"author\":\"");
                let first = parts.next().unwrap().to_owned();
                parts.fold(first, |told, part| told + part.split_once('"').unwrap().1)
            };
            assert_eq!(without_author(&told[0]), without_author(&told[1]));
        }
    })
    .await;
}

#[tokio::test]
async fn visitors_see_nothing_of_a_drill_whatever_is_decided() {
    each_server(async |server| {
        let lead = server.member("Lea", &[("demo", Role::Lead)]).await;
        begin(&lead, 1, 2).await;
        let items = queue(&lead).await;
        assert_eq!(items.len(), 3);
        for item in &items {
            let id = text_of(&item["id"]);
            let approved = lead.decide(&id, &json!({ "decision": "approve" })).await.ok().json();
            assert_eq!(approved["state"], "published");
        }

        assert!(queue(&lead).await.is_empty());
        assert_eq!(server.get("/sites/demo/posts?limit=100").await.ok().json()["items"], json!([]));
        for item in &items {
            let id = text_of(&item["id"]);
            assert_eq!(server.get(&format!("/posts/{id}")).await.status, 404);
            let words = json!({ "words": longest_word(item) });
            let found = server.post("/sites/demo/search", &words).await.ok().json();
            assert_eq!(found["items"], json!([]));
        }
        server.wait_ms(DRILL_LINGER_MS);
        let over = lead.get(DRILLS).await.ok().json();
        assert_eq!(over["drills"][0]["ending"], "all-decided");
        for item in &items {
            let id = text_of(&item["id"]);
            assert_eq!(lead.get(&format!("/console/items/{id}/thread")).await.status, 404);
        }
        server.wait_ms(92 * 24 * 60 * MINUTE);
        let lead = server.moderator(Role::Lead).await;
        let counted = lead.get("/console/sites/demo/statistics?year=2027").await.ok().json();
        assert_eq!(counted, json!([]), "nothing was counted");
        let log = lead.get("/console/audit?limit=100").await.ok().json();
        let acts: Vec<_> = log["lines"].as_array().unwrap().iter().map(|line| line["act"].clone()).collect();
        assert!(acts.contains(&json!("drill-begun")) && acts.contains(&json!("drill-ended")), "{acts:?}");
        assert!(!acts.contains(&json!("approved")), "{acts:?}");
        assert!(log["lines"].as_array().unwrap().iter().all(|line| line["item"].is_null()), "{log}");
    })
    .await;
}

#[tokio::test]
async fn leads_and_admins_of_the_site_begin_end_and_read_drills_and_nobody_else() {
    each_server(async |server| {
        let sam = server.member("Sam", &[("demo", Role::Moderator)]).await;
        let eve = server.member("Eve", &[("other", Role::Admin)]).await;
        for (who, refused) in
            [(&sam, problem(403, "role-not-allowed", "")), (&eve, problem(404, "not-found", "site"))]
        {
            assert_eq!(who.get(DRILLS).await.problem(), refused);
            assert_eq!(who.write(Method::POST, DRILLS, Some(&drill(1, 1))).await.problem(), refused);
            assert_eq!(who.write(Method::DELETE, DRILLS, None).await.problem(), refused);
        }

        let lead = server.member("Lea", &[("demo", Role::Lead)]).await;
        let admin = server.member("Ada", &[("demo", Role::Admin)]).await;
        let begun = begin(&lead, 2, 1).await;
        assert_eq!(begun["languages"], json!(["en", "es", "de", "fr", "pt"]));
        let running = &begun["drills"][0];
        assert_eq!(running["until"], server.now() + 60 * MINUTE);
        assert!(running["ended_at"].is_null());
        assert!(running["items"].as_array().unwrap().iter().all(|item| item["claimed_after_ms"].is_null()));
        for item in queue(&admin).await {
            assert!(!begun.to_string().contains(item["id"].as_str().unwrap()), "which they are is not told");
        }
        let second = admin.write(Method::POST, DRILLS, Some(&drill(1, 0))).await;
        assert_eq!(second.problem(), problem(409, "drill-runs", ""));

        let ended = admin.write(Method::DELETE, DRILLS, None).await.ok().json();
        assert_eq!(ended["drills"][0]["ending"], "stopped");
        assert!(queue(&admin).await.is_empty());
        assert_eq!(
            admin.write(Method::DELETE, DRILLS, None).await.ok().json(),
            ended,
            "said again, it is the same"
        );
        begin(&admin, 1, 0).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_drill_cannot_be_is_said_with_the_field() {
    each_server(async |server| {
        let lead = server.moderator(Role::Lead).await;
        let mut tongue = drill(1, 1);
        tongue["lang"] = json!("la");
        let mut long = drill(1, 1);
        long["minutes"] = json!(241);
        for (body, field) in [
            (drill(0, 0), "n_red"),
            (drill(6, 5), "n_red"),
            (drill(9, 1), "n_red"),
            (drill(0, 9), "n_amber"),
            (tongue, "lang"),
            (long, "minutes"),
            (json!({ "n_red": -1, "n_amber": 1, "lang": "en", "minutes": 60 }), "n_red"),
            (json!({ "n_red": 1, "n_amber": 1, "minutes": 60 }), "lang"),
        ] {
            let refused = lead.write(Method::POST, DRILLS, Some(&body)).await;
            assert_eq!(refused.problem(), problem(422, "field-invalid", field), "{body}");
        }
        assert!(queue(&lead).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_drill_times_the_team_and_real_items_stay() {
    each_server(async |server: &Server| {
        let lead = server.member("Lea", &[("demo", Role::Lead)]).await;
        let sam = server.member("Sam", &[("demo", Role::Moderator)]).await;
        let (real, _) = server.story(STORY).await;
        begin(&lead, 1, 0).await;
        let red = text_of(&queue(&sam).await[0]["id"]);
        assert_ne!(red, real, "what is red stands first");
        server.wait_ms(2 * MINUTE);
        let claim = json!({ "takes_over": false });
        sam.write(Method::PUT, &format!("/console/items/{red}/claim"), Some(&claim)).await.ok();
        server.wait_ms(MINUTE);
        let note = json!({ "note": "I would rather not alone." });
        sam.write(Method::POST, &format!("/console/items/{red}/escalation"), Some(&note)).await.ok();

        let running = lead.get(DRILLS).await.ok().json();
        let item = &running["drills"][0]["items"][0];
        assert_eq!(
            *item,
            json!({
                "urgency": "red", "expected": ["pass-on"], "claimed_after_ms": 2 * MINUTE,
                "passed_on_after_ms": 3 * MINUTE, "is_right": true,
            })
        );
        server.wait_ms(57 * MINUTE);
        let over = lead.get(DRILLS).await.ok().json();
        assert_eq!(over["drills"][0]["ending"], "time");
        assert_eq!(over["drills"][0]["items"][0], *item);
        let left = queue(&sam).await;
        assert_eq!((left.len(), text_of(&left[0]["id"])), (1, real));
    })
    .await;
}

/// A server is killed while a drill runs; the next one has nothing of it but its numbers.
async fn a_crash_leaves_nothing(environment: &[(&str, &str)], folder: Option<&Path>) {
    let api = "/api/v1/console";
    let first = Program::serve_with(environment, &[]).await;
    let (cookie, csrf) = signed_in(&first).await;
    let headers = [("cookie", cookie.as_str()), ("csrf-token", csrf.as_str())];
    let path = format!("{api}/sites/demo/drills");
    first.call(Method::POST, &path, &headers, Some(&drill(2, 2))).await.ok();
    let page = first.call(Method::GET, &format!("{api}/queue?limit=100"), &headers, None).await.ok().json();
    let items = page["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 4);
    let decided = text_of(&items[0]["id"]);
    let decision = format!("{api}/items/{decided}/decision");
    first.call(Method::POST, &decision, &headers, Some(&json!({ "decision": "approve" }))).await.ok();
    let texts: Vec<String> = items.iter().map(|item| text_of(&item["text"])).collect();
    let held = |folder: &Path| {
        let all = files_in(folder).concat();
        texts.iter().filter(|text| all.windows(text.len()).any(|bytes| bytes == text.as_bytes())).count()
    };
    if let Some(folder) = folder {
        assert!(held(folder) > 0, "the test would see a text where one is");
    }
    first.kill();

    let second = Program::serve_with(environment, &[]).await;

    let (cookie, _) = signed_in(&second).await;
    let headers = [("cookie", cookie.as_str())];
    let page = second.call(Method::GET, &format!("{api}/queue?limit=100"), &headers, None).await.ok().json();
    assert_eq!(page["items"], json!([]));
    for item in &items {
        let id = text_of(&item["id"]);
        assert_eq!(second.get(&format!("/api/v1/posts/{id}")).await.status, 404);
        let thread = format!("{api}/items/{id}/thread");
        assert_eq!(second.call(Method::GET, &thread, &headers, None).await.status, 404);
    }
    let feed = second.get("/api/v1/sites/demo/posts?limit=100").await.ok().text();
    assert!(texts.iter().all(|text| !feed.contains(text.as_str())));
    let told = second.call(Method::GET, &path, &headers, None).await.ok().json();
    let over = &told["drills"][0];
    assert_eq!((&over["ending"], over["items"].as_array().unwrap().len()), (&json!("restart"), 4));
    let n_decided =
        over["items"].as_array().unwrap().iter().filter(|item| item["outcome"] == "approve").count();
    assert_eq!(n_decided, 1, "the numbers stay");
    if let Some(folder) = folder {
        assert_eq!(held(folder), 0, "a text is left in the files");
    }
}

async fn signed_in(server: &Program) -> (String, String) {
    let code = server.printed_code().await;
    let session = server.post("/api/v1/console/session", &json!({ "code": code })).await.ok();
    let cookie = session.header("set-cookie").split(';').next().unwrap().to_owned();
    (cookie, text_of(&session.json()["csrf"]))
}

#[tokio::test]
async fn a_server_killed_in_the_middle_of_a_drill_leaves_nothing_of_it_on_sqlite() {
    let folder = TempDir::new().unwrap();
    let data = path_text(folder.path());
    a_crash_leaves_nothing(&[("PEER_SUPPORT_DATA", data)], Some(folder.path())).await;
}

#[tokio::test]
async fn a_server_killed_in_the_middle_of_a_drill_leaves_nothing_of_it_on_postgresql() {
    let (url, secret) = (empty_database().await, "5e".repeat(32));
    a_crash_leaves_nothing(&[("PEER_SUPPORT_DATABASE", &url), ("PEER_SUPPORT_SECRET", &secret)], None).await;
}
