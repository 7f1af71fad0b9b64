//! What stands around the item that is read: asked for when the moderator wants to see it, and then beside each item.

use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::cursor::Cursor;
use peer_support_domain::id::ItemId;
use peer_support_domain::wire::Thread;

use crate::api::{self, Failure};
use crate::browser;
use crate::work::Work;

/// What the request for a thread came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beside {
    /// It is on its way.
    Asking,
    /// It is here, as far as it was unfolded.
    Here(Thread),
    /// It failed.
    Failed(Failure),
}

/// Which replies of a thread are asked for: those around the item, or a page before or after these.
#[derive(Clone, Copy, Debug)]
pub enum Further {
    /// Before.
    Before(Cursor),
    /// After.
    After(Cursor),
}

impl Work {
    /// Shows the thread beside what is read, and beside what is read after it; or hides it again.
    pub fn toggle_thread(self) {
        if self.reading_id().is_none() || self.must_read_first() {
            return;
        }
        self.is_thread_open.update(|is_open| *is_open = !*is_open);
        browser::focus(if self.is_thread_open.get_untracked() {
            &["thread-here", "thread"]
        } else {
            &["thread"]
        });
    }

    /// Asks for the thread of the item `id`.
    pub fn ask_thread(self, id: ItemId) {
        self.beside.set(Some((id, Beside::Asking)));
        spawn_local(async move {
            let answer = match api::thread(id, None).await {
                Ok(thread) => Beside::Here(thread),
                Err(failure) => Beside::Failed(failure),
            };
            if self.is_beside(id) {
                self.beside.set(Some((id, answer)));
            }
        });
    }

    /// Unfolds the thread of the item `id` in one direction.
    pub fn ask_further(self, id: ItemId, further: Further) {
        if self.is_sending.get_untracked() {
            return;
        }
        self.is_sending.set(true);
        spawn_local(async move {
            let answer = api::thread(id, Some(further)).await;
            self.is_sending.set(false);
            if !self.is_beside(id) {
                return;
            }
            match answer {
                Ok(more) => self.beside.update(|beside| {
                    let Some((_, Beside::Here(thread))) = beside else { return };
                    match further {
                        Further::Before(_) => {
                            thread.before = more.before;
                            thread.replies.splice(0..0, more.replies);
                        }
                        Further::After(_) => {
                            thread.after = more.after;
                            thread.replies.extend(more.replies);
                        }
                    }
                }),
                Err(failure) => self.tell(false, crate::work::explain(&failure)),
            }
        });
    }

    fn is_beside(self, id: ItemId) -> bool {
        self.beside.with_untracked(|beside| beside.as_ref().is_some_and(|(of, _)| *of == id))
    }
}
