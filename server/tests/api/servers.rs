//! Several servers on one PostgreSQL: to a sender they are one.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use peer_support_server::store::{Address, SERVERS_MESSAGE_BYTES};
use serde_json::{Value, json};
use sqlx::postgres::{PgListener, PgPool};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::client::{Answer, STORY, Server, empty_database, problem, text_of};
use crate::limits::{POSTS, from, is_limited, story, work};
use crate::program::{Program, config, path_text};

/// How long anything here may take before the test gives up and says for what it waited.
const PATIENCE: Duration = Duration::from_secs(60);
const HERE: &str = "198.51.100.7";
const ELSEWHERE: &str = "203.0.113.9";
/// The first byte of what servers say.
const ASKS: u8 = 1;
const ANSWERS: u8 = 2;
const TELLS: u8 = 3;
/// Where it stands who says something, by which key it is asked, and which question is answered.
const NAME: Range<usize> = 1..17;
const QUESTION: Range<usize> = 41..73;
const ANSWERED: Range<usize> = 17..49;
/// Of what was counted: the first byte, who says it, the mark of the salt, the number of the message.
const HEAD: usize = 1 + 16 + 16 + 8;

/// A server that shares with the others of its database.
struct Replica {
    server: Arc<Server>,
    sharing: JoinHandle<()>,
}

impl Replica {
    /// `place` says who started first: its salt is the one that stays.
    async fn start(url: &str, top: &str, place: i64) -> Self {
        let server = Arc::new(Server::on(&Address::Postgres(url.to_owned()), top, place).await);
        let shared = server.clone();
        let sharing = tokio::spawn(async move { shared.share().await });
        Self { server, sharing }
    }

    /// Ends as a server does that is taken out.
    async fn stop(self) {
        self.sharing.abort();
        self.server.store.close().await;
    }
}

/// What passes through the database between servers.
struct Wire {
    listener: PgListener,
    /// Who asked for the salt, and by which key.
    questions: HashMap<Vec<u8>, Vec<u8>>,
    /// Who was given it.
    given: HashSet<Vec<u8>>,
}

impl Wire {
    async fn on(url: &str) -> Self {
        let mut listener = PgListener::connect(url).await.unwrap();
        listener.listen("peer_support_servers").await.unwrap();
        Self { listener, questions: HashMap::new(), given: HashSet::new() }
    }

    async fn next(&mut self) -> Vec<u8> {
        let heard = self.listener.recv().await.unwrap();
        let message = STANDARD_NO_PAD.decode(heard.payload()).unwrap();
        if message[0] == ASKS {
            self.questions.insert(message[QUESTION].to_vec(), message[NAME].to_vec());
        }
        message
    }

    /// The next message of this kind.
    async fn until(&mut self, kind: u8) -> Vec<u8> {
        let hearing = async {
            loop {
                let message = self.next().await;
                if message[0] == kind {
                    return message;
                }
            }
        };
        // Questions come all the time.
        tokio::time::timeout(PATIENCE, hearing).await.expect("waited for a message of servers")
    }

    /// Waits until one more server is given the salt: whatever is said from then on, it hears after that.
    async fn until_one_joins(&mut self) {
        loop {
            let answer = self.until(ANSWERS).await;
            let who = self.questions.get(&answer[ANSWERED]).expect("who is answered has asked");
            if self.given.insert(who.clone()) {
                return;
            }
        }
    }
}

/// Two servers that have one salt.
async fn two(url: &str, top: &str) -> ([Replica; 2], Wire) {
    let mut wire = Wire::on(url).await;
    let first = Replica::start(url, top, 0).await;
    let second = Replica::start(url, top, 1).await;
    wire.until_one_joins().await;
    ([first, second], wire)
}

/// Asks until the answer is what `is_it` waits for.
async fn until(what: &str, ask: impl AsyncFn() -> Answer, is_it: impl Fn(&Answer) -> bool) -> Answer {
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = ask().await;
        if is_it(&answer) {
            return answer;
        }
        assert!(Instant::now() < end, "waited for {what}, and got {answer:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What `server` says to a post from `peer` when it knows that one came from there. The id is taken: what is tried before is not
/// stored and does not count.
async fn refusal(server: &Server, peer: &str, taken: &str) -> Answer {
    let post = json!({ "kind": "story", "text": STORY, "id": taken });
    let tries = async || {
        from(server, peer).with("proof-of-work", "none").call(Method::POST, POSTS, Some(&post)).await
    };
    until("a post to be refused", tries, |answer| answer.problem().1 != "id-taken").await
}

/// The id of a post that is there.
async fn taken_id(server: &Server) -> String {
    text_of(&from(server, "192.0.2.1").with("proof-of-work", "none").posts().await.ok().json()["id"])
}

#[tokio::test]
async fn who_posts_at_one_server_waits_at_the_others() {
    let url = empty_database().await;
    let ([a, b], _wire) = two(&url, "").await;
    let (a, b) = (&a.server, &b.server);
    let taken = taken_id(a).await;

    from(a, HERE).posts().await.ok();

    is_limited(&refusal(b, "198.51.100.99", &taken).await, 60);
    from(b, ELSEWHERE).posts().await.ok();
    is_limited(&refusal(a, ELSEWHERE, &taken).await, 60);
    b.wait_ms(60_000);
    from(b, HERE).posts().await.ok();
}

#[tokio::test]
async fn a_solution_of_work_is_used_up_at_every_server() {
    let url = empty_database().await;
    let ([a, b], _wire) = two(&url, "[limits]\nwork = \"always\"").await;
    let (a, b) = (&a.server, &b.server);
    let taken = taken_id(a).await;
    let solution = work(&from(a, HERE).posts().await);

    from(a, HERE).with("proof-of-work", solution.clone()).posts().await.ok();
    refusal(b, HERE, &taken).await;

    work(&from(b, ELSEWHERE).with("proof-of-work", solution).posts().await);
    let another = work(&from(a, ELSEWHERE).posts().await);
    from(b, ELSEWHERE).with("proof-of-work", another).posts().await.ok();
}

#[tokio::test]
async fn votes_of_one_network_are_capped_over_all_servers() {
    let url = empty_database().await;
    let ([a, b], _wire) = two(&url, "[limits]\nvotes_a_day = 2").await;
    let (a, b) = (&a.server, &b.server);
    let (post, _) = a.published_story(STORY).await;
    let taken = taken_id(a).await;
    for voter in 1..=2 {
        from(a, HERE).votes(&post, voter).await.ok();
    }
    from(a, HERE).posts().await.ok();
    refusal(b, HERE, &taken).await;

    assert_eq!(from(b, HERE).votes(&post, 3).await.problem(), problem(429, "votes-limited", ""));
    from(b, HERE).votes(&post, 1).await.ok();
    from(b, ELSEWHERE).votes(&post, 4).await.ok();
    from(b, HERE).takes_back(&post, 1).await.ok();
    let votes = async || from(a, HERE).votes(&post, 3).await;
    until("room for one more vote", votes, |answer| answer.status == 200).await;
}

#[tokio::test]
async fn what_passes_between_servers_shows_nobody_which_network_wrote() {
    let url = empty_database().await;
    let ([a, b], mut wire) = two(&url, "").await;
    let (a, b) = (&a.server, &b.server);
    let (post, _) = a.published_story(STORY).await;
    wire.until(TELLS).await;
    let mut said = Vec::new();

    for _ in 0..2 {
        from(a, HERE)
            .call(Method::POST, &format!("/posts/{post}/replies"), Some(&json!({ "text": STORY })))
            .await
            .ok();
        // How much was written is counted when it is sent, the network when it is stored.
        let mut message = wire.until(TELLS).await;
        while message.len() < HEAD + 4 + 21 + 16 {
            message = wire.until(TELLS).await;
        }
        said.push(message);
    }

    for message in &said {
        assert!(message.len() <= SERVERS_MESSAGE_BYTES);
        assert!(!message.windows(3).any(|bytes| bytes == [198, 51, 100]), "an address");
    }
    // One network did the same at the same place, and beyond its head no message has anything of the other.
    let [first, second] = &said[..] else { panic!("{} messages", said.len()) };
    assert_eq!(first[..HEAD - 8], second[..HEAD - 8]);
    let common = |bytes: &[u8]| second[HEAD..].windows(4).any(|other| other == bytes);
    assert!(!first[HEAD..].windows(4).any(common));
    // The other server can tell.
    let taken = taken_id(b).await;
    from(a, HERE).posts().await.ok();
    refusal(b, HERE, &taken).await;
}

#[tokio::test]
async fn a_server_that_joins_counts_with_the_others_and_one_that_goes_is_not_missed() {
    let url = empty_database().await;
    let ([a, b], mut wire) = two(&url, "").await;
    let taken = taken_id(&a.server).await;
    from(&a.server, HERE).posts().await.ok();
    refusal(&b.server, HERE, &taken).await;

    let c = Replica::start(&url, "", 2).await;
    wire.until_one_joins().await;
    from(&a.server, ELSEWHERE).posts().await.ok();
    is_limited(&refusal(&c.server, ELSEWHERE, &taken).await, 60);

    a.stop().await;
    from(&b.server, "100.64.7.7").posts().await.ok();
    is_limited(&refusal(&c.server, "100.64.7.7", &taken).await, 60);
    // What those who were there had counted stays counted.
    is_limited(&refusal(&b.server, HERE, &taken).await, 60);
    // And the salt of the one that went goes on to who comes.
    let d = Replica::start(&url, "", 3).await;
    wire.until_one_joins().await;
    from(&c.server, "100.64.8.8").posts().await.ok();
    is_limited(&refusal(&d.server, "100.64.8.8", &taken).await, 60);
}

#[tokio::test]
async fn servers_whose_connections_were_cut_hear_each_other_again() {
    let url = empty_database().await;
    let ([a, b], mut wire) = two(&url, "").await;
    let taken = taken_id(&a.server).await;
    let database = PgPool::connect(&url).await.unwrap();

    let cut = sqlx::query(
        "select pg_terminate_backend(pid)
         from pg_stat_activity
         where datname = current_database()
           and application_name like 'peer-support-server/%'",
    );
    cut.execute(&database).await.unwrap();
    // Each asks first of all when it listens again.
    let mut asking = Vec::new();
    while asking.len() < 2 {
        let from = wire.until(ASKS).await[NAME].to_vec();
        if !asking.contains(&from) {
            asking.push(from);
        }
    }

    let post = async || from(&a.server, HERE).posts().await;
    until("the database to be there again", post, |answer| answer.status == 201).await;
    is_limited(&refusal(&b.server, HERE, &taken).await, 60);
}

#[tokio::test]
async fn what_is_said_by_others_where_servers_talk_changes_nothing() {
    let url = empty_database().await;
    let ([a, b], mut wire) = two(&url, "").await;
    let taken = taken_id(&a.server).await;
    let database = PgPool::connect(&url).await.unwrap();
    let told = wire.until(TELLS).await;

    let long = "A".repeat(7_999);
    let copy = STANDARD_NO_PAD.encode(&told);
    let changed = STANDARD_NO_PAD.encode(told.iter().map(|byte| byte ^ 1).collect::<Vec<_>>());
    for said in ["", "hello", "é", &long, &copy, &changed] {
        let say = sqlx::query("select pg_notify('peer_support_servers', $1)").bind(said);
        say.execute(&database).await.unwrap();
    }

    from(&a.server, HERE).posts().await.ok();
    is_limited(&refusal(&b.server, HERE, &taken).await, 60);
    from(&b.server, ELSEWHERE).posts().await.ok();
}

#[tokio::test]
async fn a_server_on_sqlite_has_nobody_to_share_with() {
    let folder = TempDir::new().unwrap();
    let server = Server::on(&Address::Sqlite(folder.path().join("test.sqlite3")), "", 0).await;

    tokio::time::timeout(PATIENCE, server.share()).await.expect("it does not wait for anybody");

    from(&server, HERE).posts().await.ok();
    is_limited(&from(&server, HERE).posts().await, 60);
}

#[tokio::test]
async fn two_programs_on_one_database_count_together() {
    let folder = TempDir::new().unwrap();
    let url = empty_database().await;
    let mut wire = Wire::on(&url).await;
    let file = config(folder.path(), "trusted_proxies = [\"127.0.0.1\"]");
    let serve = async |name: &str, secret: &str| {
        let data = folder.path().join(name);
        let environment = [("PEER_SUPPORT_SECRET", secret), ("PEER_SUPPORT_DATABASE", &url)];
        let arguments = ["--config", path_text(&file), "--data", path_text(&data)];
        Program::serve_with(&environment, &arguments).await
    };
    let a = serve("a", &"5e".repeat(32)).await;
    let b = serve("b", &"5e".repeat(32)).await;
    wire.until_one_joins().await;
    let stranger = serve("c", &"ab".repeat(32)).await;
    let posts = async |server: &Program, peer: &str, post: &Value| {
        let headers = [("x-forwarded-for", peer)];
        server.call(Method::POST, "/api/v1/sites/rowan/posts", &headers, Some(post)).await
    };
    let taken = text_of(&posts(&a, "192.0.2.1", &story()).await.ok().json()["id"]);

    posts(&a, HERE, &story()).await.ok();

    let again = json!({ "kind": "story", "text": STORY, "id": taken });
    let refused = until(
        "a post to be refused",
        async || posts(&b, HERE, &again).await,
        |answer| answer.problem().1 != "id-taken",
    )
    .await;
    assert_eq!(refused.problem(), problem(429, "rate-limited", ""));
    let seconds: u32 = refused.header("retry-after").parse().unwrap();
    assert!((30..=60).contains(&seconds), "{seconds}");
    // Who has another secret is not one of them.
    posts(&stranger, HERE, &story()).await.ok();
}
