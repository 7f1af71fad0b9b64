//! Language files: one JSON object of texts by key for each language, in `locales/`. A text that
//! counts something is an object of its plural forms.

use super::files_under;
use crate::project;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;

/// Texts by key.
pub type Texts = BTreeMap<String, Value>;

/// Keys of texts that the loader shows start with this.
const LOADER: &str = "loader-";

/// Every language by its tag: `en`, `es`, `ar`.
///
/// # Errors
///
/// When a file in `locales/` is no such object.
pub fn all() -> Result<BTreeMap<String, Texts>> {
    let mut languages = BTreeMap::new();
    for (name, bytes) in files_under(&project::root().join("locales"))? {
        if let Some(tag) = name.strip_suffix(".json") {
            let texts = serde_json::from_slice(&bytes).with_context(|| format!("locales/{name}"))?;
            languages.insert(tag.to_owned(), texts);
        }
    }
    Ok(languages)
}

/// The file of each language as it is sent, without what only the loader shows. English is in the
/// wasm, and a file all the same, for those who switch back to it.
///
/// # Errors
///
/// As [`all`].
pub fn files() -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for (tag, mut texts) in all()? {
        texts.retain(|key, _| !key.starts_with(LOADER));
        files.push((format!("{tag}.json"), serde_json::to_vec(&texts)?));
    }
    Ok(files)
}

/// What the loader shows, by language, under the loader's own short keys.
///
/// # Errors
///
/// As [`all`].
pub fn loader_strings() -> Result<BTreeMap<String, Texts>> {
    let shorten = |texts: Texts| {
        texts
            .into_iter()
            .filter_map(|(key, text)| Some((key.strip_prefix(LOADER)?.to_owned(), text)))
            .collect()
    };
    Ok(all()?.into_iter().map(|(tag, texts)| (tag, shorten(texts))).collect())
}
