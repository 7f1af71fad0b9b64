//! What new posts and new replies have in common: ids, codes, and sending again.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use peer_support_domain::flag::Flags;
use peer_support_domain::id::{AuthorTag, ItemId, RecoveryHash};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::State;
use peer_support_domain::recovery::RecoveryCode;
use peer_support_domain::site::LanguageTag;
use peer_support_domain::wire::Receipt;

use super::App;
use super::params::{IdempotencyKey, ProofOfWork};
use super::problem::Problem;
use super::sender::Sender;
use crate::checks::{Network, Proof, Sending};
use crate::config::Site;
use crate::secret::{recovery_hash, sha256};
use crate::store::{Added, Idempotency, ModeratorId, NewItem, OwnItem, Place, StoreError, Stored};

/// A new post or reply, parsed.
pub(super) struct Submission {
    pub(super) place: Place,
    /// Whether the site takes it in its mode.
    pub(super) is_taken: bool,
    /// Whether it waits for a moderator, however much of its author was approved before.
    pub(super) holds_all: bool,
    /// The parsed request in one form, to tell it from another under the same key.
    pub(super) request: Vec<u8>,
    pub(super) id: Option<ItemId>,
    pub(super) text: String,
    pub(super) lang: Option<LanguageTag>,
    pub(super) notes: ContentNotes,
    /// In public form.
    pub(super) author: Option<AuthorTag>,
    pub(super) recovery: Option<RecoveryHash>,
    /// The moderator who writes it for the site's owner: it is published at once.
    pub(super) owner: Option<ModeratorId>,
}

/// What comes with a submission besides its body.
pub(super) struct Envelope {
    pub(super) network: Option<Network>,
    key: Option<IdempotencyKey>,
    proof: Option<Proof>,
}

impl Envelope {
    /// Of what the site's owner writes: nothing of it is limited.
    pub(super) const fn of_owner(key: Option<IdempotencyKey>) -> Self {
        Self { network: None, key, proof: None }
    }
}

impl FromRequestParts<App> for Envelope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Sender(network) = Sender::from_request_parts(parts, app).await?;
        let key = Option::<IdempotencyKey>::from_request_parts(parts, app).await?;
        let proof = Option::<ProofOfWork>::from_request_parts(parts, app).await?;
        Ok(Self { network, key, proof: proof.map(|ProofOfWork(proof)| proof) })
    }
}

impl Submission {
    /// Stores it, held unless it is the owner's, and answers when that is durable.
    ///
    /// When the browser drew no recovery code, the server does. Under an `Idempotency-Key` it derives the code from its
    /// secret, the key and the request, so that the same request sent again is answered with the same code although only
    /// the code's hash was kept.
    pub(super) async fn add(
        self,
        app: &App,
        site: &Site,
        Envelope { network, key, proof }: Envelope,
    ) -> Result<(StatusCode, Json<Receipt>), Problem> {
        let idempotency = key.map(|key| self.idempotency(&key));
        let drawn = match (self.recovery, &idempotency) {
            (Some(_), _) => None,
            (None, Some(sent)) => Some(app.secret.recovery_code(&sent.key_hash, &sent.request_hash)),
            (None, None) => Some(RecoveryCode::from_random(app.random.bytes())),
        };
        let recovery = match (self.recovery, &drawn) {
            (Some(hash), _) => hash,
            (None, Some(code)) => recovery_hash(code),
            (None, None) => unreachable!("a code is drawn where none was sent"),
        };
        // What the author's device drew is the author's own mark on the item.
        let marked = self.recovery.map(|code| (code, self.id, self.text.clone()));
        let item = NewItem {
            id: self.id.unwrap_or_else(|| ItemId::from_bits(u64::from_be_bytes(app.random.bytes()))),
            place: self.place,
            text: self.text,
            lang: self.lang,
            notes: self.notes,
            author: self.author,
            recovery,
            created_at: app.clock.minute_ms(),
            state: if self.owner.is_some() { State::Published } else { State::Held },
            publish_after_approvals: if self.holds_all { 0 } else { site.publish_after_approvals },
            is_example: false,
            flags: Flags::default(),
            owner: self.owner,
        };

        let added = match item.owner {
            _ if !self.is_taken => added_before(app, idempotency).await?.ok_or(Problem::SiteClosed)?,
            Some(_) => app.store.add(item, idempotency).await?,
            None => add_guarded(app, site, item, idempotency, network, proof.as_ref()).await?,
        };
        let stored = match added {
            Added::Stored(stored) | Added::Before(stored) => stored,
            Added::KeyReused => return Err(Problem::KeyReused),
            Added::IdTaken => match marked {
                Some(marked) => stored_before(app, marked).await?.ok_or(Problem::IdTaken)?,
                None => return Err(Problem::IdTaken),
            },
            Added::NoSuchPost => return Err(Problem::UnknownItem),
        };
        let receipt = Receipt {
            id: stored.id,
            state: stored.state,
            created_at: stored.created_at,
            decision_expected_at: decision_expected_at(site, stored.state, stored.created_at),
            recovery_code: drawn.map(|code| code.to_string()),
        };
        Ok((StatusCode::CREATED, Json(receipt)))
    }

    /// Keys are told apart by where they are sent, so that two sites cannot meet in one.
    fn idempotency(&self, IdempotencyKey(key): &IdempotencyKey) -> Idempotency {
        let place = match &self.place {
            Place::Post { site, .. } => format!("site:{site}"),
            Place::Reply { post } => format!("post:{post}"),
        };
        Idempotency {
            key_hash: sha256(&[place.as_bytes(), key.as_bytes()]),
            request_hash: sha256(&[place.as_bytes(), &self.request]),
        }
    }
}

/// Stores what a visitor sends, unless it is one too many or the device has to work for it first.
async fn add_guarded(
    app: &App,
    site: &Site,
    mut item: NewItem,
    idempotency: Option<Idempotency>,
    network: Option<Network>,
    proof: Option<&Proof>,
) -> Result<Added, Problem> {
    let sending = Sending {
        site: &site.id,
        rules: &site.rules,
        thread: match item.place {
            Place::Post { .. } => None,
            Place::Reply { post } => Some(post),
        },
        network,
        author: item.author,
        request: idempotency.as_ref().map(|sent| sent.key_hash),
        proof,
    };
    // Not `created_at`, which is cut to the minute: the time to wait and the windows of the checks are exact.
    let now = app.clock.now_ms();
    match app.guard.admit(&sending, now) {
        Ok(pass) => {
            let id = item.id;
            let noticed = app.notices.of_submission(&site.id, id, &item.text, now);
            let told = app.words.flags(&item.text, item.lang.as_ref());
            item.flags = noticed.iter().chain(told.iter()).fold(pass.flags, Flags::with);
            let added = app.store.add(item, idempotency).await;
            if !is_there(&added, id) {
                app.notices.forget(id);
            }
            if let Ok(Added::Stored(_)) = added {
                pass.keep();
            }
            Ok(added?)
        }
        Err(refusal) => Ok(added_before(app, idempotency).await?.ok_or(refusal)?),
    }
}

/// What is stored already is answered as it was, however often it is sent, and whatever is refused by now.
async fn added_before(app: &App, idempotency: Option<Idempotency>) -> Result<Option<Added>, Problem> {
    match idempotency {
        Some(sent) => Ok(app.store.added_before(sent).await?),
        None => Ok(None),
    }
}

/// The item with this code and text, under this id where one was sent: keys are forgotten after a while, and a device that was without
/// a network for longer sends again what is stored already.
async fn stored_before(
    app: &App,
    (code, id, text): (RecoveryHash, Option<ItemId>, String),
) -> Result<Option<Stored>, Problem> {
    let own = app.store.own(code).await?;
    let is_it = |own: &OwnItem| id.is_none_or(|id| id == own.id) && own.text == text;
    Ok(own.filter(is_it).map(|OwnItem { id, state, created_at, .. }| Stored { id, state, created_at }))
}

/// Whether an item of this id is stored, by this request or by one before.
fn is_there(added: &Result<Added, StoreError>, id: ItemId) -> bool {
    match added {
        Ok(Added::Stored(stored) | Added::Before(stored)) => stored.id == id,
        Ok(Added::IdTaken) => true,
        Ok(Added::KeyReused | Added::NoSuchPost) | Err(_) => false,
    }
}

/// The moment by which `site` means to have decided about what was sent at `created_at`, while it is held.
pub(super) fn decision_expected_at(site: &Site, state: State, created_at: i64) -> Option<i64> {
    (state == State::Held).then_some(created_at + site.target_ms(created_at))
}
