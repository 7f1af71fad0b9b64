//! Passing on to a lead what a moderator does not want to decide alone.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::ESCALATION_GRAPHEMES;
use peer_support_domain::wire::Escalation;

use crate::api::{self, Failure};
use crate::browser;
use crate::desk::Standing;
use crate::locale::tr;
use crate::work::{Work, explain};

impl Work {
    /// Begins to write why what is read is passed on.
    pub fn begin_to_escalate(self) {
        let may = self
            .desk
            .with_untracked(|desk| desk.reading().is_some_and(|reading| reading.item.escalation.is_none()));
        if untrack(|| self.may_decide()) && may {
            self.is_declining.set(false);
            self.is_saying.set(false);
            self.escalating
                .set(self.desk.with_untracked(|desk| desk.reading().map(|reading| reading.item.id)));
            browser::focus(&["escalation-note"]);
        }
    }

    /// Leaves it.
    fn stop_escalating(self) {
        self.escalating.set(None);
        browser::focus(&["escalate", "reading-title"]);
    }

    fn escalate(self, id: ItemId, note: String) {
        if self.is_sending.get_untracked() {
            return;
        }
        self.is_sending.set(true);
        spawn_local(async move {
            let answer = self.write(async |csrf| api::escalate(&csrf, id, note.clone()).await).await;
            self.is_sending.set(false);
            match answer {
                Ok(_) => {
                    self.escalating.set(None);
                    self.tell(true, tr!("escalated").to_owned());
                    browser::focus(&["reading-title"]);
                    self.reload();
                }
                Err(Failure::Decided(_) | Failure::Gone) => {
                    self.escalating.set(None);
                    self.tell(false, tr!("not-escalated-meanwhile").to_owned());
                    self.reload();
                }
                Err(failure) => self.tell(false, tr!("not-escalated", why = explain(&failure))),
            }
        });
    }
}

/// Who passed the item `id` on, or the way to do so.
#[component]
pub fn Escalate(
    work: Work,
    id: ItemId,
    escalation: Memo<Option<Escalation>>,
    #[prop(into)] standing: Signal<Standing>,
) -> impl IntoView {
    /// What stands here.
    #[derive(Clone, PartialEq)]
    enum Shown {
        Nothing,
        PassedOn(Escalation),
        Button,
        Form,
    }
    // A memo, so that a reload does not draw the note anew under the moderator's hands.
    let shown = Memo::new(move |_| match escalation.get() {
        Some(escalation) => Shown::PassedOn(escalation),
        None if standing.get() == Standing::Left || !work.may_decide() => Shown::Nothing,
        None if work.escalating.get() == Some(id) => Shown::Form,
        None => Shown::Button,
    });
    move || {
        match shown.get() {
        Shown::Nothing => ().into_any(),
        Shown::PassedOn(Escalation { by, note, at }) => {
            let when = move || browser::relative(at, work.now_ms.get());
            view! {
                <section class="noticed" aria-labelledby="escalation-title">
                    <h3 id="escalation-title">{tr!("passed-on")}</h3>
                    <p class="quiet">{by} " · " <time datetime=browser::machine_time(at)>{when}</time></p>
                    <p dir="auto">{note}</p>
                </section>
            }
            .into_any()
        }
        Shown::Button => view! {
            <button type="button" id="escalate" aria-keyshortcuts="e" on:click=move |_| work.begin_to_escalate()>
                {tr!("escalate")} " " <kbd aria-hidden="true">"e"</kbd>
            </button>
        }
        .into_any(),
        Shown::Form => view! { <Note work id /> }.into_any(),
    }
    }
}

/// Writes why.
#[component]
fn Note(work: Work, id: ItemId) -> impl IntoView {
    let note = RwSignal::new(String::new());
    let n_graphemes = Memo::new(move |_| note.with(|note| browser::n_graphemes(note)));
    let was_sent = RwSignal::new(false);
    let problem = move || {
        (was_sent.get() && !ESCALATION_GRAPHEMES.contains(&n_graphemes.get())).then(|| {
            tr!(
                "escalation-length",
                min = ESCALATION_GRAPHEMES.start().to_string(),
                max = ESCALATION_GRAPHEMES.end().to_string()
            )
        })
    };
    let send = move || {
        was_sent.set(true);
        if ESCALATION_GRAPHEMES.contains(&n_graphemes.get_untracked()) {
            work.escalate(id, note.get_untracked());
        } else {
            browser::focus(&["escalation-note"]);
        }
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            event.prevent_default();
            work.stop_escalating();
        }
        "Enter" if event.ctrl_key() || event.meta_key() => {
            event.prevent_default();
            send();
        }
        _ => {}
    };

    view! {
        <form
            aria-labelledby="escalation-title"
            novalidate=true
            on:keydown=on_key
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                send();
            }
        >
            <h3 id="escalation-title">{tr!("escalate")}</h3>
            <p id="escalation-intro" class="quiet">{tr!("escalate-intro")}</p>
            <label for="escalation-note">{tr!("escalation-note")}</label>
            <textarea
                id="escalation-note"
                rows="3"
                dir="auto"
                aria-describedby="escalation-intro escalation-problem"
                aria-invalid=move || problem().is_some().to_string()
                prop:value=note
                on:input=move |event| note.set(event_target_value(&event))
            ></textarea>
            <p id="escalation-problem" class="problem" role="alert">{problem}</p>
            <div class="answers">
                <button type="submit" class="main" aria-disabled=move || work.is_sending.get().to_string()>
                    {tr!("escalate-send")}
                </button>
                <button type="button" on:click=move |_| work.stop_escalating()>{tr!("say-cancel")}</button>
            </div>
        </form>
    }
}
