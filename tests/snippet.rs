//! The snippet builder: an owner chooses, copies, and puts the lines into a page; then that page has the panel.

use crate::steps::{Hand, can_dial, fits_the_width};
use fantoccini::key::Key;
use peer_support_tests::site::{Reply, Site};
use peer_support_tests::{Page, Preferences, Visit, each_browser, workspace};
use serde_json::json;
use std::sync::Arc;

each_browser!(
    what_is_copied_opens_the_panel_in_a_blank_page,
    a_pinned_script_is_checked_by_browsers,
    a_colour_is_never_taken_where_letters_could_not_be_read,
    the_builder_can_be_used_by_everybody,
);

async fn open(visit: &Visit, url: &str) -> Page {
    let page = visit.open(url).await;
    page.until("the builder is ready", "return 'ready' in document.documentElement.dataset").await;
    page
}

/// Chooses an entry of a list by its value, as a person does.
async fn select(page: &Page, name: &str, value: &str) {
    let list = page.find("combobox", name).await;
    let choose = "const [list, value] = arguments; list.value = value;
        for (const type of ['input', 'change']) list.dispatchEvent(new Event(type, { bubbles: true }));
        return list.value";
    assert_eq!(page.js_with(choose, vec![json!(list), json!(value)]).await, value, "{name}");
}

/// Writes `text` in place of what is in a box.
async fn rewrite(page: &Page, name: &str, text: &str) {
    page.click("textbox", name).await;
    page.clear_focused().await;
    page.type_text(text).await;
    page.press([Key::Tab.into()]).await;
}

/// What stands in a result.
async fn result(page: &Page, id: &str) -> String {
    let text =
        page.js_with("return document.getElementById(arguments[0]).textContent", vec![json!(id)]).await;
    text.as_str().unwrap().to_owned()
}

/// What a button copies: what it gives to the clipboard, for no driver lets us look into that.
async fn copied(page: &Page, button: &str) -> String {
    let listen = "window.copied = []; Object.defineProperty(navigator, 'clipboard',
        { value: { writeText: async (text) => void copied.push(text) }, configurable: true })";
    page.js(listen).await;
    page.click("button", button).await;
    page.reads("Copied.").await;
    page.js("return copied.join()").await.as_str().unwrap().to_owned()
}

/// A page of the owner's with nothing in it but `lines`, under `policy`.
async fn blank_page(lines: &str, css: &str, policy: &str) -> Arc<Site> {
    // The page has a script of its own as well.
    let policy = policy.replace("script-src", "script-src 'self'");
    let headers = [format!("content-security-policy: default-src 'self'; style-src 'self'; {policy}")];
    let headers: Vec<&str> =
        if policy.is_empty() { Vec::new() } else { headers.iter().map(String::as_str).collect() };
    let site = Site::serve(workspace("www/host"), "", &headers).await;
    let html = format!(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>A page</title><script src='/watch.js'></script>
        <link rel='stylesheet' href='/own.css'><body>\n{lines}\n</body></html>"
    );
    site.reply("/", Reply::Body(200, "text/html; charset=utf-8", html.into_bytes()));
    site.reply("/own.css", Reply::Body(200, "text/css", css.as_bytes().to_vec()));
    site
}

async fn what_is_copied_opens_the_panel_in_a_blank_page(visit: &Visit) {
    let server = visit.server().await;
    let page = open(visit, &server.url("/snippet/")).await;

    page.reads("This is Rowan House").await;
    select(&page, "Country", "GB").await;
    page.reads("Emergency: 999 · Samaritans: 116 123").await;
    select(&page, "Language of the panel", "es").await;
    page.click("checkbox", "A colour of your own").await;
    rewrite(&page, "Written as #0f5c5c", "#7a3d1f").await;
    let html = copied(&page, "Copy the HTML").await;
    let css = copied(&page, "Copy the CSS").await;
    let policy = copied(&page, "Copy the policy").await;

    // The preview is the real panel, as chosen.
    page.enter_frame().await;
    page.until("the preview has the colour", "return location.search.includes('7a3d1f')").await;
    page.click("button", "Apoyo").await;
    page.find("tab", "Ayuda ya").await;
    page.leave_frame().await;

    assert!(html.contains("<noscript><p>") && html.contains("href=\"tel:999\""), "{html}");
    let site = blank_page(&html, &css, &policy).await;
    let visitor = visit.open(&site.url("/")).await;
    visitor.click("button", "Apoyo").await;
    visitor.find("tab", "Ayuda ya").await;
    can_dial(&visitor, "tel:999").await;
    let colour = "return getComputedStyle(document.querySelector('peer-support').shadowRoot.querySelector('[part=launcher]')).backgroundColor";
    assert_eq!(visitor.js(colour).await, "rgb(122, 61, 31)");

    // In the page.
    page.click("radio", "In the page").await;
    let html = copied(&page, "Copy the HTML").await;
    let site = blank_page(&html, "", &policy).await;
    let visitor = visit.open(&site.url("/")).await;
    visitor.find("tab", "Ayuda ya").await;
    can_dial(&visitor, "tel:999").await;
}

async fn a_pinned_script_is_checked_by_browsers(visit: &Visit) {
    let server = visit.server().await;
    let page = open(visit, &server.url("/snippet/")).await;

    page.click("radio", "This one, pinned").await;
    page.reads("Browsers run exactly this script").await;
    let html = result(&page, "html").await;
    assert!(html.contains("integrity=\"sha384-"), "{html}");

    let site = blank_page(&html, "", "").await;
    let visitor = visit.open(&site.url("/")).await;
    visitor.click("button", "Support").await;
    visitor.find("tab", "Help now").await;

    // Another script under that digest is not run.
    let (before, after) = html.split_once("sha384-").unwrap();
    let wrong = format!("{before}sha384-AAAA{}", &after[4..]);
    let site = blank_page(&wrong, "", "").await;
    let visitor = visit.open(&site.url("/")).await;
    visitor.expect_problem("integrity");
    visitor.expect_problem("error");
    visitor.expect_problem("csp");
    let loaded = "return document.readyState === 'complete'";
    visitor.until("the page is loaded", loaded).await;
    assert!(!visitor.has("button", "Support").await);
}

async fn a_colour_is_never_taken_where_letters_could_not_be_read(visit: &Visit) {
    let server = visit.server().await;
    let page = open(visit, &server.url("/snippet/")).await;
    page.click("checkbox", "A colour of your own").await;

    page.reads("White letters: 7.7 : 1.").await;
    rewrite(&page, "Written as #0f5c5c", "#ffdd00").await;
    page.reads("White letters have 1.3 : 1").await;
    assert!(result(&page, "css").await.contains("color: #000000"));
    page.click("button", "Use #").await;
    page.until(
        "a darker shade",
        "return document.getElementById('css').textContent.includes('color: #ffffff')",
    )
    .await;
    let shade = page.js("return document.getElementById('accent').value").await;
    assert_ne!(shade, "#ffdd00");
    rewrite(&page, "Written as #0f5c5c", "red;}").await;
    page.reads("This is no colour").await;
    assert_eq!(result(&page, "css").await, "");
}

async fn the_builder_can_be_used_by_everybody(visit: &Visit) {
    let server = visit.server().await;
    let dark = Preferences { dark: true, ..Preferences::default() };
    for (preferences, name) in [(Preferences::default(), "light"), (dark, "dark")] {
        let page = visit.open_with(preferences, &server.url("/snippet/")).await;
        page.until("the builder is ready", "return 'ready' in document.documentElement.dataset").await;
        page.click("checkbox", "A colour of your own").await;
        page.passes_axe(&format!("the snippet builder, {name}")).await;
        page.save_shot(&format!("snippet-{name}")).await;
    }

    // By keys alone, in Spanish.
    let page = open(visit, &server.url("/snippet/")).await;
    select(&page, "Language of this page", "es").await;
    page.reads("Ponga peer-support en su página").await;
    Hand::Keyboard.choose(&page, "radio", "En la página").await;
    page.until(
        "the element",
        "return document.getElementById('html').textContent.includes('mode=\"inline\"')",
    )
    .await;

    // On a small phone: the page in a frame of its width.
    let phone = "document.body.innerHTML = ''; const frame = document.createElement('iframe'); frame.src = location.href;
        frame.style.cssText = 'width:320px;height:640px'; document.body.append(frame)";
    page.js(phone).await;
    page.enter_frame().await;
    page.until("the builder is ready", "return 'ready' in document.documentElement.dataset").await;
    fits_the_width(&page).await;
    page.save_shot("snippet-phone").await;
}
