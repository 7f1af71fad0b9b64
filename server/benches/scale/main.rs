//! What reading, voting, searching and posting cost with a thousand posts and with a million, through the router and over
//! each store: `cargo xtask bench` runs it. It prints one JSON object.
//!
//! Both sizes are measured in turns, so that whatever else the machine does meanwhile slows both alike.

mod load;
mod moving;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/support/mod.rs"]
mod support;
mod texts;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use clap::{Parser, ValueEnum};
use futures_util::future::join_all;
use http_body_util::BodyExt;
use peer_support_domain::cursor::{Cursor, Order};
use peer_support_domain::id::{AuthorTag, ItemId, RecoveryHash, VoterId};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::{Kind, Role, State};
use peer_support_domain::ranking;
use peer_support_domain::roles::Reach;
use peer_support_domain::vote::{Reaction, VoteCounts};
use peer_support_server::clock::{Clock, Random};
use peer_support_server::config::{Config, Overrides};
use peer_support_server::http::{App, Assets, router};
use peer_support_server::secret::{ServerSecret, SignInCode};
use peer_support_server::store::{self, Address, FeedQuery, ImportedItem, NewImport, Store, Vote};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor};
use tower::ServiceExt;

use self::support::postgres::Cluster;
use self::texts::{COMMON_WORD, NO_WORD, NO_WORD_OF_COMMON_PARTS, Numbers, RARE_WORD, TWO_WORDS, text};

/// When the bench's clock stands: posts came in the year before.
const NOW: i64 = 1_800_000_000_000;
const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1_000;
const MINUTE_MS: i64 = 60_000;
const TOPICS: [&str; 5] = ["low-mood", "anxiety", "grief", "work", "school"];
/// Each so manieth post has replies, from 1 to as many.
const ANSWERED: u64 = 5;
/// Each so manieth post has votes, from 1 to six.
const VOTED: u64 = 50;
/// Items of one transaction while it is filled.
const BATCH_ITEMS: usize = 500;
/// Items that wait for a moderator, in the small and in the large store for the queue.
const QUEUED: [u64; 2] = [100, 100_000];
/// A request that takes longer than this for all samples is asked less often.
const LONG: Duration = Duration::from_secs(30);
/// What is left out of the measurement at first.
const N_WARM: usize = 50;

/// What is measured, and how often.
#[derive(Parser)]
struct Options {
    /// Posts of the small store.
    #[arg(long, default_value_t = 1_000)]
    small: u64,
    /// Posts of the store between, for what is asked over real connections.
    #[arg(long, default_value_t = 100_000)]
    middle: u64,
    /// Posts of the large store, and comments to move.
    #[arg(long, default_value_t = 1_000_000)]
    large: u64,
    /// Samples of each request at most, and at least a quarter as many of one that takes long.
    #[arg(long, default_value_t = 2_000)]
    samples: usize,
    /// Only requests whose name has this in it.
    #[arg(long)]
    request: Option<String>,
    /// Only over this store.
    #[arg(long)]
    store: Option<Kept>,
    /// Only this.
    #[arg(long)]
    only: Option<Part>,
    /// Keep the stores of SQLite there, and take those that are there.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Another PostgreSQL than one of the bench's own, as postgres://…/DATABASE…; its databases are kept, and taken.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    #[command(flatten)]
    programs: load::Programs,
    /// What cargo says.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Where posts are kept.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kept {
    Sqlite,
    Postgres,
}

impl Kept {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What requests take.
    Requests,
    /// What import and export take.
    Moving,
    /// What the program serves over real connections, over each store of each size.
    Load,
}

#[tokio::main]
async fn main() {
    let options = Options::parse();
    let own = tempfile::tempdir().unwrap();
    let folder = options.folder.as_deref().unwrap_or(own.path());
    let places = Places { folder, postgres: options.postgres.as_deref() };
    if options.only == Some(Part::Load) {
        return println!("{:#}", json!({ "load": load(&options, &places, own.path()).await }));
    }
    let (mut requests, mut moving) = (Vec::new(), Vec::new());
    for kept in [Kept::Sqlite, Kept::Postgres] {
        if options.store.is_some_and(|only| only != kept) {
            continue;
        }
        if options.only != Some(Part::Moving) {
            requests.push(measure(&options, &places, kept).await);
        }
        if options.only != Some(Part::Requests) {
            let address = places.address(kept, "moving").await;
            moving.push(moving::measure(kept.as_str(), &address, own.path(), options.large));
        }
    }
    println!(
        "{:#}",
        json!({ "small": options.small, "large": options.large, "requests": requests, "moving": moving })
    );
}

/// Has the program serve copies of stores, which are filled unless they are there.
async fn load(options: &Options, places: &Places<'_>, scratch: &Path) -> Value {
    let (mut stores, mut feed) = (Vec::new(), String::new());
    for kept in [Kept::Sqlite, Kept::Postgres] {
        if options.store.is_some_and(|only| only != kept) {
            continue;
        }
        for n_posts in [options.small, options.middle, options.large] {
            let name = format!("posts_{n_posts}");
            let address = places.address(kept, &name).await;
            filled(&address, n_posts, State::Published).await.close().await;
            // What is posted and voted for a moment must not stay in the store that others measure.
            let (served, disk_bytes) = places.copy(&address, &name, scratch).await;
            let measured;
            (measured, feed) = load::measure(&options.programs, &served, n_posts, disk_bytes, scratch);
            stores.push(measured);
        }
    }
    let beside = load::beside(&options.programs, &feed, scratch);
    json!({ "feed_bytes": feed.len(), "stores": stores, "beside": beside })
}

/// Where databases are made.
struct Places<'a> {
    folder: &'a Path,
    postgres: Option<&'a str>,
}

impl Places<'_> {
    async fn address(&self, kept: Kept, name: &str) -> Address {
        match (kept, self.postgres) {
            (Kept::Sqlite, _) => Address::Sqlite(self.folder.join(name).join("peer-support.sqlite3")),
            (Kept::Postgres, None) => {
                Cluster::shared().copy_database("template1", name).await;
                Address::Postgres(Cluster::shared().url(name))
            }
            (Kept::Postgres, Some(url)) => {
                let mut connection =
                    sqlx::PgConnection::connect(&url.replace("DATABASE", "postgres")).await.unwrap();
                // There already, when it is taken.
                let _ = connection.execute(AssertSqlSafe(format!("create database {name}"))).await;
                Address::Postgres(url.replace("DATABASE", name))
            }
        }
    }

    /// A copy of the store that [`address`](Self::address) gave for this name, and how many bytes it takes.
    async fn copy(&self, address: &Address, name: &str, scratch: &Path) -> (Address, u64) {
        match address {
            Address::Sqlite(file) => {
                let copy = scratch.join(name).join("peer-support.sqlite3");
                std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
                // Closed, it is one file.
                let n_bytes = std::fs::copy(file, &copy).unwrap();
                // What the import has left free is taken by what is posted next.
                let free = "select freelist_count * page_size from pragma_freelist_count, pragma_page_size";
                let db = rusqlite::Connection::open(&copy).unwrap();
                let n_free: i64 = db.query_row(free, [], |row| row.get(0)).unwrap();
                (Address::Sqlite(copy), n_bytes - n_free.cast_unsigned())
            }
            Address::Postgres(url) => {
                let served = format!("served_{name}");
                let mut connection =
                    sqlx::PgConnection::connect(&url.replace(name, "postgres")).await.unwrap();
                let create = format!("create database {served} template {name}");
                connection.execute(AssertSqlSafe(create)).await.unwrap();
                let size = sqlx::query_scalar::<_, i64>("select pg_database_size($1)").bind(&served);
                let n_bytes = size.fetch_one(&mut connection).await.unwrap();
                (Address::Postgres(url.replace(name, &served)), n_bytes.cast_unsigned())
            }
        }
    }
}

/// A server over a store with so many posts.
struct Subject {
    router: Router,
    n_posts: u64,
    /// Of a moderator's session.
    cookie: String,
}

impl Subject {
    async fn new(address: &Address, n_posts: u64, state: State, folder: &Path) -> Self {
        let store = filled(address, n_posts, state).await;
        let file = folder.join("bench.toml");
        let topics = TOPICS.map(|topic| format!("{topic:?}")).join(", ");
        let config = format!(
            "[limits]\nwork = \"never\"\n\n[[sites]]\nid = \"demo\"\nname = \"Demo\"\norigins = [\"loopback\"]\n\
             topics = [{topics}]\n"
        );
        std::fs::write(&file, config).unwrap();
        let config = Config::load(&Overrides { config: Some(file), ..Overrides::default() }).unwrap();
        let random = Random::system();
        let code = SignInCode::draw(&random);
        // There already, when the store is taken.
        let _ = store.add_moderator("bench".to_owned(), Role::Moderator, NOW).await.unwrap();
        assert!(store.add_sign_in_code("bench".to_owned(), code.hash(), NOW, NOW + 1).await.unwrap());
        let app = App::new(
            store,
            Clock::new(|| NOW),
            random,
            ServerSecret::from_bytes([7; 32]),
            Assets::default(),
            &config,
        );
        let router = router(app);
        let sign_in = sent(Method::POST, "/console/session", &json!({ "code": code.to_string() }));
        let signed_in = router.clone().oneshot(sign_in).await.unwrap();
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Self { router, n_posts, cookie }
    }

    /// One request and its whole answer, in microseconds.
    async fn send(&self, request: Request<Body>) -> f64 {
        let router = self.router.clone();
        let began = Instant::now();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let took = began.elapsed();
        assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        took.as_secs_f64() * 1e6
    }
}

/// The store at `address`, with so many posts of this state.
async fn filled(address: &Address, n_posts: u64, state: State) -> Arc<dyn Store> {
    let store = store::open(address).await.unwrap();
    let any = FeedQuery {
        site: "demo".parse().unwrap(),
        kind: None,
        topic: None,
        order: Order::New,
        after: None,
        limit: 1,
    };
    let is_empty = store.feed(any).await.unwrap().items.is_empty()
        && store.queue(Reach::Everywhere, None, 1).await.unwrap().items.is_empty();
    if is_empty {
        let began = Instant::now();
        fill(&*store, n_posts, state).await;
        settle(address).await;
        eprintln!("{n_posts} posts in {:?}: filled in {} s", address, began.elapsed().as_secs());
    }
    store
}

fn post_id(n: u64) -> ItemId {
    ItemId::from_bits((n << 3).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn reply_id(n: u64, reply: u64) -> ItemId {
    ItemId::from_bits((n << 3 | reply).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn posted_at(n: u64, n_posts: u64) -> i64 {
    let at = NOW - ((n_posts - n) * (YEAR_MS / n_posts)).cast_signed();
    at - at.rem_euclid(MINUTE_MS)
}

fn n_replies(n: u64) -> u64 {
    if n.is_multiple_of(ANSWERED) { 1 + n / ANSWERED % ANSWERED } else { 0 }
}

fn n_votes(n: u64) -> u64 {
    if n.is_multiple_of(VOTED) { 1 + n / VOTED % 6 } else { 0 }
}

fn bytes<const N: usize>(numbers: &mut Numbers) -> [u8; N] {
    std::array::from_fn(|_| numbers.next() as u8)
}

/// Posts of this state with replies and, when they are published, votes, the way an import brings them: one by one would take
/// hours.
async fn fill(store: &dyn Store, n_posts: u64, state: State) {
    let new = NewImport {
        site: "demo".parse().unwrap(),
        file_hash: [1; 32],
        key_hash: [2; 32],
        choices: String::new(),
        begun_at: NOW,
    };
    let import = store.begin_import(new).await.unwrap();
    let mut numbers = Numbers::from(n_posts);
    let (mut batch, mut n_items) = (Vec::new(), 0);
    for n in 0..n_posts {
        let has_rare_word = [n_posts / 4, n_posts / 2, n_posts / 4 * 3].contains(&n);
        let post = ImportedItem {
            id: post_id(n),
            post: None,
            topic: Some((Kind::ALL[n as usize % 3], TOPICS[n as usize / 3 % 5].parse().unwrap())),
            text: text(&mut numbers, has_rare_word.then_some(RARE_WORD)),
            lang: Some("en".parse().unwrap()),
            notes: ContentNotes::default(),
            author: Some(AuthorTag::from_bytes(bytes(&mut numbers))),
            recovery: RecoveryHash::from_bytes(bytes(&mut numbers)),
            created_at: posted_at(n, n_posts),
            state,
            is_example: false,
            is_owners: false,
        };
        for reply in 1..=n_replies(n) {
            batch.push(ImportedItem {
                id: reply_id(n, reply),
                post: Some(post.id),
                topic: None,
                text: text(&mut numbers, None),
                author: Some(AuthorTag::from_bytes(bytes(&mut numbers))),
                recovery: RecoveryHash::from_bytes(bytes(&mut numbers)),
                created_at: post.created_at + reply.cast_signed() * 10 * MINUTE_MS,
                ..post.clone()
            });
        }
        batch.push(post);
        if batch.len() >= BATCH_ITEMS || n + 1 == n_posts {
            n_items += batch.len() as u64;
            store.stage_import(import, std::mem::take(&mut batch)).await.unwrap();
        }
    }
    store.finish_import(import, n_items, NOW).await.unwrap();
    let n_voted = if state == State::Published { n_posts } else { 0 };
    let votes: Vec<Vote> = (0..n_voted)
        .flat_map(|n| (0..n_votes(n)).map(move |vote| (n, vote)))
        .map(|(n, vote)| Vote {
            item: post_id(n),
            reaction: Reaction::ALL[vote as usize % 3],
            voter: VoterId::from_bytes(bytes(&mut numbers)),
        })
        .collect();
    for votes in votes.chunks(64) {
        join_all(votes.iter().map(async |vote| store.vote(*vote).await.unwrap().unwrap())).await;
    }
    store.index().await.unwrap();
    // As the server does once an hour.
    store.purge(NOW, NOW - YEAR_MS.cast_signed()).await.unwrap();
}

/// What PostgreSQL does by itself, some minutes later: the clusters of tests do not.
async fn settle(address: &Address) {
    if let Address::Postgres(url) = address {
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        connection.execute("vacuum analyze").await.unwrap();
        connection.execute("checkpoint").await.unwrap();
    }
}

/// What is asked, and how.
type Operation = (&'static str, fn(&Subject, &mut Numbers) -> Vec<Request<Body>>);

const OPERATIONS: [Operation; 19] = [
    ("feed, new", |_, _| feed(Order::New, None, "")),
    ("feed, new, deep", |subject, numbers| feed(Order::New, Some(deep(subject, numbers)), "")),
    ("feed, new, one topic, deep", |subject, numbers| {
        feed(Order::New, Some(deep(subject, numbers)), "&topic=grief")
    }),
    ("feed, unanswered", |_, _| feed(Order::Unanswered, None, "")),
    ("feed, unanswered, deep", |subject, numbers| feed(Order::Unanswered, Some(deep(subject, numbers)), "")),
    ("feed, helpful", |_, _| feed(Order::Helpful, None, "")),
    ("feed, helpful, deep", |subject, numbers| {
        let Cursor { key, item } = deep(subject, numbers);
        let key = ranking::helpful_at_ms(key, VoteCounts::default());
        feed(Order::Helpful, Some(Cursor { key, item }), "")
    }),
    ("thread with replies", |subject, numbers| {
        // One with as many replies as any other.
        let post = post_id(numbers.below(subject.n_posts / 25) * 25 + 20);
        vec![get(&format!("/posts/{post}")), get(&format!("/posts/{post}/replies"))]
    }),
    ("search, a common word", |_, _| search(COMMON_WORD)),
    ("search, a rare word", |_, _| search(RARE_WORD)),
    ("search, two words", |_, _| search(TWO_WORDS)),
    ("search, no such word", |_, _| search(NO_WORD)),
    ("search, no such word, of common parts", |_, _| search(NO_WORD_OF_COMMON_PARTS)),
    ("moderators' search, a rare word", |subject, _| find(subject, &json!({ "words": RARE_WORD }))),
    ("moderators' search, hidden", |subject, _| find(subject, &json!({ "state": "hidden" }))),
    ("vote", |subject, numbers| {
        let post = post_id(numbers.below(subject.n_posts));
        let voter: VoterId = VoterId::from_bytes(bytes(numbers));
        vec![sent(Method::PUT, &format!("/items/{post}/votes/helped"), &json!({ "voter": voter }))]
    }),
    ("vote taken back", |subject, numbers| {
        let post = post_id(numbers.below(subject.n_posts));
        let voter: VoterId = VoterId::from_bytes(bytes(numbers));
        vec![sent(Method::DELETE, &format!("/items/{post}/votes/helped"), &json!({ "voter": voter }))]
    }),
    ("post", |_, numbers| {
        let new = json!({ "kind": "story", "text": text(numbers, None) });
        vec![with_key(sent(Method::POST, "/sites/demo/posts", &new), numbers)]
    }),
    ("reply", |subject, numbers| {
        let post = post_id(numbers.below(subject.n_posts));
        let new = json!({ "text": text(numbers, None) });
        vec![with_key(sent(Method::POST, &format!("/posts/{post}/replies"), &new), numbers)]
    }),
];

fn feed(order: Order, after: Option<Cursor>, more: &str) -> Vec<Request<Body>> {
    let after = after.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
    vec![get(&format!("/sites/demo/posts?order={order}{after}{more}"))]
}

/// A page that begins behind any post of the middle half that has no votes.
fn deep(subject: &Subject, numbers: &mut Numbers) -> Cursor {
    let n = subject.n_posts / 4 + numbers.below(subject.n_posts / 2);
    let n = if n.is_multiple_of(VOTED) { n + 1 } else { n };
    Cursor { key: posted_at(n, subject.n_posts), item: post_id(n) }
}

fn search(words: &str) -> Vec<Request<Body>> {
    vec![sent(Method::POST, "/sites/demo/search", &json!({ "words": words }))]
}

fn find(subject: &Subject, items: &Value) -> Vec<Request<Body>> {
    let mut request = sent(Method::POST, "/console/search", items);
    request.headers_mut().insert("cookie", subject.cookie.parse().unwrap());
    vec![request]
}

fn get(path: &str) -> Request<Body> {
    let request = Request::get(format!("/api/v1{path}")).header("host", "127.0.0.1:8787");
    request.body(Body::empty()).unwrap()
}

fn sent(method: Method, path: &str, body: &Value) -> Request<Body> {
    let request = Request::builder().method(method).uri(format!("/api/v1{path}"));
    let request = request.header("host", "127.0.0.1:8787").header("content-type", "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

fn with_key(mut request: Request<Body>, numbers: &mut Numbers) -> Request<Body> {
    let key = format!("{:016x}{:016x}", numbers.next(), numbers.next());
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

/// What a moderator asks, over the stores for it.
const OPERATIONS_ON_QUEUE: [Operation; 1] = [("queue, 100 and 100000 items", |subject, _| {
    let mut request = get("/console/queue");
    request.headers_mut().insert("cookie", subject.cookie.parse().unwrap());
    vec![request]
})];

async fn measure(options: &Options, places: &Places<'_>, kept: Kept) -> Value {
    let mut measured = Vec::new();
    for (sizes, state, name, operations) in [
        (QUEUED, State::Held, "queued", &OPERATIONS_ON_QUEUE[..]),
        ([options.small, options.large], State::Published, "posts", &OPERATIONS[..]),
    ] {
        let is_asked = |what: &str| options.request.as_ref().is_none_or(|asked| what.contains(asked));
        let asked: Vec<_> = operations.iter().filter(|(what, _)| is_asked(what)).collect();
        if asked.is_empty() {
            continue;
        }
        let mut subjects = Vec::new();
        for n_posts in sizes {
            let address = places.address(kept, &format!("{name}_{n_posts}")).await;
            subjects.push(Subject::new(&address, n_posts, state, places.folder).await);
        }
        for operation in asked {
            measured.push(compare(&subjects, operation, options.samples, kept).await);
        }
    }
    json!({ "store": kept.as_str(), "operations": measured })
}

/// What it takes over both, in turns.
async fn compare(subjects: &[Subject], (what, requests): &Operation, n_samples: usize, kept: Kept) -> Value {
    let mut numbers = Numbers::from(std::process::id().into());
    let mut took = [Vec::new(), Vec::new()];
    let began = Instant::now();
    for n in 0..N_WARM + n_samples {
        if n > N_WARM + n_samples / 4 && began.elapsed() > LONG {
            break;
        }
        for place in [n % 2, 1 - n % 2] {
            let mut sum = 0.0;
            for request in requests(&subjects[place], &mut numbers) {
                sum += subjects[place].send(request).await;
            }
            if n >= N_WARM {
                took[place].push(sum);
            }
        }
    }
    let n_samples = took[0].len();
    let [small, large] = took.map(|mut took| {
        took.sort_by(f64::total_cmp);
        let at = |share: f64| took[((took.len() as f64 * share) as usize).min(took.len() - 1)];
        json!({ "p50_us": at(0.5), "p99_us": at(0.99) })
    });
    eprintln!("{}: {what}: {small} and {large}", kept.as_str());
    json!({ "what": what, "samples": n_samples, "small": small, "large": large })
}
