//! What the log says, and what it never says.

use axum::http::Method;
use serde_json::json;
use tempfile::TempDir;

use crate::client::{STORY, text_of};
use crate::program::Program;

#[tokio::test]
async fn the_log_tells_method_route_and_status_and_nothing_about_anyone() {
    let folder = TempDir::new().unwrap();
    let server = Program::serve(&["--data", folder.path().to_str().unwrap()]).await;
    let console_code = server.printed_code().await;
    let (author, voter) = ("1a".repeat(16), "2b".repeat(16));

    let new = json!({ "kind": "story", "text": STORY, "author": author });
    let headers = [
        ("idempotency-key", "my-very-own-key"),
        ("user-agent", "Telltale/5.0"),
        ("origin", "http://localhost:3000"),
    ];
    let receipt =
        server.call(Method::POST, "/api/v1/sites/demo/posts", &headers, Some(&new)).await.ok().json();
    let (id, code) = (text_of(&receipt["id"]), text_of(&receipt["recovery_code"]));
    server.call(Method::GET, "/api/v1/mine", &[("recovery-code", &code)], None).await.ok();
    let session = server.post("/api/v1/console/session", &json!({ "code": console_code })).await.ok();
    let (cookie, csrf) =
        (session.header("set-cookie").split(';').next().unwrap(), text_of(&session.json()["csrf"]));
    let moderator = [("cookie", cookie), ("csrf-token", csrf.as_str())];
    let approve = json!({ "decision": "approve", "reason": "a reason of ours" });
    server
        .call(Method::POST, &format!("/api/v1/console/items/{id}/decision"), &moderator, Some(&approve))
        .await
        .ok();
    let vote = format!("/api/v1/items/{id}/votes/heard");
    server.call(Method::PUT, &vote, &[], Some(&json!({ "voter": voter }))).await.ok();
    server.get("/api/v1/sites/demo/posts?topic=grief&secret=in-the-query").await.ok();
    // What goes wrong is logged with more care yet.
    let wrong = json!({ "kind": "my private words", "text": "my private words" });
    assert_eq!(server.post("/api/v1/sites/demo/posts", &wrong).await.status, 422);
    assert_eq!(server.get("/my/private/words?and=more").await.status, 404);
    assert_eq!(server.get("/api/v1/posts/my-private-words").await.status, 400);
    let method = Method::from_bytes(b"MYWORDS").unwrap();
    assert_eq!(server.call(method, "/api/v1/sites/demo", &[], None).await.status, 405);

    server.log.after("status=405").await;
    let log = server.log.text();
    for line in [
        r#"method="POST" route="/api/v1/sites/{site}/posts" status=201"#,
        r#"method="GET" route="/api/v1/mine" status=200"#,
        r#"method="PUT" route="/api/v1/items/{id}/votes/{reaction}" status=200"#,
        r#"method="POST" route="/api/v1/sites/{site}/posts" status=422"#,
        r#"method="other" route="/api/v1/sites/{site}" status=405"#,
        r#"code="field-invalid""#,
    ] {
        assert!(log.contains(line), "{line} is not in\n{log}");
    }
    let cookie_value = cookie.split_once('=').unwrap().1;
    for secret in [
        STORY,
        "school",
        &author,
        &voter,
        &id,
        &code,
        &code.replace('-', "").to_lowercase(),
        &console_code,
        cookie_value,
        &csrf,
        "my-very-own-key",
        "Telltale",
        "localhost",
        "127.0.0.1",
        "grief",
        "in-the-query",
        "a reason of ours",
        "private",
        "MYWORDS",
        "Quiet",
    ] {
        assert!(!log.contains(secret), "{secret} is in\n{log}");
    }
}
