//! `peer-support.js`: the loader, with what the build knows written into it.

use super::{locales::Texts, minify};
use crate::project;
use anyhow::{Context, Result, ensure};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;

/// What the loader is told about this build. Paths are relative to the loader's own.
#[derive(Serialize)]
pub struct Build {
    /// The panel: its script and its wasm, without `.js` and `.wasm`.
    pub panel: String,
    /// The folder of `locales/`, `helplines/`, `terms/` and `names.txt`.
    pub data: String,
    /// When the country files were last compared with their sources, in Unix seconds: of two data sets the newer counts.
    pub compiled: i64,
    /// Emergency numbers and the best line of every country.
    pub crisis: String,
    /// The few words that the loader itself shows, by language.
    pub strings: BTreeMap<String, Texts>,
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
