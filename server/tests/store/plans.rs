use std::time::{Duration, Instant};

use peer_support_domain::cursor::{Cursor, Order};
use peer_support_domain::flag::Flag;
use peer_support_domain::post::Kind;
use peer_support_domain::report::ReportReason;
use peer_support_domain::roles::Reach;
use peer_support_server::store::{self, Added, Address, FeedQuery, Hiding, NewItem, NewReport, SearchQuery};

use crate::subject::*;

/// The same for SQLite stands beside its statements: what each does can only be seen from inside.
#[tokio::test]
async fn postgresql_scans_no_table_and_reads_no_more_rows_when_there_are_more() {
    let subject = postgres().await;
    fill(&subject, 0..300).await;
    let with_few = rows_read(&subject, 10_000).await;
    fill(&subject, 300..6_000).await;
    let with_many = rows_read(&subject, 20_000).await;
    let store = store::open(&subject.address).await.unwrap();
    assert_eq!(store.index().await.unwrap(), 5 * 1_024);
    store.close().await;
    let with_blocks = rows_read(&subject, 30_000).await;

    assert_eq!((with_few.by_scan, with_many.by_scan), (0, 0));
    assert_eq!(with_blocks.by_scan, 0);
    assert!(with_few.by_index > 0);
    assert!(with_many.by_index * 100 <= with_few.by_index * 105, "{with_few:?}, then {with_many:?}");
    subject.close().await;
}

/// Published posts, and a reply to each fourth, past the store: thousands one by one would take long.
async fn fill(subject: &Subject, numbers: std::ops::Range<u32>) {
    let sql = format!(
        "insert into sites (id) values ('demo') on conflict do nothing;
         insert into topics (site_key, id)
         select sites.key, topic
         from sites
         cross join unnest(array['grief', 'work', 'low-mood']) as topic
         on conflict do nothing;
         insert into items
           (id, site_key, topic_key, kind, state, is_example, recovery, created_at, helpful_at, n_replies)
         select n, topics.site_key, topics.key, (array['s', 'c', 'q'])[n % 3 + 1], 'published', false,
           decode(lpad(to_hex(n), 32, '0'), 'hex'), n, n, case when n % 4 = 0 then 1 else 0 end
         from generate_series({0}, {1}) as n
         join topics on topics.id = (array['grief', 'work', 'low-mood'])[n / 3 % 3 + 1];
         insert into item_texts (item_key, author, text)
         select key, int8send(id), 'Text number ' || id
         from items
         on conflict do nothing;
         insert into line_reports (site_key, day, line, contact, problem, n_reports)
         select sites.key, n, 'gb-samaritans', '116 123', 'closed', 1
         from generate_series({0}, {1}) as n
         join sites on sites.id = 'demo';
         insert into reports (item_key, reporter, reason, receipt, reported_at, has_force)
         select key, decode(lpad(to_hex(key), 32, '0'), 'hex'), 'other', decode(lpad(to_hex(key), 64, '0'), 'hex'), 0, false
         from items
         where key % 9 = 0
         on conflict do nothing;
         update items set reported_at = 0 where key % 9 = 0;
         update items set flagged_at = 0 where key % 7 = 0;
         analyze;",
        numbers.start,
        numbers.end - 1
    );
    subject.execute(&sql).await.unwrap();
}

#[derive(Debug)]
struct RowsRead {
    by_scan: i64,
    by_index: i64,
}

/// How many rows PostgreSQL reads to answer the public routes once, of the tables that grow. What it adds is numbered from
/// `first_new`.
async fn rows_read(subject: &Subject, first_new: u64) -> RowsRead {
    let Address::Postgres(url) = &subject.address else { unreachable!("it is PostgreSQL") };
    let before = statistics(subject).await;
    // In tables this small PostgreSQL may find scanning cheaper; here it shows where it has no other way.
    let store =
        store::open(&Address::Postgres(format!("{url}&options=-c%20enable_seqscan=off"))).await.unwrap();
    let post = peer_support_domain::id::ItemId::from_bits(1);
    let after = Some(Cursor { key: 120, item: peer_support_domain::id::ItemId::from_bits(120) });
    for order in Order::ALL {
        for kind in [None, Some(Kind::Coping)] {
            for topic in [None, Some("grief")] {
                for after in [None, after] {
                    let topic = topic.map(|topic| topic.parse().unwrap());
                    let page = store.feed(FeedQuery { kind, topic, after, ..feed(order, 10) }).await.unwrap();
                    assert_eq!(page.items.len(), 10);
                }
            }
        }
    }
    for topic in [None, Some("grief")] {
        let query = SearchQuery {
            site: "demo".parse().unwrap(),
            words: "text number".parse().unwrap(),
            kind: Some(Kind::Coping),
            topic: topic.map(|topic| topic.parse().unwrap()),
            after: None,
            limit: 10,
        };
        assert_eq!(store.search(query).await.unwrap().items.len(), 10);
    }
    store.post(post).await.unwrap().unwrap();
    store.site_of(post).await.unwrap().unwrap();
    store.replies(post, after, 10).await.unwrap().unwrap();
    store.vote(helped(post, voter(1))).await.unwrap().unwrap();
    store.unvote(helped(post, voter(1))).await.unwrap().unwrap();
    store.own(recovery(1)).await.unwrap();
    let report = |n: u64, item| NewReport {
        item: peer_support_domain::id::ItemId::from_bits(item),
        reporter: voter(n),
        reason: ReportReason::Other,
        receipt: secret(n),
        at: START,
        has_force: true,
        hiding: Some(Hiding { n_reporters: 1, unless_seen_after: START }),
    };
    store.see_moderator(Reach::Everywhere, START + 1).await.unwrap();
    for (n, item) in [(1, 1), (1, 1), (2, 2), (3, 3)] {
        store.report(report(first_new + n, item)).await.unwrap().unwrap();
    }
    store.report_of(secret(first_new + 1)).await.unwrap().unwrap();
    store.home_of(post).await.unwrap().unwrap();
    assert!(store.flag(post, Flag::VoteRing, START).await.unwrap());
    let known = NewItem { author: Some(author(1)), publish_after_approvals: 1, ..reply(first_new, post) };
    assert!(matches!(store.add(known, None).await.unwrap(), Added::Stored(_)));
    store.queue(Reach::Everywhere, after, 10).await.unwrap();
    let demo = Reach::Sites(vec!["demo".parse().unwrap()]);
    store.queue(demo.clone(), after, 10).await.unwrap();
    assert!(store.queue(demo, None, 2).await.unwrap().next.is_some());
    assert!(store.queue(Reach::Everywhere, None, 2).await.unwrap().next.is_some());
    assert!(store.report_line(no_answer()).await.unwrap());
    store.line_reports(Reach::Everywhere, after, 10).await.unwrap();
    store.close().await;
    let after = statistics(subject).await;
    RowsRead { by_scan: after.by_scan - before.by_scan, by_index: after.by_index - before.by_index }
}

/// What was read since the database was made. A connection adds its part when it ends.
async fn statistics(subject: &Subject) -> RowsRead {
    subject.close().await;
    let until = Instant::now() + Duration::from_secs(30);
    let connected = "select 1 from pg_stat_activity
                     where datname = current_database() and application_name like 'peer-support-server/%'";
    while !subject.rows(connected).await.is_empty() {
        assert!(Instant::now() < until, "the store's connections have not ended");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let read = "select coalesce(sum(seq_tup_read), 0)::text, coalesce(sum(idx_tup_fetch), 0)::text
                from pg_stat_user_tables
                where relname in ('items', 'votes', 'idempotency_keys', 'line_reports', 'reports', 'search_blocks') or relname like 'item_texts%'
                  or relname like 'search_bits%'";
    let read = &subject.rows(read).await[0];
    RowsRead { by_scan: read[0].parse().unwrap(), by_index: read[1].parse().unwrap() }
}
