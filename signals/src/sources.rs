//! What the file of signals is made of: read from the checkout, in the order of names, so that it is always the same.

use std::path::Path;
use std::{fs, io};

use peer_support_domain::helpline::record::CountryRecord;
use peer_support_domain::signals::known::Known;
use peer_support_domain::signals::rules::is_comment;
use peer_support_domain::signals::train::{Corpus, Example, examples, recipe};
use peer_support_domain::signals::{Signal, Signals, pack, packed};

/// Why the sources cannot be used: it names the file.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Rules, corpus and helplines.
pub struct Sources {
    /// A language and its rules, without comments.
    pub rules: Vec<(String, String)>,
    /// What reaches helplines.
    pub known: Vec<u8>,
    /// The corpus.
    pub examples: Vec<Example>,
}

impl Sources {
    /// Reads them; `folder` is that of this package.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or a line of it is wrong.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let mut rules = Vec::new();
        for path in files(&folder.join("rules"), "txt")? {
            rules.push((stem(&path), without_comments(&text(&path)?)));
        }
        let mut all = Vec::new();
        for language in entries(&folder.join("corpus"))? {
            for path in files(&language, "tsv")? {
                let signal = Signal::named(&stem(&path))
                    .ok_or_else(|| format!("{}: no signal has this name", path.display()))?;
                let read = examples(&stem(&language), signal, &text(&path)?);
                all.extend(read.map_err(|error| format!("{}: {error}", path.display()))?);
            }
        }
        let mut directories = Vec::new();
        for path in files(&folder.join("../helplines"), "toml")? {
            let is_country = stem(&path).len() == 2;
            if is_country {
                let record: CountryRecord =
                    toml::from_str(&text(&path)?).map_err(|error| format!("{}: {error}", path.display()))?;
                let directory =
                    record.directory().map_err(|_| format!("{}: a line breaks a rule", path.display()))?;
                directories.push(directory);
            }
        }
        Ok(Self { rules, known: Known::of(&directories).bytes(), examples: all })
    }

    /// The file without weights: the part that the corpus is read with.
    #[must_use]
    pub fn unlearned(&self) -> Vec<u8> {
        self.pack(&[])
    }

    /// The corpus as the rules see it.
    ///
    /// # Errors
    ///
    /// When the rules cannot be read.
    pub fn corpus(&self) -> Result<Corpus, Error> {
        Ok(Corpus::new(Signals::parse(&self.unlearned())?, self.examples.clone()))
    }

    /// The whole file.
    #[must_use]
    pub fn file(&self) -> Vec<u8> {
        let corpus = self.corpus().unwrap_or_else(|error| panic!("{error}"));
        let weights: Vec<_> = Signal::ALL
            .into_iter()
            .filter_map(|signal| Some((signal, corpus.train(signal, &recipe(signal)?).bytes())))
            .collect();
        self.pack(&weights)
    }

    /// Puts the parts together.
    #[must_use]
    pub fn pack(&self, weights: &[(Signal, Vec<u8>)]) -> Vec<u8> {
        let words = packed::often(self.rules.iter().map(|(_, text)| text.as_str()));
        let list = ("words".to_owned(), packed::list(&words).into_bytes());
        let rules = self.rules.iter().map(|(language, text)| {
            let packed = packed::packed(text, &words).into_bytes();
            (format!("rules/{language}"), packed)
        });
        let weights =
            weights.iter().map(|(signal, bytes)| (format!("weights/{}", signal.as_str()), bytes.clone()));
        let known = ("known".to_owned(), self.known.clone());
        let parts: Vec<_> = [list].into_iter().chain(rules).chain([known]).chain(weights).collect();
        pack(parts.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])))
    }
}

/// Rules without comments, those of one heading together: only signs count by the heading that they stand under.
fn without_comments(rules: &str) -> String {
    let mut blocks = vec![(String::new(), String::new())];
    let mut at = 0;
    for line in rules.lines().map(str::trim).filter(|line| !line.is_empty() && !is_comment(line)) {
        if line.starts_with('[') {
            let known = blocks.iter().position(|(heading, _)| heading == line && !line.contains(" sign "));
            at = known.unwrap_or(blocks.len());
            if known.is_none() {
                blocks.push((line.to_owned(), String::new()));
            }
        } else {
            blocks[at].1 += &(in_order(line) + "\n");
        }
    }
    let heading = |heading: String| if heading.is_empty() { heading } else { heading + "\n" };
    blocks.into_iter().map(|(name, lines)| heading(name) + &lines).collect()
}

/// A line with the words of each item in alphabetical order, of which brotli makes a twentieth less.
fn in_order(line: &str) -> String {
    let sorted = |words: &str, between: &str, split: fn(char) -> bool| {
        let mut words: Vec<&str> = words.split(split).filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        words.join(between)
    };
    if let Some((name, words)) = line.split_once(" = ") {
        return format!("{name} = {}", sorted(words, " ", char::is_whitespace));
    }
    let of_item = |item: &str| {
        let words = item.trim_start_matches(['-', '?']);
        format!("{}{}", &item[..item.len() - words.len()], sorted(words, "|", |c| c == '|'))
    };
    match line.starts_with('[') {
        true => line.to_owned(),
        false => line.split_whitespace().map(of_item).collect::<Vec<_>>().join(" "),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn files(folder: &Path, extension: &str) -> Result<Vec<std::path::PathBuf>, Error> {
    let mut paths = entries(folder)?;
    paths.retain(|path| path.extension().is_some_and(|is| is == extension));
    Ok(paths)
}

/// What is in a folder, in the order of names.
fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>, Error> {
    let entries: io::Result<Vec<_>> = fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect();
    let mut entries = entries?;
    entries.sort();
    Ok(entries)
}
