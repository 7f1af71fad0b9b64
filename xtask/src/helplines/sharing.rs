//! What lines of one country have in common: numbers, short codes and the duty to be shown together.

use std::collections::{BTreeMap, BTreeSet};

use peer_support_domain::{
    contact::{DialString, Kind},
    helpline::record::{ContactRecord, CountryRecord, LineRecord},
};

/// Short codes on which many organisations answer, each by its own word, as `helplines/SOURCES.md` shows. A message
/// without one reaches nobody, or somebody else.
const CODES_OF_MANY: [(&str, &str); 4] =
    [("CA", "686868"), ("GB", "85258"), ("US", "741741"), ("US", "839863")];

/// All that is wrong between the lines of `record`, each with its place.
pub fn problems(record: &CountryRecord) -> Vec<String> {
    let mut problems = Vec::new();
    same_contact_twice(record, &mut problems);
    keywords(record, &mut problems);
    pairs(record, &mut problems);
    problems
}

/// One contact, however it is written, stands once in a line; and two lines for the same people that share one are one
/// line under two ids. Lines for different people may answer at one number.
fn same_contact_twice(record: &CountryRecord, problems: &mut Vec<String>) {
    let mut lines: BTreeMap<_, Vec<&LineRecord>> = BTreeMap::new();
    for line in &record.line {
        let mut seen = BTreeSet::new();
        for contact in &line.contacts {
            let key = key(contact);
            // The very same text twice is found with the rules of a single record.
            let is_same_text = line.contacts.iter().filter(|other| other.value == contact.value).count() > 1;
            if !seen.insert(key.clone()) && !is_same_text {
                problems.push(format!("{}: stands twice, written differently", place(line, contact)));
            }
            let with_contact = lines.entry(key).or_default();
            for other in
                with_contact.iter().filter(|other| other.id != line.id && is_for_the_same(line, other))
            {
                problems.push(format!(
                    "{}: is a contact of {} too, which is for the same people: one line under two ids?",
                    place(line, contact),
                    other.id
                ));
            }
            with_contact.push(line);
        }
    }
}

/// What makes a contact the same as another.
fn key(contact: &ContactRecord) -> (Kind, String, Option<&str>, Option<&str>) {
    let value = if contact.kind.is_number() {
        contact.value.parse::<DialString>().map(|number| number.keys().collect()).unwrap_or_default()
    } else {
        contact.value.trim_end_matches('/').to_lowercase()
    };
    let keyword = contact.keyword.as_ref().map(|word| word.as_str());
    (contact.kind, value, keyword, contact.note.as_ref().map(|note| note.as_str()))
}

fn is_for_the_same(one: &LineRecord, other: &LineRecord) -> bool {
    let topics = |line: &LineRecord| line.topics.iter().copied().collect::<BTreeSet<_>>();
    let audience = |line: &LineRecord| line.audience.iter().copied().collect::<BTreeSet<_>>();
    topics(one) == topics(other) && audience(one) == audience(other) && one.region == other.region
}

/// A short code that several organisations share needs a word that says whom the message is for. Which word, only a
/// source can say.
fn keywords(record: &CountryRecord, problems: &mut Vec<String>) {
    let texts =
        || record.line.iter().flat_map(|line| line.contacts.iter().map(move |contact| (line, contact)));
    let texts = || texts().filter(|(_, contact)| contact.kind == Kind::Sms);
    for (line, contact) in texts() {
        if let Some(note) = &contact.note
            && contact.keyword.is_none()
            && ["text ", "keyword"].iter().any(|sign| note.as_str().to_lowercase().contains(sign))
        {
            problems.push(format!("{}: the word to send belongs into keyword", place(line, contact)));
        }
        if contact.e164.is_some() {
            continue;
        }
        let code = code(contact);
        let others: Vec<_> = texts()
            .filter(|(other, text)| self::code(text) == code && operator(other) != operator(line))
            .collect();
        let same_word = others.iter().find(|(_, text)| text.keyword == contact.keyword);
        let place = place(line, contact);
        match (&contact.keyword, same_word, others.first()) {
            (Some(_), Some((other, _)), _) => {
                problems.push(format!("{place}: {} has the same keyword", other.id));
            }
            (None, _, Some((other, _))) => {
                problems.push(format!("{place}: {} shares this code; it needs a keyword", other.id));
            }
            (None, ..) if CODES_OF_MANY.contains(&(record.country.as_str(), &code)) => {
                problems.push(format!("{place}: many share this code; it needs a keyword"));
            }
            _ => {}
        }
    }
}

fn code(contact: &ContactRecord) -> String {
    contact.value.chars().filter(char::is_ascii_digit).collect()
}

/// Who answers, as far as a website tells.
fn operator(line: &LineRecord) -> Option<&str> {
    line.website.as_ref().map(|website| website.host().trim_start_matches("www."))
}

fn pairs(record: &CountryRecord, problems: &mut Vec<String>) {
    let paired: Vec<_> =
        record.line.iter().filter_map(|line| line.pair.as_ref().map(|pair| (line, pair))).collect();
    if paired.is_empty() {
        return;
    }
    let first: Vec<_> = record
        .directory()
        .map(|directory| directory.essentials().lines.into_iter().map(|line| line.id).collect())
        .unwrap_or_default();
    for (line, pair) in paired {
        match record.line.iter().find(|other| other.id == *pair) {
            None => problems.push(format!("{}: its pair {pair} is not in this file", line.id)),
            Some(other) if other.id == line.id => problems.push(format!("{}: is its own pair", line.id)),
            Some(other) if other.pair.as_ref() != Some(&line.id) => {
                problems.push(format!("{}: {pair} does not name it as its pair", line.id));
            }
            Some(_) if first.contains(&line.id) && !first.contains(pair) => problems.push(format!(
                "{}: is one of the country's first lines, and its pair {pair} is not",
                line.id
            )),
            Some(_) => {}
        }
    }
}

fn place(line: &LineRecord, contact: &ContactRecord) -> String {
    format!("{}, {} {}", line.id, contact.kind.as_str(), contact.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong in a file of GB with two lines, of which these fields are as given.
    fn found(one: &str, other: &str) -> Vec<String> {
        let line = |id: &str, fields: &str| {
            let default = |field: &str, value: &str| {
                if fields.contains(field) { String::new() } else { format!("{field} = {value}\n") }
            };
            format!(
                "[[line]]\nid = \"{id}\"\nname = \"X\"\nstatus = \"confirmed\"\nconfirmations = 2\n{fields}\n{}{}{}",
                default("topics", "[\"suicide\"]"),
                default("contacts", &format!("[{}]", contact("email", &format!("{id}@one.example"), ""))),
                "sources = [{ url = \"https://one.example/\" }]\n",
            )
        };
        let head = "country = \"GB\"\nname = \"United Kingdom\"\ncompared = \"2026-11-23\"\n";
        problems(&toml::from_str(&[head, &line("gb-one", one), &line("gb-other", other)].concat()).unwrap())
    }

    fn contact(kind: &str, value: &str, more: &str) -> String {
        format!("{{ kind = \"{kind}\", value = \"{value}\", {more}confirmations = 2, confirmed = true }}")
    }

    fn with(contacts: &[String]) -> String {
        format!("contacts = [{}]", contacts.join(", "))
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn two_lines_with_nothing_in_common_have_no_problem() {
        assert_eq!(found("", ""), NONE);
    }

    #[test]
    fn one_contact_written_in_two_ways_is_found() {
        let contacts = with(&[contact("phone", "0800 111 222", ""), contact("phone", "0800-111222", "")]);

        assert_eq!(found(&contacts, ""), ["gb-one, phone 0800-111222: stands twice, written differently"]);
    }

    #[test]
    fn one_line_under_two_ids_is_found() {
        let (one, other) =
            (with(&[contact("phone", "0800 111 222", "")]), with(&[contact("phone", "0800111222", "")]));

        assert_eq!(
            found(&one, &other),
            [
                "gb-other, phone 0800111222: is a contact of gb-one too, which is for the same people: one line under \
                two ids?"
            ]
        );
        let for_others = format!("{other}\naudience = [\"youth\"]");
        assert_eq!(found(&one, &for_others), NONE, "one number can serve two groups");
        let behind_it = with(&[contact("phone", "0800 111 222", "note = \"option 2\", ")]);
        assert_eq!(found(&one, &behind_it), NONE, "the note tells them apart");
    }

    #[test]
    fn a_code_of_two_organisations_needs_a_keyword_of_each() {
        let text = |keyword: &str, site: &str| {
            let contacts = with(&[contact("sms", "87654", keyword)]);
            format!("{contacts}\nwebsite = \"https://{site}/\"\naudience = [\"{}\"]", &site[..5])
        };
        let (one, other) = (text("keyword = \"ONE\", ", "women.example"), text("", "youth.example"));

        assert_eq!(found(&one, &other), ["gb-other, sms 87654: gb-one shares this code; it needs a keyword"]);
        let same = text("keyword = \"ONE\", ", "youth.example");
        assert_eq!(
            found(&one, &same),
            [
                "gb-one, sms 87654: gb-other has the same keyword",
                "gb-other, sms 87654: gb-one has the same keyword"
            ]
        );
        assert_eq!(found(&one, &text("keyword = \"TWO\", ", "youth.example")), NONE);
        let of_one = text("", "women.example").replace("\"women\"", "\"men\"");
        assert_eq!(found(&text("", "women.example"), &of_one), NONE, "one organisation knows its own texts");
        let number = with(&[contact("sms", "07700 900123", "e164 = \"+447700900123\", ")]);
        assert_eq!(found(&number, &format!("{number}\naudience = [\"men\"]")), NONE, "not a short code");
    }

    #[test]
    fn a_code_known_to_be_of_many_needs_a_keyword() {
        let problem = "gb-one, sms 85258: many share this code; it needs a keyword";

        assert_eq!(found(&with(&[contact("sms", "85258", "")]), ""), [problem]);
        assert_eq!(found(&with(&[contact("sms", "85258", "keyword = \"SHOUT\", ")]), ""), NONE);
    }

    #[test]
    fn a_keyword_in_a_note_is_found() {
        let contacts = with(&[contact("sms", "87654", "note = \"Text HELP\", ")]);

        assert_eq!(found(&contacts, ""), ["gb-one, sms 87654: the word to send belongs into keyword"]);
    }

    #[test]
    fn a_pair_is_mutual_and_in_this_file() {
        assert_eq!(found("pair = \"gb-other\"", "pair = \"gb-one\""), NONE);
        assert_eq!(found("pair = \"gb-other\"", ""), ["gb-one: gb-other does not name it as its pair"]);
        assert_eq!(found("pair = \"gb-third\"", ""), ["gb-one: its pair gb-third is not in this file"]);
        assert_eq!(found("pair = \"gb-one\"", ""), ["gb-one: is its own pair"]);
    }

    #[test]
    fn a_pair_is_shown_together_or_not_at_all() {
        let line = |n: usize| {
            let contacts = with(&[contact("email", &format!("{n}@one.example"), "")]);
            format!(
                "[[line]]\nid = \"gb-{n}\"\nname = \"X\"\nstatus = \"confirmed\"\nconfirmations = 2\n\
                 topics = [\"suicide\"]\n{contacts}\nsources = [{{ url = \"https://one.example/\" }}]\n"
            )
        };
        let pair =
            |n: usize, other: usize| line(n).replace("topics", &format!("pair = \"gb-{other}\"\ntopics"));
        let head = "country = \"GB\"\nname = \"United Kingdom\"\ncompared = \"2026-11-23\"\n";
        let found = |lines: &[String]| problems(&toml::from_str(&[head, &lines.concat()].concat()).unwrap());

        // Of equal lines the first three of the file come first.
        assert_eq!(found(&[pair(1, 3), line(2), pair(3, 1), line(4)]), NONE);
        assert_eq!(
            found(&[pair(1, 4), line(2), line(3), pair(4, 1)]),
            ["gb-1: is one of the country's first lines, and its pair gb-4 is not"]
        );
    }
}
