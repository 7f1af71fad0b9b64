//! The moderators' desk: two who never decide about one item, decisions taken back, words taken out. By keyboard.

use fantoccini::key::Key;
use peer_support_tests::server::{Moderator, Server, program};
use peer_support_tests::{Page, Visit, each_browser, eventually};
use serde_json::json;

use crate::steps::{Hand, moves_clock};

each_browser!(
    a_decision_is_sent_when_it_can_be_taken_back_no_more,
    what_a_colleague_reads_is_theirs_until_it_is_taken_over,
    words_are_taken_out_and_a_story_is_folded_by_keyboard,
);

const FIRST: &str = "My first week back at school was hard, and a friend walked in with me.";
const SECOND: &str = "Long walks by the river help me on grey days like this one.";

async fn story(server: &Server, text: &str) -> String {
    let new = json!({ "kind": "story", "text": text, "lang": "en" });
    let receipt = server.post("/sites/demo/posts", &new).await.ok().json();
    receipt["id"].as_str().expect("a receipt has an id").to_owned()
}

/// Whether everyone can read it.
async fn is_published(server: &Server, id: &str) -> bool {
    server.get(&format!("/posts/{id}")).await.status == 200
}

/// Another moderator than the demo's admin, by the API.
async fn sam(server: &Server) -> Moderator {
    let mut add = std::process::Command::new(program());
    let added = add.args(["moderator", "add", "Sam", "--data"]).arg(server.data()).output().unwrap();
    let said = String::from_utf8_lossy(&added.stdout).into_owned();
    let line = said.lines().find(|line| line.contains("#code=")).expect("it prints a sign-in");
    server.moderator_by(line).await
}

async fn console(visit: &Visit, server: &mut Server) -> Page {
    let page = visit.open(&server.sign_in_url().await).await;
    page.find("button", "Sign out").await;
    page
}

/// Moves the clock: what is kept for ten seconds, so that it can be taken back, is kept for minutes.
async fn takes_time(page: &Page) {
    moves_clock(page, "ms === 10000 ? 600000 : ms").await;
}

async fn sign_out(page: &Page) {
    Hand::Keyboard.choose(page, "button", "Sign out").await;
    page.find("textbox", "Name").await;
}

async fn a_decision_is_sent_when_it_can_be_taken_back_no_more(visit: &Visit) {
    let mut server = visit.server().await;
    let (first, second) = (story(&server, FIRST).await, story(&server, SECOND).await);
    let page = console(visit, &mut server).await;
    takes_time(&page).await;
    page.article(FIRST).await;

    page.press(['a']).await;
    page.reads("Will be approved in 10 seconds.").await;
    page.article(SECOND).await;
    page.find("button", "Undo").await;
    page.passes_axe("a decision that can be taken back").await;
    assert!(!is_published(&server, &first).await, "it is sent only later");
    page.press(['u']).await;
    page.reads("Taken back. Nothing was sent.").await;
    page.article(FIRST).await;
    page.gone("button", "Undo").await;

    // Another decision takes its place: it is sent at once.
    Hand::Keyboard.choose(&page, "button", "Approve").await;
    page.article(SECOND).await;
    Hand::Keyboard.choose(&page, "button", "Approve").await;
    eventually("the first is sent", async || is_published(&server, &first).await).await;

    // So it is on signing out.
    sign_out(&page).await;
    assert!(is_published(&server, &second).await);
}

async fn what_a_colleague_reads_is_theirs_until_it_is_taken_over(visit: &Visit) {
    let mut server = visit.server().await;
    let sam = sam(&server).await;
    let (first, second) = (story(&server, FIRST).await, story(&server, SECOND).await);
    sam.claim(&first).await;

    // What Sam reads is passed over, and can be read.
    let page = console(visit, &mut server).await;
    page.article(SECOND).await;
    page.press(['k']).await;
    page.article(FIRST).await;
    page.reads("Sam is reading this.").await;
    page.gone("button", "Approve").await;
    page.press(['a', 'd']).await;
    page.passes_axe("what a colleague reads").await;
    page.save_shot("console-claimed").await;

    // It is taken over, and handed over with a note.
    page.press(['t']).await;
    page.reads("You have taken it over.").await;
    page.find("button", "Approve").await;
    page.press(['h']).await;
    page.until("focus on the note", "return ps.describe(ps.focused()).includes('What they should know')")
        .await;
    page.type_text("She wrote here last week, too.").await;
    page.passes_axe("handing over").await;
    page.press_with(Key::Control, Key::Enter.into()).await;
    page.reads("Handed over to the team.").await;
    page.article(SECOND).await;
    page.press(['k']).await;
    page.article(FIRST).await;
    page.reads("She wrote here last week, too.").await;

    // What Sam decides leaves the list at once, long before the list is asked for anyway.
    eventually("the first is being read here, and the second no more", async || {
        let queue = sam.queue().await;
        let is_read = |id: &str| queue.iter().any(|item| item["id"] == id && !item["claim"].is_null());
        is_read(&first) && !is_read(&second)
    })
    .await;
    sam.approve(&second).await;
    page.reads("Waiting: 1").await;
    page.article(FIRST).await;
    page.press(['a']).await;
    sign_out(&page).await;
    assert!(is_published(&server, &first).await);
}

async fn words_are_taken_out_and_a_story_is_folded_by_keyboard(visit: &Visit) {
    const TEXT: &str = "Marigold here. You can call me on 0151 555 4567 when it gets dark outside.";
    let mut server = visit.server().await;
    let id = story(&server, TEXT).await;
    let page = console(visit, &mut server).await;
    page.article(TEXT).await;

    // What was found is offered; anything else is chosen by keys.
    Hand::Keyboard.choose(&page, "button", "Take out a phone number").await;
    page.reads("Places taken out once you approve: 1.").await;
    page.press(['x']).await;
    page.until("focus on the words", "return ps.focused()?.id === 'take-out'").await;
    page.passes_axe("choosing words").await;
    page.press_with(Key::Control, Key::Home.into()).await;
    for _ in 0.."Marigold".len() {
        page.press_with(Key::Shift, Key::Right.into()).await;
    }
    page.press(['x']).await;
    page.reads("Places taken out once you approve: 2.").await;
    page.press([Key::Escape.into()]).await;
    page.until("the box is gone", "return !document.querySelector('#take-out')").await;
    page.save_shot("console-taken-out").await;

    page.press(['f']).await;
    page.until("focus on the first note", "return ps.focused()?.id === 'fold-first'").await;
    page.press([' ']).await;
    page.passes_axe("folding").await;
    page.press([Key::Enter.into()]).await;
    page.reads("Will be approved in 10 seconds.").await;
    sign_out(&page).await;

    let post = server.get(&format!("/posts/{id}")).await.ok().json();
    assert_eq!(post["notes"], json!(["suicide"]));
    assert_eq!(post["text"], "[removed] here. You can call me on [removed] when it gets dark outside.");
}
