//! The last decision, which stays on the desk for a moment before it is sent, so that it can be taken back.
//!
//! Nothing is published earlier; when the page dies meanwhile, the item is in the queue as before.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::id::ItemId;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::{Decision, State};
use peer_support_domain::redaction::Span;
use peer_support_domain::wire::{Decide, QueueItem};

use crate::keys::UNDO_MS;
use crate::locale::tr;
use crate::work::{Work, describe};
use crate::{api, browser};

/// A decision that is not sent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// What it is about, as it was read.
    pub item: QueueItem,
    /// What was decided.
    pub decision: Decision,
    /// Why.
    pub reason: Option<String>,
    /// Content notes in place of the author's.
    pub notes: Option<ContentNotes>,
    /// Places to take out.
    pub taken_out: Vec<Span>,
}

impl Pending {
    /// As it is sent.
    pub fn to_request(&self) -> Decide {
        Decide {
            decision: self.decision,
            reason: self.reason.clone(),
            read_text: Some(self.item.text.clone()),
            n_decisions: Some(self.item.n_decisions),
            notes: self.notes,
            taken_out: self.taken_out.clone(),
        }
    }
}

impl Work {
    /// Keeps a decision for a moment, and sends it then. One that was kept before is sent at once.
    pub fn send_in_a_moment(self, pending: Pending) {
        self.send_before();
        let what = describe(&pending.item);
        let said = match pending.decision {
            Decision::Approve
                if pending.item.state == State::Published && pending.item.published_text.is_none() =>
            {
                tr!("will-keep", what = what)
            }
            Decision::Approve => tr!("will-approve", what = what),
            Decision::Decline => tr!("will-decline", what = what),
            Decision::Hide => tr!("will-hide", what = what),
            Decision::Restore => tr!("will-restore", what = what),
        };
        self.pending.set(Some(pending));
        self.say(true, said, None);
        self.send_when_kept();
    }

    /// Sends what is kept once it can be taken back no more.
    pub(crate) fn send_when_kept(self) {
        let kept = self.kept.get_value().wrapping_add(1);
        self.kept.set_value(kept);
        browser::later(Duration::from_millis(UNDO_MS), move || {
            // Another one may be kept by now, or this one taken back and made anew: then that one's time counts.
            if self.kept.get_value() == kept {
                self.send_before();
            }
        });
    }

    /// Sends what is kept, without waiting for the answer.
    pub(crate) fn send_before(self) {
        self.send_spam_before();
        if let Some(pending) = self.take_pending() {
            spawn_local(async move {
                self.send(pending).await;
            });
        }
    }

    /// Sends what is kept; whether nothing is left to be done about it.
    pub async fn send_now(self) -> bool {
        if let Some(pending) = self.take_pending_spam() {
            return self.send_spam(pending).await;
        }
        match self.take_pending() {
            Some(pending) => self.send(pending).await,
            None => true,
        }
    }

    /// Sends what is kept, and stops reading, on a page that is being left.
    pub fn leave(self) {
        let Some(session) = self.session() else { return };
        if let Some(pending) = self.take_pending() {
            api::decide_on_leaving(&session.csrf, pending.item.id, &pending.to_request());
            self.desk.update(|desk| desk.arrived(pending.item.id));
        }
        if let Some(pending) = self.take_pending_spam() {
            api::decline_spam_on_leaving(&session.csrf, &pending.to_request());
            self.desk.update(|desk| pending.items.iter().for_each(|item| desk.arrived(item.id)));
        }
        if let Some((id, _)) = self.claimed.get_value() {
            self.claimed.set_value(None);
            api::release_on_leaving(&session.csrf, id);
        }
    }

    /// Takes the last decision back: the item is read again, and the reason is in its box.
    pub fn undo(self) {
        let Some(Pending { item, reason, .. }) = self.take_pending() else { return self.undo_spam() };
        let (id, what) = (item.id, describe(&item));
        self.desk.update(|desk| desk.put_back(item));
        self.read(|desk| desk.read(id));
        self.is_declining.set(reason.is_some());
        self.say(true, tr!("undone", what = what), None);
        browser::focus(if reason.is_some() { &["reason"] } else { &["reading-title"] });
    }

    fn take_pending(self) -> Option<Pending> {
        // Nobody is told when nothing changes.
        if self.pending.with_untracked(Option::is_none) {
            return None;
        }
        self.pending.try_update(Option::take).flatten()
    }

    /// Whether something is kept that can be taken back.
    pub(crate) fn keeps_something(self) -> bool {
        self.pending.with_untracked(Option::is_some) || self.pending_spam.with_untracked(Option::is_some)
    }

    /// Whether the decision about the item `id` is kept.
    pub fn is_pending(self, id: ItemId) -> bool {
        let is_one = self.pending.with_untracked(|one| one.as_ref().is_some_and(|one| one.item.id == id));
        is_one
            || self.pending_spam.with_untracked(|spam| {
                spam.as_ref().is_some_and(|spam| spam.items.iter().any(|item| item.id == id))
            })
    }
}
