//! What people do, in three real browsers.
//!
//! - `cargo test --package peer-support-tests`: everything
//! - `… firefox::`: one browser
//! - `… keyboard`: one test in each browser

mod access;
mod account;
mod desk;
mod docs;
mod doctor;
mod drill;
mod embed;
mod frame;
mod harness_itself;
mod host_page;
mod hosts;
mod live;
mod looks;
mod lookup;
mod messages;
mod needs;
mod never_fails;
mod noticing;
mod npm_package;
mod outside;
mod own_words;
mod payloads;
mod pictures;
mod quick_exit;
mod reading;
mod record;
mod remembering;
mod roles;
mod shift;
mod side_by_side;
mod signed_helplines;
mod snippet;
mod steps;
mod stored_script;
mod the_whole_way;
mod tongues;
mod traces;
mod trees;
mod when_parts_fail;
mod wordpress;
mod words_on_their_way;
