//! `cargo xtask helplines export`: the country files in forms that other programs read.

use std::{fs, path::Path};

use anyhow::Context;
use peer_support_domain::helpline::record::{CountryRecord, SourceRecord};
use serde_json::{Value, json};

use super::hsds;

/// What stands in every exported form, so that nobody takes the data for more than it is.
const ABOUT: &str = "Crisis lines and emergency numbers by country. Nobody has dialled these numbers: public lists and \
    pages were compared, and a contact is confirmed when independent ones agree.";

/// Writes `helplines.json`, `services.csv`, `contacts.csv`, `emergency.csv` and `hsds.json` into `folder`.
///
/// # Errors
///
/// When a country file cannot be read or a file cannot be written.
pub fn command(root: &Path, folder: &Path) -> anyhow::Result<()> {
    let records: Vec<_> =
        super::files(root)?.iter().map(|path| super::read(path)).collect::<Result<_, _>>()?;
    let csv = csv(&records)?;
    let files = [
        ("helplines.json", pretty(&json(&records)?)?),
        ("services.csv", csv.services),
        ("contacts.csv", csv.contacts),
        ("emergency.csv", csv.emergency),
        ("hsds.json", pretty(&Value::Array(hsds::services(&records)?))?),
    ];
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}: {} bytes", path.display(), text.len());
    }
    Ok(())
}

/// All countries as one JSON text: the country files as they are, without what they leave out.
fn json(records: &[CountryRecord]) -> anyhow::Result<Value> {
    let mut countries = serde_json::Map::new();
    for record in records {
        countries.insert(record.country.to_string(), without_nulls(serde_json::to_value(record)?));
    }
    Ok(json!({ "format": "peer-support helplines 1", "about": ABOUT, "countries": countries }))
}

/// An absent field says what `null` would, in a third of the space.
pub fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key, without_nulls(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        value => value,
    }
}

fn pretty(value: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// Flat tables, by RFC 4180; what there are several of in one cell is divided by `; `.
struct Csv {
    services: String,
    contacts: String,
    emergency: String,
}

fn csv(records: &[CountryRecord]) -> anyhow::Result<Csv> {
    let mut services = table(&[
        "id",
        "country",
        "name",
        "region",
        "pair",
        "topics",
        "audience",
        "languages",
        "hours",
        "timezone",
        "cost",
        "website",
        "status",
        "confirmations",
        "compared",
        "sources",
    ])?;
    let mut contacts =
        table(&["line", "kind", "value", "e164", "keyword", "note", "confirmations", "confirmed"])?;
    let mut emergency =
        table(&["country", "service", "number", "confirmations", "status", "compared", "sources"])?;
    for record in records {
        let (country, compared) = (record.country.as_str(), record.compared.to_string());
        for number in &record.emergency {
            emergency.write_record([
                country,
                &word(&number.service)?,
                number.number.as_str(),
                &number.confirmations.to_string(),
                &word(&number.status)?,
                &compared,
                &joined(number.sources.iter().map(source)),
            ])?;
        }
        for line in &record.line {
            services.write_record([
                line.id.as_str(),
                country,
                line.name.as_str(),
                line.region.as_ref().map_or("", |region| region.as_str()),
                line.pair.as_ref().map_or("", |pair| pair.as_str()),
                &joined(line.topics.iter().map(|topic| topic.as_str().to_owned())),
                &joined(line.audience.iter().map(|audience| audience.as_str().to_owned())),
                &joined(line.languages.iter().map(|language| language.as_str().to_owned())),
                &line.hours.as_ref().map(ToString::to_string).unwrap_or_default(),
                line.timezone.as_ref().map_or("", |zone| zone.as_str()),
                &line.cost.as_ref().map(word).transpose()?.unwrap_or_default(),
                line.website.as_ref().map_or("", |website| website.as_str()),
                &word(&line.status)?,
                &line.confirmations.to_string(),
                &compared,
                &joined(line.sources.iter().map(source)),
            ])?;
            for contact in &line.contacts {
                contacts.write_record([
                    line.id.as_str(),
                    contact.kind.as_str(),
                    &contact.value,
                    contact.e164.as_ref().map_or("", |number| number.as_str()),
                    contact.keyword.as_ref().map_or("", |word| word.as_str()),
                    contact.note.as_ref().map_or("", |note| note.as_str()),
                    &contact.confirmations.to_string(),
                    if contact.confirmed { "true" } else { "false" },
                ])?;
            }
        }
    }
    Ok(Csv { services: text(services)?, contacts: text(contacts)?, emergency: text(emergency)? })
}

fn table(head: &[&str]) -> anyhow::Result<csv::Writer<Vec<u8>>> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    table.write_record(head)?;
    Ok(table)
}

fn text(table: csv::Writer<Vec<u8>>) -> anyhow::Result<String> {
    let bytes = table.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8(bytes)?)
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

/// `place (date)`, as a person reads it.
fn source(source: &SourceRecord) -> String {
    let place = source.url.as_ref().map(|url| url.as_str());
    let place = place.or(source.repo.as_ref().or(source.package.as_ref()).map(|label| label.as_str()));
    let place = place.unwrap_or_default();
    source.as_of.map_or_else(|| place.to_owned(), |date| format!("{place} ({date})"))
}

/// The word that serde writes for a choice without fields.
fn word(choice: &impl serde::Serialize) -> anyhow::Result<String> {
    let word = serde_json::to_value(choice)?;
    Ok(word.as_str().context("a choice without fields is a word")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<CountryRecord> {
        let files = super::super::files(crate::project::root()).unwrap();
        files.iter().map(|path| super::super::read(path).unwrap()).collect()
    }

    #[test]
    fn the_json_holds_every_country_as_its_file_has_it() {
        let records = records();

        let text = pretty(&json(&records).unwrap()).unwrap();

        let value: Value = serde_json::from_str(&text).unwrap();
        for record in records {
            let country = value["countries"][record.country.as_str()].clone();
            assert_eq!(serde_json::from_value::<CountryRecord>(country).unwrap(), record);
        }
    }

    #[test]
    fn the_tables_have_a_row_for_each_service_contact_and_number() {
        let records = records();

        let csv = csv(&records).unwrap();

        let rows = |text: &str| -> Vec<csv::StringRecord> {
            csv::Reader::from_reader(text.as_bytes()).records().collect::<Result<_, _>>().unwrap()
        };
        let lines = || records.iter().flat_map(|record| &record.line);
        let services = rows(&csv.services);
        assert_eq!(services.len(), lines().count());
        for (row, line) in services.iter().zip(lines()) {
            assert_eq!((&row[0], &row[2]), (line.id.as_str(), line.name.as_str()));
        }
        let contacts = rows(&csv.contacts);
        assert_eq!(contacts.len(), lines().map(|line| line.contacts.len()).sum::<usize>());
        assert!(
            contacts
                .iter()
                .any(|row| row == ["gb-shout-85258", "sms", "85258", "", "SHOUT", "", "3", "true"].as_slice())
        );
        let numbers: usize = records.iter().map(|record| record.emergency.len()).sum();
        assert_eq!(rows(&csv.emergency).len(), numbers);
        assert!(csv.services.contains("\r\n"), "RFC 4180 ends a row so");
    }
}
