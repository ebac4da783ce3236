//! One persisted topic: whether it is saved, and how its value becomes a record.

use super::load::Standing;
use super::options::{Durability, Persist, SaveWhen};
use super::record::{Body, Record};
use super::schedule::Schedule;
use super::sharing::Mark;
use super::store::Store;
use crate::Value;
use crate::cell::{AnyTopic, Updating};
use crate::contain::{Contained, said};
use crate::depth;
use crate::json::stored_json;
use crate::revision::Revision;
use crate::snapshot::{AnySnapshot, Snapshot};
use crate::sync::{Mutex, MutexGuard, lock};
use crate::topic::TopicName;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A persisted topic of any type.
pub(crate) struct Slot {
    pub(crate) name: TopicName,
    pub(crate) store: Arc<Store>,
    pub(crate) when: SaveWhen,
    pub(crate) durability: Durability,
    /// Changed since it was last collected for a save.
    changed: AtomicBool,
    state: Mutex<SlotState>,
}

/// Between a topic and its storage.
pub(crate) struct SlotState {
    /// The newest revision that is stored; zero when nobody knows what is.
    pub(crate) saved: Revision,
    /// In a shared storage: the version of it this process has, or refused; `None` when there is none.
    pub(crate) seen: Option<Mark>,
    pub(crate) source: Source,
    pub(crate) schedule: Schedule,
    pub(crate) standing: Standing,
    /// Why the value it has cannot be stored.
    pub(crate) unsavable: Option<String>,
}

/// Where the value to be saved is.
pub(crate) enum Source {
    /// In the table of topics, or nowhere any more.
    Registered,
    /// The topic was removed before its last value was saved. The topic knows this slot: only as long as the storage has
    /// the slot on its list, and something to save of it, may the slot know the topic.
    Removed(Arc<dyn AnyTopic>, Arc<dyn AnySnapshot>),
}

impl Slot {
    pub(crate) fn new<T>(
        name: TopicName,
        store: Arc<Store>,
        options: &Persist<T>,
        standing: Standing,
    ) -> Self {
        Self {
            name,
            store,
            when: options.when,
            durability: options.durability,
            changed: AtomicBool::new(false),
            state: Mutex::new(SlotState {
                saved: Revision::ZERO,
                seen: None,
                source: Source::Registered,
                schedule: Schedule::Rest,
                standing,
                unsavable: None,
            }),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, SlotState> {
        lock(&self.state)
    }

    /// The topic was committed at this revision. Called for every write: one look at a flag, mostly.
    pub(crate) fn touch(&self, revision: Revision) {
        // Relaxed: the saver clears the flag under the registry's lock, under which it takes the value. A writer that
        // still sees it set committed before that.
        if !self.changed.load(Ordering::Relaxed) {
            self.mark();
        }
        self.store.watch_reservation(revision);
    }

    /// There is something to save.
    pub(crate) fn mark(&self) {
        if !self.changed.swap(true, Ordering::AcqRel) && self.when != SaveWhen::OnExit {
            self.store.host.wake();
        }
    }

    /// Whether every write of it is stored before it returns.
    pub(crate) fn is_durable(&self) -> bool {
        self.durability == Durability::Immediate || self.is_shared()
    }

    /// Whether other processes write it too.
    pub(crate) fn is_shared(&self) -> bool {
        self.store.shared.is_some()
    }

    pub(crate) fn is_changed(&self) -> bool {
        self.changed.load(Ordering::Acquire)
    }

    /// For who holds the registry's lock and takes the value under it: a change that comes later sets it again.
    pub(crate) fn clear(&self) -> bool {
        self.changed.swap(false, Ordering::AcqRel)
    }
}

/// What a topic's cell has to do with storage.
pub(crate) struct Persisted<T> {
    pub(crate) slot: Arc<Slot>,
    pub(crate) options: Arc<Persist<T>>,
}

/// The value cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EncodeError {
    pub(crate) reason: String,
    /// It may work later with the same value.
    pub(crate) may_pass: bool,
}

impl EncodeError {
    /// It is the value's fault.
    fn of_value(reason: String) -> Self {
        Self { reason, may_pass: false }
    }

    fn of_cipher(why: impl std::fmt::Display) -> Self {
        Self { reason: format!("it could not be encrypted: {why}"), may_pass: true }
    }
}

impl<T: Value> Persisted<T> {
    /// The record of a snapshot. What could not be read back is refused: it would be lost, and what is stored is
    /// better than that.
    pub(crate) fn encode(&self, snapshot: &Snapshot<T>) -> Result<Record, EncodeError> {
        let options = &*self.options;
        // With the storage's turn held, a write from inside the app's code is an error instead of waiting for itself.
        let _updating = Updating::enter();
        let made = catch_unwind(AssertUnwindSafe(|| -> serde_json::Result<Arc<str>> {
            let value = snapshot.value();
            let Some(part) = &options.part else {
                // What windows have is shared. Its limits are not those of a storage.
                let json = snapshot.made().map_or_else(|| stored_json(value).map(Arc::from), Ok)?;
                Contained::new(depth::read_made::<T>(&json)?);
                return Ok(json);
            };
            let json = (part.take)(value)?;
            Contained::new((part.put)(&json, value.clone())?);
            Ok(json.into())
        }));
        let json = match made {
            Ok(Ok(json)) => json,
            Ok(Err(error)) if error.is_data() => {
                return Err(EncodeError::of_value(format!("it would not be read back: {error}")));
            }
            Ok(Err(error)) => return Err(EncodeError::of_value(error.to_string())),
            Err(panic) => return Err(EncodeError::of_value(format!("it panicked: {}", said(panic)))),
        };
        let schema = options.migrations.current;
        let revision = snapshot.revision();
        let body = match &options.cipher {
            None => Body::Json(json),
            Some(cipher) => {
                let context = context(&self.slot.name, schema, revision);
                let sealing = || cipher.seal(json.as_bytes(), context.as_bytes());
                match catch_unwind(AssertUnwindSafe(sealing)) {
                    Ok(Ok(sealed)) => Body::Sealed(sealed.into()),
                    Ok(Err(error)) => return Err(EncodeError::of_cipher(error)),
                    Err(panic) => {
                        return Err(EncodeError::of_cipher(format!("the cipher panicked: {}", said(panic))));
                    }
                }
            }
        };
        // A shared storage reserves nothing: what it has not, nobody has seen.
        let store = &self.slot.store;
        let reserved = if self.slot.is_shared() { revision } else { store.reservation.limit().max(revision) };
        Ok(Record { schema, revision, reserved, body })
    }
}

/// What a cipher binds the bytes to.
pub(crate) fn context(topic: &TopicName, schema: u32, revision: Revision) -> String {
    format!("statesync\n{topic}\n{schema}\n{revision}")
}
