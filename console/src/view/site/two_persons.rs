//! The rule that two people decide, for admins.

use leptos::prelude::*;
use peer_support_domain::wire::PutTwoPersons;

use crate::locale::tr;

/// Switches the rule on or off; while nobody else could confirm, by a second press.
#[component]
pub fn TwoPersons(
    asks_two: bool,
    would_be_alone: RwSignal<bool>,
    on_set: Callback<PutTwoPersons>,
) -> impl IntoView {
    let press = move |_| {
        let even_alone = would_be_alone.get_untracked();
        on_set.run(PutTwoPersons { is_on: !asks_two, even_alone });
    };
    let name = move || match (asks_two, would_be_alone.get()) {
        (true, _) => tr!("two-persons-end"),
        (false, true) => tr!("two-persons-even-alone"),
        (false, false) => tr!("two-persons-begin"),
    };
    view! {
        <section aria-labelledby="two-persons-title">
            <h3 id="two-persons-title" tabindex="-1">{tr!("two-persons")}</h3>
            <p class="quiet">{tr!("two-persons-intro")}</p>
            <p role="status" class="problem">
                {move || would_be_alone.get().then(|| tr!("two-persons-alone"))}
            </p>
            <div class="answers">
                <button type="button" on:click=press>{name}</button>
            </div>
        </section>
    }
}
