//! What the commands `import` and `export` take for a large file: the program itself, and the most memory it had.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use peer_support_server::store::Address;
use serde_json::{Value, json};

use crate::texts::{Numbers, text};

/// How often the memory is looked at: the system keeps the most that it was.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Comments of a thread: the first is the post.
const THREAD: u64 = 5;

/// Imports so many comments of Remark42's, published, and exports them in both formats.
pub fn measure(store: &str, address: &Address, folder: &Path, n_comments: u64) -> Value {
    let file = folder.join("remark42.jsonl");
    if !file.exists() {
        write_comments(&file, n_comments);
    }
    let config = folder.join("moving.toml");
    let database = match address {
        Address::Sqlite(file) => format!("sqlite:{}", file.display()),
        Address::Postgres(url) => url.clone(),
    };
    let settings = format!(
        "database = {database:?}\ndata = {:?}\n{}\n[[sites]]\nid = \"demo\"\nname = \"Demo\"\norigins = [\"loopback\"]\n\
         topics = [\"low-mood\"]\n",
        folder.join(store),
        // With PostgreSQL, servers share one.
        format_args!("secret = {:?}", "7".repeat(64)),
    );
    fs::write(&config, settings).unwrap();
    let program = |what: &str, arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_peer-support-server"));
        command.args(arguments).arg("--config").arg(&config).args(["--site", "demo"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let began = Instant::now();
        let mut process = command.spawn().unwrap();
        let status = format!("/proc/{}/status", process.id());
        let mut peak_kib = 0;
        let ended = loop {
            let line = fs::read_to_string(&status).unwrap_or_default();
            let line = line.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
            peak_kib = kib.unwrap_or(0_u64).max(peak_kib);
            match process.try_wait().unwrap() {
                Some(ended) => break ended,
                None => thread::sleep(LOOK_EVERY),
            }
        };
        assert!(ended.success(), "{what} over {store}: {ended}");
        let measured =
            json!({ "what": what, "seconds": began.elapsed().as_secs_f64(), "peak_kib": peak_kib });
        eprintln!("{store}: {measured}");
        measured
    };
    let path = |name: &str| folder.join(format!("{store}.{name}")).to_str().unwrap().to_owned();
    let (file, report) = (file.to_str().unwrap(), path("report"));
    let (jsonl, csv) = (path("jsonl"), path("csv"));
    let measured = [
        program("import", &["import", "--from", "remark42", "--publish", "--report", &report, file]),
        program("export to JSON Lines", &["export", "--format", "jsonl", &jsonl]),
        program("export to CSV", &["export", "--format", "csv", &csv]),
    ];
    let n_lines = fs::read(&jsonl).unwrap().iter().filter(|&&byte| byte == b'\n').count() as u64;
    assert_eq!(n_lines, n_comments + 1, "all of it, and a head");
    for file in [&jsonl, &csv, &report] {
        fs::remove_file(file).unwrap();
    }
    json!({ "store": store, "comments": n_comments, "operations": measured })
}

fn write_comments(file: &Path, n_comments: u64) {
    let mut out = BufWriter::new(File::create(file).unwrap());
    let mut numbers = Numbers::from(42);
    writeln!(out, "{}", json!({ "version": 1, "users": [], "posts": [] })).unwrap();
    for n in 0..n_comments {
        let post = n - n % THREAD;
        let parent = if n == post { String::new() } else { format!("c{post}") };
        let minute = n / 2;
        let comment = json!({
            "id": format!("c{n}"),
            "pid": parent,
            "text": format!("<p>{}</p>\n", text(&mut numbers, None)),
            "user": { "name": "somebody", "id": format!("u{}", numbers.below(50_000)) },
            "locator": { "site": "demo", "url": format!("https://example.org/{}", n / 1_000) },
            "time": format!(
                "{}-{:02}-{:02}T{:02}:{:02}:00Z",
                2024 + minute / 1_440 / 28 / 12,
                minute / 1_440 / 28 % 12 + 1,
                minute / 1_440 % 28 + 1,
                minute / 60 % 24,
                minute % 60
            ),
        });
        writeln!(out, "{comment}").unwrap();
    }
    out.flush().unwrap();
}
