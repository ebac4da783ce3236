//! The smallest storage that processes could share: in memory, and nobody ever waits for it.

use statesync_core::persist::{
    Body, Found, Fsync, Mark, Record, SharedRead, SharedStorage, SharedWrite, StorageBackend, StorageError,
    Stored,
};
use statesync_core::{Revision, TopicName};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

#[derive(Clone, Default)]
pub struct Board(Arc<Mutex<Content>>);

#[derive(Clone, Default)]
struct Content {
    records: BTreeMap<TopicName, Record>,
    /// Commits of other processes.
    foreign: u64,
}

/// A copy, which a commit puts in place.
struct Copy {
    board: Board,
    content: Content,
}

impl Board {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap()
    }

    fn copy(&self) -> Copy {
        Copy { board: self.clone(), content: self.content().clone() }
    }

    pub fn commit_as_another_process(&self, topic: &str, revision: u64, json: &str) {
        let revision = Revision::new(revision);
        let record = Record { schema: 1, revision, reserved: revision, body: Body::Json(json.into()) };
        let mut content = self.content();
        content.records.insert(TopicName::new(topic).unwrap(), record);
        content.foreign += 1;
    }

    /// The JSON of a topic.
    pub fn stored(&self, topic: &str) -> String {
        match &self.content().records[topic].body {
            Body::Json(json) => json.to_string(),
            Body::Sealed(_) => unreachable!("nothing is sealed"),
        }
    }
}

impl StorageBackend for Board {
    fn load(&self, topic: &TopicName) -> Result<Found, StorageError> {
        self.copy().load(topic)
    }

    fn save(&self, records: &[Stored], _: Fsync) -> Result<(), StorageError> {
        self.content().records.extend(records.iter().cloned());
        Ok(())
    }

    fn set_aside(&self, _: &TopicName, _: &str) -> Result<Option<String>, StorageError> {
        Ok(None)
    }

    fn erase(&self, topic: &TopicName) -> Result<(), StorageError> {
        self.content().records.remove(topic);
        Ok(())
    }

    fn reserved(&self) -> Result<Revision, StorageError> {
        Ok(Revision::ZERO)
    }

    fn reserve(&self, _: Revision) -> Result<(), StorageError> {
        Ok(())
    }

    fn shared(&self) -> Option<Arc<dyn SharedStorage>> {
        Some(Arc::new(self.clone()))
    }

    fn place(&self) -> String {
        "board".into()
    }
}

impl SharedStorage for Board {
    fn read(self: Arc<Self>) -> Result<Box<dyn SharedRead>, StorageError> {
        Ok(Box::new(self.copy()))
    }

    fn begin(self: Arc<Self>) -> Result<Box<dyn SharedWrite>, StorageError> {
        Ok(Box::new(self.copy()))
    }

    fn version(&self) -> Result<u64, StorageError> {
        Ok(self.content().foreign)
    }

    fn watched(&self) -> PathBuf {
        "board".into()
    }
}

impl SharedRead for Copy {
    fn version(&mut self) -> Result<u64, StorageError> {
        Ok(self.content.foreign)
    }

    fn marks(&mut self) -> Result<Vec<(TopicName, Mark)>, StorageError> {
        let marks = self.content.records.iter();
        Ok(marks.map(|(topic, record)| (topic.clone(), Mark::of(topic, record))).collect())
    }

    fn load(&mut self, topic: &TopicName) -> Result<Found, StorageError> {
        let records = self.content.records.get(topic).cloned().into_iter().collect();
        Ok(Found { records, damage: Vec::new() })
    }

    fn reserved(&mut self) -> Result<Revision, StorageError> {
        Ok(Revision::ZERO)
    }
}

impl SharedWrite for Copy {
    fn save(&mut self, topic: &TopicName, record: &Record) -> Result<(), StorageError> {
        self.content.records.insert(topic.clone(), record.clone());
        Ok(())
    }

    fn set_aside(&mut self, _: &TopicName, _: &str) -> Result<Option<String>, StorageError> {
        Ok(None)
    }

    fn commit(self: Box<Self>) -> Result<(), StorageError> {
        *self.board.content() = self.content;
        Ok(())
    }
}
