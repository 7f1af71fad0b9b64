//! Reading and writing posts; what is held is nobody else's to see.

use std::collections::HashSet;

use axum::http::{Method, StatusCode};
use peer_support_domain::post::Role;
use serde_json::json;

use crate::client::{NOW, REPLY, STORY, a_server, each_server, problem, text_of};

const HOUR_MS: i64 = 60 * 60 * 1_000;

#[tokio::test]
async fn a_site_tells_its_topics_and_how_long_decisions_take() {
    a_server(async |server| {
        let site = server.get("/sites/demo").await.ok().json();

        assert_eq!(site["name"], "Rowan House");
        assert_eq!(site["topics"][2], json!({ "id": "exams", "label": "Exams" }));
        assert_eq!(site["decision_target_ms"], 2 * HOUR_MS);
        assert_eq!(server.get("/sites/nobody").await.problem(), problem(404, "not-found", "site"));
    })
    .await;
}

#[tokio::test]
async fn a_new_post_is_held_and_its_author_is_told_until_when() {
    each_server(async |server| {
        let answer = server.post("/sites/demo/posts", &json!({ "kind": "story", "text": STORY })).await;

        assert_eq!(answer.status, StatusCode::CREATED);
        assert_eq!(answer.header("cache-control"), "no-store");
        let receipt = answer.json();
        assert_eq!(receipt["state"], "held");
        assert_eq!(receipt["created_at"], NOW);
        assert_eq!(receipt["decision_expected_at"], NOW + 2 * HOUR_MS);
        assert_eq!(text_of(&receipt["recovery_code"]).len(), 24);
    })
    .await;
}

#[tokio::test]
async fn what_is_held_is_invisible_through_every_route() {
    each_server(async |server| {
        let (published, _) = server.published_story("A published story that everyone may read.").await;
        let (held, _) = server.story(STORY).await;
        let (held_reply, _) = server.reply(&published, REPLY).await;
        let voter = json!({ "voter": "0".repeat(32) });

        for path in [
            "/sites/demo".to_owned(),
            "/sites/demo/posts".to_owned(),
            "/sites/demo/posts?order=new&limit=100".to_owned(),
            "/sites/demo/posts?order=helpful".to_owned(),
            "/sites/demo/posts?order=unanswered".to_owned(),
            "/sites/demo/posts?kind=story&topic=low-mood".to_owned(),
            "/sites/other/posts".to_owned(),
            format!("/posts/{published}"),
            format!("/posts/{published}/replies"),
        ] {
            let answer = server.get(&path).await.ok();
            for secret in [STORY, REPLY, &held, &held_reply] {
                assert!(!answer.text().contains(secret), "{path} shows {secret}");
            }
        }
        for path in [
            format!("/posts/{held}"),
            format!("/posts/{held}/replies"),
            format!("/posts/{held_reply}"),
            format!("/posts/{held_reply}/replies"),
        ] {
            assert_eq!(server.get(&path).await.problem(), problem(404, "not-found", "id"), "{path}");
        }
        for item in [&held, &held_reply] {
            let path = format!("/items/{item}/votes/helped");
            for method in [Method::PUT, Method::DELETE] {
                let vote = server.call(method, &path, &[], Some(&voter)).await;
                assert_eq!(vote.problem(), problem(404, "not-found", "id"));
            }
            let reply = server.post(&format!("/posts/{item}/replies"), &json!({ "text": REPLY })).await;
            assert_eq!(reply.problem(), problem(404, "not-found", "id"));
        }
        // Counted neither: a number would tell that there is something.
        assert_eq!(server.get(&format!("/posts/{published}")).await.json()["n_replies"], 0);
    })
    .await;
}

#[tokio::test]
async fn what_is_hidden_is_gone_from_feeds_that_were_just_asked_for() {
    each_server(async |server| {
        let (first, _) = server.published_story("A story that everyone reads all the time.").await;
        let (second, code) = server.published_story(STORY).await;
        let moderator = server.moderator(Role::Moderator).await;
        let feed = async || server.get("/sites/demo/posts").await.ok();
        for _ in 0..3 {
            assert!(feed().await.text().contains(&first) && feed().await.text().contains(&second));
        }

        moderator.decide(&first, &json!({ "decision": "hide", "reason": "names a person" })).await.ok();
        assert!(!feed().await.text().contains(&first));
        moderator.decide(&first, &json!({ "decision": "restore" })).await.ok();
        assert!(feed().await.text().contains(&first));
        server.call(Method::DELETE, "/mine", &[("recovery-code", &code)], None).await.ok();
        assert!(!feed().await.text().contains(&second));
    })
    .await;
}

#[tokio::test]
async fn what_was_declined_hidden_or_deleted_is_invisible_too() {
    each_server(async |server| {
        let moderator = server.moderator(Role::Moderator).await;
        let (declined, _) = server.story(STORY).await;
        moderator.decide(&declined, &json!({ "decision": "decline", "reason": "names a person" })).await.ok();
        let (hidden, _) = server.published_story(STORY).await;
        moderator.decide(&hidden, &json!({ "decision": "hide", "reason": "names a person" })).await.ok();
        let (deleted, code) = server.published_story(STORY).await;
        server.call(Method::DELETE, "/mine", &[("recovery-code", &code)], None).await.ok();

        for id in [declined, hidden, deleted] {
            assert_eq!(server.get(&format!("/posts/{id}")).await.problem(), problem(404, "not-found", "id"));
        }
        assert!(server.get("/sites/demo/posts").await.texts().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_approved_post_is_there_for_everyone_on_its_site_only() {
    each_server(async |server| {
        let (id, _) = server.published_story(STORY).await;

        let post = server.get(&format!("/posts/{id}")).await.ok().json();
        assert_eq!(post["text"], STORY);
        assert_eq!(post["topic"], "low-mood", "the first one of the site");
        assert_eq!(server.get("/sites/demo/posts").await.json()["items"], json!([post]));
        assert!(server.get("/sites/other/posts").await.texts().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_feed_can_be_had_by_kind_and_topic() {
    each_server(async |server| {
        for (kind, topic) in [("story", "low-mood"), ("coping", "anxiety"), ("question", "anxiety")] {
            let text = format!("A {kind} about {topic}, long enough to be read.");
            let new = json!({ "kind": kind, "topic": topic, "text": text, "lang": "en" });
            let id = text_of(&server.post("/sites/demo/posts", &new).await.ok().json()["id"]);
            server.decide(&id, &json!({ "decision": "approve" })).await;
        }

        let texts = server.get("/sites/demo/posts?topic=anxiety&kind=question").await.texts();
        assert_eq!(texts, ["A question about anxiety, long enough to be read."]);
        assert_eq!(server.get("/sites/demo/posts?topic=anxiety").await.texts().len(), 2);
        assert!(server.get("/sites/demo/posts?topic=unheard-of").await.texts().is_empty());
    })
    .await;
}

#[tokio::test]
async fn pages_hold_every_post_once_in_every_order() {
    each_server(async |server| {
        let moderator = server.moderator(Role::Moderator).await;
        for n in 0..7 {
            let (id, _) = server.story(&format!("Story number {n}, long enough to be read.")).await;
            moderator.decide(&id, &json!({ "decision": "approve" })).await.ok();
            // Two and two at one moment, so that moments alone cannot order them.
            server.wait_ms(n % 2);
        }
        for order in ["new", "helpful", "unanswered"] {
            let mut texts = Vec::new();
            let mut cursor = String::new();
            loop {
                let page = server.get(&format!("/sites/demo/posts?order={order}&limit=2{cursor}")).await.ok();
                assert!(page.texts().len() <= 2);
                texts.extend(page.texts());
                let Some(next) = page.json()["next"].as_str().map(str::to_owned) else { break };
                cursor = format!("&cursor={next}");
            }

            assert_eq!(texts.len(), 7, "{order}: {texts:?}");
            assert_eq!(texts.iter().collect::<HashSet<_>>().len(), 7, "{order}: {texts:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_feed_that_has_not_changed_is_not_sent_again() {
    each_server(async |server| {
        server.published_story(STORY).await;
        let first = server.get("/sites/demo/posts").await.ok();
        assert_eq!(first.header("cache-control"), "no-cache");
        let tag = first.header("etag").to_owned();

        let again = server.call(Method::GET, "/sites/demo/posts", &[("if-none-match", &tag)], None).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        assert!(again.body.is_empty());
        assert_eq!(again.header("etag"), tag);

        server.published_story("Another story, so that the feed is another one.").await;
        let changed = server.call(Method::GET, "/sites/demo/posts", &[("if-none-match", &tag)], None).await;
        assert_eq!(changed.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn the_author_is_shown_as_a_hash_of_what_they_sent() {
    each_server(async |server| {
        let key = "5".repeat(32);
        let new = json!({ "kind": "story", "text": STORY, "author": key });
        let id = text_of(&server.post("/sites/demo/posts", &new).await.ok().json()["id"]);
        server.decide(&id, &json!({ "decision": "approve" })).await;

        let post = server.get(&format!("/posts/{id}")).await.ok();

        assert_eq!(text_of(&post.json()["author"]).len(), 16);
        assert!(!post.text().contains(&key[..16]));
    })
    .await;
}

#[tokio::test]
async fn an_id_of_the_browsers_is_kept_and_never_given_twice() {
    each_server(async |server| {
        let new =
            json!({ "id": "0123456789abc", "kind": "story", "text": STORY, "recovery": "a".repeat(32) });
        let receipt = server.post("/sites/demo/posts", &new).await.ok().json();
        assert_eq!(receipt["id"], "0123456789abc");
        assert!(receipt.get("recovery_code").is_none(), "the browser has the code");

        let other =
            json!({ "id": "0123456789abc", "kind": "story", "text": STORY, "recovery": "b".repeat(32) });
        let again = server.post("/sites/demo/posts", &other).await;

        assert_eq!(again.problem(), problem(409, "id-taken", "id"));
    })
    .await;
}

#[tokio::test]
async fn a_topic_of_another_site_is_refused() {
    a_server(async |server| {
        let new = json!({ "kind": "story", "topic": "general", "text": STORY });

        let answer = server.post("/sites/demo/posts", &new).await;

        assert_eq!(answer.problem(), problem(422, "field-invalid", "topic"));
    })
    .await;
}

#[tokio::test]
async fn health_is_told_without_the_store_and_readiness_with_it() {
    each_server(async |server| {
        assert_eq!(server.get("/healthz").await.ok().text(), "ok\n");
        assert_eq!(server.get("/readyz").await.ok().text(), "ready\n");

        server.store.close().await;

        assert_eq!(server.get("/healthz").await.ok().text(), "ok\n");
        let unready = server.get("/readyz").await;
        assert_eq!(unready.problem(), problem(503, "unavailable", ""));
        assert_eq!(unready.header("retry-after"), "5");
    })
    .await;
}

#[tokio::test]
async fn a_long_feed_is_sent_in_gzip_to_those_who_take_it() {
    each_server(async |server| {
        let moderator = server.moderator(Role::Moderator).await;
        for n in 0..10 {
            let (id, _) = server.story(&format!("Story number {n}. {STORY} {STORY}")).await;
            moderator.decide(&id, &json!({ "decision": "approve" })).await.ok();
        }
        let plain = server.get("/sites/demo/posts").await.ok();
        assert_eq!(plain.header("content-encoding"), "");

        let gzip = [("accept-encoding", "gzip, deflate, br")];
        let packed = server.call(Method::GET, "/sites/demo/posts", &gzip, None).await.ok();

        assert_eq!(packed.header("content-encoding"), "gzip");
        assert!(packed.body.len() < plain.body.len() / 2);
        let mut unpacked = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed.body[..]), &mut unpacked)
            .unwrap();
        assert_eq!(unpacked, plain.body);
        for answer in [&plain, &packed] {
            assert!(answer.headers.get_all("vary").iter().any(|vary| vary == "accept-encoding"));
            let known = [("accept-encoding", "gzip"), ("if-none-match", answer.header("etag"))];
            let again = server.call(Method::GET, "/sites/demo/posts", &known, None).await;
            assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        }
        let short = server.call(Method::GET, "/sites/demo", &gzip, None).await.ok();
        assert_eq!(short.header("content-encoding"), "", "less than a packet gains nothing");
    })
    .await;
}
