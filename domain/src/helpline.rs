//! Helplines and emergency numbers of a country, and which of them are always at hand.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    contact::{Contact, DialString, Kind, WebAddress, text_type},
    country::Country,
    hours::{LocalTime, Opening, OpeningHours, TimeZone},
    line_report::Day,
    lookup::{Ask, Found, Shown, Visitor, look_up},
};

pub mod record;

/// Lines of a country that are carried inside the widget: what fits a phone's first screen under the emergency number.
pub const N_ESSENTIAL_LINES: usize = 3;
/// Months after which a fact carries a mark, and after which it stands behind fresher ones with a warning.
const AGING_AFTER_MONTHS: u32 = 6;
const OLD_AFTER_MONTHS: u32 = 12;

/// What a country offers: its emergency numbers and its helplines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// The country they are for.
    pub country: Country,
    /// By [`Service`], within one by how many sources agree, most first.
    pub emergency: Vec<EmergencyNumber>,
    /// In the order of their file; [`look_up`] puts them in the order to show.
    pub lines: Vec<Line>,
}

impl Directory {
    /// The emergency numbers that stand first, at most two.
    ///
    /// One general number where one is confirmed. Elsewhere ambulance and police, because a general number that only
    /// one source lists must not hide those that several agree on; it takes the place of the one that is missing,
    /// and the fire brigade's comes last. Empty only when nothing at all is known.
    #[must_use]
    pub fn emergency_to_show(&self) -> Vec<&EmergencyNumber> {
        let first = |service| self.emergency.iter().find(|number| number.service == service);
        let general = first(Service::General);
        if let Some(general) = general.filter(|number| number.confirmed) {
            return vec![general];
        }
        let mut shown = Vec::new();
        for number in [first(Service::Ambulance), first(Service::Police), general, first(Service::Fire)] {
            shown.extend(number.filter(|_| shown.len() < 2));
        }
        shown
    }

    /// The part that is carried inside the widget: all emergency numbers and up to [`N_ESSENTIAL_LINES`] lines.
    ///
    /// These are the lines that [`look_up`] shows at once to someone who asks for nothing and has no clock, and the
    /// next one after them that is confirmed, if any line of the country is. What one source lists comes along only
    /// where nothing confirmed serves, and says so itself. Left out is what is of no use without a network or without
    /// known hours: websites, sources, and time zones that no hours are read in.
    #[must_use]
    pub fn essentials(&self) -> Directory {
        let any_is_confirmed = self.lines.iter().any(Line::is_confirmed);
        let Found { best, more, .. } = look_up(self, &Ask::default(), &Visitor::default(), |_| None);
        let next = more.into_iter().filter(|shown| shown.line.is_confirmed() == any_is_confirmed);
        let lines =
            best.into_iter().chain(next).take(N_ESSENTIAL_LINES).map(|Shown { line, contacts }| Line {
                contacts: contacts
                    .into_iter()
                    .filter(|contact| contact.confirmed || !line.is_confirmed())
                    .cloned()
                    .collect(),
                time_zone: line.time_zone.clone().filter(|_| line.needs_clock()),
                website: None,
                sources: Vec::new(),
                ..line.clone()
            });
        Directory { country: self.country, emergency: self.emergency.clone(), lines: lines.collect() }
    }

    /// The one contact for someone who cannot choose: the first to call in the order of [`look_up`] for someone who
    /// asks for nothing. Where one to text comes before it that is confirmed, while it is not, it is that one; and
    /// where there is none to call. [`Contact::confirmed`] tells whether to say that only one source lists it.
    #[must_use]
    pub fn first_contact(&self) -> Option<&Contact> {
        let Found { best, more, .. } = look_up(self, &Ask::default(), &Visitor::default(), |_| None);
        let contacts = || best.iter().chain(&more).flat_map(|shown| &shown.contacts).copied();
        let first = contacts().find(|contact| matches!(contact.kind(), Kind::Phone | Kind::Sms))?;
        let calls =
            |contact: &&Contact| contact.kind() == Kind::Phone && contact.confirmed >= first.confirmed;
        contacts().find(calls).or(Some(first))
    }
}

/// Whom an emergency number reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Police, ambulance and fire brigade under one number.
    General,
    /// The police.
    Police,
    /// An ambulance.
    Ambulance,
    /// The fire brigade.
    Fire,
}

/// A number for danger to life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmergencyNumber {
    /// Whom it reaches.
    pub service: Service,
    /// What to dial.
    pub number: DialString,
    /// Whether independent sources agree on it.
    pub confirmed: bool,
}

/// A helpline: someone to call, text or chat with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its name among all lines.
    pub id: LineId,
    /// What it calls itself, in its own language where the source has that.
    pub name: Label,
    /// The part of the country it is for. `None` does not prove that a line is national.
    pub region: Option<Label>,
    /// What it is for, at least one.
    pub topics: Vec<Topic>,
    /// Whom it is for; empty when no source says.
    pub audiences: Vec<Audience>,
    /// What is spoken; empty when no source says.
    pub languages: Vec<Language>,
    /// How to reach it, at least one way.
    pub contacts: Vec<Contact>,
    /// When it answers; `None` when no source says.
    pub hours: Option<OpeningHours>,
    /// The clock that [`Line::hours`] are read on; `None` where the country has several and no source says which.
    pub time_zone: Option<TimeZone>,
    /// Whether calling is known to cost nothing. `false` does not mean that it costs.
    pub is_free: bool,
    /// Its page. Left out of the essentials, as are the sources: they are of use only where the whole directory
    /// can be had.
    pub website: Option<WebAddress>,
    /// The date of the newest source; `None` when none is dated.
    pub as_of: Option<AsOf>,
    /// Who lists it.
    pub sources: Vec<Source>,
}

impl Line {
    /// Whether independent sources agree on at least one of its contacts.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.contacts.iter().any(|contact| contact.confirmed)
    }

    /// Whether its hours are read on a clock: they are known, and not all the hours there are.
    fn needs_clock(&self) -> bool {
        self.hours.as_ref().is_some_and(|hours| !hours.is_always())
    }

    /// Whether it answers at the instant `now_ms`, and until when, as far as that is known. `local_time` tells what
    /// the clock in a zone shows at an instant.
    pub fn opening(
        &self,
        now_ms: i64,
        local_time: impl Fn(&TimeZone, i64) -> Option<LocalTime>,
    ) -> Option<Opening> {
        self.hours.as_ref()?.opening_at(now_ms, |ms| local_time(self.time_zone.as_ref()?, ms))
    }
}

macro_rules! vocabulary {
    ($(#[$about:meta])* $name:ident { $($(#[$says:meta])* $word:ident $text:literal $letter:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$says])* #[serde(rename = $text)] $word,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[$name] = &[$($name::$word),+];

            /// The word in the country files and in the keys of `locales/`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($name::$word => $text,)+ }
            }

            /// The letter that stands for it in a bundle.
            pub(crate) fn letter(self) -> char {
                match self { $($name::$word => $letter,)+ }
            }

            pub(crate) fn from_letter(letter: char) -> Option<$name> {
                match letter { $($letter => Some($name::$word),)+ _ => None }
            }
        }
    };
}

vocabulary! {
    /// What a line is for.
    Topic {
        /// Thoughts of suicide, one's own or another's.
        Suicide "suicide" 's',
        /// Distress of any kind: the general listening lines.
        EmotionalDistress "emotional_distress" 'e',
        /// Violence by a partner or in the family.
        DomesticViolence "domestic_violence" 'd',
        /// Sexual violence, past or present.
        SexualViolence "sexual_violence" 'x',
        /// Children and young people.
        ChildYouth "child_youth" 'c',
        /// Lesbian, gay, bisexual, trans and queer people.
        Lgbtq "lgbtq" 'l',
        /// Eating disorders.
        EatingDisorder "eating_disorder" 'a',
        /// Alcohol and other drugs.
        SubstanceUse "substance_use" 'u',
        /// Gambling; no line has it yet.
        Gambling "gambling" 'g',
        /// People who served in the armed forces.
        Veterans "veterans" 'v',
        /// Older people.
        OlderAdults "older_adults" 'o',
        /// Grief.
        Bereavement "bereavement" 'b',
        /// Human trafficking.
        Trafficking "trafficking" 't',
        /// Parents, and the time around a birth.
        Parents "parents" 'p',
        /// Disasters and their aftermath.
        Disaster "disaster" 'i',
        /// Health lines that are not mental-health lines.
        GeneralHealth "general_health" 'h',
    }
}

vocabulary! {
    /// Whom a line is for.
    Audience {
        /// Anyone.
        Everyone "everyone" 'e',
        /// Young people.
        Youth "youth" 'y',
        /// Adults.
        Adults "adults" 'a',
        /// Children.
        Children "children" 'c',
        /// Lesbian, gay, bisexual, trans and queer people.
        Lgbtq "lgbtq" 'l',
        /// Parents.
        Parents "parents" 'p',
        /// Women.
        Women "women" 'w',
        /// People who look for help within a faith.
        FaithBased "faith_based" 'f',
        /// Older people.
        OlderAdults "older_adults" 'o',
        /// Men.
        Men "men" 'm',
        /// Deaf people.
        Deaf "deaf" 'd',
        /// People who served in the armed forces.
        Veterans "veterans" 'v',
        /// Indigenous people.
        Indigenous "indigenous" 'i',
    }
}

/// The name of a line among all: its country in small letters, a hyphen, words with hyphens: `gb-samaritans`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LineId(String);

/// The text is not the id of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a line; expected a country in small letters and words of a-z and 0-9, with hyphens")]
pub struct InvalidLineId;

impl LineId {
    /// The whole id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the country and its hyphen.
    pub(crate) fn name(&self) -> &str {
        self.0.get(3..).unwrap_or_default()
    }

    /// Whether the line is filed under `country`.
    #[must_use]
    pub fn is_in(&self, country: Country) -> bool {
        self.0.get(..2).is_some_and(|code| code.eq_ignore_ascii_case(country.as_str()))
    }
}

impl FromStr for LineId {
    type Err = InvalidLineId;

    fn from_str(text: &str) -> Result<Self, InvalidLineId> {
        let mut parts = text.split('-');
        let is_well_formed =
            parts.next().is_some_and(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase()))
                && text.len() > 3
                && parts.all(|part| {
                    !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
                });
        if is_well_formed { Ok(Self(text.to_owned())) } else { Err(InvalidLineId) }
    }
}

/// A name or a note: one line of text, not empty, without control characters or spaces at its ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

/// The text is empty, has control characters or spaces at its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one line of text, not empty, without control characters or spaces at its ends")]
pub struct InvalidLabel;

impl Label {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = InvalidLabel;

    fn from_str(text: &str) -> Result<Self, InvalidLabel> {
        if text.is_empty() || text.trim() != text || text.chars().any(char::is_control) {
            return Err(InvalidLabel);
        }
        Ok(Self(text.to_owned()))
    }
}

/// A language as in `lang` attributes: `en`, `zh-Hant`, `pt-BR`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(String);

/// The text is not a language tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a language; expected en, zh-Hant or pt-BR")]
pub struct InvalidLanguage;

impl Language {
    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Language {
    type Err = InvalidLanguage;

    fn from_str(text: &str) -> Result<Self, InvalidLanguage> {
        let mut parts = text.split('-').peekable();
        let is_language =
            |part: &str| (2..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_lowercase());
        let is_script = |part: &&str| {
            part.len() == 4
                && part.as_bytes()[0].is_ascii_uppercase()
                && part.bytes().skip(1).all(|b| b.is_ascii_lowercase())
        };
        let is_region = |part: &&str| match part.len() {
            2 => part.bytes().all(|b| b.is_ascii_uppercase()),
            3 => part.bytes().all(|b| b.is_ascii_digit()),
            _ => false,
        };
        let starts_well = parts.next().is_some_and(is_language);
        parts.next_if(is_script);
        parts.next_if(is_region);
        if starts_well && parts.next().is_none() { Ok(Self(text.to_owned())) } else { Err(InvalidLanguage) }
    }
}

/// The date of a source, as exactly as it is known: `2026`, `2026-04` or `2026-04-22`. A vaguer date counts as the
/// earliest it can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AsOf {
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
}

/// The text is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date; expected 2026, 2026-04 or 2026-04-22")]
pub struct InvalidAsOf;

/// How far a fact may be trusted by its age alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
    /// Up to six months old.
    Fresh,
    /// More than six months old: it carries a mark.
    Aging,
    /// More than twelve months old: it stands behind fresher ones, with a warning.
    Old,
}

impl AsOf {
    /// The year, of the common era.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The earliest day that it can mean.
    #[must_use]
    pub fn first_day(self) -> Day {
        let AsOf { year, month, day } = self;
        let day = format!("{year:04}-{:02}-{:02}", month.unwrap_or(1), day.unwrap_or(1)).parse();
        // What parses as a date is one, and only years before the epoch have no days.
        day.unwrap_or(Day::of_ms(0))
    }

    /// A number that is larger for a later date, below 2²¹ up to the year 4095; a vaguer date counts as earlier than
    /// any day in it.
    pub(crate) fn ordinal(self) -> u32 {
        u32::from(self.year.min(4095)) << 9
            | u32::from(self.month.unwrap_or(0)) << 5
            | u32::from(self.day.unwrap_or(0))
    }

    /// How old a fact of this date is on the day `today`.
    #[must_use]
    pub fn freshness(self, today: AsOf) -> Freshness {
        let months = |date: AsOf| u32::from(date.year) * 12 + u32::from(date.month.unwrap_or(1)) - 1;
        let day = |date: AsOf| date.day.unwrap_or(1);
        let is_past_the_day = day(today) > day(self);
        let full_months = months(today).saturating_sub(months(self));
        let is_older_than = |limit: u32| full_months > limit || (full_months == limit && is_past_the_day);
        if is_older_than(OLD_AFTER_MONTHS) {
            Freshness::Old
        } else if is_older_than(AGING_AFTER_MONTHS) {
            Freshness::Aging
        } else {
            Freshness::Fresh
        }
    }
}

impl FromStr for AsOf {
    type Err = InvalidAsOf;

    fn from_str(text: &str) -> Result<Self, InvalidAsOf> {
        let number = |text: &str, n_digits: usize| {
            let is_plain = text.len() == n_digits && text.bytes().all(|b| b.is_ascii_digit());
            if is_plain { text.parse::<u16>().map_err(|_| InvalidAsOf) } else { Err(InvalidAsOf) }
        };
        let mut parts = text.split('-');
        let year = number(parts.next().unwrap_or_default(), 4)?;
        let mut part = || parts.next().map(|part| number(part, 2)).transpose();
        let (month, day) = (part()?, part()?);
        let last_day = match month {
            Some(2) if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            Some(2) => 28,
            Some(4 | 6 | 9 | 11) => 30,
            _ => 31,
        };
        let is_date = parts.next().is_none()
            && month.is_none_or(|month| (1..=12).contains(&month))
            && day.is_none_or(|day| (1..=last_day).contains(&day));
        if !is_date {
            return Err(InvalidAsOf);
        }
        Ok(AsOf { year, month: month.map(|month| month as u8), day: day.map(|day| day as u8) })
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        for part in [self.month, self.day].into_iter().flatten() {
            write!(f, "-{part:02}")?;
        }
        Ok(())
    }
}

impl TryFrom<String> for AsOf {
    type Error = InvalidAsOf;

    fn try_from(text: String) -> Result<Self, InvalidAsOf> {
        text.parse()
    }
}

impl From<AsOf> for String {
    fn from(date: AsOf) -> String {
        date.to_string()
    }
}

/// Who lists a fact, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// A page, `owner/repository:path` or the name of a package.
    pub place: Label,
    /// When the source said so; `None` where it shows no date.
    pub as_of: Option<AsOf>,
}

text_type! {
    LineId, InvalidLineId;
    Label, InvalidLabel;
    Language, InvalidLanguage;
}

#[cfg(test)]
mod tests;
