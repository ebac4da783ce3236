//! Saving what has changed: behind the writers' backs, many topics at a time, again and again until it works.
//!
//! A save takes everything in its storage that has changed, at one moment, so that a transaction is not torn
//! where the storage can keep several topics together. While it is under way writers go on, and what they
//! change is the next save's. That is safe because a topic's mark is cleared under the lock under which its value is
//! taken, and because a record is never written over a newer one.

use super::event::{FlushError, HoldReason, StorageEvent};
use super::load::Standing;
use super::options::{Durability, SaveWhen};
use super::record::Record;
use super::slot::{Slot, Source};
use super::storage::{Fsync, StorageError, StorageErrorKind};
use super::store::Store;
use crate::cell::{AnyTopic, is_updating};
use crate::contain::contain;
use crate::registry::{Registry, Shared};
use crate::revision::Revision;
use crate::snapshot::AnySnapshot;
use crate::topic::TopicName;
use crate::writer::Writing;
use std::sync::Arc;
use std::time::Duration;

/// Which changed topics a save takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// All but those that are saved on exit.
    Due,
    All,
}

/// What a save has in its hands. Its values may be the last ones: they are dropped when the storage's turn is over.
#[derive(Default)]
struct Batch {
    items: Vec<Item>,
    /// What slots had that are not needed any more.
    left: Vec<Source>,
    /// Removed topics that cannot be stored, and why.
    refused: Vec<(TopicName, String)>,
}

/// One topic of a save.
struct Item {
    slot: Arc<Slot>,
    topic: Arc<dyn AnyTopic>,
    snapshot: Arc<dyn AnySnapshot>,
}

impl Registry {
    /// Saves what is due at `now` and tells when to call again. To be called by one thread at a time, which may
    /// block on the disk; it holds nothing that a reader, a pull or an ordinary writer waits for.
    ///
    /// `now` is the time since any fixed start, as in [`poll_flush`](Self::poll_flush).
    pub fn poll_saves(&self, now: Duration) -> Option<Duration> {
        let stores = self.shared.persistence.stores();
        stores.iter().filter_map(|store| store.poll(&self.shared, now)).min()
    }

    /// Saves everything that was accepted before the call, and returns when it is stored, also what waits for
    /// the app's exit, and without waiting for the pause after a failure. A topic whose stored value must stay
    /// as it is ([`StorageEvent::Held`]) is not among it.
    ///
    /// # Errors
    /// [`FlushError`] names what is not stored and why. It stays in memory, and the saver goes on trying. It also says
    /// when there is no saver any more; see [`saver_ended`](Self::saver_ended).
    pub fn flush(&self) -> Result<(), FlushError> {
        let mut topics = Vec::new();
        for store in self.shared.persistence.stores() {
            if store.shared.is_some() {
                // It is written through: what was accepted is stored.
                continue;
            }
            let mut batch = Batch::default();
            let turn = Writing::begin(&store.io);
            let saved = store.save(&self.shared, Which::All, None, &mut batch);
            drop(turn);
            store.tell();
            topics.append(&mut batch.refused);
            for slot in store.slots() {
                let unsavable = slot.state().unsavable.clone();
                match (unsavable, &saved) {
                    (Some(reason), _) => topics.push((slot.name.clone(), reason)),
                    (None, Err(error)) if slot.is_changed() => {
                        topics.push((slot.name.clone(), error.to_string()));
                    }
                    _ => {}
                }
            }
        }
        FlushError::of(topics, self.shared.persistence.saver_ended())
    }

    /// As [`flush`](Self::flush), for the end of the app: gives back the revisions that were reserved and not
    /// used. Topics that are stored cannot be written afterwards.
    ///
    /// # Errors
    /// As [`flush`](Self::flush); what is reserved stays reserved then.
    pub fn close(&self) -> Result<(), FlushError> {
        self.flush()?;
        for store in self.shared.persistence.stores() {
            store.close(&self.shared);
        }
        Ok(())
    }

    /// Deletes what is stored of a topic, also earlier versions and what was put aside. A registered topic keeps
    /// its value, and is stored again with its next change. False: the topic is not one that is stored.
    ///
    /// # Errors
    /// [`StorageError`]; then some of it may be left.
    pub fn erase_stored(&self, topic: &TopicName) -> Result<bool, StorageError> {
        let Some(store) = self.shared.persistence.store_of(topic.as_str()) else { return Ok(false) };
        if is_updating() {
            let message =
                "it was to be erased from inside an update closure: do it after the closure has returned";
            return Err(StorageError::new(StorageErrorKind::Other, store.place(), message));
        }
        // Declared before the turn, and so dropped after it.
        let mut left = Vec::new();
        let _turn = Writing::begin(&store.io);
        for slot in store.slots().iter().filter(|slot| slot.name == *topic) {
            slot.erased();
            if slot.is_of_removed() {
                left.push(store.drop_slot(slot));
            }
        }
        store.guarded(|backend| backend.erase(topic)).map(|()| true)
    }
}

impl Store {
    fn poll(&self, shared: &Shared, now: Duration) -> Option<Duration> {
        if let Some(until) = self.waits_until(now) {
            return Some(until);
        }
        let mut next = None::<Duration>;
        let mut due = false;
        for slot in self.slots().iter().filter(|slot| slot.is_changed()) {
            match slot.look(shared, now) {
                Look::Due => due = true,
                Look::At(at) => next = Some(next.map_or(at, |next| next.min(at))),
                Look::Never => {}
            }
        }
        if due || self.is_low() {
            let mut batch = Batch::default();
            let turn = Writing::begin(&self.io);
            if self.is_low() {
                self.renew(now);
            }
            if due && self.waits_until(now).is_none() {
                let _ = self.save(shared, Which::Due, Some(now), &mut batch);
            }
            drop(turn);
            next = self.waits_until(now).or(next);
        }
        self.tell();
        next
    }

    /// Saves changed topics. For who has the storage's turn. An error is noted and told later.
    fn save(
        &self,
        shared: &Shared,
        which: Which,
        now: Option<Duration>,
        batch: &mut Batch,
    ) -> Result<(), StorageError> {
        let Batch { items, left, refused } = batch;
        *items = self.collect(shared, which);
        let mut stored = Vec::with_capacity(items.len());
        let mut saved = Vec::with_capacity(items.len());
        let mut unsealed = None;
        for item in items.iter() {
            // Meanwhile a durable write may have stored something newer.
            if item.snapshot.revision() <= item.slot.state().saved {
                left.extend(item.settle(self));
                continue;
            }
            match item.topic.encode(&*item.snapshot) {
                Ok(record) => {
                    stored.push((item.slot.name.clone(), record));
                    saved.push(item);
                }
                Err(error) if error.may_pass => {
                    item.keep(self);
                    let (topics, _) = unsealed.get_or_insert_with(|| (Vec::new(), error.reason));
                    topics.push(item.slot.name.clone());
                }
                Err(error) => {
                    if let Some(source) = item.refuse(self, error.reason.clone()) {
                        left.push(source);
                        refused.push((item.slot.name.clone(), error.reason));
                    }
                }
            }
        }
        let mut failed = unsealed.map(|(topics, reason)| {
            (topics, StorageError::new(StorageErrorKind::Other, self.place(), reason))
        });
        if !stored.is_empty() {
            match self.write(&saved, &stored) {
                Ok(()) => {
                    for item in saved {
                        item.slot.state().saved = item.snapshot.revision();
                        left.extend(item.settle(self));
                    }
                    if failed.is_none() {
                        self.succeed();
                    }
                }
                Err(error) => {
                    for item in saved {
                        item.keep(self);
                    }
                    let mut topics: Vec<_> = stored.into_iter().map(|(topic, _)| topic).collect();
                    topics.extend(failed.into_iter().flat_map(|(unsealed, _)| unsealed));
                    failed = Some((topics, error));
                }
            }
        }
        let Some((topics, error)) = failed else { return Ok(()) };
        self.fail(topics, error.clone(), now);
        Err(error)
    }

    fn write(&self, items: &[&Item], stored: &[(TopicName, Record)]) -> Result<(), StorageError> {
        items.iter().try_for_each(|item| self.put_unread_aside(&item.slot))?;
        let synced = items.iter().any(|item| item.slot.durability != Durability::Unsynced);
        let fsync = if synced { Fsync::Yes } else { Fsync::No };
        self.guarded(|backend| backend.save(stored, fsync))
    }

    /// All values to be saved, of one moment.
    fn collect(&self, shared: &Shared, which: Which) -> Vec<Item> {
        let mut slots = self.slots();
        slots.retain(|slot| slot.may_be_saved() && (which == Which::All || slot.is_saved_while_running()));
        slots.retain(|slot| slot.is_changed());
        let state = shared.lock();
        let mut items = Vec::with_capacity(slots.len());
        for slot in slots {
            let found = match &slot.state().source {
                Source::Removed(topic, snapshot) => Some((topic.clone(), snapshot.clone())),
                Source::Registered => state.topics.find(slot.name.as_str()).and_then(|id| {
                    let entry = state.topics.entry(id);
                    entry.topic.clone().zip(entry.current.clone())
                }),
            };
            // A topic that is just being removed stays marked: `leave` sees that there is something to save.
            if let Some((topic, snapshot)) = found {
                slot.clear();
                items.push(Item { slot, topic, snapshot });
            }
        }
        drop(state);
        items
    }

    /// Gives back what was reserved and not used; see [`Registry::close`].
    fn close(&self, shared: &Shared) {
        if self.shared.is_some() || self.reservation.limit() == Revision::ZERO {
            return;
        }
        let turn = Writing::begin(&self.io);
        let state = shared.lock();
        let slots = self.slots();
        let highest = slots.iter().filter_map(|slot| {
            state.topics.find(slot.name.as_str()).map(|id| state.topics.entry(id).revision())
        });
        let highest = highest.max().unwrap_or_default().max(state.topics.floor);
        // Under the registry's lock: what is committed later finds it.
        self.reservation.set(highest);
        drop(state);
        if let Err(error) = self.guarded(|backend| backend.reserve(highest)) {
            contain("tracing", || tracing::warn!(target: "statesync::persist", "{error}"));
        }
        drop(turn);
    }
}

/// What the saver finds of a changed topic.
enum Look {
    Due,
    At(Duration),
    Never,
}

impl Slot {
    /// What is stored must stay as it is.
    pub(crate) fn may_be_saved(&self) -> bool {
        !matches!(self.state().standing, Standing::Held(_))
    }

    fn is_saved_while_running(&self) -> bool {
        self.when != SaveWhen::OnExit || self.is_of_removed()
    }

    fn is_of_removed(&self) -> bool {
        matches!(self.state().source, Source::Removed(..))
    }

    fn look(&self, shared: &Shared, now: Duration) -> Look {
        if !self.may_be_saved() || !self.is_saved_while_running() {
            return Look::Never;
        }
        let registry = shared.lock();
        let at = registry.topics.find(self.name.as_str()).map(|id| registry.topics.entry(id).revision());
        drop(registry);
        let mut state = self.state();
        if matches!(state.source, Source::Removed(..)) {
            return Look::Due;
        }
        state.schedule.look(self.when, now, at.unwrap_or_default()).map_or(Look::Due, Look::At)
    }

    /// Nothing is stored of it any more, because the app asked for that: nothing is left to be kept from it either.
    fn erased(&self) {
        self.clear();
        let mut state = self.state();
        state.saved = Revision::ZERO;
        state.seen = None;
        if !matches!(state.standing, Standing::Held(HoldReason::InUse)) {
            state.standing = Standing::Free;
        }
    }

    /// Nobody knows what is stored of it: it has to be saved again, whatever its revision.
    pub(crate) fn doubt(&self) {
        self.state().saved = Revision::ZERO;
        self.mark();
    }
}

impl Item {
    /// Its value is stored.
    fn settle(&self, store: &Store) -> Option<Source> {
        let mut state = self.slot.state();
        state.schedule = super::schedule::Schedule::Rest;
        state.unsavable = None;
        drop(state);
        self.drop_if_last(store)
    }

    /// Lets go of the slot when the topic was removed and this was its last value. It may have got another one, and
    /// have been removed, while this one was saved.
    fn drop_if_last(&self, store: &Store) -> Option<Source> {
        let last = match &self.slot.state().source {
            Source::Registered => None,
            Source::Removed(_, last) => Some(last.revision()),
        };
        (last? <= self.snapshot.revision()).then(|| store.drop_slot(&self.slot))
    }

    /// Its value could not be stored, and is to be tried again.
    fn keep(&self, store: &Store) {
        self.slot.doubt();
        // The topic was removed meanwhile, when nothing of it seemed to be left to save.
        if !store.has(&self.slot) {
            store.save_removed(&self.slot, &self.topic, &self.snapshot);
        }
    }

    /// Its value cannot be stored. If there will be no other, it is let go.
    fn refuse(&self, store: &Store, reason: String) -> Option<Source> {
        let mut state = self.slot.state();
        state.schedule = super::schedule::Schedule::Rest;
        state.unsavable = Some(reason.clone());
        drop(state);
        store.note(StorageEvent::Unsavable { topic: self.slot.name.clone(), reason });
        self.drop_if_last(store)
    }
}
