//! The country files as Open Referral's Human Services Data Specification (HSDS) 3, there and back.
//!
//! One JSON array of `service` objects with all that belongs to each nested in it, as the specification's API gives
//! them. `docs/helplines.md` has the table of what becomes what. HSDS has no place for how a fact was confirmed, for a
//! number that only works at home beside its E.164 form, for the word to text, or for hours on a clock with daylight
//! saving: those stand in properties that begin with `peer_support_`, which the specification allows and others ignore.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use peer_support_domain::{
    contact::{E164, Keyword, Kind, WebAddress},
    country::Country,
    helpline::{
        AsOf, Audience, Label, Language, LineId, Topic,
        record::{ContactRecord, Cost, CountryRecord, EmergencyRecord, LineRecord, SourceRecord, Status},
    },
    hours::{OpeningHours, TimeZone, Weekday},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::export::without_nulls;

/// For ids that stay the same from one export to the next, as HSDS asks: derived from ours by RFC 9562, version 5.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f70_656e_2d70_4565_b273_7570_706f_7274);
/// The name of our vocabularies in HSDS's attributes.
const TOPICS: &str = "peer-support topics";
const AUDIENCES: &str = "peer-support audiences";

/// Every line and emergency number of `records` as an HSDS service.
///
/// # Errors
///
/// When a record cannot be written as JSON.
pub fn services(records: &[CountryRecord]) -> anyhow::Result<Vec<Value>> {
    let mut services = Vec::new();
    for record in records {
        for number in &record.emergency {
            services.push(emergency(record, number)?);
        }
        for line in &record.line {
            services.push(service(record, line)?);
        }
    }
    Ok(services)
}

fn id(parts: &[&str]) -> String {
    Uuid::new_v5(&NAMESPACE, parts.join(" ").as_bytes()).to_string()
}

fn emergency(record: &CountryRecord, number: &EmergencyRecord) -> anyhow::Result<Value> {
    let service = serde_json::to_value(number.service)?;
    let word = service.as_str().context("a service is a word")?;
    let key = ["emergency", record.country.as_str(), word, number.number.as_str()].join(" ");
    let name = match word {
        "general" => "Emergency number".to_owned(),
        word => format!("Emergency number: {word}"),
    };
    Ok(without_nulls(json!({
        "id": id(&[&key]),
        "name": format!("{name} ({})", record.name.as_str()),
        "status": "active",
        "phones": [{ "id": id(&[&key, "phone"]), "number": number.number.as_str(), "type": "voice" }],
        "service_areas": [area(&key, record, None)],
        "peer_support_emergency": number,
        "peer_support_country": head(record),
    })))
}

/// What the file of the country says of itself.
fn head(record: &CountryRecord) -> Value {
    json!({ "code": record.country, "name": record.name, "compared": record.compared })
}

fn area(key: &str, record: &CountryRecord, region: Option<&Label>) -> Value {
    let country = record.name.as_str();
    let name = region.map_or_else(|| country.to_owned(), |region| format!("{}, {country}", region.as_str()));
    json!({ "id": id(&[key, "area"]), "name": name })
}

fn service(record: &CountryRecord, line: &LineRecord) -> anyhow::Result<Value> {
    let key = line.id.as_str();
    let with_order = |kinds: &[Kind]| -> Vec<(usize, &ContactRecord)> {
        line.contacts.iter().enumerate().filter(|(_, contact)| kinds.contains(&contact.kind)).collect()
    };
    let numbers = with_order(&[Kind::Phone, Kind::Sms, Kind::WhatsApp]);
    let pages = with_order(&[Kind::Chat, Kind::Web]);
    let addresses = with_order(&[Kind::Email]);
    let website = line.website.as_ref().map(WebAddress::as_str);
    let languages: Vec<_> = line.languages.iter().map(|language| self::language(key, language)).collect();
    let areas = [area(key, record, line.region.as_ref())];
    let topics = line.topics.iter().map(|topic| attribute(key, "topic", topic.as_str(), TOPICS));
    let audiences =
        line.audience.iter().map(|audience| attribute(key, "audience", audience.as_str(), AUDIENCES));
    let eligible: Vec<_> = line.audience.iter().map(|audience| audience.as_str().replace('_', " ")).collect();
    let service = json!({
        "id": id(&[key]),
        "name": line.name,
        "url": website,
        "additional_urls": pages.iter().map(|(order, contact)| page(key, *order, contact)).collect::<Vec<_>>(),
        "email": addresses.first().map(|(_, contact)| &contact.value),
        "contacts": addresses.iter().map(|(order, contact)| address(key, *order, contact)).collect::<Vec<_>>(),
        "status": "active",
        "eligibility_description": (!eligible.is_empty()).then(|| eligible.join(", ")),
        "fees_description": line.cost.map(|Cost::Free| "Free to call"),
        "cost_options": line.cost.map(|Cost::Free| vec![json!({ "id": id(&[key, "cost"]), "amount": 0 })]),
        "assured_date": Some(record.compared.to_string()).filter(|date| date.len() == "2026-11-23".len()),
        "phones": numbers.iter().map(|(order, contact)| phone(key, *order, contact)).collect::<Vec<_>>(),
        "schedules": line.hours.as_ref().map(|hours| schedules(key, hours)),
        "service_areas": areas,
        "languages": languages,
        "organization": organization(key, line, website),
        "attributes": topics.chain(audiences).collect::<Vec<_>>(),
        "peer_support_id": line.id,
        "peer_support_country": head(record),
        "peer_support_region": line.region,
        "peer_support_pair": line.pair,
        "peer_support_hours": line.hours,
        "peer_support_timezone": line.timezone,
        "peer_support_sources": line.sources,
    });
    Ok(without_nulls(service))
}

/// No source says who is behind a line, so the organisation bears the line's name.
fn organization(key: &str, line: &LineRecord, website: Option<&str>) -> Value {
    json!({
        "id": id(&[key, "organization"]),
        "name": line.name,
        "description": "Runs this line. Its own name is not known here, nor its address.",
        "website": website,
        "locations": website.map(|website| vec![json!({
            "id": id(&[key, "location"]), "location_type": "virtual", "url": website,
        })]),
    })
}

fn attribute(key: &str, link: &str, code: &str, taxonomy: &str) -> Value {
    json!({
        "id": id(&[key, link, code]),
        "link_entity": "service",
        "link_type": link,
        "taxonomy_term": {
            "id": id(&[taxonomy, code]),
            "code": code,
            "name": code.replace('_', " "),
            "description": format!("{code}, a word of {taxonomy}"),
            "taxonomy": taxonomy,
        },
    })
}

fn language(key: &str, language: &Language) -> Value {
    let tag = language.as_str();
    let code = tag.split('-').next().unwrap_or(tag);
    // HSDS takes ISO 639 only; a script or region has no other place than the note.
    json!({ "id": id(&[key, "language", tag]), "code": code, "note": (code != tag).then_some(tag) })
}

fn phone(key: &str, order: usize, contact: &ContactRecord) -> Value {
    let note = contact.note.as_ref().map(Label::as_str);
    let kind = match contact.kind {
        Kind::Phone if note == Some("TTY") => "textphone",
        Kind::Phone => "voice",
        _ => "text",
    };
    let says = [
        note.map(str::to_owned),
        contact.keyword.as_ref().map(|word| format!("text {}", word.as_str())),
        (contact.kind == Kind::WhatsApp).then(|| "WhatsApp".to_owned()),
    ];
    let says: Vec<_> = says.into_iter().flatten().collect();
    json!({
        "id": id(&[key, "phone", &order.to_string()]),
        "number": contact.value,
        "extension": note.and_then(|note| note.strip_prefix("extension ")?.parse::<u32>().ok()),
        "type": kind,
        "description": (!says.is_empty()).then(|| says.join("; ")),
        "peer_support_contact": stated(order, contact),
    })
}

fn page(key: &str, order: usize, contact: &ContactRecord) -> Value {
    json!({
        "id": id(&[key, "url", &order.to_string()]),
        "label": contact.kind.as_str(),
        "url": contact.value,
        "peer_support_contact": stated(order, contact),
    })
}

fn address(key: &str, order: usize, contact: &ContactRecord) -> Value {
    json!({
        "id": id(&[key, "contact", &order.to_string()]),
        "email": contact.value,
        "peer_support_contact": stated(order, contact),
    })
}

/// A contact as its file has it, but for its value, which HSDS holds; and its place among the line's contacts.
fn stated(order: usize, contact: &ContactRecord) -> Value {
    json!({
        "order": order,
        "kind": contact.kind,
        "e164": contact.e164,
        "keyword": contact.keyword,
        "note": contact.note,
        "confirmations": contact.confirmations,
        "confirmed": contact.confirmed,
    })
}

/// RFC 5545's rules as HSDS has them: an entry for each set of days and each span on them. The times are those of the
/// line's own clock; HSDS could only name an offset, which is wrong for half of the year.
fn schedules(key: &str, hours: &OpeningHours) -> Vec<Value> {
    let mut days_by_span: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for day in Weekday::ALL {
        for span in hours.on(day) {
            days_by_span.entry((span.opens(), span.closes())).or_default().push(RFC_5545_DAYS[day as usize]);
        }
    }
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    days_by_span
        .into_iter()
        .map(|((opens, closes), days)| {
            json!({
                "id": id(&[key, "schedule", &opens.to_string(), &closes.to_string()]),
                "freq": "WEEKLY",
                "byday": days.join(","),
                "opens_at": clock(opens),
                // Past midnight is the next day; the end of the day has no other name in HH:MM than its last minute.
                "closes_at": if closes == MINUTES_PER_DAY { clock(closes - 1) } else { clock(closes % MINUTES_PER_DAY) },
                "description": hours.to_string(),
            })
        })
        .collect()
}

const RFC_5545_DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const MINUTES_PER_DAY: u16 = 24 * 60;

/// What a data set of somebody else does not say and the person who imports it has to.
#[derive(Clone, Debug, Default)]
pub struct Stated {
    /// The country of services that name none.
    pub country: Option<Country>,
    /// Who says so, for services without sources of ours.
    pub source: Option<SourceRecord>,
}

/// What a data set says of one country.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// The head of the file, where the data set has one.
    pub head: Option<Head>,
    /// Emergency numbers, in the order of the data set.
    pub emergency: Vec<EmergencyRecord>,
    /// Lines with their sources and confirmations, as our own export has them.
    pub lines: Vec<LineRecord>,
    /// Lines of somebody else's data set: one source lists them.
    pub foreign: Vec<LineRecord>,
}

/// The head of a country file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The country it is about.
    pub code: Country,
    /// Its English name.
    pub name: Label,
    /// When the sources were last compared.
    pub compared: AsOf,
}

/// The services in `text`: a JSON array of them, a page of an HSDS API (`contents`), or one.
///
/// # Errors
///
/// When a service lacks what a record needs or has what none can hold; the error names the service and the field.
pub fn read(text: &str, stated: &Stated) -> anyhow::Result<BTreeMap<Country, Imported>> {
    let value: Value = serde_json::from_str(text)?;
    let services = match value {
        Value::Array(services) => services,
        Value::Object(mut page) => match page.remove("contents") {
            Some(Value::Array(services)) => services,
            Some(_) => bail!("contents is no array of services"),
            None => vec![Value::Object(page)],
        },
        _ => bail!("expected an array of HSDS services, a page with contents, or one service"),
    };
    let mut countries: BTreeMap<Country, Imported> = BTreeMap::new();
    for (index, service) in services.iter().enumerate() {
        let name = service.get("name").and_then(Value::as_str).unwrap_or("without a name");
        let place = || format!("service {} ({name})", index + 1);
        let fields = service.as_object().with_context(|| format!("{}: is no object", place()))?;
        read_service(fields, stated, &mut countries).with_context(place)?;
    }
    Ok(countries)
}

fn read_service(
    fields: &Map<String, Value>,
    stated: &Stated,
    countries: &mut BTreeMap<Country, Imported>,
) -> anyhow::Result<()> {
    ensure!(
        fields.get("status").and_then(Value::as_str).is_none_or(|status| status == "active"),
        "status: only active services are taken"
    );
    let head: Option<Head> = optional(fields, "peer_support_country")?;
    let country = head.as_ref().map(|head| head.code).or(stated.country).context(
        "names no country (peer_support_country); --country says which when all services are of one",
    )?;
    let entry = countries.entry(country).or_default();
    if let Some(head) = head {
        if entry.head.as_ref().is_some_and(|known| *known != head) {
            bail!("peer_support_country: says something else of {country} than an earlier service");
        }
        entry.head = Some(head);
    }
    match optional(fields, "peer_support_emergency")? {
        Some(number) => entry.emergency.push(number),
        None if fields.contains_key("peer_support_id") => {
            entry.lines.push(read_line(country, fields, stated)?)
        }
        None => entry.foreign.push(read_line(country, fields, stated)?),
    }
    Ok(())
}

fn read_line(country: Country, fields: &Map<String, Value>, stated: &Stated) -> anyhow::Result<LineRecord> {
    let name: Label = optional(fields, "name")?.context("name: missing")?;
    let mut sources: Vec<SourceRecord> = optional(fields, "peer_support_sources")?.unwrap_or_default();
    if sources.is_empty() {
        sources.extend(stated.source.clone());
    }
    ensure!(!sources.is_empty(), "has no source; --source says who lists it");
    let id = match optional(fields, "peer_support_id")? {
        Some(id) => id,
        None => id_from_name(country, name.as_str())?,
    };
    let contacts = read_contacts(fields)?;
    let hours: Option<OpeningHours> = optional(fields, "peer_support_hours")?;
    let cost = fields.get("cost_options").and_then(Value::as_array).is_some_and(|options| {
        !options.is_empty()
            && options.iter().all(|option| option.get("amount").and_then(Value::as_f64) == Some(0.0))
    });
    Ok(LineRecord {
        id,
        status: if contacts.iter().any(|contact| contact.confirmed) {
            Status::Confirmed
        } else {
            Status::SingleSource
        },
        confirmations: contacts.iter().map(|contact| contact.confirmations).max().unwrap_or_default(),
        pair: optional(fields, "peer_support_pair")?,
        region: optional(fields, "peer_support_region")?,
        topics: read_terms(fields, "topic", |code| {
            Topic::ALL.iter().copied().find(|topic| topic.as_str() == code)
        })?,
        audience: read_terms(fields, "audience", |code| {
            Audience::ALL.iter().copied().find(|audience| audience.as_str() == code)
        })?,
        languages: read_languages(fields)?,
        hours: match hours {
            Some(hours) => Some(hours),
            None => read_schedules(fields)?,
        },
        timezone: optional::<TimeZone>(fields, "peer_support_timezone")?,
        cost: cost.then_some(Cost::Free),
        website: optional(fields, "url")?,
        name,
        contacts,
        sources,
    })
}

/// The field as a `T`, with its name in the error.
fn optional<T: DeserializeOwned>(fields: &Map<String, Value>, key: &str) -> anyhow::Result<Option<T>> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => serde_json::from_value(value.clone()).map(Some).with_context(|| key.to_owned()),
    }
}

fn entries<'a>(fields: &'a Map<String, Value>, key: &str) -> anyhow::Result<Vec<&'a Map<String, Value>>> {
    let Some(value) = fields.get(key).filter(|value| !value.is_null()) else { return Ok(Vec::new()) };
    let entries = value.as_array().with_context(|| format!("{key}: is no array"))?;
    let objects = entries.iter().enumerate();
    objects
        .map(|(index, entry)| entry.as_object().with_context(|| format!("{key} {}: is no object", index + 1)))
        .collect()
}

/// The words of our vocabulary among the attributes; those of other taxonomies say nothing that we know how to show.
fn read_terms<T>(
    fields: &Map<String, Value>,
    link: &str,
    known: impl Fn(&str) -> Option<T>,
) -> anyhow::Result<Vec<T>> {
    let mut terms = Vec::new();
    for (index, attribute) in entries(fields, "attributes")?.into_iter().enumerate() {
        let term = attribute.get("taxonomy_term").and_then(Value::as_object);
        let taxonomy = term.and_then(|term| term.get("taxonomy")).and_then(Value::as_str);
        let code = term.and_then(|term| term.get("code")).and_then(Value::as_str).unwrap_or_default();
        if attribute.get("link_type").and_then(Value::as_str) != Some(link)
            || !taxonomy.is_some_and(|taxonomy| [TOPICS, AUDIENCES].contains(&taxonomy))
        {
            continue;
        }
        let term = known(code)
            .with_context(|| format!("attributes {}: {code:?} is no {link} of VOCABULARY.md", index + 1))?;
        terms.push(term);
    }
    if link == "topic" {
        ensure!(
            !terms.is_empty(),
            "attributes: no {TOPICS} term says what the service is for; VOCABULARY.md has the words"
        );
    }
    Ok(terms)
}

fn read_languages(fields: &Map<String, Value>) -> anyhow::Result<Vec<Language>> {
    let mut languages: Vec<Language> = Vec::new();
    for (index, entry) in entries(fields, "languages")?.into_iter().enumerate() {
        let place = || format!("languages {}", index + 1);
        let code: Option<String> = optional(entry, "code").with_context(place)?;
        let code = code.with_context(|| format!("{}: code: missing", place()))?;
        let note =
            entry.get("note").and_then(Value::as_str).filter(|note| note.starts_with(&format!("{code}-")));
        let language = note.and_then(|note| note.parse().ok()).map_or_else(|| code.parse(), Ok);
        let language = language.with_context(|| format!("{}: code {code:?}", place()))?;
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    Ok(languages)
}

/// What stands beside a contact's value in `peer_support_contact`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatedContact {
    order: usize,
    kind: Kind,
    e164: Option<E164>,
    keyword: Option<Keyword>,
    note: Option<Label>,
    confirmations: u8,
    confirmed: bool,
}

fn read_contacts(fields: &Map<String, Value>) -> anyhow::Result<Vec<ContactRecord>> {
    let mut contacts = Vec::new();
    for (key, value_key) in [("phones", "number"), ("additional_urls", "url"), ("contacts", "email")] {
        for (index, entry) in entries(fields, key)?.into_iter().enumerate() {
            let place = || format!("{key} {}", index + 1);
            let value: Option<String> = optional(entry, value_key).with_context(place)?;
            // HSDS has contacts that are people, without an address of their own.
            let Some(value) = value else {
                ensure!(key == "contacts", "{}: {value_key}: missing", place());
                continue;
            };
            let stated: Option<StatedContact> =
                optional(entry, "peer_support_contact").with_context(place)?;
            let (order, contact) = match stated {
                Some(stated) => (
                    stated.order,
                    ContactRecord {
                        kind: stated.kind,
                        value,
                        e164: stated.e164,
                        keyword: stated.keyword,
                        note: stated.note,
                        confirmations: stated.confirmations,
                        confirmed: stated.confirmed,
                    },
                ),
                None => (usize::MAX, foreign_contact(key, entry, value).with_context(place)?),
            };
            if let Err(problem) = contact.contact() {
                bail!("{}: {problem}", place());
            }
            contacts.push((order, contact));
        }
    }
    if contacts.is_empty()
        && let Some(value) = optional::<String>(fields, "email")?
    {
        let contact = simple(Kind::Email, value);
        contact.contact().map_err(|problem| anyhow::anyhow!("email: {problem}"))?;
        contacts.push((0, contact));
    }
    ensure!(!contacts.is_empty(), "has no phone, address or page to reach it by");
    contacts.sort_by_key(|(order, _)| *order);
    Ok(contacts.into_iter().map(|(_, contact)| contact).collect())
}

/// A contact of a data set that is not ours: one source lists it.
fn foreign_contact(key: &str, entry: &Map<String, Value>, value: String) -> anyhow::Result<ContactRecord> {
    let kind = match (key, entry.get("type").and_then(Value::as_str)) {
        ("contacts", _) => Kind::Email,
        ("additional_urls", _) => Kind::Web,
        (_, Some("text")) => Kind::Sms,
        (_, None | Some("voice" | "cell" | "textphone")) => Kind::Phone,
        (_, Some(other)) => bail!("type: {other:?} is nothing to call or text"),
    };
    let mut contact = simple(kind, value);
    if contact.kind.is_number() {
        // An E.164 number is dialled in the country too; it is never taken apart.
        contact.e164 = contact.value.parse().ok();
        let extension: Option<Value> = optional(entry, "extension")?;
        let description: Option<String> = optional(entry, "description")?;
        let note = match (extension, entry.get("type").and_then(Value::as_str), description) {
            (Some(extension), ..) => Some(format!("extension {extension}")),
            (None, Some("textphone"), _) => Some("TTY".to_owned()),
            (None, _, description) => description,
        };
        contact.note = note.map(|note| note.trim().parse()).transpose().context("description")?;
    }
    Ok(contact)
}

fn simple(kind: Kind, value: String) -> ContactRecord {
    ContactRecord { kind, value, e164: None, keyword: None, note: None, confirmations: 1, confirmed: false }
}

/// Weekly rules only: what happens once a month is no help tonight.
fn read_schedules(fields: &Map<String, Value>) -> anyhow::Result<Option<OpeningHours>> {
    let mut spans_by_day: [Vec<String>; 7] = Default::default();
    let schedules = entries(fields, "schedules")?;
    for (index, schedule) in schedules.iter().enumerate() {
        let place = || format!("schedules {}", index + 1);
        let text = |key: &str| optional::<String>(schedule, key).with_context(place);
        let freq = text("freq")?;
        ensure!(
            freq.as_deref().is_none_or(|freq| freq == "WEEKLY"),
            "{}: freq: only weekly hours can be taken",
            place()
        );
        let (Some(opens), Some(closes)) = (text("opens_at")?, text("closes_at")?) else {
            bail!("{}: opens_at and closes_at: both are needed", place());
        };
        let days = text("byday")?.unwrap_or_else(|| RFC_5545_DAYS.join(","));
        // `09:00:00Z` and the like: the seconds and the offset are left out, as the clock is the line's own.
        let minute = |time: &str| time.get(..5).unwrap_or_default().to_owned();
        let closes = if minute(&closes) == "23:59" { "24:00".to_owned() } else { minute(&closes) };
        for day in days.split(',') {
            let at = RFC_5545_DAYS.iter().position(|known| *known == day.trim());
            let at = at.with_context(|| format!("{}: byday: {day:?} is no day of the week", place()))?;
            spans_by_day[at].push(format!("{}-{closes}", minute(&opens)));
        }
    }
    let rules: Vec<_> = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
        .into_iter()
        .zip(spans_by_day)
        .filter(|(_, spans)| !spans.is_empty())
        .map(|(day, mut spans)| {
            spans.sort();
            format!("{day} {}", spans.join(","))
        })
        .collect();
    if rules.is_empty() {
        return Ok(None);
    }
    let hours: OpeningHours = rules.join("; ").parse().context("schedules")?;
    Ok(Some(hours))
}

/// The country and the name in small letters with hyphens, as ids are made.
fn id_from_name(country: Country, name: &str) -> anyhow::Result<LineId> {
    let words: Vec<_> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let id = format!("{}-{}", country.as_str().to_ascii_lowercase(), words.join("-"));
    id.parse().with_context(|| format!("name: {name:?} makes no id; peer_support_id has to give one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<CountryRecord> {
        let files = super::super::files(crate::project::root()).unwrap();
        files.iter().map(|path| super::super::read(path).unwrap()).collect()
    }

    /// A service as another directory may publish it.
    const FOREIGN: &str = r#"{ "contents": [{
        "id": "ac148810-d857-441c-9679-408f346de14b", "name": "Night Listeners", "status": "active",
        "url": "https://night.example/", "email": "hello@night.example",
        "phones": [
            { "id": "1554f2e2-a373-45db-a3fa-9fc48a61c15e", "number": "01632 960 001", "type": "voice", "extension": 8 },
            { "id": "1554f2e2-a373-45db-a3fa-9fc48a61c15f", "number": "87654", "type": "text" }
        ],
        "schedules": [
            { "id": "48102e86-bb50-41c4-8f1e-e269368c41d1", "freq": "WEEKLY", "byday": "MO,TU", "opens_at": "18:00:00Z", "closes_at": "23:59" },
            { "id": "48102e86-bb50-41c4-8f1e-e269368c41d2", "byday": "SA", "opens_at": "22:00", "closes_at": "02:00" }
        ],
        "languages": [{ "id": "2989d3ed-c547-48f8-8f9d-432d81c7892e", "code": "cy", "name": "Welsh" }],
        "attributes": [{ "id": "381c64f1-a724-4884-9c21-ac96c21cca3e", "link_type": "topic",
            "taxonomy_term": { "code": "suicide", "taxonomy": "peer-support topics" } }]
    }] }"#;

    fn stated() -> Stated {
        let source = SourceRecord {
            url: Some("https://night.example/data".parse().unwrap()),
            repo: None,
            package: None,
            as_of: Some("2026-11".parse().unwrap()),
            note: None,
        };
        Stated { country: Some("GB".parse().unwrap()), source: Some(source) }
    }

    #[test]
    fn every_country_comes_back_from_hsds_as_it_was() {
        let records = records();

        let text = serde_json::to_string(&services(&records).unwrap()).unwrap();
        let mut countries = read(&text, &Stated::default()).unwrap();

        for record in records {
            let imported = countries.remove(&record.country).unwrap();
            let head = imported.head.unwrap();
            assert_eq!((head.name, head.compared), (record.name, record.compared), "{}", record.country);
            assert_eq!(imported.emergency, record.emergency, "{}", record.country);
            assert_eq!(imported.lines, record.line, "{}", record.country);
            assert_eq!(imported.foreign, []);
        }
        assert!(countries.is_empty());
    }

    #[test]
    fn ids_are_uuids_that_stay_and_stand_once_in_each_kind() {
        let services = services(&records()).unwrap();

        let ids: Vec<_> = services.iter().map(|service| service["id"].as_str().unwrap()).collect();
        assert!(ids.iter().all(|id| Uuid::parse_str(id).is_ok()));
        let unique: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len());
        let samaritans =
            services.iter().find(|service| service["peer_support_id"] == "gb-samaritans").unwrap();
        assert_eq!(samaritans["id"], "eb3a31bb-f16d-5b93-b989-1854d79e683c");
    }

    #[test]
    fn somebody_who_knows_hsds_alone_finds_number_word_hours_and_languages() {
        let services = services(&records()).unwrap();
        let of = |id: &str| services.iter().find(|service| service["peer_support_id"] == id).unwrap();

        let shout = of("gb-shout-85258");
        assert_eq!(shout["phones"][0]["number"], "85258");
        assert_eq!(shout["phones"][0]["type"], "text");
        assert_eq!(shout["phones"][0]["description"], "text SHOUT");
        assert_eq!(shout["schedules"][0]["byday"], "MO,TU,WE,TH,FR,SA,SU");
        assert_eq!(shout["schedules"][0]["opens_at"], "00:00");
        assert_eq!(shout["schedules"][0]["closes_at"], "23:59");
        assert_eq!(shout["languages"][0]["code"], "en");
        assert_eq!(shout["service_areas"][0]["name"], "United Kingdom");
        assert_eq!(of("id-sejiwa-119-ext-8")["phones"][0]["extension"], 8);
    }

    #[test]
    fn a_service_of_somebody_else_becomes_a_line_that_one_source_lists() {
        let mut countries = read(FOREIGN, &stated()).unwrap();

        let imported = countries.remove(&"GB".parse().unwrap()).unwrap();
        assert_eq!((imported.head, imported.emergency.len(), imported.lines.len()), (None, 0, 0));
        let line = &imported.foreign[0];
        assert_eq!(line.id.as_str(), "gb-night-listeners");
        assert_eq!(line.status, Status::SingleSource);
        assert_eq!(line.hours.as_ref().unwrap().to_string(), "Mo-Tu 18:00-24:00; Sa 22:00-26:00");
        assert_eq!(line.languages[0].as_str(), "cy");
        assert_eq!(line.topics, [Topic::Suicide]);
        let contacts: Vec<_> =
            line.contacts.iter().map(|contact| (contact.kind, contact.value.as_str())).collect();
        assert_eq!(contacts, [(Kind::Phone, "01632 960 001"), (Kind::Sms, "87654")]);
        assert_eq!(line.contacts[0].note.as_ref().unwrap().as_str(), "extension 8");
        assert!(line.contacts.iter().all(|contact| !contact.confirmed && contact.confirmations == 1));
        assert_eq!(line.sources, [stated().source.unwrap()]);
    }

    #[test]
    fn what_cannot_be_taken_is_named_with_its_place() {
        let error = |from: &str, to: &str| {
            assert_eq!(FOREIGN.matches(from).count(), 1, "{from}");
            format!("{:#}", read(&FOREIGN.replace(from, to), &stated()).unwrap_err())
        };
        let place = "service 1 (Night Listeners): ";

        for (from, to, problem) in [
            ("\"active\"", "\"defunct\"", "status: only active services are taken"),
            ("\"suicide\"", "\"sadness\"", "attributes 1: \"sadness\" is no topic of VOCABULARY.md"),
            ("peer-support topics", "open-eligibility", "attributes: no peer-support topics term says what"),
            ("\"87654\"", "\"TEXT US\"", "phones 2: 'T' cannot be dialled"),
            ("\"text\"", "\"fax\"", "phones 2: type: \"fax\" is nothing to call or text"),
            ("\"WEEKLY\"", "\"MONTHLY\"", "schedules 1: freq: only weekly hours can be taken"),
            ("\"MO,TU\"", "\"1MO\"", "schedules 1: byday: \"1MO\" is no day of the week"),
            ("\"22:00\"", "\"10 pm\"", "schedules: time not understood"),
            ("\"cy\"", "\"Welsh!\"", "languages 1: code \"Welsh!\": not a language"),
            ("https://night.example/\"", "night.example\"", "url: not a web address"),
        ] {
            let error = error(from, to);
            assert!(error.starts_with(&format!("{place}{problem}")), "{error}");
        }
        let nobody = Stated { country: None, ..stated() };
        assert!(format!("{:#}", read(FOREIGN, &nobody).unwrap_err()).contains("names no country"));
        let unsourced = Stated { source: None, ..stated() };
        assert!(format!("{:#}", read(FOREIGN, &unsourced).unwrap_err()).contains("has no source"));
        assert!(read("7", &stated()).unwrap_err().to_string().contains("expected an array of HSDS services"));
    }
}
