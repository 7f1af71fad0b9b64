//! What was done, by whom and when: the audit log, for leads and admins.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use peer_support_domain::limits::PAGE_ITEMS;
use peer_support_domain::post::Role;
use peer_support_domain::wire::AuditPage;

use super::App;
use super::params::Query;
use super::problem::Problem;
use super::session::SignedIn;
use crate::store::{AuditFrom, Moderator, StoreError, written};

/// The log is one of the whole server: a chain of which lines were left out could not be checked.
fn must_lead_everywhere(moderator: &Moderator) -> Result<(), Problem> {
    if moderator.roles.everywhere >= Some(Role::Lead) { Ok(()) } else { Err(Problem::Role) }
}

/// `GET /api/v1/console/audit`: a page, the last line first.
pub(super) async fn get_audit(
    State(app): State<App>,
    SignedIn { moderator, .. }: SignedIn,
    query: Query,
) -> Result<Json<AuditPage>, Problem> {
    must_lead_everywhere(&moderator)?;
    let (before, limit) = (query.get("before")?.unwrap_or(i64::MAX), query.limit()?);
    let mut lines = app.store.audit(AuditFrom::Before(before), limit + 1).await?;
    let has_more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| has_more).map(|line| line.n);
    Ok(Json(AuditPage { lines, next }))
}

/// `GET /api/v1/console/audit/export`: all of it as JSON Lines, which `audit verify` reads.
pub(super) async fn get_export(
    State(app): State<App>,
    SignedIn { moderator, .. }: SignedIn,
) -> Result<Response, Problem> {
    must_lead_everywhere(&moderator)?;
    // Asked for page by page while it is sent: a log of years is not held in memory.
    let pages = stream::try_unfold((app.store, 0), async |(store, after)| {
        let lines = store.audit(AuditFrom::After(after), *PAGE_ITEMS.end()).await?;
        let text: String = lines.iter().map(|line| written(line) + "\n").collect();
        Ok::<_, StoreError>(lines.last().map(|last| (text, (store, last.n))))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\""),
    ];
    Ok((StatusCode::OK, headers, Body::from_stream(pages)).into_response())
}
