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
    an_owners_colour_is_made_one_that_can_be_read,
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
        let system = Preferences { reduced_motion, ..Preferences::default() };
        let (_server, _host, page) = on_a_small_phone(visit, system).await;
        for (place, view) in VIEWS.into_iter().enumerate() {
            go_to(&page, place).await;
            // What follows a press of the visitor's ends; what moves by itself never does.
            page.until(
                &format!("{view} is at rest"),
                "const roots = [document, ...ps.elements().map(e => e.shadowRoot).filter(Boolean)];
                    return roots.flatMap(root => root.getAnimations()).every(a => a.playState !== 'running')",
            )
            .await;
            let longest = page
                .js("const all = ps.elements().filter(e => e.getRootNode().host).map(e => getComputedStyle(e));
                    const ms = all.flatMap(s => [s.transitionDuration, s.animationDuration]).flatMap(s => s.split(',')).map(s => parseFloat(s) * (s.includes('ms') ? 1 : 1000));
                    return Math.max(0, ...ms)")
                .await;
            let most = if reduced_motion { 0.0 } else { 150.0 };
            assert!(
                longest.as_f64().is_some_and(|ms| ms <= most),
                "{:?}: {view}: {longest} ms",
                page.browser
            );
        }
    }
}

async fn an_owners_colour_is_made_one_that_can_be_read(visit: &Visit) {
    for dark in [false, true] {
        let (_server, _host, page) =
            on_a_small_phone(visit, Preferences { dark, reduced_motion: true, ..Preferences::default() })
                .await;
        go_to(&page, 1).await;
        let contrasts = "const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
            const luminance = (colour) => {
                canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
                const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
                return .2126 * r + .7152 * g + .0722 * b;
            };
            const host = ps.elements().find(e => e.localName === 'peer-support');
            const tab = ps.all('tab').find(e => e.getAttribute('aria-selected') === 'true');
            return ['', '#ffdd00', '#ffffff', '#000000', '#ff0000', '#00ff66', '#3b5bdb', '#ff66cc', 'none of these'].map(own => {
                host.style.setProperty('--peer-support-accent', own);
                const [text, back] = [tab, tab.closest('.tabs')].map((e, at) => luminance(getComputedStyle(e)[at ? 'backgroundColor' : 'color']));
                return [own, getComputedStyle(tab).color, (Math.max(text, back) + .05) / (Math.min(text, back) + .05)];
            })";
        let found = page.js(contrasts).await;
        let found = found.as_array().expect("one for each colour");
        for one in found {
            assert!(
                one[2].as_f64().is_some_and(|ratio| ratio >= 4.5),
                "{:?}, dark {dark}: {one}",
                page.browser
            );
        }
        assert_ne!(found[1][1], found[4][1], "{:?}: each is a colour of its own", page.browser);
    }
}

/// Only Chromium's driver can ask for it.
async fn with_the_colours_of_the_system_every_view_can_be_used(visit: &Visit) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    let forced = json!({ "features": [{ "name": "forced-colors", "value": "active" }] });
    page.cdp("Emulation.setEmulatedMedia", forced).await;
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
