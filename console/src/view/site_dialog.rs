//! A dialog about one site, with a choice where there are several.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::post::Role;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::ConsoleSite;

use crate::api::{self, Failure};
use crate::locale::tr;
use crate::work::{Work, explain};

/// The dialog that opens while `is_open`.
#[component]
pub fn SiteDialog<Parts: IntoView + 'static>(
    work: Work,
    is_open: RwSignal<bool>,
    /// What must be allowed on a site for it to be one of the choice.
    #[prop(default = Role::Viewer)]
    least: Role,
    /// What the ids of title and choice begin with.
    name: &'static str,
    title: &'static str,
    /// Whether the sites are asked for each time, and not until they are known.
    #[prop(optional)]
    asks_each_time: bool,
    /// What it shows of the chosen site.
    parts: impl Fn(ConsoleSite) -> Parts + Copy + Send + 'static,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let sites = RwSignal::new(Vec::<ConsoleSite>::new());
    let site = RwSignal::new(None::<SiteId>);
    let failure = RwSignal::new(None::<Failure>);
    let ask = move || {
        spawn_local(async move {
            match api::sites().await {
                Ok(found) => {
                    failure.set(None);
                    let found: Vec<_> = found.into_iter().filter(|site| site.role >= least).collect();
                    let is_there =
                        |id: &Option<SiteId>| found.iter().any(|site| id.as_ref() == Some(&site.id));
                    if !site.with_untracked(is_there) {
                        // The one whose queue shows, or else the first.
                        let shown = work.site.get_untracked();
                        let first = found.first().map(|site| site.id.clone());
                        site.set(if is_there(&shown) { shown } else { first });
                    }
                    sites.set(found);
                }
                Err(failed) => failure.set(Some(failed)),
            }
        });
    };
    Effect::new(move || {
        let Some(dialog) = dialog.get() else { return };
        if is_open.get() && !dialog.open() {
            // Refused only when it is open already.
            let _ = dialog.show_modal();
            if asks_each_time || sites.with_untracked(Vec::is_empty) {
                ask();
            }
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
            let options = sites.get().into_iter().map(|one| {
                let is_chosen = site.with_untracked(|chosen| chosen.as_ref() == Some(&one.id));
                view! { <option value=one.id.to_string() selected=is_chosen>{one.name}</option> }
            });
            let id = format!("{name}-site");
            view! {
                <label for=id.clone()>{tr!("site")}</label>
                <select id=id on:change=choose>{options.collect_view()}</select>
            }
        })
    };
    // A memo, so that asking anew draws nothing anew that is the same.
    let chosen = Memo::new(move |_| {
        let id = site.get()?;
        sites.with(|sites| sites.iter().find(|site| site.id == id).cloned())
    });
    let title_id = format!("{name}-title");
    let labelled_by = title_id.clone();

    view! {
        <dialog
            class="wide"
            node_ref=dialog
            aria-labelledby=labelled_by
            on:close=move |_| is_open.set(false)
        >
            <h2 id=title_id>{title}</h2>
            <p class="problem" role="alert">{move || failure.get().as_ref().map(explain)}</p>
            {choice}
            {move || chosen.get().map(parts)}
            <div class="answers">
                <button type="button" on:click=close>{tr!("close")}</button>
            </div>
        </dialog>
    }
}
