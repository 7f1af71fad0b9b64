//! The disk is full, read-only or broken, and then good again.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use axum::http::Method;
use serde_json::json;
use tempfile::TempDir;

use crate::layer::{Layer, Refusal};
use crate::load::{Load, check_file};
use crate::program::{Caller, Place, Program, run, said};
use crate::rounds::{Chance, report, rounds};

/// A small disk: a file system in memory, in a namespace of its own, which goes with this process, however that ends.
struct SmallDisk {
    keeper: Child,
    /// Where it is mounted for who is inside.
    point: TempDir,
}

impl SmallDisk {
    fn of_mebibytes(size: u32) -> Self {
        let point = TempDir::new().unwrap();
        let mut command = Command::new("unshare");
        if !is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        let keep = r#"mount -t tmpfs -o "size=${1}m" tmpfs "$2" && echo mounted && read -r _"#;
        command.args(["--mount", "sh", "-c", keep, "sh", &size.to_string()]).arg(point.path());
        let mut keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = [0; 7];
        keeper.stdout.as_mut().unwrap().read_exact(&mut said).expect("a file system can be mounted");
        assert_eq!(&said, b"mounted");
        Self { keeper, point }
    }

    /// What makes a command run inside.
    fn prefix(&self) -> Vec<String> {
        let pid = self.keeper.id().to_string();
        let mut words = vec!["nsenter", "--target", &pid, "--mount"];
        if !is_root() {
            words.extend(["--user", "--preserve-credentials"]);
        }
        words.into_iter().map(str::to_owned).collect()
    }

    /// The same folder for who is outside.
    fn folder(&self) -> PathBuf {
        let inside = self.point.path().strip_prefix("/").unwrap();
        Path::new("/proc").join(self.keeper.id().to_string()).join("root").join(inside)
    }

    /// A demo whose data are on this disk.
    fn demo(&self) -> Place {
        Place { prefix: self.prefix(), data: self.folder(), ..Place::demo(self.point.path()) }
    }

    /// Leaves so much room.
    fn fill_but(&self, mebibytes: u64) {
        let free = free_bytes(&self.folder()) - mebibytes * 1024 * 1024;
        let mut file = File::create(self.folder().join("ballast")).unwrap();
        std::io::copy(&mut std::io::repeat(1).take(free), &mut file).unwrap();
    }

    /// Leaves no room.
    fn fill(&self) {
        let mut file = File::create(self.folder().join("ballast")).unwrap();
        while file.write_all(&[1; 64 * 1024]).is_ok() {}
        while file.write_all(&[1; 512]).is_ok() {}
    }

    fn make_room(&self) {
        fs::remove_file(self.folder().join("ballast")).unwrap();
    }

    fn make_read_only(&self) {
        let prefix = self.prefix();
        let mut remount = Command::new(&prefix[0]);
        remount.args(&prefix[1..]).args(["mount", "-o", "remount,ro"]).arg(self.point.path());
        run(remount);
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn free_bytes(folder: &Path) -> u64 {
    let disk = rustix::fs::statvfs(folder).unwrap();
    disk.f_bavail * disk.f_frsize
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// As [`check_file`], of a copy made inside: SQLite finds no file by the name that it has for us.
fn check_copy(place: &Place) {
    let folder = TempDir::new().unwrap();
    let copy = Place { data: folder.path().to_owned(), ..Place::default() };
    run(place.command(&["backup", copy.database().to_str().unwrap()]));
    check_file(&copy);
}

/// Whether people can read at the moment.
async fn assert_reads(caller: &Caller, server: &Program) {
    for path in ["/api/v1/sites/demo/posts?limit=5", "/healthz", "/readyz"] {
        let answer = caller.get(&server.address, path).await.unwrap();
        assert!(answer.status.is_success(), "{path}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_people_read_on_and_what_they_send_is_refused_until_there_is_room() {
    let disk = SmallDisk::of_mebibytes(64);
    let place = disk.demo();
    let caller = Caller::new();
    let (mut server, load) = Load::on_demo(&place).await;
    for round in 0..rounds() {
        let mut chance = Chance::new(round);
        load.acknowledges(20 + chance.below(50) as usize).await;

        disk.fill();
        load.is_refused(50).await;
        assert_reads(&caller, &server).await;
        assert!(server.log.text().contains("disk is full"), "{}", server.log.text());
        let is_killed = chance.once_in(2);
        if is_killed {
            server.kill();
        }
        disk.make_room();

        let began = Instant::now();
        if is_killed {
            server = load.serve_again(&place).await;
        }
        report("disk full", "until a post is acknowledged when there is room", load.recovered(began).await);
        load.check(&place);
        check_copy(&place);
    }
    let book = load.finish().await;

    book.check(&place);
    book.tell();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_disk_fills_nothing_new_is_taken_before_there_is_no_room_to_delete() {
    let disk = SmallDisk::of_mebibytes(96);
    let place = disk.demo();
    let caller = Caller::new();
    let server = place.serve().await;
    let path = "/api/v1/sites/demo/posts";
    let send = async |n: usize| {
        // So many in a minute are a flood, and what devices do about that is another test's matter.
        let headers = [("proof-of-work", "none")];
        let text = format!("Number {n}: {}", "what is written takes room. ".repeat(60));
        let new = json!({ "kind": "story", "text": text });
        caller.call(&server.address, Method::POST, path, &headers, Some(&new)).await.unwrap()
    };
    disk.fill_but(35);

    let mut codes = Vec::new();
    let refused = loop {
        let answer = send(codes.len()).await;
        if !answer.status.is_success() {
            break answer;
        }
        codes.push(answer.json()["recovery_code"].as_str().unwrap().to_owned());
    };

    assert_eq!(refused.problem().as_deref(), Some("unavailable"), "{refused}");
    assert!(server.log.text().contains("the disk is full, but for 32 MiB"), "{}", server.log.text());
    assert!(free_bytes(&disk.folder()) > 31 * 1024 * 1024, "what is kept is kept");
    assert_reads(&caller, &server).await;
    for code in &codes {
        let header = [("recovery-code", code.as_str())];
        let answer =
            caller.call(&server.address, Method::DELETE, "/api/v1/mine", &header, None).await.unwrap();
        assert!(answer.status.is_success(), "{answer}");
    }
    disk.make_room();
    assert!(send(0).await.status.is_success());
    check_copy(&place);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_broken_or_read_only_disk_people_read_on_and_nothing_acknowledged_is_lost() {
    let folder = TempDir::new().unwrap();
    let mut place = Place::demo(folder.path());
    let layer = Layer::below(&mut place);
    let caller = Caller::new();
    let (mut server, load) = Load::on_demo(&place).await;
    for round in 0..rounds() {
        let mut chance = Chance::new(round);
        let faults = [
            (Some(Refusal::ReadOnly), None),
            (Some(Refusal::Io), None),
            (Some(Refusal::Full), None),
            (None, Some(Refusal::Io)),
        ];
        for (writes, flushes) in faults {
            load.acknowledges(10 + chance.below(40) as usize).await;

            layer.refuse_writes(writes);
            layer.refuse_flushes(flushes);
            load.is_refused(30).await;
            assert_reads(&caller, &server).await;
            layer.refuse_writes(None);
            layer.refuse_flushes(None);

            let began = Instant::now();
            let took = load.recovered(began).await;
            report(
                &format!("disk refuses {writes:?} {flushes:?}"),
                "until a post is acknowledged after it",
                took,
            );
            if chance.once_in(2) {
                server.kill();
                server = load.serve_again(&place).await;
            }
            load.check(&place);
            check_file(&place);
        }
    }
    let book = load.finish().await;

    book.check(&place);
    book.tell();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_read_only_disk_the_server_says_so_and_does_not_start() {
    let disk = SmallDisk::of_mebibytes(64);
    let place = disk.demo();
    place.serve().await.stop().await;

    disk.make_read_only();
    let output = place.serve_command().output().unwrap();

    assert!(!output.status.success());
    let said = said(&output).to_lowercase();
    assert!(said.contains("read-only") || said.contains("readonly"), "{said}");
    assert!(said.contains("peer-support.sqlite3"), "{said}");
}
