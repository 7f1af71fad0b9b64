//! A moderator's own account: password, authenticator, recovery codes, sessions, and what happened to it.

use leptos::ev::SubmitEvent;
use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::account::AccountEvent;
use peer_support_domain::limits::PASSWORD_CHARS;
use peer_support_domain::wire::{
    Account as Standing, AuthenticatorCode, NewAuthenticator, NewPassword, OpenSession, WithPassword,
};
use qrcodegen::{QrCode, QrCodeEcc};

use super::password::Password;
use crate::api::{self, Failure};
use crate::browser;
use crate::locale::tr;
use crate::work::{Door, Work, explain};

/// What stays blank around a QR code, in its squares.
const QUIET_ZONE: i32 = 4;
/// Letters of a group of the key, as it is read out and typed.
const KEY_GROUP: usize = 4;

/// Asks whoever signed in by a code to set up what needs none.
#[component]
pub fn Reminder(work: Work) -> impl IntoView {
    let is_due = move || work.door.with(|door| matches!(door, Door::Open(session) if !session.is_set_up));
    view! {
        <Show when=is_due>
            <aside class="reminder" aria-label=tr!("account")>
                <p>{tr!("remind")}</p>
                <button type="button" aria-haspopup="dialog" on:click=move |_| work.is_account_open.set(true)>
                    {tr!("remind-open")}
                </button>
            </aside>
        </Show>
    }
}

/// What the parts of the dialog share.
#[derive(Clone, Copy)]
struct Desk {
    work: Work,
    account: RwSignal<Option<Standing>>,
    sessions: RwSignal<Vec<OpenSession>>,
    current_password: RwSignal<String>,
    /// What became of the last thing done; whether it was done.
    said: RwSignal<Option<(bool, String)>>,
    /// Recovery codes that were just made.
    codes: RwSignal<Vec<String>>,
    is_sending: RwSignal<bool>,
}

impl Desk {
    /// Asks for everything anew.
    async fn look(self) {
        let (account, sessions) = (api::account().await, api::sessions().await);
        match (account, sessions) {
            (Ok(account), Ok(sessions)) => {
                self.account.set(Some(account));
                self.sessions.set(sessions.sessions);
            }
            (Err(failure), _) | (_, Err(failure)) => self.fail(&failure),
        }
    }

    fn fail(self, failure: &Failure) {
        self.said.set(Some((false, explain(failure))));
        if *failure == Failure::WrongPassword {
            browser::focus(&["current-password"]);
        }
    }

    fn needs_password(self) -> bool {
        self.account.with(|account| account.as_ref().is_some_and(|account| account.needs_password))
    }

    /// The current password, where it is needed; nothing, and a word about it, when it is missing.
    fn with_password(self) -> Option<WithPassword> {
        let current = self.current_password.get_untracked();
        if !untrack(move || self.needs_password()) {
            return Some(WithPassword::default());
        }
        if current.is_empty() {
            self.said.set(Some((false, tr!("current-password-missing").to_owned())));
            browser::focus(&["current-password"]);
            return None;
        }
        Some(WithPassword { current_password: Some(current) })
    }

    /// Does `change`, one at a time, and goes on with what it answers.
    fn change<T: 'static>(
        self,
        change: impl AsyncFn(String) -> Result<T, Failure> + 'static,
        then: impl FnOnce(Result<T, Failure>) + 'static,
    ) {
        if self.is_sending.get_untracked() {
            return;
        }
        self.is_sending.set(true);
        self.said.set(None);
        spawn_local(async move {
            let answer = self.work.write(change).await;
            self.is_sending.set(false);
            let is_done = answer.is_ok();
            if let Err(failure) = &answer {
                self.fail(failure);
            }
            then(answer);
            if is_done {
                self.work.look_again().await;
                self.look().await;
            }
        });
    }
}

/// The dialog that opens while `work.is_account_open`.
#[component]
pub fn Account(work: Work) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let desk = Desk {
        work,
        account: RwSignal::new(None),
        sessions: RwSignal::new(Vec::new()),
        current_password: RwSignal::new(String::new()),
        said: RwSignal::new(None),
        codes: RwSignal::new(Vec::new()),
        is_sending: RwSignal::new(false),
    };
    Effect::new(move || {
        let Some(dialog) = dialog.get() else { return };
        if work.is_account_open.get() && !dialog.open() {
            // Refused only when it is open already.
            let _ = dialog.show_modal();
            browser::focus(&["account-title"]);
            desk.said.set(None);
            spawn_local(desk.look());
        }
    });
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let closed = move |_| {
        work.is_account_open.set(false);
        desk.current_password.set(String::new());
    };
    let name = move || {
        work.door.with(|door| match door {
            Door::Open(session) => session.name.clone(),
            _ => String::new(),
        })
    };
    let standing = move || {
        desk.account.with(|account| match account {
            None => tr!("account-loading").to_owned(),
            Some(account) if account.has_password && account.has_authenticator => {
                tr!("account-ready", name = name())
            }
            Some(_) => tr!("account-not-ready").to_owned(),
        })
    };
    let is_there = move || desk.account.with(Option::is_some);
    let is_problem = move || desk.said.with(|said| matches!(said, Some((false, _))));

    view! {
        <dialog class="wide account" node_ref=dialog aria-labelledby="account-title" on:close=closed>
            <h2 id="account-title" tabindex="-1">{tr!("account")}</h2>
            <p dir="auto">{standing}</p>
            <p class="account-said" role="status" class:problem=is_problem>
                {move || desk.said.get().map(|(_, said)| said)}
            </p>
            <Show when=is_there>
                <Show when=move || desk.needs_password()>
                    <form novalidate=true on:submit=move |event: SubmitEvent| event.prevent_default()>
                        <Password
                            id="current-password"
                            label=tr!("current-password")
                            autocomplete="current-password"
                            value=desk.current_password
                            described_by="current-password-help"
                            is_wrong=Signal::derive(|| false)
                        />
                        <p id="current-password-help" class="quiet">{tr!("current-password-help")}</p>
                    </form>
                </Show>
                <SetPassword desk name=Signal::derive(name) />
                <SetAuthenticator desk />
                <MakeCodes desk />
                <SessionList desk />
                <Events desk />
            </Show>
            <div class="answers">
                <button type="button" on:click=close>{tr!("close")}</button>
            </div>
        </dialog>
    }
}

#[component]
fn SetPassword(desk: Desk, name: Signal<String>) -> impl IntoView {
    let password = RwSignal::new(String::new());
    let is_wrong = RwSignal::new(false);
    let (min, max) = (PASSWORD_CHARS.start().to_string(), PASSWORD_CHARS.end().to_string());
    let help = tr!("new-password-help", min = min, max = max);
    let length = tr!("new-password-length", min = min, max = max);
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let new = password.get_untracked();
        is_wrong.set(!PASSWORD_CHARS.contains(&browser::n_password_chars(&new)));
        if is_wrong.get_untracked() {
            desk.said.set(Some((false, length.clone())));
            browser::focus(&["new-password"]);
            return;
        }
        let Some(WithPassword { current_password }) = desk.with_password() else { return };
        let new = NewPassword { current_password, password: new };
        desk.change(
            async move |csrf| api::set_password(&csrf, &new).await,
            move |answer| match answer {
                Ok(()) => {
                    password.set(String::new());
                    desk.current_password.set(String::new());
                    desk.said.set(Some((true, tr!("new-password-saved").to_owned())));
                }
                Err(Failure::Guessable) => {
                    is_wrong.set(true);
                    browser::focus(&["new-password"]);
                }
                Err(_) => {}
            },
        );
    };

    view! {
        <form aria-labelledby="password-title" novalidate=true on:submit=save>
            <h3 id="password-title">{tr!("password")}</h3>
            // For what keeps passwords: whose it is.
            <input type="hidden" name="username" autocomplete="username" prop:value=name />
            <Password
                id="new-password"
                label=tr!("new-password")
                autocomplete="new-password"
                value=password
                described_by="new-password-help"
                is_wrong
            />
            <p id="new-password-help" class="quiet">{help}</p>
            <div class="answers">
                <button type="submit">{tr!("new-password-save")}</button>
            </div>
        </form>
    }
}

#[component]
fn SetAuthenticator(desk: Desk) -> impl IntoView {
    let new = RwSignal::new(None::<NewAuthenticator>);
    let code = RwSignal::new(String::new());
    let is_wrong = RwSignal::new(false);
    let has_one = move || {
        desk.account.with(|account| account.as_ref().is_some_and(|account| account.has_authenticator))
    };
    let begin = move |_| {
        let with = if has_one() { desk.with_password() } else { Some(WithPassword::default()) };
        let Some(with) = with else { return };
        desk.change(
            async move |csrf| api::begin_authenticator(&csrf, &with).await,
            move |answer| {
                if let Ok(begun) = answer {
                    code.set(String::new());
                    new.set(Some(begun));
                    browser::focus(&["authenticator-code"]);
                }
            },
        );
    };
    let confirm = move |event: SubmitEvent| {
        event.prevent_default();
        let typed = AuthenticatorCode { code: code.get_untracked() };
        desk.change(
            async move |csrf| api::confirm_authenticator(&csrf, &typed).await,
            move |answer| {
                is_wrong.set(answer.is_err());
                match answer {
                    Ok(made) => {
                        new.set(None);
                        desk.codes.set(made.recovery_codes);
                        desk.said.set(Some((true, tr!("authenticator-set").to_owned())));
                        browser::focus(&["recovery-codes-title"]);
                    }
                    Err(Failure::NoAuthenticator) => new.set(None),
                    Err(_) => browser::focus(&["authenticator-code"]),
                }
            },
        );
    };
    let setting_up = move || {
        let NewAuthenticator { secret, uri } = new.get()?;
        let key =
            secret.as_bytes().chunks(KEY_GROUP).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
        Some(view! {
            <form class="setting-up" aria-labelledby="authenticator-title" novalidate=true on:submit=confirm>
                <p>{tr!("authenticator-scan")}</p>
                <Picture text=uri.clone() />
                <p><a href=uri>{tr!("authenticator-link")}</a></p>
                <p>{tr!("authenticator-key")} ": " <code>{key}</code></p>
                <label for="authenticator-code">{tr!("authenticator-code")}</label>
                <input
                    id="authenticator-code"
                    name="one-time-code"
                    class="code"
                    inputmode="numeric"
                    autocomplete="one-time-code"
                    spellcheck="false"
                    aria-invalid=move || is_wrong.get().to_string()
                    prop:value=code
                    on:input=move |event| code.set(event_target_value(&event))
                />
                <div class="answers">
                    <button type="submit" class="main">{tr!("authenticator-confirm")}</button>
                </div>
            </form>
        })
    };

    view! {
        <section aria-labelledby="authenticator-title">
            <h3 id="authenticator-title">{tr!("authenticator")}</h3>
            <p class="quiet">
                {move || if has_one() { tr!("authenticator-there") } else { tr!("authenticator-intro") }}
            </p>
            <div class="answers">
                <button type="button" on:click=begin>{tr!("authenticator-begin")}</button>
            </div>
            {setting_up}
        </section>
    }
}

/// `text` as a QR code.
#[component]
fn Picture(text: String) -> impl IntoView {
    let code = QrCode::encode_text(&text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut squares = String::new();
    for y in 0..size {
        for x in (0..size).filter(|&x| code.get_module(x, y)) {
            squares += &format!("M{x} {y}h1v1h-1z");
        }
    }
    let from = -QUIET_ZONE;
    let side = size + 2 * QUIET_ZONE;
    Some(view! {
        <svg class="qr" role="img" aria-label=tr!("authenticator-picture") viewBox=format!("{from} {from} {side} {side}")>
            <path d=squares />
        </svg>
    })
}

#[component]
fn MakeCodes(desk: Desk) -> impl IntoView {
    let outcome = RwSignal::new(None::<&'static str>);
    let n_left = move || {
        desk.account.with(|account| {
            let account = account.as_ref().filter(|account| account.has_authenticator)?;
            Some(account.n_recovery_codes.to_string())
        })
    };
    let make = move |_| {
        let Some(with) = desk.with_password() else { return };
        desk.change(
            async move |csrf| api::make_recovery_codes(&csrf, &with).await,
            move |answer| {
                if let Ok(made) = answer {
                    desk.codes.set(made.recovery_codes);
                    browser::focus(&["recovery-codes-title"]);
                }
            },
        );
    };
    let as_text = move || desk.codes.get_untracked().join("\n") + "\n";
    let copy = move |_| {
        spawn_local(async move {
            let is_copied = browser::copy(&as_text()).await;
            outcome.set(Some(if is_copied {
                tr!("recovery-codes-copied")
            } else {
                tr!("recovery-codes-not-copied")
            }));
        });
    };
    let done = move |_| {
        desk.codes.set(Vec::new());
        outcome.set(None);
        browser::focus(&["recovery-codes-title"]);
    };
    let shown = move || {
        let codes = desk.codes.get();
        (!codes.is_empty()).then(|| {
            let codes = codes.into_iter().map(|code| view! { <li><code>{code}</code></li> });
            view! {
                <div class="new-codes">
                    <p>{tr!("recovery-codes-new")}</p>
                    <ol id="new-codes">{codes.collect_view()}</ol>
                    <p role="status">{move || outcome.get()}</p>
                    <div class="answers">
                        <button type="button" on:click=copy>{tr!("recovery-codes-copy")}</button>
                        <button type="button" on:click=move |_| browser::print()>{tr!("recovery-codes-print")}</button>
                        <button
                            type="button"
                            on:click=move |_| browser::save("recovery-codes.txt", &as_text())
                        >
                            {tr!("recovery-codes-save")}
                        </button>
                        <button type="button" class="main" on:click=done>{tr!("recovery-codes-done")}</button>
                    </div>
                </div>
            }
        })
    };

    view! {
        <section aria-labelledby="recovery-codes-title">
            <h3 id="recovery-codes-title" tabindex="-1">{tr!("recovery-codes")}</h3>
            <p class="quiet">
                {move || {
                    n_left().map_or_else(
                        || tr!("recovery-codes-none").to_owned(),
                        |n| tr!("recovery-codes-left", n = n),
                    )
                }}
            </p>
            {shown}
            <Show when=move || n_left().is_some()>
                <div class="answers">
                    <button type="button" on:click=make>{tr!("recovery-codes-make")}</button>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn SessionList(desk: Desk) -> impl IntoView {
    let end = move |id: Option<i64>| {
        desk.change(
            async move |csrf| api::end_session(&csrf, id).await,
            move |answer| {
                // What is gone already was ended all the same.
                if matches!(answer, Ok(()) | Err(Failure::Gone)) {
                    desk.said.set(Some((true, tr!("session-ended").to_owned())));
                    desk.sessions.update(|sessions| {
                        sessions.retain(|session| session.is_this || id.is_some_and(|id| id != session.id));
                    });
                    browser::focus(&["sessions-title"]);
                }
            },
        );
    };
    let one = move |session: OpenSession| {
        let now = browser::now_ms();
        let device = session.device.unwrap_or_else(|| tr!("session-unnamed").to_owned());
        let begun = browser::clock(session.begun_at, now);
        let times = tr!("session-times", begun = begun, seen = browser::relative(session.seen_at, now));
        let name = tr!("session-end-name", device = device, begun = begun);
        let id = session.id;
        view! {
            <li>
                <p>
                    <span dir="auto">{device}</span>
                    {session.is_this.then(|| format!(" ({})", tr!("session-this")))}
                    <br />
                    <span class="quiet">{times}</span>
                </p>
                {(!session.is_this).then(|| view! {
                    <button type="button" aria-label=name on:click=move |_| end(Some(id))>{tr!("session-end")}</button>
                })}
            </li>
        }
    };
    let has_others = move || desk.sessions.with(|sessions| sessions.iter().any(|session| !session.is_this));

    view! {
        <section aria-labelledby="sessions-title">
            <h3 id="sessions-title" tabindex="-1">{tr!("sessions")}</h3>
            <ol class="sessions">{move || desk.sessions.get().into_iter().map(one).collect_view()}</ol>
            <Show when=has_others>
                <div class="answers">
                    <button type="button" on:click=move |_| end(None)>{tr!("sessions-end")}</button>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn Events(desk: Desk) -> impl IntoView {
    let events = move || {
        let now = browser::now_ms();
        let events = desk.account.with(|account| account.as_ref().map(|account| account.events.clone()));
        let one = |event: peer_support_domain::wire::AccountHappening| {
            view! {
                <li>
                    {event_name(event.what)}
                    " "
                    <time class="quiet" datetime=browser::machine_time(event.at)>
                        {browser::relative(event.at, now)}
                    </time>
                </li>
            }
        };
        events.unwrap_or_default().into_iter().map(one).collect_view()
    };
    view! {
        <section aria-labelledby="events-title">
            <h3 id="events-title">{tr!("account-events")}</h3>
            <p class="quiet">{tr!("account-events-help")}</p>
            <ol class="events">{events}</ol>
        </section>
    }
}

fn event_name(event: AccountEvent) -> &'static str {
    match event {
        AccountEvent::CodeMade => tr!("event-code-made"),
        AccountEvent::SignedInByCode => tr!("event-signed-in-by-code"),
        AccountEvent::SignedIn => tr!("event-signed-in"),
        AccountEvent::SignedInByRecoveryCode => tr!("event-signed-in-by-recovery-code"),
        AccountEvent::PasswordSet => tr!("event-password-set"),
        AccountEvent::AuthenticatorSet => tr!("event-authenticator-set"),
        AccountEvent::RecoveryCodesMade => tr!("event-recovery-codes-made"),
        AccountEvent::Reset => tr!("event-reset"),
        AccountEvent::RolesChanged => tr!("event-roles-changed"),
    }
}
