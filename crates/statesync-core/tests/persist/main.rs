//! Persisted topics through two and more lives of an app, on storages that fail and lose power on command.

mod damage;
mod durable;
#[cfg(unix)]
mod in_the_way;
mod life;
#[cfg(unix)]
mod links;
#[cfg(unix)]
mod locks;
mod migrations;
mod model;
mod records;
mod removed;
mod secrets;
mod trouble;
#[cfg(windows)]
mod windows;

use statesync_core::persist::{
    Found, Fsync, Memory, Persist, StorageBackend, StorageError, StorageErrorKind, StorageEvent, Stored,
};
use statesync_core::{Registry, Revision, TopicKey, TopicName, Value};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One life of an app.
struct Life {
    registry: Registry,
    events: Arc<Mutex<Vec<StorageEvent>>>,
}

impl Life {
    fn on(backend: Arc<dyn StorageBackend>) -> Self {
        let registry = Registry::new("e");
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = events.clone();
        registry.persist_with(backend, || {}, move |event| heard.lock().unwrap().push(event.clone()));
        Self { registry, events }
    }

    fn in_memory(memory: &Memory) -> Self {
        Self::on(Arc::new(memory.clone()))
    }

    /// Declares and registers a topic.
    fn topic<T: Value>(&self, key: TopicKey<T>, options: Persist<T>, initial: T) -> statesync_core::Topic<T> {
        self.registry.persist(key.clone(), options).unwrap();
        self.registry.register(key, initial).unwrap()
    }

    /// The kinds of what the app was told since the last call.
    fn told(&self) -> Vec<&'static str> {
        self.events.lock().unwrap().drain(..).map(|event| event.kind()).collect()
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

type Meanwhile = Box<dyn FnOnce() -> Result<(), StorageErrorKind> + Send>;

/// Lets something happen in the middle of a save, which says whether the save fails.
struct Interrupted {
    memory: Memory,
    meanwhile: Mutex<Option<Meanwhile>>,
}

impl Interrupted {
    fn new(memory: &Memory) -> Self {
        Self { memory: memory.clone(), meanwhile: Mutex::new(None) }
    }

    fn at_next_save(&self, meanwhile: impl FnOnce() -> Result<(), StorageErrorKind> + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some(Box::new(meanwhile));
    }
}

impl StorageBackend for Interrupted {
    fn load(&self, topic: &TopicName) -> Result<Found, StorageError> {
        self.memory.load(topic)
    }
    fn save(&self, records: &[Stored], fsync: Fsync) -> Result<(), StorageError> {
        let meanwhile = self.meanwhile.lock().unwrap().take();
        let outcome = meanwhile.map_or(Ok(()), |meanwhile| meanwhile());
        outcome.map_err(|kind| StorageError::new(kind, "here", "told to fail"))?;
        self.memory.save(records, fsync)
    }
    fn set_aside(&self, topic: &TopicName, why: &str) -> Result<Option<String>, StorageError> {
        self.memory.set_aside(topic, why)
    }
    fn erase(&self, topic: &TopicName) -> Result<(), StorageError> {
        self.memory.erase(topic)
    }
    fn reserved(&self) -> Result<Revision, StorageError> {
        self.memory.reserved()
    }
    fn reserve(&self, up_to: Revision) -> Result<(), StorageError> {
        self.memory.reserve(up_to)
    }
    fn place(&self) -> String {
        self.memory.place()
    }
}
