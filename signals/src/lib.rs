//! The text signals as one file: rules as they stand in `rules/`, the helplines that are no personal data, and weights that
//! the build script learned from `corpus/`.

pub mod sources;

/// What `peer_support_domain::signals::Signals::parse` reads.
pub static FILE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/signals.bin"));

#[cfg(test)]
mod tests;
