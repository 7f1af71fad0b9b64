//! Taking places out of the words before others read them.

use leptos::ev::KeyboardEvent;
use leptos::html::Textarea;
use leptos::prelude::*;
use peer_support_domain::flag::Flag;
use peer_support_domain::redaction::Span;
use peer_support_domain::wire::Found;

use super::found::reason_name;
use crate::locale::tr;
use crate::spans;
use crate::work::Work;

/// What was taken out, with the way to put it back; what shows who somebody is, with the way to take it out; and a box in which
/// any other place is chosen by keys or pointer.
#[component]
pub fn TakeOut(work: Work, #[prop(into)] text: Signal<String>, found: Memo<Vec<Found>>) -> impl IntoView {
    let out = Memo::new(move |_| work.taken_out());
    let personal = Memo::new(move |_| {
        let found = found.get();
        let places =
            found.iter().filter(|found| found.flag == Flag::PersonalData).flat_map(|found| &found.places);
        let places = places.map(|place| (Span { start: place.start, end: place.end }, place.reason.clone()));
        let is_in =
            |span: Span| out.with(|out| out.iter().any(|o| o.start <= span.start && span.end <= o.end));
        places.filter(|(span, _)| span.start < span.end && !is_in(*span)).collect::<Vec<_>>()
    });
    let offers = move || {
        let offers = personal.get().into_iter().map(|(span, reason)| {
            let words = text.with(|text| spans::words(text, span));
            let name = tr!("take-out-found", what = reason_name(&reason), words = words);
            view! { <li><button type="button" on:click=move |_| work.take_out(span)>{name}</button></li> }
        });
        offers.collect_view()
    };
    let gone = move || {
        let gone = out.get().into_iter().map(|span| {
            let name = tr!("put-back", words = text.with(|text| spans::words(text, span)));
            view! { <li><button type="button" on:click=move |_| work.put_back_words(span)>{name}</button></li> }
        });
        gone.collect_view()
    };
    view! {
        <Show when=move || !out.with(Vec::is_empty) || !personal.with(Vec::is_empty)>
            <section class="take-out" aria-labelledby="take-out-title">
                <h3 id="take-out-title">{tr!("take-out-title")}</h3>
                <ul>{gone} {offers}</ul>
            </section>
        </Show>
        <Show when=move || work.is_taking_out.get()>
            <Choose work text />
        </Show>
    }
}

/// The words in a box where they can be chosen by keys.
#[component]
fn Choose(work: Work, text: Signal<String>) -> impl IntoView {
    let node = NodeRef::<Textarea>::new();
    let take = move || {
        let Some(node) = node.get_untracked() else { return };
        let (start, end) = (node.selection_start(), node.selection_end());
        if let (Ok(Some(start)), Ok(Some(end))) = (start, end) {
            work.take_out(text.with_untracked(|text| spans::of_utf16(text, start, end)));
        }
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            event.prevent_default();
            work.stop_taking_out();
        }
        "x" | "X" | "Enter" if !event.ctrl_key() && !event.alt_key() && !event.meta_key() => {
            event.prevent_default();
            take();
        }
        _ => {}
    };
    view! {
        <div class="choose">
            <label for="take-out">{tr!("take-out-choose")}</label>
            // A field that is read only has no caret to choose words with in some browsers: this one takes no change.
            <textarea
                id="take-out"
                rows="5"
                dir="auto"
                aria-readonly="true"
                inputmode="none"
                spellcheck="false"
                node_ref=node
                on:beforeinput=|event| event.prevent_default()
                on:keydown=on_key
                prop:value=text
            ></textarea>
            <div class="answers">
                <button type="button" on:click=move |_| take()>{tr!("take-out")} " " <kbd aria-hidden="true">"x"</kbd></button>
                <button type="button" on:click=move |_| work.stop_taking_out()>{tr!("take-out-done")}</button>
            </div>
        </div>
    }
}
