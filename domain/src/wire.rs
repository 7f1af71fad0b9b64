//! What crosses HTTP, as JSON. Moments are milliseconds since the epoch, in fields named `…_at`.
//!
//! Requests that carry text are generic in it: the widget sends a `String`, the server takes it as a parsed type, so
//! that a refused text is an error at its field.

mod audit;
mod desk;
mod drill;
mod find;
mod objection;
mod spam;
mod thread;

use serde::{Deserialize, Serialize};

pub use self::audit::*;
pub use self::desk::*;
pub use self::drill::*;
pub use self::find::*;
pub use self::objection::*;
pub use self::spam::*;
pub use self::thread::*;
use crate::account::AccountEvent;
use crate::card::CardKind;
use crate::coverage::Forced;
use crate::cursor::Cursor;
use crate::delivery::{DeliveryFailure, Occasion};
use crate::flag::Flag;
use crate::helpline::LineId;
use crate::id::{AuthorKey, AuthorTag, ItemId, RecoveryHash, VoterId};
pub use crate::line_report::LineProblem;
use crate::line_report::{Day, ReportedContact};
use crate::note::ContentNotes;
use crate::post::{Decision, Kind, Role, State};
use crate::redaction::Span;
use crate::report::ReportReason;
use crate::site::{LanguageTag, SiteId, SiteMode, TopicId};
use crate::vote::VoteCounts;

/// `POST /sites/{site}/posts`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewPost<Text = String> {
    /// The post's id; drawn by the server when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ItemId>,
    /// What the post is for.
    pub kind: Kind,
    /// One of the site's topics; the first one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicId>,
    /// The text, as the author typed it.
    pub text: Text,
    /// The text's language, as far as the device can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<LanguageTag>,
    /// What some would rather not meet unprepared; none when absent.
    #[serde(default, skip_serializing_if = "ContentNotes::is_empty")]
    pub notes: ContentNotes,
    /// The author inside this thread; nobody when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorKey>,
    /// The hash of the recovery code that the author's device drew. Without it the server draws a code and answers with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryHash>,
}

/// `POST /posts/{id}/replies`: as [`NewPost`], without what the post already says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewReply<Text = String> {
    /// The reply's id; drawn by the server when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ItemId>,
    /// The text, as the author typed it.
    pub text: Text,
    /// The text's language, as far as the device can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<LanguageTag>,
    /// What some would rather not meet unprepared; none when absent.
    #[serde(default, skip_serializing_if = "ContentNotes::is_empty")]
    pub notes: ContentNotes,
    /// The author inside this thread; nobody when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorKey>,
    /// The hash of the recovery code that the author's device drew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryHash>,
}

/// The answer to a new post or reply: it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its id.
    pub id: ItemId,
    /// Where it stands.
    pub state: State,
    /// When the server took it.
    pub created_at: i64,
    /// The moment by which the site means to have decided, while it is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_expected_at: Option<i64>,
    /// The recovery code, when the server drew it: shown this once, not stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_code: Option<String>,
}

/// A page of a list, and where the next one begins; no `next` on the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// In the order asked for.
    pub items: Vec<T>,
    /// To be sent as `cursor`.
    pub next: Option<Cursor>,
}

/// A published post, as everyone sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Its id, which is also its thread's.
    pub id: ItemId,
    /// What it is for.
    pub kind: Kind,
    /// Its topic.
    pub topic: TopicId,
    /// Plain text; `\n` separates lines.
    pub text: String,
    /// The text's language, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<LanguageTag>,
    /// What some would rather not meet unprepared.
    #[serde(default, skip_serializing_if = "ContentNotes::is_empty")]
    pub notes: ContentNotes,
    /// The author inside this thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorTag>,
    /// When it was sent.
    pub created_at: i64,
    /// Published replies.
    pub n_replies: u32,
    /// Reactions.
    pub votes: VoteCounts,
    /// Whether the site's owner wrote it to show what the space is for.
    #[serde(default)]
    pub is_example: bool,
    /// Whether the site's owner wrote it, as themselves.
    #[serde(default)]
    pub is_owners: bool,
}

/// A published reply, as everyone sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Its id.
    pub id: ItemId,
    /// Plain text; `\n` separates lines.
    pub text: String,
    /// The text's language, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<LanguageTag>,
    /// What some would rather not meet unprepared.
    #[serde(default, skip_serializing_if = "ContentNotes::is_empty")]
    pub notes: ContentNotes,
    /// The author inside this thread; the same tag as the post's when they are one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorTag>,
    /// When it was sent.
    pub created_at: i64,
    /// Reactions.
    pub votes: VoteCounts,
    /// Whether the site's owner wrote it to show what the space is for.
    #[serde(default)]
    pub is_example: bool,
    /// Whether the site's owner wrote it, as themselves.
    #[serde(default)]
    pub is_owners: bool,
}

/// `PUT` and `DELETE /items/{id}/votes/{reaction}`; answered with [`VoteCounts`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PutVote {
    /// Who votes, on this item only.
    pub voter: VoterId,
}

/// `GET /mine`: a post or reply as its author sees it, by its recovery code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mine {
    /// Its id.
    pub id: ItemId,
    /// The post it belongs to; its own id for a post.
    pub thread: ItemId,
    /// What it is for; absent for a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The text; empty once deleted. Of a published item, what others read.
    pub text: String,
    /// What they had written before a moderator took places out of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_text: Option<String>,
    /// A newer text of a published item, which waits for a moderator while others read the old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_text: Option<String>,
    /// What some would rather not meet unprepared.
    #[serde(default, skip_serializing_if = "ContentNotes::is_empty")]
    pub notes: ContentNotes,
    /// Where it stands.
    pub state: State,
    /// What the moderator wrote when declining or hiding it, or when declining a newer text of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was decided against it, and whether its author may object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
    /// Whether readers' reports alone hid it, until a moderator has looked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_hidden_by_reports: bool,
    /// When it was sent.
    pub created_at: i64,
    /// The moment by which the site means to have decided, while it is held or a newer text waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_expected_at: Option<i64>,
    /// Whether that moment is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_late: bool,
    /// Published replies.
    pub n_replies: u32,
    /// Reactions.
    pub votes: VoteCounts,
    /// What a moderator and the author said to each other about it, the oldest first; nobody else reads it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
}

/// A private word between a moderator and the author of an item, whom its recovery code stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// Whether a moderator said it; else the author did.
    pub is_moderators: bool,
    /// Plain text; `\n` separates lines.
    pub text: String,
    /// When.
    pub created_at: i64,
}

/// `POST /mine/words` by the author, `POST /console/items/{id}/words` by a moderator; answered with the [`Word`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewWord<Text = String> {
    /// What is said.
    pub text: Text,
}

/// `PATCH /mine`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EditMine {
    /// The whole new text; limits follow from what is edited.
    pub text: String,
    /// All of the new content notes; as they are when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<ContentNotes>,
}

/// `GET /sites/{site}`: what a visitor needs to know of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Who runs it, for people.
    pub name: String,
    /// In the order they are offered; never empty.
    pub topics: Vec<Topic>,
    /// How long a moderator's decision should take at most, in milliseconds.
    pub decision_target_ms: i64,
    /// What visitors may write now.
    #[serde(default)]
    pub mode: SiteMode,
    /// Whether moderators are there now; absent where nobody said when they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_staffed: Option<bool>,
    /// When mode, target or who is there may change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes_at: Option<i64>,
    /// Whether, for a while, everything takes longer, because more than usual is at stake.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_sensitive: bool,
    /// Topics that take no posts and replies now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed_topics: Vec<TopicId>,
    /// What is pinned above the posts, in that order.
    #[serde(default)]
    pub cards: Vec<Card>,
}

/// A card that a site's moderators pinned above the posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card<Title = String, Text = String> {
    /// What it is about.
    pub kind: CardKind,
    /// Its heading.
    pub title: Title,
    /// Plain text; `\n` separates lines.
    pub text: Text,
    /// The language of both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<LanguageTag>,
}

/// `GET` and `PUT /console/sites/{site}/cards`: all cards of a site, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cards<Title = String, Text = String> {
    /// The cards.
    pub cards: Vec<Card<Title, Text>>,
}

/// `GET /console/sites`: a site on which a moderator has a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleSite {
    /// Its id.
    pub id: SiteId,
    /// Who runs it.
    pub name: String,
    /// What the moderator may do on it.
    pub role: Role,
    /// In the order they are offered; never empty.
    pub topics: Vec<Topic>,
}

/// `GET /console/sites/{site}/roles`, and the answer to `PUT`: who has a role on a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRoles {
    /// The accounts, by name.
    pub accounts: Vec<AccountRole>,
}

/// An account that has a role on a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRole {
    /// Its name.
    pub name: String,
    /// What it may do there.
    pub role: Role,
    /// Whether it has a role for all sites, which only a command on the server changes.
    #[serde(default)]
    pub is_everywhere: bool,
    /// Whether it is the one that asks. Nobody changes their own role.
    #[serde(default)]
    pub is_yours: bool,
}

/// `PUT /console/sites/{site}/roles`: what an account may do on a site from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutRole {
    /// The name of the account.
    pub name: String,
    /// The role; nothing is left when absent.
    #[serde(default)]
    pub role: Option<Role>,
}

/// A topic of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// Its id.
    pub id: TopicId,
    /// Its label; where absent, `locales/` has one for the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// The event `post` of `GET /sites/{site}/live`: everyone may read it from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedPost {
    /// Its id.
    pub id: ItemId,
    /// What it is for.
    pub kind: Kind,
    /// Its topic.
    pub topic: TopicId,
}

/// The event `reply` of `GET /sites/{site}/live`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedReply {
    /// The post that it answers.
    pub thread: ItemId,
}

/// `POST /sites/{site}/search`: published posts that have these words. In a body, because addresses end up in logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search<Words = String> {
    /// What to look for.
    pub words: Words,
    /// Only of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Only of this topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicId>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
}

/// `POST /items/{id}/reports`: a reader's word that an item should be looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewReport {
    /// Why.
    pub reason: ReportReason,
    /// Who reports, on this item only: as for votes, so that one person counts once.
    pub reporter: VoterId,
}

/// The answer to a report, and to `GET /report` with its code in the header `Report-Code`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The receipt: it shows what became of the report. Only in the answer to the report, not stored; who reports again
    /// gets another one in its place. Absent also when so many reports wait already that this one was not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it was reported.
    pub reason: ReportReason,
    /// Where what was reported stands now.
    pub state: State,
    /// Whether a moderator has decided about it since.
    pub is_decided: bool,
}

/// `POST /sites/{site}/line-reports`: "this did not work". It has nothing about the visitor, and is only counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewLineReport<Contact = String> {
    /// The line.
    pub line: LineId,
    /// The number or address that did not work, as it was shown.
    pub contact: Contact,
    /// What was wrong with it.
    pub problem: LineProblem,
}

/// `GET /console/line-reports`: how often visitors of a site reported a problem with a contact on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineReport {
    /// The site whose visitors reported it.
    pub site: SiteId,
    /// In UTC.
    pub day: Day,
    /// The line.
    pub line: LineId,
    /// The number or address that did not work.
    pub contact: ReportedContact,
    /// What was wrong with it.
    pub problem: LineProblem,
    /// How many reports there were; one person may have sent several.
    pub n_reports: u32,
}

/// `POST /console/session`: signs a moderator in with a one-time code.
#[derive(Clone, Serialize, Deserialize)]
pub struct SignIn {
    /// The one-time code that the server or an admin gave.
    pub code: String,
    /// What the moderator calls this device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// `POST /console/session/password`: signs a moderator in with what they know and what they have.
#[derive(Clone, Serialize, Deserialize)]
pub struct PasswordSignIn {
    /// The account.
    pub name: String,
    /// Its password.
    pub password: String,
    /// What the authenticator shows, or one of the recovery codes.
    pub code: String,
    /// What the moderator calls this device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// `GET /console/session`: who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The moderator's name, for the record of decisions.
    pub name: String,
    /// The most that they may do on any site; nothing when absent. `GET /console/sites` says what on which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// To be sent as `Csrf-Token` with every write.
    pub csrf: String,
    /// Whether the account has a password and an authenticator, and so needs no code to sign in.
    pub is_set_up: bool,
}

/// `GET /console/account`: how its owner signs in, and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whether it has a password.
    pub has_password: bool,
    /// Whether it has an authenticator.
    pub has_authenticator: bool,
    /// Recovery codes that were not used.
    pub n_recovery_codes: u32,
    /// Whether changes need the password: not in a session that a sign-in code opened.
    pub needs_password: bool,
    /// What happened to it, the last first.
    pub events: Vec<AccountHappening>,
}

/// Something that happened to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountHappening {
    /// What.
    pub what: AccountEvent,
    /// When, to the minute.
    pub at: i64,
}

/// `PUT /console/account/password`.
#[derive(Clone, Serialize, Deserialize)]
pub struct NewPassword<Text = String> {
    /// The password until now, where [`Account::needs_password`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_password: Option<String>,
    /// The new one.
    pub password: Text,
}

/// `POST /console/account/authenticator` and `…/recovery-codes`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct WithPassword {
    /// The password, where [`Account::needs_password`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_password: Option<String>,
}

/// `POST /console/account/authenticator`: what an authenticator is given. It counts once a code of it was sent.
#[derive(Clone, Serialize, Deserialize)]
pub struct NewAuthenticator {
    /// The secret, in base32.
    pub secret: String,
    /// The same as an `otpauth:` address, which authenticators open or read as a picture.
    pub uri: String,
}

/// `PUT /console/account/authenticator`.
#[derive(Clone, Serialize, Deserialize)]
pub struct AuthenticatorCode {
    /// What the new authenticator shows.
    pub code: String,
}

/// The account's recovery codes, which are shown once.
#[derive(Clone, Serialize, Deserialize)]
pub struct RecoveryCodes {
    /// Each signs in once, in place of the authenticator's code.
    pub recovery_codes: Vec<String>,
}

/// `GET /console/account/sessions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    /// The account's open sessions, the one begun last first.
    pub sessions: Vec<OpenSession>,
}

/// A session of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSession {
    /// Names it, and opens nothing.
    pub id: i64,
    /// What the moderator called the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// When it was begun, to the minute.
    pub begun_at: i64,
    /// When it was last used, to the quarter of an hour.
    pub seen_at: i64,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// `GET /console/queue`: an item that waits for a decision; `POST /console/search`: one that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueItem {
    /// Its id.
    pub id: ItemId,
    /// Its site.
    pub site: SiteId,
    /// What it is for; absent for a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Its topic, or that of the post it answers.
    pub topic: TopicId,
    /// The text.
    pub text: String,
    /// The text's language, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<LanguageTag>,
    /// What some would rather not meet unprepared.
    #[serde(default, skip_serializing_if = "ContentNotes::is_empty")]
    pub notes: ContentNotes,
    /// What it answers, for a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// When it was sent.
    pub created_at: i64,
    /// Since when it waits; absent for what was found and does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_since: Option<i64>,
    /// The moment by which the site means to have decided; absent for what does not wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_expected_at: Option<i64>,
    /// Where it stands: in the queue held; published and reported, flagged or changed by its author; or hidden because of
    /// reports.
    pub state: State,
    /// What others read now, when its author has changed a published item; `text` is then the new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_text: Option<String>,
    /// What its author had written before, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_texts: Vec<String>,
    /// What the checks noticed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// What readers reported, and how many of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<ReportCount>,
    /// What its words say by themselves, as of this version of the server; `flags` has what was noticed when they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<Found>,
    /// What was said privately about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
    /// Who reads it at the moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// With which notes moderators handed it over since one decided, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hand_overs: Vec<HandOver>,
    /// How many decisions there are about it so far.
    #[serde(default)]
    pub n_decisions: u32,
    /// Who passed it on to a lead, until that is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
    /// The decision that its author objects to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objection: Option<ObjectedTo>,
    /// What another moderator has to confirm before it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
}

/// A signal in the words of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Which.
    pub flag: Flag,
    /// How sure, from 50 to 100.
    pub percent: u8,
    /// Where, in order.
    pub places: Vec<FoundPlace>,
}

/// A place in a text that says something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundPlace {
    /// The first Unicode scalar value.
    pub start: u32,
    /// The one after the last.
    pub end: u32,
    /// Why: a word of `Reason`, such as `direct_statement`.
    pub reason: String,
}

/// How many readers gave one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportCount {
    /// The reason.
    pub reason: ReportReason,
    /// Readers.
    pub n: u32,
}

/// `POST /console/items/{id}/decision`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Decide<Text = String> {
    /// What was decided.
    pub decision: Decision,
    /// Why, for the author; needed to decline and to hide.
    // Without `default`, which would ask for a default text; an absent `Option` is `None` anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// The text as the moderator read it. When its author has changed it since, nothing is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_text: Option<String>,
    /// How many decisions there were when the moderator read it. When there are more by now, nothing is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_decisions: Option<u32>,
    /// Content notes in place of the author's, when it is published: readers find it folded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<ContentNotes>,
    /// Places of `read_text` to take out before it is published, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken_out: Vec<Span>,
}

/// `POST /console/items/{id}/escalation`: passes an item on to a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalate<Text = String> {
    /// Why, for the team only.
    pub note: Text,
}

/// That an item was passed on to a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// The moderator's name.
    pub by: String,
    /// Why.
    pub note: String,
    /// When.
    pub at: i64,
}

/// `GET /console/deliveries`: a notification that did not arrive, however often it was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Names it, the same in every try.
    pub id: String,
    /// Its site.
    pub site: SiteId,
    /// What it is about.
    pub occasion: Occasion,
    /// The item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// Where it was to go, as the configuration names it.
    pub channel: String,
    /// When it was made.
    pub created_at: i64,
    /// How often it was tried.
    pub n_tries: u32,
    /// Why it did not arrive the last time.
    pub failure: DeliveryFailure,
}

/// `POST /console/sites/{site}/test-notification`: what became of one on a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestedChannel {
    /// The channel, as the configuration names it.
    pub channel: String,
    /// Why it did not arrive; it did when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<DeliveryFailure>,
}

/// `GET /console/sites/{site}/present`: what holds on a site, and what will.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SitePresent {
    /// What visitors are told now.
    pub shown: Site,
    /// Whether all that comes waits for a moderator, whoever wrote it.
    pub holds_all: bool,
    /// Whether two people decide to decline what is red, and to show again what was hidden.
    #[serde(default)]
    pub asks_two: bool,
    /// What an admin forced, while it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced: Option<Forced>,
    /// The site's time zone; absent without coverage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// This and the next week, from Monday; empty without coverage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calendar: Vec<CalendarDay>,
    /// What was changed from the console, the last first.
    pub changes: Vec<SiteChange>,
}

/// A day of a site's coverage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarDay {
    /// The day, in the site's time zone.
    pub day: Day,
    /// When moderators are there: `closed`, or `09:00-17:00`.
    pub hours: String,
    /// Whether the day has hours of its own.
    pub is_exception: bool,
    /// Whether it is today.
    pub is_today: bool,
}

/// Something that was changed about a site, for its team to look back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteChange {
    /// Who; absent when it was done by a command on the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What.
    pub what: SiteSetting,
    /// When.
    pub at: i64,
}

/// What can be changed about a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteSetting {
    /// A rule was forced.
    Forced(Forced),
    /// The hours decide again.
    Unforced,
    /// A sensitive period was begun, or ended.
    Sensitive(bool),
    /// The steps beside items were written anew.
    Playbook,
    /// The reasons to start from were written anew.
    Reasons,
    /// Two people decide some things from then on, or one alone does again.
    TwoPersons(bool),
}

/// `PUT /console/sites/{site}/forced`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutForced {
    /// What holds; the hours decide when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced: Option<Forced>,
}

/// `PUT /console/sites/{site}/sensitive`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutSensitive {
    /// Whether the period begins or ends.
    pub is_sensitive: bool,
}

/// `GET` and `PUT /console/sites/{site}/playbook`: what moderators should do, by the colour of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playbook<Step = String> {
    /// Where nothing was noticed.
    pub green: Vec<Step>,
    /// What was noticed or reported.
    pub amber: Vec<Step>,
    /// Where a life may be at risk.
    pub red: Vec<Step>,
}

/// `GET /console/sites/{site}/playbook`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenPlaybook {
    /// What the site wrote; absent until it did, and then the page's own steps are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playbook: Option<Playbook>,
}

/// A reason to start from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonTemplate<Name = String, Text = String> {
    /// What moderators see.
    pub name: Name,
    /// What the author would read.
    pub text: Text,
}

/// `PUT /console/sites/{site}/reasons`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasons<Name = String, Text = String> {
    /// In the order they are offered.
    pub reasons: Vec<ReasonTemplate<Name, Text>>,
}

/// `GET /console/sites/{site}/reasons`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenReasons {
    /// What the site wrote; absent until it did, and then the page's own are offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<ReasonTemplate>>,
}

/// The answer to a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The item.
    pub id: ItemId,
    /// Where it stands now.
    pub state: State,
    /// Whether nothing is decided yet: another moderator has to confirm it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits_for_second: bool,
}

/// `PUT /console/items/{id}/proposal`: a second person's word on what was proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutProposal {
    /// Whether it is to be so. Who proposed it may only take it back.
    pub confirms: bool,
    /// The text that they read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_text: Option<String>,
}

/// A decision that waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Whose.
    pub by: String,
    /// Whether it is that of who asks, who cannot confirm it.
    #[serde(default)]
    pub is_yours: bool,
    /// What.
    pub decision: Decision,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When.
    pub at: i64,
}

/// `PUT /console/sites/{site}/two-persons`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutTwoPersons {
    /// Whether two people decide to decline what is red, and to show again what was hidden.
    pub is_on: bool,
    /// Also when nobody else is there who could confirm.
    #[serde(default)]
    pub even_alone: bool,
}

/// An RFC 9457 problem document: every answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `/problems/` and the code: where the problem is explained.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for every problem of this code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What to branch on: `text-invalid`, `not-found`, …
    pub code: String,
    /// What is wrong with this request, never with a visitor's words in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The field, parameter or header at fault: `text`, `cursor`, `Idempotency-Key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// With the code `work-needed`: what to work on; the solution goes into the header `Proof-Of-Work`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// With the code `item-claimed`: who reads the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// With the code `decision-outdated`, where somebody decided before: who, and what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<PastDecision>,
}
