//! A real WordPress with our plugin in it: Debian's, over a MariaDB of its own, by PHP's own web server. All of it is gone on drop.

use crate::process::Tree;
use crate::{eventually, free_port, scratch_folder, workspace};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const REMEDY: &str = "run `cargo xtask setup wordpress`";

/// A running WordPress, whose owner signs in as `admin` with the password `admin`.
pub struct WordPress {
    port: u16,
    folder: PathBuf,
    /// In the order in which they end.
    trees: Vec<Tree>,
}

impl Drop for WordPress {
    fn drop(&mut self) {
        // What still runs may write once more; nobody needs it.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A theme as small as one can be. Its policy, where a page asks for it, allows scripts by nonce alone.
const THEME: &str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><?php
wp_head(); ?></head><body><h1>A charity for young carers</h1><?php
while ( have_posts() ) { the_post(); the_content(); } wp_footer(); ?></body></html>"#;

/// What the site's owner has in a plugin of their own, to send a policy with a nonce.
const POLICY: &str = r"<?php
if ( isset( $_GET['strict'] ) ) {
    header( 'Content-Security-Policy: script-src \'nonce-abc123\' \'strict-dynamic\' \'wasm-unsafe-eval\'' );
    if ( 'core' === $_GET['strict'] ) {
        add_filter( 'wp_script_attributes', fn( $attributes ) => $attributes + array( 'nonce' => 'abc123' ) );
    } else {
        add_filter( 'peer_support_nonce', fn() => 'abc123' );
    }
}
";

impl WordPress {
    /// Installs and starts one.
    pub async fn start() -> WordPress {
        let core = workspace("target/tools/wordpress/usr/share/wordpress");
        let plugin = workspace("target/wordpress/peer-support");
        assert!(core.join("wp-load.php").is_file(), "no WordPress in {}; {REMEDY}", core.display());
        assert!(plugin.is_dir(), "no plugin in {}; run `cargo xtask wordpress`", plugin.display());
        let (folder, port) = (scratch_folder("wordpress"), free_port());
        let put = |path: &str, text: &str| {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().expect("it is in a folder")).unwrap();
            fs::write(file, text).unwrap();
        };
        put("site/wp-content/themes/plain/style.css", "/* Theme Name: Plain */");
        put("site/wp-content/themes/plain/index.php", THEME);
        put("site/wp-content/mu-plugins/policy.php", POLICY);
        copy(&plugin, &folder.join("site/wp-content/plugins/peer-support"));
        // All of it, because WordPress finds itself by where its files really are.
        put("site/wp-config.php", &configuration(&folder, port));
        for entry in fs::read_dir(&core).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().expect("it has a name").to_owned();
            if name == "wp-config.php" || name == "wp-content" {
                continue;
            }
            copy(&path, &folder.join("site").join(name));
        }

        // No tables of its own: nobody signs in there, and only this folder's programs reach its socket.
        let mut database = Command::new("mariadbd");
        let path = std::env::var("PATH").unwrap_or_default();
        database.env("PATH", format!("{path}:/usr/sbin"));
        database.args(["--no-defaults", "--skip-grant-tables", "--skip-networking", "--user=root"]);
        database.args(["--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0"]);
        for (option, name) in [("datadir", "database"), ("socket", "socket"), ("pid-file", "pid")] {
            database.arg(format!("--{option}={}", folder.join(name).display()));
        }
        fs::create_dir_all(folder.join("database")).unwrap();
        let log = fs::File::create(folder.join("database.log")).unwrap();
        database.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let database = Tree::start(database, REMEDY);
        eventually("the database listens", async || folder.join("socket").exists()).await;

        let mut site = Command::new("php");
        site.arg("-S").arg(format!("127.0.0.1:{port}")).arg("-t").arg(folder.join("site"));
        // Pages ask for scripts while they are made themselves.
        site.env("PHP_CLI_SERVER_WORKERS", "4");
        let log = fs::File::create(folder.join("php.log")).unwrap();
        site.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut wordpress = WordPress { port, folder, trees: vec![database] };
        wordpress.php(
            "$db = new mysqli( 'localhost', 'root', '', '', 0, $argv[1] ); $db->query( 'create database wordpress' );",
        );
        wordpress.run(
            "require ABSPATH . 'wp-admin/includes/upgrade.php';
            wp_install( 'Rowan House', 'admin', 'admin@rowan.example', false, '', 'admin' );
            switch_theme( 'plain' );
            activate_plugin( 'peer-support/peer-support.php' );",
        );
        // Only now: installing asks the site for a page, and waits for it.
        wordpress.trees.insert(0, Tree::start(site, REMEDY));
        eventually("the site listens", async || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok())
            .await;
        wordpress
    }

    /// The address of `path`, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Runs `code` inside WordPress; gives what it prints.
    pub fn run(&self, code: &str) -> String {
        let site = self.folder.join("site");
        self.php(&format!(
            "define( 'WP_INSTALLING', ! file_exists( '{0}/installed' ) ); $_SERVER['HTTP_HOST'] = '127.0.0.1:{1}';
            function wp_new_blog_notification() {{}}
            require '{0}/wp-load.php'; require_once ABSPATH . 'wp-admin/includes/plugin.php';
            {code}
            touch( '{0}/installed' );",
            site.display(),
            self.port
        ))
    }

    fn php(&self, code: &str) -> String {
        let mut php = Command::new("php");
        php.arg("-r").arg(code).arg("--").arg(self.folder.join("socket"));
        let done = php.output().unwrap_or_else(|error| panic!("cannot start php: {error}; {REMEDY}"));
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
        said
    }

    /// What PHP found fault with in the plugin. WordPress has notices of its own with a newer PHP.
    pub fn notices(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.join("debug.log")).unwrap_or_default();
        let is_ours = |line: &&str| line.contains("plugins/peer-support") || line.contains("peer_support");
        log.lines().filter(is_ours).map(str::to_owned).collect()
    }
}

fn configuration(folder: &std::path::Path, port: u16) -> String {
    let keys = ["AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY"];
    let salts = ["AUTH_SALT", "SECURE_AUTH_SALT", "LOGGED_IN_SALT", "NONCE_SALT"];
    let secrets: String =
        keys.iter().chain(&salts).map(|key| format!("define( '{key}', 'a test’s {key}' );\n")).collect();
    format!(
        "<?php
        define( 'DB_NAME', 'wordpress' ); define( 'DB_USER', 'root' ); define( 'DB_PASSWORD', '' );
        define( 'DB_HOST', 'localhost:{0}/socket' ); define( 'DB_CHARSET', 'utf8mb4' );
        define( 'WP_HOME', 'http://127.0.0.1:{port}' ); define( 'WP_SITEURL', WP_HOME );
        define( 'WP_DEBUG', true ); define( 'WP_DEBUG_DISPLAY', false ); define( 'WP_DEBUG_LOG', '{0}/debug.log' );
        define( 'DISABLE_WP_CRON', true ); define( 'WP_HTTP_BLOCK_EXTERNAL', true );
        {secrets}
        $table_prefix = 'wp_';
        defined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );
        require ABSPATH . 'wp-settings.php';",
        folder.display()
    )
}

/// A file or a folder with all in it; links become what they lead to, and those that lead nowhere nothing.
fn copy(from: &std::path::Path, to: &std::path::Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            copy(&path, &to.join(path.file_name().expect("it has a name")));
        }
    } else if from.exists() {
        fs::copy(from, to).unwrap();
    }
}
