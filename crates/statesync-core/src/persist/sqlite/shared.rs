//! The database as several processes share it.
//!
//! SQLite lets one process write at a time, and gives the turn to whoever asks at the right moment. So that a busy writer
//! starves nobody, a process first takes its place as the next one, and keeps it until it has the turn.
//!
//! The journal is written before it is synced, and a commit is seen after that. So a change of the journal tells others
//! nothing; the file of the place in line is written for them once they can see the commit.

use super::database::{Database, Opened, TRIES, pause};
use super::rows;
use crate::persist::place::LockFile;
use crate::persist::record::Record;
use crate::persist::sharing::{Mark, SharedRead, SharedStorage, SharedWrite};
use crate::persist::storage::{Found, StorageError, StorageErrorKind};
use crate::revision::Revision;
use crate::topic::TopicName;
use std::fs::TryLockError;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

/// The file of the place in line.
const NEXT: &str = "-next";
/// How often a file that is replaced while it is opened is looked at again.
const ATTEMPTS: u32 = 8;

/// A transaction of this process.
struct Open {
    database: Arc<Database>,
    /// Until it is given back.
    opened: Option<Opened>,
    error: Option<StorageError>,
    /// Written once it is committed.
    bell: Option<LockFile>,
}

impl SharedStorage for Database {
    fn read(self: Arc<Self>) -> Result<Box<dyn SharedRead>, StorageError> {
        Ok(Box::new(self.transaction("BEGIN")?))
    }

    fn begin(self: Arc<Self>) -> Result<Box<dyn SharedWrite>, StorageError> {
        let mut next = self.place_in_line()?;
        let mut open = self.transaction("BEGIN IMMEDIATE")?;
        // An error means that there are no locks here.
        let _ = next.file().unlock();
        open.bell = Some(next);
        Ok(Box::new(open))
    }

    fn version(&self) -> Result<u64, StorageError> {
        self.retried(version)
    }

    fn watched(&self) -> PathBuf {
        self.beside(NEXT)
    }
}

fn version(opened: &Opened) -> rusqlite::Result<u64> {
    let mut statement = opened.prepare_cached("PRAGMA data_version")?;
    let data: u32 = statement.query_row([], |row| row.get(0))?;
    // A new connection counts anew.
    Ok((opened.generation << 32) | u64::from(data))
}

impl Database {
    fn place_in_line(&self) -> Result<LockFile, StorageError> {
        // Opening makes the directory.
        let opened = self.take()?;
        self.give_back(opened, None);
        let path = self.beside(NEXT);
        let error = |error: &std::io::Error| StorageError::io(path.display().to_string(), error);
        // If it is replaced meanwhile, two are the next one: SQLite still lets one of them write at a time.
        let mut file = LockFile::open(&path, true).map_err(|why| error(&why))?;
        for _ in 0..TRIES {
            match file.file().try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => pause(),
                Err(TryLockError::Error(why)) if why.kind() == std::io::ErrorKind::Unsupported => {
                    return Ok(file);
                }
                Err(TryLockError::Error(why)) => return Err(error(&why)),
            }
        }
        Err(StorageError::new(
            StorageErrorKind::InUse,
            self.place(),
            "other processes of the app have been writing it for too long",
        ))
    }

    fn transaction(self: Arc<Self>, begin: &str) -> Result<Open, StorageError> {
        let mut attempt = 0;
        loop {
            let opened = self.take()?;
            self.check_writable(&opened)?;
            let mut open = Open { database: self.clone(), opened: Some(opened), error: None, bell: None };
            let outcome = open.run(|opened| {
                opened.execute_batch(begin)?;
                // With this it has begun, and looks at one moment.
                rows::format(opened)
            });
            attempt += 1;
            match outcome {
                Ok(rows::FORMAT) if open.is_current() || attempt == ATTEMPTS => return Ok(open),
                // It was replaced, by a newer app perhaps: the next attempt looks.
                Ok(_) => open.error = Some(StorageError::new(StorageErrorKind::Other, "", "")),
                // A damaged one is moved away with the next attempt.
                Err(error) if error.kind == StorageErrorKind::Damaged && attempt == 1 => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Open {
    fn run<U>(&mut self, work: impl FnOnce(&Opened) -> rusqlite::Result<U>) -> Result<U, StorageError> {
        let opened = self.opened.as_ref().expect("it has not ended");
        work(opened).map_err(|error| {
            let error = self.database.error(&error);
            self.error = Some(error.clone());
            error
        })
    }

    fn is_current(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| self.database.is_current(opened))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(opened) = self.opened.take() else { return };
        if !opened.is_autocommit() && opened.execute_batch("ROLLBACK").is_err() {
            return;
        }
        self.database.give_back(opened, self.error.as_ref());
    }
}

impl SharedRead for Open {
    fn version(&mut self) -> Result<u64, StorageError> {
        self.run(version)
    }

    fn marks(&mut self) -> Result<Vec<(TopicName, Mark)>, StorageError> {
        self.run(|opened| rows::marks(opened))
    }

    fn load(&mut self, topic: &TopicName) -> Result<Found, StorageError> {
        let mut found = Found::default();
        self.run(|opened| rows::load(opened, topic, &mut found))?;
        found.damage.extend(self.database.moved(topic));
        Ok(found)
    }

    fn reserved(&mut self) -> Result<Revision, StorageError> {
        self.run(|opened| rows::reserved(opened))
    }
}

impl SharedWrite for Open {
    fn save(&mut self, topic: &TopicName, record: &Record) -> Result<(), StorageError> {
        self.run(|opened| rows::save(opened, topic, record))
    }

    fn set_aside(&mut self, topic: &TopicName, why: &str) -> Result<Option<String>, StorageError> {
        self.run(|opened| rows::set_aside(opened, topic, why))
    }

    fn commit(mut self: Box<Self>) -> Result<(), StorageError> {
        if !self.is_current() {
            return Err(StorageError::new(
                StorageErrorKind::Other,
                self.database.place(),
                "the database was removed or replaced meanwhile: try again",
            ));
        }
        self.run(|opened| opened.execute_batch("COMMIT"))?;
        if let Some(mut bell) = self.bell.take() {
            // Who does not hear it looks by itself.
            let _ = bell.file().write(b".");
        }
        Ok(())
    }
}
