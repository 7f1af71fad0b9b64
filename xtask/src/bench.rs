//! `cargo xtask bench`: measured facts, in `target/bench`.

use crate::build::{self, assets::Dist, server};
use crate::setup::{self, Part, std, tools::cargo};
use crate::{project, run};
use ::std::fmt::Write as _;
use ::std::fs;
use ::std::process::Command;
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// What of the visit is reported: its key, what it is, and what it may take at most, in milliseconds.
const VISIT: [(&str, &str, Option<f64>); 7] = [
    ("static_card", "tap to the static card", Some(1000.0)),
    ("panel", "tap to the panel with its best lines", None),
    ("whole_directory", "tap to the whole directory", Some(6000.0)),
    ("search_key", "main thread per key in the search field, all in", None),
    ("bare_key", "main thread per key in a bare field of a page without the panel", None),
    ("search_key_beyond_bare", "what the search adds to a key", Some(10.0)),
    ("longest_work", "longest work for a flooded server, on a phone of 2016", Some(3000.0)),
];

/// Measures how big everything is that browsers are sent, and how long a visitor with a slow phone waits for it.
///
/// # Errors
///
/// When it cannot be built, the browser does not show what it should, or the report cannot be written.
pub fn command() -> Result<()> {
    setup::install(Part::Browsers)?;
    let dist = build::build(build::Options::default(), &std::provide()?)?;
    server::build(false)?;
    let visit = visit()?;
    let folder = project::target().join("bench");
    fs::create_dir_all(&folder)?;
    let report = sizes(&dist) + &waits(&visit);
    fs::write(folder.join("report.md"), &report)?;
    let all = json!({ "sizes": dist.assets(), "visit": visit });
    fs::write(folder.join("report.json"), serde_json::to_vec_pretty(&all)?)?;
    println!("{report}");
    println!("Benches: sizes, visit. Written to target/bench/report.md and report.json.");
    Ok(())
}

/// What `tests/bench` measures in a browser, against the server as it is released.
fn visit() -> Result<Value> {
    let mut bench = Command::new(cargo());
    bench.current_dir(project::root()).args([
        "run",
        "--locked",
        "-q",
        "-p",
        "peer-support-tests",
        "--bin",
        "bench",
    ]);
    bench.env("PEER_SUPPORT_SERVER", project::target().join("release/peer-support-server"));
    serde_json::from_str(&run::output(&mut bench)?).context("the bench in the browser prints JSON")
}

fn sizes(dist: &Dist) -> String {
    let mut report =
        String::from("# Sizes in bytes\n\n| file | raw | gzip | brotli |\n| --- | ---: | ---: | ---: |\n");
    for asset in dist.assets() {
        let _ = writeln!(report, "| {} | {} | {} | {} |", asset.name, asset.raw, asset.gz, asset.br);
    }
    report
}

fn waits(visit: &Value) -> String {
    let mut report = format!(
        "\n# A first visit, in milliseconds\n\nChromium, empty cache, {} ms before each answer, {} kbit/s, a processor {} \
         times slower than this one; {} runs.\n\n| what | median | worst | at most |\n| --- | ---: | ---: | ---: |\n",
        visit["latency_ms"],
        visit["bytes_per_s"].as_u64().unwrap_or_default() * 8 / 1000,
        visit["cpu_slowdown"],
        visit["runs"],
    );
    for (key, what, at_most) in VISIT {
        let of = |field: &str| visit[key][field].as_f64().unwrap_or(f64::NAN);
        let (median, worst) = (of("median_ms"), of("worst_ms"));
        let limit = at_most.map_or_else(String::new, |limit| match worst <= limit {
            true => format!("{limit}"),
            false => format!("{limit}: **missed**"),
        });
        let _ = writeln!(report, "| {what} | {median:.1} | {worst:.1} | {limit} |");
    }
    report
}
