//! The words of the page, in every language it knows.
//!
//! All are compiled in: they are few, and a moderator must not wait for a file to know what a button does.

use std::sync::atomic::{AtomicUsize, Ordering};

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// The place of the chosen language; it is chosen once, before anything shows.
static CHOSEN: AtomicUsize = AtomicUsize::new(0);

/// A text, by its key in `console/locales/`. Made by [`key!`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(usize);

impl Key {
    /// The key of this name. In a constant, an unknown name does not compile.
    ///
    /// # Panics
    ///
    /// When no text has it.
    #[must_use]
    pub const fn named(name: &str) -> Self {
        let mut place = 0;
        while place < KEYS.len() {
            if is_same(KEYS[place].as_bytes(), name.as_bytes()) {
                return Self(place);
            }
            place += 1;
        }
        panic!("console/locales/en.json has no such key")
    }

    /// The text in the chosen language.
    #[must_use]
    pub fn text(self) -> &'static str {
        TEXTS[CHOSEN.load(Ordering::Relaxed)][self.0]
    }

    /// The text in `language` where the page knows it, with the tag of the language that it is in.
    #[must_use]
    pub fn text_for(self, language: Option<&str>) -> (&'static str, &'static str) {
        let place = language.and_then(known).unwrap_or_else(|| CHOSEN.load(Ordering::Relaxed));
        (TEXTS[place][self.0], LANGUAGES[place])
    }
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut place = 0;
    while place < a.len() {
        if a[place] != b[place] {
            return false;
        }
        place += 1;
    }
    true
}

/// The place of a language: `es` and `es-MX` are both Spanish.
fn known(tag: &str) -> Option<usize> {
    let language = tag.split('-').next().unwrap_or_default();
    LANGUAGES.iter().position(|known| known.eq_ignore_ascii_case(language))
}

/// Speaks the first of `wanted` that the page knows from now on; English when it knows none.
pub fn choose<Tag: AsRef<str>>(wanted: &[Tag]) {
    let place = wanted.iter().find_map(|tag| known(tag.as_ref())).unwrap_or(0);
    CHOSEN.store(place, Ordering::Relaxed);
}

/// The chosen language: `en`.
#[must_use]
pub fn language() -> &'static str {
    LANGUAGES[CHOSEN.load(Ordering::Relaxed)]
}

/// The key of a text; one that is not there does not compile.
#[macro_export]
#[doc(hidden)]
macro_rules! console_key {
    ($name:literal) => {
        const { $crate::locale::Key::named($name) }
    };
}
#[doc(inline)]
pub use crate::console_key as key;

/// A text by its key, with its places filled: `tr!("title")`, `tr!("sent", time = ago)`.
#[macro_export]
#[doc(hidden)]
macro_rules! console_tr {
    ($name:literal) => {
        $crate::locale::key!($name).text()
    };
    ($name:literal, $($place:ident = $value:expr),+) => {
        ::peer_support_domain::wording::fill(
            $crate::locale::key!($name).text(),
            &[$((stringify!($place), ::std::convert::AsRef::<str>::as_ref(&$value))),+],
        )
    };
}
#[doc(inline)]
pub use crate::console_tr as tr;

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// What stands in braces, in the order of the alphabet.
    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<&str> =
            text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn every_language_fills_the_same_places() {
        for (n, key) in KEYS.iter().enumerate() {
            for (language, texts) in LANGUAGES.iter().zip(TEXTS) {
                assert_eq!(places(texts[n]), places(TEXTS[0][n]), "{key} in {language}");
                assert!(!texts[n].trim().is_empty(), "{key} in {language}");
            }
        }
    }

    #[test]
    fn nothing_shouts() {
        for (language, texts) in LANGUAGES.iter().zip(TEXTS) {
            for text in texts {
                assert!(!text.contains(['!', '¡']), "{language}: {text}");
            }
        }
    }

    #[test]
    fn a_regional_tag_finds_its_language() {
        assert_eq!(key!("title").text_for(Some("es-MX")).1, "es");
        assert_eq!(key!("title").text_for(Some("ES")).1, "es");
    }
}
