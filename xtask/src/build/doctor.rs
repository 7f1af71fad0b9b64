//! The doctor: what an owner sees at `?peer-support-doctor`, and its words in the languages that it speaks.

use super::{files_under, frame, minify};
use crate::project;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;

/// Where the English words go: they are inside, because a page may refuse every other file.
const ENGLISH: &str = "__PEER_SUPPORT_DOCTOR__";

/// Words by language: `es`.
fn languages() -> Result<BTreeMap<String, BTreeMap<String, String>>> {
    let mut languages = BTreeMap::new();
    for (name, bytes) in files_under(&project::root().join("pkg-template/doctor"))? {
        let language = name.strip_suffix(".json").context("a file of pkg-template/doctor is no .json")?;
        let words = serde_json::from_slice(&bytes).with_context(|| format!("pkg-template/doctor/{name}"))?;
        languages.insert(language.to_owned(), words);
    }
    Ok(languages)
}

/// The script, and beside it a module of words for each language but English, which needs no leave besides that of scripts.
///
/// # Errors
///
/// When a file is missing or is not what it should be.
pub fn files() -> Result<Vec<(String, Vec<u8>)>> {
    let languages = languages()?;
    let english = languages.get("en").context("pkg-template/doctor/en.json is missing")?;
    let script = frame::read("doctor.js")?;
    ensure!(script.matches(ENGLISH).count() == 1, "pkg-template/doctor.js must hold {ENGLISH} once");
    let script = minify::module(&script.replace(ENGLISH, &serde_json::to_string(english)?))?;
    let mut files = vec![("/doctor.js".to_owned(), script.into_bytes())];
    for (language, words) in languages.iter().filter(|(language, _)| *language != "en") {
        let module = format!("export default {}", serde_json::to_string(words)?);
        files.push((format!("/doctor/{language}.js"), module.into_bytes()));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::{files, languages};

    #[test]
    fn the_doctor_says_the_same_in_every_language() {
        let languages = languages().unwrap();
        let english = &languages["en"];

        for (language, words) in &languages {
            assert!(
                words.keys().eq(english.keys()),
                "pkg-template/doctor/{language}.json has other keys than en.json"
            );
            for (key, text) in words {
                let places = |text: &str| text.matches('{').count();
                assert_eq!(places(text), places(&english[key]), "{language}: {key} has other places to fill");
            }
        }
        assert_eq!(files().unwrap().len(), languages.len());
    }
}
