//! Script in whatever people may write, shown by panel and console as the text that it is.

use http::Method;
use peer_support_tests::http::send;
use peer_support_tests::server::{Moderator, Server, program};
use peer_support_tests::{Page, Visit, each_browser};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::payloads;
use crate::steps::Hand;

each_browser!(
    the_panel_shows_script_as_text,
    the_console_shows_script_as_text,
    no_guise_of_script_runs_in_the_panel,
    no_guise_of_script_runs_in_the_console,
);

/// Words with script behind them, as short as a name may be.
fn evil(words: &str) -> String {
    format!("{words} <img src=x onerror=owned=1>")
}

/// Fails when anything that was written became more than text.
async fn nothing_ran(page: &Page) {
    let found = page
        .js("return [window.owned ?? null, ps.elements().some(e => e.localName === 'img' && e.getAttribute('src') === 'x')]")
        .await;
    assert_eq!(found, json!([null, false]));
}

async fn post(server: &Server, path: &str, text: &str) -> Value {
    let new = json!({ "kind": "story", "text": text, "lang": "en" });
    server.post(path, &new).await.ok().json()
}

fn id_of(receipt: &Value) -> String {
    receipt["id"].as_str().expect("a receipt has an id").to_owned()
}

/// An account of this name, by the command line; the address that signs it in.
fn account(server: &Server, name: &str) -> String {
    let mut add = std::process::Command::new(program());
    add.args(["moderator", "add", name, "--role", "admin", "--data"]).arg(server.data());
    let added = add.output().unwrap();
    let said = String::from_utf8_lossy(&added.stdout).into_owned();
    let code = said.trim().rsplit_once("#code=").expect("it prints a sign-in").1.to_owned();
    server.url(&format!("/console/#code={code}"))
}

async fn pin_evil(moderator: &Moderator) {
    let card = json!([{ "kind": "rules", "title": evil("Card"), "text": evil("What the card says.") }]);
    moderator.pin("demo", card).await;
}

async fn the_panel_shows_script_as_text(visit: &Visit) {
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    pin_evil(&moderator).await;
    let story = id_of(&post(&server, "/sites/demo/posts", &evil("A story that goes on for a while.")).await);
    moderator.approve(&story).await;
    let reply = id_of(&post(&server, &format!("/posts/{story}/replies"), &evil("A reply to it.")).await);
    moderator.approve(&reply).await;

    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    Hand::Mouse.open_panel(&page).await;
    page.click("tab", "Stories").await;

    page.article(&evil("A story that goes on for a while.")).await;
    page.reads(&evil("Card")).await;
    nothing_ran(&page).await;
}

async fn the_console_shows_script_as_text(visit: &Visit) {
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    pin_evil(&moderator).await;
    let steps = json!({ "green": [evil("A step.")], "amber": [evil("A step.")], "red": [evil("A step.")] });
    moderator.call(Method::PUT, "/console/sites/demo/playbook", Some(&steps)).await;
    let reasons = json!({ "reasons": [{ "name": evil("Name"), "text": evil("Thank you for writing.") }] });
    moderator.call(Method::PUT, "/console/sites/demo/reasons", Some(&reasons)).await;
    let text = evil("A story that goes on for a while.");
    let story = id_of(&post(&server, "/sites/demo/posts", &text).await);
    moderator.say(&story, &evil("A private word.")).await;
    for (what, said) in [("hand-over", "A note for you."), ("escalation", "Please look.")] {
        let path = format!("/console/items/{story}/{what}");
        moderator.call(Method::POST, &path, Some(&json!({ "note": evil(said) }))).await;
    }

    let page = visit.open(&account(&server, &evil("Ada"))).await;
    page.article(&text).await;

    page.click("button", "Steps: Nothing was noticed").await;
    for said in ["A private word.", "A note for you.", "Please look.", "A step.", "Ada"] {
        page.reads(&evil(said)).await;
    }
    nothing_ran(&page).await;
    page.press(['d']).await;
    page.until("the reason", "return ps.focused()?.id === 'reason'").await;
    nothing_ran(&page).await;
    page.press([fantoccini::key::Key::Escape.into()]).await;
    page.click("button", "Site").await;
    page.reads("People and what they may do").await;
    page.reads(&evil("Ada")).await;
    nothing_ran(&page).await;
}

/// Payloads of one post, so that a page of the feed has a hundred.
const OF_A_POST: usize = 4;

/// Characters of an item in the console's list, at least.
const LISTED_CHARS: usize = 100;

/// Private words and hand-overs of one item, each of which the console shows beside it.
const WORDS_A_ROUND: usize = 8;

/// What a script finds that only a payload can have made: the number that one left, and elements, handlers and addresses that
/// neither panel nor console has.
const TRACES: &str = r#"
    const ran = window.owned ?? null;
    const code = /^(on.+|style|srcdoc)$/;
    const address = /^(href|src|action|formaction|data|poster|xlink:href|to|values|from)$/;
    const odd = /^(script|iframe|object|embed|base|meta|link|img|image|video|audio|source|math|animate|noscript|template)$/;
    const isOurs = e => e.getRootNode() instanceof ShadowRoot || document.body.contains(e) && !e.matches('script[src]');
    const made = ps.elements().filter(isOurs).filter(e => odd.test(e.localName) || /owned/.test(e.localName)
      || ['style', 'svg'].includes(e.localName) && /owned/.test(e.outerHTML)
      || [...e.attributes].some(a => code.test(a.name) && /owned/.test(a.value) || address.test(a.name) && /owned/.test(a.value)));
    return [ran, made.map(e => e.outerHTML.slice(0, 200))];
"#;

/// Fails when a payload ran or became an element. What a policy stopped, `window.problems` has, which fails every test.
async fn none_ran(page: &Page) {
    assert_eq!(page.js(TRACES).await, json!([null, []]), "{:?}", page.browser);
}

/// What dialogs would say is kept like any other trace, instead of stopping the test.
async fn set_traps(page: &Page) {
    page.js(
        "for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => { window.owned = name };
         window.problems ??= [];
         addEventListener('securitypolicyviolation', e => window.problems.push(`csp ${e.effectiveDirective} ${e.blockedURI}`));",
    )
    .await;
}

fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Fails when one of `texts` is not to be read, as it was written.
fn are_read(shown: &str, texts: impl IntoIterator<Item = String>) {
    let shown = tidy(shown);
    let missing: Vec<String> = texts.into_iter().filter(|text| !shown.contains(&tidy(text))).collect();
    assert!(
        missing.is_empty(),
        "{} are not shown as they were written: {:?}",
        missing.len(),
        missing.first()
    );
}

/// Brings these items of the format `peer-support` into the demo site, all at once.
fn import(server: &Server, items: impl IntoIterator<Item = Value>, is_published: bool) {
    let file = server.data().join(format!("payloads-{is_published}.jsonl"));
    let mut lines = String::from("{\"format\":\"peer-support\",\"version\":1}\n");
    for item in items {
        lines.push_str(&format!("{item}\n"));
    }
    std::fs::write(&file, lines).unwrap();
    let mut import = std::process::Command::new(program());
    import.args(["import", "--from", "peer-support", "--site", "demo"]);
    if is_published {
        import.arg("--publish");
    }
    let done = import.arg("--data").arg(server.data()).arg(&file).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(said.contains("; 0 comments left out"), "{said}");
}

/// An item to import: the `n`th, a post, or a reply to one.
fn item(n: usize, post: Option<usize>, text: &str, state: &str) -> Value {
    let id = |n: usize| format!("{n:013}");
    let created_at = 1_700_000_000_000_i64 + i64::try_from(n).expect("it is small") * 60_000;
    let mut item = json!({ "id": id(n), "text": text, "state": state, "created_at": created_at });
    match post {
        Some(post) => item["post"] = json!(id(post)),
        None => (item["kind"], item["topic"]) = (json!("story"), json!("general")),
    }
    item
}

/// Presses the button of this name as often as it is there. By its text: names of all that is there take long in a long list.
async fn all_of_it(page: &Page, button: &str) {
    let script = format!(
        "const leaves = ps.elements().filter(e => e.childElementCount === 0);
         const more = leaves.find(e => e.localName === 'button' && e.textContent === {button:?} && !e.disabled);
         if (more) more.click();
         return !more && !leaves.some(e => e.textContent === 'Loading…')"
    );
    // Several in a row: between a press and its answer there is a moment without either.
    let mut n_quiet = 0;
    while n_quiet < 5 {
        n_quiet = if page.js(&script).await == json!(true) { n_quiet + 1 } else { 0 };
        page.settle().await;
    }
}

/// What stands in an address comes back in no page of the server's: neither a path nor a query that nobody knows.
async fn no_address_comes_back(server: &Server, payloads: &[String]) {
    for payload in payloads {
        let written: String = form_urlencoded::byte_serialize(payload.as_bytes()).collect();
        let written = written.replace('+', "%20");
        for path in [
            "/problems/PAYLOAD",
            "/frame/PAYLOAD",
            "/frame/demo?x=PAYLOAD",
            "/console/?x=PAYLOAD",
            "/PAYLOAD",
        ] {
            let url = server.url(&path.replace("PAYLOAD", &written));
            let answer = send(Method::GET, &url, &[], None).await.unwrap();
            assert!(!answer.body.contains(payload), "{path} comes back with {payload}");
        }
    }
}

async fn no_guise_of_script_runs_in_the_panel(visit: &Visit) {
    let mut server = visit.server().await;
    let payloads = payloads::all();
    let posts: Vec<String> = payloads
        .chunks(OF_A_POST)
        .map(|some| format!("{}\n{}", some.join("\n"), "and so it went on"))
        .collect();
    let replies = payloads::packed(1_000);
    let n_posts = posts.len();
    let in_posts = posts.iter().enumerate().map(|(n, text)| item(n + 1, None, text, "published"));
    let in_replies =
        replies.iter().enumerate().map(|(n, text)| item(n_posts + n + 1, Some(n_posts), text, "published"));
    import(&server, in_posts.chain(in_replies), true);
    let moderator = server.moderator().await;

    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    set_traps(&page).await;
    Hand::Mouse.open_panel(&page).await;
    page.click("tab", "Stories").await;
    page.find("button", "Show more").await;
    all_of_it(&page, "Show more").await;
    none_ran(&page).await;
    are_read(&page.text().await, payloads.clone());

    no_address_comes_back(&server, &payloads).await;

    let thread = page.article(&tidy(&posts[n_posts - 1])).await;
    page.click_in(Some(&thread), "button", &format!("{} replies", replies.len())).await;
    all_of_it(&page, "Show more").await;
    none_ran(&page).await;
    are_read(&page.text().await, replies);

    // All of them above the posts, as many at a time as a site may have.
    let (titles, texts) = (payloads::packed(80), payloads::packed(1_000));
    let mut titles = titles.iter().cycle();
    for texts in texts.chunks(8) {
        let card = |text: &String| json!({ "kind": "rules", "title": titles.next().expect("it has no end"), "text": text });
        let cards: Vec<Value> = texts.iter().map(card).collect();
        moderator.pin("demo", json!(cards)).await;
        page.reload().await;
        set_traps(&page).await;
        Hand::Mouse.open_panel(&page).await;
        page.click("tab", "Stories").await;
        page.find("button", "Show more").await;
        page.find("button", "I have read this").await;
        let shown = page.js("return ps.elements().map(e => e.shadowRoot?.textContent ?? '').join(' ')").await;
        none_ran(&page).await;
        are_read(shown.as_str().expect("a text"), texts.to_vec());
    }
}

async fn no_guise_of_script_runs_in_the_console(visit: &Visit) {
    let mut server = visit.server().await;
    let payloads = payloads::all();
    let texts: Vec<String> = payloads.iter().map(|payload| format!("{payload} and so it went on")).collect();
    import(&server, texts.iter().enumerate().map(|(n, text)| item(n + 1, None, text, "held")), false);
    let moderator = server.moderator().await;

    let page = visit.open(&account(&server, &evil("Ada"))).await;
    set_traps(&page).await;
    page.find("button", "Show more").await;
    all_of_it(&page, "Show more").await;
    // Longer ones are cut in the list.
    let short = payloads.iter().filter(|payload| payload.chars().count() <= LISTED_CHARS);
    none_ran(&page).await;
    are_read(&page.text().await, short.cloned());

    // In every round other words of the site's and the team's, and the next item.
    let (steps, reasons) = (payloads::packed(200), payloads::packed(450));
    let (words, notes) = (payloads::packed(1_000), payloads::packed(500));
    let (mut words, mut notes) = (words.iter().cycle(), notes.iter().cycle());
    let n_rounds = steps.len().div_ceil(36).max(reasons.len().div_ceil(12));
    let names = payloads::packed(40);
    let mut names = names.iter().cycle();
    for round in 0..n_rounds {
        let of = |texts: &[String], n: usize| -> Vec<String> {
            texts.iter().cycle().skip(round * n).take(n).cloned().collect()
        };
        let steps = of(&steps, 36);
        let by_colour = json!({ "green": steps[..12], "amber": steps[12..24], "red": steps[24..] });
        moderator.call(Method::PUT, "/console/sites/demo/playbook", Some(&by_colour)).await;
        let reasons = of(&reasons, 12);
        // Authors are not shouted at, so these take no exclamation marks.
        let template = |text: &String| {
            let text = text.replace('!', "");
            json!({ "name": names.next().expect("it has no end"), "text": text })
        };
        let templates: Vec<Value> = reasons.iter().map(template).collect();
        moderator
            .call(Method::PUT, "/console/sites/demo/reasons", Some(&json!({ "reasons": templates })))
            .await;
        let first = moderator.queue().await.swap_remove(0);
        let id = id_of(&first);
        // The page reads it already.
        let claim = format!("/console/items/{id}/claim");
        let take_over = json!({ "takes_over": true });
        moderator.call(Method::PUT, &claim, Some(&take_over)).await;
        let mut said: Vec<String> = Vec::new();
        for _ in 0..WORDS_A_ROUND {
            let (word, note) = (words.next().expect("it has no end"), notes.next().expect("it has no end"));
            moderator.say(&id, word).await;
            let path = format!("/console/items/{id}/hand-over");
            moderator.call(Method::POST, &path, Some(&json!({ "note": note }))).await;
            said.extend([word.clone(), note.clone()]);
        }
        let note = notes.next().expect("it has no end");
        moderator
            .call(Method::POST, &format!("/console/items/{id}/escalation"), Some(&json!({ "note": note })))
            .await;
        said.push(note.clone());

        moderator.call(Method::DELETE, &claim, None).await;

        page.reload().await;
        set_traps(&page).await;
        page.article(&tidy(first["text"].as_str().expect("an item has a text"))).await;
        page.js("const steps = ps.all('button').find(e => ps.textOf(e).startsWith('Steps: ')); if (steps) steps.click()").await;
        page.press(['d']).await;
        page.until("the reason", "return ps.focused()?.id === 'reason'").await;
        let shown = page.js("return document.body.textContent").await;
        none_ran(&page).await;
        are_read(shown.as_str().expect("a text"), said);
        moderator.call(Method::PUT, &claim, Some(&take_over)).await;
        moderator.decline(&id, &of(&reasons, 1)[0]).await;
    }
}
