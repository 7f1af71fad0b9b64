//! What the program bears: killed, stopped, cut off from power, disk or network, with its clock turned and its connections
//! used up, while people write. Everything here is the real program, started as a process.
//!
//! Each test runs a few rounds; `cargo xtask soak` runs many and gathers the lines that begin with `fault: `.

mod clock;
mod connections;
mod copies;
mod crash;
mod disk;
mod layer;
mod load;
mod pause;
mod program;
mod replicas;
mod rounds;
mod standby;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../support/mod.rs"]
mod support;
mod upgrade;
