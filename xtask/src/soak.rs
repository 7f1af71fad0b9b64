//! `cargo xtask soak`: the faults that `cargo xtask test` makes a few times each, made a hundred times, and what came of them.

use crate::setup::{self, Part, tools::cargo};
use crate::{project, run};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Command, Stdio};

/// What to make, and how often.
#[derive(Args)]
pub struct Options {
    /// Rounds of each fault.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Only faults whose test has this in its name: `crash`, `disk`, `clock`, `connections`, `pause`, …
    filter: Option<String>,
}

/// Runs the faults one after the other, keeps all that they said in `target/bench/soak.log`, and sums up how long servers took
/// to recover in `target/bench/soak.md`.
///
/// # Errors
///
/// When anything was lost, doubled, answered in a strange way, or did not come back.
pub fn command(options: &Options) -> Result<()> {
    setup::install(Part::Database)?;
    let folder = project::target().join("bench");
    fs::create_dir_all(&folder)?;
    let mut log = fs::File::create(folder.join("soak.log"))?;
    let mut tests = Command::new(cargo());
    tests
        .current_dir(project::root())
        .args(["test", "--locked", "--release", "-p", "peer-support-server", "--test", "faults"])
        .args(&options.filter)
        // One at a time: each is meant to be alone with its server.
        .args(["--", "--nocapture", "--test-threads", "1"])
        .env("PEER_SUPPORT_FAULT_ROUNDS", options.rounds.to_string())
        .stdout(Stdio::piped());
    let mut child = tests.spawn().context("could not start cargo")?;
    let output = child.stdout.take().context("cargo's output is piped")?;
    let mut recoveries = Recoveries::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        writeln!(log, "{line}")?;
        println!("{line}");
        recoveries.read_line(&line);
    }
    let ended = child.wait()?;

    let revision =
        run::output(Command::new("git").args(["rev-parse", "--short", "HEAD"]).current_dir(project::root()))
            .unwrap_or_else(|_| "unknown".to_owned());
    let report = recoveries.report(options.rounds, &revision);
    fs::write(folder.join("soak.md"), &report)?;
    println!("\n{report}");
    ensure!(ended.success(), "a fault was not borne; {} says which", folder.join("soak.log").display());
    ensure!(!recoveries.0.is_empty(), "no fault was made");
    Ok(())
}

/// Milliseconds of each kind of recovery.
#[derive(Default)]
struct Recoveries(BTreeMap<String, Vec<u64>>);

impl Recoveries {
    /// Reads a line such as `fault: kill -9: until a post is acknowledged: 243 ms`. What the test runner wrote before it on
    /// the same line does not count.
    fn read_line(&mut self, line: &str) {
        let Some((_, said)) = line.split_once("fault: ") else { return };
        let Some((what, took)) = said.rsplit_once(": ") else { return };
        if let Some(ms) = took.strip_suffix(" ms").and_then(|ms| ms.parse().ok()) {
            self.0.entry(what.to_owned()).or_default().push(ms);
        }
    }

    fn report(&self, n_rounds: u32, revision: &str) -> String {
        let mut report = format!(
            "# Soak\n\nRevision {revision}, {n_rounds} rounds of each fault. Milliseconds.\n\n\
             | fault, and what came after it | times | least | median | most |\n|---|---|---|---|---|\n"
        );
        for (what, times) in &self.0 {
            let mut times = times.clone();
            times.sort_unstable();
            let (least, median, most) = (times[0], times[times.len() / 2], times[times.len() - 1]);
            let _ = writeln!(report, "| {what} | {} | {least} | {median} | {most} |", times.len());
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recoveries_are_gathered_by_fault_and_counted() {
        let mut recoveries = Recoveries::default();
        for line in [
            "test crash::killed ... fault: kill -9: until a post is acknowledged: 30 ms",
            "fault: kill -9: until a post is acknowledged: 10 ms",
            "fault: kill -9: until a post is acknowledged: 20 ms",
            "round 3: seed 77",
            "fault: disk full: until: there is room: 5 ms",
        ] {
            recoveries.read_line(line);
        }

        let report = recoveries.report(3, "abc");

        assert!(report.contains("| kill -9: until a post is acknowledged | 3 | 10 | 20 | 30 |"), "{report}");
        assert!(report.contains("| disk full: until: there is room | 1 | 5 | 5 | 5 |"), "{report}");
    }
}
