//! The npm package in apps of others, which `cargo xtask test` installs and builds: each shows the panel with its numbers.

use crate::steps::can_dial;
use peer_support_tests::server::Server;
use peer_support_tests::site::Site;
use peer_support_tests::{Page, Visit, each_browser, workspace};
use std::sync::Arc;

each_browser!(
    apps_that_vite_builds_show_the_panel,
    a_page_that_a_server_rendered_takes_the_panel_over,
    plain_pages_load_it_from_the_folder_of_npm,
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
