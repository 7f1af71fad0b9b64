//! The switch between countries, always one tap away: the guess may be wrong, and people look things up for others.
//!
//! A text field with a list under it, after the combobox pattern of the WAI-ARIA Authoring Practices. A `<datalist>` would
//! be less code, but its list cannot be scrolled by touch in Firefox for Android, nor found by names in other languages.

use std::cell::OnceCell;
use std::rc::Rc;

use peer_support_domain::bundle;
use peer_support_domain::country::Country;
use peer_support_domain::search::find_countries;
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::browser::{self, Names};
use crate::directories::ESSENTIALS;
use crate::dom::{El, classed, el, follow, set_value, value_of, yes_no};
use crate::locale::{LANGUAGES, Locale, tr};
use crate::session::Session;
use crate::signal::Signal;

/// The id of the list; those of its options have the code behind it.
const LIST: &str = "countries-";

/// All countries that something is known of, found by their name in any language of the panel or by their code. What is
/// chosen holds for this tab only.
pub fn country_picker(session: Session, t: Locale) -> El {
    // The countries in the list; none while it is closed.
    let listed = Signal::new(Vec::<Country>::new());
    // The place of the one that Enter chooses; the arrows move it.
    let marked = Signal::new(0);
    let is_unknown = Signal::new(false);
    let name = move || session.country.get().map_or_else(String::new, |country| t.country(country.as_str()));
    let named: OnceCell<Vec<(Country, String)>> = OnceCell::new();
    let search = Rc::new(move |query: &str| {
        let mut found = Vec::new();
        for (country, _) in find_countries(named.get_or_init(|| names(t)), query) {
            if !found.contains(country) {
                found.push(*country);
            }
        }
        marked.set(0);
        is_unknown.set(found.is_empty());
        listed.set(found);
    });

    let input = el("input");
    let field = input.node().clone();
    let choose = Rc::new(move |country: Option<Country>| {
        listed.set(Vec::new());
        is_unknown.set(false);
        if let Some(country) = country {
            session.enter(country);
        }
        // Instead of what was typed; it may be the same country as before.
        set_value(&field, &session.country.now().map_or_else(String::new, |now| t.country(now.as_str())));
    });
    let chosen_in_list = choose.clone();
    let list = classed("ul", "countries")
        .attr("role", "listbox")
        .attr("id", LIST)
        .attr("aria-label", &tr!(t, "country"))
        // The field keeps the focus while a finger or a mouse chooses.
        .on("mousedown", |event| event.prevent_default())
        .on("click", move |event| {
            let code = event.target().and_then(|option| option.dyn_into::<Element>().ok());
            chosen_in_list(code.and_then(|option| option.id().strip_prefix(LIST)?.parse().ok()));
        })
        .attr_of("hidden", move || listed.share().is_empty().then_some(""))
        .children_of(move || {
            let option = |country: &Country| {
                let code = country.as_str();
                el("li").attr("role", "option").attr("id", &[LIST, code].concat()).text(&t.country(code))
            };
            listed.share().iter().map(option).collect()
        });

    let (pointed, pointing) = (list.node().clone(), input.node().clone());
    follow(Box::new(move || {
        let id = listed.share().get(marked.get()).map(|country| [LIST, country.as_str()].concat());
        mark(&pointing, &pointed, id.as_deref());
    }));

    let (by_key, left, clicked, typed) = (choose.clone(), choose, search.clone(), search.clone());
    let input = input
        .attr("type", "text")
        .attr("class", "small")
        .attr("role", "combobox")
        .attr("aria-label", &tr!(t, "country"))
        .attr("aria-autocomplete", "list")
        .attr("aria-controls", LIST)
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("placeholder", &tr!(t, "choose-country"))
        .attr_of("aria-expanded", move || yes_no(!listed.share().is_empty()))
        .value_follows(name)
        .on("input", move |event| typed(&value_of(&event)))
        .on("click", move |event| {
            browser::select_text(&event);
            clicked("");
        })
        .on("blur", move |_| left(None))
        .on_key(move |event| {
            let found = listed.share_now();
            match (event.key().as_str(), found.len()) {
                ("ArrowDown" | "ArrowUp", 0) => search(""),
                ("ArrowDown", n) => marked.set((marked.now() + 1) % n),
                ("ArrowUp", n) => marked.set((marked.now() + n - 1) % n),
                ("Enter", 1..) => by_key(found.get(marked.now()).copied()),
                // Closes the list, and not the panel.
                ("Escape", 1..) => by_key(None),
                _ => return,
            }
            event.prevent_default();
        });
    let unknown = classed("p", "unknown")
        .attr("role", "status")
        .text_of(move || if is_unknown.get() { tr!(t, "country-unknown") } else { String::new() });
    classed("span", "country").child(input).child(list).child(unknown)
}

/// Points the field at the option `id` of its list, and brings that into sight.
fn mark(field: &Element, list: &Element, id: Option<&str>) {
    let set = |element: &Element, name: &str, value: Option<&str>| {
        let _ =
            value.map_or_else(|| element.remove_attribute(name), |value| element.set_attribute(name, value));
    };
    set(field, "aria-activedescendant", id);
    let find = |selector: &str| list.query_selector(selector).ok().flatten();
    if let Some(before) = find("[aria-selected]") {
        set(&before, "aria-selected", None);
    }
    if let Some(option) = id.and_then(|id| find(&["#", id].concat())) {
        set(&option, "aria-selected", yes_no(true));
        browser::bring_into_sight(&option);
    }
}

/// Each country by its names in the languages of the panel, that of the visitor first and in its order.
fn names(t: Locale) -> Vec<(Country, String)> {
    let named = bundle::countries(ESSENTIALS).map(|country| (country, t.country(country.as_str()))).collect();
    let language = t.language();
    let mut named = browser::sort_by_name(named, &language);
    for other in LANGUAGES.iter().filter(|other| **other != language) {
        let names = Names::new(other, "region");
        named.extend(bundle::countries(ESSENTIALS).map(|country| (country, names.of(country.as_str()))));
    }
    named
}
