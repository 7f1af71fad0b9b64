//! What the program serves over real connections: requests a second and how long they wait, by how many ask at once. `wrk` asks, one
//! thread of it, on the same machine; beside ours stand nginx with a file of a feed's bytes and, where it is given, Isso.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use peer_support_domain::id::VoterId;
use peer_support_server::store::Address;
use serde_json::{Value, json};

use super::texts::{COMMON_WORD, Numbers, RARE_WORD, text};
use super::{TOPICS, bytes, n_replies, post_id};

/// How many ask at once.
const CONNECTIONS: [u32; 3] = [1, 32, 256];
/// How long each is asked.
const SECONDS: u32 = 3;
/// Requests that wrk has in turn, where each is another.
const N_REQUESTS: u64 = 50_000;
/// Of the texts, to know how long they are.
const N_TEXTS: u64 = 2_000;

/// Programs of others.
#[derive(Clone, Debug, clap::Args)]
pub struct Programs {
    /// The program wrk.
    #[arg(long, value_name = "FILE", default_value = "wrk")]
    wrk: PathBuf,
    /// nginx, to compare with.
    #[arg(long, value_name = "FILE")]
    nginx: Option<PathBuf>,
    /// Isso, to compare with.
    #[arg(long, value_name = "FILE")]
    isso: Option<PathBuf>,
}

/// A program that is killed when it goes out of scope.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// wrk takes these in turn: method, path, headers as `NAME: VALUE|…`, body, divided by tabs. In a body `@` is a number that
/// comes once. At its end it prints what it found.
const SCRIPT: &str = r#"
local requests, at, count, seed = {}, 0, 0, os.time() % 100000
function init(args)
    for line in io.lines(args[1]) do
        local method, path, headers, body = line:match("^(.-)\t(.-)\t(.-)\t(.*)$")
        local all = {}
        for name, value in headers:gmatch("([^|]-): ([^|]*)") do all[name] = value end
        requests[#requests + 1] = { method, path, all, body }
    end
end
function request()
    at = at % #requests + 1
    count = count + 1
    local method, path, headers, body = unpack(requests[at])
    if body == "" then return wrk.format(method, path, headers) end
    local once = string.format("%05d%09d", seed, count)
    if headers["idempotency-key"] then
        local own = {}
        for name, value in pairs(headers) do own[name] = value end
        own["idempotency-key"] = "00000000000000000000" .. once
        headers = own
    end
    return wrk.format(method, path, headers, (body:gsub("@", once)))
end
function done(summary, latency)
    local e = summary.errors
    io.write(string.format('\nJSON {"a_second":%.1f,"p50_us":%d,"p99_us":%d,"p999_us":%d,"failed":%d,"requests":%d}\n',
        summary.requests / summary.duration * 1e6, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
        e.connect + e.read + e.write + e.status + e.timeout, summary.requests))
end
"#;

/// One request of wrk's.
fn line(method: &str, path: &str, headers: &str, body: &str) -> String {
    format!("{method}\t{path}\t{headers}\t{body}\n")
}

/// All that is measured over one store, which is written to, and the feed that it answered with.
pub fn measure(
    programs: &Programs,
    address: &Address,
    n_posts: u64,
    disk_bytes: u64,
    scratch: &Path,
) -> (Value, String) {
    let config = scratch.join("load.toml");
    let settings = format!(
        "[limits]\nwork = \"never\"\n\n[[sites]]\nid = \"demo\"\nname = \"Demo\"\norigins = [\"loopback\"]\ntopics = {TOPICS:?}\n"
    );
    fs::write(&config, settings).unwrap();
    let added = program(address, scratch, &config, &["moderator", "add", "load"]).output().unwrap();
    let added = String::from_utf8_lossy(&added.stdout);
    let (_, code) = added.split_once("#code=").expect("a first sign-in is printed");
    let mut starts = [(); 3].map(|()| Server::start(address, scratch, &config).started_ms);
    starts.sort_by(f64::total_cmp);

    let server = Server::start(address, scratch, &config);
    let wrk = Wrk { programs, scratch };
    let mut numbers = Numbers::from(n_posts);
    let texts = texts(&mut numbers);
    let json = "content-type: application/json";
    let thread = |n: u64| post_id(n % (n_posts / 25) * 25 + 20);
    let some = |one: &mut dyn FnMut(u64) -> String| (0..N_REQUESTS).map(one).collect::<String>();
    let search =
        |words: &str| line("POST", "/api/v1/sites/demo/search", json, &json!({ "words": words }).to_string());
    let signed_in = server.sign_in(code.trim());
    let posted = format!("{json}|idempotency-key: once");
    let feed = server.get("/api/v1/sites/demo/posts?order=new&limit=25");
    let operations = [
        ("feed", line("GET", "/api/v1/sites/demo/posts?order=new&limit=25", "", "")),
        (
            "replies of a thread",
            some(&mut |n| line("GET", &format!("/api/v1/posts/{}/replies", thread(n)), "", "")),
        ),
        ("search, a common word", search(COMMON_WORD)),
        ("search, a rare word", search(RARE_WORD)),
        ("queue", line("GET", "/api/v1/console/queue", &format!("cookie: {signed_in}"), "")),
        (
            "vote",
            some(&mut |n| {
                let voter = VoterId::from_bytes(bytes(&mut numbers));
                let path = format!("/api/v1/items/{}/votes/helped", post_id(n * 7919 % n_posts));
                line("PUT", &path, json, &json!({ "voter": voter }).to_string())
            }),
        ),
        (
            "post",
            texts
                .iter()
                .map(|text| {
                    let new = json!({ "kind": "story", "text": format!("{text} @") });
                    line("POST", "/api/v1/sites/demo/posts", &posted, &new.to_string())
                })
                .collect(),
        ),
    ];
    let operations: Vec<Value> = operations
        .iter()
        .map(|(what, requests)| wrk.asks(what, server.port, requests, Some(&server)))
        .collect();
    let n_items = n_posts + (0..n_posts).map(n_replies).sum::<u64>();
    let measured = json!({
        "store": match address {
            Address::Sqlite(_) => "sqlite",
            Address::Postgres(_) => "postgres",
        },
        "posts": n_posts,
        "operations": operations,
        "start_ms": starts[1],
        "most_kib": server.kib("VmHWM:"),
        "disk_bytes_an_item": disk_bytes as f64 / n_items as f64,
        "text_bytes_an_item": texts.iter().map(String::len).sum::<usize>() as f64 / texts.len() as f64,
    });
    (measured, feed)
}

fn texts(numbers: &mut Numbers) -> Vec<String> {
    (0..N_TEXTS).map(|_| text(numbers, None)).collect()
}

/// The same of nginx and Isso, as far as they are given. nginx answers with `feed` from a file.
pub fn beside(programs: &Programs, feed: &str, scratch: &Path) -> Vec<Value> {
    let wrk = Wrk { programs, scratch };
    let mut measured = Vec::new();
    if let Some(nginx) = &programs.nginx {
        let (port, _running) = start_nginx(nginx, scratch, feed);
        let requests = line("GET", "/feed.json", "", "");
        measured.push(wrk.asks("nginx: a file of the feed's bytes", port, &requests, None));
    }
    if let Some(isso) = &programs.isso {
        let json = "content-type: application/json";
        let texts = texts(&mut Numbers::from(1));
        let (port, _running) = start_isso(isso, scratch);
        let new = |text: &str| json!({ "text": text, "title": "a" }).to_string();
        for text in &texts[..25] {
            ask(port, "POST", "/new?uri=/a", json, &new(text));
        }
        measured.push(wrk.asks("Isso: feed", port, &line("GET", "/?uri=/a&limit=25", "", ""), None));
        let post = |text: &String| line("POST", "/new?uri=/b", json, &new(&format!("{text} @")));
        measured.push(wrk.asks("Isso: post", port, &texts.iter().map(post).collect::<String>(), None));
    }
    measured
}

struct Wrk<'a> {
    programs: &'a Programs,
    scratch: &'a Path,
}

impl Wrk<'_> {
    /// Asks for `requests` in turn, with ever more connections.
    fn asks(&self, what: &str, port: u16, requests: &str, server: Option<&Server>) -> Value {
        let (script, list) = (self.scratch.join("ask.lua"), self.scratch.join("requests"));
        fs::write(&script, SCRIPT).unwrap();
        fs::write(&list, requests).unwrap();
        let each = CONNECTIONS.map(|connections| {
            let cpu = server.map_or(0, Server::cpu_ticks);
            let mut wrk = Command::new(&self.programs.wrk);
            wrk.args([
                "-t1",
                &format!("-c{connections}"),
                &format!("-d{SECONDS}s"),
                "--timeout",
                "30s",
                "-s",
            ]);
            wrk.arg(&script).arg(format!("http://127.0.0.1:{port}")).arg("--").arg(&list);
            let output = wrk.output().expect("wrk is there: `cargo xtask bench` installs it");
            let said = String::from_utf8_lossy(&output.stdout);
            let found = said.lines().find_map(|line| line.strip_prefix("JSON "));
            let found = found
                .unwrap_or_else(|| panic!("wrk said: {said}{}", String::from_utf8_lossy(&output.stderr)));
            let mut found: Value = serde_json::from_str(found).unwrap();
            found["connections"] = json!(connections);
            if let Some(server) = server {
                // A tick is 10 ms on every Linux that this runs on.
                found["cpu_share"] = json!((server.cpu_ticks() - cpu) as f64 / 100.0 / f64::from(SECONDS));
                found["kib"] = json!(server.kib("VmRSS:"));
            }
            eprintln!("{what}: {found}");
            found
        });
        json!({ "what": what, "by_connections": each })
    }
}

/// Our program over a store.
struct Server {
    running: Running,
    port: u16,
    /// From its start to the first answer of the feed.
    started_ms: f64,
}

/// Our program over a store, with these arguments.
fn program(address: &Address, data: &Path, config: &Path, arguments: &[&str]) -> Command {
    let database = match address {
        Address::Sqlite(file) => format!("sqlite:{}", file.display()),
        Address::Postgres(url) => url.clone(),
    };
    let mut program = Command::new(env!("CARGO_BIN_EXE_peer-support-server"));
    program.args(arguments).arg("--data").arg(data).arg("--config").arg(config);
    program.env("PEER_SUPPORT_DATABASE", database).env("PEER_SUPPORT_SECRET", "5e".repeat(32));
    program
}

impl Server {
    fn start(address: &Address, data: &Path, config: &Path) -> Server {
        let began = Instant::now();
        let mut program = program(address, data, config, &["serve", "--addr", "127.0.0.1:0"]);
        let mut child =
            program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let port = loop {
            let mut line = String::new();
            assert!(out.read_line(&mut line).unwrap() > 0, "the server ended");
            if let Some((_, port)) = line.split_once("listening on http://127.0.0.1:") {
                break port.trim().parse().unwrap();
            }
        };
        std::thread::spawn(move || out.read_to_end(&mut Vec::new()));
        let mut server = Server { running: Running(child), port, started_ms: 0.0 };
        server.get("/api/v1/sites/demo/posts?order=new&limit=25");
        server.started_ms = began.elapsed().as_secs_f64() * 1000.0;
        server
    }

    fn get(&self, path: &str) -> String {
        ask(self.port, "GET", path, "", "").1
    }

    /// The cookie of a moderator who signs in by this code.
    fn sign_in(&self, code: &str) -> String {
        let body = json!({ "code": code }).to_string();
        let (head, _) =
            ask(self.port, "POST", "/api/v1/console/session", "content-type: application/json", &body);
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
        cookie.split(';').next().unwrap_or_default().to_owned()
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.running.0.id())).unwrap_or_default()
    }

    fn kib(&self, field: &str) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or_default()
    }

    fn cpu_ticks(&self) -> u64 {
        let stat = self.proc("stat");
        let fields = stat.rsplit(')').next().unwrap_or_default();
        fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
    }
}

/// One request and its answer: head and body.
fn ask(port: u16, method: &str, path: &str, header: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n{header}content-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    assert!(head.starts_with("HTTP/1.1 20"), "{method} {path}: {head}");
    (head.replace("\r\n", "\n"), body.to_owned())
}

/// A port nobody listens on at the moment.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn until_answered(port: u16) {
    let end = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < end, "nothing answers on port {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn quietly(command: &mut Command) -> Running {
    Running(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

fn start_nginx(program: &Path, scratch: &Path, body: &str) -> (u16, Running) {
    let (folder, port) = (scratch.join("nginx"), free_port());
    fs::create_dir_all(folder.join("www")).unwrap();
    fs::write(folder.join("www/feed.json"), body).unwrap();
    let at = folder.display();
    let settings = format!(
        "daemon off; worker_processes auto; pid {at}/pid; error_log {at}/error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=100;\n\
         client_body_temp_path {at}/a; proxy_temp_path {at}/b; fastcgi_temp_path {at}/c; uwsgi_temp_path {at}/d; scgi_temp_path {at}/e;\n\
         server {{ listen 127.0.0.1:{port}; root {at}/www; default_type application/json; }} }}\n\
         user root;\n"
    );
    fs::write(folder.join("nginx.conf"), settings).unwrap();
    let running = quietly(Command::new(program).arg("-c").arg(folder.join("nginx.conf")));
    until_answered(port);
    (port, running)
}

fn start_isso(program: &Path, scratch: &Path) -> (u16, Running) {
    let port = free_port();
    let (file, data) = (scratch.join("isso.cfg"), scratch.join("isso.db"));
    let settings = format!(
        "[general]\ndbpath = {}\nhost = http://127.0.0.1:1\n[server]\nlisten = http://127.0.0.1:{port}\n[guard]\nenabled = false\n",
        data.display()
    );
    fs::write(&file, settings).unwrap();
    let running = quietly(Command::new(program).arg("-c").arg(&file).arg("run"));
    until_answered(port);
    (port, running)
}
