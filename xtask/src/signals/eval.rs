//! `cargo xtask signals eval`: how well the signals do, per set, language and kind of message, beside simple baselines.

use super::baseline;
use super::measure::{Measures, Scored, measure};
use anyhow::{Context, Result};
use peer_support_domain::signals::train::{Corpus, recipe};
use peer_support_domain::signals::{Signal, Signals};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One line of a set.
#[derive(Deserialize)]
struct Line {
    text: String,
    label: u8,
    #[serde(default)]
    lang: Option<String>,
    #[serde(default)]
    func: Option<String>,
}

/// Which signal a set is about, by how its name begins.
const SETS: [(&str, Signal); 12] = [
    ("crisis_", Signal::Crisis),
    ("fp_", Signal::Crisis),
    ("abuse_context", Signal::Crisis),
    ("pii_", Signal::PersonalData),
    ("hatecheck", Signal::Hostile),
    ("offensive_tweets", Signal::Hostile),
    ("hostile_", Signal::Hostile),
    ("means_", Signal::MethodDetail),
    ("method_", Signal::MethodDetail),
    ("medmis_", Signal::HarmfulAdvice),
    ("solicit_", Signal::Solicitation),
    ("spam_", Signal::Solicitation),
];

/// Measures every set `NAME.jsonl` of a folder: objects with `text`, `label` (0 or 1), `lang` and `func`.
///
/// # Errors
///
/// When a file cannot be read or a line has another form.
pub fn sets(folder: &Path, signals: &Signals) -> Result<()> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .with_context(|| format!("could not read {}", folder.display()))?
        .collect::<std::io::Result<Vec<_>>>()?
        .iter()
        .map(fs::DirEntry::path)
        .collect();
    paths.sort();
    println!("{}", heading());
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let is_set = path.extension().is_some_and(|extension| extension == "jsonl");
        let Some((_, signal)) = SETS.iter().find(|(begin, _)| is_set && name.starts_with(begin)) else {
            continue;
        };
        let mut table = Table::default();
        for (index, line) in fs::read_to_string(&path)?.lines().enumerate() {
            let line: Line = serde_json::from_str(line)
                .with_context(|| format!("{}: line {}", path.display(), index + 1))?;
            let score = signals.of(&line.text, line.lang.as_deref()).of(*signal).score;
            let simple = baseline::score(*signal, &line.text);
            table.add(
                &line.lang.unwrap_or_default(),
                &line.func.unwrap_or_default(),
                line.label == 1,
                score,
                simple,
            );
        }
        table.print(&name);
    }
    Ok(())
}

/// Measures each signal on the corpus: what the weights say of lines that they have not seen, with the rules.
pub fn folds(signals: &Signals, corpus: &Corpus) {
    println!("{}", heading());
    for signal in Signal::ALL {
        folds_of(signals, corpus, signal).print(signal.as_str());
    }
}

/// The same, of one signal.
pub fn folds_of(signals: &Signals, corpus: &Corpus, signal: Signal) -> Table {
    let scores = held_aside(signals, corpus, signal);
    let mut table = Table::default();
    for (example, score) in corpus.examples().iter().zip(scores) {
        if let Some(score) = score {
            let simple = baseline::score(signal, &example.text);
            table.add(&example.language, &example.func, example.is_positive, score, simple);
        }
    }
    table
}

fn held_aside(signals: &Signals, corpus: &Corpus, signal: Signal) -> Vec<Option<f32>> {
    match recipe(signal) {
        Some(recipe) => corpus.held_aside_scores(signal, &recipe),
        None => corpus
            .examples()
            .iter()
            .map(|example| {
                (example.signal == signal).then(|| signals.of(&example.text, None).of(signal).score)
            })
            .collect(),
    }
}

/// The scores of a set, by language and kind.
#[derive(Default)]
pub struct Table {
    all: Vec<Scored>,
    simple: Vec<Scored>,
    /// Of each, what the signals say and what the baseline does.
    languages: BTreeMap<String, [Vec<Scored>; 2]>,
    funcs: BTreeMap<String, Vec<Scored>>,
}

/// What the tests ask for.
#[cfg(test)]
impl Table {
    /// Of all.
    #[must_use]
    pub fn measures(&self) -> Measures {
        measure(&self.all)
    }

    /// Of a language.
    #[must_use]
    pub fn of_language(&self, language: &str) -> Option<Measures> {
        self.languages.get(language).map(|[scored, _]| measure(scored))
    }

    /// Of a kind of message.
    #[must_use]
    pub fn of_func(&self, func: &str) -> Option<Measures> {
        self.funcs.get(func).map(|scored| measure(scored))
    }
}

impl Table {
    fn add(&mut self, language: &str, func: &str, is_positive: bool, score: f32, simple: f32) {
        self.all.push((is_positive, score));
        self.simple.push((is_positive, simple));
        let [scored, simply] = self.languages.entry(language.to_owned()).or_default();
        scored.push((is_positive, score));
        simply.push((is_positive, simple));
        if !func.is_empty() {
            self.funcs.entry(func.to_owned()).or_default().push((is_positive, score));
        }
    }

    fn print(&self, name: &str) {
        println!("{}", row(name, &measure(&self.all)));
        println!("{}", row(&format!("{name}: baseline"), &measure(&self.simple)));
        if self.languages.len() > 1 {
            for (language, [scored, simple]) in &self.languages {
                println!("{}", row(&format!("{name}/{language}"), &measure(scored)));
                println!("{}", row(&format!("{name}/{language}: baseline"), &measure(simple)));
            }
        }
        for (func, scored) in &self.funcs {
            println!("{}", row(&format!("{name}#{func}"), &measure(scored)));
        }
    }
}

fn heading() -> String {
    format!(
        "{:38} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}",
        "", "n", "pos", "prec", "recall", "f1", "fpr", "auc", "r@1%"
    )
}

fn row(name: &str, of: &Measures) -> String {
    let number = |x: f64| if x.is_nan() { "-".to_owned() } else { format!("{x:.3}") };
    let numbers = [of.precision, of.recall, of.f1, of.false_positives, of.auc, of.recall_at_1];
    let mut row = format!("{name:38} {:>6} {:>6}", of.n, of.n_positive);
    for x in numbers {
        row += &format!(" {:>6}", number(x));
    }
    row
}
