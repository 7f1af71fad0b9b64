//! Words to look for, and what must be known about what is found.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::flag::Flag;
use peer_support_domain::limits::SEARCH_CHARS;
use peer_support_domain::post::{ItemKind, State};
use peer_support_domain::wire::{ConsoleSite, FindItems};

use super::noticed::flag_name;
use super::thread::state_name;
use crate::locale::tr;
use crate::work::{Work, kind_name};
use crate::{api, browser};

/// Languages to choose from: those of the text signals, and others that many write in.
const LANGUAGES: [&str; 14] =
    ["en", "es", "de", "fr", "pt", "ar", "it", "ja", "nl", "pl", "ru", "tr", "uk", "zh"];

/// The form. What was chosen stays in it while what was found is listed.
#[component]
pub fn Find(work: Work) -> impl IntoView {
    let wanted = RwSignal::new(FindItems::default());
    let words = Memo::new(move |_| wanted.with(|wanted| wanted.words.clone().unwrap_or_default()));
    let is_empty = move || wanted.with_untracked(|wanted| *wanted == FindItems::default());
    let is_missing = RwSignal::new(false);
    let is_finding = Memo::new(move |_| work.finding.with(Option::is_some));
    let sites = RwSignal::new(Vec::<ConsoleSite>::new());
    let ask_sites = move |_| {
        if sites.with_untracked(Vec::is_empty) {
            spawn_local(async move {
                if let Ok(all) = api::sites().await {
                    sites.set(all);
                }
            });
        }
    };
    let n_filters = Memo::new(move |_| {
        wanted.with(|wanted| {
            let FindItems { words: _, site, state, kind, topic, flag, lang, is_mine, cursor: _ } = wanted;
            let chosen = [site.is_some(), state.is_some(), kind.is_some(), topic.is_some(), flag.is_some()];
            chosen.into_iter().chain([lang.is_some(), *is_mine]).filter(|is_chosen| *is_chosen).count()
        })
    });
    let find = move || {
        is_missing.set(is_empty());
        if is_missing.get_untracked() {
            browser::focus(&["find-words"]);
        } else {
            work.list(Some(wanted.get_untracked()));
        }
    };
    let stop = move || {
        wanted.set(FindItems::default());
        is_missing.set(false);
        if is_finding.get_untracked() {
            work.list(None);
        } else {
            browser::focus(&["queue-reading", "queue-title"]);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            stop();
        }
    };
    let type_words = move |event| {
        let typed = event_target_value(&event);
        wanted.update(|wanted| wanted.words = (!typed.trim().is_empty()).then_some(typed));
    };

    let states = [State::Held, State::Published, State::Declined, State::Hidden]
        .map(|state| (state.as_str().to_owned(), state_name(state).to_owned()));
    let kinds = ItemKind::ALL.map(|kind| (kind.as_str().to_owned(), kind_name(kind.of_post()).to_owned()));
    let flags = Flag::ALL.map(|flag| {
        let name = flag_name(flag).unwrap_or(tr!("reported")).trim_end_matches('.');
        (flag.as_str().to_owned(), name.to_owned())
    });
    let languages = LANGUAGES.map(|tag| (tag.to_owned(), browser::language_name(tag)));
    let topics = move || {
        let mut topics: Vec<(String, String)> = sites.with(|sites| {
            let all = sites.iter().flat_map(|site| &site.topics);
            all.map(|topic| {
                let name = topic.label.clone().unwrap_or_else(|| topic.id.as_str().replace('-', " "));
                (topic.id.to_string(), name)
            })
            .collect()
        });
        topics.sort();
        topics.dedup();
        topics
    };
    let several_sites = move || {
        let sites = sites.get();
        let names = sites.iter().map(|site| (site.id.to_string(), site.name.clone())).collect::<Vec<_>>();
        (names.len() > 1).then_some(names)
    };

    view! {
        <form
            class="find"
            role="search"
            novalidate=true
            on:keydown=on_key
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                find();
            }
        >
            <label for="find-words">{tr!("find")} " " <kbd aria-hidden="true">"/"</kbd></label>
            <div class="line">
                <input
                    id="find-words"
                    type="search"
                    dir="auto"
                    autocomplete="off"
                    maxlength=SEARCH_CHARS.to_string()
                    aria-keyshortcuts="/"
                    aria-describedby="find-problem"
                    prop:value=words
                    on:input=type_words
                />
                <button type="submit">{tr!("find-send")}</button>
            </div>
            <p id="find-problem" class="problem" role="alert">
                {move || is_missing.get().then(|| tr!("find-missing"))}
            </p>
            <details on:toggle=ask_sites>
                <summary>
                    {move || match n_filters.get() {
                        0 => tr!("find-filters").to_owned(),
                        n => tr!("find-filters-chosen", n = n.to_string()),
                    }}
                </summary>
                <Choice
                    id="find-state"
                    name=tr!("find-state")
                    options=Signal::derive(move || states.to_vec())
                    chosen=Signal::derive(move || wanted.with(|wanted| text(wanted.state.as_ref())))
                    choose=move |value: String| wanted.update(|wanted| wanted.state = value.parse().ok())
                />
                <Choice
                    id="find-flag"
                    name=tr!("noticed")
                    options=Signal::derive(move || flags.to_vec())
                    chosen=Signal::derive(move || wanted.with(|wanted| text(wanted.flag.as_ref())))
                    choose=move |value: String| wanted.update(|wanted| wanted.flag = value.parse().ok())
                />
                <Choice
                    id="find-kind"
                    name=tr!("card-kind")
                    options=Signal::derive(move || kinds.to_vec())
                    chosen=Signal::derive(move || wanted.with(|wanted| text(wanted.kind.as_ref())))
                    choose=move |value: String| wanted.update(|wanted| wanted.kind = value.parse().ok())
                />
                <Choice
                    id="find-topic"
                    name=tr!("topic")
                    options=Signal::derive(topics)
                    chosen=Signal::derive(move || wanted.with(|wanted| text(wanted.topic.as_ref())))
                    choose=move |value: String| wanted.update(|wanted| wanted.topic = value.parse().ok())
                />
                <Choice
                    id="find-language"
                    name=tr!("language")
                    options=Signal::derive(move || languages.to_vec())
                    chosen=Signal::derive(move || wanted.with(|wanted| text(wanted.lang.as_ref())))
                    choose=move |value: String| wanted.update(|wanted| wanted.lang = value.parse().ok())
                />
                <Show when=move || several_sites().is_some()>
                    <Choice
                        id="find-site"
                        name=tr!("site")
                        options=Signal::derive(move || several_sites().unwrap_or_default())
                        chosen=Signal::derive(move || wanted.with(|wanted| text(wanted.site.as_ref())))
                        choose=move |value: String| wanted.update(|wanted| wanted.site = value.parse().ok())
                    />
                </Show>
                <label class="choice">
                    <input
                        type="checkbox"
                        prop:checked=move || wanted.with(|wanted| wanted.is_mine)
                        on:change=move |event| {
                            let is_mine = event_target_checked(&event);
                            wanted.update(|wanted| wanted.is_mine = is_mine);
                        }
                    />
                    {tr!("find-mine")}
                </label>
            </details>
            <Show when=move || is_finding.get()>
                <button type="button" on:click=move |_| stop()>{tr!("find-stop")}</button>
            </Show>
        </form>
    }
}

fn text(value: Option<&impl ToString>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

/// One of some values, or any.
#[component]
fn Choice(
    id: &'static str,
    name: &'static str,
    /// Each value, and what it is called.
    options: Signal<Vec<(String, String)>>,
    chosen: Signal<String>,
    choose: impl Fn(String) + 'static,
) -> impl IntoView {
    let list = move || {
        let one = |(value, name): (String, String)| {
            let is_chosen = chosen.with(|chosen| *chosen == value);
            view! { <option value=value selected=is_chosen>{name}</option> }
        };
        options.get().into_iter().map(one).collect_view()
    };
    view! {
        <label for=id>{name}</label>
        <select id=id on:change=move |event| choose(event_target_value(&event))>
            <option value="" selected=move || chosen.with(String::is_empty)>{tr!("find-any")}</option>
            {list}
        </select>
    }
}
