//! The audit log in a file: writing it, and going along it to see whether anything is missing or changed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context;
use peer_support_domain::limits::PAGE_ITEMS;

use crate::export::Target;
#[cfg(doc)]
use crate::store::Broken;
use crate::store::{AuditFrom, Chain, Store, written};

/// The hash of a line, as `audit verify` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHash(String);

/// A text that is no such hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not the hash of a line; expected 64 hexadecimal digits")]
pub struct InvalidAuditHash;

impl FromStr for AuditHash {
    type Err = InvalidAuditHash;

    fn from_str(text: &str) -> Result<Self, InvalidAuditHash> {
        let is_hash = text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_hash.then(|| Self(text.to_ascii_lowercase())).ok_or(InvalidAuditHash)
    }
}

/// Writes the whole log to `file`, which must not exist and which appears when it is whole; without a file to standard output.
/// Returns how many lines it has.
///
/// # Errors
///
/// When the store fails or the file cannot be written.
pub async fn export(store: &Arc<dyn Store>, file: Option<&Path>) -> anyhow::Result<i64> {
    let target = file.map(Target::new).transpose()?;
    let mut out: Box<dyn Write> = match &target {
        Some(target) => Box::new(BufWriter::new(target.file.try_clone()?)),
        None => Box::new(BufWriter::new(io::stdout())),
    };
    let mut n = 0;
    loop {
        let lines = store.audit(AuditFrom::After(n), *PAGE_ITEMS.end()).await?;
        let Some(last) = lines.last() else { break };
        n = last.n;
        for line in &lines {
            writeln!(out, "{}", written(line)).context("the log cannot be written")?;
        }
    }
    out.flush().context("the log cannot be written")?;
    drop(out);
    if let Some(target) = target {
        target.finish()?;
    }
    Ok(n)
}

/// Goes along the log of a store. Returns the number and the hash of the last line.
///
/// # Errors
///
/// When the store fails; or [`Broken`], which says where, when something is missing or changed.
pub async fn verify(store: &Arc<dyn Store>, expected: Option<AuditHash>) -> anyhow::Result<(i64, String)> {
    let mut chain = Chain::new(expected.map(|hash| hash.0));
    let mut after = 0;
    loop {
        let lines = store.audit(AuditFrom::After(after), *PAGE_ITEMS.end()).await?;
        let Some(last) = lines.last() else { break };
        after = last.n;
        lines.iter().try_for_each(|line| chain.follow(line))?;
    }
    end(&chain)
}

/// As [`verify`], of an export.
///
/// # Errors
///
/// When it cannot be read; or [`Broken`].
pub fn verify_file(file: &Path, expected: Option<AuditHash>) -> anyhow::Result<(i64, String)> {
    let mut chain = Chain::new(expected.map(|hash| hash.0));
    let unreadable = || format!("{} cannot be read", file.display());
    for line in BufReader::new(File::open(file).with_context(unreadable)?).lines() {
        chain.follow_text(&line.with_context(unreadable)?)?;
    }
    end(&chain)
}

fn end(chain: &Chain) -> anyhow::Result<(i64, String)> {
    let (n, hash) = chain.end()?;
    Ok((n, hash.to_owned()))
}
