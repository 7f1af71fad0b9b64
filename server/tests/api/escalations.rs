//! What is passed on to a lead, and the notifications about it: to a real web server and a real mail server.

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use peer_support_domain::limits::{DELIVERY_CLAIM_MS, DELIVERY_LONGEST_WAIT_MS, DELIVERY_TRIES};
use peer_support_domain::post::Role;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::client::{STORY, Server, each_server, each_server_notifying, problem};
use crate::receivers::{Call, Does, MailServer, Receiver};

const NOTE: &str = "She writes of tonight; I would rather not answer alone.";
const HARD: &str = "I want to kill myself tonight.";
/// Two secrets of a webhook, the new one first.
const SECRETS: [&str; 2] =
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_Bv5hqZJ4cQ0kQW8m7yVw2TtLr3FQe1nU"];

/// A channel to `receiver`.
fn pager(receiver: &Receiver) -> String {
    let [new, old] = SECRETS;
    format!(
        "webhooks = [{{ name = \"pager\", url = \"http://127.0.0.1:{}/hook?of=rowan\", secrets = [\"{new}\", \"{old}\"] }}]",
        receiver.port
    )
}

/// The mail server, for the top of the configuration.
fn smtp(port: u16) -> String {
    format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nfrom = \"Rowan House <support@rowan.example>\"\n"
    )
}

async fn escalate(server: &Server, role: Role, item: &str) -> crate::client::Answer {
    let moderator = server.moderator(role).await;
    let path = format!("/console/items/{item}/escalation");
    moderator.write(Method::POST, &path, Some(&json!({ "note": NOTE }))).await
}

/// Whether one of the signatures of a call is that of `secret`.
fn is_signed(call: &Call, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let (id, at) = (call.header("webhook-id"), call.header("webhook-timestamp"));
    mac.update(format!("{id}.{at}.{}", call.body).as_bytes());
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    call.header("webhook-signature").split(' ').any(|signature| signature == expected)
}

async fn send_due(server: &Server) -> usize {
    server.outbox.send_due(&*server.store).await.unwrap()
}

async fn dead(server: &Server) -> Value {
    server.moderator(Role::Lead).await.get("/console/deliveries").await.ok().json()
}

#[tokio::test]
async fn who_decides_may_pass_on_with_a_note_and_only_what_waits() {
    each_server(async |server| {
        let (id, _) = server.story(STORY).await;
        let moderator = server.moderator(Role::Moderator).await;
        let path = format!("/console/items/{id}/escalation");
        let send =
            async |note: &str| moderator.write(Method::POST, &path, Some(&json!({ "note": note }))).await;

        assert_eq!(escalate(server, Role::Viewer, &id).await.problem(), problem(403, "role-not-allowed", ""));
        assert_eq!(send(&"x".repeat(501)).await.problem(), problem(422, "field-invalid", "note"));
        assert_eq!(send(" ").await.problem(), problem(422, "field-invalid", "note"));
        let done = send(NOTE).await.ok();
        assert_eq!((done.status.as_u16(), &done.json()["note"]), (201, &json!(NOTE)));
        assert_eq!(send(NOTE).await.ok().json(), done.json(), "sent again, it is the same");
        assert_eq!(send("Another note").await.problem(), problem(409, "escalated-before", ""));
        let queue = moderator.get("/console/queue").await.ok().json();
        assert_eq!(queue["items"][0]["escalation"], done.json());

        moderator.decide(&id, &json!({ "decision": "approve" })).await.ok();
        assert_eq!(send("Another note").await.problem(), problem(409, "not-waiting", ""));
        let nowhere = "/console/items/0000000000000/escalation";
        let answer = moderator.write(Method::POST, nowhere, Some(&json!({ "note": NOTE }))).await;
        assert_eq!(answer.problem(), problem(404, "not-found", "id"));
    })
    .await;
}

#[tokio::test]
async fn a_webhook_is_called_with_what_proves_the_sender_and_nothing_that_anybody_wrote() {
    let mut receiver = Receiver::that(&[]).await;
    let channels = pager(&receiver);
    each_server_notifying(&channels, "", async |server| {
        let (id, code) = server.story(STORY).await;
        escalate(server, Role::Moderator, &id).await.ok();

        assert_eq!(send_due(server).await, 1);
        assert_eq!(send_due(server).await, 0, "it arrived");

        let calls = receiver.calls();
        let [call] = &calls[..] else { panic!("{} calls", calls.len()) };
        assert!(SECRETS.iter().all(|secret| is_signed(call, secret)));
        assert_eq!(call.header("webhook-timestamp"), (server.now() / 1_000).to_string());
        assert_eq!(call.header("content-type"), "application/json");
        assert!(call.header("webhook-id").starts_with("msg_"));
        let body: Value = serde_json::from_str(&call.body).unwrap();
        let expected = json!({
            "type": "peer-support.escalated",
            "timestamp": "2027-01-15T08:00:00Z",
            "data": { "site": "demo", "item": id, "console": "https://support.rowan.example/console/" },
        });
        assert_eq!(body, expected);
        assert!(!call.body.contains(&code));
    })
    .await;
}

#[tokio::test]
async fn a_receiver_that_fails_first_hears_of_it_later_under_the_same_id() {
    let mut receiver = Receiver::that(&[]).await;
    let channels = pager(&receiver);
    each_server_notifying(&channels, "", async |server| {
        receiver.will(&[Does::Answers(500), Does::Redirects, Does::Answers(410)]);
        let (id, _) = server.story(STORY).await;
        escalate(server, Role::Moderator, &id).await.ok();

        for _ in 0..4 {
            assert_eq!(send_due(server).await, 1);
            assert_eq!(send_due(server).await, 0, "not before its time");
            server.wait_ms(DELIVERY_LONGEST_WAIT_MS * 2);
        }

        assert_eq!(send_due(server).await, 0, "it arrived");
        let calls = receiver.calls();
        assert_eq!(calls.len(), 4, "no redirect was followed");
        assert!(calls.iter().all(|call| call.header("webhook-id") == calls[0].header("webhook-id")));
        assert!(calls.iter().all(|call| call.body == calls[0].body && is_signed(call, SECRETS[0])));
        assert_eq!(dead(server).await, json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_crash_between_sending_and_noting_it_sends_again_under_the_same_id() {
    let mut receiver = Receiver::that(&[]).await;
    let channels = pager(&receiver);
    each_server_notifying(&channels, "", async |server| {
        receiver.will(&[Does::Hangs]);
        let (id, _) = server.story(STORY).await;
        escalate(server, Role::Moderator, &id).await.ok();

        let first = tokio::select! {
            _ = server.outbox.send_due(&*server.store) => panic!("it was answered"),
            call = receiver.call() => call,
        };
        assert_eq!(send_due(server).await, 0, "another server leaves it alone for a while");
        server.wait_ms(DELIVERY_CLAIM_MS);
        assert_eq!(send_due(server).await, 1);

        let again = receiver.call().await;
        assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
        assert_eq!(again.body, first.body);
    })
    .await;
}

#[tokio::test]
async fn what_is_given_up_is_listed_for_leads_who_send_it_again_or_discard_it() {
    let mut receiver = Receiver::that(&[]).await;
    let channels = pager(&receiver);
    each_server_notifying(&channels, "", async |server| {
        receiver.will(&[Does::Answers(403); DELIVERY_TRIES as usize]);
        let (id, _) = server.story(STORY).await;
        escalate(server, Role::Moderator, &id).await.ok();
        for _ in 0..DELIVERY_TRIES {
            assert_eq!(send_due(server).await, 1);
            server.wait_ms(DELIVERY_LONGEST_WAIT_MS * 2);
        }
        assert_eq!(send_due(server).await, 0);

        let listed = dead(server).await;

        assert_eq!(listed.as_array().unwrap().len(), 1);
        let entry = &listed[0];
        assert_eq!((&entry["channel"], &entry["failure"]), (&json!("pager"), &json!("refused")));
        assert_eq!((&entry["n_tries"], &entry["item"]), (&json!(DELIVERY_TRIES), &json!(id)));
        assert!(!listed.to_string().contains("hook"), "no address: {listed}");

        let path = format!("/console/deliveries/{}", entry["id"].as_str().unwrap());
        for method in [Method::POST, Method::DELETE] {
            let moderator = server.moderator(Role::Moderator).await;
            let refused = moderator.write(method, &path, None).await;
            assert_eq!(refused.problem(), problem(403, "role-not-allowed", ""));
            let refused = moderator.get("/console/deliveries").await;
            assert_eq!(refused.problem(), problem(403, "role-not-allowed", ""));
        }
        let lead = server.moderator(Role::Lead).await;
        lead.write(Method::POST, &path, None).await.ok();
        let gone = lead.write(Method::DELETE, &path, None).await;
        assert_eq!(gone.problem(), problem(404, "not-found", "delivery"), "it is under way");
        receiver.calls();
        assert_eq!(send_due(server).await, 1);
        assert_eq!(receiver.calls().len(), 1);
        assert_eq!(dead(server).await, json!([]));
    })
    .await;
}

#[tokio::test]
async fn an_e_mail_says_that_something_waits_and_not_what() {
    let mut mail = MailServer::that_answers(&["451 later"]).await;
    let top = smtp(mail.port);
    let channels = "email = [\"lead@rowan.example\", \"Bo <bo@rowan.example>\"]";
    let mut is_first = true;
    each_server_notifying(channels, &top, async |server| {
        server.story(HARD).await;

        if std::mem::take(&mut is_first) {
            assert_eq!(send_due(server).await, 1, "refused for now");
            server.wait_ms(DELIVERY_LONGEST_WAIT_MS);
        }
        assert_eq!(send_due(server).await, 1);
        assert_eq!(send_due(server).await, 0);

        let letters = mail.letters();
        let ids =
            letters.iter().map(|letter| letter.lines().find(|line| line.starts_with("Message-ID")).unwrap());
        assert_eq!(ids.collect::<std::collections::BTreeSet<_>>().len(), 1, "the same id in every try");
        let letter = letters.last().unwrap();
        for said in [
            "RCPT TO:<lead@rowan.example>",
            "RCPT TO:<bo@rowan.example>",
            "Subject: Something waits for you in the console",
            "https://support.rowan.example/console/",
        ] {
            assert!(letter.contains(said), "{said}: {letter}");
        }
        for unsaid in ["kill", "tonight", "risk", "crisis", "demo"] {
            assert!(!letter.contains(unsaid), "{unsaid}: {letter}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_site_is_told_of_a_risk_unless_it_wants_not_to_be() {
    let mut receiver = Receiver::that(&[]).await;
    for (wish, n_calls) in [("", 1), ("risk = false", 0)] {
        let channels = format!("{}\n{wish}", pager(&receiver));
        each_server_notifying(&channels, "", async |server| {
            server.story(HARD).await;
            server.story(STORY).await;

            send_due(server).await;

            let calls = receiver.calls();
            assert_eq!(calls.len(), n_calls, "{wish:?}");
            assert!(calls.iter().all(|call| call.body.contains("peer-support.risk")));
        })
        .await;
    }
}

#[tokio::test]
async fn a_test_tries_every_channel_once_and_tells_what_became_of_it() {
    let mut receiver = Receiver::that(&[]).await;
    let mut mail = MailServer::that_answers(&["550 nobody here", "550 nobody here"]).await;
    let top = smtp(mail.port);
    let [secret, _] = SECRETS;
    // The second one leads into the server's own network, and nothing listens at the third.
    let channels = format!(
        r#"
        email = ["lead@rowan.example"]
        webhooks = [
            {{ name = "pager", url = "http://127.0.0.1:{0}/", secrets = ["{secret}"] }},
            {{ name = "inside", url = "https://127.0.0.1:{0}/", secrets = ["{secret}"] }},
            {{ name = "away", url = "http://127.0.0.1:1/", secrets = ["{secret}"] }},
            {{ name = "no-tls", url = "https://127.0.0.1:{0}/", secrets = ["{secret}"], allow_private = true }},
        ]
        "#,
        receiver.port
    );
    each_server_notifying(&channels, &top, async |server| {
        let path = "/console/sites/demo/test-notification";
        let moderator = server.moderator(Role::Moderator).await;
        let refused = moderator.write(Method::POST, path, None).await;
        assert_eq!(refused.problem(), problem(403, "role-not-allowed", ""));

        let lead = server.moderator(Role::Lead).await;
        let told = lead.write(Method::POST, path, None).await.ok().json();

        let expected = json!([
            { "channel": "pager" },
            { "channel": "inside", "failure": "address-not-allowed" },
            { "channel": "away", "failure": "unreachable" },
            { "channel": "no-tls", "failure": "tls" },
            { "channel": "email", "failure": "refused" },
        ]);
        assert_eq!(told, expected);
        let calls = receiver.calls();
        assert_eq!(calls.len(), 1);
        assert!(calls[0].body.contains("peer-support.test"));
        assert_eq!(mail.letters().len(), 1);
        assert_eq!(dead(server).await, json!([]), "a test is not tried again");
    })
    .await;
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_not_waited_for() {
    let mut receiver = Receiver::that(&[]).await;
    let channels = pager(&receiver);
    each_server_notifying(&channels, "", async |server| {
        receiver.will(&[Does::Hangs]);
        let site = "demo".parse().unwrap();
        let lead = async {
            receiver.call().await;
            // What is waited for from here on is the clock alone.
            tokio::time::pause();
            std::future::pending::<()>().await;
        };

        let told = tokio::select! {
            told = server.outbox.test(&site) => told,
            () = lead => unreachable!("it waits for ever"),
        };
        tokio::time::resume();

        assert_eq!(
            serde_json::to_value(told).unwrap(),
            json!([{ "channel": "pager", "failure": "timed-out" }])
        );
    })
    .await;
}
