//! The private word: what this item's author and its moderators said to each other.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::WORD_GRAPHEMES;
use peer_support_domain::wire::Word;

use crate::browser;
use crate::desk::Standing;
use crate::locale::tr;
use crate::work::Work;

/// What was said about the item `id`, and the way to say more. What is begun is kept until it is sent.
#[component]
pub fn Private(
    work: Work,
    id: ItemId,
    words: Memo<Vec<Word>>,
    #[prop(into)] standing: Signal<Standing>,
    is_theirs: Memo<bool>,
) -> impl IntoView {
    let said = move || {
        let words = words.get();
        (!words.is_empty()).then(|| {
            view! {
                <h3>{tr!("words")}</h3>
                <ol>{words.into_iter().map(|word| view! { <Said work word /> }).collect_view()}</ol>
            }
        })
    };
    // A memo, so that a reload does not draw the word anew under the moderator's hands.
    let foot = Memo::new(move |_| match standing.get() {
        Standing::Left => None,
        _ if !work.may_decide() || is_theirs.get() => None,
        _ => Some(work.is_saying.get()),
    });
    let begin = move |_| work.begin_to_say();

    view! {
        <section class="private" aria-label=tr!("words")>
            {said}
            {move || match foot.get() {
                None => ().into_any(),
                Some(true) => view! { <Say work id /> }.into_any(),
                Some(false) => {
                    view! {
                        <button type="button" id="say" aria-keyshortcuts="w" on:click=begin>
                            {tr!("say")} <kbd aria-hidden="true">"w"</kbd>
                        </button>
                    }
                        .into_any()
                }
            }}
        </section>
    }
}

/// One word: who said it, and when.
#[component]
fn Said(work: Work, word: Word) -> impl IntoView {
    let Word { is_moderators, text, created_at } = word;
    let who = if is_moderators { tr!("word-moderators") } else { tr!("word-authors") };
    let when = move || browser::relative(created_at, work.now_ms.get());

    view! {
        <li class:own=is_moderators>
            <p class="quiet">{who} " · " <time datetime=browser::machine_time(created_at)>{when}</time></p>
            <p class="words" dir="auto">{text}</p>
        </li>
    }
}

/// Writes a word to the author of the item `id`.
#[component]
fn Say(work: Work, id: ItemId) -> impl IntoView {
    let word = Memo::new(move |_| work.words.with(|words| words.get(&id).cloned().unwrap_or_default()));
    let write = move |text: String| work.words.update(|words| words.insert(id, text).map_or((), drop));
    let n_graphemes = Memo::new(move |_| word.with(|word| browser::n_graphemes(word)));
    let was_sent = RwSignal::new(false);
    let count = move || {
        tr!("reason-count", n = n_graphemes.get().to_string(), max = WORD_GRAPHEMES.end().to_string())
    };
    let problem = move || match n_graphemes.get() {
        n if n > *WORD_GRAPHEMES.end() => Some(tr!("word-long", max = WORD_GRAPHEMES.end().to_string())),
        n if n < *WORD_GRAPHEMES.start() && was_sent.get() => Some(tr!("word-short").to_owned()),
        _ => None,
    };
    let send = move || {
        was_sent.set(true);
        if WORD_GRAPHEMES.contains(&n_graphemes.get_untracked()) {
            work.say_privately(id, word.get_untracked());
        } else {
            browser::focus(&["word"]);
        }
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            event.prevent_default();
            work.stop_saying();
        }
        "Enter" if event.ctrl_key() || event.meta_key() => {
            event.prevent_default();
            send();
        }
        _ => {}
    };

    view! {
        <form
            aria-labelledby="say-title"
            novalidate=true
            on:keydown=on_key
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                send();
            }
        >
            <h3 id="say-title">{tr!("say")}</h3>
            <p id="say-intro" class="quiet">{tr!("say-intro")}</p>
            <label for="word">{tr!("word")}</label>
            <textarea
                id="word"
                rows="4"
                dir="auto"
                aria-describedby="say-intro word-count word-problem"
                aria-invalid=move || problem().is_some().to_string()
                prop:value=word
                on:input=move |event| write(event_target_value(&event))
            ></textarea>
            <p id="word-count" class="quiet">{count}</p>
            <p id="word-problem" class="problem" role="alert">{problem}</p>
            <div class="answers">
                <button type="submit" class="main" aria-disabled=move || work.is_sending.get().to_string()>
                    {tr!("say-send")}
                </button>
                <button type="button" on:click=move |_| work.stop_saying()>{tr!("say-cancel")}</button>
            </div>
        </form>
    }
}
