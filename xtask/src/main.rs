//! One command a job.

fn main() {}
