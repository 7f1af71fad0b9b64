use proptest::{collection::vec, option, prelude::*, sample::select, sample::subsequence};

use super::*;
use crate::hours::OpeningHours;

fn contact(kind: Kind, confirmed: bool) -> Contact {
    let value = match kind {
        Kind::Chat | Kind::Web => "https://example.org/",
        Kind::Email => "help@example.org",
        _ => "116 123",
    };
    let e164 = (kind == Kind::WhatsApp).then(|| "+441234567890".parse().unwrap());
    let mut contact = Contact::new(kind, value, e164, None).unwrap();
    contact.confirmed = confirmed;
    contact.confirmations = 1 + u8::from(confirmed);
    contact
}

/// A confirmed national line to call, for anyone in distress, found in one source of 2026.
fn line(name: &str) -> Line {
    Line {
        id: format!("gb-{name}").parse().unwrap(),
        name: name.parse().unwrap(),
        region: None,
        topics: vec![Topic::EmotionalDistress],
        audiences: vec![Audience::Everyone],
        languages: Vec::new(),
        contacts: vec![contact(Kind::Phone, true)],
        hours: None,
        time_zone: None,
        is_free: false,
        website: None,
        as_of: "2026-04".parse().ok(),
        sources: Vec::new(),
    }
}

fn unconfirmed(name: &str) -> Line {
    Line { contacts: vec![contact(Kind::Phone, false)], ..line(name) }
}

fn about(name: &str, topics: &[Topic]) -> Line {
    Line { topics: topics.to_vec(), audiences: Vec::new(), ..line(name) }
}

fn for_people(name: &str, audiences: &[Audience]) -> Line {
    Line { audiences: audiences.to_vec(), ..line(name) }
}

fn by(name: &str, contacts: &[(Kind, bool)]) -> Line {
    Line {
        contacts: contacts.iter().map(|(kind, confirmed)| contact(*kind, *confirmed)).collect(),
        ..line(name)
    }
}

fn spoken(name: &str, languages: &[&str]) -> Line {
    Line { languages: languages.iter().map(|tag| tag.parse().unwrap()).collect(), ..line(name) }
}

fn in_region(name: &str, region: &str) -> Line {
    Line { region: region.parse().ok(), ..line(name) }
}

/// Closed lines have hours, those open day and night are `24/7`, of the others nothing is known.
fn closed(line: Line) -> Line {
    Line { hours: "Mo 00:00-00:01".parse().ok(), ..line }
}

fn always_open(line: Line) -> Line {
    Line { hours: Some(OpeningHours::ALWAYS), ..line }
}

fn opening(line: &Line) -> Option<Opening> {
    match &line.hours {
        None => None,
        Some(hours) if hours.is_always() => Some(Opening::Always),
        Some(_) => Some(Opening::OpensAt { ms: 0 }),
    }
}

fn country(lines: &[Line]) -> Directory {
    Directory { country: "GB".parse().unwrap(), emergency: Vec::new(), lines: lines.to_vec() }
}

fn languages(tags: &[&str]) -> Vec<Language> {
    tags.iter().map(|tag| tag.parse().unwrap()).collect()
}

/// What was found, as `best, best | more, more`; what does not serve has a `~` before it.
fn found_by(lines: &[Line], ask: &Ask, speaks: &[&str]) -> String {
    let directory = country(lines);
    let speaks = languages(speaks);
    let visitor = Visitor { speaks: &speaks, today: "2026-11-23".parse().ok() };
    let Found { best, more, serves } = look_up(&directory, ask, &visitor, opening);
    let names = |shown: &[Shown<'_>]| {
        shown.iter().map(|shown| shown.line.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    format!("{}{} | {}", if serves { "" } else { "~" }, names(&best), names(&more))
}

fn found(lines: &[Line], ask: &Ask) -> String {
    found_by(lines, ask, &[])
}

fn nothing_asked() -> Ask {
    Ask::default()
}

fn asks(topics: &[Topic]) -> Ask {
    Ask { topics: topics.to_vec(), ..Ask::default() }
}

fn asks_for(audiences: &[Audience]) -> Ask {
    Ask { audiences: audiences.to_vec(), ..Ask::default() }
}

/// The contacts shown of the line `name`, each unconfirmed one with a `?`.
fn contacts_of(lines: &[Line], ask: &Ask, name: &str) -> String {
    let directory = country(lines);
    let Found { best, more, .. } = look_up(&directory, ask, &Visitor::default(), opening);
    let shown = best.into_iter().chain(more).find(|shown| shown.line.name.as_str() == name).unwrap();
    let contacts = shown
        .contacts
        .iter()
        .map(|contact| format!("{}{}", contact.kind().as_str(), if contact.confirmed { "" } else { "?" }));
    contacts.collect::<Vec<_>>().join(" ")
}

#[test]
fn who_asks_for_nothing_gets_lines_for_anyone_in_distress() {
    let lines = [
        about("drugs", &[Topic::SubstanceUse]),
        for_people("veterans", &[Audience::Veterans]),
        Line { topics: vec![Topic::Suicide, Topic::Disaster], ..line("disaster") },
        for_people("adults", &[Audience::Adults]),
        about("anyone", &[Topic::Suicide, Topic::EmotionalDistress]),
    ];

    assert_eq!(found(&lines, &nothing_asked()), "anyone, disaster | adults, veterans, drugs");
}

#[test]
fn young_people_and_adults_are_everyone() {
    let lines = [
        for_people("young", &[Audience::Youth]),
        for_people("both", &[Audience::Youth, Audience::Adults]),
        about("children", &[Topic::EmotionalDistress, Topic::ChildYouth]),
    ];

    assert_eq!(found(&lines, &nothing_asked()), "both | young, children");
}

#[test]
fn an_asked_topic_comes_first_and_a_general_line_beside_it() {
    let lines = [line("any"), about("violence", &[Topic::DomesticViolence]), line("other")];

    assert_eq!(found(&lines, &asks(&[Topic::DomesticViolence])), "violence, any | other");
    assert_eq!(found(&lines, &nothing_asked()), "any, other | violence");
}

#[test]
fn a_topic_that_no_line_has_leads_to_general_lines_and_says_so() {
    let lines = [about("violence", &[Topic::DomesticViolence]), line("any"), line("other")];

    assert_eq!(found(&lines, &asks(&[Topic::Gambling])), "~any, other | violence");
}

#[test]
fn suicide_comes_before_other_topics_and_each_is_among_the_best() {
    let lines = [
        about("violence", &[Topic::DomesticViolence]),
        about("shelter", &[Topic::DomesticViolence]),
        about("listening", &[Topic::EmotionalDistress]),
        about("suicide", &[Topic::Suicide, Topic::EmotionalDistress]),
    ];

    assert_eq!(found(&lines, &asks(&[Topic::Suicide])), "suicide, listening | violence, shelter");
    assert_eq!(
        found(&lines, &asks(&[Topic::DomesticViolence, Topic::Suicide])),
        "suicide, violence | shelter, listening"
    );
}

#[test]
fn distress_beside_something_definite_does_not_count() {
    let lines = [line("any"), line("other"), about("drugs", &[Topic::SubstanceUse])];

    assert_eq!(found(&lines, &asks(&[Topic::EmotionalDistress, Topic::SubstanceUse])), "drugs, any | other");
    let sad_teenager = Ask { audiences: vec![Audience::Youth], ..asks(&[Topic::EmotionalDistress]) };
    let child = about("child", &[Topic::ChildYouth]);
    assert_eq!(found(&[line("any"), line("other"), child], &sad_teenager), "child, any | other");
}

#[test]
fn a_group_asks_for_its_own_topic_and_a_topic_for_its_group() {
    let lines = [
        line("any"),
        about("child", &[Topic::ChildYouth]),
        for_people("pride", &[Audience::Lgbtq]),
        for_people("young-pride", &[Audience::Lgbtq, Audience::Youth]),
    ];

    assert_eq!(found(&lines, &asks_for(&[Audience::Children])), "child, any | young-pride, pride");
    assert_eq!(found(&lines, &asks(&[Topic::Lgbtq])), "pride, any | young-pride, child");
    let young_and_gay = Ask { audiences: vec![Audience::Youth], ..asks(&[Topic::Lgbtq]) };
    assert_eq!(found(&lines, &young_and_gay), "young-pride, pride | child, any");
}

#[test]
fn a_line_for_others_does_not_serve_and_one_for_everyone_does() {
    let violence = |name: &str, audiences: &[Audience]| Line {
        topics: vec![Topic::DomesticViolence],
        ..for_people(name, audiences)
    };
    let for_men = Ask { audiences: vec![Audience::Men], ..asks(&[Topic::DomesticViolence]) };
    let lines = [violence("women", &[Audience::Women]), line("any"), line("other")];

    assert_eq!(found(&lines, &for_men), "~any, other | women");
    assert_eq!(found(&lines, &asks(&[Topic::DomesticViolence])), "women, any | other");
    let lines =
        [violence("women", &[Audience::Women]), violence("all", &[]), violence("men", &[Audience::Men])];
    assert_eq!(found(&lines, &for_men), "men, all | women");
    assert_eq!(found(&lines, &asks(&[Topic::DomesticViolence])), "all, women | men");
}

#[test]
fn an_asked_kind_of_contact_comes_first_and_lines_without_it_do_not_serve() {
    let lines = [line("calls"), by("texts", &[(Kind::Phone, true), (Kind::Sms, true)]), line("calls-too")];
    let texts = Ask { kinds: vec![Kind::Sms], ..Ask::default() };

    assert_eq!(found(&lines, &texts), "texts, calls | calls-too");
    assert_eq!(contacts_of(&lines, &texts, "texts"), "sms phone");
    assert_eq!(contacts_of(&lines, &nothing_asked(), "texts"), "phone sms");
}

#[test]
fn where_a_topic_has_no_line_of_the_kind_both_are_offered() {
    let lines = [
        line("any"),
        by("texts", &[(Kind::Sms, true)]),
        about("violence", &[Topic::DomesticViolence]),
        about("shelter", &[Topic::DomesticViolence]),
    ];
    let by_text = Ask { kinds: vec![Kind::Sms], ..asks(&[Topic::DomesticViolence]) };

    assert_eq!(found(&lines, &by_text), "~violence, texts | shelter, any");
    let about_gambling = Ask { kinds: vec![Kind::Sms], ..asks(&[Topic::Gambling]) };
    assert_eq!(found(&lines, &about_gambling), "~texts, any | violence, shelter");
}

#[test]
fn someone_deaf_is_offered_writing_or_a_line_for_deaf_people() {
    let lines = [
        line("calls"),
        for_people("relay", &[Audience::Everyone, Audience::Deaf]),
        by("texts", &[(Kind::Phone, true), (Kind::Sms, true)]),
    ];
    let deaf = asks_for(&[Audience::Deaf]);

    assert_eq!(found(&lines, &deaf), "texts, relay | calls");
    assert_eq!(contacts_of(&lines, &deaf, "texts"), "sms phone");
}

#[test]
fn nothing_unconfirmed_is_among_the_best_where_something_confirmed_serves() {
    let violence = |name: &str| Line { topics: vec![Topic::DomesticViolence], ..unconfirmed(name) };
    let lines = [
        violence("rumour"),
        unconfirmed("hearsay"),
        about("violence", &[Topic::DomesticViolence]),
        about("drugs", &[Topic::SubstanceUse]),
    ];

    assert_eq!(found(&lines, &asks(&[Topic::DomesticViolence])), "violence | drugs, rumour, hearsay");
}

#[test]
fn a_confirmed_line_for_distress_serves_whoever_asks_for_nothing_or_about_suicide() {
    let suicide = Line { topics: vec![Topic::Suicide], ..unconfirmed("suicide") };
    let lines =
        [suicide, about("listening", &[Topic::EmotionalDistress]), about("drugs", &[Topic::SubstanceUse])];

    assert_eq!(found(&lines, &nothing_asked()), "listening | drugs, suicide");
    assert_eq!(found(&lines, &asks(&[Topic::Suicide])), "listening | drugs, suicide");
}

#[test]
fn where_nothing_confirmed_serves_the_best_unconfirmed_line_and_then_a_confirmed_one_stand_first() {
    let drugs = about("drugs", &[Topic::SubstanceUse]);
    let lines = [unconfirmed("hearsay"), drugs, always_open(unconfirmed("always"))];

    assert_eq!(found(&lines, &nothing_asked()), "always, drugs | hearsay");
    assert_eq!(found(&[unconfirmed("a"), unconfirmed("b"), unconfirmed("c")], &nothing_asked()), "a, b | c");
}

#[test]
fn of_two_needs_the_one_that_nothing_confirmed_serves_is_shown_beside_the_other() {
    let child = Line { topics: vec![Topic::ChildYouth], audiences: Vec::new(), ..unconfirmed("child") };
    let lines = [line("any"), child, about("violence", &[Topic::DomesticViolence])];
    let hit_at_home = asks(&[Topic::DomesticViolence, Topic::ChildYouth]);

    assert_eq!(found(&lines, &hit_at_home), "violence, child | any");
    assert_eq!(found(&lines, &asks(&[Topic::DomesticViolence])), "violence, any | child");
}

#[test]
fn a_country_without_a_general_line_shows_what_it_has() {
    let child = about("child", &[Topic::ChildYouth]);

    assert_eq!(found(std::slice::from_ref(&child), &nothing_asked()), "child | ");
    assert_eq!(
        found(&[unconfirmed("any"), child], &nothing_asked()),
        "any, child | ",
        "up to two are the best"
    );
    assert_eq!(found(&[], &nothing_asked()), "~ | ");
}

#[test]
fn an_unconfirmed_contact_is_shown_where_no_confirmed_one_of_its_kind_serves() {
    let lines = [
        by("full", &[(Kind::Phone, true), (Kind::Phone, false), (Kind::Sms, false), (Kind::Chat, false)]),
        by("texts", &[(Kind::Sms, true)]),
        by("rumour", &[(Kind::Phone, false), (Kind::Sms, false)]),
    ];

    assert_eq!(contacts_of(&lines, &nothing_asked(), "full"), "phone chat?");
    assert_eq!(
        contacts_of(&lines, &nothing_asked(), "rumour"),
        "phone? sms?",
        "or nothing of it would be left"
    );
    assert_eq!(contacts_of(&lines[..1], &nothing_asked(), "full"), "phone sms? chat?");
    let by_chat = Ask { kinds: vec![Kind::Chat], ..Ask::default() };
    assert_eq!(contacts_of(&lines, &by_chat, "full"), "chat? phone");
    assert_eq!(found(&lines, &by_chat), "full, texts | rumour");
}

#[test]
fn closed_lines_stand_behind_and_the_second_is_one_that_answers() {
    let violence = closed(about("violence", &[Topic::DomesticViolence]));
    let shelter = closed(about("shelter", &[Topic::DomesticViolence]));
    let lines = [closed(line("day")), violence, shelter, line("unknown"), always_open(line("always"))];

    assert_eq!(found(&lines, &nothing_asked()), "always, unknown | day, violence, shelter");
    assert_eq!(found(&lines, &asks(&[Topic::DomesticViolence])), "violence, always | shelter, unknown, day");
}

#[test]
fn with_open_now_closed_lines_are_not_among_the_best_and_open_ones_stand_before_unknown_ones() {
    let open_now = Ask { open_now: true, ..Ask::default() };
    let lines =
        [closed(line("day")), line("unknown"), always_open(for_people("adults", &[Audience::Adults]))];

    assert_eq!(found(&lines, &open_now), "adults, unknown | day");
    let violence = [closed(about("violence", &[Topic::DomesticViolence])), line("any"), line("other")];
    let violence_now = Ask { open_now: true, ..asks(&[Topic::DomesticViolence]) };
    assert_eq!(found(&violence, &violence_now), "~any, other | violence");
}

#[test]
fn unknown_hours_do_not_put_a_line_for_everyone_behind_a_narrow_one() {
    let adults = always_open(for_people("adults", &[Audience::Adults]));

    assert_eq!(
        found(&[adults, line("everyone"), unconfirmed("other")], &nothing_asked()),
        "everyone, adults | other"
    );
}

#[test]
fn an_asked_language_decides_where_a_line_for_the_need_speaks_it() {
    let spanish = Ask { languages: languages(&["es"]), ..Ask::default() };
    let lines = [spoken("english", &["en"]), line("unknown"), spoken("both", &["en", "es-MX"])];

    assert_eq!(found(&lines, &spanish), "both, unknown | english");
    assert_eq!(found(&lines[..2], &spanish), "english, unknown | ", "where nobody is known to speak it");
    let polish = Ask { languages: languages(&["pl"]), ..Ask::default() };
    assert_eq!(found(&lines, &polish), "english, unknown | both");
}

#[test]
fn the_first_of_the_visitors_languages_counts_and_unknown_ones_are_the_countrys() {
    let lines =
        [line("unknown"), spoken("japanese", &["ja"]), spoken("also", &["ja"]), spoken("english", &["en"])];

    assert_eq!(found_by(&lines, &nothing_asked(), &["en-GB", "ja"]), "english, unknown | japanese, also");
    assert_eq!(found_by(&lines, &nothing_asked(), &["ja"]), "unknown, japanese | also, english");
    assert_eq!(found_by(&lines, &nothing_asked(), &["pl"]), "unknown, japanese | also, english");
    let norwegian = [spoken("english", &["en"]), spoken("norwegian", &["no"]), line("other")];
    assert_eq!(found_by(&norwegian, &nothing_asked(), &["nb-NO"]), "norwegian, other | english");
}

#[test]
fn a_region_comes_first_where_it_is_asked_for_and_last_where_it_is_another() {
    let lines =
        [in_region("scotland", "Scotland"), line("national"), in_region("wales", "Wales"), line("other")];
    let in_wales = Ask { region: "Wales".parse().ok(), ..Ask::default() };

    assert_eq!(found(&lines, &nothing_asked()), "national, other | scotland, wales");
    assert_eq!(found(&lines, &in_wales), "wales, national | other, scotland");
    assert_eq!(
        regions(&country(&lines)).iter().map(|label| label.as_str()).collect::<Vec<_>>(),
        ["Scotland", "Wales"]
    );
}

#[test]
fn a_confirmed_line_of_another_region_does_not_serve() {
    let eating = |line: Line| Line { topics: vec![Topic::EatingDisorder], ..line };
    let scottish = eating(Line { region: "Scotland".parse().ok(), ..unconfirmed("scottish") });
    let lines = [eating(in_region("english", "England")), scottish, line("any")];
    let in_scotland = Ask { region: "Scotland".parse().ok(), ..asks(&[Topic::EatingDisorder]) };

    assert_eq!(found(&lines, &in_scotland), "scottish, any | english");
    assert_eq!(found(&lines, &asks(&[Topic::EatingDisorder])), "english, any | scottish");
}

#[test]
fn fresh_sources_stand_before_old_ones_and_day_and_night_before_other_hours() {
    let of = |name: &str, as_of: &str| Line { as_of: as_of.parse().ok(), ..line(name) };

    let lines = [always_open(of("old", "2025-11-01")), of("undated", ""), of("fresh", "2025-12")];
    assert_eq!(found(&lines, &nothing_asked()), "fresh, old | undated");
    let lines = [of("newer", "2026-10"), always_open(of("always", "2025-12")), of("older", "2026-01")];
    assert_eq!(found(&lines, &nothing_asked()), "always, newer | older");
}

#[test]
fn confirmations_then_the_date_decide_at_last_and_equal_lines_keep_their_order() {
    let of = |name: &str, as_of: &str, confirmations: u8| {
        let mut line = Line { as_of: as_of.parse().ok(), ..line(name) };
        line.contacts[0].confirmations = confirmations;
        line
    };

    let lines = [of("few", "2026-08", 2), of("many", "2026-01", 3), of("newer", "2026-02", 3)];
    assert_eq!(found(&lines, &nothing_asked()), "newer, many | few");
    assert_eq!(found(&[line("b"), line("a"), line("c")], &nothing_asked()), "b, a | c");
}

#[test]
fn topics_are_those_that_lines_have() {
    let lines = [about("drugs", &[Topic::SubstanceUse, Topic::Suicide]), line("any")];

    assert_eq!(topics(&country(&lines)), [Topic::Suicide, Topic::EmotionalDistress, Topic::SubstanceUse]);
}

fn any_line() -> impl Strategy<Value = Line> {
    let kinds = vec((select(&Kind::ALL[..]), any::<bool>()), 1..4);
    let tags = vec!["en", "es", "fr", "zh-Hant"];
    (
        option::weighted(0.3, select(vec!["North", "South"])),
        subsequence(Topic::ALL.to_vec(), 1..4),
        subsequence(Audience::ALL.to_vec(), 0..3),
        subsequence(tags, 0..3),
        kinds,
        select(vec!["", "24/7", "Mo 00:00-00:01"]),
        select(vec!["", "2023", "2025-12-01", "2026-08"]),
    )
        .prop_map(|(region, topics, audiences, tags, kinds, hours, as_of)| Line {
            region: region.and_then(|region| region.parse().ok()),
            topics,
            audiences,
            hours: hours.parse().ok(),
            as_of: as_of.parse().ok(),
            languages: languages(&tags),
            ..by("any", &kinds)
        })
}

fn any_country() -> impl Strategy<Value = Directory> {
    vec(any_line(), 0..9).prop_map(|lines| {
        let numbered = lines.into_iter().enumerate();
        let lines = numbered.map(|(n, line)| Line { id: format!("gb-{n}").parse().unwrap(), ..line });
        country(&lines.collect::<Vec<_>>())
    })
}

fn any_ask() -> impl Strategy<Value = Ask> {
    (
        subsequence(Topic::ALL.to_vec(), 0..3),
        subsequence(Audience::ALL.to_vec(), 0..3),
        subsequence(Kind::ALL.to_vec(), 0..3),
        subsequence(vec!["en", "es", "fr", "zh-Hant"], 0..2),
        option::weighted(0.3, select(vec!["North", "South", "East"])),
        any::<bool>(),
    )
        .prop_map(|(topics, audiences, kinds, tags, region, open_now)| Ask {
            topics,
            audiences,
            kinds,
            languages: languages(&tags),
            region: region.and_then(|region| region.parse().ok()),
            open_now,
        })
}

fn looked_up<'a>(directory: &'a Directory, ask: &Ask, speaks: &[Language]) -> Found<'a> {
    look_up(directory, ask, &Visitor { speaks, today: "2026-11-23".parse().ok() }, opening)
}

fn ids(shown: &[Shown<'_>]) -> Vec<String> {
    shown.iter().map(|shown| shown.line.id.as_str().to_owned()).collect()
}

proptest! {
    #[test]
    fn of_two_lines_both_stand_first_unless_one_would_be_doubted_beside_a_confirmed_one(
        mut directory in any_country(),
        ask in any_ask(),
    ) {
        directory.lines.truncate(2);
        let n_confirmed = directory.lines.iter().filter(|line| line.is_confirmed()).count();
        let found = looked_up(&directory, &ask, &[]);

        prop_assert!(found.best.len() == directory.lines.len() || n_confirmed == 1);
    }

    #[test]
    fn every_line_is_shown_once_with_at_least_one_contact(directory in any_country(), ask in any_ask()) {
        let found = looked_up(&directory, &ask, &[]);

        let mut shown = ids(&found.best);
        shown.extend(ids(&found.more));
        shown.sort_unstable();
        let mut all: Vec<_> = directory.lines.iter().map(|line| line.id.as_str().to_owned()).collect();
        all.sort_unstable();
        prop_assert_eq!(shown, all);
        prop_assert!(found.best.iter().chain(&found.more).all(|shown| !shown.contacts.is_empty()));
        prop_assert!((directory.lines.len().min(1)..=2).contains(&found.best.len()));
        prop_assert!(!found.serves || !found.best.is_empty());
    }

    #[test]
    fn a_country_with_a_confirmed_line_shows_one_at_once(directory in any_country(), ask in any_ask()) {
        let ask = Ask { region: None, open_now: false, ..ask };
        let found = looked_up(&directory, &ask, &[]);

        let any_confirmed = directory.lines.iter().any(Line::is_confirmed);
        prop_assert_eq!(found.best.iter().any(|shown| shown.line.is_confirmed()), any_confirmed);
    }

    #[test]
    fn where_the_first_serves_confirmed_nothing_unconfirmed_is_among_the_best(
        directory in any_country(),
        ask in any_ask(),
    ) {
        // Of several topics each is a need of its own, and so is a group that has a topic.
        let ask = Ask {
            topics: ask.topics.into_iter().take(1).collect(),
            audiences: ask.audiences.into_iter().take(1).collect(),
            ..ask
        };
        let found = looked_up(&directory, &ask, &[]);

        let serves_confirmed = found.best.first().is_some_and(|first| first.line.is_confirmed());
        let all_confirmed = found.best.iter().all(|shown| shown.line.is_confirmed());
        prop_assert!(!serves_confirmed || all_confirmed || directory.lines.len() <= 2);
    }

    #[test]
    fn of_a_confirmed_line_no_unconfirmed_contact_stands_beside_a_confirmed_one_of_its_kind(
        directory in any_country(),
        ask in any_ask(),
    ) {
        let found = looked_up(&directory, &ask, &[]);

        for shown in found.best.iter().chain(&found.more).filter(|shown| shown.line.is_confirmed()) {
            for doubtful in shown.contacts.iter().filter(|contact| !contact.confirmed) {
                let is_confirmed = |other: &&Contact| other.confirmed && other.kind() == doubtful.kind();
                prop_assert!(!shown.line.contacts.iter().any(|contact| is_confirmed(&contact)));
            }
        }
    }

    #[test]
    fn a_line_of_another_region_stands_behind_all_others(directory in any_country(), ask in any_ask()) {
        let found = looked_up(&directory, &ask, &[]);

        let is_other = |shown: &Shown<'_>| {
            shown.line.region.is_some() && ask.region.is_some() && shown.line.region != ask.region
        };
        let others: Vec<_> = found.best.iter().chain(&found.more).map(is_other).collect();
        let has_any_here = others.contains(&false);
        prop_assert!(!has_any_here || directory.lines.len() <= 2 || others.is_sorted());
    }

    #[test]
    fn what_is_known_to_be_closed_is_not_among_the_best_with_open_now_while_another_answers(
        directory in any_country(),
        ask in any_ask(),
    ) {
        let ask = Ask { open_now: true, region: None, ..ask };
        let found = looked_up(&directory, &ask, &[]);

        let is_closed = |line: &Line| matches!(opening(line), Some(Opening::OpensAt { .. }));
        let general = |line: &Line| line.topics.contains(&Topic::EmotionalDistress) && line.audiences.is_empty();
        let another_answers = directory.lines.iter().any(|line| general(line) && !is_closed(line) && line.topics.len() == 1);
        prop_assert!(
            !another_answers || directory.lines.len() <= 2 || !is_closed(found.best[0].line)
        );
    }

    #[test]
    fn a_line_only_gains_by_more_confirmations_and_a_newer_source(
        directory in any_country(),
        ask in any_ask(),
        which in any::<prop::sample::Index>(),
    ) {
        if directory.lines.is_empty() {
            return Ok(());
        }
        let which = which.index(directory.lines.len());
        let place = |directory: &Directory| {
            let mut ask = ask.clone();
            // The second is chosen by what the first leaves open, so only the order of the rest is by merit alone.
            ask.topics.truncate(1);
            let found = looked_up(directory, &ask, &[]);
            let order: Vec<_> = ids(&found.best).into_iter().chain(ids(&found.more)).collect();
            order.iter().position(|id| *id == directory.lines[which].id.as_str()).unwrap()
        };

        let before = place(&directory);
        let mut better = directory.clone();
        better.lines[which].as_of = "2026-11-23".parse().ok();
        better.lines[which].contacts.iter_mut().for_each(|contact| contact.confirmations = 9);
        let after = place(&better);

        prop_assert!(after <= before.max(1), "from {before} to {after}");
    }

    #[test]
    fn the_essentials_show_first_what_the_whole_directory_does(directory in any_country()) {
        let essentials = directory.essentials();
        let visitor = Visitor::default();

        let whole = look_up(&directory, &Ask::default(), &visitor, |_| None);
        let part = look_up(&essentials, &Ask::default(), &visitor, |_| None);

        prop_assert!(essentials.lines.len() <= crate::helpline::N_ESSENTIAL_LINES);
        prop_assert_eq!(&ids(&whole.best)[..1.min(whole.best.len())], &ids(&part.best)[..1.min(whole.best.len())]);
        prop_assert!(ids(&whole.best).iter().all(|id| essentials.lines.iter().any(|line| line.id.as_str() == id)));
    }

    #[test]
    fn the_same_is_found_however_the_languages_of_the_browser_are_written(
        directory in any_country(),
        ask in any_ask(),
        tags in subsequence(vec!["en", "es", "fr", "zh"], 0..3),
    ) {
        let long: Vec<_> = tags.iter().map(|tag| format!("{tag}-US").parse().unwrap()).collect();

        prop_assert_eq!(looked_up(&directory, &ask, &languages(&tags)), looked_up(&directory, &ask, &long));
    }
}
