//! What a colleague proposed, where a site wants two people to decide, and the second one's answer.

use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::Decision;
use peer_support_domain::wire::{Proposal, PutProposal};

use crate::api::{self, Failure};
use crate::browser;
use crate::locale::tr;
use crate::work::{Work, explain};

impl Work {
    /// Confirms what was proposed about the item `id` as it is read, or does not; or takes it back.
    fn settle_proposal(self, id: ItemId, confirms: bool) {
        if confirms && self.must_read_first() || self.is_sending.get_untracked() {
            return;
        }
        let read_text = self.desk.with_untracked(|desk| {
            desk.reading().filter(|reading| reading.item.id == id).map(|reading| reading.item.text.clone())
        });
        self.is_sending.set(true);
        spawn_local(async move {
            let put = PutProposal { confirms, read_text };
            let answer = self.write(async |csrf| api::put_proposal(&csrf, id, &put).await).await;
            self.is_sending.set(false);
            match answer {
                Ok(_) if confirms => self.tell(true, tr!("proposal-confirmed").to_owned()),
                Ok(_) => self.tell(true, tr!("proposal-rejected").to_owned()),
                Err(Failure::TextChanged) => self.tell(false, tr!("rewritten").to_owned()),
                Err(failure) => self.tell(false, tr!("proposal-failed", why = explain(&failure))),
            }
            browser::focus(&["reading-title", "queue-title"]);
            self.reload();
        });
    }
}

/// What was proposed about the item `id`; nothing when nothing was.
#[component]
pub fn Proposed(
    work: Work,
    id: ItemId,
    proposal: Memo<Option<Proposal>>,
    is_theirs: Memo<bool>,
) -> impl IntoView {
    move || {
        proposal.get().map(|Proposal { by, is_yours, decision, reason, at }| {
            let what = match (is_yours, decision) {
                (true, Decision::Restore) => tr!("proposal-your-restore").to_owned(),
                (true, _) => tr!("proposal-your-decline").to_owned(),
                (false, Decision::Restore) => tr!("proposal-restore", name = by),
                (false, _) => tr!("proposal-decline", name = by),
            };
            let when = move || browser::relative(at, work.now_ms.get());
            let no = if is_yours { tr!("proposal-take-back") } else { tr!("proposal-reject") };
            view! {
                <section class="noticed" aria-labelledby="proposal-title">
                    <h3 id="proposal-title">{tr!("proposal")}</h3>
                    <p dir="auto">
                        {what} " · " <time class="quiet" datetime=browser::machine_time(at)>{when}</time>
                    </p>
                    {reason.map(|reason| view! { <blockquote dir="auto">{reason}</blockquote> })}
                    <Show when=move || work.may_decide() && !is_theirs.get()>
                        <div class="answers">
                            {(!is_yours).then(|| view! {
                                <button type="button" class="main" on:click=move |_| work.settle_proposal(id, true)>
                                    {tr!("proposal-confirm")}
                                </button>
                            })}
                            <button type="button" on:click=move |_| work.settle_proposal(id, false)>{no}</button>
                        </div>
                    </Show>
                </section>
            }
        })
    }
}
