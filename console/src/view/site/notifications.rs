//! Whether the team hears of what cannot wait: a test of each channel, and what did not arrive.

use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::delivery::{DeliveryFailure, Occasion};
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{Delivery, TestedChannel};

use super::Said;
use crate::api;
use crate::browser;
use crate::locale::tr;
use crate::work::{Work, explain};

/// The notifications of a site; what did not arrive is shown of all sites.
#[component]
pub fn Notifications(work: Work, site: SiteId) -> impl IntoView {
    let dead = RwSignal::new(Vec::<Delivery>::new());
    let tested = RwSignal::new(None::<Vec<TestedChannel>>);
    let is_testing = RwSignal::new(false);
    let said = RwSignal::new(None::<Result<String, String>>);
    let ask = move || {
        spawn_local(async move {
            match api::deliveries().await {
                Ok(found) => dead.set(found),
                Err(failure) => said.set(Some(Err(explain(&failure)))),
            }
        });
    };
    ask();
    let site = StoredValue::new(site);
    let test = move |_| {
        if is_testing.get_untracked() {
            return;
        }
        is_testing.set(true);
        said.set(Some(Ok(tr!("notify-testing").to_owned())));
        spawn_local(async move {
            let answer =
                work.write(async |csrf| api::test_notifications(&csrf, &site.get_value()).await).await;
            is_testing.set(false);
            match answer {
                Ok(channels) => {
                    let n_failed = channels.iter().filter(|channel| channel.failure.is_some()).count();
                    said.set(Some(match (channels.len(), n_failed) {
                        (0, _) => Err(tr!("notify-no-channel").to_owned()),
                        (_, 0) => Ok(tr!("notify-arrived").to_owned()),
                        _ => Err(tr!("notify-failed").to_owned()),
                    }));
                    tested.set(Some(channels));
                }
                Err(failure) => said.set(Some(Err(explain(&failure)))),
            }
        });
    };
    let settle = move |id: String, is_resent: bool| {
        spawn_local(async move {
            let answer = work
                .write(async |csrf| match is_resent {
                    true => api::resend_delivery(&csrf, &id).await,
                    false => api::discard_delivery(&csrf, &id).await,
                })
                .await;
            said.set(Some(match answer {
                Ok(()) if is_resent => Ok(tr!("notify-resent").to_owned()),
                Ok(()) => Ok(tr!("notify-discarded").to_owned()),
                Err(failure) => Err(explain(&failure)),
            }));
            browser::focus(&["notify-title"]);
            ask();
        });
    };
    let results = move || {
        tested.get().filter(|channels| !channels.is_empty()).map(|channels| {
            let lines = channels.into_iter().map(|TestedChannel { channel, failure }| {
                let what = failure.map_or(tr!("notify-channel-arrived"), failure_name);
                view! { <li><strong>{channel}</strong> ": " {what}</li> }
            });
            view! { <ul>{lines.collect_view()}</ul> }
        })
    };
    let dead_letters = move || {
        let dead = dead.get();
        (!dead.is_empty()).then(|| {
            let lines = dead.into_iter().map(|delivery| {
                let Delivery { id, site, occasion, channel, created_at, failure, .. } = delivery;
                let what = format!("{} · {site} · {channel}", occasion_name(occasion));
                let (again, away) = (id.clone(), id);
                let when = move || browser::relative(created_at, work.now_ms.get());
                let name = |action: &str| format!("{action}: {what}");
                view! {
                    <li>
                        <p>{what.clone()} " · " <time datetime=browser::machine_time(created_at)>{when}</time></p>
                        <p class="quiet">{failure_name(failure)}</p>
                        <div class="answers">
                            <button type="button" aria-label=name(tr!("notify-resend")) on:click=move |_| settle(again.clone(), true)>
                                {tr!("notify-resend")}
                            </button>
                            <button type="button" aria-label=name(tr!("notify-discard")) on:click=move |_| settle(away.clone(), false)>
                                {tr!("notify-discard")}
                            </button>
                        </div>
                    </li>
                }
            });
            view! {
                <h4>{tr!("notify-dead")}</h4>
                <ul>{lines.collect_view()}</ul>
            }
        })
    };

    view! {
        <section aria-labelledby="notify-title">
            <h3 id="notify-title" tabindex="-1">{tr!("notify")}</h3>
            <p class="quiet">{tr!("notify-intro")}</p>
            <div class="answers">
                <button type="button" aria-disabled=move || is_testing.get().to_string() on:click=test>
                    {tr!("notify-test")}
                </button>
            </div>
            <Said said />
            {results}
            {dead_letters}
        </section>
    }
}

fn occasion_name(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Escalated => tr!("passed-on"),
        Occasion::Risk => tr!("at-risk"),
        Occasion::Late => tr!("overdue"),
        Occasion::Test => tr!("notify-test"),
    }
}

fn failure_name(failure: DeliveryFailure) -> &'static str {
    match failure {
        DeliveryFailure::Unreachable => tr!("notify-unreachable"),
        DeliveryFailure::AddressNotAllowed => tr!("notify-address"),
        DeliveryFailure::Tls => tr!("notify-tls"),
        DeliveryFailure::TimedOut => tr!("notify-timed-out"),
        DeliveryFailure::Refused => tr!("notify-refused"),
        DeliveryFailure::ReceiverFailed => tr!("notify-receiver"),
        DeliveryFailure::ChannelGone => tr!("notify-gone"),
    }
}
