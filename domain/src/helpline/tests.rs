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

fn open(name: &str, hours: &str) -> Line {
    Line { hours: Some(hours.parse().unwrap()), ..line(name) }
}

fn names(lines: Vec<&Line>) -> Vec<&str> {
    lines.into_iter().map(|line| line.name.as_str()).collect()
}

fn ranked(lines: &[Line]) -> Vec<&str> {
    names(rank(lines, &[], |_| None))
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
fn a_confirmed_line_stands_before_one_that_fits_better() {
    let child =
        Line { topics: vec![Topic::ChildYouth], audiences: vec![Audience::Children], ..line("child") };

    assert_eq!(ranked(&[unconfirmed("any"), child]), ["child", "any"]);
}

#[test]
fn a_wanted_topic_stands_before_a_line_for_everyone() {
    let violence =
        Line { topics: vec![Topic::DomesticViolence], audiences: vec![Audience::Women], ..line("violence") };
    let lines = [line("any"), violence];

    assert_eq!(names(rank(&lines, &[Topic::DomesticViolence], |_| None)), ["violence", "any"]);
    assert_eq!(ranked(&lines), ["any", "violence"]);
}

#[test]
fn a_line_open_now_stands_before_one_unknown_and_that_before_one_closed() {
    let lines = [open("closed", "Mo-Fr 09:00-17:00"), line("unknown"), open("open", "Mo-Su 16:00-26:00")];
    let tuesday_at_one = |_: &TimeZone| Some(LocalTime { weekday: Weekday::Tuesday, minute_of_day: 60 });

    assert_eq!(names(rank(&lines, &[], tuesday_at_one)), ["open", "unknown", "closed"]);
    assert_eq!(ranked(&lines), ["closed", "unknown", "open"], "without a clock no one is closed");
}

#[test]
fn a_line_for_everyone_in_distress_stands_before_narrower_ones() {
    let lines = [
        Line { topics: vec![Topic::SubstanceUse], audiences: Vec::new(), ..line("drugs") },
        Line { topics: vec![Topic::Suicide], audiences: vec![Audience::Veterans], ..line("veterans") },
        Line { topics: vec![Topic::Suicide], audiences: vec![Audience::Adults], ..line("adults") },
        Line { topics: vec![Topic::Suicide, Topic::Disaster], ..line("disaster") },
        Line { topics: vec![Topic::Suicide], audiences: Vec::new(), ..line("anyone") },
    ];

    assert_eq!(ranked(&lines), ["anyone", "disaster", "adults", "veterans", "drugs"]);
}

#[test]
fn unknown_hours_do_not_put_a_line_for_everyone_behind_a_narrow_one() {
    let children = Line { audiences: vec![Audience::Children], ..open("children", "24/7") };

    assert_eq!(ranked(&[children, line("everyone")]), ["everyone", "children"]);
}

#[test]
fn the_whole_country_stands_before_a_region_and_day_and_night_before_other_hours() {
    let regional = Line { region: Some("Scotland".parse().unwrap()), ..open("regional", "24/7") };

    assert_eq!(ranked(&[regional, line("national")]), ["national", "regional"]);
    assert_eq!(
        ranked(&[open("evenings", "Mo-Su 18:00-22:00"), open("always", "24/7")]),
        ["always", "evenings"]
    );
}

#[test]
fn a_line_seen_this_year_stands_before_one_that_never_closed_years_ago() {
    let before = Line { as_of: "2023-12-01".parse().ok(), ..open("before", "24/7") };

    assert_eq!(ranked(&[before, line("now")]), ["now", "before"]);
}

#[test]
fn younger_sources_and_more_of_them_decide_at_last() {
    let of = |name: &str, as_of: &str, confirmations: u8| {
        let mut line = Line { as_of: as_of.parse().ok(), ..line(name) };
        line.contacts[0].confirmations = confirmations;
        line
    };
    let lines = [
        of("undated", "", 9),
        of("old", "2025-12", 9),
        of("few", "2026-08", 2),
        of("many", "2026-01", 3),
        of("newer", "2026-02", 3),
    ];

    assert_eq!(ranked(&lines), ["newer", "many", "few", "old", "undated"]);
    let suicide = Line { topics: vec![Topic::Suicide], as_of: "2026".parse().ok(), ..line("suicide") };
    assert_eq!(ranked(&[line("distress"), suicide]), ["suicide", "distress"]);
}

#[test]
fn equal_lines_keep_their_order() {
    assert_eq!(ranked(&[line("b"), line("a"), line("c")]), ["b", "a", "c"]);
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
    let lines = vec![unconfirmed("rumour"), line("b"), line("c"), line("d"), mixed];

    let essentials = directory(&[(Service::General, "999", true)], lines).essentials();

    assert_eq!(names(essentials.lines.iter().collect()), ["b", "c", "d"]);
    assert_eq!(essentials.emergency.len(), 1);
    let mut mixed = line("mixed");
    mixed.contacts.push(contact(Kind::Sms, "85258", false));
    let kept = directory(&[], vec![mixed]).essentials();
    assert_eq!(kept.lines[0].contacts.len(), 1, "a second number is confirmed by itself or not at all");
    assert!(kept.lines[0].sources.is_empty());
    assert_eq!(kept.lines[0].time_zone, None, "no hours are read in it");
}

#[test]
fn essentials_of_a_country_without_confirmation_say_so() {
    let essentials = directory(&[], vec![unconfirmed("only")]).essentials();

    assert_eq!(names(essentials.lines.iter().collect()), ["only"]);
    assert!(!essentials.lines[0].contacts[0].confirmed);
}

#[test]
fn the_first_contact_is_a_confirmed_call_then_a_text_then_what_there_is() {
    let texts = Line { contacts: vec![contact(Kind::Sms, "85258", true)], ..line("texts") };
    let first =
        |lines: Vec<Line>| directory(&[], lines).first_contact().map(|contact| contact.value().to_owned());

    assert_eq!(first(vec![texts.clone(), line("calls")]).unwrap(), "116 123");
    assert_eq!(first(vec![unconfirmed("calls"), texts]).unwrap(), "85258");
    assert_eq!(first(vec![unconfirmed("calls")]).unwrap(), "116 124");
    let chats = Line { contacts: vec![contact(Kind::Chat, "https://a.org", true)], ..line("chats") };
    assert_eq!(first(vec![chats]), None);
}

#[test]
fn a_line_without_hours_or_zone_says_nothing_about_now() {
    let noon = |_: &TimeZone| Some(LocalTime { weekday: Weekday::Monday, minute_of_day: 720 });
    let no_zone = Line { time_zone: None, ..open("no-zone", "Mo-Fr 09:00-17:00") };
    let always = Line { time_zone: None, ..open("always", "24/7") };

    assert_eq!(line("no-hours").state(noon), None);
    assert_eq!(no_zone.state(noon), None);
    assert_eq!(always.state(|_| None), Some(HoursState::Open { closes_in_min: None }));
    assert_eq!(
        open("day", "Mo-Fr 09:00-17:00").state(noon),
        Some(HoursState::Open { closes_in_min: Some(300) })
    );
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
