//! Which pages may read and write where.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, STORY, Server, a_server, a_server_with, each_server, problem};

/// The server's own origin, by the `Host` header that the tests send.
const OWN: &str = "http://127.0.0.1:8787";
const LOOPBACK: &str = "http://localhost:3000";
const OTHER: &str = "https://other.example";
const STRANGER: &str = "https://evil.example";

fn new_post() -> Value {
    json!({ "kind": "story", "text": STORY })
}

async fn read(server: &Server, path: &str, origin: &str) -> Answer {
    server.call(Method::GET, path, &[("origin", origin)], None).await
}

async fn write(server: &Server, path: &str, origin: &str) -> Answer {
    server.call(Method::POST, path, &[("origin", origin)], Some(&new_post())).await
}

async fn preflight(server: &Server, path: &str, origin: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type,idempotency-key"),
    ];
    server.call(Method::OPTIONS, path, &headers, None).await
}

#[tokio::test]
async fn a_page_reads_and_writes_on_the_sites_that_name_its_origin() {
    a_server(async |server| {
        for (path, origin, may) in [
            ("/sites/demo/posts", LOOPBACK, true),
            ("/sites/demo/posts", "https://app.localhost", true),
            ("/sites/demo/posts", "http://[::1]:9000", true),
            ("/sites/demo/posts", OWN, true),
            ("/sites/demo/posts", OTHER, false),
            ("/sites/demo/posts", STRANGER, false),
            ("/sites/demo/posts", "null", false),
            ("/sites/demo/posts", "http://localhost.evil.example", false),
            ("/sites/other/posts", OTHER, true),
            ("/sites/other/posts", "https://www.other.example", true),
            ("/sites/other/posts", "http://other.example", false),
            ("/sites/other/posts", "https://other.example:8443", false),
            ("/sites/other/posts", "https://another.example", false),
            ("/sites/other/posts", LOOPBACK, false),
            ("/sites/other/posts", OWN, true),
        ] {
            let what = format!("{origin} on {path}");
            let (reading, writing) = (read(server, path, origin).await, write(server, path, origin).await);
            if may {
                assert_eq!(reading.status, StatusCode::OK, "{what}");
                assert_eq!(writing.status, StatusCode::CREATED, "{what}");
            } else {
                assert_eq!(reading.problem(), problem(403, "origin-not-allowed", "Origin"), "{what}");
                assert_eq!(writing.problem(), problem(403, "origin-not-allowed", "Origin"), "{what}");
            }
            for answer in [reading, writing] {
                let allowed = answer.header("access-control-allow-origin");
                // A page may learn that it is not allowed when another site allows it; what it may never read is content.
                assert!(allowed.is_empty() || allowed == origin, "{what}: {allowed}");
                assert!(!may || origin == OWN || allowed == origin, "{what}: {allowed}");
                assert!(origin != STRANGER || allowed.is_empty(), "{what}");
                assert!(answer.headers.get_all("vary").iter().any(|vary| vary == "origin"), "{what}");
                assert!(!answer.headers.contains_key("access-control-allow-credentials"), "{what}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn items_and_codes_are_guarded_by_the_site_they_belong_to() {
    each_server(async |server| {
        let (post, code) = server.published_story(STORY).await;
        let voter = json!({ "voter": "1".repeat(32) });
        let vote_path = format!("/items/{post}/votes/heard");

        for (origin, may) in [(LOOPBACK, true), (OTHER, false), (STRANGER, false)] {
            let at = |answer: Answer| {
                if may {
                    assert!(answer.status.is_success(), "{origin}: {}", answer.text());
                } else {
                    assert_eq!(answer.problem(), problem(403, "origin-not-allowed", "Origin"), "{origin}");
                }
            };
            at(read(server, &format!("/posts/{post}"), origin).await);
            at(read(server, &format!("/posts/{post}/replies"), origin).await);
            at(server.call(Method::PUT, &vote_path, &[("origin", origin)], Some(&voter)).await);
            let reply = json!({ "text": "Me too" });
            at(server
                .call(Method::POST, &format!("/posts/{post}/replies"), &[("origin", origin)], Some(&reply))
                .await);
            let mine = [("origin", origin), ("recovery-code", code.as_str())];
            at(server.call(Method::GET, "/mine", &mine, None).await);
        }
        let stranger = [("origin", OTHER), ("recovery-code", code.as_str())];
        let deleting = server.call(Method::DELETE, "/mine", &stranger, None).await;
        assert_eq!(deleting.problem(), problem(403, "origin-not-allowed", "Origin"));
        assert_eq!(server.mine(&code).await.ok().json()["state"], "published");
    })
    .await;
}

#[tokio::test]
async fn reading_needs_no_preflight() {
    // A simple request: GET, and no header beyond those that browsers send by themselves.
    a_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        for path in
            ["/sites/demo", "/sites/demo/posts", &format!("/posts/{post}"), &format!("/posts/{post}/replies")]
        {
            let answer = read(server, path, LOOPBACK).await.ok();
            assert_eq!(answer.header("access-control-allow-origin"), LOOPBACK, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_preflight_is_answered_for_long_and_for_known_pages_only() {
    a_server(async |server| {
        let known = preflight(server, "/sites/demo/posts", LOOPBACK).await;
        assert_eq!(known.status, StatusCode::NO_CONTENT);
        assert_eq!(known.header("access-control-allow-origin"), LOOPBACK);
        assert_eq!(known.header("access-control-max-age"), "7200");
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            assert!(known.header("access-control-allow-methods").contains(method), "{method}");
        }
        for name in ["content-type", "idempotency-key", "proof-of-work", "recovery-code", "report-code"] {
            assert!(known.header("access-control-allow-headers").contains(name), "{name}");
        }

        for origin in [STRANGER, "null"] {
            let refused = preflight(server, "/sites/demo/posts", origin).await;
            assert_eq!(refused.problem(), problem(403, "origin-not-allowed", "Origin"));
            assert_eq!(refused.header("access-control-allow-origin"), "");
        }
    })
    .await;
}

#[tokio::test]
async fn the_console_is_for_the_servers_own_pages() {
    a_server(async |server| {
        let code = json!({ "code": "0000-0000-0000-0000-0000" });
        for origin in [LOOPBACK, OTHER, STRANGER, "null"] {
            let headers = [("origin", origin)];
            for answer in [
                server.call(Method::POST, "/console/session", &headers, Some(&code)).await,
                server.call(Method::GET, "/console/queue", &headers, None).await,
                preflight(server, "/console/session", origin).await,
            ] {
                assert_eq!(answer.problem(), problem(403, "origin-not-allowed", "Origin"), "{origin}");
                assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
            }
        }
        let own = server.call(Method::POST, "/console/session", &[("origin", OWN)], Some(&code)).await;
        assert_eq!(own.problem().1, "sign-in-failed");
    })
    .await;
}

#[tokio::test]
async fn behind_a_proxy_the_own_origin_is_the_configured_one() {
    let top = "public_url = \"https://support.example\"";
    a_server_with(top, "/nowhere".as_ref(), async |server| {
        assert_eq!(
            write(server, "/sites/other/posts", "https://support.example").await.status,
            StatusCode::CREATED
        );
        let by_host = write(server, "/sites/other/posts", OWN).await;
        assert_eq!(by_host.problem(), problem(403, "origin-not-allowed", "Origin"));
    })
    .await;
}

#[tokio::test]
async fn a_name_that_was_pointed_at_this_machine_is_no_own_origin() {
    a_server(async |server| {
        let headers = [("origin", "http://evil.example:8787"), ("host", "evil.example:8787")];
        let mut request =
            axum::http::Request::post("/api/v1/sites/demo/posts").header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(name, value);
        }

        let answer = server.send(request.body(new_post().to_string().into()).unwrap()).await;

        assert_eq!(answer.problem(), problem(403, "origin-not-allowed", "Origin"));
    })
    .await;
}

#[tokio::test]
async fn programs_without_an_origin_may_use_every_site() {
    a_server(async |server| {
        assert_eq!(server.post("/sites/other/posts", &new_post()).await.status, StatusCode::CREATED);
    })
    .await;
}
