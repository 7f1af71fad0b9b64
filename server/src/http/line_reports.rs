//! "This did not work": what visitors say of helplines, for those who look after the data.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peer_support_domain::limits::REPORTED_LINE_CHARS;
use peer_support_domain::line_report::{Day, ReportedContact};
use peer_support_domain::post::Role;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{self, LineReport, Page};

use super::App;
use super::body::Body;
use super::caller::Caller;
use super::params::{Path, Query};
use super::problem::Problem;
use super::session::SignedIn;
use crate::store::NewLineReport;

/// `POST /api/v1/sites/{site}/line-reports`: counted by line, contact, problem and day.
///
/// Taken without an account, a key or a limit of its own. When a day has more different reports than are kept, the answer
/// is the same: the visitor has done what they could, and who makes reports up learns nothing.
pub(super) async fn post_line_report(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    caller: Caller,
    Body(report): Body<wire::NewLineReport<ReportedContact>>,
) -> Result<StatusCode, Problem> {
    let site = app.sites.get(&site).ok_or(Problem::UnknownSite)?;
    caller.may_use(site)?;
    let n_chars = report.line.as_str().len();
    if n_chars > REPORTED_LINE_CHARS {
        let what = format!("has {n_chars} characters; expected at most {REPORTED_LINE_CHARS}");
        return Err(Problem::Field("line".to_owned(), what));
    }
    let day = Day::of_ms(app.clock.now_ms());
    let report = NewLineReport {
        site: site.id.clone(),
        day,
        line: report.line,
        contact: report.contact,
        problem: report.problem,
    };
    let is_counted = app.store.report_line(report).await?;
    // Once a day: a flood of reports is not to be one of the log.
    if !is_counted && app.reports_full_on.swap(day.since_epoch(), Ordering::Relaxed) != day.since_epoch() {
        tracing::warn!(
            site = site.id.as_str(),
            "more different reports about helplines came today than are kept"
        );
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/console/line-reports`: of all sites where the moderator has a role, the newest day first.
pub(super) async fn get_line_reports(
    State(app): State<App>,
    SignedIn { moderator, .. }: SignedIn,
    query: Query,
) -> Result<Json<Page<LineReport>>, Problem> {
    let reach = moderator.reach(Role::Viewer)?;
    Ok(Json(app.store.line_reports(reach, query.get("cursor")?, query.limit()?).await?))
}
