//! What becomes published, heard as it happens.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use peer_support_domain::limits::{LIVE_HEARTBEAT, STREAMS_OF_NETWORK};
use peer_support_domain::post::Role;
use peer_support_server::http::Peer;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::client::{REPLY, STORY, a_server, a_server_with, each_server, problem, text_of};
use crate::program::{Program, code_in, config, head, path_text, rest, run};

const LIVE: &str = "/api/v1/sites/demo/live";
/// A line that says nothing but that the stream stands.
const COMMENT: &str = ":\n\n";

fn post_event(id: &str) -> String {
    format!("event: post\ndata: {{\"id\":\"{id}\",\"kind\":\"story\",\"topic\":\"low-mood\"}}\n\n")
}

#[tokio::test]
async fn who_reads_along_hears_what_a_moderator_approves_and_nothing_else() {
    each_server(async |server| {
        let mut stream = server.open(LIVE, &[]).await;
        let mut elsewhere = server.open("/api/v1/sites/other/live", &[]).await;
        assert_eq!(stream.next().await.as_deref(), Some(COMMENT));
        assert_eq!(elsewhere.next().await.as_deref(), Some(COMMENT));
        let moderator = server.moderator(Role::Moderator).await;

        let (declined, _) = server.story(STORY).await;
        let decline = json!({ "decision": "decline", "reason": "Not here." });
        moderator.decide(&declined, &decline).await.ok();
        let (story, _) = server.published_story(STORY).await;
        let (reply, _) = server.published_reply(&story, REPLY).await;
        let hide = json!({ "decision": "hide", "reason": "Not here." });
        moderator.decide(&reply, &hide).await.ok();
        moderator.decide(&reply, &json!({ "decision": "restore" })).await.ok();

        let reply_event = format!("event: reply\ndata: {{\"thread\":\"{story}\"}}\n\n");
        assert_eq!(stream.next().await, Some(post_event(&story)));
        assert_eq!(stream.next().await.as_ref(), Some(&reply_event));
        assert_eq!(stream.next().await.as_ref(), Some(&reply_event));
        let new = json!({ "kind": "story", "text": STORY });
        let other = text_of(&server.post("/sites/other/posts", &new).await.ok().json()["id"]);
        server.decide(&other, &json!({ "decision": "approve" })).await;
        let heard = elsewhere.next().await.unwrap();
        assert_eq!(heard, post_event(&other).replace("low-mood", "general"));
    })
    .await;
}

#[tokio::test]
async fn a_stream_is_kept_by_nobody_on_the_way_and_for_pages_of_the_site_alone() {
    a_server(async |server| {
        let loopback = ("origin", "http://localhost:3000");

        let stream = server.open(LIVE, &[loopback, ("accept-encoding", "gzip, br")]).await;

        assert_eq!(stream.status, StatusCode::OK);
        for (name, value) in [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-store"),
            ("x-accel-buffering", "no"),
            ("access-control-allow-origin", "http://localhost:3000"),
            ("content-encoding", ""),
        ] {
            assert_eq!(stream.header(name), value, "{name}");
        }
        let stranger = [("origin", "https://other.example")];
        let refused = server.call(Method::GET, "/sites/demo/live", &stranger, None).await;
        assert_eq!(refused.problem(), problem(403, "origin-not-allowed", "Origin"));
        assert_eq!(server.get("/sites/nobody/live").await.problem(), problem(404, "not-found", "site"));
        assert_eq!(server.get("/sites/No/live").await.problem(), problem(400, "parameter-invalid", "site"));
    })
    .await;
}

#[tokio::test]
async fn a_stream_with_nothing_to_say_shows_that_it_stands() {
    a_server(async |server| {
        let mut stream = server.open(LIVE, &[]).await;
        assert_eq!(stream.next().await.as_deref(), Some(COMMENT));
        tokio::time::pause();

        for _ in 0..3 {
            let before = tokio::time::Instant::now();
            assert_eq!(stream.next().await.as_deref(), Some(COMMENT));
            assert_eq!(before.elapsed().as_secs(), LIVE_HEARTBEAT.as_secs());
        }
        tokio::time::resume();
    })
    .await;
}

#[tokio::test]
async fn more_streams_than_there_is_room_for_are_told_to_come_back_later() {
    a_server_with("[limits]\nstreams = 1\n", "/nowhere".as_ref(), async |server| {
        let first = server.open(LIVE, &[]).await;
        assert_eq!(first.status, StatusCode::OK);

        let second = server.get("/sites/demo/live").await;

        assert_eq!(second.problem(), problem(503, "streams-full", ""));
        assert_eq!(second.header("retry-after"), "300");
        drop(first);
        assert_eq!(server.open(LIVE, &[]).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn open_streams_are_limited_by_network() {
    a_server(async |server| {
        let from = |peer: &str| {
            let request = Request::get(LIVE).header("host", "127.0.0.1:8787");
            request.extension(Peer(peer.parse().unwrap())).body(Body::empty()).unwrap()
        };
        let open = async |peer: &str| server.open_with(from(peer)).await;
        let mut streams = Vec::new();
        for n in 0..STREAMS_OF_NETWORK {
            streams.push(open(&format!("192.0.2.{}", n % 256)).await);
        }
        assert!(streams.iter().all(|stream| stream.status == StatusCode::OK));

        let one_more = server.send(from("192.0.2.7")).await;

        assert_eq!(one_more.problem(), problem(429, "rate-limited", ""));
        assert_eq!(one_more.header("retry-after"), "300");
        assert_eq!(open("198.51.100.1").await.status, StatusCode::OK, "from elsewhere");
        streams.pop();
        assert_eq!(open("192.0.2.7").await.status, StatusCode::OK, "there is room again");
    })
    .await;
}

#[tokio::test]
async fn who_falls_behind_is_cut_off_and_not_waited_for() {
    a_server(async |server| {
        let (story, _) = server.published_story(STORY).await;
        let moderator = server.moderator(Role::Moderator).await;
        let mut slow = server.open(LIVE, &[]).await;
        assert_eq!(slow.next().await.as_deref(), Some(COMMENT));

        for _ in 0..65 {
            let hide = json!({ "decision": "hide", "reason": "Not here." });
            moderator.decide(&story, &hide).await.ok();
            moderator.decide(&story, &json!({ "decision": "restore" })).await.ok();
        }

        assert_eq!(slow.next().await, None);
    })
    .await;
}

#[tokio::test]
async fn asked_to_stop_the_server_ends_its_streams_at_once() {
    let folder = TempDir::new().unwrap();
    let mut server = Program::serve(&["--data", path_text(folder.path())]).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = server.open(LIVE).await;
        assert_eq!(stream.next().await.as_deref(), Some(COMMENT));
        streams.push(stream);
    }
    let asked = Instant::now();

    server.signal("TERM");

    for stream in &mut streams {
        assert_eq!(stream.next().await, None);
    }
    assert_eq!(server.ended().await, Some(0), "{}", server.log.text());
    // Else it would have waited for them as long as it waits for anybody, 20 seconds.
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    assert!(!server.log.text().contains("did not end in time"), "{}", server.log.text());
}

#[tokio::test]
async fn the_time_that_requests_have_cuts_no_stream() {
    let folder = TempDir::new().unwrap();
    let limits = "[limits]\nheader_seconds = 1\nrequest_seconds = 1\nwrite_seconds = 1\n";
    let file = config(folder.path(), &format!("data = \"data\"\n{limits}"));
    let file = ["--config", path_text(&file)];
    let server = Program::serve(&file).await;
    let code = code_in(&run(&[&["moderator", "add", "Ruth"], &file[..]].concat()));
    let mut stream = server.open("/api/v1/sites/rowan/live").await;
    assert_eq!(stream.next().await.as_deref(), Some(COMMENT));

    // A request that comes later is given up, and so is a connection that says nothing.
    let mut half_a_body = TcpStream::connect(&server.address).await.unwrap();
    half_a_body.write_all(head(100).as_bytes()).await.unwrap();
    assert!(rest(&mut half_a_body).await.contains("timed-out"));
    let mut silent = TcpStream::connect(&server.address).await.unwrap();
    assert_eq!(rest(&mut silent).await, "");

    let new = json!({ "kind": "story", "text": STORY });
    let posted = server.post("/api/v1/sites/rowan/posts", &new).await.ok();
    let id = text_of(&posted.json()["id"]);
    approve(&server, &code, &id).await;
    assert_eq!(stream.next().await, Some(post_event(&id)));
}

/// A moderator signs in with `code` and lets everyone read the item.
async fn approve(server: &Program, code: &str, id: &str) {
    let session = server.post("/api/v1/console/session", &json!({ "code": code })).await.ok();
    let cookie = session.header("set-cookie").split(';').next().unwrap().to_owned();
    let csrf = text_of(&session.json()["csrf"]);
    let headers = [("cookie", cookie.as_str()), ("csrf-token", csrf.as_str())];
    let path = format!("/api/v1/console/items/{id}/decision");
    server.call(Method::POST, &path, &headers, Some(&json!({ "decision": "approve" }))).await.ok();
}
