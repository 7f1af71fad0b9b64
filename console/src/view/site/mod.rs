//! The page of a site: what happens when nobody of its team looks at the queue.

mod notifications;
mod present;
mod texts;

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::ConsoleSite;

use crate::api::{self, Failure};
use crate::locale::tr;
use crate::work::{Work, explain};

/// The dialog that opens while the work's `is_site_open`. What it shows is asked for each time.
#[component]
pub fn SitePage(work: Work) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let sites = RwSignal::new(Vec::<ConsoleSite>::new());
    let site = RwSignal::new(None::<SiteId>);
    let failure = RwSignal::new(None::<Failure>);
    let ask = move || {
        spawn_local(async move {
            match api::sites().await {
                Ok(found) => {
                    failure.set(None);
                    if site.with_untracked(Option::is_none) {
                        site.set(found.first().map(|site| site.id.clone()));
                    }
                    sites.set(found);
                }
                Err(failed) => failure.set(Some(failed)),
            }
        });
    };
    Effect::new(move || {
        let Some(dialog) = dialog.get() else { return };
        if work.is_site_open.get() && !dialog.open() {
            // Refused only when it is open already.
            let _ = dialog.show_modal();
            ask();
        }
    });
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let choose = move |event| site.set(event_target_value(&event).parse().ok());
    let choice = move || {
        (sites.with(Vec::len) > 1).then(|| {
            let options = sites
                .get()
                .into_iter()
                .map(|site| view! { <option value=site.id.to_string()>{site.name}</option> });
            view! {
                <label for="site-choice">{tr!("site")}</label>
                <select id="site-choice" on:change=choose>{options.collect_view()}</select>
            }
        })
    };
    let parts = move || {
        let id = site.get().filter(|_| work.is_site_open.get())?;
        Some(view! {
            <present::Present work site=id.clone() />
            <Show when=move || work.may_write_for_everyone()>
                <notifications::Notifications work site=id.clone() />
                <texts::PlaybookEditor work site=id.clone() />
                <texts::ReasonsEditor work site=id.clone() />
            </Show>
        })
    };

    view! {
        <dialog
            class="wide"
            node_ref=dialog
            aria-labelledby="site-page-title"
            on:close=move |_| work.is_site_open.set(false)
        >
            <h2 id="site-page-title">{tr!("site-page")}</h2>
            <p class="problem" role="alert">{move || failure.get().as_ref().map(explain)}</p>
            {choice}
            {parts}
            <div class="answers">
                <button type="button" on:click=close>{tr!("close")}</button>
            </div>
        </dialog>
    }
}

/// What became of it: always there, so that a screen reader tells when it changes.
#[component]
fn Said(said: RwSignal<Option<Result<String, String>>>) -> impl IntoView {
    let is_problem = move || said.with(|said| matches!(said, Some(Err(_))));
    let text = move || said.get().map(|said| said.unwrap_or_else(|problem| problem));
    view! { <p role="status" class:problem=is_problem>{text}</p> }
}
