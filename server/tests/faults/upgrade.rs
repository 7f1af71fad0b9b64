//! Another version of the program beside this one, on one PostgreSQL.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, SqlStr};
use tempfile::TempDir;

use crate::load::Load;
use crate::program::{Place, run, said};
use crate::support::postgres::Cluster;

/// What every server calls itself at the database.
const PROGRAM: &str = "peer-support-server";

/// A connection of a server of another version.
async fn of_version(url: &str, program: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().unwrap();
    options.application_name(program).disable_statement_logging().connect().await.unwrap()
}

/// How many changes of the schema were made.
async fn n_changes(db: &mut PgConnection) -> i64 {
    sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(db).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_version_adds_to_the_schema_while_this_one_serves_and_starts_again() {
    let folder = TempDir::new().unwrap();
    let url = Cluster::shared().new_database("template1").await;
    let place = Place::on_postgres(folder.path(), &url);
    let (mut server, load) = Load::on_demo(&place).await;
    load.acknowledges(30).await;

    // Made up: what such a change may do, and what its version writes down about it.
    let mut next = of_version(&url, &format!("{PROGRAM}/1000")).await;
    let n_known = n_changes(&mut next).await;
    let change = Migration::new(
        n_known + 1,
        format!("moods, borne from {n_known}").into(),
        MigrationType::Simple,
        SqlStr::from_static(
            "create table moods (key bigint primary key generated always as identity, name text not null);
             alter table items add column mood_key bigint references moods;",
        ),
        false,
    );
    let mut migrator = Migrator::with_migrations(vec![change]);
    migrator.set_ignore_missing(true).run(&mut next).await.unwrap();

    load.acknowledges(30).await;
    server.kill();
    server = load.serve_again(&place).await;
    load.acknowledges(30).await;
    let book = load.finish().await;
    let is_of_the_kill = |why: &String| ["no connection", "cut short"].contains(&why.as_str());
    assert!(book.refusals.keys().all(is_of_the_kill), "{:?}", book.refusals);
    book.check(&place);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_changes_nothing_under_an_older_server_that_would_fail_and_says_so() {
    let folder = TempDir::new().unwrap();
    let url = Cluster::shared().new_database("template1").await;
    let place = Place::on_postgres(folder.path(), &url);
    // Of a time when none said its version.
    let mut older = of_version(&url, PROGRAM).await;

    let refused = place.command(&["migrate"]).output().unwrap();

    assert!(!refused.status.success());
    assert!(said(&refused).contains("a server of an older version uses the database"), "{}", said(&refused));
    let is_new = "select to_regclass('items') is null";
    assert!(sqlx::query_scalar::<_, bool>(is_new).fetch_one(&mut older).await.unwrap());
    older.close().await.unwrap();
    run(place.command(&["migrate"]));
}
