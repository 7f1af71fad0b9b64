<?php
/**
 * The owner's page: Settings, Peer Support. WordPress checks capability and nonce of what it saves (`options.php`); both are
 * asked for here as well.
 *
 * @package PeerSupport
 */

defined( 'ABSPATH' ) || exit;

/**
 * Adds the page to the menu of those who may change settings.
 */
function peer_support_menu(): void {
	add_options_page( __( 'Peer Support', 'peer-support' ), __( 'Peer Support', 'peer-support' ), 'manage_options', 'peer-support', 'peer_support_page' );
}

/**
 * Tells WordPress of the one option and how it is checked.
 */
function peer_support_register_settings(): void {
	register_setting(
		'peer_support',
		PEER_SUPPORT_OPTION,
		array(
			'type'              => 'array',
			'sanitize_callback' => 'peer_support_save',
			'default'           => peer_support_defaults(),
			'show_in_rest'      => false,
		)
	);
}

/**
 * What is saved of a form; says which fields were not taken.
 *
 * @param mixed $entered The form's fields.
 */
function peer_support_save( $entered ): array {
	$settings = peer_support_sanitize( $entered );
	$refused  = array(
		'server' => __( 'The server address must begin with https://.', 'peer-support' ),
		'site'   => __( 'A site has small letters, digits and hyphens.', 'peer-support' ),
		'accent' => __( 'A colour is written as #0f5c5c.', 'peer-support' ),
	);
	foreach ( $refused as $name => $message ) {
		if ( is_array( $entered ) && ! empty( $entered[ $name ] ) && '' === $settings[ $name ] && function_exists( 'add_settings_error' ) ) {
			add_settings_error( PEER_SUPPORT_OPTION, 'peer-support-' . $name, $message );
		}
	}
	return $settings;
}

/**
 * Draws the page.
 */
function peer_support_page(): void {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}
	$settings  = peer_support_settings();
	$countries = array( '' => __( 'Guessed on the visitor’s device', 'peer-support' ) );
	foreach ( peer_support_numbers() as $code => $numbers ) {
		$countries[ $code ] = $numbers['name'] . ' (' . $code . ')';
	}
	$languages = array( '' => __( 'The visitor’s', 'peer-support' ) ) + array_combine( PEER_SUPPORT_LANGUAGES, PEER_SUPPORT_LANGUAGES );
	$themes    = array(
		'auto'  => __( 'As the visitor’s device is set', 'peer-support' ),
		'light' => __( 'Light', 'peer-support' ),
		'dark'  => __( 'Dark', 'peer-support' ),
	);
	$isolation = array(
		'auto'   => __( 'In the page; where its policy refuses that, in a frame', 'peer-support' ),
		'shadow' => __( 'In the page only', 'peer-support' ),
		'frame'  => __( 'In a frame that no other script of the page can read', 'peer-support' ),
		'static' => __( 'Numbers only', 'peer-support' ),
	);
	?>
	<div class="wrap">
		<h1><?php esc_html_e( 'Peer Support', 'peer-support' ); ?></h1>
		<p><?php esc_html_e( 'The panel comes from your own peer-support server. This plugin stores these settings and nothing about visitors.', 'peer-support' ); ?></p>
		<form action="options.php" method="post">
			<?php settings_fields( 'peer_support' ); ?>
			<table class="form-table" role="presentation">
				<?php
				peer_support_text( 'server', __( 'Server address', 'peer-support' ), $settings, 'url', 'https://support.example/' );
				peer_support_text( 'site', __( 'Site', 'peer-support' ), $settings, 'text', '' );
				?>
				<tr>
					<th scope="row"><?php esc_html_e( 'On every page', 'peer-support' ); ?></th>
					<td><label><input type="checkbox" name="peer_support[everywhere]" value="1" <?php checked( $settings['everywhere'] ); ?>>
						<?php esc_html_e( 'Show the button in the corner of every page', 'peer-support' ); ?></label>
						<p class="description"><?php esc_html_e( 'To put the panel into one page, use the block “Peer Support” or the shortcode [peer_support].', 'peer-support' ); ?></p></td>
				</tr>
				<?php
				peer_support_select( 'country', __( 'Country', 'peer-support' ), $settings, $countries );
				peer_support_select( 'locale', __( 'Language', 'peer-support' ), $settings, $languages );
				peer_support_select( 'theme', __( 'Colours', 'peer-support' ), $settings, $themes );
				peer_support_text( 'accent', __( 'Colour of the button', 'peer-support' ), $settings, 'text', '#0f5c5c' );
				peer_support_select( 'isolation', __( 'Where the panel is', 'peer-support' ), $settings, $isolation );
				?>
			</table>
			<?php submit_button(); ?>
		</form>
	</div>
	<?php
}

/**
 * A row with a text box.
 *
 * @param string $name     The setting's.
 * @param string $label    What it is called.
 * @param array  $settings The present ones.
 * @param string $type     Of the input.
 * @param string $example  What stands in an empty box.
 */
function peer_support_text( string $name, string $label, array $settings, string $type, string $example ): void {
	printf(
		'<tr><th scope="row"><label for="peer-support-%1$s">%2$s</label></th><td><input class="regular-text" id="peer-support-%1$s" name="peer_support[%1$s]" type="%3$s" value="%4$s" placeholder="%5$s"></td></tr>',
		esc_attr( $name ),
		esc_html( $label ),
		esc_attr( $type ),
		esc_attr( $settings[ $name ] ),
		esc_attr( $example )
	);
}

/**
 * A row with a choice.
 *
 * @param string   $name     The setting's.
 * @param string   $label    What it is called.
 * @param array    $settings The present ones.
 * @param string[] $choices  Texts by value.
 */
function peer_support_select( string $name, string $label, array $settings, array $choices ): void {
	printf( '<tr><th scope="row"><label for="peer-support-%1$s">%2$s</label></th><td><select id="peer-support-%1$s" name="peer_support[%1$s]">', esc_attr( $name ), esc_html( $label ) );
	foreach ( $choices as $value => $text ) {
		printf( '<option value="%s" %s>%s</option>', esc_attr( $value ), selected( $settings[ $name ], (string) $value, false ), esc_html( $text ) );
	}
	echo '</select></td></tr>';
}
