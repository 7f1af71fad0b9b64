//! Who reads the item at the moment, what colleagues said on handing it over, and the way to hand it over.

use leptos::prelude::*;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::HAND_OVER_GRAPHEMES;
use peer_support_domain::wire::{Claim, HandOver, NewHandOver};

use super::writing::Writing;
use crate::browser;
use crate::locale::tr;
use crate::work::Work;

/// That a colleague reads the item, and the way to take it over; nothing otherwise.
#[component]
pub fn Claimed(work: Work, claim: Memo<Option<Claim>>) -> impl IntoView {
    let theirs = move || {
        let Claim { name, .. } = claim.get().filter(|claim| !claim.is_yours)?;
        Some(view! {
            <p dir="auto">{tr!("is-reading", name = name)}</p>
            <Show when=move || work.may_decide()>
                <button type="button" aria-keyshortcuts="t" on:click=move |_| work.take_over()>
                    {tr!("take-over")} " " <kbd aria-hidden="true">"t"</kbd>
                </button>
            </Show>
        })
    };
    view! { <div class="note" role="status">{theirs}</div> }
}

/// The notes with which the item was handed over; nothing when it was not.
#[component]
pub fn HandOvers(work: Work, hand_overs: Memo<Vec<HandOver>>) -> impl IntoView {
    move || {
        let hand_overs = hand_overs.get();
        (!hand_overs.is_empty()).then(|| {
            let notes = hand_overs.into_iter().map(|HandOver { from, to, note, at }| {
                let who = match to {
                    Some(to) => tr!("hand-over-to", from = from, to = to),
                    None => tr!("hand-over-to-team", from = from),
                };
                let when = move || browser::relative(at, work.now_ms.get());
                view! {
                    <li>
                        <p class="quiet" dir="auto">
                            {who} " · " <time datetime=browser::machine_time(at)>{when}</time>
                        </p>
                        <p class="words" dir="auto">{note}</p>
                    </li>
                }
            });
            view! {
                <section class="private" aria-labelledby="hand-overs-title">
                    <h3 id="hand-overs-title">{tr!("hand-overs")}</h3>
                    <ol>{notes.collect_view()}</ol>
                </section>
            }
        })
    }
}

/// Writes the note with which the item `id` is handed over. What is begun is kept until it is sent.
#[component]
pub fn HandOverTo(work: Work, id: ItemId) -> impl IntoView {
    let begun = move || work.notes.with(|notes| notes.get(&id).cloned());
    let note = Memo::new(move |_| begun().map(|new| new.note).unwrap_or_default());
    let to = Memo::new(move |_| begun().and_then(|new| new.to));
    let change = move |change: &dyn Fn(&mut NewHandOver)| {
        work.notes.update(|notes| {
            change(notes.entry(id).or_insert_with(|| NewHandOver { to: None, note: String::new() }));
        });
    };
    let problem = |n: usize, was_sent: bool| match n {
        n if n > *HAND_OVER_GRAPHEMES.end() => {
            Some(tr!("word-long", max = HAND_OVER_GRAPHEMES.end().to_string()))
        }
        n if n < *HAND_OVER_GRAPHEMES.start() && was_sent => Some(tr!("word-short").to_owned()),
        _ => None,
    };
    let choose = move |event| {
        let name = event_target_value(&event);
        change(&|new| new.to = (!name.is_empty()).then(|| name.clone()));
    };
    let names = move || {
        let names = work.colleagues.get().into_iter().map(|name| {
            let is_chosen = to.with(|to| to.as_ref() == Some(&name));
            view! { <option value=name.clone() selected=is_chosen>{name.clone()}</option> }
        });
        names.collect_view()
    };

    let whom = move || {
        view! {
            <label for="hand-over-to">{tr!("hand-over-for")}</label>
            <select id="hand-over-to" on:change=choose>
                <option value="">{tr!("whole-team")}</option>
                {names}
            </select>
        }
    };

    view! {
        <Writing
            name="hand-over"
            field=&["hand-over-note"]
            title=tr!("hand-over")
            intro=tr!("hand-over-intro")
            label=tr!("hand-over-note")
            rows="3"
            text=note
            write=move |text: String| change(&|new| new.note.clone_from(&text))
            limits=HAND_OVER_GRAPHEMES
            problem
            send=move |note| work.hand_over(id, NewHandOver { to: to.get_untracked(), note })
            stop=move || work.stop_handing_over()
            send_name=tr!("hand-over-send")
            stop_name=tr!("say-cancel")
            counts=true
            is_sending=work.is_sending
            below=whom
        />
    }
}
