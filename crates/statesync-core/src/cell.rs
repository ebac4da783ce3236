//! One topic as the registry holds it: its name, its writer lock, and the one way to change it.
//!
//! Every change goes through [`TopicCell::change`]: writer lock, base, the change on a copy, and the commit
//! in one step. What fails on the way leaves value and revision as they were.

use crate::Value;
use crate::contain::{Contained, contain, said};
use crate::error::UpdateError;
use crate::persist::{EncodeError, HoldReason, Lease, Pending, Persisted, Record, Slot, store_durably};
use crate::refusal::RequestError;
use crate::registry::{Shared, TopicId};
use crate::revision::Revision;
use crate::snapshot::{AnySnapshot, Snapshot};
use crate::sync::{Mutex, lock, thread_local};
use crate::topic::TopicName;
use crate::write::JsonChange;
use crate::writer::{WriterLock, Writing};
use std::any::{Any, TypeId, type_name};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

pub(crate) struct TopicCell<T> {
    pub(crate) name: TopicName,
    pub(crate) id: TopicId,
    pub(crate) read_only: bool,
    pub(crate) writer: WriterLock,
    pub(crate) persisted: Option<Persisted<T>>,
    /// The last snapshot, once the topic is removed.
    last: Mutex<Option<Arc<Snapshot<T>>>>,
}

/// A topic of any type.
pub(crate) trait AnyTopic: Any + Send + Sync {
    fn value_type(&self) -> TypeId;
    fn type_name(&self) -> &'static str;
    fn is_read_only(&self) -> bool;
    /// Keeps the last snapshot for the handles of a topic that is taken out of the table.
    fn keep_last(&self, snapshot: Arc<dyn AnySnapshot>);
    /// The topic as it is stored, if it is.
    fn slot(&self) -> Option<&Arc<Slot>>;
    /// The record of one of its snapshots.
    fn encode(&self, snapshot: &dyn AnySnapshot) -> Result<Record, EncodeError>;
    /// The snapshot a record of another process makes, at this revision.
    fn adopt(
        &self,
        record: &Record,
        current: &dyn AnySnapshot,
        at: Revision,
    ) -> Result<Arc<dyn AnySnapshot>, HoldReason>;
    /// The same value at another revision.
    fn renew(&self, current: &dyn AnySnapshot, at: Revision) -> Result<Arc<dyn AnySnapshot>, HoldReason>;
    /// The version of the value's shape.
    fn schema(&self) -> u32;
    /// Changes the value as a page asks for.
    fn change_json(
        &self,
        shared: &Shared,
        base: Option<Revision>,
        change: JsonChange,
    ) -> Result<Written, RequestError>;
}

/// A change that a page asked for and that was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    pub(crate) revision: Revision,
    pub(crate) computable: Computable,
}

/// Whether the page can compute the new data from what it sent, so that it need not be sent back.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Computable {
    No,
    Always,
    /// If it has the data of this revision.
    From(Revision),
}

impl dyn AnyTopic {
    pub(crate) fn is<T: 'static>(&self) -> bool {
        self.value_type() == TypeId::of::<T>()
    }
}

/// When a write may return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acknowledge {
    /// When the topic's declaration allows it: once committed, or once stored.
    AsDeclared,
    /// Once it is stored.
    Durable,
}

/// Where a topic is at, by its handle.
pub(crate) enum Standing<T> {
    Current(Arc<Snapshot<T>>),
    /// The topic was removed; this was its last snapshot.
    Removed(Arc<Snapshot<T>>),
}

impl<T> Standing<T> {
    pub(crate) fn snapshot(self) -> Arc<Snapshot<T>> {
        let (Self::Current(snapshot) | Self::Removed(snapshot)) = self;
        snapshot
    }
}

impl<T: Value> TopicCell<T> {
    pub(crate) fn new(
        name: TopicName,
        id: TopicId,
        read_only: bool,
        persisted: Option<Persisted<T>>,
    ) -> Self {
        Self { name, id, read_only, writer: WriterLock::new(), persisted, last: Mutex::new(None) }
    }

    pub(crate) fn standing(&self, shared: &Shared) -> Standing<T> {
        let state = shared.lock();
        let current = state.topics.entry_of(self.id, self).map(|entry| entry.current.clone());
        drop(state);
        match current {
            Some(current) => Standing::Current(downcast(current.expect("a registered topic has a value"))),
            None => Standing::Removed(lock(&self.last).clone().expect("a removed topic left its last value")),
        }
    }

    /// The snapshot a writer works on. Only for who holds the writer lock: then it stays the current one.
    pub(crate) fn current_while_writing(&self, shared: &Shared) -> Result<Arc<Snapshot<T>>, UpdateError> {
        match self.standing(shared) {
            Standing::Current(snapshot) => Ok(snapshot),
            Standing::Removed(_) => Err(UpdateError::Removed { topic: self.name.clone() }),
        }
    }

    /// The snapshot that `value` makes after `current`, and above `floor`.
    pub(crate) fn next(
        &self,
        current: &Snapshot<T>,
        floor: Revision,
        value: Contained<T>,
    ) -> Result<Arc<Snapshot<T>>, UpdateError> {
        match current.revision().max(floor).next() {
            Some(revision) => Ok(Arc::new(Snapshot::holding(revision, value))),
            None => Err(UpdateError::RevisionExhausted { topic: self.name.clone() }),
        }
    }

    /// What has to be stored before this snapshot is committed, if anything.
    pub(crate) fn pending(
        &self,
        acknowledge: Acknowledge,
        next: &Snapshot<T>,
    ) -> Result<Option<Pending>, UpdateError> {
        let Some(persisted) = &self.persisted else {
            return match acknowledge {
                Acknowledge::AsDeclared => Ok(None),
                Acknowledge::Durable => Err(UpdateError::NotPersisted { topic: self.name.clone() }),
            };
        };
        if acknowledge == Acknowledge::AsDeclared && !persisted.slot.is_durable() {
            return Ok(None);
        }
        persisted.slot.check_reserved(next.revision())?;
        let record = persisted.encode(next).map_err(|EncodeError { reason, .. }| UpdateError::Storage {
            topic: self.name.clone(),
            reason,
        })?;
        Ok(Some(Pending { slot: persisted.slot.clone(), record }))
    }

    /// As [`change_as`](Self::change_as), acknowledged as the topic was declared.
    pub(crate) fn change<E: From<UpdateError>>(
        &self,
        shared: &Shared,
        base: Option<Revision>,
        make: impl FnOnce(&Snapshot<T>) -> Result<Option<T>, E>,
        check: impl FnOnce(&Snapshot<T>) -> Result<(), E>,
    ) -> Result<Option<Arc<Snapshot<T>>>, E> {
        self.change_as(Acknowledge::AsDeclared, shared, base, make, check)
    }

    /// Stages 1 to 3. `make` runs as the topic's one writer and gets the current snapshot; what it makes of it
    /// is committed, `None` changes nothing. A panic in it is an error and changes nothing.
    pub(crate) fn change_as<E: From<UpdateError>>(
        &self,
        acknowledge: Acknowledge,
        shared: &Shared,
        base: Option<Revision>,
        make: impl FnOnce(&Snapshot<T>) -> Result<Option<T>, E>,
        check: impl FnOnce(&Snapshot<T>) -> Result<(), E>,
    ) -> Result<Option<Arc<Snapshot<T>>>, E> {
        let make = Contained::new(make);
        if is_updating() {
            return Err(UpdateError::Reentrant { topic: self.name.clone() }.into());
        }
        // Declared before the locks, and so dropped after them.
        let current;
        let mut staged = None;
        let mut lease = self.lease(shared)?;
        let floor = lease.as_ref().map_or(Revision::ZERO, |lease| lease.floor());
        let writing = Writing::begin(&self.writer);
        current = self.current_while_writing(shared)?;
        match base {
            Some(base) if base != current.revision() => {
                return Err(
                    UpdateError::Conflict { topic: self.name.clone(), current: current.revision() }.into()
                );
            }
            _ => {}
        }
        let updating = Updating::enter();
        let outcome = catch_unwind(AssertUnwindSafe(|| -> Result<_, E> {
            let Some(value) = make.into_inner()(&current)? else { return Ok(None) };
            let next = staged.insert(self.next(&current, floor, Contained::new(value))?);
            check(next)?;
            Ok(Some((next.clone(), self.pending(acknowledge, next)?)))
        }));
        drop(updating);
        let Some((next, pending)) = outcome.unwrap_or_else(|panic| Err(self.panicked(panic).into()))? else {
            return Ok(None);
        };
        let stored = pending.is_some();
        match (pending, &mut lease) {
            (Some(pending), Some(lease)) => lease.store(vec![pending])?,
            (Some(pending), None) => store_durably(vec![pending])?,
            (None, _) => {}
        }
        let revision = next.revision();
        let mut state = shared.lock();
        if let Some(Err(error)) = self.slot().map(|slot| slot.check_reserved(revision)) {
            drop(state);
            return Err(error.into());
        }
        let committed = state.commit(self.id, next.clone());
        drop(state);
        drop(writing);
        drop(lease);
        if let (Some(slot), false) = (self.slot(), stored) {
            slot.touch(revision);
        }
        committed.tell(shared);
        contain("tracing", || {
            tracing::trace!(target: "statesync::update", topic = %self.name, %revision);
        });
        Ok(Some(next))
    }

    /// The turn to write, when other processes write the topic too. Taken before the writer lock: see `lease.rs`.
    /// Boxed, so that it costs other topics no more than a look.
    fn lease<'a>(&self, shared: &'a Shared) -> Result<Option<Box<Lease<'a>>>, UpdateError> {
        match self.slot() {
            Some(slot) if slot.is_shared() => Lease::of(shared, slot).map(Box::new).map(Some),
            _ => Ok(None),
        }
    }

    pub(crate) fn panicked(&self, panic: Box<dyn Any + Send>) -> UpdateError {
        UpdateError::Panicked { topic: self.name.clone(), message: said(panic) }
    }
}

impl<T: Value> AnyTopic for TopicCell<T> {
    fn value_type(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn type_name(&self) -> &'static str {
        type_name::<T>()
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn keep_last(&self, snapshot: Arc<dyn AnySnapshot>) {
        *lock(&self.last) = Some(downcast(snapshot));
    }

    fn slot(&self) -> Option<&Arc<Slot>> {
        self.persisted.as_ref().map(|persisted| &persisted.slot)
    }

    fn encode(&self, snapshot: &dyn AnySnapshot) -> Result<Record, EncodeError> {
        let snapshot: &dyn Any = snapshot;
        let persisted = self.persisted.as_ref().expect("only a persisted topic is stored");
        persisted.encode(snapshot.downcast_ref().expect("a topic keeps its type"))
    }

    fn adopt(
        &self,
        record: &Record,
        current: &dyn AnySnapshot,
        at: Revision,
    ) -> Result<Arc<dyn AnySnapshot>, HoldReason> {
        let current: &dyn Any = current;
        let persisted = self.persisted.as_ref().expect("only a persisted topic is stored");
        let current: &Snapshot<T> = current.downcast_ref().expect("a topic keeps its type");
        persisted.adopt(record, current.value()).map(|value| Arc::new(Snapshot::new(at, value)) as _)
    }

    fn renew(&self, current: &dyn AnySnapshot, at: Revision) -> Result<Arc<dyn AnySnapshot>, HoldReason> {
        let current: &dyn Any = current;
        let current: &Snapshot<T> = current.downcast_ref().expect("a topic keeps its type");
        let value = catch_unwind(AssertUnwindSafe(|| current.value().clone()));
        let value = value.map_err(|panic| HoldReason::Unfit { why: said(panic) })?;
        Ok(Arc::new(Snapshot::new(at, value)))
    }

    fn schema(&self) -> u32 {
        self.persisted.as_ref().map_or(0, |persisted| persisted.options.migrations.current)
    }

    fn change_json(
        &self,
        shared: &Shared,
        base: Option<Revision>,
        change: JsonChange,
    ) -> Result<Written, RequestError> {
        self.write_json(shared, base, change)
    }
}

fn downcast<T: 'static>(snapshot: Arc<dyn AnySnapshot>) -> Arc<Snapshot<T>>
where
    Snapshot<T>: AnySnapshot,
{
    let snapshot: Arc<dyn Any + Send + Sync> = snapshot;
    snapshot.downcast().expect("a topic keeps its type")
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
pub(crate) struct Updating {
    before: bool,
}

impl Updating {
    pub(crate) fn enter() -> Self {
        Self { before: UPDATING.with(|updating| updating.replace(true)) }
    }
}

impl Drop for Updating {
    fn drop(&mut self) {
        UPDATING.with(|updating| updating.set(self.before));
    }
}
