//! Pages that others made: each under `www/host/`, and on each the whole panel works.

use crate::steps::{Hand, can_dial};
use fantoccini::key::Key;
use peer_support_tests::server::Server;
use peer_support_tests::{Page, Visit, each_browser};
use serde_json::json;

each_browser!(
    a_page_of_nonces_has_the_panel,
    a_page_of_nonces_and_trusted_types_has_the_panel_itself,
    a_page_of_a_hash_has_the_panel,
    a_page_whose_links_begin_elsewhere_has_the_panel,
    a_page_without_a_doctype_has_the_panel,
    a_page_that_unsets_everything_has_the_panel,
    pages_with_odd_roots_have_the_panel,
    a_page_where_all_want_to_be_on_top_has_the_panel,
    a_page_with_old_libraries_has_the_panel,
    a_dialog_of_the_page_does_not_keep_help_away,
);

const DRAFT: &str = "Since the winter I sleep again, and the walks helped.";

/// What people do, from the button to a post that waits for a moderator; and away. All of it in the page, and in no frame.
async fn whole_visit(page: &Page, server: &mut Server) {
    Hand::Mouse.open_panel(page).await;
    can_dial(page, "tel:999").await;
    can_dial(page, "tel:116123").await;
    Hand::Mouse.choose(page, "tab", "Stories").await;
    page.until("posts to read", "return ps.all('article').length > 0").await;
    Hand::Mouse.choose(page, "tab", "Write").await;
    Hand::Mouse.write(page, None, "Your words", DRAFT).await;
    page.click("button", "Send").await;
    page.find("heading", "Kept for a moderator").await;
    let queue = server.moderator().await.queue().await;
    assert_eq!(queue.iter().filter(|item| item["text"] == DRAFT).count(), 1, "{:?}", page.browser);
    let frames = "return ps.elements().filter(e => e.localName === 'iframe').length";
    assert_eq!(page.js(frames).await, json!(0), "{:?}: a frame", page.browser);
    page.focus_is_on("heading «Kept for a moderator").await;
    page.press([Key::Escape.into()]).await;
    page.gone("tab", "Write").await;
    page.click("button", "Support").await;
    page.click("button", "Leave quickly").await;
    page.reads("Rain in the north").await;
}

async fn visited(visit: &Visit, path: &str, headers: &[&str]) {
    let mut server = visit.server().await;
    let host = visit.host(&server, headers).await;
    let page = visit.open(&host.url(path)).await;
    // The browser asks for an icon by itself.
    page.expect_problem("csp img-src");
    // The page that one leaves to has the same policy, and its script no leave.
    page.expect_problem("watch.js");
    whole_visit(&page, &mut server).await;
}

async fn a_page_of_nonces_has_the_panel(visit: &Visit) {
    const POLICY: &str = "content-security-policy: default-src 'none'; script-src 'nonce-a1' SERVER 'wasm-unsafe-eval'; \
        connect-src SERVER; base-uri 'none'";
    visited(visit, "/nonce.html", &[POLICY]).await;
}

async fn a_page_of_nonces_and_trusted_types_has_the_panel_itself(visit: &Visit) {
    const POLICY: &str = "content-security-policy: default-src 'none'; script-src 'nonce-a1' 'strict-dynamic' 'wasm-unsafe-eval'; \
        connect-src SERVER; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
    visited(visit, "/nonce.html", &[POLICY]).await;
}

async fn a_page_of_a_hash_has_the_panel(visit: &Visit) {
    // Of the one script in the page; another line in it needs another hash.
    const POLICY: &str = "content-security-policy: default-src 'none'; \
        script-src 'sha256-Ygz89ERAD6RoODujeS7HS5x4B7+T31mVlS3CgIygpwE=' 'strict-dynamic' 'wasm-unsafe-eval'; connect-src SERVER";
    visited(visit, "/hash.html", &[POLICY]).await;
}

async fn a_page_whose_links_begin_elsewhere_has_the_panel(visit: &Visit) {
    visited(visit, "/base.html", &[]).await;
}

async fn a_page_without_a_doctype_has_the_panel(visit: &Visit) {
    visited(visit, "/quirks.html", &[]).await;
}

async fn a_page_that_unsets_everything_has_the_panel(visit: &Visit) {
    visited(visit, "/unset.html", &[]).await;
}

async fn pages_with_odd_roots_have_the_panel(visit: &Visit) {
    visited(visit, "/giant-root.html", &[]).await;
    visited(visit, "/tiny-root.html", &[]).await;
}

async fn a_page_where_all_want_to_be_on_top_has_the_panel(visit: &Visit) {
    // A driver clicks as a person does, on what lies on top.
    visited(visit, "/z-index.html", &[]).await;
}

async fn a_page_with_old_libraries_has_the_panel(visit: &Visit) {
    visited(visit, "/prototypes.html", &[]).await;
}

async fn a_dialog_of_the_page_does_not_keep_help_away(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/dialog.html")).await;
    page.find("button", "Support").await;

    page.js("document.getElementById('dialog').showModal()").await;
    page.click("link", "Talk to somebody").await;
    page.find("tab", "Help now").await;
    Hand::Mouse.choose(&page, "tab", "Write").await;
    Hand::Mouse.write(&page, None, "Your words", DRAFT).await;
    page.press([Key::Escape.into()]).await;
    page.until("the page's dialog has the focus", "return ps.focused()?.id === 'help'").await;
    let open = "return document.getElementById('dialog').open";
    assert_eq!(page.js(open).await, json!(true), "{:?}", page.browser);

    // All around is inert, as some libraries make it.
    page.js("document.getElementById('dialog').close(); document.getElementById('around').inert = true;
        document.getElementById('p').open()")
        .await;
    let inside = "return document.getElementById('p').shadowRoot.activeElement?.matches('.panel *')";
    page.until("the focus is in the panel", inside).await;
    page.press([Key::Escape.into()]).await;
    let closed = "return document.getElementById('p').shadowRoot.querySelector('dialog[open]') === null";
    page.until("closed", closed).await;
}
