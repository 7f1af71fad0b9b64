//! What a screen reader is told of every view: role, name and state of each thing, in order, as Chromium gives it to assistive
//! technology, compared with the files in `tests/trees/`. The page's clock stands still.
//!
//! After a change that is meant, `cargo xtask shots` writes them anew; read what changed before you commit it.

use std::fs;

use peer_support_tests::{Page, Visit, each_browser, workspace};
use serde_json::{Value, json};

use crate::pictures::{CLOCK, TAKE, without_ages};
use crate::steps::{Hand, has_taken, knows_the_site};

each_browser!(@ chromium Chromium a_screen_reader_is_told_the_same_of_every_view);

async fn a_screen_reader_is_told_the_same_of_every_view(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open("about:blank").await;
    page.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": CLOCK })).await;
    page.cdp("Emulation.setTimezoneOverride", json!({ "timezoneId": "Europe/London" })).await;
    page.goto(&host.url("/plain.html")).await;
    let mut wrong = Vec::new();

    page.find("button", "Support").await;
    wrong.extend(compared(&page, "launcher").await);
    Hand::Keyboard.open_panel(&page).await;
    page.until("the view is filled", "return ps.all('link').length > 3").await;
    has_taken(&page, "/helplines/").await;
    wrong.extend(compared(&page, "help-now").await);
    page.click("tab", "Stories").await;
    page.until("the view is filled", "return ps.all('article').length > 2").await;
    knows_the_site(&page).await;
    wrong.extend(compared(&page, "stories").await);
    page.click("tab", "Write").await;
    page.find("textbox", "Your words").await;
    knows_the_site(&page).await;
    wrong.extend(compared(&page, "write").await);

    assert!(wrong.is_empty(), "{}\n`cargo xtask shots` when it is meant", wrong.join("\n"));
}

/// The first line that is not as it was, if there is one.
async fn compared(page: &Page, name: &str) -> Option<String> {
    page.settle().await;
    without_ages(page).await;
    let told = tree(page).await;
    let file = workspace(&format!("tests/trees/{name}.txt"));
    if std::env::var_os(TAKE).is_some() {
        fs::create_dir_all(file.parent().expect("it lies in a folder")).unwrap();
        fs::write(&file, told).unwrap();
        return None;
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    let mut pairs = kept.lines().zip(told.lines());
    let first = pairs.find(|(one, other)| one != other);
    let first = first.map(|(one, other)| format!("{name}: «{}», expected «{}»", other.trim(), one.trim()));
    let is_longer = kept.lines().count() != told.lines().count();
    first.or_else(|| {
        is_longer
            .then(|| format!("{name}: {} lines, expected {}", told.lines().count(), kept.lines().count()))
    })
}

/// One line for each thing that is told, those inside it further in.
async fn tree(page: &Page) -> String {
    let answer = page.cdp("Accessibility.getFullAXTree", json!({})).await;
    let nodes = answer["nodes"].as_array().expect("Chromium tells a tree");
    let root = nodes.iter().find(|node| node["parentId"].is_null()).expect("it has a root");
    let mut lines = String::new();
    tell(nodes, root, 0, &mut lines);
    lines
}

/// States that are told when they are on; the others are the browser's own business.
const STATES: [&str; 9] =
    ["checked", "disabled", "expanded", "invalid", "level", "modal", "pressed", "required", "selected"];

fn tell(nodes: &[Value], node: &Value, depth: usize, lines: &mut String) {
    let role = node["role"]["value"].as_str().unwrap_or_default();
    let is_told =
        node["ignored"] != true && !["none", "generic", "InlineTextBox", "LineBreak"].contains(&role);
    if is_told {
        let states = node["properties"].as_array().into_iter().flatten().filter_map(|property| {
            let name = property["name"].as_str().filter(|name| STATES.contains(name))?;
            let value = &property["value"]["value"];
            let is_off = value.is_null() || *value == json!(false) || *value == json!("false");
            // Whether something is open or pressed is told either way.
            (!is_off || matches!(name, "expanded" | "pressed"))
                .then(|| format!(" {name}={}", value.to_string().replace('"', "")))
        });
        let states: String = states.collect();
        let name = node["name"]["value"].as_str().unwrap_or_default();
        lines.push_str(&format!("{}{role} «{name}»{states}\n", "  ".repeat(depth)));
    }
    for id in node["childIds"].as_array().into_iter().flatten() {
        if let Some(child) = nodes.iter().find(|node| node["nodeId"] == *id) {
            tell(nodes, child, depth + usize::from(is_told), lines);
        }
    }
}
