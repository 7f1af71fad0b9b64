//! What a moderator changes about an item before others read it: places taken out, content notes chosen.

use leptos::prelude::*;
use peer_support_domain::limits::TAKEN_OUT_PLACES;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::redaction::Span;

use crate::browser;
use crate::desk;
use crate::locale::tr;
use crate::spans;
use crate::work::Work;

impl Work {
    /// The places to take out of what is read, as long as its text is the one that they were chosen in.
    pub fn taken_out(self) -> Vec<Span> {
        self.desk.with(|desk| {
            let Some(item) = desk.reading().map(|reading| &reading.item) else { return Vec::new() };
            self.cuts.with(|cuts| match cuts.get(&item.id) {
                Some((text, spans)) if *text == item.text => spans.clone(),
                _ => Vec::new(),
            })
        })
    }

    fn set_taken_out(self, spans: Vec<Span>) {
        let item = self.desk.with_untracked(|desk| {
            desk.reading().map(|reading| (reading.item.id, reading.item.text.clone()))
        });
        if let Some((id, text)) = item {
            self.cuts.update(|cuts| {
                cuts.insert(id, (text, spans));
            });
        }
    }

    /// Takes a place out of what is read; others never see it, once it is approved.
    pub fn take_out(self, span: Span) {
        let before = untrack(|| self.taken_out());
        let after = spans::with(&before, span);
        if after.len() > TAKEN_OUT_PLACES {
            self.say(false, tr!("take-out-full").to_owned(), None);
        } else if after == before {
            self.say(false, tr!("take-out-nothing").to_owned(), None);
        } else {
            let n = after.len().to_string();
            self.set_taken_out(after);
            self.say(true, tr!("taken-out", n = n), None);
        }
    }

    /// Leaves a place in after all.
    pub fn put_back_words(self, span: Span) {
        let mut spans = untrack(|| self.taken_out());
        spans.retain(|other| *other != span);
        self.set_taken_out(spans);
        browser::focus(&["reading-title"]);
    }

    /// Whether what is read can be published by an answer to it.
    fn may_edit(self) -> bool {
        self.may_act()
            && self.desk.with_untracked(|desk| {
                desk.reading().is_some_and(|reading| desk::answers(&reading.item).yes.is_some())
            })
            && !self.must_read_first()
    }

    /// Takes out what is selected in the words, or, when nothing is, begins to choose by keys.
    pub fn begin_to_take_out(self) {
        if !self.may_edit() {
            return;
        }
        let text = self.desk.with_untracked(|desk| desk.reading().map(|reading| reading.item.text.clone()));
        match (text, browser::selected_in("words")) {
            (Some(text), Some((start, end))) => self.take_out(spans::of_utf16(&text, start, end)),
            _ => {
                self.is_taking_out.set(true);
                browser::focus(&["take-out"]);
            }
        }
    }

    /// Stops choosing; what was taken out stays so.
    pub fn stop_taking_out(self) {
        self.is_taking_out.set(false);
        browser::focus(&["reading-title"]);
    }

    /// Begins to choose the notes with which what is read is published.
    pub fn begin_to_fold(self) {
        if self.may_edit() {
            self.stop_writing();
            self.is_folding.set(true);
            browser::focus(&["fold-first"]);
        }
    }

    /// Leaves the notes as they are.
    pub fn stop_folding(self) {
        self.is_folding.set(false);
        browser::focus(&["fold", "reading-title"]);
    }

    /// Lets what is read be read, folded under these notes.
    pub fn fold(self, notes: ContentNotes) {
        if let Some(approval) = self.answers().yes {
            self.decide_with(approval, None, Some(notes));
        }
    }
}
