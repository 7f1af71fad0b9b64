//! The bar at the top: what this is, who is there, the way out.

use leptos::prelude::*;
use peer_support_domain::post::Role;

use crate::locale::tr;
use crate::work::{Door, Work};

/// Title, account, and what can be done at any time.
#[component]
pub fn Top(work: Work, is_help_open: RwSignal<bool>, is_for_everyone_open: RwSignal<bool>) -> impl IntoView {
    let who = move || {
        let Door::Open(session) = work.door.get() else { return String::new() };
        let role = match session.role {
            Role::Viewer => tr!("role-viewer"),
            Role::Moderator => tr!("role-moderator"),
            Role::Lead => tr!("role-lead"),
            Role::Admin => tr!("role-admin"),
        };
        tr!("signed-in-as", name = session.name, role = role)
    };

    view! {
        <header class="top">
            <h1>{tr!("title")}</h1>
            <p class="who" dir="auto">{who}</p>
            <button
                type="button"
                aria-keyshortcuts="r"
                aria-disabled=move || work.is_loading.get().to_string()
                on:click=move |_| work.reload()
            >
                {tr!("reload")} <kbd aria-hidden="true">"r"</kbd>
            </button>
            <Show when=move || work.may_write_for_everyone()>
                <button type="button" aria-haspopup="dialog" on:click=move |_| is_for_everyone_open.set(true)>
                    {tr!("for-everyone")}
                </button>
            </Show>
            <button type="button" aria-haspopup="dialog" on:click=move |_| work.is_site_open.set(true)>
                {tr!("site-page")}
            </button>
            <button type="button" aria-keyshortcuts="?" aria-haspopup="dialog" on:click=move |_| is_help_open.set(true)>
                {tr!("keys")} <kbd aria-hidden="true">"?"</kbd>
            </button>
            <button type="button" aria-haspopup="dialog" on:click=move |_| work.is_account_open.set(true)>
                {tr!("account")}
            </button>
            <button type="button" on:click=move |_| work.sign_out()>{tr!("sign-out")}</button>
        </header>
    }
}
