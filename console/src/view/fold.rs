//! Publishing an item folded: with the content notes that the moderator chooses.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use peer_support_domain::note::{ContentNote, ContentNotes};

use crate::browser;
use crate::locale::tr;
use crate::work::{Work, note_name};

/// Chooses the notes; those of the author are chosen at first.
#[component]
pub fn Fold(work: Work, notes: ContentNotes) -> impl IntoView {
    let chosen = RwSignal::new(notes);
    let is_missing = RwSignal::new(false);
    let send = move || {
        if chosen.with_untracked(ContentNotes::is_empty) {
            is_missing.set(true);
            browser::focus(&["fold-first"]);
        } else {
            work.fold(chosen.get_untracked());
        }
    };
    let choices = ContentNote::ALL.into_iter().enumerate().map(|(place, note)| {
        let choose =
            move |event| chosen.update(|notes| *notes = notes.with(note, event_target_checked(&event)));
        view! {
            <label class="choice">
                <input
                    type="checkbox"
                    id=(place == 0).then_some("fold-first")
                    prop:checked=move || chosen.get().contains(note)
                    on:change=choose
                />
                {note_name(note)}
            </label>
        }
    });
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            event.prevent_default();
            work.stop_folding();
        }
        "Enter" => {
            event.prevent_default();
            send();
        }
        _ => {}
    };
    view! {
        <form
            aria-labelledby="fold-title"
            novalidate=true
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                send();
            }
        >
            <h3 id="fold-title">{tr!("fold-title")}</h3>
            <p class="quiet">{tr!("fold-intro")}</p>
            <fieldset on:keydown=on_key>
                <legend>{tr!("notes")}</legend>
                {choices.collect_view()}
            </fieldset>
            <p class="problem" role="alert">{move || is_missing.get().then(|| tr!("fold-missing"))}</p>
            <div class="answers">
                <button type="submit" class="main">{tr!("fold-send")}</button>
                <button type="button" on:click=move |_| work.stop_folding()>{tr!("decline-cancel")}</button>
            </div>
        </form>
    }
}
