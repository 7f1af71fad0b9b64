//! Help never fails: whatever is refused, stopped or off, there is a number to call.

use crate::steps::{Hand, can_dial, tries_again_soon};
use peer_support_tests::{Visit, each_browser};
use serde_json::json;

each_browser!(
    help_stays_when_the_host_refuses_wasm,
    help_stays_when_the_server_stops_before_the_panel_opens,
    help_stays_when_the_server_stops_while_the_panel_is_open,
    help_stays_without_javascript,
);

const DRAFT: &str = "Nobody should have to type this twice.";

async fn help_stays_when_the_host_refuses_wasm(visit: &Visit) {
    const NO_WASM: &str =
        "content-security-policy: default-src 'self'; script-src 'self' SERVER; connect-src SERVER";
    let server = visit.server().await;
    let host = visit.host(&server, &[NO_WASM]).await;
    let page = visit.open(&host.url("/strict-csp.html")).await;
    page.expect_problem("csp script-src wasm-eval"); // the host's refusals, which are the point: wasm, and the frame instead
    page.expect_problem("frame-src");
    page.expect_problem("default-src");

    page.click("button", "Support").await;

    can_dial(&page, "tel:999").await;
    can_dial(&page, "tel:116123").await;
    page.reads("could not load").await;
    assert!(page.has("button", "Leave quickly").await);
}

async fn help_stays_when_the_server_stops_before_the_panel_opens(visit: &Visit) {
    let mut server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    page.find("button", "Support").await;
    server.stop();

    page.click("button", "Support").await;

    can_dial(&page, "tel:999").await;
    can_dial(&page, "tel:116123").await;
    page.reads("could not load").await;
    assert!(page.has("button", "Leave quickly").await);

    // When the server is back, so is the panel, without a reload.
    server.restart().await;
    page.click("button", "Close").await;
    Hand::Mouse.open_panel(&page).await;
}

async fn help_stays_when_the_server_stops_while_the_panel_is_open(visit: &Visit) {
    let mut server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    tries_again_soon(&page).await;
    let hand = Hand::Mouse;
    hand.open_panel(&page).await;
    hand.choose(&page, "tab", "Write").await;
    hand.write(&page, None, "Your words", DRAFT).await;
    server.stop();

    // What was written is neither sent nor lost.
    hand.choose(&page, "button", "Send").await;
    page.reads("we keep trying").await;
    page.reads(DRAFT).await;
    hand.choose(&page, "tab", "Help now").await;
    can_dial(&page, "tel:999").await;
    can_dial(&page, "tel:116123").await;
    hand.choose(&page, "tab", "Stories").await;
    page.find("button", "Try again").await;

    // Back again: the feed comes, the draft goes out by itself, once.
    server.restart().await;
    hand.choose(&page, "button", "Try again").await;
    page.until("posts to read", "return ps.all('article').length > 0").await;
    hand.choose(&page, "tab", "Write").await;
    page.find("heading", "Kept for a moderator").await;
    let queue = server.moderator().await.queue().await;
    assert_eq!(queue.iter().filter(|item| item["text"] == DRAFT).count(), 1);
}

/// Scripts are off in a sandboxed frame, in every browser alike.
async fn help_stays_without_javascript(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/sandbox.html")).await;
    page.expect_problem("Blocked script execution"); // Chromium says so in its log

    let links = page
        .until(
            "links to dial in the frame",
            "const inside = document.querySelector('iframe').contentDocument;
            const links = inside ? ps.all('link', inside).map(e => e.getAttribute('href')) : [];
            return links.length > 0 && links",
        )
        .await;

    assert_eq!(links, json!(["tel:999", "tel:116123"]));
    let ran = "return document.querySelector('iframe').contentDocument.querySelector('peer-support').shadowRoot !== null";
    assert_eq!(page.js(ran).await, json!(false), "no script ran in the frame");
}
