//! What the programs that are killed, and the tests that kill them, have in common.

use statesync_core::persist::{Durability, Files, Persist, SaveWhen, Sqlite, StorageBackend};
use statesync_core::{Registry, Topic, TopicKey};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Every write is stored before it returns.
pub const DURABLE: TopicKey<Payload> = TopicKey::new("durable");
/// Saved behind the writer's back.
pub const DEBOUNCED: TopicKey<Payload> = TopicKey::new("debounced");

/// A number and a text made of it, so that half a value is seen.
pub type Payload = (u64, String);

/// The value with this number; some are longer than a page of memory.
pub fn payload(number: u64) -> Payload {
    let length = (0..number % 97).count() * 25;
    (number, format!("{number},").repeat(length))
}

/// Opens one of them.
///
/// # Panics
/// When there is none of this name.
pub fn storage(name: &str, dir: &Path) -> Arc<dyn StorageBackend> {
    match name {
        "files" => Arc::new(Files::in_dir(dir)),
        "sqlite" => Arc::new(Sqlite::open(dir.join("state.db"))),
        "sqlite-shared" => Arc::new(Sqlite::shared(dir.join("state.db"))),
        other => panic!("{other} is no storage"),
    }
}

/// One life of an app with both topics.
pub struct Life {
    /// Its topics.
    pub registry: Registry,
    /// [`DURABLE`]
    pub durable: Topic<Payload>,
    /// [`DEBOUNCED`]
    pub debounced: Topic<Payload>,
    /// The kinds of what it was told.
    pub events: Arc<Mutex<Vec<String>>>,
}

impl Life {
    /// Begins on what is stored there.
    ///
    /// # Panics
    /// When the topics cannot be registered.
    pub fn begin(backend: Arc<dyn StorageBackend>) -> Self {
        let registry = Registry::new("e");
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = events.clone();
        registry.persist_with(
            backend,
            || {},
            move |event| heard.lock().expect("no panic").push(event.kind().to_owned()),
        );
        let immediate = Persist::new().durability(Durability::Immediate);
        registry.persist(DURABLE, immediate).expect("a rule");
        registry.persist(DEBOUNCED, Persist::new().when(SaveWhen::Immediately)).expect("a rule");
        let durable = registry.register(DURABLE, payload(0)).expect("a topic");
        let debounced = registry.register(DEBOUNCED, payload(0)).expect("a topic");
        Self { registry, durable, debounced, events }
    }

    /// The kinds of what it was told since the last call.
    ///
    /// # Panics
    /// Never.
    pub fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.events.lock().expect("no panic"))
    }
}
