//! The peer-support panel: what the loader mounts into its shadow root.
//!
//! [`mount`] draws it, and [`Handle::unmount`] takes all of it away again.

// The widget shows; rules live in `peer_support_domain`.
mod api;
mod browser;
mod config;
mod dom;
mod identity;
mod json;
mod locale;
mod session;
mod signal;
mod style;
mod view;

use leptos::prelude::Owner;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, ShadowRoot};

use crate::browser::Adopted;
use crate::config::{Config, Tab};
use crate::dom::El;
use crate::locale::Locale;
use crate::session::Session;

/// A panel that is drawn. Dropping it, or [`Handle::unmount`], removes it with all it registered.
#[wasm_bindgen]
pub struct Handle {
    parts: Option<Parts>,
    session: Session,
}

/// What goes when the panel goes.
struct Parts {
    panel: El,
    owner: Owner,
    _sheet: Adopted,
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.owner.cleanup();
        self.panel.node().remove();
    }
}

#[wasm_bindgen]
impl Handle {
    /// Removes the panel, its listeners and its style sheet. A second call does nothing.
    pub fn unmount(&mut self) {
        self.parts = None;
    }

    /// Shows the view `name`: `help`, `stories` or `write`. Any other name changes nothing.
    pub fn show(&self, name: &str) {
        let tab = Tab::ALL.into_iter().find(|tab| tab.as_str() == name);
        if let Some(tab) = tab.filter(|_| self.parts.is_some()) {
            self.session.show(tab);
        }
    }
}

/// Draws the panel into `container`, an element inside the shadow root of `host`.
///
/// `config` is the loader's object; [`Config::read`] says what it may hold.
///
/// # Errors
///
/// When `container` is not inside a shadow root, or the browser refuses the style sheet. Then nothing was drawn.
#[wasm_bindgen]
pub fn mount(host: &HtmlElement, container: Element, config: &JsValue) -> Result<Handle, JsValue> {
    #[cfg(feature = "debug")]
    console_error_panic_hook::set_once();

    let root: ShadowRoot = container
        .get_root_node()
        .dyn_into()
        .or_else(|_| host.shadow_root().ok_or("the container is not inside a shadow root"))?;
    let sheet = Adopted::new(root, style::SHEET)?;
    let config = Config::read(config);
    let takes_focus = !config.is_inline;
    // leptos runs its effects as tasks of the browser; told so twice, it keeps the first word.
    let _ = any_spawner::Executor::init_wasm_bindgen();
    let owner = Owner::new();
    let (session, panel) = owner.with(|| {
        let session = Session::new(config, container.clone().into());
        (session, view::panel::panel(session, Locale::new()))
    });
    container.append_child(panel.node())?;
    if takes_focus {
        session.focus(session.tab.now().tab_id());
    }
    Ok(Handle { parts: Some(Parts { panel, owner, _sheet: sheet }), session })
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
