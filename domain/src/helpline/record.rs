//! How a country file (`helplines/gb.toml`) is written: the same facts as a [`Directory`], each beside its sources.
//!
//! Reading a record checks its form; [`CountryRecord::directory`] checks what a line of TOML cannot say by itself and
//! names the place of everything that is wrong. The widget has no part of this; it reads bundles.

use std::{cmp::Reverse, collections::HashSet, fmt};

use serde::{Deserialize, Serialize};

use super::{
    AsOf, Audience, Directory, EmergencyNumber, Label, Language, Line, LineId, Service, Source, Topic,
};
use crate::{
    contact::{Contact, DialString, E164, Keyword, Kind, WebAddress},
    country::Country,
    hours::{OpeningHours, TimeZone},
};

/// From this many independent families of sources on, a fact can be confirmed.
pub const CONFIRMED_FROM: u8 = 2;

/// One country file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountryRecord {
    /// The country it is about.
    pub country: Country,
    /// Its English name, for those who read the file.
    pub name: Label,
    /// When the sources were last compared.
    pub compared: AsOf,
    /// Emergency numbers.
    #[serde(default)]
    pub emergency: Vec<EmergencyRecord>,
    /// Helplines, sorted by id.
    #[serde(default)]
    pub line: Vec<LineRecord>,
}

/// One emergency number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyRecord {
    /// Whom it reaches.
    pub service: Service,
    /// What to dial: digits only.
    pub number: DialString,
    /// How many independent sources list it.
    pub confirmations: u8,
    /// What follows from the confirmations.
    pub status: Status,
    /// Who lists it.
    pub sources: Vec<SourceRecord>,
}

/// One helpline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineRecord {
    /// Its name among all lines.
    pub id: LineId,
    /// What it calls itself.
    pub name: Label,
    /// What follows from the contacts.
    pub status: Status,
    /// The largest number of its contacts.
    pub confirmations: u8,
    /// The line without which this one leaves people out, in another language for example. `helplines check` sees to it
    /// that the pair is mutual, and that the first lines of the country hold both or neither.
    pub pair: Option<LineId>,
    /// The part of the country it is for.
    pub region: Option<Label>,
    /// What it is for.
    pub topics: Vec<Topic>,
    /// Whom it is for.
    #[serde(default)]
    pub audience: Vec<Audience>,
    /// What is spoken.
    #[serde(default)]
    pub languages: Vec<Language>,
    /// When it answers.
    pub hours: Option<OpeningHours>,
    /// The clock for `hours`.
    pub timezone: Option<TimeZone>,
    /// What it costs.
    pub cost: Option<Cost>,
    /// Its page.
    pub website: Option<WebAddress>,
    /// How to reach it.
    pub contacts: Vec<ContactRecord>,
    /// Who lists it.
    pub sources: Vec<SourceRecord>,
}

/// One way to reach a helpline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactRecord {
    /// How it is used.
    pub kind: Kind,
    /// The number as dialled in the country, or the address.
    pub value: String,
    /// The number from abroad.
    pub e164: Option<E164>,
    /// The word to send.
    pub keyword: Option<Keyword>,
    /// What has to be known to use it.
    pub note: Option<Label>,
    /// How many independent families of sources list it for this country.
    pub confirmations: u8,
    /// Whether the rule of `helplines/SOURCES.md` holds for it.
    pub confirmed: bool,
}

/// Where a fact comes from: exactly one of `url`, `repo` and `package`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRecord {
    /// A page.
    pub url: Option<WebAddress>,
    /// `owner/repository:path` of a public list.
    pub repo: Option<Label>,
    /// A published package and its version.
    pub package: Option<Label>,
    /// When it said so.
    pub as_of: Option<AsOf>,
    /// Which part or revision.
    pub note: Option<Label>,
}

/// Whether independent sources agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// At least two independent families of sources agree.
    Confirmed,
    /// One family of sources, or an outdated agreement.
    SingleSource,
}

impl Status {
    fn of(confirmed: bool) -> Status {
        if confirmed { Status::Confirmed } else { Status::SingleSource }
    }
}

/// What a call costs, where a source or the numbering plan says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cost {
    /// Nothing.
    Free,
}

/// Something wrong in a country file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `emergency police 110`, `gb-samaritans`, `gb-samaritans, phone 116 123`.
    pub place: String,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl CountryRecord {
    /// The facts without what is only there to check them.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in the record, each with its place.
    pub fn directory(&self) -> Result<Directory, Vec<Problem>> {
        let mut problems = Problems(Vec::new());
        let emergency = self.emergency(&mut problems);
        let mut ids = HashSet::new();
        let lines = self
            .line
            .iter()
            .filter_map(|line| {
                let place = line.id.as_str();
                if !ids.insert(place) {
                    problems.add(place, "this id stands twice");
                }
                if !line.id.is_in(self.country) {
                    problems.add(place, format!("is in the file of {}", self.country));
                }
                line.line(&mut problems)
            })
            .collect();
        match problems.0 {
            problems if problems.is_empty() => Ok(Directory { country: self.country, emergency, lines }),
            problems => Err(problems),
        }
    }

    /// Whether independent sources agree on how to call police and ambulance: by a general number, or by one each.
    #[must_use]
    pub fn has_confirmed_emergency(&self) -> bool {
        let confirms = |service| {
            self.emergency
                .iter()
                .any(|number| number.service == service && number.status == Status::Confirmed)
        };
        confirms(Service::General) || (confirms(Service::Police) && confirms(Service::Ambulance))
    }

    fn emergency(&self, problems: &mut Problems) -> Vec<EmergencyNumber> {
        let mut sorted: Vec<_> = self.emergency.iter().collect();
        sorted.sort_by_key(|record| (record.service, Reverse(record.confirmations)));
        let mut seen = HashSet::new();
        for record in &sorted {
            let place = format!("emergency {:?} {}", record.service, record.number).to_lowercase();
            if !record.number.as_str().bytes().all(|b| b.is_ascii_digit()) {
                problems.add(&place, "an emergency number has digits only");
            }
            if record.status != Status::of(record.confirmations >= CONFIRMED_FROM) {
                problems.add(&place, "status does not follow from confirmations");
            }
            if record.sources.is_empty() || record.confirmations == 0 {
                problems.add(&place, "no source");
            }
            if usize::from(record.confirmations) > record.sources.len() {
                problems.add(&place, "more confirmations than sources");
            }
            if !seen.insert((record.service, &record.number)) {
                problems.add(&place, "stands twice");
            }
            problems.add_sources(&place, &record.sources);
        }
        sorted
            .into_iter()
            .map(|record| EmergencyNumber {
                service: record.service,
                number: record.number.clone(),
                confirmed: record.status == Status::Confirmed,
            })
            .collect()
    }
}

impl LineRecord {
    fn line(&self, problems: &mut Problems) -> Option<Line> {
        let place = self.id.as_str();
        if self.topics.is_empty() {
            problems.add(place, "no topic");
        }
        if has_duplicates(&self.topics) || has_duplicates(&self.audience) || has_duplicates(&self.languages) {
            problems.add(place, "a topic, audience or language stands twice");
        }
        if self.contacts.is_empty() {
            problems.add(place, "no contact");
        }
        if self.sources.is_empty() {
            problems.add(place, "no source");
        }
        problems.add_sources(place, &self.sources);
        if self.status != Status::of(self.contacts.iter().any(|contact| contact.confirmed)) {
            problems.add(place, "status does not follow from the contacts");
        }
        if Some(self.confirmations) != self.contacts.iter().map(|contact| contact.confirmations).max() {
            problems.add(place, "confirmations is not the largest of its contacts");
        }
        let mut seen = HashSet::new();
        let contacts: Vec<_> = self
            .contacts
            .iter()
            .filter_map(|contact| {
                let place = format!("{place}, {} {}", contact.kind.as_str(), contact.value);
                if !seen.insert((contact.kind, &contact.value, &contact.keyword)) {
                    problems.add(&place, "stands twice");
                }
                contact.contact().map_err(|message| problems.add(&place, message)).ok()
            })
            .collect();
        let sources: Vec<_> = self.sources.iter().filter_map(SourceRecord::source).collect();
        Some(Line {
            id: self.id.clone(),
            name: self.name.clone(),
            region: self.region.clone(),
            topics: self.topics.clone(),
            audiences: self.audience.clone(),
            languages: self.languages.clone(),
            contacts,
            hours: self.hours.clone(),
            time_zone: self.timezone.clone(),
            is_free: self.cost == Some(Cost::Free),
            website: self.website.clone(),
            as_of: sources.iter().filter_map(|source| source.as_of).max(),
            sources,
        })
    }
}

impl ContactRecord {
    /// # Errors
    ///
    /// What is wrong with it, as a sentence.
    pub fn contact(&self) -> Result<Contact, String> {
        if self.confirmations == 0 {
            return Err("no source lists it".to_owned());
        }
        if self.confirmed && self.confirmations < CONFIRMED_FROM {
            return Err("confirmed with one source".to_owned());
        }
        let mut contact = Contact::new(self.kind, &self.value, self.e164.clone(), self.keyword.clone())
            .map_err(|error| error.to_string())?;
        contact.note.clone_from(&self.note);
        contact.confirmed = self.confirmed;
        contact.confirmations = self.confirmations;
        Ok(contact)
    }
}

impl SourceRecord {
    /// The source, or `None` unless exactly one of its places is given.
    #[must_use]
    pub fn source(&self) -> Option<Source> {
        let place = match (&self.url, &self.repo, &self.package) {
            (Some(url), None, None) => url.as_str().parse().ok()?,
            (None, Some(repo), None) => repo.clone(),
            (None, None, Some(package)) => package.clone(),
            _ => return None,
        };
        Some(Source { place, as_of: self.as_of })
    }
}

struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, place: &str, message: impl Into<String>) {
        self.0.push(Problem { place: place.to_owned(), message: message.into() });
    }

    fn add_sources(&mut self, place: &str, sources: &[SourceRecord]) {
        for source in sources {
            if source.source().is_none() {
                self.add(place, "a source needs exactly one of url, repo and package");
            }
            if let Some(repo) = &source.repo
                && !is_repo(repo.as_str())
            {
                self.add(place, "a source's repo is not written owner/repository:path");
            }
        }
    }
}

/// `owner/repository:path`.
fn is_repo(text: &str) -> bool {
    let is_name = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    text.split_once(':').is_some_and(|(repo, path)| {
        !path.is_empty() && repo.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name))
    })
}

fn has_duplicates<T: Eq + std::hash::Hash>(items: &[T]) -> bool {
    items.iter().collect::<HashSet<_>>().len() != items.len()
}
