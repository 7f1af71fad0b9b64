//! `cargo xtask release`: what is published, put together in `target/npm` and `target/server`.

use crate::build::{self, budgets, files_under, server};
use crate::setup::std;
use crate::{project, run, wordpress};
use ::std::fs;
use ::std::path::Path;
use ::std::process::Command;
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

/// In `pkg-template`, but only to build from.
const INGREDIENTS: [&str; 7] =
    ["peer-support.js", "module.js", "peer-support.css", "start.js", "frame.js", "framed.js", "frame.html"];

/// Builds everything for publication.
///
/// # Errors
///
/// When something does not compile, is over its budget, or the package lacks a file it promises.
pub fn command() -> Result<()> {
    let dist = build::build(build::Options::default(), &std::provide()?)?;
    println!("{}", dist.table());
    budgets::check(&dist)?;
    package()?;
    wordpress::build()?;
    program()
}

/// The npm package: what is written by hand, then what is built.
///
/// # Errors
///
/// When a file that it promises is not there.
pub fn package() -> Result<()> {
    let npm = project::target().join("npm");
    empty(&npm)?;
    for (name, bytes) in files_under(&project::root().join("pkg-template"))? {
        if !INGREDIENTS.contains(&name.as_str()) {
            put(&npm.join(name), &bytes)?;
        }
    }
    let dist = project::target().join("dist");
    for (name, bytes) in files_under(&dist)? {
        // The console comes from the server that it belongs to, never from a package.
        let is_panel = name == "manifest.json" || name == "peer-support.js" || name.starts_with("assets/");
        let is_compressed = name.ends_with(".br") || name.ends_with(".gz");
        if is_panel && !is_compressed && !name.starts_with("assets/console") {
            put(&npm.join(name), &bytes)?;
        } else if let Some(module) = name.strip_prefix("npm/") {
            put(&npm.join(module), &bytes)?;
        }
    }
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        put(&npm.join(name), &fs::read(project::root().join(name)).context(name)?)?;
    }

    let description: serde_json::Value = serde_json::from_slice(&fs::read(npm.join("package.json"))?)?;
    let version = env!("CARGO_PKG_VERSION");
    ensure!(description["version"] == version, "pkg-template/package.json is not of version {version}");
    for promised in description["files"].as_array().context("package.json lists no files")? {
        let promised = promised.as_str().context("package.json lists a file that has no name")?;
        ensure!(npm.join(promised).exists(), "package.json lists {promised}, which is not there");
    }
    println!("release: npm package {version} in {}", npm.display());
    Ok(())
}

/// The server's program with its digest, named for this kind of machine.
fn program() -> Result<()> {
    let program = server::build(false)?;
    let folder = project::target().join("server");
    empty(&folder)?;
    let version = env!("CARGO_PKG_VERSION");
    let machine = run::output(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let name = format!("peer-support-server-{version}-{machine}");
    fs::copy(&program, folder.join(&name))
        .with_context(|| format!("could not copy {}", program.display()))?;
    let digest = Sha256::digest(fs::read(folder.join(&name))?);
    put(&folder.join("SHA256SUMS"), format!("{digest:x}  {name}\n").as_bytes())?;
    println!("release: server in {}", folder.join(name).display());
    Ok(())
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

fn put(file: &Path, bytes: &[u8]) -> Result<()> {
    fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
    fs::write(file, bytes).with_context(|| format!("could not write {}", file.display()))
}
