//! Tools for this checkout alone, in `target/tools`: geckodriver, cargo-deny, axe-core and Schemathesis.

use super::debian;
use crate::{project, run};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Speaks WebDriver for Firefox. Debian has no package, and npm's fetches its binary from elsewhere.
const GECKODRIVER: &str = "0.37.1";

/// Knows licences, sources and known weaknesses of others' code.
const CARGO_DENY: &str = "0.20.2";

/// Finds barriers on a page; only tests use it.
const AXE: &str = "4.14.1";

/// Installs geckodriver when it is missing or of another version.
///
/// # Errors
///
/// When it does not compile or the registry does not answer.
pub fn geckodriver() -> Result<()> {
    cargo_install("geckodriver", GECKODRIVER)
}

/// Installs cargo-deny when it is missing or of another version; where it is.
///
/// # Errors
///
/// As [`geckodriver`].
pub fn cargo_deny() -> Result<PathBuf> {
    cargo_install("cargo-deny", CARGO_DENY)?;
    Ok(project::tools().join("bin/cargo-deny"))
}

/// Installs npm where none answers, whoever brought it.
///
/// # Errors
///
/// When it is missing and cannot be installed.
pub fn npm() -> Result<()> {
    if run::output(Command::new("npm").arg("--version")).is_ok() {
        return Ok(());
    }
    debian::npm()
}

/// Installs axe-core's one script when it is missing or of another version.
///
/// # Errors
///
/// When there is no npm and none can be installed, or the registry does not answer.
pub fn axe() -> Result<()> {
    let package = project::tools().join("node_modules/axe-core/package.json");
    let is_there =
        fs::read_to_string(&package).is_ok_and(|text| text.contains(&format!("\"version\": \"{AXE}\"")));
    if is_there {
        return Ok(());
    }
    npm()?;

    eprintln!("setup: installing axe-core {AXE} with npm");
    run::retry(|| {
        let mut npm = Command::new("npm");
        npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--no-save"]);
        npm.arg("--prefix").arg(project::tools()).arg(format!("axe-core@{AXE}"));
        run::output(&mut npm).map(drop)
    })
    .context("npm could not install axe-core")
}

/// Installs Schemathesis into a Python environment of its own when it is missing, or other versions are asked for.
///
/// # Errors
///
/// When there is no Python and none can be installed, the registry does not answer, or a file has another digest than is known.
pub fn schemathesis() -> Result<()> {
    let asked = project::root().join("server/tests/contract/requirements.txt");
    let folder = project::tools().join("schemathesis");
    let kept = folder.join("requirements.txt");
    let wanted = fs::read(&asked).with_context(|| asked.display().to_string())?;
    if fs::read(&kept).is_ok_and(|kept| kept == wanted) {
        return Ok(());
    }
    eprintln!("setup: installing Schemathesis with pip");
    let asked = asked.display().to_string();
    pip(&folder, &["--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", &asked])?;
    fs::write(&kept, wanted).with_context(|| kept.display().to_string())
}

/// Makes `folder` a Python environment of its own, with what pip installs when it is given `what`.
///
/// # Errors
///
/// When there is no Python and none can be installed, or pip fails.
pub fn pip(folder: &Path, what: &[&str]) -> Result<()> {
    debian::python()?;
    run::retry(|| {
        run::output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
        let mut pip = Command::new(folder.join("bin/pip"));
        run::output(pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(what)).map(drop)
    })
    .with_context(|| format!("pip could not install {}", what.join(" ")))
}

/// Installs `version` of a program into `target/tools/bin` from the registry, with its own lock file.
///
/// A debug build works as well as a release build and takes a third of the time.
fn cargo_install(program: &str, version: &str) -> Result<()> {
    let tools = project::tools();
    let installed = fs::read_to_string(tools.join(".crates.toml")).unwrap_or_default();
    if installed.contains(&format!("\"{program} {version} ")) {
        return Ok(());
    }

    eprintln!("setup: installing {program} {version} with cargo (a minute or two)");
    let build = tools.join("build");
    run::retry(|| {
        let mut cargo = Command::new(cargo());
        cargo.args(["install", "--quiet", "--debug", "--locked", "--force"]);
        cargo.arg("--root").arg(&tools).arg(format!("{program}@{version}"));
        cargo.env("CARGO_TARGET_DIR", &build).env("CARGO_PROFILE_DEV_DEBUG", "0");
        run::output(&mut cargo).map(drop)
    })
    .with_context(|| format!("cargo could not install {program} {version}"))?;
    fs::remove_dir_all(&build).with_context(|| format!("could not remove {}", build.display()))
}

/// The cargo that runs us.
pub fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}
