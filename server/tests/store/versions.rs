use std::fs;
use std::path::Path;

use peer_support_domain::id::{ItemId, RecoveryHash};
use peer_support_domain::post::{Role, State};
use peer_support_domain::roles::Roles;
use peer_support_server::store::{self, Address, StoreError};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection, Executor, PgConnection};

use crate::subject::*;
use crate::support::postgres::Cluster;

/// A published story and a session of 12 hours from [`START`], as the first version stored them.
const SITE_AND_TOPIC: &str = "
    insert into moderators (name, role, created_at) values ('Ada', 'lead', 1);
    insert into sites (id) values ('demo');
    insert into topics (site_key, id) values (1, 'low-mood');
";
const SQLITE_STORY: &str = "
    insert into item_texts (text) values ('An old story, still here.');
    insert into items
      (id, site_key, topic_key, kind, state, is_example, text_key, recovery, created_at, helpful_at)
    values (1, 1, 1, 's', 'published', 0, 1, x'000102030405060708090a0b0c0d0e0f', 1, 1);
    insert into sessions (session_hash, moderator_key, expires_at)
    values (cast('0123456789abcdef0123456789abcdef' as blob), 1, 1767268800000);
    pragma user_version = 1;
";
const POSTGRES_STORY: &str = "
    insert into items (id, site_key, topic_key, kind, state, is_example, recovery, created_at, helpful_at)
    values (1, 1, 1, 's', 'published', false, '\\x000102030405060708090a0b0c0d0e0f', 1, 1);
    insert into item_texts (item_key, text) values (1, 'An old story, still here.');
    insert into sessions (session_hash, moderator_key, expires_at)
    values ('0123456789abcdef0123456789abcdef', 1, 1767268800000);
";

fn sqlite_of_version_1(file: &Path) {
    let old = rusqlite::Connection::open(file).unwrap();
    old.execute_batch(include_str!("../../src/store/sqlite/migrations/0001_items.sql")).unwrap();
    old.execute_batch(SITE_AND_TOPIC).unwrap();
    old.execute_batch(SQLITE_STORY).unwrap();
    old.close().unwrap();
}

async fn postgres_of_version_1() -> String {
    let url = Cluster::shared().new_database("template1").await;
    let mut old = PgConnection::connect(&url).await.unwrap();
    let sql = include_str!("../../src/store/postgres/migrations/0001_items.sql");
    let first =
        Migration::new(1, "items".into(), MigrationType::Simple, sqlx::SqlStr::from_static(sql), false);
    Migrator::with_migrations(vec![first]).run(&mut old).await.unwrap();
    old.execute(SITE_AND_TOPIC).await.unwrap();
    old.execute(POSTGRES_STORY).await.unwrap();
    old.close().await.unwrap();
    url
}

/// Reads what the first version wrote, and writes what only a later one knows.
async fn works(subject: Subject) {
    let post = subject.post(ItemId::from_bits(1)).await.unwrap().unwrap();
    subject.added(reply(2, post.id)).await;

    assert_eq!(post.text, "An old story, still here.", "{:?}", subject.address);
    assert_eq!(subject.queue_ids(9).await, [item(2)]);
    assert!(subject.report_line(no_answer()).await.unwrap());
    let session = subject.session(*b"0123456789abcdef0123456789abcdef", START).await.unwrap().unwrap();
    assert_eq!((session.moderator.name.as_str(), session.is_by_code, session.seen_at), ("Ada", true, START));
    assert_eq!(session.moderator.roles, Roles::everywhere(Role::Lead));
    subject.close().await;
}

#[tokio::test]
async fn items_keep_their_state_and_what_belongs_to_them_when_their_table_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("database");
    let old = rusqlite::Connection::open(&file).unwrap();
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite/migrations");
    let mut before: Vec<_> = fs::read_dir(migrations).unwrap().map(|entry| entry.unwrap().path()).collect();
    before.sort_unstable();
    before.truncate(21);
    for migration in before {
        old.execute_batch(&fs::read_to_string(migration).unwrap()).unwrap();
    }
    old.execute_batch(
        "insert into sites (id) values ('demo'); insert into topics (site_key, id) values (1, 'grief');",
    )
    .unwrap();
    for (n, state) in (1_u8..).zip(State::ALL) {
        let (state, text_key) = (state.as_str(), if state == State::Deleted { "null" } else { "1" });
        let (code, reply_code) = (hex(n), hex(100 + n));
        let sql = format!(
            "insert into item_texts (text) values ('Text {n}');
             insert into items
               (key, id, site_key, topic_key, kind, state, is_example, text_key, recovery, created_at, helpful_at, n_replies)
             values ({n}, {n}, 1, 1, 's', '{state}', 0, {text_key}, x'{code}', {n}, {n}, 1);
             insert into items
               (key, id, site_key, post_key, state, is_example, text_key, recovery, created_at, helpful_at)
             values (100 + {n}, 100 + {n}, 1, {n}, 'published', 0, {n}, x'{reply_code}', {n}, {n});
             insert into votes (item_key, reaction, voter) values ({n}, 'helped', x'{code}');"
        );
        old.execute_batch(&sql).unwrap();
    }
    old.pragma_update(None, "user_version", 21).unwrap();
    let what =
        "select id, state, created_at, n_replies, (select count(*) from votes where item_key = items.key),
                  (select count(*) from items as replies where post_key = items.key)
                from items
                order by key";
    let rows = |db: &rusqlite::Connection| -> Vec<(i64, String, i64, i64, i64, i64)> {
        let mut rows = db.prepare(what).unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        };
        rows.query_map((), row).unwrap().map(Result::unwrap).collect()
    };
    let before = rows(&old);
    old.close().unwrap();

    let store = Subject::of(Address::Sqlite(file.clone())).await;

    let new = rusqlite::Connection::open(&file).unwrap();
    assert_eq!((rows(&new), before.len()), (before, 2 * State::ALL.len()));
    for (n, state) in (1_u8..).zip(State::ALL) {
        let own = store.own(RecoveryHash::from_bytes([n; 16])).await.unwrap().unwrap();
        assert_eq!((own.id.bits(), own.state, own.votes.helped), (n.into(), state, 0));
    }
    new.pragma_update(None, "foreign_keys", true).unwrap();
    new.execute_batch("delete from items where key < 100").unwrap();
    assert_eq!(rows(&new), [], "replies go with their posts");
    let n_votes: i64 = new.query_row("select count(*) from votes", (), |row| row.get(0)).unwrap();
    assert_eq!(n_votes, 0);
    store.close().await;
}

/// Sixteen times the same byte.
fn hex(byte: u8) -> String {
    format!("{byte:02x}").repeat(16)
}

#[tokio::test]
async fn a_database_and_a_copy_of_the_first_version_are_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = (folder.path().join("database"), folder.path().join("copy"));
    sqlite_of_version_1(&file);
    sqlite_of_version_1(&copy);

    let upgraded = [Address::Sqlite(file), Address::Postgres(postgres_of_version_1().await)];
    let restored = [sqlite().await, postgres().await];

    for address in upgraded {
        works(Subject::of(address).await).await;
    }
    for empty in restored {
        // Such a copy does not say when it expires.
        let refused = store::restore(&empty.address, &copy, START, false).await;
        assert!(matches!(refused, Err(StoreError::Expired(None))), "{refused:?}");
        store::restore(&empty.address, &copy, START, true).await.unwrap();
        works(empty.reopened().await).await;
    }
}
