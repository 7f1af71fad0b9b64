//! Under which terms others' code comes: checked in every test run, and written out for whoever is given our programs.

use super::dependencies::{Dependencies, Package};
use super::{SERVER, WIDGET, read};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

/// The one registry that code may come from, as cargo writes it down.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// `xtask/licences.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    allowed: BTreeSet<String>,
    tools: BTreeSet<String>,
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

/// Says everything that is wrong with where others' code comes from and under which terms.
///
/// # Errors
///
/// When anything is.
pub fn check() -> Result<()> {
    let text = String::from_utf8(read("xtask/licences.toml")?)?;
    let rules: Rules = toml::from_str(&text).context("xtask/licences.toml")?;
    // For all machines: what is built for others must be right as well.
    let dependencies = Dependencies::read(None)?;
    let shipped: BTreeMap<&String, &Package> = dependencies
        .shipped(&[&SERVER[..], &WIDGET].concat())?
        .into_iter()
        .map(|package| (&package.id, package))
        .collect();
    let mut problems = Vec::new();
    for package in dependencies.all() {
        let name = format!("{} {}", package.name, package.version);
        match package.source.as_deref() {
            None | Some(REGISTRY) => {}
            Some(elsewhere) => problems.push(format!("{name} comes from {elsewhere}")),
        }
        if package.source.is_some() && dependencies.digest(package).is_none() {
            problems.push(format!("{name} has no digest in Cargo.lock"));
        }
        let is_tool = !shipped.contains_key(&package.id);
        let is_allowed =
            |licence: &str| rules.allowed.contains(licence) || is_tool && rules.tools.contains(licence);
        match &package.license {
            None => problems.push(format!("{name} does not name its licence")),
            Some(expression) => match is_satisfied(expression, &is_allowed) {
                Ok(true) => {}
                Ok(false) => problems.push(format!("{name} is under {expression}")),
                Err(error) => problems.push(format!("{name}: {error:#}")),
            },
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
    ensure!(problems.is_empty(), "xtask/licences.toml does not allow:\n{}", problems.join("\n"));
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

/// Whether an SPDX expression can be met by licences that are allowed. Older packages write `/` for `OR`.
fn is_satisfied(expression: &str, is_allowed: &impl Fn(&str) -> bool) -> Result<bool> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = &words[..];
    let is_met = either(&mut rest, is_allowed)?;
    ensure!(rest.is_empty(), "{expression:?} is no expression of licences");
    Ok(is_met)
}

fn either(words: &mut &[&str], is_allowed: &impl Fn(&str) -> bool) -> Result<bool> {
    let mut is_met = both(words, is_allowed)?;
    while let Some((&"OR", rest)) = words.split_first() {
        *words = rest;
        is_met |= both(words, is_allowed)?;
    }
    Ok(is_met)
}

fn both(words: &mut &[&str], is_allowed: &impl Fn(&str) -> bool) -> Result<bool> {
    let mut is_met = one(words, is_allowed)?;
    while let Some((&"AND", rest)) = words.split_first() {
        *words = rest;
        is_met &= one(words, is_allowed)?;
    }
    Ok(is_met)
}

fn one(words: &mut &[&str], is_allowed: &impl Fn(&str) -> bool) -> Result<bool> {
    let (first, rest) = words.split_first().context("an expression of licences ends early")?;
    *words = rest;
    if *first == "(" {
        let is_met = either(words, is_allowed)?;
        let (close, rest) = words.split_first().context("a bracket is not closed")?;
        ensure!(*close == ")", "{close:?} where a bracket ends");
        *words = rest;
        return Ok(is_met);
    }
    ensure!(![")", "AND", "OR", "WITH"].contains(first), "{first:?} where a licence is named");
    if let [with, exception, rest @ ..] = *words
        && *with == "WITH"
    {
        *words = rest;
        return Ok(is_allowed(&format!("{first} WITH {exception}")));
    }
    Ok(is_allowed(first))
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

    #[test]
    fn an_expression_of_licences_is_met_by_what_is_allowed() {
        let is_allowed = |licence: &str| ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].contains(&licence);
        for met in [
            "MIT",
            "GPL-3.0-only OR MIT",
            "Apache-2.0/MIT",
            "Apache-2.0 / MIT",
            "MIT AND ISC",
            "(GPL-2.0-only OR MIT) AND ISC",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0-only",
        ] {
            assert!(is_satisfied(met, &is_allowed).unwrap(), "{met}");
        }
        for unmet in
            ["GPL-3.0-only", "MIT AND GPL-3.0-only", "MIT AND (GPL-2.0-only OR LGPL-3.0-only)", "Apache-2.0"]
        {
            assert!(!is_satisfied(unmet, &is_allowed).unwrap(), "{unmet}");
        }
        for wrong in ["", "MIT OR", "(MIT", "MIT ISC", "AND MIT", "MIT)"] {
            assert!(is_satisfied(wrong, &is_allowed).is_err(), "{wrong}");
        }
    }
}
