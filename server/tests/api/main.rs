//! The API as its callers see it: the real router over real databases, and the real program. One file a resource.

mod account;
mod assets;
mod audit;
mod cards;
mod claims;
mod client;
mod console;
mod cross_origin;
mod description;
mod escalations;
mod feeds;
mod find;
mod helplines;
mod hostile;
mod limits;
mod line_reports;
mod live;
mod logs;
mod mass_assignment;
mod mine;
mod modes;
mod moving;
mod notes;
mod objections;
mod playbooks;
mod present;
mod program;
mod receivers;
mod replies;
mod reports;
mod rights;
mod risk;
mod roles;
mod search;
mod sending_again;
mod spam;
mod statistics;
#[allow(dead_code, reason = "the tests of the stores use the rest")]
#[path = "../support/mod.rs"]
mod support;
mod threads;
mod tls;
mod two_persons;
mod unlinkability;
mod votes;
mod words;
