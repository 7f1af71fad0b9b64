//! Storage: what can happen to the data, each happening one method and one transaction.
//!
//! Two stores prove themselves against one conformance suite, `server/tests/store.rs`: [`sqlite`] for one machine and
//! [`postgres`] for many. After an error the same call may be made again. Clock and randomness come in as parameters.

mod audit;
mod blocks;
mod clock;
mod copy;
mod drill;
mod live;
pub mod postgres;
mod side;
pub mod sqlite;
mod tally;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use peer_support_domain::account::AccountEvent;
use peer_support_domain::coverage::Forced;
use peer_support_domain::cursor::{Cursor, Order};
use peer_support_domain::delivery::{DeliveryFailure, Occasion};
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::full_text::SearchWords;
use peer_support_domain::helpline::LineId;
use peer_support_domain::id::{AuthorTag, ItemId, RecoveryHash, VoterId};
use peer_support_domain::limits::{DEFAULT_PAGE_ITEMS, SESSION_SEEN_MS, SESSION_UNUSED_MS, THREAD_AROUND};
use peer_support_domain::line_report::{Day, LineProblem, ReportedContact};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::{Decision, Kind, NotAllowed, Role, State};
use peer_support_domain::redaction::Span;
use peer_support_domain::report::ReportReason;
use peer_support_domain::roles::{NotGiven, Reach, Roles};
use peer_support_domain::site::{LanguageTag, SiteId, TopicId};
use peer_support_domain::statistics::{Counted, Quarter};
use peer_support_domain::vote::{Reaction, VoteCounts};
use peer_support_domain::wire::{
    AuditLine, Card, Delivery, Drill, Escalation, FindItems, HandOver, LineReport, Page, PastDecision,
    Playbook, Post, ReasonTemplate, Reply, ReportCount, SiteChange, SiteSetting, Statement, Thread, Word,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::Sender;

pub use self::audit::{AuditFrom, Broken, Chain, written};
pub use self::drill::{NewDrill, NewDrillItem};
pub use self::live::{AtDesk, Listener, Published, SERVERS_MESSAGE_BYTES, Tidings};

/// Where a store is.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A SQLite database in this file.
    Sqlite(PathBuf),
    /// A PostgreSQL database, as `postgres://user:password@host/database`.
    Postgres(String),
}

/// A text that is not the address of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not the address of a store; expected sqlite:PATH or postgres://USER@HOST/DATABASE")]
pub struct InvalidAddress;

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Ok(Self::Postgres(text.to_owned()))
            }
            _ => Err(InvalidAddress),
        }
    }
}

impl Address {
    /// Whether it names several machines, of which one may stand by.
    pub fn are_several_machines(&self) -> bool {
        matches!(self, Self::Postgres(url) if postgres::hosts::each(url).len() > 1)
    }
}

/// Without the URL, which may hold a password.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "Sqlite({})", path.display()),
            Self::Postgres(_) => f.write_str("Postgres(…)"),
        }
    }
}

/// Opens a store, and brings its schema up to date.
///
/// # Errors
///
/// When it cannot be reached, was written by a newer version of this program, or is used by an older one that would fail.
pub async fn open(address: &Address) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match address {
        Address::Sqlite(path) => Arc::new(sqlite::Sqlite::open(path).await?),
        Address::Postgres(url) => Arc::new(postgres::Postgres::connect(url).await?),
    })
}

/// As [`open`]; what is published is read at a machine of the database that stands by, while one does.
///
/// # Errors
///
/// As there.
pub async fn open_reading_standby(address: &Address) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match address {
        Address::Sqlite(_) => return open(address).await,
        Address::Postgres(url) => Arc::new(postgres::Postgres::connect_reading_standby(url).await?),
    })
}

/// Fills an empty or missing store with what [`Store::backup`] of either store wrote to `file`. No server may run on it.
///
/// # Errors
///
/// [`StoreError::NotEmpty`] or, unless `is_even_expired`, [`StoreError::Expired`], and then nothing is changed; or when the
/// file is no whole copy, or a newer version's.
pub async fn restore(
    address: &Address,
    file: &Path,
    now: i64,
    is_even_expired: bool,
) -> Result<(), StoreError> {
    let copy = file.to_owned();
    let terms =
        tokio::task::spawn_blocking(move || sqlite::terms(&copy)).await.map_err(StoreError::database)??;
    if !is_even_expired && terms.is_none_or(|terms| terms.expires_at <= now) {
        return Err(StoreError::Expired(terms.map(|terms| terms.expires_at)));
    }
    match address {
        Address::Sqlite(path) => copy::to_sqlite(path, file).await,
        Address::Postgres(url) => copy::to_postgres(url, file).await,
    }
}

/// What could not be stored or read. Absent things are not errors: they are `None`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or could not be reached.
    #[error("the database failed: {0}")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row breaks a rule of the domain: it was not written by this program.
    #[error("{table}.{column} of row {row} holds what no rule allows")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key, never its content.
        row: String,
    },
    /// The database was written by a newer version of this program, which knows things that this one would damage.
    #[error(
        "the database was written by a newer version of this program; start that version, or restore a backup"
    )]
    NewerSchema,
    /// Servers of an older version are at work, which would fail on what this version has to change.
    #[error(
        "a server of an older version uses the database ({0} connections), and would fail when this version changes it; \
         stop it first"
    )]
    OlderServers(usize),
    /// So little of the disk is free that it is kept for deletions: nothing new is stored.
    #[error("the disk is full, but for {kept_mib} MiB that are kept for deletions")]
    NoRoom {
        /// MiB.
        kept_mib: u64,
    },
    /// A copy is restored into an empty store only: nothing is overwritten.
    #[error("the store holds data already; restore into an empty one")]
    NotEmpty,
    /// The copy is older than it may become: it holds texts whose deletion was asked for since.
    #[error("the copy should have been thrown away: it may hold what people deleted since it was made")]
    Expired(Option<i64>),
    /// The import was finished or abandoned by somebody else.
    #[error("the import is not open any more")]
    ImportClosed,
    /// Other items are stored for an import than were read, for example by another version of this program.
    #[error("{0} items are stored for the import and {1} were read; --abandon it, and begin again")]
    ImportDiffers(u64, u64),
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    fn database(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Database(error.into())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::database(error)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::database(error)
    }
}

fn corrupt(table: &'static str, column: &'static str, key: i64) -> StoreError {
    StoreError::Corrupt { table, column, row: key.to_string() }
}

/// A kind as it is stored: its first letter, because it stands in many index entries.
fn kind_letter(kind: Kind) -> &'static str {
    &kind.as_str()[..1]
}

fn kind_of_letter(letter: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|&kind| kind_letter(kind) == letter)
}

fn flags_of_bits(bits: i64) -> Option<Flags> {
    u16::try_from(bits).ok().and_then(Flags::from_bits)
}

/// The rows to read for a page of `limit` items: one more tells whether there is another page.
fn rows_of_page(limit: usize) -> i64 {
    i64::try_from(limit).map_or(i64::MAX, |limit| limit.saturating_add(1))
}

/// The counts after `change` votes of one reaction were added, or taken away when negative.
fn recounted(counts: VoteCounts, reaction: Reaction, change: i64) -> VoteCounts {
    let mut counts = counts;
    let n = match reaction {
        Reaction::Heard => &mut counts.heard,
        Reaction::Helped => &mut counts.helped,
        Reaction::MeToo => &mut counts.me_too,
    };
    *n = u32::try_from(i64::from(*n) + change).unwrap_or(*n);
    counts
}

/// The hour of a moment: what is stored of when a report came.
fn hour_of(at: i64) -> i64 {
    const HOUR_MS: i64 = 60 * 60 * 1_000;
    at.div_euclid(HOUR_MS) * HOUR_MS
}

/// The flags of an item in the queue: those of the checks, unless a moderator has decided since (`are_open`), and whether
/// readers reported it.
fn queue_flags(flags: Flags, are_open: bool, reports: &[ReportCount]) -> Flags {
    let flags = if are_open { flags } else { Flags::default() };
    if reports.is_empty() { flags } else { flags.with(Flag::Reported) }
}

/// How many readers gave each reason.
fn report_counts(reasons: impl IntoIterator<Item = ReportReason>) -> Vec<ReportCount> {
    let mut counts = ReportReason::ALL.map(|reason| ReportCount { reason, n: 0 });
    for reason in reasons {
        counts[reason as usize].n += 1;
    }
    counts.into_iter().filter(|count| count.n > 0).collect()
}

/// Published replies of a thread, the newest, among which approvals of one author are looked for. Bounded, so that a reply to
/// a long thread costs no more than one to a short; who was approved only long ago waits for a moderator again.
const APPROVALS_AMONG: i64 = 200;

/// Whether a new reply may be published by the rule of approvals, as far as the reply itself says.
fn may_skip_the_queue(item: &NewItem) -> Option<AuthorTag> {
    let is_reply = matches!(item.place, Place::Reply { .. });
    let may =
        is_reply && item.state == State::Held && item.publish_after_approvals > 0 && item.flags.is_empty();
    item.author.filter(|_| may)
}

/// What a change of a reply's state adds to the number of its post's published replies.
fn published_change(before: State, after: State) -> i32 {
    i32::from(after == State::Published) - i32::from(before == State::Published)
}

/// A page of `limit`, made from one item more where there are more.
fn page<T>(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> Cursor) -> Page<T> {
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(cursor);
    Page { items, next }
}

/// A post or a reply to be stored.
#[derive(Clone, Debug)]
pub struct NewItem {
    /// Its id.
    pub id: ItemId,
    /// Where it belongs.
    pub place: Place,
    /// The parsed text.
    pub text: String,
    /// The text's language, where known.
    pub lang: Option<LanguageTag>,
    /// What some would rather not meet unprepared.
    pub notes: ContentNotes,
    /// The author inside the thread, already in its public form.
    pub author: Option<AuthorTag>,
    /// Of the recovery code; unique.
    pub recovery: RecoveryHash,
    /// Now, in milliseconds since the epoch.
    pub created_at: i64,
    /// Held, or published for what the site's owner wrote.
    pub state: State,
    /// Approvals of its author in this thread after which a held reply without flags is published at once; 0 for never.
    pub publish_after_approvals: u32,
    /// Whether the site's owner wrote it to show what the space is for.
    pub is_example: bool,
    /// What the checks noticed about it.
    pub flags: Flags,
    /// The moderator who wrote it for the site's owner, as themselves; recorded as their decision to publish it.
    pub owner: Option<ModeratorId>,
}

/// Where a new item belongs.
#[derive(Clone, Debug)]
pub enum Place {
    /// A post on a site.
    Post {
        /// The site.
        site: SiteId,
        /// What it is for.
        kind: Kind,
        /// Its topic.
        topic: TopicId,
    },
    /// A reply to a published post.
    Reply {
        /// The post.
        post: ItemId,
    },
}

/// One sending of a request that may be sent again.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// SHA-256 of the key that the client chose, together with the site's or post's id or the recovery code; the key itself is
    /// not stored.
    pub key_hash: [u8; 32],
    /// SHA-256 of the parsed request: another request under the same key is refused.
    pub request_hash: [u8; 32],
}

/// What became of a new item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is stored.
    Stored(Stored),
    /// The same request had been stored before; nothing was added.
    Before(Stored),
    /// The key was used before for another request; nothing was added.
    KeyReused,
    /// The id or the recovery hash exists already; nothing was added.
    IdTaken,
    /// The post to reply to is not there, or not published; nothing was added.
    NoSuchPost,
}

/// What a receipt needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The item.
    pub id: ItemId,
    /// Where it stands now.
    pub state: State,
    /// When it was first stored.
    pub created_at: i64,
}

/// A page of a site's published posts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FeedQuery {
    /// The site.
    pub site: SiteId,
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only of this topic.
    pub topic: Option<TopicId>,
    /// The order.
    pub order: Order,
    /// Where the page before ended.
    pub after: Option<Cursor>,
    /// At most this many.
    pub limit: usize,
}

/// A page of a site's published posts that have some words, the newest first.
#[derive(Clone, Debug)]
pub struct SearchQuery {
    /// The site.
    pub site: SiteId,
    /// What to look for.
    pub words: SearchWords,
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only of this topic.
    pub topic: Option<TopicId>,
    /// Where the page before ended.
    pub after: Option<Cursor>,
    /// At most this many.
    pub limit: usize,
}

/// A vote: one of each reaction per voter and item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The item.
    pub item: ItemId,
    /// The reaction.
    pub reaction: Reaction,
    /// The voter on this item.
    pub voter: VoterId,
}

/// An item as its author may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnItem {
    /// The item.
    pub id: ItemId,
    /// The post it belongs to; itself for a post.
    pub thread: ItemId,
    /// The site.
    pub site: SiteId,
    /// What it is for; `None` for a reply.
    pub kind: Option<Kind>,
    /// The text; empty once deleted.
    pub text: String,
    /// What some would rather not meet unprepared.
    pub notes: ContentNotes,
    /// Where it stands.
    pub state: State,
    /// What they had written before a moderator took places out of it.
    pub original_text: Option<String>,
    /// A newer text that waits for a moderator while others read [`text`](Self::text).
    pub waiting_text: Option<String>,
    /// Since when a newer text waits.
    pub edited_at: Option<i64>,
    /// The author inside the thread, in public form.
    pub author: Option<AuthorTag>,
    /// The private words, the oldest first.
    pub words: Vec<Word>,
    /// The reason of the last decision.
    pub reason: Option<String>,
    /// What was decided against it, and what became of an objection.
    pub statement: Option<Statement>,
    /// Whether readers' reports hid it, and no moderator has looked since.
    pub is_hidden_by_reports: bool,
    /// When it was sent.
    pub created_at: i64,
    /// Published replies.
    pub n_replies: u32,
    /// Reactions.
    pub votes: VoteCounts,
}

/// An author's change of what is theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The whole new text, parsed.
    pub text: String,
    /// The new content notes; those it has when `None`.
    pub notes: Option<ContentNotes>,
    /// What the checks noticed about the new text.
    pub flags: Flags,
    /// Now, in milliseconds since the epoch.
    pub at: i64,
}

/// What became of an author's edit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one is made for a request, and goes with its answer")]
pub enum Edited {
    /// The text is the new one, or that waits.
    Done(OwnItem),
    /// Nobody but its author reads the item, so its text stays.
    NotEditable(State),
    /// It was changed [`EARLIER_TEXTS`](peer_support_domain::limits::EARLIER_TEXTS) times since a moderator decided.
    TooOften,
}

/// What became of a private word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is there.
    Done(Word),
    /// The same request had said it before; nothing was added.
    Before(Word),
    /// The key was used before for another request; nothing was added.
    KeyReused,
    /// Its side has said [`WORDS_OF_A_SIDE`](peer_support_domain::limits::WORDS_OF_A_SIDE) already.
    TooMany,
    /// Another moderator reads the item.
    Claimed(Claim),
    /// The item is gone, and the words about it.
    ItemDeleted,
}

/// What became of an objection that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objected {
    /// It waits for an answer.
    Done(OwnItem),
    /// There was one about this decision before; nothing was added.
    Before(OwnItem),
    /// Nothing was decided against it, or it was the answer to an objection.
    NothingToObject,
    /// Its author has said as many words as there may be.
    TooManyWords,
}

/// Who reads an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The account.
    pub moderator: ModeratorId,
    /// Its name.
    pub name: String,
    /// From this moment on nobody does, unless it is renewed.
    pub until: i64,
}

/// A moderator begins to read an item, or goes on to.
#[derive(Clone, Copy, Debug)]
pub struct NewClaim {
    /// The item.
    pub item: ItemId,
    /// Who.
    pub moderator: ModeratorId,
    /// Whether they take it from whoever reads it.
    pub takes_over: bool,
    /// Now.
    pub at: i64,
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It stands.
    Yours(Claim),
    /// Another moderator reads the item, and goes on.
    Theirs(Claim),
}

/// A moderator gives an item to whoever reads it next.
#[derive(Clone, Debug)]
pub struct NewHandOver {
    /// The item.
    pub item: ItemId,
    /// Who.
    pub moderator: ModeratorId,
    /// The name of the colleague whom it is for; everyone when absent.
    pub to: Option<String>,
    /// What they must know.
    pub note: String,
    /// Now.
    pub at: i64,
}

/// What became of handing over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandedOver {
    /// The note is there, and the item free. The same note again is the same one.
    Done(HandOver),
    /// There is no colleague of this name who may decide.
    NoSuchColleague,
    /// Another moderator reads the item.
    Claimed(Claim),
    /// There are [`HAND_OVERS_OF_ITEM`](peer_support_domain::limits::HAND_OVERS_OF_ITEM) already.
    TooMany,
    /// The item is gone.
    ItemDeleted,
}

/// What a moderator looks for; see [`FindItems`](peer_support_domain::wire::FindItems).
#[derive(Clone, Debug)]
pub struct FindQuery {
    /// What holds for it; its cursor is where the page before ended.
    pub find: FindItems<SearchWords>,
    /// Where they may look.
    pub reach: Reach,
    /// Who looks.
    pub moderator: ModeratorId,
    /// Now.
    pub now: i64,
    /// At most this many.
    pub limit: usize,
}

impl FindQuery {
    /// Letters of the kind that is looked for, as it is stored; `r` for a reply.
    fn kind_letter(&self) -> Option<&'static str> {
        self.find.kind.map(|kind| kind.of_post().map_or("r", kind_letter))
    }

    /// The flags that an item must have one of, as they are stored; 0 for any. Whether readers reported it is asked otherwise.
    fn flag_bits(&self) -> u16 {
        let flag = self.find.flag.filter(|flag| *flag != Flag::Reported);
        flag.map_or(0, |flag| Flags::from_iter([flag]).bits())
    }

    /// Whether it must be one that readers reported.
    fn is_reported(&self) -> bool {
        self.find.flag == Some(Flag::Reported)
    }

    /// Whether one of these texts has the words, when there are some.
    fn matches(&self, text: &str, waiting: Option<&str>) -> bool {
        let Some(words) = &self.find.words else { return true };
        words.matches(text) || waiting.is_some_and(|waiting| words.matches(waiting))
    }
}

/// What a moderator found.
#[derive(Clone, Debug, Default)]
pub struct Finds {
    /// The ones that came last first.
    pub items: Vec<Queued>,
    /// Where to go on, and when the item was sent that was looked into last; `None` when all was.
    pub next: Option<(Cursor, i64)>,
}

/// Which replies of a thread to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replies {
    /// [`THREAD_AROUND`](peer_support_domain::limits::THREAD_AROUND) before the item and as many after it; the first ones when
    /// the item is the post.
    Around,
    /// So many before the place where a page begins.
    Before(Cursor, usize),
    /// So many after the place where a page ends.
    After(Cursor, usize),
}

impl Replies {
    /// How many before the place that is asked about, and how many after it.
    fn numbers(self, is_about_reply: bool) -> (usize, usize) {
        match self {
            Self::Around if is_about_reply => (THREAD_AROUND, THREAD_AROUND),
            Self::Around => (0, DEFAULT_PAGE_ITEMS),
            Self::Before(_, limit) => (limit, 0),
            Self::After(_, limit) => (0, limit),
        }
    }
}

/// An item that waits for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The item.
    pub id: ItemId,
    /// Its site.
    pub site: SiteId,
    /// What it is for; `None` for a reply.
    pub kind: Option<Kind>,
    /// Its topic, or that of the post it answers.
    pub topic: TopicId,
    /// The text.
    pub text: String,
    /// The text's language.
    pub lang: Option<LanguageTag>,
    /// What some would rather not meet unprepared.
    pub notes: ContentNotes,
    /// What others read, when the author changed a published item; [`text`](Self::text) and the notes are the new ones then.
    pub published_text: Option<String>,
    /// What its author replaced since a moderator decided, the oldest first.
    pub earlier_texts: Vec<String>,
    /// The private words, the oldest first.
    pub words: Vec<Word>,
    /// Who passed it on to a lead, until that is decided.
    pub escalation: Option<Escalation>,
    /// The text of the post it answers.
    pub in_reply_to: Option<String>,
    /// When it was sent.
    pub created_at: i64,
    /// Where it stands.
    pub state: State,
    /// What the checks noticed.
    pub flags: Flags,
    /// What readers reported since a moderator last decided, in the order of [`ReportReason::ALL`].
    pub reports: Vec<ReportCount>,
    /// Since when it waits: since it was sent, or since its readers reported it, a check flagged it, its author changed it or
    /// wrote a word. `None` when it does not wait and was found.
    pub waits_since: Option<i64>,
    /// Who read it last, and did not stop; whether they still do, its moment tells.
    pub claim: Option<Claim>,
    /// The notes with which it was handed over since a moderator decided, the oldest first.
    pub hand_overs: Vec<HandOver>,
    /// Decisions about it.
    pub n_decisions: u32,
    /// What its author objects to.
    pub objection: Option<QueuedObjection>,
    /// What another moderator proposed, and nobody has confirmed yet.
    pub proposal: Option<Proposal>,
    /// Where it stands in the queue, for the cursor.
    place: Option<i64>,
}

/// What an author objects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedObjection {
    /// When they did.
    pub at: i64,
    /// The decision.
    pub decision: PastDecision,
    /// Who made it; `None` when a rule did.
    pub by: Option<ModeratorId>,
    /// What they had written before words were taken out of it.
    pub original_text: Option<String>,
}

/// A decision that waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    key: i64,
    /// Whose.
    pub moderator: ModeratorId,
    /// Their name.
    pub by: String,
    /// What.
    pub decision: Decision,
    /// Why.
    pub reason: Option<String>,
    /// How many decisions there were.
    n_decisions: u32,
    /// When.
    pub at: i64,
}

/// A second person's word on a proposal.
#[derive(Clone, Debug)]
pub struct NewSettlement {
    /// The item.
    pub item: ItemId,
    /// Whose word.
    pub moderator: ModeratorId,
    /// Whether it is to be so. Who proposed it may take it back, and not confirm it.
    pub confirms: bool,
    /// The text that they read; `None` when their client does not say.
    pub read_text: Option<String>,
    /// When.
    pub at: i64,
}

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is settled, and the item stands so.
    Done(State),
    /// Nothing waits for a second person, or not any more.
    NoProposal,
    /// Nobody is their own second person.
    Own,
    /// It could not be carried out now.
    Undecided(Undecided),
}

/// Places of the queue before this one are for what may be a risk to life, and for what was passed on to a lead.
const FIRST_TIER: i64 = -(1 << 62);

/// Places of the queue from this one on are for what was imported.
const FAR: i64 = 1 << 62;

/// Since when something at this place of the queue waits. Where a life may be at risk stands before all else, then what was
/// reported; what was imported stands behind all else: by numbers that no moment reaches.
fn waits_since(place: i64) -> i64 {
    match place {
        _ if place < FIRST_TIER => place + i64::MAX,
        ..0 => place + FAR,
        0..FAR => place,
        FAR.. => place - FAR,
    }
}

/// A moderator's decision, as it is recorded for good.
#[derive(Clone, Debug)]
pub struct NewDecision {
    /// The item.
    pub item: ItemId,
    /// Who decided.
    pub moderator: ModeratorId,
    /// What.
    pub decision: Decision,
    /// The text that was decided about; `None` when the moderator's client does not say.
    pub read_text: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: i64,
    /// What else.
    pub how: How,
}

/// What a decision says besides.
#[derive(Clone, Debug, Default)]
pub struct How {
    /// How many decisions there were when the moderator read it; nothing is decided when there are more.
    pub n_decisions: Option<u32>,
    /// Content notes that take the place of the author's.
    pub notes: Option<ContentNotes>,
    /// Places of the text that was read to take out of it, which were found to fit.
    pub taken_out: Vec<Span>,
    /// Whether it is one of several that are declined as spam: only what is held, and nothing that asks for a closer look.
    pub is_for_spam: bool,
}

/// A rule that decides by itself, for a moderator to look at later; recorded in a moderator's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// So many readers reported it while no moderator was there.
    Reports,
    /// Moderators approved so much of the same author in this thread before.
    Approvals,
}

impl Rule {
    /// The name in storage.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Reports => "reports",
            Self::Approvals => "approvals",
        }
    }
}

/// Why nothing was decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// The item no longer stands where the decision begins.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// Its author changed the text after the moderator read it, and nobody has read the new one.
    #[error("the text was changed since it was read")]
    TextChanged,
    /// Another moderator reads it.
    #[error("another moderator reads the item")]
    Claimed(Claim),
    /// It was decided about since the moderator read it.
    #[error("it was decided about since it was read")]
    Meanwhile,
    /// Its author objects to what this moderator decided.
    #[error("its author objects to a decision of the same moderator")]
    OwnDecision {
        /// Whether nobody else may decide: then a lead may, and that is recorded.
        is_alone: bool,
    },
    /// It was to be declined as spam, and something about it asks for a closer look.
    #[error("it is not only spam")]
    NotSpam,
    /// It takes two people: it is proposed, the item stands as before, and another moderator confirms or rejects it.
    #[error("another moderator has to confirm it")]
    Proposed(State),
    /// Something was proposed, and is confirmed or rejected first.
    #[error("what was proposed about it is confirmed or rejected first")]
    ProposalWaits,
    /// It takes two people, and what the second one confirms is the text as it is.
    #[error("what two people decide changes neither the text nor its content notes")]
    ForTwoUnchanged,
}

/// A moderator's word that a lead should decide.
#[derive(Clone, Debug)]
pub struct NewEscalation {
    /// The item.
    pub item: ItemId,
    /// Who passes it on.
    pub moderator: ModeratorId,
    /// Why.
    pub note: String,
    /// When.
    pub at: i64,
}

/// What became of an escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Escalated {
    /// It is passed on.
    Done(Escalation),
    /// Somebody had passed it on before, and nobody has decided since; nothing was added.
    Before(Escalation),
    /// It does not wait for a decision; nothing was added.
    NotWaiting,
}

/// Something that a site's team is to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoticeId(pub i64);

/// Something that a site's team is to be told of, and for which no channel was chosen yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which one.
    pub id: NoticeId,
    /// Whose team.
    pub site: SiteId,
    /// What it is about.
    pub occasion: Occasion,
    /// The item.
    pub item: Option<ItemId>,
    /// When it happened.
    pub at: i64,
}

/// A notice on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Names it in every try; unique.
    pub id: String,
    /// The channel, as the configuration names it.
    pub channel: String,
}

/// A notification that this server has to itself for a while, to try it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDelivery {
    /// Names it in every try.
    pub id: String,
    /// Whose team.
    pub site: SiteId,
    /// What it is about.
    pub occasion: Occasion,
    /// The item.
    pub item: Option<ItemId>,
    /// The channel.
    pub channel: String,
    /// When it happened.
    pub created_at: i64,
    /// Which try this is, from 1.
    pub n_tries: u32,
}

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It arrived.
    Arrived,
    /// It did not.
    Failed {
        /// Why.
        failure: DeliveryFailure,
        /// When it is tried again.
        again_at: i64,
    },
    /// It did not, for the last time.
    GivenUp {
        /// Why.
        failure: DeliveryFailure,
        /// When.
        at: i64,
    },
}

/// What was changed about a site and holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteSettings {
    /// The rule that was forced last, also when its time is over; `None` when the hours decide.
    pub forced: Option<Forced>,
    /// Whether a sensitive period was begun.
    pub is_sensitive: bool,
    /// Whether two people decide to decline what is red, and to show again what was hidden.
    pub asks_two: bool,
}

/// A visitor's word that a contact of a helpline did not work; of the visitor it says nothing.
#[derive(Clone, Debug)]
pub struct NewLineReport {
    /// Whose visitor it was.
    pub site: SiteId,
    /// When, no closer.
    pub day: Day,
    /// The line.
    pub line: LineId,
    /// The number or address.
    pub contact: ReportedContact,
    /// What was wrong.
    pub problem: LineProblem,
}

/// A reader's word that an item should be looked at again.
#[derive(Clone, Copy, Debug)]
pub struct NewReport {
    /// The item.
    pub item: ItemId,
    /// Who reports it, on this item only; counts once.
    pub reporter: VoterId,
    /// Why.
    pub reason: ReportReason,
    /// Of the code that shows what became of it; unique.
    pub receipt: SecretHash,
    /// When; only the hour is stored.
    pub at: i64,
    /// Whether it counts towards hiding the item.
    pub has_force: bool,
    /// When reports alone hide the item; `None` when they never do.
    pub hiding: Option<Hiding>,
}

/// The rule by which reports hide an item until a moderator has looked.
#[derive(Clone, Copy, Debug)]
pub struct Hiding {
    /// So many readers.
    pub n_reporters: u32,
    /// No moderator was seen since this moment.
    pub unless_seen_after: i64,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// It counts from now on.
    Counted(ReportStanding),
    /// The same reader had reported the item before. It counts once; its receipt is the new one.
    CountedBefore(ReportStanding),
    /// [`REPORTS_OF_ITEM`](peer_support_domain::limits::REPORTS_OF_ITEM) others wait already: it was not kept.
    Enough(ReportStanding),
}

/// A text that came lately.
#[derive(Clone, PartialEq, Eq)]
pub struct RecentText {
    /// The site.
    pub site: SiteId,
    /// The item.
    pub item: ItemId,
    /// The text.
    pub text: String,
    /// When it was sent.
    pub created_at: i64,
}

/// Without the text, which stays out of logs.
impl fmt::Debug for RecentText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecentText({})", self.item)
    }
}

/// Where a report stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportStanding {
    /// The item.
    pub item: ItemId,
    /// Why it was reported.
    pub reason: ReportReason,
    /// Where the item stands.
    pub state: State,
    /// Whether a moderator has decided about the item since.
    pub is_decided: bool,
}

/// An import of what another system held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportId(pub i64);

/// An import to be begun.
#[derive(Clone, Debug)]
pub struct NewImport {
    /// Where it goes.
    pub site: SiteId,
    /// SHA-256 of the file.
    pub file_hash: [u8; 32],
    /// Of the key that ids come from, to know it again.
    pub key_hash: [u8; 32],
    /// What must be the same when it goes on.
    pub choices: String,
    /// Now.
    pub begun_at: i64,
}

/// An import that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Which one.
    pub id: ImportId,
    /// SHA-256 of the file.
    pub file_hash: [u8; 32],
    /// Of its key; `None` once it is finished.
    pub key_hash: Option<[u8; 32]>,
    /// What must be the same when it goes on.
    pub choices: String,
    /// When all of it was shown; `None` while nothing is.
    pub finished_at: Option<i64>,
}

/// A post or reply of an import.
#[derive(Clone, Debug)]
pub struct ImportedItem {
    /// Its id.
    pub id: ItemId,
    /// The post it answers, which belongs to the same import; `None` for a post.
    pub post: Option<ItemId>,
    /// What a post is for, and its topic; `None` for a reply.
    pub topic: Option<(Kind, TopicId)>,
    /// The parsed text.
    pub text: String,
    /// The text's language, where known.
    pub lang: Option<LanguageTag>,
    /// What some would rather not meet unprepared.
    pub notes: ContentNotes,
    /// The author inside the thread.
    pub author: Option<AuthorTag>,
    /// Of a code that nobody has; unique.
    pub recovery: RecoveryHash,
    /// When it was written.
    pub created_at: i64,
    /// Held or published.
    pub state: State,
    /// Whether the site's owner wrote it to show what the space is for.
    pub is_example: bool,
    /// Whether the site's owner wrote it, as themselves.
    pub is_owners: bool,
}

/// A post or reply for its site's owner: a line of `export --format jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedItem {
    /// Its id.
    pub id: ItemId,
    /// The post it answers; absent for a post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<ItemId>,
    /// What a post is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The topic of a post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicId>,
    /// Where it stands.
    pub state: State,
    /// The text.
    pub text: String,
    /// The text's language, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<LanguageTag>,
    /// What some would rather not meet unprepared.
    #[serde(default, skip_serializing_if = "ContentNotes::is_empty")]
    pub notes: ContentNotes,
    /// The author inside the thread, as everyone sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorTag>,
    /// When it was sent.
    pub created_at: i64,
    /// Reactions.
    #[serde(default)]
    pub votes: VoteCounts,
    /// Whether the site's owner wrote it to show what the space is for.
    #[serde(default)]
    pub is_example: bool,
    /// Whether the site's owner wrote it, as themselves.
    #[serde(default)]
    pub is_owners: bool,
}

/// When a copy was made, and by when it must be thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyTerms {
    /// The moment of the copy.
    pub made_at: i64,
    /// From this moment on, it is not restored unless that is asked for.
    pub expires_at: i64,
}

/// A moderator's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ModeratorId(pub i64);

/// A moderator's account, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moderator {
    /// The account.
    pub id: ModeratorId,
    /// Unique among accounts; stands in the record of decisions.
    pub name: String,
    /// What they may do, and where.
    pub roles: Roles,
}

impl Moderator {
    /// Somebody whose account is closed.
    fn without_roles(id: ModeratorId) -> Self {
        Self { id, name: String::new(), roles: Roles::default() }
    }
}

/// A role to be given, changed or taken away.
#[derive(Clone, Debug)]
pub struct NewRole {
    /// The name of the account.
    pub name: String,
    /// Where; on all sites when absent.
    pub site: Option<SiteId>,
    /// What it may do from now on; nothing when absent.
    pub role: Option<Role>,
    /// The admin who does it, on one site; a command on the server when absent.
    pub by: Option<ModeratorId>,
    /// When.
    pub at: i64,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleChanged {
    /// The account as it is now.
    Done(Moderator),
    /// There is no open account of this name.
    NoSuchAccount,
    /// Whoever asked may not.
    NotGiven(NotGiven),
}

/// Those of `accounts` who may decide on a site, and by which role.
fn deciders_on(site: &SiteId, accounts: Vec<Moderator>) -> Vec<(ModeratorId, Role)> {
    let decides = |account: Moderator| Some((account.id, account.roles.on(site)?));
    accounts.into_iter().filter_map(decides).filter(|(_, role)| *role >= Role::Moderator).collect()
}

/// The roles of the account with this key as they are stored: one for all sites, and `site role` for each site, with commas.
fn roles_of_text(key: i64, everywhere: Option<&str>, by_site: Option<&str>) -> Result<Roles, StoreError> {
    let broken = |table| corrupt(table, "role", key);
    let everywhere = everywhere.map(str::parse).transpose().map_err(|_| broken("moderators"))?;
    let one = |text: &str| {
        let (site, role) = text.split_once(' ')?;
        Some((site.parse().ok()?, role.parse().ok()?))
    };
    let by_site = by_site.into_iter().flat_map(|roles| roles.split(','));
    let by_site = by_site.map(one).collect::<Option<_>>().ok_or_else(|| broken("site_roles"))?;
    Ok(Roles { everywhere, by_site })
}

/// SHA-256 of a secret (sign-in code, session), which itself is not stored.
pub type SecretHash = [u8; 32];

/// A session of a moderator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionId(pub i64);

/// A session to be opened.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Of its token.
    pub hash: SecretHash,
    /// What the moderator calls the device.
    pub device: Option<String>,
    /// Now.
    pub begun_at: i64,
    /// When it ends, however much it is used.
    pub expires_at: i64,
    /// The session that the same browser had before; it ends.
    pub replaces: Option<SecretHash>,
}

/// A session that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Which one.
    pub id: SessionId,
    /// Whose.
    pub moderator: Moderator,
    /// Whether a sign-in code opened it.
    pub is_by_code: bool,
    /// Whether the account has a password and an authenticator.
    pub is_set_up: bool,
    /// When it was last seen, to the quarter of an hour.
    pub seen_at: i64,
}

/// A session as its owner is shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSession {
    /// Which one.
    pub id: SessionId,
    /// What the moderator calls the device.
    pub device: Option<String>,
    /// When it was begun, to the minute.
    pub begun_at: i64,
    /// When it was last seen, to the quarter of an hour.
    pub seen_at: i64,
}

/// What an account signs in with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Whose.
    pub moderator: Moderator,
    /// The hash of the password.
    pub password: Option<String>,
    /// The encrypted secret of the authenticator.
    pub authenticator: Option<Vec<u8>>,
}

/// Without the credentials.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({:?})", self.moderator)
    }
}

/// Whether a try to sign in is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It is counted, and this is what to check; `None` when there is no such open account.
    Taken(Option<Credentials>),
    /// Not before so many milliseconds have gone.
    Wait(i64),
}

/// What goes with a password. It counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactor {
    /// A code of the authenticator, by its step.
    Step(i64),
    /// A recovery code.
    RecoveryCode(SecretHash),
}

/// How an account signs in, and what happened to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    /// Whether it has a password.
    pub has_password: bool,
    /// Whether it has an authenticator.
    pub has_authenticator: bool,
    /// Recovery codes that were not used.
    pub n_recovery_codes: u32,
    /// What happened, and when, the last first; at most
    /// [`ACCOUNT_EVENTS`](peer_support_domain::limits::ACCOUNT_EVENTS).
    pub events: Vec<(AccountEvent, i64)>,
}

/// The beginning of the span of this length that a moment is in.
const fn begun_span(at: i64, span_ms: i64) -> i64 {
    at - at.rem_euclid(span_ms)
}

const MINUTE_MS: i64 = 60 * 1_000;

/// Sessions last seen before this are over: nobody used them for as long as a session waits. They are seen to the quarter of
/// an hour, so that none ends early.
const fn unused_before(now: i64) -> i64 {
    now.saturating_sub(SESSION_UNUSED_MS + SESSION_SEEN_MS)
}

/// Names without an account whose tries are counted: more than anybody tries by hand. Past that the oldest are forgotten,
/// and never those of an account.
const UNKNOWN_NAMES: i64 = 10_000;

/// All that can happen to the data. See the module for what every method promises.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Stores a new post or reply, once for each idempotency key. Durable when it returns.
    async fn add(&self, item: NewItem, idempotency: Option<Idempotency>) -> Result<Added, StoreError>;

    /// What [`add`](Self::add) would answer to a request whose key was used before; `None` when it was not.
    async fn added_before(&self, idempotency: Idempotency) -> Result<Option<Added>, StoreError>;

    /// A number that has grown as soon as anything else is committed, by whatever program; `None` where telling it takes as long as
    /// reading. Takes some microseconds.
    fn version(&self) -> Option<u64> {
        None
    }

    /// A page of published posts. Pages never repeat or skip an item that was there all along; in the order "helpful",
    /// one that votes move meanwhile has no fixed place.
    async fn feed(&self, query: FeedQuery) -> Result<Page<Post>, StoreError>;

    /// A page of the published posts that have all the words, in the order in which the store took them, the newest first.
    /// It may have fewer posts than asked for, even none, although more follow: then there was much to look into, and
    /// `next` says where to go on.
    async fn search(&self, query: SearchQuery) -> Result<Page<Post>, StoreError>;

    /// Takes the posts that came since into the index of the search; how many. Posts are found without it, more slowly.
    async fn index(&self) -> Result<u64, StoreError>;

    /// A published post.
    async fn post(&self, id: ItemId) -> Result<Option<Post>, StoreError>;

    /// A page of the published replies to a published post, oldest first; `None` when there is no such post.
    async fn replies(
        &self,
        post: ItemId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Option<Page<Reply>>, StoreError>;

    /// The site of a published item, or of the published post that a published reply answers.
    async fn site_of(&self, item: ItemId) -> Result<Option<SiteId>, StoreError>;

    /// Counts `vote` once, however often it is sent; `None`, and nothing stored, when its item is not visible to everyone.
    async fn vote(&self, vote: Vote) -> Result<Option<VoteCounts>, StoreError>;

    /// Takes `vote` back; no change when it was not there. `None` as for [`vote`](Self::vote).
    async fn unvote(&self, vote: Vote) -> Result<Option<VoteCounts>, StoreError>;

    /// The item that this recovery code opens.
    async fn own(&self, recovery: RecoveryHash) -> Result<Option<OwnItem>, StoreError>;

    /// Replaces the text of a held item; the one before is kept for moderators. A new text of a published item waits beside
    /// the one that others read, in place of another that waited.
    async fn edit_own(&self, recovery: RecoveryHash, edit: Edit) -> Result<Option<Edited>, StoreError>;

    /// Says a private word as the author of an item, once for each idempotency key. Without a key, the same word again right
    /// after it is the same one, sent again.
    async fn say_own(
        &self,
        recovery: RecoveryHash,
        text: String,
        at: i64,
        idempotency: Option<Idempotency>,
    ) -> Result<Option<Said>, StoreError>;

    /// What [`say_own`](Self::say_own) would answer to a request whose key was used before; `None` when it was not.
    async fn said_before(&self, text: String, idempotency: Idempotency) -> Result<Option<Said>, StoreError>;

    /// Says a private word as a moderator, which answers the author's. The same word again right after it is the same one.
    async fn say(
        &self,
        item: ItemId,
        moderator: ModeratorId,
        text: String,
        at: i64,
    ) -> Result<Option<Said>, StoreError>;

    /// Deletes an item's texts, votes and author for good, also from the files of the database, before it returns.
    /// The row stays as a tombstone. A deleted post's replies are no longer reachable.
    async fn delete_own(&self, recovery: RecoveryHash) -> Result<Option<OwnItem>, StoreError>;

    /// Objects to the last decision about an item, as its author, with a private word if any; once for each decision. It waits
    /// from then on for who did not make that decision. `None` when there is no such item.
    async fn object(
        &self,
        recovery: RecoveryHash,
        text: Option<String>,
        at: i64,
    ) -> Result<Option<Objected>, StoreError>;

    /// What waits for a moderator on sites in `reach`: first what readers reported and what authors object to, then held items and published ones that a check flagged; the
    /// longest waiting first in each. Replies to a post that is no longer published are left out.
    async fn queue(
        &self,
        reach: Reach,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<Queued>, StoreError>;

    /// Looks for items in every state but deleted, in the order in which the store took them, the newest first: into
    /// [`FIND_LOOKS`](peer_support_domain::limits::FIND_LOOKS) of them and no more. There is no index of what was not published.
    async fn find(&self, query: FindQuery) -> Result<Finds, StoreError>;

    /// Carries out a decision and records it, or keeps it until a second person confirms it where the site wants that; `None`
    /// when there is no such item.
    async fn decide(&self, decision: NewDecision) -> Result<Option<Result<State, Undecided>>, StoreError>;

    /// Confirms or rejects what was proposed about an item; of several at once, one does. `None` when there is no such item.
    async fn settle_proposal(&self, settlement: NewSettlement) -> Result<Option<Settled>, StoreError>;

    /// Reads an item, or goes on to, for [`CLAIM_MS`](peer_support_domain::limits::CLAIM_MS); that it was taken from somebody is
    /// recorded. `None` when there is no such item, or it is deleted.
    async fn claim(&self, claim: NewClaim) -> Result<Option<Claimed>, StoreError>;

    /// Stops reading an item; no change when somebody else reads it.
    async fn release(&self, item: ItemId, moderator: ModeratorId) -> Result<(), StoreError>;

    /// Gives an item that nobody else reads to whoever reads it next, with a note that is kept until it is decided. `None` when
    /// there is no such item.
    async fn hand_over(&self, hand_over: NewHandOver) -> Result<Option<HandedOver>, StoreError>;

    /// Lines of the audit log, at most `limit`. Every method that records an act adds to it in the same transaction.
    async fn audit(&self, from: AuditFrom, limit: usize) -> Result<Vec<AuditLine>, StoreError>;

    /// What happened on a site in a quarter, counted.
    async fn counted(&self, site: SiteId, quarter: Quarter) -> Result<Vec<Counted>, StoreError>;

    /// The last decision about an item.
    async fn last_decision(&self, item: ItemId) -> Result<Option<PastDecision>, StoreError>;

    /// What stands around an item, whatever became of it, and what was decided in its thread, looked for among the
    /// [`THREAD_DECIDED_AMONG`](peer_support_domain::limits::THREAD_DECIDED_AMONG) newest replies. `None` when there is no such
    /// item, or it or its post is deleted.
    async fn thread(&self, item: ItemId, replies: Replies) -> Result<Option<Thread>, StoreError>;

    /// Passes an item that waits on to a lead, records it for good, and notices it for the site's team, all at once. It stands
    /// first in the queue until somebody decides. `None` when there is no such item.
    async fn escalate(&self, escalation: NewEscalation) -> Result<Option<Escalated>, StoreError>;

    /// What a site's team is to be told of and no channel was chosen for, the oldest first.
    async fn notices(&self, limit: usize) -> Result<Vec<Notice>, StoreError>;

    /// Puts a notification for each channel in the place of a notice, once; nothing when another server did before.
    async fn address(&self, notice: NoticeId, deliveries: Vec<NewDelivery>) -> Result<(), StoreError>;

    /// Takes notifications that are due, so that no other server tries them for
    /// [`DELIVERY_CLAIM_MS`](peer_support_domain::limits::DELIVERY_CLAIM_MS). What is not settled by then is due again.
    async fn claim_deliveries(&self, now: i64, limit: usize) -> Result<Vec<DueDelivery>, StoreError>;

    /// Notes what became of a try; nothing when it was tried again since.
    async fn settle_delivery(&self, id: String, n_tries: u32, tried: Tried) -> Result<(), StoreError>;

    /// Notifications of sites in `reach` that are given up, the last first; at most
    /// [`DEAD_DELIVERIES`](peer_support_domain::limits::DEAD_DELIVERIES).
    async fn dead_deliveries(&self, reach: Reach) -> Result<Vec<Delivery>, StoreError>;

    /// Has a notification that was given up tried again from the start; false when there is none of this id of a site in
    /// `reach`.
    async fn resend_delivery(&self, id: String, reach: Reach, at: i64) -> Result<bool, StoreError>;

    /// Forgets a notification that was given up; false when there is none of this id of a site in `reach`.
    async fn discard_delivery(&self, id: String, reach: Reach) -> Result<bool, StoreError>;

    /// What was changed about a site and holds.
    async fn site_settings(&self, site: SiteId) -> Result<SiteSettings, StoreError>;

    /// Changes something about a site, and records who did; nobody did when it was a command on the server.
    async fn change_site(
        &self,
        site: SiteId,
        what: SiteSetting,
        moderator: Option<ModeratorId>,
        at: i64,
    ) -> Result<(), StoreError>;

    /// What was changed about a site, the last first; at most
    /// [`SITE_CHANGES`](peer_support_domain::limits::SITE_CHANGES).
    async fn site_changes(&self, site: SiteId) -> Result<Vec<SiteChange>, StoreError>;

    /// A site's playbook; `None` when it never wrote one.
    async fn playbook(&self, site: SiteId) -> Result<Option<Playbook>, StoreError>;

    /// Puts `playbook` in place of the one before, and records who did.
    async fn put_playbook(
        &self,
        site: SiteId,
        playbook: Playbook,
        moderator: ModeratorId,
        at: i64,
    ) -> Result<(), StoreError>;

    /// A site's reasons to start from, in their order; `None` when it never wrote any.
    async fn reasons(&self, site: SiteId) -> Result<Option<Vec<ReasonTemplate>>, StoreError>;

    /// Puts `reasons` in place of all before, and records who did.
    async fn put_reasons(
        &self,
        site: SiteId,
        reasons: Vec<ReasonTemplate>,
        moderator: ModeratorId,
        at: i64,
    ) -> Result<(), StoreError>;

    /// Since when items of a site wait for a moderator, in the order of the queue; not those that were imported.
    async fn waiting(&self, site: SiteId, limit: usize) -> Result<Vec<i64>, StoreError>;

    /// Notices for a site's team that items wait too long; false, and nothing noticed, when that was done within the last
    /// [`LATE_NOTICE_EVERY_MS`](peer_support_domain::limits::LATE_NOTICE_EVERY_MS).
    async fn notice_late(&self, site: SiteId, at: i64) -> Result<bool, StoreError>;

    /// Puts the items of a fire drill into its site's queue, all of them; false, and nothing is stored, while one is running
    /// there.
    async fn begin_drill(&self, drill: NewDrill) -> Result<bool, StoreError>;

    /// Ends the drill that is running on a site: its items and all that is recorded about them leave the tables, and their texts
    /// the files; its numbers stay. False when none is running.
    async fn stop_drill(&self, site: SiteId, by: ModeratorId, at: i64) -> Result<bool, StoreError>;

    /// Ends, in the same way, the drills that are over; when the server `is_restart`ed, all. How many.
    async fn end_drills(&self, at: i64, is_restart: bool) -> Result<u64, StoreError>;

    /// The last drills of a site, the last first; at most [`DRILLS_LISTED`](peer_support_domain::limits::DRILLS_LISTED).
    async fn drills(&self, site: SiteId) -> Result<Vec<Drill>, StoreError>;

    /// Listens to what becomes published from now on, by whichever server of this database; with SQLite, by this process.
    async fn listen(&self) -> Result<Listener<Published>, StoreError>;

    /// Listens to what changes at the moderators' desk from now on, as [`listen`](Self::listen) does.
    async fn listen_at_desk(&self) -> Result<Listener<AtDesk>, StoreError>;

    /// Listens from now on to what is said to the servers of this database, this one among them: whoever may use it may say
    /// anything. `None` where there can be no other server.
    async fn listen_to_servers(&self) -> Result<Option<Listener<Vec<u8>>>, StoreError>;

    /// Says these messages, in their order, to all servers of this database that listen. Nothing of them is stored. Each has
    /// [`SERVERS_MESSAGE_BYTES`] at most.
    async fn tell_servers(&self, messages: Vec<Vec<u8>>) -> Result<(), StoreError>;

    /// The site of an item, wherever it stands: for who asks nothing else about it than what their code or their own id
    /// opens.
    async fn home_of(&self, item: ItemId) -> Result<Option<SiteId>, StoreError>;

    /// Takes a report about an item that everyone can see, or that this reader has reported before. When the rule says so,
    /// it hides the item. `None` when there is no such item.
    async fn report(&self, report: NewReport) -> Result<Option<Reported>, StoreError>;

    /// The report that this receipt belongs to.
    async fn report_of(&self, receipt: SecretHash) -> Result<Option<ReportStanding>, StoreError>;

    /// Notes what a check saw about an item. Published, it waits for a moderator from then on, unless the same was noted
    /// before. False when everyone cannot see it.
    async fn flag(&self, item: ItemId, flag: Flag, at: i64) -> Result<bool, StoreError>;

    /// The texts of the last `limit` items as far as they came after `since` and are held or published, the oldest first:
    /// for checks that compare what comes with what came.
    async fn recent_texts(&self, since: i64, limit: usize) -> Result<Vec<RecentText>, StoreError>;

    /// Notes that somebody is there who may decide on the sites in `reach`; only the last moment is kept, and not who it was.
    async fn see_moderator(&self, reach: Reach, at: i64) -> Result<(), StoreError>;

    /// Counts a report. Of one site and day only [`LINE_REPORTS_A_DAY`](peer_support_domain::limits::LINE_REPORTS_A_DAY)
    /// different ones are counted: false, and nothing stored, when this would be one more.
    async fn report_line(&self, report: NewLineReport) -> Result<bool, StoreError>;

    /// A page of the reports of the sites in `reach`, the newest day first.
    async fn line_reports(
        &self,
        reach: Reach,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<LineReport>, StoreError>;

    /// A site's cards, in their order; `None` when nobody ever wrote any.
    async fn cards(&self, site: SiteId) -> Result<Option<Vec<Card>>, StoreError>;

    /// Puts `cards` in place of all that the site had, and records who did; nobody did when the demo brings its own.
    async fn put_cards(
        &self,
        site: SiteId,
        cards: Vec<Card>,
        moderator: Option<ModeratorId>,
        at: i64,
    ) -> Result<(), StoreError>;

    /// Creates an account with a role for all sites, or without one; `None` when the name is taken, also by a closed account,
    /// which stands in past decisions.
    async fn add_account(
        &self,
        name: String,
        role: Option<Role>,
        at: i64,
    ) -> Result<Option<Moderator>, StoreError>;

    /// Creates an account with a role for all sites, as [`add_account`](Self::add_account).
    async fn add_moderator(
        &self,
        name: String,
        role: Role,
        at: i64,
    ) -> Result<Option<Moderator>, StoreError> {
        self.add_account(name, Some(role), at).await
    }

    /// Gives, changes or takes away a role, and records who did. What the account reads on sites where it decides no more is
    /// free; its sessions end with its last role.
    async fn set_role(&self, role: NewRole) -> Result<RoleChanged, StoreError>;

    /// All open accounts, by name.
    async fn moderators(&self) -> Result<Vec<Moderator>, StoreError>;

    /// Removes all that an account signs in with and its sessions, and closes it; false when there is no such name. Its
    /// decisions stay.
    async fn close_moderator(&self, name: String, at: i64) -> Result<bool, StoreError>;

    /// Lets `name` sign in once with the code of this hash, until `expires_at`; false when there is no such open account.
    async fn add_sign_in_code(
        &self,
        name: String,
        code: SecretHash,
        at: i64,
        expires_at: i64,
    ) -> Result<bool, StoreError>;

    /// Uses a sign-in code up and opens a session; `None` when the code is unknown, used or expired.
    async fn sign_in(&self, code: SecretHash, session: NewSession)
    -> Result<Option<OpenSession>, StoreError>;

    /// Counts a try to prove oneself the owner of the account `name`, before it is known whether it is right, unless too many
    /// were wrong; `name_hash` stands for the name in storage. A right one takes the count back.
    async fn take_attempt(
        &self,
        name: String,
        name_hash: SecretHash,
        now: i64,
    ) -> Result<Attempt, StoreError>;

    /// Takes back what was counted of an account: it was its owner.
    async fn forgive_attempts(&self, moderator: ModeratorId) -> Result<(), StoreError>;

    /// Opens a session for who knows the password and has the second factor, which is used up, and forgives the attempts.
    /// `None` when the second factor was used before, or when `password` is not the account's hash any more.
    async fn sign_in_by_password(
        &self,
        moderator: ModeratorId,
        password: String,
        second: SecondFactor,
        session: NewSession,
    ) -> Result<Option<OpenSession>, StoreError>;

    /// The session, unless it expired or was not used for too long.
    async fn session(&self, session: SecretHash, now: i64) -> Result<Option<OpenSession>, StoreError>;

    /// Notes that a session is used.
    async fn see_session(&self, session: SessionId, at: i64) -> Result<(), StoreError>;

    /// The open sessions of an account, the one begun last first.
    async fn sessions(&self, moderator: ModeratorId, now: i64) -> Result<Vec<ListedSession>, StoreError>;

    /// Ends a session of this account; false when it has no such session.
    async fn end_session(
        &self,
        moderator: ModeratorId,
        session: SessionId,
        at: i64,
    ) -> Result<bool, StoreError>;

    /// Ends all sessions of an account but this one.
    async fn end_other_sessions(
        &self,
        moderator: ModeratorId,
        kept: SessionId,
        at: i64,
    ) -> Result<(), StoreError>;

    /// How an account signs in, and what happened to it.
    async fn account(&self, moderator: ModeratorId) -> Result<AccountState, StoreError>;

    /// Sets the password of this hash, and ends all sessions but this one. False when the account is closed.
    async fn set_password(
        &self,
        moderator: ModeratorId,
        password: String,
        kept: SessionId,
        at: i64,
    ) -> Result<bool, StoreError>;

    /// Keeps the encrypted secret of an authenticator that is being set up, in place of another one. False when the account
    /// is closed.
    async fn begin_authenticator(
        &self,
        moderator: ModeratorId,
        sealed: Vec<u8>,
        at: i64,
    ) -> Result<bool, StoreError>;

    /// The authenticator that is being set up, unless it was begun long ago.
    async fn new_authenticator(
        &self,
        moderator: ModeratorId,
        now: i64,
    ) -> Result<Option<Vec<u8>>, StoreError>;

    /// Makes `sealed` the account's authenticator, when it still is the one that is being set up; takes no code of `step` or
    /// before it again; and puts new recovery codes in place of the others.
    async fn set_authenticator(
        &self,
        moderator: ModeratorId,
        sealed: Vec<u8>,
        step: i64,
        codes: Vec<SecretHash>,
        at: i64,
    ) -> Result<bool, StoreError>;

    /// Puts new recovery codes in place of the others; false when the account has no authenticator.
    async fn set_recovery_codes(
        &self,
        moderator: ModeratorId,
        codes: Vec<SecretHash>,
        at: i64,
    ) -> Result<bool, StoreError>;

    /// Takes away all that an account signs in with, and ends its sessions; false when there is no such open account.
    async fn reset_moderator(&self, name: String, at: i64) -> Result<bool, StoreError>;

    /// Ends a session, and what its moderator reads is free.
    async fn sign_out(&self, session: SecretHash) -> Result<(), StoreError>;

    /// Forgets what is past its time: idempotency keys, sign-in codes, sessions, wrong tries to sign in, events of accounts,
    /// decided reports and reports of lines that expired by `now`, and declined items, held items and tombstones created before `unpublished_before`, with the replies to
    /// them; and new texts of published items that waited since then. Their texts leave the files of the database, and so do
    /// those that were replaced since the last purge. Returns how many items went.
    async fn purge(&self, now: i64, unpublished_before: i64) -> Result<u64, StoreError>;

    /// Forgets a site's posts that were published and are older than `before`, with the replies to them, and hidden items of
    /// that age. Their texts leave the files of the database. Returns how many items went.
    async fn purge_published(&self, site: SiteId, before: i64) -> Result<u64, StoreError>;

    /// Writes a consistent copy of all data to `file`, which must not exist, while others read and write. [`restore`]
    /// takes it, for either store, until the terms that are written into it end.
    async fn backup(&self, file: &Path, terms: CopyTerms) -> Result<(), StoreError>;

    /// The import of this file to this site, when there is one.
    async fn import_of(&self, site: SiteId, file_hash: [u8; 32]) -> Result<Option<Import>, StoreError>;

    /// The imports to a site that were begun and not finished.
    async fn unfinished_imports(&self, site: SiteId) -> Result<Vec<Import>, StoreError>;

    /// Begins an import, once for each site and file.
    async fn begin_import(&self, import: NewImport) -> Result<ImportId, StoreError>;

    /// Stores items of an import that is open, each once, where nobody sees them.
    async fn stage_import(&self, import: ImportId, items: Vec<ImportedItem>) -> Result<(), StoreError>;

    /// Shows all of an import at once, when `n_items` are stored for it, and closes it. Once it is closed, again is no
    /// change.
    async fn finish_import(&self, import: ImportId, n_items: u64, at: i64) -> Result<(), StoreError>;

    /// Removes what an unfinished import stored; its texts leave the files of the database. Of a finished one only the record
    /// goes. Returns how many items went.
    async fn abandon_import(&self, import: ImportId) -> Result<u64, StoreError>;

    /// Sends all published items of a site, or with `is_all` also those that are held, declined or hidden, as they are at one
    /// moment: the oldest post first, each with its replies after it. Ends early, without an error, when nobody receives.
    async fn export(
        &self,
        site: SiteId,
        is_all: bool,
        to: Sender<Vec<ExportedItem>>,
    ) -> Result<(), StoreError>;

    /// Sees what the clock says, every hour at least while a server runs. `Some` when it may be wrong, with the moment from
    /// which it is believed when it goes on like this: what is purged by a wrong clock never comes back.
    async fn doubts_clock(&self, now: i64) -> Result<Option<i64>, StoreError>;

    /// Whether the store can be read.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Finishes what was accepted and closes.
    async fn close(&self);
}
