//! `peer-support.js`: the loader, with what the build knows written into it.

use super::frame::read;
use super::minify;
use anyhow::{Result, ensure};
use serde::Serialize;
use std::collections::BTreeMap;

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

/// What the loader becomes part of.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A script for any page, which finds the panel's files beside itself and puts the element into the page.
    Script,
    /// What `import` gives an app, of the npm package.
    Module,
    /// What `require` gives it.
    CommonJs,
}

impl Kind {
    /// Where the panel's files are, to the loader an element with `src`; and whether it is a module.
    fn values(self) -> [(&'static str, &'static str); 2] {
        let (script, is_module) = match self {
            // A module script has no current one.
            Self::Script => {
                ("document.currentScript||document.querySelector(`script[src*=${NAME}]`)", "false")
            }
            Self::Module | Self::CommonJs => ("{ src: files }", "true"),
        };
        [("__PEER_SUPPORT_SCRIPT__", script), ("__PEER_SUPPORT_IS_MODULE__", is_module)]
    }
}

/// The finished script.
///
/// # Errors
///
/// When the template lacks a place to write to, or is no JavaScript.
pub fn fill(build: &Build, kind: Kind) -> Result<String> {
    let css = minify::css(&read("peer-support.css")?)?;
    let mut script = read("peer-support.js")?;
    // A JSON text is a JavaScript expression.
    let [place, is_module] = kind.values().map(|(place, value)| (place, value.to_owned()));
    let build = ("__PEER_SUPPORT_BUILD__", serde_json::to_string(build)?);
    let css = ("__PEER_SUPPORT_CSS__", serde_json::to_string(&css)?);
    for (place, value) in [build, css, place, is_module] {
        script = put(&script, "peer-support.js", place, &value)?;
    }
    // What the module's function has around the loader gives it `files`.
    let (here, after) = match kind {
        Kind::Script => return minify::script(&script),
        Kind::Module => ("import.meta.url", "export { define };"),
        // A CommonJS file is of one that bundles, and is nowhere by itself.
        Kind::CommonJs => ("document.baseURI", "exports.define = define;"),
    };
    let module = read("module.js")?.replace("export { define };", after);
    let module = put(&module, "module.js", "__PEER_SUPPORT_HERE__", here)?;
    let module = put(&module, "module.js", "__PEER_SUPPORT_LOADER__;", &script)?;
    match kind {
        Kind::CommonJs => minify::script(&module),
        _ => minify::module(&module),
    }
}

/// `source` with `value` in the one place of this name.
fn put(source: &str, file: &str, place: &str, value: &str) -> Result<String> {
    ensure!(source.matches(place).count() == 1, "pkg-template/{file} must hold {place} once");
    Ok(source.replace(place, value))
}
