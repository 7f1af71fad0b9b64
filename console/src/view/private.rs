//! The private word: what this item's author and its moderators said to each other.

use leptos::prelude::*;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::WORD_GRAPHEMES;
use peer_support_domain::wire::Word;

use super::writing::Writing;
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
    let problem = |n: usize, was_sent: bool| match n {
        n if n > *WORD_GRAPHEMES.end() => Some(tr!("word-long", max = WORD_GRAPHEMES.end().to_string())),
        n if n < *WORD_GRAPHEMES.start() && was_sent => Some(tr!("word-short").to_owned()),
        _ => None,
    };

    view! {
        <Writing
            name="say"
            field=&["word"]
            title=tr!("say")
            intro=tr!("say-intro")
            label=tr!("word")
            rows="4"
            text=word
            write
            limits=WORD_GRAPHEMES
            problem
            send=move |word| work.say_privately(id, word)
            stop=move || work.stop_saying()
            send_name=tr!("say-send")
            stop_name=tr!("say-cancel")
            counts=true
            is_sending=work.is_sending
        />
    }
}
