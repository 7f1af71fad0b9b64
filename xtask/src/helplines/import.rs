//! Takes a data set over into the country files, and shows before what that changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use peer_support_domain::{
    contact::{DialString, E164, Keyword, Kind, WebAddress},
    country::Country,
    helpline::{
        AsOf, Audience, Label, Language, LineId, Service, Topic,
        record::{ContactRecord, Cost, CountryRecord, EmergencyRecord, LineRecord, SourceRecord, Status},
    },
    hours::{OpeningHours, TimeZone},
};
use serde::Deserialize;
use similar::TextDiff;

use super::{check, file, hsds};

/// Where a data set stands and what has to be known to read it.
#[derive(clap::Args)]
pub struct Import {
    /// Services: JSON Lines as helplines/SOURCES.md describes them, or Open Referral HSDS 3 as JSON.
    services: PathBuf,
    /// Emergency numbers by country, which belong to JSON Lines.
    emergency: Option<PathBuf>,
    /// The country of HSDS services that name none.
    #[arg(long)]
    country: Option<Country>,
    /// The page or `owner/repository:path` that lists HSDS services which bring no sources of ours.
    #[arg(long)]
    source: Option<String>,
    /// When that source said so: 2026, 2026-04 or 2026-04-22.
    #[arg(long, requires = "source")]
    as_of: Option<AsOf>,
    /// Write the country files; without it nothing is changed.
    #[arg(long)]
    write: bool,
}

/// `cargo xtask helplines import`: prints what would change, and writes it when asked to.
///
/// # Errors
///
/// When the data set cannot be read, or would make a country file that `check` refuses. Then nothing is written.
pub fn command(root: &Path, import: Import) -> anyhow::Result<()> {
    let read =
        |path: &Path| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let place = || import.services.display().to_string();
    let services = read(&import.services)?;
    let (countries, is_whole) = match &import.emergency {
        Some(emergency) => (countries(&services, &read(emergency)?).with_context(place)?, true),
        None if import.services.extension().is_some_and(|extension| extension == "jsonl") => {
            bail!("JSON Lines hold no names of countries; give the file of emergency numbers too")
        }
        None => {
            let stated = hsds::Stated { country: import.country, source: import.source()? };
            (merged(root, hsds::read(&services, &stated).with_context(place)?)?, false)
        }
    };
    let (n_lines, n_numbers) = countries.values().fold((0, 0), |(lines, numbers), record| {
        (lines + record.line.len(), numbers + record.emergency.len())
    });
    println!("{} countries, {n_lines} services, {n_numbers} emergency numbers", countries.len());

    let changes = changes(root, &countries);
    for change in &changes {
        println!("{}: {}", change.country, change.sentence);
        print!("{}", change.difference);
    }
    if is_whole {
        for path in super::files(root).unwrap_or_default() {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            if !name.parse().is_ok_and(|country: Country| countries.contains_key(&country)) {
                println!("{}: not in the data set; left as it is", path.display());
            }
        }
    }
    let n_problems: usize = changes.iter().map(Change::complain).sum();
    ensure!(n_problems == 0, "{n_problems} problems in the data set; nothing is written");
    match (changes.len(), import.write) {
        (0, _) => println!("nothing changes"),
        (n_changed, true) => {
            write(&changes)?;
            println!("{n_changed} files written; now: cargo xtask helplines check --write");
        }
        (n_changed, false) => println!("{n_changed} files would change; --write does it"),
    }
    Ok(())
}

impl Import {
    fn source(&self) -> anyhow::Result<Option<SourceRecord>> {
        let Some(place) = &self.source else { return Ok(None) };
        let mut source = SourceRecord { url: None, repo: None, package: None, as_of: self.as_of, note: None };
        if place.starts_with("http") {
            source.url = Some(place.parse().context("--source")?);
        } else {
            source.repo = Some(place.parse().context("--source")?);
        }
        Ok(Some(source))
    }
}

/// A country file that becomes another.
struct Change {
    country: Country,
    path: PathBuf,
    text: String,
    sentence: String,
    /// Line by line, without those around.
    difference: String,
}

impl Change {
    /// Prints what `check` would say about the new file.
    fn complain(&self) -> usize {
        let name = self.country.as_str().to_ascii_lowercase();
        let (_, problems) = check::problems(&name, &self.text);
        problems.iter().for_each(|problem| eprintln!("{}: {problem}", self.country));
        problems.len()
    }
}

fn changes(root: &Path, countries: &BTreeMap<Country, CountryRecord>) -> Vec<Change> {
    let folder = root.join("helplines");
    countries
        .iter()
        .filter_map(|(country, record)| {
            let path = folder.join(format!("{}.toml", country.as_str().to_ascii_lowercase()));
            let text = file::text(record);
            let before = fs::read_to_string(&path).ok();
            if before.as_deref() == Some(&text) {
                return None;
            }
            let sentence = difference(before.as_deref(), record);
            let difference = before.map_or_else(String::new, |before| {
                TextDiff::from_lines(&before, &text).unified_diff().context_radius(0).to_string()
            });
            Some(Change { country: *country, path, text, sentence, difference })
        })
        .collect()
}

/// All of them or none: each file is complete beside its place before the first one moves there.
fn write(changes: &[Change]) -> anyhow::Result<()> {
    let unfinished = |change: &Change| change.path.with_extension("toml.new");
    let clear = || changes.iter().for_each(|change| drop(fs::remove_file(unfinished(change))));
    for change in changes {
        let written = change.path.parent().map_or(Ok(()), fs::create_dir_all);
        if let Err(error) = written.and_then(|()| fs::write(unfinished(change), &change.text)) {
            clear();
            return Err(error).with_context(|| format!("cannot write {}", change.path.display()));
        }
    }
    for change in changes {
        fs::rename(unfinished(change), &change.path)
            .with_context(|| format!("cannot write {}", change.path.display()))?;
    }
    Ok(())
}

/// The country files with what an HSDS data set adds and changes. It removes nothing, because such a data set is seldom
/// whole; and somebody else's words do not replace what is known of a line.
fn merged(
    root: &Path,
    imported: BTreeMap<Country, hsds::Imported>,
) -> anyhow::Result<BTreeMap<Country, CountryRecord>> {
    let mut known: BTreeMap<_, _> = BTreeMap::new();
    for path in super::files(root).unwrap_or_default() {
        let record = super::read(&path)?;
        known.insert(record.country, record);
    }
    imported
        .into_iter()
        .map(|(country, imported)| {
            let record = match (known.remove(&country), imported.head) {
                (Some(record), None) => record,
                (Some(record), Some(head)) => {
                    CountryRecord { name: head.name, compared: head.compared, ..record }
                }
                (None, Some(head)) => CountryRecord {
                    country,
                    name: head.name,
                    compared: head.compared,
                    emergency: Vec::new(),
                    line: Vec::new(),
                },
                (None, None) => bail!("{country} has no file yet; peer_support_country has to name it"),
            };
            let mut record = record;
            for number in imported.emergency {
                let is_same = |known: &&mut EmergencyRecord| {
                    known.service == number.service && known.number == number.number
                };
                match record.emergency.iter_mut().find(is_same) {
                    Some(known) => *known = number,
                    None => record.emergency.push(number),
                }
            }
            for line in imported.lines {
                match record.line.iter_mut().find(|known| known.id == line.id) {
                    Some(known) => *known = line,
                    None => record.line.push(line),
                }
            }
            for line in imported.foreign {
                if record.line.iter().any(|known| known.id == line.id) {
                    println!("{country}: {} is there already; left as it is", line.id);
                    continue;
                }
                // What is new is compared by taking it in.
                let newest = line.sources.iter().filter_map(|source| source.as_of).max();
                record.compared = newest.map_or(record.compared, |date| date.max(record.compared));
                record.line.push(line);
            }
            record.line.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
            Ok((country, record))
        })
        .collect()
}

/// What becomes of a file, in one sentence.
fn difference(before: Option<&str>, after: &CountryRecord) -> String {
    let Some(before) = before else {
        return format!("new, {} services, {} emergency numbers", after.line.len(), after.emergency.len());
    };
    let Ok(before) = toml::from_str::<CountryRecord>(before) else {
        return "replaces a file that cannot be read".to_owned();
    };
    let by_id = |record: &CountryRecord| -> BTreeMap<String, LineRecord> {
        record.line.iter().map(|line| (line.id.to_string(), line.clone())).collect()
    };
    let (old, new) = (by_id(&before), by_id(after));
    let list = |word: &str, ids: BTreeSet<&String>| {
        let ids: Vec<_> = ids.into_iter().map(String::as_str).collect();
        if ids.is_empty() { String::new() } else { format!("{word} {}; ", ids.join(", ")) }
    };
    let added = list("adds", new.keys().filter(|id| !old.contains_key(*id)).collect());
    let removed = list("REMOVES", old.keys().filter(|id| !new.contains_key(*id)).collect());
    let changed =
        list("changes", new.keys().filter(|id| old.get(*id).is_some_and(|line| *line != new[*id])).collect());
    let emergency = if before.emergency == after.emergency { "" } else { "changes emergency numbers; " };
    let sentence = [&added, &removed, &changed, emergency].concat();
    if sentence.is_empty() {
        "changes only its layout or head".to_owned()
    } else {
        sentence.trim_end_matches("; ").to_owned()
    }
}

/// A data set as country files.
fn countries(lines: &str, emergency: &str) -> anyhow::Result<BTreeMap<Country, CountryRecord>> {
    let emergency: EmergencySet = serde_json::from_str(emergency).context("emergency numbers")?;
    let mut countries = BTreeMap::new();
    for (key, numbers) in emergency.countries {
        if numbers.country.as_str() != key {
            bail!("emergency numbers: {key} is filed as {}", numbers.country);
        }
        let record =
            numbers.record(emergency.generated).with_context(|| format!("emergency numbers of {key}"))?;
        countries.insert(record.country, record);
    }
    for (index, text) in lines.lines().enumerate().filter(|(_, text)| !text.is_empty()) {
        let place = || format!("services, line {}", index + 1);
        let service: ServiceLine = serde_json::from_str(text).with_context(place)?;
        let country = service.country;
        let Some(record) = countries.get_mut(&country) else {
            bail!("{}: {country} has no emergency numbers, and so no name", place());
        };
        record.line.push(service.record().with_context(place)?);
    }
    for record in countries.values_mut() {
        record.line.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
    }
    Ok(countries)
}

#[derive(Deserialize)]
struct EmergencySet {
    generated: AsOf,
    countries: BTreeMap<String, Emergency>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Emergency {
    country: Country,
    name: Label,
    general: Vec<Number>,
    police: Vec<Number>,
    ambulance: Vec<Number>,
    fire: Vec<Number>,
    status: Status,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Number {
    number: DialString,
    confirmations: u8,
    status: Status,
    sources: Vec<String>,
}

impl Emergency {
    fn record(self, compared: AsOf) -> anyhow::Result<CountryRecord> {
        let by_service = [
            (Service::General, self.general),
            (Service::Police, self.police),
            (Service::Ambulance, self.ambulance),
            (Service::Fire, self.fire),
        ];
        let mut emergency = Vec::new();
        for (service, numbers) in by_service {
            for number in numbers {
                emergency.push(EmergencyRecord {
                    service,
                    number: number.number,
                    confirmations: number.confirmations,
                    status: number.status,
                    sources: number
                        .sources
                        .iter()
                        .map(|text| emergency_source(text))
                        .collect::<Result<_, _>>()?,
                });
            }
        }
        let record =
            CountryRecord { country: self.country, name: self.name, compared, emergency, line: Vec::new() };
        // The data set says it of the country too. Country files do not, because it follows from the numbers.
        if record.has_confirmed_emergency() != (self.status == Status::Confirmed) {
            bail!("status of the country does not follow from its numbers");
        }
        Ok(record)
    }
}

/// `place (date, note)`, or `note (package version)` for the numbering metadata.
fn emergency_source(text: &str) -> anyhow::Result<SourceRecord> {
    let (place, rest) = text
        .strip_suffix(')')
        .and_then(|text| text.split_once(" ("))
        .with_context(|| format!("source {text:?} is not written `place (date or package)`"))?;
    let (mut as_of, mut notes) = (None, Vec::new());
    let mut source = SourceRecord { url: None, repo: None, package: None, as_of: None, note: None };
    if place.starts_with("https://") {
        source.url = Some(place.parse()?);
    } else if place.contains('/') {
        source.repo = Some(place.parse()?);
    } else {
        source.package = Some(rest.parse()?);
        source.note = Some(place.parse()?);
        return Ok(source);
    }
    for part in rest.split(", ") {
        match part.parse::<AsOf>() {
            Ok(date) if as_of.is_none() => as_of = Some(date),
            _ => notes.push(part),
        }
    }
    source.as_of = as_of;
    source.note = if notes.is_empty() { None } else { Some(notes.join(", ").parse()?) };
    Ok(source)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceLine {
    id: LineId,
    country: Country,
    region: Option<Label>,
    name: Label,
    topics: Vec<Topic>,
    audience: Option<Vec<Audience>>,
    languages: Option<Vec<Language>>,
    contacts: Vec<ContactLine>,
    hours: Option<OpeningHours>,
    timezone: Option<TimeZone>,
    cost: Option<Cost>,
    website: Option<WebAddress>,
    sources: Vec<SourceRecord>,
    confirmations: u8,
    status: Status,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactLine {
    kind: Kind,
    value: String,
    e164: Option<E164>,
    note: Option<Label>,
    confirmations: u8,
    confirmed: bool,
}

impl ServiceLine {
    fn record(self) -> anyhow::Result<LineRecord> {
        Ok(LineRecord {
            id: self.id,
            name: self.name,
            status: self.status,
            confirmations: self.confirmations,
            pair: None,
            region: self.region,
            topics: self.topics,
            audience: self.audience.unwrap_or_default(),
            languages: self.languages.unwrap_or_default(),
            hours: self.hours,
            timezone: self.timezone,
            cost: self.cost,
            website: self.website,
            contacts: self.contacts.into_iter().map(ContactLine::record).collect(),
            sources: self.sources,
        })
    }
}

impl ContactLine {
    /// A note that says which word to send becomes the keyword.
    fn record(self) -> ContactRecord {
        let word = self.note.as_ref().filter(|_| self.kind == Kind::Sms);
        let keyword: Option<Keyword> =
            word.and_then(|note| note.as_str().strip_prefix("text ")).and_then(|word| word.parse().ok());
        ContactRecord {
            kind: self.kind,
            value: self.value,
            e164: self.e164,
            note: if keyword.is_some() { None } else { self.note },
            keyword,
            confirmations: self.confirmations,
            confirmed: self.confirmed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMERGENCY: &str = r#"{ "title": "x", "generated": "2026-11-23", "fields": "x", "countries": { "GB": {
        "country": "GB", "name": "United Kingdom", "general": [{ "number": "999", "confirmations": 2, "status": "confirmed",
        "sources": ["owner/list:data.json (2026-03-23, service split)", "libphonenumber metadata (phonenumbers 9.0.43)"] }],
        "police": [], "ambulance": [], "fire": [], "status": "confirmed" } } }"#;

    const LINE: &str = r#"{"id": "gb-shout", "country": "GB", "region": null, "name": "Shout", "topics": ["suicide"], "audience": null, "languages": ["en"], "contacts": [{"kind": "sms", "value": "85258", "e164": null, "note": "text SHOUT", "confirmations": 2, "confirmed": true}, {"kind": "phone", "value": "0800 58 58 58", "e164": "+44800585858", "note": "option 4", "confirmations": 1, "confirmed": false}], "hours": "24/7", "timezone": "Europe/London", "cost": "free", "website": null, "sources": [{"url": "https://example.org/", "as_of": null}], "confirmations": 2, "status": "confirmed"}"#;

    fn gb() -> CountryRecord {
        countries(LINE, EMERGENCY).unwrap().remove(&"GB".parse().unwrap()).unwrap()
    }

    #[test]
    fn the_word_to_send_becomes_the_keyword_and_other_notes_stay() {
        let contacts = &gb().line[0].contacts;

        assert_eq!(contacts[0].keyword.as_ref().unwrap().as_str(), "SHOUT");
        assert_eq!(contacts[0].note, None);
        assert_eq!(contacts[1].note.as_ref().unwrap().as_str(), "option 4");
    }

    #[test]
    fn emergency_sources_are_taken_apart() {
        let sources = &gb().emergency[0].sources;

        assert_eq!(sources[0].repo.as_ref().unwrap().as_str(), "owner/list:data.json");
        assert_eq!(sources[0].as_of.unwrap().to_string(), "2026-03-23");
        assert_eq!(sources[0].note.as_ref().unwrap().as_str(), "service split");
        assert_eq!(sources[1].package.as_ref().unwrap().as_str(), "phonenumbers 9.0.43");
    }

    #[test]
    fn a_service_with_an_unknown_word_is_not_taken_in_silence() {
        let error = countries(&LINE.replace("suicide", "sadness"), EMERGENCY).unwrap_err();

        assert!(format!("{error:#}").starts_with("services, line 1: unknown variant `sadness`"), "{error:#}");
        assert!(countries(&LINE.replace("region", "area"), EMERGENCY).is_err());
    }

    #[test]
    fn a_service_that_would_vanish_is_announced() {
        let before = file::text(&gb());
        let mut after = gb();
        after.line.clear();

        assert_eq!(difference(Some(&before), &after), "REMOVES gb-shout");
        assert_eq!(difference(None, &gb()), "new, 1 services, 1 emergency numbers");
        assert_eq!(difference(Some(&file::text(&after)), &gb()), "adds gb-shout");
    }
    /// A folder with the file of one country in it, and what is done there.
    fn in_folder(name: &str, work: impl FnOnce(&Path)) {
        let root = std::env::temp_dir().join(format!("peer-support-import-{name}-{}", std::process::id()));
        fs::create_dir_all(root.join("helplines")).unwrap();
        fs::write(root.join("helplines/gb.toml"), file::text(&gb())).unwrap();
        work(&root);
        fs::remove_dir_all(&root).unwrap();
    }

    fn import(root: &Path, services: &str, write: bool) -> anyhow::Result<()> {
        let path = root.join("services.json");
        fs::write(&path, services).unwrap();
        let source = Some("https://night.example/".to_owned());
        let import = Import {
            services: path,
            emergency: None,
            country: Some("GB".parse().unwrap()),
            source,
            as_of: None,
            write,
        };
        command(root, import)
    }

    fn file_of_gb(root: &Path) -> String {
        fs::read_to_string(root.join("helplines/gb.toml")).unwrap()
    }

    /// An HSDS service of somebody else, by its name and number.
    fn service(name: &str, number: &str) -> String {
        format!(
            r#"[{{ "name": "{name}", "phones": [{{ "number": "{number}" }}], "attributes": [{{ "link_type": "topic",
                "taxonomy_term": {{ "code": "suicide", "taxonomy": "peer-support topics" }} }}] }}]"#
        )
    }

    #[test]
    fn our_own_hsds_changes_nothing() {
        let root = crate::project::root();
        let records: Vec<_> = super::super::files(root).unwrap();
        let records: Vec<_> = records.iter().map(|path| super::super::read(path).unwrap()).collect();
        let text = serde_json::to_string(&hsds::services(&records).unwrap()).unwrap();

        let countries = merged(root, hsds::read(&text, &hsds::Stated::default()).unwrap()).unwrap();

        assert_eq!(countries.len(), records.len());
        let changed: Vec<_> = changes(root, &countries).into_iter().map(|change| change.sentence).collect();
        assert_eq!(changed, Vec::<String>::new());
    }

    #[test]
    fn a_new_service_is_shown_and_written_only_when_asked_for() {
        in_folder("new", |root| {
            let before = file_of_gb(root);

            import(root, &service("Night Listeners", "01632 960 001"), false).unwrap();
            let shown = file_of_gb(root);
            import(root, &service("Night Listeners", "01632 960 001"), true).unwrap();
            let after: CountryRecord = toml::from_str(&file_of_gb(root)).unwrap();

            assert_eq!(shown, before);
            let ids: Vec<_> = after.line.iter().map(|line| line.id.as_str()).collect();
            assert_eq!(ids, ["gb-night-listeners", "gb-shout"]);
            assert_eq!(after.emergency, gb().emergency);
        });
    }

    #[test]
    fn somebody_elses_words_do_not_replace_what_is_known_of_a_line() {
        in_folder("known", |root| {
            let before = file_of_gb(root);

            import(root, &service("Shout", "01632 960 001"), true).unwrap();

            assert_eq!(file_of_gb(root), before);
        });
    }

    #[test]
    fn a_data_set_with_a_problem_writes_nothing() {
        in_folder("problem", |root| {
            let before = file_of_gb(root);

            let error = import(root, &service("Night Listeners", "01632 960 001 999"), true).unwrap_err();

            assert_eq!(error.to_string(), "1 problems in the data set; nothing is written");
            assert_eq!(file_of_gb(root), before);
            assert_eq!(fs::read_dir(root.join("helplines")).unwrap().count(), 1);
        });
    }
}
