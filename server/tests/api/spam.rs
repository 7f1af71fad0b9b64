//! Declining several items as spam at once.

use axum::http::Method;
use peer_support_domain::limits::SPAM_ITEMS;
use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{Answer, Moderator, STORY, Server, a_server, each_server, problem, text_of};

const REASON: &str = "It points to a product. Your own experience is welcome here.";
const SPAM: [&str; 4] = [
    "Buy cheap pills now on our page, message me for the price list.",
    "Earn 500 dollars a day from home, text me on WhatsApp to start today.",
    "Best essay writing service, order now with a 20 % discount for students.",
    "Use my promo code to buy followers, fast delivery and cheap prices here.",
];

impl Moderator<'_> {
    async fn decline_spam(&self, items: &[Value]) -> Answer {
        let body = json!({ "reason": REASON, "items": items });
        self.write(Method::POST, "/console/decline-spam", Some(&body)).await
    }

    /// What waits and is flagged so.
    async fn flags_of(&self, id: &str) -> Value {
        let queue = self.get("/console/queue").await.ok().json();
        let items = queue["items"].as_array().unwrap();
        items.iter().find(|item| item["id"] == id).expect("it waits")["flags"].clone()
    }
}

fn read(id: &str, text: &str) -> Value {
    json!({ "id": id, "read_text": text, "n_decisions": 0 })
}

async fn spam(server: &Server) -> Vec<(String, String)> {
    let mut stories = Vec::new();
    for text in SPAM {
        server.wait_ms(60_000);
        stories.push(server.story(text).await);
    }
    stories
}

#[tokio::test]
async fn each_is_declined_by_itself_and_what_cannot_be_is_named() {
    each_server(async |server| {
        let stories = spam(server).await;
        server.wait_ms(60_000);
        let (calm, _) = server.story(STORY).await;
        let (ada, sam) = (server.moderator(Role::Moderator).await, server.moderator(Role::Moderator).await);
        for (id, _) in &stories {
            assert!(
                ada.flags_of(id).await.to_string().contains("solicitation"),
                "{}",
                ada.flags_of(id).await
            );
        }
        let claim = format!("/console/items/{}/claim", stories[1].0);
        sam.write(Method::PUT, &claim, Some(&json!({}))).await.ok();
        let decline = json!({ "decision": "decline", "reason": "Not here." });
        sam.decide(&stories[2].0, &decline).await.ok();
        let header = [("recovery-code", stories[3].1.as_str())];
        let edit = json!({ "text": "Another text, which nobody has read until now." });
        server.call(Method::PATCH, "/mine", &header, Some(&edit)).await.ok();

        let mut items: Vec<Value> = stories.iter().zip(SPAM).map(|((id, _), text)| read(id, text)).collect();
        items.push(read(&calm, STORY));
        items.push(read("0000000000000", STORY));
        let answer = ada.decline_spam(&items).await.ok().json();

        let outcomes = answer["outcomes"].as_array().unwrap();
        let became: Vec<String> = outcomes.iter().map(|outcome| text_of(&outcome["became"])).collect();
        // Its author changed it to what is no spam.
        assert_eq!(became[..3], ["declined", "claimed", "decided"]);
        assert!(["text-changed", "not-spam"].contains(&&*became[3]), "{became:?}");
        assert_eq!(became[4..], ["not-spam", "gone"]);
        assert!(outcomes[1]["claim"]["name"].is_string());
        assert_eq!(outcomes[2]["decided"]["reason"], "Not here.");
        let mine = server.mine(&stories[0].1).await.ok().json();
        assert_eq!((&mine["state"], &mine["reason"]), (&json!("declined"), &json!(REASON)));
        let again = ada.decline_spam(&items[..1]).await.ok().json();
        assert_eq!(again["outcomes"][0]["became"], "decided", "nothing is decided twice");
    })
    .await;
}

#[tokio::test]
async fn a_life_at_risk_is_never_declined_with_others() {
    each_server(async |server| {
        const TEXT: &str = "I am going to kill myself tonight. Buy my course for 20 dollars on my page.";
        let (id, _) = server.story(TEXT).await;
        let moderator = server.moderator(Role::Moderator).await;

        let answer = moderator.decline_spam(&[read(&id, TEXT)]).await.ok().json();
        let other = moderator.decline_spam(&[read(&id, "Buy my course.")]).await.ok().json();

        assert_eq!(answer["outcomes"][0]["became"], "not-spam");
        assert_eq!(other["outcomes"][0]["became"], "not-spam", "whatever text is named");
    })
    .await;
}

#[tokio::test]
async fn who_may_not_decide_declines_nothing_and_no_more_are_taken_than_can_be_read() {
    a_server(async |server| {
        let (id, _) = server.story(SPAM[0]).await;
        let item = read(&id, SPAM[0]);
        let (viewer, moderator) =
            (server.moderator(Role::Viewer).await, server.moderator(Role::Moderator).await);

        assert_eq!(
            viewer.decline_spam(std::slice::from_ref(&item)).await.problem(),
            problem(403, "role-not-allowed", "")
        );
        let headers = [("cookie", moderator.cookie.as_str())];
        let body = json!({ "reason": REASON, "items": [item.clone()] });
        let forged = server.call(Method::POST, "/console/decline-spam", &headers, Some(&body)).await;
        assert_eq!(forged.problem().1, "csrf-token-invalid");
        let field = |field| problem(422, "field-invalid", field);
        assert_eq!(moderator.decline_spam(&[]).await.problem(), field("items"));
        let many = vec![item; SPAM_ITEMS.end() + 1];
        assert_eq!(moderator.decline_spam(&many).await.problem(), field("items"));
        let short = json!({ "reason": "No", "items": [] });
        let short = moderator.write(Method::POST, "/console/decline-spam", Some(&short)).await;
        assert_eq!(short.problem(), field("reason"));
    })
    .await;
}
