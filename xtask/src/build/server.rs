//! The server's program.

use crate::release::cargo_home;
use crate::setup::tools::cargo;
use crate::{project, run};
use anyhow::Result;
use std::fs;
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

/// Compiles the server as it is published, and returns where its program lies: without the names of its parts, which only a
/// debugger needs, and without a path of this machine.
///
/// # Errors
///
/// When it does not compile.
pub fn to_ship() -> Result<PathBuf> {
    eprintln!("build: compiling the server to publish");
    // A folder of its own: with other flags cargo would compile all of it anew each time.
    let target = project::target().join("shipping");
    let mut paths = vec![(project::root().to_path_buf(), "/peer-support".to_owned())];
    let sysroot = PathBuf::from(run::output(Command::new("rustc").args(["--print", "sysroot"]))?);
    paths.push((sysroot.join("lib/rustlib/src/rust"), "/rust".to_owned()));
    let home = cargo_home()?;
    paths.push((home.clone(), "/cargo".to_owned()));
    // Named for the registry that they were downloaded from.
    for entry in fs::read_dir(home.join("registry/src"))? {
        paths.push((entry?.path(), "/crates".to_owned()));
    }
    paths.push((target.clone(), "/build".to_owned()));

    let mut flags = vec!["-Cstrip=symbols".to_owned()];
    let mut c_flags = Vec::new();
    // Of several that fit the last one counts.
    for (from, to) in paths {
        flags.push(format!("--remap-path-prefix={}={to}", from.display()));
        c_flags.push(format!("-ffile-prefix-map={}={to}", from.display()));
    }
    let mut cargo = Command::new(cargo());
    cargo.current_dir(project::root()).args(["build", "--locked", "--release", "-p", "peer-support-server"]);
    cargo.arg("--target-dir").arg(&target);
    cargo.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    cargo.env("CFLAGS", c_flags.join(" "));
    run::run(&mut cargo)?;
    Ok(target.join("release").join(format!("peer-support-server{}", std::env::consts::EXE_SUFFIX)))
}
