//! The server, as a moderator may ask it. The only file that calls it.
//!
//! Page and server share an origin, so the session's cookie goes along by itself. JSON is the browser's own.

use gloo_net::http::{Request, RequestBuilder, Response};
use js_sys::JSON;
use peer_support_domain::cursor::Cursor;
use peer_support_domain::id::ItemId;
use peer_support_domain::site::SiteId;
use peer_support_domain::statistics::Statistics;
use peer_support_domain::wire::{
    Account, AuditPage, AuthenticatorCode, Cards, Claim, Colleagues, ConsoleSite, Decide, Decided,
    DeclineSpam, DeclinedSpam, Delivery, Drills, Escalate, Escalation, FindItems, FoundItems, HandOver,
    NewAuthenticator, NewDrill, NewHandOver, NewPassword, NewPost, NewWord, Page, PasswordSignIn,
    PastDecision, Playbook, Problem, PutForced, PutProposal, PutRole, PutSensitive, PutTwoPersons, QueueItem,
    Reasons, Receipt, RecoveryCodes, Session, Sessions, SignIn, SitePresent, SiteRoles, TakeClaim,
    TestedChannel, Thread, WithPassword, Word, WrittenPlaybook, WrittenReasons,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::AbortSignal;

use crate::browser;
use crate::thread::Further;

const API: &str = "/api/v1/console";

/// How long an answer may take: longer than a slow phone network needs, shorter than a moderator's patience.
const ANSWER_WITHIN_MS: u32 = 15_000;

/// Why a request did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer came.
    Offline,
    /// Nobody is signed in, or not any more; or what was to sign in is wrong.
    SignedOut,
    /// The current password is wrong.
    WrongPassword,
    /// The new password is easy to guess.
    Guessable,
    /// It is not the code that the new authenticator shows.
    WrongCode,
    /// No authenticator is being set up, or not any more.
    NoAuthenticator,
    /// The account may not do this.
    Forbidden,
    /// The token is of another session: the browser signed in anew in another window.
    OtherSession,
    /// The item is not where this decision leads from: it was decided already, by whom and how where the server says so.
    Decided(Option<Box<PastDecision>>),
    /// A colleague reads the item.
    Claimed(Claim),
    /// Its author changed the text after it was read here.
    TextChanged,
    /// There is no such item any more.
    Gone,
    /// What was sent breaks a rule; the server says which.
    Refused(String),
    /// Too many requests; how many seconds to wait.
    TooMany(u32),
    /// The server failed, or answered what we do not understand.
    Server,
}

/// Signs in with a one-time code.
pub async fn sign_in(code: &str, device: Option<String>) -> Result<Session, Failure> {
    let body = SignIn { code: code.to_owned(), device };
    match send(Request::post(&format!("{API}/session")), Some(&body)).await {
        // Codes are read out and typed by people: a code of the wrong form is simply a wrong code.
        Err(Failure::Forbidden | Failure::Gone | Failure::Refused(_)) => Err(Failure::SignedOut),
        answer => answer,
    }
}

/// Signs in with password and second factor.
pub async fn sign_in_by_password(body: &PasswordSignIn) -> Result<Session, Failure> {
    send(Request::post(&format!("{API}/session/password")), Some(body)).await
}

/// Who is signed in.
pub async fn session() -> Result<Session, Failure> {
    send(Request::get(&format!("{API}/session")), None::<&()>).await
}

/// Ends the session.
pub async fn sign_out(csrf: &str) -> Result<(), Failure> {
    let request = Request::delete(&format!("{API}/session")).header("Csrf-Token", csrf);
    answered(request, None::<&()>).await.map(drop)
}

/// A page of what waits, oldest first: on one site, or on all where the account has a role.
pub async fn queue(after: Option<Cursor>, site: Option<SiteId>) -> Result<Page<QueueItem>, Failure> {
    let mut request = Request::get(&format!("{API}/queue"));
    if let Some(site) = site {
        request = request.query([("site", site.to_string())]);
    }
    if let Some(cursor) = after {
        request = request.query([("cursor", cursor.to_string())]);
    }
    send(request, None::<&()>).await
}

/// A page of what is found, the newest first.
pub async fn find(find: &FindItems) -> Result<FoundItems, Failure> {
    send(Request::post(&format!("{API}/search")), Some(find)).await
}

/// Decides about an item. Safe to repeat: a second time is [`Failure::Decided`].
pub async fn decide(csrf: &str, item: ItemId, decide: &Decide) -> Result<Decided, Failure> {
    let request = Request::post(&format!("{API}/items/{item}/decision")).header("Csrf-Token", csrf);
    send(request, Some(decide)).await
}

/// As [`decide`], from a page that is being left: nobody is there to hear the answer.
pub fn decide_on_leaving(csrf: &str, item: ItemId, decide: &Decide) {
    let path = format!("{API}/items/{item}/decision");
    if let Some(body) = json(decide) {
        browser::send_on_leaving("POST", &path, csrf, Some(&body));
    }
}

/// Declines several items. Safe to repeat: what is declined already is told as decided.
pub async fn decline_spam(csrf: &str, body: &DeclineSpam) -> Result<DeclinedSpam, Failure> {
    let request = Request::post(&format!("{API}/decline-spam")).header("Csrf-Token", csrf);
    send(request, Some(body)).await
}

/// As [`decline_spam`], from a page that is being left.
pub fn decline_spam_on_leaving(csrf: &str, body: &DeclineSpam) {
    if let Some(body) = json(body) {
        browser::send_on_leaving("POST", &format!("{API}/decline-spam"), csrf, Some(&body));
    }
}

/// Confirms what was proposed about an item, or does not.
pub async fn put_proposal(csrf: &str, item: ItemId, put: &PutProposal) -> Result<Decided, Failure> {
    let request = Request::put(&format!("{API}/items/{item}/proposal")).header("Csrf-Token", csrf);
    send(request, Some(put)).await
}

/// Reads an item, or goes on to; with `takes_over` also when a colleague reads it.
pub async fn claim(csrf: &str, item: ItemId, takes_over: bool) -> Result<Claim, Failure> {
    let request = Request::put(&format!("{API}/items/{item}/claim")).header("Csrf-Token", csrf);
    send(request, Some(&TakeClaim { takes_over })).await
}

/// Stops reading an item.
pub async fn release(csrf: &str, item: ItemId) -> Result<(), Failure> {
    let request = Request::delete(&format!("{API}/items/{item}/claim")).header("Csrf-Token", csrf);
    answered(request, None::<&()>).await.map(drop)
}

/// As [`release`], from a page that is being left.
pub fn release_on_leaving(csrf: &str, item: ItemId) {
    browser::send_on_leaving("DELETE", &format!("{API}/items/{item}/claim"), csrf, None);
}

/// Gives an item to whoever reads it next. Safe to repeat: the same note again is the same one.
pub async fn hand_over(csrf: &str, item: ItemId, new: &NewHandOver) -> Result<HandOver, Failure> {
    let request = Request::post(&format!("{API}/items/{item}/hand-over")).header("Csrf-Token", csrf);
    send(request, Some(new)).await
}

/// The others who may decide, on one site.
pub async fn colleagues(site: Option<&SiteId>) -> Result<Colleagues, Failure> {
    let mut request = Request::get(&format!("{API}/colleagues"));
    if let Some(site) = site {
        request = request.query([("site", site.as_str())]);
    }
    send(request, None::<&()>).await
}

/// What stands around an item, or further off.
pub async fn thread(item: ItemId, further: Option<Further>) -> Result<Thread, Failure> {
    let request = Request::get(&format!("{API}/items/{item}/thread"));
    let request = match further {
        None => request,
        Some(Further::Before(cursor)) => request.query([("before", cursor.to_string())]),
        Some(Further::After(cursor)) => request.query([("after", cursor.to_string())]),
    };
    send(request, None::<&()>).await
}

/// Where what changes at the desk is told.
pub const LIVE: &str = "/api/v1/console/live";

/// Says a private word to an item's author. Safe to repeat: the same word again is the same one.
pub async fn say(csrf: &str, item: ItemId, text: String) -> Result<Word, Failure> {
    let request = Request::post(&format!("{API}/items/{item}/words")).header("Csrf-Token", csrf);
    send(request, Some(&NewWord { text })).await
}

/// The sites of the server.
pub async fn sites() -> Result<Vec<ConsoleSite>, Failure> {
    send(Request::get(&format!("{API}/sites")), None::<&()>).await
}

/// Who has a role on a site.
pub async fn roles(site: &SiteId) -> Result<SiteRoles, Failure> {
    send(Request::get(&format!("{API}/sites/{site}/roles")), None::<&()>).await
}

/// Gives, changes or takes away a role on a site. Safe to repeat.
pub async fn put_role(csrf: &str, site: &SiteId, role: &PutRole) -> Result<SiteRoles, Failure> {
    let request = Request::put(&format!("{API}/sites/{site}/roles")).header("Csrf-Token", csrf);
    send(request, Some(role)).await
}

/// The cards of a site.
pub async fn cards(site: &SiteId) -> Result<Cards, Failure> {
    send(Request::get(&format!("{API}/sites/{site}/cards")), None::<&()>).await
}

/// Puts these cards in place of all that the site had.
pub async fn put_cards(csrf: &str, site: &SiteId, cards: &Cards) -> Result<Cards, Failure> {
    let request = Request::put(&format!("{API}/sites/{site}/cards")).header("Csrf-Token", csrf);
    send(request, Some(cards)).await
}

/// Publishes a post of the site's owner; once, however often it is sent under one `key`.
pub async fn post_owners(csrf: &str, key: &str, site: &SiteId, new: &NewPost) -> Result<Receipt, Failure> {
    let request = Request::post(&format!("{API}/sites/{site}/posts"))
        .header("Csrf-Token", csrf)
        .header("Idempotency-Key", key);
    send(request, Some(new)).await
}

/// How the account signs in.
pub async fn account() -> Result<Account, Failure> {
    send(Request::get(&format!("{API}/account")), None::<&()>).await
}

/// Sets the password, and ends all other sessions.
pub async fn set_password(csrf: &str, new: &NewPassword) -> Result<(), Failure> {
    let request = Request::put(&format!("{API}/account/password")).header("Csrf-Token", csrf);
    answered(request, Some(new)).await.map(drop)
}

/// Begins to set up an authenticator.
pub async fn begin_authenticator(csrf: &str, with: &WithPassword) -> Result<NewAuthenticator, Failure> {
    let request = Request::post(&format!("{API}/account/authenticator")).header("Csrf-Token", csrf);
    send(request, Some(with)).await
}

/// Confirms the authenticator that is being set up.
pub async fn confirm_authenticator(csrf: &str, code: &AuthenticatorCode) -> Result<RecoveryCodes, Failure> {
    let request = Request::put(&format!("{API}/account/authenticator")).header("Csrf-Token", csrf);
    send(request, Some(code)).await
}

/// Makes new recovery codes, and ends the others.
pub async fn make_recovery_codes(csrf: &str, with: &WithPassword) -> Result<RecoveryCodes, Failure> {
    let request = Request::post(&format!("{API}/account/recovery-codes")).header("Csrf-Token", csrf);
    send(request, Some(with)).await
}

/// Where the account is signed in.
pub async fn sessions() -> Result<Sessions, Failure> {
    send(Request::get(&format!("{API}/account/sessions")), None::<&()>).await
}

/// Ends a session of the account; all but this one without an id.
pub async fn end_session(csrf: &str, id: Option<i64>) -> Result<(), Failure> {
    let one = id.map_or_else(String::new, |id| format!("/{id}"));
    let request = Request::delete(&format!("{API}/account/sessions{one}")).header("Csrf-Token", csrf);
    answered(request, None::<&()>).await.map(drop)
}

/// Passes an item on to a lead. Safe to repeat: the same note again is the same one.
pub async fn escalate(csrf: &str, item: ItemId, note: String) -> Result<Escalation, Failure> {
    let request = Request::post(&format!("{API}/items/{item}/escalation")).header("Csrf-Token", csrf);
    send(request, Some(&Escalate { note })).await
}

/// Notifications that did not arrive.
pub async fn deliveries() -> Result<Vec<Delivery>, Failure> {
    send(Request::get(&format!("{API}/deliveries")), None::<&()>).await
}

/// Has such a notification tried again.
pub async fn resend_delivery(csrf: &str, id: &str) -> Result<(), Failure> {
    let request = Request::post(&format!("{API}/deliveries/{id}")).header("Csrf-Token", csrf);
    answered(request, None::<&()>).await.map(drop)
}

/// Forgets such a notification.
pub async fn discard_delivery(csrf: &str, id: &str) -> Result<(), Failure> {
    let request = Request::delete(&format!("{API}/deliveries/{id}")).header("Csrf-Token", csrf);
    answered(request, None::<&()>).await.map(drop)
}

/// Sends a test on every channel of a site.
pub async fn test_notifications(csrf: &str, site: &SiteId) -> Result<Vec<TestedChannel>, Failure> {
    let request = Request::post(&format!("{API}/sites/{site}/test-notification")).header("Csrf-Token", csrf);
    send(request, None::<&()>).await
}

/// The quarters of a site's year that are over.
pub async fn statistics(site: &SiteId, year: i32) -> Result<Vec<Statistics>, Failure> {
    let request = Request::get(&format!("{API}/sites/{site}/statistics"));
    send(request.query([("year", year.to_string())]), None::<&()>).await
}

/// Where they are as a table for spreadsheets.
pub fn statistics_csv(site: &SiteId, year: i32) -> String {
    format!("{API}/sites/{site}/statistics.csv?year={year}")
}

/// A page of the audit log, the last line first; from before a line on.
pub async fn audit(before: Option<i64>) -> Result<AuditPage, Failure> {
    let mut request = Request::get(&format!("{API}/audit"));
    if let Some(n) = before {
        request = request.query([("before", n.to_string())]);
    }
    send(request, None::<&()>).await
}

/// Where all of it is.
pub const AUDIT_EXPORT: &str = "/api/v1/console/audit/export";

/// What holds on a site now.
pub async fn present(site: &SiteId) -> Result<SitePresent, Failure> {
    send(Request::get(&format!("{API}/sites/{site}/present")), None::<&()>).await
}

/// Forces a rule upon a site, or lets its hours decide again.
pub async fn put_forced(csrf: &str, site: &SiteId, body: PutForced) -> Result<SitePresent, Failure> {
    let request = Request::put(&format!("{API}/sites/{site}/forced")).header("Csrf-Token", csrf);
    send(request, Some(&body)).await
}

/// Begins or ends a sensitive period.
pub async fn put_sensitive(csrf: &str, site: &SiteId, is_sensitive: bool) -> Result<SitePresent, Failure> {
    let request = Request::put(&format!("{API}/sites/{site}/sensitive")).header("Csrf-Token", csrf);
    send(request, Some(&PutSensitive { is_sensitive })).await
}

/// Switches the rule on or off that two people decide.
pub async fn put_two_persons(csrf: &str, site: &SiteId, put: PutTwoPersons) -> Result<SitePresent, Failure> {
    let request = Request::put(&format!("{API}/sites/{site}/two-persons")).header("Csrf-Token", csrf);
    send(request, Some(&put)).await
}

/// The fire drills of a site.
pub async fn drills(site: &SiteId) -> Result<Drills, Failure> {
    send(Request::get(&format!("{API}/sites/{site}/drills")), None::<&()>).await
}

/// Begins a fire drill.
pub async fn begin_drill(csrf: &str, site: &SiteId, new: &NewDrill) -> Result<Drills, Failure> {
    let request = Request::post(&format!("{API}/sites/{site}/drills")).header("Csrf-Token", csrf);
    send(request, Some(new)).await
}

/// Ends the fire drill that is running, if there is one. Safe to repeat.
pub async fn end_drill(csrf: &str, site: &SiteId) -> Result<Drills, Failure> {
    let request = Request::delete(&format!("{API}/sites/{site}/drills")).header("Csrf-Token", csrf);
    send(request, None::<&()>).await
}

/// The steps of a site.
pub async fn playbook(site: &SiteId) -> Result<WrittenPlaybook, Failure> {
    send(Request::get(&format!("{API}/sites/{site}/playbook")), None::<&()>).await
}

/// Puts these steps in place of those before.
pub async fn put_playbook(
    csrf: &str,
    site: &SiteId,
    playbook: &Playbook,
) -> Result<WrittenPlaybook, Failure> {
    let request = Request::put(&format!("{API}/sites/{site}/playbook")).header("Csrf-Token", csrf);
    send(request, Some(playbook)).await
}

/// The reasons of a site to start from.
pub async fn reasons(site: &SiteId) -> Result<WrittenReasons, Failure> {
    send(Request::get(&format!("{API}/sites/{site}/reasons")), None::<&()>).await
}

/// Puts these reasons in place of those before.
pub async fn put_reasons(csrf: &str, site: &SiteId, reasons: &Reasons) -> Result<WrittenReasons, Failure> {
    let request = Request::put(&format!("{API}/sites/{site}/reasons")).header("Csrf-Token", csrf);
    send(request, Some(reasons)).await
}

async fn send<Answer: DeserializeOwned>(
    request: RequestBuilder,
    body: Option<&impl Serialize>,
) -> Result<Answer, Failure> {
    parsed(&answered(request, body).await?).await.ok_or(Failure::Server)
}

/// The answer, when it is a success.
async fn answered(request: RequestBuilder, body: Option<&impl Serialize>) -> Result<Response, Failure> {
    let patience = AbortSignal::timeout_with_u32(ANSWER_WITHIN_MS);
    let request = request.header("Accept", "application/json").abort_signal(Some(&patience));
    let sent = match body.and_then(json) {
        Some(body) => request.header("Content-Type", "application/json").body(body),
        None => request.build(),
    };
    let response = sent.map_err(|_| Failure::Server)?.send().await.map_err(|_| Failure::Offline)?;
    if response.ok() {
        return Ok(response);
    }
    Err(match response.status() {
        401 => Failure::SignedOut,
        403 => match parsed::<Problem>(&response).await {
            Some(problem) if problem.code == "csrf-token-invalid" => Failure::OtherSession,
            Some(problem) if problem.code == "current-password-wrong" => Failure::WrongPassword,
            _ => Failure::Forbidden,
        },
        404 | 410 => Failure::Gone,
        409 => match parsed::<Problem>(&response).await {
            Some(problem) if problem.code == "text-changed" => Failure::TextChanged,
            Some(problem) if problem.code == "too-many-words" => Failure::Refused(problem.title),
            Some(problem) if problem.code == "item-deleted" => Failure::Gone,
            Some(problem) if problem.code == "no-authenticator" => Failure::NoAuthenticator,
            Some(problem) if problem.code == "too-many-hand-overs" => Failure::Refused(problem.title),
            Some(problem) if problem.code == "first-decider" => {
                Failure::Refused(problem.detail.unwrap_or(problem.title))
            }
            Some(problem) if problem.code == "role-everywhere" => Failure::Forbidden,
            Some(problem)
                if [
                    "proposal-waits",
                    "for-two-unchanged",
                    "no-proposal",
                    "nobody-to-confirm",
                    "drill-runs",
                ]
                .contains(&problem.code.as_str()) =>
            {
                Failure::Refused(problem.title)
            }
            Some(Problem { claim: Some(claim), .. }) => Failure::Claimed(claim),
            Some(Problem { decided, .. }) => Failure::Decided(decided.map(Box::new)),
            None => Failure::Decided(None),
        },
        429 => {
            let seconds = response.headers().get("Retry-After").and_then(|seconds| seconds.parse().ok());
            Failure::TooMany(seconds.unwrap_or_default())
        }
        400..=499 => match parsed::<Problem>(&response).await {
            Some(problem) if problem.code == "password-guessable" => Failure::Guessable,
            Some(problem) if problem.code == "authenticator-code-wrong" => Failure::WrongCode,
            Some(problem) => Failure::Refused(problem.detail.unwrap_or(problem.title)),
            None => Failure::Server,
        },
        _ => Failure::Server,
    })
}

fn json(value: &impl Serialize) -> Option<String> {
    let value = serde_wasm_bindgen::to_value(value).ok()?;
    JSON::stringify(&value).ok().map(String::from)
}

async fn parsed<T: DeserializeOwned>(response: &Response) -> Option<T> {
    let text = response.text().await.ok()?;
    serde_wasm_bindgen::from_value(JSON::parse(&text).ok()?).ok()
}
