//! Runs other programs and says which failed, with what they wrote.

use anyhow::{Context, Result, bail};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

/// Runs `command` with our own standard streams.
///
/// # Errors
///
/// When it cannot be started or ends with anything but success.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command.status().with_context(|| format!("could not start {shown}"))?;
    if !status.success() {
        bail!("{shown} failed with {status}");
    }
    Ok(())
}

/// Runs `command` silently and returns what it wrote to standard output, trimmed.
///
/// # Errors
///
/// When it cannot be started or fails; then the error holds what it wrote to standard error.
pub fn output(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let done = command.stdin(Stdio::null()).output().with_context(|| format!("could not start {shown}"))?;
    checked(&shown, done)
}

/// Calls `attempt` until it succeeds, three times at most: another apt or cargo may be at work beside us.
///
/// # Errors
///
/// The last attempt's.
pub fn retry(mut attempt: impl FnMut() -> Result<()>) -> Result<()> {
    const ATTEMPTS: u32 = 3;
    for n in 1..ATTEMPTS {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(error) => eprintln!("  attempt {n} of {ATTEMPTS}: {error:#}; trying again"),
        }
        thread::sleep(Duration::from_secs(5));
    }
    attempt()
}

fn checked(shown: &str, done: Output) -> Result<String> {
    let written = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    if done.status.success() {
        return Ok(written);
    }
    let complaint = String::from_utf8_lossy(&done.stderr);
    bail!("{shown} failed with {}\n{written}\n{}", done.status, complaint.trim())
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
