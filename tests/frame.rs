//! The panel in a frame: where the page refuses wasm, or where its owner wants it so.

use crate::steps::{Hand, SITE, can_dial, configured};
use fantoccini::key::Key;
use peer_support_tests::server::Server;
use peer_support_tests::site::{Reply, Site};
use peer_support_tests::{Browser, Page, Visit, each_browser, workspace};
use serde_json::{Value, json};
use std::sync::Arc;

each_browser!(
    a_page_that_refuses_wasm_has_the_whole_panel_in_a_frame,
    a_page_that_refuses_requests_has_the_panel_in_a_frame,
    a_page_of_nonces_and_trusted_types_has_the_panel_in_a_frame,
    where_frames_are_refused_too_the_card_is_left,
    pages_of_other_origins_cannot_frame_it,
    a_server_that_does_not_answer_leaves_the_card,
    the_owner_chooses_where_the_panel_is,
    leaving_works_across_the_border,
    the_focus_goes_in_and_comes_back,
    who_types_in_the_page_keeps_the_focus,
    whatever_is_on_its_way_a_quick_close_brings_the_focus_back,
    messages_of_others_do_nothing,
    what_is_moved_keeps_what_is_written,
    several_on_one_page_are_apart,
    several_that_begin_at_once_all_work,
    inside_a_page_it_is_as_high_as_it_needs,
    without_storage_it_works,
    every_view_in_it_is_accessible,
    the_owners_colour_goes_in,
);

/// Policies that refuse wasm; `SERVER` is the panel's.
const NO_WASM: &str = "content-security-policy: default-src 'self'; script-src 'self' SERVER; connect-src SERVER; \
    frame-src SERVER";
const NO_WASM_NO_FRAME: &str = "content-security-policy: default-src 'self'; script-src 'self' SERVER; connect-src SERVER; frame-src 'none'";
const NO_REQUEST: &str = "content-security-policy: default-src 'self'; script-src 'self' SERVER 'wasm-unsafe-eval'; \
    connect-src 'self'; frame-src SERVER";

const DRAFT: &str = "Nobody should have to type this twice.";

/// A page of the owner's at `/`, with this panel; what the console tells the owner is in `said`.
fn page_with(site: &Site, server: &str, elements: &str) {
    let html = format!(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>A page</title><script src='/watch.js'></script>
        <script>{LISTEN}</script><h1>A charity for young carers</h1>
        <label>Your town <input id='field'></label>{elements}<a href='#after' id='after'>After</a>
        <script src='{server}/peer-support.js' async></script>"
    );
    site.reply("/", Reply::Body(200, "text/html; charset=utf-8", html.into_bytes()));
}

const LISTEN: &str = "window.said = []; const warn = console.warn;
    console.warn = (...parts) => (said.push(parts.join(' ')), warn(...parts));";

/// What the console told the owner; asserts that it is one line.
async fn said(page: &Page) -> String {
    let said = page.until("a line for the owner", "return said.length > 0 && said").await;
    let lines = said.as_array().expect("a list");
    assert_eq!(lines.len(), 1, "{:?}: {said}", page.browser);
    lines[0].as_str().expect("a line").to_owned()
}

/// Moves the clock: what would be given up after ten seconds is given up soon.
const IMPATIENT: &str =
    "const every = setInterval; window.setInterval = (act, ms) => every(act, ms === 10000 ? 1500 : ms)";

/// Opens the panel and goes into its frame.
async fn open_and_enter(page: &Page) {
    page.click("button", "Support").await;
    page.enter_frame().await;
    page.find("tab", "Help now").await;
}

async fn opened(visit: &Visit, server: &Server, attributes: &str) -> (Arc<Site>, Page) {
    let host = visit.host(server, &[]).await;
    let element = format!(
        "<peer-support site='demo' country='GB' isolation='frame' leave-url='/elsewhere.html' {attributes}></peer-support>"
    );
    page_with(&host, &server.origin(), &element);
    let page = visit.open(&host.url("/")).await;
    if !attributes.contains("inline") {
        open_and_enter(&page).await;
    }
    (host, page)
}

/// The card of the loader shows numbers, and at most one sentence about what is missing.
async fn is_card(page: &Page) {
    page.reads("could not load").await;
    can_dial(page, "tel:999").await;
    can_dial(page, "tel:116123").await;
    assert!(page.has("button", "Leave quickly").await);
    let frames = "return ps.elements().filter(e => e.localName === 'iframe').length";
    assert_eq!(page.js(frames).await, json!(0), "{:?}: a frame is left", page.browser);
}

async fn a_page_that_refuses_wasm_has_the_whole_panel_in_a_frame(visit: &Visit) {
    let mut server = visit.server().await;
    let host = visit.host(&server, &[NO_WASM]).await;
    let page = visit.open(&host.url("/strict-csp.html")).await;
    page.expect_problem("csp script-src wasm-eval"); // the host's refusal, which is the point
    page.expect_problem("wasm-eval");
    page.js(LISTEN).await;
    let hand = Hand::Mouse;

    open_and_enter(&page).await;

    // Numbers, what others wrote, one's own words.
    can_dial(&page, "tel:999").await;
    can_dial(&page, "tel:116123").await;
    hand.choose(&page, "tab", "Stories").await;
    page.until("posts to read", "return ps.all('article').length > 0").await;
    hand.choose(&page, "tab", "Write").await;
    hand.write(&page, None, "Your words", DRAFT).await;

    // Closed and opened again, in another language and back, they are still there.
    page.press([Key::Escape.into()]).await;
    page.leave_frame().await;
    page.gone("button", "Leave quickly").await;
    page.until(
        "the panel is closed",
        "return !ps.elements().some(e => e.localName === 'iframe' && ps.isSeen(e))",
    )
    .await;
    open_and_enter(&page).await;
    speak(&page, "es").await;
    page.find("tab", "Ayuda").await;
    speak(&page, "en").await;
    hand.choose(&page, "tab", "Write").await;
    let draft = "return ps.find('textbox', 'Your words').value";
    assert_eq!(page.js(draft).await, json!(DRAFT), "{:?}", page.browser);
    hand.choose(&page, "button", "Send").await;
    page.find("heading", "Kept for a moderator").await;
    let queue = server.moderator().await.queue().await;
    assert_eq!(queue.iter().filter(|item| item["text"] == DRAFT).count(), 1);

    // The owner is told what to change, and the visitor nothing.
    page.leave_frame().await;
    let line = said(&page).await;
    assert!(line.contains("script-src 'wasm-unsafe-eval'"), "{line}");
    assert!(!page.has_text("could not load").await);
}

/// Chooses the language of the panel.
async fn speak(page: &Page, language: &str) {
    let choose = format!(
        "const list = ps.all('combobox').find(e => [...(e.options ?? [])].some(o => o.value === '{language}'));
        if (!list) return false;
        list.value = '{language}'; list.dispatchEvent(new Event('change', {{ bubbles: true }})); return true"
    );
    page.until("a choice of language", &choose).await;
}

async fn a_page_that_refuses_requests_has_the_panel_in_a_frame(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[NO_REQUEST]).await;
    let page = visit.open(&host.url("/strict-csp.html")).await;
    page.expect_problem("connect-src");
    // As Chromium's log says it, before any script can look.
    page.expect_problem("log ");
    page.js(LISTEN).await;

    open_and_enter(&page).await;

    Hand::Mouse.choose(&page, "tab", "Stories").await;
    page.until("posts to read", "return ps.all('article').length > 0").await;
    page.leave_frame().await;
    let line = said(&page).await;
    assert!(line.contains(&format!("connect-src {}", server.origin())), "{line}");
}

async fn a_page_of_nonces_and_trusted_types_has_the_panel_in_a_frame(visit: &Visit) {
    const POLICY: &str = "content-security-policy: default-src 'none'; script-src 'nonce-a1' 'strict-dynamic'; \
        connect-src SERVER; frame-src SERVER; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
    let server = visit.server().await;
    let host = visit.host(&server, &[POLICY]).await;
    let html = format!(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>A page</title><script nonce='a1' src='/watch.js'></script>
        <h1>A charity</h1><script nonce='a1' src='{}/peer-support.js' data-site='demo' data-country='GB' async></script>",
        server.origin()
    );
    host.reply("/", Reply::Body(200, "text/html; charset=utf-8", html.into_bytes()));
    let page = visit.open(&host.url("/")).await;
    // The browser asks for an icon by itself.
    page.expect_problem("csp img-src");
    page.expect_problem("wasm-eval");

    open_and_enter(&page).await;

    can_dial(&page, "tel:116123").await;
}

async fn where_frames_are_refused_too_the_card_is_left(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[NO_WASM_NO_FRAME]).await;
    let page = visit.open(&host.url("/strict-csp.html")).await;
    page.expect_problem("wasm-eval");
    page.expect_problem("frame-src");
    page.js(LISTEN).await;

    page.click("button", "Support").await;

    is_card(&page).await;
    let line = said(&page).await;
    assert!(line.contains("script-src 'wasm-unsafe-eval'"), "{line}");
    assert!(line.contains(&format!("frame-src {}", server.origin())), "{line}");
}

async fn pages_of_other_origins_cannot_frame_it(visit: &Visit) {
    let elsewhere = SITE.replace("loopback", "https://rowan.example");
    let (server, _) = configured(visit, &elsewhere).await;
    let host = visit.host(&server, &[]).await;
    let element = "<peer-support site='demo' country='GB' isolation='frame'></peer-support>";
    page_with(&host, &server.origin(), element);
    let page = visit.open(&host.url("/")).await;
    page.expect_problem("frame-ancestors");
    page.expect_problem("Framing");
    page.js(IMPATIENT).await;

    page.click("button", "Support").await;

    is_card(&page).await;
    let line = said(&page).await;
    assert!(line.contains(&host.url("")) && line.contains("origins"), "{line}");
}

async fn a_server_that_does_not_answer_leaves_the_card(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let page = visit.open(&site.url("/elsewhere.html")).await;
    let element = "<peer-support site='demo' country='GB' isolation='frame'></peer-support>";
    page_with(&site, "", element);
    for fault in [
        Reply::Body(404, "text/plain", b"no".to_vec()),
        Reply::Hang,
        Reply::Drop,
        Reply::Body(500, "text/html", vec![]),
    ] {
        site.reply("/frame/*", fault);
        page.goto(&site.url("/")).await;
        page.js(IMPATIENT).await;
        page.click("button", "Support").await;
        can_dial(&page, "tel:999").await;
        is_card(&page).await;
        said(&page).await;
    }

    // When the server is back, so is the panel, without a reload.
    let inside = std::fs::read_to_string(workspace("target/dist/frame/index.html")).unwrap();
    site.reply("/frame/*", Reply::Body(200, "text/html; charset=utf-8", inside.into_bytes()));
    page.click("button", "Close").await;
    open_and_enter(&page).await;
}

async fn the_owner_chooses_where_the_panel_is(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/elsewhere.html")).await;
    let asked = "return performance.getEntriesByType('resource').filter(e => e.name.includes('/assets/'))
        .map(e => e.name.replace(/.*widget-[0-9a-f]+/, '').replace(/[?].*/, '')).sort()";

    for (isolation, is_framed, wasm) in
        [("auto", false, true), ("shadow", false, true), ("frame", true, false), ("?", false, true)]
    {
        page_with(
            &host,
            &server.origin(),
            &format!("<peer-support site='demo' country='GB' isolation='{isolation}'></peer-support>"),
        );
        page.goto(&host.url("/")).await;
        page.click("button", "Support").await;
        if is_framed {
            page.enter_frame().await;
        }
        page.find("tab", "Help now").await;
        page.leave_frame().await;
        let part = if is_framed { "/frame.js" } else { ".wasm" };
        let came = "return performance.getEntriesByType('resource').some(e => e.name.includes(arguments[0]))";
        page.until_with("what it came by", came, vec![json!(part)]).await;
        let asked = page.js(asked).await;
        let has = |file: &str| asked.as_array().unwrap().iter().any(|name| name == file);
        assert_eq!((has(".wasm"), has("/frame.js")), (wasm, is_framed), "{isolation}: {asked}");
        assert_eq!(page.js("return said").await, json!([]), "{isolation}");
    }

    // The card alone: nothing is fetched but the names of its lines, and nothing is said to be missing.
    page_with(
        &host,
        &server.origin(),
        "<peer-support site='demo' country='GB' isolation='static'></peer-support>",
    );
    page.goto(&host.url("/")).await;
    page.click("button", "Support").await;
    can_dial(&page, "tel:999").await;
    page.reads("Samaritans").await;
    page.reads("Shift ×3").await;
    assert!(!page.has_text("could not load").await);
    assert_eq!(page.js(asked).await, json!([".txt"]));

    // The page itself, and no frame, where the page refuses wasm: the card, and a word to the owner.
    let strict =
        visit.host(&server, &["content-security-policy: script-src 'self' 'unsafe-inline' SERVER"]).await;
    page_with(
        &strict,
        &server.origin(),
        "<peer-support site='demo' country='GB' isolation='shadow'></peer-support>",
    );
    page.expect_problem("wasm-eval");
    page.goto(&strict.url("/")).await;
    page.click("button", "Support").await;
    is_card(&page).await;
    assert!(said(&page).await.contains("'wasm-unsafe-eval'"));
}

/// Two real presses, and a third one a moment later: a driver may never end an action whose frame is gone by then.
async fn press_shift(page: &Page) {
    page.until("the keys go into the frame", "return document.hasFocus()").await;
    let shift: char = Key::Shift.into();
    page.press([shift, shift]).await;
    page.reads("Shift ×1: Leave quickly").await;
    page.js("const press = new KeyboardEvent('keydown', { key: 'Shift', bubbles: true, composed: true });
        setTimeout(() => (ps.focused() ?? document.body).dispatchEvent(press), 100)")
        .await;
}

async fn leaving_works_across_the_border(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/elsewhere.html")).await;
    let element = "<peer-support site='demo' country='GB' isolation='frame' leave-url='/elsewhere.html'></peer-support>";
    page_with(&host, &server.origin(), element);

    for way in ["the button", "keys in the frame", "keys in a text of the frame", "keys in the page"] {
        page.goto(&host.url("/")).await;
        let before = page.js("return history.length").await;
        open_and_enter(&page).await;
        match way {
            "the button" => {
                page.js("setTimeout(() => ps.find('button', 'Leave quickly').click(), 100)").await;
            }
            "keys in the frame" => press_shift(&page).await,
            "keys in a text of the frame" => {
                Hand::Mouse.choose(&page, "tab", "Write").await;
                Hand::Mouse.write(&page, None, "Your words", "He Hit Me Again").await; // capitals are no presses of Shift alone
                press_shift(&page).await;
            }
            _ => {
                page.leave_frame().await;
                page.js("document.getElementById('field').focus()").await;
                let shift: char = Key::Shift.into();
                page.press([shift, shift, shift]).await;
            }
        }
        page.leave_frame().await;
        page.reads("Rain in the north").await;
        assert_eq!(page.js("return history.length").await, before, "{:?}: a way back by {way}", page.browser);
        assert!(!page.has("button", "Support").await);
    }
}

async fn the_focus_goes_in_and_comes_back(visit: &Visit) {
    let server = visit.server().await;
    let (_, page) = opened(visit, &server, "").await;
    // WebKit lets a frame of another site place the focus only after somebody pressed something in it.
    let is_first_in = match visit.browser {
        Browser::WebKit => "return document.hasFocus()",
        _ => "return document.hasFocus() && ps.describe(ps.focused()) === 'tab «Help now»'",
    };
    let on_frame = "return ps.focused()?.localName === 'iframe'";
    let on_launcher = "return ps.describe(ps.focused()) === 'button «Support»'";
    page.until("the focus is on the panel", is_first_in).await;
    page.leave_frame().await;
    page.until("the focus is in the frame", on_frame).await;
    let frame = page.js("const frame = ps.focused(); return [frame.title, frame.referrerPolicy]").await;
    assert_eq!(frame, json!(["Support", "no-referrer"]));

    // Escape closes, and the launcher has the focus again.
    page.enter_frame().await;
    page.press([Key::Escape.into()]).await;
    page.leave_frame().await;
    page.until("the launcher has the focus", on_launcher).await;

    // Opened by keys it is there again; its own button closes it, too.
    page.press([Key::Enter.into()]).await;
    page.until("the focus is in the frame", on_frame).await;
    page.enter_frame().await;
    page.until("the focus is on the panel", "return document.hasFocus()").await;
    Hand::Keyboard.choose(&page, "button", "Close").await;
    page.leave_frame().await;
    page.until("the launcher has the focus", on_launcher).await;

    // Who goes back by Tab comes out before it, and goes in again: no stop is lost between the two documents.
    page.press([Key::Enter.into()]).await;
    page.until("the focus is in the frame", on_frame).await;
    page.js("document.getElementById('field').focus()").await;
    let mut way = Vec::new();
    for _ in 0..10 {
        page.press([Key::Tab.into()]).await;
        page.settle().await;
        way.push(page.focused().await);
        if way.last().is_some_and(|on| on.contains("iframe")) {
            break;
        }
    }
    assert!(way.last().is_some_and(|on| on.contains("iframe")), "{:?}: {}", page.browser, way.join(" → "));
}

/// A page with a panel of this kind, which says when it is there.
async fn about_to_open(visit: &Visit, server: &Server, isolation: &str) -> Page {
    let host = visit.host(server, &[]).await;
    let element = format!("<peer-support site='demo' country='GB' isolation='{isolation}'></peer-support>");
    page_with(&host, &server.origin(), &element);
    let page = visit.open(&host.url("/")).await;
    page.find("button", "Support").await;
    page.js("addEventListener('peer-support-ready', () => (window.isReady = true))").await;
    page
}

/// Has the frame answer what the page asks it, whether it is in sight or not.
async fn answers(page: &Page) {
    let frame = page.js("return ps.elements().find(e => e.localName === 'iframe')").await;
    page.element(&frame).enter_frame().await.unwrap();
    page.js(
        "addEventListener('message', ({ data }) => { if (data === 'ping') parent.postMessage('pong', '*') })",
    )
    .await;
    page.leave_frame().await;
}

/// Waits until the frame has done what it was told so far.
async fn has_done(page: &Page) {
    page.settle().await;
    page.js("window.hasAnswered = false;
        addEventListener('message', ({ data }) => { if (data === 'pong') window.hasAnswered = true });
        ps.elements().find(e => e.localName === 'iframe').contentWindow.postMessage('ping', '*')")
        .await;
    page.until("the frame answers", "return window.hasAnswered").await;
    page.settle().await;
}

async fn who_types_in_the_page_keeps_the_focus(visit: &Visit) {
    const TYPED: &str = "return [ps.focused()?.id, document.getElementById('field').value]";
    let server = visit.server().await;
    for isolation in ["frame", "shadow"] {
        let page = about_to_open(visit, &server, isolation).await;

        // They ask for the panel and go on with what they were at, while it is on its way.
        page.js("peerSupport.open(); document.getElementById('field').focus()").await;
        page.until("the panel is there", "return window.isReady").await;
        page.settle().await;
        page.press("Yo".chars()).await;
        assert_eq!(page.js(TYPED).await, json!(["field", "Yo"]), "{:?}: {isolation}", page.browser);

        // And when it is there already and is opened again.
        page.js("peerSupport.close()").await;
        page.settle().await;
        if isolation == "frame" {
            answers(&page).await;
        }
        page.js("document.getElementById('after').focus(); peerSupport.open();
            queueMicrotask(() => queueMicrotask(() => document.getElementById('field').focus()))")
            .await;
        page.settle().await;
        if isolation == "frame" {
            has_done(&page).await;
        }
        page.press("rk".chars()).await;
        assert_eq!(page.js(TYPED).await, json!(["field", "York"]), "{:?}: {isolation}", page.browser);
    }
}

async fn whatever_is_on_its_way_a_quick_close_brings_the_focus_back(visit: &Visit) {
    const CLOSED: &str = "return !ps.elements().some(e => e.matches('dialog[open]'))";
    const KEYS: &str = "Enter and Escape";
    let server = visit.server().await;
    for isolation in ["shadow", "frame"] {
        let page = about_to_open(visit, &server, isolation).await;

        // Before the panel is there, and in the moment that it comes.
        let ready = "addEventListener('peer-support-ready', () => CLOSE)";
        for close in [
            "peerSupport.close()",
            &ready.replace("CLOSE", "peerSupport.close()"),
            &ready.replace("CLOSE", "setTimeout(() => peerSupport.close())"),
            &ready.replace("CLOSE", "setTimeout(() => peerSupport.close(), 60)"),
        ] {
            page.reload().await;
            page.find("button", "Support").await;
            page.js("addEventListener('peer-support-close', () => (window.isClosed = true));
                addEventListener('peer-support-ready', () => (window.isReady = true))")
                .await;
            page.js(&format!("ps.find('button', 'Support').focus(); peerSupport.open(); {close}")).await;
            page.until("it came and is closed", "return window.isReady && window.isClosed").await;
            if isolation == "frame" {
                answers(&page).await;
                has_done(&page).await;
            }
            page.settle().await;
            assert_eq!(page.focused().await, "button «Support»", "{:?}: {isolation}, {close}", page.browser);
        }
        if isolation == "frame" {
            // WebKit lets a frame take the focus once somebody has pressed something in it.
            page.click("button", "Support").await;
            page.enter_frame().await;
            page.click("tab", "Write").await;
            page.click("tab", "Help now").await;
            page.press([Key::Escape.into()]).await;
            page.leave_frame().await;
            page.until("it is closed", CLOSED).await;
            page.focus_is_on("button «Support»").await;
        }

        page.js("document.getElementById('after').dataset.peerSupportOpen = ''").await;
        // When it is there, from wherever it was opened, and however soon it is closed.
        for (find, name) in [
            ("ps.find('button', 'Support')", "button «Support»"),
            ("document.getElementById('after')", "link «After»"),
        ] {
            for close in [
                "peerSupport.close()",
                "queueMicrotask(() => queueMicrotask(() => peerSupport.close()))",
                "setTimeout(() => peerSupport.close())",
                "requestAnimationFrame(() => setTimeout(() => peerSupport.close()))",
                "setTimeout(() => peerSupport.close(), 60)",
                KEYS,
            ] {
                if close == KEYS {
                    page.js(&format!("{find}.focus()")).await;
                    page.press([Key::Enter.into(), Key::Escape.into()]).await;
                    page.settle().await;
                    // Where Escape came before the panel had the focus, it is not closed yet.
                    page.js("peerSupport.close()").await;
                } else {
                    page.js(&format!("{find}.focus(); peerSupport.open(); {close}")).await;
                }
                page.settle().await;
                page.until("it is closed", CLOSED).await;
                if isolation == "frame" {
                    has_done(&page).await;
                }
                let on = page.focused().await;
                assert_eq!(on, name, "{:?}: {isolation}, {close}", page.browser);
                // The keys go there, too.
                page.js("window.heard = ''; addEventListener('keydown', event => { window.heard = ps.describe(event.composedPath()[0]) }, true)")
                    .await;
                page.press(['x']).await;
                page.until_with(
                    "the keys go there",
                    "return window.heard === arguments[0]",
                    vec![json!(name)],
                )
                .await;
            }
        }
    }
}

async fn messages_of_others_do_nothing(visit: &Visit) {
    let server = visit.server().await;
    let (_, page) = opened(visit, &server, "").await;
    let host = page.js("return document.referrer").await;
    assert_eq!(host, json!(""), "{:?}: the frame is told which page it is in", page.browser);
    page.leave_frame().await;
    let around = page.js("return location.origin").await;

    // Into the page. The last one is right, which shows that the others could have worked.
    let forged = "const [origin, source, type] = arguments;
        const frame = ps.elements().find(e => e.localName === 'iframe').contentWindow;
        const from = { frame, page: window, none: null }[source];
        dispatchEvent(new MessageEvent('message', { origin, source: from, data: { peerSupport: 1, type } }));
        return new Promise(done => setTimeout(() => done(ps.elements().some(e => e.localName === 'iframe' && ps.isSeen(e))), 50))";
    for (origin, source) in [
        ("https://evil.example", "frame"),
        ("null", "frame"),
        (around.as_str().unwrap(), "frame"),
        (&*server.origin(), "page"),
        (&*server.origin(), "none"),
    ] {
        for kind in ["close", "leave", "failed"] {
            let still = page.js_with(forged, vec![json!(origin), json!(source), json!(kind)]).await;
            assert_eq!(still, json!(true), "{:?}: {kind} of {origin} by {source} was obeyed", page.browser);
        }
    }
    for odd in [
        "null",
        "'close'",
        "{ type: 'close' }",
        "{ peerSupport: 2, type: 'close' }",
        "{ peerSupport: 1, type: 'constructor' }",
    ] {
        let send = format!(
            "const frame = ps.elements().find(e => e.localName === 'iframe').contentWindow;
            dispatchEvent(new MessageEvent('message', {{ origin: arguments[0], source: frame, data: {odd} }}));
            return ps.elements().some(e => e.localName === 'iframe' && ps.isSeen(e))"
        );
        assert_eq!(page.js_with(&send, vec![json!(server.origin())]).await, json!(true), "{odd}");
    }
    // A real one of the page to itself.
    page.js("postMessage({ peerSupport: 1, type: 'leave' }, '*')").await;
    page.settle().await;
    assert!(page.has_text("A charity for young carers").await);

    // Into the frame.
    page.enter_frame().await;
    let forged = "const [origin, source] = arguments;
        dispatchEvent(new MessageEvent('message', { origin, source: source === 'parent' ? parent : window,
            data: { peerSupport: 1, type: 'open', view: 'write' } }));
        return new Promise(done => setTimeout(() => done(ps.find('tab', 'Write').getAttribute('aria-selected')), 50))";
    for (origin, source, selected) in [
        ("https://evil.example", "parent", "false"),
        ("http://localhost.evil.example", "parent", "false"),
        ("null", "parent", "false"),
        (around.as_str().unwrap(), "self", "false"),
        (around.as_str().unwrap(), "parent", "true"),
    ] {
        let now = page.js_with(forged, vec![json!(origin), json!(source)]).await;
        assert_eq!(now, json!(selected), "{:?}: from {origin} by {source}", page.browser);
    }

    // And the right one into the page.
    page.leave_frame().await;
    let right = "const frame = ps.elements().find(e => e.localName === 'iframe').contentWindow;
        dispatchEvent(new MessageEvent('message', { origin: arguments[0], source: frame, data: { peerSupport: 1, type: 'close' } }))";
    page.js_with(right, vec![json!(server.origin())]).await;
    page.until("closed", "return !ps.elements().some(e => e.localName === 'iframe' && ps.isSeen(e))").await;
}

/// A browser loads a frame anew that is moved.
async fn what_is_moved_keeps_what_is_written(visit: &Visit) {
    const WORDS: &str = "Nobody should have to type this twice, not even in ünïcödé";
    let server = visit.server().await;
    let (_, page) = opened(visit, &server, "").await;
    page.leave_frame().await;
    // Whatever a script of the page could hear of it.
    page.js("window.heard = []; addEventListener('message', ({ data }) => heard.push(Object.keys(data).sort().join() + ' ' + data.type))")
        .await;
    page.enter_frame().await;
    Hand::Mouse.choose(&page, "tab", "Write").await;
    Hand::Mouse.write(&page, None, "Your words", WORDS).await;

    for _ in 0..2 {
        // The words, filled up, a number used once and a seal; nothing of it can be read. The last letter has two bytes.
        let sealed = "const sealed = sessionStorage.getItem(sessionStorage.key(0))?.split(',') ?? [];
            const isWhole = sealed.length === new TextEncoder().encode(arguments[0].padEnd(512)).length + 12 + 16;
            return isWhole && !new TextDecoder().decode(Uint8Array.from(sealed)).includes('body')";
        page.until_with("the words are kept, sealed", sealed, vec![json!(WORDS)]).await;
        assert_eq!(page.js("return sessionStorage.length").await, json!(1), "{:?}", page.browser);
        page.leave_frame().await;
        page.js("document.body.prepend(document.querySelector('peer-support'))").await;
        page.enter_frame().await;
        let draft = "return ps.find('textbox', 'Your words')?.value === arguments[0]";
        page.until_with("the words in their place", draft, vec![json!(WORDS)]).await;
    }

    page.click("button", "Send").await;
    page.find("heading", "Kept for a moderator").await;
    page.until("nothing is kept any more", "return sessionStorage.length === 0").await;
    page.leave_frame().await;
    page.until("the page has heard of the post", "return heard.some(what => what.endsWith('posted'))").await;
    let heard = page.js("return [...new Set(heard)].sort()").await;
    let plain = ["open", "posted", "ready"].map(|what| format!("peerSupport,type {what}"));
    assert_eq!(heard, json!(plain), "{:?}: the page hears of nothing else", page.browser);
}

async fn several_on_one_page_are_apart(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let elements = ["one", "two"].map(|id| {
        format!("<peer-support id='{id}' site='demo' country='GB' isolation='frame'></peer-support>")
    });
    page_with(&host, &server.origin(), &elements.concat());
    let page = visit.open(&host.url("/")).await;
    page.until(
        "two launchers",
        "return ps.all('button').filter(e => ps.nameOf(e) === 'Support').length === 2",
    )
    .await;

    page.js("document.getElementById('one').open()").await;
    page.enter_frame().await;
    Hand::Mouse.choose(&page, "tab", "Write").await;
    Hand::Mouse.write(&page, None, "Your words", DRAFT).await;
    page.press([Key::Escape.into()]).await;
    page.leave_frame().await;
    page.until("closed", "return !ps.elements().some(e => e.localName === 'iframe' && ps.isSeen(e))").await;

    page.js("document.getElementById('two').open('write')").await;
    page.enter_frame().await;
    page.find("textbox", "Your words").await;
    assert_eq!(page.js("return ps.find('textbox', 'Your words').value").await, json!(""));
    page.press([Key::Escape.into()]).await;
    page.leave_frame().await;
    page.until("closed", "return !ps.elements().some(e => e.localName === 'iframe' && ps.isSeen(e))").await;

    // The element taken out and put in again begins anew; the other one keeps what it has.
    page.js("const two = document.getElementById('two'); two.remove(); setTimeout(() => document.body.append(two), 50)").await;
    page.js("document.getElementById('one').open('write')").await;
    page.enter_frame().await;
    page.find("textbox", "Your words").await;
    assert_eq!(page.js("return ps.find('textbox', 'Your words').value").await, json!(DRAFT));
}

/// Outside of frames, where they share one wasm.
async fn several_that_begin_at_once_all_work(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let element = "<peer-support site='demo' country='GB' mode='inline'></peer-support>";
    page_with(&host, &server.origin(), &element.repeat(3));
    let page = visit.open(&host.url("/")).await;
    let write =
        "const tabs = ps.elements().filter(e => e.matches('[role=tab]') && e.textContent === 'Write');";
    // One begins when it comes into view.
    for place in 0..3 {
        page.js(&format!("document.querySelectorAll('peer-support')[{place}].open('write')")).await;
    }
    page.until("three panels", &format!("{write} return tabs.length === 3")).await;

    page.js(&format!("{write} for (const tab of tabs) tab.click()")).await;

    let fields = "return ps.all('textbox').filter(e => ps.nameOf(e) === 'Your words').length === 3";
    page.until("three drafts can be written", fields).await;
}

async fn inside_a_page_it_is_as_high_as_it_needs(visit: &Visit) {
    let server = visit.server().await;
    let (_, page) = opened(visit, &server, "mode='inline' theme='dark' locale='es'").await;

    page.enter_frame().await;
    can_dial(&page, "tel:116123").await;
    let fits = "return document.documentElement.scrollHeight <= innerHeight + 1";
    let inside = "return [!ps.find('button', 'Cerrar'), document.documentElement.lang,
        ps.elements().some(e => e.dataset.theme === 'dark')]";
    page.until("no scrolling in the frame", fits).await;
    assert_eq!(page.js(inside).await, json!([true, "es", true]), "{:?}", page.browser);
    let of_help = page.js("return innerHeight").await;
    // The last tab is another view, of another height.
    page.js("ps.all('tab').at(-1).click()").await;
    page.until_with("another height", "return innerHeight !== arguments[0]", vec![of_help]).await;
    page.until("no scrolling in the frame", fits).await;

    // A panel that is a part of the page takes no focus, and Escape leaves it there.
    page.press([Key::Escape.into()]).await;
    page.leave_frame().await;
    page.enter_frame().await;
}

async fn without_storage_it_works(visit: &Visit) {
    // Before any script of ours: as browsers do that deny a frame of another site all storage, and without TLS keys.
    const DENIED: [&str; 2] = [
        "<script>const denied = () => { throw new DOMException('denied', 'SecurityError') };
        for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
          Object.defineProperty(window, name, { get: denied });
        Object.defineProperty(Document.prototype, 'cookie', { get: denied, set: denied });</script></head>",
        "<script>Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined });</script></head>",
    ];
    let owner = visit.own_host(&[]).await;
    let support = visit.own_host(&[]).await;
    let element = format!(
        "<peer-support site='demo' country='GB' isolation='frame' server='{}'></peer-support>",
        support.url("/").replace("localhost", "127.0.0.1")
    );
    page_with(&owner, "", &element);
    let page = visit.open(&owner.url("/elsewhere.html")).await;
    for denied in DENIED {
        let inside = std::fs::read_to_string(workspace("target/dist/frame/index.html")).unwrap();
        let inside = inside.replace("__ORIGINS__", "loopback").replace("</head>", denied);
        support.reply("/frame/demo", Reply::Body(200, "text/html; charset=utf-8", inside.into_bytes()));
        page.goto(&owner.url("/")).await;

        open_and_enter(&page).await;

        can_dial(&page, "tel:116123").await;
        page.click("tab", "Write").await;
        Hand::Mouse.write(&page, None, "Your words", DRAFT).await;
        assert_eq!(page.js("return ps.find('textbox', 'Your words').value").await, json!(DRAFT));
        page.leave_frame().await;
    }
}

async fn every_view_in_it_is_accessible(visit: &Visit) {
    let server = visit.server().await;
    let (_, page) = opened(visit, &server, "").await;
    for (tab, filled) in [
        ("Help now", "return ps.all('link').length > 2"),
        ("Stories", "return ps.all('article').length > 0"),
        ("Write", "return ps.find('textbox', 'Your words')"),
    ] {
        page.click("tab", tab).await;
        page.until("the view is filled", filled).await;
        page.passes_axe(&format!("{tab} in a frame")).await;
    }
    page.leave_frame().await;
    page.save_shot("write-in-a-frame").await;
    let problems: Value = page.js("return window.problems").await;
    assert_eq!(problems, json!([]));
}

async fn the_owners_colour_goes_in(visit: &Visit) {
    let server = visit.server().await;
    let chosen =
        "return getComputedStyle(ps.all('tab').find(e => e.getAttribute('aria-selected') === 'true')).color";
    let mut colours = Vec::new();
    // What is no colour does nothing: the frame asks nobody for it.
    for style in ["", "--peer-support-accent: #d6336c", "--peer-support-accent: url(/x)"] {
        let (_host, page) = opened(visit, &server, &format!("style='{style}'")).await;
        colours.push(page.js(chosen).await);
    }
    assert_ne!(colours[0], colours[1], "{:?}", visit.browser);
}
