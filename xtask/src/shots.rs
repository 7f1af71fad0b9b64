//! `cargo xtask shots`: the picture in the README, and the pictures and trees that tests compare the views with, from a real
//! run.

use crate::build::{self, server};
use crate::setup::{self, Part, std, tools::cargo};
use crate::{project, run};
use ::std::fs;
use ::std::process::Command;
use anyhow::{Context, Result};

/// The visit to the example page, and what it saves; then the visits to every view, which keep what they see.
const VISITS: [&str; 3] = ["chromium::the_example_page_works_as_it_is_served", "pictures::", "trees::"];
const PICTURE: &str = "example-page-chromium.png";

/// Runs the visits in Chromium, and puts what they see into `docs/`, `tests/pictures/` and `tests/trees/`.
///
/// # Errors
///
/// When something does not compile or a visit fails.
pub fn command() -> Result<()> {
    setup::install(Part::Browsers)?;
    build::build(build::Options::default(), &std::provide()?)?;
    server::build(true)?;
    for visit in VISITS {
        let mut tests = Command::new(cargo());
        tests
            .args(["test", "--locked", "-p", "peer-support-tests", visit])
            .env("PEER_SUPPORT_TAKE_PICTURES", "1");
        run::run(tests.current_dir(project::root()))?;
    }

    let picture = project::root().join("docs/panel.png");
    fs::copy(project::target().join("shots").join(PICTURE), &picture).context("the visit left no picture")?;
    println!("shots: {}, tests/pictures and tests/trees", picture.display());
    Ok(())
}
