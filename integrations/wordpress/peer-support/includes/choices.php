<?php
/**
 * What an owner can choose, and what is made of what they entered. Each value that leaves here is one of a closed set, or has
 * a shape that was checked.
 *
 * @package PeerSupport
 */

defined( 'ABSPATH' ) || exit;

const PEER_SUPPORT_LANGUAGES = array( 'en', 'es', 'fr', 'de', 'pt', 'it', 'pl', 'uk', 'ar', 'hi', 'zh', 'ja' );
const PEER_SUPPORT_MODES     = array( 'launcher', 'inline' );
const PEER_SUPPORT_THEMES    = array( 'auto', 'light', 'dark' );
const PEER_SUPPORT_ISOLATION = array( 'auto', 'shadow', 'frame', 'static' );

/**
 * The settings as they are before the owner chose any.
 */
function peer_support_defaults(): array {
	return array(
		'server'     => '',
		'site'       => '',
		'everywhere' => false,
		'country'    => '',
		'locale'     => '',
		'theme'      => 'auto',
		'isolation'  => 'auto',
		'accent'     => '',
	);
}

/**
 * The owner's settings. They are checked again each time they are read: another plugin may have written them.
 */
function peer_support_settings(): array {
	return peer_support_sanitize( get_option( PEER_SUPPORT_OPTION, array() ) );
}

/**
 * Whatever was entered as settings, of which only what is allowed is left.
 *
 * @param mixed $entered A form's fields, or what the database has.
 */
function peer_support_sanitize( $entered ): array {
	$entered = is_array( $entered ) ? $entered : array();
	$text    = function ( $name ) use ( $entered ) {
		$value = $entered[ $name ] ?? '';
		return is_string( $value ) ? trim( $value ) : '';
	};
	return array(
		'server'     => peer_support_server( $text( 'server' ) ),
		'site'       => preg_match( '/^[a-z0-9](?:[a-z0-9-]{0,62})$/D', $text( 'site' ) ) ? $text( 'site' ) : '',
		'everywhere' => ! empty( $entered['everywhere'] ),
		'country'    => peer_support_country( $text( 'country' ) ),
		'locale'     => peer_support_one_of( $text( 'locale' ), PEER_SUPPORT_LANGUAGES, '' ),
		'theme'      => peer_support_one_of( $text( 'theme' ), PEER_SUPPORT_THEMES, 'auto' ),
		'isolation'  => peer_support_one_of( $text( 'isolation' ), PEER_SUPPORT_ISOLATION, 'auto' ),
		'accent'     => (string) sanitize_hex_color( $text( 'accent' ) ),
	);
}

/**
 * The value when it is one of the allowed ones.
 *
 * @param string   $value    What was entered.
 * @param string[] $allowed  The closed set.
 * @param string   $fallback What stands for all else.
 */
function peer_support_one_of( string $value, array $allowed, string $fallback ): string {
	return in_array( $value, $allowed, true ) ? $value : $fallback;
}

/**
 * The address of a server: https, or http on this very machine; with a slash at the end, without query and fragment.
 *
 * @param string $address What was entered.
 */
function peer_support_server( string $address ): string {
	$address = esc_url_raw( $address, array( 'https', 'http' ) );
	$parts   = wp_parse_url( $address );
	$host    = $parts['host'] ?? '';
	if ( ! preg_match( '/^[a-z0-9.-]+$/Di', $host ) || isset( $parts['user'] ) || isset( $parts['pass'] ) ) {
		return '';
	}
	$is_here = in_array( $host, array( 'localhost', '127.0.0.1' ), true );
	if ( 'https' !== ( $parts['scheme'] ?? '' ) && ! $is_here ) {
		return '';
	}
	$port = isset( $parts['port'] ) ? ':' . $parts['port'] : '';
	return $parts['scheme'] . '://' . $host . $port . trailingslashit( $parts['path'] ?? '' );
}

/**
 * A country that has numbers, or nothing.
 *
 * @param string $code ISO 3166-1 alpha-2, in any case.
 */
function peer_support_country( string $code ): string {
	$code = strtoupper( $code );
	return isset( peer_support_numbers()[ $code ] ) ? $code : '';
}

/**
 * Emergency numbers and the first line of each country, as the panel's own data has them.
 */
function peer_support_numbers(): array {
	static $numbers = null;
	if ( null === $numbers ) {
		// phpcs:ignore WordPress.WP.AlternativeFunctions.file_get_contents_file_get_contents -- a file of the plugin's own.
		$numbers = json_decode( (string) file_get_contents( dirname( __DIR__ ) . '/numbers.json' ), true );
		$numbers = is_array( $numbers ) ? $numbers : array();
	}
	return $numbers;
}

/**
 * Black or white, whichever is easier to read on a colour; one of the two always has the ratio of 4.5 that WCAG asks for.
 *
 * @param string $colour `#rgb` or `#rrggbb`.
 */
function peer_support_on( string $colour ): string {
	$hex = ltrim( $colour, '#' );
	if ( 3 === strlen( $hex ) ) {
		$hex = preg_replace( '/./', '$0$0', $hex );
	}
	$light = 0.0;
	foreach ( array( 0.2126, 0.7152, 0.0722 ) as $at => $weight ) {
		$part   = hexdec( substr( $hex, 2 * $at, 2 ) ) / 255;
		$light += $weight * ( $part <= 0.04045 ? $part / 12.92 : ( ( $part + 0.055 ) / 1.055 ) ** 2.4 );
	}
	return 1.05 / ( $light + 0.05 ) >= ( $light + 0.05 ) / 0.05 ? '#ffffff' : '#000000';
}
