//! One command a job: what CI and a release run is what anyone can run.

mod apps;
mod bench;
mod build;
mod docs;
mod fuzz;
mod helplines;
mod packages;
mod project;
mod release;
mod run;
mod serve;
mod setup;
mod shots;
mod signals;
mod soak;
mod test;
mod wasm_test_runner;
mod wordpress;

use clap::Parser;
use std::process::ExitCode;

/// Everything that is done with this project, one command a job.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
enum Command {
    /// Measure what browsers are sent, how long it takes to show, and what a million posts cost, into target/bench.
    Bench(bench::Options),
    /// Build everything a browser is sent, into target/dist, and print its sizes.
    Build(build::Options),
    /// Write the documentation site into target/docs.
    Docs,
    /// Make up input for the parsers of what comes from outside, and keep what breaks their promises.
    Fuzz(fuzz::Options),
    /// Check the helplines, or take over a data set.
    Helplines(helplines::Helplines),
    /// Put together what is published: the npm package, the WordPress plugin, the server and its packages, the documentation, and
    /// their digests.
    Release(release::Options),
    /// Build what changed and serve the demo.
    Serve(serve::Options),
    /// Install what a bare machine lacks; every command does so with what it needs itself.
    Setup(setup::Options),
    /// Take the picture in the README anew, and those that the views are compared with, from a real run.
    Shots,
    /// Learn or measure the text signals.
    Signals(signals::Args),
    /// Kill, fill, cut off and turn back what a server stands on while people write, a hundred times each, and say into
    /// target/bench/soak.md how long it took to recover.
    Soak(soak::Options),
    /// Run everything that CI runs; the last line is `N passed, N failed`.
    Test(test::Options),
    /// Put the WordPress plugin together, into target/wordpress.
    Wordpress,
    /// Run one wasm file of tests in a browser: what cargo calls for the wasm step of `test`.
    #[command(hide = true)]
    WasmTestRunner(wasm_test_runner::Options),
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Bench(options) => bench::command(&options),
        Command::Build(options) => build::command(options),
        Command::Docs => docs::command(),
        Command::Fuzz(options) => fuzz::command(&options),
        Command::Helplines(args) => helplines::run(args),
        Command::Release(options) => release::command(&options),
        Command::Serve(options) => serve::command(&options),
        Command::Setup(options) => setup::command(&options),
        Command::Shots => shots::command(),
        Command::Signals(args) => signals::run(args),
        Command::Soak(options) => soak::command(&options),
        Command::Test(options) => test::command(&options),
        Command::Wordpress => wordpress::command(),
        Command::WasmTestRunner(options) => wasm_test_runner::command(options),
    };
    // Without a backtrace: whoever reads this wants to know what to do, not where in here it was noticed.
    done.map_or_else(
        |error| {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}
