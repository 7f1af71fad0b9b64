//! What a page pays for the panel, beside the same page without one and with what others offer: in Chromium, on a slow phone.
//!
//! `cargo xtask bench` installs the others from the package registries. Isso is whole, with its server. Of Waline and Artalk there
//! are the scripts, which get an empty list at once from the host: their servers want a database of their own, or are in none of
//! the registries. All scripts and styles of others come compressed, as from a proxy.
//!
//! Their pages load them at once, as their documentation says; ours is fetched when somebody wants it. So that waits can be
//! compared, theirs begin with a tap that puts their snippet into a page. All taps are a finger's, and waits begin when it touches.

use peer_support_tests::process::Tree;
use peer_support_tests::server::Server;
use peer_support_tests::site::{Reply, Site};
use peer_support_tests::{Page, Preferences, Visit, free_port, workspace};
use serde_json::{Value, json};
use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// A phone of today on a slow mobile network.
const LATENCY_MS: u32 = 150;
const BYTES_PER_S: u32 = 1_600_000 / 8;
const CPU_SLOWDOWN: u32 = 4;

/// How long the finger stays.
const TAP: Duration = Duration::from_millis(80);

/// How often each is measured; the report gives the median.
const N_RUNS: usize = 3;

/// What is written into each form, key by key: the first part while the browser makes its code fast and the panel fetches what reads
/// drafts, the second one measured.
const WORDS: [&str; 2] = ["it has been a long", " week and nobody asked how I am"];

/// One that is compared.
struct Subject {
    name: &'static str,
    /// What it puts into the page, as its documentation says.
    element: &'static str,
    /// Its scripts: JavaScript that makes a `<script>`, `s`, complete. Empty where there are none.
    script: String,
    /// What a tap leads to, what it does, and an expression that says whether that is there. It is at our button where it does nothing
    /// else, and at one of the page's otherwise.
    views: Vec<(&'static str, &'static str, &'static str)>,
}

/// Ours is in the shadow root, and there when somebody can see it.
const CARD: &str = "shadow('.static a[href=\"tel:999\"]') || shadow('.panel a[href=\"tel:999\"]')";
const PANEL: &str = "shadow('.panel a[href=\"tel:116123\"]')";
const STORIES: &str = "shadow('.panel article')";
const FORM: &str = "shadow('.panel textarea')";

/// At hand in the page.
const LOOK: &str = "const isSeen = (e) => !!e && e.getClientRects().length > 0;
    const shadow = (what) => { const e = document.querySelector('peer-support')?.shadowRoot?.querySelector(what); return isSeen(e) && e };
    const light = (what) => { const e = document.querySelector(what); return isSeen(e) && e };";

/// What the subjects need that is not in the page.
struct Others {
    /// Ends with the others.
    _isso: Tree,
    isso_at: String,
    files: Arc<Site>,
    answers: Arc<Site>,
}

impl Others {
    async fn start(host: &Site) -> Others {
        let home = workspace("target/bench/peers");
        let installed = home.join("files/embed.min.js");
        assert!(installed.is_file(), "no {}; run `cargo xtask bench`", installed.display());
        let isso_at = format!("http://127.0.0.1:{}", free_port());
        let data = home.join("isso.db");
        let _ = fs::remove_file(&data);
        let settings = format!(
            "[general]\ndbpath = {}\nhost = {}\n[server]\nlisten = {isso_at}\n[guard]\nenabled = false\n",
            data.display(),
            host.url(""),
        );
        fs::write(home.join("isso.cfg"), settings).unwrap();
        let mut isso = Command::new(home.join("isso/bin/isso"));
        isso.arg("-c").arg(home.join("isso.cfg")).arg("run");
        isso.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let isso = Tree::start(isso, "run `cargo xtask bench`");
        while tokio::net::TcpStream::connect(isso_at.trim_start_matches("http://")).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let any = "access-control-allow-origin: *";
        let files = Site::serve(home.join("files"), "", &[any, "content-encoding: gzip"]).await;
        let answers = Site::serve(home.join("files"), "", &[any, "access-control-allow-headers: *"]).await;
        let answer = |path: &str, body: Value| {
            answers.reply(path, Reply::Body(200, "application/json", body.to_string().into_bytes()));
        };
        let none = json!({ "page": 1, "totalPages": 0, "pageSize": 10, "count": 0, "data": [] });
        answer("/api/comment", json!({ "errno": 0, "errmsg": "", "data": none }));
        answer("/api/v2/*", json!({ "count": 0, "roots_count": 0, "comments": [], "data": {} }));
        answer("/api/v2/conf", json!({ "frontend_conf": {}, "version": { "version": "2.9.1" } }));
        Others { _isso: isso, isso_at, files, answers }
    }

    fn subjects(&self, ours: &Server) -> Vec<Subject> {
        let (isso, files, answers) = (&self.isso_at, self.files.url(""), self.answers.url(""));
        let style = |name: &str| {
            format!(
                "const l = document.createElement('link'); l.rel = 'stylesheet'; l.href = '{files}/{name}'; document.head.append(l)"
            )
        };
        vec![
            Subject {
                name: "a bare page",
                element: "",
                script: String::new(),
                // What a browser itself takes for a key: no form is faster.
                views: vec![("a form", "document.body.append(document.createElement('textarea'))", "light('textarea')")],
            },
            Subject {
                name: "peer-support",
                element: "",
                script: format!("s.dataset.site = 'demo'; s.src = '{}'", ours.url("/peer-support.js")),
                views: vec![
                    ("numbers to call", "", CARD),
                    ("the panel", "", PANEL),
                    ("stories", "document.querySelector('peer-support').open('stories')", STORIES),
                    ("a form", "document.querySelector('peer-support').open('write')", FORM),
                ],
            },
            Subject {
                name: "Isso",
                element: "<section id='isso-thread' data-isso-id='/' data-title='Carers'></section>",
                script: format!(
                    "s.dataset.isso = '{isso}/'; s.dataset.issoCssUrl = '{files}/isso.css'; s.src = '{files}/embed.min.js'"
                ),
                views: vec![("a form", "", "light('#isso-thread textarea')")],
            },
            Subject {
                name: "Waline",
                element: "<div id='waline'></div>",
                script: format!(
                    "{}; s.src = '{files}/waline.js'; s.onload = () => Waline.init({{ el: '#waline', serverURL: '{answers}', path: '/',
                        lang: 'en', emoji: false, search: false, login: 'disable' }})",
                    style("waline.css")
                ),
                views: vec![("a form", "", "light('#waline textarea')")],
            },
            Subject {
                name: "Artalk",
                element: "<div id='artalk'></div>",
                script: format!(
                    "{}; s.src = '{files}/artalk.js'; s.onload = () => Artalk.init({{ el: '#artalk', server: '{answers}', site: 'Carers',
                        pageKey: '/', pageTitle: 'Carers', locale: 'en', emoticons: false }})",
                    style("artalk.css")
                ),
                views: vec![("a form", "", "light('#artalk textarea')")],
            },
        ]
    }
}

/// An article as hosts have them: enough text that something is the largest.
fn article(end: &str) -> Reply {
    let sentences =
        "Three in five young carers say that nobody at school knows what they do at home. ".repeat(8);
    let paragraph = format!("<p>{sentences}</p>");
    let html = format!(
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>
        <title>Young carers</title><script>{WATCH}</script></head>
        <body><h1>Who cares for the carers?</h1><button id='tap'>Tell them</button>{}{end}</body></html>",
        paragraph.repeat(4)
    );
    Reply::Body(200, "text/html; charset=utf-8", html.into_bytes())
}

/// Notes what the browser tells of its own slowness, from the first moment on.
const WATCH: &str = "window.seen = { lcp: 0, shift: 0, long: [] };
    const watch = (type, note) => new PerformanceObserver(list => list.getEntries().forEach(note)).observe({ type, buffered: true });
    watch('largest-contentful-paint', e => (seen.lcp = e.startTime));
    watch('layout-shift', e => { if (!e.hadRecentInput) seen.shift += e.value });
    watch('longtask', e => seen.long.push([e.startTime, e.duration]));";

/// How many visits [`one`] makes, and of what: indices of subject and view, where `None` is the page as it loads.
pub fn visits() -> Vec<(usize, Option<usize>)> {
    let n_views = [1, 4, 1, 1, 1];
    let each = n_views.into_iter().enumerate();
    let once: Vec<_> = each
        .flat_map(|(of, n)| std::iter::once((of, None)).chain((0..n).map(move |view| (of, Some(view)))))
        .collect();
    (0..N_RUNS).flat_map(|_| once.clone()).collect()
}

/// One cold visit.
pub async fn one(visit: &Visit, (of, view): (usize, Option<usize>)) -> Value {
    let server = visit.server().await;
    let host = Site::serve(workspace("www/host"), &server.origin(), &[]).await;
    let others = Others::start(&host).await;
    let subject = others.subjects(&server).swap_remove(of);
    let put = match subject.script.as_str() {
        "" => String::new(),
        script => format!("const s = document.createElement('script'); {script}; document.body.append(s);"),
    };
    // A snippet is markup; a script that makes the same elements at the end of the page is the same to a browser.
    let snippet = format!("{}<script>{{ {put} }}</script>", subject.element);
    let view = view.map(|view| subject.views[view]);
    let is_ours = subject.name == "peer-support";
    host.reply("/", if view.is_none() || is_ours { article(&snippet) } else { article("") });

    let preferences = Preferences { logs_network: true, ..Preferences::default() };
    let page = visit.open_with(preferences, "about:blank").await;
    let network = json!({ "offline": false, "latency": LATENCY_MS, "downloadThroughput": BYTES_PER_S, "uploadThroughput": BYTES_PER_S });
    page.cdp("Network.enable", json!({})).await;
    page.cdp("Network.emulateNetworkConditions", network).await;
    page.cdp("Emulation.setCPUThrottlingRate", json!({ "rate": CPU_SLOWDOWN })).await;
    page.cdp("Performance.enable", json!({})).await;
    // The owner names no country, as most do not.
    page.cdp("Emulation.setTimezoneOverride", json!({ "timezoneId": "Europe/London" })).await;
    let agent = page.js("return navigator.userAgent").await;
    let agent = json!({ "userAgent": agent, "acceptLanguage": "en-GB,en" });
    page.cdp("Emulation.setUserAgentOverride", agent).await;
    page.network_log().await;
    page.goto(&host.url("/")).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let Some((name, tap, is_there)) = view else {
        let mut found = costs(&page, 0.0).await;
        let paint = page.js("return [seen.lcp, seen.shift]").await;
        found["lcp_ms"] = paint[0].clone();
        found["shift"] = paint[1].clone();
        found["of"] = json!([subject.name, "the page"]);
        return found;
    };

    page.network_log().await;
    let (at, tap) = match tap {
        "" if is_ours => ("shadow('[part=launcher]')", String::new()),
        "" => (
            "light('#tap')",
            format!("document.body.insertAdjacentHTML('beforeend', `{}`); {put}", subject.element),
        ),
        tap => ("light('#tap')", tap.to_owned()),
    };
    let watch = format!(
        "{LOOK} window.usable = new Promise((done) => addEventListener('pointerdown', ({{ timeStamp }}) => {{
            const look = () => {{
                const now = performance.now();
                if ({is_there} || now > timeStamp + 30000) done([timeStamp, now]); else requestAnimationFrame(look);
            }};
            look();
        }}, {{ capture: true, once: true }}));
        light('#tap').onclick = () => {{ {tap} }};
        const {{ x, y, width, height }} = ({at}).getBoundingClientRect();
        return [x + width / 2, y + height / 2]"
    );
    let finger = page.js(&watch).await;
    let finger = json!([{ "x": finger[0], "y": finger[1] }]);
    page.cdp("Input.dispatchTouchEvent", json!({ "type": "touchStart", "touchPoints": finger })).await;
    tokio::time::sleep(TAP).await;
    page.cdp("Input.dispatchTouchEvent", json!({ "type": "touchEnd", "touchPoints": [] })).await;
    let times = page.client.execute_async("usable.then(arguments[0])", vec![]).await.unwrap();
    let began = times[0].as_f64().unwrap();
    let usable = times[1].as_f64().unwrap() - began;
    assert!(usable < 30_000.0, "{}: {name} did not come within 30 s", subject.name);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut found = costs(&page, began).await;
    found["usable_ms"] = json!(usable);
    found["of"] = json!([subject.name, name]);
    if name == "a form" {
        found["keys_ms"] = json!(keys(&page, is_there).await);
    }
    found
}

/// What came over the network since the log was read last, what blocked the main thread since `began`, and the memory.
async fn costs(page: &Page, began: f64) -> Value {
    let log = page.network_log().await;
    let of = |method: &'static str| log.iter().filter(move |event| event["method"] == method);
    let sent: Vec<_> = of("Network.requestWillBeSent").map(|event| &event["params"]).collect();
    let n_preflights = sent.iter().filter(|request| request["request"]["method"] == "OPTIONS").count();
    let bytes: f64 =
        of("Network.loadingFinished").filter_map(|event| event["params"]["encodedDataLength"].as_f64()).sum();
    let blocked = "return seen.long.filter(([at]) => at >= arguments[0]).reduce((sum, [, ms]) => sum + Math.max(0, ms - 50), 0)";
    let blocked = page.js_with(blocked, vec![json!(began)]).await;
    page.cdp("HeapProfiler.collectGarbage", json!({})).await;
    let metrics = page.cdp("Performance.getMetrics", json!({})).await;
    let heap =
        metrics["metrics"].as_array().into_iter().flatten().find(|metric| metric["name"] == "JSHeapUsedSize");
    json!({
        "requests": sent.len(),
        "preflights": n_preflights,
        "bytes": bytes,
        "blocked_ms": blocked,
        "heap_bytes": heap.map(|metric| metric["value"].clone()),
    })
}

/// From each key to the frame that shows it.
async fn keys(page: &Page, field: &str) -> Vec<f64> {
    page.js(&format!(
        "{LOOK} ({field}).focus(); window.keys = [];
        addEventListener('keydown', (event) => requestAnimationFrame(() => {{
            const channel = new MessageChannel();
            channel.port1.onmessage = () => keys.push(performance.now() - event.timeStamp);
            channel.port2.postMessage(0);
        }}), true)"
    ))
    .await;
    for (at, words) in WORDS.into_iter().enumerate() {
        for key in words.chars() {
            page.press([key]).await;
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        if at == 0 {
            page.js("keys.length = 0").await;
        }
    }
    let keys = page.js("return keys").await;
    keys.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

/// The medians of all visits, in the order in which they were made first.
pub fn report(found: &[Value]) -> Value {
    let mut all: Vec<Value> = Vec::new();
    for of in found.iter().map(|one| &one["of"]) {
        if all.iter().any(|one| one["of"] == *of) {
            continue;
        }
        let runs: Vec<&Value> = found.iter().filter(|one| one["of"] == *of).collect();
        let mut line = json!({ "of": of, "runs": runs.len() });
        for figure in
            ["requests", "preflights", "bytes", "blocked_ms", "heap_bytes", "lcp_ms", "shift", "usable_ms"]
        {
            let mut sorted: Vec<f64> = runs.iter().filter_map(|run| run[figure].as_f64()).collect();
            sorted.sort_by(f64::total_cmp);
            if let Some(median) = sorted.get(sorted.len() / 2) {
                line[figure] = json!(median);
            }
        }
        let mut keys: Vec<f64> = runs
            .iter()
            .flat_map(|run| run["keys_ms"].as_array().into_iter().flatten())
            .filter_map(Value::as_f64)
            .collect();
        keys.sort_by(f64::total_cmp);
        if !keys.is_empty() {
            line["key_p50_ms"] = json!(keys[keys.len() / 2]);
            line["key_p95_ms"] = json!(keys[keys.len() * 95 / 100]);
        }
        all.push(line);
    }
    json!({ "latency_ms": LATENCY_MS, "bytes_per_s": BYTES_PER_S, "cpu_slowdown": CPU_SLOWDOWN, "subjects": all })
}
