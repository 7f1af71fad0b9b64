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

/// A text: its name in `locales/`, and after a tab its English; where it counts something, that for one and after another
/// tab that for any other number. Made by `key!`.
///
/// One string, because a table of parts is more than twice as long: each part has an address and a length.
#[derive(Clone, Copy)]
pub struct Key(pub &'static str);

impl Key {
    fn name(self) -> &'static str {
        self.0.split('\t').next().unwrap_or_default()
    }

    /// The English text in the form for `n`.
    fn english(self, n: u32) -> &'static str {
        let mut forms = self.0.split('\t').skip(1);
        let one = forms.next().unwrap_or_default();
        match forms.next() {
            Some(other) if n != 1 => other,
            _ => one,
        }
    }
}

/// The language of the panel, and its texts. The views are drawn anew when it changes.
///
/// Every view holds one, so it is no more than the place of the two signals, which stays when the panel goes.
#[derive(Clone, Copy)]
pub struct Locale(&'static Spoken);

struct Spoken {
    texts: Signal<Rc<Texts>>,
    /// The file of English, for the long texts that are not compiled in.
    english: Signal<Option<JsValue>>,
}

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

    fn get(&self, name: &str) -> Option<JsValue> {
        Reflect::get(self.file.as_ref()?, &name.into()).ok()
    }
}

impl Locale {
    /// English.
    pub fn new() -> Locale {
        let spoken = Spoken { texts: Signal::new(Texts::new("en", None)), english: Signal::new(None) };
        Locale(Box::leak(Box::new(spoken)))
    }

    /// Speaks `language` from now on, with the texts of `file`; without one, English.
    pub fn speak(self, language: &str, file: Option<JsValue>) {
        self.0.texts.set(Texts::new(language, file));
    }

    /// Draws whatever calls it anew when the language changes.
    pub fn track(self) {
        self.0.texts.get();
    }

    fn texts(self) -> Rc<Texts> {
        self.0.texts.now()
    }

    /// The file of the language, once it is there; English needs it for the long texts only.
    pub fn file(self) -> Option<JsValue> {
        let texts = self.texts();
        if texts.language == "en" { self.0.english.get() } else { texts.file.clone() }
    }

    /// The file that the texts are from; `None` for English, which needs none.
    pub fn own_file(self) -> Option<JsValue> {
        self.texts().file.clone()
    }

    /// Keeps the file of English for [`Locale::file`].
    pub fn keep_english(self, file: Option<JsValue>) {
        if file.is_some() {
            self.0.english.set(file);
        }
    }

    /// The language: `en`.
    pub fn language(self) -> String {
        self.texts().language.clone()
    }

    /// The text of `key`.
    pub fn text(self, key: Key) -> String {
        let in_file = self.texts().get(key.name()).and_then(|text| text.as_string());
        in_file.unwrap_or_else(|| key.english(0).to_owned())
    }

    /// The text of `key` with its places filled.
    pub fn fill(self, key: Key, values: &[(&str, &str)]) -> String {
        wording::fill(&self.text(key), values)
    }

    /// The text of `key` in the form for `n`, with `{n}` filled.
    pub fn count(self, key: Key, n: u32) -> String {
        let texts = self.texts();
        let form = texts.get(key.name()).and_then(|forms| {
            let form = |category: &str| Reflect::get(&forms, &category.into()).ok()?.as_string();
            form(&browser::plural_category(&texts.language, n)).or_else(|| form("other"))
        });
        let form = form.unwrap_or_else(|| key.english(n).to_owned());
        wording::fill(&form, &[("n", &browser::number(&texts.language, n))])
    }

    /// The text whose key is put together from what the server or a bundle says; `None` when there is none in `table`.
    pub fn by_name(self, (prefix, table): (&'static str, &'static str), name: &str) -> Option<String> {
        let is_it = |key: &&str| {
            key.strip_prefix(prefix)
                .and_then(|key| key.strip_prefix(name))
                .is_some_and(|rest| rest.starts_with('\t'))
        };
        table.split('\n').find(is_it).map(|key| self.text(Key(key)))
    }

    /// The name of a country.
    pub fn country(self, code: &str) -> String {
        self.texts().countries.of(code)
    }
}

/// A text by its key: `tr!(t, "send")`, `tr!(t, "opens-at", time = clock)`.
macro_rules! tr {
    ($t:expr, $key:tt) => {
        $t.text($crate::locale::key!($key))
    };
    ($t:expr, $key:tt, $($name:ident = $value:expr),+) => {
        $t.fill($crate::locale::key!($key), &[$((stringify!($name), $value.as_ref())),+])
    };
}
pub(crate) use tr;

#[cfg(test)]
mod tests {
    use js_sys::{JSON, Object};
    use leptos::prelude::Owner;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    const FILES: [(&str, &str); 12] = [
        ("en", include_str!("../locales/en.json")),
        ("es", include_str!("../locales/es.json")),
        ("ar", include_str!("../locales/ar.json")),
        ("fr", include_str!("../locales/fr.json")),
        ("de", include_str!("../locales/de.json")),
        ("pt-BR", include_str!("../locales/pt-BR.json")),
        ("it", include_str!("../locales/it.json")),
        ("pl", include_str!("../locales/pl.json")),
        ("uk", include_str!("../locales/uk.json")),
        ("hi", include_str!("../locales/hi.json")),
        ("zh-Hans", include_str!("../locales/zh-Hans.json")),
        ("ja", include_str!("../locales/ja.json")),
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
        assert_eq!(LANGUAGES.len(), FILES.len());
    }

    #[wasm_bindgen_test]
    fn every_number_has_a_form_in_every_language() {
        for (language, file) in FILES {
            let forms = Reflect::get(&JSON::parse(file).unwrap(), &"n-replies".into()).unwrap();
            for n in (0..=120).chain([1_000, 1_000_000]) {
                let category = browser::plural_category(language, n);
                assert!(
                    Reflect::has(&forms, &category.as_str().into()).unwrap(),
                    "{language}: {n} is {category}"
                );
            }
        }
    }

    #[wasm_bindgen_test]
    fn counts_take_the_form_of_the_language_and_fall_back_to_english() {
        Owner::new().with(|| {
            let t = Locale::new();
            assert_eq!(t.count(key!("n-replies"), 1), "1 reply");
            assert_eq!(t.count(key!("n-replies"), 2), "2 replies");

            t.speak("ar", Some(JSON::parse(FILES[2].1).unwrap()));
            assert_eq!(t.count(key!("n-replies"), 2), "ردّان");
            assert_eq!(tr!(t, "dir"), "rtl");

            t.speak("pl", Some(JSON::parse(FILES[7].1).unwrap()));
            let replies = [1, 3, 5, 22].map(|n| t.count(key!("n-new"), n));
            assert_eq!(replies, ["1 nowy, pokaż", "3 nowe, pokaż", "5 nowych, pokaż", "22 nowe, pokaż"]);

            t.speak("es", Some(JSON::parse("{}").unwrap()));
            assert_eq!(tr!(t, "send"), "Send");
        });
    }
}
