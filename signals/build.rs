//! Learns the weights from the corpus, whenever corpus, rules or helplines change.

use std::{env, fs, path::PathBuf};

#[path = "src/sources.rs"]
mod sources;

fn main() -> Result<(), sources::Error> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it for build scripts"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it for build scripts"));
    for folder in ["build.rs", "src/sources.rs", "rules", "corpus", "../helplines"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    fs::write(out.join("signals.bin"), sources::Sources::read(&here)?.file())?;
    Ok(())
}
