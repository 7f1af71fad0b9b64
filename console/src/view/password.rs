//! A field for a password: to be pasted into, and shown on demand.

use leptos::prelude::*;

use crate::locale::tr;

/// A labelled field. `described_by` names what explains it and what is wrong with it.
#[component]
pub fn Password(
    /// Of the field.
    id: &'static str,
    /// What it is.
    label: &'static str,
    /// `current-password` or `new-password`.
    autocomplete: &'static str,
    /// What is in it.
    value: RwSignal<String>,
    /// Ids of elements.
    described_by: &'static str,
    /// Whether what is in it is wrong.
    #[prop(into)]
    is_wrong: Signal<bool>,
) -> impl IntoView {
    let is_shown = RwSignal::new(false);
    view! {
        <label for=id>{label}</label>
        <input
            id=id
            name=id
            type=move || if is_shown.get() { "text" } else { "password" }
            autocomplete=autocomplete
            autocapitalize="none"
            spellcheck="false"
            aria-describedby=described_by
            aria-invalid=move || is_wrong.get().to_string()
            prop:value=value
            on:input=move |event| value.set(event_target_value(&event))
        />
        <label class="choice">
            <input
                type="checkbox"
                aria-controls=id
                prop:checked=is_shown
                on:change=move |event| is_shown.set(event_target_checked(&event))
            />
            {tr!("password-show")}
        </label>
    }
}
