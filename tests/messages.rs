//! Made-up input for everything that the panel's JavaScript takes from outside in a page: messages between the page and the frame
//! and from windows that have no business with either, attributes and calls of the element, what a device has kept, and answers.
//!
//! `messages.js` makes it up from a seed and looks after every input for what was promised. Inputs that broke something once are
//! in `fuzz/seeds/messages.json`, and come first. `cargo xtask fuzz --only messages` goes on for minutes.

use crate::steps::{Hand, can_dial};
use fantoccini::key::Key;
use peer_support_tests::server::Server;
use peer_support_tests::site::{Reply, Site};
use peer_support_tests::{Page, Visit, each_browser, made_up_input_takes, workspace};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

each_browser!(made_up_input_breaks_no_promise);

const SEEDS: &str = include_str!("../fuzz/seeds/messages.json");
const MAKE: &str = include_str!("messages.js");
const WATCH: &str = include_str!("messages_frame.js");

/// What nobody but the frame may ever have.
const DRAFT: &str = "a walnut boat that nobody else wrote about";

/// How long the page goes on by itself before somebody really presses its buttons.
const OF_A_ROUND: Duration = Duration::from_secs(4);
/// How long a found input is cut down.
const CUTTING: Duration = Duration::from_secs(40);

/// A page with a panel in a frame, one inside it, a frame of its own, and one of somebody else's.
struct Scene {
    page: Page,
    address: String,
    options: Value,
    _sites: [Arc<Site>; 2],
}

impl Scene {
    async fn new(visit: &Visit, server: &Server) -> Scene {
        let host = visit.host(server, &[]).await;
        let stranger = visit.own_host(&[]).await;
        let frame = std::fs::read_to_string(workspace("target/dist/frame/index.html")).unwrap();
        let begin = format!(
            "<script>{}
            const [sealed, kept] = JSON.parse(decodeURIComponent(location.hash.slice(1)));
            if (sealed) sessionStorage.setItem('peer-support-' + Array(16).fill(0).join('-'), sealed);
            localStorage.setItem('peer-support', kept);</script><script type",
            watching("")
        );
        let frame = frame.replace("__ORIGINS__", "loopback").replacen("<script type", &begin, 1);
        stranger.reply("/frame/*", html(&frame));
        stranger.reply(
            "/stranger.html",
            html(
                "<!doctype html><title>Somebody else's</title><script>addEventListener('message', ({ data, ports }) => {
                if (!data?.asked) return;
                parent.postMessage(data.value, '*', ports);
                parent.postMessage({ told: data.asked }, '*');
            })</script>",
            ),
        );
        host.reply("/kin.html", html("<!doctype html><title>The page's own</title>"));
        host.reply("/messages.js", Reply::Body(200, "text/javascript; charset=utf-8", MAKE.into()));
        host.reply("/", html(&format!(
            "<!doctype html><html lang='en'><meta charset='utf-8'><title>A page</title>
            <script src='/watch.js'></script><script src='/messages.js'></script><h1>A charity for young carers</h1>
            <p><label>Your town <input id='field'></label></p>
            <peer-support site='demo' country='GB' isolation='frame' leave-url='/elsewhere.html'></peer-support>
            <peer-support site='demo' country='GB' isolation='frame' leave-url='/elsewhere.html' mode='inline'></peer-support>
            <iframe src='/kin.html'></iframe><iframe src='{}'></iframe><div id='place'></div>
            <script src='{}/peer-support.js' async></script>",
            stranger.url("/stranger.html"),
            server.origin()
        )));
        let address = host.url("/");
        let options = json!({ "draft": DRAFT, "server": server.origin(), "stranger": stranger.url("") });
        let page = visit.open(&host.url("/elsewhere.html")).await;
        // What Chromium says of sites that the server does not know, and of servers that are none.
        for words in ["blocked by CORS policy", "Fetch API cannot load"] {
            page.expect_problem(words);
        }
        let scene = Scene { page, address, options, _sites: [host, stranger] };
        scene.begin().await;
        scene
    }

    /// Loads the page anew, writes a draft in the frame, and begins to watch.
    async fn begin(&self) {
        let page = &self.page;
        page.goto(&self.address).await;
        for place in [1, 0] {
            if place == 0 {
                page.click("button", "Support").await;
            }
            let drawn = format!(
                "return document.querySelectorAll('peer-support')[{place}]?.shadowRoot?.querySelector('iframe')?.style.display === 'block'"
            );
            page.until("the panel in its frame", &drawn).await;
        }
        page.enter_frame().await;
        page.click("tab", "Write").await;
        page.type_into("textbox", "Your words", DRAFT).await;
        let written = "return ps.find('textbox', 'Your words').value === arguments[0]";
        page.until_with("the draft is written", written, vec![json!(DRAFT)]).await;
        page.js(&watching(DRAFT)).await;
        page.leave_frame().await;
        self.asked("made.begin(given)", self.options.clone()).await.expect("it begins");
    }

    /// What a promise in the page comes to, or why it never did.
    async fn asked(&self, what: &str, given: Value) -> Result<Value, String> {
        let script = format!(
            "const done = arguments[1], given = arguments[0];
            Promise.resolve().then(() => {what}).then((it) => done({{ it: it ?? null }}), (error) => done({{ error: String(error) }}))"
        );
        let answer = self.page.client.execute_async(&script, vec![given]).await;
        let answer = answer.map_err(|error| error.to_string())?;
        match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer["it"].clone()),
        }
    }

    /// Plays one input; what it broke. The page is new after that.
    async fn breaks(&self, input: &Value) -> Option<Value> {
        let came = self.asked("made.play(JSON.parse(given))", json!(input.to_string())).await;
        let broken = came.unwrap_or_else(|error| json!({ "broken": ["the page is gone", error] }));
        if broken.is_null() {
            return None;
        }
        self.begin().await;
        Some(broken)
    }

    /// What somebody does who needs help now, with real keys and a real mouse.
    async fn still_helps(&self) {
        let page = &self.page;
        page.js("document.querySelector('peer-support').close()").await;
        Hand::Mouse.choose(page, "button", "Support").await;
        page.until(
            "the panel is open",
            "return document.querySelector('peer-support').shadowRoot.querySelector('dialog').open",
        )
        .await;
        page.enter_frame().await;
        page.js("document.querySelector('main').shadowRoot.querySelector('#tab-help').click()").await;
        can_dial(page, "tel:999").await;
        can_dial(page, "tel:116123").await;
        page.click("tab", "Write").await;
        page.press([Key::Escape.into()]).await;
        page.leave_frame().await;
        page.until(
            "Escape closes it",
            "return !document.querySelector('peer-support').shadowRoot.querySelector('dialog').open",
        )
        .await;
    }

    /// Takes away of `input` what is not needed to break something, for a while.
    async fn cut(&self, mut input: Value, mut broken: Value) -> (Value, Value) {
        let end = Instant::now() + CUTTING;
        let mut tried = 0;
        while Instant::now() < end {
            let Some(smaller) = cuts(&input).into_iter().nth(tried) else { break };
            tried += 1;
            if let Some(now) = self.breaks(&smaller).await {
                (input, broken, tried) = (smaller, now, 0);
            }
        }
        (input, broken)
    }
}

/// What looks into a frame whose post has this text.
fn watching(draft: &str) -> String {
    let (_, watch) = WATCH.split_once('\n').expect("it begins with a comment");
    format!("({watch})({})", json!(draft))
}

fn html(text: &str) -> Reply {
    Reply::Body(200, "text/html; charset=utf-8", text.as_bytes().to_vec())
}

/// Every input that is a little less than `input`.
fn cuts(input: &Value) -> Vec<Value> {
    let with = |name: &str, value: Value| {
        let mut other = input.clone();
        other[name] = value;
        other
    };
    let mut found = Vec::new();
    for name in ["data", "attributes", "view", "kept", "seal"] {
        found.extend(smaller(&input[name]).into_iter().map(|value| with(name, value)));
    }
    // One answer of many.
    if input["from"] == "answers" && input.get("only").is_none() {
        found.extend((0..16).map(|number| with("only", json!(number))));
    }
    found
}

/// Everything that is `value` without one part.
fn smaller(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter().filter(|(name, _)| *name != "$") {
                let mut without = fields.clone();
                without.remove(name);
                found.push(Value::Object(without));
                for value in smaller(value) {
                    let mut other = fields.clone();
                    other.insert(name.clone(), value);
                    found.push(Value::Object(other));
                }
            }
        }
        Value::Array(parts) => {
            for (place, part) in parts.iter().enumerate() {
                let mut without = parts.clone();
                without.remove(place);
                found.push(Value::Array(without));
                for part in smaller(part) {
                    let mut other = parts.clone();
                    other[place] = part;
                    found.push(Value::Array(other));
                }
            }
        }
        Value::String(text) if !text.is_empty() => found.push(json!("")),
        _ => {}
    }
    found
}

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is no number: {value}")))
}

async fn made_up_input_breaks_no_promise(visit: &Visit) {
    let server = visit.server().await;
    let scene = Scene::new(visit, &server).await;
    let browser = visit.browser;

    if let Ok(input) = std::env::var("PEER_SUPPORT_FUZZ_INPUT") {
        let input: Value = serde_json::from_str(&input).expect("PEER_SUPPORT_FUZZ_INPUT is JSON");
        let broken = scene.breaks(&input).await;
        assert_eq!(broken, None, "{browser:?}: {input}");
        return scene.still_helps().await;
    }
    let seeds: Value = serde_json::from_str(SEEDS).expect("the seeds are JSON");
    for (name, input) in seeds.as_object().expect("seeds have names") {
        let broken = scene.breaks(input).await;
        assert_eq!(broken, None, "{browser:?}: {name}: {input}");
    }
    scene.still_helps().await;

    let seed = number("PEER_SUPPORT_FUZZ_SEED").unwrap_or(1);
    let end = Instant::now() + made_up_input_takes();
    let mut next = json!(0);
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    while Instant::now() < end {
        let given = json!([seed, next, OF_A_ROUND.as_millis() as u64]);
        let came = match scene.asked("made.some(...given)", given).await {
            Ok(came) => came,
            Err(error) => {
                let input = scene.page.js("return sessionStorage.getItem('made')").await;
                json!({ "it": input, "broken": ["the page is gone", error] })
            }
        };
        for (way, n) in came["counts"].as_object().into_iter().flatten() {
            *counts.entry(way.clone()).or_default() += n.as_u64().unwrap_or_default();
        }
        if let Some(input) = came["it"].as_str() {
            scene.begin().await;
            let input = serde_json::from_str(input).expect("an input is JSON");
            let mut report = format!(
                "{browser:?}: seed {seed}, input {}: {input}\nbroke: {:#}\n",
                came["number"], came["broken"]
            );
            let (input, broken) = match scene.breaks(&input).await {
                Some(broken) => scene.cut(input, broken).await,
                None => {
                    report += "It does not break anything alone: what came before belongs to it.\n";
                    (input, came)
                }
            };
            let _ = write!(
                report,
                "The smallest that was found: {input}\nbreaks: {broken:#}\n\
                 Try it again: PEER_SUPPORT_FUZZ_INPUT='{}' cargo xtask test --browser {} made_up_input\n\
                 and all of them: PEER_SUPPORT_FUZZ_SEED={seed}. Add it to fuzz/seeds/messages.json with its repair.",
                input.to_string().replace('\'', "'\\''"),
                format!("{browser:?}").to_lowercase(),
            );
            panic!("{report}");
        }
        next = came["number"].clone();
        scene.still_helps().await;
    }
    println!("{browser:?}: seed {seed}: {next} inputs: {counts:?}");
}
