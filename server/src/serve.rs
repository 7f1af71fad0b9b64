//! A running server: connections in, answers out, until it is told to stop.

mod waiting;

use std::convert::Infallible;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use peer_support_domain::limits::{CLOCK_LEAP_MS, DRILL_CHECK, UNPUBLISHED_RETENTION_MS};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

use self::waiting::{Arriving, Caller, Leaving, Waiting};
use crate::clock::{Clock, Random};
use crate::config::{Config, Limits, Sites};
use crate::demo;
use crate::http::{App, Assets, Peer, router};
use crate::secret::ServerSecret;
use crate::store::{self, Address, Store, StoreError};

/// Bytes of a request's head: browsers send less than 2 KB to us.
const HEAD_BYTES: usize = 16 * 1024;
/// Headers of a request: browsers send about 20.
const N_HEADERS: usize = 64;
/// How long what is under way may take after the signal to stop; service managers wait longer before they kill.
const STOP_WITHIN: Duration = Duration::from_secs(20);
/// How long to wait for a place, or after the system refused a connection, when all that are open are being answered.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);
/// How long a connection takes at most to end that was asked to.
const AFTER_END: Duration = Duration::from_millis(1);
/// How often a refusal is logged at most.
const REFUSALS_EVERY: Duration = Duration::from_secs(10);
const HOUR_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How often what is past its time is forgotten.
const PURGE_EVERY: Duration = Duration::from_secs(60 * 60);

/// Opens the database of `config`, and brings it to this version.
///
/// # Errors
///
/// When it cannot be reached, was written by a newer version, or is used by an older one that would fail.
pub async fn open_store(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    opened(config, false).await
}

/// As [`open_store`]; what is published is read at a machine that stands by, if `reads_standby`.
async fn opened(config: &Config, reads_standby: bool) -> anyhow::Result<Arc<dyn Store>> {
    if let Address::Sqlite(file) = &config.database
        && let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty())
    {
        create_private_folder(folder)?;
    }
    let opened = if reads_standby {
        store::open_reading_standby(&config.database).await
    } else {
        store::open(&config.database).await
    };
    opened.with_context(|| format!("{:?} cannot be opened", config.database))
}

/// The server's secret: the configured one, or that of the data folder, which is made on first use.
///
/// # Errors
///
/// When its file cannot be read or written, or holds something else.
pub fn secret(config: &Config, random: &Random) -> anyhow::Result<ServerSecret> {
    if let Some(secret) = &config.secret {
        return Ok(secret.clone());
    }
    create_private_folder(&config.data)?;
    let path = config.data.join("secret");
    let there = |e: &std::io::Error| e.kind() == std::io::ErrorKind::AlreadyExists;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Written beside its place and then linked to it: a secret that was cut short by a crash would lock authors of an
    // earlier one out of nothing, but could never be read again.
    let draft = config.data.join(format!("secret.{}", std::process::id()));
    let secret = ServerSecret::from_bytes(random.bytes());
    if !path.exists() {
        let written = options.open(&draft).and_then(|mut file| {
            file.write_all(format!("{}\n", secret.to_hex()).as_bytes())?;
            file.sync_all()
        });
        written.with_context(|| format!("{} cannot be written", draft.display()))?;
        let linked = fs::hard_link(&draft, &path);
        fs::remove_file(&draft).with_context(|| format!("{} cannot be removed", draft.display()))?;
        match linked {
            Err(e) if !there(&e) => {
                return Err(e).with_context(|| format!("{} cannot be written", path.display()));
            }
            _ => {}
        }
    }
    let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    text.parse().with_context(|| format!("{} holds no secret of a server", path.display()))
}

/// Creates `folder`, for nobody else's eyes: it holds what people wrote.
///
/// # Errors
///
/// When it cannot be made.
pub fn create_private_folder(folder: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))
}

/// Serves as `config` says until `stop` is ready; then finishes what is under way, and closes the store.
///
/// Prints the address, and for the demo where to sign in: whoever starts it waits for these lines.
///
/// # Errors
///
/// When it cannot start.
pub async fn serve(config: &Config, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    let (clock, random) = (Clock::system(), Random::system());
    let mut assets = match &config.assets {
        Some(folder) => Assets::load(folder)
            .with_context(|| format!("the files in {} cannot be read", folder.display()))?,
        None => {
            tracing::warn!("no --assets: the API is served, and neither the widget nor the console");
            Assets::default()
        }
    };
    // No reason not to start: with a configured secret and PostgreSQL nothing else needs the folder.
    let kept = create_private_folder(&config.data)
        .and_then(|()| Ok(assets.keep_loaders(&config.data.join("loaders"))?));
    if let Err(problem) = kept {
        tracing::warn!(
            "pages that pin a loader may lose it with an update, for it cannot be kept: {problem:#}"
        );
    }
    for problem in config.helplines.iter().flat_map(|helplines| helplines.survey().1) {
        // No reason not to serve the rest, and panels have helplines of their own.
        tracing::error!("signed helplines: {problem}");
    }
    let secret = secret(config, &random)?;
    let store = opened(config, config.read_from_standby).await?;
    // Also before anything is shown: nobody is timed while the server was away, and no made-up item stays behind a crash.
    store.end_drills(clock.now_ms(), true).await.context("a fire drill that was running cannot be ended")?;
    // First of all: what a restored copy brought back is not shown, not even for a moment.
    if let Err(e) = purge_when_sure(&*store, &config.sites, clock.now_ms()).await {
        tracing::error!("purging failed: {e}");
    }
    let listener =
        TcpListener::bind(config.addr).await.with_context(|| format!("cannot listen on {}", config.addr))?;
    let base = format!("http://{}", listener.local_addr()?);
    let code = if config.is_demo {
        demo::plant(&*store, &clock, &random).await.context("the examples cannot be stored")?;
        Some(demo::sign_in_code(&*store, &clock, &random).await?)
    } else {
        None
    };

    let app = App::new(store.clone(), clock.clone(), random, secret, assets, config);
    app.recall().await.context("what came lately cannot be read")?;
    let drilling = tokio::spawn(end_drills(store.clone(), clock.clone()));
    let purging = tokio::spawn(purge(store.clone(), clock, config.sites.clone()));
    let sending = tokio::spawn(app.outbox().run(store.clone()));
    let sharing = tokio::spawn(app.clone().share());
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {base}")?;
    if let Some(code) = code {
        writeln!(out, "moderators' console: {base}/console/#code={code}")?;
    }
    out.flush()?;
    drop(out);

    let streams = app.streams();
    let stop = async {
        stop.await;
        streams.end();
    };
    accept(listener, router(app), config.limits, stop).await;
    drilling.abort();
    purging.abort();
    sending.abort();
    sharing.abort();
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Takes connections until `stop`, then lets those that are open finish their request.
///
/// When all places are taken, the connection goes that has kept its server waiting for longest, before its request or in the
/// middle of sending it: whoever opens connections and says nothing pushes out their own, and nobody who asks something waits
/// for them.
async fn accept(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_buf_size(HEAD_BYTES)
        .max_headers(N_HEADERS);
    let open = Arc::new(Semaphore::new(limits.n_connections));
    let waiting = Arc::new(Waiting::default());
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    let mut refused_at: Option<Instant> = None;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok((stream, peer)) => (stream, peer.ip()),
            Err(e) => {
                if refused_at.is_none_or(|at| at.elapsed() > REFUSALS_EVERY) {
                    tracing::warn!("a connection could not be taken: {}", e.kind());
                    refused_at = Some(Instant::now());
                }
                // Mostly for want of open files, of which each connection is one.
                let is_one_ended = waiting.end_longest();
                tokio::time::sleep(if is_one_ended { AFTER_END } else { AFTER_REFUSAL }).await;
                continue;
            }
        };
        let place = tokio::select! {
            place = place(&open, &waiting) => place,
            () = &mut stop => break,
        };
        // A short answer must not wait for more to send.
        let _ = stream.set_nodelay(true);
        let caller = Arc::new(Caller::new(waiting.clone()));
        let (router, of_service) = (router.clone(), caller.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            let caller = of_service.clone();
            let request = request.map(|body| Arriving::new(body, caller.clone()));
            let answering = router.clone().oneshot(request);
            async move {
                let response = answering.await?;
                caller.is_answered();
                Ok::<_, Infallible>(response.map(|body| Leaving { body, caller }))
            }
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.write));
        let connection = graceful.watch(http.serve_connection(TokioIo::new(Box::pin(stream)), service));
        tokio::spawn(async move {
            // Its errors are those of the other side: it went away, or spoke no HTTP.
            tokio::select! {
                _ = connection => {}
                () = caller.is_ended() => {}
            }
            drop(place);
        });
    }
    drop(listener);
    tracing::info!("stopping: finishing what is under way");
    if tokio::time::timeout(STOP_WITHIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

/// A place for one more connection, for which another may have to go.
async fn place(open: &Arc<Semaphore>, waiting: &Waiting) -> OwnedSemaphorePermit {
    loop {
        if let Ok(place) = open.clone().try_acquire_owned() {
            return place;
        }
        waiting.end_longest();
        // When all are being answered, one of them ends, or begins to wait.
        if let Ok(Ok(place)) = tokio::time::timeout(AFTER_REFUSAL, open.clone().acquire_owned()).await {
            return place;
        }
    }
}

/// Ends fire drills when they are over.
async fn end_drills(store: Arc<dyn Store>, clock: Clock) {
    loop {
        tokio::time::sleep(DRILL_CHECK).await;
        if let Err(e) = store.end_drills(clock.now_ms(), false).await {
            tracing::error!("ending a fire drill failed: {e}");
        }
    }
}

/// Takes new posts into the index of the search, and forgets what is past its time, every hour after the first time.
async fn purge(store: Arc<dyn Store>, clock: Clock, sites: Sites) {
    loop {
        if let Err(e) = store.index().await {
            tracing::error!("taking new posts into the index of the search failed: {e}");
        }
        tokio::time::sleep(PURGE_EVERY).await;
        if let Err(e) = purge_when_sure(&*store, &sites, clock.now_ms()).await {
            tracing::error!("purging failed: {e}");
        }
    }
}

/// Forgets what is past its time, unless the clock may be wrong.
async fn purge_when_sure(store: &dyn Store, sites: &Sites, now_ms: i64) -> Result<(), StoreError> {
    if let Some(believed_at) = store.doubts_clock(now_ms).await? {
        tracing::error!(
            "nothing is purged: the clock is more than {} days ahead of when a server last ran here. Set it, if it is \
             wrong; when it goes on like this, purging does in {} hours",
            CLOCK_LEAP_MS / DAY_MS,
            (believed_at - now_ms).div_euclid(HOUR_MS) + 1
        );
        return Ok(());
    }
    purge_once(store, sites, now_ms).await.map(drop)
}

/// Forgets what is past its time; how many items that were.
///
/// # Errors
///
/// When the store fails.
pub async fn purge_once(store: &dyn Store, sites: &Sites, now_ms: i64) -> Result<u64, StoreError> {
    let mut n_items = store.purge(now_ms, now_ms - UNPUBLISHED_RETENTION_MS).await?;
    if n_items > 0 {
        tracing::info!(n_items, "purged what was not published in time");
    }
    // A site that is not configured keeps what it has: a slip in the file must not cost anybody's words.
    for site in sites.iter() {
        let n_published =
            store.purge_published(site.id.clone(), now_ms - site.published_retention_ms).await?;
        if n_published > 0 {
            tracing::info!(n_published, site = %site.id, "purged what was published long ago");
        }
        n_items += n_published;
    }
    Ok(n_items)
}
