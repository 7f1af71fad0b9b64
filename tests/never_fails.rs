//! Help never fails: one test for each thing that can break, and numbers to call within three seconds all the same.
//!
//! `docs/never-fails.md` lists them. The owner of these pages keeps the panel's files beside them, so that each file can
//! fail alone; what a page does to the language and the browser before the loader runs is a script in its head.

use crate::steps::{Hand, can_dial};
use fantoccini::key::Key;
use peer_support_tests::site::{Reply, Site};
use peer_support_tests::{Browser, Page, Visit, each_browser, workspace};
use serde_json::{Value, json};

each_browser!(
    numbers_show_when_the_loader_does_not_come,
    numbers_show_when_the_browser_is_too_old_for_the_loader,
    numbers_show_when_the_panel_does_not_come,
    numbers_show_when_the_server_is_no_help,
    numbers_show_when_the_browser_lacks_what_the_panel_needs,
    numbers_show_when_the_page_has_redefined_the_language,
    numbers_show_when_the_device_says_little_of_itself,
    two_countries_that_may_be_it_both_show,
    a_number_that_one_source_lists_is_marked,
    the_card_names_the_lines_once_their_names_come,
    a_second_copy_of_the_script_changes_nothing,
    numbers_show_offline_after_one_visit,
);

/// From the visitor's press, or from the page's load where there is nothing to press, until numbers can be seen.
const LONGEST_WAIT_MS: f64 = 3000.0;

/// Notes in the page itself when help was asked for and when it was there: a WebDriver command would add its own time.
const CLOCK: &str = "(() => {
    const clock = (window.clock = { asked: 0, shown: 0 });
    addEventListener('click', (event) => (clock.asked ||= event.timeStamp), true);
    const seen = (root, href) => {
      for (const link of root?.querySelectorAll(`a[href='${href}']`) ?? '') if (link.getClientRects().length > 0) return true;
    };
    const look = () => {
      const panel = document.querySelector('peer-support');
      for (const root of [panel, panel?.shadowRoot]) {
        if (seen(root, 'tel:999') && seen(root, 'tel:116123')) return (clock.shown = performance.now());
      }
      requestAnimationFrame(look);
    };
    look();
  })();";

/// What the snippet builder writes: links that are there when nothing else is.
const LINKS: &str =
    "<p>In danger now? Call <a href='tel:999'>999</a>. To talk, call <a href='tel:116123'>116 123</a>.</p>";

/// A page of the owner's at `/`, in whose head `script` runs first.
fn page_with(site: &Site, script: &str, attributes: &str, links: &str) {
    let html = format!(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>A page</title>
        <script>{CLOCK}\n{script}</script><h1>A charity</h1>
        <peer-support {attributes} leave-url='/elsewhere.html'>{links}</peer-support>
        <script src='/peer-support.js' async></script>"
    );
    site.reply("/", Reply::Body(200, "text/html; charset=utf-8", html.into_bytes()));
}

/// Presses the launcher, and asserts that the numbers of Great Britain are there in time.
async fn asks_for_help(page: &Page, cause: &str) {
    page.until(&format!("a launcher, though {cause}"), "return ps.find('button', 'Support')").await;
    page.click("button", "Support").await;
    shows_in_time(page, cause).await;
    let way_out = "return ps.find('button', 'Leave quickly')";
    page.until(&format!("a way out, though {cause}"), way_out).await;
}

/// Asserts that the numbers are there in time.
async fn shows_in_time(page: &Page, cause: &str) {
    let shown = page.until(&format!("numbers, though {cause}"), "return window.clock?.shown").await;
    let asked = page.js("return clock.asked").await;
    let waited = shown.as_f64().unwrap() - asked.as_f64().unwrap();
    assert!(waited <= LONGEST_WAIT_MS, "{:?}: numbers after {waited} ms, though {cause}", page.browser);
}

async fn numbers_show_when_the_loader_does_not_come(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    page_with(&site, "", "country='GB'", LINKS);
    let page = visit.open(&site.url("/elsewhere.html")).await;
    page.expect_problem("SyntaxError");
    page.expect_problem("Unexpected");
    page.expect_problem("MIME");

    for (cause, fault) in [
        ("the loader is not there", Reply::Body(404, "text/plain", b"not found".to_vec())),
        ("the loader's server fails", Reply::Body(500, "text/html", b"<h1>Sorry</h1>".to_vec())),
        ("the loader's server is gone", Reply::Drop),
        ("the loader comes in half", Reply::Truncate),
        ("the loader is a page of somebody's", Reply::Body(200, "text/javascript", b"<p>Sign in".to_vec())),
    ] {
        site.reply("/peer-support.js", fault);
        page.goto(&site.url("/")).await;
        shows_in_time(&page, cause).await;
    }
}

async fn numbers_show_when_the_browser_is_too_old_for_the_loader(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let page = visit.open(&site.url("/elsewhere.html")).await;
    page.expect_problem("customElements");
    page.expect_problem("attachShadow");

    for missing in ["window.customElements", "Element.prototype.attachShadow"] {
        page_with(&site, &without(missing), "country='GB'", LINKS);
        page.goto(&site.url("/")).await;
        page.until("the loader has run", "return performance.getEntriesByType('resource').some(e => e.name.endsWith('.js') && e.responseEnd)").await;
        page.settle().await;
        shows_in_time(&page, &format!("there is no {missing}")).await;
        can_dial(&page, "tel:999").await;
    }
}

async fn numbers_show_when_the_panel_does_not_come(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let page = visit.open(&site.url("/elsewhere.html")).await;
    page_with(&site, "", "country='GB'", "");
    let body = |kind, text: &str| Reply::Body(200, kind, text.as_bytes().to_vec());

    for (cause, path, fault, says_so) in [
        ("the wasm is not there", "*.wasm", Reply::Body(404, "text/plain", b"no".to_vec()), true),
        ("the wasm comes in half", "*.wasm", Reply::Truncate, true),
        ("the wasm is something else", "*.wasm", body("application/wasm", "no wasm at all"), true),
        ("the wasm's connection ends", "*.wasm", Reply::Drop, true),
        ("the wasm never arrives", "*.wasm", Reply::Hang, false),
        ("the wasm has the wrong type", "*.wasm", Reply::Mistype("text/plain"), false),
        ("the glue is not there", "/assets/widget*", Reply::Body(404, "text/plain", b"no".to_vec()), true),
        ("the glue never arrives", "/assets/widget*", Reply::Hang, false),
        ("the glue throws", "/assets/widget*", body("text/javascript", "throw new Error('broken')"), true),
        (
            "the glue throws while it mounts",
            "/assets/widget*",
            body(
                "text/javascript",
                "export const start = () => (host, place) => { place.append('half'); throw 1 }",
            ),
            true,
        ),
    ] {
        site.reply(path, fault);
        page.goto(&site.url("/")).await;
        asks_for_help(&page, cause).await;
        if says_so {
            page.reads("The rest could not load.").await;
            shows_in_time(&page, cause).await;
            assert!(!page.has_text("half").await, "half a panel stands over the card");
        }
        site.reply(path, None);
    }
}

async fn numbers_show_when_the_server_is_no_help(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let page = visit.open(&site.url("/elsewhere.html")).await;
    page_with(&site, "", "country='GB' site='demo'", "");

    for (cause, fault) in [
        ("the server fails", Reply::Body(500, "text/html", b"<h1>Sorry</h1>".to_vec())),
        ("the server answers garbage", Reply::Body(200, "application/json", b"{\"items\":[{".to_vec())),
        ("the server hangs", Reply::Hang),
        ("the server is gone", Reply::Drop),
    ] {
        site.reply("/api/*", fault.clone());
        site.reply("/helplines/*", fault.clone());
        site.reply("*.txt", fault.clone());
        site.reply("*.json", fault);
        page.goto(&site.url("/")).await;
        asks_for_help(&page, cause).await;
        page.find("tab", "Help now").await;
        can_dial(&page, "tel:999").await;
        can_dial(&page, "tel:116123").await;
    }
}

/// A script that takes a feature out of the browser, as if it were an older one.
fn without(feature: &str) -> String {
    let (owner, name) = feature.rsplit_once('.').expect("an owner and a name");
    format!(
        "delete {owner}.{name}; if ({owner}.{name}) Object.defineProperty({owner}, '{name}', {{ value: undefined }});"
    )
}

async fn numbers_show_when_the_browser_lacks_what_the_panel_needs(visit: &Visit) {
    const DENIED: &str = "for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
        Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError') } });
      Object.defineProperty(document, 'cookie', { get() { throw new DOMException('denied', 'SecurityError') } });";
    let site = visit.own_host(&[]).await;
    let page = visit.open(&site.url("/elsewhere.html")).await;

    let mut causes = vec![("storage is denied".to_owned(), DENIED.to_owned())];
    for feature in [
        "Intl.Locale",
        "Intl.DisplayNames",
        "Intl.DateTimeFormat",
        "window.CSSStyleSheet",
        "CSSStyleSheet.prototype.replaceSync",
        "HTMLDialogElement.prototype.showModal",
        "HTMLDialogElement.prototype.show",
        "window.IntersectionObserver",
        "window.WebAssembly",
        "window.fetch",
        "window.PerformanceObserver",
    ] {
        causes.push((format!("there is no {feature}"), without(feature)));
    }
    for (cause, script) in causes {
        page_with(&site, &script, "country='GB'", "");
        page.goto(&site.url("/")).await;
        asks_for_help(&page, &cause).await;
    }

    // A panel that is a part of the page needs no press, and mounts without being told that it is in view.
    page_with(&site, &without("window.IntersectionObserver"), "country='GB' mode='inline'", "");
    page.goto(&site.url("/")).await;
    shows_in_time(&page, "nothing tells what is in view").await;
    page.find("tab", "Help now").await;
}

/// Makes a method of the language throw when one of our scripts calls it, and leaves it to the test's own.
const REDEFINED: &str = "const redefine = (owner, name) => {
    const before = owner[name];
    Object.defineProperty(owner, name, { configurable: true, writable: true, value: function (...given) {
      if (/peer-support\\.js|widget/.test(new Error().stack)) throw new TypeError('redefined by the page');
      return new.target ? Reflect.construct(before, given, new.target) : Reflect.apply(before, this, given);
    } });
    // What hangs on it, such as Promise.race, stays reachable.
    Object.setPrototypeOf(owner[name], before);
    if (before.prototype) owner[name].prototype = before.prototype;
  };";

async fn numbers_show_when_the_page_has_redefined_the_language(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let page = visit.open(&site.url("/elsewhere.html")).await;
    let arrays = "for (const name of Object.getOwnPropertyNames(Array.prototype))
        if (name !== 'constructor' && typeof Array.prototype[name] === 'function') redefine(Array.prototype, name);
      redefine(Array.prototype, Symbol.iterator); redefine(Array, 'from'); redefine(Array, 'of');";

    for (cause, script) in [
        ("every method of arrays is the page's", arrays),
        ("Promise is the page's", "for (const name of ['all', 'race', 'resolve', 'reject', 'allSettled']) redefine(Promise, name); redefine(window, 'Promise');"),
        ("Promise is gone", "const Before = Promise; Object.defineProperty(window, 'Promise', { get: () => /peer-support\\.js|widget/.test(new Error().stack) ? undefined : Before });"),
        ("timers are the page's", "for (const name of ['setTimeout', 'requestAnimationFrame']) redefine(window, name);"),
        ("fetch is the page's", "redefine(window, 'fetch');"),
        ("fetch answers nonsense", "window.fetch = () => 'later';"),
        ("Object.assign and its like are the page's", "for (const name of ['assign', 'entries', 'keys', 'values', 'fromEntries']) redefine(Object, name);"),
        ("elements are defined by a wrapper", "const define = customElements.define;
            customElements.define = function (name, of, ...more) { return define.call(this, name, class extends of {}, ...more) };"),
        ("arrays have more than their own", "for (const name of ['first', 'last', 'each']) Array.prototype[name] = function () { return this };"),
        ("objects have more than their own", "Object.prototype.extra = () => {};"),
    ] {
        // WebKit's driver works inside the page and fails there itself: "cannot serialize cyclic structures".
        if page.browser == Browser::WebKit && script.contains("Object.prototype.extra") {
            continue;
        }
        page_with(&site, &format!("{REDEFINED}\n{script}"), "country='GB'", "");
        page.goto(&site.url("/")).await;
        asks_for_help(&page, cause).await;
    }
}

async fn numbers_show_when_the_device_says_little_of_itself(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let page = visit.open(&site.url("/elsewhere.html")).await;
    let says = |languages: &str, zone: &str| {
        format!(
            "Object.defineProperty(navigator, 'languages', {{ get: () => {languages} }});
            Object.defineProperty(navigator, 'language', {{ get: () => ({languages})?.[0] }});
            const options = Intl.DateTimeFormat.prototype.resolvedOptions;
            Intl.DateTimeFormat.prototype.resolvedOptions = function () {{ return {{ ...options.call(this), timeZone: {zone} }} }};"
        )
    };

    // The owner's word is enough.
    for languages in ["undefined", "[]", "['']", "['C']", "['xx-klingon', null, 7]", "'en_GB.UTF-8'"] {
        page_with(&site, &says(languages, "undefined"), "country='GB'", "");
        page.goto(&site.url("/")).await;
        asks_for_help(&page, &format!("the languages are {languages}")).await;
    }
    // So is either of what the device says.
    for languages in ["['en-GB']", "['en_GB']", "['en-Latn-GB', 'fr']"] {
        page_with(&site, &says(languages, "undefined"), "", "");
        page.goto(&site.url("/")).await;
        asks_for_help(&page, &format!("there is no time zone, and the languages are {languages}")).await;
    }
    let tells_zones = page.js("return 'getTimeZones' in Intl.Locale.prototype").await;
    if tells_zones == json!(true) {
        page_with(&site, &says("['en']", "'Europe/London'"), "", "");
        page.goto(&site.url("/")).await;
        asks_for_help(&page, "no language names a country").await;
    }

    // Nothing is known: the visitor says it, by keyboard alone, on the card that is there before the panel.
    site.reply("*.wasm", Reply::Hang);
    page_with(&site, &says("[]", "undefined"), "country='??'", "");
    page.goto(&site.url("/")).await;
    Hand::Keyboard.choose(&page, "button", "Support").await;
    chooses_great_britain(&page).await;
    can_dial(&page, "tel:999").await;
    can_dial(&page, "tel:116123").await;
}

/// Changes the country of the card by the keyboard.
async fn chooses_great_britain(page: &Page) {
    let list = page.find("combobox", "Country").await;
    page.js_with("arguments[0].focus()", vec![json!(list)]).await;
    if page.browser == Browser::WebKit {
        // WebKitGTK opens a menu of the system, which no driver can reach: this is what it does at the end.
        let choose =
            "arguments[0].value = 'GB'; arguments[0].dispatchEvent(new Event('change', { bubbles: true }))";
        page.js_with(choose, vec![json!(list)]).await;
    } else {
        // A list that is not open takes the letters of a name, and changes at once.
        page.press("United K".chars()).await;
        assert_eq!(page.js_with("return arguments[0].value", vec![json!(list)]).await, json!("GB"));
        page.press([Key::Tab.into()]).await;
    }
}

async fn two_countries_that_may_be_it_both_show(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    site.reply("*.wasm", Reply::Hang); // so that the card stays
    let page = visit.open(&site.url("/elsewhere.html")).await;
    let script = "Object.defineProperty(navigator, 'languages', { get: () => ['en-GB', 'en-IE'] });
        Intl.DateTimeFormat.prototype.resolvedOptions = () => ({ timeZone: 'America/New_York' });";
    page_with(&site, script, "", "");

    page.goto(&site.url("/")).await;
    asks_for_help(&page, "two countries are possible").await;

    let headings = page.js("return ps.all('heading').filter(e => e.localName === 'h3').map(ps.nameOf)").await;
    let tells_zones = page.js("return 'getTimeZones' in Intl.Locale.prototype").await;
    let other = if tells_zones == json!(true) { "United States" } else { "Ireland" };
    let mut expected = vec![Value::from(other), Value::from("United Kingdom")];
    if other == "Ireland" {
        expected.reverse();
    }
    assert_eq!(headings, Value::Array(expected));

    // Choosing one leaves that one.
    chooses_great_britain(&page).await;
    page.until("one country", "return ps.all('heading').filter(e => e.localName === 'h3').length === 1")
        .await;
    can_dial(&page, "tel:116123").await;
}

async fn a_number_that_one_source_lists_is_marked(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    site.reply("*.wasm", Reply::Hang); // so that the card stays
    site.reply("*.txt", Reply::Hang); // and its words
    let page = visit.open(&site.url("/elsewhere.html")).await;

    for (country, mark) in [("GB", ""), ("EG", " (not confirmed)")] {
        page_with(&site, "", &format!("country='{country}'"), "");
        page.goto(&site.url("/")).await;
        page.click("button", "Support").await;
        let link = page.find("link", "Crisis line").await;
        let text = page.text_of(&link).await;
        assert!(text.starts_with(&format!("Crisis line{mark} ")), "{country}: {text}");
        let (shown, dialled) =
            (text.replace(|c: char| !c.is_ascii_digit(), ""), link.attr("href").await.unwrap().unwrap());
        assert_eq!(dialled, format!("tel:{shown}"), "{country}");
    }
}

async fn the_card_names_the_lines_once_their_names_come(visit: &Visit) {
    // WebKit's list of what was fetched leaves out what failed.
    const NOTE: &str = "const whole = fetch;
        window.fetch = async (address) => {
          const isOfNames = address.endsWith('.txt');
          try {
            const answer = await whole(address);
            if (isOfNames) await answer.clone().text();
            return answer;
          } finally {
            if (isOfNames) setTimeout(() => (window.namesCame = true));
          }
        };";
    let site = visit.own_host(&[]).await;
    site.reply("*.wasm", Reply::Hang); // so that the card stays
    let page = visit.open(&site.url("/elsewhere.html")).await;
    page_with(&site, NOTE, "country='GB'", "");
    let body = |status, text: &str| Reply::Body(status, "text/plain", text.as_bytes().to_vec());

    for (cause, fault) in [
        ("they are not there", body(404, "not found")),
        ("a page of somebody's comes instead", body(200, "<p>\nSign in\n</p>\n")),
        ("they come in half", Reply::Truncate),
        ("the connection ends", Reply::Drop),
    ] {
        site.reply("*.txt", fault);
        page.goto(&site.url("/")).await;
        asks_for_help(&page, cause).await;
        page.until(&format!("an answer, though {cause}"), "return window.namesCame").await;
        page.settle().await;
        page.find("link", "Crisis line").await;
    }

    site.reply("*.txt", None);
    page.goto(&site.url("/")).await;
    page.click("button", "Support").await;
    let link = page.find("link", "Samaritans").await;
    assert_eq!(link.attr("href").await.unwrap().unwrap(), "tel:116123");
}

async fn a_second_copy_of_the_script_changes_nothing(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let page = visit.open(&site.url("/elsewhere.html")).await;
    let snippet = "<script src='/peer-support.js' data-country='GB' async></script>";
    let html = format!(
        "<!doctype html><html lang='en'><title>Two</title><script>{CLOCK}</script>{snippet}{snippet}<script src='/peer-support.js?again' data-country='GB' async></script>"
    );
    site.reply("/", Reply::Body(200, "text/html", html.into_bytes()));

    page.goto(&site.url("/")).await;
    asks_for_help(&page, "the script is there three times").await;

    assert_eq!(page.js("return document.querySelectorAll('peer-support').length").await, json!(1));
}

/// The owner put `www/peer-support-sw.js` beside the pages and registers it.
async fn numbers_show_offline_after_one_visit(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let worker = std::fs::read(workspace("www/peer-support-sw.js")).unwrap();
    site.reply("/peer-support-sw.js", Reply::Body(200, "text/javascript", worker));
    page_with(&site, "navigator.serviceWorker.register('/peer-support-sw.js')", "country='GB'", "");
    let page = visit.open(&site.url("/")).await;
    page.until("the worker sees to the page", "return navigator.serviceWorker.controller").await;

    // One visit: a panel opened, another country looked at.
    asks_for_help(&page, "all is well").await;
    page.find("tab", "Help now").await;
    let kept = "return caches.open('peer-support-1').then(kept => kept.keys())
        .then(all => all.map(request => new URL(request.url).pathname).sort())";
    page.until(
        "the panel is kept",
        &kept.replace(".sort())", ".filter(path => /wasm$|GB.txt$/.test(path)).length > 1)"),
    )
    .await;
    let paths: Vec<String> = serde_json::from_value(page.js(kept).await).unwrap();
    for path in &paths {
        assert!(
            path == "/peer-support.js" || path.starts_with("/assets/"),
            "{path} is kept, which is not the panel's"
        );
    }

    // The network is gone from the start: for a new window's first page too, and for one never seen before.
    site.reply("*", Reply::Drop);
    for path in ["/", "/never-seen.html"] {
        page.goto(&site.url(path)).await;
        page.reads("This page could not be loaded").await;
        let numbers = "return ps.all('link').filter(e => e.href.startsWith('tel:')).length > 1 || ps.find('combobox', 'Country')";
        page.until("numbers without a network", numbers).await;
        page.find("tab", "Help now").await;
    }
    // Nor does it come between the page and what is not the panel's.
    let other = page.js("return fetch('/elsewhere.html').then(() => 'answered', () => 'failed')").await;
    assert_eq!(other, json!("failed"));
}
