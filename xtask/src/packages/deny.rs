//! What `cargo deny` says of others' code, by `deny.toml`.

use crate::setup::tools;
use crate::{project, run};
use anyhow::{Context, Result, ensure};
use std::process::Command;

/// What cargo-deny writes when the database of advisories cannot be had.
const NO_DATABASE: &str = "failed to fetch advisory database";

/// Checks licences, registries, and that a version is asked for.
///
/// # Errors
///
/// When something is not allowed, or cargo-deny cannot be installed.
pub fn licences_and_sources() -> Result<()> {
    let mut deny = deny()?;
    deny.args(["check", "--hide-inclusion-graph", "licenses", "bans", "sources"]);
    run::output(&mut deny).map(drop)
}

/// Looks for known weaknesses of others' code, and versions that were taken back. Where the database cannot be had, it says so and
/// is content: what is built is the same with or without a network.
///
/// # Errors
///
/// When there are any, or cargo-deny cannot be installed.
pub fn advisories() -> Result<()> {
    let mut deny = deny()?;
    deny.args(["check", "--hide-inclusion-graph", "advisories"]);
    let done = deny.output().context("could not start cargo-deny")?;
    let said = String::from_utf8_lossy(&done.stderr);
    if said.contains(NO_DATABASE) {
        eprintln!("Nobody looked for known weaknesses: the database of advisories cannot be had from here.");
        return Ok(());
    }
    ensure!(done.status.success(), "others' code has known weaknesses:\n{said}");
    Ok(())
}

fn deny() -> Result<Command> {
    let mut deny = Command::new(tools::cargo_deny()?);
    deny.args(["--workspace", "--locked"]).current_dir(project::root());
    Ok(deny)
}
