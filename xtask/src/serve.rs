//! `cargo xtask serve`: from a bare machine to a running demo.

use crate::build::{self, server};
use crate::setup::std;
use ::std::net::SocketAddr;
use ::std::path::PathBuf;
use ::std::process::Command;
use anyhow::Result;
use clap::Args;

use crate::project;

/// Where to serve.
#[derive(Args)]
pub struct Options {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8787")]
    addr: SocketAddr,
    /// The folder that keeps what people write; target/demo-data when none is named.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Build fast, with names and readable panics, and many times as big.
    #[arg(long)]
    debug: bool,
}

/// Sets up what is missing, builds what changed and becomes the server, so that Ctrl-C goes to it.
///
/// # Errors
///
/// When something cannot be installed, does not compile or the server cannot start.
pub fn command(options: &Options) -> Result<()> {
    let dist = build::build(build::Options { debug: options.debug }, &std::provide()?)?;
    eprintln!("{}", dist.table());
    let server = server::build(options.debug)?;

    let mut serve = Command::new(server);
    serve.arg("serve").arg("--addr").arg(options.addr.to_string());
    let data = options.data.clone().unwrap_or_else(|| project::target().join("demo-data"));
    serve.arg("--data").arg(data).arg("--assets").arg(project::target().join("dist"));
    become_program(serve)
}

#[cfg(unix)]
fn become_program(mut program: Command) -> Result<()> {
    use ::std::os::unix::process::CommandExt;
    Err(program.exec().into())
}

#[cfg(not(unix))]
fn become_program(mut program: Command) -> Result<()> {
    crate::run::run(&mut program)
}
