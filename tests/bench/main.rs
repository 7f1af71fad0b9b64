//! What a visitor waits for, in Chromium, on a slow phone and a slow network: `cargo xtask bench` runs it.
//!
//! It prints one JSON object; what each number means stands at its place in [`Measured`]. With `drafts`, it measures how long a
//! device reads what is being written, instead; with `many`, how long it shows a thousand posts; with `beside`, what a page pays for
//! the panel, and for others.

mod beside;
mod drafts;
mod many;

use futures_util::future::BoxFuture;
use peer_support_domain::limits::WORK_NUMBER;
use peer_support_tests::{Browser, Page, Visit, attempt};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// Cold starts, each with a browser profile of its own. The report gives their median and their worst.
const N_RUNS: usize = 5;

/// The network of the budget: what a phone has in a village or a full train.
const LATENCY_MS: u32 = 400;
const BYTES_PER_S: u32 = 400_000 / 8;

/// How many times slower than this machine a phone's processor is.
const CPU_SLOWDOWN: u32 = 4;

/// A phone of 2016 in plain JavaScript.
const OLD_CPU_SLOWDOWN: u32 = 10;

/// What is typed into the search field, key by key: one with a typing mistake, one that nothing fits.
const SEARCHES: [&str; 3] = ["my partner hits me", "cant stop gambeling", "something else entirely"];

/// The first lines of the country of the host page.
const LINE: &str = "tel:116123";

/// Milliseconds, of one cold start.
#[derive(Clone, Copy, Debug)]
struct Measured {
    /// From the tap to the frame that shows the static card with its numbers.
    card: f64,
    /// From the tap to the frame that shows the panel with its best lines.
    panel: f64,
    /// From the tap to the frame that shows the whole directory of the country.
    directory: f64,
    /// Work of the page's main thread for one key in the search field, on average.
    key: f64,
    /// The same for a bare field in a page without the panel: what the browser itself does for a key.
    bare_key: f64,
    /// The longest search for the number that a flooded server asks for, on an old phone. The page's own thread makes it,
    /// because Chromium slows no other down.
    work: f64,
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("drafts") => {
            return println!("{}", once("bench-drafts", |visit| Box::pin(drafts::measure(visit))));
        }
        Some("many") => {
            return println!("{}", once("bench-many", |visit| Box::pin(many::measure(visit))));
        }
        Some("beside") => {
            let visits = beside::visits().into_iter();
            let found: Vec<_> = visits
                .map(|of| once("bench-beside", move |visit| Box::pin(beside::one(visit, of))))
                .collect();
            return println!("{}", beside::report(&found));
        }
        _ => {}
    }
    let runs: Vec<_> = (0..N_RUNS).map(|_| once("bench", |visit| Box::pin(cold_start(visit)))).collect();
    println!("{}", report(&runs));
}

/// What one visit with a new browser finds.
fn once<T: Send + 'static>(name: &str, find: impl for<'a> Fn(&'a Visit) -> BoxFuture<'a, T>) -> T {
    let found = Arc::new(Mutex::new(None));
    let into = Arc::clone(&found);
    let done = attempt(Browser::Chromium, name, move |visit| {
        let found = find(visit);
        let into = Arc::clone(&into);
        Box::pin(async move {
            let found = found.await;
            *into.lock().unwrap() = Some(found);
        })
    });
    if let Err(error) = done {
        eprintln!("{error}");
        std::process::exit(1);
    }
    found.lock().unwrap().take().expect("a visit that ends finds something")
}

fn report(runs: &[Measured]) -> Value {
    let of = |what: fn(&Measured) -> f64| {
        let mut sorted: Vec<_> = runs.iter().map(what).collect();
        sorted.sort_by(f64::total_cmp);
        json!({ "median_ms": sorted[sorted.len() / 2], "worst_ms": sorted.last() })
    };
    json!({
        "runs": runs.len(),
        "latency_ms": LATENCY_MS,
        "bytes_per_s": BYTES_PER_S,
        "cpu_slowdown": CPU_SLOWDOWN,
        "static_card": of(|run| run.card),
        "panel": of(|run| run.panel),
        "whole_directory": of(|run| run.directory),
        "search_key": of(|run| run.key),
        "bare_key": of(|run| run.bare_key),
        "search_key_beyond_bare": of(|run| run.key - run.bare_key),
        "old_cpu_slowdown": OLD_CPU_SLOWDOWN,
        "longest_work": of(|run| run.work),
    })
}

async fn cold_start(visit: &Visit) -> Measured {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    page.find("button", "Support").await;
    // The page and the loader were there already; all else comes over the slow network, into an empty cache.
    let slow = json!({
        "offline": false,
        "latency": LATENCY_MS,
        "downloadThroughput": BYTES_PER_S,
        "uploadThroughput": BYTES_PER_S,
    });
    page.cdp("Network.enable", json!({})).await;
    page.cdp("Network.emulateNetworkConditions", slow).await;
    page.cdp("Emulation.setCPUThrottlingRate", json!({ "rate": CPU_SLOWDOWN })).await;

    // A tap gives no notice: nothing hovers over the button before.
    let watch = "const done = arguments[0], seen = {};
        const root = document.querySelector('peer-support').shadowRoot;
        const dials = (place) => [...root.querySelectorAll(`${place} a[href='LINE']`)].some(ps.isSeen);
        const came = () => performance.getEntriesByType('resource').some(e => e.name.includes('/helplines/') && e.responseEnd);
        const began = performance.now();
        const look = () => {
            const now = performance.now() - began;
            if (dials('.static') || dials('.panel')) seen.card ??= now;
            if (dials('.panel')) seen.panel ??= now;
            if (dials('.panel') && came() && root.querySelector('details.more')) seen.directory ??= now;
            if (seen.directory || now > 30000) done(seen); else requestAnimationFrame(look);
        };
        root.querySelector('[part=launcher]').click();
        requestAnimationFrame(look);"
        .replace("LINE", LINE);
    let look = include_str!("../harness/look.js");
    let seen = page.client.execute_async(&format!("{look}\n{watch}"), vec![]).await.unwrap();
    let milliseconds =
        |what: &str| seen[what].as_f64().unwrap_or_else(|| panic!("{what} did not show within 30 s: {seen}"));
    Measured {
        card: milliseconds("card"),
        panel: milliseconds("panel"),
        directory: milliseconds("directory"),
        key: {
            page.click("textbox", "What is it about").await;
            milliseconds_a_key(&page).await
        },
        bare_key: {
            page.goto(&host.url("/elsewhere.html")).await;
            page.js(
                "const field = document.createElement('input'); document.body.prepend(field); field.focus()",
            )
            .await;
            milliseconds_a_key(&page).await
        },
        work: longest_work(&page).await,
    }
}

/// How long a device looks for a number that is not there.
async fn longest_work(page: &Page) -> f64 {
    page.cdp("Emulation.setCPUThrottlingRate", json!({ "rate": OLD_CPU_SLOWDOWN })).await;
    let script = "new Function('postMessage', arguments[0])(() => {});
        const began = performance.now();
        window.onmessage({ data: ['0'.repeat(64), arguments[1], arguments[2]] });
        return performance.now() - began";
    // As long as those that the server makes.
    let salt = "0123456789abcdef01234567?expires=1790000000000&";
    let arguments = vec![json!(include_str!("../../src/work.js")), json!(salt), json!(WORK_NUMBER)];
    page.js_with(script, arguments).await.as_f64().expect("a time")
}

/// The work that one key in the focused field makes, from the browser's own count of what its main thread did.
async fn milliseconds_a_key(page: &Page) -> f64 {
    page.settle().await;
    page.cdp("Performance.enable", json!({ "timeDomain": "threadTicks" })).await;
    let before = main_thread_ms(page).await;
    let mut n_keys = 0;
    for search in SEARCHES {
        for key in search.chars() {
            page.press([key]).await;
            n_keys += 1;
        }
        page.clear_focused().await;
    }
    page.settle().await;
    (main_thread_ms(page).await - before) / f64::from(n_keys)
}

async fn main_thread_ms(page: &Page) -> f64 {
    let metrics = page.cdp("Performance.getMetrics", json!({})).await;
    let metrics = metrics["metrics"].as_array().expect("Chromium lists its metrics");
    let of = |name: &str| metrics.iter().find(|metric| metric["name"] == name)?["value"].as_f64();
    of("TaskDuration").expect("Chromium counts what its main thread does") * 1000.0
}
