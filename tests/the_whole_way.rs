//! The main job: find a line to call, read, write, be read, answer, say that it helped.

use crate::steps::{Hand, can_dial, fits_the_width, is_pressed, knows_the_site};
use peer_support_tests::server::{Moderator, Server};
use peer_support_tests::{Page, Visit, each_browser, eventually};

each_browser!(the_whole_way_by_mouse, the_whole_way_by_keyboard_only, the_whole_way_on_a_small_phone);

/// A policy as strict as a page can have that still allows wasm: no inline style or script, nothing else from anywhere.
const STRICT: &str = "content-security-policy: default-src 'none'; script-src 'self' SERVER 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self'; connect-src SERVER; base-uri 'none'; form-action 'none'";

const STORY: &str = "My first week back at school was hard. Walking in with a friend helped.";
const REPLY: &str = "Same here. The second week was easier.";

async fn the_whole_way_by_mouse(visit: &Visit) {
    the_whole_way(visit, Hand::Mouse, "/strict-csp.html").await;
}

async fn the_whole_way_by_keyboard_only(visit: &Visit) {
    the_whole_way(visit, Hand::Keyboard, "/plain.html").await;
}

async fn the_whole_way_on_a_small_phone(visit: &Visit) {
    the_whole_way(visit, Hand::Mouse, "/phone.html").await;
}

async fn the_whole_way(visit: &Visit, hand: Hand, path: &str) {
    let mut server = visit.server().await;
    let is_strict = path == "/strict-csp.html";
    let policy = if is_strict { &[STRICT][..] } else { &[] };
    let host = visit.host(&server, policy).await;
    let is_phone = path == "/phone.html";
    let arrive = async || {
        let page = visit.open(&host.url(path)).await;
        if is_phone {
            page.enter_frame().await;
        }
        hand.open_panel(&page).await;
        page
    };
    let look = async |page: &Page| {
        if is_phone {
            fits_the_width(page).await;
        }
    };

    // Somebody finds whom to call, without asking for it.
    let author = arrive().await;
    can_dial(&author, "tel:999").await;
    can_dial(&author, "tel:116123").await;
    look(&author).await;

    // They read what others wrote, and write.
    hand.choose(&author, "tab", "Stories").await;
    author.until("posts to read", "return ps.all('article').length > 0").await;
    look(&author).await;
    hand.choose(&author, "tab", "Write").await;
    hand.choose(&author, "radio", "Story").await;
    hand.write(&author, None, "Your words", STORY).await;
    look(&author).await;
    hand.choose(&author, "button", "Send").await;

    // It is kept for a moderator, and they are told so and given a code.
    let code = "return ps.textOf().match(/\\b(?:[0-9A-Z]{4}-){4}[0-9A-Z]{4}\\b/)?.[0]";
    author.until("a recovery code", code).await;
    author.reads("moderator").await;
    look(&author).await;

    // Nobody else sees it.
    let reader = arrive().await;
    hand.choose(&reader, "tab", "Stories").await;
    reader.until("posts to read", "return ps.all('article').length > 0").await;
    assert!(!reader.has_text(STORY).await, "a held post is shown to another visitor");
    for order in ["new", "helpful", "unanswered"] {
        let feed = server.get(&format!("/sites/demo/posts?order={order}&limit=100")).await.ok();
        assert!(!feed.body.contains(STORY), "a held post is in the feed by {order}");
    }

    // A moderator lets everyone read it.
    let desk = Desk::open(visit, &mut server, is_strict).await;
    desk.approve(STORY).await;

    // Now the reader can, and answers.
    let reread = async |page: &Page| {
        page.reload().await;
        if is_phone {
            page.enter_frame().await;
        }
        hand.open_panel(page).await;
        hand.choose(page, "tab", "Stories").await;
        // Which answers are offered depends on the site.
        knows_the_site(page).await;
    };
    reread(&reader).await;
    let post = reader.article(STORY).await;
    hand.choose_in(&reader, Some(&post), "button", "Reply").await;
    hand.write(&reader, None, "Your reply", REPLY).await;
    look(&reader).await;
    hand.choose(&reader, "button", "Send").await;
    reader.until("a recovery code for the reply", code).await;
    desk.approve(REPLY).await;

    // The author finds the answer, and says that it helped.
    reread(&author).await;
    let post = author.article(STORY).await;
    hand.choose_in(&author, Some(&post), "button", "1 reply").await;
    let reply = author.article(REPLY).await;
    hand.choose_in(&author, Some(&reply), "button", "This helped").await;
    let helped = author.find_in(Some(&reply), "button", "This helped").await;
    assert!(is_pressed(&author, &helped).await);
    look(&author).await;

    // The server counted it, once; and takes it back when they do.
    let feed = server.get("/sites/demo/posts?order=new").await.ok().json();
    let post = feed["items"].as_array().unwrap().iter().find(|post| post["text"] == STORY).unwrap();
    let thread = format!("/posts/{}/replies", post["id"].as_str().unwrap());
    let n_helped = async || {
        let replies = server.get(&thread).await.ok().json();
        assert_eq!(replies["items"][0]["text"], REPLY);
        replies["items"][0]["votes"]["helped"].as_i64()
    };
    eventually("the vote is counted", async || n_helped().await == Some(1)).await;
    hand.choose_in(&author, Some(&reply), "button", "This helped").await;
    eventually("the vote is taken back", async || n_helped().await == Some(0)).await;
    assert!(!is_pressed(&author, &author.find_in(Some(&reply), "button", "This helped").await).await);
}

/// Where a moderator decides: on the console's page, or, where that is not the point, by the API.
enum Desk {
    Console(Page),
    Api(Moderator),
}

impl Desk {
    async fn open(visit: &Visit, server: &mut Server, is_page: bool) -> Desk {
        if is_page {
            let page = visit.open(&server.sign_in_url().await).await;
            page.find("button", "Sign out").await;
            Desk::Console(page)
        } else {
            Desk::Api(server.moderator().await)
        }
    }

    /// Lets everyone read what has `text` in it.
    async fn approve(&self, text: &str) {
        match self {
            Desk::Console(page) => {
                page.reload().await;
                let item = page.article(text).await;
                page.click_in(Some(&item), "button", "Approve").await;
                page.reads("Approved: everyone can read it now.").await;
            }
            Desk::Api(moderator) => {
                let queue = moderator.queue().await;
                let item = queue.iter().find(|item| item["text"] == text).expect("it waits in the queue");
                moderator.approve(item["id"].as_str().expect("an item has an id")).await;
            }
        }
    }
}
