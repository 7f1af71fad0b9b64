//! Our own server as people run it: the real binary, on a free port, with a data folder of its own.

use crate::http::{Answer, send};
use crate::process::Tree;
use crate::{scratch_folder, workspace};
use http::Method;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What the server printed, line by line; it outlives the server, for the report of a failed test.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

/// A running `peer-support-server serve`, taken away with its data on drop.
pub struct Server {
    tree: Option<Tree>,
    /// Of `serve`, besides what every server here gets.
    arguments: Vec<String>,
    data: PathBuf,
    port: u16,
    /// Where in the log the present run begins.
    since: usize,
    pub(crate) log: Log,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tree = None;
        let _ = fs::remove_dir_all(&self.data);
    }
}

impl Server {
    /// A new server with an empty data folder.
    pub(crate) async fn start(arguments: &[&str]) -> Server {
        let mut server = Server {
            tree: None,
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            data: scratch_folder("server"),
            port: 0,
            since: 0,
            log: Log::default(),
        };
        server.run().await;
        server
    }

    /// Its origin, without a slash at the end.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The address of `path`, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// Where it keeps what people wrote.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Ends it as Ctrl-C does.
    pub fn stop(&mut self) {
        if let Some(mut tree) = self.tree.take() {
            tree.interrupt();
        }
    }

    /// Ends it as a power cut does.
    pub fn kill(&mut self) {
        self.tree = None;
    }

    /// Starts it again, on the same port and the same data.
    pub async fn restart(&mut self) {
        self.kill();
        self.run().await;
    }

    async fn run(&mut self) {
        let assets = workspace("target/dist");
        let build = "run `cargo xtask build` and `cargo build --package peer-support-server`";
        assert!(assets.join("peer-support.js").is_file(), "no widget in {}; {build}", assets.display());

        let mut command = Command::new(program());
        command.args(["serve", "--addr", &format!("127.0.0.1:{}", self.port)]);
        command.arg("--data").arg(&self.data).arg("--assets").arg(&assets).args(&self.arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut tree = Tree::start(command, build);
        self.since = self.log.lock().unwrap().len();
        keep(tree.child().stdout.take().expect("it is piped"), &self.log);
        keep(tree.child().stderr.take().expect("it is piped"), &self.log);
        self.tree = Some(tree);

        let said = self.said("listening on http://127.0.0.1:").await;
        let port = said.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        self.port = port.parse().unwrap_or_else(|_| panic!("the server printed no port: {said:?}"));
    }

    /// What follows `words` on the first line of this run that has them, once there is one.
    pub async fn said(&mut self, words: &str) -> String {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let lines = self.log.lock().unwrap()[self.since..].to_vec();
            if let Some((_, rest)) = lines.iter().find_map(|line| line.split_once(words)) {
                return rest.trim().to_owned();
            }
            let ended = self.tree.as_mut().is_none_or(|tree| !matches!(tree.child().try_wait(), Ok(None)));
            assert!(!ended, "the server ended before it said {words:?}:\n{}", lines.join("\n"));
            assert!(Instant::now() < end, "the server never said {words:?}:\n{}", lines.join("\n"));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The console's address with the one-time code in it, as printed at the start.
    pub async fn sign_in_url(&mut self) -> String {
        let path = self.said("/console/#code=").await;
        self.url(&format!("/console/#code={path}"))
    }

    /// Signs in by the API. The printed code works once: the console's page can't use it after this.
    pub async fn moderator(&mut self) -> Moderator {
        let url = self.sign_in_url().await;
        self.moderator_by(&url).await
    }

    /// Signs in by the API with an address that has a one-time code in it.
    pub async fn moderator_by(&self, sign_in_url: &str) -> Moderator {
        let code = sign_in_url.trim().rsplit_once('=').expect("it has a code").1.to_owned();
        let session = self.url("/api/v1/console/session");
        let answer = send(Method::POST, &session, &[], Some(&json!({ "code": code }))).await.unwrap().ok();
        let csrf = answer.json()["csrf"].as_str().expect("a session has a csrf token").to_owned();
        Moderator { api: self.url("/api/v1"), cookie: answer.cookies.join("; "), csrf }
    }

    /// `GET` of a path under `/api/v1`, as anyone may.
    pub async fn get(&self, path: &str) -> Answer {
        send(Method::GET, &self.url(&format!("/api/v1{path}")), &[], None).await.unwrap()
    }

    /// `POST` of a path under `/api/v1`, as a visitor's browser does.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(Method::POST, &self.url(&format!("/api/v1{path}")), &[], Some(body)).await.unwrap()
    }
}

/// The program itself, also for its commands.
pub fn program() -> PathBuf {
    std::env::var_os("PEER_SUPPORT_SERVER")
        .map_or_else(|| workspace("target/debug/peer-support-server"), PathBuf::from)
}

fn keep(stream: impl Read + Send + 'static, log: &Log) {
    let log = log.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            log.lock().unwrap().push(line);
        }
    });
}

/// Someone signed in to the console, by the API.
pub struct Moderator {
    api: String,
    cookie: String,
    csrf: String,
}

impl Moderator {
    /// Any request under `/api/v1`, which must succeed.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let headers = [("cookie", self.cookie.as_str()), ("csrf-token", self.csrf.as_str())];
        send(method, &format!("{}{path}", self.api), &headers, body).await.unwrap().ok()
    }

    /// What waits to be decided, oldest first.
    pub async fn queue(&self) -> Vec<Value> {
        let page = self.call(Method::GET, "/console/queue", None).await.json();
        page["items"].as_array().cloned().expect("a queue has items")
    }

    /// Says a private word to the item's author.
    pub async fn say(&self, id: &str, text: &str) {
        let path = format!("/console/items/{id}/words");
        self.call(Method::POST, &path, Some(&json!({ "text": text }))).await;
    }

    /// Pins these cards, and no others, above the posts of the site.
    pub async fn pin(&self, site: &str, cards: Value) {
        let path = format!("/console/sites/{site}/cards");
        self.call(Method::PUT, &path, Some(&json!({ "cards": cards }))).await;
    }

    /// Writes a post as the site's owner.
    pub async fn post_as_owner(&self, site: &str, new: &Value) {
        self.call(Method::POST, &format!("/console/sites/{site}/posts"), Some(new)).await;
    }

    /// Takes a published item back.
    pub async fn hide(&self, id: &str, reason: &str) {
        let path = format!("/console/items/{id}/decision");
        self.call(Method::POST, &path, Some(&json!({ "decision": "hide", "reason": reason }))).await;
    }

    /// Reads the item, so that nobody else decides about it.
    pub async fn claim(&self, id: &str) {
        self.call(Method::PUT, &format!("/console/items/{id}/claim"), Some(&json!({}))).await;
    }

    /// Sets a password, and begins to set an authenticator up; what it is to be given.
    pub async fn begin_account(&self, password: &str) -> String {
        let new = json!({ "password": password });
        self.call(Method::PUT, "/console/account/password", Some(&new)).await;
        let path = "/console/account/authenticator";
        let begun = self.call(Method::POST, path, Some(&json!({}))).await.json();
        begun["secret"].as_str().expect("it has a secret").to_owned()
    }

    /// Confirms the authenticator that was begun with a code of it.
    pub async fn confirm_authenticator(&self, code: &str) {
        let path = "/console/account/authenticator";
        self.call(Method::PUT, path, Some(&json!({ "code": code }))).await;
    }

    /// Refuses a held item.
    pub async fn decline(&self, id: &str, reason: &str) {
        let path = format!("/console/items/{id}/decision");
        self.call(Method::POST, &path, Some(&json!({ "decision": "decline", "reason": reason }))).await;
    }

    /// All items for which this holds, the last one first.
    pub async fn find(&self, find: &Value) -> Vec<Value> {
        let found = self.call(Method::POST, "/console/search?limit=100", Some(find)).await.json();
        found["items"].as_array().cloned().expect("it has items")
    }

    /// Lets everyone read the item.
    pub async fn approve(&self, id: &str) {
        let path = format!("/console/items/{id}/decision");
        self.call(Method::POST, &path, Some(&json!({ "decision": "approve" }))).await;
    }
}
