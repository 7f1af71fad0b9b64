//! Words on their way: sent, sent again until they are there, or given up. However often and wherever it fails, they are
//! stored once.

use std::cell::Cell;
use std::time::Duration;

use leptos::prelude::set_timeout;
use peer_support_domain::recovery::RecoveryCode;
use peer_support_domain::site::LanguageTag;
use peer_support_domain::{language, wire};

use crate::api::{Failure, Taken};
use crate::locale::{Locale, tr};
use crate::session::{Attempt, Draft, Refusal, Sending, Sent, Session};
use crate::{browser, identity, work};

/// The longest pause between two tries.
const LONGEST_PAUSE_MS: u32 = 60_000;
/// The longest wait that a server may ask for.
const LONGEST_WAIT_SECONDS: u32 = 24 * 60 * 60;
/// How often words that were given up are looked for on the server, to take them back.
const MOST_TAKING_BACK: u32 = 10;
/// How often the server may ask for work for one post, before a moderator is asked to look first.
const MOST_WORK: u32 = 3;
/// What goes into `Proof-Of-Work` when no work was done.
const NO_WORK: &str = "none";

/// Sends the draft: the words that are in it now, and no others, as one attempt.
pub fn send(session: Session, t: Locale, draft: Draft, text: String) {
    let kept = session.kept();
    let id = identity::new_item_id();
    let (code, recovery) = identity::new_recovery_code();
    let new = wire::NewPost {
        id: Some(id),
        kind: draft.kind.now(),
        topic: draft.topic.now().parse().ok(),
        lang: language_of(t, &text),
        text,
        notes: draft.notes.now(),
        // Where a code says who answers, the key of this tab has no say.
        author: draft.code.is_none().then(|| kept.key.author(draft.thread.unwrap_or(id))),
        recovery: Some(recovery),
    };
    let key = identity::new_idempotency_key();
    draft.attempt.set(Some(Attempt {
        key,
        code,
        new,
        n_tries: Cell::default(),
        n_works: Cell::default(),
        may_be_stored: Cell::default(),
    }));
    try_now(session, draft, None);
}

/// Sends the draft's attempt once more, at once.
pub fn try_now(session: Session, draft: Draft, proof: Option<String>) {
    let attempt = draft.attempt.share_now();
    let Some(attempt) = &*attempt else { return };
    let turn = draft.next_turn();
    draft.work.set(None);
    draft.sending.set(Sending::Now);
    let code = attempt.code;
    let then = move |answer| {
        if draft.turn.now() == turn {
            answered(session, draft, answer);
        } else if matches!(answer, Ok(Taken::Stored(_)) | Err(Failure::Offline | Failure::Server)) {
            // It was given up while it was on its way.
            take_back(session, code, 0);
        }
    };
    session.kept().api.send(draft.thread, draft.code, &attempt.key, proof.as_deref(), &attempt.new, then);
}

/// The language that the words are in, as far as a device can tell: a wrong one is read out wrongly. Where the words are
/// too few to say, that of the panel, if the visitor's device speaks it before all others and the words are in its letters.
fn language_of(t: Locale, text: &str) -> Option<LanguageTag> {
    let likely = || {
        let own = t.language();
        let is_first = browser::speaks_first(&own);
        let is_latin = |text: &str| text.contains(|c: char| c.is_ascii_alphabetic());
        (is_first && is_latin(text) == is_latin(&tr!(t, "title"))).then_some(own)
    };
    language::of(text).map(str::to_owned).or_else(likely)?.parse().ok()
}

fn answered(session: Session, draft: Draft, answer: Result<Taken, Failure>) {
    let attempt = draft.attempt.share_now();
    let Some(attempt) = &*attempt else { return };
    let n_tries = attempt.n_tries.get() + 1;
    attempt.n_tries.set(n_tries);
    let pause_ms = match answer {
        Ok(Taken::Stored(receipt)) => {
            let code = attempt.code;
            session.learn_code(code);
            session.kept().config.posted();
            draft.attempt.set(None);
            change(session, draft, || {
                draft.sending.set(Sending::No);
                draft.sent.set(Some(Sent { code, receipt }));
            });
            return;
        }
        Ok(Taken::Work(challenge)) => {
            attempt.n_works.set(attempt.n_works.get() + 1);
            if attempt.n_works.get() > MOST_WORK {
                return try_now(session, draft, Some(NO_WORK.to_owned()));
            }
            let turn = draft.next_turn();
            draft.sending.set(Sending::Working);
            let done = move |proof: Option<String>| {
                if session.is_there() && draft.turn.now() == turn {
                    try_now(session, draft, Some(proof.unwrap_or_else(|| NO_WORK.to_owned())));
                }
            };
            draft.work.set(Some(work::begin(&challenge, done)));
            return;
        }
        Err(Failure::Offline | Failure::Server) => {
            attempt.may_be_stored.set(true);
            pause_ms(n_tries)
        }
        // Browsers take a pause of more than 24 days for none.
        Err(Failure::Rate(seconds)) => seconds.min(LONGEST_WAIT_SECONDS) * 1_000,
        Err(failure) => {
            draft.attempt.set(None);
            if attempt.may_be_stored.get() {
                take_back(session, attempt.code, 0);
            }
            change(session, draft, || draft.sending.set(Sending::Refused(Refusal::Failed(failure))));
            return;
        }
    };
    let why = answer.err().unwrap_or(Failure::Server);
    let turn = draft.next_turn();
    draft.sending.set(Sending::Later { why, at_ms: browser::now_ms() + i64::from(pause_ms) });
    after(pause_ms, move || {
        if session.is_there() && draft.turn.now() == turn {
            try_now(session, draft, None);
        }
    });
}

/// Sends what waits for the network, now that it is back.
pub fn back_online(session: Session) {
    if session.is_there() {
        for draft in session.drafts() {
            if matches!(draft.sending.now(), Sending::Later { why: Failure::Offline | Failure::Server, .. }) {
                try_now(session, draft, None);
            }
        }
    }
}

/// Sends without the work that was asked for: then a moderator looks first.
pub fn without_work(session: Session, draft: Draft) {
    try_now(session, draft, Some(NO_WORK.to_owned()));
}

/// Gives the sending up. The words stay with their author; what of them may have come to the server is taken back.
pub fn give_up(session: Session, draft: Draft) {
    draft.next_turn();
    draft.work.set(None);
    let attempt = draft.attempt.share_now();
    if let Some(attempt) = attempt.as_ref().as_ref().filter(|attempt| attempt.may_be_stored.get()) {
        take_back(session, attempt.code, 0);
    }
    draft.attempt.set(None);
    change(session, draft, || draft.sending.set(Sending::No));
}

/// Shows something else in the draft's place; the focus goes along if it was there, or nowhere: a quick answer comes before it
/// has moved.
fn change(session: Session, draft: Draft, show: impl FnOnce()) {
    let [way, form, sent] = match draft.thread {
        None => ["post-on-its-way", "your-words", "sent-post"],
        Some(_) => ["reply-on-its-way", "your-reply", "sent-reply"],
    };
    let moves =
        browser::nothing_has_focus() || session.root().is_some_and(|root| browser::has_focus(&root, way));
    show();
    if moves {
        session.focus(if draft.sent.share_now().is_some() { sent } else { form });
    }
}

/// Deletes what `code` opens, if it opens anything: its author does not want it there.
fn take_back(session: Session, code: RecoveryCode, n_tries: u32) {
    if !session.is_there() {
        return;
    }
    session.kept().api.delete_mine(code, move |answer| {
        if answer.is_err() && n_tries < MOST_TAKING_BACK {
            after(pause_ms(n_tries + 1), move || take_back(session, code, n_tries + 1));
        }
    });
}

/// How long to wait after so many tries: twice as long each time, and never quite the same, because a server that comes
/// back would have all who wait for it at its door at once.
fn pause_ms(n_tries: u32) -> u32 {
    let [chance] = browser::random::<1>();
    let whole = (1_000 << n_tries.min(6)).min(LONGEST_PAUSE_MS);
    whole * 3 / 4 + whole / 2 * u32::from(chance) / 256
}

fn after(pause_ms: u32, act: impl FnOnce() + 'static) {
    set_timeout(act, Duration::from_millis(pause_ms.into()));
}
