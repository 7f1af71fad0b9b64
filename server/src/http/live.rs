//! What becomes published, as server-sent events: an open panel says "2 new, show" without asking again and again.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::convert::Infallible;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use peer_support_domain::limits::{LIVE_HEARTBEAT, STREAMS_OF_NETWORK};
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{PublishedPost, PublishedReply};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::App;
use super::caller::Caller;
use super::params::Path;
use super::problem::Problem;
use super::sender::Sender;
use crate::checks::Network;
use crate::store::{Listener, Published, Tidings};

/// The streams of this server: how many may still open, of each network too, and when all of them end.
pub struct Streams {
    free: Arc<Semaphore>,
    /// How many are open of each network. Those that are open when the day's salt is replaced are no longer told from others.
    by_network: Open<Network>,
    end: watch::Sender<bool>,
}

/// How many streams are open of each.
pub(super) type Open<Of> = Arc<Mutex<HashMap<Of, usize>>>;

impl Streams {
    pub(super) fn new(n_streams: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(n_streams)),
            by_network: Arc::default(),
            end: watch::Sender::new(false),
        }
    }

    /// Ends every stream, also those that would begin after this: the server stops, and nobody waits for a stream to end
    /// by itself.
    pub fn end(&self) {
        self.end.send_replace(true);
    }

    /// Tells when all streams end.
    pub(super) fn ends(&self) -> watch::Receiver<bool> {
        self.end.subscribe()
    }

    fn enter(&self, network: Option<Network>) -> Result<RoomOfServer, Problem> {
        let of_network = network
            .map(|network| {
                Room::take(&self.by_network, network, STREAMS_OF_NETWORK).ok_or(Problem::NetworkStreamsFull)
            })
            .transpose()?;
        let of_server = self.free.clone().try_acquire_owned().map_err(|_| Problem::StreamsFull)?;
        Ok(RoomOfServer { _of_server: of_server, _of_network: of_network })
    }
}

/// Room for one stream among all, until it is dropped.
struct RoomOfServer {
    _of_server: OwnedSemaphorePermit,
    _of_network: Option<Room<Network>>,
}

/// Room for one stream of a network or a session, until it is dropped.
pub(super) struct Room<Of: Eq + Hash + Copy> {
    open: Open<Of>,
    of: Of,
}

impl<Of: Eq + Hash + Copy> Room<Of> {
    /// `None` when `most` are open.
    pub(super) fn take(open: &Open<Of>, of: Of, most: usize) -> Option<Self> {
        let mut n_open_of = open.lock().unwrap_or_else(PoisonError::into_inner);
        let n_open = n_open_of.entry(of).or_default();
        if *n_open >= most {
            return None;
        }
        *n_open += 1;
        Some(Self { open: open.clone(), of })
    }
}

impl<Of: Eq + Hash + Copy> Drop for Room<Of> {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut n_open) = open.entry(self.of) {
            *n_open.get_mut() -= 1;
            if *n_open.get() == 0 {
                n_open.remove();
            }
        }
    }
}

/// A stream of the events that `next` gives.
pub(super) fn events<Source, Next>(
    source: Source,
    next: impl FnMut(Source) -> Next + Send + 'static,
) -> Response
where
    Source: Send + 'static,
    Next: Future<Output = Option<(Bytes, Source)>> + Send + 'static,
{
    // Says at once, also through proxies that wait for a first byte, that the stream stands.
    let begun = stream::once(async { COMMENT });
    let events = stream::StreamExt::chain(begun, stream::unfold(source, next));
    let events = stream::StreamExt::map(events, Ok::<_, Infallible>);
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        // nginx would keep events back until some kilobytes have gathered.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(events)).into_response()
}

/// `GET /api/v1/sites/{site}/live`.
pub(super) async fn get_live(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    caller: Caller,
    Sender(network): Sender,
) -> Result<Response, Problem> {
    let site = app.sites.get(&site).ok_or(Problem::UnknownSite)?;
    caller.may_use(site)?;
    let reading = Reading {
        site: site.id.clone(),
        end: app.streams.ends(),
        _room: app.streams.enter(network)?,
        listener: app.store.listen().await?,
    };
    Ok(events(reading, |mut reading| async { reading.next().await.map(|event| (event, reading)) }))
}

/// A line that says nothing.
pub(super) const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// An open stream.
struct Reading {
    site: SiteId,
    listener: Listener<Published>,
    end: watch::Receiver<bool>,
    /// Goes back when the stream goes.
    _room: RoomOfServer,
}

impl Reading {
    /// What is sent next; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        let Self { site, listener, end, .. } = self;
        let event = async {
            loop {
                let published = listener.next().await?;
                if published.site == *site {
                    return Some(event(published));
                }
            }
        };
        tokio::select! {
            // An error means that the server is gone already.
            _ = end.wait_for(|has_ended| *has_ended) => None,
            // Also tells whether anybody is still there: who does not take it is cut off.
            event = tokio::time::timeout(LIVE_HEARTBEAT, event) => event.unwrap_or(Some(COMMENT)),
        }
    }
}

fn event(Published { item, what, .. }: Published) -> Bytes {
    match what {
        Tidings::Post { kind, topic } => written("post", &PublishedPost { id: item, kind, topic }),
        Tidings::Reply { thread } => written("reply", &PublishedReply { thread }),
    }
}

pub(super) fn written(name: &str, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).expect("wire types have nothing that JSON cannot hold");
    format!("event: {name}\ndata: {data}\n\n").into()
}
