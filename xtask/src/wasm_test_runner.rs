//! `cargo xtask wasm-test-runner`: wasm-bindgen's runner of tests in browsers, of the version in Cargo.lock.

use anyhow::Result;
use clap::Args;
use std::ffi::OsString;

/// What cargo hands to a runner.
#[derive(Args)]
pub struct Options {
    /// The wasm file and the options of a test run.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    arguments: Vec<OsString>,
}

/// Runs the tests in the browser whose driver the environment names.
///
/// # Errors
///
/// When one fails or the browser does not start.
pub fn command(options: Options) -> Result<()> {
    let name = OsString::from("wasm-test-runner");
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args([name].into_iter().chain(options.arguments))
}
