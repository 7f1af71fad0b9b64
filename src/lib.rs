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
