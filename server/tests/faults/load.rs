//! People who write, vote, delete and decide all the time, and a book of what they were told was done.
//!
//! What was not acknowledged is sent again under the same key until it is, as the panel does. So at the end everything is
//! acknowledged, and must be there exactly once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::Method;
use peer_support_domain::recovery::RecoveryCode;
use peer_support_server::clock::Random;
use peer_support_server::secret::recovery_hash;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::program::{Answer, Caller, PATIENCE, Place, Program, Session, run, until};

/// Who write at the same time. A moderator comes besides.
const N_WRITERS: usize = 8;
/// Every so many-th post is deleted by its author as soon as it is acknowledged.
const DELETED: usize = 8;
/// Every so many-th one is approved by a moderator.
const APPROVED: usize = 5;
/// How long to wait after a refusal or a lost connection.
const BEFORE_NEXT_TRY: Duration = Duration::from_millis(20);
/// What a server that cannot do it now may say.
const UNDERSTOOD: [&str; 2] = ["unavailable", "timed-out"];
const REACTIONS: [&str; 3] = ["heard", "helped", "me-too"];

/// The load, which goes on until it is ended.
pub struct Load {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

struct Shared {
    caller: Caller,
    /// Where to send things.
    address: Mutex<String>,
    /// Readable posts, to vote on.
    targets: Vec<String>,
    session: Option<Session>,
    is_over: AtomicBool,
    n_acknowledged: AtomicUsize,
    book: Mutex<Book>,
    to_approve: Mutex<Vec<String>>,
    /// What a proxy in front may answer by itself.
    of_proxy: &'static [u16],
    /// Where the moments of the acknowledgements are read from: any number that only grows.
    mark: Box<dyn Fn() -> u64 + Send + Sync>,
}

/// What was begun, and what was acknowledged and when.
#[derive(Clone, Default)]
pub struct Book {
    /// By their texts, which are all different.
    begun_posts: BTreeSet<String>,
    posts: Vec<Post>,
    begun_votes: BTreeMap<(String, &'static str), u64>,
    votes: Vec<(u64, (String, &'static str))>,
    begun_deletions: BTreeSet<String>,
    deletions: Vec<(u64, String)>,
    approvals: Vec<(u64, String)>,
    /// How often each problem, or none at all, was the answer.
    pub refusals: BTreeMap<String, usize>,
    /// Answers that no caller could make sense of.
    strange: Vec<String>,
}

#[derive(Clone)]
struct Post {
    mark: u64,
    id: String,
    text: String,
    code: String,
}

impl Load {
    /// Begins on a demo's site.
    pub async fn begin(address: &str, session: Option<Session>) -> Self {
        Self::begin_marked(address, session, &[], Box::new(|| 0)).await
    }

    /// Starts a demo and begins on its site, with a moderator.
    pub async fn on_demo(place: &Place) -> (Program, Self) {
        let mut server = place.serve().await;
        let session = server.moderator(&Caller::new()).await;
        let load = Self::begin(&server.address, Some(session)).await;
        (server, load)
    }

    /// As [`begin`](Self::begin), through a proxy that has answers of its own.
    pub async fn begin_behind_proxy(
        address: &str,
        session: Option<Session>,
        of_proxy: &'static [u16],
    ) -> Self {
        Self::begin_marked(address, session, of_proxy, Box::new(|| 0)).await
    }

    /// As [`begin`](Self::begin); each acknowledgement is noted with what `mark` shows when it came.
    pub async fn begin_marked(
        address: &str,
        session: Option<Session>,
        of_proxy: &'static [u16],
        mark: Box<dyn Fn() -> u64 + Send + Sync>,
    ) -> Self {
        let caller = Caller::new();
        let feed = caller.get(address, "/api/v1/sites/demo/posts?limit=100").await.unwrap().json();
        let examples =
            feed["items"].as_array().unwrap().iter().filter(|item| item["is_example"] == json!(true));
        let targets: Vec<String> = examples.map(|item| item["id"].as_str().unwrap().to_owned()).collect();
        assert!(!targets.is_empty(), "the demo has examples");
        let shared = Arc::new(Shared {
            caller,
            address: Mutex::new(address.to_owned()),
            targets,
            session,
            is_over: AtomicBool::new(false),
            n_acknowledged: AtomicUsize::new(0),
            book: Mutex::default(),
            to_approve: Mutex::default(),
            of_proxy,
            mark,
        });
        let mut tasks = JoinSet::new();
        for writer in 0..N_WRITERS {
            tasks.spawn(write(shared.clone(), writer));
        }
        if shared.session.is_some() {
            tasks.spawn(decide(shared.clone()));
        }
        Self { shared, tasks }
    }

    /// Starts the server again, to which all go from now on.
    pub async fn serve_again(&self, place: &Place) -> Program {
        let server = place.serve().await;
        *self.shared.address.lock().unwrap() = server.address.clone();
        server
    }

    /// Waits until this many more things were acknowledged.
    pub async fn acknowledges(&self, n: usize) {
        let goal = self.shared.n_acknowledged.load(Ordering::SeqCst) + n;
        until(
            &format!("{n} more acknowledgements; so far refused: {:?}", self.book().refusals),
            async || self.shared.n_acknowledged.load(Ordering::SeqCst) >= goal,
        )
        .await;
    }

    /// Waits until this many more tries were refused by the server, or found none.
    pub async fn is_refused(&self, n: usize) {
        let n_refused = || self.shared.book.lock().unwrap().refusals.values().sum::<usize>();
        let goal = n_refused() + n;
        until(&format!("{n} more refusals"), async || n_refused() >= goal).await;
    }

    /// How long after `began` the next acknowledgement came.
    pub async fn recovered(&self, began: Instant) -> Duration {
        self.acknowledges(1).await;
        began.elapsed()
    }

    /// What the book says now.
    pub fn book(&self) -> Book {
        self.shared.book.lock().unwrap().clone()
    }

    /// Ends at once, in the middle of everything.
    pub async fn abandon(mut self) -> Book {
        self.tasks.shutdown().await;
        self.book()
    }

    /// Begins nothing more, and ends when all that was begun is acknowledged.
    pub async fn finish(mut self) -> Book {
        self.shared.is_over.store(true, Ordering::SeqCst);
        let ending = async {
            while let Some(ended) = self.tasks.join_next().await {
                ended.unwrap();
            }
        };
        let ended = tokio::time::timeout(PATIENCE, ending).await;
        let book = self.book();
        assert!(ended.is_ok(), "waited for everything to be acknowledged; refused: {:?}", book.refusals);
        assert_eq!(book.posts.len(), book.begun_posts.len());
        book
    }

    /// Checks what `place` holds against the book, while the load goes on.
    pub fn check(&self, place: &Place) {
        let before = self.book();
        let held = Held::of(place);
        let after = self.book();
        before.check_against(&after, &held, u64::MAX);
    }
}

impl Shared {
    /// Sends a request until it is acknowledged; the answer, and whether an earlier try may have been done.
    async fn insist(
        &self,
        method: &Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
        is_done: impl Fn(&Answer, bool) -> bool,
    ) -> Answer {
        let mut is_again = false;
        loop {
            let address = self.address.lock().unwrap().clone();
            let called = self.caller.call(&address, method.clone(), path, headers, body).await;
            match called {
                Ok(answer) if is_done(&answer, is_again) => {
                    self.n_acknowledged.fetch_add(1, Ordering::SeqCst);
                    return answer;
                }
                Ok(answer) => {
                    let problem = answer.problem();
                    let is_of_proxy = self.of_proxy.contains(&answer.status.as_u16());
                    let is_understood = problem.as_deref().is_some_and(|code| UNDERSTOOD.contains(&code));
                    let mut book = self.book.lock().unwrap();
                    if !(is_understood || problem.is_none() && is_of_proxy) {
                        book.strange.push(format!("{method} {path}: {answer}"));
                    }
                    let what = problem.unwrap_or_else(|| format!("{} without a problem", answer.status));
                    *book.refusals.entry(what).or_default() += 1;
                }
                Err(why) => *self.book.lock().unwrap().refusals.entry(why).or_default() += 1,
            }
            is_again = true;
            tokio::time::sleep(BEFORE_NEXT_TRY).await;
        }
    }
}

async fn write(shared: Arc<Shared>, writer: usize) {
    let random = Random::system();
    for n in 0.. {
        if shared.is_over.load(Ordering::SeqCst) {
            return;
        }
        let code = RecoveryCode::from_random(random.bytes());
        // No two alike, and nothing that would be taken for the same text.
        let nonce: [u8; 16] = random.bytes();
        let nonce: String = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = format!("Load {nonce}: number {n} of writer {writer}, who goes on writing.");
        shared.book.lock().unwrap().begun_posts.insert(text.clone());
        let new = json!({ "kind": "story", "text": text, "recovery": recovery_hash(&code).to_string() });
        // So many in a minute are a flood, and what devices do about that is another test's matter.
        let headers = [("idempotency-key", nonce.as_str()), ("proof-of-work", "none")];
        let path = "/api/v1/sites/demo/posts";
        let is_done = |answer: &Answer, _| answer.status.is_success();
        let receipt = shared.insist(&Method::POST, path, &headers, Some(&new), is_done).await.json();
        let id = receipt["id"].as_str().unwrap().to_owned();
        let code = code.to_string();
        let post = Post { mark: (shared.mark)(), id: id.clone(), text, code: code.clone() };
        shared.book.lock().unwrap().posts.push(post);

        let voter = json!({ "voter": nonce });
        let reaction = REACTIONS[n % REACTIONS.len()];
        let target = (shared.targets[(writer + n) % shared.targets.len()].clone(), reaction);
        *shared.book.lock().unwrap().begun_votes.entry(target.clone()).or_default() += 1;
        let path = format!("/api/v1/items/{}/votes/{reaction}", target.0);
        shared.insist(&Method::PUT, &path, &[], Some(&voter), is_done).await;
        shared.book.lock().unwrap().votes.push(((shared.mark)(), target));

        if n % DELETED == 0 {
            shared.book.lock().unwrap().begun_deletions.insert(id.clone());
            let header = [("recovery-code", code.as_str())];
            shared.insist(&Method::DELETE, "/api/v1/mine", &header, None, is_done).await;
            shared.book.lock().unwrap().deletions.push(((shared.mark)(), id));
        } else if n % APPROVED == 0 {
            shared.to_approve.lock().unwrap().push(id);
        }
    }
}

async fn decide(shared: Arc<Shared>) {
    let session = shared.session.clone().expect("only a moderator decides");
    loop {
        let next = shared.to_approve.lock().unwrap().pop();
        let Some(id) = next else {
            if shared.is_over.load(Ordering::SeqCst) {
                return;
            }
            tokio::time::sleep(BEFORE_NEXT_TRY).await;
            continue;
        };
        let path = format!("/api/v1/console/items/{id}/decision");
        let decision = json!({ "decision": "approve" });
        let is_done = |answer: &Answer, is_again: bool| {
            // An earlier try was done, though nobody heard of it.
            let is_before = is_again && answer.problem().as_deref() == Some("decision-outdated");
            answer.status.is_success() || is_before
        };
        shared.insist(&Method::POST, &path, &session.headers(), Some(&decision), is_done).await;
        shared.book.lock().unwrap().approvals.push(((shared.mark)(), id));
    }
}

/// What a place holds, as its export tells.
pub struct Held(BTreeMap<String, Value>);

impl Held {
    /// Whether there is an item of this id.
    pub fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    pub fn of(place: &Place) -> Self {
        let exported = run(place.command(&["export", "--site", "demo", "--all", "-"]));
        let items = exported.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut held = BTreeMap::new();
        for item in items {
            let id = item["id"].as_str().unwrap().to_owned();
            assert!(held.insert(id.clone(), item).is_none(), "{id} stands twice in the export");
        }
        Self(held)
    }
}

impl Book {
    /// Checks that `place` holds what the book says, no more and no less, and that its log of acts is whole.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub fn check(&self, place: &Place) {
        self.check_until(place, u64::MAX);
    }

    /// As [`check`](Self::check), of what was acknowledged up to this mark.
    pub fn check_until(&self, place: &Place, mark: u64) {
        let verified = run(place.command(&["audit", "verify"]));
        assert!(verified.contains("none missing or changed"), "{verified}");
        self.check_against(self, &Held::of(place), mark);
    }

    /// Prints how much was acknowledged and refused.
    pub fn tell(&self) {
        let (posts, votes) = (self.posts.len(), self.votes.len());
        println!("acknowledged: {posts} posts and {votes} votes; refused: {:?}", self.refusals);
    }

    /// The ids of what was acknowledged after `mark` and not deleted.
    pub fn posts_after(&self, mark: u64) -> Vec<&str> {
        self.posts.iter().filter(|post| post.mark > mark).map(|post| post.id.as_str()).collect()
    }

    /// A recovery code of a post that was acknowledged and that nobody deleted, with its text.
    pub fn a_code(&self) -> (String, String) {
        let post =
            self.posts.iter().rfind(|post| !self.begun_deletions.contains(&post.id)).expect("a post stays");
        (post.code.clone(), post.text.clone())
    }

    /// Checks `held` against what was acknowledged by `self` up to `mark`, and begun by `after`.
    fn check_against(&self, after: &Self, held: &Held, mark: u64) {
        assert_eq!(after.strange, [""; 0], "answers that nobody could make sense of");
        let past = |at: u64| at <= mark;
        let deleted: BTreeSet<&str> =
            self.deletions.iter().filter(|(at, _)| past(*at)).map(|(_, id)| id.as_str()).collect();
        for post in self.posts.iter().filter(|post| past(post.mark)) {
            match held.0.get(&post.id) {
                Some(item) => {
                    assert!(!deleted.contains(post.id.as_str()), "{} was deleted and is back", post.id);
                    assert_eq!(item["text"], json!(post.text));
                }
                None => assert!(
                    after.begun_deletions.contains(&post.id),
                    "{} was acknowledged and is lost: {}",
                    post.id,
                    post.text
                ),
            }
        }
        let approved: BTreeSet<&str> =
            self.approvals.iter().filter(|(at, _)| past(*at)).map(|(_, id)| id.as_str()).collect();
        for id in approved {
            assert_eq!(held.0[id]["state"], "published", "{id} was approved");
        }

        let mut seen = BTreeSet::new();
        for item in held.0.values() {
            let text = item["text"].as_str().unwrap();
            if text.starts_with("Load ") {
                assert!(after.begun_posts.contains(text), "nobody wrote {text:?}");
                assert!(seen.insert(text), "{text:?} is there twice");
            }
        }

        let mut acknowledged = BTreeMap::<_, u64>::new();
        for (_, target) in self.votes.iter().filter(|(at, _)| past(*at)) {
            *acknowledged.entry(target).or_default() += 1;
        }
        for (target, begun) in &after.begun_votes {
            let counted = held.0[&target.0]["votes"][target.1.replace('-', "_")].as_u64().unwrap();
            let acknowledged = acknowledged.get(target).copied().unwrap_or_default();
            assert!(
                (acknowledged..=*begun).contains(&counted),
                "{target:?}: {counted} votes counted, {acknowledged} acknowledged of {begun}"
            );
        }
    }
}

/// Has SQLite look through its whole file.
pub fn check_file(place: &Place) {
    let file =
        rusqlite::Connection::open_with_flags(place.database(), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
            .unwrap();
    let whole: String = file.query_row("pragma integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
    let mut dangling = file.prepare("pragma foreign_key_check").unwrap();
    assert!(!dangling.exists([]).unwrap(), "a row refers to nothing");
}
