//! A moderator's work: who is signed in, what is on the desk, what became of the last decision.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use leptos::task::spawn_local;
use peer_support_domain::id::ItemId;
use peer_support_domain::note::{ContentNote, ContentNotes};
use peer_support_domain::post::{Decision, Kind, State};
use peer_support_domain::redaction::Span;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{
    ConsoleSite, Decided, FindItems, NewHandOver, PasswordSignIn, PastDecision, Playbook, QueueItem,
    ReasonTemplate, Session,
};

use crate::api::{self, Failure};
use crate::browser;
use crate::desk::{self, Answers, Desk, Reading};
use crate::keys::PAUSE_AFTER_DECISION_MS;
use crate::locale::tr;
use crate::spam::PendingSpam;
use crate::thread::Beside;
use crate::undo::Pending;

/// Who is at the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// The server is being asked.
    Asking,
    /// Nobody, and why the last try failed.
    Closed(Option<Failure>),
    /// This moderator.
    Open(Session),
    /// Nobody any more, but the desk still is as this moderator left it.
    Lapsed(Session, Option<Failure>),
}

/// How somebody signs in.
#[derive(Clone)]
pub enum Way {
    /// By a one-time code.
    Code(String),
    /// By name, password and a code of the authenticator, in this order.
    Password(String, String, String),
}

/// What the request for the queue came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Queue {
    /// It was never answered.
    Waiting,
    /// It was answered at this moment, in milliseconds.
    Answered(i64),
    /// It failed; the last answer before is of this moment, if there was one.
    Failed(Failure, Option<i64>),
}

/// What became of something the moderator did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In words.
    pub text: String,
    /// Whether it did what was asked.
    pub is_done: bool,
    /// What to look at again.
    pub item: Option<ItemId>,
}

/// Where the door begins.
const DOOR: &[&str] = &["name", "code"];

/// All of it. Cheap to copy: every copy is the same desk.
#[derive(Clone, Copy)]
pub struct Work {
    /// Who is there.
    pub door: RwSignal<Door>,
    /// A sign-in code that came with the address.
    pub code: RwSignal<String>,
    /// Whether the door asks for such a code.
    pub is_by_code: RwSignal<bool>,
    /// Whether the account's dialog is open.
    pub is_account_open: RwSignal<bool>,
    /// The items.
    pub desk: RwSignal<Desk>,
    /// Whether the items are to be trusted.
    pub queue: RwSignal<Queue>,
    /// What is looked for, while that is listed in place of what waits.
    pub finding: RwSignal<Option<FindItems>>,
    /// When the last item was sent that was looked into for it, while there are more.
    pub looked_back_to: RwSignal<Option<i64>>,
    /// Whether the queue is being asked for.
    pub is_loading: RwSignal<bool>,
    /// What is said about the last thing done.
    pub outcome: RwSignal<Option<Outcome>>,
    /// Reasons that were begun and not sent.
    pub drafts: RwSignal<BTreeMap<ItemId, String>>,
    /// Private words that were begun and not sent.
    pub words: RwSignal<BTreeMap<ItemId, String>>,
    /// Words that are hard to read, and that the moderator chose to see in this sitting.
    pub unveiled: RwSignal<BTreeSet<ItemId>>,
    /// Whether the reason for what is read is being written.
    pub is_declining: RwSignal<bool>,
    /// What that reason is for, when it is not the item's own second answer.
    pub refusal: RwSignal<Option<Decision>>,
    /// Whether a private word to the author of what is read is being written.
    pub is_saying: RwSignal<bool>,
    /// What is being passed on to a lead.
    pub escalating: RwSignal<Option<ItemId>>,
    /// The sites on which whoever is signed in has a role, as far as they were asked for.
    pub sites: RwSignal<Vec<ConsoleSite>>,
    /// The only one whose queue shows; all when absent.
    pub site: RwSignal<Option<SiteId>>,
    /// Whether the page of a site is open.
    pub is_site_open: RwSignal<bool>,
    /// The steps that each site wrote, as far as they were asked for.
    pub playbooks: RwSignal<BTreeMap<SiteId, Option<Playbook>>>,
    /// The reasons that each site wrote.
    pub reasons: RwSignal<BTreeMap<SiteId, Option<Vec<ReasonTemplate>>>>,
    /// Whether a private word or a note of handing over is on its way.
    pub is_sending: RwSignal<bool>,
    /// Whether a note of handing over what is read is being written.
    pub is_handing_over: RwSignal<bool>,
    /// Such notes that were begun and not sent, and the colleague whom each is for.
    pub notes: RwSignal<BTreeMap<ItemId, NewHandOver>>,
    /// Places to take out of an item's text, and the text that they were chosen in.
    pub cuts: RwSignal<BTreeMap<ItemId, (String, Vec<Span>)>>,
    /// Whether such places are being chosen by keys.
    pub is_taking_out: RwSignal<bool>,
    /// Whether content notes for what is read are being chosen.
    pub is_folding: RwSignal<bool>,
    /// Whether the thread is wanted beside what is read.
    pub is_thread_open: RwSignal<bool>,
    /// The thread that was asked for last, and the item that it is beside.
    pub beside: RwSignal<Option<(ItemId, Beside)>>,
    /// The others who may decide.
    pub colleagues: RwSignal<Vec<String>>,
    /// The last decision, until it is sent.
    pub pending: RwSignal<Option<Pending>>,
    /// Items that were chosen to be declined together.
    pub chosen: RwSignal<BTreeSet<ItemId>>,
    /// Whether the reason for that is being written.
    pub is_declining_spam: RwSignal<bool>,
    /// That reason, as far as it was written.
    pub spam_reason: RwSignal<String>,
    /// What was declined together, until it is sent.
    pub pending_spam: RwSignal<Option<PendingSpam>>,
    /// Counts the decisions that were kept.
    pub(crate) kept: StoredValue<u32>,
    /// What was claimed here, and when.
    pub(crate) claimed: StoredValue<Option<(ItemId, i64)>>,
    /// Counts what was read, so that what was meant for an earlier item is told from what is meant for this.
    pub(crate) turn: StoredValue<u32>,
    /// Whether the list is about to be asked for because something changed, and when that was done last.
    pub(crate) is_due: StoredValue<bool>,
    pub(crate) reloaded_ms: StoredValue<i64>,
    /// Whether, on a narrow page, the item shows instead of the list.
    pub is_item_open: RwSignal<bool>,
    /// Now, as far as waiting times care.
    pub now_ms: RwSignal<i64>,
    /// When the last decision was made.
    decided_ms: StoredValue<i64>,
}

impl Work {
    /// An empty desk behind a closed door.
    pub fn new() -> Work {
        Work {
            door: RwSignal::new(Door::Asking),
            code: RwSignal::default(),
            is_by_code: RwSignal::new(false),
            is_account_open: RwSignal::new(false),
            desk: RwSignal::default(),
            queue: RwSignal::new(Queue::Waiting),
            finding: RwSignal::new(None),
            looked_back_to: RwSignal::new(None),
            is_loading: RwSignal::new(false),
            outcome: RwSignal::new(None),
            drafts: RwSignal::default(),
            words: RwSignal::default(),
            unveiled: RwSignal::default(),
            is_declining: RwSignal::new(false),
            refusal: RwSignal::new(None),
            is_saying: RwSignal::new(false),
            escalating: RwSignal::new(None),
            sites: RwSignal::default(),
            site: RwSignal::new(None),
            is_site_open: RwSignal::new(false),
            playbooks: RwSignal::default(),
            reasons: RwSignal::default(),
            is_sending: RwSignal::new(false),
            is_handing_over: RwSignal::new(false),
            notes: RwSignal::default(),
            cuts: RwSignal::default(),
            is_taking_out: RwSignal::new(false),
            is_folding: RwSignal::new(false),
            is_thread_open: RwSignal::new(false),
            beside: RwSignal::new(None),
            colleagues: RwSignal::default(),
            pending: RwSignal::new(None),
            chosen: RwSignal::default(),
            is_declining_spam: RwSignal::new(false),
            spam_reason: RwSignal::default(),
            pending_spam: RwSignal::new(None),
            kept: StoredValue::new(0),
            claimed: StoredValue::new(None),
            turn: StoredValue::new(0),
            is_due: StoredValue::new(false),
            reloaded_ms: StoredValue::new(0),
            is_item_open: RwSignal::new(false),
            now_ms: RwSignal::new(browser::now_ms()),
            decided_ms: StoredValue::new(0),
        }
    }

    /// Opens the door with the code in the address, or with the session that the browser still has.
    pub fn arrive(self) {
        if let Some(code) = browser::take_code() {
            self.code.set(code.clone());
            self.is_by_code.set(true);
            self.sign_in(Way::Code(code));
        } else if self.door.with_untracked(|door| *door == Door::Asking) {
            spawn_local(async move {
                match api::session().await {
                    Ok(session) => self.enter(session),
                    Err(Failure::SignedOut) => self.door.set(Door::Closed(None)),
                    Err(failure) => self.door.set(Door::Closed(Some(failure))),
                }
            });
        }
    }

    /// Signs in.
    pub fn sign_in(self, way: Way) {
        let lapsed = match self.door.get_untracked() {
            Door::Lapsed(session, _) => Some(session),
            _ => None,
        };
        self.door.set(Door::Asking);
        spawn_local(async move {
            let device = browser::device();
            let is_by_code = matches!(way, Way::Code(_));
            let mut answer = match way {
                Way::Code(code) => api::sign_in(code.trim(), device).await,
                Way::Password(name, password, code) => {
                    api::sign_in_by_password(&PasswordSignIn { name, password, code, device }).await
                }
            };
            if is_by_code
                && answer == Err(Failure::SignedOut)
                && let Ok(session) = api::session().await
            {
                // The link was followed a second time: its code is used up, and the session it began still stands.
                answer = Ok(session);
            }
            match (answer, lapsed) {
                (Ok(session), lapsed) => {
                    self.code.set(String::new());
                    self.is_by_code.set(false);
                    match lapsed {
                        // What one moderator began is not another's to send.
                        Some(before) if before.name != session.name => self.clear(),
                        Some(_)
                            if self
                                .outcome
                                .with_untracked(|said| said.as_ref().is_none_or(|said| said.is_done)) =>
                        {
                            self.say(true, tr!("welcome-back").to_owned(), None);
                        }
                        Some(_) => {}
                        None => {}
                    }
                    self.enter(session);
                }
                (Err(failure), lapsed) => {
                    let field: &[&str] = if is_by_code { &["code"] } else { &["second-code"] };
                    if failure == Failure::SignedOut {
                        browser::focus(field);
                    }
                    self.door.set(match lapsed {
                        Some(session) => Door::Lapsed(session, Some(failure)),
                        None => Door::Closed(Some(failure)),
                    });
                }
            }
        });
    }

    /// Asks anew who is signed in, and how.
    pub async fn look_again(self) {
        if let Some(session) = self.session() {
            self.session_of(&session).await;
        }
    }

    fn enter(self, session: Session) {
        self.door.set(Door::Open(session));
        self.look_for_sites();
        self.reload();
        if self.is_declining.get_untracked() {
            browser::focus(&["reason"]);
        } else {
            browser::focus(&["queue-title", "reading-title"]);
        }
    }

    /// Ends the session and forgets what was on the desk.
    pub fn sign_out(self) {
        spawn_local(async move {
            if !self.send_now().await {
                // What did not arrive is on the desk again, and who decided it must see that.
                return;
            }
            let Some(session) = self.session() else { return };
            let mut answer = api::sign_out(&session.csrf).await;
            if answer == Err(Failure::OtherSession)
                && let Some(session) = self.session_of(&session).await
            {
                answer = api::sign_out(&session.csrf).await;
            }
            match answer {
                Ok(()) | Err(Failure::SignedOut) => {
                    self.clear();
                    self.door.set(Door::Closed(None));
                    browser::focus(DOOR);
                }
                Err(failure) => {
                    self.say(false, tr!("not-signed-out", why = explain(&failure)), None);
                }
            }
        });
    }

    fn clear(self) {
        self.desk.set(Desk::default());
        self.sites.set(Vec::new());
        self.site.set(None);
        self.queue.set(Queue::Waiting);
        self.finding.set(None);
        self.drafts.set(BTreeMap::new());
        self.words.set(BTreeMap::new());
        self.notes.set(BTreeMap::new());
        self.cuts.set(BTreeMap::new());
        self.pending.set(None);
        self.beside.set(None);
        self.chosen.set(BTreeSet::new());
        self.spam_reason.set(String::new());
        self.pending_spam.set(None);
        self.claimed.set_value(None);
        self.stop_writing();
        self.is_item_open.set(false);
        self.is_account_open.set(false);
        self.is_site_open.set(false);
        self.outcome.set(None);
    }

    /// The session, while the door is open.
    pub fn session(self) -> Option<Session> {
        self.door.with_untracked(|door| match door {
            Door::Open(session) => Some(session.clone()),
            _ => None,
        })
    }

    /// Does `write` with the session's token, and again when another window began a new session.
    pub async fn write<T>(self, write: impl AsyncFn(String) -> Result<T, Failure>) -> Result<T, Failure> {
        let Some(session) = self.session() else { return Err(Failure::SignedOut) };
        let mut answer = write(session.csrf.clone()).await;
        if matches!(answer, Err(Failure::OtherSession))
            && let Some(session) = self.session_of(&session).await
        {
            answer = write(session.csrf).await;
        }
        if matches!(answer, Err(Failure::SignedOut)) {
            self.lapse();
        }
        answer
    }

    /// The session that this moderator began in another window, which took the place of `before` in this one too.
    async fn session_of(self, before: &Session) -> Option<Session> {
        let session = api::session().await.ok().filter(|session| session.name == before.name)?;
        self.door.set(Door::Open(session.clone()));
        Some(session)
    }

    pub(crate) fn lapse(self) {
        if let Some(session) = self.session() {
            self.door.set(Door::Lapsed(session, None));
            browser::focus(DOOR);
        }
    }

    /// Looks for what waits now, as far as the list was unfolded.
    pub fn reload(self) {
        self.now_ms.set(browser::now_ms());
        self.reloaded_ms.set_value(browser::now_ms());
        self.load(|desk| (None, desk.n_pages()), |desk, pages| desk.refill(pages));
    }

    /// Unfolds the list by a page.
    pub fn load_more(self) {
        self.load(|desk| (desk.next(), 1), |desk, pages| pages.into_iter().for_each(|page| desk.add(page)));
    }

    fn load(
        self,
        wanted: impl FnOnce(&Desk) -> (Option<peer_support_domain::cursor::Cursor>, usize),
        take: impl FnOnce(&mut Desk, Vec<peer_support_domain::wire::Page<QueueItem>>) + 'static,
    ) {
        if self.is_loading.get_untracked() || self.session().is_none() {
            return;
        }
        self.desk.update(Desk::ask);
        let (mut cursor, n_pages) = self.desk.with_untracked(wanted);
        self.is_loading.set(true);
        let finding = self.finding.get_untracked();
        let site = self.site.get_untracked();
        spawn_local(async move {
            let mut pages = Vec::new();
            let mut failure = None;
            let mut looked_back_to = None;
            while pages.len() < n_pages {
                match Self::page_of(finding.clone(), cursor, site.clone()).await {
                    Ok((page, back_to)) => {
                        cursor = page.next;
                        looked_back_to = back_to;
                        pages.push(page);
                    }
                    Err(failed) => {
                        failure = Some(failed);
                        break;
                    }
                }
                if cursor.is_none() {
                    break;
                }
            }
            self.is_loading.set(false);
            if self.session().is_none() {
                // Signed out meanwhile: what comes now is no longer theirs to see.
                return;
            }
            if self.finding.with_untracked(|wanted| *wanted != finding) || self.site.get_untracked() != site {
                // Something else is to be listed meanwhile.
                return self.reload();
            }
            match failure {
                None => {
                    self.looked_back_to.set(looked_back_to);
                    self.desk.update(|desk| take(desk, pages));
                    self.queue.set(Queue::Answered(browser::now_ms()));
                }
                Some(Failure::SignedOut) => self.lapse(),
                Some(failure) => self.queue.update(|queue| {
                    let before = match queue {
                        Queue::Waiting => None,
                        Queue::Answered(at) => Some(*at),
                        Queue::Failed(_, before) => *before,
                    };
                    *queue = Queue::Failed(failure, before);
                }),
            }
        });
    }

    /// Reads another item.
    pub fn read(self, choose: impl FnOnce(&mut Desk)) {
        let before = self.reading_id();
        self.desk.update(choose);
        if self.reading_id() != before {
            self.stop_writing();
        }
        self.close_when_empty();
    }

    /// Leaves what is being written for later.
    pub(crate) fn stop_writing(self) {
        self.is_taking_out.set(false);
        self.is_folding.set(false);
        self.is_declining.set(false);
        self.refusal.set(None);
        self.is_saying.set(false);
        self.is_declining_spam.set(false);
        self.is_handing_over.set(false);
        self.escalating.set(None);
    }

    /// Shows the list again where only one of the two fits: there is nothing to read.
    pub(crate) fn close_when_empty(self) {
        if self.reading_id().is_none() {
            self.is_item_open.set(false);
        }
    }

    pub(crate) fn reading_id(self) -> Option<ItemId> {
        self.desk.with_untracked(|desk| desk.reading().map(|Reading { item, .. }| item.id))
    }

    /// Whether the words of an item are hidden for now.
    pub fn is_veiled(self, item: &QueueItem) -> bool {
        desk::is_at_risk(item) && self.unveiled.with(|unveiled| !unveiled.contains(&item.id))
    }

    /// Shows the words of what is read.
    pub fn unveil(self) {
        if let Some(id) = self.reading_id() {
            self.unveiled.update(|unveiled| {
                unveiled.insert(id);
            });
            self.outcome.set(None);
            browser::focus(&["words", "reading-title"]);
        }
    }

    /// Whether the words of what is read are hidden: nobody decides about what they have not seen. Says so.
    pub(crate) fn must_read_first(self) -> bool {
        let is_veiled = self.desk.with_untracked(|desk| {
            desk.reading().is_some_and(|reading| untrack(|| self.is_veiled(&reading.item)))
        });
        if is_veiled {
            self.say(false, tr!("read-first").to_owned(), None);
            browser::focus(&["show-words"]);
        }
        is_veiled
    }

    /// The answers to what is read.
    pub(crate) fn answers(self) -> Answers {
        let answers = |reading: &Reading| desk::answers(&reading.item);
        self.desk.with_untracked(|desk| desk.reading().map(answers).unwrap_or_default())
    }

    /// Begins to write the reason for not letting what is read be read, or for another decision about it.
    pub fn begin_to_decline(self, instead: Option<Decision>) {
        if self.may_act() && self.answers().no.or(instead).is_some() && !self.must_read_first() {
            self.stop_writing();
            self.refusal.set(instead);
            self.is_declining.set(true);
            browser::focus(&["reason"]);
        }
    }

    /// Begins to write a private word to the author of what is read.
    pub fn begin_to_say(self) {
        if self.may_act() {
            self.stop_writing();
            self.is_saying.set(true);
            browser::focus(&["word"]);
        }
    }

    /// Leaves the word for later; it is kept.
    pub fn stop_saying(self) {
        self.is_saying.set(false);
        browser::focus(&["say", "reading-title"]);
    }

    /// Says `text` privately to the author of the item `id`; the words stay in the box until they arrived.
    pub fn say_privately(self, id: ItemId, text: String) {
        let Some(session) = self.session().filter(|_| untrack(|| self.may_decide())) else { return };
        if self.is_sending.get_untracked() {
            return;
        }
        self.is_sending.set(true);
        spawn_local(async move {
            let mut answer = api::say(&session.csrf, id, text.clone()).await;
            if answer == Err(Failure::OtherSession)
                && let Some(session) = self.session_of(&session).await
            {
                answer = api::say(&session.csrf, id, text).await;
            }
            self.is_sending.set(false);
            match answer {
                Ok(word) => {
                    self.words.update(|words| {
                        words.remove(&id);
                    });
                    self.desk.update(|desk| desk.hear(id, &word));
                    if self.reading_id() == Some(id) {
                        self.stop_saying();
                    }
                    self.say(true, tr!("said").to_owned(), None);
                    self.reload();
                }
                Err(Failure::SignedOut | Failure::OtherSession) => {
                    self.lapse();
                    self.say(false, tr!("not-said-lapsed").to_owned(), None);
                }
                Err(Failure::Gone) => self.say(false, tr!("not-said-gone").to_owned(), None),
                Err(Failure::Claimed(claim)) => {
                    self.desk.update(|desk| desk.claimed(id, Some(&claim)));
                    self.say(false, tr!("not-said-claimed", name = claim.name), Some(id));
                }
                Err(failure) => self.say(false, tr!("not-said", why = explain(&failure)), Some(id)),
            }
        });
    }

    /// Leaves the reason for later; it is kept.
    pub fn stop_declining(self) {
        self.is_declining.set(false);
        browser::focus(&["decline", "reading-title"]);
    }

    /// Decides about what is read, and goes on to the next at once. The decision is sent when it can be undone no more; when it
    /// does not arrive, the item comes back.
    pub fn decide(self, decision: Decision, reason: Option<String>) {
        self.decide_with(decision, reason, None);
    }

    /// As [`decide`](Self::decide), with content notes in place of the author's.
    pub fn decide_with(self, decision: Decision, reason: Option<String>, notes: Option<ContentNotes>) {
        let taken_out = if decision.publishes() { untrack(|| self.taken_out()) } else { Vec::new() };
        if !untrack(|| self.may_decide()) || self.must_read_first() {
            return;
        }
        let item = self.desk.try_update(|desk| {
            desk.reading().filter(|reading| {
                !desk::answers(&reading.item).is_none() && !desk::is_theirs(&reading.item)
            })?;
            desk.take_reading()
        });
        let Some(item) = item.flatten() else { return };
        self.stop_writing();
        self.close_when_empty();
        self.decided_ms.set_value(browser::now_ms());
        browser::focus(&["reading-title", "queue-title"]);
        self.send_in_a_moment(Pending { item, decision, reason, notes, taken_out });
    }

    /// Sends a decision; whether nothing is left to be done about it.
    pub(crate) async fn send(self, pending: Pending) -> bool {
        let decide = pending.to_request();
        let Pending { item, decision, .. } = pending;
        let answer = self.write(async |csrf| api::decide(&csrf, item.id, &decide).await).await;
        let what = describe(&item);
        match answer {
            Ok(Decided { waits_for_second: true, .. }) => {
                self.settle(item.id);
                self.say(true, tr!("proposed", what = what), None);
                self.reload();
                true
            }
            Ok(_) => {
                let has_new_text = item.published_text.is_some();
                let text = match decision {
                    Decision::Decline if has_new_text => tr!("change-declined", what = what),
                    Decision::Decline => tr!("declined", what = what),
                    Decision::Approve if has_new_text => tr!("change-approved", what = what),
                    Decision::Approve if item.state == State::Published => tr!("kept", what = what),
                    Decision::Approve => tr!("approved", what = what),
                    Decision::Restore => tr!("restored", what = what),
                    Decision::Hide => tr!("hidden", what = what),
                };
                self.settle(item.id);
                // What can still be taken back stays on the screen.
                if !self.keeps_something() {
                    self.say(true, text, None);
                }
                true
            }
            Err(Failure::Decided(before)) => {
                self.settle(item.id);
                self.say(false, meanwhile(before.as_deref(), what), None);
                true
            }
            Err(Failure::Gone) => {
                self.settle(item.id);
                self.say(false, tr!("gone", what = what), None);
                true
            }
            Err(failure) => {
                let id = item.id;
                self.desk.update(|desk| desk.put_back(item));
                self.let_go(id);
                match failure {
                    Failure::TextChanged => {
                        self.say(false, tr!("changed", what = what), Some(id));
                        self.reload();
                    }
                    Failure::Claimed(claim) => {
                        self.say(false, tr!("not-sent-claimed", name = claim.name, what = what), Some(id));
                        self.reload();
                    }
                    Failure::SignedOut | Failure::OtherSession => {
                        self.lapse();
                        // Nobody sees the desk now, so it may go back to where the moderator was.
                        self.desk.update(|desk| desk.read(id));
                        self.is_declining.set(self.drafts.with_untracked(|drafts| drafts.contains_key(&id)));
                        self.say(false, tr!("not-sent-lapsed", what = what), None);
                    }
                    failure => {
                        self.say(false, tr!("not-sent", why = explain(&failure), what = what), Some(id));
                    }
                }
                false
            }
        }
    }

    /// The server knows what was decided about the item `id`.
    fn settle(self, id: ItemId) {
        self.desk.update(|desk| desk.arrived(id));
        self.forget_draft(id);
        self.cuts.update(|cuts| {
            cuts.remove(&id);
        });
        self.notes.update(|notes| {
            notes.remove(&id);
        });
    }

    /// Lets what is read be read, by a key, unless the press was the second half of the one before.
    pub fn approve_by_key(self) {
        if browser::now_ms() - self.decided_ms.get_value() >= PAUSE_AFTER_DECISION_MS
            && let Some(approval) = self.answers().yes
        {
            self.decide(approval, None);
        }
    }

    fn forget_draft(self, id: ItemId) {
        self.drafts.update(|drafts| {
            drafts.remove(&id);
        });
    }

    /// Says what became of something that is about no item in the list.
    pub fn tell(self, is_done: bool, text: String) {
        self.say(is_done, text, None);
    }

    pub(crate) fn say(self, is_done: bool, text: String, item: Option<ItemId>) {
        self.outcome.set(Some(Outcome { text, is_done, item }));
    }
}

/// What a failure means, and what to do about it.
pub fn explain(failure: &Failure) -> String {
    match failure {
        Failure::Offline => tr!("failed-offline").to_owned(),
        Failure::SignedOut => tr!("code-refused").to_owned(),
        Failure::Forbidden => tr!("failed-forbidden").to_owned(),
        Failure::TooMany(..=60) => tr!("failed-too-many").to_owned(),
        Failure::TooMany(seconds) => tr!("failed-too-many-minutes", n = seconds.div_ceil(60).to_string()),
        Failure::WrongPassword => tr!("current-password-wrong").to_owned(),
        Failure::Guessable => tr!("new-password-guessable").to_owned(),
        Failure::WrongCode => tr!("authenticator-code-wrong").to_owned(),
        Failure::NoAuthenticator => tr!("authenticator-late").to_owned(),
        Failure::Refused(detail) => tr!("failed-refused", detail = detail),
        Failure::Claimed(claim) => tr!("is-reading", name = claim.name),
        Failure::Decided(_)
        | Failure::TextChanged
        | Failure::Gone
        | Failure::OtherSession
        | Failure::Server => tr!("failed-server").to_owned(),
    }
}

/// What an item is, in a word: `Story`, `Reply`.
pub fn kind_name(kind: Option<Kind>) -> &'static str {
    match kind {
        None => tr!("kind-reply"),
        Some(Kind::Story) => tr!("kind-story"),
        Some(Kind::Coping) => tr!("kind-coping"),
        Some(Kind::Question) => tr!("kind-question"),
    }
}

/// What a content note is called.
pub fn note_name(note: ContentNote) -> &'static str {
    match note {
        ContentNote::Suicide => tr!("note-suicide"),
        ContentNote::SelfHarm => tr!("note-self-harm"),
        ContentNote::Abuse => tr!("note-abuse"),
        ContentNote::SexualViolence => tr!("note-sexual-violence"),
        ContentNote::Eating => tr!("note-eating"),
        ContentNote::Substances => tr!("note-substances"),
        ContentNote::Death => tr!("note-death"),
    }
}

/// A topic as it is read: its id without hyphens.
pub fn topic_name(item: &QueueItem) -> String {
    item.topic.as_str().replace('-', " ")
}

/// That nothing was decided because somebody did before: who, and what.
pub(crate) fn meanwhile(before: Option<&PastDecision>, what: String) -> String {
    let Some(PastDecision { decision, by: Some(name), .. }) = before else {
        return tr!("meanwhile", what = what);
    };
    match decision {
        Decision::Approve => tr!("meanwhile-approved", name = name, what = what),
        Decision::Decline => tr!("meanwhile-declined", name = name, what = what),
        Decision::Hide => tr!("meanwhile-hidden", name = name, what = what),
        Decision::Restore => tr!("meanwhile-restored", name = name, what = what),
    }
}

/// Which item is meant, without a word of it: outcomes stay on the screen after the item is gone.
pub(crate) fn describe(item: &QueueItem) -> String {
    format!("{} · {}", kind_name(item.kind), topic_name(item))
}
