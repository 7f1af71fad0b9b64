//! `cargo xtask release`: everything that is published, in `target/release-files`. Two runs give the same bytes.

use crate::build::{self, budgets, files_under, server};
use crate::packages::dependencies::Dependencies;
use crate::packages::{self, SERVER, Tree, WIDGET, debian, deny, image, licences, sbom};
use crate::setup::{
    self, Part,
    std::{self, TARGET},
};
use crate::{docs, project, run, wordpress};
use ::std::collections::BTreeMap;
use ::std::path::{Path, PathBuf};
use ::std::process::Command;
use ::std::{env, fs};
use anyhow::{Context, Result, ensure};
use clap::Args;
use flate2::Compression;
use sha2::{Digest, Sha256};

/// How to release.
#[derive(Args)]
pub struct Options {
    /// Build everything a second time, in another folder, and compare: every file must be the same.
    #[arg(long)]
    check: bool,
}

/// In `pkg-template`, but only to build from.
const INGREDIENTS: [&str; 8] = [
    "peer-support.js",
    "module.js",
    "peer-support.css",
    "start.js",
    "fetch_module.js",
    "frame.js",
    "framed.js",
    "frame.html",
];

/// The folder in `target` that all of it is put into.
pub const FOLDER: &str = "release-files";

/// The digests of all files, by `sha256sum --check`.
const SUMS: &str = "SHA256SUMS";

/// Builds everything for publication.
///
/// # Errors
///
/// When something does not compile, others' code is not allowed or has known weaknesses, something is over its budget or comes
/// out different the second time, or the package lacks a file it promises.
pub fn command(options: &Options) -> Result<()> {
    licences::check()?;
    deny::advisories()?;
    let dist = build::build(build::Options::default(), &std::provide()?)?;
    println!("{}", dist.table());
    budgets::check(&dist)?;
    package()?;
    publish()?;
    if options.check {
        same_again()?;
    }
    Ok(())
}

/// All that is published, in one folder with its digests.
fn publish() -> Result<()> {
    setup::install(Part::Packaging)?;
    let folder = project::target().join(FOLDER);
    empty(&folder)?;
    let program = server::to_ship()?;
    let files = files(&fs::read(&program)?, Compression::best())?;
    let served = packages::served(&project::target().join("dist"))?;
    says_nothing_of_this_machine(served.iter().map(|(name, bytes)| (name, bytes)).chain(&files))?;
    let mut sums = String::new();
    for (name, bytes) in &files {
        sums += &format!("{:x}  {name}\n", Sha256::digest(bytes));
        put(&folder.join(name), bytes)?;
    }
    put(&folder.join(SUMS), sums.as_bytes())?;
    // With libraries of this machine, so it is not the same on another.
    let configuration = fs::read(project::root().join("packaging/debian/config.toml"))?;
    let licences = String::from_utf8_lossy(&files["THIRD-PARTY.txt"]);
    image::fill(&folder.join("oci"), &program, &served, &licences, &configuration)?;
    println!("release: {} files in {}\n{sums}", files.len(), folder.display());
    Ok(())
}

/// All files that are published, by name, around `program`, the server. There is a build in `dist`, and a package in `npm`.
///
/// # Errors
///
/// When a part of one is not there.
pub fn files(program: &[u8], compression: Compression) -> Result<BTreeMap<String, Vec<u8>>> {
    let version = env!("CARGO_PKG_VERSION");
    let epoch = packages::epoch()?;
    let machine = run::output(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let served = packages::served(&project::target().join("dist"))?;
    let on_this = Dependencies::read(Some(&machine))?;
    let in_browsers = Dependencies::read(Some(TARGET))?;
    let mut inside = on_this.shipped(&SERVER)?;
    inside.extend(in_browsers.shipped(&WIDGET)?);
    inside.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    inside.dedup_by(|a, b| a.id == b.id);
    let licences = licences::third_party(&inside)?;
    let server_list = sbom::Product {
        kind: "application",
        purl: format!("pkg:generic/peer-support-server@{version}"),
        name: "peer-support-server",
        roots: &SERVER,
    };
    let panel_list = sbom::Product {
        kind: "library",
        purl: format!("pkg:npm/peer-support@{version}"),
        name: "peer-support",
        // The console comes from the server that it belongs to.
        roots: &["peer-support", "peer-support-device"],
    };
    let package = debian::Package { program, served: &served, licences: &licences, epoch, compression };
    let npm = files_under(&project::target().join("npm"))?;
    let zip = wordpress::build()?.with_extension("zip");
    let plugin = fs::read(&zip).with_context(|| zip.display().to_string())?;
    let documents = docs::site()?.into_iter().collect();
    Ok(BTreeMap::from([
        (format!("peer-support-{version}.tgz"), archive("package", npm, epoch, compression)?),
        (format!("peer-support-docs-{version}.tar.gz"), archive("docs", documents, epoch, compression)?),
        (format!("peer-support-server-{version}.cdx.json"), sbom::list(&server_list, &on_this)?),
        (format!("peer-support-{version}.cdx.json"), sbom::list(&panel_list, &in_browsers)?),
        (format!("peer-support-wordpress-{version}.zip"), plugin),
        (format!("{}.deb", debian::name()?), package.build()?),
        (format!("peer-support-server-{version}-{machine}"), program.to_vec()),
        ("THIRD-PARTY.txt".to_owned(), licences.into_bytes()),
    ]))
}

/// Files below one folder, packed, in the order of names.
fn archive(
    folder: &str,
    files: Vec<(String, Vec<u8>)>,
    epoch: u64,
    compression: Compression,
) -> Result<Vec<u8>> {
    let mut tree = Tree::default();
    for (name, bytes) in files {
        tree.add(&format!("{folder}/{name}"), bytes);
    }
    packages::packed(&tree.tar(epoch)?, compression)
}

/// Where this was built is nobody's business, and differs on another machine.
///
/// # Errors
///
/// When a file holds the path of the checkout, of cargo or of the compiler.
pub fn says_nothing_of_this_machine<'a>(
    files: impl Iterator<Item = (&'a String, &'a Vec<u8>)>,
) -> Result<()> {
    let sysroot = run::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let places = [project::root().display().to_string(), cargo_home()?.display().to_string(), sysroot];
    for (name, bytes) in files {
        // Bytes that are no text stay apart from it, so a path is found all the same.
        let text = String::from_utf8_lossy(bytes);
        for place in &places {
            ensure!(!text.contains(place), "{name} holds the path {place}");
        }
    }
    Ok(())
}

/// Where cargo keeps what it downloaded.
///
/// # Errors
///
/// When nothing says where somebody is at home.
pub fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = env::var_os("CARGO_HOME") {
        return Ok(home.into());
    }
    Ok(PathBuf::from(env::var_os("HOME").context("neither CARGO_HOME nor HOME is set")?).join(".cargo"))
}

/// Builds all of it anew, from nothing, in another folder.
fn same_again() -> Result<()> {
    let again = project::target().join("again");
    if again.exists() {
        fs::remove_dir_all(&again)?;
    }
    let mut release = Command::new(env::current_exe()?);
    run::run(release.arg("release").env(project::TARGET_FOLDER, &again))?;
    let sums = |target: &Path| {
        let file = target.join(FOLDER).join(SUMS);
        fs::read_to_string(&file).with_context(|| file.display().to_string())
    };
    let (first, second) = (sums(&project::target())?, sums(&again)?);
    let differs: Vec<&str> =
        first.lines().filter(|line| !second.lines().any(|other| other == *line)).collect();
    ensure!(differs.is_empty(), "not the same the second time:\n{}", differs.join("\n"));
    ensure!(first.lines().count() == second.lines().count(), "more files the second time");
    println!("release: {} files are the same the second time", first.lines().count());
    Ok(fs::remove_dir_all(&again)?)
}

/// The npm package: what is written by hand, then what is built.
///
/// # Errors
///
/// When a file is not there.
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
