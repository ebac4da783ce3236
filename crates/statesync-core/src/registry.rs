//! The table of all topics and sessions, under one lock.
//!
//! One lock makes a pull one consistent cut and a commit one step (`one-cut`, `commit-then-notify`). It
//! is held for pointer swaps and list operations only: never while user code, serialization, a drop of a
//! value or I/O runs (`no-lock-across-calls`). What is taken out under it is dropped after it.

use crate::Value;
use crate::action::Actions;
use crate::cell::{AnyTopic, TopicCell, is_updating};
use crate::contain::{Contained, contain};
use crate::error::{LookupError, RegisterError, RemoveError, UpdateError};
use crate::inspect::Counters;
use crate::limits::Limits;
use crate::notify::{Events, Flushing};
use crate::persist::{First, Lease, Persistence};
use crate::revision::Revision;
use crate::scope::Scope;
use crate::session::Sessions;
use crate::snapshot::{AnySnapshot, Snapshot};
use crate::sync::{Mutex, MutexGuard, lock};
use crate::topic::{Named, TopicKey, TopicName};
use crate::update::Topic;
use crate::writer::{WriterLock, Writing};
use std::collections::HashMap;
use std::sync::Arc;
use std::task::Waker;

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
    /// Held by the one transaction that runs; see `transaction.rs`.
    pub(crate) transactions: WriterLock,
    pub(crate) persistence: Persistence,
    wake: Box<dyn Fn() + Send + Sync>,
}

/// Everything under the one lock.
pub(crate) struct State {
    pub(crate) topics: Topics,
    pub(crate) sessions: Sessions,
    pub(crate) events: Events,
    pub(crate) counters: Counters,
    pub(crate) actions: Actions,
    pub(crate) flushing: Flushing,
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
                    actions: Actions::default(),
                    flushing: Flushing::Idle,
                }),
                transactions: WriterLock::new(),
                persistence: Persistence::default(),
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
    #[expect(clippy::needless_pass_by_value, reason = "a constant is passed as it is named")]
    pub fn register<T: Value>(&self, key: TopicKey<T>, value: T) -> Result<Topic<T>, RegisterError> {
        let (name, value) = (key.to_name(), Contained::new(value));
        if is_updating() {
            return Err(RegisterError::Reentrant { topic: name });
        }
        // What is left of it is dropped at the end, when the turn at the storage is over.
        let mut begun = self.begin(&name, value)?;
        let mut state = self.shared.lock();
        if let Some(topic) = state.topics.registered(name.as_str()) {
            drop(state);
            return Err(registered_already::<T>(name, &*topic));
        }
        let first = match begun.first {
            First::Stored(first) => first,
            First::Above(floor, value) => {
                let Some(revision) = state.topics.floor.max(floor).next() else {
                    drop(state);
                    begun.lease = None;
                    return Err(RegisterError::RevisionExhausted { topic: name });
                };
                Arc::new(Snapshot::holding(revision, value))
            }
        };
        let revision = first.revision();
        let id = state.topics.find_or_insert(&name);
        let slot = begun.persisted.as_ref().map(|persisted| persisted.slot.clone());
        let cell = Arc::new(TopicCell::<T>::new(name.clone(), id, key.is_read_only(), begun.persisted));
        state.topics.entry_mut(id).topic = Some(cell.clone());
        let committed = state.install(id, first);
        drop(state);
        let replaced = slot.map(|slot| slot.begin(begun.differs, begun.events));
        drop(begun.lease);
        drop((replaced, begun.unused));
        committed.tell(&self.shared);
        contain("tracing", || {
            tracing::debug!(target: "statesync::update", topic = %name, %revision, "registered");
        });
        Ok(Topic::new(cell, self.shared.clone()))
    }

    /// The handle of a registered topic.
    ///
    /// # Errors
    /// [`LookupError`]: not registered (any more), or with another type.
    pub fn topic<N: Named<Value: Value>>(&self, key: N) -> Result<Topic<N::Value>, LookupError> {
        let name = key.topic_name();
        let found = self.shared.lock().topics.registered(name.as_str());
        let Some(topic) = found else {
            return Err(LookupError::UnknownTopic { topic: name });
        };
        let registered = topic.type_name();
        match (topic as Arc<dyn std::any::Any + Send + Sync>).downcast::<TopicCell<N::Value>>() {
            Ok(cell) => Ok(Topic::new(cell, self.shared.clone())),
            Err(_) => Err(LookupError::TypeMismatch {
                topic: name,
                registered,
                requested: std::any::type_name::<N::Value>(),
            }),
        }
    }

    /// The handles of all topics of one type, by name.
    pub fn topics_of<T: Value>(&self) -> Vec<Topic<T>> {
        let state = self.shared.lock();
        let cells: Vec<_> = state.topics.iter().filter_map(|entry| entry.topic.clone()).collect();
        drop(state);
        let mut topics: Vec<_> = cells
            .into_iter()
            .filter_map(|cell| (cell as Arc<dyn std::any::Any + Send + Sync>).downcast::<TopicCell<T>>().ok())
            .map(|cell| Topic::new(cell, self.shared.clone()))
            .collect();
        topics.sort_by(|a, b| a.name().cmp(b.name()));
        topics
    }

    /// Takes a topic out. Pages that show it are told, and their next pull says `unknown-topic`; a topic
    /// registered later under this name begins with a higher revision (`monotone`). Waits for a running
    /// update of the topic.
    ///
    /// # Errors
    /// [`RemoveError`]: not registered, registered with another type, or called from inside an update
    /// closure.
    ///
    /// ```
    /// # use statesync_core::{Registry, TopicFamily};
    /// # const CART: TopicFamily<u32> = TopicFamily::new("cart:{id}");
    /// # let registry = Registry::new("e");
    /// let cart = registry.register(CART.key(1)?, 7)?;
    /// registry.remove(&cart)?;
    /// assert_eq!(cart.get(), 7);
    /// assert_eq!(cart.set(8).unwrap_err().kind(), "removed");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove<N: Named<Value: Value>>(&self, key: N) -> Result<(), RemoveError> {
        let Topic { cell, .. } = self.topic(key)?;
        if is_updating() {
            return Err(UpdateError::Reentrant { topic: cell.name.clone() }.into());
        }
        // Nobody writes a topic of a shared storage without its turn; see `lease.rs`.
        let turn =
            cell.slot().filter(|slot| slot.is_shared()).map(|slot| Lease::turn(&self.shared, &slot.store));
        let writing = Writing::begin(&cell.writer);
        // Somebody else may have removed it meanwhile.
        cell.current_while_writing(&self.shared)?;
        let removed = self.shared.lock().remove(cell.id);
        drop(writing);
        if let (Some(topic), Some(last)) = (&removed.topic, &removed.snapshot) {
            topic.slot().inspect(|slot| slot.leave(topic, last));
        }
        drop(turn);
        removed.tell(&self.shared);
        contain("tracing", || tracing::debug!(target: "statesync::update", topic = %cell.name, "removed"));
        Ok(())
    }

    /// Makes topics registered from now on begin above this revision (`monotone`).
    pub fn raise_floor(&self, revision: Revision) {
        let mut state = self.shared.lock();
        state.topics.floor = state.topics.floor.max(revision);
    }
}

pub(crate) fn registered_already<T: Value>(name: TopicName, topic: &dyn AnyTopic) -> RegisterError {
    if topic.is::<T>() {
        return RegisterError::AlreadyRegistered { topic: name };
    }
    let (registered, requested) = (topic.type_name(), std::any::type_name::<T>());
    RegisterError::TypeMismatch { topic: name, registered, requested }
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Wakes the host. No lock may be held.
    pub(crate) fn wake_if(&self, wake: bool) {
        if wake {
            let woken = contain("the host's wake", || (self.wake)());
            if woken.is_none() {
                self.lock().flushing = Flushing::Missed;
            }
        }
    }
}

impl State {
    /// A commit: the topic's next snapshot, and who has to hear of it.
    pub(crate) fn commit(&mut self, id: TopicId, next: Arc<dyn AnySnapshot>) -> Committed {
        self.counters.updates += 1;
        self.install(id, next)
    }

    fn install(&mut self, id: TopicId, next: Arc<dyn AnySnapshot>) -> Committed {
        let entry = self.topics.entry_mut(id);
        let old = entry.current.replace(next);
        let watchers = std::mem::take(&mut entry.watchers);
        let wake = self.mark_dirty(id);
        Committed { snapshot: old, topic: None, watchers, wake }
    }

    /// Takes a registered topic out; its revision goes up once more, for the pages that show it.
    fn remove(&mut self, id: TopicId) -> Committed {
        let entry = self.topics.entry_mut(id);
        let topic = entry.topic.take();
        let old = entry.current.take();
        let watchers = std::mem::take(&mut entry.watchers);
        if let (Some(topic), Some(last)) = (&topic, &old) {
            topic.keep_last(last.clone());
            let revision = last.revision();
            entry.removed = revision.next().unwrap_or(revision);
        }
        let removed = entry.removed;
        self.topics.floor = self.topics.floor.max(removed);
        let wake = self.mark_dirty(id);
        self.topics.forget_if_unused(id);
        Committed { snapshot: old, topic, watchers, wake }
    }
}

/// What is left to do of a commit once the lock is gone.
#[must_use = "somebody waits to hear of it"]
pub(crate) struct Committed {
    snapshot: Option<Arc<dyn AnySnapshot>>,
    topic: Option<Arc<dyn AnyTopic>>,
    watchers: Vec<(u64, Waker)>,
    wake: bool,
}

impl Committed {
    /// Drops what was replaced and wakes who waits. No lock may be held.
    pub(crate) fn tell(self, shared: &Shared) {
        drop((self.snapshot, self.topic));
        for (_, waker) in self.watchers {
            contain("a waker", || waker.wake());
        }
        shared.wake_if(self.wake);
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
    /// The revision at which the topic was removed, so that the pages that show it hear of that.
    removed: Revision,
    /// Who in Rust waits for the next revision.
    pub(crate) watchers: Vec<(u64, Waker)>,
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
    /// The current revision. Without a topic it is the one of its removal, or zero.
    pub(crate) fn revision(&self) -> Revision {
        self.current.as_ref().map_or(self.removed, |snapshot| snapshot.revision())
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
            removed: Revision::ZERO,
            watchers: Vec::new(),
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

    /// The entry, as long as it is still this topic's.
    pub(crate) fn entry_of<T>(&self, id: TopicId, cell: &TopicCell<T>) -> Option<&Entry> {
        let entry = self.entries[id.0 as usize].as_ref()?;
        let topic = Arc::as_ptr(entry.topic.as_ref()?);
        std::ptr::addr_eq(topic, cell).then_some(entry)
    }

    pub(crate) fn entry_mut(&mut self, id: TopicId) -> &mut Entry {
        self.entries[id.0 as usize].as_mut().expect("a topic id is valid while it is in use")
    }

    /// Ends a subscription.
    pub(crate) fn remove_subscriber(&mut self, id: TopicId, session: u32) {
        let entry = self.entry_mut(id);
        entry.subscribers.retain(|subscriber| subscriber.session != session);
        self.forget_if_unused(id);
    }

    /// Forgets a name that is neither registered nor wanted nor about to be named in an event.
    pub(crate) fn forget_if_unused(&mut self, id: TopicId) {
        let entry = self.entry(id);
        if entry.subscribers.is_empty() && entry.topic.is_none() && !entry.event_queued {
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
