//! The item that is read: what it is, what it says, and the two answers to it.

use leptos::prelude::*;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::objection::ObjectionOutcome;
use peer_support_domain::post::{Decision, State};
use peer_support_domain::wire::{ObjectedTo, QueueItem};

use super::claim::{Claimed, HandOverTo, HandOvers};
use super::clock::{self, Clock};
use super::decline::Decline;
use super::escalate::Escalate;
use super::fold::Fold;
use super::found::Marked;
use super::noticed::Noticed;
use super::objection::Objection;
use super::playbook::{Colour, Steps};
use super::private::Private;
use super::proposal::Proposed;
use super::redact::TakeOut;
use super::thread::{Around, state_name};
use crate::browser;
use crate::desk::{self, Reading, Standing};
use crate::locale::tr;
use crate::work::{Work, kind_name, note_name, topic_name};

/// One item; nothing when nothing waits.
#[component]
pub fn Item(work: Work) -> impl IntoView {
    let reading = Memo::new(move |_| work.desk.with(|desk| desk.reading().cloned()));
    let id = Memo::new(move |_| reading.with(|reading| reading.as_ref().map(|reading| reading.item.id)));
    move || {
        id.get()?;
        let Reading { item, .. } = reading.get_untracked()?;
        // What changes while the item stays, each by itself: what the moderator is writing below must not be drawn anew.
        let standing = Memo::new(move |_| {
            reading.with(|reading| reading.as_ref().map_or(Standing::Left, |reading| reading.standing))
        });
        Some(view! { <Words work item reading standing /> })
    }
}

/// A part of what is read, which a reload may change.
fn part<T>(reading: Memo<Option<Reading>>, pick: fn(&QueueItem) -> T) -> Memo<T>
where
    T: Clone + Default + PartialEq + Send + Sync + 'static,
{
    Memo::new(move |_| {
        reading.with(|reading| reading.as_ref().map(|reading| pick(&reading.item)).unwrap_or_default())
    })
}

/// Hard texts in a sitting after which a break is suggested.
const READ_BEFORE_A_BREAK: u32 = 8;

/// What stands below the words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Foot {
    Nothing,
    ReadOnly,
    /// Nothing to decide about.
    Unanswered,
    Answers,
    Declining,
    HandingOver,
    Folding,
}

#[component]
fn Words(
    work: Work,
    item: QueueItem,
    reading: Memo<Option<Reading>>,
    #[prop(into)] standing: Signal<Standing>,
) -> impl IntoView {
    let lang = item.lang.as_ref().map(ToString::to_string);
    let text = part(reading, |item| item.text.clone());
    let published_text = part(reading, |item| item.published_text.clone());
    let earlier_texts = part(reading, |item| item.earlier_texts.clone());
    let notes = part(reading, |item| item.notes);
    let decisions = part(reading, desk::answers);
    let may_hide = part(reading, desk::may_hide_besides);
    let state = part(reading, |item| Some(item.state));
    let flags = part(reading, |item| item.flags.clone());
    let reports = part(reading, |item| item.reports.clone());
    let found = part(reading, |item| item.found.clone());
    let claim = part(reading, |item| item.claim.clone());
    let objection = part(reading, |item| item.objection.clone());
    let proposal = part(reading, |item| item.proposal.clone());
    let is_theirs =
        Memo::new(move |_| claim.with(|claim| claim.as_ref().is_some_and(|claim| !claim.is_yours)));
    let is_veiled = Memo::new(move |_| {
        reading.with(|reading| reading.as_ref().is_some_and(|reading| work.is_veiled(&reading.item)))
    });
    let out = Memo::new(move |_| work.taken_out());
    let may_edit = Memo::new(move |_| {
        work.may_decide()
            && !is_veiled.get()
            && standing.get() != Standing::Left
            && decisions.get().yes.is_some()
    });
    let refusal =
        Signal::derive(move || work.refusal.get().or(decisions.get().no).unwrap_or(Decision::Decline));
    let colour = Memo::new(move |_| {
        reading.with(|reading| reading.as_ref().map_or(Colour::Green, |reading| Colour::of(&reading.item)))
    });
    let site = item.site.clone();
    let waits = item.waits_since.is_some();
    // The thread begins with what it answers.
    let is_answer_shown = move || !is_veiled.get() && !work.is_thread_open.get();
    let answers = item.in_reply_to.clone().map(|words| {
        let words = StoredValue::new(words);
        view! {
            <Show when=is_answer_shown>
                <h3>{tr!("answers")}</h3>
                <blockquote dir="auto">{words.get_value()}</blockquote>
                <h3>{tr!("its-words")}</h3>
            </Show>
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
        _ if is_theirs.get() || proposal.with(Option::is_some) => Foot::Nothing,
        _ if work.is_handing_over.get() => Foot::HandingOver,
        _ if decisions.get().is_none() => Foot::Unanswered,
        _ if work.is_folding.get() => Foot::Folding,
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
            <Facts work item=item.clone() notes />
            <div class="note" role="status">{note}</div>
            <Claimed work claim />
            <HandOvers work hand_overs=part(reading, |item| item.hand_overs.clone()) />
            <Noticed state flags reports found />
            <Steps work site=item.site.clone() colour />
            {answers}
            <Veil work is_veiled />
            <div class="texts" hidden=move || is_veiled.get()>
                <Published text=published_text lang=lang.clone() />
                <div>
                    <Show when=move || published_text.with(Option::is_some)>
                        <h3>{tr!("new-text")}</h3>
                    </Show>
                    <p class="text" id="words" tabindex="-1" dir="auto" lang=lang.clone()><Marked text found out /></p>
                </div>
            </div>
            <Show when=move || may_edit.get() && !is_theirs.get()>
                <TakeOut work text found />
            </Show>
            <div hidden=move || is_veiled.get()>
                <Earlier texts=earlier_texts lang=lang.clone() />
            </div>
            <Around work id=item.id is_veiled />
            <Proposed work id=item.id proposal is_theirs />
            <Escalate work id=item.id escalation=part(reading, |item| item.escalation.clone()) standing />
            <Objection work objection />
            <Private work id=item.id words=part(reading, |item| item.words.clone()) standing is_theirs />
            {move || match foot.get() {
                Foot::Nothing => ().into_any(),
                Foot::ReadOnly => view! { <p class="quiet">{tr!("viewer-note")}</p> }.into_any(),
                Foot::Unanswered => {
                    view! {
                        <p class="quiet">{if waits { tr!("unanswered") } else { tr!("decided-before") }}</p>
                        <div class="answers"><ToHandOver work /></div>
                    }
                        .into_any()
                }
                Foot::Folding => view! { <Fold work notes=notes.get_untracked() /> }.into_any(),
                Foot::HandingOver => view! { <HandOverTo work id=item.id /> }.into_any(),
                Foot::Declining => view! { <Decline work id=item.id site=site.clone() lang=lang.clone() decision=refusal /> }.into_any(),
                Foot::Answers => {
                    view! {
                        {(waits && decisions.get_untracked().yes.is_none())
                            .then(|| view! { <p class="quiet">{tr!("unanswered")}</p> })}
                        <Answers work state decisions may_hide objection />
                    }
                        .into_any()
                }
            }}
        </article>
    }
}

/// What stands in the place of words that are hard to read, until the moderator chooses to see them; nothing otherwise.
#[component]
fn Veil(work: Work, is_veiled: Memo<bool>) -> impl IntoView {
    let n_read = move || work.unveiled.with(|unveiled| u32::try_from(unveiled.len()).unwrap_or(u32::MAX));
    let needs_break = move || n_read() >= READ_BEFORE_A_BREAK;
    view! {
        <Show when=move || is_veiled.get()>
            <section class="veil" aria-labelledby="veil-title">
                <h3 id="veil-title">{tr!("red-title")}</h3>
                <p>{tr!("red-intro")}</p>
                <Show when=needs_break>
                    <p>{move || tr!("take-a-break", n = n_read().to_string())}</p>
                </Show>
                <button type="button" class="main" id="show-words" aria-keyshortcuts="v" on:click=move |_| work.unveil()>
                    {tr!("show-words")} " " <kbd aria-hidden="true">"v"</kbd>
                </button>
            </section>
        </Show>
    }
}

/// What others read while a new text waits, beside it; nothing when none waits.
#[component]
fn Published(text: Memo<Option<String>>, lang: Option<String>) -> impl IntoView {
    move || {
        text.get().map(|text| {
            view! {
                <div>
                    <h3>{tr!("published-text")}</h3>
                    <p class="text" dir="auto" lang=lang.clone()>{text}</p>
                </div>
            }
        })
    }
}

/// What its author replaced, folded; nothing when nothing was.
#[component]
fn Earlier(texts: Memo<Vec<String>>, lang: Option<String>) -> impl IntoView {
    move || {
        let texts = texts.get();
        (!texts.is_empty()).then(|| {
            let n = texts.len().to_string();
            let lines = texts.into_iter().map(|text| {
                view! { <li><p class="text" dir="auto" lang=lang.clone()>{text}</p></li> }
            });
            view! {
                <details class="earlier">
                    <summary>{tr!("earlier-texts", n = n)}</summary>
                    <ol>{lines.collect_view()}</ol>
                </details>
            }
        })
    }
}

/// What is known about the item besides its words.
#[component]
fn Facts(work: Work, item: QueueItem, notes: Memo<ContentNotes>) -> impl IntoView {
    let notes = move || {
        let names: Vec<&str> = notes.get().iter().map(note_name).collect();
        (!names.is_empty()).then(|| view! { <div><dt>{tr!("notes")}</dt><dd>{names.join(", ")}</dd></div> })
    };
    let created_at = item.created_at;
    let when = move || {
        let now = work.now_ms.get();
        tr!("when-in", clock = browser::clock(created_at, now), relative = browser::relative(created_at, now))
    };
    let is_found = item.waits_since.is_none();
    let stands = is_found.then(|| {
        view! { <div><dt>{tr!("find-state")}</dt><dd>{state_name(item.state)}</dd></div> }
    });
    let language = match &item.lang {
        Some(tag) => browser::language_name(tag.as_str()),
        None => tr!("language-unknown").to_owned(),
    };

    view! {
        <dl class="facts">
            <div><dt>{tr!("topic")}</dt><dd>{topic_name(&item)}</dd></div>
            <div><dt>{tr!("site")}</dt><dd>{item.site.to_string()}</dd></div>
            <div><dt>{tr!("language")}</dt><dd>{language}</dd></div>
            {notes}
            {stands}
            <div><dt>{tr!("sent")}</dt><dd><time datetime=browser::machine_time(created_at)>{when}</time></dd></div>
        </dl>
        {clock::span_of(&item).map(|span| view! { <Clock work span /> })}
    }
}

/// The answers to what is read: the first lets it be read, the others need a reason.
#[component]
fn Answers(
    work: Work,
    state: Memo<Option<State>>,
    decisions: Memo<desk::Answers>,
    may_hide: Memo<bool>,
    objection: Memo<Option<ObjectedTo>>,
) -> impl IntoView {
    // A new text of what is published is answered first.
    let is_about_new_text =
        move |state| state == State::Published && decisions.get().no == Some(Decision::Decline);
    let name = move |decision| match (decision, state.get()) {
        (decision, Some(state)) if objection.with(Option::is_some) && !is_about_new_text(state) => {
            match ObjectionOutcome::of(decision, state) {
                ObjectionOutcome::Changed => tr!("objection-change"),
                ObjectionOutcome::Upheld => tr!("objection-uphold"),
            }
        }
        (Decision::Approve, Some(State::Published)) if decisions.get().no == Some(Decision::Hide) => {
            tr!("keep")
        }
        (Decision::Approve, _) => tr!("approve"),
        (Decision::Restore, _) => tr!("restore"),
        (Decision::Decline, _) => tr!("decline"),
        (Decision::Hide, Some(State::Hidden)) => tr!("stay-hidden"),
        (Decision::Hide, _) => tr!("hide"),
    };
    let decide = move |_| {
        if let Some(approval) = decisions.get_untracked().yes {
            work.decide(approval, None);
        }
    };
    let may_be_read = move || decisions.get().yes.is_some();
    view! {
        <div class="answers">
            <Show when=may_be_read>
                <button type="button" class="main" aria-keyshortcuts="a" on:click=decide>
                    {move || decisions.get().yes.map(name)} " " <kbd aria-hidden="true">"a"</kbd>
                </button>
            </Show>
            <Show when=move || decisions.get().no.is_some()>
                <button
                    type="button"
                    id="decline"
                    aria-keyshortcuts="d"
                    on:click=move |_| work.begin_to_decline(None)
                >
                    {move || decisions.get().no.map(name)} " " <kbd aria-hidden="true">"d"</kbd>
                </button>
            </Show>
            <Show when=move || may_hide.get()>
                <button type="button" on:click=move |_| work.begin_to_decline(Some(Decision::Hide))>
                    {move || name(Decision::Hide)}
                </button>
            </Show>
            <Show when=may_be_read>
                <button type="button" id="fold" aria-keyshortcuts="f" on:click=move |_| work.begin_to_fold()>
                    {tr!("fold")} " " <kbd aria-hidden="true">"f"</kbd>
                </button>
                <button type="button" aria-keyshortcuts="x" on:click=move |_| work.begin_to_take_out()>
                    {tr!("take-out")} " " <kbd aria-hidden="true">"x"</kbd>
                </button>
            </Show>
            <ToHandOver work />
        </div>
    }
}

#[component]
fn ToHandOver(work: Work) -> impl IntoView {
    view! {
        <button type="button" id="hand-over" aria-keyshortcuts="h" on:click=move |_| work.begin_to_hand_over()>
            {tr!("hand-over")} " " <kbd aria-hidden="true">"h"</kbd>
        </button>
    }
}
