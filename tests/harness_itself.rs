//! A suite that cannot fail proves nothing: here the harness must notice what is wrong.

use peer_support_tests::site::{Reply, Site};
use peer_support_tests::{Browser, Visit, attempt, each_browser, workspace};
use std::sync::Arc;

each_browser!(finds_by_role_and_name_in_a_shadow_root);

const FIXTURE: &str = r#"<!doctype html><html lang="en"><meta charset="utf-8"><title>Fixture</title>
<script src="/watch.js"></script><script src="/fixture.js"></script><main><h1>Fixture</h1><toy-panel></toy-panel></main>"#;

const SCRIPT: &str = r#"customElements.define("toy-panel", class extends HTMLElement {
  connectedCallback() {
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = `<button aria-hidden="true">Send</button><button hidden>Send</button>
      <label for="words">Your words</label><textarea id="words"></textarea>
      <fieldset><legend>Kind</legend><label><input type="radio" name="kind">Story</label></fieldset>
      <a href="tel:116123">Call 116&nbsp;123</a><button id="send">Send</button><div id="said"></div>`;
    root.getElementById("send").addEventListener("click", () => {
      root.getElementById("said").innerHTML = "<article>" + root.getElementById("words").value + "</article>";
    });
  }
});"#;

async fn site() -> Arc<Site> {
    let site = Site::serve(workspace("www/host"), "", &["content-security-policy: default-src 'self'"]).await;
    site.reply("/", Reply::Body(200, "text/html", FIXTURE.into()));
    site.reply("/fixture.js", Reply::Body(200, "text/javascript", SCRIPT.into()));
    site
}

async fn finds_by_role_and_name_in_a_shadow_root(visit: &Visit) {
    let site = site().await;
    let page = visit.open(&site.url("/")).await;

    page.type_into("textbox", "Your words", "Held, then read. Ünï 🙂").await;
    page.click("button", "Send").await;

    page.article("Held, then read. Ünï 🙂").await;
    assert!(page.has_text("Call 116 123").await);
    assert_eq!(page.focused().await, "button «Send»");
    for (role, name) in [
        ("textbox", "Your words"),
        ("radio", "Story"),
        ("button", "Send"),
        ("link", "Call"),
        ("heading", "Fixture"),
    ] {
        page.is_told_as(&page.find(role, name).await, role, name).await;
    }
}

/// What the harness says of a visit in which `script` runs.
fn visit_with(name: &str, script: &'static str) -> Result<(), String> {
    attempt(Browser::Chromium, name, move |visit| {
        Box::pin(async move {
            let site = site().await;
            let page = visit.open(&site.url("/")).await;
            page.js(script).await;
        })
    })
}

#[test]
fn an_uncaught_error_fails_the_visit_and_leaves_a_screenshot() {
    let screenshot = workspace("target/shots/failed/chromium-uncaught.png");

    let error = visit_with(
        "uncaught",
        "setTimeout(() => { throw new Error('left alone') }); return new Promise(r => setTimeout(r, 50))",
    );

    assert!(error.unwrap_err().contains("left alone"));
    std::fs::remove_file(screenshot).expect("the failed visit left a screenshot");
}

#[test]
fn a_policy_violation_fails_the_visit() {
    let error = visit_with(
        "violation",
        "document.body.setAttribute('style', 'color: red'); return new Promise(r => setTimeout(r, 50))",
    );

    assert!(error.unwrap_err().contains("csp style-src"));
    std::fs::remove_file(workspace("target/shots/failed/chromium-violation.png")).unwrap();
}
