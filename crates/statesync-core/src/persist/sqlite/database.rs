//! The database and this process's connection to it.
//!
//! Keeps: one connection, while the file it was opened on is the one in the place. One that was removed or replaced is
//! let go, and what is in the place by then is opened, or begun (`opening.rs`). The same for the lock.

use super::opening::beside;
use super::trouble;
use crate::persist::place::{self, LockFile};
use crate::persist::storage::{Damage, Fsync, StorageError, StorageErrorKind};
use crate::topic::TopicName;
use rusqlite::{Connection, TransactionBehavior};
use std::cell::Cell;
use std::collections::HashSet;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The pause before a lock that another process has is tried again.
const PAUSE: Duration = Duration::from_micros(500);
/// How often it is tried: for about 2.5 s. Who waits for a place in line, and then for the turn, waits about 5 s.
pub(super) const TRIES: i32 = 4_500;

/// The file that is locked while the database is in use.
pub(super) const LOCK: &str = "-lock";

/// Who writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    Alone,
    Processes,
}

#[derive(Debug)]
pub(super) struct Database {
    path: PathBuf,
    sharing: Sharing,
    pub(super) max_bytes: AtomicU64,
    /// The connection, while nobody uses it.
    idle: Mutex<Option<Opened>>,
    /// An operation found it damaged: before it is used again, all of it is looked at.
    pub(super) suspect: AtomicBool,
    /// This process had the database for itself, and another one took over after its lock was removed. It saves no more:
    /// it would write older values over newer ones.
    pub(super) lost: AtomicBool,
    moved: Mutex<Option<Moved>>,
}

/// A file that was no database, and which topics it was told for.
#[derive(Debug)]
struct Moved {
    why: &'static str,
    place: String,
    told: HashSet<TopicName>,
}

/// A connection, and what it was opened on.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) file: Identity,
    pub(super) generation: u64,
    pub(super) standing: Standing,
    pub(super) synced: Cell<Fsync>,
}

#[derive(Debug)]
pub(super) enum Standing {
    /// This process may write. It has the lock, where there are such.
    Ours(LockFile),
    /// Another process has it; this one reads. With whether there are tables to read.
    Somebodys { has_tables: bool },
    /// Its tables are of a newer version of this library.
    Newer,
}

/// Which file is in a place.
pub(super) type Identity = Option<(u64, u64)>;

/// The file in this place; `None` when there is none.
pub(super) fn identity(path: &Path) -> Identity {
    let metadata = fs::metadata(path).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some((metadata.dev(), metadata.ino()))
    }
    // Elsewhere an open database can be neither removed nor renamed.
    #[cfg(not(unix))]
    {
        drop(metadata);
        Some((0, 0))
    }
}

/// Waits a moment. The wait of SQLite itself grows to 100 ms, and starves behind a busy writer.
pub(super) fn pause() {
    static NEVER: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
    let guard = NEVER.0.lock().unwrap_or_else(PoisonError::into_inner);
    drop(NEVER.1.wait_timeout(guard, PAUSE));
}

impl Database {
    pub(super) fn at(path: PathBuf, sharing: Sharing) -> Self {
        Self {
            path,
            sharing,
            max_bytes: AtomicU64::new(0),
            idle: Mutex::new(None),
            suspect: AtomicBool::new(false),
            lost: AtomicBool::new(false),
            moved: Mutex::new(None),
        }
    }

    pub(super) fn limit(&self, bytes: u64) {
        self.max_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn sharing(&self) -> Sharing {
        self.sharing
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn place(&self) -> String {
        self.path.display().to_string()
    }

    /// The file itself, also when the path is a link: what belongs to a database is beside that.
    pub(super) fn file(&self) -> Result<PathBuf, StorageError> {
        let target = place::target(&self.path).map_err(|error| StorageError::io(self.place(), &error))?;
        Ok(target.unwrap_or_else(|| self.path.clone()))
    }

    /// The path with something after its name.
    pub(super) fn beside(&self, ending: &str) -> PathBuf {
        beside(&self.file().unwrap_or_else(|_| self.path.clone()), ending)
    }

    fn idle(&self) -> MutexGuard<'_, Option<Opened>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection, opened anew if the file is another one by now.
    pub(super) fn take(&self) -> Result<Opened, StorageError> {
        let kept = self.idle().take();
        match kept {
            Some(opened) if self.is_current(&opened) => Ok(opened),
            stale => {
                if let (Some(opened), Sharing::Alone) = (&stale, self.sharing)
                    && opened.has_lost(&self.beside(LOCK))
                {
                    self.lost.store(true, Ordering::Release);
                }
                // SQLite sees that the file is gone, and leaves the journal of its successor alone.
                drop(stale);
                self.open()
            }
        }
    }

    pub(super) fn is_current(&self, opened: &Opened) -> bool {
        opened.file.is_some()
            && opened.file == identity(&self.path)
            && !self.suspect.load(Ordering::Acquire)
            && opened.has_its_lock()
    }

    /// Keeps the connection for the next one, unless something is wrong with it.
    pub(super) fn give_back(&self, opened: Opened, error: Option<&StorageError>) {
        match error.map(|error| error.kind) {
            None | Some(StorageErrorKind::Full | StorageErrorKind::InUse) => *self.idle() = Some(opened),
            Some(StorageErrorKind::Damaged) => self.suspect.store(true, Ordering::Release),
            Some(_) => {}
        }
    }

    pub(super) fn error(&self, error: &rusqlite::Error) -> StorageError {
        trouble::of(&self.place(), error)
    }

    pub(super) fn with<U>(
        &self,
        work: impl FnOnce(&Opened) -> rusqlite::Result<U>,
    ) -> Result<U, StorageError> {
        let opened = self.take()?;
        let result = work(&opened).map_err(|error| self.error(&error));
        self.give_back(opened, result.as_ref().err());
        result
    }

    /// As [`with`](Self::with), and once more when the database turns out to be damaged: by then a whole one is there.
    pub(super) fn retried<U>(
        &self,
        work: impl Fn(&Opened) -> rusqlite::Result<U>,
    ) -> Result<U, StorageError> {
        match self.with(&work) {
            Err(error) if error.kind == StorageErrorKind::Damaged => self.with(work),
            other => other,
        }
    }

    /// One transaction.
    pub(super) fn written<U>(
        &self,
        fsync: Fsync,
        work: impl FnOnce(&Opened) -> rusqlite::Result<U>,
    ) -> Result<U, StorageError> {
        let mut opened = self.take()?;
        if matches!(opened.standing, Standing::Somebodys { .. }) {
            // By now the other process may have ended.
            drop(opened);
            opened = self.open()?;
        }
        let result = self.check_writable(&opened).and_then(|()| {
            let outcome = opened.sync(fsync).and_then(|()| {
                let immediate = TransactionBehavior::Immediate;
                let transaction = rusqlite::Transaction::new_unchecked(&opened.connection, immediate)?;
                let outcome = work(&opened)?;
                transaction.commit().map(|()| outcome)
            });
            outcome.map_err(|error| self.error(&error))
        });
        self.give_back(opened, result.as_ref().err());
        result
    }

    pub(super) fn check_writable(&self, opened: &Opened) -> Result<(), StorageError> {
        let error = |kind, message| Err(StorageError::new(kind, self.place(), message));
        match opened.standing {
            Standing::Ours(_) => Ok(()),
            Standing::Somebodys { .. } if self.lost.load(Ordering::Acquire) => error(
                StorageErrorKind::InUse,
                "another process of the app took over when the lock of this one was removed: restart this one",
            ),
            Standing::Somebodys { .. } => {
                error(StorageErrorKind::InUse, "another process of the app has the database for itself")
            }
            Standing::Newer => error(
                StorageErrorKind::Other,
                "it was written by a newer version of statesync: use the newer app",
            ),
        }
    }

    /// From now on each topic is told that a damaged file was moved away.
    pub(super) fn note_moved(&self, why: &'static str, place: &Path) {
        let moved = Moved { why, place: place.display().to_string(), told: HashSet::new() };
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = Some(moved);
    }

    /// What is to be told of a topic because a damaged file was moved away.
    pub(super) fn moved(&self, topic: &TopicName) -> Option<Damage> {
        let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        let moved = moved.as_mut()?;
        moved.told.insert(topic.clone()).then(|| Damage::SetAside {
            why: format!("the database is {}", moved.why.replace('-', " ")),
            place: moved.place.clone(),
        })
    }
}

impl Opened {
    /// Whether the lock it has is the one that others ask for.
    fn has_its_lock(&self) -> bool {
        match &self.standing {
            Standing::Ours(lock) => lock.is_in_place(),
            Standing::Somebodys { .. } | Standing::Newer => true,
        }
    }

    /// Whether somebody has made another lock since this one was removed.
    fn has_lost(&self, lock: &Path) -> bool {
        !self.has_its_lock() && place::is_taken(lock)
    }

    /// Whether this process may write it.
    pub(super) fn is_ours(&self) -> bool {
        !matches!(self.standing, Standing::Somebodys { .. })
    }

    pub(super) fn has_tables(&self) -> bool {
        !matches!(self.standing, Standing::Somebodys { has_tables: false })
    }

    pub(super) fn refused_format(&self) -> Option<Damage> {
        matches!(self.standing, Standing::Newer)
            .then(|| Damage::Newer { why: "the database was written by a newer version of statesync".into() })
    }

    /// Whether the next commits are on the disk when they return.
    pub(super) fn sync(&self, fsync: Fsync) -> rusqlite::Result<()> {
        if self.synced.get() != fsync {
            let level = if fsync == Fsync::Yes { "FULL" } else { "NORMAL" };
            self.connection.execute_batch(&format!("PRAGMA synchronous = {level}"))?;
            self.synced.set(fsync);
        }
        Ok(())
    }
}

impl Deref for Opened {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.connection
    }
}
