//! What moderators of the role lead write for everyone: the cards of a site, and posts of its owner.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::card::CardKind;
use peer_support_domain::limits::{CARD_TEXT_GRAPHEMES, CARD_TITLE_GRAPHEMES, CARDS, POST_GRAPHEMES};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::{Kind, Role};
use peer_support_domain::site::{SiteId, TopicId};
use peer_support_domain::wire::{Card, Cards, ConsoleSite, NewPost};

use super::site_dialog::SiteDialog;
use crate::api;
use crate::browser;
use crate::locale::{language, tr};
use crate::work::{Work, explain, kind_name};

/// The dialog that opens while `is_open`. What is begun stays in it until it is saved or the page is left.
#[component]
pub fn ForEveryone(work: Work, is_open: RwSignal<bool>) -> impl IntoView {
    let forms = move |site: ConsoleSite| {
        let topics = site.topics.into_iter().map(|topic| (topic.id, topic.label)).collect();
        view! {
            <CardList work site=site.id.clone() />
            <OwnersPost work site=site.id topics />
        }
    };
    view! { <SiteDialog work is_open least=Role::Lead name="for-everyone" title=tr!("for-everyone") parts=forms /> }
}

fn card_kind_name(kind: CardKind) -> &'static str {
    match kind {
        CardKind::Trusted => tr!("card-trusted"),
        CardKind::Rules => tr!("card-rules"),
        CardKind::Here => tr!("card-here"),
        CardKind::Hours => tr!("card-hours"),
    }
}

/// Puts the focus on a card's heading.
fn focus_card(place: usize) {
    const HEADINGS: [&[&str]; 8] = [
        &["card-title-0"],
        &["card-title-1"],
        &["card-title-2"],
        &["card-title-3"],
        &["card-title-4"],
        &["card-title-5"],
        &["card-title-6"],
        &["card-title-7"],
    ];
    const { assert!(HEADINGS.len() == *CARDS.end()) };
    if let Some(heading) = HEADINGS.get(place) {
        browser::focus(heading);
    }
}

/// The cards of a site, in the order they are shown.
#[component]
fn CardList(work: Work, site: SiteId) -> impl IntoView {
    let cards = RwSignal::new(None::<Vec<Card>>);
    let said = RwSignal::new(None::<Result<String, String>>);
    let site = StoredValue::new(site);
    spawn_local(async move {
        match api::cards(&site.get_value()).await {
            Ok(found) => cards.set(Some(found.cards)),
            Err(failure) => said.set(Some(Err(explain(&failure)))),
        }
    });
    // Typing changes the card and draws nothing anew; adding and taking away do.
    let write = move |place: usize, change: &dyn Fn(&mut Card)| {
        cards.update_untracked(|cards| {
            if let Some(card) = cards.as_mut().and_then(|cards| cards.get_mut(place)) {
                change(card);
            }
        });
    };
    let add = move |_| {
        let place = cards.with_untracked(|cards| cards.as_ref().map_or(0, Vec::len));
        cards.update(|cards| {
            if let Some(cards) = cards {
                let lang = language().parse().ok();
                cards.push(Card { kind: CardKind::Rules, title: String::new(), text: String::new(), lang });
            }
        });
        focus_card(place);
    };
    let remove = move |place: usize| {
        cards.update(|cards| {
            if let Some(cards) = cards {
                cards.remove(place);
            }
        });
        browser::focus(&["card-add"]);
    };
    let move_up = move |place: usize| {
        cards.update(|cards| {
            if let Some(cards) = cards {
                cards.swap(place - 1, place);
            }
        });
        focus_card(place - 1);
    };
    let problem = move |cards: &[Card]| {
        let place = cards.iter().position(|card| {
            !CARD_TITLE_GRAPHEMES.contains(&browser::n_graphemes(&card.title))
                || !CARD_TEXT_GRAPHEMES.contains(&browser::n_graphemes(&card.text))
        })?;
        focus_card(place);
        Some(tr!(
            "card-limits",
            n = (place + 1).to_string(),
            title = CARD_TITLE_GRAPHEMES.end().to_string(),
            text = CARD_TEXT_GRAPHEMES.end().to_string()
        ))
    };
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(list) = cards.get_untracked() else { return };
        if let Some(problem) = problem(&list) {
            said.set(Some(Err(problem)));
            return;
        }
        spawn_local(async move {
            let list = Cards { cards: list };
            let answer = work.write(async |csrf| api::put_cards(&csrf, &site.get_value(), &list).await).await;
            said.set(Some(match answer {
                Ok(_) => Ok(tr!("cards-saved").to_owned()),
                Err(failure) => Err(explain(&failure)),
            }));
        });
    };
    let one = move |place: usize, card: Card| {
        let kinds = CardKind::ALL.map(|kind| {
            view! { <option value=kind.as_str() selected=kind == card.kind>{card_kind_name(kind)}</option> }
        });
        let choose = move |event| {
            if let Ok(kind) = event_target_value(&event).parse() {
                write(place, &|card| card.kind = kind);
            }
        };
        view! {
            <li>
                <fieldset>
                    <legend>{tr!("card", n = (place + 1).to_string())}</legend>
                    <label for=format!("card-kind-{place}")>{tr!("card-kind")}</label>
                    <select id=format!("card-kind-{place}") on:change=choose>{kinds.collect_view()}</select>
                    <label for=format!("card-title-{place}")>{tr!("card-title")}</label>
                    <input
                        id=format!("card-title-{place}")
                        dir="auto"
                        prop:value=card.title
                        on:input=move |event| write(place, &|card| card.title = event_target_value(&event))
                    />
                    <label for=format!("card-text-{place}")>{tr!("card-text")}</label>
                    <textarea
                        id=format!("card-text-{place}")
                        rows="4"
                        dir="auto"
                        prop:value=card.text
                        on:input=move |event| write(place, &|card| card.text = event_target_value(&event))
                    ></textarea>
                    <div class="answers">
                        <Show when=move || place != 0>
                            <button type="button" on:click=move |_| move_up(place)>{tr!("card-up")}</button>
                        </Show>
                        <button type="button" on:click=move |_| remove(place)>{tr!("card-remove")}</button>
                    </div>
                </fieldset>
            </li>
        }
    };
    let list = move || {
        cards.get().map(|cards| cards.into_iter().enumerate().map(|(n, card)| one(n, card)).collect_view())
    };
    let is_full = move || cards.with(|cards| cards.as_ref().is_none_or(|cards| cards.len() >= *CARDS.end()));

    view! {
        <form aria-labelledby="cards-title" novalidate=true on:submit=save>
            <h3 id="cards-title">{tr!("cards")}</h3>
            <p class="quiet">{tr!("cards-intro")}</p>
            <ol class="cards">{list}</ol>
            <Said said />
            <div class="answers">
                <button type="submit" class="main">{tr!("cards-save")}</button>
                <button type="button" id="card-add" disabled=is_full on:click=add>{tr!("card-add")}</button>
            </div>
        </form>
    }
}

/// A post that the site's owner writes as themselves.
#[component]
fn OwnersPost(work: Work, site: SiteId, topics: Vec<(TopicId, Option<String>)>) -> impl IntoView {
    let kind = RwSignal::new(Kind::Story);
    let topic = RwSignal::new(topics.first().map(|(id, _)| id.clone()));
    let text = RwSignal::new(String::new());
    let said = RwSignal::new(None::<Result<String, String>>);
    // Names the post until it is published, so that sending it again does not publish it twice.
    let begun_ms = RwSignal::new(browser::now_ms());
    let site = StoredValue::new(site);
    let publish = move |event: SubmitEvent| {
        event.prevent_default();
        let words = text.get_untracked();
        if !POST_GRAPHEMES.contains(&browser::n_graphemes(&words)) {
            let (min, max) = (POST_GRAPHEMES.start().to_string(), POST_GRAPHEMES.end().to_string());
            said.set(Some(Err(tr!("owners-limits", min = min, max = max))));
            browser::focus(&["owners-text"]);
            return;
        }
        let new = NewPost {
            id: None,
            kind: kind.get_untracked(),
            topic: topic.get_untracked(),
            text: words,
            lang: None,
            notes: ContentNotes::default(),
            author: None,
            recovery: None,
        };
        let key = format!("owners-post-{}", begun_ms.get_untracked());
        spawn_local(async move {
            let answer =
                work.write(async |csrf| api::post_owners(&csrf, &key, &site.get_value(), &new).await).await;
            said.set(Some(match answer {
                Ok(receipt) => {
                    text.set(String::new());
                    begun_ms.set(browser::now_ms());
                    Ok(tr!("owners-published", code = receipt.recovery_code.unwrap_or_default()))
                }
                Err(failure) => Err(explain(&failure)),
            }));
        });
    };
    let kinds = Kind::ALL.map(|kind| view! { <option value=kind.as_str()>{kind_name(Some(kind))}</option> });
    let choose_kind = move |event| {
        if let Ok(chosen) = event_target_value(&event).parse() {
            kind.set(chosen);
        }
    };
    let topics = topics.into_iter().map(|(id, label)| {
        let name = label.unwrap_or_else(|| id.as_str().replace('-', " "));
        view! { <option value=id.to_string()>{name}</option> }
    });

    view! {
        <form aria-labelledby="owners-title" novalidate=true on:submit=publish>
            <h3 id="owners-title">{tr!("owners-post")}</h3>
            <p id="owners-intro" class="quiet">{tr!("owners-intro")}</p>
            <label for="owners-kind">{tr!("card-kind")}</label>
            <select id="owners-kind" on:change=choose_kind>{kinds.collect_view()}</select>
            <label for="owners-topic">{tr!("topic")}</label>
            <select id="owners-topic" on:change=move |event| topic.set(event_target_value(&event).parse().ok())>
                {topics.collect_view()}
            </select>
            <label for="owners-text">{tr!("card-text")}</label>
            <textarea
                id="owners-text"
                rows="6"
                dir="auto"
                aria-describedby="owners-intro"
                prop:value=text
                on:input=move |event| text.set(event_target_value(&event))
            ></textarea>
            <Said said />
            <div class="answers">
                <button type="submit" class="main">{tr!("owners-publish")}</button>
            </div>
        </form>
    }
}

/// What became of it: always there, so that a screen reader tells when it changes.
#[component]
fn Said(said: RwSignal<Option<Result<String, String>>>) -> impl IntoView {
    let is_problem = move || said.with(|said| matches!(said, Some(Err(_))));
    let text = move || said.get().map(|said| said.unwrap_or_else(|problem| problem));
    view! { <p role="status" class:problem=is_problem>{text}</p> }
}
