//! Why not: the words that the author reads instead of their own.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::REASON_GRAPHEMES;
use peer_support_domain::post::Decision;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::ReasonTemplate;

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
    let n_graphemes = Memo::new(move |_| reason.with(|reason| browser::n_graphemes(reason)));
    let was_sent = RwSignal::new(false);
    let count = move || {
        tr!("reason-count", n = n_graphemes.get().to_string(), max = REASON_GRAPHEMES.end().to_string())
    };
    let problem = move || match n_graphemes.get() {
        n if n > *REASON_GRAPHEMES.end() => {
            Some(tr!("reason-long", max = REASON_GRAPHEMES.end().to_string()))
        }
        n if n < *REASON_GRAPHEMES.start() && was_sent.get() => {
            Some(tr!("reason-short", min = REASON_GRAPHEMES.start().to_string()))
        }
        _ => None,
    };
    let send = move || {
        was_sent.set(true);
        if REASON_GRAPHEMES.contains(&n_graphemes.get_untracked()) {
            work.decide(decision.get_untracked(), Some(reason.get_untracked()));
        } else {
            browser::focus(&["reason"]);
        }
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            event.prevent_default();
            work.stop_declining();
        }
        "Enter" if event.ctrl_key() || event.meta_key() => {
            event.prevent_default();
            send();
        }
        _ => {}
    };
    let (title, name_of_send) = (
        move || if decision.get() == Decision::Hide { tr!("hide-title") } else { tr!("decline-title") },
        move || if decision.get() == Decision::Hide { tr!("hide-send") } else { tr!("decline-send") },
    );
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

    view! {
        <form
            class="decline"
            aria-labelledby="decline-title"
            novalidate=true
            on:keydown=on_key
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                send();
            }
        >
            <h3 id="decline-title">{title}</h3>
            <p id="decline-intro" class="quiet">{tr!("decline-intro")}</p>
            <fieldset>
                <legend>{tr!("decline-start-from")}</legend>
                {templates}
            </fieldset>
            <label for="reason">{tr!("reason")}</label>
            <textarea
                id="reason"
                rows="4"
                dir="auto"
                aria-describedby="decline-intro reason-count reason-problem"
                aria-invalid=move || problem().is_some().to_string()
                prop:value=reason
                on:input=move |event| write(event_target_value(&event))
            ></textarea>
            <p id="reason-count" class="quiet">{count}</p>
            <p id="reason-problem" class="problem" role="alert">{problem}</p>
            <div class="answers">
                <button type="submit" class="main">{name_of_send}</button>
                <button type="button" on:click=move |_| work.stop_declining()>{tr!("decline-cancel")}</button>
            </div>
        </form>
    }
}
