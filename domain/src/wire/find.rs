//! Searching what moderators may read, in every state.

use serde::{Deserialize, Serialize};

use super::QueueItem;
use crate::cursor::Cursor;
use crate::flag::Flag;
use crate::post::{ItemKind, State};
use crate::site::{LanguageTag, SiteId, TopicId};

/// `POST /console/search`: items of any state but deleted for which all of this holds. In a body, because addresses end up in
/// logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindItems<Words = String> {
    /// Which have these words, now or in the new text that waits.
    // Without `default`, which would ask for default words; an absent `Option` is `None` anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Words>,
    /// Of this site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// In this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ItemKind>,
    /// Of this topic, or replies to a post of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicId>,
    /// About which this was noticed; `reported`: which a reader ever reported, as far as that is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<Flag>,
    /// In this language, or a variety of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<LanguageTag>,
    /// Which the moderator who asks reads at the moment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_mine: bool,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
}

impl<Words> Default for FindItems<Words> {
    fn default() -> Self {
        Self {
            words: None,
            site: None,
            state: None,
            kind: None,
            topic: None,
            flag: None,
            lang: None,
            is_mine: false,
            cursor: None,
        }
    }
}

/// The answer: those that came last first. It may have fewer items than asked for, even none, although more follow: then there
/// was much to look into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundItems {
    /// The items.
    pub items: Vec<QueueItem>,
    /// Where to go on; absent when all was looked into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Cursor>,
    /// When the last item was sent that was looked into; absent when all was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_back_to: Option<i64>,
}
