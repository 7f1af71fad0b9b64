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
    /// Settings besides those that all have.
    settings: Vec<String>,
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
        Self::start_with(&[])
    }

    /// As [`start`](Self::start), with further settings such as `port=5433`.
    pub fn start_with(settings: &[&str]) -> Self {
        let folder = new_folder();
        let mut initdb = as_user("initdb");
        initdb
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
            .arg("--pgdata")
            .arg(folder.join("data"));
        done(initdb);
        Self::over(folder, settings)
    }

    /// One that stands by: it follows the one that listens on this port of this machine, and can be read.
    pub fn standby_of(port: u16, settings: &[&str]) -> Self {
        let folder = new_folder();
        let mut copy = as_user("pg_basebackup");
        copy.args([
            "--host=127.0.0.1",
            "--username=postgres",
            "--checkpoint=fast",
            "--no-sync",
            "--write-recovery-conf",
        ])
        .args([format!("--port={port}"), format!("--pgdata={}", folder.join("data").display())]);
        done(copy);
        Self::over(folder, settings)
    }

    /// A copy of all files, made while it runs: what [`recovered`](Self::recovered) begins with.
    pub fn base_backup(&self) -> PathBuf {
        let folder = new_folder();
        let mut copy = as_user("pg_basebackup");
        copy.args(["--username=postgres", "--checkpoint=fast", "--no-sync", "--wal-method=none", "--host"])
            .arg(&self.folder)
            .arg(format!("--pgdata={}", folder.join("data").display()));
        done(copy);
        folder
    }

    /// One made of a [`base_backup`](Self::base_backup) and an archive of the log, up to this restore point.
    pub fn recovered(base: PathBuf, archive: &Path, restore_point: &str) -> Self {
        let signal = base.join("data/recovery.signal");
        fs::write(&signal, "").unwrap();
        if let Some((uid, gid)) = other_user() {
            chown(&signal, Some(uid), Some(gid)).unwrap();
        }
        let restore = format!("restore_command=cp {}/%f %p", archive.display());
        let target = format!("recovery_target_name={restore_point}");
        let cluster = Self::over(base, &[&restore, &target, "recovery_target_action=promote"]);
        // It can be read before it can be written.
        let mut promoted = as_user("psql");
        promoted.args(["--username=postgres", "--tuples-only", "--host"]).arg(&cluster.folder);
        promoted.args(["--command", "select pg_is_in_recovery()"]);
        let until = Instant::now() + START_WITHIN;
        while !String::from_utf8_lossy(&promoted.output().unwrap().stdout).contains('f') {
            assert!(Instant::now() < until, "recovery did not end within {START_WITHIN:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        cluster
    }

    fn over(folder: PathBuf, settings: &[&str]) -> Self {
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let cluster = Self { folder, settings, n_databases: AtomicU32::new(0), keeper: Mutex::new(None) };
        cluster.run();
        cluster
    }

    /// Makes the one that stands by take writes; returns when it does.
    pub fn promote(&self) {
        let mut promote = as_user("pg_ctl");
        promote.args(["promote", "--wait", "--pgdata"]).arg(self.data());
        done(promote);
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
        self.crash();
        self.run();
    }

    /// Kills every process of the cluster in the middle of what it does.
    pub fn crash(&self) {
        self.signal("KILL");
        let mut keeper = self.keeper.lock().unwrap().take().expect("it is running");
        keeper.stdin.take().unwrap().write_all(b"keep\n").unwrap();
        assert!(keeper.wait().unwrap().success());
    }

    /// Has every process of the cluster stand still: connections stay, and nothing answers.
    pub fn stand_still(&self) {
        self.signal("STOP");
    }

    /// Ends [`stand_still`](Self::stand_still).
    pub fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let postmaster = fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let postmaster = postmaster.lines().next().unwrap().trim();
        // It begins no other while it stands still.
        done(kill("STOP", &[postmaster.to_owned()]));
        let mut processes = children(postmaster);
        processes.push(postmaster.to_owned());
        // A child may end by itself before its turn comes.
        let _ = kill(name, &processes).output().unwrap();
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
            kill -CONT $! 2>/dev/null
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
        for setting in &self.settings {
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
        is_ready.arg("-q").arg("-h").arg(&self.folder);
        for port in self.settings.iter().filter_map(|setting| setting.strip_prefix("port=")) {
            is_ready.args(["-p", port]);
        }
        is_ready.stdout(Stdio::null()).stderr(Stdio::null());
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

/// A folder that whoever runs PostgreSQL may write to, and nobody else.
pub fn new_folder() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("peer-support-postgres-").tempdir().unwrap().keep();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    if let Some((uid, gid)) = other_user() {
        chown(&folder, Some(uid), Some(gid)).unwrap();
    }
    folder
}

/// Runs a command, which must do what it is asked.
pub fn done(mut command: Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A program of PostgreSQL, run as somebody whom it lets.
pub fn as_user(name: &str) -> Command {
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

fn kill(signal: &str, processes: &[String]) -> Command {
    let mut kill = Command::new("kill");
    kill.args(["-s", signal]).args(processes);
    kill
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
