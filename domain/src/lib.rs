//! The rules and types that widget, console and server agree on: pure, without I/O, clock, randomness or async.
//!
//! Two families live here. *Helplines*: [`country`], [`contact`], [`hours`], [`helpline`], [`bundle`], [`signed`],
//! [`line_report`].
//! *The peer space*: [`id`], [`text`], [`post`], [`note`], [`vote`], [`ranking`], [`recovery`], [`cursor`], [`site`], [`card`],
//! [`report`], [`objection`], [`flag`], [`wire`], and, for the server, `full_text`.
//! Both are read by [`signals`]: what in a text asks for help, gives somebody away or may hurt readers.
//! *Moderators*: [`desk`], [`redaction`]; their accounts: [`account`], [`lock_out`] and, for the server, `password`. *Their
//! team*: [`delivery`], [`coverage`], [`drill`], [`safe_wording`]; what it shows to others of what it did: [`audit`],
//! [`statistics`], [`automated`], [`anonymity`].
//! For views there are [`pseudonym`], [`moment`] and [`wording`].

pub mod account;
pub mod anonymity;
pub mod audit;
pub mod automated;
pub mod bundle;
pub mod card;
pub mod contact;
pub mod country;
pub mod coverage;
pub mod cursor;
pub mod delivery;
pub mod desk;
pub mod drill;
pub mod flag;
#[cfg(feature = "unicode")]
pub mod full_text;
pub mod helpline;
pub mod hours;
pub mod id;
pub mod language;
pub mod limits;
pub mod line_report;
pub mod lock_out;
pub mod lookup;
pub mod mix;
pub mod moment;
pub mod mute;
pub mod note;
pub mod objection;
#[cfg(feature = "unicode")]
pub mod password;
pub mod post;
pub mod pseudonym;
pub mod ranking;
pub mod recovery;
pub mod redaction;
pub mod report;
pub mod roles;
pub mod safe_wording;
pub mod search;
pub mod signals;
pub mod signed;
pub mod site;
pub mod statistics;
pub mod text;
pub mod two_persons;
pub mod vote;
pub mod wire;
pub mod wording;
