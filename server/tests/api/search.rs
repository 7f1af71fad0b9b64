//! Searching the published posts.

use axum::http::Method;
use serde_json::{Value, json};

use crate::client::{Answer, STORY, Server, a_server, each_server, problem};

const SEARCH: &str = "/sites/demo/search";

async fn search(server: &Server, body: &Value) -> Answer {
    server.post(SEARCH, body).await
}

#[tokio::test]
async fn a_visitor_finds_published_posts_by_their_words_and_nothing_else() {
    each_server(async |server| {
        let (first, _) = server.published_story(STORY).await;
        server.story("A held story about school, which nobody may find.").await;
        let (gone, code) = server.published_story("Another first week at school, and gone.").await;
        server.call(Method::DELETE, "/mine", &[("recovery-code", &code)], None).await.ok();

        let answer = search(server, &json!({ "words": "school WEEK first" })).await.ok();

        assert_eq!(answer.texts(), [STORY]);
        assert_eq!(answer.json()["items"][0]["id"], json!(first));
        assert_eq!(answer.json()["next"], Value::Null);
        assert_eq!(answer.header("cache-control"), "no-store", "nobody keeps what somebody looked for");
        for words in ["held", "gone", gone.as_str(), "schoo school", "\"school\" OR 1=1"] {
            assert_eq!(search(server, &json!({ "words": words })).await.ok().texts().len(), 0, "{words}");
        }
        assert_eq!(
            search(server, &json!({ "words": "\"school\" (first* -week" })).await.ok().texts(),
            [STORY]
        );
    })
    .await;
}

#[tokio::test]
async fn a_search_can_be_narrowed_and_goes_on_where_it_ended() {
    each_server(async |server| {
        for n in 0..5 {
            server.published_story(&format!("A walk by the sea helped, number {n}.")).await;
        }

        let first = server.post(&format!("{SEARCH}?limit=3"), &json!({ "words": "sea wal" })).await.ok();
        let cursor = first.json()["next"].clone();
        let second = search(server, &json!({ "words": "sea wal", "cursor": cursor })).await.ok();

        let numbers = |answer: &Answer| -> Vec<char> {
            answer.texts().iter().map(|text| text.chars().rev().nth(1).unwrap()).collect()
        };
        assert_eq!((numbers(&first), numbers(&second)), (vec!['4', '3', '2'], vec!['1', '0']));
        for (filter, n_found) in [
            (json!({ "words": "sea", "kind": "story", "topic": "low-mood" }), 5),
            (json!({ "words": "sea", "kind": "question" }), 0),
            (json!({ "words": "sea", "topic": "anxiety" }), 0),
        ] {
            assert_eq!(search(server, &filter).await.ok().texts().len(), n_found, "{filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn words_that_cannot_be_looked_for_are_a_problem_at_their_field() {
    a_server(async |server| {
        for words in [json!(""), json!("?!"), json!("a".repeat(201)), json!(["school"]), Value::Null] {
            let answer = search(server, &json!({ "words": words })).await;
            assert_eq!(answer.problem(), problem(422, "field-invalid", "words"), "{words}");
        }
        let missing = search(server, &json!({})).await;
        assert_eq!(missing.problem(), problem(422, "field-invalid", "words"));
        let cursor = search(server, &json!({ "words": "school", "cursor": "here" })).await;
        assert_eq!(cursor.problem(), problem(422, "field-invalid", "cursor"));
        let nowhere = server.post("/sites/nowhere/search", &json!({ "words": "school" })).await;
        assert_eq!(nowhere.problem(), problem(404, "not-found", "site"));
        let other = [("origin", "https://other.example")];
        let strange = server.call(Method::POST, SEARCH, &other, Some(&json!({ "words": "school" }))).await;
        assert_eq!(strange.problem(), problem(403, "origin-not-allowed", "Origin"));
    })
    .await;
}
