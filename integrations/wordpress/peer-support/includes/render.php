<?php
/**
 * What visitors get: the element, numbers for those without scripts, and one script from the owner's server.
 *
 * @package PeerSupport
 */

defined( 'ABSPATH' ) || exit;

/**
 * `[peer_support]`, with the settings' values where the shortcode names no others.
 *
 * @param array|string $attributes `mode`, `site`, `country`, `locale`.
 */
function peer_support_shortcode( $attributes ): string {
	$settings   = peer_support_settings();
	$attributes = shortcode_atts(
		array(
			'mode'    => 'inline',
			'site'    => $settings['site'],
			'country' => $settings['country'],
			'locale'  => $settings['locale'],
		),
		is_array( $attributes ) ? $attributes : array(),
		'peer_support'
	);
	$mode       = peer_support_one_of( (string) $attributes['mode'], PEER_SUPPORT_MODES, 'inline' );
	return peer_support_element( $mode, peer_support_sanitize( $attributes + $settings ) );
}

/**
 * The element, or nothing where no server is known yet.
 *
 * @param string $mode     `launcher` or `inline`.
 * @param array  $settings Checked ones.
 */
function peer_support_element( string $mode, array $settings ): string {
	if ( '' === $settings['server'] ) {
		return '';
	}
	peer_support_is_needed( true );
	$html = '<peer-support';
	foreach ( array( 'server', 'site', 'country', 'locale', 'theme', 'isolation' ) as $name ) {
		if ( '' !== $settings[ $name ] && 'auto' !== $settings[ $name ] ) {
			$html .= ' ' . $name . '="' . esc_attr( $settings[ $name ] ) . '"';
		}
	}
	$numbers = peer_support_fallback( $settings['country'] );
	if ( 'inline' === $mode ) {
		// Its children stay until the panel stands: without scripts, and when none arrives.
		return $html . ' mode="inline">' . $numbers . '</peer-support>';
	}
	return $html . '></peer-support><noscript>' . $numbers . '</noscript>';
}

/**
 * The numbers of a country as plain links; of none, a word that there are some.
 *
 * @param string $country Its code, or nothing.
 */
function peer_support_fallback( string $country ): string {
	$numbers = peer_support_numbers()[ $country ] ?? null;
	if ( null === $numbers ) {
		return '<p>' . esc_html__( 'In danger now? Call your local emergency number.', 'peer-support' ) . '</p>';
	}
	$services = array(
		'general'   => __( 'Emergency', 'peer-support' ),
		'police'    => __( 'Police', 'peer-support' ),
		'ambulance' => __( 'Ambulance', 'peer-support' ),
		'fire'      => __( 'Fire brigade', 'peer-support' ),
	);
	$links    = array();
	foreach ( $numbers['emergency'] as list( $service, $number ) ) {
		$links[] = esc_html( $services[ $service ] . ':' ) . ' ' . peer_support_call( $number );
	}
	if ( is_array( $numbers['line'] ) ) {
		list( $name, $number ) = $numbers['line'];
		$links[]               = esc_html( $name . ':' ) . ' ' . peer_support_call( $number );
	}
	return '<p class="peer-support-numbers">' . implode( ' · ', $links ) . '</p>';
}

/**
 * A link that dials. Left to right in every language, or the groups of digits would change places.
 *
 * @param string $number As it is written in its country.
 */
function peer_support_call( string $number ): string {
	$digits = preg_replace( '/[^0-9*+]/', '', $number );
	return '<a href="' . esc_attr( 'tel:' . $digits ) . '" dir="ltr">' . esc_html( $number ) . '</a>';
}

/**
 * Whether the page has an element that needs the script; says so when called with true.
 *
 * @param bool $is_needed Whether one was made.
 */
function peer_support_is_needed( bool $is_needed = false ): bool {
	static $needed = false;
	$needed        = $needed || $is_needed;
	return $needed;
}

/**
 * At the end of each page: the button, where the owner wants it everywhere, and the script, where anything needs it.
 */
function peer_support_footer(): void {
	$settings = peer_support_settings();
	if ( $settings['everywhere'] && ! peer_support_is_needed() ) {
		// phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped -- escaped where it is made.
		echo peer_support_element( 'launcher', $settings );
	}
	if ( ! peer_support_is_needed() ) {
		return;
	}
	$attributes = array(
		'id'    => 'peer-support-js',
		'src'   => $settings['server'] . 'peer-support.js',
		'async' => true,
	);
	/**
	 * The nonce of this answer's Content-Security-Policy, for a theme or plugin that sends one. What filters WordPress's own
	 * `wp_script_attributes` is asked as well.
	 *
	 * @param string $nonce None.
	 */
	$nonce = apply_filters( 'peer_support_nonce', '' );
	if ( is_string( $nonce ) && '' !== $nonce ) {
		$attributes['nonce'] = $nonce;
	}
	wp_print_script_tag( $attributes );
}

/**
 * The owner's colour on the button, with letters that can be read on it.
 */
function peer_support_style(): void {
	$accent = peer_support_settings()['accent'];
	if ( '' === $accent ) {
		return;
	}
	wp_register_style( 'peer-support', false, array(), PEER_SUPPORT_VERSION );
	wp_enqueue_style( 'peer-support' );
	wp_add_inline_style( 'peer-support', 'peer-support::part(launcher){background:' . $accent . ';color:' . peer_support_on( $accent ) . '}' );
}
