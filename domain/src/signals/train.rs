//! Learns the weights: logistic regression over hashed features, the same bytes from the same corpus on every machine.

use super::model::{Model, N_POOLED, Pooling, Weighed, norm, probability};
use super::{Read, Signal, Signals};

/// One line of the corpus.
#[derive(Clone, Debug)]
pub struct Example {
    /// The language of its folder.
    pub language: String,
    /// The signal of its file.
    pub signal: Signal,
    /// Whether it shows the signal.
    pub is_positive: bool,
    /// What kind of message it is.
    pub func: String,
    /// The message.
    pub text: String,
}

/// Why a line is none of the corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {0}: expected label, function and text, with tabs between")]
pub struct InvalidLine(usize);

/// Reads a file of the corpus: a line is `1` or `0`, what kind of message it is, and the message. Marks of personal data,
/// `[[phone:…]]`, are taken off.
///
/// # Errors
///
/// When a line has another form.
pub fn examples(language: &str, signal: Signal, file: &str) -> Result<Vec<Example>, InvalidLine> {
    let mut examples = Vec::new();
    for (index, line) in file.lines().enumerate() {
        let mut parts = line.splitn(3, '\t');
        let (Some(label @ ("0" | "1")), Some(func), Some(text)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidLine(index + 1));
        };
        let text = if signal == Signal::PersonalData { unmarked(text) } else { text.to_owned() };
        examples.push(Example {
            language: language.to_owned(),
            signal,
            is_positive: label == "1",
            func: func.to_owned(),
            text,
        });
    }
    Ok(examples)
}

fn unmarked(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[[") {
        plain += before;
        let Some((inside, after)) = after.split_once("]]") else {
            plain += "[[";
            rest = after;
            continue;
        };
        plain += inside.split_once(':').map_or(inside, |(_, words)| words);
        rest = after;
    }
    plain + rest
}

/// How a signal is learned.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// Weights, as a power of two.
    pub bits: u32,
    /// How strongly weights are held near zero.
    pub l2: f32,
    /// How many weights are kept: the greatest.
    pub n_kept: usize,
    /// Steps from zero to the greatest weight that is kept apart.
    pub steps: f32,
    /// The share of negatives of the corpus itself, which are hard ones, that may lie above 0.5.
    pub false_positives: f32,
    /// The share of everyday lines, of all signals' files, that may.
    pub everyday_positives: f32,
    /// The share of its long negatives that may, where long texts are balanced on their own.
    pub long_positives: Option<f32>,
    /// What signs count at least, in short texts and in long ones: the corpus's negatives are full of them on purpose, so by
    /// it they would count for too little.
    pub least_signs: [f32; 2],
}

/// Kinds of messages that show no signal at all, whichever file they are in.
const EVERYDAY: [&str; 4] = ["everyday", "ordinary", "texting", "video_comment"];

impl Example {
    fn is_everyday(&self) -> bool {
        !self.is_positive && EVERYDAY.contains(&self.func.as_str())
    }
}

/// The signals that have weights, and how each is learned.
#[must_use]
pub fn recipe(signal: Signal) -> Option<Recipe> {
    let recipe = |bits, n_kept, false_positives, everyday_positives| Recipe {
        bits,
        l2: 1.0,
        n_kept,
        steps: 4.0,
        false_positives,
        everyday_positives,
        long_positives: None,
        least_signs: [0.0; 2],
    };
    Some(match signal {
        Signal::Crisis => {
            Recipe { long_positives: Some(0.06), least_signs: [1.0, 40.0], ..recipe(16, 1_480, 0.115, 0.006) }
        }
        Signal::PersonalData => return None,
        Signal::MethodDetail => recipe(14, 900, 0.09, 0.002),
        Signal::Hostile => recipe(14, 1_030, 0.09, 0.001),
        Signal::Solicitation => Recipe { least_signs: [1.0; 2], ..recipe(14, 2_000, 0.05, 0.006) },
        Signal::HarmfulAdvice => Recipe { steps: 6.0, ..recipe(15, 900, 0.12, 0.001) },
    })
}

/// Passes over the corpus with all weights, and then with those that are kept.
const N_PASSES: usize = 10;
const N_PASSES_KEPT: usize = 4;
/// What is known as well as that teaches nothing more.
const LEAST_ERROR: f32 = 0.02;
/// Parts that the corpus is divided into, to see how the weights do on what they have not seen.
pub const N_FOLDS: usize = 5;
/// What a line weighs that was written for another signal: it does not show this one, most likely.
const OTHER_WEIGHT: f32 = 1.0;

/// A corpus, read once for all signals.
pub struct Corpus {
    signals: Signals,
    examples: Vec<Example>,
    reads: Vec<Read>,
}

/// What is learned from: some words of a line.
struct Instance<'a> {
    hashes: &'a [u32],
    is_positive: bool,
    weight: f32,
}

impl Corpus {
    /// Reads the examples as `signals`, of which only the rules matter, sees them. Half of them without being told their
    /// language, as it will be.
    #[must_use]
    pub fn new(signals: Signals, examples: Vec<Example>) -> Self {
        let reads = examples
            .iter()
            .enumerate()
            .map(|(n, example)| {
                let told = (n % 2 == 0).then_some(example.language.as_str());
                signals.read(&example.text, told.or_else(|| crate::language::of(&example.text)))
            })
            .collect();
        Self { signals, examples, reads }
    }

    /// The examples, in order.
    #[must_use]
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// The examples as they were read.
    #[must_use]
    pub fn reads(&self) -> &[Read] {
        &self.reads
    }

    /// The fold of an example: by its text, so that it stays when others are added.
    #[must_use]
    pub fn fold(&self, n: usize) -> usize {
        let hash = self.reads[n]
            .text
            .words
            .iter()
            .fold(super::plain::SEED, |hash, word| super::plain::step(hash, word.hash));
        super::plain::spread(hash) as usize % N_FOLDS
    }

    /// The weights of a signal.
    #[must_use]
    pub fn train(&self, signal: Signal, recipe: &Recipe) -> Model {
        let logits = self.held_aside(signal, recipe);
        self.learn(signal, recipe, |_| true).with(self.balance(signal, recipe, &logits))
    }

    /// What each example weighs by weights that have not seen its fold, before it is balanced; none for those of other
    /// signals' files, unless they are everyday ones.
    #[must_use]
    pub fn held_aside(&self, signal: Signal, recipe: &Recipe) -> Vec<Option<Weighed>> {
        let mut logits = vec![None; self.examples.len()];
        for fold in 0..N_FOLDS {
            let model = self.learn(signal, recipe, |n| self.fold(n) != fold);
            for (n, example) in self.examples.iter().enumerate() {
                if self.fold(n) == fold && (example.signal == signal || example.is_everyday()) {
                    let read = &self.reads[n];
                    logits[n] = Some(read.weigh(&model, signal));
                }
            }
        }
        logits
    }

    /// The score of each example, rules among it, by weights that have not seen its fold.
    #[must_use]
    pub fn held_aside_scores(&self, signal: Signal, recipe: &Recipe) -> Vec<Option<f32>> {
        let logits = self.held_aside(signal, recipe);
        let poolings = self.balance(signal, recipe, &logits);
        let said = |read: &Read| read.said(signal).map(|place| place.score).fold(0.0, f32::max);
        let score = |((example, read), weighed): ((&Example, &Read), &Option<Weighed>)| {
            let weighed = weighed.filter(|_| example.signal == signal)?;
            let doubt = self.signals.doubt(signal, read, &weighed);
            let pooling = poolings[usize::from(weighed.is_long)];
            Some(probability(pooling.logit(weighed.of) - doubt).max(said(read)))
        };
        self.examples.iter().zip(&self.reads).zip(&logits).map(score).collect()
    }

    /// What counts how much for the log-odds of short texts and of long ones, learned from what is held aside, and moved and
    /// stretched so that 0.5 is where the recipe wants it.
    #[must_use]
    pub fn balance(&self, signal: Signal, recipe: &Recipe, logits: &[Option<Weighed>]) -> [Pooling; 2] {
        let of = |is_in: fn(&Weighed) -> bool, share: f32, least_signs: f32| {
            let mut own: Vec<([f32; N_POOLED], bool)> = Vec::new();
            let mut everyday: Vec<[f32; N_POOLED]> = Vec::new();
            for (example, weighed) in self.examples.iter().zip(logits) {
                let Some(weighed) = weighed.filter(is_in) else { continue };
                if example.signal == signal {
                    own.push((weighed.of, example.is_positive));
                }
                if example.is_everyday() {
                    everyday.push(weighed.of);
                }
            }
            balanced(&own, &everyday, [share, recipe.everyday_positives], least_signs)
        };
        match recipe.long_positives {
            Some(share) => [
                of(|weighed| !weighed.is_long, recipe.false_positives, recipe.least_signs[0]),
                of(|weighed| weighed.is_long, share, recipe.least_signs[1]),
            ],
            None => [of(|_| true, recipe.false_positives, recipe.least_signs[0]); 2],
        }
    }

    /// Logistic regression by stochastic steps, each feature with its own length of step.
    fn learn(&self, signal: Signal, recipe: &Recipe, is_seen: impl Fn(usize) -> bool) -> Model {
        let instances = self.instances(signal, is_seen);
        let n_positive: f32 = instances.iter().filter(|one| one.is_positive).map(|one| one.weight).sum();
        let n_negative: f32 = instances.iter().filter(|one| !one.is_positive).map(|one| one.weight).sum();
        let balance = (n_negative / n_positive.max(1.0)).clamp(0.25, 4.0);
        let n_weights = 1_usize << recipe.bits;
        let shift = 32 - recipe.bits;
        let mut weights = vec![0.0_f32; n_weights];
        let mut squares = vec![1e-4_f32; n_weights];
        let mut counts = vec![0_u32; n_weights];
        for hash in instances.iter().flat_map(|one| one.hashes) {
            counts[(hash >> shift) as usize] += 1;
        }
        let (mut bias, mut bias_square) = (0.0_f32, 1e-2_f32);
        let decay = recipe.l2 / instances.len().max(1) as f32;
        let mut order: Vec<u32> = (0..instances.len() as u32).collect();
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for pass in 0..N_PASSES + N_PASSES_KEPT {
            if pass == N_PASSES {
                keep_greatest(&mut weights, &mut squares, &counts, recipe.n_kept);
            }
            random.shuffle(&mut order);
            for &n in &order {
                let one = &instances[n as usize];
                let norm = norm(one.hashes.len().max(1));
                let sum: f32 = one.hashes.iter().map(|hash| weights[(hash >> shift) as usize]).sum();
                let p = probability(bias + sum / norm);
                let error = p - f32::from(u8::from(one.is_positive));
                if error.abs() < LEAST_ERROR {
                    continue;
                }
                let weight = if one.is_positive { one.weight * balance } else { one.weight };
                let step = error * weight / norm;
                for hash in one.hashes {
                    let place = (hash >> shift) as usize;
                    let slope = step + decay * weights[place] / norm;
                    squares[place] += slope * slope;
                    weights[place] -= RATE * slope / squares[place].sqrt();
                }
                bias_square += error * error * weight * weight;
                bias -= 0.1 * error * weight / bias_square.sqrt();
            }
        }
        rounded(weights, bias, recipe)
    }

    fn instances(&self, signal: Signal, is_seen: impl Fn(usize) -> bool) -> Vec<Instance<'_>> {
        let mut instances = Vec::new();
        for (n, (example, read)) in self.examples.iter().zip(&self.reads).enumerate() {
            if !is_seen(n) || read.text.words.is_empty() {
                continue;
            }
            let is_own = example.signal == signal;
            if !is_own && example.is_positive && may_show(example.signal, signal) {
                continue;
            }
            let is_positive = is_own && example.is_positive;
            let weight = if is_own { 1.0 } else { OTHER_WEIGHT };
            // Of a long text there are many parts, each of which teaches less.
            let part_weight = weight / (read.parts.len() as f32).sqrt().sqrt();
            for (n, &(from, to)) in read.parts.iter().enumerate() {
                // A sentence of a message that does not show a signal does not show it either.
                let weight = match (n, is_positive) {
                    (0, _) => weight,
                    (_, true) => continue,
                    (_, false) => part_weight,
                };
                let hashes = &read.features.hashes[read.features.range(from, to)];
                instances.push(Instance { hashes, is_positive, weight });
            }
        }
        instances
    }
}

/// Learns what counts how much, and moves and stretches it so that no more than `share` of the negatives and
/// `everyday_share` of everyday texts lie above 0.5.
fn balanced(
    own: &[([f32; N_POOLED], bool)],
    everyday: &[[f32; N_POOLED]],
    [share, everyday_share]: [f32; 2],
    least_signs: f32,
) -> Pooling {
    let pooling = pooled(own, least_signs);
    // The log-odds above which no more than a share of some texts lies.
    let limit = |texts: &mut dyn Iterator<Item = [f32; N_POOLED]>, share: f32| -> Option<f32> {
        let mut logits: Vec<f32> = texts.map(|of| pooling.logit(of)).collect();
        logits.sort_by(f32::total_cmp);
        logits.get(((1.0 - share) * logits.len().saturating_sub(1) as f32) as usize).copied()
    };
    let negatives = &mut own.iter().filter(|(_, is_positive)| !is_positive).map(|(of, _)| *of);
    let Some(hard) = limit(negatives, share) else { return pooling };
    let plain = limit(&mut everyday.iter().copied(), everyday_share);
    let shift = -plain.unwrap_or(hard).max(hard);
    // The stretch that makes what is held aside most likely, by trying.
    let likelihood = |stretch: f32| -> f64 {
        let moved = pooling.moved(shift, stretch);
        let error = |(of, is_positive): &([f32; N_POOLED], bool)| {
            let p = f64::from(probability(moved.logit(*of)));
            if *is_positive { 1.0 - p } else { p }
        };
        own.iter().map(error).map(|error| -error * error).sum()
    };
    let mut best = (f64::NEG_INFINITY, 1.0);
    for step in 1..=200 {
        let stretch = step as f32 * 0.02;
        let likelihood = likelihood(stretch);
        if likelihood > best.0 {
            best = (likelihood, stretch);
        }
    }
    pooling.moved(shift, best.1)
}

/// Learns what counts how much: logistic regression with the numbers of each text, by steps down the slope of all.
fn pooled(texts: &[([f32; N_POOLED], bool)], least_signs: f32) -> Pooling {
    let mut pooling = Pooling::EVEN;
    let mut squares = [1e-3_f64; N_POOLED + 1];
    for _ in 0..N_POOLING_STEPS {
        let mut slopes = [0.0_f64; N_POOLED + 1];
        for (of, is_positive) in texts {
            let error = f64::from(probability(pooling.logit(*of)) - f32::from(u8::from(*is_positive)));
            for (slope, x) in slopes.iter_mut().zip(of.iter().chain(&[1.0])) {
                *slope += error * f64::from(*x) / texts.len().max(1) as f64;
            }
        }
        for ((of, slope), square) in pooling.0.iter_mut().zip(slopes).zip(&mut squares) {
            *square += slope * slope;
            *of -= (0.1 * slope / square.sqrt()) as f32;
        }
        // What weighs more never counts for less.
        for weighs in [0, 1, 3, 4] {
            pooling.0[weighs] = pooling.0[weighs].max(0.0);
        }
        pooling.0[5] = pooling.0[5].max(least_signs);
        // Nor is a long text more of a signal for its length: of many parts one weighs much by chance. Where signs are
        // counted, which allow for length already, it loses little by it.
        let least = if least_signs > 0.0 { -0.3 } else { f32::NEG_INFINITY };
        pooling.0[2] = pooling.0[2].clamp(least, 0.0);
    }
    pooling
}

const N_POOLING_STEPS: usize = 200;
/// How long the first steps are.
const RATE: f32 = 0.06;

/// Whether what shows one signal often shows another: then it is no example of a text without it.
fn may_show(shown: Signal, other: Signal) -> bool {
    use Signal::{Crisis, HarmfulAdvice, Hostile, MethodDetail, PersonalData, Solicitation};

    matches!(
        (shown, other),
        (Crisis, MethodDetail)
            | (MethodDetail, Crisis)
            | (HarmfulAdvice, MethodDetail)
            | (MethodDetail, HarmfulAdvice)
            | (Solicitation, HarmfulAdvice)
            | (HarmfulAdvice, Solicitation)
            | (PersonalData, Solicitation)
            | (Hostile, Crisis)
            | (Hostile, MethodDetail)
    )
}

/// Leaves out all but the weights that matter most, being great or often used. The others then never move again: their
/// steps have become infinitely small.
fn keep_greatest(weights: &mut [f32], squares: &mut [f32], counts: &[u32], n_kept: usize) {
    let matters = |weight: &f32, count: &u32| weight.abs() * (*count as f32).sqrt();
    let mut sizes: Vec<f32> =
        weights.iter().zip(counts).map(|(weight, count)| matters(weight, count)).collect();
    let n = sizes.len().saturating_sub(n_kept + 1);
    let (_, limit, _) = sizes.select_nth_unstable_by(n, f32::total_cmp);
    let limit = *limit;
    for ((weight, square), count) in weights.iter_mut().zip(squares).zip(counts) {
        if matters(weight, count) <= limit {
            (*weight, *square) = (0.0, f32::INFINITY);
        }
    }
}

/// Rounds weights: few different numbers are small by brotli.
fn rounded(mut weights: Vec<f32>, bias: f32, recipe: &Recipe) -> Model {
    let used: Vec<f32> = weights.iter().copied().filter(|w| *w != 0.0).collect();
    let variance = used.iter().map(|w| w * w).sum::<f32>() / used.len().max(1) as f32;
    let most = 3.0 * variance.sqrt().max(1e-9);
    for weight in &mut weights {
        *weight = weight.clamp(-most, most);
    }
    Model::of(&weights, bias, most / recipe.steps)
}

/// Numbers that look random and are the same every time: xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn shuffle(&mut self, order: &mut [u32]) {
        for n in (1..order.len()).rev() {
            order.swap(n, (self.next() % (n as u64 + 1)) as usize);
        }
    }
}
