//! The standard library for wasm: a ladder from what is installed to a clear request.
//!
//! A bare machine has no wasm target. Release builds compile std themselves, for size, so its source
//! is what we look for; where the ready-made wasm std is there too, daily builds use it.

use super::rust_src;
use crate::{project, run};
use anyhow::{Context, Result, bail, ensure};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const TARGET: &str = "wasm32-unknown-unknown";

/// Names a folder with std's source, for machines where no rung of the ladder holds.
const SOURCE_BY_HAND: &str = "PEER_SUPPORT_RUST_SRC";

/// Names the one rung to try: `installed`, `rustup` or `debian`.
const ONLY_RUNG: &str = "PEER_SUPPORT_STD";

/// Where std for wasm comes from on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Std {
    /// The folder `library` of Rust's source, unless cargo finds it by itself.
    source: Option<PathBuf>,
    has_ready_made: bool,
}

impl Std {
    /// Lets `cargo` compile std along with the rest, which takes options that are not stable yet.
    pub fn compile(&self, cargo: &mut Command) {
        cargo.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
        if let Some(library) = &self.source {
            // Cargo looks in rustc's own folder only, which is not ours to change. Its one switch
            // for another place is named for its tests; the setup of this Rust version proves it.
            cargo.env("__CARGO_TESTS_ONLY_SRC_ROOT", library);
        }
    }

    /// Lets `cargo` use the ready-made std, and compile it only where there is none.
    pub fn prefer_ready_made(&self, cargo: &mut Command) {
        if !self.has_ready_made {
            self.compile(cargo);
        }
    }
}

/// Finds std for wasm, installing what is missing.
///
/// # Errors
///
/// When no rung of the ladder holds; the error says what was tried and what to install by hand.
pub fn provide() -> Result<Std> {
    if let Some(folder) = env::var_os(SOURCE_BY_HAND) {
        let source = library_in(Path::new(&folder)).with_context(|| {
            format!("{SOURCE_BY_HAND}={} holds no library/std/Cargo.toml", Path::new(&folder).display())
        })?;
        return Ok(Std { source: Some(source), has_ready_made: has_ready_made()? });
    }
    let only = env::var(ONLY_RUNG).ok();
    let mut tried = Vec::new();
    for (name, rung) in RUNGS {
        if only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        match rung() {
            Ok(std) => return Ok(std),
            Err(error) => tried.push(format!("  {name}: {error:#}")),
        }
    }
    ensure!(!tried.is_empty(), "{ONLY_RUNG} is none of installed, rustup, debian");
    bail!(
        "std for wasm is missing. Tried:\n{}\n\
         Install it by hand, one of:\n  \
         rustup component add rust-src\n  \
         Debian's package rust-src of version {version}\n  \
         the source of Rust {version}, unpacked anywhere, and {SOURCE_BY_HAND}=that folder",
        tried.join("\n"),
        version = rustc_version()?,
    )
}

type Rung = fn() -> Result<Std>;

const RUNGS: [(&str, Rung); 3] =
    [("installed", installed), ("rustup", through_rustup), ("debian", from_debian)];

fn installed() -> Result<Std> {
    let library = sysroot()?.join("lib/rustlib/src/rust/library");
    ensure!(library.join("std/Cargo.toml").is_file(), "rustc's folder holds no source of std");
    Ok(Std { source: None, has_ready_made: has_ready_made()? })
}

/// rustup undoes what it could not finish, so it is never stopped half-way; it gives up by itself
/// when nothing comes for as long as we tell it.
fn through_rustup() -> Result<Std> {
    let rustup = || {
        let mut rustup = Command::new("rustup");
        rustup.env("RUSTUP_MAX_RETRIES", "1").env("RUSTUP_DOWNLOAD_TIMEOUT", "30");
        rustup
    };
    run::output(rustup().arg("--version")).context("there is no rustup")?;

    eprintln!("setup: adding rust-src and the wasm target with rustup");
    run::output(rustup().args(["component", "add", "rust-src"]))?;
    // Only saves time later.
    if let Err(error) = run::output(rustup().args(["target", "add", TARGET])) {
        eprintln!("  {error:#}; going on without, std is compiled from source");
    }
    installed()
}

fn from_debian() -> Result<Std> {
    let version = rustc_version()?;
    let folder = project::tools().join(format!("rust-src-{version}"));
    if library_in(&folder).is_none() {
        rust_src::download(&version, &folder)?;
    }
    let source = library_in(&folder).context("Debian's rust-src holds no library/std/Cargo.toml")?;
    Ok(Std { source: Some(source), has_ready_made: has_ready_made()? })
}

fn has_ready_made() -> Result<bool> {
    Ok(sysroot()?.join("lib/rustlib").join(TARGET).join("lib").is_dir())
}

/// The folder with std in it, given the root of Rust's source or that folder itself.
fn library_in(folder: &Path) -> Option<PathBuf> {
    let places = [folder.join("library"), folder.join("lib/rustlib/src/rust/library"), folder.to_owned()];
    let found = places.into_iter().find(|place| place.join("std/Cargo.toml").is_file())?;
    found.canonicalize().ok()
}

fn sysroot() -> Result<PathBuf> {
    run::output(Command::new("rustc").args(["--print", "sysroot"])).map(PathBuf::from)
}

/// Such as `1.95.0`.
fn rustc_version() -> Result<String> {
    let text = run::output(Command::new("rustc").arg("--version"))?;
    text.split(' ').nth(1).map(str::to_owned).with_context(|| format!("rustc has no version: {text}"))
}
