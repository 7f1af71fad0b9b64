<?php
/**
 * Takes away all that the plugin stored: the owner's settings, on each site of a network.
 *
 * @package PeerSupport
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

$peer_support_sites = is_multisite() ? get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) : array( 0 );
foreach ( $peer_support_sites as $peer_support_site ) {
	if ( 0 !== $peer_support_site ) {
		switch_to_blog( $peer_support_site );
	}
	delete_option( 'peer_support' );
	if ( 0 !== $peer_support_site ) {
		restore_current_blog();
	}
}
