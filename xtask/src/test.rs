//! `cargo xtask test`: everything that CI runs, counted.

use crate::build::{self, assets::Dist, budgets, server};
use crate::setup::{self, Part, std::Std, std::TARGET, tools::cargo};
use crate::{fuzz, helplines, packages, project};
use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use std::fmt::Display;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{env, fs};

/// What to test; everything when nothing is named.
#[derive(Args)]
pub struct Options {
    /// Only this step; may be given more than once.
    #[arg(long, value_name = "STEP")]
    only: Vec<Step>,
    /// Of what people do, only in this browser; without a step, nothing else.
    #[arg(long)]
    browser: Option<Browser>,
    /// Only tests whose name holds this.
    filter: Option<String>,
}

/// One part of the test run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Install what is missing.
    Setup,
    /// The format of all Rust code.
    Format,
    /// Clippy's lints on what runs on this machine.
    ClippyNative,
    /// Clippy's lints on what runs in browsers.
    ClippyWasm,
    /// Where others' code comes from, under which licences, and what it runs while it is compiled.
    Licences,
    /// The country files.
    Helplines,
    /// Widget, loader and console, within their budgets, and the server.
    Build,
    /// Debian's package, the unit, the image and the proxies, each in use.
    Packages,
    /// Rules, stores, API and these commands themselves.
    Native,
    /// Requests of all kinds to the server, and its answers, against the OpenAPI document.
    Contract,
    /// Parsers of what comes from outside, with made-up input, half a minute each.
    Fuzz,
    /// The widget's browser glue, in Chromium.
    Wasm,
    /// The npm package, installed into apps that are checked and built.
    Npm,
    /// What people do, in three browsers.
    Browsers,
}

/// By the names of their modules in the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Browser {
    /// Chrome, Edge.
    Chromium,
    /// Firefox.
    Firefox,
    /// Safari's engine.
    Webkit,
}

/// Whether `step` was asked for.
fn is_asked(step: Step, options: &Options) -> bool {
    match (options.only.is_empty(), options.browser) {
        (true, None) => true,
        (true, Some(_)) => step == Step::Browsers,
        (false, _) => options.only.contains(&step),
    }
}

/// Seconds of made-up input for each target; `cargo xtask fuzz` takes longer.
const FUZZ_SECONDS: u32 = 30;

/// Compiled for this machine.
const NATIVE: [&str; 14] = [
    "-p",
    "peer-support-domain",
    "-p",
    "peer-support-signals",
    "-p",
    "peer-support-device",
    "-p",
    "peer-support-server",
    // Of the console only its rules: what needs a browser is left out here.
    "-p",
    "peer-support-console",
    "-p",
    "peer-support-fuzz",
    "-p",
    "xtask",
];

/// Compiled for browsers.
const WASM: [&str; 4] = ["-p", "peer-support", "-p", "peer-support-console"];

/// What one step or one run of tests came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: Vec<String>,
    ignored: usize,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed.extend(other.failed);
        self.ignored += other.ignored;
    }
}

/// Runs the steps, in order, whatever became of the earlier ones, and ends with `N passed, N failed`.
///
/// # Errors
///
/// When anything failed, or was left out though it was asked for.
pub fn command(options: &Options) -> Result<()> {
    keep_runner()?;
    let mut total = Tally::default();
    for step in Step::value_variants() {
        if !is_asked(*step, options) {
            continue;
        }
        let name = step.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        eprintln!("test: {name}");
        let began = Instant::now();
        let tally = run(*step, options).unwrap_or_else(|error| {
            eprintln!("{error:#}");
            Tally { failed: vec![name.clone()], ..Tally::default() }
        });
        let seconds = began.elapsed().as_secs();
        eprintln!("test: {name}: {} passed, {} failed, {seconds} s", tally.passed, tally.failed.len());
        total.add(tally);
    }

    if total.ignored > 0 {
        total.failed.push(format!("{} tests are ignored; none may be", total.ignored));
    }
    for failed in &total.failed {
        println!("failed: {failed}");
    }
    println!("{} passed, {} failed", total.passed, total.failed.len());
    if total.failed.is_empty() { Ok(()) } else { std::process::exit(1) }
}

fn run(step: Step, options: &Options) -> Result<Tally> {
    match step {
        Step::Setup => whole(setup::everything()),
        Step::Format => whole(crate::run::run(ours().args(["fmt", "--all", "--check"]))),
        Step::ClippyNative => whole(clippy_native()),
        Step::ClippyWasm => whole(clippy_wasm()),
        Step::Licences => whole(others_code()),
        Step::Helplines => whole(helplines::check()),
        Step::Build => whole(within_budgets()),
        Step::Packages => Ok(each("packages", packages::check::all()?)),
        Step::Native => native(options),
        Step::Contract => contract(options),
        Step::Fuzz => Ok(each("fuzz", fuzz::all(FUZZ_SECONDS)?)),
        Step::Wasm => wasm(options),
        Step::Npm => whole(apps()),
        Step::Browsers => browsers(options),
    }
}

/// A step that passes or fails as one.
fn whole(done: Result<()>) -> Result<Tally> {
    done.map(|()| Tally { passed: 1, ..Tally::default() })
}

/// Weaknesses that became known are told and stop a release; what worked yesterday passes today.
fn others_code() -> Result<()> {
    if let Err(known) = packages::deny::advisories() {
        eprintln!("{known:#}");
    }
    packages::licences::check()
}

fn clippy_native() -> Result<()> {
    let mut clippy = ours();
    clippy.args(["clippy", "--locked", "--all-targets"]).args(NATIVE).args(["-p", "peer-support-tests"]);
    crate::run::run(clippy.args(["--", "-D", "warnings"]))
}

fn clippy_wasm() -> Result<()> {
    let mut clippy = for_browsers(&["clippy"])?;
    // Without naming the domain: its lints come along, with the features that browsers get.
    clippy.args(["--all-targets", "--", "-D", "warnings"]);
    crate::run::run(&mut clippy)
}

fn within_budgets() -> Result<()> {
    let dist = everything_built()?;
    println!("{}", dist.table());
    budgets::check(&dist)
}

fn everything_built() -> Result<Dist> {
    let dist = build::build(build::Options::default(), &setup::std::provide()?)?;
    server::build(true)?;
    Ok(dist)
}

fn apps() -> Result<()> {
    everything_built()?;
    crate::apps::build()
}

/// Each of these checks as a test of its own, named behind `kind`.
fn each<N: Display>(kind: &str, checks: Vec<(N, Result<()>)>) -> Tally {
    let mut tally = Tally::default();
    for (name, done) in checks {
        match done {
            Ok(()) => tally.passed += 1,
            Err(error) => {
                eprintln!("{name}: {error:#}");
                tally.failed.push(format!("{kind}: {name}"));
            }
        }
    }
    tally
}

/// The server against its OpenAPI document, on either database.
fn contract(options: &Options) -> Result<Tally> {
    setup::install(Part::Database)?;
    setup::install(Part::Contract)?;
    let mut tests = ours();
    tests.args(["test", "--locked", "--no-fail-fast", "-p", "peer-support-server", "--test", "contract"]);
    count(tests.args(&options.filter))
}

fn native(options: &Options) -> Result<Tally> {
    setup::install(Part::Database)?;
    setup::install(Part::Packaging)?;
    let mut tests = ours();
    tests.args(["test", "--locked", "--no-fail-fast"]).args(NATIVE).args(&options.filter);
    count(&mut tests)
}

fn wasm(options: &Options) -> Result<Tally> {
    setup::install(Part::Browsers)?;
    let mut tests = for_browsers(&["test", "--no-fail-fast"])?;
    // As a list in TOML, because cargo would take a string apart at its spaces.
    let runner = [runner(), "wasm-test-runner".into()];
    tests.arg("--config").arg(format!("target.{TARGET}.runner={runner:?}"));
    tests.env("CHROMEDRIVER", "/usr/bin/chromedriver").args(&options.filter);
    count(&mut tests)
}

/// Where the copy of this program lies that runs the browser glue's tests.
fn runner() -> PathBuf {
    project::target().join("tools/xtask")
}

/// Copies this program: testing `xtask` itself compiles it anew, in the place where this one was started from.
fn keep_runner() -> Result<()> {
    fs::create_dir_all(project::target().join("tools"))?;
    fs::copy(env::current_exe()?, runner()).context("could not keep a copy of xtask")?;
    Ok(())
}

fn browsers(options: &Options) -> Result<Tally> {
    setup::install(Part::Browsers)?;
    setup::install(Part::Wordpress)?;
    apps()?;
    crate::wordpress::build()?;
    let mut tests = ours();
    tests.args(["test", "--locked", "-p", "peer-support-tests", "--no-fail-fast"]).args(&options.filter);
    // More at once does not end sooner on two cores, and makes every wait longer.
    tests.args(["--", "--test-threads", "2"]);
    if let Some(browser) = options.browser {
        for other in Browser::value_variants().iter().filter(|other| **other != browser) {
            let module =
                other.to_possible_value().map_or_else(String::new, |name| name.get_name().to_owned());
            tests.args(["--skip", &format!("::{module}::")]);
        }
    }
    count(&mut tests)
}

fn ours() -> Command {
    let mut command = Command::new(cargo());
    command.current_dir(project::root());
    command
}

/// `cargo` on what browsers run, in the folder of the browser builds.
fn for_browsers(arguments: &[&str]) -> Result<Command> {
    let std: Std = setup::std::provide()?;
    let mut command = ours();
    command.args(arguments).args(["--locked", "--target", TARGET]).args(WASM);
    command.arg("--target-dir").arg(project::target().join("wasm"));
    std.prefer_ready_made(&mut command);
    Ok(command)
}

/// Runs tests, shows what they print as they print it, and counts.
fn count(tests: &mut Command) -> Result<Tally> {
    let mut child = tests.stdout(Stdio::piped()).spawn().context("could not start cargo")?;
    let output = child.stdout.take().context("cargo's output is piped")?;
    let mut tally = Tally::default();
    let mut n_runs = 0;
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        n_runs += usize::from(line.starts_with("test result: "));
        read_line(&line, &mut tally);
    }
    let ended = child.wait()?;
    if !ended.success() && tally.failed.is_empty() {
        tally.failed.push("the tests did not compile or did not end".to_owned());
    }
    ensure!(n_runs > 0 || !ended.success(), "no tests ran");
    Ok(tally)
}

/// Adds what a line of a test run says: `test name ... FAILED` or
/// `test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s`.
fn read_line(line: &str, tally: &mut Tally) {
    if let Some(result) = line.strip_prefix("test result: ") {
        let number = |word: &str| {
            let before = result.split_once(word).map_or("", |(before, _)| before).trim_end();
            before.rsplit(' ').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
        };
        tally.passed += number("passed");
        tally.ignored += number("ignored");
    } else if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
        tally.failed.push(name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::{Browser, Options, Step, Tally, is_asked, read_line};
    use clap::ValueEnum;

    #[test]
    fn a_browser_alone_asks_for_nothing_else() {
        let asked = |only: &[Step], browser| {
            let options = Options { only: only.to_vec(), browser, filter: None };
            Step::value_variants()
                .iter()
                .copied()
                .filter(|step| is_asked(*step, &options))
                .collect::<Vec<_>>()
        };

        assert_eq!(asked(&[], Some(Browser::Firefox)), [Step::Browsers]);
        assert_eq!(asked(&[Step::Build], Some(Browser::Firefox)), [Step::Build]);
        assert_eq!(asked(&[], None), Step::value_variants());
    }

    #[test]
    fn passed_failed_and_ignored_tests_are_counted() {
        let printed = "
running 4 tests
test vote::counts_once ... ok
test post::is_held ... FAILED
test post::is_kept ... ignored
test src/lib.rs - State (line 3) ... ok

test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s
test result: ok. 10 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.00s";
        let mut tally = Tally::default();

        for line in printed.lines() {
            read_line(line, &mut tally);
        }

        let failed = vec!["post::is_held".to_owned()];
        assert_eq!(tally, Tally { passed: 12, failed, ignored: 1 });
    }
}
