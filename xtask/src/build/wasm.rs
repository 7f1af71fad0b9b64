//! A crate of ours as wasm and the JavaScript beside it.
//!
//! wasm-bindgen is a library here, of the version in Cargo.lock: no installed tool can mismatch.

use super::{Options, assets, minify};
use crate::setup::{std::Std, std::TARGET, tools::cargo};
use crate::{project, run};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};
use wasm_bindgen_cli_support::Bindgen;

/// What a panic would print is of no use to a visitor and costs a tenth of the wasm; the source's
/// places in it, too.
const RELEASE_FLAGS: [&str; 3] = ["-Zunstable-options", "-Cpanic=immediate-abort", "-Zlocation-detail=none"];

/// What the browser loads for one of our crates.
pub struct Module {
    /// An ES module whose default export starts the wasm.
    pub glue: Vec<u8>,
    pub wasm: Vec<u8>,
}

/// A crate of ours that runs in browsers.
pub struct Package {
    name: &'static str,
    /// Features of debug builds alone.
    debug_features: &'static [&'static str],
}

/// The panel.
pub const WIDGET: Package = Package { name: "peer-support", debug_features: &["debug"] };

/// The moderators' page.
pub const CONSOLE: Package =
    Package { name: "peer-support-console", debug_features: &["console_error_panic_hook"] };

/// Compiles `package` for the browser.
///
/// # Errors
///
/// When it does not compile or wasm-bindgen does not understand what came out.
pub fn build(package: &Package, options: Options, std: &Std) -> Result<Module> {
    let raw = fs::read(compile(package, options, std)?)?;
    let wasm_opt = if options.debug { None } else { program("wasm-opt") };
    let version = env!("CARGO_PKG_VERSION");
    let step = format!("bindgen {version} {} {}", options.debug, wasm_opt.is_some());
    let [glue, wasm] = assets::remember(&step, &raw, || {
        let (glue, wasm) = bind(&raw, options)?;
        let wasm = match &wasm_opt {
            Some(program) => optimise(program, &wasm)?,
            None => wasm,
        };
        let glue = if options.debug { glue } else { minify::module(&glue)? };
        Ok([glue.into_bytes(), wasm])
    })?;
    Ok(Module { glue, wasm })
}

fn compile(package: &Package, options: Options, std: &Std) -> Result<PathBuf> {
    // A folder of its own: builds for the browser and for this machine never wait for each other.
    let folder = project::target().join("wasm");
    let mut cargo = Command::new(cargo());
    cargo.current_dir(project::root()).args([
        "build",
        "--locked",
        "--lib",
        "--target",
        TARGET,
        "-p",
        package.name,
    ]);
    cargo.arg("--target-dir").arg(&folder).env_remove("RUSTFLAGS");
    let profile = if options.debug {
        cargo.arg("--features").arg(package.debug_features.join(",")).env_remove("CARGO_ENCODED_RUSTFLAGS");
        std.prefer_ready_made(&mut cargo);
        "debug"
    } else {
        cargo.args(["--profile", "widget", "-Zbuild-std-features=optimize_for_size"]);
        cargo.env("CARGO_ENCODED_RUSTFLAGS", RELEASE_FLAGS.join("\u{1f}"));
        std.compile(&mut cargo);
        "widget"
    };
    eprintln!("build: compiling {} for the browser", package.name);
    run::run(&mut cargo)?;
    Ok(folder.join(TARGET).join(profile).join(package.name.replace('-', "_")).with_extension("wasm"))
}

fn bind(raw: &[u8], options: Options) -> Result<(String, Vec<u8>)> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_bytes("module", raw.to_vec())
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .debug(options.debug)
        .keep_debug(options.debug)
        .remove_name_section(!options.debug)
        .remove_producers_section(true);
    let mut output = bindgen.generate_output().context("wasm-bindgen")?;
    let snippets = output.snippets().iter().filter(|(_, texts)| !texts.is_empty()).map(|(name, _)| name);
    let files: Vec<_> =
        snippets.chain(output.local_modules().keys()).chain(output.npm_dependencies().keys()).collect();
    ensure!(files.is_empty(), "the glue must stay one file, but dependencies bring {files:?}");
    Ok((output.js().to_owned(), output.wasm_mut().emit_wasm()))
}

/// Only with what browsers ship: `--all-features` made a file that Chromium 156 refused.
fn optimise(program: &Path, wasm: &[u8]) -> Result<Vec<u8>> {
    const SHIPPED: [&str; 6] = [
        "--enable-bulk-memory",
        "--enable-multivalue",
        "--enable-mutable-globals",
        "--enable-nontrapping-float-to-int",
        "--enable-reference-types",
        "--enable-sign-ext",
    ];
    let folder = project::target().join("wasm/wasm-opt");
    fs::create_dir_all(&folder)?;
    let (before, after) = (folder.join("before.wasm"), folder.join("after.wasm"));
    fs::write(&before, wasm)?;
    run::output(Command::new(program).args(SHIPPED).arg("-Oz").arg("-o").arg(&after).arg(&before))?;
    Ok(fs::read(after)?)
}

/// Where `name` lies on the PATH.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
