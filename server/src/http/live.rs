//! What becomes published, as server-sent events: an open panel says "2 new, show" without asking again and again.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::convert::Infallible;
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
    by_network: Arc<Mutex<HashMap<Network, usize>>>,
    end: watch::Sender<bool>,
}

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

    fn enter(&self, network: Option<Network>) -> Result<Room, Problem> {
        let of_network = network.map(|network| RoomOfNetwork::take(&self.by_network, network)).transpose()?;
        let of_server = self.free.clone().try_acquire_owned().map_err(|_| Problem::StreamsFull)?;
        Ok(Room { _of_server: of_server, _of_network: of_network })
    }
}

/// Room for one stream, until it is dropped.
struct Room {
    _of_server: OwnedSemaphorePermit,
    _of_network: Option<RoomOfNetwork>,
}

struct RoomOfNetwork {
    by_network: Arc<Mutex<HashMap<Network, usize>>>,
    network: Network,
}

impl RoomOfNetwork {
    fn take(by_network: &Arc<Mutex<HashMap<Network, usize>>>, network: Network) -> Result<Self, Problem> {
        let mut open = by_network.lock().unwrap_or_else(PoisonError::into_inner);
        let n_open = open.entry(network).or_default();
        if *n_open >= STREAMS_OF_NETWORK {
            return Err(Problem::NetworkStreamsFull);
        }
        *n_open += 1;
        Ok(Self { by_network: by_network.clone(), network })
    }
}

impl Drop for RoomOfNetwork {
    fn drop(&mut self) {
        let mut open = self.by_network.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut n_open) = open.entry(self.network) {
            *n_open.get_mut() -= 1;
            if *n_open.get() == 0 {
                n_open.remove();
            }
        }
    }
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
    let open = Open {
        site: site.id.clone(),
        end: app.streams.end.subscribe(),
        _room: app.streams.enter(network)?,
        listener: app.store.listen().await?,
    };
    // Says at once, also through proxies that wait for a first byte, that the stream stands.
    let begun = stream::once(async { Ok::<_, Infallible>(COMMENT) });
    let events = stream::unfold(open, |mut open| async { open.next().await.map(|event| (Ok(event), open)) });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        // nginx would keep events back until some kilobytes have gathered.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(stream::StreamExt::chain(begun, events))).into_response())
}

/// A line that says nothing.
const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// An open stream.
struct Open {
    site: SiteId,
    listener: Listener,
    end: watch::Receiver<bool>,
    /// Goes back when the stream goes.
    _room: Room,
}

impl Open {
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

fn written(name: &str, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).expect("wire types have nothing that JSON cannot hold");
    format!("event: {name}\ndata: {data}\n\n").into()
}
