//! The program ends in the middle of everything: killed, or with the power of the whole machine.

use std::fs;
use std::time::{Duration, Instant};

use axum::http::Method;
use serde_json::json;
use tempfile::TempDir;

use crate::layer::{Layer, Recording};
use crate::load::{Load, check_file};
use crate::program::{Caller, Place};
use crate::rounds::{Chance, report, rounds};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_at_any_moment_loses_nothing_and_doubles_nothing() {
    let folder = TempDir::new().unwrap();
    let place = Place::demo(folder.path());
    let (mut server, load) = Load::on_demo(&place).await;
    for round in 0..rounds() {
        let mut chance = Chance::new(round);
        load.acknowledges(50 + chance.below(100) as usize).await;
        tokio::time::sleep(Duration::from_micros(chance.below(20_000))).await;

        server.kill();

        let began = Instant::now();
        server = load.serve_again(&place).await;
        report("kill -9", "until a post is acknowledged", load.recovered(began).await);
        load.check(&place);
        check_file(&place);
    }
    let book = load.finish().await;

    book.check(&place);
    check_file(&place);
    let (code, text) = book.a_code();
    let caller = Caller::new();
    let mine =
        caller.call(&server.address, Method::GET, "/api/v1/mine", &[("recovery-code", &code)], None).await;
    assert_eq!(mine.unwrap().json()["text"], json!(text), "codes still open what they opened");
    book.tell();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_power_is_cut_what_was_acknowledged_is_on_the_disk() {
    // Moments of each recording at which the power is cut.
    const CUTS: usize = 4;
    for round in 0..rounds() {
        let mut chance = Chance::new(round);
        let folder = TempDir::new().unwrap();
        let mut place = Place::demo(folder.path());
        let caller = Caller::new();
        // Made and closed: all of it is flushed, and there is no log.
        place.serve().await.stop().await;
        let base = folder.path().join("base.sqlite3");
        fs::copy(place.database(), &base).unwrap();
        let layer = Layer::recording(&mut place);
        let mut server = place.serve().await;
        let session = server.moderator(&caller).await;
        let log = layer.log();
        let mark = Box::new(move || fs::metadata(&log).map_or(0, |log| log.len()));
        let load = Load::begin_marked(&server.address, Some(session), &[], mark).await;
        load.acknowledges(300 + chance.below(300) as usize).await;
        server.kill();
        let book = load.abandon().await;
        let recording = Recording::of(&layer);
        assert!(recording.len() > 100, "the layer saw what was written");

        for cut in 0..CUTS {
            let folder = TempDir::new().unwrap();
            let place = Place::demo(folder.path());
            let base_of_cut = folder.path().join("base");
            fs::create_dir(&base_of_cut).unwrap();
            fs::copy(&base, base_of_cut.join("peer-support.sqlite3")).unwrap();
            // The last moment, when everything was acknowledged, is always one of them.
            let n =
                if cut == 0 { recording.len() } else { chance.below(recording.len() as u64 + 1) as usize };
            let base_of_cut = base_of_cut.join("peer-support.sqlite3");
            let mark = recording.cut_power(n, &base_of_cut, folder.path(), &mut chance);

            let began = Instant::now();
            book.check_until(&place, mark);
            report(
                "power cut",
                "until the log of acts is verified and everything is exported",
                began.elapsed(),
            );

            check_file(&place);
        }
    }
}
