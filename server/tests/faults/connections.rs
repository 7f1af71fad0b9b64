//! Connections that cost a server more than those who open them: too many, silent, slow, or with far too much to say.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::Method;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::program::{Caller, Place, Program, run};
use crate::rounds::{report, rounds};

/// Somebody who reads, and somebody who writes, each on a new connection: both must be answered.
async fn others_are_served(server: &Program, n: usize) -> Duration {
    let began = Instant::now();
    let feed = "/api/v1/sites/demo/posts?limit=5";
    let answer = Caller::new().get(&server.address, feed).await;
    let answer = answer.unwrap_or_else(|why| panic!("somebody read in vain: {why}\n{}", server.log.text()));
    assert!(answer.status.is_success(), "{answer}");
    let new = json!({ "kind": "story", "text": format!("Number {n}, who came in the middle of it all.") });
    let path = "/api/v1/sites/demo/posts";
    let header = [("proof-of-work", "none")];
    let answer = Caller::new().call(&server.address, Method::POST, path, &header, Some(&new)).await;
    let answer = answer.unwrap_or_else(|why| panic!("somebody wrote in vain: {why}\n{}", server.log.text()));
    assert!(answer.status.is_success(), "{answer}");
    began.elapsed() / 2
}

/// Opens `n` connections, each of which says `words` and no more.
async fn connections(server: &Program, n: usize, words: &[u8]) -> Vec<TcpStream> {
    let mut open = Vec::with_capacity(n);
    for _ in 0..n {
        let mut connection = TcpStream::connect(&server.address).await.unwrap();
        // It may have to go at once, for the next one.
        let _ = connection.write_all(words).await;
        open.push(connection);
    }
    open
}

/// The head of a post whose body comes some day.
fn half_a_post() -> Vec<u8> {
    b"POST /api/v1/sites/demo/posts HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"
        .to_vec()
}

const HALF_A_HEAD: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ";

/// A number of `/proc/PID/status`, in KiB.
fn kibibytes(server: &Program, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Clock ticks, a hundred a second, in which the server worked.
fn ticks(server: &Program) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    // The name, in brackets, may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Lets the server open so many files.
fn with_files(place: &mut Place, n: usize) {
    let set = format!("ulimit -n {n} && exec \"$@\"");
    place.serve_prefix = ["sh", "-c", &set, "sh"].map(str::to_owned).to_vec();
}

/// Lets this process open so many files.
fn open_files(n: usize) {
    let pid = std::process::id().to_string();
    let mut limit = Command::new("prlimit");
    limit.args(["--pid", &pid, &format!("--nofile={n}:")]);
    run(limit);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_files_to_open_still_serves_and_does_not_run_hot() {
    let folder = TempDir::new().unwrap();
    let mut place = Place::demo(folder.path());
    with_files(&mut place, 96);
    let server = place.serve().await;
    for round in 0..rounds() {
        let silent = connections(&server, 150, b"").await;
        let slow = connections(&server, 150, HALF_A_HEAD).await;
        let half = connections(&server, 150, &half_a_post()).await;

        let took = others_are_served(&server, round).await;
        report("no files left", "until somebody else is answered", took);
        let before = ticks(&server);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let worked = ticks(&server) - before;
        assert!(worked < 50, "it worked {worked} of 100 ticks for nothing");
        drop((silent, slow, half));

        report(
            "files free again",
            "until somebody else is answered",
            others_are_served(&server, 1_000 + round).await,
        );
    }
    assert!(server.log.text().contains("a connection could not be taken"), "there were enough files");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_idle_connections_keep_nobody_else_from_being_served() {
    // A buffer of 8 KiB, and what else belongs to a connection.
    const KIBIBYTES_EACH: u64 = 24;
    open_files(20_000);
    let folder = TempDir::new().unwrap();
    // What the demo allows, and a configuration that holds all of them.
    let config = folder.path().join("server.toml");
    let site = "[[sites]]\nid = \"demo\"\nname = \"Demo\"\norigins = [\"loopback\"]\ntopics = [\"low-mood\"]";
    fs::write(&config, format!("[limits]\nconnections = 10500\n{site}")).unwrap();
    let few = Place::demo(&folder.path().join("few"));
    let many = Place::demo(&folder.path().join("many")).with("PEER_SUPPORT_CONFIG", config.to_str().unwrap());
    for (what, mut place, n) in [("800 places, 2,000", few, 2_000), ("10,500 places, 10,000", many, 10_000)] {
        with_files(&mut place, 11_000);
        let server = place.serve().await;
        others_are_served(&server, 0).await;
        let before = kibibytes(&server, "VmRSS:");
        for round in 0..rounds() {
            let began = Instant::now();
            let idle = connections(&server, n, b"").await;
            let opening = began.elapsed();

            let took = others_are_served(&server, 1 + round).await;

            let grown = kibibytes(&server, "VmRSS:").saturating_sub(before);
            report(&format!("{what} idle connections"), "until somebody else is answered", took);
            println!("{what} idle connections: opened in {opening:?}; {grown} KiB more");
            assert!(grown < KIBIBYTES_EACH * n as u64, "{grown} KiB for connections that say nothing");
            drop(idle);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_byte_by_byte_keeps_nobody_else_from_being_served() {
    // More than there are places.
    const N: usize = 500;
    const BYTES: usize = 20;
    open_files(20_000);
    let folder = TempDir::new().unwrap();
    let place = Place::demo(folder.path());
    let server = place.serve().await;
    for round in 0..rounds() {
        let mut slow = connections(&server, N, HALF_A_HEAD).await;
        slow.extend(connections(&server, N, &half_a_post()).await);
        let mut longest = Duration::ZERO;
        for n in 0..BYTES {
            for connection in &mut slow {
                let _ = connection.write_all(b"x").await;
            }
            longest = longest.max(others_are_served(&server, 1_000 * round + n).await);
        }
        report("1,000 send byte by byte", "longest until somebody else was answered", longest);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn huge_heads_and_bodies_are_refused_in_little_memory_while_others_are_served() {
    const N: usize = 20;
    let folder = TempDir::new().unwrap();
    let place = Place::demo(folder.path());
    let server = place.serve().await;
    others_are_served(&server, 0).await;
    let before = kibibytes(&server, "VmHWM:");
    let text = "a".repeat(4 * 1024 * 1024);
    let huge = Arc::new(json!({ "kind": "story", "text": text }));
    for round in 0..rounds() {
        let mut sending = tokio::task::JoinSet::new();
        for n in 0..N {
            let (address, huge) = (server.address.clone(), huge.clone());
            sending.spawn(async move {
                let caller = Caller::new();
                if n % 2 == 0 {
                    let path = "/api/v1/sites/demo/posts";
                    let answer = caller.call(&address, Method::POST, path, &[], Some(&huge)).await;
                    // It may be told so late that it is still sending.
                    answer.ok().map(|answer| answer.status.as_u16())
                } else {
                    let long = "x".repeat(512 * 1024);
                    let answer =
                        caller.call(&address, Method::GET, "/healthz", &[("x-long", &long)], None).await;
                    answer.ok().map(|answer| answer.status.as_u16())
                }
            });
        }
        let took = others_are_served(&server, 1 + round).await;
        report("huge heads and bodies", "until somebody else is answered", took);
        let mut refused = 0;
        while let Some(status) = sending.join_next().await {
            match status.unwrap() {
                Some(413 | 431) => refused += 1,
                None => {}
                Some(other) => panic!("answered {other}"),
            }
        }
        assert!(refused > 0, "somebody is told");
    }
    let grown = kibibytes(&server, "VmHWM:") - before;
    println!("huge heads and bodies: {grown} KiB more at most");
    assert!(grown < 64 * 1024, "{grown} KiB");
}
