//! Passing on to a lead what a moderator does not want to decide alone.

use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::ESCALATION_GRAPHEMES;
use peer_support_domain::wire::Escalation;

use super::writing::Writing;
use crate::api::{self, Failure};
use crate::browser;
use crate::desk::Standing;
use crate::locale::tr;
use crate::work::{Work, explain};

impl Work {
    /// Begins to write why what is read is passed on.
    pub fn begin_to_escalate(self) {
        let id = self.desk.with_untracked(|desk| {
            let item = &desk.reading()?.item;
            item.escalation.is_none().then_some(item.id)
        });
        if untrack(|| self.may_decide()) && id.is_some() {
            self.stop_writing();
            self.escalating.set(id);
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
    let problem = |n: usize, was_sent: bool| {
        (was_sent && !ESCALATION_GRAPHEMES.contains(&n)).then(|| {
            tr!(
                "escalation-length",
                min = ESCALATION_GRAPHEMES.start().to_string(),
                max = ESCALATION_GRAPHEMES.end().to_string()
            )
        })
    };

    view! {
        <Writing
            name="escalation"
            field=&["escalation-note"]
            title=tr!("escalate")
            intro=tr!("escalate-intro")
            label=tr!("escalation-note")
            rows="3"
            text=note
            write=move |text| note.set(text)
            limits=ESCALATION_GRAPHEMES
            problem
            send=move |note| work.escalate(id, note)
            stop=move || work.stop_escalating()
            send_name=tr!("escalate-send")
            stop_name=tr!("say-cancel")
            is_sending=work.is_sending
        />
    }
}
