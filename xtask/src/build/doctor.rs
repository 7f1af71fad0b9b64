//! The doctor: what an owner sees at `?peer-support-doctor`, and its words in the languages that it speaks.

use super::{files_under, frame, minify};
use crate::project;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;

/// Where the English words go: they are inside, because a page may refuse every other file.
const ENGLISH: &str = "__PEER_SUPPORT_DOCTOR__";

/// Words by the tag of their language: `pt-BR`.
fn languages() -> Result<BTreeMap<String, BTreeMap<String, String>>> {
    let mut languages = BTreeMap::new();
    for (name, bytes) in files_under(&project::root().join("pkg-template/doctor"))? {
        let tag = name.strip_suffix(".json").context("a file of pkg-template/doctor is no .json")?;
        let words = serde_json::from_slice(&bytes).with_context(|| format!("pkg-template/doctor/{name}"))?;
        languages.insert(tag.to_owned(), words);
    }
    Ok(languages)
}

/// The script, and beside it a module of words for each language but English, which needs no leave besides that of scripts. A
/// module has the two letters that the loader knows a language by, and says the whole tag as `lang`.
///
/// # Errors
///
/// When a file is missing or is not what it should be.
pub fn files() -> Result<Vec<(String, Vec<u8>)>> {
    let mut languages = languages()?;
    let english = languages.remove("en").context("pkg-template/doctor/en.json is missing")?;
    let script = frame::read("doctor.js")?;
    ensure!(script.matches(ENGLISH).count() == 1, "pkg-template/doctor.js must hold {ENGLISH} once");
    let script = minify::module(&script.replace(ENGLISH, &serde_json::to_string(&english)?))?;
    let mut files = vec![("/doctor.js".to_owned(), script.into_bytes())];
    for (tag, mut words) in languages {
        let two = tag.split('-').next().unwrap_or_default();
        let name = format!("/doctor/{two}.js");
        words.insert("lang".to_owned(), tag);
        files.push((name, format!("export default {}", serde_json::to_string(&words)?).into_bytes()));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::{files, languages};
    use crate::build::locales;

    #[test]
    fn the_doctor_speaks_every_language_that_the_loader_knows() {
        let spoken = languages().unwrap();
        let of_the_panel = locales::all().unwrap();
        assert!(spoken.keys().eq(of_the_panel.keys()), "pkg-template/doctor and locales differ");

        let files = files().unwrap();

        for two in locales::loader_strings().unwrap().into_keys().filter(|two| two != "en") {
            let name = format!("/doctor/{two}.js");
            assert!(files.iter().any(|(file, _)| *file == name), "the doctor has no {name}");
        }
        assert_eq!(files.len(), spoken.len(), "the script, and a file for each language but the one in it");
    }
}
