//! Looking for items in every state: what is found stands in the list in place of what waits.
//!
//! It does not load itself anew as the queue does: each look goes through many texts.

use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::cursor::Cursor;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{FindItems, FoundItems, Page, QueueItem};

use crate::api::{self, Failure};
use crate::browser;
use crate::desk::Desk;
use crate::work::{Queue, Work};

impl Work {
    /// Goes to where words to look for are typed.
    pub fn begin_to_find(self) {
        self.is_item_open.set(false);
        browser::focus(&["find-words"]);
    }

    /// Lists what is found; or what waits, when nothing is looked for any more.
    pub fn list(self, find: Option<FindItems>) {
        self.stop_writing();
        self.desk.update(Desk::empty);
        self.is_item_open.set(false);
        self.looked_back_to.set(None);
        self.queue.set(Queue::Waiting);
        self.finding.set(find);
        browser::focus(&["queue-title"]);
        spawn_local(async move {
            // What is found stands as it was decided.
            self.send_now().await;
            self.reload();
        });
    }

    /// A page of what is listed, and how far back it was looked.
    pub(crate) async fn page_of(
        find: Option<FindItems>,
        cursor: Option<Cursor>,
        site: Option<SiteId>,
    ) -> Result<(Page<QueueItem>, Option<i64>), Failure> {
        let Some(find) = find else { return Ok((api::queue(cursor, site).await?, None)) };
        let FoundItems { items, next, looked_back_to } =
            api::find(&FindItems { cursor, site: find.site.clone().or(site), ..find }).await?;
        Ok((Page { items, next }, looked_back_to))
    }
}
