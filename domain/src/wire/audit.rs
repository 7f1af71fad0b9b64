//! The audit log, as leads and admins read it and as it is exported.

use serde::{Deserialize, Serialize};

use crate::audit::Act;
use crate::id::ItemId;
use crate::site::SiteId;

/// A line of the audit log. The order of the fields is that of the export, whose bytes the hash is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Its number; the first line is 1, and none is ever left out.
    pub n: i64,
    /// When: to the second, or to the minute where a visitor's act brought it about.
    pub at: i64,
    /// The site, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// The number of the account that did it; absent for a rule or a command on the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<i64>,
    /// The name of that account at the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What was done.
    pub act: Act,
    /// The post or reply it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// The name of the account it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The rule that decided, or the role that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// SHA-256, as 64 hexadecimal digits, over the hash of the line before and this line without its hash.
    pub hash: String,
}

/// `GET /console/audit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The last line first.
    pub lines: Vec<AuditLine>,
    /// To be sent as `before` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}
