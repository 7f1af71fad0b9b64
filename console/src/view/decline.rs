//! Why not: the words that the author reads instead of their own.

use leptos::prelude::*;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::REASON_GRAPHEMES;
use peer_support_domain::post::Decision;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::ReasonTemplate;

use super::writing::Writing;
use crate::browser;
use crate::locale::{Key, key, tr};
use crate::work::Work;

/// Words to start from: what the moderator sees, and what the author would read.
const TEMPLATES: [(Key, Key); 7] = [
    (key!("template-identify"), key!("template-identify-text")),
    (key!("template-method"), key!("template-method-text")),
    (key!("template-danger"), key!("template-danger-text")),
    (key!("template-hostile"), key!("template-hostile-text")),
    (key!("template-advice"), key!("template-advice-text")),
    (key!("template-promotion"), key!("template-promotion-text")),
    (key!("template-unclear"), key!("template-unclear-text")),
];

/// The page's own reasons, until a site wrote some.
#[must_use]
pub fn own_reasons() -> Vec<ReasonTemplate> {
    let reason = |(name, text): (Key, Key)| ReasonTemplate {
        name: name.text().to_owned(),
        text: text.text().to_owned(),
    };
    TEMPLATES.map(reason).to_vec()
}

/// Writes the reason for the `decision` to decline or hide the item `id`, whose author writes in `lang`. What is begun is
/// kept until it is sent.
#[component]
pub fn Decline(
    work: Work,
    id: ItemId,
    site: SiteId,
    lang: Option<String>,
    #[prop(into)] decision: Signal<Decision>,
) -> impl IntoView {
    let reason = Memo::new(move |_| work.drafts.with(|drafts| drafts.get(&id).cloned().unwrap_or_default()));
    let write = move |text: String| work.drafts.update(|drafts| drafts.insert(id, text).map_or((), drop));
    let problem = |n: usize, was_sent: bool| match n {
        n if n > *REASON_GRAPHEMES.end() => {
            Some(tr!("reason-long", max = REASON_GRAPHEMES.end().to_string()))
        }
        n if n < *REASON_GRAPHEMES.start() && was_sent => {
            Some(tr!("reason-short", min = REASON_GRAPHEMES.start().to_string()))
        }
        _ => None,
    };
    let is_hiding = move || decision.get() == Decision::Hide;
    let title = Signal::derive(move || if is_hiding() { tr!("hide-title") } else { tr!("decline-title") });
    let send_name = Signal::derive(move || if is_hiding() { tr!("hide-send") } else { tr!("decline-send") });
    // The author reads it, so it is in their language where the page has it, unless the site wrote its own.
    let own =
        TEMPLATES.map(|(name, words)| (name.text().to_owned(), words.text_for(lang.as_deref()).0.to_owned()));
    let templates = move || {
        let of_site = work.reasons.with(|known| known.get(&site).cloned().flatten());
        let of_site =
            of_site.map(|reasons| reasons.into_iter().map(|reason| (reason.name, reason.text)).collect());
        let templates: Vec<(String, String)> = of_site.unwrap_or_else(|| own.to_vec());
        let one = |(name, words): (String, String)| {
            let start = move |_| {
                write(words.clone());
                browser::focus(&["reason"]);
            };
            view! { <button type="button" on:click=start>{name}</button> }
        };
        templates.into_iter().map(one).collect_view()
    };

    let start_from = move || {
        view! {
            <fieldset>
                <legend>{tr!("decline-start-from")}</legend>
                {templates.clone()}
            </fieldset>
        }
    };

    view! {
        <Writing
            name="decline"
            field=&["reason"]
            title
            intro=tr!("decline-intro")
            label=tr!("reason")
            rows="4"
            text=reason
            write
            limits=REASON_GRAPHEMES
            problem
            send=move |reason| work.decide(decision.get_untracked(), Some(reason))
            stop=move || work.stop_declining()
            send_name
            stop_name=tr!("decline-cancel")
            counts=true
            class="decline"
            above=start_from
        />
    }
}
