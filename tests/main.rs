//! What people do, in three real browsers.
//!
//! - `cargo test --package peer-support-tests`: everything
//! - `… firefox::`: one browser
//! - `… keyboard`: one test in each browser

mod harness_itself;
mod host_page;
mod looks;
mod own_words;
mod steps;
mod the_whole_way;
mod when_parts_fail;
