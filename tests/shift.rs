//! A moderator's whole shift, and looking for what nobody reported. By keyboard.

use fantoccini::key::Key;
use peer_support_tests::server::{Moderator, Server, program};
use peer_support_tests::{Page, Preferences, Visit, each_browser, scratch_folder};
use serde_json::{Value, json};

use crate::account::code;
use crate::steps::{Hand, SITE, fits_the_width};

each_browser!(
    a_moderators_whole_shift_by_keyboard,
    what_nobody_reported_is_found_hidden_and_shown_again_by_keyboard,
);

const PASSWORD: &str = "three pears in a boat";

/// Hard texts: the first is passed on, the second handed over, the last left alone for a break.
const RED: [&str; 9] = [
    "I want to kill myself tonight. Nobody knows it yet.",
    "I want to kill myself and I have written the letters.",
    "I am going to end my life this weekend, I am so tired.",
    "I want to die. I will kill myself after the exams.",
    "I cannot go on, I am going to kill myself on Friday.",
    "I will take my own life soon and nobody will notice.",
    "I want to kill myself because of what happened at home.",
    "I am going to kill myself, I have thought it all through.",
    "I want to end my life, and I am scared of myself now.",
];
const REPORTED: [&str; 2] = [
    "Some weeks I only go out to feed the neighbour's cat.",
    "My manager at the bakery on Mill Lane makes me feel small.",
];
const THREAD: &str = "How do you get through the first evening alone in a new flat?";
const DECLINED_BEFORE: &str = "Everyone is alone, get used to it and stop moaning.";
const REPLY: &str = "I put the radio on in the kitchen and cook something slow.";
const PERSONAL: &str = "You can call me on 0151 555 4567 when it gets dark outside.";
const TO_FOLD: &str = "I used to count everything that I ate, and now I cook with my aunt.";
const TO_DECLINE: &str = "Nobody should ever talk to a doctor about sad days, just do not.";
const SPAM: [&str; 4] = [
    "Buy cheap pills now on our page, message me for the price list.",
    "Earn 500 dollars a day from home, text me on WhatsApp to start today.",
    "Best essay writing service, order now with a 20 % discount for students.",
    "Use my promo code to buy followers, fast delivery and cheap prices here.",
];
const PLAIN: [&str; 7] = [
    "My first week back at school was hard, and a friend walked in with me.",
    "Long walks by the river help me on grey days like this one.",
    "I write down three small things every evening before I sleep.",
    "What do others do on Sundays, when everything is closed and quiet?",
    "I joined a choir although I cannot sing, and nobody minds at all.",
    "Since the clocks changed I take my lamp to the breakfast table.",
    "My sister calls on Wednesdays, and so Wednesdays are good days.",
];
const LATE: [&str; 2] = [
    "I have waited a long time to write this down for somebody else.",
    "The garden was the first thing that I could look at again.",
];
const UNREPORTED: &str = "My therapist is called Doctor Marigold Fenwick, and she is the best.";

async fn a_moderators_whole_shift_by_keyboard(visit: &Visit) {
    let (server, sam, key) = with_thirty_items(visit).await;

    // In, with a password and a code.
    let page = visit.open(&server.url("/console/")).await;
    watch_for_pointers(&page).await;
    page.find("textbox", "Name").await;
    Hand::Keyboard.write(&page, None, "Name", "Ada").await;
    Hand::Keyboard.write(&page, None, "Password", PASSWORD).await;
    Hand::Keyboard.write(&page, None, "Code of your authenticator", &code(&key, 1)).await;
    page.press([Key::Enter.into()]).await;
    page.find("button", "Sign out").await;

    // The first is passed on, with a private word; the second handed over.
    unveil(&page, RED[0]).await;
    page.press(['w']).await;
    send(&page, "word", "Are you safe tonight? You can call 116 123 at any time.").await;
    page.reads("Are you safe tonight?").await;
    page.press(['e']).await;
    send(&page, "escalation-note", "They have a plan, so please look at once.").await;
    page.find("heading", "Passed on to a lead").await;
    page.press(['j']).await;
    unveil(&page, RED[1]).await;
    page.press(['h']).await;
    send(&page, "hand-over-note", "They wrote last week, too.").await;
    page.reads("Handed over to the team.").await;
    for text in &RED[2..8] {
        unveil(&page, text).await;
        approve(&page, text).await;
    }
    // After eight of them a break is suggested, and the ninth is left to others.
    page.reads("You have read 8 hard texts.").await;
    page.passes_axe("a break that is suggested").await;
    page.save_shot("console-shift-break").await;
    page.press(['j']).await;

    // What readers reported: one is kept, one hidden, after a second thought about the reason.
    page.article(REPORTED[0]).await;
    approve(&page, REPORTED[0]).await;
    page.article(REPORTED[1]).await;
    page.press(['d']).await;
    send(&page, "reason", "It names a workplace.").await;
    page.reads("Will be hidden in 10 seconds.").await;
    page.press(['u']).await;
    page.until("the reason is back", "return ps.focused()?.value === 'It names a workplace.'").await;
    send(&page, "reason", " Please leave it out.").await;

    // A reply, beside its thread and what was decided there.
    page.article(REPLY).await;
    page.press(['c']).await;
    page.reads(DECLINED_BEFORE).await;
    page.reads("Sam declined · a reply").await;
    page.reads("Please be kind to each other.").await;
    page.passes_axe("a thread beside an item").await;
    page.save_shot("console-shift-thread").await;
    approve(&page, REPLY).await;
    page.press(['c']).await;

    // Words taken out, a fold, an edited reason.
    page.article(PERSONAL).await;
    Hand::Keyboard.choose(&page, "button", "Take out a phone number").await;
    approve(&page, PERSONAL).await;
    page.article(TO_FOLD).await;
    page.press(['f']).await;
    page.until("focus on the first note", "return ps.focused()?.id === 'fold-first'").await;
    page.press([' ']).await;
    page.press([Key::Enter.into()]).await;
    page.article(TO_DECLINE).await;
    page.press(['d']).await;
    send(&page, "reason", "A doctor can help. Tell what helped you instead.").await;

    // Spam, all at once; taken back once, and sent again.
    for text in SPAM {
        page.article(text).await;
        page.press(['s', 'j']).await;
    }
    page.reads("Chosen as spam: 4").await;
    page.passes_axe("what was chosen").await;
    page.save_shot("console-shift-spam").await;
    page.press(['b']).await;
    send(&page, "spam-reason", "").await;
    page.reads("Will be declined as spam in 10 seconds: 4").await;
    page.press(['u']).await;
    page.reads("Chosen as spam: 4").await;
    page.press(['b']).await;
    send(&page, "spam-reason", "").await;
    page.reads("Will be declined as spam in 10 seconds: 4").await;

    page.press(['j']).await;

    // The rest; one is taken over from a colleague, and what waits too long says so.
    for text in &PLAIN[1..] {
        page.article(text).await;
        approve(&page, text).await;
    }
    for text in LATE {
        page.article(text).await;
        page.reads("Overdue by").await;
        page.save_shot("console-shift-late").await;
        approve(&page, text).await;
    }
    go_to(&page, PLAIN[0]).await;
    page.reads("Sam is reading this.").await;
    page.press(['t']).await;
    page.reads("You have taken it over.").await;
    approve(&page, PLAIN[0]).await;

    // What nobody reported is found and hidden.
    page.press(['/']).await;
    page.until("focus on the words", "return ps.focused()?.id === 'find-words'").await;
    page.type_text("marigold").await;
    page.press([Key::Enter.into()]).await;
    page.reads("Found: 1").await;
    page.article(UNREPORTED).await;
    page.press(['d']).await;
    send(&page, "reason", "It names a person. Please leave the name out.").await;
    page.reads("Will be hidden in 10 seconds.").await;
    Hand::Keyboard.choose(&page, "button", "Back to what waits").await;
    page.reads("Waiting: 3").await;

    Hand::Keyboard.choose(&page, "button", "Sign out").await;
    page.find("textbox", "Name").await;
    assert_eq!(page.js("return window.pointed").await, json!(0), "something needed a pointer");
    everything_stands_where_it_was_decided(&sam).await;
}

async fn everything_stands_where_it_was_decided(sam: &Moderator) {
    let found = sam.find(&json!({})).await;
    let item = |text: &str| {
        let is_it = |item: &&Value| item["text"].as_str().is_some_and(|of| of == text);
        found.iter().find(is_it).unwrap_or_else(|| panic!("«{text}» is not there"))
    };
    let mut published: Vec<&str> = Vec::new();
    published.extend(&RED[2..8]);
    published.extend(PLAIN);
    published.extend(LATE);
    published.extend([
        REPORTED[0],
        REPLY,
        TO_FOLD,
        "You can call me on [removed] when it gets dark outside.",
    ]);
    for text in published {
        assert_eq!(item(text)["state"], "published", "{text}");
    }
    for text in [TO_DECLINE].into_iter().chain(SPAM) {
        assert_eq!(item(text)["state"], "declined", "{text}");
    }
    for text in [REPORTED[1], UNREPORTED] {
        assert_eq!(item(text)["state"], "hidden", "{text}");
    }
    for text in [RED[0], RED[1], RED[8]] {
        assert_eq!(item(text)["state"], "held", "{text}");
    }
    assert_eq!(item(RED[0])["escalation"]["by"], "Ada");
    assert_eq!(item(RED[0])["words"][0]["is_moderators"], true);
    assert_eq!(item(RED[1])["hand_overs"][0]["note"], "They wrote last week, too.");
    assert_eq!(item(TO_FOLD)["notes"], json!(["suicide"]));
    assert_eq!(item(RED[8]).get("claim"), None, "who signs out reads nothing");
}

async fn what_nobody_reported_is_found_hidden_and_shown_again_by_keyboard(visit: &Visit) {
    let (server, sam) = a_server(visit).await;
    let (id, other) = (story(&server, UNREPORTED).await, story(&server, PLAIN[1]).await);
    sam.approve(&id).await;
    sam.decline(&other, "Please write a little more about it.").await;
    let preferences = Preferences { dark: true, reduced_motion: true, ..Preferences::default() };
    let page = visit.open_with(preferences, &server.url("/console/")).await;
    page.client.set_window_size(500, 900).await.unwrap();
    sign_in(&page, &server).await;

    page.press(['/']).await;
    page.until("focus on the words", "return ps.focused()?.id === 'find-words'").await;
    page.press([Key::Enter.into()]).await;
    page.reads("Type some words, or choose a filter.").await;
    page.passes_axe("a search for nothing").await;
    page.type_text("marigold").await;
    page.press([Key::Enter.into()]).await;
    page.reads("Found: 1").await;
    fits_the_width(&page).await;
    page.passes_axe("what was found").await;
    page.save_shot("console-found").await;

    // On a narrow page the list comes first, and opens the item.
    Hand::Keyboard.choose(&page, "button", "Story").await;
    page.article(UNREPORTED).await;
    assert!(!page.has("button", "Approve").await, "it is approved");
    page.press(['d']).await;
    send(&page, "reason", "It names a person.").await;
    page.reads("Will be hidden in 10 seconds.").await;

    // Filters, by keys; what was hidden is shown again.
    page.press(['/']).await;
    page.until("focus on the words", "return ps.focused()?.id === 'find-words'").await;
    page.clear_focused().await;
    page.press([Key::Tab.into(), Key::Tab.into(), Key::Enter.into()]).await;
    let by_state = page.find("combobox", "Where it stands").await;
    page.press([Key::Tab.into()]).await;
    page.until_with("focus on the state", "return ps.focused() === arguments[0]", vec![json!(by_state)])
        .await;
    page.type_text("Hid").await;
    page.until("it is chosen", "return document.querySelector('#find-state').value === 'hidden'").await;
    fits_the_width(&page).await;
    page.passes_axe("filters").await;
    page.save_shot("console-filters").await;
    Hand::Keyboard.choose(&page, "button", "Search").await;
    page.reads("Found: 1").await;
    Hand::Keyboard.choose(&page, "button", "Story").await;
    page.article(UNREPORTED).await;
    page.passes_axe("what was hidden").await;
    page.save_shot("console-found-hidden").await;
    page.press(['a']).await;
    page.reads("Will be shown again in 10 seconds.").await;
    page.press(['/']).await;
    page.until("focus on the words", "return ps.focused()?.id === 'find-words'").await;
    page.press([Key::Escape.into()]).await;
    page.reads("Nothing waits.").await;
    Hand::Keyboard.choose(&page, "button", "Sign out").await;
    page.find("textbox", "Name").await;
    assert_eq!(server.get(&format!("/posts/{id}")).await.status, 200);
}

/// Counts what a pointer does on the page.
async fn watch_for_pointers(page: &Page) {
    page.js("window.pointed = 0;
        for (const event of ['pointerdown', 'mousedown', 'touchstart'])
          addEventListener(event, () => { window.pointed += 1; }, true)")
        .await;
}

/// Shows the words of a hard text, and waits for them.
async fn unveil(page: &Page, text: &str) {
    page.find("button", "Show the words").await;
    page.press(['v']).await;
    page.article(text).await;
}

/// Lets what is read be read. For a moment after a decision the key does nothing, so it is pressed until it does.
async fn approve(page: &Page, text: &str) {
    let is_read = "return ps.all('article').some(e => ps.textOf(e).includes(arguments[0]))";
    while page.js_with(is_read, vec![json!(text)]).await == json!(true) {
        page.press(['a']).await;
        page.settle().await;
    }
}

/// Goes on in the list until this is read.
async fn go_to(page: &Page, text: &str) {
    let is_read = "return ps.all('article').some(e => ps.textOf(e).includes(arguments[0]))";
    for key in ["k", "j"].into_iter().flat_map(|key| std::iter::repeat_n(key, 12)) {
        if page.js_with(is_read, vec![json!(text)]).await == json!(true) {
            return;
        }
        page.press(key.chars()).await;
        page.settle().await;
    }
    page.article(text).await;
}

/// Writes `text` behind what stands in the box with this id, once it has the focus, and sends it.
async fn send(page: &Page, id: &str, text: &str) {
    page.until_with("focus on the box", "return ps.focused()?.id === arguments[0]", vec![json!(id)]).await;
    if !text.is_empty() {
        page.press_with(Key::Control, Key::End.into()).await;
        page.type_text(text).await;
    }
    page.press_with(Key::Control, Key::Enter.into()).await;
    page.until_with("the box is gone", "return !document.getElementById(arguments[0])", vec![json!(id)])
        .await;
}

async fn story(server: &Server, text: &str) -> String {
    post(server, "/sites/demo/posts", &json!({ "kind": "story", "text": text, "lang": "en" })).await
}

async fn post(server: &Server, path: &str, new: &Value) -> String {
    let receipt = server.post(path, new).await.ok().json();
    receipt["id"].as_str().expect("a receipt has an id").to_owned()
}

/// Somebody new who may decide; the address that signs them in.
fn added(server: &Server, name: &str) -> String {
    let config = server.data().join("shift.toml");
    let mut add = std::process::Command::new(program());
    add.args(["moderator", "add", name, "--config"]).arg(&config).arg("--data").arg(server.data());
    let added = add.output().unwrap();
    let said = String::from_utf8_lossy(&added.stdout).into_owned();
    said.lines().find(|line| line.contains("#code=")).expect("it prints a sign-in").trim().to_owned()
}

/// A server on which one network may write much, and Sam, by the API.
async fn a_server(visit: &Visit) -> (Server, Moderator) {
    let folder = scratch_folder("configuration");
    let config = folder.join("server.toml");
    let limits = "[limits]\nposts_a_minute = 100\nposts_an_hour = 100\n";
    std::fs::write(&config, format!("{SITE}{limits}")).unwrap();
    let server = visit.server_with(&["--config", config.to_str().expect("a plain path")]).await;
    std::fs::copy(&config, server.data().join("shift.toml")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let sam = server.moderator_by(&added(&server, "Sam")).await;
    (server, sam)
}

/// Signs Ada in by a one-time code, typed by hand.
async fn sign_in(page: &Page, server: &Server) {
    let address = added(server, "Ada");
    let code = address.rsplit_once('=').expect("it has a code").1;
    Hand::Keyboard.choose(page, "button", "I have a sign-in code").await;
    Hand::Keyboard.write(page, None, "One-time code", code).await;
    page.press([Key::Enter.into()]).await;
    page.find("button", "Sign out").await;
}

/// As [`a_server`], with thirty items that wait or are to be looked for, and Ada, whose authenticator has this key.
async fn with_thirty_items(visit: &Visit) -> (Server, Moderator, String) {
    let (server, sam) = a_server(visit).await;
    let ada = server.moderator_by(&added(&server, "Ada")).await;
    let key = ada.begin_account(PASSWORD).await;
    ada.confirm_authenticator(&code(&key, 0)).await;

    // What was there before.
    let thread = story(&server, THREAD).await;
    sam.approve(&thread).await;
    let replies = format!("/posts/{thread}/replies");
    let declined = post(&server, &replies, &json!({ "text": DECLINED_BEFORE })).await;
    sam.decline(&declined, "Please be kind to each other.").await;
    let unreported = story(&server, UNREPORTED).await;
    sam.approve(&unreported).await;
    for (place, text) in REPORTED.iter().enumerate() {
        let id = story(&server, text).await;
        sam.approve(&id).await;
        let report = json!({ "reason": "unkind", "reporter": format!("{place}").repeat(32) });
        server.post(&format!("/items/{id}/reports"), &report).await.ok();
    }

    // What came since, in the order in which it is read.
    post(&server, &replies, &json!({ "text": REPLY })).await;
    for text in RED.iter().chain([&PERSONAL, &TO_FOLD, &TO_DECLINE]).chain(&SPAM) {
        story(&server, text).await;
    }
    for (place, text) in PLAIN.iter().enumerate() {
        let id = story(&server, text).await;
        if place == 0 {
            sam.claim(&id).await;
        }
    }
    late(&server);
    (server, sam, key)
}

/// Brings two stories of another system, which waited there for long.
fn late(server: &Server) {
    let file = server.data().join("late.jsonl");
    let mut lines = String::from("{\"format\":\"peer-support\",\"version\":1}\n");
    for (place, text) in LATE.iter().enumerate() {
        let item = json!({
            "id": format!("000000000000{place}"), "kind": "story", "topic": "general", "state": "held", "text": text,
            "created_at": 1_700_000_000_000_i64 + i64::try_from(place).expect("it is small") * 60_000,
        });
        lines.push_str(&format!("{item}\n"));
    }
    std::fs::write(&file, lines).unwrap();
    let mut import = std::process::Command::new(program());
    import.args(["import", "--from", "peer-support", "--site", "demo", "--config"]);
    import.arg(server.data().join("shift.toml")).arg("--data").arg(server.data()).arg(&file);
    let imported = import.output().unwrap();
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
}
