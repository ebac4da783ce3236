//! How a topic comes into the table, and leaves it, when it is persisted.

use super::durable::Pending;
use super::event::StorageEvent;
use super::lease::Lease;
use super::load::{self, Loaded, Standing, load};
use super::options::Persist;
use super::record::Record;
use super::rules::Declared;
use super::slot::{EncodeError, Persisted, Slot, Source};
use super::storage::StorageBackend;
use super::store::Store;
use crate::Value;
use crate::cell::{AnyTopic, Updating};
use crate::contain::Contained;
use crate::error::RegisterError;
use crate::registry::Registry;
use crate::revision::Revision;
use crate::snapshot::{AnySnapshot, Snapshot};
use crate::topic::TopicName;
use crate::writer::Writing;
use std::sync::Arc;

/// What a topic begins with.
pub(crate) struct Begun<'a, T> {
    /// The turn at a shared storage, until the topic is in the table. Dropped before any value is.
    pub(crate) lease: Option<Lease<'a>>,
    pub(crate) first: First<T>,
    /// The initial value, if something was stored.
    pub(crate) unused: Option<Contained<T>>,
    pub(crate) persisted: Option<Persisted<T>>,
    /// What is stored is not what it begins with.
    pub(crate) differs: bool,
    pub(crate) events: Vec<StorageEvent>,
}

/// A topic's first snapshot.
pub(crate) enum First<T> {
    /// This value, with a revision above this one.
    Above(Revision, Contained<T>),
    /// The one that a shared storage has.
    Stored(Arc<Snapshot<T>>),
}

impl Registry {
    /// Loads what is stored of a topic that is about to be registered. No lock is held but the storage's turn.
    pub(crate) fn begin<T: Value>(
        &self,
        name: &TopicName,
        initial: Contained<T>,
    ) -> Result<Begun<'_, T>, RegisterError> {
        let (store, options) = match self.shared.persistence.of::<T>(name.as_str()) {
            Declared::Yes(store, options) => (store, options),
            Declared::OtherType(registered) => {
                let requested = std::any::type_name::<T>();
                return Err(RegisterError::TypeMismatch { topic: name.clone(), registered, requested });
            }
            Declared::No => {
                return Ok(Begun {
                    first: First::Above(Revision::ZERO, initial),
                    unused: None,
                    persisted: None,
                    lease: None,
                    differs: false,
                    events: Vec::new(),
                });
            }
        };
        let lease = store.shared.is_some().then(|| Lease::turn(&self.shared, &store));
        let floor = {
            let state = self.shared.lock();
            if let Some(topic) = state.topics.registered(name.as_str()) {
                drop(state);
                return Err(crate::registry::registered_already::<T>(name.clone(), &*topic));
            }
            state.topics.floor
        };
        match lease {
            None => Ok(begin(&store, options, name, initial, floor)),
            Some(lease) => begin_shared(lease, &store, options, name, initial, floor),
        }
    }
}

fn begin<'a, T: Value>(
    store: &Arc<Store>,
    options: Arc<Persist<T>>,
    name: &TopicName,
    initial: Contained<T>,
    floor: Revision,
) -> Begun<'a, T> {
    let turn = Writing::begin(&store.io);
    let base = store.base();
    let Loaded { value, unused, standing, differs, floor: stored, events, .. } =
        load(name, &options, &mut &*store.backend, store.unsaved(name), base, initial);
    let in_use = matches!(&standing, Standing::Held(super::HoldReason::InUse));
    let floor = floor.max(base).max(stored);
    store.reserve_above(floor, in_use);
    drop(turn);
    store.tell();
    let slot = Arc::new(Slot::new(name.clone(), store.clone(), &options, standing));
    let persisted = Some(Persisted { slot, options });
    Begun { lease: None, first: First::Above(floor, value), unused, persisted, differs, events }
}

/// As `begin`, in a storage that has the truth: its value and its revision are taken, or stored if there are none.
fn begin_shared<'a, T: Value>(
    mut lease: Lease<'a>,
    store: &Arc<Store>,
    options: Arc<Persist<T>>,
    name: &TopicName,
    initial: Contained<T>,
    floor: Revision,
) -> Result<Begun<'a, T>, RegisterError> {
    store.reserve_above(floor, false);
    // A write from inside the app's `Deserialize` is an error instead of waiting for itself.
    let updating = Updating::enter();
    let begun = lease.begin().and_then(|()| lease.reserved());
    let (reserved, source): (_, &mut dyn load::Source) = match &begun {
        Ok(reserved) => (*reserved, &mut lease),
        // It cannot be written. Perhaps it can be read.
        Err(_) => (store.guarded(StorageBackend::reserved).unwrap_or_default(), &mut &*store.backend),
    };
    let Loaded { value, unused, mut standing, differs, floor: stored, mark, mut events } =
        load(name, &options, source, None, reserved, initial);
    drop(updating);
    if standing == Standing::Unread {
        // What is there is taken as soon as it can be read.
        standing = Standing::Free;
    }
    let may_store = standing == Standing::Free;
    let slot = Arc::new(Slot::new(name.clone(), store.clone(), &options, standing));
    let persisted = Persisted { slot, options };
    let as_it_is = mark.filter(|mark| !differs && mark.revision > floor.max(reserved));
    let held = mark.filter(|_| !may_store);
    let first = if let Some(mark) = as_it_is {
        Arc::new(Snapshot::holding(mark.revision, value))
    } else {
        let Some(revision) = floor.max(reserved).max(stored).next() else {
            drop(lease);
            return Err(RegisterError::RevisionExhausted { topic: name.clone() });
        };
        Arc::new(Snapshot::holding(revision, value))
    };
    persisted.slot.state().seen = as_it_is.or(held);
    match begun {
        Err(error) if may_store => {
            lease.doubt();
            store.fail(vec![name.clone()], error, None);
        }
        Ok(_) if may_store && as_it_is.is_none() => match persisted.encode(&first) {
            Ok(record) => {
                let slot = persisted.slot.clone();
                // A failure is told, and made up for by the next poll.
                lease.store_first(&Pending { slot, record });
            }
            Err(EncodeError { reason, .. }) => {
                events.push(StorageEvent::Unsavable { topic: name.clone(), reason });
            }
        },
        _ => {}
    }
    if events.iter().any(|event| matches!(event, StorageEvent::SetAside { .. })) {
        lease.keep_put_aside(name);
    }
    let (first, persisted) = (First::Stored(first), Some(persisted));
    Ok(Begun { lease: Some(lease), first, unused, persisted, differs: false, events })
}

impl Store {
    /// What is not stored yet of a topic that was removed.
    fn unsaved(&self, name: &TopicName) -> Option<Record> {
        let slots = self.slots();
        let left = slots.iter().rev().find(|slot| slot.name == *name)?;
        match &left.state().source {
            Source::Removed(topic, snapshot) => topic.encode(&**snapshot).ok(),
            Source::Registered => None,
        }
    }
}

impl Slot {
    /// The topic is in the table from now on.
    #[must_use = "what an earlier topic of this name left is to be dropped under no lock"]
    pub(crate) fn begin(self: &Arc<Self>, differs: bool, events: Vec<StorageEvent>) -> Vec<Source> {
        // What an earlier topic of this name left is this one's by now.
        let slots = self.store.slots();
        let earlier = slots.iter().filter(|slot| slot.name == self.name);
        let left = earlier.map(|slot| self.store.drop_slot(slot)).collect();
        self.store.add(self.clone());
        if differs {
            self.mark();
        }
        for event in events {
            self.store.note(event);
        }
        if !self.is_shared() {
            self.store.tell();
        }
        left
    }

    /// The topic is no longer in the table; this was its last snapshot.
    pub(crate) fn leave(self: &Arc<Self>, topic: &Arc<dyn AnyTopic>, last: &Arc<dyn AnySnapshot>) {
        self.state().source = Source::Removed(topic.clone(), last.clone());
        if !self.is_changed() || !self.may_be_saved() {
            // The caller has the value, too.
            drop(self.store.drop_slot(self));
        }
        // A save that is under way may have failed just now; see `Item::keep`.
        if self.is_changed() && self.may_be_saved() {
            self.store.save_removed(self, topic, last);
            self.store.host.wake();
        }
    }
}
