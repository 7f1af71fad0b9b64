use super::*;
use crate::hours::Weekday;

fn contact(kind: Kind, value: &str, confirmed: bool) -> Contact {
    let mut contact = Contact::new(kind, value, None, None).unwrap();
    contact.confirmed = confirmed;
    contact.confirmations = 1 + u8::from(confirmed);
    contact
}

/// A confirmed national line for anyone in distress, found in one source of 2026.
fn line(name: &str) -> Line {
    Line {
        id: format!("gb-{name}").parse().unwrap(),
        name: name.parse().unwrap(),
        region: None,
        topics: vec![Topic::EmotionalDistress],
        audiences: vec![Audience::Everyone],
        languages: Vec::new(),
        contacts: vec![contact(Kind::Phone, "116 123", true)],
        hours: None,
        time_zone: Some("Europe/London".parse().unwrap()),
        is_free: false,
        website: None,
        as_of: Some("2026-04".parse().unwrap()),
        sources: Vec::new(),
    }
}

fn unconfirmed(name: &str) -> Line {
    Line { contacts: vec![contact(Kind::Phone, "116 124", false)], ..line(name) }
}

fn names(lines: Vec<&Line>) -> Vec<&str> {
    lines.into_iter().map(|line| line.name.as_str()).collect()
}

fn directory(emergency: &[(Service, &str, bool)], lines: Vec<Line>) -> Directory {
    let emergency = emergency.iter().map(|(service, number, confirmed)| EmergencyNumber {
        service: *service,
        number: number.parse().unwrap(),
        confirmed: *confirmed,
    });
    Directory { country: "GB".parse().unwrap(), emergency: emergency.collect(), lines }
}

fn shown(emergency: &[(Service, &str, bool)]) -> Vec<String> {
    directory(emergency, Vec::new()).emergency_to_show().iter().map(|n| n.number.to_string()).collect()
}

#[test]
fn one_confirmed_general_number_is_all_that_is_shown() {
    let general =
        [(Service::General, "112", true), (Service::General, "999", true), (Service::Police, "110", true)];

    assert_eq!(shown(&general), ["112"]);
}

#[test]
fn without_a_general_number_ambulance_and_police_are_shown() {
    let japan =
        [(Service::Police, "110", true), (Service::Ambulance, "119", true), (Service::Fire, "119", true)];

    assert_eq!(shown(&japan), ["119", "110"]);
}

#[test]
fn an_unconfirmed_general_number_does_not_hide_confirmed_ones() {
    use Service::{Ambulance, Fire, General, Police};

    let salvador = [(General, "999", false), (Police, "911", true), (Ambulance, "911", true)];
    assert_eq!(shown(&salvador), ["911", "911"]);
    let gabon = [(General, "177", false), (Police, "1730", true), (Fire, "18", true)];
    assert_eq!(shown(&gabon), ["1730", "177"]);
    let togo = [(Police, "117", true), (Fire, "118", true)];
    assert_eq!(shown(&togo), ["117", "118"]);
    assert_eq!(shown(&[(General, "112", false)]), ["112"]);
    assert!(shown(&[]).is_empty());
}

#[test]
fn essentials_are_the_first_confirmed_contacts() {
    let mut mixed = line("mixed");
    mixed.contacts.push(contact(Kind::Sms, "85258", false));
    mixed.sources.push(Source { place: "example.org".parse().unwrap(), as_of: None });
    let lines = vec![unconfirmed("rumour"), mixed, line("b"), line("c"), line("d")];

    let essentials = directory(&[(Service::General, "999", true)], lines).essentials();

    assert_eq!(names(essentials.lines.iter().collect()), ["mixed", "b", "c"]);
    assert_eq!(essentials.emergency.len(), 1);
    let kept = &essentials.lines[0];
    assert_eq!(kept.contacts.len(), 1, "a second number is confirmed by itself or not at all");
    assert!(kept.sources.is_empty());
    assert_eq!(kept.time_zone, None, "no hours are read in it");
}

#[test]
fn essentials_hold_what_one_source_lists_only_where_nothing_confirmed_serves() {
    let drugs = Line { topics: vec![Topic::SubstanceUse], ..line("drugs") };
    let child = Line { topics: vec![Topic::ChildYouth], audiences: Vec::new(), ..line("child") };
    let lines = vec![child, unconfirmed("any"), unconfirmed("other"), drugs];

    let essentials = directory(&[], lines).essentials();

    assert_eq!(names(essentials.lines.iter().collect()), ["any", "drugs", "child"]);
}

#[test]
fn essentials_of_a_country_without_confirmation_say_so() {
    let essentials = directory(&[], vec![unconfirmed("only")]).essentials();

    assert_eq!(names(essentials.lines.iter().collect()), ["only"]);
    assert!(!essentials.lines[0].contacts[0].confirmed);
}

#[test]
fn the_first_contact_is_a_call_unless_a_confirmed_text_comes_before_it() {
    let texts = Line { contacts: vec![contact(Kind::Sms, "85258", true)], ..line("texts") };
    let first =
        |lines: Vec<Line>| directory(&[], lines).first_contact().map(|contact| contact.value().to_owned());

    assert_eq!(first(vec![texts.clone(), line("calls")]).unwrap(), "116 123");
    assert_eq!(first(vec![unconfirmed("calls"), texts]).unwrap(), "85258");
    assert_eq!(first(vec![unconfirmed("calls")]).unwrap(), "116 124");
    let doubtful = Line { contacts: vec![contact(Kind::Sms, "85258", false)], ..line("texts") };
    assert_eq!(first(vec![doubtful, unconfirmed("calls")]).unwrap(), "116 124");
    let chats = Line { contacts: vec![contact(Kind::Chat, "https://a.org", true)], ..line("chats") };
    assert_eq!(first(vec![chats]), None);
}

#[test]
fn a_line_without_hours_or_zone_says_nothing_about_now() {
    // A week without daylight saving that begins at 0.
    let clock = |_: &TimeZone, ms: i64| {
        let minute = u16::try_from(ms / 60_000).ok()?;
        Some(LocalTime {
            weekday: Weekday::ALL[usize::from(minute / 1440) % 7],
            minute_of_day: minute % 1440,
        })
    };
    let hours = |text: &str| Line { hours: text.parse().ok(), ..line("hours") };
    let no_zone = |text: &str| Line { time_zone: None, ..hours(text) };

    assert_eq!(line("no-hours").opening(0, clock), None);
    assert_eq!(no_zone("Mo-Fr 09:00-17:00").opening(0, clock), None);
    assert_eq!(no_zone("24/7").opening(0, |_, _| None), Some(Opening::Always));
    let london = |zone: &TimeZone, ms| clock(zone, ms).filter(|_| zone.as_str() == "Europe/London");
    assert_eq!(hours("Mo 00:30-17:00").opening(0, london), Some(Opening::OpensAt { ms: 30 * 60_000 }));
}

#[test]
fn a_date_is_as_exact_as_its_source() {
    for text in ["2026", "2026-04", "2026-04-22", "2024-02-29"] {
        assert_eq!(text.parse::<AsOf>().unwrap().to_string(), text);
    }
    for text in
        ["", "26", "2026-13", "2026-00", "2026-4", "2025-02-29", "2026-04-31", "2026-04-22-01", "+026"]
    {
        assert_eq!(text.parse::<AsOf>(), Err(InvalidAsOf), "{text}");
    }
    assert!("2026".parse::<AsOf>().unwrap() < "2026-01-01".parse().unwrap());
}

#[test]
fn a_fact_ages_after_six_months_and_is_old_after_twelve() {
    let today: AsOf = "2026-11-23".parse().unwrap();
    let freshness = |text: &str| text.parse::<AsOf>().unwrap().freshness(today);

    assert_eq!(freshness("2026-11-23"), Freshness::Fresh);
    assert_eq!(freshness("2026-05-23"), Freshness::Fresh);
    assert_eq!(freshness("2026-05-22"), Freshness::Aging);
    assert_eq!(freshness("2025-11-23"), Freshness::Aging);
    assert_eq!(freshness("2025-11-22"), Freshness::Old);
    assert_eq!(freshness("2025"), Freshness::Old, "a vague date counts as its earliest day");
    assert_eq!(freshness("2027-01"), Freshness::Fresh, "a source ahead of this clock");
}

#[test]
fn a_vague_date_begins_on_its_first_day() {
    for (text, day) in [("2026-11-23", "2026-11-23"), ("2026-11", "2026-11-01"), ("2026", "2026-01-01")] {
        assert_eq!(text.parse::<AsOf>().unwrap().first_day().to_string(), day);
    }
    assert_eq!("1969".parse::<AsOf>().unwrap().first_day().since_epoch(), 0, "before all days");
}

#[test]
fn ids_labels_and_languages_are_checked() {
    for text in ["gb", "gb-", "GB-a", "gb-A", "gb--a", "gb-a-", "gbr-a", "gb-é", "1b-a"] {
        assert_eq!(text.parse::<LineId>(), Err(InvalidLineId), "{text}");
    }
    assert!("gb-a".parse::<LineId>().unwrap().is_in("GB".parse().unwrap()));
    assert!(!"gb-a".parse::<LineId>().unwrap().is_in("GE".parse().unwrap()));
    for text in ["", " a", "a ", "a\nb", "a\tb"] {
        assert_eq!(text.parse::<Label>(), Err(InvalidLabel), "{text:?}");
    }
    for text in ["en", "fil", "zh-Hant", "pt-BR", "zh-Hant-HK", "es-419"] {
        assert_eq!(text.parse::<Language>().unwrap().as_str(), text);
    }
    for text in ["", "e", "EN", "english", "en-", "en-us", "pt-BR-Latn", "en_GB"] {
        assert_eq!(text.parse::<Language>(), Err(InvalidLanguage), "{text}");
    }
}

#[test]
fn every_word_of_the_vocabularies_has_a_letter_of_its_own() {
    for topic in Topic::ALL {
        assert_eq!(Topic::from_letter(topic.letter()), Some(*topic));
    }
    for audience in Audience::ALL {
        assert_eq!(Audience::from_letter(audience.letter()), Some(*audience));
    }
    assert_eq!((Topic::ALL.len(), Audience::ALL.len()), (16, 13));
}
