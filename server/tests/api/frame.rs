//! The panel as a page for frames of host pages: who may frame it, and what it may do.

use std::fs;

use axum::http::StatusCode;
use tempfile::TempDir;

use crate::client::{Server, a_server, a_server_with, problem};

const PAGE: &str = "<!doctype html><html data-origins=\"__ORIGINS__\"><script type=\"module\" src=\"../assets/w/framed.js\"></script>";

async fn with_page(test: impl AsyncFn(&Server)) {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("frame")).unwrap();
    fs::write(folder.path().join("frame/index.html"), PAGE).unwrap();
    a_server_with("", folder.path(), test).await;
}

fn directives(policy: &str) -> Vec<&str> {
    policy.split("; ").collect()
}

#[tokio::test]
async fn pages_of_the_sites_origins_frame_it_and_no_others() {
    with_page(async |server| {
        for (site, ancestors, rules) in [
            (
                "other",
                "frame-ancestors 'self' https://other.example https://*.other.example",
                "https://other.example https://*.other.example",
            ),
            (
                "demo",
                "frame-ancestors 'self' http://localhost:* http://*.localhost:* http://127.0.0.1:*",
                "loopback",
            ),
        ] {
            let page = server.get_with(&format!("/frame/{site}"), &[]).await.ok();

            let policy = page.header("content-security-policy");
            assert!(directives(policy).contains(&ancestors), "{policy}");
            assert!(page.text().contains(&format!("data-origins=\"{rules}\"")), "{}", page.text());
            // It would allow or forbid the same for all.
            assert!(!page.headers.contains_key("x-frame-options"));
        }
    })
    .await;
}

#[tokio::test]
async fn the_page_runs_our_script_and_wasm_and_nothing_else() {
    with_page(async |server| {
        let page = server.get_with("/frame/demo", &[]).await.ok();

        let policy = page.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ] {
            assert!(directives(policy).contains(&part), "{policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        // For pages that are isolated from other origins.
        assert_eq!(page.header("cross-origin-embedder-policy"), "require-corp");
        assert_eq!(page.header("cross-origin-resource-policy"), "cross-origin");
    })
    .await;
}

#[tokio::test]
async fn the_page_is_the_same_for_everybody_and_asks_for_no_cookie() {
    with_page(async |server| {
        let first = server.get_with("/frame/demo", &[("origin", "https://evil.example")]).await.ok();
        assert_eq!(first.header("set-cookie"), "");
        assert_eq!(first.header("access-control-allow-origin"), "");
        assert_eq!(first.header("cache-control"), "no-cache");

        let again = server.get_with("/frame/demo", &[("if-none-match", first.header("etag"))]).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
        // A browser takes the policy of the newest answer.
        assert!(again.header("content-security-policy").contains("frame-ancestors"));
        // Another site has another list, so its page is another.
        let other = server.get_with("/frame/other", &[("if-none-match", first.header("etag"))]).await;
        assert_eq!(other.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_site_that_is_not_there_has_no_page() {
    with_page(async |server| {
        let unknown = server.get_with("/frame/nobody", &[]).await;
        assert_eq!(unknown.problem(), problem(404, "not-found", "site"));
        assert!(unknown.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(server.get_with("/frame/%3Cb%3E", &[]).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(server.get_with("/frame/", &[]).await.problem(), problem(404, "not-found", ""));
        assert_eq!(server.get_with("/frame/index.html", &[]).await.status.as_u16() / 100, 4);
    })
    .await;
    // Without built files there is only the API.
    a_server(async |server| {
        assert_eq!(server.get_with("/frame/demo", &[]).await.problem(), problem(404, "not-found", ""));
    })
    .await;
}
