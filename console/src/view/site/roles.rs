//! Who may do what on a site, for its admins.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::post::Role;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{AccountRole, PutRole, SiteRoles};

use super::Said;
use crate::api::{self, Failure};
use crate::browser;
use crate::locale::tr;
use crate::roles::role_name;
use crate::work::{Work, explain};

/// The accounts that have a role on a site, and the way to give another account one.
#[component]
pub fn Roles(work: Work, site: SiteId) -> impl IntoView {
    let accounts = RwSignal::new(Vec::<AccountRole>::new());
    let said = RwSignal::new(None::<Result<String, String>>);
    let name = RwSignal::new(String::new());
    let role = RwSignal::new(Role::Moderator);
    let site = StoredValue::new(site);
    spawn_local(async move {
        match api::roles(&site.get_value()).await {
            Ok(found) => accounts.set(found.accounts),
            Err(failure) => said.set(Some(Err(explain(&failure)))),
        }
    });
    let put = move |put: PutRole| {
        spawn_local(async move {
            let answer = work.write(async |csrf| api::put_role(&csrf, &site.get_value(), &put).await).await;
            match answer {
                Ok(SiteRoles { accounts: now }) => {
                    let text = match put.role {
                        Some(role) => tr!("roles-given", name = put.name, role = role_name(role)),
                        None => tr!("roles-taken", name = put.name),
                    };
                    accounts.set(now);
                    name.set(String::new());
                    said.set(Some(Ok(text)));
                    browser::focus(&["roles-title"]);
                }
                Err(Failure::Refused(_)) => {
                    said.set(Some(Err(tr!("roles-unknown").to_owned())));
                    browser::focus(&["role-name"]);
                }
                Err(failure) => said.set(Some(Err(explain(&failure)))),
            }
        });
    };
    let give = move |event: SubmitEvent| {
        event.prevent_default();
        let name = name.get_untracked().trim().to_owned();
        if name.is_empty() {
            said.set(Some(Err(tr!("roles-unknown").to_owned())));
            browser::focus(&["role-name"]);
        } else {
            put(PutRole { name, role: Some(role.get_untracked()) });
        }
    };
    let one = move |account: AccountRole| {
        let AccountRole { name, role, is_everywhere, is_yours } = account;
        let aside = match (is_yours, is_everywhere) {
            (true, _) => Some(tr!("roles-yours")),
            (_, true) => Some(tr!("roles-everywhere")),
            _ => None,
        };
        let take_name = tr!("roles-take-name", name = name.clone());
        let taken = name.clone();
        view! {
            <li>
                <p>
                    <strong dir="auto">{name}</strong>
                    ": " {role_name(role)}
                    {aside.map(|aside| format!(" ({aside})"))}
                </p>
                {aside.is_none().then(|| view! {
                    <button
                        type="button"
                        aria-label=take_name
                        on:click=move |_| put(PutRole { name: taken.clone(), role: None })
                    >
                        {tr!("roles-take")}
                    </button>
                })}
            </li>
        }
    };
    let roles = Role::ALL.map(|one| {
        view! { <option value=one.as_str() selected=one == Role::Moderator>{role_name(one)}</option> }
    });
    let choose = move |event| {
        if let Ok(one) = event_target_value(&event).parse() {
            role.set(one);
        }
    };

    view! {
        <section aria-labelledby="roles-title">
            <h3 id="roles-title" tabindex="-1">{tr!("roles")}</h3>
            <p class="quiet">{tr!("roles-intro")}</p>
            <Said said />
            <ul class="sessions">{move || accounts.get().into_iter().map(one).collect_view()}</ul>
            <form novalidate=true on:submit=give>
                <label for="role-name">{tr!("roles-name")}</label>
                <input
                    id="role-name"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=name
                    on:input=move |event| name.set(event_target_value(&event))
                />
                <label for="role-role">{tr!("roles-role")}</label>
                <select id="role-role" on:change=choose>{roles.collect_view()}</select>
                <div class="answers"><button type="submit">{tr!("roles-give")}</button></div>
            </form>
        </section>
    }
}
