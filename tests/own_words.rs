//! An author and what they wrote: theirs to see, to mend and to take away.

use crate::steps::{Hand, can_dial};
use fantoccini::key::Key;
use peer_support_tests::server::Server;
use peer_support_tests::{Page, Visit, each_browser, eventually};
use serde_json::json;

each_browser!(
    an_author_comes_back_with_the_code,
    an_author_answers_in_the_thread_and_changes_what_is_published,
    a_moderator_and_an_author_speak_in_private,
    a_declined_post_tells_its_author_why,
    an_author_objects_once_and_reads_the_answer,
    markup_in_a_post_is_shown_as_text,
);

const FIRST: &str = "It has been a long winter and I miss my brother.";
const MENDED: &str = "It has been a long winter. I miss my sister.";

async fn an_author_comes_back_with_the_code(visit: &Visit) {
    let mut server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let hand = Hand::Mouse;
    let new = json!({ "kind": "story", "text": FIRST });
    let receipt = server.post("/sites/demo/posts", &new).await.ok().json();
    let code = receipt["recovery_code"].as_str().expect("the server drew a code").to_owned();

    // Another browser, another day: the code alone brings it back.
    let page = visit.open(&host.url("/plain.html")).await;
    hand.open_panel(&page).await;
    hand.choose(&page, "tab", "Write").await;
    hand.choose(&page, "button", "I have a code").await;
    hand.write(&page, None, "Your code", &code.to_lowercase()).await;
    hand.choose(&page, "button", "Show").await;
    page.reads(FIRST).await;

    // While it is held, it can be mended.
    hand.choose(&page, "button", "Edit").await;
    page.click("textbox", "Your words").await;
    page.clear_focused().await;
    page.type_text(MENDED).await;
    hand.choose(&page, "button", "Save").await;
    page.reads(MENDED).await;
    let queue = server.moderator().await.queue().await;
    assert_eq!(queue[0]["text"], MENDED);

    // It can be taken away at any time, and then it is gone.
    hand.choose(&page, "button", "Delete").await;
    hand.choose(&page, "button", "Delete for good").await;
    page.reads("Deleted. The text is gone.").await;
    page.until("the text is gone", &format!("return !ps.textOf().includes({})", json!(MENDED))).await;
    server.stop();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(server.data()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        if [FIRST, MENDED].iter().any(|text| bytes.windows(text.len()).any(|part| part == text.as_bytes())) {
            found.push(path);
        }
    }
    assert!(found.is_empty(), "deleted text is still in {found:?}");
}

async fn a_declined_post_tells_its_author_why(visit: &Visit) {
    const REASON: &str = "Thank you for writing. Please leave out your school's name.";
    let mut server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let receipt =
        server.post("/sites/demo/posts", &json!({ "kind": "story", "text": FIRST })).await.ok().json();
    let code = receipt["recovery_code"].as_str().expect("the server drew a code").to_owned();

    // The moderator has many to read, and works by keys alone.
    let console = visit.open(&server.sign_in_url().await).await;
    console.article(FIRST).await;
    console.passes_axe("the console").await;
    console.save_shot("console").await;
    console.press(['d']).await;
    console.find("textbox", "Reason for the author").await;
    console.until("the focus is on the reason", "return ps.focused()?.localName === 'textarea'").await;
    console.type_text(REASON).await;
    Hand::Keyboard.choose(&console, "button", "Send and decline").await;
    console.reads("Declined: its author can read why.").await;

    let page = visit.open(&host.url("/plain.html")).await;
    Hand::Mouse.open_panel(&page).await;
    page.click("button", "I have a code").await;
    page.type_into("textbox", "Your code", &code).await;
    page.press([Key::Enter.into()]).await;
    page.reads(FIRST).await;
    page.reads(REASON).await;
    assert!(!page.has("button", "Edit").await);
    page.passes_axe("what somebody wrote").await;
}

async fn an_author_objects_once_and_reads_the_answer(visit: &Visit) {
    const WHY: &str = "It names nobody.";
    let mut server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let (id, code) = post(&server, FIRST).await;
    let moderator = server.moderator().await;
    moderator.decline(&id, "Please leave the name out.").await;

    let page = visit.open(&host.url("/plain.html")).await;
    open(&page, &code).await;
    page.reads("Please leave the name out.").await;
    page.reads("If you think this is wrong, you can object once.").await;
    Hand::Keyboard.choose(&page, "button", "Object").await;
    Hand::Keyboard.write(&page, None, "Why, if you want to say", WHY).await;
    page.passes_axe("an objection").await;
    page.save_shot("objection").await;
    Hand::Keyboard.choose(&page, "button", "Object").await;
    page.reads("You objected. The team looks at it again").await;
    page.gone("button", "Object").await;
    page.passes_axe("what was objected to").await;

    let queue = moderator.queue().await;
    assert_eq!((&queue[0]["id"], &queue[0]["words"][0]["text"]), (&json!(id), &json!(WHY)));
    moderator.approve(&id).await;
    let page = visit.open(&host.url("/plain.html")).await;
    open(&page, &code).await;
    page.reads("and changed the decision.").await;
}

async fn markup_in_a_post_is_shown_as_text(visit: &Visit) {
    const TEXT: &str = "<img src=x onerror=\"document.title='hurt'\"><b>bold</b><script>document.title='hurt'</script> &amp;";
    const MARKUP: &str = "return ps.elements().filter(e => e.matches('img, script:not([src])') ||
        e.localName === 'b' && e.textContent === 'bold').map(e => e.outerHTML)";
    let mut server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    server.post("/sites/demo/posts", &json!({ "kind": "question", "text": TEXT })).await.ok();

    // The moderator, who sees it first, is no less a target.
    let console = visit.open(&server.sign_in_url().await).await;
    console.reads(TEXT).await;
    assert_eq!(console.js(MARKUP).await, json!([]));
    let item = console.article(TEXT).await;
    console.click_in(Some(&item), "button", "Approve").await;
    console.reads("Approved: everyone can read it now.").await;

    let page = visit.open(&host.url("/plain.html")).await;
    Hand::Mouse.open_panel(&page).await;
    page.click("tab", "Stories").await;
    let post = page.article(TEXT).await;
    assert!(page.text_of(&post).await.contains(TEXT));
    assert_eq!(page.js(MARKUP).await, json!([]));
    assert_ne!(page.js("return document.title").await, "hurt");
}

/// Sends a post as its author's browser does, and gives its id and code.
async fn post(server: &Server, text: &str) -> (String, String) {
    let receipt =
        server.post("/sites/demo/posts", &json!({ "kind": "story", "text": text })).await.ok().json();
    let of = |field: &str| receipt[field].as_str().expect("a receipt has it").to_owned();
    (of("id"), of("recovery_code"))
}

/// Goes to what `code` opens.
async fn open(page: &Page, code: &str) {
    Hand::Mouse.open_panel(page).await;
    page.click("button", "I have a code").await;
    page.type_into("textbox", "Your code", code).await;
    page.press([Key::Enter.into()]).await;
    page.find("button", "Save a copy").await;
}

async fn an_author_answers_in_the_thread_and_changes_what_is_published(visit: &Visit) {
    const THANKS: &str = "Thank you. It helps to know that.";
    let mut server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let (id, code) = post(&server, FIRST).await;
    let moderator = server.moderator().await;
    moderator.approve(&id).await;
    let thread = format!("/posts/{id}/replies");
    let reply = server.post(&thread, &json!({ "text": "I miss mine as well." })).await.ok().json();
    moderator.approve(reply["id"].as_str().unwrap()).await;

    let page = visit.open(&host.url("/plain.html")).await;
    open(&page, &code).await;
    page.reads("Published. Everyone can read it.").await;
    page.reads("I miss mine as well.").await;
    page.passes_axe("what somebody wrote, and its replies").await;
    page.save_shot("mine-published").await;

    // As the same author, though this browser has never been here before.
    page.click("button", "Reply").await;
    Hand::Mouse.write(&page, None, "Your reply", THANKS).await;
    page.click("button", "Send").await;
    page.find("heading", "Kept for a moderator").await;
    page.click("button", "Done").await;
    let queue = moderator.queue().await;
    moderator
        .approve(queue.iter().find(|item| item["text"] == THANKS).unwrap()["id"].as_str().unwrap())
        .await;
    let author = |item: &serde_json::Value| item["author"].clone();
    let post = server.get(&format!("/posts/{id}")).await.ok().json();
    let replies = server.get(&thread).await.ok().json();
    let thanks =
        replies["items"].as_array().unwrap().iter().find(|item| item["text"] == THANKS).unwrap().clone();
    assert_eq!(author(&thanks), author(&post), "not the same author");

    // A new text waits, and others go on reading the old one.
    page.click("button", "Edit").await;
    page.reads("Others read the old text until a moderator has read the new one.").await;
    page.click("textbox", "Your words").await;
    page.clear_focused().await;
    page.type_text(MENDED).await;
    page.click("button", "Save").await;
    page.reads("Your new text waits for a moderator:").await;
    page.reads(MENDED).await;
    page.reads(FIRST).await;
    let post = server.get(&format!("/posts/{id}")).await.ok().json();
    assert_eq!(post["text"], FIRST);

    // A copy of all of it, for people and for programs.
    page.js(
        "URL.createObjectURL = (blob) => { blob.text().then(text => (window.saved = text)); return '#' };
        HTMLAnchorElement.prototype.click = function () { window.savedAs = this.download }",
    )
    .await;
    page.click("button", "Save a copy").await;
    let copy = page.until("a file", "return window.saved").await;
    let copy: serde_json::Value = serde_json::from_str(copy.as_str().unwrap()).unwrap();
    assert_eq!(
        (&copy["text"], &copy["waiting_text"], &copy["state"]),
        (&json!(FIRST), &json!(MENDED), &json!("published"))
    );
    assert_eq!(copy["replies"].as_array().unwrap().len(), 2);
    assert!(copy["created_at"].as_str().unwrap().ends_with('Z'), "{}", copy["created_at"]);
    assert_eq!(page.js("return savedAs").await, json!("copy.json"));
}

async fn a_moderator_and_an_author_speak_in_private(visit: &Visit) {
    const ASKED: &str = "Are you safe tonight?";
    const ANSWER: &str = "Yes, I am with my sister.";
    let mut server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let (id, code) = post(&server, FIRST).await;
    let moderator = server.moderator().await;
    moderator.say(&id, ASKED).await;

    let page = visit.open(&host.url("/plain.html")).await;
    open(&page, &code).await;
    page.reads(ASKED).await;
    page.reads("Only you and the moderators can read this.").await;
    // Beside it stands whom to call, in the same view.
    let lines = "return ps.all('link', ps.find('heading', 'Between you and a moderator').parentElement).some(e => e.href.startsWith('tel:'))";
    page.until("lines to call beside the word", lines).await;
    page.passes_axe("a private word").await;
    page.save_shot("private-word").await;
    Hand::Keyboard.write(&page, None, "Your answer to the moderator", ANSWER).await;
    Hand::Keyboard.choose(&page, "button", "Send").await;
    page.until(
        "the answer stands there",
        &format!("return ps.all('listitem').some(e => ps.textOf(e).includes({}))", json!(ANSWER)),
    )
    .await;
    assert_eq!(page.js("return ps.find('textbox', 'Your answer').value").await, json!(""));
    can_dial(&page, "tel:999").await;

    eventually("the moderator reads the answer", async || {
        let queue = moderator.queue().await;
        queue[0]["words"][1]["text"] == ANSWER && queue[0]["words"].as_array().unwrap().len() == 2
    })
    .await;
}
