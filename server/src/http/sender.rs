//! Where a request comes from. Only [`Guard`](crate::checks::Guard) sees the address, and gives back what is counted by.

use std::fmt;
use std::net::IpAddr;
use std::sync::Once;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::App;
use super::problem::Problem;
use crate::checks::Network;

/// The other end of the connection, as `serve` puts it beside each request.
#[derive(Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Without the address: it must reach no log.
impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Peer(…)")
    }
}

/// The network that a request comes from; `None` when it cannot be known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sender(pub(super) Option<Network>);

impl FromRequestParts<App> for Sender {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Some(&Peer(peer)) = parts.extensions.get() else { return Ok(Self(None)) };
        let lines = parts.headers.get_all(app.guard.forwarded_header());
        // What is no ASCII is no address, but stays an entry: dropping it would move the client's own word up.
        let lines: Vec<_> = lines.iter().map(|line| line.to_str().unwrap_or("unknown")).collect();
        if !lines.is_empty() && app.guard.is_unnamed_proxy(peer) {
            static TOLD: Once = Once::new();
            TOLD.call_once(|| {
                tracing::warn!(
                    "requests come through a proxy that trusted_proxies does not name; those behind it cannot be told apart"
                );
            });
        }
        Ok(Self(app.guard.network(peer, lines.into_iter(), app.clock.now_ms())))
    }
}
