//! What the words of a post say by themselves, and what that changes.

use axum::http::Method;
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{Server, each_server};

const PLAIN: &str = "I repaired the shed with my neighbour, and we laughed a lot.";
const HARD: &str = "Ünd yes 🙂. I want to kill myself tonight.";

async fn first_in_queue(server: &Server) -> Value {
    let queue = server.moderator(Role::Viewer).await.get("/console/queue").await.ok().json();
    queue["items"][0].clone()
}

fn has_flag(item: &Value, flag: &str) -> bool {
    item["flags"].as_array().is_some_and(|flags| flags.contains(&json!(flag)))
}

#[tokio::test]
async fn words_of_danger_come_first_with_the_place_and_the_reason() {
    each_server(async |server| {
        server.story(PLAIN).await;
        server.wait_ms(60_000);
        server.story(HARD).await;

        let first = first_in_queue(server).await;

        assert_eq!(first["text"], HARD);
        assert!(has_flag(&first, "crisis"), "{first}");
        let found = first["found"].as_array().unwrap();
        let crisis = found.iter().find(|found| found["flag"] == "crisis").unwrap();
        assert!(crisis["percent"].as_u64().unwrap() >= 50);
        let place = crisis["places"]
            .as_array()
            .unwrap()
            .iter()
            .find(|place| place["reason"] == "direct_statement")
            .expect("it is said directly");
        let (start, end) =
            (place["start"].as_u64().unwrap() as usize, place["end"].as_u64().unwrap() as usize);
        let said: String = HARD.chars().take(end).skip(start).collect();
        assert!(said.contains("kill myself"), "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn nobody_but_moderators_is_told_what_was_found() {
    each_server(async |server| {
        let (id, code) = server.story(HARD).await;

        let mine = server.mine(&code).await.ok().text();
        server.decide(&id, &json!({ "decision": "approve" })).await;
        let read = server.get(&format!("/posts/{id}")).await.ok().text();

        for answer in [mine, read] {
            assert!(!answer.contains("crisis") && !answer.contains("found"), "{answer}");
        }
    })
    .await;
}

#[tokio::test]
async fn changed_words_are_read_anew_and_a_risk_stays_known() {
    each_server(async |server| {
        let (_, code) = server.story(&format!("{HARD} Write to jo@example.org.")).await;
        assert!(has_flag(&first_in_queue(server).await, "personal-data"));

        let edit = json!({ "text": PLAIN });
        server.call(Method::PATCH, "/mine", &[("recovery-code", &code)], Some(&edit)).await.ok();

        let item = first_in_queue(server).await;
        assert_eq!(item["text"], PLAIN);
        assert!(has_flag(&item, "crisis"), "{item}");
        assert!(!has_flag(&item, "personal-data"), "{item}");
        assert_eq!(item.get("found"), None, "the new words say nothing of it");
    })
    .await;
}
