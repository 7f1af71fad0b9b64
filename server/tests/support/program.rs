//! The program as a process, not yet started, and what it says.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

/// The program with these arguments. `prefix` is what starts it, such as a shell that sets limits.
pub fn command(prefix: &[&OsStr], arguments: &[&str]) -> Command {
    let program = OsStr::new(env!("CARGO_BIN_EXE_peer-support-server"));
    let mut words = prefix.iter().chain([&program]);
    let mut command = Command::new(words.next().expect("there is at least the program"));
    command.args(words).args(arguments).stdin(Stdio::null());
    // What is set where the tests run is not what they test.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PEER_SUPPORT_")) {
        command.env_remove(name);
    }
    command
}

/// What a program wrote to one of its outputs.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<String>>);

impl Lines {
    /// Reads `stream` to its end, so that the program never waits for a reader.
    pub fn of(stream: impl Read + Send + 'static) -> Self {
        let lines = Self::default();
        let kept = lines.clone();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            while matches!(reader.read_line(&mut line), Ok(1..)) {
                kept.0.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        lines
    }

    /// All of it so far.
    pub fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}
