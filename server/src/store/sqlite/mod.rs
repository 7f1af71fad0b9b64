//! SQLite, inside this process: one writing thread, a few readers, every acknowledged write flushed to the disk.

mod attempts;
mod audit;
mod cards;
mod claims;
mod clock;
mod credentials;
mod drills;
mod export;
mod find;
mod imports;
mod items;
mod line_reports;
mod live;
mod moderators;
mod objections;
mod outbox;
mod own;
mod packed;
#[cfg(test)]
mod plans;
mod proposals;
mod purge;
mod queue;
mod reports;
mod roles;
mod room;
mod search;
mod sessions;
mod side_texts;
mod site_texts;
mod sites;
mod tallies;
mod thread;
mod votes;
mod writer;

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use peer_support_domain::cursor::Cursor;
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::{AuthorTag, ItemId, RecoveryHash};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::{Kind, Role, State};
use peer_support_domain::roles::Reach;
use peer_support_domain::site::SiteId;
use peer_support_domain::statistics::{Counted, Quarter};
use peer_support_domain::vote::VoteCounts;
use peer_support_domain::wire::{
    AuditLine, Card, Delivery, Drill, LineReport, Page, PastDecision, Playbook, Post, ReasonTemplate, Reply,
    SiteChange, SiteSetting, Thread,
};
use rusqlite::{Connection, OpenFlags, Params, Row};
use rusqlite_migration::{M, Migrations, SchemaVersion};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::Sender;

use self::writer::{LOG_PAGES, Writer};
use super::live::{Listener, Teller};
use super::{
    AccountState, Added, AtDesk, Attempt, AuditFrom, Claimed, CopyTerms, DueDelivery, Edit, Edited,
    Escalated, ExportedItem, FeedQuery, FindQuery, Finds, HandedOver, Idempotency, Import, ImportId,
    ImportedItem, ListedSession, Moderator, ModeratorId, NewClaim, NewDecision, NewDelivery, NewDrill,
    NewEscalation, NewHandOver, NewImport, NewItem, NewLineReport, NewReport, NewRole, NewSession,
    NewSettlement, Notice, NoticeId, Objected, OpenSession, OwnItem, Published, Queued, RecentText, Replies,
    ReportStanding, Reported, RoleChanged, Said, SearchQuery, SecondFactor, SecretHash, SessionId, Settled,
    SiteSettings, Store, StoreError, Tried, Undecided, Vote, corrupt, flags_of_bits,
};

/// Readers at a time. Reads take well below a millisecond each, so a few keep every core busy.
const N_READERS: usize = 4;
/// How long to wait for another process, such as a command line beside the server, to finish its transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Prepared statements kept by each connection: more than there are in this folder.
const CACHED_STATEMENTS: usize = 64;
/// KiB of pages kept by each connection: the upper levels of all indexes of a million posts, which each request goes through.
const CACHE_KIB: i64 = 5 * 1_024;
/// Bytes of a page. Texts of a few hundred bytes leave less unused at its end than on the default of 4,096.
const PAGE_BYTES: u32 = 8_192;

/// In the order they were shipped. What has shipped is never edited.
const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("migrations/0001_items.sql")),
    M::up(include_str!("migrations/0002_line_reports.sql")),
    M::up(include_str!("migrations/0003_flags.sql")),
    M::up(include_str!("migrations/0004_notes.sql")),
    M::up(include_str!("migrations/0005_cards.sql")),
    M::up(include_str!("migrations/0006_reports.sql")),
    M::up(include_str!("migrations/0007_imports.sql")),
    M::up(include_str!("migrations/0008_side_texts.sql")),
    M::up(include_str!("migrations/0009_search.sql")),
    M::up(include_str!("migrations/0010_word_keys.sql")),
    M::up(include_str!("migrations/0011_accounts.sql")),
    M::up(include_str!("migrations/0012_risk.sql")),
    M::up(include_str!("migrations/0013_desk.sql")),
    M::up(include_str!("migrations/0014_outbox.sql")),
    M::up(include_str!("migrations/0015_sites.sql")),
    M::up(include_str!("migrations/0016_record.sql")),
    M::up(include_str!("migrations/0017_find.sql")),
    M::up(include_str!("migrations/0018_rights.sql")),
    M::up(include_str!("migrations/0019_drills.sql")),
    M::up(include_str!("migrations/0020_clock.sql")),
    M::up(include_str!("migrations/0021_packed_search.sql")),
    M::up(include_str!("migrations/0022_short_items.sql")).foreign_key_check(),
];

/// A store in one file, with its write-ahead log beside it.
pub struct Sqlite {
    path: PathBuf,
    writer: Writer,
    readers: Arc<Readers>,
    /// Sees that another connection committed, and does nothing else.
    watcher: Mutex<Option<Connection>>,
    teller: Arc<Teller>,
}

struct Readers {
    idle: Mutex<Vec<Connection>>,
    free: Semaphore,
}

impl Sqlite {
    /// Opens the file, which is made together with its folder when missing, and brings its schema up to date.
    ///
    /// # Errors
    ///
    /// When the file is no database, was written by a newer version of this program, or cannot be written.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        tokio::task::spawn_blocking(move || {
            let connection = open_to_write(&path)?;
            let mover = open(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            let readers = (0..N_READERS).map(|_| open_to_read(&path)).collect::<Result<_, _>>()?;
            let watcher = open_to_read(&path)?;
            // Whoever asks it must not wait.
            watcher.busy_timeout(Duration::ZERO)?;
            let teller = Arc::new(Teller::new());
            Ok(Self {
                watcher: Mutex::new(Some(watcher)),
                writer: Writer::start(connection, mover, teller.clone()).map_err(StoreError::database)?,
                readers: Arc::new(Readers { idle: Mutex::new(readers), free: Semaphore::new(N_READERS) }),
                teller,
                path,
            })
        })
        .await
        .map_err(StoreError::database)?
    }

    /// Whether nothing was ever stored.
    pub(super) async fn is_empty(&self) -> Result<bool, StoreError> {
        self.read(|db| {
            Ok(db.query_row(
                "select not exists (select 1 from sites)
                   and not exists (select 1 from moderators)
                   and not exists (select 1 from decisions)",
                [],
                |row| row.get(0),
            )?)
        })
        .await
    }

    /// Makes a store of a copy: takes back what an import had stored that was not finished, because its key was never in the
    /// copy, and the terms of the copy.
    pub(super) async fn settle_restored(&self) -> Result<(), StoreError> {
        for import in self.read(|db| imports::begun_before(db, None)).await? {
            self.abandon_import(import).await?;
        }
        self.write(|db| execute(db, "delete from copy_terms", ())).await.map(drop)
    }

    async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(false, job).await
    }

    /// As `write`, for what is new: not when the room is kept for deletions.
    async fn add_new<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.write(|db| {
            room::check(db)?;
            job(db)
        })
        .await
    }

    /// As `write`, for what takes texts away.
    async fn forget<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(true, job).await
    }

    /// Runs `job` on one snapshot of the data.
    async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = Arc::clone(&self.readers);
        let permit = readers.free.acquire().await.map_err(|_| StoreError::Closed)?;
        permit.forget();
        let readers = Arc::clone(&self.readers);
        tokio::task::spawn_blocking(move || {
            let lease = Lease::take(readers).ok_or(StoreError::Closed)?;
            let snapshot = lease.connection().unchecked_transaction()?;
            job(&snapshot)
        })
        .await
        .map_err(StoreError::database)?
    }
}

/// A reader in use; goes back when dropped, also by a panic.
struct Lease {
    connection: Option<Connection>,
    readers: Arc<Readers>,
}

impl Lease {
    fn take(readers: Arc<Readers>) -> Option<Self> {
        let connection = readers.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        connection.map(|connection| Self { connection: Some(connection), readers })
    }

    fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("taken only when dropped")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut idle = self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.connection.take());
        drop(idle);
        self.readers.free.add_permits(1);
    }
}

fn open_to_write(path: &Path) -> Result<Connection, StoreError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(StoreError::database)?;
    }
    create_private(path, false).map_err(StoreError::database)?;
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "secure_delete", true)?;
    settle(&connection)?;
    migrate(&mut connection)?;
    live::prepare(&connection)?;
    // After a crash the log may hold a text whose deletion was not acknowledged yet.
    writer::empty_log(&connection)?;
    purge::finish_compaction(&connection)?;
    Ok(connection)
}

fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    settle(&connection)?;
    Ok(connection)
}

/// What every connection needs.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // No copies of texts in temporary files.
    connection.pragma_update(None, "temp_store", "memory")?;
    // Views and triggers of a manipulated file get no powers.
    connection.pragma_update(None, "trusted_schema", false)
}

/// Brings the schema up to date. Foreign keys are off meanwhile, as making a table anew asks for.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let migrations = Migrations::from_slice(MIGRATIONS);
    if let SchemaVersion::Outside(_) = migrations.current_version(connection).map_err(StoreError::database)? {
        return Err(StoreError::NewerSchema);
    }
    connection.pragma_update(None, "foreign_keys", false)?;
    // Indexes of all items are sorted, which may not fit into memory; no text is.
    connection.pragma_update(None, "temp_store", "file")?;
    migrations.to_latest(connection).map_err(StoreError::database)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(connection.pragma_update(None, "foreign_keys", true)?)
}

/// Makes an empty file that only its owner may read; with `is_new`, it must not be there yet.
pub(super) fn create_private(path: &Path, is_new: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).create_new(is_new);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[async_trait]
impl Store for Sqlite {
    async fn add(&self, item: NewItem, idempotency: Option<Idempotency>) -> Result<Added, StoreError> {
        self.add_new(move |db| items::add(db, &item, idempotency.as_ref())).await
    }

    async fn added_before(&self, idempotency: Idempotency) -> Result<Option<Added>, StoreError> {
        self.read(move |db| items::added_before(db, &idempotency)).await
    }

    fn version(&self) -> Option<u64> {
        let watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ask = watcher.as_ref()?.prepare_cached("pragma data_version").ok()?;
        ask.query_row([], |row| row.get::<_, u32>(0)).ok().map(u64::from)
    }

    async fn feed(&self, query: FeedQuery) -> Result<Page<Post>, StoreError> {
        self.read(move |db| items::feed(db, &query)).await
    }

    async fn search(&self, query: SearchQuery) -> Result<Page<Post>, StoreError> {
        self.read(move |db| search::search(db, &query)).await
    }

    async fn index(&self) -> Result<u64, StoreError> {
        let mut n_indexed = 0;
        loop {
            // A transaction each, so that others can write in between.
            let n_posts = self.write(search::add_block).await?;
            if n_posts == 0 {
                return Ok(n_indexed);
            }
            n_indexed += n_posts as u64;
        }
    }

    async fn post(&self, id: ItemId) -> Result<Option<Post>, StoreError> {
        self.read(move |db| items::post(db, id)).await
    }

    async fn replies(
        &self,
        post: ItemId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Option<Page<Reply>>, StoreError> {
        self.read(move |db| items::replies(db, post, after, limit)).await
    }

    async fn site_of(&self, item: ItemId) -> Result<Option<SiteId>, StoreError> {
        self.read(move |db| items::site_of(db, item)).await
    }

    async fn vote(&self, vote: Vote) -> Result<Option<VoteCounts>, StoreError> {
        self.add_new(move |db| votes::vote(db, &vote)).await
    }

    async fn unvote(&self, vote: Vote) -> Result<Option<VoteCounts>, StoreError> {
        self.write(move |db| votes::unvote(db, &vote)).await
    }

    async fn own(&self, recovery: RecoveryHash) -> Result<Option<OwnItem>, StoreError> {
        self.read(move |db| own::own(db, &recovery)).await
    }

    async fn edit_own(&self, recovery: RecoveryHash, edit: Edit) -> Result<Option<Edited>, StoreError> {
        self.add_new(move |db| own::edit(db, &recovery, &edit)).await
    }

    async fn say_own(
        &self,
        recovery: RecoveryHash,
        text: String,
        at: i64,
        idempotency: Option<Idempotency>,
    ) -> Result<Option<Said>, StoreError> {
        self.add_new(move |db| side_texts::say_own(db, &recovery, &text, at, idempotency.as_ref())).await
    }

    async fn said_before(&self, text: String, idempotency: Idempotency) -> Result<Option<Said>, StoreError> {
        self.read(move |db| side_texts::said_before(db, &text, &idempotency)).await
    }

    async fn say(
        &self,
        item: ItemId,
        moderator: ModeratorId,
        text: String,
        at: i64,
    ) -> Result<Option<Said>, StoreError> {
        self.write(move |db| side_texts::say(db, item, moderator, &text, at)).await
    }

    async fn object(
        &self,
        recovery: RecoveryHash,
        text: Option<String>,
        at: i64,
    ) -> Result<Option<Objected>, StoreError> {
        self.write(move |db| objections::object(db, &recovery, text.as_deref(), at)).await
    }

    async fn delete_own(&self, recovery: RecoveryHash) -> Result<Option<OwnItem>, StoreError> {
        self.forget(move |db| own::delete(db, &recovery)).await
    }

    async fn queue(
        &self,
        reach: Reach,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<Queued>, StoreError> {
        self.read(move |db| queue::queue(db, &reach, after, limit)).await
    }

    async fn find(&self, query: FindQuery) -> Result<Finds, StoreError> {
        self.read(move |db| find::find(db, &query)).await
    }

    async fn decide(&self, decision: NewDecision) -> Result<Option<Result<State, Undecided>>, StoreError> {
        self.write(move |db| queue::decide(db, &decision)).await
    }

    async fn settle_proposal(&self, settlement: NewSettlement) -> Result<Option<Settled>, StoreError> {
        self.write(move |db| proposals::settle(db, &settlement)).await
    }

    async fn claim(&self, claim: NewClaim) -> Result<Option<Claimed>, StoreError> {
        self.write(move |db| claims::claim(db, &claim)).await
    }

    async fn release(&self, item: ItemId, moderator: ModeratorId) -> Result<(), StoreError> {
        self.write(move |db| claims::release(db, item, moderator)).await
    }

    async fn hand_over(&self, hand_over: NewHandOver) -> Result<Option<HandedOver>, StoreError> {
        self.write(move |db| claims::hand_over(db, &hand_over)).await
    }

    async fn audit(&self, from: AuditFrom, limit: usize) -> Result<Vec<AuditLine>, StoreError> {
        self.read(move |db| audit::lines(db, from, limit)).await
    }

    async fn counted(&self, site: SiteId, quarter: Quarter) -> Result<Vec<Counted>, StoreError> {
        self.read(move |db| tallies::of_quarter(db, &site, quarter)).await
    }

    async fn last_decision(&self, item: ItemId) -> Result<Option<PastDecision>, StoreError> {
        self.read(move |db| claims::last_decision(db, item)).await
    }

    async fn thread(&self, item: ItemId, replies: Replies) -> Result<Option<Thread>, StoreError> {
        self.read(move |db| thread::thread(db, item, replies)).await
    }

    async fn escalate(&self, escalation: NewEscalation) -> Result<Option<Escalated>, StoreError> {
        self.write(move |db| outbox::escalate(db, &escalation)).await
    }

    async fn notices(&self, limit: usize) -> Result<Vec<Notice>, StoreError> {
        self.read(move |db| outbox::notices(db, limit)).await
    }

    async fn address(&self, notice: NoticeId, deliveries: Vec<NewDelivery>) -> Result<(), StoreError> {
        self.write(move |db| outbox::address(db, notice, &deliveries)).await
    }

    async fn claim_deliveries(&self, now: i64, limit: usize) -> Result<Vec<DueDelivery>, StoreError> {
        // Mostly nothing is due: then nothing is written either.
        let is_due = self.read(move |db| outbox::is_due(db, now)).await?;
        if is_due { self.write(move |db| outbox::claim(db, now, limit)).await } else { Ok(Vec::new()) }
    }

    async fn settle_delivery(&self, id: String, n_tries: u32, tried: Tried) -> Result<(), StoreError> {
        self.write(move |db| outbox::settle(db, &id, n_tries, tried)).await
    }

    async fn dead_deliveries(&self, reach: Reach) -> Result<Vec<Delivery>, StoreError> {
        self.read(move |db| outbox::dead(db, &reach)).await
    }

    async fn resend_delivery(&self, id: String, reach: Reach, at: i64) -> Result<bool, StoreError> {
        self.write(move |db| outbox::resend(db, &id, &reach, at)).await
    }

    async fn discard_delivery(&self, id: String, reach: Reach) -> Result<bool, StoreError> {
        self.write(move |db| outbox::discard(db, &id, &reach)).await
    }

    async fn site_settings(&self, site: SiteId) -> Result<SiteSettings, StoreError> {
        self.read(move |db| sites::settings(db, &site)).await
    }

    async fn change_site(
        &self,
        site: SiteId,
        what: SiteSetting,
        moderator: Option<ModeratorId>,
        at: i64,
    ) -> Result<(), StoreError> {
        self.write(move |db| sites::change(db, &site, what, moderator, at)).await
    }

    async fn site_changes(&self, site: SiteId) -> Result<Vec<SiteChange>, StoreError> {
        self.read(move |db| sites::changes(db, &site)).await
    }

    async fn waiting(&self, site: SiteId, limit: usize) -> Result<Vec<i64>, StoreError> {
        self.read(move |db| sites::waiting(db, &site, limit)).await
    }

    async fn notice_late(&self, site: SiteId, at: i64) -> Result<bool, StoreError> {
        self.write(move |db| sites::notice_late(db, &site, at)).await
    }

    async fn playbook(&self, site: SiteId) -> Result<Option<Playbook>, StoreError> {
        self.read(move |db| site_texts::playbook(db, &site)).await
    }

    async fn put_playbook(
        &self,
        site: SiteId,
        playbook: Playbook,
        moderator: ModeratorId,
        at: i64,
    ) -> Result<(), StoreError> {
        self.forget(move |db| site_texts::put_playbook(db, &site, &playbook, moderator, at)).await
    }

    async fn reasons(&self, site: SiteId) -> Result<Option<Vec<ReasonTemplate>>, StoreError> {
        self.read(move |db| site_texts::reasons(db, &site)).await
    }

    async fn put_reasons(
        &self,
        site: SiteId,
        reasons: Vec<ReasonTemplate>,
        moderator: ModeratorId,
        at: i64,
    ) -> Result<(), StoreError> {
        self.forget(move |db| site_texts::put_reasons(db, &site, &reasons, moderator, at)).await
    }

    async fn begin_drill(&self, drill: NewDrill) -> Result<bool, StoreError> {
        self.write(move |db| drills::begin(db, &drill)).await
    }

    async fn stop_drill(&self, site: SiteId, by: ModeratorId, at: i64) -> Result<bool, StoreError> {
        self.forget(move |db| drills::stop(db, &site, by, at)).await
    }

    async fn end_drills(&self, at: i64, is_restart: bool) -> Result<u64, StoreError> {
        // Mostly nothing runs: then nothing is written either.
        let is_due = self.read(move |db| drills::is_due(db, at, is_restart)).await?;
        if is_due { self.forget(move |db| drills::end_due(db, at, is_restart)).await } else { Ok(0) }
    }

    async fn drills(&self, site: SiteId) -> Result<Vec<Drill>, StoreError> {
        self.read(move |db| drills::list(db, &site)).await
    }

    async fn listen(&self) -> Result<Listener<Published>, StoreError> {
        Ok(self.teller.listen())
    }

    async fn listen_at_desk(&self) -> Result<Listener<AtDesk>, StoreError> {
        Ok(self.teller.listen_at_desk())
    }

    async fn listen_to_servers(&self) -> Result<Option<Listener<Vec<u8>>>, StoreError> {
        Ok(None)
    }

    async fn tell_servers(&self, _messages: Vec<Vec<u8>>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn home_of(&self, item: ItemId) -> Result<Option<SiteId>, StoreError> {
        self.read(move |db| items::home_of(db, item)).await
    }

    async fn report(&self, report: NewReport) -> Result<Option<Reported>, StoreError> {
        self.write(move |db| reports::report(db, &report)).await
    }

    async fn report_of(&self, receipt: SecretHash) -> Result<Option<ReportStanding>, StoreError> {
        self.read(move |db| reports::report_of(db, &receipt)).await
    }

    async fn flag(&self, item: ItemId, flag: Flag, at: i64) -> Result<bool, StoreError> {
        self.write(move |db| reports::flag(db, item, flag, at)).await
    }

    async fn recent_texts(&self, since: i64, limit: usize) -> Result<Vec<RecentText>, StoreError> {
        self.read(move |db| items::recent_texts(db, since, limit)).await
    }

    async fn see_moderator(&self, reach: Reach, at: i64) -> Result<(), StoreError> {
        self.write(move |db| reports::see_moderator(db, &reach, at)).await
    }

    async fn report_line(&self, report: NewLineReport) -> Result<bool, StoreError> {
        self.add_new(move |db| line_reports::add(db, &report)).await
    }

    async fn line_reports(
        &self,
        reach: Reach,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<LineReport>, StoreError> {
        self.read(move |db| line_reports::list(db, &reach, after, limit)).await
    }

    async fn cards(&self, site: SiteId) -> Result<Option<Vec<Card>>, StoreError> {
        self.read(move |db| cards::list(db, &site)).await
    }

    async fn put_cards(
        &self,
        site: SiteId,
        cards: Vec<Card>,
        moderator: Option<ModeratorId>,
        at: i64,
    ) -> Result<(), StoreError> {
        self.forget(move |db| cards::put(db, &site, &cards, moderator, at)).await
    }

    async fn add_account(
        &self,
        name: String,
        role: Option<Role>,
        at: i64,
    ) -> Result<Option<Moderator>, StoreError> {
        self.write(move |db| moderators::add(db, &name, role, at)).await
    }

    async fn moderators(&self) -> Result<Vec<Moderator>, StoreError> {
        self.read(moderators::all).await
    }

    async fn set_role(&self, role: NewRole) -> Result<RoleChanged, StoreError> {
        self.write(move |db| roles::set(db, &role)).await
    }

    async fn close_moderator(&self, name: String, at: i64) -> Result<bool, StoreError> {
        self.write(move |db| moderators::close(db, &name, at)).await
    }

    async fn add_sign_in_code(
        &self,
        name: String,
        code: SecretHash,
        at: i64,
        expires_at: i64,
    ) -> Result<bool, StoreError> {
        self.write(move |db| moderators::add_sign_in_code(db, &name, &code, at, expires_at)).await
    }

    async fn sign_in(
        &self,
        code: SecretHash,
        session: NewSession,
    ) -> Result<Option<OpenSession>, StoreError> {
        self.write(move |db| sessions::sign_in(db, &code, &session)).await
    }

    async fn take_attempt(
        &self,
        name: String,
        name_hash: SecretHash,
        now: i64,
    ) -> Result<Attempt, StoreError> {
        self.write(move |db| attempts::take(db, &name, &name_hash, now)).await
    }

    async fn forgive_attempts(&self, moderator: ModeratorId) -> Result<(), StoreError> {
        self.write(move |db| attempts::forgive(db, moderator)).await
    }

    async fn sign_in_by_password(
        &self,
        moderator: ModeratorId,
        password: String,
        second: SecondFactor,
        session: NewSession,
    ) -> Result<Option<OpenSession>, StoreError> {
        self.write(move |db| sessions::sign_in_by_password(db, moderator, &password, second, &session)).await
    }

    async fn session(&self, session: SecretHash, now: i64) -> Result<Option<OpenSession>, StoreError> {
        self.read(move |db| sessions::session(db, &session, now)).await
    }

    async fn see_session(&self, session: SessionId, at: i64) -> Result<(), StoreError> {
        self.write(move |db| sessions::see(db, session, at)).await
    }

    async fn sessions(&self, moderator: ModeratorId, now: i64) -> Result<Vec<ListedSession>, StoreError> {
        self.read(move |db| sessions::of(db, moderator, now)).await
    }

    async fn end_session(
        &self,
        moderator: ModeratorId,
        session: SessionId,
        at: i64,
    ) -> Result<bool, StoreError> {
        self.write(move |db| sessions::end(db, moderator, session, at)).await
    }

    async fn end_other_sessions(
        &self,
        moderator: ModeratorId,
        kept: SessionId,
        at: i64,
    ) -> Result<(), StoreError> {
        self.write(move |db| sessions::end_the_others(db, moderator, kept, at)).await
    }

    async fn account(&self, moderator: ModeratorId) -> Result<AccountState, StoreError> {
        self.read(move |db| credentials::account(db, moderator)).await
    }

    async fn set_password(
        &self,
        moderator: ModeratorId,
        password: String,
        kept: SessionId,
        at: i64,
    ) -> Result<bool, StoreError> {
        self.write(move |db| credentials::set_password(db, moderator, &password, kept, at)).await
    }

    async fn begin_authenticator(
        &self,
        moderator: ModeratorId,
        sealed: Vec<u8>,
        at: i64,
    ) -> Result<bool, StoreError> {
        self.write(move |db| credentials::begin_authenticator(db, moderator, &sealed, at)).await
    }

    async fn new_authenticator(
        &self,
        moderator: ModeratorId,
        now: i64,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(move |db| credentials::new_authenticator(db, moderator, now)).await
    }

    async fn set_authenticator(
        &self,
        moderator: ModeratorId,
        sealed: Vec<u8>,
        step: i64,
        codes: Vec<SecretHash>,
        at: i64,
    ) -> Result<bool, StoreError> {
        self.write(move |db| credentials::set_authenticator(db, moderator, &sealed, step, &codes, at)).await
    }

    async fn set_recovery_codes(
        &self,
        moderator: ModeratorId,
        codes: Vec<SecretHash>,
        at: i64,
    ) -> Result<bool, StoreError> {
        self.write(move |db| credentials::set_recovery_codes(db, moderator, &codes, at)).await
    }

    async fn reset_moderator(&self, name: String, at: i64) -> Result<bool, StoreError> {
        self.write(move |db| moderators::reset(db, &name, at)).await
    }

    async fn sign_out(&self, session: SecretHash) -> Result<(), StoreError> {
        self.write(move |db| sessions::sign_out(db, &session)).await
    }

    async fn purge(&self, now: i64, unpublished_before: i64) -> Result<u64, StoreError> {
        for import in self.read(move |db| imports::begun_before(db, Some(unpublished_before))).await? {
            self.abandon_import(import).await?;
        }
        while self.write(imports::sweep).await? > 0 {}
        self.write(move |db| purge::expired(db, now)).await?;
        self.write(move |db| line_reports::purge(db, now)).await?;
        self.write(move |db| reports::purge(db, now)).await?;
        self.write(move |db| outbox::purge(db, now)).await?;
        self.write(move |db| tallies::add_up(db, now)).await?;
        self.forget(move |db| purge::changes(db, unpublished_before)).await?;
        let mut n_purged = 0;
        loop {
            let n_items = self.forget(move |db| purge::items(db, unpublished_before)).await?;
            if n_items == 0 {
                break;
            }
            n_purged += n_items;
        }
        self.writer.maintain(purge::compact).await?;
        Ok(n_purged)
    }

    async fn purge_published(&self, site: SiteId, before: i64) -> Result<u64, StoreError> {
        let mut n_purged = 0;
        loop {
            let site = site.clone();
            let n_items = self.forget(move |db| purge::published(db, &site, before)).await?;
            if n_items == 0 {
                return Ok(n_purged);
            }
            n_purged += n_items;
        }
    }

    async fn backup(&self, file: &Path, terms: CopyTerms) -> Result<(), StoreError> {
        let (path, copy) = (self.path.clone(), file.to_owned());
        tokio::task::spawn_blocking(move || backup(&path, &copy, terms))
            .await
            .map_err(StoreError::database)?
    }

    async fn import_of(&self, site: SiteId, file_hash: [u8; 32]) -> Result<Option<Import>, StoreError> {
        self.read(move |db| imports::of_file(db, &site, &file_hash)).await
    }

    async fn unfinished_imports(&self, site: SiteId) -> Result<Vec<Import>, StoreError> {
        self.read(move |db| imports::unfinished(db, &site)).await
    }

    async fn begin_import(&self, import: NewImport) -> Result<ImportId, StoreError> {
        self.write(move |db| imports::begin(db, &import)).await
    }

    async fn stage_import(&self, import: ImportId, items: Vec<ImportedItem>) -> Result<(), StoreError> {
        self.add_new(move |db| imports::stage(db, import, &items)).await
    }

    async fn finish_import(&self, import: ImportId, n_items: u64, at: i64) -> Result<(), StoreError> {
        self.write(move |db| imports::finish(db, import, n_items, at)).await?;
        while self.write(imports::sweep).await? > 0 {}
        Ok(())
    }

    async fn abandon_import(&self, import: ImportId) -> Result<u64, StoreError> {
        while self.write(imports::sweep).await? > 0 {}
        let mut n_abandoned = 0;
        loop {
            let n_items = self.forget(move |db| imports::abandon(db, import)).await?;
            if n_items == 0 {
                break;
            }
            n_abandoned += n_items;
        }
        self.writer.maintain(purge::compact).await?;
        Ok(n_abandoned)
    }

    async fn export(
        &self,
        site: SiteId,
        is_all: bool,
        to: Sender<Vec<ExportedItem>>,
    ) -> Result<(), StoreError> {
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || export::export(&path, &site, is_all, &to))
            .await
            .map_err(StoreError::database)?
    }

    async fn doubts_clock(&self, now: i64) -> Result<Option<i64>, StoreError> {
        self.write(move |db| clock::doubts(db, now)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read(|db| Ok(db.query_row("select key from upkeep", [], |_| Ok(()))?)).await
    }

    async fn close(&self) {
        self.teller.break_off();
        self.readers.free.close();
        self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.watcher.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.writer.close().await;
    }
}

/// Copies what is committed now, without the unused space, while others read and write. Deletions that happen meanwhile
/// are answered when the copy is done: it reads from the log that they have to empty.
fn backup(path: &Path, copy: &Path, terms: CopyTerms) -> Result<(), StoreError> {
    let file = create_private(copy, true).map_err(StoreError::database)?;
    let connection = open_to_read(path)?;
    connection.execute(
        "vacuum into ?1",
        [copy.to_str().ok_or_else(|| StoreError::database("the path is not UTF-8"))?],
    )?;
    let connection = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    write_terms(&connection, terms)?;
    connection.close().map_err(|(_, error)| error)?;
    file.sync_all().map_err(StoreError::database)?;
    check_copy(copy).map(drop)
}

/// Writes into a copy how long it may be kept.
pub(super) fn write_terms(copy: &Connection, terms: CopyTerms) -> Result<(), StoreError> {
    execute(
        copy,
        "insert or replace into copy_terms (key, made_at, expires_at) values (1, ?1, ?2)",
        (terms.made_at, terms.expires_at),
    )?;
    // However old the copy is when it is restored, what is past its time by then is purged at once.
    execute(copy, "delete from clock", ())?;
    Ok(())
}

/// How long a copy may be kept; `None` when it was made before copies said so.
pub(super) fn terms(copy: &Path) -> Result<Option<CopyTerms>, StoreError> {
    let copy = check_copy(copy)?;
    first(&copy, "select made_at, expires_at from copy_terms where key = 1", (), |row| {
        Ok(CopyTerms { made_at: row.get(0)?, expires_at: row.get(1)? })
    })
}

/// Makes an empty database for a copy.
pub(super) fn create_copy(copy: &Path) -> Result<Connection, StoreError> {
    create_private(copy, true).map_err(StoreError::database)?;
    let mut connection = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    settle(&connection)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Closes a copy, and flushes and checks it.
pub(super) fn finish_copy(connection: Connection, copy: &Path) -> Result<(), StoreError> {
    connection.close().map_err(|(_, error)| error)?;
    File::open(copy).and_then(|file| file.sync_all()).map_err(StoreError::database)?;
    check_copy(copy).map(drop)
}

/// Opens a copy, which is whole and of a version that this program knows. A copy of an older version is brought up to
/// date in memory.
pub(super) fn check_copy(copy: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let verdict: String = connection.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(StoreError::database("the copy is damaged"));
    }
    match Migrations::from_slice(MIGRATIONS).current_version(&connection).map_err(StoreError::database)? {
        SchemaVersion::Outside(_) => Err(StoreError::NewerSchema),
        SchemaVersion::NoneSet => {
            Err(StoreError::database("the file is not a copy of a store, or it was never finished"))
        }
        SchemaVersion::Inside(version) if version.get() == MIGRATIONS.len() => Ok(connection),
        SchemaVersion::Inside(_) => {
            let mut memory = Connection::open_in_memory()?;
            rusqlite::backup::Backup::new(&connection, &mut memory)?.run_to_completion(
                1_000,
                Duration::ZERO,
                None,
            )?;
            migrate(&mut memory)?;
            Ok(memory)
        }
    }
}

/// The first row of a query, if any.
fn first<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

/// All rows of a query.
fn all<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    db.prepare_cached(sql)?.query_and_then(params, read)?.collect()
}

/// Runs a statement; how many rows it changed.
fn execute(db: &Connection, sql: &str, params: impl Params) -> Result<usize, StoreError> {
    Ok(db.prepare_cached(sql)?.execute(params)?)
}

/// A state as `items` keeps it.
const fn state_number(state: State) -> i64 {
    match state {
        State::Held => 0,
        State::Published => 1,
        State::Declined => 2,
        State::Hidden => 3,
        State::Deleted => 4,
    }
}

/// SQLite's integers are signed.
fn bits(id: ItemId) -> i64 {
    id.bits().cast_signed()
}

/// The ids of the sites in `reach`, each between spaces, for `instr`; `None` where all are meant.
fn sites_in(reach: &Reach) -> Option<String> {
    let Reach::Sites(sites) = reach else { return None };
    Some(sites.iter().fold(" ".to_owned(), |ids, site| ids + site.as_str() + " "))
}

fn item_id(row: &Row<'_>, column: &str) -> Result<ItemId, StoreError> {
    Ok(ItemId::from_bits(row.get::<_, i64>(column)?.cast_unsigned()))
}

/// Reads a text column of `items` or beside it into a type that parses.
fn parsed<T: std::str::FromStr>(
    row: &Row<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    let text = row.get_ref(column)?.as_str().map_err(|_| corrupt(table, column, key(row)))?;
    text.parse().map_err(|_| corrupt(table, column, key(row)))
}

fn parsed_if_any<T: std::str::FromStr>(
    row: &Row<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<Option<T>, StoreError> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => parsed(row, table, column).map(Some),
    }
}

/// The row's key, for errors.
fn key(row: &Row<'_>) -> i64 {
    row.get("key").unwrap_or_default()
}

fn kind(row: &Row<'_>) -> Result<Option<Kind>, StoreError> {
    row.get_ref("kind")?
        .as_str_or_null()
        .map_err(|_| corrupt("items", "kind", key(row)))?
        .map(|letter| super::kind_of_letter(letter).ok_or_else(|| corrupt("items", "kind", key(row))))
        .transpose()
}

fn author(row: &Row<'_>) -> Result<Option<AuthorTag>, StoreError> {
    Ok(row.get::<_, Option<[u8; 8]>>("author")?.map(AuthorTag::from_bytes))
}

fn notes(row: &Row<'_>) -> Result<ContentNotes, StoreError> {
    let [bits] = row.get("notes")?;
    ContentNotes::from_bits(bits).ok_or_else(|| corrupt("item_texts", "notes", key(row)))
}

fn counts(row: &Row<'_>) -> Result<VoteCounts, StoreError> {
    Ok(VoteCounts { heard: row.get("n_heard")?, helped: row.get("n_helped")?, me_too: row.get("n_me_too")? })
}

fn flags(row: &Row<'_>) -> Result<Flags, StoreError> {
    let bits = row.get::<_, i64>("flags")?;
    flags_of_bits(bits).ok_or_else(|| corrupt("items", "flags", key(row)))
}

fn cursor_key(db: &Connection, after: Option<Cursor>, first: i64) -> Result<(i64, i64), StoreError> {
    let Some(cursor) = after else { return Ok((first, first)) };
    let found =
        self::first(db, "select key from items where id = ?1", [bits(cursor.item)], |row| Ok(row.get(0)?))?;
    // An item that was purged since leaves its moment; others of the same millisecond count as seen.
    Ok((cursor.key, found.unwrap_or(!first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// See `.cargo/config.toml`: nothing else would show it but memory and processors.
    #[test]
    fn connections_do_not_wait_for_each_others_pages() {
        let connection = Connection::open_in_memory().unwrap();
        let options: Vec<String> =
            all(&connection, "pragma compile_options", (), |row| Ok(row.get(0)?)).unwrap();

        assert!(!options.contains(&"ENABLE_MEMORY_MANAGEMENT".into()), "{options:?}");
        assert!(options.contains(&"DEFAULT_MEMSTATUS=0".into()), "{options:?}");
    }
}
