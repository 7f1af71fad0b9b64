//! `cargo xtask build`: everything a browser is sent, in `target/dist`.

pub mod assets;
pub mod budgets;
mod doctor;
mod frame;
mod loader;
pub mod locales;
pub mod minify;
pub mod server;
pub mod wasm;

use crate::setup::std::{self, Std};
use crate::{docs, helplines, project};
use ::std::fs;
use ::std::path::{Path, PathBuf};
use anyhow::{Context, Result};
use assets::Dist;
use clap::Args;

/// How to build.
#[derive(Args, Clone, Copy, Default)]
pub struct Options {
    /// Build fast, with names and readable panics, and many times as big.
    #[arg(long)]
    pub debug: bool,
}

/// Builds, prints the table of sizes and holds them against the budgets.
///
/// # Errors
///
/// When something does not compile, or is bigger than `xtask/budgets.toml` allows.
pub fn command(options: Options) -> Result<()> {
    let dist = build(options, &std::provide()?)?;
    println!("{}", dist.table());
    // What is built for debugging is no measure of what visitors download.
    if options.debug { Ok(()) } else { budgets::check(&dist) }
}

/// Builds widget, loader, console and pages, and puts them into `target/dist` in one move.
///
/// # Errors
///
/// When something does not compile or cannot be written.
pub fn build(options: Options, std: &Std) -> Result<Dist> {
    // Two builds at once would write into one folder.
    let target = project::target();
    fs::create_dir_all(&target).with_context(|| target.display().to_string())?;
    let alone = fs::File::create(target.join("build.lock"))?;
    alone.lock()?;

    let widget = wasm::build(&wasm::WIDGET, options, std)?;
    let peers = wasm::build(&wasm::PEERS, options, std)?;
    let device = wasm::build(&wasm::DEVICE, options, std)?;
    let console = wasm::build(&wasm::CONSOLE, options, std)?;

    let mut dist = Dist::new(&project::target().join("dist.new"))?;
    let build = loader::Build {
        panel: dist.add_together("widget", panel(widget, peers, device)?)?,
        crisis: helplines::loader_set(project::root())?,
        strings: locales::loader_strings()?,
    };
    dist.add("peer-support.js", loader::fill(&build, loader::Kind::Script)?.into_bytes())?;
    // For apps; no server sends them.
    for (name, kind) in [("index.mjs", loader::Kind::Module), ("index.cjs", loader::Kind::CommonJs)] {
        dist.add_page(&format!("npm/{name}"), loader::fill(&build, kind)?.as_bytes())?;
    }
    // The page is at `/frame/SITE`.
    let page = frame::page()?.replace("__PANEL__", &build.panel);
    dist.add_page("frame/index.html", page.as_bytes())?;
    add_console(&mut dist, console)?;
    for (name, bytes) in files_under(&project::root().join("www"))? {
        // The documentation has its own way, below.
        if name.starts_with("docs/") {
            continue;
        }
        dist.add_page(&format!("www/{name}"), &bytes)?;
    }
    dist.add_page("www/snippet/numbers.json", helplines::snippet_numbers(project::root())?.as_bytes())?;
    dist.add_page("www/snippet/words.json", &serde_json::to_vec(&build.strings)?)?;
    for (name, bytes) in docs::site()? {
        dist.add_long_page(&format!("www/docs/{name}"), &bytes)?;
    }
    dist.finish(&project::target().join("dist"))
}

/// What the loader fetches on intent, the panel and the names of the lines on its card; both sides of a frame around it; and
/// what the panel fetches when it is needed: languages, countries, the words that people search by, the peer space, and what reads drafts.
fn panel(widget: wasm::Module, peers: wasm::Module, device: wasm::Module) -> Result<Vec<(String, Vec<u8>)>> {
    let root = project::root();
    let names = helplines::names(root)?.into_bytes();
    let first = [(".js", frame::with_start(widget.glue)?), (".wasm", widget.wasm), (".txt", names)];
    let sides = [("/frame.js", frame::side("frame")?), ("/framed.js", frame::side("framed")?)];
    let rare = [("/hide.js", frame::side("hide")?)];
    let doctor = doctor::files()?;
    let peers = [("/peers.js", peers.glue), ("/peers.wasm", peers.wasm)];
    let signals = peer_support_signals::FILE.to_vec();
    let signals = [("/signals.js", device.glue), ("/signals.wasm", device.wasm), ("/signals.bin", signals)];
    let named = first
        .into_iter()
        .chain(sides)
        .chain(rare)
        .chain(peers)
        .chain(signals)
        .map(|(name, bytes)| (name.to_owned(), bytes));
    let locales = locales::files()?.into_iter().map(|(file, bytes)| (format!("/locales/{file}"), bytes));
    let countries = helplines::bundles(root)?
        .into_iter()
        .map(|(country, text)| (format!("/helplines/{country}.txt"), text.into_bytes()));
    let terms = helplines::terms(root)?
        .into_iter()
        .map(|(language, text)| (format!("/terms/{language}.txt"), text.into_bytes()));
    Ok(named.chain(doctor).chain(locales).chain(countries).chain(terms).collect())
}

/// The moderators' page: its parts are written for this, with a word in capitals for each other part.
fn add_console(dist: &mut Dist, console: wasm::Module) -> Result<()> {
    let folder = project::root().join("console");
    let read = |name: &str| fs::read_to_string(folder.join(name)).with_context(|| format!("console/{name}"));
    let glue = dist.add_hashed("console-glue.js", console.glue)?;
    let wasm = dist.add_hashed("console.wasm", console.wasm)?;
    let boot = read("boot.js")?.replace("__GLUE__", &beside(&glue)).replace("__WASM__", &beside(&wasm));
    let boot = dist.add_hashed("console.js", minify::module(&boot)?.into_bytes())?;
    let css = dist.add_hashed("console.css", minify::css(&console_css()?)?.into_bytes())?;
    // The page is at `/console/`, what it is made of in `/assets/`.
    let page = read("index.html")?
        .replace("__CSS__", &format!("../{css}"))
        .replace("__BOOT__", &format!("../{boot}"));
    dist.add_page("console/index.html", page.as_bytes())
}

/// The console's sheets after the panel's colours, which both share, by day and by night.
fn console_css() -> Result<String> {
    let colours = |name: &str| {
        let path = format!("src/style/{name}.css");
        fs::read_to_string(project::root().join(&path)).context(path)
    };
    let mut css = colours("tokens")?;
    // As the widget's build.rs does it, for those whose system is dark.
    css += &format!("@media (prefers-color-scheme: dark) {{ .panel {{ {} }} }}\n", colours("dark")?);
    for (_, sheet) in files_under(&project::root().join("console/src/style"))? {
        css += &String::from_utf8(sheet).context("a sheet of the console is no UTF-8")?;
    }
    Ok(css)
}

/// What one asset calls another.
fn beside(path: &str) -> String {
    path.replace("assets/", "./")
}

/// Every file below `folder`, named by its path from there, in the order of names.
pub fn files_under(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for path in paths_under(folder)? {
        let name = path.strip_prefix(folder)?.to_str().context("a file's name is no UTF-8")?.to_owned();
        files.push((name, fs::read(&path)?));
    }
    Ok(files)
}

/// The path of every file below `folder`, in the order of names.
pub fn paths_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("could not read {}", folder.display()))? {
            let entry = entry?;
            if entry.file_type()?.is_dir() { folders.push(entry.path()) } else { paths.push(entry.path()) }
        }
    }
    paths.sort();
    Ok(paths)
}
