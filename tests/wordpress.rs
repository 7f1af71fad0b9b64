//! The WordPress plugin in a real WordPress: what its owner sets up, and what visitors get.
//!
//! One browser is enough: pages and forms are WordPress's, and the panel is driven in all three elsewhere.

use crate::steps::can_dial;
use fantoccini::key::Key;
use peer_support_tests::wordpress::WordPress;
use peer_support_tests::{Page, Visit, each_browser, workspace};
use serde_json::{Value, json};

each_browser!(@ chromium Chromium a_wordpress_shows_the_panel_as_its_owner_set_it_up);

async fn a_wordpress_shows_the_panel_as_its_owner_set_it_up(visit: &Visit) {
    every_file_is_php();
    let wordpress = WordPress::start().await;
    what_is_entered_is_checked(&wordpress);
    let server = visit.server().await;
    let owner = visit.open(&wordpress.url("/wp-login.php")).await;
    sign_in(&owner).await;

    the_owner_enters_settings(&owner, &wordpress, &server.origin()).await;
    visitors_have_the_button_on_every_page(visit, &wordpress).await;
    visitors_have_the_panel_where_the_owner_put_it(visit, &owner, &wordpress).await;
    strict_policies_are_kept(visit, &wordpress).await;
    nothing_is_left_behind(&wordpress);

    assert_eq!(wordpress.notices(), [""; 0]);
}

fn every_file_is_php() {
    let mut folders = vec![workspace("target/wordpress/peer-support")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "php") {
                let lint = std::process::Command::new("php").arg("-l").arg(&path).output().unwrap();
                assert!(lint.status.success(), "{}", String::from_utf8_lossy(&lint.stdout));
            }
        }
    }
}

/// Asked inside WordPress, without a browser.
fn what_is_entered_is_checked(wordpress: &WordPress) {
    let asked = |code: &str| -> Value {
        serde_json::from_str(&wordpress.run(&format!("echo wp_json_encode( {code} );"))).unwrap()
    };

    let nothing = asked("peer_support_sanitize( 'x' ) === peer_support_defaults()");
    assert_eq!(nothing, true);
    let hostile = "array( 'server' => 'javascript:alert(1)', 'site' => '\"><b>', 'country' => '<GB', 'locale' => array(),
        'theme' => 'x', 'isolation' => 'none', 'accent' => 'red;}*{' )";
    assert_eq!(asked(&format!("peer_support_sanitize( {hostile} ) === peer_support_defaults()")), true);
    let servers = asked(
        "array_map( 'peer_support_server', array( 'https://a.example/b?c#d', 'http://a.example/', 'https://u:p@a.example/',
            'ftp://a.example', 'https://a.example\"onload=x', 'http://localhost:1', '//a.example' ) )",
    );
    assert_eq!(servers[0], "https://a.example/b/");
    assert_eq!(servers[5], "http://localhost:1/");
    for place in [1, 2, 3, 4, 6] {
        assert_eq!(servers[place], "", "{servers}");
    }
    let attacked = asked(
        "( function () {
            update_option( 'peer_support', array( 'server' => 'https://a.example/' ) );
            $html = do_shortcode( '[peer_support mode=\"x\\'y\" country=\"<script>\" site=\\'\" onclick=\"x\\' locale=\"zz\"]' );
            delete_option( 'peer_support' );
            return $html;
        } )()",
    );
    let html = attacked.as_str().unwrap();
    assert!(
        html.starts_with("<peer-support server=\"https://a.example/\" mode=\"inline\"><p>In danger now?"),
        "{html}"
    );
    // Letters on any colour of the owner's can be read.
    let worst = asked(
        "( function () {
            $light = function ( $hex ) {
                $sum = 0;
                foreach ( array( 0.2126, 0.7152, 0.0722 ) as $at => $weight ) {
                    $part = hexdec( substr( $hex, 1 + 2 * $at, 2 ) ) / 255;
                    $sum += $weight * ( $part <= 0.04045 ? $part / 12.92 : ( ( $part + 0.055 ) / 1.055 ) ** 2.4 );
                }
                return $sum + 0.05;
            };
            $worst = 21;
            for ( $n = 0; $n < 4096; $n++ ) {
                $colour = sprintf( '#%x%x%x', $n >> 8, $n >> 4 & 15, $n & 15 );
                $long = preg_replace( '/[0-9a-f]/', '$0$0', $colour );
                $pair = array( $light( $long ), $light( peer_support_on( $colour ) ) );
                $worst = min( $worst, max( $pair ) / min( $pair ) );
            }
            return $worst;
        } )()",
    );
    assert!(worst.as_f64().unwrap() >= 4.5, "{worst}");
    // Who may not change settings is shown none.
    let shown = asked(
        "( function () { wp_set_current_user( 0 ); ob_start(); peer_support_page(); return ob_get_clean(); } )()",
    );
    assert_eq!(shown, "");
    let german = asked(
        "( function () {
            load_textdomain( 'peer-support', WP_PLUGIN_DIR . '/peer-support/languages/peer-support-de_DE.mo' );
            return array( __( 'Emergency', 'peer-support' ), translate_with_gettext_context( 'help', 'block keyword', 'peer-support' ) );
        } )()",
    );
    assert_eq!(german, json!(["Notruf", "Hilfe"]));
    let by_php = asked(
        "( include WP_PLUGIN_DIR . '/peer-support/languages/peer-support-fr_FR.l10n.php' )['messages']['Emergency']",
    );
    assert_eq!(by_php, "Urgences");
}

async fn sign_in(page: &Page) {
    // WordPress places the focus itself, a moment after the page is there, and selects what is written by then.
    page.until("the focus is on the name", "return document.activeElement?.id === 'user_login'").await;
    page.type_into("textbox", "Username or Email Address", "admin").await;
    // Its name is that of a password box.
    page.js("document.getElementById('user_pass').focus()").await;
    page.type_text("admin").await;
    page.press([Key::Enter.into()]).await;
    page.until("signed in", "return document.getElementById('wpadminbar')").await;
}

async fn the_owner_enters_settings(page: &Page, wordpress: &WordPress, server: &str) {
    page.goto(&wordpress.url("/wp-admin/options-general.php?page=peer-support")).await;
    page.reads("stores these settings and nothing about visitors").await;
    // Refused, and said so.
    page.type_into("textbox", "Server address", "http://elsewhere.example/").await;
    page.click("button", "Save Changes").await;
    page.reads("The server address must begin with https://.").await;

    page.type_into("textbox", "Server address", server).await;
    page.type_into("textbox", "Site", "demo").await;
    page.click("checkbox", "Show the button in the corner of every page").await;
    page.type_into("textbox", "Colour of the button", "#fd0").await;
    let choose = "const select = document.getElementById('peer-support-country'); select.value = 'GB'; return select.value";
    assert_eq!(page.js(choose).await, "GB");
    page.click("button", "Save Changes").await;
    page.reads("Settings saved.").await;

    let value = "return document.getElementById('peer-support-server').value";
    assert_eq!(page.js(value).await, format!("{server}/"));
}

async fn visitors_have_the_button_on_every_page(visit: &Visit, wordpress: &WordPress) {
    let page = visit.open(&wordpress.url("/")).await;

    page.click("button", "Support").await;
    page.find("tab", "Help now").await;
    can_dial(&page, "tel:999").await;
    let colours = "const s = getComputedStyle(document.querySelector('peer-support').shadowRoot.querySelector('[part=launcher]'));
        return [s.backgroundColor, s.color]";
    assert_eq!(page.js(colours).await, json!(["rgb(255, 221, 0)", "rgb(0, 0, 0)"]));
    let without_scripts =
        page.js("return document.querySelector('peer-support + noscript').textContent").await;
    for number in ["href=\"tel:999\"", "href=\"tel:116123\"", "Samaritans"] {
        assert!(without_scripts.as_str().unwrap().contains(number), "{without_scripts}");
    }
    assert_eq!(page.js("return document.cookie").await, "");
}

async fn visitors_have_the_panel_where_the_owner_put_it(visit: &Visit, owner: &Page, wordpress: &WordPress) {
    // By the block, in WordPress's editor.
    owner.goto(&wordpress.url("/wp-admin/post-new.php?post_type=page")).await;
    let insert = "const type = window.wp?.blocks?.getBlockType('peer-support/panel');
        if (!type || !document.querySelector('.block-editor-block-list__layout, iframe[name=editor-canvas]')) return false;
        wp.data.dispatch('core/block-editor').insertBlocks(wp.blocks.createBlock(type.name, { country: 'DE' }));
        return true";
    owner.until("the editor knows the block", insert).await;
    owner.reads("Visitors see the support panel here.").await;
    let publish = "const done = arguments[0]; const { dispatch, select } = wp.data;
        dispatch('core/editor').editPost({ title: 'Talk', status: 'publish' });
        dispatch('core/editor').savePost().then(() => done(select('core/editor').getPermalink()))";
    let address = owner.client.execute_async(publish, vec![]).await.unwrap();
    let page = visit.open(address.as_str().unwrap()).await;
    page.find("tab", "Help now").await;
    can_dial(&page, "tel:112").await;
    // One panel: the page has its own, so the button is not put there as well.
    assert_eq!(page.js("return document.querySelectorAll('peer-support').length").await, 1);

    // By the shortcode.
    let by_shortcode = wordpress.run(
        "echo get_permalink( wp_insert_post( array( 'post_type' => 'page', 'post_status' => 'publish', 'post_title' => 'Help',
            'post_content' => '[peer_support locale=\"es\"]' ) ) );",
    );
    let page = visit.open(&by_shortcode).await;
    page.find("tab", "Ayuda ya").await;
    can_dial(&page, "tel:999").await;
}

async fn strict_policies_are_kept(visit: &Visit, wordpress: &WordPress) {
    for way in ["filter", "core"] {
        let page = visit.open(&wordpress.url(&format!("/?strict={way}"))).await;
        // WordPress's own scripts have no nonce and are refused; ours has one.
        page.expect_problem("csp script-src");
        page.expect_problem("violates the following");
        page.click("button", "Support").await;
        page.find("tab", "Help now").await;
    }
}

/// After all these visits there is the one option, and after uninstalling not even that.
fn nothing_is_left_behind(wordpress: &WordPress) {
    let stored = "global $wpdb; $find = fn() => $wpdb->get_col( \"select option_name from $wpdb->options where option_name like '%peer%'\" );";
    let said = wordpress.run(&format!(
        "{stored} echo implode( ' ', $find() ), '|'; deactivate_plugins( 'peer-support/peer-support.php' );
        define( 'WP_UNINSTALL_PLUGIN', 'peer-support/peer-support.php' );
        include WP_PLUGIN_DIR . '/peer-support/uninstall.php'; echo implode( ' ', $find() );"
    ));
    assert_eq!(said, "peer_support|");
}
