//! Leaving quickly: whoever looks over a shoulder sees nothing of what was there, and "back" does not bring it back.

use crate::steps::{Hand, can_dial, moves_clock};
use fantoccini::key::Key;
use peer_support_tests::site::{Reply, Site};
use peer_support_tests::{Page, Visit, each_browser};
use serde_json::json;
use std::sync::Arc;

each_browser!(
    three_presses_of_shift_leave_from_wherever_the_focus_is,
    the_button_leaves_before_and_after_the_panel_has_come,
    a_page_in_a_frame_takes_the_page_around_it_along,
    nothing_is_seen_between_leaving_and_being_gone,
    other_keys_slow_presses_and_escape_do_not_leave,
    the_second_press_of_shift_is_told,
    an_address_that_leads_nowhere_else_is_not_taken,
    what_was_written_does_not_come_back,
);

/// An answer to which browsers stay where they are: leaving begins, and the page can still be looked at.
const NOWHERE: Reply = Reply::Body(204, "text/plain", Vec::new());

const SHIFTS: [Key; 3] = [Key::Shift, Key::Shift, Key::Shift];

async fn press_shift(page: &Page, times: usize) {
    page.press(SHIFTS[..times].iter().map(|&key| key.into())).await;
}

/// Waits for the neutral page, and asserts that it took the place of the one that was left.
async fn is_elsewhere(page: &Page, entries: &serde_json::Value) {
    page.reads("Rain in the north").await;
    assert_eq!(page.js("return history.length").await, *entries, "{:?}: a way back", page.browser);
    assert!(!page.has("button", "Support").await);
}

async fn entries(page: &Page) -> serde_json::Value {
    page.js("return history.length").await
}

async fn three_presses_of_shift_leave_from_wherever_the_focus_is(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let page = visit.open(&site.url("/elsewhere.html")).await;
    // A page that keeps all keys to itself.
    let greedy = "for (const type of ['keydown', 'keyup']) for (const capture of [true, false])
        document.addEventListener(type, (event) => event.stopImmediatePropagation(), capture);";

    for (place, hand_over) in [
        ("the panel", "ps.find('tab', 'Help now').focus()"),
        ("a field of the page", "document.getElementById('field').focus()"),
        ("a button of the page", "document.getElementById('before').focus()"),
        ("nothing", "ps.focused().blur()"),
        ("a field of a page that keeps keys to itself", "document.getElementById('field').focus(); KEEP"),
    ] {
        page.goto(&site.url("/plain.html")).await;
        Hand::Mouse.open_panel(&page).await;
        let before = entries(&page).await;
        page.js(&hand_over.replace("KEEP", greedy)).await;
        press_shift(&page, 3).await;
        is_elsewhere(&page, &before).await;
        assert!(!page.has_text(place).await);
    }

    // Also while somebody writes in the panel.
    page.goto(&site.url("/plain.html")).await;
    Hand::Mouse.open_panel(&page).await;
    Hand::Mouse.choose(&page, "tab", "Write").await;
    Hand::Mouse.write(&page, None, "Your words", "He Hit Me Again").await; // capitals are no presses of Shift alone
    let before = entries(&page).await;
    press_shift(&page, 3).await;
    is_elsewhere(&page, &before).await;
}

async fn the_button_leaves_before_and_after_the_panel_has_come(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let page = visit.open(&site.url("/elsewhere.html")).await;

    for panel in [Some(Reply::Hang), Some(Reply::Body(404, "text/plain", vec![])), None] {
        let has_panel = panel.is_none();
        site.reply("*.wasm", panel);
        for by_keys in [false, true] {
            page.goto(&site.url("/plain.html")).await;
            page.click("button", "Support").await;
            if has_panel {
                page.find("tab", "Help now").await;
            } else {
                can_dial(&page, "tel:999").await;
            }
            let before = entries(&page).await;
            if by_keys {
                press_shift(&page, 3).await;
            } else {
                page.click("button", "Leave quickly").await;
            }
            is_elsewhere(&page, &before).await;
        }
    }
}

/// The page of `site` in a frame of another origin's page, or of its own.
async fn framed(visit: &Visit, site: &Arc<Site>, of_another: bool, sandbox: &str) -> Page {
    let around = if of_another { visit.own_host(&[]).await } else { site.clone() };
    let html = format!(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Around</title><script src='/watch.js'></script>
        <h1>Around</h1><iframe {sandbox} src='{}' width='900' height='450' title='The page'></iframe>",
        site.url("/plain.html")
    );
    around.reply("/around.html", Reply::Body(200, "text/html; charset=utf-8", html.into_bytes()));
    // The name `localhost` for one and the number for the other: not even the same site.
    let address = around.url("/around.html");
    let address = if of_another { address.replace("localhost", "127.0.0.1") } else { address };
    let page = visit.open(&address).await;
    page.expect_problem("Blocked autofocusing"); // Chromium's word on frames; the panel's own focus is not meant
    page.enter_frame().await;
    Hand::Mouse.open_panel(&page).await;
    page
}

async fn a_page_in_a_frame_takes_the_page_around_it_along(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    for of_another in [false, true] {
        let page = framed(visit, &site, of_another, "").await;
        leave_from_a_frame(&page).await;

        page.client.enter_parent_frame().await.unwrap_or(());
        page.until(
            "the page around has gone too",
            "return top === self && !document.querySelector('iframe')",
        )
        .await;
        page.reads("Rain in the north").await;
    }

    // Where the page around forbids it, its own frame is left.
    let page = framed(visit, &site, true, "sandbox='allow-scripts allow-same-origin'").await;
    page.expect_problem("Unsafe attempt");
    leave_from_a_frame(&page).await;
    page.reads("Rain in the north").await;
}

/// Two real presses, and a third one a moment later: Chromium's driver never ends an action whose frame is gone by then.
async fn leave_from_a_frame(page: &Page) {
    page.js("document.getElementById('field').focus()").await;
    press_shift(page, 2).await;
    page.js("const press = new KeyboardEvent('keydown', { key: 'Shift', bubbles: true, composed: true });
        setTimeout(() => document.getElementById('field').dispatchEvent(press), 100)")
        .await;
}

async fn nothing_is_seen_between_leaving_and_being_gone(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    site.reply("/elsewhere.html", NOWHERE);
    let page = visit.open(&site.url("/plain.html")).await;

    for rule in [
        "html { display: block !important }",
        "@layer a { html, body, * { display: block !important; visibility: visible !important } }",
    ] {
        page.goto(&site.url("/plain.html")).await;
        page.js_with("document.head.append(Object.assign(document.createElement('style'), { textContent: arguments[0] }))", vec![json!(rule)]).await;
        page.js("document.documentElement.hidden = false").await;
        Hand::Mouse.open_panel(&page).await;
        // Looked at in the same task, before any other page could have come.
        let seen = page
            .js("const words = document.getElementById('words'), panel = document.querySelector('peer-support');
                panel.leave();
                return new Promise(done => setTimeout(() => done([words.getClientRects().length,
                    document.documentElement.getClientRects().length, panel.isConnected,
                    panel.shadowRoot.childElementCount]), 50))")
            .await;
        assert_eq!(seen, json!([0, 0, false, 0]), "{:?}: what is left to see with {rule}", visit.browser);
        // Nothing listens any more, and a second wish to leave does no harm.
        page.js("document.querySelector('peer-support')?.leave()").await;
    }
}

async fn other_keys_slow_presses_and_escape_do_not_leave(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let page = visit.open(&site.url("/plain.html")).await;
    page.find("button", "Support").await;
    // Closed, the panel takes no keys.
    press_shift(&page, 3).await;
    Hand::Mouse.open_panel(&page).await;

    let shift: char = Key::Shift.into();
    page.press([shift, shift, 'a', shift, shift]).await;
    // The clock is moved, not waited for: what is set for five seconds happens now.
    page.goto(&site.url("/plain.html")).await;
    moves_clock(&page, "ms === 5000 ? 60 : ms").await;
    Hand::Mouse.open_panel(&page).await;
    press_shift(&page, 2).await;
    page.reads("Shift ×3").await;
    press_shift(&page, 1).await;
    page.reads("Shift ×3").await;
    for _ in 0..3 {
        page.press([Key::Escape.into()]).await;
    }

    assert!(page.has_text("A charity for young carers").await, "{:?}: the page was left", visit.browser);
    assert!(!page.has("button", "Leave quickly").await, "Escape closes");
}

async fn the_second_press_of_shift_is_told(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let page = visit.open(&site.url("/plain.html")).await;
    Hand::Mouse.open_panel(&page).await;

    // It can be read as soon as the panel is open, and is told where assistive technology listens.
    let status = page.find("status", "Shift ×3: Leave quickly").await;
    page.is_told_as(&status, "status", "").await;
    press_shift(&page, 2).await;
    page.reads("Shift ×1: Leave quickly").await;
    page.press(['a']).await;
    page.reads("Shift ×3: Leave quickly").await;

    // While somebody types nothing is told again and again.
    let watch = "window.told = 0; new MutationObserver(() => told++).observe(arguments[0], { childList: true, subtree: true, characterData: true })";
    page.js_with(watch, vec![json!(status)]).await;
    page.press("abc def".chars()).await;
    assert_eq!(page.js("return told").await, json!(0));
}

async fn an_address_that_leads_nowhere_else_is_not_taken(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let page = visit.open(&site.url("/elsewhere.html")).await;
    page.expect_problem("ERR_PROXY");
    for address in [
        "javascript:window.stayed=1",
        "#",
        "#top",
        "",
        "?again",
        "data:text/html,hi",
        " javascript:1",
        "mailto:a@example.org",
        "https://[",
        "http://localhost:99999/",
    ] {
        page.goto(&site.url("/plain.html")).await;
        page.until("a launcher", "return ps.find('button', 'Support')").await;
        // No request leaves this machine: what the page would go to is only noted.
        let went = page
            .js_with(
                "const panel = document.querySelector('peer-support'), again = panel.cloneNode();
                again.setAttribute('leave-url', arguments[0]);
                panel.replaceWith(again);
                const went = new Promise(done => window.navigation
                    ? navigation.addEventListener('navigate', e => { e.preventDefault(); done(e.destination.url) }) : done(''));
                again.leave();
                return Promise.race([went, new Promise(done => setTimeout(done, 500, 'nowhere'))])",
                vec![json!(address)],
            )
            .await;
        assert!(
            ["https://wikipedia.org/", ""].contains(&went.as_str().unwrap_or("?")),
            "{address:?} led to {went}"
        );
        assert_eq!(
            page.client.execute("return window.stayed ?? null", vec![]).await.unwrap_or_default(),
            json!(null)
        );
    }
}

async fn what_was_written_does_not_come_back(visit: &Visit) {
    const DRAFT: &str = "Nobody may read this over my shoulder.";
    let site = visit.own_host(&[]).await;
    let page = visit.open(&site.url("/elsewhere.html?before")).await;
    let write = async || {
        page.goto(&site.url("/plain.html")).await;
        Hand::Mouse.open_panel(&page).await;
        Hand::Mouse.choose(&page, "tab", "Write").await;
        Hand::Mouse.write(&page, None, "Your words", DRAFT).await;
    };
    let is_usable = async || {
        page.find("button", "Support").await;
        assert!(!page.has("tab", "Write").await, "the panel is closed");
        Hand::Mouse.open_panel(&page).await;
        can_dial(&page, "tel:999").await;
        Hand::Mouse.choose(&page, "tab", "Write").await;
        page.find("textbox", "Your words").await;
        assert_eq!(page.js("return ps.find('textbox', 'Your words').value").await, json!(""));
    };

    // By the button, and back: what comes is the page before the one that was left.
    write().await;
    page.click("button", "Leave quickly").await;
    page.reads("Rain in the north").await;
    page.client.back().await.unwrap();
    page.until("the page before", "return location.search === '?before'").await;
    page.client.forward().await.unwrap();
    page.reads("Rain in the north").await;

    // Forward to the page itself, as a visitor's next day begins.
    page.goto(&site.url("/plain.html")).await;
    is_usable().await;

    // Out of the browser's memory: no driver can bring that about everywhere, so the page is left in a way that fails,
    // and told that it is shown again.
    site.reply("/elsewhere.html", NOWHERE);
    write().await;
    page.js("document.querySelector('peer-support').leave()").await;
    page.js("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))").await;
    assert!(page.has_text("A charity for young carers").await);
    is_usable().await;
    // Once more, because the first time left a listener.
    page.js("document.querySelector('peer-support').leave()").await;
    page.js("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))").await;
    is_usable().await;
    assert_eq!(page.js("return document.querySelectorAll('peer-support').length").await, json!(1));
}
