//! What an owner builds on: methods, properties, events, corners, buttons and links of their own; and pages that come, change
//! and go under the panel.

use crate::steps::{Hand, can_dial};
use fantoccini::key::Key;
use peer_support_tests::server::Server;
use peer_support_tests::site::{Reply, Site};
use peer_support_tests::{Browser, Page, Visit, each_browser};
use serde_json::{Value, json};
use std::sync::Arc;

each_browser!(
    the_owner_opens_closes_and_hears_of_it,
    in_a_frame_the_owner_has_the_same,
    attributes_and_properties_are_one,
    the_language_changes_and_no_word_is_lost,
    a_panel_that_does_not_come_is_told,
    it_stands_in_any_corner_of_either_direction,
    it_hides_on_the_pages_that_the_owner_named,
    the_owners_own_link_opens_it_and_has_the_focus_back,
    a_page_that_gets_another_body_keeps_what_is_written,
    however_the_script_comes_there_is_one_button,
    a_page_out_of_the_browsers_memory_still_works,
    a_page_left_while_stories_were_read_works_when_it_comes_back,
    on_paper_it_covers_nothing,
    scripts_that_record_visits_are_told_to_look_away,
    what_comes_and_goes_in_one_turn_works,
    what_is_moved_keeps_what_is_written,
);

/// Chromium alone tells what is in its memory.
mod in_memory {
    use super::a_thousand_elements_that_came_and_went_leave_nothing;
    use peer_support_tests::each_browser;

    each_browser!(@ chromium Chromium a_thousand_elements_that_came_and_went_leave_nothing);
}

const DRAFT: &str = "Nobody should have to type this twice.";

/// Notes each of our events, with what an owner could read out of it.
const HEARD: &str = "<script>window.heard = [];
    for (const what of ['ready', 'open', 'close', 'posted', 'error'])
      addEventListener('peer-support-' + what, (e) => heard.push([what, e.target.localName, e.bubbles, e.composed, e.detail ?? null]));
    </script>";

/// A page of the owner's at `/`: `head`, then `body`.
fn page_with(site: &Site, head: &str, body: &str) {
    let html = format!(
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>A page</title><script src='/watch.js'></script>{HEARD}{head}</head>
        <body><h1>A charity for young carers</h1><label>Your town <input id='field'></label>{body}<a href='#after' id='after'>After</a></body></html>"
    );
    site.reply("/", Reply::Body(200, "text/html; charset=utf-8", html.into_bytes()));
}

fn script(server: &Server) -> String {
    format!("<script src='{}/peer-support.js' async></script>", server.origin())
}

async fn opened(visit: &Visit, server: &Server, attributes: &str) -> (Arc<Site>, Page) {
    let host = visit.host(server, &[]).await;
    let element = format!(
        "<peer-support id='p' site='demo' country='GB' leave-url='/elsewhere.html' {attributes}></peer-support>"
    );
    page_with(&host, &script(server), &element);
    let page = visit.open(&host.url("/")).await;
    page.until("the element is defined", "return customElements.get('peer-support')").await;
    (host, page)
}

/// What was heard so far, each asserted to say nothing but that it happened.
async fn heard(page: &Page) -> Vec<String> {
    let heard = page.js("return heard").await;
    let each = heard.as_array().unwrap().iter();
    each.map(|event| {
        assert_eq!(
            event.as_array().unwrap()[1..],
            [json!("peer-support"), json!(true), json!(true), Value::Null]
        );
        event[0].as_str().unwrap().to_owned()
    })
    .collect()
}

async fn hears(page: &Page, wanted: &[&str]) {
    let all = "return heard.length >= arguments[0] && heard.map(e => e[0])";
    page.until_with(&format!("the events {wanted:?}"), all, vec![json!(wanted.len())]).await;
    assert_eq!(heard(page).await, wanted, "{:?}", page.browser);
}

async fn draft(page: &Page) -> Value {
    page.js("return ps.elements().find(e => e.id === 'your-words')?.value ?? null").await
}

async fn write(page: &Page) {
    page.find("textbox", "Your words").await;
    Hand::Mouse.write(page, None, "Your words", DRAFT).await;
}

async fn the_owner_opens_closes_and_hears_of_it(visit: &Visit) {
    let server = visit.server().await;
    let (_, page) = opened(visit, &server, "").await;

    page.js("document.getElementById('field').focus(); document.getElementById('p').open('write')").await;
    write(&page).await;
    hears(&page, &["open", "ready"]).await;
    page.js("document.getElementById('p').close()").await;
    hears(&page, &["open", "ready", "close"]).await;
    assert_eq!(page.js("return ps.focused().id").await, json!("field"), "{:?}", page.browser);

    page.js("document.getElementById('p').open()").await;
    assert_eq!(draft(&page).await, json!(DRAFT));
    page.click("button", "Send").await;
    page.find("heading", "Kept for a moderator").await;
    hears(&page, &["open", "ready", "close", "open", "posted"]).await;

    page.js("window.p = document.getElementById('p'); p.destroy(); p.destroy()").await;
    let rest = page
        .js("return [p.isConnected, p.shadowRoot.childElementCount, p.shadowRoot.adoptedStyleSheets.length]")
        .await;
    assert_eq!(rest, json!([false, 0, 1]), "{:?}", page.browser);
    // Put in again it begins anew.
    page.js("document.body.append(p); p.open('write')").await;
    page.find("textbox", "Your words").await;
    assert_eq!(draft(&page).await, json!(""));
    page.js("document.getElementById('p').leave()").await;
    page.reads("Rain in the north").await;
}

async fn in_a_frame_the_owner_has_the_same(visit: &Visit) {
    let server = visit.server().await;
    let (_, page) = opened(visit, &server, "isolation='frame'").await;

    page.js("document.getElementById('p').open('write')").await;
    page.enter_frame().await;
    write(&page).await;
    page.leave_frame().await;
    hears(&page, &["open", "ready"]).await;

    page.js("document.getElementById('p').setLocale('es')").await;
    page.enter_frame().await;
    page.find("tab", "Escribir").await;
    assert_eq!(draft(&page).await, json!(DRAFT));
    page.reads("Salir rápido").await;
    page.click("button", "Enviar").await;
    page.leave_frame().await;
    hears(&page, &["open", "ready", "posted"]).await;

    page.js("document.getElementById('p').close()").await;
    hears(&page, &["open", "ready", "posted", "close"]).await;
    page.js("window.p = document.getElementById('p'); p.destroy()").await;
    assert_eq!(page.js("return document.querySelectorAll('peer-support').length").await, json!(0));
}

async fn attributes_and_properties_are_one(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    // The element is there long before its script, and an owner's script sets what it knows.
    page_with(
        &host,
        "",
        "<peer-support id='p' country='GB' leave-url='/elsewhere.html'></peer-support>
        <script>document.getElementById('p').site = 'demo'; document.getElementById('p').helplinesKey = 'abc'</script>",
    );
    let page = visit.open(&host.url("/")).await;
    page.js_with(
        "const s = document.createElement('script'); s.src = arguments[0]; document.head.append(s)",
        vec![json!(server.url("/peer-support.js"))],
    )
    .await;
    page.find("button", "Support").await;

    let properties = "const p = document.getElementById('p');
        return ['site', 'server', 'country', 'locale', 'mode', 'corner', 'hideOn', 'theme', 'isolation', 'leaveUrl', 'helplinesKey'].map(name => p[name])";
    let now = json!(["demo", null, "GB", null, null, null, null, null, null, "/elsewhere.html", "abc"]);
    assert_eq!(page.js(properties).await, now, "{:?}", page.browser);
    let attributes = "const p = document.getElementById('p'); p.country = 'IE'; p.hideOn = '/x'; p.leaveUrl = null; p.theme = undefined;
        return [p.getAttribute('site'), p.getAttribute('country'), p.getAttribute('hide-on'), p.hasAttribute('leave-url'), p.hasAttribute('theme')]";
    assert_eq!(page.js(attributes).await, json!(["demo", "IE", "/x", false, false]));

    // What was set before the panel opens is what it opens with.
    page.click("button", "Support").await;
    can_dial(&page, "tel:112").await;
    page.js("document.getElementById('p').open('stories')").await;
    page.until("posts of the site", "return ps.all('article').length > 0").await;
}

async fn the_language_changes_and_no_word_is_lost(visit: &Visit) {
    let server = visit.server().await;
    let (_, page) = opened(visit, &server, "").await;
    page.find("button", "Support").await;

    // Before it was opened.
    page.js("document.getElementById('p').setLocale('fr')").await;
    page.until("another word on the button", "return !ps.find('button', 'Support')").await;
    page.js("document.getElementById('p').setAttribute('locale', 'en-GB')").await;
    page.find("button", "Support").await;

    page.js("document.getElementById('p').open('write')").await;
    write(&page).await;
    for (tag, tab, leave, dir) in
        [("ar", "اكتب", "خروج سريع", "rtl"), ("es", "Escribir", "Salir rápido", "ltr")]
    {
        page.js_with("document.getElementById('p').setLocale(arguments[0])", vec![json!(tag)]).await;
        page.find("tab", tab).await;
        page.reads(leave).await;
        assert_eq!(draft(&page).await, json!(DRAFT), "{:?}: {tag}", page.browser);
        let now = page.js("return ps.elements().find(e => e.matches('[part=panel]')).dir").await;
        assert_eq!(now, json!(dir));
    }
    // A language that is not there is that of the visitor.
    page.js("document.getElementById('p').locale = 'xx'").await;
    page.find("tab", "Write").await;
    assert_eq!(draft(&page).await, json!(DRAFT));
}

async fn a_panel_that_does_not_come_is_told(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    site.reply("*.wasm", Reply::Body(500, "text/plain", vec![]));
    page_with(
        &site,
        "<script src='/peer-support.js' async></script>",
        "<peer-support id='p' country='GB'></peer-support>",
    );
    let page = visit.open(&site.url("/")).await;

    page.click("button", "Support").await;

    can_dial(&page, "tel:999").await;
    hears(&page, &["open", "error"]).await;
}

async fn it_stands_in_any_corner_of_either_direction(visit: &Visit) {
    let server = visit.server().await;
    let (_, page) = opened(visit, &server, "").await;
    page.find("button", "Support").await;
    // How far the launcher and the panel are from each edge, as the corner that they are in.
    let corner = "const [dir, corner] = arguments, p = document.getElementById('p');
        // The direction is that of the page when the element came into it.
        if (document.documentElement.dir !== dir) { document.documentElement.dir = dir; const wasOpen = p.shadowRoot.querySelector('[open]');
            p.destroy(); document.body.append(p); if (wasOpen) p.open() }
        corner ? p.setAttribute('corner', corner) : p.removeAttribute('corner');
        return ['launcher', 'frame'].map(part => p.shadowRoot.querySelector(`[part=${part}]`)).filter(e => e?.getClientRects().length).map(e => {
            const r = e.getBoundingClientRect(), w = document.documentElement.clientWidth;
            return [r.top < innerHeight - r.bottom ? 'top' : r.height > innerHeight * 0.6 ? (innerHeight - r.bottom < 1 ? 'bottom' : r.top < 1 ? 'top' : '?') : 'bottom',
                r.left < w - r.right ? 'left' : 'right'].join(' ') })";
    let corners = [
        ("ltr", "", "bottom right"),
        ("ltr", "bottom-end", "bottom right"),
        ("ltr", "bottom-start", "bottom left"),
        ("ltr", "top-end", "top right"),
        ("ltr", "top-start", "top left"),
        ("rtl", "", "bottom left"),
        ("rtl", "bottom-start", "bottom right"),
        ("rtl", "top-end", "top left"),
        ("rtl", "top-start", "top right"),
    ];
    for (dir, name, place) in corners {
        let found = page.js_with(corner, vec![json!(dir), json!(name)]).await;
        assert_eq!(found, json!([place]), "{:?}: {dir} {name}", page.browser);
    }
    Hand::Mouse.open_panel(&page).await;
    for (dir, name, place) in corners {
        let found = page.js_with(corner, vec![json!(dir), json!(name)]).await;
        assert_eq!(found, json!([place, place]), "{:?}: the panel, {dir} {name}", page.browser);
    }
}

async fn it_hides_on_the_pages_that_the_owner_named(visit: &Visit) {
    let server = visit.server().await;
    let (_, page) = opened(visit, &server, "hide-on='/checkout /account/* /*/print'").await;
    page.find("button", "Support").await;

    for (path, is_hidden) in [
        ("/checkout", true),
        ("/checkout/more", false),
        ("/account/me?tab=1", true),
        ("/accounts", false),
        ("/a/b/print#x", true),
        ("/", false),
    ] {
        page.js_with("history.pushState(null, '', arguments[0])", vec![json!(path)]).await;
        let seen = "return (ps.find('button', 'Support') === null) === arguments[0]";
        page.until_with(&format!("hidden on {path}: {is_hidden}"), seen, vec![json!(is_hidden)]).await;
    }
    // Back by the browser's button, and still to be opened by the page.
    page.js("history.back()").await;
    page.gone("button", "Support").await;
    page.js("document.getElementById('p').open()").await;
    can_dial(&page, "tel:999").await;
}

async fn the_owners_own_link_opens_it_and_has_the_focus_back(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    page_with(
        &host,
        &script(&server),
        "<a id='link' href='#peer-support'>Talk to somebody</a>
        <button id='stories' data-peer-support-open='stories'><b id='word'>What others wrote</b></button>
        <peer-support id='p' site='demo' country='GB' mode='link'></peer-support>",
    );
    let page = visit.open(&host.url("/")).await;
    page.until("the element is defined", "return document.getElementById('p').open").await;
    assert!(!page.has("button", "Support").await, "a launcher");

    // By keys, and back to where one was.
    page.js("document.getElementById('link').focus()").await;
    page.press([Key::Enter.into()]).await;
    page.find("tab", "Help now").await;
    page.until("the focus is in the panel", "return ps.describe(ps.focused()) === 'tab «Help now»'").await;
    page.press([Key::Escape.into()]).await;
    page.until("the link has the focus", "return ps.focused()?.id === 'link'").await;
    assert_eq!(page.js("return location.hash").await, json!(""));

    // By the mouse, on what is inside.
    let word = page.client.find(fantoccini::Locator::Id("word")).await.unwrap();
    word.click().await.unwrap();
    page.until("posts to read", "return ps.all('article').length > 0").await;
    Hand::Keyboard.choose(&page, "button", "Close").await;
    page.until("the button has the focus", "return ps.focused()?.id === 'stories'").await;

    // One that comes later.
    page.js("document.body.insertAdjacentHTML('beforeend', '<button id=late data-peer-support-open=write>Write to us</button>')")
        .await;
    page.click("button", "Write to us").await;
    page.find("textbox", "Your words").await;
}

async fn what_is_moved_keeps_what_is_written(visit: &Visit) {
    let server = visit.server().await;
    let (_, page) = opened(visit, &server, "").await;
    page.js("document.getElementById('p').open('write')").await;
    write(&page).await;

    let moves = [
        "document.body.prepend(p)",
        "const there = document.createElement('section'); document.body.append(there); there.append(p)",
        "p.remove(); document.body.append(p)",
        // As frameworks do that take a tree out and put it in a few promises later.
        "setTimeout(() => { const old = p.parentNode; p.remove(); Promise.resolve().then(() => {}).then(() => {}).then(() => old.append(p)) })",
        "document.body.moveBefore ? document.body.moveBefore(p, document.body.firstChild) : document.body.prepend(p)",
    ];
    for act in moves {
        page.js(&format!("const p = document.getElementById('p'); {act}")).await;
        page.settle().await;
        assert_eq!(draft(&page).await, json!(DRAFT), "{:?}: {act}", page.browser);
    }
    page.js("document.getElementById('p').open('write')").await;
    page.click("button", "Send").await;
    page.find("heading", "Kept for a moderator").await;
}

async fn a_page_that_gets_another_body_keeps_what_is_written(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let head = format!(
        "<script src='{}/peer-support.js' data-site='demo' data-country='GB' data-leave-url='/elsewhere.html' defer></script>",
        server.origin()
    );
    page_with(&host, &head, "");
    let page = visit.open(&host.url("/")).await;
    page.find("button", "Support").await;
    page.js("document.querySelector('peer-support').open('write')").await;
    write(&page).await;

    let next = "const body = document.createElement('body'); body.innerHTML = '<h1>The next page</h1>' + (arguments[0] ?? '');
        history.pushState(null, '', '/next'); document.body.replaceWith(body)";
    page.js(next).await;
    page.reads("The next page").await;
    page.until("one element", "return document.querySelectorAll('peer-support').length === 1").await;
    page.settle().await;
    assert_eq!(draft(&page).await, json!(DRAFT), "{:?}", page.browser);

    // An element of the next page's own takes its place, and none is added; what is not in the page any more is gone.
    page.js("window.before = document.querySelector('peer-support')").await;
    page.js_with(next, vec![json!("<peer-support id='own' site='demo' country='GB'></peer-support>")]).await;
    page.find("button", "Support").await;
    page.settle().await;
    let there = "return [...document.querySelectorAll('peer-support')].map(e => e.id).concat(before.shadowRoot.childElementCount)";
    page.until("the old one is gone", "return before.shadowRoot.childElementCount === 0").await;
    assert_eq!(page.js(there).await, json!(["own", 0]));
}

async fn however_the_script_comes_there_is_one_button(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/elsewhere.html")).await;
    let address = server.url("/peer-support.js");
    let one = "return ps.all('button').filter(e => ps.nameOf(e) === 'Support').length === 1";
    for how in ["", "async", "defer", "type='module'", "async type='module'"] {
        let tag = format!("<script src='{address}' data-site='demo' data-country='GB' {how}></script>");
        for (head, body) in
            [(tag.clone(), String::new()), (String::new(), tag.clone()), (tag.clone(), tag.clone())]
        {
            page_with(&host, &head, &body);
            page.goto(&host.url("/")).await;
            page.until(&format!("one button, {how}"), one).await;
            page.settle().await;
            assert_eq!(page.js(one).await, json!(true), "{:?}: {how}", page.browser);
        }
        Hand::Mouse.open_panel(&page).await;
    }

    // A tag manager comes when all is there, twice.
    page_with(&host, "", "");
    page.goto(&host.url("/")).await;
    for _ in 0..2 {
        page.js_with(
            "const s = document.createElement('script'); s.src = arguments[0]; s.dataset.site = 'demo'; s.dataset.country = 'GB';
            return new Promise(done => { s.onload = () => done(true); document.head.append(s) })",
            vec![json!(address)],
        )
        .await;
    }
    page.until("one button", one).await;
    Hand::Mouse.open_panel(&page).await;
    can_dial(&page, "tel:116123").await;
}

async fn what_comes_and_goes_in_one_turn_works(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    page_with(&host, &script(&server), "<div id='root'></div>");
    let page = visit.open(&host.url("/")).await;
    page.until("the script is there", "return customElements.get('peer-support')").await;

    // As React mounts in strict mode: there, gone, there again. And an element that never comes into the page.
    page.js("document.querySelector('peer-support').destroy();
        const p = document.createElement('peer-support'); p.site = 'demo'; p.country = 'GB'; p.id = 'p';
        const root = document.getElementById('root');
        root.append(p); p.remove(); root.append(p);
        document.createElement('peer-support').site = 'demo'")
        .await;
    page.settle().await;
    let launchers = "return ps.all('button').filter(e => ps.nameOf(e) === 'Support').length";
    assert_eq!(page.js(launchers).await, json!(1), "{:?}", page.browser);
    Hand::Mouse.open_panel(&page).await;

    // Gone while the panel is on its way, and opened before it is there.
    page.js(
        "document.getElementById('p').remove(); const p = document.createElement('peer-support'); p.site = 'demo'; p.country = 'GB'; p.id = 'q';
        document.getElementById('root').append(p); p.open('write'); p.remove(); document.getElementById('root').append(p)",
    )
    .await;
    page.find("textbox", "Your words").await;
    page.js("const q = document.getElementById('q'); q.destroy(); q.isolation = 'frame'; document.getElementById('root').append(q); q.open(); q.destroy()")
        .await;
    page.settle().await;
    assert_eq!(page.js("return ps.elements().filter(e => e.localName === 'iframe').length").await, json!(0));
}

/// A page of the owner's with the panel, in a frame or not, that notes whether the browser had kept it.
async fn noting_how_it_comes(visit: &Visit, server: &Server, isolation: &str) -> (Arc<Site>, Page) {
    // Otherwise the host of these tests forbids to store a page, which keeps it out of the browser's memory, too.
    let host = visit.host(server, &["cache-control: no-cache"]).await;
    let head = "<script>addEventListener('pageshow', (e) => (window.cameBack = e.persisted))</script>";
    let element = format!(
        "<peer-support id='p' site='demo' country='GB' leave-url='/elsewhere.html' isolation='{isolation}'></peer-support>"
    );
    page_with(&host, &(head.to_owned() + &script(server)), &element);
    let page = visit.open(&host.url("/")).await;
    page.find("button", "Support").await;
    (host, page)
}

/// Goes to another page and back; whether the page came out of the browser's memory.
async fn goes_and_comes_back(host: &Site, page: &Page) -> bool {
    assert_eq!(page.js("return window.cameBack").await, json!(false), "{:?}", page.browser);
    page.goto(&host.url("/elsewhere.html")).await;
    page.client.back().await.unwrap();
    page.reads("A charity for young carers").await;
    page.until("the page is shown", "return window.cameBack !== undefined && 'shown'").await;
    // Chromium says why it kept none.
    let came =
        "return [window.cameBack, performance.getEntriesByType('navigation')[0].notRestoredReasons ?? null]";
    let came = page.js(came).await;
    eprintln!("{:?}: {came}", page.browser);
    came[0] == json!(true)
}

async fn a_page_out_of_the_browsers_memory_still_works(visit: &Visit) {
    let server = visit.server().await;
    for isolation in ["auto", "frame"] {
        let (host, page) = noting_how_it_comes(visit, &server, isolation).await;
        let enter = async || {
            if isolation == "frame" {
                page.enter_frame().await;
            }
        };
        page.js("document.getElementById('p').open('write')").await;
        enter().await;
        // By keys alone: a page in which geckodriver clicked, with or without us, is none that Firefox keeps.
        if page.browser == Browser::Firefox {
            page.find("textbox", "Your words").await;
            page.js("ps.find('textbox', 'Your words').focus()").await;
            page.press(DRAFT.chars()).await;
        } else {
            write(&page).await;
        }
        // What is still on its way when a page goes keeps it out of Firefox's memory; the last is what reads the draft.
        let reader = "return performance.getEntriesByType('resource').some(e => e.name.endsWith('/signals.bin') && e.responseEnd)";
        page.until("what reads the draft is there", reader).await;
        page.leave_frame().await;

        assert!(goes_and_comes_back(&host, &page).await, "{:?}: {isolation}: loaded anew", page.browser);

        enter().await;
        assert_eq!(draft(&page).await, json!(DRAFT), "{:?}: {isolation}", page.browser);
        page.click("button", "Send").await;
        page.find("heading", "Kept for a moderator").await;
        page.leave_frame().await;
    }
}

/// Where the panel hears of new posts it has an open connection, and closes it when the page goes. Firefox looks before that, and
/// keeps no page that has one.
async fn a_page_left_while_stories_were_read_works_when_it_comes_back(visit: &Visit) {
    let mut server = visit.server().await;
    let (host, page) = noting_how_it_comes(visit, &server, "auto").await;
    page.js("document.getElementById('p').open('stories')").await;
    page.until("posts to read", "return ps.all('article').length > 0").await;
    server.said("/sites/{site}/live").await;

    let is_kept = goes_and_comes_back(&host, &page).await;

    assert_eq!(is_kept, page.browser != Browser::Firefox, "{:?}", page.browser);
    if !is_kept {
        page.js("document.getElementById('p').open('stories')").await;
    }
    page.until("posts to read", "return ps.all('article').length > 0").await;
    Hand::Mouse.choose(&page, "tab", "Help now").await;
    can_dial(&page, "tel:116123").await;
}

async fn on_paper_it_covers_nothing(visit: &Visit) {
    let server = visit.server().await;
    let (_, page) = opened(visit, &server, "").await;
    Hand::Mouse.open_panel(&page).await;

    // What the sheet says of paper, wherever a browser's driver can print or not.
    let rules = "const sheet = document.getElementById('p').shadowRoot.adoptedStyleSheets[0];
        const paper = [...sheet.cssRules].find(rule => rule.media?.mediaText === 'print');
        return [...paper.cssRules].map(rule => [rule.selectorText, rule.style.display])";
    let hidden = page.js(rules).await;
    assert!(hidden[0][0].as_str().unwrap().contains("dialog[open]") && hidden[0][1] == "none", "{hidden}");
    if page.browser == Browser::Chromium {
        page.cdp("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
        let seen = "return [...document.getElementById('p').shadowRoot.querySelectorAll('[part=launcher], [part=frame]')].some(e => e.getClientRects().length)";
        assert_eq!(page.js(seen).await, json!(false));
    }

    // A panel that is a part of the page is a part of the paper.
    page.js("document.getElementById('p').destroy(); document.body.insertAdjacentHTML('beforeend', '<peer-support site=demo country=GB mode=inline></peer-support>')")
        .await;
    can_dial(&page, "tel:999").await;
}

async fn scripts_that_record_visits_are_told_to_look_away(visit: &Visit) {
    let server = visit.server().await;
    for isolation in ["auto", "frame"] {
        let (_, page) = opened(visit, &server, &format!("class='mine' isolation='{isolation}'")).await;
        page.click("button", "Support").await;
        hears(&page, &["open", "ready"]).await;

        let marks = "const host = document.getElementById('p');
            return [host, host.shadowRoot.querySelector('[lang]')].map(e => [
                ['rr-block', 'sentry-block', 'fs-exclude', 'ph-no-capture', 'dd-privacy-hidden', 'no-mouseflow', 'smartlook-hide']
                    .every(name => e.classList.contains(name)),
                ['data-private', 'data-hj-suppress', 'data-sentry-block', 'data-clarity-mask', 'data-dd-privacy', 'data-recording-disable']
                    .map(name => e.getAttribute(name))])";
        let each = json!([true, ["", "", "", "true", "hidden", "true"]]);
        assert_eq!(page.js(marks).await, json!([each, each]), "{:?}: {isolation}", page.browser);
        assert_eq!(
            page.js("return document.getElementById('p').classList.contains('mine')").await,
            json!(true)
        );
        // All that is drawn is below the one that is marked.
        let outside = "return [...document.getElementById('p').shadowRoot.children].filter(e => !['STYLE', 'SLOT'].includes(e.tagName)).length";
        assert_eq!(page.js(outside).await, json!(1));
    }
}

/// Nodes, listeners and bytes of JavaScript that the page has, and bytes of the panel's wasm.
async fn in_memory(page: &Page) -> [f64; 4] {
    // What one round frees may hold the last of something else.
    for _ in 0..3 {
        page.cdp("HeapProfiler.collectGarbage", json!({})).await;
        page.settle().await;
    }
    let metrics = page.cdp("Performance.getMetrics", json!({})).await;
    let of = |name: &str| {
        let metric = metrics["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == name);
        metric.unwrap()["value"].as_f64().unwrap()
    };
    let wasm = "const glue = performance.getEntriesByType('resource').find(e => /widget-\\w+\\.js/.test(e.name)).name;
        return (await (await import(glue)).default()).memory.buffer.byteLength";
    let wasm = page.js(&format!("return (async () => {{ {wasm} }})()")).await.as_f64().unwrap();
    [of("Nodes"), of("JSEventListeners"), of("JSHeapUsedSize"), wasm]
}

async fn a_thousand_elements_that_came_and_went_leave_nothing(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    page_with(&host, &script(&server), "<div id='root'></div>");
    let page = visit.open(&host.url("/")).await;
    page.until("the script is there", "return customElements.get('peer-support')").await;
    page.cdp("Performance.enable", json!({})).await;
    page.cdp("HeapProfiler.enable", json!({})).await;

    // Of ten elements one is opened, until what it shows is there or only for a moment; all are moved, and leave in some way.
    let come_and_go = "const [n, done] = arguments, root = document.getElementById('root');
        const turn = () => new Promise(done => setTimeout(done));
        const until = async (is) => { while (!is()) await turn() };
        (async () => {
            for (let i = 0; i < n; i++) {
                const p = document.createElement('peer-support');
                p.site = 'demo'; p.country = 'GB'; p.mode = i % 3 ? 'launcher' : 'link';
                root.append(p);
                const has = (selector) => () => p.shadowRoot.querySelector(selector);
                switch (i % 40) {
                    case 0: p.open(); await until(has('.ready')); break;
                    case 10: p.open('stories'); await until(has('article')); break;
                    case 20: p.open('write'); await until(has('textarea')); p.setLocale('es'); p.close(); break;
                    case 30: p.open('stories'); await turn();
                }
                document.body.append(p);
                if (i % 2) p.destroy();
                else if (i % 4) p.remove();
                else root.replaceChildren(p), root.replaceChildren();
                await turn();
            }
            heard.length = 0;
            setTimeout(done, 500);
        })()";
    let act = async |n: u32| page.client.execute_async(come_and_go, vec![json!(n)]).await.unwrap();
    act(80).await;
    let before = in_memory(&page).await;
    // In parts, because a driver gives up a script that takes half a minute.
    for _ in 0..5 {
        act(200).await;
    }
    let after = in_memory(&page).await;

    let [nodes, listeners, heap, wasm] = [0, 1, 2, 3].map(|i| after[i] - before[i]);
    eprintln!("{nodes} nodes, {listeners} listeners, {heap} bytes, {wasm} of wasm; before {before:?}");
    assert!(nodes < 100.0 && listeners < 10.0, "{nodes} nodes and {listeners} listeners stay");
    // The browser keeps a little for each element itself: its own counts, and what it learned of the code.
    assert!(heap < 1e6 && wasm < 300e3, "{heap} bytes of JavaScript and {wasm} of wasm stay");
}
