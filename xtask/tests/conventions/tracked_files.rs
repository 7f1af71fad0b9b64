//! What no file of this project may hold: the place it was written in.

use crate::root;
use std::fs;
use std::process::Command;

/// Parts of registries' and mirrors' host names. Which registry is used is the machine's own setting;
/// they are put together here so that this file does not hold them.
fn hosts() -> Vec<String> {
    [("static.", "crates.io"), ("index.", "crates.io"), ("registry.", "npmjs.org"), ("deb.", "debian.org")]
        .into_iter()
        .chain([("files.", "pythonhosted.org"), ("static.", "rust-lang.org"), ("deb.", "nodesource.com")])
        .map(|(first, rest)| format!("{first}{rest}"))
        .collect()
}

/// Homes of people and of build machines, as they begin; beside them, where this very checkout lies.
const HOMES: [&str; 3] = ["/home/", "/Users/", "/tmp/"];

/// Whether `line` holds an absolute path below a home, and not one inside an address.
fn names_a_home(line: &str) -> bool {
    HOMES.iter().any(|home| {
        line.match_indices(home).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            before.is_none_or(|c| c.is_whitespace() || "\"'`(=:<".contains(c))
                && line[at + home.len()..].starts_with(|c: char| c.is_alphanumeric())
        })
    })
}

#[test]
fn no_tracked_file_names_a_registry_host_or_a_path_of_one_machine() {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().expect("git runs");
    assert!(listed.status.success(), "git cannot list the files");
    let hosts = hosts();
    let here = root().canonicalize().unwrap().display().to_string();
    let mut problems = Vec::new();
    let mut n_files = 0;
    for name in String::from_utf8(listed.stdout).unwrap().split('\0').filter(|name| !name.is_empty()) {
        // A file that is deleted and not committed yet has no content to complain about; a picture has no lines.
        let Ok(text) = fs::read_to_string(root().join(name)) else {
            continue;
        };
        n_files += 1;
        for (n, line) in text.lines().enumerate() {
            if line.contains(&here) || names_a_home(line) || hosts.iter().any(|host| line.contains(host)) {
                problems.push(format!("{name}:{}: {}", n + 1, line.trim()));
            }
        }
    }

    assert!(n_files > 20, "git lists the project's files");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_path_is_told_from_an_address() {
    let path = ["", "home", "someone", "project"].join("/");

    assert!(names_a_home(&path));
    assert!(names_a_home(&format!("open(\"{path}\")")));
    assert!(!names_a_home(&format!("https://example.org{path}")));
    assert!(!names_a_home("a path such as /home/ or ~/projects/here"));
}
