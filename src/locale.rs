//! The texts of the panel in the visitor's language.
//!
//! English is compiled in, so that there always is a text. Other languages are files, fetched when chosen and parsed by
//! the browser; a key that a file lacks shows in English.

use std::rc::Rc;

use js_sys::Reflect;
use peer_support_domain::wording;
use wasm_bindgen::JsValue;

use crate::browser::{self, Names};
use crate::signal::Signal;

include!(concat!(env!("OUT_DIR"), "/english.rs"));

/// A text: its name in `locales/`, and its English. Made by `key!`.
#[derive(Clone, Copy)]
pub struct Key {
    /// The key in the files.
    pub name: &'static str,
    /// The text that needs no file.
    pub english: English,
}

/// An English text.
#[derive(Clone, Copy)]
pub enum English {
    /// One form.
    Plain(&'static str),
    /// A form for one and a form for any other number `{n}`.
    Counted {
        /// For 1.
        one: &'static str,
        /// For all other numbers.
        other: &'static str,
    },
}

/// The language of the panel, and its texts. The views are drawn anew when it changes.
#[derive(Clone, Copy)]
pub struct Locale(Signal<Rc<Texts>>);

struct Texts {
    language: String,
    /// The parsed file; `None` for English.
    file: Option<JsValue>,
    countries: Names,
}

impl Texts {
    fn new(language: &str, file: Option<JsValue>) -> Rc<Texts> {
        Rc::new(Texts { language: language.to_owned(), file, countries: Names::new(language, "region") })
    }

    fn get(&self, key: &Key) -> Option<JsValue> {
        Reflect::get(self.file.as_ref()?, &key.name.into()).ok()
    }
}

impl Locale {
    /// English.
    pub fn new() -> Locale {
        Locale(Signal::new(Texts::new("en", None)))
    }

    /// Speaks `language` from now on, with the texts of `file`; without one, English.
    pub fn speak(self, language: &str, file: Option<JsValue>) {
        self.0.set(Texts::new(language, file));
    }

    /// Draws whatever calls it anew when the language changes.
    pub fn track(self) {
        self.0.get();
    }

    fn texts(self) -> Rc<Texts> {
        self.0.now()
    }

    /// The language: `en`.
    pub fn language(self) -> String {
        self.texts().language.clone()
    }

    /// The text of `key`.
    pub fn text(self, key: &Key) -> String {
        let in_file = self.texts().get(key).and_then(|text| text.as_string());
        in_file.unwrap_or_else(|| match key.english {
            English::Plain(text) | English::Counted { other: text, .. } => text.to_owned(),
        })
    }

    /// The text of `key` with its places filled.
    pub fn fill(self, key: &Key, values: &[(&str, &str)]) -> String {
        wording::fill(&self.text(key), values)
    }

    /// The text of `key` in the form for `n`, with `{n}` filled.
    pub fn count(self, key: &Key, n: u32) -> String {
        let texts = self.texts();
        let form = texts.get(key).and_then(|forms| {
            let form = |category: &str| Reflect::get(&forms, &category.into()).ok()?.as_string();
            form(&browser::plural_category(&texts.language, n)).or_else(|| form("other"))
        });
        let form = form.unwrap_or_else(|| match key.english {
            English::Counted { one, .. } if n == 1 => one.to_owned(),
            English::Plain(text) | English::Counted { other: text, .. } => text.to_owned(),
        });
        wording::fill(&form, &[("n", &browser::number(&texts.language, n))])
    }

    /// The text whose key is put together from what the server or a bundle says; `None` when there is none.
    pub fn by_name(self, prefix: &str, name: &str) -> Option<String> {
        let key = BY_NAME.iter().find(|key| key.name.strip_prefix(prefix) == Some(name))?;
        Some(self.text(key))
    }

    /// The name of a country.
    pub fn country(self, code: &str) -> String {
        self.texts().countries.of(code)
    }
}

/// A text by its key: `tr!(t, "send")`, `tr!(t, "opens-at", time = clock)`.
macro_rules! tr {
    ($t:expr, $key:tt) => {
        $t.text(&$crate::locale::key!($key))
    };
    ($t:expr, $key:tt, $($name:ident = $value:expr),+) => {
        $t.fill(&$crate::locale::key!($key), &[$((stringify!($name), $value.as_ref())),+])
    };
}
pub(crate) use tr;

#[cfg(test)]
mod tests {
    use js_sys::{JSON, Object};
    use leptos::prelude::Owner;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    const FILES: [(&str, &str); 3] = [
        ("en", include_str!("../locales/en.json")),
        ("es", include_str!("../locales/es.json")),
        ("ar", include_str!("../locales/ar.json")),
    ];

    fn keys(file: &str) -> Vec<String> {
        let file: Object = JSON::parse(file).unwrap().into();
        let mut keys: Vec<_> = Object::keys(&file).iter().filter_map(|key| key.as_string()).collect();
        keys.sort();
        keys
    }

    #[wasm_bindgen_test]
    fn every_language_has_the_same_keys() {
        for (language, file) in FILES {
            assert_eq!(keys(file), keys(FILES[0].1), "{language}");
            assert!(LANGUAGES.contains(&language));
        }
    }

    #[wasm_bindgen_test]
    fn counts_take_the_form_of_the_language_and_fall_back_to_english() {
        Owner::new().with(|| {
            let t = Locale::new();
            assert_eq!(t.count(&key!("n-replies"), 1), "1 reply");
            assert_eq!(t.count(&key!("n-replies"), 2), "2 replies");

            t.speak("ar", Some(JSON::parse(FILES[2].1).unwrap()));
            assert_eq!(t.count(&key!("n-replies"), 2), "ردّان");
            assert_eq!(tr!(t, "dir"), "rtl");

            t.speak("es", Some(JSON::parse("{}").unwrap()));
            assert_eq!(tr!(t, "send"), "Send");
        });
    }
}
