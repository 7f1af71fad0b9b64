//! A lookup of help leaves no trace: nothing is stored, and nothing is asked for but the panel's own files.

use crate::steps::{Hand, can_dial};
use fantoccini::key::Key;
use peer_support_tests::site::Reply;
use peer_support_tests::{Page, Visit, each_browser};
use serde_json::json;

each_browser!(a_whole_lookup_is_neither_stored_nor_sent);

/// Notes every way in which a page can keep something or send it somewhere, before any other script runs.
const RECORD: &str = "(() => {
    const kept = (window.kept = []), sent = (window.sent = []);
    const wrap = (owner, name, into, say) => {
      const before = owner?.[name];
      if (!before) return;
      owner[name] = function (...given) { into.push(`${name} ${say ? say(...given) : given.map(String).join(' ')}`); return before.apply(this, given); };
    };
    const wrapClass = (name, into) => {
      const before = window[name];
      if (before) window[name] = class extends before { constructor(...given) { into.push(`${name} ${given[0]}`); super(...given); } };
    };
    const wrapSetter = (owner, name, into) => {
      const before = Object.getOwnPropertyDescriptor(owner, name);
      Object.defineProperty(owner, name, { ...before, set(value) { into.push(`${name} ${value}`); before.set.call(this, value); } });
    };
    wrap(window, 'fetch', sent, (what, how) => `${how?.method ?? 'GET'} ${new URL(what.url ?? what, location.href).href} ${how?.body ?? ''}`.trim());
    wrap(XMLHttpRequest.prototype, 'open', sent);
    wrap(Navigator.prototype, 'sendBeacon', sent);
    wrap(window, 'open', sent);
    for (const name of ['WebSocket', 'EventSource', 'Worker', 'SharedWorker', 'BroadcastChannel', 'RTCPeerConnection']) wrapClass(name, sent);
    wrapSetter(HTMLImageElement.prototype, 'src', sent);
    for (const name of ['setItem', 'removeItem', 'clear']) wrap(Storage.prototype, name, kept);
    wrapSetter(Document.prototype, 'cookie', kept);
    wrapSetter(Document.prototype, 'title', kept);
    wrap(IDBFactory.prototype, 'open', kept);
    if (window.CacheStorage) wrap(CacheStorage.prototype, 'open', kept);
    for (const name of ['pushState', 'replaceState']) wrap(History.prototype, name, kept);
    if (window.ServiceWorkerContainer) wrap(ServiceWorkerContainer.prototype, 'register', kept);
    if (window.CookieStore) wrap(CookieStore.prototype, 'set', kept);
    window.name = '';
  })();";

/// What the visitor types: none of it may be found anywhere.
const WORDS: &str = "my partner hits me";

async fn a_whole_lookup_is_neither_stored_nor_sent(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let html = format!(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>A charity</title><link rel='icon' href='data:,'>
        <script>{RECORD}</script><h1>A charity</h1>
        <script src='/peer-support.js' data-country='GB' data-site='demo' async></script>"
    );
    site.reply("/", Reply::Body(200, "text/html; charset=utf-8", html.into_bytes()));
    let page = visit.open(&site.url("/")).await;
    let before = page.js("return [location.href, document.title, history.length]").await;

    Hand::Mouse.open_panel(&page).await;
    can_dial(&page, "tel:116123").await;
    look_up(&page).await;
    page.client
        .execute_async("setTimeout(arguments[0], 300)", vec![]) // what is sent with a delay has been sent
        .await
        .unwrap();

    assert_eq!(page.js("return kept").await, json!([]), "{:?}: something was stored", visit.browser);
    let stored = "return [document.cookie, localStorage.length, sessionStorage.length, window.name]";
    assert_eq!(page.js(stored).await, json!(["", 0, 0, ""]));
    assert_eq!(page.js("return [location.href, document.title, history.length]").await, before);

    // What the page knows of requests, what our wrappers saw, and what came to the server are the same few files.
    let ours = |address: &str| {
        let path = address
            .strip_prefix(&site.url(""))
            .unwrap_or_else(|| panic!("somebody else was asked: {address}"));
        let path = path.strip_suffix("?0").unwrap_or(path); // the loader counts its tries
        path == "/peer-support.js" || path.starts_with("/assets/") && !path.contains('?')
    };
    let asked = page.js("return performance.getEntriesByType('resource').map(e => e.name)").await;
    let asked: Vec<String> = serde_json::from_value(asked).unwrap();
    assert!(asked.len() > 2, "the panel came from somewhere: {asked:?}");
    for address in &asked {
        assert!(ours(address), "{:?}: {address} was asked for", visit.browser);
    }
    let sent: Vec<String> = serde_json::from_value(page.js("return sent").await).unwrap();
    for request in &sent {
        let address = request.strip_prefix("fetch GET ").unwrap_or_else(|| panic!("sent by {request}"));
        assert!(ours(address), "{:?}: sent {request}", visit.browser);
    }
    for request in site.requests() {
        let path = request.strip_prefix("GET ").unwrap_or_else(|| panic!("the server got {request}"));
        let is_page = ["/", "/favicon.ico"].contains(&path);
        assert!(is_page || ours(&site.url(path)), "{:?}: the server got {request}", visit.browser);
        assert!(!request.contains("partner"), "what was typed reached the server: {request}");
    }
}

/// Everything that can be done to find a line.
async fn look_up(page: &Page) {
    let hand = Hand::Mouse;
    let search = "return ps.all('searchbox')[0] ?? ps.all('textbox')[0]";
    let field = page.until("a field to search in", search).await;
    page.js_with("arguments[0].focus()", vec![field]).await;
    page.type_text(WORDS).await;
    page.until("numbers for it", "return ps.all('link').some(e => e.href.startsWith('tel:'))").await;
    page.clear_focused().await;
    for name in ["More about this line", "Worried about calling?"] {
        hand.choose(page, "button", name).await;
    }
    page.until(
        "more lines",
        "const more = ps.all('button').find(e => /more line/.test(ps.nameOf(e))); more?.click(); return more",
    )
    .await;
    choose(page, "Region", 1).await;
    // Another country, by the field that is in every view.
    page.click("combobox", "Country").await;
    page.clear_focused().await;
    page.press("United States".chars()).await;
    page.until(
        "the country in the list",
        "return ps.all('option').some(e => ps.nameOf(e) === 'United States')",
    )
    .await;
    page.press([Key::Enter.into()]).await;
    can_dial(page, "tel:988").await;
    choose(page, "Language", 1).await;
}

/// Chooses from the list of this name, by its place in it.
async fn choose(page: &Page, list: &str, at: usize) {
    let choose = format!(
        "const list = ps.find('combobox', '{list}'); if (!list) return false;
        list.selectedIndex = {at}; list.dispatchEvent(new Event('change', {{ bubbles: true }})); return true"
    );
    page.until(&format!("a choice of {list}"), &choose).await;
}
