//! What every store must do: each test runs on SQLite and on PostgreSQL.

#[allow(dead_code, reason = "the tests of the API and of faults use the rest")]
mod support;

#[path = "store/accounts.rs"]
mod accounts;
#[path = "store/audit.rs"]
mod audit;
#[path = "store/cards.rs"]
mod cards;
#[path = "store/changes.rs"]
mod changes;
#[path = "store/claims.rs"]
mod claims;
#[path = "store/decisions.rs"]
mod decisions;
#[path = "store/drills.rs"]
mod drills;
#[path = "store/find.rs"]
mod find;
#[path = "store/imports.rs"]
mod imports;
#[path = "store/line_reports.rs"]
mod line_reports;
#[path = "store/live.rs"]
mod live;
#[path = "store/objections.rs"]
mod objections;
#[path = "store/outbox.rs"]
mod outbox;
#[path = "store/own.rs"]
mod own;
#[path = "store/plans.rs"]
mod plans;
#[path = "store/posts.rs"]
mod posts;
#[path = "store/redaction.rs"]
mod redaction;
#[path = "store/reports.rs"]
mod reports;
#[path = "store/risk.rs"]
mod risk;
#[path = "store/roles.rs"]
mod roles;
#[path = "store/search.rs"]
mod search;
#[path = "store/sites.rs"]
mod sites;
#[path = "store/spam.rs"]
mod spam;
#[path = "store/statistics.rs"]
mod statistics;
#[path = "store/subject.rs"]
mod subject;
#[path = "store/thread.rs"]
mod thread;
#[path = "store/two_persons.rs"]
mod two_persons;
#[path = "store/upkeep.rs"]
mod upkeep;
#[path = "store/versions.rs"]
mod versions;
#[path = "store/votes.rs"]
mod votes;
