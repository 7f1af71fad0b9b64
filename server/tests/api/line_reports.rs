//! "This did not work": reported by visitors, read by those who look after the helplines.

use axum::http::{Method, StatusCode};
use futures_util::future::join_all;
use peer_support_domain::limits::{LINE_REPORTS_A_DAY, REPORTED_CONTACT_CHARS};
use peer_support_domain::post::Role;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Answer, NOW, Server, a_server, each_server, empty_database, problem};
use crate::program::{Program, run};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn no_answer() -> Value {
    json!({ "line": "gb-samaritans", "contact": "116 123", "problem": "no_answer" })
}

/// A report that differs from [`no_answer`] in one field.
fn with(field: &str, value: Value) -> Value {
    let mut report = no_answer();
    report[field] = value;
    report
}

async fn report(server: &Server, report: &Value) -> Answer {
    server.post("/sites/demo/line-reports", report).await
}

/// Everything that a viewer of the console sees.
async fn listed(server: &Server) -> Vec<Value> {
    let viewer = server.moderator(Role::Viewer).await;
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = viewer.get(&format!("/console/line-reports?limit=100{cursor}")).await.ok().json();
        all.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn a_visitor_reports_without_being_asked_anything_and_a_viewer_reads_how_often() {
    each_server(async |server| {
        let answer = report(server, &no_answer()).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::NO_CONTENT, 0));
        report(server, &no_answer()).await.ok();
        report(server, &with("problem", json!("closed"))).await.ok();
        server.wait_ms(DAY_MS);
        report(server, &no_answer()).await.ok();

        let expected = |day, problem, n_reports| {
            json!({
                "site": "demo", "day": day, "line": "gb-samaritans", "contact": "116 123", "problem": problem,
                "n_reports": n_reports,
            })
        };
        assert_eq!(
            listed(server).await,
            [
                expected("2027-01-16", "no_answer", 1),
                expected("2027-01-15", "closed", 1),
                expected("2027-01-15", "no_answer", 2),
            ]
        );
    })
    .await;
    assert_eq!(NOW / DAY_MS, 20_833, "2027-01-15");
}

#[tokio::test]
async fn reports_sent_at_once_are_all_counted() {
    each_server(async |server| {
        let report = no_answer();
        let sent = join_all((0..50).map(|_| server.post("/sites/demo/line-reports", &report))).await;

        assert!(sent.iter().all(|answer| answer.status == StatusCode::NO_CONTENT));
        assert_eq!(listed(server).await[0]["n_reports"], 50);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_report_is_said_at_its_field() {
    a_server(async |server| {
        for (field, value) in [
            ("line", json!("Samaritans")),
            ("line", json!("gb")),
            ("line", json!(format!("gb-{}", "x".repeat(100)))),
            ("line", json!(5)),
            ("contact", json!("")),
            ("contact", json!("they were rude to me")),
            ("contact", json!("javascript:alert(1)")),
            ("contact", json!(format!("https://example.org/{}", "x".repeat(REPORTED_CONTACT_CHARS)))),
            ("contact", json!(null)),
            ("problem", json!("rude")),
            ("problem", json!(["no_answer"])),
        ] {
            let answer = report(server, &with(field, value.clone())).await;

            assert_eq!(answer.problem(), problem(422, "field-invalid", field), "{value}");
            assert!(!answer.text().contains("rude to me"), "{}", answer.text());
        }
        let missing = json!({ "line": "gb-samaritans", "problem": "closed" });
        assert_eq!(report(server, &missing).await.problem(), problem(422, "field-invalid", "contact"));
        let big = with("more", json!("x".repeat(300_000)));
        assert_eq!(report(server, &big).await.problem(), problem(413, "body-too-large", "body"));
        let nobody = server.post("/sites/nobody/line-reports", &no_answer()).await;
        assert_eq!(nobody.problem(), problem(404, "not-found", "site"));
        assert_eq!(listed(server).await, [] as [Value; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_page_reports_on_the_sites_that_name_its_origin() {
    a_server(async |server| {
        let send = async |path, origin| {
            server.call(Method::POST, path, &[("origin", origin)], Some(&no_answer())).await
        };

        let allowed = send("/sites/other/line-reports", "https://other.example").await;
        assert_eq!(allowed.status, StatusCode::NO_CONTENT);
        assert_eq!(allowed.header("access-control-allow-origin"), "https://other.example");
        for (path, origin) in [
            ("/sites/demo/line-reports", "https://other.example"),
            ("/sites/other/line-reports", "https://evil.example"),
        ] {
            let refused = send(path, origin).await;
            assert_eq!(refused.problem(), problem(403, "origin-not-allowed", "Origin"), "{path} {origin}");
        }

        let preflight = [
            ("origin", "https://other.example"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ];
        let asked = server.call(Method::OPTIONS, "/sites/other/line-reports", &preflight, None).await;
        assert_eq!(asked.status, StatusCode::NO_CONTENT);
        assert!(asked.header("access-control-allow-methods").contains("POST"));
        assert_eq!(listed(server).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn only_who_is_signed_in_reads_reports() {
    a_server(async |server| {
        report(server, &no_answer()).await.ok();

        let answer = server.get("/console/line-reports").await;
        assert_eq!(answer.problem(), problem(401, "not-signed-in", ""));

        let viewer = server.moderator(Role::Viewer).await;
        let wrong = viewer.get("/console/line-reports?cursor=1").await;
        assert_eq!(wrong.problem(), problem(400, "parameter-invalid", "cursor"));
    })
    .await;
}

#[tokio::test]
async fn who_makes_reports_up_fills_no_disk_and_learns_nothing() {
    a_server(async |server| {
        for n in 0..LINE_REPORTS_A_DAY + 5 {
            let answer = report(server, &with("contact", json!(format!("+1 {n:06}")))).await;
            assert_eq!(answer.status, StatusCode::NO_CONTENT, "{n}");
        }

        assert_eq!(listed(server).await.len(), LINE_REPORTS_A_DAY);
    })
    .await;
}

#[tokio::test]
async fn the_command_prints_all_reports_as_csv_while_the_server_runs() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = Program::serve(&["--data", data]).await;
    let path = "/api/v1/sites/demo/line-reports";
    server.post(path, &with("contact", json!("https://example.org/chat?a=1,2"))).await.ok();
    for n in 0..150 {
        server.post(path, &with("contact", json!(format!("+1 {n:06}")))).await.ok();
    }
    for _ in 0..2 {
        server.post(path, &with("contact", json!("+1 000000"))).await.ok();
    }

    let printed = run(&["line-reports", "--data", data]);

    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let csv = String::from_utf8(printed.stdout).unwrap();
    let rows: Vec<_> = csv.lines().map(|row| row.split_once(',').unwrap()).collect();
    assert_eq!(rows[0], ("day", "site,line,contact,problem,reports"));
    assert_eq!(rows.len(), 152, "{csv}");
    let rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
    assert_eq!(rows[1], "demo,gb-samaritans,+1 000149,no_answer,1");
    assert!(rows.contains(&"demo,gb-samaritans,+1 000000,no_answer,3"), "{csv}");
    assert!(rows.contains(&"demo,gb-samaritans,\"https://example.org/chat?a=1,2\",no_answer,1"), "{csv}");
    // What was reported is nobody's secret, but who asks for which line is not the log's to know.
    server.log.after("line-reports").await;
    for word in ["samaritans", "000149", "no_answer"] {
        assert!(!server.log.text().contains(word), "{word} is in\n{}", server.log.text());
    }
}

#[tokio::test]
async fn reports_move_with_a_copy_from_one_database_to_the_other() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = Program::serve(&["--data", data]).await;
    for _ in 0..3 {
        server.post("/api/v1/sites/demo/line-reports", &no_answer()).await.ok();
    }
    let copy = folder.path().join("copy").to_str().unwrap().to_owned();
    assert!(run(&["backup", "--data", data, &copy]).status.success());
    let config = folder.path().join("server.toml");
    let site = "[[sites]]\nid = \"demo\"\nname = \"D\"\norigins = []\ntopics = [\"general\"]";
    std::fs::write(&config, format!("secret = \"{}\"\n{site}", "5e".repeat(32))).unwrap();
    let url = empty_database().await;
    let there = ["--config", config.to_str().unwrap(), "--database", &url];

    assert!(run(&[&["restore", &copy][..], &there].concat()).status.success());

    let printed = run(&[&["line-reports"][..], &there].concat());
    let csv = String::from_utf8(printed.stdout).unwrap();
    assert!(csv.contains("demo,gb-samaritans,116 123,no_answer,3"), "{csv}");
}
