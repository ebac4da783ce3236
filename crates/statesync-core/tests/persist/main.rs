//! Persisted topics through two and more lives of an app, on storages that fail and lose power on command.

mod damage;
mod durable;
mod life;
mod migrations;
mod model;
mod secrets;
mod trouble;

use statesync_core::persist::{Memory, Persist, StorageBackend, StorageEvent};
use statesync_core::{Registry, TopicKey, Value};
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
