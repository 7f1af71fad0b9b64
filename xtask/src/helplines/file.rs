//! How a country file is laid out: facts first, sources after them, the same order everywhere, so that a change is a
//! small diff.

use std::fmt::Write as _;

use peer_support_domain::helpline::record::{
    ContactRecord, CountryRecord, EmergencyRecord, LineRecord, SourceRecord,
};
use toml::Value;

/// The text of the file of a country, to be read by people.
pub fn text(record: &CountryRecord) -> String {
    let mut text = format!(
        "# {name} ({country}): emergency numbers and helplines.\n\
         #\n\
         # Nobody has dialled these numbers. Public lists and pages were compared on {compared}: what independent\n\
         # sources agree on is \"confirmed\", all else \"single-source\". SOURCES.md has the rules, VOCABULARY.md the words.\n\
         # After a change: cargo xtask helplines check\n\n",
        name = record.name,
        country = record.country,
        compared = record.compared,
    );
    field(&mut text, "country", record.country.as_str());
    field(&mut text, "name", record.name.as_str());
    field(&mut text, "compared", record.compared.to_string());
    record.emergency.iter().for_each(|number| emergency(&mut text, number));
    record.line.iter().for_each(|record| line(&mut text, record));
    text
}

fn emergency(text: &mut String, record: &EmergencyRecord) {
    text.push_str("\n[[emergency]]\n");
    field(text, "service", word(&record.service));
    field(text, "number", record.number.as_str());
    field(text, "confirmations", i64::from(record.confirmations));
    field(text, "status", word(&record.status));
    rows(text, "sources", record.sources.iter().map(source));
}

fn line(text: &mut String, record: &LineRecord) {
    text.push_str("\n[[line]]\n");
    field(text, "id", record.id.as_str());
    field(text, "name", record.name.as_str());
    field(text, "status", word(&record.status));
    field(text, "confirmations", i64::from(record.confirmations));
    if let Some(pair) = &record.pair {
        field(text, "pair", pair.as_str());
    }
    if let Some(region) = &record.region {
        field(text, "region", region.as_str());
    }
    field(text, "topics", words(record.topics.iter().map(|topic| topic.as_str())));
    if !record.audience.is_empty() {
        field(text, "audience", words(record.audience.iter().map(|audience| audience.as_str())));
    }
    if !record.languages.is_empty() {
        field(text, "languages", words(record.languages.iter().map(|language| language.as_str())));
    }
    if let Some(hours) = &record.hours {
        field(text, "hours", hours.to_string());
    }
    if let Some(zone) = &record.timezone {
        field(text, "timezone", zone.as_str());
    }
    if let Some(cost) = &record.cost {
        field(text, "cost", word(cost));
    }
    if let Some(website) = &record.website {
        field(text, "website", website.as_str());
    }
    rows(text, "contacts", record.contacts.iter().map(contact));
    rows(text, "sources", record.sources.iter().map(source));
}

fn contact(record: &ContactRecord) -> String {
    let mut text = String::new();
    cell(&mut text, "kind", record.kind.as_str());
    cell(&mut text, "value", record.value.as_str());
    if let Some(e164) = &record.e164 {
        cell(&mut text, "e164", e164.as_str());
    }
    if let Some(keyword) = &record.keyword {
        cell(&mut text, "keyword", keyword.as_str());
    }
    if let Some(note) = &record.note {
        cell(&mut text, "note", note.as_str());
    }
    cell(&mut text, "confirmations", i64::from(record.confirmations));
    cell(&mut text, "confirmed", record.confirmed);
    text
}

fn source(record: &SourceRecord) -> String {
    let mut text = String::new();
    if let Some(url) = &record.url {
        cell(&mut text, "url", url.as_str());
    }
    if let Some(repo) = &record.repo {
        cell(&mut text, "repo", repo.as_str());
    }
    if let Some(package) = &record.package {
        cell(&mut text, "package", package.as_str());
    }
    if let Some(as_of) = &record.as_of {
        cell(&mut text, "as_of", as_of.to_string());
    }
    if let Some(note) = &record.note {
        cell(&mut text, "note", note.as_str());
    }
    text
}

fn field(text: &mut String, key: &str, value: impl Into<Value>) {
    writeln!(text, "{key} = {}", value.into()).expect("a String takes all that is written");
}

fn cell(text: &mut String, key: &str, value: impl Into<Value>) {
    let separator = if text.is_empty() { "" } else { ", " };
    write!(text, "{separator}{key} = {}", value.into()).expect("a String takes all that is written");
}

fn rows(text: &mut String, key: &str, rows: impl Iterator<Item = String>) {
    let rows: String = rows.map(|row| format!("  {{ {row} }},\n")).collect();
    writeln!(text, "{key} = [\n{rows}]").expect("a String takes all that is written");
}

fn words<'a>(words: impl Iterator<Item = &'a str>) -> Value {
    Value::Array(words.map(Value::from).collect())
}

/// The word that serde writes for a choice without fields.
fn word(choice: &impl serde::Serialize) -> Value {
    Value::try_from(choice).expect("a choice without fields is a word")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_file_reads_back_as_it_was_written() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();

        for path in crate::helplines::files(root).unwrap() {
            let written = std::fs::read_to_string(&path).unwrap();
            let record: CountryRecord = toml::from_str(&written).unwrap();

            let again: CountryRecord = toml::from_str(&text(&record)).unwrap();

            assert_eq!(again, record, "{}", path.display());
        }
    }

    #[test]
    fn quotes_and_backslashes_in_names_survive() {
        let record: CountryRecord = toml::from_str(
            r#"
            country = "GB"
            name = 'Say "hello" \ goodbye'
            compared = "2026"
            "#,
        )
        .unwrap();

        let again: CountryRecord = toml::from_str(&text(&record)).unwrap();

        assert_eq!(again, record);
    }
}
