//! Elements, built at once and kept up to date by leptos's effects.
//!
//! leptos's `view!` gives each element a type of its own, with its own code to build, rebuild and mount it. That suits an
//! app; here the same views made 165 KB brotli of wasm, and with these functions 107 KB (2026-11, before other savings). So
//! the panel takes leptos's signals, effects and owners, and these few functions, which exist once.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Reflect;
use leptos::prelude::{LocalStorage, RenderEffect, StoredValue, document};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, EventTarget, KeyboardEvent, Node};

/// An element that is being built.
#[derive(Clone, PartialEq)]
pub struct El(Element);

/// Where an element keeps what it looked like when it was drawn.
const DRAWN: &str = "drawn";
/// Classes of elements whose children are compared one by one when they are drawn anew.
const BOXES: [&str; 2] = ["ways", "about"];

/// An element with this tag.
pub fn el(tag: &str) -> El {
    El(document().create_element(tag).expect("tags are literals, and valid"))
}

/// An element with this tag and class.
pub fn classed(tag: &str, class: &str) -> El {
    el(tag).attr("class", class)
}

/// An element of SVG.
pub fn svg(tag: &str) -> El {
    let space = Some("http://www.w3.org/2000/svg");
    El(document().create_element_ns(space, tag).expect("tags are literals, and valid"))
}

/// A copy of an element of the page, with all that is in it.
pub fn copy(element: &Element) -> Option<El> {
    Some(El(element.clone_node_with_deep(true).ok()?.unchecked_into()))
}

/// A `<button>` of this class and name that does something when it is pressed.
pub fn button(class: &str, name: &str, press: impl Fn() + 'static) -> El {
    boxed_button(class, name, Box::new(press))
}

// The functions that take a closure box it at once and leave the rest to one that exists once: written out for each
// closure, buttons alone were 12 KB of wasm.
fn boxed_button(class: &str, name: &str, press: Box<dyn Fn()>) -> El {
    let button = classed("button", class).attr("type", "button");
    let button = if name.is_empty() { button } else { button.text(name) };
    listen(&button.0, "click", Box::new(move |_| press()));
    button
}

impl El {
    /// An element that is there already.
    pub fn of(element: Element) -> El {
        El(element)
    }

    /// The element, for what it is put into.
    pub fn node(&self) -> &Element {
        &self.0
    }

    /// Sets an attribute.
    pub fn attr(self, name: &str, value: &str) -> El {
        set_attribute(&self.0, name, Some(value));
        self
    }

    /// Sets an attribute when there is a value for it.
    pub fn attr_some(self, name: &str, value: Option<&str>) -> El {
        set_attribute(&self.0, name, value);
        self
    }

    /// An attribute that follows what `value` reads; `None` takes it away.
    pub fn attr_of(self, name: &'static str, value: impl Fn() -> Option<&'static str> + 'static) -> El {
        follow_attribute(&self.0, name, Box::new(value));
        self
    }

    /// What stands in a field follows what `value` reads.
    pub fn value_follows(self, value: impl Fn() -> String + 'static) -> El {
        let element = self.0.clone();
        follow(Box::new(move || set_value(&element, &value())));
        self
    }

    /// Adds text. Whatever is in it stays text.
    pub fn text(self, text: &str) -> El {
        append(&self.0, &document().create_text_node(text));
        self
    }

    /// Adds text that follows what `text` reads.
    pub fn text_of(self, text: impl Fn() -> String + 'static) -> El {
        follow_text(&self.0, Box::new(text));
        self
    }

    /// Adds an element.
    pub fn child(self, child: El) -> El {
        append(&self.0, &child.0);
        self
    }

    /// Adds elements.
    pub fn children(self, children: impl IntoIterator<Item = El>) -> El {
        for child in children {
            append(&self.0, &child.0);
        }
        self
    }

    /// Adds elements that follow what `build` reads: when it changes, they go, with all that belongs to them, and new
    /// ones stand in their place.
    pub fn children_of(self, build: impl Fn() -> Vec<El> + 'static) -> El {
        self.region(Box::new(build))
    }

    fn region(self, build: Box<dyn Fn() -> Vec<El>>) -> El {
        // Marks the place, also while nothing is there.
        let end: Node = document().create_comment("").into();
        append(&self.0, &end);
        let shown: RefCell<Vec<El>> = RefCell::default();
        follow(Box::new(move || {
            let new = build();
            for old in shown.take() {
                old.0.remove();
            }
            if let Some(parent) = end.parent_node() {
                for child in &new {
                    // Fails only for a node that cannot stand there, and elements always can.
                    let _ = parent.insert_before(&child.0, Some(&end));
                }
            }
            shown.replace(new);
        }));
        self
    }

    /// Turns its children into those of `new`, which are elements alone, and gives whether any of them was taken.
    ///
    /// What looks as it did when it was drawn stays: with the focus, with what was opened in it, and under the finger that is
    /// about to leave it. Its listeners have to stay with it.
    pub fn turn_into(&self, new: &El) -> bool {
        let mut is_taken = false;
        let mut old = children(&self.0);
        let wanted = children(&new.0).into_iter().map(|child| {
            let class = child.0.class_name();
            let is_box = BOXES.contains(&&*class);
            let looks = JsValue::from(if is_box { class } else { child.0.outer_html() });
            let is_it = |old: &El| Reflect::get(&old.0, &DRAWN.into()).is_ok_and(|drawn| drawn == looks);
            let stays = match old.iter().position(is_it) {
                Some(at) => old.remove(at),
                None => {
                    is_taken = true;
                    child.clone()
                }
            };
            let _ = Reflect::set(&stays.0, &DRAWN.into(), &looks);
            if is_box {
                is_taken |= stays.turn_into(&child);
            }
            stays
        });
        self.hold(&wanted.collect::<Vec<_>>());
        is_taken
    }

    /// Has `wanted` as its children. What is there already is moved only where the order asks for it.
    pub fn hold(&self, wanted: &[El]) {
        for child in children(&self.0) {
            if !wanted.contains(&child) {
                child.0.remove();
            }
        }
        let mut next = None;
        for child in wanted.iter().rev() {
            let is_in = child.0.parent_element().as_ref() == Some(&self.0);
            if !is_in || child.0.next_sibling() != next {
                let _ = self.0.insert_before(&child.0, next.as_ref());
            }
            next = Some(child.0.clone().into());
        }
    }

    /// Listens, as long as the element lives.
    pub fn on(self, event: &str, listener: impl Fn(Event) + 'static) -> El {
        listen(&self.0, event, Box::new(listener));
        self
    }

    /// Listens to keys.
    pub fn on_key(self, listener: impl Fn(&KeyboardEvent) + 'static) -> El {
        self.on("keydown", move |event| listener(event.unchecked_ref()))
    }

    /// A property that is no attribute: the `value` of what people fill in.
    pub fn value(self, value: &str) -> El {
        set_value(&self.0, value);
        self
    }
}

/// `"true"` or `"false"`, as ARIA writes it.
pub fn yes_no(is: bool) -> Option<&'static str> {
    Some(if is { "true" } else { "false" })
}

/// What stands in the field that `event` comes from.
pub fn value_of(event: &Event) -> String {
    event
        .target()
        .and_then(|target| Reflect::get(&target, &"value".into()).ok()?.as_string())
        .unwrap_or_default()
}

/// Puts `value` into a field.
pub fn set_value(element: &Element, value: &str) {
    let _ = Reflect::set(element, &"value".into(), &value.into());
}

/// An attribute of `element` follows what `value` reads; `None` takes it away.
pub fn follow_attribute(element: &Element, name: &'static str, value: Box<dyn Fn() -> Option<&'static str>>) {
    let element = element.clone();
    follow(Box::new(move || set_attribute(&element, name, value())));
}

fn follow_text(element: &Element, text: Box<dyn Fn() -> String>) {
    let node = document().create_text_node("");
    append(element, &node);
    follow(Box::new(move || node.set_data(&text())));
}

fn children(of: &Element) -> Vec<El> {
    let mut children = Vec::new();
    let mut next = of.first_element_child();
    while let Some(child) = next {
        next = child.next_element_sibling();
        children.push(El(child));
    }
    children
}

fn append(parent: &Element, child: &Node) {
    // Fails only for a node that cannot stand there, and elements and texts always can.
    let _ = parent.append_child(child);
}

fn set_attribute(element: &Element, name: &str, value: Option<&str>) {
    // Names are literals; no value is refused.
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

/// Listens to what comes to `node`, as long as it is in the page.
pub fn listen(node: &Node, event: &str, listener: Box<dyn Fn(Event)>) {
    // Whoever leaves quickly takes the panel out of the page in the middle of a key press, and the press still comes to
    // the elements that it was on its way to. The signals they read are gone by then.
    let listener: Box<dyn Fn(Event)> = Box::new(move |event| {
        let is_there = |target: EventTarget| target.dyn_ref::<Node>().is_some_and(|node| node.is_connected());
        if event.current_target().is_some_and(is_there) {
            listener(event);
        }
    });
    let listener = Closure::wrap(listener);
    let _ = node.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref());
    // It goes with the view. Given to the browser, one that holds an element in here would never go: the element holds it, too.
    StoredValue::<_, LocalStorage>::new_local(Listening {
        node: node.clone(),
        event: event.to_owned(),
        listener,
    });
}

struct Listening {
    node: Node,
    event: String,
    listener: Closure<dyn Fn(Event)>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let listener = self.listener.as_ref().unchecked_ref();
        let _ = self.node.remove_event_listener_with_callback(&self.event, listener);
    }
}

/// Does `what` now and whenever something that it read changes, until the owner goes that it was begun under.
pub fn follow(what: Box<dyn Fn()>) {
    let what: Rc<dyn Fn()> = what.into();
    let effect = RenderEffect::new(move |_: Option<()>| what());
    StoredValue::<_, LocalStorage>::new_local(effect);
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use leptos::prelude::Owner;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::signal::Signal;

    /// Lets the effects run that are due.
    async fn settle() {
        for _ in 0..3 {
            let _ = wasm_bindgen_futures::JsFuture::from(js_sys::Promise::resolve(
                &wasm_bindgen::JsValue::UNDEFINED,
            ))
            .await;
        }
    }

    fn owner() -> Owner {
        let _ = any_spawner::Executor::init_wasm_bindgen();
        Owner::new()
    }

    #[wasm_bindgen_test]
    fn markup_in_a_text_stays_text() {
        let paragraph = el("p").text("<img src=x onerror=alert(1)>");

        assert_eq!(paragraph.node().child_element_count(), 0);
        assert_eq!(paragraph.node().text_content().unwrap(), "<img src=x onerror=alert(1)>");
    }

    #[wasm_bindgen_test]
    fn what_is_no_longer_in_the_page_hears_nothing() {
        let n_heard = Rc::new(Cell::new(0));
        let counted = n_heard.clone();
        let button = button("", "Press", move || counted.set(counted.get() + 1));
        let press = || button.node().dispatch_event(&Event::new("click").unwrap()).unwrap();
        document().body().unwrap().append_child(button.node()).unwrap();

        press();
        button.node().remove();
        press();

        assert_eq!(n_heard.get(), 1);
    }

    #[wasm_bindgen_test]
    async fn what_follows_a_signal_changes_in_its_place() {
        let owner = owner();
        let (list, n) = owner.with(|| {
            let n = Signal::new(1);
            let items = move || (0..n.get()).map(|i| el("i").text(&i.to_string())).collect();
            (el("p").child(el("b")).children_of(items).child(el("u")), n)
        });
        assert_eq!(list.node().inner_html().replace("<!---->", ""), "<b></b><i>0</i><u></u>");

        n.set(2);
        settle().await;

        assert_eq!(list.node().inner_html().replace("<!---->", ""), "<b></b><i>0</i><i>1</i><u></u>");
        owner.cleanup();
    }

    #[wasm_bindgen_test]
    fn what_looks_as_it_did_stays_when_it_is_drawn_anew() {
        let drawn = |texts: &[&str], ways: &[&str]| {
            let item = |text: &&str| el("i").text(text);
            let ways = classed("div", "ways").children(ways.iter().map(item));
            el("div").children(texts.iter().map(item)).child(ways)
        };
        let card = el("li");
        assert!(card.turn_into(&drawn(&["1", "2"], &["a"])));
        let [one, two, ways] = children(&card.0).try_into().ok().unwrap();
        let a = children(&ways.0).remove(0);
        // Somebody opened it.
        let _ = a.0.set_attribute("open", "");

        assert!(!card.turn_into(&drawn(&["1", "2"], &["a"])), "nothing is new");
        assert!(card.turn_into(&drawn(&["2", "3"], &["b", "a"])));

        let now = children(&card.0);
        assert!(now.len() == 3 && now[0] == two && now[2] == ways && !now.contains(&one));
        assert!(children(&ways.0)[1] == a && a.0.has_attribute("open"));
        assert_eq!(card.0.text_content().unwrap(), "23ba");
    }

    #[wasm_bindgen_test]
    async fn nothing_runs_when_its_owner_is_gone() {
        let owner = owner();
        let n_runs = Rc::new(Cell::new(0));
        let counted = n_runs.clone();
        let signal = owner.with(|| {
            let signal = Signal::new(());
            follow(Box::new(move || {
                signal.get();
                counted.set(counted.get() + 1);
            }));
            signal
        });
        assert_eq!(n_runs.get(), 1);

        owner.cleanup();
        signal.set(());
        settle().await;

        assert_eq!(n_runs.get(), 1);
    }
}
