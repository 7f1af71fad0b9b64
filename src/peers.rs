//! The peer space, seen from the panel: a module of its own, fetched when somebody wants it. Whoever looks for a number
//! to call does not wait for what others wrote.

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Node};

use crate::api::Failure;
use crate::browser;
use crate::config::Tab;
use crate::session::{Kept, Load, Session};

#[wasm_bindgen]
extern "C" {
    type Module;
    #[wasm_bindgen(method, catch)]
    fn mount_peers(
        this: &Module,
        root: &Node,
        stories: &Element,
        write: &Element,
        config: &JsValue,
    ) -> Result<Handle, JsValue>;

    /// The peer space that is drawn.
    pub type Handle;
    #[wasm_bindgen(method)]
    fn show(this: &Handle, name: &str);
    #[wasm_bindgen(method)]
    fn speak(this: &Handle, language: &str, file: &JsValue);
    #[wasm_bindgen(method)]
    fn mine(this: &Handle);
    #[wasm_bindgen(method)]
    fn unmount(this: &Handle);
}

/// Fetches the peer space for its view `tab`, unless it is there or on its way.
pub fn fetch(session: Session, tab: Tab) {
    if matches!(*session.peers.share_now(), Some(Load::Waiting | Load::Ready(()))) {
        return;
    }
    session.peers.set(Some(Load::Waiting));
    // Before anything is waited for: an element may go in the same turn that it came.
    let kept = session.kept();
    kept.config.ask_ahead(tab);
    spawn_local(async move {
        let handle = started(session, &kept).await;
        if !session.is_there() {
            // It came too late: the panel is gone.
            if let Ok(handle) = handle {
                handle.unmount();
            }
            return;
        }
        session.peers.set(Some(match handle {
            Ok(handle) => {
                kept.handle.replace(Some(handle));
                speak(session);
                arrive(session, session.tab.now());
                if kept.wants_mine.take() {
                    mine(session);
                }
                Load::Ready(())
            }
            Err(_) if browser::is_offline() => Load::Failed(Failure::Offline),
            Err(_) => Load::Failed(Failure::Server),
        }));
    });
}

async fn started(session: Session, kept: &Kept) -> Result<Handle, JsValue> {
    let module: Module = browser::start_module(&kept.config.peers_address()).await?.unchecked_into();
    let root = session.root().ok_or(JsValue::UNDEFINED)?;
    let [stories, write] = &kept.places;
    let config = Object::assign(&Object::new(), kept.config.object.unchecked_ref());
    let show = move |name: JsValue| {
        let name = name.as_string().unwrap_or_default();
        if let Some(tab) = Tab::named(&name).filter(|_| session.is_there()) {
            session.show(tab);
        }
    };
    let show: Box<dyn Fn(JsValue)> = Box::new(show);
    Reflect::set(&config, &"show".into(), &Closure::wrap(show).into_js_value())?;
    module.mount_peers(&root, stories.node(), write.node(), &config)
}

/// Shows the view of the peer space that was gone to, and fetches it when it is not there.
pub fn arrive(session: Session, tab: Tab) {
    if tab == Tab::Help {
        return;
    }
    match &*session.kept().handle.borrow() {
        Some(handle) => handle.show(tab.as_str()),
        None => fetch(session, tab),
    }
}

/// Tells the peer space the language of the panel.
pub fn speak(session: Session) {
    if let Some(handle) = &*session.kept().handle.borrow() {
        let t = session.locale;
        handle.speak(&t.language(), &t.own_file().unwrap_or_default());
    }
}

/// Shows what the visitor wrote before, by its code.
pub fn mine(session: Session) {
    session.show(Tab::Write);
    match &*session.kept().handle.borrow() {
        Some(handle) => handle.mine(),
        None => session.kept().wants_mine.set(true),
    }
}

/// Takes the peer space away.
pub fn unmount(session: Session) {
    if let Some(handle) = session.kept().handle.take() {
        handle.unmount();
    }
}
