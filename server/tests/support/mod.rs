//! What the tests of store and API share.

pub mod postgres;
