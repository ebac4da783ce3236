//! One storage in use: its topics, the revisions reserved in it, and how its last save went.
//!
//! Two locks, and neither is ever taken by a reader or a pull. `io` is held while the storage is read or
//! written, by one thread at a time, so that an older value never lands on a newer one. The lists behind the
//! others are held for a look.

use super::event::StorageEvent;
use super::load::Standing;
use super::reservation::Reservation;
use super::rules::Host;
use super::schedule::pause_after;
use super::sharing::SharedStorage;
use super::slot::{Slot, Source};
use super::storage::{StorageBackend, StorageError, StorageErrorKind, UNREAD};
use crate::cell::AnyTopic;
use crate::contain::{contain, said};
use crate::revision::Revision;
use crate::snapshot::AnySnapshot;
use crate::sync::{Mutex, lock};
use crate::topic::TopicName;
use crate::writer::WriterLock;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub(crate) struct Store {
    pub(crate) backend: Arc<dyn StorageBackend>,
    pub(crate) host: Arc<Host>,
    /// The storage as several processes write it.
    pub(crate) shared: Option<Arc<dyn SharedStorage>>,
    pub(crate) io: WriterLock,
    pub(crate) reservation: Reservation,
    /// The version of a shared storage that what is in memory agrees with. For who has its turn.
    pub(crate) caught_up: Mutex<Option<u64>>,
    base: OnceLock<Revision>,
    slots: Mutex<Vec<Arc<Slot>>>,
    condition: Mutex<Condition>,
    /// What the app is to hear once no lock is held.
    news: Mutex<Vec<StorageEvent>>,
    /// More revisions have to be reserved, or what is reserved is not stored yet.
    low: AtomicBool,
}

/// How saving goes.
#[derive(Clone, Copy, Debug, Default)]
enum Condition {
    #[default]
    Good,
    /// Saves have failed this often in a row; the next one is due then. A success leads to `Good`.
    Failing { failures: u32, again_at: Option<Duration> },
}

/// Runs a storage's code; a panic in it is an error.
pub(crate) fn guarded<U>(call: impl FnOnce() -> Result<U, StorageError>) -> Result<U, StorageError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let message = format!("the storage panicked: {}", said(panic));
        Err(StorageError::new(StorageErrorKind::Other, "storage", message))
    })
}

impl Store {
    pub(crate) fn new(backend: Arc<dyn StorageBackend>, host: Arc<Host>) -> Self {
        Self {
            shared: guarded(|| Ok(backend.shared())).unwrap_or_default(),
            backend,
            host,
            io: WriterLock::new(),
            reservation: Reservation::default(),
            caught_up: Mutex::new(None),
            base: OnceLock::new(),
            slots: Mutex::new(Vec::new()),
            condition: Mutex::new(Condition::Good),
            news: Mutex::new(Vec::new()),
            low: AtomicBool::new(false),
        }
    }

    pub(crate) fn slots(&self) -> Vec<Arc<Slot>> {
        lock(&self.slots).clone()
    }

    pub(crate) fn add(&self, slot: Arc<Slot>) {
        lock(&self.slots).push(slot);
    }

    pub(crate) fn has(&self, slot: &Arc<Slot>) -> bool {
        lock(&self.slots).iter().any(|other| Arc::ptr_eq(other, slot))
    }

    /// Nothing of it is going to be saved. What it had is to be dropped under no lock.
    #[must_use = "it may be the last one that has the value"]
    pub(crate) fn drop_slot(&self, slot: &Arc<Slot>) -> Source {
        lock(&self.slots).retain(|other| !Arc::ptr_eq(other, slot));
        std::mem::replace(&mut slot.state().source, Source::Registered)
    }

    /// The topic was removed, and this is to be saved of it, unless something newer is.
    pub(crate) fn save_removed(
        &self,
        slot: &Arc<Slot>,
        topic: &Arc<dyn AnyTopic>,
        snapshot: &Arc<dyn AnySnapshot>,
    ) {
        let mut state = slot.state();
        if matches!(state.source, Source::Registered) {
            state.source = Source::Removed(topic.clone(), snapshot.clone());
        }
        drop(state);
        let mut slots = lock(&self.slots);
        if !slots.iter().any(|other| Arc::ptr_eq(other, slot)) {
            slots.push(slot.clone());
        }
    }

    /// The registry is gone.
    pub(crate) fn forget_slots(&self) {
        let slots = std::mem::take(&mut *lock(&self.slots));
        for slot in slots {
            let source = std::mem::replace(&mut slot.state().source, Source::Registered);
            drop(source);
        }
    }

    /// Where it is, for messages.
    pub(crate) fn place(&self) -> String {
        contain("a storage's place", || self.backend.place()).unwrap_or_else(|| "storage".into())
    }

    /// Sees to it that more is reserved long before a topic at this revision needs it.
    pub(crate) fn watch_reservation(&self, revision: Revision) {
        if self.reservation.is_low_at(revision) && !self.low.swap(true, Ordering::AcqRel) {
            self.host.wake();
        }
    }

    pub(crate) fn is_low(&self) -> bool {
        self.low.load(Ordering::Acquire)
    }

    /// The number that earlier lives had reserved.
    pub(crate) fn base(&self) -> Revision {
        *self.base.get_or_init(|| {
            self.guarded(StorageBackend::reserved).unwrap_or_else(|error| {
                contain("tracing", || tracing::warn!(target: "statesync::persist", "{error}"));
                Revision::ZERO
            })
        })
    }

    /// Reserves revisions above this one, unless there are enough. While the storage cannot be written, they are
    /// used without being reserved, and that is made up for later: the app has to begin somehow.
    /// With `in_use` nothing of this process is ever saved, and another one reserves.
    pub(crate) fn reserve_above(&self, revision: Revision, in_use: bool) {
        if self.shared.is_some() {
            // Such a storage mints the revisions itself.
            self.reservation.set(Revision::new(u64::MAX));
            return;
        }
        if !self.reservation.is_low_at(revision) {
            return;
        }
        let limit = Reservation::above(revision.max(self.reservation.limit()));
        if in_use {
            self.reservation.set(limit);
            return;
        }
        self.low.store(false, Ordering::Release);
        match self.guarded(|backend| backend.reserve(limit)) {
            Ok(()) => self.succeed(),
            Err(error) => {
                self.low.store(true, Ordering::Release);
                self.fail(Vec::new(), error, None);
            }
        }
        self.reservation.set(limit);
    }

    /// Stores once more what is reserved; what a failed `reserve_above` left to do, or a topic that got near the end.
    pub(crate) fn renew(&self, now: Duration) {
        let highest = self.reservation.limit();
        let limit = Reservation::above(highest);
        self.low.store(false, Ordering::Release);
        match self.guarded(|backend| backend.reserve(limit)) {
            Ok(()) => {
                self.reservation.set(limit);
                self.succeed();
            }
            Err(error) => {
                self.low.store(true, Ordering::Release);
                self.fail(Vec::new(), error, Some(now));
            }
        }
    }

    /// Runs the storage's code; a panic in it is an error.
    pub(crate) fn guarded<U>(
        &self,
        call: impl FnOnce(&dyn StorageBackend) -> Result<U, StorageError>,
    ) -> Result<U, StorageError> {
        guarded(|| call(&*self.backend))
    }

    /// Before something is stored of a topic: what is there and nobody could read is put out of the way.
    pub(crate) fn put_unread_aside(&self, slot: &Slot) -> Result<(), StorageError> {
        if slot.state().standing == Standing::Unread {
            self.guarded(|backend| backend.set_aside(&slot.name, UNREAD))?;
            slot.state().standing = Standing::Free;
        }
        Ok(())
    }

    /// When saving may be tried again, if it has to wait.
    pub(crate) fn waits_until(&self, now: Duration) -> Option<Duration> {
        match *lock(&self.condition) {
            Condition::Failing { again_at: Some(at), .. } if at > now => Some(at),
            _ => None,
        }
    }

    pub(crate) fn succeed(&self) {
        let before = std::mem::take(&mut *lock(&self.condition));
        if let Condition::Failing { failures, .. } = before {
            self.note(StorageEvent::SaveRecovered { place: self.place(), failures });
        }
    }

    /// `now` is missing when somebody waits for this save; the saver looks by itself then.
    pub(crate) fn fail(&self, topics: Vec<TopicName>, error: StorageError, now: Option<Duration>) {
        let mut condition = lock(&self.condition);
        let failures = match *condition {
            Condition::Good => 1,
            Condition::Failing { failures, .. } => failures.saturating_add(1),
        };
        let retry_in = pause_after(failures);
        *condition = Condition::Failing { failures, again_at: now.map(|now| now + retry_in) };
        drop(condition);
        self.note(StorageEvent::SaveFailed { topics, error, failures, retry_in });
        if now.is_none() {
            self.host.wake();
        }
    }

    /// Keeps something the app is to hear; see [`tell`](Self::tell).
    pub(crate) fn note(&self, event: StorageEvent) {
        lock(&self.news).push(event);
    }

    /// Tells the app what there is to tell. No lock may be held.
    pub(crate) fn tell(&self) {
        let news = std::mem::take(&mut *lock(&self.news));
        for event in &news {
            self.host.tell(event);
        }
    }
}
