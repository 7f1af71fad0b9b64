//! Phrase rules: patterns of words that say something plainly, and those that look like it and do not.
//!
//! They stand in `signals/rules/`, a language a file, in a notation of lines:
//!
//! ```text
//! # a comment
//! @die = die dying dead                a class of words; a word may end in `*`: all that begin so
//! [crisis direct_statement 0.97]       what the patterns below it say: signal, reason, score
//! i ?really want|wanna to @die         words in a row: one of several by `|`, one that may be missing by `?`
//! i .. kil myself -@if                 `..` up to three other words, `..5` up to five; `-` none of these may follow within
//! -@not i want to @die $               three words, or stand within three before; `^` and `$`: the sentence begins, ends
//! text win to #5|#6                    `#` a number of any length, `#5` one of five digits, `#9` of nine or more
//! [crisis exempt]                      a pattern below it takes away what it overlaps
//! [crisis exempt_sentence]             … or all in its sentence
//! [crisis sign 1.5]                    what is found below it says little alone: it counts once a text, by its weight,
//!                                      which is below 0 when it speaks against the signal
//! ```
//!
//! Words are compared in plain form, so accents, case, apostrophes and repeated letters may be written or not.
//! Nothing that a rule says crosses a sentence. Classes are also what the model sees of a word, by their names, which are the
//! same in all languages: what it learns of one it knows of all.

use super::plain::{ByHash, Plain, SEED, Word, hash_of, spread, step};
use super::{Reason, Signal};
use crate::search::plain;
use std::collections::HashMap;

/// Languages that have rules, in the order of the bits in a [`Languages`].
pub const LANGUAGES: [&str; 5] = ["en", "es", "de", "fr", "pt"];

/// A set of [`LANGUAGES`], a bit each.
pub type Languages = u8;

/// Where and why a text is not a file of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct InvalidRule {
    /// Counted from 1.
    pub line: usize,
    /// What was expected.
    pub problem: &'static str,
}

/// How many words `..` stands for, at most.
const GAP: u8 = 3;
/// Within how many words before or after a pattern none of a `-` may stand.
const NEAR: usize = 3;
/// Bits of a hash by which stems are told from what is none.
const STEM_BITS: u32 = 14;
/// The fewest letters before a `*`.
const MIN_STEM: usize = 1;
/// The most letters before a `*`.
const MAX_STEM: usize = 14;

/// Classes of words about death, harm, despair and parting.
const GRAVE: [&str; 25] = [
    "die", "kill", "self", "life", "end", "here", "sleep", "wake", "alone", "pain", "tired", "hope", "bye",
    "give", "burden", "pills", "means", "cut", "letter", "hit", "threat", "lock", "afraid", "touch", "cant",
];

/// A set of words: an item of a pattern or a class.
type SetId = u16;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Item {
    Word(SetId),
    Maybe(SetId),
    Gap(u8),
    Begin,
    End,
}

/// What a pattern means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meaning {
    /// The signal, by this reason, with this score.
    Says(Reason, f32),
    /// Nothing of the signal, where it stands.
    Exempt,
    /// Nothing of the signal in its sentence.
    ExemptSentence,
    /// A sign of it, which counts so much once a text, together with others under the same heading.
    Sign(f32, u16),
}

struct Rule {
    signal: Signal,
    meaning: Meaning,
    language: Languages,
    not_before: Vec<SetId>,
    not_after: Vec<SetId>,
    items: Vec<Item>,
}

/// A pattern that was found.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    /// What it is about.
    pub signal: Signal,
    /// What it says.
    pub meaning: Meaning,
    /// Whether a negation of the same clause stands before it, or ends the clause after it.
    pub is_negated: bool,
    /// Which pattern it is, in the order in which they were added.
    pub rule: u32,
    /// The first word and the one after the last.
    pub words: (usize, usize),
}

/// The rules of all languages.
#[derive(Default)]
pub struct Rules {
    rules: Vec<Rule>,
    /// The rules whose first word is of a set.
    by_first: Vec<Vec<u32>>,
    /// The sets a word is of, by the hash of its letters; and those of all that begin so.
    words: ByHash<Vec<SetId>>,
    stems: ByHash<Vec<SetId>>,
    /// The sets a number is of: of any length, then by how many digits it has.
    numbers: [Vec<SetId>; 10],
    /// Which language a set is of, and which class it is, if it is one.
    sets: Vec<(Languages, Option<u8>)>,
    classes: Vec<String>,
    /// How many headings of signs there are.
    n_signs: u16,
    denial: Denial,
    /// A bit for each hash in `stems`: most beginnings of words are of none.
    stem_bits: Vec<u64>,
}

/// The classes, a bit each, by which a denial is known.
#[derive(Clone, Copy, Default)]
struct Denial {
    /// "not", "never".
    neg: u64,
    /// "stop": what cannot be stopped is not denied.
    stop: u64,
    /// "I": what comes after it is another statement.
    me: u64,
}

/// Of each word of a text, the sets it is of, in order.
pub struct Marked {
    sets: Vec<SetId>,
    ends: Vec<u32>,
    /// Of each word, the classes, a bit each.
    pub classes: Vec<u64>,
}

impl Marked {
    fn is(&self, word: usize, set: SetId) -> bool {
        self.of(word).binary_search(&set).is_ok()
    }

    fn of(&self, word: usize) -> &[SetId] {
        let from = if word == 0 { 0 } else { self.ends[word - 1] as usize };
        &self.sets[from..self.ends[word] as usize]
    }
}

impl Rules {
    /// Adds the rules of a language.
    ///
    /// # Errors
    ///
    /// When a line is not in the notation.
    pub fn add(&mut self, language: &str, text: &str) -> Result<(), InvalidRule> {
        let bit = LANGUAGES.iter().position(|known| *known == language).map_or(0, |at| 1 << at);
        let mut classes: HashMap<String, SetId> = HashMap::new();
        let mut items: HashMap<String, SetId> = HashMap::new();
        let mut heading: Option<(Signal, Meaning)> = None;
        for (index, line) in text.lines().enumerate() {
            let wrong = |problem| InvalidRule { line: index + 1, problem };
            let line = line.trim();
            if line.is_empty() || is_comment(line) {
                continue;
            }
            if let Some(inside) = line.strip_prefix('[') {
                let (signal, mut meaning) = read_heading(inside.trim_end_matches(']')).map_err(wrong)?;
                if let Meaning::Sign(_, at) = &mut meaning {
                    *at = self.n_signs;
                    self.n_signs += 1;
                }
                heading = Some((signal, meaning));
            } else if let Some((name, words)) = line.split_once(" = ") {
                let name = name.strip_prefix('@').ok_or(wrong("a class begins with @"))?;
                let set = match classes.get(name) {
                    Some(&set) => set,
                    None => {
                        let class = self.class(name).ok_or(wrong("more than 64 classes"))?;
                        let set = self.new_set(bit, Some(class));
                        classes.insert(name.to_owned(), set);
                        set
                    }
                };
                for word in words.split_whitespace() {
                    self.put(set, word).map_err(wrong)?;
                }
            } else {
                let (signal, meaning) = heading.ok_or(wrong("a heading before the patterns"))?;
                self.add_pattern(bit, signal, meaning, line, &classes, &mut items).map_err(wrong)?;
            }
        }
        let bit = |name: &str| {
            let class = self.classes.iter().position(|class| class == name);
            class.map_or(0, |bit| 1_u64 << bit)
        };
        self.denial = Denial { neg: bit("neg"), stop: bit("stop"), me: bit("i") };
        self.stem_bits = vec![0; 1 << (STEM_BITS - 6)];
        for hash in self.stems.keys() {
            self.stem_bits[(hash >> (38 - STEM_BITS)) as usize] |= 1 << (hash >> (32 - STEM_BITS) & 63);
        }
        Ok(())
    }

    /// Whether a word that begins so may be of a set.
    fn may_be_stem(&self, hash: u32) -> bool {
        let bits = self.stem_bits.get((hash >> (38 - STEM_BITS)) as usize);
        bits.is_some_and(|bits| bits >> (hash >> (32 - STEM_BITS) & 63) & 1 != 0)
    }

    fn class(&mut self, name: &str) -> Option<u8> {
        let at = self.classes.iter().position(|known| known == name).unwrap_or_else(|| {
            self.classes.push(name.to_owned());
            self.classes.len() - 1
        });
        (at < 64).then_some(at as u8)
    }

    fn new_set(&mut self, language: Languages, class: Option<u8>) -> SetId {
        self.sets.push((language, class));
        (self.sets.len() - 1) as SetId
    }

    /// Puts a word, or all that begin like it, into a set.
    fn put(&mut self, set: SetId, word: &str) -> Result<(), &'static str> {
        if word.contains('?') {
            return Err("? stands before what may be missing");
        }
        if let Some(n_digits) = word.strip_prefix('#') {
            let n_digits =
                if n_digits.is_empty() { 0 } else { n_digits.parse().map_err(|_| "a number after #")? };
            let sets = self.numbers.get_mut(n_digits).ok_or("0 to 9 digits after #")?;
            if !sets.contains(&set) {
                sets.push(set);
            }
            return Ok(());
        }
        // The sign stands for money of any kind.
        let letters = if word == "€" { vec!['€'] } else { plain_letters(word.trim_end_matches('*')) };
        if letters.is_empty() {
            return Err("a word without letters");
        }
        let hash = hash_of(&letters);
        let sets = if word.ends_with('*') {
            if !(MIN_STEM..=MAX_STEM).contains(&letters.len()) {
                return Err("1 to 14 letters before *");
            }
            self.stems.entry(hash).or_default()
        } else {
            self.words.entry(hash).or_default()
        };
        if !sets.contains(&set) {
            sets.push(set);
        }
        Ok(())
    }

    fn add_pattern(
        &mut self,
        language: Languages,
        signal: Signal,
        meaning: Meaning,
        line: &str,
        classes: &HashMap<String, SetId>,
        known: &mut HashMap<String, SetId>,
    ) -> Result<(), &'static str> {
        let mut rule = Rule {
            signal,
            meaning,
            language,
            not_before: Vec::new(),
            not_after: Vec::new(),
            items: Vec::new(),
        };
        for item in line.split_whitespace() {
            if let Some(n) = item.strip_prefix("..") {
                let n = if n.is_empty() { GAP } else { n.parse().map_err(|_| "a number after ..")? };
                rule.items.push(Item::Gap(n));
                continue;
            }
            match item {
                "^" => {
                    rule.items.push(Item::Begin);
                    continue;
                }
                "$" => {
                    rule.items.push(Item::End);
                    continue;
                }
                _ => {}
            }
            let words = item.trim_start_matches(['-', '?']);
            let set = match (words.strip_prefix('@'), known.get(words)) {
                (Some(class), _) if !class.contains('|') => *classes.get(class).ok_or("an unknown class")?,
                (_, Some(&set)) => set,
                _ => {
                    let set = self.new_set(language, None);
                    for word in words.split('|') {
                        match word.strip_prefix('@') {
                            Some(class) => {
                                let class = *classes.get(class).ok_or("an unknown class")?;
                                let words = self.words.values_mut().chain(self.stems.values_mut());
                                for sets in words.chain(&mut self.numbers) {
                                    if sets.contains(&class) && !sets.contains(&set) {
                                        sets.push(set);
                                    }
                                }
                            }
                            None => self.put(set, word)?,
                        }
                    }
                    known.insert(words.to_owned(), set);
                    set
                }
            };
            match item.as_bytes()[0] {
                b'-' if rule.items.is_empty() => rule.not_before.push(set),
                b'-' => rule.not_after.push(set),
                b'?' => rule.items.push(Item::Maybe(set)),
                _ => rule.items.push(Item::Word(set)),
            }
        }
        // A pattern is looked up by its first words: those that may be missing make several.
        let mut firsts = Vec::new();
        for item in &rule.items {
            match item {
                Item::Word(set) => {
                    firsts.push(*set);
                    break;
                }
                Item::Maybe(set) => firsts.push(*set),
                Item::Begin => {}
                _ => return Err("a pattern begins with a word"),
            }
        }
        if !rule.items.iter().any(|item| matches!(item, Item::Word(_))) {
            return Err("a pattern has a word that must be there");
        }
        let id = self.rules.len() as u32;
        for first in firsts {
            if self.by_first.len() <= usize::from(first) {
                self.by_first.resize(usize::from(first) + 1, Vec::new());
            }
            let rules = &mut self.by_first[usize::from(first)];
            if !rules.contains(&id) {
                rules.push(id);
            }
        }
        self.rules.push(rule);
        Ok(())
    }

    /// Says of each word what the rules of `languages` know of it.
    #[must_use]
    pub fn mark(&self, text: &Plain, languages: Languages) -> Marked {
        let n_words = text.words.len();
        let mut marked = Marked {
            sets: Vec::with_capacity(2 * n_words),
            ends: Vec::with_capacity(n_words),
            classes: Vec::with_capacity(n_words),
        };
        let is_asked = |set: &&SetId| self.sets[**set as usize].0 & languages != 0;
        for word in &text.words {
            let from = marked.sets.len();
            if let Some(sets) = self.words.get(&word.hash) {
                marked.sets.extend(sets.iter().filter(is_asked));
            }
            let letters = text.letters_of(word);
            if letters.iter().all(char::is_ascii_digit) {
                for sets in [&self.numbers[0], &self.numbers[letters.len().min(9)]] {
                    marked.sets.extend(sets.iter().filter(is_asked));
                }
            }
            let mut hash = SEED;
            for (n, &c) in letters.iter().take(MAX_STEM).enumerate() {
                hash = step(hash, c as u32);
                if n + 1 >= MIN_STEM
                    && self.may_be_stem(spread(hash))
                    && let Some(sets) = self.stems.get(&spread(hash))
                {
                    marked.sets.extend(sets.iter().filter(is_asked));
                }
            }
            marked.sets[from..].sort_unstable();
            let classes = marked.sets[from..]
                .iter()
                .filter_map(|set| self.sets[*set as usize].1)
                .fold(0, |classes, class| classes | 1 << class);
            marked.classes.push(classes);
            marked.ends.push(marked.sets.len() as u32);
        }
        marked
    }

    /// All patterns in a text.
    #[must_use]
    pub fn hits(&self, text: &Plain, marked: &Marked) -> Vec<Hit> {
        let mut hits = Vec::new();
        // Most patterns that begin somewhere have a word that is nowhere in the text.
        let mut there = vec![0_u64; self.sets.len().div_ceil(64)];
        for set in &marked.sets {
            there[usize::from(*set) / 64] |= 1 << (set % 64);
        }
        let is_there = |set: SetId| there[usize::from(set) / 64] >> (set % 64) & 1 != 0;
        let may_be = |id: &u32| {
            self.rules[*id as usize].items.iter().all(|item| match item {
                Item::Word(set) => is_there(*set),
                _ => true,
            })
        };
        // Those that may be, by their first words: words come again, so each set is looked through once.
        let mut left: Vec<u32> = Vec::new();
        let mut left_of: Vec<Option<(u32, u32)>> = vec![None; self.by_first.len()];
        // The word that a pattern was last tried at, counted from 1: its first word may be of several sets.
        let mut tried_at = vec![0_u32; self.rules.len()];
        for at in 0..text.words.len() {
            for set in marked.of(at) {
                let Some(rules) = self.by_first.get(usize::from(*set)) else { continue };
                let (from, to) = *left_of[usize::from(*set)].get_or_insert_with(|| {
                    let from = left.len() as u32;
                    left.extend(rules.iter().filter(|id| may_be(id)));
                    (from, left.len() as u32)
                });
                for &id in &left[from as usize..to as usize] {
                    if tried_at[id as usize] == at as u32 + 1 {
                        continue;
                    }
                    tried_at[id as usize] = at as u32 + 1;
                    let rule = &self.rules[id as usize];
                    if let Some(end) = rule.matches(&text.words, marked, at)
                        && rule.is_alone(&text.words, marked, at, end)
                    {
                        let is_negated = self.is_negated(text, marked, (at, end));
                        let (signal, meaning) = (rule.signal, rule.meaning);
                        hits.push(Hit { signal, meaning, is_negated, rule: id, words: (at, end) });
                    }
                }
            }
        }
        hits
    }

    /// The classes, a bit each, of which a text that shows a crisis has a word, most likely.
    #[must_use]
    pub fn grave(&self) -> u64 {
        let is_grave = |class: &String| GRAVE.contains(&class.as_str());
        (0..).zip(&self.classes).filter(|(_, class)| is_grave(class)).fold(0, |all, (bit, _)| all | 1 << bit)
    }

    /// Whether what is said at `words` is denied: "not gonna …", "never once thought of …", but neither "can't stop thinking
    /// of …" nor "I don't need help I want to …".
    fn is_negated(&self, text: &Plain, marked: &Marked, words: (usize, usize)) -> bool {
        let Denial { neg, stop, me } = self.denial;
        let clause = text.words[words.0].clause;
        for at in (words.0.saturating_sub(NEAR)..words.0).rev() {
            let classes = marked.classes[at];
            if text.words[at].clause != clause || classes & (stop | me) != 0 {
                break;
            }
            if classes & neg != 0 {
                return true;
            }
        }
        let is_last =
            |at: usize| text.words.get(at + 1).is_none_or(|next| next.clause != text.words[at].clause);
        let is_after = |at: usize| text.words.get(at).is_some_and(|word| word.clause == clause);
        is_after(words.1) && is_last(words.1) && marked.classes[words.1] & neg != 0
    }

    /// How many patterns there are, for people to read.
    #[must_use]
    pub fn n_patterns(&self) -> usize {
        self.rules.len()
    }

    /// In which languages a rule is, for tests of the data.
    #[must_use]
    pub fn languages(&self) -> Languages {
        self.rules.iter().fold(0, |all, rule| all | rule.language)
    }
}

impl Rule {
    /// The end of the pattern when it begins at `at`.
    fn matches(&self, words: &[Word], marked: &Marked, at: usize) -> Option<usize> {
        go(&self.items, words, marked, at, at)
    }

    fn is_alone(&self, words: &[Word], marked: &Marked, at: usize, end: usize) -> bool {
        let sentence = words[at].sentence;
        let before = at.saturating_sub(NEAR)..at;
        let after = end..words.len().min(end + NEAR);
        let is_any = |range: std::ops::Range<usize>, sets: &[SetId]| {
            range
                .into_iter()
                .any(|word| words[word].sentence == sentence && sets.iter().any(|set| marked.is(word, *set)))
        };
        !is_any(before, &self.not_before) && !is_any(after, &self.not_after)
    }
}

/// Whether `items` stand at `at`: the place after them.
fn go(items: &[Item], words: &[Word], marked: &Marked, first: usize, at: usize) -> Option<usize> {
    let Some((item, rest)) = items.split_first() else { return Some(at) };
    let sentence = words[first].sentence;
    let is_inside = |at: usize| words.get(at).is_some_and(|word| word.sentence == sentence);
    match *item {
        Item::Word(set) => {
            (is_inside(at) && marked.is(at, set)).then(|| go(rest, words, marked, first, at + 1)).flatten()
        }
        Item::Maybe(set) => {
            let with = (is_inside(at) && marked.is(at, set)).then(|| go(rest, words, marked, first, at + 1));
            with.flatten().or_else(|| go(rest, words, marked, first, at))
        }
        Item::Gap(n) => (0..=usize::from(n))
            .take_while(|skipped| *skipped == 0 || is_inside(at + skipped - 1))
            .find_map(|skipped| go(rest, words, marked, first, at + skipped)),
        Item::Begin => {
            let is_first = at == 0 || words[at - 1].sentence != sentence;
            is_first.then(|| go(rest, words, marked, first, at)).flatten()
        }
        Item::End => (!is_inside(at)).then(|| go(rest, words, marked, first, at)).flatten(),
    }
}

/// Whether a line is for people: `#` and a space. Without the space it is a number, and a pattern may begin with one.
#[must_use]
pub fn is_comment(line: &str) -> bool {
    line == "#" || line.starts_with("# ")
}

fn read_heading(inside: &str) -> Result<(Signal, Meaning), &'static str> {
    let mut parts = inside.split_whitespace();
    let signal = parts.next().and_then(Signal::named).ok_or("[signal reason score]: an unknown signal")?;
    let meaning = match parts.next() {
        Some("exempt") => Meaning::Exempt,
        Some("exempt_sentence") => Meaning::ExemptSentence,
        reason => {
            let score: f32 =
                parts.next().and_then(|score| score.parse().ok()).ok_or("a score after the reason")?;
            if reason == Some("sign") {
                return Ok((signal, Meaning::Sign(score, 0)));
            }
            let reason = reason.and_then(Reason::named).ok_or("[signal reason score]: an unknown reason")?;
            if !(0.0..=1.0).contains(&score) {
                return Err("a score from 0 to 1");
            }
            Meaning::Says(reason, score)
        }
    };
    Ok((signal, meaning))
}

/// The letters of a word of the rules as [`Plain`] has them.
fn plain_letters(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().filter_map(plain).filter(|c| *c != ' ').collect();
    letters.dedup_by(|a, b| a == b && !a.is_ascii_digit());
    letters
}
