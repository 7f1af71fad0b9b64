//! `cargo xtask helplines …`: the country files in `helplines/`, taken in, checked and compiled.

mod check;
mod coverage;
mod export;
mod file;
mod hsds;
mod import;
mod loader;
mod numbers;
mod schema;
mod sharing;
mod snippet;
mod terms;

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

pub use loader::{loader_set, names};
pub use snippet::snippet_numbers;
pub use terms::terms;

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
        /// Write helplines/COVERAGE.md, country.schema.json and the WordPress plugin's numbers anew instead of complaining that they are outdated.
        #[arg(long)]
        write: bool,
    },
    /// Take over a data set: JSON Lines with emergency numbers, or Open Referral HSDS. Shows what would change.
    Import(import::Import),
    /// Write all countries as JSON, CSV and Open Referral HSDS.
    Export {
        /// The folder to write into.
        #[arg(long)]
        to: PathBuf,
    },
    /// Write the bundle of each country, for `peer-support-server helplines sign`.
    Bundles {
        /// The folder to write into.
        folder: PathBuf,
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
        Command::Import(import) => import::command(root, import),
        Command::Export { to } => export::command(root, &to),
        Command::Bundles { folder } => write_bundles(root, &folder),
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

/// Writes `GB.txt` and so on into `folder`, as they stand in the data folder of a build.
fn write_bundles(root: &Path, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let bundles = bundles(root)?;
    for (country, text) in &bundles {
        let path = folder.join(format!("{country}.txt"));
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    println!("{} bundles in {}", bundles.len(), folder.display());
    Ok(())
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

/// In the folder of the country files, and none: what people need and what they should find, for a test.
const NEEDS: &str = "needs.toml";

/// The country files, in alphabetical order.
fn files(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = root.join("helplines");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        let is_needs = path.file_name().is_some_and(|name| name == NEEDS);
        if !is_needs && path.extension().is_some_and(|extension| extension == "toml") {
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
    use peer_support_domain::helpline::{Audience, Line, Topic};

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
    fn the_essentials_show_what_one_source_lists_only_where_nothing_confirmed_serves() {
        for directory in directories(root()).unwrap() {
            let country = directory.country;
            let is_for_anyone_in_distress = |line: &Line| {
                line.audiences.contains(&Audience::Everyone)
                    && line
                        .topics
                        .iter()
                        .any(|topic| matches!(topic, Topic::Suicide | Topic::EmotionalDistress))
            };
            let confirmed = || directory.lines.iter().filter(|line| line.is_confirmed());
            let serves = confirmed().any(is_for_anyone_in_distress);
            let essentials = directory.essentials().lines;

            for line in essentials.iter().filter(|line| !line.is_confirmed()) {
                let is_only_one =
                    line.topics.iter().any(|topic| confirmed().all(|other| !other.topics.contains(topic)));
                assert!(!serves || is_only_one, "{}", line.id);
            }
            let any_is_confirmed = directory.lines.iter().any(Line::is_confirmed);
            assert_eq!(essentials.iter().any(Line::is_confirmed), any_is_confirmed, "{country}");
            for line in essentials.iter().filter(|line| line.is_confirmed()) {
                assert!(line.contacts.iter().all(|contact| contact.confirmed), "{}", line.id);
            }
        }
    }

    #[test]
    fn the_essentials_fit_their_budget() {
        let size = brotli_size(&essentials(root()).unwrap()).unwrap();

        assert!(size <= MAX_ESSENTIALS_SIZE_BYTES, "{size} bytes; at most {MAX_ESSENTIALS_SIZE_BYTES}");
    }
}
