//! `cargo xtask shots`: the picture in the README, from a real run.

use crate::build::{self, server};
use crate::setup::{self, Part, std, tools::cargo};
use crate::{project, run};
use ::std::fs;
use ::std::process::Command;
use anyhow::{Context, Result};

/// The visit to the example page, and what it saves.
const VISIT: &str = "chromium::the_example_page_works_as_it_is_served";
const PICTURE: &str = "example-page-chromium.png";

/// Runs the visit in Chromium and puts its picture into `docs/`.
///
/// # Errors
///
/// When something does not compile or the visit fails.
pub fn command() -> Result<()> {
    setup::install(Part::Browsers)?;
    build::build(build::Options::default(), &std::provide()?)?;
    server::build(true)?;
    let mut visit = Command::new(cargo());
    run::run(visit.current_dir(project::root()).args([
        "test",
        "--locked",
        "-p",
        "peer-support-tests",
        VISIT,
    ]))?;

    let picture = project::root().join("docs/panel.png");
    fs::copy(project::target().join("shots").join(PICTURE), &picture).context("the visit left no picture")?;
    println!("shots: {}", picture.display());
    Ok(())
}
