<?php
/**
 * Plugin Name:       Peer Support
 * Description:       A quiet, anonymous support panel from a peer-support server of yours, with the crisis numbers of every country.
 * Version:           0.1.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * License:           MIT OR Apache-2.0
 * Text Domain:       peer-support
 * Domain Path:       /languages
 *
 * It stores one option, the owner's settings, and nothing at all about visitors. It asks no server for anything: the
 * visitor's browser fetches one script from the owner's own peer-support server.
 *
 * @package PeerSupport
 */

defined( 'ABSPATH' ) || exit;

const PEER_SUPPORT_VERSION = '0.1.0';
const PEER_SUPPORT_OPTION  = 'peer_support';

require __DIR__ . '/includes/choices.php';
require __DIR__ . '/includes/render.php';
require __DIR__ . '/includes/settings.php';
require __DIR__ . '/includes/block.php';

add_action(
	'init',
	function () {
		load_plugin_textdomain( 'peer-support', false, 'peer-support/languages' );
		add_shortcode( 'peer_support', 'peer_support_shortcode' );
		peer_support_register_block();
	}
);
add_action( 'wp_enqueue_scripts', 'peer_support_style' );
add_action( 'wp_footer', 'peer_support_footer', 20 );
add_action( 'admin_menu', 'peer_support_menu' );
add_action( 'admin_init', 'peer_support_register_settings' );
