//! Moving in, out and elsewhere by the program itself: import, export, backup and restore.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use axum::http::Method;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{STORY, empty_database, text_of};
use crate::program::{Program, command, config, path_text, run};

/// Any day of 2021, for what is written below.
const FIRST_DAY_MS: i64 = 1_614_556_800_000;

/// A server's folder with its configuration, and what to say to a command about it.
struct Home {
    folder: TempDir,
    settings: Vec<String>,
}

impl Home {
    fn sqlite() -> Self {
        Self::with("data = \"data\"")
    }

    fn with(top: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let file = config(folder.path(), top);
        let settings = vec!["--config".to_owned(), path_text(&file).to_owned()];
        Self { folder, settings }
    }

    async fn postgres() -> Self {
        let mut home = Self::with(&format!("data = \"data\"\nsecret = \"{}\"", "5e".repeat(32)));
        home.settings.extend(["--database".to_owned(), empty_database().await]);
        home
    }

    async fn each() -> [Self; 2] {
        [Self::sqlite(), Self::postgres().await]
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let settings: Vec<&str> = self.settings.iter().map(String::as_str).collect();
        run(&[arguments, &settings].concat())
    }

    /// What a command printed that must succeed.
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Why a command failed that must fail.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    fn import(&self, from: &str, file: &Path, more: &[&str]) -> String {
        self.done(&[&["import", "--from", from, "--site", "rowan", path_text(file)], more].concat())
    }

    /// The lines of an export, without the one that says the format.
    fn exported(&self, more: &[&str]) -> Vec<Value> {
        let lines = self.done(&[&["export", "--site", "rowan", "-"], more].concat());
        let mut lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        assert_eq!(lines.next(), Some(json!({ "format": "peer-support", "version": 1 })));
        lines.collect()
    }

    /// Keys of imports in the data folder.
    fn n_keys(&self) -> usize {
        let there = std::fs::read_dir(self.folder.path().join("data")).unwrap();
        there.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "key")).count()
    }
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/moving").join(name)
}

/// A database as Isso makes it.
fn isso(folder: &Path) -> PathBuf {
    let file = folder.join("comments.db");
    let database = rusqlite::Connection::open(&file).unwrap();
    database.execute_batch(&std::fs::read_to_string(example("isso.sql")).unwrap()).unwrap();
    file
}

/// What an export says, with ids and authors as the number of their first appearance: they differ from run to run.
fn content(lines: &[Value]) -> Vec<Value> {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut known = |value: &Value| {
        let n_known = names.len();
        value.as_str().map(|name| *names.entry(name.to_owned()).or_insert(n_known))
    };
    let line = |line: &Value| {
        let mut line = line.clone();
        for field in ["id", "post", "author"] {
            if let Some(value) = line.get(field).cloned() {
                line[field] = json!(known(&value));
            }
        }
        line
    };
    lines.iter().map(line).collect()
}

fn texts(lines: &[Value]) -> Vec<String> {
    lines.iter().map(|line| text_of(&line["text"])).collect()
}

const WALK: &str =
    "I walk to the harbour when it gets loud in my head & count boats.\nSome days there are only three.";
const TEA: &str = "Second page, same person, another thread of theirs.";
const WAITED: &str = "This one still waited for somebody to read it.";

#[tokio::test]
async fn threads_of_every_system_become_posts_with_replies_and_nothing_of_who_wrote_them() {
    let folder = TempDir::new().unwrap();
    for (home, from, file, has_waiting) in [
        (Home::sqlite(), "remark42", example("remark42.jsonl"), false),
        (Home::sqlite(), "isso", isso(folder.path()), true),
        (Home::sqlite(), "disqus", example("disqus.xml"), false),
        (Home::sqlite(), "wordpress", example("wordpress.xml"), true),
        (Home::sqlite(), "wordpress", example("wordpress.json"), true),
        (Home::postgres().await, "wordpress", example("wordpress.json"), true),
    ] {
        let said = home.import(from, &file, &["--topic", "low-mood", "--kind", "coping", "--publish"]);

        let (lines, published) = (home.exported(&["--all"]), home.exported(&[]));
        let expected = [WALK, "I like the red one.", "The red one is mine.", TEA, WAITED];
        assert_eq!(texts(&published), expected[..4], "{from}: {said}");
        assert_eq!(texts(&lines), expected[..if has_waiting { 5 } else { 4 }], "{from}");
        assert_eq!((&lines[0]["kind"], &lines[0]["topic"]), (&json!("coping"), &json!("low-mood")));
        assert_eq!(lines[1]["post"], lines[0]["id"]);
        assert_eq!(lines[2]["post"], lines[0]["id"], "deeper levels are flattened");
        assert_eq!(lines[2]["author"], lines[0]["author"], "one person in a thread");
        assert_ne!(lines[1]["author"], lines[0]["author"]);
        assert_ne!(lines[3]["author"], lines[0]["author"], "nobody across threads");
        let moments: Vec<i64> = lines.iter().map(|line| line["created_at"].as_i64().unwrap()).collect();
        assert_eq!(moments[0], FIRST_DAY_MS + (8 * 60 + 15) * 60_000, "{from}: the minute");
        assert_eq!(moments[1..3], [0, 1].map(|nth| FIRST_DAY_MS + (8 * 60 + 20) * 60_000 + nth));
        if has_waiting {
            assert_eq!((&lines[4]["state"], &lines[4]["author"]), (&json!("held"), &Value::Null));
        }
        for (why, n) in [
            ("has 4 characters; expected 20 to 2000", 1),
            ("the comment that began its thread was left out", 1),
            (": left out: ", 3),
        ] {
            assert_eq!(said.matches(why).count(), n, "{from}: {why}: {said}");
        }
        let all = serde_json::to_string(&lines).unwrap();
        for trace in ["Ann", "Ben", "github_", "rowan.example", "192.0.2", "boats.example"] {
            assert!(!all.contains(trace), "{from}: {trace}");
        }
        assert_eq!(home.n_keys(), 0, "the key is gone");
        assert!(home.import(from, &file, &["--publish"]).contains("nothing was added"));
        assert_eq!(home.exported(&["--all"]).len(), lines.len());
    }
}

#[test]
fn without_being_told_to_publish_everything_is_held() {
    let home = Home::sqlite();

    home.import("remark42", &example("remark42.jsonl"), &[]);

    assert_eq!(home.exported(&[]).len(), 0);
    let states: Vec<_> = home.exported(&["--all"]).iter().map(|line| line["state"].clone()).collect();
    assert_eq!(states, vec![json!("held"); 4]);
}

#[test]
fn a_dry_run_says_what_would_come_and_stores_nothing() {
    let home = Home::sqlite();

    let said = home.import("disqus", &example("disqus.xml"), &["--dry-run", "--publish"]);

    assert!(said.contains("would bring 2 posts and 2 replies, 4 of them published"), "{said}");
    assert!(said.contains("comment 1006: left out: is spam"), "{said}");
    assert_eq!((home.exported(&["--all"]).len(), home.n_keys()), (0, 0));
}

/// A backup of Remark42: `n_threads` of six comments each, in an order that nothing guarantees.
fn remark42(n_threads: u64) -> Vec<u8> {
    let mut file = b"{\"version\":1}\n".to_vec();
    let mut lines = Vec::new();
    for thread in 0..n_threads {
        for n in 0..6 {
            let parent = if n == 0 { String::new() } else { format!("{thread}-{}", (n - 1) / 2) };
            lines.push(json!({
                "id": format!("{thread}-{n}"),
                "pid": parent,
                "text": format!("<p>Comment {n} of thread {thread}, made up for a test.</p>"),
                "user": { "id": format!("user-{}", (thread + n) % 4) },
                "locator": { "site": "rowan", "url": format!("https://rowan.example/{}", thread % 7) },
                "time": format!("2021-{:02}-{:02}T{:02}:{:02}:{:02}Z", 1 + thread % 12, 1 + thread % 28, thread % 24, n * 7, n),
            }));
        }
    }
    // 5 is no factor of the count, so this takes each line once.
    let n_lines = lines.len();
    assert!(n_lines % 5 != 0 && n_lines % 7 != 0, "{n_lines}");
    for place in 0..n_lines {
        serde_json::to_writer(&mut file, &lines[place * 35 % n_lines]).unwrap();
        file.push(b'\n');
    }
    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[tokio::test]
async fn an_import_killed_at_any_point_and_run_again_is_as_one_that_was_not() {
    let whole = Home::sqlite();
    let file = whole.folder.path().join("backup.gz");
    std::fs::write(&file, gzip(&remark42(1_003))).unwrap();
    whole.import("remark42", &file, &["--publish"]);
    let expected = content(&whole.exported(&["--all"]));
    assert_eq!(expected.len(), 6_018);

    for home in Home::each().await {
        let settings: Vec<&str> = home.settings.iter().map(String::as_str).collect();
        let arguments = [
            &["import", "--from", "remark42", "--site", "rowan", "--publish", path_text(&file)],
            &settings[..],
        ];
        let mut n_killed = 0;
        // Before the first word, after the first reading, twice while it stores, and while or after it shows all at once.
        for until in [None, Some("read 6018"), Some("stored 2000"), Some("stored 4000"), Some("stored 6018")]
        {
            let mut program =
                command(&arguments.concat()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            let said = BufReader::new(program.stderr.take().unwrap());
            if let Some(until) = until {
                let is_said = said.lines().map_while(Result::ok).any(|line| line.starts_with(until));
                assert!(is_said, "{until}");
            }
            program.kill().unwrap();
            let status = program.wait().unwrap();

            n_killed += usize::from(status.signal() == Some(9));
            let n_shown = home.exported(&["--all"]).len();
            assert!(
                [0, expected.len()].contains(&n_shown),
                "{n_shown} of an import are shown after {until:?}"
            );
        }
        // The last one may have been done before the signal came.
        assert!(n_killed >= 4, "{n_killed}");

        home.import("remark42", &file, &["--publish"]);

        assert!(content(&home.exported(&["--all"])) == expected, "it differs: {:?}", home.settings);
        assert_eq!(home.n_keys(), 0);
    }
}

#[tokio::test]
async fn an_abandoned_import_leaves_nothing_and_may_be_begun_with_other_choices() {
    for home in Home::each().await {
        let file = home.folder.path().join("backup.jsonl");
        std::fs::write(&file, remark42(1_003)).unwrap();
        let settings: Vec<&str> = home.settings.iter().map(String::as_str).collect();
        let arguments =
            [&["import", "--from", "remark42", "--site", "rowan", path_text(&file)], &settings[..]];
        let mut program =
            command(&arguments.concat()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(program.stderr.take().unwrap());
        assert!(said.lines().map_while(Result::ok).any(|line| line.starts_with("stored 2000")));
        program.kill().unwrap();
        program.wait().unwrap();
        assert_eq!(home.n_keys(), 1);

        let path = path_text(&file);
        let refused = home.refused(&["import", "--from", "remark42", "--site", "rowan", "--publish", path]);
        let abandoned = home.done(&["import", "--abandon", "--site", "rowan"]);

        assert!(
            refused.contains("other choices (--from remark42 --topic low-mood --kind story"),
            "{refused}"
        );
        assert!(abandoned.starts_with("abandoned 1 imports to rowan: "), "{abandoned}");
        assert_eq!((home.exported(&["--all"]).len(), home.n_keys()), (0, 0));
        for entry in std::fs::read_dir(home.folder.path().join("data")).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(17).any(|bytes| bytes == b"made up for a tes"), "a text is left");
        }
        assert!(home.import("remark42", &file, &["--publish"]).contains("1003 posts and 5015 replies"));
    }
}

#[tokio::test]
async fn an_import_beside_the_running_server_stops_nobody() {
    // So much is posted here that devices would have to work for it.
    let home = Home::with("data = \"data\"\n[limits]\nwork = \"never\"");
    let file = home.folder.path().join("backup.jsonl");
    std::fs::write(&file, remark42(1_003)).unwrap();
    let settings: Vec<&str> = home.settings.iter().map(String::as_str).collect();
    let server = Program::serve(&settings).await;
    let arguments =
        [&["import", "--from", "remark42", "--site", "rowan", "--publish", path_text(&file)], &settings[..]];

    let mut import =
        command(&arguments.concat()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut n_posted = 0;
    while import.try_wait().unwrap().is_none() {
        let new = json!({ "kind": "story", "text": STORY });
        server.post("/api/v1/sites/rowan/posts", &new).await.ok();
        n_posted += 1;
    }

    assert!(import.wait().unwrap().success());
    assert!(n_posted > 1, "the import was too quick to post beside it");
    let page = server.call(Method::GET, "/api/v1/sites/rowan/posts", &[], None).await.ok().json();
    assert_eq!(page["items"].as_array().unwrap().len(), 25, "shown without a restart");
    assert_eq!(home.exported(&["--all"]).len(), 6_018 + n_posted);
}

#[test]
fn a_malformed_file_is_refused_with_its_place_and_nothing_is_imported() {
    let home = Home::sqlite();
    let file = home.folder.path().join("file");
    let good = |name: &str| std::fs::read_to_string(example(name)).unwrap();
    let remark42 = good("remark42.jsonl");
    let disqus = good("disqus.xml");
    let wordpress = good("wordpress.json");
    let packed = gzip(remark42.as_bytes());
    let long = format!("{{\"version\":1}}\n{{\"id\":\"{}\"}}", "x".repeat(17 * 1024 * 1024));
    let deep = format!("<disqus xmlns=\"http://disqus.com\">{}", "<a>".repeat(100));
    let bomb =
        "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><disqus xmlns=\"http://disqus.com\"><post>&a;</post></disqus>";
    for (from, bytes, expected) in [
        ("remark42", b"".to_vec(), "line 1: is empty"),
        ("remark42", b"{\"version\":2}".to_vec(), "line 1: is of version 2"),
        ("remark42", remark42.replace("\"version\":1,", "").into(), "line 1: has no `version`"),
        ("remark42", remark42.replace("\"pid\":\"a4\"", "\"pid\":4").into(), "line 6: pid: is not the kind"),
        ("remark42", remark42.replace("2021-03-03T", "yesterday").into(), "line 7: time: is no moment"),
        (
            "remark42",
            remark42.replace("\"delete\":true}", "\"delete\":true").into(),
            "line 7: ends in the middle",
        ),
        ("remark42", packed[..packed.len() / 2].to_vec(), "ends in the middle"),
        ("remark42", long.into(), "longer than 16 MiB"),
        ("disqus", disqus.replace("</disqus>", "").into(), "ends in the middle of an element"),
        (
            "disqus",
            disqus.replace("<thread dsq:id=\"101\" />", "").into(),
            "line 44: <post> has no <thread dsq:id>",
        ),
        ("disqus", disqus.replace("<id>wp_id=1</id>", "<id>").into(), "is no XML: an element"),
        ("disqus", deep.into(), "line 1: has more than 64 elements"),
        ("disqus", bomb.into(), "line 1: has a document type"),
        ("disqus", good("wordpress.xml").into(), "the first element is not <disqus>"),
        ("wordpress", disqus.clone().into(), "the first element is not <rss>"),
        ("wordpress", wordpress.replace("\"parent\":2", "\"parent\":null").into(), "line 7"),
        ("wordpress", wordpress.replace("}\n]", "}").into(), "ends in the middle"),
        ("wordpress", remark42.clone().into(), "line 1: has no `id`"),
        ("isso", remark42.clone().into(), "is not a database of Isso"),
        ("peer-support", remark42.clone().into(), "line 1: has no `format`"),
    ] {
        std::fs::write(&file, bytes).unwrap();

        let refused =
            home.refused(&["import", "--from", from, "--site", "rowan", "--publish", path_text(&file)]);

        assert!(refused.contains(expected), "{from}: {refused:?} should say {expected:?}");
        assert!(!refused.contains("harbour") && !refused.contains("Ann"), "{refused}");
        assert_eq!((home.exported(&["--all"]).len(), home.n_keys()), (0, 0), "{expected}");
    }
    let missing = home.refused(&["import", "--from", "disqus", "--site", "oak", path_text(&file)]);
    assert!(missing.contains("there is no site oak; expected one of rowan"), "{missing}");
}

#[test]
fn a_text_that_is_too_long_is_cut_or_left_out_and_listed() {
    let long = "Some words to fill it. ".repeat(200);
    let comment = |id: &str, pid: &str, text: &str| json!({ "id": id, "pid": pid, "text": text, "user": { "id": "u" }, "locator": { "url": "x" }, "time": "2021-03-01T08:00:00Z" });
    let lines = [
        json!({ "version": 1 }),
        comment("1", "", &long),
        comment("2", "1", "A short answer."),
        comment("3", "1", &long),
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();

    for (too_long, n_items) in [("split", 1 + 3 + 1 + 5), ("skip", 0)] {
        let home = Home::sqlite();
        let (file, report) = (home.folder.path().join("file"), home.folder.path().join("report"));
        std::fs::write(&file, &text).unwrap();
        home.import(
            "remark42",
            &file,
            &["--publish", "--too-long", too_long, "--report", path_text(&report)],
        );

        let listed = std::fs::read_to_string(&report).unwrap();
        let items = home.exported(&[]);
        assert_eq!(items.len(), n_items, "{listed}");
        if too_long == "split" {
            assert_eq!(
                listed,
                "line 2, comment 1: too long: cut into 4 parts\nline 4, comment 3: too long: cut into 5 parts\n"
            );
            let texts = texts(&items);
            assert_eq!(texts[..4].join(" "), long.trim(), "the parts come first, in their order");
            assert_eq!(texts[4], "A short answer.");
            assert!(items.iter().all(|item| item["author"] == items[0]["author"]));
        } else {
            assert!(
                listed
                    .starts_with("line 2, comment 1: left out: has 4599 characters; expected at most 2000\n")
            );
            assert_eq!(listed.lines().count(), 3, "{listed}");
        }
    }
}

#[tokio::test]
async fn what_was_exported_imports_as_the_same_but_for_ids_authors_and_votes() {
    for home in Home::each().await {
        let folder = home.folder.path();
        home.import("wordpress", &example("wordpress.json"), &["--publish"]);
        let file = folder.join("export.jsonl");
        home.done(&["export", "--site", "rowan", "--all", path_text(&file)]);
        let elsewhere = Home::sqlite();

        elsewhere.import("peer-support", &file, &["--publish"]);

        let (from, to) = (home.exported(&["--all"]), elsewhere.exported(&["--all"]));
        assert_eq!(content(&to), content(&from));
        assert_ne!(from[0]["id"], to[0]["id"]);
        assert_ne!(from[0]["author"], to[0]["author"]);
        let again = home.refused(&["export", "--site", "rowan", path_text(&file)]);
        assert!(again.contains("exists already"), "{again}");
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        let left: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".part")), "{left:?}");
    }
}

#[test]
fn a_spreadsheet_gets_words_and_no_formulas() {
    let home = Home::sqlite();
    let file = home.folder.path().join("file");
    let comment = json!({
        "id": "1", "pid": "", "text": "<p>=HYPERLINK(\"x\"), she said,<br>and left</p>", "locator": { "url": "x" },
        "time": "2021-03-01T08:00:30Z",
    });
    std::fs::write(&file, format!("{{\"version\":1}}\n{comment}\n")).unwrap();
    home.import("remark42", &file, &["--publish"]);

    let csv = home.done(&["export", "--site", "rowan", "--format", "csv", "-"]);

    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let names = rows.headers().unwrap().clone();
    let row = rows.records().next().unwrap().unwrap();
    let value = |name: &str| &row[names.iter().position(|n| n == name).unwrap()];
    assert_eq!(value("text"), "'=HYPERLINK(\"x\"), she said,\nand left");
    assert_eq!(
        (value("created_at"), value("state"), value("author")),
        ("2021-03-01T08:00:00Z", "published", "")
    );
}

#[test]
fn a_copy_says_by_when_to_throw_it_away_and_is_not_restored_after_that() {
    let home = Home::sqlite();
    home.import("disqus", &example("disqus.xml"), &["--publish"]);
    let copy = home.folder.path().join("copy");
    let said = home.done(&["backup", path_text(&copy), "--keep-days", "1"]);
    assert!(said.contains("throw it away by 20"), "{said}");
    let refused =
        home.refused(&["backup", path_text(&home.folder.path().join("other")), "--keep-days", "31"]);
    assert!(refused.contains("31 is not in 1..=30"), "{refused}");
    // Two days later.
    let database = rusqlite::Connection::open(&copy).unwrap();
    database.execute_batch("update copy_terms set expires_at = expires_at - 2 * 86400000").unwrap();
    database.close().unwrap();
    let elsewhere = Home::sqlite();

    let refused = elsewhere.refused(&["restore", path_text(&copy)]);
    assert!(
        refused.contains("should have been thrown away by 20") && refused.contains("--even-expired"),
        "{refused}"
    );
    assert_eq!(elsewhere.exported(&["--all"]).len(), 0);
    std::fs::remove_file(elsewhere.folder.path().join("data/peer-support.sqlite3")).unwrap();
    let said = elsewhere.done(&["restore", path_text(&copy), "--even-expired"]);

    assert!(said.contains("what people deleted after the copy was made is back"), "{said}");
    assert_eq!(content(&elsewhere.exported(&[])), content(&home.exported(&[])));
}

#[tokio::test]
async fn what_is_past_its_time_in_a_restored_copy_is_gone_before_anybody_is_served() {
    let home = Home::sqlite();
    home.import("wordpress", &example("wordpress.json"), &[]);
    let copy = home.folder.path().join("copy");
    home.done(&["backup", path_text(&copy)]);
    let database = rusqlite::Connection::open(&copy).unwrap();
    database
        .execute_batch("update items set imported_at = imported_at - 31 * 86400000 where kind is null")
        .unwrap();
    database.close().unwrap();
    let data = home.folder.path().join("data");
    let held = || {
        let database = rusqlite::Connection::open(data.join("peer-support.sqlite3")).unwrap();
        database.query_row("select count(*) from items", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(held(), 5);
    std::fs::remove_dir_all(&data).unwrap();

    let said = home.done(&["restore", path_text(&copy)]);
    assert!(said.contains("2 posts and replies in it were past their time"), "{said}");
    assert_eq!(held(), 3);

    // The same when the program ended between the two: the server does it before it listens.
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::create_dir(&data).unwrap();
    std::fs::copy(&copy, data.join("peer-support.sqlite3")).unwrap();
    let settings: Vec<&str> = home.settings.iter().map(String::as_str).collect();
    let _server = Program::serve(&settings).await;
    assert_eq!(held(), 3);
}
