//! The host page is sacred: what its owner notices of us before the panel is opened, and after.

use crate::steps::{Hand, can_dial, has_taken};
use peer_support_tests::{Browser, Page, Visit, each_browser};
use serde_json::{Value, json};

each_browser!(the_host_page_is_left_alone_until_somebody_wants_help, no_style_comes_in_or_out,);

async fn the_host_page_is_left_alone_until_somebody_wants_help(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    page.find("button", "Support").await;
    // Whatever would come by itself has come when the page was idle for this long.
    page.client
        .execute_async(
            "const done = arguments[0]; addEventListener('load', done); setTimeout(done, 700)",
            vec![],
        )
        .await
        .unwrap();

    let asked = "return performance.getEntriesByType('resource').map(e => e.name)
        .filter(name => !name.endsWith('/favicon.ico')).sort()"; // browsers ask for that by themselves
    let asked: Vec<String> = serde_json::from_value(page.js(asked).await).unwrap();
    assert_eq!(asked, [server.url("/peer-support.js"), host.url("/watch.js")]);

    if visit.browser == Browser::Chromium {
        let shift = page
            .client
            .execute_async(
                "const done = arguments[0]; let sum = 0;
                new PerformanceObserver(list => list.getEntries().forEach(e => (sum += e.value)))
                    .observe({ type: 'layout-shift', buffered: true });
                requestAnimationFrame(() => setTimeout(() => done(sum), 50))",
                vec![],
            )
            .await
            .unwrap();
        assert_eq!(shift.as_f64(), Some(0.0), "layout shift");
    }

    Hand::Mouse.open_panel(&page).await;
    let added =
        "const ours = new Set(['problems', 'globalsBefore', 'ret_nodes', 'se_exportedFunctionSymbol']); // two are chromedriver's
        return Object.getOwnPropertyNames(window).filter(n => !globalsBefore.includes(n) && !ours.has(n))";
    assert_eq!(page.js(added).await, json!(["peerSupport"]), "globals");
    assert_eq!(
        page.js("return [document.cookie, localStorage.length, sessionStorage.length]").await,
        json!(["", 0, 0])
    );
}

async fn no_style_comes_in_or_out(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    let looks = panel_looks(&page).await;

    for path in [
        "/hostile-css.html",
        "/reset.html",
        "/unset.html",
        "/giant-root.html",
        "/tiny-root.html",
        "/quirks.html",
    ] {
        page.goto(&host.url(path)).await;
        page.find("button", "Support").await;
        let before = host_looks(&page).await;
        let changed = differences(&looks, &panel_looks(&page).await);
        assert!(changed.is_empty(), "the style of {path} reaches the panel:\n{}", changed.join("\n"));
        let changed = differences(&before, &host_looks(&page).await);
        assert!(changed.is_empty(), "our style reaches {path}:\n{}", changed.join("\n"));
    }
}

/// How the launcher and the open panel look, in what rules of a host page could change.
async fn panel_looks(page: &Page) -> Vec<String> {
    let script = "const box = ['display', 'visibility', 'position', 'boxSizing', 'opacity', 'transform', 'filter', 'cursor',
            'pointerEvents', 'backgroundColor', 'borderTopWidth', 'borderTopColor', 'paddingTop', 'paddingLeft', 'marginTop'];
        const text = ['color', 'fontSize', 'fontFamily', 'fontStyle', 'fontWeight', 'lineHeight', 'letterSpacing',
            'textTransform', 'textAlign', 'direction', 'userSelect'];
        const speaks = (e) => [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim());
        return ps.elements(document.querySelector('peer-support').shadowRoot).filter(ps.isSeen).map(e => {
            const style = getComputedStyle(e), names = speaks(e) ? [...box, ...text] : box;
            return [ps.describe(e), ...names.map(name => `${name} ${style[name]}`)].join(' | ');
        })";
    page.until("the launcher can be seen", "return ps.find('button', 'Support')").await;
    let launcher = page.js(script).await;
    Hand::Mouse.open_panel(page).await;
    can_dial(page, "tel:116123").await;
    has_taken(page, "/helplines/").await;
    [launcher, page.js(script).await].iter().flat_map(lines).collect()
}

/// How the host page looks, and what it consists of.
async fn host_looks(page: &Page) -> Vec<String> {
    let script = "const own = [...document.querySelectorAll('html, head *, body, body *:not(peer-support, peer-support *)')];
        const looks = own.map(e => { const style = getComputedStyle(e);
            return [e.localName, ...[...style].map(name => style.getPropertyValue(name))].join(';') });
        return [...looks, `${document.styleSheets.length} and ${document.adoptedStyleSheets.length} sheets`, `at ${scrollX}, ${scrollY}`]";
    lines(&page.js(script).await)
}

fn lines(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|line| line.as_str().unwrap_or_default().to_owned()).collect()
}

/// Where one list says something else than the other.
fn differences(wanted: &[String], found: &[String]) -> Vec<String> {
    assert_eq!(wanted.len(), found.len(), "another number of elements");
    let pairs = wanted.iter().zip(found).filter(|(wanted, found)| wanted != found);
    pairs.map(|(wanted, found)| format!("- {wanted}\n+ {found}")).collect()
}
