//! What hands, eyes and settings ask of every view: room for fingers, for wider text, and nothing that moves by itself.

use peer_support_tests::server::Server;
use peer_support_tests::site::Site;
use peer_support_tests::{Page, Preferences, Visit, each_browser};
use serde_json::json;
use std::sync::Arc;

use crate::pictures::fill;
use crate::steps::{Hand, fits_the_width};
use crate::tongues::nothing_is_clipped;

each_browser!(
    what_is_touched_is_as_big_as_a_finger,
    text_that_its_reader_sets_wider_apart_stays_whole,
    nothing_moves_by_itself_or_for_those_who_ask_for_rest,
);
each_browser!(@ chromium_alone Chromium with_the_colours_of_the_system_every_view_can_be_used);

const VIEWS: [&str; 4] = ["launcher", "help-now", "stories", "write"];

/// The page with the panel closed, 320 pixels wide; server and host go when they are dropped.
async fn on_a_small_phone(visit: &Visit, system: Preferences) -> (Server, Arc<Site>, Page) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open_with(system, &host.url("/phone.html")).await;
    page.enter_frame().await;
    page.find("button", "Support").await;
    (server, host, page)
}

/// Goes to one of [`VIEWS`].
async fn go_to(page: &Page, place: usize) {
    if place == 1 {
        Hand::Mouse.open_panel(page).await;
    }
    if place > 0 {
        fill(page, place - 1).await;
    }
    page.settle().await;
}

/// WCAG 2.2, 2.5.8: 24 pixels; what helps at once has 44, as 2.5.5 asks for. A link in a line of text is as high as the line.
async fn what_is_touched_is_as_big_as_a_finger(visit: &Visit) {
    let (_server, _host, page) = on_a_small_phone(visit, Preferences::default()).await;
    for (place, view) in VIEWS.into_iter().enumerate() {
        go_to(&page, place).await;
        let small = page
            .js("const least = (e) => e.matches('a[href^=tel], a[href^=sms], .leave, [part=launcher]') ? 44 : 24;
                return ps.elements().filter(e => e.getRootNode().host && ps.isSeen(e)
                    && e.matches('button, a[href], select, summary, textarea, input, [role=tab]'))
                .map(e => [e, (e.matches('input[type=radio], input[type=checkbox]') && e.closest('label') || e).getBoundingClientRect()])
                .filter(([e, { width, height }]) => Math.round(width) < least(e) || Math.round(height) < least(e))
                .map(([e, { width, height }]) => `${ps.describe(e)} ${width} × ${height}`)")
            .await;
        assert_eq!(small, json!([]), "{:?}: {view}", page.browser);
    }
}

/// WCAG 2.2, 1.4.12.
async fn text_that_its_reader_sets_wider_apart_stays_whole(visit: &Visit) {
    let (_server, _host, page) = on_a_small_phone(visit, Preferences::default()).await;
    for (place, view) in VIEWS.into_iter().enumerate() {
        go_to(&page, place).await;
        page.js("for (const e of ps.elements()) if (e.shadowRoot && !e.isWide) {
                const sheet = new CSSStyleSheet();
                sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }');
                e.shadowRoot.adoptedStyleSheets = [...e.shadowRoot.adoptedStyleSheets, sheet];
                e.isWide = true;
            }")
            .await;
        page.settle().await;
        fits_the_width(&page).await;
        nothing_is_clipped(&page, view).await;
        page.save_shot(&format!("{view}-wide-text-320")).await;
    }
}

async fn nothing_moves_by_itself_or_for_those_who_ask_for_rest(visit: &Visit) {
    for reduced_motion in [false, true] {
        let system = Preferences { reduced_motion, dark: false };
        let (_server, _host, page) = on_a_small_phone(visit, system).await;
        for (place, view) in VIEWS.into_iter().enumerate() {
            go_to(&page, place).await;
            let moving = page
                .js("const roots = [document, ...ps.elements().map(e => e.shadowRoot).filter(Boolean)];
                    return roots.flatMap(root => root.getAnimations()).filter(a => a.playState === 'running').length")
                .await;
            let longest = page
                .js("const all = ps.elements().filter(e => e.getRootNode().host).map(e => getComputedStyle(e));
                    const ms = all.flatMap(s => [s.transitionDuration, s.animationDuration]).flatMap(s => s.split(',')).map(s => parseFloat(s) * (s.includes('ms') ? 1 : 1000));
                    return Math.max(0, ...ms)")
                .await;
            let most = if reduced_motion { 0.0 } else { 150.0 };
            assert_eq!(moving, json!(0), "{:?}: {view}", page.browser);
            assert!(
                longest.as_f64().is_some_and(|ms| ms <= most),
                "{:?}: {view}: {longest} ms",
                page.browser
            );
        }
    }
}

/// Only Chromium's driver can ask for it.
async fn with_the_colours_of_the_system_every_view_can_be_used(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    let forced = json!({ "features": [{ "name": "forced-colors", "value": "active" }] });
    page.devtools("Emulation.setEmulatedMedia", forced).await;
    for (place, view) in VIEWS.into_iter().enumerate().skip(1) {
        go_to(&page, place).await;
        page.passes_axe(view).await;
        // What is chosen is told by more than a colour, which is the system's now.
        let told = page
            .js("const look = (e) => { const s = getComputedStyle(e); return [s.borderBlockEndWidth, s.borderBlockEndColor, s.borderBlockEndStyle, s.fontWeight].join(); };
                const [chosen, other] = ['true', 'false'].map(v => ps.all('tab').find(e => e.getAttribute('aria-selected') === v));
                return look(chosen) !== look(other)")
            .await;
        assert_eq!(told, json!(true), "{view}");
        page.save_shot(&format!("{view}-forced-colours")).await;
    }
}
