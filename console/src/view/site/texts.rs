//! What a site writes for its moderators: steps beside items, and reasons to start from.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::limits::{
    PLAYBOOK_STEPS, REASON_GRAPHEMES, REASON_NAME_GRAPHEMES, REASON_TEMPLATES, STEP_GRAPHEMES,
};
use peer_support_domain::safe_wording::{self, Unsafe};
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{Playbook, ReasonTemplate, Reasons};

use super::Said;
use crate::api;
use crate::browser;
use crate::locale::tr;
use crate::view::decline::own_reasons;
use crate::view::playbook::own_steps;
use crate::work::{Work, explain};

/// One text box a colour, a step a line.
#[component]
pub fn PlaybookEditor(work: Work, site: SiteId) -> impl IntoView {
    let boxes = ["green", "amber", "red"].map(|_| RwSignal::new(String::new()));
    let [green, amber, red] = boxes;
    let said = RwSignal::new(None::<Result<String, String>>);
    let site = StoredValue::new(site);
    spawn_local(async move {
        match api::playbook(&site.get_value()).await {
            Ok(written) => {
                let playbook = written.playbook.unwrap_or_else(own_steps);
                green.set(playbook.green.join("\n"));
                amber.set(playbook.amber.join("\n"));
                red.set(playbook.red.join("\n"));
            }
            Err(failure) => said.set(Some(Err(explain(&failure)))),
        }
    });
    let steps = |text: RwSignal<String>| -> Option<Vec<String>> {
        let steps: Vec<String> = text.with_untracked(|text| {
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
        });
        let fit = PLAYBOOK_STEPS.contains(&steps.len())
            && steps.iter().all(|step| STEP_GRAPHEMES.contains(&browser::n_graphemes(step)));
        fit.then_some(steps)
    };
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let (Some(green), Some(amber), Some(red)) = (steps(green), steps(amber), steps(red)) else {
            said.set(Some(Err(tr!("playbook-limits").to_owned())));
            return;
        };
        let playbook = Playbook { green, amber, red };
        spawn_local(async move {
            let answer =
                work.write(async |csrf| api::put_playbook(&csrf, &site.get_value(), &playbook).await).await;
            said.set(Some(match answer {
                Ok(written) => {
                    work.playbooks.update(|known| drop(known.insert(site.get_value(), written.playbook)));
                    Ok(tr!("playbook-saved").to_owned())
                }
                Err(failure) => Err(explain(&failure)),
            }));
        });
    };
    let field = |id: &'static str, name: &'static str, text: RwSignal<String>| {
        view! {
            <label for=id>{name}</label>
            <textarea
                id=id
                rows="4"
                dir="auto"
                aria-describedby="playbook-edit-intro"
                prop:value=text
                on:input=move |event| text.set(event_target_value(&event))
            ></textarea>
        }
    };
    view! {
        <details>
            <summary>{tr!("playbook-edit")}</summary>
            <form novalidate=true on:submit=save>
                <p id="playbook-edit-intro" class="quiet">{tr!("playbook-edit-intro")}</p>
                {field("steps-red", tr!("playbook-red"), red)}
                {field("steps-amber", tr!("playbook-amber"), amber)}
                {field("steps-green", tr!("playbook-green"), green)}
                <Said said />
                <div class="answers"><button type="submit">{tr!("playbook-save")}</button></div>
            </form>
        </details>
    }
}

fn suggestion(what: Unsafe) -> &'static str {
    match what {
        Unsafe::Crime => tr!("unsafe-crime"),
        Unsafe::Method => tr!("unsafe-method"),
        Unsafe::Blame => tr!("unsafe-blame"),
        Unsafe::Promise => tr!("unsafe-promise"),
        Unsafe::Exclamation => tr!("unsafe-exclamation"),
        Unsafe::Capitals => tr!("unsafe-capitals"),
    }
}

/// What is wrong with the reasons: their lengths, or the first unsafe words of each.
fn problem(reasons: &[ReasonTemplate]) -> Option<String> {
    let is_wrong = |reason: &ReasonTemplate| {
        !REASON_NAME_GRAPHEMES.contains(&browser::n_graphemes(&reason.name))
            || !REASON_GRAPHEMES.contains(&browser::n_graphemes(&reason.text))
    };
    if let Some(place) = reasons.iter().position(is_wrong) {
        return Some(tr!("reasons-limits", n = (place + 1).to_string()));
    }
    reasons.iter().find_map(|reason| {
        let finding = *safe_wording::findings(&reason.text).first()?;
        let words: String = reason.text.chars().take(finding.end).skip(finding.start).collect();
        Some(tr!("unsafe", name = reason.name, words = words, suggestion = suggestion(finding.what)))
    })
}

/// The reasons of a site, in their order.
#[component]
pub fn ReasonsEditor(work: Work, site: SiteId) -> impl IntoView {
    let reasons = RwSignal::new(Vec::<ReasonTemplate>::new());
    let said = RwSignal::new(None::<Result<String, String>>);
    let site = StoredValue::new(site);
    spawn_local(async move {
        match api::reasons(&site.get_value()).await {
            Ok(written) => reasons.set(written.reasons.unwrap_or_else(own_reasons)),
            Err(failure) => said.set(Some(Err(explain(&failure)))),
        }
    });
    // Typing changes the reason and draws nothing anew; adding and taking away do.
    let write = move |place: usize, change: &dyn Fn(&mut ReasonTemplate)| {
        reasons.update_untracked(|reasons| {
            if let Some(reason) = reasons.get_mut(place) {
                change(reason);
            }
        });
    };
    let add = move |_| {
        reasons.update(|reasons| reasons.push(ReasonTemplate { name: String::new(), text: String::new() }));
        browser::focus(&["reason-last"]);
    };
    let remove = move |place: usize| {
        reasons.update(|reasons| drop(reasons.remove(place)));
        browser::focus(&["reason-add"]);
    };
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let list = reasons.get_untracked();
        if let Some(problem) = problem(&list) {
            said.set(Some(Err(problem)));
            return;
        }
        spawn_local(async move {
            let list = Reasons { reasons: list };
            let answer =
                work.write(async |csrf| api::put_reasons(&csrf, &site.get_value(), &list).await).await;
            said.set(Some(match answer {
                Ok(written) => {
                    work.reasons.update(|known| drop(known.insert(site.get_value(), written.reasons)));
                    Ok(tr!("reasons-saved").to_owned())
                }
                Err(failure) => Err(explain(&failure)),
            }));
        });
    };
    let fields = move || {
        let list = reasons.get();
        let n = list.len();
        let one = |(place, reason): (usize, ReasonTemplate)| {
            let name_id =
                if place + 1 == n { "reason-last".to_owned() } else { format!("reason-name-{place}") };
            let text_id = format!("reason-text-{place}");
            let removes = tr!("reasons-remove", name = reason.name);
            view! {
                <li>
                    <label for=name_id.clone()>{tr!("reasons-name")}</label>
                    <input
                        id=name_id
                        type="text"
                        dir="auto"
                        value=reason.name
                        on:input=move |event| write(place, &|reason| reason.name = event_target_value(&event))
                    />
                    <label for=text_id.clone()>{tr!("reasons-text")}</label>
                    <textarea
                        id=text_id
                        rows="3"
                        dir="auto"
                        prop:value=reason.text
                        on:input=move |event| write(place, &|reason| reason.text = event_target_value(&event))
                    ></textarea>
                    <div class="answers">
                        <button type="button" on:click=move |_| remove(place)>{removes}</button>
                    </div>
                </li>
            }
        };
        list.into_iter().enumerate().map(one).collect_view()
    };
    view! {
        <details>
            <summary>{tr!("reasons-edit")}</summary>
            <form novalidate=true on:submit=save>
                <p class="quiet">{tr!("reasons-edit-intro")}</p>
                <ol>{fields}</ol>
                <Show when=move || reasons.with(Vec::len) < *REASON_TEMPLATES.end()>
                    <button type="button" id="reason-add" on:click=add>{tr!("reasons-add")}</button>
                </Show>
                <Said said />
                <div class="answers"><button type="submit">{tr!("reasons-save")}</button></div>
            </form>
        </details>
    }
}
