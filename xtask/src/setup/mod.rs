//! `cargo xtask setup`: installs what a bare machine lacks, and does nothing where it is there already.

pub mod debian;
mod rust_src;
pub mod std;
pub mod tools;

use anyhow::Result;
use clap::{Args, ValueEnum};

/// What to install; everything when none is named.
#[derive(Args)]
pub struct Options {
    /// The parts to install; all of them when none is named.
    parts: Vec<Part>,
}

/// A part that a machine may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The standard library for wasm.
    Wasm,
    /// Chromium, Firefox ESR and WebKitGTK with their drivers, and axe-core.
    Browsers,
    /// PostgreSQL's programs, without a running database.
    Database,
    /// PHP, MariaDB's server program without a running database, and WordPress.
    Wordpress,
    /// Schemathesis, which holds the server against its OpenAPI document.
    Contract,
    /// nginx, Apache and Caddy without a running service, and what looks at the server's package and at others' code.
    Packaging,
}

/// Installs the named parts.
///
/// # Errors
///
/// When a part cannot be installed; the error says what to install by hand.
pub fn command(options: &Options) -> Result<()> {
    if options.parts.is_empty() {
        return everything();
    }
    options.parts.iter().try_for_each(|part| install(*part))
}

/// Installs all parts.
///
/// # Errors
///
/// As [`command`].
pub fn everything() -> Result<()> {
    Part::value_variants().iter().try_for_each(|part| install(*part))
}

/// Installs `part` when it is missing.
///
/// # Errors
///
/// As [`command`].
pub fn install(part: Part) -> Result<()> {
    match part {
        Part::Wasm => std::provide().map(drop),
        Part::Browsers => {
            debian::browsers()?;
            tools::geckodriver()?;
            tools::axe()
        }
        Part::Database => debian::postgresql(),
        Part::Wordpress => debian::wordpress(&crate::project::tools().join("wordpress")),
        Part::Contract => tools::schemathesis(),
        Part::Packaging => {
            tools::cargo_deny()?;
            debian::packaging()
        }
    }
}
