//! What a view needs is fetched side by side, and each of it once: on a phone network one after another is seconds.

use fantoccini::elements::Element;
use peer_support_tests::site::{Reply, Site};
use peer_support_tests::{Page, Visit, each_browser, eventually, workspace};
use serde_json::json;
use std::sync::Arc;

each_browser!(the_first_stories_come_beside_what_shows_them, what_was_asked_ahead_in_vain_is_asked_again);

/// What the peer space asks for when *Stories* is shown: the site, and the mix of its posts.
const FIRST: [&str; 4] = [
    "GET /api/v1/sites/demo",
    "GET /api/v1/sites/demo/posts",
    "GET /api/v1/sites/demo/posts",
    "GET /api/v1/sites/demo/posts",
];

/// A server of another origin than the page's, which knows no stories, and the page.
async fn apart() -> (Arc<Site>, Arc<Site>) {
    let server = Site::with_panel(workspace("www/host"), &["access-control-allow-origin: *"]).await;
    server.reply("/api/*", Reply::Body(200, "application/json", br#"{"items":[],"next":null}"#.to_vec()));
    let host = Site::serve(workspace("www/host"), &server.url(""), &[]).await;
    (server, host)
}

/// What was asked of the API after the first `n_before` requests, without the stream of what is new, which begins again by
/// itself.
fn asked(server: &Site, n_before: usize) -> Vec<String> {
    let mut asked = server.requests().split_off(n_before);
    asked.retain(|request| request.contains("/api/") && !request.ends_with("/live"));
    asked.sort();
    asked
}

async fn opens_at_stories(page: &Page, host: &Site) {
    page.goto(&host.url("/plain.html")).await;
    page.until("an element", "return window.peerSupport?.open").await;
    page.js("peerSupport.open('stories')").await;
}

async fn points_at(page: &Page, element: &Element) {
    page.js_with("arguments[0].dispatchEvent(new PointerEvent('pointerenter'))", vec![json!(element)]).await;
}

async fn the_first_stories_come_beside_what_shows_them(visit: &Visit) {
    let (server, host) = apart().await;
    let page = visit.open(&host.url("/elsewhere.html")).await;

    // Neither the panel nor the peer space has come.
    server.reply("*.wasm", Reply::Hang);
    opens_at_stories(&page, &host).await;
    eventually("the first stories are asked for", async || asked(&server, 0) == FIRST).await;

    // The panel is there, and somebody points at the tab.
    server.reply("*.wasm", None);
    server.reply("*/peers.wasm", Reply::Hang);
    page.goto(&host.url("/plain.html")).await;
    page.click("button", "Support").await;
    let tab = page.find("tab", "Stories").await;
    let n_before = server.requests().len();
    points_at(&page, &tab).await;
    eventually("the first stories are asked for", async || asked(&server, n_before) == FIRST).await;

    // All of it comes: what shows the stories asks for none of them again.
    server.reply("*/peers.wasm", None);
    let n_before = server.requests().len();
    opens_at_stories(&page, &host).await;
    page.reads("Nothing here yet.").await;
    eventually("all of it is asked for", async || asked(&server, n_before).len() >= FIRST.len()).await;
    page.settle().await;
    assert_eq!(asked(&server, n_before), FIRST, "{:?}", page.browser);
}

async fn what_was_asked_ahead_in_vain_is_asked_again(visit: &Visit) {
    const COUNT_FAILURES: &str = "const before = fetch;
        window.nFailed = 0;
        window.fetch = (...given) => {
          const answer = before(...given);
          answer.catch(() => window.nFailed++);
          return answer;
        };";
    let (server, host) = apart().await;
    let page = visit.open(&host.url("/plain.html")).await;
    page.click("button", "Support").await;
    let tab = page.find("tab", "Stories").await;
    page.js(COUNT_FAILURES).await;

    server.reply("/api/v1/sites/demo/posts", Reply::Drop);
    points_at(&page, &tab).await;
    page.until("no stories", "return nFailed >= 3").await;
    server.reply("/api/v1/sites/demo/posts", None);
    page.click("tab", "Stories").await;

    page.reads("Nothing here yet.").await;
}
