//! A text as rules and model read it: plain letters in words in sentences, each of which knows where it came from.

use crate::search::plain;

/// Letters looked at in one word; more are no word.
const MAX_LETTERS: usize = 24;
/// Single letters in a row that are read as one word: "k i l l".
const MIN_SPELLED: usize = 3;

/// One word: a run of letters and digits, an emoji, or a run of a script that does not divide words.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// Where it begins and ends in the text, in Unicode scalar values.
    pub at: (u32, u32),
    /// Where its plain letters begin and end in [`Plain::letters`].
    pub letters: (u32, u32),
    /// The hash of its plain letters.
    pub hash: u32,
    /// Counted from 0; a line break ends a sentence, too.
    pub sentence: u32,
    /// Counted from 0; a comma ends a clause, too.
    pub clause: u32,
    /// Whether it is all capitals, three at least.
    pub is_shouted: bool,
    /// Whether it stands in quotation marks.
    pub is_quoted: bool,
    /// Whether its script writes words without spaces between them.
    pub is_undivided: bool,
}

/// A text in plain form.
///
/// Case, accents, apostrophes and how often a letter is repeated are gone, and digits inside a word are the letters they look
/// like: "I CAN'T", "i cant" and "i caaant" are one. What was composed and what was not read the same.
#[derive(Default)]
pub struct Plain {
    /// The text as it was.
    pub chars: Vec<char>,
    /// The plain letters of all words.
    pub letters: Vec<char>,
    /// The words, in order.
    pub words: Vec<Word>,
}

impl Plain {
    /// Reads a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut read = Self { chars: text.chars().collect(), ..Self::default() };
        read.letters.reserve(read.chars.len());
        let mut reader =
            Reader { read, sentence: 0, clause: 0, quote: None, is_open: false, is_in_account: false };
        for at in 0..reader.read.chars.len() {
            reader.take(at);
        }
        reader.close();
        let mut read = reader.read;
        read.join_spelled();
        read.join_contracted();
        read.part_from_am();
        for word in &mut read.words {
            let (from, to) = (word.at.0 as usize, word.at.1 as usize);
            word.is_shouted = to - from >= 3 && read.chars[from..to].iter().all(|c| c.is_ascii_uppercase());
            word.hash = hash_of(&read.letters[word.letters.0 as usize..word.letters.1 as usize]);
        }
        read
    }

    /// The plain letters of a word.
    #[must_use]
    pub fn letters_of(&self, word: &Word) -> &[char] {
        &self.letters[word.letters.0 as usize..word.letters.1 as usize]
    }

    /// Makes one word of single letters that follow each other in one sentence.
    fn join_spelled(&mut self) {
        let is_single = |word: &Word| {
            word.letters.1 - word.letters.0 == 1 && word.at.1 - word.at.0 == 1 && !word.is_undivided
        };
        if self.words.windows(MIN_SPELLED).all(|words| !words.iter().all(is_single)) {
            return;
        }
        let mut joined: Vec<Word> = Vec::with_capacity(self.words.len());
        let mut at = 0;
        while at < self.words.len() {
            let first = self.words[at];
            let n = self.words[at..]
                .iter()
                .take(MAX_LETTERS)
                .take_while(|word| is_single(word) && word.sentence == first.sentence)
                .count();
            if n >= MIN_SPELLED {
                let last = self.words[at + n - 1];
                joined.push(Word {
                    at: (first.at.0, last.at.1),
                    letters: (first.letters.0, last.letters.1),
                    ..first
                });
                at += n;
            } else {
                joined.push(first);
                at += 1;
            }
        }
        self.words = joined;
    }

    /// Makes one word of two that an apostrophe stood between, where something took it out.
    fn join_contracted(&mut self) {
        let mut n_joined = 0;
        for at in 1..self.words.len() {
            let (before, word) = (self.words[at - 1 - n_joined], self.words[at]);
            let n_letters = |word: &Word| word.letters.1 - word.letters.0;
            let are_beside = before.at.1 + 1 == word.at.0 && before.letters.1 == word.letters.0;
            let may_be = are_beside && (n_letters(&word) <= 2 || n_letters(&before) <= 2);
            if may_be && self.is_contracted(&before, &word) {
                let joined = &mut self.words[at - 1 - n_joined];
                (joined.at.1, joined.letters.1) = (word.at.1, word.letters.1);
                n_joined += 1;
            } else {
                self.words[at - n_joined] = word;
            }
        }
        self.words.truncate(self.words.len() - n_joined);
    }

    /// Takes "am" off a word that it has grown together with, after "i", and "i" off the word before "am": "i amgonna",
    /// "whyi am".
    fn part_from_am(&mut self) {
        let mut at = 1;
        while at < self.words.len() {
            let (before, word) = (self.words[at - 1], self.words[at]);
            let is_am = before.sentence == word.sentence
                && matches!(self.letters_of(&word), ['a', 'm'] | ['a', 'm', _, _, ..]);
            let begin = match self.letters_of(&before) {
                [begin @ .., 'i'] if is_am => begin,
                _ => {
                    at += 1;
                    continue;
                }
            };
            if !begin.is_empty() {
                if !BEFORE_I.iter().any(|known| begin.iter().copied().eq(known.chars())) {
                    at += 1;
                    continue;
                }
                let (end, letter) = (before.at.1, before.letters.1);
                let i = Word { at: (end - 1, end), letters: (letter - 1, letter), ..before };
                self.words[at - 1].at.1 -= 1;
                self.words[at - 1].letters.1 -= 1;
                self.words.insert(at, i);
                at += 1;
            }
            let word = &mut self.words[at];
            if word.letters.1 - word.letters.0 > 2 {
                word.letters.0 += 2;
                word.at.0 += 2;
            }
            at += 1;
        }
    }

    fn is_contracted(&self, before: &Word, word: &Word) -> bool {
        let is = |word: &Word, letters: &str| self.letters_of(word).iter().copied().eq(letters.chars());
        let is_space = self.chars[before.at.1 as usize] == ' ';
        let is_vowel = |c: &char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
        let is_elided = || {
            word.letters.1 - word.letters.0 >= 2
                && self.letters_of(word).first().is_some_and(is_vowel)
                && ELIDED.iter().any(|first| is(before, first))
        };
        let is_shortened = || {
            CONTRACTED
                .iter()
                .any(|(end, befores)| is(word, end) && befores.iter().any(|first| is(before, first)))
        };
        is_space && before.sentence == word.sentence && (is_shortened() || is_elided())
    }
}

/// What stands after a lost apostrophe, and the words before it: "don t", "i m", "we ll"; letters that repeat are one.
const CONTRACTED: [(&str, &[&str]); 6] = [
    (
        "t",
        &[
            "don", "can", "won", "isn", "wasn", "didn", "doesn", "couldn", "wouldn", "shouldn", "haven",
            "hasn", "aren", "weren", "hadn", "ain",
        ],
    ),
    ("m", &["i"]),
    ("ve", &["i", "you", "we", "they", "could", "should", "would"]),
    ("l", &["i", "you", "he", "she", "we", "they", "it"]),
    ("re", &["you", "we", "they"]),
    ("s", &["he", "she", "it", "that", "there", "what"]),
];
/// The same in French, where the short piece comes first: "j ai", "c est", "qu il".
const ELIDED: [&str; 3] = ["j", "c", "qu"];

/// What "i" grows together with where a space was lost before it.
const BEFORE_I: [&str; 24] = [
    "and", "anymore", "because", "but", "cause", "feel", "guess", "help", "here", "hope", "if", "it", "know",
    "life", "like", "me", "now", "so", "sorry", "that", "think", "what", "when", "why",
];

struct Reader {
    read: Plain,
    sentence: u32,
    clause: u32,
    quote: Option<char>,
    is_open: bool,
    /// Whether it stands in the name of an account, after an `@`.
    is_in_account: bool,
}

impl Reader {
    fn take(&mut self, at: usize) {
        let c = self.read.chars[at];
        let next = self.read.chars.get(at + 1).copied().unwrap_or(' ');
        let before = if at == 0 { ' ' } else { self.read.chars[at - 1] };
        self.is_in_account &= is_letter(c) || c.is_ascii_digit() || c == '_';
        if self.is_in_account {
            if let Some(word) = self.read.words.last_mut() {
                word.at.1 = at as u32 + 1;
            }
            return;
        }
        if matches!(c, ',' | ':' | ';' | '\n' | '.' | '!' | '?' | '…' | '–' | '—' | '(' | ')') {
            self.clause += 1;
        }
        match c {
            '\n' | '。' | '！' | '？' | '؟' | '।' | '…' => {
                self.close();
                self.sentence += 1;
                self.quote = None;
            }
            '.' | '!' | '?' | ';' => {
                self.close();
                self.sentence += u32::from(!is_letter(next));
            }
            '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' => {
                self.close();
                self.quote = if self.quote.is_some() && c != '„' && c != '«' && c != '「' {
                    None
                } else {
                    Some(c)
                };
            }
            // Drawn over or beside others: the variation selector, the joiner and the skin tones of emoji.
            '\u{fe0f}' | '\u{200d}' | '\u{1f3fb}'..='\u{1f3ff}' => {}
            '£' | '€' | '₹' | '¥' | '$' if !is_letter(before) || !is_letter(next) => {
                self.close();
                self.push(at, '€', false);
                self.close();
            }
            // Whoever is spoken to says nothing; nor do twenty in a row.
            '@' if !is_letter(before) && !before.is_ascii_digit() && is_letter(next) => {
                self.close();
                if self.read.letters.last() != Some(&'@') {
                    self.push(at, '@', false);
                }
                self.close();
                self.is_in_account = true;
            }
            '*' | '@' | '$' if is_letter(before) && is_letter(next) => {
                let looks_like = match c {
                    '@' => 'a',
                    '$' => 's',
                    _ => return,
                };
                // An address keeps its parts: only between two small pieces is the sign a letter.
                self.push(at, looks_like, false);
            }
            '0'..='9' if is_latin(before) && is_latin(next) && self.is_open => {
                let looks_like = match c {
                    '0' => 'o',
                    '1' => 'i',
                    '3' => 'e',
                    '4' => 'a',
                    '5' => 's',
                    '7' => 't',
                    _ => c,
                };
                self.push(at, looks_like, false);
            }
            '\u{ff01}'..='\u{ff5e}' => {
                let narrow = char::from_u32(c as u32 - 0xfee0).unwrap_or(' ');
                self.take_plain(at, narrow);
            }
            _ => self.take_plain(at, c),
        }
    }

    fn take_plain(&mut self, at: usize, c: char) {
        let c = if c == 'ё' || c == 'Ё' { 'е' } else { c };
        match plain(c) {
            None => {
                // A mark belongs to the letter before it.
                if self.is_open
                    && let Some(word) = self.read.words.last_mut()
                {
                    word.at.1 = at as u32 + 1;
                }
            }
            Some(' ') => self.close(),
            Some(c) if is_emoji(c) => {
                self.close();
                self.push(at, c, false);
                self.close();
            }
            Some(c) => self.push(at, c, is_undivided(c)),
        }
    }

    fn push(&mut self, at: usize, c: char, is_undivided: bool) {
        let is_new =
            !self.is_open || self.read.words.last().is_some_and(|word| word.is_undivided != is_undivided);
        if is_new {
            let from = self.read.letters.len() as u32;
            self.read.words.push(Word {
                at: (at as u32, at as u32),
                letters: (from, from),
                hash: 0,
                sentence: self.sentence,
                clause: self.clause,
                is_shouted: false,
                is_quoted: self.quote.is_some(),
                is_undivided,
            });
            self.is_open = true;
        }
        let Some(word) = self.read.words.last_mut() else { return };
        word.at.1 = at as u32 + 1;
        let n_letters = (word.letters.1 - word.letters.0) as usize;
        let is_repeated =
            n_letters > 0 && self.read.letters.last() == Some(&c) && !c.is_ascii_digit() && !is_undivided;
        if !is_repeated && n_letters < MAX_LETTERS {
            self.read.letters.push(c);
            word.letters.1 += 1;
        } else if !is_repeated {
            self.is_open = false;
        }
    }

    fn close(&mut self) {
        self.is_open = false;
    }
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic()
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic()
        || c >= '\u{c0}' && !('\u{2000}'..='\u{206f}').contains(&c) && !('\u{3000}'..='\u{303f}').contains(&c)
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// Scripts that write words without spaces: Han, kana, Thai, Lao, Khmer, Burmese.
fn is_undivided(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}'
        | '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

/// Where hashing begins: FNV-1a's offset.
pub const SEED: u32 = 0x811c_9dc5;

/// One more letter into a hash.
#[must_use]
pub fn step(hash: u32, c: u32) -> u32 {
    (hash ^ c).wrapping_mul(0x0100_0193)
}

/// Spreads a hash over all its bits, so that any of them can choose a place.
#[must_use]
pub fn spread(hash: u32) -> u32 {
    let hash = (hash ^ (hash >> 15)).wrapping_mul(0x85eb_ca6b);
    let hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

/// The hash of plain letters.
#[must_use]
pub fn hash_of(letters: &[char]) -> u32 {
    spread(letters.iter().fold(SEED, |hash, &c| step(hash, c as u32)))
}

/// A map by hashes, which need not be hashed again.
pub type ByHash<T> = std::collections::HashMap<u32, T, std::hash::BuildHasherDefault<AsIs>>;

/// Takes a hash for what it is.
#[derive(Default)]
pub struct AsIs(u64);

impl std::hash::Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 << 8 | u64::from(*byte);
        }
    }

    fn write_u32(&mut self, hash: u32) {
        // The map takes its place from the lower bits and a mark from the upper ones.
        self.0 = u64::from(hash) << 32 | u64::from(hash);
    }
}
