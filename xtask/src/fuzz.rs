//! `cargo xtask fuzz`: libFuzzer makes up input for the parsers in `fuzz/`, follows which code it reaches, and keeps what breaks
//! a promise. What browsers take from outside is made up in them, by a test of `tests/` that is run for longer.

use crate::setup::{self, Part, tools::cargo};
use crate::{build, project, run};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// The targets, those that read slowest first: of `peer_support_fuzz::Target::ALL`, which a test compares.
const TARGETS: [&str; 7] = ["api", "imports", "signals", "settings", "helplines", "words", "servers"];

/// What pages, frames and devices hand to the panel, in each browser: no target of libFuzzer's.
const MESSAGES: &str = "messages";

/// How many run side by side.
const AT_ONCE: usize = 2;

/// Bytes of an input at most: what is longer finds nothing more, and takes long.
const MOST_BYTES: u32 = 8_192;

/// As cargo-fuzz sets them, but for the sanitizers, which need a nightly compiler: each edge counts how often it is taken, and
/// what is compared is told, so that libFuzzer can try it.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares";

/// How long to try, and what.
#[derive(Args)]
pub struct Options {
    /// Seconds for each target; two run side by side.
    #[arg(long, default_value_t = 600)]
    seconds: u32,
    /// Only this target; may be given more than once.
    #[arg(long, value_name = "TARGET", value_parser = named())]
    only: Vec<String>,
    /// Where chance begins; another place each time when none is named.
    #[arg(long)]
    seed: Option<u32>,
}

/// What `--only` takes.
fn named() -> Vec<&'static str> {
    TARGETS.into_iter().chain([MESSAGES]).collect()
}

/// Tries each target for so long.
///
/// # Errors
///
/// When one broke a promise; its input is kept, and how to try it again is said.
pub fn command(options: &Options) -> Result<()> {
    let is_asked = |target: &&str| options.only.is_empty() || options.only.iter().any(|only| only == target);
    let targets: Vec<&'static str> = TARGETS.into_iter().filter(is_asked).collect();
    let mut all =
        if targets.is_empty() { Vec::new() } else { tried(&targets, options.seconds, options.seed)? };
    if is_asked(&MESSAGES) {
        all.push((MESSAGES, messages(options.seconds, options.seed)));
    }
    let mut n_failed = 0;
    let n_targets = all.len();
    for (target, done) in all {
        if let Err(error) = done {
            eprintln!("{target}: {error:#}");
            n_failed += 1;
        }
    }
    ensure!(n_failed == 0, "{n_failed} of {n_targets} targets failed");
    Ok(())
}

/// Tries what the panel takes from outside, in each browser for so many seconds, two side by side.
fn messages(seconds: u32, seed: Option<u32>) -> Result<()> {
    setup::install(Part::Browsers)?;
    build::build(build::Options::default(), &setup::std::provide()?)?;
    build::server::build(true)?;
    // Another place each time, which the test prints.
    let seed = seed.unwrap_or_else(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.subsec_nanos())
    });
    let mut tests = Command::new(cargo());
    tests.current_dir(project::root());
    tests.args(["test", "--locked", "-p", "peer-support-tests", "made_up_input"]);
    tests.args(["--", "--nocapture", "--test-threads", &AT_ONCE.to_string()]);
    tests.env("PEER_SUPPORT_FUZZ_SECONDS", seconds.to_string());
    tests.env("PEER_SUPPORT_FUZZ_SEED", seed.to_string());
    run::run(&mut tests)
}

/// Tries every target for so many seconds, each time from the same beginning, so that what tests come to is no matter of chance;
/// what came of each.
///
/// # Errors
///
/// When they cannot be built.
pub fn all(seconds: u32) -> Result<Vec<(&'static str, Result<()>)>> {
    tried(&TARGETS, seconds, Some(1))
}

fn tried(
    targets: &[&'static str],
    seconds: u32,
    seed: Option<u32>,
) -> Result<Vec<(&'static str, Result<()>)>> {
    let program = built()?;
    let waiting: Mutex<VecDeque<&'static str>> = Mutex::new(targets.iter().copied().collect());
    let done = Mutex::new(Vec::new());
    thread::scope(|threads| {
        for _ in 0..AT_ONCE {
            threads.spawn(|| {
                while let Some(target) = next(&waiting) {
                    let came = one(&program, target, seconds, seed);
                    done.lock().expect("nobody panics with it").push((target, came));
                }
            });
        }
    });
    Ok(done.into_inner().expect("nobody panics with it"))
}

fn next(waiting: &Mutex<VecDeque<&'static str>>) -> Option<&'static str> {
    waiting.lock().expect("nobody panics with it").pop_front()
}

/// The program, in a folder of its own: all that it links is compiled anew, to count edges.
fn built() -> Result<PathBuf> {
    let version = run::output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let folder = project::target().join("fuzz");
    let mut build = Command::new(cargo());
    build.current_dir(project::root()).args(["build", "--locked", "--profile", "fuzz"]);
    build.args(["--package", "peer-support-fuzz", "--features", "libfuzzer"]);
    // With a target named, build scripts are left as they are.
    build.args(["--target", host, "--target-dir"]).arg(&folder);
    build.env("RUSTFLAGS", COVERAGE);
    run::run(&mut build)?;
    Ok(folder.join(host).join("fuzz/fuzz"))
}

/// Tries one target, from its seeds and from what an earlier run found worth keeping.
fn one(program: &Path, target: &str, seconds: u32, seed: Option<u32>) -> Result<()> {
    let folder = project::target().join("fuzz").join(target);
    let [corpus, seeds] = ["corpus", "seeds"].map(|name| folder.join(name));
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&seeds)?;
    let log = folder.join("log");
    let to = File::create(&log)?;
    let mut fuzz = Command::new(program);
    fuzz.current_dir(&folder).env("PEER_SUPPORT_FUZZ", target).env("PEER_SUPPORT_SEEDS", &seeds);
    fuzz.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={MOST_BYTES}"));
    if let Some(seed) = seed {
        fuzz.arg(format!("-seed={seed}"));
    }
    // A hang, not a busy machine.
    fuzz.args(["-timeout=60", "-rss_limit_mb=3072", "-print_final_stats=1", "-artifact_prefix=found-"]);
    fuzz.arg(&corpus).arg(&seeds).stdout(to.try_clone()?).stderr(to);
    let ended = fuzz.status().context("could not start it")?;
    let said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    if ended.success() {
        println!("fuzz: {target}: {}", Tried::of(&said).with_context(|| format!("{}", log.display()))?);
        return Ok(());
    }
    let found =
        said.lines().find_map(|line| line.split_once("Test unit written to ")).map(|(_, name)| name.trim());
    let panic: Vec<&str> = said.lines().skip_while(|line| !line.contains("panicked at")).take(8).collect();
    let tail: Vec<&str> = said.lines().rev().take(12).collect();
    let shown = if panic.is_empty() { tail.into_iter().rev().collect() } else { panic };
    match found {
        Some(found) => bail!(
            "broke a promise:\n{}\nTry it again: PEER_SUPPORT_FUZZ={target} {} {}\nAdd it to fuzz/seeds/{target}.txt with its repair.",
            shown.join("\n"),
            program.display(),
            folder.join(found).display()
        ),
        None => bail!("ended with {ended}; see {}:\n{}", log.display(), shown.join("\n")),
    }
}

/// What a run came to, as libFuzzer's last lines say.
#[derive(Debug, PartialEq, Eq)]
struct Tried {
    n_inputs: u64,
    n_edges: u64,
    n_kept: u64,
    peak_mb: u64,
}

impl std::fmt::Display for Tried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { n_inputs, n_edges, n_kept, peak_mb } = self;
        write!(f, "{n_inputs} inputs, {n_edges} edges reached, {n_kept} inputs kept, at most {peak_mb} MB")
    }
}

impl Tried {
    fn of(log: &str) -> Result<Self> {
        let after = |name: &str| {
            let (_, rest) = log.rsplit_once(name).with_context(|| format!("the log has no {name}"))?;
            let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u64>().with_context(|| format!("the log has no number of {name}"))
        };
        Ok(Self {
            n_inputs: after("stat::number_of_executed_units:")?,
            n_edges: after(" cov: ")?,
            n_kept: after(" corp: ")?,
            peak_mb: after("stat::peak_rss_mb:")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_of_a_run_are_read() {
        let log = "#2\tINITED cov: 12 ft: 12 corp: 1/1b exec/s: 0 rss: 40Mb\n\
                   #915\tDONE   cov: 345 ft: 678 corp: 90/1234b lim: 4096 exec/s: 30 rss: 51Mb\n\
                   Done 915 runs in 31 second(s)\n\
                   stat::number_of_executed_units: 915\nstat::peak_rss_mb:              51\n";

        assert_eq!(Tried::of(log).unwrap(), Tried { n_inputs: 915, n_edges: 345, n_kept: 90, peak_mb: 51 });
        assert!(Tried::of("nothing of the kind").is_err());
    }

    #[test]
    fn every_target_is_tried() {
        let written = fs::read_to_string(project::root().join("fuzz/src/lib.rs")).unwrap();
        let mut named: Vec<&str> = written
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once(" => \""))
            .map(|(_, name)| name.trim_end_matches("\","))
            .collect();
        named.sort_unstable();
        let mut tried = TARGETS;
        tried.sort_unstable();

        assert_eq!(named, tried);
    }
}
