//! `cargo xtask bench`: measured facts, in `target/bench`.

mod crates;
mod hardware;
mod load;
mod peers;
mod pictures;

use crate::build::{self, assets::Dist, budgets, server};
use crate::setup::{self, Part, debian, std, tools::cargo};
use crate::{project, run};
use ::std::collections::BTreeMap;
use ::std::fmt::Write as _;
use ::std::fs;
use ::std::process::{Command, Stdio};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

/// What of the visit is reported: its key, what it is, and what it may take at most, in milliseconds.
const VISIT: [(&str, &str, Option<f64>); 7] = [
    ("static_card", "tap to the static card", Some(1000.0)),
    ("panel", "tap to the panel with its best lines", None),
    ("whole_directory", "tap to the whole directory", Some(6000.0)),
    ("search_key", "main thread per key in the search field, all in", None),
    ("bare_key", "main thread per key in a bare field of a page without the panel", None),
    ("search_key_beyond_bare", "what the search adds to a key", Some(10.0)),
    ("longest_work", "longest work for a flooded server, on a phone of 2016", Some(3000.0)),
];

/// What to measure; everything when nothing is named.
#[derive(Args)]
pub struct Options {
    /// Only this; may be given more than once. The rest of the report stays as it was.
    #[arg(long, value_name = "BENCH")]
    only: Vec<Bench>,
    /// Everything behind `--` goes to the bench of the server: `-- --help` says what it takes.
    #[arg(last = true)]
    scale: Vec<String>,
}

/// One part of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Bench {
    /// How big everything is that browsers are sent, and which crates make it so.
    Sizes,
    /// How long a visitor with a slow phone waits for it.
    Visit,
    /// How long a device takes to read what is being written, after each pause.
    Drafts,
    /// How long a phone takes to show a thousand posts.
    Many,
    /// What a page pays for the panel, beside others' comments, which are fetched from the package registries.
    Beside,
    /// What the server takes with a million posts, and with a thousand.
    Scale,
    /// What the server serves over real connections with up to a million posts, beside nginx and Isso.
    Load,
}

/// The most that reading a draft of 1,000 characters may take after a pause, in milliseconds, four times slower than here.
const MOST_MS_A_PAUSE: f64 = 2.0;

/// The most that something may cost with a million posts, as often as with a thousand.
const MOST_TIMES: f64 = 1.5;

/// Measures what `options` name, and writes the report.
///
/// # Errors
///
/// When it cannot be built, the browser does not show what it should, or the report cannot be written.
pub fn command(options: &Options) -> Result<()> {
    let is_asked = |bench| options.only.is_empty() || options.only.contains(&bench);
    let folder = project::target().join("bench");
    fs::create_dir_all(&folder)?;
    let file = folder.join("report.json");
    let mut all: Value =
        fs::read(&file).ok().and_then(|all| serde_json::from_slice(&all).ok()).unwrap_or_default();
    let is_in_browser = [Bench::Visit, Bench::Drafts, Bench::Many, Bench::Beside].into_iter().any(is_asked);
    if is_asked(Bench::Sizes) || is_in_browser {
        setup::install(Part::Browsers)?;
        let dist = build::build(build::Options::default(), &std::provide()?)?;
        all["sizes"] = json!(dist.assets());
        if is_asked(Bench::Sizes) {
            all["crates"] = crates::measure()?;
            remember(&dist)?;
        }
    }
    if is_in_browser {
        server::build(false)?;
    }
    if is_asked(Bench::Visit) {
        all["visit"] = in_browser(&[])?;
    }
    if is_asked(Bench::Drafts) {
        all["drafts"] = in_browser(&["drafts"])?;
    }
    if is_asked(Bench::Many) {
        all["many"] = in_browser(&["many"])?;
    }
    if is_asked(Bench::Beside) {
        peers::install()?;
        all["beside"] = in_browser(&["beside"])?;
    }
    if is_asked(Bench::Scale) {
        setup::install(Part::Database)?;
        all["scale"] = scale(&options.scale)?;
    }
    if is_asked(Bench::Load) {
        debian::wrk()?;
        peers::install()?;
        let stores = folder.join("stores");
        let (nginx, isso) = (debian::proxies()?.join("usr/sbin/nginx"), folder.join("peers/isso/bin/isso"));
        let mut arguments = vec!["--only".to_owned(), "load".to_owned()];
        for (name, place) in [("--folder", stores), ("--nginx", nginx), ("--isso", isso)] {
            arguments.extend([name.to_owned(), place.display().to_string()]);
        }
        arguments.extend(options.scale.iter().cloned());
        all["load"] = scale(&arguments)?["load"].take();
        hardware::write(&all["load"])?;
    }
    let parts = [
        ("sizes", sizes as fn(&Value) -> String),
        ("crates", crates_of),
        ("visit", waits),
        ("drafts", pauses),
        ("many", showing),
        ("beside", beside),
        ("scale", costs),
        ("load", load::report),
    ];
    let mut report = String::new();
    for (name, tell) in parts.into_iter().filter(|(name, _)| !all[name].is_null()) {
        report += &tell(&all[name]);
        report += &pictures::draw(name, &all[name], &folder)?;
    }
    fs::write(folder.join("report.md"), &report)?;
    fs::write(file, serde_json::to_vec_pretty(&all)?)?;
    println!("{report}");
    println!("Written to target/bench/report.md and report.json.");
    Ok(())
}

/// What `server/benches/scale` measures, as the server is released.
fn scale(arguments: &[String]) -> Result<Value> {
    let mut bench = Command::new(cargo());
    bench.current_dir(project::root());
    bench
        .args(["bench", "--locked", "-q", "-p", "peer-support-server", "--bench", "scale", "--"])
        .args(arguments);
    // How far it is: it takes a quarter of an hour.
    bench.stderr(Stdio::inherit());
    serde_json::from_str(&run::output(&mut bench)?).context("the bench of the server prints JSON")
}

/// What `tests/bench` measures in a browser, against the server as it is released.
fn in_browser(arguments: &[&str]) -> Result<Value> {
    let mut bench = Command::new(cargo());
    bench.current_dir(project::root());
    bench.args(["run", "--locked", "-q", "-p", "peer-support-tests", "--bin", "bench", "--"]).args(arguments);
    bench.env("PEER_SUPPORT_SERVER", project::target().join("release/peer-support-server"));
    serde_json::from_str(&run::output(&mut bench)?).context("the bench in the browser prints JSON")
}

fn sizes(sizes: &Value) -> String {
    let mut report =
        String::from("# Sizes in bytes\n\n| file | raw | gzip | brotli |\n| --- | ---: | ---: | ---: |\n");
    for asset in items(sizes) {
        let name = asset["name"].as_str().unwrap_or_default();
        let _ = writeln!(report, "| {name} | {} | {} | {} |", asset["raw"], asset["gz"], asset["br"]);
    }
    report
}

/// Sizes by brotli over time, a line for each commit that they were measured at: what grew, and when.
const HISTORY: &str = "bench/history.jsonl";

fn git(arguments: &[&str]) -> Result<String> {
    run::output(Command::new("git").current_dir(project::root()).args(arguments))
}

/// The commit that is checked out, and its day.
fn head() -> Result<(String, String)> {
    Ok((git(&["rev-parse", "--short=10", "HEAD"])?, git(&["show", "--no-patch", "--format=%cs", "HEAD"])?))
}

/// Adds what `dist` weighs to [`HISTORY`], in the place of what the same commit weighed before.
fn remember(dist: &Dist) -> Result<()> {
    // A folder without its history, as from an archive, has none to remember.
    let Ok((commit, date)) = head() else { return Ok(()) };
    // What no commit has is no commit's weight.
    if !git(&["status", "--porcelain", "--untracked-files=no", "--", ":!bench"])?.is_empty() {
        eprintln!("bench: not remembered in {HISTORY}, because there are changes that are not committed");
        return Ok(());
    }
    let weights: BTreeMap<String, usize> = budgets::used(dist)?.into_iter().collect();
    let line = json!({ "commit": commit, "date": date, "brotli_bytes": weights }).to_string();
    let file = project::root().join(HISTORY);
    fs::create_dir_all(file.parent().context("the history lies in a folder")?)?;
    let known = fs::read_to_string(&file).unwrap_or_default();
    let of_commit = format!("\"commit\":\"{commit}\"");
    let others = known.lines().filter(|line| !line.contains(&of_commit));
    let all: String = others.chain([line.as_str()]).map(|line| format!("{line}\n")).collect();
    Ok(fs::write(file, all)?)
}

/// Which crates make up the wasm.
fn crates_of(modules: &Value) -> String {
    let mut report = String::from("\n# Crates in the wasm, in bytes before compression\n");
    for module in items(modules) {
        let name = module["module"].as_str().unwrap_or_default();
        let _ = writeln!(report, "\n| {name} | bytes |\n| --- | ---: |\n| data | {} |", module["data"]);
        for of in items(&module["crates"]) {
            let _ = writeln!(report, "| {} | {} |", of[0].as_str().unwrap_or_default(), of[1]);
        }
    }
    report
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn waits(visit: &Value) -> String {
    let mut report = format!(
        "\n# A first visit, in milliseconds\n\nChromium, empty cache, {} ms before each answer, {} kbit/s, a processor {} \
         times slower than this one; {} runs.\n\n| what | median | worst | at most |\n| --- | ---: | ---: | ---: |\n",
        visit["latency_ms"],
        visit["bytes_per_s"].as_u64().unwrap_or_default() * 8 / 1000,
        visit["cpu_slowdown"],
        visit["runs"],
    );
    for (key, what, at_most) in VISIT {
        let of = |field: &str| visit[key][field].as_f64().unwrap_or(f64::NAN);
        let (median, worst) = (of("median_ms"), of("worst_ms"));
        let limit = at_most.map_or_else(String::new, |limit| match worst <= limit {
            true => format!("{limit}"),
            false => format!("{limit}: **missed**"),
        });
        let _ = writeln!(report, "| {what} | {median:.1} | {worst:.1} | {limit} |");
    }
    report
}

/// What reading a draft takes after a pause in writing, and the rules and weights once before.
fn pauses(drafts: &Value) -> String {
    let mut report = format!(
        "\n# Reading a draft, in milliseconds of the main thread\n\nThe text signals as wasm, in Chromium, the mean of 60 pauses; at most \
         {MOST_MS_A_PAUSE} for 1000 characters with a processor 4 times slower than this one.\n\n| times slower | characters | a pause | \
         rules and weights, once |\n| ---: | ---: | ---: | ---: |\n"
    );
    for of in items(drafts) {
        let ms = |field: &str| of[field].as_f64().unwrap_or(f64::NAN);
        let is_meant = of["cpu_slowdown"] == 4 && of["characters"] == 1000;
        let mark = if is_meant && ms("pause_ms") > MOST_MS_A_PAUSE { ": **missed**" } else { "" };
        let _ = writeln!(
            report,
            "| {} | {} | {:.2}{mark} | {:.0} |",
            of["cpu_slowdown"],
            of["characters"],
            ms("pause_ms"),
            ms("learn_ms"),
        );
    }
    report
}

/// What showing many posts takes, and whether the last ones take longer than the first.
fn showing(many: &Value) -> String {
    let ms = |field: &str| many[field].as_f64().unwrap_or(f64::NAN);
    format!(
        "\n# Showing many posts, in milliseconds of the main thread\n\nChromium, a processor {} times slower than this one; {} posts on {} \
         pages.\n\n| a page: the first | the last | all |\n| ---: | ---: | ---: |\n| {:.0} | {:.0} | {:.0} |\n",
        many["cpu_slowdown"],
        many["posts"],
        many["pages"],
        ms("first_pages_ms"),
        ms("last_pages_ms"),
        ms("all_ms"),
    )
}

/// What a page pays for the panel and for others, and how long somebody waits who wants it.
fn beside(found: &Value) -> String {
    let mut report = format!(
        "\n# A page with the panel, and with others\n\nChromium, empty cache, {} ms before each answer, {} kbit/s, a processor {} times \
         slower than this one; medians. A wait begins when a finger touches, for 80 ms: ours opens the panel, of others it puts their \
         snippet into the page. Scripts and styles of others come compressed; Waline and Artalk get an empty list at once and not \
         from servers of theirs.\n\n\
         | of | what | ms until usable | requests | of them preflights | bytes | blocked, ms | largest paint, ms | shift | heap, KB | key to \
         paint: p50, ms | p95 |\n| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        found["latency_ms"],
        found["bytes_per_s"].as_u64().unwrap_or_default() * 8 / 1000,
        found["cpu_slowdown"],
    );
    for of in items(&found["subjects"]) {
        let figure = |name: &str, digits: usize, divisor: f64| {
            // A zero has no sign here.
            of[name].as_f64().map_or_else(String::new, |value| format!("{:.digits$}", value / divisor + 0.0))
        };
        let text = |at: usize| of["of"][at].as_str().unwrap_or_default();
        let _ = writeln!(
            report,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            text(0),
            text(1),
            figure("usable_ms", 0, 1.0),
            figure("requests", 0, 1.0),
            figure("preflights", 0, 1.0),
            figure("bytes", 0, 1.0),
            figure("blocked_ms", 0, 1.0),
            figure("lcp_ms", 0, 1.0),
            figure("shift", 3, 1.0),
            figure("heap_bytes", 0, 1024.0),
            figure("key_p50_ms", 1, 1.0),
            figure("key_p95_ms", 1, 1.0),
        );
    }
    report
}

/// What requests cost in the small and in the large store, and how many times as much; and what moving takes.
fn costs(scale: &Value) -> String {
    let (small, large) = (&scale["small"], &scale["large"]);
    let mut report = format!(
        "\n# What {large} posts cost, beside {small}\n\nMilliseconds through the router, both in turns; p50 and p99. More than \
         {MOST_TIMES} times as much is too much.\n"
    );
    for of_store in items(&scale["requests"]) {
        let _ = writeln!(
            report,
            "\n| {} | {small}: p50 | p99 | {large}: p50 | p99 | times: p50 | p99 |\n| --- | ---: | ---: | ---: | ---: | \
             ---: | ---: |",
            of_store["store"].as_str().unwrap_or_default(),
        );
        for operation in items(&of_store["operations"]) {
            let ms = |size: &str, at: &str| operation[size][at].as_f64().unwrap_or(f64::NAN) / 1000.0;
            let times = |at: &str| {
                let times = ms("large", at) / ms("small", at);
                let mark = if times > MOST_TIMES { "**" } else { "" };
                format!("{mark}{times:.2}{mark}")
            };
            let _ = writeln!(
                report,
                "| {} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {} |",
                operation["what"].as_str().unwrap_or_default(),
                ms("small", "p50_us"),
                ms("small", "p99_us"),
                ms("large", "p50_us"),
                ms("large", "p99_us"),
                times("p50_us"),
                times("p99_us"),
            );
        }
    }
    for of_store in items(&scale["moving"]) {
        let _ = writeln!(
            report,
            "\n| {}, {} comments | seconds | most memory of the program, MiB |\n| --- | ---: | ---: |",
            of_store["store"].as_str().unwrap_or_default(),
            of_store["comments"],
        );
        for operation in items(&of_store["operations"]) {
            let _ = writeln!(
                report,
                "| {} | {:.1} | {:.0} |",
                operation["what"].as_str().unwrap_or_default(),
                operation["seconds"].as_f64().unwrap_or(f64::NAN),
                operation["peak_kib"].as_f64().unwrap_or(f64::NAN) / 1024.0,
            );
        }
    }
    report
}
