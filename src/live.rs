//! What becomes published while somebody looks at *Stories*, heard by a stream of the server's.
//!
//! It is open only while the view is in sight of somebody: a phone in a pocket keeps no connection. Without it, all is
//! as it was: what is new shows when the list is asked for again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Array, Reflect};
use leptos::prelude::{LocalStorage, StoredValue, document, set_timeout, window};
use peer_support_domain::wire::{PublishedPost, PublishedReply};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{AbortController, IntersectionObserver};

use crate::api::Failure;
use crate::browser;
use crate::dom::El;
use crate::session::Session;

/// How long to wait before the next try, the first time and at most; a little more or less, so that not all panels of a
/// server that was restarted come back in the same moment.
const RETRY_MS: i64 = 5_000;
const RETRY_DOUBLINGS: u32 = 6;
/// How long the view must stay in or out of sight before that changes anything: people scroll to and fro.
const SETTLED: Duration = Duration::from_millis(500);

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Everyone can read this post.
    Post(PublishedPost),
    /// Everyone can read one more reply.
    Reply(PublishedReply),
    /// For a while nothing was heard, and something may have been published.
    Gap,
}

/// Listens while `view` is in sight, as long as the owner lives that this is called under.
pub fn follow(session: Session, view: &El) {
    // A browser too old to tell what is in sight shows what is new when the list is asked for again.
    if let Some(following) = Following::begin(session, view) {
        StoredValue::<_, LocalStorage>::new_local(following);
    }
}

/// What listens, until it is dropped.
struct Following {
    stream: Rc<Stream>,
    sight: IntersectionObserver,
    turned: Closure<dyn Fn()>,
    left: Closure<dyn Fn()>,
}

impl Following {
    fn begin(session: Session, view: &El) -> Option<Following> {
        let stream = Rc::new(Stream {
            session,
            is_in_sight: Cell::default(),
            open: RefCell::default(),
            has_begun: Cell::default(),
            has_heard: Cell::default(),
            n_failures: Cell::default(),
            not_before: Cell::default(),
            is_due: Cell::default(),
        });
        let seen = stream.clone();
        // Tells of a closed dialog and another tab, too: what is not drawn is not in sight.
        let look: Box<dyn Fn(Array)> = Box::new(move |entries: Array| {
            let is = Reflect::get(&entries.pop(), &"isIntersecting".into());
            seen.is_in_sight.set(is.is_ok_and(|is| is.is_truthy()));
            settle_in(&seen, SETTLED);
        });
        let look = Closure::wrap(look).into_js_value();
        let sight = IntersectionObserver::new(look.unchecked_ref()).ok()?;
        sight.observe(view.node());
        let page = stream.clone();
        let turned: Box<dyn Fn()> = Box::new(move || settle_in(&page, SETTLED));
        let turned = Closure::wrap(turned);
        let _ = document().add_event_listener_with_callback(TURNED, turned.as_ref().unchecked_ref());
        // A page that goes into the browser's memory must not take an open connection along: it would not be kept. When it
        // comes back, it turns visible. Firefox decides before any event tells us, and keeps no page that is left meanwhile.
        let page = stream.clone();
        let left: Box<dyn Fn()> = Box::new(move || close(&page));
        let left = Closure::wrap(left);
        let _ = window().add_event_listener_with_callback(LEFT, left.as_ref().unchecked_ref());
        Some(Following { stream, sight, turned, left })
    }
}

const TURNED: &str = "visibilitychange";
const LEFT: &str = "pagehide";

impl Drop for Following {
    fn drop(&mut self) {
        self.sight.disconnect();
        let _ = document().remove_event_listener_with_callback(TURNED, self.turned.as_ref().unchecked_ref());
        let _ = window().remove_event_listener_with_callback(LEFT, self.left.as_ref().unchecked_ref());
        self.stream.is_in_sight.set(false);
        settle(&self.stream);
    }
}

struct Stream {
    session: Session,
    is_in_sight: Cell<bool>,
    /// Ends the stream that is open or on its way.
    open: RefCell<Option<AbortController>>,
    /// Whether that one said anything yet.
    has_begun: Cell<bool>,
    /// Whether an earlier one did.
    has_heard: Cell<bool>,
    n_failures: Cell<u32>,
    not_before: Cell<i64>,
    /// Whether it is to be looked at again by a timer.
    is_due: Cell<bool>,
}

fn settle_in(stream: &Rc<Stream>, wait: Duration) {
    if !stream.is_due.replace(true) {
        let stream = stream.clone();
        set_timeout(
            move || {
                stream.is_due.set(false);
                settle(&stream);
            },
            wait,
        );
    }
}

/// Opens the stream when somebody is there to see what it says, and else closes it.
fn settle(stream: &Rc<Stream>) {
    let is_seen = Reflect::get(&document(), &"hidden".into()).is_ok_and(|hidden| hidden.is_falsy());
    if !(is_seen && stream.is_in_sight.get() && stream.session.is_there()) {
        close(stream);
    } else if stream.open.borrow().is_none() {
        let wait = stream.not_before.get() - browser::now_ms();
        match u64::try_from(wait) {
            Ok(wait @ 1..) => settle_in(stream, Duration::from_millis(wait)),
            _ => open(stream.clone()),
        }
    }
}

fn close(stream: &Stream) {
    if let Some(open) = stream.open.take() {
        open.abort();
    }
}

fn open(stream: Rc<Stream>) {
    let Ok(abort) = AbortController::new() else { return };
    stream.open.replace(Some(abort.clone()));
    stream.has_begun.set(false);
    let (hearing, abort_it) = (stream.clone(), abort.clone());
    let kept = stream.session.kept();
    let ended = move |ended: Result<String, Failure>| {
        if stream.open.borrow().as_ref() != Some(&abort) {
            // Closed because nobody looks; perhaps another one is open by now.
            return;
        }
        // Where the server refuses, what is left here says that a stream is open, and no other one is begun.
        if matches!(ended, Err(Failure::Closed | Failure::Missing | Failure::Text)) {
            return;
        }
        stream.open.take();
        let n_failures = stream.n_failures.get();
        stream.n_failures.set((n_failures + 1).min(RETRY_DOUBLINGS));
        let wait = RETRY_MS << n_failures;
        let [chance] = browser::random();
        stream.not_before.set(browser::now_ms() + wait / 2 + wait * i64::from(chance) / 255);
        settle(&stream);
    };
    kept.api.live(abort_it, move |told| hear(&hearing, told), ended);
}

/// Takes a sign of life, and what it told.
fn hear(stream: &Stream, told: Option<Told>) {
    let mut new = Vec::new();
    if !stream.has_begun.replace(true) {
        stream.n_failures.set(0);
        if stream.has_heard.replace(true) {
            new.push(Told::Gap);
        }
    }
    new.extend(told);
    if !new.is_empty() && stream.session.is_there() {
        stream.session.heard.update(|heard| heard.extend(new));
    }
}
