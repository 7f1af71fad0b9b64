//! How well the world is covered and how old that is: `helplines/COVERAGE.md`, and the same in a few lines.

use std::collections::BTreeMap;

use peer_support_domain::{
    contact::Kind,
    country::Country,
    helpline::{
        AsOf, Topic,
        record::{CountryRecord, LineRecord, Status},
    },
};

/// The page, made from the country files alone, so that it changes only when they do.
pub fn page(records: &[CountryRecord]) -> String {
    let mut page = String::from(
        "# Coverage\n\n\
         Written by `cargo xtask helplines check --write` from the country files; do not edit it.\n\
         \"Confirmed\" means that independent sources agree, not that a line answers: nobody has dialled these numbers.\n\
         SOURCES.md has the rules.\n\n",
    );
    page.push_str(&format!("```text\n{}```\n", summary(records)));
    page.push_str("\n## By country\n\n");
    page.push_str(
        "| code | country or territory | in danger | confirmed | single-source | newest source |\n",
    );
    page.push_str("|---|---|---|--:|--:|---|\n");
    for record in records {
        let confirmed = record.line.iter().filter(|line| line.status == Status::Confirmed).count();
        let newest = record.line.iter().filter_map(newest).max();
        page.push_str(&format!(
            "| {} | {} | {} | {confirmed} | {} | {} |\n",
            record.country,
            record.name,
            in_danger(record),
            record.line.len() - confirmed,
            newest.map(|date| date.to_string()).unwrap_or_default(),
        ));
    }
    let missing = |title: &str, is_missing: &dyn Fn(&CountryRecord) -> bool| {
        let codes: Vec<_> = records
            .iter()
            .filter(|record| is_missing(record))
            .map(|record| record.country.as_str())
            .collect();
        format!("\n{title} ({}): {}\n", codes.len(), codes.join(" "))
    };
    page.push_str("\n## What is missing most\n");
    let has_no_confirmed =
        |record: &CountryRecord| record.line.iter().all(|line| line.status != Status::Confirmed);
    let lists = [
        missing("No line", &|record| record.line.is_empty()),
        missing("Single-source lines only", &|record| !record.line.is_empty() && has_no_confirmed(record)),
        missing("Confirmed lines, but none for suicide or emotional distress", &|record| {
            !has_no_confirmed(record)
                && !record.line.iter().any(|line| line.status == Status::Confirmed && is_for_distress(line))
        }),
        missing("Police or ambulance single-source or unknown", &|record| !record.has_confirmed_emergency()),
    ];
    lists.iter().for_each(|list| page.push_str(list));
    let known: Vec<_> = records.iter().map(|record| record.country).collect();
    let unknown: Vec<_> =
        Country::all().filter(|country| !known.contains(country)).map(Country::as_str).collect();
    page.push_str(&format!("\nNothing known ({}): {}\n", unknown.len(), unknown.join(" ")));
    page
}

/// The totals, for a terminal.
pub fn summary(records: &[CountryRecord]) -> String {
    let lines: Vec<_> = records.iter().flat_map(|record| &record.line).collect();
    let confirmed = lines.iter().filter(|line| line.status == Status::Confirmed).count();
    let contacts = || lines.iter().flat_map(|line| &line.contacts);
    let with = |is_with: &dyn Fn(&LineRecord) -> bool| {
        records.iter().filter(|record| record.line.iter().any(is_with)).count()
    };
    let is_confirmed = |line: &LineRecord| line.status == Status::Confirmed;
    let mut by_year: BTreeMap<String, usize> = BTreeMap::new();
    for line in &lines {
        let year = newest(line).map_or("undated".to_owned(), |date| date.year().to_string());
        *by_year.entry(year).or_default() += 1;
    }
    let numbers = records.iter().flat_map(|record| &record.emergency);
    let rows = [
        format!(
            "services            {} ({confirmed} confirmed, {} single-source)",
            lines.len(),
            lines.len() - confirmed
        ),
        format!(
            "countries           {} with a line, {} with a confirmed one, {} with a confirmed one for suicide or distress",
            with(&|_| true),
            with(&is_confirmed),
            with(&|line| is_confirmed(line) && is_for_distress(line)),
        ),
        format!(
            "contacts            {} ({} confirmed): {}",
            contacts().count(),
            contacts().filter(|contact| contact.confirmed).count(),
            counts(
                Kind::ALL.iter().map(|kind| {
                    (kind.as_str(), contacts().filter(|contact| contact.kind == *kind).count())
                })
            ),
        ),
        format!(
            "emergency numbers   {} in {} countries; in {} police and ambulance are confirmed",
            numbers.count(),
            records.iter().filter(|record| !record.emergency.is_empty()).count(),
            records.iter().filter(|record| record.has_confirmed_emergency()).count(),
        ),
        format!(
            "topics              {}",
            counts(Topic::ALL.iter().map(|topic| {
                (topic.as_str(), lines.iter().filter(|line| line.topics.contains(topic)).count())
            })),
        ),
        format!(
            "newest source       {}",
            counts(by_year.iter().rev().map(|(year, count)| (year.as_str(), *count))),
        ),
        format!(
            "last compared       {}",
            records
                .iter()
                .map(|record| record.compared)
                .max()
                .map(|date| date.to_string())
                .unwrap_or_default(),
        ),
    ];
    rows.map(|row| row + "\n").concat()
}

fn counts<'a>(counts: impl Iterator<Item = (&'a str, usize)>) -> String {
    counts.map(|(word, count)| format!("{word} {count}")).collect::<Vec<_>>().join(", ")
}

fn newest(line: &LineRecord) -> Option<AsOf> {
    line.sources.iter().filter_map(|source| source.as_of).max()
}

fn is_for_distress(line: &LineRecord) -> bool {
    line.topics.iter().any(|topic| matches!(topic, Topic::Suicide | Topic::EmotionalDistress))
}

/// The emergency numbers that stand first, as the visitor sees them.
fn in_danger(record: &CountryRecord) -> String {
    let Ok(directory) = record.directory() else { return String::new() };
    let shown: Vec<_> = directory
        .emergency_to_show()
        .iter()
        .map(|number| {
            let unconfirmed = if number.confirmed { "" } else { ", single-source" };
            format!("{} ({:?}{unconfirmed})", number.number, number.service).to_lowercase()
        })
        .collect();
    shown.join(", ")
}
