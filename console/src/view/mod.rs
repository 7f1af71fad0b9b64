//! What a moderator sees.

mod account;
mod claim;
mod clock;
mod decline;
mod escalate;
mod find;
mod fold;
mod for_everyone;
mod found;
mod item;
mod keys;
mod noticed;
mod objection;
mod outcome;
mod password;
mod playbook;
mod private;
mod proposal;
mod queue;
mod redact;
mod sign_in;
mod site;
mod site_dialog;
mod spam;
mod thread;
mod top;
mod writing;

use std::time::Duration;

use leptos::prelude::*;

use crate::keys::{Command, command};
use crate::work::{Door, Work};
use crate::{api, browser};

/// How often the page looks for what is new, while someone can see it: well within any decision target, and one small
/// request.
const RELOAD_EVERY: Duration = Duration::from_secs(30);

/// How often the clocks of the items go on.
const TICK: Duration = Duration::from_secs(10);

/// The whole page: the door, and the desk behind it.
#[component]
pub fn Page() -> impl IntoView {
    let work = Work::new();
    let is_help_open = RwSignal::new(false);
    let is_for_everyone_open = RwSignal::new(false);
    let letters_are_keys = RwSignal::new(browser::letters_are_keys());

    work.arrive();
    browser::on_hash_change(move || work.arrive());
    browser::every(RELOAD_EVERY, move || {
        if browser::is_visible() {
            if work.finding.with_untracked(Option::is_none) {
                work.reload();
            }
            work.go_on_reading();
        }
    });
    browser::every(TICK, move || work.now_ms.set(browser::now_ms()));
    browser::on_leaving(move || work.leave());
    browser::on_dialog_closed(move || work.go_on_reading());
    browser::on_key(move |press, event| {
        if work.session().is_none() || !letters_are_keys.get_untracked() && press.key.chars().count() == 1 {
            return;
        }
        let Some(command) = command(press) else { return };
        event.prevent_default();
        match command {
            Command::Next => move_on(work, true),
            Command::Previous => move_on(work, false),
            Command::Approve => work.approve_by_key(),
            Command::Decline => work.begin_to_decline(None),
            Command::Say => work.begin_to_say(),
            Command::Fold => work.begin_to_fold(),
            Command::TakeOut => work.begin_to_take_out(),
            Command::Undo => work.undo(),
            Command::TakeOver => work.take_over(),
            Command::HandOver => work.begin_to_hand_over(),
            Command::Escalate => work.begin_to_escalate(),
            Command::Thread => work.toggle_thread(),
            Command::Show => work.unveil(),
            Command::Choose => work.choose_reading(),
            Command::DeclineChosen => work.begin_to_decline_spam(),
            Command::Find => work.begin_to_find(),
            Command::Reload => work.reload(),
            Command::Help => is_help_open.set(true),
        }
    });

    let is_open = Memo::new(move |_| matches!(work.door.get(), Door::Open(_)));
    let read = Memo::new(move |_| {
        work.desk.with(|desk| desk.reading().map(|reading| reading.item.id)).filter(|_| is_open.get())
    });
    Effect::new(move || work.follow(read.get()));
    // While it fails, the look every 30 seconds is what there is.
    let stream = StoredValue::new_local(None);
    Effect::new(move || {
        let open = || browser::Stream::open(api::LIVE, "desk", move || work.hear_of_change());
        stream.set_value(is_open.get().then(open).flatten());
    });
    move || {
        if is_open.get() {
            view! {
                <top::Top work is_help_open is_for_everyone_open />
                <account::Reminder work />
                <main class="desk" class:item-open=work.is_item_open>
                    <outcome::Said work />
                    <queue::Waiting work />
                    <item::Item work />
                </main>
                <for_everyone::ForEveryone work is_open=is_for_everyone_open />
                <account::Account work />
                <site::SitePage work />
                <keys::Keys is_open=is_help_open letters_are_keys />
            }
            .into_any()
        } else {
            view! { <sign_in::SignIn work /> }.into_any()
        }
    }
}

fn move_on(work: Work, forwards: bool) {
    work.read(|desk| if forwards { desk.read_next() } else { desk.read_previous() });
    // On a narrow page the list does not show while an item is open.
    browser::focus(&["queue-reading", "reading-title", "queue-title"]);
}
