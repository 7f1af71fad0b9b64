<?php
/**
 * The block: drawn by the server, like the shortcode.
 *
 * @package PeerSupport
 */

defined( 'ABSPATH' ) || exit;

/**
 * Tells WordPress of the block and its editor script, which no build makes.
 */
function peer_support_register_block(): void {
	wp_register_script(
		'peer-support-editor',
		plugins_url( 'block/editor.js', __DIR__ ),
		array( 'wp-block-editor', 'wp-blocks', 'wp-components', 'wp-element' ),
		PEER_SUPPORT_VERSION,
		true
	);
	$countries = array();
	if ( is_admin() ) {
		foreach ( peer_support_numbers() as $code => $numbers ) {
			$countries[] = array(
				'value' => $code,
				'label' => $numbers['name'],
			);
		}
	}
	$texts = array(
		'title'     => __( 'Peer Support', 'peer-support' ),
		'shown'     => __( 'Visitors see the support panel here.', 'peer-support' ),
		'missing'   => __( 'Enter the server address in Settings, Peer Support first.', 'peer-support' ),
		'hasServer' => '' !== peer_support_settings()['server'],
		'inline'    => __( 'In the page', 'peer-support' ),
		'launcher'  => __( 'A button in the corner', 'peer-support' ),
		'mode'      => __( 'How it shows', 'peer-support' ),
		'country'   => __( 'Country', 'peer-support' ),
		'asSet'     => __( 'As in the settings', 'peer-support' ),
		'countries' => $countries,
	);
	wp_localize_script( 'peer-support-editor', 'peerSupportBlock', $texts );
	register_block_type( dirname( __DIR__ ) . '/block', array( 'render_callback' => 'peer_support_block' ) );
}

/**
 * What the block shows: the shortcode's element, in the block's wrapper.
 *
 * @param array $attributes `mode`, `country`, `locale`.
 */
function peer_support_block( array $attributes ): string {
	$element = peer_support_shortcode( array_filter( $attributes, 'is_string' ) );
	return '' === $element ? '' : '<div ' . get_block_wrapper_attributes() . '>' . $element . '</div>';
}
