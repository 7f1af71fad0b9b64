use super::model::Model;
use super::{InvalidSignals, Signal, Signals, THRESHOLD, pack};
use proptest::prelude::*;

const RULES: &str = "@die = die dying dead
[crisis exempt]
dying of laughter|boredom
[crisis exempt_sentence]
movie|film
[crisis direct_statement 0.97]
i ?really want|wanna to @die -but
-@die i wish .. gone
^ good bye $
";

/// Signals of these rules, and of weights that are as good as random.
fn signals(rules: &str) -> Signals {
    let weights: Vec<f32> = (0..64_i32).map(|n| ((n * 37 % 19) - 9) as f32).collect();
    let model = Model::of(&weights, -1.0, 0.1).bytes();
    Signals::parse(&pack([("rules/en", rules.as_bytes()), ("weights/hostile", &model)])).unwrap()
}

fn crisis(text: &str) -> f32 {
    signals(RULES).of(text, Some("en")).of(Signal::Crisis).score
}

fn words_of(text: &str, signal: Signal) -> Vec<String> {
    let signals = signals(RULES);
    let report = signals.of(text, Some("en"));
    let part =
        |start: u32, end: u32| text.chars().skip(start as usize).take((end - start) as usize).collect();
    report.of(signal).places.iter().map(|place| part(place.span.start, place.span.end)).collect()
}

#[test]
fn a_pattern_is_found_however_it_is_typed() {
    for text in [
        "I want to die",
        "I WANT TO DIE",
        "i reaaally waaant to dieee",
        "ok. i wanna to d1e",
        "Ｉ want to die",
    ] {
        assert_eq!(crisis(text), 0.97, "{text}");
    }
}

#[test]
fn what_stands_around_a_pattern_takes_it_away() {
    assert!(crisis("i want to die but") < THRESHOLD, "`-` behind it");
    assert!(crisis("dead i wish i was gone") < THRESHOLD, "`-` before it");
    assert!(crisis("i want to die. in the film") >= THRESHOLD, "another sentence");
    assert!(crisis("in the film i want to die") < THRESHOLD, "the same sentence");
    assert!(crisis("i want to dying of laughter") < THRESHOLD, "an exemption that overlaps");
    assert!(crisis("she said \"i want to die\" and went") < THRESHOLD, "somebody else's words");
    assert!(crisis("\"i want to die\"") >= THRESHOLD, "all of it in quotation marks");
}

#[test]
fn signs_count_once_each_and_for_less_in_a_long_text() {
    let signals =
        signals("[crisis sign 1]\nalone|lonely\n[crisis sign 0.5]\nempty\n[crisis sign -1]\nrent\n");
    let of = |text: &str| signals.read(text, Some("en")).signs[Signal::Crisis as usize];

    assert_eq!(of("so alone and lonely"), of("so alone and calm"));
    assert!(of("so alone and empty") > of("so alone and calm"));
    assert!(of("so alone and rent") < of("so alone and calm"));
    assert!(of(&format!("so alone {}", "and ".repeat(50))) < of("so alone and calm"));
    assert_eq!(of("i amlonely again"), of("i am lonely"), "a space was lost");
}

#[test]
fn a_space_that_was_lost_before_i_am_changes_nothing() {
    let signals = signals("[crisis direct_statement 0.9]\ni am lost\n");
    let found = |text: &str| {
        let report = signals.of(text, Some("en"));
        let places: Vec<_> = report.of(Signal::Crisis).places.iter().map(|place| place.span).collect();
        places.iter().map(|span| text[span.start as usize..span.end as usize].to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(found("i know whyi am lost"), ["i am lost"]);
    assert_eq!(found("I said taxi am lost"), [""; 0]);
    assert_eq!(found("Whyi am lost. Nowi am lost"), ["i am lost", "i am lost"]);
}

#[test]
fn who_asks_for_a_way_to_die_may_need_help() {
    let signals = signals("[method_detail method_search 0.88]\nhow to die\n[crisis exempt_sentence]\nfilm\n");
    let is_found = |text: &str| signals.of(text, Some("en")).of(Signal::Crisis).is_found();

    assert!(is_found("tell me how to die"));
    assert!(!is_found("the film is about how to die"));
}

#[test]
fn gaps_and_ends_of_sentences_are_kept() {
    assert!(crisis("i wish i were gone") >= THRESHOLD);
    assert!(crisis("i wish one two three four gone") < THRESHOLD);
    assert!(crisis("i wish. gone") < THRESHOLD);
    assert!(crisis("good bye!") >= THRESHOLD);
    assert!(crisis("a good bye") < THRESHOLD);
    assert!(crisis("good bye to you") < THRESHOLD);
}

#[test]
fn places_lie_on_the_words() {
    assert_eq!(words_of("🌧️ Well, é. I want to DIE!!! ok", Signal::Crisis), ["I want to DIE"]);
}

#[test]
fn a_language_without_rules_is_said_to_be_one() {
    let signals = signals(RULES);

    assert!(signals.of("I feel so alone and I don't know why", None).has_rules);
    let report = signals.of("nie mogę spać i bardzo się boję", None);
    assert_eq!((report.language, report.has_rules), (Some("pl"), false));
    assert!(!signals.of("hm", None).has_rules);
    assert!(signals.of("hm", Some("pt-BR")).has_rules);
}

#[test]
fn what_is_no_file_of_signals_is_refused() {
    let error = |bytes: &[u8]| Signals::parse(bytes).err().unwrap();

    assert_eq!(error(b""), InvalidSignals::Version);
    assert_eq!(error(b"signals 1\n"), InvalidSignals::Version);
    assert_eq!(error(b"signals 2\nrules/en 9\nshort"), InvalidSignals::Part);
    assert_eq!(error(&pack([("weights/mood", &[][..])])), InvalidSignals::Part);
    assert_eq!(error(&pack([("weights/crisis", &[1][..])])), InvalidSignals::Part);
    let rules = pack([("rules/en", &b"[crisis direct_statement 0.9]\ni am @unknown\n"[..])]);
    assert_eq!(error(&rules).to_string(), "rules of a language: line 2: an unknown class");
}

#[test]
fn weights_come_back_from_their_bytes() {
    let mut weights = vec![0.0; 2048];
    for place in [0, 1, 254, 255, 509, 510, 1019, 2047] {
        weights[place] = if place % 2 == 0 { 1.0 } else { -2.0 };
    }
    let bytes = Model::of(&weights, 0.5, 0.5).bytes();

    assert_eq!(Model::parse(&bytes).unwrap().bytes(), bytes);
    for cut in 0..bytes.len() {
        let _ = Model::parse(&bytes[..cut]);
    }
    for number in [1e30_f32, -1e30, f32::INFINITY, f32::NAN] {
        let large = [&number.to_le_bytes()[..], &bytes[4..]].concat();
        assert!(Model::parse(&large).is_none(), "{number} would leave no number of a text");
    }
}

proptest! {
    #[test]
    fn any_text_has_scores_from_zero_to_one_and_places_inside_it(text in "\\PC{0,120}|(i want to die|٠٧7️⃣|@a.b|\\u{301}|。|x ){0,30}") {
        let signals = signals(RULES);
        let report = signals.of(&text, None);

        let n_chars = text.chars().count() as u32;
        for (signal, finding) in report.iter() {
            prop_assert!((0.0..=1.0).contains(&finding.score), "{}", signal.as_str());
            for place in &finding.places {
                prop_assert!(place.span.start < place.span.end && place.span.end <= n_chars);
            }
            prop_assert!(finding.places.windows(2).all(|two| two[0].span <= two[1].span));
        }
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes: Vec<u8>, name in "(rules/en|weights/crisis|known)") {
        let _ = Signals::parse(&bytes);
        let _ = Signals::parse(&pack([(name.as_str(), &bytes[..])]));
    }

    #[test]
    fn no_text_makes_it_panic(text: String) {
        let _ = signals(RULES).of(&text, None);
    }
}
