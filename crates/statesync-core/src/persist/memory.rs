//! A storage in memory, for tests: it fails and loses power on command.

use super::record::Record;
use super::storage::{Found, Fsync, StorageBackend, StorageError, StorageErrorKind, Stored};
use crate::revision::Revision;
use crate::topic::TopicName;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps records in memory. All clones are the same storage, so a test can begin a second life of an app
/// with what the first one left.
///
/// ```
/// use statesync_core::persist::{Failure, Memory, StorageErrorKind};
/// let memory = Memory::new();
/// memory.fail(Failure::Saves(StorageErrorKind::Full));
/// memory.fail(Failure::Never);
/// assert_eq!(memory.saves(), 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Content>>);

/// What goes wrong from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Failure {
    /// Nothing.
    #[default]
    Never,
    /// Everything that reads.
    Loads(StorageErrorKind),
    /// Everything that writes.
    Saves(StorageErrorKind),
}

#[derive(Clone, Debug, Default)]
struct Content {
    /// What a power cut leaves.
    synced: Kept,
    /// What this process sees.
    seen: Kept,
    failure: Failure,
    saves: u64,
}

#[derive(Clone, Debug, Default)]
struct Kept {
    records: HashMap<TopicName, Record>,
    aside: Vec<(TopicName, String, Record)>,
    reserved: Revision,
}

impl Memory {
    /// An empty storage.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets calls fail from now on.
    pub fn fail(&self, failure: Failure) {
        self.content().failure = failure;
    }

    /// Loses what was not synced.
    pub fn cut_power(&self) {
        let mut content = self.content();
        content.seen = content.synced.clone();
    }

    /// The record of a topic, as it is now.
    pub fn record(&self, topic: &str) -> Option<Record> {
        self.content().seen.records.get(topic).cloned()
    }

    /// What was put aside of a topic.
    pub fn aside(&self, topic: &str) -> Vec<Record> {
        let content = self.content();
        let of = content.seen.aside.iter().filter(|(of, ..)| of.as_str() == topic);
        of.map(|(.., record)| record.clone()).collect()
    }

    /// Puts a record there, as another version of the app would have.
    pub fn put(&self, topic: TopicName, record: Record) {
        let mut content = self.content();
        content.seen.records.insert(topic, record);
        content.synced = content.seen.clone();
    }

    /// How many saves succeeded.
    pub fn saves(&self) -> u64 {
        self.content().saves
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn readable(&self) -> Result<MutexGuard<'_, Content>, StorageError> {
        let content = self.content();
        match content.failure {
            Failure::Loads(kind) => Err(StorageError::new(kind, self.place(), "told to fail")),
            _ => Ok(content),
        }
    }

    fn writable(&self) -> Result<MutexGuard<'_, Content>, StorageError> {
        let content = self.content();
        match content.failure {
            Failure::Saves(kind) => Err(StorageError::new(kind, self.place(), "told to fail")),
            _ => Ok(content),
        }
    }
}

impl StorageBackend for Memory {
    fn load(&self, topic: &TopicName) -> Result<Found, StorageError> {
        let records = self.readable()?.seen.records.get(topic).cloned().into_iter().collect();
        Ok(Found { records, damage: Vec::new() })
    }

    fn save(&self, records: &[Stored], fsync: Fsync) -> Result<(), StorageError> {
        let mut content = self.writable()?;
        content.seen.records.extend(records.iter().cloned());
        content.saves += 1;
        if fsync == Fsync::Yes {
            content.synced = content.seen.clone();
        }
        Ok(())
    }

    fn set_aside(&self, topic: &TopicName, why: &str) -> Result<Option<String>, StorageError> {
        let mut content = self.writable()?;
        let Some(record) = content.seen.records.remove(topic) else { return Ok(None) };
        content.seen.aside.push((topic.clone(), why.to_owned(), record));
        content.synced = content.seen.clone();
        Ok(Some(format!("memory: {topic} ({why})")))
    }

    fn erase(&self, topic: &TopicName) -> Result<(), StorageError> {
        let mut content = self.writable()?;
        content.seen.records.remove(topic);
        content.seen.aside.retain(|(of, ..)| of != topic);
        content.synced = content.seen.clone();
        Ok(())
    }

    fn reserved(&self) -> Result<Revision, StorageError> {
        Ok(self.readable()?.seen.reserved)
    }

    fn reserve(&self, up_to: Revision) -> Result<(), StorageError> {
        let mut content = self.writable()?;
        content.seen.reserved = up_to;
        content.synced = content.seen.clone();
        Ok(())
    }

    fn is_atomic(&self) -> bool {
        true
    }

    fn place(&self) -> String {
        "memory".into()
    }
}
