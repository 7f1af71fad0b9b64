//! The program as a process, and those who call it.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::support::program::{Lines, command};

/// How long anything here may take before the test gives up and says for what it waited.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// How long a caller waits for an answer before asking again.
const CALL_WITHIN: Duration = Duration::from_secs(10);
/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Waits until `is_so`.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < end, "waited for {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Runs a command to its end, which must be good.
pub fn run(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Where a server keeps everything, and how it and the commands beside it are started.
#[derive(Clone, Default)]
pub struct Place {
    pub environment: Vec<(String, String)>,
    pub prefix: Vec<String>,
    /// Set for `serve` only: limits and faults that the commands beside it do not have.
    pub serve_environment: Vec<(String, String)>,
    pub serve_prefix: Vec<String>,
    /// The data folder, as the tests see it.
    pub data: PathBuf,
}

impl Place {
    /// A demo in this data folder.
    pub fn demo(data: &Path) -> Self {
        let environment = vec![("PEER_SUPPORT_DATA".to_owned(), data.to_str().unwrap().to_owned())];
        Self { environment, data: data.to_owned(), ..Self::default() }
    }

    /// A demo on this database of PostgreSQL, with a data folder of its own.
    pub fn on_postgres(data: &Path, url: &str) -> Self {
        Self::demo(data).with("PEER_SUPPORT_DATABASE", url).with("PEER_SUPPORT_SECRET", &"5e".repeat(32))
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// SQLite's file.
    pub fn database(&self) -> PathBuf {
        self.data.join("peer-support.sqlite3")
    }

    /// A command beside the server.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let prefix: Vec<&OsStr> = self.prefix.iter().map(OsStr::new).collect();
        let mut command = command(&prefix, arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// `serve`, on a port that is free.
    pub fn serve_command(&self) -> Command {
        let mut command = self.serve_command_at_its_address();
        command.args(["--addr", "127.0.0.1:0"]);
        command
    }

    /// `serve` where its environment says.
    pub fn serve_command_at_its_address(&self) -> Command {
        let prefix: Vec<&OsStr> = self.prefix.iter().chain(&self.serve_prefix).map(OsStr::new).collect();
        let mut command = command(&prefix, &["serve"]);
        command
            .envs(self.environment.iter().chain(&self.serve_environment).map(|(name, value)| (name, value)));
        command
    }

    pub async fn serve(&self) -> Program {
        Program::start(self.serve_command()).await
    }
}

/// A running server, killed when dropped.
pub struct Program {
    child: Child,
    /// Its address, `127.0.0.1:PORT`.
    pub address: String,
    out: Lines,
    /// What it logged.
    pub log: Lines,
}

impl Program {
    pub async fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = Lines::of(child.stdout.take().unwrap());
        let log = Lines::of(child.stderr.take().unwrap());
        let mut program = Self { child, address: String::new(), out, log };
        program.address = program.printed("listening on http://").await;
        program
    }

    /// What follows `words` on the first line that has them.
    async fn printed(&mut self, words: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let text = self.out.text();
            if let Some((_, rest)) = text.lines().find_map(|line| line.split_once(words)) {
                return rest.to_owned();
            }
            let ended = self.child.try_wait().unwrap();
            assert!(
                ended.is_none() && Instant::now() < end,
                "waited for {words:?} of a server ({ended:?}):\n{}",
                self.log.text()
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn signal(&self, name: &str) {
        let kill = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Asks it to stop, and waits until it did.
    pub async fn stop(mut self) {
        self.signal("TERM");
        let mut code = None;
        until("the server to end", async || {
            code = self.child.try_wait().unwrap();
            code.is_some()
        })
        .await;
        assert!(code.is_some_and(|code| code.success()), "{code:?}: {}", self.log.text());
    }

    /// Signs in the demo's admin.
    pub async fn moderator(&mut self, caller: &Caller) -> Session {
        let url = self.printed("moderators' console: ").await;
        let code = url.rsplit_once("#code=").expect("the address of the console").1;
        let path = "/api/v1/console/session";
        let sent = json!({ "code": code });
        let answer = caller.call(&self.address, Method::POST, path, &[], Some(&sent)).await.unwrap();
        assert!(answer.status.is_success(), "{answer}");
        let cookie = answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        Session { cookie, csrf: answer.json()["csrf"].as_str().unwrap().to_owned() }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the server at {} logged:\n{}", self.address, self.log.text());
        }
    }
}

/// Somebody who is signed in to the console.
#[derive(Clone)]
pub struct Session {
    pub cookie: String,
    pub csrf: String,
}

impl Session {
    pub fn headers(&self) -> [(&str, &str); 2] {
        [("cookie", &self.cookie), ("csrf-token", &self.csrf)]
    }
}

/// Calls servers, over connections that it keeps.
#[derive(Clone)]
pub struct Caller(Client<HttpConnector, Full<Bytes>>);

impl Caller {
    pub fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    /// The whole answer; an error when there is none, also because it takes too long.
    pub async fn call(
        &self,
        address: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(format!("http://{address}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = request.body(body.into()).unwrap();
        let answering = async {
            let (parts, body) = self.0.request(request).await.map_err(|_| "no connection")?.into_parts();
            let body = body.collect().await.map_err(|_| "cut short")?.to_bytes();
            Ok(Answer { status: parts.status, headers: parts.headers, body })
        };
        tokio::time::timeout(CALL_WITHIN, answering)
            .await
            .unwrap_or(Err("no answer in time"))
            .map_err(str::to_owned)
    }

    pub async fn get(&self, address: &str, path: &str) -> Result<Answer, String> {
        self.call(address, Method::GET, path, &[], None).await
    }
}

/// What a server said.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self}"))
    }

    /// The code of the problem document that it is, if it is one.
    pub fn problem(&self) -> Option<String> {
        let is_problem = self.headers.get("content-type")? == "application/problem+json";
        let problem: Value = serde_json::from_slice(&self.body).ok().filter(|_| is_problem)?;
        let is_of_status = problem["status"] == self.status.as_u16();
        problem["code"].as_str().filter(|_| is_of_status).map(str::to_owned)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}
