//! An author and what they wrote: theirs to see, to mend and to take away.

use crate::steps::Hand;
use fantoccini::key::Key;
use peer_support_tests::{Visit, each_browser};
use serde_json::json;

each_browser!(
    an_author_comes_back_with_the_code,
    a_declined_post_tells_its_author_why,
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
