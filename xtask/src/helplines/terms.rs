//! What people type and what it means, by language: `helplines/terms/`, as it is sent.

use std::path::Path;

use anyhow::{Context, ensure};
use peer_support_domain::search::Terms;

use crate::build::files_under;

/// The words of every language, without comments and empty lines.
///
/// # Errors
///
/// When there are none, or a file says something that the panel would not understand; the error names file and line.
pub fn terms(root: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut languages = Vec::new();
    for (name, bytes) in files_under(&root.join("helplines/terms"))? {
        let Some(language) = name.strip_suffix(".txt") else { continue };
        let place = || format!("helplines/terms/{name}");
        let text = String::from_utf8(bytes).with_context(place)?;
        Terms::parse(&text).with_context(place)?;
        languages.push((language.to_owned(), without_comments(&text)));
    }
    ensure!(!languages.is_empty(), "no language in helplines/terms");
    Ok(languages)
}

fn without_comments(text: &str) -> String {
    let is_said = |line: &&str| !line.is_empty() && !line.starts_with('#');
    text.lines().map(str::trim).filter(is_said).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_sent_is_understood_as_what_is_written() {
        let root = crate::project::root();

        for (language, sent) in terms(root).unwrap() {
            let written = fs::read_to_string(root.join(format!("helplines/terms/{language}.txt"))).unwrap();

            assert!(!sent.contains('#'), "{language}");
            let (written, sent) = (Terms::parse(&written).unwrap(), Terms::parse(&sent).unwrap());
            assert_eq!(format!("{sent:?}"), format!("{written:?}"), "{language}");
        }
    }

    #[test]
    fn a_line_that_the_panel_would_not_understand_stops_the_build_with_its_place() {
        let root = std::env::temp_dir().join(format!("peer-support-terms-{}", std::process::id()));
        fs::create_dir_all(root.join("helplines/terms")).unwrap();
        fs::write(root.join("helplines/terms/en.txt"), "# words\n\ntopic sadness: blue\n").unwrap();

        let error = terms(&root).unwrap_err();
        fs::remove_dir_all(&root).unwrap();

        assert!(format!("{error:#}").starts_with("helplines/terms/en.txt: line 3: "), "{error:#}");
    }
}
