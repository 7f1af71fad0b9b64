//! The one thread that writes: it takes what has gathered while the disk was busy and commits it as one transaction.

use std::cell::Cell;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::{BUSY_TIMEOUT, live, room};
use crate::store::StoreError;
use crate::store::live::Teller;

/// Jobs of one transaction: one flush of the disk pays for all of them, and none waits long for the others.
const BATCH_JOBS: usize = 256;
/// How long the writer waits for readers when it empties the write-ahead log, before it does other work and tries again.
const CHECKPOINT_WAIT: Duration = Duration::from_millis(20);

/// Pages of the write-ahead log after which it begins anew, for which the writer has to stop.
pub(super) const LOG_PAGES: usize = 4_000;
/// The same where the disk has little room left, by the writer, who also gives the log's room back.
const FEW_LOG_PAGES: usize = 64;
/// Pages after which the writer moves it itself, whatever holds the other thread up.
const MOST_LOG_PAGES: usize = 4 * LOG_PAGES;
/// Pages that are moved into the database and flushed at a time: the disk flushes one thing after another, so a commit waits for
/// these, some milliseconds, and would wait for all of them.
const MOVED_PAGES: usize = LOG_PAGES / 8;

thread_local! {
    /// Pages of the write-ahead log after this thread's last commit.
    static PAGES: Cell<usize> = const { Cell::new(0) };
}

/// What a job's caller is told once it is known whether the batch reached the disk.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

enum Job {
    /// Part of a batch. `forgets`: its caller is answered only when the write-ahead log is empty, too.
    Write { run: Box<dyn FnOnce(&mut Transaction<'_>) -> Answer + Send>, forgets: bool },
    /// Alone and outside of a transaction.
    Maintain(Box<dyn FnOnce(&mut Connection) + Send>),
}

/// The way to the writing thread.
pub(super) struct Writer {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

impl Writer {
    /// `mover` is a second connection, which moves the write-ahead log into the database.
    pub(super) fn start(
        connection: Connection,
        mover: Connection,
        teller: Arc<Teller>,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = channel();
        let mover = Mover::start(mover)?;
        let thread = thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || work(connection, mover, &queue, &teller))?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)) })
    }

    /// Runs `job` in a savepoint of the next transaction; returns when that is on the disk. When `job` fails, nothing of
    /// it stays. With `forgets`, what it deleted is gone from the write-ahead log as well.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        forgets: bool,
        job: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tell, told) = oneshot::channel();
        let run = Box::new(move |batch: &mut Transaction<'_>| {
            let outcome = in_savepoint(batch, job);
            let answer: Answer = Box::new(move |committed| {
                // The caller may have gone; what was done stays done.
                let _ = tell.send(outcome.and_then(|value| committed.map(|()| value)));
            });
            answer
        });
        self.send(Job::Write { run, forgets })?;
        told.await.map_err(|_| StoreError::Closed)?
    }

    /// Runs `job` between two transactions.
    pub(super) async fn maintain<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tell, told) = oneshot::channel();
        self.send(Job::Maintain(Box::new(move |connection| {
            let _ = tell.send(job(connection));
        })))?;
        told.await.map_err(|_| StoreError::Closed)?
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or(StoreError::Closed)
    }

    /// Takes no more jobs, finishes those that were taken, and closes the connection.
    pub(super) async fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(|| thread.join()).await;
        }
    }
}

fn in_savepoint<T>(
    batch: &mut Transaction<'_>,
    job: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let savepoint = batch.savepoint()?;
    let value = job(&savepoint)?;
    savepoint.commit()?;
    Ok(value)
}

/// The thread that moves the write-ahead log into the database while the writer goes on: that writes many pages all over the
/// file of a large site, and nobody's post shall wait for it.
struct Mover {
    wake: SyncSender<()>,
    thread: thread::JoinHandle<File>,
    is_asked: bool,
    /// Pages of the log when it was last asked.
    n_asked: usize,
    /// It moved what was there. What came meanwhile is left to the writer, which is little: only then the log begins anew.
    has_moved: Arc<AtomicBool>,
}

impl Mover {
    fn start(connection: Connection) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let has_moved = Arc::new(AtomicBool::new(false));
        let tell = Arc::clone(&has_moved);
        let file = File::options().write(true).open(connection.path().unwrap_or_default())?;
        let thread = thread::Builder::new().name("sqlite-mover".into()).spawn(move || {
            for () in woken {
                move_log(&connection);
                // SQLite leaves it to who moves the last page, which is the writer.
                if let Err(error) = file.sync_data() {
                    tracing::error!("the database was not flushed to the disk: {error}");
                }
                tell.store(true, Ordering::Release);
            }
            file
        })?;
        Ok(Self { wake, thread, is_asked: false, n_asked: 0, has_moved })
    }

    /// After each commit of the writer, by its `connection`.
    fn look_at_log(&mut self, connection: &Connection) {
        let n_pages = PAGES.get();
        if n_pages < self.n_asked {
            self.n_asked = 0;
        }
        if n_pages >= FEW_LOG_PAGES && room::is_scarce(connection) {
            match empty_log(connection) {
                Ok(true) => PAGES.set(0),
                Ok(false) => {}
                Err(error) => tracing::error!("the write-ahead log was not emptied: {error}"),
            }
            return;
        }
        let has_moved = self.has_moved.swap(false, Ordering::Acquire);
        self.is_asked &= !has_moved;
        if has_moved && n_pages >= LOG_PAGES || n_pages >= MOST_LOG_PAGES {
            move_log(connection);
        } else if !self.is_asked && n_pages >= self.n_asked + MOVED_PAGES {
            self.n_asked = n_pages;
            self.is_asked = self.wake.try_send(()).is_ok();
        }
    }

    /// Ends the thread. The file must be closed after all connections of this process: closing it gives up their locks, too
    /// (<https://www.sqlite.org/howtocorrupt.html>, section 2.2).
    fn stop(self) -> Option<File> {
        drop(self.wake);
        self.thread.join().ok()
    }
}

/// Moves as much of the write-ahead log into the database as no reader holds back.
fn move_log(connection: &Connection) {
    if let Err(error) = connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(())) {
        tracing::error!("the write-ahead log was not moved into the database: {error}");
    }
}

fn work(mut connection: Connection, mut mover: Mover, queue: &Receiver<Job>, teller: &Teller) {
    connection.wal_hook(Some(|_, pages| {
        PAGES.set(usize::try_from(pages).unwrap_or_default());
        Ok(())
    }));
    let mut forgetting: Vec<Answer> = Vec::new();
    loop {
        let first = if forgetting.is_empty() {
            queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            queue.recv_timeout(Duration::from_millis(1))
        };
        match first {
            Ok(Job::Maintain(job)) => {
                // A panic in one job must not end the thread that all others need.
                let _ = catch_unwind(AssertUnwindSafe(|| job(&mut connection)));
            }
            Ok(first) => batch(&mut connection, first, queue, teller, &mut forgetting),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        mover.look_at_log(&connection);
        if !forgetting.is_empty() {
            match empty_log(&connection) {
                Ok(true) => forgetting.drain(..).for_each(|answer| answer(Ok(()))),
                Ok(false) => {}
                Err(error) => forgetting
                    .drain(..)
                    .for_each(|answer| answer(Err(StoreError::database(error.to_string())))),
            }
        }
    }
    let file = mover.stop();
    for answer in forgetting {
        let emptied = empty_log(&connection);
        answer(match emptied {
            Ok(true) => Ok(()),
            _ => Err(StoreError::Closed),
        });
    }
    // Emptied as far as readers allow; the next start empties the rest.
    let _ = empty_log(&connection);
    drop(connection);
    drop(file);
}

/// Runs `first` and what else is waiting in one transaction, and answers all of it.
fn batch(
    connection: &mut Connection,
    first: Job,
    queue: &Receiver<Job>,
    teller: &Teller,
    forgetting: &mut Vec<Answer>,
) {
    let mut answers: Vec<(bool, Answer)> = Vec::new();
    let mut maintenance = None;
    let committed = (|| {
        let mut batch = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut next = Some(first);
        while let Some(job) = next.take() {
            match job {
                Job::Write { run, forgets } => {
                    // A job that panics drops its caller's channel and, on the way, its savepoint.
                    if let Ok(answer) = catch_unwind(AssertUnwindSafe(|| run(&mut batch))) {
                        answers.push((forgets, answer));
                    }
                }
                Job::Maintain(job) => {
                    maintenance = Some(job);
                    break;
                }
            }
            if answers.len() < BATCH_JOBS {
                next = queue.try_recv().ok();
            }
        }
        batch.commit()
    })();
    if committed.is_ok() {
        tell(connection, teller);
    }
    for (forgets, answer) in answers {
        match &committed {
            Ok(()) if forgets => forgetting.push(answer),
            Ok(()) => answer(Ok(())),
            Err(error) => answer(Err(StoreError::database(error.to_string()))),
        }
    }
    if let Some(job) = maintenance {
        let _ = catch_unwind(AssertUnwindSafe(|| job(connection)));
    }
}

/// Tells who listens what the last transaction published, and what it changed at the desk.
fn tell(connection: &Connection, teller: &Teller) {
    let told = live::take(connection).and_then(|published| Ok((published, live::take_desk(connection)?)));
    match told {
        Ok((published, desk)) => {
            published.into_iter().for_each(|published| teller.tell(published));
            desk.into_iter().for_each(|news| teller.tell_desk(news));
        }
        Err(error) => {
            tracing::error!("nobody was told of what happened: {error}");
            teller.break_off();
        }
    }
}

/// Moves the write-ahead log into the database and cuts it to no bytes; false when a reader still needs it.
pub(super) fn empty_log(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(CHECKPOINT_WAIT)?;
    let is_busy = connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, bool>(0));
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(!is_busy?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE_BYTES: u32 = 512;

    fn open(path: &std::path::Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "page_size", PAGE_BYTES).unwrap();
        connection.pragma_update(None, "journal_mode", "wal").unwrap();
        connection
    }

    #[tokio::test]
    async fn the_log_begins_anew_while_others_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.sqlite3");
        let connection = open(&path);
        connection.execute("create table texts (text blob)", ()).unwrap();
        let writer = Writer::start(connection, open(&path), Arc::new(Teller::new())).unwrap();

        for _ in 0..4 * MOST_LOG_PAGES / 100 {
            let insert = |db: &Connection| -> Result<(), StoreError> {
                db.execute("insert into texts (text) values (zeroblob(?1))", [100 * PAGE_BYTES])?;
                Ok(())
            };
            writer.write(false, insert).await.unwrap();
        }

        let log = path.with_extension("sqlite3-wal").metadata().unwrap().len();
        assert!(log < 2 * MOST_LOG_PAGES as u64 * u64::from(PAGE_BYTES), "{log} bytes");
        writer.close().await;
        let log = path.with_extension("sqlite3-wal").metadata().map_or(0, |log| log.len());
        assert_eq!(log, 0, "all of it is in the database");
    }
}
