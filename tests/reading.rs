//! Reading what others wrote: in which order, what is hidden, who speaks, and where one was.

use crate::steps::{Hand, SITE, configured, fits_the_width, has_taken, is_pressed, knows_the_site};
use fantoccini::key::Key;
use http::Method;
use peer_support_tests::http::send;
use peer_support_tests::server::{Moderator, Server};
use peer_support_tests::{Page, Visit, each_browser, eventually};
use serde_json::{Value, json};

each_browser!(
    a_noted_story_is_folded_until_its_reader_chooses_to_see_it,
    pinned_cards_give_way_once_they_are_read,
    a_site_that_takes_nothing_offers_nothing,
    a_site_that_takes_answers_to_itself_offers_those,
    what_others_tried_is_found_by_its_words,
    a_search_that_does_not_arrive_says_so_and_can_be_made_again,
    what_a_reader_reports_is_taken_and_answered,
    the_feed_mixes_what_waits_what_is_new_and_what_helps_and_repeats_nothing,
    what_a_reader_would_rather_not_see_is_hidden_and_counted,
    calm_shows_no_numbers,
    what_was_pressed_last_holds_however_often_it_is_pressed,
    nobody_loses_their_place_when_the_site_says_late_what_it_takes,
    a_reader_keeps_their_place,
    times_stay_true_while_the_panel_is_open,
    the_author_of_a_post_is_known_in_their_thread,
);

/// The top of the article with this text, and how far the view is scrolled.
const TOP: &str = "const article = ps.all('article').filter(e => ps.textOf(e).includes(arguments[0])).at(-1);
    return article ? Math.round(article.getBoundingClientRect().top) : null";
const SCROLL: &str = "ps.elements().find(e => e.classList.contains('scroll'))";

/// Posts what everyone can read then.
async fn published(server: &Server, moderator: &Moderator, path: &str, new: &Value) -> String {
    let receipt = server.post(path, new).await.ok().json();
    let id = receipt["id"].as_str().expect("a receipt has an id").to_owned();
    moderator.approve(&id).await;
    id
}

async fn stories(visit: &Visit, server: &Server) -> Page {
    let host = visit.host(server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    Hand::Mouse.open_panel(&page).await;
    page.click("tab", "Stories").await;
    page.until("posts to read", "return ps.all('article').length > 0").await;
    knows_the_site(&page).await;
    page
}

/// Chooses from the list of this name, as a keyboard or finger does.
async fn choose(page: &Page, list: &str, value: &str) {
    let script = "const list = ps.find('combobox', arguments[0]); list.value = arguments[1];
        list.dispatchEvent(new Event('change'))";
    page.js_with(script, vec![json!(list), json!(value)]).await;
}

async fn no_article(page: &Page, text: &str) {
    let script = format!("return !ps.all('article').some(e => ps.textOf(e).includes({}))", json!(text));
    page.until(&format!("no article with «{text}»"), &script).await;
}

async fn a_noted_story_is_folded_until_its_reader_chooses_to_see_it(visit: &Visit) {
    const STORY: &str = "He always knew where I had been. I left in March.";
    const REPLY: &str = "I left too, and my friend did not live to.";
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    let new =
        json!({ "kind": "story", "topic": "relationships", "text": STORY, "notes": ["abuse", "suicide"] });
    let thread = published(&server, &moderator, "/sites/demo/posts", &new).await;
    let reply = json!({ "text": REPLY, "notes": ["death"] });
    published(&server, &moderator, &format!("/posts/{thread}/replies"), &reply).await;
    let page = stories(visit, &server).await;

    // Who, when, what kind and what about; not the words, nor what could be done with them.
    let post = page.article("About: Suicide, Violence or abuse").await;
    let text = page.text_of(&post).await;
    // Times are kept to the minute, and one may have begun since: "this minute", "1 minute ago".
    assert!(text.contains("Story") && text.contains("minute"), "{text}");
    assert!(!page.has_text(STORY).await);
    assert!(!page.js("return !!ps.find('button', 'I hear you', ps.all('article').find(e => ps.textOf(e).includes('About: ')))").await.as_bool().unwrap());
    page.passes_axe("a folded story").await;

    // By keyboard: it unfolds, the focus stays, and it can be folded again.
    let unfold = page.find_in(Some(&post), "button", "About: Suicide, Violence or abuse. Show").await;
    page.is_told_as(&unfold, "button", "About: Suicide, Violence or abuse. Show").await;
    Hand::Keyboard.choose_in(&page, Some(&post), "button", "About: Suicide, Violence or abuse. Show").await;
    page.reads(STORY).await;
    page.focus_is_on("button «About: Suicide, Violence or abuse. Hide»").await;
    assert_eq!(is_expanded(&page).await, json!("true"));
    page.press([Key::Enter.into()]).await;
    page.until("it is folded", &format!("return !ps.textOf().includes({})", json!(STORY))).await;
    assert_eq!(is_expanded(&page).await, json!("false"));
    page.press([Key::Enter.into()]).await;

    // So it is with replies.
    page.click_in(Some(&post), "button", "1 reply").await;
    let reply = page.article("About: Someone’s death").await;
    assert!(!page.has_text(REPLY).await);
    page.click_in(Some(&reply), "button", "About: Someone’s death. Show").await;
    page.reads(REPLY).await;

    // Once shown, it stays shown, also when the list is drawn anew.
    choose(&page, "Order", "new").await;
    page.until(
        "the newest first",
        "return ps.all('article').length > 0 && ps.textOf(ps.all('article')[0]).includes('About: Suicide')",
    )
    .await;
    page.reads(STORY).await;
}

async fn is_expanded(page: &Page) -> Value {
    page.js("return ps.focused().getAttribute('aria-expanded')").await
}

async fn pinned_cards_give_way_once_they_are_read(visit: &Visit) {
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    let cards = json!([
        { "kind": "rules", "title": "Be kind", "text": "No names.\nNo advice unless asked." },
        { "kind": "hours", "title": "متى نقرأ", "text": "كل مساء", "lang": "ar" },
    ]);
    moderator.pin("demo", cards).await;
    let page = stories(visit, &server).await;

    page.reads("House rules · from the moderators Be kind No names. No advice unless asked.").await;
    let arabic =
        "return ps.all('heading').filter(e => e.lang === 'ar').map(e => getComputedStyle(e).direction)";
    assert_eq!(page.js(arabic).await, json!(["rtl"]));
    page.passes_axe("pinned cards").await;
    page.save_shot("pinned").await;
    page.click("button", "I have read this").await;
    page.find("button", "Show what is pinned").await;
    assert!(!page.has_text("Be kind").await);

    // There is a way back to them.
    page.click("button", "Show what is pinned").await;
    page.reads("Be kind").await;
}

/// A server whose site takes only what `mode` says, and a moderator of it.
async fn server_that_takes(visit: &Visit, mode: &str) -> (Server, Moderator) {
    configured(visit, &format!("{SITE}mode = \"{mode}\"\n")).await
}

async fn a_site_that_takes_nothing_offers_nothing(visit: &Visit) {
    let (server, moderator) = server_that_takes(visit, "read-only").await;
    let new =
        json!({ "kind": "story", "topic": "general", "text": "We are back on Monday, and read again." });
    moderator.post_as_owner("demo", &new).await;

    let page = stories(visit, &server).await;

    page.reads("You can read here. Nobody can write for now.").await;
    let post = page.article("We are back on Monday").await;
    let text = page.text_of(&post).await;
    assert!(text.contains("Rowan House") && text.contains("from the site"), "{text}");
    page.find_in(Some(&post), "button", "I hear you").await;
    page.gone("button", "Reply").await;
}

async fn a_site_that_takes_answers_to_itself_offers_those(visit: &Visit) {
    let (server, moderator) = server_that_takes(visit, "limited").await;
    let new =
        json!({ "kind": "question", "topic": "general", "text": "What should we do better next year?" });
    moderator.post_as_owner("demo", &new).await;

    let page = stories(visit, &server).await;

    page.reads("Here you can answer what the site wrote.").await;
    let post = page.article("What should we do better").await;
    page.click_in(Some(&post), "button", "Reply").await;
    page.find("textbox", "Your reply").await;
}

async fn the_feed_mixes_what_waits_what_is_new_and_what_helps_and_repeats_nothing(visit: &Visit) {
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    let examples = server.get("/sites/demo/posts?order=new&limit=100").await.ok().json();
    let waiting = server.get("/sites/demo/posts?order=unanswered&limit=1").await.ok().json();
    let examples = examples["items"].as_array().unwrap();
    // The words of those with content notes are folded.
    let is_open = |post: &&Value| post.get("notes").is_none();
    let mut texts: Vec<String> = examples.iter().filter(is_open).map(text_of).collect();
    for n in 0..12 {
        let text = format!("This is the story of day number {n}, and it was long.");
        let new = json!({ "kind": "story", "topic": "general", "text": text });
        published(&server, &moderator, "/sites/demo/posts", &new).await;
        texts.push(text);
    }

    let page = stories(visit, &server).await;

    // What waits longest, then what is newest.
    let first = "return ps.all('article').slice(0, 2).map(e => ps.textOf(e))";
    let first: Vec<String> = serde_json::from_value(page.js(first).await).unwrap();
    assert!(first[0].contains(&tidy(&text_of(&waiting["items"][0]))), "{first:?}");
    assert!(first[1].contains("day number 11"), "{first:?}");

    // To the end, each comes once.
    while page.has("button", "Show more").await {
        let n = page.js("return ps.all('article').length").await;
        page.click("button", "Show more").await;
        page.until(
            "more posts",
            &format!(
                "return ps.all('article').length > {n} || ps.textOf().includes('That is all there is.')"
            ),
        )
        .await;
    }
    page.reads("That is all there is.").await;
    let all = page.js("return ps.all('article').map(e => ps.textOf(e))").await;
    let all: Vec<String> = serde_json::from_value(all).unwrap();
    for text in &texts {
        let n = all.iter().filter(|article| article.contains(&tidy(text))).count();
        assert_eq!(n, 1, "{:?}: {text}", page.browser);
    }
    assert_eq!(all.len(), examples.len() + 12);

    // One order alone is that order.
    choose(&page, "Order", "new").await;
    page.until(
        "the newest first",
        "return ps.all('article').length > 0 && ps.textOf(ps.all('article')[0]).includes('day number 11')",
    )
    .await;
    page.until("the next one second", "return ps.textOf(ps.all('article')[1]).includes('day number 10')")
        .await;
}

fn text_of(post: &Value) -> String {
    post["text"].as_str().unwrap().to_owned()
}

fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn what_a_reader_would_rather_not_see_is_hidden_and_counted(visit: &Visit) {
    const STORY: &str = "My Grandmother sang whenever it rained.";
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    let new = json!({ "kind": "story", "topic": "grief", "text": STORY });
    let thread = published(&server, &moderator, "/sites/demo/posts", &new).await;
    let reply = json!({ "text": "Mine whistled like a kettle." });
    published(&server, &moderator, &format!("/posts/{thread}/replies"), &reply).await;
    let page = stories(visit, &server).await;
    let post = page.article(STORY).await;
    page.click_in(Some(&post), "button", "1 reply").await;
    page.article("kettle").await;
    // The last that the panel asks for by itself; what was asked for earlier may still be answered.
    has_taken(&page, "/locales/en").await;
    let now = page.js("return performance.now()").await;
    let asked_since = "return performance.getEntriesByType('resource').filter(e => e.startTime > arguments[0]).map(e => e.name)";

    page.click("button", "What I’d rather not see").await;
    page.type_into("textbox", "A word", "grandmother").await;
    page.press([Key::Enter.into()]).await;

    no_article(&page, STORY).await;
    page.reads("1 hidden by your choice.").await;
    page.focus_is_on("textbox «A word»").await;
    let asked = page.js_with(asked_since, vec![now]).await;
    assert_eq!(asked, json!([]), "{:?}: nothing is sent about it", page.browser);
    page.click("button", "Show").await;
    page.article(STORY).await;
    page.until("the line is gone", "return !ps.textOf().includes('hidden by your choice')").await;

    // Taken away, it hides nothing; a topic hides as a word does, and a word hides replies too.
    page.click("button", "Remove: grandmother").await;
    page.article(STORY).await;
    page.click("checkbox", "Grief").await;
    no_article(&page, STORY).await;
    page.click("checkbox", "Grief").await;
    page.type_into("textbox", "A word", "Kettle").await;
    page.click("button", "Add").await;
    let post = page.article(STORY).await;
    page.click_in(Some(&post), "button", "1 reply").await;
    page.reads("1 hidden by your choice.").await;
    no_article(&page, "kettle").await;
    page.passes_axe("what I would rather not see").await;
    page.save_shot("rather-not").await;

    // The choice is the tab's, and gone with it.
    page.reload().await;
    Hand::Mouse.open_panel(&page).await;
    page.click("tab", "Stories").await;
    page.article(STORY).await;
    assert!(!page.has_text("hidden by your choice").await);
}

async fn calm_shows_no_numbers(visit: &Visit) {
    const STORY: &str = "I walked to the harbour and counted boats.";
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    let new = json!({ "kind": "story", "topic": "general", "text": STORY });
    let thread = published(&server, &moderator, "/sites/demo/posts", &new).await;
    let reply = json!({ "text": "I like boats as well." });
    published(&server, &moderator, &format!("/posts/{thread}/replies"), &reply).await;
    for n in 1..=3 {
        let vote = json!({ "voter": format!("{n:032x}") });
        let url = server.url(&format!("/api/v1/items/{thread}/votes/helped"));
        send(Method::PUT, &url, &[], Some(&vote)).await.unwrap().ok();
    }
    let page = stories(visit, &server).await;
    let post = page.article(STORY).await;
    page.find_in(Some(&post), "button", "This helped 3").await;

    page.click("button", "What I’d rather not see").await;
    page.click("checkbox", "Calm").await;

    page.find_in(Some(&post), "button", "Replies").await;
    page.gone("button", "This helped 3").await;
    let numbers = "return ps.all('article').flatMap(e => ps.all('button', e)).map(ps.nameOf).filter(name => /\\d/.test(name))";
    assert_eq!(page.js(numbers).await, json!([]));
    let moves = "return ps.elements().some(e => e.closest('.panel') && getComputedStyle(e).transitionDuration !== '0s')";
    assert_eq!(page.js(moves).await, json!(false), "{:?}: something moves", page.browser);

    page.click("checkbox", "Calm").await;
    page.find_in(Some(&post), "button", "This helped 3").await;
}

/// Holds votes back on their way: the test lets each go, or fail.
const HOLD_VOTES: &str = "const own = window.fetch; window.votes = [];
    window.fetch = (address, options) => !String(address).includes('/votes/') ? own(address, options)
        : new Promise((done, fail) => votes.push({ method: options.method, goes: () => done(own(address, options)),
            fails: () => fail(new TypeError('gone')) }))";

async fn what_was_pressed_last_holds_however_often_it_is_pressed(visit: &Visit) {
    const STORY: &str = "I walked to the harbour and counted boats.";
    const SORRY: &str = "That did not reach us.";
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    let new = json!({ "kind": "story", "topic": "general", "text": STORY });
    published(&server, &moderator, "/sites/demo/posts", &new).await;
    let page = stories(visit, &server).await;
    page.js(HOLD_VOTES).await;
    let n_helped = async || {
        let feed = server.get("/sites/demo/posts?order=new").await.ok().json();
        feed["items"][0]["votes"]["helped"].as_i64()
    };
    let press = async |n: usize| {
        let post = page.article(STORY).await;
        for _ in 0..n {
            page.click_in(Some(&post), "button", "This helped").await;
        }
        page.settle().await;
    };
    let is_on = async || {
        let post = page.article(STORY).await;
        is_pressed(&page, &page.find_in(Some(&post), "button", "This helped").await).await
    };
    // What went out so far, once it is as much as `n`.
    let sent = async |n: usize| {
        let methods = "return votes.length >= arguments[0] && votes.map(vote => vote.method)";
        page.until_with("a request", methods, vec![json!(n)]).await
    };
    let end = async |n: usize, how: &str| {
        page.js(&format!("votes[{n}].{how}()")).await;
        page.settle().await;
    };

    // Pressed and pressed again before the first was answered: it shows at once, and goes after the first.
    press(1).await;
    assert!(is_on().await);
    press(1).await;
    assert!(!is_on().await, "{:?}: the second press was lost", page.browser);
    assert_eq!(sent(1).await, json!(["PUT"]), "one at a time");
    end(0, "goes").await;
    assert_eq!(sent(2).await, json!(["PUT", "DELETE"]));
    end(1, "goes").await;
    eventually("it is taken back", async || n_helped().await == Some(0)).await;
    assert!(!is_on().await);

    // Three times: what is on its way is what is wanted.
    press(3).await;
    assert!(is_on().await);
    end(2, "goes").await;
    eventually("it is counted", async || n_helped().await == Some(1)).await;
    page.settle().await;
    assert_eq!(sent(3).await, json!(["PUT", "DELETE", "PUT"]));
    assert!(is_on().await);

    // What is wanted last may arrive where what was wanted before did not: nothing is wrong then.
    press(2).await;
    end(3, "fails").await;
    assert_eq!(sent(5).await, json!(["PUT", "DELETE", "PUT", "DELETE", "PUT"]));
    end(4, "goes").await;
    assert!(is_on().await);
    assert!(!page.has_text(SORRY).await);

    // Where that does not arrive, it is said, and turned back to what the server has.
    press(2).await;
    end(5, "goes").await;
    sent(7).await;
    end(6, "fails").await;
    page.reads(SORRY).await;
    assert!(!is_on().await);
    press(1).await;
    assert!(!page.has_text(SORRY).await);
    end(7, "fails").await;
    page.reads(SORRY).await;
    assert!(!is_on().await);

    // The list may be another one by then.
    press(2).await;
    choose(&page, "Kind", "coping").await;
    no_article(&page, STORY).await;
    choose(&page, "Kind", "story").await;
    press(1).await;
    assert!(is_on().await);
    assert_eq!(sent(9).await.as_array().unwrap().len(), 9, "one at a time");
    end(8, "goes").await;
    eventually("it is counted", async || n_helped().await == Some(1)).await;
    assert!(is_on().await);
}

async fn a_reader_keeps_their_place(visit: &Visit) {
    let server = visit.server().await;
    let page = stories(visit, &server).await;
    let fifth = "const e = ps.all('article')[5]; e.scrollIntoView({ block: 'start', behavior: 'instant' });
        return ps.textOf(e).slice(0, 80)";
    let text = page.js(fifth).await;
    let top = async || page.js_with(TOP, vec![text.clone()]).await;
    page.settle().await;
    let before = top().await;
    assert_ne!(page.js(&format!("return {SCROLL}.scrollTop")).await, json!(0), "it is down the page");

    // To another tab of the panel, scrolled there, and back.
    page.js("ps.find('tab', 'Help now').click()").await;
    page.until("the numbers", "return ps.all('link').length > 2 && ps.all('article').length === 0").await;
    page.until("the top of them", &format!("return {SCROLL}.scrollTop === 0")).await;
    page.js(&format!("{SCROLL}.scrollTop = 200")).await;
    page.js("ps.find('tab', 'Stories').click()").await;
    page.until("the posts", "return ps.all('article').length > 0").await;
    page.settle().await;
    assert_eq!(top().await, before, "{:?}: after another tab", page.browser);

    // A thread opened and closed.
    let toggle = "const e = ps.all('article').find(e => ps.textOf(e).includes(arguments[0]));
        const button = ps.all('button', e).find(b => b.hasAttribute('aria-expanded') && /repl/i.test(ps.nameOf(b)));
        button?.click(); return !!button";
    let has_thread = page.js_with(toggle, vec![text.clone()]).await;
    if has_thread == json!(true) {
        page.until("the replies", "return ps.elements().some(e => e.classList.contains('reply'))").await;
        page.js_with(toggle, vec![text.clone()]).await;
        page.until("no replies", "return !ps.elements().some(e => e.classList.contains('reply'))").await;
    }
    assert_eq!(has_thread, json!(true), "the sixth example has replies");
    page.settle().await;
    assert_eq!(top().await, before, "{:?}: after a thread", page.browser);
}

async fn times_stay_true_while_the_panel_is_open(visit: &Visit) {
    const STORY: &str = "The kettle broke, and I fixed it by myself.";
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    let new = json!({ "kind": "story", "topic": "general", "text": STORY });
    published(&server, &moderator, "/sites/demo/posts", &new).await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    // A minute comes when the test says so.
    // As a script of the page: Firefox gives those of a driver a clock of their own.
    page.js("const script = document.createElement('script');
        script.textContent = `window.minutes = []; const real = setInterval;
          window.setInterval = (act, ms, ...rest) => ms === 60000 ? window.minutes.push(act) : real(act, ms, ...rest);
          window.hours = 0; const now = Date.now; Date.now = () => now() + window.hours * 3600000;
          window.letTimePass = (hours) => { window.hours = hours; window.minutes.forEach(act => act()); };`;
        document.head.append(script)").await;
    Hand::Mouse.open_panel(&page).await;
    page.click("tab", "Stories").await;
    let post = page.article(STORY).await;
    // Times are kept to the minute: it may have been over before the page was there.
    assert!(page.text_of(&post).await.contains("minute"));
    knows_the_site(&page).await;
    let top = page.js_with(TOP, vec![json!(STORY)]).await;

    page.js("window.letTimePass(2)").await;

    page.reads("2 hours ago").await;
    assert_eq!(page.js_with(TOP, vec![json!(STORY)]).await, top, "nothing moves");

    // A phone that slept let no minute pass; its page is told when it is seen again.
    page.js("window.hours = 3; document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))")
        .await;
    page.reads("3 hours ago").await;
}

async fn the_author_of_a_post_is_known_in_their_thread(visit: &Visit) {
    const STORY: &str = "I told my teacher about it today.";
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    let (author, other) = ("a".repeat(32), "b".repeat(32));
    let new = json!({ "kind": "story", "topic": "anxiety", "text": STORY, "author": author });
    let thread = published(&server, &moderator, "/sites/demo/posts", &new).await;
    let path = format!("/posts/{thread}/replies");
    for (text, author) in [("How did it go?", &other), ("She listened.", &author)] {
        published(&server, &moderator, &path, &json!({ "text": text, "author": author })).await;
    }
    let page = stories(visit, &server).await;
    let post = page.article(STORY).await;
    assert!(!page.text_of(&post).await.contains("wrote the post"), "it is the post itself");

    page.click_in(Some(&post), "button", "2 replies").await;

    let own = page.article("She listened.").await;
    assert!(page.text_of(&own).await.contains("wrote the post"));
    let others = page.article("How did it go?").await;
    assert!(!page.text_of(&others).await.contains("wrote the post"));
    fits_the_width(&page).await;
}

async fn what_others_tried_is_found_by_its_words(visit: &Visit) {
    const TRIED: &str = "A cold flannel on my neck slows everything down.";
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    let new = json!({ "kind": "coping", "topic": "anxiety", "text": TRIED });
    published(&server, &moderator, "/sites/demo/posts", &new).await;
    let page = stories(visit, &server).await;

    page.type_into("searchbox", "Search what others wrote", "flannel").await;

    let one = "return ps.all('article').length === 1";
    page.until("the one that has it", one).await;
    // A pause within the word has looked for its beginning: now all of it is looked for.
    page.press([Key::Enter.into()]).await;
    page.until("the one that has it", one).await;
    let post = page.article(TRIED).await;
    assert!(!page.has("combobox", "Order").await, "what is found comes with the best first");
    page.click_in(Some(&post), "button", "I tried this, it helped").await;
    page.until(
        "it is pressed",
        "return ps.find('button', 'I tried this, it helped').getAttribute('aria-pressed') === 'true'",
    )
    .await;

    // Of another kind there is none.
    choose(&page, "Kind", "story").await;
    page.reads("Nothing here has these words.").await;

    // Emptied, the field shows the feed again.
    choose(&page, "Kind", "").await;
    page.article(TRIED).await;
    page.click("searchbox", "Search what others wrote").await;
    page.clear_focused().await;
    page.until("the feed", "return ps.all('article').length > 3").await;
    page.find("combobox", "Order").await;
}

async fn a_search_that_does_not_arrive_says_so_and_can_be_made_again(visit: &Visit) {
    let mut server = visit.server().await;
    let page = stories(visit, &server).await;
    server.stop();

    page.type_into("searchbox", "Search what others wrote", "curtain").await;
    page.press([Key::Enter.into()]).await;
    page.find("alert", "").await;

    server.restart().await;
    page.click("button", "Try again").await;
    page.until("the one that has it", "return ps.all('article').length === 1").await;
}

async fn what_a_reader_reports_is_taken_and_answered(visit: &Visit) {
    const STORY: &str = "Tonight I will not be here any more, and nobody will know.";
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    let new = json!({ "kind": "story", "topic": "low-mood", "text": STORY });
    let id = published(&server, &moderator, "/sites/demo/posts", &new).await;
    let page = stories(visit, &server).await;
    let post = page.article(STORY).await;

    // By keyboard, and the focus is never lost on the way.
    let hand = Hand::Keyboard;
    hand.choose_in(&page, Some(&post), "button", "Report").await;
    page.reads("What is wrong with it?").await;
    hand.choose_in(&page, Some(&post), "button", "Someone may be in danger").await;
    page.reads("Thank you. A moderator will look at it.").await;
    page.focus_is_on("group «Report»").await;

    // Whom to call meanwhile stands there too, and the receipt can be copied.
    page.find_in(Some(&post), "link", "Emergency").await;
    page.find_in(Some(&post), "button", "Copy").await;
    page.click_in(Some(&post), "button", "See what became of it").await;
    page.reads("Nobody has decided yet.").await;
    page.passes_axe("a report").await;
    page.save_shot("report").await;

    moderator.hide(&id, "It names a plan.").await;
    page.click_in(Some(&post), "button", "See what became of it").await;
    page.reads("It has been taken down.").await;

    // The receipt says so later, too, when the card is gone.
    let code = page.js_with("return ps.textOf(arguments[0].querySelector('code'))", vec![json!(post)]).await;
    page.reload().await;
    Hand::Mouse.open_panel(&page).await;
    page.click("button", "I have a code").await;
    page.type_into("textbox", "Your code", code.as_str().unwrap()).await;
    page.click("button", "Show").await;
    page.reads("It has been taken down.").await;
}

async fn nobody_loses_their_place_when_the_site_says_late_what_it_takes(visit: &Visit) {
    const HOLD_SITE: &str = "const own = window.fetch; window.sites = [];
        window.fetch = (address, ...more) => !String(address).endsWith('/sites/demo') ? own(address, ...more)
            : new Promise(done => sites.push(() => done(own(address, ...more))))";
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    for at in ["Reply", "Topic"] {
        page.reload().await;
        page.js(HOLD_SITE).await;
        Hand::Mouse.open_panel(&page).await;
        page.click("tab", "Stories").await;
        page.until("posts to read", "return ps.all('article').length > 0").await;
        let focus =
            "window.at = ps.find('button', arguments[0]) ?? ps.find('combobox', arguments[0]); at.focus()";
        page.js_with(focus, vec![json!(at)]).await;

        page.js("sites[0]()").await;
        knows_the_site(&page).await;

        page.settle().await;
        let stays = "return [ps.focused() === at, ps.find('combobox', 'Topic').options.length > 1]";
        assert_eq!(page.js(stays).await, json!([true, true]), "{:?}: {at}", page.browser);
    }

    // Asked once, by whichever view is entered first: a second answer would draw anew what somebody is at.
    page.reload().await;
    page.js(HOLD_SITE).await;
    Hand::Mouse.open_panel(&page).await;
    page.click("tab", "Stories").await;
    page.until("posts to read", "return ps.all('article').length > 0").await;
    page.click("tab", "Write").await;
    page.find("textbox", "Your words").await;
    assert_eq!(page.js("return sites.length").await, json!(1), "{:?}", page.browser);
    page.js("sites[0]()").await;
    knows_the_site(&page).await;
    page.find("combobox", "Topic").await;
}
