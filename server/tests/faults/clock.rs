//! Somebody, or a wrong time server, turns the machine's clock.

use std::time::Instant;

use axum::http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::layer::Layer;
use crate::load::{Held, Load, check_file};
use crate::program::{Answer, Caller, Place, Program, run};
use crate::rounds::{Chance, report, rounds};
use crate::support::postgres::Cluster;

const HOUR_MS: i64 = 60 * 60 * 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_both_ways_loses_nothing_and_doubles_nothing() {
    let folder = TempDir::new().unwrap();
    let mut place = Place::demo(folder.path());
    let layer = Layer::below(&mut place);
    let mut server = place.serve().await;
    let load = Load::begin(&server.address, None).await;
    for round in 0..rounds() {
        let mut chance = Chance::new(round);
        for hours in [1, -1, 26, -26, 24 * 8, 0] {
            load.acknowledges(20 + chance.below(30) as usize).await;

            let began = Instant::now();
            layer.turn_clock(hours * HOUR_MS);

            report("clock turned", "until the next post is acknowledged", load.recovered(began).await);
            if chance.once_in(3) {
                server.kill();
                server = load.serve_again(&place).await;
            }
            load.check(&place);
        }
    }

    load.finish().await.check(&place);
    check_file(&place);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_after_the_clock_was_turned_is_answered_as_before() {
    let folder = TempDir::new().unwrap();
    let mut place = Place::demo(folder.path());
    let layer = Layer::below(&mut place);
    let server = place.serve().await;
    let caller = Caller::new();
    let send = async || {
        let new = json!({ "kind": "story", "text": "Sent once, and then again after the clock was turned." });
        let key = [("idempotency-key", "before-and-after")];
        let path = "/api/v1/sites/demo/posts";
        caller.call(&server.address, Method::POST, path, &key, Some(&new)).await.unwrap().json()["id"].clone()
    };
    let id = send().await;

    for hours in [3, -3, 23, -23, 24 * 20, -24 * 20] {
        layer.turn_clock(hours * HOUR_MS);

        assert_eq!(send().await, id, "{hours} hours");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_with_its_clock_far_ahead_purges_nothing_until_it_has_been_so_for_a_day() {
    let folder = TempDir::new().unwrap();
    let url = Cluster::shared().new_database("template1").await;
    let sqlite = Place::demo(&folder.path().join("sqlite"));
    let postgres = Place::on_postgres(&folder.path().join("postgres"), &url);
    for mut place in [sqlite, postgres] {
        let layer = Layer::below(&mut place);
        let started = async |hours: i64| {
            layer.turn_clock(hours * HOUR_MS);
            place.serve().await
        };
        let server = started(0).await;
        let new = json!({ "kind": "story", "text": "Waiting for a moderator, and not to be lost." });
        let path = "/api/v1/sites/demo/posts";
        let sent = Caller::new().call(&server.address, Method::POST, path, &[], Some(&new)).await.unwrap();
        let id = sent.json()["id"].as_str().unwrap().to_owned();
        server.stop().await;

        const AHEAD: i64 = 24 * 40;
        for hours in [AHEAD, AHEAD + 5, 0, AHEAD, AHEAD + 23] {
            let server = started(hours).await;
            let is_right = hours == 0;
            assert_eq!(server.log.text().contains("nothing is purged"), !is_right, "{}", server.log.text());
            server.stop().await;
            assert!(Held::of(&place).has(&id), "{hours} hours ahead");
        }
        started(AHEAD + 24).await.stop().await;
        assert!(!Held::of(&place).has(&id), "what waited for longer than it may is purged");
    }
}

/// A site whose visitors come through a proxy, and are limited.
async fn limited(folder: &TempDir) -> (Place, Layer, Program) {
    let file = folder.path().join("server.toml");
    let config = r#"
        data = "data"
        trusted_proxies = ["127.0.0.1"]
        [[sites]]
        id = "demo"
        name = "Rowan House"
        origins = ["loopback"]
        topics = ["low-mood"]
    "#;
    std::fs::write(&file, config).unwrap();
    let mut place =
        Place::demo(&folder.path().join("data")).with("PEER_SUPPORT_CONFIG", file.to_str().unwrap());
    let layer = Layer::below(&mut place);
    let server = place.serve().await;
    (place, layer, server)
}

/// The seconds to wait that a refusal names; 0 for what was not refused.
fn seconds_to_wait(answer: &Answer) -> u64 {
    answer.headers.get("retry-after").map_or(0, |seconds| seconds.to_str().unwrap().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_hours_because_the_clock_was_ahead_when_they_posted() {
    let folder = TempDir::new().unwrap();
    let (_, layer, server) = limited(&folder).await;
    let caller = Caller::new();
    let post = async |n: u32| {
        let new =
            json!({ "kind": "story", "text": format!("Post number {n}, of one who tells it bit by bit.") });
        let header = [("x-forwarded-for", "203.0.113.7")];
        let path = "/api/v1/sites/demo/posts";
        caller.call(&server.address, Method::POST, path, &header, Some(&new)).await.unwrap()
    };
    assert!(post(1).await.status.is_success());
    layer.turn_clock(23 * HOUR_MS);
    assert!(post(2).await.status.is_success());

    layer.turn_clock(0);

    let answer = post(3).await;
    assert!(seconds_to_wait(&answer) <= 60, "{:?}: {answer}", answer.headers);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_locked_out_for_hours_because_the_clock_was_ahead_when_they_mistyped() {
    const LONGEST_WAIT_SECONDS: u64 = 15 * 60;
    let folder = TempDir::new().unwrap();
    let (place, layer, server) = limited(&folder).await;
    run(place.command(&["moderator", "add", "Ruth", "--role", "lead"]));
    let caller = Caller::new();
    let sign_in = async || {
        let wrong: Value =
            json!({ "name": "Ruth", "password": "not the password of Ruth", "code": "123456" });
        caller
            .call(&server.address, Method::POST, "/api/v1/console/session/password", &[], Some(&wrong))
            .await
            .unwrap()
    };
    layer.turn_clock(23 * HOUR_MS);
    let mut n_tries = 0;
    while seconds_to_wait(&sign_in().await) == 0 {
        n_tries += 1;
        assert!(n_tries < 20, "nobody has to wait, however often they mistype");
    }

    layer.turn_clock(0);

    let answer = sign_in().await;
    let waits = seconds_to_wait(&answer);
    assert!(waits <= LONGEST_WAIT_SECONDS, "{waits} s: {answer}");
}
