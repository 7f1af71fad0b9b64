//! The lists that say how a requirement is met name tests and files that are there.

use std::collections::BTreeSet;

use crate::{files, read, root};

/// What stands between backticks in the lines of tables.
fn named(document: &str) -> Vec<String> {
    let text = read(&root().join(document));
    let rows = text.lines().filter(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The names of all functions in Rust files of these folders, and in the lists of browser tests.
fn functions() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in ["server", "domain", "tests", "src", "console", "signals", "xtask"]
        .iter()
        .flat_map(|folder| files(folder, ".rs"))
    {
        for rest in read(&file).split("fn ").skip(1) {
            names.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    names
}

#[test]
fn every_test_and_file_that_is_named_as_evidence_is_there() {
    let functions = functions();
    let mut missing = Vec::new();
    for document in ["SECURITY.md", "docs/asvs.md"] {
        for name in named(document) {
            let is_there = match name.rsplit_once("::") {
                Some((_, function)) => function == "…" || functions.contains(function),
                // A path; what is no path or test (a header, a setting) is not evidence.
                None if name.contains('/') && name.contains(".rs") => root().join(&name).exists(),
                None => true,
            };
            if !is_there {
                missing.push(format!("{document}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_requirement_has_one_line_and_a_verdict() {
    let text = read(&root().join("docs/asvs.md"));
    let mut seen = BTreeSet::new();
    for row in text.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit()) {
        let cells: Vec<&str> = row.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        assert_eq!(cells.len(), 3, "{row}");
        assert!(seen.insert(cells[0].to_owned()), "twice: {row}");
        assert!(["met", "open", "n/a"].contains(&cells[1]), "{row}");
        assert!(!cells[2].is_empty(), "{row}");
    }
    assert!(seen.len() > 250, "{}", seen.len());
}
