//! The door: name, password and a code of the authenticator; or a one-time code, the first time and after a loss.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use peer_support_domain::limits::DEVICE_CHARS;

use super::password::Password;
use crate::api::Failure;
use crate::browser;
use crate::locale::tr;
use crate::work::{Door, Way, Work, explain};

/// Asks who is there. A session that ended leaves the desk as it was.
#[component]
pub fn SignIn(work: Work) -> impl IntoView {
    let before = match work.door.get_untracked() {
        Door::Lapsed(session, _) => session.name,
        _ => String::new(),
    };
    let name = RwSignal::new(before);
    let password = RwSignal::new(String::new());
    let second = RwSignal::new(String::new());
    let is_empty = RwSignal::new(false);
    let is_by_code = work.is_by_code;
    let is_asking = Memo::new(move |_| work.door.get() == Door::Asking);
    let is_lapsed = Memo::new(move |_| matches!(work.door.get(), Door::Lapsed(..)));
    let failure = move || match work.door.get() {
        Door::Closed(failure) | Door::Lapsed(_, failure) => failure,
        Door::Asking | Door::Open(_) => None,
    };
    let problem = move || match failure() {
        _ if is_empty.get() && is_by_code.get() => Some(tr!("code-missing").to_owned()),
        _ if is_empty.get() => Some(tr!("credentials-missing").to_owned()),
        Some(Failure::SignedOut) if !is_by_code.get() => Some(tr!("credentials-refused").to_owned()),
        failure => failure.as_ref().map(explain),
    };
    // What is wrong is the fields' fault; a dead connection is not.
    let is_wrong = Signal::derive(move || is_empty.get() || failure() == Some(Failure::SignedOut));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if is_asking.get_untracked() {
            return;
        }
        let way = if is_by_code.get_untracked() {
            Way::Code(work.code.get_untracked())
        } else {
            Way::Password(
                name.get_untracked().trim().to_owned(),
                password.get_untracked(),
                second.get_untracked(),
            )
        };
        let missing: Option<&[&str]> = match &way {
            Way::Code(code) => code.trim().is_empty().then_some(&["code"]),
            Way::Password(name, ..) if name.is_empty() => Some(&["name"]),
            Way::Password(_, password, _) if password.is_empty() => Some(&["password"]),
            Way::Password(.., second) => second.trim().is_empty().then_some(&["second-code"]),
        };
        is_empty.set(missing.is_some());
        match missing {
            Some(field) => browser::focus(field),
            None => work.sign_in(way),
        }
    };
    let choose = move |_| {
        is_by_code.update(|is| *is = !*is);
        is_empty.set(false);
        // What went wrong was said about the other way.
        work.door.update(|door| match door {
            Door::Closed(failure) | Door::Lapsed(_, failure) => *failure = None,
            Door::Asking | Door::Open(_) => {}
        });
        browser::focus(if is_by_code.get_untracked() { &["code"] } else { &["name"] });
    };
    let by_code = move || {
        view! {
            <label for="code">{tr!("code")}</label>
            <input
                id="code"
                name="code"
                class="code"
                autocomplete="one-time-code"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby="code-help problem"
                aria-invalid=move || is_wrong.get().to_string()
                prop:value=work.code
                on:input=move |event| work.code.set(event_target_value(&event))
            />
            <p id="code-help" class="quiet">{tr!("code-help")}</p>
        }
    };
    let by_password = move || {
        view! {
            <label for="name">{tr!("name")}</label>
            <input
                id="name"
                name="username"
                autocomplete="username"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby="problem"
                aria-invalid=move || is_wrong.get().to_string()
                prop:value=name
                on:input=move |event| name.set(event_target_value(&event))
            />
            <Password
                id="password"
                label=tr!("password")
                autocomplete="current-password"
                value=password
                described_by="problem"
                is_wrong
            />
            <label for="second-code">{tr!("second-code")}</label>
            <input
                id="second-code"
                name="one-time-code"
                class="code"
                autocomplete="one-time-code"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby="second-code-help problem"
                aria-invalid=move || is_wrong.get().to_string()
                prop:value=second
                on:input=move |event| second.set(event_target_value(&event))
            />
            <p id="second-code-help" class="quiet">{tr!("second-code-help")}</p>
        }
    };

    view! {
        <main class="door">
            <h1>{tr!("title")}</h1>
            <p>{move || if is_lapsed.get() { tr!("sign-in-lapsed") } else { tr!("sign-in-intro") }}</p>
            <form on:submit=submit novalidate=true>
                {move || if is_by_code.get() { by_code().into_any() } else { by_password().into_any() }}
                <label for="device">{tr!("device")}</label>
                <input
                    id="device"
                    name="device"
                    autocomplete="off"
                    maxlength=DEVICE_CHARS.to_string()
                    aria-describedby="device-help"
                    prop:value=browser::device().unwrap_or_default()
                    on:change=move |event| browser::keep_device(&event_target_value(&event))
                />
                <p id="device-help" class="quiet">{tr!("device-help")}</p>
                <p id="problem" class="problem" role="alert">{problem}</p>
                <div class="answers">
                    <button type="submit" class="main" aria-disabled=move || is_asking.get().to_string()>
                        {move || if is_asking.get() { tr!("signing-in") } else { tr!("sign-in") }}
                    </button>
                    <button type="button" on:click=choose>
                        {move || if is_by_code.get() { tr!("with-password") } else { tr!("with-code") }}
                    </button>
                </div>
            </form>
        </main>
    }
}
