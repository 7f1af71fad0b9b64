//! What became of the last thing the moderator did.

use leptos::prelude::*;

use crate::browser;
use crate::locale::tr;
use crate::work::Work;

/// One line that is always there, so that a screen reader tells when it changes.
#[component]
pub fn Said(work: Work) -> impl IntoView {
    let text = move || work.outcome.with(|said| said.as_ref().map(|said| said.text.clone()));
    let is_problem = move || work.outcome.with(|said| said.as_ref().is_some_and(|said| !said.is_done));
    // Only what still waits can be opened again.
    let to_open = move || {
        let item = work.outcome.with(|said| said.as_ref()?.item)?;
        work.desk.with(|desk| desk.waiting().iter().any(|waiting| waiting.id == item)).then_some(item)
    };

    view! {
        <div class="said" class:problem=is_problem>
            <p role="status">{text}</p>
            <Show when=move || work.pending.with(Option::is_some) || work.pending_spam.with(Option::is_some)>
                <button type="button" aria-keyshortcuts="u" on:click=move |_| work.undo()>
                    {tr!("undo")} " " <kbd aria-hidden="true">"u"</kbd>
                </button>
            </Show>
            {move || {
                to_open().map(|id| {
                    let open = move |_| {
                        work.read(|desk| desk.read(id));
                        work.is_item_open.set(true);
                        work.is_declining.set(work.drafts.with_untracked(|drafts| drafts.contains_key(&id)));
                        browser::focus(&["reason", "reading-title"]);
                    };
                    view! { <button type="button" on:click=open>{tr!("open-again")}</button> }
                })
            }}
        </div>
    }
}
