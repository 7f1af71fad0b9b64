//! Puts the texts of every language into the page, and refuses languages that do not have the same keys.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

/// The first one is what shows when none is the reader's.
const LANGUAGES: [&str; 2] = ["en", "es"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut texts: Vec<BTreeMap<String, String>> = Vec::new();
    for language in LANGUAGES {
        let path = format!("locales/{language}.json");
        println!("cargo::rerun-if-changed={path}");
        let file = serde_json::from_str(&fs::read_to_string(Path::new(&path))?);
        texts.push(file.map_err(|error| format!("{path}: {error}"))?);
    }
    let english = &texts[0];
    for (language, other) in LANGUAGES.iter().zip(&texts) {
        let missing =
            english.keys().filter(|key| !other.contains_key(*key)).map(|key| format!("lacks {key}"));
        let unknown = other
            .keys()
            .filter(|key| !english.contains_key(*key))
            .map(|key| format!("should not have {key}"));
        let problems: Vec<String> = missing.chain(unknown).collect();
        if !problems.is_empty() {
            return Err(format!("locales/{language}.json {}", problems.join(", ")).into());
        }
    }

    let n_texts = english.len();
    let keys: Vec<&String> = english.keys().collect();
    let tables: Vec<Vec<&String>> = texts.iter().map(|texts| texts.values().collect()).collect();
    let source = format!(
        "const LANGUAGES: &[&str] = &{LANGUAGES:?};\n\
         const KEYS: [&str; {n_texts}] = {keys:?};\n\
         static TEXTS: &[[&str; {n_texts}]] = &{tables:?};\n"
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it for build scripts"));
    fs::write(out.join("texts.rs"), source)?;
    Ok(())
}
