//! What happens outside of the desk: passing on, who is there, a sensitive period, and whether the team hears of it.

use fantoccini::key::Key;
use peer_support_tests::server::{Server, program};
use peer_support_tests::{Visit, each_browser, scratch_folder};
use serde_json::json;

use crate::steps::{Hand, SITE};

each_browser!(a_moderator_passes_on_and_an_admin_looks_after_the_site_by_keyboard);

const STORY: &str = "My first week back at school was hard. Walking in with a friend helped.";
const NOTE: &str = "I know this school, so I would rather not decide.";
const HEAVY_DAYS: &str = "These are heavy days for many.";

async fn a_moderator_passes_on_and_an_admin_looks_after_the_site_by_keyboard(visit: &Visit) {
    let hand = Hand::Keyboard;
    let (server, sign_in) = with_an_admin(visit).await;
    let host = visit.host(&server, &[]).await;
    server.post("/sites/demo/posts", &json!({ "kind": "story", "text": STORY })).await.ok();

    // Passed on by a key, with a note; the list and the item say so.
    let console = visit.open(&sign_in).await;
    console.article(STORY).await;
    console.press(['e']).await;
    console.until("the focus is on the note", "return ps.focused()?.id === 'escalation-note'").await;
    console.press_with(Key::Control, Key::Enter.into()).await;
    console.reads("3 to 500 characters").await;
    console.passes_axe("a note that is missing").await;
    console.type_text(NOTE).await;
    console.press_with(Key::Control, Key::Enter.into()).await;
    console.reads(NOTE).await;
    console.find("heading", "Passed on to a lead").await;
    console.passes_axe("what was passed on").await;
    console.save_shot("console-passed-on").await;

    // The page of the site: what visitors see now, and two weeks of hours.
    hand.choose(&console, "button", "Site").await;
    let dialog = console.find("dialog", "Site").await;
    console.find("heading", "What visitors see now").await;
    console.reads("The team is here now. Usually within 2 h.").await;
    console.until("two weeks", "return document.querySelectorAll('.calendar tbody tr').length === 14").await;
    console.passes_axe("the page of a site").await;
    console.save_shot("console-site").await;
    hand.choose_in(&console, Some(&dialog), "button", "Send a test").await;
    console.reads("No channel is configured for this site, so nobody is told.").await;
    hand.choose_in(&console, Some(&dialog), "button", "Set this rule").await;
    console.reads("Choose until when.").await;

    // A sensitive period begins with a second press, and visitors are told kindly.
    hand.choose_in(&console, Some(&dialog), "button", "Begin a sensitive period").await;
    console.reads("Press once more to begin.").await;
    assert!(!server.get("/sites/demo").await.ok().body.contains("is_sensitive"), "one press begins nothing");
    hand.choose_in(&console, Some(&dialog), "button", "Yes, begin now").await;
    console.reads("A sensitive period holds.").await;
    console.reads(HEAVY_DAYS).await;
    console.passes_axe("a sensitive period").await;
    let visitor = visit.open(&host.url("/plain.html")).await;
    hand.open_panel(&visitor).await;
    hand.choose(&visitor, "tab", "Stories").await;
    visitor.reads(HEAVY_DAYS).await;
    visitor.reads("The team is here now.").await;
    visitor.passes_axe("stories in a sensitive period").await;
    hand.choose_in(&console, Some(&dialog), "button", "End it").await;
    console.find("button", "Begin a sensitive period").await;
    assert!(!server.get("/sites/demo").await.ok().body.contains("is_sensitive"));
}

/// A server whose team is always there, and where its admin signs in.
async fn with_an_admin(visit: &Visit) -> (Server, String) {
    let folder = scratch_folder("configuration");
    let config = folder.join("server.toml");
    let coverage = "[sites.coverage]\nzone = \"Europe/London\"\nhours = \"24/7\"\noutside = \"hold-all\"\n";
    std::fs::write(&config, format!("{SITE}{coverage}")).unwrap();
    let config = config.to_str().expect("a plain path");
    let server = visit.server_with(&["--config", config]).await;
    let mut add = std::process::Command::new(program());
    add.args(["moderator", "add", "ada", "--role", "admin", "--config", config]);
    let added = add.arg("--data").arg(server.data()).output().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let said = String::from_utf8_lossy(&added.stdout).into_owned();
    let code = said.split("#code=").nth(1).expect("it prints a sign-in").trim().to_owned();
    let sign_in = server.url(&format!("/console/#code={code}"));
    (server, sign_in)
}
