//! What comes as Debian packages: browsers, their drivers, a font and PostgreSQL's programs.

use crate::run;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Chromium, Firefox ESR and WebKitGTK's MiniBrowser with their drivers. WebKitGTK has no headless
/// mode, hence Xvfb; without a font pages are blank.
const BROWSERS: [&str; 6] =
    ["chromium", "chromium-driver", "firefox-esr", "webkit2gtk-driver", "xvfb", "fonts-dejavu-core"];

/// Installs the browsers that are missing.
///
/// # Errors
///
/// When this is no Debian or we are not root: then the error names the packages to install by hand.
pub fn browsers() -> Result<()> {
    install(&missing(&BROWSERS))
}

/// Installs PostgreSQL's programs, without creating or starting a database: tests start their own.
///
/// # Errors
///
/// As [`browsers`].
pub fn postgresql() -> Result<()> {
    if has_postgresql() {
        return Ok(());
    }

    // Debian's package makes and starts a cluster of its own unless told not to. We tell it only
    // for as long as our installation takes: later ones are the owner's business.
    let folder = Path::new("/etc/postgresql-common/createcluster.d");
    let no_cluster = folder.join("peer-support.conf");
    if can_install() {
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&no_cluster, "create_main_cluster = false\nstart_conf = 'manual'\n"))
            .with_context(|| format!("could not write {}", no_cluster.display()))?;
    }
    let installed = install(&["postgresql"]);
    if no_cluster.exists() {
        fs::remove_file(&no_cluster).with_context(|| format!("could not remove {}", no_cluster.display()))?;
    }
    installed
}

/// Installs npm with the Node it needs.
///
/// # Errors
///
/// As [`browsers`].
pub fn npm() -> Result<()> {
    install(&["npm"])
}

/// What runs WordPress without being a web server's or a database's service: PHP's program, and MariaDB's alone.
const PHP: [&str; 3] = ["php-cli", "php-mysql", "mariadb-server-core"];

/// WordPress itself and the one script that Debian took out of it, which are taken apart and never installed: their packages
/// ask for a web server.
const WORDPRESS: [&str; 2] = ["wordpress", "libjs-underscore"];

/// Installs PHP and MariaDB's program, and takes Debian's WordPress apart in `folder`.
///
/// # Errors
///
/// As [`browsers`].
pub fn wordpress(folder: &Path) -> Result<()> {
    let programs = [("php", "php-cli"), ("mariadbd", "mariadb-server-core")];
    let has_programs = programs.iter().all(|(program, _)| {
        run::output(Command::new("sh").arg("-c").arg(format!("PATH=$PATH:/usr/sbin; command -v {program}")))
            .is_ok()
    });
    let has_driver =
        run::output(Command::new("php").args(["-r", "exit(extension_loaded('mysqli') ? 0 : 1);"])).is_ok();
    if !has_programs || !has_driver {
        install(&missing(&PHP))?;
    }
    if folder.join("usr/share/wordpress/wp-load.php").exists() {
        return Ok(());
    }
    eprintln!("setup: fetching {} with apt", WORDPRESS.join(" and "));
    let packages = folder.join("packages");
    fs::create_dir_all(&packages).with_context(|| format!("could not make {}", packages.display()))?;
    let fetch = || {
        let mut apt = Command::new("apt-get");
        apt.current_dir(&packages).args(["-qq", "download"]).args(WORDPRESS);
        run::output(&mut apt).map(drop)
    };
    if fetch().is_err() && can_install() {
        // No list was fetched on this machine yet.
        run::retry(|| apt_get(&["update"]))?;
    }
    run::retry(fetch).context("apt could not fetch WordPress")?;
    for entry in fs::read_dir(&packages)? {
        run::output(Command::new("dpkg-deb").arg("-x").arg(entry?.path()).arg(folder))?;
    }
    Ok(())
}

/// Debian keeps `initdb` off the PATH, in a folder a version.
fn has_postgresql() -> bool {
    let Ok(versions) = fs::read_dir("/usr/lib/postgresql") else {
        return false;
    };
    versions.flatten().any(|version| version.path().join("bin/initdb").is_file())
}

fn missing<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    packages.iter().copied().filter(|package| !is_installed(package)).collect()
}

fn is_installed(package: &str) -> bool {
    let status = run::output(Command::new("dpkg-query").args(["-W", "-f", "${db:Status-Status}", package]));
    status.is_ok_and(|status| status == "installed")
}

/// Installs `packages` through apt, as the machine's own apt settings say.
fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let names = packages.join(" ");
    if !can_install() {
        bail!(
            "these Debian packages are missing: {names}\n\
             Install them as root (`apt-get install --no-install-recommends {names}`), or their like on \
             another system, and start again."
        );
    }

    eprintln!("setup: installing {names} with apt");
    // A list that cannot be fetched need not be the one our packages are in.
    if let Err(error) = run::retry(|| apt_get(&["update"])) {
        eprintln!("  {error:#}; going on with the lists that are there");
    }
    run::retry(|| apt_get(&[&["install", "-y", "--no-install-recommends"], packages].concat()))
        .with_context(|| format!("apt could not install {names}"))
}

/// Whether this is a Debian, or a child of it, and we may change it.
fn can_install() -> bool {
    let is_root = run::output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0");
    is_root && Path::new("/etc/debian_version").exists()
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let wait_for_lock = ["-qq", "-o", "DPkg::Lock::Timeout=300"];
    let mut apt = Command::new("apt-get");
    apt.args(wait_for_lock).args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    run::output(&mut apt).map(drop)
}
