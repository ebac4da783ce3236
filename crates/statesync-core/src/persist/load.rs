//! From what a storage has to a topic's first value: decrypted, migrated, checked. Nothing is deleted on the way.

use super::event::{HoldReason, StorageEvent};
use super::options::Persist;
use super::record::{Body, Record};
use super::sharing::Mark;
use super::slot::Persisted;
use super::slot::context;
use super::storage::{Damage, Found, StorageBackend, StorageError};
use crate::Value;
use crate::contain::{Contained, said};
use crate::depth;
use crate::excerpt::excerpt_of;
use crate::json::stored_json;
use crate::revision::Revision;
use crate::topic::TopicName;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Whether a topic may be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Free,
    /// Never in this life: what is stored must stay.
    Held(HoldReason),
    /// Not before what is stored, and nobody could read, is out of the way.
    Unread,
}

/// A topic as it begins.
pub(crate) struct Loaded<T> {
    pub(crate) value: Contained<T>,
    /// The initial value, if something was stored. To be dropped under no lock.
    pub(crate) unused: Option<Contained<T>>,
    pub(crate) standing: Standing,
    /// What is stored is not what the topic begins with.
    pub(crate) differs: bool,
    /// The topic has to begin above this (`monotone`).
    pub(crate) floor: Revision,
    /// Which record it begins with, or has to leave alone.
    pub(crate) mark: Option<Mark>,
    pub(crate) events: Vec<StorageEvent>,
}

/// Where records come from.
pub(crate) trait Source {
    fn load(&mut self, topic: &TopicName) -> Result<Found, StorageError>;
    fn set_aside(&mut self, topic: &TopicName, why: &str) -> Result<Option<String>, StorageError>;
    fn place(&self) -> String;
}

impl Source for &dyn StorageBackend {
    fn load(&mut self, topic: &TopicName) -> Result<Found, StorageError> {
        (**self).load(topic)
    }

    fn set_aside(&mut self, topic: &TopicName, why: &str) -> Result<Option<String>, StorageError> {
        (**self).set_aside(topic, why)
    }

    fn place(&self) -> String {
        (**self).place()
    }
}

/// Why a record did not become a value.
enum Refusal {
    /// It must stay where it is.
    Hold(HoldReason),
    /// It is of no use.
    Unfit(String),
}

/// What is there of a topic. `pending` is a newer record that is not stored yet, `base` what earlier lives reserved.
pub(crate) fn load<T: Value>(
    topic: &TopicName,
    options: &Persist<T>,
    source: &mut dyn Source,
    pending: Option<Record>,
    base: Revision,
    initial: Contained<T>,
) -> Loaded<T> {
    let fresh = |value, standing, events| Loaded {
        value,
        unused: None,
        standing,
        differs: false,
        floor: Revision::ZERO,
        mark: None,
        events,
    };
    let mut found = match source.load(topic) {
        Ok(found) => found,
        Err(error) => {
            let event = StorageEvent::Unread { topic: topic.clone(), error };
            return fresh(initial, Standing::Unread, vec![event]);
        }
    };
    let waits = pending.is_some();
    found.records.splice(0..0, pending);
    let records = &found.records;
    // Where the storage's number is older than a record, somebody deleted or replaced it: the record has it too.
    let above = |record: &Record| {
        if record.revision <= base { base } else { record.reserved.max(record.revision) }
    };
    let floor = records.iter().map(above).max().unwrap_or_default().max(base);
    let mut loaded = Loaded { floor, ..fresh(initial, Standing::Free, Vec::new()) };
    let (mut lost_newest, mut damaged) = (false, false);
    for damage in found.damage {
        let (damage, is_newest) = match damage {
            Damage::OfEarlier(damage) => (*damage, false),
            damage => (damage, true),
        };
        lost_newest |= is_newest && damage != Damage::InUse;
        match damage {
            Damage::SetAside { why, place } => {
                damaged |= is_newest;
                loaded.events.push(StorageEvent::SetAside { topic: topic.clone(), why, place });
            }
            Damage::Unread { error } => {
                loaded.events.push(StorageEvent::Unread { topic: topic.clone(), error });
                if loaded.standing == Standing::Free {
                    loaded.standing = Standing::Unread;
                }
            }
            Damage::Newer { why } => loaded = loaded.held(topic, HoldReason::NewerFormat { why }),
            Damage::InUse => loaded = loaded.held(topic, HoldReason::InUse),
            Damage::OfEarlier(_) => {}
        }
    }
    for (place, record) in records.iter().enumerate() {
        loaded.mark = Some(Mark::of(topic, record));
        match open(topic, options, record, &loaded.value) {
            Ok(value) => {
                let Record { schema: from, revision, .. } = *record;
                loaded.unused = Some(std::mem::replace(&mut loaded.value, Contained::new(value)));
                if place > 0 || lost_newest {
                    loaded.events.push(StorageEvent::Recovered { topic: topic.clone(), revision });
                }
                let to = options.migrations.current;
                if from < to {
                    loaded.events.push(StorageEvent::Migrated { topic: topic.clone(), from, to });
                }
                loaded.differs = place > 0 || damaged || from < to || waits;
                return loaded;
            }
            Err(Refusal::Hold(reason)) => return loaded.held(topic, reason),
            Err(Refusal::Unfit(why)) => loaded.put_away(topic, source, why),
        }
    }
    loaded.mark = None;
    loaded
}

impl<T> Loaded<T> {
    fn held(mut self, topic: &TopicName, reason: HoldReason) -> Self {
        self.events.push(StorageEvent::Held { topic: topic.clone(), reason: reason.clone() });
        self.standing = Standing::Held(reason);
        self
    }

    fn put_away(&mut self, topic: &TopicName, source: &mut dyn Source, why: String) {
        if matches!(self.standing, Standing::Held(_)) {
            return;
        }
        let topic = topic.clone();
        match source.set_aside(&topic, "invalid-value") {
            Ok(place) => {
                let place = place.unwrap_or_else(|| source.place());
                self.events.push(StorageEvent::SetAside { topic, why, place });
            }
            Err(error) => {
                self.events.push(StorageEvent::Unread { topic, error });
                self.standing = Standing::Unread;
            }
        }
    }
}

impl<T: Value> Persisted<T> {
    /// The value in a record of another process. What is not stored of it stays as it is in `current`.
    pub(crate) fn adopt(&self, record: &Record, current: &T) -> Result<T, HoldReason> {
        open(&self.slot.name, &self.options, record, current).map_err(|refusal| match refusal {
            Refusal::Hold(reason) => reason,
            Refusal::Unfit(why) => HoldReason::Unfit { why },
        })
    }
}

/// The value in a record.
fn open<T: Value>(
    topic: &TopicName,
    options: &Persist<T>,
    record: &Record,
    initial: &T,
) -> Result<T, Refusal> {
    let current = options.migrations.current;
    if record.schema > current {
        return Err(Refusal::Hold(HoldReason::NewerSchema { stored: record.schema, current }));
    }
    let text =
        unseal(topic, options, record).map_err(|reason| Refusal::Hold(HoldReason::Sealed { reason }))?;
    let text = if record.schema < current { migrated(options, record.schema, &text)? } else { text };
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        if let Some(part) = &options.part {
            return (part.put)(&text, initial.clone()).map_err(|error| error.to_string());
        }
        depth::read(&text).map_err(|error| misfit::<T>(&text).unwrap_or_else(|| error.to_string()))
    }));
    match parsed {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(reason)) => Err(Refusal::Unfit(reason)),
        Err(panic) => Err(Refusal::Unfit(format!("its Deserialize panicked: {}", said(panic)))),
    }
}

/// Where a text does not fit its type, and why. Slower than reading it, so it runs only then.
fn misfit<T: Value>(text: &str) -> Option<String> {
    let mut reader = depth::reader(text).ok()?;
    let error = serde_path_to_error::deserialize::<_, T>(&mut reader).err()?;
    let (place, why) = (excerpt_of(error.path()), excerpt_of(error.inner()));
    Some(format!("it does not fit its type at {place}: {why}"))
}

fn unseal<T>(topic: &TopicName, options: &Persist<T>, record: &Record) -> Result<Arc<str>, String> {
    match (&record.body, &options.cipher) {
        // Also with a cipher: it was stored before there was one, and is sealed with the next save.
        (Body::Json(json), _) => Ok(json.clone()),
        (Body::Sealed(_), None) => Err("the topic has no cipher".into()),
        (Body::Sealed(bytes), Some(cipher)) => {
            let context = context(topic, record.schema, record.revision);
            let plain = catch_unwind(AssertUnwindSafe(|| cipher.open(bytes, context.as_bytes())))
                .map_err(|panic| format!("the cipher panicked: {}", said(panic)))?
                .map_err(|error| error.to_string())?;
            String::from_utf8(plain).map(Arc::from).map_err(|_| "it is no text".into())
        }
    }
}

fn migrated<T>(options: &Persist<T>, from: u32, text: &str) -> Result<Arc<str>, Refusal> {
    let json = depth::read(text).map_err(|error| Refusal::Unfit(error.to_string()))?;
    let json = options
        .migrations
        .run(json, from)
        .map_err(|error| Refusal::Hold(HoldReason::MigrationFailed { reason: error.to_string() }))?;
    stored_json(&json)
        .map(Arc::from)
        .map_err(|error| Refusal::Hold(HoldReason::MigrationFailed { reason: error.to_string() }))
}
