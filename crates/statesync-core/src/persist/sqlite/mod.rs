//! All topics in one SQLite database, for one process or for several of the same app.
//!
//! Keeps: the newest record of each topic and the one before it, each with a checksum, in a file that other programs can
//! read; all topics of a save, or of a transaction, in one commit. Loses nothing: a record that is damaged is put
//! aside in its table, and a file that is no database is renamed so that its name says why.
//!
//! [`Sqlite::open`] is for one process: a second one only reads. With [`Sqlite::shared`] several processes write: the
//! database has the truth, every write is committed in it before anybody sees it, and each process shows what the
//! others commit. The journal is a WAL. A commit that has to be on the disk syncs it (`synchronous = FULL`); with
//! `NORMAL`, which [`Fsync::No`] asks for, a power cut may take the last commits back, whole ones and in order.
//!
//! | file | what |
//! |---|---|
//! | `state.db` | the database: tables `statesync_records` and `statesync_meta`; others are left alone |
//! | `state.db-wal`, `state.db-shm` | belong to it: what was committed last, and an index to it |
//! | `state.db-lock` | held while the database is in use: by one process alone, or by several that share it |
//! | `state.db-open` | held while a process opens the database, and deleted afterwards |
//! | `state.db-next` | held by the process whose turn it is to write next, and written after a commit: the others may watch it |
//! | `state.db.bad-not-a-database` | was no database, and why |

mod database;
mod opening;
mod rows;
mod shared;
mod trouble;

use super::sharing::SharedStorage;
use super::storage::{Damage, Found, Fsync, StorageBackend, StorageError, Stored};
use crate::revision::Revision;
use crate::topic::TopicName;
use database::{Database, Sharing};
use std::path::PathBuf;
use std::sync::Arc;

/// The storage in a SQLite database. See the [module](self).
///
/// Nothing is read or written before the first topic is registered. Files and directories it makes are for their
/// owner only (0600 and 0700, where the platform has such). The database is made again when somebody removes it.
/// The path is that of a file. With a name for which SQLite would keep nothing (`:memory:`, none at all), or a URI
/// (`file:..`, `?mode=..`), every operation fails with the kind
/// [`NotAFile`](super::StorageErrorKind::NotAFile).
///
/// ```
/// use statesync_core::persist::Sqlite;
/// let alone = Sqlite::open("state.db");
/// let with_others = Sqlite::shared("shared.db").max_bytes(1 << 30);
/// ```
#[derive(Debug)]
pub struct Sqlite(Arc<Database>);

impl Sqlite {
    /// A database that one process writes. Writers do not wait for it unless a write is durable. A second process that
    /// opens it reads, and does not save.
    pub fn open(path: impl Into<PathBuf>) -> Self {
        Self(Arc::new(Database::at(path.into(), Sharing::Alone)))
    }

    /// A database that several processes of an app write. Every write of a topic in it waits for the commit, as a durable
    /// one does, and is refused when there is none; what the topic's options say about when and how it is saved does
    /// not matter. On a file system that several machines mount this is not safe.
    pub fn shared(path: impl Into<PathBuf>) -> Self {
        Self(Arc::new(Database::at(path.into(), Sharing::Processes)))
    }

    /// The most bytes the database may have; a write that needs more is refused as on a full disk. No limit unless called.
    /// To be called before it is used.
    #[must_use]
    pub fn max_bytes(self, bytes: u64) -> Self {
        self.0.limit(bytes);
        self
    }
}

impl StorageBackend for Sqlite {
    fn load(&self, topic: &TopicName) -> Result<Found, StorageError> {
        self.0.retried(|opened| {
            let mut found = Found::default();
            if !opened.is_ours() {
                found.damage.push(Damage::InUse);
            }
            if let Some(damage) = opened.refused_format() {
                found.damage.push(damage);
                return Ok(found);
            }
            if opened.has_tables() {
                rows::load(opened, topic, &mut found)?;
            }
            found.damage.extend(self.0.moved(topic));
            Ok(found)
        })
    }

    fn save(&self, records: &[Stored], fsync: Fsync) -> Result<(), StorageError> {
        self.0.written(fsync, |opened| {
            records.iter().try_for_each(|(topic, record)| rows::save(opened, topic, record))
        })
    }

    fn set_aside(&self, topic: &TopicName, why: &str) -> Result<Option<String>, StorageError> {
        self.0.written(Fsync::Yes, |opened| rows::set_aside(opened, topic, why))
    }

    fn erase(&self, topic: &TopicName) -> Result<(), StorageError> {
        self.0.written(Fsync::Yes, |opened| rows::erase(opened, topic))?;
        // What was deleted is overwritten in the database; with this the journal forgets it too, if nobody reads it.
        self.0.with(|opened| opened.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).or(Ok(())))
    }

    fn reserved(&self) -> Result<Revision, StorageError> {
        self.0.retried(|opened| match opened.refused_format() {
            None if opened.has_tables() => rows::reserved(opened),
            _ => Ok(Revision::ZERO),
        })
    }

    fn reserve(&self, up_to: Revision) -> Result<(), StorageError> {
        if self.0.with(|opened| Ok(opened.refused_format().is_some()))? {
            // Nothing of this process is ever stored there, so nothing has to be reserved there.
            return Ok(());
        }
        self.0.written(Fsync::Yes, |opened| rows::reserve(opened, up_to))
    }

    fn is_atomic(&self) -> bool {
        true
    }

    fn shared(&self) -> Option<Arc<dyn SharedStorage>> {
        match self.0.sharing() {
            Sharing::Alone => None,
            Sharing::Processes => Some(self.0.clone()),
        }
    }

    fn place(&self) -> String {
        self.0.place()
    }
}
