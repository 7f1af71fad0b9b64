//! PostgreSQL, for any number of servers on one database.
//!
//! What is deleted leaves the tables' files before the deletion is acknowledged. PostgreSQL's write-ahead log still holds
//! it until its segments are used again: `checkpoint_timeout` and `max_wal_size` say how soon, and an archive of the log
//! or a standby keeps it as long as its owner lets it.

mod attempts;
mod audit;
mod cards;
mod claims;
mod clock;
mod credentials;
mod drills;
mod export;
mod find;
pub(super) mod hosts;
mod imports;
mod items;
mod line_reports;
mod live;
mod moderators;
mod objections;
mod outbox;
mod own;
mod proposals;
mod purge;
mod queue;
mod reports;
mod rewrite;
mod roles;
mod schema;
mod search;
mod sessions;
mod side_texts;
mod site_texts;
mod sites;
mod standby;
mod tallies;
mod thread;
mod votes;

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
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
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow};
use sqlx::{Connection, Executor, Row};
use tokio::sync::OnceCell;
use tokio::sync::mpsc::Sender;

use self::hosts::Hosts;
use self::rewrite::Rewriter;
use self::schema::Change;
use self::standby::Standby;
use super::live::{Listener, Teller};
use super::{
    AccountState, Added, AtDesk, Attempt, AuditFrom, Claimed, CopyTerms, DueDelivery, Edit, Edited,
    Escalated, ExportedItem, FeedQuery, FindQuery, Finds, HandedOver, Idempotency, Import, ImportId,
    ImportedItem, ListedSession, Moderator, ModeratorId, NewClaim, NewDecision, NewDelivery, NewDrill,
    NewEscalation, NewHandOver, NewImport, NewItem, NewLineReport, NewReport, NewRole, NewSession,
    NewSettlement, Notice, NoticeId, Objected, OpenSession, OwnItem, Published, Queued, RecentText, Replies,
    ReportStanding, Reported, RoleChanged, Said, SearchQuery, SecondFactor, SecretHash, SessionId, Settled,
    SiteSettings, Store, StoreError, Tried, Undecided, Vote, corrupt, flags_of_bits, kind_of_letter,
};

/// Connections of one server, of which one listens. PostgreSQL allows 100 at first, so several servers fit.
const MAX_CONNECTIONS: u32 = 16;
/// How long a request waits for a connection before it fails: longer, and its visitor has gone.
const CONNECTION_WITHIN: Duration = Duration::from_secs(10);
/// How long the database may take to say that it is there.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// What every connection is set to, unless the database's owner chose otherwise.
///
/// What is acknowledged must be on the disk, whatever was chosen for others. Compiling a statement takes longer than any of
/// these runs; it begins with many posts only. No statement runs for ever, long after its visitor has gone, and no transaction
/// of a server that was cut off or stopped in the middle keeps its locks from the others; [`unhurried`] says what may.
const SETTINGS: &str = "select set_config(
       name,
       case name
         when 'synchronous_commit' then 'on'
         when 'jit' then 'off'
         when 'statement_timeout' then '60s'
         else '10s'
       end,
       false)
     from pg_settings
     where (name, setting) in (
       ('synchronous_commit', 'off'), ('jit', 'on'), ('statement_timeout', '0'), ('idle_in_transaction_session_timeout', '0')
     )";
/// How often a transaction that met another one is run again. Each time one of them gets through.
const MAX_RUNS: u32 = 10;

/// A store in a PostgreSQL database, which it may share with other servers.
pub struct Postgres {
    pool: PgPool,
    hosts: Arc<Hosts>,
    rewriter: Arc<Rewriter>,
    teller: Arc<Teller>,
    /// Done when this server listens: the first who wants to hear something makes it.
    listening: OnceCell<()>,
    /// Where what is published may be read as well; `None` when the owner did not ask for that.
    standby: Option<Arc<Standby>>,
}

impl Postgres {
    /// Connects, and brings the schema up to date; of several servers that start at once, one does.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached, was written by a newer version of this program that this one does not bear, or is
    /// used by an older one that does not bear this.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_knowing(url, schema::CHANGES).await
    }

    /// As [`connect`](Self::connect); what is published is read at a machine that stands by, while one does.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn connect_reading_standby(url: &str) -> Result<Self, StoreError> {
        let mut store = Self::connect(url).await?;
        let standby = Arc::new(Standby::new());
        tokio::spawn(standby.clone().follow(store.hosts.clone(), store.pool.clone()));
        store.standby = Some(standby);
        Ok(store)
    }

    /// As a version that knows these `changes` of the schema.
    async fn connect_knowing(url: &str, changes: &'static [Change]) -> Result<Self, StoreError> {
        let hosts = Arc::new(Hosts::parse(url, &schema::program_name(changes))?);
        if hosts.are_several() {
            hosts.choose().await;
        }
        let (of_new, of_idle, of_released) = (hosts.clone(), hosts.clone(), hosts.clone());
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(CONNECTION_WITHIN)
            .after_connect(move |connection, _| {
                let hosts = of_new.clone();
                Box::pin(async move {
                    if hosts.are_several() && !hosts::takes_writes(connection).await {
                        return Err(sqlx::Error::Configuration(
                            "this machine of the database only stands by".into(),
                        ));
                    }
                    connection.execute(SETTINGS).await?;
                    Ok(())
                })
            })
            // sqlx would ask, too, but wait for ever for a machine that a broken network hides.
            .test_before_acquire(false)
            .before_acquire(move |connection, is| {
                let is_outdated = of_idle.is_outdated(is.age);
                Box::pin(answers(connection, is_outdated))
            })
            .after_release(move |connection, is| {
                let is_outdated = of_released.is_outdated(is.age);
                Box::pin(answers(connection, is_outdated))
            })
            .connect_with(hosts.options())
            .await?;
        if hosts.are_several() {
            tokio::spawn(hosts.clone().follow(pool.clone()));
        }
        migrate(&pool, changes).await?;
        let rewriter = Arc::new(Rewriter::new(pool.clone()));
        rewriter.finish_all().await?;
        let teller = Arc::new(Teller::new());
        Ok(Self { pool, hosts, rewriter, teller, listening: OnceCell::new(), standby: None })
    }

    /// The teller, when this server listens.
    async fn listening_teller(&self) -> Result<&Teller, StoreError> {
        let start = || live::start(self.pool.clone(), self.teller.clone(), self.standby.clone());
        self.listening.get_or_try_init(start).await?;
        Ok(&self.teller)
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Reads what is published where that may be done, and else where it is written.
    async fn read_published<T, F: Future<Output = Result<T, StoreError>> + Send>(
        &self,
        read: impl Fn(PgPool) -> F + Send + Sync,
    ) -> Result<T, StoreError> {
        match self.at_standby(&read).await {
            Some(found) => Ok(found),
            None => read(self.pool.clone()).await,
        }
    }

    /// As [`read_published`](Self::read_published), of one item: what is not known where it is read may have come since.
    async fn find_published<T, F: Future<Output = Result<Option<T>, StoreError>> + Send>(
        &self,
        read: impl Fn(PgPool) -> F + Send + Sync,
    ) -> Result<Option<T>, StoreError> {
        match self.at_standby(&read).await.flatten() {
            Some(found) => Ok(Some(found)),
            None => read(self.pool.clone()).await,
        }
    }

    /// What `read` finds at a machine that stands by; `None` when none may be read at, or it fails.
    async fn at_standby<T, F: Future<Output = Result<T, StoreError>> + Send>(
        &self,
        read: impl Fn(PgPool) -> F + Send + Sync,
    ) -> Option<T> {
        let standby = self.standby.as_ref()?;
        let found = tokio::time::timeout(ANSWER_WITHIN, read(standby.pool()?)).await;
        if !matches!(found, Ok(Ok(_))) {
            standby.has_failed();
        }
        found.ok()?.ok()
    }

    /// As [`until_alone`], of what changes what everyone reads: who reads here afterwards finds it changed.
    async fn until_found<T, F: Future<Output = Result<T, StoreError>> + Send>(
        &self,
        run: impl FnMut() -> F + Send,
    ) -> Result<T, StoreError> {
        let outcome = until_alone(run).await;
        if let Some(standby) = &self.standby {
            standby.owes();
        }
        outcome
    }
}

/// Connections to a machine that stands by. Who does not get one soon reads where it is written.
fn standby_pool(options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(ANSWER_WITHIN)
        .after_connect(|connection, _| Box::pin(async { connection.execute(SETTINGS).await.map(drop) }))
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(answers(connection, false)))
        .after_release(|connection, _| Box::pin(answers(connection, false)))
        .connect_lazy_with(options)
}

/// Whether a connection may be used: it was opened to the machine that is in use, and that answers.
async fn answers(connection: &mut PgConnection, is_outdated: bool) -> Result<bool, sqlx::Error> {
    if is_outdated {
        return Err(sqlx::Error::Protocol("it leads to a machine that is not in use any more".into()));
    }
    match tokio::time::timeout(ANSWER_WITHIN, connection.ping()).await {
        Ok(answered) => answered.map(|()| true),
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}

/// Lets the transaction take as long as it needs: copies, exports, what imports and rewrites in one go.
pub(super) async fn unhurried(tx: &mut PgConnection) -> Result<(), StoreError> {
    tx.execute("set local statement_timeout = 0").await?;
    tx.execute("set local idle_in_transaction_session_timeout = 0").await?;
    Ok(())
}

/// Brings the schema up to date.
async fn migrate(pool: &PgPool, changes: &'static [Change]) -> Result<(), StoreError> {
    // Of its own, and closed afterwards: a change of many rows, or waiting for another server that makes it, takes its time.
    let mut connection = pool.acquire().await?.detach();
    connection.execute("set statement_timeout = 0").await?;
    let migrated = schema::bring_up_to_date(&mut connection, changes).await;
    connection.close().await?;
    migrated
}

#[async_trait]
impl Store for Postgres {
    async fn add(&self, item: NewItem, idempotency: Option<Idempotency>) -> Result<Added, StoreError> {
        until_alone(|| items::add(&self.pool, &item, idempotency.as_ref())).await
    }

    async fn added_before(&self, idempotency: Idempotency) -> Result<Option<Added>, StoreError> {
        items::added_before(&mut *self.pool.acquire().await?, &idempotency).await
    }

    async fn feed(&self, query: FeedQuery) -> Result<Page<Post>, StoreError> {
        let query = &query;
        self.read_published(|pool| async move { items::feed(&mut *pool.acquire().await?, query).await }).await
    }

    async fn search(&self, query: SearchQuery) -> Result<Page<Post>, StoreError> {
        let query = &query;
        self.read_published(|pool| async move { search::search(&pool, query).await }).await
    }

    async fn index(&self) -> Result<u64, StoreError> {
        let mut n_indexed = 0;
        loop {
            let n_posts = until_alone(|| search::add_block(&self.pool)).await?;
            if n_posts == 0 {
                return Ok(n_indexed);
            }
            n_indexed += n_posts as u64;
        }
    }

    async fn post(&self, id: ItemId) -> Result<Option<Post>, StoreError> {
        self.find_published(|pool| async move { items::post(&pool, id).await }).await
    }

    async fn replies(
        &self,
        post: ItemId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Option<Page<Reply>>, StoreError> {
        self.find_published(|pool| async move {
            items::replies(&mut *pool.acquire().await?, post, after, limit).await
        })
        .await
    }

    async fn site_of(&self, item: ItemId) -> Result<Option<SiteId>, StoreError> {
        self.find_published(|pool| async move { items::site_of(&pool, item).await }).await
    }

    async fn vote(&self, vote: Vote) -> Result<Option<VoteCounts>, StoreError> {
        until_alone(|| votes::vote(&self.pool, &vote)).await
    }

    async fn unvote(&self, vote: Vote) -> Result<Option<VoteCounts>, StoreError> {
        until_alone(|| votes::unvote(&self.pool, &vote)).await
    }

    async fn own(&self, recovery: RecoveryHash) -> Result<Option<OwnItem>, StoreError> {
        own::own(&self.pool, &recovery).await
    }

    async fn edit_own(&self, recovery: RecoveryHash, edit: Edit) -> Result<Option<Edited>, StoreError> {
        self.until_found(|| own::edit(&self.pool, &recovery, &edit)).await
    }

    async fn say_own(
        &self,
        recovery: RecoveryHash,
        text: String,
        at: i64,
        idempotency: Option<Idempotency>,
    ) -> Result<Option<Said>, StoreError> {
        until_alone(|| side_texts::say_own(&self.pool, &recovery, &text, at, idempotency.as_ref())).await
    }

    async fn said_before(&self, text: String, idempotency: Idempotency) -> Result<Option<Said>, StoreError> {
        side_texts::said_before(&mut *self.pool.acquire().await?, &text, &idempotency).await
    }

    async fn say(
        &self,
        item: ItemId,
        moderator: ModeratorId,
        text: String,
        at: i64,
    ) -> Result<Option<Said>, StoreError> {
        until_alone(|| side_texts::say(&self.pool, item, moderator, &text, at)).await
    }

    async fn object(
        &self,
        recovery: RecoveryHash,
        text: Option<String>,
        at: i64,
    ) -> Result<Option<Objected>, StoreError> {
        until_alone(|| objections::object(&self.pool, &recovery, text.as_deref(), at)).await
    }

    async fn delete_own(&self, recovery: RecoveryHash) -> Result<Option<OwnItem>, StoreError> {
        let Some((item, partitions)) = self.until_found(|| own::delete(&self.pool, &recovery)).await? else {
            return Ok(None);
        };
        if partitions.is_empty() {
            // It was deleted before, perhaps by a call that is still rewriting.
            self.rewriter.finish_all().await?;
        }
        for partition in partitions {
            self.rewriter.rewrite(partition).await?;
        }
        Ok(Some(item))
    }

    async fn queue(
        &self,
        reach: Reach,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<Queued>, StoreError> {
        queue::queue(&mut *self.pool.acquire().await?, &reach, after, limit).await
    }

    async fn find(&self, query: FindQuery) -> Result<Finds, StoreError> {
        find::find(&mut *self.pool.acquire().await?, &query).await
    }

    async fn decide(&self, decision: NewDecision) -> Result<Option<Result<State, Undecided>>, StoreError> {
        self.until_found(|| queue::decide(&self.pool, &decision)).await
    }

    async fn settle_proposal(&self, settlement: NewSettlement) -> Result<Option<Settled>, StoreError> {
        self.until_found(|| proposals::settle(&self.pool, &settlement)).await
    }

    async fn claim(&self, claim: NewClaim) -> Result<Option<Claimed>, StoreError> {
        until_alone(|| claims::claim(&self.pool, &claim)).await
    }

    async fn release(&self, item: ItemId, moderator: ModeratorId) -> Result<(), StoreError> {
        until_alone(|| claims::release(&self.pool, item, moderator)).await
    }

    async fn hand_over(&self, hand_over: NewHandOver) -> Result<Option<HandedOver>, StoreError> {
        until_alone(|| claims::hand_over(&self.pool, &hand_over)).await
    }

    async fn audit(&self, from: AuditFrom, limit: usize) -> Result<Vec<AuditLine>, StoreError> {
        audit::lines(&self.pool, from, limit).await
    }

    async fn counted(&self, site: SiteId, quarter: Quarter) -> Result<Vec<Counted>, StoreError> {
        tallies::of_quarter(&self.pool, &site, quarter).await
    }

    async fn last_decision(&self, item: ItemId) -> Result<Option<PastDecision>, StoreError> {
        claims::last_decision(&self.pool, item).await
    }

    async fn thread(&self, item: ItemId, replies: Replies) -> Result<Option<Thread>, StoreError> {
        thread::thread(&mut *self.pool.acquire().await?, item, replies).await
    }

    async fn escalate(&self, escalation: NewEscalation) -> Result<Option<Escalated>, StoreError> {
        until_alone(|| outbox::escalate(&self.pool, &escalation)).await
    }

    async fn notices(&self, limit: usize) -> Result<Vec<Notice>, StoreError> {
        outbox::notices(&self.pool, limit).await
    }

    async fn address(&self, notice: NoticeId, deliveries: Vec<NewDelivery>) -> Result<(), StoreError> {
        until_alone(|| outbox::address(&self.pool, notice, &deliveries)).await
    }

    async fn claim_deliveries(&self, now: i64, limit: usize) -> Result<Vec<DueDelivery>, StoreError> {
        until_alone(|| outbox::claim(&self.pool, now, limit)).await
    }

    async fn settle_delivery(&self, id: String, n_tries: u32, tried: Tried) -> Result<(), StoreError> {
        until_alone(|| outbox::settle(&self.pool, &id, n_tries, tried)).await
    }

    async fn dead_deliveries(&self, reach: Reach) -> Result<Vec<Delivery>, StoreError> {
        outbox::dead(&self.pool, &reach).await
    }

    async fn resend_delivery(&self, id: String, reach: Reach, at: i64) -> Result<bool, StoreError> {
        until_alone(|| outbox::resend(&self.pool, &id, &reach, at)).await
    }

    async fn discard_delivery(&self, id: String, reach: Reach) -> Result<bool, StoreError> {
        until_alone(|| outbox::discard(&self.pool, &id, &reach)).await
    }

    async fn site_settings(&self, site: SiteId) -> Result<SiteSettings, StoreError> {
        sites::settings(&self.pool, &site).await
    }

    async fn change_site(
        &self,
        site: SiteId,
        what: SiteSetting,
        moderator: Option<ModeratorId>,
        at: i64,
    ) -> Result<(), StoreError> {
        until_alone(|| sites::change(&self.pool, &site, what, moderator, at)).await
    }

    async fn site_changes(&self, site: SiteId) -> Result<Vec<SiteChange>, StoreError> {
        sites::changes(&self.pool, &site).await
    }

    async fn waiting(&self, site: SiteId, limit: usize) -> Result<Vec<i64>, StoreError> {
        sites::waiting(&self.pool, &site, limit).await
    }

    async fn notice_late(&self, site: SiteId, at: i64) -> Result<bool, StoreError> {
        until_alone(|| sites::notice_late(&self.pool, &site, at)).await
    }

    async fn playbook(&self, site: SiteId) -> Result<Option<Playbook>, StoreError> {
        site_texts::playbook(&self.pool, &site).await
    }

    async fn put_playbook(
        &self,
        site: SiteId,
        playbook: Playbook,
        moderator: ModeratorId,
        at: i64,
    ) -> Result<(), StoreError> {
        until_alone(|| site_texts::put_playbook(&self.pool, &site, &playbook, moderator, at)).await
    }

    async fn reasons(&self, site: SiteId) -> Result<Option<Vec<ReasonTemplate>>, StoreError> {
        site_texts::reasons(&self.pool, &site).await
    }

    async fn put_reasons(
        &self,
        site: SiteId,
        reasons: Vec<ReasonTemplate>,
        moderator: ModeratorId,
        at: i64,
    ) -> Result<(), StoreError> {
        until_alone(|| site_texts::put_reasons(&self.pool, &site, &reasons, moderator, at)).await
    }

    async fn begin_drill(&self, drill: NewDrill) -> Result<bool, StoreError> {
        until_alone(|| drills::begin(&self.pool, &drill)).await
    }

    async fn stop_drill(&self, site: SiteId, by: ModeratorId, at: i64) -> Result<bool, StoreError> {
        let is_stopped = until_alone(|| drills::stop(&self.pool, &site, by, at)).await?;
        self.rewriter.finish_all().await?;
        Ok(is_stopped)
    }

    async fn end_drills(&self, at: i64, is_restart: bool) -> Result<u64, StoreError> {
        let n_ended = until_alone(|| drills::end_due(&self.pool, at, is_restart)).await?;
        if n_ended > 0 {
            self.rewriter.finish_all().await?;
        }
        Ok(n_ended)
    }

    async fn drills(&self, site: SiteId) -> Result<Vec<Drill>, StoreError> {
        drills::list(&mut *self.pool.acquire().await?, &site).await
    }

    async fn listen(&self) -> Result<Listener<Published>, StoreError> {
        Ok(self.listening_teller().await?.listen())
    }

    async fn listen_at_desk(&self) -> Result<Listener<AtDesk>, StoreError> {
        Ok(self.listening_teller().await?.listen_at_desk())
    }

    async fn listen_to_servers(&self) -> Result<Option<Listener<Vec<u8>>>, StoreError> {
        Ok(Some(self.listening_teller().await?.listen_to_servers()))
    }

    async fn tell_servers(&self, messages: Vec<Vec<u8>>) -> Result<(), StoreError> {
        live::tell_servers(&self.pool, &messages).await
    }

    async fn home_of(&self, item: ItemId) -> Result<Option<SiteId>, StoreError> {
        items::home_of(&self.pool, item).await
    }

    async fn report(&self, report: NewReport) -> Result<Option<Reported>, StoreError> {
        self.until_found(|| reports::report(&self.pool, &report)).await
    }

    async fn report_of(&self, receipt: SecretHash) -> Result<Option<ReportStanding>, StoreError> {
        reports::report_of(&self.pool, &receipt).await
    }

    async fn flag(&self, item: ItemId, flag: Flag, at: i64) -> Result<bool, StoreError> {
        until_alone(|| reports::flag(&self.pool, item, flag, at)).await
    }

    async fn recent_texts(&self, since: i64, limit: usize) -> Result<Vec<RecentText>, StoreError> {
        items::recent_texts(&self.pool, since, limit).await
    }

    async fn see_moderator(&self, reach: Reach, at: i64) -> Result<(), StoreError> {
        until_alone(|| reports::see_moderator(&self.pool, &reach, at)).await
    }

    async fn report_line(&self, report: NewLineReport) -> Result<bool, StoreError> {
        until_alone(|| line_reports::add(&self.pool, &report)).await
    }

    async fn line_reports(
        &self,
        reach: Reach,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<LineReport>, StoreError> {
        line_reports::list(&self.pool, &reach, after, limit).await
    }

    async fn cards(&self, site: SiteId) -> Result<Option<Vec<Card>>, StoreError> {
        cards::list(&mut *self.pool.acquire().await?, &site).await
    }

    async fn put_cards(
        &self,
        site: SiteId,
        cards: Vec<Card>,
        moderator: Option<ModeratorId>,
        at: i64,
    ) -> Result<(), StoreError> {
        until_alone(|| cards::put(&self.pool, &site, &cards, moderator, at)).await
    }

    async fn add_account(
        &self,
        name: String,
        role: Option<Role>,
        at: i64,
    ) -> Result<Option<Moderator>, StoreError> {
        until_alone(|| moderators::add(&self.pool, &name, role, at)).await
    }

    async fn moderators(&self) -> Result<Vec<Moderator>, StoreError> {
        moderators::all(&self.pool).await
    }

    async fn set_role(&self, role: NewRole) -> Result<RoleChanged, StoreError> {
        until_alone(|| roles::set(&self.pool, &role)).await
    }

    async fn close_moderator(&self, name: String, at: i64) -> Result<bool, StoreError> {
        until_alone(|| moderators::close(&self.pool, &name, at)).await
    }

    async fn add_sign_in_code(
        &self,
        name: String,
        code: SecretHash,
        at: i64,
        expires_at: i64,
    ) -> Result<bool, StoreError> {
        until_alone(|| moderators::add_sign_in_code(&self.pool, &name, &code, at, expires_at)).await
    }

    async fn sign_in(
        &self,
        code: SecretHash,
        session: NewSession,
    ) -> Result<Option<OpenSession>, StoreError> {
        until_alone(|| sessions::sign_in(&self.pool, &code, &session)).await
    }

    async fn take_attempt(
        &self,
        name: String,
        name_hash: SecretHash,
        now: i64,
    ) -> Result<Attempt, StoreError> {
        until_alone(|| attempts::take(&self.pool, &name, &name_hash, now)).await
    }

    async fn forgive_attempts(&self, moderator: ModeratorId) -> Result<(), StoreError> {
        until_alone(|| attempts::forgive(&self.pool, moderator)).await
    }

    async fn sign_in_by_password(
        &self,
        moderator: ModeratorId,
        password: String,
        second: SecondFactor,
        session: NewSession,
    ) -> Result<Option<OpenSession>, StoreError> {
        until_alone(|| sessions::sign_in_by_password(&self.pool, moderator, &password, second, &session))
            .await
    }

    async fn session(&self, session: SecretHash, now: i64) -> Result<Option<OpenSession>, StoreError> {
        sessions::session(&self.pool, &session, now).await
    }

    async fn see_session(&self, session: SessionId, at: i64) -> Result<(), StoreError> {
        until_alone(|| sessions::see(&self.pool, session, at)).await
    }

    async fn sessions(&self, moderator: ModeratorId, now: i64) -> Result<Vec<ListedSession>, StoreError> {
        sessions::of(&self.pool, moderator, now).await
    }

    async fn end_session(
        &self,
        moderator: ModeratorId,
        session: SessionId,
        at: i64,
    ) -> Result<bool, StoreError> {
        until_alone(|| sessions::end(&self.pool, moderator, session, at)).await
    }

    async fn end_other_sessions(
        &self,
        moderator: ModeratorId,
        kept: SessionId,
        at: i64,
    ) -> Result<(), StoreError> {
        until_alone(|| sessions::end_the_others(&self.pool, moderator, kept, at)).await
    }

    async fn account(&self, moderator: ModeratorId) -> Result<AccountState, StoreError> {
        credentials::account(&self.pool, moderator).await
    }

    async fn set_password(
        &self,
        moderator: ModeratorId,
        password: String,
        kept: SessionId,
        at: i64,
    ) -> Result<bool, StoreError> {
        until_alone(|| credentials::set_password(&self.pool, moderator, &password, kept, at)).await
    }

    async fn begin_authenticator(
        &self,
        moderator: ModeratorId,
        sealed: Vec<u8>,
        at: i64,
    ) -> Result<bool, StoreError> {
        until_alone(|| credentials::begin_authenticator(&self.pool, moderator, &sealed, at)).await
    }

    async fn new_authenticator(
        &self,
        moderator: ModeratorId,
        now: i64,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        credentials::new_authenticator(&self.pool, moderator, now).await
    }

    async fn set_authenticator(
        &self,
        moderator: ModeratorId,
        sealed: Vec<u8>,
        step: i64,
        codes: Vec<SecretHash>,
        at: i64,
    ) -> Result<bool, StoreError> {
        until_alone(|| credentials::set_authenticator(&self.pool, moderator, &sealed, step, &codes, at)).await
    }

    async fn set_recovery_codes(
        &self,
        moderator: ModeratorId,
        codes: Vec<SecretHash>,
        at: i64,
    ) -> Result<bool, StoreError> {
        until_alone(|| credentials::set_recovery_codes(&self.pool, moderator, &codes, at)).await
    }

    async fn reset_moderator(&self, name: String, at: i64) -> Result<bool, StoreError> {
        until_alone(|| moderators::reset(&self.pool, &name, at)).await
    }

    async fn sign_out(&self, session: SecretHash) -> Result<(), StoreError> {
        until_alone(|| sessions::sign_out(&self.pool, &session)).await
    }

    async fn purge(&self, now: i64, unpublished_before: i64) -> Result<u64, StoreError> {
        for import in imports::begun_before(&self.pool, Some(unpublished_before)).await? {
            self.abandon_import(import).await?;
        }
        while imports::sweep(&self.pool).await? > 0 {}
        until_alone(|| purge::expired(&self.pool, now)).await?;
        until_alone(|| line_reports::purge(&self.pool, now)).await?;
        until_alone(|| reports::purge(&self.pool, now)).await?;
        until_alone(|| outbox::purge(&self.pool, now)).await?;
        until_alone(|| tallies::add_up(&self.pool, now)).await?;
        until_alone(|| purge::changes(&self.pool, unpublished_before)).await?;
        let mut n_purged = 0;
        loop {
            let n_items = until_alone(|| purge::items(&self.pool, unpublished_before)).await?;
            if n_items == 0 {
                break;
            }
            n_purged += n_items;
        }
        self.rewriter.finish_all().await?;
        Ok(n_purged)
    }

    async fn purge_published(&self, site: SiteId, before: i64) -> Result<u64, StoreError> {
        let mut n_purged = 0;
        loop {
            let n_items = until_alone(|| purge::published(&self.pool, &site, before)).await?;
            if n_items == 0 {
                break;
            }
            n_purged += n_items;
        }
        self.rewriter.finish_all().await?;
        Ok(n_purged)
    }

    async fn backup(&self, file: &Path, terms: CopyTerms) -> Result<(), StoreError> {
        super::copy::from_postgres(&self.pool, file, terms).await
    }

    async fn import_of(&self, site: SiteId, file_hash: [u8; 32]) -> Result<Option<Import>, StoreError> {
        imports::of_file(&self.pool, &site, &file_hash).await
    }

    async fn unfinished_imports(&self, site: SiteId) -> Result<Vec<Import>, StoreError> {
        imports::unfinished(&self.pool, &site).await
    }

    async fn begin_import(&self, import: NewImport) -> Result<ImportId, StoreError> {
        until_alone(|| imports::begin(&self.pool, &import)).await
    }

    async fn stage_import(&self, import: ImportId, items: Vec<ImportedItem>) -> Result<(), StoreError> {
        until_alone(|| imports::stage(&self.pool, import, &items)).await
    }

    async fn finish_import(&self, import: ImportId, n_items: u64, at: i64) -> Result<(), StoreError> {
        until_alone(|| imports::finish(&self.pool, import, n_items, at)).await?;
        while imports::sweep(&self.pool).await? > 0 {}
        Ok(())
    }

    async fn abandon_import(&self, import: ImportId) -> Result<u64, StoreError> {
        while imports::sweep(&self.pool).await? > 0 {}
        let mut n_abandoned = 0;
        loop {
            let n_items = until_alone(|| imports::abandon(&self.pool, import)).await?;
            if n_items == 0 {
                break;
            }
            n_abandoned += n_items;
        }
        self.rewriter.finish_all().await?;
        Ok(n_abandoned)
    }

    async fn export(
        &self,
        site: SiteId,
        is_all: bool,
        to: Sender<Vec<ExportedItem>>,
    ) -> Result<(), StoreError> {
        export::export(&self.pool, &site, is_all, &to).await
    }

    async fn doubts_clock(&self, now: i64) -> Result<Option<i64>, StoreError> {
        until_alone(|| clock::doubts(&self.pool, now)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let ask = |pool: PgPool| async move { Ok(pool.execute("select 1").await.map(drop)?) };
        self.read_published(ask).await
    }

    async fn close(&self) {
        self.teller.break_off();
        self.rewriter.settle().await;
        self.pool.close().await;
        if let Some(standby) = &self.standby {
            standby.close().await;
        }
    }
}

/// Runs a transaction again when it and another one had locked what the other needed.
async fn until_alone<T, F: Future<Output = Result<T, StoreError>> + Send>(
    mut run: impl FnMut() -> F + Send,
) -> Result<T, StoreError> {
    for _ in 1..MAX_RUNS {
        match run().await {
            Err(StoreError::Database(error)) if met_another(&*error) => {}
            outcome => return outcome,
        }
    }
    run().await
}

fn met_another(error: &(dyn std::error::Error + 'static)) -> bool {
    // serialization_failure and deadlock_detected
    matches!(sql_state(error).as_deref(), Some("40001" | "40P01"))
}

/// PostgreSQL's code of an error.
fn sql_state(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let error = error.downcast_ref::<sqlx::Error>()?.as_database_error()?;
    error.code().map(|code| code.into_owned())
}

/// PostgreSQL's integers are signed.
fn bits(id: ItemId) -> i64 {
    id.bits().cast_signed()
}

/// The ids of the sites in `reach`; `None` where all are meant.
fn sites_in(reach: &Reach) -> Option<Vec<String>> {
    let Reach::Sites(sites) = reach else { return None };
    Some(sites.iter().map(|site| site.as_str().to_owned()).collect())
}

fn item_id(row: &PgRow, column: &str) -> Result<ItemId, StoreError> {
    Ok(ItemId::from_bits(row.try_get::<i64, _>(column)?.cast_unsigned()))
}

/// Reads a text column into a type that parses.
fn parsed<T: FromStr>(row: &PgRow, table: &'static str, column: &'static str) -> Result<T, StoreError> {
    row.try_get::<&str, _>(column)?.parse().map_err(|_| corrupt(table, column, key(row)))
}

fn parsed_if_any<T: FromStr>(
    row: &PgRow,
    table: &'static str,
    column: &'static str,
) -> Result<Option<T>, StoreError> {
    let text: Option<&str> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|_| corrupt(table, column, key(row)))).transpose()
}

/// The row's key, for errors.
fn key(row: &PgRow) -> i64 {
    row.try_get("key").unwrap_or_default()
}

fn kind(row: &PgRow) -> Result<Option<Kind>, StoreError> {
    let letter: Option<&str> = row.try_get("kind")?;
    letter.map(|letter| kind_of_letter(letter).ok_or_else(|| corrupt("items", "kind", key(row)))).transpose()
}

fn author(row: &PgRow) -> Result<Option<AuthorTag>, StoreError> {
    let bytes: Option<&[u8]> = row.try_get("author")?;
    bytes
        .map(|bytes| {
            bytes.try_into().map(AuthorTag::from_bytes).map_err(|_| corrupt("item_texts", "author", key(row)))
        })
        .transpose()
}

fn notes(row: &PgRow) -> Result<ContentNotes, StoreError> {
    match row.try_get::<&[u8], _>("notes")? {
        [bits] => ContentNotes::from_bits(*bits),
        _ => None,
    }
    .ok_or_else(|| corrupt("item_texts", "notes", key(row)))
}

/// A column of counts, which a check keeps from being negative.
fn count(row: &PgRow, column: &'static str) -> Result<u32, StoreError> {
    u32::try_from(row.try_get::<i32, _>(column)?).map_err(|_| corrupt("items", column, key(row)))
}

fn counts(row: &PgRow) -> Result<VoteCounts, StoreError> {
    Ok(VoteCounts {
        heard: count(row, "n_heard")?,
        helped: count(row, "n_helped")?,
        me_too: count(row, "n_me_too")?,
    })
}

fn flags(row: &PgRow) -> Result<Flags, StoreError> {
    let bits: i32 = row.try_get("flags")?;
    flags_of_bits(bits.into()).ok_or_else(|| corrupt("items", "flags", key(row)))
}

async fn cursor_key(
    db: &mut PgConnection,
    after: Option<Cursor>,
    first: i64,
) -> Result<(i64, i64), StoreError> {
    let Some(cursor) = after else { return Ok((first, first)) };
    let found: Option<i64> = sqlx::query_scalar("select key from items where id = $1")
        .bind(bits(cursor.item))
        .fetch_optional(db)
        .await?;
    // An item that was purged since leaves its moment; others of the same millisecond count as seen.
    Ok((cursor.key, found.unwrap_or(!first)))
}
