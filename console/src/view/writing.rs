//! A box for words that somebody else will read: sent by Ctrl+Enter, left by Escape, and its limits told in words.

use std::ops::RangeInclusive;

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;

use crate::browser;
use crate::locale::tr;

/// The form. What is written in it is its owner's to keep.
#[component]
pub fn Writing(
    /// What the ids of title and introduction begin with.
    name: &'static str,
    /// The id of the box, as [`browser::focus`] takes it; those of what stands below begin with it.
    field: &'static [&'static str; 1],
    #[prop(into)] title: Signal<&'static str>,
    intro: &'static str,
    label: &'static str,
    rows: &'static str,
    #[prop(into)] text: Signal<String>,
    write: impl Fn(String) + 'static,
    /// Graphemes of what can be sent.
    limits: RangeInclusive<usize>,
    /// What is wrong with so many graphemes, and whether they were to be sent already.
    problem: impl Fn(usize, bool) -> Option<String> + Copy + Send + Sync + 'static,
    /// Sends what keeps to the limits.
    send: impl Fn(String) + Copy + 'static,
    /// Leaves it for later.
    stop: impl Fn() + Copy + 'static,
    #[prop(into)] send_name: Signal<&'static str>,
    stop_name: &'static str,
    /// Whether the graphemes are counted below the box.
    #[prop(optional)]
    counts: bool,
    /// Whether something is on its way, so that nothing is sent.
    #[prop(optional)]
    is_sending: Option<RwSignal<bool>>,
    #[prop(optional)] class: Option<&'static str>,
    /// What stands above the box.
    #[prop(optional, into)]
    above: ViewFn,
    /// What stands below it.
    #[prop(optional, into)]
    below: ViewFn,
) -> impl IntoView {
    let [id] = *field;
    let ids = |of: &str, what: &str| format!("{of}-{what}");
    let (title_id, intro_id) = (ids(name, "title"), ids(name, "intro"));
    let labelled_by = title_id.clone();
    let (count_id, problem_id) = (ids(id, "count"), ids(id, "problem"));
    let described_by = match counts {
        true => format!("{intro_id} {count_id} {problem_id}"),
        false => format!("{intro_id} {problem_id}"),
    };
    let n_graphemes = Memo::new(move |_| text.with(|text| browser::n_graphemes(text)));
    let was_sent = RwSignal::new(false);
    let max = limits.end().to_string();
    let count = counts.then(|| {
        let count = move || tr!("reason-count", n = n_graphemes.get().to_string(), max = max.clone());
        view! { <p id=count_id class="quiet">{count}</p> }
    });
    let problem = move || problem(n_graphemes.get(), was_sent.get());
    let limits = StoredValue::new(limits);
    let send = move || {
        was_sent.set(true);
        if limits.with_value(|limits| limits.contains(&n_graphemes.get_untracked())) {
            send(text.get_untracked());
        } else {
            browser::focus(field);
        }
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            event.prevent_default();
            stop();
        }
        "Enter" if event.ctrl_key() || event.meta_key() => {
            event.prevent_default();
            send();
        }
        _ => {}
    };

    view! {
        <form
            class=class
            aria-labelledby=labelled_by
            novalidate=true
            on:keydown=on_key
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                send();
            }
        >
            <h3 id=title_id>{title}</h3>
            <p id=intro_id class="quiet">{intro}</p>
            {above.run()}
            <label for=id>{label}</label>
            <textarea
                id=id
                rows=rows
                dir="auto"
                aria-describedby=described_by
                aria-invalid=move || problem().is_some().to_string()
                prop:value=text
                on:input=move |event| write(event_target_value(&event))
            ></textarea>
            {count}
            <p id=problem_id class="problem" role="alert">{problem}</p>
            {below.run()}
            <div class="answers">
                <button
                    type="submit"
                    class="main"
                    aria-disabled=move || is_sending.map(|is_sending| is_sending.get().to_string())
                >
                    {send_name}
                </button>
                <button type="button" on:click=move |_| stop()>{stop_name}</button>
            </div>
        </form>
    }
}
