//! Roles for each site: what one opens, and what it leaves closed.

use axum::http::Method;
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{STORY, Server, each_server, problem};

const ROLES: &str = "/console/sites/demo/roles";

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// A request for everything that a role on the other site opens, about an item of that site.
fn everything_about(item: &str) -> Vec<(Method, String, Option<Value>)> {
    let of_item = |what: &str| format!("/console/items/{item}/{what}");
    let of_site = |what: &str| format!("/console/sites/other/{what}");
    vec![
        (Method::POST, of_item("decision"), Some(json!({ "decision": "approve" }))),
        (Method::POST, of_item("words"), Some(json!({ "text": "A word for you." }))),
        (Method::PUT, of_item("claim"), Some(json!({}))),
        (Method::DELETE, of_item("claim"), None),
        (Method::POST, of_item("hand-over"), Some(json!({ "note": "For you." }))),
        (Method::POST, of_item("escalation"), Some(json!({ "note": "Please look." }))),
        (Method::GET, of_site("cards"), None),
        (Method::PUT, of_site("cards"), Some(json!({ "cards": [] }))),
        (Method::GET, of_site("playbook"), None),
        (Method::PUT, of_site("playbook"), Some(json!({ "green": [], "amber": [], "red": [] }))),
        (Method::GET, of_site("reasons"), None),
        (Method::PUT, of_site("reasons"), Some(json!({ "reasons": [] }))),
        (Method::GET, of_site("present"), None),
        (Method::PUT, of_site("forced"), Some(json!({}))),
        (Method::PUT, of_site("sensitive"), Some(json!({ "is_sensitive": true }))),
        (Method::POST, of_site("test-notification"), None),
        (Method::POST, of_site("posts"), Some(json!({ "kind": "story", "text": STORY }))),
        (Method::GET, of_site("roles"), None),
        (Method::PUT, of_site("roles"), Some(json!({ "name": "Ada", "role": "admin" }))),
        (Method::GET, "/console/queue?site=other".to_owned(), None),
        (Method::GET, "/console/colleagues?site=other".to_owned(), None),
    ]
}

#[tokio::test]
async fn what_is_of_another_site_is_not_there() {
    each_server(async |server| {
        let (elsewhere, _) =
            server.story_elsewhere("Another house, another story that is long enough.").await;
        let (here, _) = server.story(STORY).await;
        let ada = server.member("Ada", &[("demo", Role::Admin)]).await;

        assert_eq!(ids(&ada.get("/console/queue").await.ok().json()), [here]);
        let sites = ada.get("/console/sites").await.ok().json();
        assert_eq!((sites[0]["id"].as_str(), sites.as_array().unwrap().len()), (Some("demo"), 1));
        assert_eq!(sites[0]["role"], "admin");
        for (method, path, body) in everything_about(&elsewhere) {
            let refused = ada.write(method.clone(), &path, body.as_ref()).await;
            assert_eq!(refused.problem().0, 404, "{method} {path}: {}", refused.text());
            let nowhere = path.replace(&elsewhere, "0123456789abc").replace("other", "nowhere");
            let never = ada.write(method.clone(), &nowhere, body.as_ref()).await;
            assert_eq!(refused.text(), never.text(), "{method} {path} tells that it is there");
        }

        let theirs = server.member("Sam", &[("other", Role::Viewer)]).await;
        assert_eq!(ids(&theirs.get("/console/queue").await.ok().json()), [elsewhere]);
    })
    .await;
}

#[tokio::test]
async fn a_role_on_each_site_opens_each_as_far() {
    each_server(async |server| {
        let (elsewhere, _) =
            server.story_elsewhere("Another house, another story that is long enough.").await;
        let (here, _) = server.story(STORY).await;
        let ada = server.member("Ada", &[("demo", Role::Viewer), ("other", Role::Lead)]).await;

        let session = ada.get("/console/session").await.ok().json();
        assert_eq!(session["role"], "lead", "the most of them");
        assert_eq!(ids(&ada.get("/console/queue").await.ok().json()).len(), 2);
        assert_eq!(ids(&ada.get("/console/queue?site=demo").await.ok().json()), std::slice::from_ref(&here));
        let approve = json!({ "decision": "approve" });
        assert_eq!(ada.decide(&here, &approve).await.problem(), problem(403, "role-not-allowed", ""));
        ada.decide(&elsewhere, &approve).await.ok();
        let cards = json!({ "cards": [] });
        ada.write(Method::PUT, "/console/sites/other/cards", Some(&cards)).await.ok();
        let refused = ada.write(Method::PUT, "/console/sites/demo/cards", Some(&cards)).await;
        assert_eq!(refused.problem(), problem(403, "role-not-allowed", ""));
    })
    .await;
}

#[tokio::test]
async fn an_admin_gives_roles_on_their_own_site_and_never_to_themself() {
    each_server(async |server| {
        let ada = server.member("Ada", &[("demo", Role::Admin)]).await;
        let sam = server.member("Sam", &[("other", Role::Viewer)]).await;
        let put = async |name: &str, role: Value| {
            ada.write(Method::PUT, ROLES, Some(&json!({ "name": name, "role": role }))).await
        };
        assert_eq!(sam.get("/console/sites/demo/present").await.status, 404);

        let roles = put(" Sam ", json!("lead")).await.ok().json();

        let entry = |name: &str, role: &str, is_yours: bool| {
            json!({ "name": name, "role": role, "is_everywhere": false, "is_yours": is_yours })
        };
        assert_eq!(roles, json!({ "accounts": [entry("Ada", "admin", true), entry("Sam", "lead", false)] }));
        assert_eq!(ada.get(ROLES).await.ok().json(), roles);
        sam.get("/console/sites/demo/present").await.ok();
        assert_eq!(sam.get(ROLES).await.problem(), problem(403, "role-not-allowed", ""));
        assert_eq!(put("Ada", json!("viewer")).await.problem(), problem(403, "own-role", "name"));
        assert_eq!(put("Nobody", json!("viewer")).await.problem(), problem(422, "field-invalid", "name"));
        assert_eq!(put("", json!("viewer")).await.problem(), problem(422, "field-invalid", "name"));
        assert_eq!(put("Sam", json!("owner")).await.problem(), problem(422, "field-invalid", "role"));
        assert_eq!(put(&"x".repeat(61), json!("viewer")).await.problem(), problem(422, "field-invalid", "name"));

        let left = put("Sam", Value::Null).await.ok().json();
        assert_eq!(left["accounts"].as_array().unwrap().len(), 1);
        assert_eq!(sam.get("/console/sites/demo/present").await.status, 404, "at once");
        sam.get("/console/queue?site=other").await.ok();
    })
    .await;
}

#[tokio::test]
async fn a_role_for_all_sites_is_not_an_admins_to_change() {
    each_server(async |server| {
        let ada = server.member("Ada", &[("demo", Role::Admin)]).await;
        let everywhere = server.moderator(Role::Viewer).await;
        let name = everywhere.get("/console/session").await.ok().json()["name"].clone();

        let role = json!({ "name": name, "role": "moderator" });
        let refused = ada.write(Method::PUT, ROLES, Some(&role)).await;

        assert_eq!(refused.problem(), problem(409, "role-everywhere", "name"));
    })
    .await;
}

#[tokio::test]
async fn taking_a_role_that_nobody_has_tells_nothing_of_other_sites_accounts() {
    each_server(async |server| {
        let ada = server.member("Ada", &[("demo", Role::Admin)]).await;
        server.member("Sam", &[("other", Role::Moderator)]).await;
        let take = async |name: &str| ada.write(Method::PUT, ROLES, Some(&json!({ "name": name }))).await;

        let (foreign, unknown) = (take("Sam").await, take("Nobody").await);

        assert_eq!(foreign.status, 200);
        assert_eq!((foreign.status, foreign.text()), (unknown.status, unknown.text()));
    })
    .await;
}

#[tokio::test]
async fn who_loses_the_last_role_is_signed_out_at_once() {
    each_server(async |server| {
        let ada = server.member("Ada", &[("demo", Role::Admin)]).await;
        let sam = server.member("Sam", &[("demo", Role::Moderator)]).await;
        let mut stream = server.open("/api/v1/console/live", &[("cookie", &sam.cookie)]).await;

        ada.write(Method::PUT, ROLES, Some(&json!({ "name": "Sam" }))).await.ok();
        server.story(STORY).await;

        assert_eq!(sam.get("/console/queue").await.problem(), problem(401, "not-signed-in", ""));
        while let Some(told) = stream.next().await {
            assert!(!told.contains("desk"), "{told}");
        }
    })
    .await;
}

/// The next event of the desk, past comments.
async fn next_event(stream: &mut crate::client::Stream) -> Option<String> {
    loop {
        let told = stream.next().await?;
        if told.contains("event: desk") {
            return Some(told);
        }
    }
}

#[tokio::test]
async fn the_desk_tells_each_of_their_own_sites() {
    async fn check(server: &Server) {
        let ada = server.member("Ada", &[("demo", Role::Viewer)]).await;
        let mut stream = server.open("/api/v1/console/live", &[("cookie", &ada.cookie)]).await;

        let (elsewhere, _) =
            server.story_elsewhere("Another house, another story that is long enough.").await;
        let (here, _) = server.story(STORY).await;

        let told = next_event(&mut stream).await.unwrap();
        assert!(told.contains(&here) && !told.contains(&elsewhere), "{told}");
    }
    each_server(check).await;
}

#[tokio::test]
async fn colleagues_are_those_of_the_site() {
    each_server(async |server| {
        let ada = server.member("Ada", &[("demo", Role::Moderator), ("other", Role::Viewer)]).await;
        server.member("Lea", &[("demo", Role::Lead)]).await;
        server.member("Sam", &[("other", Role::Moderator)]).await;
        let vic = server.member("Vic", &[("demo", Role::Viewer)]).await;

        let names = |answer: Value| answer["names"].clone();
        assert_eq!(names(ada.get("/console/colleagues").await.ok().json()), json!(["Lea", "Sam"]));
        assert_eq!(names(ada.get("/console/colleagues?site=demo").await.ok().json()), json!(["Lea"]));
        assert_eq!(names(ada.get("/console/colleagues?site=other").await.ok().json()), json!(["Sam"]));
        assert_eq!(names(vic.get("/console/colleagues").await.ok().json()), json!(["Ada", "Lea"]));
    })
    .await;
}

#[tokio::test]
async fn reports_about_helplines_are_read_by_their_own_site() {
    each_server(async |server| {
        let report = json!({ "line": "gb-samaritans", "contact": "116 123", "problem": "no_answer" });
        server.post("/sites/demo/line-reports", &report).await.ok();
        let ada = server.member("Ada", &[("demo", Role::Viewer)]).await;
        let sam = server.member("Sam", &[("other", Role::Admin)]).await;

        let n_read = |answer: Value| answer["items"].as_array().unwrap().len();
        assert_eq!(n_read(ada.get("/console/line-reports").await.ok().json()), 1);
        assert_eq!(n_read(sam.get("/console/line-reports").await.ok().json()), 0);
    })
    .await;
}
