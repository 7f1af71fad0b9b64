//! What holds on a site: what visitors see now, when moderators are there, and what the team changes about that.

use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::coverage::{Forced, ForcedRule};
use peer_support_domain::post::Role;
use peer_support_domain::site::{SiteId, SiteMode};
use peer_support_domain::wire::{
    CalendarDay, PutForced, PutTwoPersons, SiteChange, SitePresent, SiteSetting,
};

use super::Said;
use super::two_persons::TwoPersons;
use crate::api::{self, Failure};
use crate::browser;
use crate::locale::tr;
use crate::work::{Work, explain};

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// What holds on a site, as of the moment it was asked.
#[component]
pub fn Present(work: Work, site: SiteId, role: Role) -> impl IntoView {
    let present = RwSignal::new(None::<SitePresent>);
    let said = RwSignal::new(None::<Result<String, String>>);
    let site = StoredValue::new(site);
    spawn_local(async move {
        match api::present(&site.get_value()).await {
            Ok(found) => present.set(Some(found)),
            Err(failure) => said.set(Some(Err(explain(&failure)))),
        }
    });
    let answered = move |answer: Result<SitePresent, Failure>| match answer {
        Ok(found) => {
            present.set(Some(found));
            said.set(Some(Ok(tr!("site-changed").to_owned())));
        }
        Err(failure) => said.set(Some(Err(explain(&failure)))),
    };
    let force = move |forced: Option<Forced>| {
        spawn_local(async move {
            let body = PutForced { forced };
            answered(work.write(async |csrf| api::put_forced(&csrf, &site.get_value(), body).await).await);
        });
    };
    let set_sensitive = move |is_on: bool| {
        spawn_local(async move {
            answered(
                work.write(async |csrf| api::put_sensitive(&csrf, &site.get_value(), is_on).await).await,
            );
        });
    };
    let (leads, manages) = (role >= Role::Lead, role >= Role::Admin);
    let would_be_alone = RwSignal::new(false);
    let set_two_persons = move |put: PutTwoPersons| {
        spawn_local(async move {
            let answer =
                work.write(async |csrf| api::put_two_persons(&csrf, &site.get_value(), put).await).await;
            would_be_alone.set(matches!(answer, Err(Failure::Refused(_))));
            if !would_be_alone.get_untracked() {
                answered(answer);
            }
            browser::focus(&["two-persons-title"]);
        });
    };
    let parts = move || {
        let now = present.get()?;
        let is_sensitive = now.shown.is_sensitive;
        Some(view! {
            <Preview present=now.clone() />
            <Calendar zone=now.zone.clone() days=now.calendar.clone() />
            <Show when=move || manages>
                <Force forced=now.forced on_force=Callback::new(force) />
                <TwoPersons asks_two=now.asks_two would_be_alone on_set=Callback::new(set_two_persons) />
            </Show>
            <Show when=move || leads>
                <Sensitive is_sensitive on_set=Callback::new(set_sensitive) />
            </Show>
            <Changes changes=now.changes.clone() />
        })
    };

    view! {
        <Said said />
        {parts}
    }
}

/// Exactly what visitors are told now, and what becomes of what they write.
#[component]
fn Preview(present: SitePresent) -> impl IntoView {
    let SitePresent { shown, holds_all, .. } = present;
    let hours = (shown.decision_target_ms + HOUR_MS - 1) / HOUR_MS;
    let mode = match shown.mode {
        SiteMode::Open if shown.is_sensitive => Some(tr!("preview-sensitive")),
        SiteMode::Open => None,
        SiteMode::Limited => Some(tr!("preview-limited")),
        SiteMode::ReadOnly => Some(tr!("preview-read-only")),
    };
    let who = match (shown.is_staffed, shown.changes_at) {
        (Some(true), _) => Some(tr!("preview-here").to_owned()),
        (Some(false), Some(at)) => Some(tr!("preview-back", time = browser::day_and_clock(at))),
        _ => None,
    };
    let closed = (!shown.closed_topics.is_empty()).then(|| {
        let names: Vec<String> = shown.closed_topics.iter().map(ToString::to_string).collect();
        view! { <li>{tr!("preview-closed", topics = names.join(", "))}</li> }
    });
    let held = if holds_all { tr!("preview-holds-all") } else { tr!("preview-holds-most") };
    let writes = shown.mode != SiteMode::ReadOnly;
    let until = shown.changes_at.map(|at| {
        view! { <li>{tr!("preview-until", time = browser::day_and_clock(at))}</li> }
    });

    view! {
        <section aria-labelledby="preview-title">
            <h3 id="preview-title">{tr!("preview")}</h3>
            <blockquote>
                {mode.map(|mode| view! { <p>{mode}</p> })}
                <p>{who} " " {tr!("preview-within", n = hours.to_string())}</p>
            </blockquote>
            <ul>
                {writes.then(|| view! { <li>{held}</li> })}
                {closed}
                {until}
            </ul>
        </section>
    }
}

/// This and the next week; nothing when nobody said when moderators are there.
#[component]
fn Calendar(zone: Option<String>, days: Vec<CalendarDay>) -> impl IntoView {
    let Some(zone) = zone else {
        return view! { <p class="quiet">{tr!("calendar-none")}</p> }.into_any();
    };
    let row = |day: CalendarDay| {
        let CalendarDay { day, hours, is_exception, is_today } = day;
        let hours =
            if hours == "closed" { tr!("calendar-closed").to_owned() } else { hours.replace(',', ", ") };
        view! {
            <tr aria-current=is_today.then_some("date")>
                <th scope="row">
                    <time datetime=day.to_string()>{browser::day_name(&day.to_string())}</time>
                    {is_today.then(|| view! { " (" {tr!("calendar-today")} ")" })}
                </th>
                <td>{hours}</td>
                <td>{is_exception.then(|| tr!("calendar-exception"))}</td>
            </tr>
        }
    };
    view! {
        <section aria-labelledby="calendar-title">
            <h3 id="calendar-title">{tr!("calendar")}</h3>
            <p class="quiet">{tr!("calendar-intro", zone = zone)}</p>
            <table class="calendar">
                <thead>
                    <tr>
                        <th scope="col">{tr!("calendar-day")}</th>
                        <th scope="col">{tr!("calendar-hours")}</th>
                        <th scope="col">{tr!("calendar-kind")}</th>
                    </tr>
                </thead>
                <tbody>{days.into_iter().map(row).collect_view()}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn rule_name(rule: ForcedRule) -> &'static str {
    match rule {
        ForcedRule::Staffed => tr!("rule-staffed"),
        ForcedRule::HoldAll => tr!("rule-hold-all"),
        ForcedRule::ReadOnly => tr!("rule-read-only"),
    }
}

/// A rule in the place of what the hours say, until a moment; and the way back.
#[component]
fn Force(forced: Option<Forced>, on_force: Callback<Option<Forced>>) -> impl IntoView {
    if let Some(Forced { rule, until }) = forced {
        let now = tr!("force-now", rule = rule_name(rule), time = browser::day_and_clock(until));
        return view! {
            <section aria-labelledby="force-title">
                <h3 id="force-title">{tr!("force")}</h3>
                <p>{now}</p>
                <div class="answers">
                    <button type="button" class="main" on:click=move |_| on_force.run(None)>{tr!("force-back")}</button>
                </div>
            </section>
        }
        .into_any();
    }
    let rule = RwSignal::new(ForcedRule::ReadOnly);
    let until = RwSignal::new(String::new());
    let problem = RwSignal::new(false);
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let moment = browser::local_moment(&until.get_untracked());
        problem.set(moment.is_none());
        match moment {
            Some(until) => on_force.run(Some(Forced { rule: rule.get_untracked(), until })),
            None => browser::focus(&["force-until"]),
        }
    };
    let rules = ForcedRule::ALL.map(|one| {
        view! { <option value=one.as_str() selected=one == ForcedRule::ReadOnly>{rule_name(one)}</option> }
    });
    let choose = move |event| {
        if let Ok(one) = event_target_value(&event).parse() {
            rule.set(one);
        }
    };
    view! {
        <section aria-labelledby="force-title">
            <h3 id="force-title">{tr!("force")}</h3>
            <p id="force-intro" class="quiet">{tr!("force-intro")}</p>
            <form novalidate=true on:submit=send>
                <label for="force-rule">{tr!("force-rule")}</label>
                <select id="force-rule" on:change=choose>{rules.collect_view()}</select>
                <label for="force-until">{tr!("force-until")}</label>
                <input
                    id="force-until"
                    type="datetime-local"
                    aria-describedby="force-intro force-problem"
                    aria-invalid=move || problem.get().to_string()
                    prop:value=until
                    on:input=move |event| until.set(event_target_value(&event))
                />
                <p id="force-problem" class="problem" role="alert">
                    {move || problem.get().then(|| tr!("force-until-missing"))}
                </p>
                <div class="answers"><button type="submit">{tr!("force-send")}</button></div>
            </form>
        </section>
    }
    .into_any()
}

/// Begins a sensitive period, by a second press; ends it by one.
#[component]
fn Sensitive(is_sensitive: bool, on_set: Callback<bool>) -> impl IntoView {
    let is_asked = RwSignal::new(false);
    let begin = move |_| {
        if is_asked.get_untracked() {
            on_set.run(true);
        } else {
            is_asked.set(true);
        }
    };
    let buttons = move || {
        if is_sensitive {
            view! {
                <p>{tr!("sensitive-now")}</p>
                <div class="answers">
                    <button type="button" class="main" on:click=move |_| on_set.run(false)>{tr!("sensitive-end")}</button>
                </div>
            }
            .into_any()
        } else {
            // One button that changes its name: the focus stays, and a screen reader says what it asks now.
            view! {
                <p role="status">{move || is_asked.get().then(|| tr!("sensitive-ask"))}</p>
                <div class="answers">
                    <button type="button" id="sensitive" on:click=begin>
                        {move || if is_asked.get() { tr!("sensitive-sure") } else { tr!("sensitive-begin") }}
                    </button>
                    <Show when=move || is_asked.get()>
                        <button
                            type="button"
                            on:click=move |_| {
                                is_asked.set(false);
                                browser::focus(&["sensitive"]);
                            }
                        >
                            {tr!("say-cancel")}
                        </button>
                    </Show>
                </div>
            }
            .into_any()
        }
    };
    view! {
        <section aria-labelledby="sensitive-title">
            <h3 id="sensitive-title">{tr!("sensitive")}</h3>
            <p class="quiet">{tr!("sensitive-intro")}</p>
            {buttons()}
        </section>
    }
}

/// What was changed, and by whom; nothing when nothing was.
#[component]
fn Changes(changes: Vec<SiteChange>) -> impl IntoView {
    (!changes.is_empty()).then(|| {
        let line = |SiteChange { by, what, at }: SiteChange| {
            let what = match what {
                SiteSetting::Forced(Forced { rule, until }) => {
                    tr!("change-forced", rule = rule_name(rule), time = browser::day_and_clock(until))
                }
                SiteSetting::Unforced => tr!("change-unforced").to_owned(),
                SiteSetting::Sensitive(true) => tr!("change-sensitive").to_owned(),
                SiteSetting::Sensitive(false) => tr!("change-not-sensitive").to_owned(),
                SiteSetting::Playbook => tr!("change-playbook").to_owned(),
                SiteSetting::Reasons => tr!("change-reasons").to_owned(),
                SiteSetting::TwoPersons(true) => tr!("change-two-persons").to_owned(),
                SiteSetting::TwoPersons(false) => tr!("change-one-person").to_owned(),
            };
            let by = by.unwrap_or_else(|| tr!("change-by-command").to_owned());
            view! {
                <li>
                    <time datetime=browser::machine_time(at)>{browser::day_and_clock(at)}</time>
                    " · " <span dir="auto">{by}</span> " · " {what}
                </li>
            }
        };
        view! {
            <details>
                <summary>{tr!("changes")}</summary>
                <ol>{changes.into_iter().map(line).collect_view()}</ol>
            </details>
        }
    })
}
