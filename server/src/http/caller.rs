//! Which pages may ask: CORS, and the refusal of writes from elsewhere.
//!
//! A browser tells by the `Origin` header which page makes it ask. A page of the server itself may do all; one of an
//! origin that a site names may use that site and never the console; any other reads nothing and writes nothing.
//! Programs send no `Origin` and are no one's browser, so the rule has nothing to protect there.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use super::problem::Problem;
use crate::config::Site;
use crate::origin::own_origin;

/// How long a browser may remember that it may ask, in seconds: as long as Chromium does at most.
const PREFLIGHT_MAX_AGE_SECONDS: u64 = 2 * 60 * 60;
/// What pages elsewhere may send besides the simple headers.
const ALLOWED_HEADERS: &str = "content-type, idempotency-key, proof-of-work, recovery-code, report-code";
const ALLOWED_METHODS: &str = "GET, POST, PUT, PATCH, DELETE";

/// Who makes the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// A page of this server, or no page at all.
    Own,
    /// A page of this origin, which at least one site allows.
    Elsewhere(String),
    /// A page that no site allows.
    Stranger,
}

impl Caller {
    fn of(headers: &HeaderMap, app: &App) -> Self {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = origins.next() else { return Self::Own };
        let (Ok(origin), None) = (origin.to_str(), origins.next()) else { return Self::Stranger };
        let is_own = match &app.own_origin {
            Some(own) => own == origin,
            None => {
                let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
                host.and_then(own_origin).is_some_and(|own| own == origin)
            }
        };
        if is_own {
            Self::Own
        } else if app.sites.iter().any(|site| site.allows(origin)) {
            Self::Elsewhere(origin.to_owned())
        } else {
            Self::Stranger
        }
    }

    /// Passes when this caller may read and write on `site`.
    pub(super) fn may_use(&self, site: &Site) -> Result<(), Problem> {
        match self {
            Self::Own => Ok(()),
            Self::Elsewhere(origin) if site.allows(origin) => Ok(()),
            Self::Elsewhere(_) | Self::Stranger => Err(Problem::Origin),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(parts.extensions.get().cloned().expect("`check` runs before every handler of the API"))
    }
}

/// Answers preflights, refuses writes of strangers, and lets pages elsewhere read what their site allows.
pub(super) async fn check(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let caller = Caller::of(request.headers(), &app);
    let is_console =
        request.uri().path().starts_with("/console") || request.uri().path().starts_with("/api/v1/console");
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let may_ask = match &caller {
        Caller::Own => true,
        Caller::Elsewhere(_) => !is_console,
        // A handler refuses reads by the site; what belongs to no site (the description of the API) is open.
        Caller::Stranger => !is_preflight && !is_console && request.method().is_safe(),
    };

    let mut response = if !may_ask {
        Problem::Origin.into_response()
    } else if is_preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        request.extensions_mut().insert(caller.clone());
        next.run(request).await
    };

    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Caller::Elsewhere(origin) = caller
        && may_ask
        && let Ok(origin) = HeaderValue::try_from(origin)
    {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("date, retry-after"));
        if is_preflight {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(ALLOWED_METHODS));
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE_SECONDS.into());
        }
    }
    response
}
