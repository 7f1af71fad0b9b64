//! What the documentation tells its readers to type: every command of the server is run, every configuration checked, the check
//! of the audit log tried. `xtask/src/docs/snippets.rs` looks at the other blocks.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flate2::Compression;
use flate2::write::GzEncoder;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use tempfile::TempDir;

use crate::helplines::bundle;
use crate::program::{self, Program, path_text};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the server lies in the workspace")
}

/// The language of each block, empty for code in a line, with its text and its page.
fn snippets() -> Vec<(String, String, String)> {
    let plan: toml::Table = fs::read_to_string(root().join("docs/site.toml")).unwrap().parse().unwrap();
    let sections = plan["section"].as_array().unwrap().iter();
    let named = sections.flat_map(|section| section["pages"].as_array().unwrap());
    let mut pages: Vec<PathBuf> = named.map(|page| root().join(page.as_str().unwrap())).collect();
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "md") && !pages.contains(&path) {
            pages.push(path);
        }
    }
    let mut found = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let name = page.strip_prefix(root()).unwrap().to_str().unwrap();
        let mut block: Option<(String, String)> = None;
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => {
                    block = Some((kind.into_string(), String::new()));
                }
                Event::End(TagEnd::CodeBlock) => {
                    found.extend(block.take().map(|(kind, text)| (kind, text, name.to_owned())));
                }
                Event::Text(words) => {
                    if let Some((_, text)) = &mut block {
                        *text += &words;
                    }
                }
                Event::Code(words) => found.push((String::new(), words.into_string(), name.to_owned())),
                _ => {}
            }
        }
    }
    found
}

/// Every command line of the server, each once, with a page that has it; those of blocks, and those named in a line.
fn commands() -> Vec<(String, String, bool)> {
    let mut found: Vec<(String, String, bool)> = Vec::new();
    for (kind, text, page) in snippets() {
        let is_block = kind == "sh";
        if !is_block && !kind.is_empty() {
            continue;
        }
        for line in text.replace("\\\n", " ").lines() {
            let line = line.split(" #").next().unwrap_or_default().trim();
            let line = line.trim_start_matches("runuser -u peer-support -- ");
            let Some(arguments) = line.strip_prefix("peer-support-server ") else { continue };
            let is_new = found.iter().all(|(known, ..)| known != arguments);
            if is_new {
                found.push((arguments.to_owned(), page.clone(), is_block));
            }
        }
    }
    found
}

/// A folder with all that a reader has who types a command: configuration, data, an account, files of other systems.
struct Desk(TempDir);

const CONFIGURATION: &str = r#"
data = "data"
[[sites]]
id = "rowan"
name = "Rowan House"
origins = ["https://www.example.org"]
topics = ["low-mood"]
"#;

impl Desk {
    fn new() -> Self {
        let desk = Self(TempDir::new().unwrap());
        for name in ["peer-support.toml", "config.toml"] {
            fs::write(desk.path(name), CONFIGURATION).unwrap();
        }
        let mut packed =
            GzEncoder::new(fs::File::create(desk.path("backup.gz")).unwrap(), Compression::fast());
        packed.write_all(&fs::read(root().join("server/tests/moving/remark42.jsonl")).unwrap()).unwrap();
        packed.finish().unwrap();
        fs::write(desk.path("key"), desk.done("helplines keygen --secret secret")).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A public key, printed when the folder was made.
    fn key(&self) -> String {
        fs::read_to_string(self.path("key")).unwrap().trim_end().to_owned()
    }

    /// The words of a command line as they are typed here.
    fn words(&self, arguments: &str) -> Vec<String> {
        let data = path_text(&self.path("data")).to_owned();
        let filled = arguments
            .replace("/etc/peer-support/", &format!("{}/", path_text(self.0.path())))
            .replace("/var/lib/peer-support", &data);
        filled
            .split_whitespace()
            .map(|word| match word {
                "NAME" => "ada".to_owned(),
                "ROLE" => "lead".to_owned(),
                "SITE" => "rowan".to_owned(),
                "SYSTEM" => "remark42".to_owned(),
                "KEY" => self.key(),
                word => word.to_owned(),
            })
            .collect()
    }

    /// Runs it in this folder, with the configuration that a reader has by then.
    fn run(&self, arguments: &[String]) -> Output {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = program::command(&words);
        command.current_dir(self.0.path());
        if !words.contains(&"--config") {
            command.env("PEER_SUPPORT_CONFIG", self.path("peer-support.toml"));
        }
        command.output().unwrap()
    }

    #[track_caller]
    fn done(&self, arguments: &str) -> String {
        let output = self.run(&self.words(arguments));
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What must have happened before this command makes sense.
    fn prepare(&self, arguments: &str) {
        let words = self.words(arguments);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["moderator", "add" | "list", ..] => {}
            ["moderator", ..] => drop(self.done("moderator add ada --role admin")),
            ["restore", file, ..] => {
                self.done(&format!("backup {file}"));
                for name in ["sqlite3", "sqlite3-wal", "sqlite3-shm"] {
                    let _ = fs::remove_file(self.path(&format!("data/peer-support.{name}")));
                }
            }
            ["backup", file, ..] => {
                if let Some(folder) = Path::new(file).parent() {
                    fs::create_dir_all(self.0.path().join(folder)).unwrap();
                }
            }
            ["helplines", "sign", "--secret", key, "--from", folder, ..] => {
                self.done(&format!("helplines keygen --secret {key}"));
                fs::create_dir_all(self.path(folder)).unwrap();
                fs::write(self.path(folder).join("GB.txt"), bundle("GB", "116 123")).unwrap();
            }
            ["helplines", "verify", "--public", key, folder] => {
                fs::create_dir(self.path("bundles")).unwrap();
                fs::write(self.path("bundles/GB.txt"), bundle("GB", "116 123")).unwrap();
                self.done(&format!("helplines sign --secret secret --from bundles --to {folder}"));
                assert_eq!(key, self.key());
            }
            ["audit", "verify", ..] => {
                self.done("moderator add ada --role admin");
                self.done("audit export FILE");
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn every_command_of_the_server_in_the_documentation_does_its_work() {
    let commands = commands();
    assert!(commands.len() > 12, "{}", commands.len());
    for (arguments, page, is_block) in commands {
        let desk = Desk::new();
        desk.prepare(&arguments);
        let words = desk.words(&arguments);
        if words[0] == "serve" {
            let absolute: Vec<String> = words[1..]
                .iter()
                .map(|word| {
                    if word.starts_with('-') { word.clone() } else { path_text(&desk.path(word)).to_owned() }
                })
                .chain(["--data".to_owned(), path_text(&desk.path("data")).to_owned()])
                .collect();
            drop(Program::serve(&absolute.iter().map(String::as_str).collect::<Vec<_>>()).await);
            continue;
        }
        let output = desk.run(&words);
        let said = String::from_utf8_lossy(&output.stderr);
        // A line may name a command and leave out what it takes; a block is typed as it stands.
        let is_name = !is_block && said.contains("required arguments were not provided");
        assert!(output.status.success() || is_name, "{page}: {arguments}: {said}");
    }
}

#[test]
fn every_configuration_in_the_documentation_is_one() {
    let mut n_files = 0;
    for (_, text, page) in snippets().into_iter().filter(|(kind, ..)| kind == "toml") {
        n_files += 1;
        let desk = Desk::new();
        // A part of a file stands among the rest of one.
        let whole = if text.contains("[[sites]]") { text } else { format!("{text}\n{CONFIGURATION}") };
        fs::write(desk.path("peer-support.toml"), whole).unwrap();

        let output = desk.run(&["check-config".to_owned()]);

        assert!(output.status.success(), "{page}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(n_files > 0);
}

#[test]
fn the_audit_logs_check_in_the_documentation_agrees_with_ours() {
    let script: Vec<_> = snippets().into_iter().filter(|(kind, ..)| kind == "python").collect();
    let [(_, script, _)] = &script[..] else { panic!("{} scripts", script.len()) };
    let desk = Desk::new();
    for name in ["ada", "bo"] {
        desk.done(&format!("moderator add {name}"));
    }
    desk.done("audit export log.jsonl");
    let check = || {
        let mut python = Command::new("python3");
        python
            .args(["-c", script])
            .arg(desk.path("log.jsonl"))
            .output()
            .expect("python3, which setup installs")
    };

    let whole = check();
    let ours = desk.done("audit verify log.jsonl");
    let text = fs::read_to_string(desk.path("log.jsonl")).unwrap();
    fs::write(desk.path("log.jsonl"), text.replacen("\"ada\"", "\"eve\"", 1)).unwrap();
    let changed = check();

    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    let printed = String::from_utf8(whole.stdout).unwrap();
    let (_, hash) = printed.trim_end().split_once(' ').unwrap();
    assert!(ours.contains(hash), "{ours} {printed}");
    assert!(!changed.status.success());
}
