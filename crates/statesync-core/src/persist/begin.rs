//! How a topic comes into the table, and leaves it, when it is persisted.

use super::event::StorageEvent;
use super::load::{Loaded, Standing, load};
use super::options::Persist;
use super::record::Record;
use super::rules::Declared;
use super::slot::{Persisted, Slot, Source};
use super::store::Store;
use crate::Value;
use crate::cell::AnyTopic;
use crate::error::RegisterError;
use crate::registry::Registry;
use crate::revision::Revision;
use crate::snapshot::AnySnapshot;
use crate::topic::TopicName;
use crate::writer::Writing;
use std::sync::Arc;

/// What a topic begins with.
pub(crate) struct Begun<T> {
    pub(crate) value: T,
    /// Its first revision is above this.
    pub(crate) floor: Revision,
    pub(crate) persisted: Option<Persisted<T>>,
    /// What is stored is not what it begins with.
    pub(crate) differs: bool,
    pub(crate) events: Vec<StorageEvent>,
}

impl Registry {
    /// Loads what is stored of a topic that is about to be registered. No lock is held but the storage's turn.
    pub(crate) fn begin<T: Value>(&self, name: &TopicName, initial: T) -> Result<Begun<T>, RegisterError> {
        let (store, options) = match self.shared.persistence.of::<T>(name.as_str()) {
            Declared::Yes(store, options) => (store, options),
            Declared::OtherType(registered) => {
                let requested = std::any::type_name::<T>();
                return Err(RegisterError::TypeMismatch { topic: name.clone(), registered, requested });
            }
            Declared::No => {
                let floor = Revision::ZERO;
                return Ok(Begun {
                    value: initial,
                    floor,
                    persisted: None,
                    differs: false,
                    events: Vec::new(),
                });
            }
        };
        let floor = {
            let state = self.shared.lock();
            if let Some(topic) = state.topics.registered(name.as_str()) {
                drop(state);
                return Err(crate::registry::registered_already::<T>(name.clone(), &*topic));
            }
            state.topics.floor
        };
        Ok(begin(&store, options, name, initial, floor))
    }
}

fn begin<T: Value>(
    store: &Arc<Store>,
    options: Arc<Persist<T>>,
    name: &TopicName,
    initial: T,
    floor: Revision,
) -> Begun<T> {
    let turn = Writing::begin(&store.io);
    let base = store.base();
    let Loaded { value, standing, differs, floor: stored, events } =
        load(name, &options, &store.backend, store.unsaved(name), base, initial);
    let in_use = matches!(&standing, Standing::Held(super::HoldReason::InUse));
    let floor = floor.max(base).max(stored);
    store.reserve_above(floor, in_use);
    drop(turn);
    store.tell();
    let slot = Arc::new(Slot::new(name.clone(), store.clone(), &options, standing));
    Begun { value, floor, persisted: Some(Persisted { slot, options }), differs, events }
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
    pub(crate) fn begin(self: &Arc<Self>, differs: bool, events: Vec<StorageEvent>) {
        // What an earlier topic of this name left is this one's by now.
        for slot in self.store.slots().iter().filter(|slot| slot.name == self.name) {
            self.store.drop_slot(slot);
        }
        self.store.add(self.clone());
        if differs {
            self.mark();
        }
        for event in events {
            self.store.note(event);
        }
        self.store.tell();
    }

    /// The topic is no longer in the table; this was its last snapshot.
    pub(crate) fn leave(self: &Arc<Self>, topic: &Arc<dyn AnyTopic>, last: &Arc<dyn AnySnapshot>) {
        if !self.is_changed() || !self.may_be_saved() {
            self.store.drop_slot(self);
            return;
        }
        self.state().source = Source::Removed(topic.clone(), last.clone());
        self.store.host.wake();
    }
}
