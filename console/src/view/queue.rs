//! The queue: what waits, in the server's order, and for how long.

use leptos::prelude::*;
use peer_support_domain::limits::SPAM_ITEMS;
use peer_support_domain::wire::{HandOver, QueueItem};

use super::clock;
use super::find::Find;
use super::spam::Spam;
use super::thread::state_name;
use crate::browser;
use crate::desk::{self, excerpt};
use crate::locale::tr;
use crate::work::{Queue, Work, explain, kind_name, topic_name};

/// Characters of an item in the list: two lines of it.
const EXCERPT_CHARS: usize = 110;

/// The list, or why there is none.
#[component]
pub fn Waiting(work: Work) -> impl IntoView {
    let n_waiting = Memo::new(move |_| work.desk.with(|desk| desk.waiting().len()));
    let has_more = Memo::new(move |_| work.desk.with(|desk| desk.next().is_some()));
    let is_finding = Memo::new(move |_| work.finding.with(Option::is_some));
    let title = move || match (work.queue.get(), n_waiting.get()) {
        (Queue::Waiting | Queue::Failed(_, None), _) if is_finding.get() => tr!("found-items").to_owned(),
        (Queue::Answered(_), 0) if is_finding.get() => tr!("found-none").to_owned(),
        (_, n) if is_finding.get() => tr!("found-count", n = n.to_string()),
        (Queue::Waiting | Queue::Failed(_, None), _) => tr!("queue").to_owned(),
        (Queue::Answered(_), 0) => tr!("queue-empty").to_owned(),
        (_, n) if has_more.get() => tr!("queue-count-more", n = n.to_string()),
        (_, n) => tr!("queue-count", n = n.to_string()),
    };

    view! {
        <section class="queue" aria-labelledby="queue-title">
            <Find work />
            <h2 id="queue-title" tabindex="-1">{title}</h2>
            <State work n_waiting is_finding />
            <Spam work />
            <ol id="queue-list">
                <For each=move || work.desk.with(|desk| desk.waiting().to_vec()) key=|item| item.id let:item>
                    <Entry work item />
                </For>
            </ol>
            {move || {
                work.looked_back_to.get().map(|at| {
                    view! { <p class="quiet" role="status">{tr!("looked-back-to", day = browser::day(at))}</p> }
                })
            }}
            <Show when=move || has_more.get()>
                <button type="button" on:click=move |_| work.load_more()>
                    {move || if is_finding.get() { tr!("look-further") } else { tr!("queue-more") }}
                </button>
            </Show>
        </section>
    }
}

/// Waiting, empty or failed; nothing when there is a list that is up to date.
#[component]
fn State(work: Work, n_waiting: Memo<usize>, is_finding: Memo<bool>) -> impl IntoView {
    move || match work.queue.get() {
        Queue::Waiting => view! { <p class="quiet" role="status">{tr!("queue-loading")}</p> }.into_any(),
        Queue::Answered(_) if n_waiting.get() == 0 && !is_finding.get() => {
            view! { <p class="quiet">{tr!("queue-empty-more")}</p> }.into_any()
        }
        Queue::Answered(_) => ().into_any(),
        Queue::Failed(failure, before) => {
            let what = before.map_or_else(
                || tr!("queue-failed").to_owned(),
                |at| tr!("queue-stale", time = browser::clock(at, browser::now_ms())),
            );
            view! {
                <div class="problem" role="alert">
                    <p>{what} " " {explain(&failure)}</p>
                    <button type="button" on:click=move |_| work.reload()>{tr!("try-again")}</button>
                </div>
            }
            .into_any()
        }
    }
}

/// One item in the list. Tab reaches the one that is read; arrows reach the others.
#[component]
fn Entry(work: Work, item: QueueItem) -> impl IntoView {
    let id = item.id;
    let is_read = Memo::new(move |_| {
        work.desk.with(|desk| desk.reading().is_some_and(|reading| reading.item.id == id))
    });
    // An author may change what waits: the list says what is there now.
    let words = Memo::new(move |_| {
        work.desk.with(|desk| {
            let item = desk.waiting().iter().find(|item| item.id == id);
            match item {
                Some(item) if work.is_veiled(item) => tr!("red-excerpt").to_owned(),
                Some(item) => excerpt(&item.text, EXCERPT_CHARS),
                None => String::new(),
            }
        })
    });
    let is_reported = Memo::new(move |_| {
        work.desk.with(|desk| desk.waiting().iter().any(|item| item.id == id && !item.reports.is_empty()))
    });
    let is_at_risk = Memo::new(move |_| {
        work.desk.with(|desk| desk.waiting().iter().any(|item| item.id == id && desk::is_at_risk(item)))
    });
    // Who else reads it, or whom it was handed to.
    let who = Memo::new(move |_| {
        work.desk.with(|desk| {
            let item = desk.waiting().iter().find(|item| item.id == id)?;
            match (&item.claim, item.hand_overs.last()) {
                (Some(claim), _) if !claim.is_yours => Some(tr!("is-reading", name = claim.name)),
                (_, Some(HandOver { to: Some(name), .. })) => Some(tr!("is-for", name = name)),
                (_, Some(_)) => Some(tr!("has-note").to_owned()),
                _ => None,
            }
        })
    });
    let is_passed_on = Memo::new(move |_| {
        work.desk.with(|desk| desk.waiting().iter().any(|item| item.id == id && item.escalation.is_some()))
    });
    let may_choose = Memo::new(move |_| {
        work.may_decide()
            && work
                .desk
                .with(|desk| desk.waiting().iter().any(|item| item.id == id && desk::is_only_spam(item)))
    });
    let is_chosen = Memo::new(move |_| work.chosen.with(|chosen| chosen.contains(&id)));
    let is_full = move || !is_chosen.get() && work.chosen.with(|chosen| chosen.len() >= *SPAM_ITEMS.end());
    let tab_place = move || if is_read.get() { "0" } else { "-1" };
    let created_at = item.created_at;
    let span = clock::span_of(&item);
    let is_late = clock::is_late(work, span);
    let when = match span {
        Some(span) => clock::short(work, span),
        None => Memo::new(move |_| browser::relative(created_at, work.now_ms.get())),
    };
    // What was found may stand anywhere.
    let stands = span.is_none().then(|| state_name(item.state));
    let open = move |_| {
        work.read(|desk| desk.read(id));
        work.is_item_open.set(true);
        // From a narrow list the focus goes on with what it opened.
        browser::focus(&["queue-reading", "reading-title"]);
    };

    view! {
        <li class:may-choose=may_choose>
            <button
                type="button"
                id=move || is_read.get().then_some("queue-reading")
                aria-current=move || is_read.get().then_some("true")
                tabindex=tab_place
                on:click=open
            >
                <span class="line">
                    <strong>{kind_name(item.kind)}</strong>
                    <span>{topic_name(&item)}</span>
                    <span class="overdue">{move || is_passed_on.get().then(|| tr!("passed-on"))}</span>
                    <span class="overdue">{move || is_at_risk.get().then(|| tr!("at-risk"))}</span>
                    <span class="overdue">{move || is_reported.get().then(|| tr!("reported"))}</span>
                    <span>{stands}</span>
                    <span class="who" dir="auto">{who}</span>
                    <span class="when" class:overdue=is_late>{when}</span>
                </span>
                <span class="words" dir="auto" lang=item.lang.as_ref().map(ToString::to_string)>{words}</span>
            </button>
            <Show when=move || may_choose.get()>
                <label class="pick">
                    <input
                        type="checkbox"
                        tabindex=tab_place
                        aria-label=tr!("spam-choose")
                        aria-keyshortcuts="s"
                        prop:checked=is_chosen
                        prop:disabled=is_full
                        on:change=move |_| work.choose(id)
                    />
                </label>
            </Show>
        </li>
    }
}
