//! Reading at a machine of the database that stands by, as long as what is found there is not too old.
//!
//! How old it is, no clock of a machine says: the machine that takes writes is asked how far its log has come, and the other
//! one how far it has followed. When that is as far as the first had come at a moment, everything is there that was
//! acknowledged by then.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::hosts::{ANSWER_WITHIN, ASK_EVERY, Hosts, connected};

/// How old may be what is read there: so long, what was hidden or deleted may be read on.
const MAX_AGE: Duration = Duration::from_secs(5);
/// The same while no machine takes writes, as far as this server can tell. Nobody can hide anything then, unless only this
/// server is cut off.
const MAX_AGE_WITHOUT_WRITES: Duration = Duration::from_secs(60);
/// How far the log of a machine that takes writes has come.
const WRITTEN: &str = "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint";
/// How far a machine that stands by has followed it.
const FOLLOWED: &str = "select pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint
     where pg_is_in_recovery()";
/// How soon both are asked again while something is owed to readers.
const ASK_SOON: Duration = Duration::from_millis(50);

/// The machine that is read at, if any.
pub(super) struct Standby {
    state: RwLock<State>,
    /// Something is owed to readers.
    owing: Notify,
}

#[derive(Default)]
struct State {
    /// Its connections.
    pool: Option<PgPool>,
    /// Everything that was acknowledged by then is there; `None` while that is not known.
    as_of: Option<Instant>,
    /// Who reads from now on must find what was acknowledged by then.
    owed: Option<Instant>,
    /// Whether some machine takes writes.
    is_written: bool,
}

impl State {
    fn is_owing(&self) -> bool {
        self.owed > self.as_of
    }
}

impl Standby {
    pub(super) fn new() -> Self {
        Self { state: RwLock::default(), owing: Notify::new() }
    }

    /// Where to read; `None` when that is the machine that takes writes.
    pub(super) fn pool(&self) -> Option<PgPool> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let age = state.as_of?.elapsed();
        let is_good = if state.is_written {
            age <= MAX_AGE && !state.is_owing()
        } else {
            age <= MAX_AGE_WITHOUT_WRITES
        };
        state.pool.clone().filter(|_| is_good)
    }

    /// From now on, readers find what was acknowledged until now: they were told of it, or did it here.
    pub(super) fn owes(&self) {
        self.change(|state| state.owed = Some(Instant::now()));
        self.owing.notify_one();
    }

    /// It could not be read there just now.
    pub(super) fn has_failed(&self) {
        self.change(|state| state.as_of = None);
    }

    /// Ends its connections.
    pub(super) async fn close(&self) {
        let pool = self.change(|state| state.pool.take());
        if let Some(pool) = pool {
            pool.close().await;
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks for a machine that stands by, and how far it has come, until `written`, the pool of the one that takes writes, is
    /// closed.
    pub(super) async fn follow(self: Arc<Self>, hosts: Arc<Hosts>, written: PgPool) {
        let mut chosen = hosts.chosen();
        let (mut at_written, mut at_standby) = (None, None);
        // How far the log of the one that takes writes was at a moment, for what the other one does not have yet.
        let mut marks: VecDeque<(Instant, i64)> = VecDeque::new();
        while !written.is_closed() {
            if chosen != hosts.chosen() {
                // Another log.
                chosen = hosts.chosen();
                (at_written, at_standby) = (None, None);
                marks.clear();
                self.change(|state| (state.pool, state.as_of) = (None, None));
            }
            let asked_at = Instant::now();
            let written_to = ask(&mut at_written, hosts.options(), WRITTEN).await;
            marks.extend(written_to.map(|place| (asked_at, place)));
            if at_standby.is_none() {
                at_standby = self.find(&hosts).await;
            }
            let followed_to = place(&mut at_standby, FOLLOWED).await;
            let has = |mark: &mut (Instant, i64)| followed_to.is_some_and(|place| place >= mark.1);
            let mut as_of = None;
            while let Some((at, _)) = marks.pop_front_if(has) {
                as_of = Some(at);
            }
            while marks.pop_front_if(|(at, _)| at.elapsed() > MAX_AGE).is_some() {}
            let is_owing = self.change(|state| {
                state.is_written = written_to.is_some();
                state.as_of = as_of.or(state.as_of);
                if at_standby.is_none() && state.pool.take().is_some() {
                    tracing::warn!("the machine that stands by does not answer; reading where it is written");
                }
                // Else it could be read again when no machine takes writes, although it was far behind before.
                if state.is_written && state.as_of.is_some_and(|as_of| as_of.elapsed() > MAX_AGE) {
                    state.as_of = None;
                    tracing::warn!("the machine that stands by is behind; reading where it is written");
                }
                state.pool.is_some() && state.is_written && state.is_owing()
            });
            let pause = if is_owing { ASK_SOON } else { ASK_EVERY };
            let _ = timeout(pause, self.owing.notified()).await;
        }
    }

    /// A connection to a machine that stands by, where is read from now on, once it has come far enough.
    async fn find(&self, hosts: &Hosts) -> Option<PgConnection> {
        for options in hosts.others() {
            let mut connection = None;
            if ask(&mut connection, options.clone(), FOLLOWED).await.is_some() {
                tracing::info!("reading at {}:{}, which stands by", options.get_host(), options.get_port());
                self.change(|state| (state.pool, state.as_of) = (Some(super::standby_pool(options)), None));
                return connection;
            }
        }
        None
    }
}

/// As [`place`], of the machine at `options`, by a connection that is made when there is none.
async fn ask(
    connection: &mut Option<PgConnection>,
    options: PgConnectOptions,
    question: &'static str,
) -> Option<i64> {
    if connection.is_none() {
        *connection = connected(options).await;
    }
    place(connection, question).await
}

/// How far a machine's log is, in bytes; when it does not say, there is no connection any more.
async fn place(connection: &mut Option<PgConnection>, question: &'static str) -> Option<i64> {
    let asking = sqlx::query_scalar::<_, Option<i64>>(question).fetch_optional(connection.as_mut()?);
    let place = timeout(ANSWER_WITHIN, asking).await.ok().and_then(Result::ok).flatten().flatten();
    if place.is_none() {
        *connection = None;
    }
    place
}
