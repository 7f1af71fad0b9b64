use std::path::Path;

use peer_support_domain::id::ItemId;
use peer_support_domain::post::Role;
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
