//! The named needs of `helplines/needs.toml`, looked up in the country files as the panel does it.

#![expect(
    clippy::disallowed_methods,
    reason = "the table, the term lists and the country files are what is tested"
)]

use std::{collections::BTreeSet, fs, path::PathBuf};

use peer_support_domain::{
    contact::Kind,
    country::Country,
    helpline::{AsOf, Directory, Label, Language, LineId, record::CountryRecord},
    hours::{LocalTime, TimeZone, Weekday},
    lookup::{Visitor, look_up},
    search::Terms,
};
use serde::Deserialize;

/// Steps after opening the panel, at most.
const MAX_STEPS: usize = 2;
/// When a need is asked for that names no instant.
const AT: &str = "2026-11-24T12:00:00Z";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Needs {
    need: Vec<Need>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Need {
    country: Country,
    lang: Language,
    say: String,
    region: Option<Label>,
    #[serde(default)]
    kinds: Vec<Kind>,
    #[serde(default)]
    open_now: bool,
    at: Option<String>,
    expect: Vec<LineId>,
}

impl Need {
    fn n_steps(&self) -> usize {
        1 + usize::from(self.region.is_some())
            + usize::from(!self.kinds.is_empty())
            + usize::from(self.open_now)
    }

    /// The ids of the best lines, as the panel would show them.
    fn best(&self) -> Vec<String> {
        let directory = directory(self.country);
        let mut ask = terms(&self.lang).understand(&self.say);
        ask.region.clone_from(&self.region);
        ask.kinds.extend(&self.kinds);
        ask.open_now |= self.open_now;
        let now: jiff::Timestamp = self.at.as_deref().unwrap_or(AT).parse().unwrap();
        let today: AsOf = now.strftime("%Y-%m-%d").to_string().parse().unwrap();
        let visitor = Visitor { speaks: std::slice::from_ref(&self.lang), today: Some(today) };

        let found =
            look_up(&directory, &ask, &visitor, |line| line.opening(now.as_millisecond(), local_time));

        found.best.iter().map(|shown| shown.line.id.as_str().to_owned()).collect()
    }
}

fn file(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../helplines").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn needs() -> Vec<Need> {
    toml::from_str::<Needs>(&file("needs.toml")).unwrap().need
}

fn directory(country: Country) -> Directory {
    let name = format!("{}.toml", country.as_str().to_ascii_lowercase());
    toml::from_str::<CountryRecord>(&file(&name)).unwrap().directory().unwrap()
}

fn terms(language: &Language) -> Terms {
    Terms::parse(&file(&format!("terms/{}.txt", language.as_str()))).unwrap()
}

fn local_time(zone: &TimeZone, ms: i64) -> Option<LocalTime> {
    let zone = jiff::tz::TimeZone::get(zone.as_str()).ok()?;
    let time = jiff::Timestamp::from_millisecond(ms).ok()?.to_zoned(zone);
    let day = usize::try_from(time.weekday().to_monday_zero_offset()).ok()?;
    let minute_of_day = u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).ok()?;
    Some(LocalTime { weekday: Weekday::ALL[day], minute_of_day })
}

#[test]
fn every_need_reaches_its_line_in_two_steps() {
    let mut unmet = Vec::new();
    for need in needs() {
        let best = need.best();
        if !need.expect.iter().any(|id| best.iter().any(|best| best == id.as_str())) {
            let expected = need.expect.iter().map(LineId::as_str).collect::<Vec<_>>().join(" or ");
            unmet.push(format!("{} {:?}: {}; expected {expected}", need.country, need.say, best.join(", ")));
        }
        assert!(need.n_steps() <= MAX_STEPS, "{:?} takes {} steps", need.say, need.n_steps());
    }
    assert!(unmet.is_empty(), "\n{}", unmet.join("\n"));
}

#[test]
fn the_needs_are_many_and_from_everywhere() {
    let needs = needs();

    let countries: BTreeSet<_> = needs.iter().map(|need| need.country).collect();
    let languages: BTreeSet<_> = needs.iter().map(|need| need.lang.as_str()).collect();

    assert!(
        needs.len() >= 60 && countries.len() >= 30,
        "{} needs, {} countries",
        needs.len(),
        countries.len()
    );
    let spoken = ["ar", "de", "en", "es", "fr", "hi", "it", "ja", "pl", "pt-BR", "uk", "zh-Hans"];
    assert_eq!(languages, BTreeSet::from(spoken));
}

#[test]
fn every_expected_line_and_region_is_one_of_the_country() {
    for need in needs() {
        let directory = directory(need.country);

        for id in &need.expect {
            assert!(directory.lines.iter().any(|line| line.id == *id), "{} has no line {id}", need.country);
        }
        let has_region =
            |region: &Label| directory.lines.iter().any(|line| line.region.as_ref() == Some(region));
        assert!(
            need.region.as_ref().is_none_or(has_region),
            "{} has no region {:?}",
            need.country,
            need.region
        );
    }
}

#[test]
fn every_country_with_a_confirmed_line_shows_one_to_who_asks_for_nothing() {
    for country in Country::all() {
        let name = format!("../helplines/{}.toml", country.as_str().to_ascii_lowercase());
        if !PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name).exists() {
            continue;
        }
        let directory = directory(country);

        let found = look_up(&directory, &Default::default(), &Visitor::default(), |_| None);

        let any_confirmed = directory.lines.iter().any(|line| line.is_confirmed());
        let shows = |shown: &peer_support_domain::lookup::Shown<'_>| {
            shown.contacts.first().is_some_and(|contact| contact.confirmed)
        };
        assert_eq!(found.best.iter().any(shows), any_confirmed, "{country}");
        assert_eq!(found.best.is_empty(), directory.lines.is_empty(), "{country}");
    }
}
