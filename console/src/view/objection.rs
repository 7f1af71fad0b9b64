//! What the author of an item objects to, for who answers.

use leptos::prelude::*;
use peer_support_domain::post::Decision;
use peer_support_domain::wire::ObjectedTo;

use crate::browser;
use crate::locale::tr;
use crate::work::Work;

/// The decision, who made it and why; nothing when nobody objects.
#[component]
pub fn Objection(work: Work, objection: Memo<Option<ObjectedTo>>) -> impl IntoView {
    move || {
        objection.get().map(|ObjectedTo { at, decision, is_yours, original_text }| {
            let what = match decision.decision {
                Decision::Decline => tr!("act-declined"),
                Decision::Hide => tr!("act-hidden"),
                Decision::Approve | Decision::Restore => tr!("act-words-taken-out"),
            };
            let rule = decision.rule.unwrap_or_default();
            let by = decision.by.unwrap_or_else(|| tr!("audit-by-rule", rule = rule));
            let when = move || browser::relative(at, work.now_ms.get());
            let reason = decision.reason.map(|reason| view! { <blockquote dir="auto">{reason}</blockquote> });
            let original = original_text.map(|text| {
                view! {
                    <h4>{tr!("objection-original")}</h4>
                    <blockquote dir="auto">{text}</blockquote>
                }
            });
            view! {
                <section aria-labelledby="objection-title">
                    <h3 id="objection-title">{tr!("objection")}</h3>
                    <p>
                        <time datetime=browser::machine_time(at)>{when}</time>
                        " · " {what} " · " <span dir="auto">{by}</span>
                    </p>
                    {reason}
                    {original}
                    <p class="quiet">{if is_yours { tr!("objection-yours") } else { tr!("objection-intro") }}</p>
                </section>
            }
        })
    }
}
