//! Moderators' sessions: a one-time code opens one, or password and second factor do; a cookie carries it, a token in a header
//! guards its writes.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use peer_support_domain::limits::{DEVICE_CHARS, SESSION_MS, SESSION_SEEN_MS};
use peer_support_domain::post::Role;
use peer_support_domain::recovery::InvalidRecoveryCode;
use peer_support_domain::roles::Reach;
use peer_support_domain::text::is_refused;
use peer_support_domain::wire::{PasswordSignIn, Session, SignIn};

use super::App;
use super::body::Body;
use super::params;
use super::problem::Problem;
use crate::authenticator::AuthenticatorSecret;
use crate::secret::{AccountRecoveryCode, SessionToken, SignInCode};
use crate::store::{Attempt, Credentials, Moderator, ModeratorId, NewSession, OpenSession, SecondFactor};

/// Wrong codes that are looked at in a row.
const ATTEMPTS: i64 = 20;
/// After those, one more in this time. Codes have 95 random bits, so this guards the database from the load, not the
/// codes from being guessed; and as there are no addresses to tell people apart by, it is one limit for all. A flood of
/// wrong codes therefore delays signing in, never a session that is open.
const ATTEMPT_EVERY_MS: i64 = 500;

/// When to try again where the line of those whose password is being checked is full.
const LINE_MS: i64 = 2_000;

/// How often a moderator's presence is written down at most: closely enough for a rule that counts in quarters of an hour.
const NOTE_PRESENCE_EVERY_MS: i64 = 60 * 1_000;

/// The cookie's name. With `__Host-` browsers take it from this very host only, and only by TLS.
const fn cookie_name(is_https: bool) -> &'static str {
    if is_https { "__Host-peer-support-console" } else { "peer-support-console" }
}

/// When the store was last told that each moderator is there.
#[derive(Debug, Default)]
pub(super) struct Noted(Mutex<HashMap<ModeratorId, i64>>);

impl Noted {
    fn of(&self, moderator: ModeratorId) -> i64 {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.get(&moderator).copied().unwrap_or(i64::MIN)
    }

    fn set(&self, moderator: ModeratorId, at: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(moderator, at);
    }
}

/// A leaky bucket of wrong sign-in codes.
pub(super) struct Attempts(Mutex<Bucket>);

struct Bucket {
    /// The moment at which the bucket will be empty: behind now, when it is.
    empty_at: i64,
}

impl Attempts {
    pub(super) const fn new(now: i64) -> Self {
        Self(Mutex::new(Bucket { empty_at: now }))
    }

    /// Takes one attempt.
    ///
    /// # Errors
    ///
    /// The milliseconds until there is one.
    fn take(&self, now: i64) -> Result<(), i64> {
        let mut bucket = self.0.lock().expect("nothing panics while it holds the lock");
        let empty_at = bucket.empty_at.max(now) + ATTEMPT_EVERY_MS;
        let wait = empty_at - now - ATTEMPTS * ATTEMPT_EVERY_MS;
        if wait > 0 {
            return Err(wait);
        }
        bucket.empty_at = empty_at;
        Ok(())
    }

    /// Gives it back: it was no guess.
    fn give_back(&self) {
        self.0.lock().expect("nothing panics while it holds the lock").empty_at -= ATTEMPT_EVERY_MS;
    }
}

impl fmt::Debug for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempts(…)")
    }
}

/// A moderator who is signed in.
pub(super) struct SignedIn {
    pub(super) moderator: Moderator,
    pub(super) session: OpenSession,
    token: SessionToken,
}

impl SignedIn {
    /// What opens the session, given away.
    pub(super) fn into_token(self) -> SessionToken {
        self.token
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = session_cookie(&parts.headers, app.is_https).ok_or(Problem::NotSignedIn)?;
        let now = app.clock.now_ms();
        let session = app.store.session(token.hash(), now).await?.ok_or(Problem::NotSignedIn)?;
        if now >= session.seen_at + SESSION_SEEN_MS {
            app.store.see_session(session.id, now).await?;
        }
        note_presence(app, &session.moderator, now).await;
        Ok(Self { moderator: session.moderator.clone(), session, token })
    }
}

/// Notes that somebody who may decide is there, for the rule that hides what readers report while nobody is.
async fn note_presence(app: &App, moderator: &Moderator, now: i64) {
    let reach = moderator.roles.reach(Role::Moderator);
    let noted_at = app.moderators_noted_at.of(moderator.id);
    if reach == Reach::Sites(Vec::new()) || now < noted_at.saturating_add(NOTE_PRESENCE_EVERY_MS) {
        return;
    }
    match app.store.see_moderator(reach, now).await {
        Ok(()) => app.moderators_noted_at.set(moderator.id, now),
        // No reason to keep the moderator from reading: at worst an item is hidden that they would have seen to.
        Err(error) => tracing::warn!("that a moderator is there was not noted: {error}"),
    }
}

/// A moderator who is signed in and whose own page makes the request: `Csrf-Token` says so.
pub(super) struct SignedInToWrite(pub(super) Moderator);

impl FromRequestParts<App> for SignedInToWrite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let SessionToWrite(session) = SessionToWrite::from_request_parts(parts, app).await?;
        Ok(Self(session.moderator))
    }
}

/// As [`SignedInToWrite`], for what is about the session or its account.
pub(super) struct SessionToWrite(pub(super) OpenSession);

impl FromRequestParts<App> for SessionToWrite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let SignedIn { session, token, .. } = SignedIn::from_request_parts(parts, app).await?;
        let csrf = params::header(&parts.headers, "Csrf-Token")?.ok_or(Problem::Csrf)?;
        if !app.secret.is_csrf_token(csrf, &token) {
            return Err(Problem::Csrf);
        }
        Ok(Self(session))
    }
}

fn session_cookie(headers: &HeaderMap, is_https: bool) -> Option<SessionToken> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == cookie_name(is_https))
        .and_then(|(_, value)| SessionToken::from_cookie(value))
}

fn set_cookie(app: &App, value: &str, max_age_ms: i64) -> HeaderValue {
    let name = cookie_name(app.is_https);
    let secure = if app.is_https { "; Secure" } else { "" };
    let seconds = max_age_ms / 1_000;
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(cookie).expect("a cookie of ours is ASCII")
}

fn session(app: &App, session: OpenSession, token: &SessionToken) -> Json<Session> {
    let OpenSession { moderator, is_set_up, .. } = session;
    let csrf = app.secret.csrf_token(token);
    Json(Session { role: moderator.roles.most(), name: moderator.name, csrf, is_set_up })
}

/// A session to be opened by the browser that sent `headers`: with a new token, whatever it sent, in place of the one it had.
fn new_session(
    app: &App,
    headers: &HeaderMap,
    device: Option<&str>,
    now: i64,
) -> Result<(SessionToken, NewSession), Problem> {
    let device = device.map(str::trim).filter(|device| !device.is_empty());
    if let Some(device) = device {
        let n_chars = device.chars().count();
        if n_chars > DEVICE_CHARS || device.chars().any(|c| c.is_control() || is_refused(c)) {
            let what = format!("expected up to {DEVICE_CHARS} characters on one line");
            return Err(Problem::Field("device".to_owned(), what));
        }
    }
    let token = SessionToken::draw(&app.random);
    let session = NewSession {
        hash: token.hash(),
        device: device.map(str::to_owned),
        begun_at: now,
        expires_at: now + SESSION_MS,
        replaces: session_cookie(headers, app.is_https).map(|before| before.hash()),
    };
    Ok((token, session))
}

fn signed_in(app: &App, session: OpenSession, token: &SessionToken) -> Response {
    let cookie = set_cookie(app, &token.to_cookie(), SESSION_MS);
    (StatusCode::CREATED, [(header::SET_COOKIE, cookie)], self::session(app, session, token)).into_response()
}

/// `POST /api/v1/console/session`: signs in with a one-time code.
pub(super) async fn post_session(
    State(app): State<App>,
    headers: HeaderMap,
    Body(SignIn { code, device }): Body<SignIn>,
) -> Result<Response, Problem> {
    let code: SignInCode =
        code.parse().map_err(|e: InvalidRecoveryCode| Problem::Field("code".to_owned(), e.to_string()))?;
    let now = app.clock.now_ms();
    let (token, new) = new_session(&app, &headers, device.as_deref(), now)?;
    app.attempts.take(now).map_err(wait)?;
    let session = app.store.sign_in(code.hash(), new).await?.ok_or(Problem::SignIn)?;
    app.attempts.give_back();
    Ok(signed_in(&app, session, &token))
}

/// `POST /api/v1/console/session/password`: signs in with password and second factor. What is wrong of the three is not said,
/// and takes the same time; so do names that no account has.
pub(super) async fn post_password_session(
    State(app): State<App>,
    headers: HeaderMap,
    Body(PasswordSignIn { name, password, code, device }): Body<PasswordSignIn>,
) -> Result<Response, Problem> {
    let now = app.clock.now_ms();
    let (token, new) = new_session(&app, &headers, device.as_deref(), now)?;
    let owner = app.prove(name.trim(), &password).await?;
    let second = owner.as_ref().and_then(|owner| second_factor(&app, owner, &code, now));
    let session = match (owner, second) {
        (Some(Owner { moderator, password, .. }), Some(second)) => {
            app.store.sign_in_by_password(moderator.id, password, second, new).await?
        }
        _ => None,
    };
    Ok(signed_in(&app, session.ok_or(Problem::Credentials)?, &token))
}

/// Whoever knows the password of an account.
pub(super) struct Owner {
    pub(super) moderator: Moderator,
    /// Its hash.
    password: String,
    authenticator: Option<Vec<u8>>,
}

impl App {
    /// Whose password this is, of the account `name`. Counts as a wrong try until it is forgiven.
    ///
    /// # Errors
    ///
    /// When the account, or everybody, has to wait.
    pub(super) async fn prove(&self, name: &str, password: &str) -> Result<Option<Owner>, Problem> {
        // Before the try is counted: a flood must not use up the tries of those who wait.
        let place = self.passwords.line_up().map_err(|_| wait(LINE_MS))?;
        let name_hash = self.secret.name_hash(name);
        let now = self.clock.now_ms();
        let account = match self.store.take_attempt(name.to_owned(), name_hash, now).await? {
            Attempt::Wait(ms) => return Err(wait(ms)),
            Attempt::Taken(account) => account,
        };
        let hash = account.as_ref().and_then(|account| account.password.clone());
        let is_right = place.is_right(password.parse().ok(), hash).await;
        Ok(account.filter(|_| is_right).and_then(|Credentials { moderator, password, authenticator }| {
            Some(Owner { moderator, password: password?, authenticator })
        }))
    }
}

/// What `code` is to the account: a code of its authenticator, or something of the form of a recovery code.
fn second_factor(app: &App, owner: &Owner, code: &str, now: i64) -> Option<SecondFactor> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if let Ok(code) = digits.parse::<AccountRecoveryCode>() {
        return Some(SecondFactor::RecoveryCode(code.hash()));
    }
    let secret = AuthenticatorSecret::open(owner.authenticator.as_ref()?, owner.moderator.id, &app.secret);
    if secret.is_none() {
        // Nobody can sign in with it any more, and whoever runs the server should know why.
        tracing::error!(
            "an authenticator was set up under another secret of the server; `moderator reset` its account"
        );
    }
    secret?.step_of(&digits, now).map(SecondFactor::Step)
}

pub(super) fn wait(ms: i64) -> Problem {
    Problem::TooManyAttempts { retry_after_seconds: ms.max(1).cast_unsigned().div_ceil(1_000) }
}

/// `GET /api/v1/console/session`: who is signed in.
pub(super) async fn get_session(State(app): State<App>, signed_in: SignedIn) -> Json<Session> {
    session(&app, signed_in.session, &signed_in.token)
}

/// `DELETE /api/v1/console/session`: signs out.
pub(super) async fn delete_session(
    State(app): State<App>,
    _: SignedInToWrite,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(token) = session_cookie(&headers, app.is_https) {
        app.store.sign_out(token.hash()).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, set_cookie(&app, "", 0))]).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_row_of_wrong_codes_there_is_one_attempt_at_a_time() {
        let attempts = Attempts::new(0);
        for _ in 0..ATTEMPTS {
            assert_eq!(attempts.take(1_000), Ok(()));
        }

        assert_eq!(attempts.take(1_000), Err(ATTEMPT_EVERY_MS));
        assert_eq!(attempts.take(1_000 + ATTEMPT_EVERY_MS), Ok(()));
        assert_eq!(attempts.take(1_000 + ATTEMPT_EVERY_MS), Err(ATTEMPT_EVERY_MS));
    }

    #[test]
    fn right_codes_use_up_nothing() {
        let attempts = Attempts::new(0);
        for _ in 0..10 * ATTEMPTS {
            attempts.take(0).unwrap();
            attempts.give_back();
        }
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let value = "ab".repeat(32);
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("a=b; peer-support-console={value}; c").parse().unwrap());

        assert_eq!(session_cookie(&headers, false).unwrap().to_cookie(), value);
        assert!(session_cookie(&headers, true).is_none(), "another name by TLS");
    }
}
