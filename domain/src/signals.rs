//! Signs in a text that somebody needs help, gives themselves away or may hurt readers: six signals, each with a score, the
//! places it is at and a reason. Never a bare yes or no, and never a diagnosis.
//!
//! The same code runs on the device, where nothing is sent anywhere, and in the server. Three things look at a text, because
//! they fail differently: [`rules`] find what is said plainly, a small [`model`] what is hinted at, and [`personal`] what has a
//! form, such as a phone number. Rules and weights are one file, which [`Signals::parse`] reads; `signals/README.md` says
//! what it is made of and how well it does.

pub mod known;
pub mod model;
pub mod packed;
pub mod personal;
pub mod plain;
pub mod rules;
pub mod train;

use crate::language;
use known::Known;
use model::{Features, Model, Weighed, probability};
use plain::Plain;
use rules::{Hit, LANGUAGES, Languages, Marked, Meaning, Rules};

/// What a text may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Signal {
    /// Risk to life: suicidal intent, self-harm, danger from others; also when somebody else is in danger now.
    Crisis,
    /// What could tell others who somebody is.
    PersonalData,
    /// How to die or to hurt oneself, a search for it, or praise of it.
    MethodDetail,
    /// Contempt, threats and baiting, of a peer or of a group.
    Hostile,
    /// Selling, luring away, collecting people or money.
    Solicitation,
    /// Advice that may harm: to stop medication, to avoid care, cures that are none.
    HarmfulAdvice,
}

impl Signal {
    /// All of them, in the order of a [`Report`].
    pub const ALL: [Self; 6] = [
        Self::Crisis,
        Self::PersonalData,
        Self::MethodDetail,
        Self::Hostile,
        Self::Solicitation,
        Self::HarmfulAdvice,
    ];

    /// Its name outside: in files, in what `triage` prints, on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crisis => "crisis",
            Self::PersonalData => "personal_data",
            Self::MethodDetail => "method_detail",
            Self::Hostile => "hostile",
            Self::Solicitation => "solicitation",
            Self::HarmfulAdvice => "harmful_advice",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.as_str() == name)
    }

    /// Why it is taken to be there when no rule says so, only the wording as a whole.
    fn by_wording(self) -> Reason {
        let name = match self {
            Self::Crisis => "veiled_statement",
            Self::PersonalData => "name",
            Self::MethodDetail => "method_wording",
            Self::Hostile => "hostile_wording",
            Self::Solicitation => "solicitation_wording",
            Self::HarmfulAdvice => "advice_wording",
        };
        Reason::named(name).unwrap_or_default()
    }
}

/// Why a signal is taken to be there. Outside it is a stable word, such as `direct_statement`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Reason(u8);

/// All reasons. New ones go to the end of their row; none is ever given another meaning.
const REASONS: &[&str] = &[
    "nothing_found",
    // crisis
    "direct_statement",
    "veiled_statement",
    "passive_wish",
    "plan",
    "goodbye",
    "burden",
    "attempt",
    "self_harm",
    "abuse_danger",
    "child_danger",
    "friend_danger",
    "slang",
    // personal_data
    "phone",
    "email",
    "handle",
    "link",
    "address",
    "id_number",
    "name",
    "school_or_work",
    // method_detail
    "method_wording",
    "method",
    "method_search",
    "pact",
    "glamour",
    "disorder_tips",
    "concealment",
    // hostile
    "hostile_wording",
    "baiting",
    "threat",
    "insult",
    "hate",
    // solicitation
    "solicitation_wording",
    "advertisement",
    "contact_request",
    "fundraising",
    "survey",
    // harmful_advice
    "advice_wording",
    "stop_medication",
    "avoid_care",
    "dosing",
    "unproven_cure",
];

impl Reason {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        REASONS[usize::from(self.0)]
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).zip(REASONS).map(|(at, _)| Self(at))
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        REASONS.iter().position(|known| *known == name).map(|at| Self(at as u8))
    }
}

/// A place in a text, in Unicode scalar values: the first, and the one after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first.
    pub start: u32,
    /// The one after the last.
    pub end: u32,
}

/// A place in a text that says something, and why it is taken to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Where.
    pub span: Span,
    /// Why.
    pub reason: Reason,
    /// How sure, from 0 to 1.
    pub score: f32,
}

/// What is known of one signal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Finding {
    /// From 0 to 1. From [`THRESHOLD`] on, somebody should look or help be offered; what lies below it sorts a queue.
    pub score: f32,
    /// Where it is, in order, each with its own reason. None when the score is next to nothing.
    pub places: Vec<Place>,
    /// Of the place with the highest score.
    pub reason: Reason,
}

impl Finding {
    /// Whether it should be acted on.
    #[must_use]
    pub fn is_found(&self) -> bool {
        self.score >= THRESHOLD
    }

    fn add(&mut self, place: Place) {
        if place.score > self.score || self.places.is_empty() {
            (self.score, self.reason) = (self.score.max(place.score), place.reason);
        }
        self.places.push(place);
    }
}

/// The score that all signals are balanced for.
pub const THRESHOLD: f32 = 0.5;
/// How many words away an exemption of a sentence reaches: many people write a whole page without a full stop.
const REACH: usize = 14;
/// Below it a finding names no place.
const LEAST_SCORE: f32 = 0.2;
/// What takes from the log-odds of the model: an exemption, among them what is said and denied; and that no grave word is there.
const DENIAL: f32 = 2.0;
const DOUBT: f32 = 0.5;

/// What was seen in a text.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The language that it was read in: what the caller said, or else what it looks like.
    pub language: Option<&'a str>,
    /// Whether rules of its language were used. Without them only what needs no language, and the model, looked at it.
    pub has_rules: bool,
    findings: [Finding; 6],
}

impl Report<'_> {
    /// What is known of a signal.
    #[must_use]
    pub fn of(&self, signal: Signal) -> &Finding {
        &self.findings[signal as usize]
    }

    /// The signals that people are told of.
    pub fn told(&self) -> impl Iterator<Item = (Signal, &Finding)> {
        self.iter().filter(|(_, finding)| finding.is_found())
    }

    /// Each signal with what is known of it.
    pub fn iter(&self) -> impl Iterator<Item = (Signal, &Finding)> {
        Signal::ALL.into_iter().zip(&self.findings)
    }
}

/// Why bytes are no file of signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSignals {
    /// Another file, or of another version.
    #[error("is no file of signals of version 2")]
    Version,
    /// It ends early or names a part that does not exist.
    #[error("has a broken part")]
    Part,
    /// The rules of a language cannot be read.
    #[error("rules of a language: {0}")]
    Rule(#[from] rules::InvalidRule),
}

const HEADER: &[u8] = b"signals 2\n";

/// Rules and weights, ready to read texts.
pub struct Signals {
    rules: Rules,
    known: Known,
    models: [Option<Model>; 6],
    /// See [`Rules::grave`].
    grave: u64,
}

impl Signals {
    /// Reads the file that [`pack`] makes.
    ///
    /// # Errors
    ///
    /// When it is another file, or a part of it is broken.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidSignals> {
        let mut rest = bytes.strip_prefix(HEADER).ok_or(InvalidSignals::Version)?;
        let mut signals =
            Self { rules: Rules::default(), known: Known::default(), models: Default::default(), grave: 0 };
        let mut words = Vec::new();
        while !rest.is_empty() {
            let end = rest.iter().position(|b| *b == b'\n').ok_or(InvalidSignals::Part)?;
            let heading = std::str::from_utf8(&rest[..end]).map_err(|_| InvalidSignals::Part)?;
            let (name, n_bytes) = heading.split_once(' ').ok_or(InvalidSignals::Part)?;
            let n_bytes = n_bytes.parse().map_err(|_| InvalidSignals::Part)?;
            let (part, after) = rest[end + 1..].split_at_checked(n_bytes).ok_or(InvalidSignals::Part)?;
            let text = || std::str::from_utf8(part).map_err(|_| InvalidSignals::Part);
            match name.split_once('/') {
                Some(("rules", language)) => {
                    signals.rules.add(language, &packed::unpacked(text()?, &words))?
                }
                Some(("weights", signal)) => {
                    let signal = Signal::named(signal).ok_or(InvalidSignals::Part)?;
                    signals.models[signal as usize] = Some(Model::parse(part).ok_or(InvalidSignals::Part)?);
                }
                _ if name == "words" => words = packed::words(text()?),
                _ if name == "known" => signals.known = Known::parse(part),
                _ => return Err(InvalidSignals::Part),
            }
            rest = after;
        }
        signals.grave = signals.rules.grave();
        Ok(signals)
    }

    /// What is in a text. `language` is a BCP 47 tag, when it is known; otherwise it is guessed.
    ///
    /// It looks at all of the text. Time and memory grow with its length and nothing else: about 5 µs a word.
    #[must_use]
    pub fn of<'a>(&self, text: &str, language: Option<&'a str>) -> Report<'a> {
        let language = language.filter(|tag| !tag.is_empty()).or_else(|| language::of(text));
        let read = self.read(text, language);
        let mut findings: [Finding; 6] = Default::default();
        for signal in Signal::ALL {
            let finding = &mut findings[signal as usize];
            if let Some(model) = &self.models[signal as usize] {
                let weighed = read.weigh(model, signal);
                let score = probability(weighed.logit - self.doubt(signal, &read, &weighed));
                finding.score = score;
                if score >= LEAST_SCORE && !read.text.words.is_empty() {
                    finding.add(Place { span: read.span(weighed.words), reason: signal.by_wording(), score });
                }
            }
            for place in read.said(signal) {
                finding.add(place);
            }
        }
        let personal = &mut findings[Signal::PersonalData as usize];
        for place in personal::places(&read.text, &self.known) {
            personal.add(place);
        }
        for finding in &mut findings {
            finding.tidy();
        }
        let has_rules = language.is_some_and(|tag| bit_of(tag) != 0);
        Report { language, has_rules, findings }
    }

    /// What the rules take from the log-odds of the model's words.
    fn doubt(&self, signal: Signal, read: &Read, weighed: &Weighed) -> f32 {
        let (from, to) = weighed.words;
        // The part that weighs most of a long text is one of many: there signs count, which leave out what is denied.
        if signal == Signal::Crisis && weighed.is_long {
            return 0.0;
        }
        // What is said plainly and denied is exempt, too.
        let is_exempt = read.hits.iter().filter(|hit| hit.signal == signal).any(|hit| {
            let takes_away = match hit.meaning {
                Meaning::Says(_, score) => hit.is_negated && score >= THRESHOLD,
                Meaning::Exempt | Meaning::ExemptSentence => true,
                Meaning::Sign(..) => false,
            };
            takes_away && hit.words.0 < to && from < hit.words.1
        });
        let is_light = signal == Signal::Crisis
            && read.is_in_rules
            && read.marked.classes[from..to].iter().all(|classes| classes & self.grave == 0);
        match (is_exempt, is_light) {
            (true, _) => DENIAL,
            (_, true) => DOUBT,
            _ => 0.0,
        }
    }

    /// Reads a text as far as all signals share it.
    #[must_use]
    pub fn read(&self, text: &str, language: Option<&str>) -> Read {
        let is_in_rules = language.is_none_or(|tag| bit_of(tag) != 0);
        let text = Plain::of(text);
        let languages = languages_for(language);
        let marked = self.rules.mark(&text, languages);
        let (signs, hits) = signs_apart(self.rules.hits(&text, &marked), text.words.len());
        let features = Features::of(&text, &marked, &hits);
        let parts = model::parts(&text);
        Read { text, marked, hits, signs, features, parts, is_in_rules }
    }

    /// The rules, for tests of the data.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }
}

/// The file that [`Signals::parse`] reads, of its parts: `words` of rules that are [`packed`], `rules/en`, `weights/crisis`,
/// `known`.
#[must_use]
pub fn pack<'a>(parts: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut file = HEADER.to_vec();
    for (name, bytes) in parts {
        file.extend(format!("{name} {}\n", bytes.len()).into_bytes());
        file.extend(bytes);
    }
    file
}

/// The bit of a language that has rules; none for another.
fn bit_of(tag: &str) -> Languages {
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    LANGUAGES.iter().position(|known| known.eq_ignore_ascii_case(primary)).map_or(0, |at| 1 << at)
}

/// The rules to read a text by: those of its language, and of English, which slang is of everywhere. All when its language is
/// not known, which of short texts it often is not.
fn languages_for(language: Option<&str>) -> Languages {
    match language {
        None => (1 << LANGUAGES.len()) - 1,
        Some(tag) => bit_of(tag) | 1,
    }
}

/// How many words a text has in which signs count half: the longer it is, the more of them it holds by chance.
const SIGN_WORDS: f32 = 60.0;
/// From this weight on a sign is a grave word.
const GRAVE_SIGN: f32 = 2.5;

/// What signs say of each signal, and the hits that are none. Each heading counts once.
fn signs_apart(hits: Vec<Hit>, n_words: usize) -> ([f32; 6], Vec<Hit>) {
    let (found, hits): (Vec<Hit>, Vec<Hit>) =
        hits.into_iter().partition(|hit| matches!(hit.meaning, Meaning::Sign(..)));
    let mut seen: Vec<(u16, (usize, usize))> = Vec::new();
    let mut signs = [0.0; 6];
    for hit in found {
        let Meaning::Sign(weight, heading) = hit.meaning else { continue };
        // Grave words that are denied are no sign; "no point", "never happy" are.
        if weight >= GRAVE_SIGN && hit.is_negated {
            continue;
        }
        // Nor does a word count again in another language.
        if seen.iter().all(|of| of.0 != heading && of.1 != hit.words) {
            seen.push((heading, hit.words));
            signs[hit.signal as usize] += weight;
        }
    }
    let length = (1.0 + n_words as f32 / SIGN_WORDS).sqrt();
    (signs.map(|sign| sign / length), hits)
}

impl Hit {
    /// Whether it says a signal. Who asks for a way to die, or for company in it, may need help now.
    fn says(&self, signal: Signal) -> bool {
        let Meaning::Says(reason, _) = self.meaning else { return false };
        self.signal == signal
            || (signal == Signal::Crisis && matches!(reason.as_str(), "method_search" | "pact"))
    }

    /// Whether it is an exemption of what another says.
    fn takes_away(&self, hit: &Hit, text: &Plain) -> bool {
        match self.meaning {
            Meaning::Says(..) | Meaning::Sign(..) => false,
            Meaning::Exempt => self.words.0 < hit.words.1 && hit.words.0 < self.words.1,
            Meaning::ExemptSentence => {
                text.words[self.words.0].sentence == text.words[hit.words.0].sentence
                    && self.words.0 < hit.words.1 + REACH
                    && hit.words.0 < self.words.1 + REACH
            }
        }
    }
}

/// A text as all signals read it.
pub struct Read {
    /// Its words.
    pub text: Plain,
    /// What the rules know of each.
    pub marked: Marked,
    /// The patterns in it, but for signs.
    pub hits: Vec<Hit>,
    /// What its signs say of each signal.
    pub signs: [f32; 6],
    /// What the model sees.
    pub features: Features,
    /// The parts that the model weighs.
    pub parts: Vec<(usize, usize)>,
    /// Whether it may be in a language that has rules.
    is_in_rules: bool,
}

impl Read {
    /// What it weighs by the weights of a signal.
    #[must_use]
    pub fn weigh(&self, model: &Model, signal: Signal) -> Weighed {
        model.weigh(&self.features, &self.parts, self.n_said(signal), self.signs[signal as usize])
    }

    /// How many patterns say a signal, those among them that say too little alone.
    fn n_said(&self, signal: Signal) -> usize {
        let says =
            |hit: &&Hit| hit.signal == signal && !hit.is_negated && matches!(hit.meaning, Meaning::Says(..));
        self.hits.iter().filter(says).count()
    }

    /// The places where rules see a signal and no exemption takes it away.
    fn said(&self, signal: Signal) -> impl Iterator<Item = Place> {
        let is_all_quoted = self.text.words.iter().all(|word| word.is_quoted);
        self.hits.iter().filter(move |hit| hit.says(signal)).filter_map(move |hit| {
            let Meaning::Says(reason, score) = hit.meaning else { return None };
            let is_of = |other: &&Hit| other.signal == hit.signal || other.signal == signal;
            let is_taken_away = self.hits.iter().filter(is_of).any(|other| other.takes_away(hit, &self.text));
            // Of threats, insults and the like the opposite is none either, so all signals share this.
            let is_taken_away = is_taken_away || hit.is_negated;
            // What stands in quotation marks is somebody else's.
            let is_quoted = self.text.words[hit.words.0].is_quoted && !is_all_quoted;
            (!is_taken_away && !is_quoted).then(|| Place { span: self.span(hit.words), reason, score })
        })
    }

    fn span(&self, (from, to): (usize, usize)) -> Span {
        let words = &self.text.words;
        let last = to.saturating_sub(1).max(from);
        Span {
            start: words.get(from).map_or(0, |word| word.at.0),
            end: words.get(last).map_or(0, |word| word.at.1),
        }
    }
}

impl Finding {
    /// Puts the places in order, one for each span, and leaves out those that lie inside another of at least that score.
    fn tidy(&mut self) {
        if self.score < LEAST_SCORE {
            self.places.clear();
            self.reason = Reason::default();
            return;
        }
        let all = std::mem::take(&mut self.places);
        for (n, place) in all.iter().enumerate() {
            let is_inside = all.iter().enumerate().any(|(m, other)| {
                m != n
                    && other.span.start <= place.span.start
                    && place.span.end <= other.span.end
                    && (other.score > place.score
                        || (other.score == place.score && (m < n || other.span != place.span)))
            });
            if !is_inside {
                self.places.push(*place);
            }
        }
        self.places.sort_by_key(|place| place.span);
    }
}

#[cfg(test)]
mod tests;
