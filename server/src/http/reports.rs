//! "Something is wrong here": what readers say of posts and replies, and what became of it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peer_support_domain::id::ItemId;
use peer_support_domain::wire::{self, Report};

use super::App;
use super::body::Body;
use super::caller::Caller;
use super::params::{Path, Receipt};
use super::problem::Problem;
use super::sender::Sender;
use crate::config::Site;
use crate::secret::ReportCode;
use crate::store::{Hiding, NewReport, ReportStanding, Reported};

/// How long after a moderator was last seen nobody is taken to be there: the console looks every half minute while somebody
/// can see it, and whoever reads a long post or makes tea is still there.
const MODERATOR_AWAY_MS: i64 = 15 * 60 * 1_000;

/// `POST /api/v1/items/{id}/reports`: counts once per reader and item, however often it is sent.
///
/// Who reports again gets another receipt and 200 instead of 201; the one before opens nothing any more. When more
/// reports wait than are kept, the answer has no receipt: the item stands first in the queue as it is.
pub(super) async fn post_report(
    State(app): State<App>,
    Path(item): Path<ItemId>,
    caller: Caller,
    Sender(network): Sender,
    Body(wire::NewReport { reason, reporter }): Body<wire::NewReport>,
) -> Result<(StatusCode, Json<Report>), Problem> {
    let site = home_of(&app, item, &caller).await?.ok_or(Problem::UnknownItem)?;
    let now = app.clock.now_ms();
    app.guard.admit_report(network, now)?;
    let code = ReportCode::draw(&app.random);
    let report = NewReport {
        item,
        reporter,
        reason,
        receipt: code.hash(),
        at: app.clock.minute_ms(),
        has_force: app.notices.has_force(item, reporter, network, site.hide_after_reports, now),
        hiding: (site.hide_after_reports > 0).then(|| Hiding {
            n_reporters: site.hide_after_reports,
            unless_seen_after: now - MODERATOR_AWAY_MS,
        }),
    };
    let (status, code, standing) = match app.store.report(report).await?.ok_or(Problem::UnknownItem)? {
        Reported::Counted(standing) => (StatusCode::CREATED, Some(code), standing),
        Reported::CountedBefore(standing) => (StatusCode::OK, Some(code), standing),
        Reported::Enough(standing) => (StatusCode::OK, None, standing),
    };
    Ok((status, Json(to_wire(standing, code))))
}

/// `GET /api/v1/report`: what became of the report whose receipt is in `Report-Code`.
pub(super) async fn get_report(
    State(app): State<App>,
    caller: Caller,
    Receipt(code): Receipt,
) -> Result<Json<Report>, Problem> {
    let standing = app.store.report_of(code.hash()).await?.ok_or(Problem::UnknownReportCode)?;
    // Who reported comes back also after the site left this server, from a page of the server's own.
    if home_of(&app, standing.item, &caller).await?.is_none() && caller != Caller::Own {
        return Err(Problem::Origin);
    }
    Ok(Json(to_wire(standing, None)))
}

/// The site of an item, wherever it stands, when `caller` may use it; `None` when this server does not run it.
async fn home_of<'a>(app: &'a App, item: ItemId, caller: &Caller) -> Result<Option<&'a Site>, Problem> {
    let id = app.store.home_of(item).await?.ok_or(Problem::UnknownItem)?;
    let site = app.sites.get(&id);
    site.map_or(Ok(()), |site| caller.may_use(site))?;
    Ok(site)
}

fn to_wire(standing: ReportStanding, code: Option<ReportCode>) -> Report {
    Report {
        code: code.map(|code| code.to_string()),
        reason: standing.reason,
        state: standing.state,
        is_decided: standing.is_decided,
    }
}
