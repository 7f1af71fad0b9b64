//! The bar at the top: what this is, who is there, the way out.

use leptos::prelude::*;

use crate::locale::tr;
use crate::roles::role_name;
use crate::work::{Door, Work};

/// Title, account, and what can be done at any time.
#[component]
pub fn Top(work: Work, is_help_open: RwSignal<bool>, is_for_everyone_open: RwSignal<bool>) -> impl IntoView {
    let who = move || {
        let Door::Open(session) = work.door.get() else { return String::new() };
        let role = work.site.get().map_or(session.role, |site| work.role_on(&site));
        tr!("signed-in-as", name = session.name, role = role.map_or(tr!("role-none"), role_name))
    };
    let choose = move |event| work.choose_site(event_target_value(&event).parse().ok());
    let sites = move || {
        let sites = work.sites.get();
        (sites.len() > 1).then(|| {
            let options = sites.into_iter().map(|site| {
                let is_chosen = work.site.with_untracked(|chosen| chosen.as_ref() == Some(&site.id));
                view! { <option value=site.id.to_string() selected=is_chosen>{site.name}</option> }
            });
            view! {
                <select aria-label=tr!("site") on:change=choose>
                    <option value="">{tr!("site-all")}</option>
                    {options.collect_view()}
                </select>
            }
        })
    };

    view! {
        <header class="top">
            <h1>{tr!("title")}</h1>
            <p class="who" dir="auto">{who}</p>
            {sites}
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
