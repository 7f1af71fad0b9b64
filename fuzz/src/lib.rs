//! What the parsers of outside input promise, asked with any bytes: that they answer at all, that what they take reads back as
//! it was written, that limits hold, and that what they refuse is not repeated.
//!
//! A target takes several parsers that read alike. `cargo xtask fuzz` lets libFuzzer make up their bytes and follow which code
//! they reach; a plain test runs each over its seeds, among them what broke it once.

mod api;
mod helplines;
mod imports;
mod servers;
mod settings;
mod signals;
mod words;

/// Parsers that are tried with the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Requests, as the router reads them: addresses, queries, headers, cookies, bodies.
    Api,
    /// Bundles, plain and signed; country files; opening hours; contacts; words to search by.
    Helplines,
    /// Files of other systems.
    Imports,
    /// What is said where the servers of one database talk, and what they tell each other.
    Servers,
    /// The configuration.
    Settings,
    /// Texts, as their signals are read, and the file that they are read with.
    Signals,
    /// What people write, and the ids, codes and cursors beside it.
    Words,
}

impl Target {
    /// All of them, by name.
    pub const ALL: [Self; 7] = [
        Self::Api,
        Self::Helplines,
        Self::Imports,
        Self::Servers,
        Self::Settings,
        Self::Signals,
        Self::Words,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Helplines => "helplines",
            Self::Imports => "imports",
            Self::Servers => "servers",
            Self::Settings => "settings",
            Self::Signals => "signals",
            Self::Words => "words",
        }
    }

    /// The target of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }

    /// Its seeds.
    pub fn seeds(self) -> Vec<Vec<u8>> {
        seeds(match self {
            Self::Api => include_str!("../seeds/api.txt"),
            Self::Helplines => include_str!("../seeds/helplines.txt"),
            Self::Imports => include_str!("../seeds/imports.txt"),
            Self::Servers => include_str!("../seeds/servers.txt"),
            Self::Settings => include_str!("../seeds/settings.txt"),
            Self::Signals => include_str!("../seeds/signals.txt"),
            Self::Words => include_str!("../seeds/words.txt"),
        })
    }

    /// Tries its parsers with `bytes`.
    ///
    /// # Panics
    ///
    /// When one of them breaks a promise.
    pub fn run(self, bytes: &[u8]) {
        match self {
            Self::Api => api::run(bytes),
            Self::Helplines => helplines::run(bytes),
            Self::Imports => imports::run(bytes),
            Self::Servers => servers::run(bytes),
            Self::Settings => settings::run(bytes),
            Self::Signals => signals::run(bytes),
            Self::Words => words::run(bytes),
        }
    }
}

/// The seeds in a file: each begins behind a line of `=== ` and its name. In one that ends in `, hex`, digits stand for bytes.
fn seeds(file: &str) -> Vec<Vec<u8>> {
    let (_, rest) = file.split_once("=== ").expect("a file of seeds has one");
    rest.split("\n=== ")
        .map(|seed| {
            let (name, text) = seed.split_once('\n').expect("a seed has a name");
            if !name.ends_with(", hex") {
                return text.as_bytes().to_vec();
            }
            let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
            let byte = |two: &[char]| {
                u8::from_str_radix(&two.iter().collect::<String>(), 16).expect("digits of a byte")
            };
            digits.chunks(2).map(byte).collect()
        })
        .collect()
}

/// The text to read: all of the bytes, or what stands before the first that is in no text.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_else(|error| {
        std::str::from_utf8(&bytes[..error.valid_up_to()]).expect("it is valid up to there")
    })
}

/// Reads `text` as a `T`, which must be written so that it reads back the same.
fn reads_back<T>(text: &str) -> Option<T>
where
    T: std::str::FromStr<Err: std::fmt::Display> + std::fmt::Display + PartialEq,
{
    match text.parse::<T>() {
        Ok(value) => {
            let written = value.to_string();
            let again = written.parse::<T>();
            assert!(
                again.is_ok_and(|again| again == value),
                "{written:?} does not read back as it was written"
            );
            Some(value)
        }
        Err(error) => {
            says_what_is_wrong(&error.to_string());
            None
        }
    }
}

/// An error is one line that can stand in a log.
fn says_what_is_wrong(error: &str) {
    assert!(!error.trim().is_empty() && error.len() < 400, "{error:?}");
    assert!(!error.contains(|c: char| c.is_control()), "{error:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_keeps_its_promises_over_its_seeds() {
        for target in Target::ALL {
            let seeds = target.seeds();
            assert!(seeds.len() >= 5, "{}", target.name());
            for seed in seeds {
                eprintln!("{}: {}", target.name(), String::from_utf8_lossy(&seed));
                target.run(&seed);
            }
        }
    }

    #[test]
    fn seeds_are_told_apart_and_bytes_are_written_as_digits() {
        assert_eq!(seeds("About.\n\n=== one\na\nb\n=== two, hex\n00 ff\n"), [b"a\nb".to_vec(), vec![0, 255]]);
        assert_eq!(Target::named("api"), Some(Target::Api));
        assert_eq!(Target::named("nothing"), None);
    }
}
