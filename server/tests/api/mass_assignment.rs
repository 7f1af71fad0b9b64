//! Fields that a request may not set: whoever adds them gets what they would have got without.

use axum::http::Method;
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{STORY, Server, each_server, text_of};

/// Fields of our own answers and tables, with values that would matter.
fn forbidden() -> Value {
    json!({
        "id_of_moderator": 1, "moderator": 1, "moderator_key": 1, "by": "Grace", "name": "Grace", "role": "admin",
        "roles": { "demo": "admin" }, "everywhere": "admin", "is_everywhere": true, "site": "other", "site_key": 2,
        "state": "published", "is_published": true, "is_example": true, "is_owners": true, "owner": 1, "flags": [],
        "votes": { "heard": 99, "helped": 99, "me_too": 99 }, "n_helped": 99, "n_replies": 99, "created_at": 1,
        "at": 1, "reported_at": null, "escalated_at": null, "queue_place": -1, "seconded_by": 1, "second_key": 1,
        "is_by_code": false, "is_set_up": true, "expires_at": 9_999_999_999_999_i64, "password_hash": "x",
        "waits_for_second": false, "asks_two": false
    })
}

/// `body` with all of them, where it has none of the name.
fn with_forbidden(body: &Value) -> Value {
    let mut whole = forbidden();
    for (field, value) in body.as_object().unwrap() {
        whole[field] = value.clone();
    }
    whole
}

#[tokio::test]
async fn a_visitor_sets_nothing_but_what_they_write() {
    each_server(async |server| {
        let body = with_forbidden(&json!({ "kind": "story", "text": STORY }));
        let receipt = server.post("/sites/demo/posts", &body).await.ok().json();
        let (id, code) = (text_of(&receipt["id"]), text_of(&receipt["recovery_code"]));

        assert_eq!(receipt["state"], "held");
        assert_eq!(server.get(&format!("/posts/{id}")).await.status, 404);
        let headers = [("recovery-code", code.as_str())];
        let edit = with_forbidden(&json!({ "text": "Another text, which is long enough as well." }));
        let mine = server.call(Method::PATCH, "/mine", &headers, Some(&edit)).await.ok().json();
        assert_eq!((&mine["state"], &mine["id"]), (&json!("held"), &json!(id)));
        assert_eq!(mine["created_at"], receipt["created_at"]);

        let (post, _) = server.published_story(STORY).await;
        let reply = with_forbidden(&json!({ "text": "A reply that says something." }));
        let reply = server.post(&format!("/posts/{post}/replies"), &reply).await.ok().json();
        assert_eq!(reply["state"], "held");
        let vote = with_forbidden(&json!({ "voter": "4".repeat(32) }));
        let path = format!("/items/{post}/votes/helped");
        let counts = server.call(Method::PUT, &path, &[], Some(&vote)).await.ok().json();
        assert_eq!(counts["helped"], 1);
        let shown = server.get(&format!("/posts/{post}")).await.ok().json();
        assert_ne!(shown["is_example"], true);
        assert_ne!(shown["is_owners"], true);
        assert_eq!(shown["n_replies"].as_u64().unwrap_or_default(), 0);
    })
    .await;
}

async fn roles(server: &Server, name: &str) -> String {
    let accounts = server.store.moderators().await.unwrap();
    format!("{:?}", accounts.into_iter().find(|account| account.name == name).unwrap().roles)
}

#[tokio::test]
async fn a_moderator_sets_nothing_of_their_account_or_of_who_decides() {
    each_server(async |server| {
        server.member("Grace", &[("demo", Role::Admin), ("other", Role::Admin)]).await;
        let ada = server.member("Ada", &[("demo", Role::Moderator)]).await;
        let before = roles(server, "Ada").await;
        let write = async |method: Method, path: &str, body: Value| {
            ada.write(method, path, Some(&with_forbidden(&body))).await
        };
        let (id, _) = server.story(STORY).await;
        let of_item = |what: &str| format!("/console/items/{id}/{what}");

        let claim = write(Method::PUT, &of_item("claim"), json!({})).await.ok().json();
        assert_eq!((&claim["name"], &claim["is_yours"]), (&json!("Ada"), &json!(true)));
        write(Method::POST, &of_item("escalation"), json!({ "note": "Please look." })).await.ok();
        let queue = ada.get("/console/queue").await.ok().json();
        assert_eq!(queue["items"][0]["escalation"]["by"], "Ada");
        let decline = json!({ "decision": "decline", "reason": "Not here." });
        let decided = write(Method::POST, &of_item("decision"), decline.clone()).await.ok().json();
        assert_eq!(decided["state"], "declined");
        let again = write(Method::POST, &of_item("decision"), decline).await.json();
        assert_eq!(again["decided"]["by"], "Ada");
        let password = json!({ "password": "three pears in a boat" });
        write(Method::PUT, "/console/account/password", password).await.ok();
        let session = ada.get("/console/session").await.ok().json();
        assert_eq!((&session["name"], &session["role"]), (&json!("Ada"), &json!("moderator")));
        assert_eq!(session["is_set_up"], false);

        assert_eq!(roles(server, "Ada").await, before);
    })
    .await;
}

#[tokio::test]
async fn an_admin_changes_the_site_of_the_address_and_no_other() {
    each_server(async |server| {
        let ada = server.member("Ada", &[("demo", Role::Admin)]).await;
        server.member("Sam", &[("demo", Role::Viewer)]).await;
        let write = async |path: &str, body: Value| {
            ada.write(Method::PUT, &format!("/console/sites/demo/{path}"), Some(&with_forbidden(&body))).await
        };

        write("roles", json!({ "name": "Sam", "role": "lead" })).await.ok();
        write("sensitive", json!({ "is_sensitive": true })).await.ok();
        let card = json!({ "cards": [{ "kind": "rules", "title": "Being kind", "text": "Be kind to each other." }] });
        write("cards", card).await.ok();

        assert_eq!(roles(server, "Sam").await, "Roles { everywhere: None, by_site: {SiteId(\"demo\"): Lead} }");
        let other = [("origin", "https://other.example")];
        let other = server.call(Method::GET, "/sites/other", &other, None).await.ok().json();
        assert_ne!(other["is_sensitive"], true);
        assert!(!other.to_string().contains("Being kind"));
        let changes = ada.get("/console/sites/demo/present").await.ok().json()["changes"].clone();
        assert_eq!(changes[0]["by"], "Ada");
    })
    .await;
}
