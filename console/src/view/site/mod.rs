//! The page of a site: what happens when nobody of its team looks at the queue.

mod drill;
mod notifications;
mod present;
mod record;
mod roles;
mod statistics;
mod texts;
mod two_persons;

use leptos::prelude::*;
use peer_support_domain::post::Role;
use peer_support_domain::wire::ConsoleSite;

use super::site_dialog::SiteDialog;
use crate::locale::tr;
use crate::work::Work;

/// The dialog that opens while the work's `is_site_open`. What it shows is asked for each time.
#[component]
pub fn SitePage(work: Work) -> impl IntoView {
    let parts = move |ConsoleSite { id, role, .. }: ConsoleSite| {
        let (leads, manages) = (role >= Role::Lead, role >= Role::Admin);
        move || {
            work.is_site_open.get().then(|| {
                let (notified, steps, reasons, counted, drilled, team) =
                    (id.clone(), id.clone(), id.clone(), id.clone(), id.clone(), id.clone());
                view! {
                    <present::Present work site=id.clone() role />
                    <Show when=move || leads>
                        <notifications::Notifications work site=notified.clone() />
                        <texts::PlaybookEditor work site=steps.clone() />
                        <texts::ReasonsEditor work site=reasons.clone() />
                        <drill::FireDrills work site=drilled.clone() />
                        <statistics::Numbers site=counted.clone() />
                        <record::Record />
                    </Show>
                    <Show when=move || manages>
                        <roles::Roles work site=team.clone() />
                    </Show>
                }
            })
        }
    };
    view! {
        <SiteDialog
            work
            is_open=work.is_site_open
            name="site-page"
            title=tr!("site-page")
            asks_each_time=true
            parts
        />
    }
}

/// What became of it: always there, so that a screen reader tells when it changes.
#[component]
fn Said(said: RwSignal<Option<Result<String, String>>>) -> impl IntoView {
    let is_problem = move || said.with(|said| matches!(said, Some(Err(_))));
    let text = move || said.get().map(|said| said.unwrap_or_else(|problem| problem));
    view! { <p role="status" class:problem=is_problem>{text}</p> }
}
