//! What the device has to say about words that are being written: whom to call, what may tell who somebody is, and that
//! telling how may hurt a reader. It says so beside the box, in a pause; sending is always possible.

use std::time::Duration;

use leptos::prelude::set_timeout;

use super::talk::lines;
use super::{actions, notice};
use crate::browser::{self, Pause};
use crate::dom::{self, El, button, classed, el};
use crate::locale::{Locale, tr};
use crate::noticing::{self, Noticed, Offer, Place};
use crate::session::{Draft, Session};

/// Below the box of `draft`, whose id is `id`.
pub fn noticing(session: Session, t: Locale, draft: Draft, id: &'static str) -> El {
    let pause = Pause::default();
    dom::follow(Box::new(move || {
        if !draft.text.share().is_empty() {
            pause.then(move || {
                // A pause may end when the panel is gone.
                if session.is_there() {
                    noticing::look(session, draft);
                }
            });
        }
    }));
    let offer = move || match draft.offer.get() {
        Offer::Made => vec![offer(session, t, draft, id)],
        Offer::No | Offer::Closed => Vec::new(),
    };
    let personal = move || personal(session, t, draft, id);
    let method = move || match draft.noticed.share().is_method {
        true => vec![notice(&tr!(t, "notice-method"))],
        false => Vec::new(),
    };
    classed("div", "noticing")
        .child(el("div").attr("role", "alert").children_of(offer))
        .child(el("div").children_of(personal))
        .child(el("div").attr("role", "status").children_of(method))
}

/// One or two lines to call, once a draft.
fn offer(session: Session, t: Locale, draft: Draft, id: &'static str) -> El {
    let close = button("plain", &tr!(t, "not-now"), move || {
        draft.offer.set(Offer::Closed);
        session.focus(id);
    });
    let card = classed("div", "card")
        .child(el("p").text(&tr!(t, "notice-crisis")))
        .child(lines(session))
        .child(actions([close]));
    // The one thing here that moves by itself, once: below the edge nobody would see it.
    let node = card.node().clone();
    set_timeout(move || browser::bring_into_sight(&node), Duration::ZERO);
    card
}

/// What may tell who somebody is, each with a way to take it out and one to leave it.
fn personal(session: Session, t: Locale, draft: Draft, id: &'static str) -> Vec<El> {
    let noticed = draft.noticed.share();
    let open = open(draft, &noticed);
    if open.is_empty() {
        return Vec::new();
    }
    let rows = open.into_iter().enumerate().map(|(n, place)| {
        let words = noticed.words(place);
        let name = ["found-", &n.to_string()].concat();
        let without = noticed.without(place);
        let remove = button("plain", &tr!(t, "finding-remove"), move || {
            draft.text.set(without.clone());
            if let Some(field) = session.root().and_then(|root| browser::first(&root, &["#", id].concat())) {
                dom::set_value(&field, &without);
            }
            noticing::look(session, draft);
            session.focus(id);
        });
        let kept = words.clone();
        let keep = button("plain", &tr!(t, "finding-keep"), move || {
            draft.keeps.update(|keeps| keeps.push(kept.clone()));
            session.focus(id);
        });
        let buttons = [remove, keep].map(|button| button.attr("aria-describedby", &name));
        classed("li", "finding").child(el("bdi").attr("id", &name).text(&words)).child(actions(buttons))
    });
    vec![
        el("p").attr("role", "status").text(&tr!(t, "notice-identifies")),
        classed("ul", "findings").children(rows),
    ]
}

/// What was found and not chosen to stay.
fn open(draft: Draft, noticed: &Noticed) -> Vec<Place> {
    let keeps = draft.keeps.share();
    noticed.personal.iter().copied().filter(|place| !keeps.contains(&noticed.words(*place))).collect()
}

/// The text of the box once more, unseen, so that a line can be drawn under what was found. It lies below the box and
/// scrolls with it.
pub fn underlines(draft: Draft) -> El {
    let pieces = move || {
        let noticed = draft.noticed.share();
        // What was typed since is not read yet: its places would lie elsewhere.
        let text = draft.text.share();
        if *text != noticed.text {
            return Vec::new();
        }
        let mut pieces = Vec::new();
        let mut at = 0;
        for (start, end) in open(draft, &noticed) {
            if start >= at {
                pieces.push(el("span").text(&noticed.words((at, start))));
                pieces.push(el("mark").text(&noticed.words((start, end))));
                at = end;
            }
        }
        pieces.push(el("span").text(&noticed.words((at, usize::MAX))));
        pieces
    };
    classed("div", "under").attr("aria-hidden", "true").attr("dir", "auto").children_of(pieces)
}
