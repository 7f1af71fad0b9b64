//! What a funder asks for: counts of what is over, none of them small.

use peer_support_domain::post::Role;
use serde_json::{Value, json};

use crate::client::{STORY, Server, each_server, problem};

const QUARTER_MS: i64 = 92 * 24 * 60 * 60 * 1_000;

/// Twelve stories are sent, of which eleven are approved and one declined; then the quarter is over.
async fn a_quarter(server: &Server) -> String {
    let moderator = server.moderator(Role::Moderator).await;
    for n in 0..12 {
        let (id, _) = server.story(&format!("{STORY} {n}")).await;
        server.wait_ms(3 * 60_000);
        let decision = match n {
            0 => json!({ "decision": "decline", "reason": "Not here." }),
            _ => json!({ "decision": "approve" }),
        };
        moderator.decide(&id, &decision).await.ok();
        server.wait_ms(60_000);
    }
    let year = "2027".to_owned();
    server.wait_ms(QUARTER_MS);
    year
}

fn table<'a>(statistics: &'a Value, name: &str) -> &'a Value {
    let tables = statistics["tables"].as_array().unwrap();
    tables.iter().find(|table| table["table"] == name).unwrap()
}

#[tokio::test]
async fn leads_read_the_quarters_that_are_over_and_no_small_number() {
    each_server(async |server| {
        let lead = server.moderator(Role::Lead).await;
        let path = "/console/sites/demo/statistics";
        assert_eq!(lead.get(path).await.ok().json(), json!([]), "nothing is over");

        let year = a_quarter(server).await;

        let lead = server.moderator(Role::Lead).await;
        let told = lead.get(&format!("{path}?year={year}")).await.ok().json();
        let quarter = &told[0];
        assert_eq!((told.as_array().unwrap().len(), &quarter["quarter"]), (1, &json!("2027-Q1")));
        assert_eq!(table(quarter, "sent")["rows"][0], json!({ "name": "story", "n": "withheld" }));
        let decided = table(quarter, "decided");
        assert_eq!(decided["rows"][0], json!({ "name": "approve", "n": "withheld" }));
        assert_eq!(decided["rows"][1], json!({ "name": "decline", "n": "few" }));
        assert_eq!(quarter["decision"], json!({ "median_minutes": 5, "p90_minutes": 5, "is_known": true }));
        assert_eq!(quarter["first_reply"], json!({ "is_known": false }));
        assert!(!told.to_string().contains("\"exactly\":1,"), "{told}");
    })
    .await;
}

#[tokio::test]
async fn the_same_numbers_are_a_table_for_spreadsheets() {
    each_server(async |server| {
        let year = a_quarter(server).await;
        let admin = server.moderator(Role::Admin).await;

        let csv = admin.get(&format!("/console/sites/demo/statistics.csv?year={year}")).await.ok();

        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(csv.header("content-disposition"), "attachment; filename=\"statistics.csv\"");
        let text = csv.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "quarter,table,row,number");
        assert!(lines.contains(&"\"2027-Q1\",\"decided\",\"decline\",\"fewer than 10\""), "{text}");
        assert!(lines.contains(&"\"2027-Q1\",\"decision\",\"median-minutes\",\"5\""), "{text}");
    })
    .await;
}

#[tokio::test]
async fn who_leads_nobody_gets_no_statistics() {
    each_server(async |server| {
        for path in ["/console/sites/demo/statistics", "/console/sites/demo/statistics.csv"] {
            let refused = server.moderator(Role::Moderator).await.get(path).await;
            assert_eq!(refused.problem(), problem(403, "role-not-allowed", ""));
            assert_eq!(server.get(path).await.problem(), problem(401, "not-signed-in", ""));
            let lead = server.moderator(Role::Lead).await;
            let nowhere = lead.get(&path.replace("demo", "nobody")).await;
            assert_eq!(nowhere.problem(), problem(404, "not-found", "site"));
            let bad = lead.get(&format!("{path}?year=x")).await;
            assert_eq!(bad.problem(), problem(400, "parameter-invalid", "year"));
        }
    })
    .await;
}
