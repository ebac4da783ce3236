//! Topics in a SQLite database: alone, and shared by two registries that stand for two processes.

mod crash;
mod model;
mod places;
mod rows;
mod shared;
mod transactions;
mod trouble;
#[cfg(windows)]
mod windows;

use statesync_core::persist::{Persist, Sqlite, StorageEvent};
use statesync_core::{Registry, Topic, TopicKey, Value};
use std::path::Path;
use std::sync::{Arc, Mutex};

const COUNT: TopicKey<u64> = TopicKey::new("count");
const OTHER: TopicKey<u64> = TopicKey::new("other");

/// One process, or one life of it.
struct Process {
    registry: Registry,
    events: Arc<Mutex<Vec<StorageEvent>>>,
}

impl Process {
    fn on(storage: Sqlite) -> Self {
        let registry = Registry::new("e");
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = events.clone();
        registry.persist_with(
            Arc::new(storage),
            || {},
            move |event| heard.lock().unwrap().push(event.clone()),
        );
        Self { registry, events }
    }

    fn sharing(dir: &Path) -> Self {
        Self::on(Sqlite::shared(dir.join("state.db")))
    }

    fn alone(dir: &Path) -> Self {
        Self::on(Sqlite::open(dir.join("state.db")))
    }

    fn topic<T: Value>(&self, key: TopicKey<T>, options: Persist<T>, initial: T) -> Topic<T> {
        self.registry.persist(key.clone(), options).unwrap();
        self.registry.register(key, initial).unwrap()
    }

    fn counter(&self, key: TopicKey<u64>) -> Topic<u64> {
        self.topic(key, Persist::new(), 0)
    }

    /// Takes over what others committed; whether there was anything.
    fn poll(&self) -> bool {
        self.registry.poll_shared().unwrap()
    }

    /// The kinds of what the app was told since the last call.
    fn told(&self) -> Vec<&'static str> {
        self.events.lock().unwrap().drain(..).map(|event| event.kind()).collect()
    }
}

/// What a process shows of a topic.
fn shown<T: Value>(topic: &Topic<T>) -> (T, u64) {
    (topic.get(), topic.revision().get())
}

/// Two processes with a counter each on one database.
fn two(dir: &Path) -> [(Process, Topic<u64>); 2] {
    [(); 2].map(|()| {
        let process = Process::sharing(dir);
        let count = process.counter(COUNT);
        (process, count)
    })
}
