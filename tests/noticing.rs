//! What a device notices in words while they are written, and what the moderators' page makes of it: help is offered, nothing
//! is sent, nobody is kept from sending.

use crate::steps::{Hand, can_dial};
use peer_support_tests::{Page, Visit, each_browser, eventually};
use serde_json::json;

each_browser!(
    whoever_writes_of_dying_is_offered_somebody_to_talk_to_once,
    what_tells_who_somebody_is_is_underlined_and_taken_out_at_one_press,
    telling_how_is_answered_by_a_hint_that_does_not_repeat_it,
    a_reader_of_words_that_does_not_come_keeps_nobody_from_writing,
    a_moderator_sees_hard_words_when_they_choose_to,
);

const HARD: &str = "My rent is late again. I want to kill myself tonight.";
const CARD: &str = "You can talk to someone, and go on writing as well.";

async fn begin(page: &Page) {
    Hand::Mouse.open_panel(page).await;
    Hand::Mouse.choose(page, "tab", "Write").await;
}

async fn type_on(page: &Page, words: &str) {
    page.click("textbox", "Your words").await;
    page.type_text(words).await;
}

async fn whoever_writes_of_dying_is_offered_somebody_to_talk_to_once(visit: &Visit) {
    let mut server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    begin(&page).await;
    let all = "const came = performance.getEntriesByType('resource').filter(e => e.responseEnd).map(e => e.name);
        return [/\\/sites\\/demo$/, /\\/terms\\//, /\\/helplines\\//, /widget-\\w+\\.txt$/, /\\/peers\\.wasm$/].every(part => came.some(name => part.test(name)))";
    page.until("all is there that comes by itself", all).await;
    let asked = "return performance.getEntriesByType('resource').map(e => new URL(e.name).pathname)
        .filter(path => !path.includes('/signals.') && !path.includes('/locales/'))";
    let asked_before = page.js(asked).await;

    type_on(&page, HARD).await;

    page.reads(CARD).await;
    let said = "return ps.elements().some(e => e.getAttribute('role') === 'alert' && ps.textOf(e).includes('talk to someone'))";
    assert_eq!(page.js(said).await, json!(true));
    let lines = "return ps.all('link').filter(e => e.closest('.noticing')).map(e => e.getAttribute('href'))";
    let lines = page.js(lines).await;
    assert!(
        lines.as_array().unwrap().iter().any(|href| href.as_str().unwrap().starts_with("tel:")),
        "{lines}"
    );
    assert!(page.focused().await.starts_with("textbox"), "the focus stays where the words are written");
    let are_seen = "const card = ps.find('button', 'Not now').closest('.card'), view = card.closest('.panel').getBoundingClientRect();
        return [card, ps.find('textbox', 'Your words')].every(e => {
            const { top, bottom } = e.getBoundingClientRect();
            return top >= view.top && bottom <= view.bottom;
        })";
    page.until("the card and the words are both in sight", are_seen).await;
    page.passes_axe("an offer beside the words").await;
    page.save_shot("offer").await;
    assert_eq!(page.js(asked).await, asked_before, "something was sent or asked for while it was written");

    // Closed, it does not come again for these words.
    page.click("button", "Not now").await;
    page.until("it is gone", &format!("return !ps.textOf().includes({})", json!(CARD))).await;
    type_on(&page, " I mean it, I want to die.").await;
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    assert!(!page.has_text(CARD).await, "it came a second time");

    // Sending is possible as ever, and moderators see it first.
    server
        .post(
            "/sites/demo/posts",
            &json!({ "kind": "story", "text": "It rained, and I baked bread for my aunt." }),
        )
        .await
        .ok();
    page.click("button", "Send").await;
    page.find("heading", "Kept for a moderator").await;
    let moderator = server.moderator().await;
    let first = moderator.queue().await.remove(0);
    assert!(first["text"].as_str().unwrap().starts_with(HARD), "{first}");
    assert!(first["flags"].to_string().contains("crisis"), "{first}");
    can_dial(&page, "tel:999").await;
}

async fn what_tells_who_somebody_is_is_underlined_and_taken_out_at_one_press(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    begin(&page).await;

    type_on(&page, "It helps me to talk. Write to jo@example.org or call 07700 900123 any day.").await;

    page.reads("This could show others who you are.").await;
    let lines = "return [...document.querySelector('peer-support').shadowRoot.querySelectorAll('.under mark')].map(mark => {
        const [box, line] = [ps.find('textbox', 'Your words'), mark].map(e => e.getBoundingClientRect());
        const is_inside = line.width > 20 && line.top >= box.top && line.bottom <= box.bottom && line.left >= box.left && line.right <= box.right;
        return [mark.textContent, is_inside, getComputedStyle(mark).textDecorationLine];
    })";
    // A pause while it was typed may have read a part of it; all of it is read a moment after the last letter.
    let both = json!([["jo@example.org", true, "underline"], ["07700 900123", true, "underline"]]);
    let are_both = format!("return JSON.stringify((() => {{ {lines} }})()) === JSON.stringify(arguments[0])");
    page.until_with("both are underlined", &are_both, vec![both]).await;
    // The copy below the box breaks its lines where the box does: else a line would stand under other words.
    let heights =
        "const box = ps.find('textbox', 'Your words'), under = box.parentElement.querySelector('.under');
        return Math.abs(box.scrollHeight - under.scrollHeight)";
    assert!(page.js(heights).await.as_f64().unwrap() <= 2.0);
    page.passes_axe("what could show who somebody is").await;
    page.save_shot("findings").await;

    // By keyboard: the address goes, the number stays.
    Hand::Keyboard.choose(&page, "button", "Take out").await;
    let value = "return ps.find('textbox', 'Your words').value";
    let without = "It helps me to talk. Write to or call 07700 900123 any day.";
    page.until("it is taken out", &format!("{value} === {}", json!(without))).await;
    page.focus_is_on("textbox «Your words").await;
    page.until(
        "one is left",
        "return ps.all('button').filter(e => ps.nameOf(e) === 'Take out').length === 1",
    )
    .await;
    page.click("button", "Leave it").await;
    page.gone("button", "Leave it").await;
    assert_eq!(page.js(lines).await, json!([]));
    assert_eq!(page.js(value).await, json!(without));
}

async fn telling_how_is_answered_by_a_hint_that_does_not_repeat_it(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    begin(&page).await;

    type_on(&page, "how many pills does it take to die").await;

    page.reads("Telling how it is done can hurt someone who reads this on a bad day.").await;
    let repeats = "return ps.elements().some(e => e.closest('.noticing') && /pills/.test(ps.textOf(e)))";
    assert_eq!(page.js(repeats).await, json!(false));
}

async fn a_reader_of_words_that_does_not_come_keeps_nobody_from_writing(visit: &Visit) {
    let mut server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    begin(&page).await;
    // The network loses it. By a script of the page's own: Firefox gives those of the driver a world of their own.
    let run = "const script = document.createElement('script'); script.textContent = arguments[0]; document.head.append(script)";
    let lose = "const real = fetch;
        window.fetch = (address, ...more) => String(address).includes('/signals.')
            ? (document.title = 'lost', Promise.reject(new TypeError('lost')))
            : real(address, ...more);
        window.mend = () => { window.fetch = real }";
    page.js_with(run, vec![json!(lose)]).await;

    type_on(&page, HARD).await;
    page.until("it was asked for", "return document.title === 'lost'").await;
    page.settle().await;
    assert!(!page.has_text(CARD).await);

    // Asked for again when they write on, and there once the network is.
    page.js_with(run, vec![json!("mend()")]).await;
    type_on(&page, " Nobody knows.").await;
    page.reads(CARD).await;
    page.click("button", "Send").await;
    page.find("heading", "Kept for a moderator").await;
    assert_eq!(server.moderator().await.queue().await.len(), 1);
}

async fn a_moderator_sees_hard_words_when_they_choose_to(visit: &Visit) {
    let mut server = visit.server().await;
    for text in ["It rained, and I baked bread for my aunt.", HARD] {
        server.post("/sites/demo/posts", &json!({ "kind": "story", "text": text })).await.ok();
    }
    let page = visit.open(&server.sign_in_url().await).await;
    page.find("button", "Sign out").await;

    // The hard one is first, though it waits less long; its words are nowhere on the page.
    page.find("heading", "This may be hard to read").await;
    page.reads("At risk").await;
    page.reads("Someone may be at risk").await;
    assert!(!page.has_text("kill myself").await, "{}", page.text().await);
    page.passes_axe("hidden words").await;
    page.save_shot("console-veiled").await;

    // Nobody decides about what they have not read.
    page.press(['a']).await;
    page.reads("Read the words before you decide about them.").await;

    page.press(['v']).await;
    page.article("I want to kill myself tonight.").await;
    let marks = "return ps.elements().filter(e => e.localName === 'mark').map(e => ps.textOf(e))";
    let marked = page.js(marks).await;
    assert!(marked.to_string().contains("kill myself"), "{marked}");
    page.passes_axe("marked words").await;
    page.save_shot("console-marked").await;

    page.press(['a']).await;
    page.reads("Approved: everyone can read it now.").await;
    eventually("it is published", async || {
        let posts = server.get("/sites/demo/posts?order=new").await.ok().json();
        posts["items"][0]["text"] == HARD
    })
    .await;
}
