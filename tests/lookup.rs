//! Finding the right line: by plain words, by choosing, for another country, with what the device can do.

use crate::signed_helplines::built_in;
use crate::steps::{Hand, can_dial, fits_the_width, has_taken, is_pressed};
use fantoccini::key::Key;
use peer_support_tests::server::Server;
use peer_support_tests::site::{Reply, Site};
use peer_support_tests::{Page, Visit, each_browser, eventually};
use serde_json::{Value, json};
use std::sync::Arc;

each_browser!(
    a_need_is_found_in_plain_words,
    what_is_typed_goes_nowhere,
    a_need_is_found_by_keyboard_only,
    a_country_is_found_by_its_name_in_another_language,
    a_region_changes_the_order,
    when_guesses_disagree_the_visitor_says_where_they_are,
    hours_are_told_by_both_clocks,
    a_number_can_be_copied_and_read_out,
    the_numbers_are_saved_on_a_card_that_needs_nothing,
    what_does_not_work_is_passed_on_and_leads_to_the_next_line,
    what_worries_about_calling_is_answered,
    what_is_open_and_focused_stays_when_the_whole_directory_comes,
    what_is_being_pressed_when_the_whole_directory_comes_is_pressed,
    a_line_that_somebody_is_at_keeps_its_place_when_others_come,
);

/// The first line that stands open.
const FIRST: &str = "ps.nameOf(ps.all('heading').filter(e => e.localName === 'h3')[0])";

/// A page that runs `script` first and names `attributes` in its snippet, and its open panel.
async fn panel(visit: &Visit, server: &Server, script: &str, attributes: &str) -> Page {
    let host = visit.host(server, &[]).await;
    let page = page(visit, &host, &server.origin(), script, attributes).await;
    Hand::Mouse.open_panel(&page).await;
    page
}

async fn page(visit: &Visit, host: &Arc<Site>, origin: &str, script: &str, attributes: &str) -> Page {
    let html = format!(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>A page</title>
        <script src='/watch.js'></script><script>{script}</script><main><h1>A charity</h1></main>
        <script src='{origin}/peer-support.js' data-site='demo' {attributes} async></script>"
    );
    host.reply("/lookup.html", Reply::Body(200, "text/html; charset=utf-8", html.into_bytes()));
    visit.open(&host.url("/lookup.html")).await
}

/// Waits until the words of the search field are there, and with them the whole directory.
async fn knows_the_words(page: &Page) {
    has_taken(page, "/terms/").await;
    has_taken(page, "/helplines/").await;
}

async fn first_is(page: &Page, name: &str) {
    page.until(&format!("«{name}» first"), &format!("return {FIRST}.startsWith({})", json!(name))).await;
}

async fn a_need_is_found_in_plain_words(visit: &Visit) {
    let server = visit.server().await;
    let page = panel(visit, &server, "", "data-country='GB'").await;
    knows_the_words(&page).await;
    first_is(&page, "Samaritans").await;

    // Typed as it comes, with a typing mistake.
    page.type_into("textbox", "What is it about?", "my partner hits me").await;
    page.find("button", "Remove: Violence at home").await;
    page.until("no longer the general line", &format!("return {FIRST} !== 'Samaritans'")).await;
    page.until("a line for it", "return ps.textOf(ps.all('listitem')[0]).includes('Violence at home')").await;
    page.save_shot("lookup-words").await;
    page.passes_axe("a need in plain words").await;

    // A toggle narrows it; what was recognised is taken away by one press, and the field keeps the focus.
    page.click("button", "Text").await;
    assert!(is_pressed(&page, &page.find("button", "Text").await).await);
    page.click("button", "Remove: Violence at home").await;
    page.until("the field has the focus", "return ps.nameOf(ps.focused()) === 'What is it about?'").await;
    page.until("a text line", "return ps.textOf(ps.all('listitem')[0]).includes('Text SHOUT to 85258')")
        .await;
    page.click("button", "Text").await;
    first_is(&page, "Samaritans").await;

    // Words in the field can also be the name of a line.
    page.click("textbox", "What is it about?").await;
    page.clear_focused().await;
    page.type_text("Childlin").await;
    first_is(&page, "Childline").await;
    page.clear_focused().await;
    page.type_text("qqqqqq").await;
    page.reads("We did not find that.").await;
    page.clear_focused().await;

    // The same by choosing.
    let topic = page.find("combobox", "Topic").await;
    topic.select_by_value("eating_disorder").await.unwrap();
    page.find("button", "Remove: Eating").await;
}

/// Nothing of a lookup is sent or stored; what the panel fetches when it opens are files that are the same for all.
async fn what_is_typed_goes_nowhere(visit: &Visit) {
    const WATCH: &str = "window.asked = [];
        for (const name of ['fetch', 'open']) {
          const own = window[name];
          window[name] = (...all) => { asked.push(String(all[0])); return own(...all); };
        }
        navigator.sendBeacon = (address) => asked.push(address);
        const set = Storage.prototype.setItem;
        Storage.prototype.setItem = function (...all) { asked.push('storage'); return set.apply(this, all); };";
    let server = visit.server().await;
    let page = panel(visit, &server, WATCH, "data-country='US'").await;
    knows_the_words(&page).await;
    page.until("the long texts", "return asked.some(address => address.includes('/locales/'))").await;
    let files = "return asked.filter(address => !new URL(address).pathname.startsWith('/assets/'))";
    assert_eq!(page.js(files).await, json!([]));
    page.js("asked.length = 0").await;

    page.type_into("textbox", "What is it about?", "gay teen wants to die").await;
    page.find("button", "Remove: Thoughts of suicide").await;
    page.click("button", "Chat").await;
    page.click("button", "Open now").await;
    page.settle().await;

    let kept = "return [asked, document.cookie, localStorage.length, sessionStorage.length]";
    assert_eq!(page.js(kept).await, json!([[], "", 0, 0]));
}

async fn a_need_is_found_by_keyboard_only(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = page(visit, &host, &server.origin(), "", "data-country='US'").await;
    let hand = Hand::Keyboard;
    hand.open_panel(&page).await;
    knows_the_words(&page).await;

    hand.write(&page, None, "What is it about?", "trans teen text").await;
    page.until(
        "the toggle says so",
        "return ps.find('button', 'Text').getAttribute('aria-pressed') === 'true'",
    )
    .await;
    let link = "ps.all('link').find(e => e.getAttribute('href').startsWith('sms:'))";
    page.until("a number to text", &format!("return {link}")).await;
    let name = page.js(&format!("return ps.nameOf({link})")).await;
    let name = name.as_str().unwrap();
    // Walks there, and stops before it would leave the page.
    for _ in 0..60 {
        if page.focused().await == format!("link «{name}»") {
            return;
        }
        page.press([Key::Tab.into()]).await;
    }
    panic!("{:?}: the keyboard never came to «{name}»", page.browser);
}

async fn a_country_is_found_by_its_name_in_another_language(visit: &Visit) {
    let server = visit.server().await;
    let page = panel(visit, &server, "", "data-country='GB'").await;
    can_dial(&page, "tel:116123").await;

    // With the mouse the whole list is there at once.
    page.click("combobox", "Country").await;
    page.until("all countries", "return ps.all('option').filter(e => e.localName === 'li').length > 200")
        .await;
    page.passes_axe("all countries").await;
    page.save_shot("lookup-countries").await;
    page.press([Key::Escape.into()]).await;
    page.until("the list is closed", "return ps.all('option').every(e => e.localName !== 'li')").await;
    assert_eq!(page.js("return ps.find('combobox', 'Country').value").await, json!("United Kingdom"));

    // By keyboard: its name in Spanish, and a part of it is enough. Chromium's driver, asked to type into a field, takes
    // the focus away first; a person does not.
    page.click("combobox", "Country").await;
    page.clear_focused().await;
    page.press("aleman".chars()).await;
    let marked = "const field = ps.find('combobox', 'Country');
        return field.getRootNode().getElementById(field.getAttribute('aria-activedescendant'))?.textContent === 'Germany'";
    page.until("Germany is marked", marked).await;
    page.press([Key::Enter.into()]).await;
    can_dial(&page, "tel:112").await;
    page.until("no British number", "return !ps.all('link').some(e => e.getAttribute('href') === 'tel:999')")
        .await;
    assert_eq!(page.js("return ps.find('combobox', 'Country').value").await, json!("Germany"));

    // What is no country is said to be none, and what was chosen stays.
    page.clear_focused().await;
    page.press("qqqq".chars()).await;
    page.reads("No country here is called that.").await;
    page.press([Key::Tab.into()]).await;
    assert_eq!(page.js("return ps.find('combobox', 'Country').value").await, json!("Germany"));

    // By its code, for those who know it.
    page.click("combobox", "Country").await;
    page.clear_focused().await;
    page.press("ie".chars()).await;
    page.press([Key::Enter.into()]).await;
    page.until("Ireland", "return ps.find('combobox', 'Country').value === 'Ireland'").await;
}

async fn a_region_changes_the_order(visit: &Visit) {
    let server = visit.server().await;
    let page = panel(visit, &server, "", "data-country='CA'").await;
    knows_the_words(&page).await;

    let topic = page.find("combobox", "Topic").await;
    topic.select_by_value("domestic_violence").await.unwrap();
    page.find("button", "Remove: Violence at home").await;
    let region = page.find("combobox", "Region").await;
    region.select_by_value("British Columbia").await.unwrap();
    let near = "return ps.all('listitem').some(e => ps.textOf(e).includes('British Columbia'))";
    page.until("a line of that province stands open", near).await;

    // Where no line is for a region, nobody is asked for one.
    page.click("combobox", "Country").await;
    page.clear_focused().await;
    page.press("Germany".chars()).await;
    page.press([Key::Enter.into()]).await;
    page.gone("combobox", "Region").await;
}

async fn when_guesses_disagree_the_visitor_says_where_they_are(visit: &Visit) {
    // Two languages of two countries, and a zone of neither.
    let script = "Object.defineProperty(navigator, 'languages', { get: () => ['en-GB', 'es-MX'] });
        Intl.DateTimeFormat.prototype.resolvedOptions = () => ({ timeZone: 'UTC' });";
    let server = visit.server().await;
    let page = panel(visit, &server, script, "").await;

    // The emergency numbers of both are there before anything is said, and the first line of each.
    page.reads("Where are you?").await;
    for number in ["tel:999", "tel:911", "tel:116123"] {
        can_dial(&page, number).await;
    }
    fits_the_width(&page).await;
    page.passes_axe("where are you").await;
    page.save_shot("lookup-where").await;

    page.click("button", "I am in Mexico").await;
    page.until("one country", "return !ps.all('link').some(e => e.getAttribute('href') === 'tel:999')").await;
    can_dial(&page, "tel:911").await;
    assert_eq!(page.js("return ps.find('combobox', 'Country').value").await, json!("Mexico"));

    // It stays so while the panel is closed and opened again.
    page.click("button", "Close").await;
    Hand::Mouse.open_panel(&page).await;
    assert_eq!(page.js("return ps.find('combobox', 'Country').value").await, json!("Mexico"));
}

async fn hours_are_told_by_both_clocks(visit: &Visit) {
    // Monday, 06:00 in London and 15:00 in Tokyo, where this visitor is.
    let script = "Date.now = () => Date.UTC(2026, 10, 23, 6);
        const own = Intl.DateTimeFormat;
        Intl.DateTimeFormat = function (language, options) {
          return new own(language, { timeZone: 'Asia/Tokyo', ...options });
        };
        Intl.DateTimeFormat.prototype = own.prototype;";
    let server = visit.server().await;
    let page = panel(visit, &server, script, "data-country='GB'").await;
    knows_the_words(&page).await;

    page.type_into("textbox", "What is it about?", "Beat (England)").await;
    first_is(&page, "Beat (England)").await;

    // "9:00 AM", with a space that does not break.
    let says = "return ps.textOf(ps.all('listitem')[0]).replace(/[\\u202f\\u00a0]/g, ' ')";
    let says = page.js(says).await;
    let says = says.as_str().unwrap();
    assert!(says.contains("Opens at 6:00 PM your time (9:00 AM there)"), "{says}");
    assert!(says.contains("Public holidays not known"), "{says}");
}

async fn a_number_can_be_copied_and_read_out(visit: &Visit) {
    let script =
        "navigator.clipboard && (navigator.clipboard.writeText = async (text) => { window.copied = text });";
    let server = visit.server().await;
    let page = panel(visit, &server, script, "data-country='GB'").await;
    can_dial(&page, "tel:116123").await;
    has_taken(&page, "/helplines/").await;

    page.click("button", "Copy").await;
    page.find("button", "Copied").await;
    assert_eq!(page.js("return window.copied").await, json!("116 123"));

    page.click("button", "Show large").await;
    let size = "const large = [...ps.elements()].filter(e => e.localName === 'b' && e.textContent === '116 123' && ps.isSeen(e));
        return Math.max(...large.map(e => parseFloat(getComputedStyle(e).fontSize)))";
    assert!(page.js(size).await.as_f64().unwrap() >= 48.0);
    fits_the_width(&page).await;
    page.save_shot("lookup-large").await;

    // Escape closes it, and not the panel.
    page.press([Key::Escape.into()]).await;
    page.until("the large print is closed", &format!("return (() => {{ {size} }})() < 48")).await;
    assert!(page.has("tab", "Help now").await);
}

async fn the_numbers_are_saved_on_a_card_that_needs_nothing(visit: &Visit) {
    const CATCH: &str = "const create = URL.createObjectURL;
        URL.createObjectURL = (blob) => { blob.text().then(text => (window.saved = text)); return create.call(URL, blob); };
        HTMLAnchorElement.prototype.click = function () { window.fileName = this.download; };
        const open = window.open;
        window.open = (...all) => {
          if (window.refuses) return null;
          const opened = open.call(window, ...all);
          opened.print = () => (window.printed = opened.document.documentElement.outerHTML);
          return opened;
        };";
    let server = visit.server().await;
    let page = panel(visit, &server, CATCH, "data-country='GB'").await;
    knows_the_words(&page).await;

    page.click("button", "Keep these numbers").await;
    page.reads("Anyone who finds this card can read it.").await;
    page.passes_axe("the card").await;
    page.save_shot("lookup-card").await;
    page.click("checkbox", "Shout").await; // left out
    page.click("button", "Save").await;

    let saved = page.until("a file", "return window.saved").await;
    let saved = saved.as_str().unwrap();
    assert_eq!(page.js("return window.fileName").await, json!("card.html"));
    for there in ["tel:999", "tel:116123", "Samaritans", "charset=\"utf-8\"", "lang=\"en\""] {
        assert!(saved.contains(there), "no {there} in {saved}");
    }
    for absent in ["85258", "<script", "127.0.0.1", "localhost", "<link", "http-equiv"] {
        assert!(!saved.contains(absent), "{absent} in {saved}");
    }

    // Printing shows the same in a window of its own; where no window may be opened, the file is saved.
    page.js("window.saved = ''").await;
    let windows = page.client.windows().await.unwrap().len();
    page.click("button", "Print").await;
    let printed = page.until("a page to print", "return window.printed").await;
    let printed = printed.as_str().unwrap();
    assert!(printed.contains("tel:116123") && !printed.contains("<script"), "{printed}");
    assert_eq!(page.client.windows().await.unwrap().len(), windows + 1);
    page.js("window.refuses = true").await;
    page.click("button", "Print").await;
    page.until("the file in place of the window", "return window.saved.includes('tel:116123')").await;
}

async fn what_does_not_work_is_passed_on_and_leads_to_the_next_line(visit: &Visit) {
    let server = visit.server().await;
    let script = "const own = window.fetch;
        window.fetch = (address, options) => {
          if (options?.method === 'POST') window.sent = [address, options.body, options.credentials, [...options.headers]];
          return own(address, options);
        };";
    let page = panel(visit, &server, script, "data-country='GB'").await;
    knows_the_words(&page).await;

    page.click("button", "This did not work").await;
    page.reads("What happened?").await;
    page.passes_axe("what happened").await;
    page.save_shot("lookup-report").await;
    page.click("button", "No answer").await;
    page.reads("Thank you. We passed it on").await;

    let sent = page.js("return window.sent").await;
    assert!(sent[0].as_str().unwrap().ends_with("/api/v1/sites/demo/line-reports"), "{sent}");
    let body: Value = serde_json::from_str(sent[1].as_str().unwrap()).unwrap();
    assert_eq!(body, json!({ "line": "gb-samaritans", "contact": "116 123", "problem": "no_answer" }));
    assert_eq!(sent[2], json!("omit"));
    assert_eq!(sent[3], json!([["content-type", "application/json"]]));

    page.click("button", "Try the next line").await;
    let next = "return ps.roleOf(ps.focused()) === 'heading' && ps.nameOf(ps.focused())";
    let next = page.until("the next line has the focus", next).await;
    assert_ne!(next, json!("Samaritans"));

    // A panel without a server of its own has nobody to tell.
    let alone = visit.own_host(&[]).await;
    let html = "<!doctype html><html lang='en'><title>Alone</title><script src='/watch.js'></script>
        <script src='/peer-support.js' data-country='GB' async></script>";
    alone.reply("/alone.html", Reply::Body(200, "text/html", html.into()));
    let page = visit.open(&alone.url("/alone.html")).await;
    Hand::Mouse.open_panel(&page).await;
    can_dial(&page, "tel:116123").await;
    assert!(!page.has("button", "This did not work").await);
}

async fn what_worries_about_calling_is_answered(visit: &Visit) {
    let mut server = visit.server().await;
    let page = panel(visit, &server, "", "data-country='GB'").await;
    // What a call costs is told by the whole directory.
    has_taken(&page, "/helplines/").await;
    has_taken(&page, "/locales/en").await;

    // They were fetched when nothing else was to do, so they are there without a network.
    server.stop();
    page.click("button", "Worried about calling?").await;
    page.reads("Will they send the police?").await;
    page.reads("Samaritans: free to call").await;
    page.passes_axe("worried about calling").await;
    page.save_shot("lookup-worried").await;

    // In another language, after the server is back.
    server.restart().await;
    let language = page.find("combobox", "Language").await;
    language.select_by_value("es").await.unwrap();
    page.click("button", "¿Te preocupa llamar?").await;
    page.reads("¿Mandarán a la policía?").await;
    eventually("the panel speaks Spanish", async || page.has_text("¿De qué se trata?").await).await;
}

/// Holds the whole directory back on its way, until `comes()`.
const SLOW: &str = "const own = window.fetch;
    const all = new Promise(go => { window.comes = go });
    window.fetch = async (address, ...more) => {
      if (String(address).includes('/helplines/')) await all;
      return own.call(window, address, ...more);
    };";

/// Has the whole directory come, and waits until it is shown: it has more lines than the panel began with.
async fn comes(page: &Page) {
    let n_more = "return parseInt(ps.all('button').map(ps.nameOf).find(name => name.includes('more line')))";
    let before = page.until("more lines", n_more).await;
    page.js("comes()").await;
    let grown = format!("return (() => {{ {n_more} }})() > arguments[0]");
    page.until_with("the whole directory", &grown, vec![before]).await;
    page.settle().await;
}

/// Finds what belongs to the first line: its link, what shows its number large, and what is told about it.
const PARTS: &str = "const first = ps.all('listitem')[0];
    const part = (role, name) => ps.find(role, name, first);
    const parts = { line: part('link', 'Call'), large: part('button', 'Show large'), about: part('button', 'More about this line'),
        emergency: ps.all('link')[0], topic: ps.find('combobox', 'Topic') };";

async fn what_is_open_and_focused_stays_when_the_whole_directory_comes(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = page(visit, &host, &server.origin(), SLOW, "data-country='DE'").await;
    for at in ["line", "large", "about", "emergency", "topic"] {
        page.reload().await;
        Hand::Mouse.open_panel(&page).await;
        can_dial(&page, "tel:08001110111").await;
        page.click("button", "Show large").await;
        page.click("button", "More about this line").await;
        page.reads("From abroad").await;
        page.click("button", "2 more lines").await;
        let focus = format!("{PARTS} window.parts = parts; parts[arguments[0]].focus()");
        page.js_with(&focus, vec![json!(at)]).await;

        comes(&page).await;

        let stays = format!("{PARTS} return [ps.focused() === window.parts[arguments[0]], parts.about.closest('details').open,
            parts.large.getAttribute('aria-expanded'), ps.all('listitem').length > 3, ps.elements(first).filter(e => e.matches('.large b')).map(e => e.textContent),
            Object.keys(parts).filter(part => parts[part] !== window.parts[part])]");
        let stays = page.js_with(&stays, vec![json!(at)]).await;
        assert_eq!(
            stays,
            json!([true, true, "true", true, ["0800 111 0 111"], []]),
            "{:?}: at {at}",
            page.browser
        );
    }

    // What the whole directory knows more of the line stands there, too.
    page.until("the line's page", &format!("{PARTS} return part('link', 'Website')")).await;
    page.js("ps.find('combobox', 'Topic').blur()").await;
    page.find("combobox", "Topic").await.select_by_value("domestic_violence").await.unwrap();
    page.find("button", "Remove: Violence at home").await;
    page.until("another line is first", &format!("{PARTS} return first !== window.parts.line.closest('li')"))
        .await;
}

async fn what_is_being_pressed_when_the_whole_directory_comes_is_pressed(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = page(visit, &host, &server.origin(), SLOW, "data-country='DE'").await;
    for at in ["line", "emergency"] {
        page.reload().await;
        page.js("addEventListener('click', event => {
            const link = event.composedPath().find(e => e.localName === 'a');
            if (link) { event.preventDefault(); window.pressed = link.getAttribute('href') }
        })")
            .await;
        Hand::Mouse.open_panel(&page).await;
        can_dial(&page, "tel:08001110111").await;
        let link = page.js_with(&format!("{PARTS} return parts[arguments[0]]"), vec![json!(at)]).await;
        page.press_down(page.element(&link)).await;

        comes(&page).await;
        page.let_go().await;

        let number = if at == "line" { "tel:08001110111" } else { "tel:112" };
        page.until_with("it is dialled", "return window.pressed === arguments[0]", vec![json!(number)]).await;
    }
}

async fn a_line_that_somebody_is_at_keeps_its_place_when_others_come(visit: &Visit) {
    // A directory in which another line is the best, and the first one has another number besides.
    let better =
        "+A better line\ntse\nae\nlen\nh24/7\n$\nd2026-11-01\nP01632 960001\t*9\nsen.wikipedia.org/wiki/X\n";
    let known = "P116 123\t*6\n";
    let bundle = built_in("GB").replacen("+Samaritans\n", &format!("{better}+Samaritans\n"), 1);
    assert!(bundle.contains(known));
    let bundle = bundle.replacen(known, &format!("{known}P01632 960002\t*6\n"), 1);
    let host = visit.own_host(&[]).await;
    host.reply("*/helplines/GB.txt", Reply::Body(200, "text/plain; charset=utf-8", bundle.into_bytes()));
    let page = page(visit, &host, "", SLOW, "data-country='GB'").await;
    let names = "return ps.all('heading').filter(e => e.localName === 'h3').map(ps.nameOf)";

    // Nobody is at a line: the better one comes first.
    Hand::Mouse.open_panel(&page).await;
    first_is(&page, "Samaritans").await;
    page.click("textbox", "What is it about?").await;
    comes(&page).await;
    first_is(&page, "A better line").await;

    page.reload().await;
    Hand::Mouse.open_panel(&page).await;
    first_is(&page, "Samaritans").await;
    page.click("button", "Show large").await;
    comes(&page).await;
    assert_eq!(page.js(names).await, json!(["Samaritans", "A better line"]));
    page.reads("01632 960002").await;
    page.focus_is_on("button «Show large»").await;
    let large = "return ps.elements().filter(e => e.matches('.large b')).map(e => e.textContent)";
    assert_eq!(page.js(large).await, json!(["116 123"]));
    // What is copied is the number beside it, however many there are now.
    page.js("navigator.clipboard.writeText = async (text) => { window.copied = text }").await;
    page.js("ps.all('button').filter(e => ps.nameOf(e) === 'Copy')[1].click()").await;
    page.until("the second is copied", "return window.copied === '01632 960002'").await;

    // Who asks for something else has the order that is right for it.
    page.click("button", "Call").await;
    page.click("button", "Open now").await;
    first_is(&page, "A better line").await;
}
