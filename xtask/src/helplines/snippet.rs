//! What a page shows where no script runs: for each country the emergency numbers and its first line, for the snippet builder
//! and the WordPress plugin.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;
use peer_support_domain::helpline::Service;
use serde_json::{Value, json};

/// A JSON object by country code, a country a row: `name`, `emergency` as pairs of service and number, and `line` as name and
/// number where there is one.
///
/// # Errors
///
/// When a country file cannot be read or breaks a rule.
pub fn snippet_numbers(root: &Path) -> anyhow::Result<String> {
    let mut text = String::from("{");
    for path in super::files(root)? {
        let record = super::read(&path)?;
        let directory =
            record.directory().ok().with_context(|| format!("{} breaks a rule", path.display()))?;
        let shown = directory.emergency_to_show();
        let mut emergency: Vec<Value> =
            shown.iter().map(|number| json!([service(number.service), number.number.to_string()])).collect();
        // One number for the police and the ambulance is one for all, as on the loader's card.
        if let [first, rest @ ..] = shown.as_slice()
            && rest.iter().all(|other| other.number == first.number)
        {
            emergency = vec![json!(["general", first.number.to_string()])];
        }
        let line = directory.first_contact().and_then(|contact| {
            let line =
                directory.lines.iter().find(|line| line.contacts.iter().any(|of| std::ptr::eq(of, contact)));
            line.map(|line| json!([line.name.as_str(), contact.value()]))
        });
        let row = json!({ "name": record.name, "emergency": emergency, "line": line });
        let comma = if text.len() > 1 { "," } else { "" };
        write!(text, "{comma}\n\"{}\":{row}", directory.country).context("a string takes everything")?;
    }
    text.push_str("\n}\n");
    Ok(text)
}

fn service(service: Service) -> &'static str {
    match service {
        Service::General => "general",
        Service::Police => "police",
        Service::Ambulance => "ambulance",
        Service::Fire => "fire",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_its_numbers_as_they_are_written_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();

        let numbers: Value = serde_json::from_str(&snippet_numbers(root).unwrap()).unwrap();

        assert_eq!(numbers["GB"]["emergency"], json!([["general", "999"]]));
        assert_eq!(numbers["GB"]["line"][1], "116 123");
        assert_eq!(numbers["EG"]["emergency"].as_array().unwrap().len(), 2);
        assert_eq!(numbers.as_object().unwrap().len(), super::super::files(root).unwrap().len());
    }
}
