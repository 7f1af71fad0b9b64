//! The peer-support server: the API, its storage, moderation, and the files of the widget and the console.
//!
//! `http` translates between requests and the domain, `checks` guards what is sent, `store` keeps; none does another's work.

pub mod audit;
pub mod authenticator;
pub mod checks;
pub mod clock;
pub mod config;
pub mod demo;
mod drill;
pub mod export;
pub mod helplines;
pub mod http;
pub mod import;
pub mod origin;
pub mod outbox;
mod password;
pub mod secret;
pub mod serve;
pub mod store;
pub mod triage;
