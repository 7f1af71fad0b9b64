//! Who calls: visitors, authors, moderators; and the servers they call.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use peer_support_domain::post::Role;
use peer_support_server::clock::{Clock, Random};
use peer_support_server::config::{Config, Overrides};
use peer_support_server::http::{App, Assets, router};
use peer_support_server::outbox::Outbox;
use peer_support_server::secret::{ServerSecret, SignInCode};
use peer_support_server::store::{self, Address, NewRole, Store};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tower::ServiceExt;

use crate::support::postgres::Cluster;

pub const STORY: &str = "My first week back at school was hard. Walking in with a friend helped.";
pub const REPLY: &str = "Same here. The second week was easier.";
/// When the tests' clock begins.
pub const NOW: i64 = 1_800_000_000_000;

/// No time, but what a broken clock shows.
const BROKEN: i64 = i64::MIN;

/// Two sites, each with an origin of its own, and the demo.
const CONFIG: &str = r#"
    [[sites]]
    id = "demo"
    name = "Rowan House"
    origins = ["loopback"]
    topics = ["low-mood", "anxiety", { id = "exams", label = "Exams" }]
    decision_target_hours = 2

    [[sites]]
    id = "other"
    name = "Other House"
    origins = ["https://other.example", "https://*.other.example"]
    topics = ["general"]
"#;

/// A server under test, over a database of its own.
pub struct Server {
    router: Router,
    pub store: Arc<dyn Store>,
    pub outbox: Arc<Outbox>,
    app: App,
    clock: Arc<AtomicI64>,
}

/// Runs `test` on a server over each database.
pub async fn each_server(test: impl AsyncFn(&Server)) {
    let folder = TempDir::new().unwrap();
    let sqlite = Address::Sqlite(folder.path().join("test.sqlite3"));
    for address in [sqlite, Address::Postgres(empty_database().await)] {
        // Shown with the failure of a test, and not otherwise.
        eprintln!("on {address:?}");
        let store = store::open(&address).await.unwrap();
        test(&Server::over(store.clone(), "", Path::new("/nowhere"), folder.path())).await;
        store.close().await;
    }
}

/// Runs `test` on a server over each database whose demo site is in `mode`, beside one where the site is open.
pub async fn each_server_with(mode: &str, test: impl AsyncFn(&Server, &Server)) {
    let folder = TempDir::new().unwrap();
    let sqlite = Address::Sqlite(folder.path().join("test.sqlite3"));
    for address in [sqlite, Address::Postgres(empty_database().await)] {
        eprintln!("on {address:?}");
        let store = store::open(&address).await.unwrap();
        let open = Server::over(store.clone(), "", Path::new("/nowhere"), folder.path());
        let config = CONFIG.replacen("id = \"demo\"", &format!("id = \"demo\"\nmode = \"{mode}\""), 1);
        let in_mode = Server::of(store.clone(), &config, Path::new("/nowhere"), folder.path());
        test(&in_mode, &open).await;
        store.close().await;
    }
}

/// Runs `test` on a server over each database, with these lines at the top of its configuration, whose demo site notifies its
/// team on these channels.
pub async fn each_server_notifying(channels: &str, top: &str, test: impl AsyncFnMut(&Server)) {
    let top = format!("public_url = \"https://support.rowan.example\"\n{top}");
    each_server_of(&top, &format!("[sites.notify]\n{channels}"), test).await;
}

/// Runs `test` on a server over each database whose demo site has these tables too, and a topic for people who died.
pub async fn each_server_as(tables: &str, test: impl AsyncFnMut(&Server)) {
    let tables = tables.replace("[sites.coverage]", "[sites.coverage]\nstaffed_target_hours = 1");
    each_server_of("", &tables, test).await;
}

async fn each_server_of(top: &str, tables: &str, mut test: impl AsyncFnMut(&Server)) {
    let folder = TempDir::new().unwrap();
    let sqlite = Address::Sqlite(folder.path().join("test.sqlite3"));
    let memorial = "label = \"Exams\" }, { id = \"in-memory\", label = \"In memory\", is_memorial = true }";
    let site = format!("decision_target_hours = 2\n{tables}\n");
    let config =
        CONFIG.replacen("decision_target_hours = 2", &site, 1).replacen("label = \"Exams\" }", memorial, 1);
    for address in [sqlite, Address::Postgres(empty_database().await)] {
        eprintln!("on {address:?}");
        let store = store::open(&address).await.unwrap();
        test(&Server::of(store.clone(), &format!("{top}\n{config}"), Path::new("/nowhere"), folder.path()))
            .await;
        store.close().await;
    }
}

/// Runs `test` on one server, for what has nothing to do with the database: with more lines at the top of the
/// configuration, and the files of `assets`.
pub async fn a_server_with(top: &str, assets: &Path, test: impl AsyncFn(&Server)) {
    let folder = TempDir::new().unwrap();
    let store = store::open(&Address::Sqlite(folder.path().join("test.sqlite3"))).await.unwrap();
    test(&Server::over(store, top, assets, folder.path())).await;
}

/// As [`a_server_with`], with these files.
pub async fn a_server_of(assets: Assets, test: impl AsyncFn(&Server)) {
    let folder = TempDir::new().unwrap();
    let store = store::open(&Address::Sqlite(folder.path().join("test.sqlite3"))).await.unwrap();
    test(&Server::with(store, CONFIG, assets, folder.path())).await;
}

/// As [`a_server_with`], with nothing more.
pub async fn a_server(test: impl AsyncFn(&Server)) {
    a_server_with("", Path::new("/nowhere"), test).await;
}

/// The URL of a PostgreSQL database whose tables are there and empty: a copy, because making them takes longer.
pub async fn empty_database() -> String {
    const TEMPLATE: &str = "api_template";
    static TEMPLATE_MADE: OnceCell<()> = OnceCell::const_new();
    let cluster = Cluster::shared();
    TEMPLATE_MADE
        .get_or_init(async || {
            cluster.copy_database("template1", TEMPLATE).await;
            store::open(&Address::Postgres(cluster.url(TEMPLATE))).await.unwrap().close().await;
        })
        .await;
    cluster.new_database(TEMPLATE).await
}

impl Server {
    fn over(store: Arc<dyn Store>, top: &str, assets: &Path, folder: &Path) -> Self {
        Self::of(store, &format!("{top}\n{CONFIG}"), assets, folder)
    }

    fn of(store: Arc<dyn Store>, config: &str, assets: &Path, folder: &Path) -> Self {
        let assets = if assets.exists() { Assets::load(assets).unwrap() } else { Assets::default() };
        Self::with(store, config, assets, folder)
    }

    fn with(store: Arc<dyn Store>, config: &str, assets: Assets, folder: &Path) -> Self {
        Self::with_clock(store, config, assets, folder, NOW)
    }

    fn with_clock(store: Arc<dyn Store>, config: &str, assets: Assets, folder: &Path, now: i64) -> Self {
        let file = folder.join("server.toml");
        std::fs::write(&file, config).unwrap();
        let config = Config::load(&Overrides { config: Some(file), ..Overrides::default() }).unwrap();
        let clock = Arc::new(AtomicI64::new(now));
        let hands = clock.clone();
        let app = App::new(
            store.clone(),
            Clock::new(move || match hands.load(Ordering::SeqCst) {
                BROKEN => panic!("my private words"),
                now => now,
            }),
            Random::system(),
            ServerSecret::from_bytes([7; 32]),
            assets,
            &config,
        );
        Self { outbox: app.outbox(), router: router(app.clone()), app, store, clock }
    }

    /// One on this database, which others may use at the same time, started so many milliseconds after the tests' clock begins.
    pub async fn on(database: &Address, top: &str, started_ms: i64) -> Self {
        let folder = TempDir::new().unwrap();
        let store = store::open(database).await.unwrap();
        let config = format!("{top}\n{CONFIG}");
        Self::with_clock(store, &config, Assets::default(), folder.path(), NOW + started_ms)
    }

    /// Shares with other servers of its database, as long as there may be any.
    pub async fn share(&self) {
        self.app.clone().share().await;
    }

    /// Moves the clock on.
    pub fn wait_ms(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// From now on, whatever asks for the time panics with somebody's words.
    pub fn break_clock(&self) {
        self.clock.store(BROKEN, Ordering::SeqCst);
    }

    /// Sends any request and reads the whole answer.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// `GET` of an answer that goes on.
    pub async fn open(&self, path: &str, headers: &[(&str, &str)]) -> Stream {
        let mut request = Request::get(path).header("host", "127.0.0.1:8787");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.open_with(request.body(Body::empty()).unwrap()).await
    }

    /// Any request whose answer goes on.
    pub async fn open_with(&self, request: Request<Body>) -> Stream {
        Stream::of(self.router.clone().oneshot(request).await.unwrap())
    }

    /// A request with a body, if any, in JSON.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let path = if path.starts_with("/healthz") || path.starts_with("/readyz") {
            path.to_owned()
        } else {
            format!("/api/v1{path}")
        };
        let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8787");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    /// `GET` of any path, with these headers.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A visitor reads.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], None).await
    }

    /// A visitor sends.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    /// A visitor posts a story on the demo site; its id and recovery code.
    pub async fn story(&self, text: &str) -> (String, String) {
        let receipt =
            self.post("/sites/demo/posts", &json!({ "kind": "story", "text": text })).await.ok().json();
        (text_of(&receipt["id"]), text_of(&receipt["recovery_code"]))
    }

    /// A visitor replies to `post`; the reply's id and recovery code.
    pub async fn reply(&self, post: &str, text: &str) -> (String, String) {
        let receipt =
            self.post(&format!("/posts/{post}/replies"), &json!({ "text": text })).await.ok().json();
        (text_of(&receipt["id"]), text_of(&receipt["recovery_code"]))
    }

    /// A visitor posts a story on the other site, from its own page; its id and recovery code.
    pub async fn story_elsewhere(&self, text: &str) -> (String, String) {
        let origin = [("origin", "https://other.example")];
        let body = json!({ "kind": "story", "text": text });
        let receipt = self.call(Method::POST, "/sites/other/posts", &origin, Some(&body)).await.ok().json();
        (text_of(&receipt["id"]), text_of(&receipt["recovery_code"]))
    }

    /// A story that a moderator approved; its id and recovery code.
    pub async fn published_story(&self, text: &str) -> (String, String) {
        let (id, code) = self.story(text).await;
        self.decide(&id, &json!({ "decision": "approve" })).await;
        (id, code)
    }

    /// A reply that a moderator approved; its id and recovery code.
    pub async fn published_reply(&self, post: &str, text: &str) -> (String, String) {
        let (id, code) = self.reply(post, text).await;
        self.decide(&id, &json!({ "decision": "approve" })).await;
        (id, code)
    }

    /// A moderator, new to the server, decides.
    pub async fn decide(&self, item: &str, decision: &Value) {
        let moderator = self.moderator(Role::Moderator).await;
        moderator.decide(item, decision).await.ok();
    }

    /// What the holder of `code` sees.
    pub async fn mine(&self, code: &str) -> Answer {
        self.call(Method::GET, "/mine", &[("recovery-code", code)], None).await
    }

    /// A sign-in code of a new account.
    pub async fn sign_in_code(&self, role: Role) -> SignInCode {
        let code = SignInCode::draw(&Random::system());
        let name = format!("moderator {code}");
        let now = self.clock.load(Ordering::SeqCst);
        self.store.add_moderator(name.clone(), role, now).await.unwrap().unwrap();
        assert!(self.store.add_sign_in_code(name, code.hash(), now, now + 60_000).await.unwrap());
        code
    }

    /// The server's time.
    pub fn now(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    /// Somebody who signed in to the console.
    pub async fn moderator(&self, role: Role) -> Moderator<'_> {
        let code = self.sign_in_code(role).await.to_string();
        self.signed_in(&self.post("/console/session", &json!({ "code": code })).await.ok())
    }

    /// Somebody of this name who signed in to the console, and has these roles on these sites and no other.
    pub async fn member(&self, name: &str, roles: &[(&str, Role)]) -> Moderator<'_> {
        let now = self.now();
        self.store.add_account(name.to_owned(), None, now).await.unwrap().unwrap();
        for (site, role) in roles {
            let site = Some(site.parse().unwrap());
            let new = NewRole { name: name.to_owned(), site, role: Some(*role), by: None, at: now };
            self.store.set_role(new).await.unwrap();
        }
        let code = SignInCode::draw(&Random::system());
        assert!(self.store.add_sign_in_code(name.to_owned(), code.hash(), now, now + 60_000).await.unwrap());
        self.signed_in(&self.post("/console/session", &json!({ "code": code.to_string() })).await.ok())
    }

    /// Whoever this answer signed in.
    pub fn signed_in(&self, answer: &Answer) -> Moderator<'_> {
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        Moderator { server: self, cookie, csrf: text_of(&answer.json()["csrf"]) }
    }
}

/// Somebody who signed in to the console.
pub struct Moderator<'a> {
    server: &'a Server,
    pub cookie: String,
    pub csrf: String,
}

impl Moderator<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.server.call(Method::GET, path, &[("cookie", &self.cookie)], None).await
    }

    pub async fn write(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let headers = [("cookie", self.cookie.as_str()), ("csrf-token", self.csrf.as_str())];
        self.server.call(method, path, &headers, body).await
    }

    pub async fn decide(&self, item: &str, decision: &Value) -> Answer {
        self.write(Method::POST, &format!("/console/items/{item}/decision"), Some(decision)).await
    }
}

/// An answer that goes on.
pub struct Stream {
    pub status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

impl Stream {
    pub fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, body }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What comes next, once it comes; `None` at the end.
    pub async fn next(&mut self) -> Option<String> {
        let frame = tokio::time::timeout(Duration::from_secs(60), self.body.frame()).await;
        let frame = frame.expect("waited for the stream to go on")?;
        Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
    }
}

/// What the server said.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// This answer, when it is a success.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text());
        self
    }

    /// Status, code and field of the problem document, when it is one.
    #[track_caller]
    pub fn problem(&self) -> (u16, String, String) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}: {}",
            self.status,
            self.text()
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["type"], format!("/problems/{}", problem["code"].as_str().unwrap()));
        (self.status.as_u16(), text_of(&problem["code"]), problem["field"].as_str().unwrap_or("").to_owned())
    }

    /// The texts of the items on this page.
    #[track_caller]
    pub fn texts(&self) -> Vec<String> {
        let page = self.json();
        page["items"].as_array().expect("a page").iter().map(|item| text_of(&item["text"])).collect()
    }
}

#[track_caller]
pub fn text_of(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// A problem as [`Answer::problem`] tells it.
pub fn problem(status: u16, code: &str, field: &str) -> (u16, String, String) {
    (status, code.to_owned(), field.to_owned())
}
