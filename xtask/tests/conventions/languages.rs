//! What translations must have in common.

use crate::{files, read};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Texts = BTreeMap<String, Value>;

fn texts(path: &Path) -> Texts {
    serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The sentences of one key: one, or one a plural form.
fn sentences(text: &Value) -> Vec<&str> {
    match text {
        Value::Object(forms) => forms.values().filter_map(Value::as_str).collect(),
        text => text.as_str().into_iter().collect(),
    }
}

/// The names between braces.
fn places(sentence: &str) -> BTreeSet<&str> {
    sentence.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

fn all_places(text: &Value) -> BTreeSet<&str> {
    sentences(text).into_iter().flat_map(places).collect()
}

#[test]
fn every_language_has_the_same_keys_and_the_same_places_to_fill() {
    let mut problems = Vec::new();
    let mut n_languages = 0;
    for folder in ["locales", "console/locales"] {
        let english = texts(&crate::root().join(folder).join("en.json"));
        for file in files(folder, ".json") {
            let theirs = texts(&file);
            let name = file.strip_prefix(crate::root()).unwrap().display();
            n_languages += 1;
            for (key, text) in &english {
                match theirs.get(key) {
                    None => problems.push(format!("{name}: {key} is missing")),
                    Some(their) if text.is_object() != their.is_object() => {
                        problems.push(format!("{name}: {key} counts in one language only"));
                    }
                    Some(their) if all_places(text) != all_places(their) => {
                        problems.push(format!(
                            "{name}: {key} has {:?}, not {:?}",
                            all_places(their),
                            all_places(text)
                        ));
                    }
                    Some(_) => {}
                }
            }
            for (key, text) in &theirs {
                if !english.contains_key(key) {
                    problems.push(format!("{name}: {key} is not in English"));
                }
                if sentences(text).iter().any(|sentence| sentence.trim().is_empty())
                    || sentences(text).is_empty()
                {
                    problems.push(format!("{name}: {key} is empty"));
                }
                if text.is_object() && text.get("other").is_none() {
                    problems
                        .push(format!("{name}: {key} lacks the form `other`, which every number may need"));
                }
            }
        }
    }

    assert!(n_languages >= 3, "English, Spanish and Arabic are there");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
