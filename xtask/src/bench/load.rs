//! What was answered over real connections, and which aims that meets.

use super::items;
use serde_json::Value;
use std::fmt::Write as _;

/// The connections that aims are about.
pub(super) const CONNECTIONS: u64 = 32;

/// What a feed is served at, at least, as often as nginx serves a file of the same bytes, and as Isso a feed of as many.
const LEAST_OF_NGINX: f64 = 0.6;
const LEAST_OF_ISSO: f64 = 300.0;
/// Durable posts a second, at least, and as often as Isso's.
const LEAST_POSTS_A_SECOND: f64 = 4_000.0;
const LEAST_POSTS_OF_ISSO: f64 = 10.0;
/// The slowest post of a hundred, at most, as often as the middle one.
const MOST_P99_OF_P50: f64 = 5.0;
const MOST_DISK_BYTES_BEYOND_TEXT: f64 = 300.0;
const MOST_MIB: f64 = 96.0;
const MOST_START_MS: f64 = 300.0;

/// All of it.
pub(super) fn report(found: &Value) -> String {
    let mut report = format!(
        "\n# Served over real connections\n\nwrk with one thread on the same machine, three seconds each; a feed is {} bytes. Processors and \
         memory are the server's own, without PostgreSQL's.\n\n| store | posts | start to first answer, ms | most memory, MiB | disk bytes \
         of a post or reply | of them its text |\n| --- | ---: | ---: | ---: | ---: | ---: |\n",
        found["feed_bytes"],
    );
    for of in items(&found["stores"]) {
        let number = |name: &str| of[name].as_f64().unwrap_or(f64::NAN);
        let _ = writeln!(
            report,
            "| {} | {} | {:.0} | {:.0} | {:.0} | {:.0} |",
            of["store"].as_str().unwrap_or_default(),
            of["posts"],
            number("start_ms"),
            number("most_kib") / 1024.0,
            number("disk_bytes_an_item"),
            number("text_bytes_an_item"),
        );
    }
    report += "\n| store | posts | what | connections | requests a second | p50, ms | p99 | p99.9 | failed | processors | MiB |\n\
        | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
    for of in items(&found["stores"]) {
        let store = format!("| {} | {} ", of["store"].as_str().unwrap_or_default(), of["posts"]);
        rows(&mut report, &store, &of["operations"]);
    }
    rows(&mut report, "| | ", &found["beside"]);
    report + &aims(found)
}

fn rows(report: &mut String, of: &str, operations: &Value) {
    for operation in items(operations) {
        for with in items(&operation["by_connections"]) {
            let ms = |name: &str| with[name].as_f64().unwrap_or(f64::NAN) / 1000.0;
            let own = |name: &str, divisor: f64, digits: usize| {
                with[name].as_f64().map_or_else(String::new, |value| format!("{:.digits$}", value / divisor))
            };
            let _ = writeln!(
                report,
                "{of}| {} | {} | {} | {:.2} | {:.2} | {:.2} | {} | {} | {} |",
                operation["what"].as_str().unwrap_or_default(),
                with["connections"],
                own("a_second", 1.0, 0),
                ms("p50_us"),
                ms("p99_us"),
                ms("p999_us"),
                with["failed"],
                own("cpu_share", 1.0, 2),
                own("kib", 1024.0, 0),
            );
        }
    }
}

/// One number of an operation with [`CONNECTIONS`].
pub(super) fn figure(operations: &Value, what: &str, name: &str) -> Option<f64> {
    let operation = items(operations).iter().find(|operation| operation["what"] == what)?;
    let with = items(&operation["by_connections"]).iter().find(|with| with["connections"] == CONNECTIONS)?;
    with[name].as_f64()
}

/// SQLite's store with the most posts.
pub(super) fn largest(found: &Value) -> Option<&Value> {
    let of_sqlite = items(&found["stores"]).iter().filter(|of| of["store"] == "sqlite");
    of_sqlite.max_by_key(|of| of["posts"].as_u64())
}

fn aims(found: &Value) -> String {
    let Some(largest) = largest(found) else { return String::new() };
    let ours = |what: &str, name: &str| figure(&largest["operations"], what, name).unwrap_or(f64::NAN);
    let theirs = |what: &str| figure(&found["beside"], what, "a_second").unwrap_or(f64::NAN);
    let number = |name: &str| largest[name].as_f64().unwrap_or(f64::NAN);
    let (feeds, posts) = (ours("feed", "a_second"), ours("post", "a_second"));
    let at_least = [
        ("feeds, as often as nginx", feeds / theirs("nginx: a file of the feed's bytes"), LEAST_OF_NGINX),
        ("feeds, as often as Isso", feeds / theirs("Isso: feed"), LEAST_OF_ISSO),
        ("durable posts a second", posts, LEAST_POSTS_A_SECOND),
        ("posts, as often as Isso", posts / theirs("Isso: post"), LEAST_POSTS_OF_ISSO),
    ];
    let at_most = [
        ("p99 of a post, as often as p50", ours("post", "p99_us") / ours("post", "p50_us"), MOST_P99_OF_P50),
        (
            "disk bytes of an item beyond its text",
            number("disk_bytes_an_item") - number("text_bytes_an_item"),
            MOST_DISK_BYTES_BEYOND_TEXT,
        ),
        ("most memory, MiB", number("most_kib") / 1024.0, MOST_MIB),
        ("start to first answer, ms", number("start_ms"), MOST_START_MS),
    ];
    let mut report = format!(
        "\n| SQLite, {} posts, {CONNECTIONS} connections | found | aim |\n| --- | ---: | ---: |\n",
        largest["posts"]
    );
    let mut tell = |what: &str, found: f64, is_met: bool, aim: String| {
        let mark = if is_met { "" } else { ": **missed**" };
        let _ = writeln!(report, "| {what} | {found:.2} | {aim}{mark} |");
    };
    for (what, found, least) in at_least {
        tell(what, found, found >= least, format!("≥ {least}"));
    }
    for (what, found, most) in at_most {
        tell(what, found, found <= most, format!("≤ {most}"));
    }
    report
}
