//! "Remember on this device": nothing before it is asked for, and nothing after it is taken back.

use crate::steps::{Hand, fits_the_width};
use peer_support_tests::{Page, Visit, each_browser};
use serde_json::{Value, json};

each_browser!(
    a_device_remembers_only_when_it_is_asked_to_and_forgets_at_one_tap,
    a_browser_that_keeps_nothing_says_so,
    a_code_is_printed_alone,
);

const WORDS: &str = "It has been a long winter and I miss my brother.";
const STORED: &str = "return [document.cookie, localStorage.length, sessionStorage.length]";

async fn send(page: &Page, words: &str) {
    page.click("tab", "Write").await;
    Hand::Mouse.write(page, None, "Your words", words).await;
    page.click("button", "Send").await;
    page.find("heading", "Kept for a moderator").await;
}

async fn code(page: &Page) -> Value {
    page.until("a code", "return ps.textOf().match(/\\b(?:[0-9A-Z]{4}-){4}[0-9A-Z]{4}\\b/)?.[0]").await
}

async fn a_device_remembers_only_when_it_is_asked_to_and_forgets_at_one_tap(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/phone.html")).await;
    page.enter_frame().await;
    Hand::Mouse.open_panel(&page).await;
    send(&page, WORDS).await;
    assert_eq!(page.js(STORED).await, json!(["", 0, 0]));
    assert!(!page.has("button", "Forget everything").await);

    page.reads("whoever uses this device can see").await;
    page.passes_axe("what was sent").await;
    page.save_shot("sent-320").await;
    fits_the_width(&page).await;
    page.click("checkbox", "Remember on this device").await;
    page.find("button", "Forget everything on this device").await;
    assert_eq!(page.js(STORED).await, json!(["", 1, 0]));
    let kept = page.js("return localStorage.getItem('peer-support')").await;
    assert!(!kept.as_str().unwrap().contains("winter"), "no words are kept, only what opens them: {kept}");

    // The next day, and a second post: the code is at hand, and nobody has to type it.
    page.reload().await;
    page.enter_frame().await;
    Hand::Mouse.open_panel(&page).await;
    page.reads("“Leave quickly” does not change that.").await;
    send(&page, "A second one, because the first did me good.").await;
    page.click("button", "Write another").await;
    page.click("button", "My posts").await;
    page.reads("It has been a long winter").await;
    page.reads("A second one").await;
    page.until("two that wait", "return ps.textOf().split('Waiting for a moderator').length === 3").await;
    page.passes_axe("my posts").await;
    page.save_shot("my-posts-320").await;
    fits_the_width(&page).await;
    let newest =
        page.js("return ps.textOf().indexOf('A second one') < ps.textOf().indexOf('It has been')").await;
    assert_eq!(newest, json!(true));
    page.click("button", "Open").await;
    page.find("button", "Edit").await;

    // What is deleted is not remembered either.
    page.click("button", "Delete").await;
    page.click("button", "Delete for good").await;
    page.reads("Deleted. The text is gone.").await;
    let n_kept = page.js("return localStorage.getItem('peer-support').split('\\n').length").await;
    assert_eq!(n_kept, json!(2));

    page.click("button", "Forget everything on this device").await;
    page.reads("This device now remembers nothing of yours.").await;
    assert_eq!(page.js(STORED).await, json!(["", 0, 0]));
    page.click("button", "Back").await;
    page.find("checkbox", "Remember on this device").await;
    assert!(!page.has("button", "My posts").await);
}

async fn a_browser_that_keeps_nothing_says_so(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    page.js("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }")
        .await;
    Hand::Mouse.open_panel(&page).await;
    page.click("tab", "Write").await;
    page.click("checkbox", "Remember on this device").await;
    page.reads("This browser lets us keep nothing").await;

    // Denied altogether, asking alone throws.
    page.js("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError') } })").await;
    send(&page, WORDS).await;
    page.click("checkbox", "Remember on this device").await;
    page.reads("Please keep your codes.").await;
    code(&page).await;
    assert!(!page.has("button", "Forget everything").await);
}

async fn a_code_is_printed_alone(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    page.js("const open = window.open.bind(window);
        window.open = (...given) => {
          const opened = open(...given);
          opened.print = () => (window.printed = [opened.document.title, opened.document.body.innerText.trim(), opened.document.scripts.length]);
          return opened;
        };
        URL.createObjectURL = (blob) => { blob.text().then(text => (window.saved = text)); return '#' };
        HTMLAnchorElement.prototype.click = function () { window.savedAs = this.download }").await;
    Hand::Mouse.open_panel(&page).await;
    send(&page, WORDS).await;
    let code = code(&page).await;

    page.click("button", "Print").await;
    let printed = page.until("a page to print", "return window.printed").await;
    assert_eq!(printed, json!([code, code, 0]));
    page.click("button", "Save as a file").await;
    assert_eq!(page.until("a file", "return window.saved").await, code);
    assert_eq!(page.js("return savedAs").await, json!("code.txt"));
}
