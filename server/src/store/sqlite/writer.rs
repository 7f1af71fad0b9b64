//! The one thread that writes: it takes what has gathered while the disk was busy and commits it as one transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::{BUSY_TIMEOUT, live};
use crate::store::StoreError;
use crate::store::live::Teller;

/// Jobs of one transaction: one flush of the disk pays for all of them, and none waits long for the others.
const BATCH_JOBS: usize = 256;
/// How long the writer waits for readers when it empties the write-ahead log, before it does other work and tries again.
const CHECKPOINT_WAIT: Duration = Duration::from_millis(20);

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
    pub(super) fn start(connection: Connection, teller: Arc<Teller>) -> std::io::Result<Self> {
        let (jobs, queue) = channel();
        let thread = thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || work(connection, &queue, &teller))?;
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

fn work(mut connection: Connection, queue: &Receiver<Job>, teller: &Teller) {
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
    for answer in forgetting {
        let emptied = empty_log(&connection);
        answer(match emptied {
            Ok(true) => Ok(()),
            _ => Err(StoreError::Closed),
        });
    }
    // Emptied as far as readers allow; the next start empties the rest.
    let _ = empty_log(&connection);
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
