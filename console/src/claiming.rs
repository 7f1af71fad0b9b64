//! Reading an item so that no colleague decides about it meanwhile, and giving it to one of them.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::CLAIM_MS;
use peer_support_domain::post::Role;
use peer_support_domain::wire::NewHandOver;

use crate::api::{self, Failure};
use crate::browser;
use crate::desk;
use crate::locale::tr;
use crate::work::{Work, explain};

/// How long an item is read before it is claimed: who looks for the one they want passes many.
const READ_FOR: Duration = Duration::from_millis(250);
/// How often the list is asked for at most because something changed.
const RELOAD_AT_MOST_MS: i64 = 2_000;
/// How soon it is at the earliest: what happens together is asked for together.
const RELOAD_SOON_MS: i64 = 150;

impl Work {
    /// Whether whoever is signed in may decide about what is read: no colleague reads it.
    pub fn may_act(self) -> bool {
        untrack(|| self.may_decide()) && self.reading_id().is_some() && !self.reads_theirs()
    }

    /// Whether a colleague reads what is read here.
    fn reads_theirs(self) -> bool {
        self.desk.with_untracked(|desk| desk.reading().is_some_and(|reading| desk::is_theirs(&reading.item)))
    }

    /// Claims what is read now, once it can be seen, and lets go of what was read before.
    pub fn follow(self, id: Option<ItemId>) {
        let turn = self.turn.get_value().wrapping_add(1);
        self.turn.set_value(turn);
        if let Some((before, _)) = self.claimed.get_value().filter(|(before, _)| Some(*before) != id) {
            self.claimed.set_value(None);
            // The claim covers a decision that is kept, and goes with it.
            if !self.is_pending(before) {
                self.let_go(before);
            }
        }
        if let Some(id) = id {
            browser::later(READ_FOR, move || {
                if self.turn.get_value() == turn && browser::is_desk_seen() {
                    self.claim(id, false);
                }
            });
        }
    }

    /// Lets go of the item `id`, unless it is read.
    pub(crate) fn let_go(self, id: ItemId) {
        if untrack(|| self.most()) < Some(Role::Moderator) || self.reading_id() == Some(id) {
            return;
        }
        self.desk.update(|desk| desk.claimed(id, None));
        spawn_local(async move {
            // At worst it goes with its time.
            let _ = self.write(async |csrf| api::release(&csrf, id).await).await;
        });
    }

    /// Goes on reading what can be seen, when some of the claim's time has gone, or the colleague who had it may have left.
    pub fn go_on_reading(self) {
        let Some(id) = self.reading_id().filter(|_| browser::is_desk_seen()) else { return };
        let is_old = self
            .claimed
            .get_value()
            .is_none_or(|(claimed, at)| claimed != id || browser::now_ms() - at > CLAIM_MS / 4);
        if is_old && !self.reads_theirs() {
            self.claim(id, false);
        }
    }

    /// Takes what is read from the colleague who reads it.
    pub fn take_over(self) {
        if let Some(id) = self.reading_id().filter(|_| self.reads_theirs()) {
            self.claim(id, true);
        }
    }

    fn claim(self, id: ItemId, takes_over: bool) {
        if !untrack(|| self.may_decide()) {
            return;
        }
        spawn_local(async move {
            let answer = self.write(async |csrf| api::claim(&csrf, id, takes_over).await).await;
            match answer {
                Ok(claim) if self.reading_id() == Some(id) => {
                    self.claimed.set_value(Some((id, browser::now_ms())));
                    self.desk.update(|desk| desk.claimed(id, Some(&claim)));
                    if takes_over {
                        self.say(true, tr!("taken-over").to_owned(), None);
                        browser::focus(&["reading-title"]);
                    }
                }
                Ok(_) if self.is_pending(id) => {}
                // Read no more.
                Ok(_) => self.let_go(id),
                Err(Failure::Claimed(claim)) => self.desk.update(|desk| desk.claimed(id, Some(&claim))),
                Err(failure) if takes_over => {
                    self.say(false, tr!("not-taken-over", why = explain(&failure)), None);
                }
                // It can be read and decided without a claim; at worst a colleague is quicker.
                Err(_) => {}
            }
        });
    }

    /// Begins to write to whoever reads next what is read now.
    pub fn begin_to_hand_over(self) {
        if !self.may_act() {
            return;
        }
        self.stop_writing();
        self.is_handing_over.set(true);
        browser::focus(&["hand-over-note"]);
        let site = self.desk.with_untracked(|desk| desk.reading().map(|reading| reading.item.site.clone()));
        spawn_local(async move {
            if let Ok(colleagues) = api::colleagues(site.as_ref()).await {
                self.colleagues.set(colleagues.names);
            }
        });
    }

    /// Leaves the note for later; it is kept.
    pub fn stop_handing_over(self) {
        self.is_handing_over.set(false);
        browser::focus(&["hand-over", "reading-title"]);
    }

    /// Gives the item `id` to whoever reads it next; the note stays in its box until it arrived.
    pub fn hand_over(self, id: ItemId, new: NewHandOver) {
        if self.is_sending.get_untracked() {
            return;
        }
        self.is_sending.set(true);
        spawn_local(async move {
            let answer = self.write(async |csrf| api::hand_over(&csrf, id, &new).await).await;
            self.is_sending.set(false);
            match answer {
                Ok(hand_over) => {
                    self.notes.update(|notes| {
                        notes.remove(&id);
                    });
                    if self.claimed.get_value().is_some_and(|(claimed, _)| claimed == id) {
                        self.claimed.set_value(None);
                    }
                    self.desk.update(|desk| desk.claimed(id, None));
                    if self.reading_id() == Some(id) {
                        self.read(desk::Desk::read_next_free);
                        browser::focus(&["reading-title", "queue-title"]);
                    }
                    let said = match hand_over.to {
                        Some(name) => tr!("handed-over-to", name = name),
                        None => tr!("handed-over").to_owned(),
                    };
                    self.say(true, said, None);
                    self.reload();
                }
                Err(Failure::Gone) => self.say(false, tr!("not-said-gone").to_owned(), None),
                Err(failure) => self.say(false, tr!("not-handed-over", why = explain(&failure)), Some(id)),
            }
        });
    }

    /// Something changed at the desk: asks for the list soon, and not again and again.
    pub fn hear_of_change(self) {
        if self.is_due.get_value() || self.finding.with_untracked(Option::is_some) {
            return;
        }
        self.is_due.set_value(true);
        let since = browser::now_ms() - self.reloaded_ms.get_value();
        let wait = (RELOAD_AT_MOST_MS - since).max(RELOAD_SOON_MS);
        browser::later(Duration::from_millis(wait.unsigned_abs()), move || {
            self.is_due.set_value(false);
            if self.is_loading.get_untracked() {
                // What is on its way may be from before the change.
                self.hear_of_change();
            } else {
                self.reload();
            }
        });
    }
}
