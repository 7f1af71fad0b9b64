//! The OpenAPI document against the routes and against real answers.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use jsonschema::Validator;
use peer_support_domain::post::Role;
use peer_support_domain::recovery::RecoveryCode;
use serde_json::{Value, json};

use crate::client::{Answer, REPLY, STORY, Server, a_server, each_server};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

async fn description(server: &Server) -> Value {
    server.get("/openapi.json").await.ok().json()
}

/// Each documented path with its documented methods.
fn documented(document: &Value) -> Vec<(String, BTreeSet<String>)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .map(|(path, operations)| {
            let methods =
                operations.as_object().unwrap().keys().filter(|key| METHODS.contains(&key.as_str()));
            (path.clone(), methods.map(|method| method.to_uppercase()).collect())
        })
        .collect()
}

#[tokio::test]
async fn every_route_is_documented_and_every_documented_route_is_there() {
    // The router cannot be asked for its routes, so they are read where they are written.
    let router = include_str!("../../src/http/mod.rs");
    let api = router.split("let api = Router::new()").nth(1).unwrap().split("Router::new()").next().unwrap();
    let written: BTreeSet<_> =
        api.split(".route(\"").skip(1).map(|route| route.split('"').next().unwrap().to_owned()).collect();
    assert!(written.len() >= 10, "{written:?}");

    a_server(async |server| {
        let documented = documented(&description(server).await);

        assert_eq!(documented.iter().map(|(path, _)| path.clone()).collect::<BTreeSet<_>>(), written);
        for (path, methods) in documented {
            let path = path
                .replace("{site}", "demo")
                .replace("{id}", "0000000000000")
                .replace("{reaction}", "heard")
                .replace("{session}", "1");
            // No route takes TRACE, so the answer lists what it does take.
            let answer = server.call(Method::TRACE, &path, &[], None).await;
            let allowed =
                answer.header("allow").split(',').filter(|method| *method != "HEAD").map(str::to_owned);
            assert_eq!(allowed.collect::<BTreeSet<_>>(), methods, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn codes_that_the_document_shows_could_be_codes() {
    a_server(async |server| {
        let document = description(server).await;
        let mut n_codes = 0;
        for parameter in document["components"]["parameters"].as_object().unwrap().values() {
            if parameter["name"].as_str().unwrap().ends_with("-Code") {
                let example = parameter["schema"]["examples"][0].as_str().unwrap();
                assert!(example.parse::<RecoveryCode>().is_ok(), "{example}");
                n_codes += 1;
            }
        }
        assert_eq!(n_codes, 3);
    })
    .await;
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    fn check(value: &Value, document: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
                    let pointer = target.strip_prefix('#').expect("references stay inside");
                    assert!(document.pointer(pointer).is_some(), "{target}");
                }
                fields.values().for_each(|value| check(value, document));
            }
            Value::Array(values) => values.iter().for_each(|value| check(value, document)),
            _ => {}
        }
    }
    a_server(async |server| {
        let document = description(server).await;
        assert_eq!(document["openapi"], "3.1.0");
        check(&document, &document);
    })
    .await;
}

/// The document's word on real answers. Its schemas allow fields to be added later; here none may be left out of it.
struct Word {
    document: Value,
}

impl Word {
    fn of(mut document: Value) -> Self {
        for schema in document["components"]["schemas"].as_object_mut().unwrap().values_mut() {
            if schema["properties"].is_object() {
                schema["additionalProperties"] = json!(false);
            }
        }
        Self { document }
    }

    fn validator(&self, schema: &Value) -> Validator {
        let mut root = schema.clone();
        root["components"] = self.document["components"].clone();
        jsonschema::draft202012::new(&root).unwrap()
    }

    /// Checks `answer` against what the document says of `method path`.
    #[track_caller]
    fn holds(&self, method: &str, path: &str, answer: &Answer) {
        let responses = &self.document["paths"][path][method]["responses"];
        let mut response = &responses[answer.status.as_str()];
        assert!(
            response.is_object(),
            "{method} {path} does not document {}: {}",
            answer.status,
            answer.text()
        );
        if let Some(target) = response["$ref"].as_str() {
            response = self.document.pointer(&target[1..]).unwrap();
        }
        let Some(content) = response["content"].as_object() else {
            assert!(answer.body.is_empty(), "{method} {path}: {}", answer.text());
            return;
        };
        let schema = &content[answer.header("content-type")]["schema"];
        let errors: Vec<_> =
            self.validator(schema).iter_errors(&answer.json()).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{method} {path}: {errors:?}: {}", answer.text());
    }

    /// Whether the document takes `body` for a request.
    fn takes(&self, method: &str, path: &str, body: &Value) -> bool {
        let schema =
            &self.document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"];
        self.validator(schema).is_valid(body)
    }
}

#[tokio::test]
async fn real_answers_are_as_documented() {
    each_server(async |server| {
        let word = Word::of(description(server).await);
        let site_posts = "/sites/{site}/posts";

        word.holds("get", "/sites/{site}", &server.get("/sites/demo").await.ok());
        word.holds("get", "/sites/{site}", &server.get("/sites/nobody").await);
        word.holds("get", "/sites/{site}", &server.get("/sites/Nobody").await);
        let full = json!({
            "id": "0123456789abc", "kind": "story", "topic": "anxiety", "text": STORY, "lang": "en-GB", "notes": ["eating"],
            "author": "1".repeat(32), "recovery": "2".repeat(32),
        });
        let short = json!({ "kind": "question", "text": STORY });
        for new in [&full, &short] {
            assert!(word.takes("post", site_posts, new));
            word.holds("post", site_posts, &server.post("/sites/demo/posts", new).await.ok());
        }
        word.holds("post", site_posts, &server.post("/sites/demo/posts", &full).await);
        word.holds("post", site_posts, &server.post("/sites/demo/posts", &json!({ "kind": 1 })).await);
        assert!(!word.takes("post", site_posts, &json!({ "kind": "poem", "text": STORY })));

        let moderator = server.moderator(Role::Moderator).await;
        let queue = moderator.get("/console/queue?limit=1").await.ok();
        assert!(queue.json()["next"].is_string());
        word.holds("get", "/console/queue", &queue);
        word.holds("get", "/console/queue", &server.get("/console/queue").await);
        word.holds("get", "/console/session", &moderator.get("/console/session").await.ok());
        let passed_on = "/console/items/{id}/escalation";
        let note = json!({ "note": "I am not sure." });
        assert!(word.takes("post", passed_on, &note));
        let path = "/console/items/0123456789abc/escalation";
        word.holds("post", passed_on, &moderator.write(Method::POST, path, Some(&note)).await.ok());
        let other = json!({ "note": "I am not sure at all." });
        word.holds("post", passed_on, &moderator.write(Method::POST, path, Some(&other)).await);
        word.holds("get", "/console/queue", &moderator.get("/console/queue").await.ok());
        let admin = server.moderator(Role::Admin).await;
        word.holds("get", "/console/deliveries", &admin.get("/console/deliveries").await.ok());
        word.holds("get", "/console/deliveries", &moderator.get("/console/deliveries").await);
        for method in [Method::POST, Method::DELETE] {
            let gone = admin.write(method.clone(), "/console/deliveries/msg_1", None).await;
            word.holds(&method.as_str().to_lowercase(), "/console/deliveries/{delivery}", &gone);
        }
        word.holds("get", "/console/audit", &admin.get("/console/audit").await.ok());
        word.holds("get", "/console/audit", &moderator.get("/console/audit").await);
        word.holds("get", "/console/audit/export", &moderator.get("/console/audit/export").await);
        let test = "/console/sites/{site}/test-notification";
        word.holds("post", test, &admin.write(Method::POST, &test.replace("{site}", "demo"), None).await.ok());
        let until = server.now() + 60_000;
        for (path, body) in [
            ("/console/sites/{site}/forced", json!({ "forced": { "rule": "hold-all", "until": until } })),
            ("/console/sites/{site}/forced", json!({})),
            ("/console/sites/{site}/sensitive", json!({ "is_sensitive": true })),
            ("/console/sites/{site}/sensitive", json!({ "is_sensitive": false })),
        ] {
            assert!(word.takes("put", path, &body), "{body}");
            let at = path.replace("{site}", "demo");
            word.holds("put", path, &admin.write(Method::PUT, &at, Some(&body)).await.ok());
        }
        for (path, body) in [
            ("/console/sites/{site}/playbook", json!({ "green": [], "amber": ["Read it."], "red": ["Breathe."] })),
            ("/console/sites/{site}/reasons", json!({ "reasons": [{ "name": "Names", "text": "Thank you." }] })),
        ] {
            assert!(word.takes("put", path, &body), "{body}");
            let at = path.replace("{site}", "demo");
            word.holds("get", path, &admin.get(&at).await.ok());
            word.holds("put", path, &admin.write(Method::PUT, &at, Some(&body)).await.ok());
            word.holds("get", path, &admin.get(&at).await.ok());
        }
        let (drills, at) = ("/console/sites/{site}/drills", "/console/sites/demo/drills");
        let drill = json!({ "n_red": 1, "n_amber": 0, "lang": "en", "minutes": 60 });
        assert!(word.takes("post", drills, &drill));
        assert!(!word.takes("post", drills, &json!({ "n_red": 1, "n_amber": 0, "lang": "en", "minutes": 0 })));
        for _ in 0..2 {
            word.holds("post", drills, &admin.write(Method::POST, at, Some(&drill)).await);
        }
        let page = admin.get("/console/queue?limit=100").await.ok().json();
        let is_red = |item: &&Value| {
            let flags = item["flags"].as_array();
            flags.is_some_and(|flags| flags.contains(&json!("crisis")) || flags.contains(&json!("danger")))
        };
        let red = page["items"].as_array().unwrap().iter().find(is_red).unwrap()["id"].as_str().unwrap();
        let claimed = admin.write(Method::PUT, &format!("/console/items/{red}/claim"), Some(&json!({}))).await;
        word.holds("put", "/console/items/{id}/claim", &claimed.ok());
        let no = json!({ "decision": "decline", "reason": "Not here." });
        word.holds("post", "/console/items/{id}/decision", &admin.decide(red, &no).await.ok());
        word.holds("get", drills, &admin.get(at).await.ok());
        word.holds("delete", drills, &admin.write(Method::DELETE, at, None).await.ok());
        word.holds("get", drills, &admin.get(at).await.ok());
        word.holds("get", drills, &moderator.get(at).await);
        let present = "/console/sites/{site}/present";
        word.holds("get", present, &admin.get(&present.replace("{site}", "demo")).await.ok());
        word.holds("get", present, &admin.get(&present.replace("{site}", "nobody")).await);
        let decision = "/console/items/{id}/decision";
        let approve = json!({ "decision": "approve" });
        assert!(word.takes("post", decision, &approve));
        word.holds("post", decision, &moderator.decide("0123456789abc", &approve).await.ok());
        word.holds("post", decision, &moderator.decide("0123456789abc", &approve).await);

        let (reply, reply_code) = server.published_reply("0123456789abc", REPLY).await;
        let (_, code) = server.published_story(STORY).await;
        for path in ["/sites/demo/posts", "/sites/demo/posts?limit=1"] {
            word.holds("get", site_posts, &server.get(path).await.ok());
        }
        word.holds("get", "/posts/{id}", &server.get("/posts/0123456789abc").await.ok());
        word.holds("get", "/posts/{id}", &server.get(&format!("/posts/{reply}")).await);
        word.holds("get", "/posts/{id}/replies", &server.get("/posts/0123456789abc/replies").await.ok());
        word.holds(
            "post",
            "/posts/{id}/replies",
            &server.post("/posts/0123456789abc/replies", &json!({ "text": REPLY })).await.ok(),
        );

        let vote = "/items/{id}/votes/{reaction}";
        let voter = json!({ "voter": "3".repeat(32) });
        assert!(word.takes("put", vote, &voter));
        let path = format!("/items/{reply}/votes/me-too");
        word.holds("put", vote, &server.call(Method::PUT, &path, &[], Some(&voter)).await.ok());
        word.holds("delete", vote, &server.call(Method::DELETE, &path, &[], Some(&voter)).await.ok());

        let words = "/console/items/{id}/words";
        let asked = json!({ "text": "Are you safe tonight?" });
        let asked = moderator.write(Method::POST, &format!("/console/items/{reply}/words"), Some(&asked)).await;
        word.holds("post", words, &asked.ok());
        let empty = json!({ "text": "" });
        let refused = moderator.write(Method::POST, &format!("/console/items/{reply}/words"), Some(&empty)).await;
        word.holds("post", words, &refused);
        let by_code = [("recovery-code", reply_code.as_str())];
        let path = "/posts/0123456789abc/replies";
        let answer = server.call(Method::POST, path, &by_code, Some(&json!({ "text": REPLY }))).await.ok();
        word.holds("post", "/posts/{id}/replies", &answer);
        let by_code = [("recovery-code", code.as_str())];
        let answer = server.call(Method::POST, path, &by_code, Some(&json!({ "text": REPLY }))).await;
        word.holds("post", "/posts/{id}/replies", &answer);
        for code in [&code, &reply_code] {
            word.holds("get", "/mine", &server.mine(code).await.ok());
            let header = [("recovery-code", code.as_str())];
            let edit = json!({ "text": "Another text, long enough for either of them." });
            let edited = server.call(Method::PATCH, "/mine", &header, Some(&edit)).await;
            word.holds("patch", "/mine", &edited);
            let said = json!({ "text": "May I change it?" });
            assert!(word.takes("post", "/mine/words", &said));
            let said = server.call(Method::POST, "/mine/words", &header, Some(&said)).await.ok();
            word.holds("post", "/mine/words", &said);
            word.holds("get", "/mine", &server.mine(code).await.ok());
            let queue = moderator.get("/console/queue").await.ok();
            assert!(queue.text().contains("published_text") && queue.text().contains("May I change it?"));
            word.holds("get", "/console/queue", &queue);
            word.holds("delete", "/mine", &server.call(Method::DELETE, "/mine", &header, None).await.ok());
        }
        word.holds("get", "/mine", &server.get("/mine").await);

        let reports = "/items/{id}/reports";
        let report = json!({ "reason": "unkind", "reporter": "4".repeat(32) });
        assert!(word.takes("post", reports, &report));
        assert!(!word.takes("post", reports, &json!({ "reason": "rude", "reporter": "4".repeat(32) })));
        let counted = server.post("/items/0123456789abc/reports", &report).await.ok();
        word.holds("post", reports, &counted);
        word.holds("post", reports, &server.post("/items/0123456789abc/reports", &report).await.ok());
        word.holds("post", reports, &server.post(&format!("/items/{reply}/reports"), &report).await);
        word.holds("post", reports, &server.post("/items/0123456789abc/reports", &json!({})).await);
        let queue = moderator.get("/console/queue").await.ok();
        assert!(queue.json()["items"][0]["reports"].is_array());
        word.holds("get", "/console/queue", &queue);
        let receipt = server.post("/items/0123456789abc/reports", &report).await.json();
        let receipt = [("report-code", receipt["code"].as_str().unwrap())];
        word.holds("get", "/report", &server.call(Method::GET, "/report", &receipt, None).await.ok());
        word.holds("get", "/report", &server.get("/report").await);

        let line_reports = "/sites/{site}/line-reports";
        let report = json!({ "line": "gb-samaritans", "contact": "116 123", "problem": "no_answer" });
        assert!(word.takes("post", line_reports, &report));
        word.holds("post", line_reports, &server.post("/sites/demo/line-reports", &report).await.ok());
        word.holds("post", line_reports, &server.post("/sites/nobody/line-reports", &report).await);
        let unknown = json!({ "line": "gb-samaritans", "contact": "116 123", "problem": "rude" });
        assert!(!word.takes("post", line_reports, &unknown));
        word.holds("post", line_reports, &server.post("/sites/demo/line-reports", &unknown).await);
        let listed = moderator.get("/console/line-reports").await.ok();
        assert_eq!(listed.json()["items"][0]["n_reports"], 1);
        word.holds("get", "/console/line-reports", &listed);
        word.holds("get", "/console/line-reports", &server.get("/console/line-reports").await);

        let (held, _) = server.story(STORY).await;
        let (claim, hand_over) = ("/console/items/{id}/claim", "/console/items/{id}/hand-over");
        let (of_held, over_held) = (claim.replace("{id}", &held), hand_over.replace("{id}", &held));
        let other = server.moderator(Role::Moderator).await;
        for takes_over in [json!({}), json!({ "takes_over": true })] {
            assert!(word.takes("put", claim, &takes_over));
            word.holds("put", claim, &moderator.write(Method::PUT, &of_held, Some(&takes_over)).await.ok());
        }
        word.holds("put", claim, &other.write(Method::PUT, &of_held, Some(&json!({}))).await);
        word.holds("get", "/console/queue", &other.get("/console/queue").await.ok());
        let span = json!([{ "start": 0, "end": 8 }]);
        let cut = json!({ "decision": "approve", "read_text": STORY, "taken_out": span, "notes": ["death"] });
        let (cut_id, cut_code) = server.story(STORY).await;
        assert!(word.takes("post", "/console/items/{id}/decision", &cut));
        word.holds("post", "/console/items/{id}/decision", &moderator.decide(&cut_id, &cut).await.ok());
        word.holds("get", "/mine", &server.mine(&cut_code).await.ok());
        let decline = json!({ "decision": "decline", "reason": "Not here.", "n_decisions": 0 });
        assert!(word.takes("post", "/console/items/{id}/decision", &decline));
        word.holds("post", "/console/items/{id}/decision", &other.decide(&held, &decline).await);
        for note in [json!({ "note": "For you." }), json!({ "note": "", "to": "Nobody" })] {
            assert!(word.takes("post", hand_over, &note));
            word.holds("post", hand_over, &moderator.write(Method::POST, &over_held, Some(&note)).await);
        }
        word.holds("get", "/console/queue", &other.get("/console/queue").await.ok());
        word.holds("delete", claim, &moderator.write(Method::DELETE, &of_held, None).await.ok());
        other.decide(&held, &decline).await.ok();
        word.holds("post", "/console/items/{id}/decision", &moderator.decide(&held, &decline).await);
        let thread = "/console/items/{id}/thread";
        for path in [format!("/console/items/{held}/thread"), format!("/console/items/{cut_id}/thread")] {
            word.holds("get", thread, &moderator.get(&path).await.ok());
        }
        let end = moderator.get("/console/items/0123456789abc/thread?before=0&after=0").await;
        word.holds("get", thread, &end);
        word.holds("get", thread, &moderator.get("/console/items/0000000000000/thread").await);
        word.holds("get", "/console/colleagues", &moderator.get("/console/colleagues").await.ok());
        word.holds("get", "/console/live", &server.get("/console/live").await);

        let (objected, code) = server.story(STORY).await;
        other.decide(&objected, &decline).await.ok();
        word.holds("get", "/mine", &server.mine(&code).await.ok());
        let objection = json!({ "text": "It is not so." });
        let by_code = [("recovery-code", code.as_str())];
        assert!(word.takes("post", "/mine/objection", &objection));
        for _ in 0..2 {
            let sent = server.call(Method::POST, "/mine/objection", &by_code, Some(&objection)).await.ok();
            word.holds("post", "/mine/objection", &sent);
        }
        word.holds("get", "/console/queue", &moderator.get("/console/queue").await.ok());
        let answer = json!({ "decision": "decline", "reason": "It stays." });
        word.holds("post", "/console/items/{id}/decision", &other.decide(&objected, &answer).await);
        moderator.decide(&objected, &answer).await.ok();
        word.holds("get", "/mine", &server.mine(&code).await.ok());
        let nothing = server.call(Method::POST, "/mine/objection", &[], Some(&objection)).await;
        word.holds("post", "/mine/objection", &nothing);

        let (spam, _) = server.story("Buy cheap pills now on our page, message me for the price list.").await;
        let read = |id: &str, text: &str| json!({ "id": id, "read_text": text, "n_decisions": 0 });
        let text = "Buy cheap pills now on our page, message me for the price list.";
        let items = json!([read(&spam, text), read(&cut_id, STORY), read("0000000000000", text)]);
        let bulk = json!({ "reason": "This sells something.", "items": items });
        assert!(word.takes("post", "/console/decline-spam", &bulk));
        for _ in 0..2 {
            let declined = moderator.write(Method::POST, "/console/decline-spam", Some(&bulk)).await.ok();
            word.holds("post", "/console/decline-spam", &declined);
        }
        let none = json!({ "reason": "This sells something.", "items": [] });
        assert!(!word.takes("post", "/console/decline-spam", &none));
        let none = moderator.write(Method::POST, "/console/decline-spam", Some(&none)).await;
        word.holds("post", "/console/decline-spam", &none);
        let find = json!({
            "words": "school", "site": "demo", "state": "held", "kind": "reply", "topic": "anxiety", "flag": "reported",
            "lang": "en", "is_mine": true, "cursor": "0".repeat(26),
        });
        for find in [find, json!({}), json!({ "state": "published" }), json!({ "words": "?" })] {
            assert!(word.takes("post", "/console/search", &find));
            let found = moderator.write(Method::POST, "/console/search?limit=2", Some(&find)).await;
            word.holds("post", "/console/search", &found);
        }
        word.holds("post", "/console/search", &server.post("/console/search", &json!({})).await);
        let elsewhere = json!({ "site": "nobody" });
        let found = moderator.write(Method::POST, "/console/search", Some(&elsewhere)).await;
        assert_eq!(found.status, StatusCode::NOT_FOUND);
        word.holds("post", "/console/search", &found);

        let search = json!({ "words": "school", "kind": "story", "topic": "anxiety" });
        assert!(word.takes("post", "/sites/{site}/search", &search));
        word.holds("post", "/sites/{site}/search", &server.post("/sites/demo/search", &search).await.ok());
        let nothing = server.post("/sites/demo/search", &json!({ "words": "?" })).await;
        word.holds("post", "/sites/{site}/search", &nothing);

        let lead = server.moderator(Role::Lead).await;
        let cards = "/console/sites/{site}/cards";
        let list = json!({ "cards": [
            { "kind": "trusted", "title": "Asking", "text": "Asking helps. Source: WHO.", "lang": "en" },
        ]});
        assert!(word.takes("put", cards, &list));
        word.holds(
            "put",
            cards,
            &lead.write(Method::PUT, "/console/sites/demo/cards", Some(&list)).await.ok(),
        );
        word.holds(
            "put",
            cards,
            &moderator.write(Method::PUT, "/console/sites/demo/cards", Some(&list)).await,
        );
        word.holds("get", cards, &moderator.get("/console/sites/demo/cards").await.ok());
        word.holds("get", "/console/sites", &moderator.get("/console/sites").await.ok());
        word.holds("get", "/sites/{site}", &server.get("/sites/demo").await.ok());
        let owners = lead.write(Method::POST, "/console/sites/demo/posts", Some(&short)).await.ok();
        word.holds("post", "/console/sites/{site}/posts", &owners);

        let admin = server.moderator(Role::Admin).await;
        server.member("Sam", &[("other", Role::Viewer)]).await;
        let roles = "/console/sites/{site}/roles";
        let put = async |body: Value| admin.write(Method::PUT, "/console/sites/demo/roles", Some(&body)).await;
        let given = json!({ "name": "Sam", "role": "lead" });
        assert!(word.takes("put", roles, &given));
        word.holds("put", roles, &put(given).await.ok());
        word.holds("get", roles, &admin.get("/console/sites/demo/roles").await.ok());
        word.holds("put", roles, &put(json!({ "name": "Sam" })).await.ok());
        let own = admin.get("/console/session").await.ok().json()["name"].clone();
        word.holds("put", roles, &put(json!({ "name": own })).await);
        word.holds("put", roles, &put(json!({ "name": "Nobody", "role": "viewer" })).await);
        word.holds("get", roles, &moderator.get("/console/sites/demo/roles").await);
        word.holds("get", "/console/queue", &admin.get("/console/queue?site=demo").await.ok());
        word.holds("get", "/console/queue", &admin.get("/console/queue?site=nowhere").await);
        word.holds("get", "/console/colleagues", &admin.get("/console/colleagues?site=demo").await.ok());

        let account = "/console/account";
        word.holds("get", account, &moderator.get(account).await.ok());
        word.holds("get", account, &server.get(account).await);
        let path = "/console/account/authenticator";
        for (method, name, body) in [
            (Method::PUT, "put", json!({ "code": "123456" })),
            (Method::POST, "post", json!({})),
            (Method::PUT, "put", json!({ "code": "12345" })),
        ] {
            assert!(word.takes(name, path, &body));
            word.holds(name, path, &moderator.write(method, path, Some(&body)).await);
        }
        let path = "/console/account/recovery-codes";
        word.holds("post", path, &moderator.write(Method::POST, path, Some(&json!({}))).await);
        let path = "/console/account/password";
        for password in ["short", "password1234", "three pears in a boat"] {
            let new = json!({ "password": password });
            assert!(word.takes("put", path, &new));
            word.holds("put", path, &moderator.write(Method::PUT, path, Some(&new)).await);
        }
        let path = "/console/account/sessions";
        word.holds("get", path, &moderator.get(path).await.ok());
        word.holds("delete", path, &moderator.write(Method::DELETE, path, None).await.ok());
        for id in ["0", "x"] {
            let answer = moderator.write(Method::DELETE, &format!("{path}/{id}"), None).await;
            word.holds("delete", "/console/account/sessions/{session}", &answer);
        }
        let path = "/console/session/password";
        let by_password = json!({ "name": "Nobody", "password": "x", "code": "1", "device": "Kitchen" });
        assert!(word.takes("post", path, &by_password));
        for _ in 0..6 {
            word.holds("post", path, &server.post(path, &by_password).await);
        }
        word.holds("get", account, &moderator.get(account).await.ok());

        let code = json!({ "code": server.sign_in_code(Role::Admin).await.to_string() });
        word.holds("post", "/console/session", &server.post("/console/session", &code).await.ok());
        word.holds("post", "/console/session", &server.post("/console/session", &code).await);
        let out = moderator.write(Method::DELETE, "/console/session", None).await.ok();
        word.holds("delete", "/console/session", &out);

        server.wait_ms(92 * 24 * 60 * 60 * 1_000);
        let lead = server.moderator(Role::Lead).await;
        for path in ["/console/sites/{site}/statistics", "/console/sites/{site}/statistics.csv"] {
            word.holds("get", path, &lead.get(&path.replace("{site}", "nobody")).await);
        }
        let path = "/console/sites/{site}/statistics";
        let counted = lead.get("/console/sites/demo/statistics?year=2027").await.ok();
        assert_eq!(counted.json().as_array().unwrap().len(), 1);
        word.holds("get", path, &counted);
    })
    .await;
}

#[tokio::test]
async fn the_documents_limits_are_the_domains() {
    use peer_support_domain::limits;
    a_server(async |server| {
        let document = description(server).await;
        let parameters = &document["components"]["parameters"];

        let limit = &parameters["Limit"]["schema"];
        assert_eq!(limit["minimum"], *limits::PAGE_ITEMS.start());
        assert_eq!(limit["maximum"], *limits::PAGE_ITEMS.end());
        assert_eq!(limit["default"], limits::DEFAULT_PAGE_ITEMS);
        let key = &parameters["IdempotencyKey"]["schema"];
        assert_eq!(key["minLength"], *limits::IDEMPOTENCY_KEY_CHARS.start());
        assert_eq!(key["maxLength"], *limits::IDEMPOTENCY_KEY_CHARS.end());
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Device"]["maxLength"], limits::DEVICE_CHARS);
        assert_eq!(schemas["Account"]["properties"]["events"]["maxItems"], limits::ACCOUNT_EVENTS);
        let codes = &schemas["AccountRecoveryCodes"]["properties"]["recovery_codes"];
        assert_eq!(codes["maxItems"], limits::ACCOUNT_RECOVERY_CODES);
        let events = schemas["AccountHappening"]["properties"]["what"]["enum"].as_array().unwrap();
        let names = peer_support_domain::account::AccountEvent::ALL.map(|event| json!(event));
        assert_eq!(events[..], names);
        let acts = schemas["AuditLine"]["properties"]["act"]["enum"].as_array().unwrap();
        assert_eq!(acts[..], peer_support_domain::audit::Act::ALL.map(|act| json!(act)));
        let name = &schemas["PutRole"]["properties"]["name"];
        assert_eq!(name["minLength"], *limits::ACCOUNT_NAME_CHARS.start());
        assert_eq!(name["maxLength"], *limits::ACCOUNT_NAME_CHARS.end());
        let password = schemas["NewPassword"]["properties"]["password"]["description"].as_str().unwrap();
        let (min, max) = limits::PASSWORD_CHARS.into_inner();
        assert!(password.starts_with(&format!("{min} to {max} ")), "{password}");
        let told = document["paths"]["/console/session/password"]["post"]["description"].as_str().unwrap();
        assert!(told.contains(&format!("After {} wrong", limits::SIGN_IN_TRIES)), "{told}");
        let longest = limits::SIGN_IN_LONGEST_WAIT_MS / 60_000;
        assert!(told.contains(&format!("up to {longest} minutes")), "{told}");
        let report = document["paths"]["/items/{id}/reports"]["post"]["description"].as_str().unwrap();
        assert!(report.contains(&limits::REPORTS_OF_ITEM.to_string()), "{report}");
        assert_eq!(schemas["LineId"]["maxLength"], limits::REPORTED_LINE_CHARS);
        assert_eq!(schemas["ReportedContact"]["maxLength"], limits::REPORTED_CONTACT_CHARS);
        let report = document["paths"]["/sites/{site}/line-reports"]["post"]["description"].as_str().unwrap();
        assert!(report.replace(',', "").contains(&limits::LINE_REPORTS_A_DAY.to_string()), "{report}");
        assert_eq!(schemas["Search"]["properties"]["words"]["maxLength"], limits::SEARCH_CHARS);
        assert_eq!(schemas["Cards"]["properties"]["cards"]["maxItems"], *limits::CARDS.end());
        let card = &schemas["Card"]["properties"];
        let characters =
            |range: &std::ops::RangeInclusive<usize>| format!("{} to {}", range.start(), range.end());
        for (field, range) in [("title", limits::CARD_TITLE_GRAPHEMES), ("text", limits::CARD_TEXT_GRAPHEMES)]
        {
            let told = card[field]["description"].as_str().unwrap().replace(',', "");
            assert!(told.starts_with(&characters(&range)), "{told}");
        }
        let listed = document["paths"]["/console/line-reports"]["get"]["summary"].as_str().unwrap();
        assert!(listed.contains(&limits::LINE_REPORT_RETENTION_DAYS.to_string()), "{listed}");
        let word = document["components"]["schemas"]["NewWord"]["properties"]["text"]["description"]
            .as_str()
            .unwrap();
        let (min, max) = limits::WORD_GRAPHEMES.into_inner();
        assert!(word.replace(',', "").contains(&format!("{min} to {max} ")), "{word}");
        assert!(word.contains(&format!("each side {} ", limits::WORDS_OF_A_SIDE)), "{word}");
        let places = &schemas["Decide"]["properties"]["taken_out"]["maxItems"];
        assert_eq!(places, limits::TAKEN_OUT_PLACES);
        let note = schemas["NewHandOver"]["properties"]["note"]["description"].as_str().unwrap();
        let (min, max) = limits::HAND_OVER_GRAPHEMES.into_inner();
        assert!(note.contains(&format!("{min} to {max} ")), "{note}");
        assert!(note.contains(&format!("{} are kept", limits::HAND_OVERS_OF_ITEM)), "{note}");
        let drill = &schemas["NewDrill"]["properties"];
        for field in ["n_red", "n_amber"] {
            assert_eq!(drill[field]["maximum"], *limits::DRILL_ITEMS.end());
        }
        assert_eq!(drill["minutes"]["minimum"], *limits::DRILL_MINUTES.start());
        assert_eq!(drill["minutes"]["maximum"], *limits::DRILL_MINUTES.end());
        assert_eq!(schemas["Drills"]["properties"]["drills"]["maxItems"], limits::DRILLS_LISTED);
        let spam = &schemas["DeclineSpam"]["properties"]["items"];
        assert_eq!(spam["minItems"], *limits::SPAM_ITEMS.start());
        assert_eq!(spam["maxItems"], *limits::SPAM_ITEMS.end());
        assert_eq!(schemas["FindItems"]["properties"]["words"]["maxLength"], limits::SEARCH_CHARS);
        let find = document["paths"]["/console/search"]["post"]["description"].as_str().unwrap();
        assert!(find.replace(',', "").contains(&format!("at most {} items", limits::FIND_LOOKS)), "{find}");
        let thread = document["paths"]["/console/items/{id}/thread"]["get"]["description"].as_str().unwrap();
        assert!(thread.contains(&format!("the {} before it", limits::THREAD_AROUND)), "{thread}");
        assert!(thread.contains(&format!("{} decisions", limits::THREAD_DECISIONS)), "{thread}");
        assert!(thread.contains(&format!("newest {} replies", limits::THREAD_DECIDED_AMONG)), "{thread}");
        assert_eq!(schemas["Thread"]["properties"]["decisions"]["maxItems"], limits::THREAD_DECISIONS);
        let live = document["paths"]["/console/live"]["get"]["description"].as_str().unwrap();
        assert!(live.contains(&format!("at most {} of them", limits::DESK_STREAMS_OF_SESSION)), "{live}");
        assert!(live.contains(&format!("every {} seconds", limits::DESK_STREAM_CHECK.as_secs())), "{live}");
        let too_large = document["components"]["responses"]["TooLarge"]["description"].as_str().unwrap();
        assert!(too_large.replace(',', "").contains(&limits::BODY_BYTES.to_string()), "{too_large}");
    })
    .await;
}
