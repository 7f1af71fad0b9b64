//! A site's posts and replies in a file of its owner's: JSON Lines, which `import --from peer-support` reads, or CSV for
//! spreadsheets. Nothing in it opens an item or links two threads of one person.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::ValueEnum;
use peer_support_domain::site::SiteId;
use serde_json::json;
use tokio::sync::mpsc::channel;

use crate::import::moment;
use crate::store::{ExportedItem, Store};

/// The name of our format, in its first line.
pub const FORMAT: &str = "peer-support";
/// Its version.
pub const VERSION: u32 = 1;
/// Batches that may wait for the file.
const N_WAITING: usize = 4;

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// A table for spreadsheets.
    Csv,
}

const COLUMNS: [&str; 15] = [
    "id",
    "post",
    "kind",
    "topic",
    "state",
    "created_at",
    "author",
    "lang",
    "notes",
    "heard",
    "helped",
    "me_too",
    "is_example",
    "is_owners",
    "text",
];

/// Writes what everyone can read on a site, or with `is_all` also what is held, declined and hidden, to `file`, which must
/// not exist and which appears when it is whole; without a file to standard output. Returns how many items it has.
///
/// # Errors
///
/// When the store fails or the file cannot be written.
pub async fn export(
    store: &Arc<dyn Store>,
    site: SiteId,
    is_all: bool,
    format: Format,
    file: Option<&Path>,
) -> anyhow::Result<u64> {
    let (batches, mut received) = channel::<Vec<ExportedItem>>(N_WAITING);
    let target = file.map(Target::new).transpose()?;
    let out: Box<dyn Write + Send> = match &target {
        Some(target) => Box::new(target.file.try_clone()?),
        None => Box::new(io::stdout()),
    };
    let writing = tokio::task::spawn_blocking(move || {
        let mut lines = Lines::new(format, BufWriter::new(out))?;
        let mut n_items = 0;
        while let Some(batch) = received.blocking_recv() {
            for item in batch {
                lines.write(&item)?;
                n_items += 1;
            }
        }
        lines.finish()?;
        anyhow::Ok(n_items)
    });
    let read = store.export(site, is_all, batches).await;
    // When the file cannot be written, reading ends early only because of that.
    let n_items = writing.await?.context("the export cannot be written")?;
    read?;
    if let Some(target) = target {
        target.finish()?;
    }
    Ok(n_items)
}

enum Lines<W: Write> {
    Jsonl(W),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Lines<W> {
    fn new(format: Format, mut out: W) -> anyhow::Result<Self> {
        match format {
            Format::Jsonl => {
                writeln!(out, "{}", json!({ "format": FORMAT, "version": VERSION }))?;
                Ok(Self::Jsonl(out))
            }
            Format::Csv => {
                let mut csv = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(out);
                csv.write_record(COLUMNS)?;
                Ok(Self::Csv(Box::new(csv)))
            }
        }
    }

    fn write(&mut self, item: &ExportedItem) -> anyhow::Result<()> {
        match self {
            Self::Jsonl(out) => {
                serde_json::to_writer(&mut *out, item)?;
                out.write_all(b"\n")?;
            }
            Self::Csv(csv) => {
                let notes: Vec<_> = item.notes.iter().map(|note| note.as_str()).collect();
                let or_empty = |value: Option<String>| value.unwrap_or_default();
                csv.write_record([
                    item.id.to_string(),
                    or_empty(item.post.map(|post| post.to_string())),
                    or_empty(item.kind.map(|kind| kind.to_string())),
                    or_empty(item.topic.as_ref().map(ToString::to_string)),
                    item.state.to_string(),
                    moment::to_text(item.created_at),
                    or_empty(item.author.map(|author| author.to_string())),
                    or_empty(item.lang.as_ref().map(ToString::to_string)),
                    notes.join(" "),
                    item.votes.heard.to_string(),
                    item.votes.helped.to_string(),
                    item.votes.me_too.to_string(),
                    item.is_example.to_string(),
                    item.is_owners.to_string(),
                    as_words(&item.text),
                ])?;
            }
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Jsonl(mut out) => out.flush()?,
            Self::Csv(mut csv) => csv.flush()?,
        }
        Ok(())
    }
}

/// The text as a spreadsheet takes it for words: what begins like a formula gets an apostrophe before it, as OWASP advises.
/// Only a text can begin so: all other columns are ours.
pub(crate) fn as_words(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

/// A file under another name, until it is whole.
pub(crate) struct Target {
    draft: PathBuf,
    path: PathBuf,
    pub(crate) file: File,
}

impl Target {
    pub(crate) fn new(path: &Path) -> anyhow::Result<Self> {
        anyhow::ensure!(!path.exists(), "{} exists already", path.display());
        let mut name = path.file_name().context("a file needs a name")?.to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let draft = path.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&draft).with_context(|| format!("{} cannot be written", draft.display()))?;
        Ok(Self { draft, path: path.to_owned(), file })
    }

    pub(crate) fn finish(self) -> anyhow::Result<()> {
        self.file.sync_all().with_context(|| format!("{} cannot be written", self.draft.display()))?;
        // Unlike renaming, this takes nothing else's place.
        fs::hard_link(&self.draft, &self.path)
            .with_context(|| format!("{} cannot be written", self.path.display()))?;
        Ok(())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.draft);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_words_to_a_spreadsheet() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"] {
            assert_eq!(as_words(text), format!("'{text}"));
        }
        assert_eq!(as_words("a = b, and -1"), "a = b, and -1");
    }
}
