//! One's own post or reply, by its recovery code and nothing else.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peer_support_domain::id::RecoveryHash;
use peer_support_domain::site::SiteMode;
use peer_support_domain::text::{InvalidText, PostText, ReplyText, WordText};
use peer_support_domain::wire::{EditMine, Mine, NewObjection, NewWord, Word};

use super::App;
use super::body::Body;
use super::caller::Caller;
use super::params::{IdempotencyKey, Recovery};
use super::problem::Problem;
use super::sender::Sender;
use super::submission::decision_expected_at;
use crate::checks::Network;
use crate::config::Site;
use crate::secret::{recovery_hash, sha256};
use crate::store::{Edit, Edited, Idempotency, Objected, OwnItem, Said};

/// `GET /api/v1/mine`: where it stands.
pub(super) async fn get_mine(
    State(app): State<App>,
    caller: Caller,
    Sender(network): Sender,
    Recovery(code): Recovery,
) -> Result<Json<Mine>, Problem> {
    app.guard.admit_code(network, app.clock.now_ms())?;
    let (item, site) = own(&app, &caller, network, recovery_hash(&code)).await?;
    Ok(Json(mine(&app, item, site)))
}

/// `PATCH /api/v1/mine`: another text. Of what is published it waits for a moderator, while others read the old one.
pub(super) async fn patch_mine(
    State(app): State<App>,
    caller: Caller,
    Sender(network): Sender,
    Recovery(code): Recovery,
    Body(EditMine { text, notes }): Body<EditMine>,
) -> Result<Json<Mine>, Problem> {
    app.guard.admit_code(network, app.clock.now_ms())?;
    let code = recovery_hash(&code);
    let (item, site) = own(&app, &caller, network, code).await?;
    // An edit waits for a moderator as a new text does; taking one's words back is always possible.
    if let Some(site) = site
        && app.present(site).await?.mode == SiteMode::ReadOnly
    {
        return Err(Problem::SiteClosed);
    }
    let text = match item.kind {
        Some(_) => text.parse().map(PostText::into_string),
        None => text.parse().map(ReplyText::into_string),
    };
    let text = text.map_err(|e: InvalidText| Problem::Field("text".to_owned(), e.to_string()))?;
    let now = app.clock.now_ms();
    let pass = app.guard.admit_change(network, now)?;
    match app
        .store
        .edit_own(
            code,
            Edit {
                flags: app.words.flags(&text, None),
                text: text.clone(),
                notes,
                at: app.clock.minute_ms(),
            },
        )
        .await?
        .ok_or(Problem::UnknownRecoveryCode)?
    {
        Edited::Done(item) => {
            pass.keep();
            app.notices.rewritten(&item.site, item.id, &text, now);
            Ok(Json(mine(&app, item, site)))
        }
        Edited::NotEditable(state) => Err(Problem::NotEditable(state)),
        Edited::TooOften => Err(Problem::TooManyChanges),
    }
}

/// `POST /api/v1/mine/words`: a private word to the moderators. With a key it is said once, however often it is sent.
pub(super) async fn post_word(
    State(app): State<App>,
    caller: Caller,
    Sender(network): Sender,
    Recovery(code): Recovery,
    key: Option<IdempotencyKey>,
    Body(NewWord { text }): Body<NewWord<WordText>>,
) -> Result<(StatusCode, Json<Word>), Problem> {
    app.guard.admit_code(network, app.clock.now_ms())?;
    let code = recovery_hash(&code);
    own(&app, &caller, network, code).await?;
    let text = text.into_string();
    let idempotency = key.map(|key| idempotency(code, &key, &text));
    let said = match app.guard.admit_word(network, app.clock.now_ms()) {
        Ok(pass) => {
            let said = app.store.say_own(code, text, app.clock.minute_ms(), idempotency).await?;
            if let Some(Said::Done(_)) = said {
                pass.keep();
            }
            said.ok_or(Problem::UnknownRecoveryCode)?
        }
        Err(refusal) => {
            // What was said already is answered as it was, however often it is sent.
            let before = match idempotency {
                Some(sent) => app.store.said_before(text, sent).await?,
                None => None,
            };
            before.ok_or(refusal)?
        }
    };
    said_word(said)
}

/// Two items never meet in one key. The key stands in the hash of the request, too: without it, which is not stored, nobody
/// can try short words on that.
fn idempotency(code: RecoveryHash, IdempotencyKey(key): &IdempotencyKey, text: &str) -> Idempotency {
    Idempotency {
        key_hash: sha256(&[b"word", code.as_bytes(), key.as_bytes()]),
        request_hash: sha256(&[b"word", key.as_bytes(), text.as_bytes()]),
    }
}

/// `POST /api/v1/mine/objection`: an objection to what was decided. Sent again, it is the same one.
pub(super) async fn post_objection(
    State(app): State<App>,
    caller: Caller,
    Sender(network): Sender,
    Recovery(code): Recovery,
    Body(NewObjection { text }): Body<NewObjection<WordText>>,
) -> Result<Json<Mine>, Problem> {
    app.guard.admit_code(network, app.clock.now_ms())?;
    let code = recovery_hash(&code);
    let (_, site) = own(&app, &caller, network, code).await?;
    let pass = app.guard.admit_word(network, app.clock.now_ms())?;
    let objected = app.store.object(code, text.map(WordText::into_string), app.clock.minute_ms()).await?;
    match objected.ok_or(Problem::UnknownRecoveryCode)? {
        Objected::Done(item) => {
            pass.keep();
            Ok(Json(mine(&app, item, site)))
        }
        Objected::Before(item) => Ok(Json(mine(&app, item, site))),
        Objected::NothingToObject => Err(Problem::NothingToObject),
        Objected::TooManyWords => Err(Problem::TooManyWords),
    }
}

/// What is answered to whoever said a private word.
pub(super) fn said_word(said: Said) -> Result<(StatusCode, Json<Word>), Problem> {
    match said {
        Said::Done(word) | Said::Before(word) => Ok((StatusCode::CREATED, Json(word))),
        Said::KeyReused => Err(Problem::KeyReused),
        Said::TooMany => Err(Problem::TooManyWords),
        Said::ItemDeleted => Err(Problem::ItemDeleted),
        Said::Claimed(claim) => Err(Problem::Claimed(claim)),
    }
}

/// `DELETE /api/v1/mine`: the text is gone when this is answered, also from the files of the database. Whatever else came
/// from the same network, it is never made to wait.
pub(super) async fn delete_mine(
    State(app): State<App>,
    caller: Caller,
    Sender(network): Sender,
    Recovery(code): Recovery,
) -> Result<Json<Mine>, Problem> {
    let code = recovery_hash(&code);
    let (_, site) = own(&app, &caller, network, code).await?;
    let item = app.store.delete_own(code).await?.ok_or(Problem::UnknownRecoveryCode)?;
    app.notices.forget(item.id);
    Ok(Json(mine(&app, item, site)))
}

/// The item of this code and its site, when `caller` may use that.
async fn own<'a>(
    app: &'a App,
    caller: &Caller,
    network: Option<Network>,
    code: RecoveryHash,
) -> Result<(OwnItem, Option<&'a Site>), Problem> {
    let Some(item) = app.store.own(code).await? else {
        app.guard.count_wrong_code(network, app.clock.now_ms());
        return Err(Problem::UnknownRecoveryCode);
    };
    // An author reaches what is theirs also after the site left this server, from a page of the server's own.
    let site = app.sites.get(&item.site);
    match site {
        Some(site) => caller.may_use(site)?,
        None if *caller == Caller::Own => {}
        None => return Err(Problem::Origin),
    }
    Ok((item, site))
}

fn mine(app: &App, item: OwnItem, site: Option<&Site>) -> Mine {
    let decision_expected_at = site.and_then(|site| match item.edited_at {
        Some(edited_at) => Some(edited_at + site.target_ms(edited_at)),
        None => decision_expected_at(site, item.state, item.created_at),
    });
    Mine {
        id: item.id,
        thread: item.thread,
        kind: item.kind,
        text: item.text,
        original_text: item.original_text,
        waiting_text: item.waiting_text,
        notes: item.notes,
        state: item.state,
        reason: item.reason,
        statement: item.statement,
        is_hidden_by_reports: item.is_hidden_by_reports,
        created_at: item.created_at,
        decision_expected_at,
        is_late: decision_expected_at.is_some_and(|at| app.clock.now_ms() > at),
        n_replies: item.n_replies,
        votes: item.votes,
        words: item.words,
    }
}
