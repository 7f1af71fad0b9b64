//! The peer-support panel: what the loader mounts into its shadow root.
//!
//! [`mount`] draws it, and [`Handle::unmount`] takes all of it away again.
//!
//! The crate is built twice, for two modules that share its code: the panel with its lookup for help, and, with the feature
//! `peers`, the peer space ([`mount_peers`]), which the panel fetches when somebody enters it. They differ in what they
//! export; the linker leaves out what that does not reach. So nobody waits for stories who looks for a number.

// The widget shows; rules live in `peer_support_domain`.
mod api;
mod browser;
mod config;
mod directories;
mod dom;
mod identity;
mod json;
mod live;
mod locale;
mod needs;
mod noticing;
mod peers;
mod reading;
mod remembered;
mod sending;
mod session;
mod signal;
mod signed;
mod style;
mod view;
mod work;

use leptos::prelude::Owner;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, Node, ShadowRoot};

use crate::browser::Adopted;
use crate::config::{Config, Tab};
use crate::dom::El;
use crate::session::Session;

/// What is drawn. Dropping it, or [`Handle::unmount`], removes it with all it registered.
#[wasm_bindgen]
pub struct Handle {
    parts: Option<Parts>,
    session: Session,
}

/// What goes when the panel goes.
struct Parts {
    drawn: Vec<El>,
    owner: Owner,
    session: Session,
    _sheet: Adopted,
}

impl Drop for Parts {
    fn drop(&mut self) {
        if !cfg!(feature = "peers") {
            peers::unmount(self.session);
        }
        self.owner.cleanup();
        for drawn in &self.drawn {
            drawn.node().remove();
        }
    }
}

#[wasm_bindgen]
impl Handle {
    /// Removes what was drawn, its listeners and its style sheet. A second call does nothing.
    pub fn unmount(&mut self) {
        self.parts = None;
    }

    /// Shows the view `name`: `help`, `stories` or `write`. Any other name changes nothing.
    pub fn show(&self, name: &str) {
        if let Some(tab) = Tab::named(name).filter(|_| self.parts.is_some()) {
            if cfg!(feature = "peers") { self.session.arrive(tab) } else { self.session.show(tab) }
        }
    }
}

/// What the loader asks of the panel alone.
#[cfg_attr(not(feature = "peers"), wasm_bindgen)]
impl Handle {
    /// Speaks `language` from now on, by the two letters that the loader knows; what is written stays.
    pub fn set_locale(&self, language: String) {
        if self.parts.is_some() {
            view::panel::speak(self.session, self.session.locale, language);
        }
    }
}

/// What the panel asks of the peer space.
#[cfg_attr(feature = "peers", wasm_bindgen)]
impl Handle {
    /// Speaks `language` from now on, with the texts of `file`; without one, English.
    pub fn speak(&self, language: &str, file: JsValue) {
        self.session.locale.speak(language, Some(file).filter(JsValue::is_object));
    }

    /// Asks for the code of what was written before.
    pub fn mine(&self) {
        view::foot::open_mine(self.session, session::Mine { code: None });
    }
}

/// Draws the panel into `container`, an element inside the shadow root of `host`.
///
/// `config` is the loader's object; [`Config::read`] says what it may hold.
///
/// # Errors
///
/// When `container` is not inside a shadow root, or the browser refuses the style sheet. Then nothing was drawn.
#[cfg_attr(not(feature = "peers"), wasm_bindgen)]
pub fn mount(host: &HtmlElement, container: Element, config: &JsValue) -> Result<Handle, JsValue> {
    let root: ShadowRoot = container
        .get_root_node()
        .dyn_into()
        .or_else(|_| host.shadow_root().ok_or("the container is not inside a shadow root"))?;
    let config = Config::read(config);
    let takes_focus = !config.is_inline;
    let handle = draw(root, style::SHEET, config, container.clone().into(), |session| {
        session.begin();
        vec![view::panel::panel(session, session.locale)]
    })?;
    for drawn in handle.parts.iter().flat_map(|parts| &parts.drawn) {
        container.append_child(drawn.node())?;
    }
    if takes_focus {
        handle.session.focus(handle.session.tab.now().tab_id());
    }
    Ok(handle)
}

/// Draws the peer space: its views into `stories` and `write`, elements of the panel that is drawn into `root`.
///
/// `config` is the loader's object with a function `show` beside, which shows the view of a name.
///
/// # Errors
///
/// When the browser refuses the style sheet. Then nothing was drawn.
#[cfg_attr(feature = "peers", wasm_bindgen)]
pub fn mount_peers(
    root: Node,
    stories: &Element,
    write: &Element,
    config: &JsValue,
) -> Result<Handle, JsValue> {
    let shadow = root.get_root_node().unchecked_into();
    let handle = draw(shadow, style::PEERS, Config::read(config), root, |session| {
        view::peers::views(session, session.locale).into()
    })?;
    let places = [stories, write].into_iter();
    for (place, view) in places.zip(handle.parts.iter().flat_map(|parts| &parts.drawn)) {
        place.append_child(view.node())?;
    }
    Ok(handle)
}

fn draw(
    shadow: ShadowRoot,
    css: &str,
    config: Config,
    root: Node,
    build: impl FnOnce(Session) -> Vec<El>,
) -> Result<Handle, JsValue> {
    #[cfg(feature = "debug")]
    console_error_panic_hook::set_once();

    let sheet = Adopted::new(shadow, css)?;
    // leptos runs its effects as tasks of the browser; told so twice, it keeps the first word.
    let _ = any_spawner::Executor::init_wasm_bindgen();
    let owner = Owner::new();
    let (session, drawn) = owner.with(|| {
        let session = Session::new(config, root);
        session.follow_kept();
        (session, build(session))
    });
    Ok(Handle { parts: Some(Parts { drawn, owner, session, _sheet: sheet }), session })
}

#[cfg(test)]
mod tests {
    use super::*;
    use js_sys::{Array, Object, Reflect};
    use leptos::prelude::document;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
    use web_sys::{ShadowRootInit, ShadowRootMode};

    wasm_bindgen_test_configure!(run_in_browser);

    /// A host with a shadow root, as the loader makes it, and the panel's place inside.
    fn place() -> (HtmlElement, ShadowRoot, Element) {
        let host: HtmlElement = document().create_element("div").unwrap().unchecked_into();
        document().body().unwrap().append_child(&host).unwrap();
        let root = host.attach_shadow(&ShadowRootInit::new(ShadowRootMode::Open)).unwrap();
        let container = document().create_element("div").unwrap();
        root.append_child(&container).unwrap();
        (host, root, container)
    }

    fn config(countries: &[&str]) -> JsValue {
        let config = Object::new();
        let countries: Array = countries.iter().map(|country| JsValue::from_str(country)).collect();
        Reflect::set(&config, &"countries".into(), &countries).unwrap();
        config.into()
    }

    fn n_sheets(root: &ShadowRoot) -> u32 {
        Array::from(&Reflect::get(root, &"adoptedStyleSheets".into()).unwrap()).length()
    }

    #[wasm_bindgen_test]
    fn help_is_there_before_any_answer_of_a_server() {
        let (host, root, container) = place();

        let handle = mount(&host, container, &config(&["GB"])).unwrap();

        assert!(root.query_selector("a[href='tel:999']").unwrap().is_some());
        assert!(root.query_selector("a[href='tel:116123']").unwrap().is_some());
        drop(handle);
        host.remove();
    }

    #[wasm_bindgen_test]
    fn unmounting_leaves_nothing_behind() {
        let (host, root, container) = place();
        let n_in_head = document().head().unwrap().child_element_count();
        let mut handle = mount(&host, container.clone(), &config(&["GB", "US"])).unwrap();
        assert_eq!(root.query_selector_all("[role=tab]").unwrap().length(), 3);
        assert_eq!(n_sheets(&root), 1);

        handle.unmount();
        handle.unmount();

        assert_eq!(container.child_nodes().length(), 0);
        assert_eq!(n_sheets(&root), 0);
        assert_eq!(document().head().unwrap().child_element_count(), n_in_head);
        host.remove();
    }

    #[wasm_bindgen_test]
    fn nothing_the_panel_draws_has_a_style_of_its_own() {
        let (host, root, container) = place();
        let handle = mount(&host, container, &config(&["FR"])).unwrap();

        handle.show("stories");
        handle.show("write");

        assert_eq!(root.query_selector_all("[style], style, link").unwrap().length(), 0);
        drop(handle);
        host.remove();
    }

    #[wasm_bindgen_test]
    async fn the_peer_space_is_drawn_into_its_places_when_it_is_shown() {
        let (host, root, container) = place();
        let [stories, write] = [(), ()].map(|()| {
            let place = document().create_element("div").unwrap();
            container.append_child(&place).unwrap();
            place
        });
        let mut handle = mount_peers(container.clone().into(), &stories, &write, &config(&["GB"])).unwrap();
        assert!(write.query_selector("textarea").unwrap().is_none());

        handle.session.arrive(Tab::Write);
        for _ in 0..3 {
            let turn = js_sys::Promise::resolve(&JsValue::UNDEFINED);
            let _ = wasm_bindgen_futures::JsFuture::from(turn).await;
        }

        assert!(write.query_selector("textarea").unwrap().is_some());
        assert_eq!(stories.text_content().unwrap(), "");
        handle.unmount();
        assert_eq!(write.child_element_count(), 0);
        assert_eq!(n_sheets(&root), 0);
        host.remove();
    }

    #[wasm_bindgen_test]
    fn without_a_country_the_panel_asks_for_one() {
        let (host, root, container) = place();

        let handle = mount(&host, container, &config(&["??"])).unwrap();

        assert_eq!(root.query_selector_all("a[href^='tel:']").unwrap().length(), 0);
        let text = root.text_content().unwrap();
        assert!(text.contains("Choose your country"));
        drop(handle);
        host.remove();
    }
}
