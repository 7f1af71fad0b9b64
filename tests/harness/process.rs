//! Child processes that leave nothing behind.

use std::fs;
use std::process::{Child, Command, Stdio};

/// A process and all that it started, killed on drop, also in a panic.
///
/// Browsers outlive a driver that is killed, so the whole tree goes. It has no process group of
/// its own: a runner that kills the test's group takes it along.
pub struct Tree(Child);

impl Tree {
    /// Starts `command`; `remedy` is what to do when the program is not there.
    pub fn start(mut command: Command, remedy: &str) -> Tree {
        match command.spawn() {
            Ok(child) => Tree(child),
            Err(error) => panic!("cannot start {:?}: {error}; {remedy}", command.get_program()),
        }
    }

    /// The root of the tree.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// Asks the root to end, as Ctrl-C does, and waits until it has.
    pub fn interrupt(&mut self) {
        signal("-INT", &[self.0.id()]);
        let _ = self.0.wait();
    }

    /// Ends the whole tree at once, as a power cut would.
    pub fn kill(&mut self) {
        let mut pids = vec![self.0.id()];
        let mut next = 0;
        while next < pids.len() {
            pids.extend(children_of(pids[next]));
            next += 1;
        }
        // A process that was waited for is gone, and its number may be another's by now.
        if let Ok(None) = self.0.try_wait() {
            signal("-KILL", &pids);
        } else {
            signal("-KILL", &pids[1..]);
        }
        let _ = self.0.wait();
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.kill();
    }
}

fn signal(name: &str, pids: &[u32]) {
    if !pids.is_empty() {
        let pids = pids.iter().map(u32::to_string);
        let _ = Command::new("kill").arg(name).args(pids).stderr(Stdio::null()).status();
    }
}

fn children_of(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists: String = tasks.filter_map(|t| fs::read_to_string(t.path().join("children")).ok()).collect();
    lists.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}
