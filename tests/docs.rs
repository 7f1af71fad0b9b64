//! The documentation as people read it: in the dark, on a phone, by keyboard, from right to left, from a disk, without scripts.

use peer_support_tests::site::{Reply, Site};
use peer_support_tests::{Page, Preferences, Visit, each_browser, workspace};
use serde_json::json;

each_browser!(
    the_documentation_is_accessible_by_day_and_by_night,
    the_documentation_fits_a_small_phone_in_both_directions,
    the_documentation_is_searched_by_keyboard_and_tells_nobody,
    the_documentation_reads_the_same_without_a_script,
    the_documentation_opens_and_searches_from_a_disk,
);

/// A long page, one with wide tables, one with many headings, and the first.
const PAGES: [&str; 4] = ["index.html", "server.html", "owners.html", "api-posts.html"];

async fn the_documentation_is_accessible_by_day_and_by_night(visit: &Visit) {
    let server = visit.server().await;
    for dark in [false, true] {
        let system = Preferences { dark, reduced_motion: true, ..Preferences::default() };
        let page = visit.open_with(system, &server.url("/docs/index.html")).await;
        for name in PAGES {
            page.goto(&server.url(&format!("/docs/{name}"))).await;
            page.until("the search is there", "return ps.find('searchbox', 'Search')").await;
            page.passes_axe(&format!("{name}, dark: {dark}")).await;
        }
    }
}

async fn fits(page: &Page, what: &str) {
    let widths = page.js("return [document.documentElement.scrollWidth <= innerWidth, innerWidth]").await;
    assert_eq!(widths, json!([true, 320]), "{what}");
}

async fn the_documentation_fits_a_small_phone_in_both_directions(visit: &Visit) {
    let site = Site::serve(workspace("target/dist/www"), "", &[]).await;
    for name in PAGES {
        let frame = format!(
            "<!doctype html><title>Phone</title><iframe src=\"docs/{name}\" width=\"320\" height=\"640\" title=\"Phone\"></iframe>"
        );
        site.reply("/phone.html", Reply::Body(200, "text/html", frame.into_bytes()));
        let page = visit.open(&site.url("/phone.html")).await;
        page.enter_frame().await;

        fits(&page, name).await;
        page.js("document.documentElement.dir = 'rtl'").await;
        fits(&page, &format!("{name} from right to left")).await;
        page.save_shot(&format!("docs-320-{}", name.trim_end_matches(".html"))).await;
    }
}

async fn the_documentation_is_searched_by_keyboard_and_tells_nobody(visit: &Visit) {
    let site = Site::serve(workspace("target/dist/www"), "", &[]).await;
    let page = visit.open(&site.url("/docs/index.html")).await;

    page.type_into("searchbox", "Search", "restore cop").await;

    page.until(
        "a link to the copies",
        "return ps.all('link').find(e => /Copies, and what was deleted/.test(e.textContent))",
    )
    .await;
    let asked = site.requests();
    assert!(asked.iter().all(|request| !request.contains("restore")), "{asked:?}");
    page.js("ps.all('link').find(e => /Copies, and what was deleted/.test(e.textContent)).click()").await;
    page.until("the part that was found", "return location.hash === '#copies-and-what-was-deleted-since'")
        .await;
}

async fn the_documentation_reads_the_same_without_a_script(visit: &Visit) {
    let site = Site::serve(workspace("target/dist/www"), "", &[]).await;
    site.reply("/docs/search.js", Reply::Body(404, "text/plain", Vec::new()));
    let page = visit.open(&site.url("/docs/index.html")).await;

    assert!(!page.has("searchbox", "Search").await, "a field that does nothing");
    page.click("link", "Running the server").await;

    page.until("the page", "return ps.find('heading', 'Running the server')").await;
    assert!(page.has("link", "Moderators").await);
}

async fn the_documentation_opens_and_searches_from_a_disk(visit: &Visit) {
    let file = workspace("target/dist/www/docs/index.html");
    let page = visit.open(&format!("file://{}", file.display())).await;

    page.type_into("searchbox", "Search", "sandbox").await;

    page.until("places that have it", "return ps.all('link').some(e => e.closest('#site-results'))").await;
}
