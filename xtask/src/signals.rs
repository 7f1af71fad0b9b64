//! `cargo xtask signals`: the text signals, learned and measured.

mod baseline;
mod eval;
mod measure;

use crate::build::assets;
use crate::project;
use anyhow::{Result, anyhow, ensure};
use clap::Subcommand;
use peer_support_domain::signals::{Signal, Signals, train};
use peer_support_signals::sources::Sources;
use std::fs;
use std::path::PathBuf;

/// What to do with the signals.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Learn the weights anew and write the file that server and widget read to target/signals.bin.
    Train,
    /// Measure how well the signals do, on the corpus by cross-validation or on other sets.
    Eval {
        /// A folder of sets `NAME.jsonl`: objects with `text`, `label` (0 or 1), `lang` and `func`.
        #[arg(long, value_name = "DIR")]
        sets: Option<PathBuf>,
    },
}

/// Runs one of the commands.
///
/// # Errors
///
/// When a file of the signals, or of the sets, cannot be read.
pub fn run(args: Args) -> Result<()> {
    match args.command {
        Command::Train => learn(),
        Command::Eval { sets: Some(folder) } => {
            eval::sets(&folder, &Signals::parse(peer_support_signals::FILE)?)
        }
        Command::Eval { sets: None } => {
            let corpus = sources()?.corpus().map_err(|error| anyhow!(error))?;
            eval::folds(&Signals::parse(peer_support_signals::FILE)?, &corpus);
            Ok(())
        }
    }
}

fn sources() -> Result<Sources> {
    Sources::read(&project::root().join("signals")).map_err(|error| anyhow!(error))
}

/// Cargo has learned them already when this runs: to learn again must make the same bytes.
fn learn() -> Result<()> {
    let sources = sources()?;
    let file = sources.file();
    ensure!(file == peer_support_signals::FILE, "learned twice, the weights differ");
    let place = project::target().join("signals.bin");
    fs::write(&place, &file)?;
    let n_weights =
        Signal::ALL.into_iter().filter_map(train::recipe).map(|recipe| 1_usize << recipe.bits).sum::<usize>();
    println!("{} lines of corpus, {n_weights} weights", sources.examples.len());
    println!("{}: {} bytes, {} by brotli", place.display(), file.len(), assets::brotli(&file)?.len());
    Ok(())
}

#[cfg(test)]
mod tests;
