//! Script in whatever people may write, shown by panel and console as the text that it is.

use http::Method;
use peer_support_tests::server::{Moderator, Server, program};
use peer_support_tests::{Page, Visit, each_browser};
use serde_json::{Value, json};

use crate::steps::Hand;

each_browser!(the_panel_shows_script_as_text, the_console_shows_script_as_text);

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
