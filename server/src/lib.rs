//! The peer-support server.

pub mod store;
