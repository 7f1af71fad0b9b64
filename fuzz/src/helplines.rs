//! Bundles, plain and signed; country files; opening hours; contacts; words to search by.

use std::str::FromStr;

use peer_support_domain::bundle::{countries, decode, encode, essentials};
use peer_support_domain::contact::{DialString, E164, Keyword, WebAddress};
use peer_support_domain::country::Country;
use peer_support_domain::coverage::DayHours;
use peer_support_domain::helpline::record::CountryRecord;
use peer_support_domain::helpline::{AsOf, Directory, Label, Language, LineId};
use peer_support_domain::hours::{HoursState, LocalTime, OpeningHours, TimeZone, Weekday};
use peer_support_domain::search::Terms;
use peer_support_domain::signed::{Signed, write};

use crate::{reads_back, says_what_is_wrong, text};

pub fn run(bytes: &[u8]) {
    let text = text(bytes);
    match text.split('\n').next().unwrap_or_default() {
        first if first.starts_with("signed ") => signed(text),
        first if first.starts_with("helplines ") => bundle(text),
        first if first.starts_with("country = ") => record(text),
        first if first.starts_with("topic ") || first.starts_with("# terms") => terms(text),
        _ => short(text),
    }
}

fn signed(text: &str) {
    let Some(signed) = Signed::parse(text) else { return };
    assert!(signed.issued_s >= 0);
    assert!(text.ends_with(signed.bundle) && signed.signed.ends_with(signed.bundle));
    // All of it is under the signature but the signature, in the one form it can have.
    assert_eq!(write(&signed.signature, signed.signed), text);
    bundle(signed.bundle);
}

fn bundle(text: &str) {
    for country in countries(text).take(4) {
        if let Some(directory) = essentials(text, country) {
            usable(&directory);
        }
    }
    match decode(text) {
        Ok(directory) => {
            usable(&directory);
            assert_eq!(essentials(text, directory.country).as_ref(), Some(&directory));
            let written = encode([&directory]);
            assert_eq!(decode(&written).as_ref(), Ok(&directory), "{written}");
        }
        Err(error) => {
            assert!(error.line >= 1 && error.line <= text.split('\n').count() + 1, "{error}");
            says_what_is_wrong(&error.to_string());
        }
    }
}

/// What a directory offers can be shown and called.
fn usable(directory: &Directory) {
    let _ = (directory.emergency_to_show(), directory.first_contact());
    let few = directory.essentials();
    assert!(few.lines.len() <= directory.lines.len());
    for number in &directory.emergency {
        assert!(number.number.keys().all(|key| key.is_ascii_digit() || "*#+".contains(key)));
    }
    for line in &directory.lines {
        assert!(!line.contacts.is_empty() && !line.topics.is_empty());
        assert!(line.id.is_in(directory.country), "{}", line.id.as_str());
        for contact in &line.contacts {
            let href = contact.href();
            let scheme = href.split(':').next().unwrap_or_default();
            // Nothing that a browser would run.
            assert!(["tel", "sms", "https", "http", "mailto"].contains(&scheme), "{href}");
            assert!(!href.contains(|c: char| c.is_whitespace() || c.is_control()), "{href}");
        }
        if let Some(page) = &line.website {
            assert!(page.as_str().starts_with("https://") || page.as_str().starts_with("http://"));
        }
    }
}

fn record(text: &str) {
    let Ok(record) = toml::from_str::<CountryRecord>(text) else { return };
    match record.directory() {
        Ok(directory) => {
            usable(&directory);
            let written = encode([&directory]);
            assert_eq!(
                decode(&written).as_ref(),
                Ok(&directory),
                "what the record says is lost in its bundle: {written}"
            );
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                says_what_is_wrong(&problem.to_string());
            }
        }
    }
}

fn terms(text: &str) {
    match Terms::parse(text) {
        Ok(terms) => {
            for line in text.lines().chain(["need someone to talk to tonight", ""]).take(40) {
                let _ = terms.understand(line);
            }
        }
        Err(error) => {
            assert!(error.line >= 1);
            says_what_is_wrong(&error.to_string());
        }
    }
}

fn short(text: &str) {
    for part in text.split('\n').take(16) {
        if let Some(hours) = reads_back::<OpeningHours>(part) {
            opens_and_closes(&hours);
        }
        reads_back::<DayHours>(part);
        reads_back::<Country>(part);
        reads_back::<DialString>(part);
        reads_back::<E164>(part);
        reads_back::<Keyword>(part);
        reads_back::<LineId>(part);
        reads_back::<Label>(part);
        reads_back::<Language>(part);
        reads_back::<AsOf>(part);
        reads_back::<TimeZone>(part);
        if let Ok(address) = WebAddress::from_str(part) {
            assert!(part.contains(address.host()) && !address.host().is_empty());
        }
        if let Ok(number) = part.parse::<DialString>() {
            let tel = number.tel();
            assert!(tel.starts_with("tel:") && !tel.contains([' ', '\n', '<', '"']), "{tel}");
        }
    }
}

/// Every change that is announced is one.
fn opens_and_closes(hours: &OpeningHours) {
    const WEEK: u32 = 7 * 24 * 60;
    for at in [0, 1, 539, 1_439, 1_440, 5_000, 10_079] {
        let place = |minute: u32| LocalTime {
            weekday: Weekday::ALL[(minute / 1_440) as usize],
            minute_of_day: (minute % 1_440) as u16,
        };
        let minutes = match hours.state_at(place(at)) {
            HoursState::Open { closes_in_min: None } => continue,
            HoursState::Open { closes_in_min: Some(minutes) }
            | HoursState::Closed { opens_in_min: minutes } => minutes,
        };
        let is_open = |minute: u32| matches!(hours.state_at(place(minute % WEEK)), HoursState::Open { .. });
        assert!(minutes > 0 && u32::from(minutes) <= WEEK, "{hours}: {minutes}");
        let then = at + u32::from(minutes);
        // One that opens in a week opens in the minute that this is.
        if u32::from(minutes) < WEEK {
            assert_ne!(is_open(at), is_open(then), "{hours}: nothing changes {minutes} minutes after {at}");
            assert_eq!(
                is_open(at),
                is_open(then - 1),
                "{hours}: it changes before {minutes} minutes after {at}"
            );
        }
    }
    for weekday in Weekday::ALL {
        for span in hours.on(weekday) {
            assert!(span.opens() < 24 * 60 && span.closes() > span.opens() && span.closes() <= 48 * 60);
        }
    }
}
