//! Who reads which item, handing over, and what the desk hears of it.

use axum::http::{Method, StatusCode};
use peer_support_domain::limits::{CLAIM_MS, DESK_STREAMS_OF_SESSION};
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{Answer, Moderator, STORY, Server, Stream, a_server, each_server, problem, text_of};

impl Moderator<'_> {
    async fn claim(&self, item: &str) -> Answer {
        self.write(Method::PUT, &format!("/console/items/{item}/claim"), Some(&json!({}))).await
    }

    async fn name(&self) -> String {
        text_of(&self.get("/console/session").await.ok().json()["name"])
    }

    async fn first_queued(&self) -> Value {
        self.get("/console/queue").await.ok().json()["items"][0].clone()
    }
}

fn decline() -> Value {
    json!({ "decision": "decline", "reason": "Not here." })
}

#[tokio::test]
async fn who_wants_to_decide_what_another_reads_is_told_who() {
    each_server(async |server| {
        let (id, _) = server.story(STORY).await;
        let (ada, sam) = (server.moderator(Role::Moderator).await, server.moderator(Role::Moderator).await);

        let adas = ada.claim(&id).await.ok().json();
        let refused = sam.claim(&id).await;
        let undecided = sam.decide(&id, &decline()).await;
        let word = json!({ "text": "A word" });
        let unsaid = sam.write(Method::POST, &format!("/console/items/{id}/words"), Some(&word)).await;

        assert_eq!(
            adas,
            json!({ "name": ada.name().await, "is_yours": true, "until": server.now() + CLAIM_MS })
        );
        for answer in [refused, undecided, unsaid] {
            assert_eq!(answer.problem(), problem(409, "item-claimed", ""));
            assert_eq!(answer.json()["claim"]["name"], json!(ada.name().await));
            assert_eq!(answer.json()["claim"]["is_yours"], false);
        }
        assert_eq!(sam.first_queued().await["claim"]["name"], json!(ada.name().await));
        server.wait_ms(CLAIM_MS);
        assert_eq!(sam.first_queued().await["claim"], Value::Null, "it has run out");
        sam.decide(&id, &decline()).await.ok();
    })
    .await;
}

#[tokio::test]
async fn who_comes_second_is_told_who_decided_and_what() {
    each_server(async |server| {
        let (id, _) = server.story(STORY).await;
        let (ada, sam) = (server.moderator(Role::Moderator).await, server.moderator(Role::Moderator).await);
        ada.decide(&id, &decline()).await.ok();

        let late = sam.decide(&id, &json!({ "decision": "approve", "n_decisions": 0 })).await;

        assert_eq!(late.problem(), problem(409, "decision-outdated", ""));
        let decided = &late.json()["decided"];
        assert_eq!((&decided["by"], &decided["decision"]), (&json!(ada.name().await), &json!("decline")));
        assert_eq!(decided["reason"], "Not here.");
    })
    .await;
}

#[tokio::test]
async fn viewers_claim_nothing_and_hand_nothing_over() {
    a_server(async |server| {
        let (id, _) = server.story(STORY).await;
        let viewer = server.moderator(Role::Viewer).await;
        let note = json!({ "note": "For you." });
        let path = format!("/console/items/{id}/hand-over");

        let role = problem(403, "role-not-allowed", "");
        assert_eq!(viewer.claim(&id).await.problem(), role);
        assert_eq!(viewer.write(Method::POST, &path, Some(&note)).await.problem(), role);
        let release = viewer.write(Method::DELETE, &format!("/console/items/{id}/claim"), None).await;
        assert_eq!(release.problem(), role);
        assert_eq!(server.get("/console/live").await.problem(), problem(401, "not-signed-in", ""));
        assert_eq!(server.get("/console/colleagues").await.problem(), problem(401, "not-signed-in", ""));
    })
    .await;
}

#[tokio::test]
async fn an_item_is_handed_over_to_a_colleague_who_may_decide() {
    each_server(async |server| {
        let (id, code) = server.story(STORY).await;
        let (ada, sam) = (server.moderator(Role::Moderator).await, server.moderator(Role::Lead).await);
        let viewer = server.moderator(Role::Viewer).await;
        ada.claim(&id).await.ok();
        let path = format!("/console/items/{id}/hand-over");
        let hand_over = async |to: &str, note: &str| {
            ada.write(Method::POST, &path, Some(&json!({ "to": to, "note": note }))).await
        };

        let colleagues = ada.get("/console/colleagues").await.ok().json();
        assert_eq!(colleagues, json!({ "names": [sam.name().await] }));
        let handed = hand_over(&sam.name().await, "You know them. ").await.ok();

        assert_eq!(handed.status, StatusCode::CREATED);
        let queued = sam.first_queued().await;
        assert_eq!(queued["hand_overs"][0]["note"], "You know them.");
        assert_eq!(queued["hand_overs"][0]["to"], json!(sam.name().await));
        assert_eq!(queued["claim"], Value::Null);
        assert!(!server.mine(&code).await.text().contains("You know them"), "its author reads no such note");
        let viewer = hand_over(&viewer.name().await, "You know them.").await;
        assert_eq!(viewer.problem(), problem(422, "field-invalid", "to"));
        let long = hand_over(&sam.name().await, &"a".repeat(501)).await;
        assert_eq!(long.problem(), problem(422, "field-invalid", "note"));
    })
    .await;
}

async fn desk(server: &Server, moderator: &Moderator<'_>) -> Stream {
    let mut stream = server.open("/api/v1/console/live", &[("cookie", &moderator.cookie)]).await;
    assert_eq!(stream.next().await.as_deref(), Some(":\n\n"));
    stream
}

fn news(item: &str, what: &str) -> Option<String> {
    Some(format!("event: desk\ndata: {{\"item\":\"{item}\",\"what\":\"{what}\"}}\n\n"))
}

#[tokio::test]
async fn the_desk_hears_that_something_changed_and_no_word_of_it() {
    each_server(async |server| {
        let ada = server.moderator(Role::Moderator).await;
        let mut stream = desk(server, &ada).await;

        let (id, _) = server.story(STORY).await;
        ada.claim(&id).await.ok();
        ada.decide(&id, &decline()).await.ok();

        for what in ["new", "claimed", "decided"] {
            assert_eq!(stream.next().await, news(&id, what));
        }
        assert_eq!(stream.header("content-type"), "text/event-stream");
        assert_eq!(stream.header("cache-control"), "no-store");
    })
    .await;
}

#[tokio::test]
async fn the_end_of_the_session_is_the_end_of_its_stream() {
    each_server(async |server| {
        let (ada, sam) = (server.moderator(Role::Viewer).await, server.moderator(Role::Viewer).await);
        let (mut adas, mut sams) = (desk(server, &ada).await, desk(server, &sam).await);

        ada.write(Method::DELETE, "/console/session", None).await.ok();
        let (id, _) = server.story(STORY).await;

        assert_eq!(adas.next().await, None);
        assert_eq!(sams.next().await, news(&id, "new"));
    })
    .await;
}

#[tokio::test]
async fn a_session_has_a_few_streams_and_no_more() {
    a_server(async |server| {
        let ada = server.moderator(Role::Viewer).await;
        let mut streams = Vec::new();
        for _ in 0..DESK_STREAMS_OF_SESSION {
            streams.push(desk(server, &ada).await);
        }

        let one_more = ada.get("/console/live").await;

        assert_eq!(one_more.problem(), problem(429, "rate-limited", ""));
        desk(server, &server.moderator(Role::Viewer).await).await;
        streams.pop();
        desk(server, &ada).await;
    })
    .await;
}

#[tokio::test]
async fn places_to_take_out_must_be_of_the_text_that_was_read() {
    each_server(async |server| {
        let (id, code) = server.story(STORY).await;
        let ada = server.moderator(Role::Moderator).await;
        let out = |start: u32, end: u32| json!([{ "start": start, "end": end }]);

        for (body, field) in [
            (json!({ "decision": "approve", "taken_out": out(0, 5) }), "read_text"),
            (json!({ "decision": "approve", "read_text": STORY, "taken_out": out(5, 5) }), "taken_out"),
            (json!({ "decision": "approve", "read_text": STORY, "taken_out": out(0, 5_000) }), "taken_out"),
            (
                json!({ "decision": "hide", "reason": "No.", "read_text": STORY, "taken_out": out(0, 5) }),
                "taken_out",
            ),
            (json!({ "decision": "decline", "reason": "No.", "notes": ["death"] }), "notes"),
        ] {
            assert_eq!(
                ada.decide(&id, &body).await.problem(),
                problem(422, "field-invalid", field),
                "{body}"
            );
        }
        let fold =
            json!({ "decision": "approve", "read_text": STORY, "taken_out": out(0, 8), "notes": ["death"] });
        ada.decide(&id, &fold).await.ok();

        let post = server.get(&format!("/posts/{id}")).await.ok().json();
        assert_eq!(post["text"], json!(format!("[removed]{}", &STORY[8..])));
        assert_eq!(post["notes"], json!(["death"]));
        assert_eq!(server.mine(&code).await.ok().json()["original_text"], json!(STORY));
    })
    .await;
}
