//! Parameters of the path and the query, and headers, parsed into domain types; a problem names the one at fault.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{DEFAULT_PAGE_ITEMS, IDEMPOTENCY_KEY_CHARS, PAGE_ITEMS};
use peer_support_domain::recovery::{InvalidRecoveryCode, RecoveryCode};
use peer_support_domain::site::SiteId;
use peer_support_domain::vote::Reaction;

use super::problem::Problem;
use crate::checks::{InvalidProof, Proof};
use crate::secret::ReportCode;
use crate::store::SessionId;

/// The parameters of the path.
pub(super) struct Path<T>(pub(super) T);

/// What a route's path is parsed into.
pub(super) trait FromPath: Sized {
    fn from_path(params: &RawPathParams) -> Result<Self, Problem>;
}

impl FromPath for SiteId {
    fn from_path(params: &RawPathParams) -> Result<Self, Problem> {
        param(params, "site")
    }
}

impl FromPath for ItemId {
    fn from_path(params: &RawPathParams) -> Result<Self, Problem> {
        param(params, "id")
    }
}

impl FromPath for SessionId {
    fn from_path(params: &RawPathParams) -> Result<Self, Problem> {
        param(params, "session").map(Self)
    }
}

/// The id of a notification; what no such id looks like belongs to none.
pub(super) struct DeliveryId(pub(super) String);

impl FromPath for DeliveryId {
    fn from_path(params: &RawPathParams) -> Result<Self, Problem> {
        param(params, "delivery").map(Self)
    }
}

impl FromPath for (ItemId, Reaction) {
    fn from_path(params: &RawPathParams) -> Result<Self, Problem> {
        Ok((param(params, "id")?, param(params, "reaction")?))
    }
}

fn param<T: FromStr<Err: fmt::Display>>(params: &RawPathParams, name: &'static str) -> Result<T, Problem> {
    let (_, text) = params.iter().find(|(key, _)| *key == name).ok_or(Problem::UnknownRoute)?;
    text.parse().map_err(|e: T::Err| Problem::Parameter(name, e.to_string()))
}

impl<S: Send + Sync, T: FromPath> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // Only percent-encoding that is no UTF-8 is refused here: no address of ours looks like that.
        let params =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::UnknownRoute)?;
        T::from_path(&params).map(Self)
    }
}

/// The parameters of the query. Those that nobody takes are passed over: a newer page may ask an older server.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// The parameter `name`, if it is there.
    pub(super) fn get<T: FromStr<Err: fmt::Display>>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, Problem> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        let Some((_, text)) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(Problem::Parameter(name, "is given twice".to_owned()));
        }
        text.parse().map(Some).map_err(|e: T::Err| Problem::Parameter(name, e.to_string()))
    }

    /// `limit`: how many items a page has at most.
    pub(super) fn limit(&self) -> Result<usize, Problem> {
        let limit = self.get::<PageItems>("limit")?;
        Ok(limit.map_or(DEFAULT_PAGE_ITEMS, |PageItems(limit)| limit))
    }
}

/// A number of items that fits on a page.
struct PageItems(usize);

impl FromStr for PageItems {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().ok().filter(|limit| PAGE_ITEMS.contains(limit)).map(Self).ok_or_else(|| {
            format!("is not a whole number from {} to {}", PAGE_ITEMS.start(), PAGE_ITEMS.end())
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        Ok(Self(pairs.map(|(key, value)| (Cow::into_owned(key), Cow::into_owned(value))).collect()))
    }
}

/// The text of a header; `None` when it is not there.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(HeaderName::from_static(lower(name))).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::Header(name, "is given twice".to_owned()));
    }
    value
        .to_str()
        .map(Some)
        .map_err(|_| Problem::Header(name, "has characters beyond printable ASCII".to_owned()))
}

/// Header names as they are written for people, and as `http` wants them.
fn lower(name: &'static str) -> &'static str {
    match name {
        "Idempotency-Key" => "idempotency-key",
        "Recovery-Code" => "recovery-code",
        "Report-Code" => "report-code",
        "Csrf-Token" => "csrf-token",
        "Proof-Of-Work" => "proof-of-work",
        other => other,
    }
}

/// `Idempotency-Key`: names one sending of a request, so that sending it again does nothing new.
pub(super) struct IdempotencyKey(pub(super) String);

impl<S: Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        let name = "Idempotency-Key";
        let Some(key) = header(&parts.headers, name)? else { return Ok(None) };
        if !IDEMPOTENCY_KEY_CHARS.contains(&key.len()) {
            let (min, max) = IDEMPOTENCY_KEY_CHARS.into_inner();
            return Err(Problem::Header(
                name,
                format!("has {} characters; expected {min} to {max}", key.len()),
            ));
        }
        Ok(Some(Self(key.to_owned())))
    }
}

/// `Recovery-Code`: opens one post or reply for its author.
pub(super) struct Recovery(pub(super) RecoveryCode);

impl<S: Sync> OptionalFromRequestParts<S> for Recovery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        let name = "Recovery-Code";
        let code = header(&parts.headers, name)?.map(str::parse).transpose();
        let code = code.map_err(|e: InvalidRecoveryCode| Problem::Header(name, e.to_string()))?;
        Ok(code.map(Self))
    }
}

impl<S: Sync> FromRequestParts<S> for Recovery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let code = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        code.ok_or(Problem::Header("Recovery-Code", "is missing".to_owned()))
    }
}

/// `Report-Code`: shows what became of one report.
pub(super) struct Receipt(pub(super) ReportCode);

impl<S: Sync> FromRequestParts<S> for Receipt {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let name = "Report-Code";
        let code = header(&parts.headers, name)?.ok_or(Problem::Header(name, "is missing".to_owned()))?;
        code.parse().map(Self).map_err(|e: <ReportCode as FromStr>::Err| Problem::Header(name, e.to_string()))
    }
}

/// `Proof-Of-Work`: the answer to a challenge, or that there is none.
pub(super) struct ProofOfWork(pub(super) Proof);

impl<S: Sync> OptionalFromRequestParts<S> for ProofOfWork {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        let name = "Proof-Of-Work";
        let Some(text) = header(&parts.headers, name)? else { return Ok(None) };
        let proof = text.parse().map_err(|e: InvalidProof| Problem::Header(name, e.to_string()))?;
        Ok(Some(Self(proof)))
    }
}
