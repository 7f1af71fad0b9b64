//! What the loader carries inside itself: for each country what to dial in danger, and one line to call or text.
//!
//! Records are joined with `;`. Each is the country, then one or two emergency numbers (`g` general, `p` police,
//! `a` ambulance, `f` fire, and the digits), then, where there is a line, a comma, `c` to call or `t` to text, the
//! number as it is written there, and `=` with the word to send: `GBg999,c116 123;BRa192p190,c188`.

use std::path::Path;

use peer_support_domain::{
    contact::Kind,
    helpline::{Directory, Service},
};

/// The loader's set, of every country that has an emergency number or a line.
///
/// # Errors
///
/// When a country file cannot be read or breaks a rule.
pub fn loader_set(root: &Path) -> anyhow::Result<String> {
    let records: Vec<_> = super::directories(root)?.iter().filter_map(record).collect();
    Ok(records.join(";"))
}

fn record(directory: &Directory) -> Option<String> {
    let mut record = directory.country.to_string();
    for number in directory.emergency_to_show() {
        record.push(match number.service {
            Service::General => 'g',
            Service::Police => 'p',
            Service::Ambulance => 'a',
            Service::Fire => 'f',
        });
        record.extend(number.number.keys());
    }
    if let Some(contact) = directory.first_contact() {
        record.push_str(if contact.kind() == Kind::Sms { ",t" } else { ",c" });
        record.push_str(contact.value());
        if let Some(keyword) = contact.keyword() {
            record.push('=');
            record.push_str(keyword.as_str());
        }
    }
    (record.len() > 2).then_some(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of the loader's budget that its set may take, after brotli.
    const MAX_SIZE_BYTES: usize = 2 * 1024;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    /// Reads a record as the loader does: country, emergency numbers by letter, and the link of its line.
    fn decode(record: &str) -> (&str, Vec<(char, String)>, Option<String>) {
        let (head, line) = record.split_once(',').map_or((record, None), |(head, line)| (head, Some(line)));
        let (country, numbers) = head.split_at(2);
        let mut emergency: Vec<(char, String)> = Vec::new();
        for c in numbers.chars() {
            match emergency.last_mut() {
                Some((_, digits)) if c.is_ascii_digit() => digits.push(c),
                _ => emergency.push((c, String::new())),
            }
        }
        let link = line.map(|line| {
            let (number, keyword) = line[1..].split_once('=').map_or((&line[1..], None), |(n, k)| (n, Some(k)));
            let keys = number.replace([' ', '-', '(', ')'], "").replace('#', "%23");
            let body = keyword.map(|keyword| format!("?body={keyword}")).unwrap_or_default();
            match &line[..1] {
                "c" => format!("tel:{keys}"),
                "t" => format!("sms:{keys}{body}"),
                other => panic!("{other}: neither call nor text"),
            }
        });
        (country, emergency, link)
    }

    #[test]
    fn the_set_says_of_each_country_what_its_file_says() {
        let set = loader_set(root()).unwrap();
        let mut records = set.split(';').map(decode);

        for directory in crate::helplines::directories(root()).unwrap() {
            let numbers = directory.emergency_to_show();
            let first = directory.first_contact();
            if numbers.is_empty() && first.is_none() {
                continue;
            }
            let (country, emergency, link) = records.next().unwrap();
            assert_eq!(country, directory.country.as_str());
            assert!(emergency.iter().map(|(_, number)| number.as_str()).eq(numbers.iter().map(|n| n.number.as_str())));
            assert_eq!(link, first.map(|contact| contact.href()), "{country}");
        }
        assert_eq!(records.next(), None);
    }

    #[test]
    fn well_known_countries_are_as_people_there_know_them() {
        let set = loader_set(root()).unwrap();
        let of = |code: &str| set.split(';').find(|record| record.starts_with(code)).unwrap().to_owned();

        assert_eq!(of("GB"), "GBg999,c116 123");
        assert_eq!(of("US"), "USg911,c988");
        assert_eq!(of("BR"), "BRa192p190,c188");
        assert_eq!(of("FR"), "FRg112,c3114");
        assert_eq!(of("DE"), "DEg112,c0800 111 0 111");
        assert_eq!(of("AU"), "AUg000,c13 11 14");
        assert_eq!(of("JP").split(',').next(), Some("JPa119p110"));
    }

    #[test]
    fn the_set_fits_its_budget() {
        let size = crate::helplines::brotli_size(&loader_set(root()).unwrap()).unwrap();

        assert!(size <= MAX_SIZE_BYTES, "{size} bytes; at most {MAX_SIZE_BYTES}");
    }
}
