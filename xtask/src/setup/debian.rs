//! What comes as Debian packages: browsers, their drivers, a font, PostgreSQL's programs and web servers.

use crate::{project, run};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
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

/// Installs what asks a server for a bench: a program that does nothing by itself.
///
/// # Errors
///
/// As [`browsers`].
pub fn wrk() -> Result<()> {
    install(&missing(&["wrk"]))
}

/// Installs Python with what makes environments of their own, where none does.
///
/// # Errors
///
/// As [`browsers`].
pub fn python() -> Result<()> {
    if run::output(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok() {
        return Ok(());
    }
    install(&["python3-venv"])
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
    unpack(&[&WORDPRESS], folder)
}

/// Installs what looks at the server's package and runs what its documentation shows.
///
/// # Errors
///
/// As [`browsers`].
pub fn packaging() -> Result<()> {
    install(&missing(&["ca-certificates", "python3", "systemd"]))?;
    proxies().map(drop)
}

/// Where nginx, Apache and Caddy lie, unpacked and not installed: Debian starts a web server as soon as it is installed.
///
/// # Errors
///
/// When this is no Debian, or its mirror does not answer.
pub fn proxies() -> Result<PathBuf> {
    // Newer releases of Debian have other names for the same libraries.
    const PACKAGES: [&[&str]; 2] = [
        &["nginx", "caddy", "apache2-bin", "libapr1", "libaprutil1"],
        &["nginx", "caddy", "apache2-bin", "libapr1t64", "libaprutil1t64"],
    ];
    let folder = project::tools().join("proxies");
    if folder.join("usr/sbin/nginx").is_file() {
        return Ok(folder);
    }

    unpack(&PACKAGES, &folder)?;
    Ok(folder)
}

/// Puts the first of `choices` that can be had, which are packages, below `folder`, where all of it comes at once.
fn unpack(choices: &[&[&str]], folder: &Path) -> Result<()> {
    let names = choices[0].join(" ");
    eprintln!("setup: unpacking {names}");
    let unfinished = folder.with_extension("new");
    let first = || choices.iter().map(|packages| unpacked(packages, &unfinished)).find(Result::is_ok);
    if first().is_none() {
        // No list was fetched on this machine yet, or it is old.
        if can_install() {
            update();
        }
        first().with_context(|| format!("apt could not fetch {names}, or their like"))??;
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::rename(&unfinished, folder).with_context(|| format!("could not make {}", folder.display()))
}

/// Has apt fetch its lists. One that cannot be fetched need not be the one our packages are in.
fn update() {
    if let Err(error) = run::retry(|| apt_get(&["update"])) {
        eprintln!("  {error:#}; going on with the lists that are there");
    }
}

/// Puts what is in Debian packages below `folder`.
fn unpacked(packages: &[&str], folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let downloads = folder.join("downloads");
    fs::create_dir_all(&downloads)?;
    // apt's own low user could not write into a checkout.
    let mut apt = Command::new("apt-get");
    apt.args(["-qq", "-o", "APT::Sandbox::User=root", "download"]).args(packages);
    run::output(apt.current_dir(&downloads))?;
    for package in fs::read_dir(&downloads)? {
        run::output(Command::new("dpkg-deb").arg("-x").arg(package?.path()).arg(folder))?;
    }
    Ok(fs::remove_dir_all(&downloads)?)
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
    update();
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
