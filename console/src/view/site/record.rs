//! The audit log of the server, for leads and admins.

use leptos::html::Details;
use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::audit::Act;
use peer_support_domain::wire::AuditLine;

use super::Said;
use crate::api;
use crate::browser;
use crate::locale::tr;
use crate::work::explain;

/// What was done on all sites, the last first; asked for when it is opened.
#[component]
pub fn Record() -> impl IntoView {
    let lines = RwSignal::new(Vec::<AuditLine>::new());
    let next = RwSignal::new(None::<i64>);
    let said = RwSignal::new(None::<Result<String, String>>);
    let details = NodeRef::<Details>::new();
    let ask = move |before: Option<i64>| {
        spawn_local(async move {
            match api::audit(before).await {
                Ok(page) => {
                    said.set(None);
                    next.set(page.next);
                    match before {
                        Some(_) => lines.update(|lines| lines.extend(page.lines)),
                        None => lines.set(page.lines),
                    }
                }
                Err(failure) => said.set(Some(Err(explain(&failure)))),
            }
        });
    };
    let opened = move |_| {
        if details.get_untracked().is_some_and(|details| details.open()) {
            ask(None);
        }
    };

    view! {
        <details node_ref=details on:toggle=opened>
            <summary>{tr!("audit")}</summary>
            <p class="quiet">{tr!("audit-intro")}</p>
            <p><a href=api::AUDIT_EXPORT download="audit.jsonl">{tr!("audit-download")}</a></p>
            <Said said />
            <ol>{move || lines.get().into_iter().map(shown).collect_view()}</ol>
            {move || {
                next.get().map(|next| {
                    view! {
                        <div class="answers">
                            <button type="button" on:click=move |_| ask(Some(next))>{tr!("audit-more")}</button>
                        </div>
                    }
                })
            }}
        </details>
    }
}

fn shown(line: AuditLine) -> impl IntoView {
    let AuditLine { n, at, site, by, name, act, item, account, why, .. } = line;
    let is_of_item = item.is_some();
    let who = match (by, &why) {
        (Some(_), _) => name.unwrap_or_default(),
        (None, Some(rule)) if is_of_item => tr!("audit-by-rule", rule = rule),
        (None, _) if [Act::LockedOut, Act::DrillEnded].contains(&act) => String::new(),
        (None, _) => tr!("change-by-command").to_owned(),
    };
    // The rule stands where the name would.
    let why = why.filter(|_| by.is_some() || !is_of_item);
    let about = [
        site.map(|site| site.to_string()),
        item.map(|item| item.to_string()),
        account.filter(|account| *account != who),
        why,
    ];
    let about = about.into_iter().flatten().map(|what| view! { " · " <span dir="auto">{what}</span> });
    view! {
        <li value=n.to_string()>
            <time datetime=browser::machine_time(at)>{browser::day_and_clock(at)}</time>
            " · " <strong>{act_name(act)}</strong>
            {(!who.is_empty()).then(|| view! { " · " <span dir="auto">{who.clone()}</span> })}
            {about.collect_view()}
        </li>
    }
}

fn act_name(act: Act) -> &'static str {
    match act {
        Act::Approved => tr!("act-approved"),
        Act::Declined => tr!("act-declined"),
        Act::Hidden => tr!("act-hidden"),
        Act::Restored => tr!("act-restored"),
        Act::WordsTakenOut => tr!("act-words-taken-out"),
        Act::Folded => tr!("act-folded"),
        Act::Proposed => tr!("act-proposed"),
        Act::ProposalConfirmed => tr!("act-proposal-confirmed"),
        Act::ProposalRejected => tr!("act-proposal-rejected"),
        Act::ObjectionUpheld => tr!("act-objection-upheld"),
        Act::ObjectionChanged => tr!("act-objection-changed"),
        Act::TakenOver => tr!("act-taken-over"),
        Act::HandedOver => tr!("act-handed-over"),
        Act::PassedOn => tr!("act-passed-on"),
        Act::ForcedStaffed => tr!("act-forced-staffed"),
        Act::ForcedHoldAll => tr!("act-forced-hold-all"),
        Act::ForcedReadOnly => tr!("act-forced-read-only"),
        Act::Unforced => tr!("act-unforced"),
        Act::SensitiveBegun => tr!("act-sensitive-begun"),
        Act::SensitiveEnded => tr!("act-sensitive-ended"),
        Act::TwoPersonsBegun => tr!("act-two-persons-begun"),
        Act::TwoPersonsEnded => tr!("act-two-persons-ended"),
        Act::DrillBegun => tr!("act-drill-begun"),
        Act::DrillEnded => tr!("act-drill-ended"),
        Act::PlaybookWritten => tr!("act-playbook-written"),
        Act::ReasonsWritten => tr!("act-reasons-written"),
        Act::CardsWritten => tr!("act-cards-written"),
        Act::AccountMade => tr!("act-account-made"),
        Act::AccountClosed => tr!("act-account-closed"),
        Act::AccountReset => tr!("act-account-reset"),
        Act::RoleChanged => tr!("act-role-changed"),
        Act::CodeMade => tr!("act-code-made"),
        Act::SignedInByCode => tr!("act-signed-in-by-code"),
        Act::SignedIn => tr!("act-signed-in"),
        Act::SignedInByRecoveryCode => tr!("act-signed-in-by-recovery-code"),
        Act::PasswordSet => tr!("act-password-set"),
        Act::AuthenticatorSet => tr!("act-authenticator-set"),
        Act::RecoveryCodesMade => tr!("act-recovery-codes-made"),
        Act::SessionEnded => tr!("act-session-ended"),
        Act::OtherSessionsEnded => tr!("act-other-sessions-ended"),
        Act::LockedOut => tr!("act-locked-out"),
    }
}
