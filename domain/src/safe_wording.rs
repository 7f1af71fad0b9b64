//! Whether words that a site writes for its authors are safe: by the project's own rules of wording and by WHO, "Preventing
//! suicide: a resource for media professionals, update 2023", which asks for no language of crime or
//! success, no method, no blame and no sensation.
//!
//! A list of phrases finds what people usually write, and not all that hurts.

use std::fmt;

/// What is unsafe about some words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unsafe {
    /// Suicide as a crime, a success or a failure: "committed suicide".
    Crime,
    /// How somebody hurt themselves.
    Method,
    /// It is somebody's fault.
    Blame,
    /// What nobody can promise: "someone will answer".
    Promise,
    /// An exclamation mark.
    Exclamation,
    /// A word in capital letters, as if shouted.
    Capitals,
}

impl Unsafe {
    /// What to write instead, in English.
    #[must_use]
    pub const fn suggestion(self) -> &'static str {
        match self {
            Self::Crime => "write “died by suicide” or “suicide attempt”",
            Self::Method => "leave out how it was done",
            Self::Blame => "say what to change, without blame",
            Self::Promise => "say what usually happens, and promise nothing",
            Self::Exclamation => "end the sentence with a full stop",
            Self::Capitals => "write it in small letters",
        }
    }
}

/// Unsafe words, and where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong with them.
    pub what: Unsafe,
    /// The first Unicode scalar value.
    pub start: usize,
    /// The one after the last.
    pub end: usize,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "is unsafe from character {} to {}: {}", self.start + 1, self.end, self.what.suggestion())
    }
}

/// Small letters only; a word matches whole, and `*` at its end stands for any ending.
const PHRASES: [(Unsafe, &[&str]); 4] = [
    (
        Unsafe::Crime,
        &[
            // en
            "commit suicide",
            "committed suicide",
            "commits suicide",
            "committing suicide",
            "successful suicide",
            "completed suicide",
            "failed suicide",
            "unsuccessful suicide",
            "suicide epidemic",
            // es
            "cometió suicidio",
            "cometer suicidio",
            "cometió un suicidio",
            "suicidio consumado",
            "suicidio exitoso",
            "intento fallido",
            // de
            "selbstmord*",
            "beging suizid",
            "suizid begangen",
            "erfolgreicher suizid",
            "gescheiterter suizid",
            // fr
            "a commis un suicide",
            "commettre un suicide",
            "commis le suicide",
            "suicide réussi",
            "suicide raté",
            // pt
            "cometeu suicídio",
            "cometer suicídio",
            "suicídio consumado",
            "suicídio bem-sucedido",
        ],
    ),
    (
        Unsafe::Method,
        &[
            "hanged",
            "hanging",
            "hang yourself",
            "overdose*",
            "noose",
            "slit",
            "gunshot",
            "shot himself",
            "shot herself",
            "shot themselves",
            "jumped from",
            "jump from",
            "jumped off",
            "carbon monoxide",
            "pills",
            "ahorcó",
            "ahorcar*",
            "ahorcado",
            "sobredosis",
            "se disparó",
            "saltó desde",
            "cortarse las venas",
            "erhängt*",
            "erhängen",
            "überdosis",
            "sprang von",
            "erschoss",
            "pulsadern",
            "strick",
            "pendu*",
            "se pendre",
            "surdose",
            "sauté du",
            "sauté de",
            "s'est tiré",
            "veines",
            "enforcou",
            "enforcar*",
            "overdose",
            "pulou de",
            "atirou em si",
            "cortar os pulsos",
        ],
    ),
    (
        Unsafe::Blame,
        &[
            "your fault",
            "you should have",
            "you should be ashamed",
            "selfish*",
            "attention seeking",
            "attention-seeking",
            "shame on you",
            "pull yourself together",
            "think of your family",
            "coward*",
            "culpa tuya",
            "tu culpa",
            "deberías haber",
            "deberías avergonzarte",
            "egoísta*",
            "llamar la atención",
            "cobarde*",
            "deine schuld",
            "du hättest",
            "schäm dich",
            "egoistisch*",
            "reiß dich zusammen",
            "feig*",
            "ta faute",
            "votre faute",
            "tu aurais dû",
            "vous auriez dû",
            "égoïste*",
            "lâche*",
            "culpa sua",
            "tua culpa",
            "deveria ter",
            "egoísmo",
            "covarde*",
        ],
    ),
    (
        Unsafe::Promise,
        &[
            "someone will answer",
            "somebody will answer",
            "someone will reply",
            "we will answer",
            "we'll answer",
            "we will always",
            "we promise",
            "i promise",
            "you will be fine",
            "everything will be fine",
            "it will get better",
            "guarantee*",
            "help is on the way",
            "alguien te responderá",
            "alguien responderá",
            "te responderemos",
            "te prometo",
            "prometemos",
            "todo irá bien",
            "todo saldrá bien",
            "garantiza*",
            "jemand wird antworten",
            "wir antworten dir",
            "wir versprechen",
            "ich verspreche",
            "alles wird gut",
            "garantier*",
            "quelqu'un répondra",
            "quelqu'un vous répondra",
            "nous vous répondrons",
            "nous promettons",
            "je promets",
            "tout ira bien",
            "garanti*",
            "alguém vai responder",
            "alguém responderá",
            "nós responderemos",
            "prometemos",
            "prometo",
            "vai ficar tudo bem",
        ],
    ),
];

/// Capital letters in a row that are a word and no abbreviation: "STOP", and not "NHS".
const SHOUTED_LETTERS: usize = 4;

/// What is unsafe in `text`, in its order.
#[must_use]
pub fn findings(text: &str) -> Vec<Finding> {
    let chars: Vec<char> = text.chars().collect();
    let small: Vec<char> = chars
        .iter()
        .map(|c| match c {
            '’' | '‘' => '\'',
            c if c.is_whitespace() => ' ',
            c => {
                // Those few letters that become two in small stay as they are: places must not move.
                let mut small = c.to_lowercase();
                small.next().filter(|_| small.next().is_none()).unwrap_or(*c)
            }
        })
        .collect();
    let mut findings = Vec::new();
    for (what, phrases) in PHRASES {
        for phrase in phrases {
            findings.extend(places(&small, phrase).map(|(start, end)| Finding { what, start, end }));
        }
    }
    findings.extend(
        chars.iter().enumerate().filter(|(_, c)| matches!(c, '!' | '¡' | '！')).map(|(start, _)| Finding {
            what: Unsafe::Exclamation,
            start,
            end: start + 1,
        }),
    );
    let mut start = 0;
    for word in chars.split(|c| !c.is_alphabetic()) {
        let end = start + word.len();
        if word.len() >= SHOUTED_LETTERS && word.iter().all(|c| c.is_uppercase()) {
            findings.push(Finding { what: Unsafe::Capitals, start, end });
        }
        start = end + 1;
    }
    findings.sort_by_key(|finding| (finding.start, finding.end));
    // The same in two languages.
    findings.dedup();
    findings
}

/// Where a phrase stands as whole words.
fn places(text: &[char], phrase: &str) -> impl Iterator<Item = (usize, usize)> {
    let (stem, is_open) = match phrase.strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (phrase, false),
    };
    let stem: Vec<char> = stem.chars().collect();
    let n = stem.len();
    (0..(text.len() + 1).saturating_sub(n)).filter_map(move |start| {
        let is_there = text[start..start + n] == stem[..]
            && !start.checked_sub(1).is_some_and(|before| text[before].is_alphanumeric());
        if !is_there {
            return None;
        }
        let rest = text[start + n..].iter().take_while(|c| c.is_alphanumeric()).count();
        (is_open || rest == 0).then_some((start, start + n + if is_open { rest } else { 0 }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Unsafe, String)> {
        let words = |f: &Finding| text.chars().take(f.end).skip(f.start).collect();
        findings(text).iter().map(|finding| (finding.what, words(finding))).collect()
    }

    #[test]
    fn words_that_hurt_are_found_where_they_stand() {
        for (text, what, words) in [
            ("Your text says he committed suicide.", Unsafe::Crime, "committed suicide"),
            ("Nach dem Selbstmordversuch", Unsafe::Crime, "Selbstmordversuch"),
            ("Dice que cometió suicidio", Unsafe::Crime, "cometió suicidio"),
            ("Elle a commis un suicide", Unsafe::Crime, "a commis un suicide"),
            ("Ele cometeu suicídio", Unsafe::Crime, "cometeu suicídio"),
            ("Please leave out the overdose.", Unsafe::Method, "overdose"),
            ("You should have told us.", Unsafe::Blame, "You should have"),
            ("Someone will answer soon.", Unsafe::Promise, "Someone will answer"),
            ("Quelqu’un vous répondra.", Unsafe::Promise, "Quelqu’un vous répondra"),
            ("Thank you!", Unsafe::Exclamation, "!"),
            ("Please STOP naming people.", Unsafe::Capitals, "STOP"),
        ] {
            assert_eq!(found(text), [(what, words.to_owned())], "{text}");
        }
    }

    #[test]
    fn safe_words_pass() {
        for text in [
            "Thank you for writing. Please leave out your school's name, and send it again.",
            "He died by suicide. If you are in danger now, call the NHS or the SOS line.",
            "Your text tells how it was done. Others who read it may be hurt by that.",
            "Gracias por escribir. Por favor, quita el nombre de tu colegio.",
            "The pillows were soft; she was commited to her work.",
            "",
            "شكرًا لكتابتك.",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn all_that_is_unsafe_is_told_in_its_order_with_what_to_write_instead() {
        let found = findings("NEVER say that! We promise.");

        let whats: Vec<_> = found.iter().map(|finding| finding.what).collect();
        assert_eq!(whats, [Unsafe::Capitals, Unsafe::Exclamation, Unsafe::Promise]);
        assert_eq!(
            found[1].to_string(),
            "is unsafe from character 15 to 15: end the sentence with a full stop"
        );
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in ["İ", "ß", "ǅ", "a\u{301}", "*", "!", "İSTANBUL COMMITTED SUICIDE"] {
            let _ = findings(text);
        }
    }
}
