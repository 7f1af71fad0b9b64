//! What visitors said of helplines that did not work.

use peer_support_domain::cursor::Cursor;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{LINE_REPORT_RETENTION_DAYS, LINE_REPORTS_A_DAY};
use peer_support_domain::line_report::Day;
use peer_support_domain::statistics::{Quarter, Tally};
use peer_support_domain::wire::{LineReport, Page};
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use super::{items, key, parsed};
use crate::store::{NewLineReport, StoreError, corrupt, page, rows_of_page};

pub(super) async fn add(pool: &PgPool, report: &NewLineReport) -> Result<bool, StoreError> {
    let mut tx = pool.begin().await?;
    let site_key = items::site_key(&mut tx, &report.site).await?;
    // Until the transaction ends, nobody else adds to the site's reports, whose number is looked at.
    sqlx::query("select key from sites where key = $1 for no key update")
        .bind(site_key)
        .execute(&mut *tx)
        .await?;
    let (what, which) = Tally::LineReported(report.problem).names();
    let counted = sqlx::query(
        "with counted as (
           insert into line_reports (site_key, day, line, contact, problem, n_reports)
           select $1, $2, $3, $4, $5, 1
           where (
               select count(*)
               from line_reports
               where site_key = $1
                 and day = $2
             ) < $6
             or exists (
               select 1
               from line_reports
               where site_key = $1
                 and day = $2
                 and line = $3
                 and contact = $4
                 and problem = $5
             )
           on conflict (site_key, day, line, contact, problem)
           do update set n_reports = line_reports.n_reports + 1
           returning site_key
         )
         insert into tallies (site_key, quarter, what, which, n)
         select site_key, $7, $8, $9, 1
         from counted",
    )
    .bind(site_key)
    .bind(report.day.since_epoch())
    .bind(report.line.as_str())
    .bind(report.contact.as_str())
    .bind(report.problem.as_str())
    .bind(LINE_REPORTS_A_DAY as i64)
    .bind(Quarter::of_day(report.day).number())
    .bind(what)
    .bind(which)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(counted.rows_affected() == 1)
}

pub(super) async fn list(
    pool: &PgPool,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page<LineReport>, StoreError> {
    let (day, before) =
        after.map_or((i64::MAX, i64::MAX), |after| (after.key, after.item.bits().cast_signed()));
    let rows = sqlx::query(
        "select line_reports.key, sites.id as site, day, line, contact, problem, n_reports
         from line_reports
         join sites on sites.key = line_reports.site_key
         where (day, line_reports.key) < ($1, $2)
         order by day desc, line_reports.key desc
         limit $3",
    )
    // No later day is ever stored.
    .bind(i32::try_from(day).unwrap_or(i32::MAX))
    .bind(before)
    .bind(rows_of_page(limit))
    .fetch_all(pool)
    .await?;
    let found = rows.iter().map(to_report).collect::<Result<_, _>>()?;
    let page = page(found, limit, |(key, report): &(i64, LineReport)| Cursor {
        key: report.day.since_epoch().into(),
        item: ItemId::from_bits(key.cast_unsigned()),
    });
    Ok(Page { items: page.items.into_iter().map(|(_, report)| report).collect(), next: page.next })
}

fn to_report(row: &PgRow) -> Result<(i64, LineReport), StoreError> {
    let broken = |column| corrupt("line_reports", column, key(row));
    let report = LineReport {
        site: parsed(row, "sites", "site")?,
        day: Day::from_since_epoch(row.try_get("day")?).ok_or_else(|| broken("day"))?,
        line: parsed(row, "line_reports", "line")?,
        contact: parsed(row, "line_reports", "contact")?,
        problem: parsed(row, "line_reports", "problem")?,
        n_reports: row.try_get::<i64, _>("n_reports")?.try_into().map_err(|_| broken("n_reports"))?,
    };
    Ok((key(row), report))
}

/// Forgets the reports of days that are past their time.
pub(super) async fn purge(pool: &PgPool, now: i64) -> Result<(), StoreError> {
    let first_kept = Day::of_ms(now).since_epoch() - LINE_REPORT_RETENTION_DAYS;
    sqlx::query("delete from line_reports where day < $1").bind(first_kept).execute(pool).await?;
    Ok(())
}
