//! A fire drill, from the lead who begins it to what the team took. By keyboard.

use fantoccini::key::Key;
use http::Method;
use peer_support_tests::server::program;
use peer_support_tests::{Page, Preferences, Visit, each_browser};
use serde_json::{Value, json};

use crate::steps::{Hand, fits_the_width, walk_to};

each_browser!(a_lead_begins_a_drill_and_reads_how_long_the_team_took);

const DRILLS: &str = "/console/sites/demo/drills";

async fn a_lead_begins_a_drill_and_reads_how_long_the_team_took(visit: &Visit) {
    let mut server = visit.server().await;
    let mut add = std::process::Command::new(program());
    let added = add.args(["moderator", "add", "Sam", "--role", "lead", "--data"]).arg(server.data()).output();
    let lead = server.moderator_by(&String::from_utf8_lossy(&added.unwrap().stdout)).await;
    let page = open_drills(visit, &server.sign_in_url().await).await;

    // Nothing to begin with is said beside the button, and begins nothing.
    for name in ["Posts that sound like a life at risk", "Posts of which something else is noticed"] {
        choose_number(&page, name, 0).await;
    }
    Hand::Keyboard.choose(&page, "button", "Begin the drill").await;
    page.reads("Choose at least one post.").await;
    page.passes_axe("what to choose before a drill").await;
    assert!(lead.queue().await.is_empty(), "nothing was begun");

    choose_number(&page, "Posts that sound like a life at risk", 1).await;
    choose_number(&page, "Posts of which something else is noticed", 1).await;
    page.save_shot("console-drill-choose").await;
    Hand::Keyboard.choose(&page, "button", "Begin the drill").await;
    page.reads("It has begun. Its posts are in the queue.").await;
    page.reads("Made-up posts: 2. Somebody began to read: 0. Decided: 0.").await;
    page.until("focus on the drill", "return ps.focused()?.id === 'drill-running'").await;
    page.passes_axe("a drill that runs").await;
    page.save_shot("console-drill-running").await;

    // A colleague passes the red one on, and declines the other.
    let made_up = lead.queue().await;
    assert_eq!(made_up.len(), 2);
    let id = |item: &Value| item["id"].as_str().expect("an item has an id").to_owned();
    let (red, amber) = (id(&made_up[0]), id(&made_up[1]));
    for one in [&red, &amber] {
        lead.claim(one).await;
    }
    let note = json!({ "note": "They have a plan." });
    lead.call(Method::POST, &format!("/console/items/{red}/escalation"), Some(&note)).await;
    lead.decline(&amber, "Please leave out what tells who you are.").await;
    Hand::Keyboard.choose(&page, "button", "Look again").await;
    page.reads("Somebody began to read: 2. Decided: 1.").await;

    Hand::Keyboard.choose(&page, "button", "End the drill now").await;
    page.reads("It is over. Its posts are gone.").await;
    page.until("focus on what came of it", "return ps.focused()?.id === 'drill-results'").await;
    let row = page.find("row", "Life at risk").await;
    assert!(page.text_of(&row).await.ends_with("Yes"), "passing on is right for a life at risk");
    page.reads("Half of them were read within").await;
    page.passes_axe("what came of a drill").await;
    fits_the_width(&page).await;
    page.save_shot("console-drill-results").await;
    assert!(lead.queue().await.is_empty(), "its posts are gone");
    let over = lead.call(Method::GET, DRILLS, None).await.json();
    assert_eq!(over["drills"][0]["ending"], "stopped");
}

/// The page of the site in a dark and narrow window, with its drills opened.
async fn open_drills(visit: &Visit, sign_in: &str) -> Page {
    let preferences = Preferences { dark: true, reduced_motion: true, ..Preferences::default() };
    let page = visit.open_with(preferences, sign_in).await;
    page.client.set_window_size(500, 900).await.unwrap();
    page.find("button", "Sign out").await;
    Hand::Keyboard.choose(&page, "button", "Site").await;
    Hand::Keyboard.choose(&page, "button", "Fire drill").await;
    page
}

/// Chooses from a closed list by keys. Not by typing: a digit that follows another one soon is taken for more of the same word.
async fn choose_number(page: &Page, name: &str, number: usize) {
    let list = page.find("combobox", name).await;
    walk_to(page, &list, "combobox", name).await;
    page.press([Key::Home.into()]).await;
    for _ in 0..number {
        page.press([Key::Right.into()]).await;
    }
    let is_chosen = "return arguments[0].value === arguments[1]";
    page.until_with(&format!("{number} of {name}"), is_chosen, vec![json!(list), json!(number.to_string())])
        .await;
}
