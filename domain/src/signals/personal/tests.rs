use super::places;
use crate::bundle;
use crate::signals::known::Known;
use crate::signals::plain::Plain;

/// What is found in a text, and why.
fn found(text: &str) -> Vec<(String, &'static str)> {
    let bundle = "helplines 1\nGB\n!g999\n+Listeners\ntse\nlen\n/www.listeners.example.org/\nP0808 157 0000 ⇥ +448081570000\n";
    let directory = bundle::decode(&bundle.replace(" ⇥ ", "\t")).unwrap();
    let known = Known::parse(&Known::of([&directory]).bytes());
    let part =
        |start: u32, end: u32| text.chars().skip(start as usize).take((end - start) as usize).collect();
    places(&Plain::of(text), &known)
        .iter()
        .map(|place| (part(place.span.start, place.span.end), place.reason.as_str()))
        .collect()
}

fn is_found(text: &str, part: &str, reason: &str) {
    assert!(found(text).contains(&(part.to_owned(), reason)), "{text}: {:?}", found(text));
}

#[test]
fn ways_to_reach_somebody_are_found() {
    is_found("ring me on 07700 900321 after six", "07700 900321", "phone");
    is_found("my cell: (202) 555-0117", "(202) 555-0117", "phone");
    is_found("+33 1 99 00 45 67 c'est moi", "+33 1 99 00 45 67", "phone");
    is_found("電話は090-1234-5678です", "090-1234-5678", "phone");
    is_found(
        "zero seven seven double zero nine one two",
        "zero seven seven double zero nine one two",
        "phone",
    );
    is_found("write to lena.b@post.example.org please", "lena.b@post.example.org", "email");
    is_found("lena at post dot example dot com", "lena at post dot example dot com", "email");
    is_found("lena(at)example(dot)com", "lena(at)example(dot)com", "email");
    is_found("my insta is lena_draws22", "lena_draws22", "handle");
    is_found("follow @lena.draws", "@lena.draws", "handle");
    is_found("all of it is on https://lena.example.com/blog", "https://lena.example.com/blog", "link");
}

#[test]
fn who_somebody_is_and_where_they_live_is_found() {
    is_found("my name is Lena Brandtner and I am new", "Lena Brandtner", "name");
    is_found("me llamo Lucía Ferrer Pons", "Lucía Ferrer Pons", "name");
    is_found("my teacher Oskar Lindqvist shouted", "Oskar Lindqvist", "name");
    is_found("मेरा नाम कविता शर्मा है", "कविता शर्मा", "name");
    is_found("come to 14 Larch Road tonight", "14 Larch Road", "address");
    is_found("vivo en calle Olmo 23", "calle Olmo 23", "address");
    is_found("Ich wohne Lindenstraße 12", "Lindenstraße 12", "address");
    is_found("j'habite 7 rue des Tilleuls", "7 rue des Tilleuls", "address");
    is_found("my ssn is 078-05-1120", "078-05-1120", "id_number");
    is_found("IBAN DE00 1234 5678 9012 3456 78", "DE00 1234 5678 9012 3456 78", "id_number");
}

#[test]
fn numbers_of_helplines_are_nobodys() {
    assert_eq!(found("call 0808 157 0000, or +44 808 157 0000, or 999"), []);
    assert_eq!(found("listeners.example.org helped me, so did https://www.listeners.example.org/chat"), []);
}

#[test]
fn other_numbers_are_none_of_a_person() {
    for text in [
        "50 mg in the morning, 100 mg at night",
        "woke at 3:47, slept at 23:15",
        "on 14/02/2025 and from 2010-2015",
        "1 2 3 4 5 6 7 8 breathe",
        "I owe £12,450 and my rent is 1150",
        "10000000 people",
        "scored 21 of 27, 3/10, 19.4",
        "I am 34, she is 8",
        "he said @ 5pm",
        "10 min drive to work",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn names_that_everybody_knows_are_none_of_a_person_by_themselves() {
    for text in [
        "I love Taylor Swift",
        "Merry Christmas from New York",
        "I am Sad and Tired",
        "We met in San Francisco",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}
