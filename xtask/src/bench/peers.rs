//! What others offer, for `cargo xtask bench --only beside`: from the package registries into `target/bench/peers`.
//!
//! They are measured and never shipped, so only this command installs them.

use crate::setup::tools;
use crate::{project, run};
use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// A server in Python with its script.
const ISSO: &str = "isso==0.14.0";

/// Scripts from npm: the package, and what of it a page loads, by the names that the bench gives them.
const SCRIPTS: [(&str, [(&str, &str); 2]); 2] = [
    ("@waline/client@3.15.2", [("dist/waline.umd.js", "waline.js"), ("dist/waline.css", "waline.css")]),
    ("artalk@2.9.1", [("dist/Artalk.js", "artalk.js"), ("dist/Artalk.css", "artalk.css")]),
];

/// Installs them, unless that is done.
///
/// # Errors
///
/// When a registry does not answer, or Python cannot make a folder for its packages.
pub fn install() -> Result<()> {
    let home = project::target().join("bench/peers");
    let (mark, wanted) = (home.join("installed"), format!("{ISSO} {SCRIPTS:?}"));
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let files = home.join("files");
    fs::create_dir_all(&files)?;
    eprintln!("setup: installing {ISSO} with pip, the scripts of others with npm");
    let isso = home.join("isso");
    tools::pip(&isso, &[ISSO])?;
    let inside = "import isso, os; print(os.path.dirname(isso.__file__))";
    let package = run::output(Command::new(isso.join("bin/python")).args(["-c", inside]))?;
    for (from, name) in [("js/embed.min.js", "embed.min.js"), ("css/isso.css", "isso.css")] {
        compressed(&Path::new(package.trim()).join(from), &files.join(name))?;
    }
    tools::npm()?;
    for (package, wanted) in SCRIPTS {
        let folder = home.join(package.replace('/', "-"));
        fs::create_dir_all(&folder)?;
        let mut npm = Command::new("npm");
        npm.current_dir(&folder).args(["pack", "--silent", package]);
        npm.arg("--cache").arg(project::target().join("npm-cache"));
        let packed = run::output(&mut npm)?;
        let archive = packed.lines().last().context("npm pack names no file")?.to_owned();
        run::output(Command::new("tar").current_dir(&folder).args(["-xzf", &archive]))?;
        for (from, name) in wanted {
            compressed(&folder.join("package").join(from), &files.join(name))?;
        }
    }
    Ok(fs::write(mark, wanted)?)
}

/// As a proxy sends it.
fn compressed(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("no {}", from.display()))?;
    let mut into = GzEncoder::new(fs::File::create(to)?, Compression::best());
    into.write_all(&bytes)?;
    into.finish()?;
    Ok(())
}
