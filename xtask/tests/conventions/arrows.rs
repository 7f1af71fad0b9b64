//! Who may use whom: reads manifests and paths in the code, and fails when an arrow turns round.

use crate::{files, read, root, table};
use std::collections::BTreeSet;
use std::path::Path;
use syn::visit::{self, Visit};
use syn::{ItemUse, LitStr, Macro, UseTree};

/// Crates the domain may use: they compute, and touch neither clock, randomness, files nor network.
const PURE: [&str; 4] = ["serde", "thiserror", "unicode-normalization", "unicode-segmentation"];

/// Packages of ours that a package may use.
const ARROWS: [(&str, &[&str]); 9] = [
    ("domain/Cargo.toml", &[]),
    ("Cargo.toml", &["peer-support-domain"]),
    ("console/Cargo.toml", &["peer-support-domain"]),
    ("signals/Cargo.toml", &["peer-support-domain"]),
    ("signals/device/Cargo.toml", &["peer-support-domain", "peer-support-signals"]),
    ("server/Cargo.toml", &["peer-support-domain", "peer-support-signals"]),
    ("xtask/Cargo.toml", &["peer-support-domain", "peer-support-signals"]),
    ("tests/Cargo.toml", &["peer-support-domain"]),
    ("fuzz/Cargo.toml", &["peer-support-domain", "peer-support-server", "peer-support-signals"]),
];

/// The names of all dependencies in a manifest, those for tests only where asked for.
fn dependencies(manifest: &toml::Table, with_tests: bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let targets = manifest.get("target").and_then(|target| target.as_table());
    let places = std::iter::once(manifest)
        .chain(targets.into_iter().flat_map(|t| t.values()).filter_map(|t| t.as_table()));
    for place in places {
        for (kind, list) in place {
            let counts = matches!(kind.as_str(), "dependencies" | "build-dependencies")
                || (with_tests && kind == "dev-dependencies");
            if let (true, Some(list)) = (counts, list.as_table()) {
                names.extend(list.iter().map(|(name, wanted)| {
                    let renamed = wanted.get("package").and_then(|package| package.as_str());
                    renamed.unwrap_or(name).to_owned()
                }));
            }
        }
    }
    names
}

/// Every path in a file of code, and every text.
#[derive(Default)]
struct Code {
    paths: Vec<String>,
    texts: Vec<String>,
}

impl Code {
    fn of(file: &Path) -> Self {
        let parsed =
            syn::parse_file(&read(file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut code = Self::default();
        code.visit_file(&parsed);
        code
    }

    fn flatten(&mut self, before: &str, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.flatten(&format!("{before}{}::", path.ident), &path.tree),
            UseTree::Name(name) => self.paths.push(format!("{before}{}::", name.ident)),
            UseTree::Rename(name) => self.paths.push(format!("{before}{}::", name.ident)),
            UseTree::Glob(_) => self.paths.push(before.to_owned()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.flatten(before, tree)),
        }
    }
}

impl<'a> Visit<'a> for Code {
    fn visit_item_use(&mut self, item: &'a ItemUse) {
        self.flatten("", &item.tree);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.paths.push(names.join("::") + "::");
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        // What stands in a macro is not parsed yet: its words are paths once their spaces are gone.
        let words = call.tokens.to_string().replace(" :: ", "::");
        self.paths.extend(
            words.split_whitespace().filter(|word| word.contains("::")).map(|word| format!("{word}::")),
        );
        visit::visit_macro(self, call);
    }

    fn visit_lit_str(&mut self, text: &'a LitStr) {
        self.texts.push(text.value());
    }
}

/// The uses in `folder` of any path that begins with one of `forbidden`.
fn uses(folder: &str, forbidden: &[&str]) -> Vec<String> {
    let found = files(folder, ".rs");
    assert!(!found.is_empty(), "{folder} holds code");
    found.iter().flat_map(|file| uses_in(file, forbidden)).collect()
}

fn uses_in(file: &Path, forbidden: &[&str]) -> Vec<String> {
    let begins = |path: &&String| {
        forbidden
            .iter()
            .any(|begin| path.trim_start_matches(['(', '&', '!']).starts_with(&format!("{begin}::")))
    };
    let place = file.strip_prefix(root()).unwrap().display().to_string();
    Code::of(file).paths.iter().filter(begins).map(|path| format!("{place} uses {path}")).collect()
}

#[track_caller]
fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn packages_use_only_the_domain_of_ours() {
    let mut problems = Vec::new();
    let ours: BTreeSet<_> =
        ARROWS.iter().map(|(path, _)| table(path)["package"]["name"].as_str().unwrap().to_owned()).collect();
    for (manifest, allowed) in ARROWS {
        for name in dependencies(&table(manifest), true) {
            if ours.contains(&name) && !allowed.contains(&name.as_str()) {
                problems.push(format!("{manifest} uses {name}"));
            }
        }
    }

    assert_eq!(ours.len(), table("Cargo.toml")["workspace"]["members"].as_array().unwrap().len() + 1);
    assert_none(&problems);
}

#[test]
fn the_domain_uses_pure_crates_only() {
    let used = dependencies(&table("domain/Cargo.toml"), false);

    let others: Vec<_> = used.into_iter().filter(|name| !PURE.contains(&name.as_str())).collect();

    assert_none(&others);
}

#[test]
fn the_domain_touches_no_clock_file_network_or_process() {
    const OUTSIDE: [&str; 9] = [
        "std::env",
        "std::fs",
        "std::io",
        "std::net",
        "std::os",
        "std::process",
        "std::thread",
        "std::time::Instant",
        "std::time::SystemTime",
    ];

    assert_none(&uses("domain/src", &OUTSIDE));
}

#[test]
fn views_are_used_by_nobody_below_them() {
    let below: Vec<_> = files("src", ".rs")
        .into_iter()
        .filter(|file| !file.starts_with(root().join("src/view")) && !file.ends_with("src/lib.rs"))
        .collect();

    let problems: Vec<_> =
        below.iter().flat_map(|file| uses_in(file, &["crate::view", "super::view"])).collect();

    assert!(below.len() >= 2, "api.rs and browser.rs lie below the views");
    assert_none(&problems);
}

#[test]
fn http_handlers_know_the_store_as_a_trait_and_no_sql() {
    let drivers = ["rusqlite", "tokio_postgres", "postgres", "sqlx"];
    let stores = ["crate::store::sqlite", "crate::store::postgres"];
    let mut problems = uses("server/src/http", &[&drivers[..], &stores].concat());

    for file in files("server/src/http", ".rs") {
        for text in Code::of(&file).texts {
            let words: Vec<_> = text.split_whitespace().map(str::to_lowercase).collect();
            let is_sql = match words.first().map(String::as_str) {
                Some("select") => words.iter().any(|word| word == "from"),
                Some("insert") => words.iter().any(|word| word == "into"),
                Some("delete") => words.get(1).is_some_and(|word| word == "from"),
                Some("update") => words.iter().any(|word| word == "set"),
                _ => false,
            };
            if is_sql {
                problems.push(format!("{} holds SQL: {text}", file.display()));
            }
        }
    }

    assert_none(&problems);
}

#[test]
fn stores_know_nothing_of_http() {
    assert_none(&uses("server/src/store", &["axum", "http", "hyper", "tower", "tower_http", "crate::http"]));
}

#[test]
fn checks_know_neither_http_nor_a_store() {
    // The folder comes with the checks themselves.
    if root().join("server/src/checks").exists() {
        assert_none(&uses(
            "server/src/checks",
            &["axum", "http", "crate::http", "crate::store::sqlite", "crate::store::postgres"],
        ));
    }
}

#[test]
fn a_path_is_found_wherever_it_stands() {
    let mut code = Code::default();
    code.visit_file(
        &syn::parse_file(
            "use std::{fmt, time::{Duration, SystemTime as Clock}};
             fn f() -> std::fs::File { log(vec![crate::view::Help]) }",
        )
        .unwrap(),
    );

    for path in ["std::time::SystemTime::", "std::fs::File::", "crate::view::Help::"] {
        assert!(code.paths.iter().any(|found| found == path), "{path} in {:?}", code.paths);
    }
}
