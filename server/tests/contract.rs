//! The OpenAPI document against the real program, by Schemathesis: requests that the document allows and requests that it does
//! not, as a visitor and as an admin, over either database.
//!
//! `cargo xtask test --only contract` runs it, and installs Schemathesis first. `PEER_SUPPORT_EXAMPLES` says how many requests
//! are drawn for each operation, beside those that follow from the document alone.

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::postgres::Cluster;
use crate::support::program::command;

/// Requests drawn for each operation, unless more are asked for.
const EXAMPLES: &str = "4";

/// Nothing is to be refused for coming too fast.
const CONFIG: &str = r#"
    [limits]
    posts_a_minute = 10000
    posts_an_hour = 10000
    replies_a_minute = 10000
    replies_an_hour = 10000
    votes_a_day = 10000
    work = "never"

    [[sites]]
    id = "demo"
    name = "Rowan House"
    origins = ["loopback"]
    topics = ["low-mood", "anxiety", { id = "exams", label = "Exams" }]
"#;

/// What Schemathesis looks at. Not whether all that the document allows is taken: it counts code points, where people are
/// promised what they would call characters, and it cannot say that a code has a check digit.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,unsupported_method,allow_header_conformance,missing_required_header";

/// A running server over a database, with a story that everyone can read.
struct Server {
    child: Child,
    address: String,
    folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Who is signed in.
struct Session {
    cookie: String,
    csrf: String,
}

impl Server {
    fn start(database: Option<&str>) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("server.toml"), CONFIG).unwrap();
        let mut serve = program(folder.path(), database);
        let mut child =
            serve.arg("serve").args(["--addr", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let listening = lines
            .find_map(|line| line.unwrap().split_once("listening on http://").map(|(_, at)| at.to_owned()));
        // What else it says is taken, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: listening.expect("it listens"), folder }
    }

    fn sign_in(&self, database: Option<&str>, name: &str) -> Session {
        let added = program(self.folder.path(), database)
            .args(["moderator", "add", name, "--role", "admin"])
            .output()
            .unwrap();
        let said = String::from_utf8(added.stdout).unwrap();
        let code = said.trim().rsplit_once("#code=").expect("it prints a sign-in").1.to_owned();
        let (head, session) = self.call("POST", "/console/session", None, &json!({ "code": code }));
        let cookie =
            head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("it sets a cookie");
        Session {
            cookie: cookie.split(';').next().unwrap().to_owned(),
            csrf: session["csrf"].as_str().expect("a token").to_owned(),
        }
    }

    /// Sends a request; the head of the answer and its body. It must succeed.
    fn call(&self, method: &str, path: &str, session: Option<&Session>, body: &Value) -> (String, Value) {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        let body = body.to_string();
        let signed_in = session.map_or_else(String::new, |session| {
            format!("cookie: {}\r\ncsrf-token: {}\r\n", session.cookie, session.csrf)
        });
        write!(
            connection,
            "{method} /api/v1{path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n{signed_in}\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        (head.to_owned(), serde_json::from_str(body).unwrap_or_default())
    }

    /// Runs Schemathesis with these arguments, on what the document describes.
    fn holds_its_contract(&self, what: &str, checks: &str, arguments: &[String]) {
        let examples = std::env::var("PEER_SUPPORT_EXAMPLES").unwrap_or_else(|_| EXAMPLES.to_owned());
        let mut run = Command::new(schemathesis());
        run.current_dir(self.folder.path());
        run.args(["--config-file", "schemathesis.toml", "run"]);
        run.arg(format!("http://{}/api/v1/openapi.json", self.address));
        run.args(["--phases", "examples,coverage,fuzzing", "--max-examples", &examples, "--checks", checks]);
        run.args(["--suppress-health-check", "all", "--warnings", "off", "--continue-on-failure"]);
        // Streams have no end. Another number finds other requests; this one makes a failure come again.
        run.args(["--exclude-path-regex", "/live$", "--seed", "1", "--no-color"]).args(arguments);
        let done = run.output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{what}:\n{said}\n{}", String::from_utf8_lossy(&done.stderr));
        let cases = said.lines().find(|line| line.contains(" generated"));
        println!("{what}: {}", cases.expect("it says how many").trim());
    }
}

fn program(folder: &Path, database: Option<&str>) -> Command {
    let mut program = command(&[], &[]);
    program.arg("--config").arg(folder.join("server.toml")).arg("--data").arg(folder.join("data"));
    if let Some(database) = database {
        program.args(["--database", database]).env("PEER_SUPPORT_SECRET", "07".repeat(32));
    }
    program.stderr(Stdio::null());
    program
}

fn schemathesis() -> PathBuf {
    let target =
        Path::new(env!("CARGO_BIN_EXE_peer-support-server")).ancestors().nth(2).expect("it lies in a folder");
    let program = target.join("tools/schemathesis/bin/schemathesis");
    assert!(program.is_file(), "no {}; run cargo xtask setup contract", program.display());
    program
}

fn keeps_its_word(database: Option<&str>) {
    let server = Server::start(database);
    let admin = server.sign_in(database, "Ada");
    let story = json!({ "kind": "story", "text": "My first week back at school was hard. Walking in with a friend helped." });
    let (_, receipt) = server.call("POST", "/sites/demo/posts", None, &story);
    let (id, code) = (receipt["id"].as_str().unwrap(), receipt["recovery_code"].as_str().unwrap());
    server.call(
        "POST",
        &format!("/console/items/{id}/decision"),
        Some(&admin),
        &json!({ "decision": "approve" }),
    );

    // With made-up ids first: most is not there, and what is wrong has to be refused. Then with those that are, which no request
    // can get wrong.
    fs::write(server.folder.path().join("schemathesis.toml"), "").unwrap();
    let not_the_desk = ["--exclude-path-regex", "^/console/(?!session)"].map(str::to_owned);
    server.holds_its_contract("a stranger", &format!("{CHECKS},negative_data_rejection"), &not_the_desk);
    let known = format!(
        "[parameters]\n\"path.site\" = \"demo\"\n\"path.id\" = \"{id}\"\n\"path.session\" = 987654\n\"header.Recovery-Code\" = \"{code}\"\n"
    );
    fs::write(server.folder.path().join("schemathesis.toml"), known).unwrap();
    let header = |name: &str, value: &str| ["--header".to_owned(), format!("{name}: {value}")];
    let mut signed_in: Vec<String> = Vec::new();
    signed_in.extend(header("Cookie", &admin.cookie));
    signed_in.extend(header("Csrf-Token", &admin.csrf));
    // What ends the session, or the item, would leave nothing to ask for.
    for operation in ["signOut", "deleteMine"] {
        signed_in.extend(["--exclude-operation-id".to_owned(), operation.to_owned()]);
    }
    server.holds_its_contract("an admin", CHECKS, &signed_in);
}

#[test]
fn answers_are_as_documented_on_sqlite() {
    keeps_its_word(None);
}

#[test]
fn answers_are_as_documented_on_postgresql() {
    let cluster = Cluster::shared();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(cluster.new_database("template1"));
    keeps_its_word(Some(&database));
}
