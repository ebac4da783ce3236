//! One process run of an app whose topic is stored.

use crate::{json, strict};
use serde_json::{Value, json};
use statesync_core::persist::{Persist, StorageBackend};
use statesync_core::{Registry, Topic, TopicKey};
use std::sync::{Arc, Mutex};

pub const NAME: &str = "note";
const NOTE: TopicKey<Value> = TopicKey::new(NAME);

/// A running app.
pub struct Life {
    pub registry: Registry,
    pub note: Topic<Value>,
    /// The kinds of what the storage told.
    told: Arc<Mutex<Vec<&'static str>>>,
}

impl Life {
    pub fn begin(storage: Arc<dyn StorageBackend>) -> Result<Self, String> {
        let registry = Registry::new("fuzz");
        let told = Arc::new(Mutex::new(Vec::new()));
        let ear = told.clone();
        registry.persist_with(
            storage,
            || {},
            move |event| ear.lock().expect("no panic here").push(event.kind()),
        );
        registry.persist(NOTE, Persist::new()).map_err(|error| error.to_string())?;
        let note = registry.register(NOTE, json!("initial")).map_err(|error| error.to_string())?;
        Ok(Self { registry, note, told })
    }

    /// Sets a value and stores it.
    pub fn save(&self, value: &Value) -> Result<(), String> {
        self.note.set(value.clone()).map_err(|error| error.to_string())?;
        self.registry.flush().map_err(|error| error.to_string())
    }

    pub fn told(&self) -> Vec<&'static str> {
        self.told.lock().expect("no panic here").clone()
    }
}

/// What an app saved, and what it may find after damage.
pub struct Saved {
    pub values: Vec<Value>,
    /// The last revision that was handed out.
    pub revision: u64,
}

/// What may be damaged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// One of several files: the newest record, the one before it, the number that was reserved. Each of them knows the
    /// revisions.
    One,
    /// All there is.
    All,
    /// The journal of a database: SQLite takes a damaged one for one that ends there.
    Journal,
}

/// Whether a value can be stored at all.
pub fn is_storable(value: &Value) -> bool {
    !json::has_unsafe_integer(value) && !json::has_reserved_key(value)
}

/// Begins an app on damaged files, and checks that it has a value that was saved, or its initial one, and that what it
/// saves is found again, or refused, or the app was told.
///
/// Where only one of several files was hit, and for databases with `--strict`, more has to hold: the app is told when it
/// begins with anything but the newest value, the revision stands for no other value, and it can save.
pub fn check_next(open: impl Fn() -> Arc<dyn StorageBackend>, saved: &Saved, hit: Hit) -> Result<(), String> {
    let strictly = hit == Hit::One || strict::is_on();
    let life = Life::begin(open())?;
    let (value, told) = (life.note.get(), life.told());
    let initial = json!("initial");
    let newest = saved.values.last().unwrap_or(&initial);
    if value != *newest && value != initial && !saved.values.contains(&value) {
        return Err(format!("the topic begins with {value}, which nobody saved"));
    }
    if strictly && value != *newest && told.is_empty() && hit != Hit::Journal {
        return Err(format!(
            "the topic begins with {value} instead of the newest value, and nothing is told"
        ));
    }
    let revision = life.note.revision().get();
    let is_known = !saved.values.is_empty() && (hit == Hit::One || value != initial);
    // Processes that share a database go on with the revision that is stored, as long as the value is the same.
    let goes_back = revision < saved.revision || (revision == saved.revision && value != *newest);
    if strictly && is_known && goes_back {
        return Err(format!("the topic begins at revision {revision}, and was at {} before", saved.revision));
    }
    let after = json!(["after", "the", "damage"]);
    match life.save(&after) {
        Ok(()) => {}
        Err(error) if strictly => return Err(format!("it cannot be saved any more ({told:?}): {error}")),
        Err(_) => return Ok(()),
    }
    drop(life);
    let next = Life::begin(open())?;
    let told = next.told();
    let is_lost = next.note.get() != after && (strictly || told.is_empty());
    if is_lost { Err(format!("what was saved is lost: {told:?}")) } else { Ok(()) }
}
