//! What a person means who types into a search field: a need, the name of a line, or a country.
//!
//! Everything is compared in a plain form: small letters without accents, Arabic letters without their variants,
//! nothing but letters and digits in words. No table of Unicode is carried for that: letters beyond Latin Extended-A,
//! Greek, Cyrillic and Arabic, and Greek and Vietnamese accents, are compared as they are. Hindi is compared without the dots
//! that many leave out. Japanese and Chinese put no spaces between words, so that each of their signs is a word here.

use crate::{
    contact::Kind,
    country::Country,
    helpline::{Audience, Language, Line, Topic},
    lookup::Ask,
};

/// Words of a query that are looked at, the last ones: whoever writes more has their need in each sentence.
const MAX_WORDS: usize = 32;
/// Letters of a word that are kept: longer than any word of a list, and a bound for the work on one.
const MAX_LETTERS: usize = 24;
/// Words that may stand between two of a term: "my partner always hits me" means `partner hits`.
const MAX_WORDS_BETWEEN: usize = 2;
/// The same between Japanese or Chinese signs, where the list has a space: 老公喝醉了就打我 means `老公 打我`.
const MAX_SIGNS_BETWEEN: usize = 6;
/// Letters from which on an unfinished word stands for the whole; with fewer it could become nearly anything.
const MIN_LETTERS_BEGUN: usize = 4;
/// The same behind other words of its term, which say more than it does.
const MIN_LETTERS_BEGUN_LATER: usize = 3;
/// Letters of the longest words whose first letter has to be right: short words that differ in it are mostly two words.
const MAX_LETTERS_OF_SURE_FIRST: usize = 6;
/// Letters from which on a stem may have a fault: with fewer, `drug*` would be found in "dragonfly".
const MIN_LETTERS_OF_FAULTY_STEM: usize = 6;
/// Digits from which on a query is read as a number to call.
const MIN_DIGITS: usize = 3;

/// Names that people give to countries and that no list of country names has, in plain form.
const OTHER_NAMES: [(&str, &str); 16] = [
    ("AE", "uae|eau"),
    ("CD", "drc|rdc"),
    ("CI", "ivory coast"),
    ("CV", "cape verde"),
    ("CZ", "czech republic"),
    ("GB", "uk|great britain|england|scotland|wales|inglaterra|gran bretana|escocia|gales|بريطانيا|انجلترا"),
    ("KR", "korea|corea|كوريا"),
    ("MM", "burma|birmania"),
    ("NL", "holland|holanda|هولندا"),
    ("PS", "palestine|palestina|فلسطين"),
    ("SY", "سوريا|سوريه"),
    ("SZ", "swaziland|suazilandia"),
    ("TL", "east timor"),
    ("TR", "turkey|turquia|تركيا"),
    ("US", "usa|america|eeuu|estados unidos|امريكا"),
    ("VA", "holy see|vaticano"),
];

/// The words of one language for all that can be asked for.
///
/// Read from `helplines/terms/LANG.txt`: comments behind `#`, and lines like these.
///
/// ```text
/// topic suicide: want to die, suicid*      a topic, as in the country files; `*` stands for any ending
/// audience youth: teenager, for teens      an audience
/// kind sms: text, texting                  a kind of contact
/// language es: spanish                     a language, by its tag
/// open: open now                           that it must not be closed now
/// plain: brief, tape                       words that mean nothing here, though they look like one that does
/// ```
///
/// A term that stands in several lines means all of them. Japanese and Chinese signs of a term stand side by side unless
/// there is a space between them.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    words: Vec<Word>,
    /// Places in `words`, those of a term side by side.
    spelled: Vec<u16>,
    terms: Vec<Term>,
    languages: Vec<Language>,
}

/// A word of the list, once for all terms.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    letters: Vec<char>,
    /// Whether any ending may follow.
    is_stem: bool,
    /// Whether it stands right behind the word before it: the signs of 自殺, or `24/7`.
    is_next: bool,
}

#[derive(Clone, Copy, Debug)]
struct Term {
    meaning: Meaning,
    /// Where its words begin in `spelled`, and how many it has.
    from: u16,
    n_words: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Topic(Topic),
    Audience(Audience),
    Kind(Kind),
    /// A place in `languages`.
    Language(u8),
    Open,
    Plain,
}

/// Why a text is not a list of terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct InvalidTerms {
    /// Counted from 1.
    pub line: usize,
    /// What was expected.
    pub problem: &'static str,
}

/// A term in a query.
struct Match {
    meaning: Meaning,
    n_words: u16,
    unlikeness: u8,
    /// The words of the query that it consists of, a bit each.
    words: u32,
}

impl Terms {
    /// Reads a list.
    ///
    /// # Errors
    ///
    /// When a line is none of the kinds above, names something unknown, or has a term without letters.
    pub fn parse(text: &str) -> Result<Terms, InvalidTerms> {
        let mut terms = Terms::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                terms.read(line).map_err(|problem| InvalidTerms { line: index + 1, problem })?;
            }
        }
        Ok(terms)
    }

    fn read(&mut self, line: &str) -> Result<(), &'static str> {
        let (what, list) = line.split_once(':').ok_or("expected what is meant, a colon and its terms")?;
        let (what, name) = what.split_once(' ').unwrap_or((what, ""));
        let meaning = match what {
            "topic" => {
                Topic::ALL.iter().find(|topic| topic.as_str() == name).map(|topic| Meaning::Topic(*topic))
            }
            "audience" => {
                let known = Audience::ALL.iter().find(|audience| audience.as_str() == name);
                known.map(|audience| Meaning::Audience(*audience))
            }
            "kind" => Kind::ALL.into_iter().find(|kind| kind.as_str() == name).map(Meaning::Kind),
            "language" => name.parse().ok().map(|language| {
                self.languages.push(language);
                Meaning::Language((self.languages.len() - 1) as u8)
            }),
            "open" if name.is_empty() => Some(Meaning::Open),
            "plain" if name.is_empty() => Some(Meaning::Plain),
            _ => None,
        };
        let meaning = meaning.ok_or("not a topic, audience, kind, language, open or plain")?;
        for term in list.split([',', '،']) {
            let from = self.spelled.len();
            for word in term.split_ascii_whitespace() {
                let (word, is_stem) = match word.strip_suffix('*') {
                    Some(stem) => (stem, true),
                    None => (word, false),
                };
                let words = plain_words(word);
                let n_words = words.len();
                for (at, letters) in words.into_iter().enumerate() {
                    let word = Word { letters, is_stem: is_stem && at + 1 == n_words, is_next: at > 0 };
                    let place = self.words.iter().position(|known| *known == word).unwrap_or_else(|| {
                        self.words.push(word);
                        self.words.len() - 1
                    });
                    self.spelled.push(place as u16);
                }
            }
            let n_words = self.spelled.len() - from;
            if n_words == 0 {
                return Err("a term without letters");
            }
            self.terms.push(Term { meaning, from: from as u16, n_words: n_words as u16 });
        }
        Ok(())
    }

    /// What `query` asks for; an empty [`Ask`] when nothing in it is known.
    ///
    /// A term is found when its words stand in the query in their order, with up to two others between them. A word
    /// may have one wrong, missing or superfluous letter, or two exchanged ones, from four letters on, and two such
    /// faults from eight on; the last word may be unfinished. A word that the list has is never read as a faulty
    /// other one, and the words of a longer term are not read as a shorter one too: `drug abuse` is not `abuse`.
    #[must_use]
    pub fn understand(&self, query: &str) -> Ask {
        let mut query = plain_words(query);
        query.drain(..query.len().saturating_sub(MAX_WORDS));
        let unlike = self.unlikenesses(&query);
        let mut matches: Vec<Match> = Vec::new();
        for term in &self.terms {
            let spelled = &self.spelled[usize::from(term.from)..usize::from(term.from + term.n_words)];
            for start in 0..query.len() {
                let Some((words, unlikeness)) = self.spelled_at(spelled, start, &unlike, query.len()) else {
                    continue;
                };
                let found = Match { meaning: term.meaning, n_words: term.n_words, unlikeness, words };
                let rank = |one: &Match| (u16::MAX - one.n_words, one.unlikeness);
                let at = matches.partition_point(|other| rank(other) <= rank(&found));
                matches.insert(at, found);
            }
        }

        let mut ask = Ask::default();
        let mut taken: Vec<&Match> = Vec::new();
        for found in &matches {
            let is_part = taken.iter().any(|other| {
                other.words & found.words != 0
                    && (other.n_words > found.n_words || other.unlikeness < found.unlikeness)
            });
            if is_part {
                continue;
            }
            taken.push(found);
            match found.meaning {
                Meaning::Topic(topic) => add(&mut ask.topics, topic),
                Meaning::Audience(audience) => add(&mut ask.audiences, audience),
                Meaning::Kind(kind) => add(&mut ask.kinds, kind),
                Meaning::Language(place) => {
                    add(&mut ask.languages, self.languages[usize::from(place)].clone());
                }
                Meaning::Open => ask.open_now = true,
                Meaning::Plain => {}
            }
        }
        ask
    }

    /// For each word of the query and each of the list, how unlike they are; `OTHER` when they are not alike.
    fn unlikenesses(&self, query: &[Vec<char>]) -> Vec<u8> {
        let mut all = Vec::with_capacity(query.len() * self.words.len());
        for (at, typed) in query.iter().enumerate() {
            let is_last = at + 1 == query.len();
            let from = all.len();
            let mut is_known = false;
            for word in &self.words {
                let unlikeness = word.unlikeness(typed, is_last);
                is_known |= unlikeness == EXACT;
                all.push(unlikeness);
            }
            if is_known {
                for unlikeness in &mut all[from..] {
                    if *unlikeness >= TYPO {
                        *unlikeness = OTHER;
                    }
                }
            }
        }
        all
    }

    /// The words of the query that spell a term whose first word is at `start`.
    fn spelled_at(&self, spelled: &[u16], start: usize, unlike: &[u8], n_query: usize) -> Option<(u32, u8)> {
        let unlikeness_of = |at: usize, word: u16| unlike[at * self.words.len() + usize::from(word)];
        let (mut at, mut words, mut total) = (start, 0_u32, 0_u8);
        for (nth, word) in spelled.iter().enumerate() {
            let between = match &self.words[usize::from(*word)] {
                word if nth == 0 || word.is_next => 0,
                word if word.letters.first().is_some_and(|c| is_sign(*c)) => MAX_SIGNS_BETWEEN,
                _ => MAX_WORDS_BETWEEN,
            };
            let places = at..n_query.min(at + between + 1);
            let place = places.clone().min_by_key(|place| (unlikeness_of(*place, *word), *place))?;
            let unlikeness = unlikeness_of(place, *word);
            if unlikeness == OTHER || (unlikeness == BEGUN_SHORT && nth == 0) {
                return None;
            }
            words |= 1 << place;
            total = total.saturating_add(unlikeness);
            at = place + 1;
        }
        Some((words, total))
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

// How unlike two words are. A typing error counts more than a word that is not finished.
const EXACT: u8 = 0;
const BEGUN: u8 = 1;
const BEGUN_SHORT: u8 = 2;
const TYPO: u8 = 3;
const OTHER: u8 = u8::MAX;

impl Word {
    fn unlikeness(&self, typed: &[char], is_last: bool) -> u8 {
        if *self.letters == *typed || (self.is_stem && typed.starts_with(&self.letters)) {
            return EXACT;
        }
        if is_last && self.letters.starts_with(typed) {
            return match typed.len() {
                MIN_LETTERS_BEGUN.. => BEGUN,
                MIN_LETTERS_BEGUN_LATER.. => BEGUN_SHORT,
                _ => OTHER,
            };
        }
        // A stem is compared with as many letters as it has, one more or one less; a short one begins too much.
        let (shortest, longest) = match self.letters.len() {
            ..MIN_LETTERS_OF_FAULTY_STEM if self.is_stem => return OTHER,
            n_letters if self.is_stem => (n_letters - 1, n_letters + 1),
            _ => (typed.len(), typed.len()),
        };
        let typos =
            (shortest..=longest).filter_map(|n_letters| n_typos(&self.letters, typed.get(..n_letters)?));
        typos.min().map_or(OTHER, |n_typos| TYPO + n_typos)
    }
}

/// How many letters are wrong, missing, superfluous or exchanged with their neighbour; `None` when too many.
///
/// One may be from four letters on, and two from eight on. In words of up to six letters the first has to be right or
/// be among the exchanged: "trying" is not "crying".
fn n_typos(word: &[char], typed: &[char]) -> Option<u8> {
    let n_allowed = match word.len().min(typed.len()) {
        ..4 => return None,
        4..8 => 1,
        _ => 2,
    };
    let is_exchanged = word[0] == typed[1] && word[1] == typed[0];
    if word.len().abs_diff(typed.len()) > n_allowed
        || (word.len() <= MAX_LETTERS_OF_SURE_FIRST && word[0] != typed[0] && !is_exchanged)
    {
        return None;
    }
    // The optimal string alignment distance, by rows; `before` is the row before `above`.
    let mut before = [0_u8; MAX_LETTERS + 1];
    let mut above = [0_u8; MAX_LETTERS + 1];
    let mut row = [0_u8; MAX_LETTERS + 1];
    for (at, n) in above.iter_mut().enumerate() {
        *n = at as u8;
    }
    for i in 1..=word.len() {
        row[0] = i as u8;
        let mut least = row[0];
        for j in 1..=typed.len() {
            let is_same = word[i - 1] == typed[j - 1];
            let mut n = (above[j - 1] + u8::from(!is_same)).min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && word[i - 1] == typed[j - 2] && word[i - 2] == typed[j - 1] {
                n = n.min(before[j - 2] + 1);
            }
            row[j] = n;
            least = least.min(n);
        }
        if usize::from(least) > n_allowed {
            return None;
        }
        (before, above, row) = (above, row, before);
    }
    Some(above[typed.len()]).filter(|n| usize::from(*n) <= n_allowed)
}

/// The lines whose name is like `query`, the most alike first, or whose number begins with it.
///
/// Each word of the query has to be like a word of the name, or the beginning of one.
#[must_use]
pub fn named<'a>(lines: &'a [Line], query: &str) -> Vec<&'a Line> {
    let query = plain_words(query);
    let joined = query.concat();
    let is_number = joined.len() >= MIN_DIGITS && joined.iter().all(char::is_ascii_digit);
    let of = |line: &Line| {
        let has_number = || {
            let begins = |value: &str| {
                let mut digits = value.chars().filter(char::is_ascii_digit);
                joined.iter().all(|digit| digits.next() == Some(*digit))
            };
            line.contacts.iter().any(|contact| contact.kind().is_number() && begins(contact.value()))
        };
        if is_number && has_number() { Some(0) } else { unlike_name(&query, line.name.as_str(), 2) }
    };
    if joined.len() < 2 { Vec::new() } else { by_unlikeness(lines, &of) }
}

/// The countries whose name or code is like `query`, the most alike first; all of them, as they come, for an empty one.
///
/// Each word of the query has to be like a word of the name, or the beginning of one, in whatever order. `named` are
/// the countries by their names in the visitor's language; a few names that people use besides are known here.
#[must_use]
pub fn find_countries<'a>(named: &'a [(Country, String)], query: &str) -> Vec<&'a (Country, String)> {
    let query = plain_words(query);
    let code: String = query.concat().into_iter().collect();
    by_unlikeness(named, &|(country, name)| {
        if country.as_str().eq_ignore_ascii_case(&code) {
            return Some(0);
        }
        let own = unlike_name(&query, name, 1);
        let others =
            OTHER_NAMES.iter().find(|(of, _)| *of == country.as_str()).map_or("", |(_, names)| *names);
        let others = others.split('|').filter_map(|other| unlike_name(&query, other, MIN_LETTERS_BEGUN));
        own.into_iter().chain(others).min()
    })
}

/// The items that have an unlikeness, the least unlike first; equal ones in their order.
fn by_unlikeness<'a, T>(items: &'a [T], unlikeness: &dyn Fn(&T) -> Option<u32>) -> Vec<&'a T> {
    let mut sorted: Vec<(u32, &T)> = Vec::new();
    for item in items {
        if let Some(unlikeness) = unlikeness(item) {
            let at = sorted.partition_point(|(other, _)| *other <= unlikeness);
            sorted.insert(at, (unlikeness, item));
        }
    }
    sorted.into_iter().map(|(_, item)| item).collect()
}

/// How unlike a query is to a name; `None` when a word of it is like none of the name's.
///
/// Words of at least `min_begun` letters may be unfinished. A name that is written as one word is found by two, and
/// the other way round: "child line", "Childline".
fn unlike_name(query: &[Vec<char>], name: &str, min_begun: usize) -> Option<u32> {
    let name = plain_words(name);
    let mut total = 0;
    for typed in query {
        let like = name.iter().enumerate().filter_map(|(at, letters)| {
            let how = if letters == typed {
                0
            } else if typed.len() >= min_begun && letters.starts_with(typed) {
                1
            } else {
                3 + 2 * u32::from(n_typos(letters, typed)?)
            };
            Some(how * 8 + at.min(7) as u32)
        });
        match like.min() {
            Some(like) => total += like,
            None => {
                let (query, name) = (query.concat(), name.concat());
                let is_in =
                    query.len() >= MIN_LETTERS_BEGUN && name.windows(query.len()).any(|part| *part == *query);
                return is_in.then_some(1000);
            }
        }
    }
    Some(total)
}

/// The letters of U+00C0 to U+017F without their accents, in order.
const LATIN: &[u8; 192] = b"aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty\
aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll\
lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

/// A letter in plain form: a space where words divide, `None` for what stands inside a word and changes nothing.
pub(crate) fn plain(c: char) -> Option<char> {
    Some(match c {
        'a'..='z' | '0'..='9' => c,
        'A'..='Z' => c.to_ascii_lowercase(),
        // Accents and vowel signs of their own, the Arabic letter that is only there to be drawn, marks of
        // direction; and what stands inside a word: "can't" is found by "cant".
        '\u{300}'..='\u{36f}'
        | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}'
        | '\u{670}'
        | '\u{640}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{ad}'
        | '\u{93c}'
        | 'ء'
        | '\''
        | '’'
        | '‘'
        | 'ʼ'
        | '`'
        | '´' => return None,
        '\u{c0}'..='\u{17f}' => LATIN[c as usize - 0xc0] as char,
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ة' => 'ه',
        'ى' | 'ی' | 'ئ' => 'ي',
        'ؤ' => 'و',
        'ک' => 'ك',
        '٠'..='٩' => (b'0' + (c as u32 - 0x660) as u8) as char,
        '۰'..='۹' => (b'0' + (c as u32 - 0x6f0) as u8) as char,
        // Greek and Cyrillic capitals stand 32 before their small letters, the second row of Cyrillic 80.
        'Α'..='Ω' | 'А'..='Я' => char::from_u32(c as u32 + 32).unwrap_or(c),
        'Ѐ'..='Џ' => char::from_u32(c as u32 + 80).unwrap_or(c),
        // Hindi: the nasal sign with and without its moon, and the letters that have a dot.
        'ँ' => 'ं',
        '\u{958}' => 'क',
        '\u{959}' => 'ख',
        '\u{95a}' => 'ग',
        '\u{95b}' => 'ज',
        '\u{95c}' => 'ड',
        '\u{95d}' => 'ढ',
        '\u{95e}' => 'फ',
        '\u{0}'..'\u{c0}'
        | '،'
        | '؛'
        | '؟'
        | '۔'
        | '।'
        | '\u{2000}'..='\u{206f}'
        | '\u{3000}'..='\u{303f}'
        | '！'..='／'
        | '：'..='＠' => ' ',
        _ => c,
    })
}

/// The words of a text in plain form, the first letters of each; every sign that is written without spaces is one.
fn plain_words(text: &str) -> Vec<Vec<char>> {
    let mut spaced = String::with_capacity(text.len());
    for c in text.chars() {
        let around = if is_sign(c) { " " } else { "" };
        spaced.push_str(around);
        spaced.push(c);
        spaced.push_str(around);
    }
    words(&spaced, MAX_LETTERS)
}

/// Kana, or a Chinese character.
fn is_sign(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

/// The words of a text in plain form, each with at most `n_letters`.
pub(crate) fn words(text: &str, n_letters: usize) -> Vec<Vec<char>> {
    let mut words: Vec<Vec<char>> = vec![Vec::new()];
    for plain in text.chars().filter_map(plain) {
        match (plain, words.last_mut()) {
            (' ', Some(word)) if word.is_empty() => {}
            (' ', _) => words.push(Vec::new()),
            (plain, Some(word)) if word.len() < n_letters => word.push(plain),
            _ => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words.iter_mut().for_each(take_article_off);
    words
}

/// Arabic writes "the", alone or with "and", "with", "like", "so" or "for", as one word with what follows.
fn take_article_off(word: &mut Vec<char>) {
    let n_letters = match word.as_slice() {
        ['و' | 'ب' | 'ف' | 'ك', 'ا', 'ل', _, _, _, ..] => 3,
        ['ا' | 'ل', 'ل', _, _, _, ..] => 2,
        _ => 0,
    };
    word.drain(..n_letters);
}

#[cfg(test)]
mod tests;
