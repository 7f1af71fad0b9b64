//! Whether the numbers of a country can be dialled there, as far as the world's numbering plans say.
//!
//! Two libraries know Google's metadata: `rlibphonenumber` ordinary numbers, `namba` short ones. That of short numbers is
//! far from complete outside the emergency numbers, so it can contradict a record and never vouch for one.

use namba::{EmergencyMatch, ShortNumber};
use peer_support_domain::{
    contact::{DialString, Kind},
    country::Country,
    helpline::record::{ContactRecord, CountryRecord, EmergencyRecord},
};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

/// How a record names Google's metadata among its sources: `phonenumbers 9.0.43`.
const METADATA: &str = "phonenumbers ";

/// All that the numbering plans have against the numbers in `record`, each with its place.
pub fn problems(record: &CountryRecord) -> Vec<String> {
    let country = record.country;
    let mut problems = Vec::new();
    for number in &record.emergency {
        if let Err(problem) = emergency(country, number) {
            let service = format!("{:?}", number.service).to_lowercase();
            problems.push(format!("emergency {service} {}: {problem}", number.number));
        }
    }
    for line in &record.line {
        for contact in line.contacts.iter().filter(|contact| contact.kind.is_number()) {
            for problem in
                [e164(country, contact), at_home(country, contact)].into_iter().filter_map(Result::err)
            {
                problems.push(format!("{}, {} {}: {problem}", line.id, contact.kind.as_str(), contact.value));
            }
        }
    }
    problems
}

/// Whether the metadata knows this number as a short one of the country: for a number without E.164 form, which has
/// nothing else to be checked against.
pub fn is_known_short(country: Country, number: &str) -> bool {
    short(country, number).is_some_and(|number| number.is_valid())
}

/// Whether the number is listed where the record says that it is.
fn emergency(country: Country, record: &EmergencyRecord) -> Result<(), String> {
    let names_metadata = record
        .sources
        .iter()
        .any(|source| source.package.as_ref().is_some_and(|package| package.as_str().starts_with(METADATA)));
    let is_listed = short(country, record.number.as_str())
        .is_some_and(|number| number.emergency_match() == EmergencyMatch::Exact);
    let is_short = record.number.as_str().bytes().all(|b| b.is_ascii_digit());
    if names_metadata && is_short && !is_listed {
        return Err(format!(
            "is no emergency number of {country} in libphonenumber's metadata, which is named as a source"
        ));
    }
    Ok(())
}

/// Whether a number that only works at home can be one there, and is not the country's emergency number.
fn at_home(country: Country, contact: &ContactRecord) -> Result<(), String> {
    if contact.kind == Kind::Phone
        && contact.note.is_none()
        && short(country, &contact.value)
            .is_some_and(|number| number.emergency_match() == EmergencyMatch::Exact)
    {
        return Err(format!("is an emergency number of {country}; a note has to say what leads to the line"));
    }
    // `*` and `#` are up to each network; what cannot be dialled at all has been found before.
    let Ok(number) = contact.value.parse::<DialString>() else { return Ok(()) };
    if contact.e164.is_some() || number.keys().any(|key| matches!(key, '*' | '#')) {
        return Ok(());
    }
    let is_possible_short = short(country, &contact.value).is_some_and(|number| number.is_possible());
    let phones = &*PHONE_NUMBER_UTIL;
    let region = Region::from_code(country.as_str()).ok();
    // The loose reading: a local number without its area code is one that can be dialled.
    let is_possible = phones
        .parse(&contact.value, region)
        .is_ok_and(|number| phones.is_possible_number_with_reason(&number).is_ok());
    if is_possible_short || is_possible {
        return Ok(());
    }
    Err(format!("has a length that no number of {country} has"))
}

/// Whether the number from abroad is one of this country's, and the same as the one dialled at home.
fn e164(country: Country, contact: &ContactRecord) -> Result<(), String> {
    let Some(e164) = &contact.e164 else { return Ok(()) };
    let phones = &*PHONE_NUMBER_UTIL;
    let region = Region::from_code(country.as_str()).ok();
    let number =
        phones.parse(e164.as_str(), None).map_err(|error| format!("{e164} cannot be read: {error}"))?;
    if !phones.is_possible_number(&number) {
        return Err(format!("{e164} has a length that no number has"));
    }
    // WhatsApp gives numbers of its own, so only their form is checked.
    if contact.kind != Kind::WhatsApp {
        if !phones.is_valid_number(&number) {
            return Err(format!("{e164} is not a valid number"));
        }
        let code = region.and_then(|region| phones.get_country_code_for_region(region));
        if code.is_some_and(|code| code != number.country_code) {
            return Err(format!("{e164} is not a number of {country}"));
        }
    }
    if !contact.value.starts_with('+') {
        let at_home = phones
            .parse(&contact.value, region)
            .map_err(|error| format!("cannot be read as a number of {country}: {error}"))?;
        let at_home = phones.format(&at_home, PhoneNumberFormat::E164);
        if at_home != e164.as_str() {
            return Err(format!("is {at_home} from abroad, not {e164}"));
        }
    }
    Ok(())
}

fn short(country: Country, number: &str) -> Option<ShortNumber> {
    let region = namba::Region::try_from(country.as_str()).ok()?;
    ShortNumber::parse(region, number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong in a file of GB with this emergency number and this contact.
    fn found(emergency: &str, contact: &str) -> Vec<String> {
        let text = format!(
            r#"
            country = "GB"
            name = "United Kingdom"
            compared = "2026-11-23"
            [[emergency]]
            service = "police"
            {emergency}
            [[line]]
            id = "gb-one"
            name = "One"
            status = "single-source"
            confirmations = 1
            topics = ["suicide"]
            contacts = [{{ {contact}, confirmations = 1, confirmed = false }}]
            sources = [{{ url = "https://one.example/" }}]
            "#
        );
        problems(&toml::from_str(&text).unwrap())
    }

    const LISTED: &str = r#"number = "999"
        confirmations = 1
        status = "single-source"
        sources = [{ package = "phonenumbers 9.0.43" }]"#;
    const LINE: &str = r#"kind = "phone", value = "116 123""#;

    #[test]
    fn numbers_that_the_plans_know_have_no_problem() {
        assert_eq!(found(LISTED, LINE), Vec::<String>::new());
    }

    #[test]
    fn an_emergency_number_is_in_the_metadata_that_it_names_as_its_source() {
        let wrong = LISTED.replace("999", "998");

        assert_eq!(
            found(&wrong, LINE),
            ["emergency police 998: is no emergency number of GB in libphonenumber's metadata, \
                which is named as a source"]
        );
        let of_another = wrong.replace("package = \"phonenumbers 9.0.43\"", "url = \"https://one.example/\"");
        assert_eq!(found(&of_another, LINE), Vec::<String>::new(), "metadata is far from complete");
    }

    #[test]
    fn a_line_behind_the_emergency_number_says_how_to_reach_it() {
        assert_eq!(
            found(LISTED, r#"kind = "phone", value = "112""#),
            ["gb-one, phone 112: is an emergency number of GB; a note has to say what leads to the line"]
        );
        assert_eq!(
            found(LISTED, r#"kind = "phone", value = "112", note = "option 8""#),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_number_has_a_length_that_the_plan_knows() {
        assert_eq!(
            found(LISTED, r#"kind = "phone", value = "0330 094 5717 99""#),
            ["gb-one, phone 0330 094 5717 99: has a length that no number of GB has"]
        );
        assert_eq!(found(LISTED, r#"kind = "phone", value = "*1234567890123""#), Vec::<String>::new());
    }

    #[test]
    fn short_numbers_are_known_by_country() {
        let is_known = |country: &str, number: &str| is_known_short(country.parse().unwrap(), number);

        assert!(is_known("GB", "116 123"));
        assert!(!is_known("GB", "988"));
        assert!(is_known("US", "988"));
    }
}
