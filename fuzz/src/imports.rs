//! Files of other systems, read as an import reads them.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use peer_support_domain::post::{Kind, State};
use peer_support_domain::site::TopicId;
use peer_support_domain::text::{PostText, ReplyText};
use peer_support_server::clock::Random;
use peer_support_server::import::{Request, Source, TooLong, rehearse};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::text;

static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);

/// A word that people wrote, in the seeds: no error may repeat it.
const PRIVATE: &str = "qxprivateqx";

/// A folder in the memory where the system has one, because thousands of files a second go through it.
pub fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    made.expect("a folder for temporary files")
}

pub fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let source = match first {
        b'R' => Source::Remark42,
        b'D' => Source::Disqus,
        b'W' => Source::Wordpress,
        b'P' => Source::PeerSupport,
        b'I' | b'S' => Source::Isso,
        _ => return,
    };
    let (choice, rest) = rest.split_first().map_or((0, rest), |(choice, rest)| (*choice, rest));
    let file = FOLDER.path().join("file");
    if *first == b'S' {
        isso(&file, text(rest));
    } else {
        fs::write(&file, rest).expect("the folder takes files");
    }
    let topic: TopicId = "general".parse().expect("a topic");
    let request = Request {
        file,
        source,
        site: "demo".parse().expect("a site"),
        topics: vec![topic.clone(), "exams".parse().expect("a topic")],
        topic,
        kind: Kind::Story,
        is_publishing: choice & 1 == 1,
        too_long: if choice & 2 == 2 { TooLong::Split } else { TooLong::Skip },
        is_trial: true,
    };
    let random = Random::new(|to| to.fill(7));
    match rehearse(&request, &random) {
        Err(error) => {
            let error = format!("{error:#}");
            assert!(!error.is_empty() && error.len() < 4_096, "{error}");
            assert!(!error.contains(PRIVATE), "what people wrote is repeated: {error}");
        }
        Ok((items, summary, report)) => {
            assert!(!report.contains(PRIVATE), "what people wrote is repeated: {report}");
            assert_eq!(report.lines().count() as u64, summary.n_left_out + summary.n_split, "{report}");
            assert_eq!(items.len() as u64, summary.n_posts + summary.n_replies);
            let posts: HashSet<_> =
                items.iter().filter(|item| item.post.is_none()).map(|item| item.id).collect();
            assert_eq!(posts.len() as u64, summary.n_posts);
            let ids: HashSet<_> = items.iter().map(|item| item.id).collect();
            assert_eq!(ids.len(), items.len(), "two items have one id");
            for item in items {
                assert_eq!(item.post.is_none(), item.topic.is_some());
                assert!(item.post.is_none_or(|post| posts.contains(&post)), "a reply to nothing");
                let again = match item.post {
                    None => item.text.parse::<PostText>().map(PostText::into_string),
                    Some(_) => item.text.parse::<ReplyText>().map(ReplyText::into_string),
                };
                assert_eq!(again.as_ref(), Ok(&item.text), "a text that the API would refuse");
                assert!(item.state == State::Held || choice & 1 == 1 && item.state == State::Published);
            }
        }
    }
}

/// A database of Isso with a comment a line: its id, thread, parent, moment, mode, name and text, between tabs. A value that is
/// written as a number is one, `-` is null.
fn isso(file: &Path, text: &str) {
    let _ = fs::remove_file(file);
    let made = Connection::open(file).and_then(|db| {
        db.execute_batch(
            "pragma journal_mode = off; pragma synchronous = off; begin;
             create table threads (id, uri);
             create table comments (id, tid, parent, created, mode, author, text, email);
             insert into threads values (1, '/'), (2, '/two');",
        )?;
        for line in text.lines().take(50) {
            let mut values = line.splitn(7, '\t').map(|value| match value {
                "-" => rusqlite::types::Value::Null,
                value => value
                    .parse::<i64>()
                    .map(Into::into)
                    .or_else(|_| value.parse::<f64>().map(Into::into))
                    .unwrap_or_else(|_| value.to_owned().into()),
            });
            let mut next = || values.next().unwrap_or(rusqlite::types::Value::Null);
            db.execute(
                "insert into comments values (?1, ?2, ?3, ?4, ?5, ?6, ?7, null)",
                [next(), next(), next(), next(), next(), next(), next()],
            )?;
        }
        db.execute_batch("commit")
    });
    made.expect("any values fit into columns without a type");
}
