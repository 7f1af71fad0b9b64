//! A crate of ours as wasm and the JavaScript beside it.
//!
//! wasm-bindgen is a library here, of the version in Cargo.lock: no installed tool can mismatch.

use super::{Options, assets, minify};
use crate::setup::{std::Std, std::TARGET, tools::cargo};
use crate::{project, run};
use anyhow::{Context, Result, ensure};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, mem};
use walrus::RawCustomSection;
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
    /// How it is compiled for visitors.
    profile: &'static str,
    /// What tells it from another module of the same crate.
    features: &'static [&'static str],
    /// Features of debug builds alone.
    debug_features: &'static [&'static str],
}

/// The panel.
pub const WIDGET: Package =
    Package { name: "peer-support", profile: "widget", features: &[], debug_features: &["debug"] };

/// What the panel fetches when somebody enters the peer space: the same crate with another root.
pub const PEERS: Package = Package { features: &["peers"], ..WIDGET };

/// What the panel fetches when somebody begins to write: it reads words on the device.
pub const DEVICE: Package =
    Package { name: "peer-support-device", profile: "device", features: &[], debug_features: &[] };

/// The moderators' page.
pub const CONSOLE: Package = Package {
    name: "peer-support-console",
    profile: "widget",
    features: &[],
    debug_features: &["console_error_panic_hook"],
};

/// Compiles `package` for the browser.
///
/// # Errors
///
/// When it does not compile or wasm-bindgen does not understand what came out.
pub fn build(package: &Package, options: Options, std: &Std) -> Result<Module> {
    let raw = fs::read(compile(package, options, std)?)?;
    if !options.debug {
        // The next module of the same crate takes the place of what was read.
        fs::write(with_names(package), &raw)?;
    }
    let wasm_opt = if options.debug { None } else { program("wasm-opt") };
    let version = env!("CARGO_PKG_VERSION");
    let step = format!("bindgen 4 {version} {} {}", options.debug, wasm_opt.is_some());
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

/// Where the last build left `package` as it was before wasm-bindgen, with the names of its functions.
pub fn with_names(package: &Package) -> PathBuf {
    let module = [&[package.name], package.features].concat().join("-");
    project::target().join("wasm").join(module).with_extension("wasm")
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
    cargo.arg("--features").arg(package.features.join(","));
    let profile = if options.debug {
        cargo.arg("--features").arg(package.debug_features.join(",")).env_remove("CARGO_ENCODED_RUSTFLAGS");
        std.prefer_ready_made(&mut cargo);
        "debug"
    } else {
        cargo.args(["--profile", package.profile, "-Zbuild-std-features=optimize_for_size"]);
        cargo.env("CARGO_ENCODED_RUSTFLAGS", RELEASE_FLAGS.join("\u{1f}"));
        std.compile(&mut cargo);
        package.profile
    };
    eprintln!("build: compiling {} for the browser", package.name);
    run::run(&mut cargo)?;
    Ok(folder.join(TARGET).join(profile).join(package.name.replace('-', "_")).with_extension("wasm"))
}

fn bind(raw: &[u8], options: Options) -> Result<(String, Vec<u8>)> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_bytes("module", without_streams(raw)?)
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
    // What fetches a module by its address is JavaScript: no Rust name can be `import`.
    let mut js = without_old_ways(output.js())?.replace("__peer_support_fetch_module(", "fetchModule(");
    if js.contains("fetchModule(") {
        js += &fs::read_to_string(project::root().join("pkg-template/fetch_module.js"))?;
    }
    let module = output.wasm_mut();
    let js = if options.debug { js } else { shorten_imports(module, &js)? };
    Ok((js, module.emit_wasm()))
}

/// The glue without the ways to start it that nobody here takes: 140 bytes by brotli in each.
fn without_old_ways(glue: &str) -> Result<String> {
    let mut glue = glue.to_owned();
    for (unused, instead) in [
        ("export { initSync, __wbg_init as default }", "export { __wbg_init as default }"),
        (
            "console.warn('using deprecated parameters for the initialization function; pass a single object instead')",
            "",
        ),
    ] {
        ensure!(glue.matches(unused).count() == 1, "the glue has not {unused:?} once");
        glue = glue.replace(unused, instead);
    }
    Ok(glue)
}

/// The module without the classes that wasm-streams exports to JavaScript. leptos brings it for server functions; nothing
/// here streams, and what is exported is never thrown away: 5 KB by brotli in the wasm, 1 KB in the glue.
///
/// wasm-bindgen knows of classes by a section of its own: pairs of a version and a description, each after its length.
fn without_streams(raw: &[u8]) -> Result<Vec<u8>> {
    const SECTION: &str = "__wasm_bindgen_unstable";
    let mut module = walrus::Module::from_buffer(raw)?;
    let unused = |name: &str| name.to_ascii_lowercase().contains("intounderlying");
    let exports: Vec<_> =
        module.exports.iter().filter(|export| unused(&export.name)).map(|export| export.id()).collect();
    for export in exports {
        module.exports.delete(export);
    }
    let mut kept = Vec::new();
    while let Some(section) = module.customs.remove_raw(SECTION) {
        let mut rest = &section.data[..];
        while !rest.is_empty() {
            let (version, after) = chunk(rest)?;
            let (description, after) = chunk(after)?;
            if !unused(&String::from_utf8_lossy(description)) {
                kept.extend([version, description].concat());
            }
            rest = after;
        }
    }
    module.customs.add(RawCustomSection { name: SECTION.to_owned(), data: kept });
    Ok(module.emit_wasm())
}

/// The first chunk of `data` with its length, four bytes with the least first, and what follows it.
fn chunk(data: &[u8]) -> Result<(&[u8], &[u8])> {
    let length = data.first_chunk().map(|length| u32::from_le_bytes(*length) as usize);
    let parts = length.and_then(|length| data.split_at_checked(4 + length));
    parts.context("a section of wasm-bindgen's ends early")
}

/// Gives what the wasm takes from the glue short names. Their own end in a digest, which no compression makes smaller, and
/// they stand in both files.
fn shorten_imports(module: &mut walrus::Module, glue: &str) -> Result<String> {
    // Entries of the list stand on lines of their own, some of them indented.
    let mut glue = glue.lines().map(str::trim_start).fold(String::new(), |all, line| all + line + "\n");
    let mut shortened = HashMap::new();
    for import in module.imports.iter_mut() {
        // One name may stand for several imports.
        let short = format!("i{}", shortened.len());
        if let Some(short) = shortened.get(&import.name) {
            import.name = String::clone(short);
            continue;
        }
        let (from, to) = (format!("\n{}: ", import.name), format!("\n{short}: "));
        let n_places = glue.matches(&from).count();
        ensure!(n_places == 1, "the glue gives {} in {n_places} places", import.name);
        glue = glue.replace(&from, &to);
        shortened.insert(mem::replace(&mut import.name, short.clone()), short);
    }
    Ok(glue)
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
