//! A PostgreSQL cluster of the tests' own, from Debian's package: in a temporary folder, reached by a socket in it, with
//! `fsync` on as in earnest. It goes when the test process ends, however that ends.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

/// How long a cluster may take to come up, also after a crash.
const START_WITHIN: Duration = Duration::from_secs(60);

/// A cluster, running.
pub struct Cluster {
    folder: PathBuf,
    n_databases: AtomicU32,
    keeper: Mutex<Option<Child>>,
}

impl Cluster {
    /// The one that all tests of this process share, each in databases of its own.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// A new one, for a test that will crash it.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start: a test that needs it is never left out.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("peer-support-postgres-").tempdir().unwrap().keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        if let Some((uid, gid)) = other_user() {
            chown(&folder, Some(uid), Some(gid)).unwrap();
        }
        let initialised = as_user("initdb")
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
            .arg("--pgdata")
            .arg(folder.join("data"))
            .output()
            .unwrap();
        assert!(initialised.status.success(), "initdb: {}", String::from_utf8_lossy(&initialised.stderr));
        let cluster = Self { folder, n_databases: AtomicU32::new(0), keeper: Mutex::new(None) };
        cluster.run();
        cluster
    }

    /// The folder with everything that PostgreSQL writes.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The URL of a database, which need not exist.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder.display())
    }

    /// A connection that may do everything.
    pub async fn connect(&self, database: &str) -> PgConnection {
        let options: PgConnectOptions = self.url(database).parse().unwrap();
        PgConnection::connect_with(&options.disable_statement_logging()).await.unwrap()
    }

    /// The URL of a new database, made as a copy of `template`: `template1` is empty.
    pub async fn new_database(&self, template: &str) -> String {
        let name = format!("test_{}", self.n_databases.fetch_add(1, Ordering::Relaxed));
        self.copy_database(template, &name).await;
        self.url(&name)
    }

    /// Makes the database `name` as a copy of `template`.
    pub async fn copy_database(&self, template: &str, name: &str) {
        let mut connection = self.connect("postgres").await;
        let create = format!("create database {name} template {template} strategy wal_log");
        connection.execute(AssertSqlSafe(create)).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Kills every process of the cluster in the middle of what it does, and starts it again.
    pub fn crash_and_restart(&self) {
        let postmaster = fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let postmaster = postmaster.lines().next().unwrap().trim().to_owned();
        let mut processes = children(&postmaster);
        processes.insert(0, postmaster);
        let killed = Command::new("kill").arg("-9").args(&processes).output().unwrap();
        // A child may end by itself before its turn comes, when it sees the first one gone.
        let _ = killed;
        let mut keeper = self.keeper.lock().unwrap().take().expect("it is running");
        keeper.stdin.take().unwrap().write_all(b"keep\n").unwrap();
        assert!(keeper.wait().unwrap().success());
        self.run();
    }

    fn run(&self) {
        // The shell keeps the cluster running while its standard input is open, which the system closes for us when this
        // process ends. Then it stops the cluster, without the care that data worth keeping would need.
        let keep = r#"
            folder=$1; shift
            trap '' INT TERM HUP
            "$@" >"$folder/log" 2>&1 &
            read -r what
            kill -QUIT $! 2>/dev/null
            wait $!
            [ "$what" = keep ] || rm -rf "$folder"
            exit 0
        "#;
        let mut shell = Command::new("sh");
        shell.args(["-c", keep, "sh"]).arg(&self.folder).arg(program("postgres"));
        shell.arg("-D").arg(self.data()).arg("-k").arg(&self.folder);
        for setting in
            ["listen_addresses=", "max_connections=200", "shared_buffers=64MB", "autovacuum_naptime=1h"]
        {
            shell.args(["-c", setting]);
        }
        shell
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .current_dir("/");
        if let Some((uid, gid)) = other_user() {
            shell.uid(uid).gid(gid);
        }
        *self.keeper.lock().unwrap() = Some(shell.spawn().unwrap());

        let until = Instant::now() + START_WITHIN;
        let mut is_ready = Command::new(program("pg_isready"));
        is_ready.arg("-q").arg("-h").arg(&self.folder).stdout(Stdio::null()).stderr(Stdio::null());
        while !is_ready.status().unwrap().success() {
            let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < until, "PostgreSQL did not start within {START_WITHIN:?}: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Only a cluster that is not shared is ever dropped.
impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut keeper) = self.keeper.lock().unwrap().take() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }
}

/// A program of the newest PostgreSQL that is installed.
fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .map(|version| version.path())
        .filter(|version| version.join("bin").join(name).exists())
        .max_by_key(|version| version.file_name().and_then(|n| n.to_str()?.parse::<u32>().ok()));
    let Some(newest) = newest else { panic!("PostgreSQL is not installed; run cargo xtask setup databases") };
    newest.join("bin").join(name)
}

fn as_user(name: &str) -> Command {
    let mut command = Command::new(program(name));
    command.current_dir("/").stdin(Stdio::null());
    if let Some((uid, gid)) = other_user() {
        command.uid(uid).gid(gid);
    }
    command
}

/// Whom to run as: PostgreSQL refuses to run as root.
fn other_user() -> Option<(u32, u32)> {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    is_root.then(|| {
        let users = fs::read_to_string("/etc/passwd").unwrap();
        let ids = |name: &str| {
            let user = users.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = user.split(':').skip(2);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        };
        ids("postgres").or_else(|| ids("nobody")).expect("a system has the user nobody")
    })
}

/// The processes whose parent is `pid`.
fn children(pid: &str) -> Vec<String> {
    let parent = |process: &Path| {
        let stat = fs::read_to_string(process.join("stat")).ok()?;
        // The name, in brackets, may hold anything.
        stat.rsplit_once(')')?.1.split_whitespace().nth(1).map(str::to_owned)
    };
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    processes
        .filter(|process| parent(process).as_deref() == Some(pid))
        .filter_map(|process| Some(process.file_name()?.to_str()?.to_owned()))
        .collect()
}
