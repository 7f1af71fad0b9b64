//! What can be declined at once: how many were chosen, and the reason for all of them.

use leptos::prelude::*;
use peer_support_domain::limits::REASON_GRAPHEMES;

use super::writing::Writing;
use crate::browser;
use crate::locale::tr;
use crate::work::Work;

/// The bar above the list while something is chosen, and the form.
#[component]
pub fn Spam(work: Work) -> impl IntoView {
    let n_chosen = Memo::new(move |_| work.chosen_items().len());
    let choose_none = move |_| {
        work.chosen.update(std::collections::BTreeSet::clear);
        work.is_declining_spam.set(false);
        browser::focus(&["queue-reading", "queue-title"]);
    };
    let problem = |n: usize, was_sent: bool| match n {
        n if n > *REASON_GRAPHEMES.end() => {
            Some(tr!("reason-long", max = REASON_GRAPHEMES.end().to_string()))
        }
        n if n < *REASON_GRAPHEMES.start() && was_sent => {
            Some(tr!("reason-short", min = REASON_GRAPHEMES.start().to_string()))
        }
        _ => None,
    };
    let form = move || {
        view! {
            <Writing
                name="spam"
                field=&["spam-reason"]
                title=tr!("spam-title")
                intro=tr!("spam-intro")
                label=tr!("reason")
                rows="4"
                text=work.spam_reason
                write=move |text| work.spam_reason.set(text)
                limits=REASON_GRAPHEMES
                problem
                send=move |reason| work.decline_spam(reason)
                stop=move || work.stop_declining_spam()
                send_name=tr!("spam-send")
                stop_name=tr!("decline-cancel")
                counts=true
            />
        }
    };

    view! {
        <Show when=move || n_chosen.get() != 0>
            <section class="spam" aria-label=tr!("spam-title")>
                <p>{move || tr!("spam-chosen", n = n_chosen.get().to_string())}</p>
                <Show
                    when=move || work.is_declining_spam.get()
                    fallback=move || {
                        view! {
                            <div class="answers">
                                <button
                                    type="button"
                                    id="spam-decline"
                                    aria-keyshortcuts="b"
                                    on:click=move |_| work.begin_to_decline_spam()
                                >
                                    {tr!("spam-decline")} " " <kbd aria-hidden="true">"b"</kbd>
                                </button>
                                <button type="button" on:click=choose_none>{tr!("spam-choose-none")}</button>
                            </div>
                        }
                    }
                >
                    {form}
                </Show>
            </section>
        </Show>
    }
}
