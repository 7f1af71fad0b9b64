//! The words that authors are named by, as `locales/` has them: nobody's name may hurt them.

#![expect(clippy::disallowed_methods, reason = "the lists are what is tested")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use peer_support_domain::pseudonym::N_WORDS;
use serde_json::Value;

/// Words that came up and stay out, with what is wrong with them.
const UNKIND: [(&str, &[&str]); 3] = [
    (
        "en",
        &[
            // Said of bodies, of the slow, the sly and the frightened.
            "Whale", "Pig", "Cow", "Hippo", "Elephant", "Manatee", "Sloth", "Snail", "Slug", "Fox", "Weasel",
            "Snake", "Rat", "Shark", "Vulture", "Leech", "Chicken", "Goose", "Donkey", "Ass", "Ape",
            "Monkey", "Worm", "Cuckoo", "Badger", // Said of sex; an illness.
            "Beaver", "Cougar", "Cock", "Tit", "Booby", "Swallow", "Easy", "Thrush", "Crab",
            // Beside a story of grief they mock.
            "Merry", "Cheerful", "Happy", "Jolly", "Lively", "Playful", "Glad", "Laughing",
            // Too near to what people come with.
            "Blue", "Black", "Dark", "Lost", "Lonely", "Sad", "Broken", "Empty", "Crazy", "Mad", "Wild",
            "Sick", "Open",
        ],
    ),
    (
        "es",
        &[
            "Ballena",
            "Foca",
            "Cerdo",
            "Vaca",
            "Zorro",
            "Zorra",
            "Burro",
            "Rata",
            "Gallina",
            "Pavo",
            "Mono",
            "Víbora",
            "Oso",
            "Mariposa",
            "Mariquita",
            "Pato",
            "Pájaro",
            "Perro",
            "Cabra",
            "Conejo",
            "Almeja",
            "Marmota",
            "Cernícalo",
            "Chorlito",
            "Guanaco",
            "Buitre",
            "Halcón",
            "Grillo",
            "Camaleón",
            "Canguelo",
            "Besugo",
            "Merluzo",
            "alegre",
            "feliz",
            "sonriente",
            "radiante",
            "jovial",
            "especial",
            "fácil",
            "triste",
            "gris",
            "oriental",
            "vigilante",
        ],
    ),
    (
        "ar",
        &[
            "حوت",
            "دب",
            "فيل",
            "ثور",
            "خنزير",
            "كلب",
            "حمار",
            "بغل",
            "خروف",
            "تيس",
            "بقرة",
            "قرد",
            "ثعلب",
            "أرنب",
            "طاووس",
            "بوم",
            "غراب",
            "عقاب",
            "حمل",
            "مهر",
            "شبل",
            "أسد",
            "خطّاف",
            "حمام",
            "سرطان",
            "نعام",
            "جمل",
            "قبّر",
            "رقيق",
            "فضولي",
            "مرح",
            "سعيد",
            "مبتسم",
            "بشوش",
            "متفائل",
            "أسود",
            "حزين",
            "وحيد",
            "سهل",
            "جنوبي",
        ],
    ),
];

fn lists(language: &str) -> [Vec<String>; 2] {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../locales/{language}.json"));
    let texts: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    ["adjectives", "animals"]
        .map(|name| texts[name].as_str().unwrap().split(',').map(str::to_owned).collect())
}

#[test]
fn every_language_has_as_many_words_as_there_are_numbers_for() {
    for (language, _) in UNKIND {
        for list in lists(language) {
            assert_eq!(list.len(), N_WORDS, "{language}");
            assert_eq!(
                list.iter().collect::<BTreeSet<_>>().len(),
                N_WORDS,
                "{language}: a word stands twice"
            );
            let is_word = |word: &String| word.chars().count() > 1 && word.trim() == word;
            assert!(list.iter().all(is_word), "{language}: {list:?}");
        }
    }
    assert_eq!((usize::from(u16::MAX) + 1) % N_WORDS, 0);
}

#[test]
fn nobody_is_called_by_a_word_that_hurts() {
    for (language, unkind) in UNKIND {
        let called: Vec<_> = lists(language).into_iter().flatten().collect();
        let found: Vec<_> = unkind
            .iter()
            .filter(|word| called.iter().any(|one| one.to_lowercase() == word.to_lowercase()))
            .collect();

        assert!(found.is_empty(), "{language}: {found:?}");
    }
}

/// An adjective stands beside animals of both genders, so it may have no form of its own for one of them.
#[test]
fn spanish_adjectives_fit_every_animal() {
    let [adjectives, _] = lists("es");
    let invariable = ["turquesa", "violeta", "esmeralda"];

    let gendered: Vec<_> = adjectives
        .iter()
        .filter(|word| word.ends_with(['o', 'a']) && !invariable.contains(&word.as_str()))
        .collect();

    assert!(gendered.is_empty(), "{gendered:?}");
}
