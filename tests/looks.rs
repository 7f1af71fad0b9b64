//! Every view, light and dark, wide and narrow: clear to people and to machines, with the way out in sight.

use crate::steps::{Hand, fits_the_width};
use fantoccini::key::Key;
use peer_support_tests::{Page, Preferences, Visit, each_browser};

each_browser!(
    every_view_is_accessible_in_light,
    every_view_is_accessible_in_dark,
    escape_closes_the_panel_and_leave_quickly_leaves,
    the_panel_speaks_arabic_from_right_to_left,
    the_panel_can_be_a_part_of_the_page,
    the_example_page_works_as_it_is_served,
);

async fn every_view_is_accessible_in_light(visit: &Visit) {
    every_view(visit, false).await;
}

async fn every_view_is_accessible_in_dark(visit: &Visit) {
    every_view(visit, true).await;
}

async fn every_view(visit: &Visit, dark: bool) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let theme = if dark { "dark" } else { "light" };
    let system = Preferences { dark, reduced_motion: true, ..Preferences::default() };
    let page = visit.open_with(system, &host.url("/plain.html")).await;
    page.find("button", "Support").await;
    page.passes_axe("launcher").await;
    walk(&page, &format!("{theme}-1280"), false).await;
    page.goto(&host.url("/phone.html")).await;
    page.enter_frame().await;
    walk(&page, &format!("{theme}-320"), true).await;
}

async fn walk(page: &Page, title: &str, is_phone: bool) {
    Hand::Mouse.open_panel(page).await;
    for (tab, view) in [("Help now", "help-now"), ("Stories", "stories"), ("Write", "write")] {
        page.click("tab", tab).await;
        page.until(
            "the view is filled",
            match view {
                "help-now" => "return ps.all('link').length > 2",
                "stories" => "return ps.all('article').length > 0",
                _ => "return ps.find('textbox', 'Your words')",
            },
        )
        .await;
        assert!(page.has("button", "Leave quickly").await, "no way out of {tab}");
        if is_phone {
            fits_the_width(page).await;
        }
        // Colours are the same at every width, and so is what else axe can find in the dark.
        if !(is_phone && title.starts_with("dark")) {
            page.passes_axe(&format!("{view}-{title}")).await;
        }
        page.save_shot(&format!("{view}-{title}")).await;
    }
}

async fn escape_closes_the_panel_and_leave_quickly_leaves(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    Hand::Keyboard.open_panel(&page).await;
    page.until("the focus is in the panel", "return ps.roleOf(ps.focused()) === 'tab'").await;

    page.press([Key::Escape.into()]).await;
    page.gone("tab", "Help now").await;
    page.focus_is_on("button «Support»").await;

    // Away to where the owner says, and "back" does not lead here again.
    Hand::Mouse.open_panel(&page).await;
    let entries = page.js("return history.length").await;
    page.click("button", "Leave quickly").await;
    page.reads("Rain in the north").await;
    assert_eq!(page.js("return history.length").await, entries);

    // Shift, three times, from wherever the focus is.
    page.goto(&host.url("/plain.html")).await;
    Hand::Mouse.open_panel(&page).await;
    page.press([Key::Shift.into(), Key::Shift.into(), Key::Shift.into()]).await;
    page.reads("Rain in the north").await;
}

async fn the_panel_speaks_arabic_from_right_to_left(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/rtl.html")).await;

    page.until("a launcher", "return ps.all('button').at(-1)").await;
    page.js("ps.all('button').at(-1).click()").await;
    page.until(
        "three tabs in Arabic",
        "return ps.all('tab').filter(e => getComputedStyle(e).direction === 'rtl').length === 3",
    )
    .await;
    let lefts = "return ps.all('tab').map(e => e.getBoundingClientRect().left)";
    let lefts: Vec<f64> = serde_json::from_value(page.js(lefts).await).unwrap();
    assert!(lefts[0] > lefts[2], "the first tab is on the right: {lefts:?}");
    page.passes_axe("help-now in Arabic").await;
    page.save_shot("help-now-arabic").await;
}

async fn the_panel_can_be_a_part_of_the_page(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/inline.html")).await;

    page.find("tab", "Stories").await; // nobody had to open it
    assert!(!page.has("button", "Support").await);
    assert!(!page.has("button", "Close").await);
    assert!(page.has("button", "Leave quickly").await);
    fits_the_width(&page).await;
    page.passes_axe("inline").await;
    page.save_shot("inline").await;
}

/// What `cargo xtask serve` opens with; the README's picture is taken here. No country is named, so the panel finds one.
async fn the_example_page_works_as_it_is_served(visit: &Visit) {
    let server = visit.server().await;
    let page = visit.open(&server.url("/")).await;

    Hand::Mouse.open_panel(&page).await;

    page.until("a country to choose", "return ps.find('combobox', 'Country')").await;
    fits_the_width(&page).await;
    page.save_shot("example-page").await;
}
