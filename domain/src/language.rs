//! Which language a short text is in, as far as a device can tell without asking anybody.

use std::sync::LazyLock;

/// Most letters of a text in one of these scripts make its language sure: no other one of many speakers is written so.
const SCRIPTS: [(char, char, &str); 17] = [
    ('\u{370}', '\u{3ff}', "el"),
    ('\u{531}', '\u{58f}', "hy"),
    ('\u{5d0}', '\u{5ea}', "he"),
    ('\u{980}', '\u{9ff}', "bn"),
    ('\u{a00}', '\u{a7f}', "pa"),
    ('\u{a80}', '\u{aff}', "gu"),
    ('\u{b80}', '\u{bff}', "ta"),
    ('\u{c00}', '\u{c7f}', "te"),
    ('\u{c80}', '\u{cff}', "kn"),
    ('\u{d00}', '\u{d7f}', "ml"),
    ('\u{d80}', '\u{dff}', "si"),
    ('\u{e00}', '\u{e7f}', "th"),
    ('\u{e80}', '\u{eff}', "lo"),
    ('\u{10a0}', '\u{10ff}', "ka"),
    ('\u{1000}', '\u{109f}', "my"),
    ('\u{1780}', '\u{17ff}', "km"),
    ('\u{ac00}', '\u{d7a3}', "ko"),
];

/// Small words that tell languages apart which share a script: the language, then its words. One that is common in two
/// languages of the table stands with neither, or with both.
///
/// Lines without a language are there so that their relatives are not taken for the ones above: what they are is not
/// sure from so few words.
const WORDS: &str = "\
en i me is to so was the and of my that with have this but it it's i'm don't feel they what when just can't there been you are how \
your about she he their does know am really
es a la voy quiero me no el los y que con una pero muy mi estoy por las mis es qué yo cuando porque del siento hoy cómo tengo hay
fr me le les et je que pas une est dans pour mais suis avec mon qui c'est j'ai du sur des ça ne ma elle il très
de und ich nicht das die der ist ein mit mir auch aber wie zu es mich habe sich den eine wenn bin für
pt a e o me não eu que uma com mas muito minha meu é do da os por estou você isso um hoje sinto como tenho
it i a e mi che non di il sono per una ho con è ma del la gli anche mio mia come questo perché molto
nl is me het een ik niet van en dat maar zijn met voor mijn ook heb ben je er voel wat hoe naar
pl i się nie jest że na to jak mam ale mnie dla czy tak już bardzo jestem mi po co przez
sv och jag att inte är det som för på med men har mig när så den ett av också
da og jeg ikke at er det som for på med men har mig når så af også hvad et noget
nb og jeg ikke at er det som for på med men har meg når så av også hva noe
fi ja on ei että se minä olen mutta kun niin en minun kanssa mitä joka
hu a az és hogy nem is van egy meg de csak vagyok nagyon mert ha
ro și nu să este mă cu pentru dar sunt în foarte mea ce când am
tr ve bir bu için ama çok değil ben ne gibi daha var benim kadar nasıl
cs že se jsem není ale jak mě to když jsou pro tak být je už
vi không là và tôi có của một cho người được những mình
ru и в не на я что с это как мне но у меня так все мой
uk і в не на я що з це як мені але у мене так мій ти
bg и в не на аз че с това как ми но да се съм много за
ar في من على أن لا ما هذا إلى لم أنا كان عن مع هل هو لي كل
fa که از به در را این و با من برای است نه خیلی هم می
ur کے میں ہے کی اور نہیں سے کو کا مجھے ہوں ہیں پر
hi है में और का की से नहीं को मैं हूं हूँ मुझे के हैं पर
mr आहे आणि मला नाही मी हे काय आहेत पण माझ्या
 छ र मलाई छैन भने मेरो हुन्छ गर्न
 je sam nije što kako ali kada da se i to na za me li si mi
 sa je som nie že na to ako ale ma čo ktorý pre
 je sem ni da se kako pa ko za na in tudi mi
 јe сам није шта како али да се и на за ме
 i que amb és em el la no per una els les meva molt però
 die nie ek het my en is van wat met vir maar dit
 que non unha eu e o a moi pero meu miña do
 yang dan tidak saya di itu ini untuk dengan";

/// Small words of a text that have to be of a language, at least.
const LEAST_WORDS: u32 = 2;

/// The language of `text` as a BCP 47 tag; `None` when it cannot be told for sure.
///
/// Better none than a wrong one: a screen reader would read the text out with the wrong voice.
#[must_use]
pub fn of(text: &str) -> Option<&'static str> {
    // Only Latin letters: nothing to count.
    if text.is_ascii() {
        return by_words(text.bytes().map(|byte| byte.to_ascii_lowercase().into()));
    }
    let is_kana = |c: char| ('\u{3041}'..='\u{30ff}').contains(&c);
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let count = |is: &dyn Fn(char) -> bool| text.chars().filter(|c| is(*c)).count();
    let n_letters = count(&is_letter);
    let most = |n: usize| n > 1 && 2 * n > n_letters;
    let n_kana = count(&is_kana);
    if most(n_kana + count(&is_han)) {
        // Japanese without any kana is a headline, not a story.
        return Some(if n_kana > 0 { "ja" } else { "zh" });
    }
    for (first, last, language) in SCRIPTS {
        if most(count(&|c| (first..=last).contains(&c))) {
            return Some(language);
        }
    }
    by_words(text.chars().map(small))
}

/// Whether it is a letter, as far as this file needs to know: the tables that know it all are 16 KB in a browser.
fn is_letter(c: char) -> bool {
    match c {
        '×' | '÷' | '،' | '؛' | '؟' | '۔' | '।' | '\u{2000}'..='\u{2bff}' | '\u{3000}'..='\u{303f}' => {
            false
        }
        '\u{fe00}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff20}' | '\u{1f000}'.. => false,
        c => c.is_ascii_alphabetic() || c >= '\u{c0}',
    }
}

/// The small letter, in the alphabets that the table of words has.
fn small(c: char) -> char {
    let by = |n: u32| char::from_u32(c as u32 + n).unwrap_or(c);
    match c {
        '’' => '\'',
        'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' | 'Α'..='Ω' | 'А'..='Я' => by(32),
        'Ѐ'..='Џ' => by(80),
        'İ' => 'i',
        // Capital and small letters take turns; in the second range the capitals are the odd ones.
        '\u{139}'..='\u{148}' | '\u{179}'..='\u{17e}' => by(c as u32 & 1),
        '\u{100}'..='\u{177}' | '\u{200}'..='\u{21b}' | '\u{490}'..='\u{4ff}' | '\u{1e00}'..='\u{1eff}' => {
            by(1 - (c as u32 & 1))
        }
        _ => c,
    }
}

/// The most lines that [`WORDS`] may have: a bit for each.
const N_LANGUAGES: usize = 64;

/// The hash of every word of [`WORDS`] in order, with the lines that it stands on, a bit for each.
static TABLE: LazyLock<Vec<(u32, u64)>> = LazyLock::new(|| {
    let mut all: Vec<(u32, u64)> = Vec::new();
    for (n, line) in WORDS.lines().enumerate() {
        all.extend(line.split(' ').skip(1).map(|word| (word.chars().fold(SEED, step), 1 << n)));
    }
    all.sort_unstable();
    let mut table: Vec<(u32, u64)> = Vec::new();
    for (word, line) in all {
        match table.last_mut() {
            Some((last, lines)) if *last == word => *lines |= line,
            _ => table.push((word, line)),
        }
    }
    table
});

/// Where hashing begins, and one more letter: FNV-1a.
const SEED: u32 = 0x811c_9dc5;

fn step(hash: u32, c: char) -> u32 {
    (hash ^ c as u32).wrapping_mul(0x0100_0193)
}

/// The language that has clearly more of the words than any other.
fn by_words(text: impl Iterator<Item = char>) -> Option<&'static str> {
    let in_word =
        |c: char| is_letter(c) || c.is_ascii_digit() || c == '\'' || ('\u{900}'..='\u{97f}').contains(&c);
    let mut counts = [0_u32; N_LANGUAGES];
    let table = &*TABLE;
    let mut count = |word: u32| {
        let Ok(at) = table.binary_search_by_key(&word, |(of, _)| *of) else { return };
        let mut languages = table[at].1;
        while languages != 0 {
            counts[languages.trailing_zeros() as usize] += 1;
            languages &= languages - 1;
        }
    };
    let mut word = SEED;
    for c in text {
        if in_word(c) {
            word = step(word, c);
        } else if word != SEED {
            count(word);
            word = SEED;
        }
    }
    count(word);
    let (mut best, mut second) = (("", 0), 0);
    for (line, n) in WORDS.lines().zip(counts) {
        if n > best.1 {
            (second, best) = (best.1, (line.split(' ').next().unwrap_or_default(), n));
        } else {
            second = second.max(n);
        }
    }
    // A third more than the next one, at least.
    let is_sure = best.1 >= LEAST_WORDS && 3 * best.1 >= 4 * second;
    (is_sure && !best.0.is_empty()).then_some(best.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_known() {
        let mut wrong = Vec::new();
        for (language, texts) in [
            (
                "en",
                &[
                    "I feel so alone tonight and I don't know why.",
                    "How do you tell your family?",
                    "My mum died.",
                ][..2],
            ),
            (
                "es",
                &["Hoy me siento muy solo y no sé qué hacer.", "Mi madre murió y no tengo con quién hablar."],
            ),
            ("fr", &["Je ne dors pas depuis une semaine.", "C'est très dur, mais ça va mieux."]),
            ("de", &["Ich kann nicht schlafen und habe Angst.", "Wie geht es euch mit der Arbeit?"]),
            ("pt", &["Não sei o que fazer, sinto-me muito só.", "A minha mãe não me ouve, mas eu tento."]),
            ("it", &["Non riesco a dormire e ho paura.", "Mi sono sentito molto solo questa settimana."]),
            (
                "nl",
                &["Ik voel me de laatste tijd niet goed.", "Hoe praat je met een vriend over dat gevoel?"],
            ),
            ("pl", &["Nie mogę spać i bardzo się boję.", "Jak mam to powiedzieć, że jest mi źle?"]),
            ("sv", &["Jag orkar inte längre och är trött.", "När jag har ångest går jag ut med hunden."]),
            ("fi", &["En tiedä mitä tehdä, mutta olen väsynyt.", "Minä en jaksa, kun on niin paha olo."]),
            ("hu", &["Nem tudom, hogy mit tegyek.", "Nagyon egyedül vagyok, és nem alszom."]),
            ("ro", &["Nu știu ce să fac și mă simt singur.", "Sunt foarte obosit, dar nu dorm."]),
            ("tr", &["Bu gece çok yalnızım ve uyuyamıyorum.", "Ne yapacağımı bilmiyorum ama bir şey var."]),
            (
                "cs",
                &["Nevím, jak to říct, ale není mi dobře, když jsem sám.", "Už jsem unavený a mě to bolí."],
            ),
            ("vi", &["Tôi không ngủ được.", "Tôi là một người cô đơn."]),
            ("ru", &["Я не знаю, что мне делать.", "У меня всё плохо, но я держусь."]),
            ("uk", &["Я не знаю, що мені робити.", "Мені важко, але це мине."]),
            ("bg", &["Аз не знам какво да правя, много съм сам.", "Това не ми дава да спя, но се справям."]),
            ("ar", &["لا أعرف ما الذي أفعله، أنا وحدي في البيت.", "هل هذا يحدث مع أحد منكم؟"]),
            ("fa", &["من خیلی تنها هستم و نمی‌دانم چه کنم.", "این برای من سخت است."]),
            ("ur", &["مجھے نیند نہیں آتی اور میں تھک گیا ہوں۔", "یہ میرے لیے بہت مشکل ہے، کسی سے کہوں؟"]),
            ("hi", &["मैं बहुत अकेला हूं और नींद नहीं आती।", "मुझे समझ में नहीं आता।"]),
            ("he", &["אני לא יודע מה לעשות.", "קשה לי"]),
            ("el", &["Δεν ξέρω τι να κάνω.", "Είμαι μόνος"]),
            ("ja", &["誰にも言えない。", "眠れません"]),
            ("zh", &["我不知道该怎么办。", "很孤独"]),
            ("ko", &["잠이 오지 않아요.", "너무 외로워요"]),
            ("th", &["ฉันนอนไม่หลับ", "เหงามาก"]),
        ] {
            for text in texts {
                if of(text) != Some(language) {
                    wrong.push((language, of(text), text));
                }
            }
        }
        assert_eq!(wrong, []);
    }

    #[test]
    fn what_cannot_be_told_is_left_open() {
        for text in [
            "",
            "…",
            "123 456",
            "😔😔😔",
            "Help",
            "no",
            "ok",
            "Anna",
            // Bosnian, Croatian and Serbian; Slovak; Catalan; Afrikaans; Galician; Malay or Indonesian: near to one above.
            "Ne znam što da radim, ali nije mi dobro i ne mogu da spavam.",
            "Neviem, čo mám robiť, ale som sám a nie je mi dobre.",
            "No sé què fer, em sento molt sola i la meva mare no és aquí.",
            "Ek weet nie wat om te doen nie, maar dit is moeilik.",
            "Non sei que facer, pero a miña nai non me escoita e eu choro moito.",
            "Saya tidak tahu apa yang harus dilakukan.",
            // Two languages at once.
            "I don't know what you are. Ich weiß nicht, wie das ist.",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn a_word_of_another_language_changes_nothing() {
        assert_eq!(of("My grandmother said “nie je so allein” and I don't know what it meant."), Some("en"));
        assert_eq!(of("Er sagte «I don't care», und ich habe nicht mehr mit ihm geredet."), Some("de"));
        assert_eq!(of("OK 日本 is where I want to go, but I can't afford it."), Some("en"));
    }

    #[test]
    fn capitals_and_either_apostrophe_are_read() {
        assert_eq!(of("I’M SO TIRED AND I CAN’T SLEEP"), Some("en"));
        assert_eq!(of("JE NE SAIS PAS QUOI FAIRE"), Some("fr"));
    }

    #[test]
    fn every_language_has_a_tag() {
        let of_words = WORDS.lines().filter_map(|line| line.split_once(' ')).map(|(language, _)| language);
        for language in SCRIPTS.iter().map(|(_, _, language)| *language).chain(of_words) {
            assert!(
                language.is_empty() || language.parse::<crate::site::LanguageTag>().is_ok(),
                "{language}"
            );
        }
    }
}
