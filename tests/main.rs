//! What people do, in three real browsers.
//!
//! - `cargo test --package peer-support-tests`: everything
//! - `… firefox::`: one browser
//! - `… keyboard`: one test in each browser

mod account;
mod desk;
mod doctor;
mod embed;
mod frame;
mod harness_itself;
mod host_page;
mod hosts;
mod live;
mod looks;
mod lookup;
mod needs;
mod never_fails;
mod noticing;
mod outside;
mod own_words;
mod quick_exit;
mod reading;
mod record;
mod remembering;
mod roles;
mod shift;
mod signed_helplines;
mod steps;
mod stored_script;
mod the_whole_way;
mod traces;
mod when_parts_fail;
mod words_on_their_way;
