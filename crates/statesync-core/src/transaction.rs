//! Changing several topics at once: all or nothing, one commit, one signal.
//!
//! A transaction keeps the writer lock of every topic it touches, also of those it only reads, until it
//! ends, so nobody changes under its hands what it has looked at. Only one transaction runs at a time, and
//! a single update waits for nothing while it writes: so there is no order of topics that could deadlock.
//! Readers and pulls wait for neither.

use crate::Value;
use crate::cell::{Acknowledge, AnyTopic, TopicCell, Updating, is_updating};
use crate::contain::{Contained, contain, said};
use crate::error::{StepError, TransactionError, TryUpdateError, UpdateError};
use crate::persist::{Lease, Pending, Slot, store_durably};
use crate::registry::{Committed, Registry, Shared};
use crate::revision::Revision;
use crate::snapshot::{AnySnapshot, Snapshot};
use crate::topic::{Named, TopicName};
use crate::update::Topic;
use crate::writer::Writing;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What a transaction's closure works with. See [`Registry::transaction`].
pub struct Transaction<'a> {
    registry: &'a Registry,
    steps: Vec<Box<dyn AnyStep>>,
    acknowledge: Acknowledge,
    /// The turns at the shared storages of its topics.
    leases: Vec<Lease<'a>>,
}

/// One topic of a transaction.
struct Step<T> {
    cell: Arc<TopicCell<T>>,
    held: Option<Held<T>>,
    /// The next revision is above this, too.
    floor: Revision,
    current: Arc<Snapshot<T>>,
    /// The new value, once there is one.
    value: Option<Contained<T>>,
    /// The snapshot made of it: whatever becomes of the transaction, it is dropped after the locks.
    made: Option<Arc<Snapshot<T>>>,
}

/// A topic's writer lock, until dropped.
struct Held<T>(Arc<TopicCell<T>>);

impl<T> Held<T> {
    fn acquire(cell: &Arc<TopicCell<T>>) -> Self {
        cell.writer.acquire();
        Self(cell.clone())
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        self.0.writer.release();
    }
}

trait AnyStep: Any {
    fn name(&self) -> &TopicName;
    fn as_any(&mut self) -> &mut dyn Any;
    /// The snapshot to commit, if the value was changed.
    fn stage(&mut self, acknowledge: Acknowledge) -> Result<Option<Staged>, UpdateError>;
    /// Whether it has to be stored before it is committed, as declared.
    fn is_durable(&self) -> bool;
    fn slot(&self) -> Option<&Arc<Slot>>;
    fn release(&mut self);
}

struct Staged {
    id: crate::registry::TopicId,
    name: TopicName,
    snapshot: Arc<dyn AnySnapshot>,
    slot: Option<Arc<Slot>>,
    /// To be stored before the commit.
    pending: Option<Pending>,
}

impl Registry {
    /// Changes several topics in one closure: all of it, or nothing.
    ///
    /// A window that pulls the topics together sees either none or all of the changes (`one-cut`), and gets
    /// one signal for them. Each changed topic gets its next revision. An `Err` of the closure, or a panic
    /// in it, changes nothing. Inside the closure write through `tx` only: any other write is the error
    /// `reentrant`. Transactions wait for each other, so keep the closure short; reads never wait.
    ///
    /// # Errors
    /// [`TransactionError`].
    ///
    /// ```
    /// # use statesync_core::{Registry, TopicKey};
    /// # let registry = Registry::new("e");
    /// const CART: TopicKey<Vec<u32>> = TopicKey::new("cart");
    /// const TOTAL: TopicKey<u32> = TopicKey::new("total");
    /// # registry.register(CART, vec![])?; registry.register(TOTAL, 0)?;
    /// registry.transaction(|tx| {
    ///     tx.update(CART, |cart| cart.push(7))?;
    ///     tx.update(TOTAL, |total| *total += 7)
    /// })?;
    /// assert_eq!(registry.topic(TOTAL)?.get(), 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn transaction<U, E>(
        &self,
        change: impl FnOnce(&mut Transaction<'_>) -> Result<U, E>,
    ) -> Result<U, TransactionError<E>> {
        let change = Contained::new(change);
        if is_updating() {
            return Err(TransactionError::Reentrant);
        }
        // Declared before the turn, and so dropped after it: values are dropped under no lock.
        let mut transaction = Transaction {
            registry: self,
            steps: Vec::new(),
            acknowledge: Acknowledge::AsDeclared,
            leases: Vec::new(),
        };
        let turn = Writing::begin(&self.shared.transactions);
        let updating = Updating::enter();
        let outcome = catch_unwind(AssertUnwindSafe(|| change.into_inner()(&mut transaction)));
        drop(updating);
        let outcome = match outcome {
            Ok(Ok(outcome)) => Contained::new(outcome),
            Ok(Err(refusal)) => return Err(TransactionError::Refused(refusal)),
            Err(panic) => return Err(TransactionError::Panicked { message: said(panic) }),
        };
        let committed = transaction.commit(&self.shared)?;
        transaction.release();
        drop(turn);
        for committed in committed {
            committed.tell(&self.shared);
        }
        Ok(outcome.into_inner())
    }
}

impl Transaction<'_> {
    /// Changes the value of a topic in place.
    ///
    /// # Errors
    /// [`StepError`]: there is no such topic of this type. The transaction can go on or give up.
    pub fn update<N: Named<Value: Value>>(
        &mut self,
        key: N,
        change: impl FnOnce(&mut N::Value),
    ) -> Result<(), StepError> {
        let change = Contained::new(change);
        let value = self.step(&key)?.value_mut();
        change.into_inner()(value);
        Ok(())
    }

    /// Like [`update`](Self::update), for a change that may be refused: an `Err` of the closure leaves the
    /// topic as it was before this step.
    ///
    /// # Errors
    /// [`TryUpdateError::Refused`] with the closure's own error, or as `update`.
    pub fn try_update<N: Named<Value: Value>, E>(
        &mut self,
        key: N,
        change: impl FnOnce(&mut N::Value) -> Result<(), E>,
    ) -> Result<(), TryUpdateError<E, StepError>> {
        let change = Contained::new(change);
        let step = self.step(&key).map_err(TryUpdateError::Update)?;
        let mut value = Contained::new(step.value().clone());
        change.into_inner()(&mut value).map_err(TryUpdateError::Refused)?;
        step.value = Some(value);
        Ok(())
    }

    /// Replaces the value of a topic.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn set<N: Named<Value: Value>>(&mut self, key: N, value: N::Value) -> Result<(), StepError> {
        let value = Contained::new(value);
        self.step(&key)?.value = Some(value);
        Ok(())
    }

    /// Looks at a topic as this transaction sees it; nobody else changes it before the transaction ends.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn read<N: Named<Value: Value>, U>(
        &mut self,
        key: N,
        look: impl FnOnce(&N::Value) -> U,
    ) -> Result<U, StepError> {
        Ok(look(self.step(&key)?.value()))
    }

    /// A copy of a topic's value as this transaction sees it.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn get<N: Named<Value: Value>>(&mut self, key: N) -> Result<N::Value, StepError> {
        self.read(key, Clone::clone)
    }

    /// Lets the transaction return once all of it is stored and synced, as
    /// [`set_durable`](crate::Topic::set_durable) does for one topic. Every topic it changes has to be persisted.
    /// That is so anyway when it changes one with
    /// [`Durability::Immediate`](crate::persist::Durability::Immediate); then those that are not persisted may
    /// be among them. Whether a crash can leave a half depends on the storage:
    /// [`is_atomic`](crate::persist::StorageBackend::is_atomic).
    pub fn durable(&mut self) {
        self.acknowledge = Acknowledge::Durable;
    }

    fn step<N: Named<Value: Value>>(&mut self, key: &N) -> Result<&mut Step<N::Value>, StepError> {
        let name = key.topic_name();
        let registry = self.registry;
        let begun = self.steps.iter().position(|step| *step.name() == name);
        let place = if let Some(place) = begun {
            place
        } else {
            let topic = registry.topic(key)?;
            let floor = self.lease(&topic.cell)?;
            self.steps.push(Box::new(Step::begin(&topic, floor)?));
            self.steps.len() - 1
        };
        match self.steps[place].as_any().downcast_mut() {
            Some(step) => Ok(step),
            // The name was found with another type: the registry says which.
            None => Err(registry.topic(key).expect_err("a step keeps its topic's type").into()),
        }
    }

    /// Begins to write the shared storage a topic is in, if it is in one, and says what its next revision is above.
    fn lease<T: Value>(&mut self, cell: &TopicCell<T>) -> Result<Revision, UpdateError> {
        let Some(slot) = cell.slot().filter(|slot| slot.is_shared()) else { return Ok(Revision::ZERO) };
        if let Some(lease) = self.leases.iter_mut().find(|lease| lease.is_of(&slot.store)) {
            return lease.floor_of(slot).map_err(|error| UpdateError::Storage {
                topic: cell.name.clone(),
                reason: error.to_string(),
            });
        }
        let lease = Lease::of(&self.registry.shared, slot)?;
        let floor = lease.floor();
        self.leases.push(lease);
        Ok(floor)
    }

    /// Stores what has to be stored before the commit: first where it can be made undone.
    fn store(&mut self, staged: &mut [Staged]) -> Result<(), UpdateError> {
        let pending: Vec<Pending> = staged.iter_mut().filter_map(|staged| staged.pending.take()).collect();
        let (shared, own): (Vec<_>, Vec<_>) =
            pending.into_iter().partition(|pending| pending.slot.is_shared());
        let stored: Vec<_> = own.iter().map(|pending| pending.slot.clone()).collect();
        store_durably(own)?;
        let mut shared = shared;
        for place in 0..self.leases.len() {
            let of_lease = |pending: &Pending| self.leases[place].is_of(&pending.slot.store);
            let (batch, rest) = shared.into_iter().partition(of_lease);
            shared = rest;
            if let Err(error) = self.leases[place].store(batch) {
                // Memory stays, and is stored over what was. Another shared storage may have its part.
                for slot in stored {
                    slot.doubt();
                }
                for lease in &mut self.leases {
                    lease.doubt();
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// One step under the registry's lock, after all that can fail.
    fn commit(&mut self, shared: &Shared) -> Result<Vec<Committed>, UpdateError> {
        let mut staged = Vec::with_capacity(self.steps.len());
        let updating = Updating::enter();
        let any_durable = self.steps.iter().any(|step| step.is_durable());
        for step in &mut self.steps {
            staged.extend(step.stage(match self.acknowledge {
                // One moment: with one topic all those that are stored are.
                Acknowledge::AsDeclared if any_durable && step.slot().is_some() => Acknowledge::Durable,
                as_asked => as_asked,
            })?);
        }
        drop(updating);
        self.store(&mut staged)?;
        let mut committed = Vec::with_capacity(staged.len());
        let mut state = shared.lock();
        let mut checks = staged.iter().filter_map(|staged| {
            staged.slot.as_ref().map(|slot| slot.check_reserved(staged.snapshot.revision()))
        });
        if let Some(error) = checks.find_map(Result::err) {
            drop(state);
            return Err(error);
        }
        for Staged { id, snapshot, .. } in &staged {
            committed.push(state.commit(*id, snapshot.clone()));
        }
        drop(state);
        for Staged { name, snapshot, slot, .. } in &staged {
            let revision = snapshot.revision();
            if let Some(slot) = slot {
                slot.touch(revision);
            }
            contain("tracing", || tracing::trace!(target: "statesync::update", topic = %name, %revision));
        }
        Ok(committed)
    }

    fn release(&mut self) {
        for step in &mut self.steps {
            step.release();
        }
        self.leases.clear();
    }
}

impl Drop for Transaction<'_> {
    /// Ends all locks before any value is dropped.
    fn drop(&mut self) {
        self.release();
    }
}

impl<T: Value> Step<T> {
    fn begin(topic: &Topic<T>, floor: Revision) -> Result<Self, UpdateError> {
        let held = Held::acquire(&topic.cell);
        let current = topic.cell.current_while_writing(&topic.shared)?;
        Ok(Self { cell: topic.cell.clone(), held: Some(held), floor, current, value: None, made: None })
    }

    fn value(&self) -> &T {
        self.value.as_deref().unwrap_or_else(|| self.current.value())
    }

    fn value_mut(&mut self) -> &mut T {
        self.value.get_or_insert_with(|| Contained::new(self.current.value().clone()))
    }
}

impl<T: Value> AnyStep for Step<T> {
    fn name(&self) -> &TopicName {
        &self.cell.name
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn stage(&mut self, acknowledge: Acknowledge) -> Result<Option<Staged>, UpdateError> {
        let Some(value) = self.value.take() else { return Ok(None) };
        let snapshot = self.cell.next(&self.current, self.floor, value)?;
        self.made = Some(snapshot.clone());
        let pending = self.cell.pending(acknowledge, &snapshot)?;
        Ok(Some(Staged {
            id: self.cell.id,
            name: self.cell.name.clone(),
            snapshot,
            slot: self.slot().cloned(),
            pending,
        }))
    }

    fn is_durable(&self) -> bool {
        self.value.is_some() && self.slot().is_some_and(|slot| slot.is_durable())
    }

    fn slot(&self) -> Option<&Arc<Slot>> {
        self.cell.persisted.as_ref().map(|persisted| &persisted.slot)
    }

    fn release(&mut self) {
        self.held = None;
    }
}
