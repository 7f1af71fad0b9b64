//! A moderator's own account: password, authenticator, recovery codes, sessions.
//!
//! Changes need the password once there is one, so that a session left open is not an account lost; a session that a sign-in
//! code opened needs none, because that is how an account is recovered.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peer_support_domain::limits::ACCOUNT_RECOVERY_CODES;
use peer_support_domain::password::Password;
use peer_support_domain::wire::{
    self, Account, AccountHappening, AuthenticatorCode, NewAuthenticator, NewPassword, RecoveryCodes,
    Sessions, WithPassword,
};

use super::App;
use super::body::Body;
use super::params::Path;
use super::problem::Problem;
use super::session::{SessionToWrite, SignedIn, wait};
use crate::authenticator::AuthenticatorSecret;
use crate::secret::AccountRecoveryCode;
use crate::store::{OpenSession, SecretHash, SessionId};

/// What nobody should take for a password besides the names.
const OUR_NAME: &str = "peer support";

/// `GET /api/v1/console/account`: how its owner signs in, and what happened to it.
pub(super) async fn get_account(
    State(app): State<App>,
    signed_in: SignedIn,
) -> Result<Json<Account>, Problem> {
    let state = app.store.account(signed_in.moderator.id).await?;
    Ok(Json(Account {
        has_password: state.has_password,
        has_authenticator: state.has_authenticator,
        n_recovery_codes: state.n_recovery_codes,
        needs_password: state.has_password && !signed_in.session.is_by_code,
        events: state.events.into_iter().map(|(what, at)| AccountHappening { what, at }).collect(),
    }))
}

/// `PUT /api/v1/console/account/password`: sets the password, and ends all other sessions.
pub(super) async fn put_password(
    State(app): State<App>,
    SessionToWrite(session): SessionToWrite,
    Body(new): Body<NewPassword>,
) -> Result<StatusCode, Problem> {
    let password: Password =
        new.password.parse().map_err(|e| Problem::Field("password".to_owned(), format!("{e}")))?;
    let sites = app.sites.iter().map(|site| site.name.as_str());
    if password.is_guessable(sites.chain([session.moderator.name.as_str(), OUR_NAME])) {
        return Err(Problem::Guessable);
    }
    prove(&app, &session, new.current_password).await?;
    let place = app.passwords.line_up().map_err(|_| wait(0))?;
    let hash = place.hash(password, &app.random).await;
    let is_set = app.store.set_password(session.moderator.id, hash, session.id, app.clock.now_ms()).await?;
    if is_set { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::NotSignedIn) }
}

/// `POST /api/v1/console/account/authenticator`: begins to set up an authenticator. The one before counts until a code of
/// the new one comes.
pub(super) async fn post_authenticator(
    State(app): State<App>,
    SessionToWrite(session): SessionToWrite,
    Body(WithPassword { current_password }): Body<WithPassword>,
) -> Result<(StatusCode, Json<NewAuthenticator>), Problem> {
    if app.store.account(session.moderator.id).await?.has_authenticator {
        prove(&app, &session, current_password).await?;
    }
    let secret = AuthenticatorSecret::draw(&app.random);
    let sealed = secret.seal(session.moderator.id, &app.secret, &app.random);
    let now = app.clock.now_ms();
    if !app.store.begin_authenticator(session.moderator.id, sealed, now).await? {
        return Err(Problem::NotSignedIn);
    }
    let issuer = app.sites.iter().next().map_or(OUR_NAME, |site| site.name.as_str());
    let uri = secret.uri(issuer, &session.moderator.name);
    Ok((StatusCode::CREATED, Json(NewAuthenticator { secret: secret.to_base32(), uri })))
}

/// `PUT /api/v1/console/account/authenticator`: makes the new authenticator count, and answers with recovery codes.
pub(super) async fn put_authenticator(
    State(app): State<App>,
    SessionToWrite(session): SessionToWrite,
    Body(AuthenticatorCode { code }): Body<AuthenticatorCode>,
) -> Result<Json<RecoveryCodes>, Problem> {
    let (owner, now) = (session.moderator.id, app.clock.now_ms());
    let sealed = app.store.new_authenticator(owner, now).await?.ok_or(Problem::NoAuthenticator)?;
    let secret = AuthenticatorSecret::open(&sealed, owner, &app.secret).ok_or(Problem::NoAuthenticator)?;
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = secret.step_of(&code, now).ok_or(Problem::AuthenticatorCode)?;
    let (codes, hashes) = draw_codes(&app);
    if !app.store.set_authenticator(owner, sealed, step, hashes, now).await? {
        return Err(Problem::NoAuthenticator);
    }
    Ok(Json(codes))
}

/// `POST /api/v1/console/account/recovery-codes`: makes new ones, and ends the others.
pub(super) async fn post_recovery_codes(
    State(app): State<App>,
    SessionToWrite(session): SessionToWrite,
    Body(WithPassword { current_password }): Body<WithPassword>,
) -> Result<Json<RecoveryCodes>, Problem> {
    prove(&app, &session, current_password).await?;
    let (codes, hashes) = draw_codes(&app);
    if !app.store.set_recovery_codes(session.moderator.id, hashes, app.clock.now_ms()).await? {
        return Err(Problem::NoAuthenticator);
    }
    Ok(Json(codes))
}

/// `GET /api/v1/console/account/sessions`: where the account is signed in.
pub(super) async fn get_sessions(
    State(app): State<App>,
    signed_in: SignedIn,
) -> Result<Json<Sessions>, Problem> {
    let sessions = app.store.sessions(signed_in.moderator.id, app.clock.now_ms()).await?;
    let sessions = sessions.into_iter().map(|session| wire::OpenSession {
        id: session.id.0,
        device: session.device,
        begun_at: session.begun_at,
        seen_at: session.seen_at,
        is_this: session.id == signed_in.session.id,
    });
    Ok(Json(Sessions { sessions: sessions.collect() }))
}

/// `DELETE /api/v1/console/account/sessions`: ends all but the one that asks.
pub(super) async fn delete_sessions(
    State(app): State<App>,
    SessionToWrite(session): SessionToWrite,
) -> Result<StatusCode, Problem> {
    app.store.end_other_sessions(session.moderator.id, session.id, app.clock.now_ms()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/v1/console/account/sessions/{session}`: ends one of the account's own.
pub(super) async fn delete_session(
    State(app): State<App>,
    SessionToWrite(session): SessionToWrite,
    Path(ended): Path<SessionId>,
) -> Result<StatusCode, Problem> {
    let has_ended = app.store.end_session(session.moderator.id, ended, app.clock.now_ms()).await?;
    if has_ended { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::UnknownSession) }
}

/// Passes when whoever uses `session` may change how its account signs in.
async fn prove(app: &App, session: &OpenSession, password: Option<String>) -> Result<(), Problem> {
    let owner = session.moderator.id;
    if session.is_by_code || !app.store.account(owner).await?.has_password {
        return Ok(());
    }
    let password =
        password.ok_or_else(|| Problem::Field("current_password".to_owned(), "is missing".to_owned()))?;
    // As many tries as at the door, and counted with those.
    app.prove(&session.moderator.name, &password)
        .await?
        .filter(|proven| proven.moderator.id == owner)
        .ok_or(Problem::CurrentPassword)?;
    Ok(app.store.forgive_attempts(owner).await?)
}

fn draw_codes(app: &App) -> (RecoveryCodes, Vec<SecretHash>) {
    let codes: Vec<_> = (0..ACCOUNT_RECOVERY_CODES).map(|_| AccountRecoveryCode::draw(&app.random)).collect();
    let hashes = codes.iter().map(AccountRecoveryCode::hash).collect();
    (RecoveryCodes { recovery_codes: codes.iter().map(ToString::to_string).collect() }, hashes)
}
