//! What a storage has to be able to do so that several processes can share it.
//!
//! Keeps: nothing here; the storage, and not a process, has the newest value and decides on revisions. A topic in it
//! is written through: a write begins an exclusive [`SharedWrite`], takes over what another process wrote
//! meanwhile, and commits before anybody sees it. So no update is lost between processes either.

use super::record::Record;
use super::storage::{Found, StorageError};
use crate::revision::Revision;
use crate::topic::TopicName;
use std::path::PathBuf;
use std::sync::Arc;

/// What tells one stored version of a topic from another without reading its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The revision of the record.
    pub revision: Revision,
    /// The [`fingerprint`](Record::fingerprint) of the record.
    pub fingerprint: u32,
}

impl Mark {
    /// The mark of a topic's record.
    pub fn of(topic: &TopicName, record: &Record) -> Self {
        Self { revision: record.revision, fingerprint: record.fingerprint(topic) }
    }
}

/// A storage that several processes write.
///
/// Within a process there is at most one [`SharedRead`] or [`SharedWrite`] at a time, and meanwhile no call of
/// the [`StorageBackend`](super::StorageBackend) it belongs to.
pub trait SharedStorage: Send + Sync + 'static {
    /// Begins to read: all of it is of one moment.
    ///
    /// # Errors
    /// [`StorageError`].
    fn read(self: Arc<Self>) -> Result<Box<dyn SharedRead>, StorageError>;

    /// Begins a write that no other process can come between. Waits for others up to a bounded time.
    ///
    /// # Errors
    /// [`StorageError`], of kind [`InUse`](super::StorageErrorKind::InUse) when the others took too long.
    fn begin(self: Arc<Self>) -> Result<Box<dyn SharedWrite>, StorageError>;

    /// A number that is another one once another process has committed something, or the storage was replaced.
    /// Own commits leave it as it is. Costs next to nothing.
    ///
    /// # Errors
    /// [`StorageError`].
    fn version(&self) -> Result<u64, StorageError>;

    /// A file that is written after somebody committed, when the others can see it, so that the host can watch it.
    /// It need not be there yet.
    fn watched(&self) -> PathBuf;
}

/// A look at a shared storage.
pub trait SharedRead {
    /// As [`SharedStorage::version`], of the moment that is looked at.
    ///
    /// # Errors
    /// [`StorageError`].
    fn version(&mut self) -> Result<u64, StorageError>;

    /// Every topic there is, with the mark of its newest version. Whether that one is whole is not looked at.
    ///
    /// # Errors
    /// [`StorageError`].
    fn marks(&mut self) -> Result<Vec<(TopicName, Mark)>, StorageError>;

    /// What there is of a topic, best first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn load(&mut self, topic: &TopicName) -> Result<Found, StorageError>;

    /// No topic that is not there, and was, had a revision above this one.
    ///
    /// # Errors
    /// [`StorageError`].
    fn reserved(&mut self) -> Result<Revision, StorageError>;
}

/// An exclusive write. Dropping it without [`commit`](Self::commit) changes nothing.
pub trait SharedWrite: SharedRead {
    /// Stores a record in place of what there is.
    ///
    /// # Errors
    /// [`StorageError`].
    fn save(&mut self, topic: &TopicName, record: &Record) -> Result<(), StorageError>;

    /// As [`StorageBackend::set_aside`](super::StorageBackend::set_aside).
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_aside(&mut self, topic: &TopicName, why: &str) -> Result<Option<String>, StorageError>;

    /// Makes all of it happen, synced.
    ///
    /// # Errors
    /// [`StorageError`]; then nothing has happened.
    fn commit(self: Box<Self>) -> Result<(), StorageError>;
}
