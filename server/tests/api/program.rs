//! The program itself, over real connections: started, stopped, killed, and its command line.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode};
use futures_util::future::join_all;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use peer_support_domain::recovery::RecoveryCode;
use peer_support_server::clock::Random;
use peer_support_server::config::Limits;
use peer_support_server::secret::recovery_hash;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Answer, STORY, Stream, empty_database, problem, text_of};
use crate::support::program::{self, Lines};

/// How long anything here may take before the test gives up and says for what it waited.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server, killed when dropped.
pub struct Program {
    child: Child,
    /// Its address, `127.0.0.1:PORT`.
    pub address: String,
    out: Lines,
    /// What it logged.
    pub log: Lines,
}

impl Lines {
    /// What follows `words` on the first line that has them, once there is one.
    pub async fn after(&self, words: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let text = self.text();
            let whole_lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            if let Some((_, rest)) = whole_lines.filter_map(|line| line.split_once(words)).next() {
                return rest.trim_end().to_owned();
            }
            assert!(Instant::now() < end, "waited for {words:?} in:\n{text}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

pub fn command(arguments: &[&str]) -> Command {
    program::command(&[], arguments)
}

/// Runs a command to its end.
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

impl Program {
    /// `serve` on a free port, with these further arguments.
    pub async fn serve(arguments: &[&str]) -> Self {
        Self::serve_with(&[], arguments).await
    }

    /// As [`serve`](Self::serve), with these variables in the environment.
    pub async fn serve_with(environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut child = command(&[&["serve", "--addr", "127.0.0.1:0"], arguments].concat())
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = Lines::of(child.stdout.take().unwrap());
        let log = Lines::of(child.stderr.take().unwrap());
        let address = out.after("listening on http://").await;
        Self { child, address, out, log }
    }

    /// The code that the demo prints.
    pub async fn printed_code(&self) -> String {
        let url = self.out.after("moderators' console: ").await;
        let code = url.strip_prefix(&format!("http://{}/console/#code=", self.address));
        code.expect("the address of the console").to_owned()
    }

    /// Ends it as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn signal(&self, name: &str) {
        let kill =
            Command::new("sh").args(["-c", "kill -s $0 $1", name, &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Its exit code, when it ended.
    pub async fn ended(&mut self) -> Option<i32> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < end, "waited for the server to end:\n{}", self.log.text());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends one request, each on a connection of its own.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        try_call(&client(), &self.address, method, path, headers, body).await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    /// `GET` of an answer that goes on.
    pub async fn open(&self, path: &str) -> Stream {
        let request = Request::get(format!("http://{}{path}", self.address)).body(Full::default()).unwrap();
        Stream::of(client().request(request).await.unwrap().map(Body::new))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], None).await
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

type HttpClient = Client<HttpConnector, Full<Bytes>>;

fn client() -> HttpClient {
    Client::builder(TokioExecutor::new()).build_http()
}

async fn try_call(
    client: &HttpClient,
    address: &str,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Result<Answer, Box<dyn std::error::Error>> {
    let mut request = Request::builder().method(method).uri(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    let (parts, body) = client.request(request.body(body.into())?).await?.into_parts();
    let body = body.collect().await?.to_bytes().to_vec();
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}

/// What every file of a data folder holds; the loaders that it keeps lie in a folder of their own.
pub fn files_in(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![std::fs::read(path).unwrap()] })
        .collect()
}

pub fn path_text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A configuration file in `folder`.
pub fn config(folder: &Path, top: &str) -> PathBuf {
    let file = folder.join("server.toml");
    let site = r#"
        [[sites]]
        id = "rowan"
        name = "Rowan House"
        origins = ["https://rowan.example"]
        topics = ["low-mood"]
    "#;
    std::fs::write(&file, format!("{top}\n{site}")).unwrap();
    file
}

#[tokio::test]
async fn without_configuration_there_is_a_demo_with_examples_and_a_moderator() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let first = Program::serve(&["--data", path_text(&data)]).await;
    let code = first.printed_code().await;
    let ids = |answer: Answer| -> Vec<_> {
        let items = answer.ok().json()["items"].as_array().unwrap().clone();
        assert!(items.iter().all(|item| item["is_example"] == json!(true)), "{items:?}");
        items.iter().map(|item| text_of(&item["id"])).collect()
    };
    let examples = ids(first.get("/api/v1/sites/demo/posts?limit=100").await);
    assert_eq!(examples.len(), 8);
    let session = first.post("/api/v1/console/session", &json!({ "code": code })).await.ok().json();
    assert_eq!((&session["name"], &session["role"]), (&json!("admin"), &json!("admin")));
    drop(first);

    let second = Program::serve(&["--data", path_text(&data)]).await;

    assert_ne!(second.printed_code().await, code, "each start has a code of its own");
    assert_eq!(ids(second.get("/api/v1/sites/demo/posts?limit=100").await), examples, "put in once");
    let n_replies: u64 = {
        let page = second.get("/api/v1/sites/demo/posts?limit=100").await.json();
        page["items"].as_array().unwrap().iter().map(|item| item["n_replies"].as_u64().unwrap()).sum()
    };
    assert!((8..20).contains(&n_replies), "{n_replies}");
}

#[tokio::test]
#[cfg(unix)]
async fn the_data_folder_and_its_secret_are_for_nobody_else() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("a/b");
    let _server = Program::serve(&["--data", path_text(&data)]).await;

    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("secret")), 0o600);
    assert_eq!(mode(&data.join("peer-support.sqlite3")), 0o600);
}

#[tokio::test]
async fn a_code_that_the_server_drew_is_answered_again_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let data = ["--data", path_text(folder.path())];
    let new = json!({ "kind": "story", "text": STORY });
    let send = async |server: &Program| {
        let key = [("idempotency-key", "a-key-of-mine")];
        server.call(Method::POST, "/api/v1/sites/demo/posts", &key, Some(&new)).await.ok().json()
    };
    let first = Program::serve(&data).await;
    let receipt = send(&first).await;
    first.kill();

    let second = Program::serve(&data).await;

    assert_eq!(send(&second).await, receipt);
}

/// Half of the requests are acknowledged when the server is killed; each of them must be there afterwards, and sending
/// all of them again must not double any.
async fn nothing_acknowledged_is_lost(environment: &[(&str, &str)]) {
    const N_POSTS: usize = 500;
    const N_ACKNOWLEDGED_FIRST: usize = 150;
    let random = Random::system();
    let codes: Vec<_> = (0..N_POSTS).map(|_| RecoveryCode::from_random(random.bytes())).collect();
    let text = |n: usize| format!("Post number {n} of many that are sent at the same time.");
    let post = async |client: &HttpClient, address: &str, n: usize| {
        let new =
            json!({ "kind": "story", "text": text(n), "recovery": recovery_hash(&codes[n]).to_string() });
        let key = format!("killed-post-{n:04}");
        // So many in a minute are a flood, and what devices do about that is another test's matter.
        let headers = [("idempotency-key", key.as_str()), ("proof-of-work", "none")];
        let path = "/api/v1/sites/demo/posts";
        let answer = try_call(client, address, Method::POST, path, &headers, Some(&new)).await;
        answer.is_ok_and(|answer| answer.status == StatusCode::CREATED)
    };

    let first = Program::serve_with(environment, &[]).await;
    let address = first.address.clone();
    let n_acknowledged = std::cell::Cell::new(0);
    let (reached, at_full_speed) = tokio::sync::oneshot::channel();
    let reached = std::cell::Cell::new(Some(reached));
    let http = client();
    let sending = join_all((0..N_POSTS).map(async |n| {
        let acknowledged = post(&http, &address, n).await;
        n_acknowledged.set(n_acknowledged.get() + usize::from(acknowledged));
        if n_acknowledged.get() == N_ACKNOWLEDGED_FIRST
            && let Some(reached) = reached.take()
        {
            reached.send(()).unwrap();
        }
        acknowledged
    }));
    let killing = async {
        at_full_speed.await.expect("so many are acknowledged");
        first.kill();
    };
    let (acknowledged, ()) = tokio::join!(sending, killing);
    let n_lost_on_the_way = acknowledged.iter().filter(|acknowledged| !**acknowledged).count();
    assert!(n_lost_on_the_way > 0, "the server was killed after everything was done");

    let second = Program::serve_with(environment, &[]).await;
    let http = client();
    let stands = async |n: usize| {
        let code = codes[n].to_string();
        let header = [("recovery-code", code.as_str())];
        let mine =
            try_call(&http, &second.address, Method::GET, "/api/v1/mine", &header, None).await.unwrap();
        mine.status == StatusCode::OK && mine.json()["text"] == json!(text(n))
    };
    for n in (0..N_POSTS).filter(|n| acknowledged[*n]) {
        assert!(stands(n).await, "post {n} was acknowledged and is lost");
    }
    let again = join_all((0..N_POSTS).map(|n| post(&http, &second.address, n))).await;
    assert!(again.iter().all(|acknowledged| *acknowledged));
    for n in 0..N_POSTS {
        assert!(stands(n).await, "post {n} was sent again and is not there");
    }
    let code = second.printed_code().await;
    let session = second.post("/api/v1/console/session", &json!({ "code": code })).await.ok();
    let cookie = session.header("set-cookie").split(';').next().unwrap().to_owned();
    let (mut n_held, mut cursor) = (0, String::new());
    loop {
        let path = format!("/api/v1/console/queue?limit=100{cursor}");
        let page = second.call(Method::GET, &path, &[("cookie", &cookie)], None).await.ok().json();
        n_held += page["items"].as_array().unwrap().len();
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(n_held, N_POSTS, "each once");
}

#[tokio::test]
async fn a_server_killed_in_the_middle_of_500_posts_loses_none_that_it_acknowledged_on_sqlite() {
    let folder = TempDir::new().unwrap();
    nothing_acknowledged_is_lost(&[("PEER_SUPPORT_DATA", path_text(folder.path()))]).await;
}

#[tokio::test]
async fn a_server_killed_in_the_middle_of_500_posts_loses_none_that_it_acknowledged_on_postgresql() {
    let url = empty_database().await;
    let secret = "5e".repeat(32);
    nothing_acknowledged_is_lost(&[("PEER_SUPPORT_DATABASE", &url), ("PEER_SUPPORT_SECRET", &secret)]).await;
}

/// The head of a post of `n_bytes` bytes.
pub fn head(n_bytes: usize) -> String {
    format!(
        "POST /api/v1/sites/demo/posts HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {n_bytes}\r\n\r\n"
    )
}

/// All that the server sends until it closes the connection.
pub async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    let _ = read.expect("waited for the server to close the connection");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn asked_to_stop_the_server_finishes_what_is_under_way() {
    for signal in ["INT", "TERM"] {
        let folder = TempDir::new().unwrap();
        let data = ["--data", path_text(folder.path())];
        let mut server = Program::serve(&data).await;
        let code = RecoveryCode::from_random(Random::system().bytes());
        let recovery = recovery_hash(&code).to_string();
        let body = json!({ "kind": "story", "text": STORY, "recovery": recovery }).to_string();
        let mut stream = TcpStream::connect(&server.address).await.unwrap();
        stream.write_all(head(body.len()).as_bytes()).await.unwrap();
        // Answered means: the server looks at its connections, so it has also begun with the one before.
        server.get("/healthz").await.ok();

        server.signal(signal);
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(&server.address).await.is_ok() {
            assert!(Instant::now() < end, "waited for the server to take no more connections");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stream.write_all(body.as_bytes()).await.unwrap();

        let answer = rest(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 201 "), "{signal}: {answer}");
        assert_eq!(server.ended().await, Some(0), "{signal}: {}", server.log.text());
        let again = Program::serve(&data).await;
        let header = [("recovery-code", &*code.to_string())];
        again.call(Method::GET, "/api/v1/mine", &header, None).await.ok();
    }
}

#[tokio::test]
async fn who_sends_a_byte_now_and_then_holds_nothing_for_ever() {
    let folder = TempDir::new().unwrap();
    let file = config(folder.path(), "data = \"data\"\n[limits]\nheader_seconds = 1\nrequest_seconds = 1\n");
    let server = Program::serve(&["--config", path_text(&file)]).await;

    let mut silent = TcpStream::connect(&server.address).await.unwrap();
    assert_eq!(rest(&mut silent).await, "", "no header at all");

    let mut half_a_head = TcpStream::connect(&server.address).await.unwrap();
    half_a_head.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
    assert!(!rest(&mut half_a_head).await.contains("200"));

    let mut half_a_body = TcpStream::connect(&server.address).await.unwrap();
    half_a_body.write_all(head(100).as_bytes()).await.unwrap();
    half_a_body.write_all(b"{\"kind\"").await.unwrap();
    let answer = rest(&mut half_a_body).await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("timed-out"), "{answer}");
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_holds_nothing_for_ever() {
    let folder = TempDir::new().unwrap();
    let assets = folder.path().join("dist/assets");
    std::fs::create_dir_all(&assets).unwrap();
    // More than the system keeps for somebody who does not read.
    std::fs::write(assets.join("large.wasm"), vec![0; 32 * 1024 * 1024]).unwrap();
    let top = "data = \"data\"\nassets = \"dist\"\n[limits]\nwrite_seconds = 1\nconnections = 1\n";
    let server = Program::serve(&["--config", path_text(&config(folder.path(), top))]).await;
    let mut idle = TcpStream::connect(&server.address).await.unwrap();
    idle.write_all(b"GET /assets/large.wasm HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    idle.readable().await.unwrap();

    // The only connection is taken, so this is answered when it was closed.
    let answer = tokio::time::timeout(PATIENCE, server.get("/healthz")).await;

    assert!(answer.expect("waited for the idle connection to be closed").status.is_success());
}

#[tokio::test]
async fn who_sends_far_too_much_still_reads_why_it_was_refused() {
    let folder = TempDir::new().unwrap();
    let server = Program::serve(&["--data", path_text(folder.path())]).await;
    let huge = json!({ "kind": "story", "text": "a".repeat(10 * 1024 * 1024) });

    let answer = server.post("/api/v1/sites/demo/posts", &huge).await;
    assert_eq!(answer.problem(), problem(413, "body-too-large", "body"));

    let long = "x".repeat(64 * 1024);
    let answer = server.call(Method::GET, "/healthz", &[("x-long", &long)], None).await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let many: Vec<_> = (0..100).map(|n| (format!("x-{n}"), "y")).collect();
    let many: Vec<_> = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let answer = server.call(Method::GET, "/healthz", &many, None).await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    server.get("/healthz").await.ok();
}

#[tokio::test]
async fn more_connections_than_allowed_wait_their_turn() {
    let folder = TempDir::new().unwrap();
    let file = config(folder.path(), "data = \"data\"\n[limits]\nconnections = 2\n");
    let server = Program::serve(&["--config", path_text(&file)]).await;
    let first = server.open("/api/v1/sites/rowan/live").await;
    let second = server.open("/api/v1/sites/rowan/live").await;

    let waiting = server.get("/healthz");
    let waited = tokio::time::timeout(Duration::from_millis(300), waiting).await;
    assert!(waited.is_err(), "a third connection was served");
    drop((first, second));

    server.get("/healthz").await.ok();
}

#[tokio::test]
async fn who_says_nothing_makes_room_for_who_asks_something() {
    let folder = TempDir::new().unwrap();
    let file = config(folder.path(), "data = \"data\"\n[limits]\nconnections = 2\n");
    let server = Program::serve(&["--config", path_text(&file)]).await;
    let mut silent = TcpStream::connect(&server.address).await.unwrap();
    let mut half_a_body = TcpStream::connect(&server.address).await.unwrap();
    half_a_body.write_all(head(100).as_bytes()).await.unwrap();

    let first = server.open("/api/v1/sites/rowan/live").await;
    let second = server.open("/api/v1/sites/rowan/live").await;

    assert!(first.status.is_success() && second.status.is_success());
    assert_eq!(rest(&mut silent).await, "");
    assert_eq!(rest(&mut half_a_body).await, "");
}

#[test]
fn check_config_says_everything_that_is_wrong() {
    let folder = TempDir::new().unwrap();
    let good = config(folder.path(), "");
    let output = run(&["check-config", "--config", path_text(&good)]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("site rowan: Rowan House"), "{output:?}");

    let bad = config(folder.path(), "addr = \"here\"\ncolour = \"teal\"");
    let output = run(&["check-config", "--config", path_text(&bad)]);

    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let expected = |place: &str| format!("{}: {place}: ", bad.display());
    assert!(said.contains(&expected("addr")) && said.contains(&expected("colour")), "{said}");

    let missing = folder.path().join("missing.toml");
    let output = run(&["serve", "--config", path_text(&missing)]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("missing.toml: cannot be read"), "{output:?}");
}

/// The code in the last line that a command printed.
pub fn code_in(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.trim().rsplit_once("/console/#code=").expect("a sign-in").1.to_owned()
}

#[test]
fn triage_answers_line_by_line_and_says_which_lines_it_could_not_read() {
    let mut child = command(&["triage"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = "{\"id\":\"a\",\"text\":\"please text me on 07700 900123\"}\nnot json\n{\"id\":7,\"text\":\"a walk\"}\n";
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();

    let output = child.wait_with_output().unwrap();

    let answers: Vec<Value> =
        output.stdout.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0]["id"], "a");
    assert_eq!(answers[0]["signals"]["personal_data"]["reason"], "phone");
    assert_eq!(answers[0]["signals"]["personal_data"]["spans"], json!([[18, 30]]));
    assert_eq!(answers[1]["id"], 7);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("line 2: is not JSON"), "{complaint}");
    assert!(!complaint.contains("not json"), "what was written stays out of logs");
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn moderators_are_managed_beside_the_running_server() {
    let folder = TempDir::new().unwrap();
    let file = config(folder.path(), "data = \"data\"\npublic_url = \"http://support.example\"");
    let file = ["--config", path_text(&file)];
    let moderator = |arguments: &[&str]| run(&[&["moderator"], arguments, &file].concat());
    let server = Program::serve(&file).await;
    let sign_in = async |code: &str| server.post("/api/v1/console/session", &json!({ "code": code })).await;

    let added = moderator(&["add", "Ruth", "--role", "lead"]);
    assert!(
        String::from_utf8_lossy(&added.stdout).contains("http://support.example/console/#code="),
        "{added:?}"
    );
    let session = sign_in(&code_in(&added)).await.ok();
    assert_eq!(session.json()["role"], "lead");
    assert!(!moderator(&["add", "Ruth"]).status.success(), "a name is given once");
    let list = || String::from_utf8_lossy(&moderator(&["list"]).stdout).into_owned();
    assert_eq!(list(), "Ruth: lead; signs in with codes\n");
    let cookie = session.header("set-cookie").split(';').next().unwrap().to_owned();
    let csrf = text_of(&session.json()["csrf"]);
    let headers = [("cookie", &*cookie), ("csrf-token", &*csrf)];
    let password = json!({ "password": "three pears in a boat" });
    let path = "/api/v1/console/account/password";
    server.call(Method::PUT, path, &headers, Some(&password)).await.ok();
    assert_eq!(list(), "Ruth: lead; password, no authenticator yet: signs in with codes\n");

    let again = moderator(&["reset", "Ruth"]);
    assert_eq!(list(), "Ruth: lead; signs in with codes\n");
    let after = server.call(Method::GET, "/api/v1/console/session", &headers, None).await;
    assert_eq!(after.problem().1, "not-signed-in", "a reset ends the sessions");
    let session = sign_in(&code_in(&again)).await.ok();
    let events = String::from_utf8_lossy(&moderator(&["events", "Ruth"]).stdout).into_owned();
    let events: Vec<&str> = events.lines().map(|line| line.rsplit_once(": ").unwrap().1).collect();
    let begin = ["password_set", "signed_in_by_code", "code_made"];
    assert_eq!(events, [&["signed_in_by_code", "code_made", "reset"][..], &begin].concat());
    assert!(!moderator(&["reset", "Nobody"]).status.success());
    let session_cookie = session.header("set-cookie").split(';').next().unwrap().to_owned();
    let session_headers = [("cookie", &*session_cookie)];

    assert!(moderator(&["role", "Ruth", "--none"]).status.success());
    let after = server.call(Method::GET, "/api/v1/console/session", &session_headers, None).await;
    assert_eq!(after.problem().1, "not-signed-in", "the last role takes the sessions along");
    assert!(moderator(&["role", "Ruth", "--role", "admin", "--site", "rowan"]).status.success());
    assert!(!moderator(&["role", "Ruth", "--role", "admin", "--site", "nowhere"]).status.success());
    assert!(!moderator(&["role", "Ruth"]).status.success(), "which one?");
    assert!(!moderator(&["role", "Nobody", "--none"]).status.success());
    assert!(moderator(&["add", "Sam", "--role", "viewer", "--site", "rowan"]).status.success());
    assert_eq!(
        list(),
        "Ruth: admin of rowan; signs in with codes\nSam: viewer of rowan; signs in with codes\n"
    );

    let session = sign_in(&code_in(&moderator(&["sign-in", "Ruth"]))).await.ok();
    let unused = code_in(&moderator(&["sign-in", "Ruth"]));
    assert!(moderator(&["close", "Ruth"]).status.success());

    assert_eq!(sign_in(&unused).await.problem().1, "sign-in-failed", "closing takes the codes");
    let cookie = session.header("set-cookie").split(';').next().unwrap().to_owned();
    let after = server.call(Method::GET, "/api/v1/console/session", &[("cookie", &cookie)], None).await;
    assert_eq!(after.problem().1, "not-signed-in", "and the sessions");
    assert!(!moderator(&["sign-in", "Ruth"]).status.success());
    assert!(!moderator(&["sign-in", "Nobody"]).status.success());
}

#[tokio::test]
async fn a_sensitive_period_begins_and_ends_beside_the_running_server() {
    let folder = TempDir::new().unwrap();
    let file = config(folder.path(), "data = \"data\"");
    let file = ["--config", path_text(&file)];
    let sensitive = |arguments: &[&str]| run(&[&["sensitive"], arguments, &file].concat());
    let server = Program::serve(&file).await;
    let shown = async || server.get("/api/v1/sites/rowan").await.ok().json()["is_sensitive"].clone();
    assert_eq!(shown().await, Value::Null);

    assert!(sensitive(&["on", "--site", "rowan"]).status.success());
    assert_eq!(shown().await, json!(true));
    assert!(sensitive(&["off", "--site", "rowan"]).status.success());
    assert_eq!(shown().await, Value::Null);

    let elsewhere = sensitive(&["on", "--site", "willow"]);
    assert!(!elsewhere.status.success());
    assert!(String::from_utf8_lossy(&elsewhere.stderr).contains("willow"), "{elsewhere:?}");
}

#[tokio::test]
async fn a_backup_of_the_running_server_is_restored_elsewhere_and_never_over_something() {
    let folder = TempDir::new().unwrap();
    let (data, elsewhere) = (folder.path().join("data"), folder.path().join("elsewhere"));
    let copy = folder.path().join("copy");
    let server = Program::serve(&["--data", path_text(&data)]).await;
    let new = json!({ "kind": "story", "text": STORY });
    let code = text_of(&server.post("/api/v1/sites/demo/posts", &new).await.ok().json()["recovery_code"]);

    let backup = run(&["backup", path_text(&copy), "--data", path_text(&data)]);
    assert!(backup.status.success(), "{backup:?}");
    let again = run(&["backup", path_text(&copy), "--data", path_text(&data)]);
    assert!(!again.status.success(), "it wrote over a file");
    let restored = run(&["restore", path_text(&copy), "--data", path_text(&elsewhere)]);
    assert!(restored.status.success(), "{restored:?}");
    let over = run(&["restore", path_text(&copy), "--data", path_text(&data)]);
    assert!(!over.status.success(), "it wrote over a database");

    let other = Program::serve(&["--data", path_text(&elsewhere)]).await;
    let mine = other.call(Method::GET, "/api/v1/mine", &[("recovery-code", &code)], None).await.ok();
    assert_eq!(mine.json()["text"], STORY);

    let damaged = folder.path().join("damaged");
    std::fs::write(&damaged, "this is no database, whatever its name says").unwrap();
    let nowhere = folder.path().join("nowhere");
    let refused = run(&["restore", path_text(&damaged), "--data", path_text(&nowhere)]);
    assert!(!refused.status.success());
    assert!(!nowhere.join("peer-support.sqlite3").exists(), "nothing is left behind");
}

#[test]
fn the_example_configuration_is_fine_and_says_the_defaults() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("example.toml");
    let text = std::fs::read_to_string(&example).unwrap();

    let output = run(&["check-config", "--config", path_text(&example)]);

    assert!(output.status.success(), "{output:?}");
    let limits = Limits::default();
    assert!(text.contains(&format!("request_seconds = {} ", limits.request.as_secs())));
    assert!(text.contains(&format!("header_seconds = {} ", limits.header.as_secs())));
    assert!(text.contains(&format!("write_seconds = {} ", limits.write.as_secs())));
    assert!(text.contains(&format!("connections = {} ", limits.n_connections)));
    assert!(text.contains(&format!("streams = {} ", limits.n_streams)));
}
