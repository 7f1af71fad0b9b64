//! What the tests of store, API and faults share.

pub mod postgres;
pub mod program;
