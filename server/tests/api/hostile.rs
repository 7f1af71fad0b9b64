//! What nobody sends by accident: each gets a problem that names the field, and nothing gets stored.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use peer_support_domain::limits::BODY_BYTES;
use peer_support_domain::post::Role;
use serde_json::json;

use crate::client::{Answer, STORY, Server, a_server, each_server, problem};

async fn send_bytes(server: &Server, content_type: Option<&str>, body: Vec<u8>) -> Answer {
    let mut request = Request::post("/api/v1/sites/demo/posts");
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    server.send(request.body(Body::from(body)).unwrap()).await
}

async fn nothing_is_stored(server: &Server) {
    let moderator = server.moderator(Role::Viewer).await;
    assert!(moderator.get("/console/queue").await.ok().texts().is_empty());
}

/// What is sent, its bytes, and the problem it gets.
type Case = (&'static str, Vec<u8>, (u16, &'static str, &'static str));

/// A post with `text` as it would stand between the quotes of JSON.
fn post_of(text: &str) -> String {
    format!(r#"{{"kind":"story","text":"{text}"}}"#)
}

#[tokio::test]
async fn every_hostile_body_gets_a_problem_that_names_the_field() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let post_with = |field: &str| format!(r#"{{"kind":"story","text":"{STORY}",{field}}}"#);
    let table: Vec<Case> = vec![
        // Not JSON, or not of the form.
        ("nothing", b"".to_vec(), (400, "body-invalid", "body")),
        ("half an object", br#"{"kind":"story""#.to_vec(), (400, "body-invalid", "body")),
        ("an array", b"[1]".to_vec(), (400, "body-invalid", "body")),
        ("a bare text", format!("{STORY:?}").into_bytes(), (400, "body-invalid", "body")),
        ("null", b"null".to_vec(), (400, "body-invalid", "body")),
        (
            "two objects",
            [post_of(STORY), post_of(STORY)].concat().into_bytes(),
            (400, "body-invalid", "body"),
        ),
        ("XML", b"<post>hello</post>".to_vec(), (400, "body-invalid", "body")),
        ("a BOM", format!("\u{feff}{}", post_of(STORY)).into_bytes(), (400, "body-invalid", "body")),
        (
            "UTF-16",
            post_of(STORY).encode_utf16().flat_map(u16::to_le_bytes).collect(),
            (400, "body-invalid", "body"),
        ),
        // Missing, doubled and of the wrong type.
        ("no text", br#"{"kind":"story"}"#.to_vec(), (422, "text-invalid", "text")),
        ("no kind", format!(r#"{{"text":"{STORY}"}}"#).into_bytes(), (422, "field-invalid", "kind")),
        ("a number for a text", br#"{"kind":"story","text":5}"#.to_vec(), (422, "text-invalid", "text")),
        (
            "an object for a text",
            br#"{"kind":"story","text":{"a":1}}"#.to_vec(),
            (422, "text-invalid", "text"),
        ),
        ("null for a text", br#"{"kind":"story","text":null}"#.to_vec(), (422, "text-invalid", "text")),
        ("a truth for a kind", br#"{"kind":true,"text":"x"}"#.to_vec(), (422, "field-invalid", "kind")),
        ("a number without end", br#"{"kind":1e999999,"text":"x"}"#.to_vec(), (422, "field-invalid", "kind")),
        (
            "a huge number",
            format!(r#"{{"kind":{},"text":"x"}}"#, "9".repeat(5_000)).into_bytes(),
            (422, "field-invalid", "kind"),
        ),
        (
            "text twice",
            post_with(r#""text":"again and again and again""#).into_bytes(),
            (422, "text-invalid", "text"),
        ),
        // Not in the domain.
        ("an unknown kind", br#"{"kind":"poem","text":"x"}"#.to_vec(), (422, "field-invalid", "kind")),
        (
            "a kind with a NUL",
            br#"{"kind":"story\u0000","text":"x"}"#.to_vec(),
            (422, "field-invalid", "kind"),
        ),
        (
            "a topic that is a path",
            post_with(r#""topic":"../../etc/passwd""#).into_bytes(),
            (422, "field-invalid", "topic"),
        ),
        (
            "an id in capitals",
            post_with(r#""id":"0123456789ABC""#).into_bytes(),
            (422, "field-invalid", "id"),
        ),
        ("an id of 65 bits", post_with(r#""id":"zzzzzzzzzzzzz""#).into_bytes(), (422, "field-invalid", "id")),
        (
            "an id that is a number",
            post_with(r#""id":18446744073709551616"#).into_bytes(),
            (422, "field-invalid", "id"),
        ),
        (
            "a language of SQL",
            post_with(r#""lang":"en'; drop table items""#).into_bytes(),
            (422, "field-invalid", "lang"),
        ),
        ("a short author", post_with(r#""author":"00""#).into_bytes(), (422, "field-invalid", "author")),
        (
            "a recovery hash of no hex",
            post_with(&format!(r#""recovery":"{}""#, "x".repeat(32))).into_bytes(),
            (422, "field-invalid", "recovery"),
        ),
        // Texts that deceive.
        ("too short a text", post_of("hello").into_bytes(), (422, "text-invalid", "text")),
        ("too long a text", post_of(&"a".repeat(2_001)).into_bytes(), (422, "text-invalid", "text")),
        ("spaces only", post_of(&" ".repeat(100)).into_bytes(), (422, "text-invalid", "text")),
        (
            "zero-width spaces in it",
            post_of("I feel bad\u{200b} and I feel alone today").into_bytes(),
            (422, "text-invalid", "text"),
        ),
        ("joiners only", post_of(&"\u{200d}".repeat(40)).into_bytes(), (422, "text-invalid", "text")),
        (
            "a word joiner",
            post_of("I feel bad\u{2060} and I feel alone today").into_bytes(),
            (422, "text-invalid", "text"),
        ),
        (
            "a right-to-left override",
            post_of("call \u{202e}321 654 and you will be fine").into_bytes(),
            (422, "text-invalid", "text"),
        ),
        (
            "a right-to-left isolate",
            post_of("call \u{2067}321 654 and you will be fine").into_bytes(),
            (422, "text-invalid", "text"),
        ),
        (
            "an escaped override",
            post_of(r"call \u202e321 654 and you will be fine").into_bytes(),
            (422, "text-invalid", "text"),
        ),
        (
            "an escaped NUL",
            post_of(r"a long enough text \u0000 with a hole").into_bytes(),
            (422, "text-invalid", "text"),
        ),
        (
            "an escape sequence",
            post_of(r"a long enough text \u001b[31m in red").into_bytes(),
            (422, "text-invalid", "text"),
        ),
        (
            "half a surrogate",
            post_of(r"a long enough text \ud800 with half").into_bytes(),
            (422, "text-invalid", "text"),
        ),
        (
            "piled marks",
            post_of(&format!("a long enough text {}", "\u{301}".repeat(99))).into_bytes(),
            (422, "text-invalid", "text"),
        ),
        (
            "a bare NUL",
            post_of("a long enough text \0 with a hole").into_bytes(),
            (422, "text-invalid", "text"),
        ),
        // Bytes that are no text.
        (
            "invalid UTF-8",
            [&br#"{"kind":"story","text":"a long enough text "#[..], b"\xff\xfe", br#" indeed"}"#].concat(),
            (422, "text-invalid", "text"),
        ),
        (
            "an overlong slash",
            [&br#"{"kind":"story","text":"a long enough text "#[..], b"\xc0\xaf", br#" indeed"}"#].concat(),
            (422, "text-invalid", "text"),
        ),
        (
            "invalid UTF-8 elsewhere",
            [post_with(r#""x":""#).trim_end_matches('}').as_bytes(), b"\xff\"}"].concat(),
            (400, "body-invalid", "body"),
        ),
        // Too much.
        (
            "100,000 brackets",
            format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes(),
            (400, "body-invalid", "body"),
        ),
        (
            "100,000 brackets for a text",
            format!(r#"{{"kind":"story","text":{}"#, "[".repeat(100_000)).into_bytes(),
            (422, "text-invalid", "text"),
        ),
        (
            "100,000 brackets beside",
            format!(
                r#"{{"x":{}{},"kind":"story","text":"{STORY}"}}"#,
                "[".repeat(100_000),
                "]".repeat(100_000)
            )
            .into_bytes(),
            (400, "body-invalid", "body"),
        ),
        ("100,000 objects", deep(r#"{"a":"#, "}").into_bytes(), (413, "body-too-large", "body")),
        (
            "one byte too many",
            [post_of(STORY).into_bytes(), vec![b' '; BODY_BYTES]].concat(),
            (413, "body-too-large", "body"),
        ),
        ("10 MB", post_of(&"a".repeat(10 * 1024 * 1024)).into_bytes(), (413, "body-too-large", "body")),
    ];
    each_server(async |server| {
        for (what, body, (status, code, field)) in &table {
            let answer = send_bytes(server, Some("application/json"), body.clone()).await;

            assert_eq!(answer.problem(), problem(*status, code, field), "{what}: {}", answer.text());
            let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
            assert!(
                !detail.contains("long enough") && !detail.contains("school"),
                "{what}: repeats the text"
            );
        }
        nothing_is_stored(server).await;
    })
    .await;
}

#[tokio::test]
async fn a_body_of_another_type_is_refused_unread() {
    a_server(async |server| {
        for content_type in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=x"),
            Some("application/jsonp"),
            Some("text/plain; application/json"),
        ] {
            let answer = send_bytes(server, content_type, post_of(STORY).into_bytes()).await;

            assert_eq!(
                answer.problem(),
                problem(415, "content-type-unsupported", "Content-Type"),
                "{content_type:?}"
            );
        }
        nothing_is_stored(server).await;
        let good =
            send_bytes(server, Some("Application/JSON; charset=utf-8"), post_of(STORY).into_bytes()).await;
        assert_eq!(good.status, StatusCode::CREATED);
    })
    .await;
}

#[tokio::test]
async fn script_in_a_text_is_stored_and_returned_as_text() {
    let texts = [
        "<script>alert(document.domain)</script> is how I feel today",
        "<img src=x onerror=alert(1)> and <svg onload=alert(1)> and more",
        "\"><b>bold</b> '); drop table items; -- &amp; &lt; {{7*7}} ${7*7}",
    ];
    each_server(async |server| {
        for text in texts {
            let (id, code) = server.published_story(text).await;

            let answer = server.get(&format!("/posts/{id}")).await.ok();

            assert_eq!(answer.json()["text"], text);
            assert_eq!(answer.header("content-type"), "application/json");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
            assert_eq!(server.mine(&code).await.ok().json()["text"], text);
        }
    })
    .await;
}

#[tokio::test]
async fn a_text_has_one_form_however_it_is_typed() {
    each_server(async |server| {
        let (_, code) = server.story("  cafe\u{301} in the morning\r\nand a walk home  ").await;

        assert_eq!(server.mine(&code).await.ok().json()["text"], "café in the morning\nand a walk home");
    })
    .await;
}

#[tokio::test]
async fn every_hostile_address_gets_a_problem_that_names_the_parameter() {
    a_server(async |server| {
        for (path, status, code, field) in [
            ("/sites/Demo", 400, "parameter-invalid", "site"),
            ("/sites/%00", 400, "parameter-invalid", "site"),
            ("/sites/..%2F..%2Fetc", 400, "parameter-invalid", "site"),
            ("/sites/%ff/posts", 404, "not-found", ""),
            ("/posts/1", 400, "parameter-invalid", "id"),
            ("/posts/0123456789abC", 400, "parameter-invalid", "id"),
            ("/posts/%27%20or%201=1", 400, "parameter-invalid", "id"),
            ("/sites/demo/posts?kind=poem", 400, "parameter-invalid", "kind"),
            ("/sites/demo/posts?kind=", 400, "parameter-invalid", "kind"),
            ("/sites/demo/posts?topic=a%20b", 400, "parameter-invalid", "topic"),
            ("/sites/demo/posts?order=loudest", 400, "parameter-invalid", "order"),
            ("/sites/demo/posts?cursor=1", 400, "parameter-invalid", "cursor"),
            (
                "/sites/demo/posts?cursor=%F0%9F%98%80%F0%9F%98%80%F0%9F%98%80",
                400,
                "parameter-invalid",
                "cursor",
            ),
            ("/sites/demo/posts?limit=0", 400, "parameter-invalid", "limit"),
            ("/sites/demo/posts?limit=101", 400, "parameter-invalid", "limit"),
            ("/sites/demo/posts?limit=-1", 400, "parameter-invalid", "limit"),
            ("/sites/demo/posts?limit=1e3", 400, "parameter-invalid", "limit"),
            ("/sites/demo/posts?limit=99999999999999999999999", 400, "parameter-invalid", "limit"),
            ("/sites/demo/posts?limit=5&limit=6", 400, "parameter-invalid", "limit"),
            ("/nowhere", 404, "not-found", ""),
            ("/posts", 404, "not-found", ""),
            ("/", 404, "not-found", ""),
        ] {
            assert_eq!(server.get(path).await.problem(), problem(status, code, field), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn parameters_nobody_knows_are_passed_over() {
    a_server(async |server| {
        server.get("/sites/demo/posts?colour=teal&limit=5").await.ok();
    })
    .await;
}

#[tokio::test]
async fn a_method_that_an_address_does_not_take_is_answered_with_those_it_does() {
    a_server(async |server| {
        for (method, path, allow) in [
            (Method::PUT, "/sites/demo/posts", "GET,HEAD,POST"),
            (Method::DELETE, "/posts/0123456789abc", "GET,HEAD"),
            (Method::GET, "/items/0123456789abc/votes/helped", "PUT,DELETE"),
            (Method::POST, "/mine", "GET,HEAD,PATCH,DELETE"),
            (Method::POST, "/healthz", "GET,HEAD"),
            (Method::from_bytes(b"BREW").unwrap(), "/sites/demo", "GET,HEAD"),
        ] {
            let answer = server.call(method.clone(), path, &[], None).await;

            assert_eq!(answer.problem(), problem(405, "method-not-allowed", ""), "{method} {path}");
            assert_eq!(answer.header("allow"), allow, "{method} {path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_problem_says_where_it_is_explained() {
    a_server(async |server| {
        let problem = server.get("/sites/nobody").await.json();

        let page = Request::get(problem["type"].as_str().unwrap()).body(Body::empty()).unwrap();
        let page = server.send(page).await.ok();

        assert!(page.text().starts_with("not-found (404"), "{}", page.text());
        let unknown = Request::get("/problems/made-up").body(Body::empty()).unwrap();
        assert_eq!(server.send(unknown).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_it_in_its_place() {
    a_server(async |server| {
        let json = json!({ "kind": "story", "text": STORY });
        for answer in [
            server.get("/sites/demo").await,
            server.get("/nowhere").await,
            server.get("/healthz").await,
            server.post("/sites/demo/posts", &json).await,
            server.call(Method::PUT, "/sites/demo", &[], None).await,
        ] {
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
            assert!(answer.header("permissions-policy").contains("geolocation=()"));
            assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
            assert!(answer.headers.contains_key("cache-control"));
            assert!(!answer.headers.contains_key("server"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_handler_that_panics_is_a_problem_like_any_other_and_says_nothing_about_the_inside() {
    a_server(async |server| {
        server.break_clock();

        let answer = server.post("/sites/demo/posts", &json!({ "kind": "story", "text": STORY })).await;

        assert_eq!(answer.problem(), problem(500, "internal", ""));
        assert!(!answer.text().contains("private"), "{}", answer.text());
        server.get("/sites/demo/posts").await.ok();
    })
    .await;
}
