//! The npm package in apps of others, which `cargo xtask test` installs and builds: each shows the panel with its numbers.

use crate::steps::{Hand, can_dial};
use peer_support_tests::server::Server;
use peer_support_tests::site::{Reply, Site};
use peer_support_tests::{Page, Visit, each_browser, workspace};
use serde_json::json;
use std::sync::Arc;

each_browser!(
    apps_that_vite_builds_show_the_panel,
    a_page_that_a_server_rendered_takes_the_panel_over,
    plain_pages_load_it_from_the_folder_of_npm,
    what_react_mounts_twice_is_one_panel,
    pages_that_turbo_changes_keep_what_is_written,
);

/// The apps on somebody else's origin, and our server.
async fn apps(visit: &Visit) -> (Server, Arc<Site>) {
    let built = workspace("target/npm-apps/built");
    let remedy = "run `cargo xtask test --only npm`";
    assert!(built.join("node_modules").is_dir(), "no apps in {}; {remedy}", built.display());
    let server = visit.server().await;
    let site = Site::serve_from(vec![built, workspace("www/host")], &server.origin(), &[]).await;
    (server, site)
}

/// The whole panel is there, with the emergency number.
async fn shows_help(page: &Page) {
    page.find("tab", "Help now").await;
    can_dial(page, "tel:999").await;
    page.find("tab", "Stories").await;
}

async fn apps_that_vite_builds_show_the_panel(visit: &Visit) {
    let (server, site) = apps(visit).await;

    // In React and Svelte a button of the owner's opens it; in Vue it stands in the page.
    for (path, button) in [("/react.html", true), ("/svelte.html", true), ("/vue.html", false)] {
        let page = visit.open(&site.url(path)).await;
        if button {
            page.click("button", "Talk to someone").await;
        }
        shows_help(&page).await;
        let n_panels = page.js("return document.querySelectorAll('peer-support').length").await;
        assert_eq!(n_panels, 1, "{path}");
    }

    // The folder in `public` gave React and Vue the panel, the server Svelte.
    let asked = site.requests();
    assert!(asked.iter().any(|path| path.starts_with("GET /peer-support/assets/widget-")), "{asked:?}");
    assert!(!asked.iter().any(|path| path.starts_with("GET /assets/widget-")), "{asked:?}");
    drop(server);
}

async fn a_page_that_a_server_rendered_takes_the_panel_over(visit: &Visit) {
    let (_server, site) = apps(visit).await;
    let page = visit.open(&site.url("/ssr.html")).await;

    page.reads("Rendered by a server").await;
    page.until("hydration", "return 'hydrated' in document.documentElement.dataset").await;
    page.click("button", "Talk to someone").await;

    shows_help(&page).await;
    // Nothing was drawn a second time, and what the owner wrote is there still.
    let whole = "const all = document.querySelectorAll('peer-support'); return all.length === 1 && all[0].textContent.trim()";
    assert_eq!(page.js(whole).await, "In danger now? Call 999.");
}

async fn what_react_mounts_twice_is_one_panel(visit: &Visit) {
    let (_server, site) = apps(visit).await;
    // Built for development, where strict mode runs each effect twice and attaches each reference twice.
    let page = visit.open(&site.url("/development/react.html")).await;

    page.click("button", "Talk to someone").await;

    shows_help(&page).await;
    assert_eq!(page.js("return document.querySelectorAll('peer-support').length").await, 1);
}

async fn pages_that_turbo_changes_keep_what_is_written(visit: &Visit) {
    let (server, site) = apps(visit).await;
    for (path, title, rest) in [
        ("/", "The first page", "<a href='/second'>On</a>"),
        ("/second", "The second page", "<a href='/own'>On</a>"),
        ("/own", "The third page", "<peer-support site='demo' country='GB'></peer-support>"),
    ] {
        let html = format!(
            "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title}</title><script src='/watch.js'></script>
            <script src='/turbo.js'></script>
            <script src='{}/peer-support.js' data-site='demo' data-country='GB' defer></script></head>
            <body><h1>{title}</h1>{rest}</body></html>",
            server.origin()
        );
        site.reply(path, Reply::Body(200, "text/html; charset=utf-8", html.into_bytes()));
    }
    let page = visit.open(&site.url("/")).await;
    page.js("window.isTheSame = true").await;
    let one = |title| {
        let page = &page;
        async move {
            page.find("heading", title).await;
            page.until("one element", "return document.querySelectorAll('peer-support').length === 1").await;
            page.settle().await;
            let now = "return [window.isTheSame, document.querySelectorAll('peer-support').length]";
            assert_eq!(page.js(now).await, json!([true, 1]), "{:?}: {title}", page.browser);
        }
    };
    let draft = "return ps.elements().find(e => e.id === 'your-words')?.value ?? null";
    let words = "Nobody should have to type this twice.";
    Hand::Mouse.open_panel(&page).await;
    page.js("document.querySelector('peer-support').open('write')").await;
    page.find("textbox", "Your words").await;
    Hand::Mouse.write(&page, None, "Your words", words).await;

    // On, and back: Turbo shows a copy that it kept of the page, with a copy of the element in it.
    page.click("link", "On").await;
    one("The second page").await;
    assert_eq!(page.js(draft).await, words, "{:?}", page.browser);
    page.client.back().await.unwrap();
    one("The first page").await;
    assert_eq!(page.js(draft).await, words, "{:?}: back", page.browser);
    page.client.forward().await.unwrap();
    one("The second page").await;
    assert_eq!(page.js(draft).await, words, "{:?}: forward", page.browser);

    // A page with an element of its own shows that.
    page.click("link", "On").await;
    one("The third page").await;
    Hand::Mouse.open_panel(&page).await;
    shows_help(&page).await;
}

async fn plain_pages_load_it_from_the_folder_of_npm(visit: &Visit) {
    let (_server, site) = apps(visit).await;

    for path in ["/script.html", "/module.html"] {
        let page = visit.open(&site.url(path)).await;
        page.click("button", "Support").await;
        shows_help(&page).await;
        assert_eq!(page.js("return document.querySelectorAll('peer-support').length").await, 1, "{path}");
    }

    let asked = site.requests();
    let from_npm = "GET /node_modules/peer-support/assets/widget-";
    assert!(asked.iter().any(|path| path.starts_with(from_npm)), "{asked:?}");
}
