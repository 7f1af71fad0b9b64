//! The thread around the item that is read, and what was decided in it.

use leptos::prelude::*;
use peer_support_domain::id::{AuthorTag, ItemId};
use peer_support_domain::post::{Decision, State};
use peer_support_domain::wire::{PastDecision, Thread, ThreadItem};

use crate::browser;
use crate::locale::tr;
use crate::thread::{Beside, Further};
use crate::work::{Work, explain};

/// The way to the thread of the item `id`, and the thread while it is wanted.
#[component]
pub fn Around(work: Work, id: ItemId, is_veiled: Memo<bool>) -> impl IntoView {
    let is_open = Memo::new(move |_| work.is_thread_open.get() && !is_veiled.get());
    Effect::new(move || {
        let is_here = work.beside.with_untracked(|beside| beside.as_ref().is_some_and(|(of, _)| *of == id));
        if is_open.get() && !is_here {
            work.ask_thread(id);
        }
    });
    let body = move || {
        let beside = work.beside.get().filter(|(of, _)| *of == id);
        match beside.map_or(Beside::Asking, |(_, beside)| beside) {
            Beside::Asking => view! { <p class="quiet" role="status">{tr!("thread-loading")}</p> }.into_any(),
            Beside::Failed(failure) => view! {
                <div class="problem" role="alert">
                    <p>{tr!("thread-failed")} " " {explain(&failure)}</p>
                    <button type="button" on:click=move |_| work.ask_thread(id)>{tr!("try-again")}</button>
                </div>
            }
            .into_any(),
            Beside::Here(thread) => view! { <Whole work id thread /> }.into_any(),
        }
    };

    view! {
        <section class="thread" aria-label=tr!("thread") hidden=move || is_veiled.get()>
            <button
                type="button"
                id="thread"
                aria-expanded=move || is_open.get().to_string()
                aria-keyshortcuts="c"
                on:click=move |_| work.toggle_thread()
            >
                {tr!("thread")} " " <kbd aria-hidden="true">"c"</kbd>
            </button>
            <Show when=move || is_open.get()>{body}</Show>
        </section>
    }
}

/// The post, the replies around the item, and what was decided.
#[component]
fn Whole(work: Work, id: ItemId, thread: Thread) -> impl IntoView {
    let Thread { post, replies, before, after, decisions, .. } = thread;
    let poster = post.author;
    let all = std::iter::once(&post).chain(&replies);
    let author = all.clone().find(|item| item.id == id).and_then(|item| item.author);
    let is_alone = replies.is_empty() && post.id == id;
    let post_id = post.id;
    let further = move |name: &'static str, further: Further| {
        view! {
            <li>
                <button type="button" on:click=move |_| work.ask_further(id, further)>{name}</button>
            </li>
        }
    };
    let one = move |item: ThreadItem| view! { <One work item of=id post=post_id poster author /> };
    let past = move |past: PastDecision| {
        view! { <Past work past of=id post=post_id /> }
    };

    view! {
        <h3 id="thread-here" tabindex="-1">
            {if is_alone { tr!("thread-alone") } else { tr!("thread-title") }}
        </h3>
        <ol>
            {(!is_alone).then(|| one(post))}
            {before.map(|cursor| further(tr!("thread-before"), Further::Before(cursor)))}
            {replies.into_iter().map(one).collect_view()}
            {after.map(|cursor| further(tr!("thread-after"), Further::After(cursor)))}
        </ol>
        <h3>{if decisions.is_empty() { tr!("thread-undecided") } else { tr!("thread-decided") }}</h3>
        <ol>{decisions.into_iter().map(past).collect_view()}</ol>
    }
}

/// A post or reply: who, where it stands, when, and its words.
#[component]
fn One(
    work: Work,
    item: ThreadItem,
    /// The item that is read.
    of: ItemId,
    post: ItemId,
    poster: Option<AuthorTag>,
    author: Option<AuthorTag>,
) -> impl IntoView {
    let ThreadItem { id, state, text, lang, author: by, created_at, is_at_risk, .. } = item;
    let is_this = id == of;
    let lang = lang.map(|lang| lang.to_string());
    let who = match by {
        _ if id == post => Some(tr!("thread-post")),
        Some(by) if Some(by) == poster => Some(tr!("thread-by-poster")),
        Some(by) if Some(by) == author && !is_this => Some(tr!("thread-by-same")),
        _ => None,
    };
    let when = move || browser::relative(created_at, work.now_ms.get());
    let words = match text {
        None => ().into_any(),
        // Each hard text of others is opened by itself.
        Some(text) if is_at_risk && !is_this => view! {
            <details>
                <summary>{tr!("red-excerpt")}</summary>
                <p class="words" dir="auto" lang=lang>{text}</p>
            </details>
        }
        .into_any(),
        Some(text) => view! { <p class="words" dir="auto" lang=lang>{text}</p> }.into_any(),
    };
    view! {
        <li aria-current=is_this.then_some("true")>
            <p class="quiet">
                {is_this.then(|| view! { <strong>{tr!("thread-this")}</strong> " · " })}
                {who.map(|who| view! { {who} " · " })}
                {state_name(state)} " · "
                <time datetime=browser::machine_time(created_at)>{when}</time>
            </p>
            {words}
        </li>
    }
}

/// What was decided: what, by whom, about which of them, when and why.
#[component]
fn Past(work: Work, past: PastDecision, of: ItemId, post: ItemId) -> impl IntoView {
    let PastDecision { item, decision, by, rule, reason, n_taken_out, at } = past;
    let who = by.unwrap_or_else(|| {
        let by_reports = rule.as_deref() == Some("reports");
        if by_reports { tr!("past-by-reports") } else { tr!("past-by-approvals") }.to_owned()
    });
    let what = match decision {
        Decision::Approve => tr!("past-approved", who = who),
        Decision::Decline => tr!("past-declined", who = who),
        Decision::Hide => tr!("past-hidden", who = who),
        Decision::Restore => tr!("past-restored", who = who),
    };
    let about = match item {
        item if item == of => tr!("past-this"),
        item if item == post => tr!("past-post"),
        _ => tr!("past-reply"),
    };
    let when = move || browser::relative(at, work.now_ms.get());
    view! {
        <li>
            <p class="quiet" dir="auto">
                {what} " · " {about} " · " <time datetime=browser::machine_time(at)>{when}</time>
            </p>
            {(n_taken_out > 0).then(|| view! { <p>{tr!("past-taken-out", n = n_taken_out.to_string())}</p> })}
            {reason.map(|reason| view! { <p class="words" dir="auto">{reason}</p> })}
        </li>
    }
}

/// Where an item stands, in words.
pub fn state_name(state: State) -> &'static str {
    match state {
        State::Held => tr!("state-held"),
        State::Published => tr!("state-published"),
        State::Declined => tr!("state-declined"),
        State::Hidden => tr!("state-hidden"),
        State::Deleted => tr!("state-deleted"),
    }
}
