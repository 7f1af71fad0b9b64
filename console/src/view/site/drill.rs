//! Fire drills, for leads and admins: begun, running, and what came of them.

use leptos::ev::SubmitEvent;
use leptos::html::Details;
use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::drill::{Ending, Handling, Urgency, middle};
use peer_support_domain::limits::{DRILL_ITEMS, DRILL_MINUTES};
use peer_support_domain::site::{LanguageTag, SiteId};
use peer_support_domain::wire::{Drill, DrillItem, Drills, NewDrill};

use super::Said;
use crate::api;
use crate::browser;
use crate::locale::{language, tr};
use crate::work::{Work, explain};

/// The drills of a site; asked for when they are opened.
#[component]
pub fn FireDrills(work: Work, site: SiteId) -> impl IntoView {
    let found = RwSignal::new(None::<Drills>);
    let said = RwSignal::new(None::<Result<String, String>>);
    let details = NodeRef::<Details>::new();
    let site = StoredValue::new(site);
    let ask = move || {
        spawn_local(async move {
            match api::drills(&site.get_value()).await {
                Ok(drills) => {
                    said.set(None);
                    found.set(Some(drills));
                }
                Err(failure) => said.set(Some(Err(explain(&failure)))),
            }
        });
    };
    let opened = move |_| {
        if details.get_untracked().is_some_and(|details| details.open()) {
            ask();
        }
    };
    let begin = Callback::new(move |new: NewDrill| {
        spawn_local(async move {
            let answer =
                work.write(async |csrf| api::begin_drill(&csrf, &site.get_value(), &new).await).await;
            match answer {
                Ok(drills) => {
                    found.set(Some(drills));
                    said.set(Some(Ok(tr!("drill-begun").to_owned())));
                    browser::focus(&["drill-running"]);
                }
                Err(failure) => said.set(Some(Err(explain(&failure)))),
            }
        });
    });
    let end = Callback::new(move |()| {
        spawn_local(async move {
            let answer = work.write(async |csrf| api::end_drill(&csrf, &site.get_value()).await).await;
            match answer {
                Ok(drills) => {
                    found.set(Some(drills));
                    said.set(Some(Ok(tr!("drill-ended").to_owned())));
                    browser::focus(&["drill-results"]);
                }
                Err(failure) => said.set(Some(Err(explain(&failure)))),
            }
        });
    });
    let shown = move || {
        let Drills { drills, languages } = found.get()?;
        let (running, over): (Vec<_>, Vec<_>) =
            drills.into_iter().partition(|drill| drill.ended_at.is_none());
        let now = match running.into_iter().next() {
            Some(drill) => running_one(drill, Callback::new(move |()| ask()), end).into_any(),
            None => view! { <Begin languages begin /> }.into_any(),
        };
        let results = (!over.is_empty()).then(|| {
            view! {
                <h4 id="drill-results" tabindex="-1">{tr!("drill-results")}</h4>
                {over.into_iter().map(result).collect_view()}
            }
        });
        Some(view! { {now} {results} })
    };

    view! {
        <details node_ref=details on:toggle=opened>
            <summary>{tr!("drill")}</summary>
            <p class="quiet">{tr!("drill-intro")}</p>
            <Said said />
            {shown}
        </details>
    }
}

/// What to choose before one begins.
#[component]
fn Begin(languages: Vec<LanguageTag>, begin: Callback<NewDrill>) -> impl IntoView {
    const MOST: usize = 5;
    const { assert!(2 * MOST == *DRILL_ITEMS.end()) };
    let (n_red, n_amber) = (RwSignal::new(2_usize), RwSignal::new(2_usize));
    let minutes = RwSignal::new(60_u32);
    let own = languages.iter().find(|lang| lang.as_str() == language()).or(languages.first()).cloned();
    let lang = RwSignal::new(own.clone());
    let problem = RwSignal::new(None::<&'static str>);
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(lang) = lang.get_untracked() else { return };
        let (n_red, n_amber) = (n_red.get_untracked(), n_amber.get_untracked());
        let new = NewDrill { n_red, n_amber, lang, minutes: minutes.get_untracked() };
        problem.set(new.check().is_err().then(|| tr!("drill-none")));
        if problem.with_untracked(Option::is_none) {
            begin.run(new);
        }
    };
    let numbers = move |chosen: RwSignal<usize>| {
        (0..=MOST)
            .map(|n| {
                let is_chosen = chosen.get_untracked() == n;
                view! { <option value=n.to_string() selected=is_chosen>{n.to_string()}</option> }
            })
            .collect_view()
    };
    let lengths =
        [15, 30, 60, 120, 240].into_iter().filter(|one| DRILL_MINUTES.contains(one)).map(|one: u32| {
            let is_chosen = minutes.get_untracked() == one;
            view! { <option value=one.to_string() selected=is_chosen>{minutes_name(one)}</option> }
        });
    let tongues = languages.into_iter().map(|one| {
        let is_chosen = own.as_ref() == Some(&one);
        view! { <option value=one.to_string() selected=is_chosen>{browser::language_name(one.as_str())}</option> }
    });
    let choose = |chosen: RwSignal<usize>| {
        move |event| {
            if let Ok(n) = event_target_value(&event).parse() {
                chosen.set(n);
            }
        }
    };
    let choose_minutes = move |event| {
        if let Ok(n) = event_target_value(&event).parse() {
            minutes.set(n);
        }
    };
    view! {
        <form novalidate=true on:submit=send>
            <label for="drill-red">{tr!("drill-n-red")}</label>
            <select id="drill-red" on:change=choose(n_red)>{numbers(n_red)}</select>
            <label for="drill-amber">{tr!("drill-n-amber")}</label>
            <select id="drill-amber" on:change=choose(n_amber)>{numbers(n_amber)}</select>
            <label for="drill-lang">{tr!("drill-lang")}</label>
            <select id="drill-lang" on:change=move |event| lang.set(event_target_value(&event).parse().ok())>
                {tongues.collect_view()}
            </select>
            <label for="drill-minutes">{tr!("drill-minutes")}</label>
            <select id="drill-minutes" on:change=choose_minutes>{lengths.collect_view()}</select>
            <p role="status" class="problem">{move || problem.get()}</p>
            <div class="answers"><button type="submit">{tr!("drill-begin")}</button></div>
        </form>
    }
}

fn minutes_name(minutes: u32) -> String {
    browser::duration(i64::from(minutes) * 60_000, true)
}

/// One that goes on: how far it is, and nothing that tells which items are its own.
fn running_one(drill: Drill, ask: Callback<()>, end: Callback<()>) -> impl IntoView {
    let n = |does: fn(&DrillItem) -> bool| drill.items.iter().filter(|item| does(item)).count().to_string();
    let progress = tr!(
        "drill-progress",
        all = drill.items.len().to_string(),
        read = n(|item| item.claimed_after_ms.is_some()),
        decided = n(|item| item.decided_after_ms.is_some())
    );
    let until = tr!("drill-until", time = browser::day_and_clock(drill.until));
    view! {
        <h4 id="drill-running" tabindex="-1">{tr!("drill-running")}</h4>
        <p>{progress} " " {until}</p>
        <div class="answers">
            <button type="button" on:click=move |_| ask.run(())>{tr!("drill-look")}</button>
            <button type="button" on:click=move |_| end.run(())>{tr!("drill-end")}</button>
        </div>
    }
}

/// What is told of each post, besides how it looked.
const COLUMNS: [fn() -> &'static str; 5] = [
    || tr!("drill-read"),
    || tr!("drill-passed-on"),
    || tr!("drill-decided"),
    || tr!("drill-outcome"),
    || tr!("drill-verdict"),
];

/// One that is over, as a table that can be read aloud. The roles are said, because a narrow page shows its rows as blocks,
/// and some browsers take such a table for none.
fn result(drill: Drill) -> impl IntoView {
    let Drill { begun_at, ending, items, .. } = drill;
    let middle_of = |time: fn(&DrillItem) -> Option<i64>| middle(items.iter().filter_map(time).collect());
    let half = tr!(
        "drill-half",
        read = after(middle_of(|item| item.claimed_after_ms)),
        decided = after(middle_of(|item| item.decided_after_ms))
    );
    let rows: Vec<_> = items
        .into_iter()
        .map(|item| {
            let DrillItem { urgency, claimed_after_ms, passed_on_after_ms, decided_after_ms, .. } = item;
            let right = match item.is_right {
                Some(true) => tr!("drill-right").to_owned(),
                Some(false) => {
                    let names: Vec<_> = item.expected.into_iter().map(handling_name).collect();
                    tr!("drill-other", what = names.join(", "))
                }
                None => tr!("drill-nothing").to_owned(),
            };
            let cells = [
                after(claimed_after_ms),
                after(passed_on_after_ms),
                after(decided_after_ms),
                item.outcome.map_or("", handling_name).to_owned(),
                right,
            ];
            let cells = COLUMNS.into_iter().zip(cells).map(|(column, cell)| {
                view! { <td role="cell" data-column=column()>{cell}</td> }
            });
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row">{urgency_name(urgency)}</th>
                    {cells.collect_view()}
                </tr>
            }
        })
        .collect();
    let heads = COLUMNS
        .into_iter()
        .map(|column| view! { <th role="columnheader" scope="col">{column()}</th> })
        .collect_view();
    let caption = format!("{} · {}", browser::day_and_clock(begun_at), ending.map_or("", ending_name));
    view! {
        <table role="table" class="calendar drill">
            <caption>{caption}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{tr!("drill-item")}</th>
                    {heads}
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
        <p>{half}</p>
    }
}

/// How long after the beginning; a dash where it never was.
fn after(ms: Option<i64>) -> String {
    ms.map_or_else(|| "–".to_owned(), |ms| browser::duration(ms, false))
}

fn urgency_name(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Red => tr!("drill-red"),
        Urgency::Amber => tr!("drill-amber"),
    }
}

fn handling_name(handling: Handling) -> &'static str {
    match handling {
        Handling::Approve => tr!("act-approved"),
        Handling::TakeOut => tr!("act-words-taken-out"),
        Handling::Decline => tr!("act-declined"),
        Handling::PassOn => tr!("act-passed-on"),
    }
}

fn ending_name(ending: Ending) -> &'static str {
    match ending {
        Ending::AllDecided => tr!("drill-all-decided"),
        Ending::Stopped => tr!("drill-stopped"),
        Ending::Time => tr!("drill-time"),
        Ending::Restart => tr!("drill-restart"),
    }
}
