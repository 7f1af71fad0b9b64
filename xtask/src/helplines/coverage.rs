//! How well the world is covered and how old that is: `helplines/COVERAGE.md`, and the same in a few lines.

use std::collections::BTreeMap;

use peer_support_domain::{
    contact::Kind,
    country::Country,
    helpline::{
        AsOf, Freshness, Service, Topic,
        record::{ContactRecord, CountryRecord, LineRecord, Status},
    },
};

use super::numbers;

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
    page.push_str(&doubts(records));
    page
}

/// What the check cannot settle and a person who knows the country could.
fn doubts(records: &[CountryRecord]) -> String {
    let mut page = String::from("\n## What somebody who knows the country could settle\n");
    let mut list = |title: &str, entries: Vec<String>| {
        page.push_str(&format!("\n{title} ({}): {}\n", entries.len(), entries.join(", ")));
    };
    let equals = records.iter().filter_map(|record| {
        let general = || record.emergency.iter().filter(|number| number.service == Service::General);
        let most = general().map(|number| number.confirmations).max()?;
        let first: Vec<_> = general().filter(|number| number.confirmations == most).collect();
        let numbers: Vec<_> = first.iter().map(|number| number.number.as_str()).collect();
        (first.len() > 1).then(|| format!("{} {}", record.country, numbers.join(" or ")))
    });
    list("General numbers that equally many sources list, the first of which is shown", equals.collect());
    let halves = records.iter().filter_map(|record| {
        let knows = |service| record.emergency.iter().any(|number| number.service == service);
        (!knows(Service::General) && knows(Service::Police) != knows(Service::Ambulance))
            .then(|| record.country.to_string())
    });
    list("Police without an ambulance, or the other way round", halves.collect());
    let contacts = |is_meant: &dyn Fn(&CountryRecord, &ContactRecord) -> bool| {
        let mut entries = Vec::new();
        for record in records {
            for line in &record.line {
                let meant = line.contacts.iter().filter(|contact| is_meant(record, contact));
                entries.extend(meant.map(|contact| format!("{} {}", line.id, contact.value)));
            }
        }
        entries
    };
    list(
        "Text numbers without E.164 form and without a keyword, which some of them may need",
        contacts(&|_, contact| {
            contact.kind == Kind::Sms && contact.e164.is_none() && contact.keyword.is_none()
        }),
    );
    list(
        "Numbers to call without E.164 form that libphonenumber's short-number metadata does not know",
        contacts(&|record, contact| {
            contact.kind == Kind::Phone
                && contact.e164.is_none()
                && !numbers::is_known_short(record.country, &contact.value)
        }),
    );
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
    let emergency_numbers = records.iter().flat_map(|record| &record.emergency);
    let mut ages = [0; 4];
    for (record, line) in records.iter().flat_map(|record| record.line.iter().map(move |line| (record, line)))
    {
        ages[match newest(line).map(|date| date.freshness(record.compared)) {
            Some(Freshness::Fresh) => 0,
            Some(Freshness::Aging) => 1,
            Some(Freshness::Old) => 2,
            None => 3,
        }] += 1;
    }
    let short_numbers = || {
        records.iter().flat_map(|record| {
            let contacts = record.line.iter().flat_map(|line| &line.contacts);
            contacts.filter(|contact| contact.e164.is_none()).map(move |contact| (record.country, contact))
        })
    };
    let known_short = short_numbers().filter(|(country, contact)| {
        contact.kind.is_number() && numbers::is_known_short(*country, &contact.value)
    });
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
            "numbers             {} with an E.164 form; {} without, {} of them known to libphonenumber as short numbers; \
             {} text numbers with a keyword",
            contacts().filter(|contact| contact.e164.is_some()).count(),
            short_numbers().filter(|(_, contact)| contact.kind.is_number()).count(),
            known_short.count(),
            contacts().filter(|contact| contact.keyword.is_some()).count(),
        ),
        format!(
            "emergency numbers   {} in {} countries; in {} police and ambulance are confirmed",
            emergency_numbers.count(),
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
            "age when compared   up to 6 months {}, up to 12 {}, older {}, undated {}",
            ages[0], ages[1], ages[2], ages[3],
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
