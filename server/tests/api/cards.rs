//! What a site's moderators write: cards, and posts of the owner.

use axum::http::{Method, StatusCode};
use peer_support_domain::limits;
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{STORY, a_server, each_server, problem, text_of};

const CARDS: &str = "/console/sites/demo/cards";
const POSTS: &str = "/console/sites/demo/posts";

fn cards() -> Value {
    json!({ "cards": [
        { "kind": "rules", "title": "House rules", "text": "Be kind.\nNo names.", "lang": "en" },
        { "kind": "here", "title": "Who is here", "text": "Two moderators, most evenings." },
    ]})
}

#[tokio::test]
async fn cards_that_a_lead_writes_show_on_the_site_with_a_new_tag() {
    each_server(async |server| {
        let before = server.get("/sites/demo").await.ok();
        assert_eq!(before.json()["cards"], json!([]));
        let lead = server.moderator(Role::Lead).await;

        let put = lead.write(Method::PUT, CARDS, Some(&cards())).await.ok();

        assert_eq!(put.json(), cards());
        assert_eq!(lead.get(CARDS).await.ok().json(), cards());
        let tag = [("if-none-match", before.header("etag"))];
        let after = server.call(Method::GET, "/sites/demo", &tag, None).await.ok();
        assert_eq!(after.json()["cards"], cards()["cards"]);
        let tag = [("if-none-match", after.header("etag"))];
        let again = server.call(Method::GET, "/sites/demo", &tag, None).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        assert_eq!(server.get("/sites/other").await.ok().json()["cards"], json!([]), "of another site");
    })
    .await;
}

#[tokio::test]
async fn only_leads_and_admins_write_for_the_site() {
    a_server(async |server| {
        let post = json!({ "kind": "story", "text": STORY });
        for role in [Role::Viewer, Role::Moderator] {
            let moderator = server.moderator(role).await;
            moderator.get(CARDS).await.ok();
            for (method, path, body) in [(Method::PUT, CARDS, cards()), (Method::POST, POSTS, post.clone())] {
                let answer = moderator.write(method, path, Some(&body)).await;
                assert_eq!(answer.problem(), problem(403, "role-not-allowed", ""), "{path}");
            }
        }
        for (method, path, body) in [(Method::PUT, CARDS, cards()), (Method::POST, POSTS, post.clone())] {
            let answer = server.call(method, path, &[], Some(&body)).await;
            assert_eq!(answer.problem(), problem(401, "not-signed-in", ""), "{path}");
        }
        let admin = server.moderator(Role::Admin).await;
        admin.write(Method::PUT, CARDS, Some(&cards())).await.ok();
        admin.write(Method::POST, POSTS, Some(&post)).await.ok();
        let nowhere = admin.write(Method::PUT, "/console/sites/nowhere/cards", Some(&cards())).await;
        assert_eq!(nowhere.problem(), problem(404, "not-found", "site"));
    })
    .await;
}

#[tokio::test]
async fn cards_have_limits_and_a_wrong_one_changes_nothing() {
    a_server(async |server| {
        let lead = server.moderator(Role::Lead).await;
        lead.write(Method::PUT, CARDS, Some(&cards())).await.ok();
        let card = json!({ "kind": "rules", "title": "House rules", "text": "Be kind." });
        let with = |field: &str, value: Value| {
            let mut card = card.clone();
            card[field] = value;
            json!({ "cards": [card] })
        };

        for (body, field) in [
            (json!({ "cards": vec![card.clone(); limits::CARDS.end() + 1] }), "cards"),
            (with("title", json!("x".repeat(limits::CARD_TITLE_GRAPHEMES.end() + 1))), "cards[0].title"),
            (with("text", json!("x".repeat(limits::CARD_TEXT_GRAPHEMES.end() + 1))), "cards[0].text"),
            (with("text", json!("over\u{202e}turned")), "cards[0].text"),
            (with("kind", json!("advert")), "cards[0].kind"),
        ] {
            let answer = lead.write(Method::PUT, CARDS, Some(&body)).await;
            assert_eq!(answer.problem(), problem(422, "field-invalid", field));
        }

        assert_eq!(lead.get(CARDS).await.ok().json(), cards());
        let most = json!({ "cards": vec![card.clone(); *limits::CARDS.end()] });
        lead.write(Method::PUT, CARDS, Some(&most)).await.ok();
        lead.write(Method::PUT, CARDS, Some(&json!({ "cards": [] }))).await.ok();
        assert_eq!(server.get("/sites/demo").await.ok().json()["cards"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn the_sites_to_write_to_are_listed() {
    a_server(async |server| {
        let sites = server.moderator(Role::Viewer).await.get("/console/sites").await.ok().json();

        let sites = sites.as_array().unwrap();
        assert_eq!(sites.iter().map(|site| text_of(&site["id"])).collect::<Vec<_>>(), ["demo", "other"]);
        assert_eq!(sites[0]["topics"][2], json!({ "id": "exams", "label": "Exams" }));
    })
    .await;
}

#[tokio::test]
async fn the_owners_post_is_published_at_once_and_only_once() {
    each_server(async |server| {
        let lead = server.moderator(Role::Lead).await;
        let new = json!({ "kind": "coping", "topic": "anxiety", "text": STORY, "author": "1".repeat(32) });
        let headers = [
            ("cookie", lead.cookie.as_str()),
            ("csrf-token", lead.csrf.as_str()),
            ("idempotency-key", "the-owners-first"),
        ];

        let first = server.call(Method::POST, POSTS, &headers, Some(&new)).await.ok().json();
        let again = server.call(Method::POST, POSTS, &headers, Some(&new)).await.ok().json();

        assert_eq!((&first["state"], &first), (&json!("published"), &again));
        let feed = server.get("/sites/demo/posts").await.ok().json();
        assert_eq!(feed["items"].as_array().unwrap().len(), 1);
        let post = &feed["items"][0];
        assert_eq!((&post["is_owners"], &post["topic"]), (&json!(true), &json!("anxiety")));
        assert_eq!(post.get("author"), None, "the owner writes as the owner");
        let (visitors, _) = server.published_story(STORY).await;
        assert_eq!(server.get(&format!("/posts/{visitors}")).await.ok().json()["is_owners"], json!(false));
        // Their own to take back, as everything is.
        let code = text_of(&first["recovery_code"]);
        server.call(Method::DELETE, "/mine", &[("recovery-code", &code)], None).await.ok();
        assert_eq!(server.get("/sites/demo/posts").await.ok().texts(), [STORY]);
        let unknown = json!({ "kind": "story", "topic": "weather", "text": STORY });
        let answer = lead.write(Method::POST, POSTS, Some(&unknown)).await;
        assert_eq!(answer.problem(), problem(422, "field-invalid", "topic"));
    })
    .await;
}
