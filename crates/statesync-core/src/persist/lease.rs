//! The turn at a shared storage, together with an exclusive write in it.
//!
//! Whoever has one sees the newest of all processes, and nobody of any process comes between. It keeps nothing but the
//! news: what others committed is in memory when a lease begins, and whoever waits for it is told when the lease ends.
//!
//! Why this cannot deadlock. Of a topic in a shared storage the writer lock is only taken by who has the storage's turn,
//! so it is always free by then. A single update, a registration and a poll take one turn and then wait for
//! no other lock of that kind. Only a transaction waits for a turn while it holds others, or writer locks; and
//! there is one transaction at a time, and nobody who has a turn waits for what it holds. Between processes the wait
//! for an exclusive write is bounded.

use super::durable::Pending;
use super::foreign::Plan;
use super::load::{Source, Standing};
use super::sharing::{Mark, SharedRead, SharedStorage, SharedWrite};
use super::slot::Slot;
use super::storage::{Found, StorageError, StorageErrorKind};
use super::store::{Store, guarded};
use crate::error::UpdateError;
use crate::registry::{Committed, Shared};
use crate::revision::Revision;
use crate::sync::lock;
use crate::topic::TopicName;
use std::sync::Arc;

/// How often what others wrote is set right before a lease begins. Once is enough, unless they do so too.
const ROUNDS: u32 = 8;

pub(crate) struct Lease<'a> {
    shared: &'a Shared,
    store: Arc<Store>,
    write: Option<Box<dyn SharedWrite>>,
    /// The topic it was begun for is above this.
    floor: Revision,
    /// What others committed, to be told when no lock is held.
    news: Vec<Committed>,
    /// Plans that were not carried out. Their values are dropped when no lock is held.
    failed: Vec<Plan>,
}

impl<'a> Lease<'a> {
    /// Waits for the turn, and begins nothing yet.
    pub(crate) fn turn(shared: &'a Shared, store: &Arc<Store>) -> Self {
        store.io.acquire();
        Self {
            shared,
            store: store.clone(),
            write: None,
            floor: Revision::ZERO,
            news: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// The lease for writing one topic.
    pub(crate) fn of(shared: &'a Shared, slot: &Slot) -> Result<Self, UpdateError> {
        let mut lease = Self::turn(shared, &slot.store);
        let begun = lease.begin().and_then(|()| lease.floor_of(slot));
        match begun {
            Ok(floor) => {
                lease.floor = floor;
                Ok(lease)
            }
            Err(error) => Err(UpdateError::Storage { topic: slot.name.clone(), reason: error.to_string() }),
        }
    }

    pub(crate) fn is_of(&self, store: &Arc<Store>) -> bool {
        Arc::ptr_eq(&self.store, store)
    }

    /// What the next revision has to be above, beside the current one.
    pub(crate) fn floor(&self) -> Revision {
        self.floor
    }

    /// As [`floor`](Self::floor), for another topic of the same storage.
    pub(crate) fn floor_of(&mut self, slot: &Slot) -> Result<Revision, StorageError> {
        // Where there is a record, memory has it. Where it was deleted, somebody may have had a newer one.
        if slot.state().seen.is_some() { Ok(Revision::ZERO) } else { self.reserved() }
    }

    fn storage(&self) -> Arc<dyn SharedStorage> {
        self.store.shared.clone().expect("a lease is of a shared storage")
    }

    fn write(&mut self) -> &mut dyn SharedWrite {
        &mut **self.write.as_mut().expect("the write has begun")
    }

    /// Begins the exclusive write, and brings memory up to what is stored.
    pub(crate) fn begin(&mut self) -> Result<(), StorageError> {
        for _ in 0..ROUNDS {
            let storage = self.storage();
            let mut write = guarded(|| storage.begin())?;
            let source: &mut dyn SharedRead = &mut *write;
            let plan = Plan::make(&self.store, self.shared, source)?;
            if !plan.writes() {
                self.write = Some(write);
                self.carry_out(plan);
                return Ok(());
            }
            let stored = guarded(|| {
                plan.records().try_for_each(|(topic, record)| write.save(topic, record))?;
                write.commit()
            });
            if let Err(error) = stored {
                self.failed.push(plan);
                return Err(error);
            }
            self.carry_out(plan);
        }
        let message = "other processes write it in another way: let all run the same version of the app";
        Err(StorageError::new(StorageErrorKind::Other, self.store.place(), message))
    }

    /// Brings memory up to what is stored. Whether there was anything new.
    pub(crate) fn follow(&mut self) -> Result<bool, StorageError> {
        let storage = self.storage();
        let version = guarded(|| storage.version())?;
        if *lock(&self.store.caught_up) == Some(version) {
            return Ok(false);
        }
        let mut read = guarded(|| storage.read())?;
        let plan = Plan::make(&self.store, self.shared, &mut *read)?;
        let _ = guarded(|| {
            drop(read);
            Ok(())
        });
        let anything = plan.changes_anything();
        if plan.writes() {
            self.begin()?;
            self.write = None;
        } else {
            self.carry_out(plan);
        }
        Ok(anything)
    }

    fn carry_out(&mut self, plan: Plan) {
        let committed = plan.carry_out(&self.store, self.shared);
        self.news.extend(committed);
    }

    pub(crate) fn reserved(&mut self) -> Result<Revision, StorageError> {
        guarded(|| self.write().reserved())
    }

    /// Stores these changes, in one commit. With it the write has ended; the turn is kept.
    pub(crate) fn store(&mut self, pending: Vec<Pending>) -> Result<(), UpdateError> {
        let refused = |topic: &TopicName, reason| UpdateError::Storage { topic: topic.clone(), reason };
        for Pending { slot, .. } in &pending {
            if let Standing::Held(reason) = &slot.state().standing {
                return Err(refused(
                    &slot.name,
                    format!("what is stored of it must stay as it is: {reason}"),
                ));
            }
        }
        let Some(first) = pending.first() else { return Ok(()) };
        let topic = first.slot.name.clone();
        let mut write = self.write.take().expect("the write has begun");
        let stored = guarded(|| {
            pending.iter().try_for_each(|Pending { slot, record }| write.save(&slot.name, record))?;
            write.commit()
        });
        match stored {
            Ok(()) => {
                for Pending { slot, record } in pending {
                    let mut state = slot.state();
                    state.seen = Some(Mark::of(&slot.name, &record));
                    state.saved = record.revision;
                }
                self.store.succeed();
                Ok(())
            }
            Err(error) => {
                self.doubt();
                Err(refused(&topic, error.to_string()))
            }
        }
    }

    /// As [`store`](Self::store), for the first value of a topic, which begins anyway. A failure is told.
    pub(crate) fn store_first(&mut self, first: &Pending) {
        let topic = first.slot.name.clone();
        let mut write = self.write.take().expect("the write has begun");
        let stored = guarded(|| {
            write.save(&topic, &first.record)?;
            write.commit()
        });
        match stored {
            Ok(()) => {
                let mut state = first.slot.state();
                state.seen = Some(Mark::of(&topic, &first.record));
                state.saved = first.record.revision;
                drop(state);
                self.store.succeed();
            }
            Err(error) => {
                self.doubt();
                self.store.fail(vec![topic], error, None);
            }
        }
    }

    /// Commits what was put aside when a topic was loaded, unless it is committed already.
    pub(crate) fn keep_put_aside(&mut self, topic: &TopicName) {
        let Some(write) = self.write.take() else { return };
        if let Err(error) = guarded(|| write.commit()) {
            self.doubt();
            self.store.fail(vec![topic.clone()], error, None);
        }
    }

    /// Nobody knows what is stored: the next lease looks.
    pub(crate) fn doubt(&mut self) {
        *lock(&self.store.caught_up) = None;
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let write = self.write.take();
        let _ = guarded(|| {
            drop(write);
            Ok(())
        });
        self.store.io.release();
        self.failed.clear();
        for committed in self.news.drain(..) {
            committed.tell(self.shared);
        }
        self.store.tell();
    }
}

impl Source for Lease<'_> {
    fn load(&mut self, topic: &TopicName) -> Result<Found, StorageError> {
        guarded(|| self.write().load(topic))
    }

    fn set_aside(&mut self, topic: &TopicName, why: &str) -> Result<Option<String>, StorageError> {
        guarded(|| self.write().set_aside(topic, why))
    }

    fn place(&self) -> String {
        self.store.place()
    }
}
