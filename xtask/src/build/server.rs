//! The server's program.

use crate::setup::tools::cargo;
use crate::{project, run};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// Compiles the server and returns where its program lies.
///
/// # Errors
///
/// When it does not compile.
pub fn build(debug: bool) -> Result<PathBuf> {
    eprintln!("build: compiling the server");
    let target = project::target();
    let mut cargo = Command::new(cargo());
    cargo.current_dir(project::root()).args(["build", "--locked", "-p", "peer-support-server"]);
    cargo.arg("--target-dir").arg(&target);
    if !debug {
        cargo.arg("--release");
    }
    run::run(&mut cargo)?;
    let folder = target.join(if debug { "debug" } else { "release" });
    Ok(folder.join(format!("peer-support-server{}", std::env::consts::EXE_SUFFIX)))
}
