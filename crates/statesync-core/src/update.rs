//! Changing and reading a topic from Rust.
//!
//! Keeps: the newest value. Loses: the ones between two reads. A change works on a copy and is
//! committed in one step; a closure that panics or returns an error leaves value and revision as they
//! were. [`Topic::update`] changes the value in place, [`Topic::set`] replaces it and needs no copy.
//! Readers never wait for a running closure; writers of the same topic wait for each other. To change
//! several topics at once see [`Registry::transaction`](crate::Registry::transaction).

use crate::Value;
use crate::cell::{Acknowledge, Standing, TopicCell};
use crate::contain::Contained;
use crate::error::{TryUpdateError, UpdateError};
use crate::registry::Shared;
use crate::revision::Revision;
use crate::snapshot::{AnySnapshot, Snapshot};
use crate::topic::{Named, TopicName, sealed};
use std::convert::Infallible;
use std::fmt;
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
///
/// The handle of a topic that was [removed](crate::Registry::remove) still reads the last value; writing it
/// is the error [`UpdateError::Removed`].
pub struct Topic<T> {
    pub(crate) cell: Arc<TopicCell<T>>,
    pub(crate) shared: Arc<Shared>,
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
        self.replace(value, None)
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
        let make = |current: &T| {
            let mut value = Contained::new(current.clone());
            change(&mut value).map(|()| Some(value.into_inner())).map_err(TryUpdateError::Refused)
        };
        let next = self.cell.change(&self.shared, None, |current| make(current.value()), |_| Ok(()))?;
        Ok(revision_of(next))
    }

    /// Like [`update`](Self::update), and commits only a value that is different from the one before: a
    /// change that changes nothing costs no revision, no signal and no pull. `None` then.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    ///
    /// ```
    /// # use statesync_core::{Registry, TopicKey};
    /// # const NAME: TopicKey<String> = TopicKey::new("name");
    /// # let name = Registry::new("e").register(NAME, "Ada".into())?;
    /// assert_eq!(name.update_if_changed(|name| *name = "Ada".into())?, None);
    /// assert!(name.update_if_changed(|name| *name = "Grace".into())?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update_if_changed(&self, change: impl FnOnce(&mut T)) -> Result<Option<Revision>, UpdateError>
    where
        T: PartialEq,
    {
        let make = |current: &T| {
            let mut value = Contained::new(current.clone());
            change(&mut value);
            Ok((*value != *current).then(|| value.into_inner()))
        };
        let next = self.cell.change(&self.shared, None, |current| make(current.value()), |_| Ok(()))?;
        Ok(next.map(|next| next.revision()))
    }

    /// Replaces the value only when the topic still has the revision `base`.
    ///
    /// # Errors
    /// [`UpdateError::Conflict`] names the revision the topic has; then nothing has changed.
    pub fn compare_and_set(&self, base: Revision, value: T) -> Result<Revision, UpdateError> {
        self.replace(value, Some(base))
    }

    /// Replaces the value, and returns once that is stored and synced. Nobody sees it before.
    ///
    /// For a topic that is persisted with [`Durability::Immediate`](crate::persist::Durability::Immediate) every
    /// write is like this. Blocks on the disk, and other writers of the topic with it.
    ///
    /// # Errors
    /// [`UpdateError::NotPersisted`] for a topic that is not stored at all, [`UpdateError::Storage`] when it could
    /// not be stored; then nothing has changed.
    ///
    /// ```
    /// # use statesync_core::{Registry, TopicKey, persist::{Memory, Persist}};
    /// # const NAME: TopicKey<String> = TopicKey::new("name");
    /// # let memory = Memory::new();
    /// # let registry = Registry::new("e");
    /// # registry.persist(NAME, Persist::new().in_storage(std::sync::Arc::new(memory.clone())))?;
    /// let name = registry.register(NAME, "Ada".into())?;
    /// name.set_durable("Grace".into())?;
    /// assert_eq!(memory.saves(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_durable(&self, value: T) -> Result<Revision, UpdateError> {
        let durable = Acknowledge::Durable;
        let next = self.cell.change_as(durable, &self.shared, None, |_| Ok(Some(value)), |_| Ok(()))?;
        Ok(revision_of(next))
    }

    /// As [`update`](Self::update), and returns once the change is stored and synced; see
    /// [`set_durable`](Self::set_durable).
    ///
    /// # Errors
    /// As [`update`](Self::update) and [`set_durable`](Self::set_durable).
    pub fn update_durable(&self, change: impl FnOnce(&mut T)) -> Result<Revision, UpdateError> {
        let make = |current: &T| {
            let mut value = Contained::new(current.clone());
            change(&mut value);
            Ok(Some(value.into_inner()))
        };
        let durable = Acknowledge::Durable;
        let next =
            self.cell.change_as(durable, &self.shared, None, |current| make(current.value()), |_| Ok(()))?;
        Ok(revision_of(next))
    }

    /// Looks at the value without copying it. No lock is held while `look` runs.
    pub fn read<U>(&self, look: impl FnOnce(&T) -> U) -> U {
        look(self.cell.standing(&self.shared).snapshot().value())
    }

    /// A copy of the value.
    pub fn get(&self) -> T {
        self.read(T::clone)
    }

    /// The current revision.
    pub fn revision(&self) -> Revision {
        self.cell.standing(&self.shared).snapshot().revision()
    }

    /// Whether the topic was removed. A topic registered later under the same name is another one.
    pub fn is_removed(&self) -> bool {
        matches!(self.cell.standing(&self.shared), Standing::Removed(_))
    }

    fn replace(&self, value: T, base: Option<Revision>) -> Result<Revision, UpdateError> {
        let next = self.cell.change(&self.shared, base, |_| Ok(Some(value)), |_| Ok(()))?;
        Ok(revision_of(next))
    }
}

/// The revision of a commit that cannot have been left out.
fn revision_of<T: Value>(next: Option<Arc<Snapshot<T>>>) -> Revision {
    next.expect("the change made a value").revision()
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

impl<T> sealed::Sealed for Topic<T> {}

impl<T: Value> Named for Topic<T> {
    type Value = T;
    fn topic_name(&self) -> TopicName {
        self.cell.name.clone()
    }
}
