//! The npm package as others use it: packed, installed into small apps (`tests/npm`), checked and built with their tools, in
//! `target/npm-apps`. Browser tests open what comes out.

use crate::build::files_under;
use crate::{project, release, run, setup::tools};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    project::target().join("npm-apps")
}

/// Packs what is in `target/dist`, installs it, type-checks the examples and builds the apps, unless that is done.
///
/// # Errors
///
/// When a tool finds something wrong, or the registry does not answer.
pub fn build() -> Result<()> {
    release::package()?;
    let (mark, digest) = (folder().join("built/.digest"), digest()?);
    if fs::read_to_string(&mark).is_ok_and(|done| done == digest) {
        return Ok(());
    }
    install()?;
    npm(&["run", "--silent", "check"])?;
    npm(&["run", "--silent", "build"])?;
    let built = folder().join("built");
    for (name, bytes) in files_under(&project::root().join("tests/npm/plain"))? {
        fs::write(built.join(name), bytes)?;
    }
    // The plain pages load from here, as from the owner's own folder.
    copy(&folder().join("node_modules/peer-support"), &built.join("node_modules/peer-support"))?;
    fs::copy(folder().join("node_modules/@hotwired/turbo/dist/turbo.es2017-umd.js"), built.join("turbo.js"))?;
    Ok(fs::write(mark, digest)?)
}

/// Of the package and the apps.
fn digest() -> Result<String> {
    let mut digest = Sha256::new();
    for place in ["target/npm", "tests/npm"] {
        for (name, bytes) in files_under(&project::root().join(place))? {
            digest.update(format!("{name} {}\n", bytes.len()));
            digest.update(bytes);
        }
    }
    Ok(format!("{:x}", digest.finalize()))
}

/// The tools of the apps by their lock file, once; then the package, each time.
fn install() -> Result<()> {
    let (apps, from) = (folder(), project::root().join("tests/npm"));
    tools::npm()?;
    for name in ["built", "public", "examples"] {
        if apps.join(name).exists() {
            fs::remove_dir_all(apps.join(name))?;
        }
    }
    copy(&from, &apps)?;
    copy(&project::root().join("pkg-template/examples"), &apps.join("examples"))?;

    let lock = fs::read(apps.join("package-lock.json")).context("tests/npm/package-lock.json")?;
    let installed = apps.join("node_modules/.lock");
    if fs::read(&installed).ok().as_ref() != Some(&lock) {
        eprintln!("setup: installing the tools of tests/npm with npm");
        run::retry(|| npm(&["ci", "--silent"]).map(drop))?;
        fs::write(&installed, &lock)?;
    }

    let packed = npm(&["pack", "--silent", "--pack-destination", ".", "../npm"])?;
    let archive = packed.lines().last().context("npm pack names no file")?.to_owned();
    // Nothing else changes: it has no dependencies.
    npm(&["install", "--silent", "--prefer-offline", "--no-save", &format!("./{archive}")])?;
    // As its README says.
    let copied = "require('fs').cpSync('node_modules/peer-support/assets', 'public/peer-support/assets', { recursive: true })";
    run::output(Command::new("node").current_dir(&apps).args(["--eval", copied])).map(drop)
}

fn npm(arguments: &[&str]) -> Result<String> {
    let mut npm = Command::new("npm");
    npm.current_dir(folder()).arg("--cache").arg(project::target().join("npm-cache")).args(arguments);
    run::output(&mut npm)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for (name, bytes) in files_under(from)? {
        let file = to.join(name);
        fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
        fs::write(&file, bytes).with_context(|| format!("could not write {}", file.display()))?;
    }
    Ok(())
}
