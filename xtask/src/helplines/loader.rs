//! What the loader carries inside itself: for each country what to dial in danger, and one line to call or text.
//!
//! Three columns, divided by `|`, their fields by commas, because alike things side by side compress best:
//! the countries, those with the same emergency numbers in one field; those numbers, each behind its service's letter
//! (`p` police, `a` ambulance, `f` fire, none when it is for all); and for each country its line: the number as it is
//! written there, empty where there is none.
//! `GBPL,BR|112,a192p190|116 123,116 123,188` says that both GB and PL dial 112.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::ensure;

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
    let mut groups: BTreeMap<String, Vec<(Country, String)>> = BTreeMap::new();
    for directory in super::directories(root)? {
        let (emergency, line) = (emergency(&directory), line(&directory)?);
        if !emergency.is_empty() || !line.is_empty() {
            groups.entry(emergency).or_default().push((directory.country, line));
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    // The common ones first; 1.46 KB with brotli, against 1.75 KB for a record a country.
    groups.sort_by_key(|(_, countries)| match countries.len() {
        1 => 0,
        n_countries => -n_countries.cast_signed(),
    });
    let codes =
        groups.iter().map(|(_, of)| of.iter().map(|(country, _)| country.as_str()).collect::<String>());
    let emergencies = groups.iter().map(|(emergency, _)| emergency.clone());
    let lines = groups.iter().flat_map(|(_, of)| of.iter().map(|(_, line)| line.clone()));
    Ok([codes.collect::<Vec<_>>(), emergencies.collect(), lines.collect()]
        .map(|column| column.join(","))
        .join("|"))
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
fn line(directory: &Directory) -> anyhow::Result<String> {
    let Some(contact) = directory.first_contact() else { return Ok(String::new()) };
    let country = directory.country;
    ensure!(
        contact.kind() == Kind::Phone,
        "the loader shows lines to call, and the first of {country} is none"
    );
    ensure!(
        !contact.value().contains('#'),
        "the loader's links cannot hold the # in the first line of {country}"
    );
    Ok(contact.value().to_owned())
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

    /// What the loader makes of a country: its emergency numbers by letter, and the link of its line.
    type Card = (Vec<(char, String)>, Option<String>);

    /// Reads the set as the loader does.
    fn decode(set: &str) -> BTreeMap<String, Card> {
        let columns: Vec<Vec<&str>> = set.split('|').map(|column| column.split(',').collect()).collect();
        let [groups, emergencies, lines] = columns.as_slice() else { panic!("three columns") };
        assert_eq!(groups.len(), emergencies.len());
        let mut lines = lines.iter();
        let mut cards = BTreeMap::new();
        for (group, emergency) in groups.iter().zip(emergencies) {
            for code in group.as_bytes().chunks(2) {
                let code = String::from_utf8(code.to_vec()).unwrap();
                let line = lines.next().expect("a line for every country");
                cards.insert(code, (services(emergency), link(line)));
            }
        }
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

    fn link(line: &str) -> Option<String> {
        (!line.is_empty()).then(|| format!("tel:{}", line.replace([' ', '-', '(', ')'], "")))
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
            let (emergency, link) = cards.remove(country).expect(country);
            let shown: BTreeSet<_> = emergency.iter().map(|(_, number)| number.as_str()).collect();
            assert_eq!(shown, numbers.iter().map(|n| n.number.as_str()).collect(), "{country}");
            assert_eq!(link, first.map(|contact| contact.href()), "{country}");
        }
        assert!(cards.is_empty());
    }

    #[test]
    fn well_known_countries_are_as_people_there_know_them() {
        let cards = decode(&loader_set(root()).unwrap());
        let of = |code: &str| {
            let (emergency, link) = &cards[code];
            let emergency: Vec<_> =
                emergency.iter().map(|(service, number)| format!("{service}{number}")).collect();
            (emergency.join(" "), link.clone().unwrap_or_default())
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
    fn the_set_fits_its_budget() {
        let size = crate::helplines::brotli_size(&loader_set(root()).unwrap()).unwrap();

        assert!(size <= MAX_SIZE_BYTES, "{size} bytes; at most {MAX_SIZE_BYTES}");
    }
}
