//! Requests, as the router reads them, over a real database in the memory: addresses, queries, headers, cookies, bodies.
//!
//! A request is written as HTTP writes it. `{post}`, `{reply}`, `{held}` and `{code}` stand for ids and a recovery code that
//! are there; a line `As: admin` signs in.

use std::cell::RefCell;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Uri};
use http_body_util::BodyExt;
use peer_support_domain::post::Role;
use peer_support_server::clock::{Clock, Random};
use peer_support_server::config::{Config, Overrides};
use peer_support_server::http::{App, Assets, router};
use peer_support_server::secret::{ServerSecret, SignInCode};
use peer_support_server::store::{self, Address};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Requests to one database: later ones meet what earlier ones left, and a failure can be shown again in a short while.
const REQUESTS: u32 = 2_000;
/// A word in the seeds that people wrote: no problem may repeat it.
const PRIVATE: &str = "qxprivateqx";

const CONFIG: &str = r#"
    [limits]
    posts_a_minute = 10000
    posts_an_hour = 10000
    replies_a_minute = 10000
    replies_an_hour = 10000
    work = "never"

    [[sites]]
    id = "demo"
    name = "Rowan House"
    origins = ["loopback"]
    topics = ["low-mood", "anxiety", { id = "exams", label = "Exams" }]
"#;

thread_local! {
    static SERVER: RefCell<Option<Server>> = const { RefCell::new(None) };
}

pub fn run(bytes: &[u8]) {
    SERVER.with_borrow_mut(|server| {
        if server.as_ref().is_none_or(|server| server.n_left == 0) {
            // The old one first: its folder is in the memory.
            drop(server.take());
            *server = Some(Server::new());
        }
        server.as_mut().expect("it was just made").run(bytes);
    });
}

struct Server {
    runtime: Runtime,
    router: Router,
    clock: Arc<AtomicI64>,
    n_left: u32,
    /// What may stand in a request for what is there.
    known: Vec<(&'static str, String)>,
    cookie: String,
    csrf: String,
    _folder: TempDir,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn json(&self) -> Value {
        let json = serde_json::from_slice(&self.body);
        json.unwrap_or_else(|_| {
            panic!("{} with no JSON: {}", self.status, String::from_utf8_lossy(&self.body))
        })
    }
}

impl Server {
    fn new() -> Self {
        let folder = crate::imports::folder();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let file = folder.path().join("peer-support.toml");
        fs::write(&file, CONFIG).expect("the folder takes files");
        let config =
            Config::load(&Overrides { config: Some(file), ..Overrides::default() }).expect("it is right");
        let clock = Arc::new(AtomicI64::new(1_800_000_000_000));
        let hands = clock.clone();
        let address = Address::Sqlite(folder.path().join("fuzz.sqlite3"));
        let store = runtime.block_on(store::open(&address)).expect("a database");
        let app = App::new(
            store.clone(),
            Clock::new(move || hands.load(Ordering::Relaxed)),
            Random::system(),
            ServerSecret::from_bytes([7; 32]),
            Assets::default(),
            &config,
        );
        let mut server = Self {
            runtime,
            router: router(app),
            clock,
            n_left: REQUESTS,
            known: Vec::new(),
            cookie: String::new(),
            csrf: String::new(),
            _folder: folder,
        };
        let code = SignInCode::draw(&Random::system());
        let now = server.clock.load(Ordering::Relaxed);
        server.runtime.block_on(async {
            let added = store.add_moderator("Ada".to_owned(), Role::Admin, now).await;
            added.expect("the store works").expect("nobody has that name");
            let is_kept = store.add_sign_in_code("Ada".to_owned(), code.hash(), now, now + 60_000).await;
            assert!(is_kept.expect("the store works"));
        });
        let session = server.call("/console/session", &json!({ "code": code.to_string() }));
        let cookie = session.header("set-cookie").split(';').next().expect("a cookie");
        server.cookie = cookie.to_owned();
        server.csrf = session.json()["csrf"].as_str().expect("a token").to_owned();

        let text = "My first week back at school was hard. Walking in with a friend helped.";
        let story = json!({ "kind": "story", "text": text });
        let post = server.made("post", "/sites/demo/posts", &story);
        server.known.push(("{code}", post["recovery_code"].as_str().expect("a code").to_owned()));
        let approve = json!({ "decision": "approve" });
        server.call(&format!("/console/items/{}/decision", server.known[0].1), &approve);
        server.made(
            "reply",
            &format!("/posts/{}/replies", server.known[0].1),
            &json!({ "text": "Same here." }),
        );
        server.call(&format!("/console/items/{}/decision", server.known[2].1), &approve);
        server.made("held", "/sites/demo/posts", &story);
        server
    }

    fn made(&mut self, name: &str, path: &str, body: &Value) -> Value {
        let receipt = self.call(path, body).json();
        let id = receipt["id"].as_str().expect("an id").to_owned();
        let name = match name {
            "post" => "{post}",
            "reply" => "{reply}",
            _ => "{held}",
        };
        self.known.push((name, id));
        receipt
    }

    fn call(&mut self, path: &str, body: &Value) -> Answer {
        let request = Request::post(format!("/api/v1{path}"))
            .header("host", "127.0.0.1:8787")
            .header("content-type", "application/json")
            .header("cookie", &self.cookie)
            .header("csrf-token", &self.csrf)
            .body(Body::from(body.to_string()))
            .expect("a request");
        let answer = self.send(request);
        assert!(answer.status < 300, "{}", String::from_utf8_lossy(&answer.body));
        answer
    }

    fn send(&mut self, request: Request<Body>) -> Answer {
        self.clock.fetch_add(1_000, Ordering::Relaxed);
        self.runtime.block_on(async {
            let Ok(response) = self.router.clone().oneshot(request).await;
            let (parts, body) = response.into_parts();
            let mut answer =
                Answer { status: parts.status.as_u16(), headers: parts.headers, body: Vec::new() };
            // A stream has no end.
            if answer.header("content-type") != "text/event-stream" {
                answer.body = body.collect().await.expect("the body comes whole").to_bytes().to_vec();
            }
            answer
        })
    }

    fn run(&mut self, bytes: &[u8]) {
        let Some((request, is_admin)) = self.request(bytes) else { return };
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        self.n_left -= 1;
        let answer = self.send(request);
        let what = format!("{method} {path}: {}", answer.status);

        assert!(answer.status < 500, "{what}: {}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
        assert!(
            answer.header("content-security-policy").contains("default-src 'none'")
                || path == "/"
                || !path.starts_with("/api"),
            "{what}"
        );
        if answer.status >= 400 {
            assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
            if method == Method::HEAD {
                return;
            }
            let problem = answer.json();
            assert_eq!(problem["status"], answer.status, "{what}");
            let code = problem["code"].as_str().unwrap_or_default();
            assert_eq!(problem["type"], format!("/problems/{code}"), "{what}");
            assert!(answer.body.len() < 4_096, "{what}: a long problem");
            // What was decided before is told with its reason, which a moderator sent earlier.
            let mut told = problem.clone();
            told.as_object_mut().expect("a problem is an object").remove("decided");
            assert!(!told.to_string().contains(PRIVATE), "{what}: what was sent is repeated: {problem}");
            // What is no JSON breaks off anywhere, also behind a field that has no name.
            let is_json = problem["detail"] != "is not valid JSON";
            if is_json
                && matches!(code, "field-invalid" | "text-invalid" | "parameter-invalid" | "header-invalid")
            {
                assert!(
                    problem["field"].as_str().is_some_and(|field| !field.is_empty()),
                    "{what}: {problem}"
                );
            }
        } else {
            if answer.header("content-type") == "application/json" && method != Method::HEAD {
                answer.json();
            }
            let is_console = path.starts_with("/api/v1/console/") && path != "/api/v1/console/session";
            assert!(is_admin || !is_console || answer.status >= 300, "{what}: without a session");
        }
    }

    /// The request that is written in `bytes`, and whether somebody signed in makes it; `None` where nothing of the kind could
    /// come over a connection.
    fn request(&self, bytes: &[u8]) -> Option<(Request<Body>, bool)> {
        let end = bytes.windows(2).position(|two| two == b"\n\n").unwrap_or(bytes.len());
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let body = bytes.get(end + 2..).unwrap_or_default();
        let filled = |text: &str| {
            self.known.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
        };
        let mut lines = head.split('\n');
        let (method, path) = lines.next()?.split_once(' ')?;
        let uri: Uri = filled(path).parse().ok()?;
        if !uri.path().starts_with('/') {
            return None;
        }
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).ok()?).uri(uri);
        let mut is_admin = false;
        for line in lines {
            let (name, value) = line.split_once(": ")?;
            if name == "As" {
                is_admin = true;
                request = request.header("cookie", &self.cookie).header("csrf-token", &self.csrf);
            } else {
                request = request.header(name, filled(value));
            }
        }
        if !head.contains("\nhost: ") {
            request = request.header("host", "127.0.0.1:8787");
        }
        if !body.is_empty() && !head.to_ascii_lowercase().contains("\ncontent-type: ") {
            request = request.header("content-type", "application/json");
        }
        let body = match std::str::from_utf8(body) {
            Ok(text) => Body::from(filled(text)),
            Err(_) => Body::from(body.to_vec()),
        };
        Some((request.body(body).ok()?, is_admin))
    }
}
