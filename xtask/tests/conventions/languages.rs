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

/// The plural forms that a language has, by CLDR; English as well for a language that nobody entered here.
fn categories(tag: &str) -> BTreeSet<&'static str> {
    match tag {
        "ar" => &["zero", "one", "two", "few", "many", "other"][..],
        "pl" | "uk" => &["one", "few", "many", "other"],
        "es" | "fr" | "it" | "pt-BR" => &["one", "many", "other"],
        "ja" | "zh-Hans" => &["other"],
        _ => &["one", "other"],
    }
    .iter()
    .copied()
    .collect()
}

/// Where words are: the panel's, the console's, and those of `?peer-support-doctor`.
const FOLDERS: [&str; 3] = ["locales", "console/locales", "pkg-template/doctor"];

/// What no sentence may hold, with its name: quotes of a typewriter, and what sounds as if somebody shouted.
const UNWANTED: [(char, &str); 7] = [
    ('"', "a straight quote"),
    ('\'', "a straight apostrophe"),
    ('`', "a backtick"),
    ('!', "an exclamation mark"),
    ('！', "an exclamation mark"),
    ('¡', "an exclamation mark"),
    ('\u{fffd}', "a broken letter"),
];

#[test]
fn every_sentence_has_the_forms_and_the_signs_of_its_language() {
    let mut problems = Vec::new();
    for folder in FOLDERS {
        for file in files(folder, ".json") {
            let name = file.strip_prefix(crate::root()).unwrap().display();
            let tag = file.file_stem().unwrap().to_str().unwrap();
            for (key, text) in &texts(&file) {
                if let Value::Object(forms) = text {
                    let has: BTreeSet<_> = forms.keys().map(String::as_str).collect();
                    if has != categories(tag) {
                        problems
                            .push(format!("{name}: {key} has the forms {has:?}, not {:?}", categories(tag)));
                    }
                }
                for sentence in sentences(text) {
                    for (sign, what) in UNWANTED {
                        if sentence.contains(sign) {
                            problems.push(format!("{name}: {key} has {what}"));
                        }
                    }
                }
            }
        }
    }

    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The twelve that the panel was promised in, at least.
const LANGUAGES: [&str; 12] =
    ["en", "es", "fr", "de", "pt-BR", "it", "pl", "uk", "ar", "hi", "zh-Hans", "ja"];

/// `docs/languages.md` is where it stands who has read a language through.
#[test]
fn every_language_says_who_reviewed_it() {
    let page = read(&crate::root().join("docs/languages.md"));
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let said: BTreeMap<&str, &str> = rows.collect();
    let there: BTreeSet<String> = files("locales", ".json")
        .iter()
        .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();

    let listed: BTreeSet<String> = said.keys().map(|tag| (*tag).to_owned()).collect();
    assert_eq!(listed, there, "docs/languages.md has a row for every file in locales/");
    for language in LANGUAGES {
        assert!(there.contains(language), "{language} is not there");
        let terms = crate::root().join(format!("helplines/terms/{language}.txt"));
        assert!(terms.exists(), "nobody can search in plain words in {language}");
    }
    for (tag, row) in said {
        let by = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default().trim();
        assert!(
            by == "not yet reviewed by a native speaker"
                || by.split_once(", ").is_some_and(|(_, day)| day.len() == 10),
            "docs/languages.md says of {tag}: {by:?}; expected a name and a day, or that nobody has"
        );
    }
}

#[test]
fn every_language_has_the_same_keys_and_the_same_places_to_fill() {
    let mut problems = Vec::new();
    let mut n_languages = 0;
    for folder in FOLDERS {
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

    assert!(
        n_languages >= 2 * LANGUAGES.len() + 2,
        "those of the panel and of the doctor, and English and Spanish of the console"
    );
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
