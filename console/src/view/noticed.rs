//! What readers and the server's checks noticed about the item that is read.

use leptos::prelude::*;
use peer_support_domain::flag::Flag;
use peer_support_domain::post::State;
use peer_support_domain::report::ReportReason;
use peer_support_domain::wire::{Found, ReportCount};

use super::found;
use crate::locale::tr;

/// A line for each thing that was noticed, and who can read the item meanwhile; nothing when nothing was.
#[component]
pub fn Noticed(
    state: Memo<Option<State>>,
    flags: Memo<Vec<Flag>>,
    reports: Memo<Vec<ReportCount>>,
    found: Memo<Vec<Found>>,
) -> impl IntoView {
    move || {
        let reports = reports.get();
        let mut lines: Vec<String> = reports
            .iter()
            .map(|ReportCount { reason, n }| {
                tr!("readers-reported", n = n.to_string(), reason = reason_name(*reason))
            })
            .collect();
        let found = found.get();
        lines.extend(found.iter().map(found::line));
        let others = flags.get().into_iter().filter(|flag| !found.iter().any(|found| found.flag == *flag));
        lines.extend(others.filter_map(flag_name).map(str::to_owned));
        let meanwhile = match state.get() {
            _ if lines.is_empty() => None,
            Some(State::Hidden) if !reports.is_empty() => Some(tr!("hidden-by-reports")),
            Some(State::Published) => Some(tr!("read-meanwhile")),
            _ => None,
        };
        (!lines.is_empty()).then(|| {
            view! {
                <section class="noticed" aria-labelledby="noticed-title">
                    <h3 id="noticed-title">{tr!("noticed")}</h3>
                    <ul>{lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
                    {meanwhile.map(|meanwhile| view! { <p>{meanwhile}</p> })}
                </section>
            }
        })
    }
}

/// What readers chose from, in the moderators' words.
pub fn reason_name(reason: ReportReason) -> &'static str {
    match reason {
        ReportReason::Danger => tr!("reported-danger"),
        ReportReason::Unkind => tr!("reported-unkind"),
        ReportReason::Identifies => tr!("reported-identifies"),
        ReportReason::Harmful => tr!("reported-harmful"),
        ReportReason::Selling => tr!("reported-selling"),
        ReportReason::Other => tr!("reported-other"),
    }
}

/// What a flag says; nothing of "reported", which stands there with its reasons.
pub fn flag_name(flag: Flag) -> Option<&'static str> {
    match flag {
        Flag::Repeat => Some(tr!("flag-repeat")),
        Flag::Flood => Some(tr!("flag-flood")),
        Flag::VoteRing => Some(tr!("flag-vote-ring")),
        Flag::NoWork => Some(tr!("flag-no-work")),
        Flag::Reported => None,
        Flag::Crisis => Some(tr!("flag-crisis")),
        Flag::PersonalData => Some(tr!("flag-personal-data")),
        Flag::MethodDetail => Some(tr!("flag-method-detail")),
        Flag::Hostile => Some(tr!("flag-hostile")),
        Flag::Solicitation => Some(tr!("flag-solicitation")),
        Flag::HarmfulAdvice => Some(tr!("flag-harmful-advice")),
        Flag::Danger => Some(tr!("flag-danger")),
    }
}
