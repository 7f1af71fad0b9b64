//! What the server is installed from, and the lists of what is in it. The same inputs give the same bytes.

pub mod check;
pub mod debian;
pub mod deny;
pub mod dependencies;
pub mod image;
pub mod licences;
mod proxies;
pub mod sbom;
mod tree;

use crate::build::files_under;
use crate::{project, run};
use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

pub use tree::Tree;

/// The packages of this workspace that the server's program is made of.
pub const SERVER: [&str; 1] = ["peer-support-server"];

/// Those that browsers are sent: the panel, what reads drafts, the console.
pub const WIDGET: [&str; 3] = ["peer-support", "peer-support-device", "peer-support-console"];

/// The files of a build that an installed server sends: all but the pages that play strangers' sites in tests.
///
/// # Errors
///
/// When there is no build.
pub fn served(dist: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = files_under(dist)?;
    files.retain(|(name, _)| !name.starts_with("www/host/"));
    Ok(files)
}

/// The moment that all files of a release are of, in Unix seconds: `SOURCE_DATE_EPOCH`, or when the newest commit was made.
///
/// # Errors
///
/// When the variable holds no number.
pub fn epoch() -> Result<u64> {
    if let Ok(text) = env::var("SOURCE_DATE_EPOCH") {
        return text
            .trim()
            .parse()
            .with_context(|| format!("SOURCE_DATE_EPOCH={text} is no number of seconds"));
    }
    let mut git = Command::new("git");
    git.args(["log", "-1", "--format=%ct"]).current_dir(project::root());
    // A copy without its history is of no moment.
    Ok(run::output(&mut git).ok().and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Bytes by gzip, without a name or a moment in their head.
///
/// # Errors
///
/// When they cannot be packed.
pub fn packed(bytes: &[u8], compression: Compression) -> Result<Vec<u8>> {
    let mut packer = GzBuilder::new().mtime(0).write(Vec::new(), compression);
    packer.write_all(bytes)?;
    Ok(packer.finish()?)
}

/// A file of the workspace.
fn read(path: &str) -> Result<Vec<u8>> {
    fs::read(project::root().join(path)).with_context(|| path.to_owned())
}
