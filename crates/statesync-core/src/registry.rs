//! The table of all topics and sessions, under one lock.
//!
//! One lock makes a pull one consistent cut and a commit one step (`one-cut`, `commit-then-notify`). It
//! is held for pointer swaps and list operations only: never while user code, serialization, a drop of a
//! value or I/O runs (`no-lock-across-calls`). What is taken out under it is dropped after it.

use crate::Value;
use crate::error::{LookupError, RegisterError};
use crate::inspect::Counters;
use crate::limits::Limits;
use crate::notify::Events;
use crate::revision::Revision;
use crate::scope::Scope;
use crate::session::Sessions;
use crate::snapshot::{AnySnapshot, Snapshot};
use crate::sync::{Mutex, MutexGuard, lock};
use crate::topic::{TopicKey, TopicName};
use crate::update::{AnyTopic, Topic, TopicCell, is_updating};
use std::collections::HashMap;
use std::sync::Arc;

/// Holds every topic and every session of an app. Cheap to clone; all clones are the same registry.
///
/// Safe to use from any thread. See the [crate documentation](crate) for an example.
#[derive(Clone)]
pub struct Registry {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) epoch: String,
    pub(crate) limits: Limits,
    state: Mutex<State>,
    wake: Box<dyn Fn() + Send + Sync>,
}

/// Everything under the one lock.
pub(crate) struct State {
    pub(crate) topics: Topics,
    pub(crate) sessions: Sessions,
    pub(crate) events: Events,
    pub(crate) counters: Counters,
    /// A flush was asked for and has not begun.
    pub(crate) flush_scheduled: bool,
}

impl Registry {
    /// A registry nobody has to be woken for, with the default limits. `epoch` names this life of the
    /// counters: use another one for each process run.
    pub fn new(epoch: &str) -> Self {
        Self::with_host(epoch, Limits::default(), Scope::default(), || {})
    }

    /// A registry in a host.
    ///
    /// `wake` is called, with no lock held and from any thread, when [`poll_flush`](Self::poll_flush)
    /// should run soon; not again before that has begun. Topics that `public` allows are also named in
    /// [`Flush::events`](crate::Flush::events).
    pub fn with_host(
        epoch: &str,
        limits: Limits,
        public: Scope,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                epoch: epoch.into(),
                limits,
                state: Mutex::new(State {
                    topics: Topics::default(),
                    sessions: Sessions::default(),
                    events: Events::new(public),
                    counters: Counters::default(),
                    flush_scheduled: false,
                }),
                wake: Box::new(wake),
            }),
        }
    }

    /// The name of this life of the counters.
    pub fn epoch(&self) -> &str {
        &self.shared.epoch
    }

    /// Adds a topic. Pages that already wait for it get it by themselves.
    ///
    /// # Errors
    /// [`RegisterError`]: registered already, with this or another type, or called from inside an
    /// update closure.
    pub fn register<T: Value>(&self, key: TopicKey<T>, value: T) -> Result<Topic<T>, RegisterError> {
        self.register_name(key.to_name(), value)
    }

    fn register_name<T: Value>(&self, name: TopicName, value: T) -> Result<Topic<T>, RegisterError> {
        if is_updating() {
            return Err(RegisterError::Reentrant { topic: name });
        }
        let mut state = self.shared.lock();
        if let Some(topic) =
            state.topics.find(name.as_str()).and_then(|id| state.topics.entry(id).topic.clone())
        {
            drop(state);
            return Err(if topic.is::<T>() {
                RegisterError::AlreadyRegistered { topic: name }
            } else {
                RegisterError::TypeMismatch {
                    topic: name,
                    registered: topic.type_name(),
                    requested: std::any::type_name::<T>(),
                }
            });
        }
        let Some(revision) = state.topics.floor.next() else {
            drop(state);
            return Err(RegisterError::RevisionExhausted { topic: name });
        };
        let id = state.topics.find_or_insert(&name);
        let cell = Arc::new(TopicCell::<T>::new(name.clone(), id));
        let entry = state.topics.entry_mut(id);
        entry.topic = Some(cell.clone());
        entry.current = Some(Arc::new(Snapshot::new(revision, value)));
        let wake = state.mark_dirty(id);
        drop(state);
        tracing::debug!(target: "statesync::update", topic = %name, %revision, "registered");
        self.shared.wake_if(wake);
        Ok(Topic::new(cell, self.shared.clone()))
    }

    /// The handle of a registered topic.
    ///
    /// # Errors
    /// [`LookupError`]: not registered, or with another type.
    pub fn topic<T: Value>(&self, key: TopicKey<T>) -> Result<Topic<T>, LookupError> {
        let found = self.shared.lock().topics.registered(key.name());
        let Some(topic) = found else {
            return Err(LookupError::UnknownTopic { topic: key.to_name() });
        };
        let registered = topic.type_name();
        match (topic as Arc<dyn std::any::Any + Send + Sync>).downcast::<TopicCell<T>>() {
            Ok(cell) => Ok(Topic::new(cell, self.shared.clone())),
            Err(_) => Err(LookupError::TypeMismatch {
                topic: key.to_name(),
                registered,
                requested: std::any::type_name::<T>(),
            }),
        }
    }

    /// Makes topics registered from now on begin above this revision (`monotone`).
    pub fn raise_floor(&self, revision: Revision) {
        let mut state = self.shared.lock();
        state.topics.floor = state.topics.floor.max(revision);
    }
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Wakes the host. No lock may be held.
    pub(crate) fn wake_if(&self, wake: bool) {
        if wake {
            (self.wake)();
        }
    }
}

/// A topic's place in the table; stable as long as it is registered or wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TopicId(u32);

/// What is known of one name: registered, wanted by sessions, or both.
pub(crate) struct Entry {
    pub(crate) name: TopicName,
    pub(crate) topic: Option<Arc<dyn AnyTopic>>,
    pub(crate) current: Option<Arc<dyn AnySnapshot>>,
    pub(crate) subscribers: Vec<Subscriber>,
    pub(crate) event_queued: bool,
}

/// Where a subscription is: the session's slot and the place in its list.
#[derive(Clone, Copy)]
pub(crate) struct Subscriber {
    pub(crate) session: u32,
    pub(crate) index: u32,
}

impl Entry {
    /// The current revision, zero while nothing is registered.
    pub(crate) fn revision(&self) -> Revision {
        self.current.as_ref().map_or(Revision::ZERO, |snapshot| snapshot.revision())
    }
}

#[derive(Default)]
pub(crate) struct Topics {
    ids: HashMap<TopicName, TopicId>,
    entries: Vec<Option<Entry>>,
    free: Vec<TopicId>,
    /// New topics begin above this.
    pub(crate) floor: Revision,
}

impl Topics {
    pub(crate) fn find(&self, name: &str) -> Option<TopicId> {
        self.ids.get(name).copied()
    }

    pub(crate) fn registered(&self, name: &str) -> Option<Arc<dyn AnyTopic>> {
        self.entry(self.find(name)?).topic.clone()
    }

    pub(crate) fn find_or_insert(&mut self, name: &TopicName) -> TopicId {
        if let Some(id) = self.find(name.as_str()) {
            return id;
        }
        let entry = Entry {
            name: name.clone(),
            topic: None,
            current: None,
            subscribers: Vec::new(),
            event_queued: false,
        };
        let id = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            TopicId(u32::try_from(self.entries.len() - 1).expect("fewer than 2^32 topics"))
        });
        self.entries[id.0 as usize] = Some(entry);
        self.ids.insert(name.clone(), id);
        id
    }

    pub(crate) fn entry(&self, id: TopicId) -> &Entry {
        self.entries[id.0 as usize].as_ref().expect("a topic id is valid while it is in use")
    }

    pub(crate) fn entry_mut(&mut self, id: TopicId) -> &mut Entry {
        self.entries[id.0 as usize].as_mut().expect("a topic id is valid while it is in use")
    }

    /// Ends a subscription; forgets a name that is neither registered nor wanted.
    pub(crate) fn remove_subscriber(&mut self, id: TopicId, session: u32) {
        let entry = self.entry_mut(id);
        entry.subscribers.retain(|subscriber| subscriber.session != session);
        if entry.subscribers.is_empty() && entry.topic.is_none() {
            let name = entry.name.clone();
            self.entries[id.0 as usize] = None;
            self.ids.remove(&name);
            self.free.push(id);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().flatten()
    }
}
