//! Changing and reading a topic from Rust.
//!
//! Keeps: the newest value. Loses: the ones between two reads. A change works on a copy and is
//! committed in one step; a closure that panics or returns an error leaves value and revision as they
//! were. [`Topic::update`] changes the value in place, [`Topic::set`] replaces it and needs no copy.
//! Readers never wait for a running closure; writers of the same topic wait for each other.

use crate::Value;
use crate::error::{RequestError, TryUpdateError, UpdateError};
use crate::registry::{Shared, TopicId};
use crate::revision::Revision;
use crate::snapshot::{AnySnapshot, Snapshot, panic_text};
use crate::sync::{Mutex, MutexGuard, lock, thread_local};
use crate::topic::TopicName;
use std::any::Any;
use std::cell::Cell;
use std::convert::Infallible;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The handle of a topic. Cheap to clone and to send; all clones are the same topic.
///
/// ```
/// # use statesync_core::{Registry, TopicKey};
/// # const COUNT: TopicKey<u32> = TopicKey::new("count");
/// # let count = Registry::new("e").register(COUNT, 1)?;
/// let revision = count.set(7)?;
/// assert_eq!(count.read(|n| n + 1), 8);
/// assert_eq!(count.revision(), revision);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Topic<T> {
    cell: Arc<TopicCell<T>>,
    shared: Arc<Shared>,
}

pub(crate) struct TopicCell<T> {
    name: TopicName,
    id: TopicId,
    /// Held by the one writer of the topic, also while its closure runs on the copy.
    writer: Mutex<()>,
    value: std::marker::PhantomData<fn() -> T>,
}

/// A topic of any type.
pub(crate) trait AnyTopic: Any + Send + Sync {
    fn is_type(&self, id: std::any::TypeId) -> bool;
    fn type_name(&self) -> &'static str;
    /// Replaces the value by one that comes as JSON.
    fn set_json(
        &self,
        shared: &Arc<Shared>,
        json: serde_json::Value,
        base: Option<Revision>,
    ) -> Result<Revision, RequestError>;
}

impl dyn AnyTopic {
    pub(crate) fn is<T: 'static>(&self) -> bool {
        self.is_type(std::any::TypeId::of::<T>())
    }
}

impl<T: Value> Topic<T> {
    pub(crate) fn new(cell: Arc<TopicCell<T>>, shared: Arc<Shared>) -> Self {
        Self { cell, shared }
    }

    /// The topic's name.
    pub fn name(&self) -> &TopicName {
        &self.cell.name
    }

    /// Replaces the value.
    ///
    /// # Errors
    /// [`UpdateError`]; then nothing has changed.
    pub fn set(&self, value: T) -> Result<Revision, UpdateError> {
        self.cell.set(&self.shared, value, None)
    }

    /// Changes a copy of the value in `change` and commits it.
    ///
    /// Writers of this topic wait for each other; readers and pulls do not wait. A closure that waits
    /// for another thread which writes the same topic waits for ever.
    ///
    /// # Errors
    /// [`UpdateError::Panicked`] when the closure panics, [`UpdateError::Reentrant`] when called from
    /// inside an update closure of any topic; then nothing has changed.
    ///
    /// ```
    /// # use statesync_core::{Registry, TopicKey};
    /// # const TAGS: TopicKey<Vec<String>> = TopicKey::new("tags");
    /// # let tags = Registry::new("e").register(TAGS, vec![])?;
    /// tags.update(|tags| tags.push("new".into()))?;
    /// assert!(tags.update(|_| panic!("no")).is_err());
    /// assert_eq!(tags.get(), ["new"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update(&self, change: impl FnOnce(&mut T)) -> Result<Revision, UpdateError> {
        let infallible = |value: &mut T| -> Result<(), Infallible> {
            change(value);
            Ok(())
        };
        self.try_update(infallible).map_err(|error| match error {
            TryUpdateError::Update(error) => error,
            TryUpdateError::Refused(never) => match never {},
        })
    }

    /// Like [`update`](Self::update), for a change that may be refused: an `Err` of the closure changes nothing.
    ///
    /// # Errors
    /// [`TryUpdateError::Refused`] with the closure's own error, or as `update`.
    pub fn try_update<E>(
        &self,
        change: impl FnOnce(&mut T) -> Result<(), E>,
    ) -> Result<Revision, TryUpdateError<E>> {
        let cell = &self.cell;
        let writer = cell.begin()?;
        let current = cell.snapshot(&self.shared);
        let updating = Updating::enter();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut value = current.value().clone();
            change(&mut value).map(|()| value)
        }));
        drop(updating);
        match outcome {
            Ok(Ok(value)) => Ok(cell.commit(&self.shared, writer, &current, value)?),
            Ok(Err(refusal)) => Err(TryUpdateError::Refused(refusal)),
            Err(panic) => {
                Err(UpdateError::Panicked { topic: cell.name.clone(), message: panic_text(&*panic) }.into())
            }
        }
    }

    /// Replaces the value only when the topic still has the revision `base`.
    ///
    /// # Errors
    /// [`UpdateError::Conflict`] names the revision the topic has; then nothing has changed.
    pub fn compare_and_set(&self, base: Revision, value: T) -> Result<Revision, UpdateError> {
        self.cell.set(&self.shared, value, Some(base))
    }

    /// Looks at the value without copying it. No lock is held while `look` runs.
    pub fn read<U>(&self, look: impl FnOnce(&T) -> U) -> U {
        look(self.cell.snapshot(&self.shared).value())
    }

    /// A copy of the value.
    pub fn get(&self) -> T {
        self.read(T::clone)
    }

    /// The current revision.
    pub fn revision(&self) -> Revision {
        self.cell.snapshot(&self.shared).revision()
    }
}

impl<T> Clone for Topic<T> {
    fn clone(&self) -> Self {
        Self { cell: self.cell.clone(), shared: self.shared.clone() }
    }
}

impl<T> fmt::Debug for Topic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topic").field("name", &self.cell.name).finish_non_exhaustive()
    }
}

impl<T: Value> TopicCell<T> {
    pub(crate) fn new(name: TopicName, id: TopicId) -> Self {
        Self { name, id, writer: Mutex::new(()), value: std::marker::PhantomData }
    }

    /// Becomes the topic's one writer.
    fn begin(&self) -> Result<MutexGuard<'_, ()>, UpdateError> {
        if is_updating() {
            return Err(UpdateError::Reentrant { topic: self.name.clone() });
        }
        Ok(lock(&self.writer))
    }

    fn snapshot(&self, shared: &Shared) -> Arc<Snapshot<T>> {
        let current = shared.lock().topics.entry(self.id).current.clone();
        let current: Arc<dyn Any + Send + Sync> = current.expect("a topic with a handle has a value");
        current.downcast().expect("a topic keeps its type")
    }

    fn set(&self, shared: &Shared, value: T, base: Option<Revision>) -> Result<Revision, UpdateError> {
        let writer = self.begin()?;
        let current = self.snapshot(shared);
        match base {
            Some(base) if base != current.revision() => {
                Err(UpdateError::Conflict { topic: self.name.clone(), current: current.revision() })
            }
            _ => self.commit(shared, writer, &current, value),
        }
    }

    /// Stages 2 and 3: the next revision, and who has to hear of it. The writer lock ends in here,
    /// before the host is woken; the old value is dropped by the caller, under no lock.
    fn commit(
        &self,
        shared: &Shared,
        writer: MutexGuard<'_, ()>,
        current: &Snapshot<T>,
        value: T,
    ) -> Result<Revision, UpdateError> {
        let Some(revision) = current.revision().next() else {
            drop(writer);
            return Err(UpdateError::RevisionExhausted { topic: self.name.clone() });
        };
        let next: Arc<dyn AnySnapshot> = Arc::new(Snapshot::new(revision, value));
        let mut state = shared.lock();
        let old = state.topics.entry_mut(self.id).current.replace(next);
        state.counters.updates += 1;
        let wake = state.mark_dirty(self.id);
        drop(state);
        drop(writer);
        drop(old);
        tracing::trace!(target: "statesync::update", topic = %self.name, %revision);
        shared.wake_if(wake);
        Ok(revision)
    }
}

impl<T: Value> AnyTopic for TopicCell<T> {
    fn is_type(&self, id: std::any::TypeId) -> bool {
        id == std::any::TypeId::of::<T>()
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<T>()
    }

    fn set_json(
        &self,
        shared: &Arc<Shared>,
        json: serde_json::Value,
        base: Option<Revision>,
    ) -> Result<Revision, RequestError> {
        let parsed = catch_unwind(AssertUnwindSafe(|| serde_path_to_error::deserialize::<_, T>(json)));
        let value = match parsed {
            Ok(Ok(value)) => value,
            Ok(Err(error)) => {
                return Err(RequestError::InvalidValue {
                    topic: self.name.clone(),
                    path: error.path().to_string(),
                    reason: error.inner().to_string(),
                });
            }
            Err(panic) => {
                return Err(
                    UpdateError::Panicked { topic: self.name.clone(), message: panic_text(&*panic) }.into()
                );
            }
        };
        Ok(self.set(shared, value, base)?)
    }
}

thread_local! {
    /// Whether an update closure runs on this thread.
    static UPDATING: Cell<bool> = Cell::new(false);
}

/// Whether an update closure runs on this thread, so that a write would have to wait for itself.
pub(crate) fn is_updating() -> bool {
    UPDATING.with(Cell::get)
}

/// Marks this thread as inside an update closure, until dropped.
struct Updating;

impl Updating {
    fn enter() -> Self {
        UPDATING.with(|updating| updating.set(true));
        Self
    }
}

impl Drop for Updating {
    fn drop(&mut self) {
        UPDATING.with(|updating| updating.set(false));
    }
}
