//! Two people who decide, as moderators ask for it.

use axum::http::Method;
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{STORY, each_server, problem};

const RULE: &str = "/console/sites/demo/two-persons";
const RED: &str = "I want to kill myself tonight, and nobody knows.";

fn proposal_of(id: &str) -> String {
    format!("/console/items/{id}/proposal")
}

#[tokio::test]
async fn who_would_be_alone_with_the_rule_is_warned() {
    each_server(async |server| {
        let ada = server.member("Ada", &[("demo", Role::Admin)]).await;
        server.member("Vic", &[("demo", Role::Viewer)]).await;
        server.member("Eve", &[("other", Role::Admin)]).await;
        let put = async |body: Value| ada.write(Method::PUT, RULE, Some(&body)).await;

        assert_eq!(put(json!({ "is_on": true })).await.problem(), problem(409, "nobody-to-confirm", ""));
        let alone = put(json!({ "is_on": true, "even_alone": true })).await.ok().json();
        assert_eq!(alone["asks_two"], true);
        assert_eq!(put(json!({ "is_on": false })).await.ok().json()["asks_two"], false);
        let sam = server.member("Sam", &[("demo", Role::Moderator)]).await;
        let now = put(json!({ "is_on": true })).await.ok().json();
        assert_eq!(now["changes"][0]["what"], json!({ "two_persons": true }));

        let refused = sam.write(Method::PUT, RULE, Some(&json!({ "is_on": false }))).await;
        assert_eq!(refused.problem(), problem(403, "role-not-allowed", ""));
    })
    .await;
}

#[tokio::test]
async fn what_takes_two_is_proposed_shown_and_confirmed_by_another() {
    each_server(async |server| {
        let ada = server.member("Ada", &[("demo", Role::Admin)]).await;
        let sam = server.member("Sam", &[("demo", Role::Moderator)]).await;
        ada.write(Method::PUT, RULE, Some(&json!({ "is_on": true }))).await.ok();
        let (id, code) = server.story(RED).await;
        let decline = json!({ "decision": "decline", "reason": "It would hurt others.", "n_decisions": 0 });

        let proposed = ada.decide(&id, &decline).await.ok();

        assert_eq!(proposed.status, 202);
        assert_eq!(proposed.json(), json!({ "id": id, "state": "held", "waits_for_second": true }));
        assert_eq!(server.mine(&code).await.ok().json()["state"], "held");
        let shown = sam.get("/console/queue").await.ok().json()["items"][0]["proposal"].clone();
        let at = server.now();
        let expected = |is_yours: bool| {
            json!({
                "by": "Ada", "is_yours": is_yours, "decision": "decline", "reason": "It would hurt others.", "at": at
            })
        };
        assert_eq!(shown, expected(false));
        assert_eq!(ada.get("/console/queue").await.ok().json()["items"][0]["proposal"], expected(true));
        let other = ada.decide(&id, &json!({ "decision": "approve" })).await;
        assert_eq!(other.problem(), problem(409, "proposal-waits", ""));
        let confirm = json!({ "confirms": true, "read_text": RED });
        let own = ada.write(Method::PUT, &proposal_of(&id), Some(&confirm)).await;
        assert_eq!(own.problem(), problem(403, "own-proposal", ""));

        let confirmed = sam.write(Method::PUT, &proposal_of(&id), Some(&confirm)).await.ok().json();

        assert_eq!(confirmed, json!({ "id": id, "state": "declined" }));
        assert_eq!(server.mine(&code).await.ok().json()["reason"], "It would hurt others.");
        let again = sam.write(Method::PUT, &proposal_of(&id), Some(&confirm)).await;
        assert_eq!(again.problem(), problem(409, "no-proposal", ""));
        let (plain, _) = server.story(STORY).await;
        let never = sam.write(Method::PUT, &proposal_of(&plain), Some(&confirm)).await;
        assert_eq!(never.problem(), problem(409, "no-proposal", ""));
    })
    .await;
}

#[tokio::test]
async fn what_two_decide_changes_no_words() {
    each_server(async |server| {
        let ada = server.member("Ada", &[("demo", Role::Admin)]).await;
        server.member("Sam", &[("demo", Role::Moderator)]).await;
        let (id, _) = server.published_story(STORY).await;
        ada.decide(&id, &json!({ "decision": "hide", "reason": "For a while." })).await.ok();
        ada.write(Method::PUT, RULE, Some(&json!({ "is_on": true }))).await.ok();

        let folded = ada.decide(&id, &json!({ "decision": "restore", "notes": ["death"] })).await;

        assert_eq!(folded.problem(), problem(409, "for-two-unchanged", ""));
        assert_eq!(ada.decide(&id, &json!({ "decision": "restore" })).await.status, 202);
    })
    .await;
}
