//! The item that is read: what it is, what it says, and the two answers to it.

use leptos::prelude::*;
use peer_support_domain::post::Decision;
use peer_support_domain::wire::QueueItem;

use super::decline::Decline;
use crate::browser;
use crate::desk::{Reading, Standing};
use crate::locale::tr;
use crate::work::{Work, kind_name, topic_name};

/// One item; nothing when nothing waits.
#[component]
pub fn Item(work: Work) -> impl IntoView {
    let reading = Memo::new(move |_| work.desk.with(|desk| desk.reading().cloned()));
    let id = Memo::new(move |_| reading.with(|reading| reading.as_ref().map(|reading| reading.item.id)));
    move || {
        id.get()?;
        let Reading { item, .. } = reading.get_untracked()?;
        // Only these two change while the item stays: what the moderator is writing below must not be drawn anew.
        let text = Memo::new(move |_| {
            reading
                .with(|reading| reading.as_ref().map(|reading| reading.item.text.clone()).unwrap_or_default())
        });
        let standing = Memo::new(move |_| {
            reading.with(|reading| reading.as_ref().map_or(Standing::Left, |reading| reading.standing))
        });
        Some(view! { <Words work item text standing /> })
    }
}

/// What stands below the words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Foot {
    Nothing,
    ReadOnly,
    Answers,
    Declining,
}

#[component]
fn Words(
    work: Work,
    item: QueueItem,
    #[prop(into)] text: Signal<String>,
    #[prop(into)] standing: Signal<Standing>,
) -> impl IntoView {
    let lang = item.lang.as_ref().map(ToString::to_string);
    let answers = item.in_reply_to.clone().map(|words| {
        view! {
            <h3>{tr!("answers")}</h3>
            <blockquote dir="auto">{words}</blockquote>
            <h3>{tr!("its-words")}</h3>
        }
    });
    let note = move || match standing.get() {
        Standing::Waits => None,
        Standing::Rewritten => Some(view! { <p>{tr!("rewritten")}</p> }.into_any()),
        Standing::Left => {
            let go_on = move |_| {
                work.read(|desk| desk.read_next());
                browser::focus(&["reading-title", "queue-title"]);
            };
            let view = view! {
                <p>{tr!("left")}</p>
                <button type="button" on:click=go_on>{tr!("left-next")}</button>
            };
            Some(view.into_any())
        }
    };
    // A memo, so that a reload does not draw the reason anew under the moderator's hands.
    let foot = Memo::new(move |_| match standing.get() {
        Standing::Left => Foot::Nothing,
        _ if !work.may_decide() => Foot::ReadOnly,
        _ if work.is_declining.get() => Foot::Declining,
        _ => Foot::Answers,
    });
    let back = move |_| {
        work.is_item_open.set(false);
        browser::focus(&["queue-reading", "queue-title"]);
    };

    view! {
        <article class="item" aria-labelledby="reading-title">
            <button type="button" class="back" on:click=back>{tr!("back-to-queue")}</button>
            <h2 id="reading-title" tabindex="-1">{kind_name(item.kind)}</h2>
            <Facts work item=item.clone() />
            <div class="note" role="status">{note}</div>
            {answers}
            <p class="text" dir="auto" lang=lang.clone()>{text}</p>
            {move || match foot.get() {
                Foot::Nothing => ().into_any(),
                Foot::ReadOnly => view! { <p class="quiet">{tr!("viewer-note")}</p> }.into_any(),
                Foot::Declining => view! { <Decline work id=item.id lang=lang.clone() /> }.into_any(),
                Foot::Answers => view! { <Answers work /> }.into_any(),
            }}
        </article>
    }
}

/// What is known about the item besides its words.
#[component]
fn Facts(work: Work, item: QueueItem) -> impl IntoView {
    let QueueItem { created_at, decision_expected_at, .. } = item;
    let when = move |at: i64| {
        let now = work.now_ms.get();
        tr!("when-in", clock = browser::clock(at, now), relative = browser::relative(at, now))
    };
    let due = move || {
        let now = work.now_ms.get();
        if now > decision_expected_at {
            let since = tr!("overdue-since", relative = browser::relative(decision_expected_at, now));
            view! { <strong class="overdue">{since}</strong> }.into_any()
        } else {
            when(decision_expected_at).into_any()
        }
    };
    let language = match &item.lang {
        Some(tag) => browser::language_name(tag.as_str()),
        None => tr!("language-unknown").to_owned(),
    };

    view! {
        <dl class="facts">
            <div><dt>{tr!("topic")}</dt><dd>{topic_name(&item)}</dd></div>
            <div><dt>{tr!("site")}</dt><dd>{item.site.to_string()}</dd></div>
            <div><dt>{tr!("language")}</dt><dd>{language}</dd></div>
            <div><dt>{tr!("sent")}</dt><dd><time datetime=browser::machine_time(created_at)>{move || when(created_at)}</time></dd></div>
            <div><dt>{tr!("due")}</dt><dd><time datetime=browser::machine_time(decision_expected_at)>{due}</time></dd></div>
        </dl>
    }
}

#[component]
fn Answers(work: Work) -> impl IntoView {
    view! {
        <div class="answers">
            <button
                type="button"
                class="main"
                aria-keyshortcuts="a"
                on:click=move |_| work.decide(Decision::Approve, None)
            >
                {tr!("approve")} <kbd aria-hidden="true">"a"</kbd>
            </button>
            <button type="button" id="decline" aria-keyshortcuts="d" on:click=move |_| work.begin_to_decline()>
                {tr!("decline")} <kbd aria-hidden="true">"d"</kbd>
            </button>
        </div>
    }
}
