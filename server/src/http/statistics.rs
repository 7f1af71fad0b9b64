//! What a funder or a regulator asks for: counts of a site, quarter by quarter, of which none tells of fewer than ten items.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use peer_support_domain::anonymity::Shown;
use peer_support_domain::automated::Between;
use peer_support_domain::limits::SHOWN_FROM_ITEMS;
use peer_support_domain::post::Role;
use peer_support_domain::site::SiteId;
use peer_support_domain::statistics::{Quarter, Statistics, Wait};

use super::App;
use super::params::{Path, Query};
use super::problem::Problem;
use super::session::SignedIn;
use crate::export::as_words;

/// `GET /api/v1/console/sites/{site}/statistics`: the quarters of a year that are over.
pub(super) async fn get_statistics(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedIn { moderator, .. }: SignedIn,
    query: Query,
) -> Result<Json<Vec<Statistics>>, Problem> {
    app.site_for(&moderator, &site, Role::Lead)?;
    Ok(Json(of_year(&app, &site, &query).await?))
}

/// `GET /api/v1/console/sites/{site}/statistics.csv`: the same as a table for spreadsheets.
pub(super) async fn get_csv(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedIn { moderator, .. }: SignedIn,
    query: Query,
) -> Result<Response, Problem> {
    app.site_for(&moderator, &site, Role::Lead)?;
    let mut lines = vec!["quarter,table,row,number".to_owned()];
    for Statistics { quarter, tables, automated, decision, first_reply } in
        of_year(&app, &site, &query).await?
    {
        let mut add = |table: &str, row: &str, value: &str| {
            lines.push([quarter.to_string().as_str(), table, row, value].map(cell).join(","));
        };
        for table in tables {
            for row in &table.rows {
                add(table.table.as_str(), &row.name, &told(row.n));
            }
            if let Some(sum) = table.sum {
                add(table.table.as_str(), "sum", &told(sum));
            }
        }
        for (name, n) in [
            ("held", automated.held),
            ("published", automated.published),
            ("hidden", automated.hidden),
            ("by-people", automated.by_people),
        ] {
            add("automated", name, &between(n));
        }
        add("automated", "percent", &automated.percent.map_or_else(|| "withheld".to_owned(), between));
        for (name, wait) in [("decision", decision), ("first-reply", first_reply)] {
            add(name, "median-minutes", &minutes(wait, wait.median_minutes));
            add(name, "p90-minutes", &minutes(wait, wait.p90_minutes));
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"statistics.csv\""),
    ];
    Ok((headers, lines.join("\r\n") + "\r\n").into_response())
}

async fn of_year(app: &App, site: &SiteId, query: &Query) -> Result<Vec<Statistics>, Problem> {
    let now = app.clock.now_ms();
    let year = query.get::<i32>("year")?.unwrap_or_else(|| Quarter::of_ms(now).year());
    let mut quarters = Vec::new();
    for quarter in Quarter::of_year(year, now) {
        let counted = app.store.counted(site.clone(), quarter).await?;
        if !counted.is_empty() {
            quarters.push(Statistics::of(quarter, &counted));
        }
    }
    Ok(quarters)
}

fn told(n: Shown) -> String {
    match n {
        Shown::Exactly(n) => n.to_string(),
        Shown::Few => format!("fewer than {SHOWN_FROM_ITEMS}"),
        Shown::Withheld => "withheld".to_owned(),
    }
}

fn between(Between { least, most }: Between) -> String {
    match most {
        Some(most) if most == least => least.to_string(),
        Some(most) => format!("{least} to {most}"),
        None => format!("{least} or more"),
    }
}

fn minutes(wait: Wait, within: Option<u32>) -> String {
    match within {
        Some(minutes) => minutes.to_string(),
        None if wait.is_known => "more than 10080".to_owned(),
        None => format!("fewer than {SHOWN_FROM_ITEMS}"),
    }
}

/// Between quotes, and never a formula to a spreadsheet.
fn cell(value: &str) -> String {
    format!("\"{}\"", as_words(value).replace('"', "\"\""))
}
