//! Several servers on one PostgreSQL, with nginx in front and a second machine standing by behind: any of them may go.

use std::fs;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::Request;
use futures_util::StreamExt;
use http_body_util::{BodyDataStream, BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use sqlx::Executor;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::load::Load;
use crate::program::{Caller, PATIENCE, Place, Program, until};
use crate::rounds::{Chance, pause, report, rounds};
use crate::support::postgres::Cluster;

/// What nginx says itself when a server behind it is gone or silent.
const OF_PROXY: &[u16] = &[502, 504];

/// A port below those that the system gives to connections: whoever knocks at a dead one must not meet themselves.
pub fn fixed_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = 20_000 + (std::process::id() % 9_000) as u16;
    loop {
        let port = begin + NEXT.fetch_add(1, Ordering::SeqCst);
        if StdListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// What happens on the way.
#[derive(Clone, Copy)]
enum Way {
    Open,
    /// Each piece comes so much later.
    Slow(Duration),
    /// Nothing comes through, and nobody is told.
    Silent,
}

/// A network between two machines.
struct Network {
    address: SocketAddr,
    way: Arc<Mutex<Way>>,
    _carrying: JoinSet<()>,
}

impl Network {
    async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let way = Arc::new(Mutex::new(Way::Open));
        let mut carrying = JoinSet::new();
        let of_all = way.clone();
        carrying.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let way = of_all.clone();
                connections.spawn(async move {
                    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                    let _ = near.set_nodelay(true);
                    let _ = far.set_nodelay(true);
                    let (near_in, near_out) = near.into_split();
                    let (far_in, far_out) = far.into_split();
                    tokio::select! {
                        () = carry(near_in, far_out, &way) => {}
                        () = carry(far_in, near_out, &way) => {}
                    }
                });
            }
        });
        Self { address, way, _carrying: carrying }
    }

    fn becomes(&self, way: Way) {
        *self.way.lock().unwrap() = way;
    }
}

async fn carry(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, way: &Mutex<Way>) {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let Ok(n @ 1..) = from.read(&mut piece).await else { return };
        loop {
            let now = *way.lock().unwrap();
            match now {
                Way::Open => break,
                Way::Slow(by) => {
                    tokio::time::sleep(by).await;
                    break;
                }
                Way::Silent => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
        if to.write_all(&piece[..n]).await.is_err() {
            return;
        }
    }
}

/// nginx, as its example says, in front of several servers.
struct Nginx {
    child: Child,
    address: String,
    _folder: TempDir,
}

impl Nginx {
    async fn before(servers: &[u16]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let folder = TempDir::new().unwrap();
        let (port, other) = (fixed_port(), fixed_port());
        let servers: Vec<String> = servers.iter().map(|port| format!("server 127.0.0.1:{port};")).collect();
        let example = fs::read_to_string(root.join("packaging/proxies/nginx.conf"))
            .unwrap()
            .replace("listen 443 ssl", &format!("listen 127.0.0.1:{port}"))
            .replace("listen 80", &format!("listen 127.0.0.1:{other}"))
            .replace("server 127.0.0.1:8787;", &servers.join(" "))
            .replace("/var/log/nginx", folder.path().to_str().unwrap());
        let example: Vec<&str> =
            example.lines().filter(|line| !line.trim_start().starts_with("ssl_")).collect();
        let mut whole = format!(
            "pid {0}/pid;\ndaemon off;\nmaster_process off;\nerror_log {0}/error.log;\nevents {{}}\nhttp {{\n",
            folder.path().display()
        );
        for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            whole += &format!("{kind}_temp_path {}/{kind};\n", folder.path().display());
        }
        let file = folder.path().join("nginx.conf");
        fs::write(&file, format!("{whole}{}\n}}\n", example.join("\n"))).unwrap();
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let program = target.join("tools/proxies/usr/sbin/nginx");
        assert!(program.is_file(), "nginx is not there; run cargo xtask setup packaging");
        let mut command = Command::new(program);
        command.arg("-p").arg(folder.path()).arg("-c").arg(&file).args(["-e", "stderr"]);
        let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let address = format!("127.0.0.1:{port}");
        until("nginx to listen", async || TcpStream::connect(&address).await.is_ok()).await;
        Self { child, address, _folder: folder }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two machines with the database `support`, and the ports they listen on: one that takes writes, and one that stands by and has
/// all that is acknowledged on its disk.
pub async fn two_machines() -> [(Cluster, u16); 2] {
    let (first, second) = (fixed_port(), fixed_port());
    let settings = |port: u16| [format!("port={port}"), "listen_addresses=127.0.0.1".to_owned()];
    let started = |port: u16, of: Option<u16>| {
        let settings = settings(port);
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        match of {
            None => Cluster::start_with(&settings),
            Some(other) => Cluster::standby_of(other, &settings),
        }
    };
    let primary = started(first, None);
    let standby = started(second, Some(first));

    // What is acknowledged is on both disks from now on.
    let url = format!("postgres://postgres@127.0.0.1:{first}/postgres");
    let mut owner = <sqlx::PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
    owner.execute("alter system set synchronous_standby_names = '*'").await.unwrap();
    owner.execute("select pg_reload_conf()").await.unwrap();
    let sync = "select count(*) from pg_stat_replication where sync_state = 'sync'";
    until("the standby to follow", async || {
        sqlx::query_scalar::<_, i64>(sync).fetch_one(&mut owner).await.unwrap() == 1
    })
    .await;
    owner.execute("create database support").await.unwrap();
    [(primary, first), (standby, second)]
}

/// Two servers behind nginx, and two machines for the database, of which the second stands by.
struct Campaign {
    nginx: Nginx,
    places: [Place; 2],
    servers: [Program; 2],
    primary: Cluster,
    standby: Cluster,
    to_primary: Network,
    _to_standby: Network,
    _folder: TempDir,
}

impl Campaign {
    async fn start() -> Self {
        let [(primary, first), (standby, second)] = two_machines().await;
        let (to_primary, to_standby) = (Network::to(first).await, Network::to(second).await);

        let folder = TempDir::new().unwrap();
        let url = format!("postgres://postgres@{},{}/support", to_primary.address, to_standby.address);
        let ports = [fixed_port(), fixed_port()];
        let places = ["a", "b"].map(|name| Place::on_postgres(&folder.path().join(name), &url));
        let mut places = places.into_iter().zip(ports).map(|(mut place, port)| {
            place.serve_environment.push(("PEER_SUPPORT_ADDR".to_owned(), format!("127.0.0.1:{port}")));
            place
        });
        let places = [places.next().unwrap(), places.next().unwrap()];
        // At the same time, on an empty database.
        let (a, b) = tokio::join!(serve(&places[0]), serve(&places[1]));
        let nginx = Nginx::before(&ports).await;
        Self {
            nginx,
            places,
            servers: [a, b],
            primary,
            standby,
            to_primary,
            _to_standby: to_standby,
            _folder: folder,
        }
    }

    async fn load(&mut self) -> Load {
        let session = self.servers[0].moderator(&Caller::new()).await;
        Load::begin_behind_proxy(&self.nginx.address, Some(session), OF_PROXY).await
    }
}

/// `serve` at the place's own address.
async fn serve(place: &Place) -> Program {
    Program::start(place.serve_command_at_its_address()).await
}

/// Reads along at this server.
pub async fn along(server: &Program) -> BodyDataStream<Incoming> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let url = format!("http://{}/api/v1/sites/demo/live", server.address);
    let stream = client.request(Request::get(url).body(Full::default()).unwrap()).await.unwrap();
    assert!(stream.status().is_success(), "{}", stream.status());
    stream.into_body().into_data_stream()
}

/// Waits until who reads along is told of something; false when the stream ended before.
pub async fn is_told(stream: &mut BodyDataStream<Incoming>) -> bool {
    let mut told = String::new();
    while let Some(piece) = stream.next().await {
        told += &String::from_utf8_lossy(&piece.unwrap());
        if told.contains("data:") {
            return true;
        }
    }
    false
}

/// Waits until a reader at this server hears of something that was published.
async fn hears(server: &Program) {
    // A server that lost its database for a moment ends its streams, and browsers begin them anew.
    let hearing = async { while !is_told(&mut along(server).await).await {} };
    tokio::time::timeout(PATIENCE, hearing).await.expect("waited to hear of what is published");
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_and_machines_of_the_database_may_go_and_nothing_acknowledged_is_lost() {
    for round in 0..rounds() {
        let mut chance = Chance::new(round);
        let mut campaign = Campaign::start().await;
        let load = campaign.load().await;
        load.acknowledges(30 + chance.below(50) as usize).await;

        let one = chance.below(2) as usize;
        campaign.servers[one].kill();
        report("replica killed", "until a post is acknowledged", load.recovered(Instant::now()).await);
        load.acknowledges(20).await;
        campaign.servers[one] = serve(&campaign.places[one]).await;
        load.acknowledges(20).await;
        load.check(&campaign.places[0]);

        campaign.servers[one].signal("STOP");
        let began = Instant::now();
        report("replica stands still", "until a post is acknowledged", load.recovered(began).await);
        tokio::time::sleep(pause()).await;
        campaign.servers[one].signal("CONT");
        load.acknowledges(20).await;

        campaign.to_primary.becomes(Way::Slow(Duration::from_millis(20)));
        load.acknowledges(20).await;
        campaign.to_primary.becomes(Way::Silent);
        tokio::time::sleep(pause()).await;
        campaign.to_primary.becomes(Way::Open);
        report(
            "network was silent",
            "until a post is acknowledged after it",
            load.recovered(Instant::now()).await,
        );

        campaign.primary.stand_still();
        tokio::time::sleep(pause()).await;
        campaign.primary.go_on();
        report(
            "database stood still",
            "until a post is acknowledged after it",
            load.recovered(Instant::now()).await,
        );
        load.check(&campaign.places[1]);
        load.acknowledges(20 + chance.below(30) as usize).await;

        campaign.primary.crash();
        let began = Instant::now();
        campaign.standby.promote();
        report("database failed over", "until the standby takes writes", began.elapsed());
        report("database failed over", "until a post is acknowledged", load.recovered(began).await);
        for server in &campaign.servers {
            hears(server).await;
        }
        report("database failed over", "until readers at both replicas hear of new posts", began.elapsed());
        load.check(&campaign.places[0]);

        let book = load.finish().await;
        book.check(&campaign.places[1]);
        book.tell();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_of_the_database_that_vanishes_without_a_word_is_left_for_the_other() {
    for round in 0..rounds() {
        let mut chance = Chance::new(round);
        let mut campaign = Campaign::start().await;
        let load = campaign.load().await;
        load.acknowledges(30 + chance.below(50) as usize).await;

        campaign.to_primary.becomes(Way::Silent);
        let began = Instant::now();
        campaign.standby.promote();

        report("database vanished", "until a post is acknowledged", load.recovered(began).await);
        load.acknowledges(50).await;
        for server in &campaign.servers {
            hears(server).await;
        }
        report("database vanished", "until readers at both replicas hear of new posts", began.elapsed());
        let book = load.finish().await;
        // Nobody may ask the one that was left: whoever comes back into reach must not be written to any more.
        campaign.primary.crash();
        book.check(&campaign.places[0]);
        book.tell();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_is_blocked_ends_and_is_answered_as_a_problem() {
    let cluster = Cluster::start();
    let folder = TempDir::new().unwrap();
    let url = format!("{}&options[statement_timeout]=2s", cluster.url("postgres"));
    let place = Place::on_postgres(folder.path(), &url);
    let server = place.serve().await;
    let caller = Caller::new();
    let feed = async || caller.get(&server.address, "/api/v1/sites/demo/posts?limit=5").await.unwrap();
    assert!(feed().await.status.is_success());
    let mut owner = cluster.connect("postgres").await;
    owner.execute("begin; lock table items in access exclusive mode").await.unwrap();

    let began = Instant::now();
    let answer = feed().await;
    report("query blocked", "until it is answered as a problem", began.elapsed());

    assert_eq!(answer.problem().as_deref(), Some("unavailable"), "{answer}");
    let still = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'";
    until("the query to end", async || {
        sqlx::query_scalar::<_, i64>(still).fetch_one(&mut owner).await.unwrap() == 0
    })
    .await;
    owner.execute("rollback").await.unwrap();
    assert!(feed().await.status.is_success());
}
