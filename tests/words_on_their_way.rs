//! Sending: whatever fails on the way, the words arrive once, or stay with who wrote them.

use crate::steps::{Hand, SITE, can_dial, configured, moves_clock, tries_again_soon};
use peer_support_tests::relay::{Fault, Relay};
use peer_support_tests::server::{Moderator, Server};
use peer_support_tests::{Page, Visit, each_browser, eventually};
use serde_json::{Value, json};

each_browser!(
    words_go_by_themselves_when_the_server_is_back,
    whatever_fails_on_the_way_words_arrive_once,
    words_that_are_given_up_are_taken_back,
    words_wait_for_the_network,
    a_site_that_takes_nothing_gives_the_words_back,
    warnings_for_readers_are_sent_along,
    a_draft_outlives_the_panel_and_the_language_but_not_the_leaving,
    the_device_works_while_a_server_is_flooded,
    whoever_cannot_wait_sends_without_work,
);

const WORDS: &str = "Nobody should have to type this twice.";

/// Writes, as far as the button that sends.
async fn write(page: &Page, words: &str) {
    Hand::Mouse.open_panel(page).await;
    Hand::Mouse.choose(page, "tab", "Write").await;
    Hand::Mouse.write(page, None, "Your words", words).await;
}

/// What the box holds; `None` when there is no box.
async fn draft(page: &Page) -> Value {
    page.js("return ps.find('textbox', 'Your words')?.value ?? null").await
}

async fn waiting(moderator: &Moderator) -> Vec<String> {
    let queue = moderator.queue().await;
    queue.iter().map(|item| item["text"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn words_go_by_themselves_when_the_server_is_back(visit: &Visit) {
    let mut server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    tries_again_soon(&page).await;
    write(&page, WORDS).await;
    server.kill();

    // The author sees their words on their way at once, and what holds them up.
    page.click("button", "Send").await;
    page.find("heading", "On its way").await;
    page.reads(WORDS).await;
    page.reads("we keep trying").await;
    page.until(
        "the focus is on what became of them",
        "return ps.describe(ps.focused()) === 'heading «On its way»'",
    )
    .await;
    page.passes_axe("words on their way").await;
    page.save_shot("on-its-way").await;
    can_dial(&page, "tel:999").await;

    // They look at something else; the panel is closed and opened again; the server dies once more.
    page.click("tab", "Help now").await;
    page.click("button", "Close").await;
    server.restart().await;
    server.kill();
    Hand::Mouse.open_panel(&page).await;
    server.restart().await;
    page.click("tab", "Write").await;
    page.find("heading", "Kept for a moderator").await;

    assert_eq!(waiting(&server.moderator().await).await, [WORDS]);
}

async fn whatever_fails_on_the_way_words_arrive_once(visit: &Visit) {
    let mut server = visit.server().await;
    let relay = Relay::to(&server.origin()).await;
    let host = visit.host_through(&relay, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    // The clock is moved, not waited for: nobody is patient here, and pauses are short.
    moves_clock(&page, "ms === 20000 ? 4000 : Math.min(ms ?? 0, 100)").await;
    page.expect_problem("status of 500");
    page.expect_problem("status of 429");
    page.expect_problem("ERR_");
    write(&page, WORDS).await;
    relay.fail([
        Fault::Answer(500, "", "{}".to_owned()),
        Fault::Answer(200, "", "<html>Welcome to the hotel's network".to_owned()),
        Fault::Answer(200, "", r#"{"id":"0"}"#.to_owned()),
        Fault::Answer(429, "retry-after: 1\r\n", "{}".to_owned()),
        Fault::LoseAnswer,
        Fault::Hang,
        Fault::LoseAnswer,
    ]);

    page.click("button", "Send").await;
    page.find("heading", "Kept for a moderator").await;

    assert!(relay.is_mended(), "not all faults were met");
    assert_eq!(waiting(&server.moderator().await).await, [WORDS]);
    let keys: Vec<String> = relay
        .heads()
        .iter()
        .map(|head| {
            head.lines().find(|line| line.to_lowercase().starts_with("idempotency-key")).unwrap().to_owned()
        })
        .collect();
    assert!(keys.len() == 8 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

async fn words_that_are_given_up_are_taken_back(visit: &Visit) {
    const OTHERS: &str = " Or so I thought.";
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    let relay = Relay::to(&server.origin()).await;
    let host = visit.host_through(&relay, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    page.expect_problem("ERR_");
    // The clock is moved, not waited for: pauses last for ever, and what hangs is given up when the test says so.
    page.js("window.hangs = 20000").await;
    moves_clock(&page, "ms > 1000 && ms < 20000 ? Infinity : ms === 20000 ? window.hangs : ms").await;
    write(&page, WORDS).await;
    relay.fail([Fault::LoseAnswer]);
    page.click("button", "Send").await;
    page.reads("we keep trying").await;
    assert_eq!(waiting(&moderator).await, [WORDS], "the server has it, and the author does not know");

    page.click("button", "Do not send").await;
    page.find("textbox", "Your words").await;
    assert_eq!(draft(&page).await, json!(WORDS));
    eventually("it is taken back", async || waiting(&moderator).await.is_empty()).await;

    // Given up while it is on its way, it is taken back when it turns out to have arrived.
    relay.fail([Fault::Hang]);
    page.js("window.hangs = 3000").await;
    page.click("button", "Send").await;
    eventually("it came to the server", async || waiting(&moderator).await == [WORDS]).await;
    page.click("button", "Do not send").await;
    eventually("it is taken back again", async || waiting(&moderator).await.is_empty()).await;
    page.js("window.hangs = 20000").await;

    Hand::Mouse.write(&page, None, "Your words", "").await;
    page.js("const box = ps.find('textbox', 'Your words'); box.setSelectionRange(999, 999)").await;
    page.type_text(OTHERS).await;
    page.click("button", "Send").await;
    page.find("heading", "Kept for a moderator").await;
    assert_eq!(waiting(&moderator).await, [[WORDS, OTHERS].concat()]);
}

async fn words_wait_for_the_network(visit: &Visit) {
    let mut server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    page.expect_problem("ERR_");
    write(&page, WORDS).await;
    // No driver can take the network away everywhere: the browser is told so, and the server is gone. Pauses last for ever.
    moves_clock(&page, "ms > 1000 && ms < 20000 ? Infinity : ms").await;
    page.js("Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false, configurable: true })")
        .await;
    server.kill();

    page.click("button", "Send").await;
    page.reads("You are offline.").await;
    server.restart().await;
    page.js("Object.defineProperty(Navigator.prototype, 'onLine', { get: () => true }); dispatchEvent(new Event('online'))").await;

    page.find("heading", "Kept for a moderator").await;
    page.reads("A moderator of").await;
    page.reads("Usually within 12 hours.").await;
    assert_eq!(waiting(&server.moderator().await).await, [WORDS]);
}

async fn a_site_that_takes_nothing_gives_the_words_back(visit: &Visit) {
    let server = visit.server().await;
    let relay = Relay::to(&server.origin()).await;
    let host = visit.host_through(&relay, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    page.expect_problem("status of 403");
    page.expect_problem("status of 429");
    write(&page, WORDS).await;

    // Too much in a short time: it says when it goes on, and can be stopped.
    relay.fail([Fault::Answer(429, "retry-after: 3000\r\n", "{}".to_owned())]);
    page.click("button", "Send").await;
    page.reads("Your words wait here and are sent at").await;
    page.click("button", "Do not send").await;
    assert_eq!(draft(&page).await, json!(WORDS));

    let closed = json!({ "type": "/problems/site-closed", "status": 403, "code": "site-closed" }).to_string();
    relay.fail([Fault::Answer(403, "", closed)]);
    page.click("button", "Send").await;
    page.reads("This space takes no new posts right now.").await;
    page.find("button", "Copy").await;
    assert_eq!(draft(&page).await, json!(WORDS));
}

async fn warnings_for_readers_are_sent_along(visit: &Visit) {
    let mut server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    let hand = Hand::Keyboard;
    hand.open_panel(&page).await;
    hand.choose(&page, "tab", "Write").await;
    for (kind, prompt) in
        [("What helps me", "when does it help?"), ("Question", "ask others?"), ("Story", "what helped?")]
    {
        hand.choose(&page, "radio", kind).await;
        page.reads(prompt).await;
    }
    hand.write(&page, None, "Your words", WORDS).await;

    hand.choose(&page, "button", "Should readers be warned?").await;
    hand.choose(&page, "checkbox", "Someone’s death").await;
    page.passes_axe("the warnings").await;
    page.save_shot("warnings").await;
    hand.choose(&page, "button", "Send").await;
    page.find("heading", "Kept for a moderator").await;

    let queue = server.moderator().await.queue().await;
    assert_eq!(queue[0]["lang"], "en");
    assert_eq!(queue[0]["notes"], json!(["death"]));
}

async fn a_draft_outlives_the_panel_and_the_language_but_not_the_leaving(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/elsewhere.html?before")).await;
    page.goto(&host.url("/plain.html")).await;
    write(&page, WORDS).await;

    page.click("button", "Close").await;
    Hand::Mouse.open_panel(&page).await;
    page.click("tab", "Stories").await;
    page.click("tab", "Write").await;
    assert_eq!(draft(&page).await, json!(WORDS));
    let speak = |language: &str| {
        format!(
            "const list = ps.all('combobox').find(e => [...(e.options ?? [])].some(o => o.value === 'ar'));
            list.value = '{language}'; list.dispatchEvent(new Event('change', {{ bubbles: true }}))"
        )
    };
    page.js(&speak("ar")).await;
    page.until("the box speaks Arabic", "return ps.all('textbox').find(e => e.localName === 'textarea' && getComputedStyle(e.parentElement).direction === 'rtl')").await;
    page.js(&speak("en")).await;
    page.find("textbox", "Your words").await;
    assert_eq!(draft(&page).await, json!(WORDS));

    page.click("button", "Leave quickly").await;
    page.reads("Rain in the north").await;
    page.client.back().await.unwrap();
    page.until("the page before", "return location.search === '?before'").await;
    let stored = "return Promise.all([indexedDB.databases?.() ?? [], window.caches?.keys() ?? []]).then(([bases, caches]) =>
        [document.cookie, localStorage.length, sessionStorage.length, window.name, bases.length, caches.length])";
    assert_eq!(page.js(stored).await, json!(["", 0, 0, "", 0, 0]));
    page.goto(&host.url("/plain.html")).await;
    Hand::Mouse.open_panel(&page).await;
    page.click("tab", "Write").await;
    page.find("textbox", "Your words").await;
    assert_eq!(draft(&page).await, json!(""));
    assert_eq!(page.js(stored).await, json!(["", 0, 0, "", 0, 0]));
    assert!(!server_has(&server, WORDS), "what was never sent came to the server");
}

/// Whether `words` are in any file of the server's.
fn server_has(server: &Server, words: &str) -> bool {
    std::fs::read_dir(server.data()).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        bytes.windows(words.len()).any(|part| part == words.as_bytes())
    })
}

/// Every device has to work.
const WORK: &str = "[limits]\nwork = \"always\"\n";

async fn the_device_works_while_a_server_is_flooded(visit: &Visit) {
    let (server, moderator) = configured(visit, &[WORK, SITE].concat()).await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    page.expect_problem("status of 428");
    write(&page, WORDS).await;
    page.click("button", "Send").await;
    page.find("heading", "Kept for a moderator").await;

    // Where the page's policy refuses the worker, its own thread works, and never for long.
    let host = visit.host(&server, &[NO_WORKER]).await;
    page.goto(&host.url("/plain.html")).await;
    page.expect_problem("csp worker-src");
    page.expect_problem("violates the following Content Security Policy");
    page.expect_problem("Content-Security-Policy");
    page.js("window.longest = 0; let last = performance.now(); const tick = new MessageChannel();
        tick.port1.onmessage = () => { const now = performance.now(); longest = Math.max(longest, now - last); last = now; tick.port2.postMessage(0) };
        window.watch = () => { last = performance.now(); longest = 0; tick.port2.postMessage(0) }").await;
    write(&page, &WORDS.to_uppercase()).await;
    page.js("watch()").await;
    page.click("button", "Send").await;
    page.find("heading", "Kept for a moderator").await;
    eprintln!("{:?}: the longest pause was {}", visit.browser, page.js("return longest").await);

    let queue = moderator.queue().await;
    assert_eq!(queue.len(), 2);
    assert!(queue.iter().all(|item| item["flags"].is_null()), "{queue:?}");
}

const NO_WORKER: &str = "content-security-policy: default-src 'none'; script-src 'self' SERVER 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self'; connect-src SERVER; worker-src 'none'";

async fn whoever_cannot_wait_sends_without_work(visit: &Visit) {
    let (server, moderator) = configured(visit, &[WORK, SITE].concat()).await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    page.expect_problem("status of 428");
    // A device that is too slow to ever be done.
    page.js("window.Worker = class { postMessage() {} terminate() { window.ended = true } }").await;
    write(&page, WORDS).await;
    page.click("button", "Send").await;
    page.reads("Checking that this is not a flood. A few seconds.").await;
    page.passes_axe("the work").await;
    page.save_shot("work").await;

    Hand::Keyboard.choose(&page, "button", "Send without it (a moderator looks first)").await;
    page.find("heading", "Kept for a moderator").await;

    assert_eq!(page.js("return ended").await, json!(true));
    let queue = moderator.queue().await;
    assert_eq!(queue[0]["text"], WORDS);
    assert!(queue[0]["flags"].to_string().contains("no-work"), "{:?}", queue[0]);
}
