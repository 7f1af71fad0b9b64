//! What a site writes for its moderators.

use axum::http::Method;
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{each_server, problem};

const PLAYBOOK: &str = "/console/sites/demo/playbook";
const REASONS: &str = "/console/sites/demo/reasons";

#[tokio::test]
async fn a_site_writes_its_steps_by_colour_and_everybody_signed_in_reads_them() {
    each_server(async |server| {
        let (lead, viewer) = (server.moderator(Role::Lead).await, server.moderator(Role::Viewer).await);
        let steps =
            json!({ "green": [], "amber": ["Read it twice."], "red": ["Take a breath.", "Pass it on."] });
        assert_eq!(viewer.get(PLAYBOOK).await.ok().json(), json!({}), "none was written");

        let written = lead.write(Method::PUT, PLAYBOOK, Some(&steps)).await.ok().json();

        assert_eq!(written, json!({ "playbook": steps }));
        assert_eq!(viewer.get(PLAYBOOK).await.ok().json(), written);
        let fewer = json!({ "green": ["Read it."], "amber": [], "red": [] });
        lead.write(Method::PUT, PLAYBOOK, Some(&fewer)).await.ok();
        assert_eq!(viewer.get(PLAYBOOK).await.ok().json()["playbook"], fewer);
        let changes = viewer.get("/console/sites/demo/present").await.ok().json()["changes"].clone();
        assert_eq!((&changes[0]["what"], changes.as_array().unwrap().len()), (&json!("playbook"), 2));

        let moderator = server.moderator(Role::Moderator).await;
        let refused = moderator.write(Method::PUT, PLAYBOOK, Some(&steps)).await;
        assert_eq!(refused.problem(), problem(403, "role-not-allowed", ""));
        for (wrong, field) in [
            (json!({ "green": ["x"], "amber": [], "red": [] }), "green[0]"),
            (json!({ "green": vec!["A step"; 13], "amber": [], "red": [] }), "green"),
            (json!({ "green": [], "amber": ["x".repeat(201)], "red": [] }), "amber[0]"),
        ] {
            let refused = lead.write(Method::PUT, PLAYBOOK, Some(&wrong)).await;
            assert_eq!(refused.problem(), problem(422, "field-invalid", field));
        }
    })
    .await;
}

#[tokio::test]
async fn reasons_are_taken_when_their_wording_is_safe_and_refused_with_the_place_and_a_suggestion() {
    each_server(async |server| {
        let lead = server.moderator(Role::Lead).await;
        let reasons = |texts: &[&str]| -> Value {
            let reasons = texts.iter().map(|text| json!({ "name": "Names", "text": text }));
            json!({ "reasons": reasons.collect::<Vec<_>>() })
        };
        let safe = reasons(&["Thank you for writing. Please leave out your school's name."]);
        assert_eq!(lead.get(REASONS).await.ok().json(), json!({}));

        assert_eq!(lead.write(Method::PUT, REASONS, Some(&safe)).await.ok().json(), safe);

        for (words, suggestion) in [
            ("Please do not say that he committed suicide.", "died by suicide"),
            ("Please leave the overdose out.", "leave out how"),
            ("You should have known better.", "without blame"),
            ("Someone will answer soon.", "promise nothing"),
            ("Thank you for writing!", "full stop"),
            ("Please NEVER name people.", "small letters"),
        ] {
            let both = reasons(&["Thank you for writing.", words]);
            let refused = lead.write(Method::PUT, REASONS, Some(&both)).await;
            assert_eq!(refused.problem(), problem(422, "field-invalid", "reasons[1].text"), "{words}");
            let detail = refused.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(suggestion) && detail.contains("from character"), "{detail}");
        }
        assert_eq!(lead.get(REASONS).await.ok().json(), safe, "nothing of what was refused is kept");
        let many = reasons(&["Thank you for writing."; 13]);
        let refused = lead.write(Method::PUT, REASONS, Some(&many)).await;
        assert_eq!(refused.problem(), problem(422, "field-invalid", "reasons"));
        let moderator = server.moderator(Role::Moderator).await;
        let refused = moderator.write(Method::PUT, REASONS, Some(&safe)).await;
        assert_eq!(refused.problem(), problem(403, "role-not-allowed", ""));
    })
    .await;
}
