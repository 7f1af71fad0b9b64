//! How directories travel: one compact text, small after brotli and read by a decoder of a few hundred bytes.
//!
//! A bundle holds one country (fetched when its whole directory is asked for) or the essentials of all (compiled into
//! the widget). It is UTF-8, one fact a line; the first character says which:
//!
//! ```text
//! helplines 1                     the format and its version; another version is refused
//! GB                              two capitals: all up to the next such line is about this country
//! !g999                           an emergency number: g general, p police, a ambulance, f fire
//! !g112?                          … that only one source lists
//! +Shout 85258 ⇥ shout-text       a line: its name and its id without the country. The id is left out when it is
//!                                 the name in small letters with hyphens, cut after 48 characters
//! @Scotland                       its region
//! tse                             topics, a letter each
//! ae                              audiences, a letter each
//! len,cy                          languages
//! h24/7                           opening hours
//! zEurope/London                  time zone
//! $                               free to call
//! /www.samaritans.org/            website; `https://` is left out, `http://` is not
//! d2026-08-08                     date of the newest source
//! P116 123 ⇥ +44116123            a contact: P phone, M SMS, W WhatsApp, C chat, E e-mail, U page; capital when
//! m85258 ⇥ =SHOUT ⇥ *3 ⇥ "note    confirmed. Then, each after a tab: + E.164, = keyword, * confirmations (left out
//!                                 when 2 and confirmed, or 1 and not), " note
//! sen.wikipedia.org/wiki/X ⇥ 2026 a source, and its date where it has one
//! ```
//!
//! ⇥ is a tab, without the spaces around it. Letters of topics and audiences are never given another meaning.

use std::{iter::Enumerate, iter::Peekable, str::Split};

use crate::{
    contact::{Contact, Kind, WebAddress},
    country::Country,
    helpline::{Audience, Directory, EmergencyNumber, Line, LineId, Service, Source, Topic},
};

const HEADER: &str = "helplines 1";
/// Characters of an id that can come from a name: the ids were cut there when they were made.
const MAX_ID_FROM_NAME: usize = 48;

/// Where and why a text is not a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct InvalidBundle {
    /// Counted from 1.
    pub line: usize,
    /// What was expected.
    pub problem: &'static str,
}

/// The directory in a bundle of one country.
///
/// # Errors
///
/// When the text is not such a bundle, of this version, to its end.
pub fn decode(text: &str) -> Result<Directory, InvalidBundle> {
    let mut lines = lines(text)?;
    // As `essentials` finds it: in small letters, one would read the bundle and another would not.
    let code = lines.next().map(|(_, code)| code).filter(|code| is_country(code));
    let country = code
        .and_then(|code| code.parse().ok())
        .ok_or(InvalidBundle { line: 2, problem: "expected a country" })?;
    let directory = read(country, &mut lines)?;
    match lines.next() {
        None => Ok(directory),
        Some((index, _)) => Err(InvalidBundle { line: index + 1, problem: "expected one country only" }),
    }
}

/// What the essentials in `text` hold about one country, without reading the others.
///
/// `None` when they do not hold it, or when the text is malformed there; a test reads every country of the real one.
#[must_use]
pub fn essentials(text: &str, country: Country) -> Option<Directory> {
    let mut lines = lines(text).ok()?;
    lines.find(|(_, line)| *line == country.as_str())?;
    read(country, &mut lines).ok()
}

/// The countries that a bundle holds.
pub fn countries(text: &str) -> impl Iterator<Item = Country> {
    text.split('\n').filter(|line| is_country(line)).filter_map(|line| line.parse().ok())
}

/// The bundle of these directories, which `decode` reads when there is one and `essentials` when there are more.
#[must_use]
pub fn encode<'a>(directories: impl IntoIterator<Item = &'a Directory>) -> String {
    let mut text = format!("{HEADER}\n");
    for directory in directories {
        write_directory(&mut text, directory);
    }
    text
}

type Lines<'a> = Peekable<Enumerate<Split<'a, char>>>;

fn lines(text: &str) -> Result<Lines<'_>, InvalidBundle> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut lines = text.split('\n').enumerate().peekable();
    match lines.next() {
        Some((_, HEADER)) => Ok(lines),
        _ => Err(InvalidBundle { line: 1, problem: "expected a bundle of helplines of version 1" }),
    }
}

fn is_country(line: &str) -> bool {
    line.len() == 2 && line.bytes().all(|b| b.is_ascii_uppercase())
}

/// Reads up to the next country.
fn read(country: Country, lines: &mut Lines<'_>) -> Result<Directory, InvalidBundle> {
    let mut directory = Directory { country, emergency: Vec::new(), lines: Vec::new() };
    while let Some((index, text)) = lines.next_if(|(_, line)| !is_country(line)) {
        read_line(&mut directory, text).map_err(|problem| InvalidBundle { line: index + 1, problem })?;
        let begins_next = lines.peek().is_none_or(|(_, next)| next.starts_with('+') || is_country(next));
        let is_incomplete = |line: &Line| line.topics.is_empty() || line.contacts.is_empty();
        if begins_next && directory.lines.last().is_some_and(is_incomplete) {
            return Err(InvalidBundle { line: index + 1, problem: "a line without topic or contact" });
        }
    }
    Ok(directory)
}

fn read_line(directory: &mut Directory, text: &str) -> Result<(), &'static str> {
    let mut chars = text.chars();
    let tag = chars.next().ok_or("empty")?;
    let value = chars.as_str();

    if tag == '!' {
        directory.emergency.push(read_emergency(value).ok_or("not an emergency number")?);
        return Ok(());
    }
    if tag == '+' {
        directory.lines.push(read_name(directory.country, value).ok_or("not a name and an id")?);
        return Ok(());
    }
    let line = directory.lines.last_mut().ok_or("a fact of no line")?;
    match tag {
        '@' => line.region = Some(value.parse().map_err(|_| "not a region")?),
        't' => line.topics = letters(value, Topic::from_letter).ok_or("unknown topic")?,
        'a' => line.audiences = letters(value, Audience::from_letter).ok_or("unknown audience")?,
        'l' => {
            let languages: Result<_, _> = value.split(',').map(str::parse).collect();
            line.languages = languages.map_err(|_| "not a language")?;
        }
        'h' => line.hours = Some(value.parse().map_err(|_| "not opening hours")?),
        'z' => line.time_zone = Some(value.parse().map_err(|_| "not a time zone")?),
        '$' => line.is_free = true,
        '/' => line.website = Some(web_address(value).parse().map_err(|_| "not a web address")?),
        'd' => line.as_of = Some(value.parse().map_err(|_| "not a date")?),
        's' => line.sources.push(read_source(value).ok_or("not a source")?),
        tag => {
            let kind = Kind::ALL.into_iter().find(|kind| letter(*kind) == tag.to_ascii_uppercase());
            let kind = kind.ok_or("begins with an unknown letter")?;
            line.contacts.push(read_contact(kind, tag.is_ascii_uppercase(), value).ok_or("not a contact")?);
        }
    }
    Ok(())
}

fn read_emergency(value: &str) -> Option<EmergencyNumber> {
    let mut chars = value.chars();
    let service = match chars.next()? {
        'g' => Service::General,
        'p' => Service::Police,
        'a' => Service::Ambulance,
        'f' => Service::Fire,
        _ => return None,
    };
    let number = chars.as_str();
    let (number, confirmed) = match number.strip_suffix('?') {
        Some(number) => (number, false),
        None => (number, true),
    };
    Some(EmergencyNumber { service, number: number.parse().ok()?, confirmed })
}

fn read_name(country: Country, value: &str) -> Option<Line> {
    let (name, id) = match value.split_once('\t') {
        Some((name, id)) => (name, id.to_owned()),
        None => (value, id_from_name(value)),
    };
    let id: LineId = [&country.as_str().to_ascii_lowercase(), "-", &id].concat().parse().ok()?;
    Some(Line {
        id,
        name: name.parse().ok()?,
        region: None,
        topics: Vec::new(),
        audiences: Vec::new(),
        languages: Vec::new(),
        contacts: Vec::new(),
        hours: None,
        time_zone: None,
        is_free: false,
        website: None,
        as_of: None,
        sources: Vec::new(),
    })
}

fn read_contact(kind: Kind, confirmed: bool, value: &str) -> Option<Contact> {
    let mut fields = value.split('\t');
    let value = fields.next()?;
    let value = if kind.is_number() || kind == Kind::Email { value.to_owned() } else { web_address(value) };
    let (mut e164, mut keyword, mut note) = (None, None, None);
    let mut confirmations = 1 + u8::from(confirmed);
    for field in fields {
        let mut chars = field.chars();
        match (chars.next()?, chars.as_str()) {
            ('+', _) => e164 = Some(field.parse().ok()?),
            ('=', word) => keyword = Some(word.parse().ok()?),
            ('"', text) => note = Some(text.parse().ok()?),
            ('*', count) => confirmations = count.parse().ok()?,
            _ => return None,
        }
    }
    let mut contact = Contact::new(kind, &value, e164, keyword).ok()?;
    contact.note = note;
    contact.confirmed = confirmed;
    contact.confirmations = confirmations;
    Some(contact)
}

fn read_source(value: &str) -> Option<Source> {
    let (place, as_of) = match value.split_once('\t') {
        Some((place, date)) => (place, Some(date.parse().ok()?)),
        None => (value, None),
    };
    Some(Source { place: place.parse().ok()?, as_of })
}

fn letters<T>(value: &str, read: fn(char) -> Option<T>) -> Option<Vec<T>> {
    value.chars().map(read).collect()
}

fn web_address(short: &str) -> String {
    let scheme = if short.starts_with("http://") { "" } else { "https://" };
    [scheme, short].concat()
}

/// The letter of a kind, for a confirmed contact.
fn letter(kind: Kind) -> char {
    match kind {
        Kind::Phone => 'P',
        Kind::Sms => 'M',
        Kind::WhatsApp => 'W',
        Kind::Chat => 'C',
        Kind::Email => 'E',
        Kind::Web => 'U',
    }
}

/// The name in small letters, each run of anything else a hyphen, cut.
fn id_from_name(name: &str) -> String {
    let mut id = String::new();
    for c in name.chars() {
        if id.len() >= MAX_ID_FROM_NAME {
            break;
        }
        if c.is_ascii_alphanumeric() {
            id.push(c.to_ascii_lowercase());
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    if id.ends_with('-') {
        id.pop();
    }
    id
}

fn write_directory(text: &mut String, directory: &Directory) {
    let mut row = |parts: &[&str]| {
        parts.iter().for_each(|part| text.push_str(part));
        text.push('\n');
    };
    row(&[directory.country.as_str()]);
    for number in &directory.emergency {
        let service = match number.service {
            Service::General => "!g",
            Service::Police => "!p",
            Service::Ambulance => "!a",
            Service::Fire => "!f",
        };
        row(&[service, number.number.as_str(), if number.confirmed { "" } else { "?" }]);
    }
    for line in &directory.lines {
        let (name, id) = (line.name.as_str(), line.id.name());
        if id_from_name(name) == id {
            row(&["+", name])
        } else {
            row(&["+", name, "\t", id])
        }
        if let Some(region) = &line.region {
            row(&["@", region.as_str()]);
        }
        row(&["t", &line.topics.iter().map(|topic| topic.letter()).collect::<String>()]);
        if !line.audiences.is_empty() {
            row(&["a", &line.audiences.iter().map(|audience| audience.letter()).collect::<String>()]);
        }
        if !line.languages.is_empty() {
            let languages: Vec<_> = line.languages.iter().map(|language| language.as_str()).collect();
            row(&["l", &languages.join(",")]);
        }
        if let Some(hours) = &line.hours {
            row(&["h", &hours.to_string()]);
        }
        if let Some(zone) = &line.time_zone {
            row(&["z", zone.as_str()]);
        }
        if line.is_free {
            row(&["$"]);
        }
        if let Some(website) = &line.website {
            row(&["/", short(website.as_str())]);
        }
        if let Some(as_of) = line.as_of {
            row(&["d", &as_of.to_string()]);
        }
        for contact in &line.contacts {
            row(&[&contact_row(contact)]);
        }
        for source in &line.sources {
            let date = source.as_of.map(|date| format!("\t{date}")).unwrap_or_default();
            row(&["s", source.place.as_str(), &date]);
        }
    }
}

fn contact_row(contact: &Contact) -> String {
    let tag = letter(contact.kind());
    let tag = if contact.confirmed { tag } else { tag.to_ascii_lowercase() };
    let is_page = contact.value().parse::<WebAddress>().is_ok();
    let mut row = format!("{tag}{}", if is_page { short(contact.value()) } else { contact.value() });
    let mut field = |parts: [&str; 2]| {
        row.push('\t');
        row.push_str(&parts.concat());
    };
    if let Some(e164) = contact.e164() {
        field([e164.as_str(), ""]);
    }
    if let Some(keyword) = contact.keyword() {
        field(["=", keyword.as_str()]);
    }
    if contact.confirmations != 1 + u8::from(contact.confirmed) {
        field(["*", &contact.confirmations.to_string()]);
    }
    if let Some(note) = &contact.note {
        field(["\"", note.as_str()]);
    }
    row
}

/// A web address without `https://`.
fn short(address: &str) -> &str {
    address.strip_prefix("https://").unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*, sample::select, string::string_regex};

    use super::*;
    use crate::{
        contact::{DialString, E164, Keyword},
        helpline::{AsOf, Label, Language},
        hours::{OpeningHours, TimeZone},
    };

    fn parsed<T: std::str::FromStr + std::fmt::Debug>(pattern: &str) -> impl Strategy<Value = T> + use<T> {
        string_regex(pattern).unwrap().prop_filter_map("does not parse", |text| text.parse().ok())
    }

    fn label() -> impl Strategy<Value = Label> {
        parsed("[\\PC]{1,24}")
    }

    fn contact() -> impl Strategy<Value = Contact> {
        let e164 = || option::of(parsed::<E164>("\\+[1-9][0-9]{6,14}"));
        let number = || parsed::<DialString>("[+*(]?[0-9][0-9 ()#-]{1,12}");
        let page = "https?://[a-z?]{1,6}\\.[a-z]{2,3}(/[a-zA-Z0-9#?=&/]{0,12})?";
        let parts = prop_oneof![
            (number(), e164()).prop_map(|(n, e)| (Kind::Phone, n.to_string(), e, None)),
            (number(), e164(), option::of(parsed::<Keyword>("[A-Z0-9]{1,20}"))).prop_map(|(n, e, k)| (
                Kind::Sms,
                n.to_string(),
                e,
                k
            )),
            (number(), e164()).prop_map(|(n, e)| (Kind::WhatsApp, n.to_string(), e, None)),
            page.prop_map(|page| (Kind::Chat, page, None, None)),
            page.prop_map(|page| (Kind::Web, page, None, None)),
            "[a-z.+-]{1,8}@[a-z]{1,8}\\.[a-z]{2,3}".prop_map(|mail| (Kind::Email, mail, None, None)),
        ];
        (parts, option::of(label()), any::<bool>(), any::<u8>()).prop_filter_map(
            "parts do not fit together",
            |((kind, value, e164, keyword), note, confirmed, confirmations)| {
                let mut contact = Contact::new(kind, &value, e164, keyword).ok()?;
                (contact.note, contact.confirmed, contact.confirmations) = (note, confirmed, confirmations);
                Some(contact)
            },
        )
    }

    fn line() -> impl Strategy<Value = (String, Line)> {
        let times = "([01][0-9]|2[0-3]):[0-5][0-9]-([0-3][0-9]|4[0-7]):[0-5][0-9]";
        let days = "(Mo|Tu-Th|Fr,Su|Sa-Mo|We)";
        let facts = (
            (string_regex("[a-z0-9]{1,9}(-[a-z0-9]{1,9}){0,2}").unwrap(), any::<bool>(), label()),
            option::of(label()),
            vec(select(Topic::ALL), 1..4),
            vec(select(Audience::ALL), 0..4),
            vec(parsed::<Language>("[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?"), 0..3),
            vec(contact(), 1..4),
            option::of(prop_oneof![
                Just(OpeningHours::ALWAYS),
                parsed(&format!("({days} )?{times}(,{times})?(; {days} {times})?"))
            ]),
            option::of(parsed::<TimeZone>("[A-Z][a-z_]{2,9}/[A-Z][a-z_]{2,9}")),
            any::<bool>(),
            option::of(parsed::<WebAddress>("https?://[a-z]{1,6}\\.[a-z]{2,3}/?")),
            option::of(parsed::<AsOf>("[0-9]{4}(-(0[1-9]|1[0-2])(-[0-2][0-9])?)?")),
            vec((label(), option::of(parsed::<AsOf>("20[0-9]{2}"))), 0..3),
        );
        facts.prop_map(
            |(
                (id, is_id_of_name, name),
                region,
                topics,
                audiences,
                languages,
                contacts,
                hours,
                time_zone,
                is_free,
                website,
                as_of,
                sources,
            )| {
                let of_name = id_from_name(name.as_str());
                let id = if is_id_of_name && !of_name.is_empty() { of_name } else { id };
                let line = Line {
                    id: format!("gb-{id}").parse().unwrap(),
                    name,
                    region,
                    topics,
                    audiences,
                    languages,
                    contacts,
                    hours,
                    time_zone,
                    is_free,
                    website,
                    as_of,
                    sources: sources.into_iter().map(|(place, as_of)| Source { place, as_of }).collect(),
                };
                (id, line)
            },
        )
    }

    fn directory() -> impl Strategy<Value = Directory> {
        let service = select(vec![Service::General, Service::Police, Service::Ambulance, Service::Fire]);
        let emergency = (service, parsed::<DialString>("[0-9]{2,10}"), any::<bool>())
            .prop_map(|(service, number, confirmed)| EmergencyNumber { service, number, confirmed });
        let country = select(Country::all().collect::<Vec<_>>());
        (country, vec(emergency, 0..4), vec(line(), 0..4)).prop_map(|(country, emergency, lines)| {
            let code = country.as_str().to_ascii_lowercase();
            let lines = lines
                .into_iter()
                .map(|(id, line)| Line { id: format!("{code}-{id}").parse().unwrap(), ..line })
                .collect();
            Directory { country, emergency, lines }
        })
    }

    proptest! {
        #[test]
        fn a_directory_comes_back_as_it_went(directory in directory()) {
            let text = encode([&directory]);

            prop_assert_eq!(decode(&text), Ok(directory));
        }

        #[test]
        fn each_country_is_found_among_all(directories in vec(directory(), 0..5)) {
            let mut directories = directories;
            directories.sort_by_key(|directory| directory.country);
            directories.dedup_by_key(|directory| directory.country);

            let text = encode(&directories);

            for country in Country::all() {
                let expected = directories.iter().find(|directory| directory.country == country);
                prop_assert_eq!(essentials(&text, country), expected.cloned());
            }
            prop_assert!(countries(&text).eq(directories.iter().map(|directory| directory.country)));
        }

        #[test]
        fn no_text_makes_the_decoder_panic(text in "[\\PC\n\t]{0,80}", cut in 0..200_usize, directory in directory()) {
            let bundle = encode([&directory]);
            let cut = (0..=cut.min(bundle.len())).rev().find(|at| bundle.is_char_boundary(*at)).unwrap();

            let _ = decode(&text);
            let _ = decode(&format!("{HEADER}\nGB\n{text}"));
            let _ = decode(&[&bundle[..cut], &text, &bundle[cut..]].concat());
        }
    }

    const GB: &str =
        "helplines 1\nGB\n!g999\n!g112?\n+Shout 85258\tshout-text\ntse\nae\nM85258\t=SHOUT\t*3\n";

    #[test]
    fn the_format_is_the_documented_one() {
        let gb = decode(GB).unwrap();

        assert_eq!(gb.emergency.iter().map(|number| number.confirmed).collect::<Vec<_>>(), [true, false]);
        assert_eq!(gb.lines[0].id.as_str(), "gb-shout-text");
        assert_eq!(gb.lines[0].contacts[0].href(), "sms:85258?&body=SHOUT");
        assert_eq!(gb.lines[0].contacts[0].confirmations, 3);
        assert!(gb.lines[0].is_confirmed());
        assert_eq!(encode([&gb]), GB);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let wrong = |from: &str, to: &str| {
            assert!(GB.contains(from), "{from}");
            decode(&GB.replace(from, to)).unwrap_err()
        };

        assert_eq!(wrong("helplines 1", "helplines 2").line, 1);
        assert_eq!(wrong("GB", "QQ").line, 2);
        // Those who look for a country among several would not find it.
        assert_eq!(wrong("GB", "gb").line, 2);
        assert_eq!(wrong("!g999", "!x999").line, 3);
        assert_eq!(wrong("!g112?", "!g1").line, 4);
        assert_eq!(
            wrong("\tshout-text", "\tShout"),
            InvalidBundle { line: 5, problem: "not a name and an id" }
        );
        assert_eq!(wrong("+Shout", "xShout").problem, "a fact of no line");
        assert_eq!(wrong("tse", "tsZ").problem, "unknown topic");
        assert_eq!(wrong("tse\n", "").problem, "a line without topic or contact");
        assert_eq!(wrong("tse", "qse").problem, "begins with an unknown letter");
        assert_eq!(wrong("M85258", "M8525x"), InvalidBundle { line: 8, problem: "not a contact" });
        assert_eq!(wrong("=SHOUT", "=shout").problem, "not a contact");
        assert_eq!(wrong("*3\n", "*3\nFR\n").problem, "expected one country only");
        assert_eq!(wrong("ae\n", "ae\n\n").problem, "empty");
    }

    #[test]
    fn a_bundle_of_another_version_has_no_essentials() {
        let gb = "GB".parse().unwrap();

        assert!(essentials(GB, gb).is_some());
        assert!(essentials(&GB.replace("helplines 1", "helplines 2"), gb).is_none());
        assert!(essentials(GB, "FR".parse().unwrap()).is_none());
    }
}
