//! HTTP: the router, and what stands around every handler. One file a resource.

mod account;
mod assets;
mod audit;
mod body;
mod cache;
mod caller;
mod cards;
mod claims;
mod desk;
mod drills;
mod escalations;
mod find;
mod frame;
mod health;
mod helplines;
mod line_reports;
mod live;
mod log;
mod mine;
mod openapi;
mod params;
mod playbooks;
mod posts;
mod present;
mod problem;
mod proposals;
mod queue;
mod replies;
mod reports;
mod rights;
mod roles;
mod search;
mod sender;
mod session;
mod sites;
mod spam;
mod statistics;
mod submission;
mod threads;
mod votes;

use std::sync::Arc;
use std::sync::atomic::AtomicI32;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use peer_support_domain::id::ItemId;
use tower_http::catch_panic::CatchPanicLayer;

pub use self::assets::Assets;
use self::caller::Caller;
pub use self::live::Streams;
use self::problem::Problem;
pub use self::sender::Peer;
use self::session::{Attempts, Noted};
use crate::checks::{Guard, Notices, Words};
use crate::clock::{Clock, Random};
use crate::config::{Config, Site, Sites};
use crate::helplines::Helplines;
use crate::origin::origin_of;
use crate::outbox::Outbox;
use crate::password::Passwords;
use crate::secret::ServerSecret;
use crate::store::{FeedQuery, SessionId, Store, StoreError};

/// What handlers need: the store, the time, chance, and the settings.
#[derive(Clone)]
pub struct App {
    store: Arc<dyn Store>,
    clock: Clock,
    random: Random,
    secret: ServerSecret,
    sites: Arc<Sites>,
    /// The server's own origin, where it is configured.
    own_origin: Option<String>,
    /// Whether browsers reach the server by TLS.
    is_https: bool,
    request_limit: Duration,
    assets: Arc<Assets>,
    attempts: Arc<Attempts>,
    passwords: Passwords,
    guard: Arc<Guard>,
    helplines: Option<Helplines>,
    streams: Arc<Streams>,
    /// First pages of feeds.
    feeds: Arc<cache::Answers<FeedQuery>>,
    /// Of what changes at the desk, by session.
    desk_streams: live::Open<SessionId>,
    /// The last day, as [`Day::since_epoch`](peer_support_domain::line_report::Day::since_epoch), on which a report about a
    /// line was one too many.
    reports_full_on: Arc<AtomicI32>,
    notices: Arc<Notices>,
    words: Arc<Words>,
    outbox: Arc<Outbox>,
    /// When the store was last told that a moderator is there.
    moderators_noted_at: Arc<Noted>,
}

impl App {
    /// An app over `store`, set up as `config` says.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Clock,
        random: Random,
        secret: ServerSecret,
        assets: Assets,
        config: &Config,
    ) -> Self {
        Self {
            store,
            attempts: Arc::new(Attempts::new(clock.now_ms())),
            passwords: Passwords::new(&secret),
            guard: Arc::new(Guard::new(
                config.proxies.clone(),
                secret.clone(),
                random.clone(),
                clock.now_ms(),
            )),
            notices: Arc::new(Notices::new(&random)),
            words: Arc::new(Words::new()),
            outbox: Arc::new(Outbox::new(config, clock.clone(), random.clone())),
            clock,
            random,
            secret,
            sites: Arc::new(config.sites.clone()),
            own_origin: config.public_url.as_ref().and_then(origin_of),
            is_https: config.is_https(),
            request_limit: config.limits.request,
            assets: Arc::new(assets),
            helplines: config.helplines.clone(),
            streams: Arc::new(Streams::new(config.limits.n_streams)),
            feeds: Arc::new(cache::Answers::new()),
            desk_streams: live::Open::default(),
            reports_full_on: Arc::new(AtomicI32::new(-1)),
            moderators_noted_at: Arc::default(),
        }
    }

    /// The streams of what becomes published.
    pub fn streams(&self) -> Arc<Streams> {
        self.streams.clone()
    }

    /// What sends notifications.
    pub fn outbox(&self) -> Arc<Outbox> {
        self.outbox.clone()
    }

    /// Shares with the other servers of the database how often senders sent something, for as long as this is run; returns at
    /// once where there cannot be any.
    pub async fn share(self) {
        self.guard.share(&*self.store, &self.clock).await;
    }

    /// Lets the checks remember what came before this server started.
    ///
    /// # Errors
    ///
    /// When the store does not answer.
    pub async fn recall(&self) -> Result<(), StoreError> {
        self.notices.recall(&*self.store, self.clock.now_ms()).await
    }

    /// The site of a published item, when this server runs it and `caller` may use it.
    async fn site_of(&self, item: ItemId, caller: &Caller) -> Result<&Site, Problem> {
        let id = self.store.site_of(item).await?.ok_or(Problem::UnknownItem)?;
        let site = self.sites.get(&id).ok_or(Problem::UnknownItem)?;
        caller.may_use(site)?;
        Ok(site)
    }
}

/// All routes of the server.
pub fn router(app: App) -> Router {
    let api = Router::new()
        .route("/sites/{site}", get(sites::get_site))
        .route("/sites/{site}/posts", get(posts::get_feed).post(posts::post_post))
        .route("/sites/{site}/search", post(search::post_search))
        .route("/sites/{site}/line-reports", post(line_reports::post_line_report))
        .route("/sites/{site}/live", get(live::get_live))
        .route("/posts/{id}", get(posts::get_post))
        .route("/posts/{id}/replies", get(replies::get_replies).post(replies::post_reply))
        .route("/items/{id}/votes/{reaction}", put(votes::put_vote).delete(votes::delete_vote))
        .route("/items/{id}/reports", post(reports::post_report))
        .route("/report", get(reports::get_report))
        .route("/mine", get(mine::get_mine).patch(mine::patch_mine).delete(mine::delete_mine))
        .route("/mine/words", post(mine::post_word))
        .route("/mine/objection", post(mine::post_objection))
        .route("/console/session", post(session::post_session).get(session::get_session))
        .route("/console/session", delete(session::delete_session))
        .route("/console/session/password", post(session::post_password_session))
        .route("/console/account", get(account::get_account))
        .route("/console/account/password", put(account::put_password))
        .route("/console/account/authenticator", post(account::post_authenticator))
        .route("/console/account/authenticator", put(account::put_authenticator))
        .route("/console/account/recovery-codes", post(account::post_recovery_codes))
        .route("/console/account/sessions", get(account::get_sessions).delete(account::delete_sessions))
        .route("/console/account/sessions/{session}", delete(account::delete_session))
        .route("/console/queue", get(queue::get_queue))
        .route("/console/decline-spam", post(spam::post_decline_spam))
        .route("/console/search", post(find::post_search))
        .route("/console/line-reports", get(line_reports::get_line_reports))
        .route("/console/items/{id}/decision", post(queue::post_decision))
        .route("/console/items/{id}/proposal", put(proposals::put_proposal))
        .route("/console/items/{id}/words", post(queue::post_word))
        .route("/console/items/{id}/claim", put(claims::put_claim).delete(claims::delete_claim))
        .route("/console/items/{id}/hand-over", post(claims::post_hand_over))
        .route("/console/items/{id}/thread", get(threads::get_thread))
        .route("/console/colleagues", get(claims::get_colleagues))
        .route("/console/live", get(desk::get_live))
        .route("/console/items/{id}/escalation", post(escalations::post_escalation))
        .route("/console/deliveries", get(escalations::get_deliveries))
        .route("/console/deliveries/{delivery}", post(escalations::post_delivery))
        .route("/console/deliveries/{delivery}", delete(escalations::delete_delivery))
        .route("/console/sites/{site}/test-notification", post(escalations::post_test))
        .route("/console/audit", get(audit::get_audit))
        .route("/console/audit/export", get(audit::get_export))
        .route("/console/sites", get(cards::get_sites))
        .route("/console/sites/{site}/roles", get(roles::get_roles).put(roles::put_role))
        .route("/console/sites/{site}/cards", get(cards::get_cards).put(cards::put_cards))
        .route("/console/sites/{site}/posts", post(posts::post_owners_post))
        .route("/console/sites/{site}/playbook", get(playbooks::get_playbook).put(playbooks::put_playbook))
        .route("/console/sites/{site}/reasons", get(playbooks::get_reasons).put(playbooks::put_reasons))
        .route("/console/sites/{site}/present", get(present::get_present))
        .route("/console/sites/{site}/forced", put(present::put_forced))
        .route("/console/sites/{site}/statistics", get(statistics::get_statistics))
        .route("/console/sites/{site}/statistics.csv", get(statistics::get_csv))
        .route("/console/sites/{site}/drills", get(drills::get_drills).post(drills::post_drill))
        .route("/console/sites/{site}/drills", delete(drills::delete_drill))
        .route("/console/sites/{site}/sensitive", put(present::put_sensitive))
        .route("/console/sites/{site}/two-persons", put(proposals::put_two_persons))
        .route("/openapi.json", get(openapi::get_openapi))
        .fallback(async || Problem::UnknownRoute)
        .method_not_allowed_fallback(async || Problem::UnknownMethod)
        .layer(from_fn_with_state(app.clone(), caller::check));
    Router::new()
        .nest("/api/v1", api)
        .route("/healthz", get(health::get_health))
        .route("/readyz", get(health::get_readiness))
        .route("/problems/{code}", get(problem::explain))
        .route("/peer-support.js", get(assets::get_loader))
        .route("/assets/{*path}", get(assets::get_asset))
        .route("/frame/{site}", get(frame::get_frame))
        .route("/helplines/{file}", get(helplines::get_helplines))
        .route("/console", get(assets::redirect_to_console))
        .route("/console/", get(assets::get_console))
        .route("/console/{*path}", get(assets::get_console))
        .route("/", get(assets::get_page))
        .route("/{*path}", get(assets::get_page))
        .method_not_allowed_fallback(async || Problem::UnknownMethod)
        .layer(from_fn_with_state(app.clone(), in_time))
        .layer(CatchPanicLayer::custom(|_| Problem::Panic.into_response()))
        .layer(from_fn(secure))
        .layer(from_fn(log::access))
        .with_state(app)
}

/// Gives up on a request that takes too long, so that a client that sends a byte now and then holds nothing for ever.
async fn in_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(app.request_limit, next.run(request)).await;
    answer.unwrap_or_else(|_| Problem::TimedOut.into_response())
}

/// Headers of every answer, unless a handler said otherwise: keep it nowhere, guess no type, tell no one where the
/// visitor came from, and let nothing that is not a page of ours behave as a page.
async fn secure(request: Request, next: Next) -> Response {
    const DEFAULTS: [(HeaderName, &str); 7] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ];
    let mut response = next.run(request).await;
    for (name, value) in DEFAULTS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
