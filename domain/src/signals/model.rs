//! A small linear model: what words are made of, hashed into a few thousand places, each with a weight of one byte.
//!
//! It sees of each word its runs of one to five letters (one to four in scripts that do not divide words), the word, it and
//! the one before it, and, with the class of the rules that it is of, that of words shortly before it. What a part of a text
//! weighs is a difference of running sums, so looking at every sentence costs little more than looking at the whole.

use super::plain::{Plain, SEED, spread, step};
use super::rules::{Hit, Marked, Meaning};

/// The longest run of letters.
const MAX_RUN: usize = 5;
const MAX_UNDIVIDED_RUN: usize = 4;
/// Within how many words a class is seen together with another.
const NEAR: usize = 5;
/// The most words that are looked at together, besides a whole text, and by how many the next such part is further on.
pub const WINDOW: usize = 14;
const STEP: usize = 5;

// What a hash begins with says what it is of.
const WORD: u32 = 1;
const TWO_WORDS: u32 = 2;
const CLASS: u32 = 3;
const TWO_CLASSES: u32 = 4;
const HIT: u32 = 5;
const WORDS_APART: u32 = 8;
const SHOUTED: u32 = 6;
const NUMBER: u32 = 7;

/// What the model sees of a text.
pub struct Features {
    /// Hashes.
    pub hashes: Vec<u32>,
    /// Of each word, where its hashes end in [`Features::hashes`].
    pub ends: Vec<u32>,
}

impl Features {
    /// Of each word of a text.
    #[must_use]
    pub fn of(text: &Plain, marked: &Marked, hits: &[Hit]) -> Self {
        let mut features = Self {
            hashes: Vec::with_capacity(text.letters.len() * 5 + text.words.len() * 8),
            ends: Vec::with_capacity(text.words.len()),
        };
        for at in 0..text.words.len() {
            features.add_word(text, marked, at);
            for hit in hits.iter().filter(|hit| hit.words.1 == at + 1) {
                let kind = match hit.meaning {
                    Meaning::Says(reason, _) => 2 + u32::from(reason.0),
                    Meaning::Exempt => 0,
                    Meaning::ExemptSentence => 1,
                    Meaning::Sign(..) => continue,
                };
                features.hashes.push(spread(step(step(step(SEED, HIT), hit.signal as u32), kind)));
            }
            features.ends.push(features.hashes.len() as u32);
        }
        features
    }

    /// Where the hashes of the words from `from` up to `to` stand.
    #[must_use]
    pub fn range(&self, from: usize, to: usize) -> std::ops::Range<usize> {
        let end = |word: usize| if word == 0 { 0 } else { self.ends[word - 1] as usize };
        end(from)..end(to)
    }

    fn add_word(&mut self, text: &Plain, marked: &Marked, at: usize) {
        let word = &text.words[at];
        let letters = text.letters_of(word);
        let hashes = &mut self.hashes;
        if word.is_undivided {
            for from in 0..letters.len() {
                let mut hash = SEED;
                for c in &letters[from..letters.len().min(from + MAX_UNDIVIDED_RUN)] {
                    hash = step(hash, *c as u32);
                    hashes.push(spread(hash));
                }
            }
            return;
        }
        // A space before and after the word, so that how it begins and ends is seen.
        let n = letters.len() + 2;
        let letter = |at: usize| if at == 0 || at == n - 1 { ' ' as u32 } else { letters[at - 1] as u32 };
        for from in 0..n - 1 {
            let mut hash = step(SEED, letter(from));
            for to in from + 1..n.min(from + MAX_RUN) {
                hash = step(hash, letter(to));
                // A single letter of a longer word says nothing.
                if to > from + 1 || from == 0 || n == 3 {
                    hashes.push(spread(hash));
                }
            }
        }
        // Twice, because there are many runs of letters and one word.
        hashes.extend([spread(step(word.hash, WORD)); 2]);
        let before =
            at.checked_sub(1).map(|at| &text.words[at]).filter(|before| before.sentence == word.sentence);
        let before = before.map_or(SEED, |before| before.hash);
        hashes.extend([spread(step(step(before, word.hash), TWO_WORDS)); 2]);
        if let Some(before) = at.checked_sub(2).map(|at| &text.words[at])
            && before.sentence == word.sentence
        {
            hashes.push(spread(step(step(before.hash, word.hash), WORDS_APART)));
        }
        if word.is_shouted {
            hashes.push(spread(step(SEED, SHOUTED)));
        }
        let n_digits = letters.iter().filter(|c| c.is_ascii_digit()).count() as u32;
        if n_digits > 0 {
            hashes.push(spread(step(step(SEED, NUMBER), n_digits)));
        }
        let mut classes = marked.classes[at];
        while classes != 0 {
            let class = classes.trailing_zeros();
            classes &= classes - 1;
            hashes.push(spread(step(step(SEED, CLASS), class)));
            let mut seen = 0_u64;
            for near in (at.saturating_sub(NEAR)..at).rev() {
                if text.words[near].sentence != word.sentence {
                    break;
                }
                let mut others = marked.classes[near] & !seen;
                seen |= others;
                while others != 0 {
                    let other = others.trailing_zeros();
                    others &= others - 1;
                    hashes.push(spread(step(step(step(SEED, TWO_CLASSES), other), class)));
                }
            }
        }
    }
}

/// The parts of a text that are looked at: the whole, each sentence, and, in long sentences, windows.
#[must_use]
pub fn parts(text: &Plain) -> Vec<(usize, usize)> {
    let n_words = text.words.len();
    let mut parts = vec![(0, n_words)];
    let mut from = 0;
    while from < n_words {
        let sentence = text.words[from].sentence;
        let to = (from..n_words).find(|at| text.words[*at].sentence != sentence).unwrap_or(n_words);
        if (from, to) != (0, n_words) {
            parts.push((from, to));
        }
        if to - from > WINDOW {
            let mut at = from;
            while at + WINDOW < to {
                parts.push((at, at + WINDOW));
                at += STEP;
            }
            parts.push((to - WINDOW, to));
        }
        from = to;
    }
    parts
}

/// The weights of one signal.
pub struct Model {
    /// By place.
    weights: Vec<i8>,
    /// The upper bits of a hash that are its place.
    shift: u32,
    /// What a weight of 1 is.
    scale: f32,
    /// What a text weighs of which nothing is known.
    bias: f32,
    /// What counts how much, in short texts and in long ones.
    poolings: [Pooling; 2],
}

/// How many numbers of a text are pooled.
pub const N_POOLED: usize = 6;
/// How many words make a long text.
pub const LONG: usize = 40;
/// The most that a number of a file may be, either way: with more, what a text weighs may be no number at all, and nothing is
/// found by it. Those that are learned are below 10.
const MOST: f32 = 1e6;

/// What a text weighs.
#[derive(Clone, Copy, Debug)]
pub struct Weighed {
    /// The log-odds.
    pub logit: f32,
    /// Those of the whole, those of the part that weighs most, how often the number of parts doubles, how often that of the
    /// patterns that say the signal, the mean log-odds of the weightiest quarter of the parts, and what its signs say.
    pub of: [f32; N_POOLED],
    /// Whether it has [`LONG`] words.
    pub is_long: bool,
    /// The words of that part: the first, and the one after the last.
    pub words: (usize, usize),
}

/// How much each number of [`Weighed::of`] counts; the last is added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pooling(pub [f32; N_POOLED + 1]);

impl Pooling {
    /// Before anything is known: half and half.
    pub const EVEN: Self = Self([0.5, 0.5, -0.2, 0.2, 0.0, 0.5, 0.0]);

    /// The log-odds of a text.
    #[must_use]
    pub fn logit(&self, of: [f32; N_POOLED]) -> f32 {
        let sum: f32 = of.iter().zip(&self.0).map(|(of, counts)| of * counts).sum();
        sum + self.0[N_POOLED]
    }

    /// The same, with log-odds moved and then stretched.
    #[must_use]
    pub fn moved(&self, shift: f32, stretch: f32) -> Self {
        let mut of = self.0;
        of[N_POOLED] += shift;
        Self(of.map(|counts| counts * stretch))
    }
}

impl Model {
    /// Makes one of its bytes: scale, bias and those of both [`Pooling`]s as little-endian `f32`; the power of two of its places;
    /// then of each weight that is not zero how many places further it is than the one before, 255 for 255 more to come,
    /// and, after a 0 gap, the weights themselves. What is alike stands together, which brotli likes. `None` when they are none.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut head = [0.0; 2 + 2 * (N_POOLED + 1)];
        let mut rest = bytes;
        for number in &mut head {
            let (first, after) = rest.split_first_chunk::<4>()?;
            (*number, rest) = (f32::from_le_bytes(*first), after);
        }
        let [scale, bias, ..] = head;
        let pooling = |from: usize| Pooling(std::array::from_fn(|at| head[from + at]));
        let poolings = [pooling(2), pooling(2 + N_POOLED + 1)];
        let (&bits, rest) = rest.split_first()?;
        if !((1..=20).contains(&bits) && head.iter().all(|number| number.abs() <= MOST)) {
            return None;
        }
        let end = rest.iter().position(|gap| *gap == 0)?;
        let mut values = rest[end + 1..].iter();
        let mut weights = vec![0_i8; 1 << bits];
        let mut next = 0;
        for &gap in &rest[..end] {
            next += usize::from(gap);
            if gap < 255 {
                *weights.get_mut(next - 1)? = *values.next()? as i8;
            }
        }
        Some(Self { weights, shift: 32 - u32::from(bits), scale, bias, poolings })
    }

    /// The bytes that [`Model::parse`] reads.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let head = [self.scale, self.bias].into_iter().chain(self.poolings.into_iter().flat_map(|of| of.0));
        let mut bytes: Vec<u8> = head.flat_map(f32::to_le_bytes).collect();
        bytes.push((32 - self.shift) as u8);
        let mut values = Vec::new();
        let mut last = 0;
        for (place, weight) in self.weights.iter().enumerate().filter(|(_, weight)| **weight != 0) {
            let mut gap = place + 1 - last;
            last = place + 1;
            while gap >= 255 {
                bytes.push(255);
                gap -= 255;
            }
            // A gap of a multiple of 255 would end in the mark of the end.
            if gap == 0 {
                bytes.pop();
                bytes.extend([254, 1]);
                values.extend([0, *weight as u8]);
            } else {
                bytes.push(gap as u8);
                values.push(*weight as u8);
            }
        }
        bytes.push(0);
        bytes.extend(values);
        bytes
    }

    /// Makes one of weights, which are rounded.
    #[must_use]
    pub fn of(weights: &[f32], bias: f32, scale: f32) -> Self {
        let round = |w: &f32| (w / scale).round().clamp(-127.0, 127.0) as i8;
        Self {
            weights: weights.iter().map(round).collect(),
            shift: 32 - weights.len().trailing_zeros(),
            scale,
            bias,
            poolings: [Pooling::EVEN; 2],
        }
    }

    /// The same, with other poolings.
    #[must_use]
    pub fn with(mut self, poolings: [Pooling; 2]) -> Self {
        self.poolings = poolings;
        self
    }

    /// The running sum of what each word weighs.
    fn sums(&self, features: &Features) -> Vec<i32> {
        let mut sums = Vec::with_capacity(features.ends.len() + 1);
        let (mut sum, mut from) = (0, 0);
        sums.push(0);
        for &end in &features.ends {
            for hash in &features.hashes[from..end as usize] {
                sum += i32::from(self.weights[(hash >> self.shift) as usize]);
            }
            from = end as usize;
            sums.push(sum);
        }
        sums
    }

    /// What a text weighs, of which `parts` are the whole and then its parts, `n_said` patterns say the signal, and `signs` is
    /// what its signs do.
    #[must_use]
    pub fn weigh(&self, features: &Features, parts: &[(usize, usize)], n_said: usize, signs: f32) -> Weighed {
        let sums = self.sums(features);
        let logit = |part: &(usize, usize)| self.logit(&sums, features, part.0, part.1);
        let whole = parts.first().map_or(self.bias, logit);
        let (mut most, mut words) = (f32::NEG_INFINITY, (0, 0));
        let mut logits = Vec::with_capacity(parts.len());
        for part in &parts[usize::from(parts.len() > 1)..] {
            let logit = logit(part);
            logits.push(logit);
            if logit > most {
                (most, words) = (logit, *part);
            }
        }
        let quarter = logits.len().div_ceil(4).max(1);
        logits.sort_unstable_by(|a, b| b.total_cmp(a));
        let upper = logits.iter().take(quarter).sum::<f32>() / quarter as f32;
        let of = [whole, most, log2(parts.len()), log2(n_said + 1), upper, signs];
        let is_long = features.ends.len() >= LONG;
        let logit = self.poolings[usize::from(is_long)].logit(of);
        Weighed { logit, of, is_long, words: self.narrow(&sums, words) }
    }

    fn logit(&self, sums: &[i32], features: &Features, from: usize, to: usize) -> f32 {
        let n = features.range(from, to).len().max(1);
        self.bias + self.scale * (sums[to] - sums[from]) as f32 / norm(n)
    }

    /// Leaves the words at both ends out that say nothing for it.
    fn narrow(&self, sums: &[i32], (mut from, mut to): (usize, usize)) -> (usize, usize) {
        let of = |word: usize| sums[word + 1] - sums[word];
        while to - from > 1 && of(from) <= 0 {
            from += 1;
        }
        while to - from > 1 && of(to - 1) <= 0 {
            to -= 1;
        }
        (from, to)
    }
}

/// How a sum over `n` hashes is made comparable to that over fewer or more.
#[must_use]
pub fn norm(n: usize) -> f32 {
    (n as f32 + 20.0).sqrt()
}

fn log2(n: usize) -> f32 {
    (usize::BITS - n.max(1).leading_zeros() - 1) as f32
}

/// The probability of log-odds, by arithmetic that every machine does alike.
#[must_use]
pub fn probability(logit: f32) -> f32 {
    let x = f64::from(logit.clamp(-30.0, 30.0));
    // (1 + x/1024)^1024 is near enough to e^x, and never differs between machines.
    let mut power = 1.0 - x / 4096.0;
    for _ in 0..12 {
        power *= power;
    }
    (1.0 / (1.0 + power)) as f32
}
