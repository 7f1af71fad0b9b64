//! What the loader says about this panel: whose it is, where it stands, where the rest lies.

use js_sys::{Array, Function, Promise, Reflect};
use peer_support_domain::country::Country;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// The loader's object, with what `start.js` adds. Inside a frame, and in tests, there is none of that.
    #[derive(Clone)]
    pub type Loader;
    #[wasm_bindgen(method, catch, js_name = askAhead)]
    fn ask_ahead(this: &Loader, view: &str) -> Result<(), JsValue>;
    /// What was asked for ahead from `address`; each answer once.
    #[wasm_bindgen(method, catch, js_name = takeAnswer)]
    pub fn take_answer(this: &Loader, address: &str) -> Result<Option<Promise>, JsValue>;
}

/// One of the three views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Whom to call, text or chat with.
    Help,
    /// What others wrote.
    Stories,
    /// One's own words.
    Write,
}

impl Tab {
    /// In the order they stand.
    pub const ALL: [Tab; 3] = [Tab::Help, Tab::Stories, Tab::Write];

    /// The name in attributes and ids.
    pub const fn as_str(self) -> &'static str {
        match self {
            Tab::Help => "help",
            Tab::Stories => "stories",
            Tab::Write => "write",
        }
    }

    /// The view of this name.
    pub fn named(name: &str) -> Option<Tab> {
        Tab::ALL.into_iter().find(|tab| tab.as_str() == name)
    }

    /// The id of its tab.
    pub const fn tab_id(self) -> &'static str {
        match self {
            Tab::Help => "tab-help",
            Tab::Stories => "tab-stories",
            Tab::Write => "tab-write",
        }
    }

    /// The id of what it shows.
    pub const fn panel_id(self) -> &'static str {
        match self {
            Tab::Help => "panel-help",
            Tab::Stories => "panel-stories",
            Tab::Write => "panel-write",
        }
    }
}

/// Whether the panel takes the colours of the system or those that the owner chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// As the system.
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The loader's word on one panel. What is missing or not understood has a working default.
#[derive(Clone, Debug)]
pub struct Config {
    /// The site, as its owner named it in the snippet; the server says whether it knows it.
    pub site: String,
    /// The address of the server, with a slash at its end.
    pub server: String,
    /// The countries that the visitor may be in, the likeliest first: one where the owner named it or all guesses agree.
    pub candidates: Vec<Country>,
    /// The language to begin with: `en`.
    pub locale: String,
    /// The panel's colours.
    pub theme: Theme,
    /// Whether the panel is a part of the page, so that it neither takes the focus nor closes.
    pub is_inline: bool,
    /// The view to begin with.
    pub view: Tab,
    /// The public key of newer lines, in base64url; empty where the owner gave none.
    pub helplines_key: String,
    /// The address of the folder of languages and countries, with a slash at its end.
    data: String,
    /// The loader's object itself, for the peer space.
    pub object: JsValue,
    close: Option<Function>,
    leave: Option<Function>,
    posted: Option<Function>,
    show: Option<Function>,
}

impl Config {
    /// Reads the loader's object.
    pub fn read(object: &JsValue) -> Config {
        let get = |name: &str| Reflect::get(object, &name.into()).unwrap_or_default();
        let text = |name: &str| get(name).as_string().unwrap_or_default();
        let base = text("base");
        let candidates: Vec<Country> = get("countries")
            .dyn_ref::<Array>()
            .map(|codes| codes.iter().filter_map(|code| code.as_string()?.parse().ok()).collect())
            .unwrap_or_default();
        Config {
            site: text("site"),
            server: match text("server") {
                none if none.is_empty() => base.clone(),
                server if server.ends_with('/') => server,
                server => server + "/",
            },
            candidates,
            locale: text("locale"),
            theme: match text("theme").as_str() {
                "light" => Theme::Light,
                "dark" => Theme::Dark,
                _ => Theme::Auto,
            },
            is_inline: text("mode") == "inline",
            view: Tab::named(&text("view")).unwrap_or(Tab::Help),
            helplines_key: text("helplines-key"),
            data: base + &text("panel") + "/",
            object: object.clone(),
            close: get("close").dyn_into().ok(),
            leave: get("leave").dyn_into().ok(),
            posted: get("posted").dyn_into().ok(),
            show: get("show").dyn_into().ok(),
        }
    }

    /// Where the peer space lies: its script and wasm, without `.js` and `.wasm`.
    pub fn peers_address(&self) -> String {
        [&self.data, "peers"].concat()
    }

    /// Where the module lies that reads words on the device, as [`Config::peers_address`].
    pub fn reader_address(&self) -> String {
        [&self.data, "signals"].concat()
    }

    /// Asks the panel for another view, from inside the peer space.
    pub fn show(&self, tab: Tab) {
        if let Some(show) = &self.show {
            let _ = show.call1(&JsValue::UNDEFINED, &tab.as_str().into());
        }
    }

    /// Has the first answers that `tab` needs asked for, while the peer space is on its way.
    pub fn ask_ahead(&self, tab: Tab) {
        let _ = self.object.unchecked_ref::<Loader>().ask_ahead(tab.as_str());
    }

    /// Where the texts in `language` lie.
    pub fn locale_address(&self, language: &str) -> String {
        [&self.data, "locales/", language, ".json"].concat()
    }

    /// Where the whole directory of `country` lies.
    pub fn directory_address(&self, country: Country) -> String {
        [&self.data, "helplines/", country.as_str(), ".txt"].concat()
    }

    /// Where the words lie that the search field understands in `language`.
    pub fn terms_address(&self, language: &str) -> String {
        [&self.data, "terms/", language, ".txt"].concat()
    }

    /// Where the server has the newer lines of `country`, if it has any.
    pub fn signed_address(&self, country: Country) -> String {
        [&self.server, "helplines/", country.as_str(), ".txt"].concat()
    }

    /// Asks the loader to close the panel, as its own button does.
    pub fn close(&self) {
        call(self.close.as_ref());
    }

    /// Asks the loader to leave the page for a neutral one.
    pub fn leave(&self) {
        call(self.leave.as_ref());
    }

    /// Tells the loader that something was posted, and nothing about it.
    pub fn posted(&self) {
        call(self.posted.as_ref());
    }
}

/// A function of the loader's that fails has nobody here who could do better.
fn call(function: Option<&Function>) {
    if let Some(function) = function {
        let _ = function.call0(&JsValue::UNDEFINED);
    }
}
