//! The stores under test, with a look behind the trait; and who does what in the tests.

use std::fs;
use std::io::BufRead;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use peer_support_domain::cursor::{Cursor, Order};
use peer_support_domain::flag::Flags;
use peer_support_domain::id::{AuthorTag, ItemId, RecoveryHash, VoterId};
use peer_support_domain::line_report::{Day, LineProblem};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::{Decision, Kind, Role, State};
pub use peer_support_domain::roles::Reach;
use peer_support_domain::vote::Reaction;
use peer_support_domain::wire::Page;
use peer_support_server::store::{
    self, Added, Address, CopyTerms, Edit, FeedQuery, How, Idempotency, Moderator, NewDecision, NewItem,
    NewLineReport, NewSession, Place, Store, Vote,
};
use sqlx::{AssertSqlSafe, Connection, Executor, Row};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::support::postgres::Cluster;

/// A moment to start from: 2026-01-01.
pub const START: i64 = 1_767_225_600_000;
pub const MINUTE: i64 = 60_000;

/// An empty store, and the files that it writes.
pub struct Subject {
    store: Arc<dyn Store>,
    pub address: Address,
    /// Of this test, for anything.
    pub folder: TempDir,
    /// Where the database's files are.
    files: PathBuf,
}

impl Deref for Subject {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

/// Runs `test` on an empty store of each kind.
pub async fn each_store(test: impl AsyncFn(&Subject)) {
    for subject in [sqlite().await, postgres().await] {
        // Shown only when the test fails.
        println!("on {:?}", subject.address);
        test(&subject).await;
        subject.close().await;
    }
}

pub async fn sqlite() -> Subject {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("database");
    let address = Address::Sqlite(files.join("peer-support.sqlite3"));
    Subject { store: store::open(&address).await.unwrap(), address, folder, files }
}

pub async fn postgres() -> Subject {
    // Migrating takes longer than copying what was migrated.
    static MIGRATED: OnceCell<()> = OnceCell::const_new();
    let cluster = Cluster::shared();
    let migrated = async {
        cluster.copy_database("template1", "migrated").await;
        store::open(&Address::Postgres(cluster.url("migrated"))).await.unwrap().close().await;
    };
    MIGRATED.get_or_init(|| migrated).await;
    let address = Address::Postgres(cluster.new_database("migrated").await);
    let folder = tempfile::tempdir().unwrap();
    let mut subject =
        Subject { store: store::open(&address).await.unwrap(), address, folder, files: cluster.data() };
    let database = subject.rows("select oid::text from pg_database where datname = current_database()").await;
    subject.files = cluster.data().join("base").join(&database[0][0]);
    subject
}

impl Subject {
    /// The store, for a task of its own.
    pub fn shared(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    /// A store of the same kind, empty.
    pub async fn another(&self) -> Subject {
        match self.address {
            Address::Sqlite(_) => sqlite().await,
            Address::Postgres(_) => postgres().await,
        }
    }

    /// A store that is there already; its files are not looked into.
    pub async fn of(address: Address) -> Subject {
        let folder = tempfile::tempdir().unwrap();
        let files = folder.path().to_owned();
        Subject { store: store::open(&address).await.unwrap(), address, folder, files }
    }

    /// Closes and opens again, as a restart of the server does.
    pub async fn reopened(mut self) -> Subject {
        self.store.close().await;
        self.store = store::open(&self.address).await.unwrap();
        self
    }

    /// Whether the database's files hold `text` anywhere. PostgreSQL's write-ahead log is not among them; see the store.
    pub async fn files_hold(&self, text: &str) -> bool {
        self.files_hold_bytes(text.as_bytes()).await
    }

    /// As [`files_hold`](Self::files_hold), for what is no text.
    pub async fn files_hold_bytes(&self, bytes: &[u8]) -> bool {
        self.n_in_files(bytes).await > 0
    }

    /// How often the database's files hold `bytes`; see [`files_hold`](Self::files_hold).
    pub async fn n_in_files(&self, bytes: &[u8]) -> usize {
        if let Address::Postgres(_) = self.address {
            let mut connection = Cluster::shared().connect("postgres").await;
            connection.execute("checkpoint").await.unwrap();
            connection.close().await.unwrap();
        }
        let files = fs::read_dir(&self.files).unwrap().flatten();
        // A file may go while we look.
        files.filter_map(|file| Some(n_held(&fs::read(file.path()).ok()?, bytes))).sum()
    }

    /// Runs a statement past the store.
    pub async fn execute(&self, sql: &str) -> Result<(), String> {
        match &self.address {
            Address::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.execute_batch(sql).map_err(|error| error.to_string())
            }
            Address::Postgres(url) => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                let outcome = connection.execute(AssertSqlSafe(sql.to_owned())).await;
                outcome.map(drop).map_err(|error| error.to_string())
            }
        }
    }

    /// What an `update items set …` says to bring items into `state`.
    pub fn state_set(&self, state: State) -> String {
        match &self.address {
            Address::Sqlite(_) => {
                let number = State::ALL.iter().position(|other| *other == state).unwrap();
                format!("state_number = {number}")
            }
            Address::Postgres(_) => format!("state = '{}'", state.as_str()),
        }
    }

    /// The rows of a query past the store, each value as text.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        match &self.address {
            Address::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                let mut statement = connection.prepare(sql).unwrap();
                let n_columns = statement.column_count();
                let row = |row: &rusqlite::Row<'_>| {
                    (0..n_columns)
                        .map(|column| {
                            Ok(format!("{:?}", row.get_ref(column)?.data_type())
                                + &text_of(row.get_ref(column)?))
                        })
                        .collect()
                };
                statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
            }
            Address::Postgres(url) => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                let rows =
                    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.unwrap();
                let value = |row: &sqlx::postgres::PgRow, column| {
                    row.try_get_raw(column).unwrap().as_str().map(str::to_owned).unwrap_or_default()
                };
                rows.iter().map(|row| (0..row.len()).map(|column| value(row, column)).collect()).collect()
            }
        }
    }
}

fn text_of(value: rusqlite::types::ValueRef<'_>) -> String {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// How often `bytes` hold `needle`, also where two of them overlap.
pub fn n_held(bytes: &[u8], needle: &[u8]) -> usize {
    // By a byte that is no zero, because files have many of those.
    let at = needle.iter().position(|byte| *byte != 0).unwrap_or_default();
    let (mut n, mut rest) = (0, &bytes[at.min(bytes.len())..]);
    // Fast also in a build for tests, which a search byte by byte is not.
    while rest.skip_until(needle[at]).unwrap() > 0 {
        let found = bytes.len() - rest.len() - 1;
        n += usize::from(bytes[found - at..].starts_with(needle));
    }
    n
}

pub fn item(n: u64) -> ItemId {
    // Spread over all 64 bits, as random ids are.
    ItemId::from_bits(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn bytes<const N: usize>(kind: u8, n: u64) -> [u8; N] {
    let mut bytes = [kind; N];
    bytes[..8].copy_from_slice(&n.wrapping_mul(0xbf58_476d_1ce4_e5b9).to_be_bytes());
    bytes
}

pub fn recovery(n: u64) -> RecoveryHash {
    RecoveryHash::from_bytes(bytes(1, n))
}

pub fn voter(n: u64) -> VoterId {
    VoterId::from_bytes(bytes(2, n))
}

pub fn secret(n: u64) -> [u8; 32] {
    bytes(3, n)
}

pub fn author(n: u64) -> AuthorTag {
    AuthorTag::from_bytes(n.to_be_bytes())
}

pub fn sending(key: u64, request: u64) -> Idempotency {
    Idempotency { key_hash: bytes(4, key), request_hash: bytes(5, request) }
}

/// A held story on the demo site, sent `n` minutes after [`START`].
pub fn story(n: u64) -> NewItem {
    NewItem {
        id: item(n),
        place: Place::Post {
            site: "demo".parse().unwrap(),
            kind: Kind::Story,
            topic: "low-mood".parse().unwrap(),
        },
        text: format!("Story number {n}, which goes on for a while."),
        lang: Some("en".parse().unwrap()),
        notes: ContentNotes::default(),
        author: Some(author(n)),
        recovery: recovery(n),
        created_at: START + n.cast_signed() * MINUTE,
        state: State::Held,
        is_example: false,
        flags: Flags::default(),
        owner: None,
        publish_after_approvals: 0,
    }
}

pub fn post(n: u64, kind: Kind, topic: &str) -> NewItem {
    let place = Place::Post { site: "demo".parse().unwrap(), kind, topic: topic.parse().unwrap() };
    NewItem { place, ..published(story(n)) }
}

pub fn reply(n: u64, post: ItemId) -> NewItem {
    NewItem { place: Place::Reply { post }, ..story(n) }
}

/// As the examples of a site's owner are: never held.
pub fn published(new: NewItem) -> NewItem {
    NewItem { state: State::Published, is_example: true, ..new }
}

/// Nobody answered the Samaritans' number, on the day of [`START`].
pub fn no_answer() -> NewLineReport {
    NewLineReport {
        site: "demo".parse().unwrap(),
        day: Day::of_ms(START),
        line: "gb-samaritans".parse().unwrap(),
        contact: "116 123".parse().unwrap(),
        problem: LineProblem::NoAnswer,
    }
}

/// Of a copy that is made at [`START`] and kept for a day.
pub fn terms() -> CopyTerms {
    CopyTerms { made_at: START, expires_at: START + 24 * 60 * MINUTE }
}

impl Subject {
    /// Stores an item, which must be new.
    pub async fn added(&self, new: NewItem) -> ItemId {
        let id = new.id;
        match self.add(new, None).await.unwrap() {
            Added::Stored(stored) => assert_eq!(stored.id, id),
            other => panic!("{other:?}"),
        }
        id
    }

    /// A moderator who may decide.
    pub async fn moderator(&self) -> Moderator {
        let there = self.moderators().await.unwrap().into_iter().next();
        match there {
            Some(moderator) => moderator,
            None => self.add_moderator("Ada".into(), Role::Moderator, START).await.unwrap().unwrap(),
        }
    }

    /// The outcome of a decision, which must concern an item that is there.
    pub async fn decided(&self, item: ItemId, decision: Decision) -> Result<State, String> {
        let moderator = self.moderator().await.id;
        let reason = decision.needs_reason().then(|| format!("because of {decision}"));
        let outcome = self
            .decide(NewDecision {
                item,
                moderator,
                decision,
                read_text: None,
                reason,
                at: START,
                how: How::default(),
            })
            .await
            .unwrap();
        outcome.expect("there is such an item").map_err(|refused| refused.to_string())
    }

    /// The ids of all pages of a feed.
    pub async fn feed_ids(&self, query: FeedQuery) -> Vec<ItemId> {
        let mut ids = Vec::new();
        let mut query = query;
        loop {
            let page = self.feed(query.clone()).await.unwrap();
            assert!(page.items.len() <= query.limit);
            ids.extend(page.items.iter().map(|post| post.id));
            match page.next {
                Some(next) => query.after = Some(next),
                None => return ids,
            }
        }
    }

    /// The ids of all replies to a post.
    pub async fn reply_ids(&self, post: ItemId, limit: usize) -> Vec<ItemId> {
        all_pages(async |after| self.replies(post, after, limit).await.unwrap().unwrap(), |reply| reply.id)
            .await
    }

    /// The ids of the whole queue.
    pub async fn queue_ids(&self, limit: usize) -> Vec<ItemId> {
        all_pages(
            async |after| Store::queue(&**self, Reach::Everywhere, after, limit).await.unwrap(),
            |queued| queued.id,
        )
        .await
    }
}

async fn all_pages<T>(
    page: impl AsyncFn(Option<Cursor>) -> Page<T>,
    id: impl Fn(&T) -> ItemId,
) -> Vec<ItemId> {
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let Page { items, next } = page(after).await;
        ids.extend(items.iter().map(&id));
        if next.is_none() {
            return ids;
        }
        after = next;
    }
}

/// A session to be opened whose token has the hash `secret(n)`.
pub fn session(n: u64, begun_at: i64, expires_at: i64) -> NewSession {
    NewSession { hash: secret(n), device: None, begun_at, expires_at, replaces: None }
}

/// A new text, and the notes as they are, an hour after [`START`].
pub fn edit(text: impl Into<String>) -> Edit {
    Edit { text: text.into(), notes: None, flags: Flags::default(), at: START + 60 * MINUTE }
}

/// Of the demo site, with every kind and topic.
pub fn feed(order: Order, limit: usize) -> FeedQuery {
    FeedQuery { site: "demo".parse().unwrap(), kind: None, topic: None, order, after: None, limit }
}

pub fn helped(item: ItemId, voter: VoterId) -> Vote {
    Vote { item, reaction: Reaction::Helped, voter }
}
