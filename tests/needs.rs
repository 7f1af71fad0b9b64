//! The named needs of `helplines/needs.toml`, by real keys in a real panel: each reaches its line in at most two steps.
//!
//! `domain/tests/needs.rs` looks the same table up without a browser. One engine is enough for what is left: that the
//! panel asks what was typed and chosen, and shows what was found.

use peer_support_tests::{Page, Visit, each_browser, workspace};
use serde_json::{Value, json};
use std::collections::BTreeMap;

each_browser!(@ chromium Chromium every_need_reaches_its_line);

/// What stands before a question mark in French; names have a common space there.
const NARROW: char = '\u{202f}';

/// When a need is asked for that names no instant: as in `domain/tests/needs.rs`.
const AT: &str = "2026-11-24T12:00:00Z";

async fn every_need_reaches_its_line(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    page.find("button", "Support").await;
    let table = read("helplines/needs.toml");
    let needs = table["need"].as_array().unwrap();
    assert!(needs.len() >= 60, "{} needs", needs.len());

    let mut texts = BTreeMap::new();
    let mut failed = Vec::new();
    for need in needs {
        let texts =
            texts.entry(need["lang"].as_str().unwrap()).or_insert_with_key(|language| words_of(language));
        failed.extend(ask(&page, need, texts).await);
    }

    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), needs.len(), failed.join("\n"));
}

/// Takes the steps of a need in a new panel; what is wrong with what shows, if anything.
async fn ask(page: &Page, need: &toml::Value, texts: &Value) -> Option<String> {
    let text = |key: &str| need.get(key).and_then(toml::Value::as_str);
    let (country, language, say) = (text("country")?, text("lang")?, text("say")?);
    let lines = names(country);
    let expected: Vec<_> = need["expect"].as_array()?.iter().map(|id| &lines[id.as_str().unwrap()]).collect();
    open(page, country, language, text("at").unwrap_or(AT)).await;

    let mut n_steps = 1;
    page.click("textbox", &word(texts, "about").replace(NARROW, " ")).await;
    page.type_text(say).await;
    if let Some(region) = text("region") {
        n_steps += 1;
        let choose = "const [name, region] = arguments, select = ps.find('combobox', name);
            if (![...(select?.options ?? [])].some(option => option.value === region)) return false;
            select.value = region; select.dispatchEvent(new Event('change', { bubbles: true })); return true";
        let arguments = vec![json!(word(texts, "region")), json!(region)];
        page.until_with(&format!("the region {region}"), choose, arguments).await;
    }
    let toggles = need.get("kinds").and_then(toml::Value::as_array).into_iter().flatten();
    let toggles = toggles.map(|kind| match kind.as_str().unwrap() {
        "phone" => "way-call",
        "sms" => "way-text",
        "chat" => "way-chat",
        other => panic!("no toggle for {other}"),
    });
    let is_open_asked = need.get("open_now").and_then(toml::Value::as_bool) == Some(true);
    for toggle in toggles.chain(is_open_asked.then_some("open-now")) {
        n_steps += 1;
        page.click("button", word(texts, toggle)).await;
    }
    assert!(n_steps <= 2, "{say}: {n_steps} steps");

    // What is inside the panel shows first; the whole directory and the term list may still be on their way.
    let reached = "const best = ps.elements(document).filter(e => e.matches('.lines:not(details *) > li h3') && ps.isSeen(e));
        const names = best.map(e => ps.textOf(e));
        return names.some(name => arguments[0].includes(name)) ? ['reached'] : names";
    let mut shown = Value::Null;
    for _ in 0..100 {
        page.settle().await;
        shown = page.js_with(reached, vec![json!(expected)]).await;
        if shown == json!(["reached"]) {
            return None;
        }
    }
    Some(format!("{country} {language} «{say}»: not {expected:?} but {shown}"))
}

/// Opens a new panel as somebody sees it whose browser speaks `language`, at the instant `at`.
async fn open(page: &Page, country: &str, language: &str, at: &str) {
    let script = "const [country, locale, at] = arguments;
        window.RealDate ??= Date;
        const now = RealDate.parse(at);
        window.Date = class extends RealDate {
            constructor(...parts) { parts.length ? super(...parts) : super(now); }
            static now() { return now; }
        };
        Object.defineProperty(navigator, 'languages', { value: [locale], configurable: true });
        const old = document.querySelector('peer-support');
        const fresh = document.createElement('peer-support');
        for (const { name, value } of old.attributes) fresh.setAttribute(name, value);
        fresh.setAttribute('country', country);
        fresh.setAttribute('locale', locale);
        old.remove();
        document.body.append(fresh);
        fresh.open()";
    page.js_with(script, vec![json!(country), json!(language), json!(at)]).await;
}

/// The lines of a country: their names by their ids.
fn names(country: &str) -> BTreeMap<String, String> {
    let file = read(&format!("helplines/{}.toml", country.to_lowercase()));
    let line = |line: &toml::Value| {
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        // White space is collapsed when a page is read.
        (text("id"), text("name").split_whitespace().collect::<Vec<_>>().join(" "))
    };
    file["line"].as_array().unwrap().iter().map(line).collect()
}

fn words_of(language: &str) -> Value {
    let file = workspace(&format!("locales/{language}.json"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn word<'a>(texts: &'a Value, key: &str) -> &'a str {
    texts[key].as_str().unwrap_or_else(|| panic!("no text {key}"))
}

fn read(path: &str) -> toml::Table {
    std::fs::read_to_string(workspace(path)).unwrap().parse().unwrap()
}
