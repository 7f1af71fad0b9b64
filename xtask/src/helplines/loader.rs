//! What the loader carries inside itself: for each country what to dial in danger, and one line to call or text.
//!
//! Three columns, divided by `|`, because alike things side by side compress best:
//! - the countries: first, in one field, those that share their emergency numbers with no other, then, behind a comma
//!   each, those that dial the same;
//! - emergency numbers, each behind its service's letter (`p` police, `a` ambulance, `f` fire, none when it is for all),
//!   with commas between: of each country of the first field, then of the other fields from the last to the first;
//! - for each country its line: the digits to dial, then a comma, or a `?` where only one source lists it. Of a country
//!   without a line there is the comma alone. The card shows digits in groups of three: the spaces that people there
//!   write would take 35 bytes, and the panel shows the number as it is written there.
//!
//! `BR,GBPL|a192p190,112|188,116123,116123?` says that both GB and PL dial 112, and that one source lists PL's line.
//!
//! The names of those lines are a file of their own, fetched on intent: one a row, in the order of the countries in the
//! set, empty where there is no line. They would more than double the set.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};

use peer_support_domain::{
    contact::Kind,
    country::Country,
    helpline::{Directory, Service},
};

/// The loader's set, of every country that has an emergency number or a line.
///
/// # Errors
///
/// When a country file cannot be read or breaks a rule.
pub fn loader_set(root: &Path) -> anyhow::Result<String> {
    let (alone, together) = groups(root)?;
    let codes = |cards: &[Card]| cards.iter().map(|card| card.country.as_str()).collect::<String>();
    let mut fields = vec![alone.iter().map(|(_, cards)| codes(cards)).collect::<String>()];
    fields.extend(together.iter().map(|(_, cards)| codes(cards)));
    let emergencies = alone.iter().chain(together.iter().rev()).map(|(emergency, _)| emergency.as_str());
    let lines =
        alone.iter().chain(&together).flat_map(|(_, cards)| cards.iter().map(|card| card.number.as_str()));
    Ok([fields.join(","), emergencies.collect::<Vec<_>>().join(","), lines.collect()].join("|"))
}

/// The names of the lines in the loader's set: one a row, in the order of its countries, empty where there is no line.
///
/// # Errors
///
/// As [`loader_set`].
pub fn names(root: &Path) -> anyhow::Result<String> {
    let (alone, together) = groups(root)?;
    Ok(alone
        .iter()
        .chain(&together)
        .flat_map(|(_, of)| of.iter().map(|card| format!("{}\n", card.name)))
        .collect())
}

/// What the loader shows of one country beside its emergency numbers.
struct Card {
    country: Country,
    /// The digits of its line and the mark behind them, as the set holds them.
    number: String,
    /// The name of that line, empty where there is none.
    name: String,
}

/// Countries that dial the same in danger, and what that is.
type Group = (String, Vec<Card>);

/// The countries by what they dial in danger, in the order of the set: groups of one, and those of several.
fn groups(root: &Path) -> anyhow::Result<(Vec<Group>, Vec<Group>)> {
    let mut groups: BTreeMap<String, Vec<Card>> = BTreeMap::new();
    for directory in super::directories(root)? {
        let (emergency, card) = (emergency(&directory), card(&directory)?);
        if !emergency.is_empty() || !card.name.is_empty() {
            groups.entry(emergency).or_default().push(card);
        }
    }
    let (alone, mut together): (Vec<_>, Vec<_>) = groups.into_iter().partition(|(_, cards)| cards.len() == 1);
    // The largest first, and like numbers side by side: what compresses best of the orders that were tried.
    together.sort_by_key(|(_, cards)| -cards.len().cast_signed());
    for (_, cards) in &mut together {
        cards.sort_by_cached_key(|card| (card.number.bytes().last(), card.number.len(), card.number.clone()));
    }
    Ok((alone, together))
}

fn emergency(directory: &Directory) -> String {
    let numbers = directory.emergency_to_show();
    // One number for the police and the ambulance is one for all that a card can say.
    if let [first, rest @ ..] = numbers.as_slice()
        && rest.iter().all(|other| other.number == first.number)
        && !rest.is_empty()
    {
        return first.number.keys().collect();
    }
    let mut text = String::new();
    for number in numbers {
        text.push_str(match number.service {
            // Behind another one it needs its letter, or the digits would run together.
            Service::General if text.is_empty() => "",
            Service::General => "g",
            Service::Police => "p",
            Service::Ambulance => "a",
            Service::Fire => "f",
        });
        text.extend(number.number.keys());
    }
    text
}

/// The number to call; the few bytes that texting would take wait for a country that has nothing else.
fn card(directory: &Directory) -> anyhow::Result<Card> {
    let country = directory.country;
    let Some(contact) = directory.first_contact() else {
        return Ok(Card { country, number: ",".to_owned(), name: String::new() });
    };
    ensure!(
        contact.kind() == Kind::Phone,
        "the loader shows lines to call, and the first of {country} is none"
    );
    ensure!(
        !contact.value().contains('#'),
        "the loader's links cannot hold the # in the first line of {country}"
    );
    let line = directory.lines.iter().find(|line| line.contacts.iter().any(|of| std::ptr::eq(of, contact)));
    let line = line.with_context(|| format!("the first contact of {country} is of none of its lines"))?;
    let mark = if contact.confirmed { ',' } else { '?' };
    let digits = contact.value().chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')'));
    Ok(Card { country, number: digits.chain([mark]).collect(), name: line.name.as_str().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Bytes of the loader's budget that its set may take, after brotli.
    const MAX_SIZE_BYTES: usize = 2 * 1024;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    /// What the loader makes of a country: its emergency numbers by letter, and its line.
    type Shown = (Vec<(char, String)>, Option<Shortest>);

    /// A line as the loader shows it.
    #[derive(Debug, PartialEq)]
    struct Shortest {
        link: String,
        confirmed: bool,
    }

    /// Reads the set as the loader does.
    fn decode(set: &str) -> BTreeMap<String, Shown> {
        let columns: Vec<&str> = set.split('|').collect();
        let [fields, emergencies, lines] = columns.as_slice() else { panic!("three columns") };
        let emergencies: Vec<&str> = emergencies.split(',').collect();
        let mut lines = lines.split_inclusive([',', '?']);
        let mut cards = BTreeMap::new();
        let mut n_emergencies = 0;
        for (at, field) in fields.split(',').enumerate() {
            for (place, code) in field.as_bytes().chunks(2).enumerate() {
                let code = String::from_utf8(code.to_vec()).unwrap();
                let line = lines.next().expect("a line for every country");
                let emergency = emergencies[if at > 0 { emergencies.len() - at } else { place }];
                cards.insert(code, (services(emergency), shortest(line)));
                n_emergencies += usize::from(at == 0);
            }
            n_emergencies += usize::from(at > 0);
        }
        assert_eq!(n_emergencies, emergencies.len());
        assert_eq!(lines.next(), None);
        cards
    }

    fn services(emergency: &str) -> Vec<(char, String)> {
        let mut services: Vec<(char, String)> = Vec::new();
        for c in emergency.chars() {
            match services.last_mut() {
                Some((_, digits)) if c.is_ascii_digit() => digits.push(c),
                _ if c.is_ascii_digit() => services.push(('g', c.to_string())),
                _ => services.push((c, String::new())),
            }
        }
        services
    }

    fn shortest(line: &str) -> Option<Shortest> {
        let number = line.trim_end_matches([',', '?']);
        (!number.is_empty())
            .then(|| Shortest { link: format!("tel:{number}"), confirmed: line.ends_with(',') })
    }

    #[test]
    fn the_set_says_of_each_country_what_its_file_says() {
        let mut cards = decode(&loader_set(root()).unwrap());

        for directory in crate::helplines::directories(root()).unwrap() {
            let numbers = directory.emergency_to_show();
            let first = directory.first_contact();
            if numbers.is_empty() && first.is_none() {
                continue;
            }
            let country = directory.country.as_str();
            let (emergency, line) = cards.remove(country).expect(country);
            let shown: BTreeSet<_> = emergency.iter().map(|(_, number)| number.as_str()).collect();
            assert_eq!(shown, numbers.iter().map(|n| n.number.as_str()).collect(), "{country}");
            let first = first.map(|contact| Shortest { link: contact.href(), confirmed: contact.confirmed });
            assert_eq!(line, first, "{country}");
        }
        assert!(cards.is_empty());
    }

    #[test]
    fn well_known_countries_are_as_people_there_know_them() {
        let cards = decode(&loader_set(root()).unwrap());
        let of = |code: &str| {
            let (emergency, line) = &cards[code];
            let emergency: Vec<_> =
                emergency.iter().map(|(service, number)| format!("{service}{number}")).collect();
            (emergency.join(" "), line.as_ref().map(|line| line.link.clone()).unwrap_or_default())
        };

        for (code, emergency, link) in [
            ("GB", "g999", "tel:116123"),
            ("US", "g911", "tel:988"),
            ("BR", "a192 p190", "tel:188"),
            ("FR", "g112", "tel:3114"),
            ("DE", "g112", "tel:08001110111"),
            ("AU", "g000", "tel:131114"),
        ] {
            assert_eq!(of(code), (emergency.to_owned(), link.to_owned()), "{code}");
        }
        assert_eq!(of("JP").0, "a119 p110");
    }

    #[test]
    fn a_number_that_one_source_lists_is_marked_and_none_where_several_agree() {
        let cards = decode(&loader_set(root()).unwrap());
        let is_confirmed = |code: &str| cards[code].1.as_ref().map(|line| line.confirmed);

        assert_eq!(is_confirmed("GB"), Some(true));
        assert_eq!(is_confirmed("BO"), Some(false), "both lines of Bolivia have one source");
        assert_eq!(is_confirmed("AD"), None, "Andorra has no line");
    }

    #[test]
    fn the_names_stand_in_the_order_of_the_set() {
        let set = loader_set(root()).unwrap();
        let names = names(root()).unwrap();

        let (codes, rest) = set.split_once('|').unwrap();
        let numbers: Vec<_> = rest.split_once('|').unwrap().1.split_inclusive([',', '?']).collect();
        let codes = codes.replace(',', "");
        let codes: Vec<_> = codes.as_bytes().chunks(2).map(|code| str::from_utf8(code).unwrap()).collect();
        let names: Vec<_> = names.strip_suffix('\n').unwrap().split('\n').collect();
        assert_eq!(names.len(), codes.len());
        for ((name, number), code) in names.iter().zip(numbers).zip(&codes) {
            assert_eq!(name.is_empty(), number == ",", "{code}");
        }
        let of = |code: &str| names[codes.iter().position(|other| *other == code).unwrap()];
        assert_eq!([of("GB"), of("AD")], ["Samaritans", ""]);
    }

    #[test]
    fn the_set_fits_its_budget() {
        let size = crate::helplines::brotli_size(&loader_set(root()).unwrap()).unwrap();

        assert!(size <= MAX_SIZE_BYTES, "{size} bytes; at most {MAX_SIZE_BYTES}");
    }
}
