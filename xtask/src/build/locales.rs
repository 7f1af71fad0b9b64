//! Language files: one JSON object of texts by key for each language, in `locales/`. A text that
//! counts something is an object of its plural forms.

use super::files_under;
use crate::project;
use anyhow::{Context, Result, ensure};
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

/// The loader's keys without `loader-`, in the order in which it counts its texts.
const ORDER: [&str; 11] =
    ["g", "p", "a", "f", "line", "single", "launcher", "leave", "close", "country", "failed"];

/// What the loader shows, by language: its texts in its own order, divided by `|`. It knows a language by two letters, so that
/// those of Portugal find Brazil's, and all who read Chinese the one that is there.
///
/// # Errors
///
/// As [`all`]; also when a language lacks one of the texts, or has one that the loader does not know, and when two have the
/// same two letters.
pub fn loader_strings() -> Result<BTreeMap<String, String>> {
    let joined = |tag: &str, texts: &Texts| {
        let text = |name: &str| {
            let text = texts.get(&format!("{LOADER}{name}")).and_then(Value::as_str);
            let text = text.with_context(|| format!("locales/{tag}.json lacks {LOADER}{name}"))?;
            ensure!(!text.contains('|'), "locales/{tag}.json: {LOADER}{name} must not hold a |");
            Ok(text)
        };
        let n_texts = texts.keys().filter(|key| key.starts_with(LOADER)).count();
        ensure!(
            n_texts == ORDER.len(),
            "locales/{tag}.json has a {LOADER} text that the loader does not know"
        );
        Ok(ORDER.into_iter().map(text).collect::<Result<Vec<_>>>()?.join("|"))
    };
    let mut languages = BTreeMap::new();
    for (tag, texts) in all()? {
        let two = tag.split('-').next().unwrap_or_default().to_owned();
        ensure!(two.len() == 2, "locales/{tag}.json: the loader knows languages by two letters");
        let other = languages.insert(two, joined(&tag, &texts)?);
        ensure!(
            other.is_none(),
            "locales/{tag}.json is the second of its language, and the loader tells no two apart"
        );
    }
    Ok(languages)
}
