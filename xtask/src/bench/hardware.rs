//! What hardware serves how many visitors: computed from what [`load`](super::load) found, and written into the documentation.

use super::load::{CONNECTIONS, figure, largest};
use super::{HISTORY, head, items};
use crate::project;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::thread::available_parallelism;

/// What was measured, as far as [`computed`] needs it.
const FACTS: &str = "bench/load.json";
/// The page; from [`HEADING`] on it is made.
const PAGE: &str = "docs/hardware.md";
const HEADING: &str = "## What it comes to\n";

/// Who comes: a name, and visits to pages with the panel a day.
const CASES: [(&str, f64); 3] =
    [("one site", 5_000.0), ("1,000 sites", 1_000_000.0), ("a national campaign", 10_000_000.0)];

// What people are taken to do. The page says it in words.
/// Of a day's visits, those of its busiest minute: five times as many as of any other.
const IN_BUSIEST_MINUTE: f64 = 5.0 / (24.0 * 60.0);
const OPEN: f64 = 0.02;
/// Of those who open it.
const READ: f64 = 0.5;
const WRITE: f64 = 0.05;
const VOTE: f64 = 0.2;
/// Of one who reads.
const FEEDS: f64 = 3.0;
const THREADS: f64 = 3.0;
const READING_S: f64 = 300.0;
/// Posts and replies that a moderator decides in an hour, and hours of a shift.
const DECIDED_AN_HOUR: f64 = 60.0;
const SHIFT_HOURS: f64 = 4.0;
/// How much of what was measured is counted on: the rest is for what else there is to do, TLS among it.
const COUNTED_ON: f64 = 0.5;
const NETWORK_BITS_A_S: f64 = 1e9;
/// What a stream of somebody who reads along is taken to need of the server and of the proxy before it, with the system's buffers.
const STREAM_KIB: f64 = 64.0;

/// What the page is computed from.
#[derive(Serialize, Deserialize)]
struct Facts {
    commit: String,
    date: String,
    processors: usize,
    posts: u64,
    /// Requests a second, of SQLite's largest store.
    feeds: f64,
    threads: f64,
    votes: f64,
    written: f64,
    memory_mib: f64,
    disk_bytes_an_item: f64,
    feed_bytes: f64,
    loader_bytes: f64,
    opening_bytes: f64,
    peers_bytes: f64,
}

/// Keeps what was found, and writes the page anew.
///
/// # Errors
///
/// When something needed was not measured.
pub(super) fn write(found: &Value) -> Result<()> {
    let facts = facts(found)?;
    let file = project::root().join(FACTS);
    fs::write(file, serde_json::to_string_pretty(&facts)? + "\n")?;
    let page = project::root().join(PAGE);
    let by_hand =
        by_hand(&fs::read_to_string(&page).with_context(|| page.display().to_string())?)?.to_owned();
    Ok(fs::write(page, by_hand + &computed(&facts))?)
}

fn by_hand(page: &str) -> Result<&str> {
    Ok(&page[..page.find(HEADING).with_context(|| format!("{PAGE} has no {HEADING:?}"))?])
}

fn facts(found: &Value) -> Result<Facts> {
    let (commit, date) = head()?;
    let history = fs::read_to_string(project::root().join(HISTORY))?;
    let last: Value = serde_json::from_str(history.lines().last().context("nothing was weighed yet")?)?;
    let weighs = |what: &str| {
        last["brotli_bytes"][what].as_f64().with_context(|| format!("{HISTORY} does not know {what}"))
    };
    let largest = largest(found).context("SQLite was not measured")?;
    let a_second = |what: &str| {
        figure(&largest["operations"], what, "a_second").with_context(|| format!("{what} was not measured"))
    };
    let most_kib =
        items(&found["stores"]).iter().filter_map(|of| of["most_kib"].as_f64()).fold(0.0, f64::max);
    Ok(Facts {
        commit,
        date,
        processors: available_parallelism()?.get(),
        posts: largest["posts"].as_u64().context("posts are counted")?,
        feeds: a_second("feed")?.round(),
        threads: a_second("replies of a thread")?.round(),
        votes: a_second("vote")?.round(),
        written: a_second("post")?.round(),
        memory_mib: (most_kib / 1024.0).ceil(),
        disk_bytes_an_item: largest["disk_bytes_an_item"].as_f64().context("disk is measured")?.round(),
        feed_bytes: found["feed_bytes"].as_f64().context("a feed has bytes")?,
        loader_bytes: weighs("the loader")?,
        opening_bytes: weighs("opening the panel")?,
        peers_bytes: weighs("entering the peer space")?,
    })
}

/// What one case needs in its busiest minute, or a day.
struct Need {
    visitors_a_s: f64,
    requests_a_s: f64,
    bits_a_s: f64,
    /// Shares of one machine like the measured one, of what is counted on.
    processors: f64,
    /// As `processors`, where an edge answers for feeds and threads.
    processors_with_edge: f64,
    streams: f64,
    written_a_day: f64,
}

fn need(facts: &Facts, visits: f64) -> Need {
    let visitors_a_s = visits * IN_BUSIEST_MINUTE / 60.0;
    let opened = visitors_a_s * OPEN;
    let read = opened * READ;
    let (feeds, threads) = (read * FEEDS, read * THREADS);
    let (written, votes) = (opened * WRITE, opened * VOTE);
    let changes = written / facts.written + votes / facts.votes;
    let reading = feeds / facts.feeds + threads / facts.threads;
    let bytes = visitors_a_s * facts.loader_bytes
        + opened * facts.opening_bytes
        + read * facts.peers_bytes
        + (feeds + threads) * facts.feed_bytes;
    Need {
        visitors_a_s,
        requests_a_s: feeds + threads + written + votes,
        bits_a_s: bytes * 8.0,
        processors: (changes + reading) / COUNTED_ON,
        processors_with_edge: changes / COUNTED_ON,
        streams: read * READING_S,
        written_a_day: visits * OPEN * WRITE,
    }
}

/// The made part of the page.
fn computed(facts: &Facts) -> String {
    let Facts { commit, date, processors, posts, feeds, threads, votes, written, memory_mib, .. } = facts;
    let mut page = format!(
        "{HEADING}\nMeasured at commit {commit} ({date}) on one machine of {processors} processors, over SQLite with {} posts and \
         {CONNECTIONS} connections: {} feeds, {} threads, {} votes and {} durable posts a second; at most {memory_mib} MiB of \
         memory. Half of that is counted on.\n\n| in the busiest minute |",
        grouped(*posts as f64),
        grouped(*feeds),
        grouped(*threads),
        grouped(*votes),
        grouped(*written),
    );
    let needs = CASES.map(|(_, visits)| need(facts, visits));
    for (name, _) in CASES {
        let _ = write!(page, " {name} |");
    }
    page += "\n| --- | ---: | ---: | ---: |\n";
    let mut row = |what: &str, value: &dyn Fn(&Need) -> String| {
        let _ = write!(page, "| {what} |");
        for need in &needs {
            let _ = write!(page, " {} |", value(need));
        }
        page.push('\n');
    };
    row("visits a second", &|need| number(need.visitors_a_s));
    row("requests to the API a second", &|need| number(need.requests_a_s));
    row("of one such machine", &|need| percent(need.processors));
    row("the same, when an edge answers for feeds and threads", &|need| percent(need.processors_with_edge));
    row("Mbit/s, files of the panel included", &|need| number(need.bits_a_s / 1e6));
    row("people who read along, each a stream", &|need| grouped(need.streams.ceil()));
    row("MiB of memory, with their streams", &|need| {
        grouped((memory_mib + need.streams * STREAM_KIB / 1024.0).ceil())
    });
    row("posts and replies a day", &|need| grouped(need.written_a_day.ceil()));
    row("GiB on the disk after a year", &|need| {
        number(need.written_a_day * 365.0 * facts.disk_bytes_an_item / f64::from(1 << 30))
    });
    row("hours of moderators a day", &|need| number(need.written_a_day / DECIDED_AN_HOUR));

    let largest = &needs[CASES.len() - 1];
    let shifts = (largest.written_a_day / DECIDED_AN_HOUR / SHIFT_HOURS).ceil();
    let mut limits = [
        ("its processors", largest.processors),
        ("a network of 1 Gbit/s", largest.bits_a_s / NETWORK_BITS_A_S),
    ];
    limits.sort_by(|a, b| b.1.total_cmp(&a.1));
    let [first, second] = limits.map(|(what, share)| format!("{what} ({} used)", percent(share)));
    let _ = writeln!(
        page,
        "\n**What breaks first is people.** The campaign's {} posts and replies a day are {} shifts of {SHIFT_HOURS} hours. Of one machine, \
         {first} would give out before {second}: the visits may be {} times as many.",
        grouped(largest.written_a_day.ceil()),
        grouped(shifts),
        number(1.0 / limits[0].1),
    );
    page
}

/// With commas between thousands.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut written = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

/// As exact as its size makes sense.
fn number(number: f64) -> String {
    if number >= 10.0 {
        grouped(number)
    } else if number >= 0.1 {
        format!("{number:.1}")
    } else {
        "less than 0.1".to_owned()
    }
}

fn percent(share: f64) -> String {
    if share < 0.001 { "less than 0.1 %".to_owned() } else { format!("{:.1} %", share * 100.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Facts {
        serde_json::from_str(&fs::read_to_string(project::root().join(FACTS)).unwrap()).unwrap()
    }

    #[test]
    fn the_page_says_what_the_kept_facts_come_to() {
        let facts = kept();
        let page = fs::read_to_string(project::root().join(PAGE)).unwrap();

        assert_eq!(page, by_hand(&page).unwrap().to_owned() + &computed(&facts));
    }

    #[test]
    fn twice_as_many_visits_need_twice_as_much() {
        let facts = kept();
        let (one, two) = (need(&facts, 1e6), need(&facts, 2e6));

        for (one, two) in [
            (one.processors, two.processors),
            (one.processors_with_edge, two.processors_with_edge),
            (one.bits_a_s, two.bits_a_s),
            (one.written_a_day, two.written_a_day),
        ] {
            assert!((2.0 * one - two).abs() < 1e-9 * two, "{one} {two}");
        }
        assert!(one.processors_with_edge < one.processors);
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0.0, 999.0, 1_000.0, 12_345_678.0].map(grouped), ["0", "999", "1,000", "12,345,678"]);
    }
}
