//! The index of the search: which words stand below which heading. A script of the site's own, because pages that are opened
//! from a disk may load scripts and nothing else.

use super::Page;
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};

/// The longest beginning of a text that a result shows.
const SHOWN_CHARS: usize = 140;

/// The index as a script: places with their address, page, heading and first words; then for each word the places it is in, each
/// by its distance from the one before.
///
/// # Errors
///
/// When it cannot be written as JSON.
pub fn index<'a>(pages: impl Iterator<Item = &'a Page>) -> Result<String> {
    let mut places = Vec::new();
    let mut words: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for page in pages {
        for heading in &page.headings {
            let n = places.len();
            let address = if heading.id.is_empty() {
                page.file.clone()
            } else {
                format!("{}#{}", page.file, heading.id)
            };
            let below = heading.below.split_whitespace().collect::<Vec<_>>().join(" ");
            // The heading's own words stand first in what is below it.
            let begins = below.strip_prefix(&heading.text).unwrap_or(&below).trim_start();
            let shown: String = begins.chars().take(SHOWN_CHARS).collect();
            for word in words_of(&format!("{} {below}", heading.text)) {
                words.entry(word).or_default().insert(n);
            }
            places.push([address, page.title.clone(), heading.text.clone(), shown]);
        }
    }
    let words: BTreeMap<String, Vec<usize>> = words
        .into_iter()
        .map(|(word, places)| {
            let mut before = 0;
            let steps = places.into_iter().map(|place| place - std::mem::replace(&mut before, place));
            (word, steps.collect())
        })
        .collect();
    Ok(format!("peerSupportSearch({});\n", serde_json::json!([places, words])))
}

/// As `search.js` takes a question apart: letters and digits in lower case, two at least.
fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 1).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docs::Heading;

    #[test]
    fn a_word_leads_to_the_headings_it_stands_below() {
        let heading = |id: &str, text: &str, below: &str| Heading {
            level: 2,
            id: id.to_owned(),
            text: text.to_owned(),
            below: below.to_owned(),
        };
        let page = Page {
            file: "a.html".to_owned(),
            title: "A".to_owned(),
            html: String::new(),
            headings: vec![heading("", "A", "A  Backup daily."), heading("b", "Restore", "Restore a backup")],
        };

        let script = index(std::iter::once(&page)).unwrap();
        let json = script.strip_prefix("peerSupportSearch(").unwrap().strip_suffix(");\n").unwrap();
        let [places, words]: [serde_json::Value; 2] = serde_json::from_str(json).unwrap();

        assert_eq!(places[1], serde_json::json!(["a.html#b", "A", "Restore", "a backup"]));
        assert_eq!(words["backup"], serde_json::json!([0, 1]));
        assert_eq!(words["restore"], serde_json::json!([1]));
        assert!(words.get("a").is_none());
    }
}
