//! What changes at the moderators' desk, as server-sent events: which item, and what, and nothing of its words.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use peer_support_domain::limits::{DESK_STREAM_CHECK, DESK_STREAMS_OF_SESSION};
use tokio::sync::watch;

use super::App;
use super::live::{COMMENT, Room, events, written};
use super::problem::Problem;
use super::session::SignedIn;
use crate::secret::SessionToken;
use crate::store::{AtDesk, Listener, SessionId};

/// `GET /api/v1/console/live`.
pub(super) async fn get_live(State(app): State<App>, signed_in: SignedIn) -> Result<Response, Problem> {
    let room = Room::take(&app.desk_streams, signed_in.session.id, DESK_STREAMS_OF_SESSION)
        .ok_or(Problem::SessionStreamsFull)?;
    let open = Open {
        listener: app.store.listen_at_desk().await?,
        end: app.streams.ends(),
        token: signed_in.into_token(),
        app,
        _room: room,
    };
    Ok(events(open, |mut open| async { open.next().await.map(|event| (event, open)) }))
}

/// An open stream.
struct Open {
    listener: Listener<AtDesk>,
    end: watch::Receiver<bool>,
    token: SessionToken,
    app: App,
    /// Goes back when the stream goes.
    _room: Room<SessionId>,
}

impl Open {
    /// What is sent next; `None` ends the stream, also when the session has ended. Listening is no use of the session: a window
    /// that nobody sees keeps nobody signed in. Of what happens on a site, whoever has no role there any more hears nothing.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let Self { listener, end, .. } = self;
            let news = tokio::select! {
                _ = end.wait_for(|has_ended| *has_ended) => return None,
                news = tokio::time::timeout(DESK_STREAM_CHECK, listener.next()) => news,
            };
            let session = self.app.store.session(self.token.hash(), self.app.clock.now_ms()).await;
            let roles = session.ok().flatten()?.moderator.roles;
            match news {
                Ok(Some(AtDesk { site, news })) if roles.on(&site).is_some() => {
                    return Some(written("desk", &news));
                }
                Ok(Some(_)) => {}
                Ok(None) => return None,
                Err(_) => return Some(COMMENT),
            }
        }
    }
}
