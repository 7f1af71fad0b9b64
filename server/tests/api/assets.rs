//! The files of the widget, the console and the example pages.

use std::fs;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use peer_support_server::http::Assets;
use tempfile::TempDir;

use crate::client::{Server, a_server_of, a_server_with, problem};

/// What a build leaves, in small.
fn built() -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, content) in [
        ("peer-support.js", "loader();"),
        ("peer-support.js.br", "loader in brotli"),
        ("peer-support.js.gz", "loader in gzip"),
        ("assets/widget-1a2b.js", "glue();"),
        ("assets/widget-1a2b.wasm", "wasm"),
        ("assets/widget-1a2b.wasm.br", "wasm in brotli"),
        ("assets/helplines-gb-3c4d.txt", "GB"),
        ("assets/locale-es-5e6f.json", "{}"),
        ("console/index.html", "<!doctype html><title>Console</title>"),
        ("console/console.js", "console();"),
        ("www/index.html", "<!doctype html><title>Rowan House</title>"),
        ("www/inline.html", "<!doctype html><title>Inline</title>"),
        ("www/demo.css", "body {}"),
        ("www/host/plain.html", "<!doctype html><title>Stranger</title>"),
        ("manifest.json", "{}"),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

async fn with_assets(test: impl AsyncFn(&Server)) {
    let folder = built();
    a_server_with("", folder.path(), test).await;
}

#[tokio::test]
async fn each_browser_gets_the_smallest_encoding_that_it_takes() {
    with_assets(async |server| {
        for (accept, encoding, body) in [
            ("gzip, deflate, br, zstd", "br", "loader in brotli"),
            ("gzip, deflate", "gzip", "loader in gzip"),
            ("br;q=0, gzip", "gzip", "loader in gzip"),
            ("identity", "", "loader();"),
            ("", "", "loader();"),
        ] {
            let answer = server.get_with("/peer-support.js", &[("accept-encoding", accept)]).await.ok();

            assert_eq!(
                (answer.header("content-encoding"), answer.text().as_str()),
                (encoding, body),
                "{accept}"
            );
            assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
            assert_eq!(answer.header("vary"), "accept-encoding");
        }
        let only_brotli =
            server.get_with("/assets/widget-1a2b.wasm", &[("accept-encoding", "gzip")]).await.ok();
        assert_eq!(only_brotli.text(), "wasm");
    })
    .await;
}

#[tokio::test]
async fn the_loader_is_asked_for_each_time_and_open_to_every_page() {
    with_assets(async |server| {
        let first = server
            .get_with("/peer-support.js", &[("accept-encoding", "br"), ("origin", "https://any.example")])
            .await
            .ok();
        assert_eq!(first.header("cache-control"), "no-cache");
        assert_eq!(first.header("access-control-allow-origin"), "*");
        assert_eq!(first.header("cross-origin-resource-policy"), "cross-origin");

        let known = [("accept-encoding", "br"), ("if-none-match", first.header("etag"))];
        let again = server.get_with("/peer-support.js", &known).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));

        let other_encoding = [("if-none-match", first.header("etag"))];
        assert_eq!(server.get_with("/peer-support.js", &other_encoding).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever_and_have_their_types() {
    with_assets(async |server| {
        for (path, content_type) in [
            ("/assets/widget-1a2b.js", "text/javascript; charset=utf-8"),
            ("/assets/widget-1a2b.wasm", "application/wasm"),
            ("/assets/helplines-gb-3c4d.txt", "text/plain; charset=utf-8"),
            ("/assets/locale-es-5e6f.json", "application/json"),
        ] {
            let answer = server.get_with(path, &[("accept-encoding", "br")]).await.ok();

            assert_eq!(answer.header("content-type"), content_type);
            assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
        let missing = server.get_with("/assets/widget-0000.js", &[]).await;
        assert_eq!(missing.problem(), problem(404, "not-found", ""));
        assert_eq!(missing.header("cache-control"), "no-store", "a build that is not there yet may come");
    })
    .await;
}

#[tokio::test]
async fn the_console_runs_its_own_files_only_and_in_nobodys_frame() {
    with_assets(async |server| {
        for path in ["/console/", "/console/index.html", "/console/console.js"] {
            let answer = server.get_with(path, &[]).await.ok();
            let policy = answer.header("content-security-policy");

            for part in [
                "default-src 'none'",
                "script-src 'self' 'wasm-unsafe-eval'",
                "style-src 'self'",
                "frame-ancestors 'none'",
                "base-uri 'none'",
                "form-action 'none'",
            ] {
                assert!(policy.split("; ").any(|directive| directive == part), "{path}: {policy}");
            }
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert_eq!(answer.header("access-control-allow-origin"), "");
        }
        let without_slash = server.get_with("/console", &[]).await;
        assert_eq!((without_slash.status.as_u16(), without_slash.header("location")), (308, "/console/"));
    })
    .await;
}

#[tokio::test]
async fn the_example_pages_are_at_the_top() {
    with_assets(async |server| {
        let home = server.get_with("/", &[]).await.ok();
        assert!(home.text().contains("Rowan House"));
        assert_eq!(home.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(home.header("cache-control"), "no-cache");
        assert!(home.header("content-security-policy").starts_with("default-src 'none'; script-src 'self'"));
        server.get_with("/inline.html", &[]).await.ok();
        assert_eq!(
            server.get_with("/demo.css", &[]).await.ok().header("content-type"),
            "text/css; charset=utf-8"
        );
        let stranger = server.get_with("/host/plain.html", &[]).await.ok();
        assert_eq!(stranger.header("content-security-policy"), "frame-ancestors 'self'");
    })
    .await;
}

#[tokio::test]
async fn no_path_leads_out_of_the_folder_or_to_what_is_not_meant_to_be_served() {
    with_assets(async |server| {
        for path in [
            "/manifest.json",
            "/assets/../manifest.json",
            "/assets/%2e%2e/manifest.json",
            "/assets/..%2fmanifest.json",
            "/console/../www/index.html",
            "/../../../../etc/passwd",
            "/%2e%2e/%2e%2e/etc/passwd",
            "/assets//etc/passwd",
            "/assets/widget-1a2b.wasm.br",
            "/www/index.html",
            "/assets/",
            "/assets/%00",
            "/host/",
        ] {
            assert_eq!(server.get_with(path, &[]).await.problem(), problem(404, "not-found", ""), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn files_are_read_only() {
    with_assets(async |server| {
        for path in ["/peer-support.js", "/assets/widget-1a2b.js", "/console/", "/", "/inline.html"] {
            let request = Request::builder().method(Method::POST).uri(path).body(Body::from("x")).unwrap();
            let answer = server.send(request).await;

            assert_eq!(answer.problem(), problem(405, "method-not-allowed", ""), "{path}");
            assert_eq!(answer.header("allow"), "GET,HEAD", "{path}");
        }
        let head = Request::head("/peer-support.js").body(Body::empty()).unwrap();
        let head = server.send(head).await.ok();
        assert_eq!((head.header("content-length"), head.body.len()), ("9", 0));
    })
    .await;
}

#[tokio::test]
async fn a_loader_that_a_page_pinned_stays_the_same_after_an_update() {
    let (build, kept) = (built(), TempDir::new().unwrap());
    // The first five bytes of its SHA-256.
    let pinned = "/peer-support-6c64fc6bc4.js";
    let mut assets = Assets::load(build.path()).unwrap();
    assets.keep_loaders(kept.path()).unwrap();
    fs::write(build.path().join("peer-support.js"), "a newer loader").unwrap();

    let mut assets = Assets::load(build.path()).unwrap();
    assets.keep_loaders(kept.path()).unwrap();

    a_server_of(assets, async |server| {
        let answer = server.get_with(pinned, &[]).await.ok();
        assert_eq!(answer.text(), "loader();");
        assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(server.get_with("/peer-support.js", &[]).await.ok().text(), "a newer loader");
        let unknown = server.get_with("/peer-support-0000000000.js", &[]).await;
        assert_eq!(unknown.problem(), problem(404, "not-found", ""));
    })
    .await;
}

#[tokio::test]
async fn files_of_another_build_lead_to_those_of_this_one() {
    let build = TempDir::new().unwrap();
    for path in ["widget-00000000aa.js", "widget-00000000aa/peers.js", "widget-00000000aa/locales/de.json"] {
        let path = build.path().join("assets").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "of this build").unwrap();
    }

    a_server_with("", build.path(), async |server| {
        for (old, place) in [
            ("/assets/widget-00000000bb.js?1", "widget-00000000aa.js?1"),
            ("/assets/widget-00000000bb/peers.js", "../widget-00000000aa/peers.js"),
            ("/assets/widget-00000000bb/locales/de.json", "../../widget-00000000aa/locales/de.json"),
        ] {
            let answer = server.get_with(old, &[]).await;
            assert_eq!((answer.status, answer.header("location")), (StatusCode::TEMPORARY_REDIRECT, place));
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.header("access-control-allow-origin"), "*");
        }
        for unknown in ["/assets/widget-00000000bb.txt", "/assets/widget-.js", "/assets/widget-00000000éé.js"]
        {
            assert_eq!(server.get_with(unknown, &[]).await.status, StatusCode::NOT_FOUND, "{unknown}");
        }
    })
    .await;
}
