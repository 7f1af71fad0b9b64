//! `cargo xtask bench`: measured facts, in `target/bench`.

use crate::build::{self, assets::Dist};
use crate::project;
use crate::setup::std;
use ::std::fmt::Write as _;
use ::std::fs;
use anyhow::Result;

/// Measures how big everything is that browsers are sent, and says which other benches there are.
///
/// # Errors
///
/// When it cannot be built or written down.
pub fn command() -> Result<()> {
    let dist = build::build(build::Options::default(), &std::provide()?)?;
    let folder = project::target().join("bench");
    fs::create_dir_all(&folder)?;
    let report = report(&dist);
    fs::write(folder.join("report.md"), &report)?;
    fs::write(
        folder.join("report.json"),
        serde_json::to_vec_pretty(&serde_json::json!({ "sizes": dist.assets() }))?,
    )?;
    println!("{report}");
    println!("Benches: sizes. Written to target/bench/report.md and report.json.");
    Ok(())
}

fn report(dist: &Dist) -> String {
    let mut report =
        String::from("# Sizes in bytes\n\n| file | raw | gzip | brotli |\n| --- | ---: | ---: | ---: |\n");
    for asset in dist.assets() {
        let _ = writeln!(report, "| {} | {} | {} | {} |", asset.name, asset.raw, asset.gz, asset.br);
    }
    report
}
