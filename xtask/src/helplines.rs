//! `cargo xtask helplines …`: the country files in `helplines/`, taken in, checked and compiled.

mod check;
mod coverage;
mod file;
mod import;
mod loader;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use peer_support_domain::{
    bundle,
    country::Country,
    helpline::{Directory, record::CountryRecord},
};

pub use loader::loader_set;

/// What is done with the helplines.
#[derive(clap::Args)]
pub struct Helplines {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Print all that is wrong in any country file, each with its place, and how well the world is covered.
    Check {
        /// Write helplines/COVERAGE.md anew instead of complaining that it is outdated.
        #[arg(long)]
        write: bool,
    },
    /// Take over a data set: services as JSON Lines and emergency numbers as JSON. Shows what would change.
    Import {
        /// One service a line, as helplines/SOURCES.md describes them.
        lines: PathBuf,
        /// Emergency numbers by country.
        emergency: PathBuf,
        /// Write the country files; without it nothing is changed.
        #[arg(long)]
        write: bool,
    },
}

/// Runs one of them.
///
/// # Errors
///
/// When something is wrong in the files; each problem has been printed.
pub fn run(args: Helplines) -> anyhow::Result<()> {
    let root = crate::project::root();
    match args.command {
        Command::Check { write } => check::command(root, write),
        Command::Import { lines, emergency, write } => import::command(root, &lines, &emergency, write),
    }
}

/// `cargo xtask helplines check`, for the other commands.
///
/// # Errors
///
/// When something is wrong in the files; each problem has been printed.
pub fn check() -> anyhow::Result<()> {
    check::command(crate::project::root(), false)
}

/// The text of the bundle of each country that has a file, in alphabetical order: what the widget fetches when a
/// visitor asks for the whole directory.
///
/// # Errors
///
/// When a country file cannot be read or breaks a rule.
pub fn bundles(root: &Path) -> anyhow::Result<Vec<(Country, String)>> {
    Ok(directories(root)?.iter().map(|directory| (directory.country, bundle::encode([directory]))).collect())
}

/// The essentials of all countries, as the widget's build script compiles them into the wasm.
///
/// # Errors
///
/// When a country file cannot be read or breaks a rule.
pub fn essentials(root: &Path) -> anyhow::Result<String> {
    let essentials: Vec<_> = directories(root)?.iter().map(Directory::essentials).collect();
    Ok(bundle::encode(&essentials))
}

fn directories(root: &Path) -> anyhow::Result<Vec<Directory>> {
    files(root)?
        .into_iter()
        .map(|path| {
            let record = read(&path)?;
            record.directory().map_err(|problems| {
                let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
                anyhow::anyhow!("{}: {}", path.display(), problems.join("; "))
            })
        })
        .collect()
}

/// The country files, in alphabetical order.
fn files(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = root.join("helplines");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    ensure!(!files.is_empty(), "no country file in {}", folder.display());
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> anyhow::Result<CountryRecord> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    match toml::from_str(&text) {
        Ok(record) => Ok(record),
        Err(error) => bail!("{}: {error}", path.display()),
    }
}

/// Bytes after brotli at its best, as assets are served.
fn brotli_size(text: &str) -> anyhow::Result<usize> {
    let mut compressed = Vec::new();
    let best = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut text.as_bytes(), &mut compressed, &best)?;
    Ok(compressed.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that the essentials may add to the widget, after brotli.
    const MAX_ESSENTIALS_SIZE_BYTES: usize = 14 * 1024;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn every_country_file_comes_back_from_its_bundle() {
        let directories = directories(root()).unwrap();
        let bundles = bundles(root()).unwrap();

        assert_eq!(bundles.len(), directories.len());
        for (directory, (country, text)) in directories.iter().zip(bundles) {
            assert_eq!(country, directory.country);
            assert_eq!(bundle::decode(&text).as_ref(), Ok(directory), "{country}");
        }
    }

    #[test]
    fn the_essentials_hold_help_for_every_country_that_has_any() {
        let essentials = essentials(root()).unwrap();

        for directory in directories(root()).unwrap() {
            let country = directory.country;
            let read = bundle::essentials(&essentials, country).unwrap();
            assert_eq!(read, directory.essentials(), "{country}");
            assert_eq!(read.emergency, directory.emergency, "{country}");
            assert_eq!(read.lines.is_empty(), directory.lines.is_empty(), "{country}");
        }
        assert_eq!(bundle::countries(&essentials).count(), files(root()).unwrap().len());
    }

    #[test]
    fn the_essentials_show_nothing_unconfirmed_where_anything_is_confirmed() {
        for directory in directories(root()).unwrap() {
            let any = directory.lines.iter().any(|line| line.is_confirmed());
            let essentials = directory.essentials();
            let contacts = || essentials.lines.iter().flat_map(|line| &line.contacts);

            assert!(contacts().all(|contact| contact.confirmed == any), "{}", directory.country);
        }
    }

    #[test]
    fn the_essentials_fit_their_budget() {
        let size = brotli_size(&essentials(root()).unwrap()).unwrap();

        assert!(size <= MAX_ESSENTIALS_SIZE_BYTES, "{size} bytes; at most {MAX_ESSENTIALS_SIZE_BYTES}");
    }
}
