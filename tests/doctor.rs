//! `?peer-support-doctor` at a page's address: what its owner sees there.

use crate::steps::{SITE, configured};
use peer_support_tests::site::{Reply, Site};
use peer_support_tests::{Page, Visit, each_browser, workspace};
use serde_json::{Value, json};

each_browser!(
    on_a_page_that_is_right_all_is_well,
    it_speaks_the_language_of_the_panel_and_fetches_no_other,
    a_policy_that_refuses_is_named_with_the_line_to_add,
    a_site_that_the_server_does_not_know_is_named,
    an_origin_that_the_server_does_not_allow_is_named,
    a_button_that_is_covered_is_named_with_what_covers_it,
    an_old_copy_of_the_script_is_noticed,
    without_the_word_in_the_address_nothing_of_it_is_loaded,
);

fn page_with(site: &Site, body: &str, script: &str) {
    let html = format!(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>A page</title><script src='/watch.js'></script>
        <h1>A charity</h1>{body}<script src='{script}' async></script>"
    );
    site.reply("/", Reply::Body(200, "text/html; charset=utf-8", html.into_bytes()));
}

/// Waits until all was looked at, and gives what is said of each thing: `Requests to the server: Good …`.
async fn findings(page: &Page) -> Vec<String> {
    let done = "const doctor = document.querySelector('peer-support-doctor')?.shadowRoot;
        return doctor && !doctor.querySelector('output').textContent.includes('…') &&
            [...doctor.querySelectorAll('output, li')].map(e => ps.tidy(e.innerText))";
    let found = page.until("the doctor is done", done).await;
    found.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

fn finds(findings: &[String], parts: &[&str]) {
    let is_it = |line: &&String| parts.iter().all(|part| line.contains(part));
    assert!(findings.iter().any(|line| is_it(&line)), "no {parts:?} in\n{}", findings.join("\n"));
}

async fn on_a_page_that_is_right_all_is_well(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html?peer-support-doctor")).await;

    let found = findings(&page).await;

    assert_eq!(found[0], "All is well. There is nothing to change.", "{found:#?}");
    for good in [
        ["Good The button", "nothing lies over it"],
        ["Good The panel in the page", "WebAssembly"],
        ["Good Requests to the server", &server.origin()],
        ["Good The script", "newest"],
        ["Good The site", "demo"],
        ["Good The origin", &host.url("")],
        ["Good Clocks", "agree"],
        ["Good The panel in a frame", "works"],
        ["Good Storage", "keep"],
        ["To know Trusted Types", "does not ask"],
    ] {
        finds(&found, &good);
    }
    // It can be read by all, has the focus, and goes when it is told to.
    page.focus_is_on("heading").await;
    page.passes_axe("the doctor").await;
    page.save_shot("doctor").await;
    page.click("button", "Close").await;
    page.until("the doctor is gone", "return !document.querySelector('peer-support-doctor')").await;
    page.find("button", "Support").await;
}

async fn it_speaks_the_language_of_the_panel_and_fetches_no_other(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/elsewhere.html")).await;
    let mut n_languages = 0;
    for file in std::fs::read_dir(workspace("pkg-template/doctor")).unwrap() {
        let file = file.unwrap().path();
        let tag = file.file_stem().unwrap().to_str().unwrap();
        let words: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let element = format!("<peer-support site='demo' locale='{tag}'></peer-support>");
        page_with(&host, &element, &server.url("/peer-support.js"));

        page.goto(&host.url(&format!("/?{tag}&peer-support-doctor#c"))).await;

        let found = findings(&page).await;
        assert_eq!(found[0], words["all-well"].as_str().unwrap(), "{tag}: {found:#?}");
        finds(&found, &[words["connect"].as_str().unwrap(), &server.origin()]);
        let spoken = "const section = document.querySelector('peer-support-doctor').shadowRoot.querySelector('section');
            const fetched = performance.getEntriesByType('resource').map(e => e.name.match(/doctor\\/(.*)\\.js/)?.[1]).filter(Boolean);
            return [section.lang, getComputedStyle(section).direction, fetched]";
        let direction = if tag == "ar" { "rtl" } else { "ltr" };
        let fetched = if tag == "en" { json!([]) } else { json!([&tag[..2]]) };
        assert_eq!(page.js(spoken).await, json!([tag, direction, fetched]), "{:?}", page.browser);
        n_languages += 1;
    }
    assert_eq!(n_languages, 12);
}

async fn a_policy_that_refuses_is_named_with_the_line_to_add(visit: &Visit) {
    let server = visit.server().await;
    let policy = "content-security-policy: default-src 'self'; script-src 'self' SERVER; style-src 'self'; \
        require-trusted-types-for 'script'";
    let host = visit.host(&server, &[policy]).await;
    let page = visit.open(&host.url("/strict-csp.html?peer-support-doctor")).await;
    // What is tried is refused, which is the point.
    for refused in
        ["csp", "wasm-eval", "Content Security Policy", "connect-src", "frame-src", "trusted", "log "]
    {
        page.expect_problem(refused);
    }

    let found = findings(&page).await;

    assert_eq!(found[0], "Things to change: 3", "{found:#?}");
    let origin = server.origin();
    finds(
        &found,
        &["Change this The panel in the page", &format!("script-src 'self' {origin} 'wasm-unsafe-eval'")],
    );
    finds(&found, &["Change this Requests to the server", &format!("connect-src 'self' {origin}")]);
    finds(&found, &["Change this The panel in a frame", &format!("frame-src 'self' {origin}")]);
    finds(&found, &["Good Trusted Types", "no exception"]);
    page.passes_axe("the doctor that found something").await;
}

async fn a_site_that_the_server_does_not_know_is_named(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    page_with(&host, "<peer-support site='nobody'></peer-support>", &server.url("/peer-support.js"));
    let page = visit.open(&host.url("/?peer-support-doctor")).await;
    page.expect_problem("frame-ancestors");
    page.expect_problem("Framing");
    page.expect_problem("X-Frame");

    let found = findings(&page).await;

    finds(&found, &["Change this The site", "no site nobody", "id = \"nobody\""]);

    // None at all is no fault: the helplines work.
    page_with(&host, "<peer-support></peer-support>", &server.url("/peer-support.js"));
    page.goto(&host.url("/?peer-support-doctor")).await;
    finds(&findings(&page).await, &["To know The site", "No site is named"]);
}

async fn an_origin_that_the_server_does_not_allow_is_named(visit: &Visit) {
    let (server, _) = configured(visit, &SITE.replace("loopback", "https://rowan.example")).await;
    let host = visit.host(&server, &[]).await;
    page_with(&host, "<peer-support site='demo'></peer-support>", &server.url("/peer-support.js"));
    let page = visit.open(&host.url("/?peer-support-doctor")).await;
    for refused in ["frame-ancestors", "Framing", "CORS", "access control", "log "] {
        page.expect_problem(refused);
    }

    let found = findings(&page).await;

    let line = format!("origins = [\"{}\"]", host.url(""));
    finds(&found, &["Change this The origin", "does not let pages", &line]);
    finds(&found, &["Change this The panel in a frame", &line]);
    finds(&found, &["Good Requests to the server"]);
}

async fn a_button_that_is_covered_is_named_with_what_covers_it(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let script = server.url("/peer-support.js");
    let page = visit.open(&host.url("/elsewhere.html")).await;
    // The page's own, above all: at the end of the page with the highest number that there is.
    let chat = "<aside id='chat' class='open' style='position:fixed;z-index:2147483647;inset:auto 0 0 auto;width:300px;height:200px;background:#fff'></aside>";
    page_with(&host, &format!("<peer-support site='demo'></peer-support>{chat}"), &script);
    page.goto(&host.url("/?peer-support-doctor")).await;
    finds(&findings(&page).await, &["Change this The button", "aside#chat.open", "corner=\"bottom-start\""]);

    for (attributes, parts) in [
        ("mode='inline'", ["To know The button", "stands in the page"]),
        ("mode='link'", ["To know The button", "your own buttons"]),
        ("hide-on='/'", ["To know The button", "hide-on"]),
    ] {
        page_with(&host, &format!("<peer-support site='demo' {attributes}></peer-support>"), &script);
        page.goto(&host.url("/?peer-support-doctor")).await;
        finds(&findings(&page).await, &parts);
    }
}

async fn an_old_copy_of_the_script_is_noticed(visit: &Visit) {
    let site = visit.own_host(&[]).await;
    let now = std::fs::read_to_string(peer_support_tests::workspace("target/dist/peer-support.js")).unwrap();
    site.reply("/old.js", Reply::Body(200, "text/javascript", now.clone().into_bytes()));
    let newer = now.replace("assets/widget-", "assets/other-");
    assert_ne!(now, newer);
    site.reply("/peer-support.js", Reply::Body(200, "text/javascript", newer.into_bytes()));
    page_with(&site, "<peer-support></peer-support>", "/old.js");
    let page = visit.open(&site.url("/?peer-support-doctor")).await;

    finds(&findings(&page).await, &["Change this The script", "has another one"]);
}

async fn without_the_word_in_the_address_nothing_of_it_is_loaded(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html?peer-support=doctor")).await;
    page.find("button", "Support").await;
    page.settle().await;

    let asked =
        "return performance.getEntriesByType('resource').filter(e => e.name.includes('doctor')).length";
    assert_eq!(page.js(asked).await, json!(0));
    assert_eq!(page.js("return document.querySelector('peer-support-doctor')").await, json!(null));
}
