//! Which connections keep their server waiting, and for how long, so that one of them can go when there is no place.
//!
//! A connection waits from its beginning, and again after each answer, until its request has come with all of its body.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::sync::Notify;

/// All connections that wait.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Turns>);

#[derive(Default)]
struct Turns {
    next: u64,
    /// By when they began to wait.
    ends: BTreeMap<u64, Arc<Notify>>,
}

impl Waiting {
    /// Ends the connection that has waited for longest; whether any waits.
    pub(super) fn end_longest(&self) -> bool {
        let longest = self.0.lock().unwrap_or_else(PoisonError::into_inner).ends.pop_first();
        if let Some((_, end)) = &longest {
            end.notify_one();
        }
        longest.is_some()
    }
}

/// One connection.
pub(super) struct Caller {
    waiting: Arc<Waiting>,
    /// Since when it waits; `None` while it is answered.
    turn: Mutex<Option<u64>>,
    end: Arc<Notify>,
}

impl Caller {
    /// One that begins, and waits.
    pub(super) fn new(waiting: Arc<Waiting>) -> Self {
        let caller = Self { waiting, turn: Mutex::new(None), end: Arc::default() };
        caller.waits();
        caller
    }

    /// From now on it waits.
    fn waits(&self) {
        let mut turns = self.waiting.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = turns.next;
        turns.next += 1;
        turns.ends.insert(turn, self.end.clone());
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = Some(turn);
    }

    /// From now on it is answered.
    pub(super) fn is_answered(&self) {
        let mut turns = self.waiting.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = self.turn.lock().unwrap_or_else(PoisonError::into_inner).take() {
            turns.ends.remove(&turn);
        }
    }

    /// Ready when it has to go. Who was asked to go and has sent everything meanwhile is answered first.
    pub(super) async fn is_ended(&self) {
        loop {
            self.end.notified().await;
            if self.turn.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
                return;
            }
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.is_answered();
    }
}

/// The body of a request, whose sender is answered when all of it has come.
pub(super) struct Arriving {
    body: Incoming,
    caller: Arc<Caller>,
}

impl Arriving {
    pub(super) fn new(body: Incoming, caller: Arc<Caller>) -> Self {
        if body.is_end_stream() {
            caller.is_answered();
        }
        Self { body, caller }
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.caller.is_answered();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer; when it has gone, its connection waits for the next request.
pub(super) struct Leaving {
    pub(super) body: Body,
    pub(super) caller: Arc<Caller>,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.caller.waits();
    }
}

impl HttpBody for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
