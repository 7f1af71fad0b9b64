//! The door: a one-time code, and no password to forget.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::api::Failure;
use crate::browser;
use crate::locale::tr;
use crate::work::{Door, Work, explain};

/// Asks for a code. A session that ended leaves the desk as it was.
#[component]
pub fn SignIn(work: Work) -> impl IntoView {
    let is_empty = RwSignal::new(false);
    let is_asking = Memo::new(move |_| work.door.get() == Door::Asking);
    let is_lapsed = Memo::new(move |_| matches!(work.door.get(), Door::Lapsed(..)));
    let problem = move || {
        if is_empty.get() {
            return Some(tr!("code-missing").to_owned());
        }
        match work.door.get() {
            Door::Closed(failure) | Door::Lapsed(_, failure) => failure.as_ref().map(explain),
            Door::Asking | Door::Open(_) => None,
        }
    };
    // A wrong code is the field's fault; a dead connection is not.
    let is_wrong = move || {
        is_empty.get()
            || matches!(
                work.door.get(),
                Door::Closed(Some(Failure::SignedOut)) | Door::Lapsed(_, Some(Failure::SignedOut))
            )
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let code = work.code.get_untracked();
        is_empty.set(code.trim().is_empty());
        if is_empty.get_untracked() {
            browser::focus(&["code"]);
        } else if !is_asking.get_untracked() {
            work.sign_in(code);
        }
    };

    view! {
        <main class="door">
            <h1>{tr!("title")}</h1>
            <p>{move || if is_lapsed.get() { tr!("sign-in-lapsed") } else { tr!("sign-in-intro") }}</p>
            <form on:submit=submit novalidate=true>
                <label for="code">{tr!("code")}</label>
                <input
                    id="code"
                    name="code"
                    autocomplete="one-time-code"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby="code-help code-problem"
                    aria-invalid=move || is_wrong().to_string()
                    prop:value=work.code
                    on:input=move |event| work.code.set(event_target_value(&event))
                />
                <p id="code-help" class="quiet">{tr!("code-help")}</p>
                <p id="code-problem" class="problem" role="alert">{problem}</p>
                <button type="submit" class="main" aria-disabled=move || is_asking.get().to_string()>
                    {move || if is_asking.get() { tr!("signing-in") } else { tr!("sign-in") }}
                </button>
            </form>
        </main>
    }
}
