//! Several items that only sell something or repeat others, declined at once; kept for a moment as any decision is.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::SPAM_ITEMS;
use peer_support_domain::wire::{Became, DeclineSpam, QueueItem, ReadItem, SpamOutcome};

use crate::api::{self, Failure};
use crate::browser;
use crate::desk;
use crate::locale::{key, tr};
use crate::work::{Work, describe, explain, meanwhile};

/// Several items that are to be declined, and were not sent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingSpam {
    /// They, as they were read.
    pub items: Vec<QueueItem>,
    /// Why.
    pub reason: String,
}

impl PendingSpam {
    /// As it is sent.
    pub fn to_request(&self) -> DeclineSpam {
        let read = |item: &QueueItem| ReadItem {
            id: item.id,
            read_text: item.text.clone(),
            n_decisions: item.n_decisions,
        };
        DeclineSpam { reason: self.reason.clone(), items: self.items.iter().map(read).collect() }
    }
}

impl Work {
    /// Chooses what is read, to be declined with others; or does not choose it after all.
    pub fn choose_reading(self) {
        let item = self.desk.with_untracked(|desk| desk.reading().map(|reading| reading.item.clone()));
        match item {
            Some(item) if untrack(|| self.may_decide()) && desk::is_only_spam(&item) => self.choose(item.id),
            Some(_) => self.say(false, tr!("spam-not-that").to_owned(), None),
            None => {}
        }
    }

    /// As [`choose_reading`](Self::choose_reading), for any item in the list.
    pub fn choose(self, id: ItemId) {
        let n = self.chosen.try_update(|chosen| {
            if !chosen.remove(&id) && chosen.len() < *SPAM_ITEMS.end() {
                chosen.insert(id);
            }
            chosen.len()
        });
        self.say(true, tr!("spam-chosen", n = n.unwrap_or_default().to_string()), None);
    }

    /// The chosen items that still wait.
    pub fn chosen_items(self) -> Vec<QueueItem> {
        let chosen = self.chosen.get();
        let may = |item: &&QueueItem| chosen.contains(&item.id) && desk::is_only_spam(item);
        self.desk.with(|desk| desk.waiting().iter().filter(may).cloned().collect())
    }

    /// Begins to write why the chosen items are declined.
    pub fn begin_to_decline_spam(self) {
        let items = untrack(|| self.chosen_items());
        if items.is_empty() {
            return self.say(false, tr!("spam-none-chosen").to_owned(), None);
        }
        self.stop_writing();
        if self.spam_reason.with_untracked(String::is_empty) {
            // In their authors' language, when all have the same.
            let langs: BTreeSet<Option<&str>> =
                items.iter().map(|item| item.lang.as_ref().map(|lang| lang.as_str())).collect();
            let lang = langs.first().copied().flatten().filter(|_| langs.len() == 1);
            self.spam_reason.set(key!("template-promotion-text").text_for(lang).0.to_owned());
        }
        self.is_item_open.set(false);
        self.is_declining_spam.set(true);
        browser::focus(&["spam-reason"]);
    }

    /// Leaves it; what was chosen stays so.
    pub fn stop_declining_spam(self) {
        self.is_declining_spam.set(false);
        browser::focus(&["spam-decline", "queue-title"]);
    }

    /// Takes the chosen items off the desk, to be declined in a moment.
    pub fn decline_spam(self, reason: String) {
        let ids: Vec<ItemId> = untrack(|| self.chosen_items()).iter().map(|item| item.id).collect();
        let items = self.desk.try_update(|desk| desk.take(&ids)).unwrap_or_default();
        self.stop_writing();
        self.chosen.set(BTreeSet::new());
        if items.is_empty() {
            return;
        }
        let said = tr!("will-decline-spam", n = items.len().to_string());
        self.send_before();
        self.pending_spam.set(Some(PendingSpam { items, reason }));
        self.spam_reason.set(String::new());
        self.say(true, said, None);
        self.send_when_kept();
        browser::focus(&["queue-reading", "queue-title"]);
    }

    /// Takes it back: the items are in the list again, chosen, and the reason is in its box.
    pub(crate) fn undo_spam(self) {
        let Some(PendingSpam { items, reason }) = self.take_pending_spam() else { return };
        self.chosen.set(items.iter().map(|item| item.id).collect());
        self.spam_reason.set(reason);
        // From the last on, so that each finds its place.
        self.desk.update(|desk| items.into_iter().rev().for_each(|item| desk.put_back(item)));
        self.say(true, tr!("undone-spam").to_owned(), None);
        browser::focus(&["spam-decline", "queue-title"]);
    }

    pub(crate) fn take_pending_spam(self) -> Option<PendingSpam> {
        if self.pending_spam.with_untracked(Option::is_none) {
            return None;
        }
        self.pending_spam.try_update(Option::take).flatten()
    }

    /// Sends what was chosen; whether nothing is left to be done about it.
    pub(crate) async fn send_spam(self, pending: PendingSpam) -> bool {
        let body = pending.to_request();
        let answer = self.write(async |csrf| api::decline_spam(&csrf, &body).await).await;
        let outcomes = match answer {
            Ok(declined) => declined.outcomes,
            Err(failure) => {
                self.desk.update(|desk| pending.items.into_iter().rev().for_each(|item| desk.put_back(item)));
                let why = match failure {
                    Failure::SignedOut | Failure::OtherSession => {
                        self.lapse();
                        tr!("not-sent-spam-lapsed").to_owned()
                    }
                    failure => tr!("not-sent-spam", why = explain(&failure)),
                };
                self.say(false, why, None);
                return false;
            }
        };
        let mut said = Vec::new();
        let mut n_declined = 0;
        for item in pending.items.into_iter().rev() {
            let what = describe(&item);
            let outcome = outcomes.iter().find(|outcome| outcome.id == item.id);
            let Some(SpamOutcome { became, claim, decided, .. }) = outcome else { continue };
            match became {
                Became::Declined => n_declined += 1,
                Became::Decided => said.push(meanwhile(decided.as_ref(), what)),
                Became::Gone => said.push(tr!("gone", what = what)),
                Became::TextChanged => said.push(tr!("changed", what = what)),
                Became::NotSpam => said.push(tr!("spam-not-only", what = what)),
                Became::Claimed => {
                    let name = claim.as_ref().map(|claim| claim.name.clone()).unwrap_or_default();
                    said.push(tr!("not-sent-claimed", name = name, what = what));
                }
            }
            match became {
                Became::Declined | Became::Decided | Became::Gone => {
                    self.desk.update(|desk| desk.arrived(item.id));
                }
                Became::Claimed | Became::TextChanged | Became::NotSpam => {
                    self.desk.update(|desk| desk.put_back(item));
                }
            }
        }
        said.push(tr!("declined-spam", n = n_declined.to_string()));
        said.reverse();
        // What can still be taken back stays on the screen, unless something went wrong.
        if said.len() > 1 || !self.keeps_something() {
            self.say(said.len() == 1, said.join(" "), None);
        }
        self.reload();
        true
    }

    /// Sends what was chosen, without waiting for the answer.
    pub(crate) fn send_spam_before(self) {
        if let Some(pending) = self.take_pending_spam() {
            spawn_local(async move {
                self.send_spam(pending).await;
            });
        }
    }
}
