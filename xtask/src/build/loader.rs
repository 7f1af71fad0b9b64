//! `peer-support.js`: the loader, with what the build knows written into it.

use super::minify;
use crate::project;
use anyhow::{Context, Result, ensure};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;

/// What the loader is told about this build. Paths are relative to the loader's own.
#[derive(Serialize)]
pub struct Build {
    /// What the names of the panel's files begin with: behind it are `.js`, `.wasm`, `.txt` (the names of the lines) and
    /// `/` with all else. One for all, because each takes the loader a dozen bytes.
    pub panel: String,
    /// Emergency numbers and the best line of every country.
    pub crisis: String,
    /// The few words that the loader itself shows, by language, as [`super::locales::loader_strings`] joins them.
    pub strings: BTreeMap<String, String>,
}

/// The finished script.
///
/// # Errors
///
/// When the template lacks a place to write to, or is no JavaScript.
pub fn fill(build: &Build) -> Result<String> {
    let folder = project::root().join("pkg-template");
    let read =
        |name: &str| fs::read_to_string(folder.join(name)).with_context(|| format!("pkg-template/{name}"));
    let css = minify::css(&read("peer-support.css")?)?;
    let mut script = read("peer-support.js")?;
    // A JSON text is a JavaScript expression.
    for (place, value) in [
        ("__PEER_SUPPORT_BUILD__", serde_json::to_string(build)?),
        ("__PEER_SUPPORT_CSS__", serde_json::to_string(&css)?),
    ] {
        ensure!(script.matches(place).count() == 1, "pkg-template/peer-support.js must hold {place} once");
        script = script.replace(place, &value);
    }
    minify::script(&script)
}
