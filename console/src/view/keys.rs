//! What keys do: the few that matter at the foot, all of them in a dialog.

use leptos::html::Dialog;
use leptos::prelude::*;

use crate::browser;
use crate::locale::tr;

/// The line at the foot, and the dialog that opens while `is_open`.
#[component]
pub fn Keys(is_open: RwSignal<bool>, letters_are_keys: RwSignal<bool>) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move || {
        let Some(dialog) = dialog.get() else { return };
        if is_open.get() && !dialog.open() {
            // Refused only when it is open already.
            let _ = dialog.show_modal();
        }
    });
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let choose = move |event| {
        let are_keys = event_target_checked(&event);
        letters_are_keys.set(are_keys);
        browser::keep_letters_as_keys(are_keys);
    };
    let row = |keys: &'static [&'static str], does: &'static str| {
        let keys = keys.iter().map(|key| view! { <kbd>{*key}</kbd> " " }).collect_view();
        view! { <div><dt>{keys}</dt><dd>{does}</dd></div> }
    };

    view! {
        <footer class="foot">
            <Show when=move || letters_are_keys.get()>
                <dl>
                    {row(&["j"], tr!("keys-next"))}
                    {row(&["k"], tr!("keys-previous"))}
                    {row(&["a"], tr!("approve"))}
                    {row(&["d"], tr!("decline"))}
                    {row(&["u"], tr!("keys-undo"))}
                    {row(&["?"], tr!("keys-help"))}
                </dl>
            </Show>
        </footer>
        <dialog node_ref=dialog aria-labelledby="keys-title" on:close=move |_| is_open.set(false)>
            <h2 id="keys-title">{tr!("keys-title")}</h2>
            <dl>
                {row(&["j"], tr!("keys-next"))}
                {row(&["k"], tr!("keys-previous"))}
                {row(&["↑", "↓"], tr!("keys-arrows"))}
                {row(&["a"], tr!("approve"))}
                {row(&["d"], tr!("decline"))}
                {row(&["w"], tr!("say"))}
                {row(&["f"], tr!("keys-fold"))}
                {row(&["x"], tr!("keys-take-out"))}
                {row(&["h"], tr!("hand-over"))}
                {row(&["t"], tr!("keys-take-over"))}
                {row(&["u"], tr!("keys-undo"))}
                {row(&["e"], tr!("escalate"))}
                {row(&["c"], tr!("keys-thread"))}
                {row(&["v"], tr!("keys-show"))}
                {row(&["s"], tr!("keys-choose"))}
                {row(&["b"], tr!("spam-decline"))}
                {row(&["/"], tr!("find"))}
                {row(&["r"], tr!("reload"))}
                {row(&["?"], tr!("keys-help"))}
                {row(&["Ctrl", "Enter"], tr!("keys-send"))}
                {row(&["Esc"], tr!("keys-close"))}
            </dl>
            <p class="quiet">{tr!("keys-note")}</p>
            <label class="choice">
                <input type="checkbox" prop:checked=letters_are_keys on:change=choose />
                {tr!("keys-on")}
            </label>
            <div class="answers">
                <button type="button" class="main" on:click=close>{tr!("close")}</button>
            </div>
        </dialog>
    }
}
