//! Roles in the console, and two people who decide. By keyboard.

use http::Method;
use peer_support_tests::server::{Moderator, Server, program};
use peer_support_tests::{Page, Visit, each_browser};
use serde_json::json;

use crate::steps::Hand;

each_browser!(an_admin_gives_a_role_and_takes_it_away, what_one_proposes_another_confirms);

const RED: &str = "I want to kill myself tonight, and nobody knows.";

/// Runs a command of the server about accounts; what it printed.
fn command(server: &Server, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new(program());
    let output = command.arg("moderator").args(arguments).arg("--data").arg(server.data()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn console(visit: &Visit, server: &mut Server) -> Page {
    let page = visit.open(&server.sign_in_url().await).await;
    page.find("button", "Sign out").await;
    page
}

async fn an_admin_gives_a_role_and_takes_it_away(visit: &Visit) {
    let mut server = visit.server().await;
    command(&server, &["add", "Sam", "--role", "viewer"]);
    command(&server, &["role", "Sam", "--none"]);
    let page = console(visit, &mut server).await;

    Hand::Keyboard.choose(&page, "button", "Site").await;
    page.find("heading", "People and what they may do").await;
    page.type_into("textbox", "Name of an account of this server", "Nobody").await;
    Hand::Keyboard.choose(&page, "button", "Give this role").await;
    page.reads("No account has this name.").await;
    page.focus_is_on("textbox «Name of an account of this server").await;
    page.clear_focused().await;
    page.type_into("textbox", "Name of an account of this server", "Sam").await;
    Hand::Keyboard.choose(&page, "button", "Give this role").await;
    page.reads("Sam: moderator, from now on.").await;
    page.passes_axe("people and what they may do").await;
    assert!(command(&server, &["list"]).contains("Sam: moderator of demo"));

    Hand::Keyboard.choose(&page, "button", "Take the role away: Sam").await;
    page.reads("Sam has no role on this site any more.").await;
    assert!(command(&server, &["list"]).contains("Sam: no role"));
}

async fn what_one_proposes_another_confirms(visit: &Visit) {
    let mut server = visit.server().await;
    let added = command(&server, &["add", "Sam", "--role", "moderator"]);
    let sam: Moderator =
        server.moderator_by(added.lines().find(|line| line.contains("#code=")).unwrap()).await;
    let page = console(visit, &mut server).await;

    Hand::Keyboard.choose(&page, "button", "Site").await;
    Hand::Keyboard.choose(&page, "button", "Ask for two").await;
    page.find("button", "Let one decide alone").await;
    page.passes_axe("two people decide").await;

    // The dialog is still open: who has the item in sight would claim it, and Sam could propose nothing.
    let new = json!({ "kind": "story", "text": RED, "lang": "en" });
    let receipt = server.post("/sites/demo/posts", &new).await.ok().json();
    let id = receipt["id"].as_str().unwrap().to_owned();
    let decline = json!({ "decision": "decline", "reason": "It would hurt others." });
    sam.call(Method::POST, &format!("/console/items/{id}/decision"), Some(&decline)).await;
    Hand::Keyboard.choose(&page, "button", "Close").await;

    page.reads("Sam proposes to decline it, for this reason:").await;
    page.reads("It would hurt others.").await;
    page.gone("button", "Approve").await;
    page.passes_axe("what waits for a second person").await;
    Hand::Keyboard.choose(&page, "button", "Show the words").await;
    Hand::Keyboard.choose(&page, "button", "Confirm").await;
    page.reads("Confirmed. It is decided.").await;
    assert!(sam.queue().await.is_empty());
}
