//! What the site would do about an item like the one that is read: steps, with marks that only the moderator sees.

use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{Playbook, QueueItem};

use crate::api;
use crate::desk;
use crate::locale::tr;
use crate::work::Work;

/// How much care an item asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Nothing was noticed.
    Green,
    /// Something was noticed or reported.
    Amber,
    /// A life may be at risk.
    Red,
}

impl Colour {
    /// Of an item.
    #[must_use]
    pub fn of(item: &QueueItem) -> Self {
        match item {
            item if desk::is_at_risk(item) => Self::Red,
            item if item.flags.is_empty() && item.reports.is_empty() => Self::Green,
            _ => Self::Amber,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Green => tr!("playbook-green"),
            Self::Amber => tr!("playbook-amber"),
            Self::Red => tr!("playbook-red"),
        }
    }
}

/// The page's own steps, until a site wrote some.
#[must_use]
pub fn own_steps() -> Playbook {
    let steps = |lines: &str| lines.lines().map(str::to_owned).collect();
    Playbook {
        green: steps(tr!("playbook-green-steps")),
        amber: steps(tr!("playbook-amber-steps")),
        red: steps(tr!("playbook-red-steps")),
    }
}

impl Work {
    /// Asks once what a site wrote for its moderators. Without an answer the page's own words serve.
    pub fn ask_site_texts(self, site: SiteId) {
        if self.playbooks.with_untracked(|known| known.contains_key(&site)) {
            return;
        }
        self.playbooks.update(|known| drop(known.insert(site.clone(), None)));
        spawn_local(async move {
            if let Ok(written) = api::playbook(&site).await {
                self.playbooks.update(|known| drop(known.insert(site.clone(), written.playbook)));
            }
            if let Ok(written) = api::reasons(&site).await {
                self.reasons.update(|known| drop(known.insert(site, written.reasons)));
            }
        });
    }
}

/// The steps for an item of this colour; folded where nothing was noticed.
#[component]
pub fn Steps(work: Work, site: SiteId, #[prop(into)] colour: Signal<Colour>) -> impl IntoView {
    work.ask_site_texts(site.clone());
    let steps = Memo::new(move |_| {
        let playbook =
            work.playbooks.with(|known| known.get(&site).cloned().flatten()).unwrap_or_else(own_steps);
        match colour.get() {
            Colour::Green => playbook.green,
            Colour::Amber => playbook.amber,
            Colour::Red => playbook.red,
        }
    });
    move || {
        let steps = steps.get();
        let colour = colour.get();
        (!steps.is_empty()).then(|| {
            let lines = steps.into_iter().map(|step| {
                view! { <li><label class="choice"><input type="checkbox" /> <span dir="auto">{step}</span></label></li> }
            });
            view! {
                <details class="playbook" open=colour == Colour::Red>
                    <summary>{tr!("playbook")} ": " {colour.name()}</summary>
                    <p class="quiet">{tr!("playbook-intro")}</p>
                    <ol>{lines.collect_view()}</ol>
                </details>
            }
        })
    }
}
