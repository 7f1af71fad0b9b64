//! How often one sender may send, and what devices do for it while the server is flooded.

use std::net::IpAddr;
use std::path::Path;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use peer_support_domain::limits::{
    CHANGES_A_MINUTE, VOTES_AN_ITEM_A_DAY, WORDS_A_MINUTE, WORK_FROM_A_MINUTE, WORK_NUMBER,
};
use peer_support_domain::post::Role;
use peer_support_server::http::Peer;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::client::{Answer, REPLY, STORY, Server, a_server, a_server_with, each_server, problem, text_of};
use crate::program::{Program, config, files_in};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
pub const POSTS: &str = "/sites/demo/posts";

/// Somebody whose connection comes from `peer`.
pub struct Visitor<'a> {
    server: &'a Server,
    peer: IpAddr,
    headers: Vec<(&'static str, String)>,
}

pub fn from<'a>(server: &'a Server, peer: &str) -> Visitor<'a> {
    Visitor { server, peer: peer.parse().unwrap(), headers: Vec::new() }
}

impl Visitor<'_> {
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("host", "127.0.0.1:8787")
            .header("content-type", "application/json")
            .extension(Peer(self.peer));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.server.send(request.body(body).unwrap()).await
    }

    pub async fn posts(&self) -> Answer {
        self.call(Method::POST, POSTS, Some(&story())).await
    }

    pub async fn replies(&self, post: &str, author: &str) -> Answer {
        let reply = json!({ "text": REPLY, "author": author.repeat(16) });
        self.call(Method::POST, &format!("/posts/{post}/replies"), Some(&reply)).await
    }

    pub async fn votes(&self, item: &str, voter: u32) -> Answer {
        let voter = json!({ "voter": format!("{voter:032x}") });
        self.call(Method::PUT, &format!("/items/{item}/votes/helped"), Some(&voter)).await
    }

    pub async fn takes_back(&self, item: &str, voter: u32) -> Answer {
        let voter = json!({ "voter": format!("{voter:032x}") });
        self.call(Method::DELETE, &format!("/items/{item}/votes/helped"), Some(&voter)).await
    }
}

pub fn story() -> Value {
    json!({ "kind": "story", "text": STORY })
}

/// An address of a network of its own.
pub fn network(n: usize) -> String {
    format!("100.{}.{}.7", 64 + n / 256, n % 256)
}

#[track_caller]
pub fn is_limited(answer: &Answer, seconds: i64) {
    assert_eq!(answer.problem(), problem(429, "rate-limited", ""));
    assert_eq!(answer.header("retry-after"), seconds.to_string());
}

/// Does the work that `answer` asks for, as a device does; what goes into `Proof-Of-Work`.
#[track_caller]
pub fn work(answer: &Answer) -> String {
    assert_eq!(answer.problem(), problem(428, "work-needed", "Proof-Of-Work"));
    let challenge: Value = serde_json::from_str(answer.json()["challenge"].as_str().unwrap()).unwrap();
    let most = challenge["maxnumber"].as_u64().unwrap();
    assert!(most <= WORK_NUMBER.into(), "{most}");
    let salt = challenge["salt"].as_str().unwrap();
    let is_solution = |number: &u64| {
        let hash = Sha256::digest(format!("{salt}{number}"));
        hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>() == challenge["challenge"]
    };
    let number = (0..=most).find(is_solution).expect("there is a number");
    let mut payload = challenge.clone();
    payload["number"] = json!(number);
    STANDARD.encode(payload.to_string())
}

/// Whether an item of the queue is flagged for work that was not done; the same words from everyone have other flags.
fn has_no_work(item: &Value) -> bool {
    item["flags"].as_array().is_some_and(|flags| flags.contains(&json!("no-work")))
}

/// Posts from many networks, until devices are asked for work.
async fn flood(server: &Server) {
    for n in 0..WORK_FROM_A_MINUTE as usize {
        from(server, &network(n)).posts().await.ok();
    }
}

#[tokio::test]
async fn a_second_post_waits_exactly_as_long_as_it_is_told() {
    a_server(async |server| {
        from(server, "198.51.100.7").posts().await.ok();
        server.wait_ms(20_500);

        is_limited(&from(server, "198.51.100.7").posts().await, 40);
        is_limited(&from(server, "198.51.100.99").posts().await, 40);
        is_limited(&from(server, "::ffff:198.51.100.3").posts().await, 40);
        from(server, "198.51.101.7").posts().await.ok();
        server.wait_ms(39_499);
        is_limited(&from(server, "198.51.100.7").posts().await, 1);
        server.wait_ms(1);
        from(server, "198.51.100.7").posts().await.ok();
    })
    .await;
}

#[tokio::test]
async fn one_network_of_ipv6_is_48_bits_long() {
    a_server(async |server| {
        from(server, "2001:db8:1:2::3").posts().await.ok();

        is_limited(&from(server, "2001:db8:1:fff0::1").posts().await, 60);
        from(server, "2001:db8:2::3").posts().await.ok();
    })
    .await;
}

#[tokio::test]
async fn no_hour_has_more_than_twenty_posts_of_one_network() {
    a_server_with("[limits]\nwork = \"never\"", Path::new("/nowhere"), async |server| {
        for _ in 0..20 {
            from(server, "198.51.100.7").posts().await.ok();
            server.wait_ms(2 * MINUTE);
        }

        is_limited(&from(server, "198.51.100.7").posts().await, 20 * 60);
        server.wait_ms(20 * MINUTE);
        from(server, "198.51.100.7").posts().await.ok();
        is_limited(&from(server, "198.51.100.7").posts().await, 2 * 60);
    })
    .await;
}

#[tokio::test]
async fn the_owner_sets_other_limits() {
    a_server_with("[limits]\nposts_a_minute = 3", Path::new("/nowhere"), async |server| {
        for _ in 0..3 {
            from(server, "198.51.100.7").posts().await.ok();
        }

        is_limited(&from(server, "198.51.100.7").posts().await, 60);
    })
    .await;
}

#[tokio::test]
async fn what_is_stored_is_answered_again_and_counts_once() {
    each_server(async |server| {
        let sends = async |key: &str| from(server, "198.51.100.7").with("idempotency-key", key).posts().await;
        let first = sends("first-key").await.ok();

        for _ in 0..30 {
            assert_eq!(sends("first-key").await.ok().json(), first.json());
        }
        is_limited(&sends("another-key").await, 60);
        server.wait_ms(MINUTE);
        assert_eq!(sends("first-key").await.ok().json(), first.json());
        sends("another-key").await.ok();
        is_limited(&sends("a-third-key").await, 60);
    })
    .await;
}

#[tokio::test]
async fn fifty_sendings_at_once_under_one_key_are_all_answered_and_count_as_one() {
    each_server(async |server| {
        let visitor = from(server, "198.51.100.7").with("idempotency-key", "fifty-at-once");

        let answers = join_all((0..50).map(|_| visitor.posts())).await;

        assert!(
            answers
                .iter()
                .all(|answer| answer.status == StatusCode::CREATED && answer.body == answers[0].body)
        );
        is_limited(&from(server, "198.51.100.7").posts().await, 60);
        server.wait_ms(MINUTE);
        from(server, "198.51.100.7").posts().await.ok();
    })
    .await;
}

#[tokio::test]
async fn what_is_not_stored_does_not_count() {
    a_server(async |server| {
        let taken = text_of(&from(server, "192.0.2.1").posts().await.ok().json()["id"]);
        let visitor = from(server, "198.51.100.7");

        let with_taken_id = json!({ "kind": "story", "text": STORY, "id": taken });
        let refused = visitor.call(Method::POST, POSTS, Some(&with_taken_id)).await;
        let too_short =
            visitor.call(Method::POST, POSTS, Some(&json!({ "kind": "story", "text": "x" }))).await;
        let to_nothing = visitor.replies("0000000000000", "a1").await;

        assert_eq!(refused.problem().1, "id-taken");
        assert_eq!((too_short.status.as_u16(), to_nothing.status.as_u16()), (422, 404));
        visitor.posts().await.ok();
        is_limited(&visitor.posts().await, 60);
    })
    .await;
}

#[tokio::test]
async fn several_people_behind_one_address_can_talk() {
    a_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        let ward = from(server, "198.51.100.7");

        for _ in 0..3 {
            for author in ["a1", "b2", "c3"] {
                ward.replies(&post, author).await.ok();
            }
        }
        ward.replies(&post, "d4").await.ok();
        is_limited(&ward.replies(&post, "d4").await, 60);

        // One person alone says less, wherever they say it from.
        from(server, "192.0.2.1").replies(&post, "a1").await.ok();
        is_limited(&from(server, "192.0.2.1").replies(&post, "a1").await, 60);
        server.wait_ms(MINUTE);
        ward.replies(&post, "a1").await.ok();
    })
    .await;
}

#[tokio::test]
async fn reading_help_and_deleting_are_never_limited() {
    a_server(async |server| {
        let visitor = from(server, "198.51.100.7");
        let receipt = visitor.posts().await.ok().json();
        is_limited(&visitor.posts().await, 60);

        let broken = json!({ "line": "gb-samaritans", "contact": "116 123", "problem": "no_answer" });
        for _ in 0..200 {
            visitor.call(Method::GET, POSTS, None).await.ok();
            visitor.call(Method::GET, "/sites/demo", None).await.ok();
            visitor.call(Method::POST, "/sites/demo/line-reports", Some(&broken)).await.ok();
        }
        let author = from(server, "198.51.100.7").with("recovery-code", text_of(&receipt["recovery_code"]));
        author.call(Method::GET, "/mine", None).await.ok();
        assert_eq!(author.call(Method::DELETE, "/mine", None).await.ok().json()["state"], "deleted");
    })
    .await;
}

#[tokio::test]
async fn changes_of_ones_own_texts_are_limited_by_network_and_what_changes_nothing_is_not_counted() {
    a_server(async |server| {
        let (_, code) = server.story(STORY).await;
        let author = from(server, "192.0.2.1").with("recovery-code", &code);
        let change = |n: u32| json!({ "text": format!("Another text, the one with the number {n}.") });
        for text in ["too short", "nor this"] {
            let refused = author.call(Method::PATCH, "/mine", Some(&json!({ "text": text }))).await;
            assert_eq!(refused.problem(), problem(422, "text-invalid", "text"));
        }
        for n in 0..CHANGES_A_MINUTE {
            author.call(Method::PATCH, "/mine", Some(&change(n))).await.ok();
            server.wait_ms(SECOND);
        }

        let one_more = author.call(Method::PATCH, "/mine", Some(&change(100))).await;

        is_limited(&one_more, 60 - i64::from(CHANGES_A_MINUTE));
        let elsewhere = from(server, "198.51.100.1").with("recovery-code", &code);
        elsewhere.call(Method::PATCH, "/mine", Some(&change(101))).await.ok();
        server.wait_ms(MINUTE);
        author.call(Method::PATCH, "/mine", Some(&change(102))).await.ok();
        author.call(Method::DELETE, "/mine", None).await.ok();
    })
    .await;
}

#[tokio::test]
async fn private_words_are_limited_by_network_and_one_sent_again_counts_once() {
    a_server(async |server| {
        let (_, code) = server.story(STORY).await;
        let say = async |key: String, text: &str| {
            let author = from(server, "192.0.2.1").with("recovery-code", &code).with("idempotency-key", key);
            author.call(Method::POST, "/mine/words", Some(&json!({ "text": text }))).await
        };
        for n in 0..WORDS_A_MINUTE {
            for _ in 0..2 {
                say(format!("key number {n}"), &format!("Word {n}")).await.ok();
            }
        }

        let one_more = say("one more key".into(), "One more word").await;

        is_limited(&one_more, 60);
        say("key number 3".into(), "Word 3").await.ok();
        let reused = say("key number 3".into(), "Other words").await;
        assert_eq!(reused.problem(), problem(422, "idempotency-key-reused", "Idempotency-Key"));
        server.wait_ms(MINUTE);
        say("one more key".into(), "One more word").await.ok();
    })
    .await;
}

#[tokio::test]
async fn whoever_guesses_codes_waits_and_whoever_deletes_does_not() {
    a_server(async |server| {
        let (_, code) = server.story(STORY).await;
        let guesses = async || {
            let guess = peer_support_domain::recovery::RecoveryCode::from_random([9; 12]).to_string();
            from(server, "198.51.100.7").with("recovery-code", guess).call(Method::GET, "/mine", None).await
        };
        for _ in 0..30 {
            assert_eq!(guesses().await.problem(), problem(404, "not-found", "Recovery-Code"));
        }

        is_limited(&guesses().await, 60);
        let author = from(server, "198.51.100.7").with("recovery-code", code.clone());
        is_limited(&author.call(Method::GET, "/mine", None).await, 60);
        let elsewhere = from(server, "192.0.2.1").with("recovery-code", code);
        elsewhere.call(Method::GET, "/mine", None).await.ok();
        author.call(Method::DELETE, "/mine", None).await.ok();
        server.wait_ms(MINUTE);
        author.call(Method::GET, "/mine", None).await.ok();
    })
    .await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_visitors_are_told_apart_by_what_it_appended() {
    a_server_with("trusted_proxies = [\"10.0.0.0/8\"]", Path::new("/nowhere"), async |server| {
        let through = |forwarded: &str| from(server, "10.0.0.1").with("x-forwarded-for", forwarded);

        through("198.51.100.7").posts().await.ok();
        through("192.0.2.1, 198.51.101.7").posts().await.ok();
        is_limited(&through("203.0.113.5, 198.51.100.7").posts().await, 60);
        is_limited(&through("198.51.100.7, 10.0.0.2").posts().await, 60);
        is_limited(&through("198.51.100.7").with("x-forwarded-for", "10.1.2.3").posts().await, 60);
        // The other header is the client's own word.
        is_limited(&through("198.51.100.7").with("forwarded", "for=203.0.113.9").posts().await, 60);
        // Not through the proxy: whatever they say, they come from where they come.
        from(server, "203.0.113.80").with("x-forwarded-for", "192.0.2.2").posts().await.ok();
        is_limited(&from(server, "203.0.113.80").with("x-forwarded-for", "192.0.2.3").posts().await, 60);
    })
    .await;
}

#[tokio::test]
async fn a_proxy_that_nobody_named_on_this_machine_does_not_make_one_visitor_of_all() {
    a_server(async |server| {
        for _ in 0..3 {
            from(server, "127.0.0.1").posts().await.ok();
            from(server, "::1").posts().await.ok();
        }
    })
    .await;
}

#[tokio::test]
async fn a_flood_from_many_networks_is_asked_for_work() {
    a_server(async |server| {
        flood(server).await;
        let late = from(server, &network(1_000));

        let asked = late.posts().await;
        let header = work(&asked);
        late.with("proof-of-work", header.clone()).posts().await.ok();

        // Once only, and not from elsewhere.
        work(&from(server, &network(1_001)).with("proof-of-work", header.clone()).posts().await);
        // What was asked for here is of no use there.
        let elsewhere = work(&from(server, &network(1_002)).posts().await);
        assert_eq!(
            from(server, &network(1_003))
                .call(Method::POST, "/sites/other/posts", Some(&story()))
                .await
                .status,
            201
        );
        let moderator = server.moderator(Role::Viewer).await;
        let queue = moderator.get("/console/queue?limit=100").await.ok().json();
        assert!(queue["items"].as_array().unwrap().iter().all(|item| !has_no_work(item)), "{queue}");
        drop(elsewhere);
        // When it is over, nobody works any more.
        server.wait_ms(3 * MINUTE);
        from(server, &network(1_004)).posts().await.ok();
    })
    .await;
}

#[tokio::test]
async fn who_does_not_do_the_work_is_taken_and_flagged() {
    each_server(async |server| {
        flood(server).await;

        let asked = from(server, &network(1_000)).posts().await;
        let taken = from(server, &network(1_000)).with("proof-of-work", "none").posts().await.ok();

        assert_eq!(asked.problem().1, "work-needed");
        assert_eq!(taken.json()["state"], "held");
        let moderator = server.moderator(Role::Viewer).await;
        let queue = moderator.get("/console/queue?limit=100").await.ok().json();
        let flagged: Vec<_> =
            queue["items"].as_array().unwrap().iter().filter(|item| has_no_work(item)).collect();
        assert_eq!(flagged.len(), 1);
        assert_eq!(flagged[0]["id"], taken.json()["id"]);
        is_limited(&from(server, &network(1_000)).with("proof-of-work", "none").posts().await, 60);
    })
    .await;
}

#[tokio::test]
async fn work_is_asked_for_always_or_never_when_the_owner_says_so() {
    a_server_with("[limits]\nwork = \"always\"", Path::new("/nowhere"), async |server| {
        let visitor = from(server, "198.51.100.7");
        let header = work(&visitor.posts().await);
        let elsewhere = from(server, "192.0.2.1").with("proof-of-work", header.clone());

        // Signed for another site.
        work(&elsewhere.call(Method::POST, "/sites/other/posts", Some(&story())).await);
        let late = from(server, "198.51.100.7").with("proof-of-work", header);
        server.wait_ms(20 * MINUTE);
        let header = work(&late.posts().await);
        visitor.with("proof-of-work", header).posts().await.ok();
    })
    .await;
    a_server_with("[limits]\nwork = \"never\"", Path::new("/nowhere"), async |server| {
        flood(server).await;
        from(server, &network(1_000)).posts().await.ok();
    })
    .await;
}

#[tokio::test]
async fn a_network_that_comes_near_its_limit_is_asked_for_work() {
    a_server(async |server| {
        for _ in 0..10 {
            from(server, "198.51.100.7").posts().await.ok();
            server.wait_ms(MINUTE);
        }

        let asked = from(server, "198.51.100.7").posts().await;
        from(server, "198.51.100.7").with("proof-of-work", work(&asked)).posts().await.ok();
        from(server, "192.0.2.1").posts().await.ok();
    })
    .await;
}

#[tokio::test]
async fn the_work_of_a_request_that_is_sent_again_counts() {
    a_server_with("[limits]\nwork = \"always\"", Path::new("/nowhere"), async |server| {
        let header = work(&from(server, "198.51.100.7").posts().await);
        let sends = async |key: &str| {
            let visitor = from(server, "198.51.100.7").with("idempotency-key", key);
            visitor.with("proof-of-work", header.clone()).posts().await
        };

        let first = sends("one-key-of-mine").await.ok();

        assert_eq!(sends("one-key-of-mine").await.ok().json(), first.json());
        // Without the work, too: it is stored.
        let again =
            from(server, "198.51.100.7").with("idempotency-key", "one-key-of-mine").posts().await.ok();
        assert_eq!(again.json(), first.json());
    })
    .await;
}

#[tokio::test]
async fn a_header_that_is_no_proof_of_work_is_named() {
    a_server(async |server| {
        let answer = from(server, "198.51.100.7").with("proof-of-work", "nonsense").posts().await;

        assert_eq!(answer.problem(), problem(400, "header-invalid", "Proof-Of-Work"));
    })
    .await;
}

#[tokio::test]
async fn votes_of_one_network_on_one_item_are_capped_a_day() {
    a_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        let (other, _) = server.published_story(STORY).await;
        let school = from(server, "198.51.100.7");
        for voter in 0..VOTES_AN_ITEM_A_DAY {
            school.votes(&post, voter).await.ok();
        }
        server.wait_ms(HOUR);

        let refused = school.votes(&post, 1_000).await;
        assert_eq!(refused.problem(), problem(429, "votes-limited", ""));
        assert_eq!(refused.header("retry-after"), (23 * 60 * 60).to_string());
        // Who voted is no further voter, and other items and networks are free.
        school.votes(&post, 0).await.ok();
        school.votes(&other, 1_000).await.ok();
        let counts = from(server, "192.0.2.1").votes(&post, 1_001).await.ok().json();
        assert_eq!(counts["helped"], json!(VOTES_AN_ITEM_A_DAY + 1));
        // Taking back is always possible, and makes room.
        school.takes_back(&post, 0).await.ok();
        school.votes(&post, 1_000).await.ok();
        assert_eq!(school.votes(&post, 0).await.problem().1, "votes-limited");
        server.wait_ms(DAY - HOUR);
        school.votes(&post, 0).await.ok();
    })
    .await;
}

#[tokio::test]
async fn a_vote_on_what_nobody_may_see_does_not_count() {
    a_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        let school = from(server, "198.51.100.7");
        for voter in 0..VOTES_AN_ITEM_A_DAY - 1 {
            school.votes(&post, voter).await.ok();
        }

        server.decide(&post, &json!({ "decision": "hide", "reason": "for a test" })).await;
        assert_eq!(school.votes(&post, 500).await.status, 404);
        server.decide(&post, &json!({ "decision": "restore" })).await;

        school.votes(&post, 501).await.ok();
        assert_eq!(school.votes(&post, 502).await.problem().1, "votes-limited");
    })
    .await;
}

#[tokio::test]
async fn addresses_reach_no_log_no_file_and_no_answer() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let file = config(folder.path(), "trusted_proxies = [\"127.0.0.1\"]");
    let server =
        Program::serve(&["--config", file.to_str().unwrap(), "--data", data.to_str().unwrap()]).await;
    let addresses = ["198.51.100.77", "2001:db8:77:1::5"];
    let mut answers = Vec::new();

    for address in addresses {
        let headers = [("x-forwarded-for", address), ("forwarded", "for=203.0.113.99")];
        for _ in 0..2 {
            answers
                .push(server.call(Method::POST, "/api/v1/sites/rowan/posts", &headers, Some(&story())).await);
        }
    }
    let unnamed = [("x-forwarded-for", "my words"), ("proof-of-work", "198.51.100.77")];
    answers.push(server.call(Method::POST, "/api/v1/sites/rowan/posts", &unnamed, Some(&story())).await);

    let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses, [201, 429, 201, 429, 400]);
    server.log.after("status=400").await;
    let mut found = vec![server.log.text()];
    found.extend(answers.iter().map(|answer| format!("{:?} {}", answer.headers, answer.text())));
    found.extend(files_in(&data).iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()));
    assert!(found.len() > 8, "log, answers, database and its log");
    for text in found {
        for secret in ["198.51.100", "2001:db8", "203.0.113", "my words"] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
}
