//! What visitors said of helplines that did not work.

use peer_support_domain::cursor::Cursor;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{LINE_REPORT_RETENTION_DAYS, LINE_REPORTS_A_DAY};
use peer_support_domain::line_report::Day;
use peer_support_domain::roles::Reach;
use peer_support_domain::statistics::{Quarter, Tally};
use peer_support_domain::wire::{LineReport, Page};
use rusqlite::Connection;

use super::{all, execute, items, key, parsed, sites_in, tallies};
use crate::store::{NewLineReport, StoreError, corrupt, page, rows_of_page};

pub(super) fn add(db: &Connection, report: &NewLineReport) -> Result<bool, StoreError> {
    let site_key = items::site_key_or_new(db, &report.site)?;
    let n_counted = execute(
        db,
        "insert into line_reports (site_key, day, line, contact, problem, n_reports)
         select ?1, ?2, ?3, ?4, ?5, 1
         where (
             select count(*)
             from line_reports
             where site_key = ?1
               and day = ?2
           ) < ?6
           or exists (
             select 1
             from line_reports
             where site_key = ?1
               and day = ?2
               and line = ?3
               and contact = ?4
               and problem = ?5
           )
         on conflict (site_key, day, line, contact, problem) do update set n_reports = n_reports + 1",
        (
            site_key,
            report.day.since_epoch(),
            report.line.as_str(),
            report.contact.as_str(),
            report.problem.as_str(),
            LINE_REPORTS_A_DAY as i64,
        ),
    )?;
    if n_counted == 1 {
        tallies::count_of_site(
            db,
            site_key,
            Tally::LineReported(report.problem),
            Quarter::of_day(report.day),
        )?;
    }
    Ok(n_counted == 1)
}

pub(super) fn list(
    db: &Connection,
    reach: &Reach,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page<LineReport>, StoreError> {
    let (day, before) =
        after.map_or((i64::MAX, i64::MAX), |after| (after.key, after.item.bits().cast_signed()));
    let found = all(
        db,
        "select line_reports.key, sites.id as site, day, line, contact, problem, n_reports
         from line_reports
         join sites on sites.key = line_reports.site_key
         where (day, line_reports.key) < (?1, ?2)
           and (?4 is null or instr(?4, ' ' || sites.id || ' ') > 0)
         order by day desc, line_reports.key desc
         limit ?3",
        (day, before, rows_of_page(limit), sites_in(reach)),
        |row| {
            let broken = |column| corrupt("line_reports", column, key(row));
            let report = LineReport {
                site: parsed(row, "sites", "site")?,
                day: Day::from_since_epoch(row.get("day")?).ok_or_else(|| broken("day"))?,
                line: parsed(row, "line_reports", "line")?,
                contact: parsed(row, "line_reports", "contact")?,
                problem: parsed(row, "line_reports", "problem")?,
                n_reports: row.get("n_reports")?,
            };
            Ok((key(row), report))
        },
    )?;
    let page = page(found, limit, |(key, report)| Cursor {
        key: report.day.since_epoch().into(),
        item: ItemId::from_bits(key.cast_unsigned()),
    });
    Ok(Page { items: page.items.into_iter().map(|(_, report)| report).collect(), next: page.next })
}

/// Forgets the reports of days that are past their time.
pub(super) fn purge(db: &Connection, now: i64) -> Result<(), StoreError> {
    let first_kept = Day::of_ms(now).since_epoch() - LINE_REPORT_RETENTION_DAYS;
    execute(db, "delete from line_reports where day < ?1", [first_kept])?;
    Ok(())
}
