//! Copies made while people write, and what is there after everything else was lost.

use std::fs;
use std::path::Path;
use std::time::Instant;

use sqlx::Executor;
use tempfile::TempDir;

use crate::load::{Held, Load, check_file};
use crate::program::{Caller, Place, Program, run};
use crate::rounds::{Chance, report, rounds};
use crate::support::postgres::{Cluster, as_user, done, new_folder};

/// People who write, and the clock by which their book is kept.
struct Writing {
    load: Load,
    began: Instant,
    _server: Program,
}

impl Writing {
    async fn begin(place: &Place) -> Self {
        let mut server = place.serve().await;
        let session = server.moderator(&Caller::new()).await;
        let began = Instant::now();
        let mark = Box::new(move || micros(began));
        let load = Load::begin_marked(&server.address, Some(session), &[], mark).await;
        Self { load, began, _server: server }
    }

    /// Waits until there is something to copy, and gives the mark of that moment.
    async fn so_far(&self, chance: &mut Chance) -> u64 {
        self.load.acknowledges(60 + chance.below(60) as usize).await;
        micros(self.began)
    }
}

fn micros(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_micros()).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Restores `copy` to a place where nothing is, and starts a server on it.
async fn restored(copy: &Path, place: Place) -> Place {
    run(place.command(&["restore", text(copy)]));
    let server = place.serve().await;
    let answer = Caller::new().get(&server.address, "/readyz").await.unwrap();
    assert!(answer.status.is_success(), "{answer}");
    server.stop().await;
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_while_people_write_brings_back_all_that_was_acknowledged_before_it() {
    for round in 0..rounds() {
        let mut chance = Chance::new(round);
        let folder = TempDir::new().unwrap();
        let cluster = Cluster::shared();
        let sqlite = Place::demo(&folder.path().join("sqlite"));
        let postgres =
            Place::on_postgres(&folder.path().join("postgres"), &cluster.new_database("template1").await);
        for (name, place) in [("SQLite", sqlite), ("PostgreSQL", postgres)] {
            let writing = Writing::begin(&place).await;
            let mark = writing.so_far(&mut chance).await;
            let copy = folder.path().join(format!("copy of {name}"));

            let began = Instant::now();
            run(place.command(&["backup", text(&copy)]));
            report(&format!("{name} copied under load"), "until the copy is there", began.elapsed());
            let book = writing.load.finish().await;

            let began = Instant::now();
            let data = folder.path().join(format!("restored from {name}"));
            let as_sqlite = restored(&copy, Place::demo(&data.join("a"))).await;
            report(&format!("{name} restored"), "until a server answers", began.elapsed());
            book.check_until(&as_sqlite, mark);
            check_file(&as_sqlite);
            let url = cluster.new_database("template1").await;
            let as_postgres = restored(&copy, Place::on_postgres(&data.join("b"), &url)).await;
            book.check_until(&as_postgres, mark);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_pg_dump_wrote_while_people_wrote_is_restored_by_pg_restore() {
    let folder = TempDir::new().unwrap();
    let cluster = Cluster::shared();
    for round in 0..rounds() {
        let mut chance = Chance::new(round);
        let url = cluster.new_database("template1").await;
        let place = Place::on_postgres(&folder.path().join(format!("data {round}")), &url);
        let writing = Writing::begin(&place).await;
        let mark = writing.so_far(&mut chance).await;
        let dumps = new_folder();

        let began = Instant::now();
        let mut dump = as_user("pg_dump");
        dump.args(["--format=custom", "--dbname", &url, "--file"]).arg(dumps.join("dump"));
        done(dump);
        report("pg_dump under load", "until the dump is there", began.elapsed());
        let book = writing.load.finish().await;
        let other = cluster.new_database("template1").await;
        let mut restore = as_user("pg_restore");
        restore.args(["--exit-on-error", "--dbname", &other]).arg(dumps.join("dump"));
        done(restore);

        let place = Place::on_postgres(&folder.path().join(format!("restored {round}")), &other);
        book.check_until(&place, mark);
        place.serve().await.stop().await;
        fs::remove_dir_all(dumps).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_the_log_brings_back_any_moment() {
    for round in 0..rounds() {
        let mut chance = Chance::new(round);
        let folder = TempDir::new().unwrap();
        let archive = new_folder();
        let archive_command = format!("archive_command=cp %p {}/%f", archive.display());
        let cluster = Cluster::start_with(&["archive_mode=on", &archive_command]);
        let place = Place::on_postgres(&folder.path().join("before"), &cluster.url("postgres"));
        let writing = Writing::begin(&place).await;
        writing.so_far(&mut chance).await;
        let base = cluster.base_backup();
        let mark = writing.so_far(&mut chance).await;
        let mut owner = cluster.connect("postgres").await;
        owner.execute("select pg_create_restore_point('before_the_mistake')").await.unwrap();
        // What was stored just before that moment may be acknowledged just after it: long before so much more is.
        writing.so_far(&mut chance).await;
        let after = micros(writing.began);
        writing.so_far(&mut chance).await;
        let book = writing.load.finish().await;
        owner.execute("select pg_switch_wal()").await.unwrap();
        let archived =
            "select count(*) from pg_ls_dir('pg_wal/archive_status') as name where name like '%.ready'";
        crate::program::until("the log to be archived", async || {
            sqlx::query_scalar::<_, i64>(archived).fetch_one(&mut owner).await.unwrap() == 0
        })
        .await;
        cluster.crash();

        let began = Instant::now();
        let recovered = Cluster::recovered(base, &archive, "before_the_mistake");
        report("point in time", "until the database takes writes", began.elapsed());

        let place = Place::on_postgres(&folder.path().join("after"), &recovered.url("postgres"));
        book.check_until(&place, mark);
        let held = Held::of(&place);
        let later = book.posts_after(after);
        assert!(!later.is_empty() && later.iter().all(|id| !held.has(id)), "it is of that moment");
        place.serve().await.stop().await;
        fs::remove_dir_all(archive).unwrap();
    }
}
