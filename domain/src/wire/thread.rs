//! A thread as moderators read it beside one of its items.

use serde::{Deserialize, Serialize};

use super::PastDecision;
use crate::cursor::Cursor;
use crate::id::{AuthorTag, ItemId};
use crate::note::ContentNotes;
use crate::post::State;
use crate::site::{LanguageTag, SiteId};

/// `GET /console/items/{id}/thread`: what stands around an item, and what was decided there before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Its site.
    pub site: SiteId,
    /// The post that all the others answer.
    pub post: ThreadItem,
    /// Replies, the oldest first, wherever they stand; the item itself is among them when it is one.
    pub replies: Vec<ThreadItem>,
    /// Where the replies before these are; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Cursor>,
    /// Where the replies after these are; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
    /// What was decided in the thread, the last first; only beside the item, not on the pages further off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<PastDecision>,
}

/// A post or reply of a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadItem {
    /// Its id.
    pub id: ItemId,
    /// Where it stands.
    pub state: State,
    /// What others read, or would; absent once it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The text's language, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<LanguageTag>,
    /// What some would rather not meet unprepared.
    #[serde(default, skip_serializing_if = "ContentNotes::is_empty")]
    pub notes: ContentNotes,
    /// Its author inside the thread, as readers see them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorTag>,
    /// When it was sent.
    pub created_at: i64,
    /// Whether a life may be at risk, by what was noticed when it came.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_at_risk: bool,
}
