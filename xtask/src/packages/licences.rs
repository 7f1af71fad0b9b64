//! Under which terms others' code comes: checked in every test run, and written out for whoever is given our programs.

use super::dependencies::{Dependencies, Package};
use super::{SERVER, WIDGET, deny, read};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

/// `xtask/dependencies.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    twice: BTreeSet<String>,
    build_scripts: BTreeSet<String>,
}

/// What a build script would need to fetch something: addresses that it only mentions are none of these.
const FETCHING: [&str; 10] = [
    "TcpStream",
    "UdpSocket",
    "std::net",
    "reqwest",
    "ureq",
    "curl",
    "wget",
    "Invoke-WebRequest",
    "git clone",
    "git\", \"clone",
];

/// Says everything that is wrong with where others' code comes from, under which terms, and what it does while it is compiled.
///
/// # Errors
///
/// When anything is.
pub fn check() -> Result<()> {
    deny::licences_and_sources()?;
    rest()
}

/// What cargo-deny does not look at.
fn rest() -> Result<()> {
    let text = String::from_utf8(read("xtask/dependencies.toml")?)?;
    let rules: Rules = toml::from_str(&text).context("xtask/dependencies.toml")?;
    // For all machines: what is built for others must be right as well.
    let dependencies = Dependencies::read(None)?;
    let shipped: BTreeMap<&String, &Package> = dependencies
        .shipped(&[&SERVER[..], &WIDGET].concat())?
        .into_iter()
        .map(|package| (&package.id, package))
        .collect();
    let mut problems = Vec::new();
    for package in dependencies.all().filter(|package| package.source.is_some()) {
        if dependencies.digest(package).is_none() {
            problems.push(format!("{} {} has no digest in Cargo.lock", package.name, package.version));
        }
    }
    let mut scripts: BTreeSet<&str> = BTreeSet::new();
    for package in dependencies.all().filter(|package| package.source.is_some()) {
        let Some(script) = package.build_script() else { continue };
        scripts.insert(&package.name);
        let text = fs::read_to_string(script).with_context(|| script.display().to_string())?;
        for word in fetching(&text) {
            problems.push(format!("the build script of {} {} has {word:?}", package.name, package.version));
        }
        if !rules.build_scripts.contains(&package.name) {
            problems.push(format!("{} has a build script that is not listed", package.name));
        }
    }
    for name in rules.build_scripts.iter().filter(|name| !scripts.contains(&name[..])) {
        problems.push(format!("{name} no longer has a build script"));
    }
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in shipped.values() {
        versions.entry(&package.name).or_default().insert(&package.version);
    }
    let twice: BTreeSet<&str> =
        versions.iter().filter(|(_, versions)| versions.len() > 1).map(|(name, _)| *name).collect();
    for name in &twice {
        if !rules.twice.contains(*name) {
            problems.push(format!("{name} is shipped in the versions {:?}", versions[name]));
        }
    }
    for name in rules.twice.iter().filter(|name| !twice.contains(&name[..])) {
        problems.push(format!("{name} is no longer shipped twice"));
    }
    ensure!(problems.is_empty(), "xtask/dependencies.toml does not allow:\n{}", problems.join("\n"));
    Ok(())
}

/// What of [`FETCHING`] is in a build script, besides its comments.
fn fetching(script: &str) -> impl Iterator<Item = &'static str> {
    let code: String = script
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect();
    FETCHING.into_iter().filter(move |word| code.contains(word))
}

/// What comes with our programs: each package with its licence, and the texts of all licences, each once.
///
/// # Errors
///
/// When a text cannot be read.
pub fn third_party(packages: &[&Package]) -> Result<String> {
    let mut list = String::new();
    // Each text once, with those that it came with.
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages.iter().filter(|package| package.source.is_some()) {
        let name = format!("{} {}", package.name, package.version);
        writeln!(list, "{name}: {}", package.license.as_deref().unwrap_or("not named"))?;
        let folder = package.manifest_path.parent().context("a manifest lies in a folder")?;
        for entry in fs::read_dir(folder).with_context(|| name.clone())? {
            let path = entry?.path();
            let file =
                path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_uppercase();
            let is_text = ["LICENSE", "LICENCE", "COPYING", "UNLICENSE", "NOTICE"];
            if path.is_file() && is_text.iter().any(|begin| file.starts_with(begin)) {
                let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
                let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
                texts.entry(text.trim().to_owned()).or_default().insert(name.clone());
            }
        }
    }
    let mut whole = format!(
        "Code of others in these programs, each under one of the licences that it names. Rust's standard library is under MIT OR \
         Apache-2.0; SQLite, inside of libsqlite3-sys, is in the public domain.\n\n{list}"
    );
    // The first that has a text gives its place, which is the same in every run.
    let mut ordered: Vec<_> = texts.into_iter().map(|(text, names)| (names, text)).collect();
    ordered.sort();
    for (names, text) in ordered {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        write!(whole, "\n{}\n{}\n\n{text}\n", "-".repeat(80), names.join(", "))?;
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_script_that_fetches_is_told_from_one_that_mentions_an_address() {
        let mentions = "// See curl.\nfn main() { panic!(\"see https://example.org\") }";
        let fetches = "fn main() { Command::new(\"curl\").arg(\"https://example.org\"); }";

        assert_eq!(fetching(mentions).count(), 0);
        assert_eq!(fetching(fetches).collect::<Vec<_>>(), ["curl"]);
    }
}
