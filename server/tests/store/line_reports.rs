use std::collections::BTreeMap;

use futures_util::future::join_all;
use peer_support_domain::limits::{LINE_REPORT_RETENTION_DAYS, LINE_REPORTS_A_DAY};
use peer_support_domain::line_report::Day;
use peer_support_domain::roles::Reach;
use peer_support_domain::wire::{LineProblem, LineReport};
use peer_support_server::store::{self, Address, NewLineReport, Store};

use crate::subject::*;

const DAY: i64 = 24 * 60 * MINUTE;

/// One that nobody truly sent.
fn made_up(n: usize) -> NewLineReport {
    NewLineReport { contact: format!("+1 {n:09}").parse().unwrap(), ..no_answer() }
}

/// All pages of the list.
async fn listed(store: &dyn Store, limit: usize) -> Vec<LineReport> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.line_reports(Reach::Everywhere, after, limit).await.unwrap();
        assert!(page.items.len() <= limit);
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn equal_reports_are_counted_and_different_ones_apart() {
    each_store(async |store| {
        let different = [
            no_answer(),
            NewLineReport { site: "other".parse().unwrap(), ..no_answer() },
            NewLineReport { day: Day::of_ms(START + DAY), ..no_answer() },
            NewLineReport { line: "gb-shout".parse().unwrap(), ..no_answer() },
            NewLineReport { contact: "jo@samaritans.org".parse().unwrap(), ..no_answer() },
            NewLineReport { problem: LineProblem::Closed, ..no_answer() },
        ];

        for report in different.iter().chain(&different[..2]) {
            assert!(store.report_line(report.clone()).await.unwrap());
        }

        let counts: BTreeMap<_, _> = listed(&**store, 100)
            .await
            .into_iter()
            .map(|r| ((r.site.to_string(), r.day, r.line.to_string(), r.contact, r.problem), r.n_reports))
            .collect();
        let expected = different.into_iter().enumerate().map(|(n, r)| {
            let count = if n < 2 { 2 } else { 1 };
            ((r.site.to_string(), r.day, r.line.to_string(), r.contact, r.problem), count)
        });
        assert_eq!(counts, expected.collect());
    })
    .await;
}

#[tokio::test]
async fn reports_sent_at_once_are_all_counted() {
    each_store(async |store| {
        let other_server = store::open(&store.address).await.unwrap();

        let outcomes = join_all((0..100).map(|n| {
            let server = if n % 2 == 0 { &**store } else { &*other_server };
            server.report_line(NewLineReport { problem: LineProblem::ALL[n % 4], ..no_answer() })
        }))
        .await;

        assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(true))), "{outcomes:?}");
        let counts: Vec<_> = listed(&**store, 100).await.into_iter().map(|report| report.n_reports).collect();
        assert_eq!(counts, [25; 4]);
        other_server.close().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_fills_the_disk_and_what_was_counted_goes_on_counting() {
    each_store(async |store| {
        store.report_line(no_answer()).await.unwrap();
        // Half of them at once, where each sees the others' only if it waits for them.
        let half = LINE_REPORTS_A_DAY / 2;
        for n in 0..half {
            assert!(store.report_line(made_up(n)).await.unwrap());
        }
        let outcomes = join_all((half..2 * LINE_REPORTS_A_DAY).map(|n| store.report_line(made_up(n)))).await;

        let n_counted = outcomes.iter().filter(|outcome| *outcome.as_ref().unwrap()).count();
        assert_eq!(1 + half + n_counted, LINE_REPORTS_A_DAY);
        assert!(store.report_line(no_answer()).await.unwrap(), "it is one of those that are counted");
        let other_site = NewLineReport { site: "other".parse().unwrap(), ..made_up(9_999) };
        assert!(store.report_line(other_site).await.unwrap());
        let next_day = NewLineReport { day: Day::of_ms(START + DAY), ..made_up(9_999) };
        assert!(store.report_line(next_day).await.unwrap());
        let reports = listed(&**store, 100).await;
        assert_eq!(reports.len(), LINE_REPORTS_A_DAY + 2);
        let n_reports = |report: &&LineReport| report.contact.as_str() == "116 123" && report.n_reports == 2;
        assert_eq!(reports.iter().filter(n_reports).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_list_begins_with_the_newest_day_and_its_pages_neither_repeat_nor_skip() {
    each_store(async |store| {
        // Not in the order of their days: a server's clock may be set back.
        for n in [3, 0, 4, 1, 2] {
            for contact in 0..3 {
                let day = Day::of_ms(START + n * DAY);
                store.report_line(NewLineReport { day, ..made_up(contact) }).await.unwrap();
            }
        }

        let whole = listed(&**store, 100).await;

        let days: Vec<_> = whole.iter().map(|report| report.day).collect();
        let expected = (0..5).rev().flat_map(|n| [Day::of_ms(START + n * DAY); 3]);
        assert_eq!(days, expected.collect::<Vec<_>>());
        for limit in [1, 2, 3, 7] {
            assert_eq!(listed(&**store, limit).await, whole, "pages of {limit}");
        }
    })
    .await;
}

#[tokio::test]
async fn reports_are_kept_for_their_days_and_then_purged() {
    each_store(async |store| {
        let after = |n_days: i32| START + i64::from(n_days) * DAY;
        let tomorrow = NewLineReport { day: Day::of_ms(after(1)), ..no_answer() };
        store.report_line(no_answer()).await.unwrap();
        store.report_line(tomorrow.clone()).await.unwrap();

        store.purge(after(LINE_REPORT_RETENTION_DAYS) + DAY - 1, START).await.unwrap();
        assert_eq!(listed(&**store, 100).await.len(), 2);
        store.purge(after(LINE_REPORT_RETENTION_DAYS + 1), START).await.unwrap();

        let left: Vec<_> = listed(&**store, 100).await.into_iter().map(|report| report.day).collect();
        assert_eq!(left, [tomorrow.day]);
    })
    .await;
}

#[tokio::test]
async fn nothing_of_who_reported_is_stored() {
    each_store(async |store| {
        store.report_line(no_answer()).await.unwrap();

        let columns = match store.address {
            Address::Sqlite(_) => "select name from pragma_table_info('line_reports') order by cid",
            Address::Postgres(_) => {
                "select column_name::text from information_schema.columns
                 where table_name = 'line_reports' order by ordinal_position"
            }
        };
        let columns = store.rows(columns).await.concat();

        let names = ["key", "site_key", "day", "line", "contact", "problem", "n_reports"];
        assert!(columns.iter().map(|name| name.trim_start_matches("Text")).eq(names), "{columns:?}");
    })
    .await;
}
