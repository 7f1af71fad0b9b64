//! What becomes published while somebody reads: it is said, and nothing moves before they want it.

use crate::steps::{Hand, knows_the_site};
use peer_support_tests::server::{Moderator, Server};
use peer_support_tests::{Visit, each_browser};
use serde_json::{Value, json};
use std::time::Duration;

each_browser!(a_reader_is_told_of_new_posts_and_replies_and_nothing_moves);

const STORIES: [&str; 3] = [
    "The first evening alone was the longest. I kept the radio on.",
    "Walking to the sea every morning got me through.",
    "I planted beans on the balcony, and they grew.",
];
const REPLY: &str = "The radio helped me as well, very low.";

async fn a_reader_is_told_of_new_posts_and_replies_and_nothing_moves(visit: &Visit) {
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    Hand::Mouse.open_panel(&page).await;
    Hand::Mouse.choose(&page, "tab", "Stories").await;
    let read = page.until("a post to read", "return ps.all('article')[0]").await;
    server.said("/sites/{site}/live").await;
    knows_the_site(&page).await;
    let place = "const place = arguments[0].getBoundingClientRect(); return [place.x, place.y, place.width]";
    let before = page.js_with(place, vec![read.clone()]).await;

    // A moderator lets everyone read a story: it is said, and what is being read stays where it is.
    publish(&server, &moderator, "/sites/demo/posts", STORIES[0]).await;
    let show = page.find("button", "1 new, show").await;
    page.settle().await;
    assert_eq!(page.js_with(place, vec![read.clone()]).await, before);
    assert!(!page.has_text(STORIES[0]).await, "it was shown before anybody asked for it");
    let is_said = "return arguments[0].closest('[role=status]') !== null";
    assert_eq!(page.js_with(is_said, vec![json!(show)]).await, json!(true));

    // Pressed, it stands above the others, with the focus on it, and is new no more.
    Hand::Keyboard.choose(&page, "button", "1 new, show").await;
    let first = "const [first, second] = ps.all('article');
        return ps.textOf(first).includes(arguments[0]) && second === arguments[1] && ps.focused().contains(first)";
    page.until_with("the new post first, and the focus on it", first, vec![json!(STORIES[0]), read]).await;
    assert!(!page.has("button", "1 new, show").await);

    // What came while nothing was heard is found when it is heard again.
    server.restart().await;
    publish(&server, &moderator, "/sites/demo/posts", STORIES[1]).await;
    Hand::Mouse.choose(&page, "button", "1 new, show").await;
    let post = page.article(STORIES[1]).await;

    // In an open thread it is the same with replies, which come behind the others.
    let id = server.get("/sites/demo/posts?order=new").await.ok().json()["items"][0]["id"].clone();
    let thread = format!("/posts/{}/replies", id.as_str().expect("a post has an id"));
    Hand::Mouse.choose_in(&page, Some(&post), "button", "Reply").await;
    let form = page.find("textbox", "Your reply").await;
    page.reads("No replies yet.").await;
    page.focus_is_on("textbox «Your reply").await;
    page.settle().await;
    let before = page.js_with(place, vec![json!(form)]).await;
    publish(&server, &moderator, &thread, REPLY).await;
    page.find("button", "1 new, show").await;
    page.settle().await;
    assert_eq!(page.js_with(place, vec![json!(form)]).await, before);
    Hand::Mouse.choose(&page, "button", "1 new, show").await;
    page.article(REPLY).await;
    page.passes_axe("stories with new ones").await;

    // A page that goes into the browser's memory takes no open stream along, and hears again when it is back. The driver's
    // pages do not go there, so the events are made.
    page.js("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))").await;
    publish(&server, &moderator, "/sites/demo/posts", STORIES[2]).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!page.has("button", "1 new, show").await, "the stream was still open");
    page.js("document.dispatchEvent(new Event('visibilitychange'))").await;
    page.find("button", "1 new, show").await;

    // Who asked for calm is told without a number, and not spoken to.
    page.click("button", "What I’d rather not see").await;
    page.click("checkbox", "Calm").await;
    let show = page.find("button", "Show what is new").await;
    assert_eq!(page.js_with(is_said, vec![json!(show)]).await, json!(false));
    Hand::Mouse.choose(&page, "button", "Show what is new").await;
    page.article(STORIES[2]).await;
}

/// Somebody sends `text` to `path`, and a moderator lets everyone read it.
async fn publish(server: &Server, moderator: &Moderator, path: &str, text: &str) {
    let mut new = json!({ "text": text });
    if path.ends_with("/posts") {
        new["kind"] = Value::from("story");
    }
    let receipt = server.post(path, &new).await.ok().json();
    moderator.approve(receipt["id"].as_str().expect("an item has an id")).await;
}
