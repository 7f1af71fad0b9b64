//! Every language of the panel on a small phone, and one that nobody speaks: longer than English, with accents, in brackets.

use crate::pictures::fill;
use crate::steps::{Hand, fits_the_width};
use peer_support_tests::server::Server;
use peer_support_tests::site::Site;
use peer_support_tests::{Page, Visit, each_browser, workspace};
use serde_json::{Value, json};
use std::sync::Arc;

each_browser!(
    every_word_comes_out_of_the_language_file,
    every_language_fits_a_small_phone_and_keeps_the_draft
);

const WORDS: &str = "I want to tell this once, in my own words.";

/// The panel, open, 320 pixels wide; the server and the page around it go when they are dropped.
async fn on_a_small_phone(visit: &Visit) -> (Server, Arc<Site>, Page) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/phone.html")).await;
    page.enter_frame().await;
    Hand::Mouse.open_panel(&page).await;
    (server, host, page)
}

async fn speak(page: &Page, tag: &str) {
    let choose = "const [tag] = arguments;
        const list = ps.all('combobox').find(e => [...(e.options ?? [])].some(o => o.value === tag));
        list.value = tag; list.dispatchEvent(new Event('change', { bubbles: true }))";
    page.js_with(choose, vec![json!(tag)]).await;
    let spoken = format!("return ps.elements().some(e => e.matches('.panel.shell') && e.lang === '{tag}')");
    page.until(&format!("the panel speaks {tag}"), &spoken).await;
}

/// What shows less than it says: a name that runs over the edge of its control. What only screen readers read is a pixel wide; the
/// space behind a line's last letter is no letter.
pub async fn nothing_is_clipped(page: &Page, title: &str) {
    let clipped = page
        .js("return ps.elements().filter(e => e.getRootNode().host && ps.isSeen(e)
                && e.matches('button, [role=tab], label, legend, summary, h1, h2, h3, p')
                && e.scrollWidth > e.clientWidth + 4 && e.clientWidth > 1
                && getComputedStyle(e).display !== 'inline').map(e => `${ps.describe(e)} ${e.className} ${e.innerText.slice(0, 40)} ${e.scrollWidth} ${e.clientWidth}`)")
        .await;
    assert_eq!(clipped, json!([]), "{:?}: {title}", page.browser);
}

async fn every_language_fits_a_small_phone_and_keeps_the_draft(visit: &Visit) {
    let (_server, _host, page) = on_a_small_phone(visit).await;
    fill(&page, 2).await;
    Hand::Mouse.write(&page, None, "Your words", WORDS).await;

    let mut tags: Vec<String> = std::fs::read_dir(workspace("locales"))
        .unwrap()
        .filter_map(|file| {
            file.unwrap().file_name().into_string().unwrap().strip_suffix(".json").map(str::to_owned)
        })
        .filter(|tag| tag != "en")
        .collect();
    tags.sort();
    assert!(tags.len() >= 11, "{tags:?}");
    for tag in tags {
        speak(&page, &tag).await;
        for (place, view) in ["help-now", "stories", "write"].into_iter().enumerate() {
            fill(&page, place).await;
            page.settle().await;
            let title = format!("{view}-{tag}-320");
            fits_the_width(&page).await;
            nothing_is_clipped(&page, &title).await;
            page.save_shot(&title).await;
        }
        let draft = page.js("return ps.all('textbox').find(e => e.localName === 'textarea').value").await;
        assert_eq!(draft, json!(WORDS), "the draft in {tag}");
    }
}

/// As the file of a language, with every text of `english` longer, accented and in brackets.
fn pseudo(english: &Value) -> Value {
    let texts = english.as_object().unwrap().iter().map(|(key, text)| {
        let text = match (key.as_str(), text) {
            ("dir" | "comma" | "pseudonym" | "adjectives" | "animals", text) => text.clone(),
            (_, Value::Object(forms)) => forms
                .iter()
                .map(|(form, text)| (form.clone(), json!(longer(text.as_str().unwrap()))))
                .collect(),
            (_, text) => json!(longer(text.as_str().unwrap())),
        };
        (key.clone(), text)
    });
    texts.collect()
}

/// `Close` becomes `⟦Çlóšé ó⟧`: a third longer; the places to fill stay.
fn longer(text: &str) -> String {
    let mut is_place = false;
    let accented = text.chars().map(|c| {
        is_place = (is_place || c == '{') && c != '}';
        match c {
            c if is_place => c,
            'a' => 'á',
            'e' => 'é',
            'i' => 'í',
            'o' => 'ó',
            'u' => 'ú',
            's' => 'š',
            'C' => 'Ç',
            'S' => 'Š',
            c => c,
        }
    });
    let more = " óné twó".chars().cycle().take(text.chars().count() / 3 + 1).collect::<String>();
    format!("⟦{}{more}⟧", accented.collect::<String>())
}

async fn every_word_comes_out_of_the_language_file(visit: &Visit) {
    let english: Value =
        serde_json::from_slice(&std::fs::read(workspace("locales/en.json")).unwrap()).unwrap();
    let (_server, _host, page) = on_a_small_phone(visit).await;
    // The file of one language is answered by the page with ours: nothing of it is ever shipped.
    let answer = "const [texts] = arguments, real = window.fetch;
        window.fetch = (address, ...more) => String(address?.url ?? address).includes('/locales/es.json')
            ? Promise.resolve(new Response(texts)) : real.call(window, address, ...more)";
    page.js_with(answer, vec![json!(pseudo(&english).to_string())]).await;

    speak(&page, "es").await;

    for (place, view) in ["help-now", "stories", "write"].into_iter().enumerate() {
        fill(&page, place).await;
        page.settle().await;
        // Headings of lines and posts, and the names of their authors, are nobody's to translate.
        let from_code = page
            .js("return ps.elements().filter(e => e.getRootNode().host && ps.isSeen(e) && e.closest('.panel.shell')
                    && e.matches('button, input, select, textarea, [role=tab], label, legend, summary, h1, h2')
                    && !ps.nameOf(e).includes('⟦') && !ps.textOf(e).includes('⟦')).map(ps.describe)")
            .await;
        assert_eq!(from_code, json!([]), "{:?}: {view} says what is in no language file", page.browser);
        fits_the_width(&page).await;
        nothing_is_clipped(&page, view).await;
        page.save_shot(&format!("{view}-pseudo-320")).await;
    }
}
