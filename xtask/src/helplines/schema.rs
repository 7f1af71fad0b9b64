//! `helplines/country.schema.json`: the form of a country file, for editors and for programs that write one.
//!
//! Made from the vocabulary, so that it cannot lack a word. It says what each field looks like; what fields say about each
//! other, and whether a number can be dialled, only `cargo xtask helplines check` knows.

use peer_support_domain::{
    contact::Kind,
    country::Country,
    helpline::{Audience, Topic, record::CONFIRMED_FROM},
};
use serde_json::{Value, json};

/// The schema as it stands in the file.
pub fn text() -> String {
    format!("{:#}\n", schema())
}

fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Helplines of a country",
        "description": "One file a country, in TOML or JSON; VOCABULARY.md explains the words. \
            Written by `cargo xtask helplines check --write`; do not edit it.",
        "type": "object",
        "additionalProperties": false,
        "required": ["country", "name", "compared"],
        "properties": {
            "country": {
                "description": "ISO 3166-1 alpha-2, and XK for Kosovo.",
                "enum": Country::all().map(Country::as_str).collect::<Vec<_>>(),
            },
            "name": label("Its English name, for those who read the file."),
            "compared": date("When the sources were last compared."),
            "emergency": { "type": "array", "items": { "$ref": "#/$defs/emergency" } },
            "line": { "description": "Sorted by id.", "type": "array", "items": { "$ref": "#/$defs/line" } },
        },
        "$defs": {
            "emergency": emergency(),
            "line": line(),
            "contact": contact(),
            "source": source(),
            "status": {
                "description": format!("confirmed from {CONFIRMED_FROM} independent families of sources on."),
                "enum": ["confirmed", "single-source"],
            },
            "confirmations": {
                "description": "How many independent families of sources list it.",
                "type": "integer", "minimum": 1, "maximum": u8::MAX,
            },
            "sources": { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/source" } },
        },
    })
}

fn emergency() -> Value {
    json!({
        "description": "A number for danger to life.",
        "type": "object",
        "additionalProperties": false,
        "required": ["service", "number", "confirmations", "status", "sources"],
        "properties": {
            "service": {
                "description": "general: police, ambulance and fire brigade under one number.",
                "enum": ["general", "police", "ambulance", "fire"],
            },
            "number": { "type": "string", "pattern": "^[0-9]{2,15}$" },
            "confirmations": { "$ref": "#/$defs/confirmations" },
            "status": { "$ref": "#/$defs/status" },
            "sources": { "$ref": "#/$defs/sources" },
        },
    })
}

fn line() -> Value {
    const DAYS: &str = "(Mo|Tu|We|Th|Fr|Sa|Su)(-(Mo|Tu|We|Th|Fr|Sa|Su))?";
    const TIME: &str = "[0-4][0-9]:[0-5][0-9]-[0-4][0-9]:[0-5][0-9]";
    let rule = format!("({DAYS}(,{DAYS})* )?{TIME}(,{TIME})*");
    json!({
        "description": "A helpline.",
        "type": "object",
        "additionalProperties": false,
        "required": ["id", "name", "status", "confirmations", "topics", "contacts", "sources"],
        "properties": {
            "id": id("The country in small letters and words, with hyphens. Never given to another line."),
            "name": label("What it calls itself."),
            "status": { "$ref": "#/$defs/status" },
            "confirmations": { "$ref": "#/$defs/confirmations" },
            "pair": id("The line without which this one leaves people out; that line names this one."),
            "region": label("The part of the country it is for. Without one, a line is not proven to be national."),
            "topics": words("What it is for.", Topic::ALL.iter().map(|topic| topic.as_str()), 1),
            "audience": words("Whom it is for.", Audience::ALL.iter().map(|audience| audience.as_str()), 0),
            "languages": {
                "description": "What is spoken: en, zh-Hant, pt-BR.",
                "type": "array",
                "uniqueItems": true,
                "items": { "type": "string", "pattern": "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$" },
            },
            "hours": {
                "description": "When it answers, as in OpenStreetMap's opening_hours; past midnight as 25:30.",
                "type": "string",
                "pattern": format!("^(24/7|{rule}(; {rule})*)$"),
            },
            "timezone": {
                "description": "The IANA name of the clock for the hours.",
                "type": "string",
                "pattern": "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){1,2}$",
            },
            "cost": { "description": "Only where a source or the numbering plan says so.", "enum": ["free"] },
            "website": web("Its page."),
            "contacts": { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/contact" } },
            "sources": { "$ref": "#/$defs/sources" },
        },
    })
}

fn contact() -> Value {
    let kinds = |is_meant: fn(Kind) -> bool| -> Vec<_> {
        Kind::ALL.into_iter().filter(|kind| is_meant(*kind)).map(Kind::as_str).collect()
    };
    let when = |kinds: Vec<&str>| json!({ "properties": { "kind": { "enum": kinds } } });
    json!({
        "description": "One way to reach a helpline.",
        "type": "object",
        "additionalProperties": false,
        "required": ["kind", "value", "confirmations", "confirmed"],
        "properties": {
            "kind": { "enum": kinds(|_| true) },
            "value": { "description": "The number as dialled in the country, or the address.", "type": "string" },
            "e164": {
                "description": "The number from abroad, where the numbering plan knows it. Never derived.",
                "type": "string",
                "pattern": "^\\+[1-9][0-9]{6,14}$",
            },
            "keyword": {
                "description": "The word to send.",
                "type": "string",
                "pattern": "^[A-Z0-9]{1,20}$",
            },
            "note": label("What has to be known to use it: option 4, TTY."),
            "confirmations": { "$ref": "#/$defs/confirmations" },
            "confirmed": { "description": "Whether the rule of SOURCES.md holds for it.", "type": "boolean" },
        },
        "allOf": [
            {
                "if": when(kinds(Kind::is_number)),
                "then": { "properties": { "value": { "pattern": "^\\+?[0-9*# ()-]+$" } } },
                "else": { "properties": { "e164": false } },
            },
            {
                "if": when(kinds(|kind| matches!(kind, Kind::Chat | Kind::Web))),
                "then": { "properties": { "value": web("The page.") } },
            },
            {
                "if": when(kinds(|kind| kind == Kind::Email)),
                "then": { "properties": { "value": { "pattern": "^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$" } } },
            },
            {
                "if": when(kinds(|kind| kind == Kind::WhatsApp)),
                "then": { "required": ["e164"] },
            },
            {
                "if": when(kinds(|kind| kind != Kind::Sms)),
                "then": { "properties": { "keyword": false } },
            },
        ],
    })
}

fn source() -> Value {
    json!({
        "description": "Who says so: a page, a file of a public repository or a published package.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "url": web("The page."),
            "repo": {
                "description": "owner/repository:path",
                "type": "string",
                "pattern": "^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+:.+$",
            },
            "package": label("The package and its version."),
            "as_of": date("When it said so."),
            "note": label("Which part or revision."),
        },
        "oneOf": [{ "required": ["url"] }, { "required": ["repo"] }, { "required": ["package"] }],
    })
}

fn label(description: &str) -> Value {
    json!({ "description": description, "type": "string", "pattern": "^\\S(.*\\S)?$" })
}

fn date(description: &str) -> Value {
    json!({
        "description": format!("{description} As exactly as it is known: 2026, 2026-04 or 2026-04-22."),
        "type": "string",
        "pattern": "^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$",
    })
}

fn id(description: &str) -> Value {
    json!({ "description": description, "type": "string", "pattern": "^[a-z]{2}(-[a-z0-9]+)+$" })
}

fn web(description: &str) -> Value {
    json!({
        "description": description,
        "type": "string",
        "pattern": "^https?://[^\\s/?#@.]+\\.[^\\s/?#@]+([/?#]\\S*)?$",
    })
}

fn words<'a>(description: &str, words: impl Iterator<Item = &'a str>, least: usize) -> Value {
    json!({
        "description": description,
        "type": "array",
        "minItems": least,
        "uniqueItems": true,
        "items": { "enum": words.collect::<Vec<_>>() },
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use jsonschema::Validator;
    use peer_support_domain::helpline::record::CountryRecord;

    use super::*;

    /// Every field that a country file can have, once.
    const FULL: &str = r#"
country = "GB"
name = "United Kingdom"
compared = "2026-11-23"

[[emergency]]
service = "general"
number = "999"
confirmations = 2
status = "confirmed"
sources = [{ package = "phonenumbers 9.0.43", note = "short numbers" }]

[[line]]
id = "gb-one"
name = "One"
status = "confirmed"
confirmations = 2
pair = "gb-two"
region = "Wales"
topics = ["suicide"]
audience = ["everyone"]
languages = ["cy"]
hours = "Mo-Fr 09:00-17:00; Sa 15:00-27:00"
timezone = "Europe/London"
cost = "free"
website = "https://www.one.example/"
contacts = [
  { kind = "sms", value = "85258", e164 = "+443300945717", keyword = "ONE", note = "at night", confirmations = 2, confirmed = true },
  { kind = "whatsapp", value = "07700 900123", e164 = "+447700900123", confirmations = 1, confirmed = false },
  { kind = "chat", value = "https://one.example/chat", confirmations = 1, confirmed = false },
  { kind = "email", value = "jo@one.example", confirmations = 1, confirmed = false },
]
sources = [
  { url = "https://one.example/", as_of = "2026-04" },
  { repo = "owner/list:data.json", as_of = "2025" },
]
"#;

    fn validator() -> Validator {
        jsonschema::draft202012::options().build(&schema()).unwrap()
    }

    fn json(toml: &str) -> Value {
        serde_json::to_value(toml.parse::<toml::Table>().unwrap()).unwrap()
    }

    #[test]
    fn every_country_file_is_valid() {
        let validator = validator();

        for path in crate::helplines::files(crate::project::root()).unwrap() {
            let file = json(&fs::read_to_string(&path).unwrap());
            let errors: Vec<_> = validator.iter_errors(&file).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{}: {errors:?}", path.display());
        }
    }

    #[test]
    fn the_schema_itself_is_valid_and_stands_in_its_file() {
        let written =
            fs::read_to_string(crate::project::root().join("helplines/country.schema.json")).unwrap();

        assert_eq!(written, text());
        assert!(jsonschema::draft202012::meta::is_valid(&schema()));
    }

    #[test]
    fn what_the_records_refuse_the_schema_refuses() {
        let validator = validator();
        assert!(validator.is_valid(&json(FULL)));
        assert!(toml::from_str::<CountryRecord>(FULL).is_ok());

        for (from, to) in [
            ("\"GB\"", "\"QQ\""),
            ("name = \"One\"\n", ""),
            ("name = \"One\"", "name = \" One\""),
            ("name = \"One\"", "title = \"One\""),
            ("\"2026-11-23\"", "\"23.11.2026\""),
            ("\"2026-04\"", "\"2026-13\""),
            ("\"general\"", "\"coastguard\""),
            ("\"999\"", "\"9x9\""),
            ("\"gb-one\"", "\"GB-One\""),
            ("\"gb-two\"", "\"two\""),
            ("\"suicide\"", "\"sadness\""),
            ("\"everyone\"", "\"anyone\""),
            ("\"cy\"", "\"Welsh\""),
            ("15:00-27:00", "3pm-3am"),
            ("\"Europe/London\"", "\"GMT\""),
            ("\"free\"", "\"cheap\""),
            ("\"https://www.one.example/\"", "\"www.one.example\""),
            ("\"https://one.example/chat\"", "\"https://a@one.example/chat\""),
            ("kind = \"chat\"", "kind = \"fax\""),
            ("\"85258\"", "\"85258 HELP\""),
            ("\"+443300945717\"", "\"+0443300945717\""),
            ("\"ONE\"", "\"one\""),
            ("kind = \"sms\"", "kind = \"phone\""),
            ("e164 = \"+447700900123\", ", ""),
            ("\"jo@one.example\"", "\"jo\""),
            ("repo = \"owner/list:data.json\"", "repo = \"somewhere\""),
            ("url = \"https://one.example/\", ", ""),
        ] {
            assert_eq!(FULL.matches(from).count(), 1, "{from}");
            let broken = FULL.replace(from, to);

            assert!(!validator.is_valid(&json(&broken)), "the schema takes {to}");
            let record: Result<CountryRecord, _> = toml::from_str(&broken);
            assert!(record.is_err() || record.unwrap().directory().is_err(), "the records take {to}");
        }
    }

    #[test]
    fn the_schema_has_the_fields_of_the_records_and_no_other() {
        let record: CountryRecord = toml::from_str(FULL).unwrap();
        let record = serde_json::to_value(record).unwrap();
        let schema = schema();
        let keys =
            |value: &Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };

        for (written, described) in [
            (&record, &schema["properties"]),
            (&record["emergency"][0], &schema["$defs"]["emergency"]["properties"]),
            (&record["line"][0], &schema["$defs"]["line"]["properties"]),
            (&record["line"][0]["contacts"][0], &schema["$defs"]["contact"]["properties"]),
            (&record["line"][0]["sources"][0], &schema["$defs"]["source"]["properties"]),
        ] {
            assert_eq!(keys(written), keys(described));
        }
    }

    #[test]
    fn the_schema_has_every_word_of_the_vocabulary_and_no_other() {
        let schema = schema();
        let enumerated = |value: &Value| -> Vec<String> {
            value["enum"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
        };
        let line = &schema["$defs"]["line"]["properties"];

        let topics: Vec<_> = Topic::ALL.iter().map(|topic| topic.as_str()).collect();
        assert_eq!(enumerated(&line["topics"]["items"]), topics);
        let audiences: Vec<_> = Audience::ALL.iter().map(|audience| audience.as_str()).collect();
        assert_eq!(enumerated(&line["audience"]["items"]), audiences);
        let kinds: Vec<_> = Kind::ALL.into_iter().map(Kind::as_str).collect();
        assert_eq!(enumerated(&schema["$defs"]["contact"]["properties"]["kind"]), kinds);
        assert_eq!(enumerated(&schema["properties"]["country"]).len(), Country::all().count());
        for (words, known) in [
            (
                &schema["$defs"]["emergency"]["properties"]["service"],
                "`general`, `police`, `ambulance`, `fire`",
            ),
            (&schema["$defs"]["status"], "`confirmed` or `single-source`"),
            (&line["cost"], "`free`"),
        ] {
            // serde lists the words it knows when it meets another.
            let word = enumerated(words)[0].clone();
            let error = toml::from_str::<CountryRecord>(&FULL.replace(&format!("\"{word}\""), "\"zzz\""));
            assert!(error.unwrap_err().to_string().contains(known), "{known}");
        }
    }
}
